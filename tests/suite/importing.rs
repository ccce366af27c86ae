//! Import from derivation: what is built in the midst of evaluation, and what is copied out of the store, as with real Nix. Each
//! of the two starts with an empty store.

use nival_tests::world::{Said, World, run};

const FEATURES: &str = "ca-derivations dynamic-derivations impure-derivations flakes nix-command";

/// `d` makes a derivation of a script and further attributes, `c` one whose output is addressed by its contents, `t` one that makes
/// a derivation.
const HEAD: &str = r#"with builtins; let
    d = script: a: derivation ({ name = "x"; system = currentSystem; builder = "/bin/sh"; args = [ "-c" script ]; } // a);
    c = script: a: d script ({ __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; } // a);
    t = script: a: c script ({ name = "x.drv"; outputHashMode = "text"; } // a);
    one = d "echo 1 > $out" { };
    folder = d "/bin/mkdir $out; echo ${one} > $out/a" { };
in "#;

const TABLE: &[&str] = &[
    r#"import (d "echo 1 + 2 > $out" { })"#,
    r#"fromJSON (readFile (d "echo '{ \"a\": [] }' > $out" { }))"#,
    r#"readDir folder"#,
    r#"[ (pathExists folder) (readFileType "${folder}/a") (hashFile "sha256" "${folder}/a") (readFile "${folder}/a") ]"#,
    r#"getContext (readFile "${folder}/a")"#,
    r#"import one.drvPath == one"#,
    r#"(d "" { a = import one; }).drvPath"#,
    r#"(d "" { a = readFile "${folder}/a"; }).drvPath"#,
    // A copy refers to what the original refers to.
    r#"path { path = one; name = "z"; }"#,
    r#"path { path = folder; name = "z"; }"#,
    r#"path { path = "${folder}/"; name = "z"; }"#,
    r#"path { path = "${folder}/a"; name = "z"; }"#,
    r#"path { path = d "/bin/mkdir $out; echo $out > $out/a" { }; name = "z"; }"#,
    r#"filterSource (path: type: true) folder"#,
    r#"path { path = folder; name = "z"; recursive = false; }"#,
    r#"path { path = d "echo ${one} > $out" { }; name = "z"; recursive = false; }"#,
    r#"path { path = folder; name = "z"; sha256 = ""; }"#,
    r#"let y = toFile "y" "z"; in path { path = toFile "x" y; name = "q"; }"#,
    r#"let y = toFile "y" "z"; in "${/. + unsafeDiscardStringContext (toFile "x" y)}""#,
    // What fails.
    r#"import (d "exit 3" { })"#,
    r#"import (d "echo > $out" { outputHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; })"#,
    r#"readFile "${one}/none""#,
    r#"import (d "" { })"#,
    r#"tryEval (import (d "exit 3" { }))"#,
    r#"readFile (outputOf one.outPath "out")"#,
];

fn ask(world: &World, mut command: std::process::Command, flags: &[&str], expression: &str) -> Said {
    world.empty_store();
    command.args(["--eval", "--strict", "--option", "sandbox", "false", "--option", "experimental-features", FEATURES]);
    run(command.args(flags).args(["-E", &format!("{HEAD}{expression}")]))
}

fn compare(flags: &[&str], table: &[&str]) -> usize {
    let world = World::default();
    let (mut wrong, mut values) = (Vec::new(), 0);
    for expression in table {
        let theirs = ask(&world, world.real_nix("nix-instantiate"), flags, expression);
        let ours = ask(&world, world.nival_as("nix-instantiate"), flags, expression);
        values += usize::from(theirs.code == Some(0));
        if (ours.code, &ours.out) != (theirs.code, &theirs.out) {
            wrong.push(format!(
                "{expression}\nnival: {:?} {} {}\nNix: {:?} {} {}",
                ours.code, ours.out, ours.err, theirs.code, theirs.out, theirs.err
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), table.len(), wrong.join("\n"));
    values
}

#[test]
fn what_is_imported_is_built_as_by_real_nix() {
    assert!(compare(&["--read-write-mode"], TABLE) > 15);
}

/// Nothing is written, so nothing is built.
#[test]
fn nothing_is_built_without_writing() {
    assert_eq!(compare(&[], &["import one", "readDir folder", "path { path = one; }"]), 0);
}

#[test]
fn imports_that_are_not_allowed() {
    let world = World::default();
    let flags = ["--read-write-mode", "--option", "allow-import-from-derivation", "false"];
    let ours = ask(&world, world.nival_as("nix-instantiate"), &flags, "import one").failed();
    let theirs = ask(&world, world.real_nix("nix-instantiate"), &flags, "import one").failed();
    let last = |text: &str| text.lines().rfind(|line| line.contains("error: ")).unwrap_or_default().trim().to_owned();
    assert_eq!(last(&ours), last(&theirs));
}
