//! What the text refers to and nobody has written: a file, an attribute of a set, an option.

use std::path::PathBuf;

use nival_syntax::ast::{Apply, AstNode, AttrSet, Binding, Expr, LetIn, Select};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind};

use super::context::Context;
use super::inline::variable;
use super::layout::{STEP, indent_at, insert_entry, starts_line};
use super::modules::{first_name_of, module_body, prefix};
use super::names::{Meaning, is_rec};
use super::recursion::names_of;
use super::{Action, ActionKind, Found};
use crate::hover::resolve_path;
use crate::source_change::FileOperation;

pub(super) const FILE: Action = Action { id: "create-file", kind: ActionKind::QuickFix, run: file };
pub(super) const ATTRIBUTE: Action = Action { id: "add-attribute", kind: ActionKind::QuickFix, run: attribute };
pub(super) const OPTION: Action = Action { id: "declare-option", kind: ActionKind::QuickFix, run: option };

/// At a path at which there is nothing.
fn file(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = *context.around.first().filter(|node| node.kind() == SyntaxKind::PATH)?;
    let written = std::str::from_utf8(node.text()).ok().filter(|_| node.children().next().is_none())?;
    if !written.starts_with('.') || context.has_error(node.range()) {
        return None;
    }
    let path = resolve_path(context.snapshot, context.query.path, written)?;
    let exists = |path: &PathBuf| context.snapshot.is_file(path) || context.snapshot.system().metadata(path).is_ok();
    if exists(&path) {
        return None;
    }
    let name = path.file_name()?.to_str()?;
    let is_code = name.ends_with(".nix");
    // A folder, whose `default.nix` is meant, where code is expected.
    let content = content(context, node);
    let (path, text) = match (is_code, name.contains('.'), content) {
        (true, _, content) => (path, content.unwrap_or_else(|| "{ }\n".to_owned())),
        (false, false, Some(content)) => (path.join("default.nix"), content),
        _ => (path, String::new()),
    };
    let shown = match path.parent().filter(|_| path.ends_with("default.nix") && !is_code) {
        Some(_) => format!("{written}/default.nix"),
        None => written.to_owned(),
    };
    found.add_with_files(format!("Create `{shown}`"), |edits| edits.operation(FileOperation::Create { path, text }));
    Some(())
}

/// What a file holds for the place that names it; `None` where any file could be meant.
fn content(context: &Context<'_>, path: Node<'_>) -> Option<String> {
    let around = context.ancestors(path);
    let parent = *around.first()?;
    if parent.kind() == SyntaxKind::LIST {
        let binding = Binding::cast(*around.get(1)?)?;
        let imports = binding.attrpath()?.attrs().last()?.static_name()?;
        return matches!(imports.as_bytes(), b"imports" | b"modules").then(|| "{ config, lib, pkgs, ... }:\n\n{\n}\n".to_owned());
    }
    let call = Apply::cast(parent).filter(|call| call.argument().is_some_and(|argument| *argument.syntax() == path))?;
    let function = match call.function()? {
        Expr::NameRef(name) => context.text(name.range()),
        Expr::Select(select) => context.text(select.attrpath()?.attrs().last()?.range()),
        _ => return None,
    };
    if function != "import" && !function.starts_with("callPackage") {
        return None;
    }
    // What it is called with are its arguments.
    let argument =
        around.get(1).and_then(|&node| Apply::cast(node)).filter(|outer| outer.function().is_some_and(|it| *it.syntax() == parent));
    let names = match argument.and_then(|outer| outer.argument()) {
        Some(Expr::AttrSet(set)) => {
            let names = set.entries().flat_map(|entry| names_of(*entry.syntax())).filter_map(variable);
            Some(names.collect::<Vec<String>>())
        }
        _ => None,
    };
    Some(match names {
        Some(mut names) => {
            if function != "import" {
                names.insert(0, "lib".to_owned());
                names.dedup();
            }
            if names.is_empty() { "{ }:\n\n{ }\n".to_owned() } else { format!("{{ {} }}:\n\n{{ }}\n", names.join(", ")) }
        }
        None => "{ }\n".to_owned(),
    })
}

