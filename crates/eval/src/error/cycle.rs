//! [`Cycle`]: the way around of an infinite recursion.

use std::sync::Arc;

use super::Pos;

/// What each of the thunks that need one another computes. It is gathered while the error passes them, from the one that
/// met the pending thunk outwards to that thunk; on the stacks of several threads if the cycle goes through several.
#[derive(Debug, Clone, Default)]
pub struct Cycle {
    /// Address of the pending thunk that was met; 0 once the cycle is closed, or where there is none.
    target: u64,
    links: Option<Arc<Link>>,
    len: usize,
}

#[derive(Debug)]
struct Link {
    pos: Pos,
    next: Option<Arc<Link>>,
}

/// A longer cycle loses its middle.
const MAX_LINKS: usize = 1000;

impl Cycle {
    /// `target` was met while it was pending.
    pub(crate) fn new(target: u64) -> Cycle {
        Cycle { target, links: None, len: 0 }
    }

    /// The error passes `thunk`, which evaluates the expression at `pos`, or something without a place.
    pub(crate) fn pass(&mut self, thunk: u64, pos: Pos) {
        if self.target == 0 {
            return;
        }
        if !pos.is_none() && (self.len < MAX_LINKS || thunk == self.target) {
            self.links = Some(Arc::new(Link { pos, next: self.links.take() }));
        }
        self.len += 1;
        if thunk == self.target {
            self.target = 0;
        }
    }

    /// What is known of it will not grow: the rest is on the stack of another thread.
    pub(crate) fn cut(&mut self) {
        self.target = 0;
    }

    /// Each expression and what it needs after it; the last one needs the first one.
    pub fn iter(&self) -> impl Iterator<Item = Pos> + '_ {
        std::iter::successors(self.links.as_deref(), |link| link.next.as_deref()).map(|link| link.pos)
    }

    pub fn is_empty(&self) -> bool {
        self.links.is_none()
    }
}

impl PartialEq for Cycle {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Cycle {}

impl Drop for Cycle {
    /// Without recursion.
    fn drop(&mut self) {
        let mut next = self.links.take();
        while let Some(link) = next {
            next = Arc::into_inner(link).and_then(|mut link| link.next.take());
        }
    }
}
