//! [`Repl`]: the state of a session and how one input is run.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_engine::input::{Input, classify};
use nival_engine::{
    AutoArgs, Change, Control, Engine, EvalSession, EvalValue, FlakeLookup, PrintOptions, RenderOptions, Report, ReportKind, ValueKind,
    render,
};

use crate::commands;
use crate::config::{Load, ReplConfig};

/// What to do after an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Continue,
    /// The input failed; its message was written.
    Failed,
    /// The input is not finished: give it again with another line.
    More,
    Quit,
}

/// A session: one engine, the names defined so far.
pub struct Repl {
    pub(crate) config: ReplConfig,
    engine: Engine,
    pub(crate) session: Arc<EvalSession>,
    /// Loaded with `:l` or at the start; loaded again by `:r`.
    loads: Vec<Load>,
}

/// Why an input did not succeed: what evaluation says, or the output is gone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Report(#[from] Box<Report>),
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<Report> for Failure {
    fn from(report: Report) -> Self {
        Failure::Report(Box::new(report))
    }
}

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Repl {
    pub fn new(config: ReplConfig) -> Self {
        let engine = Engine::new(config.engine.clone());
        let session = Arc::new(fresh_session(&engine, &config.folder));
        Repl { engine, session, loads: Vec::new(), config }
    }

    /// Loads what the configuration names. Each failure is written to `err`; `false` if there was one.
    pub fn start(&mut self, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<bool> {
        let mut fine = true;
        for load in self.config.loads.clone() {
            let outcome = self.guarded(|repl, control| repl.load(load, control, out));
            fine &= self.report(outcome, err)? == Step::Continue;
        }
        Ok(fine)
    }

    /// Runs one input: a `:command`, an expression or definitions. `last` says that no further line will come.
    pub fn run(&mut self, input: &str, last: bool, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Step> {
        let text = input.trim();
        if let Some(rest) = text.strip_prefix(':') {
            return commands::run(self, rest, out, err);
        }
        let outcome = match classify(text) {
            Input::Empty => return Ok(Step::Continue),
            Input::Incomplete if !last => return Ok(Step::More),
            Input::Bindings(_) => self.guarded(|repl, control| repl.define(text, control, out)),
            Input::Expression | Input::Incomplete | Input::Error { .. } => {
                self.guarded(|repl, control| repl.show(text, &PrintOptions::repl(), control, out))
            }
        };
        self.report(outcome, err)
    }

    /// Runs `work` so that an interrupt stops it.
    pub(crate) fn guarded<T>(&mut self, work: impl FnOnce(&mut Self, &Control) -> T) -> T {
        let control = Control::unlimited();
        self.config.interrupt.watch(Some(control.cancel.clone()));
        let result = work(self, &control);
        self.config.interrupt.watch(None);
        result
    }

    /// Writes the error of a failed outcome.
    pub(crate) fn report(&self, outcome: Outcome, err: &mut dyn Write) -> io::Result<Step> {
        match outcome {
            Ok(()) => Ok(Step::Continue),
            Err(Failure::Output(error)) => Err(error),
            Err(Failure::Report(report)) => {
                let options = RenderOptions { color: self.config.color, show_trace: self.config.show_trace };
                let snapshot = self.engine.snapshot();
                err.write_all(render(&report, &|path| snapshot.text(path), options).as_bytes())?;
                err.flush()?;
                Ok(Step::Failed)
            }
        }
    }

    pub(crate) fn evaluate(&self, text: &str, control: &Control) -> Outcome<EvalValue> {
        if text.trim().is_empty() {
            return Err(Report::new(ReportKind::Syntax, "an expression is missing")
                .hint("`:?` lists the commands and what they take")
                .into());
        }
        Ok(self.session.eval_text("«string»", text, control)?)
    }

    pub(crate) fn show(&mut self, text: &str, options: &PrintOptions, control: &Control, out: &mut dyn Write) -> Outcome {
        let value = self.evaluate(text, control)?;
        writeln!(out, "{}", self.session.print(&value, options, control)?)?;
        Ok(())
    }

    fn define(&mut self, text: &str, control: &Control, _out: &mut dyn Write) -> Outcome {
        self.session_mut().define_bindings(text, control)?;
        Ok(())
    }

    /// The session, for writing. Completion may hold a clone for a moment; then the names are copied.
    pub(crate) fn session_mut(&mut self) -> &mut EvalSession {
        Arc::make_mut(&mut self.session)
    }

    /// Brings the attributes of a file, flake or text into scope.
    pub(crate) fn load(&mut self, load: Load, control: &Control, out: &mut dyn Write) -> Outcome {
        // Kept even if it fails now: the person mends the file and says `:r`.
        if !self.loads.contains(&load) {
            self.loads.push(load.clone());
        }
        let value = match &load {
            Load::Path(path) => {
                let path = self.absolute(path);
                let flake = path.join("flake.nix");
                let snapshot = self.engine.snapshot();
                let is_flake = snapshot.text(&path.join("default.nix")).is_none() && snapshot.text(&flake).is_some();
                self.session.eval_project_file(if is_flake { &flake } else { &path }, control)?
            }
            Load::Flake(reference) => self.session.eval_installable(reference, FlakeLookup::Exact, control)?.0,
            Load::Expr(text) => self.evaluate(text, control)?,
        };
        let value = self.session.auto_call(&value, &self.auto_args(control)?, control)?;
        let count = self.session_mut().define_attrs(&value, control)?;
        writeln!(out, "Added {count} variables.")?;
        Ok(())
    }

    /// Forgets every value and every defined name, reads changed files anew and loads the same things again.
    pub(crate) fn reload(&mut self, control: &Control, out: &mut dyn Write) -> Outcome {
        let mut change = Change::new();
        change.forget_values();
        self.engine.apply(change);
        self.session = Arc::new(fresh_session(&self.engine, &self.config.folder));
        for load in self.loads.clone() {
            self.load(load, control, out)?;
        }
        Ok(())
    }

    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        self.config.folder.join(path)
    }

    fn auto_args(&self, control: &Control) -> Outcome<AutoArgs> {
        let mut args = AutoArgs::default();
        for (name, text, is_code) in &self.config.args {
            let value = if *is_code { self.session.lazy_text("«string»", text, control)? } else { self.session.string(text, control)? };
            args.0.insert(name.clone(), value);
        }
        Ok(args)
    }

    /// The value of a text if it is a derivation.
    pub(crate) fn derivation(&self, text: &str, control: &Control) -> Outcome<EvalValue> {
        let value = self.evaluate(text, control)?;
        match self.session.force(&value, control)? {
            ValueKind::Derivation => Ok(value),
            other => Err(Report::new(ReportKind::Evaluation, "expression does not evaluate to a derivation, so I can't build it")
                .hint(format!("it is a value of type {}", other.name()))
                .into()),
        }
    }
}

fn fresh_session(engine: &Engine, folder: &Path) -> EvalSession {
    let mut session = engine.snapshot().command_session();
    session.set_base(folder);
    session
}
