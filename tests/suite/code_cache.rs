//! Code that processes keep for each other: whatever is in it, or happens to it, the answers are those without.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nival_tests::world::{Said, World, run};

/// Files whose evaluation tells much: values, the order of evaluation, positions, an error.
fn sources(world: &World) -> PathBuf {
    // Longer than what is not worth keeping.
    let filler = "# something to read\n".repeat(20);
    world.write(
        "project/lib.nix",
        format!(
            "{filler}rec {{\n  zebra = builtins.trace \"zebra\" 1;\n  apple = builtins.trace \"apple\" (zebra + 1);\n  \
             mango = x: {{ y ? x, banana ? y, ... }}@args: with args; [ x y banana (args.kiwi or ./other.nix) ];\n  \
             where = builtins.unsafeGetAttrPos \"apple\" {{ inherit apple; }};\n  wrong = {{ }}.missing;\n}}\n"
        ),
    );
    world.write(
        "project/default.nix",
        format!(
            "{filler}let lib = import ./lib.nix; in {{\n  b = builtins.trace \"b\" lib.zebra;\n  a = builtins.trace \"a\" lib.apple;\n  \
             kiwi = lib.mango \"k\" {{ fig = 1.5; }};\n  place = lib.where;\n  here = __curPos;\n  wrong = lib.wrong;\n}}\n"
        ),
    );
    world.path().join("project")
}

fn evaluation(world: &World, project: &Path, what: &str) -> Command {
    let mut command = world.nival_as("nix-instantiate");
    let expression = format!("let all = import {}; in {what}", project.display());
    command.args(["--eval", "--strict", "--show-trace", "-E", &expression]);
    command
}

const WHAT: [&str; 3] = ["removeAttrs all [ \"wrong\" ]", "all.wrong", "{ kiwi = all.a; inherit (all) place; }"];

/// What is said with the cache as it is, and what without.
fn ask(world: &World, project: &Path) -> Vec<(Said, Said)> {
    let both = |what| {
        let with = run(&mut evaluation(world, project, what));
        let without = run(evaluation(world, project, what).env("NIVAL_CODE_CACHE", "0"));
        (with, without)
    };
    WHAT.map(both).into()
}

fn check(world: &World, project: &Path, when: &str) {
    for (with, without) in ask(world, project) {
        assert_eq!((with.code, with.out, with.err), (without.code, without.out, without.err), "{when}");
    }
}

/// The folder of the present version.
fn folder(world: &World) -> PathBuf {
    let folders = std::fs::read_dir(world.path().join("home/.cache/nival")).expect("a cache").map(|entry| entry.expect("an entry").path());
    let mut versions: Vec<PathBuf> = folders.filter(|path| path.to_string_lossy().contains("/code-")).collect();
    assert_eq!(versions.len(), 1, "{versions:?}");
    versions.remove(0)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    all.sort();
    all
}

fn pack(folder: &Path) -> PathBuf {
    let mut packs = files(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "pack"));
    packs.next().expect("a pack")
}

#[test]
fn answers_are_those_without() {
    let world = World::default();
    let project = sources(&world);
    check(&world, &project, "first");
    let size = pack(&folder(&world)).metadata().expect("its size").len();
    check(&world, &project, "again");
    assert_eq!(pack(&folder(&world)).metadata().expect("its size").len(), size, "something was kept twice");
    let said = run(&mut evaluation(&world, &project, "all.wrong")).failed();
    assert!(said.contains("lib.nix:26:11"), "{said}");
    // Another text is another entry.
    world.write("project/lib.nix", format!("{}{{ zebra = 5; apple = 6; wrong = 7; where = 8; mango = _: _: 9; }}", "# other\n".repeat(40)));
    check(&world, &project, "after an edit");
    assert!(run(&mut evaluation(&world, &project, "all.wrong")).ok().ends_with('7'));
}

#[test]
fn kept_code_is_what_runs() {
    let world = World::default();
    let filler = "# something to read\n".repeat(20);
    let [one, two] = ["1", "2"].map(|value| world.write(&format!("{value}.nix"), format!("{filler}{{ value = {value}; }}")));
    let value = |path: &Path| run(world.nival_as("nix-instantiate").args(["--eval", "-A", "value"]).arg(path)).ok();
    assert_eq!([value(&one), value(&two)], ["1", "2"]);
    // Two records of one length behind each other, each with a digest of 32 bytes before it: the digests change places.
    let pack = pack(&folder(&world));
    let mut bytes = std::fs::read(&pack).expect("the pack");
    let record = bytes.len() / 2;
    let (first, second) = bytes.split_at_mut(record);
    first[32..].swap_with_slice(&mut second[32..]);
    std::fs::write(&pack, bytes).expect("writable");
    assert_eq!([value(&one), value(&two)], ["2", "1"]);
}

#[test]
fn damage_is_seen() {
    let world = World::default();
    let project = sources(&world);
    check(&world, &project, "first");
    let folder = folder(&world);
    for path in files(&folder) {
        let good = std::fs::read(&path).expect("readable");
        for round in 0..12usize {
            let mut bad = good.clone();
            match round % 3 {
                0 => bad.truncate(good.len() * round / 12),
                1 => bad.iter_mut().skip(round).step_by(97).for_each(|byte| *byte ^= 0x55),
                _ => bad.iter_mut().skip(good.len() * round / 12).take(1).for_each(|byte| *byte ^= 1 << (round % 8)),
            }
            std::fs::write(&path, bad).expect("writable");
            check(&world, &project, &format!("round {round} of {}", path.display()));
        }
    }
    for path in files(&folder) {
        std::fs::remove_file(&path).expect("it goes");
        check(&world, &project, &format!("without {}", path.display()));
    }
}

