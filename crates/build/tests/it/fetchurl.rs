//! The built-in builder of fixed outputs.

use expect_test::expect;
use nival_store::{ContentAddressMethod, nar};

use crate::fixture::{Fixture, sha256};

#[test]
fn files_are_copied_and_unpacked() {
    let mut fixture = Fixture::new();
    fixture.config.keep_going = true;
    fixture.config.max_jobs = 1;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a file"), "contents\n").unwrap();
    let mut archive = Vec::new();
    nar::dump_bytes(b"unpacked\n", false, &mut archive).unwrap();
    std::fs::write(dir.path().join("x.nar"), &archive).unwrap();
    let url = |name: &str| format!("file://{}/{name}", dir.path().display());
    let fetch = |name: &str, url: &str| fixture.draft(name, "").program("builtin:fetchurl").platform("builtin").env("url", url);
    let flat = fetch("flat", &url("a%20file")).fixed(ContentAddressMethod::Flat, sha256("contents\n"));
    let unpacked = fetch("unpacked", &url("x.nar")).env("unpack", "1").fixed(ContentAddressMethod::Nar, sha256(unsafe_text(&archive)));
    let wrong = fetch("wrong", &url("a%20file")).fixed(ContentAddressMethod::Flat, sha256("x"));
    let web = fetch("web", "https://example.org/x").fixed(ContentAddressMethod::Flat, sha256("x"));
    let free = fetch("free", &url("a%20file")).add();
    fixture.check(
        &[&flat, &unpacked, &wrong, &web, &free],
        expect![[r#"
            plan: flat.drv unpacked.drv wrong.drv web.drv free.drv
            start flat.drv
            done flat.drv
            start unpacked.drv
            done unpacked.drv
            start wrong.drv
            failed wrong.drv (HashMismatch)
            start web.drv
            web.drv> error: unable to download 'https://example.org/x': nothing but file:// URLs can be downloaded yet
            failed web.drv (TransientFailure)
            start free.drv
            free.drv> error: 'builtin:fetchurl' must be a fixed-output derivation
            failed free.drv (PermanentFailure)
            Built
            out -> [] contents
            Built
            out -> [] unpacked
            error: hash mismatch in fixed-output derivation '/nix/store/-wrong.drv':
              specified: sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=
                 got:    sha256-v+XtV+bjI1VbN5xmCqjTW3DC+PB88DrWdHJmSVrBO+A=
            error: Cannot build '/nix/store/-web.drv'.
            Reason: builder failed with exit code 1.
            Output paths:
              /nix/store/-web
            Last 1 log lines:
            > error: unable to download 'https://example.org/x': nothing but file:// URLs can be downloaded yet
            For full logs, run:
              nival log /nix/store/-web.drv
            error: Cannot build '/nix/store/-free.drv'.
            Reason: builder failed with exit code 1.
            Output paths:
              /nix/store/-free
            Last 1 log lines:
            > error: 'builtin:fetchurl' must be a fixed-output derivation
            For full logs, run:
              nival log /nix/store/-free.drv
        "#]],
    );
    fixture.verify();
}

/// Archives of text files are text.
fn unsafe_text(archive: &[u8]) -> &str {
    std::str::from_utf8(archive).unwrap()
}
