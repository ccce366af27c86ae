//! Lock files, good and hostile.

use expect_test::{Expect, expect};
use nival_flake::LockFile;

use crate::host::{Fixture, set_times, write};

const FLAKE: &str = r#"
    //- flake.nix
    {
      inputs.dep.url = "github:owner/dep";
      inputs.other = { url = "github:owner/other"; inputs.dep.follows = "dep"; };
      outputs = { self, dep, other }: {
        x = "${dep.name} ${other.name}";
        dep = { inherit (dep) rev shortRev lastModified; };
        same = dep.outPath == other.inputs.dep.outPath;
      };
    }
    //- dep/flake.nix
    { outputs = { self }: { name = "dep"; }; }
    //- other/flake.nix
    { inputs.dep.url = "github:owner/dep"; outputs = { self, dep }: { name = "other with ${dep.name}"; }; }
"#;

fn lock(hash: &str, other: &str) -> String {
    let node = |name: &str, hash: &str, inputs: &str| {
        format!(
            r#""{name}": {{ {inputs} "locked": {{ "type": "github", "owner": "owner", "repo": "{name}", "rev": "0123456789012345678901234567890123456789",
            "narHash": "{hash}", "lastModified": 1600000000 }}, "original": {{ "type": "github", "owner": "owner", "repo": "{name}" }} }}"#
        )
    };
    format!(
        r#"{{ "version": 7, "root": "root", "nodes": {{ "root": {{ "inputs": {{ "dep": "dep", "other": "other" }} }}, {}, {} }} }}"#,
        node("dep", hash, ""),
        node("other", other, r#""inputs": { "dep": ["dep"] },"#)
    )
}

