//! `nival fmt`, and `nixfmt`: formats files, folders and standard input.
//!
//! The flags, what is said and the exit codes are those of nixfmt 1.4, but that folders are walked by several threads and hidden
//! ones left out.

mod files;
mod mergetool;
mod walk;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use nival_fmt::{FormatError, format, format_twice};
use nival_syntax::{ColumnEncoding, LineIndex};

use crate::commands::{Command, Ended};
use crate::context::say;
use crate::error::Failure;
use crate::flags::{self, Flag, UsageError, flag};

pub const COMMAND: Command = Command {
    name: "fmt",
    summary: "format Nix code in the style of RFC 166, as nixfmt does",
    usage: "[--check] [FILE | FOLDER | -]…",
    run,
    flags: || flags::help(&[&own_flags()]),
};

/// The version of nixfmt whose output is the same.
pub const NIXFMT_VERSION: &str = "1.4.0";

#[derive(Debug, Default)]
struct Options {
    style: nival_fmt::Options,
    check: bool,
    quiet: bool,
    verify: bool,
    mergetool: bool,
    filename: Option<String>,
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![
        flag("width", Some('w'), &["N"], "characters of a line, without its indentation (100)", |o, v| {
            o.style.width = number(&v[0], u32::MAX)?;
            Ok(())
        }),
        flag("indent", None, &["N"], "spaces of a level (2)", |o, v| {
            o.style.indent = number(&v[0], MAX_INDENT)?;
            Ok(())
        }),
        flag("check", Some('c'), &[], "change nothing; exit with 1 if something would be changed", |o, _| {
            o.check = true;
            Ok(())
        }),
        flag("strict", Some('s'), &[], "let the layout of the input count less", |o, _| {
            o.style.strict = true;
            Ok(())
        }),
        flag("verify", Some('v'), &[], "format each result again, and refuse those that would change", |o, _| {
            o.verify = true;
            Ok(())
        }),
        flag("quiet", Some('q'), &[], "report no errors", |o, _| {
            o.quiet = true;
            Ok(())
        }),
        flag("filename", Some('f'), &["NAME"], "what standard input is called in messages", |o, v| {
            o.filename = Some(v[0].clone());
            Ok(())
        }),
        flag("mergetool", Some('m'), &[], "merge BASE LOCAL REMOTE MERGED as a tool of git, formatted before and after", |o, _| {
            o.mergetool = true;
            Ok(())
        }),
    ]
}

const MAX_INDENT: u32 = 16;

fn number(text: &str, most: u32) -> Result<u32, String> {
    text.parse().ok().filter(|number| *number <= most).ok_or_else(|| format!("'{text}' is not a number up to {most}"))
}

/// A file that is not formatted, or not to be formatted: what is said about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Complaint {
    path: PathBuf,
    message: String,
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let mut options = Options::default();
    let rest = flags::parse(split_values(args), &[&own_flags()], &mut options)?;
    if rest.help || rest.version {
        return Ok(if rest.help { Ended::Help } else { Ended::Version });
    }
    let complaints = match &rest.positional[..] {
        files if options.mergetool => mergetool::run(&options, files)?,
        [] if options.filename.is_none() && std::io::stdin().is_terminal() => {
            return Err(UsageError::Other("name files or folders, or '-' for standard input".to_owned()).into());
        }
        [] => standard_input(&options)?,
        [only] if only == "-" => standard_input(&options)?,
        paths => walk::run(paths.iter().map(PathBuf::from).collect(), &|path| files::one(&options, path)),
    };
    if !options.quiet {
        for complaint in &complaints {
            say(format_args!("{}", complaint.message));
        }
    }
    Ok(Ended::Code(u8::from(!complaints.is_empty())))
}

/// `--width=80` as `--width 80`, which nixfmt's users write.
fn split_values(args: Vec<OsString>) -> Vec<OsString> {
    let mut split = Vec::with_capacity(args.len());
    let mut over = false;
    for arg in args {
        over |= arg == "--";
        match arg.to_str().and_then(|text| text.split_once('=')).filter(|(name, _)| !over && name.starts_with("--")) {
            Some((name, value)) => split.extend([name.into(), value.into()]),
            None => split.push(arg),
        }
    }
    split
}

fn standard_input(options: &Options) -> Result<Vec<Complaint>, Failure> {
    let name = PathBuf::from(options.filename.as_deref().unwrap_or("<stdin>"));
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let Ok(text) = String::from_utf8(bytes) else { return Ok(vec![not_utf8(&name)]) };
    match formatted(options, &name, &text) {
        Err(complaint) => Ok(vec![complaint]),
        Ok(new) if options.check => Ok(if new == text { Vec::new() } else { vec![not_formatted(&name)] }),
        Ok(new) => {
            let mut out = std::io::stdout().lock();
            out.write_all(new.as_bytes())?;
            out.flush()?;
            Ok(Vec::new())
        }
    }
}

fn complaint(path: &Path, what: impl std::fmt::Display) -> Complaint {
    Complaint { path: path.to_owned(), message: format!("{}: {what}", path.display()) }
}

fn not_utf8(path: &Path) -> Complaint {
    complaint(path, "not UTF-8")
}

fn not_formatted(path: &Path) -> Complaint {
    complaint(path, "not formatted")
}

/// The text, formatted.
fn formatted(options: &Options, path: &Path, text: &str) -> Result<String, Complaint> {
    let result = if options.verify { format_twice(text, &options.style) } else { format(text, &options.style) };
    result.map_err(|error| match error {
        FormatError::Syntax(error) => {
            let place = LineIndex::new(text.as_bytes()).encoded_line_col(text.as_bytes(), error.range.start(), ColumnEncoding::Utf32);
            let hint = error.hint.map_or_else(String::new, |hint| format!(" ({hint})"));
            Complaint { path: path.to_owned(), message: format!("{}:{}:{}: {error}{hint}", path.display(), place.line + 1, place.col + 1) }
        }
        other => complaint(path, other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_follow_an_equals_sign() {
        let args = ["--width=80", "a=b", "--", "--c=d"].map(OsString::from).to_vec();
        assert_eq!(split_values(args), ["--width", "80", "a=b", "--", "--c=d"].map(OsString::from));
        assert_eq!(number("17", MAX_INDENT), Err("'17' is not a number up to 16".to_owned()));
    }
}
