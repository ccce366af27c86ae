//! After marking: what was not reached becomes holes.

use super::block::{GRANULE, HOLE, LARGE, MARK, MIN_HOLE, NOTED, address_of, map_byte, map_of};
use super::region::Heap;
use super::space::{Space, State};

/// Free blocks kept for the next evaluation; the memory of the others goes back to the system.
const KEPT_FREE: usize = 32;

/// What freed memory is filled with where `poison` is asked for: tag 7 at an address that no program has.
const POISON: u64 = 0xdead_beef_dead_beef;

/// [`MARK`] in each byte.
const MARKS: u64 = u64::from_ne_bytes([MARK; 8]);

/// What is left in a block.
struct Swept {
    /// Bytes in holes that can be filled.
    free: usize,
    longest: usize,
    /// Nothing lives in it.
    empty: bool,
}

/// Makes holes of the unmarked objects of a block. The others stay marked: they are old.
fn sweep_block(block: usize, fresh: usize, poison: bool) -> Swept {
    // SAFETY: every thread that could look at the map stands still.
    let map = unsafe { map_of(block) };
    let mut swept = Swept { free: 0, longest: 0, empty: true };
    let mut hole: Option<usize> = None;
    let mut close = |hole: &mut Option<usize>, end: usize| {
        if let Some(start) = hole.take() {
            let bytes = (end - start) * GRANULE;
            if bytes >= MIN_HOLE {
                swept.free += bytes;
                swept.longest = swept.longest.max(bytes);
            }
            if poison {
                let (from, to) = (address_of(block, start), address_of(block, end).min(block + fresh));
                for word in (from..to).step_by(8) {
                    // SAFETY: nothing lives in the hole.
                    unsafe { *(word as *mut u64) = POISON };
                }
            }
        }
    };
    let mut live = false;
    // Eight granules at a time, `DATA / GRANULE` being a multiple of that.
    for (at, chunk) in map.chunks_exact_mut(8).enumerate() {
        let at = at * 8;
        let Some(eight) = chunk.first_chunk_mut::<8>() else { break };
        let word = u64::from_le_bytes(*eight);
        if word == 0 {
            continue;
        }
        let first = word.trailing_zeros() as usize / 8;
        let marks = word & MARKS;
        if marks == 0 {
            // Nothing here lives.
            let begins = if hole.is_some() { 0 } else { (HOLE as u64) << (8 * first) };
            *eight = begins.to_le_bytes();
            hole.get_or_insert(at + first);
            continue;
        }
        live = true;
        if word & !((marks >> 7) * 0xff) == 0 {
            // All that begins here lives.
            close(&mut hole, at + first);
            continue;
        }
        for (index, byte) in eight.iter_mut().enumerate() {
            if *byte & MARK != 0 {
                close(&mut hole, at + index);
            } else if *byte != 0 {
                *byte = if hole.is_some() { 0 } else { HOLE };
                hole.get_or_insert(at + index);
            }
        }
    }
    close(&mut hole, map.len());
    swept.empty = !live;
    swept
}

impl Space {
    /// Makes every object young.
    pub(super) fn unmark(&mut self) {
        for index in 0..self.blocks.len() {
            let block = self.address(index);
            match self.blocks[index].state {
                // SAFETY: the block has a map, which nobody else looks at.
                State::Open | State::Taken => unsafe { map_of(block) }.iter_mut().for_each(|byte| *byte &= !(MARK | NOTED)),
                // SAFETY: the first block of a large object has a map with this one byte in use.
                State::Large(_) => unsafe { *map_byte(block + super::block::DATA) &= !(MARK | NOTED) },
                State::Free | State::Rest(_) => {}
            }
        }
    }

    fn sweep(&mut self, full: bool, poison: bool) {
        let mut free = 0;
        let mut index = 0;
        while index < self.blocks.len() {
            let block = self.address(index);
            let info = self.blocks[index];
            // In the others nothing was made since they were swept, and what is old stays.
            if !full && !info.young {
                free += usize::from(info.state == State::Free && info.fresh as usize > super::block::DATA);
                if let State::Open | State::Taken = info.state {
                    self.blocks[index].state = State::Open;
                }
                index += 1;
                continue;
            }
            self.blocks[index].young = false;
            match info.state {
                State::Large(count) => {
                    let byte = map_byte(block + super::block::DATA);
                    // SAFETY: the first block of a large object has a map with this one byte in use.
                    let marked = unsafe {
                        debug_assert!(*byte & LARGE != 0);
                        *byte & MARK != 0
                    };
                    if !marked {
                        (index..index + count as usize).for_each(|i| self.release(i));
                    }
                    index += count as usize;
                    continue;
                }
                State::Open | State::Taken => {
                    let swept = sweep_block(block, info.fresh as usize, poison);
                    let info = &mut self.blocks[index];
                    (info.free, info.longest) = (swept.free as u32, swept.longest as u32);
                    info.state = if swept.empty { State::Free } else { State::Open };
                }
                State::Free | State::Rest(_) => {}
            }
            if self.blocks[index].state == State::Free && self.blocks[index].fresh as usize > super::block::DATA {
                free += 1;
                if free > KEPT_FREE {
                    self.release(index);
                }
            }
            index += 1;
        }
        self.cursor = 0;
    }
}

impl Heap {
    /// Frees what was not marked. `live` is the number of bytes that were.
    pub(super) fn sweep(&self, space: &mut Space, live: usize, full: bool, poison: bool) {
        space.sweep(full, poison);
        self.swept(live, full);
    }
}
