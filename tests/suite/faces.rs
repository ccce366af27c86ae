//! The command lines of `nix-instantiate` and `nix eval`, beside those of real Nix: the same output, the same exit code, the
//! same last word of an error.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nival_tests::tools::repository;
use nival_tests::world::{Said, World, run, run_with};

/// The message of the last error, on one line.
fn last_error(text: &str) -> String {
    text.rsplit("error: ")
        .next()
        .filter(|_| text.contains("error: "))
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// The lines of warnings and traces, without the places below them.
fn warnings(text: &str) -> Vec<&str> {
    let starts = ["warning: ", "evaluation warning: ", "trace: "];
    text.lines().filter(|line| starts.iter().any(|start| line.starts_with(start))).collect()
}

#[track_caller]
fn same(what: &str, ours: &Said, theirs: &Said) {
    assert_eq!((ours.code, &ours.out), (theirs.code, &theirs.out), "{what}\n{}\n{}", ours.err, theirs.err);
    assert_eq!(warnings(&ours.err), warnings(&theirs.err), "{what}");
    assert_eq!(last_error(&ours.err), last_error(&theirs.err), "{what}\n{}\n{}", ours.err, theirs.err);
}

/// Runs a command line with both, in the world's folder.
#[track_caller]
fn compare(world: &World, name: &str, arguments: &[&str]) {
    let ask = |mut command: Command| run(command.args(arguments));
    same(&format!("{name} {arguments:?}"), &ask(world.nival_as(name)), &ask(world.real_nix(name)));
}

fn nix_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            nix_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "nix") {
            found.push(path);
        }
    }
}

#[test]
fn files_are_parsed_as_by_real_nix() {
    let world = World::default();
    let mut files = Vec::new();
    for folder in ["examples", "tests/fixtures/minipkgs", "crates"] {
        nix_files(&repository().join(folder), &mut files);
    }
    files.sort();
    assert!(files.len() > 20, "{}", files.len());
    for file in files {
        compare(&world, "nix-instantiate", &["--extra-experimental-features", "pipe-operators", "--parse", &file.to_string_lossy()]);
    }
}

#[test]
fn texts_are_parsed_as_by_real_nix() {
    let texts = [
        "{ or = 1; \"if\" = 2; \"a b\" = 3; \"\" = 4; \"é\" = 5; \"a${\"b\"}\" = 6; ${\"x\"} = 7; ${''${\"q\"}''} = 8; }",
        "[ ~/foo ./. ./a/../b /a/b/../c ./a${\"x\"}/b ~/x/../${\"y\"} /. a/b ./a/${\"x\"}//c /${\"x\"} ../.. <a/b> ]",
        "[ 1.5e300 0.1 1.0 123456789.0 100000.0 .5 9223372036854775807 ]",
        "''a''$b'''c''\\\\nd $ 'e ${\"f\"}''",
        "let x = 1; in [ ((-x) 1) ((x - 1) 2) (x <= 1) (x >= 1) ((x < 1) 2) (x > 1) (x * 2 / 3) (! x) ]",
        "let x = 1; in { inherit (x) b a; c = { inherit (x) p; }; inherit (x); inherit ({ }) d; inherit; inherit x; }",
        "rec { a.b = 1; a = rec { c = 2; }; ${\"q\" + \"r\"} = 1; x.${1}.y = 2; }",
        "{ b, a ? c, ... }@c: d: { }@e: f@{ ... }: let { body = 1; }",
        "with { }; assert x ? a.\"b c\".${y}; if a -> b then c.d.e or f g else x |> y",
        "__curPos",
        "{ a = 1; a.b = 2; }",
        "x: y",
        "{ a, a }: 1",
        "let ${\"a\" + \"b\"} = 1; in 1",
        "\"\0\"",
        "{ a = 1; ",
        "",
    ];
    let world = World::default();
    for text in texts {
        let ask = |mut command: Command| run_with(command.args(["--parse", "-", "--extra-experimental-features", "pipe-operators"]), text);
        same(text, &ask(world.nival_as("nix-instantiate")), &ask(world.real_nix("nix-instantiate")));
    }
}

