//! The same questions to nival and to real Nix: derivations byte for byte, stores that each accepts of the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use nival_tests::world::{World, run};

const EXAMPLES: &[&str] = &["hello", "hello.man", "greeter", "motd", "broken"];
const MINIPKGS: &[&str] =
    &["hello", "hello.dev", "hello_0", "hello_patched", "tool", "tool-full", "wrapped", "toolPackages.derived", "source", "system-example"];

/// All derivations in a store, by file name.
fn derivations(store: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(store).unwrap_or_else(|error| panic!("{}: {error}", store.display()));
    let paths =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|extension| extension == "drv"));
    paths.map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(&path).expect("readable"))).collect()
}

fn remove_store(world: &World) {
    // Store paths are read-only, their folders too.
    run(Command::new("chmod").args(["-R", "u+w"]).arg(world.path().join("nix"))).ok();
    std::fs::remove_dir_all(world.path().join("nix")).expect("removable");
}

/// Instantiates all attributes with both, into the same folder one after the other.
fn same_derivations(world: &World, project: &Path, attributes: &[&str]) {
    let instantiate = |command: &mut Command| {
        for attribute in attributes {
            command.args(["-A", attribute]);
        }
        run(command.arg(project)).ok()
    };
    let ours = instantiate(&mut world.nival_as("nix-instantiate"));
    let our_files = derivations(&world.store_dir());
    remove_store(world);
    let theirs = instantiate(&mut world.real_nix("nix-instantiate"));
    let their_files = derivations(&world.store_dir());
    assert_eq!(ours, theirs);
    assert_eq!(our_files.keys().collect::<Vec<_>>(), their_files.keys().collect::<Vec<_>>());
    for (name, theirs) in &their_files {
        assert_eq!(String::from_utf8_lossy(&our_files[name]), String::from_utf8_lossy(theirs), "{name}");
    }
}

#[test]
fn the_examples_have_the_derivations_of_real_nix() {
    let world = World::default();
    let project = world.copy("examples");
    same_derivations(&world, &project, EXAMPLES);
}

#[test]
fn minipkgs_has_the_derivations_of_real_nix() {
    let world = World::default();
    let project = world.copy("tests/fixtures/minipkgs");
    same_derivations(&world, &project, MINIPKGS);
}

#[test]
fn the_example_flake_has_the_derivations_of_real_nix() {
    let world = World::default();
    let project = world.copy("examples");
    let reference = |attribute: &str| format!("path:{}#{attribute}.drvPath", project.display());
    for attribute in ["hello", "greeter", "default", "packages.aarch64-linux.motd"] {
        let ours = run(world.built("nival").args(["eval", "--raw", &reference(attribute)])).ok();
        let theirs = run(world.real_nix("nix").args(["eval", "--raw", &reference(attribute)])).ok();
        assert_eq!(ours, theirs, "{attribute}");
    }
}

/// The values of whole sets, as JSON and as text.
#[test]
fn values_print_as_in_real_nix() {
    let world = World::default();
    let project = world.copy("tests/fixtures/minipkgs");
    let expressions = [
        "(import ./minipkgs { }).system-example.etc",
        "(import ./minipkgs { }).toolPackages.derived.name",
        "(import ./minipkgs { }).tool.inputs",
        "builtins.attrNames (import ./minipkgs { })",
        "builtins.functionArgs (import ./minipkgs)",
        "let lib = import ./minipkgs/lib; in lib.recursiveUpdate { a.b = 1; c = [ 1.5 null ]; } { a.d = ''x\n  ${\"y\"}''; }",
        "(import ./minipkgs/lib).splitString \".\" \"a.b..c\"",
        "{ a = import ./minipkgs/lib; f = x: x; p = ./minipkgs; }",
        "(import ./minipkgs { overlays = [ (final: prev: { hello = prev.hello.override { version = \"9\"; }; }) ]; }).tool.drvPath",
        "((import ./minipkgs { }).nixos { services.greeter.enable = true; }).config.environment",
    ];
    assert!(project.exists());
    for expression in expressions {
        for flags in [&["--eval"][..], &["--eval", "--strict"], &["--eval", "--strict", "--json"], &["--eval", "--xml"]] {
            let ask = |mut command: Command| run(command.args(flags).args(["-E", expression]));
            let (ours, theirs) = (ask(world.nival_as("nix-instantiate")), ask(world.real_nix("nix-instantiate")));
            assert_eq!((ours.code, &ours.out), (theirs.code, &theirs.out), "{flags:?} {expression}\n{}\n{}", ours.err, theirs.err);
        }
    }
}

