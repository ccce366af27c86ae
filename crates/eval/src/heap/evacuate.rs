//! [`Mover`]: a collection that is not full. Young objects that are reached are copied to old blocks, one behind the other in the order in
//! which they are met; the blocks they leave are nearly free and are filled again from end to end.
//!
//! What the stacks, the roots or a [`super::ScratchVec`] refer to stays where it is (it is *pinned*), and is old from then on. So only
//! references from one object of the heap to another change, and nobody looks at these meanwhile.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::Kind;
use super::block::{HOLE, KIND, LARGE, MARK, NOTED, load_byte, map_byte, store_byte};
use super::layout::{Visitor, load_word, size_of, store_word, visit};
use super::mark::{QUEUE, SHARING, prefetch};
use super::pool::{Pool, Worker};
use super::region::{Bump, MEDIUM_HOLE};
use super::space::Space;
use crate::value::{TAG_IMMEDIATE, TAG_INT, TAG_MASK, Value};

/// The map's byte of an object that was copied; its first word is where to.
const MOVED: u8 = KIND;
/// Of an object that is being copied.
const BUSY: u8 = KIND - 1;
/// Shorter holes of old blocks are left.
const LEAST_HOLE: usize = 64;
/// Set in a work item that is the address of a word which is a value; else that word is an address.
const VALUE: usize = 1;
/// Set in one that is the address of an old object, all of which is to be looked at.
const OBJECT: usize = 2;
/// Most objects are no bigger.
const SMALL: usize = 128;

/// See the module documentation.
pub(super) struct Mover<'s> {
    space: &'s Mutex<&'s mut Space>,
    /// Another one is at work.
    together: bool,
    /// Where copies go.
    target: Bump,
    /// Where those go that do not fit its hole and are bigger than most, which would leave many holes behind; unless the heap is so small
    /// that another block would show.
    medium: Bump,
    apart: bool,
    /// Addresses of words and of old objects that are to be looked at.
    work: Vec<usize>,
    /// Young objects that stay where they are.
    pinned: Vec<usize>,
    /// Bytes that became old.
    live: usize,
}

impl Visitor for Mover<'_> {
    #[inline(always)]
    unsafe fn field(&mut self, word: *mut u64, _: &'static [Kind]) {
        // SAFETY: by the caller.
        if unsafe { load_word(word) } != 0 {
            self.work.push(word as usize);
        }
    }

    #[inline(always)]
    unsafe fn slots(&mut self, object: *mut u64, from: usize, to: usize) {
        self.work.reserve(to - from);
        for index in from..to {
            // SAFETY: by the caller.
            let (slot, word) = unsafe { (object.add(index), load_word(object.add(index))) };
            if word != 0 && !matches!(word & TAG_MASK, TAG_INT | TAG_IMMEDIATE) {
                self.work.push(slot as usize | VALUE);
            }
        }
    }

    /// Its second word points into the list that its third one refers to.
    #[inline(always)]
    unsafe fn view(&mut self, object: *mut u64) {
        // SAFETY: by the caller.
        unsafe {
            let list = load_word(object.add(2));
            self.update(object.add(2) as usize);
            let by = load_word(object.add(2)).wrapping_sub(list);
            store_word(object.add(1), load_word(object.add(1)).wrapping_add(by));
        }
    }
}

impl<'s> Mover<'s> {
    /// `work`: memory to be used for what has yet to be looked at.
    pub(super) fn new(space: &'s Mutex<&'s mut Space>, work: Vec<usize>, together: bool) -> Self {
        let apart = space.lock().unwrap_or_else(|e| e.into_inner()).is_big();
        Mover { space, together, target: Bump::default(), medium: Bump::default(), apart, work, pinned: Vec::new(), live: 0 }
    }

