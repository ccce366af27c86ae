//! The commands: one file each, and the table of them.

pub mod build;
pub mod eval;
pub mod fmt;
pub mod links;
pub mod lint;
pub mod log;
pub mod lsp;
pub mod nix_build;
pub mod nix_instantiate;
pub mod repl;
pub mod stats;
pub mod store_info;
pub mod store_verify;
mod write_to;

use std::ffi::OsString;
use std::io::Write as _;

use nival_engine::NIX_VERSION;

use crate::error::Failure;
use crate::flags::{self, Flag};
use crate::options::{HasCommon, common_flags, setting_flags};

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

/// A command line, read: what the command has to do, or that it was only asked about itself.
pub enum Read<T> {
    Run(T, Vec<String>),
    Ended(Ended),
}

/// Reads a command line by a command's own tables, the flags of every command and those of the settings.
pub fn read<T: HasCommon + Default>(args: Vec<OsString>, tables: &[&[Flag<T>]]) -> Result<Read<T>, Failure> {
    let (common, settings) = (common_flags(), setting_flags());
    let tables: Vec<&[Flag<T>]> = tables.iter().copied().chain([&common[..], &settings[..]]).collect();
    let mut options = T::default();
    let rest = flags::parse(args, &tables, &mut options)?;
    Ok(match (rest.help, rest.version) {
        (true, _) => Read::Ended(Ended::Help),
        (_, true) => Read::Ended(Ended::Version),
        _ => Read::Run(options, rest.positional),
    })
}

/// The "Options" part of `--help`.
pub fn help<T: HasCommon>(tables: &[&[Flag<T>]]) -> String {
    let common = common_flags();
    let tables: Vec<&[Flag<T>]> = tables.iter().copied().chain([&common[..]]).collect();
    flags::help(&tables) + "\nEvery setting of nix.conf is a flag too: --NAME VALUE, --NAME, --no-NAME, --extra-NAME VALUE.\n"
}

impl Command {
    /// Runs the command; the exit code.
    pub fn main(&self, shown_as: &str, args: Vec<OsString>) -> Result<u8, Failure> {
        let ended = (self.run)(args)?;
        // Not before: the language server writes from a thread of its own.
        let mut out = std::io::stdout().lock();
        match ended {
            Ended::Code(code) => return Ok(code),
            Ended::Help => write!(out, "{}\n\nUsage: {shown_as} {}\n\nOptions:\n{}", self.summary, self.usage, (self.flags)())?,
            Ended::Version => writeln!(out, "{}", version(shown_as))?,
        }
        out.flush()?;
        Ok(0)
    }
}

/// What `--version` says. Scripts that call a program of Nix read the version of Nix that it behaves like.
pub fn version(program: &str) -> String {
    let program = program.split(' ').next().unwrap_or(program);
    match program {
        "nixfmt" => format!("nixfmt {} (nival {})", fmt::NIXFMT_VERSION, env!("CARGO_PKG_VERSION")),
        "nival" | "nixrepl" => format!("{program} {} (Nix {NIX_VERSION})", env!("CARGO_PKG_VERSION")),
        _ => format!("{program} (Nix) {NIX_VERSION}"),
    }
}

/// What `nival COMMAND` accepts.
pub const ALL: &[&Command] = &[
    &build::COMMAND,
    &eval::COMMAND,
    &fmt::COMMAND,
    &lint::COMMAND,
    &log::COMMAND,
    &lsp::COMMAND,
    &repl::COMMAND,
    &stats::COMMAND,
    &store_info::COMMAND,
    &store_verify::COMMAND,
];

/// The text of `nival --help`.
pub fn overview(program: &str) -> String {
    let mut text = format!("nival: the Nix engine for editors\n\nUsage: {program} COMMAND …\n\nCommands:\n");
    for command in ALL {
        text += &format!("  {:<14} {}\n", command.name, command.summary);
    }
    text + &format!(
        "\n`{program} COMMAND --help` explains a command. Called as nix, nixfmt, nixrepl, nix-instantiate or nix-build it is that program.\n"
    )
}
