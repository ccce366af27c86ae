//! Who calls a function and what it calls; a file that `callPackage` or `import` runs is one of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Cancellable, FilePosition, FileRange, Snapshot};
use nival_hir::scopes::Target;
use nival_syntax::ast::{AstNode, Binding, Expr};
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange, TextSize};

use crate::cursor::{FileView, Subject};
use crate::reached::reached;
use crate::references::{attribute_at, references};
use crate::tree::{slice, text_of, touching_token};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallKind {
    Function,
    /// A file that is run as a whole.
    File,
}

/// Something that calls and is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallItem {
    pub kind: CallKind,
    pub name: String,
    pub path: Arc<Path>,
    /// The binding, as start and end; the beginning of the file, for one.
    pub range: (u32, u32),
    /// The name in it.
    pub selection: (u32, u32),
}

/// One item, and where the calls are: in the text of the one that calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub item: CallItem,
    pub ranges: Vec<TextRange>,
}

/// How long one waits for an index that is being made.
const PATIENCE: Duration = Duration::from_secs(5);
/// Calls of one function that are followed.
const MOST: usize = 300;

fn pair(range: TextRange) -> (u32, u32) {
    (range.start().into(), range.end().into())
}

impl CallItem {
    fn file(path: &Arc<Path>) -> CallItem {
        let name = path.file_name().filter(|name| *name != "default.nix").or_else(|| path.parent()?.file_name());
        let name = name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        CallItem { kind: CallKind::File, name, path: path.clone(), range: (0, 0), selection: (0, 0) }
    }

    fn binding(path: &Arc<Path>, binding: &Binding<Node<'_>>) -> Option<CallItem> {
        let attrpath = binding.attrpath()?;
        Some(CallItem {
            kind: CallKind::Function,
            name: text_of(*attrpath.syntax()),
            path: path.clone(),
            range: pair(binding.range()),
            selection: pair(attrpath.range()),
        })
    }

    pub fn text_range(range: (u32, u32)) -> TextRange {
        TextRange::new(TextSize::new(range.0), TextSize::new(range.1.max(range.0)))
    }
}

/// The function that is under the cursor, defined or used; else the file, if anything runs it.
///
/// # Errors
/// Cancelled.
pub fn call_item(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Option<CallItem>> {
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(None) };
    if let Some(found) = function_at(snapshot, &view, position)? {
        return Ok(Some(found));
    }
    let project = snapshot.project(PATIENCE)?;
    let run = project.view.callers(&position.path).iter().filter_map(|caller| caller.edge()).any(|edge| edge.how.runs());
    Ok(run.then(|| CallItem::file(&position.path)))
}

