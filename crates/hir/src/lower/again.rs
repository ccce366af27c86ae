//! Lowering again after an edit: what the edit left alone is taken from the tables of the text before.
//!
//! Lowering writes its tables in one pass, so that the value of a binding is a run of each. The run of the value that the edit is in is
//! made anew, in the scopes that were open there; what comes behind is copied with other numbers, and all places behind the edit move.
//! The result is what [`lower`](super::lower) gives, number by number, or nothing: where a value takes another number of slots of the
//! frame around it, where a name that others share a lookup with comes or goes, where errors have to be sorted.

use std::ops::Range;
use std::sync::Arc;

use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{Difference, Name, SyntaxKind, TextRange, TextSize, TreeNode};
use rustc_hash::FxHashMap;

use super::bindings::Value;
use super::names::{Local, LocalNames};
use super::pieces::{Mark, Piece, Pieces};
use super::{Buffers, Lowerer};
use crate::lexical::is_recursive;
use crate::module::*;
use crate::result::{LowerError, LowerErrorKind, Lowered};
use crate::scopes::{Scope, ScopeKind, Scopes, Target};
use crate::source_map::{AttrPlace, SourceMap};

/// What [`super::lower_for_edits`] gives for `tree`, made of what it gave for a former text; `None` where that cannot be, or is not
/// worth it. `check` as there.
pub fn lower_again<'t>(former: &FlatTree, lowered: &Lowered, tree: &'t FlatTree, check: &'t dyn Fn()) -> Option<Lowered> {
    let pieces = lowered.pieces.as_deref()?;
    if !former.errors().is_empty() || !tree.errors().is_empty() {
        return None;
    }
    let is_piece = |old, new| last_name(old).is_some_and(|name| pieces.find(name.range().start()).is_some()) && names_fit(old, new);
    match Difference::between(former, tree, is_piece) {
        Difference::None => Some(lowered.clone()),
        Difference::Trivia { old, new } => {
            let begin = |tree: &FlatTree, token: u32| {
                tree.token(token).map_or(TextSize::new(tree.text().len() as u32), |token| token.range().start())
            };
            let (start, old_end, new_end) = (begin(former, old.start), begin(former, old.end), begin(tree, new.end));
            Moved { start, end: old_end, by: u32::from(new_end).wrapping_sub(old_end.into()) }.lowered(lowered, tree)
        }
        Difference::Within { old, new } => Edit::new(lowered, pieces, old, new)?.lower(tree, check),
        Difference::Between { .. } | Difference::Unknown => None,
    }
}

/// The last name of a binding's path.
fn last_name(binding: Node<'_>) -> Option<Node<'_>> {
    binding.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH)?.children().last()
}

fn path_text(binding: Node<'_>) -> &[u8] {
    binding.children().next().map_or(&[], |path| path.text())
}

/// Whether what is around two bindings is the same as far as their names go: they are the same, or name an attribute that nothing in
/// the text can refer to.
fn names_fit(old: Node<'_>, new: Node<'_>) -> bool {
    if path_text(old) == path_text(new) {
        return true;
    }
    let plain = |binding: Node<'_>| {
        let path = binding.children().next();
        path.is_some_and(|path| path.children().count() == 1 && path.children().all(|name| name.kind() == SyntaxKind::NAME))
    };
    plain(old) && plain(new) && old.parent().is_some_and(|set| set.kind() == SyntaxKind::ATTR_SET && !is_recursive(set))
}

/// Text between two places that has become so much longer.
#[derive(Clone, Copy)]
struct Moved {
    start: TextSize,
    end: TextSize,
    /// Wraps around where the text has become shorter.
    by: u32,
}

impl Moved {
    #[inline]
    fn shift(self, at: TextSize) -> TextSize {
        TextSize::new(u32::from(at).wrapping_add(self.by))
    }

    /// Where what begins at a place begins now.
    #[inline]
    fn begin(self, at: TextSize) -> TextSize {
        if at >= self.end { self.shift(at) } else { at }
    }

