//! The sort of `builtins.sort`.
//!
//! With a comparator that contradicts itself the result depends on which elements are compared in what order, and Nix's
//! results are the ones that count. So this is the algorithm that Nix uses: peeksort (Munro, Wild, "Nearly-Optimal Mergesorts",
//! 2018), with insertion sort for up to 16 elements. It is stable, and gives some reordering whatever the comparator says.

use crate::error::Result;
use crate::heap::ScratchVec;

/// Up to this many elements are sorted by insertion.
const SMALL: usize = 16;

/// Sorts `items`; ends with the comparator's first error.
pub(super) fn peeksort<T: Copy>(items: &mut [T], less: &mut impl FnMut(T, T) -> Result<bool>) -> Result<()> {
    match items {
        [] | [_] => Ok(()),
        [a, b] => {
            if less(*b, *a)? {
                std::mem::swap(a, b);
            }
            Ok(())
        }
        _ => {
            let buffer = ScratchVec::with_capacity(items.len());
            let end = items.len();
            Sorter { items, buffer, less }.sort(0, end, 0, end)
        }
    }
}

struct Sorter<'a, T, F> {
    items: &'a mut [T],
    buffer: ScratchVec<T>,
    less: &'a mut F,
}

impl<T: Copy, F: FnMut(T, T) -> Result<bool>> Sorter<'_, T, F> {
    /// Whether the element at `at` is less than the one before it.
    fn descends(&mut self, at: usize) -> Result<bool> {
        (self.less)(self.items[at], self.items[at - 1])
    }

    /// Sorts from `begin` to `end`, where from `begin` to `left` and from `right` to `end` is sorted already. Each step at least
    /// halves what is left between the two, so it nests no deeper than the length has bits.
    fn sort(&mut self, begin: usize, end: usize, left: usize, right: usize) -> Result<()> {
        if left == end || right == begin {
            return Ok(());
        }
        if end - begin <= SMALL {
            return self.insertion_sort(begin, end);
        }
        let middle = begin + (end - begin) / 2;
        if middle <= left {
            self.sort(left, end, left + 1, right)?;
            return self.merge(begin, left, end);
        }
        if middle >= right {
            self.sort(begin, right, left, right - 1)?;
            return self.merge(begin, right, end);
        }
        // The run that holds the middle.
        let falling = self.descends(middle)?;
        let mut from = middle;
        while from - 1 > left && self.descends(from - 1)? == falling {
            from -= 1;
        }
        from -= 1;
        let mut to = middle - 1;
        while to + 1 != right && self.descends(to + 1)? == falling {
            to += 1;
        }
        to += 1;
        if falling {
            self.items[from..to].reverse();
        }
        if from == begin && to == end {
            return Ok(());
        }
        if middle - from < to - middle {
            self.sort(begin, from, left, from.saturating_sub(1))?;
            self.sort(from, end, to, right)?;
            self.merge(begin, from, end)
        } else {
            self.sort(begin, to, left, from)?;
            self.sort(to, end, to + 1, right)?;
            self.merge(begin, to, end)
        }
    }

    fn insertion_sort(&mut self, begin: usize, end: usize) -> Result<()> {
        for i in begin + 1..end {
            let mut j = i;
            while j > begin && self.descends(j)? {
                self.items.swap(j, j - 1);
                j -= 1;
            }
        }
        Ok(())
    }

    /// Merges two sorted neighbours.
    fn merge(&mut self, begin: usize, middle: usize, end: usize) -> Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.items[begin..end]);
        let (mut i, mut j, mut out) = (0, middle - begin, begin);
        while i < middle - begin && j < end - begin {
            // Of equals the left one.
            let right = (self.less)(self.buffer[j], self.buffer[i])?;
            let from = if right { &mut j } else { &mut i };
            self.items[out] = self.buffer[*from];
            *from += 1;
            out += 1;
        }
        let rest = middle - begin - i;
        self.items[out..out + rest].copy_from_slice(&self.buffer[i..middle - begin]);
        self.items[out + rest..end].copy_from_slice(&self.buffer[j..]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_stably(items in proptest::collection::vec((0u8..8, any::<u16>()), 0..300)) {
            let mut ours = items.clone();
            peeksort(&mut ours, &mut |a, b| Ok(a.0 < b.0)).unwrap();
            let mut theirs = items;
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn any_comparator_gives_a_reordering(items in proptest::collection::vec(any::<u16>(), 0..200), answers in any::<u64>()) {
            let mut ours = items.clone();
            let mut at = 0;
            peeksort(&mut ours, &mut |_, _| { at = (at + 1) % 64; Ok(answers >> at & 1 == 1) }).unwrap();
            ours.sort_unstable();
            let mut expected = items;
            expected.sort_unstable();
            prop_assert_eq!(ours, expected);
        }
    }
}
