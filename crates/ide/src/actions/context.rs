//! [`Context`]: what an action sees of the place it is asked about.

use nival_engine::Snapshot;
use nival_syntax::ast::{AstNode, Expr};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{TextRange, TextSize};

use super::ActionQuery;
use super::names::Binders;
use crate::cursor::FileView;
use crate::tree::{slice, touching_token};

pub(crate) struct Context<'a> {
    pub snapshot: &'a Snapshot,
    pub query: &'a ActionQuery<'a>,
    pub view: &'a FileView,
    pub tree: &'a FlatTree,
    /// The selection without blanks at its ends; empty for a cursor.
    pub range: TextRange,
    /// The nodes around the selection, innermost first.
    pub around: Vec<Node<'a>>,
    pub(super) binders: Binders,
}

impl<'a> Context<'a> {
    pub fn new(snapshot: &'a Snapshot, query: &'a ActionQuery<'a>, view: &'a FileView) -> Self {
        let tree: &FlatTree = &view.tree;
        let range = without_blanks(&view.text, query.range);
        let around = if range.is_empty() {
            touching_token(tree, range.start()).map(Token::ancestors).unwrap_or_default()
        } else {
            tree.nodes_covering(range)
        };
        Context { snapshot, query, view, tree, range, around, binders: Binders::default() }
    }

    /// The token at the cursor, or at the start of the selection.
    pub fn token(&self) -> Option<Token<'a>> {
        touching_token(self.tree, self.range.start())
    }

    pub fn offset(&self) -> TextSize {
        self.range.start()
    }

    /// The innermost node of a type around the selection.
    pub fn node<A: AstNode<Node<'a>>>(&self) -> Option<A> {
        self.around.iter().find_map(|&node| A::cast(node))
    }

    /// The expression that is selected from end to end.
    pub fn selected(&self) -> Option<Expr<Node<'a>>> {
        if self.range.is_empty() {
            return None;
        }
        // Of several nodes of the same range the outermost is what counts for what stands around it.
        self.around.iter().take_while(|node| node.range() == self.range).filter_map(|&node| Expr::cast(node)).last()
    }

    pub fn text(&self, range: TextRange) -> &'a str {
        slice(&self.view.text, range)
    }

    /// Whether a comment lies in a range.
    pub fn has_comment(&self, range: TextRange) -> bool {
        let first = self.tree.tokens_at(range.start()).next().map_or(0, Token::index);
        let tokens = (first..).map_while(|index| self.tree.token(index)).take_while(|token| token.range().start() < range.end());
        tokens.into_iter().any(|token| token.kind().is_comment() && range.contains_range(token.range()))
    }

    pub fn text_of(&self, node: impl AstNode<Node<'a>>) -> &'a str {
        self.text(node.range())
    }
}

fn without_blanks(text: &str, range: TextRange) -> TextRange {
    let inside = slice(text, range);
    let trimmed = inside.trim_ascii();
    if trimmed.is_empty() {
        return TextRange::empty(range.start());
    }
    let start = range.start() + TextSize::of(&inside[..inside.len() - inside.trim_ascii_start().len()]);
    TextRange::at(start, TextSize::of(trimmed))
}
