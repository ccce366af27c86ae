//! [`Frame`]: the variables of one call, or of a file. Object: address of the enclosing frame or 0, then slots.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Value;
use crate::heap::{Kind, Region};

/// An activation: see `nival_hir::module`. Slots are written once each, by the thread that runs the body; another
/// thread can see them only through a thunk or closure published after that, or through one it waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame(pub(crate) u64);

impl Frame {
    #[inline(always)]
    pub(crate) fn alloc(region: &mut Region, parent: Frame, slots: usize) -> Frame {
        let object = region.alloc(Kind::Frame, 1 + slots);
        // SAFETY: at least one word was just allocated.
        unsafe { *object = parent.0 };
        Frame(object as u64)
    }

    pub(crate) const NONE: Frame = Frame(0);

    #[inline(always)]
    pub(crate) fn parent(self) -> Frame {
        // SAFETY: by construction the address of a frame. The parent is never changed.
        Frame(unsafe { *(self.0 as *const u64) })
    }

    #[inline(always)]
    pub(crate) fn up(self, depth: u32) -> Frame {
        let mut frame = self;
        for _ in 0..depth {
            frame = frame.parent();
        }
        frame
    }

    #[inline(always)]
    fn slot(self, slot: u32) -> &'static AtomicU64 {
        debug_assert_ne!(self.0, 0);
        // SAFETY: slots of a module's expressions lie below the `frame_size` that its frames are made with, as
        // every module does that lowering makes (`nival_hir::validate`; linking checks it in debug builds).
        unsafe { &*(self.0 as *const AtomicU64).add(1 + slot as usize) }
    }

    #[inline(always)]
    pub(crate) fn get(self, slot: u32) -> Value {
        Value(self.slot(slot).load(Ordering::Acquire))
    }

    #[inline(always)]
    pub(crate) fn set(self, slot: u32, value: Value) {
        self.slot(slot).store(value.0, Ordering::Release);
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({:#x})", self.0)
    }
}
