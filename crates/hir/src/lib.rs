//! Lowering, scopes, name resolution of a text: what every reader of it needs to know without evaluating. Diagnostics are made of it in
//! `nival-lint`; here are only their types.
//!
//! Start reading at [`module`] (the intermediate form, which the evaluator runs), [`lower`] (the pure function that makes it) and
//! [`queries`] (the same by file, incrementally). [`lexical`] tells from the tree alone what one name means, for those who cannot wait
//! for the whole text to be lowered. [`serial`] writes modules as bytes, and reads them.
//!
//! Architecture invariants:
//! - lowering is a pure function of a text and [`LowerOptions`]; the salsa queries only wrap it, and what [`lower_again`] makes of a
//!   former result is equal to it, number by number;
//! - a [`module::Module`] holds no position, so that dependents are cut off where only layout changed; positions are in
//!   the [`SourceMap`] beside it;
//! - any text gives a module and errors; nothing here panics on a text;
//! - this crate never evaluates, reads no file but through `nival_source` inputs, and knows no editor protocol.

pub mod compare;
pub mod diagnostic;
pub mod globals;
pub mod import_paths;
pub mod lexical;
mod lower;
pub mod module;
pub mod outline;
pub mod portability;
pub mod print;
pub mod queries;
mod result;
pub mod scopes;
pub mod serial;
pub mod source_map;

pub mod validate;

pub use diagnostic::{Diagnostic, Severity};
pub use lower::parsed::{ParsedOptions, print_parsed};
pub use lower::{Buffers, compile, lower, lower_again, lower_for_edits, lower_interruptibly};
pub use module::Module;
pub use queries::{flat_tree, import_target, imports, line_index, lowered, symbols};
pub use result::{LowerError, LowerErrorKind, LowerOptions, Lowered, Pieces, quoted};
pub use scopes::Scopes;
pub use source_map::SourceMap;
pub use validate::validate;
