//! [`CodeCache`]: lowered files by their content.

use std::sync::{Arc, Mutex};

use nival_hir::{LowerOptions, Lowered};
use nival_syntax::Name;
use rustc_hash::FxHashMap;

/// Parses and lowers each text once, whatever its path. Bounded by the texts it has seen; made to be shared by the
/// evaluators that a process creates one after the other.
#[derive(Debug, Default)]
pub struct CodeCache {
    /// Texts without extra names in scope.
    plain: Mutex<FxHashMap<Arc<[u8]>, Lowered>>,
}

impl CodeCache {
    /// `scope` are the names of slots `0..` of the root frame.
    pub fn lower(&self, text: &Arc<[u8]>, scope: &[Name]) -> Lowered {
        if !scope.is_empty() {
            return lower(text, scope);
        }
        if let Some(known) = self.plain.lock().unwrap_or_else(|e| e.into_inner()).get(text) {
            return known.clone();
        }
        let lowered = lower(text, scope);
        self.plain.lock().unwrap_or_else(|e| e.into_inner()).insert(text.clone(), lowered.clone());
        lowered
    }
}

fn lower(text: &[u8], scope: &[Name]) -> Lowered {
    let tree = nival_syntax::flat::parse(text);
    nival_hir::lower(&tree, &LowerOptions { scope: scope.to_vec() })
}
