//! What results rest on: sets of *cells*, numbered; a cell is something that can change, and is itself a set of one.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::value::{Thunk, ThunkKind};

/// Nothing.
pub(super) const EMPTY: u32 = 0;

/// The cell of what failed because it was needed for itself: it rests on what was running, which nobody knows then.
pub(super) const CYCLE: u32 = 1;

/// Where so many results rest on a cell, it is not worth while to know which: the cell becomes *coarse*, and a change of it
/// cannot be taken back thunk by thunk.
const COARSE: usize = if cfg!(test) { 2_000 } else { 60_000 };

/// Members of all sets together, from which on everything is coarse.
const MAX_MEMBERS: usize = 4_000_000;

/// The table of sets, and the thunks that have each.
#[derive(Debug)]
pub(super) struct Sets {
    /// Sorted, by number of the set.
    members: Vec<Arc<[u32]>>,
    index: FxHashMap<Arc<[u32]>, u32>,
    /// Of each set the one without coarse cells.
    fine: Vec<u32>,
    /// Addresses of thunks, by the set they got with their result. May have some that have another by now.
    thunks: Vec<Vec<u64>>,
    /// How many thunks rest on each cell.
    weights: FxHashMap<u32, usize>,
    coarse: FxHashSet<u32>,
    all_members: usize,
    /// Everything is coarse, and what comes, too.
    full: bool,
}

impl Default for Sets {
    fn default() -> Self {
        let mut sets = Sets {
            members: Vec::new(),
            index: FxHashMap::default(),
            fine: Vec::new(),
            thunks: Vec::new(),
            weights: FxHashMap::default(),
            coarse: FxHashSet::default(),
            all_members: 0,
            full: false,
        };
        sets.add([].into(), EMPTY);
        sets.new_cell();
        sets
    }
}

impl Sets {
    fn add(&mut self, members: Arc<[u32]>, fine: u32) -> u32 {
        let number = self.members.len() as u32;
        self.all_members += members.len();
        self.index.insert(members.clone(), number);
        self.members.push(members);
        self.fine.push(fine);
        self.thunks.push(Vec::new());
        number
    }

    pub fn new_cell(&mut self) -> u32 {
        let number = self.members.len() as u32;
        if self.full {
            self.coarse.insert(number);
        }
        self.add([number].into(), if self.full { EMPTY } else { number })
    }

    fn of(&self, set: u32) -> Arc<[u32]> {
        self.members.get(set as usize).cloned().unwrap_or_default()
    }

    /// The set without what is coarse.
    pub fn fine(&self, set: u32) -> u32 {
        self.fine.get(set as usize).copied().unwrap_or(EMPTY)
    }

    fn intern(&mut self, members: Vec<u32>) -> u32 {
        let members: Arc<[u32]> = members.into();
        if let Some(&known) = self.index.get(&members) {
            return known;
        }
        let number = self.members.len() as u32;
        let number = self.add(members, number);
        if self.all_members > MAX_MEMBERS {
            self.full = true;
            self.coarse.extend(self.members.iter().filter(|m| m.len() == 1).flat_map(|m| m.iter().copied()));
            self.refine();
        }
        number
    }

    pub fn union(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.of(self.fine(a)), self.of(self.fine(b)));
        let mut members = Vec::with_capacity(a.len() + b.len());
        members.extend_from_slice(&a);
        members.extend_from_slice(&b);
        members.sort_unstable();
        members.dedup();
        let union = self.intern(members);
        self.fine(union)
    }

    /// Works out [`Sets::fine`] again.
    fn refine(&mut self) {
        for number in 0..self.members.len() {
            let members = self.of(number as u32);
            if members.iter().any(|cell| self.coarse.contains(cell)) {
                let rest: Arc<[u32]> = members.iter().copied().filter(|cell| !self.coarse.contains(cell)).collect();
                self.fine[number] = match self.index.get(&rest) {
                    Some(&known) => known,
                    None => {
                        let new = self.members.len() as u32;
                        self.add(rest, new)
                    }
                };
            }
        }
    }

    /// Notes thunks with their sets. True where a cell has become coarse.
    pub fn note(&mut self, new: &mut Vec<(u32, Thunk)>) -> bool {
        let mut found = false;
        for (set, thunk) in new.drain(..) {
            let Some(thunks) = self.thunks.get_mut(set as usize) else { continue };
            thunks.push(thunk.address());
            for &cell in self.members.get(set as usize).into_iter().flat_map(|members| members.iter()) {
                let weight = self.weights.entry(cell).or_default();
                *weight += 1;
                if *weight > COARSE && self.coarse.insert(cell) {
                    found = true;
                }
            }
        }
        if found {
            self.refine();
        }
        found
    }

    /// Whether results that rest on the cell are not known.
    pub fn is_coarse(&self, cell: u32) -> bool {
        self.coarse.contains(&cell)
    }

    /// Puts back everything that rests on one of `changed`; how many thunks. Nobody may be evaluating.
    pub fn reset(&mut self, changed: &FxHashSet<u32>) -> usize {
        let mut count = 0;
        for set in 0..self.members.len() {
            if self.thunks[set].is_empty() || !self.members[set].iter().any(|cell| changed.contains(cell)) {
                continue;
            }
            let thunks = std::mem::take(&mut self.thunks[set]);
            for &cell in self.members[set].iter() {
                if let Some(weight) = self.weights.get_mut(&cell) {
                    *weight = weight.saturating_sub(thunks.len());
                }
            }
            for address in thunks {
                let thunk = Thunk::from_word(address);
                if let Err(state) = thunk.load()
                    && state.kind() == ThunkKind::Derived
                    && state.record().set == set as u64
                {
                    thunk.reset(state.record().recipe);
                    count += 1;
                }
            }
        }
        count
    }

    pub fn counts(&self) -> (usize, usize) {
        (self.members.len(), self.coarse.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_are_shared() {
        let mut sets = Sets::default();
        let (a, b, c) = (sets.new_cell(), sets.new_cell(), sets.new_cell());
        let ab = sets.union(a, b);
        assert_eq!(ab, sets.union(b, a));
        assert_eq!(ab, sets.union(ab, a));
        let bc = sets.union(b, c);
        assert_eq!(sets.union(ab, c), sets.union(a, bc));
        assert_eq!(sets.union(a, EMPTY), a);
    }

    #[test]
    fn what_everything_rests_on_is_left_out() {
        let mut sets = Sets::default();
        let (a, b) = (sets.new_cell(), sets.new_cell());
        let ab = sets.union(a, b);
        sets.coarse.insert(a);
        sets.refine();
        assert_eq!((sets.fine(a), sets.fine(ab), sets.fine(b)), (EMPTY, b, b));
        assert_eq!(sets.union(ab, a), b);
        assert!(sets.is_coarse(a) && !sets.is_coarse(b));
    }
}