    fn space(&self) -> MutexGuard<'s, &'s mut Space> {
        self.space.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Keeps an object where it is, if it is young; whether it is.
    ///
    /// # Safety
    /// One begins at `address`, and nothing was looked at yet.
    pub(super) unsafe fn pin(&mut self, address: usize) -> bool {
        let byte = map_byte(address);
        // SAFETY: by the caller.
        unsafe {
            let young = *byte & MARK == 0;
            if young {
                *byte |= MARK;
                self.pinned.push(address);
            }
            young
        }
    }

    /// Has what these old objects refer to looked at: by [`Worker::drain`], by two threads where there are two. Each is there once, or
    /// is no view of a list.
    pub(super) fn look_at(&mut self, objects: &[usize]) {
        self.work.extend(objects.iter().map(|&address| address | OBJECT));
    }

    /// Looks at what was pinned.
    ///
    /// # Safety
    /// Everything is pinned that shall be.
    pub(super) unsafe fn scan_pinned(&mut self) {
        let pinned = std::mem::take(&mut self.pinned);
        for (at, &address) in pinned.iter().enumerate() {
            if let Some(&later) = pinned.get(at + QUEUE) {
                prefetch(later);
                prefetch(map_byte(later) as usize);
            }
            // SAFETY: `pin` marked an object here.
            self.live += unsafe { visit(address, self) };
        }
    }

    /// Looks at what an old object refers to, which is no longer noted.
    ///
    /// # Safety
    /// One begins at `address`, and everything is pinned that shall be.
    unsafe fn scan(&mut self, address: usize) {
        let byte = map_byte(address);
        // SAFETY: by the caller; the byte of an old object is only changed here.
        unsafe {
            store_byte(byte, load_byte(byte) & !NOTED);
            visit(address, self);
        }
    }

    /// When nobody has work any more: the memory for it, and the number of bytes that became old.
    pub(super) fn finish(mut self) -> (Vec<usize>, usize) {
        self.target.leave(&mut self.space());
        self.medium.leave(&mut self.space());
        (self.work, self.live)
    }

    /// Has a word refer to where its object is from now on.
    ///
    /// # Safety
    /// A word of an object that lives and will not move any more, and no number.
    #[inline(always)]
    unsafe fn update(&mut self, item: usize) {
        let slot = (item & !VALUE) as *mut u64;
        // SAFETY: by the caller; what words refer to are objects, whose blocks have a map.
        unsafe {
            // What another one wrote here lies where that one copied it to.
            let mut word = AtomicU64::from_ptr(slot).load(Ordering::Acquire);
            loop {
                // Seen before, by who is looked at twice; or the value of a thunk.
                if item & VALUE != 0 && matches!(word & TAG_MASK, TAG_INT | TAG_IMMEDIATE) {
                    return;
                }
                let (tag, address) = if item & VALUE == 0 { (0, word as usize) } else { (word & TAG_MASK, (word & !TAG_MASK) as usize) };
                let map = AtomicU8::from_ptr(map_byte(address));
                // What was moved is whole.
                let byte = map.load(Ordering::Acquire);
                debug_assert!(byte & KIND > HOLE, "no object is at {address:#x}: {byte:#x}");
                if byte == MOVED {
                    refer(slot, load_word(address as *mut u64) | tag);
                    return;
                }
                if byte == BUSY {
                    std::hint::spin_loop();
                    continue;
                }
                // The value of a finished thunk takes its place, so that the thunk need not live; except for what can be told apart by
                // its place. Whoever holds the old word keeps the thunk by it.
                if tag == 0 && item & VALUE != 0 {
                    let inner = Value(AtomicU64::from_ptr(address as *mut u64).load(Ordering::Acquire));
                    if inner.0 & TAG_MASK != 0 && !inner.known_by_place() {
                        refer(slot, inner.0);
                        word = inner.0;
                        continue;
                    }
                }
                if byte & MARK != 0 {
                    return;
                }
                if byte & LARGE != 0 {
                    // Where both come to it at once both look at it, which does no harm.
                    map.store(byte | MARK, Ordering::Relaxed);
                    self.live += visit(address, self);
                    return;
                }
                if self.together && map.compare_exchange(byte, BUSY, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                    continue;
                }
                refer(slot, self.copy(address, byte) as u64 | tag);
                return;
            }
        }
    }

    /// Where the object is from now on, whose byte in the map was this.
    ///
    /// # Safety
    /// A young object begins at `address`, which is not large, and which nobody else copies.
    unsafe fn copy(&mut self, address: usize, byte: u8) -> usize {
        // SAFETY: by the caller; the copy lies in a hole that nobody else fills.
        unsafe {
            let bytes = size_of(address, byte);
            let new = self.room(bytes);
            if bytes <= SMALL {
                // Quicker than to ask how it is copied best.
                for at in (0..bytes).step_by(16) {
                    *((new + at) as *mut [u64; 2]) = *((address + at) as *const [u64; 2]);
                }
            } else {
                std::ptr::copy_nonoverlapping(address as *const u64, new as *mut u64, bytes / 8);
            }
            *map_byte(new) = byte | MARK;
            store_word(address as *mut u64, new as u64);
            AtomicU8::from_ptr(map_byte(address)).store(MOVED, Ordering::Release);
            self.live += visit(new, self);
            new
        }
    }

    /// A place for `bytes` bytes, whose end is marked: the map tells how long some objects are.
    #[inline(always)]
    fn room(&mut self, bytes: usize) -> usize {
        match self.target.place(bytes) {
            Some(start) => {
                self.target.flush();
                start
            }
            None => self.find_room(bytes),
        }
    }

    /// The same where it does not fit the hole that is being filled.
    #[cold]
    #[inline(never)]
    fn find_room(&mut self, bytes: usize) -> usize {
        let space = self.space;
        let (bump, least) = if bytes > SMALL && self.apart {
            (&mut self.medium, bytes.max(MEDIUM_HOLE))
        } else {
            (&mut self.target, bytes.max(LEAST_HOLE))
        };
        loop {
            if let Some(start) = bump.place(bytes) {
                bump.flush();
                return start;
            }
            if !bump.next_hole(least) {
                let mut space = space.lock().unwrap_or_else(|e| e.into_inner());
                bump.leave(&mut space);
                let index = space.for_copies(least);
                *bump = Bump::of_block(&mut space, index);
            }
        }
    }
}

/// Writes a reference that another thread may follow at once.
///
/// # Safety
/// `slot` lies in a live object.
#[inline(always)]
unsafe fn refer(slot: *mut u64, word: u64) {
    // SAFETY: by the caller; movers read and write words by atomic operations alone.
    unsafe { AtomicU64::from_ptr(slot) }.store(word, Ordering::Release);
}

impl Worker for Mover<'_> {
    fn work(&mut self) -> &mut Vec<usize> {
        &mut self.work
    }