    #[inline]
    fn range(self, range: TextRange) -> TextRange {
        let start = self.begin(range.start());
        let end = if range.end() > self.start && !range.is_empty() { self.shift(range.end()) } else { range.end() };
        TextRange::new(start, if range.is_empty() { start } else { end.max(start) })
    }

    fn ranges(self, ranges: &mut [TextRange]) {
        ranges.iter_mut().for_each(|range| *range = self.range(*range));
    }

    fn places(self, places: &mut [AttrPlace]) {
        for place in places {
            *place = AttrPlace { position: self.begin(place.position), name: self.range(place.name) };
        }
    }

    fn scopes(self, scopes: &mut [Scope], bindings: &mut [crate::scopes::Binding], tree: &FlatTree) {
        scopes.iter_mut().for_each(|scope| scope.range = self.range(scope.range));
        if let Some(file) = scopes.first_mut() {
            file.range = tree.root().range();
        }
        bindings.iter_mut().for_each(|binding| binding.range = self.range(binding.range));
    }

    /// The error, if it is of a kind that can be moved.
    fn error(self, error: &LowerError) -> Option<LowerError> {
        matches!(error.kind, LowerErrorKind::UndefinedVariable(_))
            .then(|| LowerError { range: self.range(error.range), kind: error.kind.clone() })
    }

    /// Of a text in which nothing else has changed.
    fn lowered(self, old: &Lowered, tree: &FlatTree) -> Option<Lowered> {
        let mut map = SourceMap::clone(&old.source_map);
        self.ranges(&mut map.exprs);
        map.details.iter_mut().for_each(|detail| detail.1 = self.range(detail.1));
        self.places(&mut map.attrs);
        self.places(&mut map.dynamics);
        self.ranges(&mut map.params);
        self.ranges(&mut map.lambdas);
        self.ranges(&mut map.path_parts);
        let mut scopes = Scopes::clone(&old.scopes);
        self.scopes(&mut scopes.scopes, &mut scopes.bindings, tree);
        scopes.references.iter_mut().for_each(|used| used.range = self.range(used.range));
        let errors: Option<Arc<[LowerError]>> = old.errors.iter().map(|error| self.error(error)).collect();
        let mut pieces = old.pieces.as_deref().cloned();
        pieces.iter_mut().flat_map(|pieces| &mut pieces.pieces).for_each(|piece| piece.name = self.begin(piece.name));
        Some(Lowered {
            module: old.module.clone(),
            source_map: Arc::new(map),
            scopes: Arc::new(scopes),
            errors: errors?,
            pieces: pieces.map(Arc::new),
        })
    }
}

/// An edit inside the value of a binding, or of its name.
struct Edit<'a, 't> {
    old: &'a Lowered,
    pieces: &'a Pieces,
    piece: Piece,
    before: Mark,
    after: Mark,
    moved: Moved,
    /// The bindings.
    was: Node<'a>,
    is: Node<'t>,
    renamed: bool,
}

/// So many numbers more there are behind a piece.
#[inline]
fn behind(at: u32, old: u32, new: u32) -> u32 {
    if at < old { at } else { at.wrapping_add(new.wrapping_sub(old)) }
}

fn part<T>(all: &[T], range: Range<u32>) -> &[T] {
    all.get(range.start as usize..range.end as usize).unwrap_or_default()
}

fn from<T>(all: &[T], start: u32) -> &[T] {
    all.get(start as usize..).unwrap_or_default()
}

fn head<T>(all: &mut [T], end: u32) -> &mut [T] {
    all.get_mut(..end as usize).unwrap_or_default()
}

/// Where the run of owner `at` begins.
fn start_of<T>(starts: &[u32], all: &[T], at: u32) -> u32 {
    starts.get(at as usize).copied().unwrap_or(all.len() as u32)
}

/// A copy of the beginning of a table, with room for the rest of it.
fn beginning<T: Clone>(all: &[T], end: u32) -> Vec<T> {
    let mut table = Vec::with_capacity(all.len() + 64);
    table.extend_from_slice(part(all, 0..end));
    table
}

