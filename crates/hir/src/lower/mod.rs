//! From the tree to a [`Module`](crate::Module).

use nival_syntax::flat::FlatTree;

use crate::{LowerOptions, Lowered};

/// Lowers a text. Pure; any text gives a module. A module with errors is not fit for evaluation.
pub fn lower(tree: &FlatTree, options: &LowerOptions) -> Lowered {
    todo!("{} {}", tree.len(), options.scope.len())
}
