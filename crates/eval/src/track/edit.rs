//! Files that are being edited: their modules, and what an edit does to them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nival_hir::compare::{Comparison, GONE, compare};
use nival_hir::module::ExprId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::sets::CYCLE;
use super::{TrackedModule, lock};
use crate::code::Code;
use crate::ctx::Ctx;
use crate::error::{EvalError, Place, Pos, Result};
use crate::linked::{Linked, Origin, Unit};
use crate::ops::path::parent;
use crate::source::Source;
use crate::value::{Frame, Thunk, Value};

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The evaluator goes on with the new texts; this many thunks will be evaluated again when they are needed.
    Done { reset: usize },
    /// Nothing has changed: the new texts take a new evaluator.
    Impossible,
}

/// Texts of one file that an evaluator goes through before it is time for a new one: all their modules stay.
const MAX_TEXTS: usize = 400;

/// By path as it was imported.
pub(super) type Files = FxHashMap<Vec<u8>, File>;

#[derive(Debug)]
pub(super) struct File {
    text: Arc<[u8]>,
    /// Of all texts so far, the present one last.
    modules: Vec<u32>,
    /// The value, or why the text has none.
    root: Result<Value>,
    /// Of a text that has no value.
    cell: u32,
}

/// To whom the places of a module have passed.
#[derive(Debug)]
pub(super) struct Moved {
    to: u32,
    comparison: Comparison,
}

/// An edit that can be made.
struct Plan {
    path: Vec<u8>,
    text: Arc<[u8]>,
    /// None for a text that had no value: the file is read again.
    change: Option<(Code, Comparison)>,
}

impl crate::Evaluator {
    /// Goes on with other texts for files that were read with [`crate::Host::read_tracked`]. No other thread may be evaluating,
    /// and values got before must not be used any more.
    pub fn edit(&self, texts: &[(Vec<u8>, Arc<[u8]>)]) -> Edit {
        self.enter(Arc::default(), |ctx| ctx.edit(texts))
    }

    /// Whether this file's changes can be told to [`crate::Evaluator::edit`].
    pub fn tracks(&self, path: &[u8]) -> bool {
        self.tracker.as_ref().is_some_and(|tracker| lock(&tracker.files).contains_key(path))
    }

    /// Where a place of a former text is in the present one.
    pub(crate) fn present(&self, pos: Pos) -> Option<(&Linked, Place)> {
        let (mut linked, mut place) = (&**self.modules.get(pos.module())?, pos.place());
        while let Some(moved) = linked.tracked.as_ref().and_then(|tracked| tracked.moved.get()) {
            let next = &**self.modules.get(moved.to)?;
            let Some(there) = moved.place(linked, next, place) else { break };
            (linked, place) = (next, there);
        }
        Some((linked, place))
    }
}

impl Linked {
    /// Whether its text is not a former one of a file that was edited since.
    pub(crate) fn is_present(&self) -> bool {
        self.tracked.as_ref().is_none_or(|tracked| tracked.moved.get().is_none())
    }
}

impl Moved {
    fn place(&self, from: &Linked, to: &Linked, place: Place) -> Option<Place> {
        let there = |map: &[u32], index: u32| map.get(index as usize).copied().filter(|&there| there != GONE);
        Some(match place {
            Place::Expr(id) => Place::Expr(ExprId(there(&self.comparison.exprs, id.0)?)),
            Place::Lambda(index) => Place::Lambda(there(&self.comparison.lambdas, index)?),
            Place::Param(lambda, given) => Place::Param(there(&self.comparison.lambdas, lambda)?, given),
            Place::Attr(number) => {
                let index = from.set_starts.partition_point(|&first| first <= number).checked_sub(1)?;
                let set = there(&self.comparison.attrsets, index as u32)?;
                Place::Attr(to.set_starts.get(set as usize)? + (number - from.set_starts.get(index)?))
            }
            Place::Formal(number) => {
                let index = from.formal_starts.partition_point(|&start| start <= number).checked_sub(1)?;
                let lambda = there(&self.comparison.lambdas, index as u32)?;
                Place::Formal(to.formal_starts.get(lambda as usize)? + (number - from.formal_starts.get(index)?))
            }
            Place::None | Place::Offset(_) => return None,
        })
    }
}

impl<'e> Ctx<'e> {
    /// The value of a file that is being edited, as a thunk.
    pub(crate) fn load_tracked(&mut self, path: &[u8], text: Arc<[u8]>) -> Result<Value> {
        let evaluator = self.evaluator;
        let Some(tracker) = &evaluator.tracker else {
            return self.load(Unit { origin: file_origin(path), text, on_disk: false }, &[]);
        };
        if !lock(&tracker.files).contains_key(path) {
            self.lower_patchable(&text)?;
        }
        let mut files = lock(&tracker.files);
        if !files.contains_key(path) {
            let code = evaluator.options.code.lower_patchable(&text);
            let (cells, position, cell) = {
                let mut sets = lock(&tracker.sets);
                let cells = code.module.patches.iter().map(|_| sets.new_cell()).collect();
                (cells, sets.new_cell(), sets.new_cell())
            };
            let linked = self.link_tracked(&code, path, text.clone(), TrackedModule::new(cells, position));
            let root = match self.refusal(&code, linked.id) {
                Some(error) => Err(error),
                None => Ok(self.root_thunk(linked)),
            };
            files.insert(path.to_vec(), File { text, modules: vec![linked.id], root, cell });
        }
        let Some(file) = files.get(path) else { return Err(EvalError::other("internal error: a file was not kept")) };
        if file.root.is_err()
            && let Some(tracking) = &mut self.tracking
        {
            tracking.depend(file.cell);
        }
        file.root.clone()
    }

