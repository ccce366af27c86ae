//! `//`.

use crate::ctx::Ctx;
use crate::value::attrs::{Origin, origins};
use crate::value::{Attrs, ShapeRef, Value};

/// How to make the union of two sets from the slots of both.
#[derive(Debug)]
pub(crate) struct MergePlan {
    shape: ShapeRef,
    /// For each slot of the result the slot it comes from: of the right set with [`FROM_RIGHT`].
    from: Box<[u8]>,
}

const FROM_RIGHT: u8 = 1 << 7;

/// Sets with more names together are merged without a plan, where seven bits number them all.
const PLANNED: usize = 128;
/// A left set at least this big is not copied for a few names more.
const LAYER_MIN: usize = 32;
/// The upper layer has at most one name for this many in the lower one.
const LAYER_RATIO: usize = 4;

impl<'e> Ctx<'e> {
    /// `a // b`.
    pub fn update(&mut self, a: Attrs, b: Attrs) -> Value {
        self.counters.updates += 1;
        if b.is_empty() {
            return a.value();
        }
        if a.is_empty() {
            return b.value();
        }
        if let (Some(low), Some(high)) = (a.shape(), b.shape())
            && low.len() + high.len() <= PLANNED
            && (low.len() < LAYER_MIN || low.len() < LAYER_RATIO * high.len())
        {
            return self.update_planned(a, low, b, high);
        }
        let b = self.flatten(b);
        let (bottom, top) = match a.layers() {
            // The upper layers are joined, so that a look-up never has more than two sets to search.
            Some((bottom, top)) => (bottom, Attrs::from_word(self.update_flat(top, b).0)),
            None => (a, b),
        };
        if bottom.len() >= LAYER_MIN && bottom.len() >= LAYER_RATIO * top.len() {
            return Attrs::layer(&mut self.region, bottom, top);
        }
        self.update_flat(bottom, top)
    }

    /// `a // b` in one layer.
    pub(crate) fn update_flat(&mut self, a: Attrs, b: Attrs) -> Value {
        let (a, b) = (self.flatten(a), self.flatten(b));
        match (a.shape(), b.shape()) {
            (Some(low), Some(high)) if low.len() + high.len() <= PLANNED => self.update_planned(a, low, b, high),
            _ => {
                let merged = Attrs::merge(&mut self.region, &self.evaluator.shapes, a, b);
                self.counters.update_values += merged.len() as u64;
                merged.value()
            }
        }
    }

    #[inline]
    fn update_planned(&mut self, a: Attrs, low: ShapeRef, b: Attrs, high: ShapeRef) -> Value {
        let key = (low.id() as u64) << 32 | high.id() as u64;
        let shapes = &self.evaluator.shapes;
        let plan = self.merges.entry(key).or_insert_with(|| plan(shapes, low, high));
        let (left, right) = (a.slots(low), b.slots(high));
        self.counters.update_values += plan.from.len() as u64;
        Attrs::alloc_with(&mut self.region, plan.shape, |slots| {
            for (slot, &from) in slots.iter_mut().zip(&plan.from) {
                *slot = if from & FROM_RIGHT != 0 { right[(from & !FROM_RIGHT) as usize] } else { left[from as usize] };
            }
        })
    }
}

fn plan(shapes: &crate::value::ShapeTable, low: ShapeRef, high: ShapeRef) -> MergePlan {
    let shape = shapes.merged(low, high);
    let from = origins(shape, low, high).map(|from| match from {
        Origin::Low(i) => i as u8,
        Origin::High(i) => i as u8 | FROM_RIGHT,
    });
    MergePlan { shape, from: from.collect() }
}
