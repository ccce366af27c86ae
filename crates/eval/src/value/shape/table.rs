//! [`ShapeTable`]: the shapes of one evaluator.

use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use nival_syntax::Name;

use super::arena::Arena;
use super::names::Names;
use super::{NOT_FOUND, Positions, Shape, ShapeRef};
use crate::error::Pos;

/// Positions are looked for in at most so many shapes one after the other; then they are written down.
const MAX_DEPTH: u16 = 24;

/// See the module documentation.
#[derive(Default)]
pub(crate) struct ShapeTable(Mutex<State>);

#[derive(Default)]
struct State {
    arena: Arena,
    lists: HashTable<&'static Names>,
    /// Shapes that were not written as literals and have positions: what the same code makes from sets of the same
    /// shapes has the same shape again, so that caches hit.
    made: HashTable<ShapeRef>,
    shapes: u32,
    /// For the names of a set that is being made.
    names: Vec<Name>,
}

impl ShapeTable {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shape of its own for a literal.
    pub(crate) fn literal(&self, names: &[Name], first: Pos) -> ShapeRef {
        let mut state = self.lock();
        let list = state.list(names);
        state.add(list, Positions::Literal(first), 0)
    }

    /// `names` is sorted; `positions` is as long, or empty.
    pub(crate) fn make(&self, names: &[Name], positions: &[Pos]) -> ShapeRef {
        let mut state = self.lock();
        let list = state.list(names);
        if positions.iter().all(|pos| pos.is_none()) { state.plain(list) } else { state.with_each(list, positions) }
    }

    /// Some names of `whole`, with the positions they have there.
    pub(crate) fn part(&self, whole: ShapeRef, names: &[Name]) -> ShapeRef {
        let mut state = self.lock();
        let list = state.list(names);
        if !whole.has_positions() {
            return state.plain(list);
        }
        if whole.depth() == MAX_DEPTH {
            let positions: Vec<Pos> = names.iter().map(|&name| position(whole, name)).collect();
            return state.with_each(list, &positions);
        }
        let key = hash([list.id, whole.id, u32::MAX].into_iter());
        let same = |known: &ShapeRef| {
            std::ptr::eq(known.list, list) && matches!(known.positions, Positions::Part { whole: known, .. } if std::ptr::eq(known, whole))
        };
        match state.made.find(spread(key), same) {
            Some(known) => known,
            None => state.add_made(list, Positions::Part { depth: whole.depth() + 1, whole }, key),
        }
    }

    /// The names of both, with their positions in `high` where they are in both.
    pub(crate) fn merged(&self, low: ShapeRef, high: ShapeRef) -> ShapeRef {
        let mut state = self.lock();
        let key = hash([low.id, high.id].into_iter());
        let same = |known: &ShapeRef| matches!(known.positions, Positions::Merged { low: a, high: b, .. } if std::ptr::eq(a, low) && std::ptr::eq(b, high));
        if let Some(known) = state.made.find(spread(key), same) {
            return known;
        }
        let list = state.union(low.list, high.list);
        if std::ptr::eq(list, high.list) {
            return high;
        }
        if !low.has_positions() && !high.has_positions() {
            return state.plain(list);
        }
        let depth = low.depth().max(high.depth());
        if depth == MAX_DEPTH {
            let position = |&name: &Name| match high.list.search(name) {
                NOT_FOUND => position(low, name),
                index => high.position(index as usize),
            };
            let positions: Vec<Pos> = list.names.iter().map(position).collect();
            return state.with_each(list, &positions);
        }
        state.add_made(list, Positions::Merged { depth: depth + 1, low, high }, key)
    }

    /// The same names in a shape that tells no positions.
    pub(crate) fn without_positions(&self, shape: ShapeRef) -> ShapeRef {
        if !shape.has_positions() {
            return shape;
        }
        shape.list.plain().unwrap_or_else(|| self.lock().plain(shape.list))
    }

    pub(crate) fn count(&self) -> u32 {
        self.lock().shapes
    }
}

fn position(shape: ShapeRef, name: Name) -> Pos {
    shape.position(shape.list.search(name) as usize)
}

