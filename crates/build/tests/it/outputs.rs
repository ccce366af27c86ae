//! What becomes of outputs.

use std::os::unix::fs::MetadataExt;

use expect_test::expect;
use nival_store::ContentAddressMethod;

use crate::fixture::{Fixture, no_references, sha256};

#[test]
fn a_build_and_its_references() {
    let fixture = Fixture::new();
    let source = fixture.store.add_text("source", b"some text\n", &no_references()).unwrap();
    let first = fixture.draft("first", "read line < $source; echo $line > $out; echo building").source("source", &source).add();
    let second = fixture.draft("second", "echo $first $out ${first%-*} > $out").input("first", &first).source("unused", &source).add();
    fixture.check(
        &[&second, &first],
        expect![[r#"
            plan: first.drv second.drv
            start first.drv
            first.drv> building
            done first.drv
            start second.drv
            done second.drv
            Built
            out -> [second first] /nix/store/-first /nix/store/-second /nix/store/irdym8m3kvv4fsd6iihdj42qwa02cqqs
            Built
            out -> [] some text
        "#]],
    );
    fixture.check(
        &[&second],
        expect![[r#"
            plan: 
            AlreadyValid
            out -> [second first] /nix/store/-first /nix/store/-second /nix/store/irdym8m3kvv4fsd6iihdj42qwa02cqqs
        "#]],
    );
    let output = fixture.realise(&second).outputs["out"].clone();
    let info = fixture.store.path_info(&output).unwrap().unwrap();
    assert!(info.ultimate && info.deriver.as_ref() == Some(&second) && info.registration_time > 0);
    let meta = std::fs::metadata(fixture.store.real_path(&output)).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.mtime()), (0o444, 1));
    fixture.verify();
}

#[test]
fn several_outputs() {
    let fixture = Fixture::new();
    let script = "echo $dev > $out; echo dev > $dev; echo $out > $man";
    let drv = fixture.draft("many", script).outputs(&["out", "dev", "man"]).add();
    fixture.check(
        &[&drv],
        expect![[r#"
            plan: many.drv
            start many.drv
            done many.drv
            Built
            dev -> [] dev
            man -> [many] /nix/store/-many
            out -> [many-dev] /nix/store/-many-dev
        "#]],
    );
    fixture.verify();
    // One output goes; the others stay as they are and this one is made again.
    let outputs = fixture.realise(&drv).outputs;
    fixture.store.invalidate(&outputs["man"]).unwrap();
    fixture.check(
        &[&drv],
        expect![[r#"
            plan: many.drv
            start many.drv
            done many.drv
            Built
            dev -> [] dev
            man -> [many] /nix/store/-many
            out -> [many-dev] /nix/store/-many-dev
        "#]],
    );
    let circle = fixture.draft("circle", "echo $b > $out; echo $out > $b").outputs(&["out", "b"]).add();
    fixture.check(
        &[&circle],
        expect![[r#"
            plan: circle.drv
            start circle.drv
            failed circle.drv (OutputRejected)
            error: cycle detected in build of '/nix/store/-circle.drv' in the references of output 'b' from output 'out'
        "#]],
    );
    fixture.verify();
}

#[test]
fn missing_and_suspicious_outputs() {
    let mut fixture = Fixture::with_tools(&["mkfifo"]);
    fixture.config.max_jobs = 1;
    fixture.config.keep_going = true;
    let nothing = fixture.draft("nothing", ":").add();
    let open = fixture.draft("open", "umask 0; echo x > $out").add();
    let fifo = fixture.draft("fifo", "/bin/mkfifo $out").add();
    fixture.check(
        &[&nothing, &open, &fifo],
        expect![[r#"
            plan: nothing.drv open.drv fifo.drv
            start nothing.drv
            failed nothing.drv (OutputRejected)
            start open.drv
            failed open.drv (OutputRejected)
            start fifo.drv
            failed fifo.drv (MiscFailure)
            error: builder for '/nix/store/-nothing.drv' failed to produce output path for output 'out' at "<root>/nix/store/-nothing.drv.chroot/root/nix/store/-nothing"
            error: suspicious ownership or permission on "<root>/nix/store/-open.drv.chroot/root/nix/store/-open" for output 'out'; rejecting this build output
            error: Cannot build '/nix/store/-fifo.drv'.
            Reason: its outputs cannot be registered: file "<root>/nix/store/-fifo.drv.chroot/root/nix/store/-fifo" has an unsupported type
        "#]],
    );
    fixture.verify();
}

#[test]
fn trees_of_all_kinds_of_files() {
    let mut fixture = Fixture::with_tools(&["mkdir", "chmod", "ln", "mknod"]);
    fixture.config.max_jobs = 1;
    let script = "/bin/mkdir -p $out/bin $out/locked; echo $out > $out/bin/program; /bin/chmod 755 $out/bin/program; \
        /bin/ln -s ../bin/program $out/locked/link; /bin/ln $out/bin/program $out/hard; /bin/ln -s /etc $out/etc; \
        /bin/chmod 4755 $out/bin/program 2>/dev/null && echo setuid; /bin/mknod $out/device c 1 3 2>/dev/null && echo device; \
        /bin/chmod 0 $out/locked; echo left > /build/left; /bin/mkdir -p /build/a/b; /bin/chmod 0 /build/a/b /build/a";
    let drv = fixture.draft("tree", script).add();
    fixture.check(
        &[&drv],
        expect![[r#"
            plan: tree.drv
            start tree.drv
            done tree.drv
            Built
            out -> [tree] not a text
        "#]],
    );
    let output = fixture.store.real_path(&fixture.realise(&drv).outputs["out"]);
    let mode = |name: &str| std::fs::symlink_metadata(output.join(name)).unwrap().mode() & 0o7777;
    assert_eq!(["", "bin", "bin/program", "hard", "locked"].map(mode), [0o555, 0o555, 0o555, 0o555, 0o555]);
    assert_eq!(std::fs::read_link(output.join("locked/link")).unwrap().to_str(), Some("../bin/program"));
    fixture.verify();

    // Folders, links and files as inputs: readable as they are, and not to be changed.
    let link = fixture.draft("link", "/bin/ln -s $tree/bin $out").input("tree", &drv).add();
    let script = "read line < $link/program; echo \"$line\"; read line < $tree/locked/link; \
        for f in $tree/new $tree/hard $tree/bin/program; do (echo x > $f) 2>/dev/null && echo wrote $f; done; \
        (/bin/chmod 755 $tree) 2>/dev/null && echo changed; echo > $out";
    let user = fixture.draft("user", script).input("tree", &drv).input("link", &link).add();
    fixture.check(
        &[&user],
        expect![[r#"
            plan: link.drv user.drv
            start link.drv
            done link.drv
            start user.drv
            user.drv> /nix/store/-tree
            done user.drv
            Built
            out -> [] 
        "#]],
    );
    fixture.verify();
}

#[test]
fn without_a_sandbox() {
    let mut fixture = Fixture::native();
    let dep = fixture.draft("dep", "echo dep > $out").add();
    let drv = fixture.draft("user", "read line < $dep; echo $line $PWD; echo $line $dep > $out; echo x > left").input("dep", &dep).add();
    let bad = fixture.draft("bad", "echo half > $out; exit 1").add();
    let daemon = fixture.draft("daemon", "(while :; do :; done) & echo > $out").add();
    fixture.config.sandbox = nival_build::SandboxMode::Disabled;
    let text = fixture.transcript(&[&drv], &nival_build::CancelToken::new());
    expect![[r#"
        plan: dep.drv user.drv
        start dep.drv
        done dep.drv
        start user.drv
        user.drv> dep /nix/store/-user.drv.chroot/build
        done user.drv
        Built
        out -> [dep] dep /nix/store/-dep
    "#]]
    .assert_eq(&text);
    assert!(!fixture.realise(&bad).is_success());
    assert!(fixture.realise(&daemon).is_success(), "a process left behind does not hold the build up");
    fixture.verify();
    // In a store that is elsewhere than it says, builders would not find their inputs.
    let mut moved = Fixture::new();
    moved.config.sandbox = nival_build::SandboxMode::Disabled;
    let drv = moved.draft("moved", "echo > $out").add();
    moved.check(
        &[&drv],
        expect![[r#"
            plan: moved.drv
            failed moved.drv (InputRejected)
            error: cannot build '/nix/store/-moved.drv' without a sandbox: the store '/nix/store' keeps its files in '<root>/nix/store', where builders would not find them
        "#]],
    );
}

#[test]
fn fixed_outputs() {
    let fixture = Fixture::new();
    let script = "echo fixed > $out; echo checked $NIX_OUTPUT_CHECKED";
    let good = fixture.draft("good", script).fixed(ContentAddressMethod::Flat, sha256("fixed\n"));
    let bad = fixture.draft("bad", script).fixed(ContentAddressMethod::Flat, sha256("other\n"));
    fixture.check(
        &[&good],
        expect![[r#"
            plan: good.drv
            start good.drv
            good.drv> checked 1
            done good.drv
            Built
            out -> [] fixed
        "#]],
    );
    fixture.check(
        &[&bad],
        expect![[r#"
            plan: bad.drv
            start bad.drv
            bad.drv> checked 1
            failed bad.drv (HashMismatch)
            error: hash mismatch in fixed-output derivation '/nix/store/-bad.drv':
              specified: sha256-fk+i64x6wIlznV3vxEifrWihANkggso1xrQKRSSCH4c=
                 got:    sha256-DDBxQY5jVuYUiYyE7QZMqV6IVRvAgRtTS98ZUuza5TQ=
        "#]],
    );
    // What was made is kept under the hash that it has, so correcting the hash needs no second build.
    let corrected = fixture.draft("bad", script).fixed(ContentAddressMethod::Flat, sha256("fixed\n"));
    fixture.check(
        &[&corrected],
        expect![[r#"
            plan: 
            AlreadyValid
            out -> [] fixed
        "#]],
    );
    let source = fixture.store.add_text("source", b"some text\n", &no_references()).unwrap();
    let refers = fixture.draft("refers", "echo $source > $out").source("source", &source).fixed(ContentAddressMethod::Nar, sha256(""));
    fixture.check(
        &[&refers],
        expect![[r#"
            plan: refers.drv
            start refers.drv
            failed refers.drv (HashMismatch)
            error: fixed-output derivations must not reference store paths: '/nix/store/-refers.drv' references 1 distinct paths, e.g. '/nix/store/-source'
        "#]],
    );
    fixture.verify();
}