    /// What is taken from the stack waits in a short queue, so that the object it refers to is in the cache when it is looked at.
    fn drain(&mut self, pool: Option<&Pool>) {
        let mut queue = [0usize; QUEUE];
        let (mut at, mut waiting) = (0, 0);
        loop {
            if at % SHARING == 0
                && self.work.len() > SHARING
                && let Some(pool) = pool
            {
                pool.share(&mut self.work);
            }
            let next = match self.work.pop() {
                Some(item) => {
                    let target = if item & OBJECT != 0 {
                        (item & !OBJECT) as u64
                    } else {
                        // SAFETY: a word of an object that lives.
                        unsafe { load_word((item & !VALUE) as *mut u64) & !TAG_MASK }
                    };
                    prefetch(target as usize);
                    prefetch(map_byte(target as usize) as usize);
                    waiting += 1;
                    item
                }
                None if waiting == 0 => return,
                None => 0,
            };
            let item = std::mem::replace(&mut queue[at % QUEUE], next);
            at += 1;
            if item != 0 {
                waiting -= 1;
                // SAFETY: an old object, or a word of one that lives.
                unsafe {
                    if item & OBJECT != 0 {
                        self.scan(item & !OBJECT);
                    } else {
                        self.update(item);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;
    use rustc_hash::FxHashMap;

    use super::super::block::MARK;
    use super::map_byte;
    use crate::evaluator::Assistance;
    use crate::heap::{Checks, Heap, Marker, Region, Scope};
    use crate::value::{Context, Frame, List, Str, Thunk, Value, View};

    /// What `value` reaches as text. Objects have numbers, and are told when they are first met; a finished thunk is its value.
    fn shown(value: Value, met: &mut FxHashMap<u64, usize>, out: &mut String) {
        let number = met.len();
        match value.view() {
            View::Int(int) => write!(out, "{int} ").unwrap(),
            View::String(text) => write!(out, "{:?} ", String::from_utf8_lossy(text.bytes())).unwrap(),
            View::Thunk(thunk) => match thunk.load() {
                Ok(value) => shown(value, met, out),
                Err(_) if met.contains_key(&thunk.address()) => write!(out, "t{} ", met[&thunk.address()]).unwrap(),
                Err(_) => {
                    met.insert(thunk.address(), number);
                    write!(out, "t{number}= ").unwrap();
                    let frame = thunk.frame();
                    (0..2).for_each(|slot| shown(frame.get(slot), met, out));
                }
            },
            View::List(list) => match met.get(&(value.address() as u64)) {
                Some(known) => write!(out, "l{known} ").unwrap(),
                None => {
                    met.insert(value.address() as u64, number);
                    write!(out, "l{number}=[ ").unwrap();
                    list.elements().iter().for_each(|&element| shown(element, met, out));
                    out.push_str("] ");
                }
            },
            _ => panic!("nothing else is made"),
        }
    }

    fn text(values: &[Value]) -> String {
        let (mut met, mut out) = (FxHashMap::default(), String::new());
        values.iter().for_each(|&value| shown(value, &mut met, &mut out));
        out
    }

    proptest! {
        #[test]
        fn what_was_moved_is_what_it_was(
            rounds in prop::collection::vec((prop::collection::vec((0..7usize, any::<u16>(), any::<u16>()), 1..150), 1..4usize), 1..6),
            first in prop::sample::select(vec![Scope::Young, Scope::Nothing]),
            checks in prop::sample::select(vec![Checks::Poison, Checks::Verify]),
            together in any::<bool>(),
        ) {
            let heap = Heap::default();
            if together {
                heap.assist(Assistance::Collecting);
            }
            let mut region = Region::new(&heap);
            // What roots refer to. The others are only reached from these.
            let mut kept = vec![Value::int(&mut region, 7)];
            for (round, (makes, roots)) in rounds.into_iter().enumerate() {
                let mut made = kept.clone();
                for (kind, one, other) in makes {
                    let pick = |n: u16| made[n as usize % made.len()];
                    let value = match kind {
                        0 => Value::int(&mut region, i64::from(one)),
                        1 => Str::alloc(&mut region, &[one.to_string().repeat(1 + other as usize % 60).as_bytes()], Context::EMPTY),
                        2 => {
                            let len = if one == 7 { 40_000 } else { one as usize % 9 };
                            List::alloc_with(&mut region, len, |slots| (0u16..).zip(slots).for_each(|(at, slot)| *slot = pick(other.wrapping_add(at))))
                        }
                        3 => match pick(one).view() {
                            View::List(list) if list.len() > 1 => list.skip(&mut region, 1),
                            _ => continue,
                        },
                        4 => {
                            let frame = Frame::alloc(&mut region, Frame::NONE, 2);
                            frame.set(0, pick(one));
                            frame.set(1, pick(other));
                            Thunk::suspend(&mut region, 0, u32::from(one), frame)
                        }
                        // One that may be old gets a value that may be young.
                        5 => match (pick(one).view(), pick(other)) {
                            (View::Thunk(thunk), value) if thunk.load().is_err() && !value.is_thunk() => {
                                thunk.finish_alone(value.0);
                                region.wrote(thunk.address());
                                continue;
                            }
                            _ => continue,
                        },
                        _ => {
                            let thunk = Thunk::suspend(&mut region, 0, 0, Frame::NONE);
                            match pick(one) {
                                value if value.is_thunk() => value,
                                value => {
                                    Thunk::from_word(thunk.0).finish_alone(value.0);
                                    thunk
                                }
                            }
                        }
                    };
                    made.push(value);
                }
                kept = made.iter().rev().step_by(1 + made.len() / roots).copied().collect();
                let before = text(&kept);
                region.flush();
                // SAFETY: there is no other thread, and nothing else is used after this.
                let mut marker = unsafe { Marker::new(&heap, if round == 0 { first } else { Scope::Young }, checks) };
                kept.iter().for_each(|&value| marker.root(value));
                marker.finish();
                prop_assert_eq!(text(&kept), before);
            }
            for value in kept.iter().filter(|value| value.is_object()) {
                // SAFETY: an object.
                let byte = unsafe { *map_byte(value.address()) };
                prop_assert_eq!(byte & MARK, MARK);
            }
        }
    }
}
