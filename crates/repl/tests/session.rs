//! Sessions as text: lines in, what is printed out.

#![allow(clippy::disallowed_methods, reason = "tests make their files")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use expect_test::{Expect, expect};
use nival_engine::{EngineConfig, NoProgress};
use nival_repl::{Interrupt, Load, Repl, ReplConfig, Step};

fn config(folder: &Path, loads: Vec<Load>) -> ReplConfig {
    let mut engine = EngineConfig::command_line("x86_64-linux".into());
    engine.store.uri = Some(folder.join("store").display().to_string());
    ReplConfig {
        engine,
        loads,
        args: vec![("greeting".into(), "\"hi\"".into(), true), ("name".into(), "nival".into(), false)],
        folder: folder.to_path_buf(),
        history: None,
        color: false,
        show_trace: false,
        interrupt: Interrupt::default(),
        install_interrupt: drop,
        progress: Arc::new(NoProgress),
    }
}

/// Runs the lines in a folder with the files; errors are shown behind `! `.
fn check(files: &[(&str, &str)], loads: &[&str], lines: &[&str], expected: &Expect) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file in a temporary folder");
    }
    let mut repl = Repl::new(config(folder.path(), loads.iter().map(|l| Load::parse(l)).collect()));
    let mut shown = String::new();
    let mut tell = |out: Vec<u8>, err: Vec<u8>| {
        shown += &String::from_utf8_lossy(&out);
        for line in String::from_utf8_lossy(&err).lines() {
            writeln!(shown, "! {line}").expect("a string takes text");
        }
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    repl.start(&mut out, &mut err).expect("vectors take output");
    tell(out, err);
    for line in lines {
        let (mut out, mut err) = (format!("> {line}\n").into_bytes(), Vec::new());
        let step = repl.run(line, false, &mut out, &mut err).expect("vectors take output");
        match step {
            Step::More => out.extend(b"(more)\n"),
            Step::Quit => out.extend(b"(quit)\n"),
            Step::Continue | Step::Failed => assert_eq!(step == Step::Failed, !err.is_empty(), "{line}"),
        }
        tell(out, err);
    }
    expected.assert_eq(&shown.replace(&folder.path().display().to_string(), "/w"));
}

