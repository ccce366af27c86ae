//! Hover: what the thing under the cursor is, its documentation, its value.

mod files;
mod text;
mod value;

#[cfg(test)]
mod tests;

use nival_engine::{Cancellable, Control, FilePosition, FileRange, Snapshot};
use nival_hir::scopes::Target;
use nival_syntax::TextRange;

use crate::cursor::{FileView, Subject};
use crate::docs;
use crate::facts::facts;
use crate::tree::first_line;
use crate::values::Values;

pub(crate) use files::resolve_path;

/// The evaluated half of a hover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoverValue {
    /// Printed with bounds.
    Value { kind: String, text: String },
    /// Why there is no value: the message of an error, a limit.
    NotEvaluated(String),
    /// Why nobody can know the value: `the parameter 'x' of a function has no value here`.
    Unknown(String),
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
            // What is told without a value is what a parameter can be asked about.
            Some(HoverValue::Unknown(reason)) if self.shape.is_none() && self.documentation.is_none() => {
                out.push_str(&format!("\n*not evaluated:* {}\n", first_line(reason, 300)));
            }
            Some(HoverValue::Unknown(_)) | None => {}
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

/// What is under the cursor. `None` on blanks, comments and punctuation.
///
/// # Errors
/// Cancelled. An evaluation that fails is part of the answer.
pub fn hover(snapshot: &Snapshot, position: &FilePosition, control: &Control) -> Cancellable<Option<Hover>> {
    let Some(view) = FileView::at(snapshot, position)? else { return Ok(None) };
    let Some(subject) = view.subject(position.offset) else { return Ok(None) };
    let mut hover = text::static_hover(&view, &subject, &position.path);
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
        Subject::Path { text, .. } => hover.documentation = Some(files::path_note(snapshot, &position.path, text)),
        Subject::SearchPath { text, .. } => {
            let found = snapshot.session().find_file(text, control);
            hover.value = Some(match found {
                Ok(path) => HoverValue::Value { kind: "path".to_owned(), text: path.display().to_string() },
                Err(report) => value::not_evaluated(&report)?,
            });
        }
        _ => {
            let values = Values::new(snapshot, &position.path, &view, control);
            let found = values.subject(&subject);
            let (value, place) = value::describe(&values, found)?;
            // The title of a builtin says all of its value.
            if !matches!((&value, &hover.documentation), (HoverValue::Value { kind, .. }, Some(_)) if kind == "lambda" && is_builtin(&subject))
            {
                hover.value = Some(value);
            }
            value::add_evaluated_docs(snapshot, &mut hover, place);
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
