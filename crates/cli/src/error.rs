//! How a command fails, and how that is told.

use std::io::{self, Write as _};

use nival_engine::{RenderOptions, Report, ReportKind, SettingError, displayable, render, suggestion};
use nival_source::{OsSystem, System};

use crate::context::say;
use crate::flags::UsageError;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error("{0}")]
    UnknownCommand(String),
    /// A setting has no such value, or a file of settings cannot be understood.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// Evaluation, building or the store failed. `code` is the exit code.
    #[error("{report}")]
    Report { report: Box<Report>, options: RenderOptions, code: u8 },
    /// What failed was told already; this is the exit code.
    #[error("exit code {0}")]
    Told(u8),
    #[error("{0}")]
    Message(String),
    #[error("writing the output: {0}")]
    Output(#[from] io::Error),
}

impl From<Report> for Failure {
    fn from(report: Report) -> Self {
        // Only the older commands tell how their own builds failed; for builds that evaluation waited for, all do.
        let code = if report.kind == ReportKind::Build { 1 } else { report.exit_code };
        Failure::Report { report: Box::new(report), options: RenderOptions::default(), code }
    }
}

impl Failure {
    pub fn message(text: impl Into<String>) -> Self {
        Failure::Message(text.into())
    }

    pub fn unknown_command<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let hint = suggestion(known, name).map_or_else(String::new, |hint| format!("\n       {hint}"));
        Failure::UnknownCommand(format!("'{name}' is not a recognised command{hint}"))
    }

    /// The same failure with how to render it.
    pub fn rendered(self, options: RenderOptions) -> Self {
        match self {
            Failure::Report { report, code, .. } => Failure::Report { report, options, code },
            other => other,
        }
    }

    /// The same failure after its report, if it has one, was written to standard error.
    pub fn told(self) -> Self {
        match self {
            Failure::Report { report, options, code } => {
                let text = render(&report, &|path| OsSystem.read_file(path).ok().map(|bytes| displayable(&bytes).into()), options);
                let _ = write!(io::stderr().lock(), "{text}");
                Failure::Told(code)
            }
            other => other,
        }
    }

    /// Writes the failure to standard error; the exit code.
    pub fn tell(self, program: &str) -> u8 {
        match self.told() {
            Failure::Told(code) => code,
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 1,
            other @ Failure::Setting(SettingError::MissingInclude { .. } | SettingError::IncludeCycle { .. }) => {
                say(format_args!("error: {other}"));
                1
            }
            usage @ (Failure::Usage(_) | Failure::UnknownCommand(_) | Failure::Setting(_)) => {
                say(format_args!("error: {usage}\nTry '{program} --help' for more information."));
                1
            }
            other => {
                say(format_args!("error: {other}"));
                1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_commands_are_suggested() {
        let text = Failure::unknown_command("evl", ["eval", "build"].into_iter()).to_string();
        assert_eq!(text, "'evl' is not a recognised command\n       Did you mean eval?");
    }
}
