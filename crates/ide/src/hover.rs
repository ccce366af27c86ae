//! Hover: what the thing under the cursor is, its documentation, its value.

use std::path::{Path, PathBuf};

use nival_engine::{Cancellable, Control, FilePosition, FileRange, FileValue, Location, PrintOptions, Report, ReportKind, Snapshot};
use nival_hir::globals::GLOBALS;
use nival_hir::scopes::{Binding, BindingKind, Target};
use nival_syntax::TextRange;
use nival_syntax::ast::{AstNode, Formal};
use nival_syntax::flat::Node;

use crate::cursor::{FileView, Subject};
use crate::docs;
use crate::facts::facts;
use crate::tree::{first_line, slice, text_of};
use crate::values::{Found, Values};

/// The evaluated half of a hover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoverValue {
    /// Printed with bounds.
    Value { kind: String, text: String },
    /// Why there is no value: `a parameter of a function`, the message of an error, a limit.
    NotEvaluated(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// What the hover is about.
    pub range: TextRange,
    /// One line in Nix syntax or words: `let hello`, `parameter system ? "x86_64-linux"`, `builtins.map f list`.
    pub title: String,
    /// What is known of it without evaluation, in a line.
    pub shape: Option<String>,
    /// Markdown.
    pub documentation: Option<String>,
    pub value: Option<HoverValue>,
    pub defined_at: Option<FileRange>,
}

impl Hover {
    /// The whole as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("```nix\n{}\n```\n", self.title);
        // A value says more than its shape; of a function or derivation the shape does.
        let evaluated =
            matches!(&self.value, Some(HoverValue::Value { kind, .. }) if !matches!(kind.as_str(), "lambda" | "derivation" | "set"));
        if let Some(shape) = self.shape.as_ref().filter(|_| !evaluated) {
            let ticks = if shape.contains('`') { "``" } else { "`" };
            out.push_str(&format!("\n{ticks}{shape}{ticks}\n"));
        }
        match &self.value {
            Some(HoverValue::Value { kind, text }) => {
                let fence = fence_for(text);
                out.push_str(&format!("\n{kind}\n{fence}nix\n{text}\n{fence}\n"));
            }
            Some(HoverValue::NotEvaluated(reason)) => out.push_str(&format!("\n*not evaluated:* {}\n", first_line(reason, 300))),
            None => {}
        }
        if let Some(documentation) = &self.documentation {
            out.push_str("\n---\n");
            out.push_str(documentation);
            out.push('\n');
        }
        out
    }
}

/// A fence that no line of the text closes.
fn fence_for(text: &str) -> String {
    let longest = text.lines().map(|l| l.trim_start().bytes().take_while(|&b| b == b'`').count()).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Bytes of a printed value in a hover.
const MAX_TEXT: usize = 4000;

/// What is under the cursor. `None` on blanks, comments and punctuation.
///
/// # Errors
/// Cancelled. An evaluation that fails is part of the answer.
pub fn hover(snapshot: &Snapshot, position: &FilePosition, control: &Control) -> Cancellable<Option<Hover>> {
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(None) };
    let Some(subject) = view.subject(position.offset) else { return Ok(None) };
    let mut hover = static_hover(&view, &subject, &position.path);
    let facts = facts(snapshot, &position.path, &view, &subject)?;
    // Of a function of which no more is known, the title says it.
    hover.shape = facts.shape.filter(|shape| shape != "function");
    if hover.documentation.is_none() {
        hover.documentation = facts.documentation;
    }
    if hover.defined_at.is_none() {
        hover.defined_at = facts.definitions.into_iter().next().map(|(place, _)| place);
    }
    match &subject {
        Subject::Path { text, .. } => hover.documentation = Some(path_note(snapshot, &position.path, text)),
        Subject::SearchPath { text, .. } => {
            let found = snapshot.session().find_file(text, control);
            hover.value = Some(match found {
                Ok(path) => HoverValue::Value { kind: "path".to_owned(), text: path.display().to_string() },
                Err(report) => not_evaluated(&report)?,
            });
        }
        _ => {
            let values = Values::new(snapshot, &position.path, &view, control);
            let found = values.subject(&subject);
            let (value, place) = describe(&values, found)?;
            // The title of a builtin says all of its value.
            if !matches!((&value, &hover.documentation), (HoverValue::Value { kind, .. }, Some(_)) if kind == "lambda" && is_builtin(&subject))
            {
                hover.value = Some(value);
            }
            add_evaluated_docs(snapshot, &mut hover, place);
        }
    }
    snapshot.check()?;
    Ok(Some(hover))
}

fn is_builtin(subject: &Subject) -> bool {
    match subject {
        Subject::Use { target, .. } => matches!(target, Target::Global(_)),
        Subject::Selection { name, .. } => docs::builtin(&name.to_string()).is_some(),
        _ => false,
    }
}

