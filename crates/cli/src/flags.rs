//! The flag grammar of the `nix` commands: a table of [`Flag`]s per command, one parser for all.
//!
//! Long flags are `--name VALUE…` (never `--name=VALUE`), short ones may be run together (`-vvv`), `--` ends flags,
//! and flags and positional arguments mix freely.

use std::borrow::Cow;
use std::ffi::OsString;

/// What is wrong with a command line. Printed as `error: …` with the hint to `--help` below it; exit code 1.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UsageError {
    #[error("unrecognised flag '{0}'")]
    UnknownFlag(String),
    #[error("flag '{flag}' requires {want} argument(s), but only {got} were given")]
    MissingValue { flag: String, want: usize, got: usize },
    #[error("unexpected argument '{0}'")]
    UnexpectedArgument(String),
    #[error("{0}")]
    Other(String),
}

/// One flag of a command whose options are collected in `T`.
pub struct Flag<T> {
    pub long: Cow<'static, str>,
    pub short: Option<char>,
    /// What `apply` is given before the values of the command line.
    pub given: Vec<String>,
    /// Names of the values it takes, for `--help`; their number is the number of values.
    pub values: &'static [&'static str],
    pub help: &'static str,
    pub apply: fn(&mut T, &[String]) -> Result<(), String>,
}

/// Shorthand for a row of a flag table.
pub const fn flag<T>(
    long: &'static str,
    short: Option<char>,
    values: &'static [&'static str],
    help: &'static str,
    apply: fn(&mut T, &[String]) -> Result<(), String>,
) -> Flag<T> {
    Flag { long: Cow::Borrowed(long), short, given: Vec::new(), values, help, apply }
}

/// What a command line holds beside its flags.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rest {
    pub positional: Vec<String>,
    pub help: bool,
    pub version: bool,
}

/// Applies every flag of `args` to `options`, looking it up in the tables in order.
pub fn parse<T>(args: impl IntoIterator<Item = OsString>, tables: &[&[Flag<T>]], options: &mut T) -> Result<Rest, UsageError> {
    let mut rest = Rest::default();
    // An argument is code, a name or a path that code knows: read as another text than it is it would mean something else.
    let text = |arg: OsString| arg.into_string().map_err(|arg| UsageError::Other(format!("the argument {arg:?} is not UTF-8")));
    let args = args.into_iter().map(text).collect::<Result<Vec<String>, UsageError>>()?;
    let mut args = args.into_iter().peekable();
    let mut flags_over = false;
    while let Some(arg) = args.next() {
        if flags_over || arg == "-" || !arg.starts_with('-') {
            rest.positional.push(arg);
        } else if arg == "--" {
            flags_over = true;
        } else if arg == "--help" || arg == "-h" {
            rest.help = true;
        } else if arg == "--version" {
            rest.version = true;
        } else if let Some(long) = arg.strip_prefix("--") {
            let found = tables.iter().flat_map(|t| t.iter()).find(|f| f.long == long);
            apply(found, &arg, &mut args, options)?;
        } else {
            let mut shorts = arg.chars();
            shorts.next();
            while let Some(short) = shorts.next() {
                let found = tables.iter().flat_map(|t| t.iter()).find(|f| f.short == Some(short));
                // `-I/some/path`, `-j4`: the value may be attached.
                let attached = found.is_some_and(|f| !f.values.is_empty()).then(|| shorts.as_str().to_owned()).filter(|v| !v.is_empty());
                let done = attached.is_some();
                apply(found, &format!("-{short}"), &mut attached.into_iter().chain(args.by_ref()), options)?;
                if done {
                    break;
                }
            }
        }
    }
    Ok(rest)
}

fn apply<T>(found: Option<&Flag<T>>, shown: &str, args: &mut dyn Iterator<Item = String>, options: &mut T) -> Result<(), UsageError> {
    let flag = found.ok_or_else(|| UsageError::UnknownFlag(shown.to_string()))?;
    let mut values = flag.given.clone();
    values.extend(args.take(flag.values.len()));
    let got = values.len() - flag.given.len();
    if got < flag.values.len() {
        return Err(UsageError::MissingValue { flag: shown.to_string(), want: flag.values.len(), got });
    }
    (flag.apply)(options, &values).map_err(UsageError::Other)
}

/// How many of the arguments are flags of these tables with their values, counted from the first one.
pub fn leading<T>(args: &[OsString], tables: &[&[Flag<T>]]) -> usize {
    let mut at = 0;
    while let Some(arg) = args.get(at).map(|arg| arg.to_string_lossy()) {
        let find = |found: &dyn Fn(&Flag<T>) -> bool| tables.iter().flat_map(|table| table.iter()).find(|flag| found(flag));
        let mut shorts = arg.strip_prefix('-').unwrap_or_default().chars();
        let flag = match (arg.strip_prefix("--"), shorts.next(), shorts.next()) {
            (Some(long), _, _) => find(&|flag| flag.long == long),
            (None, Some(short), None) => find(&|flag| flag.short == Some(short)),
            _ => None,
        };
        match flag {
            Some(flag) => at += 1 + flag.values.len(),
            None => break,
        }
    }
    at.min(args.len())
}

/// The "Options" part of `--help`.
pub fn help<T>(tables: &[&[Flag<T>]]) -> String {
    let mut text = String::new();
    for flag in tables.iter().flat_map(|t| t.iter()) {
        let mut left = String::from("  ");
        if let Some(short) = flag.short {
            left += &format!("-{short}, ");
        }
        left += &format!("--{}", flag.long);
        for value in flag.values {
            left += &format!(" {value}");
        }
        text += &format!("{left:<44} {}\n", flag.help);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Options {
        verbose: u32,
        pairs: Vec<(String, String)>,
        path: Vec<String>,
    }

    const TABLE: &[Flag<Options>] = &[
        flag("verbose", Some('v'), &[], "say more", |o, _| {
            o.verbose += 1;
            Ok(())
        }),
        flag("arg", None, &["NAME", "EXPR"], "an argument", |o, v| {
            o.pairs.push((v[0].clone(), v[1].clone()));
            Ok(())
        }),
        flag("include", Some('I'), &["PATH"], "search path", |o, v| {
            o.path.push(v[0].clone());
            Ok(())
        }),
    ];

    fn run(line: &str) -> Result<(Options, Rest), UsageError> {
        let mut options = Options::default();
        let rest = parse(line.split_whitespace().map(OsString::from), &[TABLE], &mut options)?;
        Ok((options, rest))
    }

    #[test]
    fn flags_and_positionals_mix() {
        let (options, rest) = run("a -vv --arg x 1 b -Ifoo -vI bar -- --c -").unwrap();
        assert_eq!(options.verbose, 3);
        assert_eq!(options.pairs, [("x".to_string(), "1".to_string())]);
        assert_eq!(options.path, ["foo", "bar"]);
        assert_eq!(rest.positional, ["a", "b", "--c", "-"]);
    }

    #[test]
    fn flags_before_a_command() {
        let count = |line: &str| leading(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>(), &[TABLE]);
        assert_eq!((count("-v --arg x 1 eval -v"), count("eval"), count("--nope"), count("--arg x"), count("")), (4, 0, 0, 2, 0));
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(run("--nope").unwrap_err().to_string(), "unrecognised flag '--nope'");
        assert_eq!(run("-q").unwrap_err().to_string(), "unrecognised flag '-q'");
        assert_eq!(run("--arg x").unwrap_err().to_string(), "flag '--arg' requires 2 argument(s), but only 1 were given");
    }
}
