//! [`Shape`]: the names of an attribute set with their positions, shared by all sets that have the same ones.
//!
//! The names themselves are a [`Names`], shared by all shapes that have them. Shapes, names and positions lie in one arena.

mod arena;
mod names;
mod table;

use self::names::Names;
pub(crate) use self::table::ShapeTable;
use nival_syntax::Name;

use crate::error::{Pos, Result};

/// Names, sorted by [`Name`] and distinct, with where each was written.
pub struct Shape {
    /// Those of `list`, a step nearer.
    names: &'static [Name],
    list: &'static Names,
    /// As in `list`.
    names_id: u32,
    id: u32,
    /// Of the names and `positions`, if the shape is looked up by them.
    hash: u32,
    positions: Positions,
}

/// Shapes live as long as their evaluator (see [`crate::Value`]).
pub type ShapeRef = &'static Shape;

#[derive(Clone, Copy)]
enum Positions {
    None,
    /// The attribute number i of the literal has position `first + i`.
    Literal(Pos),
    Each(&'static [Pos]),
    /// Each is where it was in `high`, or else in `low`.
    Merged {
        depth: u16,
        low: ShapeRef,
        high: ShapeRef,
    },
    /// Each is where it was in `whole`.
    Part {
        depth: u16,
        whole: ShapeRef,
    },
}

/// Result of a look-up that found nothing.
pub(crate) const NOT_FOUND: u32 = u32::MAX;

impl Shape {
    #[inline(always)]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Shapes with the same number have the same names in the same places.
    #[inline(always)]
    pub(crate) fn names_id(&self) -> u32 {
        self.names_id
    }

    #[inline(always)]
    pub fn names(&self) -> &'static [Name] {
        self.names
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn position(&self, index: usize) -> Pos {
        let (mut shape, mut index) = (self, index);
        loop {
            let Some(&name) = shape.names.get(index) else { return Pos::NONE };
            let (found, from) = match shape.positions {
                Positions::None => return Pos::NONE,
                Positions::Literal(first) => return first.offset(index as u32),
                Positions::Each(all) => return all.get(index).copied().unwrap_or(Pos::NONE),
                Positions::Part { whole, .. } => (whole.list.search(name), whole),
                Positions::Merged { low, high, .. } => match high.list.search(name) {
                    NOT_FOUND => (low.list.search(name), low),
                    found => (found, high),
                },
            };
            (shape, index) = (from, found as usize);
        }
    }

    pub(crate) fn has_positions(&self) -> bool {
        !matches!(self.positions, Positions::None)
    }

    /// How many shapes a position is looked for in.
    fn depth(&self) -> u16 {
        match self.positions {
            Positions::Merged { depth, .. } | Positions::Part { depth, .. } => depth,
            _ => 0,
        }
    }

    /// Index of `name`, or [`NOT_FOUND`].
    #[inline(always)]
    pub(crate) fn find(&self, name: Name) -> u32 {
        if self.names.len() <= 8 {
            for (i, &n) in self.names.iter().enumerate() {
                if n == name {
                    return i as u32;
                }
            }
            return NOT_FOUND;
        }
        self.list.find(name)
    }

    /// Indices in the order of the names' bytes, the order in which Nix shows attributes.
    pub fn alphabetical(&self) -> &'static [u32] {
        self.list.alphabetical()
    }

    /// Makes [`Shape::alphabetical`] quick, in steps between which `pause` may end it.
    pub(crate) fn sort_in_steps(&self, pause: impl FnMut(usize) -> Result<()>) -> Result<()> {
        self.list.sort_in_steps(pause)
    }
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names).finish()
    }
}
