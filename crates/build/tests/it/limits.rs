//! Builders that do not end, write too much, or are not wanted any more.

use std::fs;
use std::time::{Duration, Instant};

use expect_test::expect;
use nival_build::{BuildError, Cancel, CancelToken, DerivedPath, FailureStatus, Silent};

use crate::fixture::Fixture;

#[test]
fn time_and_disk() {
    let mut fixture = Fixture::new();
    fixture.config.timeout = Some(Duration::from_secs(1));
    let forever = fixture.draft("forever", "while :; do :; done").add();
    let failure = fixture.realise(&forever).outcome.unwrap_err();
    assert_eq!((failure.status, failure.to_string().as_str()), (FailureStatus::TimedOut, "timed out after 1 seconds"));
    assert_eq!(nival_build::exit_status([&*failure]), 101);

    fixture.config.timeout = None;
    fixture.config.build_dir_quota = Some(1 << 20);
    let fill = "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done > $out";
    let fill = fixture.draft("fill", fill).add();
    fixture.check(
        &[&fill],
        expect![[r#"
            plan: fill.drv
            start fill.drv
            failed fill.drv (TransientFailure)
            error: Cannot build '/nix/store/-fill.drv'.
            Reason: builder took more than 1048576 bytes of disk (build-dir-quota)
        "#]],
    );
    fixture.verify();
}

#[test]
fn a_log_bomb_is_bounded() {
    let mut fixture = Fixture::new();
    let script =
        "i=0; while [ $i != 60000 ]; do echo $i aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; i=$((i + 1)); done; exit 1";
    let bomb = fixture.draft("bomb", script).add();
    fixture.config.max_log_file_size = 100_000;
    fixture.config.log_lines = 2;
    let failure = fixture.realise(&bomb).outcome.unwrap_err();
    expect![[r#"
        Cannot build '/nix/store/-bomb.drv'.
        Reason: builder failed with exit code 1.
        Output paths:
          /nix/store/-bomb
        Last 2 log lines:
        > 59998 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        > 59999 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        For full logs, run:
          nival log /nix/store/-bomb.drv"#]]
    .assert_eq(&fixture.anonymous(&failure.to_string()));
    let log = fixture.log_of(&bomb);
    assert!(log.len() < 101_000 && log.ends_with("larger than max-log-file-size]\n"), "{}", log.len());

    fixture.config.max_log_size = 100_000;
    let failure = fixture.realise(&bomb).outcome.unwrap_err();
    expect![[r#"
        Cannot build '/nix/store/-bomb.drv'.
        Reason: builder wrote more than 100000 bytes of log output (max-log-size)"#]]
    .assert_eq(&fixture.anonymous(&failure.to_string()));
    assert_eq!(failure.status, FailureStatus::LogLimitExceeded);
    fixture.verify();
}

#[test]
fn cancelling_stops_everything() {
    let fixture = Fixture::new();
    let started = fixture.root.join("nix/var/log/nix/drvs");
    let forever = |name: &str| fixture.draft(name, "(while :; do :; done) & echo started; while :; do :; done").add();
    let (a, b) = (forever("a"), forever("b"));
    let user = fixture.draft("user", ":").input("a", &a).input("b", &b).add();
    let cancel = CancelToken::new();
    let (result, took) = std::thread::scope(|scope| {
        let run = scope.spawn(|| fixture.builder().realise(&[DerivedPath::all(user)], &Silent, &cancel));
        let deadline = Instant::now() + Duration::from_secs(20);
        let running = || [&a, &b].iter().all(|drv| fs::read_to_string(fixture.store.log_path(drv)).is_ok_and(|log| log == "started\n"));
        while !running() {
            assert!(Instant::now() < deadline, "the builds did not start: {started:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        cancel.cancel();
        let cancelled = Instant::now();
        (run.join().unwrap(), cancelled.elapsed())
    });
    assert!(matches!(result, Err(BuildError::Cancelled)), "{result:?}");
    // With four busy loops on the machine's cores; without load it is under 50 ms.
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(cancel.is_cancelled());
    fixture.verify();
}
