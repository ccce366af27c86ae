//! Values inside error messages.

use crate::ctx::Ctx;
use crate::error::EvalError;
use crate::value::{Value, View};

impl Ctx<'_> {
    /// A value as error messages show it: what has been evaluated of it, shortened.
    pub(crate) fn show_for_error(&mut self, value: Value) -> String {
        match value.view() {
            View::Int(i) => i.to_string(),
            View::Bool(b) => b.to_string(),
            View::Null => "null".into(),
            View::String(s) => format!("{s:?}"),
            View::Path(p) => format!("{p:?}"),
            _ => format!("«{}»", value.type_name()),
        }
    }

    /// "expected a set but found an integer: 1".
    #[cold]
    pub(crate) fn type_error(&mut self, value: Value, expected: &str) -> Box<EvalError> {
        let shown = self.show_for_error(value);
        EvalError::type_error(format!("expected {expected} but found {}: {shown}", value.type_phrase()))
    }
}
