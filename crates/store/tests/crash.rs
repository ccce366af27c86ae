//! A process that adds to a store is killed at many moments; the store must verify every time, and take the same things
//! again afterwards.

#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use nival_store::nar::DiskSource;
use nival_store::{ContentAddressMethod, HashAlgo, LocalStore, StoreConfig, StorePathSet};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const KILLS: u64 = 40;
const ROUNDS: usize = 60;

fn sample_tree(root: &Path) {
    for directory in 0..8 {
        let directory = root.join(format!("d{directory}"));
        fs::create_dir_all(&directory).unwrap();
        for file in 0..8 {
            fs::write(directory.join(format!("f{file}")), vec![file; 5000]).unwrap();
        }
    }
}

/// Texts, texts that refer to them, and trees of 64 files.
fn add_everything(store: &Path, tree: &Path) {
    let store = LocalStore::open(StoreConfig::chroot(store)).unwrap();
    let none = StorePathSet::new();
    for round in 0..ROUNDS {
        let base = store.add_text("base", format!("{round}").as_bytes(), &none).unwrap();
        store.add_text("user", format!("{round}").as_bytes(), &StorePathSet::from([base])).unwrap();
        let name = format!("tree-{round}");
        store.add_path(&name, &DiskSource, tree, ContentAddressMethod::Nar, HashAlgo::Sha256, &none, None).unwrap();
    }
}

fn valid_after_verifying(store: &Path) -> usize {
    let store = LocalStore::open(StoreConfig::chroot(store)).unwrap();
    let mut errors = Vec::new();
    let outcome = store
        .verify(true, &mut |message| {
            if message.is_error() || message.to_string().contains("disappeared") {
                errors.push(message.to_string());
            }
        })
        .unwrap();
    assert!(errors.is_empty(), "{errors:#?}");
    outcome.valid_paths
}

#[test]
fn a_kill_at_any_instant_leaves_a_store_that_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let (store, tree) = (dir.path().join("store"), dir.path().join("tree"));
    sample_tree(&tree);
    let (mut killed, mut leftovers, mut valid) = (0, 0, 0);
    for attempt in 0..KILLS {
        // SAFETY: this test binary has this one test, which holds no lock and no store while it forks.
        match unsafe { fork() }.unwrap() {
            ForkResult::Child => {
                add_everything(&store, &tree);
                std::process::exit(0);
            }
            ForkResult::Parent { child } => {
                // The first kills fall into the making of the store itself.
                std::thread::sleep(Duration::from_micros(attempt * 700));
                kill(child, Signal::SIGKILL).unwrap();
                match waitpid(child, None).unwrap() {
                    WaitStatus::Signaled(..) => killed += 1,
                    WaitStatus::Exited(_, code) => assert_eq!(code, 0),
                    other => panic!("{other:?}"),
                }
            }
        }
        if let Ok(entries) = fs::read_dir(store.join("nix/store")) {
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            leftovers += usize::from(names.into_iter().any(|name| name.ends_with(".tmp") || name.ends_with(".lock")));
        }
        let now = valid_after_verifying(&store);
        assert!(now >= valid, "what was valid stays valid");
        valid = now;
    }
    assert!(killed > KILLS / 2 && leftovers > 0, "{killed} killed, {leftovers} in the middle of something");
    assert!(valid > 0);
    add_everything(&store, &tree);
    assert_eq!(valid_after_verifying(&store), ROUNDS * 3);
    let junk = fs::read_dir(store.join("nix/store")).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".tmp")
    });
    assert_eq!(junk.count(), 0, "adding again cleans up");
}
