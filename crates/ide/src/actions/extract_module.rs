//! Definitions of a module become a module of their own, which it imports.

use nival_syntax::ast::{AstNode, Binding, Expr};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange};

use super::context::Context;
use super::extract_file::free_path;
use super::inline::{variable, with_blanks_before};
use super::layout::{STEP, indent_at, insert_entry, moved, starts_line};
use super::modules::{first_name, module_body};
use super::names::Meaning;
use super::{Action, ActionKind, Found};
use crate::source_change::FileOperation;

pub(super) const ACTION: Action = Action { id: "extract-module", kind: ActionKind::Extract, run };

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let (function, set) = module_body(context)?;
    let set_expr = nival_syntax::ast::AttrSet::cast(set).filter(|set| set.rec_token().is_none())?;
    if context.has_error(set.range()) {
        return None;
    }
    let bindings: Vec<Binding<Node<'_>>> = set.children().filter_map(Binding::cast).collect();
    // With `config` and `options` apart, definitions stand below the one of them; that is another layout.
    let own = |name: &[u8]| bindings.iter().find(|binding| first_name(binding).is_some_and(|first| first.as_bytes() == name));
    if own(b"config").is_some() || own(b"options").is_some() {
        return None;
    }
    let special: [&[u8]; 7] = [b"imports", b"disabledModules", b"meta", b"_file", b"key", b"_module", b"freeformType"];
    let chosen: Vec<&Binding<Node<'_>>> = bindings
        .iter()
        .filter(|binding| match context.range.is_empty() {
            // At the name of one.
            true => binding.attrpath().is_some_and(|path| path.range().contains_inclusive(context.offset())),
            false => context.range.contains_range(binding.range()),
        })
        .collect();
    let (first, last) = (chosen.first()?, chosen.last()?);
    if chosen.iter().any(|binding| first_name(binding).is_none_or(|name| special.contains(&name.as_bytes()))) {
        return None;
    }
    let nodes: Vec<Node<'_>> = chosen.iter().map(|binding| *binding.syntax()).collect();
    let title = "Extract to a module";
    let Some(uses) = context.free_names_of(&nodes) else { return found.refuse(title, "it is not certain what the names in it mean") };
    let around = context.ancestors(*nodes.first()?);
    let mut formals: Vec<String> = Vec::new();
    for used in &uses {
        match context.meaning(used.name, nodes.first().copied(), &around) {
            Meaning::Global => {}
            Meaning::Bound(by) if function.as_ref().is_some_and(|function| *function.syntax() == by) && is_formal(by, used.name) => {
                let name = variable(used.name)?;
                if !formals.contains(&name) {
                    formals.push(name);
                }
            }
            _ => return found.refuse(title, format!("`{}` is not an argument of the module", used.name)),
        }
    }
    let imports = own(b"imports");
    let list = match imports {
        Some(imports) => match imports.value()? {
            Expr::List(list) if imports.attrpath()?.attrs().count() == 1 => Some(list),
            _ => return found.refuse(title, "`imports` is not a plain list"),
        },
        None => None,
    };
    let name = first.attrpath()?.attrs().last()?.static_name()?;
    let path = free_path(context, &variable(name).unwrap_or_else(|| "module".to_owned()))?;
    let file = path.file_name()?.to_str()?.to_owned();
    // Comments between the chosen ones go with them.
    let range = TextRange::new(first.range().start(), last.range().end());
    let between = set.children().filter(|entry| range.contains_range(entry.range())).count();
    if between != chosen.len() {
        return None;
    }
    found.add_with_files(format!("{title}: `./{file}`"), |edits| {
        let text = &context.view.text;
        let old = indent_at(text, range.start()).len();
        let body = moved(context, range, STEP as isize - old as isize);
        let mut formals = formals;
        formals.push("...".to_owned());
        edits.operation(FileOperation::Create {
            path,
            text: format!("{{ {} }}:\n\n{{\n{}{body}\n}}\n", formals.join(", "), " ".repeat(STEP)),
        });
        match list {
            Some(list) => {
                let item = format!("./{file}");
                let end = list.r_bracket_token().map(|token| token.range().start()).unwrap_or_default();
                match list.items().last() {
                    Some(item_before) if starts_line(text, item_before.range().start()) => {
                        let indent = indent_at(text, item_before.range().start());
                        edits.insert(item_before.range().end(), format!("\n{indent}{item}"));
                    }
                    Some(item_before) => edits.insert(item_before.range().end(), format!(" {item}")),
                    None => {
                        let inside = list.l_bracket_token().map_or(end, |token| token.range().end());
                        let blank = context.text(TextRange::new(inside, end)).trim().is_empty();
                        edits.replace(TextRange::new(inside, if blank { end } else { inside }), format!(" {item} "));
                    }
                }
                edits.delete(with_blanks_before(context, range));
            }
            // Its place becomes that of the import.
            None if bindings.first().is_some_and(|other| other == *first) => edits.replace(range, format!("imports = [ ./{file} ];")),
            None => {
                if let Some((at, entry)) = insert_entry(text, &set_expr, &format!("imports = [ ./{file} ];")) {
                    edits.replace(at, entry);
                }
                edits.delete(with_blanks_before(context, range));
            }
        }
    });
    Some(())
}

/// Whether a name is an argument of a function, and not the whole of them.
fn is_formal(lambda: Node<'_>, name: Name) -> bool {
    let Some(pattern) = lambda.children().next() else { return false };
    let formals = pattern.children().filter(|child| child.kind() == SyntaxKind::FORMAL);
    formals.filter_map(|formal| formal.children().next()).any(|own| own.text() == name.as_bytes())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn definitions_become_a_module() {
        check(
            "extract-module",
            "//- /m/main.nix\n{ config, lib, pkgs, ... }:\n{\n  imports = [\n    ./a.nix\n  ];\n  # about it\n  services.b$0 = {\n    enable = lib.mkDefault config.c;\n  };\n  d = 1;\n}\n",
            expect![[r#"
                { config, lib, pkgs, ... }:
                {
                  imports = [
                    ./a.nix
                    ./b.nix
                  ];
                  # about it
                  d = 1;
                }
                //- /m/b.nix (new)
                { lib, config, ... }:

                {
                  services.b = {
                    enable = lib.mkDefault config.c;
                  };
                }
            "#]],
        );
        check(
            "extract-module",
            "{ config, ... }: {\n  $0a = 1;\n  # b\n  b = 2;$0\n  c = 3;\n}\n",
            expect![[r#"
                { config, ... }: {
                  imports = [ ./a.nix ];
                  c = 3;
                }
                //- /a.nix (new)
                { ... }:

                {
                  a = 1;
                  # b
                  b = 2;
                }
            "#]],
        );
    }

    #[test]
    fn what_the_module_alone_knows_stays() {
        check_none("extract-module", "{ config, ... }: let x = 1; in { a$0 = x; }");
        check_none("extract-module", "{ config, ... }@args: { a$0 = args; }");
        check_none("extract-module", "{ config, ... }: { imports$0 = [ ]; }");
        check_none("extract-module", "{ config, ... }: { options = { }; a$0 = 1; }");
        check_none("extract-module", "{ a }: { b$0 = 1; }");
    }
}
