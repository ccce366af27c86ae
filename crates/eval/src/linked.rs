//! [`Linked`]: a module made ready to run: constants as values, shapes of literals, inline caches.

use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use nival_hir::module::{AttrsLit, Const, Expr, ExprId, ExprRange, Lambda, Module, Param, PathKind, Pattern};
use nival_syntax::Name;

use crate::ctx::Ctx;
use crate::error::Pos;
use crate::heap::ScratchVec;
use crate::held::Held;
use crate::host::Host;
use crate::ops::path::{join, normalise};
use crate::source::Source;
use crate::track::TrackedModule;
use crate::value::{Attrs, Context, List, Path, Shape, ShapeRef, Str, Value};

/// Where a module's text came from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The file it was read from.
    pub file: Option<Vec<u8>>,
    /// How messages call a text without a file: `«string»`.
    pub label: String,
    /// The folder that relative paths start from.
    pub base: Vec<u8>,
}

impl Origin {
    /// What messages call the text.
    pub(crate) fn name(&self) -> String {
        self.file.as_ref().map_or_else(|| self.label.clone(), |file| String::from_utf8_lossy(file).into_owned())
    }
}

/// A text to be parsed and linked.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub origin: Origin,
    pub text: Arc<[u8]>,
    /// The host gives the same text for the origin's file again.
    pub on_disk: bool,
}

/// A module in the evaluator's table. What the interpreter needs of it lies in its first two cache lines.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Linked {
    pub code: Held,
    pub id: u32,
    /// The expression that is the text's value.
    pub root: ExprId,
    /// `(number of the names + 1) << 32 | index` for each inline-cache site.
    pub caches: Box<[AtomicU64]>,
    /// Words of the constants that have been used, else 0.
    consts: Box<[AtomicU64]>,
    pub lambdas: Box<[LinkedLambda]>,
    /// Of each [`AttrsLit`].
    pub sets: Box<[LinkedSet]>,
    /// Number of the first attribute of each set, counted over the module.
    pub set_starts: Box<[u32]>,
    /// Number of the first formal of each lambda, counted over the module.
    pub formal_starts: Box<[u32]>,
    pub host: Arc<dyn Host>,
    pub source: Source,
    pub origin: Origin,
    /// Of a text that is being edited.
    pub tracked: Option<Box<TrackedModule>>,
}

/// A literal; shape and constant are made when it is first evaluated, since most of a big file never is.
#[derive(Debug)]
pub(crate) struct LinkedSet {
    shape: AtomicPtr<Shape>,
    /// What a literal that holds constants only is a copy of; 0 where that is not known yet, or [`NO_CONSTANT`].
    constant: AtomicU64,
}

/// No value: the address of a thunk that cannot be.
const NO_CONSTANT: u64 = 8;

/// A lambda with what a call needs at hand.
#[derive(Debug)]
pub(crate) struct LinkedLambda {
    /// Set once the module has its place in the table.
    linked: AtomicPtr<Linked>,
    pub index: u32,
    pub arity: u32,
    pub frame_size: u32,
    pub body: ExprId,
    /// The last parameter is a pattern.
    pub pattern: bool,
}

impl Linked {
    /// The reference is for the head of a `match` alone, which copies what it binds: see [`Linked::module`]. Copied whole, an expression
    /// goes by way of the stack in two words that overlap, and its fields wait for both to be written.
    #[inline(always)]
    pub(crate) fn expr(&self, id: ExprId) -> &Expr {
        match self.expr_here(id) {
            Some(expr) => expr,
            None => self.expr_again(id),
        }
    }

    /// As [`Linked::expr`]; `None` while the code is put aside.
    #[inline(always)]
    pub(crate) fn expr_here(&self, id: ExprId) -> Option<&Expr> {
        self.code.expr(id)
    }

    /// Its code. Nothing may hold on to what this gives but the stack of a thread inside the evaluator: see [`Held`].
    #[inline(always)]
    pub(crate) fn module(&self) -> &Module {
        match self.code.module() {
            Some(module) => module,
            None => self.unpack(),
        }
    }

    /// A constant that was made already, or nothing.
    #[inline(always)]
    pub(crate) fn known_constant(&self, index: u32) -> Value {
        self.consts.get(index as usize).map_or(Value::UNSET, |word| Value(word.load(Ordering::Acquire)))
    }

    #[inline(always)]
    pub(crate) fn list(&self, range: ExprRange) -> &[ExprId] {
        match self.code.list(range) {
            Some(list) => list,
            None => &self.module().lists[range.start as usize..(range.start + range.len) as usize],
        }
    }

