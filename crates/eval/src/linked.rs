//! [`Linked`]: a module made ready to run: constants as values, shapes of literals, inline caches.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use nival_hir::module::Module;

use crate::value::{ShapeRef, Value};

/// A module in the evaluator's table.
#[derive(Debug)]
pub(crate) struct Linked {
    pub id: u32,
    pub module: Arc<Module>,
    /// The file it was read from; `None` for text that no file holds.
    pub file: Option<PathBuf>,
    /// What relative paths start from.
    pub base: Vec<u8>,
    pub consts: Box<[Value]>,
    /// Of each [`nival_hir::module::AttrsLit`].
    pub shapes: Box<[ShapeRef]>,
    pub lambdas: Box<[LinkedLambda]>,
    /// `shape id + 1 << 32 | index` for each inline-cache site.
    pub caches: Box<[AtomicU64]>,
}

/// A lambda with what a call needs at hand.
#[derive(Debug)]
pub(crate) struct LinkedLambda {
    pub linked: *const Linked,
    pub index: u32,
    pub arity: u32,
}

// SAFETY: the pointer is only read, and only while the evaluator that owns both lives.
unsafe impl Send for LinkedLambda {}
// SAFETY: as above.
unsafe impl Sync for LinkedLambda {}
