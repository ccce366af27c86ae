//! An input for a name that the outputs of a flake use.

use nival_syntax::ast::{AstNode, AttrSet, Binding, Expr, Lambda, Param, PatternParam, SourceFile};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind};

use super::add_formal::insert;
use super::context::Context;
use super::inline::variable;
use super::layout::insert_entry;
use super::names::Meaning;
use super::{Action, ActionKind, Found};

pub(super) const ACTION: Action = Action { id: "add-flake-input", kind: ActionKind::QuickFix, run };

/// Where the inputs live that most flakes have.
const KNOWN: [(&str, &str); 12] = [
    ("crane", "github:ipetkov/crane"),
    ("devenv", "github:cachix/devenv"),
    ("disko", "github:nix-community/disko"),
    ("fenix", "github:nix-community/fenix"),
    ("flake-parts", "github:hercules-ci/flake-parts"),
    ("flake-utils", "github:numtide/flake-utils"),
    ("home-manager", "github:nix-community/home-manager"),
    ("nixos-hardware", "github:NixOS/nixos-hardware"),
    ("nixpkgs", "github:NixOS/nixpkgs/nixos-unstable"),
    ("rust-overlay", "github:oxalica/rust-overlay"),
    ("sops-nix", "github:Mic92/sops-nix"),
    ("treefmt-nix", "github:numtide/treefmt-nix"),
];

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    if context.query.path.file_name()? != "flake.nix" {
        return None;
    }
    let node = *context.around.first()?;
    let Expr::AttrSet(flake) = SourceFile::cast(context.tree.root())?.expr()? else { return None };
    let pattern = outputs(&flake)?;
    let (name, undefined) = match node.kind() {
        SyntaxKind::NAME_REF => {
            let name = Name::new(node.text());
            if context.meaning_at(node, name) != Meaning::Undefined || !pattern.1.range().contains_range(node.range()) {
                return None;
            }
            (name, true)
        }
        // An argument that is not declared is looked up in the registry.
        SyntaxKind::NAME if context.parent(node).is_some_and(|formal| formal.kind() == SyntaxKind::FORMAL) => {
            let formal = context.parent(node)?;
            pattern.0.formals().any(|own| *own.syntax() == formal).then(|| (Name::new(node.text()), false))?
        }
        _ => return None,
    };
    let text = variable(name).filter(|name| name != "self")?;
    if declared(&flake, name)? {
        return None;
    }
    let url = KNOWN.iter().find(|(known, _)| *known == text).map_or("", |(_, url)| url);
    found.add(format!("Add the input `{text}` to the flake"), |edits| {
        if undefined {
            insert(context, &pattern.0, &text, edits);
        }
        let set = entries(&flake).find_map(|binding| match (single(&binding, "inputs"), binding.value()) {
            (true, Some(Expr::AttrSet(set))) => Some(set),
            _ => None,
        });
        let place = match &set {
            Some(set) => insert_entry(&context.view.text, set, &format!("{text}.url = \"{url}\";")),
            None => {
                // Beside the other inputs, or before the outputs.
                let entry = format!("inputs.{text}.url = \"{url}\";");
                let last = entries(&flake).filter(|binding| first(binding, "inputs")).last();
                let own = entries(&flake).find(|binding| first(binding, "outputs"));
                match (last, own) {
                    (Some(last), _) => Some(beside(context, *last.syntax(), &entry, true)),
                    (None, Some(own)) => Some(beside(context, *own.syntax(), &entry, false)),
                    (None, None) => None,
                }
            }
        };
        if let Some((range, insert)) = place {
            edits.replace(range, insert);
        }
    });
    Some(())
}

