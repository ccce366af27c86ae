//! The syntax of Nix: lexer, grammar, lossless tree, typed tree, edits.

pub mod ast;
mod edit;
mod error;
pub mod flat;
mod grammar;
mod kind;
pub mod lexer;
mod line_index;
mod name;
mod parse;
mod parser;
mod reparse;
mod rowan_tree;
pub mod tree;

pub use edit::TextEdit;
pub use error::{SyntaxError, SyntaxErrorKind};
pub use flat::FlatTree;
pub use kind::SyntaxKind;
pub use line_index::{ColumnEncoding, LineCol, LineIndex};
pub use name::Name;
pub use parse::{Parse, parse};
pub use parser::MAX_DEPTH;
pub use reparse::reparse;
pub use rowan::{TextRange, TextSize};
pub use rowan_tree::{NixLanguage, SyntaxElement, SyntaxNode, SyntaxToken};
pub use tree::{Element, TreeNode, TreeToken};
