//! Go to definition.

use std::path::Path;
use std::sync::Arc;

use nival_engine::{Cancellable, Cancelled, Control, FilePosition, FileRange, Location, Report, Snapshot};
use nival_hir::lexical::{self, Meaning};
use nival_hir::module::{Expr, ExprId};
use nival_hir::scopes::{BindingKind, Target};
use nival_source::Db;
use nival_syntax::ast::{AstNode, Expr as AstExpr};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use crate::cursor::{FileView, Subject};
use crate::facts::{self, facts};
use crate::hover::resolve_path;
use crate::references::beside_the_calls;
use crate::tree::{binding_around, text_of, touching_token};
use crate::values::{Found, Values};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavigationTarget {
    /// The name under the cursor, for the editor to underline.
    pub source: TextRange,
    /// The whole binding or file.
    pub full: FileRange,
    /// The name in it.
    pub focus: TextRange,
}

/// Where the thing under the cursor is defined. Evaluates only when texts alone do not say it.
///
/// # Errors
/// Cancelled.
pub fn definition(snapshot: &Snapshot, position: &FilePosition, control: &Control) -> Cancellable<Vec<NavigationTarget>> {
    if let Some(target) = bound_here(snapshot, position)? {
        return Ok(vec![target]);
    }
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(Vec::new()) };
    let Some(subject) = view.subject(position.offset) else { return Ok(Vec::new()) };
    let mut search = Search { snapshot, path: &position.path, view: &view, control, found: Vec::new() };
    search.run(&subject, position.offset)?;
    snapshot.check()?;
    Ok(search.found)
}

/// Where the text binds a name that is used at a place, if the tree alone tells: the analysis of the whole text may be waited for.
fn bound_here(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Option<NavigationTarget>> {
    let Some(tree) = snapshot.flat_tree(&position.path)? else { return Ok(None) };
    let used = touching_token(&tree, position.offset).and_then(|token| lexical::use_at(token).flatten());
    let Some((range, Meaning::Bound(definition))) = used.map(|used| (used.range, used.meaning)) else {
        return Ok(None);
    };
    snapshot.check()?;
    Ok(Some(target_here(&tree, &position.path, range, definition.range)))
}

/// From a name to what binds it in the same file.
fn target_here(tree: &FlatTree, path: &Arc<Path>, source: TextRange, focus: TextRange) -> NavigationTarget {
    NavigationTarget { source, full: FileRange { path: path.clone(), range: binding_around(tree, focus) }, focus }
}

/// Where the name under the cursor is introduced: the parameter, the `let`, the `inherit` that hands it on.
///
/// # Errors
/// Cancelled.
pub fn declaration(snapshot: &Snapshot, position: &FilePosition, control: &Control) -> Cancellable<Vec<NavigationTarget>> {
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(Vec::new()) };
    if let Some(Subject::Definition { range, .. } | Subject::AttrDefinition { range, .. }) = view.subject(position.offset) {
        let full = FileRange { path: position.path.clone(), range };
        return Ok(vec![NavigationTarget { source: range, full, focus: range }]);
    }
    definition(snapshot, position, control)
}

/// Where the value of the thing under the cursor is made: the function, the set of attributes.
///
/// # Errors
/// Cancelled.
pub fn type_definition(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Vec<NavigationTarget>> {
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(Vec::new()) };
    let Some(subject) = view.subject(position.offset) else { return Ok(Vec::new()) };
    let value = facts(snapshot, &position.path, &view, &subject)?.value;
    snapshot.check()?;
    Ok(value.into_iter().map(|(full, focus)| NavigationTarget { source: subject.range(), full, focus }).collect())
}

