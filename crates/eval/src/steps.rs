//! Sorting of what may be very many, so that it can be given up on the way.

use std::cmp::Ordering;

use crate::error::Result;
use crate::heap::ScratchVec;

/// So many items are sorted or merged without looking up.
const RUN: usize = 16 << 10;

/// Sorts by `order`; `pause` is called with a number of items that were moved, at least every so often, and may end it: the
/// items are then in some order. Equal items keep no order.
pub(crate) fn sort_in_steps<T: Copy>(
    items: &mut [T],
    order: impl Fn(&T, &T) -> Ordering,
    mut pause: impl FnMut(usize) -> Result<()>,
) -> Result<()> {
    for run in items.chunks_mut(RUN) {
        run.sort_unstable_by(&order);
        if run.len() == RUN {
            // A comparison may look at memory that is far away: sorting costs more than the moves.
            pause(8 * RUN)?;
        }
    }
    if items.len() <= RUN {
        return Ok(());
    }
    // They may be values, which a pause must not lose.
    let mut buffer: ScratchVec<T> = items.iter().copied().collect();
    let (mut from, mut to) = (&mut *items, buffer.as_mut_slice());
    let mut width = RUN;
    let mut in_buffer = false;
    while width < from.len() {
        for (source, target) in from.chunks(2 * width).zip(to.chunks_mut(2 * width)) {
            let (left, right) = source.split_at(width.min(source.len()));
            merge(left, right, target, &order, &mut pause)?;
        }
        std::mem::swap(&mut from, &mut to);
        in_buffer = !in_buffer;
        width *= 2;
    }
    if in_buffer {
        to.copy_from_slice(from);
    }
    Ok(())
}

fn merge<T: Copy>(
    left: &[T],
    right: &[T],
    target: &mut [T],
    order: &impl Fn(&T, &T) -> Ordering,
    pause: &mut impl FnMut(usize) -> Result<()>,
) -> Result<()> {
    let (mut i, mut j) = (0, 0);
    for piece in target.chunks_mut(RUN) {
        for place in piece.iter_mut() {
            let take_left = match (left.get(i), right.get(j)) {
                (Some(a), Some(b)) => order(a, b).is_le(),
                (left, _) => left.is_some(),
            };
            let (side, at) = if take_left { (left, &mut i) } else { (right, &mut j) };
            *place = side[*at];
            *at += 1;
        }
        pause(piece.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::EvalError;

    #[test]
    fn sorts_and_gives_up() {
        let mut random = 7u32;
        for len in [0, 1, 100, RUN - 1, RUN, RUN + 1, 3 * RUN + 5, 8 * RUN] {
            let mut items: Vec<u32> = std::iter::repeat_with(|| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                random >> 8
            })
            .take(len)
            .collect();
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_in_steps(&mut items, u32::cmp, |_| Ok(())).unwrap();
            assert_eq!(items, expected, "{len} items");
        }
        let mut pauses = 0;
        let mut items: Vec<u32> = (0..8 * RUN as u32).rev().collect();
        let ended = sort_in_steps(&mut items, u32::cmp, |_| {
            pauses += 1;
            if pauses == 20 { Err(EvalError::other("given up")) } else { Ok(()) }
        });
        assert_eq!(ended.unwrap_err().message, "given up");
        items.sort_unstable();
        assert!(items.iter().copied().eq(0..8 * RUN as u32), "nothing gets lost");
    }
}