#[test]
fn what_the_store_has_is_used() {
    let fixture = Fixture::new(FLAKE);
    let (dep, other) = (fixture.add_to_store("dep"), fixture.add_to_store("other"));
    write(&fixture.dir.join("flake.lock"), lock(&dep, &other).as_bytes());
    set_times(&fixture.dir);
    fixture.check(
        "[ flake.x flake.dep flake.lastModified flake.same ]",
        expect![[r#"["dep other with dep",{"lastModified":1600000000,"rev":"0123456789012345678901234567890123456789","shortRev":"0123456"},1700000000,true]"#]],
    );
}

#[test]
fn what_it_has_not_is_an_error_when_it_is_needed() {
    let fixture = Fixture::new(FLAKE);
    let hash = fixture.add_to_store("dep");
    write(&fixture.dir.join("flake.lock"), lock(&hash, "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").as_bytes());
    fixture.check("flake.dep.shortRev", expect![[r#""0123456""#]]);
    fixture.check(
        "flake.x",
        expect![
            "error: 'https://github.com/owner/other/archive/0123456789012345678901234567890123456789.tar.gz' cannot be fetched in a test"
        ],
    );
}

#[test]
fn relative_and_absolute_paths() {
    let fixture = Fixture::new(
        r#"
        //- flake.nix
        { inputs.a.url = "path:./a"; outputs = { self, a }: { x = a.inputs.b.name; y = a.outPath == self + "/./a"; }; }
        //- a/flake.nix
        { inputs.b.url = "path:../b"; outputs = { self, b }: { }; }
        //- b/flake.nix
        { outputs = { self }: { name = "b"; }; }
        //- flake.lock
        { "version": 7, "root": "root", "nodes": {
          "root": { "inputs": { "a": "a" } },
          "a": { "inputs": { "b": "b" }, "locked": { "type": "path", "path": "./a" }, "original": { "type": "path", "path": "./a" }, "parent": [] },
          "b": { "locked": { "type": "path", "path": "../b" }, "original": { "type": "path", "path": "../b" }, "parent": [ "a" ] } } }
        "#,
    );
    fixture.check("[ flake.x flake.y ]", expect![[r#"["b",true]"#]]);
    // A path that is locked has to have the hash that it is locked to.
    let absolute = Fixture::new("//- flake.nix\n{ }\n//- a/flake.nix\n{ outputs = { self }: { name = \"a\"; }; }");
    let path = absolute.dir.join("a").display().to_string();
    let flake = format!("{{ inputs.a.url = \"path:{path}\"; outputs = {{ self, a }}: {{ x = a.name; }}; }}");
    write(&absolute.dir.join("flake.nix"), flake.as_bytes());
    let lock = format!(
        r#"{{ "version": 7, "root": "root", "nodes": {{ "root": {{ "inputs": {{ "a": "a" }} }},
        "a": {{ "locked": {{ "type": "path", "path": "{path}", "narHash": "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }},
               "original": {{ "type": "path", "path": "{path}" }} }} }} }}"#
    );
    absolute.check("flake.x", expect![[r#""a""#]]);
    write(&absolute.dir.join("flake.lock"), lock.as_bytes());
    absolute.check("flake.x", expect!["error: NAR hash mismatch in input 'path:<dir>/a?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D', expected 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' but got 'sha256-0h0EunWHEplJFtuzJZXXWrRNg0UfYqiE/AuvMDjJ4wo='"]);
}

#[test]
fn hostile_lock_files() {
    let check = |text: &str, expected: Expect| {
        let shown = match LockFile::parse(text.as_bytes(), "flake.lock") {
            Ok(lock) => format!("{} nodes", lock.nodes.len()),
            Err(error) => format!("error: {error}"),
        };
        expected.assert_eq(&shown);
    };
    check("", expect!["error: could not parse 'flake.lock': EOF while parsing a value at line 1 column 0"]);
    check("[]", expect!["error: could not parse 'flake.lock': it is not an object"]);
    check(r#"{"version": 9}"#, expect!["error: lock file 'flake.lock' has unsupported version 9"]);
    check(
        r#"{"version": 7, "root": "r", "nodes": {}}"#,
        expect!["error: could not parse 'flake.lock': lock file references missing node 'r'"],
    );
    check(
        r#"{"version": 7, "root": "r", "nodes": {"r": {"inputs": {"a": "a"}}}}"#,
        expect!["error: could not parse 'flake.lock': lock file references missing node 'a'"],
    );
    check(
        r#"{"version": 7, "root": "r", "nodes": {"r": {"inputs": {"a": 1}}}}"#,
        expect!["error: could not parse 'flake.lock': node 'r': an input path is not a list of names"],
    );
    check(
        r#"{"version": 7, "root": "r", "nodes": {"r": {}, "a": {}}}"#,
        expect!["error: could not parse 'flake.lock': node 'a': attribute 'locked' missing in lock file"],
    );
    check(
        r#"{"version": 7, "root": "r", "nodes": {"r": {}, "a": {"locked": {"x": []}, "original": {}}}}"#,
        expect!["error: could not parse 'flake.lock': node 'a': the attribute 'x' is neither a text, a number nor a Boolean"],
    );
    check(
        r#"{"version": 7, "root": "r", "nodes": {"r": {}, "a": {"locked": {}, "original": {}, "inputs": {"r": "r"}}}}"#,
        expect!["error: could not parse 'flake.lock': lock file contains cycle to root node"],
    );
    check(
        r#"{"version": 5, "root": "r", "nodes": {"r": {}, "a": {"info": {"narHash": "x"}, "locked": {}, "original": {}}}}"#,
        expect!["2 nodes"],
    );
    check(&"[".repeat(100_000), expect!["error: could not parse 'flake.lock': recursion limit exceeded at line 1 column 128"]);

    // Nodes in a circle, and follows in a circle.
    let circle = r#"
        //- flake.nix
        { inputs.a.url = "github:o/a"; outputs = { self, a }: { x = 1; }; }
        //- flake.lock
        { "version": 7, "root": "root", "nodes": {
          "root": { "inputs": { "a": "a" } },
          "a": { "inputs": { "b": "b" }, "locked": { "type": "github", "owner": "o", "repo": "a" }, "original": { "type": "github", "owner": "o", "repo": "a" } },
          "b": { "inputs": { "a": "a", "c": ["a", "b", "c"] }, "locked": { "type": "github", "owner": "o", "repo": "a" }, "original": { "type": "github", "owner": "o", "repo": "a" } } } }
    "#;
    Fixture::new(circle).check("flake.x", expect!["error: flake inputs are nested more than 200 deep"]);
    Fixture::new(&circle.replace(r#", "c": ["a", "b", "c"]"#, ""))
        .check("flake.x", expect!["error: flake inputs are nested more than 200 deep"]);
}
