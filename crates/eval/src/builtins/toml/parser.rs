//! The parser of TOML, which cannot be stopped, but left alone.

use toml::Table;
use toml::de::Error;

use crate::Ctx;
use crate::error::Result;

/// Shorter texts take a millisecond or two.
const SHORT: usize = 64 << 10;

/// Bytes of memory for each byte of text, at most: a list of empty lists takes that.
const MEMORY: usize = 60;

/// What was parsed. A long one is freed by a thread of its own, since that takes as long as reading it.
pub(super) struct Parsed {
    table: Table,
    long: bool,
}

impl std::ops::Deref for Parsed {
    type Target = Table;
    fn deref(&self) -> &Table {
        &self.table
    }
}

impl Drop for Parsed {
    fn drop(&mut self) {
        if self.long {
            let table = std::mem::take(&mut self.table);
            // Where there are no more threads it is freed here.
            let _ = std::thread::Builder::new().spawn(move || drop(table));
        }
    }
}

/// The table of a document, or why it is none.
///
/// # Errors
/// The evaluation was given up or has no memory for it.
pub(super) fn parse(ctx: &mut Ctx<'_>, text: &str) -> Result<Result<Parsed, Error>> {
    if text.len() <= SHORT {
        return Ok(text.parse().map(|table| Parsed { table, long: false }));
    }
    let own = text.to_owned();
    ctx.apart(text.len().saturating_mul(MEMORY), move || own.parse().map(|table| Parsed { table, long: true }))
}
