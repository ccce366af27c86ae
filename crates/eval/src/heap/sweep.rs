//! After marking: what was not reached becomes holes.

use super::block::{GRANULE, HOLE, LARGE, MARK, MIN_HOLE, NOTED, address_of, map_byte, map_of, zeros};
use super::region::Heap;
use super::space::{Space, State};

/// Free blocks kept for the next evaluation; the memory of the others goes back to the system.
const KEPT_FREE: usize = 32;

/// What freed memory is filled with where `poison` is asked for: tag 7 at an address that no program has.
const POISON: u64 = 0xdead_beef_dead_beef;

/// What is left in a block.
#[derive(Debug, Default, PartialEq)]
struct Swept {
    /// Bytes in holes that can be filled.
    free: usize,
    longest: usize,
    /// Something lives in it.
    live: bool,
}

impl Swept {
    fn hole(&mut self, granules: usize) {
        let bytes = granules * GRANULE;
        if bytes >= MIN_HOLE {
            self.free += bytes;
            self.longest = self.longest.max(bytes);
        }
    }
}

/// The highest bit of each byte.
const HIGHEST: u64 = 0x8080_8080_8080_8080;
/// The lowest bit of each byte.
const LOWEST: u64 = 0x0101_0101_0101_0101;

/// One byte for each of 8 bits: 1 or 0.
#[inline(always)]
fn spread(bits: u64) -> u64 {
    let each = (bits & 0xff).wrapping_mul(LOWEST) & 0x8040_2010_0804_0201;
    ((each + (HIGHEST - LOWEST)) & HIGHEST) >> 7
}

/// One bit for each of 64 granules: whether something begins there, and whether it lives.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn bits(chunk: &[u8]) -> (u64, u64) {
    use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_setzero_si128};
    let (mut begins, mut lives) = (0, 0);
    let (quarters, _) = chunk.as_chunks::<16>();
    for (number, quarter) in quarters.iter().enumerate() {
        // SAFETY: 16 bytes; every such processor has these instructions.
        let (none, marked) = unsafe {
            let bytes = _mm_loadu_si128(quarter.as_ptr().cast::<__m128i>());
            (_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())), _mm_movemask_epi8(bytes))
        };
        begins |= u64::from(!none as u16) << (16 * number);
        lives |= u64::from(marked as u16) << (16 * number);
    }
    (begins, lives)
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn bits(chunk: &[u8]) -> (u64, u64) {
    // One bit for each of 8 bytes: its highest one.
    let gather = |bytes: u64| ((bytes & HIGHEST) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let (mut begins, mut lives) = (0, 0);
    let (words, _) = chunk.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        begins |= gather(word | ((word & !HIGHEST) + (HIGHEST - LOWEST))) << (8 * number);
        lives |= gather(word) << (8 * number);
    }
    (begins, lives)
}

/// Makes holes of the unmarked objects of a block. The others stay marked: they are old.
fn sweep_block(block: usize, fresh: usize, poison: bool) -> Swept {
    // SAFETY: every thread that could look at the map stands still.
    let map = unsafe { map_of(block) };
    let swept = sweep_map(map);
    if poison {
        poison_holes(block, map, fresh);
    }
    swept
}

