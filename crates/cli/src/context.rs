//! From options, environment and the current folder to an engine and what commands need of it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use nival_engine::config::host_system;
use nival_engine::{
    AutoArgs, CancelToken, Control, Engine, EngineConfig, EvalSession, EvalValue, FlakeLookup, RenderOptions, Report, ReportKind,
    SearchPathEntry,
};

use crate::error::Failure;
use crate::options::{ArgSource, Common, Target};

/// An engine with one session, for a command that evaluates and ends.
pub struct Context {
    pub session: EvalSession,
    pub control: Control,
    pub args: AutoArgs,
    pub render: RenderOptions,
}

/// The engine's configuration from the options and the environment. `pure` is the command's default.
pub fn engine_config(common: &Common, pure: bool) -> Result<EngineConfig, Failure> {
    let mut config = EngineConfig::command_line(common.setting("system").map_or_else(host_system, str::to_string));
    config.pure = match (common.impure, common.setting("pure-eval")) {
        (Some(impure), _) => !impure,
        (None, Some(value)) => boolean("pure-eval", value)?,
        (None, None) => pure,
    };
    config.search_path = common.search_path.iter().map(|entry| SearchPathEntry::parse(entry)).collect();
    if let Some(path) = std::env::var_os("NIX_PATH") {
        config.search_path.extend(SearchPathEntry::parse_list(&path.to_string_lossy()));
    }
    config.roots = vec![current_folder()?];
    config.store.uri = common.store.clone();
    config.store.read_only = common.read_only;
    for (name, value) in &common.settings {
        match name.as_str() {
            "eval-cores" => config.eval_cores = number(name, value)?,
            "max-jobs" if value == "auto" => config.store.max_jobs = None,
            "max-jobs" => config.store.max_jobs = Some(number(name, value)?),
            "cores" => config.store.cores = Some(number(name, value)?),
            "keep-failed" => config.store.keep_failed = boolean(name, value)?,
            "keep-going" => config.store.keep_going = boolean(name, value)?,
            "sandbox" => config.store.no_sandbox = !boolean(name, value)?,
            _ => {}
        }
        config.options.insert(name.clone(), value.clone());
    }
    Ok(config)
}

fn boolean(name: &str, value: &str) -> Result<bool, Failure> {
    match value {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(Failure::message(format!("Boolean setting '{name}' has invalid value '{value}'"))),
    }
}

fn number(name: &str, value: &str) -> Result<usize, Failure> {
    value.parse().map_err(|_| Failure::message(format!("setting '{name}' has invalid value '{value}'")))
}

pub fn current_folder() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|e| Failure::message(format!("the current folder cannot be found: {e}")))
}

pub fn render_options(common: &Common) -> RenderOptions {
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("NO_COLOR").is_none();
    RenderOptions { color: common.color.unwrap_or(terminal), show_trace: common.show_trace }
}

impl Context {
    /// Also makes Ctrl-C and SIGTERM cancel the command's work.
    pub fn new(common: &Common, pure: bool) -> Result<Self, Failure> {
        let mut engine = Engine::new(EngineConfig { once: true, ..engine_config(common, pure)? });
        engine.set_trace_sink(|kind, message| eprintln!("{}: {message}", kind.label()));
        let mut session = engine.snapshot().session();
        session.set_base(&current_folder()?);
        let control = Control::unlimited();
        cancel_on_signal(control.cancel.clone());
        let mut context = Context { session, control, args: AutoArgs::default(), render: render_options(common) };
        context.args = context.auto_args(common)?;
        Ok(context)
    }

    fn auto_args(&self, common: &Common) -> Result<AutoArgs, Failure> {
        let mut args = AutoArgs::default();
        for (name, source) in &common.args {
            let value = match source {
                ArgSource::Expr(text) => self.session.lazy_text("«string»", text, &self.control)?,
                ArgSource::Str(text) => self.session.string(text, &self.control)?,
                ArgSource::File(path) => self.session.string(&read_text(Path::new(path))?, &self.control)?,
                ArgSource::Stdin => self.session.string(&read_stdin()?, &self.control)?,
            };
            args.0.insert(name.clone(), value);
        }
        Ok(args)
    }

    /// Evaluates what the command was pointed at.
    pub fn target(&self, target: &Target) -> Result<EvalValue, Failure> {
        let value = match target {
            Target::Expr(text) => self.session.eval_text("«string»", text, &self.control)?,
            Target::File(path) if path == "-" => self.session.eval_text("«stdin»", &read_stdin()?, &self.control)?,
            Target::File(path) => self.session.eval_file(&self.file(path)?, &self.control)?,
        };
        Ok(value)
    }

    /// The code that the command was pointed at, as Nix's parser sees it.
    pub fn parsed(&self, target: &Target) -> Result<Vec<u8>, Failure> {
        Ok(match target {
            Target::Expr(text) => self.session.parsed_text("«string»", text.as_bytes(), &self.control)?,
            Target::File(path) if path == "-" => self.session.parsed_text("«stdin»", &read_stdin()?, &self.control)?,
            Target::File(path) => self.session.parsed_file(&self.file(path)?, &self.control)?,
        })
    }

    /// What an installable names: an attribute path of the target, or `FLAKE#ATTRPATH` where there is none.
    pub fn installable(&self, target: Option<&Target>, installable: &str) -> Result<EvalValue, Failure> {
        let Some(target) = target else {
            let installable = if installable.is_empty() { "." } else { installable };
            return Ok(self.session.eval_installable(installable, FlakeLookup::Package, &self.control)?.0);
        };
        let root = self.target(target)?;
        if installable.is_empty() {
            return Ok(root);
        }
        Ok(self.session.select(&root, installable, &self.args, &self.control)?)
    }

    /// The file that a command-line argument names: a path, or `<name>` in the search path.
    fn file(&self, argument: &str) -> Result<PathBuf, Failure> {
        if let Some(name) = argument.strip_prefix('<').and_then(|a| a.strip_suffix('>')) {
            return Ok(self.session.find_file(name, &self.control)?);
        }
        Ok(current_folder()?.join(argument))
    }
}

/// Makes the first Ctrl-C cancel `token` and a second one end the process.
pub fn cancel_on_signal(token: CancelToken) {
    let installed = ctrlc::set_handler(move || {
        if token.is_cancelled() {
            std::process::exit(130);
        }
        token.cancel();
    });
    if let Err(error) = installed {
        eprintln!("warning: Ctrl-C will end the process at once: {error}");
    }
}

fn read_text(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| Report::new(ReportKind::Io, format!("reading file '{}': {e}", path.display())).into())
}

pub fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text).map_err(|e| Failure::message(format!("reading standard input: {e}")))?;
    Ok(text)
}
