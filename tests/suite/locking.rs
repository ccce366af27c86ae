//! Lock files: made, changed, written and refused as by real Nix, by what the flags of a command say.

use std::path::Path;
use std::process::Command;

use nival_tests::world::{World, run};

fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=n", "-c", "user.email=e@x"]).args(args).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_COMMITTER_DATE", "1700000000 +0000").env("GIT_AUTHOR_DATE", "1700000000 +0000");
    run(&mut command).ok();
}

fn repository(world: &World, name: &str, files: &[(&str, &str)]) {
    for (file, text) in files {
        world.write(&format!("{name}/{file}"), text.replace("R/", &format!("{}/", world.path().display())));
    }
    let folder = world.path().join(name);
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "1"]);
}

const TOP: &str = r#"{
    inputs.a.url = "git+file://R/a";
    inputs.b.url = "git+file://R/b";
    inputs.f = { url = "path:R/f"; flake = false; };
    outputs = { self, a, b, f }: { x = a.n + b.n + b.a.n; r = a.rev; s = builtins.attrNames self.sourceInfo; f = builtins.attrNames f; };
}"#;

const FOLLOWS: &str = r#"{
    inputs.a.url = "git+file://R/a?ref=main";
    inputs.b = { url = "git+file://R/bare"; inputs.a.follows = "a"; };
    inputs.d = { url = "path:./d"; inputs.e.inputs.a.follows = "a"; };
    outputs = { self, a, b, d }: { x = a.n + b.n + b.a.n + d.n + d.e.n; p = d.outPath == self + "/./d"; };
}"#;

const FOLDERS: [&str; 8] = ["a", "b", "bare", "c", "f", "p", "top", "follows"];

