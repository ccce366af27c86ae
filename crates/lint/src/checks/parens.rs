//! Parentheses that say nothing.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::Context;
use super::context::code;
use super::edits::{remove, spaced, would_join};
use crate::rules::style::REDUNDANT_PAREN;

/// Parentheses around what needs none anywhere.
pub(super) fn redundant<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let Some(inner) = node.children().next() else { return };
    let redundant = match inner.kind() {
        STR | INDENTED_STR | LIST | ATTR_SET | PAREN => true,
        NAME_REF => inner.text() != b"or",
        // A URL would go on with the comma behind it: it should have quotes first.
        LITERAL => context.tree.token(inner.token_range().start).is_some_and(|token| token.kind() != URI),
        PATH | SEARCH_PATH_EXPR => true,
        _ => false,
    };
    let (Some(open), Some(close)) = (code(node).next(), code(node).last()) else { return };
    if !redundant || open.kind() != L_PAREN || close.kind() != R_PAREN {
        return;
    }
    // Behind it, these belong to what they follow: a number, a path, the word `or` of a default.
    let next = (close.index() + 1..).map_while(|index| context.tree.token(index)).find(|token| !token.kind().is_trivia());
    let next = next.map_or(EOF, |token| token.kind());
    if next == OR_KW || (next == DOT && matches!(inner.kind(), LITERAL | PATH)) || (matches!(next, COLON | AT) && inner.kind() != STR) {
        return;
    }
    // A set at the start of a line of its own reads as the start of a block; `(` and `)` in lines of their own are layout.
    let commented = context.comment_in(node.range());
    let text = context.tree.text();
    let (start, end) = (usize::from(open.range().start()), usize::from(close.range().end()));
    let alone = would_join(text, start, usize::from(open.range().end())) || would_join(text, usize::from(close.range().start()), end);
    let edits = if alone {
        vec![spaced(context.tree, open.range(), ""), spaced(context.tree, close.range(), "")]
    } else {
        vec![remove_bracket(context, open.range(), true), remove_bracket(context, close.range(), false)]
    };
    let diagnostic = context.report(&REDUNDANT_PAREN, open.range(), "these parentheses are not needed");
    diagnostic.related.push(nival_hir::diagnostic::Related { range: close.range(), message: "up to here".into() });
    if !commented {
        *diagnostic = diagnostic.clone().fix("Remove the parentheses", edits);
    }
}

/// A bracket alone in its line goes with the line; else only what blanks are inside of it go, too.
fn remove_bracket(context: &Context<'_>, range: nival_syntax::TextRange, opening: bool) -> nival_hir::diagnostic::Edit {
    let text = context.tree.text();
    let blank = |c: &&u8| matches!(c, b' ' | b'\t');
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    let whole = remove(context.tree, range);
    let is_line = whole.text.is_empty()
        && (whole.range.start() == 0.into() || text.get(usize::from(whole.range.start()).wrapping_sub(1)) == Some(&b'\n'))
        && text.get(usize::from(whole.range.end()).wrapping_sub(1)) == Some(&b'\n');
    if is_line {
        return whole;
    }
    // The last line of the text, where no line end follows: that before it goes.
    let start_of_line = usize::from(whole.range.start());
    if whole.range.end() == nival_syntax::TextSize::new(text.len() as u32)
        && start_of_line > 0
        && text.get(start_of_line - 1) == Some(&b'\n')
    {
        return super::edits::replace(nival_syntax::TextRange::new(((start_of_line - 1) as u32).into(), whole.range.end()), "");
    }
    let inside = if opening {
        let blanks = text.get(end..).unwrap_or_default().iter().take_while(blank).count();
        nival_syntax::TextRange::new(range.start(), ((end + blanks) as u32).into())
    } else {
        let blanks = text.get(..start).unwrap_or_default().iter().rev().take_while(blank).count();
        nival_syntax::TextRange::new(((start - blanks) as u32).into(), range.end())
    };
    super::edits::replace(inside, "")
}
