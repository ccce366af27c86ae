//! Flakes in Git repositories: only what is tracked counts.

use std::path::Path;
use std::process::Command;

use expect_test::expect;

use crate::host::{Fixture, write};

fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e@x", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000")
        .output()
        .unwrap_or_else(|error| panic!("git is needed: install it ({error})"));
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn fixture() -> Fixture {
    Fixture::new(
        r#"
        //- flake.nix
        { outputs = { self }: { names = builtins.attrNames (builtins.readDir ./.); sub = builtins.attrNames (builtins.readDir ./sub); x = import ./untracked.nix; }; }
        //- untracked.nix
        1
        //- sub/flake.nix
        { outputs = { self }: { here = builtins.baseNameOf self.outPath; above = self.sourceInfo.outPath + "/sub" == self.outPath; }; }
        //- sub/untracked
        1
        "#,
    )
}

#[test]
fn tracked_files() {
    let fixture = fixture();
    git(&fixture.dir, &["init", "-q"]);
    write(&fixture.dir.join("gone.nix"), b"1");
    git(&fixture.dir, &["add", "flake.nix", "sub/flake.nix", "gone.nix"]);
    git(&fixture.dir, &["commit", "-qm", "1"]);
    let rev = git(&fixture.dir, &["rev-parse", "HEAD"]);
    let reference = format!("git+file://{}", fixture.dir.display());
    let eval = |expr: &str| fixture.eval_reference(&reference, expr).replace(&rev, "<rev>").replace(&rev[..7], "<short>");
    expect![[r#"[["flake.nix","gone.nix","sub"],["flake.nix"],1700000000,false,"<rev>","<short>",1,false]"#]].assert_eq(&eval(
        "[ flake.names flake.sub flake.lastModified flake.submodules flake.rev flake.shortRev flake.revCount (flake ? dirtyRev) ]",
    ));
    std::fs::remove_file(fixture.dir.join("gone.nix")).unwrap();
    expect![[r#"[["flake.nix","sub"],"<rev>-dirty","<short>-dirty",false,1700000000]"#]]
        .assert_eq(&eval("[ flake.names flake.dirtyRev flake.dirtyShortRev (flake ? rev) flake.lastModified ]"));
    expect!["error: path '<store>/untracked.nix' does not exist"]
        .assert_eq(&eval("flake.x").replace(&eval("flake.outPath").replace('"', ""), "<store>"));
    expect![[r#"["sub",true]"#]].assert_eq(&fixture.eval_reference(&format!("{reference}?dir=sub"), "[ flake.here flake.above ]"));
    write(&fixture.dir.join(".git/index"), b"garbage");
    expect!["error: cannot read the index of the Git repository '<dir>': it has another format"].assert_eq(&eval("flake.names"));
}

#[test]
fn revisions() {
    let fixture = fixture();
    git(&fixture.dir, &["init", "-q"]);
    git(&fixture.dir, &["add", "flake.nix", "sub"]);
    git(&fixture.dir, &["commit", "-qm", "1"]);
    let rev = git(&fixture.dir, &["rev-parse", "HEAD"]);
    git(&fixture.dir, &["rm", "-rq", "sub"]);
    git(&fixture.dir, &["commit", "-qm", "2"]);
    let reference = |query: &str| format!("git+file://{}?{query}", fixture.dir.display());
    let at = |query: &str| fixture.eval_reference(&reference(query), "[ flake.names flake.revCount ]");
    expect![[r#"[["flake.nix","sub"],1]"#]].assert_eq(&at(&format!("rev={rev}")));
    expect![[r#"[["flake.nix"],2]"#]].assert_eq(&at("ref=main"));
    expect!["error: getting Git object '0123456789012345678901234567890123456789': object not found - no match for id"]
        .assert_eq(&at("rev=0123456789012345678901234567890123456789"));
    expect!["error: resolving Git reference 'none': revspec 'none' not found"].assert_eq(&at("ref=none"));
}
