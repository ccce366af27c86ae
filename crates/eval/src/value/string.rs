//! [`Str`]: bytes with a context. Object: `len` and what the bytes are as a name, context object address or 0, bytes.

use std::sync::atomic::{AtomicU64, Ordering};

use nival_syntax::Name;

use super::{Context, TAG_STRING, Value};
use crate::heap::{Kind, Pages, Region};

/// The rest of a string that is being made, which nobody else reads until it is published.
pub(crate) struct Unwritten {
    start: *mut u8,
    len: usize,
}

impl Unwritten {
    /// Writes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.len);
        // SAFETY: `start` has room for `len` bytes, by the check at least as many as are copied; they are in a fresh object,
        // where `bytes` cannot lie.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start, bytes.len());
            self.start = self.start.add(bytes.len());
        }
        self.len -= bytes.len();
    }
}

/// No evaluator has room for a string of more than 2 to the power of this bytes.
const LEN_BITS: u32 = 40;

/// The length in the first word of a string, which may have a name besides.
#[inline(always)]
pub(crate) fn string_len(head: usize) -> usize {
    head & ((1 << LEN_BITS) - 1)
}

/// A string value. Strings are bytes, usually UTF-8.
#[derive(Clone, Copy)]
pub struct Str(u64);

impl Str {
    #[inline(always)]
    pub(crate) fn from_word(word: u64) -> Str {
        Str(word & !7)
    }

    pub(crate) fn alloc(region: &mut Region, parts: &[&[u8]], context: Context) -> Value {
        let len: usize = parts.iter().map(|p| p.len()).sum();
        let object = region.alloc(Kind::String, 2 + len.div_ceil(8));
        // SAFETY: the object has two words and room for `len` bytes, all freshly allocated.
        unsafe {
            *object = len as u64;
            *object.add(1) = context.word();
            let mut at = object.add(2).cast::<u8>();
            for part in parts {
                std::ptr::copy_nonoverlapping(part.as_ptr(), at, part.len());
                at = at.add(part.len());
            }
        }
        Value(object as u64 | TAG_STRING)
    }

    /// A string of `len` bytes that are to be written before anybody sees it.
    pub(crate) fn alloc_unwritten(region: &mut Region, len: usize, context: Context) -> (Value, Unwritten) {
        let object = region.alloc(Kind::String, 2 + len.div_ceil(8));
        // SAFETY: the object has two words and room for `len` bytes, all freshly allocated and zero.
        let start = unsafe {
            *object = len as u64;
            *object.add(1) = context.word();
            object.add(2).cast::<u8>()
        };
        (Value(object as u64 | TAG_STRING), Unwritten { start, len })
    }

    /// Length in the lower bits; above, 0 or the number of the name with these bytes.
    #[inline(always)]
    fn head(self) -> &'static AtomicU64 {
        // SAFETY: by construction the address of a string object, of at least two words.
        unsafe { &*(self.0 as *const AtomicU64) }
    }

    /// The name with these bytes, if somebody asked for it before: to find it looks at three other places in memory.
    #[inline(always)]
    pub(crate) fn known_name(self) -> Option<Name> {
        Name::from_number((self.head().load(Ordering::Relaxed) >> LEN_BITS) as u32)
    }

    /// `name` has these bytes.
    #[inline]
    pub(crate) fn remember_name(self, name: Name) {
        let number = u64::from(name.number());
        if number >> (64 - LEN_BITS) == 0 {
            // Whoever else writes it writes the same.
            self.head().store(number << LEN_BITS | self.bytes().len() as u64, Ordering::Relaxed);
        }
    }

    /// A string of a text that lies in memory of its own.
    pub(crate) fn of_pages(region: &mut Region, pages: Pages, context: Context) -> Value {
        let len = pages.len();
        let object = region.alloc_pages(Kind::String, pages);
        // SAFETY: the object has two words, and behind them the text.
        unsafe {
            *object = len as u64;
            *object.add(1) = context.word();
        }
        Value(object as u64 | TAG_STRING)
    }

    #[inline(always)]
    pub fn bytes(self) -> &'static [u8] {
        let len = string_len(self.head().load(Ordering::Relaxed) as usize);
        // SAFETY: by construction the address of a string object.
        unsafe { std::slice::from_raw_parts((self.0 as *const u64).add(2).cast::<u8>(), len) }
    }

    /// The text, with U+FFFD in place of bytes that are not UTF-8.
    pub fn to_str(self) -> std::borrow::Cow<'static, str> {
        match str::from_utf8(self.bytes()) {
            Ok(text) => text.into(),
            // Slower for long texts.
            Err(_) => String::from_utf8_lossy(self.bytes()),
        }
    }

    #[inline(always)]
    pub fn context(self) -> Context {
        // SAFETY: by construction the address of a string object.
        Context::from_word(unsafe { *(self.0 as *const u64).add(1) })
    }

    #[inline(always)]
    pub fn value(self) -> Value {
        Value(self.0 | TAG_STRING)
    }
}

impl std::fmt::Debug for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.to_str())
    }
}
