//! [`Shape`]: the names of an attribute set, shared by all sets that have the same ones.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use nival_syntax::Name;
use rustc_hash::FxHasher;

use crate::error::{Pos, Result};
use crate::heap::Table;
use crate::steps::sort_in_steps;

/// Names, sorted by [`Name`] and distinct, with where each was written.
#[derive(Debug)]
pub struct Shape {
    id: u32,
    names: Box<[Name]>,
    positions: Positions,
    /// Permutation of the indices into the order of the names' bytes.
    alphabetical: OnceLock<Box<[u32]>>,
    /// The same names without positions.
    plain: OnceLock<ShapeRef>,
    /// How often a name was looked for, until there is an index.
    searched: AtomicU32,
    /// Where a name is, plus 1, by [`Shape::hash`]: open addressing, at most half full. For big shapes that are searched often.
    index: OnceLock<Box<[u32]>>,
}

/// Shapes live as long as their evaluator (see [`crate::Value`]).
pub type ShapeRef = &'static Shape;

#[derive(Debug)]
pub(crate) enum Positions {
    None,
    /// The attribute number i of the literal has position `first + i`.
    Literal(Pos),
    Each(Box<[Pos]>),
}

impl Positions {
    fn same(&self, other: &Positions) -> bool {
        match (self, other) {
            (Positions::None, Positions::None) => true,
            (Positions::Each(a), Positions::Each(b)) => a == b,
            _ => false,
        }
    }
}

fn hash(names: &[Name], positions: &Positions) -> u64 {
    let mut hasher = FxHasher::default();
    names.hash(&mut hasher);
    if let Positions::Each(positions) = positions {
        positions.hash(&mut hasher);
    }
    hasher.finish()
}

/// Result of a look-up that found nothing.
pub(crate) const NOT_FOUND: u32 = u32::MAX;

impl Shape {
    #[inline(always)]
    pub fn id(&self) -> u32 {
        self.id
    }

    #[inline(always)]
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn position(&self, index: usize) -> Pos {
        match &self.positions {
            Positions::None => Pos::NONE,
            Positions::Literal(first) => first.offset(index as u32),
            Positions::Each(all) => all.get(index).copied().unwrap_or(Pos::NONE),
        }
    }

    pub(crate) fn has_positions(&self) -> bool {
        !matches!(self.positions, Positions::None)
    }

    /// Index of `name`, or [`NOT_FOUND`].
    #[inline]
    pub(crate) fn find(&self, name: Name) -> u32 {
        let names = &*self.names;
        if names.len() <= 8 {
            for (i, &n) in names.iter().enumerate() {
                if n == name {
                    return i as u32;
                }
            }
            return NOT_FOUND;
        }
        match self.index.get() {
            Some(index) => self.find_indexed(index, name),
            None => self.find_sorted(name),
        }
    }

    #[inline]
    fn find_indexed(&self, index: &[u32], name: Name) -> u32 {
        let mut at = hash_of(name, index.len());
        loop {
            match index[at] {
                0 => return NOT_FOUND,
                found if self.names[found as usize - 1] == name => return found - 1,
                _ => at = (at + 1) & (index.len() - 1),
            }
        }
    }

    fn find_sorted(&self, name: Name) -> u32 {
        if self.names.len() >= MIN_INDEXED {
            // Threads that lose a count here do no harm.
            let searched = self.searched.load(Ordering::Relaxed) + 1;
            self.searched.store(searched, Ordering::Relaxed);
            if searched as usize > self.names.len() / 4 {
                self.index.get_or_init(|| index(&self.names));
            }
        }
        match self.names.binary_search(&name) {
            Ok(i) => i as u32,
            Err(_) => NOT_FOUND,
        }
    }

    /// Indices in the order of the names' bytes, the order in which Nix shows attributes.
    pub fn alphabetical(&self) -> &[u32] {
        self.alphabetical.get_or_init(|| {
            let mut keyed = self.keyed();
            keyed.sort_unstable();
            keyed.into_iter().map(|(_, i)| i).collect()
        })
    }

