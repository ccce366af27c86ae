//! Syntax that Nix accepts and nobody should write.

use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, TextRange};

use super::{nodes, token_range, with_blanks_after};
use nival_hir::diagnostic::{Diagnostic, Edit, Severity, Tag, codes};

pub(super) fn check(tree: &FlatTree, found: &mut Vec<Diagnostic>) {
    for node in nodes(tree) {
        match node.kind() {
            SyntaxKind::LITERAL => url_literal(tree, node, found),
            SyntaxKind::LEGACY_LET => legacy_let(node, found),
            SyntaxKind::LET_IN => empty_let(tree, node, found),
            SyntaxKind::INHERIT => empty_inherit(tree, node, found),
            _ => {}
        }
    }
}

fn url_literal(tree: &FlatTree, node: Node<'_>, found: &mut Vec<Diagnostic>) {
    let token = tree.token(node.token_range().start);
    if token.is_some_and(|token| token.kind() == SyntaxKind::URI) {
        let range = node.range();
        let quote = |at| Edit { range: TextRange::empty(at), text: "\"".into() };
        found.push(
            Diagnostic::new(codes::URL_LITERAL, Severity::Information, range, "URL literals are deprecated; write a string")
                .tag(Tag::Deprecated)
                .fix("Put the URL in quotes", vec![quote(range.start()), quote(range.end())]),
        );
    }
}

fn legacy_let(node: Node<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(range) = token_range(node, SyntaxKind::LET_KW) {
        found.push(
            Diagnostic::new(codes::LEGACY_LET, Severity::Warning, range, "`let { … }` is deprecated; write `let … in body`")
                .tag(Tag::Deprecated),
        );
    }
}

fn empty_let(tree: &FlatTree, node: Node<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(start), Some(end)) = (token_range(node, SyntaxKind::LET_KW), token_range(node, SyntaxKind::IN_KW)) else { return };
    let is_empty = node.children().all(|child| child.range().start() >= end.end());
    if is_empty && tree.errors().is_empty() {
        let range = start.cover(end);
        let commented = comment_in(tree, node, range);
        let diagnostic = Diagnostic::new(codes::EMPTY_LET, Severity::Warning, range, "this `let` defines nothing").tag(Tag::Unnecessary);
        let edit = Edit { range: with_blanks_after(tree.text(), range), text: String::new() };
        found.push(if commented { diagnostic } else { diagnostic.fix("Remove the empty `let`", vec![edit]) });
    }
}

fn empty_inherit(tree: &FlatTree, node: Node<'_>, found: &mut Vec<Diagnostic>) {
    if !tree.errors().is_empty() || node.children().any(|child| child.kind() != SyntaxKind::INHERIT_FROM) {
        return;
    }
    let diagnostic =
        Diagnostic::new(codes::EMPTY_INHERIT, Severity::Warning, node.range(), "this `inherit` takes over nothing").tag(Tag::Unnecessary);
    let edit = Edit { range: super::with_blanks_before(tree.text(), node.range()), text: String::new() };
    let commented = comment_in(tree, node, node.range());
    found.push(if commented { diagnostic } else { diagnostic.fix("Remove the empty `inherit`", vec![edit]) });
}

/// Whether a comment would be lost with `range`, which lies in `node`.
pub(super) fn comment_in(tree: &FlatTree, node: Node<'_>, range: TextRange) -> bool {
    let tokens = node.token_range().filter_map(|index| tree.token(index));
    tokens
        .take_while(|token| token.range().start() < range.end())
        .any(|token| token.kind().is_comment() && range.contains_range(token.range()))
}
