//! [`Splice`]: the tables of a text, with one run of each lowered anew.

use std::ops::Range;
use std::sync::Arc;

use nival_syntax::flat::FlatTree;
use nival_syntax::{Name, TextRange};
use rustc_hash::FxHashMap;

use super::moved::Moved;
use super::shift::Shift;
use super::{beginning, behind, from, head_mut, part, start_of};
use crate::lower::names::{Local, LocalNames};
use crate::lower::pieces::{Mark, Piece, Pieces};
use crate::lower::{Buffers, Lowerer};
use crate::module::*;
use crate::result::{LowerError, Lowered};
use crate::scopes::{Binding, Reference, Scope, ScopeId, Scopes};
use crate::source_map::{AttrPlace, SourceMap};

/// The values that are lowered anew: one, or some of a set that stand one behind the other.
pub struct Splice<'a> {
    pub old: &'a Lowered,
    pub pieces: &'a Pieces,
    /// Those of the pieces that are in the values, by their number.
    pub gone: Range<usize>,
    /// The marks before the first value and behind the last, by their number.
    pub marks: (u32, u32),
    pub moved: Moved,
    /// The former text that holds the values…
    pub text: TextRange,
    /// …and what in it was lowered before them, and stays.
    pub kept: Vec<TextRange>,
}

/// What becomes of the set that the values are in, if its names are others now.
pub struct ChangedSet {
    /// Its former number.
    pub index: u32,
    /// The attributes that take the place of those that had the values.
    pub attrs: Vec<(AttrDef, AttrPlace)>,
}

impl<'a> Splice<'a> {
    fn mark(&self, index: u32) -> Option<Mark> {
        self.pieces.marks.get(index as usize).copied()
    }

    /// The numbers of the expressions that make up the values.
    pub fn exprs(&self) -> Option<Range<u32>> {
        Some(self.mark(self.marks.0)?.exprs..self.mark(self.marks.1)?.exprs)
    }

    /// The last set, in the order of lowering, that has an attribute with this value.
    pub fn set_with(&self, value: ExprId) -> Option<(u32, &'a AttrsLit)> {
        let (all, behind) = (&self.old.module.attrsets, self.mark(self.marks.1)?.attrsets);
        let sets = (behind..all.len() as u32).zip(from(all, behind));
        sets.rev().find(|(_, set)| set.attrs.iter().any(|attr| attr.value == value))
    }

    /// Lowers `tree`. `make` lowers the values, of which the last expression takes the place of the last one before; it ends with a mark.
    /// They are in `nodes`.
    pub fn lower<'t>(
        self,
        tree: &'t FlatTree,
        nodes: Range<u32>,
        check: &'t dyn Fn(),
        make: impl FnOnce(&mut Lowerer<'t, true>) -> Option<Option<ChangedSet>>,
    ) -> Option<Lowered> {
        let (old, before, after) = (self.old, self.mark(self.marks.0)?, self.mark(self.marks.1)?);
        let (module, moved) = (&*old.module, self.moved);
        let errors: Option<Vec<LowerError>> =
            old.errors.iter().filter(|error| !self.is_made_anew(error.range)).map(|error| moved.error(error)).collect();
        // An error elsewhere may stay the only one.
        let mut errors = errors?;

        let mut buffers = Buffers::default();
        let names = LocalNames::new(nodes.len() + 16, &mut buffers.names);
        let mut lowerer = Lowerer::<true>::using(tree, names, &mut buffers);
        lowerer.check = Some(check);
        lowerer.is_big = true;
        lowerer.make_names_of(nodes);
        lowerer.env.names.make_specials();
        let wanted: FxHashMap<Name, Local> = lowerer.env.names.all().collect();
        self.begin(&mut lowerer, &before, check);
        let shared = lowerer.env.resume(&old.scopes, &before, &wanted, &module.withs)?;

        let changed = make(&mut lowerer)?;
        let now = lowerer.mark();
        let mut found = std::mem::take(&mut lowerer.errors);
        errors.extend(found.drain(..).map(|met| met.error));
        if now.slot != after.slot || now.scope != after.scope || errors.len() > 1 {
            return None;
        }
        let lookups = self.lookups(&lowerer.withs, (&before, &after, &now), shared)?;
        let shift = Shift { before, after, now, lookups, sound: true.into() };
        check();
        let references = self.references(std::mem::take(&mut lowerer.references), &shift);
        check();
        let details = self.details(std::mem::take(&mut lowerer.details), &shift);
        check();
        let scopes = self.scopes(&mut lowerer, &shift, tree);
        check();
        let (param_starts, params) = self.functions(&mut lowerer, &shift);
        check();
        self.expressions(&mut lowerer, &shift);
        check();
        self.sets(&mut lowerer, &shift, changed)?;
        self.paths(&mut lowerer, &shift);

        check();
        let root = shift.id(module.root);
        let pieces = self.all_pieces(std::mem::take(&mut lowerer.pieces)?, &shift);
        if !shift.sound.get() {
            return None;
        }
        let module = lowerer.module(root, module.frame_size);
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
        let scopes = Scopes { references: references.into(), ..scopes };
        Some(Lowered {
            module: Arc::new(module),
            source_map: Arc::new(source_map),
            scopes: Arc::new(scopes),
            errors: errors.into(),
            pieces: Some(Arc::new(pieces)),
        })
    }

