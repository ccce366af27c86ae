//! From the name the program is called by to the command that runs.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::commands::{self, Command};
use crate::error::Failure;

/// The older commands: a program name each.
const PERSONALITIES: &[(&str, &Command)] = &[
    ("nixrepl", &commands::repl::COMMAND),
    ("nix-instantiate", &commands::nix_instantiate::COMMAND),
    ("nix-build", &commands::nix_build::COMMAND),
];

/// Runs the program. `name` overrides the name it was called by.
pub fn main(name: Option<&str>) -> ExitCode {
    let mut args = std::env::args_os();
    let called = args.next().unwrap_or_else(|| "nival".into());
    let called = name.map_or_else(|| Path::new(&called).file_name().unwrap_or_default().to_string_lossy().into_owned(), str::to_string);
    let args: Vec<OsString> = args.collect();
    let (program, outcome) = match PERSONALITIES.iter().find(|(n, _)| *n == called) {
        Some((name, command)) => (*name, command.main(name, args)),
        None => ("nival", subcommand(args)),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => ExitCode::from(failure.tell(program)),
    }
}

fn subcommand(args: Vec<OsString>) -> Result<u8, Failure> {
    let mut words: Vec<OsString> = args;
    let first = words.first().map(|w| w.to_string_lossy().into_owned());
    match first.as_deref() {
        None | Some("--help" | "-h" | "help") => {
            print!("{}", commands::overview());
            Ok(0)
        }
        Some("--version") => {
            println!("nival (Nix) {}", env!("CARGO_PKG_VERSION"));
            Ok(0)
        }
        Some(name) => {
            let two = words.get(1).map(|w| format!("{name} {}", w.to_string_lossy()));
            let found =
                commands::ALL.iter().find(|c| Some(c.name) == two.as_deref()).or_else(|| commands::ALL.iter().find(|c| c.name == name));
            let Some(command) = found else {
                return Err(Failure::unknown_command(name, commands::ALL.iter().map(|c| c.name)));
            };
            words.drain(..command.name.split(' ').count());
            command.main(&format!("nival {}", command.name), words)
        }
    }
}
