//! Completion: names in scope, keywords, attributes known from the text or by evaluation, paths.

mod at;
mod attributes;
mod files;
mod keys;
mod matching;
mod names;
#[cfg(test)]
mod tests;

use nival_engine::{Cancellable, Control, FilePosition, Snapshot};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange};

use crate::cursor::Subject;
use crate::near;
use at::At;

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

/// Bytes of a big text.
const BIG: usize = 300 << 10;

/// What a worse class of matches adds to the rank of a candidate.
const CLASS: u32 = 16;

/// Of the attributes of a set the best are offered; there are more where it is this many.
pub const MAX_CANDIDATES: usize = 501;

/// Candidates at a cursor, best first.
///
/// # Errors
/// Cancelled. Where evaluation fails or is not allowed, only what texts say is offered.
pub fn completion(snapshot: &Snapshot, position: &FilePosition, control: &Control) -> Cancellable<Vec<CompletionItem>> {
    let Some(at) = At::new(snapshot, position)? else { return Ok(Vec::new()) };
    let Some(token) = at.token() else { return Ok(at.search_paths()) };
    let replace = at.replace;
    let mut items = match token.kind() {
        SyntaxKind::PATH_TEXT => files::paths(snapshot, &position.path, token, position.offset),
        kind if kind.is_trivia() && kind != SyntaxKind::WHITESPACE => Vec::new(),
        SyntaxKind::STRING_TEXT => keys::quoted_values(&at, token)?,
        SyntaxKind::URI => Vec::new(),
        // Behind the quote that closes a string nothing begins.
        _ if at.word().is_empty() && at.text.get(..position.offset.into()).is_some_and(|before| before.ends_with('"')) => Vec::new(),
        SyntaxKind::SEARCH_PATH => at.search_paths(),
        _ if at.in_search_path() => at.search_paths(),
        _ => match near::selected_from(token) {
            Some(base) => match at.attributes(base, token)? {
                Some(items) => items,
                None if !near::ends_at_parameter(&at.tree, base)
                    && let Some(view) = at.view()?
                    && let Some(subject) = view.subject(replace.start()).filter(|s| matches!(s, Subject::Selection { .. })) =>
                {
                    attributes::evaluated(snapshot, position, &view, &subject, replace, control)?
                }
                None => Vec::new(),
            },
            None if names::is_binding_name(token) => match at.as_key(token)? {
                Some(key) => key.token().map_or(Ok(Vec::new()), |token| keys::keys(&key, token))?,
                None => keys::keys(&at, token)?,
            },
            None => {
                let around = token.ancestors();
                let mut items = names::names(&around, replace);
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
                    attributes::add_names_of_withs(&mut items, snapshot, position, &view, replace, control)?;
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
