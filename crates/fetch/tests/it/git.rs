//! Repositories of this machine: working trees, commits, bare ones that are fetched from.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use nival_fetch::Attr;

use crate::setup::{Setup, run, shown, text};

fn git(dir: &Path, args: &[&str]) -> String {
    run(dir, "git", args)
}

fn write(dir: &Path, name: &str, contents: &str) {
    fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
    fs::write(dir.join(name), contents).unwrap();
}

/// Two commits: `a`, then `a` changed and `d/b`.
fn repository(setup: &Setup, name: &str) -> PathBuf {
    let dir = setup.dir.path().canonicalize().unwrap().join(name);
    fs::create_dir(&dir).unwrap();
    git(&dir, &["init", "-q", "-b", "main"]);
    write(&dir, "a", "1");
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "1"]);
    git(&dir, &["tag", "-am", "v", "v1"]);
    write(&dir, "a", "2");
    write(&dir, "d/b", "2");
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "2"]);
    dir
}

fn check(setup: &Setup, dir: &Path, more: &[(&'static str, Attr)], expected: Expect) {
    let url = format!("file://{}", dir.display());
    let mut attrs = vec![("type", text("git")), ("url", text(&url))];
    attrs.extend(more.iter().cloned());
    let out = shown(setup.fetch(&attrs)).replace(&setup.dir.path().canonicalize().unwrap().display().to_string(), "<dir>");
    expected.assert_eq(&out);
}

#[test]
fn working_trees() {
    let setup = Setup::new();
    let dir = repository(&setup, "r");
    write(&dir, "untracked", "x");
    check(
        &setup,
        &dir,
        &[],
        expect![[r#"
        lastModified = 1700000000
        rev = daed6340dca0bb29226b71c1eb7cf68765771399
        revCount = 2
        /a: 2
        /d/b: 2
    "#]],
    );
    assert!(setup.watch.warnings().is_empty());
    // Every kind of change.
    type Change = (&'static str, fn(&Path));
    let changes: [Change; 6] = [
        ("contents", |dir| write(dir, "a", "3")),
        ("same size", |dir| write(dir, "a", "9")),
        ("mode", |dir| assert!(std::process::Command::new("chmod").arg("+x").arg(dir.join("a")).status().unwrap().success())),
        ("deleted", |dir| fs::remove_file(dir.join("d/b")).unwrap()),
        ("added", |dir| {
            write(dir, "new", "n");
            git(dir, &["add", "new"]);
        }),
        ("announced", |dir| {
            write(dir, "new", "n");
            git(dir, &["add", "-N", "new"]);
        }),
    ];
    for (what, change) in changes {
        change(&dir);
        let out = shown(setup.fetch(&[("type", text("git")), ("url", text(&dir.display().to_string()))]));
        assert!(out.contains("dirtyRev = daed634") && out.contains("-dirty\n") && !out.contains("\nrev = "), "{what}: {out}");
        assert_eq!(out.contains("/new: n"), what == "added" || what == "announced", "{what}: {out}");
        assert_eq!(out.contains("/d/b"), what != "deleted", "{what}: {out}");
        assert_eq!(setup.watch.warnings(), [format!("Git tree '{}' is dirty", dir.display())]);
        git(&dir, &["reset", "-q", "--hard"]);
        let _ = fs::remove_file(dir.join("new"));
        assert!(shown(setup.fetch(&[("type", text("git")), ("url", text(&dir.display().to_string()))])).contains("\nrev = "), "{what}");
    }
    let strict = Setup::with(|settings| settings.allow_dirty = false);
    write(&dir, "a", "3");
    let refused = strict.fetch(&[("type", text("git")), ("url", text(&dir.display().to_string()))]).unwrap_err().to_string();
    assert_eq!(refused, format!("Git tree '{}' is dirty", dir.display()));
}

#[test]
fn commits() {
    let setup = Setup::new();
    let dir = repository(&setup, "r");
    // What is in the working tree does not matter.
    write(&dir, "a", "3");
    let first = git(&dir, &["rev-parse", "HEAD~1"]);
    check(
        &setup,
        &dir,
        &[("rev", text(&first))],
        expect![[r#"
        lastModified = 1700000000
        rev = d6db2f69866dd9a89d3a4e2a35b6f6fcc8b82d87
        revCount = 1
        /a: 1
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("ref", text("v1"))],
        expect![[r#"
        lastModified = 1700000000
        ref = v1
        rev = d6db2f69866dd9a89d3a4e2a35b6f6fcc8b82d87
        revCount = 1
        /a: 1
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("ref", text("refs/heads/main")), ("shallow", Attr::Bool(true))],
        expect![[r#"
        lastModified = 1700000000
        ref = refs/heads/main
        rev = daed6340dca0bb29226b71c1eb7cf68765771399
        shallow = true
        /a: 2
        /d/b: 2
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("ref", text("none"))],
        expect![[r#"
        error: resolving Git reference 'none': revspec 'none' not found
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("ref", text("-x"))],
        expect![[r#"
        error: invalid Git branch/tag name '-x'
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("rev", text(&"1".repeat(40)))],
        expect![[r#"
        error: getting Git object '1111111111111111111111111111111111111111': object not found - no match for id
    "#]],
    );
    check(
        &setup,
        &dir.join("none"),
        &[],
        expect![[r#"
            error: Git repository "<dir>/r/none" does not exist.
        "#]],
    );
}

#[test]
fn worktrees_and_no_commits() {
    let setup = Setup::new();
    let dir = repository(&setup, "r");
    git(&dir, &["worktree", "add", "-q", "../w", "HEAD~1"]);
    check(
        &setup,
        &dir.with_file_name("w"),
        &[],
        expect![[r#"
        lastModified = 1700000000
        rev = d6db2f69866dd9a89d3a4e2a35b6f6fcc8b82d87
        revCount = 1
        /a: 1
    "#]],
    );
    let empty = dir.with_file_name("empty");
    fs::create_dir(&empty).unwrap();
    git(&empty, &["init", "-q"]);
    check(
        &setup,
        &empty,
        &[],
        expect![[r#"
        lastModified = 0
        rev = 0000000000000000000000000000000000000000
        revCount = 0
    "#]],
    );
    write(&empty, "a", "1");
    git(&empty, &["add", "a"]);
    check(
        &setup,
        &empty,
        &[],
        expect![[r#"
        lastModified = 0
        /a: 1
    "#]],
    );
}

#[test]
fn bare_repositories_are_fetched_from() {
    let setup = Setup::with(|settings| settings.tarball_ttl = std::time::Duration::ZERO);
    let dir = repository(&setup, "r");
    git(&dir, &["clone", "-q", "--bare", ".", "../bare"]);
    let bare = dir.with_file_name("bare");
    check(
        &setup,
        &bare,
        &[],
        expect![[r#"
        lastModified = 1700000000
        rev = daed6340dca0bb29226b71c1eb7cf68765771399
        revCount = 2
        /a: 2
        /d/b: 2
    "#]],
    );
    check(
        &setup,
        &bare,
        &[("rev", text(&git(&dir, &["rev-parse", "HEAD~1"])))],
        expect![[r#"
        lastModified = 1700000000
        rev = d6db2f69866dd9a89d3a4e2a35b6f6fcc8b82d87
        revCount = 1
        /a: 1
    "#]],
    );
    check(
        &setup,
        &bare,
        &[("ref", text("refs/tags/v1")), ("shallow", Attr::Bool(true))],
        expect![[r#"
        lastModified = 1700000000
        ref = refs/tags/v1
        rev = d6db2f69866dd9a89d3a4e2a35b6f6fcc8b82d87
        shallow = true
        /a: 1
    "#]],
    );
    check(
        &setup,
        &bare,
        &[("rev", text(&"1".repeat(40)))],
        expect![[r#"
        error: Cannot find Git revision '1111111111111111111111111111111111111111' in ref 'HEAD' of repository 'file://<dir>/bare'! Please make sure that the rev exists on the ref you've specified or add allRefs = true; to fetchGit.
    "#]],
    );
    // New commits are found, and a damaged clone is made again.
    write(&dir, "a", "3");
    git(&dir, &["commit", "-qam", "3"]);
    git(&dir, &["push", "-q", "../bare", "main"]);
    for clone in fs::read_dir(setup.dir.path().join("cache/git")).unwrap() {
        fs::write(clone.unwrap().path().join("HEAD"), "garbage").unwrap();
    }
    check(
        &setup,
        &bare,
        &[],
        expect![[r#"
        lastModified = 1700000000
        rev = 763d795bdf34cfa1a5232551a3ae99a68630463f
        revCount = 3
        /a: 3
        /d/b: 2
    "#]],
    );
    // The other side is gone: what was fetched will do.
    fs::remove_dir_all(&bare).unwrap();
    fs::create_dir(&bare).unwrap();
    check(
        &setup,
        &bare,
        &[],
        expect![[r#"
        lastModified = 1700000000
        rev = 763d795bdf34cfa1a5232551a3ae99a68630463f
        revCount = 3
        /a: 3
        /d/b: 2
    "#]],
    );
    assert!(setup.watch.warnings().iter().any(|warning| warning.contains("continuing with the most recent version")));
    check(
        &setup,
        &bare,
        &[("ref", text("new"))],
        expect![[r#"
        error: Failed to fetch git repository 'file://<dir>/bare': fatal: '<dir>/bare' does not appear to be a git repository
        fatal: Could not read from remote repository.

        Please make sure you have the correct access rights
        and the repository exists.
    "#]],
    );
}

#[test]
fn shallow_clones() {
    let setup = Setup::new();
    let dir = repository(&setup, "r");
    let url = format!("file://{}", dir.display());
    git(&dir, &["clone", "-q", "--depth", "1", &url, "../shallow"]);
    check(
        &setup,
        &dir.with_file_name("shallow"),
        &[],
        expect![[r#"
            lastModified = 1700000000
            rev = daed6340dca0bb29226b71c1eb7cf68765771399
            revCount = 1
            /a: 2
            /d/b: 2
        "#]],
    );
    check(
        &setup,
        &dir.with_file_name("shallow"),
        &[("shallow", Attr::Bool(true))],
        expect![[r#"
        lastModified = 1700000000
        rev = daed6340dca0bb29226b71c1eb7cf68765771399
        shallow = true
        /a: 2
        /d/b: 2
    "#]],
    );
}

#[test]
fn submodules() {
    let setup = Setup::new();
    let dir = repository(&setup, "r");
    repository(&setup, "sub");
    git(&dir, &["submodule", "add", "-q", "../sub", "m"]);
    git(&dir, &["commit", "-qm", "3"]);
    let rev = git(&dir, &["rev-parse", "HEAD"]);
    check(
        &setup,
        &dir,
        &[("rev", text(&rev))],
        expect![[r#"
        lastModified = 1700000000
        rev = 7930be84c2e4c4f0493f7cb0d58b9a198223f7e8
        revCount = 3
        /.gitmodules: [submodule "m"]
        	path = m
        	url = ../sub
        /a: 2
        /d/b: 2
        /m/
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("rev", text(&rev)), ("submodules", Attr::Bool(true))],
        expect![[r#"
        lastModified = 1700000000
        rev = 7930be84c2e4c4f0493f7cb0d58b9a198223f7e8
        revCount = 3
        submodules = true
        /.gitmodules: [submodule "m"]
        	path = m
        	url = ../sub
        /a: 2
        /d/b: 2
        /m/a: 2
        /m/d/b: 2
    "#]],
    );
    check(
        &setup,
        &dir,
        &[],
        expect![[r#"
        lastModified = 1700000000
        rev = 7930be84c2e4c4f0493f7cb0d58b9a198223f7e8
        revCount = 3
        /.gitmodules: [submodule "m"]
        	path = m
        	url = ../sub
        /a: 2
        /d/b: 2
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("submodules", Attr::Bool(true))],
        expect![[r#"
        lastModified = 1700000000
        rev = 7930be84c2e4c4f0493f7cb0d58b9a198223f7e8
        revCount = 3
        submodules = true
        /.gitmodules: [submodule "m"]
        	path = m
        	url = ../sub
        /a: 2
        /d/b: 2
        /m/a: 2
        /m/d/b: 2
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("submodules", Attr::Bool(true)), ("exportIgnore", Attr::Bool(true))],
        expect![[r#"
        error: exportIgnore and submodules are not supported together yet
    "#]],
    );
}

#[test]
fn attributes_of_files() {
    let setup = Setup::new();
    let dir = repository(&setup, "r");
    write(&dir, ".gitattributes", "d export-ignore\nx export-subst\n");
    write(&dir, "x", "$Format:%H$");
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "3"]);
    check(
        &setup,
        &dir,
        &[("exportIgnore", Attr::Bool(true))],
        expect![[r#"
        exportIgnore = true
        lastModified = 1700000000
        rev = a6fe912c9ca4f0d93f36b4c040d4f9b1b2428033
        revCount = 3
        /.gitattributes: d export-ignore
        x export-subst
        /a: 2
        /x: $Format:%H$
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("exportIgnore", Attr::Bool(true)), ("ref", text("main"))],
        expect![[r#"
        exportIgnore = true
        lastModified = 1700000000
        ref = main
        rev = a6fe912c9ca4f0d93f36b4c040d4f9b1b2428033
        revCount = 3
        /.gitattributes: d export-ignore
        x export-subst
        /a: 2
        /x: $Format:%H$
    "#]],
    );
}

/// A repository's configuration names programs; none of them runs.
#[test]
fn nothing_of_a_repository_runs() {
    let setup = Setup::new();
    let dir = repository(&setup, "r");
    let mark = setup.dir.path().join("ran");
    let evil = dir.join(".git/evil");
    fs::write(&evil, format!("#!/bin/sh\ntouch '{}'\nexit 0\n", mark.display())).unwrap();
    run(&dir, "chmod", &["+x", ".git/evil"]);
    let evil = evil.display().to_string();
    for name in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "gpg.program",
        "diff.external",
        "filter.x.clean",
        "filter.x.smudge",
        "uploadpack.packObjectsHook",
        "core.gitProxy",
        "core.askPass",
    ] {
        git(&dir, &["config", name, &evil]);
    }
    git(&dir, &["config", "log.showSignature", "true"]);
    fs::create_dir_all(dir.join(".git/hooks")).unwrap();
    for hook in ["post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"] {
        fs::copy(&evil, dir.join(".git/hooks").join(hook)).unwrap();
    }
    write(&dir, ".gitattributes", "* filter=x diff=x\n");
    write(&dir, "a", "5");
    let url = text(&dir.display().to_string());
    for more in [vec![], vec![("ref", text("main"))], vec![("exportIgnore", Attr::Bool(true))]] {
        let mut attrs = vec![("type", text("git")), ("url", url.clone())];
        attrs.extend(more);
        setup.fetch(&attrs).unwrap();
    }
    for url in ["ext::sh -c touch% /tmp/ran", "-ox", "--upload-pack=/bin/sh", "ssh://-oProxyCommand=touch/x"] {
        assert!(setup.fetch(&[("type", text("git")), ("url", text(url))]).is_err(), "{url}");
    }
    assert!(!mark.exists());
}

#[test]
fn what_is_not_there_yet() {
    let setup = Setup::new();
    let dir = repository(&setup, "r");
    check(
        &setup,
        &dir,
        &[("lfs", Attr::Bool(true))],
        expect![[r#"
        error: 'git' does not support fetching Git LFS files ('lfs = true') yet
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("verifyCommit", Attr::Bool(true))],
        expect![[r#"
        error: 'git' does not support verifying the signatures of commits ('verifyCommit') yet
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("submodules", text("yes"))],
        expect![[r#"
        error: input attribute 'submodules' is not a Boolean
    "#]],
    );
    check(
        &setup,
        &dir,
        &[("colour", text("x"))],
        expect![[r#"
        error: input attribute 'colour' not supported by scheme 'git'
    "#]],
    );
}
