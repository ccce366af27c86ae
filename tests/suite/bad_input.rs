//! Hostile and broken input ends in a message or a bounded result, never in a crash.

use std::time::{Duration, Instant};

use nival_tests::world::{Said, World, run, run_with};

/// Evaluates a file; it must end by itself.
fn evaluate(world: &World, text: impl AsRef<[u8]>, more: &[&str]) -> Said {
    let file = world.write("input.nix", text);
    let begin = Instant::now();
    let mut command = world.command("timeout");
    let instantiate = world.nival_as("nix-instantiate");
    let said =
        run(command.args(["--kill-after=5", "120"]).arg(instantiate.get_program()).args(["--eval", "--strict"]).args(more).arg(&file));
    assert!(begin.elapsed() < Duration::from_secs(110), "it did not end by itself: {said:#?}");
    said
}

#[track_caller]
fn fails(text: impl AsRef<[u8]>, expected: &str) {
    let world = World::default();
    let message = evaluate(&world, text, &[]).failed();
    assert!(message.contains(expected), "expected '{expected}' in:\n{message}");
}

#[test]
fn broken_texts() {
    fails("", "syntax error");
    fails("{ a = 1; b = [ 1 2", "syntax error");
    fails("{ a = \"unfinished", "syntax error");
    fails(b"{ a = \xff\xfe; }", "error");
    fails([0u8; 4096], "syntax error");
    fails("\u{feff}\r\n}}}}]]]]))))", "syntax error");
    fails("let x = 1; in y", "undefined variable 'y'");
    fails("{ a = 1; a = 2; }", "already defined");
    fails("99999999999999999999", "invalid integer");
}

#[test]
fn strings_keep_invalid_utf8() {
    let world = World::default();
    let said = evaluate(&world, b"builtins.stringLength \"\xff\xfe\"", &[]);
    assert_eq!(said.ok(), "2");
}

#[test]
fn prefixes_of_a_file() {
    let world = World::default();
    let text = std::fs::read_to_string(nival_tests::tools::repository().join("examples/default.nix")).expect("the example");
    let step = text.len() / 40;
    for end in (0..text.len()).step_by(step.max(1)).filter(|end| text.is_char_boundary(*end)) {
        let said = evaluate(&world, &text[..end], &[]);
        said.failed();
    }
}

#[test]
fn ten_megabytes_on_one_line() {
    let world = World::default();
    let items = "1 ".repeat(5 << 20);
    assert_eq!(evaluate(&world, format!("builtins.length [ {items} ]"), &[]).ok(), (5 << 20).to_string());
    let string = "x".repeat(10 << 20);
    assert_eq!(evaluate(&world, format!("builtins.stringLength \"{string}\""), &[]).ok(), (10 << 20).to_string());
    evaluate(&world, format!("\"{string}"), &[]).failed();
}

#[test]
fn a_hundred_thousand_brackets() {
    for (open, middle, close) in [
        ("[", "", "]"),
        ("(", "1", ")"),
        ("{a=", "1", ";}"),
        ("let a=1;in ", "1", ""),
        ("x: ", "1", ""),
        ("if true then ", "1", " else 1"),
        ("with {}; ", "1", ""),
        ("\"${", "\"a\"", "}\""),
        ("!", "true", ""),
        ("-", "1", ""),
        ("assert true; ", "1", ""),
        ("1 + ", "1", ""),
        ("[] ++ ", "[]", ""),
        ("{", "", ""),
        ("f ", "1", ""),
        ("/*", "", ""),
        ("''${", "", ""),
    ] {
        let world = World::default();
        let text = format!("{}{middle}{}", open.repeat(100_000), close.repeat(100_000));
        let said = evaluate(&world, text, &[]);
        // Shallow in meaning, such as `1 + 1 + …`, may evaluate; nothing may crash.
        if said.code != Some(0) {
            said.failed();
        }
    }
}