    fn link_tracked(&mut self, code: &Code, path: &[u8], text: Arc<[u8]>, tracked: TrackedModule) -> &'e Linked {
        let evaluator = self.evaluator;
        let source = Source::new(text, false, Box::default(), code.positions.clone());
        let link = |id| {
            let mut linked = self.link(id, code.module.clone(), file_origin(path), source);
            linked.tracked = Some(Box::new(tracked));
            Box::new(linked)
        };
        let linked = evaluator.modules.push_with(link).1;
        linked.settle();
        linked
    }

    fn root_thunk(&mut self, linked: &Linked) -> Value {
        let frame = Frame::alloc(&mut self.region, Frame::NONE, linked.module().frame_size as usize);
        Thunk::suspend(&mut self.region, linked.id, linked.root.0, frame)
    }

    fn edit(&mut self, texts: &[(Vec<u8>, Arc<[u8]>)]) -> Edit {
        let Some(tracker) = &self.evaluator.tracker else { return Edit::Impossible };
        let mut files = lock(&tracker.files);
        let mut changed = FxHashSet::default();
        let mut plans = Vec::new();
        for (path, text) in texts {
            let Some(file) = files.get(path) else { continue };
            if *file.text == **text {
                continue;
            }
            match self.plan(file, text, &mut changed) {
                Some(change) => plans.push(Plan { path: path.clone(), text: text.clone(), change }),
                None => return Edit::Impossible,
            }
        }
        if plans.is_empty() {
            return Edit::Done { reset: 0 };
        }
        changed.insert(CYCLE);
        {
            let sets = lock(&tracker.sets);
            if changed.iter().any(|&cell| sets.is_coarse(cell)) {
                return Edit::Impossible;
            }
        }
        for plan in plans {
            match plan.change {
                None => {
                    files.remove(&plan.path);
                }
                Some((code, comparison)) => {
                    if let Some(file) = files.get_mut(&plan.path) {
                        self.replace(file, &plan.path, plan.text, &code, comparison);
                    }
                }
            }
        }
        Edit::Done { reset: lock(&tracker.sets).reset(&changed) }
    }

    /// What a new text of a file changes; `None` where that needs a new evaluator.
    #[allow(clippy::option_option)]
    fn plan(&self, file: &File, text: &Arc<[u8]>, changed: &mut FxHashSet<u32>) -> Option<Option<(Code, Comparison)>> {
        if file.root.is_err() {
            changed.insert(file.cell);
            return Some(None);
        }
        let code = self.evaluator.options.code.lower_patchable(text);
        if !code.errors.is_empty() || file.modules.len() >= MAX_TEXTS {
            return None;
        }
        let old = self.evaluator.linked(*file.modules.last()?);
        let tracked = old.tracked.as_ref()?;
        let comparison = compare(old.module(), &code.module)?;
        for &(patch, _) in &comparison.changed {
            changed.insert(*tracked.cells.get(patch as usize)?);
        }
        changed.insert(tracked.position);
        Some(Some((code, comparison)))
    }

    /// Makes `code` the present text of a file.
    fn replace(&mut self, file: &mut File, path: &[u8], text: Arc<[u8]>, code: &Code, comparison: Comparison) {
        let evaluator = self.evaluator;
        let Some(tracker) = &evaluator.tracker else { return };
        let Some(old) = file.modules.last().map(|&id| evaluator.linked(id)) else { return };
        let Some(before) = &old.tracked else { return };
        let mut cells = vec![None; code.module.patches.len()];
        for &(from, to) in &comparison.patches {
            if let Some(cell) = cells.get_mut(to as usize) {
                *cell = before.cells.get(from as usize).copied();
            }
        }
        let cells: Box<[u32]> = {
            let mut sets = lock(&tracker.sets);
            cells.into_iter().map(|cell| cell.unwrap_or_else(|| sets.new_cell())).collect()
        };
        let tracked = TrackedModule::new(cells, before.position);
        let new = self.link_tracked(code, path, text.clone(), tracked).id;
        for &(from, to) in &comparison.changed {
            let Some(&cell) = before.cells.get(from as usize) else { continue };
            let target = (u64::from(new) + 1) << 32 | u64::from(to);
            for former in file.modules.iter().filter_map(|&id| evaluator.linked(id).tracked.as_ref()) {
                for (place, _) in former.targets.iter().zip(&former.cells).filter(|(_, own)| **own == cell) {
                    place.store(target, Ordering::Release);
                }
            }
        }
        let _ = before.moved.set(Moved { to: new, comparison });
        file.modules.push(new);
        file.text = text;
    }
}

fn file_origin(path: &[u8]) -> Origin {
    Origin { file: Some(path.to_vec()), label: String::new(), base: parent(path).to_vec() }
}
