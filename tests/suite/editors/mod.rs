//! The main job in real editors.

mod nvim;
mod vscode;

use std::fmt::Write;

use serde_json::Value;

/// What was seen, by feature: a heading for each, its lines indented.
fn listed(found: &Value) -> String {
    let mut out = String::new();
    let features: std::collections::BTreeMap<_, _> = found.as_object().into_iter().flatten().collect();
    for (name, seen) in features {
        let lines: Vec<String> = match seen {
            Value::Array(lines) => lines.iter().map(|line| line.as_str().map_or_else(|| line.to_string(), str::to_owned)).collect(),
            Value::String(text) => text.lines().map(str::to_owned).collect(),
            other => vec![other.to_string()],
        };
        let lines: String = lines.iter().map(|line| format!("{}\n", format!("  {line}").trim_end())).collect();
        let _ = write!(out, "{name}\n{lines}");
    }
    out
}