impl<'a, 't> Edit<'a, 't> {
    fn new(old: &'a Lowered, pieces: &'a Pieces, was: Node<'a>, is: Node<'t>) -> Option<Self> {
        let name = last_name(was)?.range();
        let (piece, before, after) = pieces.find(name.start())?;
        let renamed = path_text(was) != path_text(is);
        let start = if renamed { was.range().start() } else { name.end() };
        let (end, new_end) = (was.range().end(), is.range().end());
        let moved = Moved { start, end, by: u32::from(new_end).wrapping_sub(end.into()) };
        Some(Edit { old, pieces, piece, before, after, moved, was, is, renamed })
    }

    fn lower(self, tree: &'t FlatTree, check: &'t dyn Fn()) -> Option<Lowered> {
        let (old, before, after) = (self.old, self.before, self.after);
        let (module, map, moved) = (&*old.module, &*old.source_map, self.moved);
        let (path, value) = (self.is.children().next()?, self.is.children().nth(1)?);
        // An error outside of the piece may stay the only one.
        let outside = old.errors.iter().filter(|error| !self.was.range().contains_range(error.range));
        let errors: Option<Vec<LowerError>> = outside.map(|error| moved.error(error)).collect();
        let mut errors = errors?;

        let mut buffers = Buffers::default();
        let size = (self.is.subtree_end() - self.is.index()) as usize;
        let names = LocalNames::new(size + 16, &mut buffers.names);
        let mut lowerer = Lowerer::<true>::using(tree, names, &mut buffers);
        lowerer.check = Some(check);
        lowerer.is_big = true;
        lowerer.make_names_of(self.is.index()..self.is.subtree_end());
        let local = lowerer.static_name(path.children().last()?)?;
        lowerer.env.names.make_specials();
        let wanted: FxHashMap<Name, Local> = lowerer.env.names.all().collect();

        // As if all that comes before had just been lowered.
        check();
        lowerer.exprs = beginning(&module.exprs, before.exprs);
        lowerer.ranges = beginning(&map.exprs, before.exprs);
        lowerer.lists = beginning(&module.lists, before.lists);
        lowerer.consts.extend_from(&module.consts, 0..before.consts as usize);
        check();
        lowerer.lambdas = beginning(&module.lambdas, before.lambdas);
        lowerer.lambda_ranges = beginning(&map.lambdas, before.lambdas);
        lowerer.param_runs = vec![(0, 0); before.lambdas as usize];
        lowerer.attrsets = beginning(&module.attrsets, before.attrsets);
        lowerer.attr_starts = beginning(&map.attr_starts, before.attrsets);
        lowerer.attrs = beginning(&map.attrs, start_of(&map.attr_starts, &map.attrs, before.attrsets));
        lowerer.dynamic_starts = beginning(&map.dynamic_starts, before.attrsets);
        lowerer.dynamics = beginning(&map.dynamics, start_of(&map.dynamic_starts, &map.dynamics, before.attrsets));
        lowerer.lets = beginning(&module.lets, before.lets);
        lowerer.paths = beginning(&module.paths, before.paths);
        lowerer.path_starts = beginning(&map.path_starts, before.paths);
        lowerer.path_parts = beginning(&map.path_parts, start_of(&map.path_starts, &map.path_parts, before.paths));
        lowerer.withs = beginning(&module.withs, before.withs);
        lowerer.sites = before.sites;
        lowerer.env.with_links = beginning(&module.with_links, before.with_links);
        check();
        lowerer.env.scopes = beginning(&old.scopes.scopes, before.scopes);
        lowerer.env.bindings = beginning(&old.scopes.bindings, before.bindings);
        let marks = part(&self.pieces.marks, 0..self.piece.before + 1).to_vec();
        lowerer.pieces = Some(Pieces { marks, pieces: Vec::new() });
        let shared = lowerer.env.resume(&old.scopes, &before, &wanted, &module.withs)?;

        let at = lowerer.range(path.children().last()?);
        let name = lowerer.name(local);
        let root = lowerer.entry_value(&mut Value::Expr(Some(value)), at, Some(name));
        lowerer.end_piece(Some(self.piece.before), at.start());
        let now = lowerer.mark();
        let mut found = std::mem::take(&mut lowerer.errors);
        errors.extend(found.drain(..).map(|met| met.error));
        if now.slot != after.slot || now.scope != after.scope || root.0 + 1 != now.exprs || errors.len() > 1 {
            return None;
        }
        let is_renamed = |def: &AttrDef| self.renamed && def.value == root;

        let shift = Shift { before, after, now, lookups: self.lookups(&lowerer.withs, &now, shared)?, sound: true.into() };
        check();
        moved.ranges(head(&mut lowerer.ranges, before.exprs));
        lowerer.exprs.extend(from(&module.exprs, after.exprs).iter().map(|&expr| shift.expr(expr)));
        lowerer.ranges.extend(from(&map.exprs, after.exprs).iter().map(|&range| moved.range(range)));
        lowerer.lists.extend(from(&module.lists, after.lists).iter().map(|&id| shift.id(id)));
        lowerer.consts.extend_from(&module.consts, after.consts as usize..module.consts.len());
        check();
        // Functions around the piece are numbered before it, and their bodies behind.
        lowerer.lambdas.iter_mut().take(before.lambdas as usize).for_each(|lambda| shift.lambda(lambda));
        moved.ranges(head(&mut lowerer.lambda_ranges, before.lambdas));
        let own_params = std::mem::take(&mut lowerer.params);
        let own_runs = lowerer.param_runs.split_off(before.lambdas as usize);
        lowerer.lambdas.extend(from(&module.lambdas, after.lambdas).iter().cloned().map(|mut lambda| {
            shift.lambda(&mut lambda);
            lambda
        }));
        lowerer.lambda_ranges.extend(from(&map.lambdas, after.lambdas).iter().map(|&range| moved.range(range)));
        let (param_starts, params) = self.params(&own_runs, &own_params);

        check();
        let (attrs_now, dynamics_now, parts_now) =
            (lowerer.attrs.len() as u32, lowerer.dynamics.len() as u32, lowerer.path_parts.len() as u32);
        let (attrs_was, dynamics_was) =
            (start_of(&map.attr_starts, &map.attrs, after.attrsets), start_of(&map.dynamic_starts, &map.dynamics, after.attrsets));
        let parts_was = start_of(&map.path_starts, &map.path_parts, after.paths);
        moved.places(head(&mut lowerer.attrs, start_of(&map.attr_starts, &map.attrs, before.attrsets)));
        moved.places(head(&mut lowerer.dynamics, start_of(&map.dynamic_starts, &map.dynamics, before.attrsets)));
        moved.ranges(head(&mut lowerer.path_parts, start_of(&map.path_starts, &map.path_parts, before.paths)));
        lowerer.attrsets.extend(from(&module.attrsets, after.attrsets).iter().map(|set| shift.set(set)));
        lowerer.attr_starts.extend(from(&map.attr_starts, after.attrsets).iter().map(|&at| behind(at, attrs_was, attrs_now)));
        let mut places = from(&map.attrs, attrs_was).to_vec();
        moved.places(&mut places);
        lowerer.attrs.append(&mut places);
        lowerer.dynamic_starts.extend(from(&map.dynamic_starts, after.attrsets).iter().map(|&at| behind(at, dynamics_was, dynamics_now)));
        let mut places = from(&map.dynamics, dynamics_was).to_vec();
        moved.places(&mut places);
        lowerer.dynamics.append(&mut places);
        lowerer.lets.extend(from(&module.lets, after.lets).iter().map(|lets| shift.lets(lets)));
        lowerer.paths.extend(from(&module.paths, after.paths).iter().map(|path| shift.path(path)));
        lowerer.path_starts.extend(from(&map.path_starts, after.paths).iter().map(|&at| behind(at, parts_was, parts_now)));
        lowerer.path_parts.extend(from(&map.path_parts, parts_was).iter().map(|&range| moved.range(range)));
        lowerer.withs.extend(from(&module.withs, after.withs).iter().map(|var| shift.var(var)));
        lowerer.env.with_links.extend(from(&module.with_links, after.with_links).iter().map(|link| shift.link(link)));
        lowerer.sites = behind(module.sites, after.sites, now.sites);
        if self.renamed {
            let renamed = lowerer.attrsets.iter().zip(0..).skip(now.attrsets as usize).find_map(|(set, index)| {
                let at = set.attrs.iter().position(is_renamed)?;
                Some((index, at))
            });
            lowerer.rename(renamed?, name, AttrPlace { position: self.is.range().start(), name: at })?;
        }

        check();
        // Uses are in the order of the text.
        let uses = &old.scopes.references;
        let (first, last) = (
            uses.partition_point(|used| used.range.start() < self.was.range().start()),
            uses.partition_point(|used| used.range.start() < self.was.range().end()),
        );
        let mut own = std::mem::take(&mut lowerer.references);
        own.sort_by_key(|used| used.range.start());
        let mut references = Vec::with_capacity(first + own.len() + uses.len() - last);
        references.extend(part(uses, 0..first as u32).iter().map(|used| shift.used(used, moved)));
        references.append(&mut own);
        references.extend(from(uses, last as u32).iter().map(|used| shift.used(used, moved)));
        let own_details = std::mem::take(&mut lowerer.details);
        let (first, last) = (
            map.details.partition_point(|detail| detail.0.0 < before.exprs),
            map.details.partition_point(|detail| detail.0.0 < after.exprs),
        );
        let mut details = Vec::with_capacity(first + own_details.len() + map.details.len() - last);
        let detail = |&(id, range): &(ExprId, TextRange)| (shift.id(id), moved.range(range));
        details.extend(part(&map.details, 0..first as u32).iter().map(detail));
        details.extend(own_details);
        details.extend(from(&map.details, last as u32).iter().map(detail));

        check();
        let own_scopes = lowerer.env.scopes.split_off(before.scopes as usize);
        let own_bindings = lowerer.env.bindings.split_off(before.bindings as usize);
        let (mut scopes, mut bindings) = (std::mem::take(&mut lowerer.env.scopes), std::mem::take(&mut lowerer.env.bindings));
        moved.scopes(&mut scopes, &mut bindings, tree);
        scopes.iter_mut().for_each(|scope| shift.outer_scope(scope));
        scopes.extend(own_scopes);
        bindings.extend(own_bindings);
        scopes.extend(from(&old.scopes.scopes, after.scopes).iter().map(|scope| shift.scope(scope, moved)));
        let bound = from(&old.scopes.bindings, after.bindings).iter().map(|binding| crate::scopes::Binding {
            range: moved.range(binding.range),
            scope: crate::scopes::ScopeId(behind(binding.scope.0, after.scopes, now.scopes)),
            ..binding.clone()
        });
        bindings.extend(bound);

        check();
        let root = shift.id(module.root);
        let pieces = self.all_pieces(std::mem::take(&mut lowerer.pieces)?, &shift);
        if !shift.sound.get() {
            return None;
        }
        let frame_size = module.frame_size;
        let module = lowerer.module(root, frame_size);
        let source_map = SourceMap {
            exprs: std::mem::take(&mut lowerer.ranges).into(),
            details: details.into(),
            attr_starts: std::mem::take(&mut lowerer.attr_starts).into(),
            attrs: std::mem::take(&mut lowerer.attrs).into(),
            dynamic_starts: std::mem::take(&mut lowerer.dynamic_starts).into(),
            dynamics: std::mem::take(&mut lowerer.dynamics).into(),
            param_starts,
            params,
            lambdas: std::mem::take(&mut lowerer.lambda_ranges).into(),
            path_starts: std::mem::take(&mut lowerer.path_starts).into(),
            path_parts: std::mem::take(&mut lowerer.path_parts).into(),
        };
        let scopes = Scopes { scopes: scopes.into(), bindings: bindings.into(), references: references.into() };
        Some(Lowered {
            module: Arc::new(module),
            source_map: Arc::new(source_map),
            scopes: Arc::new(scopes),
            errors: errors.into(),
            pieces: Some(Arc::new(pieces)),
        })
    }

