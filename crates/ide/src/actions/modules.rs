//! Values of options: with a condition, a priority, or a merge around them, and without.

use nival_syntax::ast::{Apply, AstNode, Attr, Binding, Expr, Lambda, Param};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange};

use super::context::Context;
use super::names::Meaning;
use super::place::{Level, level_of, wrapped};
use super::{Action, ActionKind, Found};

pub(super) const WRAP: Action = Action { id: "wrap-option", kind: ActionKind::Rewrite, run: wrap };
pub(super) const UNWRAP: Action = Action { id: "unwrap-option", kind: ActionKind::Rewrite, run: unwrap };

/// What a value can be wrapped in, with what stands before and behind it.
const WRAPPERS: [(&str, &str, &str); 7] = [
    ("mkIf", " true ", ""),
    ("mkMerge", " [ ", " ]"),
    ("mkDefault", " ", ""),
    ("mkForce", " ", ""),
    // The priority that a plain definition has.
    ("mkOverride", " 100 ", ""),
    ("mkBefore", " ", ""),
    ("mkAfter", " ", ""),
];

/// Attributes of a module that are no options.
const NO_OPTIONS: [&str; 7] = ["options", "imports", "disabledModules", "meta", "_file", "key", "freeformType"];

/// Whether the file is a module, as far as its outermost expression tells: a function of `config`, `lib` or `options` and more, or a set
/// with what only modules have.
pub(super) fn module_body<'a>(context: &Context<'a>) -> Option<(Option<Lambda<Node<'a>>>, Node<'a>)> {
    let mut at = context.tree.root().children().find_map(Expr::cast)?;
    let mut function = None;
    loop {
        at = match at {
            Expr::Lambda(lambda) => {
                let Some(Param::PatternParam(pattern)) = lambda.param() else { return None };
                let known = |name: Name| matches!(name.as_bytes(), b"config" | b"lib" | b"options");
                if function.is_some()
                    || pattern.ellipsis_token().is_none()
                    || !pattern.formals().filter_map(|formal| formal.ident()).any(known)
                {
                    return None;
                }
                function = Some(lambda);
                lambda.body()?
            }
            Expr::LetIn(node) => node.body()?,
            Expr::With(node) => node.body()?,
            Expr::Paren(node) => node.expr()?,
            Expr::AttrSet(set) => {
                let own = |name: Name| matches!(name.as_bytes(), b"config" | b"options" | b"imports");
                let marked = set.syntax().children().filter_map(Binding::cast).filter_map(|binding| first_name(&binding)).any(own);
                return (function.is_some() || marked).then_some((function, *set.syntax()));
            }
            _ => return None,
        };
    }
}

/// The attribute that an entry begins with, if it is a binding.
pub(super) fn first_name_of(entry: Node<'_>) -> Option<Name> {
    first_name(&Binding::cast(entry)?)
}

/// The attribute that a binding begins with.
pub(super) fn first_name(binding: &Binding<Node<'_>>) -> Option<Name> {
    binding.attrpath()?.attrs().next()?.static_name()
}

/// The definition of an option that the cursor is at the name of.
pub(super) fn definition<'a>(context: &Context<'a>) -> Option<Binding<Node<'a>>> {
    let binding: Binding<Node<'a>> = context.node()?;
    let head = TextRange::new(binding.range().start(), binding.value()?.range().start());
    if !head.contains_range(context.range) || context.has_error(binding.range()) {
        return None;
    }
    let (_, set) = module_body(context)?;
    let around = context.ancestors(*binding.syntax());
    let at = around.iter().position(|node| *node == set)?;
    // Nothing but sets and the functions that wrap them lies between.
    let plain = |node: &Node<'_>| {
        matches!(node.kind(), SyntaxKind::ATTR_SET | SyntaxKind::BINDING | SyntaxKind::APPLY | SyntaxKind::LIST | SyntaxKind::PAREN)
    };
    let outermost = if at == 0 { *binding.syntax() } else { *around.get(at - 1)? };
    let outermost = Binding::cast(outermost)?;
    let first = first_name(&outermost)?;
    let is_option = !NO_OPTIONS.contains(&&*first.to_str());
    // `config = { … }` itself, and attributes of calls' arguments, are none.
    let whole = first.as_bytes() == b"config" && outermost == binding && binding.attrpath()?.attrs().count() == 1;
    let argument = around.iter().take(at).zip(around.iter().take(at).skip(1)).any(|(node, parent)| {
        let wrapper = |apply: Apply<Node<'_>>| wrapper_of(context, &apply).is_some();
        parent.kind() == SyntaxKind::APPLY && node.kind() == SyntaxKind::ATTR_SET && !Apply::cast(*parent).is_some_and(wrapper)
    });
    (is_option && !whole && !argument && around.iter().take(at).all(plain)).then_some(binding)
}

/// How the functions of `lib` are written at a place: `lib.` before them, or nothing.
pub(super) fn prefix(context: &Context<'_>, node: Node<'_>, function: &str) -> Option<&'static str> {
    let withs = match context.meaning_at(node, Name::new(function)) {
        Meaning::With(withs) => withs,
        _ => Vec::new(),
    };
    let of_lib = |with: &Node<'_>| with.children().next().is_some_and(|set| matches!(set.text(), b"lib" | b"pkgs.lib"));
    // Who opens `lib` means to write its names alone.
    if withs.first().is_some_and(of_lib) {
        return Some("");
    }
    if let Meaning::Bound(_) = context.meaning_at(node, Name::new("lib")) {
        return Some("lib.");
    }
    withs.iter().any(of_lib).then_some("")
}

