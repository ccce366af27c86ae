//! What runs again after an edit.

use expect_test::{Expect, expect};
use nival_shape::Shapes;

use crate::support::{at_cursor, database, edit};

/// The queries of this crate that run when the same is asked again after an edit of `/lib.nix`.
#[track_caller]
fn check(before: &str, after: &str, expected: Expect) {
    let (mut db, fixture) = database(&format!("//- /main.nix\n((import ./lib.nix).f 1)$0\n//- /lib.nix\n{before}"));
    // Opening a file makes it one that changes often, which is a change of its own.
    edit(&mut db, "/lib.nix", before);
    let first = {
        let (_, _, thunk) = at_cursor(&db, &fixture);
        Shapes::new(&db).describe(thunk)
    };
    db.take_log();
    edit(&mut db, "/lib.nix", after);
    let (_, _, thunk) = at_cursor(&db, &fixture);
    let second = Shapes::new(&db).describe(thunk);
    let ran = db.take_log();
    let count = |name: &str| ran.iter().filter(|query| query.as_str() == name).count();
    let text = |shape: Option<String>| shape.unwrap_or_else(|| "?".to_owned());
    expected.assert_eq(&format!("{} → {}; values {}, frames {}", text(first), text(second), count("expr_value"), count("frames")));
}

#[test]
fn comments_and_layout_change_nothing() {
    check("{ f = x: { a = x; }; }", "{ /* c */ f = x:\n { a = x; }; }", expect!["{ a } → { a }; values 3, frames 0"]);
}

#[test]
fn what_is_asked_about_is_asked_anew() {
    check("{ f = x: { a = x; }; }", "{ f = x: { b = x; }; }", expect!["{ a } → { b }; values 3, frames 0"]);
}

#[test]
fn other_files_are_left_alone() {
    let (mut db, _) = database("//- /a.nix\nlet f = x: x; in f { a = 1; }\n//- /b.nix\nlet f = x: x; in f { b = 1; }");
    let ask = |db: &nival_source::fixture::TestDb, path: &str| {
        let shapes = Shapes::new(db);
        shapes.describe(shapes.file(db.file(path)))
    };
    assert_eq!(ask(&db, "/b.nix").as_deref(), Some("{ b }"));
    db.take_log();
    edit(&mut db, "/a.nix", "let f = x: x; in f { a = 2; }");
    assert_eq!(ask(&db, "/b.nix").as_deref(), Some("{ b }"));
    assert_eq!(db.take_log(), [""; 0]);
}
