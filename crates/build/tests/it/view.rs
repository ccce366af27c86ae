//! The environment and files that builders find.

use expect_test::expect;

use crate::fixture::{Fixture, no_references};

#[test]
fn environment_and_files() {
    // How a shell shows its variables is its own affair.
    let mut fixture = Fixture::with_tools(&[]);
    fixture.config.impure_env = [("http_proxy".into(), "proxy".into()), ("secret".into(), "x".into())].into();
    let dep = fixture.draft("dep", "echo dep > $out").add();
    let script = "export -p; echo $0; while read l; do echo \"[$l]\"; done < graph; while read l; do echo \"[$l]\"; done < $textPath; echo $NIX_LOG_FD > $out";
    let drv = fixture
        .draft("env", script)
        .input("dep", &dep)
        .env("passAsFile", "text")
        .env("text", "contents of text\n")
        .env("exportReferencesGraph", &format!("graph {}", fixture.store.store_dir().print(&fixture.realise(&dep).outputs["out"])))
        .env("placeholder", &nival_store::store_path::output_placeholder("out"))
        .env("impureEnvVars", "http_proxy unset")
        .add();
    fixture.check(
        &[&drv],
        expect![[r#"
            plan: env.drv
            start env.drv
            env.drv> export HOME='/homeless-shelter'
            env.drv> export NIX_BUILD_CORES='3'
            env.drv> export NIX_BUILD_TOP='/build'
            env.drv> export NIX_LOG_FD='2'
            env.drv> export NIX_STORE='/nix/store'
            env.drv> export PATH='/path-not-set'
            env.drv> export PWD='/build'
            env.drv> export SHLVL='1'
            env.drv> export TEMP='/build'
            env.drv> export TEMPDIR='/build'
            env.drv> export TERM='xterm-256color'
            env.drv> export TMP='/build'
            env.drv> export TMPDIR='/build'
            env.drv> export dep='/nix/store/-dep'
            env.drv> export exportReferencesGraph='graph /nix/store/-dep'
            env.drv> export impureEnvVars='http_proxy unset'
            env.drv> export name='env'
            env.drv> export out='/nix/store/-env'
            env.drv> export passAsFile='text'
            env.drv> export placeholder='/nix/store/-env'
            env.drv> export textPath='/build/.attr-1lf969yddshzhld7sr1vbagr07bnygg99lgl6gk5kxcnp4z9wbcq'
            env.drv> sh
            env.drv> [/nix/store/-dep]
            env.drv> []
            env.drv> [0]
            env.drv> [contents of text]
            done env.drv
            Built
            out -> [] 2
        "#]],
    );
}

#[test]
fn structured_attributes() {
    let fixture = Fixture::new();
    let source = fixture.store.add_text("source", b"some text\n", &no_references()).unwrap();
    let printed = fixture.store.store_dir().print(&source);
    let json = format!(r#"{{"z":1,"list":["a","b c"],"exportReferencesGraph":{{"graph":["{printed}"]}},"name":"attrs"}}"#);
    let script = "while read -r l; do echo \"$l\"; done < $NIX_ATTRS_SH_FILE; while read -r l || [ -n \"$l\" ]; do echo \"$l\"; done < $NIX_ATTRS_JSON_FILE; echo \"z=$z\"; exit 1";
    let drv = fixture.draft("attrs", script).source("source", &source).structured(&json).add();
    fixture.check(
        &[&drv],
        expect![[r#"
            plan: attrs.drv
            start attrs.drv
            attrs.drv> declare -a list=('a' 'b c' )
            attrs.drv> declare name='attrs'
            attrs.drv> declare -A outputs=(['out']='/nix/store/-attrs' )
            attrs.drv> declare z=1
            attrs.drv> {"exportReferencesGraph":{"graph":["/nix/store/-source"]},"graph":[{"ca":"text:sha256:19hyd1ia8nwcby9mgzv17zfn660hcfwvg8513bcbsxmjszf5ygm2","closureSize":128,"narHash":"sha256:19r39kx95jfxbwj6b9xbhla2llbz60r2gfcviq63gv5q7k0kqyp4","narSize":128,"path":"/nix/store/-source","references":[],"valid":true}],"list":["a","b c"],"name":"attrs","outputs":{"out":"/nix/store/-attrs"},"z":1}
            attrs.drv> z=
            failed attrs.drv (PermanentFailure)
            error: Cannot build '/nix/store/-attrs.drv'.
            Reason: builder failed with exit code 1.
            Output paths:
              /nix/store/-attrs
            Last 6 log lines:
            > declare -a list=('a' 'b c' )
            > declare name='attrs'
            > declare -A outputs=(['out']='/nix/store/-attrs' )
            > declare z=1
            > {"exportReferencesGraph":{"graph":["/nix/store/-source"]},"graph":[{"ca":"text:sha256:19hyd1ia8nwcby9mgzv17zfn660hcfwvg8513bcbsxmjszf5ygm2","closureSize":128,"narHash":"sha256:19r39kx95jfxbwj6b9xbhla2llbz60r2gfcviq63gv5q7k0kqyp4","narSize":128,"path":"/nix/store/-source","references":[],"valid":true}],"list":["a","b c"],"name":"attrs","outputs":{"out":"/nix/store/-attrs"},"z":1}
            > z=
            For full logs, run:
              nival log /nix/store/-attrs.drv
        "#]],
    );
}