const DERIVATION: &str = "derivation { name = \"x\"; system = \"s\"; builder = \"/b\"; }";

#[test]
fn nix_instantiate_as_real_nix() {
    let world = World::default();
    world.write("x.nix", "12");
    world.write("d/default.nix", "{ a ? 1 }: { b = a; drv = derivation { name = \"y\"; system = \"s\"; builder = \"/b\"; }; }");
    world.write("bytes.nix", b"\"\xff\xfe\"");
    world.write("nul.nix", b"\"a\0b\"");
    world.write("file.txt", "text\n");
    std::os::unix::fs::symlink("loop", world.path().join("loop")).expect("a link");
    std::fs::create_dir(world.path().join("empty")).expect("a folder");
    let lines: &[&[&str]] = &[
        &["--version"],
        &["--eval", "-E", "{ x ? 1 }: x"],
        &["--eval", "-E", "{ x ? 1 }: x", "--arg", "x", "1 + 1"],
        &["--eval", "-E", "{ x }: x", "--argstr", "x", "a"],
        &["--eval", "-E", "{ x }: x", "--arg", "x", "1 +"],
        &["--eval", "-E", "{ x }: x", "--arg-from-file", "x", "file.txt"],
        &["--eval", "-A", "a.b", "-A", "c", "-E", "{ a.b = 1; c = 2; }", "{ a.b = 3; c = 4; }"],
        &["--eval", "-A", "a.bc", "-E", "{ a.bd = 1; }"],
        &["--eval", "-A", "a.0.x", "-E", "{ a = [ { x = 1; } ]; }"],
        &["--eval", "-A", "a.1", "-E", "{ a = [ ]; }"],
        &["--eval", "x.nix", "d", "-A", "b"],
        &["--eval", "--json", "-E", "{ a = 1 + 1; }"],
        &["--eval", "--json", "--strict", "-E", "{ a = 1 + 1; }"],
        &["--eval", "--json", "-E", "{ a = 1; }"],
        &["--eval", "--xml", "-E", "{ a = 1 + 1; }"],
        &["--eval", "--xml", "--no-location", "--strict", "-E", "{ a = x: x; }"],
        &["--eval", "--raw", "-E", "\"x\""],
        &["--eval", "--raw", "-E", "null"],
        &["--eval", "--raw", "-E", "{ outPath = ./d; }"],
        &["--eval", "-E", "{ __functor = self: { a, b ? 2 }: a + b; }", "--arg", "a", "1"],
        &["--eval", "-E", "{ __functor = self: x: { a }: a; }", "--arg", "a", "1"],
        &["--eval", "-E", "(x: { a, b ? x }: a + b) 5", "--arg", "a", "1"],
        &["--parse", "x.nix", "-E", "1 + 2", "x"],
        &["--parse", "x.nix", "d"],
        &["--find-file", "n", "-I", "n=/tmp"],
        &["--find-file", "n"],
        &["--dry-run", "-E", DERIVATION],
        &["--dry-run", "--no-gc-warning", "d", "-A", "drv"],
        &["-E", "1"],
        &["missing.nix"],
        &["empty"],
        &["--eval", "bytes.nix"],
        &["--eval", "nul.nix"],
        &["--eval", "loop"],
        &["--eval", "/dev/null"],
        &["--eval", "/dev/zero"],
        &["--eval", "-E", "9223372036854775808"],
        &["--eval", "-E", "9223372036854775807 + 1"],
        &["--eval", "-E", "\"${./missing}\""],
        &["--eval", "-E", "builtins.readFile ./nul.nix"],
        &["-j4", "-Q", "-kK", "--fallback", "--max-silent-time", "3", "--timeout", "4", "--eval", "x.nix"],
        &["--eval", "x.nix", "--log-format", "nonsense"],
        &["--eval", "x.nix", "--nonsense"],
        &["--eval", "x.nix", "--option"],
        &["--eval", "x.nix", "--arg", "x"],
        &["--indirect", "--eval", "x.nix", "--show-trace", "-vv", "--quiet"],
    ];
    for line in lines {
        compare(&world, "nix-instantiate", line);
    }
    compare_in(&world, "empty", "nix-instantiate", &[]);
}

