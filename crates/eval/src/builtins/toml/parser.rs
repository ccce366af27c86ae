//! The parser of TOML, which cannot be stopped, but left alone.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use toml::Table;
use toml::de::Error;

use crate::Ctx;
use crate::error::{EvalError, Result};

/// Shorter texts take a millisecond or two.
const SHORT: usize = 64 << 10;

/// How often it is looked whether the evaluation goes on.
const LOOK: Duration = Duration::from_millis(5);

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
    let memory = text.len().saturating_mul(MEMORY);
    ctx.check_memory(memory)?;
    let (sender, result) = channel();
    let own = text.to_owned();
    let spawned = std::thread::Builder::new().name("nival-toml".to_owned()).spawn(move || {
        let table = own.parse().map(|table| Parsed { table, long: true });
        // Who has given up does not listen any more.
        let _ = sender.send(table);
    });
    spawned.map_err(|error| EvalError::other(format!("cannot start a thread to parse TOML: {error}")))?;
    loop {
        match result.recv_timeout(LOOK) {
            Ok(parsed) => return Ok(parsed),
            Err(RecvTimeoutError::Timeout) => ctx.interrupted_with(memory)?,
            Err(RecvTimeoutError::Disconnected) => return Err(EvalError::other("while parsing TOML: the parser has failed")),
        }
    }
}
