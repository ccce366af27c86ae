//! Completion: names in scope, keywords, attributes known from the text or by evaluation, paths.

mod keys;
mod matching;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use nival_engine::{AttrItem, Cancellable, Cancelled, Control, FilePosition, Snapshot, ValueKind};
use nival_hir::globals::GLOBALS;
use nival_hir::lexical;
use nival_hir::scopes::{BindingKind, ScopeKind};
use nival_shape::{Glance, Shapes, Thunk};
use nival_source::{Db, SourceFile};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize, TreeNode};
use rustc_hash::FxHashSet;

use crate::cursor::{FileView, Subject};
use crate::docs;
use crate::facts::{documentation, with_shapes};
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
    /// The text to insert with places to fill in, for editors that can do that.
    pub snippet: Option<String>,
    /// Smaller comes first.
    pub rank: u32,
    /// [`completion_details`] knows more.
    pub lazy: bool,
}

impl CompletionItem {
    pub(crate) fn new(label: impl Into<String>, kind: CompletionKind, replace: TextRange) -> Self {
        let label = label.into();
        CompletionItem {
            insert: label.clone(),
            label,
            kind,
            detail: None,
            documentation: None,
            replace,
            snippet: None,
            rank: 0,
            lazy: false,
        }
    }
}

/// What follows some keywords.
const SNIPPETS: [(&str, &str); 5] = [
    ("assert", "assert ${1:condition};\n$0"),
    ("if", "if ${1:condition} then ${2:value} else ${0:value}"),
    ("let", "let\n  ${1:name} = ${2:value};\nin\n$0"),
    ("rec", "rec {\n  $0\n}"),
    ("with", "with ${1:set};\n$0"),
];

const KEYWORDS: [&str; 10] = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];

/// Candidates at a cursor, best first.
///
/// # Errors
/// Cancelled. Where evaluation fails or is not allowed, only what texts say is offered.
pub fn completion(snapshot: &Snapshot, position: &FilePosition, control: &Control) -> Cancellable<Vec<CompletionItem>> {
    let Some(at) = At::new(snapshot, position)? else { return Ok(Vec::new()) };
    let Some(token) = at.token() else { return Ok(at.search_paths()) };
    let replace = at.replace;
    let mut items = match token.kind() {
        SyntaxKind::PATH_TEXT => paths(snapshot, &position.path, token, position.offset),
        kind if kind.is_trivia() && kind != SyntaxKind::WHITESPACE => Vec::new(),
        SyntaxKind::STRING_TEXT | SyntaxKind::URI => Vec::new(),
        SyntaxKind::SEARCH_PATH => at.search_paths(),
        _ if at.in_search_path() => at.search_paths(),
        _ => match near::selected_from(token) {
            Some(base) => {
                let mut items = at.attributes(base, token)?;
                if items.is_empty()
                    && !near::ends_at_parameter(&at.tree, base)
                    && let Some(view) = at.view()?
                    && let Some(subject) = view.subject(replace.start()).filter(|s| matches!(s, Subject::Selection { .. }))
                {
                    items = attributes(snapshot, position, &view, &subject, replace, control)?;
                }
                items
            }
            None if is_binding_name(token) => match at.as_key(token) {
                Some(key) => key.token().map_or(Ok(Vec::new()), |token| keys::keys(&key, token))?,
                None => keys::keys(&at, token)?,
            },
            None => {
                let around = token.ancestors();
                let mut items = names(&around, replace);
                keys::add_values(&at, token, &mut items)?;
                let namespaces = near::namespaces(&around);
                let unknown = |namespace: &Option<Node<'_>>| namespace.is_none_or(|namespace| near::ends_at_parameter(&at.tree, namespace));
                // To look at all of a big text after each letter takes too long, where it is only to say what a parameter may have.
                let big = at.text.len() > BIG && namespaces.iter().all(unknown);
                let known = big || at.names_of_withs(&namespaces, &mut items)?;
                if !known
                    && !namespaces.iter().all(unknown)
                    && let Some(view) = at.view()?
                {
                    add_names_of_withs(&mut items, snapshot, position, &view, replace, control)?;
                }
                items
            }
        },
    };
    items.retain_mut(|item| match matching::score(at.word(), &item.label).or_else(|| matching::score(at.word(), &item.insert)) {
        Some(score) => {
            item.rank += score * CLASS;
            true
        }
        None => matches!(item.kind, CompletionKind::File | CompletionKind::Folder),
    });
    items.sort_by(|a, b| (a.rank, &a.label).cmp(&(b.rank, &b.label)));
    snapshot.check()?;
    Ok(items)
}

