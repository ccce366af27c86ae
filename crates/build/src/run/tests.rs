//! Builders in a sandbox, without a store.

use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use nival_store::StorePath;

use super::*;
use crate::config::BuildConfig;
use crate::observer::BuildEvent;
use crate::sandbox::{Input, Layout, SandboxTree, c_string, seccomp, shell};

struct Outcome {
    ended: Ended,
    log: String,
    layout: Layout,
    seconds: f64,
    _dir: tempfile::TempDir,
}

#[derive(Default)]
struct Options {
    timeout: Option<Duration>,
    max_silent_time: Option<Duration>,
    max_log_size: u64,
    quota: Option<u64>,
    cancel_after: Option<Duration>,
    network: bool,
}

/// Runs a script for `/bin/sh`. Its input is the file `/nix/store/input`, which reads `text of input`.
fn run_script(script: &str, options: &Options) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("input");
    fs::write(&input, "text of input\n").unwrap();
    let layout = Layout::new(dir.path().join("x.chroot"));
    fs::create_dir(&layout.top).unwrap();
    let config = BuildConfig::default();
    let shell = shell::find(None).unwrap_or_else(|error| panic!("{error}"));
    let tree = SandboxTree {
        layout: &layout,
        config: &config,
        store_dir: "/nix/store",
        inputs: &[Input { logical: "/nix/store/input".to_owned(), real: input }],
        shell: Some(&shell),
        network: options.network,
        kvm: false,
    };
    let text = |text: &str| c_string(text).unwrap();
    let program = Program {
        executable: text("/bin/sh"),
        args: ["sh", "-e", "-c", script].map(text).into(),
        env: ["PATH=/path-not-set", "HOME=/homeless-shelter"].map(text).into(),
        working_dir: text("/build"),
        namespaces: Some(tree.prepare().unwrap()),
        filter: seccomp::filter(),
        allow_new_privileges: false,
        personality: 0,
    };
    let log = Mutex::new(String::new());
    let observer = |event: &BuildEvent<'_>| {
        if let BuildEvent::LogLine { line, .. } = event {
            let mut log = log.lock().unwrap();
            if log.len() < 10_000 {
                log.push_str(&format!("{}\n", String::from_utf8_lossy(line)));
            }
        }
    };
    let limits = Limits {
        timeout: options.timeout,
        max_silent_time: options.max_silent_time,
        max_log_size: options.max_log_size,
        quota: options.quota.map(|quota| (layout.top.as_path(), quota)),
    };
    let drv = StorePath::from_base_name("00bgd045z0d4icpbc2yyz4gx48ak44la-x.drv").unwrap();
    let mut build_log = BuildLog::new(&drv, &observer, 10);
    let started = Instant::now();
    let cancel = || options.cancel_after.is_some_and(|after| started.elapsed() >= after);
    let ended = match run(&program, &limits, &mut build_log, &cancel) {
        Ok(ended) => ended,
        Err(NotStarted::Step(failure)) => panic!("{}", crate::sandbox::diagnose::cannot_enter(&program, &failure)),
        Err(NotStarted::Clone(error)) => panic!("{}", crate::sandbox::diagnose::cannot_clone(&error)),
        Err(NotStarted::Terminal(error)) => panic!("no terminal: {error}"),
    };
    build_log.finish();
    let seconds = started.elapsed().as_secs_f64();
    let log = log.lock().unwrap().clone();
    Outcome { ended, log, layout, seconds, _dir: dir }
}

fn check(script: &str, expected: Expect) {
    let outcome = run_script(script, &Options::default());
    expected.assert_eq(&format!("{:?}\n{}", outcome.ended, outcome.log));
}

