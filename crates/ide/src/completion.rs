//! Completion: names in scope, keywords, attributes known from the text or by evaluation, paths.

use std::path::Path;
use std::sync::Arc;

use nival_engine::{AttrItem, Cancellable, Cancelled, Control, FilePosition, Snapshot, ValueKind};
use nival_hir::globals::GLOBALS;
use nival_hir::scopes::{BindingKind, ScopeKind};
use nival_syntax::flat::{Node, Token};
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};
use rustc_hash::FxHashSet;

use crate::cursor::{FileView, Subject};
use crate::docs;
use crate::hover::resolve_path;
use crate::near;
use crate::tree::touching_token;
use crate::values::{Found, Values};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CompletionKind {
    Variable,
    Parameter,
    /// An attribute of a set.
    Attribute,
    Function,
    Derivation,
    Builtin,
    /// `true`, `false`, `null`.
    Constant,
    Keyword,
    File,
    Folder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    pub label: String,
    pub kind: CompletionKind,
    /// A few words beside the label: where it comes from, its value's kind.
    pub detail: Option<String>,
    /// Markdown.
    pub documentation: Option<String>,
    /// What the edit replaces; it contains the cursor.
    pub replace: TextRange,
    pub insert: String,
    /// Smaller comes first.
    pub rank: u32,
}

const KEYWORDS: [&str; 10] = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];

/// Candidates at a cursor, best first.
///
/// # Errors
/// Cancelled. Where evaluation fails or is not allowed, only what the text says is offered.
pub fn completion(snapshot: &Snapshot, position: &FilePosition, control: &Control) -> Cancellable<Vec<CompletionItem>> {
    let Some(text) = snapshot.text(&position.path) else { return Ok(Vec::new()) };
    snapshot.check()?;
    let offset = usize::from(position.offset);
    if !text.is_char_boundary(offset) {
        return Ok(Vec::new());
    }
    let replace = word_at(&text, offset);
    // A name at the cursor makes a whole of `pkgs.` and of `x = ;`, so that the rest of the file keeps its meaning.
    let word = &text[replace];
    let probe: Option<Arc<str>> = match word {
        "" => Some(format!("{}x{}", &text[..offset], &text[offset..]).into()),
        // The beginning of a name may spell a keyword.
        keyword if KEYWORDS.contains(&keyword) => {
            let name = "x".repeat(keyword.len());
            Some(format!("{}{name}{}", &text[..replace.start().into()], &text[replace.end().into()..]).into())
        }
        _ => None,
    };
    let Some(mut tree) = snapshot.flat_tree(&position.path)? else { return Ok(Vec::new()) };
    if let Some(probe) = &probe {
        tree = Arc::new(nival_syntax::flat::reparse(&tree, probe.as_bytes()));
    }
    // Only where the text near the cursor does not say enough, all of it is looked at.
    let view = || match &probe {
        Some(probe) => Ok(Some(FileView::of_tree(probe.clone(), tree.clone()))),
        None => FileView::at(snapshot, position),
    };
    let at = replace.start() + TextSize::new(if replace.is_empty() { 0 } else { 1 });
    let Some(token) = touching_token(&tree, at) else { return Ok(Vec::new()) };
    let mut items = match token.kind() {
        SyntaxKind::PATH_TEXT => paths(snapshot, &position.path, token, position.offset),
        kind if kind.is_trivia() && kind != SyntaxKind::WHITESPACE => Vec::new(),
        SyntaxKind::STRING_TEXT | SyntaxKind::URI | SyntaxKind::SEARCH_PATH => Vec::new(),
        _ => match near::selected_from(token) {
            Some(base) if near::ends_at_parameter(&tree, base) => Vec::new(),
            Some(_) => {
                let Some(view) = view()? else { return Ok(Vec::new()) };
                match view.subject(replace.start()).filter(|s| matches!(s, Subject::Selection { .. })) {
                    Some(subject) => attributes(snapshot, position, &view, &subject, replace, control)?,
                    None => Vec::new(),
                }
            }
            None if is_binding_name(token) => Vec::new(),
            None => {
                let around = token.ancestors();
                let mut items = names(&around, replace);
                let unknown = |namespace: &Option<Node<'_>>| namespace.is_none_or(|namespace| near::ends_at_parameter(&tree, namespace));
                if !near::namespaces(&around).iter().all(unknown)
                    && let Some(view) = view()?
                {
                    add_names_of_withs(&mut items, snapshot, position, &view, replace, control)?;
                }
                items
            }
        },
    };
    let word = &text[replace.start().into()..offset];
    items.retain(|item| {
        item.label.starts_with(word)
            || item.insert.starts_with(word)
            || item.kind == CompletionKind::File
            || item.kind == CompletionKind::Folder
    });
    items.sort_by(|a, b| (a.rank, &a.label).cmp(&(b.rank, &b.label)));
    snapshot.check()?;
    Ok(items)
}

/// The identifier around a cursor; empty between words.
fn word_at(text: &str, offset: usize) -> TextRange {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_'-".contains(c);
    let start = text[..offset].char_indices().rev().take_while(|&(_, c)| is_word(c)).last().map_or(offset, |(at, _)| at);
    let end = offset + text[offset..].find(|c| !is_word(c)).unwrap_or(text.len() - offset);
    TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32))
}