/// What a candidate is, for one that was offered at this place: its shape in a line, and its documentation.
///
/// # Errors
/// Cancelled.
pub fn completion_details(
    snapshot: &Snapshot,
    position: &FilePosition,
    label: &str,
) -> Cancellable<Option<(Option<String>, Option<String>)>> {
    let Some(at) = At::new(snapshot, position)? else { return Ok(None) };
    let Some(token) = at.token() else { return Ok(None) };
    let name = Name::new(label.as_bytes());
    match near::selected_from(token) {
        Some(base) => at.details(base, &[near::names_before(token), vec![name]].concat()),
        None => {
            for namespace in near::namespaces(&token.ancestors()).into_iter().flatten() {
                if let Some(details) = at.details(namespace, &[name])? {
                    return Ok(Some(details));
                }
            }
            Ok(None)
        }
    }
}

/// A cursor, and the text around it made whole.
pub(crate) struct At<'a> {
    pub snapshot: &'a Snapshot,
    pub position: &'a FilePosition,
    pub text: Arc<str>,
    /// The word around the cursor.
    pub replace: TextRange,
    /// The text with a name in place of nothing or a keyword, if it needs one.
    probe: Option<Arc<str>>,
    pub tree: Arc<FlatTree>,
}

impl<'a> At<'a> {
    fn new(snapshot: &'a Snapshot, position: &'a FilePosition) -> Cancellable<Option<Self>> {
        let Some(text) = snapshot.text(&position.path) else { return Ok(None) };
        snapshot.check()?;
        let offset = usize::from(position.offset);
        if !text.is_char_boundary(offset) {
            return Ok(None);
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
        let Some(mut tree) = snapshot.flat_tree(&position.path)? else { return Ok(None) };
        if let Some(probe) = &probe {
            tree = Arc::new(nival_syntax::flat::reparse(&tree, Arc::<[u8]>::from(probe.clone())));
        }
        Ok(Some(At { snapshot, position, text, replace, probe, tree }))
    }

    /// The same with a whole binding at the cursor, where the text looks like the pattern of a function that is not there: `f { na }`.
    fn as_key(&self, token: Token<'_>) -> Option<At<'a>> {
        let around = token.ancestors();
        let pattern = around.iter().find(|node| node.kind() == SyntaxKind::LAMBDA)?;
        if pattern.token(SyntaxKind::COLON).is_some() {
            return None;
        }
        let (start, end) = (usize::from(self.replace.start()), usize::from(self.replace.end()));
        let word = if self.replace.is_empty() { "x" } else { self.text.get(start..end)? };
        let probe: Arc<str> = format!("{}{word}=0;{}", self.text.get(..start)?, self.text.get(end..)?).into();
        let tree = Arc::new(nival_syntax::flat::reparse(&self.tree, Arc::<[u8]>::from(probe.clone())));
        Some(At { text: self.text.clone(), probe: Some(probe), tree, ..*self })
    }

    fn token(&self) -> Option<Token<'_>> {
        let at = self.replace.start() + TextSize::new(if self.replace.is_empty() { 0 } else { 1 });
        touching_token(&self.tree, at)
    }

    /// The word as far as the cursor.
    fn word(&self) -> &str {
        self.text.get(self.replace.start().into()..self.position.offset.into()).unwrap_or_default()
    }

    /// Only where the text near the cursor does not say enough, all of it is looked at.
    fn view(&self) -> Cancellable<Option<FileView>> {
        match &self.probe {
            Some(probe) => Ok(Some(FileView::of_tree(probe.clone(), self.tree.clone()))),
            None => FileView::at(self.snapshot, self.position),
        }
    }

    /// Asks about the expression that a node before the cursor is. It is looked for in the text as it is, which begins alike.
    pub fn ask<T>(
        &self,
        node: Node<'_>,
        ask: impl for<'db> FnOnce(Shapes<'db>, &'db dyn Db, Thunk<'db>) -> Option<T>,
    ) -> Cancellable<Option<T>> {
        let Some(view) = FileView::at(self.snapshot, self.position)? else { return Ok(None) };
        let Some(expr) = view.expr_of(node) else { return Ok(None) };
        let found = with_shapes(self.snapshot, &self.position.path, &view, |shapes, db, file| ask(shapes, db, shapes.expr(file, expr)))?;
        Ok(found.flatten())
    }

