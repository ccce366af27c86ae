//! Building what was evaluated, and what a face hears meanwhile.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nival_build::{
    BuildConfig, BuildEvent, BuildFailure, BuildResult, Builder, DerivedPath, OutputsSpec, SandboxMode, SuccessStatus, exit_status,
};
use nival_source::System;
use nival_store::{LocalStore, StoreDir};

use crate::cancel::CancelToken;
use crate::config::{EngineConfig, StoreSettings};
use crate::report::{Report, ReportKind};

/// What to build.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BuildRequest {
    /// The logical store path of the derivation, `/nix/store/…-name.drv`.
    pub drv_path: String,
    /// Names of the wanted outputs; empty means all of them.
    pub outputs: Vec<String>,
}

/// An output that exists now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltOutput {
    pub name: String,
    /// The logical store path.
    pub path: String,
    /// Where its files are on this machine; another path than `path` in a rootless store.
    pub real_path: PathBuf,
}

/// How the build of one request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOutcome {
    pub drv_path: String,
    pub outputs: Vec<BuiltOutput>,
    /// Whether nothing had to be done because every output was there.
    pub already_built: bool,
}

/// Hears how builds go on. Called from several threads; must not block for long.
pub trait BuildProgress: Send + Sync {
    /// The plan is made: these derivations will be built, inputs first.
    fn planned(&self, _drv_paths: &[String]) {}
    fn started(&self, _drv_path: &str, _name: &str) {}
    /// A line of a builder's output, without its line end.
    fn log_line(&self, _drv_path: &str, _line: &str) {}
    /// The builder says that it entered a phase (`configurePhase`, …).
    fn phase(&self, _drv_path: &str, _phase: &str) {}
    /// Something the user should know that does not end the build.
    fn warning(&self, _drv_path: &str, _message: &str) {}
    fn finished(&self, _drv_path: &str, _succeeded: bool) {}
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl BuildProgress for NoProgress {}

/// Variables that fixed-output derivations commonly ask for.
const IMPURE_VARIABLES: [&str; 14] = [
    "ALL_PROXY",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NIX_CURL_FLAGS",
    "NIX_GIT_SSL_CAINFO",
    "NIX_SSL_CERT_FILE",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "all_proxy",
    "ftp_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// A builder with the user's settings.
pub(crate) fn builder(store: Arc<LocalStore>, config: &EngineConfig, system: &dyn System) -> Builder {
    let settings: &StoreSettings = &config.store;
    let impure_env = IMPURE_VARIABLES.iter().filter_map(|name| Some(((*name).into(), system.env_var(name.as_ref())?)));
    let defaults = BuildConfig::default();
    // Limits by their names in nix.conf; 0 is none.
    let limit = |name: &str| config.options.get(name).and_then(|value| value.parse::<u64>().ok()).filter(|value| *value > 0);
    let build_config = BuildConfig {
        max_jobs: settings.max_jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        cores: settings.cores.unwrap_or(0),
        keep_going: settings.keep_going,
        keep_failed: settings.keep_failed,
        sandbox: if settings.no_sandbox { SandboxMode::Disabled } else { SandboxMode::Enabled },
        sandbox_shell: system.env_var("NIVAL_SANDBOX_SHELL".as_ref()).map(PathBuf::from),
        system: config.system.clone(),
        timeout: limit("timeout").map(Duration::from_secs),
        max_silent_time: limit("max-silent-time").map(Duration::from_secs),
        max_log_size: limit("max-build-log-size").unwrap_or(defaults.max_log_size),
        build_dir_quota: limit("build-dir-quota"),
        impure_env: impure_env.collect(),
        ..defaults
    };
    Builder::new(store, build_config)
}

/// Builds and puts the results into this crate's words.
pub(crate) fn realise(
    builder: &Builder,
    requests: &[BuildRequest],
    progress: &dyn BuildProgress,
    cancel: &CancelToken,
) -> Result<Vec<BuildOutcome>, Report> {
    let dir = builder.store().store_dir().clone();
    let wanted = requests.iter().map(|request| derived_path(&dir, request)).collect::<Result<Vec<_>, _>>()?;
    let observer = |event: &BuildEvent<'_>| tell(progress, &dir, event);
    let results = builder.realise(&wanted, &observer, &|| cancel.is_cancelled()).map_err(|error| match error {
        nival_build::BuildError::Cancelled => crate::Cancelled.into(),
        error => Report::new(ReportKind::Build, error.to_string()),
    })?;
    let failures: Vec<Arc<BuildFailure>> = results.iter().flat_map(all_failures).collect();
    if !failures.is_empty() {
        return Err(failure_report(&failures));
    }
    let outcome = |(request, result): (&BuildRequest, BuildResult)| BuildOutcome {
        drv_path: request.drv_path.clone(),
        already_built: matches!(result.outcome, Ok(SuccessStatus::AlreadyValid)),
        outputs: result
            .outputs
            .iter()
            .map(|(name, path)| BuiltOutput { name: name.clone(), path: dir.print(path), real_path: builder.store().real_path(path) })
            .collect(),
    };
    Ok(requests.iter().zip(results).map(outcome).collect())
}

/// What [`realise`] would build, inputs first.
pub(crate) fn plan(builder: &Builder, requests: &[BuildRequest]) -> Result<Vec<String>, Report> {
    let dir = builder.store().store_dir().clone();
    let wanted = requests.iter().map(|request| derived_path(&dir, request)).collect::<Result<Vec<_>, _>>()?;
    let planned = builder.plan(&wanted).map_err(|error| Report::new(ReportKind::Build, error.to_string()))?;
    Ok(planned.iter().map(|path| dir.print(path)).collect())
}

fn derived_path(dir: &StoreDir, request: &BuildRequest) -> Result<DerivedPath, Report> {
    let drv = dir.parse(&request.drv_path).map_err(|e| Report::new(ReportKind::Store, e.to_string()))?;
    let outputs = if request.outputs.is_empty() { OutputsSpec::All } else { OutputsSpec::names(request.outputs.iter().cloned()) };
    Ok(DerivedPath::Built { drv, outputs })
}

fn all_failures(result: &BuildResult) -> Vec<Arc<BuildFailure>> {
    match &result.outcome {
        Ok(_) => Vec::new(),
        Err(own) if result.failures.is_empty() => vec![Arc::clone(own)],
        Err(_) => result.failures.clone(),
    }
}

/// The failure that came first is the cause; the others are told as hints.
fn failure_report(failures: &[Arc<BuildFailure>]) -> Report {
    let Some((cause, others)) = failures.split_first() else { return Report::new(ReportKind::Build, "the build failed") };
    let mut report = Report::new(ReportKind::Build, cause.message.clone());
    report.log = cause.log_tail.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    report.exit_code = exit_status(failures.iter().map(|failure| &**failure));
    if let Some(command) = &cause.log_command {
        report.hints.push(format!("for the full log, run: {command}"));
    }
    let mut told = vec![&cause.message];
    for other in others {
        if !told.contains(&&other.message) {
            told.push(&other.message);
            report.hints.push(other.message.clone());
        }
    }
    report
}

fn tell(progress: &dyn BuildProgress, dir: &StoreDir, event: &BuildEvent<'_>) {
    match event {
        BuildEvent::Plan { will_build } => progress.planned(&will_build.iter().map(|path| dir.print(path)).collect::<Vec<_>>()),
        BuildEvent::Started { drv } => progress.started(&dir.print(drv), drv.derivation_name().unwrap_or(drv.name())),
        BuildEvent::LogLine { drv, line } => progress.log_line(&dir.print(drv), &String::from_utf8_lossy(line)),
        BuildEvent::Phase { drv, phase } => progress.phase(&dir.print(drv), phase),
        BuildEvent::Warning { drv, message } => progress.warning(&dir.print(drv), message),
        BuildEvent::Finished { drv, failure } => progress.finished(&dir.print(drv), failure.is_none()),
        _ => {}
    }
}
