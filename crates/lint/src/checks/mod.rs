//! What is wrong or doubtful in one text. Each subject is a file; a check that cannot be certain says nothing.
//!
//! Checks of syntax are rows of [`BY_KIND`]: one pass over the tree calls them. Those of names go over the scopes.

mod builtins;
mod context;
pub(crate) mod edits;
mod errors;
mod inherits;
mod lets;
mod literals;
mod logic;
mod merges;
mod or;
mod parens;
mod patterns;
mod repairs;
mod suggest;
mod unused;
mod withs;

use nival_hir::{Diagnostic, Lowered};
use nival_syntax::SyntaxKind::{self, *};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{TextRange, TreeNode};

pub(crate) use self::context::Context;
use crate::pragmas::Pragmas;

type Check = for<'t> fn(&mut Context<'t>, Node<'t>);

/// What looks at nodes of a kind. Only texts that the parser takes are looked at: in others a part may be missing anywhere.
const BY_KIND: &[(SyntaxKind, &[Check])] = &[
    (LITERAL, &[literals::url, literals::float]),
    (PAREN, &[parens::redundant]),
    (LEGACY_LET, &[lets::legacy]),
    (LET_IN, &[lets::empty, lets::collapsible, inherits::in_entries, unused::note_entries]),
    (ATTR_SET, &[inherits::in_entries, inherits::repeated_keys, merges::recursive]),
    (INHERIT, &[inherits::empty]),
    (NAME, &[or::attribute]),
    (NAME_REF, &[or::variable]),
    (SELECT, &[builtins::selection]),
    (BINARY_OP, &[logic::comparison, logic::concatenation]),
    (UNARY_OP, &[logic::negation]),
    (IF_THEN_ELSE, &[logic::has_attr]),
    (LAMBDA, &[patterns::eta]),
    (PATTERN_PARAM, &[patterns::empty]),
];

/// [`BY_KIND`] by the number of the kind.
const TABLE: [&[Check]; 256] = {
    let mut table: [&[Check]; 256] = [&[]; 256];
    let mut row = 0;
    while row < BY_KIND.len() {
        table[BY_KIND[row].0 as usize] = BY_KIND[row].1;
        row += 1;
    }
    table
};

/// Every diagnostic of a text that no pragma tells to ignore, by the order of their ranges. `lowered` must come from `tree`.
pub fn diagnose(tree: &FlatTree, lowered: &Lowered) -> Vec<Diagnostic> {
    diagnose_interruptibly(tree, lowered, &|| ())
}

/// As [`diagnose`]. `check` is called again and again, and may end the work by unwinding: while a big text is looked at, its next edit
/// waits.
pub fn diagnose_interruptibly(tree: &FlatTree, lowered: &Lowered, check: &dyn Fn()) -> Vec<Diagnostic> {
    check();
    let mut context = Context::new(tree, lowered);
    errors::check(&mut context);
    // What the parser had to skip may have been a use.
    if tree.errors().is_empty() {
        by_kind(&mut context, check);
        builtins::hidden(&mut context);
        check();
        unused::check(&mut context);
        check();
        withs::shadowed(&mut context);
    }
    check();
    let mut found = context.found;
    let pragmas = Pragmas::of(tree);
    pragmas.apply(tree, &mut found);
    found.sort_by_key(|diagnostic| (diagnostic.range.start(), diagnostic.range.end(), diagnostic.severity));
    found
}

/// So many nodes are looked at between two questions whether to go on.
const NODES_AT_ONCE: u32 = 2048;

fn by_kind(context: &mut Context<'_>, check: &dyn Fn()) {
    let tree = context.tree;
    for node in nodes(tree) {
        if node.index().is_multiple_of(NODES_AT_ONCE) {
            check();
        }
        while context.around.last().is_some_and(|outer| outer.subtree_end() <= node.index()) {
            context.around.pop();
        }
        for look in TABLE[node.kind() as usize] {
            look(context, node);
        }
        if node.subtree_end() > node.index() + 1 {
            context.around.push(node);
        }
    }
    context.around.clear();
}

/// All nodes, in preorder.
fn nodes(tree: &FlatTree) -> impl Iterator<Item = Node<'_>> {
    (0..tree.len() as u32).filter_map(|index| tree.node(index))
}

/// `rec` of a set. It comes first: looking for it would go over the whole set where there is none.
fn rec_keyword(node: Node<'_>) -> Option<TextRange> {
    node.tree().token(node.token_range().start).filter(|token| token.kind() == REC_KW).map(|token| token.range())
}

/// The range of the first direct token of this kind.
fn token_range(node: Node<'_>, kind: SyntaxKind) -> Option<TextRange> {
    TreeNode::token(&node, kind).map(|token| token.range())
}
