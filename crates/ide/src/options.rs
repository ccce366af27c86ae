//! Options of NixOS and its like where a module sets them: which option a name means, and its documentation.

use std::path::Path;
use std::sync::Arc;

use nival_hir::module::{Expr, ExprId};
use nival_shape::{Place, PlaceKind, Shapes};
use nival_source::{Db, SourceFile};
use nival_syntax::ast::{AstNode, Binding, Expr as Written, Formal};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{Name, SyntaxKind, TextRange};

use crate::tree::slice;

/// The path of the option that a module sets inside of these nodes, innermost first: the names of the bindings around.
pub(crate) fn path_of(around: &[Node<'_>]) -> Option<Vec<Name>> {
    let mut path: Vec<Vec<Name>> = Vec::new();
    for pair in around.windows(2) {
        match pair[0].kind() {
            // What a `let` binds is no option.
            SyntaxKind::BINDING if pair[1].kind() == SyntaxKind::LET_IN => return None,
            SyntaxKind::BINDING => path.push(names(pair[0])?),
            _ => {}
        }
    }
    path.reverse();
    let mut path = path.concat();
    match path.first().map(|name| name.as_bytes()) {
        Some(b"config") => drop(path.remove(0)),
        Some(b"options" | b"imports" | b"disabledModules" | b"meta" | b"_module") => return None,
        _ => {}
    }
    Some(path)
}

/// Whether a text looks like a module, as far as its outermost nodes say: only then is it looked at as a whole.
pub(crate) fn looks_like_module(tree: &FlatTree) -> bool {
    fn outermost(node: Node<'_>) -> Option<Node<'_>> {
        node.children().filter_map(Written::cast).last().map(|written| *written.syntax())
    }
    let mut at = outermost(tree.root());
    let (mut is_function, mut of_config) = (false, false);
    while let Some(node) = at {
        match node.kind() {
            SyntaxKind::PAREN | SyntaxKind::LET_IN | SyntaxKind::WITH | SyntaxKind::ASSERT => {}
            // A function of one set, and of nothing more.
            SyntaxKind::LAMBDA if is_function => return false,
            SyntaxKind::LAMBDA => {
                is_function = true;
                let formals = node.children().flat_map(|pattern| pattern.children().collect::<Vec<_>>()).filter_map(Formal::cast);
                of_config = formals.filter_map(|formal| formal.name()).any(|name| name.syntax().text() == b"config");
            }
            SyntaxKind::ATTR_SET => return of_config || node.children().any(|entry| is_of_module(entry)),
            _ => break,
        }
        at = outermost(node);
    }
    of_config
}

/// Whether an entry of a set is one that only modules have.
fn is_of_module(entry: Node<'_>) -> bool {
    let first = Binding::cast(entry).and_then(|binding| binding.attrpath()).and_then(|path| path.attrs().next());
    let name = first.and_then(|attr| attr.static_name());
    name.is_some_and(|name| matches!(name.as_bytes(), b"options" | b"config" | b"imports"))
}

fn names(binding: Node<'_>) -> Option<Vec<Name>> {
    // A computed name can be any.
    Some(Binding::cast(binding)?.attrpath()?.attrs().map(|attr| attr.static_name().unwrap_or_else(|| Name::new(b""))).collect())
}

/// The declaration of the option that a module sets inside of these nodes.
pub(crate) fn declaration(shapes: Shapes<'_>, file: SourceFile, around: &[Node<'_>]) -> Option<Place> {
    if !shapes.is_module(file) {
        return None;
    }
    let path = path_of(around).filter(|path| !path.is_empty())?;
    shapes.option(file, &path)?.declared.first().map(|(place, _)| *place)
}

/// Whether what is written at a place declares an option.
pub(crate) fn is_declaration(db: &dyn Db, (path, range): &(Arc<Path>, TextRange)) -> bool {
    let file = db.files().get(db, path);
    let around = nival_hir::flat_tree(db, file).nodes_covering(*range);
    let value = around.iter().find_map(|node| Binding::cast(*node)).and_then(|binding| binding.value());
    let Some(text) = value.and_then(|value| file.contents(db).text().get(std::ops::Range::<usize>::from(value.syntax().range()))) else {
        return false;
    };
    let called = text.trim_start_matches('(').split(|c: char| !c.is_ascii_alphanumeric() && c != '.').next().unwrap_or_default();
    called.rsplit('.').next().is_some_and(|name| name.starts_with("mk") && name.contains("Option"))
}

/// What the declaration at a place says, if it is one: description, type, default, example.
pub(crate) fn documentation(db: &dyn Db, place: Place) -> Option<String> {
    let PlaceKind::Attr { set, attr } = place.kind else { return None };
    let (module, map) = (nival_hir::queries::module(db, place.file), nival_hir::queries::source_map(db, place.file));
    let text = place.file.contents(db).text();
    let written = |expr: ExprId| slice(text, map.expr_range(expr)).to_owned();
    let value = module.attrsets.get(set as usize)?.attrs.get(attr as usize)?.value;
    let Expr::Call { function, args } = *module.exprs.get(value.0 as usize)? else { return None };
    let function = written(function);
    let argument = *module.list(args).first()?;
    match function.rsplit('.').next()? {
        "mkEnableOption" => {
            let what = constant(module, argument)?;
            return Some(format!("Whether to enable {what}.\n\n*type:* `bool`  \n*default:* `false`"));
        }
        "mkOption" => {}
        _ => return None,
    }
    let Expr::Attrs(index) = *module.exprs.get(argument.0 as usize)? else { return None };
    let parts = &module.attrsets.get(index as usize)?.attrs;
    let part = |name: &[u8]| parts.iter().find(|attr| attr.name.as_bytes() == name).map(|attr| attr.value);
    let mut out = part(b"description").and_then(|expr| constant(module, expr).or_else(|| Some(written(expr)))).unwrap_or_default();
    out = out.trim().to_owned();
    for (name, title) in [(&b"type"[..], "type"), (b"default", "default"), (b"example", "example")] {
        if let Some(expr) = part(name) {
            let shown = written(expr);
            out.push_str(if title == "type" { "\n\n" } else { "  \n" });
            match shown.contains('\n') || shown.contains('`') {
                true => out.push_str(&format!("*{title}:*\n````nix\n{shown}\n````\n")),
                false => out.push_str(&format!("*{title}:* `{shown}`")),
            }
        }
    }
    Some(out.trim().to_owned())
}

/// A text, also one that is marked up: `mdDoc "…"`.
fn constant(module: &nival_hir::Module, expr: ExprId) -> Option<String> {
    match *module.exprs.get(expr.0 as usize)? {
        Expr::Const(constant) => match module.consts.get(constant as usize)? {
            nival_hir::module::Const::Str(text) => Some(String::from_utf8_lossy(text).trim().to_owned()),
            _ => None,
        },
        Expr::Call { args, .. } => constant(module, *module.list(args).last()?),
        _ => None,
    }
}
