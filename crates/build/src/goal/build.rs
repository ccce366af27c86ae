//! One derivation, from its locks to its registered outputs.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nival_store::local::{PathLocks, delete_path};
use nival_store::{Derivation, DerivationType, StoreError, StorePath, StorePathSet};

use super::{Context, message};
use crate::builtin;
use crate::config::SandboxMode;
use crate::derivation::{DerivationOptions, Environment, EnvironmentInput, rewrite};
use crate::error::{BuildFailure, FailureStatus};
use crate::fsutil::{free_space, same_file};
use crate::leftovers::BuildPlace;
use crate::observer::BuildEvent;
use crate::outputs::{Register, register as register_outputs};
use crate::result::SuccessStatus;
use crate::run::{BuildLog, Ended, Limits, NotStarted, run};
use crate::sandbox::spawn::Program;
use crate::sandbox::{BUILD_DIR, Input, Layout, SandboxTree, c_string, diagnose, seccomp, shell};

/// How often a lock that another process holds is tried again.
const LOCK_INTERVAL: Duration = Duration::from_millis(50);
/// A failure with less free space than this may be due to a full disk.
const DISK_FULL: u64 = 8 << 20;
const PER_LINUX32: libc::c_ulong = 0x0008;
const ADDR_NO_RANDOMIZE: libc::c_ulong = 0x004_0000;

/// What to build.
#[derive(Debug)]
pub struct Job {
    pub drv_path: StorePath,
    pub drv: Arc<Derivation>,
    pub outputs: BTreeMap<String, StorePath>,
}

/// Builds it, unless another process does so meanwhile.
pub fn build(job: &Job, context: &Context<'_>) -> Result<SuccessStatus, BuildFailure> {
    Task { job, context }.build()
}

struct Task<'a> {
    job: &'a Job,
    context: &'a Context<'a>,
}

/// What is known before the builder runs.
struct Prepared {
    options: DerivationOptions,
    kind: DerivationType,
    sandboxed: bool,
    /// The closure of the inputs.
    inputs: StorePathSet,
}