    /// For each lookup through `with`s that was made in the piece, the one in its place. `None` if one that others share comes or goes.
    fn lookups(&self, withs: &[WithVar], now: &Mark, shared: Option<(u32, u32)>) -> Option<Vec<Option<u32>>> {
        let is_shared = |var: &WithVar| shared == Some((var.innermost, var.level));
        let made: FxHashMap<Name, u32> = (self.before.withs..now.withs)
            .zip(part(withs, self.before.withs..now.withs))
            .filter(|(_, var)| is_shared(var))
            .map(|(index, var)| (var.name, index))
            .collect();
        let was = part(&self.old.module.withs, self.before.withs..self.after.withs);
        let behind = from(&self.old.module.withs, self.after.withs);
        if !made.is_empty() && behind.iter().any(|var| is_shared(var) && made.contains_key(&var.name)) {
            return None;
        }
        Some(was.iter().map(|var| made.get(&var.name).copied().filter(|_| is_shared(var))).collect())
    }

    /// The parameters of all functions.
    fn params(&self, own_runs: &[(u32, u32)], own: &[TextRange]) -> (Box<[u32]>, Box<[TextRange]>) {
        let map = &*self.old.source_map;
        let (first, last) =
            (start_of(&map.param_starts, &map.params, self.before.lambdas), start_of(&map.param_starts, &map.params, self.after.lambdas));
        let mut starts = beginning(&map.param_starts, self.before.lambdas);
        let mut params = beginning(&map.params, first);
        self.moved.ranges(&mut params);
        for &(start, end) in own_runs {
            starts.push(params.len() as u32);
            params.extend_from_slice(part(own, start..end));
        }
        let now = params.len() as u32;
        starts.extend(from(&map.param_starts, self.after.lambdas).iter().map(|&at| behind(at, last, now)));
        params.extend(from(&map.params, last).iter().map(|&range| self.moved.range(range)));
        (starts.into(), params.into())
    }

