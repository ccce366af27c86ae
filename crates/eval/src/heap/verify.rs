//! A second look at a collection, for tests: everything that the roots reach must have been marked, and be what refers to it
//! says. So a reference that was written without [`super::Region::wrote`] is found at the next collection, with the object
//! that holds it, and not when what it refers to has become something else.

use rustc_hash::FxHashMap;

use super::Kind;
use super::block::{KIND, MARK, NOTED, map_byte};
use super::layout::{Visitor, address_in, kinds_of, visit};
use super::space::Space;
use crate::value::Value;

/// Walks over everything from `roots` on.
///
/// # Panics
/// If something was not marked, or is not what it should be.
///
/// # Safety
/// Marking is done, no other thread runs, and regions are flushed.
pub(super) unsafe fn verify(space: &Space, roots: &[usize], full: bool) {
    let mut walk = Walk { space, seen: FxHashMap::default(), work: Vec::new(), from: 0, full };
    for &root in roots {
        walk.object(root, &Kind::ALL);
    }
    while let Some(address) = walk.work.pop() {
        walk.from = address;
        // SAFETY: `object` checked that an object begins here.
        unsafe { visit(address, &mut walk) };
    }
}

struct Walk<'s> {
    space: &'s Space,
    /// Who was met, and from where.
    seen: FxHashMap<usize, usize>,
    work: Vec<usize>,
    from: usize,
    full: bool,
}

impl Walk<'_> {
    fn object(&mut self, address: usize, kinds: &'static [Kind]) {
        if address == 0 {
            return;
        }
        if self.space.object_at(address) != Some(address) {
            self.fail(address, "no object begins here");
        }
        // SAFETY: an object begins here.
        let byte = unsafe { *map_byte(address) };
        if !kinds.iter().any(|&kind| kind as u8 == byte & KIND) {
            self.fail(address, "another kind of object");
        }
        if byte & MARK == 0 {
            self.fail(address, "not marked");
        }
        if self.seen.try_insert_new(address, self.from) {
            self.work.push(address);
        }
    }
}

impl Visitor for Walk<'_> {
    unsafe fn field(&mut self, word: *mut u64, kinds: &'static [Kind]) {
        // SAFETY: by the caller.
        self.object(unsafe { *word } as usize, kinds);
    }

    unsafe fn slots(&mut self, object: *mut u64, from: usize, to: usize) {
        for index in from..to {
            // SAFETY: by the caller.
            let value = Value(unsafe { *object.add(index) });
            self.object(address_in(value), kinds_of(value));
        }
    }
}

trait InsertNew {
    fn try_insert_new(&mut self, key: usize, value: usize) -> bool;
}

impl InsertNew for FxHashMap<usize, usize> {
    fn try_insert_new(&mut self, key: usize, value: usize) -> bool {
        let before = self.len();
        self.entry(key).or_insert(value);
        self.len() > before
    }
}

impl Walk<'_> {
    #[cold]
    fn fail(&self, address: usize, what: &str) -> ! {
        let mut text = format!("collection (full: {}): {what}: {}", self.full, self.describe(address));
        let (mut at, mut steps) = (self.from, 0);
        while at != 0 && steps < 12 {
            text += &format!("\n  referred to by {}", self.describe(at));
            at = self.seen.get(&at).copied().unwrap_or(0);
            steps += 1;
        }
        panic!("{text}");
    }

    fn describe(&self, address: usize) -> String {
        if self.space.object_at(address).is_none() {
            return format!("{address:#x}, nothing");
        }
        // SAFETY: `object_at` found a block in use.
        let byte = unsafe { *map_byte(address) };
        let kind = Kind::ALL.iter().find(|&&kind| kind as u8 == byte & KIND);
        // SAFETY: as above; objects have at least two words.
        let words = unsafe { [*(address as *const u64), *(address as *const u64).add(1)] };
        format!(
            "{address:#x} {} marked={} noted={} words {words:#x?}",
            kind.map_or("?", |kind| kind.name()),
            byte & MARK != 0,
            byte & NOTED != 0
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::heap::{Checks, Heap, Marker, Region, Scope};
    use crate::value::{List, Value};

    /// Collects twice; between, the old list `outer` is given a young one.
    fn collect(tell: bool) {
        let heap = Heap::default();
        let mut region = Region::new(&heap);
        let (outer, slots) = List::alloc(&mut region, 1);
        slots.set(0, Value::NULL);
        let collect = |region: &mut Region| {
            region.flush();
            // SAFETY: there is no other thread.
            let mut marker = unsafe { Marker::new(&heap, Scope::Young, Checks::Verify) };
            marker.root(outer);
            marker.finish();
        };
        collect(&mut region);
        let (inner, _) = List::alloc(&mut region, 0);
        if tell {
            region.wrote(outer.address() as u64);
        }
        slots.set(0, inner);
        collect(&mut region);
    }

    #[test]
    fn who_tells_of_a_write_passes() {
        collect(true);
    }

    #[test]
    #[should_panic = "not marked"]
    fn a_write_that_was_not_told_is_found() {
        collect(false);
    }
}