/// Runs a command line with both in a folder of the world.
#[track_caller]
fn compare_in(world: &World, folder: &str, name: &str, arguments: &[&str]) {
    let ask = |mut command: Command| run(command.current_dir(world.path().join(folder)).args(arguments));
    same(&format!("{name} {arguments:?}"), &ask(world.nival_as(name)), &ask(world.real_nix(name)));
}

#[test]
fn nix_eval_as_real_nix() {
    let world = World::default();
    world.write("x.nix", "{ a.b = 5; f = { c ? 6 }: c; }");
    let lines: &[&[&str]] = &[
        &["--version"],
        &["eval", "--expr", "{ x ? 1 }: x"],
        &["eval", "--expr", "{ a = 1 + 1; b = x: x; c = builtins.add; d = [ { } { y = 1; } ]; f = ./x; }"],
        &["eval", "--expr", "let a = { b = a; c = [ a ]; }; in a"],
        &["eval", "--expr", "{ a = throw \"x\"; b = 1; }"],
        &["eval", "--expr", "throw \"x\""],
        &["eval", "--expr", DERIVATION],
        &["eval", "--expr", "{ a.b.c = 5; }", "a.b"],
        &["eval", "--expr", "{ a.b.c = 5; }", "a.b", "--apply", "x: x // { d = 1; }", "--json"],
        &["eval", "--expr", "{ a.b.c = 5; }", "a.b", "a"],
        &["eval", "--expr", "{ a.bc = 5; }", "a.bd"],
        &["eval", "--expr", "{ a }: { r = a; }", "--argstr", "a", "3", "r"],
        &["eval", "--expr", "{ r = { a, b ? 1 }: a; }", "--arg", "a", "3", "r"],
        &["eval", "--raw", "--expr", "\"a b\""],
        &["eval", "--raw", "--expr", "1"],
        &["eval", "--raw", "--json", "--expr", "1"],
        &["eval", "--json", "--expr", "{ a = 1.5; b = \"\\n\"; c = null; }"],
        &["eval", "--json", "--pretty", "--expr", "{ a = [ 1 { } [ ] ]; b = \"{,:\\\"\"; }"],
        &["eval", "--json", "--expr", "x: x"],
        &["eval", "--expr", "builtins.currentSystem"],
        &["eval", "--expr", "builtins ? currentTime"],
        &["eval", "--expr", "<nixpkgs>"],
        &["eval", "--expr", "import ./x.nix"],
        &["eval", "--impure", "--expr", "(import ./x.nix).a"],
        &["eval", "--expr", "~/x"],
        &["eval", "-f", "x.nix", "a"],
        &["eval", "-f", "x.nix", "f"],
        &["eval", "-f", "x.nix", "a.b.c"],
        &["eval", "--file", "missing.nix"],
        &["eval", "--expr", "1", "--write-to", "x.nix"],
        &["eval", "--nonsense"],
        &["eval", "--expr", "let f = x: y: { z }: x; in [ f (f 1) (f 1 2) ]"],
        &["eval", "--offline", "--expr", "1"],
        &["--option", "nonsense", "1", "eval", "--expr", "1"],
        &["eval", "--quiet", "--expr", "builtins.trace { a = 1; } (builtins.warn \"w\" 2)"],
    ];
    world.write("etc/nix.conf", "experimental-features = nix-command flakes\n");
    for line in lines {
        compare(&world, "nix", line);
    }
    for expression in ["{ a = 1; }", "{ a.\"..\" = \"x\"; }", "{ a.b = throw \"no\"; }"] {
        let ask = |mut command: Command| {
            let said = run(command.args(["eval", "--expr", expression, "--write-to", "out"]));
            let _ = std::fs::remove_dir_all(world.path().join("out"));
            said
        };
        same(expression, &ask(world.nival_as("nix")), &ask(world.real_nix("nix")));
    }
}

