//! The commands: one file each, and the table of them.

pub mod build;
pub mod eval;
pub mod links;
pub mod log;
pub mod lsp;
pub mod nix_build;
pub mod nix_instantiate;
pub mod repl;
pub mod store_info;
pub mod store_verify;

use std::ffi::OsString;

use crate::error::Failure;

/// A command of the command line.
pub struct Command {
    /// `eval`, `store info`, `nix-build`.
    pub name: &'static str,
    pub summary: &'static str,
    /// What follows the name in the usage line.
    pub usage: &'static str,
    pub run: fn(Vec<OsString>) -> Result<Ended, Failure>,
    /// The flags, for `--help`.
    pub flags: fn() -> String,
}

/// How a command ended, if not with a failure.
pub enum Ended {
    Code(u8),
    /// `--help` was given.
    Help,
    /// `--version` was given.
    Version,
}

impl Command {
    /// Runs the command; the exit code.
    pub fn main(&self, shown_as: &str, args: Vec<OsString>) -> Result<u8, Failure> {
        match (self.run)(args)? {
            Ended::Code(code) => Ok(code),
            Ended::Help => {
                print!("{}\n\nUsage: {shown_as} {}\n\nOptions:\n{}", self.summary, self.usage, (self.flags)());
                Ok(0)
            }
            Ended::Version => {
                println!("{shown_as} (Nix) {}", env!("CARGO_PKG_VERSION"));
                Ok(0)
            }
        }
    }
}

/// What `nival COMMAND` accepts.
pub const ALL: &[&Command] =
    &[&build::COMMAND, &eval::COMMAND, &log::COMMAND, &lsp::COMMAND, &repl::COMMAND, &store_info::COMMAND, &store_verify::COMMAND];

/// The text of `nival --help`.
pub fn overview() -> String {
    let mut text = String::from("nival: the Nix engine for editors\n\nUsage: nival COMMAND …\n\nCommands:\n");
    for command in ALL {
        text += &format!("  {:<14} {}\n", command.name, command.summary);
    }
    text + "\n`nival COMMAND --help` explains a command. Called as nixrepl, nix-instantiate or nix-build it is that program.\n"
}
