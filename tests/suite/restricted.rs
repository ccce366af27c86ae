//! What restricted and pure evaluation may read and fetch: the same as with real Nix.

use std::process::Command;

use nival_tests::world::{World, run};

/// Flags and expressions; `R/` is a folder.
const TABLE: &[(&str, &str)] = &[
    ("", "fetchurl \"file://R/d/a\""),
    ("--option allowed-uris file://R/d", "fetchurl \"file://R/d/a\""),
    ("--option allowed-uris file://R/d/a", "fetchurl \"file://R/d/a\""),
    ("--option allowed-uris file://R/d/a/", "fetchurl \"file://R/d/a\""),
    ("--option allowed-uris file:", "fetchurl \"file://R/d/a\""),
    ("--option allowed-uris fil", "fetchurl \"file://R/d/a\""),
    ("--option allowed-uris file://R/dd", "fetchurl \"file://R/d/a\""),
    ("--option allowed-uris file://R/d", "readFile \"${fetchurl \"file://R/d/a\"}\""),
    ("", "fetchTarball \"file://R/t.tar\""),
    ("--option allowed-uris file://R/t.tar", "fetchTarball \"file://R/t.tar\""),
    ("", "fetchGit R/d"),
    ("-I R/d", "(fetchGit R/d).rev"),
    ("--option allowed-uris file://R/d", "(fetchGit \"file://R/d\").rev"),
    ("--option allowed-uris git+file://R/d", "(fetchGit \"file://R/d\").rev"),
    ("--option allowed-uris git+file:", "(fetchGit \"file://R/d\").rev"),
    ("--option allowed-uris git+file://R", "(fetchGit R/d).rev"),
    ("", "(fetchTree { type = \"git\"; url = \"file://R/d\"; }).rev"),
    ("--option allowed-uris git+file://R/d/", "(fetchTree { type = \"git\"; url = \"file://R/d\"; }).rev"),
    ("", "(fetchTree { type = \"path\"; path = \"R/d\"; }).narHash"),
    ("--option allowed-uris path:R", "(fetchTree { type = \"path\"; path = \"R/d\"; }) ? narHash"),
    ("", "fetchTree \"github:a/b\""),
    ("", "(fetchTree { type = \"tarball\"; url = \"file://R/t.tar\"; }).narHash"),
    ("--option allowed-uris file://R/t.tar", "(fetchTree { type = \"tarball\"; url = \"file://R/t.tar\"; }).narHash"),
    ("--option allowed-uris file+file://R/d", "(fetchTree { type = \"file\"; url = \"file://R/d/a\"; }).narHash"),
    ("--option allowed-uris file:", "(fetchTree { type = \"file\"; url = \"file://R/d/a\"; }).narHash"),
    ("", "fetchMercurial \"file://R/d\""),
    ("", "(getFlake \"git+file://R/d\").n"),
    ("--option allowed-uris git+file:", "(getFlake \"git+file://R/d\").n"),
    ("", "readFile R/d/a"),
    ("--option allowed-uris file://R/d", "readFile R/d/a"),
    ("-I R/d", "readFile R/d/a"),
    ("-I R/d/x.nix", "import R/d/x.nix"),
    ("", "pathExists R/d/a"),
    ("-I R/d", "readDir R"),
    ("-I R/d/sub", "readDir R/d"),
    ("-I R/d/sub", "[ (pathExists R/d/sub) (pathExists R/d/a) (readDir R/d/sub) ]"),
    ("", "path { path = R/d; }"),
    ("", "getEnv \"HOME\""),
    ("", "currentSystem"),
    ("", "currentTime > 0"),
    ("", "toString ~/x"),
    ("--pure-eval", "(fetchGit { url = \"file://R/d\"; rev = \"@\"; }).rev"),
    ("--pure-eval --option allowed-uris git+file:", "(fetchGit { url = \"file://R/d\"; rev = \"@\"; }).rev"),
    ("--pure-eval --option restrict-eval false", "(fetchGit { url = \"file://R/d\"; rev = \"@\"; }).rev"),
    ("--pure-eval --option restrict-eval false --option allowed-uris file:", "fetchurl \"file://R/d/a\""),
    ("--pure-eval --option restrict-eval false", "readFile R/d/a"),
    ("--pure-eval --option restrict-eval false", "storePath \"/x\""),
    ("--pure-eval --option restrict-eval false", "fetchurl { url = \"file://R/d/a\"; sha256 = hashString \"sha256\" \"\"; }"),
];

#[test]
fn what_may_be_read_and_fetched_is_as_with_real_nix() {
    let world = World::default();
    for (name, text) in
        [("d/a", "1"), ("d/sub/b", "1"), ("d/x.nix", "3"), ("d/flake.nix", "{ outputs = { self }: { n = 1; }; }"), ("t/f", "1")]
    {
        world.write(name, text);
    }
    let script = "tar -cf t.tar t; cd d; export GIT_CONFIG_GLOBAL=/dev/null; git init -q -b main; git add .;
        git -c user.name=n -c user.email=e@x commit -qm 1; git rev-parse HEAD";
    let rev = run(Command::new("sh").args(["-ec", script]).current_dir(world.path())).ok();
    let folder = world.path().display().to_string();
    let fill = |text: &str| text.replace("R/", &format!("{folder}/")).replace(" R", &format!(" {folder}")).replace('@', &rev);
    let mut wrong = Vec::new();
    for (flags, expression) in TABLE {
        let (flags, expression) = (fill(flags), fill(expression));
        let ask = |mut command: Command| {
            command.args(["--eval", "--strict", "--restrict-eval", "--option", "experimental-features", "flakes fetch-tree"]);
            run(command.args(flags.split_whitespace()).args(["-E", &format!("with builtins; {expression}")]))
        };
        let (ours, theirs) = (ask(world.nival_as("nix-instantiate")), ask(world.real_nix("nix-instantiate")));
        let last = |text: &str| text.lines().rfind(|line| line.contains("error: ")).unwrap_or_default().trim().to_owned();
        if (ours.code, &ours.out, last(&ours.err)) != (theirs.code, &theirs.out, last(&theirs.err)) {
            wrong.push(format!("{flags} {expression}\nnival: {} {}\nNix: {} {}", ours.out, ours.err, theirs.out, theirs.err));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
}
