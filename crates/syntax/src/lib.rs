//! The syntax of Nix: lexer, grammar, lossless tree, typed tree, edits.

pub mod ast;
mod error;
pub mod flat;
mod kind;
mod name;
mod rowan_tree;
pub mod tree;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use flat::FlatTree;
pub use kind::SyntaxKind;
pub use name::Name;
pub use rowan::{TextRange, TextSize};
pub use rowan_tree::{NixLanguage, SyntaxElement, SyntaxNode, SyntaxToken};
pub use tree::{Element, TreeNode, TreeToken};
