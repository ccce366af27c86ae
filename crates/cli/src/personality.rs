//! From the name the program is called by to the command that runs.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::commands::{self, Command};
use crate::error::Failure;
use crate::flags::{self, UsageError};
use crate::options::{Common, common_flags, setting_flags};

/// The older commands: a program name each.
const PERSONALITIES: &[(&str, &Command)] = &[
    ("nixrepl", &commands::repl::COMMAND),
    ("nixfmt", &commands::fmt::COMMAND),
    ("nix-instantiate", &commands::nix_instantiate::COMMAND),
    ("nix-build", &commands::nix_build::COMMAND),
];

/// Runs the program. `name` overrides the name it was called by.
pub fn main(name: Option<&str>) -> ExitCode {
    nival_engine::give_back_large_memory();
    let mut args = std::env::args_os();
    let called = args.next().unwrap_or_else(|| "nival".into());
    let called = name.map_or_else(|| Path::new(&called).file_name().unwrap_or_default().to_string_lossy().into_owned(), str::to_string);
    let args: Vec<OsString> = args.collect();
    let (program, outcome) = match PERSONALITIES.iter().find(|(n, _)| *n == called) {
        Some((name, command)) => (*name, command.main(name, args)),
        None if called == "nix" => ("nix", subcommand("nix", args)),
        None => ("nival", subcommand("nival", args)),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => ExitCode::from(failure.tell(program)),
    }
}

/// `PROGRAM [FLAG…] COMMAND …`; flags before the command are as if they stood behind it.
fn subcommand(program: &str, args: Vec<OsString>) -> Result<u8, Failure> {
    let leading = flags::leading(&args, &[&common_flags::<Common>(), &setting_flags::<Common>()]);
    let mut words = args.get(leading..).unwrap_or_default().to_vec();
    let leading = args.get(..leading).unwrap_or_default();
    let name = words.first().map(|w| w.to_string_lossy().into_owned());
    match name.as_deref() {
        None | Some("--help" | "-h" | "help") => {
            print_all(&commands::overview(program))?;
            Ok(0)
        }
        Some("--version") => {
            print_all(&format!("{}\n", commands::version(program)))?;
            Ok(0)
        }
        Some(flag) if flag.starts_with('-') => Err(UsageError::UnknownFlag(flag.to_owned()).into()),
        Some(name) => {
            let two = words.get(1).map(|w| format!("{name} {}", w.to_string_lossy()));
            // `nix fmt` is another command: it runs the formatter that a flake names.
            let known = || commands::ALL.iter().filter(|c| program != "nix" || c.name != commands::fmt::COMMAND.name);
            let found = known().find(|c| Some(c.name) == two.as_deref()).or_else(|| known().find(|c| c.name == name));
            let Some(command) = found else {
                return Err(Failure::unknown_command(name, commands::ALL.iter().map(|c| c.name)));
            };
            words.splice(..command.name.split(' ').count(), leading.iter().cloned());
            command.main(&format!("{program} {}", command.name), words)
        }
    }
}

fn print_all(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
