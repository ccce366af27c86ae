//! A kill at any moment of a build leaves a store that verifies, and nothing running.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nival_tests::world::{World, processes_with, run, wait_until};

#[test]
fn a_killed_build_leaves_a_sound_store() {
    let world = World::default();
    let builds = world.copy("tests/fixtures/builds");
    let command = || {
        let mut command = world.nival_as("nix-build");
        command.arg(&builds).args(["-A", "chain", "--no-out-link"]);
        command
    };
    // How long it takes in peace, in a store of its own.
    let quiet = World::default();
    let quiet_builds = quiet.copy("tests/fixtures/builds");
    let begin = Instant::now();
    run(quiet.nival_as("nix-build").arg(&quiet_builds).args(["-A", "chain", "--no-out-link"])).ok();
    let whole = begin.elapsed();

    for round in 1..=12u32 {
        let mut child = command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(whole * round / 14);
        child.kill().expect("a kill");
        child.wait().expect("it is dead");
        if world.store_dir().exists() {
            let said = run(world.real_nix("nix-store").args(["--verify", "--check-contents"]));
            assert!(
                said.code == Some(0) && !said.err.contains("modified") && !said.err.contains("disappeared"),
                "round {round}: {said:#?}"
            );
        }
    }
    let out = run(&mut command()).ok();
    assert!(std::fs::read_to_string(&out).expect("the output").starts_with("step 7 line 0 after "));
    run(world.real_nix("nix-store").args(["--verify", "--check-contents"])).ok();
}

#[test]
fn a_killed_build_takes_its_builder_with_it() {
    let world = World::default();
    let builds = world.copy("tests/fixtures/builds");
    let marker = format!("nival-marker-{}", std::process::id());
    let expression = format!("(import {} {{ }}).loop \"{marker}\"", builds.display());
    let mut child = world
        .nival_as("nix-build")
        .args(["--no-out-link", "-E", &expression])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    wait_until("the builder to start", Duration::from_secs(60), || processes_with(&format!("marker={marker}")) > 0);
    child.kill().expect("a kill");
    child.wait().expect("it is dead");
    wait_until("the builder to end", Duration::from_secs(20), || processes_with(&format!("marker={marker}")) == 0);
}
