//! Lines from a person: prompt, editing, history that is kept at once, completion by the engine.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nival_engine::input::{Input, classify};
use nival_engine::{Budget, Control, EvalSession};
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{FileHistory, History as _};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper};

use crate::commands;
use crate::config::ReplConfig;
use crate::repl::{Repl, Step};

/// How long a press of Tab may evaluate.
const COMPLETION_BUDGET: Budget = Budget { bytes: 1 << 30, time: Some(Duration::from_secs(2)) };

const PROMPT: &str = "nix-repl> ";

struct Assistant {
    session: Arc<EvalSession>,
    files: FilenameCompleter,
}

impl Helper for Assistant {}
impl Hinter for Assistant {
    type Hint = String;
}
impl Highlighter for Assistant {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _default: bool) -> Cow<'b, str> {
        Cow::Owned(format!("\x1b[32m{prompt}\x1b[0m"))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input().trim_start();
        let unfinished = !text.starts_with(':') && classify(text) == Input::Incomplete;
        Ok(if unfinished { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, context: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        if let Some(command) = line[..position].strip_prefix(':').filter(|c| !c.contains(char::is_whitespace)) {
            let matching = commands::names().filter(|n| n.starts_with(command));
            return Ok((1, matching.map(|n| Pair { display: format!(":{n}"), replacement: n.to_string() }).collect()));
        }
        if line.starts_with(":l ") || line.starts_with(":load ") {
            return self.files.complete(line, position, context);
        }
        // The expression begins after the command's name.
        let from = if line.starts_with(':') { line.find(char::is_whitespace).map_or(line.len(), |at| at + 1) } else { 0 };
        let found = self.session.complete(&line[from..], position - from, &Control::new(COMPLETION_BUDGET));
        let found = found.unwrap_or_default();
        Ok((from + found.start, found.candidates.into_iter().map(|n| Pair { display: n.clone(), replacement: n }).collect()))
    }
}

pub(crate) fn run(config: ReplConfig) -> i32 {
    match session(config) {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            1
        }
    }
}

fn session(config: ReplConfig) -> rustyline::Result<()> {
    let editor_config = Config::builder().max_history_size(10_000)?.history_ignore_dups(true)?.auto_add_history(false).build();
    let mut editor: Editor<Assistant, FileHistory> = Editor::with_config(editor_config)?;
    (config.install_interrupt)(config.interrupt.clone());
    let history = config.history.clone();
    if let Some(path) = &history
        && let Err(error) = editor.load_history(path)
        && !matches!(&error, ReadlineError::Io(e) if e.kind() == io::ErrorKind::NotFound)
    {
        eprintln!("warning: the history in '{}' cannot be read: {error}", path.display());
    }
    let (mut out, mut err) = (io::stdout(), io::stderr());
    writeln!(out, "nival {}\nType :? for help.", env!("CARGO_PKG_VERSION"))?;
    let mut repl = Repl::new(config);
    repl.start(&mut out, &mut err)?;
    loop {
        editor.set_helper(Some(Assistant { session: Arc::clone(&repl.session), files: FilenameCompleter::new() }));
        let line = match editor.readline(PROMPT) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error),
        };
        editor.set_helper(None);
        if !line.trim().is_empty() && editor.add_history_entry(line.trim_end())? {
            save(&mut editor, history.as_deref());
        }
        if repl.run(&line, true, &mut out, &mut err)? == Step::Quit {
            break;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Adds the newest entry to the file at once, so that a session that dies loses nothing and two sessions share.
fn save(editor: &mut Editor<Assistant, FileHistory>, path: Option<&Path>) {
    let Some(path) = path else { return };
    if let Err(error) = editor.history_mut().append(path) {
        eprintln!("warning: the history in '{}' cannot be written: {error}", path.display());
    }
}