#[test]
fn several_processes_at_once_and_killed_ones() {
    let world = World::default();
    let project = sources(&world);
    let expected = run(evaluation(&world, &project, WHAT[0]).env("NIVAL_CODE_CACHE", "0")).ok();
    for round in 0..4 {
        let start = |_| evaluation(&world, &project, WHAT[0]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut children: Vec<_> = (0..6).map(start).collect();
        for (number, child) in children.iter_mut().enumerate().filter(|(number, _)| number % 2 == 1) {
            std::thread::sleep(Duration::from_millis(5 * (number as u64 + round)));
            child.kill().expect("a kill");
        }
        for (number, child) in children.into_iter().enumerate() {
            let output = child.wait_with_output().expect("it ends");
            if number % 2 == 0 {
                assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected);
            }
        }
        check(&world, &project, &format!("after round {round}"));
        if round == 1 {
            std::fs::remove_dir_all(folder(&world)).expect("it goes");
        }
    }
}

#[test]
fn other_versions_and_folders() {
    let world = World::default();
    let project = sources(&world);
    check(&world, &project, "first");
    // What another version kept is not looked at.
    let ours = folder(&world);
    let theirs = ours.with_file_name("code-0123456789abcdef");
    std::fs::rename(&ours, &theirs).expect("a new name");
    let before: Vec<Vec<u8>> = files(&theirs).iter().map(|path| std::fs::read(path).expect("readable")).collect();
    check(&world, &project, "beside another version");
    assert!(ours.is_dir());
    assert_eq!(files(&theirs).iter().map(|path| std::fs::read(path).expect("readable")).collect::<Vec<_>>(), before);
    std::fs::remove_dir_all(&theirs).expect("it goes");

    // A folder that cannot be made, or is none.
    for cache in ["/proc/nothing", "/dev/null", "relative"] {
        for (with, without) in WHAT.map(|what| {
            let with = run(evaluation(&world, &project, what).env("XDG_CACHE_HOME", cache));
            (with, run(evaluation(&world, &project, what).env("NIVAL_CODE_CACHE", "0")))
        }) {
            assert_eq!((with.code, with.out, with.err), (without.code, without.out, without.err), "{cache}");
        }
    }
}

#[test]
fn it_can_be_turned_off() {
    let world = World::default();
    let project = sources(&world);
    run(evaluation(&world, &project, WHAT[0]).env("NIVAL_CODE_CACHE", "0")).ok();
    run(evaluation(&world, &project, WHAT[0]).args(["--option", "eval-cache", "false"])).ok();
    assert!(!world.path().join("home/.cache/nival").exists());
    run(&mut evaluation(&world, &project, WHAT[0])).ok();
    assert!(folder(&world).join("index").is_file());
}

/// What an evaluation imports is read ahead of the next one: that must not be seen when it is no longer what is there.
#[test]
fn files_that_were_imported_last_time() {
    let world = World::default();
    let filler = "# something to read\n".repeat(20);
    let write = |number: usize, text: &str| world.write(&format!("many/{number}.nix"), format!("{filler}{text}"));
    let all = "builtins.genList (n: import (./. + \"/${toString n}.nix\")) 60";
    world.write("many/default.nix", format!("{filler}{all}"));
    (0..60).for_each(|number| drop(write(number, &format!("builtins.trace {number} {number}"))));
    let project = world.path().join("many");
    let ask = |when: &str| {
        let command = || {
            let mut command = world.nival_as("nix-instantiate");
            command.args(["--eval", "--strict"]).arg(&project);
            command
        };
        let without = run(command().env("NIVAL_CODE_CACHE", "0"));
        for _ in 0..5 {
            let with = run(&mut command());
            assert_eq!((with.code, with.out, with.err), (without.code, without.out.clone(), without.err.clone()), "{when}");
        }
        without
    };
    assert_eq!(ask("first").code, Some(0));
    write(50, "\"changed\"");
    assert!(ask("a file changes").out.contains("changed"));
    std::fs::remove_file(project.join("40.nix")).expect("it goes");
    assert!(ask("a file is gone").err.contains("40.nix"));
    std::fs::create_dir(project.join("40.nix")).expect("a folder");
    world.write("many/40.nix/default.nix", format!("{filler}40"));
    assert_eq!(ask("it is a folder").code, Some(0));
    std::fs::remove_file(project.join("55.nix")).expect("it goes");
    let status = std::process::Command::new("mkfifo").arg(project.join("55.nix")).status().expect("mkfifo, of coreutils");
    assert!(status.success());
    assert_ne!(ask("it is no file").code, Some(0));
    std::fs::remove_file(project.join("55.nix")).expect("it goes");
    write(55, "55");
    world.write("many/default.nix", format!("{filler}{}", all.replace("60", "3")));
    assert_eq!(ask("most are not asked for any more").code, Some(0));
}
