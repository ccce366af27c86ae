//! An edit inside the value of a binding, or of its name.

use nival_syntax::flat::{FlatTree, Node};

use super::moved::Moved;
use super::splice::{ChangedSet, Splice};
use super::{last_name, path_text};
use crate::lower::bindings::Value;
use crate::lower::pieces::Pieces;
use crate::module::{AttrDef, ExprId};
use crate::result::Lowered;
use crate::source_map::AttrPlace;

pub fn lower<'t>(
    old: &Lowered,
    pieces: &Pieces,
    (was, is): (Node<'_>, Node<'t>),
    tree: &'t FlatTree,
    check: &'t dyn Fn(),
) -> Option<Lowered> {
    let old_name = last_name(was)?.range();
    let (at, piece) = pieces.find(old_name.start())?;
    let renamed = path_text(was) != path_text(is);
    let start = if renamed { was.range().start() } else { old_name.end() };
    let (end, new_end) = (was.range().end(), is.range().end());
    // Those in it come before it in the list, and nothing else stands between them.
    let within = pieces.pieces.get(..at).unwrap_or_default();
    let first = within.iter().rposition(|other| other.before < piece.before).map_or(0, |other| other + 1);
    let splice = Splice {
        old,
        pieces,
        gone: first..at + 1,
        marks: (piece.before, piece.after),
        moved: Moved { start, end, by: u32::from(new_end).wrapping_sub(end.into()) },
        text: was.range(),
        kept: Vec::new(),
    };
    let old_root = ExprId(splice.exprs()?.end.checked_sub(1)?);
    let set = if renamed { Some(splice.set_with(old_root)?) } else { None };
    let (name, value) = (last_name(is)?, is.children().nth(1)?);
    splice.lower(tree, is.index()..is.subtree_end(), check, |lowerer| {
        let local = lowerer.static_name(name)?;
        let (at, name) = (name.range(), lowerer.name(local));
        let root = lowerer.entry_value(&mut Value::Expr(Some(value)), at, Some(name));
        lowerer.end_piece(Some(piece.before), at.start());
        if root.0 + 1 != lowerer.mark().exprs {
            return None;
        }
        let Some((index, literal)) = set else { return Some(None) };
        // Another of that name, or one that can see its names.
        if literal.recursive || literal.attrs.iter().any(|attr| attr.name == name) {
            return None;
        }
        let attr = AttrDef { name, value: root, slot: None };
        Some(Some(ChangedSet { index, attrs: vec![(attr, AttrPlace { position: is.range().start(), name: at })] }))
    })
}
