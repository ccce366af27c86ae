//! [`Trace`]: the steps that led to an error, shared between its copies.

use std::sync::Arc;

use super::Pos;

/// One step of the trail to an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceFrame {
    pub pos: Pos,
    /// "while evaluating the attribute 'x'", "while calling the 'map' builtin", …
    pub message: String,
    /// Asked for by `builtins.addErrorContext`: shown even where library frames are folded.
    pub user: bool,
}

/// A list that grows at its outer end. Every thunk on the way of an error remembers the error as it passes; sharing the
/// inner frames keeps that linear.
#[derive(Debug, Clone, Default)]
pub struct Trace(Option<Arc<Node>>);

#[derive(Debug)]
struct Node {
    frame: TraceFrame,
    inner: Trace,
}

impl Trace {
    pub fn push(&mut self, frame: TraceFrame) {
        let inner = std::mem::take(self);
        self.0 = Some(Arc::new(Node { frame, inner }));
    }

    /// Outermost first.
    pub fn iter(&self) -> impl Iterator<Item = &TraceFrame> {
        std::iter::successors(self.0.as_deref(), |node| node.inner.0.as_deref()).map(|node| &node.frame)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Trace {}

impl Drop for Trace {
    /// Without recursion: a trace can be as long as the call depth allows.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(node) = next {
            next = Arc::into_inner(node).and_then(|mut node| node.inner.0.take());
        }
    }
}
