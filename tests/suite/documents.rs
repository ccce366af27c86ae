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

/// Both editors know every command of the server.
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
        for name in &names {
            assert!(text.contains(&format!("'{name}'")), "{editor} does not know {name}");
        }
    }
}

/// The settings of the VS Code extension are those that the server reads, and its own.
#[test]
fn the_extension_offers_the_settings_of_the_server() {
    let settings = read("crates/lsp/src/settings.rs");
    let declared = between(&settings, "    pub ", ":").filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    let camel = |name: &str| {
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
    };
    let manifest: serde_json::Value = serde_json::from_str(&read("editors/vscode/package.json")).expect("JSON");
    let offered: Vec<_> = manifest["contributes"]["configuration"]["properties"].as_object().expect("settings").keys().cloned().collect();
    let last_words: BTreeSet<_> = offered.iter().filter_map(|name| name.rsplit('.').next()).collect();
    for name in declared.filter(|name| !["trusted", "evaluation", "build", "diagnostics", "formatting", "inlay_hints"].contains(name)) {
        assert!(last_words.contains(&camel(name).as_str()), "the extension has no setting for {name}");
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