fn static_hover(view: &FileView, subject: &Subject, path: &std::sync::Arc<Path>) -> Hover {
    let here = |range: TextRange| Some(FileRange { path: path.clone(), range });
    let mut hover =
        Hover { range: TextRange::default(), title: String::new(), shape: None, documentation: None, value: None, defined_at: None };
    let scopes = &view.lowered.scopes;
    match subject {
        Subject::Use { name, target, range, .. } => {
            hover.range = *range;
            match target {
                Target::Binding(id) => {
                    if let Some(binding) = scopes.binding(*id) {
                        hover.title = binding_title(view, binding);
                        hover.defined_at = here(binding.range);
                        hover.documentation = binding_docs(view, binding);
                    }
                }
                Target::Global(index) => {
                    let global = GLOBALS.get(usize::from(*index)).copied().unwrap_or_default();
                    match docs::builtin(global) {
                        Some(builtin) => {
                            hover.title = docs::builtin_title(builtin);
                            hover.documentation = Some(builtin.doc.to_owned());
                        }
                        None => hover.title = format!("{global} (of the initial scope)"),
                    }
                }
                Target::With(_) => hover.title = format!("{name} (from an enclosing with)"),
                Target::Undefined => hover.title = format!("{name} (undefined)"),
            }
        }
        Subject::Definition { binding, range } => {
            hover.range = *range;
            if let Some(binding) = scopes.binding(*binding) {
                hover.title = binding_title(view, binding);
                hover.documentation = binding_docs(view, binding);
            }
        }
        Subject::AttrDefinition { name, range, .. } => {
            hover.range = *range;
            hover.title = format!("attribute {name}");
            hover.documentation = view.binding_node(*range).as_ref().and_then(docs::doc_of_binding);
        }
        Subject::Selection { name, range, base, .. } => {
            hover.range = *range;
            hover.title = format!("attribute {name}");
            let base_text = slice(&view.text, view.lowered.source_map.expr_range(*base));
            if base_text == "builtins"
                && let Some(builtin) = docs::builtin(&name.to_string())
            {
                hover.title = docs::builtin_title(builtin);
                hover.documentation = Some(builtin.doc.to_owned());
            }
        }
        Subject::Path { text, range } => {
            hover.range = *range;
            hover.title = text.clone();
        }
        Subject::SearchPath { text, range } => {
            hover.range = *range;
            hover.title = format!("<{text}>");
        }
    }
    hover
}

fn binding_title(view: &FileView, binding: &Binding) -> String {
    let name = binding.name;
    match binding.kind {
        BindingKind::Let if binding.inherited => format!("let inherit {name}"),
        BindingKind::Let => format!("let {name}"),
        BindingKind::Rec if binding.inherited => format!("inherited attribute {name}"),
        BindingKind::Rec => format!("attribute {name}"),
        BindingKind::Param => format!("parameter {name}"),
        BindingKind::PatternBind => format!("parameter {name} (the whole argument)"),
        BindingKind::Formal => match formal(view, binding).and_then(|f| f.default()) {
            Some(default) => format!("parameter {name} ? {}", first_line(&text_of(*default.syntax()), 60)),
            None => format!("parameter {name}"),
        },
        BindingKind::Extra => name.to_string(),
    }
}

fn formal<'v>(view: &'v FileView, binding: &Binding) -> Option<Formal<Node<'v>>> {
    view.tree.nodes_covering(binding.range).into_iter().find_map(Formal::cast)
}

fn binding_docs(view: &FileView, binding: &Binding) -> Option<String> {
    match binding.kind {
        BindingKind::Let | BindingKind::Rec => view.binding_node(binding.range).as_ref().and_then(docs::doc_of_binding),
        _ => docs::doc_at(&view.tree, binding.range.start()),
    }
}

fn path_note(snapshot: &Snapshot, file: &Path, text: &str) -> String {
    let Some(path) = resolve_path(snapshot, file, text) else { return "a path below the home folder".to_owned() };
    let kind = match snapshot.system().metadata(&path).map(|m| m.kind) {
        Ok(nival_source::FileKind::Directory) => "folder",
        Ok(_) => "file",
        Err(_) if snapshot.is_file(&path) => "unsaved file",
        Err(_) => "does not exist",
    };
    format!("`{}` ({kind})", path.display())
}

/// Where a path literal of a file leads.
pub(crate) fn resolve_path(snapshot: &Snapshot, file: &Path, text: &str) -> Option<PathBuf> {
    let joined = match text.strip_prefix("~/") {
        Some(rest) => snapshot.system().home_dir()?.join(rest),
        None => file.parent()?.join(text),
    };
    Some(nival_source::clean_path(&joined))
}

