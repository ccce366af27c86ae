//! Literals that are not what they seem.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::Context;
use super::edits::{insert, replace};
use crate::rules::{style, syntax};

pub(super) fn url<'t>(context: &mut Context<'t>, node: Node<'t>) {
    if context.tree.token(node.token_range().start).is_some_and(|token| token.kind() == URI) {
        let range = node.range();
        let diagnostic = context.report(&style::DEPRECATED_URL, range, "URL literals are deprecated; write a string");
        *diagnostic = diagnostic.clone().fix("Put the URL in quotes", vec![insert(range.start(), "\""), insert(range.end(), "\"")]);
    }
}

/// `01.5` and `1.5e`, which Nix reads as two tokens.
pub(super) fn float<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let first = node.token_range().start;
    let (Some(number), Some(next)) = (context.tree.token(first), context.tree.token(first + 1)) else { return };
    match (number.kind(), next.kind()) {
        (INTEGER, FLOAT) if number.text().starts_with(b"0") => {
            let zeros = number.text().iter().take_while(|&&c| c == b'0').count().min(number.text().len());
            let rest = String::from_utf8_lossy(number.text().get(zeros..).unwrap_or_default()).into_owned();
            let shortened = if rest.is_empty() { "0".to_owned() } else { rest };
            let message = "a float has no zeros in front: these are two numbers";
            let diagnostic = context.report(&syntax::FLOAT_LEADING_ZERO, number.range().cover(next.range()), message);
            *diagnostic = diagnostic.clone().repair("Remove the zeros", vec![replace(number.range(), shortened)]);
        }
        (FLOAT, IDENT) if matches!(next.text().first(), Some(b'e' | b'E')) => {
            let message = "the number ends before this `e`, behind which digits are missing";
            context.report(&syntax::FLOAT_NO_EXP, number.range().cover(next.range()), message);
        }
        _ => {}
    }
}
