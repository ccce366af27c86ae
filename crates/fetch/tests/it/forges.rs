//! Forges, by a server that stands in for them.

use expect_test::expect;
use nival_fetch::Attr;

use crate::server::{Answer, Server};
use crate::setup::{Setup, archive, shown, text};

const REV: &str = "0123456789012345678901234567890123456789";

fn setup(server: &Server) -> Setup {
    let base = server.url("");
    Setup::with(move |settings| {
        for host in ["github.com", "api.github.com", "gitlab.com", "git.sr.ht", "ghe.example.org"] {
            settings.base_urls.insert(host.to_owned(), format!("{base}/{host}"));
        }
    })
}

fn forge(kind: &str, more: &[(&'static str, &str)]) -> Vec<(&'static str, Attr)> {
    let mut attrs = vec![("type", text(kind)), ("owner", text("me")), ("repo", text("x"))];
    attrs.extend(more.iter().map(|(name, value)| (*name, text(value))));
    attrs
}

#[test]
fn branches_and_commits() {
    let server = Server::new(|asked, _| match asked.path.as_str() {
        "/api.github.com/repos/me/x/commits/HEAD" | "/api.github.com/repos/me/x/commits/a/b" => {
            Answer::ok(format!("{{\"sha\":\"{REV}\",\"commit\":{{}}}}"))
        }
        "/gitlab.com/api/v4/projects/me%2Fx/repository/commits?ref_name=HEAD" => Answer::ok(format!("[{{\"id\":\"{REV}\"}}]")),
        "/gitlab.com/api/v4/projects/me%2Fx/repository/commits?ref_name=none" => Answer::ok("[]"),
        "/git.sr.ht/~me/x/HEAD" => Answer::ok("ref: refs/heads/main\n"),
        "/git.sr.ht/~me/x/info/refs" => {
            Answer::ok(format!("{}\trefs/heads/other\n{REV}\trefs/heads/main\n{REV}\trefs/tags/v1\n", "f".repeat(40)))
        }
        path if path.contains("archive") || path.contains("tarball") => Answer::ok(archive(&[("where", path)])),
        _ => Answer::status(404),
    });
    let setup = setup(&server);
    let check = |attrs: Vec<(&'static str, Attr)>, expected: expect_test::Expect| {
        expected.assert_eq(&shown(setup.fetch(&attrs)).replace(&server.url(""), "<server>"))
    };
    check(
        forge("github", &[]),
        expect![[r#"
        lastModified = 1700000000
        owner = me
        repo = x
        rev = 0123456789012345678901234567890123456789
        /where: /github.com/me/x/archive/0123456789012345678901234567890123456789.tar.gz
    "#]],
    );
    check(
        forge("github", &[("ref", "a/b")]),
        expect![[r#"
        lastModified = 1700000000
        owner = me
        repo = x
        rev = 0123456789012345678901234567890123456789
        /where: /github.com/me/x/archive/0123456789012345678901234567890123456789.tar.gz
    "#]],
    );
    check(
        forge("github", &[("rev", REV), ("host", "ghe.example.org")]),
        expect![[r#"
        host = ghe.example.org
        lastModified = 1700000000
        owner = me
        repo = x
        rev = 0123456789012345678901234567890123456789
        /where: /ghe.example.org/api/v3/repos/me/x/tarball/0123456789012345678901234567890123456789
    "#]],
    );
    check(
        forge("gitlab", &[]),
        expect![[r#"
        lastModified = 1700000000
        owner = me
        repo = x
        rev = 0123456789012345678901234567890123456789
        /where: /gitlab.com/api/v4/projects/me%2Fx/repository/archive.tar.gz?sha=0123456789012345678901234567890123456789
    "#]],
    );
    check(
        forge("gitlab", &[("ref", "none")]),
        expect![[r#"
        error: the answer of '<server>/gitlab.com/api/v4/projects/me%2Fx/repository/commits?ref_name=none' is not what was expected: No commits returned by GitLab API -- does the git ref really exist?
    "#]],
    );
    for name in ["", "v1"] {
        let mut attrs = forge("sourcehut", &[]);
        attrs[1] = ("owner", text("~me"));
        attrs.extend((!name.is_empty()).then(|| ("ref", text(name))));
        check(
            attrs,
            expect![[r#"
            lastModified = 1700000000
            owner = ~me
            repo = x
            rev = 0123456789012345678901234567890123456789
            /where: /git.sr.ht/~me/x/archive/0123456789012345678901234567890123456789.tar.gz
        "#]],
        );
    }
    // The same commit of the same repository is fetched once.
    let archives = server.paths().iter().filter(|path| path.starts_with("/github.com/")).count();
    assert_eq!(archives, 1);
}

#[test]
fn tokens() {
    let server = Server::new(|asked, _| {
        let shown = ["authorization", "private-token"].iter().filter_map(|name| Some(format!("{name} {}", asked.headers.get(*name)?)));
        Answer::ok(archive(&[("token", &shown.collect::<String>()), ("path", &asked.path)]))
    });
    let mut setup = setup(&server);
    setup.fetcher.settings.set("access-tokens", "github.com=t0 github.com/you=t1 gitlab.com=PAT:t2 git.sr.ht=t3");
    let token = |kind: &str| {
        let out = shown(setup.fetch(&forge(kind, &[("rev", REV)])));
        out.lines()
            .filter(|line| line.starts_with("/token") || line.starts_with("/path"))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    expect![[r#"
        /path: /api.github.com/repos/me/x/tarball/0123456789012345678901234567890123456789
        /token: authorization token t0
    "#]]
    .assert_eq(&token("github"));
    assert!(token("gitlab").contains("/token: private-token t2\n"));
    assert!(token("sourcehut").contains("/token: authorization Bearer t3\n"));
}

#[test]
fn hostile_answers_and_inputs() {
    let server = Server::new(|asked, _| match asked.path.as_str() {
        path if path.contains("commits/rev") => Answer::ok(r#"{"sha":"../../x"}"#),
        path if path.contains("commits/list") => Answer::ok("[]"),
        path if path.contains("commits/no") => Answer::ok("{"),
        _ => Answer::status(500),
    });
    let mut setup = setup(&server);
    setup.fetcher.settings.attempts = 1;
    let error = |attrs: &[(&'static str, &str)]| setup.fetch(&forge("github", attrs)).unwrap_err().to_string();
    assert!(error(&[("ref", "rev")]).contains("is no commit hash"));
    assert!(error(&[("ref", "list")]).contains("it has no commit"));
    assert!(error(&[("ref", "no")]).contains("not what was expected"));
    assert!(error(&[("host", "evil.org/x")]).contains("invalid instance host"));
    assert!(error(&[("ref", "a b")]).contains("invalid Git branch/tag name"));
    assert!(error(&[("rev", "abc")]).contains("wrong length"));
    assert!(error(&[("rev", REV), ("ref", "x")]).contains("both a commit hash"));
    assert!(error(&[("color", "x")]).contains("input attribute 'color' not supported by scheme 'github'"));
    assert!(!server.paths().iter().any(|path| path.contains("..")));
}
