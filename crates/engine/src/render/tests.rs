//! Rendering, on texts made for it.

use expect_test::{Expect, expect};
use nival_eval::FrameKind;
use nival_syntax::TextRange;

use super::*;
use crate::place::Origin;
use crate::report::ReportKind;

const TEXT: &str = "let\n  lib = import ./lib.nix;\nin lib.map (x: x.nme) [ { name = 1; } ]\n";

fn at(path: &str, needle: &str) -> Location {
    let start = TEXT.find(needle).unwrap() as u32;
    Location::file(Path::new(path), TextRange::at(start.into(), (needle.len() as u32).into()))
}

fn report() -> Report {
    let frame = |message: &str, path: &str, needle: &str| Frame {
        message: message.into(),
        location: Some(at(path, needle)),
        library: path.starts_with("/nix"),
        kind: FrameKind::Step,
        module_system: false,
    };
    let mut report = Report::new(ReportKind::Evaluation, "attribute 'nme' missing").at(at("/w/a.nix", "x.nme")).hint("Did you mean name?");
    report.frames = vec![
        frame("while calling anonymous lambda", "/w/a.nix", "x: x.nme"),
        frame("while calling the 'map' builtin", "/nix/store/x/lib.nix", "lib"),
        frame("from call site", "/w/a.nix", "lib.map"),
    ];
    report
}

fn check(report: &Report, options: RenderOptions, expected: Expect) {
    expected.assert_eq(&render(report, &|_| Some(TEXT.into()), options));
}

#[test]
fn the_users_frames_come_first() {
    check(
        &report(),
        RenderOptions::default(),
        expect![[r#"
            error: attribute 'nme' missing
              ┌─ /w/a.nix:3:16
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │                ^^^^^
              │
              = help: Did you mean name?
            (2 frames of the trace hidden; --show-trace shows all)

            error: attribute 'nme' missing
        "#]],
    );
}

#[test]
fn a_full_trace_hides_nothing() {
    check(
        &report(),
        RenderOptions { show_trace: true, color: false },
        expect![[r#"
            error: attribute 'nme' missing
              ┌─ /w/a.nix:3:16
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │                ^^^^^
              │
              = help: Did you mean name?
            note: while calling anonymous lambda
              ┌─ /w/a.nix:3:13
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │             ^^^^^^^^
            note: while calling the 'map' builtin
              ┌─ /nix/store/x/lib.nix:2:3
              │
            2 │   lib = import ./lib.nix;
              │   ^^^
            note: from call site
              ┌─ /w/a.nix:3:4
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │    ^^^^^^^

            error: attribute 'nme' missing
        "#]],
    );
}

#[test]
fn a_lone_message_is_one_line() {
    check(
        &Report::new(ReportKind::Io, "no such file"),
        RenderOptions::default(),
        expect![[r#"
        error: no such file
    "#]],
    );
}

#[test]
fn a_long_line_is_cut_and_keeps_its_column() {
    let text: Arc<str> = format!("{}é boom {}", "a".repeat(100_000), "b".repeat(100_000)).into();
    let start = text.find("boom").unwrap() as u32;
    let origin = Origin::Text { name: "«string»".into(), text };
    let report = Report::new(ReportKind::Evaluation, "boom").at(Location { origin, range: TextRange::at(start.into(), 4.into()) });
    check(
        &report,
        RenderOptions::default(),
        expect![[r#"
            error: boom
              ┌─ «string»:1:100003
              │
            1 │ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé boom bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
              │                                                             ^^^^

            error: boom
        "#]],
    );
}

#[test]
fn color_says_the_same() {
    let colored = render(&report(), &|_| Some(TEXT.into()), RenderOptions { color: true, show_trace: false });
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, tail)| tail);
    }
    plain.push_str(rest);
    assert!(colored.contains('\u{1b}'));
    assert_eq!(plain, render(&report(), &|_| Some(TEXT.into()), RenderOptions::default()));
}