    /// The pieces of the text; `own` are those from this one inwards, with all marks up to its end.
    fn all_pieces(&self, own: Pieces, shift: &Shift) -> Pieces {
        let Pieces { mut marks, pieces: own } = own;
        let after = marks.len() as u32 - 1;
        marks.reserve(self.pieces.marks.len());
        marks.extend(from(&self.pieces.marks, self.piece.after + 1).iter().map(|mark| shift.mark(mark)));
        // Those in it come before it in the list, and nothing else stands between them.
        let all = &self.pieces.pieces;
        let end = all.iter().position(|piece| *piece == self.piece).map_or(all.len(), |at| at + 1);
        let within = all.get(..end).unwrap_or_default();
        let start = within.iter().rposition(|piece| piece.before < self.piece.before).map_or(0, |at| at + 1);
        let moved = |piece: &Piece| Piece {
            name: self.moved.begin(piece.name),
            before: if piece.before >= self.piece.after { behind(piece.before, self.piece.after, after) } else { piece.before },
            after: if piece.after >= self.piece.after { behind(piece.after, self.piece.after, after) } else { piece.after },
        };
        let mut pieces = Vec::with_capacity(all.len() + own.len());
        pieces.extend(part(all, 0..start as u32).iter().map(moved));
        pieces.extend(own);
        pieces.extend(from(all, end as u32).iter().map(moved));
        Pieces { marks, pieces }
    }
}

