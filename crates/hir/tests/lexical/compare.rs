//! What [`nival_hir::lexical`] says of every name of a text, beside what lowering says.

use nival_hir::lexical::{Definition, Meaning, Occurrences, Use, at_cursor, use_at};
use nival_hir::scopes::{Binding, BindingKind, Reference, Scopes, Target};
use nival_hir::{LowerOptions, lower};
use nival_syntax::{FlatTree, Name, TextRange, TextSize};
use std::collections::BTreeSet;

/// How many names there were, and of how many the tree told nothing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub names: usize,
    pub silent: usize,
}

type Shown = (TextRange, bool, String);

/// Compares every name; with `cursors`, every place of the text, too.
///
/// # Errors
/// What differs.
pub fn compare(tree: &FlatTree, cursors: bool) -> Result<Told, String> {
    let lowered = lower(tree, &LowerOptions::default());
    let scopes = &lowered.scopes;
    let written: Vec<&Reference> = scopes.references().iter().filter(|reference| !reference.range.is_empty()).collect();
    let mut names: BTreeSet<Name> = written.iter().map(|reference| reference.name).collect();
    names.extend(scopes.bindings().map(|(_, binding)| binding.name));
    let mut by_name: std::collections::BTreeMap<Name, Vec<Shown>> = names.iter().map(|&name| (name, Vec::new())).collect();
    for reference in written {
        by_name.entry(reference.name).or_default().push((reference.range, reference.inherit, target(scopes, reference.target)));
    }
    let mut told = Told::default();
    for (name, uses) in by_name {
        told.names += 1;
        let Some(found) = Occurrences::of(tree, name.as_bytes()) else {
            told.silent += 1;
            continue;
        };
        let found_uses: Vec<Shown> = found.uses().iter().map(show_use).collect();
        if found_uses != uses {
            return Err(format!("uses of {name}: {found_uses:#?}\nbut lowering says {uses:#?}"));
        }
        let mut bound: Vec<String> = scopes.bindings().filter(|(_, b)| b.name == name).map(|(_, b)| show_binding(scopes, b)).collect();
        let mut found: Vec<String> = found.definitions().iter().map(show_definition).collect();
        bound.sort();
        found.sort();
        if bound != found {
            return Err(format!("definitions of {name}: {found:#?}\nbut lowering says {bound:#?}"));
        }
    }
    if cursors {
        for offset in 0..=tree.text().len() as u32 {
            cursor(tree, scopes, offset.into())?;
        }
    }
    Ok(told)
}

fn cursor(tree: &FlatTree, scopes: &Scopes, offset: TextSize) -> Result<(), String> {
    for token in tree.tokens_at(offset) {
        let Some(found) = use_at(token) else { continue };
        let used = scopes.reference_at(token.range().start()).filter(|used| used.range.contains_range(token.range()));
        let used = used.map(|used| (used.range, used.inherit, target(scopes, used.target)));
        if found.as_ref().map(show_use) != used {
            return Err(format!("{token:?}: {found:?}\nbut lowering says {used:?}"));
        }
    }
    let Some(found) = at_cursor(tree, offset) else { return Ok(()) };
    let used = scopes.reference_at(offset).map(|used| (used.range, used.inherit, target(scopes, used.target)));
    let defined = scopes.binding_at(offset).and_then(|id| scopes.binding(id)).map(|binding| show_binding(scopes, binding));
    let found_used = found.as_ref().and_then(|found| found.used.as_ref()).map(show_use);
    let found_defined = found.as_ref().and_then(|found| found.defined.as_ref()).map(show_definition);
    if (&found_used, &found_defined) != (&used, &defined) {
        return Err(format!("at {offset:?}: {found_used:?}, {found_defined:?}\nbut lowering says {used:?}, {defined:?}"));
    }
    Ok(())
}

fn show_use(used: &Use<'_>) -> Shown {
    let meaning = match used.meaning {
        Meaning::Bound(definition) => show_definition(&definition),
        Meaning::Global(index) => format!("global {index}"),
        Meaning::With(with) => format!("with {:?}", with.range()),
        Meaning::Undefined => "undefined".to_owned(),
    };
    (used.range, used.inherit, meaning)
}

fn show_definition(definition: &Definition<'_>) -> String {
    show(definition.kind, definition.range, definition.inherited, definition.scope.range())
}

fn show_binding(scopes: &Scopes, binding: &Binding) -> String {
    show(binding.kind, binding.range, binding.inherited, scopes.scope(binding.scope).map(|scope| scope.range).unwrap_or_default())
}

fn show(kind: BindingKind, range: TextRange, inherited: bool, scope: TextRange) -> String {
    format!("{kind:?} {range:?} {} of {scope:?}", if inherited { "inherited" } else { "" })
}

fn target(scopes: &Scopes, target: Target) -> String {
    match target {
        Target::Binding(id) => scopes.binding(id).map(|binding| show_binding(scopes, binding)).unwrap_or_default(),
        Target::Global(index) => format!("global {index}"),
        Target::With(scope) => format!("with {:?}", scopes.scope(scope).map(|scope| scope.range).unwrap_or_default()),
        Target::Undefined => "undefined".to_owned(),
    }
}
