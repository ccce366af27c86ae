//! `import <nixpkgs> { }` becomes an argument of the file with that as its default, so that who calls the file can pass another.

use nival_syntax::SyntaxKind;
use nival_syntax::ast::{Apply, AstNode, Binding, Expr, LetIn, SourceFile};
use nival_syntax::flat::Node;

use super::context::Context;
use super::inline::{variable, with_blanks_before};
use super::names::Meaning;
use super::{Action, ActionKind, Found};

pub(super) const ACTION: Action = Action { id: "import-to-argument", kind: ActionKind::Rewrite, run };

/// `import <…>` with or without arguments, outermost.
fn import_at<'a>(context: &Context<'a>) -> Option<Node<'a>> {
    let mut found = None;
    for &node in &context.around {
        let Some(apply) = Apply::cast(node) else { continue };
        let head = match apply.function()? {
            Expr::Apply(inner) => inner,
            _ => apply,
        };
        let is_import = matches!(head.function()?, Expr::NameRef(name) if name.syntax().text() == b"import");
        if is_import && matches!(head.argument()?, Expr::SearchPath(_)) {
            found = Some(node);
        }
    }
    found
}

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let import = import_at(context)?;
    let root = SourceFile::cast(context.tree.root())?.expr()?;
    // A file that is a function has its arguments; what is inside of one may depend on them.
    let around = context.ancestors(import);
    if around.iter().any(|node| node.kind() == SyntaxKind::LAMBDA) || context.has_error(root.range()) {
        return None;
    }
    let uses = context.free_names(import)?;
    if !uses.iter().all(|used| context.meaning(used.name, Some(import), &around) == Meaning::Global) {
        return None;
    }
    // `let pkgs = import <nixpkgs> { }; in`: the binding becomes the argument.
    let binding = around.first().and_then(|&node| Binding::cast(node)).filter(|binding| {
        let outermost =
            around.get(1).and_then(|&node| LetIn::cast(node)).is_some_and(|it| it.range() == root.range() && it.entries().count() > 1);
        outermost && binding.attrpath().and_then(|path| path.single_name()).and_then(variable).is_some()
    });
    let bound = binding.as_ref().and_then(|binding| binding.attrpath()?.single_name()).and_then(variable);
    let name = bound.clone().unwrap_or_else(|| context.fresh_name("pkgs", root.range()));
    if context.has_comment(import.range()) || binding.as_ref().is_some_and(|binding| context.has_comment(binding.range())) {
        return None;
    }
    let title = format!("Make it the argument `{name}` of the file");
    found.add(title, |edits| {
        let text = context.text(import.range());
        edits.insert(root.range().start(), format!("{{\n  {name} ? {text},\n}}:\n\n"));
        match &binding {
            Some(binding) => edits.delete(with_blanks_before(context, binding.range())),
            None => edits.replace(import.range(), context.apart(import.range(), name)),
        }
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn the_import_becomes_a_default() {
        check(
            "import-to-argument",
            "let\n  pkgs = import <nix$0pkgs> { };\n  a = 1;\nin\npkgs.b a\n",
            expect![[r#"
            {
              pkgs ? import <nixpkgs> { },
            }:

            let
              a = 1;
            in
            pkgs.b a
        "#]],
        );
        check(
            "import-to-argument",
            "with import <nix$0pkgs> { };\nmkShell { }\n",
            expect![[r#"
            {
              pkgs ? import <nixpkgs> { },
            }:

            with pkgs;
            mkShell { }
        "#]],
        );
    }

    #[test]
    fn not_in_a_function() {
        check_none("import-to-argument", "{ x }: import <nix$0pkgs> { inherit x; }");
        check_none("import-to-argument", "let x = 1; in import <nix$0pkgs> { inherit x; }");
        check_none("import-to-argument", "import ./nixpk$0gs { }");
    }
}
