//! From the tree to a [`Module`](crate::Module): one pass over the nodes; everything that a node needs on the way is in
//! buffers that are used again.

mod again;
mod appearance;
mod attrs;
mod bindings;
mod env;
mod expr;
mod function;
mod names;
mod order;
pub(crate) mod parsed;
mod pieces;
mod strings;

use std::sync::Arc;

use nival_syntax::flat::{self, FlatTree, Node};
use nival_syntax::{Name, SyntaxErrorKind, SyntaxKind, TextRange, TextSize};

pub use self::again::lower_again;
use self::bindings::SetBuilder;
use self::env::{Env, NewBinding};
use self::names::{Local, LocalNames};
pub use self::pieces::Pieces;
use crate::module::*;
use crate::result::{LowerError, LowerErrorKind, LowerOptions, Lowered};
use crate::scopes::{BindingKind, Reference, ScopeKind, Scopes, Target};
use crate::source_map::{AttrPlace, SourceMap};

/// Lowers a text. Pure; any text gives a module. A module with errors is not fit for evaluation.
pub fn lower(tree: &FlatTree, options: &LowerOptions) -> Lowered {
    lower_interruptibly(tree, options, &|| ())
}

/// As [`lower`]. `check` is called again and again, and may end the work by unwinding: while a big text is lowered, its next edit waits.
pub fn lower_interruptibly<'t>(tree: &'t FlatTree, options: &LowerOptions, check: &'t dyn Fn()) -> Lowered {
    let mut lowerer = Lowerer::<true>::new(tree);
    lowerer.check = Some(check);
    let (root, frame_size) = lowerer.file(options);
    lowerer.finish(root, frame_size)
}

/// As [`lower_interruptibly`], with what [`lower_again`] needs after the next edit.
pub fn lower_for_edits<'t>(tree: &'t FlatTree, check: &'t dyn Fn()) -> Lowered {
    let mut lowerer = Lowerer::<true>::new(tree);
    lowerer.check = Some(check);
    lowerer.pieces = Some(Pieces::default());
    let (root, frame_size) = lowerer.file(&LowerOptions::default());
    lowerer.finish(root, frame_size)
}

/// Parses and lowers a text that is only to be run: the module that [`lower`] gives, without the tables that only analysis and
/// messages need, which is several times cheaper in memory. `None` where the text has errors, which [`lower`] tells.
pub fn compile(text: Arc<[u8]>, options: &LowerOptions, buffers: &mut Buffers) -> Option<Module> {
    let mut names = LocalNames::new(text.len() / 90 + 16, &mut buffers.names);
    let Some(tree) = flat::parse_code(&text, &mut buffers.syntax, |name| names.local(name).0) else {
        buffers.names = names.give_back();
        return None;
    };
    let module = lower_with(&tree, names, options, buffers);
    buffers.syntax.recycle(tree);
    module
}

fn lower_with<'t>(tree: &'t FlatTree, names: LocalNames<'t>, options: &LowerOptions, buffers: &mut Buffers) -> Option<Module> {
    let mut lowerer = Lowerer::<false>::using(tree, names, buffers);
    let (root, frame_size) = lowerer.file(options);
    let module = lowerer.errors.is_empty().then(|| lowerer.module(root, frame_size));
    lowerer.give_back(buffers);
    module
}

/// A finished table. A small one is copied, so that the buffer is kept for the next text; a large one stays where it is.
fn settled<T>(buffer: &mut Vec<T>) -> Box<[T]> {
    if size_of_val(&**buffer) < 32 << 10 { buffer.drain(..).collect() } else { std::mem::take(buffer).into() }
}

/// Memory that [`compile`] uses for one text after the other.
#[derive(Debug, Default)]
pub struct Buffers {
    syntax: flat::Buffers,
    names: names::NameBuffers,
    locals: Vec<u32>,
    exprs: Vec<Expr>,
    lists: Vec<ExprId>,
    consts: Consts,
    attrsets: Vec<AttrsLit>,
    withs: Vec<WithVar>,
}

impl Buffers {
    /// The names of the text that was compiled last, in their order: in this order a process that compiles it comes to know them.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        self.names.names()
    }
}

/// An error, and how far Nix's parser has read when it finds it.
struct Met {
    at: TextSize,
    error: LowerError,
}

