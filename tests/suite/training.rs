//! The programs that a release build is trained with: they still evaluate, to what real Nix makes of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use nival_tests::tools;
use nival_tests::world::{World, run};

/// So few packages that a program without optimisation takes no time for them.
const SIZE: u32 = 24;

fn evaluate(command: &mut Command, programs: &Path, program: &str, arguments: &str) -> String {
    let expression = format!("import {}/{program}.nix {{ {arguments} }}", programs.display());
    run(command.args(["--eval", "--strict", "--json", "--readonly-mode", "-E", &expression])).ok()
}

/// Writes the files that the programs work on, as `benches/training/run` does; their folder.
fn generated(world: &World, programs: &Path) -> PathBuf {
    let text = evaluate(&mut world.nival_as("nix-instantiate"), programs, "generate", &format!("size = {SIZE};"));
    let text: String = serde_json::from_str(&text).expect("a string");
    for part in text.split("==> ").skip(1) {
        let (name, text) = part.split_once('\n').expect("a line with the name");
        world.write(&format!("made/{name}"), text);
    }
    world.path().join("made")
}

#[test]
fn training_programs_have_the_values_of_real_nix() {
    let world = World::default();
    let programs = world.copy("benches/training");
    let made = generated(&world, &programs);
    let folder = format!("folder = {};", made.display());
    for (program, arguments, part) in [
        ("package", folder.clone(), "-stage3.drv"),
        ("attributes", folder.clone(), "\"failed\":["),
        ("system", format!("{folder} machines = 2;"), "-system-machine2-stage3.drv"),
        ("values", format!("{folder} count = 30;"), "\"json\":true"),
        ("sort", "count = 200;".to_owned(), "\"byLoc\":"),
        ("session", folder.clone(), "textDocument/completion"),
    ] {
        let ours = evaluate(&mut world.nival_as("nix-instantiate"), &programs, program, &arguments);
        assert!(ours.contains(part), "{program}: {ours}");
        assert_eq!(ours, evaluate(&mut world.real_nix("nix-instantiate"), &programs, program, &arguments), "{program}");
    }
}

/// What is made of so few packages is small, but all commands are run.
#[test]
fn training_goes_through() {
    let world = World::default();
    let mut command = world.command(tools::repository().join("benches/training/run"));
    let said = run(command.arg(tools::built("nival")).arg(SIZE.to_string()));
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", "", Some(0)));
}
