//! Arguments between a file and who calls it: `import ./x.nix { … }` and `callPackage ./x.nix { … }`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nival_engine::Snapshot;
use nival_index::Reach;
use nival_syntax::ast::{Apply, AstNode, Attr, Expr, Lambda, Param, PatternParam, SourceFile};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{Name, SyntaxKind, TextRange};

use super::add_formal::insert_into;
use super::context::Context;
use super::inline::variable;
use super::layout::insert_entry;
use super::names::{Meaning, meaning};
use super::{Action, ActionKind, Found};
use crate::hover::resolve_path;

pub(super) const FORMAL: Action = Action { id: "add-formal-of-call", kind: ActionKind::QuickFix, run: formal_of_call };
pub(super) const PASS: Action = Action { id: "add-formal-and-pass", kind: ActionKind::QuickFix, run: formal_and_pass };

/// The arguments that the function of a file names.
pub(super) fn pattern_of_file(tree: &FlatTree) -> Option<PatternParam<Node<'_>>> {
    let mut expr = SourceFile::cast(tree.root())?.expr()?;
    while let Expr::Paren(paren) = expr {
        expr = paren.expr()?;
    }
    match Lambda::cast(*expr.syntax())?.param()? {
        Param::PatternParam(pattern) => Some(pattern),
        Param::NameParam(_) => None,
    }
}

/// The file that a path literal means: itself, or `default.nix` in it.
pub(super) fn file_of(snapshot: &Snapshot, from: &Path, literal: &Expr<Node<'_>>) -> Option<Arc<Path>> {
    let Expr::Path(path) = literal else { return None };
    if path.syntax().children().next().is_some() {
        return None;
    }
    let found = resolve_path(snapshot, from, std::str::from_utf8(path.syntax().text()).ok()?)?;
    let inside = found.join("default.nix");
    [inside, found].into_iter().find(|path| snapshot.is_file(path)).map(Arc::from)
}

/// The path that `import` or a `callPackage` is called with.
fn called_path<'a>(function: &Expr<Node<'a>>) -> Option<Expr<Node<'a>>> {
    let Expr::Apply(apply) = function else { return None };
    let name = match apply.function()? {
        Expr::NameRef(name) => name.name()?,
        Expr::Select(select) => select.attrpath()?.attrs().last()?.static_name()?,
        _ => return None,
    };
    let known = name.as_bytes() == b"import" || name.as_bytes().starts_with(b"callPackage");
    if known { apply.argument() } else { None }
}

/// At the name of an argument that a file is called with and does not take.
fn formal_of_call(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let entry = context.around.iter().position(|node| matches!(node.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT))?;
    let set = *context.around.get(entry + 1).filter(|set| set.kind() == SyntaxKind::ATTR_SET)?;
    let apply = Apply::cast(*context.around.get(entry + 2)?).filter(|apply| apply.argument().is_some_and(|it| *it.syntax() == set))?;
    let attr = context.around.iter().take(entry).find_map(|&node| Attr::cast(node))?;
    // Only the first name of a path is an argument.
    let own = context.around.get(entry)?;
    let first = own.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH).and_then(|path| path.children().next());
    if first.is_some_and(|first| first != *attr.syntax()) || !own.range().contains_range(attr.range()) {
        return None;
    }
    let name = attr.static_name()?;
    let text = variable(name)?;
    let file = file_of(context.snapshot, context.query.path, &called_path(&apply.function()?)?)?;
    let tree = context.snapshot.flat_tree(&file).ok()??;
    let pattern = pattern_of_file(&tree)?;
    if pattern.formals().any(|formal| formal.ident() == Some(name)) || !tree.errors().is_empty() {
        return None;
    }
    let other = context.snapshot.text(&file)?;
    let shown = file.file_name()?.to_string_lossy().into_owned();
    found.add(format!("Add `{text}` to the arguments of `{shown}`"), |edits| {
        insert_into(&other, &pattern, |range, insert| edits.replace_in(&file, range, insert), &text);
    });
    Some(())
}

/// Callers at most: the request comes with each movement of the cursor.
const MAX_CALLERS: usize = 12;

/// A name that nothing defines becomes an argument of the file, and who imports the file passes it.
fn formal_and_pass(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = *context.around.first().filter(|node| node.kind() == SyntaxKind::NAME_REF)?;
    let name = Name::new(node.text());
    let text = variable(name)?;
    let pattern = pattern_of_file(context.tree)?;
    if context.meaning_at(node, name) != Meaning::Undefined {
        return None;
    }
    let project = context.snapshot.project(Duration::ZERO).ok()?;
    let callers = project.view.callers(context.query.path);
    let mut places = Vec::new();
    let mut files: Vec<Arc<Path>> = Vec::new();
    if callers.len() > MAX_CALLERS {
        return None;
    }
    for caller in &callers {
        let edge = caller.edge()?;
        // `callPackage` finds it by its name, unless only the caller has it.
        if edge.how == Reach::CallPackage {
            match own_argument(context.snapshot, &caller.path, edge.range, name) {
                Some(edit) => places.push((caller.path.clone(), edit)),
                None => continue,
            }
            if !files.contains(&caller.path) {
                files.push(caller.path.clone());
            }
            continue;
        }
        // What does not call the function passes nothing.
        if edge.how != Reach::Import || !edge.applied {
            return None;
        }
        places.push((caller.path.clone(), argument(context.snapshot, &caller.path, edge.range, name)?));
        if !files.contains(&caller.path) {
            files.push(caller.path.clone());
        }
    }
    if places.is_empty() || !project.complete {
        return None;
    }
    let shown: Vec<_> = files.iter().filter_map(|path| path.file_name()).map(|name| format!("`{}`", name.to_string_lossy())).collect();
    found.add(format!("Add `{text}` to the arguments, and pass it in {}", shown.join(", ")), |edits| {
        insert_into(&context.view.text, &pattern, |range, insert| edits.replace(range, insert), &text);
        for (path, (range, insert)) in places {
            edits.replace_in(&path, range, insert);
        }
    });
    Some(())
}