    fn is_made_anew(&self, range: TextRange) -> bool {
        self.text.contains_range(range) && !self.kept.iter().any(|kept| kept.contains_range(range))
    }

    /// As if all that comes before had just been lowered.
    fn begin(&self, lowerer: &mut Lowerer<'_, true>, before: &Mark, check: &dyn Fn()) {
        let (old, module, map) = (self.old, &*self.old.module, &*self.old.source_map);
        let moved = self.moved;
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
        let marks = part(&self.pieces.marks, 0..self.marks.0 + 1).to_vec();
        lowerer.pieces = Some(Pieces { marks, pieces: Vec::new() });
        check();
        moved.ranges(&mut lowerer.ranges);
        moved.ranges(&mut lowerer.lambda_ranges);
        moved.places(&mut lowerer.attrs);
        moved.places(&mut lowerer.dynamics);
        moved.ranges(&mut lowerer.path_parts);
    }

    fn expressions(&self, lowerer: &mut Lowerer<'_, true>, shift: &Shift) {
        let (module, map, after) = (&*self.old.module, &*self.old.source_map, &shift.after);
        lowerer.exprs.extend(from(&module.exprs, after.exprs).iter().map(|&expr| shift.expr(expr)));
        lowerer.ranges.extend(from(&map.exprs, after.exprs).iter().map(|&range| self.moved.range(range)));
        lowerer.lists.extend(from(&module.lists, after.lists).iter().map(|&id| shift.id(id)));
        lowerer.consts.extend_from(&module.consts, after.consts as usize..module.consts.len());
        lowerer.lets.extend(from(&module.lets, after.lets).iter().map(|lets| shift.lets(lets)));
        lowerer.withs.extend(from(&module.withs, after.withs).iter().map(|var| shift.var(var)));
        lowerer.env.with_links.extend(from(&module.with_links, after.with_links).iter().map(|link| shift.link(link)));
        lowerer.sites = behind(module.sites, after.sites, shift.now.sites);
    }

    /// The functions; the places of their parameters.
    fn functions(&self, lowerer: &mut Lowerer<'_, true>, shift: &Shift) -> (Box<[u32]>, Box<[TextRange]>) {
        let (module, map, before, after) = (&*self.old.module, &*self.old.source_map, &shift.before, &shift.after);
        // Functions around the values are numbered before them, and their bodies behind.
        head_mut(&mut lowerer.lambdas, before.lambdas).iter_mut().for_each(|lambda| shift.lambda(lambda));
        lowerer.lambdas.extend(from(&module.lambdas, after.lambdas).iter().cloned().map(|mut lambda| {
            shift.lambda(&mut lambda);
            lambda
        }));
        lowerer.lambda_ranges.extend(from(&map.lambdas, after.lambdas).iter().map(|&range| self.moved.range(range)));

        let own = std::mem::take(&mut lowerer.params);
        let own_runs = lowerer.param_runs.split_off(before.lambdas as usize);
        let start = |lambda| start_of(&map.param_starts, &map.params, lambda);
        let (first, last) = (start(before.lambdas), start(after.lambdas));
        let mut starts = beginning(&map.param_starts, before.lambdas);
        let mut params = beginning(&map.params, first);
        self.moved.ranges(&mut params);
        for (start, end) in own_runs {
            starts.push(params.len() as u32);
            params.extend_from_slice(part(&own, start..end));
        }
        let now = params.len() as u32;
        starts.extend(from(&map.param_starts, after.lambdas).iter().map(|&at| behind(at, last, now)));
        params.extend(from(&map.params, last).iter().map(|&range| self.moved.range(range)));
        (starts.into(), params.into())
    }

