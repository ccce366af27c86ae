//! [`TextEdit`]: a change of a text, as editors send them.

use rowan::{TextRange, TextSize};

/// Replaces a range of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TextEdit {
    pub range: TextRange,
    pub insert: String,
}

impl TextEdit {
    pub fn replace(range: TextRange, insert: impl Into<String>) -> TextEdit {
        TextEdit { range, insert: insert.into() }
    }

    pub fn insert(at: TextSize, text: impl Into<String>) -> TextEdit {
        TextEdit::replace(TextRange::empty(at), text)
    }

    pub fn delete(range: TextRange) -> TextEdit {
        TextEdit::replace(range, "")
    }

    /// The text after the edit; `None` where the range does not lie in it or cuts a character.
    pub fn apply(&self, text: &str) -> Option<String> {
        let (start, end) = (usize::from(self.range.start()), usize::from(self.range.end()));
        let (before, after) = (text.get(..start)?, text.get(end..)?);
        Some([before, &self.insert, after].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_outside_of_the_text_are_refused() {
        let at = |at| TextEdit::insert(TextSize::new(at), "a").apply("é");
        assert_eq!([at(1), at(3), at(2)], [None, None, Some("éa".to_owned())]);
    }
}
