//! [`Pages`]: a long text that is made piece by piece and becomes a string where its pages are put in the end. So nothing is copied once
//! more, and no page is cleared twice.

use super::space::map;

/// What a string has before its bytes.
pub(super) const HEAD: usize = 16;
/// Memory is taken by this many bytes, and twice as many each time it is full.
const LEAST: usize = 1 << 20;

/// Memory of its own, freed when it is dropped, unless it has become part of a heap.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    start: usize,
    mapped: usize,
    len: usize,
}

impl Pages {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) {
        let end = HEAD + self.len + bytes.len();
        if end > self.mapped {
            self.grow(end.next_power_of_two().max(LEAST));
        }
        // SAFETY: the memory is this value's own and has room for as many bytes, by what is above; `bytes` are elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), (self.start + HEAD + self.len) as *mut u8, bytes.len()) };
        self.len += bytes.len();
    }

    /// The text.
    #[cfg(test)]
    fn bytes(&self) -> &[u8] {
        // SAFETY: so many bytes were written.
        unsafe { std::slice::from_raw_parts((self.start + HEAD) as *const u8, self.len) }
    }

    fn grow(&mut self, bytes: usize) {
        let moved = if self.mapped == 0 { None } else { self.moved(bytes) };
        if let Some(start) = moved {
            (self.start, self.mapped) = (start, bytes);
            return;
        }
        let Some(start) = map(bytes) else { super::space::out_of_memory() };
        let before = std::mem::replace(self, Pages { start, mapped: bytes, len: self.len });
        if before.mapped != 0 {
            // SAFETY: what was mapped before is not longer than what is now, and they are apart.
            unsafe { std::ptr::copy_nonoverlapping(before.start as *const u8, start as *mut u8, before.mapped) };
        }
    }

    /// Where its memory is once it has grown to `bytes` bytes, if the system can do that.
    #[cfg(target_os = "linux")]
    fn moved(&self, bytes: usize) -> Option<usize> {
        // SAFETY: the mapping is this value's own, and nothing refers into it.
        let start = unsafe { libc::mremap(self.start as *mut libc::c_void, self.mapped, bytes, libc::MREMAP_MAYMOVE) };
        (start != libc::MAP_FAILED).then_some(start as usize)
    }

    #[cfg(not(target_os = "linux"))]
    fn moved(&self, _: usize) -> Option<usize> {
        None
    }

    /// Puts the text behind the head of an object, in place of the memory that is there.
    ///
    /// # Safety
    /// At `object` is an object of a heap in blocks of its own, with room for the head and the text, which nobody uses yet.
    pub(super) unsafe fn put_at(mut self, object: usize) {
        let bytes = (HEAD + self.len).next_multiple_of(PAGE);
        // SAFETY: by the caller; blocks are whole pages, so that no other object is in the last one.
        unsafe {
            if bytes <= self.mapped && object.is_multiple_of(PAGE) && self.put_pages_at(object, bytes) {
                // What is left behind the text.
                self.start += bytes;
                self.mapped -= bytes;
            } else {
                std::ptr::copy_nonoverlapping((self.start + HEAD) as *const u8, (object + HEAD) as *mut u8, self.len);
            }
        }
    }

    /// Whether the system did it; if not, the memory at `object` is as good as before.
    ///
    /// # Safety
    /// As for [`Pages::put_at`], where all of these bytes are.
    #[cfg(target_os = "linux")]
    unsafe fn put_pages_at(&self, object: usize, bytes: usize) -> bool {
        let target = object as *mut libc::c_void;
        // SAFETY: by the caller nobody uses what is at `object`; the mapping is this value's own.
        unsafe {
            let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
            if libc::mremap(self.start as *mut libc::c_void, bytes, bytes, flags, target) != libc::MAP_FAILED {
                return true;
            }
            // The system may have taken away what was there.
            super::space::map_at(object, bytes);
        }
        false
    }

    #[cfg(not(target_os = "linux"))]
    unsafe fn put_pages_at(&self, _: usize, _: usize) -> bool {
        false
    }
}

/// At least as long as a page of the system: blocks begin at multiples of it.
const PAGE: usize = 64 << 10;

impl Drop for Pages {
    fn drop(&mut self) {
        if self.mapped != 0 {
            // SAFETY: the mapping is this value's own.
            unsafe { libc::munmap(self.start as *mut libc::c_void, self.mapped) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Heap, Kind, Region};

    fn text(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 7 + i / 253) as u8).collect()
    }

    #[test]
    fn pages_become_objects() {
        let heap = Heap::default();
        let mut region = Region::new(&heap);
        let mut made = Vec::new();
        for len in [300 << 10, (1 << 20) - HEAD, (4 << 20) + 1, 11_000_001] {
            let text = text(len);
            let mut pages = Pages::default();
            text.chunks(100_003).for_each(|piece| pages.append(piece));
            assert!(pages.bytes() == text);
            let object = region.alloc_pages(Kind::String, pages);
            // SAFETY: the object was just made, with room for so many bytes behind its head.
            let bytes = unsafe { std::slice::from_raw_parts(object.cast::<u8>().add(HEAD), len) };
            // What is made next lies elsewhere.
            region.alloc(Kind::String, 100_000);
            made.push((bytes, text));
        }
        assert!(made.iter().all(|(bytes, text)| bytes == text));
    }
}
