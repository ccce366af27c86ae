//! `fetchClosure` from binary caches that real Nix made and signed, beside real Nix: results, refusals, and what is in the store.

use std::process::Command;

use nival_tests::http::FileServer;
use nival_tests::world::{World, run, run_with};

/// A derivation with a reference to another and to itself.
const CLOSURE: &str = r#"let
    d = name: script: derivation { inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" script ]; };
    dep = d "dep" "echo 1 > $out";
in d "x" "/bin/mkdir $out; echo ${dep} $out > $out/f; echo 1 + 2 > $out/value.nix""#;

/// Flags, and the argument of `fetchClosure`. `U/` is where the caches are, `X` a path that is addressed by its inputs, `C` what is
/// made of it by its contents, `T` another one such.
const TABLE: &[(&str, &str)] = &[
    ("", r#"fromStore = "U/cache"; fromPath = C;"#),
    ("", r#"fromStore = "U/cache/"; fromPath = "C";"#),
    ("", r#"fromStore = "U/plain"; fromPath = C;"#),
    ("", r#"fromStore = "U/zstd"; fromPath = C;"#),
    ("", r#"fromStore = "U/cache"; fromPath = X;"#),
    ("--option trusted-public-keys K", r#"fromStore = "U/cache"; fromPath = X;"#),
    ("--option extra-trusted-public-keys K", r#"fromStore = "U/cache"; fromPath = X; inputAddressed = true;"#),
    ("--option extra-trusted-public-keys K", r#"fromStore = "U/plain"; fromPath = X; inputAddressed = true;"#),
    (
        "--option trusted-public-keys k-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        r#"fromStore = "U/cache"; fromPath = X; inputAddressed = true;"#,
    ),
    ("--no-require-sigs", r#"fromStore = "U/plain"; fromPath = X; inputAddressed = true;"#),
    ("", r#"fromStore = "U/cache"; fromPath = C; inputAddressed = true;"#),
    ("", r#"fromStore = "U/cache"; fromPath = X; toPath = "";"#),
    ("", r#"fromStore = "U/plain"; fromPath = X; toPath = C;"#),
    ("", r#"fromStore = "U/cache"; fromPath = X; toPath = T;"#),
    ("", r#"fromStore = "U/cache"; fromPath = X; toPath = X;"#),
    ("", r#"fromStore = "U/cache"; fromPath = X; toPath = C; inputAddressed = true;"#),
    ("", r#"fromStore = "U/cache"; fromPath = C; toPath = "";"#),
    ("", r#"fromStore = "U/cache"; fromPath = T;"#),
    ("", r#"fromStore = "U/cache"; fromPath = "${builtins.storeDir}/0ccnxa25whszw7mgbgyzdm4nqc0zwnm8-x";"#),
    ("", r#"fromStore = "U/cache"; fromPath = "C/f";"#),
    ("", r#"fromStore = "U/cache"; fromPath = "/etc";"#),
    ("", r#"fromStore = "U/cache"; fromPath = "etc";"#),
    ("", r#"fromStore = "U/cache"; fromPath = 1;"#),
    ("", r#"fromStore = "U/cache";"#),
    ("", r#"fromPath = X;"#),
    ("", r#"fromStore = "U/cache"; fromPath = X; other = 1;"#),
    ("", r#"fromStore = "U/cache"; fromPath = X; inputAddressed = 1;"#),
    ("", r#"fromStore = 1; fromPath = X;"#),
    ("", r#"fromStore = "file://R/cache"; fromPath = C;"#),
    ("", r#"fromStore = "U/cache?a=b"; fromPath = C;"#),
    ("", r#"fromStore = "U/none"; fromPath = C;"#),
    ("--restrict-eval", r#"fromStore = "U/cache"; fromPath = C;"#),
    ("--pure-eval", r#"fromStore = "U/cache"; fromPath = C;"#),
];

#[test]
fn closures_are_fetched_as_by_real_nix() {
    let world = World::default();
    let server = FileServer::new(world.path());
    let folder = world.path().display().to_string();
    let features = ["--option", "experimental-features", "nix-command fetch-closure flakes", "--option", "sandbox", "false"];
    let nix = |args: &[&str]| run(world.real_nix("nix").args(args).args(features)).ok();
    let path = run(world.real_nix("nix-build").args(["--no-out-link", "-E", CLOSURE]).args(features)).ok();
    let made: serde_json::Value = serde_json::from_str(&nix(&["store", "make-content-addressed", "--json", &path])).expect("JSON");
    let addressed = made["rewrites"][&path].as_str().expect("a path").to_owned();
    let text = nix(&["store", "add", "--name", "t", &world.write("t", "1").display().to_string()]);
    let key = world.write("key", nix(&["key", "generate-secret", "--key-name", "k-1"]));
    let secret = std::fs::read(&key).expect("a key");
    let public = run_with(world.real_nix("nix").args(["key", "convert-secret-to-public"]).args(features), secret).ok();
    for (name, parameters) in
        [("cache", format!("?secret-key={}", key.display())), ("plain", "?compression=none".into()), ("zstd", "?compression=zstd".into())]
    {
        nix(&["copy", "--to", &format!("file://{folder}/{name}{parameters}"), &path, &addressed, &text]);
    }
    let fill = |template: &str| {
        let names = [("U/", format!("{}/", server.url)), ("R/", format!("{folder}/"))];
        let filled = names.iter().fold(template.to_owned(), |text, (from, to)| text.replace(from, to));
        let paths = [(" X;", &path), (" C;", &addressed), (" T;", &text)];
        let filled = paths.iter().fold(filled, |text, (from, to)| text.replace(from, &format!(" {to};")));
        filled.replace("\"C", &format!("\"{addressed}")).replace(" K", &format!(" {public}"))
    };
    let mut wrong = Vec::new();
    let mut values = 0;
    for (flags, argument) in TABLE {
        let (flags, argument) = (fill(flags), fill(argument));
        let ask = |mut command: Command| {
            world.empty_store();
            command.args(["--eval", "--strict", "--option", "download-attempts", "1"]).args(features).args(flags.split_whitespace());
            let expression = format!(
                "with builtins; let x = fetchClosure {{ {argument} }}; in [ x (getContext x) (if pathExists \"${{x}}/f\" then readFile \"${{x}}/f\" else 0) ]"
            );
            let said = run(command.args(["-E", &expression]));
            let last = said.err.lines().rfind(|line| line.contains("error: ")).unwrap_or_default().trim().to_owned();
            (said.code, said.out, last, world.store_entries())
        };
        let (theirs, ours) = (ask(world.real_nix("nix-instantiate")), ask(world.nival_as("nix-instantiate")));
        values += usize::from(theirs.0 == Some(0));
        if ours != theirs {
            wrong.push(format!("{flags} {argument}\nnival: {ours:#?}\nNix: {theirs:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
    assert!(values > 7, "real Nix gives only {values} values");
    // What was copied is what it says it is.
    world.empty_store();
    let expression = fill(r#"builtins.fetchClosure { fromStore = "U/cache"; fromPath = X; toPath = C; }"#);
    run(world.nival_as("nix-instantiate").args(["--eval", "-E", &expression]).args(features)).ok();
    run(world.real_nix("nix-store").args(["--verify", "--check-contents"])).ok();
}
