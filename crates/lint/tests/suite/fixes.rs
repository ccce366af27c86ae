//! What every fix must do.

use nival_hir::diagnostic::{Diagnostic, Fix};
use nival_hir::{LowerOptions, Lowered, lower};
use nival_lint::{diagnose, fix, rules};
use nival_syntax::flat;

fn analysed(text: &str) -> (Lowered, Vec<Diagnostic>) {
    let tree = flat::parse(text.as_bytes());
    let lowered = lower(&tree, &LowerOptions::default());
    let found = diagnose(&tree, &lowered);
    (lowered, found)
}

/// Rules whose fixes leave the very same module.
const SAME_MODULE: &[&str] = &["parse-redundant-paren", "deprecated-url-literal", "or-identifier", "pragma-unused"];

/// Panics unless the fix removes its diagnostic and makes no error, and comments stay.
pub fn judge(text: &str, diagnostic: &Diagnostic, fix: &Fix) {
    let fixed = fix::apply(text, &fix.edits);
    let (before, found_before) = analysed(text);
    let (after, found_after) = analysed(&fixed);
    let say = || format!("«{}» of {} at {:?}:\n{text}\n=>\n{fixed}", fix.title, diagnostic.code, diagnostic.range);
    assert_ne!(text, fixed, "{}", say());
    // A repair of one thing may uncover what else is wrong.
    let guessed = !fix.safe && !before.errors.is_empty();
    assert!(guessed || after.errors.len() <= before.errors.len(), "makes an error: {:?} {}", after.errors, say());
    let count = |found: &[Diagnostic]| found.iter().filter(|other| other.code == diagnostic.code).count();
    // What is put in may uncover what else is missing.
    let repair = !before.errors.is_empty() && !fix.safe;
    assert!(repair || count(&found_after) < count(&found_before), "is still there: {}", say());
    assert!(!fix.safe || fix.preferred, "{}", say());
    if before.errors.is_empty() {
        assert!(after.errors.is_empty(), "{:?} {}", after.errors, say());
    }
    if SAME_MODULE.contains(&diagnostic.code) && before.errors.is_empty() {
        assert_eq!(before.module, after.module, "{}", say());
    }
    if diagnostic.code != "pragma-unused" {
        let comments = |text: &str| {
            let tree = flat::parse(text.as_bytes());
            (0..).map_while(|i| tree.token(i)).filter(|token| token.kind().is_comment()).count()
        };
        assert!(comments(text) <= comments(&fixed), "a comment is lost: {}", say());
    }
}

/// Judges every fix of a text, and fixing all.
pub fn judge_all(text: &str) {
    let (lowered, found) = analysed(text);
    // Each is judged by the whole text: of many, some.
    for diagnostic in found.iter().step_by(found.len() / 40 + 1) {
        for fix in &diagnostic.fixes {
            judge(text, diagnostic, fix);
        }
    }
    let Some(fixed) = fix::fix_all(text, |found| found) else { return };
    let (after, found) = analysed(&fixed);
    assert!(after.errors.len() <= lowered.errors.len(), "{text}\n=>\n{fixed}");
    let left = found.iter().find(|diagnostic| diagnostic.fixes.iter().any(|fix| fix.safe));
    assert!(left.is_none(), "not all is fixed: {left:?}\n{text}\n=>\n{fixed}");
}

#[test]
fn of_all_examples() {
    for rule in rules::rules() {
        judge_all(rule.example);
    }
}