    /// Asks about the file.
    pub fn ask_file<T>(&self, ask: impl for<'db> FnOnce(Shapes<'db>, &'db dyn Db, SourceFile) -> Option<T>) -> Cancellable<Option<T>> {
        self.snapshot.with_db(|db| ask(Shapes::new(db), db, db.files().get(db, &self.position.path)))
    }

    /// The same of the function of a call, which may have other arguments already.
    pub fn ask_function<T>(
        &self,
        node: Node<'_>,
        ask: impl for<'db> FnOnce(Shapes<'db>, &'db dyn Db, Thunk<'db>) -> Option<T>,
    ) -> Cancellable<Option<T>> {
        let Some(view) = FileView::at(self.snapshot, self.position)? else { return Ok(None) };
        let (mut head, mut args) = (node, Vec::new());
        while head.kind() == SyntaxKind::APPLY {
            let mut parts = head.children();
            let (Some(function), Some(arg)) = (parts.next(), parts.next()) else { return Ok(None) };
            args.push(view.expr_of(arg));
            head = function;
        }
        let Some(function) = view.expr_of(head) else { return Ok(None) };
        let found = with_shapes(self.snapshot, &self.position.path, &view, |shapes, db, file| {
            let apply = |of, arg: &Option<_>| shapes.applied(of, arg.map_or(Thunk::Unknown, |arg| shapes.expr(file, arg)));
            ask(shapes, db, args.iter().rev().fold(shapes.callee(file, function), apply))
        })?;
        Ok(found.flatten())
    }

    /// The attributes of what is selected from, by shapes.
    fn attributes(&self, base: Node<'_>, token: Token<'_>) -> Cancellable<Vec<CompletionItem>> {
        let before = near::names_before(token);
        let word = self.word();
        // Of `lib` and `pkgs`, which are asked most often, no analysis of the whole text is waited for.
        if let Some(name) = near::parameter(&self.tree, base) {
            let found = self.ask_file(|shapes, _, file| {
                let of = shapes.attribute(shapes.parameter_called(file, name)?, &before).ok()?.value;
                Some(self.items(shapes, of, word, 0))
            })?;
            if let Some(found) = found.filter(|found| !found.is_empty()) {
                return Ok(found);
            }
        }
        let found = self.ask(base, |shapes, _, thunk| {
            let of = shapes.attribute(thunk, &before).ok()?.value;
            Some(self.items(shapes, of, word, 0))
        })?;
        Ok(found.unwrap_or_default())
    }

    fn items<'db>(&self, shapes: Shapes<'db>, of: Thunk<'db>, word: &str, rank: u32) -> Vec<CompletionItem> {
        // A package set has more than ten thousand: only what will be shown is made a candidate.
        let mut best: Vec<(u32, Cow<'static, str>, Name)> = Vec::new();
        for (name, _) in shapes.attributes(of).names {
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
        items
    }

    /// Adds the names that `with`s provide; whether all of them are known.
    fn names_of_withs(&self, namespaces: &[Option<Node<'_>>], items: &mut Vec<CompletionItem>) -> Cancellable<bool> {
        let mut seen: FxHashSet<String> = items.iter().map(|item| item.label.clone()).collect();
        let word = self.word();
        let mut all = true;
        for namespace in namespaces.iter().flatten() {
            let found = self.ask(*namespace, |shapes, _, thunk| Some(self.items(shapes, thunk, word, 2)))?.unwrap_or_default();
            all &= !found.is_empty();
            for item in found {
                if seen.insert(item.label.clone()) {
                    items.push(CompletionItem { detail: Some(item.detail.unwrap_or_else(|| "with".to_owned())), ..item });
                }
            }
        }
        Ok(all)
    }

    fn details(&self, base: Node<'_>, names: &[Name]) -> Cancellable<Option<(Option<String>, Option<String>)>> {
        self.ask(base, |shapes, db, thunk| {
            let found = shapes.attribute(thunk, names).ok()?;
            Some((shapes.describe(found.value), documentation(db, shapes, found.place, found.value)))
        })
    }

    /// Where the text between the last `<` and the cursor begins, if it may be one of a search path.
    fn search_path_start(&self) -> Option<usize> {
        let before = self.text.get(..self.position.offset.into())?;
        let start = before.rfind('<')? + 1;
        let written = before.get(start..)?;
        let is_path = written.chars().all(|c| c.is_ascii_alphanumeric() || "._-+/".contains(c));
        let apart = before.get(..start - 1)?.chars().next_back().is_none_or(|c| c.is_whitespace() || "([{=:;".contains(c));
        (is_path && apart).then_some(start)
    }

    fn in_search_path(&self) -> bool {
        self.search_path_start().is_some()
    }

    /// The names of the search path, and files below them.
    fn search_paths(&self) -> Vec<CompletionItem> {
        let Some(start) = self.search_path_start() else { return Vec::new() };
        let Some(written) = self.text.get(start..self.position.offset.into()) else { return Vec::new() };
        let entries = &self.snapshot.config().search_path;
        let (folder, word) = written.rsplit_once('/').map_or((None, written), |(folder, word)| (Some(folder), word));
        let replace = TextRange::new(self.position.offset - TextSize::of(word), self.position.offset);
        let Some(folder) = folder else {
            let names = entries.iter().filter(|entry| !entry.prefix.is_empty());
            return names
                .map(|entry| CompletionItem {
                    detail: Some(entry.path.clone()),
                    ..CompletionItem::new(entry.prefix.clone(), CompletionKind::Folder, replace)
                })
                .collect();
        };
        let (prefix, rest) = folder.split_once('/').unwrap_or((folder, ""));
        let Some(entry) = entries.iter().find(|entry| entry.prefix == prefix) else { return Vec::new() };
        entries_of(self.snapshot, &Path::new(&entry.path).join(rest), word, replace)
    }
}

/// Bytes of a big text.
const BIG: usize = 300 << 10;

/// What a worse class of matches adds to the rank of a candidate.
const CLASS: u32 = 16;

/// Of the attributes of a set the best are offered; there are more where it is this many.
pub const MAX_CANDIDATES: usize = 501;

/// How many candidates are looked at more closely.
const GLANCES: usize = 200;

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
        detail: attr.kind.map(|kind| kind.name().to_owned()),
        insert: nival_eval::print::identifier(attr.name.as_bytes()),
        rank: u32::from(attr.name.starts_with('_')),
        ..CompletionItem::new(attr.name.clone(), kind, replace)
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
    let replace = TextRange::new(offset - TextSize::of(word), offset);
    entries_of(snapshot, &folder, word, replace)
}