fn not_evaluated(report: &Report) -> Cancellable<HoverValue> {
    if report.is_cancelled() {
        return Err(nival_engine::Cancelled);
    }
    Ok(HoverValue::NotEvaluated(match report.kind {
        ReportKind::Evaluation | ReportKind::Syntax => format!("error: {}", report.message),
        _ => report.message.clone(),
    }))
}

/// The value in words, and where it was written if it is a function.
fn describe(values: &Values<'_>, found: Result<Found, Report>) -> Cancellable<(HoverValue, Option<Location>)> {
    let value = match found {
        Ok(Found::Value(value)) => value,
        Ok(Found::Nothing(reason)) => return Ok((HoverValue::NotEvaluated(reason), None)),
        Err(report) => return Ok((not_evaluated(&report)?, None)),
    };
    let session = values.session();
    let value = match session.force_known(value, values.control) {
        Ok(FileValue::Value(value)) => value,
        Ok(FileValue::Unknown(reason)) => return Ok((HoverValue::NotEvaluated(reason), None)),
        Err(report) => return Ok((not_evaluated(&report)?, None)),
    };
    let printed = session.force(&value, values.control).and_then(|kind| {
        let text = session.print(&value, &PrintOptions::hover(), values.control)?;
        Ok((kind, text))
    });
    match printed {
        Ok((kind, mut text)) => {
            if text.len() > MAX_TEXT {
                text.truncate(text.floor_char_boundary(MAX_TEXT));
                text.push('…');
            }
            let place = session.function_location(&value, values.control).ok().flatten();
            Ok((HoverValue::Value { kind: kind.name().to_owned(), text }, place))
        }
        Err(report) => Ok((not_evaluated(&report)?, None)),
    }
}

