//! A selected expression becomes a function: what is bound between it and the place of the function is its parameters.

use nival_syntax::ast::{AstNode, Expr, Lambda, LetIn};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind};

use super::context::Context;
use super::extract_let::{Home, extractable, insert_binding, name_for};
use super::inline::variable;
use super::layout::{indent_at, moved};
use super::names::{Meaning, Use};
use super::place::Level;
use super::{Action, ActionKind, Found};

pub(super) const ACTION: Action = Action { id: "extract-function", kind: ActionKind::Extract, run };

const TITLE: &str = "Extract to a function";

/// Parameters at most: beyond that, nobody reads the call.
const MAX_PARAMETERS: usize = 6;

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let expr = extractable(context)?;
    let node = *expr.syntax();
    let Some(uses) = context.free_names(node) else { return found.refuse(TITLE, "it is not certain what the names in it mean") };
    let around = context.ancestors(node);
    let uncertain = |used: &Use<'_>| used.in_with && matches!(context.meaning(used.name, Some(node), &around), Meaning::With(_));
    if uses.iter().any(uncertain) {
        return found.refuse(TITLE, "a name in it may come from one `with` or another");
    }
    let mut names: Vec<(Name, Meaning<'_>)> = Vec::new();
    for used in &uses {
        if !names.iter().any(|(name, _)| *name == used.name) {
            names.push((used.name, context.meaning(used.name, Some(node), &around)));
        }
    }
    let (home, parameters) = home(context, node, &names)?;
    // The whole body of a function is one already.
    let functions = around.iter().take_while(|around| around.kind() == SyntaxKind::LAMBDA).last();
    if functions == Some(&home.node()) {
        return None;
    }
    let parameters: Vec<String> = parameters.into_iter().map(variable).collect::<Option<_>>()?;
    if parameters.len() > MAX_PARAMETERS {
        return found.refuse(TITLE, format!("it would have {} parameters", parameters.len()));
    }
    let wanted = name_for(context, &expr);
    let wanted = if wanted == "value" || wanted == "function" { "function".to_owned() } else { format!("{wanted}Of") };
    let name = context.fresh_name(&wanted, home.node().range());
    found.add(format!("{TITLE}: `{name} = {}: …`", parameters.join(": ")), |edits| {
        let call = format!("{name} {}", parameters.join(" "));
        edits.replace(node.range(), context.fitted(node, call, Level::Apply));
        insert_binding(context, home, edits, |indent| {
            let old = indent_at(&context.view.text, node.range().start()).len();
            let body = moved(context, node.range(), indent as isize - old as isize);
            // Parentheses around the whole were for the place it had.
            let body = match &expr {
                Expr::Paren(paren) if !body.contains('\n') => paren.expr().map_or(body, |inner| context.text_of(inner).to_owned()),
                _ => body,
            };
            format!("{name} = {}: {body};", parameters.join(": "))
        });
    });
    Some(())
}

/// The innermost place for a function that needs a parameter at least, and its parameters.
fn home<'a>(context: &Context<'a>, node: Node<'a>, names: &[(Name, Meaning<'a>)]) -> Option<(Home<'a>, Vec<Name>)> {
    let mut inside: Vec<Node<'a>> = Vec::new();
    let mut child = node;
    for around in context.ancestors(node) {
        let home = match around.kind() {
            SyntaxKind::LET_IN => LetIn::cast(around).filter(|it| it.in_token().is_some()).map(Home::Let),
            SyntaxKind::LAMBDA if Lambda::cast(around)?.body().is_some_and(|body| *body.syntax() == child) => Some(Home::Around(child)),
            SyntaxKind::SOURCE_FILE => Some(Home::Around(child)),
            _ => None,
        };
        let needed = |means: &Meaning<'a>| match means {
            Meaning::Bound(by) => inside.contains(by),
            // A `with` that the function is outside of.
            Meaning::With(withs) => withs.iter().any(|with| inside.contains(with)),
            _ => false,
        };
        let parameters: Vec<Name> = names.iter().filter(|(_, means)| needed(means)).map(|(name, _)| *name).collect();
        if let Some(home) = home
            && !parameters.is_empty()
        {
            return Some((home, parameters));
        }
        inside.push(around);
        child = around;
    }
    None
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn what_is_bound_inside_becomes_parameters() {
        check(
            "extract-function",
            "y: map (x: $0x + y$0) [ ]",
            expect![[r#"
            y:
            let
              function = x: x + y;
            in
            map (x: function x) [ ]"#]],
        );
        check(
            "extract-function",
            "let\n  y = 1;\nin\n{ a, b }:\n{\n  c = $0f (a + y) {\n    inherit b;\n  }$0;\n}\n",
            expect![[r#"
                let
                  y = 1;
                  cOf =
                    a: b:
                    f (a + y) {
                      inherit b;
                    };
                in
                { a, b }:
                {
                  c = cOf a b;
                }
            "#]],
        );
        check(
            "extract-function",
            "p: q: with p; [ $0(a + q)$0 ]",
            expect![[r#"
            p: q:
            let
              function = a: a + q;
            in
            with p;
            [ (function a) ]"#]],
        );
    }

    #[test]
    fn what_needs_none_is_no_function() {
        check_none("extract-function", "x: $0x + 1$0");
        check_none("extract-function", "$0(x: x)$0");
    }
}