/// As [`argument`], of a name that the caller defines itself: other names are those of packages.
fn own_argument(snapshot: &Snapshot, path: &Path, literal: TextRange, name: Name) -> Option<(TextRange, String)> {
    let tree = snapshot.flat_tree(path).ok()??;
    let around = tree.nodes_covering(literal);
    let own = matches!(meaning(name, None, around.get(1..)?), Meaning::Bound(by) if by.kind() == SyntaxKind::LET_IN);
    let everywhere = matches!(name.as_bytes(), b"lib" | b"pkgs" | b"stdenv" | b"callPackage");
    if own && !everywhere { argument(snapshot, path, literal, name) } else { None }
}

/// The edit that passes a name to the call of what is imported in a range. `None` if it has no set to add it to, or the name has no
/// meaning there.
fn argument(snapshot: &Snapshot, path: &Path, literal: TextRange, name: Name) -> Option<(TextRange, String)> {
    let tree = snapshot.flat_tree(path).ok()??;
    let text = snapshot.text(path)?;
    let around = tree.nodes_covering(literal);
    let import = around.iter().position(|node| node.kind() == SyntaxKind::APPLY)?;
    let call = around.iter().skip(import + 1).find(|node| node.kind() != SyntaxKind::PAREN)?;
    let Expr::AttrSet(set) = Apply::cast(*call)?.argument()? else { return None };
    let node = *set.syntax();
    let mut outside = tree.nodes_around(node.token_range());
    let own = outside.iter().position(|&other| other == node)?;
    outside.drain(..=own);
    let known = !matches!(meaning(name, Some(node), &outside), Meaning::Undefined | Meaning::With(_));
    let there = node.children().any(|entry| {
        let names = entry.children().filter_map(Attr::cast).filter_map(|attr| attr.static_name());
        names.into_iter().any(|other| other == name) || super::modules::first_name_of(entry) == Some(name)
    });
    (known && !there && set.rec_token().is_none()).then(|| insert_entry(&text, &set, &format!("inherit {name};")))?
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn an_argument_that_the_file_does_not_take() {
        check(
            "add-formal-of-call",
            "//- /main.nix\n{ pkgs }: pkgs.callPackage ./a.nix { b$0 = 1; }\n//- /a.nix\n{ lib\n, c\n}: c\n",
            expect![[r#"
                //- /a.nix
                { lib
                , c
                , b
                }: c
            "#]],
        );
        check(
            "add-formal-of-call",
            "//- /main.nix\nb: import ./a { inherit b$0; }\n//- /a/default.nix\n{ ... }: 1\n",
            expect![[r#"
            //- /a/default.nix
            { b, ... }: 1
        "#]],
        );
        check_none("add-formal-of-call", "//- /main.nix\nb: import ./a.nix { inherit b$0; }\n//- /a.nix\n{ b }: 1\n");
        check_none("add-formal-of-call", "//- /main.nix\nf ./a.nix { b$0 = 1; }\n//- /a.nix\n{ }: 1\n");
        check_none("add-formal-of-call", "//- /main.nix\nimport ./a.nix { c.b$0 = 1; }\n//- /a.nix\n{ }: 1\n");
    }

    #[test]
    fn a_name_that_the_callers_have() {
        check(
            "add-formal-and-pass",
            "//- /a.nix\n{ x }:\n[ x lib$0 ]\n//- /main.nix\n{ lib }:\n{\n  a = import ./a.nix {\n    x = 1;\n  };\n  b = import ./a.nix { };\n}\n",
            expect![[r#"
                { x, lib }:
                [ x lib ]
                //- /main.nix
                { lib }:
                {
                  a = import ./a.nix {
                    x = 1;
                    inherit lib;
                  };
                  b = import ./a.nix { inherit lib; };
                }
            "#]],
        );
        check(
            "add-formal-and-pass",
            "//- /a.nix\n{ x }:\n[ x own$0 ]\n//- /main.nix\n{ pkgs }:\nlet own = 1; in\npkgs.callPackage ./a.nix { }\n",
            expect![[r#"
                { x, own }:
                [ x own ]
                //- /main.nix
                { pkgs }:
                let own = 1; in
                pkgs.callPackage ./a.nix { inherit own; }
            "#]],
        );
        check_none("add-formal-and-pass", "//- /a.nix\n{ x }:\n[ x lib$0 ]\n//- /main.nix\nimport ./a.nix { x = 1; }\n");
        check_none("add-formal-and-pass", "//- /a.nix\n{ x }:\n[ x lib$0 ]\n//- /main.nix\nlib: callPackage ./a.nix { x = 1; }\n");
    }
}