    pub(crate) fn pos(&self, id: ExprId) -> Pos {
        Pos::expr(self.id, id)
    }

    /// The objects that its constants are.
    pub(crate) fn constant_objects(&self) -> impl Iterator<Item = Value> + '_ {
        let sets = self.sets.iter().map(|set| set.constant.load(Ordering::Relaxed)).filter(|&word| word != NO_CONSTANT);
        self.consts
            .iter()
            .map(|word| word.load(Ordering::Relaxed))
            .chain(sets)
            .filter(|&word| word != 0)
            .map(Value)
            .filter(|v| v.is_object())
    }

    /// Constants are made anew when they are used.
    pub(crate) fn forget_constants(&self) {
        let forget = |word: &AtomicU64| {
            if word.load(Ordering::Relaxed) != 0 {
                word.store(0, Ordering::Relaxed);
            }
        };
        self.consts.iter().for_each(forget);
        self.sets.iter().for_each(|set| forget(&set.constant));
    }

    /// Tells the lambdas where their module is.
    pub(crate) fn settle(&self) {
        for lambda in &self.lambdas {
            lambda.linked.store(std::ptr::from_ref(self).cast_mut(), Ordering::Release);
        }
    }
}

impl LinkedLambda {
    #[inline(always)]
    pub(crate) fn linked(&self) -> &'static Linked {
        // SAFETY: `Linked::settle` stored the address of the module that owns this lambda before it could run; modules
        // never move and live as long as the evaluator.
        unsafe { &*self.linked.load(Ordering::Relaxed) }
    }

    #[inline(always)]
    pub(crate) fn lambda(&self) -> &'static Lambda {
        &self.linked().module().lambdas[self.index as usize]
    }

    pub(crate) fn name(&self) -> Option<Name> {
        self.lambda().name
    }

    pub(crate) fn pos(&self) -> Pos {
        Pos::lambda(self.linked().id, self.index)
    }

    pub(crate) fn parameter_pattern(&self) -> Option<&'static Pattern> {
        match self.lambda().params.last() {
            Some(Param::Pattern(pattern)) => Some(pattern),
            _ => None,
        }
    }

    /// `'f'` or `anonymous lambda`.
    pub(crate) fn display_name(&self) -> String {
        self.name().map_or_else(|| "anonymous lambda".into(), |n| n.to_string())
    }
}

