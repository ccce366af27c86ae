//! What the generated accessors are made of.

use std::marker::PhantomData;

use rowan::TextRange;

use super::Expr;
use crate::SyntaxKind;
use crate::tree::{Element, TreeNode, TreeToken};

/// A typed node over a tree of type `N`.
pub trait AstNode<N: TreeNode>: Sized {
    fn can_cast(kind: SyntaxKind) -> bool;
    fn cast(syntax: N) -> Option<Self>;
    fn syntax(&self) -> &N;

    fn range(&self) -> TextRange {
        self.syntax().range()
    }
}

/// The first child that is an `A`; one that is not an `Error` where there is one.
pub(super) fn child<N: TreeNode, A: AstNode<N>>(node: &N) -> Option<A> {
    let mut first_error = None;
    for child in node.children() {
        if child.kind() == SyntaxKind::ERROR {
            first_error = first_error.or(Some(child));
        } else if let Some(found) = A::cast(child) {
            return Some(found);
        }
    }
    first_error.and_then(A::cast)
}

pub(super) fn children<N: TreeNode, A: AstNode<N>>(node: &N) -> AstChildren<N, A> {
    AstChildren { inner: node.children(), node: PhantomData }
}

/// The children of a node that are `A`s.
#[derive(Debug, Clone)]
pub struct AstChildren<N: TreeNode, A> {
    inner: N::Children,
    node: PhantomData<A>,
}

impl<N: TreeNode, A: AstNode<N>> Iterator for AstChildren<N, A> {
    type Item = A;

    #[inline]
    fn next(&mut self) -> Option<A> {
        self.inner.by_ref().find_map(A::cast)
    }
}

/// The child number `n`, not counting what the grammar had no place for.
pub(super) fn nth<N: TreeNode, A: AstNode<N>>(node: &N, n: usize) -> Option<A> {
    node.children().filter(|child| child.kind() != SyntaxKind::ERROR && A::can_cast(child.kind())).nth(n).and_then(A::cast)
}

/// The expression behind the first token `after` (or the start) and before the next token `before` (or the end).
pub(super) fn between<N: TreeNode>(node: &N, after: Option<SyntaxKind>, before: Option<SyntaxKind>) -> Option<Expr<N>> {
    let mut inside = after.is_none();
    for element in node.elements() {
        match element {
            Element::Token(token) if !inside => inside = Some(token.kind()) == after,
            Element::Token(token) if Some(token.kind()) == before => return None,
            Element::Node(child) if inside => {
                if let Some(expr) = Expr::cast(child) {
                    return Some(expr);
                }
            }
            _ => {}
        }
    }
    None
}
