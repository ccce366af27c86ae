//! [`Parse`]: the lossless tree of a text and its errors, for editors.

use rowan::{GreenNode, GreenNodeBuilder};

use crate::flat::FlatTree;
use crate::{SyntaxError, SyntaxKind, SyntaxNode};

/// A parsed text. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parse {
    green: GreenNode,
    errors: std::sync::Arc<[SyntaxError]>,
}

/// Parses a text into the lossless tree. The same nodes, tokens and errors as [`crate::flat::parse`] gives.
pub fn parse(text: &str) -> Parse {
    Parse::from_flat(&crate::flat::parse(text.as_bytes()))
}

impl Parse {
    pub(crate) fn new(green: GreenNode, errors: Vec<SyntaxError>) -> Parse {
        Parse { green, errors: errors.into() }
    }

    pub fn syntax(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    pub fn green(&self) -> &GreenNode {
        &self.green
    }

    /// The root of the typed tree.
    pub fn tree(&self) -> crate::ast::SourceFile<SyntaxNode> {
        crate::ast::SourceFile { syntax: self.syntax() }
    }

    /// The tree of a flat one. Bytes that are not UTF-8 become U+FFFD.
    pub fn from_flat(tree: &FlatTree) -> Parse {
        Parse::new(green(tree), tree.errors().to_vec())
    }
}

fn green(tree: &FlatTree) -> GreenNode {
    let mut builder = GreenNodeBuilder::new();
    let mut token = 0;
    // The last tokens of the nodes that are open.
    let mut open: Vec<u32> = Vec::new();
    for node in &tree.nodes {
        while let Some(&end) = open.last()
            && end <= node.first_token
            && open.len() > 1
        {
            tokens(&mut builder, tree, &mut token, end);
            builder.finish_node();
            open.pop();
        }
        tokens(&mut builder, tree, &mut token, node.first_token);
        builder.start_node(node.kind.into());
        open.push(node.end_token);
    }
    while let Some(end) = open.pop() {
        tokens(&mut builder, tree, &mut token, end);
        builder.finish_node();
    }
    builder.finish()
}

fn tokens(builder: &mut GreenNodeBuilder, tree: &FlatTree, from: &mut u32, to: u32) {
    while *from < to {
        if let Some(token) = tree.token(*from) {
            builder.token(SyntaxKind::into(token.kind()), &String::from_utf8_lossy(token.text()));
        }
        *from += 1;
    }
}