impl Ctx<'_> {
    /// Builds the tables of module number `id`.
    pub(crate) fn link(&self, id: u32, module: Arc<Module>, origin: Origin, source: Source) -> Linked {
        debug_assert_eq!(nival_hir::validate(&module).map_err(|e| e.to_string()), Ok(()), "lowering made a module that is not sound");
        let mut first = 0;
        let starts = module.attrsets.iter().map(|lit| {
            let start = first;
            first += (lit.attrs.len() + lit.dynamic.len()) as u32;
            start
        });
        let set_starts = starts.collect();
        let mut formals = 0;
        let mut formal_starts = Vec::with_capacity(module.lambdas.len());
        let lambdas = module
            .lambdas
            .iter()
            .zip(0..)
            .map(|(lambda, index)| {
                formal_starts.push(formals);
                if let Some(Param::Pattern(pattern)) = lambda.params.last() {
                    formals += pattern.formals.len() as u32;
                }
                LinkedLambda {
                    linked: AtomicPtr::new(std::ptr::null_mut()),
                    index,
                    arity: lambda.params.len() as u32,
                    frame_size: lambda.frame_size,
                    body: lambda.body,
                    pattern: matches!(lambda.params.last(), Some(Param::Pattern(_))),
                }
            })
            .collect();
        // Zeroed by the system when they are first touched, which most of the tables of a big file never are.
        // SAFETY: a zeroed `AtomicU64` is 0, and a zeroed `LinkedSet` a null pointer and 0.
        let (consts, caches, sets) = unsafe {
            (
                Box::<[AtomicU64]>::new_zeroed_slice(module.consts.len()).assume_init(),
                Box::<[AtomicU64]>::new_zeroed_slice(module.sites as usize).assume_init(),
                Box::<[LinkedSet]>::new_zeroed_slice(module.attrsets.len()).assume_init(),
            )
        };
        Linked {
            id,
            root: module.root,
            code: Held::new(module),
            host: Arc::clone(&self.evaluator.host),
            source,
            origin,
            consts,
            sets,
            set_starts,
            lambdas,
            caches,
            formal_starts: formal_starts.into(),
            tracked: None,
        }
    }

    /// The value of a constant; `UNSET` for a path below the home folder, which is looked up when it is used.
    #[inline(always)]
    pub(crate) fn constant(&mut self, m: &Linked, index: u32) -> Value {
        match m.consts[index as usize].load(Ordering::Acquire) {
            0 => self.make_constant(m, index),
            word => Value(word),
        }
    }

    #[cold]
    #[inline(never)]
    fn make_constant(&mut self, m: &Linked, index: u32) -> Value {
        let value = match m.module().consts.get(index as usize) {
            Some(Const::Int(i)) => self.int(i),
            Some(Const::Float(bits)) => self.float(f64::from_bits(bits)),
            Some(Const::Str(bytes)) => Str::alloc(&mut self.region, &[bytes], Context::EMPTY),
            // A slash at the end counts only in an interpolation, which reads the module's own text.
            Some(Const::Path(PathKind::Absolute, bytes)) => Path::alloc(&mut self.region, &normalise(bytes)),
            Some(Const::Path(PathKind::Relative, bytes)) => Path::alloc(&mut self.region, &normalise(&join(&m.origin.base, bytes))),
            Some(Const::Path(PathKind::Home, _)) | None => Value::UNSET,
        };
        self.keep_constant(value);
        m.consts[index as usize].store(value.0, Ordering::Release);
        value
    }

    /// The shape of a literal.
    #[inline(always)]
    pub(crate) fn literal_shape(&mut self, m: &Linked, index: u32) -> ShapeRef {
        let shape = m.sets[index as usize].shape.load(Ordering::Acquire);
        if shape.is_null() { self.make_shape(m, index) } else { shape_at(shape) }
    }

    #[cold]
    #[inline(never)]
    fn make_shape(&mut self, m: &Linked, index: u32) -> ShapeRef {
        let (set, first) = (&m.sets[index as usize], m.set_starts[index as usize]);
        let names: ScratchVec<Name> = m.module().attrsets[index as usize].attrs.iter().map(|a| a.name).collect();
        let shape = self.evaluator.shapes.literal(&names, Pos::attr(m.id, first));
        let pointer = std::ptr::from_ref(shape).cast_mut();
        match set.shape.compare_exchange(std::ptr::null_mut(), pointer, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => shape,
            Err(other) => shape_at(other),
        }
    }

    /// A set that is equal to a literal of constants only, for others to be copied from.
    #[inline(always)]
    pub(crate) fn constant_set(&mut self, m: &Linked, index: u32) -> Option<Value> {
        match m.sets[index as usize].constant.load(Ordering::Acquire) {
            0 => self.make_constant_set(m, index),
            NO_CONSTANT => None,
            word => Some(Value(word)),
        }
    }

    #[cold]
    #[inline(never)]
    fn make_constant_set(&mut self, m: &Linked, index: u32) -> Option<Value> {
        let value = self.link_set(m, index, &m.module().attrsets[index as usize]);
        if let Some(value) = value {
            self.keep_constant(value);
        }
        m.sets[index as usize].constant.store(value.map_or(NO_CONSTANT, |v| v.0), Ordering::Release);
        value
    }

    fn link_set(&mut self, m: &Linked, index: u32, lit: &AttrsLit) -> Option<Value> {
        if !lit.dynamic.is_empty() || !lit.sources.is_empty() || lit.recursive {
            return None;
        }
        if lit.attrs.is_empty() {
            return Some(self.evaluator.empty_attrs());
        }
        let mut values = Vec::with_capacity(lit.attrs.len());
        for attr in &lit.attrs {
            values.push(match m.module().exprs.get(attr.value.0 as usize)? {
                Expr::Const(i) => Some(self.constant(m, *i)).filter(|v| !v.is_unset())?,
                Expr::List(range) if range.len == 0 => self.evaluator.empty_list(),
                _ => return None,
            });
        }
        let shape = self.literal_shape(m, index);
        Some(Attrs::alloc_with(&mut self.region, shape, |slots| slots.copy_from_slice(&values)))
    }
}

/// What [`LinkedSet::shape`] holds.
fn shape_at(pointer: *mut Shape) -> ShapeRef {
    // SAFETY: only addresses of shapes are stored there, which live as long as the evaluator.
    unsafe { &*pointer }
}

/// An empty list and an empty set, made once per evaluator.
pub(crate) fn empties(region: &mut crate::heap::Region, empty_shape: ShapeRef) -> (Value, Value) {
    (List::alloc_with(region, 0, |_| ()), Attrs::alloc_with(region, empty_shape, |_| ()))
}
