//! Modules in their short form, whose attributes are definitions, and in the long one, with `config` (and `options`) apart; conditions and
//! priorities of definitions.

use nival_syntax::ast::{Apply, AstNode, AttrSet, Binding, Expr, IfThenElse};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use super::context::Context;
use super::inline::with_blanks_before;
use super::layout::{STEP, indent_at, shift, starts_line};
use super::modules::{definition, first_name, first_name_of, function_name, module_body, prefix};
use super::place::{Level, level_of, wrapped};
use super::recursion::names_of;
use super::sort::with_comments;
use super::{Action, ActionKind, Found};

pub(super) const TO_LONG: Action = Action { id: "module-to-long", kind: ActionKind::Rewrite, run: to_long };
pub(super) const TO_SHORT: Action = Action { id: "module-to-short", kind: ActionKind::Rewrite, run: to_short };
pub(super) const IF_TO_MK_IF: Action = Action { id: "if-to-mkif", kind: ActionKind::Rewrite, run: if_to_mk_if };
pub(super) const PRIORITY: Action = Action { id: "priority", kind: ActionKind::Rewrite, run: priority };

/// Attributes of a module that are no definitions in its short form.
const OF_MODULE: [&[u8]; 7] = [b"imports", b"disabledModules", b"_file", b"key", b"_class", b"freeformType", b"meta"];

/// The set of a module, with the cursor before its brace or at it.
fn at_head<'a>(context: &Context<'a>) -> Option<AttrSet<Node<'a>>> {
    let (_, set) = module_body(context)?;
    let set = AttrSet::cast(set).filter(|set| set.rec_token().is_none())?;
    let head = TextRange::up_to(set.l_brace_token()?.range().end());
    (head.contains_range(context.range) && !context.has_error(set.range())).then_some(set)
}

fn to_long(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let set = at_head(context)?;
    let title = "Put the definitions into `config`";
    let entries: Vec<Node<'_>> = set.entries().map(|entry| *entry.syntax()).collect();
    let of_module = |entry: &Node<'_>| names_of(*entry).iter().all(|name| OF_MODULE.contains(&name.as_bytes()));
    let first_is = |entry: &Node<'_>, known: &[&[u8]]| names_of(*entry).iter().any(|name| known.contains(&name.as_bytes()));
    if entries.iter().any(|entry| first_is(entry, &[b"config", b"options", b"require"]))
        || entries.iter().any(|entry| names_of(*entry).is_empty())
    {
        return None;
    }
    let definitions: Vec<usize> = (0..entries.len()).filter(|&at| entries.get(at).is_some_and(|entry| !of_module(entry))).collect();
    let (&first, &last) = (definitions.first()?, definitions.last()?);
    let mixed = entries.iter().any(|entry| !of_module(entry) && first_is(entry, &OF_MODULE));
    if last - first + 1 != definitions.len() || mixed {
        return found.refuse(title, "`imports` or the like stand between the definitions");
    }
    let (first, last) = (*entries.get(first)?, *entries.get(last)?);
    let start = with_comments(context, first.range(), first.range().end()).start();
    let end = with_comments(context, last.range(), last.range().end()).end();
    found.add(title, |edits| {
        let text = &context.view.text;
        if starts_line(text, start) {
            let pad = indent_at(text, start).to_owned();
            edits.insert(start, format!("config = {{\n{pad}{}", " ".repeat(STEP)));
            for edit in shift(context.tree, TextRange::new(start, end), STEP as isize) {
                edits.replace(edit.range, edit.insert);
            }
            edits.insert(end, format!("\n{pad}}};"));
        } else {
            let ends_line = context.has_comment(TextRange::new(last.range().end(), end));
            edits.insert(start, "config = { ");
            edits.insert(end, if ends_line { "\n};" } else { " };" });
        }
    });
    Some(())
}

