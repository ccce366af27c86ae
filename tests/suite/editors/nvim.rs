//! The main job in a headless Neovim.

use std::time::{Duration, Instant, SystemTime};

use expect_test::{ExpectFile, expect_file};
use nival_tests::picture::draw;
use nival_tests::terminal::Terminal;
use nival_tests::tools;
use nival_tests::world::{Said, World, run};
use serde_json::Value;

use super::{check_pictures, listed};

/// Longer than any wait within the script.
const LIMIT: Duration = Duration::from_secs(240);

fn session(world: &World, trusted: bool) -> Value {
    let project = world.copy("examples");
    let result = world.path().join("result.json");
    let programs = tools::built("nival");
    let path = format!("{}:{}", programs.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
    let script = tools::repository().join("tests/suite/editors/nvim.lua");
    let mut command = world.command("timeout");
    command
        .arg(LIMIT.as_secs().to_string())
        .arg(tools::foreign("nvim", "nvim"))
        .args(["--headless", "--clean", "-c"])
        .arg(format!("luafile {}", script.display()))
        .env("PATH", path)
        .env("PLUGIN", tools::repository().join("editors/nvim"))
        .env("PROJECT", project)
        .env("RESULT", &result)
        .env("TRUSTED", if trusted { "1" } else { "0" });
    let said: Said = run(&mut command);
    let text = std::fs::read_to_string(&result).unwrap_or_else(|error| panic!("no result ({error}): {said:#?}"));
    let result: Value = serde_json::from_str(&text).expect("JSON");
    assert!(result.get("failed").is_none(), "{result:#}");
    result
}

/// A session on a terminal, with a picture of its screen whenever the script asks for one, kept in `target/e2e`.
fn on_a_terminal(world: &World, script: &str) -> Value {
    let project = world.copy("tests/fixtures/editor");
    let (result, requests) = (world.path().join("result.json"), world.path().join("pictures"));
    let kept = tools::repository().join("target/e2e");
    for folder in [&requests, &kept] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let programs = tools::built("nival");
    let path = format!("{}:{}", programs.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
    let scripts = tools::repository().join("tests/suite/editors/nvim");
    let mut command = world.command(tools::foreign("nvim", "nvim"));
    command
        .args(["--clean", "--cmd", "set background=dark", "-c"])
        .arg(format!("luafile {}", scripts.join(script).display()))
        .env("PATH", path)
        .env("TERM", "xterm-256color")
        .env("PLUGIN", tools::repository().join("editors/nvim"))
        .env("SCRIPTS", &scripts)
        .env("PROJECT", project)
        .env("PICTURES", &requests)
        .env("RESULT", &result);
    // For who works on the tests.
    command.envs(std::env::var_os("PATIENCE").map(|value| ("PATIENCE", value)));
    let mut terminal = Terminal::start(&command, 40, 120);
    let begin = Instant::now();
    while !terminal.has_ended() {
        assert!(begin.elapsed() < LIMIT, "{}", terminal.text());
        for request in std::fs::read_dir(&requests).expect("readable").flatten() {
            let picture = format!("nvim-{}.svg", request.file_name().display());
            std::fs::write(kept.join(picture), terminal.with_screen(draw)).expect("writable");
            std::fs::remove_file(request.path()).expect("deletable");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = std::fs::read_to_string(&result).unwrap_or_else(|error| panic!("no result ({error}):\n{}", terminal.text()));
    let result: Value = serde_json::from_str(&text).expect("JSON");
    assert!(result.get("failed").is_none(), "{result:#}");
    result
}

fn lines(value: &Value) -> Vec<&str> {
    value.as_array().expect("lines").iter().map(|line| line.as_str().expect("text")).collect()
}

#[test]
fn edit_hover_build_and_inspect() {
    let world = World::default();
    let result = session(&world, true);
    let diagnostic = &result["diagnostic"];
    assert!(diagnostic["message"].as_str().expect("text").contains("callPackag"), "{diagnostic}");
    assert_eq!((diagnostic["row"].clone(), diagnostic["col"].clone(), diagnostic["source"].clone()), (0.into(), 11.into(), "nival".into()));

    let hover = result["hover"].as_str().expect("text");
    assert!(hover.contains("derivation") && hover.contains("hello-1.0"), "{hover}");

    let build = &result["build"]["error"]["message"];
    assert!(result["broken"].as_str().is_some_and(|message| message.contains("broken")), "{build}");
    let log = lines(&result["log"]).join("\n");
    for expected in ["greeting Ada", "hello-1.0: checkPhase", "the greeting is wrong", "  actual:   Hello, nival!"] {
        assert!(log.contains(expected), "{expected} is not in the log:\n{log}");
    }

    let inspection = lines(&result["inspect"]);
    let fact = |label: &str| {
        inspection.iter().find_map(|line| line.strip_prefix(label)).map(str::trim).unwrap_or_else(|| panic!("{label}: {inspection:#?}"))
    };
    let out = fact("path ");
    assert_eq!((fact("built"), inspection[0]), ("yes", "greeter-0.3"));
    assert!(fact("deriver").ends_with("-greeter-0.3.drv"), "{inspection:#?}");
    assert!(fact("closure").ends_with("in 2 paths"), "{inspection:#?}");
    assert!(inspection.iter().any(|line| line.starts_with("  ") && line.ends_with("-hello-1.0")), "references hello: {inspection:#?}");
    assert!(inspection.iter().any(|line| line.contains("greeting Grace")), "has the build log: {inspection:#?}");

    // What the editor showed is what real Nix finds.
    let text = std::fs::read_to_string(out).expect("the output");
    assert!(text.starts_with("Hello, Ada!\nHello, Grace!\n"), "{text}");
    let real = run(world.real_nix("nix-instantiate").arg(world.path().join("examples")).args(["-A", "greeter"])).ok();
    assert_eq!(fact("derivation"), real);
    run(world.real_nix("nix-store").args(["--verify", "--check-contents"])).ok();
}

#[test]
fn an_untrusted_workspace_builds_nothing() {
    let world = World::default();
    let result = session(&world, false);
    let error = &result["build"]["error"];
    assert_eq!(error["data"]["kind"], "trust", "{result:#}");
    assert!(lines(&result["log"]).iter().any(|line| line.contains(":NivalTrust")), "{result:#}");
    assert_eq!(world.store_entries(), [""; 0]);
}

/// Runs a script; what was seen of each feature is written down beside it, and there is a picture of each.
fn features(script: &str, seen: &ExpectFile) {
    let (world, begin) = (World::default(), SystemTime::now());
    let result = on_a_terminal(&world, script);
    check_pictures(&result, begin, |name| format!("nvim-{name}.svg"));
    seen.assert_eq(&listed(&result, world.path()));
}

#[test]
fn reading() {
    features("reading.lua", &expect_file!["nvim/reading.txt"]);
}

#[test]
fn editing() {
    features("editing.lua", &expect_file!["nvim/editing.txt"]);
}

#[test]
fn workspace() {
    features("workspace.lua", &expect_file!["nvim/workspace.txt"]);
}

#[test]
fn bursts() {
    features("bursts.lua", &expect_file!["nvim/bursts.txt"]);
}
