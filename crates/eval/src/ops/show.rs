//! Values inside error messages.

use crate::ctx::Ctx;
use crate::error::EvalError;
use crate::print;
use crate::value::Value;

impl Ctx<'_> {
    /// A value as error messages show it: what has been evaluated of it, shortened.
    pub(crate) fn show_for_error(&mut self, value: Value) -> String {
        print::for_message(self, value)
    }

    /// "expected a set but found an integer: 1".
    #[cold]
    pub(crate) fn type_error(&mut self, value: Value, expected: &str) -> Box<EvalError> {
        let shown = self.show_for_error(value);
        EvalError::type_error(format!("expected {expected} but found {}: {shown}", print::phrase(self, value)))
    }
}
