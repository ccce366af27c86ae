//! What can drift from the code is checked: the files that documents name, the commands and settings of the editors.

use std::collections::BTreeSet;

use nival_tests::tools::repository;

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The pieces of a text between two marks.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split(close).next())
}

#[test]
fn documents_name_files_that_exist() {
    let mut missing = Vec::new();
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/actions.md",
        "docs/architecture.md",
        "docs/diagnostics.md",
        "docs/evaluation.md",
        "docs/language-server.md",
        "docs/measurements.md",
        "docs/performance.md",
        "docs/settings.md",
        "editors/vscode/README.md",
    ] {
        let text = read(document);
        let folder = repository().join(document).parent().expect("a folder").to_owned();
        let links = between(&text, "](", ")").filter(|link| !link.contains("://")).map(|link| folder.join(link));
        let files = text.split('`').skip(1).step_by(2).filter(|word| {
            let known = ["crates/", "docs/", "tests/", "editors/", "examples/", ".ci/"].iter().any(|start| word.starts_with(start));
            known && !word.contains([' ', '*', '<']) && !word.ends_with(".vsix")
        });
        let paths: Vec<_> = links.chain(files.map(|file| repository().join(file))).collect();
        assert!(document != "CONTRIBUTING.md" || paths.len() > 20, "{} files in {document}", paths.len());
        missing.extend(paths.into_iter().filter(|path| !path.exists()).map(|path| format!("{document}: {}", path.display())));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Commands that the server carries out without the editor.
const OF_THE_SERVER_ALONE: [&str; 1] = ["nival.openPage"];

/// Both editors know every other command of the server.
#[test]
fn editors_know_the_commands_of_the_server() {
    let commands = read("crates/lsp/src/commands/mod.rs");
    let names: BTreeSet<_> = between(&commands, "\"nival.", "\"").map(|name| format!("nival.{name}")).collect();
    assert!(names.len() >= 3, "{names:?}");
    for (editor, files) in [
        ("VS Code", &["editors/vscode/src/server.ts", "editors/vscode/src/commands.ts"][..]),
        ("Neovim", &["editors/nvim/lsp/nival.lua", "editors/nvim/lua/nival/init.lua"]),
    ] {
        let text: String = files.iter().map(|file| read(file)).collect();
        for name in names.iter().filter(|name| !OF_THE_SERVER_ALONE.contains(&name.as_str())) {
            assert!(text.contains(&format!("'{name}'")), "{editor} does not know {name}");
        }
    }
}

/// The VS Code extension offers every setting of the server but the user's trust, which VS Code asks for itself.
#[test]
fn the_extension_offers_the_settings_of_the_server() {
    let documented = read("docs/settings.md");
    let rows = documented.lines().filter_map(|line| line.strip_prefix("| `nival.")?.split_once('`'));
    let manifest: serde_json::Value = serde_json::from_str(&read("editors/vscode/package.json")).expect("JSON");
    let offered = manifest["contributes"]["configuration"]["properties"].as_object().expect("settings");
    let names: Vec<String> = rows.map(|(name, _)| format!("nival.{name}")).filter(|name| name != "nival.trusted").collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(offered.contains_key(&name), "the extension has no setting {name}");
    }
}

/// The pages of the walkthrough are there and are packed, and its buttons do something.
#[test]
fn the_walkthrough_leads_somewhere() {
    let manifest: serde_json::Value = serde_json::from_str(&read("editors/vscode/package.json")).expect("JSON");
    let contributes = &manifest["contributes"];
    let commands: BTreeSet<_> =
        contributes["commands"].as_array().expect("commands").iter().filter_map(|c| c["command"].as_str()).collect();
    let settings = contributes["configuration"]["properties"].as_object().expect("settings");
    let steps = contributes["walkthroughs"][0]["steps"].as_array().expect("steps");
    assert!(steps.len() >= 5 && read("editors/vscode/.vscodeignore").contains("!walkthrough/*.md"));
    for step in steps {
        let page = read(&format!("editors/vscode/{}", step["media"]["markdown"].as_str().expect("a page")));
        let text = format!("{} {}", step["description"], step["completionEvents"]);
        for command in between(&text, "ommand:", "\"").flat_map(|rest| rest.split([')', '?', '\\']).next()) {
            assert!(command.starts_with("workbench.") || commands.contains(command), "no command {command}");
        }
        for name in page.split(['`', '"']).filter(|name| name.starts_with("nival.")) {
            assert!(settings.contains_key(name), "no setting {name}");
        }
        // Commands are called by their titles.
        for title in between(&page, "*Nix: ", "*") {
            assert!(contributes["commands"].to_string().contains(&format!("\"title\":\"{title}\"")), "no command {title}");
        }
    }
}

/// Every command that the Neovim plugin defines is in its help, and no other.
#[test]
fn the_help_of_neovim_has_its_commands() {
    let plugin = read("editors/nvim/plugin/nival.lua");
    let defined: BTreeSet<_> = between(&plugin, "command('", "'").collect();
    let help = read("editors/nvim/doc/nival.txt");
    let documented: BTreeSet<_> = between(&help, "*:", "*").collect();
    assert_eq!(defined, documented);
}
