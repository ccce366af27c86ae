//! The parents of a tree's nodes, for those who walk outwards. A tree that is only lowered needs none: they are made at the first
//! question, once for a tree, and handed on to the tree that an edit makes of it.

use std::ops::Range;
use std::sync::OnceLock;

use crate::flat::{FlatTree, NodeData};

/// The number of each node's parent, or nothing yet. It follows from the nodes: trees that differ in nothing else are equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parents(OnceLock<Box<[u32]>>);

impl PartialEq for Parents {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Parents {}

impl Parents {
    /// Those of a tree in which the nodes `gone` have given way to `come` others, whose outermost have the same parent; `by` is what the
    /// nodes behind are moved by, wrapping around. Nothing where nobody has asked for those of the old tree.
    pub fn spliced(&self, nodes: &[NodeData], gone: Range<usize>, come: usize, by: u32) -> Parents {
        let Some(old) = self.0.get() else { return Parents::default() };
        let (Some(before), Some(behind)) = (old.get(..gone.start + 1), old.get(gone.end..)) else { return Parents::default() };
        let mut parents: Vec<u32> = Vec::with_capacity(nodes.len());
        parents.extend_from_slice(before);
        let (parent, end) = (before.last().copied().unwrap_or_default(), gone.start + come);
        parents.resize(end, 0);
        let mut outermost = gone.start;
        while let Some(place) = parents.get_mut(outermost) {
            *place = parent;
            outermost += nodes.get(outermost).map_or(1, |node| node.size as usize);
        }
        fill(&mut parents, nodes, gone.start..end);
        let first_moved = gone.end as u32;
        parents.extend(behind.iter().map(|&parent| if parent < first_moved { parent } else { parent.wrapping_add(by) }));
        Parents(OnceLock::from(parents.into_boxed_slice()))
    }
}

/// Writes the parents of all nodes below these, which are whole subtrees.
fn fill(parents: &mut [u32], nodes: &[NodeData], range: Range<usize>) {
    for parent in range {
        let end = parent + nodes.get(parent).map_or(1, |node| node.size as usize);
        let mut child = parent + 1;
        while child < end
            && let (Some(node), Some(place)) = (nodes.get(child), parents.get_mut(child))
        {
            *place = parent as u32;
            child += node.size as usize;
        }
    }
}

impl FlatTree {
    /// The number of a node's parent.
    pub(crate) fn parent_of(&self, index: u32) -> Option<u32> {
        let parents = self.parents.0.get_or_init(|| {
            let mut parents = vec![0; self.nodes.len()];
            fill(&mut parents, &self.nodes, 0..self.nodes.len());
            parents.into()
        });
        if index == 0 { None } else { parents.get(index as usize).copied() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::flat::{self, FlatTree};

    /// Found by looking through the children of all nodes.
    fn slow(tree: &FlatTree) -> Vec<Option<u32>> {
        let mut parents = vec![None; tree.len()];
        for node in (0..tree.len() as u32).filter_map(|index| tree.node(index)) {
            node.children().for_each(|child| parents[child.index() as usize] = Some(node.index()));
        }
        parents
    }

    fn fast(tree: &FlatTree) -> Vec<Option<u32>> {
        (0..tree.len() as u32).map(|index| tree.node(index).and_then(|node| node.parent()).map(|parent| parent.index())).collect()
    }

    proptest! {
        #[test]
        fn every_node_knows_its_parent(parts in prop::collection::vec(prop::sample::select(vec![
            "{ a = 1; }", "[ b c ]", "(d: d)", "let e = 1; in e", "{ f, g ? h }: ", "i.j.k ", "\"l${m}n\" ", "rec { o = ", "; }", "(", ")", " ",
        ]), 0..12), edit in (any::<prop::sample::Index>(), "[a-c ]{0,2}|\\[ x \\]|\\{ y = 1; \\}|z = 2;")) {
            let text = format!("{{ x = [ {} ]; y = {{ u = 1; }}; z = 3; }}", parts.concat());
            let tree = flat::parse(text.as_bytes());
            prop_assert_eq!(fast(&tree), slow(&tree));
            let mut edited = text.clone();
            edited.insert_str(edit.0.index(text.len() + 1), &edit.1);
            let next = flat::reparse(&tree, edited.as_bytes());
            prop_assert_eq!(fast(&next), slow(&next));
            let back = flat::reparse(&next, text.as_bytes());
            prop_assert_eq!(fast(&back), slow(&back));
        }
    }
}
