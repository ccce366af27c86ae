//! The flag grammar of the `nix` commands: a table of [`Flag`]s per command, one parser for all.
//!
//! Long flags are `--name VALUE…` (never `--name=VALUE`), short ones may be run together (`-vvv`), `--` ends flags,
//! and flags and positional arguments mix freely.

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
    #[error("flag '{flag}': {problem}")]
    BadValue { flag: String, problem: String },
    #[error("{0}")]
    Other(String),
}

/// One flag of a command whose options are collected in `T`.
pub struct Flag<T> {
    pub long: &'static str,
    pub short: Option<char>,
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
    Flag { long, short, values, help, apply }
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
    let mut args = args.into_iter().map(|a| a.to_string_lossy().into_owned()).peekable();
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
            // `-I/some/path` is the one short flag that real scripts write with its value attached.
            if let Some(value) = arg.strip_prefix("-I").filter(|v| !v.is_empty()) {
                let found = tables.iter().flat_map(|t| t.iter()).find(|f| f.short == Some('I'));
                apply(found, "-I", &mut std::iter::once(value.to_string()), options)?;
                continue;
            }
            for short in arg[1..].chars() {
                let found = tables.iter().flat_map(|t| t.iter()).find(|f| f.short == Some(short));
                apply(found, &format!("-{short}"), &mut args, options)?;
            }
        }
    }
    Ok(rest)
}

fn apply<T>(found: Option<&Flag<T>>, shown: &str, args: &mut dyn Iterator<Item = String>, options: &mut T) -> Result<(), UsageError> {
    let flag = found.ok_or_else(|| UsageError::UnknownFlag(shown.to_string()))?;
    let values: Vec<String> = args.take(flag.values.len()).collect();
    if values.len() < flag.values.len() {
        return Err(UsageError::MissingValue { flag: shown.to_string(), want: flag.values.len(), got: values.len() });
    }
    (flag.apply)(options, &values).map_err(|problem| UsageError::BadValue { flag: shown.to_string(), problem })
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
        let (options, rest) = run("a -vv --arg x 1 b -Ifoo -I bar -- --c -").unwrap();
        assert_eq!(options.verbose, 2);
        assert_eq!(options.pairs, [("x".to_string(), "1".to_string())]);
        assert_eq!(options.path, ["foo", "bar"]);
        assert_eq!(rest.positional, ["a", "b", "--c", "-"]);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(run("--nope").unwrap_err().to_string(), "unrecognised flag '--nope'");
        assert_eq!(run("-q").unwrap_err().to_string(), "unrecognised flag '-q'");
        assert_eq!(run("--arg x").unwrap_err().to_string(), "flag '--arg' requires 2 argument(s), but only 1 were given");
    }
}