/// Numbers of the former tables, as they are now.
struct Shift {
    before: Mark,
    /// Behind the piece, then…
    after: Mark,
    /// …and now.
    now: Mark,
    /// See [`Edit::lookups`].
    lookups: Vec<Option<u32>>,
    /// Whether nothing was asked about that is gone.
    sound: std::cell::Cell<bool>,
}

impl Shift {
    #[inline]
    fn id(&self, id: ExprId) -> ExprId {
        if id.0 < self.before.exprs {
            return id;
        }
        if id.0 < self.after.exprs {
            // The value itself is the last of the piece.
            if id.0 + 1 != self.after.exprs {
                self.sound.set(false);
            }
            return ExprId(self.now.exprs - 1);
        }
        ExprId(behind(id.0, self.after.exprs, self.now.exprs))
    }

    fn list(&self, list: ExprRange) -> ExprRange {
        ExprRange { start: behind(list.start, self.after.lists, self.now.lists), len: list.len }
    }

    fn site(&self, site: u32) -> u32 {
        behind(site, self.after.sites, self.now.sites)
    }

    fn lookup(&self, index: u32) -> u32 {
        if index < self.before.withs || index >= self.after.withs {
            return behind(index, self.after.withs, self.now.withs);
        }
        let now = self.lookups.get((index - self.before.withs) as usize).copied().flatten();
        now.unwrap_or_else(|| {
            self.sound.set(false);
            0
        })
    }

