//! `let` in two parts.

use nival_syntax::ast::{AstNode, LetIn};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange};
use rustc_hash::FxHashSet;

use super::context::Context;
use super::layout::{STEP, indent_at, starts_line};
use super::names::has_parts;
use super::sort::with_comments;
use super::{Action, ActionKind, Found};

pub(super) const SPLIT: Action = Action { id: "split-let", kind: ActionKind::Rewrite, run: split };

/// Longer ones are not looked through.
const MAX_NODES: u32 = 20_000;

fn split(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let at = context.around.iter().position(|node| matches!(node.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT))?;
    let (entry, parent) = (*context.around.get(at)?, *context.around.get(at + 1)?);
    let outer = LetIn::cast(parent)?;
    // From the name, not from within the value.
    let head = entry.children().next()?.range().end();
    if context.offset() > head || !context.range.is_empty() || parent.subtree_end() - parent.index() > MAX_NODES || has_parts(parent, None)
    {
        return None;
    }
    let all: Vec<Node<'_>> = outer.entries().map(|entry| *entry.syntax()).collect();
    let place = all.iter().position(|other| *other == entry).filter(|place| *place > 0)?;
    let (first, second) = all.split_at_checked(place)?;
    let names = |part: &[Node<'_>]| -> FxHashSet<Name> { part.iter().copied().flat_map(super::recursion::names_of).collect() };
    let (above, below) = (names(first), names(second));
    let title = "Split the `let` here";
    let Some(uses) = context.free_names_of(first) else { return found.refuse(title, "it is not certain what the names above mean") };
    if uses.iter().any(|used| below.contains(&used.name)) || !above.is_disjoint(&below) {
        return found.refuse(title, "a binding above uses one below");
    }
    context.free_names(parent)?;
    let text = &context.view.text;
    let own = with_comments(context, entry.range(), entry.range().end());
    let previous = first.last()?.range().end();
    found.add(title, |edits| {
        if starts_line(text, own.start()) {
            let pad = " ".repeat(indent_at(text, own.start()).len());
            let outer_pad = pad.get(STEP.min(pad.len())..).unwrap_or_default();
            edits.insert(own.start(), format!("in\n{outer_pad}let\n{pad}"));
            // The `in` stands in the place of the entry, one step to the left.
            let gone = pad.len() - outer_pad.len();
            if gone > 0 {
                let start = own.start();
                edits.delete(TextRange::new(start - nival_syntax::TextSize::new(gone as u32), start));
            }
        } else {
            edits.replace(TextRange::new(previous, own.start()), " in let ");
        }
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn a_let_in_two() {
        check("split-let", "let a = 1; b$0 = a; in b", expect!["let a = 1; in let b = a; in b"]);
        check(
            "split-let",
            "let\n  a = 1; # a\n  # of b\n  b$0 = a;\n  inherit (b) c;\nin\nc\n",
            expect![[r#"
            let
              a = 1; # a
            in
            let
              # of b
              b = a;
              inherit (b) c;
            in
            c
        "#]],
        );
        for text in ["let a$0 = 1; b = a; in b", "let a = b; b$0 = 1; in b", "let a = 1; b = a$0; in b", "{ a = 1; b$0 = 1; }"] {
            check_none("split-let", text);
        }
    }
}