fn to_short(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let (_, body) = module_body(context)?;
    let set = AttrSet::cast(body).filter(|set| set.rec_token().is_none())?;
    let bindings: Vec<Binding<Node<'_>>> = set.syntax().children().filter_map(Binding::cast).collect();
    let own = |binding: &Binding<Node<'_>>| first_name(binding).is_some_and(|name| name.as_bytes() == b"config");
    let configs: Vec<&Binding<Node<'_>>> = bindings.iter().filter(|binding| own(binding)).collect();
    let at_config = configs.iter().any(|binding| {
        let name = binding.attrpath().and_then(|path| path.attrs().next()).map(|attr| attr.range());
        name.is_some_and(|name| name.contains_range(context.range))
    });
    if configs.is_empty() || !at_config && at_head(context).is_none() || context.has_error(set.range()) {
        return None;
    }
    let title = "Write the definitions without `config`";
    let others = set.entries().map(|entry| *entry.syntax()).filter(|entry| !configs.iter().any(|config| config.syntax() == entry));
    let all_of_module = others.into_iter().all(|entry| {
        let names = names_of(entry);
        !names.is_empty() && names.iter().all(|name| OF_MODULE.contains(&name.as_bytes()))
    });
    if !all_of_module {
        // With `options`, the long form is the only one.
        return None;
    }
    let clash = |name: Option<Name>| {
        name.is_none_or(|name| OF_MODULE.contains(&name.as_bytes()) || matches!(name.as_bytes(), b"config" | b"options" | b"require"))
    };
    enum Part<'a> {
        /// `config = { … }`
        Set(Binding<Node<'a>>, AttrSet<Node<'a>>),
        /// `config.a = …`
        Path(TextRange),
    }
    let mut parts = Vec::new();
    for config in configs {
        let attrs: Vec<_> = config.attrpath()?.attrs().collect();
        match (attrs.as_slice(), config.value()?) {
            ([_], Expr::AttrSet(inner)) if inner.rec_token().is_none() => {
                let entries: Vec<Node<'_>> = inner.entries().map(|entry| *entry.syntax()).collect();
                let clashes = entries.iter().any(|entry| match entry.kind() {
                    SyntaxKind::BINDING => clash(first_name_of(*entry)),
                    _ => names_of(*entry).into_iter().any(|name| clash(Some(name))),
                });
                let (open, close) = (inner.l_brace_token()?.range(), inner.r_brace_token()?.range());
                let commented = context.has_comment(TextRange::new(config.range().start(), open.start()))
                    || context.has_comment(TextRange::new(close.end(), config.range().end()));
                if clashes || commented {
                    return found.refuse(title, "a definition has a name that modules use themselves, or a comment would be lost");
                }
                parts.push(Part::Set(*config, inner));
            }
            ([first, second, ..], _) => {
                if clash(second.static_name()) {
                    return found.refuse(title, "a definition has a name that modules use themselves");
                }
                parts.push(Part::Path(TextRange::new(first.range().start(), second.range().start())));
            }
            _ => return found.refuse(title, "`config` is not a plain set"),
        }
    }
    if parts.iter().any(|part| matches!(part, Part::Path(range) if context.has_comment(*range))) {
        return found.refuse(title, "a comment would be lost");
    }
    found.add(title, |edits| {
        let text = &context.view.text;
        for part in &parts {
            match part {
                Part::Path(range) => edits.delete(*range),
                Part::Set(binding, inner) => {
                    let (Some(open), Some(close)) = (inner.l_brace_token(), inner.r_brace_token()) else { return };
                    let inside = TextRange::new(open.range().end(), close.range().start());
                    let content = context.text(inside);
                    let (head, tail) = (content.len() - content.trim_start().len(), content.trim_end().len());
                    if tail == 0 {
                        edits.delete(with_blanks_before(context, binding.range()));
                        continue;
                    }
                    let first = inside.start() + TextSize::new(head as u32);
                    let last = inside.start() + TextSize::new(tail as u32);
                    edits.delete(TextRange::new(binding.range().start(), first));
                    let columns = indent_at(text, binding.range().start()).len() as isize - indent_at(text, first).len() as isize;
                    if starts_line(text, first) {
                        for edit in shift(context.tree, TextRange::new(first, last), columns) {
                            edits.replace(edit.range, edit.insert);
                        }
                    }
                    let line_comment = context.text(TextRange::new(first, last)).rsplit('\n').next().is_some_and(|line| line.contains('#'));
                    let rest = text.get(usize::from(binding.range().end())..).unwrap_or_default();
                    let ends_line = rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n');
                    edits.replace(TextRange::new(last, binding.range().end()), if line_comment && !ends_line { "\n" } else { "" });
                }
            }
        }
    });
    Some(())
}

