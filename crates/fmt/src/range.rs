//! Parts of a text: what a selection touches, and pieces of code that are about to be inserted.

use nival_syntax::SyntaxKind::{self, *};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{TextEdit, TextRange, TextSize};

use crate::verify::{self, Difference, other_program};
use crate::{FormatError, Options, edits, format, render, settle, write};

/// Edits that format the bindings and list items that a range touches. Only they have to be without errors: the rest of the
/// text may be broken.
///
/// # Errors
/// What the range touches has an error in it.
pub fn format_range(text: &str, range: TextRange, options: &Options) -> Result<Vec<TextEdit>, FormatError> {
    let tree = nival_syntax::flat::parse(text.as_bytes());
    let range = without_blanks(text, range);
    let Some(items) = touched(&tree, text, range) else {
        return Ok(edits::edits(text, &format(text, options)?));
    };
    let mut changes = Vec::new();
    let mut parts = write::Parts::new(&tree, text, options.strict);
    for item in items {
        if let Some(error) = tree.errors().iter().find(|error| touches(error.range, item.range())) {
            return Err(FormatError::Syntax(error.clone()));
        }
        let formatted = part(&mut parts, text, item, indentation(text, item.range().start()), options)?;
        changes.extend(line_edits(text, item.range(), &formatted));
    }
    let changed = apply(text, &changes).ok_or(FormatError::Changed(Difference::Syntax))?;
    match other_program(&tree, &nival_syntax::flat::parse(changed.as_bytes())) {
        None => Ok(changes),
        // What is missing at the end of an item is no error inside of it.
        Some(at) => {
            Err(tree.errors().first().map_or(FormatError::Changed(Difference::Program(at)), |error| FormatError::Syntax(error.clone())))
        }
    }
}

/// What a piece of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fragment {
    /// An expression.
    Expr,
    /// Bindings and inherits, each to its `;`.
    Entries,
}

/// Formats a piece of code that is about to be inserted where lines are indented by `indent` columns. The first line is not
/// indented, and there is no line end behind the last one.
///
/// # Errors
/// It does not parse, or has comments that would have no place.
pub fn format_fragment(text: &str, fragment: Fragment, indent: u32, options: &Options) -> Result<String, FormatError> {
    let wrapped = wrap(text, fragment);
    let tree = nival_syntax::flat::parse(wrapped.as_bytes());
    if let Some(error) = tree.errors().first() {
        return Err(FormatError::Syntax(error.clone()));
    }
    let Some(expr) = tree.root().children().next() else { return Ok(String::new()) };
    let mut parts = write::Parts::new(&tree, &wrapped, options.strict);
    let formatted = match fragment {
        Fragment::Expr => part(&mut parts, &wrapped, expr, indent, options)?,
        Fragment::Entries if expr.children().count() == 1 => {
            expr.children().map(|entry| part(&mut parts, &wrapped, entry, indent, options)).collect::<Result<String, FormatError>>()?
        }
        // In its set, so that comments and empty lines between them stay.
        Fragment::Entries => match indent.checked_sub(options.indent) {
            Some(outer) => {
                let set = part(&mut parts, &wrapped, expr, outer, options)?;
                set.trim_start_matches('{').trim_end_matches('}').trim().to_owned()
            }
            None => {
                let entries: Result<Vec<String>, FormatError> =
                    expr.children().map(|entry| part(&mut parts, &wrapped, entry, indent, options)).collect();
                entries?.join(&format!("\n{}", " ".repeat(indent as usize)))
            }
        },
    };
    match verify::difference(&tree, &nival_syntax::flat::parse(wrap(&formatted, fragment).as_bytes())) {
        None => Ok(formatted),
        Some(difference) => Err(FormatError::Changed(difference)),
    }
}

fn wrap(text: &str, fragment: Fragment) -> String {
    match fragment {
        Fragment::Expr => text.to_owned(),
        Fragment::Entries => format!("{{\n{text}\n}}"),
    }
}

/// A node by itself, without what stands around it, its lines but the first one indented.
fn part(parts: &mut write::Parts<'_, '_>, text: &str, node: Node<'_>, indent: u32, options: &Options) -> Result<String, FormatError> {
    let (doc, texts) = parts.write(node, indent);
    let mut doc = settle::settle(&doc);
    let out = render::render(&mut doc, texts, options.layout(text.len())).map_err(|_| FormatError::TooLong)?;
    Ok(out.trim().to_owned())
}

/// Edits in the order of the text, at once: a copy of a big text for each of them would be many.
fn apply(text: &str, edits: &[TextEdit]) -> Option<String> {
    let mut changed = String::with_capacity(text.len());
    let mut copied = 0;
    for edit in edits {
        changed.push_str(text.get(copied..edit.range.start().into())?);
        changed.push_str(&edit.insert);
        copied = edit.range.end().into();
    }
    changed.push_str(text.get(copied..)?);
    Some(changed)
}

/// The edits that put `new` in the place of a part of a text, line by line.
pub fn line_edits(text: &str, range: TextRange, new: &str) -> Vec<TextEdit> {
    let old = text.get(usize::from(range.start())..usize::from(range.end())).unwrap_or_default();
    edits::edits(old, new).into_iter().map(|edit| TextEdit { range: edit.range + range.start(), insert: edit.insert }).collect()
}

fn touches(a: TextRange, b: TextRange) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

fn without_blanks(text: &str, range: TextRange) -> TextRange {
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    let Some(selected) = text.get(start..end) else { return range };
    let from = start + (selected.len() - selected.trim_start().len());
    let to = from + selected.trim().len();
    TextRange::new(TextSize::new(from as u32), TextSize::new(to as u32))
}

