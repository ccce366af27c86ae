//! [`Attrs`]: an attribute set.
//!
//! Object of a flat set: shape address, then one slot per name of the shape. Object of a layered set (`a // b` where
//! copying `a` would cost): `1`, bottom, top, flattened set or 0,
//! number of attributes plus one or 0.

use std::sync::atomic::{AtomicU64, Ordering};

use nival_syntax::Name;
use smallvec::SmallVec;

use super::shape::{NOT_FOUND, Shape, ShapeRef, ShapeTable};
use super::{Slots, TAG_ATTRS, Value};
use crate::error::{Pos, Result};
use crate::heap::{Kind, Region, ScratchVec};
use crate::steps::sort_in_steps;

/// An attribute set. Attribute values may be thunks.
#[derive(Clone, Copy)]
pub struct Attrs(u64);

/// An attribute as found in a set.
#[derive(Clone, Copy, Debug)]
pub struct Attr {
    pub name: Name,
    pub value: Value,
}

const LAYERED: u64 = 1;

impl Attrs {
    #[inline(always)]
    pub(crate) fn from_word(word: u64) -> Attrs {
        Attrs(word & !7)
    }

    #[inline(always)]
    pub fn value(self) -> Value {
        Value(self.0 | TAG_ATTRS)
    }

    #[inline(always)]
    fn word(self, index: usize) -> u64 {
        // SAFETY: by construction the address of a set; callers stay inside its layout.
        unsafe { *(self.0 as *const u64).add(index) }
    }

    /// The shape of a flat set.
    #[inline(always)]
    pub(crate) fn shape(self) -> Option<ShapeRef> {
        let word = self.word(0);
        if word & LAYERED != 0 {
            return None;
        }
        // SAFETY: the first word of a flat set is the address of its shape.
        Some(unsafe { &*(word as *const Shape) })
    }

    /// Value number `index` of a flat set.
    #[inline(always)]
    pub(crate) fn slot(self, index: u32) -> Value {
        debug_assert!(self.shape().is_some_and(|s| (index as usize) < s.len()));
        Value(self.word(1 + index as usize))
    }

    /// The values of a flat set, in the order of its shape.
    pub(crate) fn slots(self, shape: ShapeRef) -> &'static [Value] {
        // SAFETY: a flat set has one slot for each name of its shape; they never change.
        unsafe { std::slice::from_raw_parts((self.0 as *const Value).add(1), shape.len()) }
    }

    /// A flat set with the slots that are to be written before anybody sees it.
    #[inline(always)]
    pub(crate) fn alloc(region: &mut Region, shape: ShapeRef) -> (Value, Slots) {
        let object = region.alloc(Kind::Set, 1 + shape.len());
        // SAFETY: that many words were just allocated; zero is a valid `Value`.
        unsafe {
            *object = std::ptr::from_ref(shape) as u64;
            (Value(object as u64 | TAG_ATTRS), Slots::new(object.add(1), shape.len()))
        }
    }

    /// A flat set whose values `fill` writes (each one) before anybody sees it.
    #[inline]
    pub(crate) fn alloc_with(region: &mut Region, shape: ShapeRef, fill: impl FnOnce(&mut [Value])) -> Value {
        let object = region.alloc(Kind::Set, 1 + shape.len());
        // SAFETY: that many words were just allocated; zero is a valid `Value`.
        unsafe {
            *object = std::ptr::from_ref(shape) as u64;
            fill(std::slice::from_raw_parts_mut(object.add(1).cast::<Value>(), shape.len()));
        }
        Value(object as u64 | TAG_ATTRS)
    }

    /// Number of attributes. Of a layered set it is counted at the first call.
    pub fn len(self) -> usize {
        if let Some(shape) = self.shape() {
            return shape.len();
        }
        match self.cache(4).load(Ordering::Relaxed) {
            0 => {
                let len = self.count();
                self.cache(4).store(len as u64 + 1, Ordering::Relaxed);
                len
            }
            known => known as usize - 1,
        }
    }

    fn count(self) -> usize {
        let Some((bottom, top)) = self.layers() else { return 0 };
        let Some(upper) = top.shape() else { return bottom.len() };
        bottom.len() + upper.names().iter().filter(|&&n| !bottom.contains(n)).count()
    }

    pub fn is_empty(self) -> bool {
        self.shape().is_some_and(Shape::is_empty)
    }

    pub(crate) fn layers(self) -> Option<(Attrs, Attrs)> {
        if self.shape().is_some() { None } else { Some((Attrs(self.word(1)), Attrs(self.word(2)))) }
    }

    /// Word 3 or 4 of a layered set.
    fn cache(self, index: usize) -> &'static AtomicU64 {
        debug_assert!(self.shape().is_none() && (index == 3 || index == 4));
        // SAFETY: a layered set has five words, of which these two are only accessed here.
        unsafe { &*(self.0 as *const AtomicU64).add(index) }
    }

    fn flat_cache(self) -> &'static AtomicU64 {
        self.cache(3)
    }

    /// The value of `name`.
    #[inline]
    pub fn get(self, name: Name) -> Option<Value> {
        match self.shape() {
            Some(shape) => match shape.find(name) {
                NOT_FOUND => None,
                index => Some(self.slot(index)),
            },
            None => self.get_layered(name),
        }
    }

    fn get_layered(self, name: Name) -> Option<Value> {
        let flat = self.flat_cache().load(Ordering::Acquire);
        if flat != 0 {
            return Attrs(flat).get(name);
        }
        let (bottom, top) = self.layers()?;
        top.get(name).or_else(|| bottom.get(name))
    }

    pub fn contains(self, name: Name) -> bool {
        self.get(name).is_some()
    }

    /// Where `name` was written.
    pub fn position(self, name: Name) -> Pos {
        match (self.shape(), self.layers()) {
            (Some(shape), _) => match shape.find(name) {
                NOT_FOUND => Pos::NONE,
                index => shape.position(index as usize),
            },
            (None, Some((bottom, top))) => {
                if top.contains(name) {
                    top.position(name)
                } else {
                    bottom.position(name)
                }
            }
            (None, None) => Pos::NONE,
        }
    }

    /// The same set in one layer (made at most a few times per set). Needs the allocator: `Ctx::flatten`.
    pub(crate) fn flatten(self, region: &mut Region, shapes: &ShapeTable) -> Attrs {
        let Some((bottom, top)) = self.layers() else { return self };
        let cached = self.flat_cache().load(Ordering::Acquire);
        if cached != 0 {
            return Attrs(cached);
        }
        let (bottom, top) = (bottom.flatten(region, shapes), top.flatten(region, shapes));
        let flat = Attrs::merge(region, shapes, bottom, top);
        region.wrote(self.0);
        self.flat_cache().store(flat.0, Ordering::Release);
        flat
    }

    /// `bottom // top` as one flat set; both are flat.
    pub(crate) fn merge(region: &mut Region, shapes: &ShapeTable, bottom: Attrs, top: Attrs) -> Attrs {
        let (Some(low), Some(high)) = (bottom.shape(), top.shape()) else { return top };
        let shape = shapes.merged(low, high);
        let (left, right) = (bottom.slots(low), top.slots(high));
        let merged = Attrs::alloc_with(region, shape, |slots| {
            for (slot, from) in slots.iter_mut().zip(origins(shape, low, high)) {
                *slot = match from {
                    Origin::Low(i) => left[i],
                    Origin::High(i) => right[i],
                };
            }
        });
        Attrs::from_word(merged.0)
    }

    /// `bottom // top` without copying either; both are flat.
    pub(crate) fn layer(region: &mut Region, bottom: Attrs, top: Attrs) -> Value {
        debug_assert!(bottom.shape().is_some() && top.shape().is_some());
        let object = region.alloc(Kind::Layered, 5);
        // SAFETY: five words were just allocated.
        unsafe {
            *object = LAYERED;
            *object.add(1) = bottom.0;
            *object.add(2) = top.0;
        }
        Value(object as u64 | TAG_ATTRS)
    }
}

