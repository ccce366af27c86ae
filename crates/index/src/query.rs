//! The summary of an open file, by the database.

use std::sync::Arc;

use nival_source::{Db, SourceFile};

use crate::summary::{FileSummary, summarise};

/// What [`summarise`] makes of a file's present text.
#[salsa::tracked(returns(ref))]
pub fn file_summary(db: &dyn Db, file: SourceFile) -> Arc<FileSummary> {
    Arc::new(summarise(nival_hir::lowered(db, file)))
}
