//! What is fetched, by nival and by real Nix: the same store paths, the same attributes, the same refusals.

use std::path::Path;
use std::process::Command;

use nival_tests::world::{World, run};

fn git(folder: &Path, args: &[&str]) -> String {
    let said = run(Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e@x", "-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000"));
    said.ok()
}

fn write(folder: &Path, name: &str, contents: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, contents).expect("writable");
}

/// Two commits and a tag, a submodule, attributes of files.
fn repositories(world: &World) -> (String, String) {
    let sub = world.path().join("sub");
    write(&sub, "inner", "1");
    git(&sub, &["init", "-q", "-b", "main"]);
    git(&sub, &["add", "."]);
    git(&sub, &["commit", "-qm", "1"]);
    let dir = world.path().join("r");
    write(&dir, "a", "1");
    write(&dir, "d/e/f", "1");
    write(&dir, "secret/x", "1");
    write(&dir, "flake.nix", "{ outputs = { self }: { inherit (self) sourceInfo; x = ./d; }; }");
    write(&dir, ".gitattributes", "secret export-ignore\na export-subst\n");
    std::os::unix::fs::symlink("a", dir.join("l")).expect("a link");
    git(&dir, &["init", "-q", "-b", "main"]);
    git(&dir, &["add", "."]);
    git(&dir, &["update-index", "--chmod=+x", "a"]);
    run(Command::new("chmod").arg("+x").arg(dir.join("a"))).ok();
    git(&dir, &["commit", "-qm", "1"]);
    git(&dir, &["tag", "v1"]);
    git(&dir, &["submodule", "--quiet", "add", "../sub", "m"]);
    write(&dir, "b", "2");
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "2"]);
    git(&dir, &["clone", "-q", "--bare", ".", "../bare"]);
    git(&dir, &["clone", "-q", &format!("file://{}", dir.display()), "../dirty"]);
    let dirty = world.path().join("dirty");
    write(&dirty, "b", "3");
    write(&dirty, "untracked", "x");
    write(&dirty, "added", "x");
    git(&dirty, &["add", "added"]);
    std::fs::remove_file(dirty.join("d/e/f")).expect("there");
    git(&dir, &["clone", "-q", "--depth", "1", &format!("file://{}", dir.display()), "../shallow"]);
    git(&dir, &["worktree", "add", "-q", "../tree", "v1"]);
    (git(&dir, &["rev-parse", "HEAD"]), git(&dir, &["rev-parse", "v1"]))
}

/// Archives of every kind, and some that are not as they should be.
fn archives(world: &World) {
    let dir = world.path().join("t");
    write(&dir, "top/a", "1");
    write(&dir, "top/x", "2");
    write(&dir, "top/d/b", "3");
    std::fs::create_dir(dir.join("top/empty")).expect("a folder");
    std::os::unix::fs::symlink("/etc/passwd", dir.join("top/l")).expect("a link");
    std::fs::hard_link(dir.join("top/a"), dir.join("top/h")).expect("a link");
    write(&dir, "other", "4");
    let sh = |script: &str| run(Command::new("sh").args(["-euc", script]).current_dir(&dir)).ok();
    sh("chmod +x top/x; touch -d @1700000000 top top/* top/d/b other; touch -h -d @1600000000 top/l");
    sh(
        "tar -cf plain.tar top; tar -czf plain.tar.gz top; tar -cJf plain.tar.xz top; tar -cjf plain.tar.bz2 top; tar --zstd -cf plain.tar.zst top",
    );
    sh(
        "tar -cf two.tar top other; tar -cf file.tar other; tar -C top -cf dot.tar .; tar -H pax -cf pax.tar top; tar -P -cf abs.tar --transform 's,^top,/top,S' top",
    );
    sh("tar -P -cf dotdot.tar --transform 's,^other,../../out,' other top; tar -rf plain.tar other; TZ=UTC zip -qry plain.zip top");
    sh(
        "head -c 120 plain.tar.gz > cut.tar.gz; mkfifo top/pipe; tar -cf pipe.tar top; rm top/pipe; : > empty; echo garbage > garbage.tar.gz",
    );
}