/// Which slot an attribute of `low // high` comes from.
pub(crate) enum Origin {
    Low(usize),
    High(usize),
}

/// Of each attribute of `merged`, the shape of `low // high`.
pub(crate) fn origins(merged: ShapeRef, low: ShapeRef, high: ShapeRef) -> impl Iterator<Item = Origin> {
    let (left, right) = (low.names(), high.names());
    let (mut i, mut j) = (0, 0);
    merged.names().iter().map(move |name| {
        let in_low = left.get(i) == Some(name);
        i += usize::from(in_low);
        if right.get(j) == Some(name) {
            j += 1;
            Origin::High(j - 1)
        } else {
            Origin::Low(i - 1)
        }
    })
}

impl std::fmt::Debug for Attrs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{{{} attributes}}", self.len())
    }
}

/// Sets of more attributes are made in steps.
pub(crate) const LARGE: usize = 16 << 10;

/// Collects the attributes of a set in any order; of equal names the first wins.
///
/// ```ignore
/// let mut set = AttrsBuilder::new();
/// set.push(Name::new("name"), ctx.string(b"hello"));
/// Ok(ctx.attrs(set))
/// ```
#[derive(Debug, Default)]
pub struct AttrsBuilder {
    attrs: ScratchVec<(Name, u32, Value, Pos)>,
}

impl AttrsBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_capacity(attrs: usize) -> Self {
        AttrsBuilder { attrs: ScratchVec::with_capacity(attrs) }
    }

    pub fn push(&mut self, name: Name, value: Value) {
        self.push_at(name, value, Pos::NONE);
    }

    /// As [`AttrsBuilder::push`], with the position that `unsafeGetAttrPos` will tell.
    pub fn push_at(&mut self, name: Name, value: Value, pos: Pos) {
        let order = self.attrs.len() as u32;
        self.attrs.push((name, order, value, pos));
    }

    pub fn len(&self) -> usize {
        self.attrs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.attrs.is_empty()
    }

    /// Whether it takes a while to make the set.
    pub(crate) fn is_large(&self) -> bool {
        self.attrs.len() > LARGE
    }

    /// Makes [`AttrsBuilder::build`] quick, in steps between which `pause` may end it.
    pub(crate) fn sort_in_steps(&mut self, pause: impl FnMut(usize) -> Result<()>) -> Result<()> {
        sort_in_steps(&mut self.attrs, |a, b| (a.0, a.1).cmp(&(b.0, b.1)), pause)
    }

    pub(crate) fn build(mut self, region: &mut Region, shapes: &ShapeTable) -> Value {
        self.attrs.sort_unstable_by_key(|&(name, order, ..)| (name, order));
        self.attrs.dedup_by_key(|&mut (name, ..)| name);
        let names: SmallVec<[Name; 32]> = self.attrs.iter().map(|a| a.0).collect();
        let positions: SmallVec<[Pos; 32]> =
            if self.attrs.iter().any(|a| !a.3.is_none()) { self.attrs.iter().map(|a| a.3).collect() } else { SmallVec::new() };
        let shape = shapes.make(&names, &positions);
        Attrs::alloc_with(region, shape, |slots| {
            for (slot, attr) in slots.iter_mut().zip(&self.attrs) {
                *slot = attr.2;
            }
        })
    }
}
