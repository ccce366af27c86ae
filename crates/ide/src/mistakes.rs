//! What diagnostics of mistakes that shapes show have in common: where they are told, in which order, what they look like.

use std::path::Path;

use nival_engine::{Cancellable, Snapshot};
use nival_shape::Place;
use nival_source::{Db, SourceFile};
use nival_syntax::literal::identifier;
use nival_syntax::{Name, TextRange};

use crate::diagnostics::{Diagnostic, Fix, Related, Severity, TextEdit, wanted};
use crate::facts::location;

/// A use of something that does not fit what it uses.
pub(crate) struct Mistake {
    pub range: TextRange,
    /// The rule.
    pub code: &'static str,
    pub message: String,
    /// What is like it and is there.
    pub suggestion: Option<Name>,
    /// Where what it does not fit is written, and what is said of that place.
    pub declared: Option<(Place, String)>,
}

impl Mistake {
    fn told(self, db: &dyn Db) -> Diagnostic {
        let Mistake { range, code, mut message, suggestion, declared } = self;
        let mut fixes = Vec::new();
        if let Some(suggestion) = suggestion {
            message.push_str(&format!("; did you mean '{suggestion}'?"));
            fixes.push(Fix {
                title: format!("Replace with '{suggestion}'"),
                edits: vec![TextEdit { range, insert: identifier(suggestion.as_bytes()) }],
                preferred: true,
                safe: false,
            });
        }
        let related = declared.and_then(|(place, message)| Some(Related { place: location(db, place)?.0, message }));
        Diagnostic {
            range,
            // Whether the code is ever run, and what a condition around it is, is not known.
            severity: Severity::Warning,
            code: code.to_owned(),
            message,
            notes: Vec::new(),
            related: related.into_iter().collect(),
            tags: Vec::new(),
            fixes,
        }
    }
}

/// Whether mistakes are looked for in a file.
pub(crate) fn are_wanted(snapshot: &Snapshot, path: &Path) -> bool {
    let config = snapshot.config();
    !config.lint.is_excluded(path, &config.roots) && snapshot.is_file(path)
}

/// What is to be told of the mistakes in a file, sorted by place. Of a text that is half typed nothing is certain.
///
/// # Errors
/// Cancelled.
pub(crate) fn told(
    snapshot: &Snapshot,
    path: &Path,
    find: impl FnOnce(&dyn Db, SourceFile) -> Vec<Mistake>,
) -> Cancellable<Vec<Diagnostic>> {
    let found = snapshot.with_db(|db| {
        let file = db.files().get(db, path);
        if !nival_hir::lowered(db, file).errors.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<Diagnostic> = find(db, file).into_iter().map(|mistake| mistake.told(db)).collect();
        found.sort_by(|a, b| (a.range.start(), &a.code, &a.message).cmp(&(b.range.start(), &b.code, &b.message)));
        // `inherit (s) a` and the uses of `a` are one mistake.
        found.dedup_by(|a, b| a.range == b.range && a.message == b.message);
        found
    })?;
    wanted(snapshot, path, found)
}