/// What of a folder begins with a word.
fn entries_of(snapshot: &Snapshot, folder: &Path, word: &str, replace: TextRange) -> Vec<CompletionItem> {
    let Ok(entries) = snapshot.system().read_dir(folder) else { return Vec::new() };
    let mut items = Vec::new();
    for entry in entries {
        let Some(name) = entry.name.to_str().filter(|name| name.starts_with(word)) else { continue };
        let kind = if entry.kind == nival_source::FileKind::Directory { CompletionKind::Folder } else { CompletionKind::File };
        items.push(CompletionItem { rank: u32::from(name.starts_with('.')), ..CompletionItem::new(name, kind, replace) });
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
                help Function function [he]
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
                alpha Attribute int [al]
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
    fn attributes_by_shapes() {
        // Nothing of this can be evaluated: the function is not called.
        check(
            "{ x }: let s = { alpha = x; beta = y: y; \"c d\" = [ ]; }; in s.$0",
            expect![[r#"
            alpha Attribute - []
            beta Function function []
            "c d" Attribute list []
        "#]],
        );
        check(
            "{ x }: with { alpha = x; beta = 1; }; be$0",
            expect![[r#"
            beta Attribute int [be]
        "#]],
        );
        check(
            "{ x }: let s = x // { alpha.beta = x; }; in s.alpha.$0",
            expect![[r#"
            beta Attribute - []
        "#]],
        );
        check(
            "{ x }: let s = { alpha = x; beta = 1; }; in { inherit (s) $0; }",
            expect![[r#"
            alpha Attribute - []
            beta Attribute int []
        "#]],
        );
        check(
            "//- /main.nix\n{ x }: { a = (import ./l.nix { inherit x; }).$0; b = 1; }\n//- /l.nix\n{ x }: { one = x; two = x; }",
            expect![[r#"
            one Attribute - []
            two Attribute - []
        "#]],
        );
    }

    #[test]
    fn names_of_arguments() {
        check(
            "let f = { url, hash ? \"\", ... }: url; in f { u$0 }",
            expect![[r#"
            url Parameter required [u]
        "#]],
        );
        check(
            "let f = { url, hash ? \"\", ... }: url; in f { url = 1; $0 }",
            expect![[r#"
            hash Parameter ? "" []
        "#]],
        );
        check(
            "let f = { url, hash ? \"\", ... }: url; in f {\n  $0\n}",
            expect![[r#"
            url Parameter required []
            hash Parameter ? "" []
        "#]],
        );
        check(
            "//- /main.nix\n{ callPackage }: callPackage ./p.nix { $0 }\n//- /p.nix\n{ stdenv, withX ? true }: 1",
            expect![[r#"
            stdenv Parameter required []
            withX Parameter ? true []
        "#]],
        );
    }

    #[test]
    fn schema_of_flakes() {
        check(
            "//- /flake.nix\n{ inp$0 }",
            expect![[r#"
            inputs Attribute flake [inp]
        "#]],
        );
        check(
            "//- /flake.nix\n{ inputs.nixpkgs.u$0 }",
            expect![[r#"
            url Attribute flake [u]
        "#]],
        );
        check(
            "//- /flake.nix\n{ inputs = { nixpkgs = { fo$0 }; }; }",
            expect![[r#"
            follows Attribute flake [fo]
        "#]],
        );
        check(
            "//- /flake.nix\n{ outputs = { self }: { devS$0 = 1; }; }",
            expect![[r#"
            devShells Attribute flake [devS]
        "#]],
        );
    }

    const MODULE: &str = r#"
//- /m.nix
{ lib, ... }: { options.services.web = {
  enable = lib.mkEnableOption "the web";
  user = lib.mkOption { type = lib.types.str; default = "www"; description = "Who runs it."; };
  level = lib.mkOption { type = lib.types.enum [ "low" "high" ]; };
}; }
"#;

    #[test]
    fn options_of_modules() {
        let check = |text: &str, expected: Expect| check(&format!("//- /main.nix\n{text}{MODULE}"), expected);
        check(
            "{ config, ... }: { imports = [ ./m.nix ]; config.services.web.$0 }",
            expect![[r#"
            enable Attribute bool []
            level Attribute one of a few []
            user Attribute string []
        "#]],
        );
        check(
            "{ config, ... }: { imports = [ ./m.nix ]; services = { web = { en$0 }; }; }",
            expect![[r#"
            enable Attribute bool [en]
        "#]],
        );
        check(
            "{ config, lib, ... }: { imports = [ ./m.nix ]; config = lib.mkIf true { ser$0 }; }",
            expect![[r#"
            services Attribute options [ser]
        "#]],
        );
        check(
            "{ config, ... }: { imports = [ ./m.nix ]; services.web.level = $0; }",
            expect![[r#"
            config Parameter parameter []
            "high" Constant - []
            "low" Constant - []
            abort Builtin builtins.abort message []
            baseNameOf Builtin builtins.baseNameOf path []
            break Builtin builtins.break value []
            …
        "#]],
        );
        check(
            "{ config, ... }: { imports = [ ./m.nix ]; services.web.enable = $0; }",
            expect![[r#"
            config Parameter parameter []
            false Constant - []
            true Constant - []
            abort Builtin builtins.abort message []
            baseNameOf Builtin builtins.baseNameOf path []
            break Builtin builtins.break value []
            …
        "#]],
        );
        check(
            "{ config, ... }: { imports = [ ./m.nix ]; services.web.user = config.services.web.le$0; }",
            expect![[r#"
            level Attribute - [le]
        "#]],
        );
        check("{ config, ... }: let x = { services.$0 }; in { imports = [ ./m.nix ]; }", expect![]);
    }

    #[test]
    fn details_are_told_later() {
        let fixture = Fixture::new("{ x }: let s = { /** Says. */ alpha = y: [ ]; }; in s.al$0");
        let details = completion_details(&fixture.snapshot, &fixture.position(), "alpha").unwrap();
        assert_eq!(details, Some((Some("y: list".to_owned()), Some("Says.".to_owned()))));
        assert_eq!(completion_details(&fixture.snapshot, &fixture.position(), "beta").unwrap(), None);
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
