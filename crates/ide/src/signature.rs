//! Signature help: the function of the call around a cursor, and the parameter that comes next.

use std::ops::Range;

use nival_engine::{Cancellable, FilePosition, FileRange, Snapshot};
use nival_shape::{Parameter, place_range};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, TextSize, TreeNode};

use crate::cursor::FileView;
use crate::docs;
use crate::facts::{documentation, with_shapes};
use crate::tree::{first_line, slice, text_of};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHelp {
    /// `mkDerivation: { name, src ? null, ... }`.
    pub label: String,
    /// In the order of the label.
    pub parameters: Vec<SignatureParameter>,
    /// Index of the one that the cursor is at.
    pub active: Option<usize>,
    /// Markdown.
    pub documentation: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureParameter {
    /// In bytes of the label.
    pub range: Range<usize>,
    /// Markdown.
    pub documentation: Option<String>,
}

/// Where the parameters of the function are that is called around a cursor.
pub(crate) fn function_place(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Option<FileRange>> {
    let Some(tree) = snapshot.flat_tree(&position.path)? else { return Ok(None) };
    let Some(call) = call_at(&tree, position.offset) else { return Ok(None) };
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(None) };
    let Some(expr) = view.expr_of(call.function) else { return Ok(None) };
    let place = with_shapes(snapshot, &position.path, &view, |shapes, db, file| {
        let place = shapes.function_place(shapes.expr(file, expr))?;
        Some(FileRange { path: place.file.path(db).clone(), range: place_range(db, place) })
    })?;
    Ok(place.flatten().filter(|place| !place.range.is_empty()))
}

/// A call as far as the text goes.
struct Call<'t> {
    function: Node<'t>,
    /// How many arguments come before the one at the cursor.
    before: usize,
    /// The name that is being given in a set that is an argument.
    key: Option<String>,
}

/// The call around a cursor, or the function right before it.
///
/// # Errors
/// Cancelled.
pub fn signature_help(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Option<SignatureHelp>> {
    let Some(tree) = snapshot.flat_tree(&position.path)? else { return Ok(None) };
    let Some(call) = call_at(&tree, position.offset) else { return Ok(None) };
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(None) };
    let Some(expr) = view.expr_of(call.function) else { return Ok(None) };
    let help = with_shapes(snapshot, &position.path, &view, |shapes, db, file| {
        let thunk = shapes.expr(file, expr);
        if let Some((builtin, 0)) = shapes.builtin(thunk) {
            return docs::builtin(builtin).map(|builtin| {
                let mut help = Builder::new(builtin.name);
                builtin.params.iter().for_each(|param| help.param(param));
                help.finish(&call, Some(builtin.doc.to_owned()))
            });
        }
        let parameters = shapes.parameters(thunk).filter(|parameters| !parameters.is_empty())?;
        let mut help = Builder::new(&name_of(call.function));
        for parameter in &parameters {
            match parameter {
                Parameter::Name(name) => help.param(&name.to_string()),
                Parameter::Pattern { formals, ellipsis, .. } => {
                    help.begin();
                    for formal in formals {
                        let place = formal.place;
                        let default = formal.default.map(|default| {
                            let range = nival_hir::queries::source_map(db, place.file).expr_range(default);
                            first_line(slice(place.file.contents(db).text(), range), 40)
                        });
                        let written = docs::doc_at(nival_hir::flat_tree(db, place.file), place_range(db, place).start());
                        let text = default.map_or_else(|| formal.name.to_string(), |default| format!("{} ? {default}", formal.name));
                        help.formal(&formal.name.to_string(), &text, written);
                    }
                    help.end(*ellipsis);
                }
            }
        }
        let place = shapes.target(file, expr).and_then(|found| found.place);
        Some(help.finish(&call, documentation(db, shapes, place, thunk)))
    })?;
    snapshot.check()?;
    Ok(help.flatten())
}

fn name_of(function: Node<'_>) -> String {
    match function.kind() {
        SyntaxKind::NAME_REF | SyntaxKind::SELECT => text_of(function).rsplit('.').next().unwrap_or_default().trim().to_owned(),
        _ => "function".to_owned(),
    }
}

/// A label that grows.
struct Builder {
    label: String,
    /// Of each argument its parameters: each formal is one of its own.
    arguments: Vec<Vec<(String, SignatureParameter)>>,
    first: bool,
}

impl Builder {
    fn new(name: &str) -> Self {
        Builder { label: format!("{name}:"), arguments: Vec::new(), first: true }
    }

    fn add(&mut self, name: &str, text: &str, documentation: Option<String>) {
        let start = self.label.len();
        self.label.push_str(text);
        let parameter = SignatureParameter { range: start..self.label.len(), documentation };
        if let Some(last) = self.arguments.last_mut() {
            last.push((name.to_owned(), parameter));
        }
    }

    fn param(&mut self, name: &str) {
        self.label.push(' ');
        self.arguments.push(Vec::new());
        self.add(name, name, None);
    }

    fn begin(&mut self) {
        self.label.push_str(" { ");
        self.arguments.push(Vec::new());
        self.first = true;
    }

    fn formal(&mut self, name: &str, text: &str, documentation: Option<String>) {
        if !std::mem::take(&mut self.first) {
            self.label.push_str(", ");
        }
        self.add(name, text, documentation);
    }

    fn end(&mut self, ellipsis: bool) {
        if ellipsis {
            self.label.push_str(if self.first { "..." } else { ", ..." });
        }
        self.label.push_str(" }");
    }