#[test]
fn a_strict_value_fails_with_its_parts() {
    let world = World::default();
    let expression = "{ a = [ (1 + 1) ]; b = throw \"no\"; }";
    let said = run(world.built("nival").args(["eval", "--expr", expression]));
    assert_eq!(said.ok(), "{ a = [ 2 ]; b = «error: no»; }");
    let said = run(world.built("nival").args(["eval", "--strict", "--expr", expression])).failed();
    assert!(said.ends_with("error: no\n"), "{said}");
    let said = run(world.built("nival").args(["eval", "--strict", "--expr", "{ a = [ (1 + 1) ]; }"]));
    assert_eq!(said.ok(), "{ a = [ 2 ]; }");
}

#[test]
fn values_are_written_as_files() {
    let world = World::default();
    let said = run(world.built("nival").args(["eval", "--expr", "{ a = \"x\"; b.c = \"y\\n\"; }", "--write-to", "out"]));
    assert_eq!(said.ok(), "");
    let read = |name: &str| std::fs::read_to_string(world.path().join("out").join(name)).expect("a file");
    assert_eq!((read("a"), read("b/c")), ("x".to_owned(), "y\n".to_owned()));
    let said = run(world.built("nival").args(["eval", "--expr", "{ \"../evil\" = \"x\"; }", "--write-to", "other"])).failed();
    assert!(said.contains("invalid file name '../evil'"), "{said}");
    assert!(!world.path().join("evil").exists());
}

#[test]
fn settings_as_real_nix() {
    let world = World::default();
    world.write("x.nix", "12");
    world.write("more.conf", "trace-verbose = true");
    let literals = "[ a/b /c http://d.e ~/f ./g ]";
    let lines: &[(&str, &[&str])] = &[
        ("", &["--eval", "-E", "1", "--option", "nonsense", "1", "--option", "pure-eval", "perhaps"]),
        ("", &["--eval", "-E", "1", "--max-call-depth", "many"]),
        ("nonsense = 1", &["--eval", "-E", "1"]),
        ("experimental-features = foo flakes", &["--eval", "-E", "1", "--option", "extra-experimental-features", "ca-derivations bar"]),
        ("lint-url-literals = perhaps", &["--eval", "-E", "1"]),
        ("nonsense", &["--eval", "-E", "1"]),
        ("include /missing", &["--eval", "-E", "1"]),
        ("!include /missing", &["--eval", "-E", "1"]),
        ("trace-verbose = true", &["--eval", "-E", "builtins.traceVerbose 1 2"]),
        ("", &["--eval", "-E", "builtins.traceVerbose 1 2"]),
        ("", &["--eval", "-E", "builtins.traceVerbose 1 2", "--trace-verbose"]),
        ("", &["--eval", "-E", "builtins.warn \"x\" 2", "--option", "abort-on-warn", "true"]),
        ("eval-system = foo-bar", &["--eval", "-E", "builtins.currentSystem"]),
        ("", &["--eval", "-E", "builtins.currentSystem", "--system", "a-b"]),
        ("", &["--eval", "-E", "builtins ? currentSystem", "--pure-eval"]),
        ("nix-path = a=/b /c", &["--eval", "--strict", "-E", "builtins.nixPath", "-I", "q=/z"]),
        ("nix-path = a=/b", &["--eval", "--strict", "-E", "builtins.nixPath", "--option", "nix-path", "d=/e"]),
        ("", &["--eval", "x.nix", "--restrict-eval"]),
        ("restrict-eval = true", &["--eval", "x.nix", "-I", "."]),
        ("restrict-eval = true", &["--eval", "-E", "builtins.getEnv \"HOME\""]),
        ("", &["--eval", "-E", "import ./x.nix", "--pure-eval"]),
        ("max-call-depth = 20", &["--eval", "-E", "let f = x: if x == 0 then 0 else 1 + f (x - 1); in f 50"]),
        ("lint-url-literals = warn", &["--parse", "-E", literals]),
        ("lint-short-path-literals = warn\nlint-absolute-path-literals = warn", &["--parse", "-E", literals]),
        ("", &["--parse", "-E", literals, "--lint-absolute-path-literals", "fatal", "--lint-short-path-literals", "warn"]),
        ("warn-short-path-literals = true", &["--parse", "-E", literals]),
    ];
    for (config, line) in lines {
        let ask = |mut command: Command| run(command.env("NIX_CONFIG", config).args(*line));
        same(&format!("{config} {line:?}"), &ask(world.nival_as("nix-instantiate")), &ask(world.real_nix("nix-instantiate")));
    }
    // Which file counts, and the path of NIX_PATH between them.
    world.write("etc/nix.conf", "eval-system = machine\nnix-path = m=/m\ninclude ../more.conf");
    world.write("home/.config/nix/nix.conf", "eval-system = user");
    for (variable, value) in [("UNUSED", ""), ("NIX_PATH", "n=/n:/o"), ("NIX_USER_CONF_FILES", "/missing"), ("NIX_CONFIG", "system = s")] {
        let expression = "builtins.traceVerbose 1 [ builtins.currentSystem builtins.nixPath ]";
        let ask = |mut command: Command| run(command.env(variable, value).args(["--eval", "--strict", "-E", expression]));
        same(variable, &ask(world.nival_as("nix-instantiate")), &ask(world.real_nix("nix-instantiate")));
    }
}

