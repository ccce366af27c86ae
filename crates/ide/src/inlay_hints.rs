//! Inlay hints: names behind the ends of long bindings, names of parameters before arguments, versions of packages in lists.

use std::path::Path;

use nival_engine::{Cancellable, Cancelled, Control, FilePosition, FileRange, Report, ReportKind, Snapshot, ValueKind};
use nival_hir::module::{AttrName, Expr, ExprId};
use nival_shape::{Parameter, Shapes};
use nival_source::Db;
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, TextRange, TextSize, TreeNode};

use crate::cursor::FileView;
use crate::docs;
use crate::tree::{first_line, text_of};
use crate::values::{Found, Values};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintKind {
    /// Behind `;`: what ends here.
    BindingEnd,
    /// Before an argument.
    Parameter,
    /// Behind the name of a package.
    Version,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlayHint {
    pub offset: TextSize,
    pub kind: HintKind,
    pub label: String,
    /// Where what it speaks of begins, in the same file.
    pub target: Option<TextRange>,
}

/// Which hints are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HintSettings {
    /// Bindings of so many lines have their names behind their ends; none have where there is no number.
    pub binding_end_min_lines: Option<u32>,
    pub parameter_names: bool,
    pub package_versions: bool,
}

/// Hints of one kind at most.
const MAX_HINTS: usize = 300;

/// How much of a name is shown behind the end of its binding, in characters.
const MAX_NAME: usize = 40;

/// Steps that are taken to find out what one call calls.
const STEPS: u32 = 2_000;

/// Hints in a part of a file, in the order of the text. `control` bounds what versions of packages may cost: those that are not known
/// by then are left out.
///
/// # Errors
/// Cancelled.
pub fn inlay_hints(
    snapshot: &Snapshot,
    path: &Path,
    range: TextRange,
    settings: HintSettings,
    control: &Control,
) -> Cancellable<Vec<InlayHint>> {
    let mut hints = Vec::new();
    if let Some(lines) = settings.binding_end_min_lines {
        let Some(tree) = snapshot.flat_tree(path)? else { return Ok(hints) };
        binding_ends(&tree, range, lines, &mut hints);
    }
    if settings.parameter_names || settings.package_versions {
        let Some(view) = FileView::new(snapshot, path)? else { return Ok(hints) };
        if settings.parameter_names {
            parameter_names(snapshot, path, &view, range, &mut hints)?;
        }
        if settings.package_versions {
            package_versions(snapshot, path, &view, range, control, &mut hints)?;
        }
    }
    hints.sort_by_key(|hint| hint.offset);
    Ok(hints)
}

fn binding_ends(tree: &FlatTree, range: TextRange, min_lines: u32, hints: &mut Vec<InlayHint>) {
    let start = hints.len();
    let mut index = 0;
    while let Some(node) = tree.node(index) {
        let own = node.range();
        // What ends before the part has nothing in it.
        if own.end() < range.start() && index > 0 {
            index = node.subtree_end();
            continue;
        }
        if own.start() > range.end() || hints.len() - start >= MAX_HINTS {
            break;
        }
        index += 1;
        if node.kind() != SyntaxKind::BINDING || !range.contains_inclusive(own.end()) {
            continue;
        }
        // Where the `;` is missing, nothing ends.
        let ends = node.token(SyntaxKind::SEMICOLON).is_some();
        if ends
            && line_breaks(node) + 1 >= min_lines as usize
            && let Some(name) = node.children().next().filter(|child| child.kind() == SyntaxKind::ATTRPATH)
        {
            let label = first_line(&text_of(name), MAX_NAME);
            hints.push(InlayHint { offset: own.end(), kind: HintKind::BindingEnd, label, target: Some(name.range()) });
        }
    }
}

fn line_breaks(node: Node<'_>) -> usize {
    node.text().iter().filter(|&&byte| byte == b'\n').count()
}

fn parameter_names(snapshot: &Snapshot, path: &Path, view: &FileView, range: TextRange, hints: &mut Vec<InlayHint>) -> Cancellable<()> {
    let (module, map) = (&view.lowered.module, &view.lowered.source_map);
    let mut calls: Vec<(ExprId, &[ExprId])> = Vec::new();
    for (index, expr) in module.exprs.iter().enumerate() {
        if let Expr::Call { function, args } = expr
            && map.expr_range(ExprId(index as u32)).intersect(range).is_some()
        {
            calls.push((*function, module.list(*args)));
        }
    }
    calls.truncate(MAX_HINTS);
    snapshot.with_db(|db| {
        let (file, shapes) = (db.files().get(db, path), Shapes::new(db));
        for (function, args) in calls {
            let names = nival_shape::within(STEPS, || names_of(shapes, shapes.expr(file, function)));
            for (&arg, name) in args.iter().zip(names) {
                let place = map.expr_range(arg);
                let written = view.text.get(usize::from(place.start())..usize::from(place.end())).unwrap_or_default();
                if !place.is_empty() && range.contains_inclusive(place.start()) && tells_something(&name, written) {
                    // A parenthesis around the argument is before it.
                    let offset = before_parentheses(&view.tree, place.start());
                    hints.push(InlayHint { offset, kind: HintKind::Parameter, label: name, target: None });
                }
            }
        }
    })
}