/// At `b` of `a.b`, where `a` is bound to a plain set without `b`.
fn attribute(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = *context.around.first().filter(|node| node.kind() == SyntaxKind::NAME)?;
    let select: Select<Node<'_>> = context.around.iter().take(3).find_map(|&node| Select::cast(node))?;
    let attrs: Vec<_> = select.attrpath()?.attrs().collect();
    let at = attrs.iter().position(|attr| *attr.syntax() == node)?;
    let (Expr::NameRef(base), None) = (select.base()?, select.or_token()) else { return None };
    let name = base.name()?;
    let Meaning::Bound(scope) = context.meaning_at(*base.syntax(), name) else { return None };
    if scope.kind() != SyntaxKind::LET_IN && !(scope.kind() == SyntaxKind::ATTR_SET && is_rec(scope)) {
        return None;
    }
    // The set in which the name is looked up, along literals.
    let mut set = plain_set(scope, name)?;
    for attr in attrs.get(..at)? {
        set = plain_set(*set.syntax(), attr.static_name()?)?;
    }
    let wanted = attrs.get(at)?.static_name()?;
    let entries: Vec<Node<'_>> = set.entries().map(|entry| *entry.syntax()).collect();
    let known = |entry: &Node<'_>| names_of(*entry);
    if context.has_error(set.range()) || entries.iter().any(|entry| known(entry).is_empty() || known(entry).contains(&wanted)) {
        return None;
    }
    // What is selected from it is a set.
    let value = if at + 1 < attrs.len() { "{ }" } else { "null" };
    let owner = context.text(nival_syntax::TextRange::new(base.range().start(), node.range().start())).trim_end_matches(['.', ' ', '\n']);
    let edit = insert_entry(&context.view.text, &set, &format!("{} = {value};", context.text(node.range())))?;
    found.add(format!("Add `{}` to `{owner}`", context.text(node.range())), |edits| edits.replace(edit.0, edit.1));
    Some(())
}

/// The set literal that a name is bound to in a `let` or a set, alone and in one part.
fn plain_set<'a>(scope: Node<'a>, name: Name) -> Option<AttrSet<Node<'a>>> {
    let mut entries = scope.children().filter(|entry| names_of(*entry).contains(&name));
    let (entry, None) = (entries.next()?, entries.next()) else { return None };
    let binding = Binding::cast(entry)?;
    binding.attrpath()?.single_name()?;
    match binding.value()? {
        Expr::AttrSet(set) => Some(set),
        _ => None,
    }
}

