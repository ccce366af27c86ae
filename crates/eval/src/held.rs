//! [`Held`]: the code of a module, which is put aside while nobody runs it. Most of what a big evaluation loads is run once.
//!
//! Where values are collected, and much was loaded since the last time, code that no stack refers to is packed
//! ([`Packed`]) and freed, and made again when a thunk or function of it is run. What refers to code is looked for as what refers to values:
//! any word on the stacks that points into a module keeps it. So references to a module (`Linked::module` and what it gives) may lie on a
//! stack or in a [`ScratchVec`](crate::heap::ScratchVec) while something is evaluated, and nowhere else.

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use nival_hir::Buffers;
use nival_hir::module::{Expr, ExprId, ExprRange, Module};
use nival_hir::serial::{Packed, Writer};
use rustc_hash::FxHashMap;

use crate::collect::{Collect, Constants};
use crate::ctx::Ctx;
use crate::heap::stack_words;
use crate::host::{Aside, Host};
use crate::linked::Linked;

/// Code is looked through when so many expressions were loaded, each of which takes some 60 bytes with all that belongs to it. A NixOS system,
/// for which it does not pay, loads fewer.
const MANY: usize = 600_000;
/// A deeper stack is not looked through for references to code: so many words.
const DEEP: usize = 1 << 19;
/// Words that point so near to a run of memory count as pointing into it, as compilers may count from before or behind it.
const NEAR: usize = 16;

/// See the module documentation.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Held {
    /// `module.exprs` and `module.lists`, a step nearer; empty while it is put aside.
    exprs: AtomicPtr<Expr>,
    len: AtomicUsize,
    lists: AtomicPtr<ExprId>,
    lists_len: AtomicUsize,
    /// An [`Arc`], or null while it is put aside.
    module: AtomicPtr<Module>,
    /// Once it was put aside.
    packed: OnceLock<Box<(Packed, Bytes)>>,
}

/// Code that was put aside is lost: what keeps it cannot be read, and its file is another one by now. Code is asked for at every step, where
/// no error is told, so that this is the payload of a panic that prints nothing: who catches it tells the user.
#[derive(Debug, thiserror::Error)]
#[error("{0} has changed while it was evaluated, and what was kept of it cannot be read")]
pub struct CodeLost(pub String);

/// Of a [`Packed`].
#[derive(Debug)]
enum Bytes {
    Memory(Box<[u8]>),
    Aside(Box<dyn Aside>),
}

impl Linked {
    #[cold]
    #[inline(never)]
    pub(crate) fn expr_again(&self, id: ExprId) -> &Expr {
        &self.module().exprs[id.0 as usize]
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn unpack(&self) -> &Module {
        let packed = self.code.packed.get().map(|packed| &**packed).and_then(|(packed, bytes)| match bytes {
            Bytes::Memory(bytes) => packed.module(bytes),
            Bytes::Aside(aside) => packed.module(&aside.bytes()?),
        });
        match packed.or_else(|| self.lower_again()) {
            Some(module) => self.code.set(Arc::new(module)),
            None => std::panic::resume_unwind(Box::new(CodeLost(self.origin.name()))),
        }
        self.module()
    }

    /// What was put aside cannot be read.
    fn lower_again(&self) -> Option<Module> {
        let text = self.source.text(self.origin.file.as_deref(), &*self.host)?;
        nival_hir::compile(text, &self.source.options(), &mut Buffers::default())
    }
}

impl Held {
    pub(crate) fn new(module: Arc<Module>) -> Held {
        let held = Held {
            exprs: AtomicPtr::default(),
            len: AtomicUsize::new(0),
            lists: AtomicPtr::default(),
            lists_len: AtomicUsize::new(0),
            module: AtomicPtr::default(),
            packed: OnceLock::new(),
        };
        held.set(module);
        held
    }

    fn set(&self, module: Arc<Module>) {
        self.exprs.store(module.exprs.as_ptr().cast_mut(), Ordering::Relaxed);
        self.len.store(module.exprs.len(), Ordering::Relaxed);
        self.lists.store(module.lists.as_ptr().cast_mut(), Ordering::Relaxed);
        self.lists_len.store(module.lists.len(), Ordering::Relaxed);
        self.module.store(Arc::into_raw(module).cast_mut(), Ordering::Release);
    }

    /// `None` for code that is not here.
    #[inline(always)]
    pub(crate) fn expr(&self, id: ExprId) -> Option<&Expr> {
        if id.0 as usize >= self.len.load(Ordering::Relaxed) {
            return None;
        }
        // SAFETY: so many expressions are there; both numbers change only while one thread is inside (see `put_aside`).
        Some(unsafe { &*self.exprs.load(Ordering::Relaxed).add(id.0 as usize) })
    }

    /// `None` for code that is not here, or a range that is not.
    #[inline(always)]
    pub(crate) fn list(&self, range: ExprRange) -> Option<&[ExprId]> {
        let (start, len) = (range.start as usize, range.len as usize);
        if start + len > self.lists_len.load(Ordering::Relaxed) {
            return None;
        }
        // SAFETY: as in `expr`.
        Some(unsafe { std::slice::from_raw_parts(self.lists.load(Ordering::Relaxed).add(start), len) })
    }