/// The names of the parameters of a function, empty for those that have none.
fn names_of(shapes: Shapes<'_>, function: nival_shape::Thunk<'_>) -> Vec<String> {
    if let Some((name, given)) = shapes.builtin(function) {
        let params = docs::builtin(name).map_or(&[][..], |builtin| builtin.params);
        return params.iter().skip(given).map(|name| (*name).to_owned()).collect();
    }
    let params = shapes.parameters(function).unwrap_or_default();
    let name = |param: &Parameter| match param {
        Parameter::Name(name) => name.to_string(),
        Parameter::Pattern { .. } => String::new(),
    };
    params.iter().map(name).collect()
}

/// Names of one letter tell nothing, and neither does one that is written there already: `f name`, `f x.name`.
fn tells_something(name: &str, argument: &str) -> bool {
    let last = argument.rsplit('.').next().unwrap_or(argument);
    name.len() > 1 && !name.starts_with('_') && last != name
}

fn before_parentheses(tree: &FlatTree, offset: TextSize) -> TextSize {
    let mut at = offset;
    let Some(token) = tree.tokens_at(offset).last() else { return at };
    for node in token.ancestors() {
        match node.kind() {
            SyntaxKind::PAREN => at = node.range().start(),
            SyntaxKind::APPLY => break,
            _ => {}
        }
    }
    at
}

fn package_versions(
    snapshot: &Snapshot,
    path: &Path,
    view: &FileView,
    range: TextRange,
    control: &Control,
    hints: &mut Vec<InlayHint>,
) -> Cancellable<()> {
    let (module, map) = (&view.lowered.module, &view.lowered.source_map);
    let values = Values::new(snapshot, path, view, control);
    let start = hints.len();
    for expr in &module.exprs {
        let Expr::List(items) = expr else { continue };
        for &item in module.list(*items) {
            let place = map.expr_range(item);
            let named = matches!(module.exprs.get(item.0 as usize), Some(Expr::WithVar(_) | Expr::Get { .. } | Expr::Select { .. }));
            if !named || place.is_empty() || !range.contains_inclusive(place.end()) {
                continue;
            }
            if hints.len() - start >= MAX_HINTS {
                return Ok(());
            }
            match version(&values, item) {
                Ok(Some(label)) => hints.push(InlayHint { offset: place.end(), kind: HintKind::Version, label, target: None }),
                Ok(None) => {}
                Err(report) => match report.kind {
                    ReportKind::Cancelled => return Err(Cancelled),
                    // The time is up: what comes later is known later.
                    ReportKind::Budget => return Ok(()),
                    _ => {}
                },
            }
        }
    }
    snapshot.check()
}

fn version(values: &Values<'_>, item: ExprId) -> Result<Option<String>, Report> {
    let Found::Value(value) = values.expr(item)? else { return Ok(None) };
    let session = values.session();
    if session.force(&value, values.control)? != ValueKind::Derivation {
        return Ok(None);
    }
    let found = values.path(item, &[AttrName::Static(nival_syntax::Name::new(b"version"))])?;
    let Found::Value(version) = found else { return Ok(None) };
    if session.force(&version, values.control)? != ValueKind::String {
        return Ok(None);
    }
    let bytes = session.raw(&version, values.control)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok((!text.is_empty()).then(|| first_line(&text, MAX_NAME)))
}

/// What there is to be said of a hint to one who looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HintDetails {
    /// Markdown.
    pub documentation: Option<String>,
    /// Where what it speaks of is defined.
    pub target: Option<FileRange>,
}

/// How much of a binding's first line is shown, in characters.
const MAX_LINE: usize = 100;

