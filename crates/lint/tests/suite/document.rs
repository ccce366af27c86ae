//! `docs/diagnostics.md` is made of the table of rules.

use std::fmt::Write;

use nival_lint::rules;

#[test]
fn the_document_is_up_to_date() {
    let mut text = String::from(INTRODUCTION);
    for (title, rules) in rules::subjects() {
        let _ = writeln!(text, "## {title}\n");
        rules.iter().for_each(|rule| text.push_str(&format!("{}\n", rules::describe(rule, 3))));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    expect_test::expect_file!["../../../../docs/diagnostics.md"].assert_eq(&text);
}

const INTRODUCTION: &str = "# Diagnostics

Made of the tables of rules by `crates/lint/tests/suite/document.rs`; `UPDATE_EXPECT=1 cargo nextest run -p nival-lint` writes it anew.

What the text of one file says, without running it. *Error* means that Nix refuses the file; everything else is advice. Each rule has an
id: that of nixf where nixf has the rule, else nil's, else one of our own. Settings and pragmas also take the names that nil, nixf, statix and
Tix give it (`W01` is statix's, `E005` is Tix's).

## Settings

`nival.diagnostics.severity`, `nival.diagnostics.ignored` and `nival.diagnostics.excludedFiles` ([settings.md](settings.md)) choose what is
reported, as what, and where.

## Command line

`nival lint [--fix] [--hints] [--deny-warnings] [--format text|json|sarif|github] [--ignore RULE] [--severity RULE LEVEL] [--exclude PATTERN]
PATH…` checks files and folders. It ends with 0, with 1 if there are errors (with `--deny-warnings`: or warnings), with 2 if the command line makes no
sense. Hints are only told, and mended, with `--hints`.

## Pragmas

| comment | what it does |
|---|---|
| `# nival: ignore[id, …] reason` | Ignores these rules in its line; alone in a line, in the next line of code. |
| `# nival: ignore reason` | Ignores all rules there. |
| `# nival: ignore-file[id, …] reason` | Ignores these rules in the whole file; without `[…]` all of them. |
| `# deadnix: skip` | As for deadnix: what is unused in its line, or in the next. |
| `# tix-ignore`, `# tix-nocheck` | As for Tix: what Tix reports, too, in the next line or in the file. |

Errors of syntax cannot be ignored. Errors of evaluation have the id `evaluation`.

## Fixes

A *safe* fix keeps what the file evaluates to, its comments and its layout, and is part of fixing all (`source.fixAll`). A *repair* is what was
most likely meant, and is never applied unasked: most repairs are of texts that Nix refuses. A *suggestion* is one of several possibilities.

";
