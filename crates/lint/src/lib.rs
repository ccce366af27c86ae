//! Diagnostics that the text of one file alone gives: what Nix refuses, what nobody uses, what can be written better, each with a
//! fix where one is safe.
//!
//! Start reading at [`rules`] (the table of all rules), [`checks`](diagnose) (what finds them) and [`queries`] (the same by file).
//!
//! # Architecture invariants
//! - Diagnostics are a pure function of a tree and what it was lowered to; settings only choose among them afterwards.
//! - Each check is one pass over the flat tree, the scopes or the module: time is linear in the text.
//! - A check that cannot be certain says nothing. `Error` means that Nix refuses the file.
//! - A safe fix keeps what the file evaluates to, its comments and its layout.
//! - This crate parses and resolves nothing by itself, knows no other file, and no editor protocol.

mod checks;
pub mod fix;
pub mod pragmas;
pub mod queries;
pub mod rules;
pub mod settings;

pub use checks::{diagnose, diagnose_interruptibly};
pub use nival_hir::diagnostic::{Diagnostic, Edit, Fix, Related, Rule, Severity, Tag};
pub use nival_syntax::{TextRange, TextSize};
pub use pragmas::Pragmas;
pub use queries::diagnostics;
pub use rules::rules;
pub use settings::{Level, LintSettings};

/// Every diagnostic of a text that is in no database: of a file that is looked at once.
pub fn check_text(text: &[u8]) -> Vec<Diagnostic> {
    let tree = nival_syntax::flat::parse(text);
    diagnose(&tree, &nival_hir::lower(&tree, &nival_hir::LowerOptions::default()))
}
