//! Attributes of a set, by shapes and by evaluation.

use std::borrow::Cow;

use nival_engine::{AttrItem, Cancellable, Cancelled, Control, FilePosition, Snapshot, ValueKind};
use nival_hir::scopes::ScopeKind;
use nival_shape::{Glance, Shapes, Thunk};
use nival_syntax::flat::{Node, Token};
use nival_syntax::{Name, TextRange};
use rustc_hash::FxHashSet;

use super::at::At;
use super::{CLASS, CompletionItem, CompletionKind, MAX_CANDIDATES, matching};
use crate::cursor::{FileView, Subject};
use crate::docs;
use crate::facts::documentation;
use crate::near;
use crate::values::{Found, Values};

/// How many candidates are looked at more closely.
const GLANCES: usize = 200;

impl At<'_> {
    /// The attributes of what is selected from, by shapes. `None` where there may be others, and none of those that are known fits.
    pub fn attributes(&self, base: Node<'_>, token: Token<'_>) -> Cancellable<Option<Vec<CompletionItem>>> {
        let before = near::names_before(token);
        let word = self.word();
        // Of `lib` and `pkgs`, which are asked most often, no analysis of the whole text is waited for.
        if let Some(name) = near::parameter(&self.tree, base) {
            let found = self.ask_file(|shapes, _, file| {
                let of = shapes.attribute(shapes.parameter_called(file, name)?, &before).ok()?.value;
                self.items(shapes, of, word, 0)
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        self.ask(base, |shapes, _, thunk| {
            let of = shapes.attribute(thunk, &before).ok()?.value;
            self.items(shapes, of, word, 0)
        })
    }

    /// The attributes that fit. `None` where none does and there may be others than those that are known.
    fn items<'db>(&self, shapes: Shapes<'db>, of: Thunk<'db>, word: &str, rank: u32) -> Option<Vec<CompletionItem>> {
        // A package set has more than ten thousand: only what will be shown is made a candidate.
        let mut best: Vec<(u32, Cow<'static, str>, Name)> = Vec::new();
        let known = shapes.attributes(of);
        // Where nothing is found and that is not certain, it may be no set that was looked at.
        let all_known = known.closed || known.complete && !known.names.is_empty();
        for (name, _) in known.names {
            let label = name.to_str();
            if let Some(score) = matching::score(word, &label) {
                best.push((score * CLASS + u32::from(label.starts_with('_')), label, name));
            }
        }
        if best.len() > MAX_CANDIDATES {
            best.select_nth_unstable(MAX_CANDIDATES);
            best.truncate(MAX_CANDIDATES);
        }
        best.sort_unstable();
        let mut items: Vec<CompletionItem> = Vec::with_capacity(best.len());
        for (_, label, name) in best {
            let label = label.into_owned();
            // What a candidate looks like is asked of as many as anybody reads.
            let glance = if items.len() < GLANCES { shapes.glance(of, name) } else { None };
            let (kind, detail) = match glance {
                Some(Glance::Function) => (CompletionKind::Function, Some("function")),
                Some(Glance::Package) => (CompletionKind::Derivation, Some("package")),
                Some(Glance::Data) => {
                    let value = shapes.attribute(of, &[name]).ok().map(|found| found.value);
                    (CompletionKind::Attribute, value.and_then(|value| shapes.kind(value)))
                }
                None => (CompletionKind::Attribute, None),
            };
            let builtin = (kind == CompletionKind::Function).then(|| shapes.attribute(of, &[name]).ok()).flatten();
            let builtin = builtin.and_then(|found| shapes.builtin(found.value)).filter(|&(found, _)| found == label);
            let mut item = CompletionItem {
                insert: nival_eval::print::identifier(name.as_bytes()),
                rank: rank + u32::from(label.starts_with('_')),
                kind,
                detail: detail.map(str::to_owned),
                lazy: true,
                ..CompletionItem::new(label, kind, self.replace)
            };
            if let Some(builtin) = builtin.and_then(|(name, _)| docs::builtin(name)) {
                item.kind = CompletionKind::Builtin;
                item.detail = Some(docs::builtin_title(builtin));
                item.documentation = Some(builtin.doc.to_owned());
                item.lazy = false;
            }
            items.push(item);
        }
        (all_known || !items.is_empty()).then_some(items)
    }

    /// Adds the names that `with`s provide; whether all of them are known.
    pub fn names_of_withs(&self, namespaces: &[Option<Node<'_>>], items: &mut Vec<CompletionItem>) -> Cancellable<bool> {
        let mut seen: FxHashSet<String> = items.iter().map(|item| item.label.clone()).collect();
        let word = self.word();
        let mut all = true;
        for namespace in namespaces.iter().flatten() {
            let found = self.ask(*namespace, |shapes, _, thunk| self.items(shapes, thunk, word, 2))?;
            all &= found.is_some();
            for item in found.unwrap_or_default() {
                if seen.insert(item.label.clone()) {
                    items.push(CompletionItem { detail: Some(item.detail.unwrap_or_else(|| "with".to_owned())), ..item });
                }
            }
        }
        Ok(all)
    }

    pub fn details(&self, base: Node<'_>, names: &[Name]) -> Cancellable<Option<(Option<String>, Option<String>)>> {
        self.ask(base, |shapes, db, thunk| {
            let found = shapes.attribute(thunk, names).ok()?;
            Some((shapes.describe(found.value), documentation(db, shapes, found.place, found.value)))
        })
    }
}

/// The names of `with` sets need evaluation.
pub(super) fn add_names_of_withs(
    items: &mut Vec<CompletionItem>,
    snapshot: &Snapshot,
    position: &FilePosition,
    view: &FileView,
    replace: TextRange,
    control: &Control,
) -> Cancellable<()> {
    let values = Values::new(snapshot, &position.path, view, control);
    let mut known: FxHashSet<String> = items.iter().map(|item| item.label.clone()).collect();
    for (_, scope) in view.lowered.scopes.scopes_at(replace.start()) {
        let ScopeKind::With { namespace } = scope.kind else { continue };
        for attr in set_attrs(&values, values.expr(namespace))? {
            if known.insert(attr.name.clone()) {
                items.push(CompletionItem { rank: 2, detail: Some("with".to_owned()), ..attr_item(&attr, replace) });
            }
        }
    }
    Ok(())
}

/// The attributes of what is selected from, by evaluation.
pub(super) fn evaluated(
    snapshot: &Snapshot,
    position: &FilePosition,
    view: &FileView,
    subject: &Subject,
    replace: TextRange,
    control: &Control,
) -> Cancellable<Vec<CompletionItem>> {
    let Subject::Selection { base, before, .. } = subject else { return Ok(Vec::new()) };
    let values = Values::new(snapshot, &position.path, view, control);
    let found = set_attrs(&values, values.path(*base, before))?;
    let is_builtins = crate::tree::slice(&view.text, view.lowered.source_map.expr_range(*base)) == "builtins";
    let mut items: Vec<CompletionItem> = found.iter().map(|attr| attr_item(attr, replace)).collect();
    for item in &mut items {
        if is_builtins && let Some(builtin) = docs::builtin(&item.label) {
            item.kind = CompletionKind::Builtin;
            item.detail = Some(docs::builtin_title(builtin));
            item.documentation = Some(builtin.doc.to_owned());
        }
    }
    Ok(items)
}

/// The attributes of a value; none where there is no set or evaluation fails.
fn set_attrs(values: &Values<'_>, found: Result<Found, nival_engine::Report>) -> Cancellable<Vec<AttrItem>> {
    let answer = match found {
        Ok(Found::Value(set)) => values.session().attrs(&set, values.control),
        Ok(Found::Nothing(_)) => return Ok(Vec::new()),
        Err(report) => Err(report),
    };
    match answer {
        Ok(attrs) => Ok(attrs),
        Err(report) if report.is_cancelled() => Err(Cancelled),
        Err(_) => Ok(Vec::new()),
    }
}

fn attr_item(attr: &AttrItem, replace: TextRange) -> CompletionItem {
    let kind = match attr.kind {
        Some(ValueKind::Function) => CompletionKind::Function,
        Some(ValueKind::Derivation) => CompletionKind::Derivation,
        _ => CompletionKind::Attribute,
    };
    CompletionItem {
        detail: attr.kind.map(|kind| kind.name().to_owned()),
        insert: nival_eval::print::identifier(attr.name.as_bytes()),
        rank: u32::from(attr.name.starts_with('_')),
        ..CompletionItem::new(attr.name.clone(), kind, replace)
    }
}
