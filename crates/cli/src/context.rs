//! From options, environment and the current folder to an engine and what commands need of it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nival_engine::config::host_system;
use nival_engine::settings::{FEATURES, Source};
use nival_engine::{
    AutoArgs, Budget, CancelToken, Control, Engine, EngineConfig, EvalSession, EvalValue, FlakeLookup, LockFlags, RenderOptions, Report,
    ReportKind, SearchPathEntry, Settings, TraceKind, is_collecting, parse_flake_reference,
};
use nival_source::{OsSystem, clean_path};

use crate::error::Failure;
use crate::options::{ArgSource, Common, FlakeOptions, Target};
use crate::watching::{Told, Wanted};

/// An engine with one session, for a command that evaluates and ends.
pub struct Context {
    /// Tells what evaluation cost, where somebody wants to know.
    pub told: Option<Told>,
    pub session: EvalSession,
    pub control: Control,
    pub args: AutoArgs,
    pub render: RenderOptions,
}

/// Settings of Nix's evaluator that change what is printed beside a value, and that this one does not have.
const WITHOUT_EFFECT: [&str; 4] = ["debugger-on-trace", "debugger-on-warn", "ignore-try", "trace-function-calls"];

/// What the command line, the environment and files of settings come to.
pub struct Configured {
    pub engine: EngineConfig,
    pub settings: Settings,
}

/// The engine's configuration from the options, the environment and `nix.conf`. `pure` is the command's default.
/// Settings that do not exist, and values of `--option` that a setting cannot have, are warned of as in Nix.
pub fn configured(common: &Common, pure: bool) -> Result<Configured, Failure> {
    configured_from(Settings::load(&OsSystem)?, common, pure)
}

/// As [`configured`], where files of settings that cannot be understood only give a warning: an editor has to go on.
pub fn configured_leniently(common: &Common) -> Result<Configured, Failure> {
    let settings = Settings::load(&OsSystem).unwrap_or_else(|error| {
        warn(format_args!("{error}; the files of settings are left aside"));
        Settings::default()
    });
    let mut configured = configured_from(settings, common, false)?;
    configured.engine.locking = LockFlags::default();
    Ok(configured)
}

fn configured_from(mut settings: Settings, common: &Common, pure: bool) -> Result<Configured, Failure> {
    for (name, value) in &common.settings {
        if let Err(error) = settings.set(name, value, Source::CommandLine) {
            warn(format_args!("{error}"));
        }
    }
    for name in settings.unknown() {
        warn(format_args!("unknown setting '{name}'"));
    }
    let mut features = BTreeSet::new();
    for name in ["experimental-features", "extra-experimental-features"].into_iter().flat_map(|setting| settings.words(setting)) {
        if features.insert(name) && !FEATURES.contains(&name) {
            warn(format_args!("unknown experimental feature '{name}'"));
        }
    }
    if settings.boolean("warn-short-path-literals").is_some() {
        warn(format_args!("'warn-short-path-literals' is deprecated, use 'lint-short-path-literals = warn' instead"));
    }
    if settings.boolean("allow-unsafe-native-code-during-evaluation") == Some(true) {
        return Err(Failure::message("native code during evaluation ('allow-unsafe-native-code-during-evaluation') is not supported"));
    }
    for name in WITHOUT_EFFECT {
        if settings.boolean(name) == Some(true) {
            warn(format_args!("the setting '{name}' has no effect"));
        }
    }
    let mut engine = EngineConfig::command_line(host_system());
    engine.pure = pure;
    engine.code_cache = true;
    engine.configure(&settings);
    if common.offline {
        engine.options.insert("offline".to_owned(), "true".to_owned());
    }
    engine.evaluation.abort_on_warn |= std::env::var("NIX_ABORT_ON_WARN").is_ok_and(|value| matches!(&*value, "1" | "yes" | "true"));
    engine.search_path = common.search_path.iter().map(|entry| SearchPathEntry::parse(entry)).collect();
    engine.search_path.extend(default_search_path(&settings));
    engine.roots = vec![current_folder()?];
    lock_options(&mut engine, &common.flakes)?;
    let eval_store = common.eval_store.as_deref().filter(|uri| *uri != "auto");
    engine.store.uri = eval_store.or(settings.get("store")).filter(|uri| !uri.is_empty()).map(str::to_owned);
    engine.store.read_only = common.read_only;
    Ok(Configured { engine, settings })
}

