//! [`Trace`]: the steps that led to an error, shared between its copies.

use std::sync::Arc;

use super::Pos;

/// What a frame is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FrameKind {
    /// The evaluator tells what it was doing.
    #[default]
    Step,
    /// Asked for by `builtins.addErrorContext`: shown even where library frames are folded.
    Told,
    /// An attribute or element on the way from the value that was asked for to the one that failed: the message ends in its
    /// name in quotes or its index.
    Part,
}

/// One step of the trail to an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceFrame {
    pub pos: Pos,
    /// "while evaluating the attribute 'x'", "while calling the 'map' builtin", …
    pub message: String,
    pub kind: FrameKind,
}

/// A list that grows at its outer end. Every thunk on the way of an error remembers the error as it passes; sharing the
/// inner frames keeps that linear. Of a very long way the two ends are kept.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// The first frames that were added.
    inner: List,
    /// The last ones, of more than [`KEPT`].
    outer: List,
    elided: usize,
}

/// Frames kept at each end, at least.
const KEPT: usize = 1000;

#[derive(Debug, Clone, Default)]
struct List {
    newest: Option<Arc<Node>>,
    len: usize,
}

#[derive(Debug)]
struct Node {
    frame: TraceFrame,
    next: Option<Arc<Node>>,
}

impl List {
    fn push(&mut self, frame: TraceFrame) {
        let next = self.newest.take();
        self.newest = Some(Arc::new(Node { frame, next }));
        self.len += 1;
    }

    /// Newest first.
    fn iter(&self) -> impl Iterator<Item = &TraceFrame> {
        std::iter::successors(self.newest.as_deref(), |node| node.next.as_deref()).map(|node| &node.frame)
    }
}

impl Trace {
    pub fn push(&mut self, frame: TraceFrame) {
        if self.inner.len < KEPT {
            return self.inner.push(frame);
        }
        if self.outer.len >= 2 * KEPT {
            let kept: Vec<TraceFrame> = self.outer.iter().take(KEPT).cloned().collect();
            self.elided += self.outer.len - kept.len();
            self.outer = List::default();
            kept.into_iter().rev().for_each(|frame| self.outer.push(frame));
        }
        self.outer.push(frame);
    }

    /// Outermost first.
    pub fn iter(&self) -> impl Iterator<Item = &TraceFrame> {
        self.outer.iter().chain(self.inner.iter())
    }

    /// How many frames between the two ends were dropped.
    pub fn elided(&self) -> usize {
        self.elided
    }

    pub fn is_empty(&self) -> bool {
        self.inner.len == 0
    }
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Trace {}

impl Drop for List {
    /// Without recursion.
    fn drop(&mut self) {
        let mut next = self.newest.take();
        while let Some(node) = next {
            next = Arc::into_inner(node).and_then(|mut node| node.next.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_long_trace_are_kept() {
        let mut trace = Trace::default();
        for i in 0..10_000 {
            trace.push(TraceFrame { pos: Pos::NONE, message: i.to_string(), kind: FrameKind::Step });
        }
        let copy = trace.clone();
        trace.push(TraceFrame { pos: Pos::NONE, message: "last".into(), kind: FrameKind::Step });
        let shown: Vec<&str> = trace.iter().map(|f| f.message.as_str()).collect();
        assert_eq!((shown[0], shown[1], shown[shown.len() - 1]), ("last", "9999", "0"));
        assert_eq!(shown.len() + trace.elided(), 10_001);
        assert!(shown.len() <= 3 * KEPT + 1);
        assert_eq!(copy.iter().next().map(|f| f.message.as_str()), Some("9999"));
    }
}