/// A name that is being given, not used.
fn is_binding_name(token: Token<'_>) -> bool {
    let parents: Vec<SyntaxKind> = token.ancestors().iter().take(3).map(|n| n.kind()).collect();
    matches!(parents.as_slice(), [SyntaxKind::NAME, SyntaxKind::ATTRPATH, SyntaxKind::BINDING, ..])
        || matches!(parents.as_slice(), [SyntaxKind::NAME, SyntaxKind::FORMAL | SyntaxKind::NAME_PARAM | SyntaxKind::AT_BINDING, ..])
}

/// The names that the nodes around a cursor bind, globals and keywords.
fn names(around: &[Node<'_>], replace: TextRange) -> Vec<CompletionItem> {
    let mut items = Vec::new();
    let item = |label: &str, kind, rank| CompletionItem {
        label: label.to_owned(),
        kind,
        detail: None,
        documentation: None,
        replace,
        insert: label.to_owned(),
        rank,
    };
    let mut seen: FxHashSet<Name> = FxHashSet::default();
    for bound in around.iter().flat_map(|&node| near::bound_by(node)) {
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
    items.extend(KEYWORDS.map(|keyword| item(keyword, CompletionKind::Keyword, 5)));
    items
}

/// The names of `with` sets need evaluation.
fn add_names_of_withs(
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

fn attributes(
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
        label: attr.name.clone(),
        kind,
        detail: attr.kind.map(|kind| kind.name().to_owned()),
        documentation: None,
        replace,
        insert: nival_eval::print::identifier(attr.name.as_bytes()),
        rank: u32::from(attr.name.starts_with('_')),
    }
}

/// Entries of the folder that a path literal names so far.
fn paths(snapshot: &Snapshot, file: &Path, token: Token<'_>, offset: TextSize) -> Vec<CompletionItem> {
    let start = token.range().start();
    let text = String::from_utf8_lossy(token.text());
    let Some(written) = text.get(..usize::from(offset.checked_sub(start).unwrap_or_default())) else { return Vec::new() };
    let Some((folder, word)) = written.rsplit_once('/') else { return Vec::new() };
    let folder = if folder.is_empty() { "/".to_owned() } else { format!("{folder}/") };
    let Some(folder) = resolve_path(snapshot, file, &folder) else { return Vec::new() };
    let Ok(entries) = snapshot.system().read_dir(&folder) else { return Vec::new() };
    let replace = TextRange::new(offset - TextSize::of(word), offset);
    let mut items = Vec::new();
    for entry in entries {
        let Some(name) = entry.name.to_str().filter(|name| name.starts_with(word)) else { continue };
        let folder = entry.kind == nival_source::FileKind::Directory;
        items.push(CompletionItem {
            label: name.to_owned(),
            kind: if folder { CompletionKind::Folder } else { CompletionKind::File },
            detail: None,
            documentation: None,
            replace,
            insert: name.to_owned(),
            rank: u32::from(name.starts_with('.')),
        });
    }
    items
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let items = completion(&fixture.snapshot, &fixture.position(), &Fixture::control()).unwrap();
        let mut shown = String::new();
        for item in items.iter().take(6) {
            let detail = item.detail.as_deref().unwrap_or("-");
            shown.push_str(&format!("{} {:?} {detail} [{}]\n", item.insert, item.kind, &fixture.text[item.replace]));
        }
        if items.len() > 6 {
            shown.push_str("…\n");
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn names_in_scope() {
        check(
            "{ stdenv, lib }: let version = 1; in { a = ver$0; }",
            expect![[r#"
            version Variable let [ver]
        "#]],
        );
        check(
            "let inner = 1; in in$0",
            expect![[r#"
            inner Variable let [in]
            in Keyword - [in]
            inherit Keyword - [in]
        "#]],
        );
        check(
            "ma$0",
            expect![[r#"
            map Builtin builtins.map function list [ma]
        "#]],
        );
    }

    #[test]
    fn attributes_by_evaluation() {
        check(
            "//- /main.nix\nlet pkgs = import ./pkgs.nix; in pkgs.he$0\n//- /pkgs.nix\n{ hello = 1; help = x: x; other = 2; }\n",
            expect![[r#"
            hello Attribute int [he]
            help Function lambda [he]
        "#]],
        );
        check(
            "//- /main.nix\nlet pkgs = import ./pkgs.nix; in { a = pkgs.$0; b = 1; }\n//- /pkgs.nix\n{ a = 1; \"b c\" = 2; }\n",
            expect![[r#"
            a Attribute int []
            "b c" Attribute int []
        "#]],
        );
        check(
            "let s = { a.b.c = 1; a.b.d = 2; }; in s.a.b.$0",
            expect![[r#"
            c Attribute int []
            d Attribute int []
        "#]],
        );
        check(
            "builtins.attrN$0",
            expect![[r#"
            attrNames Builtin builtins.attrNames set [attrN]
        "#]],
        );
    }

    #[test]
    fn names_of_with() {
        check(
            "with { alpha = 1; beta = 2; }; al$0",
            expect![[r#"
            alpha Attribute with [al]
        "#]],
        );
    }

    #[test]
    fn nothing_where_a_name_is_given() {
        check("{ foo$0 = 1; }", expect![[""]]);
        check("# comm$0", expect![[""]]);
        check("\"te$0xt\"", expect![[""]]);
    }

    #[test]
    fn unknown_sets_offer_nothing() {
        check("{ pkgs }: pkgs.$0", expect![[""]]);
    }

    #[test]
    fn files() {
        check(
            "//- /main.nix\nimport ./li$0\n//- /lib.nix\n1\n//- /lists/x.nix\n1\n",
            expect![[r#"
            lib.nix File - [li]
            lists Folder - [li]
        "#]],
        );
    }
}