/// How flakes are locked.
fn lock_options(engine: &mut EngineConfig, options: &FlakeOptions) -> Result<(), Failure> {
    let folder = current_folder()?;
    let reference = |text: &str| parse_flake_reference(text, &folder, &OsSystem).map_err(|error| Failure::message(error.to_string()));
    let input_path = |text: &str| text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    if options.recreate {
        warn(format_args!("'--recreate-lock-file' is deprecated and will be removed in a future version; use 'nix flake update' instead."));
    }
    if options.no_registries {
        warn(format_args!("'--no-registries' is deprecated; use '--no-use-registries'"));
    }
    if !options.update_inputs.is_empty() {
        warn(format_args!("'--update-input' is a deprecated alias for 'flake update' and will be removed in a future version."));
    }
    let locking = &mut engine.locking;
    locking.lenient = false;
    locking.write = !options.no_write;
    locking.update = !options.no_update;
    locking.recreate = options.recreate;
    locking.commit = options.commit;
    locking.updates = options.update_inputs.iter().map(|input| input_path(input)).collect();
    for (input, flake) in &options.override_inputs {
        locking.overrides.insert(input_path(input), reference(flake)?);
    }
    locking.output = options.output_lock.as_ref().map(|file| folder.join(file));
    if let Some(file) = &options.reference_lock {
        let path = folder.join(file);
        locking.reference = Some(if path.exists() { read_text(&path)? } else { Vec::new() });
    }
    for (name, flake) in &options.override_flakes {
        engine.flake_overrides.push((reference(name)?, reference(flake)?));
    }
    Ok(())
}

/// Refuses to build in another store than the one that is evaluated in, which this program cannot do.
pub fn one_store(common: &Common) -> Result<(), Failure> {
    let store = common.settings.iter().rev().find(|(name, _)| name == "store").map(|(_, uri)| uri);
    match common.eval_store.as_ref() {
        Some(other) if other != "auto" && Some(other) != store => {
            Err(Failure::message(format!("building with an evaluation store of its own ('--eval-store {other}') is not supported")))
        }
        _ => Ok(()),
    }
}

/// Of `nix-path` on the command line, `NIX_PATH`, `nix-path` in a file the first that is set; else the channels there are.
fn default_search_path(settings: &Settings) -> Vec<SearchPathEntry> {
    let setting = || settings.words("nix-path").into_iter().map(SearchPathEntry::parse).collect();
    match (settings.source("nix-path"), std::env::var_os("NIX_PATH")) {
        (Some(Source::CommandLine), _) | (Some(Source::File), None) => setting(),
        (_, Some(path)) => SearchPathEntry::parse_list(&path.to_string_lossy()),
        (None, None) => {
            let channels = PathBuf::from("/nix/var/nix/profiles/per-user/root/channels");
            let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".nix-defexpr/channels"));
            let entries = [(String::new(), home), ("nixpkgs".to_owned(), Some(channels.join("nixpkgs"))), (String::new(), Some(channels))];
            let found = entries.into_iter().filter_map(|(prefix, path)| Some((prefix, path.filter(|path| path.exists())?)));
            found.map(|(prefix, path)| SearchPathEntry { prefix, path: path.to_string_lossy().into_owned() }).collect()
        }
    }
}

/// A line on standard error; that it is closed must not end anything.
pub fn say(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

pub fn warn(text: std::fmt::Arguments<'_>) {
    say(format_args!("warning: {text}"));
}

/// Prints what `builtins.trace` and its kin say.
pub fn show_trace_line(kind: TraceKind, text: &str) {
    match kind {
        TraceKind::Trace => say(format_args!("trace: {text}")),
        TraceKind::Warning => say(format_args!("evaluation warning: {text}")),
        TraceKind::Notice => warn(format_args!("{text}")),
    }
}

pub fn current_folder() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|e| Failure::message(format!("the current folder cannot be found: {e}")))
}

pub fn render_options(settings: &Settings) -> RenderOptions {
    let color = std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("NO_COLOR").is_none();
    RenderOptions { color, show_trace: settings.boolean("show-trace") == Some(true) }
}

/// A session for a command that evaluates nothing: logs, stores.
pub fn plain_session(common: &Common) -> Result<(EvalSession, RenderOptions), Failure> {
    let configured = configured(common, false)?;
    Ok((Engine::new(configured.engine).snapshot().session(), render_options(&configured.settings)))
}