/// The `if` that is the value of a definition, with the cursor before its branches.
fn condition_of<'a>(context: &Context<'a>) -> Option<(IfThenElse<Node<'a>>, bool)> {
    let node: IfThenElse<Node<'a>> = context.node().or_else(|| match context.node::<Binding<Node<'a>>>()?.value()? {
        Expr::IfThenElse(node) => Some(node),
        _ => None,
    })?;
    let binding = context.parent(*node.syntax()).and_then(Binding::cast)?;
    let head = TextRange::new(binding.range().start(), node.then_token()?.range().end());
    if !head.contains_range(context.range) || context.has_error(binding.range()) {
        return None;
    }
    let (_, set) = module_body(context)?;
    let whole = context.parent(*binding.syntax()) == Some(set)
        && first_name(&binding).is_some_and(|name| name.as_bytes() == b"config")
        && binding.attrpath()?.attrs().count() == 1;
    let defined = whole || definition(context).is_some_and(|found| found == binding);
    defined.then_some((node, whole))
}

fn if_to_mk_if(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let (node, whole) = condition_of(context)?;
    let (condition, yes, no) = (node.condition()?, node.then_branch()?, node.else_branch()?);
    let place = *node.syntax();
    let mk_if = prefix(context, place, "mkIf")?;
    let empty = |expr: &Expr<Node<'_>>| matches!(expr, Expr::AttrSet(set) if set.entries().next().is_none());
    let outside = [
        TextRange::new(node.range().start(), condition.range().start()),
        TextRange::new(condition.range().end(), yes.range().start()),
        TextRange::new(yes.range().end(), no.range().start()),
    ];
    let title = if whole && empty(&no) { "Write `mkIf` in place of `if`" } else { "Write `mkMerge` with a `mkIf` for each branch" };
    if outside.iter().any(|range| context.has_comment(*range)) || whole && empty(&no) && context.has_comment(no.range()) {
        return found.refuse(title, "a comment would be lost");
    }
    let argument = |expr: &Expr<Node<'_>>| wrapped(context.text_of(*expr), level_of(expr), Level::Select);
    // Nothing is defined where the condition is false: for all of `config`, that is what an empty set says, too.
    if whole && empty(&no) {
        found.add(title, |edits| edits.replace(node.range(), format!("{mk_if}mkIf {} {}", argument(&condition), argument(&yes))));
        return Some(());
    }
    if matches!(no, Expr::IfThenElse(_)) {
        return None;
    }
    let merge = prefix(context, place, "mkMerge")?;
    found.add(title, |edits| {
        let negated = format!("(!{})", wrapped(context.text_of(condition), level_of(&condition), Level::HasAttr));
        let pad = " ".repeat(indent_at(&context.view.text, node.range().start()).len());
        let inner = format!("{pad}{}", " ".repeat(STEP));
        let text = format!(
            "{merge}mkMerge [\n{inner}({mk_if}mkIf {} {})\n{inner}({mk_if}mkIf {negated} {})\n{pad}]",
            argument(&condition),
            argument(&yes),
            argument(&no)
        );
        edits.replace(node.range(), text);
    });
    Some(())
}

/// Functions of `lib` that give a definition a priority, with it.
const PRIORITIES: [(&str, &str); 4] = [("mkForce", "50"), ("mkDefault", "1000"), ("mkOptionDefault", "1500"), ("mkVMOverride", "10")];

