//! What analysis is told beside the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_source::Db;

/// What the workspace says of its surroundings. Without one, no search path is known.
#[salsa::input(singleton)]
pub struct Surroundings {
    /// The search path: a prefix (maybe empty) and an absolute path each.
    #[returns(ref)]
    pub search_path: Vec<(String, PathBuf)>,
}

/// Where `<name>` leads.
pub fn find_file(db: &dyn Db, name: &str) -> Option<Arc<Path>> {
    let surroundings = Surroundings::try_get(db)?;
    surroundings.search_path(db).iter().find_map(|(prefix, path)| {
        let rest = match name.strip_prefix(prefix.as_str()) {
            Some("") if !prefix.is_empty() => return Some(Arc::from(path.as_path())),
            Some(rest) if prefix.is_empty() => rest,
            Some(rest) => rest.strip_prefix('/')?,
            None => return None,
        };
        let found = path.join(rest);
        // Of several entries the first that has the file counts.
        db.system().metadata(&found).is_ok().then(|| found.into())
    })
}