/// Everything that provides the attribute under the cursor: the sets put over each other, overlays and overrides, what counts first.
///
/// # Errors
/// Cancelled.
pub fn implementation(snapshot: &Snapshot, position: &FilePosition, control: &Control) -> Cancellable<Vec<NavigationTarget>> {
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(Vec::new()) };
    let Some(subject) = view.subject(position.offset) else { return Ok(Vec::new()) };
    let found = facts::providers(snapshot, &position.path, &view, &subject)?;
    snapshot.check()?;
    if found.is_empty() {
        return definition(snapshot, position, control);
    }
    Ok(found.into_iter().map(|(full, focus)| NavigationTarget { source: subject.range(), full, focus }).collect())
}

struct Search<'a> {
    snapshot: &'a Snapshot,
    path: &'a Arc<Path>,
    view: &'a FileView,
    control: &'a Control,
    found: Vec<NavigationTarget>,
}

impl Search<'_> {
    fn run(&mut self, subject: &Subject, offset: TextSize) -> Cancellable<()> {
        let view = self.view;
        match subject {
            Subject::Use { target: Target::Binding(id), range, .. } => {
                if let Some(binding) = view.lowered.scopes.binding(*id) {
                    self.add_here(*range, binding.range);
                }
            }
            Subject::Use { target: Target::With(_), range, .. } => {
                if !self.known(subject, *range)? {
                    self.evaluated(subject, *range, offset)?;
                }
            }
            Subject::Use { .. } => {}
            Subject::Definition { range, .. } | Subject::AttrDefinition { range, .. } => {
                self.file_of_binding(*range);
                // Who calls the file says more than what files of its look are called with.
                if self.found.is_empty() {
                    self.filled(subject, *range)?;
                }
                if self.found.is_empty() {
                    self.known(subject, *range)?;
                }
            }
            Subject::Selection { base, before, name, range } => {
                let place = if before.is_empty() { static_attr(view, *base, *name) } else { None };
                match place {
                    Some(place) => self.add_here(*range, place),
                    None if self.known(subject, *range)? => {}
                    None => self.evaluated(subject, *range, offset)?,
                }
            }
            Subject::Path { text, range } => {
                if let Some(path) = resolve_path(self.snapshot, self.path, text) {
                    self.add_file(*range, &path);
                }
            }
            Subject::SearchPath { text, range } => {
                if let Some(path) = answered(self.snapshot.session().find_file(text, self.control))? {
                    self.add_file(*range, &path);
                }
            }
        }
        Ok(())
    }

    /// By shapes; whether something was found.
    fn known(&mut self, subject: &Subject, source: TextRange) -> Cancellable<bool> {
        let facts = facts(self.snapshot, self.path, self.view, subject)?;
        for (full, focus) in facts.definitions {
            let bound = self.handed_on(&full.path, source, focus)?;
            self.found.push(bound.unwrap_or(NavigationTarget { source, full, focus }));
        }
        Ok(!self.found.is_empty())
    }

    /// What `inherit name;` at a place hands on: the binding of that file.
    fn handed_on(&self, path: &Arc<Path>, source: TextRange, focus: TextRange) -> Cancellable<Option<NavigationTarget>> {
        self.snapshot.with_db(|db| {
            let file = db.files().get(db, path);
            let tree = nival_hir::flat_tree(db, file);
            if !tree.nodes_covering(focus).iter().any(|node| node.kind() == SyntaxKind::INHERIT) {
                return None;
            }
            let lowered = nival_hir::lowered(db, file);
            let reference = lowered.scopes.references().iter().find(|reference| reference.range == focus)?;
            let Target::Binding(id) = reference.target else { return None };
            let bound = lowered.scopes.binding(id)?;
            Some(target_here(tree, path, source, bound.range))
        })
    }

    /// An argument that `callPackage` fills: where its callers have it.
    fn filled(&mut self, subject: &Subject, source: TextRange) -> Cancellable<()> {
        let Subject::Definition { binding, .. } = subject else { return Ok(()) };
        let lowered = &self.view.lowered;
        if lowered.scopes.binding(*binding).is_none_or(|binding| binding.kind != BindingKind::Formal) {
            return Ok(());
        }
        let places = beside_the_calls(self.snapshot, self.path, lowered, *binding)?;
        let target = |(path, range)| NavigationTarget { source, full: FileRange { path, range }, focus: range };
        self.found.extend(places.into_iter().map(target));
        Ok(())
    }

    fn add_here(&mut self, source: TextRange, focus: TextRange) {
        self.found.push(target_here(&self.view.tree, self.path, source, focus));
    }

    /// The file itself, or a folder's `default.nix`.
    fn add_file(&mut self, source: TextRange, path: &Path) {
        let inside = path.join("default.nix");
        let file = if self.snapshot.is_file(&inside) { inside } else { path.to_owned() };
        if self.snapshot.is_file(&file) {
            let start = TextRange::default();
            self.found.push(NavigationTarget { source, full: FileRange { path: file.into(), range: start }, focus: start });
        }
    }

    /// `hello = callPackage ./hello.nix { }` leads to the file.
    fn file_of_binding(&mut self, range: TextRange) {
        let Some(mut value) = self.view.binding_node(range).and_then(|binding| binding.value()) else { return };
        let mut paths = Vec::new();
        loop {
            value = match value {
                AstExpr::Paren(paren) => match paren.expr() {
                    Some(inner) => inner,
                    None => break,
                },
                AstExpr::Apply(apply) => {
                    paths.extend(apply.argument().and_then(|argument| literal_path(&argument)));
                    match apply.function() {
                        Some(function) => function,
                        None => break,
                    }
                }
                _ => break,
            };
        }
        for text in paths {
            if let Some(path) = resolve_path(self.snapshot, self.path, &text) {
                self.add_file(range, &path);
            }
        }
    }

    /// By the positions that values carry.
    fn evaluated(&mut self, subject: &Subject, source: TextRange, offset: TextSize) -> Cancellable<()> {
        let values = Values::new(self.snapshot, self.path, self.view, self.control);
        let Some((set, name)) = answered(values.defining_set(subject, offset))?.flatten() else { return Ok(()) };
        let place = answered(values.session().attr_location(&set, &name.to_string(), self.control))?.flatten();
        let place = match place {
            Some(place) => Some(place),
            // Sets made by builtins carry no positions; a function in them does.
            None => match answered(values.attr(&set, name))? {
                Some(Found::Value(value)) => answered(values.session().function_location(&value, self.control))?.flatten(),
                _ => None,
            },
        };
        if let Some(place) = place.as_ref().and_then(Location::as_file) {
            self.found.push(NavigationTarget { source, focus: place.range, full: place });
        }
        Ok(())
    }
}