#[test]
fn endless_evaluations() {
    fails("let x = x; in x", "infinite recursion");
    fails("let a = { inherit (b) c; }; b = { inherit (a) c; }; in a.c", "infinite recursion");
    fails("let f = x: f x + 1; in f 1", "stack overflow");
    fails("let l = [ 1 ] ++ l; in builtins.length l", "infinite recursion");
    fails("let go = n: [ n ] ++ go (n + 1); in builtins.length (go 0)", "stack overflow");
    fails("let a = { b = a; }; in builtins.toJSON a", "error");
    fails("rec { a = [ a ]; }.a == rec { a = [ a ]; }.a", "stack overflow");
    fails("builtins.genList (x: x) (-1)", "error");
    fails("(import ./input.nix)", "infinite recursion");
}

#[test]
fn a_cycle_of_derivations() {
    let world = World::default();
    let builds = world.copy("tests/fixtures/builds");
    let message = run(world.nival_as("nix-instantiate").arg(builds).args(["-A", "a-cycle"])).failed();
    assert!(message.contains("infinite recursion"), "{message}");
}

/// Builds an attribute of the fixture, which must fail in time.
fn build_fails(attribute: &str, more: &[&str], expected: &str) -> World {
    let world = World::default();
    let builds = world.copy("tests/fixtures/builds");
    let begin = Instant::now();
    let mut command = world.command("timeout");
    let build = world.nival_as("nix-build");
    let said = run(command
        .args(["--kill-after=5", "120"])
        .arg(build.get_program())
        .arg(builds)
        .args(["-A", attribute, "--no-out-link"])
        .args(more));
    assert!(begin.elapsed() < Duration::from_secs(110), "it did not end by itself");
    assert!(said.err.len() < 4 << 20, "{} bytes of messages", said.err.len());
    let message = said.failed();
    assert!(message.contains(expected), "expected '{expected}' in:\n{message}");
    run(world.real_nix("nix-store").args(["--verify", "--check-contents"])).ok();
    world
}

#[test]
fn builders_that_do_not_end() {
    build_fails("silent", &["--timeout", "2"], "timed out");
    build_fails("silent", &["--max-silent-time", "2"], "timed out");
}

#[test]
fn a_builder_that_prints_without_end() {
    build_fails("noisy", &["--option", "max-build-log-size", "1000000"], "log");
}

#[test]
fn builders_that_fail() {
    build_fails("wrong-hash", &[], "hash mismatch");
    build_fails("no-output", &[], "failed to produce output");
    build_fails("no-builder", &[], "no-builder");
}

/// A builder that writes more than the disk holds. Needs a mount of its own, so it runs as root or in a user namespace.
#[test]
fn a_builder_that_fills_the_disk() {
    let world = World::default();
    let builds = world.copy("tests/fixtures/builds");
    let build = world.nival_as("nix-build");
    let disk = world.path().join("nix");
    std::fs::create_dir(&disk).expect("a folder");
    let script = "mount -t tmpfs -o size=16m tmpfs \"$1\" && shift && exec \"$@\"";
    let said = run(world
        .command("unshare")
        .args(["--user", "--map-root-user", "--mount", "timeout", "--kill-after=5", "120", "sh", "-c", script, "sh"])
        .arg(&disk)
        .arg(build.get_program())
        .arg(builds)
        .args(["-A", "greedy", "--no-out-link"]));
    assert!(!said.err.contains("mount:"), "this test needs user namespaces with mounts: {said:#?}");
    let message = said.failed();
    assert!(message.contains("no room left") || message.contains("No space left"), "{message}");
}

/// Runs a command as an ordinary user, whoever runs the tests.
fn as_nobody(world: &World, command: &std::process::Command) -> std::process::Command {
    // SAFETY: asks the kernel a question, touches no memory.
    if unsafe { libc::geteuid() } != 0 {
        let mut copy = world.command(command.get_program());
        copy.args(command.get_args());
        return copy;
    }
    let mut wrapped = world.command("setpriv");
    wrapped.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(command.get_program()).args(command.get_args());
    wrapped
}

