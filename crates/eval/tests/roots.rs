//! Values are held where the collector sees them: see `heap/mod.rs`.

#![allow(clippy::disallowed_methods, reason = "reads this crate's own sources")]

use std::path::Path;

/// Containers in ordinary memory that hold values, and why they may.
const ALLOWED: &[(&str, &str)] = &[
    // Cleared before each collection.
    ("ctx.rs", "name_strings: Vec<Value>"),
    // The roots themselves.
    ("collect.rs", "values: Vec<Value>,"),
    ("heap/roots.rs", "values: Vec<Value>,"),
];

fn sources(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).expect("the crate's sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, visit);
        } else {
            visit(&path, &std::fs::read_to_string(&path).expect("a source file"));
        }
    }
}

#[test]
fn no_value_is_held_in_memory_that_the_collector_does_not_see() {
    let kinds = ["Value", "Attr", "Attrs", "List", "Str", "Option<Str>", "&'static [u8]", "&[u8]"];
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, text| {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            let line_without = line.replace("ScratchVec<", "");
            let held = ["Vec", "VecDeque"].iter().any(|vec| kinds.iter().any(|kind| line_without.contains(&format!("{vec}<{kind}>"))));
            let allowed = ALLOWED.iter().any(|(file, part)| path.ends_with(file) && line.contains(part));
            if held && !allowed {
                found.push(format!("{}: {line}", path.display()));
            }
        }
    });
    assert_eq!(found, Vec::<String>::new(), "use ScratchVec");
}