/// An answer, or nothing where evaluation failed.
fn answered<T>(answer: Result<T, Report>) -> Cancellable<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(report) if report.is_cancelled() => Err(Cancelled),
        Err(_) => Ok(None),
    }
}

fn literal_path(expr: &AstExpr<Node<'_>>) -> Option<String> {
    match expr {
        AstExpr::Path(path) if path.interpolations().next().is_none() => Some(text_of(*path.syntax())),
        AstExpr::Paren(paren) => literal_path(&paren.expr()?),
        _ => None,
    }
}

/// How many names are followed from one to the next.
const MAX_STEPS: usize = 32;

/// The name of an attribute in a set literal of the same file, when the text shows which literal it is.
fn static_attr(view: &FileView, base: ExprId, name: Name) -> Option<TextRange> {
    let module = &view.lowered.module;
    let mut at = base;
    for _ in 0..MAX_STEPS {
        match module.exprs.get(at.0 as usize)? {
            Expr::Attrs(index) => {
                let lit = module.attrsets.get(*index as usize)?;
                let attr = lit.attrs.iter().position(|attr| attr.name == name)?;
                return Some(view.lowered.source_map.attr(*index, attr as u32).name);
            }
            Expr::Let(index) => at = module.lets.get(*index as usize)?.body,
            Expr::With { body, .. } | Expr::Assert { body, .. } => at = *body,
            Expr::Get { base, name, .. } => at = static_value(view, *base, *name)?,
            Expr::Local(_) | Expr::Outer { .. } => {
                let reference = view.reference_of(at)?;
                let Target::Binding(id) = reference.target else { return None };
                at = view.bound_value(id)?;
            }
            _ => return None,
        }
    }
    None
}