#[test]
fn warnings_show_their_place_as_real_nix() {
    let world = World::default();
    for text in [
        "[ http://a.b ]",
        "http://a.b\n",
        "[\n\n http://a.b\n\n]",
        "{\n  a = 1;\n  b = http://x.y;\n  c = \"é\";\n\n}",
        "{\n  b = c/d;\n}\n",
    ] {
        let ask = |mut command: Command| {
            run_with(command.args(["--parse", "-", "--lint-url-literals", "warn", "--lint-short-path-literals", "warn"]), text)
        };
        let (ours, theirs) = (ask(world.nival_as("nix-instantiate")), ask(world.real_nix("nix-instantiate")));
        assert_eq!((ours.code, &ours.out), (theirs.code, &theirs.out), "{text}");
        assert_eq!(ours.err, theirs.err, "{text}");
        assert!(theirs.err.contains("warning: "), "{text}");
    }
}

/// A store path that is printed exists afterwards, unless the command only reads.
#[test]
fn store_paths_that_are_printed_exist() {
    let text = "let d = derivation { name = \"x\"; system = \"s\"; builder = \"/b\"; src = ./source; }; in [ d.drvPath ./source ]";
    let strings = format!("toString (map (x: \"${{x}}\") ({text}))");
    let lines: &[(&str, &[&str], usize)] = &[
        ("nix", &["eval", "--impure", "--raw", "--expr", &strings], 2),
        ("nix", &["eval", "--impure", "--json", "--expr", text], 2),
        ("nix", &["eval", "--impure", "--json", "--read-only", "--expr", text], 0),
        ("nix-instantiate", &["--eval", "--strict", "--json", "-E", text], 0),
        ("nix-instantiate", &["--eval", "--strict", "--json", "--read-write-mode", "-E", text], 2),
    ];
    for (name, line, count) in lines {
        let look = |real: bool| {
            let world = World::default();
            world.write("source", "text");
            world.write("etc/nix.conf", "experimental-features = nix-command\n");
            let mut command = if real { world.real_nix(name) } else { world.nival_as(name) };
            let said = run(command.args(*line));
            let own = world.path().to_string_lossy().into_owned();
            let entries = world.store_entries().into_iter().filter_map(|entry| entry.get(32..).map(str::to_owned));
            let entries: BTreeSet<_> = entries.collect();
            (said.code, said.out.replace(&own, "").len(), entries)
        };
        let (ours, theirs) = (look(false), look(true));
        assert_eq!(ours.2.len(), *count, "{line:?} {ours:?}");
        assert_eq!(ours, theirs, "{line:?}");
    }
}

