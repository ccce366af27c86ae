//! The main job in real editors.

mod features;
mod nvim;
mod vscode;

use std::fmt::Write;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

/// What was seen, by feature: a heading for each, its lines indented.
/// The folder of the test's world is not the same twice.
fn listed(found: &Value, world: &Path) -> String {
    let mut out = String::new();
    let features: std::collections::BTreeMap<_, _> = found.as_object().into_iter().flatten().collect();
    for (name, seen) in features {
        let parts: Vec<String> = match seen {
            Value::Array(parts) => parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect(),
            Value::String(text) => vec![text.clone()],
            other => vec![other.to_string()],
        };
        let lines: String =
            parts.iter().flat_map(|part| part.lines()).map(|line| format!("{}\n", format!("  {line}").trim_end())).collect();
        let _ = write!(out, "{name}\n{lines}");
    }
    without_hashes(&out.replace(&world.display().to_string(), "…"))
}

/// Paths of the store, which is elsewhere each time, and therefore has other hashes.
fn without_hashes(text: &str) -> String {
    let mut parts = text.split("/nix/store/");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let hash = part.find('-').filter(|length| *length == 32).unwrap_or(0);
        out.push_str("/nix/store/");
        out.push_str(if hash > 0 { "…" } else { "" });
        out.push_str(&part[hash..]);
    }
    out
}

/// There is a picture of each of these features that is newer than `begin`.
fn check_pictures(found: &Value, begin: SystemTime, picture: impl Fn(&str) -> String) {
    for name in found.as_object().into_iter().flatten().map(|(name, _)| name) {
        let path = nival_tests::tools::repository().join("target/e2e").join(picture(name));
        let taken = path.metadata().and_then(|metadata| metadata.modified());
        assert!(taken.is_ok_and(|taken| taken >= begin), "no picture of {name}: {}", path.display());
    }
}
