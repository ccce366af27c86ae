//! `nival fmt` and `nixfmt`: flags, exit codes, and what becomes of files.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use expect_test::expect;
use nival_tests::tools::repository;
use nival_tests::world::{World, run, run_with};

#[test]
fn standard_input() {
    let world = World::default();
    let said = run_with(world.nival_as("nixfmt").arg("-"), "{a=1;}");
    assert_eq!((said.code, &*said.out, &*said.err), (Some(0), "{ a = 1; }\n", ""));
    let said = run_with(world.built("nival").args(["fmt", "--indent=4", "-w", "20", "-"]), "{\na=if bbbbbbbb then c else d;}");
    assert_eq!(said.out, "{\n    a =\n        if bbbbbbbb then\n            c\n        else\n            d;\n}\n");
    let said = run_with(world.nival_as("nixfmt").args(["--check", "--filename", "a.nix"]), "{a=1;}");
    assert_eq!((said.code, &*said.out, &*said.err), (Some(1), "", "a.nix: not formatted\n"));
    let said = run_with(world.nival_as("nixfmt").args(["-", "-f", "a.nix"]), "{\n  a = ;\n}\n");
    assert_eq!((said.code, &*said.out, &*said.err), (Some(1), "", "a.nix:2:7: syntax error, unexpected ';'\n"));
    let said = run_with(world.nival_as("nixfmt").args(["-", "-q", "--verify"]), "{");
    assert_eq!((said.code, &*said.out, &*said.err), (Some(1), "", ""));
    assert!(run(world.nival_as("nixfmt").arg("--version")).ok().starts_with("nixfmt 1.4.0 (nival "));
}

#[test]
fn files_and_folders() {
    let world = World::default();
    let read = |name: &str| std::fs::read_to_string(world.path().join(name)).expect("a file");
    for name in ["project/a.nix", "project/deep/er/b.nix", "project/.hidden/c.nix", "project/d.txt"] {
        world.write(name, "{a=1;}");
    }
    world.write("project/same.nix", "{ }\n");
    world.write("project/broken.nix", "{ a = 1 }\n");
    let executable = std::fs::Permissions::from_mode(0o754);
    std::fs::set_permissions(world.path().join("project/a.nix"), executable.clone()).expect("permissions");
    world.write("other.nix", "[1]");
    symlink(world.path().join("other.nix"), world.path().join("link.nix")).expect("a link");

    let check = run(world.built("nival").args(["fmt", "--check", "project", "link.nix"]));
    assert_eq!(check.code, Some(1));
    expect![[r#"
        link.nix: not formatted
        project/a.nix: not formatted
        project/broken.nix:1:9: syntax error, unexpected '}', expecting ';'
        project/deep/er/b.nix: not formatted
    "#]]
    .assert_eq(&check.err);
    assert_eq!(read("project/a.nix"), "{a=1;}");

    let before = std::fs::metadata(world.path().join("project/same.nix")).and_then(|file| file.modified()).expect("a time");
    let format = run(world.built("nival").args(["fmt", "project", "link.nix"]));
    assert_eq!((format.code, format.err.lines().count()), (Some(1), 1), "{}", format.err);
    for (name, text) in [
        ("project/a.nix", "{ a = 1; }\n"),
        ("project/deep/er/b.nix", "{ a = 1; }\n"),
        ("project/.hidden/c.nix", "{a=1;}"),
        ("project/d.txt", "{a=1;}"),
        ("project/broken.nix", "{ a = 1 }\n"),
        ("other.nix", "[ 1 ]\n"),
    ] {
        assert_eq!(read(name), text, "{name}");
    }
    let metadata = |name: &str| std::fs::symlink_metadata(world.path().join(name)).expect("a file");
    assert_eq!(metadata("project/a.nix").permissions().mode() & 0o777, 0o754);
    assert!(metadata("link.nix").is_symlink());
    assert_eq!(metadata("project/same.nix").modified().expect("a time"), before);
    let left: Vec<_> = std::fs::read_dir(world.path().join("project")).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    assert_eq!(left.len(), 6, "{left:?}");
    assert_eq!(run(world.built("nival").args(["fmt", "-c", "project/a.nix", "project/deep"])).code, Some(0));
}

#[test]
fn nothing_is_written_that_cannot_be() {
    let world = World::default();
    let said = run(world.built("nival").args(["fmt", "missing.nix"]));
    assert_eq!((said.code, &*said.err), (Some(1), "missing.nix: No such file or directory (os error 2)\n"));
    world.write("bytes.nix", b"\xff");
    assert_eq!(run(world.built("nival").args(["fmt", "bytes.nix"])).err, "bytes.nix: not UTF-8\n");
    assert_eq!(run(world.built("nival").args(["fmt", "--indent", "x"])).code, Some(1));
    // That one runs the formatter of a flake.
    assert_eq!(run(world.nival_as("nix").args(["fmt", "--check", "bytes.nix"])).code, Some(1));
}

#[test]
fn merging() {
    let world = World::default();
    for (name, text) in [("base", "{a=1;\nb=2;\nc=3;}"), ("local", "{a=4;\n b=2;\nc=3;}"), ("remote", "{\na=1;\nb=2;\n\nc=5;}")] {
        world.write(&format!("{name}.nix"), text);
    }
    world.write("merged.nix", "");
    let said = run(world.nival_as("nixfmt").args(["--mergetool", "base.nix", "local.nix", "remote.nix", "merged.nix"]));
    let merged = std::fs::read_to_string(world.path().join("merged.nix")).expect("a file");
    assert_eq!((said.code, &*merged), (Some(0), "{\n  a = 4;\n  b = 2;\n\n  c = 5;\n}\n"), "{}", said.err);
    assert_eq!(run(world.nival_as("nixfmt").args(["--mergetool", "base.nix"])).code, Some(1));
}

#[test]
fn the_examples_are_formatted() {
    let world = World::default();
    let said = run(world.built("nival").arg("fmt").arg("--check").arg(repository().join("examples")));
    assert_eq!((said.code, &*said.err), (Some(0), ""));
}