/// At `b` of `cfg.b`, where `cfg = config.a;` and the module declares options below `a`, but not `a.b`.
fn option(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = *context.around.first().filter(|node| node.kind() == SyntaxKind::NAME)?;
    let select: Select<Node<'_>> = context.around.iter().take(3).find_map(|&node| Select::cast(node))?;
    let (_, module) = module_body(context)?;
    let attrs: Vec<_> = select.attrpath()?.attrs().collect();
    let at = attrs.iter().position(|attr| *attr.syntax() == node)?;
    let mut path: Vec<Name> = attrs.get(..=at)?.iter().map(|attr| attr.static_name()).collect::<Option<_>>()?;
    let Expr::NameRef(base) = select.base()? else { return None };
    let name = base.name()?;
    if name.as_bytes() != b"config" {
        // `cfg = config.…;`
        let Meaning::Bound(scope) = context.meaning_at(*base.syntax(), name) else { return None };
        let outer = LetIn::cast(scope)?;
        let bound = outer.entries().map(|entry| *entry.syntax()).find(|entry| first_name_of(*entry) == Some(name))?;
        let Expr::Select(value) = Binding::cast(bound)?.value()? else { return None };
        if !matches!(value.base()?, Expr::NameRef(base) if base.syntax().text() == b"config") || value.or_token().is_some() {
            return None;
        }
        let start: Vec<Name> = value.attrpath()?.attrs().map(|attr| attr.static_name()).collect::<Option<_>>()?;
        path = [start, path].concat();
    }
    let (wanted, above) = path.split_last()?;
    let module = AttrSet::cast(module)?;
    let mut whole = vec![Name::new("options")];
    whole.extend_from_slice(above);
    let set = declared(&module, &whole)?;
    if above.is_empty() || set.entries().any(|entry| names_of(*entry.syntax()).is_empty() || names_of(*entry.syntax()).contains(wanted)) {
        return None;
    }
    // The same path may be declared in another part.
    let mut whole_path = whole.clone();
    whole_path.push(*wanted);
    if mentions(&module, &whole_path) {
        return None;
    }
    let place = *set.syntax();
    let (option, own) = (prefix(context, place, "mkOption")?, context.text(node.range()));
    let kind = prefix(context, place, "types")?;
    let pad = match set.entries().last() {
        Some(last) if starts_line(&context.view.text, last.range().start()) => {
            indent_at(&context.view.text, last.range().start()).to_owned()
        }
        _ => " ".repeat(indent_at(&context.view.text, place.range().start()).len() + STEP),
    };
    let step = " ".repeat(STEP);
    let (value, default) =
        if is_condition(context, *select.syntax()) { ("bool", format!("{pad}{step}default = false;\n")) } else { ("str", String::new()) };
    let entry =
        format!("{own} = {option}mkOption {{\n{pad}{step}type = {kind}types.{value};\n{default}{pad}{step}description = \"\";\n{pad}}};");
    let edit = insert_entry(&context.view.text, &set, &entry)?;
    let shown: Vec<String> = path.iter().map(ToString::to_string).collect();
    found.add(format!("Declare the option `{}`", shown.join(".")), |edits| edits.replace(edit.0, edit.1));
    Some(())
}

/// The set that a path leads to along literals, `a.b = { … }` and `a = { b = { … }; }` alike.
fn declared<'a>(set: &AttrSet<Node<'a>>, path: &[Name]) -> Option<AttrSet<Node<'a>>> {
    if path.is_empty() {
        return Some(*set);
    }
    set.syntax().children().filter_map(Binding::cast).find_map(|binding| {
        let names: Vec<Name> = binding.attrpath()?.attrs().map(|attr| attr.static_name()).collect::<Option<_>>()?;
        let rest = path.strip_prefix(names.as_slice())?;
        match binding.value()? {
            Expr::AttrSet(inner) => declared(&inner, rest),
            _ => None,
        }
    })
}

/// Whether some binding of the set is at a path, above it, or below it, with a value that is no plain set.
fn mentions(set: &AttrSet<Node<'_>>, path: &[Name]) -> bool {
    set.syntax().children().filter_map(Binding::cast).any(|binding| {
        let Some(attrs) = binding.attrpath() else { return false };
        let names: Vec<Name> = attrs.attrs().map_while(|attr| attr.static_name()).collect();
        match path.strip_prefix(names.as_slice()) {
            Some([]) => true,
            Some(rest) => match binding.value() {
                Some(Expr::AttrSet(inner)) => mentions(&inner, rest),
                _ => true,
            },
            None => names.starts_with(path),
        }
    })
}

