//! All places that mean the thing under the cursor, in all files of the workspace.
//!
//! A name that a text binds has its places in that text. An attribute has them wherever a selection, an `inherit`, a `with` or an
//! argument that `callPackage` fills leads to where it is defined: the index says which files say its name at all, and shapes say of
//! each use where it leads. What leads elsewhere, or nowhere that is known, is no place of it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nival_engine::{Cancellable, FilePosition, FileRange, Project, Snapshot};
use nival_hir::Lowered;
use nival_hir::lexical::{self, Meaning};
use nival_hir::module::{AttrName, Expr, ExprId};
use nival_hir::scopes::{BindingId, BindingKind, Target};
use nival_index::{Reach, View};
use nival_shape::{Shapes, place_range};
use nival_source::{Db, SourceFile};
use nival_syntax::{Name, TextRange};
use rustc_hash::FxHashSet;

use crate::cursor::{FileView, Subject};
use crate::highlight::{self, Highlight, targets_at};
use crate::options;

/// Files that are looked at in one database, before that is given up for the next.
const RUN: usize = 128;
/// How long one waits for an index that is being made.
const PATIENCE: Duration = Duration::from_secs(5);
/// After this long, what was found is all.
const TIME: Duration = Duration::from_secs(8);

/// An attribute, by the places where it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub name: Name,
    /// Canonical paths.
    pub places: FxHashSet<(Arc<Path>, TextRange)>,
}

/// How a file refers to an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UseKind {
    /// It is defined there.
    Definition,
    /// A module sets the option.
    Setting,
    /// `x.name`, `x ? name`.
    Selection,
    /// `inherit (x) name`.
    InheritFrom,
    /// `name`, which a `with` provides.
    With,
    /// An argument that the package set fills, or a use of it.
    Argument(BindingId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    pub range: TextRange,
    pub kind: UseKind,
}

/// The uses in one file, by the order of the text.
#[derive(Debug, Clone)]
pub(crate) struct FileUses {
    pub path: Arc<Path>,
    pub uses: Vec<Use>,
}

/// What was found of an attribute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// By path.
    pub files: Vec<FileUses>,
    /// Whether all files were looked at.
    pub complete: bool,
}

/// Every place of the thing under the cursor: first of its own file, then by path.
///
/// # Errors
/// Cancelled.
pub fn references(snapshot: &Snapshot, position: &FilePosition, include_definition: bool) -> Cancellable<Vec<FileRange>> {
    let mut places: Vec<(Arc<Path>, TextRange, bool)> = Vec::new();
    let (highlights, is_local) = in_this_file(snapshot, position)?;
    for highlight in highlights {
        places.push((position.path.clone(), highlight.range, highlight.definition));
    }
    if !is_local && let Some(view) = FileView::at(snapshot, position)? {
        let project = snapshot.project(PATIENCE)?;
        if let Some(attribute) = attribute_at(snapshot, &project.view, &view, position)? {
            for file in uses(snapshot, &project, &attribute)?.files {
                places.extend(file.uses.iter().map(|use_| (file.path.clone(), use_.range, use_.kind == UseKind::Definition)));
            }
        }
    }
    places.sort_by(|a, b| (a.0 != position.path, &a.0, a.1.start(), !a.2).cmp(&(b.0 != position.path, &b.0, b.1.start(), !b.2)));
    places.dedup_by(|b, a| a.0 == b.0 && a.1 == b.1);
    snapshot.check()?;
    let wanted = places.into_iter().filter(|place| include_definition || !place.2);
    Ok(wanted.map(|(path, range, _)| FileRange { path, range }).collect())
}

