//! The query of the incremental database.

use std::sync::Arc;

use nival_hir::diagnostic::Diagnostic;
use nival_hir::queries::{flat_tree, lowered};
use nival_source::{Db, Problem, SourceFile};
use nival_syntax::TextRange;

/// What is wrong with a file, by the order of the text.
#[salsa::tracked(returns(ref))]
pub fn diagnostics(db: &dyn Db, file: SourceFile) -> Arc<[Diagnostic]> {
    let mut found = crate::diagnose_interruptibly(flat_tree(db, file), lowered(db, file), &|| db.unwind_if_revision_cancelled());
    if let Some(Problem::NotUtf8) = file.contents(db).problem() {
        let message = "the file is not UTF-8: bytes that are no text are shown as U+FFFD";
        found.insert(0, Diagnostic::of(&crate::rules::syntax::NOT_UTF8, TextRange::default(), message));
    }
    found.into()
}
