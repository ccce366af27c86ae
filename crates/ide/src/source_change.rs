//! [`SourceChange`]: what a refactoring does to the files of the workspace, as data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_syntax::{TextRange, TextSize};

pub use crate::diagnostics::TextEdit;

/// Changes of texts and files that belong together. Edits come first, each file's in terms of its text before; then the operations, in
/// their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceChange {
    edits: BTreeMap<Arc<Path>, Vec<TextEdit>>,
    operations: Vec<FileOperation>,
}

/// Something done to a file as a whole. No operation replaces a file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileOperation {
    /// Makes a file, and the folders that lead to it.
    Create {
        path: PathBuf,
        text: String,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Delete {
        path: PathBuf,
    },
}

/// Two edits of a change touch the same characters: it has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two edits overlap at byte {}", u32::from(*at))]
pub struct Overlap {
    pub at: TextSize,
}

impl SourceChange {
    pub fn new() -> Self {
        Self::default()
    }

    /// One file's edits.
    ///
    /// # Errors
    /// [`Overlap`].
    pub fn of_file(path: impl Into<Arc<Path>>, edits: impl IntoIterator<Item = TextEdit>) -> Result<Self, Overlap> {
        let mut change = Self::new();
        let path = path.into();
        for edit in edits {
            change.edit(&path, edit)?;
        }
        Ok(change)
    }

    /// Adds an edit. The same edit twice counts once; insertions at one place stand in the order in which they were added.
    ///
    /// # Errors
    /// [`Overlap`] with one that was added before; the change is as it was.
    pub fn edit(&mut self, path: &Arc<Path>, edit: TextEdit) -> Result<(), Overlap> {
        let edits = self.edits.entry(path.clone()).or_default();
        // The first one that begins behind it; one that begins at the same place and is empty stays before.
        let key = |e: &TextEdit| (e.range.start(), !e.range.is_empty());
        let at = edits.partition_point(|e| key(e) <= key(&edit));
        let before = at.checked_sub(1).and_then(|before| edits.get(before));
        if before == Some(&edit) && !edit.range.is_empty() {
            return Ok(());
        }
        if before.is_some_and(|before| before.range.end() > edit.range.start() || before.range == edit.range && !edit.range.is_empty())
            || edits.get(at).is_some_and(|after| edit.range.end() > after.range.start())
        {
            return Err(Overlap { at: edit.range.start() });
        }
        edits.insert(at, edit);
        Ok(())
    }

    pub fn operation(&mut self, operation: FileOperation) {
        self.operations.push(operation);
    }

    /// The edits of each file, by path; those of a file are sorted and do not overlap.
    pub fn edits(&self) -> impl Iterator<Item = (&Arc<Path>, &[TextEdit])> {
        self.edits.iter().filter(|(_, edits)| !edits.is_empty()).map(|(path, edits)| (path, edits.as_slice()))
    }

    pub fn operations(&self) -> &[FileOperation] {
        &self.operations
    }

    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.edits.values().all(Vec::is_empty)
    }

    /// All of another change as well.
    ///
    /// # Errors
    /// [`Overlap`] of their edits.
    pub fn extend(&mut self, other: SourceChange) -> Result<(), Overlap> {
        for (path, edits) in other.edits {
            for edit in edits {
                self.edit(&path, edit)?;
            }
        }
        self.operations.extend(other.operations);
        Ok(())
    }
}

/// A text after edits that are sorted and do not overlap; `None` where one lies outside of the text or cuts a character.
pub fn apply(text: &str, edits: &[TextEdit]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        out.push_str(text.get(from..usize::from(edit.range.start()))?);
        out.push_str(&edit.insert);
        from = usize::from(edit.range.end());
    }
    out.push_str(text.get(from..)?);
    Some(out)
}

/// A text that is edited again and again, and knows what that comes to in terms of the first one.
#[derive(Debug, Clone)]
pub struct Draft {
    original: Arc<str>,
    text: String,
    /// What the text consists of, in order.
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    /// A range of the original text.
    Kept(TextRange),
    New(String),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Piece::Kept(range) => range.len().into(),
            Piece::New(text) => text.len(),
        }
    }

    /// Its part between two offsets within it.
    fn part(&self, from: usize, to: usize) -> Piece {
        match self {
            Piece::Kept(range) => {
                let at = |offset: usize| range.start() + TextSize::new(offset as u32);
                Piece::Kept(TextRange::new(at(from), at(to)))
            }
            Piece::New(text) => Piece::New(text.get(from..to).unwrap_or_default().to_owned()),
        }
    }
}

impl Draft {
    pub fn new(text: Arc<str>) -> Self {
        let pieces = vec![Piece::Kept(TextRange::up_to(TextSize::of(&*text)))];
        Draft { text: text.as_ref().to_owned(), original: text, pieces }
    }

