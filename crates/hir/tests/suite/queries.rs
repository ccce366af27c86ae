//! The database: what runs again after an edit, imports, outlines.

use expect_test::{Expect, expect};
use nival_hir::queries;
use nival_source::Change;
use nival_source::fixture::{Fixture, TestDb};

const TEXT: &str = "# A file.\n{ lib }:\nlet\n  f = x: \"text ${x}\";\nin { a = f lib.b; c = import ./c.nix; }\n";

/// Asks for everything, then again after the edit, and shows which queries ran then and whether what depends on them would.
fn check(before: &str, edit: (&str, &str), expected: Expect) {
    let mut db = TestDb::new(&Fixture::parse(before));
    let file = db.file("/main.nix");
    // The first edit makes a file of the disk a buffer, which costs all that is known of it.
    let mut change = Change::new();
    change.set_buffer("/main.nix", format!("{before}#"));
    change.apply(&mut db);
    let ask = |db: &TestDb| {
        queries::lowered(db, file);
        queries::symbols(db, file);
        dependents::module_user(db, file);
        dependents::scopes_user(db, file);
        dependents::source_map_user(db, file);
        dependents::imports_user(db, file);
    };
    ask(&db);
    db.take_log();
    let text = file.contents(&db).text().replacen(edit.0, edit.1, 1);
    let mut change = Change::new();
    change.set_buffer("/main.nix", text);
    change.apply(&mut db);
    ask(&db);
    expected.assert_eq(&db.take_log().join(" "));
}

/// Queries that stand for those of other crates.
mod dependents {
    use nival_source::{Db, SourceFile};

    #[salsa::tracked]
    pub fn module_user(db: &dyn Db, file: SourceFile) -> usize {
        nival_hir::queries::module(db, file).exprs.len()
    }

    #[salsa::tracked]
    pub fn scopes_user(db: &dyn Db, file: SourceFile) -> usize {
        nival_hir::queries::scopes(db, file).references().len()
    }

    #[salsa::tracked]
    pub fn source_map_user(db: &dyn Db, file: SourceFile) -> u32 {
        nival_hir::queries::source_map(db, file).expr_range(nival_hir::module::ExprId(0)).start().into()
    }

    #[salsa::tracked]
    pub fn imports_user(db: &dyn Db, file: SourceFile) -> usize {
        nival_hir::queries::imports(db, file).len()
    }
}

#[test]
fn edits_cost_what_they_change() {
    // A longer comment: the module's users do not run.
    check(
        TEXT,
        ("# A file.", "# A longer file."),
        expect!["flat_tree lowered symbols module scopes scopes_user source_map source_map_user imports"],
    );
    // A comment at the end: of the positions, only the range of the file changes, which is a scope.
    check(TEXT, ("}\n", "} # end\n"), expect!["flat_tree lowered symbols module scopes scopes_user source_map imports"]);
    // Inside a string of the same length: positions and names stay.
    check(TEXT, ("text", "TEXT"), expect!["flat_tree lowered symbols module module_user scopes source_map imports"]);
    // In a function's body.
    check(
        TEXT,
        ("\"text ${x}\"", "x + x"),
        expect!["flat_tree lowered symbols module module_user scopes scopes_user source_map source_map_user imports"],
    );
    // Nothing at all.
    check(TEXT, ("text", "text"), expect![[""]]);
}

#[test]
fn imports_are_found_and_resolved() {
    let db = TestDb::new(&Fixture::parse(
        r#"
//- /p/main.nix
{ callPackage, pkgs, lib }: {
  a = import ./a.nix { };
  b = callPackage ../q { };
  c = pkgs.callPackage ./none.nix { };
  d = with lib; callPackages ./a.nix;
  e = "${./x.txt}";
  imports = [ ./a.nix /q/default.nix ];
  f = ./. + "/x";
  g = ./a/${lib};
}
//- /p/a.nix
1
//- /q/default.nix
2
//- /p/x.txt
text
"#,
    ));
    let file = db.file("/p/main.nix");
    let mut shown = String::new();
    for import in queries::imports(&db, file).iter() {
        let range = queries::source_map(&db, file).expr_range(import.expr);
        let target = queries::import_target(&db, file, import).map(|file| file.path(&db).display().to_string());
        let text = file.contents(&db).text();
        let written = &text[usize::from(range.start())..usize::from(range.end())];
        shown += &format!("{:?} {written} -> {}\n", import.kind, target.unwrap_or_default());
    }
    expect![[r#"
        Import ./a.nix -> /p/a.nix
        CallPackage ../q -> /q/default.nix
        CallPackage ./none.nix -> 
        CallPackage ./a.nix -> /p/a.nix
        Path ./x.txt -> /p/x.txt
        Module ./a.nix -> /p/a.nix
        Module /q/default.nix -> /q/default.nix
        Path ./. -> 
    "#]]
    .assert_eq(&shown);

    // A file that appears is found.
    let mut db = db;
    db.memory().write("/p/none.nix", "3");
    let mut change = Change::new();
    change.touch("/p/none.nix");
    change.apply(&mut db);
    let none = &queries::imports(&db, file)[2];
    assert!(queries::import_target(&db, file, none).is_some());
}

#[test]
fn outlines_are_trees() {
    let text = "{ x }: let f = y: y; in rec { a.b = { c = 1; d = [ { e = ./e; } ]; }; inherit x; \"g h\" = let q = 1; in \"s\"; i = f 1; }";
    let db = TestDb::new(&Fixture::parse(text));
    let symbols = queries::symbols(&db, db.file("/main.nix"));
    let mut shown = String::new();
    for symbol in symbols.iter() {
        let depth = std::iter::successors(symbol.parent, |&parent| symbols[parent as usize].parent).count();
        let local = if symbol.local { " local" } else { "" };
        shown += &format!("{}{} {:?}{local}\n", "  ".repeat(depth), symbol.name, symbol.kind);
    }
    expect![[r#"
        f Function local
        a.b Set
          c Number
          d List
            e Path
        x Inherited
        "g h" Str
          q Number local
        i Other
    "#]]
    .assert_eq(&shown);
}

#[test]
fn lowering_can_be_interrupted() {
    let text = format!("{{ {} }}", (0..100).map(|i| format!("a{i} = {i};")).collect::<String>());
    let tree = nival_syntax::flat::parse(text.as_bytes());
    let count = std::cell::Cell::new(0);
    let lower = |limit: u32| {
        let check = || {
            count.set(count.get() + 1);
            assert!(count.get() < limit, "enough");
        };
        nival_hir::lower_interruptibly(&tree, &Default::default(), &check)
    };
    assert_eq!(lower(u32::MAX), nival_hir::lower(&tree, &Default::default()));
    assert_eq!(count.get(), 100);
    count.set(0);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lower(50))).is_err());
    assert_eq!(count.get(), 50);
}