/// How many columns the line of a position is indented by.
pub fn indentation(text: &str, at: TextSize) -> u32 {
    let before = text.get(..at.into()).unwrap_or_default();
    let line = text.get(before.rfind('\n').map_or(0, |newline| newline + 1)..).unwrap_or_default();
    (line.len() - line.trim_start_matches([' ', '\t']).len()) as u32
}

/// Whether nothing but blanks stands before a position in its line, which is not the first one.
pub fn starts_line(text: &str, at: TextSize) -> bool {
    let before = text.get(..at.into()).unwrap_or_default();
    before.trim_end_matches([' ', '\t']).ends_with('\n')
}

fn is_item(node: Node<'_>, parent: SyntaxKind) -> bool {
    matches!(node.kind(), BINDING | INHERIT) || parent == LIST && node.kind() != ERROR
}

/// The bindings, inherits or list items that a range touches and that start lines, as far inside as there are any. None if
/// what it touches is not among such.
fn touched<'t>(tree: &'t FlatTree, text: &str, range: TextRange) -> Option<Vec<Node<'t>>> {
    let mut found = None;
    let mut node = tree.root();
    loop {
        let items: Vec<Node<'t>> = node.children().filter(|child| is_item(*child, node.kind()) && touches(child.range(), range)).collect();
        let (Some(first), Some(last)) = (items.first(), items.last()) else {
            match node.children().find(|child| child.range().contains_range(range)) {
                Some(child) => node = child,
                None => return found,
            }
            continue;
        };
        // The range goes beyond the items if it touches brackets.
        if range.start() < first.range().start() && !is_comment_before(text, range, first.range()) || range.end() > last.range().end() {
            return found;
        }
        if items.iter().all(|item| starts_line(text, item.range().start())) {
            found = Some(items.clone());
        }
        match items[..] {
            [item] if item.range().contains_range(range) => node = item,
            _ => return found,
        }
    }
}

/// Whether a range starts with comments that stand before an item.
fn is_comment_before(text: &str, range: TextRange, item: TextRange) -> bool {
    let before = text.get(usize::from(range.start())..usize::from(item.start())).unwrap_or_default();
    before.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `⟨…⟩` is the selection.
    fn check(marked: &str, expected: Expect) {
        let (before, rest) = marked.split_once('⟨').expect("a selection");
        let (selected, after) = rest.split_once('⟩').expect("its end");
        let text = [before, selected, after].concat();
        let range = TextRange::at(TextSize::of(before), TextSize::of(selected));
        let shown = match format_range(&text, range, &Options::default()) {
            Ok(edits) => apply(&text, &edits).expect("edits lie in the text"),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn bindings() {
        check(
            "{\n  a=1;\n  ⟨b=[1 2];\n  c=x :x;⟩\n  d=1;\n}\n",
            expect![[r#"
                {
                  a=1;
                  b = [
                    1
                    2
                  ];
                  c = x: x;
                  d=1;
                }
            "#]],
        );
    }

    #[test]
    fn the_innermost_binding_on_a_line_of_its_own() {
        check(
            "{\n    a = {\n        b = { c=⟨1⟩; d=2; };\n   e=1;\n    };\n}\n",
            expect![[r#"
                {
                    a = {
                        b = {
                          c = 1;
                          d = 2;
                        };
                   e=1;
                    };
                }
            "#]],
        );
    }

    #[test]
    fn the_rest_may_be_broken() {
        check(
            "{\n  a = ;\n  ⟨b={c=1;};⟩\n  d = [\n}\n",
            expect![[r#"
            {
              a = ;
              b = {
                c = 1;
              };
              d = [
            }
        "#]],
        );
        check("{\n  a = 1;\n  ⟨b=[1 2;⟩\n}\n", expect!["syntax error, unexpected ';'"]);
    }

    #[test]
    fn strings_keep_their_lines() {
        check(
            "{\n    ⟨a=''\n      b\n        c\n    '';⟩ # d\n}\n",
            expect![[r#"
            {
                a = ''
                  b
                    c
                ''; # d
            }
        "#]],
        );
        check(
            "{\n    ⟨a=[\"\nb\" c];⟩\n}\n",
            expect![[r#"
            {
                a = [
                  "
            b"
                  c
                ];
            }
        "#]],
        );
    }

    #[test]
    fn what_is_no_binding_is_the_whole_text() {
        check(
            "{a ,b}:\n⟨a⟩\n",
            expect![[r#"
            { a, b }:
            a
        "#]],
        );
    }

    #[test]
    fn fragments() {
        let check = |text, fragment, indent, expected: Expect| {
            expected.assert_eq(&format_fragment(text, fragment, indent, &Options::default()).expect("it parses"));
        };
        check(
            "{a=1;b=2;}",
            Fragment::Expr,
            4,
            expect![[r#"
            {
                  a = 1;
                  b = 2;
                }"#]],
        );
        check(
            "a=1;inherit b;",
            Fragment::Entries,
            2,
            expect![[r#"
            a = 1;
              inherit b;"#]],
        );
        check(
            "a=1; # a\n\n\n# of b\nb=[ 1\n2];",
            Fragment::Entries,
            4,
            expect![[r#"
                a = 1; # a

                    # of b
                    b = [
                      1
                      2
                    ];"#]],
        );
        assert!(format_fragment("a = 1; # a\nb = 1;", Fragment::Entries, 0, &Options::default()).is_err());
        assert!(format_fragment("a # a", Fragment::Expr, 0, &Options::default()).is_err());
    }
}
