//! Documentation: comments before definitions (RFC 145 and the older customs), and what builtins say of themselves.

use std::sync::OnceLock;

use nival_eval::Builtin;
use nival_syntax::ast::{AstNode, Binding};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{SyntaxKind, TextSize};
use rustc_hash::FxHashMap;

/// The builtin of a global or of an attribute of `builtins`: `map`, `__toString`.
pub(crate) fn builtin(name: &str) -> Option<&'static Builtin> {
    static TABLE: OnceLock<FxHashMap<&'static str, Builtin>> = OnceLock::new();
    let table = TABLE.get_or_init(|| nival_eval::builtins::table().functions.into_iter().map(|b| (b.name, b)).collect());
    table.get(name.trim_start_matches("__"))
}

/// `builtins.map f list`.
pub(crate) fn builtin_title(builtin: &Builtin) -> String {
    let mut title = format!("builtins.{}", builtin.name);
    for param in builtin.params {
        title.push(' ');
        title.push_str(param);
    }
    title
}

/// The documentation of what is defined at a place of a file: of the binding around it, of the function there.
pub(crate) fn doc_at(tree: &FlatTree, offset: TextSize) -> Option<String> {
    let token = tree.tokens_at(offset).last()?;
    let mut around = token.ancestors().into_iter();
    let mut node = around.next()?;
    // A function that is the value of a binding is documented there, or right before itself.
    loop {
        if let Some(doc) = doc_before(node) {
            return Some(doc);
        }
        if node.kind() == SyntaxKind::BINDING {
            return None;
        }
        let parent = around.next()?;
        let through = match parent.kind() {
            SyntaxKind::ATTRPATH
            | SyntaxKind::PAREN
            | SyntaxKind::LAMBDA
            | SyntaxKind::NAME
            | SyntaxKind::NAME_PARAM
            | SyntaxKind::PATTERN_PARAM => true,
            // Only as the value, not as a part of it.
            SyntaxKind::BINDING => true,
            _ => false,
        };
        if !through {
            return None;
        }
        node = parent;
    }
}

/// The documentation of a binding: before it, or between `=` and its value.
pub(crate) fn doc_of_binding(binding: &Binding<Node<'_>>) -> Option<String> {
    doc_before(*binding.syntax()).or_else(|| doc_before(*binding.value()?.syntax()))
}

/// The comment that ends right before a node, without its marks.
fn doc_before(node: Node<'_>) -> Option<String> {
    let mut token = node.token_before()?;
    let mut lines: Vec<String> = Vec::new();
    loop {
        let text = String::from_utf8_lossy(token.text());
        match token.kind() {
            // An empty line parts the comment from what follows.
            SyntaxKind::WHITESPACE if text.matches('\n').count() <= 1 => {}
            SyntaxKind::BLOCK_COMMENT if lines.is_empty() => return Some(block(&text)).filter(|doc| !doc.is_empty()),
            SyntaxKind::COMMENT if own_line(token) => {
                let text = text.trim_start_matches('#');
                lines.push(text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned());
            }
            _ => break,
        }
        match token.before() {
            Some(before) => token = before,
            None => break,
        }
    }
    lines.reverse();
    let doc = lines.join("\n").trim().to_owned();
    (!doc.is_empty()).then_some(doc)
}

/// A comment behind code on the same line belongs to that code.
fn own_line(token: Token<'_>) -> bool {
    match token.before() {
        None => true,
        Some(before) => before.kind() == SyntaxKind::WHITESPACE && (before.text().contains(&b'\n') || before.before().is_none()),
    }
}

/// The text of `/** … */` or `/* … */` with its common indentation taken off, as RFC 145 says.
fn block(comment: &str) -> String {
    let inner = comment.strip_prefix("/**").or_else(|| comment.strip_prefix("/*")).unwrap_or(comment);
    let inner = inner.strip_suffix("*/").unwrap_or(inner);
    let mut lines: Vec<&str> = inner.lines().collect();
    // The older custom of a star before each line.
    let starred = lines.len() > 1 && lines.iter().skip(1).all(|l| l.trim().is_empty() || l.trim_start().starts_with('*'));
    if starred {
        lines = lines.into_iter().enumerate().map(|(i, l)| if i == 0 { l } else { l.trim_start().trim_start_matches('*') }).collect();
    }
    let indent = lines.iter().skip(1).filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min().unwrap_or(0);
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        let line = if i == 0 { line.trim_start() } else { line.get(indent..).unwrap_or_default() };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(text: &str) -> String {
        let at = text.find('@').unwrap();
        let tree = nival_syntax::flat::parse(text.replace('@', "").as_bytes());
        doc_at(&tree, TextSize::new(at as u32)).unwrap_or_else(|| "-".to_owned())
    }

    #[test]
    fn comments_before_definitions() {
        assert_eq!(doc("{ /** Adds.\n\n    More.\n  */\n  @add = a: b: a + b; }"), "Adds.\n\nMore.");
        assert_eq!(doc("{ add = /** Adds. */ @a: b: a + b; }"), "Adds.");
        assert_eq!(doc("{\n  # One.\n  # Two.\n  @x = 1; }"), "One.\nTwo.");
        assert_eq!(doc("{ a = 1; # about a\n  @x = 1; }"), "-");
        assert_eq!(doc("{\n  # far\n\n  @x = 1; }"), "-");
        assert_eq!(doc("{ /* f */ f = x: (@y: y); }"), "f");
        assert_eq!(doc("{ /* f */ f = { g = @y: y; }; }"), "-");
    }

    #[test]
    fn every_builtin_says_what_it_does() {
        let map = builtin("__map").or_else(|| builtin("map")).unwrap();
        assert_eq!(builtin_title(map).split(' ').next(), Some("builtins.map"));
        for builtin in nival_eval::builtins::table().functions {
            assert!(!builtin.doc.is_empty(), "{} has no documentation", builtin.name);
        }
    }
}