/// More of a hint that [`inlay_hints`] gave at this place of the same text: of a parameter its function, of a version its package, of an
/// end the line where it begins.
///
/// # Errors
/// Cancelled.
pub fn hint_details(snapshot: &Snapshot, position: &FilePosition, kind: HintKind, control: &Control) -> Cancellable<Option<HintDetails>> {
    match kind {
        HintKind::BindingEnd => {
            let Some(tree) = snapshot.flat_tree(&position.path)? else { return Ok(None) };
            let token = tree.tokens_at(position.offset).next();
            let binding = token.and_then(|token| {
                token.ancestors().into_iter().find(|node| node.kind() == SyntaxKind::BINDING && node.range().end() == position.offset)
            });
            let written = |binding: Node<'_>| format!("```nix\n{}\n```", first_line(&text_of(binding), MAX_LINE));
            Ok(binding.map(|binding| HintDetails { documentation: Some(written(binding)), target: None }))
        }
        HintKind::Parameter => {
            let Some(help) = crate::signature::signature_help(snapshot, position)? else { return Ok(None) };
            let target = crate::signature::function_place(snapshot, position)?;
            let documentation = help.documentation.map_or_else(String::new, |text| format!("\n\n{text}"));
            Ok(Some(HintDetails { documentation: Some(format!("```\n{}\n```{documentation}", help.label)), target }))
        }
        HintKind::Version => {
            let Some(hover) = crate::hover::hover(snapshot, position, control)? else { return Ok(None) };
            Ok(Some(HintDetails { documentation: Some(hover.markdown()), target: hover.defined_at }))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    const NOTHING: HintSettings = HintSettings { binding_end_min_lines: None, parameter_names: false, package_versions: false };

    fn hints(fixture: &Fixture, range: TextRange, settings: HintSettings) -> Vec<InlayHint> {
        inlay_hints(&fixture.snapshot, &fixture.path, range, settings, &Fixture::control()).unwrap()
    }

    #[track_caller]
    fn check(text: &str, settings: HintSettings, expected: Expect) {
        let fixture = Fixture::new(text);
        let mut shown = fixture.text.clone();
        for hint in hints(&fixture, TextRange::up_to(TextSize::of(&*fixture.text)), settings).into_iter().rev() {
            shown.insert_str(hint.offset.into(), &format!("«{}»", hint.label));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn long_bindings_end_with_their_names() {
        let settings = HintSettings { binding_end_min_lines: Some(3), ..NOTHING };
        check(
            "{ a.b = {\n  c = [\n  ];\n}; d = {\n}; e = {\n\n}\n}",
            settings,
            expect![[r#"
            { a.b = {
              c = [
              ];
            };«a.b» d = {
            }; e = {

            }
            }"#]],
        );
    }

    #[test]
    fn arguments_have_the_names_of_parameters() {
        let settings = HintSettings { parameter_names: true, ..NOTHING };
        check(
            "//- /main.nix\nlet make = name: { src }: extra: x: name; lib = import ./lib.nix; name = \"n\"; in\n[ (make \"a\" { } (1 + 2) 3) (make name { }) (lib.join \", \" [ ]) (map (y: y) [ ]) (unknown 1) ]\n//- /lib.nix\n{ join = separator: list: 1; }\n",
            settings,
            expect![[r#"
                let make = name: { src }: extra: x: name; lib = import «path»./lib.nix; name = "n"; in
                [ (make «name»"a" { } «extra»(1 + 2) 3) (make name { }) (lib.join «separator»", " «list»[ ]) (map «function»(y: y) «list»[ ]) (unknown 1) ]
            "#]],
        );
    }

    #[test]
    fn packages_have_their_versions() {
        let settings = HintSettings { package_versions: true, ..NOTHING };
        check(
            "let pkgs = rec { hello = { type = \"derivation\"; version = \"2.12\"; }; bad = throw \"x\"; none = { type = \"derivation\"; }; }; in { a = with pkgs; [ hello bad none ]; b = [ pkgs.hello 1 ]; c = x: [ x.hello ]; }",
            settings,
            expect![[
                r#"let pkgs = rec { hello = { type = "derivation"; version = "2.12"; }; bad = throw "x"; none = { type = "derivation"; }; }; in { a = with pkgs; [ hello«2.12» bad none ]; b = [ pkgs.hello«2.12» 1 ]; c = x: [ x.hello ]; }"#
            ]],
        );
    }

    #[test]
    fn only_a_part_is_looked_at() {
        let fixture = Fixture::new("{ a = {\n}; b = {\n}; f = (name: name) 1; }");
        let settings = HintSettings { binding_end_min_lines: Some(1), parameter_names: true, package_versions: true };
        let whole = hints(&fixture, TextRange::up_to(TextSize::of(&*fixture.text)), settings);
        assert_eq!(whole.len(), 4);
        for start in 0..=fixture.text.len() as u32 {
            for end in start..=fixture.text.len() as u32 {
                let range = TextRange::new(start.into(), end.into());
                let expected: Vec<_> = whole.iter().filter(|hint| range.contains_inclusive(hint.offset)).cloned().collect();
                assert_eq!(hints(&fixture, range, settings), expected, "{range:?}");
            }
        }
    }

    #[track_caller]
    fn check_details(text: &str, kind: HintKind, expected: Expect) {
        let fixture = Fixture::new(text);
        let details = hint_details(&fixture.snapshot, &fixture.position(), kind, &Fixture::control()).unwrap();
        let shown = details.map(|details| {
            let target = details.target.map(|place| format!("{}:{:?}", place.path.display(), place.range));
            format!("{}\n{}", details.documentation.unwrap_or_default(), target.unwrap_or_default())
        });
        expected.assert_eq(&shown.unwrap_or_default());
    }

    #[test]
    fn more_of_a_hint() {
        check_details(
            "{ a.b = {\n  c = 1;\n};$0 }",
            HintKind::BindingEnd,
            expect![[r#"
                ```nix
                a.b = {
                ```
            "#]],
        );
        check_details(
            "let\n  /** Adds. */\n  add = first: second: first + second;\nin add 1 $0(2)",
            HintKind::Parameter,
            expect![[r#"
                ```
                add: first second
                ```

                Adds.
                /main.nix:27..32"#]],
        );
        check_details("1$0", HintKind::Parameter, expect![""]);
        check_details("1$0", HintKind::BindingEnd, expect![""]);
    }
}
