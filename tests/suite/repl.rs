//! `nixrepl` on a pipe and on a terminal.

use std::time::Duration;

use nival_tests::terminal::Terminal;
use nival_tests::tools;
use nival_tests::world::{Store, World, run, run_with, wait_until};

#[test]
fn a_pipe_evaluates_and_builds() {
    let world = World::default();
    let project = world.copy("examples");
    let said = run_with(world.built("nixrepl").arg(&project), "greeter.names\nx = 20\nx * 2 + \n 2\n:t hello\n:b hello\n");
    let out = said.clone().ok();
    for expected in ["\"Grace\"", "42", "derivation", "out ->", "man ->"] {
        assert!(out.contains(expected), "{expected}: {said:#?}");
    }
}

#[test]
fn a_pipe_that_fails_says_so() {
    let world = World::default();
    let project = world.copy("examples");
    let said = run_with(world.built("nixrepl").arg(&project), "nothing-here\n1 + 1\n:b broken\n:no-such-command\n");
    assert!(said.out.contains('2'), "it goes on after an error: {said:#?}");
    let err = said.failed();
    for expected in ["undefined variable 'nothing-here'", "the greeting is wrong", "unknown command"] {
        assert!(err.contains(expected), "{expected}: {err}");
    }
}

/// The README's line for a pipe, as an ordinary user, with the store that nival keeps by itself.
#[test]
fn an_ordinary_user_builds_without_nix() {
    let world = World::new(Store::Embedded);
    let project = world.copy("examples");
    // Users other than the owner may look into temporary folders only if they are let in.
    run(std::process::Command::new("chmod").args(["-R", "a+rwX"]).arg(world.path())).ok();
    let copy = world.path().join("bin/nixrepl");
    std::fs::copy(tools::built("nixrepl"), &copy).expect("a copy");
    let mut command = world.command("setpriv");
    // SAFETY: asks the kernel a question, touches no memory.
    if unsafe { libc::geteuid() } == 0 {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    } else {
        command = world.command("env");
    }
    let said = run_with(command.arg(&copy).arg(&project), ":b hello\n");
    let out = said.clone().ok();
    assert!(out.contains("out -> /nix/store/"), "{said:#?}");
    let mut places = out.split("files at ").skip(1).filter_map(|rest| rest.split(')').next());
    let files = places.find(|path| path.ends_with("-hello-1.0")).unwrap_or_else(|| panic!("{said:#?}"));
    assert!(std::path::Path::new(files).starts_with(world.path()), "{said:#?}");
    assert!(std::fs::read_to_string(files).expect("the output").contains("Hello, $1!"));
}

#[test]
fn a_terminal_session() {
    let world = World::default();
    let project = world.copy("examples");
    let mut terminal = Terminal::start(world.built("nixrepl").arg(&project), 40, 120);
    terminal.sees("nix-repl> ");
    terminal.keys("1 + 1\r");
    terminal.sees("\n2\n");
    // Completion comes from the engine: of names, and of evaluated attributes.
    terminal.keys("gree\t");
    terminal.sees("nix-repl> greeter");
    terminal.keys(".nam\t");
    terminal.sees("nix-repl> greeter.name");
    terminal.keys("\u{15}");
    // A line that is not finished is continued.
    terminal.keys("let x = 6;\rin x *\r7\r");
    terminal.sees("42");
    // An endless evaluation is stopped by Ctrl-C, and the session goes on.
    terminal.keys("let l = builtins.genList (x: x) 100000; in builtins.foldl' (a: _: builtins.foldl' (b: _: b + 1) a l) 0 l\r");
    std::thread::sleep(Duration::from_millis(700));
    terminal.keys("\u{3}");
    terminal.sees("interrupted");
    terminal.keys("\"still \" + \"here\"\r");
    terminal.sees("\"still here\"");
    terminal.keys(":b greeter\r");
    terminal.sees("out -> ");
    // What was typed is kept at once, not at the end.
    let history = || {
        let home = world.path().join("home");
        run(std::process::Command::new("grep").args(["-rl", "still "]).arg(home)).out
    };
    assert!(!history().is_empty(), "the history is not kept");
    terminal.keys(":q\r");
    wait_until("the end", Duration::from_secs(20), || terminal.has_ended());
}
