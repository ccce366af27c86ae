//! `nival lint`: the diagnostics of texts, for people and for continuous integration.

mod formats;
mod places;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use nival_lint::{Diagnostic, Level, LintSettings, Severity, check_text, fix, rules};

use self::formats::Format;
use super::{Command, Ended, Read, help, read};
use crate::context::say;
use crate::error::Failure;
use crate::flags::{Flag, UsageError, flag};
use crate::options::{Common, HasCommon};

pub const COMMAND: Command = Command {
    name: "lint",
    summary: "tell what is wrong or doubtful in Nix files, by their text alone",
    usage: "[OPTION…] [FILE | FOLDER]…",
    run,
    flags: || help(&[&own_flags()]),
};

/// Exit codes: nothing found; something that must be mended; the command line makes no sense.
const CLEAN: u8 = 0;
const FOUND: u8 = 1;
const USAGE: u8 = 2;

#[derive(Default)]
struct Options {
    common: Common,
    lint: LintSettings,
    fix: bool,
    format: Format,
    deny_warnings: bool,
    hints: bool,
}

impl HasCommon for Options {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

/// A rule that somebody names on the command line.
fn named(name: &str) -> Result<&str, String> {
    if rules::is_known(name) { Ok(name) } else { Err(format!("there is no rule '{name}'")) }
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![
        flag("fix", None, &[], "make all fixes that keep the meaning, in the files", |o, _| {
            o.fix = true;
            Ok(())
        }),
        flag("hints", None, &[], "tell hints, too", |o, _| {
            o.hints = true;
            Ok(())
        }),
        flag("deny-warnings", None, &[], "let warnings fail the command", |o, _| {
            o.deny_warnings = true;
            Ok(())
        }),
        flag("format", None, &["FORMAT"], "text, json, sarif or github", |o, v| {
            o.format = Format::parse(&v[0]).ok_or_else(|| format!("'{}' is no format: text, json, sarif or github", v[0]))?;
            Ok(())
        }),
        flag("json", None, &[], "the same as --format json", |o, _| {
            o.format = Format::Json;
            Ok(())
        }),
        flag("sarif", None, &[], "the same as --format sarif", |o, _| {
            o.format = Format::Sarif;
            Ok(())
        }),
        flag("ignore", None, &["RULE"], "leave a rule out", |o, v| {
            o.lint.set(named(&v[0])?, Level::Off);
            Ok(())
        }),
        flag("severity", None, &["RULE", "LEVEL"], "off, hint, information, warning or error", |o, v| {
            let level = Level::parse(&v[1]).ok_or_else(|| format!("'{}' is no severity", v[1]))?;
            o.lint.set(named(&v[0])?, level);
            Ok(())
        }),
        flag("exclude", None, &["PATTERN"], "leave files and folders out; * is any part of a name, ** any folders", |o, v| {
            o.lint.exclude(&*v[0]);
            Ok(())
        }),
    ]
}

/// A file and what was found in it.
pub(super) struct Checked {
    /// As it was named, or found below what was named.
    path: PathBuf,
    text: String,
    found: Vec<Diagnostic>,
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let (options, paths) = match read::<Options>(args, &[&own_flags()]) {
        Ok(Read::Run(options, positional)) => (options, positional),
        Ok(Read::Ended(ended)) => return Ok(ended),
        Err(usage @ Failure::Usage(_)) => {
            usage.tell("nival lint");
            return Ok(Ended::Code(USAGE));
        }
        Err(other) => return Err(other),
    };
    let paths = if paths.is_empty() { vec![".".to_owned()] } else { paths };
    let mut files = Vec::new();
    for path in &paths {
        let path = Path::new(path);
        if std::fs::symlink_metadata(path).is_err() {
            Failure::from(UsageError::Other(format!("'{}' does not exist", path.display()))).tell("nival lint");
            return Ok(Ended::Code(USAGE));
        }
        collect(path, true, &options, &mut files);
    }
    files.sort();
    files.dedup();
    let (checked, unreadable) = check_all(&files, &options);
    for (path, error) in &unreadable {
        say(format_args!("error: {}: {error}", path.display()));
    }
    let mut out = std::io::stdout().lock();
    out.write_all(options.format.render(&checked).as_bytes())?;
    out.flush()?;
    let worst = checked.iter().flat_map(|file| &file.found).map(|found| found.severity).min();
    let fails = worst.is_some_and(|worst| worst == Severity::Error || (options.deny_warnings && worst == Severity::Warning));
    Ok(Ended::Code(if fails || !unreadable.is_empty() { FOUND } else { CLEAN }))
}

/// Files of Nix below a path; what is named itself is taken whatever it is called. Links and hidden folders are passed over.
fn collect(path: &Path, named: bool, options: &Options, files: &mut Vec<PathBuf>) {
    let plain = path.strip_prefix(".").unwrap_or(path);
    if options.lint.is_excluded(plain, &[PathBuf::from(".")]) {
        return;
    }
    let Ok(metadata) = (if named { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) }) else { return };
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    if metadata.is_dir() && (named || !hidden) {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), false, options, files);
        }
    } else if metadata.is_file() && (named || path.extension().is_some_and(|extension| extension == "nix")) {
        files.push(plain.to_owned());
    }
}

type Unreadable = Vec<(PathBuf, std::io::Error)>;

/// Checks files on all processors, and mends them if that is asked for. In the order of the files.
fn check_all(files: &[PathBuf], options: &Options) -> (Vec<Checked>, Unreadable) {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Checked, std::io::Error>)>> = Mutex::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, path)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, files.get(at)?))) {
                    let checked = check(path, options);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, checked));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    let (mut checked, mut unreadable) = (Vec::new(), Vec::new());
    for (index, result) in done {
        match (result, files.get(index)) {
            (Ok(file), _) => checked.push(file),
            (Err(error), Some(path)) => unreadable.push((path.clone(), error)),
            (Err(_), None) => {}
        }
    }
    (checked, unreadable)
}

fn check(path: &Path, options: &Options) -> Result<Checked, std::io::Error> {
    let bytes = std::fs::read(path)?;
    // What is not UTF-8 is looked at as editors show it, and never written.
    let (mut text, sound) = match String::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
    };
    let choose = |found: Vec<Diagnostic>| {
        let mut found = options.lint.choose(found, rules::rule);
        found.retain(|found| options.hints || found.severity != Severity::Hint);
        found
    };
    if options.fix
        && sound
        && let Some(fixed) = fix::fix_all(&text, choose)
    {
        write(path, &fixed)?;
        text = fixed;
    }
    let found = choose(check_text(text.as_bytes()));
    Ok(Checked { path: path.to_owned(), text, found })
}

/// Replaces a file in one step, with its permissions: a crash leaves the old text or the new one.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    let permissions = std::fs::metadata(&path)?.permissions();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = std::fs::write(&beside, text)
        .and_then(|()| std::fs::set_permissions(&beside, permissions))
        .and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}