fn wrap(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let binding = definition(context)?;
    let value = binding.value()?;
    if context.is_part(*value.syntax()) {
        return None;
    }
    let own = match value {
        Expr::Apply(apply) => wrapper_of(context, &apply),
        _ => None,
    };
    for (function, before, behind) in WRAPPERS {
        // The order of items is a matter of lists and lines.
        let ordered = matches!(function, "mkBefore" | "mkAfter");
        if ordered && !matches!(value, Expr::List(_) | Expr::Str(_) | Expr::IndentedStr(_)) || own.is_some_and(|own| own.0 == function) {
            continue;
        }
        let Some(prefix) = prefix(context, *value.syntax(), function) else { continue };
        found.add(format!("Wrap in `{function}`"), |edits| {
            let open = format!("{prefix}{function}{before}");
            if level_of(&value) >= Level::Select {
                edits.insert(value.range().start(), open);
                edits.insert(value.range().end(), behind);
            } else {
                let text = wrapped(context.text_of(value), level_of(&value), Level::Select);
                edits.replace(value.range(), format!("{open}{text}{behind}"));
            }
        });
    }
    Some(())
}

/// The wrapper that is called, and the value in it.
fn wrapper_of<'a>(context: &Context<'a>, apply: &Apply<Node<'a>>) -> Option<(&'static str, Expr<Node<'a>>)> {
    let argument = apply.argument()?;
    let mut arguments = 1;
    let mut inner = apply.function()?;
    while let Expr::Apply(apply) = inner {
        inner = apply.function()?;
        arguments += 1;
    }
    let name = function_name(context, apply)?;
    let &(known, ..) = WRAPPERS.iter().find(|(known, ..)| *known == name)?;
    (arguments == if matches!(known, "mkIf" | "mkOverride") { 2 } else { 1 }).then_some((known, argument))
}

/// The name that a function is called by: itself, or the last part of a selection.
pub(super) fn function_name<'a>(context: &Context<'a>, apply: &Apply<Node<'a>>) -> Option<&'a str> {
    let mut function = apply.function()?;
    while let Expr::Apply(inner) = function {
        function = inner.function()?;
    }
    match function {
        Expr::NameRef(name) => Some(context.text(name.range())),
        Expr::Select(select) => match select.attrpath()?.attrs().last()? {
            Attr::Name(name) => Some(context.text(name.range())),
            _ => None,
        },
        _ => None,
    }
}

fn unwrap(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let binding: Binding<Node<'_>> = context.node()?;
    module_body(context)?;
    let Expr::Apply(apply) = binding.value()? else { return None };
    let (function, inner) = wrapper_of(context, &apply)?;
    let head = TextRange::new(binding.range().start(), inner.range().start());
    if !head.contains_range(context.range) || context.has_error(binding.range()) {
        return None;
    }
    let inner = match inner {
        Expr::List(list) if function == "mkMerge" => {
            let mut items = list.items();
            match (items.next(), items.next()) {
                (Some(item), None) => item,
                _ => return None,
            }
        }
        _ if function == "mkMerge" => return None,
        Expr::Paren(paren) => paren.expr()?,
        inner => inner,
    };
    let (start, end) = (apply.range().start(), apply.range().end());
    if context.has_comment(TextRange::new(start, inner.range().start())) || context.has_comment(TextRange::new(inner.range().end(), end)) {
        return found.refuse(format!("Remove `{function}`"), "a comment would be lost");
    }
    found.add(format!("Remove `{function}`"), |edits| {
        edits.delete(TextRange::new(start, inner.range().start()));
        edits.delete(TextRange::new(inner.range().end(), end));
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none, check_nth};

    #[test]
    fn values_are_wrapped() {
        let text = "{ config, lib, ... }:\n{\n  services.a$0.enable = x y;\n}\n";
        check("wrap-option", text, expect!["{ config, lib, ... }:\n{\n  services.a.enable = lib.mkIf true (x y);\n}\n"]);
        check_nth("wrap-option", 1, text, expect!["{ config, lib, ... }:\n{\n  services.a.enable = lib.mkMerge [ (x y) ];\n}\n"]);
        check_nth("wrap-option", 3, text, expect!["{ config, lib, ... }:\n{\n  services.a.enable = lib.mkForce (x y);\n}\n"]);
        check_nth(
            "wrap-option",
            5,
            "{ pkgs, config, ... }: with pkgs.lib; { config = mkIf a { b$0 = [ ]; }; }",
            expect!["{ pkgs, config, ... }: with pkgs.lib; { config = mkIf a { b = mkBefore [ ]; }; }"],
        );
        for text in [
            "{ a }: { b$0 = 1; }",
            "{ lib, ... }: { options.a$0 = 1; }",
            "{ lib, ... }: { imports$0 = [ ]; }",
            "{ lib, ... }: { config$0 = { }; }",
            "{ lib, ... }: { a = pkgs.f { b$0 = 1; }; }",
            "{ config, ... }: { a$0 = 1; }",
            "{ lib, ... }: { a$0 = { }; a.b = 1; }",
        ] {
            check_none("wrap-option", text);
        }
    }

    #[test]
    fn values_are_unwrapped() {
        check("unwrap-option", "{ lib, ... }: { a$0 = lib.mkForce (b c); }", expect!["{ lib, ... }: { a = b c; }"]);
        check(
            "unwrap-option",
            "{ lib, ... }: { a = lib.mk$0If c { d = 1; }; }",
            expect![[r#"
            { lib, ... }: {
              a = {
                d = 1;
              };
            }"#]],
        );
        check("unwrap-option", "{ lib, ... }: { a$0 = lib.mkMerge [ b ]; }", expect!["{ lib, ... }: { a = b; }"]);
        check_none("unwrap-option", "{ lib, ... }: { a$0 = lib.mkMerge [ b c ]; }");
        check_none("unwrap-option", "{ lib, ... }: { a$0 = lib.mkIf c; }");
    }
}
