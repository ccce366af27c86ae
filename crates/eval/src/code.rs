//! [`CodeCache`]: lowered files by their content.

use std::sync::{Arc, Mutex};

use nival_hir::{LowerError, LowerOptions, Module, SourceMap};
use nival_syntax::Name;
use rustc_hash::FxHashMap;

/// What running a text takes: the scopes, which only analysis reads, are not kept.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub module: Arc<Module>,
    pub source_map: Arc<SourceMap>,
    pub errors: Arc<[LowerError]>,
}

/// Parses and lowers each text once, whatever its path. Bounded by the texts it has seen; made to be shared by the
/// evaluators that a process creates one after the other.
#[derive(Debug, Default)]
pub struct CodeCache {
    /// Texts without extra names in scope.
    plain: Mutex<FxHashMap<Arc<[u8]>, Code>>,
}

impl CodeCache {
    /// `scope` are the names of slots `0..` of the root frame.
    pub(crate) fn lower(&self, text: &Arc<[u8]>, scope: &[Name]) -> Code {
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

fn lower(text: &[u8], scope: &[Name]) -> Code {
    let tree = nival_syntax::flat::parse(text);
    let lowered = nival_hir::lower(&tree, &LowerOptions { scope: scope.to_vec(), ..LowerOptions::default() });
    Code { module: lowered.module, source_map: lowered.source_map, errors: lowered.errors }
}
