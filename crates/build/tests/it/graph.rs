//! Several derivations: order, failures, cycles, parallelism.

use std::time::{Duration, Instant};

use expect_test::expect;
use nival_build::{BuildConfig, CancelToken, DerivedPath, OutputsSpec, exit_status};
use nival_store::{Derivation, DerivationOutput, InputNode, StorePath};

use crate::fixture::Fixture;

#[test]
fn failures_and_those_that_need_them() {
    let mut fixture = Fixture::new();
    fixture.config.max_jobs = 1;
    fixture.config.log_lines = 3;
    let fail = fixture.draft("fail", "for i in 1 2 3 4 5; do echo line $i; done; exit 3").add();
    let other = fixture.draft("other", "echo other > $out").add();
    let user = fixture.draft("user", ": > $out").input("fail", &fail).input("other", &other).add();
    let top = fixture.draft("top", ": > $out").input("user", &user).add();
    fixture.check(
        &[&top],
        expect![[r#"
            plan: other.drv fail.drv user.drv top.drv
            start other.drv
            done other.drv
            start fail.drv
            fail.drv> line 1
            fail.drv> line 2
            fail.drv> line 3
            fail.drv> line 4
            fail.drv> line 5
            failed fail.drv (PermanentFailure)
            failed user.drv (DependencyFailed)
            failed top.drv (DependencyFailed)
            error: Cannot build '/nix/store/-top.drv'.
            Reason: 1 dependency failed.
            Output paths:
              /nix/store/-top
        "#]],
    );
    fixture.config.keep_going = true;
    fixture.check(
        &[&top, &other],
        expect![[r#"
            plan: fail.drv user.drv top.drv
            start fail.drv
            fail.drv> line 1
            fail.drv> line 2
            fail.drv> line 3
            fail.drv> line 4
            fail.drv> line 5
            failed fail.drv (PermanentFailure)
            failed user.drv (DependencyFailed)
            failed top.drv (DependencyFailed)
            error: Cannot build '/nix/store/-top.drv'.
            Reason: 1 dependency failed.
            Output paths:
              /nix/store/-top
            AlreadyValid
            out -> [] other
        "#]],
    );
    let result = fixture.realise(&top);
    let failures: Vec<&str> = result.failures.iter().map(|failure| failure.drv.name()).collect();
    assert_eq!(failures, ["fail.drv", "user.drv", "top.drv"]);
    assert_eq!(exit_status(result.failures.iter().map(|failure| &**failure)), 100);
    assert_eq!(fixture.log_of(&fail), "line 1\nline 2\nline 3\nline 4\nline 5\n");
    fixture.verify();
}

#[test]
fn what_cannot_be_built_here() {
    let mut fixture = Fixture::new();
    fixture.config.keep_going = true;
    let platform = fixture.draft("platform", ":").platform("aarch64-linux").add();
    let features = fixture.draft("features", ":").env("requiredSystemFeatures", "big-parallel foo").add();
    let program = fixture.draft("program", ":").program("/bin/nothing").add();
    let builtin = fixture.draft("builtin", ":").program("builtin:nope").platform("builtin").add();
    let chroot = fixture.draft("chroot", ":").env("__noChroot", "1").add();
    fixture.config.max_jobs = 1;
    fixture.check(
        &[&platform, &features, &program, &builtin, &chroot],
        expect![[r#"
            plan: platform.drv features.drv program.drv builtin.drv chroot.drv
            failed platform.drv (InputRejected)
            failed features.drv (InputRejected)
            start program.drv
            program.drv> error: executing '/bin/nothing': No such file or directory
            failed program.drv (PermanentFailure)
            start builtin.drv
            builtin.drv> error: unsupported builtin builder 'nope'
            failed builtin.drv (PermanentFailure)
            failed chroot.drv (InputRejected)
            error: Cannot build '/nix/store/-platform.drv'.
            Reason: platform mismatch
            Required system: 'aarch64-linux'
            Current system: 'x86_64-linux'
            error: Cannot build '/nix/store/-features.drv'.
            Reason: missing system features
            Required features: {big-parallel, foo}
            Available features: {benchmark, big-parallel, nixos-test}
            error: Cannot build '/nix/store/-program.drv'.
            Reason: builder failed with exit code 1.
            Output paths:
              /nix/store/-program
            Last 1 log lines:
            > error: executing '/bin/nothing': No such file or directory
            For full logs, run:
              nival log /nix/store/-program.drv
            error: Cannot build '/nix/store/-builtin.drv'.
            Reason: builder failed with exit code 1.
            Output paths:
              /nix/store/-builtin
            Last 1 log lines:
            > error: unsupported builtin builder 'nope'
            For full logs, run:
              nival log /nix/store/-builtin.drv
            error: derivation '/nix/store/-chroot.drv' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'
        "#]],
    );
    fixture.config.max_jobs = 0;
    fixture.check(
        &[&program],
        expect![[r#"
            plan: program.drv
            failed program.drv (InputRejected)
            error: Cannot build '/nix/store/-program.drv'.
            Reason: local builds are disabled (max-jobs = 0)
            Hint: set 'max-jobs' to a non-zero value to enable local builds, or configure remote builders via 'builders'
        "#]],
    );
    fixture.verify();
}

#[test]
fn wrong_graphs() {
    let fixture = Fixture::new();
    let missing = StorePath::from_base_name("00bgd045z0d4icpbc2yyz4gx48ak44la-missing.drv").unwrap();
    let source = StorePath::from_base_name("00bgd045z0d4icpbc2yyz4gx48ak44la-source").unwrap();
    fixture.check(
        &[&missing],
        expect![[r#"
        error: path '/nix/store/-missing.drv' is required, but there is no substituter that can build it
    "#]],
    );
    // Written as files, because no store would take them.
    let write = |name: &str, hash: char, inputs: &[&StorePath], sources: &[&StorePath]| {
        let drv_path = StorePath::from_base_name(&format!("{}-{name}.drv", hash.to_string().repeat(32))).unwrap();
        let mut drv =
            Derivation { name: name.to_owned(), platform: b"x86_64-linux".to_vec(), builder: b"/bin/sh".to_vec(), ..Derivation::default() };
        let out = StorePath::from_base_name(&format!("{}-{name}", hash.to_string().repeat(32))).unwrap();
        drv.outputs.insert("out".to_owned(), DerivationOutput::InputAddressed(out));
        drv.input_drvs = inputs.iter().map(|input| ((*input).clone(), InputNode::new(["out"]))).collect();
        drv.input_srcs = sources.iter().map(|source| (*source).clone()).collect();
        std::fs::write(fixture.store.real_path(&drv_path), drv.to_aterm(fixture.store.store_dir()).unwrap()).unwrap();
        drv_path
    };
    let path = |name: &str, hash: char| StorePath::from_base_name(&format!("{}-{name}.drv", hash.to_string().repeat(32))).unwrap();
    let a = write("a", '1', &[&path("b", '2')], &[]);
    write("b", '2', &[&path("c", '3')], &[]);
    write("c", '3', &[&path("b", '2')], &[]);
    let d = write("d", '4', &[], &[&source]);
    let e = write("e", '5', &[&missing], &[]);
    fixture.check(
        &[&a],
        expect![[r#"
        error: derivations depend on each other in a circle:
          /nix/store/-b.drv
          needs /nix/store/-c.drv
          needs /nix/store/-b.drv
    "#]],
    );
    fixture.check(
        &[&d],
        expect![[r#"
        error: dependency '/nix/store/-source' of '/nix/store/-d.drv' does not exist, and substitution is disabled
    "#]],
    );
    fixture.check(
        &[&e],
        expect![[r#"
        error: dependency '/nix/store/-missing.drv' of '/nix/store/-e.drv' does not exist, and substitution is disabled
    "#]],
    );
    let drv = fixture.draft("f", ":").add();
    let wanted = DerivedPath::Built { drv, outputs: OutputsSpec::names(["dev"]) };
    let error = fixture.builder().realise(&[wanted], &nival_build::Silent, &CancelToken::new()).unwrap_err();
    expect!["derivation '/nix/store/-f.drv' does not have wanted outputs 'dev'"].assert_eq(&fixture.anonymous(&error.to_string()));
    std::fs::write(fixture.store.real_path(&a), "garbage").unwrap();
    let error = fixture.builder().realise(&[DerivedPath::all(a)], &nival_build::Silent, &CancelToken::new()).unwrap_err();
    assert!(error.to_string().contains("a.drv"), "{error}");
}

#[test]
fn builds_run_at_once_up_to_the_limit() {
    // Each waits until the other has started, through a folder that both see.
    let meet = |mine: &str, other: &str| format!("echo > /meet/{mine}; while ! [ -e /meet/{other} ]; do :; done; echo > $out");
    let mut fixture = Fixture::new();
    let place = tempfile::tempdir().unwrap();
    let shared = nival_build::SandboxPath::parse(&format!("/meet={}", place.path().display()));
    fixture.config = BuildConfig { sandbox_paths: vec![shared], timeout: Some(Duration::from_secs(20)), ..fixture.config.clone() };
    let a = fixture.draft("a", &meet("a", "b")).add();
    let b = fixture.draft("b", &meet("b", "a")).add();
    assert!(fixture.realise_all(&[&a, &b]).iter().all(|result| result.is_success()));

    // One after the other, neither meets the other.
    fixture.config.max_jobs = 1;
    fixture.config.timeout = Some(Duration::from_secs(1));
    fixture.config.keep_going = true;
    let c = fixture.draft("c", &meet("c", "d")).add();
    let d = fixture.draft("d", &meet("d", "c")).add();
    let results = fixture.realise_all(&[&c, &d]);
    assert_eq!(results[0].outcome.as_ref().unwrap_err().to_string(), "timed out after 1 seconds");
    assert!(results[1].is_success(), "the first left its mark before it was stopped");
}

#[test]
fn a_chain_and_many_beside_it() {
    let mut fixture = Fixture::new();
    fixture.config.max_jobs = 4;
    let mut last = fixture.draft("step-0", "echo 0 > $out").add();
    for i in 1..40 {
        last = fixture.draft(&format!("step-{i}"), "echo $last > $out").input("last", &last).add();
    }
    let mut all = fixture.draft("all", "echo > $out").input("last", &last);
    for i in 0..40 {
        let leaf = fixture.draft(&format!("leaf-{i}"), "echo > $out").add();
        all = all.input(&format!("leaf{i}"), &leaf);
    }
    let all = all.add();
    let started = Instant::now();
    let result = fixture.realise(&all);
    assert!(result.is_success(), "{:?}", result.outcome);
    // 81 builds take 1.5 s on two cores.
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    fixture.verify();
}

#[test]
fn two_builders_of_one_derivation_build_it_once() {
    let fixture = Fixture::new();
    let drv = fixture.draft("shared", "i=0; while [ $i != 20000 ]; do i=$((i + 1)); done; echo > $out").add();
    let results: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| fixture.realise(&drv))).collect();
        runs.into_iter().map(|run| run.join().unwrap().outcome.unwrap()).collect()
    });
    let built = results.iter().filter(|status| **status == nival_build::SuccessStatus::Built).count();
    assert_eq!(built, 1, "{results:?}");
    fixture.verify();
}
