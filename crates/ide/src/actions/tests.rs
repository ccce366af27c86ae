//! What the tests of actions share.

use expect_test::{Expect, expect};

use super::*;
use crate::fixture::Fixture;

/// The selection of a fixture: one `$0` is a cursor, two are a selection.
pub(super) fn selection(marked: &str) -> TextRange {
    let fixture = nival_source::fixture::Fixture::parse(marked);
    let (file, _) = fixture.cursor().expect("the fixture has a $0");
    let (first, last) = (file.cursors[0], file.cursors[file.cursors.len() - 1]);
    TextRange::new(first.into(), last.into())
}

/// The actions of a kind, or all, at the marks of a text, with what becomes of the file.
fn offered(marked: &str, kinds: &[ActionKind], explicit: bool) -> Vec<(CodeAction, Option<String>)> {
    let fixture = Fixture::new(marked);
    let query = ActionQuery { path: &fixture.path, range: selection(marked), kinds, explicit };
    let actions = code_actions(&fixture.snapshot, &query).unwrap();
    let result = |action: &CodeAction| {
        let change = resolve(&fixture.snapshot, &query, &action.id).unwrap()?;
        Some(show(&fixture, &change))
    };
    actions.into_iter().map(|action| (action.clone(), result(&action))).collect()
}

/// The text after a change; other files and operations below it.
fn show(fixture: &Fixture, change: &SourceChange) -> String {
    let mut shown = String::new();
    for (path, text) in fixture.changed(change) {
        if *path == fixture.path { shown.insert_str(0, &text) } else { shown.push_str(&format!("//- {}\n{text}", path.display())) }
    }
    for operation in change.operations() {
        shown.push_str(&match operation {
            FileOperation::Create { path, text } => format!("//- {} (new)\n{text}", path.display()),
            other => format!("{other:?}\n"),
        });
    }
    shown
}

/// What the action of this name at the marks makes of the text.
#[track_caller]
pub(super) fn check(name: &str, marked: &str, expected: Expect) {
    check_nth(name, 0, marked, expected);
}

/// As [`check`], for an action of several of one name.
#[track_caller]
pub(super) fn check_nth(name: &str, index: usize, marked: &str, expected: Expect) {
    let offered = offered(marked, &ActionKind::ALL, false);
    let names: Vec<_> = offered.iter().map(|(action, _)| action.id.name.clone()).collect();
    let found = offered.into_iter().filter(|(action, _)| action.id.name == name).nth(index);
    let Some((action, result)) = found else { panic!("not offered; there are {names:?}") };
    assert_eq!(action.disabled, None);
    expected.assert_eq(&result.unwrap_or_else(|| panic!("{} changes nothing", action.title)));
}

/// There is no action of this name at the marks.
#[track_caller]
pub(super) fn check_none(name: &str, marked: &str) {
    let offered = offered(marked, &ActionKind::ALL, false);
    if let Some((action, result)) = offered.into_iter().find(|(action, _)| action.id.name == name) {
        panic!("{} is offered:\n{}", action.title, result.unwrap_or_default());
    }
}

#[test]
fn fixes_are_actions() {
    let found = offered("let a$0 = 1; b = 2; in http://x.org", &[ActionKind::QuickFix], false);
    let [(action, result)] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((action.title.as_str(), action.preferred), ("Remove 'a'", true));
    assert_eq!(action.diagnostic.as_ref().map(|d| d.code.as_str()), Some("sema-unused-def-let"));
    expect!["let b = 2; in http://x.org"].assert_eq(result.as_ref().unwrap());
}

#[test]
fn all_fixes_at_once() {
    check("fix-all", "let a = 1; b$0 = a; inherit; in with { }; http://x.org", expect![[r#""http://x.org""#]]);
    // Without a problem at the cursor only who asks is told.
    let text = "let a = 1; in $0x: http://x.org";
    assert_eq!(offered(text, &[ActionKind::FixAll], false).len(), 0);
    assert_eq!(offered(text, &[ActionKind::FixAll], true).len(), 1);
    assert_eq!(offered("$0x: x", &[ActionKind::FixAll], true).len(), 0);
}

/// Names are what actions are found again by, and what the documentation lists.
#[test]
fn names_are_unique_and_documented() {
    let mut names: Vec<&str> = ACTIONS.iter().map(|action| action.id).collect();
    let documented = include_str!("../../../../docs/actions.md");
    let missing: Vec<_> = names.iter().filter(|name| !documented.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), ACTIONS.len());
}
