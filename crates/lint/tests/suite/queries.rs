//! The database: what runs again after an edit.

use expect_test::expect;
use nival_lint::queries::diagnostics;
use nival_source::fixture::{Fixture, TestDb};
use nival_source::{Change, Db};

#[test]
fn another_file_is_not_touched() {
    let mut db = TestDb::new(&Fixture::parse("//- /a.nix\n1\n//- /b.nix\n2\n"));
    let (a, b) = (db.file("/a.nix"), db.file("/b.nix"));
    diagnostics(&db, a);
    diagnostics(&db, b);
    db.take_log();
    let mut change = Change::new();
    change.set_buffer("/a.nix", "x");
    change.apply(&mut db);
    assert_eq!(diagnostics(&db, a).len(), 1);
    diagnostics(&db, b);
    expect!["flat_tree diagnostics lowered"].assert_eq(&db.take_log().join(" "));
}

#[test]
fn files_that_are_not_text() {
    let db = TestDb::new(&Fixture::default());
    db.memory().write("/x.nix", b"{ a = \"\xff\"; }".to_vec());
    let found = diagnostics(&db, db.files().get(&db, "/x.nix".as_ref()));
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["source-not-utf8"]);
}