    fn paths(&self, lowerer: &mut Lowerer<'_, true>, shift: &Shift) {
        let (module, map, after) = (&*self.old.module, &*self.old.source_map, &shift.after);
        let (was, now) = (start_of(&map.path_starts, &map.path_parts, after.paths), lowerer.path_parts.len() as u32);
        lowerer.paths.extend(from(&module.paths, after.paths).iter().map(|path| shift.path(path)));
        lowerer.path_starts.extend(from(&map.path_starts, after.paths).iter().map(|&at| behind(at, was, now)));
        lowerer.path_parts.extend(from(&map.path_parts, was).iter().map(|&range| self.moved.range(range)));
    }

    fn sets(&self, lowerer: &mut Lowerer<'_, true>, shift: &Shift, changed: Option<ChangedSet>) -> Option<()> {
        let (first, end) = (shift.after.attrsets, self.old.module.attrsets.len() as u32);
        let Some(changed) = changed else {
            self.copy_sets(lowerer, shift, first..end);
            return Some(());
        };
        let index = changed.index;
        self.copy_sets(lowerer, shift, first..index);
        self.change_set(lowerer, shift, changed)?;
        self.copy_sets(lowerer, shift, index + 1..end);
        Some(())
    }

    fn copy_sets(&self, lowerer: &mut Lowerer<'_, true>, shift: &Shift, sets: Range<u32>) {
        let map = &*self.old.source_map;
        lowerer.attrsets.extend(part(&self.old.module.attrsets, sets.clone()).iter().map(|set| shift.set(set)));
        let was = start_of(&map.attr_starts, &map.attrs, sets.start);
        let (end, now) = (start_of(&map.attr_starts, &map.attrs, sets.end), lowerer.attrs.len() as u32);
        lowerer.attr_starts.extend(part(&map.attr_starts, sets.clone()).iter().map(|&at| behind(at, was, now)));
        lowerer.attrs.extend(part(&map.attrs, was..end).iter().map(|&place| self.moved.place(place)));
        self.copy_dynamics(lowerer, sets);
    }

    /// The places of attributes whose names are evaluated.
    fn copy_dynamics(&self, lowerer: &mut Lowerer<'_, true>, sets: Range<u32>) {
        let map = &*self.old.source_map;
        let was = start_of(&map.dynamic_starts, &map.dynamics, sets.start);
        let (end, now) = (start_of(&map.dynamic_starts, &map.dynamics, sets.end), lowerer.dynamics.len() as u32);
        lowerer.dynamic_starts.extend(part(&map.dynamic_starts, sets).iter().map(|&at| behind(at, was, now)));
        lowerer.dynamics.extend(part(&map.dynamics, was..end).iter().map(|&place| self.moved.place(place)));
    }

    fn change_set(&self, lowerer: &mut Lowerer<'_, true>, shift: &Shift, changed: ChangedSet) -> Option<()> {
        let map = &*self.old.source_map;
        let ChangedSet { index, attrs: own } = changed;
        let (set, gone) = (self.old.module.attrsets.get(index as usize)?, shift.before.exprs..shift.after.exprs);
        let start = start_of(&map.attr_starts, &map.attrs, index);
        let places = part(&map.attrs, start..start + set.attrs.len() as u32);
        let kept = set.attrs.iter().zip(places).filter(|(attr, _)| !gone.contains(&attr.value.0));
        let mut attrs: Vec<(AttrDef, AttrPlace)> = kept.map(|(attr, &place)| (shift.attr(attr), self.moved.place(place))).collect();
        attrs.extend(own);
        // Two runs that are sorted, or nearly so.
        attrs.sort_by_key(|(attr, _)| attr.name);
        lowerer.attr_starts.push(lowerer.attrs.len() as u32);
        lowerer.attrs.extend(attrs.iter().map(|(_, place)| *place));
        lowerer.attrsets.push(shift.set_of(set, attrs.into_iter().map(|(attr, _)| attr).collect()));
        self.copy_dynamics(lowerer, index..index + 1);
        Some(())
    }

    /// The uses of names, in the order of the text.
    fn references(&self, mut own: Vec<Reference>, shift: &Shift) -> Vec<Reference> {
        let uses = &self.old.scopes.references;
        let (first, last) = (
            uses.partition_point(|used| used.range.start() < self.text.start()),
            uses.partition_point(|used| used.range.start() < self.text.end()),
        );
        let kept = part(uses, first as u32..last as u32).iter().filter(|used| used.expr.0 < shift.before.exprs);
        own.extend(kept.map(|used| shift.used(used, self.moved)));
        own.sort_by_key(|used| used.range.start());
        let mut references = Vec::with_capacity(first + own.len() + uses.len() - last);
        references.extend(part(uses, 0..first as u32).iter().map(|used| shift.used(used, self.moved)));
        references.append(&mut own);
        references.extend(from(uses, last as u32).iter().map(|used| shift.used(used, self.moved)));
        references
    }