    /// One that comes behind the piece.
    #[inline]
    fn expr(&self, expr: Expr) -> Expr {
        let (id, after, now) = (|id| self.id(id), &self.after, &self.now);
        match expr {
            Expr::Missing | Expr::Local(_) | Expr::Outer { .. } | Expr::Global(_) | Expr::Undefined(_) | Expr::CurPos | Expr::Patch(_) => {
                expr
            }
            Expr::Const(index) => Expr::Const(behind(index, after.consts, now.consts)),
            Expr::WithVar(index) => Expr::WithVar(self.lookup(index)),
            Expr::Interpolate(parts) => Expr::Interpolate(self.list(parts)),
            Expr::PathInterpolate(parts) => Expr::PathInterpolate(self.list(parts)),
            Expr::List(items) => Expr::List(self.list(items)),
            Expr::Attrs(index) => Expr::Attrs(behind(index, after.attrsets, now.attrsets)),
            Expr::Let(index) => Expr::Let(behind(index, after.lets, now.lets)),
            Expr::With { slot, namespace, body } => Expr::With { slot, namespace: id(namespace), body: id(body) },
            Expr::Lambda(index) => Expr::Lambda(behind(index, after.lambdas, now.lambdas)),
            Expr::Call { function, args } => Expr::Call { function: id(function), args: self.list(args) },
            Expr::Get { base, name, site } => Expr::Get { base: id(base), name, site: self.site(site) },
            Expr::Select { base, path, default } => Expr::Select {
                base: id(base),
                path: behind(path, after.paths, now.paths),
                default: default.map(|default| ExprRef::new(id(default.get()))),
            },
            Expr::HasAttr { base, path } => Expr::HasAttr { base: id(base), path: behind(path, after.paths, now.paths) },
            Expr::If { condition, then_branch, else_branch } => {
                Expr::If { condition: id(condition), then_branch: id(then_branch), else_branch: id(else_branch) }
            }
            Expr::Assert { condition, body } => Expr::Assert { condition: id(condition), body: id(body) },
            Expr::Not(operand) => Expr::Not(id(operand)),
            Expr::Negate(operand) => Expr::Negate(id(operand)),
            Expr::Binary { op, lhs, rhs } => Expr::Binary { op, lhs: id(lhs), rhs: id(rhs) },
        }
    }

    fn lambda(&self, lambda: &mut Lambda) {
        lambda.body = self.id(lambda.body);
        if let Some(Param::Pattern(pattern)) = lambda.params.last_mut() {
            for formal in &mut pattern.formals {
                formal.default = formal.default.map(|default| self.id(default));
            }
        }
    }

    fn set(&self, set: &AttrsLit) -> AttrsLit {
        AttrsLit {
            attrs: set.attrs.iter().map(|def| AttrDef { value: self.id(def.value), ..*def }).collect(),
            dynamic: set.dynamic.iter().map(|def| DynamicDef { name: self.id(def.name), value: self.id(def.value) }).collect(),
            sources: set.sources.iter().map(|&(slot, id)| (slot, self.id(id))).collect(),
            ..*set
        }
    }

    fn lets(&self, lets: &LetLit) -> LetLit {
        let defs = |defs: &[(Slot, ExprId)]| defs.iter().map(|&(slot, id)| (slot, self.id(id))).collect();
        LetLit { sources: defs(&lets.sources), defs: defs(&lets.defs), body: self.id(lets.body) }
    }

    fn path(&self, path: &AttrPath) -> AttrPath {
        let part = |part: &AttrName| match *part {
            AttrName::Dynamic(id) => AttrName::Dynamic(self.id(id)),
            name => name,
        };
        AttrPath { parts: path.parts.iter().map(part).collect(), site: self.site(path.site) }
    }

