//! Hover: what the thing under the cursor is, its documentation, its value.

use nival_engine::{Cancellable, Control, FilePosition, FileRange, Snapshot};
use nival_syntax::TextRange;

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
    /// One line in Nix syntax or words: `hello = …`, `formal parameter system ? "x86_64-linux"`, `builtins.map f list`.
    pub title: String,
    /// Markdown.
    pub documentation: Option<String>,
    pub value: Option<HoverValue>,
    pub defined_at: Option<FileRange>,
}

impl Hover {
    /// The whole as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("```nix\n{}\n```\n", self.title);
        match &self.value {
            Some(HoverValue::Value { kind, text }) => out.push_str(&format!("\n{kind}\n```nix\n{text}\n```\n")),
            Some(HoverValue::NotEvaluated(reason)) => out.push_str(&format!("\n*not evaluated: {reason}*\n")),
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

/// What is under the cursor. `None` on blanks, comments and punctuation.
///
/// # Errors
/// Cancelled. An evaluation that fails is part of the answer.
pub fn hover(snapshot: &Snapshot, _position: &FilePosition, _control: &Control) -> Cancellable<Option<Hover>> {
    snapshot.check()?;
    Ok(None)
}