/// With `ANALYSIS`, scopes, references and positions are written down; without, every range is empty and an error is only
/// counted. The module is the same.
struct Lowerer<'t, const ANALYSIS: bool> {
    tree: &'t FlatTree,
    /// See [`lower_interruptibly`].
    check: Option<&'t dyn Fn()>,
    env: Env<'t, ANALYSIS>,
    exprs: Vec<Expr>,
    ranges: Vec<TextRange>,
    details: Vec<(ExprId, TextRange)>,
    lists: Vec<ExprId>,
    consts: Consts,
    lambdas: Vec<Lambda>,
    lambda_ranges: Vec<TextRange>,
    params: Vec<TextRange>,
    /// Of each lambda, in the order of `lambdas`, its run of `params` as it was pushed.
    param_runs: Vec<(u32, u32)>,
    attrsets: Vec<AttrsLit>,
    attr_starts: Vec<u32>,
    attrs: Vec<AttrPlace>,
    dynamic_starts: Vec<u32>,
    dynamics: Vec<AttrPlace>,
    lets: Vec<LetLit>,
    paths: Vec<AttrPath>,
    path_starts: Vec<u32>,
    path_parts: Vec<TextRange>,
    withs: Vec<WithVar>,
    patches: Vec<Patch>,
    patchable: bool,
    /// See [`pieces`]; none where nobody wants them.
    pieces: Option<Pieces>,
    is_big: bool,
    references: Vec<Reference>,
    sites: u32,
    errors: Vec<Met>,
    /// Where the entry ends that is being collected.
    entry_end: TextSize,
    /// Not 0 inside of text that the parser could not make sense of: names there are not reported.
    garbage: u32,
    /// Stack of children whose parent is not finished; each user takes from where it began.
    scratch: Vec<ExprId>,
    /// Of each node that is a name, its number in `env.names` plus one, where the tree does not have it; see [`appearance`].
    locals: Vec<u32>,
    nodes: Vec<Node<'t>>,
    #[allow(clippy::vec_box)] // They are moved about.
    free_builders: Vec<Box<SetBuilder<'t>>>,
}

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    fn new(tree: &'t FlatTree) -> Self {
        let mut buffers = Buffers::default();
        let names = LocalNames::new(tree.len() / 10 + 16, &mut buffers.names);
        Self::using(tree, names, &mut buffers)
    }

    fn using(tree: &'t FlatTree, names: LocalNames<'t>, buffers: &mut Buffers) -> Self {
        use std::mem::take;
        // A guess that is a little small costs one copy.
        let exprs = tree.len() / 2 + 8;
        buffers.exprs.reserve(exprs);
        buffers.lists.reserve(tree.len() / 6);
        buffers.consts.reserve(tree.len() / 8);
        buffers.attrsets.reserve(tree.len() / 12);
        // See `Module::EMPTY_SET`.
        buffers.attrsets.push(AttrsLit::empty());
        let starts = if ANALYSIS { vec![0] } else { Vec::new() };
        Lowerer {
            tree,
            check: None,
            env: Env::new(names),
            exprs: take(&mut buffers.exprs),
            ranges: Vec::with_capacity(if ANALYSIS { exprs } else { 0 }),
            details: Vec::new(),
            lists: take(&mut buffers.lists),
            consts: take(&mut buffers.consts),
            lambdas: Vec::new(),
            lambda_ranges: Vec::new(),
            params: Vec::new(),
            param_runs: Vec::new(),
            attrsets: take(&mut buffers.attrsets),
            attr_starts: starts.clone(),
            attrs: Vec::new(),
            dynamic_starts: starts,
            dynamics: Vec::new(),
            lets: Vec::new(),
            paths: Vec::new(),
            path_starts: Vec::new(),
            path_parts: Vec::new(),
            withs: take(&mut buffers.withs),
            patches: Vec::new(),
            patchable: false,
            pieces: None,
            is_big: false,
            references: Vec::new(),
            sites: 0,
            errors: Vec::new(),
            entry_end: TextSize::new(0),
            garbage: 0,
            scratch: Vec::new(),
            locals: take(&mut buffers.locals),
            nodes: Vec::new(),
            free_builders: Vec::new(),
        }
    }

    fn file(&mut self, options: &LowerOptions) -> (ExprId, u32) {
        self.patchable = options.patchable;
        if !self.tree.is_numbered() {
            self.make_names();
        }
        self.env.push_frame(None);
        let mut extra: Vec<NewBinding> = Vec::with_capacity(options.scope.len());
        for &name in &options.scope {
            let (local, slot) = (self.env.names.local_of(name), self.env.new_slot());
            extra.push(NewBinding { local, range: TextRange::default(), slot, kind: BindingKind::Extra, inherited: false });
        }
        let root_node = self.tree.root();
        let scope = self.env.open(ScopeKind::File, self.range(root_node), extra);
        let root = self.patch(|lowerer| lowerer.child_or_missing(root_node));
        self.env.close(scope);
        (root, self.env.pop_frame())
    }

    /// The range of a node, where somebody wants to know.
    #[inline]
    fn range(&self, node: Node<'t>) -> TextRange {
        if ANALYSIS { node.range() } else { TextRange::default() }
    }

    /// Gives the memory back for the next text.
    fn give_back(mut self, buffers: &mut Buffers) {
        fn emptied<T>(mut buffer: Vec<T>) -> Vec<T> {
            buffer.clear();
            buffer
        }
        buffers.names = self.env.names.give_back();
        buffers.locals = emptied(self.locals);
        buffers.exprs = emptied(self.exprs);
        buffers.lists = emptied(self.lists);
        self.consts.clear();
        buffers.consts = self.consts;
        buffers.attrsets = emptied(self.attrsets);
        buffers.withs = emptied(self.withs);
    }

    #[inline]
    fn push(&mut self, expr: Expr, range: TextRange) -> ExprId {
        let id = ExprId(self.exprs.len() as u32);
        self.exprs.push(expr);
        if ANALYSIS {
            self.ranges.push(range);
        }
        id
    }

    /// See [`SourceMap::detail_range`].
    #[inline]
    fn detail(&mut self, id: ExprId, range: TextRange) {
        if ANALYSIS {
            self.details.push((id, range));
        }
    }

    fn constant(&mut self, value: Const<'_>, range: TextRange) -> ExprId {
        let index = self.consts.len() as u32;
        self.consts.push(value);
        self.push(Expr::Const(index), range)
    }

    /// Lowers a value that can be replaced, where the text is lowered for that.
    fn patch(&mut self, lower: impl FnOnce(&mut Self) -> ExprId) -> ExprId {
        if !self.patchable {
            return lower(self);
        }
        self.env.push_frame(None);
        let body = lower(self);
        let frame_size = self.env.pop_frame();
        self.patches.push(Patch { body, frame_size });
        let range = self.ranges.get(body.0 as usize).copied().unwrap_or_default();
        self.push(Expr::Patch(self.patches.len() as u32 - 1), range)
    }

    fn missing(&mut self, range: TextRange) -> ExprId {
        self.push(Expr::Missing, range)
    }

    fn new_sites(&mut self, count: usize) -> u32 {
        let first = self.sites;
        self.sites += count as u32;
        first
    }

    /// Takes the children pushed on the scratch stack since `from`.
    fn list_from(&mut self, from: usize) -> ExprRange {
        let start = self.lists.len() as u32;
        self.lists.extend(self.scratch.drain(from..));
        ExprRange { start, len: self.lists.len() as u32 - start }
    }

    /// `at` is how far Nix's parser has read when it finds the error.
    fn error(&mut self, at: TextSize, range: TextRange, kind: LowerErrorKind) {
        self.errors.push(Met { at, error: LowerError { range, kind } });
    }

    fn name(&self, local: Local) -> Name {
        self.env.names.name(local)
    }

    /// A use of a name.
    fn variable(&mut self, local: Local, range: TextRange, inherit: bool) -> ExprId {
        let links = self.env.with_count().min(WithVar::SITES);
        let (withs, sites) = (&mut self.withs, &mut self.sites);
        let (expr, target) = self.env.resolve(local, |mut var| {
            var.site = *sites;
            *sites += links;
            withs.push(var);
            withs.len() as u32 - 1
        });
        let id = self.push(expr, range);
        let name = self.name(local);
        if target == Target::Undefined && self.garbage == 0 {
            self.error(range.end(), range, LowerErrorKind::UndefinedVariable(name));
        }
        if ANALYSIS {
            self.references.push(Reference { range, expr: id, name, target, inherit });
        }
        id
    }

    fn finish(mut self, root: ExprId, frame_size: u32) -> Lowered {
        if !self.references.is_sorted_by_key(|r| r.range.start()) {
            self.references.sort_by_key(|r| r.range.start());
        }
        let (param_starts, params) = self.params_in_order();
        let errors = self.all_errors();
        let module = self.module(root, frame_size);
        let errors = order::sort_errors(&module, &self.ranges, &self.env.names, errors);
        let source_map = SourceMap {
            exprs: self.ranges.into(),
            details: self.details.into(),
            attr_starts: self.attr_starts.into(),
            attrs: self.attrs.into(),
            dynamic_starts: self.dynamic_starts.into(),
            dynamics: self.dynamics.into(),
            param_starts,
            params,
            lambdas: self.lambda_ranges.into(),
            path_starts: self.path_starts.into(),
            path_parts: self.path_parts.into(),
        };
        let scopes = Scopes { scopes: self.env.scopes.into(), bindings: self.env.bindings.into(), references: self.references.into() };
        Lowered {
            module: Arc::new(module),
            source_map: Arc::new(source_map),
            scopes: Arc::new(scopes),
            errors: errors.into(),
            pieces: self.pieces.map(Arc::new),
        }
    }

    fn module(&mut self, root: ExprId, frame_size: u32) -> Module {
        use std::mem::take;
        Module {
            exprs: settled(&mut self.exprs),
            lists: settled(&mut self.lists),
            consts: self.consts.settled(),
            lambdas: take(&mut self.lambdas).into(),
            attrsets: settled(&mut self.attrsets),
            lets: take(&mut self.lets).into(),
            paths: take(&mut self.paths).into(),
            withs: settled(&mut self.withs),
            with_links: take(&mut self.env.with_links).into(),
            patches: take(&mut self.patches).into(),
            sites: self.sites,
            frame_size,
            root,
        }
    }

    /// Inner functions push their parameters before outer ones are finished; here they come into the order of the lambdas.
    fn params_in_order(&self) -> (Box<[u32]>, Box<[TextRange]>) {
        let mut starts = Vec::with_capacity(self.param_runs.len());
        let mut params = Vec::with_capacity(self.params.len());
        for &(start, end) in &self.param_runs {
            starts.push(params.len() as u32);
            params.extend_from_slice(self.params.get(start as usize..end as usize).unwrap_or_default());
        }
        (starts.into(), params.into())
    }

    fn all_errors(&mut self) -> Vec<Met> {
        let mut errors = std::mem::take(&mut self.errors);
        let mut lets = 0;
        for error in self.tree.errors() {
            let (mut at, mut range) = (error.range.start(), error.range);
            let kind = match error.kind {
                SyntaxErrorKind::DynamicInLet => {
                    // Nix reports the whole `let`. To look for it takes time, and only the first error is shown as Nix shows it.
                    lets += 1;
                    if lets <= 16
                        && let Some(whole) = self.let_around(range)
                    {
                        at = whole.end();
                        range = TextRange::new(whole.start(), range.end());
                    }
                    LowerErrorKind::DynamicInLet
                }
                SyntaxErrorKind::DynamicInInherit => LowerErrorKind::DynamicInInherit,
                _ => LowerErrorKind::Syntax(error.message()),
            };
            errors.push(Met { at, error: LowerError { range, kind } });
        }
        errors
    }

    /// The innermost `let … in` around a range.
    fn let_around(&self, range: TextRange) -> Option<TextRange> {
        let nodes = (0..self.tree.len() as u32).filter_map(|index| self.tree.node(index));
        let before = nodes.take_while(|node| node.range().start() <= range.start());
        before.filter(|node| node.kind() == SyntaxKind::LET_IN).map(|node| node.range()).filter(|whole| whole.contains_range(range)).last()
    }

    /// The one expression below a node such as a `PAREN`.
    fn child_or_missing(&mut self, node: Node<'t>) -> ExprId {
        match only_child(node) {
            Some(child) => self.expr(child),
            None => self.missing(TextRange::empty(self.range(node).end())),
        }
    }
}

/// The expression below a node that has one: a node that is no garbage if there is one.
fn only_child(node: Node<'_>) -> Option<Node<'_>> {
    let mut children = node.children();
    let first = children.next()?;
    if first.kind() != SyntaxKind::ERROR {
        return Some(first);
    }
    Some(children.find(|child| child.kind() != SyntaxKind::ERROR).unwrap_or(first))
}

/// Without parentheses, which mean nothing.
fn unparen(mut node: Node<'_>) -> Node<'_> {
    while node.kind() == SyntaxKind::PAREN {
        match only_child(node) {
            Some(child) => node = child,
            None => break,
        }
    }
    node
}
