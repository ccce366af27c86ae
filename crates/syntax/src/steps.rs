//! [`steps_between`]: several edits at once as one after the other.
//!
//! Who undoes something and types elsewhere, or types at many cursors, makes a text that differs from the one before in small places far
//! apart. Told as one edit that is everything from the first to the last of them; as a row of texts, each differs from the one
//! before in a small place.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use crate::reparse::Edit;

/// Places that are nearer to each other are one edit.
const NEAR: usize = if cfg!(test) { 48 } else { 16 << 10 };

/// So many bytes of both texts that are the same end an edit, …
const SAME: usize = if cfg!(test) { 12 } else { 64 };

/// … if they come at most so many behind its beginning.
const REACH: usize = 1 << 10;

/// With more edits than this a text is looked at as a whole: each takes a copy of the tree.
const MAX_STEPS: usize = 8;

/// The texts on the way from one to another in small edits; none where one edit is all, or where there are too many.
pub fn steps_between(old: &[u8], new: &[u8]) -> Vec<Arc<[u8]>> {
    intermediate(old, new).unwrap_or_default()
}

/// Each begins as the new text and goes on as the old one, so that whatever is taken for the end of an edit, the row leads
/// from one to the other.
fn intermediate(old: &[u8], new: &[u8]) -> Option<Vec<Arc<[u8]>>> {
    let edit = Edit::between(old, new)?;
    let mut gone = edit.start..edit.end;
    let mut come = edit.start..edit.end.wrapping_add(new.len()).wrapping_sub(old.len());
    let mut texts = Vec::new();
    while gone.len().max(come.len()) > NEAR {
        let (behind_gone, behind_come) = first_end(old.get(gone.clone())?, new.get(come.clone())?)?;
        (gone.start, come.start) = (gone.start + behind_gone, come.start + behind_come);
        if texts.len() + 1 == MAX_STEPS {
            return None;
        }
        texts.push([new.get(..come.start)?, old.get(gone.start..)?].concat().into());
        let same = Edit::between(old.get(gone.clone())?, new.get(come.clone())?)?.start;
        (gone.start, come.start) = (gone.start + same, come.start + same);
    }
    Some(texts)
}

/// How far the edit that two texts begin with reaches into each of them.
fn first_end(old: &[u8], new: &[u8]) -> Option<(usize, usize)> {
    let within = |text: &[u8]| -> Range<usize> { 0..text.len().min(REACH + SAME) };
    let (old, new) = (old.get(within(old))?, new.get(within(new))?);
    new.windows(SAME).enumerate().find_map(|(at, wanted)| Some((memmem::find(old, wanted)?, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `old` with `[-gone+come]` in some places: the texts on the way.
    fn check(edits: &str, expected: usize) {
        let mut texts = [String::new(), String::new()];
        for (part, text) in edits.split(['[', ']']).enumerate() {
            match text.split_once('+').filter(|_| part % 2 == 1) {
                Some((gone, come)) => {
                    texts[0].push_str(&gone[1..]);
                    texts[1].push_str(come);
                }
                None => texts.iter_mut().for_each(|all| all.push_str(text)),
            }
        }
        let mut steps = steps_between(texts[0].as_bytes(), texts[1].as_bytes());
        steps.push(texts[1].as_bytes().into());
        assert_eq!(steps.len(), expected, "{edits}: {:?}", steps.iter().map(|text| String::from_utf8_lossy(text)).collect::<Vec<_>>());
        let mut last: &[u8] = texts[0].as_bytes();
        for text in &steps {
            let edit = Edit::between(last, text).unwrap();
            assert!(expected == 1 || edit.end - edit.start <= NEAR, "{edits}: {edit:?}");
            last = text;
        }
    }

    #[test]
    fn edits_far_apart_are_steps() {
        let far = "0123456789 abcdefghij ABCDEFGHIJ klmnopqrst KLMNOPQRST uvwxyz";
        check(&format!("x[-a+]{far}[-+b]y"), 2);
        check(&format!("x[-+a]{far}[-b+]y"), 2);
        check(&format!("x[-abc+defg]{far}[-h+ijk]{far}[-l+]"), 3);
        check(&format!("[-+a]{far}[-+b]"), 2);
        check("x[-a+]near[-+b]y", 1);
        check("x[-a+b]y", 1);
        check("x[-+]y", 1);
        let many: String = (0..MAX_STEPS + 1).map(|at| format!("[-+{at}]{far}{at}")).collect();
        check(&many, 1);
        // Nothing is the same.
        check("[-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa+bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb]", 1);
    }
}