#[test]
fn expressions_and_definitions() {
    let lines =
        ["x = 1; y = { a.b = x; }", "x + 1", "y", ":p y", "inherit (y) a", "a.b", "x = \"new\"", "[ x y.a.b ]", "  # nothing", "f = n: n"];
    check(
        &[],
        &[],
        &lines,
        &expect![[r#"
            > x = 1; y = { a.b = x; }
            > x + 1
            2
            > y
            {
              a = { ... };
            }
            > :p y
            {
              a = { b = 1; };
            }
            > inherit (y) a
            > a.b
            1
            > x = "new"
            > [ x y.a.b ]
            [
              "new"
              1
            ]
            >   # nothing
            > f = n: n
        "#]],
    );
}

#[test]
fn unfinished_lines_ask_for_more() {
    check(
        &[],
        &[],
        &["let a = 1; in", "{ a = ", "(1 +", "''x", "\"a", "1 ]"],
        &expect![[r#"
            > let a = 1; in
            (more)
            > { a = 
            (more)
            > (1 +
            (more)
            > ''x
            (more)
            > "a
            (more)
            > 1 ]
            ! error: syntax error, unexpected ']', expecting end of file
            !   ┌─ «string»:1:3
            !   │
            ! 1 │ 1 ]
            !   │   ^
            ! 
            ! error: syntax error, unexpected ']', expecting end of file
        "#]],
    );
}

#[test]
fn types_and_printing() {
    let lines = [":t 1", ":t 1.5", ":t \"s\"", ":t x: x", ":t { }", ":t [ ]", ":t null", ":t ./x", ":t true", ":p \"a\\nb\"", "\"a\\nb\""];
    check(
        &[],
        &[],
        &lines,
        &expect![[r#"
        > :t 1
        an integer
        > :t 1.5
        a float
        > :t "s"
        a string
        > :t x: x
        a function
        > :t { }
        a set
        > :t [ ]
        a list
        > :t null
        null
        > :t ./x
        a path
        > :t true
        a Boolean
        > :p "a\nb"
        a
        b
        > "a\nb"
        "a\nb"
    "#]],
    );
}

#[test]
fn errors_leave_the_session_as_it_was() {
    let lines = ["a = 1", "nope", "1 +", ":b a", ":t", ":nope", ":l missing.nix", "throw \"on purpose\"", "a", ":q"];
    check(
        &[],
        &[],
        &lines,
        &expect![[r#"
            > a = 1
            > nope
            ! error: undefined variable 'nope'
            !   ┌─ «string»:1:1
            !   │
            ! 1 │ nope
            !   │ ^
            ! 
            ! error: undefined variable 'nope'
            > 1 +
            (more)
            > :b a
            ! help: it is a value of type int
            ! error: expression does not evaluate to a derivation, so I can't build it
            > :t
            ! help: `:?` lists the commands and what they take
            ! error: an expression is missing
            > :nope
            ! help: `:?` lists the commands
            ! error: unknown command ':nope'
            > :l missing.nix
            ! error: path '/w/missing.nix' does not exist
            > throw "on purpose"
            ! error: on purpose
            !   ┌─ «string»:1:1
            !   │
            ! 1 │ throw "on purpose"
            !   │ ^^^^^^^^^^^^^^^^^^
            ! 
            ! error: on purpose
            > a
            1
            > :q
            (quit)
        "#]],
    );
}

#[test]
fn files_are_loaded_and_reloaded() {
    let files =
        [("a.nix", "{ one = 1; two = 2; }"), ("f.nix", "{ greeting, name, mark ? \"!\" }: { text = greeting + \" \" + name + mark; }")];
    check(
        &files,
        &["a.nix"],
        &["one + two", "one = 10", ":l ./f.nix", "text", ":a { two = 22; }", "one + two", ":r", "one + two"],
        &expect![[r#"
        Added 2 variables.
        > one + two
        3
        > one = 10
        > :l ./f.nix
        Added 1 variables.
        > text
        "hi nival!"
        > :a { two = 22; }
        Added 1 variables.
        > one + two
        32
        > :r
        Added 2 variables.
        Added 1 variables.
        > one + two
        3
    "#]],
    );
}

#[test]
fn a_folder_and_a_flake() {
    let files = [("flake.nix", "{ outputs = { self }: { answer = 42; deep.er = 1; }; }")];
    check(
        &files,
        &["."],
        &["answer", ":l ./flake.nix", ":l .#deep", "er"],
        &expect![[r#"
        Added 2 variables.
        > answer
        42
        > :l ./flake.nix
        Added 2 variables.
        > :l .#deep
        Added 1 variables.
        > er
        1
    "#]],
    );
}

#[test]
fn traces_open() {
    check(
        &[("d.nix", "{ f = x: x.missing; }")],
        &["d.nix"],
        &["f { }", ":te", "f { }", ":te maybe"],
        &expect![[r#"
            Added 1 variables.
            > f { }
            ! error: attribute 'missing' missing
            !   ┌─ /w/d.nix:1:10
            !   │
            ! 1 │ { f = x: x.missing; }
            !   │          ^^^^^^^^^
            ! note: while calling 'f'
            !   ┌─ «string»:1:1
            !   │
            ! 1 │ f { }
            !   │ ^^^^^
            ! (1 frame of the trace hidden; --show-trace shows all)
            ! 
            ! error: attribute 'missing' missing
            > :te
            showing error traces
            > f { }
            ! error: attribute 'missing' missing
            !   ┌─ /w/d.nix:1:10
            !   │
            ! 1 │ { f = x: x.missing; }
            !   │          ^^^^^^^^^
            ! note: while evaluating the attribute 'missing'
            !   ┌─ /w/d.nix:1:10
            !   │
            ! 1 │ { f = x: x.missing; }
            !   │          ^^^^^^^^^
            ! note: while calling 'f'
            !   ┌─ /w/d.nix:1:7
            !   │
            ! 1 │ { f = x: x.missing; }
            !   │       ^
            ! note: from call site
            !   ┌─ «string»:1:1
            !   │
            ! 1 │ f { }
            !   │ ^^^^^
            ! 
            ! error: attribute 'missing' missing
            > :te maybe
            ! error: 'maybe' is not a Boolean: say true or false
        "#]],
    );
}
