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
    let fixture = Fixture::new();
    let nothing = fixture.draft("nothing", ":").add();
    let open = fixture.draft("open", "umask 0; echo x > $out").add();
    let link = fixture.draft("pipe", "exec 3<>/dev/null; echo > $out; exit 0").add();
    fixture.check(
        &[&nothing, &open],
        expect![[r#"
            plan: nothing.drv open.drv
            start nothing.drv
            start open.drv
            failed nothing.drv (OutputRejected)
            failed open.drv (OutputRejected)
            error: builder for '/nix/store/-nothing.drv' failed to produce output path for output 'out' at "<root>/nix/store/-nothing.drv.chroot/root/nix/store/-nothing"
            error: suspicious ownership or permission on "<root>/nix/store/-open.drv.chroot/root/nix/store/-open" for output 'out'; rejecting this build output
        "#]],
    );
    fixture.check(
        &[&open, &link],
        expect![[r#"
            plan: open.drv pipe.drv
            start open.drv
            start pipe.drv
            failed open.drv (OutputRejected)
            done pipe.drv
            error: suspicious ownership or permission on "<root>/nix/store/-open.drv.chroot/root/nix/store/-open" for output 'out'; rejecting this build output
            Built
            out -> [] 
        "#]],
    );
    fixture.verify();
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
    let program = fixture
        .draft("program", "mkdir() { /bin/sh -c :; }; mkdir; : > $out/x || : > $out; exit 0")
        .fixed(ContentAddressMethod::Flat, sha256("a"));
    fixture.check(
        &[&refers],
        expect![[r#"
            plan: refers.drv
            start refers.drv
            failed refers.drv (HashMismatch)
            error: fixed-output derivations must not reference store paths: '/nix/store/-refers.drv' references 1 distinct paths, e.g. '/nix/store/-source'
        "#]],
    );
    drop(program);
    fixture.verify();
}