/// A function that came from elsewhere brings the comment before it.
fn add_evaluated_docs(snapshot: &Snapshot, hover: &mut Hover, place: Option<Location>) {
    let Some(place) = place.as_ref().and_then(Location::as_file) else { return };
    if hover.documentation.is_none()
        && let Ok(Some(tree)) = snapshot.flat_tree(&place.path)
        && usize::from(place.range.end()) <= tree.text().len()
    {
        hover.documentation = docs::doc_at(&tree, place.range.start());
    }
    hover.defined_at.get_or_insert(place);
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let shown = match hover(&fixture.snapshot, &fixture.position(), &Fixture::control()).unwrap() {
            Some(hover) => format!("[{}]\n{}", &fixture.text[hover.range], hover.markdown()),
            None => "nothing".to_owned(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn let_names_have_values_and_comments() {
        check(
            "let\n  # The answer.\n  answer = 6 * 7;\nin { x = ans$0wer; }",
            expect![[r#"
            [answer]
            ```nix
            let answer
            ```

            int
            ```nix
            42
            ```

            ---
            The answer.
        "#]],
        );
    }

    #[test]
    fn definitions_and_attributes() {
        check(
            "let a$0 = 1 + 1; in a",
            expect![[r#"
            [a]
            ```nix
            let a
            ```

            int
            ```nix
            2
            ```
        "#]],
        );
        check(
            "{ a.b$0 = 1 + 1; }",
            expect![[r#"
            [b]
            ```nix
            attribute b
            ```

            int
            ```nix
            2
            ```
        "#]],
        );
        check(
            "rec { a = 1; b$0 = a + 1; }",
            expect![[r#"
            [b]
            ```nix
            attribute b
            ```

            int
            ```nix
            2
            ```
        "#]],
        );
    }

    #[test]
    fn builtins() {
        check(
            "map$0 (x: x) []",
            expect![[r#"
                [map]
                ```nix
                builtins.map function list
                ```

                ---
                The list of what `function` gives for each element. Each call is made when its result is needed.

                ```nix
                map (x: x * 2) [ 1 2 ]  # [ 2 4 ]
                ```
            "#]],
        );
        check(
            "builtins.length$0 []",
            expect![[r#"
                [length]
                ```nix
                builtins.length list
                ```

                ---
                How many elements a list has. None of them is evaluated.
            "#]],
        );
    }

    #[test]
    fn selections_are_evaluated_across_files() {
        check(
            "//- /main.nix\nlet lib = import ./lib.nix; in lib.str.tw$0ice \"a\"\n//- /lib.nix\n{ str = {\n  /** Says it twice. */\n  twice = s: s + s; }; }\n",
            expect![[r#"
                [twice]
                ```nix
                attribute twice
                ```

                `s: …`

                lambda
                ```nix
                «lambda twice @ /lib.nix:3:11»
                ```

                ---
                Says it twice.
            "#]],
        );
    }

    #[test]
    fn parameters() {
        check(
            "{ x ? 1 + 1, y }: x$0",
            expect![[r#"
            [x]
            ```nix
            parameter x ? 1 + 1
            ```

            int
            ```nix
            2
            ```
        "#]],
        );
        check(
            "{ x ? 1 + 1, y }: y$0",
            expect![[r#"
            [y]
            ```nix
            parameter y
            ```

            *not evaluated:* the parameter 'y' of a function has no value here
        "#]],
        );
        check(
            "(x: x$0) 5",
            expect![[r#"
            [x]
            ```nix
            parameter x
            ```

            int
            ```nix
            5
            ```
        "#]],
        );
        check(
            "{ y }: let z = 2; in { a = z$0; }",
            expect![[r#"
            [z]
            ```nix
            let z
            ```

            int
            ```nix
            2
            ```
        "#]],
        );
    }

    #[test]
    fn options_of_modules() {
        let module = "{ lib, ... }: { options.services.web.user = lib.mkOption { type = lib.types.str; default = \"www\"; description = ''\n  Who runs it.\n''; }; }";
        let check = |text: &str, expected: Expect| check(&format!("//- /main.nix\n{text}\n//- /m.nix\n{module}\n"), expected);
        check(
            "{ config, ... }: { imports = [ ./m.nix ]; services.web.us$0er = \"me\"; }",
            expect![[r#"
            [user]
            ```nix
            attribute user
            ```

            string
            ```nix
            "me"
            ```

            ---
            Who runs it.

            *type:* `lib.types.str`  
            *default:* `"www"`
        "#]],
        );
        check(
            "{ config, ... }: { imports = [ ./m.nix ]; x = config.services.web.us$0er; }",
            expect![[r#"
            [user]
            ```nix
            attribute user
            ```

            `string`

            *not evaluated:* the parameter 'config' of a function has no value here

            ---
            Who runs it.

            *type:* `lib.types.str`  
            *default:* `"www"`
        "#]],
        );
    }

    #[test]
    fn names_of_with_and_inherit() {
        check(
            "with { a = 5; }; a$0",
            expect![[r#"
            [a]
            ```nix
            a (from an enclosing with)
            ```

            int
            ```nix
            5
            ```
        "#]],
        );
        check(
            "let s = { a = 5; }; inherit (s) a$0; in a",
            expect![[r#"
            [a]
            ```nix
            attribute a
            ```

            int
            ```nix
            5
            ```
        "#]],
        );
    }

    #[test]
    fn errors_and_endless_values_are_told() {
        check(
            "let a = throw \"no\"; in a$0",
            expect![[r#"
            [a]
            ```nix
            let a
            ```

            *not evaluated:* error: no
        "#]],
        );
        check(
            "let a = a; in a$0",
            expect![[r#"
            [a]
            ```nix
            let a
            ```

            *not evaluated:* error: infinite recursion encountered
        "#]],
        );
        check(
            "let a = { b = a; c = throw \"inside\"; }; in a$0",
            expect![[r#"
                [a]
                ```nix
                let a
                ```

                `{ b, c }`

                set
                ```nix
                {
                  b = «repeated»;
                  c = «error: inside»;
                }
                ```
            "#]],
        );
        check(
            "let a = builtins.genList (x: x) 1000; in a$0",
            expect![[r#"
            [a]
            ```nix
            let a
            ```

            list
            ```nix
            [
              0
              1
              2
              3
              4
              5
              6
              7
              8
              9
              10
              11
              12
              13
              14
              15
              16
              17
              18
              19
              20
              21
              22
              23
              «976 items elided»
            ]
            ```
        "#]],
        );
    }

    #[test]
    fn derivations() {
        check(
            "let d = derivation { name = \"d\"; system = \"s\"; builder = \"b\"; }; in d$0",
            expect![[r#"
                [d]
                ```nix
                let d
                ```

                `derivation d`

                derivation
                ```nix
                «derivation /nix/store/9m3vsva6r393zgjc1g7ncynv7cvdx6sj-d.drv»
                ```
            "#]],
        );
    }

    #[test]
    fn files_with_errors_elsewhere() {
        check(
            "let a = 1; b = ; in a$0 + ",
            expect![[r#"
            [a]
            ```nix
            let a
            ```

            int
            ```nix
            1
            ```
        "#]],
        );
    }

    #[test]
    fn paths() {
        check(
            "//- /d/main.nix\n[ ../lib$0.nix ]\n//- /lib.nix\n1\n",
            expect![[r#"
            [../lib.nix]
            ```nix
            ../lib.nix
            ```

            ---
            `/lib.nix` (file)
        "#]],
        );
        check("1 +$0 2", expect!["nothing"]);
    }
}