    /// See [`SourceMap::detail_range`].
    fn details(&self, own: Vec<(ExprId, TextRange)>, shift: &Shift) -> Vec<(ExprId, TextRange)> {
        let all = &self.old.source_map.details;
        let (first, last) =
            (all.partition_point(|detail| detail.0.0 < shift.before.exprs), all.partition_point(|detail| detail.0.0 < shift.after.exprs));
        let mut details = Vec::with_capacity(first + own.len() + all.len() - last);
        let detail = |&(id, range): &(ExprId, TextRange)| (shift.id(id), self.moved.range(range));
        details.extend(part(all, 0..first as u32).iter().map(detail));
        details.extend(own);
        details.extend(from(all, last as u32).iter().map(detail));
        details
    }

    /// The scopes and what is bound in them.
    fn scopes(&self, lowerer: &mut Lowerer<'_, true>, shift: &Shift, tree: &FlatTree) -> Scopes {
        let (old, before, after, now) = (&*self.old.scopes, &shift.before, &shift.after, &shift.now);
        let mut scopes: Vec<Scope> = std::mem::take(&mut lowerer.env.scopes);
        let mut bindings: Vec<Binding> = std::mem::take(&mut lowerer.env.bindings);
        let (outer, bound) = (head_mut(&mut scopes, before.scopes), head_mut(&mut bindings, before.bindings));
        self.moved.scopes(outer, bound, tree);
        outer.iter_mut().for_each(|scope| shift.outer_scope(scope));
        scopes.extend(from(&old.scopes, after.scopes).iter().map(|scope| shift.scope(scope, self.moved)));
        bindings.extend(from(&old.bindings, after.bindings).iter().map(|binding| Binding {
            range: self.moved.range(binding.range),
            scope: ScopeId(behind(binding.scope.0, after.scopes, now.scopes)),
            ..binding.clone()
        }));
        Scopes { scopes: scopes.into(), bindings: bindings.into(), references: Box::default() }
    }

    /// For each lookup through `with`s that was made in the values, the one in its place. `None` if one that others share comes or goes.
    pub fn lookups(
        &self,
        withs: &[WithVar],
        (before, after, now): (&Mark, &Mark, &Mark),
        shared: Option<(u32, u32)>,
    ) -> Option<Vec<Option<u32>>> {
        let is_shared = |var: &WithVar| shared == Some((var.innermost, var.level));
        let made: FxHashMap<Name, u32> = (before.withs..now.withs)
            .zip(part(withs, before.withs..now.withs))
            .filter(|(_, var)| is_shared(var))
            .map(|(index, var)| (var.name, index))
            .collect();
        let was = part(&self.old.module.withs, before.withs..after.withs);
        let behind = from(&self.old.module.withs, after.withs);
        if !made.is_empty() && behind.iter().any(|var| is_shared(var) && made.contains_key(&var.name)) {
            return None;
        }
        Some(was.iter().map(|var| made.get(&var.name).copied().filter(|_| is_shared(var))).collect())
    }

    /// The pieces of the text; `own` are those of the values, with all marks up to their end.
    fn all_pieces(&self, own: Pieces, shift: &Shift) -> Pieces {
        let Pieces { mut marks, pieces: own } = own;
        let (last, now) = (self.marks.1, marks.len() as u32 - 1);
        marks.reserve(self.pieces.marks.len());
        marks.extend(from(&self.pieces.marks, last + 1).iter().map(|mark| shift.mark(mark)));
        let index = |mark: u32| if mark >= last { behind(mark, last, now) } else { mark };
        let all = &self.pieces.pieces;
        let mut pieces = Vec::with_capacity(all.len() + own.len());
        // A mark may be the end of a piece before the values and the beginning of one behind them.
        pieces.extend(part(all, 0..self.gone.start as u32).iter().map(|piece| Piece { name: self.moved.begin(piece.name), ..*piece }));
        pieces.extend(own);
        pieces.extend(from(all, self.gone.end as u32).iter().map(|piece| Piece {
            name: self.moved.begin(piece.name),
            before: index(piece.before),
            after: index(piece.after),
        }));
        Pieces { marks, pieces }
    }
}
