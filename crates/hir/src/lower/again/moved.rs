//! [`Moved`]: what an edit does to the places of all that it left alone.

use std::sync::Arc;

use nival_syntax::flat::FlatTree;
use nival_syntax::{TextRange, TextSize};

use crate::result::{LowerError, LowerErrorKind, Lowered};
use crate::scopes::{Scope, Scopes};
use crate::source_map::{AttrPlace, SourceMap};

/// Text between two places that has become so much longer.
#[derive(Clone, Copy)]
pub struct Moved {
    pub start: TextSize,
    pub end: TextSize,
    /// Wraps around where the text has become shorter.
    pub by: u32,
}

impl Moved {
    /// What has to move where the text that begins at `start` has become another.
    pub fn between(start: TextSize, old: &[u8], new: &[u8]) -> Moved {
        let same_start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let rest = old.len().min(new.len()) - same_start;
        let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
        Moved {
            start: start + TextSize::new(same_start as u32),
            end: start + TextSize::new((old.len() - same_end) as u32),
            by: (new.len() as u32).wrapping_sub(old.len() as u32),
        }
    }

    /// Whether none of the text at a place is other text now.
    pub fn is_beside(self, range: TextRange) -> bool {
        range.end() <= self.start || self.end <= range.start()
    }

    #[inline]
    pub fn shift(self, at: TextSize) -> TextSize {
        TextSize::new(u32::from(at).wrapping_add(self.by))
    }

    /// Where what begins at a place begins now.
    #[inline]
    pub fn begin(self, at: TextSize) -> TextSize {
        if at >= self.end { self.shift(at) } else { at }
    }

    #[inline]
    pub fn range(self, range: TextRange) -> TextRange {
        let start = self.begin(range.start());
        let end = if range.end() > self.start && !range.is_empty() { self.shift(range.end()) } else { range.end() };
        TextRange::new(start, if range.is_empty() { start } else { end.max(start) })
    }

    pub fn ranges(self, ranges: &mut [TextRange]) {
        ranges.iter_mut().for_each(|range| *range = self.range(*range));
    }

    #[inline]
    pub fn place(self, place: AttrPlace) -> AttrPlace {
        AttrPlace { position: self.begin(place.position), name: self.range(place.name) }
    }

    pub fn places(self, places: &mut [AttrPlace]) {
        places.iter_mut().for_each(|place| *place = self.place(*place));
    }

    pub fn scopes(self, scopes: &mut [Scope], bindings: &mut [crate::scopes::Binding], tree: &FlatTree) {
        scopes.iter_mut().for_each(|scope| scope.range = self.range(scope.range));
        if let Some(file) = scopes.first_mut() {
            file.range = tree.root().range();
        }
        bindings.iter_mut().for_each(|binding| binding.range = self.range(binding.range));
    }

    /// The error, if it is of a kind that can be moved.
    pub fn error(self, error: &LowerError) -> Option<LowerError> {
        matches!(error.kind, LowerErrorKind::UndefinedVariable(_))
            .then(|| LowerError { range: self.range(error.range), kind: error.kind.clone() })
    }

    /// Of a text in which nothing else has changed.
    pub fn lowered(self, old: &Lowered, tree: &FlatTree) -> Option<Lowered> {
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