#[test]
fn a_store_that_cannot_be_written() {
    let world = World::default();
    let project = world.copy("examples");
    std::fs::create_dir_all(world.store_dir()).expect("folders");
    run(std::process::Command::new("chmod").args(["-R", "a+rX,a-w"]).arg(world.path())).ok();
    let mut build = world.nival_as("nix-build");
    build.args(["-A", "hello", "--no-out-link"]).arg(project);
    let message = run(&mut as_nobody(&world, &build)).failed();
    assert!(message.contains("ermission denied") || message.contains("not writable") || message.contains("ead-only"), "{message}");
    run(std::process::Command::new("chmod").args(["-R", "u+w"]).arg(world.path())).ok();
}

#[test]
fn the_sandbox_hides_the_machine() {
    let world = World::default();
    let builds = world.copy("tests/fixtures/builds");
    let said = run(world.nival_as("nix-build").arg(builds).args(["-A", "nosy", "--no-out-link"]));
    let log = said.err.clone();
    assert_eq!(std::fs::read_to_string(said.ok()).expect("the output"), "quiet\n");
    for leak in ["sees ", "reads shadow", "writes to the root", "has a network"] {
        assert!(!log.contains(leak), "{log}");
    }
}

/// Evaluates an expression with 3 GB of addresses; it must end by itself.
#[track_caller]
fn fails_in_little_memory(text: &str, expected: &str) {
    let world = World::default();
    let file = world.write("input.nix", text);
    let instantiate = world.nival_as("nix-instantiate");
    let mut command = world.command("timeout");
    command.args(["--kill-after=5", "110", "prlimit", "--as=3000000000"]).arg(instantiate.get_program()).arg("--eval").arg(&file);
    let message = run(&mut command).failed();
    assert!(message.contains(expected) && message.contains("input.nix:1:"), "expected '{expected}' with its place in:\n{message}");
}

#[test]
fn growth_without_end() {
    let memory = "evaluation needed more than";
    fails_in_little_memory("builtins.genList (x: x) 1000000000000", memory);
    fails_in_little_memory("builtins.foldl' (list: _: list ++ list) [ 1 ] (builtins.genList (x: x) 60)", memory);
    fails_in_little_memory("builtins.foldl' (list: _: builtins.concatLists [ list list ]) [ 1 ] (builtins.genList (x: x) 60)", memory);
    let million = "let s = builtins.foldl' (text: _: text + text) \"x\" (builtins.genList (x: x) 20); in builtins.stringLength";
    fails_in_little_memory(&format!("{million} (builtins.concatStringsSep \" \" (builtins.genList (_: s) 10000))"), memory);
    fails_in_little_memory(&format!("{million} (builtins.replaceStrings [ \"x\" ] [ s ] s)"), memory);
}

#[test]
fn files_without_an_end() {
    let world = World::default();
    let pipe = world.path().join("pipe");
    run(world.command("mkfifo").arg(&pipe)).ok();
    let folder = world.path().join("folder");
    std::fs::create_dir(&folder).expect("a folder");
    std::os::unix::fs::symlink("cycle", world.path().join("cycle")).expect("a link");
    let evaluate = |expression: &str| {
        let instantiate = world.nival_as("nix-instantiate");
        run(world.command("timeout").args(["--kill-after=5", "60"]).arg(instantiate.get_program()).args(["--eval", "-E", expression]))
    };
    for use_ in ["import ./pipe", "builtins.readFile ./pipe", "builtins.hashFile \"sha256\" ./pipe"] {
        let message = evaluate(use_).failed();
        assert!(message.contains("it is not a regular file") && message.contains(":1:1"), "{message}");
    }
    assert!(evaluate("\"${./pipe}\"").failed().contains("unsupported type"));
    assert_eq!(evaluate("builtins.readFile /dev/zero").ok(), "\"\"");
    assert!(evaluate("import /dev/zero").failed().contains("unexpected end of file"));
    assert!(evaluate("import ./folder").failed().contains("does not exist"));
    assert!(evaluate("builtins.readFile ./folder").failed().contains("directory"));
    assert!(evaluate("import ./cycle").failed().contains("too many symbolic links"));
}

