//! The workspace index: what every file of the workspace defines, which names it uses, which files it reaches and how.
//!
//! # Where to start reading
//! [`summary`] (what is kept of one file) → [`walk`] (which files there are) → [`build`](mod@build) (all of them, on two threads) →
//! [`index`] (the whole, with the edges back: who reaches this file) → [`view`] (the same with unsaved buffers over it).
//!
//! # Architecture invariants
//! - A summary is a pure function of a tree and what it was lowered to. It keeps neither: of 18,000 files all texts, trees and
//!   modules are gone once their summaries are made, and no file that is only indexed becomes an input of the database.
//! - What the index says is about the disk; open files are laid over it where it is asked ([`view::View`]), so that an edit costs
//!   the index nothing.
//! - Nothing here is certain about values: a summary says what is written, `nival-ide` follows it.
//! - This crate evaluates nothing, knows no editor protocol, and reaches files through `System` alone.

pub mod build;
pub mod fuzzy;
mod ignored;
pub mod index;
pub mod kind;
pub mod modules;
mod query;
pub mod summary;
pub mod view;
pub mod walk;

pub use build::build;
pub use index::{Caller, Index};
pub use kind::FileKind;
pub use modules::{ModuleClass, modules};
pub use query::file_summary;
pub use summary::{Edge, FileSummary, Reach, Symbol, SymbolKind, summarise};
pub use view::View;

#[cfg(test)]
mod tests;
