//! [`Value`]: one tagged word.
//!
//! Invariants: a non-zero word with tag 0 is the address of a [`Thunk`]; tags 2 to 5 and 7 are addresses of objects of
//! that kind in the heap of the evaluator that made the value. A `Value`, the handles given out here ([`Str`], [`List`],
//! [`Attrs`], …) and the slices they return are good as long as the collector can see them: see `heap`, whose first
//! invariant the type system does not track.

pub(crate) mod attrs;
mod closure;
mod context;
mod describe;
mod frame;
mod list;
mod path;
mod shape;
mod string;
mod thunk;

pub(crate) use crate::forcing::{State, TAG_MASK, ThunkKind};
pub use attrs::{Attr, Attrs, AttrsBuilder};
pub use closure::{Closure, Partial};
pub use context::{Context, ContextElement};
pub(crate) use context::{ContextSum, ContextTable, Interned};
pub use frame::Frame;
pub use list::List;
pub use path::Path;
pub(crate) use shape::{NOT_FOUND, ShapeTable};
pub use shape::{Shape, ShapeRef};
pub use string::Str;
pub(crate) use string::string_len;
pub(crate) use thunk::Record;
pub use thunk::Thunk;

use crate::heap::{Kind, Region};

/// A value in weak head normal form, or a reference to a [`Thunk`]: see [`Value::view`].
///
/// Values are copied freely and shared between threads. There is no `==` on them: Nix's equality forces and can fail,
/// it is `Ctx::equal`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Value(pub(crate) u64);

const _: () = assert!(size_of::<Value>() == 8);

pub(crate) const TAG_THUNK: u64 = 0;
pub(crate) const TAG_INT: u64 = 1;
pub(crate) const TAG_ATTRS: u64 = 2;
pub(crate) const TAG_STRING: u64 = 3;
pub(crate) const TAG_LIST: u64 = 4;
pub(crate) const TAG_CLOSURE: u64 = 5;
pub(crate) const TAG_IMMEDIATE: u64 = 6;
pub(crate) const TAG_BOXED: u64 = 7;

const IMMEDIATE_NULL: u64 = TAG_IMMEDIATE;
const IMMEDIATE_FALSE: u64 = TAG_IMMEDIATE | 1 << 3;
const IMMEDIATE_TRUE: u64 = TAG_IMMEDIATE | 1 << 8 | 1 << 3;
const IMMEDIATE_BUILTIN: u64 = TAG_IMMEDIATE | 2 << 3;

/// Low byte of the header of a boxed object.
pub(crate) const BOX_INT: u64 = 0;
pub(crate) const BOX_FLOAT: u64 = 1;
pub(crate) const BOX_PATH: u64 = 2;
pub(crate) const BOX_PARTIAL: u64 = 3;
pub(crate) const BOX_EXTERNAL: u64 = 4;

/// The slots of an object that is being made: not yet reachable by another thread.
pub(crate) struct Slots {
    start: *mut u64,
    len: usize,
}

impl Slots {
    /// # Safety
    /// `start` has `len` words, which nobody else reads until the object is published.
    unsafe fn new(start: *mut u64, len: usize) -> Slots {
        Slots { start, len }
    }

    #[inline(always)]
    pub(crate) fn set(&self, index: usize, value: Value) {
        assert!(index < self.len);
        // SAFETY: inside the object, by the check.
        unsafe { *self.start.add(index) = value.0 }
    }
}

/// What a [`Value`] is, for `match`.
#[derive(Clone, Copy, Debug)]
pub enum View {
    /// Not evaluated yet: `Ctx::force` makes one of the others of it.
    Thunk(Thunk),
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Str),
    Path(Path),
    List(List),
    Attrs(Attrs),
    Closure(Closure),
    Builtin(BuiltinId),
    /// A builtin or lambda that still lacks arguments.
    Partial(Partial),
    /// An object of the host, by number.
    External(u64),
}

/// Index into the builtin table of the evaluator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinId(pub u16);