/// An entry after or before another, in a line of its own if that has one.
fn beside(context: &Context<'_>, node: Node<'_>, entry: &str, after: bool) -> (nival_syntax::TextRange, String) {
    let text = &context.view.text;
    let start = node.range().start();
    let separator = match super::layout::starts_line(text, start) {
        true => format!("\n{}", super::layout::indent_at(text, start)),
        false => " ".to_owned(),
    };
    let empty = nival_syntax::TextRange::empty;
    if after { (empty(node.range().end()), format!("{separator}{entry}")) } else { (empty(start), format!("{entry}{separator}")) }
}

fn entries<'a>(flake: &AttrSet<Node<'a>>) -> impl Iterator<Item = Binding<Node<'a>>> + use<'a> {
    flake.syntax().children().filter_map(Binding::cast)
}

fn first(binding: &Binding<Node<'_>>, name: &str) -> bool {
    super::modules::first_name(binding).is_some_and(|own| own.as_bytes() == name.as_bytes())
}

fn single(binding: &Binding<Node<'_>>, name: &str) -> bool {
    first(binding, name) && binding.attrpath().is_some_and(|path| path.attrs().count() == 1)
}

/// The arguments of `outputs`, and the function.
fn outputs<'a>(flake: &AttrSet<Node<'a>>) -> Option<(PatternParam<Node<'a>>, Lambda<Node<'a>>)> {
    let value = entries(flake).find(|binding| single(binding, "outputs"))?.value()?;
    let Expr::Lambda(lambda) = value else { return None };
    match lambda.param()? {
        Param::PatternParam(pattern) => Some((pattern, lambda)),
        Param::NameParam(_) => None,
    }
}

/// Whether there is an input of this name; `None` where the inputs are not written as such.
fn declared(flake: &AttrSet<Node<'_>>, name: Name) -> Option<bool> {
    for binding in entries(flake).filter(|binding| first(binding, "inputs")) {
        let mut attrs = binding.attrpath()?.attrs().skip(1);
        match (attrs.next(), binding.value()?) {
            (Some(attr), _) => {
                if attr.static_name()? == name {
                    return Some(true);
                }
            }
            (None, Expr::AttrSet(set)) => {
                if entries(&set).any(|input| super::modules::first_name(&input) == Some(name)) {
                    return Some(true);
                }
            }
            (None, _) => return None,
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn inputs_are_added_where_inputs_are() {
        check(
            "add-flake-input",
            "//- /flake.nix\n{\n  inputs = {\n    nixpkgs.url = \"a\";\n  };\n  outputs = { self, nixpkgs }: { a = flake-utils$0.x; };\n}\n",
            expect![[r#"
                {
                  inputs = {
                    nixpkgs.url = "a";
                    flake-utils.url = "github:numtide/flake-utils";
                  };
                  outputs =
                    {
                      self,
                      nixpkgs,
                      flake-utils,
                    }:
                    {
                      a = flake-utils.x;
                    };
                }
            "#]],
        );
        check(
            "add-flake-input",
            "//- /flake.nix\n{\n  inputs.a.url = \"a\";\n  outputs = { self, a, other$0, ... }: { };\n}\n",
            expect![[r#"
                {
                  inputs.a.url = "a";
                  inputs.other.url = "";
                  outputs = { self, a, other, ... }: { };
                }
            "#]],
        );
        check(
            "add-flake-input",
            "//- /flake.nix\n{\n  outputs = { b$0 }: { };\n}\n",
            expect![[r#"
            {
              inputs.b.url = "";
              outputs = { b }: { };
            }
        "#]],
        );
    }

    #[test]
    fn what_is_there_is_not_added() {
        check_none("add-flake-input", "//- /flake.nix\n{ inputs.a.url = \"a\"; outputs = { a$0 }: { }; }\n");
        check_none("add-flake-input", "//- /flake.nix\n{ inputs = { a.follows = \"b\"; }; outputs = { a$0 }: { }; }\n");
        check_none("add-flake-input", "//- /flake.nix\n{ outputs = { self$0 }: { }; }\n");
        check_none("add-flake-input", "//- /other.nix\n{ outputs = { a$0 }: { }; }\n");
    }
}
