//! `nival lint`: folders, exit codes, mending.

use nival_tests::world::{World, run};

#[test]
fn folders_are_checked_and_mended() {
    let world = World::default();
    let unused = "let\n  # kept\n  a = 1;\n  b = 2;\nin rec { inherit b; }\n";
    let good = "{ a = 1; }\n";
    for (name, text) in [("p/a.nix", unused), ("p/sub/b.nix", good), ("p/.hidden/c.nix", "}"), ("p/gen/d.nix", unused), ("p/e.txt", "}")] {
        std::fs::create_dir_all(world.path().join(name).parent().expect("a folder")).expect("made");
        world.write(name, text);
    }
    let lint = |arguments: &[&str]| run(world.built("nival").arg("lint").args(arguments).current_dir(world.path()));

    let said = lint(&["--exclude", "p/gen", "p"]);
    let expected = "p/a.nix:3:3: warning: 'a' is defined and never used [sema-unused-def-let]\n\
                    p/a.nix:5:4: warning: no attribute of this set uses another: `rec` is not needed [sema-extra-rec]\n";
    assert_eq!((said.code, said.out.as_str()), (Some(0), expected), "{}", said.err);
    assert_eq!(lint(&["--exclude", "**/gen", "--deny-warnings", "p"]).code, Some(1));
    let said = lint(&["--ignore", "unused_binding", "--severity", "unused_rec", "error", "p/a.nix"]);
    assert_eq!((said.code, said.out.lines().count()), (Some(1), 1), "{}", said.out);

    let said = lint(&["--fix", "--exclude", "p/gen", "--deny-warnings", "p"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{}", said.err);
    let read = |name: &str| std::fs::read_to_string(world.path().join(name)).expect("readable");
    assert_eq!(read("p/a.nix"), "let\n  # kept\n  b = 2;\nin { inherit b; }\n");
    assert_eq!((read("p/sub/b.nix").as_str(), read("p/gen/d.nix").as_str()), (good, unused));

    let said = lint(&["p/.hidden/c.nix"]);
    assert_eq!((said.code, said.out.contains("error: syntax error, unexpected '}'")), (Some(1), true), "{}", said.out);
    for wrong in [&["--format", "loud"][..], &["--ignore", "no-such-rule"], &["nowhere"], &["--unknown"]] {
        let said = lint(wrong);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{wrong:?} {}", said.err);
    }
    let json: serde_json::Value = serde_json::from_str(&lint(&["--json", "p"]).out).expect("JSON");
    assert_eq!(json[0]["code"], "sema-unused-def-let");
    let sarif: serde_json::Value = serde_json::from_str(&lint(&["--sarif", "p"]).out).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
}
