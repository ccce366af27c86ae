//! The workspace: one database, one evaluator, one store and one builder behind a single writer.
//!
//! Every face (editor, REPL, command line) talks to this crate: it applies edits, hands out [`Snapshot`]s, evaluates
//! ([`EvalSession`]), builds, inspects store paths and renders errors. A second way to evaluate, build or resolve a name
//! is a defect.
//!
//! # Where to start reading
//! [`engine`] (who owns what, and the order of writes) → [`world`] (what an evaluation sees, and when its results are
//! dropped) → [`world::host`] (the evaluator's only door) → [`session`]; [`settings`] is `nix.conf`.
//!
//! # Architecture invariants
//! - One writer: only [`Engine::apply`] changes anything a reader can see. It cancels running queries and bumps the
//!   [`Revision`]; a snapshot of an older revision answers [`Cancelled`] from then on.
//! - A snapshot holds no database handle while it is idle or while it evaluates, so a writer never waits for an evaluation.
//! - Evaluation sees unsaved buffers, and nothing evaluated from a text is shown once that text has changed. What an edit does
//!   not touch is not evaluated again ([`world`]).
//! - Evaluation runs on this crate's own big-stack threads, under a [`Control`]; a panic there ends in a [`Report`].
//! - Without trust: pure evaluation, no builds, no import from derivation, bounded time and memory.
//! - No LSP type, no JSON and no terminal: results are plain data, and [`render`] is the one place that makes text of errors.

pub mod build;
pub mod cancel;
pub mod change;
pub mod code_cache;
pub mod config;
mod db;
pub mod discover;
pub mod engine;
pub mod input;
pub mod inspect;
pub mod place;
pub mod project;
pub mod render;
pub mod report;
mod said;
pub mod session;
pub mod settings;
mod surroundings;
mod threads;
pub mod watching;
pub mod world;

pub use build::{BuildOutcome, BuildProgress, BuildRequest, BuiltOutput, NoProgress};
pub use cancel::{CancelToken, Cancellable, Cancelled, Control};
pub use change::Change;
pub use config::{Budget, EngineConfig, EvaluationSettings, SearchPathEntry, StoreSettings, Trust, host_system};
pub use engine::{Engine, Glance, Revision, Snapshot};
pub use input::Input;
pub use inspect::{PathDetails, StoreInfo};
pub use nival_eval::builtins::NIX_VERSION;
pub use nival_eval::{give_back_freed_memory, give_back_large_memory, is_collecting, keep_freed_memory};
pub use nival_flake::{FlakeRef, LockFlags, parse_reference as parse_flake_reference};
pub use nival_lint::{Level, LintSettings};
pub use place::{FilePosition, FileRange, Location, Origin};
pub use project::{IndexWatch, Project};
pub use render::{RenderOptions, displayable, render};
pub use report::{Frame, Report, ReportKind};
pub use session::{
    AttrItem, AutoArgs, Completions, DerivationInfo, EvalSession, EvalValue, FileValue, FlakeLookup, PrintOptions, ValueKind, suggestion,
};
pub use settings::{SettingError, Settings};
pub use world::Work;
pub use world::host::TraceKind;
pub use world::reads::ReadSet;