/// Makes the flakes and keeps them aside.
fn set_up(world: &World) {
    repository(world, "a", &[("flake.nix", r#"{ outputs = { self }: { n = "a"; }; }"#)]);
    repository(world, "b", &[("flake.nix", r#"{ inputs.a.url = "git+file://R/a"; outputs = { self, a }: { n = "b"; inherit a; }; }"#)]);
    repository(world, "c", &[("flake.nix", r#"{ outputs = { self }: { n = "c"; }; }"#)]);
    git(world.path(), &["clone", "-q", "--bare", "b", "bare"]);
    repository(world, "top", &[("flake.nix", TOP)]);
    let inner = r#"{ inputs.e.url = "path:../e"; outputs = { self, e }: { n = "d"; inherit e; }; }"#;
    let deepest = r#"{ inputs.a.url = "git+file://R/c"; outputs = { self, a }: { n = a.n; }; }"#;
    repository(world, "follows", &[("flake.nix", FOLLOWS), ("d/flake.nix", inner), ("e/flake.nix", deepest)]);
    world.write("f/file", "1");
    world.write("p/flake.nix", TOP.replace("R/", &format!("{}/", world.path().display())));
    let keep = format!("find p f | xargs touch -h -d @1700000000; mkdir kept; cp -a {} kept", FOLDERS.join(" "));
    run(Command::new("sh").args(["-ec", &keep]).current_dir(world.path())).ok();
}

/// Everything as it was at first, so that both programs begin alike.
fn reset(world: &World) {
    world.empty_store();
    let script = format!("rm -rf {} home lock work; mkdir home; cp -a kept/* .", FOLDERS.join(" "));
    run(Command::new("sh").args(["-ec", &script]).current_dir(world.path())).ok();
}

/// Each row is a sequence of commands in flakes that are made anew for it. `eval` is `nix eval`, `show` prints a file, `sh` runs
/// something, `R/` is a folder.
const TABLE: &[&[&str]] = &[
    &["eval path:R/p#x", "show p/flake.lock", "eval path:R/p#x", "eval path:R/p#s"],
    &["eval path:R/p#x --no-write-lock-file", "show p/flake.lock", "eval path:R/p#s --no-write-lock-file", "eval path:R/p#f"],
    &["eval path:R/p#x --no-update-lock-file", "eval path:R/p#x --no-update-lock-file --no-write-lock-file"],
    &["eval R/top#x", "show top/flake.lock", "sh git -C top status --porcelain", "eval R/top#s"],
    &["eval R/top#s --no-write-lock-file", "eval R/top#s"],
    &["eval R/top#x --commit-lock-file", "sh git -C top status --porcelain", "sh git -C top log --format=%B", "eval R/top#s"],
    &["eval R/top#x", "eval R/top#x --override-input a git+file://R/c", "show top/flake.lock"],
    &["eval R/top#x", "eval R/top#x --override-input b/a git+file://R/c", "show top/flake.lock"],
    &["eval R/top#x --override-input b/a R/c", "eval R/top#x --override-input b R/b --override-input b/a R/c"],
    &["eval R/top#x --override-input q R/c --no-write-lock-file", "eval R/top#x --update-input q --no-write-lock-file"],
    &[
        "eval R/top#x",
        "sh echo 1 > a/y; git -C a add .; git -C a commit -qm 2",
        "eval R/top#r",
        "eval R/top#r --update-input a",
        "show top/flake.lock",
        "eval R/top#r --recreate-lock-file",
        "show top/flake.lock",
    ],
    &["eval R/top#x", "sh echo 1 > a/y; git -C a add .; git -C a commit -qm 2", "eval R/top#x --update-input b/a", "show top/flake.lock"],
    &[
        "eval R/top#x --output-lock-file R/lock",
        "show lock",
        "show top/flake.lock",
        "eval R/top#x --reference-lock-file R/lock --no-update-lock-file",
    ],
    &["eval R/top#x --reference-lock-file R/none", "eval R/top#x --reference-lock-file R/none --no-write-lock-file"],
    &["eval R/top#x --commit-lock-file --output-lock-file R/lock", "show lock"],
    &["eval --inputs-from R/b a#n", "eval --inputs-from R/top b#n --no-write-lock-file", "eval --inputs-from R/top q#n"],
    &["eval --override-flake q git+file://R/c q#n", "eval --no-use-registries q#n", "eval --no-registries q#n"],
    &["eval R/follows#x", "show follows/flake.lock", "eval R/follows#x", "eval R/follows#p"],
    &["eval R/follows#x", "eval R/follows#x --override-input d/e/a R/c", "eval R/follows#x --override-input a R/c"],
    &[
        "eval R/follows#x",
        "sh echo 1 > a/y; git -C a add .; git -C a commit -qm 2",
        "eval R/follows#x --update-input a",
        "show follows/flake.lock",
    ],
    // The flake changes after it was locked.
    &["eval R/top#x", "sh sed -i '/inputs.b/d; s/, b//; s/ + b.n + b.a.n//' top/flake.nix", "eval R/top#x", "show top/flake.lock"],
    &["eval R/follows#x", "sh sed -i 's/ inputs.a.follows = \"a\";//' follows/flake.nix", "eval R/follows#x", "show follows/flake.lock"],
    &[
        "eval R/top#x",
        "sh sed -i 's,inputs.a.url = .*,inputs.a.url = \"git+file://R/c\";,' top/flake.nix",
        "eval R/top#x",
        "show top/flake.lock",
    ],
    // An input with changes of its own cannot be locked.
    &["sh echo '# 1' >> a/flake.nix", "eval R/top#x", "show top/flake.lock", "eval R/top#x --allow-dirty-locks", "show top/flake.lock"],
    &["eval git+file://R/bare#n"],
    &["sh sed -i \"s,git+file://R/a,git+file://R/a?rev=$(git -C a rev-parse HEAD),\" top/flake.nix", "eval R/top#x", "show top/flake.lock"],
    &[
        "sh sed -i \"s,git+file://R/b,git+file://R/bare?rev=$(git -C b rev-parse HEAD),\" top/flake.nix",
        "eval R/top#x",
        "show top/flake.lock",
    ],
    &["sh echo '{ outputs = { self, a }: { n = a.n; }; inputs.a.url = \"git+file://R/b\"; }' > a/flake.nix", "eval R/a#n"],
    &[
        "sh mkdir -p work/sub; cp p/flake.nix work/sub; git -C work init -q; git -C work add .",
        "eval R/work/sub#x",
        "show work/sub/flake.lock",
    ],
    &["eval --impure --expr (builtins.getFlake\"git+file://R/top\").s", "show top/flake.lock"],
];

/// What a row comes to, with what is said of lock files.
fn outcome(world: &World, nix: &dyn Fn() -> Command, row: &[&str]) -> String {
    reset(world);
    let folder = format!("{}/", world.path().display());
    let mut out = String::new();
    for command in row {
        let command = command.replace("R/", &folder);
        let (verb, rest) = command.split_once(' ').expect("a verb");
        out += &format!("$ {command}\n");
        let said = match verb {
            "eval" => {
                let mut nix = nix();
                nix.args(["eval", "--flake-registry", "", "--option", "experimental-features", "nix-command flakes"]);
                for name in ["AUTHOR", "COMMITTER"] {
                    nix.env(format!("GIT_{name}_NAME"), "n").env(format!("GIT_{name}_EMAIL"), "e@x");
                    nix.env(format!("GIT_{name}_DATE"), "1700000000 +0000");
                }
                run(nix.args(rest.split(' ')))
            }
            "show" => {
                out += &std::fs::read_to_string(world.path().join(rest)).unwrap_or_else(|_| "none\n".to_owned());
                continue;
            }
            "sh" => {
                let git = "git() { command git -c user.name=n -c user.email=e@x \"$@\"; }; export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'";
                run(world.command("sh").args(["-c", &format!("{git}; {rest}")]))
            }
            _ => panic!("{command}"),
        };
        let told = |line: &&str| {
            let dirty = line.contains("' is dirty");
            !dirty && ["warning: ", "• ", "    '", "  → ", "    follows"].iter().any(|start| line.starts_with(start))
        };
        out +=
            &format!("{:?} {}{}\n", said.code, said.out, said.err.lines().filter(told).map(|line| format!("{line}\n")).collect::<String>());
        if said.code != Some(0) {
            let last = said.err.lines().rfind(|line| line.contains("error: ")).unwrap_or(&said.err);
            out += &format!("{}\n", last.trim());
        }
    }
    out
}

#[test]
fn lock_files_are_those_of_real_nix() {
    let world = World::default();
    set_up(&world);
    let mut wrong = Vec::new();
    for row in TABLE {
        let theirs = outcome(&world, &|| world.real_nix("nix"), row);
        let ours = outcome(&world, &|| world.nival_as("nix"), row);
        if ours != theirs {
            wrong.push(format!("nival:\n{ours}\nNix:\n{theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
}