impl Task<'_> {
    fn build(&self) -> Result<SuccessStatus, BuildFailure> {
        let (options, kind) = self.check()?;
        let mut locks = self.lock()?;
        let valid = self.valid_outputs()?;
        if valid.len() == self.job.outputs.len() {
            locks.set_deletion(true);
            return Ok(SuccessStatus::AlreadyValid);
        }
        self.build_locked(options, kind, &valid)?;
        // From here on whoever waits for these locks finds the outputs valid.
        locks.set_deletion(true);
        Ok(SuccessStatus::Built)
    }

    fn store_error(&self, error: impl Into<StoreError>) -> BuildFailure {
        message::misc(&self.job.drv_path, self.dir(), &error.into().to_string())
    }

    fn io_error(&self, what: &str, error: &io::Error) -> BuildFailure {
        let full = error.raw_os_error() == Some(libc::ENOSPC);
        let hint = if full { ": the disk is full" } else { "" };
        let mut failure = message::misc(&self.job.drv_path, self.dir(), &format!("{what}: {error}{hint}"));
        if full {
            failure.status = FailureStatus::TransientFailure;
        }
        failure
    }

    fn dir(&self) -> &nival_store::StoreDir {
        self.context.store.store_dir()
    }

    fn cancelled(&self) -> BuildFailure {
        BuildFailure::new(
            &self.job.drv_path,
            FailureStatus::Cancelled,
            format!("build of '{}' was stopped", self.dir().display(&self.job.drv_path)),
        )
    }

    /// Whether it can be built here at all.
    fn check(&self) -> Result<(DerivationOptions, DerivationType), BuildFailure> {
        let Job { drv_path, drv, .. } = self.job;
        let config = self.context.config;
        let printed = self.dir().print(drv_path);
        let bad = |error: &dyn std::fmt::Display| message::rejected_input(drv_path, format!("derivation '{printed}': {error}"));
        let options = DerivationOptions::parse(self.dir(), drv).map_err(|error| bad(&error))?;
        let kind = drv.derivation_type().map_err(|error| bad(&error))?;
        if !drv.is_builtin() && !config.can_build(&drv.platform) {
            return Err(message::wrong_platform(drv_path, &drv.platform, &config.system, self.dir()));
        }
        if !options.required_system_features.is_subset(&config.system_features) {
            return Err(message::missing_features(drv_path, &options.required_system_features, &config.system_features, self.dir()));
        }
        if let Some(path) = options.impure_host_deps.first() {
            return Err(message::rejected_input(
                drv_path,
                format!("derivation '{printed}' requested impure path '{path}', but it was not in allowed-impure-host-deps"),
            ));
        }
        Ok((options, kind))
    }

    fn sandboxed(&self, options: &DerivationOptions, kind: DerivationType) -> Result<bool, BuildFailure> {
        let printed = self.dir().print(&self.job.drv_path);
        let reject = |reason: String| Err(message::rejected_input(&self.job.drv_path, reason));
        let sandboxed = match self.context.config.sandbox {
            SandboxMode::Enabled if options.no_chroot => {
                return reject(format!("derivation '{printed}' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'"));
            }
            SandboxMode::Enabled => true,
            SandboxMode::Relaxed => kind.is_sandboxed() && !options.no_chroot,
            SandboxMode::Disabled => false,
        };
        // Builders look for their inputs at the logical place, where only a sandbox can put them.
        let config = self.context.store.config();
        let relocated = !same_file(&config.real_store_dir, self.dir().as_str().as_ref());
        if relocated && !sandboxed && self.context.config.sandbox == SandboxMode::Disabled && !self.job.drv.is_builtin() {
            return reject(format!(
                "cannot build '{printed}' without a sandbox: the store '{}' keeps its files in '{}', where builders would not find them",
                self.dir(),
                config.real_store_dir.display()
            ));
        }
        Ok(sandboxed || relocated)
    }

    /// Locks the outputs against other builds of the same derivation.
    fn lock(&self) -> Result<PathLocks, BuildFailure> {
        let mut told = false;
        loop {
            if self.context.cancel.is_cancelled() {
                return Err(self.cancelled());
            }
            if let Some(locks) = self.context.store.try_lock_paths(self.job.outputs.values()).map_err(|error| self.store_error(error))? {
                return Ok(locks);
            }
            if !told && let Some(output) = self.job.outputs.values().next() {
                told = true;
                let path = self.context.store.real_path(output);
                self.context.observer.event(&BuildEvent::WaitingForLock { drv: &self.job.drv_path, path: &path });
            }
            std::thread::sleep(LOCK_INTERVAL);
        }
    }

    fn valid_outputs(&self) -> Result<StorePathSet, BuildFailure> {
        let store = self.context.store;
        let outputs: StorePathSet = self.job.outputs.values().cloned().collect();
        for output in &outputs {
            store.add_temp_root(output).map_err(|error| self.store_error(error))?;
        }
        store.query_valid_paths(&outputs).map_err(|error| self.store_error(error))
    }

    fn input_closure(&self) -> Result<StorePathSet, BuildFailure> {
        let store = self.context.store;
        let mut inputs = self.job.drv.input_srcs.clone();
        for (input, node) in &self.job.drv.input_drvs {
            let drv = store.read_derivation(input).map_err(|error| self.store_error(error))?;
            for name in &node.outputs {
                let output = drv.outputs.get(name).ok_or_else(|| {
                    let reason = format!("derivation '{}' does not have wanted outputs '{name}'", self.dir().display(input));
                    message::rejected_input(&self.job.drv_path, reason)
                })?;
                let path = output.path(self.dir(), &drv.name, name).map_err(|error| self.store_error(error))?;
                inputs.extend(path);
            }
        }
        store.closure(&inputs).map_err(|error| self.store_error(error))
    }

    fn build_locked(&self, options: DerivationOptions, kind: DerivationType, valid: &StorePathSet) -> Result<(), BuildFailure> {
        let store = self.context.store;
        let sandboxed = self.sandboxed(&options, kind)?;
        if !sandboxed && !valid.is_empty() && !self.job.drv.is_builtin() {
            let reason = format!(
                "cannot build the missing outputs of '{}' without a sandbox while others are in use",
                self.dir().display(&self.job.drv_path)
            );
            return Err(message::rejected_input(&self.job.drv_path, reason));
        }
        let missing: BTreeMap<String, StorePath> =
            self.job.outputs.iter().filter(|(_, path)| !valid.contains(*path)).map(|(name, path)| (name.clone(), path.clone())).collect();
        for path in missing.values() {
            // Left by a build that was killed, or by one that failed without a sandbox.
            delete_path(&store.real_path(path)).map_err(|error| self.store_error(error))?;
        }
        let prepared = Prepared { inputs: self.input_closure()?, options, kind, sandboxed };
        let place = BuildPlace::new(store, &self.job.drv_path).map_err(|error| self.io_error("cannot make the build directory", &error))?;
        let layout = Layout::new(place.top.clone());

        self.context.observer.event(&BuildEvent::Started { drv: &self.job.drv_path });
        let mut log = BuildLog::new(&self.job.drv_path, self.context.observer, self.context.config.log_lines);
        if self.context.config.keep_log {
            let path = store.log_path(&self.job.drv_path);
            log.keep(&path, self.context.config.max_log_file_size).map_err(|error| self.io_error("cannot write the log", &error))?;
        }
        let ended = if self.job.drv.is_builtin() {
            self.run_builtin(&layout, &missing, &mut log)
        } else {
            self.run_builder(&prepared, &layout, &mut log)
        };
        let tail = log.finish();
        let ended = match ended {
            Ok(ended) => ended,
            Err(failure) => return Err(self.clean_up(&prepared, &layout, &missing, failure)),
        };
        if let Some(failure) = self.failure(ended, kind, &layout, tail) {
            return Err(self.clean_up(&prepared, &layout, &missing, failure));
        }
        let in_place = !prepared.sandboxed && !self.job.drv.is_builtin();
        let register = Register {
            store,
            drv_path: &self.job.drv_path,
            drv: &self.job.drv,
            options: &prepared.options,
            inputs: &prepared.inputs,
            all_outputs: &self.job.outputs,
            missing: &missing,
            layout: (!in_place).then_some(&layout),
        };
        register_outputs(&register).map_err(|failure| self.clean_up(&prepared, &layout, &missing, failure))
    }

    /// After a failure: keeps the build directory if that was asked for, and removes what an unsandboxed builder left in
    /// the store.
    fn clean_up(&self, prepared: &Prepared, layout: &Layout, missing: &BTreeMap<String, StorePath>, failure: BuildFailure) -> BuildFailure {
        if !prepared.sandboxed {
            for path in missing.values() {
                // What is left is not valid, and is removed before the next build.
                let _ = delete_path(&self.context.store.real_path(path));
            }
        }
        let keep = self.context.config.keep_failed && !self.job.drv.is_builtin() && failure.status != FailureStatus::Cancelled;
        if keep {
            let message = match self.keep_build_dir(layout) {
                Ok(place) => format!("keeping build directory '{}'", place.display()),
                Err(error) => format!("cannot keep the build directory: {error}"),
            };
            self.context.observer.event(&BuildEvent::Warning { drv: &self.job.drv_path, message: &message });
        }
        failure
    }

    fn keep_build_dir(&self, layout: &Layout) -> io::Result<PathBuf> {
        let parent = self.context.config.build_dir.clone().unwrap_or_else(|| self.context.store.config().state_dir.join("builds"));
        fs::create_dir_all(&parent)?;
        for number in 0..1000 {
            let place = parent.join(format!("nix-build-{}-{number}", self.job.drv_path.name()));
            match fs::create_dir(&place) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                other => other?,
            }
            fs::rename(&layout.build_dir, &place)?;
            return Ok(place);
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn run_builtin(&self, layout: &Layout, missing: &BTreeMap<String, StorePath>, log: &mut BuildLog<'_>) -> Result<Ended, BuildFailure> {
        let store_dir = layout.host_path(self.dir().as_str());
        fs::create_dir_all(&store_dir).map_err(|error| self.io_error("cannot make the build directory", &error))?;
        let outputs = missing.iter().map(|(name, path)| (name.clone(), store_dir.join(path.base_name()))).collect();
        match builtin::run(&self.job.drv, &outputs, self.context.cancel) {
            Ok(()) => Ok(Ended::Exited(0)),
            Err(builtin::BuiltinError::Cancelled) => Ok(Ended::Cancelled),
            Err(error) => {
                log.note(&format!("error: {error}"));
                Ok(Ended::Exited(1))
            }
        }
    }

    fn run_builder(&self, prepared: &Prepared, layout: &Layout, log: &mut BuildLog<'_>) -> Result<Ended, BuildFailure> {
        let program = self.program(prepared, layout)?;
        let config = self.context.config;
        let limits = Limits {
            timeout: config.timeout,
            max_silent_time: config.max_silent_time,
            max_log_size: config.max_log_size,
            quota: config.build_dir_quota.map(|bytes| (layout.top.as_path(), bytes)),
        };
        let misc = |reason: String| message::misc(&self.job.drv_path, self.dir(), &reason);
        run(&program, &limits, log, self.context.cancel).map_err(|error| match error {
            NotStarted::Terminal(error) => misc(format!("cannot open a terminal for the builder: {error}")),
            NotStarted::Clone(error) if !prepared.sandboxed => misc(format!("cannot start a process: {error}")),
            NotStarted::Clone(error) => misc(diagnose::cannot_clone(&error)),
            NotStarted::Step(failure) => misc(diagnose::cannot_enter(&program, &failure)),
        })
    }

    /// Everything about the builder that is decided before it starts.
    fn program(&self, prepared: &Prepared, layout: &Layout) -> Result<Program, BuildFailure> {
        let Job { drv_path, drv, outputs, .. } = self.job;
        let config = self.context.config;
        let network = !prepared.kind.is_sandboxed();
        let io = |what: &'static str| move |error: io::Error| self.io_error(what, &error);

        let namespaces = if prepared.sandboxed {
            Some(self.sandbox(prepared, layout, network)?)
        } else {
            fs::DirBuilder::new().create(&layout.build_dir).map_err(io("cannot make the build directory"))?;
            None
        };
        let build_dir = if prepared.sandboxed { PathBuf::from(BUILD_DIR) } else { layout.build_dir.clone() };
        let environment = Environment::new(&EnvironmentInput {
            store: self.context.store,
            drv,
            options: &prepared.options,
            config,
            inputs: &prepared.inputs,
            outputs,
            build_dir: &build_dir.to_string_lossy(),
            fixed: prepared.kind.is_fixed(),
            network,
        })
        .map_err(|error| message::rejected_input(drv_path, error.to_string()))?;
        for (name, contents) in &environment.files {
            // The directory is new and empty, so nothing can redirect the name.
            if name.contains('/') || name == ".." || name == "." {
                return Err(message::rejected_input(drv_path, format!("invalid file name '{name}' in 'exportReferencesGraph'")));
            }
            fs::write(layout.build_dir.join(name), contents).map_err(io("cannot write a file for the builder"))?;
        }

        let text = |bytes: &[u8]| c_string(OsStr::from_bytes(bytes)).map_err(|error| message::rejected_input(drv_path, error.to_string()));
        let name = drv.builder.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let mut args = vec![text(name)?];
        for arg in &drv.args {
            let mut arg = arg.clone();
            rewrite(&environment.rewrites, &mut arg);
            args.push(text(&arg)?);
        }
        let env: Result<Vec<CString>, BuildFailure> =
            environment.vars.iter().map(|(name, value)| text(&[name.as_slice(), b"=", value].concat())).collect();
        let filter = if config.filter_syscalls {
            let unknown = || {
                message::misc(
                    drv_path,
                    self.dir(),
                    "system calls cannot be filtered on this kind of machine; set 'filter-syscalls = false' to build without",
                )
            };
            Some(seccomp::filter().ok_or_else(unknown)?)
        } else {
            None
        };
        let mut personality = ADDR_NO_RANDOMIZE;
        if (drv.platform == b"i686-linux" && config.system == "x86_64-linux")
            || (drv.platform == b"armv7l-linux" && config.system == "aarch64-linux")
        {
            personality |= PER_LINUX32;
        }
        Ok(Program {
            executable: text(&drv.builder)?,
            args,
            env: env?,
            working_dir: text(build_dir.as_os_str().as_bytes())?,
            namespaces,
            filter,
            allow_new_privileges: config.allow_new_privileges,
            personality,
        })
    }

    fn sandbox(&self, prepared: &Prepared, layout: &Layout, network: bool) -> Result<crate::sandbox::spawn::Namespaces, BuildFailure> {
        let config = self.context.config;
        let store = self.context.store;
        let inputs = prepared.inputs.iter().filter(|path| !self.job.outputs.values().any(|output| output == *path));
        let inputs: Vec<Input> = inputs.map(|path| Input { logical: self.dir().print(path), real: store.real_path(path) }).collect();
        let own_shell = !config.sandbox_paths.iter().any(|path| path.target.as_os_str() == "/bin/sh");
        let shell = match own_shell {
            true => Some(
                shell::find(config.sandbox_shell.as_deref())
                    .map_err(|error| message::misc(&self.job.drv_path, self.dir(), &error.to_string()))?,
            ),
            false => None,
        };
        let tree = SandboxTree {
            layout,
            config,
            store_dir: self.dir().as_str(),
            inputs: &inputs,
            shell: shell.as_deref(),
            network,
            kvm: config.system_features.contains("kvm"),
        };
        tree.prepare().map_err(|error| self.io_error("cannot prepare the sandbox", &error))
    }

    /// The failure that an ending means; `None` for success.
    fn failure(&self, ended: Ended, kind: DerivationType, layout: &Layout, tail: Vec<Vec<u8>>) -> Option<BuildFailure> {
        let Job { drv_path, outputs, .. } = self.job;
        let reason = match ended {
            Ended::Exited(0) => return None,
            Ended::Exited(code) => format!("failed with exit code {code}"),
            Ended::Signalled(signal) => format!("failed due to signal {signal} ({})", message::signal_name(signal)),
            Ended::Cancelled => return Some(self.cancelled()),
            Ended::TimedOut(seconds) => {
                return Some(BuildFailure::new(drv_path, FailureStatus::TimedOut, format!("timed out after {seconds} seconds")));
            }
            Ended::LogTooLong => {
                let reason = format!(
                    "Cannot build '{}'.\nReason: builder wrote more than {} bytes of log output (max-log-size)",
                    self.dir().display(drv_path),
                    self.context.config.max_log_size
                );
                return Some(BuildFailure::new(drv_path, FailureStatus::LogLimitExceeded, reason));
            }
            Ended::QuotaExceeded => {
                let limit = self.context.config.build_dir_quota.unwrap_or_default();
                let reason = format!(
                    "Cannot build '{}'.\nReason: builder took more than {limit} bytes of disk (build-dir-quota)",
                    self.dir().display(drv_path)
                );
                return Some(BuildFailure::new(drv_path, FailureStatus::TransientFailure, reason));
            }
        };
        let disk_full = free_space(&layout.top).is_some_and(|free| free < DISK_FULL);
        let transient = disk_full || !kind.is_sandboxed();
        let status = if transient { FailureStatus::TransientFailure } else { FailureStatus::PermanentFailure };
        let mut failure = message::builder_failed(drv_path, outputs, status, &reason, self.dir());
        if disk_full {
            failure.message.push_str("\nnote: build failure may have been caused by lack of free disk space");
        }
        if !tail.is_empty() {
            failure.log_tail = tail.into();
            failure.log_command = Some(format!("nival log {}", self.dir().display(drv_path)));
        }
        Some(failure)
    }
}