    fn finish(self, call: &Call<'_>, documentation: Option<String>) -> SignatureHelp {
        let before: usize = self.arguments.iter().take(call.before).map(Vec::len).sum();
        let active = self.arguments.get(call.before).and_then(|argument| match &call.key {
            Some(key) => argument.iter().position(|(name, _)| name == key),
            // Of a set that is not begun no formal is the one.
            None => (argument.len() == 1).then_some(0),
        });
        let parameters = self.arguments.into_iter().flatten().map(|(_, parameter)| parameter).collect();
        SignatureHelp { label: self.label, parameters, active: active.map(|index| before + index), documentation }
    }
}

/// What may be a function: numbers, texts and sets are none, and nothing is looked up for most places.
fn may_be_function(node: Node<'_>) -> bool {
    matches!(node.kind(), SyntaxKind::NAME_REF | SyntaxKind::SELECT | SyntaxKind::PAREN | SyntaxKind::APPLY)
}

fn call_at(tree: &FlatTree, offset: TextSize) -> Option<Call<'_>> {
    // The last token before the cursor that is no blank.
    let mut token = tree.tokens_at(offset).next()?;
    if token.range().start() >= offset {
        token = token.before()?;
    }
    let mut blank = false;
    while token.kind().is_trivia() {
        if token.kind() != SyntaxKind::WHITESPACE && token.range().end() >= offset {
            return None;
        }
        blank = true;
        token = token.before()?;
    }
    let around = token.ancestors();
    // `f a ` with the cursor behind it: the largest call that ends here.
    let end = token.range().end();
    let ended = around.iter().take_while(|node| node.range().end() == end).filter(|node| may_be_function(**node)).last();
    if blank && let Some(&node) = ended {
        let (function, before) = head(node);
        let parent = around.iter().find(|outer| outer.index() < node.index() && outer.subtree_end() >= node.subtree_end());
        let apart = parent.is_none_or(|outer| !matches!(outer.kind(), SyntaxKind::LIST | SyntaxKind::ATTRPATH | SyntaxKind::INHERIT));
        if apart && may_be_function(function) {
            return Some(Call { function, before, key: None });
        }
    }
    let mut key = None;
    for pair in around.windows(2) {
        let (inner, outer) = (pair[0], pair[1]);
        match outer.kind() {
            SyntaxKind::APPLY if outer.children().next() != Some(inner) => {
                let (function, before) = head(outer);
                return may_be_function(function).then(|| Call { function, before: before.saturating_sub(1), key });
            }
            SyntaxKind::BINDING => key = first_name(outer),
            // What stands in a list, a function or a text of its own is no part of the call around.
            SyntaxKind::LIST | SyntaxKind::LAMBDA | SyntaxKind::STR | SyntaxKind::INDENTED_STR => return None,
            _ => {}
        }
    }
    None
}

fn first_name(binding: Node<'_>) -> Option<String> {
    let path = binding.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH)?;
    path.children().next().map(text_of)
}

/// The function of a chain of calls, and how many arguments it is given in it.
fn head(mut node: Node<'_>) -> (Node<'_>, usize) {
    let mut given = 0;
    while node.kind() == SyntaxKind::APPLY
        && let Some(function) = node.children().next()
    {
        node = function;
        given += 1;
    }
    (node, given)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let shown = match signature_help(&fixture.snapshot, &fixture.position()).unwrap() {
            None => "nothing".to_owned(),
            Some(help) => {
                let active = help.active.and_then(|active| help.parameters.get(active)).map(|p| &help.label[p.range.clone()]);
                format!("{} [{}] {}", help.label, active.unwrap_or("-"), help.documentation.unwrap_or_default())
            }
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn curried_functions() {
        check("let f = a: b: c: a; in f $0", expect!["f: a b c [a] "]);
        check("let f = a: b: c: a; in f 1 $0", expect!["f: a b c [b] "]);
        check("let f = a: b: c: a; in f 1 (2$0)", expect!["f: a b c [b] "]);
        check("let\n  # Adds.\n  f = a: b: a + b;\nin f (f 1 $0) 2", expect!["f: a b [b] Adds."]);
        check("let s.f = a: b: a; in s.f 1 $0", expect!["f: a b [b] "]);
    }

    #[test]
    fn sets_of_arguments() {
        check("let f = { a, b ? 1 + 1, ... }: x: a; in f { b = $0; }", expect!["f: { a, b ? 1 + 1, ... } x [-] "]);
        check("let f = { a, b ? 1 + 1, ... }: x: a; in f { b = 1; } $0", expect!["f: { a, b ? 1 + 1, ... } x [x] "]);
        check("let f = { a, b ? 1 + 1, ... }: x: a; in f {$0}", expect!["f: { a, b ? 1 + 1, ... } x [-] "]);
    }

    #[test]
    fn builtins_and_files() {
        check(
            "map $0",
            expect![[r#"
            map: function list [function] The list of what `function` gives for each element. Each call is made when its result is needed.

            ```nix
            map (x: x * 2) [ 1 2 ]  # [ 2 4 ]
            ```"#]],
        );
        check(
            "builtins.foldl' (a: b: a) $0",
            expect![[r#"
            foldl': operator start list [start] Reduces a list from the left: `operator (operator start x0) x1` and so on. Every intermediate result is evaluated at once, so that long lists need no deep stack; `start` itself only when it is used.

            ```nix
            foldl' (sum: x: sum + x) 0 [ 1 2 3 ]  # 6
            ```"#]],
        );
        check("//- /main.nix\n(import ./f.nix) { x = 1; $0}\n//- /f.nix\n{ x, y }: x\n", expect!["nothing"]);
    }

    #[test]
    fn nothing_elsewhere() {
        check("let f = a: a; in [ f $0 ]", expect!["nothing"]);
        check("let f = 1; in f $0", expect!["nothing"]);
        check("{ f }: f $0", expect!["nothing"]);
        check("f \"a $0\"", expect!["nothing"]);
        check("# f $0", expect!["nothing"]);
    }
}
