//! After marking: what was not reached becomes holes.

use super::block::{GRANULE, HOLE, LARGE, MARK, MIN_HOLE, NOTED, address_of, map_byte, map_of};
use super::region::Heap;
use super::space::{Space, State};

/// Free blocks kept for the next evaluation; the memory of the others goes back to the system.
const KEPT_FREE: usize = 32;

/// What freed memory is filled with where `poison` is asked for: tag 7 at an address that no program has.
const POISON: u64 = 0xdead_beef_dead_beef;

/// What is left in a block.
struct Swept {
    /// Bytes in holes that can be filled.
    free: usize,
    longest: usize,
    /// Nothing lives in it.
    empty: bool,
}

/// Makes holes of the unmarked objects of a block, and unmarks the others.
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
    let mut at = 0;
    let mut live = false;
    while at < map.len() {
        if at.is_multiple_of(8)
            && let Some(&eight) = map[at..].first_chunk::<8>()
        {
            let word = u64::from_ne_bytes(eight);
            let marked = (word >> 7 & 0x0101_0101_0101_0101) * 0xff;
            // Nothing begins here, or live objects only while no hole is open.
            if word == 0 || (word & !marked == 0 && hole.is_none()) {
                live |= word != 0;
                at += 8;
                continue;
            }
        }
        let byte = map[at];
        if byte & MARK != 0 {
            close(&mut hole, at);
            live = true;
        } else if byte != 0 {
            map[at] = if hole.is_some() { 0 } else { HOLE };
            hole.get_or_insert(at);
        }
        at += 1;
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
