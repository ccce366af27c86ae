//! A name that nothing defines becomes an argument of a function around it.

use nival_syntax::ast::{AstNode, Lambda, Param, PatternParam};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use super::context::Context;
use super::inline::variable;
use super::layout::{indent_at, starts_line};
use super::names::Meaning;
use super::{Action, ActionKind, Edits, Found};

pub(super) const ACTION: Action = Action { id: "add-formal", kind: ActionKind::QuickFix, run };

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = *context.around.first()?;
    if node.kind() != SyntaxKind::NAME_REF {
        return None;
    }
    let name = Name::new(node.text());
    let text = variable(name)?;
    if context.meaning_at(node, name) != Meaning::Undefined {
        return None;
    }
    let around = context.ancestors(node);
    let with_pattern = |lambda: &Lambda<Node<'_>>| matches!(lambda.param(), Some(Param::PatternParam(_)));
    let lambdas: Vec<Lambda<Node<'_>>> = around.iter().filter_map(|&node| Lambda::cast(node)).filter(with_pattern).collect();
    let outermost = lambdas.last().filter(|_| lambdas.len() > 1);
    for (lambda, which) in lambdas.first().map(|it| (it, "")).into_iter().chain(outermost.map(|it| (it, "outermost "))) {
        let Some(Param::PatternParam(pattern)) = lambda.param() else { continue };
        found.add(format!("Add `{text}` to the arguments of the {which}function"), |edits| insert(context, &pattern, &text, edits));
    }
    Some(())
}

/// Adds a formal at the end of a pattern, in its layout.
pub(super) fn insert(context: &Context<'_>, pattern: &PatternParam<Node<'_>>, formal: &str, edits: &mut Edits) {
    insert_into(context.view.text.as_ref(), pattern, |range, text| edits.replace(range, text), formal);
}

/// As [`insert`], in any text.
pub(super) fn insert_into(text: &str, pattern: &PatternParam<Node<'_>>, mut replace: impl FnMut(TextRange, String), formal: &str) {
    let (Some(open), Some(close)) = (pattern.l_brace_token(), pattern.r_brace_token()) else { return };
    let last = pattern.formals().last();
    let ellipsis = pattern.ellipsis_token();
    let at = |at: TextSize| TextRange::empty(at);
    match (last, ellipsis) {
        (Some(last), _) => {
            let last = last.range();
            if let Some(indent) = leading_comma(text, last.start()) {
                return replace(at(last.end()), format!("\n{indent}, {formal}"));
            }
            if !starts_line(text, last.start()) {
                return replace(at(last.end()), format!(", {formal}"));
            }
            // In a line of its own, below what is said of the last formal in its line.
            let indent = indent_at(text, last.start());
            let rest = text.get(usize::from(last.end())..).unwrap_or_default();
            let comma = rest.trim_start().strip_prefix(',').map(|after| TextSize::new((rest.len() - after.len()) as u32));
            let behind = last.end() + comma.unwrap_or_default();
            let line = text.get(usize::from(behind)..).unwrap_or_default().lines().next().unwrap_or_default();
            let end = if line.trim_start().starts_with('#') { behind + TextSize::of(line.trim_end()) } else { behind };
            match comma {
                Some(_) => replace(at(end), format!("\n{indent}{formal},")),
                None if end == behind => replace(at(end), format!(",\n{indent}{formal}")),
                None => {
                    replace(at(last.end()), ",".to_owned());
                    replace(at(end), format!("\n{indent}{formal}"));
                }
            }
        }
        (None, Some(ellipsis)) => {
            let start = ellipsis.range().start();
            let separator = if starts_line(text, start) { format!(",\n{}", indent_at(text, start)) } else { ", ".to_owned() };
            replace(at(start), format!("{formal}{separator}"));
        }
        (None, None) => {
            let inside = TextRange::new(open.range().end(), close.range().start());
            let blank =
                text.get(usize::from(inside.start())..usize::from(inside.end())).is_some_and(|inside| inside.trim_ascii().is_empty());
            if blank { replace(inside, format!(" {formal} ")) } else { replace(at(inside.start()), format!(" {formal}")) }
        }
    }
}

/// The indentation of a line that begins with a comma before a place.
fn leading_comma(text: &str, at: TextSize) -> Option<&str> {
    let before = text.get(..usize::from(at))?.trim_end_matches([' ', '\t']).strip_suffix(',')?;
    let at = TextSize::of(before);
    starts_line(text, at).then(|| indent_at(text, at))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none, check_nth};

    #[test]
    fn in_the_layout_that_is_there() {
        check("add-formal", "{ a }: b$0", expect!["{ a, b }: b"]);
        check("add-formal", "{ a, ... }: b$0", expect!["{ a, b, ... }: b"]);
        check("add-formal", "{ ... }@x: b$0", expect!["{ b, ... }@x: b"]);
        check("add-formal", "{ }: b$0", expect!["{ b }: b"]);
        check("add-formal", "{ a ? { }, }: b$0", expect!["{ a ? { }, b, }: b"]);
        check("add-formal", "{\n  a,\n  c ? 1, # c\n  ...\n}:\nb$0", expect!["{\n  a,\n  c ? 1, # c\n  b,\n  ...\n}:\nb"]);
        check("add-formal", "{ a\n, c\n}:\nb$0", expect!["{ a\n, c\n, b\n}:\nb"]);
        check("add-formal", "{\n  a # a\n}:\nb$0", expect!["{\n  a, # a\n  b\n}:\nb"]);
        check("add-formal", "{ lib\n, ...\n}:\nb$0", expect!["{ lib, b\n, ...\n}:\nb"]);
    }

    #[test]
    fn of_the_inner_or_the_outer_function() {
        check("add-formal", "{ a }: { c }: x: b$0", expect!["{ a }: { c, b }: x: b"]);
        check_nth("add-formal", 1, "{ a }: { c }: x: b$0", expect!["{ a, b }: { c }: x: b"]);
    }

    #[test]
    fn only_what_is_not_defined() {
        for text in ["{ a }: a$0", "{ a }: with a; b$0", "{ a }: map$0", "a: b$0", "{ a }: x.b$0"] {
            check_none("add-formal", text);
        }
    }
}