/// The table of settings is that of real Nix.
#[test]
fn every_setting_of_real_nix_is_known() {
    let world = World::default();
    let shown = run(world.real_nix("nix").args(["--extra-experimental-features", "nix-command", "config", "show", "--json"])).ok();
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let table = std::fs::read_to_string(repository().join("crates/engine/src/settings/table.rs")).expect("the table");
    let quoted: BTreeSet<&str> = table.split('"').skip(1).step_by(2).collect();
    let settings = shown.as_object().expect("an object");
    assert!(settings.len() > 100, "{}", settings.len());
    for (name, setting) in settings {
        assert!(quoted.contains(name.as_str()), "{name}");
        for alias in setting["aliases"].as_array().expect("aliases") {
            assert!(quoted.contains(alias.as_str().expect("a name")), "{alias} of {name}");
        }
    }
}

/// Links that keep results from the garbage collector: names, targets, and that they are registered.
#[test]
fn roots_as_real_nix() {
    let expression =
        "let d = derivation { name = \"x\"; system = \"s\"; builder = \"/b\"; outputs = [ \"out\" \"dev\" ]; }; in [ d d.dev ]";
    let look = |name: &str, real: bool| {
        let world = World::default();
        let mut command = if real { world.real_nix(name) } else { world.nival_as(name) };
        let said = run(command.args(["-E", expression, "--add-root", "./sub/../root", "--indirect"]));
        let own = world.path().to_string_lossy().into_owned();
        let relative = |text: String| text.replace(&own, "");
        let mut found = vec![relative(format!("{:?} {}", said.code, said.out))];
        let mut links = |folder: PathBuf| {
            for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
                let path = entry.expect("an entry").path();
                if let Ok(target) = std::fs::read_link(&path) {
                    // A root's name is the hash of the link's path, which differs between two worlds.
                    let name = if folder.ends_with("auto") { "auto".into() } else { path.file_name().expect("a name").to_string_lossy() };
                    found.push(relative(format!("{name} -> {}", target.display())));
                }
            }
        };
        links(world.path().to_owned());
        links(world.path().join("nix/var/nix/gcroots/auto"));
        found.sort();
        found
    };
    let (ours, theirs) = (look("nix-instantiate", false), look("nix-instantiate", true));
    let strip = |lines: Vec<String>| -> Vec<String> {
        // Store paths differ as the two stores do.
        lines
            .into_iter()
            .map(|line| line.split("/nix/store/").map(|part| part.get(32..).unwrap_or(part)).collect::<Vec<_>>().join("…"))
            .collect()
    };
    assert_eq!(ours.len(), 5, "{ours:#?}");
    assert_eq!(strip(ours), strip(theirs));
}

/// The links of `nix-build`: one number for each derivation, the name of each output but `out`.
#[test]
fn links_as_real_nix() {
    let world = World::default();
    let project = world.copy("examples");
    let lines: &[&[&str]] = &[
        &["-A", "hello"],
        &["-A", "hello", "-A", "hello.man", "-A", "motd"],
        &["-A", "hello.all"],
        &["-A", "hello.man", "-o", "link"],
        &["-A", "motd", "--no-out-link"],
        &["-A", "hello", "--dry-run"],
        &["-A", "nothing"],
        &["-E", "1"],
    ];
    for line in lines {
        let ask = |mut command: Command| {
            let folder = world.path().join("links");
            std::fs::create_dir(&folder).expect("a folder");
            let said = run(command.arg(&project).args(*line).current_dir(&folder));
            let entries = std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path());
            let mut links: Vec<_> = entries.map(|path| (std::fs::read_link(&path).expect("a link"), path)).collect();
            links.sort();
            std::fs::remove_dir_all(&folder).expect("removable");
            (said, links)
        };
        let (ours, our_links) = ask(world.nival_as("nix-build"));
        let (theirs, their_links) = ask(world.real_nix("nix-build"));
        same(&format!("{line:?}"), &ours, &theirs);
        assert_eq!(our_links, their_links, "{line:?}");
    }
    // What is not built yet.
    run(Command::new("chmod").args(["-R", "u+w"]).arg(world.path().join("nix"))).ok();
    std::fs::remove_dir_all(world.path().join("nix")).expect("removable");
    let ours = run(world.nival_as("nix-build").args(["--dry-run", "-A", "greeter"]).arg(&project));
    let theirs = run(world.real_nix("nix-build").args(["--dry-run", "-A", "greeter"]).arg(&project));
    assert_eq!((ours.code, ours.out, &ours.err), (theirs.code, theirs.out, &theirs.err));
    assert!(ours.err.contains("-greeter-0.3.drv"), "{}", ours.err);
}