    fn var(&self, var: &WithVar) -> WithVar {
        let innermost = behind(var.innermost, self.after.with_links, self.now.with_links);
        WithVar { innermost, site: self.site(var.site), ..*var }
    }

    fn link(&self, link: &WithLink) -> WithLink {
        WithLink { next: link.next.map(|next| behind(next, self.after.with_links, self.now.with_links)), ..*link }
    }

    fn used(&self, used: &crate::scopes::Reference, moved: Moved) -> crate::scopes::Reference {
        use crate::scopes::{BindingId, ScopeId};
        let target = match used.target {
            Target::Binding(id) => Target::Binding(BindingId(behind(id.0, self.after.bindings, self.now.bindings))),
            Target::With(scope) => Target::With(ScopeId(behind(scope.0, self.after.scopes, self.now.scopes))),
            target => target,
        };
        crate::scopes::Reference { range: moved.range(used.range), expr: self.id(used.expr), target, ..*used }
    }

    /// A scope that was opened before the piece.
    fn outer_scope(&self, scope: &mut Scope) {
        if let ScopeKind::With { namespace } = &mut scope.kind {
            *namespace = self.id(*namespace);
        }
    }

    /// A scope that was opened behind the piece.
    fn scope(&self, scope: &Scope, moved: Moved) -> Scope {
        use crate::scopes::ScopeId;
        let mut shifted = Scope {
            kind: scope.kind,
            parent: scope.parent.map(|parent| ScopeId(behind(parent.0, self.after.scopes, self.now.scopes))),
            range: moved.range(scope.range),
            lambda: scope.lambda.map(|lambda| behind(lambda, self.after.lambdas, self.now.lambdas)),
            first_binding: behind(scope.first_binding, self.after.bindings, self.now.bindings),
            bindings: scope.bindings,
        };
        self.outer_scope(&mut shifted);
        shifted
    }

    /// A mark behind the piece.
    fn mark(&self, mark: &Mark) -> Mark {
        let (after, now) = (&self.after, &self.now);
        Mark {
            exprs: behind(mark.exprs, after.exprs, now.exprs),
            lists: behind(mark.lists, after.lists, now.lists),
            consts: behind(mark.consts, after.consts, now.consts),
            lambdas: behind(mark.lambdas, after.lambdas, now.lambdas),
            attrsets: behind(mark.attrsets, after.attrsets, now.attrsets),
            lets: behind(mark.lets, after.lets, now.lets),
            paths: behind(mark.paths, after.paths, now.paths),
            withs: behind(mark.withs, after.withs, now.withs),
            with_links: behind(mark.with_links, after.with_links, now.with_links),
            sites: behind(mark.sites, after.sites, now.sites),
            scopes: behind(mark.scopes, after.scopes, now.scopes),
            bindings: behind(mark.bindings, after.bindings, now.bindings),
            slot: mark.slot,
            scope: behind(mark.scope, after.scopes, now.scopes),
        }
    }
}

impl Lowerer<'_, true> {
    /// Gives another name to an attribute of a set. `None` if there is one of that name, or what is in the set can see its names.
    fn rename(&mut self, (set, at): (u32, usize), name: Name, place: AttrPlace) -> Option<()> {
        let (start, literal) = (*self.attr_starts.get(set as usize)? as usize, self.attrsets.get_mut(set as usize)?);
        if literal.recursive || literal.attrs.iter().any(|def| def.name == name) {
            return None;
        }
        let places = self.attrs.get_mut(start..start + literal.attrs.len())?;
        let to = literal.attrs.partition_point(|def| def.name < name);
        let to = if to > at { to - 1 } else { to };
        let (low, high) = (at.min(to), at.max(to));
        let (defs, places) = (literal.attrs.get_mut(low..=high)?, places.get_mut(low..=high)?);
        match at < to {
            true => (defs.rotate_left(1), places.rotate_left(1)),
            false => (defs.rotate_right(1), places.rotate_right(1)),
        };
        defs.get_mut(to - low)?.name = name;
        *places.get_mut(to - low)? = place;
        Some(())
    }
}

#[cfg(test)]
mod tests;