#[derive(Clone, Copy, PartialEq)]
enum Like {
    /// The same output and exit code.
    Same,
    /// Both fail.
    Fails,
}
use Like::{Fails, Same};

/// Expressions with `R/` for the folder, `@H` and `@V` for commits.
const TABLE: &[(Like, &str)] = &[
    (Same, "fetchGit R/r"),
    (Same, "fetchGit { url = R/r; }"),
    (Same, "fetchGit \"file://R/r\""),
    (Same, "fetchGit \"git+file://R/r\""),
    // From where the process works.
    (Same, "fetchGit \"r\""),
    (Same, "fetchGit \"./t/../dirty\""),
    (Same, "fetchGit { url = \"file:r\"; rev = \"@V\"; }"),
    (Same, "fetchTree { type = \"git\"; url = \"./r\"; }"),
    (Same, "fetchTree \"git+file:r\""),
    (Fails, "fetchGit \"none\""),
    (Fails, "fetchGit \"host:r\""),
    (Fails, "fetchGit \"git+ssh:r\""),
    (Same, "fetchGit { url = R/r; rev = \"@V\"; }"),
    (Same, "fetchGit { url = R/r; rev = \"@V\"; ref = \"main\"; name = \"foo\"; }"),
    (Same, "fetchGit { url = R/r; ref = \"v1\"; }"),
    (Same, "fetchGit { url = R/r; ref = \"refs/tags/v1\"; shallow = true; }"),
    (Same, "fetchGit { url = R/r; ref = \"HEAD\"; }"),
    (Same, "fetchGit { url = R/r; exportIgnore = false; }"),
    (Same, "fetchGit { url = R/r; exportIgnore = false; ref = \"main\"; }"),
    (Same, "fetchGit { url = R/r; submodules = true; }"),
    (Same, "fetchGit { url = R/r; submodules = true; rev = \"@H\"; }"),
    (Same, "fetchGit { url = R/r; rev = \"@H\"; lastModified = 1700000000; revCount = 2; }"),
    (Fails, "fetchGit { url = R/r; rev = \"@H\"; lastModified = 5; }"),
    (Fails, "fetchGit { url = R/r; rev = \"@H\"; revCount = 7; }"),
    (Same, "fetchGit R/dirty"),
    (Same, "fetchGit { url = R/dirty; exportIgnore = false; }"),
    (Same, "fetchGit R/tree"),
    (Same, "fetchGit { url = R/shallow; shallow = true; }"),
    (Same, "fetchGit R/shallow"),
    (Fails, "fetchGit { url = R/shallow; ref = \"HEAD\"; }"),
    (Same, "fetchGit \"file://R/bare\""),
    (Same, "fetchGit { url = R/bare; ref = \"main\"; }"),
    (Same, "fetchGit { url = R/bare; rev = \"@V\"; }"),
    (Same, "fetchGit { url = R/bare; rev = \"@V\"; allRefs = true; }"),
    (Same, "fetchGit { url = R/bare; shallow = true; }"),
    (Same, "fetchTree { type = \"git\"; url = \"file://R/r\"; }"),
    (Same, "fetchTree { type = \"git\"; url = \"file://R/r\"; shallow = false; rev = \"@V\"; }"),
    (Same, "fetchTree \"git+file://R/r?ref=main\""),
    (Same, "fetchTree \"git+file://R/r?rev=@V&submodules=1\""),
    (Same, "fetchTree \"git+file://R/dirty\""),
    (Same, "fetchTree \"git+file://R/bare\""),
    (Fails, "fetchGit { url = R/r; ref = \"none\"; }"),
    (Fails, "fetchGit { url = R/r; rev = \"1111111111111111111111111111111111111111\"; }"),
    (Fails, "fetchGit { url = R/bare; ref = \"none\"; }"),
    (Fails, "fetchGit R/none"),
    (Fails, "fetchGit R/t"),
    (Fails, "fetchGit { url = R/r; type = \"git\"; }"),
    (Fails, "fetchGit { url = R/r; colour = 1; }"),
    (Fails, "fetchGit { url = R/r; submodules = true; exportIgnore = true; }"),
    (Same, "readDir (fetchGit R/r)"),
    (Same, "readDir (fetchGit R/dirty)"),
    (Same, "pathExists \"${fetchGit R/r}/.git\""),
    (Same, "readDir \"${fetchGit { url = R/r; rev = \"@V\"; }}/d\""),
    (Same, "getContext (fetchGit R/r).outPath"),
    (Same, "fetchTree { type = \"path\"; path = toString R/t/top; }"),
    (Same, "fetchTree { type = \"path\"; path = R/t/top; lastModified = 5; rev = \"@V\"; revCount = 3; }"),
    (Same, "fetchTree { type = \"path\"; path = toString R/t/other; }"),
    (Fails, "fetchTree { type = \"path\"; path = toString R/none; }"),
    (Fails, "fetchTree { type = \"path\"; path = \"t\"; }"),
    (Fails, "fetchTree { type = \"path\"; path = toString R/t/top; narHash = \"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"; }"),
    (Same, "fetchTarball \"file://R/t/plain.tar.gz\""),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/plain.tar\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/plain.tar.gz\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/plain.tar.xz\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/plain.tar.bz2\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/plain.tar.zst\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/plain.zip\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/two.tar\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/file.tar\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/dot.tar\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/pax.tar\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/abs.tar\"; }"),
    (Same, "fetchTree { type = \"tarball\"; url = \"file://R/t/dotdot.tar\"; }"),
    (Fails, "fetchTarball \"file://R/t/cut.tar.gz\""),
    (Fails, "fetchTarball \"file://R/t/pipe.tar\""),
    (Fails, "fetchTarball \"file://R/t/garbage.tar.gz\""),
    (Fails, "fetchTarball \"file://R/t/none.tar\""),
    (Fails, "fetchTarball \"file://R/t\""),
    (Fails, "fetchTarball { url = \"file://R/t/two.tar\"; sha256 = \"\"; }"),
    (Fails, "fetchTarball { url = \"file://R/t/two.tar\"; name = \"a b\"; }"),
    (Same, "fetchTarball { url = \"file://R/t/two.tar\"; name = \"n\"; }"),
    (Same, "readDir (fetchTarball \"file://R/t/plain.zip\")"),
    (Same, "readFile \"${fetchTarball \"file://R/t/plain.tar.xz\"}/d/b\""),
    (Same, "fetchurl \"file://R/t/other\""),
    (Same, "fetchurl { url = \"file://R/t/other\"; name = \"n\"; }"),
    (Same, "fetchurl { url = \"file://R/t/other\"; sha256 = hashFile \"sha256\" R/t/other; }"),
    (Same, "readFile (fetchurl \"file://R/t/other\")"),
    (Fails, "fetchurl { url = \"file://R/t/other\"; sha256 = hashFile \"sha256\" R/t/top/a; }"),
    (Fails, "fetchurl \"file://R/t/none\""),
    (Same, "fetchTree { type = \"file\"; url = \"file://R/t/other\"; }"),
    (Same, "fetchTree \"file+file://R/t/other\""),
    (Same, "fetchTree \"tarball+file://R/t/two.tar\""),
    (Fails, "fetchTree { type = \"none\"; }"),
    (Fails, "fetchTree { type = \"github\"; owner = \"a\"; }"),
    (Fails, "fetchTree { type = \"github\"; owner = \"a\"; repo = \"b\"; rev = \"x\"; }"),
    (Fails, "fetchTree \"R/r\""),
    (Same, "(getFlake \"path:R/r\").sourceInfo.narHash"),
    (Same, "(getFlake \"git+file://R/r\").sourceInfo"),
    (Same, "(getFlake \"git+file://R/r?rev=@V\").sourceInfo"),
    (Same, "(getFlake \"git+file://R/dirty\").sourceInfo"),
    (Same, "toString (getFlake \"git+file://R/r\").x"),
];

