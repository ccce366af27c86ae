//! Evaluates attributes of a file through the engine: `attr [--once] [--write STORE] FILE ATTR…`; prints `.drv` paths and times.
//!
//! For development; `nival eval` and `nix-instantiate` are the real thing.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use nival_engine::{AutoArgs, Control, Engine, EngineConfig, PrintOptions, Report, StoreSettings, host_system, render};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    let mut config = EngineConfig::command_line(host_system());
    config.once = args.next_if(|arg| arg == "--once").is_some();
    let write = args.next_if(|arg| arg == "--write").is_some();
    if write {
        config.store = StoreSettings { uri: args.next(), ..StoreSettings::default() };
    }
    let Some(file) = args.next() else { return ExitCode::from(2) };
    let file = std::env::current_dir().unwrap_or_default().join(PathBuf::from(file));
    let engine = Engine::new(config);
    let mut failed = false;
    for attr in args {
        let start = Instant::now();
        match show(&engine, &file, &attr, write) {
            Ok(text) => println!("{text}"),
            Err(report) => {
                eprint!("{}", render(&report, &|path| engine.snapshot().text(path), Default::default()));
                failed = true;
            }
        }
        eprintln!("{attr}: {:?}", start.elapsed());
    }
    ExitCode::from(u8::from(failed))
}

fn show(engine: &Engine, file: &std::path::Path, attr: &str, write: bool) -> Result<String, Report> {
    let session = engine.snapshot().session();
    let control = Control::unlimited();
    let value = session.eval_file(file, &control)?;
    let value = session.select(&value, attr, &AutoArgs::default(), &control)?;
    if write {
        return session.instantiate(&value, &control).map(|info| info.drv_path);
    }
    match session.derivation(&value, &control)? {
        Some(info) => Ok(info.drv_path),
        None => session.print(&value, &PrintOptions::eval(), &control),
    }
}