    #[inline(always)]
    pub(crate) fn module(&self) -> Option<&Module> {
        // SAFETY: null, or it is freed by `put_aside` only, where nothing refers to it, and with `self`.
        unsafe { self.module.load(Ordering::Acquire).as_ref() }
    }

    fn is_here(&self) -> bool {
        self.len.load(Ordering::Relaxed) != 0
    }

    /// Whether one of these words, which are sorted, points into the module.
    fn is_among(&self, words: &[u64]) -> bool {
        let mut found = false;
        let Some(module) = self.module() else { return false };
        module.each_allocation(|start, end| {
            let (start, end) = (start.saturating_sub(NEAR) as u64, end.saturating_add(NEAR) as u64);
            found |= words.get(words.partition_point(|&word| word < start)).is_some_and(|&word| word <= end);
        });
        found
    }

    /// Frees the module where that can be undone and gives memory back.
    /// `overwrite`: for tests, so that who still refers to it notices.
    ///
    /// # Safety
    /// No other thread is inside the evaluator, and nothing refers to the module.
    unsafe fn put_aside(&self, packer: &mut Packer<'_>, overwrite: bool) -> bool {
        let pointer = self.module.load(Ordering::Relaxed);
        // SAFETY: it came from `Arc::into_raw`, and was not taken back yet.
        let module = std::mem::ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
        // Others keep it anyway.
        if Arc::strong_count(&module) != 1 {
            return false;
        }
        if self.packed.get().is_none() {
            match packer.pack(&module) {
                Some(packed) => _ = self.packed.set(Box::new(packed)),
                None => return false,
            }
        }
        self.len.store(0, Ordering::Relaxed);
        self.lists_len.store(0, Ordering::Relaxed);
        self.exprs.store(std::ptr::null_mut(), Ordering::Relaxed);
        // A list of nothing may be asked for.
        self.lists.store(std::ptr::dangling_mut(), Ordering::Relaxed);
        self.module.store(std::ptr::null_mut(), Ordering::Relaxed);
        let mut module = std::mem::ManuallyDrop::into_inner(module);
        if overwrite && let Some(module) = Arc::get_mut(&mut module) {
            module.exprs.fill(Expr::Missing);
            module.lists.fill(ExprId(u32::MAX));
            module.lambdas.iter_mut().for_each(|lambda| lambda.params = Box::default());
            module.attrsets.iter_mut().for_each(|set| set.attrs = Box::default());
            module.paths.iter_mut().for_each(|path| path.parts = Box::default());
        }
        true
    }
}

struct Packer<'h> {
    host: &'h dyn Host,
    writer: Writer,
    bytes: Vec<u8>,
}

impl Packer<'_> {
    fn pack(&mut self, module: &Module) -> Option<(Packed, Bytes)> {
        self.bytes.clear();
        let packed = Packed::new(module, &mut self.writer, &mut self.bytes)?;
        let bytes = match self.host.put_aside(&self.bytes) {
            Some(aside) => Bytes::Aside(aside),
            None => Bytes::Memory(self.bytes.as_slice().into()),
        };
        Some((packed, bytes))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let pointer = *self.module.get_mut();
        if !pointer.is_null() {
            // SAFETY: it came from `Arc::into_raw`, and was not taken back.
            drop(unsafe { Arc::from_raw(pointer) });
        }
    }
}

impl Ctx<'_> {
    /// Puts code aside that nobody runs. For the one thread that collects, for the time `number`; not where others may be inside later, who
    /// could ask for the same code at once.
    pub(crate) fn put_code_aside(&mut self, number: u32) {
        let evaluator = self.evaluator;
        let stress = matches!(evaluator.options.collect, Collect::Stress(_));
        let due = if stress { number.is_multiple_of(5) } else { evaluator.loaded.load(Ordering::Relaxed) >= MANY };
        if !due {
            return;
        }
        evaluator.loaded.store(0, Ordering::Relaxed);
        // They are made anew where they are wanted.
        self.merges = FxHashMap::default();
        let Some(words) = stack_words(&self.stack, if stress { DEEP / 8 } else { DEEP }) else { return };
        let mut packer = Packer { host: &*evaluator.host, writer: Writer::default(), bytes: Vec::new() };
        let mut constants = Constants::default();
        for linked in (0..evaluator.modules.len()).filter_map(|number| evaluator.modules.get(number)).filter(|linked| linked.code.is_here())
        {
            linked.source.forget();
            // SAFETY: the caller sees to the first; no word of this thread's stacks points into the module.
            if !linked.code.is_among(&words) && unsafe { linked.code.put_aside(&mut packer, stress) } {
                linked.forget_constants();
            } else {
                linked.constant_objects().for_each(|value| constants.add(value));
            }
        }
        *evaluator.constants.lock().unwrap_or_else(|e| e.into_inner()) = constants;
    }
}

/// Notes that `linked` was loaded.
pub(crate) fn loaded(evaluator: &crate::Evaluator, linked: &Linked) {
    evaluator.loaded.fetch_add(linked.code.len.load(Ordering::Relaxed), Ordering::Relaxed);
}
