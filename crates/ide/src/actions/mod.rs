//! Code actions: quick fixes of diagnostics, and refactorings. One file per refactoring; [`ACTIONS`] has all of them.
//!
//! An action looks at the nodes around the selection and decides from there whether it applies: the request comes with each movement of
//! the cursor. What it would change is worked out when the user picks it ([`resolve`]). An action that might change what the code means
//! (capture a name, lose a comment, evaluate what was not) is not offered, save for those whose purpose it is.

mod add_formal;
mod asserts;
mod calls;
mod context;
#[cfg(test)]
mod everywhere;
mod extract_file;
mod extract_function;
mod extract_let;
mod extract_module;
mod fix_all;
mod fixes;
mod flake_input;
mod functions;
mod import_argument;
mod inherit;
mod inline;
mod inline_file;
mod json;
mod layout;
mod lets;
mod logic;
mod missing;
mod module_form;
mod modules;
mod names;
mod nesting;
mod page;
mod place;
mod quote_attr;
mod recursion;
mod sort;
mod strings;
#[cfg(test)]
mod tests;
mod with_names;

use std::path::Path;
use std::sync::Arc;

use nival_engine::{Cancellable, Snapshot};
use nival_lint::rules::names::{PRIMOP_NEEDS_PREFIX, UNDEFINED_VARIABLE};
use nival_syntax::{TextRange, TextSize};

use crate::cursor::FileView;
use crate::diagnostics::{Diagnostic, TextEdit};
use crate::source_change::{FileOperation, Overlap, SourceChange};
use crate::tidy::tidy;
use context::Context;

/// What an action is for: editors filter by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActionKind {
    QuickFix,
    Refactor,
    Extract,
    Inline,
    Rewrite,
    FixAll,
    Sort,
}

impl ActionKind {
    pub const ALL: [ActionKind; 7] = [
        ActionKind::QuickFix,
        ActionKind::Refactor,
        ActionKind::Extract,
        ActionKind::Inline,
        ActionKind::Rewrite,
        ActionKind::FixAll,
        ActionKind::Sort,
    ];
}

/// An action that can be taken. What it changes is for [`resolve`] to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeAction {
    pub id: ActionId,
    pub title: String,
    pub kind: ActionKind,
    /// The most sensible one of its kind here.
    pub preferred: bool,
    /// What it repairs.
    pub diagnostic: Option<Diagnostic>,
    /// Why it cannot be taken here, although someone may expect it.
    pub disabled: Option<String>,
    pub effect: Effect,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Changes texts, and perhaps files.
    Change { operations: bool },
    /// Shows a page.
    Open { url: String },
}

/// Finds an action again, at the same place of the same text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionId {
    pub name: String,
    /// Among those of the same name.
    pub index: u32,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ActionQuery<'a> {
    pub path: &'a Arc<Path>,
    /// The selection; empty for a cursor.
    pub range: TextRange,
    pub kinds: &'a [ActionKind],
    /// Whether the user asked for these kinds by name: then there are reasons for what cannot be done, and actions on the whole file.
    pub explicit: bool,
}

/// A refactoring: a row of [`ACTIONS`].
struct Action {
    id: &'static str,
    kind: ActionKind,
    run: fn(&Context<'_>, &mut Found<'_>) -> Option<()>,
}

