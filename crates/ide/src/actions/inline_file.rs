//! `import ./x.nix` is replaced by what is in the file.

use nival_syntax::ast::{Apply, AstNode, Expr, SourceFile};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use super::calls::file_of;
use super::context::Context;
use super::layout::{STEP, indent_at, shift};
use super::names::Meaning;
use super::place::level_of;
use super::{Action, ActionKind, Found};
use crate::cursor::FileView;
use crate::source_change::apply;

pub(super) const ACTION: Action = Action { id: "inline-file", kind: ActionKind::Inline, run };

/// Larger files stay files.
const MAX_LENGTH: usize = 20_000;

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let import = context.around.iter().take(4).find_map(|&node| Apply::cast(node))?;
    let (function, argument) = (import.function()?, import.argument()?);
    let called = match &function {
        Expr::NameRef(name) => context.text_of(*name),
        Expr::Select(select) => context.text(select.attrpath()?.attrs().last()?.range()),
        _ => return None,
    };
    let is_import = called == "import"
        && matches!(function, Expr::NameRef(_))
        && context.meaning_at(*function.syntax(), Name::new("import")) == Meaning::Global;
    // `callPackage` takes a function in place of its file.
    let is_call = called.starts_with("callPackage");
    if !is_import && !is_call {
        return None;
    }
    let path = file_of(context.snapshot, context.query.path, &argument)?;
    let title = match is_import {
        true => format!("Replace the import by what `{}` holds", path.file_name()?.to_string_lossy()),
        false => format!("Replace the path by what `{}` holds", path.file_name()?.to_string_lossy()),
    };
    let view = FileView::new(context.snapshot, &path).ok()??;
    if view.text.len() > MAX_LENGTH {
        return found.refuse(title, "the file is large");
    }
    if !view.tree.errors().is_empty() || !view.lowered.errors.is_empty() || context.has_error(import.range()) {
        return found.refuse(title, "the file has errors");
    }
    if path == *context.query.path || context.has_comment(import.range()) {
        return None;
    }
    let expr = SourceFile::cast(view.tree.root())?.expr()?;
    if is_call && !matches!(expr, Expr::Lambda(_)) {
        return found.refuse(title, "the file is no function");
    }
    let replaced = if is_import { *import.syntax() } else { *argument.syntax() };
    let same_folder = path.parent() == context.query.path.parent();
    let all = || (0..view.tree.len() as u32).filter_map(|index| view.tree.node(index));
    let relative = |node: Node<'_>| node.kind() == SyntaxKind::PATH && !node.text().starts_with(b"/") && !node.text().starts_with(b"~");
    if !same_folder && all().any(relative) {
        return found.refuse(title, "it has paths relative to its own folder");
    }
    if all().any(|node| node.kind() == SyntaxKind::CUR_POS) {
        return found.refuse(title, "it asks where it is written");
    }
    // A file sees what is built in; here that must mean the same.
    let references = view.lowered.scopes.references();
    let globals = references.iter().filter(|used| matches!(used.target, nival_hir::scopes::Target::Global(_)));
    let mut names: Vec<Name> = globals.map(|used| used.name).collect();
    names.sort();
    names.dedup();
    if !names.iter().all(|name| context.meaning_at(*import.syntax(), *name) == Meaning::Global) {
        return found.refuse(title, "a name in it means something else here");
    }
    found.add(title, |edits| {
        let text = view.text.trim_ascii();
        let start = TextSize::new((view.text.len() - view.text.trim_ascii_start().len()) as u32);
        let range = TextRange::at(start, TextSize::of(text));
        let indent = indent_at(&context.view.text, replaced.range().start()).len();
        let commented = range != expr.range();
        let columns = if commented { indent + STEP } else { indent };
        let moved: Vec<_> = shift(&view.tree, range, columns as isize)
            .into_iter()
            .map(|edit| crate::diagnostics::TextEdit { range: edit.range - start, insert: edit.insert })
            .collect();
        let text = apply(text, &moved).unwrap_or_else(|| text.to_owned());
        if commented {
            // What is said above and below the expression stays with it.
            let pad = " ".repeat(indent);
            edits.replace(replaced.range(), context.apart(replaced.range(), format!("(\n{}{text}\n{pad})", " ".repeat(columns))));
        } else {
            edits.replace(replaced.range(), context.fitted(replaced, text, level_of(&expr)));
        }
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn a_file_in_place_of_its_import() {
        check(
            "inline-file",
            "//- /main.nix\n{\n  a = imp$0ort ./b.nix { c = 1; };\n}\n//- /b.nix\n{ c }:\n{\n  inherit c;\n}\n",
            expect![[r#"
                {
                  a =
                    (
                      { c }:
                      {
                        inherit c;
                      }
                    )
                      { c = 1; };
                }
            "#]],
        );
        check(
            "inline-file",
            "//- /main.nix\n{ a = import ./b$0.nix; }\n//- /b.nix\n# head\n[ ./x ] # tail\n",
            expect![[r#"
                {
                  a = (
                    # head
                    [ ./x ] # tail
                  );
                }
            "#]],
        );
    }

    #[test]
    fn a_function_in_place_of_its_file() {
        check(
            "inline-file",
            "//- /main.nix\n{ pkgs }:\n{\n  a = pkgs.call$0Package ./b.nix { c = 1; };\n}\n//- /b.nix\n{ c }:\n{\n  inherit c;\n}\n",
            expect![[r#"
                { pkgs }:
                {
                  a = pkgs.callPackage (
                    { c }:
                    {
                      inherit c;
                    }
                  ) { c = 1; };
                }
            "#]],
        );
        check_none("inline-file", "//- /main.nix\ncallPackage$0 ./b.nix { }\n//- /b.nix\n{ }\n");
        check_none("inline-file", "//- /main.nix\ncallPackage$0 ./b/c.nix { }\n//- /b/c.nix\n{ }: ./x\n");
    }

    #[test]
    fn where_it_would_mean_something_else() {
        check_none("inline-file", "//- /main.nix\nmap: import$0 ./b.nix\n//- /b.nix\nmap\n");
        check_none("inline-file", "//- /main.nix\nimport$0 ./b/c.nix\n//- /b/c.nix\n./x\n");
        check_none("inline-file", "//- /main.nix\nimport: import$0 ./b.nix\n//- /b.nix\n1\n");
        check_none("inline-file", "//- /main.nix\nimport$0 ./b.nix\n//- /b.nix\n[ 1\n");
        check_none("inline-file", "//- /main.nix\nimport$0 ./b.nix\n//- /b.nix\nundefined\n");
        check_none("inline-file", "//- /main.nix\nimport$0 ./none.nix\n");
    }
}
