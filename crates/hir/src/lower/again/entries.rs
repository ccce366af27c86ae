//! An edit between two entries of a set that stay: attributes and names of `inherit` that come, go or become others. Only of a set whose
//! names nothing in the text can see, and where nothing is merged.

use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{Name, Neighbours, SyntaxKind, TextRange, TreeNode};

use super::last_name;
use super::moved::Moved;
use super::splice::{ChangedSet, Splice};
use crate::lower::Lowerer;
use crate::lower::bindings::{SetBuilder, Value};
use crate::lower::pieces::{Piece, Pieces};
use crate::module::{AttrDef, AttrsLit, ExprId};
use crate::result::Lowered;
use crate::source_map::AttrPlace;

pub fn lower<'t>(
    old: &Lowered,
    pieces: &Pieces,
    (was, is): (Neighbours<'_>, Neighbours<'t>),
    tree: &'t FlatTree,
    check: &'t dyn Fn(),
) -> Option<Lowered> {
    let (all_was, all_is) = (entries(was.set), entries(is.set));
    let position = |node: Node<'_>| all_was.iter().position(|entry| entry.index() == node.index());
    // Where the values begin and end in the tables is known of bindings, not of what is inherited.
    let (first, (at, before)) = (0..=position(was.first)?).rev().find_map(|at| Some((at, plain(pieces, *all_was.get(at)?)?)))?;
    let (last, (_, after)) = (position(was.last)?..all_was.len()).find_map(|at| Some((at, plain(pieces, *all_was.get(at)?)?)))?;
    let new_last = (all_is.len() + last).checked_sub(all_was.len())?;
    let gone = all_was.get(first + 1..last)?;
    let come = all_is.get(first + 1..new_last)?;
    if !gone.iter().all(|entry| entry.kind() == SyntaxKind::INHERIT || plain(pieces, *entry).is_some()) {
        return None;
    }

    let text = between(*all_was.get(first)?, *all_was.get(last)?);
    let new_text = between(*all_is.get(first)?, *all_is.get(new_last)?);
    let bytes = |text: &'_ [u8], range: TextRange| text.get(usize::from(range.start())..usize::from(range.end())).map(<[u8]>::to_vec);
    let moved = Moved::between(text.start(), &bytes(was.set.tree().text(), text)?, &bytes(tree.text(), new_text)?);
    let new_sources = sources(&all_is);
    let kept = kept_sources((gone, come), moved)?;
    let marks = (before.after, after.before);
    let within = pieces.pieces.get(at + 1..)?.iter().take_while(|piece| piece.after <= marks.1).count();
    let splice = Splice { old, pieces, gone: at + 1..at + 1 + within, marks, moved, text, kept };

    let exprs = splice.exprs()?;
    let (index, literal) = splice.set_with(ExprId(exprs.start.checked_sub(1)?))?;
    let last_value = ExprId(pieces.marks.get(after.after as usize)?.exprs.checked_sub(1)?);
    let is_whole = literal.attrs.iter().any(|attr| attr.value == last_value);
    if !is_whole || literal.recursive || literal.sources.len() != sources(&all_was).len() || literal.sources.len() != new_sources.len() {
        return None;
    }
    let nodes = all_is.get(first)?.subtree_end()..all_is.get(new_last)?.index();
    let sources_before = sources(all_is.get(..=first)?);
    splice.lower(tree, nodes, check, |lowerer| {
        let is_taken = |name| literal.attrs.iter().any(|attr| attr.name == name && !exprs.contains(&attr.value.0));
        let attrs = lowerer.entries(come, sources_before, literal, is_taken)?;
        lowerer.end_entries();
        Some(Some(ChangedSet { index, attrs }))
    })
}

fn entries(set: Node<'_>) -> Vec<Node<'_>> {
    set.children().filter(|entry| matches!(entry.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT)).collect()
}

/// The piece of a binding of one name, if the binding is one by itself.
fn plain(pieces: &Pieces, entry: Node<'_>) -> Option<(usize, Piece)> {
    if entry.kind() != SyntaxKind::BINDING || entry.children().next()?.children().count() != 1 {
        return None;
    }
    pieces.find(last_name(entry)?.range().start())
}

fn between(first: Node<'_>, last: Node<'_>) -> TextRange {
    TextRange::new(first.range().end(), last.range().start())
}

/// What `inherit (e)` takes from, in the order of the text.
fn sources<'t>(entries: &[Node<'t>]) -> Vec<Node<'t>> {
    let inherits = entries.iter().filter(|entry| entry.kind() == SyntaxKind::INHERIT);
    inherits.flat_map(|entry| entry.children().filter(|child| child.kind() == SyntaxKind::INHERIT_FROM)).collect()
}

/// The former places of the sources, which are lowered before all values. `None` if one of them is another now.
fn kept_sources((gone, come): (&[Node<'_>], &[Node<'_>]), moved: Moved) -> Option<Vec<TextRange>> {
    let (was, is) = (sources(gone), sources(come));
    let same =
        |was: &Node<'_>, is: &Node<'_>| moved.is_beside(was.range()) && moved.range(was.range()) == is.range() && was.text() == is.text();
    (was.len() == is.len() && was.iter().zip(&is).all(|(was, is)| same(was, is))).then(|| was.iter().map(|source| source.range()).collect())
}

impl<'t> Lowerer<'t, true> {
    /// Lowers entries of a set. `None` if one of them is more than a binding of one name or an `inherit`, or meets another of its name.
    fn entries(
        &mut self,
        entries: &[Node<'t>],
        sources: Vec<Node<'t>>,
        literal: &AttrsLit,
        is_taken: impl Fn(Name) -> bool,
    ) -> Option<Vec<(AttrDef, AttrPlace)>> {
        let mut builder = SetBuilder::default();
        builder.sources = sources;
        for &entry in entries {
            self.collect_entry(entry, &mut builder);
        }
        let is_plain = builder.defs.iter().all(|def| !matches!(def.value, Value::Set(_) | Value::Expr(None)));
        if !is_plain || !builder.dynamics.is_empty() || !builder.dropped.is_empty() || !self.errors.is_empty() {
            return None;
        }
        let mut attrs = Vec::with_capacity(builder.defs.len());
        for def in &mut builder.defs {
            let name = self.name(def.local);
            if is_taken(name) {
                return None;
            }
            let value = match self.inherited(def) {
                Some(value) => value,
                None => self.value(def, &literal.sources),
            };
            attrs.push((AttrDef { name, value, slot: None }, AttrPlace { position: def.position, name: def.name }));
        }
        Some(attrs)
    }
}
