//! The syntax of Nix: lexer, grammar, lossless tree, typed tree, edits.
//!
//! Text goes in, a tree and errors come out. [`flat::parse`] gives the tree as arrays, for lowering and evaluation;
//! [`parse`] gives it as a rowan tree, for editors. Both come from the same parser and hold the same nodes. The typed tree
//! ([`ast`]) works over either.
//!
//! # Architecture invariants
//! - Any bytes give a tree, and its tokens, one after the other, are the same bytes.
//! - A text has an error exactly where Nix's parser refuses it, save for what needs names: duplicate attributes and
//!   arguments, and undefined variables, are for `nival-hir`.
//! - No tree is deeper than about [`MAX_DEPTH`], so that recursion over one fits an ordinary stack of 2 MiB.
//! - Time is linear in the length of the text, whatever the text.
//! - Nodes cover a token at least, the root aside, and start and end with tokens that are not trivia.
//! - This crate knows no files and no database. rowan's types stay here: others see them as [`SyntaxNode`] and friends.
//!
//! # Where to start
//! `nix.ungram` is the shape of the tree; [`lexer`], `grammar/` and `parser.rs` build it; `ast/` reads it;
//! [`flat::reparse`] keeps it up to date. `tests/trees` shows every construct as it is parsed, and what recovery leaves of
//! broken ones.
//!
//! # Speed
//! Over the 18,383 files (47 MB) of nixpkgs 20.09 on one core: tokens 600 MB/s, [`FlatTree`] 280 MB/s, rowan tree 40 MB/s
//! (it allocates and hashes each token and node). The example `parse_tree` measures it.

pub mod ast;
mod difference;
mod earliest;
mod edit;
mod error;
pub mod flat;
mod grammar;
mod kind;
pub mod lexer;
mod line_index;
pub mod literal;
pub mod name;
mod navigate;
mod origin;
mod parents;
mod parse;
mod parser;
mod reparse;
mod rowan_tree;
mod steps;
pub mod tree;

pub use difference::{Difference, Neighbours};
pub use edit::TextEdit;
pub use error::{SyntaxError, SyntaxErrorKind};
pub use flat::FlatTree;
pub use kind::SyntaxKind;
pub use line_index::{ColumnEncoding, LineCol, LineIndex};
pub use name::Name;
pub use parse::{Parse, parse};
pub use parser::{MAX_DEPTH, MAX_ERRORS};
pub use rowan::{TextRange, TextSize};
pub use rowan_tree::{NixLanguage, SyntaxElement, SyntaxNode, SyntaxToken};
pub use steps::steps_between;
pub use tree::{Element, TreeNode, TreeToken};