fn priority(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let apply: Apply<Node<'_>> = context.node()?;
    // The innermost call is that with the first argument.
    let name = function_name(context, &apply)?;
    let head = apply.function()?;
    let in_head = |apply: &Apply<Node<'_>>| apply.function().is_some_and(|head| head.range().contains_range(context.range));
    if !in_head(&apply) || context.has_error(apply.range()) || matches!(head, Expr::Apply(_)) {
        return None;
    }
    if let Some((_, number)) = PRIORITIES.iter().find(|(known, _)| *known == name) {
        let prefix = prefix(context, *apply.syntax(), "mkOverride")?;
        found.add(format!("Write `mkOverride {number}`"), |edits| edits.replace(head.range(), format!("{prefix}mkOverride {number}")));
    } else if name == "mkOverride" {
        let argument = apply.argument()?;
        let number = context.text_of(argument);
        let (function, _) = PRIORITIES.iter().find(|(_, known)| *known == number)?;
        let prefix = prefix(context, *apply.syntax(), function)?;
        if context.has_comment(apply.range()) {
            return None;
        }
        found.add(format!("Write `{function}`"), |edits| edits.replace(apply.range(), format!("{prefix}{function}")));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn short_modules_become_long() {
        check(
            "module-to-long",
            "{ config, lib, ... }:\n\n{$0\n  imports = [ ./a.nix ];\n\n  # of b\n  b.c = 1; # c\n  d = ''\n    x\n  '';\n}\n",
            expect![[r#"
                { config, lib, ... }:

                {
                  imports = [ ./a.nix ];

                  config = {
                    # of b
                    b.c = 1; # c
                    d = ''
                      x
                    '';
                  };
                }
            "#]],
        );
        check(
            "module-to-long",
            "{ lib$0, ... }: { a = 1; }",
            expect![[r#"
            { lib, ... }: {
              config = {
                a = 1;
              };
            }"#]],
        );
        for text in [
            "{ lib$0, ... }: { config = 1; }",
            "{ lib$0, ... }: { options = 1; }",
            "{ lib$0, ... }: { a = 1; imports = [ ]; b = 2; }",
            "{ lib$0, ... }: { imports = [ ]; }",
            "{ lib$0 }: { a = 1; }",
            "{ lib, ... }: { a$0 = 1; }",
        ] {
            check_none("module-to-long", text);
        }
    }

    #[test]
    fn long_modules_become_short() {
        check(
            "module-to-short",
            "{ config, lib, ... }:\n\n{\n  imports = [ ./a.nix ];\n\n  con$0fig = {\n    # of b\n    b.c = 1; # c\n    d = ''\n      x\n    '';\n    # end\n  };\n}\n",
            expect![[r#"
                { config, lib, ... }:

                {
                  imports = [ ./a.nix ];

                  # of b
                  b.c = 1; # c
                  d = ''
                    x
                  '';
                  # end
                }
            "#]],
        );
        check("module-to-short", "{ lib$0, ... }: { config.a = 1; config.b = 2; }", expect!["{ lib, ... }: { a = 1; b = 2; }"]);
        for text in [
            "{ lib$0, ... }: { options = 1; config = { }; }",
            "{ lib$0, ... }: { config = lib.mkIf a { }; }",
            "{ lib$0, ... }: { config = { imports = 1; }; }",
            "{ lib$0, ... }: { config.meta.a = 1; }",
        ] {
            check_none("module-to-short", text);
        }
    }

    #[test]
    fn conditions_of_definitions() {
        check(
            "if-to-mkif",
            "{ config, lib, ... }: { config = i$0f a == 1 then { b = 1; } else { }; }",
            expect!["{ config, lib, ... }: { config = lib.mkIf (a == 1) { b = 1; }; }"],
        );
        check(
            "if-to-mkif",
            "{ config, lib, ... }:\n{\n  a.b$0 = if a then [ 1 ] else f 2;\n}\n",
            expect![[r#"
            { config, lib, ... }:
            {
              a.b = lib.mkMerge [
                (lib.mkIf a [ 1 ])
                (lib.mkIf (!a) (f 2))
              ];
            }
        "#]],
        );
        for text in [
            "{ config, ... }: { config = i$0f a then { } else { }; }",
            "{ lib, ... }: { a = f (i$0f b then c else d); }",
            "{ lib }: { a = i$0f b then c else d; }",
            "{ lib, ... }: { imports = i$0f b then c else d; }",
        ] {
            check_none("if-to-mkif", text);
        }
    }

    #[test]
    fn priorities() {
        check("priority", "{ lib, ... }: { a = lib.mk$0Force 1; }", expect!["{ lib, ... }: { a = lib.mkOverride 50 1; }"]);
        check(
            "priority",
            "{ lib, ... }: with lib; { a = mkOver$0ride 1000 (b c); }",
            expect!["{ lib, ... }: with lib; { a = mkDefault (b c); }"],
        );
        check_none("priority", "{ lib, ... }: { a = lib.mkOver$0ride 7 1; }");
        check_none("priority", "{ lib, ... }: { a = lib.mkForce 1$0; }");
    }
}