impl Value {
    /// The content of a slot that nothing has been written to.
    pub(crate) const UNSET: Value = Value(0);
    pub const NULL: Value = Value(IMMEDIATE_NULL);
    pub const TRUE: Value = Value(IMMEDIATE_TRUE);
    pub const FALSE: Value = Value(IMMEDIATE_FALSE);

    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }

    pub const fn builtin(id: BuiltinId) -> Value {
        Value(IMMEDIATE_BUILTIN | (id.0 as u64) << 8)
    }

    /// The integer as an inline word, where it fits in 61 bits.
    #[inline(always)]
    pub(crate) const fn small_int(i: i64) -> Option<Value> {
        if (i << 3) >> 3 == i { Some(Value((i << 3) as u64 | TAG_INT)) } else { None }
    }

    #[inline(always)]
    pub(crate) const fn tag(self) -> u64 {
        self.0 & TAG_MASK
    }

    #[inline(always)]
    pub(crate) const fn is_unset(self) -> bool {
        self.0 == 0
    }

    /// Whether the value still has to be forced (it may have been by another thread).
    #[inline(always)]
    pub const fn is_thunk(self) -> bool {
        self.tag() == TAG_THUNK
    }

    /// The same word: same object, thunk, or inline value. Implies equality for everything but NaN-free functions.
    #[inline(always)]
    pub const fn same(self, other: Value) -> bool {
        self.0 == other.0
    }

    /// Whether it refers to memory of the heap.
    pub(crate) const fn is_object(self) -> bool {
        !self.is_unset() && !matches!(self.tag(), TAG_INT | TAG_IMMEDIATE)
    }

    #[inline(always)]
    pub(crate) const fn address(self) -> usize {
        (self.0 & !TAG_MASK) as usize
    }

    #[inline]
    pub fn view(self) -> View {
        match self.tag() {
            TAG_THUNK => View::Thunk(Thunk::from_word(self.0)),
            TAG_INT => View::Int(self.0 as i64 >> 3),
            TAG_ATTRS => View::Attrs(Attrs::from_word(self.0)),
            TAG_STRING => View::String(Str::from_word(self.0)),
            TAG_LIST => View::List(List::from_word(self.0)),
            TAG_CLOSURE => View::Closure(Closure::from_word(self.0)),
            TAG_IMMEDIATE => match self.0 >> 3 & 31 {
                0 => View::Null,
                1 => View::Bool(self.0 >> 8 != 0),
                _ => View::Builtin(BuiltinId((self.0 >> 8) as u16)),
            },
            _ => self.view_boxed(),
        }
    }

    fn view_boxed(self) -> View {
        let header = self.boxed_word(0);
        match header & 0xff {
            BOX_INT => View::Int(self.boxed_word(1) as i64),
            BOX_FLOAT => View::Float(f64::from_bits(self.boxed_word(1))),
            BOX_PATH => View::Path(Path::from_word(self.0)),
            BOX_PARTIAL => View::Partial(Partial::from_word(self.0)),
            _ => View::External(self.boxed_word(1)),
        }
    }

    /// Word `index` of a boxed object.
    fn boxed_word(self, index: usize) -> u64 {
        debug_assert_eq!(self.tag(), TAG_BOXED);
        // SAFETY: tag 7 is the address of a boxed object, of at least two words.
        unsafe { *(self.address() as *const u64).add(index) }
    }

    fn new_box(region: &mut Region, header: u64, word: u64) -> Value {
        let object = region.alloc(Kind::Number, 2);
        // SAFETY: two words were just allocated.
        unsafe {
            *object = header;
            *object.add(1) = word;
        }
        Value(object as u64 | TAG_BOXED)
    }

    #[inline(always)]
    pub(crate) fn int(region: &mut Region, i: i64) -> Value {
        match Value::small_int(i) {
            Some(v) => v,
            None => Value::new_box(region, BOX_INT, i as u64),
        }
    }

    pub(crate) fn float(region: &mut Region, f: f64) -> Value {
        Value::new_box(region, BOX_FLOAT, f.to_bits())
    }

    pub(crate) fn external(region: &mut Region, id: u64) -> Value {
        Value::new_box(region, BOX_EXTERNAL, id)
    }

    pub fn as_int(self) -> Option<i64> {
        match self.view() {
            View::Int(i) => Some(i),
            _ => None,
        }
    }

    #[inline(always)]
    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            IMMEDIATE_TRUE => Some(true),
            IMMEDIATE_FALSE => Some(false),
            _ => None,
        }
    }

    pub fn is_null(self) -> bool {
        self.0 == IMMEDIATE_NULL
    }

    #[inline(always)]
    pub fn as_attrs(self) -> Option<Attrs> {
        (self.tag() == TAG_ATTRS).then(|| Attrs::from_word(self.0))
    }

    #[inline(always)]
    pub fn as_list(self) -> Option<List> {
        (self.tag() == TAG_LIST).then(|| List::from_word(self.0))
    }

    #[inline(always)]
    pub fn as_string(self) -> Option<Str> {
        (self.tag() == TAG_STRING).then(|| Str::from_word(self.0))
    }

    pub fn as_path(self) -> Option<Path> {
        match self.view() {
            View::Path(p) => Some(p),
            _ => None,
        }
    }

    /// Functions and what else is in a box (floats can be unequal to themselves). Conservative.
    #[inline(always)]
    pub(crate) const fn equal_only_in_place(self) -> bool {
        matches!(self.tag(), TAG_CLOSURE | TAG_BOXED) || (self.tag() == TAG_IMMEDIATE && self.0 & IMMEDIATE_BUILTIN == IMMEDIATE_BUILTIN)
    }

    /// What `==` compares by its place, and lists, of which printing says that they were there already. Conservative.
    #[inline(always)]
    pub(crate) const fn known_by_place(self) -> bool {
        matches!(self.tag(), TAG_CLOSURE | TAG_BOXED | TAG_LIST) || self.equal_only_in_place()
    }

    /// A lambda, builtin or partial application; not a set with `__functor`.
    pub fn is_function(self) -> bool {
        matches!(self.view(), View::Closure(_) | View::Builtin(_) | View::Partial(_))
    }

    /// The name `builtins.typeOf` gives, `"thunk"` for a value that has not been forced.
    pub fn type_name(self) -> &'static str {
        match self.view() {
            View::Thunk(_) => "thunk",
            View::Null => "null",
            View::Bool(_) => "bool",
            View::Int(_) => "int",
            View::Float(_) => "float",
            View::String(_) => "string",
            View::Path(_) => "path",
            View::List(_) => "list",
            View::Attrs(_) => "set",
            View::Closure(_) | View::Builtin(_) | View::Partial(_) => "lambda",
            View::External(_) => "external",
        }
    }

    /// The name with its article, as messages put it: "a set", "an integer", "the built-in function 'map'"-less form.
    pub fn type_phrase(self) -> &'static str {
        match self.view() {
            View::Thunk(_) => "a thunk",
            View::Null => "null",
            View::Bool(_) => "a Boolean",
            View::Int(_) => "an integer",
            View::Float(_) => "a float",
            View::String(s) if s.context().is_empty() => "a string",
            View::String(_) => "a string with context",
            View::Path(_) => "a path",
            View::List(_) => "a list",
            View::Attrs(_) => "a set",
            View::Closure(_) => "a function",
            View::Builtin(_) => "a built-in function",
            View::Partial(_) => "a partially applied built-in function",
            View::External(_) => "an external value",
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_unset() { f.write_str("unset") } else { self.view().fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Heap;

    #[test]
    fn numbers_survive() {
        let heap = Heap::default();
        let mut region = Region::new(&heap);
        for i in [0, 1, -1, i64::MAX, i64::MIN, 1 << 60, (1 << 60) - 1, -(1 << 60), -(1 << 60) - 1] {
            assert_eq!(Value::int(&mut region, i).as_int(), Some(i));
        }
        assert!(Value::small_int(1 << 60).is_none() && Value::small_int((1 << 60) - 1).is_some());
        assert!(matches!(Value::float(&mut region, 1.5).view(), View::Float(f) if f == 1.5));
    }

    #[test]
    fn immediates_differ() {
        assert_eq!(Value::bool(true).as_bool(), Some(true));
        assert_eq!(Value::bool(false).as_bool(), Some(false));
        assert!(matches!(Value::TRUE.view(), View::Bool(true)));
        assert!(matches!(Value::FALSE.view(), View::Bool(false)));
        assert!(Value::NULL.is_null() && matches!(Value::NULL.view(), View::Null));
        assert!(matches!(Value::builtin(BuiltinId(300)).view(), View::Builtin(BuiltinId(300))));
    }
}
