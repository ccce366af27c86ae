//! An engine that is killed in the middle of a build.

use std::fs;
use std::time::{Duration, Instant};

use nival_build::{BuildConfig, Builder, CancelToken, DerivedPath, SandboxPath, Silent};
use nival_store::{LocalStore, StoreConfig};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::fixture::{Fixture, names};

const ROOT: &str = "NIVAL_TEST_ROOT";

/// Runs in a process of its own, made by the test below; does nothing in a normal run of this binary.
#[test]
fn child_of_the_kill_test() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let store = std::sync::Arc::new(LocalStore::open(StoreConfig::chroot(root)).unwrap());
    let drv = store.all_valid_paths().unwrap().into_iter().find(|path| path.is_derivation()).unwrap();
    let shared = SandboxPath::parse(&format!("/alive={}", store.config().root.as_ref().unwrap().join("alive").display()));
    let config = BuildConfig { sandbox_paths: vec![shared], system: "x86_64-linux".to_owned(), ..BuildConfig::default() };
    let _ = Builder::new(store, config).realise(&[DerivedPath::all(drv)], &Silent, &CancelToken::new());
}

#[test]
fn a_killed_engine_leaves_a_store_that_verifies() {
    let mut fixture = Fixture::new();
    let alive = fixture.root.join("alive");
    fs::create_dir(&alive).unwrap();
    let script =
        "echo half > $out; (while [ -e /alive ]; do echo x > /alive/beat; done) & while [ -e /alive/wait ]; do :; done; echo whole > $out";
    let drv = fixture.draft("killed", script).add();
    fs::write(alive.join("wait"), "").unwrap();

    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child_of_the_kill_test"])
        .env(ROOT, &fixture.root)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let beat = alive.join("beat");
    wait_for("the builder to start", || beat.exists());
    kill(Pid::from_raw(child.id() as i32), Signal::SIGKILL).unwrap();
    waitpid(Pid::from_raw(child.id() as i32), None).unwrap();
    let _ = child.try_wait();

    // The builder and its own child die with the engine.
    wait_for("the builder to die", || {
        let _ = fs::remove_file(&beat);
        std::thread::sleep(Duration::from_millis(50));
        !beat.exists()
    });
    let left = names(&fixture.store.config().real_store_dir);
    assert!(left.iter().any(|name| name.ends_with(".chroot")), "{left:?}");
    let valid = fixture.store.all_valid_paths().unwrap();
    assert!(valid.iter().all(|path| path.is_derivation()), "{valid:?}");

    // The next run, for another derivation, removes what was left; then the first can be built.
    let other = fixture.draft("other", "echo > $out").add();
    assert!(fixture.realise(&other).is_success());
    fixture.verify();
    fs::remove_file(alive.join("wait")).unwrap();
    fixture.config.sandbox_paths = vec![SandboxPath::parse(&format!("/alive={}", alive.display()))];
    let result = fixture.realise(&drv);
    assert!(result.is_success(), "{:?}", result.outcome);
    assert_eq!(fs::read_to_string(fixture.store.real_path(&result.outputs["out"])).unwrap(), "whole\n");
    fixture.verify();
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
