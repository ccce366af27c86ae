//! A page for each rule of diagnostics, as files that editors can show without a network.

use std::hash::{DefaultHasher, Hasher};
use std::path::PathBuf;

use nival_source::System;

/// The folder of the pages, in the user's cache, made if this version's are not there yet. `None` where that is not possible: then
/// codes of diagnostics lead to the project's site.
pub fn folder(system: &dyn System) -> Option<PathBuf> {
    let cache = nival_engine::code_cache::cache_folder(system)?;
    let pages: Vec<(&'static str, String)> = nival_lint::rules().map(|rule| (rule.id, nival_lint::rules::describe(rule, 1))).collect();
    let mut hasher = DefaultHasher::new();
    pages.iter().for_each(|(_, page)| hasher.write(page.as_bytes()));
    let folder = cache.join("nival/rules").join(format!("{:016x}", hasher.finish()));
    if folder.is_dir() {
        return Some(folder);
    }
    // Whole or not at all: another server may be at it.
    let new = cache.join("nival/rules").join(format!(".new-{}", std::process::id()));
    std::fs::create_dir_all(&new).ok()?;
    let written = pages.iter().all(|(id, page)| std::fs::write(new.join(format!("{id}.md")), page).is_ok());
    if !written || std::fs::rename(&new, &folder).is_err() {
        // What cannot be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(&new);
    }
    folder.is_dir().then_some(folder)
}