/// The places in the file itself, and whether the name is one that only the file can see: then no other is asked.
fn in_this_file(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<(Vec<Highlight>, bool)> {
    let Some(tree) = snapshot.flat_tree(&position.path)? else { return Ok((Vec::new(), false)) };
    match lexical::at_cursor(&tree, position.offset) {
        Some(Some(name)) => {
            let targets = name.targets();
            let local = |target: &Meaning<'_>| matches!(target, Meaning::Bound(definition) if definition.is_local());
            Ok((highlight::of_name(&name), !targets.is_empty() && targets.iter().all(local)))
        }
        Some(None) => Ok((Vec::new(), false)),
        None => {
            let Some(lowered) = snapshot.lowered(&position.path)? else { return Ok((Vec::new(), false)) };
            let targets = targets_at(&lowered.scopes, position.offset);
            let local = |target: &Target| match target {
                Target::Binding(id) => lowered.scopes.binding(*id).is_some_and(|b| lexical::is_local(b.kind, b.inherited)),
                _ => false,
            };
            let local = !targets.is_empty() && targets.iter().all(|(target, _)| local(target));
            Ok((highlight::of_scopes(&lowered.scopes, position.offset), local))
        }
    }
}

/// The attribute that is defined or used at a place, if it is known where that is defined.
pub(crate) fn attribute_at(snapshot: &Snapshot, index: &View, view: &FileView, position: &FilePosition) -> Cancellable<Option<Attribute>> {
    let Some(subject) = view.subject(position.offset) else { return Ok(None) };
    snapshot.with_db(|db| {
        let file = db.files().get(db, &position.path);
        let here = |range: TextRange| (file.path(db).clone(), range);
        let scopes = &view.lowered.scopes;
        let shapes = Shapes::new(db);
        let of_place = |found: Option<nival_shape::Attribute<'_>>| found.and_then(|found| found.place).map(|place| place_of(db, place));
        let (name, place) = match &subject {
            Subject::AttrDefinition { name, range, .. } => {
                let option = options::declaration(shapes, file, &view.tree.nodes_covering(*range));
                (*name, Some(option.map_or_else(|| here(*range), |place| place_of(db, place))))
            }
            Subject::Selection { base, before, name, .. } => {
                let mut path: Vec<Name> = before
                    .iter()
                    .map_while(|part| match part {
                        AttrName::Static(name) => Some(*name),
                        AttrName::Dynamic(_) => None,
                    })
                    .collect();
                if path.len() < before.len() {
                    return None;
                }
                path.push(*name);
                (*name, of_place(shapes.attribute(shapes.expr(file, *base), &path).ok()))
            }
            Subject::Use { name, target: Target::With(_), expr, .. } => (*name, of_place(shapes.target(file, *expr))),
            Subject::Use { target: Target::Binding(id), .. } | Subject::Definition { binding: id, .. } => {
                let binding = scopes.binding(*id)?;
                match binding.kind {
                    BindingKind::Rec if !binding.inherited => (binding.name, Some(here(binding.range))),
                    BindingKind::Formal => {
                        let linked = linked(db, index, &position.path, &view.lowered, *id);
                        if !linked.is_empty() {
                            return Some(Attribute { name: binding.name, places: linked.into_iter().collect() });
                        }
                        let used = scopes.references_to(Target::Binding(*id)).next()?;
                        (binding.name, of_place(shapes.target(file, used.expr)))
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        // A place without an extent is a whole file, or nothing that is written.
        let place = place.filter(|(_, range)| !range.is_empty())?;
        Some(Attribute { name, places: FxHashSet::from_iter([place]) })
    })
}

fn place_of(db: &dyn Db, place: nival_shape::Place) -> (Arc<Path>, TextRange) {
    (place.file.path(db).clone(), place_range(db, place))
}

/// Where the argument of a file for `callPackage` is defined: beside the call, under the same name.
fn linked(db: &dyn Db, index: &View, path: &Path, lowered: &Lowered, formal: BindingId) -> Vec<(Arc<Path>, TextRange)> {
    let Some(binding) = lowered.scopes.binding(formal) else { return Vec::new() };
    // Only the arguments of the file's own function are filled.
    let outermost = lowered.scopes.scope(binding.scope).is_some_and(|scope| scope.lambda == Some(0));
    if !outermost {
        return Vec::new();
    }
    let mut found = Vec::new();
    for caller in index.callers(path) {
        let Some(edge) = caller.edge().filter(|edge| edge.how == Reach::CallPackage) else { continue };
        let Some(own) = edge.symbol.and_then(|symbol| caller.summary.symbols.get(symbol as usize)) else { continue };
        // What stands beside it in a `let` fills nothing.
        if own.is_local() {
            continue;
        }
        let beside = caller.summary.symbols.iter().filter(|s| s.name == binding.name && s.parent == own.parent && !s.is_local());
        let canonical = db.system().canonicalize(&caller.path).map_or_else(|_| Arc::clone(&caller.path), Arc::from);
        found.extend(beside.map(|symbol| (Arc::clone(&canonical), symbol.range())));
    }
    found
}

/// Where the argument of a file is defined that those who call the file by `callPackage` have beside the call, as far as the index
/// knows them by now.
pub(crate) fn beside_the_calls(
    snapshot: &Snapshot,
    path: &Path,
    lowered: &Lowered,
    formal: BindingId,
) -> Cancellable<Vec<(Arc<Path>, TextRange)>> {
    let project = snapshot.project(std::time::Duration::ZERO)?;
    snapshot.with_db(|db| linked(db, &project.view, path, lowered, formal))
}

/// Every use of an attribute in the workspace, and its definitions there.
pub(crate) fn uses(snapshot: &Snapshot, project: &Project, attribute: &Attribute) -> Cancellable<Found> {
    let deadline = Instant::now() + TIME;
    let candidates = project.view.mentioning(attribute.name);
    let (open, closed): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|path| snapshot.is_open(path));
    let mut found = Found { files: Vec::new(), complete: project.complete };
    let mut cancelled = false;
    for run in std::iter::once((true, &open[..])).chain(closed.chunks(RUN).map(|run| (false, run))) {
        let look = |db: &dyn Db, found: &mut Found| {
            for path in run.1 {
                // Databases apart hear of no edit by themselves.
                if !run.0 && !snapshot.is_current() {
                    return false;
                }
                if Instant::now() > deadline {
                    found.complete = false;
                    return true;
                }
                let uses = in_file(db, &project.view, path, attribute);
                if !uses.is_empty() {
                    found.files.push(FileUses { path: path.clone(), uses });
                }
            }
            true
        };
        if run.0 {
            snapshot.with_db(|db| look(db, &mut found))?;
        } else {
            cancelled |= !snapshot.apart(&[], |db| look(db, &mut found));
        }
        if cancelled {
            return Err(nival_engine::Cancelled);
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    snapshot.check()?;
    Ok(found)
}

/// The uses in one file.
pub(crate) fn in_file(db: &dyn Db, index: &View, path: &Path, attribute: &Attribute) -> Vec<Use> {
    let file = db.files().get(db, path);
    let lowered = nival_hir::lowered(db, file);
    let look = Look { db, file, lowered, attribute };
    let mut uses = look.definitions();
    look.settings(&mut uses);
    look.selections(&mut uses);
    look.variables(index, path, &mut uses);
    uses.sort_by_key(|found| (found.range.start(), found.kind));
    uses.dedup_by_key(|found| found.range);
    uses
}

/// A name that is selected, inherited or looked up, and where it leads, if that is known.
pub(crate) struct Mention {
    pub use_: Use,
    pub place: Option<(Arc<Path>, TextRange)>,
}

/// Every place of a file that says the name of an attribute of something.
pub(crate) fn mentions(db: &dyn Db, file: SourceFile, lowered: &Lowered, name: Name) -> Vec<Mention> {
    let (module, map, shapes) = (&lowered.module, &lowered.source_map, Shapes::new(db));
    let mut found = Vec::new();
    let mut add = |range: TextRange, kind, target: Option<nival_shape::Attribute<'_>>| {
        if !range.is_empty() {
            let place = target.and_then(|target| target.place).map(|place| place_of(db, place));
            found.push(Mention { use_: Use { range, kind }, place });
        }
    };
    for (index, expr) in (0..).zip(&module.exprs) {
        let id = ExprId(index);
        match *expr {
            Expr::Get { name: own, .. } if own == name => {
                let range = map.detail_range(id).unwrap_or_default();
                // `inherit (e) x` stands where its name does.
                let kind = if map.expr_range(id) == range { UseKind::InheritFrom } else { UseKind::Selection };
                add(range, kind, shapes.target(file, id));
            }
            Expr::Select { base, path, .. } | Expr::HasAttr { base, path } => {
                let parts = module.paths.get(path as usize).map_or(&[][..], |path| &path.parts);
                let mut names = Vec::new();
                for (number, part) in (0..).zip(parts) {
                    let AttrName::Static(part) = *part else { break };
                    names.push(part);
                    if part == name {
                        let target = shapes.attribute(shapes.expr(file, base), &names).ok();
                        add(map.path_part_range(path, number), UseKind::Selection, target);
                    }
                }
            }
            _ => {}
        }
    }
    for reference in lowered.scopes.references().iter().filter(|r| r.name == name && matches!(r.target, Target::With(_))) {
        add(reference.range, UseKind::With, shapes.target(file, reference.expr));
    }
    found
}

/// One file, and what is looked for in it.
struct Look<'a> {
    db: &'a dyn Db,
    file: SourceFile,
    lowered: &'a Lowered,
    attribute: &'a Attribute,
}

impl Look<'_> {
    fn is_it(&self, found: Option<nival_shape::Attribute<'_>>) -> bool {
        found.and_then(|found| found.place).is_some_and(|place| self.attribute.places.contains(&place_of(self.db, place)))
    }

    /// All places where a set literal here defines it.
    fn definitions(&self) -> Vec<Use> {
        let here = self.file.path(self.db);
        let places = self.attribute.places.iter().filter(|(path, _)| path == here);
        places.map(|&(_, range)| Use { range, kind: UseKind::Definition }).collect()
    }

    /// Where a module sets it, if it is an option.
    fn settings(&self, uses: &mut Vec<Use>) {
        let shapes = Shapes::new(self.db);
        if !shapes.is_module(self.file) || !self.attribute.places.iter().any(|place| options::is_declaration(self.db, place)) {
            return;
        }
        let (module, map) = (&self.lowered.module, &self.lowered.source_map);
        let tree = nival_hir::flat_tree(self.db, self.file);
        for (set, index) in module.attrsets.iter().zip(0..) {
            for (_, number) in set.attrs.iter().zip(0..).filter(|(attr, _)| attr.name == self.attribute.name) {
                let range = map.attr(index, number).name;
                let option = options::declaration(shapes, self.file, &tree.nodes_covering(range));
                if option.is_some_and(|place| self.attribute.places.contains(&place_of(self.db, place))) {
                    uses.push(Use { range, kind: UseKind::Setting });
                }
            }
        }
    }

    fn selections(&self, uses: &mut Vec<Use>) {
        let all = mentions(self.db, self.file, self.lowered, self.attribute.name);
        let its = all.into_iter().filter(|mention| mention.place.as_ref().is_some_and(|place| self.attribute.places.contains(place)));
        uses.extend(its.map(|mention| mention.use_));
    }

    /// Arguments that a package set fills, and names of recursive sets.
    fn variables(&self, index: &View, path: &Path, uses: &mut Vec<Use>) {
        let (scopes, name) = (&self.lowered.scopes, self.attribute.name);
        let shapes = Shapes::new(self.db);
        for (id, binding) in scopes.bindings().filter(|(_, b)| b.name == name) {
            let all = |kind: UseKind| {
                let used = scopes.references_to(Target::Binding(id)).filter(|reference| !reference.range.is_empty());
                used.map(move |reference| Use { range: reference.range, kind })
            };
            match binding.kind {
                BindingKind::Formal => {
                    let linked = linked(self.db, index, path, self.lowered, id);
                    let is_it = match linked.as_slice() {
                        [] => scopes
                            .references_to(Target::Binding(id))
                            .next()
                            .is_some_and(|used| self.is_it(shapes.target(self.file, used.expr))),
                        places => places.iter().any(|place| self.attribute.places.contains(place)),
                    };
                    if is_it {
                        uses.push(Use { range: binding.range, kind: UseKind::Argument(id) });
                        uses.extend(all(UseKind::Argument(id)));
                    }
                }
                // The attribute of a recursive set is a name in it, too.
                BindingKind::Rec if self.attribute.places.contains(&(self.file.path(self.db).clone(), binding.range)) => {
                    uses.extend(all(UseKind::Argument(id)));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    /// Each file with a place in it, marked.
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let found = references(&fixture.snapshot, &fixture.position(), true).unwrap();
        let mut paths: Vec<_> = found.iter().map(|place| place.path.clone()).collect();
        paths.dedup();
        let mut shown = String::new();
        for path in paths {
            let mut text = fixture.snapshot.text(&path).unwrap().trim_end().to_owned();
            let mut ranges: Vec<_> = found.iter().filter(|place| place.path == path).map(|place| place.range).collect();
            ranges.sort_by_key(|range| range.start());
            for range in ranges.into_iter().rev() {
                text.insert(range.end().into(), '⟩');
                text.insert(range.start().into(), '⟨');
            }
            shown.push_str(&format!("{}: {text}\n", path.display()));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn names_of_one_text() {
        check(
            "let a$0 = 1; in { b = a; c = x: a; }",
            expect![[r#"
            /main.nix: let ⟨a⟩ = 1; in { b = ⟨a⟩; c = x: ⟨a⟩; }
        "#]],
        );
        let fixture = Fixture::new("let a$0 = 1; in a + a");
        assert_eq!(references(&fixture.snapshot, &fixture.position(), false).unwrap().len(), 2);
    }

    #[test]
    fn attributes_of_one_text() {
        check(
            "let s = { a$0 = 1; b = 2; }; t = { a = 3; }; in [ s.a s.b t.a (s ? a) (s.a or 4) ]",
            expect![[r#"
            /main.nix: let s = { ⟨a⟩ = 1; b = 2; }; t = { a = 3; }; in [ s.⟨a⟩ s.b t.a (s ? ⟨a⟩) (s.⟨a⟩ or 4) ]
        "#]],
        );
        check(
            "let s = { a = 1; }; inherit (s) a; in s.a$0 + a + (with s; a)",
            expect![[r#"
            /main.nix: let s = { ⟨a⟩ = 1; }; inherit (s) ⟨a⟩; in s.⟨a⟩ + a + (with s; a)
        "#]],
        );
        check(
            "let s = rec { a = 1; b = a$0; }; in s.a",
            expect![[r#"
            /main.nix: let s = rec { ⟨a⟩ = 1; b = ⟨a⟩; }; in s.⟨a⟩
        "#]],
        );
    }

    #[test]
    fn sets_of_other_files() {
        check(
            "//- /lib.nix\n{ id$0 = x: x; const = x: y: x; }\n//- /a.nix\nlet lib = import ./lib.nix; in lib.id lib.const\n//- /b.nix\nwith import ./lib.nix; id (import ./other.nix).id\n//- /c.nix\n{ inherit (import ./lib.nix) id; }\n//- /d.nix\n(import ./c.nix).id\n//- /other.nix\n{ id = 1; }\n",
            expect![[r#"
                /lib.nix: { ⟨id⟩ = x: x; const = x: y: x; }
                /a.nix: let lib = import ./lib.nix; in lib.⟨id⟩ lib.const
                /b.nix: with import ./lib.nix; ⟨id⟩ (import ./other.nix).id
                /c.nix: { inherit (import ./lib.nix) ⟨id⟩; }
                /d.nix: (import ./c.nix).⟨id⟩
            "#]],
        );
    }

    #[test]
    fn arguments_that_call_package_fills() {
        let files = "//- /set.nix\n{ callPackage }: rec { tool = callPackage ./tool.nix { }; user = callPackage ./user.nix { }; both = [ tool user ]; }\n//- /tool.nix\n{ }: 1\n//- /user.nix\n{ to$0ol, other }: [ tool other ]\n//- /not.nix\n{ tool }: tool\n";
        check(
            files,
            expect![[r#"
            /user.nix: { ⟨tool⟩, other }: [ ⟨tool⟩ other ]
            /set.nix: { callPackage }: rec { ⟨tool⟩ = callPackage ./tool.nix { }; user = callPackage ./user.nix { }; both = [ ⟨tool⟩ user ]; }
        "#]],
        );
        check(
            &files.replace("$0", "").replace("rec { tool", "rec { to$0ol"),
            expect![[r#"
            /set.nix: { callPackage }: rec { ⟨tool⟩ = callPackage ./tool.nix { }; user = callPackage ./user.nix { }; both = [ ⟨tool⟩ user ]; }
            /user.nix: { ⟨tool⟩, other }: [ ⟨tool⟩ other ]
        "#]],
        );
    }

    #[test]
    fn arguments_that_a_set_with_a_name_fills() {
        check(
            "//- /set.nix\n{ callPackage, fix }: let\n  packages = self: { to$0ol = callPackage ./tool.nix { }; user = callPackage ./user.nix { }; };\n  tool = 1;\nin fix packages\n//- /tool.nix\n{ }: 1\n//- /user.nix\n{ tool }: tool\n",
            expect![[r#"
                /set.nix: { callPackage, fix }: let
                  packages = self: { ⟨tool⟩ = callPackage ./tool.nix { }; user = callPackage ./user.nix { }; };
                  tool = 1;
                in fix packages
                /user.nix: { ⟨tool⟩ }: ⟨tool⟩
            "#]],
        );
        // What stands beside a call in a `let` fills nothing.
        check(
            "//- /user.nix\n{ to$0ol }: tool\n//- /set.nix\n{ callPackage }: let user = callPackage ./user.nix { }; in { inherit user; tool = 1; }\n",
            expect![[r#"
                /user.nix: { ⟨tool⟩ }: ⟨tool⟩
            "#]],
        );
    }

    #[test]
    fn options_and_where_they_are_set() {
        let module = "{ config, lib, ... }: {\n  options.a = {\n    on = lib.mkEnableOption \"a\";\n    hosts = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule host); };\n  };\n  imports = [ ./b.nix ];\n  config = lib.mkIf config.a.on (lib.mkMerge [ { a.hosts.x.port = 1; } { b = { colour = \"red\"; }; } ]);\n}\n";
        let files = format!("//- /a.nix\n{module}//- /b.nix\n{{ lib, ... }}: {{ options.b.colour = lib.mkOption {{ }}; }}\n");
        check(
            &files.replace("b.colour", "b.col$0our"),
            expect![[r#"
                /b.nix: { lib, ... }: { options.b.⟨colour⟩ = lib.mkOption { }; }
                /a.nix: { config, lib, ... }: {
                  options.a = {
                    on = lib.mkEnableOption "a";
                    hosts = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule host); };
                  };
                  imports = [ ./b.nix ];
                  config = lib.mkIf config.a.on (lib.mkMerge [ { a.hosts.x.port = 1; } { b = { ⟨colour⟩ = "red"; }; } ]);
                }
            "#]],
        );
        check(
            &files.replace("{ colour", "{ col$0our"),
            expect![[r#"
                /a.nix: { config, lib, ... }: {
                  options.a = {
                    on = lib.mkEnableOption "a";
                    hosts = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule host); };
                  };
                  imports = [ ./b.nix ];
                  config = lib.mkIf config.a.on (lib.mkMerge [ { a.hosts.x.port = 1; } { b = { ⟨colour⟩ = "red"; }; } ]);
                }
                /b.nix: { lib, ... }: { options.b.⟨colour⟩ = lib.mkOption { }; }
            "#]],
        );
        check(
            "{ lib, ... }: let host = { name, config, ... }: { options = { po$0rt = lib.mkOption { }; motd = lib.mkOption { default = config.port; }; }; }; in { options.hosts = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule host); }; config.hosts.x.port = 1; }",
            expect![[r#"
                /main.nix: { lib, ... }: let host = { name, config, ... }: { options = { ⟨port⟩ = lib.mkOption { }; motd = lib.mkOption { default = config.⟨port⟩; }; }; }; in { options.hosts = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule host); }; config.hosts.x.⟨port⟩ = 1; }
            "#]],
        );
    }

    #[test]
    fn overlays_and_scopes() {
        check(
            "final: prev: { gree$0ter = final.callPackage ./greeter.nix { }; quiet = final.greeter.override { loud = false; }; }",
            expect![[r#"
                /main.nix: final: prev: { ⟨greeter⟩ = final.callPackage ./greeter.nix { }; quiet = final.⟨greeter⟩.override { loud = false; }; }
            "#]],
        );
        check(
            "{ nixpkgs.overlays = [ (final: prev: { a$0 = 1; b = final.a; }) ]; }",
            expect![[r#"
                /main.nix: { nixpkgs.overlays = [ (final: prev: { ⟨a⟩ = 1; b = final.⟨a⟩; }) ]; }
            "#]],
        );
        check(
            "{ makeScope, newScope }: let packages = self: with self; { a$0 = 1; b = a; }; in makeScope newScope packages",
            expect![[r#"
                /main.nix: { makeScope, newScope }: let packages = self: with self; { ⟨a⟩ = 1; b = ⟨a⟩; }; in makeScope newScope packages
            "#]],
        );
        check(
            "{ stdenv }: let p = stdenv.mkDerivation { pna$0me = \"p\"; }; in p.overrideAttrs (old: { name = old.pname; })",
            expect![[r#"
                /main.nix: { stdenv }: let p = stdenv.mkDerivation { ⟨pname⟩ = "p"; }; in p.overrideAttrs (old: { name = old.⟨pname⟩; })
            "#]],
        );
    }

    #[test]
    fn buffers_win_over_the_disk() {
        let mut fixture = Fixture::new("//- /lib.nix\n{ id$0 = 1; }\n//- /a.nix\n1\n");
        let mut change = nival_engine::Change::new();
        change.set_buffer("/a.nix", "(import ./lib.nix).id");
        fixture.engine.apply(change);
        let found = references(&fixture.engine.snapshot(), &fixture.position(), false).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(&*found[0].path, Path::new("/a.nix"));
    }
}
