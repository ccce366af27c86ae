//! The evaluator: values, heap, forcing, builtins, evaluation errors.
//!
//! Architecture invariants:
//! - No disk, clock, environment, store or network except through [`Host`], and [`KeptCode`] for lowered code of other processes.
//! - A [`Value`] is one word, `Copy + Send + Sync`, and lives as long as the [`Evaluator`] that made it.
//! - Forcing the same thunk from several threads gives every one the same result, computed once.
//! - Evaluation on several threads ([`Evaluator::enter_team`]) says what it says on one: `ahead.rs`. What speaks or acts
//!   outside asks [`Ctx::in_order`] first.
//! - A result that may have to be evaluated again ([`track`]) is stored in its thunk only.
//! - No input (file, depth of recursion, size of a list) crashes the process: it ends in an [`EvalError`].
//! - References into a module lie on a stack or in a `ScratchVec` while something is evaluated: its code may be put aside (`held.rs`).
//! - `unsafe` lives in `heap/`, `value/`, and where code is held (`held.rs`, `linked.rs`).
//!
//! It knows no salsa, no store database, no terminal.
//!
//! Start reading at [`value`], then `ctx.rs` (what builtins and callers use) and `interp/`; for threads at
//! `forcing.rs` (the protocol, checked by `tests/forcing_model.rs`) and `ahead.rs`.
//!
//! # Writing a builtin
//! ```ignore
//! fn head(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
//!     let list = ctx.expect_list(args[0], || "while evaluating the first argument passed to 'builtins.head'".into())?;
//!     match list.get(0) {
//!         Some(first) => ctx.force(first),
//!         None => Err(EvalError::other("'builtins.head' called on an empty list")),
//!     }
//! }
//! ```

mod ahead;
mod bounds;
pub mod builtin;
pub mod builtins;
mod code;
mod collect;
mod corepkgs;
mod ctx;
pub mod error;
mod evaluator;
mod expect;
mod forcing;
pub mod heap;
mod held;
pub mod host;
mod import;
mod interp;
mod linked;
mod lints;
mod locate;
pub mod ops;
mod pace;
mod parsed;
pub mod print;
mod probe;
mod reading;
mod search;
mod source;
mod steps;
pub mod testing;
/// What the forcing protocol is built on.
mod sync {
    pub use std::sync::atomic::Ordering;
    pub use std::sync::{Condvar, Mutex, MutexGuard};
}
mod thunk;
pub mod track;
pub mod value;
pub mod watch;

pub use ahead::{Ahead, Offer};
pub use bounds::Bounds;
pub use builtin::{Builtin, BuiltinFn, BuiltinTable};
pub use code::{CodeCache, KeptCode};
pub use collect::{Collect, is_collecting};
pub use ctx::{Budget, Ctx, What};
pub use error::{Cycle, ErrorContext, ErrorKind, EvalError, FrameKind, Pos, Result, edit_distance};
pub use evaluator::{Assistance, Evaluator, Options, Statistics};
pub use heap::{Root, give_back_freed_memory, give_back_large_memory, keep_freed_memory, share_memory_between_threads};
pub use held::CodeLost;
pub use host::{Aside, FileType, Host, HostError, HostResult};
pub use lints::{LintLevel, LiteralLints};
pub use locate::SourceLocation;
pub use ops::coerce::CoerceOptions;
pub use probe::{FormalInfo, Formals, Probe};
pub use search::Written;
pub use track::{Edit, TrackStatistics};
pub use value::{Attr, Attrs, AttrsBuilder, BuiltinId, Closure, Context, ContextElement, List, Path, Str, Value, View};