    /// As it is by now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Applies edits that are sorted and do not overlap; `None`, and nothing is done, where one does not lie in the text.
    pub fn apply(&mut self, edits: &[TextEdit]) -> Option<()> {
        self.text = apply(&self.text, edits)?;
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2 * edits.len());
        let mut old = self.pieces.drain(..);
        // What is left of the piece under way, and where it begins in the text.
        let mut current = old.next();
        let mut at = 0;
        let mut copy = |to: usize, keep: bool, pieces: &mut Vec<Piece>| {
            while let Some(piece) = current.take() {
                if at + piece.len() > to {
                    let cut = to - at;
                    if keep && cut > 0 {
                        pieces.push(piece.part(0, cut));
                    }
                    current = Some(piece.part(cut, piece.len()));
                    at = to;
                    return;
                }
                at += piece.len();
                if keep {
                    pieces.push(piece);
                }
                current = old.next();
            }
        };
        for edit in edits {
            copy(edit.range.start().into(), true, &mut pieces);
            copy(edit.range.end().into(), false, &mut pieces);
            pieces.push(Piece::New(edit.insert.clone()));
        }
        copy(usize::MAX, true, &mut pieces);
        drop(old);
        self.pieces = pieces;
        Some(())
    }

    /// The edits of the original text that give the present one, sorted and disjoint.
    pub fn edits(&self) -> Vec<TextEdit> {
        let mut edits = Vec::new();
        let mut from = TextSize::new(0);
        let mut insert = String::new();
        let end = TextRange::empty(TextSize::of(&*self.original));
        for piece in self.pieces.iter().chain([&Piece::Kept(end)]) {
            match piece {
                Piece::New(text) => insert.push_str(text),
                Piece::Kept(range) => {
                    let gap = TextRange::new(from, range.start().max(from));
                    let gone = self.original.get(usize::from(gap.start())..usize::from(gap.end()));
                    if gone != Some(insert.as_str()) {
                        edits.push(TextEdit { range: gap, insert: std::mem::take(&mut insert) });
                    }
                    insert.clear();
                    from = range.end();
                }
            }
        }
        edits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32, insert: &str) -> TextEdit {
        TextEdit { range: TextRange::new(start.into(), end.into()), insert: insert.to_owned() }
    }

    fn path() -> Arc<Path> {
        Path::new("/a.nix").into()
    }

    #[test]
    fn edits_are_sorted_and_apply_at_once() {
        let change = SourceChange::of_file(path(), [edit(4, 5, "X"), edit(0, 0, "<"), edit(2, 4, ""), edit(0, 0, "("), edit(5, 5, ")")]);
        let change = change.unwrap();
        let (_, edits) = change.edits().next().unwrap();
        assert!(edits.is_sorted_by_key(|e| (e.range.start(), e.range.end())));
        assert_eq!(apply("abcde", edits).as_deref(), Some("<(abX)"));
    }

    #[test]
    fn edits_of_the_same_characters_are_refused() {
        for pair in [
            [edit(0, 3, ""), edit(2, 4, "")],
            [edit(2, 4, ""), edit(0, 3, "")],
            [edit(0, 3, "a"), edit(0, 3, "b")],
            [edit(0, 3, ""), edit(1, 1, "x")],
        ] {
            let at = pair[1].range.start();
            assert_eq!(SourceChange::of_file(path(), pair), Err(Overlap { at }));
        }
        let twice = SourceChange::of_file(path(), [edit(0, 3, "a"), edit(0, 3, "a")]).unwrap();
        assert_eq!(twice.edits().next().unwrap().1.len(), 1);
    }

    #[test]
    fn edits_outside_of_the_text_are_refused() {
        assert_eq!(apply("é", &[edit(1, 2, "")]), None);
        assert_eq!(apply("a", &[edit(1, 2, "")]), None);
    }

    #[test]
    fn a_draft_knows_what_has_become_of_the_first_text() {
        let mut draft = Draft::new("let a = 1; b = 2; in b".into());
        draft.apply(&[edit(3, 10, ""), edit(15, 16, "33")]).unwrap();
        assert_eq!(draft.text(), "let b = 33; in b");
        draft.apply(&[edit(0, 1, "L"), edit(9, 10, "4"), edit(16, 16, "!")]).unwrap();
        assert_eq!(draft.text(), "Let b = 34; in b!");
        let edits = draft.edits();
        assert_eq!(edits, [edit(0, 1, "L"), edit(3, 10, ""), edit(15, 16, "34"), edit(22, 22, "!")]);
        assert_eq!(apply("let a = 1; b = 2; in b", &edits).as_deref(), Some(draft.text()));
        assert_eq!(draft.apply(&[edit(99, 100, "")]), None);
    }

    /// Random edits, one round after the other: what the draft says gives the same text.
    #[test]
    fn drafts_compose() {
        let mut state = 1u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u32 % below.max(1) as u32
        };
        for _ in 0..200 {
            let original = "0123456789abcdefghij";
            let mut draft = Draft::new(original.into());
            for round in 0..6 {
                let length = draft.text().len();
                let (a, b) = (random(length + 1), random(length + 1));
                let (start, end) = (a.min(b), a.max(b).min(a.min(b) + 3));
                draft.apply(&[edit(start, end, ["", "x", "yz"][random(3) as usize % 3])]).unwrap();
                assert_eq!(apply(original, &draft.edits()).as_deref(), Some(draft.text()), "round {round}");
            }
        }
    }
}
