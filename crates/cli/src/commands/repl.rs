//! `nixrepl` and `nival repl`: reads expressions, prints values.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use nival_repl::{Interrupt, Load, ReplConfig};

use crate::commands::{Command, Ended, Read, help, read};
use crate::context::{configured, current_folder, render_options};
use crate::error::Failure;
use crate::flags::{Flag, flag};
use crate::options::{ArgSource, Common, HasCommon, eval_flags, flake_flags};
use crate::progress::StderrProgress;

pub const COMMAND: Command = Command {
    name: "repl",
    summary: "evaluate expressions as they are typed",
    usage: "[FILE | FLAKE]…",
    run,
    flags: || help(&[&own_flags(), &eval_flags(), &flake_flags()]),
};

#[derive(Default)]
struct Options {
    common: Common,
    loads: Vec<Load>,
}

impl HasCommon for Options {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![
        flag("file", Some('f'), &["FILE"], "bring the attributes of FILE into scope", |o, v| {
            o.loads.push(Load::Path(PathBuf::from(&v[0])));
            Ok(())
        }),
        flag("expr", None, &["EXPR"], "bring the attributes of EXPR into scope", |o, v| {
            o.loads.push(Load::Expr(v[0].clone()));
            Ok(())
        }),
    ]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let (mut options, positional) = match read::<Options>(args, &[&own_flags(), &eval_flags(), &flake_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    options.loads.extend(positional.iter().map(|p| Load::parse(p)));
    let mut args = Vec::new();
    for (name, source) in &options.common.args {
        args.push(match source {
            ArgSource::Expr(text) => (name.clone(), text.clone(), true),
            ArgSource::Str(text) => (name.clone(), text.clone(), false),
            ArgSource::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| Failure::message(format!("reading file '{path}': {e}")))?;
                (name.clone(), text, false)
            }
            ArgSource::Stdin => {
                return Err(Failure::message("--arg-from-stdin cannot be used here: standard input holds the session's lines"));
            }
        });
    }
    let configured = configured(&options.common, false)?;
    let render = render_options(&configured.settings);
    let config = ReplConfig {
        engine: configured.engine,
        loads: options.loads,
        args,
        folder: current_folder()?,
        history: history_file(),
        color: render.color,
        show_trace: render.show_trace,
        interrupt: Interrupt::default(),
        install_interrupt: stop_on_signal,
        progress: Arc::new(StderrProgress { logs: true, prefix: true, quiet: options.common.verbosity < 0 }),
    };
    Ok(Ended::Code(u8::try_from(nival_repl::run(config)).unwrap_or(1)))
}

/// `$XDG_DATA_HOME/nival/repl-history`, by default below `~/.local/share`. Its folder is made here.
fn history_file() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").filter(|v| !v.is_empty()).map(PathBuf::from);
    let data = data.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")))?;
    let folder = data.join("nival");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        eprintln!("warning: no history is kept, because '{}' cannot be made: {error}", folder.display());
        return None;
    }
    Some(folder.join("repl-history"))
}

/// Ctrl-C stops the running line; where none runs the process ends, as it does when its input is a pipe.
fn stop_on_signal(interrupt: Interrupt) {
    let installed = ctrlc::set_handler(move || {
        if !interrupt.trigger() {
            std::process::exit(130);
        }
    });
    if let Err(error) = installed {
        eprintln!("warning: Ctrl-C will end the session: {error}");
    }
}
