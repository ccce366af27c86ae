//! `a.b` ↔ `a."b"`.

use nival_syntax::SyntaxKind;
use nival_syntax::ast::{AstNode, Attr};
use nival_syntax::literal;

use super::context::Context;
use super::{Action, ActionKind, Found};

pub(super) const QUOTE: Action = Action { id: "quote-attr", kind: ActionKind::Rewrite, run: quote };
pub(super) const UNQUOTE: Action = Action { id: "unquote-attr", kind: ActionKind::Rewrite, run: unquote };

/// The attribute at the cursor, of a path or of an `inherit`.
fn attr<'a>(context: &Context<'a>) -> Option<Attr<nival_syntax::flat::Node<'a>>> {
    let at = context.around.iter().position(|node| matches!(node.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT))?;
    Attr::cast(*context.around.get(at.checked_sub(1)?)?)
}

fn quote(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let Attr::Name(name) = attr(context)? else { return None };
    let text = context.text(name.range());
    found.add_verbatim(format!("Put `{text}` in quotes"), |edits| edits.replace(name.range(), format!("\"{text}\"")));
    Some(())
}

fn unquote(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let attr = attr(context)?;
    let (Attr::Str(_) | Attr::DynamicAttr(_)) = attr else { return None };
    let name = attr.static_name()?;
    let plain = literal::identifier(name.as_bytes());
    if plain.starts_with('"') || std::str::from_utf8(name.as_bytes()).is_err() {
        return None;
    }
    found.add(format!("Write `{plain}` without quotes"), |edits| edits.replace(attr.range(), plain));
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn quotes_come_and_go() {
        check("quote-attr", "{ a.$0b.c = 1; }", expect![[r#"{ a."b".c = 1; }"#]]);
        check("quote-attr", "{ inherit (x) a$0; }", expect![[r#"{ inherit (x) "a"; }"#]]);
        check("unquote-attr", "x.\"b$0\" or 1", expect!["x.b or 1"]);
        check("unquote-attr", "{ ${\"b$0\"} = 1; }", expect!["{ b = 1; }"]);
    }

    #[test]
    fn names_that_need_quotes_keep_them() {
        for text in ["{ \"a b$0\" = 1; }", "{ \"if$0\" = 1; }", "{ \"\"$0 = 1; }", "{ \"a${b$0}\" = 1; }", "\"a$0\"", "{ a = \"b$0\"; }"] {
            check_none("unquote-attr", text);
        }
        check_none("quote-attr", "{ a = b$0; }");
    }
}
