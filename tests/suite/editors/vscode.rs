//! The main job in a real VS Code, driven through Chromium. Screenshots are kept in `target/e2e`.

use expect_test::expect;
use nival_tests::tools;
use nival_tests::world::{World, run};
use serde_json::Value;

use super::listed;

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
fn restricted_mode_builds_nothing() {
    let world = World::default();
    let result = session(&world, false);
    assert!(result["refusal"].as_str().is_some_and(|text| text.contains("Manage Workspace Trust")), "{result:#}");
    assert_eq!(world.store_entries(), [""; 0]);
}

#[test]
fn what_is_known_without_running_code() {
    let world = World::default();
    let found = driven(&world, "features.mjs", "tests/fixtures/editor", true);
    expect![[r#"
        codeActions
          quickfix: Remove 'unused'
          source.fixAll.nival: Fix all problems that can be fixed safely
          refactor.rewrite: Put `unused` in quotes
        completion
          bench
          count
          hammer
          heaviest
          mkTool
        declaration
          Declaration: lib.nix:22:3
          TypeDefinition: lib.nix:22:13
          Implementation: lib.nix:22:3
        definition
          lib.nix:22:3
        diagnostics
          sema-unused-def-let: 'unused' is defined and never used
        folding
          2-5
          7-23
          10-15
          20-23
        format
          unformatted.nix:1:2 -> " "
          unformatted.nix:1:4 -> " "
          unformatted.nix:1:5 -> " "
          unformatted.nix:2:4 -> "\n"
          unformatted.nix:2:5 -> " "
          unformatted.nix:2:6 -> " "
          unformatted.nix:2:7 -> " "
          unformatted.nix:2:9 -> "\n"
          unformatted.nix:3:2 -> " "
          unformatted.nix:3:3 -> " "
          unformatted.nix:3:4 -> " "
          unformatted.nix:3:5 -> " "
        highlight
          default.nix:17:3 Write
          default.nix:21:11 Read
        hover
          ```nix
          attribute hammer
          ```
  
          `{ description, drv, name, weight }`
  
          set
          ```nix
          {
            description = "a tool";
            drv = «derivation /nix/store/…-hammer.drv»;
            name = "hammer";
            weight = 3;
          }
          ```
        inlay
          15: packages
        references
          default.nix:8:38
          default.nix:10:3
          default.nix:17:26
          default.nix:17:42
          default.nix:19:1
          default.nix:22:42
        rename
          default.nix:8:38 -> tools
          default.nix:10:3 -> tools
          default.nix:17:26 -> tools
          default.nix:17:42 -> tools
          default.nix:19:1 -> tools
          default.nix:22:42 -> tools
        selection
          hammer
          tools.hammer
          [ tools.hammer tools.bench ]
          map (tool: tool.weight) [ tools.hammer tools.bench ]
          weights = map (tool: tool.weight) [ tools.hammer tools.bench ];
            weights = map (tool: tool.weight) [ tools.hammer tools.bench ];
          {
          let
          let
        signature
          heavier: first second
            first
            second
        symbols
          callPackage Variable
            lib Variable
            callPackage Variable
          packages Object
            mkTool Property
              system Variable
            hammer Property
            bench Property
              weight Number
          heaviest Variable
          heaviest Variable
          count Property
        tokens
          let keyword
          tools variable definition
          import function defaultLibrary
          ./. path
          unused variable definition
          1 number
          greeting variable definition
          "hello" string
          in keyword
          inherit keyword
          tools variable
          hammer property definition
          weights property definition
          map function defaultLibrary
          tool parameter definition
          tool parameter
          weight property
          tools variable
          hammer property
          tools variable
          bench property
          text property definition
          greeting variable
          + operator
          "!" string
        workspaceSymbols
          heavier lib.nix:22:3
          heaviest default.nix:17:3
    "#]]
    .assert_eq(&listed(&found, world.path()));
}