impl State {
    /// The names as they are shared.
    fn list(&mut self, names: &[Name]) -> &'static Names {
        debug_assert!(names.is_sorted_by(|a, b| a < b));
        let hash = hash(names.iter().map(|name| name.index() as u32));
        let id = self.lists.len() as u32;
        match self.lists.entry(spread(hash), |known| known.hash == hash && *known.names == *names, |known| spread(known.hash)) {
            Entry::Occupied(known) => known.get(),
            Entry::Vacant(place) => {
                let names = copy(&mut self.arena, names);
                let list: &'static Names = put(&mut self.arena, Names::new(names, id, hash));
                place.insert(list);
                list
            }
        }
    }

    /// The names of both.
    fn union(&mut self, low: &'static Names, high: &'static Names) -> &'static Names {
        let mut names = std::mem::take(&mut self.names);
        names.clear();
        let (mut left, mut right) = (low.names.iter().copied().peekable(), high.names.iter().copied().peekable());
        while let Some(name) = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a == b => left.next().and(right.next()),
            (Some(a), Some(b)) if a > b => right.next(),
            (None, _) => right.next(),
            _ => left.next(),
        } {
            names.push(name);
        }
        let list = match names.len() {
            len if len == high.names.len() => high,
            len if len == low.names.len() => low,
            _ => self.list(&names),
        };
        self.names = names;
        list
    }

    fn add(&mut self, list: &'static Names, positions: Positions, hash: u32) -> ShapeRef {
        let id = self.shapes;
        self.shapes += 1;
        put(&mut self.arena, Shape { names: list.names, list, names_id: list.id, id, hash, positions })
    }

    fn plain(&mut self, list: &'static Names) -> ShapeRef {
        if let Some(plain) = list.plain() {
            return plain;
        }
        let plain = self.add(list, Positions::None, 0);
        list.plain.store(std::ptr::from_ref(plain).cast_mut(), Ordering::Release);
        plain
    }

    fn with_each(&mut self, list: &'static Names, positions: &[Pos]) -> ShapeRef {
        let key = hash([list.id].into_iter().chain(positions.iter().flat_map(|pos| pos.halves())));
        let same = |known: &ShapeRef| known.list.id == list.id && matches!(known.positions, Positions::Each(known) if *known == *positions);
        match self.made.find(spread(key), same) {
            Some(known) => known,
            None => {
                let positions = copy(&mut self.arena, positions);
                self.add_made(list, Positions::Each(positions), key)
            }
        }
    }

    fn add_made(&mut self, list: &'static Names, positions: Positions, key: u32) -> ShapeRef {
        let shape = self.add(list, positions, key);
        self.made.insert_unique(spread(key), shape, |known| spread(known.hash));
        shape
    }
}

impl Drop for State {
    fn drop(&mut self) {
        for list in &self.lists {
            // SAFETY: names live as long as the table.
            unsafe { list.clear() }
        }
    }
}

