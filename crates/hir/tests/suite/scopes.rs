//! What the name at `$0` means, and which names are visible there.

use expect_test::{Expect, expect};
use nival_hir::globals::GLOBALS;
use nival_hir::scopes::{ScopeKind, Scopes, Target};
use nival_hir::{LowerOptions, lower};
use nival_source::fixture::Fixture;
use nival_syntax::{TextRange, TextSize, flat};

fn at_cursor(fixture: &str) -> (String, TextSize, std::sync::Arc<Scopes>) {
    let fixture = Fixture::parse(fixture);
    let (file, cursor) = fixture.cursor().expect("a cursor");
    let lowered = lower(&flat::parse(file.text.as_bytes()), &LowerOptions::default());
    (file.text.clone(), TextSize::new(cursor), lowered.scopes)
}

/// What the name at the cursor is bound to, and all its uses.
fn check(fixture: &str, expected: Expect) {
    let (text, cursor, scopes) = at_cursor(fixture);
    let part = |range: TextRange| format!("{} `{}`", u32::from(range.start()), &text[usize::from(range.start())..usize::from(range.end())]);
    let target = scopes.reference_at(cursor).map(|used| used.target).or_else(|| scopes.binding_at(cursor).map(Target::Binding));
    let mut shown = match target {
        None => "nothing".to_owned(),
        Some(Target::Undefined) => "undefined".to_owned(),
        Some(Target::Global(index)) => format!("global {}", GLOBALS[index as usize]),
        Some(Target::With(scope)) => format!("with at {}", u32::from(scopes.scope(scope).unwrap().range.start())),
        Some(Target::Binding(id)) => {
            let binding = scopes.binding(id).unwrap();
            format!("{:?} {} in {:?}", binding.kind, part(binding.range), scopes.scope(binding.scope).unwrap().kind)
        }
    };
    if let Some(target) = target {
        for used in scopes.references_to(target) {
            shown += &format!("\n{}{}", part(used.range), if used.inherit { " inherit" } else { "" });
        }
    }
    expected.assert_eq(&shown);
}

/// The visible names at the cursor that are not global, innermost first.
fn check_names(fixture: &str, expected: Expect) {
    let (_, cursor, scopes) = at_cursor(fixture);
    let mut names: Vec<String> = Vec::new();
    for (_, scope) in scopes.scopes_at(cursor) {
        names.push(match scope.kind {
            ScopeKind::With { .. } => "with".to_owned(),
            kind => format!("{kind:?}"),
        });
        names.extend(scopes.bindings_of(scope).map(|(_, binding)| binding.name.to_string()));
    }
    let visible = scopes.names_at(cursor);
    names.push(format!("{} names", visible.iter().filter(|name| !matches!(name.target, Target::Global(_))).count()));
    expected.assert_eq(&names.join(" "));
}

#[test]
fn bindings() {
    check(
        "let a = 1; b = $0a; in a",
        expect![[r#"
        Let 4 `a` in Let
        15 `a`
        21 `a`"#]],
    );
    check(
        "let a = 1; in let a = 2; b = a$0; in b",
        expect![[r#"
        Let 18 `a` in Let
        29 `a`"#]],
    );
    check(
        "rec { a = 1; b = { a = 2; c = $0a; }; }",
        expect![[r#"
        Rec 6 `a` in Rec
        30 `a`"#]],
    );
    check(
        "{ a = 1; b = $0a; }",
        expect![[r#"
        undefined
        13 `a`"#]],
    );
    check(
        "a$0: b: a b",
        expect![[r#"
        Param 0 `a` in Lambda
        6 `a`"#]],
    );
    check(
        "{ a, b ? $0a }@args: args",
        expect![[r#"
        Formal 2 `a` in Lambda
        9 `a`"#]],
    );
    check(
        "{ a }@args: $0args",
        expect![[r#"
        PatternBind 6 `args` in Lambda
        12 `args`"#]],
    );
    check(
        "x: let inherit ($0x) y; in { inherit x; }",
        expect![[r#"
        Param 0 `x` in Lambda
        16 `x`
        35 `x` inherit"#]],
    );
    check(
        "x: rec { inherit $0x; y = x; }",
        expect![[r#"
        Param 0 `x` in Lambda
        17 `x` inherit"#]],
    );
    check(
        "let x = { }; inherit (x) $0y; in y",
        expect![[r#"
        Let 25 `y` in Let
        31 `y`"#]],
    );
    check(
        "$0map",
        expect![[r#"
        global map
        0 `map`"#]],
    );
    check(
        "x: with x; $0y",
        expect![[r#"
        with at 3
        11 `y`"#]],
    );
    check(
        "x: with x; $0x",
        expect![[r#"
        Param 0 `x` in Lambda
        8 `x`
        11 `x`"#]],
    );
    check(
        "let { a = 1; body = $0a; }",
        expect![[r#"
        Rec 6 `a` in Rec
        20 `a`"#]],
    );
    check(
        "\"${$0a}\"",
        expect![[r#"
        undefined
        3 `a`"#]],
    );
    check(
        "x: { a.b = $0x; c = 1; a.d = x; a = { e = x; }; }",
        expect![[r#"
        Param 0 `x` in Lambda
        11 `x`
        27 `x`
        40 `x`"#]],
    );
    check(
        "let a = 1; in ( a$0",
        expect![[r#"
        Let 4 `a` in Let
        16 `a`"#]],
    );
    check("{ x ? 1, ... }: { y ? x }: x.$0y", expect!["nothing"]);
}

#[test]
fn visible_names() {
    check_names("let a = 1; b = x: $0; in a", expect!["Let a b File 2 names"]);
    check_names("x: { y, z ? 1 }@w: with x; rec { q = $0; }", expect!["Rec q with Lambda w y z Lambda x File 5 names"]);
    check_names("let a = 1; in a$0", expect!["Let a File 1 names"]);
    check_names("{ a = let b = 1; in b; c = $0d; }", expect!["File 0 names"]);
}
