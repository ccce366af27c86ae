//! Values of expressions where they stand in a file.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nival_hir::Lowered;
use nival_hir::module::ExprId;

use super::{Answer, EvalSession, EvalValue};
use crate::cancel::Control;

/// What is known of the value of an expression in a file.
#[derive(Debug, Clone)]
pub enum FileValue {
    Value(EvalValue),
    /// Nobody can know, and why: `the parameter 'x' of a function has no value here`.
    Unknown(String),
}

impl EvalSession {
    /// The value of an expression of a file, in the scope it stands in, not forced. `text` is the text that `target` is an
    /// expression of, and `lowered` what it lowers to; only the parts of it that `target` needs have to be without errors.
    ///
    /// # Errors
    /// What encloses the expression cannot be evaluated.
    pub fn value_in_file(&self, path: &Path, text: &str, lowered: &Lowered, target: ExprId, control: &Control) -> Answer<FileValue> {
        let generation = &*self.generation;
        let probe = generation.probe(path, text);
        let value = self.run(control, |ctx| {
            let probe = probe.get_or_init(|| ctx.probe(text.as_bytes().into(), path.as_os_str().as_bytes(), lowered));
            ctx.probe_expr(probe, target).map(|value| ctx.root(value))
        });
        self.known(value.map(|value| self.wrap(value)))
    }

    /// Forces a value of a file; a parameter that has no value is no error.
    ///
    /// # Errors
    /// Evaluation fails.
    pub fn force_known(&self, value: EvalValue, control: &Control) -> Answer<FileValue> {
        let forced = self.force(&value, control);
        self.known(forced.map(|_| value))
    }

    fn known(&self, value: Answer<EvalValue>) -> Answer<FileValue> {
        match value {
            Ok(value) => Ok(FileValue::Value(value)),
            Err(report) if report.kind == crate::ReportKind::Unknown => Ok(FileValue::Unknown(report.message)),
            Err(report) => Err(report),
        }
    }
}
