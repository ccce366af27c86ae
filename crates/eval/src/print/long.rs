//! [`Long`]: the text that a printer makes, which may get long.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use crate::Ctx;
use crate::error::Result;
use crate::heap::Pages;
use crate::value::{Context, Value};

/// What is longer than this leaves the buffer that is written to, piece by piece, so that it stays in the processor's cache.
const PIECE: usize = 240 << 10;
/// What a buffer has room for at first: the last part of a piece may make it longer.
const BUFFER: usize = 256 << 10;
/// So many pieces may be on the way to another thread.
const ON_THE_WAY: usize = 1;

/// Nothing, or the bytes of a text up to where it is made: the last of them are in `buffer`.
#[derive(Debug)]
pub(super) struct Long {
    pub buffer: Vec<u8>,
    before: Before,
    /// From this length on pieces leave the buffer.
    piece: usize,
}

/// What has left the buffer.
#[derive(Debug, Default)]
enum Before {
    #[default]
    Nothing,
    Here(Pages),
    Elsewhere(Beside, usize),
}

/// A thread that puts pieces together: to write to memory that was not touched before takes longer than to print. It ends with what
/// sends to it.
#[derive(Debug)]
struct Beside {
    pieces: SyncSender<Vec<u8>>,
    /// Buffers to be used again.
    used: Receiver<Vec<u8>>,
    thread: JoinHandle<Pages>,
}

impl Beside {
    /// `None` where there can be no more threads.
    fn start() -> Option<Beside> {
        let (pieces, come) = sync_channel::<Vec<u8>>(ON_THE_WAY);
        let (back, used) = channel();
        let put_together = move || {
            let mut pages = Pages::default();
            for piece in come {
                pages.append(&piece);
                // Who has given up does not listen any more.
                let _ = back.send(piece);
            }
            pages
        };
        let thread = std::thread::Builder::new().name("text".into()).stack_size(256 << 10).spawn(put_together).ok()?;
        Some(Beside { pieces, used, thread })
    }
}

impl Long {
    /// For a text that becomes a value.
    pub fn for_value() -> Long {
        Long { buffer: Vec::new(), before: Before::Nothing, piece: PIECE }
    }

    /// For a text that is printed.
    pub fn for_output() -> Long {
        Long { piece: usize::MAX, ..Long::for_value() }
    }

    /// How long the text is.
    pub fn len(&self) -> usize {
        let before = match &self.before {
            Before::Nothing => 0,
            Before::Here(pages) => pages.len(),
            Before::Elsewhere(_, len) => *len,
        };
        before + self.buffer.len()
    }

    /// To be called now and then: makes room where the buffer is full.
    #[inline(always)]
    pub fn make_room(&mut self, ctx: &Ctx<'_>) {
        if self.buffer.len() >= self.piece {
            self.flush(ctx);
        }
    }

    #[cold]
    #[inline(never)]
    fn flush(&mut self, ctx: &Ctx<'_>) {
        if let Before::Nothing = self.before {
            let beside = ctx.has_a_processor().then(Beside::start).flatten();
            self.before = beside.map_or_else(|| Before::Here(Pages::default()), |beside| Before::Elsewhere(beside, 0));
        }
        match &mut self.before {
            Before::Elsewhere(beside, len) => {
                *len += self.buffer.len();
                let next = beside.used.try_recv().unwrap_or_else(|_| Vec::with_capacity(BUFFER));
                // The thread listens until this ends.
                let _ = beside.pieces.send(std::mem::replace(&mut self.buffer, next));
            }
            Before::Here(pages) => pages.append(&self.buffer),
            Before::Nothing => {}
        }
        self.buffer.clear();
    }

    /// A text that is printed.
    pub fn into_bytes(self) -> Vec<u8> {
        self.buffer
    }

    /// A text that becomes a value.
    pub fn into_string(self, ctx: &mut Ctx<'_>, context: Context) -> Result<Value> {
        ctx.check_memory(self.len())?;
        let Long { buffer, before, .. } = self;
        let mut pages = match before {
            Before::Nothing => return ctx.string_from(&buffer, context),
            Before::Here(pages) => pages,
            Before::Elsewhere(Beside { pieces, thread, .. }, _) => {
                drop(pieces);
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
        };
        pages.append(&buffer);
        Ok(ctx.string_of_pages(pages, context))
    }
}