/// Every refactoring, in the order in which they are offered.
const ACTIONS: &[Action] = &[
    add_formal::ACTION,
    calls::PASS,
    calls::FORMAL,
    flake_input::ACTION,
    missing::FILE,
    missing::ATTRIBUTE,
    missing::OPTION,
    extract_let::ACTION,
    extract_function::ACTION,
    extract_file::ACTION,
    extract_module::ACTION,
    inline::HERE,
    inline::EVERYWHERE,
    inline_file::ACTION,
    inherit::TO_INHERIT,
    inherit::ALL_TO_INHERIT,
    inherit::TO_BINDING,
    inherit::MERGE,
    nesting::FLATTEN,
    nesting::NEST,
    nesting::PACK,
    nesting::PACK_ALL,
    quote_attr::QUOTE,
    quote_attr::UNQUOTE,
    strings::TO_INDENTED,
    strings::TO_QUOTED,
    strings::SPLIT,
    strings::SIMPLIFY,
    recursion::TO_LET,
    recursion::TO_REC,
    lets::SPLIT,
    with_names::TO_INHERIT,
    with_names::TO_SELECT,
    json::ACTION,
    import_argument::ACTION,
    logic::IF_TO_OPERATOR,
    logic::INVERT_IF,
    logic::ADD_DEFAULT,
    logic::REMOVE_DEFAULT,
    logic::JOIN_LISTS,
    logic::JOIN_STRINGS,
    logic::LEGACY_LET,
    asserts::JOIN,
    asserts::SPLIT,
    asserts::MESSAGE,
    asserts::THROW,
    functions::REDUCE,
    functions::EXPAND,
    modules::WRAP,
    modules::UNWRAP,
    module_form::IF_TO_MK_IF,
    module_form::PRIORITY,
    module_form::TO_LONG,
    module_form::TO_SHORT,
    sort::ATTRIBUTES,
    sort::FORMALS,
    sort::NAMES,
    sort::LIST,
    page::ACTION,
];

/// The actions at a place.
///
/// # Errors
/// Cancelled.
pub fn code_actions(snapshot: &Snapshot, query: &ActionQuery<'_>) -> Cancellable<Vec<CodeAction>> {
    let mut found = Found::new(snapshot, query, Wanted::Nothing);
    run(snapshot, query, &mut found)?;
    Ok(found.actions.into_iter().map(|(action, _)| action).collect())
}

/// The same with what each changes, for who cannot ask later; without that which repairs the whole file, unless it was asked for.
///
/// # Errors
/// Cancelled.
pub fn code_actions_with_changes(snapshot: &Snapshot, query: &ActionQuery<'_>) -> Cancellable<Vec<(CodeAction, Option<SourceChange>)>> {
    let mut found = Found::new(snapshot, query, Wanted::All);
    run(snapshot, query, &mut found)?;
    Ok(found.actions)
}

/// What an action that [`code_actions`] gave for the same query changes. `None` if there is no such action (any more).
///
/// # Errors
/// Cancelled.
pub fn resolve(snapshot: &Snapshot, query: &ActionQuery<'_>, id: &ActionId) -> Cancellable<Option<SourceChange>> {
    let mut found = Found::new(snapshot, query, Wanted::One(id));
    run(snapshot, query, &mut found)?;
    Ok(found.actions.into_iter().find(|(action, _)| action.id == *id).and_then(|(_, change)| change))
}

fn run(snapshot: &Snapshot, query: &ActionQuery<'_>, found: &mut Found<'_>) -> Cancellable<()> {
    let Some(view) = FileView::new(snapshot, query.path)? else { return Ok(()) };
    if query.range.end() > TextSize::of(&*view.text) {
        return Ok(());
    }
    fixes::run(snapshot, query, &view, found)?;
    let context = Context::new(snapshot, query, &view);
    for action in ACTIONS {
        if !query.kinds.contains(&action.kind) || !found.may_want(action.id) {
            continue;
        }
        found.current = (action.id, action.kind);
        let _ = (action.run)(&context, found);
        snapshot.check()?;
    }
    Ok(())
}

/// Of which actions the change is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted<'a> {
    Nothing,
    One(&'a ActionId),
    All,
}

