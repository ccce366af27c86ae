//! Folding, and growing a selection along the tree.

use std::path::Path;

use nival_engine::{Cancellable, Snapshot};
use nival_syntax::flat::{Node, Token};
use nival_syntax::{SyntaxKind, TextRange, TextSize};

use crate::tree::{ends_line, touching_token};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldKind {
    Code,
    Comment,
    /// Lists of files: `imports = [ … ];`.
    Imports,
    /// From a comment `# region` to `# endregion`.
    Region,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldingRange {
    pub range: TextRange,
    pub kind: FoldKind,
}

/// Everything of more than one line that can be folded, in the order of the text.
///
/// # Errors
/// Cancelled.
pub fn folding_ranges(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<FoldingRange>> {
    let Some(tree) = snapshot.flat_tree(path)? else { return Ok(Vec::new()) };
    let mut folds = Vec::new();
    // The list of files that comes next.
    let mut files = None;
    for node in (0..tree.len() as u32).filter_map(|index| tree.node(index)) {
        if node.kind() == SyntaxKind::BINDING {
            files = imports(node).or(files);
        }
        if is_foldable(node.kind()) && node.text().contains(&b'\n') {
            let kind = if files == Some(node.index()) { FoldKind::Imports } else { FoldKind::Code };
            folds.push(FoldingRange { range: node.range(), kind });
        }
    }
    let mut last_comment = None;
    let mut regions = Vec::new();
    for token in (0..tree.token_count() as u32).filter_map(|index| tree.token(index)) {
        match region_mark(token) {
            Some(true) => regions.push(token.range().start()),
            Some(false) => {
                if let Some(start) = regions.pop() {
                    folds.push(FoldingRange { range: TextRange::new(start, token.range().end()), kind: FoldKind::Region });
                }
            }
            None => {
                comment(token, &mut last_comment, &mut folds);
                continue;
            }
        }
        last_comment = None;
    }
    folds.sort_by_key(|f| (f.range.start(), std::cmp::Reverse(f.range.end())));
    Ok(folds)
}

fn is_foldable(kind: SyntaxKind) -> bool {
    use SyntaxKind::{ASSERT, ATTR_SET, IF_THEN_ELSE, INDENTED_STR, INHERIT, LEGACY_LET, LET_IN, LIST, PAREN, PATTERN_PARAM, STR, WITH};
    matches!(
        kind,
        ATTR_SET | LIST | LET_IN | LEGACY_LET | INDENTED_STR | PAREN | PATTERN_PARAM | INHERIT | STR | IF_THEN_ELSE | WITH | ASSERT
    )
}

/// The value of a binding called `imports`, if it is one and a list.
fn imports(binding: Node<'_>) -> Option<u32> {
    let mut children = binding.children();
    let name = children.next().filter(|name| name.kind() == SyntaxKind::ATTRPATH)?;
    let value = children.next().filter(|value| value.kind() == SyntaxKind::LIST)?;
    (name.text() == b"imports").then_some(value.index())
}

/// Whether a token is a comment that opens a region, or one that closes it.
fn region_mark(token: Token<'_>) -> Option<bool> {
    if token.kind() != SyntaxKind::COMMENT {
        return None;
    }
    let word = token.text().trim_ascii_start().strip_prefix(b"#")?.trim_ascii_start();
    let is = |mark: &[u8]| word.strip_prefix(mark).is_some_and(|rest| rest.first().is_none_or(|c| !c.is_ascii_alphanumeric()));
    match () {
        () if is(b"region") => Some(true),
        () if is(b"endregion") => Some(false),
        () => None,
    }
}

/// A block comment folds by itself; line comments fold with those on the lines below.
fn comment(token: Token<'_>, run: &mut Option<(TextRange, bool)>, folds: &mut Vec<FoldingRange>) {
    match token.kind() {
        SyntaxKind::BLOCK_COMMENT if token.text().contains(&b'\n') => {
            folds.push(FoldingRange { range: token.range(), kind: FoldKind::Comment });
            *run = None;
        }
        SyntaxKind::COMMENT if !ends_line(token) => {
            // The run goes on if only a line end lies between; its fold is pushed once and grows.
            match run {
                Some((range, pushed)) => {
                    *range = range.cover(token.range());
                    if *pushed {
                        if let Some(fold) = folds.iter_mut().rev().find(|f| f.kind == FoldKind::Comment) {
                            fold.range = *range;
                        }
                    } else {
                        folds.push(FoldingRange { range: *range, kind: FoldKind::Comment });
                        *pushed = true;
                    }
                }
                None => *run = Some((token.range(), false)),
            }
        }
        SyntaxKind::WHITESPACE if token.text().iter().filter(|&&byte| byte == b'\n').count() <= 1 => {}
        _ => *run = None,
    }
}

/// The ranges around a cursor, innermost first, each strictly larger than the one before.
///
/// # Errors
/// Cancelled.
pub fn selection_ranges(snapshot: &Snapshot, path: &Path, offset: TextSize) -> Cancellable<Vec<TextRange>> {
    let Some(tree) = snapshot.flat_tree(path)? else { return Ok(Vec::new()) };
    let mut ranges: Vec<TextRange> = Vec::new();
    if let Some(token) = touching_token(&tree, offset) {
        ranges.push(token.range());
        for node in token.ancestors() {
            if ranges.last().is_none_or(|last| *last != node.range()) {
                ranges.push(node.range());
            }
        }
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn check_folds(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let folds = folding_ranges(&fixture.snapshot, &fixture.path).unwrap();
        let shown: Vec<String> = folds.iter().map(|f| format!("{:?} {:?}\n", f.kind, &fixture.text[f.range])).collect();
        expected.assert_eq(&shown.concat());
    }

    #[test]
    fn regions_and_comments() {
        check_folds(
            "# a\n# b\n\n# c\n{ x = [\n1\n]; y = {}; /* d\n e */ }\n",
            expect![[r##"
            Comment "# a\n# b"
            Code "{ x = [\n1\n]; y = {}; /* d\n e */ }"
            Code "[\n1\n]"
            Comment "/* d\n e */"
        "##]],
        );
    }

    #[test]
    fn marks_imports_and_inherits() {
        check_folds(
            "# region one\n# about\n# it\n{\n  imports = [\n  ];\n  # region two\n  inherit (x)\n    y;\n  # endregion\n  # endregion x\n}\n# endregion\n# regional\n",
            expect![[r##"
                Region "# region one\n# about\n# it\n{\n  imports = [\n  ];\n  # region two\n  inherit (x)\n    y;\n  # endregion\n  # endregion x"
                Comment "# about\n# it"
                Code "{\n  imports = [\n  ];\n  # region two\n  inherit (x)\n    y;\n  # endregion\n  # endregion x\n}"
                Imports "[\n  ]"
                Region "# region two\n  inherit (x)\n    y;\n  # endregion"
                Code "inherit (x)\n    y;"
            "##]],
        );
    }

    #[test]
    fn selection_grows() {
        let fixture = Fixture::new("{ a = f (b.c$0 + 1); }");
        let ranges = selection_ranges(&fixture.snapshot, &fixture.path, fixture.offset()).unwrap();
        let shown: Vec<&str> = ranges.iter().map(|&r| &fixture.text[r]).collect();
        expect![[r#"
            c
            b.c
            b.c + 1
            (b.c + 1)
            f (b.c + 1)
            a = f (b.c + 1);
            { a = f (b.c + 1); }"#]]
        .assert_eq(&shown.join("\n"));
    }
}