/// The function that a name means.
fn function_at(snapshot: &Snapshot, view: &FileView, position: &FilePosition) -> Cancellable<Option<CallItem>> {
    let Some(token) = touching_token(&view.tree, position.offset).filter(|token| token.kind() == SyntaxKind::IDENT) else {
        return Ok(None);
    };
    let here = match view.subject(position.offset) {
        Some(Subject::Use { target: Target::Binding(id), .. } | Subject::Definition { binding: id, .. }) => {
            view.lowered.scopes.binding(id).map(|binding| binding.range)
        }
        Some(Subject::AttrDefinition { range, .. }) => Some(range),
        Some(Subject::Use { .. } | Subject::Selection { .. }) => None,
        _ => return Ok(None),
    };
    if let Some(range) = here.or_else(|| view.binding_node(token.range()).map(|_| token.range()))
        && let Some(found) = defined(view, &position.path, range)
    {
        return Ok(Some(found));
    }
    let project = snapshot.project(PATIENCE)?;
    let Some(attribute) = attribute_at(snapshot, &project.view, view, position)? else { return Ok(None) };
    for (path, range) in &attribute.places {
        let path: &Arc<Path> = path;
        if let Some(view) = FileView::glance(snapshot, path)?
            && let Some(found) = defined(&view, path, *range)
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The function that is bound to a name which stands at a place.
fn defined(view: &FileView, path: &Arc<Path>, name: TextRange) -> Option<CallItem> {
    let binding = view.binding_node(name)?;
    // The name, and not something in the value.
    binding.attrpath().filter(|attrpath| attrpath.range().contains_range(name))?;
    let mut value = binding.value()?;
    while let Expr::Paren(paren) = value {
        value = paren.expr()?;
    }
    matches!(value, Expr::Lambda(_)).then(|| CallItem::binding(path, &binding)).flatten()
}

/// What a place belongs to: the function around it, else the outermost binding, else the file.
fn caller_at(view: &FileView, path: &Arc<Path>, place: TextRange) -> CallItem {
    let around: Vec<Binding<Node<'_>>> = view.tree.nodes_covering(place).into_iter().filter_map(Binding::cast).collect();
    let function = around.iter().find_map(|binding| defined(view, path, binding.attrpath()?.range()));
    function.or_else(|| CallItem::binding(path, around.first()?)).unwrap_or_else(|| CallItem::file(path))
}

/// Calls by item, in the order of items.
fn grouped(calls: BTreeMap<CallItem, Vec<TextRange>>) -> Vec<Call> {
    let call = |(item, mut ranges): (CallItem, Vec<TextRange>)| {
        ranges.sort_by_key(|range| range.start());
        ranges.dedup();
        Call { item, ranges }
    };
    calls.into_iter().map(call).collect()
}

/// Who calls an item.
///
/// # Errors
/// Cancelled.
pub fn incoming_calls(snapshot: &Snapshot, item: &CallItem) -> Cancellable<Vec<Call>> {
    let mut calls: BTreeMap<CallItem, Vec<TextRange>> = BTreeMap::new();
    let places: Vec<FileRange> = match item.kind {
        CallKind::File => {
            let project = snapshot.project(PATIENCE)?;
            let callers = project.view.callers(&item.path);
            callers.iter().filter_map(reached).filter(|reached| reached.how.runs()).map(|reached| reached.place).collect()
        }
        CallKind::Function => {
            let end = CallItem::text_range(item.selection).end();
            let offset = if end > TextSize::new(0) { end - TextSize::new(1) } else { end };
            references(snapshot, &FilePosition { path: item.path.clone(), offset }, false)?
        }
    };
    let mut view: Option<(Arc<Path>, FileView)> = None;
    for place in places {
        if view.as_ref().is_none_or(|(path, _)| *path != place.path) {
            view = FileView::glance(snapshot, &place.path)?.map(|view| (place.path.clone(), view));
        }
        let Some((_, view)) = &view else { continue };
        if item.kind == CallKind::File || is_called(view, place.range) {
            calls.entry(caller_at(view, &place.path, place.range)).or_default().push(place.range);
        }
    }
    snapshot.check()?;
    Ok(grouped(calls))
}

/// Whether a name is what an application applies.
fn is_called(view: &FileView, name: TextRange) -> bool {
    let around = view.tree.nodes_covering(name);
    let mut callee: Option<Node<'_>> = None;
    for node in around {
        match node.kind() {
            SyntaxKind::APPLY => return callee.is_some_and(|callee| node.children().next() == Some(callee)),
            SyntaxKind::NAME_REF | SyntaxKind::SELECT | SyntaxKind::PAREN if node.range().end() >= name.end() => callee = Some(node),
            SyntaxKind::NAME | SyntaxKind::ATTRPATH => {}
            _ => return false,
        }
    }
    false
}

/// What an item calls.
///
/// # Errors
/// Cancelled.
pub fn outgoing_calls(snapshot: &Snapshot, item: &CallItem) -> Cancellable<Vec<Call>> {
    let Some(view) = FileView::glance(snapshot, &item.path)? else { return Ok(Vec::new()) };
    let whole = TextRange::up_to(TextSize::of(&*view.text));
    let range = if item.kind == CallKind::File { whole } else { CallItem::text_range(item.range) };
    let mut calls: BTreeMap<CallItem, Vec<TextRange>> = BTreeMap::new();
    let project = snapshot.project(PATIENCE)?;
    if let Some(summary) = project.view.get(&item.path) {
        for edge in summary.edges.iter().filter(|edge| edge.how.runs() && range.contains_range(edge.range)) {
            if let Some(target) = project.view.target(&item.path, edge) {
                calls.entry(CallItem::file(&target)).or_default().push(edge.range);
            }
        }
    }
    let applied = (0..view.tree.len() as u32).filter_map(|index| view.tree.node(index)).filter(|node| node.kind() == SyntaxKind::APPLY);
    let heads = applied.filter(|node| range.contains_range(node.range())).filter_map(|node| node.children().next());
    let names = heads.filter(|head| matches!(head.kind(), SyntaxKind::NAME_REF | SyntaxKind::SELECT)).take(MOST);
    // The same name means the same function nearly always, but it is asked each time: another scope may bind it.
    for head in names {
        snapshot.check()?;
        let last = head.range().end() - TextSize::new(1);
        let position = FilePosition { path: item.path.clone(), offset: last };
        if let Some(found) = function_at(snapshot, &view, &position)? {
            let name = view.tree.tokens_at(last).next().map_or(head.range(), |token| token.range());
            debug_assert!(!slice(&view.text, name).is_empty());
            calls.entry(found).or_default().push(name);
        }
    }
    Ok(grouped(calls))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let Some(item) = call_item(&fixture.snapshot, &fixture.position()).unwrap() else { return expected.assert_eq("nothing") };
        let shown = |item: &CallItem| format!("{:?} {} of {}", item.kind, item.name, item.path.display());
        let mut out = format!("{}\n", shown(&item));
        for (way, calls) in
            [("←", incoming_calls(&fixture.snapshot, &item).unwrap()), ("→", outgoing_calls(&fixture.snapshot, &item).unwrap())]
        {
            for call in calls {
                out.push_str(&format!("{way} {} {}×\n", shown(&call.item), call.ranges.len()));
            }
        }
        expected.assert_eq(&out);
    }

    #[test]
    fn functions() {
        check(
            "let f = x: x; g = y: f$0 (f y); h = [ f (g 1) ]; in { k = f 2; }",
            expect![[r#"
                Function f of /main.nix
                ← Function g of /main.nix 2×
                ← Function k of /main.nix 1×
            "#]],
        );
        check(
            "let f = x: x; g$0 = y: f (f y); h = [ f (g 1) ]; in { k = f 2; }",
            expect![[r#"
                Function g of /main.nix
                ← Function h of /main.nix 1×
                → Function f of /main.nix 2×
            "#]],
        );
        check("let a$0 = 1; in a", expect!["nothing"]);
    }

    #[test]
    fn functions_of_other_files() {
        check(
            "//- /main.nix\nlet lib = import ./lib.nix; in { a = lib.twice$0 1; b = lib.twice; }\n//- /lib.nix\nrec { once = x: x; twice = x: once (once x); }\n",
            expect![[r#"
                Function twice of /lib.nix
                ← Function a of /main.nix 1×
                → Function once of /lib.nix 2×
            "#]],
        );
    }

    #[test]
    fn files() {
        check(
            "//- /tool/default.nix\n{$0 }: import ./part.nix\n//- /tool/part.nix\n1\n//- /set.nix\n{ callPackage }: { tool = callPackage ./tool { }; src = ./tool; }\n",
            expect![[r#"
                File tool of /tool/default.nix
                ← Function tool of /set.nix 1×
                → File part.nix of /tool/part.nix 1×
            "#]],
        );
    }
}