/// Collects actions, and works out the changes that are wanted.
pub(crate) struct Found<'a> {
    snapshot: &'a Snapshot,
    path: &'a Arc<Path>,
    explicit: bool,
    wanted: Wanted<'a>,
    current: (&'static str, ActionKind),
    actions: Vec<(CodeAction, Option<SourceChange>)>,
    /// At the selection.
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Found<'a> {
    fn new(snapshot: &'a Snapshot, query: &ActionQuery<'a>, wanted: Wanted<'a>) -> Self {
        Found {
            snapshot,
            path: query.path,
            explicit: query.explicit,
            wanted,
            current: ("", ActionKind::Refactor),
            actions: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    fn may_want(&self, name: &str) -> bool {
        match self.wanted {
            Wanted::One(wanted) => wanted.name == name,
            _ => true,
        }
    }

    /// Whether the change of an action is to be worked out.
    fn wants(&self, id: &ActionId) -> bool {
        match self.wanted {
            Wanted::Nothing => false,
            Wanted::One(wanted) => wanted == id,
            Wanted::All => true,
        }
    }

    fn offer(&mut self, action: CodeAction, change: Option<SourceChange>) {
        self.actions.push((action, change));
    }

    fn next_id(&self, name: &str) -> ActionId {
        let index = self.actions.iter().filter(|(action, _)| action.id.name == name).count() as u32;
        ActionId { name: name.to_owned(), index }
    }

    /// Offers an action of the current row; `make` runs if it is picked.
    fn add(&mut self, title: impl Into<String>, make: impl FnOnce(&mut Edits)) {
        self.push(title.into(), false, true, make);
    }

    /// As [`Found::add`], for one that writes what the formatter would write in another way.
    fn add_verbatim(&mut self, title: impl Into<String>, make: impl FnOnce(&mut Edits)) {
        self.push(title.into(), false, false, make);
    }

    /// As [`Found::add`], for one that creates, renames or deletes files.
    fn add_with_files(&mut self, title: impl Into<String>, make: impl FnOnce(&mut Edits)) {
        self.push(title.into(), true, true, make);
    }

    fn push(&mut self, title: String, operations: bool, formatted: bool, make: impl FnOnce(&mut Edits)) {
        let (name, kind) = self.current;
        let id = self.next_id(name);
        let change = self.wants(&id).then(|| {
            let mut edits = Edits::new(self.path.clone());
            make(&mut edits);
            edits.change.ok().map(|change| if formatted { tidy(self.snapshot, &change) } else { change })
        });
        let effect = Effect::Change { operations };
        // Quick fixes among the refactorings are for names that nothing defines.
        let undefined = |diagnostic: &&Diagnostic| {
            kind == ActionKind::QuickFix && [UNDEFINED_VARIABLE.id, PRIMOP_NEEDS_PREFIX.id].contains(&diagnostic.code.as_str())
        };
        let diagnostic = self.diagnostics.iter().find(undefined).cloned();
        self.offer(CodeAction { id, title, kind, preferred: false, diagnostic, disabled: None, effect }, change.flatten());
    }

    /// Offers to show a page.
    fn add_page(&mut self, title: impl Into<String>, url: String) {
        let (name, kind) = self.current;
        let (id, effect) = (self.next_id(name), Effect::Open { url });
        self.offer(CodeAction { id, title: title.into(), kind, preferred: false, diagnostic: None, disabled: None, effect }, None);
    }

    /// Says why an action is not offered, where the user asked for it. Ends the row.
    fn refuse(&mut self, title: impl Into<String>, reason: impl Into<String>) -> Option<()> {
        if self.explicit {
            let (name, kind) = self.current;
            let (id, disabled) = (self.next_id(name), Some(reason.into()));
            let effect = Effect::Change { operations: false };
            self.offer(CodeAction { id, title: title.into(), kind, preferred: false, diagnostic: None, disabled, effect }, None);
        }
        None
    }
}

/// A change being made, of one file above all.
pub(crate) struct Edits {
    path: Arc<Path>,
    /// An overlap is a defect of the action: it then changes nothing.
    change: Result<SourceChange, Overlap>,
}

impl Edits {
    fn new(path: Arc<Path>) -> Self {
        Edits { path, change: Ok(SourceChange::new()) }
    }

    pub fn replace(&mut self, range: TextRange, insert: impl Into<String>) {
        self.replace_in(&self.path.clone(), range, insert);
    }

    pub fn insert(&mut self, at: TextSize, text: impl Into<String>) {
        self.replace(TextRange::empty(at), text);
    }

    pub fn delete(&mut self, range: TextRange) {
        self.replace(range, "");
    }

    /// As [`Edits::replace`], in any file.
    pub fn replace_in(&mut self, path: &Arc<Path>, range: TextRange, insert: impl Into<String>) {
        if let Ok(change) = &mut self.change
            && let Err(overlap) = change.edit(path, TextEdit { range, insert: insert.into() })
        {
            self.change = Err(overlap);
        }
    }

    pub fn operation(&mut self, operation: FileOperation) {
        if let Ok(change) = &mut self.change {
            change.operation(operation);
        }
    }
}