    fn keyed(&self) -> Vec<(&'static [u8], u32)> {
        self.names.iter().zip(0..).map(|(n, i)| (n.as_bytes(), i)).collect()
    }

    /// Makes [`Shape::alphabetical`] quick, in steps between which `pause` may end it.
    pub(crate) fn sort_in_steps(&self, pause: impl FnMut(usize) -> Result<()>) -> Result<()> {
        if self.alphabetical.get().is_none() {
            let mut keyed = self.keyed();
            sort_in_steps(&mut keyed, Ord::cmp, pause)?;
            let _ = self.alphabetical.set(keyed.into_iter().map(|(_, i)| i).collect());
        }
        Ok(())
    }
}

/// From so many names on an index pays.
const MIN_INDEXED: usize = 16;

/// Where to begin to look for a name in an index of `len` places, a power of two.
#[inline]
fn hash_of(name: Name, len: usize) -> usize {
    ((name.index() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & (len - 1)
}

fn index(names: &[Name]) -> Box<[u32]> {
    let mut index = vec![0; (2 * names.len()).next_power_of_two()].into_boxed_slice();
    for (&name, number) in names.iter().zip(1..) {
        let mut at = hash_of(name, index.len());
        while index[at] != 0 {
            at = (at + 1) & (index.len() - 1);
        }
        index[at] = number;
    }
    index
}

/// The shapes of one evaluator.
#[derive(Debug, Default)]
pub(crate) struct ShapeTable {
    shapes: Table<Shape>,
    /// Those that were not written as literals, by names and positions: what the same code makes from sets of the same
    /// shapes has the same shape again, so that caches hit.
    made: Mutex<HashTable<ShapeRef>>,
}

/// Bigger sets of names are not looked up: they are rarely made twice.
const MAX_SHARED: usize = 128;

impl ShapeTable {
    fn add(&self, names: Box<[Name]>, positions: Positions) -> ShapeRef {
        debug_assert!(names.is_sorted_by(|a, b| a < b));
        let shape: &Shape = self
            .shapes
            .push_with(|id| Shape {
                id,
                names,
                positions,
                alphabetical: OnceLock::new(),
                plain: OnceLock::new(),
                searched: AtomicU32::new(0),
                index: OnceLock::new(),
            })
            .1;
        // SAFETY: entries of a `Table` never move; the table lives as long as the evaluator, which outlives every use
        // of a shape (module documentation of `value`).
        unsafe { &*std::ptr::from_ref(shape) }
    }

    /// A shape of its own for a literal.
    pub(crate) fn literal(&self, names: Box<[Name]>, first: Pos) -> ShapeRef {
        self.add(names, Positions::Literal(first))
    }

    /// `names` is sorted; `positions` is as long, or empty.
    pub(crate) fn make(&self, names: Vec<Name>, positions: Vec<Pos>) -> ShapeRef {
        let positions = if positions.iter().any(|p| !p.is_none()) { Positions::Each(positions.into()) } else { Positions::None };
        if names.len() > MAX_SHARED {
            return self.add(names.into(), positions);
        }
        let hash = hash(&names, &positions);
        let mut made = self.made.lock().unwrap_or_else(|e| e.into_inner());
        let entry = made.entry(hash, |s| *s.names == *names && s.positions.same(&positions), |s| self::hash(&s.names, &s.positions));
        match entry {
            Entry::Occupied(known) => known.get(),
            Entry::Vacant(place) => {
                let shape = self.add(names.into(), positions);
                place.insert(shape);
                shape
            }
        }
    }

    /// The same names in a shape that tells no positions.
    pub(crate) fn without_positions(&self, shape: ShapeRef) -> ShapeRef {
        if !shape.has_positions() {
            return shape;
        }
        shape.plain.get_or_init(|| self.make(shape.names.to_vec(), Vec::new()))
    }

    pub(crate) fn count(&self) -> u32 {
        self.shapes.len()
    }
}
