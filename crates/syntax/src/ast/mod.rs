//! The typed tree: a view of nodes, generic over the tree they are in (see [`crate::tree`]).
//!
//! The types and their plain accessors are made from `nix.ungram`; what a node *means* (the value of a string, the
//! operator of a `BinaryOp`) is in the other files here. Every accessor gives an `Option`, because any part may be
//! missing in a text with errors.

mod generated;
mod literal;
mod names;
mod operator;
mod string;
mod support;

pub use generated::*;
pub use literal::LiteralValue;
pub(crate) use literal::{parse_float, parse_integer};
pub use operator::{BinaryOpKind, UnaryOpKind};
pub use string::{PathBase, StrPart};
pub use support::{AstChildren, AstNode};
