//! [`Linked`]: a module made ready to run: constants as values, shapes of literals, inline caches.

use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use nival_hir::module::{AttrsLit, Const, Expr, ExprId, ExprRange, Lambda, Module, Param, PathKind, Pattern};
use nival_hir::source_map::SourceMap;
use nival_syntax::Name;

use crate::ctx::Ctx;
use crate::error::Pos;
use crate::ops::path::{join, normalise};
use crate::value::{Attrs, Context, List, Path, ShapeRef, Str, Value};

/// Where a module's text came from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The file it was read from.
    pub file: Option<Vec<u8>>,
    /// How messages call a text without a file: `«string»`.
    pub label: String,
    pub text: Arc<[u8]>,
    /// The folder that relative paths start from.
    pub base: Vec<u8>,
}

/// A module in the evaluator's table.
#[derive(Debug)]
pub(crate) struct Linked {
    pub id: u32,
    pub module: Arc<Module>,
    pub source_map: Arc<SourceMap>,
    pub origin: Origin,
    /// `UNSET` for a path below the home folder, which is looked up when it is used.
    pub consts: Box<[Value]>,
    /// Of each [`AttrsLit`].
    pub sets: Box<[LinkedSet]>,
    pub lambdas: Box<[LinkedLambda]>,
    /// `(shape id + 1) << 32 | index` for each inline-cache site.
    pub caches: Box<[AtomicU64]>,
    /// Number of the first formal of each lambda, counted over the module.
    pub formal_starts: Box<[u32]>,
}

#[derive(Debug)]
pub(crate) struct LinkedSet {
    pub shape: ShapeRef,
    /// Number of its first attribute, counted over the module.
    pub first: u32,
    /// The value of a literal that holds constants only.
    pub constant: Option<Value>,
}

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
    #[inline(always)]
    pub(crate) fn expr(&self, id: ExprId) -> Expr {
        self.module.exprs[id.0 as usize]
    }

    #[inline(always)]
    pub(crate) fn list(&self, range: ExprRange) -> &[ExprId] {
        &self.module.lists[range.start as usize..(range.start + range.len) as usize]
    }

    pub(crate) fn pos(&self, id: ExprId) -> Pos {
        Pos::expr(self.id, id)
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
        &self.linked().module.lambdas[self.index as usize]
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
    pub(crate) fn link(&mut self, id: u32, module: Arc<Module>, source_map: Arc<SourceMap>, origin: Origin) -> Linked {
        let consts: Box<[Value]> = module.consts.iter().map(|c| self.link_const(c, &origin.base)).collect();
        let mut first = 0;
        let sets = module
            .attrsets
            .iter()
            .map(|lit| {
                let names = lit.attrs.iter().map(|a| a.name).collect();
                let shape = self.evaluator.shapes.literal(names, Pos::attr(id, first));
                let set = LinkedSet { shape, first, constant: self.link_set(&module, &consts, lit, shape) };
                first += (lit.attrs.len() + lit.dynamic.len()) as u32;
                set
            })
            .collect();
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
        let caches = (0..module.sites).map(|_| AtomicU64::new(0)).collect();
        Linked { id, module, source_map, origin, consts, sets, lambdas, caches, formal_starts: formal_starts.into() }
    }

    fn link_const(&mut self, constant: &Const, base: &[u8]) -> Value {
        match constant {
            Const::Int(i) => self.int(*i),
            Const::Float(bits) => self.float(f64::from_bits(*bits)),
            Const::Str(bytes) => Str::alloc(&mut self.region, &[bytes], Context::EMPTY),
            // Path constants keep a slash at their end for interpolation; whoever makes a path value of one normalises.
            Const::Path(PathKind::Absolute, bytes) => Path::alloc(&mut self.region, &normalise(bytes)),
            Const::Path(PathKind::Relative, bytes) => Path::alloc(&mut self.region, &normalise(&join(base, bytes))),
            Const::Path(PathKind::Home, _) => Value::UNSET,
        }
    }

    fn link_set(&mut self, module: &Module, consts: &[Value], lit: &AttrsLit, shape: ShapeRef) -> Option<Value> {
        if !lit.dynamic.is_empty() || !lit.sources.is_empty() || lit.recursive {
            return None;
        }
        if lit.attrs.is_empty() {
            return Some(self.evaluator.empty_attrs());
        }
        let mut values = Vec::with_capacity(lit.attrs.len());
        for attr in &lit.attrs {
            values.push(link_atom(module, consts, attr.value, self.evaluator)?);
        }
        Some(Attrs::alloc_with(&mut self.region, shape, |slots| slots.copy_from_slice(&values)))
    }
}

/// The value of an expression that is a constant.
fn link_atom(module: &Module, consts: &[Value], id: ExprId, evaluator: &crate::Evaluator) -> Option<Value> {
    match module.exprs.get(id.0 as usize)? {
        Expr::Const(i) => consts.get(*i as usize).copied().filter(|v| !v.is_unset()),
        Expr::List(range) if range.len == 0 => Some(evaluator.empty_list()),
        _ => None,
    }
}

/// An empty list and an empty set, made once per evaluator.
pub(crate) fn empties(region: &mut crate::heap::Region, empty_shape: ShapeRef) -> (Value, Value) {
    (List::alloc_with(region, 0, |_| ()), Attrs::alloc_with(region, empty_shape, |_| ()))
}
