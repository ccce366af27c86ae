//! The main job in a headless Neovim.

use std::time::Duration;

use nival_tests::tools;
use nival_tests::world::{Said, World, run};
use serde_json::Value;

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
