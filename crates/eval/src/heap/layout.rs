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

use super::Kind;
use super::block::{KIND, extent, map_byte};
use crate::value::{State, TAG_ATTRS, TAG_BOXED, TAG_CLOSURE, TAG_IMMEDIATE, TAG_INT, TAG_LIST, TAG_MASK, TAG_STRING, ThunkKind, Value};

/// Who is shown what an object refers to.
pub(super) trait Visitor {
    /// The address of an object of one of these kinds, or 0.
    fn object(&mut self, address: usize, kinds: &'static [Kind]);

    /// Words `from..to` of an object, which are values or 0.
    ///
    /// # Safety
    /// They lie in a live object, and nobody else uses them meanwhile.
    unsafe fn slots(&mut self, object: *mut u64, from: usize, to: usize);

    #[inline(always)]
    fn value(&mut self, value: Value) {
        self.object(address_in(value), kinds_of(value));
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

/// Shows `visitor` what the object at `address` refers to; its size in bytes.
///
/// # Safety
/// A live object begins at `address`, no other thread runs, and regions are flushed.
#[inline(always)]
pub(super) unsafe fn visit(address: usize, visitor: &mut impl Visitor) -> usize {
    let object = address as *mut u64;
    // SAFETY: the map says what lies here; the layouts are those of the table above.
    unsafe {
        let word = |index: usize| *object.add(index);
        match *map_byte(address) & KIND {
            THUNK => {
                let first = word(0);
                if first & TAG_MASK != 0 {
                    visitor.value(Value(first));
                } else if State(first).kind() != ThunkKind::Failed {
                    visitor.object(word(1) as usize, &[Kind::Frame]);
                }
                16
            }
            CLOSURE => {
                visitor.object(word(1) as usize, &[Kind::Frame]);
                16
            }
            FRAME => {
                let bytes = extent(address);
                visitor.object(word(0) as usize, &[Kind::Frame]);
                visitor.slots(object, 1, bytes / 8);
                bytes
            }
            SET | PARTIAL => {
                let bytes = extent(address);
                visitor.slots(object, 1, bytes / 8);
                bytes
            }
            APPLICATION => {
                let bytes = extent(address);
                let first = word(0);
                if first & TAG_MASK != 0 {
                    visitor.value(Value(first));
                } else if State(first).kind() != ThunkKind::Failed {
                    visitor.slots(object, 1, bytes / 8);
                }
                bytes
            }
            LIST => {
                let len = word(0) as usize;
                visitor.slots(object, 1, 1 + len);
                (8 + len * 8).next_multiple_of(16)
            }
            VIEW => {
                visitor.object(word(2) as usize, &[Kind::List]);
                32
            }
            STRING => {
                visitor.object(word(1) as usize, &[Kind::Context]);
                16 + (word(0) as usize).next_multiple_of(16)
            }
            LAYERED => {
                (1..4).for_each(|index| visitor.object(word(index) as usize, &[Kind::Set]));
                48
            }
            _ => extent(address),
        }
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