fn hash(words: impl Iterator<Item = u32>) -> u32 {
    let hash = words.fold(0u64, |hash, word| (hash.rotate_left(20) ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (hash >> 32) as u32
}

/// As a table wants a hash: its high bits count, too.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn put<T>(arena: &mut Arena, value: T) -> &'static T {
    let place: NonNull<T> = arena.alloc(1);
    // SAFETY: the place is of that type, and nobody else's. The arena lives as long as the evaluator, which outlives every use of a
    // shape (module documentation of `value`).
    unsafe {
        place.write(value);
        place.as_ref()
    }
}

fn copy<T: Copy>(arena: &mut Arena, values: &[T]) -> &'static [T] {
    let place: NonNull<T> = arena.alloc(values.len());
    // SAFETY: as in `put`; the place has room for as many.
    unsafe {
        place.copy_from_nonoverlapping(NonNull::from(values).cast(), values.len());
        NonNull::slice_from_raw_parts(place, values.len()).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(numbers: impl IntoIterator<Item = u8>) -> Vec<Name> {
        let mut names: Vec<Name> = numbers.into_iter().map(|number| Name::new(format!("shape-{number}"))).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[derive(Debug, Clone)]
    enum Step {
        Literal(Vec<u8>, u32),
        Each(Vec<u8>, u32),
        Merge(prop::sample::Index, prop::sample::Index),
        Part(prop::sample::Index, Vec<bool>),
        Plain(prop::sample::Index),
    }

    fn step() -> impl Strategy<Value = Step> {
        let numbers = || prop::collection::vec(0..60u8, 0..40);
        prop_oneof![
            (numbers(), 1..9u32).prop_map(|(names, module)| Step::Literal(names, module)),
            (numbers(), 1..9u32).prop_map(|(names, module)| Step::Each(names, module)),
            (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(a, b)| Step::Merge(a, b)),
            (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(a, b)| Step::Merge(a, b)),
            (any::<prop::sample::Index>(), any::<Vec<bool>>()).prop_map(|(a, kept)| Step::Part(a, kept)),
            any::<prop::sample::Index>().prop_map(Step::Plain),
        ]
    }

    proptest! {
        /// Shapes against lists of names and positions.
        #[test]
        fn names_and_positions(steps in prop::collection::vec(step(), 1..120)) {
            let table = ShapeTable::default();
            let mut made: Vec<(ShapeRef, Vec<(Name, Pos)>)> = vec![(table.make(&[], &[]), Vec::new())];
            for step in steps {
                let shape = match step {
                    Step::Literal(numbers, module) => {
                        let (names, first) = (names(numbers), Pos::attr(module, 7));
                        (table.literal(&names, first), names.into_iter().zip((0..).map(|i| first.offset(i))).collect())
                    }
                    Step::Each(numbers, module) => {
                        let all: Vec<(Name, Pos)> = names(numbers).into_iter().map(|name| (name, Pos::attr(module, name.index() as u32))).collect();
                        let (names, positions): (Vec<Name>, Vec<Pos>) = all.iter().copied().unzip();
                        (table.make(&names, &positions), all)
                    }
                    Step::Merge(low, high) => {
                        let ((low, left), (high, right)) = (low.get(&made), high.get(&made));
                        let mut all = right.clone();
                        all.extend(left.iter().filter(|(name, _)| right.iter().all(|(other, _)| other != name)));
                        all.sort_unstable_by_key(|(name, _)| *name);
                        prop_assert!(std::ptr::eq(table.merged(low, high), table.merged(low, high)));
                        (table.merged(low, high), all)
                    }
                    Step::Part(whole, kept) => {
                        let (shape, all) = whole.get(&made);
                        let all: Vec<(Name, Pos)> = all.iter().zip(kept).filter(|(_, kept)| *kept).map(|(pair, _)| *pair).collect();
                        let names: Vec<Name> = all.iter().map(|(name, _)| *name).collect();
                        (table.part(shape, &names), all)
                    }
                    Step::Plain(shape) => {
                        let (shape, all) = shape.get(&made);
                        (table.without_positions(shape), all.iter().map(|(name, _)| (*name, Pos::NONE)).collect())
                    }
                };
                made.push(shape);
            }
            for (shape, all) in &made {
                prop_assert_eq!(shape.names().iter().zip(0..).map(|(&name, i)| (name, shape.position(i))).collect::<Vec<_>>(), all.clone());
                for _ in 0..3 {
                    for (name, i) in all.iter().map(|(name, _)| *name).zip(0..) {
                        prop_assert_eq!(shape.find(name), i);
                    }
                    prop_assert_eq!(shape.find(Name::new("shape-none")), NOT_FOUND);
                }
                let mut sorted: Vec<_> = all.iter().map(|(name, _)| name.as_bytes()).collect();
                sorted.sort_unstable();
                prop_assert_eq!(shape.alphabetical().iter().map(|&i| shape.names()[i as usize].as_bytes()).collect::<Vec<_>>(), sorted);
            }
            for (a, _) in &made {
                for (b, _) in &made {
                    prop_assert_eq!(a.names_id() == b.names_id(), a.names() == b.names());
                }
            }
        }
    }
}