/// The value of an attribute of a set literal that `base` shows itself to be.
fn static_value(view: &FileView, base: ExprId, name: Name) -> Option<ExprId> {
    let module = &view.lowered.module;
    let at = match module.exprs.get(base.0 as usize)? {
        Expr::Local(_) | Expr::Outer { .. } => {
            let reference = view.reference_of(base)?;
            let Target::Binding(id) = reference.target else { return None };
            view.bound_value(id)?
        }
        _ => base,
    };
    let Expr::Attrs(index) = module.exprs.get(at.0 as usize)? else { return None };
    let lit = module.attrsets.get(*index as usize)?;
    lit.attrs.iter().find(|attr| attr.name == name).map(|attr| attr.value)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let found = definition(&fixture.snapshot, &fixture.position(), &Fixture::control()).unwrap();
        let mut shown = String::new();
        for target in &found {
            let text = fixture.snapshot.text(&target.full.path).unwrap();
            let cut = |range: TextRange| text[range].to_owned();
            let path = target.full.path.display();
            shown.push_str(&format!(
                "[{}] -> {path} [{}] in [{}]\n",
                &fixture.text[target.source],
                cut(target.focus),
                cut(target.full.range)
            ));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn names() {
        check(
            "let a = 1; in { b = a$0; }",
            expect![[r#"
            [a] -> /main.nix [a] in [a = 1;]
        "#]],
        );
        check(
            "{ x, y ? x }: y$0",
            expect![[r#"
            [y] -> /main.nix [y] in [y]
        "#]],
        );
        check(
            "rec { a = 1; b = a$0; }",
            expect![[r#"
            [a] -> /main.nix [a] in [a = 1;]
        "#]],
        );
        check(
            "let a = 1; in { inherit a$0; }",
            expect![[r#"
            [a] -> /main.nix [a] in [a = 1;]
        "#]],
        );
    }

    #[test]
    fn attributes_of_literals() {
        check(
            "let s = { a = { b = 1; }; }; in s.a.b$0",
            expect![[r#"
                [b] -> /main.nix [b] in [b = 1;]
            "#]],
        );
        check(
            "let s = { a = { b = 1; }; }; in s.a$0",
            expect![[r#"
            [a] -> /main.nix [a] in [a = { b = 1; };]
        "#]],
        );
        check(
            "let s = { a = 1; }; inherit (s) a$0; in a",
            expect![[r#"
                [a] -> /main.nix [a] in [a = 1;]
            "#]],
        );
    }

    #[test]
    fn across_files_by_evaluation() {
        check(
            "//- /main.nix\n(import ./lib.nix).a.b$0\n//- /lib.nix\nlet f = x: { a.b = x; }; in f 1\n",
            expect![[r#"
                [b] -> /lib.nix [b] in [a.b = x;]
            "#]],
        );
        check(
            "//- /main.nix\nwith import ./lib.nix; foo$0\n//- /lib.nix\n{ foo = 1; }\n",
            expect![[r#"
                [foo] -> /lib.nix [foo] in [foo = 1;]
            "#]],
        );
    }

    #[test]
    fn across_files_without_evaluation() {
        check(
            "//- /main.nix\n{ x }: (import ./lib.nix { inherit x; }).a.b$0\n//- /lib.nix\n{ x }: rec { a = c; c.b = x; }\n",
            expect![[r#"
            [b] -> /lib.nix [b] in [c.b = x;]
        "#]],
        );
        check(
            "//- /main.nix\n{ x }: with import ./lib.nix { inherit x; }; foo$0\n//- /lib.nix\n{ x }: { foo = x; }\n",
            expect![[r#"
            [foo] -> /lib.nix [foo] in [foo = x;]
        "#]],
        );
        check(
            "//- /main.nix\n{ x }: let l = import ./lib.nix; in { inherit (l x) foo$0; }\n//- /lib.nix\nx: { inherit (x: x) y; foo = x; }\n",
            expect![[r#"
            [foo] -> /lib.nix [foo] in [foo = x;]
        "#]],
        );
        check(
            "//- /main.nix\n{ x }: (import ./lib.nix x).id$0\n//- /lib.nix\nx: let id = x; in { inherit id; }\n",
            expect![[r#"
                [id] -> /lib.nix [id] in [id = x;]
            "#]],
        );
        // Not the `inherit` that hands it on.
        check(
            "//- /main.nix\n{ x }: (import ./lib.nix x).id$0\n//- /lib.nix\nx: let t = import ./t.nix x; in { inherit (t) id; }\n//- /t.nix\nx: { id = x; }\n",
            expect![[r#"
            [id] -> /t.nix [id] in [id = x;]
        "#]],
        );
    }

    #[test]
    fn other_ways_to_go() {
        let shown = |text: &str, go: fn(&Snapshot, &FilePosition, &Control) -> Cancellable<Vec<NavigationTarget>>| {
            let fixture = Fixture::new(text);
            let found = go(&fixture.snapshot, &fixture.position(), &Fixture::control()).unwrap();
            let text = |t: &NavigationTarget| fixture.snapshot.text(&t.full.path).unwrap()[t.full.range].to_owned();
            found.iter().map(text).collect::<Vec<_>>().join(" | ")
        };
        let overlaid = "{ x }: ({ a = x; } // { b = 1; } // { a = 2; }).a$0";
        assert_eq!(shown(overlaid, definition), "a = 2;");
        assert_eq!(shown(overlaid, implementation), "a = 2; | a = x;");
        assert_eq!(shown("{ x }: let f = y: x; g = f; in g$0", |s, p, _| type_definition(s, p)), "y");
        // The first of the text, whichever name is known for longer.
        let set = "{ known_first }: let s = { met_later = 1; known_first = 2; }; in s$0";
        assert_eq!(shown(set, |s, p, _| type_definition(s, p)), "met_later = 1;");
        assert_eq!(shown("{ x }: x$0", declaration), "x");
        assert_eq!(shown("{ x$0 }: x", declaration), "x");
    }

    #[test]
    fn files() {
        check(
            "//- /main.nix\nimport ./li$0b {}\n//- /lib/default.nix\n{}: 1\n",
            expect![[r#"
            [./lib] -> /lib/default.nix [] in []
        "#]],
        );
        check(
            "//- /main.nix\nlet callPackage = f: import f; in { hel$0lo = callPackage ./hello.nix { }; }\n//- /hello.nix\n{}: 1\n",
            expect![[r#"
            [hello] -> /hello.nix [] in []
        "#]],
        );
        check("import ./missing$0.nix", expect![[""]]);
    }

    #[test]
    fn nothing_to_find() {
        check("map$0", expect![[""]]);
        check("{ x }: x.y$0", expect![[""]]);
    }

    #[test]
    fn arguments_that_an_unknown_call_package_fills() {
        let text = "//- /pkg.nix\n{ tool$0, other }: tool\n//- /set.nix\n{ callPackage }: { tool = 1; pkg = callPackage ./pkg.nix { }; }\n";
        let fixture = Fixture::new(text);
        fixture.snapshot.project(std::time::Duration::from_secs(30)).unwrap();
        let found = definition(&fixture.snapshot, &fixture.position(), &Fixture::control()).unwrap();
        let [target] = &found[..] else { panic!("{found:?}") };
        let text = fixture.snapshot.text(&target.full.path).unwrap();
        assert_eq!((target.full.path.to_str(), &text[target.focus]), (Some("/set.nix"), "tool"));
    }
}
