//! From a [`Pos`] to a file, a range and a line.

use std::ops::Range;
use std::sync::Arc;

use nival_hir::SourceMap;
use nival_hir::module::{Expr, Param};

use crate::ctx::Ctx;
use crate::error::{ErrorKind, EvalError, Place, Pos, Result};
use crate::evaluator::Evaluator;
use crate::linked::{Linked, Origin};
use crate::value::{AttrsBuilder, Value};

/// Where a [`Pos`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLocation {
    /// Absolute path; `None` for text that no file holds.
    pub file: Option<Vec<u8>>,
    /// Name for texts without a file: `«string»`, `«stdin»`.
    pub label: String,
    /// Bytes of the text.
    pub text: Arc<[u8]>,
    /// Byte offsets in the text. Its start is the position that Nix tells.
    pub range: Range<usize>,
    /// Both counted from 1; the column in bytes.
    pub line: u32,
    pub column: u32,
}

/// What begins the labels of texts that are part of the evaluator.
pub(crate) const INTERNAL: &str = "«nix-internal»";

impl SourceLocation {
    /// The file that Nix tells programs: texts of the evaluator itself look like files, too.
    pub(crate) fn told_file(&self) -> Option<&[u8]> {
        told_file(self.file.as_deref(), &self.label)
    }
}

fn told_file<'a>(file: Option<&'a [u8]>, label: &'a str) -> Option<&'a [u8]> {
    file.or_else(|| label.strip_prefix(INTERNAL).map(str::as_bytes))
}

impl Origin {
    /// As [`SourceLocation::told_file`].
    fn told_file(&self) -> Option<&[u8]> {
        told_file(self.file.as_deref(), &self.label)
    }
}

/// As Nix writes it: `/path/file.nix:1:2`.
impl std::fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.file {
            Some(file) => f.write_str(&String::from_utf8_lossy(file))?,
            None => f.write_str(&self.label)?,
        }
        write!(f, ":{}:{}", self.line, self.column)
    }
}

impl SourceLocation {
    /// As Nix shows a place below a warning: `at FILE:LINE:COLUMN:`, its line with the one before and behind it.
    pub fn quote(&self, indent: &str) -> String {
        let mut shown = format!("{indent}at {self}:");
        let width = indent.len() + 6;
        let lines = self.text.split(|byte| *byte == b'\n').zip(1u32..);
        for (text, number) in lines.filter(|(_, number)| number.abs_diff(self.line) <= 1) {
            let text = String::from_utf8_lossy(text);
            let space = if text.is_empty() { "" } else { " " };
            shown += &format!("\n{number:>width$}|{space}{text}");
            if number == self.line {
                let caret = self.column as usize;
                shown += &format!("\n{:>width$}| {:>caret$}", "", "^");
            }
        }
        shown
    }
}

/// Counted from 1. A carriage return ends a line, too, unless a line feed follows.
fn line_and_column(text: &[u8], offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let (mut lines, mut start) = (0, 0);
    for at in memchr::memchr2_iter(b'\n', b'\r', before) {
        if text[at] == b'\n' || text.get(at + 1) != Some(&b'\n') {
            lines += 1;
            start = at + 1;
        }
    }
    (lines + 1, (before.len() - start) as u32 + 1)
}

impl Evaluator {
    /// Path, range and line of a position; `None` for [`Pos::NONE`]. Counts the lines before it.
    pub fn locate(&self, pos: Pos) -> Option<SourceLocation> {
        let mut location = self.locate_range(pos)?;
        let before = location.text.get(..location.range.start)?;
        (location.line, location.column) = line_and_column(&location.text, before.len());
        Some(location)
    }

    /// As [`Evaluator::locate`], with 0 for line and column: at no cost that grows with the file.
    pub fn locate_range(&self, pos: Pos) -> Option<SourceLocation> {
        if pos.is_none() {
            return None;
        }
        let (linked, place) = self.present(pos)?;
        let (text, map) = linked.positions(self.host())?;
        let range = linked.range(&map, place)?;
        text.get(..range.start)?;
        Some(SourceLocation { file: linked.origin.file.clone(), label: linked.origin.label.clone(), text, range, line: 0, column: 0 })
    }
}