/// Whether a value is asked for where a condition is.
fn is_condition(context: &Context<'_>, node: Node<'_>) -> bool {
    let Some(parent) = context.parent(node) else { return false };
    let first = parent.children().next() == Some(node);
    match parent.kind() {
        SyntaxKind::IF_THEN_ELSE | SyntaxKind::ASSERT => first,
        SyntaxKind::UNARY_OP => true,
        SyntaxKind::BINARY_OP => nival_syntax::ast::BinaryOp::cast(parent).and_then(|op| op.op_kind()).is_some_and(|op| {
            matches!(
                op,
                nival_syntax::ast::BinaryOpKind::And | nival_syntax::ast::BinaryOpKind::Or | nival_syntax::ast::BinaryOpKind::Implies
            )
        }),
        SyntaxKind::APPLY => Apply::cast(parent).is_some_and(|apply| {
            !matches!(apply.function(), Some(Expr::Apply(_)))
                && super::modules::function_name(context, &apply)
                    .is_some_and(|name| matches!(name, "mkIf" | "optional" | "optionals" | "optionalString" | "optionalAttrs"))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn files_that_are_missing() {
        check(
            "create-file",
            "//- /d/main.nix\nb: import ./a$0.nix { inherit b; c = 1; }\n",
            expect![[r#"
            //- /d/a.nix (new)
            { b, c }:

            {
            }
        "#]],
        );
        check(
            "create-file",
            "//- /d/main.nix\n{ imports = [ ./a$0 ]; }\n",
            expect![[r#"
            //- /d/a/default.nix (new)
            {
              config,
              lib,
              pkgs,
              ...
            }:

            {
            }
        "#]],
        );
        check(
            "create-file",
            "//- /d/main.nix\ncallPackage ../a/b$0.nix { }\n",
            expect![[r#"
            //- /a/b.nix (new)
            { lib }:

            {
            }
        "#]],
        );
        check(
            "create-file",
            "//- /d/main.nix\n[ ./a$0.txt ]\n",
            expect![[r#"
            //- /d/a.txt (new)
        "#]],
        );
        check_none("create-file", "//- /main.nix\nimport ./a$0.nix\n//- /a.nix\n1\n");
        check_none("create-file", "//- /main.nix\n./a$0/${b}\n");
    }

    #[test]
    fn attributes_that_are_missing() {
        check("add-attribute", "let a = { b = 1; }; in a.c$0", expect!["let a = { b = 1; c = null; }; in a.c"]);
        check(
            "add-attribute",
            "let\n  a = {\n    b = { };\n  };\nin\na.b.c$0.d\n",
            expect![[r#"
            let
              a = {
                b = {
                  c = { };
                };
              };
            in
            a.b.c.d
        "#]],
        );
        for text in [
            "let a = { b = 1; }; in a.b$0",
            "let a = { ${b} = 1; }; in a.c$0",
            "let a = f { }; in a.c$0",
            "let a = { }; in a.c$0 or 1",
            "let a.b = 1; in a.c$0",
            "a: a.c$0",
        ] {
            check_none("add-attribute", text);
        }
    }

    #[test]
    fn options_that_are_missing() {
        check(
            "declare-option",
            "{ config, lib, ... }:\nlet\n  cfg = config.services.a;\nin\n{\n  options.services.a = {\n    b = lib.mkOption { };\n  };\n  config = lib.mkIf cfg.c$0 { };\n}\n",
            expect![[r#"
                { config, lib, ... }:
                let
                  cfg = config.services.a;
                in
                {
                  options.services.a = {
                    b = lib.mkOption { };
                    c = lib.mkOption {
                      type = lib.types.bool;
                      default = false;
                      description = "";
                    };
                  };
                  config = lib.mkIf cfg.c { };
                }
            "#]],
        );
        check(
            "declare-option",
            "{ config, lib, ... }: with lib; { options = { a.b = { }; }; config.d = config.a.b.c$0; }",
            expect![[r#"
            { config, lib, ... }: with lib; { options = { a.b = { c = mkOption {
                type = types.str;
                description = "";
              }; }; }; config.d = config.a.b.c; }"#]],
        );
        for text in [
            "{ config, lib, ... }: { options.a = { b = 1; }; config.d = config.a.b$0; }",
            "{ config, lib, ... }: { options.a = { c = 1; }; options.a.b = 1; config.d = config.a.b$0; }",
            "{ config, lib, ... }: { options.a = f { }; config.d = config.a.b$0; }",
            "{ config, lib, ... }: { config.d = config.a.b$0; }",
        ] {
            check_none("declare-option", text);
        }
    }
}
