//! Names in scope, and keywords.

use nival_hir::globals::GLOBALS;
use nival_hir::lexical;
use nival_hir::scopes::BindingKind;
use nival_syntax::flat::{Node, Token};
use nival_syntax::{Name, SyntaxKind, TextRange};
use rustc_hash::FxHashSet;

use super::{CompletionItem, CompletionKind};
use crate::docs;

/// What follows some keywords.
const SNIPPETS: [(&str, &str); 5] = [
    ("assert", "assert ${1:condition};\n$0"),
    ("if", "if ${1:condition} then ${2:value} else ${0:value}"),
    ("let", "let\n  ${1:name} = ${2:value};\nin\n$0"),
    ("rec", "rec {\n  $0\n}"),
    ("with", "with ${1:set};\n$0"),
];

pub(super) const KEYWORDS: [&str; 10] = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];

/// A name that is being given, not used.
pub(super) fn is_binding_name(token: Token<'_>) -> bool {
    let parents: Vec<SyntaxKind> = token.ancestors().iter().take(3).map(|n| n.kind()).collect();
    matches!(parents.as_slice(), [SyntaxKind::NAME, SyntaxKind::ATTRPATH, SyntaxKind::BINDING, ..])
        || matches!(parents.as_slice(), [SyntaxKind::NAME, SyntaxKind::FORMAL | SyntaxKind::NAME_PARAM | SyntaxKind::AT_BINDING, ..])
}

/// The names that the nodes around a cursor bind, globals and keywords.
pub(super) fn names(around: &[Node<'_>], replace: TextRange) -> Vec<CompletionItem> {
    let mut items = Vec::new();
    let item = |label: &str, kind, rank| CompletionItem { rank, ..CompletionItem::new(label, kind, replace) };
    let mut seen: FxHashSet<Name> = FxHashSet::default();
    for bound in around.iter().flat_map(|&node| lexical::bound_by(node)) {
        if !seen.insert(bound.name) {
            continue;
        }
        let (kind, detail) = match bound.kind {
            BindingKind::Let => (CompletionKind::Variable, "let"),
            BindingKind::Rec => (CompletionKind::Attribute, "rec"),
            BindingKind::Extra => (CompletionKind::Variable, "scope"),
            BindingKind::Param | BindingKind::Formal | BindingKind::PatternBind => (CompletionKind::Parameter, "parameter"),
        };
        items.push(CompletionItem { detail: Some(detail.to_owned()), ..item(&bound.name.to_string(), kind, 0) });
    }
    for &global in GLOBALS.iter().filter(|global| !seen.contains(&Name::new(global))) {
        let rank = if global.starts_with("__") { 9 } else { 3 };
        items.push(match docs::builtin(global) {
            Some(builtin) => CompletionItem {
                detail: Some(docs::builtin_title(builtin)),
                documentation: Some(builtin.doc.to_owned()),
                ..item(global, CompletionKind::Builtin, rank)
            },
            None => item(global, CompletionKind::Constant, rank),
        });
    }
    items.extend(KEYWORDS.map(|keyword| CompletionItem {
        snippet: SNIPPETS.iter().find(|snippet| snippet.0 == keyword).map(|snippet| snippet.1.to_owned()),
        ..item(keyword, CompletionKind::Keyword, 5)
    }));
    items
}