#[test]
fn an_argument_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = World::default();
    let argument = std::ffi::OsStr::from_bytes(b"\"\xff\"");
    let said = run(world.nival_as("nix-instantiate").args(["--eval", "-E"]).arg(argument)).failed();
    assert!(said.contains("is not UTF-8"), "{said}");
}

#[test]
fn a_file_is_not_replaced_by_a_link() {
    let world = World::default();
    world.write("mine", "keep");
    let said = run(world.nival_as("nix-instantiate").args(["-E", DERIVATION, "--add-root", "mine"])).failed();
    assert!(said.contains("already exists"), "{said}");
    assert_eq!(std::fs::read_to_string(world.path().join("mine")).expect("the file"), "keep");
}

/// A reader that goes away ends the program without a word of a panic.
#[test]
fn a_closed_standard_output_ends_the_program() {
    let world = World::default();
    for arguments in [
        &["eval", "--json", "--expr", "builtins.genList (x: x) 2000000"][..],
        &["eval", "--expr", "builtins.genList (x: x) 2000000"],
        &["--help"],
        &["eval", "--help"],
    ] {
        let mut child = world
            .built("nival")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut err).expect("text");
        let code = child.wait().expect("it ends").code();
        assert!(!err.contains("panicked"), "{err}");
        assert!(code.is_some_and(|code| code <= 1), "{arguments:?}: {code:?} {err}");
    }
    let said = run(world.command("sh").arg("-c").arg(format!("{:?} eval --expr 1 >/dev/full", world.built("nival").get_program())));
    assert!(said.failed().contains("No space left"));
}

/// Ctrl-C and a polite end: said at once, with the place, on one thread and on several.
/// A signal to a child that was not waited for yet.
fn send(child: &Child, signal: i32) {
    // SAFETY: the child's number is not given to another process before somebody has waited for it.
    assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
}

#[test]
fn signals_end_an_evaluation() {
    let world = World::default();
    let endless = "builtins.trace \"running\" (let l = builtins.genList (x: x) 100000; in builtins.foldl' (a: _: builtins.foldl' (b: _: b + 1) a l) 0 l)";
    for (signal, threads) in [(libc::SIGINT, "1"), (libc::SIGINT, "2"), (libc::SIGTERM, "1")] {
        let mut command = world.nival_as("nix-instantiate");
        command.args(["--eval", "--eval-cores", threads, "-E", endless]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("nix-instantiate");
        let mut stderr = std::io::BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        stderr.read_line(&mut line).expect("the trace");
        assert_eq!(line, "trace: running\n");
        send(&child, signal);
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).expect("the message");
        assert_eq!(child.wait().expect("the end").code(), Some(1), "{rest}");
        assert!(rest.ends_with("error: interrupted by the user\n") && rest.contains("«string»:1:"), "{rest}");
    }
}

/// Most of this program's time goes to collections of what it keeps, which are not cancelled.
#[test]
fn signals_end_a_collection() {
    let world = World::default();
    let hoarding = "(builtins.foldl' (l: n: { inherit l n; }) null (builtins.genList (x: x) 10000000)).n";
    for milliseconds in [200, 450, 700] {
        let mut command = world.nival_as("nix-instantiate");
        command.args(["--eval", "-E", hoarding]).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().expect("nix-instantiate");
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        send(&child, libc::SIGINT);
        let said = Said::from(child.wait_with_output().expect("the end")).failed();
        assert!(said.ends_with("error: interrupted by the user\n"), "{said}");
    }
}
