//! What is written of what was found.

use std::fmt::Write as _;
use std::path::Path;

use nival_lint::{Diagnostic, Rule, Severity, rules};
use serde_json::{Value, json};

use super::Checked;
use super::places::{Lines, Place};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Text,
    /// A list with an object for each diagnostic, fixes included.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

impl Format {
    pub fn parse(name: &str) -> Option<Format> {
        Some(match name {
            "text" => Format::Text,
            "json" => Format::Json,
            "sarif" => Format::Sarif,
            "github" => Format::Github,
            _ => return None,
        })
    }

    pub fn render(self, files: &[Checked]) -> String {
        match self {
            Format::Text => text(files),
            Format::Json => pretty(&Value::Array(files.iter().flat_map(json_of).collect())),
            Format::Sarif => pretty(&sarif(files)),
            Format::Github => github(files),
        }
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
        Severity::Hint => "hint",
    }
}

fn text(files: &[Checked]) -> String {
    let mut out = String::new();
    for file in files {
        let lines = Lines::new(&file.text);
        for found in &file.found {
            let Place { line, column } = lines.place(found.range.start());
            let _ = writeln!(out, "{}:{line}:{column}: {}: {} [{}]", file.path.display(), word(found.severity), found.message, found.code);
            for note in &found.notes {
                let _ = writeln!(out, "  {note}");
            }
            for related in &found.related {
                let Place { line, column } = lines.place(related.range.start());
                let _ = writeln!(out, "  {line}:{column}: {}", related.message);
            }
        }
    }
    out
}

fn json_range(lines: &Lines<'_>, range: nival_lint::TextRange) -> Value {
    let (start, end) = lines.range(range);
    json!({
        "start": { "line": start.line, "column": start.column, "offset": u32::from(range.start()) },
        "end": { "line": end.line, "column": end.column, "offset": u32::from(range.end()) },
    })
}

fn json_of(file: &Checked) -> Vec<Value> {
    let lines = Lines::new(&file.text);
    let one = |found: &Diagnostic| {
        let related = found.related.iter().map(|related| json!({ "range": json_range(&lines, related.range), "message": related.message }));
        let fixes = found.fixes.iter().map(|fix| {
            let edits = fix.edits.iter().map(|edit| json!({ "range": json_range(&lines, edit.range), "text": edit.text }));
            json!({ "title": fix.title, "preferred": fix.preferred, "safe": fix.safe, "edits": edits.collect::<Vec<_>>() })
        });
        json!({
            "file": file.path.to_string_lossy(),
            "range": json_range(&lines, found.range),
            "severity": word(found.severity),
            "code": found.code,
            "message": found.message,
            "notes": found.notes,
            "related": related.collect::<Vec<_>>(),
            "fixes": fixes.collect::<Vec<_>>(),
        })
    };
    file.found.iter().map(one).collect()
}

/// A path as a relative URI.
fn uri(path: &Path) -> String {
    let mut out = String::new();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    if path.is_absolute() { format!("file://{out}") } else { out }
}

fn sarif_level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information | Severity::Hint => "note",
    }
}

fn sarif(files: &[Checked]) -> Value {
    let described: Vec<&Rule> = rules::rules().collect();
    let rules = described.iter().map(|rule| {
        json!({
            "id": rule.id,
            "fullDescription": { "text": rule.doc },
            "defaultConfiguration": { "enabled": rule.on, "level": sarif_level(rule.severity) },
        })
    });
    let results = files.iter().flat_map(|file| {
        let lines = Lines::new(&file.text);
        let location = |range| {
            let (start, end) = lines.range(range);
            let region = json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column });
            json!({ "artifactLocation": { "uri": uri(&file.path) }, "region": region })
        };
        let one = |found: &Diagnostic| {
            let message = std::iter::once(&found.message).chain(&found.notes).cloned().collect::<Vec<_>>().join("\n");
            let mut result = json!({
                "ruleId": found.code,
                "level": sarif_level(found.severity),
                "message": { "text": message },
                "locations": [{ "physicalLocation": location(found.range) }],
            });
            if !found.related.is_empty() {
                let related = found.related.iter().enumerate().map(|(id, related)| {
                    json!({ "id": id, "physicalLocation": location(related.range), "message": { "text": related.message } })
                });
                result["relatedLocations"] = related.collect();
            }
            if let Some(index) = described.iter().position(|rule| rule.id == found.code) {
                result["ruleIndex"] = index.into();
            }
            result
        };
        file.found.iter().map(one).collect::<Vec<_>>()
    });
    let results: Vec<Value> = results.collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "nival", "version": env!("CARGO_PKG_VERSION"), "rules": rules.collect::<Vec<_>>() } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What ends a message or a property of an annotation is written in another way.