/// `--eval` writes nothing: to what it evaluates, a derivation that is not in the store does not exist.
#[test]
fn derivations_that_are_not_written_are_not_there() {
    let world = World::default();
    let drv = r#"(derivation { name = "a"; builder = "b"; system = "c"; }).drvPath"#;
    let bare = format!("builtins.unsafeDiscardStringContext {drv}");
    let of_another = |value: &str| format!(r#"(derivation {{ name = "q"; builder = "b"; system = "c"; x = {value}; }}).drvPath"#);
    let expressions = [
        format!("builtins.pathExists ({bare})"),
        format!("builtins.pathExists {drv}"),
        format!("builtins.readFile ({bare})"),
        format!("builtins.readFile {drv}"),
        format!("import {drv}"),
        format!("builtins.storePath ({bare})"),
        of_another(drv),
        of_another(&format!("builtins.unsafeDiscardOutputDependency {drv}")),
    ];
    let last = |text: &str| text.lines().last().unwrap_or_default().trim().to_owned();
    for written in [false, true] {
        if written {
            let drv = drv.replace(").drvPath", ")");
            run(world.nival_as("nix-instantiate").args(["-E", &drv])).ok();
        }
        for expression in &expressions {
            let ask = |mut command: Command| run(command.args(["--eval", "-E", expression]));
            let (ours, theirs) = (ask(world.nival_as("nix-instantiate")), ask(world.real_nix("nix-instantiate")));
            assert_eq!((ours.code, &ours.out), (theirs.code, &theirs.out), "{written} {expression}\n{}\n{}", ours.err, theirs.err);
            assert_eq!(last(&ours.err), last(&theirs.err), "{written} {expression}");
        }
    }
}

fn build(world: &World, command: Command, project: &Path, attributes: &[&str]) -> Vec<PathBuf> {
    let mut command = command;
    for attribute in attributes {
        command.args(["-A", attribute]);
    }
    let paths = run(command.arg("--no-out-link").arg(project)).ok();
    assert!(!paths.is_empty(), "{}", world.path().display());
    paths.lines().map(PathBuf::from).collect()
}

const BUILDABLE: &[&str] = &["hello", "hello.man", "greeter", "motd"];

#[test]
fn real_nix_accepts_a_store_that_nival_filled() {
    let world = World::default();
    let project = world.copy("examples");
    let ours = build(&world, world.nival_as("nix-build"), &project, BUILDABLE);
    run(world.real_nix("nix-store").args(["--verify", "--check-contents"])).ok();
    // It has nothing left to build, and reads the same facts.
    let planned = run(world.real_nix("nix-build").args(["--dry-run", "--no-out-link", "-A", "greeter"]).arg(&project));
    assert!(!planned.err.contains("will be built"), "{planned:#?}");
    assert_eq!(build(&world, world.real_nix("nix-build"), &project, BUILDABLE), ours);
    let query = |flag: &str, path: &Path| run(world.real_nix("nix-store").args(["-q", flag]).arg(path)).ok();
    assert!(query("--references", &ours[2]).contains("-hello-1.0"));
    assert!(query("--deriver", &ours[2]).ends_with("-greeter-0.3.drv"));
    assert_eq!(query("--requisites", &ours[2]).lines().count(), 2);
    assert!(run(world.real_nix("nix-store").arg("--read-log").arg(&ours[2])).ok().contains("greeting Ada"));
}

#[test]
fn nival_accepts_a_store_that_real_nix_filled() {
    let world = World::default();
    let project = world.copy("examples");
    let theirs = build(&world, world.real_nix("nix-build"), &project, BUILDABLE);
    let said = run(world.nival_as("nix-build").arg("--no-out-link").args(["-A", "greeter"]).arg(&project));
    assert!(!said.err.contains("installPhase"), "it builds again: {said:#?}");
    assert_eq!(PathBuf::from(said.ok()), theirs[2]);
    run(world.built("nival").args(["store", "verify", "--all"])).ok();
    // It notices what real Nix would notice.
    run(Command::new("chmod").arg("u+w").arg(&theirs[2])).ok();
    std::fs::write(&theirs[2], "changed").expect("writable");
    let said = run(world.built("nival").args(["store", "verify", "--all"])).failed();
    assert!(said.contains("greeter-0.3"), "{said}");
}

#[test]
fn both_build_the_same_bytes() {
    let world = World::default();
    let project = world.copy("tests/fixtures/minipkgs");
    let attributes: Vec<_> = MINIPKGS.iter().copied().filter(|name| !name.contains('.')).collect();
    let contents = |paths: &[PathBuf]| paths.iter().map(|path| std::fs::read_to_string(path).expect("a file")).collect::<Vec<_>>();
    let ours = build(&world, world.nival_as("nix-build"), &project, &attributes);
    let our_contents = contents(&ours);
    remove_store(&world);
    let theirs = build(&world, world.real_nix("nix-build"), &project, &attributes);
    assert_eq!(ours, theirs);
    assert_eq!(our_contents, contents(&theirs));
}

/// With a store that keeps nothing the names in the store directory mean nothing, and what is not there is not there.
#[test]
fn nothing_is_in_the_dummy_store() {
    let world = World::default();
    let question = "with builtins; [ (pathExists \"${storeDir}/foo\") (pathExists \"${storeDir}/foo/bar\") ]";
    let ask = |mut command: Command| run(command.args(["--eval", "--strict", "-E", question]).env("NIX_REMOTE", "dummy://")).ok();
    let ours = ask(world.nival_as("nix-instantiate"));
    assert_eq!(ours, ask(world.real_nix("nix-instantiate")));
    assert_eq!(ours.trim(), "[ false false ]");
}
