//! Applying fixes.

use nival_hir::diagnostic::{Diagnostic, Edit, Fix};
use nival_hir::{LowerOptions, lower};
use nival_syntax::flat;

/// Rounds of [`fix_all`]: a fix may make room for another, but not for ever.
const MAX_ROUNDS: usize = 64;

/// The text with some edits made, which do not overlap.
pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> String {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| (edit.range.start(), edit.range.end()));
    let mut new = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let (start, end) = (usize::from(edit.range.start()), usize::from(edit.range.end()));
        new.push_str(text.get(done..start).unwrap_or_default());
        new.push_str(&edit.text);
        done = end.max(done);
    }
    new.push_str(text.get(done..).unwrap_or_default());
    new
}

/// Fixes that can be made together, the first of those that touch each other.
pub fn together<'f>(fixes: impl IntoIterator<Item = &'f Fix>) -> Vec<&'f Fix> {
    let mut taken: Vec<&Fix> = Vec::new();
    // Ends and starts of what is taken, by their starts.
    let mut ranges: std::collections::BTreeMap<u32, u32> = std::collections::BTreeMap::new();
    for fix in fixes {
        let free = fix.edits.iter().all(|edit| {
            let (start, end) = (u32::from(edit.range.start()), u32::from(edit.range.end()));
            // One that begins before the end of this one and ends behind its start.
            ranges.range(..=end).next_back().is_none_or(|(_, other_end)| *other_end < start)
        });
        if free && !taken.iter().any(|other| std::ptr::eq(*other, fix)) {
            ranges.extend(fix.edits.iter().map(|edit| (u32::from(edit.range.start()), u32::from(edit.range.end()))));
            taken.push(fix);
        }
    }
    taken
}

/// The text with all safe fixes of the chosen diagnostics made, again until none is left; `None` where there is nothing to do.
pub fn fix_all(text: &str, choose: impl Fn(Vec<Diagnostic>) -> Vec<Diagnostic>) -> Option<String> {
    let mut fixed: Option<String> = None;
    for _ in 0..MAX_ROUNDS {
        let now = fixed.as_deref().unwrap_or(text);
        let tree = flat::parse(now.as_bytes());
        let found = choose(crate::diagnose(&tree, &lower(&tree, &LowerOptions::default())));
        let safe = found.iter().filter_map(|diagnostic| diagnostic.fixes.iter().find(|fix| fix.safe));
        let fixes = together(safe);
        if fixes.is_empty() {
            break;
        }
        let next = apply(now, fixes.iter().flat_map(|fix| &fix.edits));
        if next == now {
            break;
        }
        fixed = Some(next);
    }
    fixed
}