#[test]
fn the_builders_view() {
    check(
        "echo /* /dev/* /etc/* /nix/store/*; read line < /nix/store/input; echo $line; echo $$ $PWD; [ -t 2 ] && echo terminal",
        expect![[r#"
            Exited(0)
            /bin /build /dev /etc /nix /proc /tmp /dev/fd /dev/full /dev/null /dev/ptmx /dev/pts /dev/random /dev/shm /dev/stderr /dev/stdin /dev/stdout /dev/tty /dev/urandom /dev/zero /etc/group /etc/hosts /etc/passwd /nix/store/input
            text of input
            1 /build
            terminal
        "#]],
    );
    check(
        "while read name value rest; do case $name in Uid:|Gid:|CapEff:|NoNewPrivs:|Seccomp:) echo $name $value;; esac; done < /proc/self/status; while read l; do echo $l; done < /proc/sys/kernel/hostname; ulimit -c; umask",
        expect![[r#"
            Exited(0)
            Uid: 1000
            Gid: 100
            CapEff: 0000000000000000
            NoNewPrivs: 1
            Seccomp: 2
            localhost
            0
            0022
        "#]],
    );
}

#[test]
fn what_is_not_the_builders_is_out_of_reach() {
    check(
        "for f in /nix/store/input /etc/passwd /new /bin/new /proc/sys/kernel/hostname; do (echo x > $f) 2>/dev/null && echo wrote $f; done; \
         for f in /nix/store/new /build/new /tmp/new /dev/shm/new /dev/null; do (echo x > $f) || echo no $f; done; :",
        expect![[r#"
            Exited(0)
        "#]],
    );
    let network = "while read -r interface rest; do case $interface in *:) echo $interface;; esac; done < /proc/net/dev";
    check(
        network,
        expect![[r#"
        Exited(0)
        lo:
    "#]],
    );
    // A fixed output sees what the machine has, which a test can only compare.
    let outcome = run_script(network, &Options { network: true, ..Options::default() });
    let mut here: Vec<_> =
        fs::read_to_string("/proc/net/dev").unwrap().lines().filter_map(|l| Some(l.split_once(':')?.0.trim().to_owned())).collect();
    let mut there: Vec<_> = outcome.log.lines().map(|line| line.trim_end_matches(':').to_owned()).collect();
    here.sort();
    there.sort();
    assert_eq!(here, there);
}

#[test]
fn endings() {
    check(
        "exit 3",
        expect![[r#"
        Exited(3)
    "#]],
    );
    check(
        "echo a; exec 2>/dev/null; exec /bin/nothing",
        expect![[r#"
        Exited(127)
        a
    "#]],
    );
}

#[test]
fn limits_end_a_build() {
    let forever = "while :; do :; done";
    let check = |script: &str, options: Options, ended: Ended, at_most: f64| {
        let outcome = run_script(script, &options);
        assert_eq!(outcome.ended, ended, "{script}: {}", outcome.log);
        assert!(outcome.seconds < at_most, "{script} took {} s", outcome.seconds);
        outcome
    };
    let second = Duration::from_secs(1);
    check(forever, Options { timeout: Some(second), ..Options::default() }, Ended::TimedOut(1), 3.0);
    check("echo x; while :; do :; done", Options { max_silent_time: Some(second), ..Options::default() }, Ended::TimedOut(1), 3.0);
    check("while :; do echo aaaaaaaaaaaaaaaaaaaa; done", Options { max_log_size: 100_000, ..Options::default() }, Ended::LogTooLong, 5.0);
    let fill = "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done > /build/big";
    check(fill, Options { quota: Some(1 << 20), ..Options::default() }, Ended::QuotaExceeded, 10.0);
    let after = Duration::from_millis(300);
    let daemons = "for i in 1 2 3; do (while :; do :; done) & done; while :; do :; done";
    let outcome = check(daemons, Options { cancel_after: Some(after), ..Options::default() }, Ended::Cancelled, 3.0);
    // On two busy cores; alone it is a few milliseconds.
    assert!(outcome.seconds < 0.3 + 1.0, "took {} s to cancel", outcome.seconds);
}

#[test]
fn nothing_survives_a_builder() {
    let outcome = run_script("(while :; do echo x > /build/alive; done) & exit 0", &Options::default());
    assert_eq!(outcome.ended, Ended::Exited(0));
    let alive = outcome.layout.build_dir.join("alive");
    let _ = fs::remove_file(&alive);
    std::thread::sleep(Duration::from_millis(100));
    assert!(!alive.exists(), "a daemon outlived its builder");
}
