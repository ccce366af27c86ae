//! Where a tree comes from: one that an edit made of another says so, and which part of it is new, so that nobody has to compare the two
//! from end to end.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of a tree, and the tree that it was made of. It says nothing about what a tree is: all are equal.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// Of all trees of the process; a copy has the same.
    tree: u64,
    spliced: Option<Spliced>,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origin {}

/// The runs of nodes and tokens that have given way to others. All outside of them is as it was, but moved: the nodes around have grown,
/// and what stands behind has other numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spliced {
    of: u64,
    pub nodes: Range<u32>,
    pub tokens: Range<u32>,
}

impl Origin {
    /// Of a tree that was made of its text alone.
    pub fn new() -> Origin {
        Origin { tree: number(), spliced: None }
    }

    /// Of a tree in which these runs of another have others in their place.
    pub fn spliced(old: &Origin, nodes: Range<u32>, tokens: Range<u32>) -> Origin {
        Origin { tree: number(), spliced: Some(Spliced { of: old.tree, nodes, tokens }) }
    }

    /// What was replaced in `old` to make this tree, if it was made of that one.
    pub fn made_of(&self, old: &Origin) -> Option<&Spliced> {
        self.spliced.as_ref().filter(|spliced| spliced.of == old.tree)
    }
}

fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
