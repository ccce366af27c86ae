//! What the words of an object are, by its kind:
//!
//! | kind | words |
//! |---|---|
//! | thunk | value, or state; frame (meaningless beside a value or failure) |
//! | application | value, or state; function and arguments, values (likewise) |
//! | frame | enclosing frame or 0; values |
//! | set | shape; values |
//! | layered | 1; address of a set; the same; address of a set or 0; number |
//! | list | length; values |
//! | view | length; address of a slot of a list; address of the list |
//! | string | length; address of a context or 0; bytes |
//! | context, path, number | no addresses |
//! | closure | lambda; frame |
//! | partial | header; values |

use std::sync::atomic::{AtomicU64, Ordering};

use super::Kind;
use super::block::{KIND, extent, load_byte, map_byte};
use crate::value::{
    State, TAG_ATTRS, TAG_BOXED, TAG_CLOSURE, TAG_IMMEDIATE, TAG_INT, TAG_LIST, TAG_MASK, TAG_STRING, ThunkKind, Value, string_len,
};

/// Who is shown what an object refers to.
pub(super) trait Visitor {
    /// A word that is the address of an object of one of these kinds, or 0.
    ///
    /// # Safety
    /// It lies in a live object, and nobody uses it meanwhile but other markers.
    unsafe fn field(&mut self, word: *mut u64, kinds: &'static [Kind]);

    /// Words `from..to` of an object, which are values or 0.
    ///
    /// # Safety
    /// As [`Visitor::field`].
    unsafe fn slots(&mut self, object: *mut u64, from: usize, to: usize);

    /// A list that is the end of another.
    ///
    /// # Safety
    /// As [`Visitor::field`].
    #[inline(always)]
    unsafe fn view(&mut self, object: *mut u64) {
        // SAFETY: by the caller.
        unsafe { self.field(object.add(2), &[Kind::List]) }
    }
}

/// The object that a value refers to, or 0.
#[inline(always)]
pub(super) fn address_in(value: Value) -> usize {
    match value.0 & TAG_MASK {
        TAG_INT | TAG_IMMEDIATE => 0,
        _ => (value.0 & !TAG_MASK) as usize,
    }
}

/// What a value can refer to.
#[inline(always)]
pub(super) fn kinds_of(value: Value) -> &'static [Kind] {
    match value.0 & TAG_MASK {
        0 => &[Kind::Thunk, Kind::Application],
        TAG_ATTRS => &[Kind::Set, Kind::Layered],
        TAG_STRING => &[Kind::String],
        TAG_LIST => &[Kind::List, Kind::View],
        TAG_CLOSURE => &[Kind::Closure],
        TAG_BOXED => &[Kind::Number, Kind::Path, Kind::Partial],
        _ => &[],
    }
}

/// A word that another marker may be shortening.
///
/// # Safety
/// It lies in a live object.
#[inline(always)]
pub(super) unsafe fn load_word(word: *mut u64) -> u64 {
    // SAFETY: by the caller; markers write words by `store_word` alone.
    unsafe { AtomicU64::from_ptr(word) }.load(Ordering::Relaxed)
}

/// # Safety
/// As [`load_word`].
#[inline(always)]
pub(super) unsafe fn store_word(word: *mut u64, value: u64) {
    // SAFETY: as above.
    unsafe { AtomicU64::from_ptr(word) }.store(value, Ordering::Relaxed);
}

/// Bytes of the object at `address`, whose byte in the map is or was `byte`.
///
/// # Safety
/// One begins there, and regions are flushed.
#[inline(always)]
pub(super) unsafe fn size_of(address: usize, byte: u8) -> usize {
    // SAFETY: the map says what lies here; the layouts are those of the table above.
    unsafe {
        let first = || load_word(address as *mut u64) as usize;
        match byte & KIND {
            THUNK | CLOSURE => 16,
            LIST => (8 + first() * 8).next_multiple_of(16),
            VIEW => 32,
            STRING => 16 + string_len(first()).next_multiple_of(16),
            LAYERED => 48,
            _ => extent(address),
        }
    }
}

/// Shows `visitor` what the object at `address` refers to; its size in bytes.
///
/// # Safety
/// A live object begins at `address`, no other thread runs but such as call this too, and regions are flushed.
#[inline(always)]
pub(super) unsafe fn visit(address: usize, visitor: &mut impl Visitor) -> usize {
    let object = address as *mut u64;
    // SAFETY: the map says what lies here; the layouts are those of the table above.
    unsafe {
        let byte = load_byte(map_byte(address));
        let bytes = size_of(address, byte);
        // A value that was found, or nothing to be looked at, or what is given to the code that is to be run.
        let suspended = || {
            let first = load_word(object);
            if first & TAG_MASK != 0 { Some(false) } else { (State(first).kind() != ThunkKind::Failed).then_some(true) }
        };
        match byte & KIND {
            THUNK => match suspended() {
                Some(true) => visitor.field(object.add(1), &[Kind::Frame]),
                Some(false) => visitor.slots(object, 0, 1),
                None => {}
            },
            CLOSURE => visitor.field(object.add(1), &[Kind::Frame]),
            FRAME => {
                visitor.field(object, &[Kind::Frame]);
                visitor.slots(object, 1, bytes / 8);
            }
            SET | PARTIAL => visitor.slots(object, 1, bytes / 8),
            APPLICATION => match suspended() {
                Some(true) => visitor.slots(object, 1, bytes / 8),
                Some(false) => visitor.slots(object, 0, 1),
                None => {}
            },
            LIST => visitor.slots(object, 1, 1 + load_word(object) as usize),
            VIEW => visitor.view(object),
            STRING => visitor.field(object.add(1), &[Kind::Context]),
            LAYERED => (1..4).for_each(|index| visitor.field(object.add(index), &[Kind::Set])),
            _ => {}
        }
        bytes
    }
}

const THUNK: u8 = Kind::Thunk as u8;
const APPLICATION: u8 = Kind::Application as u8;
const FRAME: u8 = Kind::Frame as u8;
const SET: u8 = Kind::Set as u8;
const LAYERED: u8 = Kind::Layered as u8;
const LIST: u8 = Kind::List as u8;
const VIEW: u8 = Kind::View as u8;
const STRING: u8 = Kind::String as u8;
const CLOSURE: u8 = Kind::Closure as u8;
const PARTIAL: u8 = Kind::Partial as u8;
