//! The documentation of a function of `lib` or of a builtin, as a page.

use nival_hir::globals;
use nival_syntax::ast::{AstNode, Expr, Select};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind};

use super::context::Context;
use super::names::Meaning;
use super::{Action, ActionKind, Found};

pub(super) const ACTION: Action = Action { id: "open-page", kind: ActionKind::Refactor, run };

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let path = path(context)?;
    let plain = |part: &String| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'-'));
    if !path.iter().all(plain) {
        return None;
    }
    let (first, rest) = path.split_first()?;
    let encoded: Vec<String> = rest.iter().map(|part| part.replace('\'', "%27")).collect();
    match first.as_str() {
        "lib" if !rest.is_empty() => {
            found.add_page(
                format!("Open the documentation of `{}`", path.join(".")),
                format!("https://noogle.dev/f/lib/{}", encoded.join("/")),
            );
        }
        "builtins" if rest.len() == 1 => {
            let url = format!("https://nix.dev/manual/nix/latest/language/builtins.html#builtins-{}", encoded.concat());
            found.add_page(format!("Open the documentation of `{}`", path.join(".")), url);
        }
        _ => {}
    }
    Some(())
}

/// The path of the name at the cursor from `lib` or `builtins`.
fn path(context: &Context<'_>) -> Option<Vec<String>> {
    let node = *context.around.first()?;
    if node.kind() == SyntaxKind::NAME_REF {
        let name = Name::new(node.text());
        // A builtin that needs no `builtins`.
        let is_global = context.meaning_at(node, name) == Meaning::Global && globals::global(name.as_bytes()).is_some();
        let selected = context.parent(node).is_some_and(|parent| parent.kind() == SyntaxKind::SELECT);
        let known = is_global && !selected && !matches!(name.as_bytes(), b"true" | b"false" | b"null" | b"builtins");
        return known.then(|| vec!["builtins".to_owned(), name.to_str().trim_start_matches("__").to_owned()]);
    }
    let select: Select<Node<'_>> = context.node()?;
    let attrs: Vec<_> = select.attrpath()?.attrs().collect();
    let at = attrs.iter().position(|attr| *attr.syntax() == node)?;
    let names: Vec<String> =
        attrs.iter().take(at + 1).map(|attr| attr.static_name().map(|name| name.to_str().into_owned())).collect::<Option<_>>()?;
    let Expr::NameRef(base) = select.base()? else { return None };
    let name = base.name()?;
    let means = context.meaning_at(*base.syntax(), name);
    match (name.as_bytes(), means) {
        (b"builtins", Meaning::Global) => Some([vec!["builtins".to_owned()], names].concat()),
        // `lib` is called so everywhere; what else is bound to the name is not known to have pages.
        (b"lib", Meaning::Bound(by)) if by.kind() == SyntaxKind::LAMBDA => Some([vec!["lib".to_owned()], names].concat()),
        (_, Meaning::Bound(by)) if by.kind() == SyntaxKind::LAMBDA && names.first().is_some_and(|first| first == "lib") => Some(names),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::actions::tests::selection;
    use crate::actions::{ActionKind, ActionQuery, Effect, code_actions};
    use crate::fixture::Fixture;

    fn page(marked: &str) -> Option<String> {
        let fixture = Fixture::new(marked);
        let query = ActionQuery { path: &fixture.path, range: selection(marked), kinds: &[ActionKind::Refactor], explicit: false };
        code_actions(&fixture.snapshot, &query).unwrap().into_iter().find_map(|action| match action.effect {
            Effect::Open { url } => Some(url),
            Effect::Change { .. } => None,
        })
    }

    #[test]
    fn pages() {
        assert_eq!(page("{ lib }: lib.strings.con$0catStrings [ ]").as_deref(), Some("https://noogle.dev/f/lib/strings/concatStrings"));
        assert_eq!(page("{ pkgs }: pkgs.lib.fix'$0").as_deref(), Some("https://noogle.dev/f/lib/fix%27"));
        let map = "https://nix.dev/manual/nix/latest/language/builtins.html#builtins-map";
        assert_eq!(page("builtins.ma$0p").as_deref(), Some(map));
        assert_eq!(page("m$0ap (x: x) [ ]").as_deref(), Some(map));
        for none in ["let lib = { }; in lib.x$0", "map: m$0ap", "tru$0e", "x: x.y$0", "lib.x$0"] {
            assert_eq!(page(none), None, "{none}");
        }
    }
}
