//! Builtins: unknown, written longer than needed, hidden by bindings.

use nival_hir::globals::{GLOBALS, global};
use nival_hir::scopes::BindingKind;
use nival_syntax::SyntaxKind::*;
use nival_syntax::TextRange;
use nival_syntax::flat::Node;

use super::Context;
use super::context::is_name;
use super::edits::{replace, would_join};
use crate::rules::names::{CONSTANT_OVERRIDDEN, PRIMOP_OVERRIDDEN, PRIMOP_REMOVED_PREFIX, PRIMOP_UNKNOWN};
use crate::rules::style::DEPRECATED_TO_PATH;

/// Attributes of `builtins` that are there only with experimental features, in some versions, or in other implementations. Sorted.
const SOMETIMES: &[&str] = &[
    "builtins",
    "convertHash",
    "currentSystem",
    "currentTime",
    "exec",
    "fetchClosure",
    "fetchFinalTree",
    "fetchTree",
    "getFlake",
    "importNative",
    "import_",
    "langVersion",
    "nixPath",
    "nixVersion",
    "parallel",
    "storeDir",
    "toFlakeRef",
    "unsafeDiscardOutputDependency",
    "valueSize",
    "wasm",
];

/// Beyond so many unknown builtins, something else is wrong.
const MAX_GUESSES: usize = 50;

/// Whether some version of Nix has `builtins.<name>`.
fn is_known(name: &[u8]) -> bool {
    global(name).is_some()
        || global(&[b"__".as_slice(), name].concat()).is_some()
        || SOMETIMES.iter().any(|known| known.as_bytes() == name)
        || name.starts_with(b"_")
}

/// Whether the builtin is known without `builtins.`, too.
fn is_prelude(name: &[u8]) -> bool {
    !name.starts_with(b"_") && !matches!(name, b"builtins") && global(name).is_some()
}

/// `builtins.x`.
pub(super) fn selection<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let mut children = node.children();
    let (Some(base), Some(path)) = (children.next(), children.next()) else { return };
    let has_default = children.next().is_some();
    if !is_name(base, b"builtins") || path.kind() != ATTRPATH || context.hidden.contains("builtins") {
        return;
    }
    let mut attrs = path.children();
    let Some(attr) = attrs.next().filter(|attr| attr.kind() == NAME) else { return };
    let name = attr.text();
    if !is_known(name) {
        if !has_default && !asked_for(context, name) {
            context.guesses += 1;
            let known = GLOBALS.iter().map(|global| global.trim_start_matches("__")).filter(|_| context.guesses <= MAX_GUESSES);
            let similar = super::suggest::closest(name, known);
            let message = format!("Nix has no builtin '{}'", String::from_utf8_lossy(name));
            let diagnostic = context.report(&PRIMOP_UNKNOWN, attr.range(), message);
            if let Some(similar) = similar {
                diagnostic.notes.push(format!("did you mean '{similar}'?"));
                *diagnostic = diagnostic.clone().suggestion(format!("Change to '{similar}'"), vec![replace(attr.range(), similar)]);
            }
        }
        return;
    }
    if attrs.next().is_some() {
        return;
    }
    if name == b"toPath" {
        context.report(&DEPRECATED_TO_PATH, node.range(), "`builtins.toPath` is deprecated");
    }
    if is_prelude(name) && !has_default && !context.hidden.iter().any(|hidden| hidden.as_bytes() == name) {
        let prefix = TextRange::new(base.range().start(), attr.range().start());
        let joined = would_join(context.tree.text(), prefix.start().into(), prefix.end().into());
        let before_only = context.comment_in(prefix);
        let text = String::from_utf8_lossy(name).into_owned();
        let diagnostic = context.report(&PRIMOP_REMOVED_PREFIX, prefix, format!("'{text}' is known without `builtins.`"));
        if !before_only {
            let edit = replace(prefix, if joined { " " } else { "" });
            *diagnostic = diagnostic.clone().fix("Remove `builtins.`", vec![edit]);
        }
    }
}

/// Whether the text asks with `?` whether there is such a builtin.
fn asked_for(context: &mut Context<'_>, name: &[u8]) -> bool {
    let tree = context.tree;
    let asked = context.asked.get_or_insert_with(|| {
        let tests = super::nodes(tree).filter(|node| node.kind() == HAS_ATTR);
        let of_builtins = tests.filter(|node| node.children().next().is_some_and(|base| base.text() == b"builtins"));
        of_builtins.filter_map(|node| Some(node.children().nth(1)?.children().next()?.text())).collect()
    });
    asked.contains(name)
}

/// Bindings with the name of a builtin.
pub(super) fn hidden(context: &mut Context<'_>) {
    let scopes = context.scopes();
    if context.hidden.is_empty() {
        return;
    }
    for (_, binding) in scopes.bindings() {
        let name = binding.name.as_bytes();
        // What begins with `__` is hidden to change what operators and `<…>` do. An `inherit` says that the same is meant, or something like it.
        if name.starts_with(b"_") || binding.kind == BindingKind::Extra || binding.inherited || global(name).is_none() {
            continue;
        }
        let text = String::from_utf8_lossy(name).into_owned();
        if matches!(name, b"true" | b"false" | b"null" | b"builtins") {
            context.report(&CONSTANT_OVERRIDDEN, binding.range, format!("this hides the constant '{text}'"));
        } else if binding.kind != BindingKind::Rec {
            context.report(&PRIMOP_OVERRIDDEN, binding.range, format!("this hides the builtin '{text}'"));
        }
    }
}