fn escaped(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

fn github(files: &[Checked]) -> String {
    let mut out = String::new();
    for file in files {
        let lines = Lines::new(&file.text);
        for found in &file.found {
            let (start, end) = lines.range(found.range);
            let command = match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Information | Severity::Hint => "notice",
            };
            // Columns only count where all is in one line.
            let columns = if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
            let path = escaped(&file.path.to_string_lossy(), true);
            let message = std::iter::once(&found.message).chain(&found.notes).cloned().collect::<Vec<_>>().join("\n");
            let (line, last, code) = (start.line, end.line, found.code);
            let _ = writeln!(out, "::{command} file={path},line={line},endLine={last}{columns},title={code}::{}", escaped(&message, false));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use nival_lint::check_text;

    use super::*;

    fn check(format: Format, name: &str, text: &str, expected: Expect) {
        let found = check_text(text.as_bytes());
        expected.assert_eq(&format.render(&[Checked { path: name.into(), text: text.to_owned(), found }]));
    }

    #[test]
    fn for_people() {
        check(
            Format::Text,
            "a.nix",
            "{\n  a = 1\n}\n",
            expect![[r#"
            a.nix:3:1: error: syntax error, unexpected '}', expecting ';' [parse-expected]
        "#]],
        );
        check(
            Format::Text,
            "a.nix",
            "[ \"é\" (x) ]",
            expect![[r#"
            a.nix:1:7: hint: these parentheses are not needed [parse-redundant-paren]
              1:9: up to here
            a.nix:1:8: error: undefined variable 'x' [sema-undefined-variable]
        "#]],
        );
    }

    #[test]
    fn for_github() {
        check(
            Format::Github,
            "a,b.nix",
            "let\n  a = 1;\n  b = a ? x\n    == true;\nin rec { inherit b; }\n",
            expect![[r#"
            ::notice file=a%2Cb.nix,line=3,endLine=4,title=bool_comparison::a comparison with `true` says no more than the value itself
            ::warning file=a%2Cb.nix,line=5,endLine=5,col=4,endColumn=7,title=sema-extra-rec::no attribute of this set uses another: `rec` is not needed
        "#]],
        );
    }

    #[test]
    fn as_json() {
        check(
            Format::Json,
            "a.nix",
            "x: with x; 1",
            expect![[r#"
            [
              {
                "file": "a.nix",
                "range": {
                  "start": {
                    "line": 1,
                    "column": 4,
                    "offset": 3
                  },
                  "end": {
                    "line": 1,
                    "column": 11,
                    "offset": 10
                  }
                },
                "severity": "warning",
                "code": "sema-extra-with",
                "message": "no name comes from this `with`",
                "notes": [],
                "related": [],
                "fixes": [
                  {
                    "title": "Remove the `with`",
                    "preferred": true,
                    "safe": true,
                    "edits": [
                      {
                        "range": {
                          "start": {
                            "line": 1,
                            "column": 4,
                            "offset": 3
                          },
                          "end": {
                            "line": 1,
                            "column": 12,
                            "offset": 11
                          }
                        },
                        "text": ""
                      }
                    ]
                  }
                ]
              }
            ]
        "#]],
        );
    }

    #[test]
    fn as_sarif() {
        let text = "{ a = 1; a = 2; }";
        let sarif = sarif(&[Checked { path: "a b/c.nix".into(), text: text.to_owned(), found: check_text(text.as_bytes()) }]);
        let run = &sarif["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(rules::rules().count()));
        let index = run["results"][0]["ruleIndex"].as_u64().unwrap_or_default() as usize;
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "sema-duplicated-attrname");
        expect![[r#"
            [
              {
                "ruleId": "sema-duplicated-attrname",
                "level": "error",
                "message": {
                  "text": "attribute 'a' already defined"
                },
                "locations": [
                  {
                    "physicalLocation": {
                      "artifactLocation": {
                        "uri": "a%20b/c.nix"
                      },
                      "region": {
                        "startLine": 1,
                        "startColumn": 10,
                        "endLine": 1,
                        "endColumn": 11
                      }
                    }
                  }
                ],
                "relatedLocations": [
                  {
                    "id": 0,
                    "physicalLocation": {
                      "artifactLocation": {
                        "uri": "a%20b/c.nix"
                      },
                      "region": {
                        "startLine": 1,
                        "startColumn": 3,
                        "endLine": 1,
                        "endColumn": 4
                      }
                    },
                    "message": {
                      "text": "defined here before"
                    }
                  }
                ],
                "ruleIndex": 30
              }
            ]
        "#]]
        .assert_eq(&pretty(&run["results"]));
    }
}