#[test]
fn unreadable_files() {
    let world = World::default();
    let secret = world.write("secret.nix", "1");
    run(world.command("chmod").arg("a-r").arg(&secret)).ok();
    run(world.command("chmod").args(["-R", "a+X", "."])).ok();
    let mut instantiate = world.nival_as("nix-instantiate");
    instantiate.args(["--eval", "-E", &format!("import {}", secret.display())]);
    let message = run(&mut as_nobody(&world, &instantiate)).failed();
    assert!(message.contains("Permission denied") && message.contains(":1:1"), "{message}");
}

#[test]
fn places_in_texts_that_are_not_utf8() {
    fails(b"# \xff\n  \xe4 = 1", "input.nix:2:3");
    fails(b"\"\xff\xfe\" + throw \"caught\"", "input.nix:1:8");
}

#[test]
fn the_repl_goes_on() {
    let world = World::default();
    run(world.command("mkfifo").arg("pipe")).ok();
    let nested = "[".repeat(100_000);
    let mut input = Vec::new();
    for line in [
        "let x = x; in x",
        "let f = x: f x + 1; in f 1",
        "builtins.foldl' (inner: _: { a = inner; }) null (builtins.genList (x: x) 100000)",
        ":p builtins.foldl' (inner: _: [ inner ]) null (builtins.genList (x: x) 100000)",
        &nested,
        "{ a = ; }",
        "throw \"thrown\"",
        "builtins.genList (x: x) 1000000000000",
        ":l ./pipe",
        ":l /dev/zero",
        ":l ./missing.nix",
        ":b 1",
        ":t throw \"thrown\"",
        ":nonsense",
        "x = x",
        "x",
    ] {
        input.extend_from_slice(line.as_bytes());
        input.push(b'\n');
    }
    input.extend_from_slice(b"\"\xff\" == \"\"\n\xff\n40 + 2\n");
    let repl = world.built("nixrepl");
    let said = run_with(world.command("timeout").args(["--kill-after=5", "100"]).arg(repl.get_program()), input);
    assert!(said.out.ends_with("false\n42\n"), "{said:#?}");
    let message = said.failed();
    for expected in [
        "infinite recursion encountered",
        "stack overflow",
        "nested too deeply",
        "syntax error, unexpected ';'",
        "thrown",
        "evaluation needed more than",
        "it is not a regular file",
        "unexpected end of file",
        "does not exist",
        "unexpected invalid token",
    ] {
        assert!(message.contains(expected), "expected '{expected}' in:\n{message}");
    }
}

/// Evaluates an expression that never ends by itself, with a limit of one second.
#[track_caller]
fn takes_too_long(text: &str) {
    let world = World::default();
    let file = world.write("input.nix", text);
    let begin = Instant::now();
    let mut command = world.command("timeout");
    let instantiate = world.nival_as("nix-instantiate");
    command.args(["--kill-after=5", "110"]).arg(instantiate.get_program());
    let message = run(command.args(["--eval", "--strict", "--eval-time-limit", "1", "--eval-memory-limit", "2000"]).arg(&file)).failed();
    assert!(message.contains("evaluation took longer than") || message.contains("evaluation needed more than"), "{message}");
    assert!(begin.elapsed() < Duration::from_secs(60), "it took {:?}", begin.elapsed());
}

#[test]
fn time_has_a_limit() {
    let deep = "builtins.foldl' (x: _: { a = x; b = x; }) { a = 1; }";
    takes_too_long(&format!("let make = n: {deep} (builtins.genList (x: x) n); in make 60 == make 60"));
    takes_too_long("builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }");
    takes_too_long("builtins.match \"(a*)*(a*)*(a*)*b\" (builtins.concatStringsSep \"\" (builtins.genList (_: \"a\") 5000))");
}
