//! Editor features: functions of a [`Snapshot`] and a place in a file that return plain data. One file per feature.
//!
//! # Where to start reading
//! [`hover`] shows the whole way: tree → names → evaluated value. The static half of every feature needs the text only and
//! answers within a keystroke; the evaluated half takes a [`Control`] and says why when it declines.
//!
//! # Architecture invariants
//! - Results are paths, byte ranges and strings. No LSP type, no JSON, no terminal.
//! - Features read the snapshot only; nothing is kept between calls. Where the text has changed, a feature returns
//!   [`nival_engine::Cancelled`] instead of an answer about another text.
//! - A file that does not parse gets answers from the parts that do.
//! - Nothing is evaluated that the engine's trust does not allow.

pub mod actions;
pub mod call_hierarchy;
pub mod closed_files;
pub mod code_lens;
pub mod completion;
mod cursor;
pub mod definition;
pub mod diagnostics;
mod docs;
mod facts;
pub mod file_deletes;
pub mod file_renames;
#[cfg(test)]
mod fixture;
pub mod folding;
pub mod formatting;
pub mod highlight;
pub mod hover;
pub mod inlay_hints;
pub mod linked_editing;
pub mod links;
mod mistakes;
mod near;
pub mod option_diagnostics;
mod options;
mod parameters;
pub mod project_diagnostics;
pub mod reached;
pub mod references;
pub mod rename;
pub mod semantic_tokens;
pub mod shape_diagnostics;
pub mod signature;
pub mod source_change;
pub mod symbols;
mod tidy;
mod tree;
mod values;
mod warm;
pub mod workspace_symbols;

pub use actions::{
    ActionId, ActionKind, ActionQuery, CodeAction, Effect as ActionEffect, code_actions, code_actions_with_changes,
    resolve as resolve_action,
};
pub use call_hierarchy::{Call, CallItem, CallKind, call_item, incoming_calls, outgoing_calls};
pub use closed_files::{closed_file_diagnostics, closed_files, concerned_by, concerned_by_options, depends_on_files};
pub use code_lens::{DerivationLens, LensTarget, code_lenses};
pub use completion::{CompletionItem, CompletionKind, MAX_CANDIDATES, completion, completion_details};
pub use definition::{NavigationTarget, declaration, definition, implementation, type_definition};
pub use diagnostics::{
    Diagnostic, Fix, Related, Severity, Tag, TextEdit, background_diagnostics, diagnostics, evaluation_diagnostics, is_rule, page_of,
    severity_of_level,
};
pub use file_deletes::file_deletes;
pub use file_renames::file_renames;
pub use folding::{FoldKind, FoldingRange, folding_ranges, selection_ranges};
pub use formatting::{FormatError, FormatOptions, format_document, format_on_type, format_range, format_with, may_run_programs};
pub use highlight::{Highlight, highlights, keyword_pair};
pub use hover::{Hover, HoverValue, hover};
pub use inlay_hints::{HintDetails, HintKind, HintSettings, InlayHint, hint_details, inlay_hints};
pub use linked_editing::linked_editing;
pub use links::{Link, LinkTo, link_target, links};
pub use option_diagnostics::option_diagnostics;
pub use project_diagnostics::project_diagnostics;
pub use reached::{Reached, reached_by};
pub use references::references;
pub use rename::{RenameError, Renameable, prepare_rename, rename};
pub use semantic_tokens::{Modifiers, SemanticToken, TokenKind, Tokens, TokensBasis, semantic_tokens, semantic_tokens_after};
pub use shape_diagnostics::shape_diagnostics;
pub use signature::{SignatureHelp, SignatureParameter, signature_help};
pub use source_change::{FileOperation, SourceChange};
pub use symbols::{Symbol, SymbolKind, document_symbols};
pub use warm::warm;
pub use workspace_symbols::{WorkspaceSymbol, workspace_symbols};

pub use nival_engine::{Cancellable, Cancelled, Control, FilePosition, FileRange, Snapshot};
pub use nival_syntax::{TextRange, TextSize};