/// The length of `map` is a multiple of 64.
fn sweep_map(map: &mut [u8]) -> Swept {
    let mut swept = Swept::default();
    // Where the hole that is open begins, and whether there is one.
    let (mut start, mut open) = (0, 0u64);
    // 64 granules at a time, `DATA / GRANULE` being a multiple of that.
    for (number, chunk) in map.chunks_exact_mut(64).enumerate() {
        let at = number * 64;
        let (begins, lives) = bits(chunk);
        let (words, _) = chunk.as_chunks_mut::<8>();
        if begins == 0 {
            continue;
        }
        if lives == 0 {
            // Most parts of what was young are like this.
            words.fill([0; 8]);
            if open == 0 {
                (start, open) = (at + begins.trailing_zeros() as usize, 1);
                chunk[start - at] = HOLE;
            }
            continue;
        }
        swept.live = true;
        let dead = begins & !lives;
        // From each dead object a carry runs over what it covers to the beginning of the next object.
        let (reached, carried) = (!begins).overflowing_add(dead << 1 | open);
        let opens = dead & !reached;
        open = dead >> 63 | u64::from(carried);
        if dead != 0 {
            for (shift, word) in words.iter_mut().enumerate() {
                let live = (u64::from_le_bytes(*word) & HIGHEST) >> 7;
                let kept = u64::from_le_bytes(*word) & live.wrapping_mul(0xff);
                *word = (kept | spread(opens >> (8 * shift)).wrapping_mul(u64::from(HOLE))).to_le_bytes();
            }
        }
        // Beginnings and ends of holes take turns.
        let mut turns = opens | (lives & reached);
        while turns != 0 {
            let bit = turns & turns.wrapping_neg();
            turns ^= bit;
            let here = at + bit.trailing_zeros() as usize;
            if opens & bit != 0 {
                start = here;
            } else {
                swept.hole(here - start);
            }
        }
    }
    if open != 0 {
        swept.hole(map.len() - start);
    }
    swept
}

/// Marks every object; the length of `map` is a multiple of 8.
fn mark_map(map: &mut [u8]) {
    let (words, _) = map.as_chunks_mut::<8>();
    for word in words {
        let bytes = u64::from_le_bytes(*word);
        // What is more than `HOLE` gets the highest bit of its byte.
        let objects = ((bytes & !HIGHEST) + (HIGHEST - LOWEST * u64::from(HOLE + 1))) & HIGHEST;
        *word = (bytes | objects).to_le_bytes();
    }
}

/// Overwrites what was freed.
fn poison_holes(block: usize, map: &[u8], fresh: usize) {
    let mut at = 0;
    while let Some(found) = map[at..].iter().position(|&byte| byte == HOLE) {
        let start = at + found;
        at = start + 1 + zeros(&map[start + 1..]);
        for word in (address_of(block, start)..address_of(block, at).min(block + fresh)).step_by(8) {
            // SAFETY: nothing lives in the hole.
            unsafe { *(word as *mut u64) = POISON };
        }
    }
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

    /// Makes every object old.
    pub(super) fn mark_all(&mut self) {
        for index in (0..self.blocks.len()).filter(|&index| self.blocks[index].young) {
            let block = self.address(index);
            match self.blocks[index].state {
                // SAFETY: the block has a map, which nobody else looks at.
                State::Open | State::Taken => mark_map(unsafe { map_of(block) }),
                // SAFETY: the first block of a large object has a map with this one byte in use.
                State::Large(_) => unsafe { *map_byte(block + super::block::DATA) |= MARK },
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
                    info.state = if swept.live { State::Open } else { State::Free };
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, byte by byte.
    fn plainly(map: &mut [u8]) -> Swept {
        let mut swept = Swept::default();
        let mut hole = None;
        for (at, byte) in map.iter_mut().enumerate() {
            if *byte & MARK != 0 {
                swept.live = true;
                if let Some(start) = hole.take() {
                    swept.hole(at - start);
                }
            } else if *byte != 0 {
                *byte = if hole.is_some() { 0 } else { HOLE };
                hole.get_or_insert(at);
            }
        }
        if let Some(start) = hole {
            swept.hole(map.len() - start);
        }
        swept
    }

    proptest! {
        #[test]
        fn holes_are_those_found_byte_by_byte(
            bytes in prop::collection::vec(prop_oneof![3 => Just(0u8), 1 => Just(HOLE), 2 => 2..32u8, 2 => 130..160u8], 0..400),
        ) {
            let mut map = bytes;
            map.resize(map.len().next_multiple_of(64), 0);
            let mut expected = map.clone();
            prop_assert_eq!((sweep_map(&mut map), &map), (plainly(&mut expected), &expected));
        }

        #[test]
        fn objects_are_marked_and_holes_are_not(map in prop::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..40)) {
            let mut marked = map;
            marked.resize(marked.len().next_multiple_of(8), 0);
            let expected: Vec<u8> = marked.iter().map(|&byte| if byte > HOLE { byte | MARK } else { byte }).collect();
            mark_map(&mut marked);
            prop_assert_eq!(marked, expected);
        }
    }
}
