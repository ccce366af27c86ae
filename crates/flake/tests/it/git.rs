//! Flakes in Git repositories: only what is tracked counts.

use expect_test::expect;

use crate::host::{Fixture, set_times, write};

/// A Git index of version 2.
fn index(names: &[&str]) -> Vec<u8> {
    let mut out = b"DIRC".to_vec();
    out.extend(2u32.to_be_bytes());
    out.extend((names.len() as u32).to_be_bytes());
    for name in names {
        let start = out.len();
        let mut entry = [0u8; 62];
        entry[24..28].copy_from_slice(&0o100_644u32.to_be_bytes());
        out.extend(entry);
        out.extend(name.bytes());
        out.push(0);
        out.resize(start + (out.len() - start).div_ceil(8) * 8, 0);
    }
    out
}

#[test]
fn tracked_files() {
    let fixture = Fixture::new(
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
    );
    write(&fixture.dir.join(".git/index"), &index(&["flake.nix", "gone.nix", "sub/flake.nix"]));
    set_times(&fixture.dir);
    let reference = format!("git+file://{}", fixture.dir.display());
    expect![[r#"[["flake.nix","sub"],["flake.nix"],1700000000,false,false]"#]]
        .assert_eq(&fixture.eval_reference(&reference, "[ flake.names flake.sub flake.lastModified flake.submodules (flake ? rev) ]"));
    expect!["error: path '<store>/untracked.nix' does not exist"].assert_eq(
        &fixture
            .eval_reference(&reference, "flake.x")
            .replace(&fixture.eval_reference(&reference, "flake.outPath").replace('"', ""), "<store>"),
    );
    expect![[r#"["sub",true]"#]].assert_eq(&fixture.eval_reference(&format!("{reference}?dir=sub"), "[ flake.here flake.above ]"));
    expect!["error: 'git+file://<dir>?rev=0123456789012345678901234567890123456789' would have to be fetched, which nival does not do yet: it is not a folder of this machine, and the store does not have it"].assert_eq(&fixture.eval_reference(&format!("{reference}?rev=0123456789012345678901234567890123456789"), "flake.names"));
    write(&fixture.dir.join(".git/index"), b"garbage");
    expect!["error: cannot read the index of the Git repository '<dir>': it has another format"]
        .assert_eq(&fixture.eval_reference(&reference, "flake.names"));
}
