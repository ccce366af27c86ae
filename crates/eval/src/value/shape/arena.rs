//! [`Arena`]: memory that is given back all at once.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// Words in the first chunk; each is twice as big as the one before, up to [`MAX_CHUNK`].
const FIRST_CHUNK: usize = 512;
const MAX_CHUNK: usize = 8 << 10;

/// Hands out words that stay where they are until the arena is dropped. What is written there is not dropped.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    chunks: Vec<(NonNull<MaybeUninit<u64>>, usize)>,
    /// Words of the last chunk that were handed out.
    used: usize,
}

// SAFETY: the arena owns its chunks, and says nothing of what its users write into them.
unsafe impl Send for Arena {}

impl Arena {
    /// Memory for `len` values of type `T`, not written yet. `T` is aligned to 8 bytes at most, and not to be dropped.
    pub(crate) fn alloc<T>(&mut self, len: usize) -> NonNull<T> {
        const { assert!(align_of::<T>() <= align_of::<u64>() && !std::mem::needs_drop::<T>()) };
        self.words((len * size_of::<T>()).div_ceil(size_of::<u64>())).cast()
    }

    fn words(&mut self, words: usize) -> NonNull<MaybeUninit<u64>> {
        if let Some(&(chunk, len)) = self.chunks.last()
            && len - self.used >= words
        {
            // SAFETY: so many words of the chunk are left.
            let place = unsafe { chunk.add(self.used) };
            self.used += words;
            return place;
        }
        if words > MAX_CHUNK / 4 {
            // One of its own, before the last one, which goes on.
            let at = self.chunks.len().saturating_sub(1);
            let (chunk, len) = chunk(words);
            self.chunks.insert(at, (chunk, len));
            if at == 0 && self.chunks.len() == 1 {
                self.used = words;
            }
            return chunk;
        }
        let last = self.chunks.last().map_or(0, |&(_, len)| len);
        self.chunks.push(chunk((2 * last).clamp(FIRST_CHUNK, MAX_CHUNK)));
        self.used = 0;
        self.words(words)
    }
}

fn chunk(words: usize) -> (NonNull<MaybeUninit<u64>>, usize) {
    let chunk = Box::leak(Box::<[u64]>::new_uninit_slice(words));
    (NonNull::from(&mut *chunk).cast(), words)
}

impl Drop for Arena {
    fn drop(&mut self) {
        for &(chunk, words) in &self.chunks {
            // SAFETY: it was a box of that many words, and who uses the arena's memory is gone.
            drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(chunk.as_ptr(), words)) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_do_not_overlap() {
        let mut arena = Arena::default();
        let mut pieces = Vec::new();
        for i in 0..2000u32 {
            let len = if i % 97 == 0 { 9000 } else { i as usize % 40 };
            let piece = arena.alloc::<u32>(len);
            for k in 0..len {
                // SAFETY: inside of the piece.
                unsafe { piece.add(k).write(i) };
            }
            pieces.push((piece, len, i));
        }
        for (piece, len, i) in pieces {
            // SAFETY: written above.
            assert!(unsafe { std::slice::from_raw_parts(piece.as_ptr(), len) }.iter().all(|&k| k == i));
        }
    }
}
