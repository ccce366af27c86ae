//! `nixrepl`: a line in, a value out.
//!
//! # Where to start reading
//! [`repl`] (what a session holds and how a line is run) → [`commands`] (the table of `:commands`) → [`terminal`] and
//! [`pipe`] (where lines come from).
//!
//! # Architecture invariants
//! - Nothing is evaluated, parsed or completed here: lines go to the engine's `EvalSession`.
//! - The environment is not read here: folders and files are in [`ReplConfig`].
//! - A failing line, a cancelled one and a defect of the engine all leave the session as it was.

mod commands;
mod config;
mod pipe;
mod repl;
mod terminal;

pub use config::{Interrupt, Load, ReplConfig};
pub use repl::{Repl, Step};

use std::io::IsTerminal as _;

/// Runs a session on standard input and output until it ends; the exit code of the process.
///
/// On a terminal there is a prompt, history and completion, and the code is 0. Elsewhere lines are read as they come and
/// the code is 1 if one of them failed.
pub fn run(config: ReplConfig) -> i32 {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() { terminal::run(config) } else { pipe::run(config) }
}
