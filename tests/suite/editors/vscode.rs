//! The main job in a real VS Code, driven through Chromium. Screenshots are kept in `target/e2e`.

use std::time::SystemTime;

use expect_test::expect_file;
use nival_tests::tools;
use nival_tests::world::{World, run};
use serde_json::Value;

use super::{check_pictures, listed};

fn session(world: &World, trusted: bool) -> Value {
    driven(world, "drive.mjs", "examples", trusted)
}

fn driven(world: &World, driver: &str, project: &str, trusted: bool) -> Value {
    let project = world.copy(project);
    if !trusted {
        // What a workspace says of itself counts for nothing.
        world.write(&format!("{}/.vscode/settings.json", project.display()), r#"{ "nival.trusted": true }"#);
    }
    let (result, pictures) = (world.path().join("result.json"), world.path().join("pictures"));
    std::fs::create_dir_all(&pictures).expect("a folder");
    let repository = tools::repository();
    let extension = repository.join("editors/vscode/nival.vsix");
    assert!(
        extension.exists(),
        "{} is missing; run: npm --prefix editors/vscode ci && npm --prefix editors/vscode run package",
        extension.display()
    );
    let modules = repository.join("tests/vscode/node_modules");
    assert!(modules.exists(), "{} is missing; run: npm --prefix tests/vscode ci", modules.display());
    let server = tools::tools_folder().join("vscode/server");
    assert!(server.exists(), "{} is missing; run: tests/tools/setup vscode", server.display());
    let mut command = world.command("timeout");
    command
        .args(["--kill-after=5", "300", "node"])
        .arg(repository.join("tests/vscode").join(driver))
        .env("SERVER", server)
        .env("CHROMIUM", tools::foreign("chromium", "chromium"))
        .env("WORK", world.path().join("vscode"))
        .env("VSIX", extension)
        .env("PROJECT", project)
        .env("NIVAL", tools::built("nival"))
        .env("TRUSTED", if trusted { "1" } else { "0" })
        .env("SHOTS", repository.join("target/e2e"))
        .env("PICTURES", &pictures)
        .env("RESULT", &result);
    for name in ["PATIENCE", "PARTS", "ONLY"] {
        // For who works on the tests.
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let said = run(&mut command);
    let text = std::fs::read_to_string(&result).unwrap_or_else(|error| panic!("no result ({error}): {said:#?}"));
    let result: Value = serde_json::from_str(&text).expect("JSON");
    assert!(result.get("failed").is_none(), "{result:#}");
    result
}

#[test]
fn edit_hover_build_and_inspect() {
    let world = World::default();
    let result = session(&world, true);
    let text = |name: &str| result[name].as_str().unwrap_or_else(|| panic!("{name}: {result:#}")).to_owned();
    assert!(text("diagnostic").contains("callPackag"), "{result:#}");
    assert!(text("hover").contains("hello-1.0"), "{result:#}");
    let built = text("built");
    let out = built.split_whitespace().find(|word| word.starts_with('/')).expect("a path");
    assert!(std::fs::read_to_string(out).expect("the output").starts_with("Hello, Ada!\n"), "{built}");
    let inspection: Vec<_> = result["inspection"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
    assert!(inspection.iter().any(|line| line.contains("built") && line.contains("yes")), "{inspection:#?}");
    assert!(inspection.iter().any(|line| line.contains("closure") && line.contains("2 paths")), "{inspection:#?}");
    assert!(inspection.iter().any(|line| line.contains(out)), "{inspection:#?}");
    assert!(tools::repository().join("target/e2e/vscode-main.png").exists());
}

#[test]
fn restricted_mode_builds_nothing_until_the_workspace_is_trusted() {
    let (world, begin) = (World::default(), SystemTime::now());
    let result = session(&world, false);
    let seen = serde_json::json!({ "untrusted-workspace": result["refusal"], "trust": result["trusted"] });
    check_pictures(&seen, begin, |name| format!("vscode-{name}.png"));
    expect_file!["vscode/restricted.txt"].assert_eq(&listed(&seen, world.path()));
    // What was built was built after that.
    assert_eq!(world.store_entries().iter().filter(|name| name.ends_with("-greeter-0.3")).count(), 1, "{:#?}", world.store_entries());
}

/// Everything that a user sees and does, in one session; what was seen of each feature is written down.
#[test]
fn features() {
    let (world, begin) = (World::default(), SystemTime::now());
    let found = driven(&world, "features.mjs", "tests/fixtures/editor", true);
    check_pictures(&found, begin, |name| format!("vscode-{name}.png"));
    expect_file!["vscode/features.txt"].assert_eq(&listed(&found, world.path()));
}
