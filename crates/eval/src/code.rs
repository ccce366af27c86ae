//! [`CodeCache`]: lowered files by their content.

use std::sync::{Arc, Mutex};

use nival_hir::{Buffers, LowerError, LowerOptions, Lowered, Module, serial};
use nival_syntax::{Name, flat};
use rustc_hash::FxHashMap;

use crate::reading::Prepared;
use crate::source::Positions;

/// What running a text takes. Positions are there from the start only where there are errors.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub module: Arc<Module>,
    pub positions: Positions,
    pub errors: Arc<[LowerError]>,
}

/// Where lowered code is kept beyond the life of the process: bytes by the digest of the text that they were made of.
pub trait KeptCode: Send + Sync + std::fmt::Debug {
    /// Puts what was kept into `into`, in place of what is there.
    fn get(&self, digest: &[u8; 32], into: &mut Vec<u8>) -> bool;
    /// Whether it is worth making bytes for [`KeptCode::put`].
    fn is_writable(&self) -> bool;
    /// Keeps bytes.
    fn put(&self, digest: &[u8; 32], bytes: &[u8]);
    /// Sees to it that other processes find what was put.
    fn flush(&self);
}

/// Parses and lowers each text once, whatever its path. Bounded by the texts it has seen; made to be shared by the
/// evaluators that a process creates one after the other.
#[derive(Debug)]
pub struct CodeCache {
    /// Texts without extra names in scope. `None`: nothing is kept.
    plain: Option<Mutex<FxHashMap<Arc<[u8]>, Code>>>,
    /// Lowered to be changed in parts.
    patchable: Mutex<FxHashMap<Arc<[u8]>, Code>>,
    /// For texts of files.
    kept: Option<Arc<dyn KeptCode>>,
}

impl Default for CodeCache {
    fn default() -> Self {
        CodeCache { plain: Some(Mutex::default()), patchable: Mutex::default(), kept: None }
    }
}

/// Texts that are being edited change all the time: so many of them are kept, and so many bytes of them at most.
const PATCHABLE: usize = 256;
const PATCHABLE_BYTES: usize = 2 << 20;

impl CodeCache {
    /// For a process that evaluates once: keeps neither code nor texts, since each file is loaded only once.
    pub fn keeping_nothing() -> Self {
        CodeCache { plain: None, ..CodeCache::default() }
    }

    /// With code of former processes, and for later ones.
    pub fn with_kept(self, kept: Option<Arc<dyn KeptCode>>) -> Self {
        CodeCache { kept, ..self }
    }

    /// Code of other processes.
    pub(crate) fn kept(&self) -> Option<&Arc<dyn KeptCode>> {
        self.kept.as_ref()
    }

    /// Other processes find from now on what this one lowered.
    pub fn flush(&self) {
        if let Some(kept) = &self.kept {
            kept.flush();
        }
    }

    /// Whether the texts stay in memory.
    pub(crate) fn keeps_texts(&self) -> bool {
        self.plain.is_some()
    }

    /// `scope` are the names of slots `0..` of the root frame. `on_disk`: the text is that of a file, which others will evaluate, too.
    pub(crate) fn lower(&self, text: &Arc<[u8]>, scope: &[Name], on_disk: bool, compiler: &mut Compiler) -> Code {
        let prepared = compiler.prepared.take();
        if !scope.is_empty() {
            return compiler.lower(text, scope);
        }
        let kept = self.kept.as_deref().filter(|_| on_disk && text.len() >= WORTH_KEEPING);
        let lower = move |compiler: &mut Compiler| match kept {
            Some(kept) => compiler.lower_kept(text, kept, prepared.filter(|prepared| Arc::ptr_eq(&prepared.text, text))),
            None => compiler.lower(text, &[]),
        };
        let Some(plain) = &self.plain else { return lower(compiler) };
        if let Some(known) = plain.lock().unwrap_or_else(|e| e.into_inner()).get(text) {
            return known.clone();
        }
        let lowered = lower(compiler);
        plain.lock().unwrap_or_else(|e| e.into_inner()).insert(text.clone(), lowered.clone());
        lowered
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
    writer: serial::Writer,
    bytes: Vec<u8>,
    /// The text that is lowered next, if a thread read it.
    pub prepared: Option<Prepared>,
}

/// From this many bytes on a text gets memory of its own, which goes back to the system at once.
const LARGE: usize = 2 << 20;
/// Shorter texts are lowered as quickly as their code is found.
const WORTH_KEEPING: usize = 256;

impl Compiler {
    fn lower(&mut self, text: &Arc<[u8]>, scope: &[Name]) -> Code {
        self.lower_and(text, scope, |_, _, _| ())
    }

    /// `then` gets the module, and the buffers as lowering left them.
    fn lower_and(&mut self, text: &Arc<[u8]>, scope: &[Name], then: impl FnOnce(&mut Self, &Module, &Buffers)) -> Code {
        let options = LowerOptions { scope: scope.to_vec(), ..LowerOptions::default() };
        let large = text.len() >= LARGE;
        let mut buffers = if large { Buffers::default() } else { std::mem::take(&mut self.buffers) };
        let module = nival_hir::compile(text.clone(), &options, &mut buffers);
        if let Some(module) = &module {
            then(self, module, &buffers);
        }
        if !large {
            self.buffers = buffers;
        }
        match module {
            Some(module) => module.into(),
            None => lower(text, &options),
        }
    }

    fn lower_kept(&mut self, text: &Arc<[u8]>, kept: &dyn KeptCode, prepared: Option<Prepared>) -> Code {
        let (digest, found) = match prepared {
            Some(Prepared { digest, code, .. }) => (digest, code.map(|code| self.bytes = code).is_some()),
            None => {
                let digest = blake3::hash(text);
                (digest, kept.get(digest.as_bytes(), &mut self.bytes))
            }
        };
        if found && let Some(module) = serial::read(&self.bytes) {
            return module.into();
        }
        self.lower_and(text, &[], |compiler, module, buffers| {
            compiler.bytes.clear();
            if kept.is_writable() && compiler.writer.write(module, buffers.names(), &mut compiler.bytes) {
                kept.put(digest.as_bytes(), &compiler.bytes);
            }
        })
    }
}

/// That of a text without errors.
impl From<Module> for Code {
    fn from(module: Module) -> Code {
        Code { module: Arc::new(module), positions: Positions::default(), errors: Arc::default() }
    }
}

impl From<&Lowered> for Code {
    fn from(lowered: &Lowered) -> Code {
        let positions = Arc::new(Arc::clone(&lowered.source_map).into());
        Code { module: Arc::clone(&lowered.module), positions, errors: Arc::clone(&lowered.errors) }
    }
}

fn lower(text: &[u8], options: &LowerOptions) -> Code {
    (&nival_hir::lower(&flat::parse(text), options)).into()
}
