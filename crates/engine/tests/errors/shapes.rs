//! Texts and traces of unusual shapes.

use std::time::{Duration, Instant};

use expect_test::expect;
use nival_engine::{Change, Control, PrintOptions, RenderOptions, render};

use super::{check, engine, report, shown};

#[test]
fn wide_characters_tabs_and_several_lines() {
    check(
        "//- /w/default.nix\n{\n\tgreeting = \"你好\" + /* 😀 */ (\n\t\t1 + [ ]\n\t);\n}\n",
        "greeting",
        expect![[r#"
        error: cannot add a list to an integer
          ┌─ /w/default.nix:3:5
          │
        3 │     1 + [ ]
          │       ^
          │
          = in attribute 'greeting'

        error: cannot add a list to an integer
    "#]],
    );
    check(
        "//- /w/default.nix\n{ m = throw \"first\\nsecond\\n\\nlast \\t end\"; }\n",
        "m",
        expect![[r#"
        error: first
               second

               last 	 end
          ┌─ /w/default.nix:1:7
          │
        1 │ { m = throw "first\nsecond\n\nlast \t end"; }
          │       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          │
          = in attribute 'm'

        error: first
               second

               last 	 end
    "#]],
    );
}

#[test]
fn what_a_terminal_would_obey_is_not_passed_on() {
    let (engine, report) = report("//- /w/default.nix\n{ /* \u{1b}[2J */ m = throw \"\u{1b}]0;title\u{7}\\rgone\"; }\n", "m");
    let text = render(&report, &|path| engine.snapshot().text(path), RenderOptions::default());
    assert!(!text.contains(['\u{1b}', '\u{7}', '\r']), "{text:?}");
    assert!(text.ends_with("error: ␛]0;title␇␍gone\n"), "{text:?}");
}

#[test]
fn a_file_that_has_changed_since_is_shown_as_it_was() {
    let mut engine = engine("//- /w/default.nix\n{ a = 1; b = a; }\n");
    let session = engine.snapshot().session();
    let error = session.eval_file("/w/default.nix".as_ref(), &Control::unlimited()).unwrap_err();
    let mut change = Change::new();
    change.set_buffer("/w/default.nix", "other\n");
    engine.apply(change);
    let text = render(&error, &|path| engine.snapshot().text(path), RenderOptions::default());
    assert!(text.contains("1 │ { a = 1; b = a; }"), "{text}");
}

#[test]
fn deep_recursion_is_told_in_few_lines() {
    let fixture = "//- /w/default.nix\nlet\n  f = x: 1 + g x;\n  g = x: f (x + 1);\nin\n{ r = f 0; }\n";
    check(
        fixture,
        "r",
        expect![[r#"
        error: stack overflow; max-call-depth exceeded
          ┌─ /w/default.nix:3:10
          │
        3 │   g = x: f (x + 1);
          │          ^^^^^^^^^
          │
          = in attribute 'r'
        note: while calling 'g'
          ┌─ /w/default.nix:2:14
          │
        2 │   f = x: 1 + g x;
          │              ^^^
        note: while calling 'f'
          ┌─ /w/default.nix:5:7
          │
        5 │ { r = f 0; }
          │       ^^^
        (23800 frames of the trace hidden; --show-trace shows all)

        error: stack overflow; max-call-depth exceeded
    "#]],
    );
    let whole = shown(fixture, "r", true);
    assert!(whole.lines().count() < 200, "{} lines", whole.lines().count());
    assert!(whole.contains("times more)"), "{whole}");
}

/// A trace that does not repeat, as long as traces get.
#[test]
fn long_traces_are_bounded() {
    let functions: String = (0..3000).map(|i| format!("  f{i} = x: 1 + f{} x;\n", i + 1)).collect();
    let fixture = format!("//- /w/default.nix\nlet\n{functions}  f3000 = x: throw \"deep\";\nin\n{{ r = f0 0; }}\n");
    let (engine, report) = report(&fixture, "r");
    for show_trace in [false, true] {
        let started = Instant::now();
        let text = render(&report, &|path| engine.snapshot().text(path), RenderOptions { color: false, show_trace });
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert!(text.lines().count() < 2500, "{} lines", text.lines().count());
        assert!(text.contains("frames of the trace"), "{text}");
    }
}

#[test]
fn a_text_that_is_no_file() {
    let engine = engine("");
    let session = engine.snapshot().session();
    let control = Control::unlimited();
    let value = session.eval_text("«string»", "let f = x:\n  x.y;\nin f { z = 1; }", &control);
    let error = value.and_then(|value| session.print(&value, &PrintOptions::eval(), &control)).unwrap_err();
    expect![[r#"
        error: attribute 'y' missing
          ┌─ «string»:2:3
          │
        2 │   x.y;
          │   ^^^
          │
          = help: Did you mean z?
        note: while calling 'f'
          ┌─ «string»:3:4
          │
        3 │ in f { z = 1; }
          │    ^^^^^^^^^^^^
        (1 frame of the trace hidden; --show-trace shows all)

        error: attribute 'y' missing
    "#]]
    .assert_eq(&render(&error, &|_| None, RenderOptions::default()));
}
