//! Formatting: by the built-in formatter, of which this gives edits, or by a program that the user chose.

use std::path::Path;
use std::time::{Duration, Instant};

use nival_engine::{CancelToken, Snapshot, Trust};
use nival_fetch::{FetchError, Observer};

pub use nival_fmt::{FormatError, Options as FormatOptions, format_on_type, format_range};
pub use nival_syntax::TextEdit;

/// Edits that format a text, on the lines that differ.
///
/// # Errors
/// The text has syntax errors, among others; cancelled.
pub fn format_document(text: &str, options: &FormatOptions, token: &CancelToken) -> Result<Vec<TextEdit>, FormatError> {
    let new = nival_fmt::format_while(text, options, &|| !token.is_cancelled())?;
    if token.is_cancelled() { Err(FormatError::Cancelled) } else { Ok(nival_fmt::edits(text, &new)) }
}

/// Whether programs that settings name may be started.
pub fn may_run_programs(snapshot: &Snapshot) -> bool {
    snapshot.config().trust == Trust::Trusted
}

/// A formatter that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

struct Waiting<'a> {
    token: &'a CancelToken,
    since: Instant,
}

impl Observer for Waiting<'_> {
    fn is_cancelled(&self) -> bool {
        self.token.is_cancelled() || self.since.elapsed() > PATIENCE
    }
}

/// Edits that make of a text what a program makes of it: it reads the text and writes the formatted one.
///
/// # Errors
/// The program cannot be run, fails, or does not end.
pub fn format_with(
    program: &str,
    arguments: &[String],
    text: &str,
    folder: &Path,
    token: &CancelToken,
) -> Result<Vec<TextEdit>, FetchError> {
    let waiting = Waiting { token, since: Instant::now() };
    let out = nival_fetch::filter(program, arguments, folder, text.as_bytes().to_vec(), &waiting)?;
    let Ok(new) = String::from_utf8(out) else {
        return Err(FetchError::Program { program: program.to_owned(), message: "its output is not UTF-8".to_owned() });
    };
    Ok(nival_fmt::edits(text, &new))
}
