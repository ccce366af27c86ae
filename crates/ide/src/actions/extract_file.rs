//! A selected expression becomes a file: its free names are the formals, and the place that it had passes them.

use std::path::PathBuf;

use nival_syntax::Name;
use nival_syntax::ast::AstNode;

use super::context::Context;
use super::extract_let::{extractable, name_for};
use super::inline::variable;
use super::layout::{indent_at, moved};
use super::names::Meaning;
use super::place::Level;
use super::{Action, ActionKind, Found};
use crate::source_change::FileOperation;

pub(super) const ACTION: Action = Action { id: "extract-file", kind: ActionKind::Extract, run };

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let expr = extractable(context)?;
    let node = *expr.syntax();
    let title = "Extract to a file";
    let Some(uses) = context.free_names(node) else { return found.refuse(title, "it is not certain what the names in it mean") };
    let around = context.ancestors(node);
    if context.meaning(Name::new("import"), Some(node), &around) != Meaning::Global {
        return found.refuse(title, "`import` means something else here");
    }
    let mut formals: Vec<String> = Vec::new();
    for used in &uses {
        match context.meaning(used.name, Some(node), &around) {
            Meaning::Global => continue,
            // The new file would have the error.
            Meaning::Undefined if !used.in_with => return found.refuse(title, format!("`{}` is not defined", used.name)),
            // Of a set that the expression itself opens.
            Meaning::Undefined => continue,
            Meaning::With(_) if used.in_with => return found.refuse(title, format!("`{}` may come from one `with` or another", used.name)),
            Meaning::Bound(_) | Meaning::With(_) => {
                let name = variable(used.name)?;
                if !formals.contains(&name) {
                    formals.push(name);
                }
            }
        }
    }
    let path = free_path(context, &name_for(context, &expr))?;
    let file = path.file_name()?.to_str()?.to_owned();
    found.add_with_files(format!("Extract to `./{file}`"), |edits| {
        let old = indent_at(&context.view.text, node.range().start()).len();
        let body = moved(context, node.range(), -(old as isize));
        let (text, call) = if formals.is_empty() {
            (format!("{body}\n"), format!("import ./{file}"))
        } else {
            (format!("{{ {} }}:\n\n{body}\n", formals.join(", ")), format!("import ./{file} {{ inherit {}; }}", formals.join(" ")))
        };
        edits.replace(node.range(), context.fitted(node, call, Level::Apply));
        edits.operation(FileOperation::Create { path, text });
    });
    Some(())
}

/// A path beside this file at which there is nothing yet.
pub(super) fn free_path(context: &Context<'_>, name: &str) -> Option<PathBuf> {
    let folder = context.query.path.parent()?;
    let name: String = name.chars().map(|c| if c == '\'' { '-' } else { c }).collect();
    let numbered = (2..100).map(|number| format!("{name}-{number}.nix"));
    let mut paths = std::iter::once(format!("{name}.nix")).chain(numbered).map(|file| folder.join(file));
    paths.find(|path| !context.snapshot.is_file(path) && context.snapshot.system().metadata(path).is_err())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn free_names_are_passed() {
        check(
            "extract-file",
            "//- /d/main.nix\n{ pkgs, lib }:\nlet\n  a = 1;\nin\n{\n  shell = $0pkgs.mkShell {\n    x = map (y: y + a) [ ./b ];\n    inherit lib;\n  }$0;\n}\n",
            expect![[r#"
                { pkgs, lib }:
                let
                  a = 1;
                in
                {
                  shell = import ./shell.nix { inherit pkgs a lib; };
                }
                //- /d/shell.nix (new)
                {
                  pkgs,
                  a,
                  lib,
                }:

                pkgs.mkShell {
                  x = map (y: y + a) [ ./b ];
                  inherit lib;
                }
            "#]],
        );
        check(
            "extract-file",
            "[ $0(x: x)$0 ]",
            expect![[r#"
            [ (import ./function.nix) ]//- /function.nix (new)
            (x: x)
        "#]],
        );
        check(
            "extract-file",
            "p: with p; $0f a$0",
            expect![[r#"
            p: with p; import ./fResult.nix { inherit f a; }//- /fResult.nix (new)
            { f, a }:

            f a
        "#]],
        );
    }

    #[test]
    fn files_that_are_there_stay() {
        check(
            "extract-file",
            "//- /main.nix\n{ a = $0[ 1 ]$0; }\n//- /a.nix\n1\n",
            expect![[r#"
            { a = import ./a-2.nix; }
            //- /a-2.nix (new)
            [ 1 ]
        "#]],
        );
    }

    #[test]
    fn what_cannot_be_passed() {
        check_none("extract-file", "$0[ undefined ]$0");
        check_none("extract-file", "let import = 1; in $0[ ]$0");
        check_none("extract-file", "[ $0__curPos$0 ]");
        check_none("extract-file", "p: q: with p; $0with q; a$0");
    }
}