const PURE: &[(Like, &str)] = &[
    (Same, "fetchGit { url = \"file://R/r\"; rev = \"@V\"; }"),
    (Same, "(getFlake \"git+file://R/r?rev=@V\").sourceInfo"),
    (Fails, "fetchGit \"file://R/r\""),
    (Same, "fetchGit { url = \"file://R/sub\"; narHash = \"sha256-z55z2ulbFLRUjnlF0bTrLjk2Q3AwBsaqorARii1cX1A=\"; }"),
    (Fails, "fetchGit { url = \"file://R/r\"; inherit (fetchGit { url = \"file://R/r\"; rev = \"@V\"; }) narHash; }"),
    (Fails, "fetchGit \"r\""),
    (Same, "fetchGit { url = \"r\"; rev = \"@V\"; }"),
    (Fails, "fetchTree { type = \"path\"; path = \"R/t/top\"; }"),
    (Fails, "fetchTarball \"file://R/t/two.tar\""),
    (Fails, "fetchurl \"file://R/t/other\""),
    (Fails, "fetchMercurial \"file://R/r\""),
    (Fails, "getFlake \"git+file://R/r\""),
    (Fails, "fetchTree \"github:a/b\""),
];

fn compare(world: &World, table: &[(Like, &str)], flags: &[&str], revs: &(String, String)) {
    let mut wrong = Vec::new();
    let folder = format!("{}/", world.path().display());
    for (number, (like, expression)) in table.iter().enumerate() {
        let expression = expression.replace("@H", &revs.0).replace("@V", &revs.1).replace("R/", &folder);
        let expression = format!("with builtins; {expression}");
        // What real Nix says can depend on what it said before, so each has a cache of its own.
        let ask = |mut command: Command, cache: &str| {
            command.env("XDG_CACHE_HOME", world.path().join(format!("{cache}-{number}")));
            run(command.args(["--eval", "--strict", "--read-write-mode"]).args(flags).args(["-E", &expression]))
        };
        let theirs = ask(world.real_nix("nix-instantiate"), "theirs");
        let ours = ask(world.nival_as("nix-instantiate"), "ours");
        // And once more with what is in the cache now.
        let again = ask(world.nival_as("nix-instantiate"), "ours");
        assert_eq!((ours.code, &ours.out), (again.code, &again.out), "{expression}");
        let fine = match like {
            Same => theirs.code == Some(0) && ours.code == Some(0) && ours.out == theirs.out,
            Fails => theirs.code != Some(0) && (ours.code == Some(1) || ours.code == theirs.code),
        };
        if !fine {
            wrong.push(format!("{expression}\nnival: {} {}\nNix: {} {}", ours.out, ours.err, theirs.out, theirs.err));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn trees_are_those_of_real_nix() {
    let world = World::default();
    let revs = repositories(&world);
    archives(&world);
    compare(&world, TABLE, &[], &revs);
    compare(&world, PURE, &["--option", "pure-eval", "true"], &revs);
    // What is warned of is that, too.
    let told = |mut command: Command| {
        let said = run(command.args(["--eval", "-E", "(builtins.fetchGit \"./r\").rev"]));
        said.err.lines().filter(|line| line.contains("warning")).collect::<Vec<_>>().join("\n")
    };
    let theirs = told(world.real_nix("nix-instantiate"));
    assert!(theirs.starts_with("warning: Fetching Git repository 'file:./r', which"), "{theirs}");
    assert_eq!(told(world.nival_as("nix-instantiate")), theirs);
}
