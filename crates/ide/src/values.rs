//! Evaluated values of what is under a cursor.

use std::cell::OnceCell;
use std::path::Path;

use nival_engine::{Control, EvalSession, EvalValue, FileValue, Report, Snapshot};
use nival_hir::module::{AttrName, ExprId};
use nival_hir::scopes::Target;
use nival_syntax::{Name, TextSize};

use crate::cursor::{FileView, Subject};

/// What was found out about a value.
pub(crate) enum Found {
    /// Not forced.
    Value(EvalValue),
    /// In words that follow "not evaluated: ".
    Nothing(String),
}

/// Evaluates things of one file.
pub(crate) struct Values<'a> {
    snapshot: &'a Snapshot,
    /// Made when it is needed: that brings the evaluator up to date with the last edit.
    session: OnceCell<EvalSession>,
    path: &'a Path,
    view: &'a FileView,
    pub control: &'a Control,
}

impl<'a> Values<'a> {
    pub fn new(snapshot: &'a Snapshot, path: &'a Path, view: &'a FileView, control: &'a Control) -> Self {
        Values { snapshot, session: OnceCell::new(), path, view, control }
    }

    pub fn session(&self) -> &EvalSession {
        self.session.get_or_init(|| self.snapshot.session())
    }

    pub fn expr(&self, expr: ExprId) -> Result<Found, Report> {
        if let Some(reason) = self.view.unknown_here(expr) {
            return Ok(Found::Nothing(reason));
        }
        Ok(match self.session().value_in_file(self.path, &self.view.text, &self.view.lowered, expr, self.control)? {
            FileValue::Value(value) => Found::Value(value),
            FileValue::Unknown(reason) => Found::Nothing(reason),
        })
    }

    /// The value of `base` followed by names, not forced.
    pub fn path(&self, base: ExprId, names: &[AttrName]) -> Result<Found, Report> {
        let mut value = match self.expr(base)? {
            Found::Value(value) => value,
            nothing => return Ok(nothing),
        };
        for name in names {
            let AttrName::Static(name) = name else { return Ok(Found::Nothing("the path has a computed name".to_owned())) };
            match self.attr(&value, *name)? {
                Found::Value(next) => value = next,
                nothing => return Ok(nothing),
            }
        }
        Ok(Found::Value(value))
    }

    pub fn attr(&self, set: &EvalValue, name: Name) -> Result<Found, Report> {
        let set = match self.session().force_known(set.clone(), self.control)? {
            FileValue::Value(set) => set,
            FileValue::Unknown(reason) => return Ok(Found::Nothing(reason)),
        };
        Ok(match self.session().attr(&set, &name.to_string(), self.control)? {
            Some(value) => Found::Value(value),
            None => Found::Nothing(format!("attribute '{name}' missing")),
        })
    }

    /// The value of what is under the cursor.
    pub fn subject(&self, subject: &Subject) -> Result<Found, Report> {
        match subject {
            Subject::Use { expr, .. } => self.expr(*expr),
            Subject::Definition { binding, .. } => match self.view.bound_value(*binding) {
                Some(value) => self.expr(value),
                None => Ok(Found::Nothing("a parameter has a value only in a call".to_owned())),
            },
            Subject::AttrDefinition { value, .. } => self.expr(*value),
            Subject::Selection { base, before, name, .. } => match self.path(*base, before)? {
                Found::Value(set) => self.attr(&set, *name),
                nothing => Ok(nothing),
            },
            Subject::Path { .. } | Subject::SearchPath { .. } => Ok(Found::Nothing("a path".to_owned())),
        }
    }

    /// The set that defines the name under the cursor, by evaluation: the set before a dot, the set of a `with`.
    pub fn defining_set(&self, subject: &Subject, offset: TextSize) -> Result<Option<(EvalValue, Name)>, Report> {
        match subject {
            Subject::Selection { base, before, name, .. } => match self.path(*base, before)? {
                Found::Value(set) => Ok(Some((set, *name))),
                Found::Nothing(_) => Ok(None),
            },
            Subject::Use { name, target: target @ Target::With(_), .. } => {
                for namespace in self.view.namespaces(*target, offset) {
                    if let Found::Value(set) = self.expr(namespace)?
                        && let Found::Value(_) = self.attr(&set, *name)?
                    {
                        return Ok(Some((set, *name)));
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}
