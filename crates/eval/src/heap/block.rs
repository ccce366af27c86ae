//! What a block looks like: a map of one byte per granule, then objects.

use std::sync::atomic::{AtomicU8, Ordering};

/// Blocks are this big and aligned to it.
pub(super) const BLOCK: usize = 2 << 20;
/// Objects begin at multiples of this.
pub(super) const GRANULE: usize = 16;
/// Bytes of the map at the beginning of a block, and offset of the first object.
pub(super) const DATA: usize = BLOCK / GRANULE;
/// Shorter holes are not filled again; they grow when their neighbours die.
pub(super) const MIN_HOLE: usize = 32;

/// The map's byte where a hole begins.
pub(super) const HOLE: u8 = 1;
/// Set in the map's byte of an object that was reached: it is old until it is freed.
pub(super) const MARK: u8 = 0x80;
/// The object fills blocks of its own; the first word of its block tells its length.
pub(super) const LARGE: u8 = 0x40;
/// An old object that may refer to young ones.
pub(super) const NOTED: u8 = 0x20;
pub(super) const KIND: u8 = 0x1f;

/// The map's byte for an address of a block.
#[inline(always)]
pub(super) fn map_byte(address: usize) -> *mut u8 {
    let offset = address & (BLOCK - 1);
    (address - offset + offset / GRANULE) as *mut u8
}

/// Bytes from the beginning of an object to the beginning of what follows.
///
/// # Safety
/// An object begins at `address`, and a region that is filling the hole it lies in has marked its end
/// (`Region::flush`).
#[inline]
pub(super) unsafe fn extent(address: usize) -> usize {
    let first = map_byte(address);
    // SAFETY: the map goes up to the block's first granule of data. Byte by byte, because another thread may be marking what
    // lies behind.
    unsafe {
        if load_byte(first) & LARGE != 0 {
            return *((address & !(BLOCK - 1)) as *const u64) as usize;
        }
        let end = ((address & !(BLOCK - 1)) + DATA) as *mut u8;
        let mut next = first.add(1);
        while next < end && load_byte(next) == 0 {
            next = next.add(1);
        }
        next.offset_from(first) as usize * GRANULE
    }
}

/// A byte of a map that another thread may be marking.
///
/// # Safety
/// `byte` lies in the map of a block.
#[inline(always)]
pub(super) unsafe fn load_byte(byte: *mut u8) -> u8 {
    // SAFETY: by the caller; while there are two markers, both write bytes by `store_byte` alone.
    unsafe { AtomicU8::from_ptr(byte) }.load(Ordering::Relaxed)
}

/// # Safety
/// As [`load_byte`].
#[inline(always)]
pub(super) unsafe fn store_byte(byte: *mut u8, value: u8) {
    // SAFETY: as above.
    unsafe { AtomicU8::from_ptr(byte) }.store(value, Ordering::Relaxed);
}

/// The map of a block as a slice, from the byte of the first object on.
///
/// # Safety
/// `block` is the beginning of a block in use, and nobody else looks at its map meanwhile.
pub(super) unsafe fn map_of<'a>(block: usize) -> &'a mut [u8] {
    // SAFETY: the map lies in the block.
    unsafe { std::slice::from_raw_parts_mut((block + DATA / GRANULE) as *mut u8, DATA - DATA / GRANULE) }
}

/// Address of the granule that byte `index` of [`map_of`] stands for.
pub(super) fn address_of(block: usize, index: usize) -> usize {
    block + DATA + index * GRANULE
}

/// How many zeros a part of a map begins with.
#[inline]
pub(super) fn zeros(map: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&eight) = map[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(eight);
        if word != 0 {
            return at + word.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + map[at..].iter().take_while(|&&byte| byte == 0).count()
}
