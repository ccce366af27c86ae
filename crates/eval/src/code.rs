//! [`CodeCache`]: lowered files by their content.

use std::sync::{Arc, Mutex};

use nival_hir::{Buffers, LowerError, LowerOptions, Module};
use nival_syntax::{Name, flat};
use rustc_hash::FxHashMap;

use crate::source::Positions;

/// What running a text takes. Positions are there from the start only where there are errors.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub module: Arc<Module>,
    pub positions: Positions,
    pub errors: Arc<[LowerError]>,
}

/// Parses and lowers each text once, whatever its path. Bounded by the texts it has seen; made to be shared by the
/// evaluators that a process creates one after the other.
#[derive(Debug)]
pub struct CodeCache {
    /// Texts without extra names in scope. `None`: nothing is kept.
    plain: Option<Mutex<FxHashMap<Arc<[u8]>, Code>>>,
    /// Lowered to be changed in parts.
    patchable: Mutex<FxHashMap<Arc<[u8]>, Code>>,
}

impl Default for CodeCache {
    fn default() -> Self {
        CodeCache { plain: Some(Mutex::default()), patchable: Mutex::default() }
    }
}

/// Texts that are being edited change all the time: so many of them are kept, and so many bytes of them at most.
const PATCHABLE: usize = 256;
const PATCHABLE_BYTES: usize = 2 << 20;

impl CodeCache {
    /// For a process that evaluates once: keeps neither code nor texts, since each file is loaded only once.
    pub fn keeping_nothing() -> Self {
        CodeCache { plain: None, patchable: Mutex::default() }
    }

    /// Whether the texts stay in memory.
    pub(crate) fn keeps_texts(&self) -> bool {
        self.plain.is_some()
    }

    /// `scope` are the names of slots `0..` of the root frame.
    pub(crate) fn lower(&self, text: &Arc<[u8]>, scope: &[Name], compiler: &mut Compiler) -> Code {
        let Some(plain) = self.plain.as_ref().filter(|_| scope.is_empty()) else { return compiler.lower(text, scope) };
        if let Some(known) = plain.lock().unwrap_or_else(|e| e.into_inner()).get(text) {
            return known.clone();
        }
        let lowered = compiler.lower(text, scope);
        plain.lock().unwrap_or_else(|e| e.into_inner()).insert(text.clone(), lowered.clone());
        lowered
    }

    /// As [`CodeCache::lower`], for a text that nobody will ask for again: it is not kept.
    pub(crate) fn lower_once(&self, text: &Arc<[u8]>, compiler: &mut Compiler) -> Code {
        let known = self.plain.as_ref().and_then(|plain| plain.lock().unwrap_or_else(|e| e.into_inner()).get(text).cloned());
        known.unwrap_or_else(|| compiler.lower(text, &[]))
    }

    /// As [`CodeCache::lower`], for a text that is being edited.
    pub(crate) fn lower_patchable(&self, text: &Arc<[u8]>) -> Code {
        if let Some(known) = self.patchable.lock().unwrap_or_else(|e| e.into_inner()).get(text) {
            return known.clone();
        }
        let lowered = lower(text, &LowerOptions { patchable: true, ..LowerOptions::default() });
        let mut known = self.patchable.lock().unwrap_or_else(|e| e.into_inner());
        if known.len() >= PATCHABLE || known.keys().map(|text| text.len()).sum::<usize>() + text.len() > PATCHABLE_BYTES {
            known.clear();
        }
        known.insert(text.clone(), lowered.clone());
        lowered
    }
}

/// What a thread lowers with.
#[derive(Debug, Default)]
pub(crate) struct Compiler {
    buffers: Buffers,
}

/// From this many bytes on a text gets memory of its own, which goes back to the system at once.
const LARGE: usize = 2 << 20;

impl Compiler {
    fn lower(&mut self, text: &Arc<[u8]>, scope: &[Name]) -> Code {
        let options = LowerOptions { scope: scope.to_vec(), ..LowerOptions::default() };
        let mut own = Buffers::default();
        let buffers = if text.len() < LARGE { &mut self.buffers } else { &mut own };
        let module = nival_hir::compile(text.clone(), &options, buffers);
        match module {
            Some(module) => Code { module: Arc::new(module), positions: Positions::default(), errors: Arc::default() },
            None => lower(text, &options),
        }
    }
}

fn lower(text: &[u8], options: &LowerOptions) -> Code {
    let lowered = nival_hir::lower(&flat::parse(text), options);
    Code { module: lowered.module, positions: Arc::new(lowered.source_map.into()), errors: lowered.errors }
}
