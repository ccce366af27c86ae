//! The formatter: the style of RFC 166, byte for byte as nixfmt 1.4 writes it.
//!
//! [`format`] is for whole files, [`format_range`] for selections, [`format_on_type`] for what is being typed, and
//! [`format_fragment`] for code that is about to be inserted (`format_fragment("{a=1;}", Fragment::Expr, 4, &options)`: lines
//! below the first one are indented by 4). [`edits`] tells an editor only of the lines that differ.
//!
//! # Architecture invariants
//! - The formatted text is the same program with the same comments, or there is none: each result is parsed and compared
//!   ([`verify`]) before it is given out. A text with syntax errors is not touched.
//! - Formatting twice is formatting once, but for what has a `{ a, b }:` that does not fit on a line, as in nixfmt ([`format_twice`]
//!   finds out).
//! - Nothing is read but the text; this crate knows no files and no editors.
//! - Time grows with the length of the text, and the result is at most 64 times as long.
//! - Recursion over the tree takes more stack when it needs it.
//!
//! # Where to start
//! `lexeme.rs` gives each token its comments, `write/` makes a document of groups (`doc.rs`) of the tree, `settle.rs` merges
//! spacings in it and moves them out of groups, `render.rs` decides which groups are broken into lines.
//!
//! # What differs from nixfmt
//! - A comment behind something gets one more space wherever it would be read as one of the line below next time. nixfmt looks
//!   for this where levels are two columns and strings have one line.
//! - A comment between `{ a }:` and the body puts the body on its own line at once, not only when formatted again.
//! - What Nix does not accept (integers of more than 64 bits, …) is an error.
//! - Where one priority group after the other would have to be tried for too long (hostile texts), all are broken.
//!
//! # Speed
//! The 18,383 files (47 MB) of nixpkgs 20.09 take 1.5 s of one core in user mode and 0.5 s in the kernel, reading the files and
//! comparing each result included (`examples/format.rs --check`); nixfmt-rs 0.5.3 takes 2.7 s and 1.0 s in the same run. Time is
//! spread evenly: parsing twice a third, lexemes, document, settling and rendering about a tenth each.

mod comment;
mod doc;
mod edits;
mod lexeme;
mod on_type;
mod range;
mod render;
mod settle;
pub mod verify;
mod write;

use nival_syntax::{SyntaxError, flat};

pub use edits::edits;
pub use on_type::format_on_type;
pub use range::{Fragment, format_fragment, format_range, indentation, line_edits, starts_line};
use verify::Difference;

/// How texts are formatted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Characters of a line, without its indentation.
    pub width: u32,
    /// Spaces of a level.
    pub indent: u32,
    /// Forget how the input was laid out: which brackets stood on different lines.
    pub strict: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { width: 100, indent: 2, strict: false }
    }
}

impl Options {
    fn layout(&self, input: usize) -> render::Layout {
        render::Layout { width: self.width, indent: self.indent, max_bytes: input.saturating_mul(64).saturating_add(1 << 20) }
    }
}

/// Why a text is not formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It does not parse.
    #[error("{0}")]
    Syntax(SyntaxError),
    /// The result would not have been the same program, or not have had the same comments: an error of the formatter.
    #[error("not formatted: the result would say something else ({0:?}), which is a bug in the formatter")]
    Changed(Difference),
    /// The result is much longer than the text; only made-up texts get there.
    #[error("not formatted: the result would be too long")]
    TooLong,
    /// Nobody wants the result any more, see [`format_while`].
    #[error("not formatted: cancelled")]
    Cancelled,
    /// Formatting the result once more changes it: an error of the formatter, see [`format_twice`].
    #[error("not formatted: the result would change when formatted again, which is a bug in the formatter")]
    Unstable,
}

/// Texts above this are refused: positions of texts have 32 bits.
const MAX_BYTES: usize = 1 << 30;

/// Formats a whole file.
///
/// # Errors
/// See [`FormatError`].
pub fn format(text: &str, options: &Options) -> Result<String, FormatError> {
    format_while(text, options, &|| true)
}

/// Formats a whole file while the result is wanted; that is asked between the steps, each of which takes some 0.1 s of 5 MB.
///
/// # Errors
/// See [`FormatError`].
pub fn format_while(text: &str, options: &Options, is_wanted: &dyn Fn() -> bool) -> Result<String, FormatError> {
    let check = || if is_wanted() { Ok(()) } else { Err(FormatError::Cancelled) };
    if text.len() > MAX_BYTES {
        return Err(FormatError::TooLong);
    }
    check()?;
    let tree = flat::parse(text.as_bytes());
    if let Some(error) = tree.errors().first() {
        return Err(FormatError::Syntax(error.clone()));
    }
    check()?;
    let written = write::write(&tree, text, options.strict);
    check()?;
    let mut doc = settle::settle(&written.doc);
    check()?;
    let mut out = render::render(&mut doc, &written.texts, options.layout(text.len())).map_err(|_| FormatError::TooLong)?;
    let start = out.len() - out.trim_start().len();
    out.drain(..start);
    if !written.verbatim_end {
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    check()?;
    if out != text
        && let Some(difference) = verify::difference(&tree, &flat::parse(out.as_bytes()))
    {
        return Err(FormatError::Changed(difference));
    }
    Ok(out)
}

/// Formats a whole file, and the result again to see that nothing changes any more.
///
/// # Errors
/// See [`FormatError`].
pub fn format_twice(text: &str, options: &Options) -> Result<String, FormatError> {
    let once = format(text, options)?;
    if format(&once, options)? == once { Ok(once) } else { Err(FormatError::Unstable) }
}
