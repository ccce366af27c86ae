//! [`Pieces`]: how far each table of a lowered text had come before and after each value that can be lowered anew alone; see
//! [`again`](super::again).

use nival_syntax::TextSize;

use super::Lowerer;
use super::bindings::{Def, Value};

/// The values of sets from this many bytes on are pieces; a smaller one is lowered whole.
const BIG_SET: u32 = if cfg!(test) { 12 } else { 4 << 10 };

/// The length of each table at a moment, the next slot of the frame and the scope that is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub exprs: u32,
    pub lists: u32,
    pub consts: u32,
    pub lambdas: u32,
    pub attrsets: u32,
    pub lets: u32,
    pub paths: u32,
    pub withs: u32,
    pub with_links: u32,
    pub sites: u32,
    pub scopes: u32,
    pub bindings: u32,
    pub slot: u32,
    pub scope: u32,
}

/// The value of a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where the last name of the binding's path begins.
    pub name: TextSize,
    /// Indices of marks.
    pub before: u32,
    pub after: u32,
}

/// The pieces of a text, inner ones before outer ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    pub(super) marks: Vec<Mark>,
    pub(super) pieces: Vec<Piece>,
}

impl Pieces {
    /// The piece whose name begins here, and its number.
    pub(super) fn find(&self, name: TextSize) -> Option<(usize, Piece)> {
        self.pieces.iter().copied().enumerate().find(|(_, piece)| piece.name == name)
    }

    fn mark(&mut self, mark: Mark) -> u32 {
        if self.marks.last() != Some(&mark) {
            self.marks.push(mark);
        }
        self.marks.len() as u32 - 1
    }
}

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    /// Lowers what is in a set or a `let` of so many bytes.
    pub(super) fn in_set<T>(&mut self, bytes: TextSize, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.is_big, u32::from(bytes) >= BIG_SET);
        let lowered = lower(self);
        self.is_big = outer;
        lowered
    }

    pub(super) fn mark(&self) -> Mark {
        let (scopes, slot, scope) = self.env.mark();
        Mark {
            exprs: self.exprs.len() as u32,
            lists: self.lists.len() as u32,
            consts: self.consts.len() as u32,
            lambdas: self.lambdas.len() as u32,
            attrsets: self.attrsets.len() as u32,
            lets: self.lets.len() as u32,
            paths: self.paths.len() as u32,
            withs: self.withs.len() as u32,
            with_links: self.env.with_links.len() as u32,
            sites: self.sites,
            scopes,
            bindings: self.env.bindings.len() as u32,
            slot,
            scope,
        }
    }

    /// Before the value of a definition is lowered: the mark, if it is to be a piece.
    pub(super) fn begin_piece(&mut self, def: &Def<'t>) -> Option<u32> {
        if !ANALYSIS || !self.is_big || self.pieces.is_none() || !matches!(def.value, Value::Expr(Some(_))) {
            return None;
        }
        let mark = self.mark();
        self.pieces.as_mut().map(|pieces| pieces.mark(mark))
    }

    /// After values that are lowered anew.
    pub(super) fn end_entries(&mut self) {
        let mark = self.mark();
        if let Some(pieces) = &mut self.pieces {
            pieces.mark(mark);
        }
    }

    pub(super) fn end_piece(&mut self, before: Option<u32>, name: TextSize) {
        let Some(before) = before else { return };
        let mark = self.mark();
        if let Some(pieces) = &mut self.pieces {
            let after = pieces.mark(mark);
            pieces.pieces.push(Piece { name, before, after });
        }
    }
}