impl Linked {
    fn range(&self, map: &SourceMap, place: Place) -> Option<Range<usize>> {
        let from = |start: nival_syntax::TextSize, end: nival_syntax::TextSize| usize::from(start)..usize::from(end.max(start));
        Some(match place {
            Place::None => return None,
            Place::Expr(id) => {
                let start = map.position(id, self.module());
                let whole = map.expr_range(id);
                match self.module().exprs.get(id.0 as usize) {
                    Some(Expr::Binary { .. }) => map.detail_range(id).map_or(from(start, start), |r| from(r.start(), r.end())),
                    _ => from(start, whole.end()),
                }
            }
            Place::Attr(number) => {
                let index = self.set_starts.partition_point(|&first| first <= number).checked_sub(1)?;
                let (first, lit) = (self.set_starts.get(index)?, self.module().attrsets.get(index)?);
                let offset = number - first;
                let place = match offset.checked_sub(lit.attrs.len() as u32) {
                    None => map.attr(index as u32, offset),
                    Some(dynamic) => map.dynamic_attr(index as u32, dynamic),
                };
                from(place.position, place.name.end())
            }
            Place::Lambda(index) => {
                let range = map.lambda_range(index);
                let params = &self.module().lambdas.get(index as usize)?.params;
                let end = map.param_range(index, params.len().saturating_sub(1) as u32).end();
                from(range.start(), end)
            }
            Place::Param(lambda, given) => {
                let range = map.param_range(lambda, given);
                from(range.start(), range.end())
            }
            Place::Formal(number) => {
                let index = self.formal_starts.partition_point(|&s| s <= number).checked_sub(1)?;
                // Lambdas without formals share their number with the next one, which comes last.
                let params = &self.module().lambdas.get(index)?.params;
                let first = *self.formal_starts.get(index)?;
                matches!(params.last(), Some(Param::Pattern(_))).then_some(())?;
                let range = map.formal_range(index as u32, params.len(), number - first);
                from(range.start(), range.end())
            }
            Place::Offset(offset) => offset as usize..offset as usize,
        })
    }
}

impl Ctx<'_> {
    /// `{ file, line, column }`, or null where nothing is known: `__curPos`, `unsafeGetAttrPos`. As in Nix line and column are found when
    /// somebody asks for them: most who look want to know whether there is a position.
    pub fn position_value(&mut self, pos: Pos) -> Result<Value> {
        self.depend_on_position(pos);
        let evaluator = self.evaluator;
        let Some((linked, _)) = evaluator.present(pos).filter(|_| !pos.is_none()) else { return Ok(Value::NULL) };
        let Some(file) = linked.origin.told_file() else { return Ok(Value::NULL) };
        let mut set = AttrsBuilder::with_capacity(3);
        let file = self.string(file);
        set.push(evaluator.names.file, file);
        let word = self.int(pos.to_word());
        for (name, function) in [evaluator.names.line, evaluator.names.column].into_iter().zip(evaluator.line_and_column) {
            let part = self.lazy_call(function, &[word]);
            set.push(name, part);
        }
        Ok(self.attrs(set))
    }

    /// What [`Ctx::position_value`] leaves for later.
    pub(crate) fn line_and_column(&mut self, word: Value) -> Result<(u32, u32)> {
        let pos = self.force(word)?.as_int().map_or(Pos::NONE, Pos::from_word);
        self.depend_on_position(pos);
        match self.evaluator.locate(pos) {
            Some(location) => Ok((location.line, location.column)),
            None => {
                let file = self.evaluator.present(pos).map(|(linked, _)| linked.origin.name()).unwrap_or_default();
                Err(EvalError::new(ErrorKind::Io, format!("cannot tell a position in '{file}': it cannot be read any more")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_end_in_three_ways() {
        let text = b"a\nb\r\nc\rd";
        let places: Vec<(u32, u32)> = (0..text.len()).map(|offset| super::line_and_column(text, offset)).collect();
        assert_eq!(places, [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1)]);
    }
}