impl Context {
    /// The end of a command. A failure is told while the evaluation still has its memory: to give gigabytes back takes longer than
    /// somebody waits who has interrupted it.
    pub fn end<R>(mut self, outcome: Result<R, Failure>) -> Result<R, Failure> {
        // What it cost comes first: scripts read the error at the very end.
        drop(self.told.take());
        outcome.map_err(|failure| failure.rendered(self.render).told())
    }

    /// Also makes Ctrl-C and SIGTERM cancel the command's work.
    pub fn new(common: &Common, pure: bool) -> Result<Self, Failure> {
        Self::watched(common, pure, |wanted| wanted)
    }

    /// As [`Context::new`], with more counted than the settings ask for.
    pub fn watched(common: &Common, pure: bool, more: impl FnOnce(Wanted) -> Wanted) -> Result<Self, Failure> {
        let configured = configured(common, pure)?;
        let render = render_options(&configured.settings);
        let wanted = more(Wanted::from(&configured.settings, &|name| std::env::var(name).ok()));
        let watching = wanted.watching();
        let mut budget = configured.engine.budget;
        budget.bytes = budget.bytes.min(common.eval_bytes.unwrap_or(u64::MAX));
        let mut engine = Engine::new(EngineConfig { once: true, watching: watching.clone(), budget, ..configured.engine });
        engine.set_trace_sink(show_trace_line);
        let mut session = engine.snapshot().session();
        session.set_base(&current_folder()?);
        let time = common.eval_seconds.map(Duration::from_secs);
        let control = Control::new(Budget { time, ..Budget::UNLIMITED });
        cancel_on_signal(control.cancel.clone());
        for flake in &common.flakes.inputs_from {
            session.inputs_from(flake, &control).map_err(|report| Failure::from(report).rendered(render))?;
        }
        let told = watching.map(|watching| Told { wanted, watching, session: session.clone() });
        let mut context = Context { told, session, control, args: AutoArgs::default(), render };
        context.args = context.auto_args(common).map_err(|failure| failure.rendered(render))?;
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
        Ok(self.session.find_along(&root, installable, &self.args, &self.control)?)
    }

    /// The file that a command-line argument names: a path, `<name>` in the search path, or the URL of a tarball.
    fn file(&self, argument: &str) -> Result<PathBuf, Failure> {
        if let Some(name) = argument.strip_prefix('<').and_then(|a| a.strip_suffix('>')) {
            return Ok(self.session.find_file(name, &self.control)?);
        }
        if let Some(url) = tarball_url(argument) {
            let fetch = self.session.eval_text("«command line»", "builtins.fetchTarball", &self.control)?;
            let tree = self.session.call(&fetch, &self.session.string(&url, &self.control)?, &self.control)?;
            return Ok(PathBuf::from(OsString::from_vec(self.session.raw(&tree, &self.control)?)));
        }
        Ok(clean_path(&current_folder()?.join(argument)))
    }
}

/// The URL of a tarball, where an argument is one: `channel:NAME`, `https://…`.
fn tarball_url(argument: &str) -> Option<String> {
    const SCHEMES: [&str; 7] = ["http", "https", "file", "channel", "git", "s3", "ssh"];
    if let Some(channel) = argument.strip_prefix("channel:") {
        return Some(format!("https://channels.nixos.org/{channel}/nixexprs.tar.xz"));
    }
    let (scheme, _) = argument.split_once("://")?;
    SCHEMES.contains(&scheme).then(|| argument.to_owned())
}

/// How long an evaluation that was cancelled may take to notice it.
const NOTICING: Duration = Duration::from_millis(25);

/// Makes the first Ctrl-C cancel `token` and a second one end the process. A collection of much memory notices nothing: then the first one
/// does, too. Nothing is lost by that: who collects is not building, and what is written is whole or not there.
pub fn cancel_on_signal(token: CancelToken) {
    let installed = ctrlc::set_handler(move || {
        if token.is_cancelled() {
            std::process::exit(130);
        }
        token.cancel();
        std::thread::sleep(NOTICING);
        if is_collecting() {
            say(format_args!("error: interrupted by the user"));
            std::process::exit(1);
        }
    });
    if let Err(error) = installed {
        warn(format_args!("Ctrl-C will end the process at once: {error}"));
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
