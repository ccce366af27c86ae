//! Tarballs and files from a server on this machine.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use expect_test::expect;
use nival_fetch::FetchError;

use crate::server::{Answer, Server};
use crate::setup::{Setup, archive, shown, text};

#[test]
fn trees_and_files() {
    let server = Server::new(|asked, _| match asked.path.as_str() {
        "/x.tar.gz" => Answer::ok(archive(&[("a", "1"), ("b/c", "2")])),
        "/file" => Answer::ok("hello"),
        _ => Answer { body: b"nothing here".to_vec(), ..Answer::status(404) },
    });
    let setup = Setup::new();
    expect![[r#"
        lastModified = 1700000000
        /a: 1
        /b/c: 2
    "#]]
    .assert_eq(&shown(setup.tarball(&server.url("/x.tar.gz"))));
    let file = setup.fetcher.download(&server.url("/file"), &setup.watch).unwrap();
    assert_eq!(std::fs::read(&file.path).unwrap(), b"hello");
    let url = server.url("/none");
    let error = setup.tarball(&url).unwrap_err().to_string();
    assert_eq!(error, format!("unable to download '{url}': HTTP error 404\n\nresponse body:\n\nnothing here"));
    // Not asked again.
    assert_eq!(server.paths(), ["/x.tar.gz", "/file", "/none"]);
}

#[test]
fn answers_are_kept_and_asked_about() {
    let server = Server::new(|asked, before| {
        let etag = if asked.path == "/same" || before < 2 { "\"1\"" } else { "\"2\"" };
        if asked.headers.get("if-none-match").map(String::as_str) == Some(etag) {
            return Answer::status(304);
        }
        Answer::ok(archive(&[("a", etag)])).with("ETag", etag)
    });
    let setup = Setup::with(|settings| settings.tarball_ttl = Duration::ZERO);
    for path in ["/same", "/other"] {
        let url = server.url(path);
        let get = || shown(setup.tarball(&url));
        assert!(get().contains("/a: \"1\"") && get().contains("/a: \"1\""));
        assert!(get().contains(if path == "/same" { "/a: \"1\"" } else { "/a: \"2\"" }));
        assert_eq!(server.paths().iter().filter(|asked| *asked == path).count(), 3);
    }
    // Within its time nobody is asked.
    let patient = Setup::new();
    for _ in 0..3 {
        patient.tarball(&server.url("/kept")).unwrap();
    }
    assert_eq!(server.paths().iter().filter(|asked| *asked == "/kept").count(), 1);
    // A damaged cache is filled again.
    let fetched = patient.tarball(&server.url("/kept")).unwrap();
    std::fs::remove_file(fetched.place.path().join("a")).unwrap();
    assert!(shown(patient.tarball(&server.url("/kept"))).contains("/a: \"1\""));
    std::fs::remove_dir_all(patient.dir.path().join("cache/records")).unwrap();
    std::fs::write(patient.dir.path().join("cache/records"), "no folder").unwrap();
    assert!(shown(patient.tarball(&server.url("/kept"))).contains("/a: "));
}

#[test]
fn an_old_answer_is_better_than_none() {
    let server = Server::new(|_, before| if before == 0 { Answer::ok(archive(&[("a", "1")])) } else { Answer::status(404) });
    let setup = Setup::with(|settings| settings.tarball_ttl = Duration::ZERO);
    let url = server.url("/x");
    setup.tarball(&url).unwrap();
    setup.tarball(&url).unwrap();
    assert_eq!(setup.watch.warnings(), [format!("unable to download '{url}': HTTP error 404; using cached version")]);
}

#[test]
fn redirects() {
    let other = Server::new(|asked, _| {
        assert!(!asked.headers.contains_key("authorization"), "{asked:?}");
        Answer::ok(archive(&[("a", "1")]))
    });
    let target = other.url("/real");
    let server = Server::new(move |asked, _| match asked.path.as_str() {
        "/abs" => Answer::redirect(&target),
        "/rel/x" => Answer::redirect("../rel/../final"),
        "/rel/../rel/../final" | "/rel/../final" => Answer::redirect(&target),
        "/loop" => Answer::redirect("/loop"),
        "/file" => Answer::redirect("file:///etc/passwd"),
        "/nowhere" => Answer::status(302),
        path => panic!("{path}"),
    });
    let setup = Setup::new();
    let with_login = server.url("/abs").replace("http://", "http://me:secret@");
    setup.tarball(&with_login).unwrap();
    assert_eq!(server.asked()[0].headers["authorization"], "Basic bWU6c2VjcmV0");
    setup.tarball(&server.url("/rel/x")).unwrap();
    let error = |path: &str| setup.tarball(&server.url(path)).unwrap_err().to_string();
    assert!(error("/loop").ends_with("more than 10 redirects"));
    assert_eq!(error("/file"), "'file:///etc/passwd' is not a valid URL");
    assert!(error("/nowhere").ends_with("a redirect leads nowhere"));
    // The password is nowhere in the cache.
    let records = std::fs::read_dir(setup.dir.path().join("cache/records")).unwrap();
    assert!(records.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).all(|text| !text.contains("secret")));
}

#[test]
fn immutable_links() {
    let rev = "0123456789012345678901234567890123456789";
    let server = Server::new(move |asked, _| {
        let link = match asked.path.as_str() {
            "/latest" => format!("<http://example.org/x.tar.gz?rev={rev}&revCount=7&a=b>; rel=\"immutable\""),
            _ => "<git+https://example.org/x>; rel=\"immutable\"".to_owned(),
        };
        Answer::ok(archive(&[("a", "1")])).with("Link", link)
    });
    let setup = Setup::new();
    for _ in 0..2 {
        let fetched = setup.tarball(&server.url("/latest")).unwrap();
        assert_eq!(fetched.input.text("url"), Some("http://example.org/x.tar.gz?a=b"));
        assert_eq!((fetched.input.rev(), fetched.input.int("revCount")), (Some(rev), Some(7)));
    }
    assert!(matches!(setup.tarball(&server.url("/odd")), Err(FetchError::Link(_))));
}

#[test]
fn trouble_on_the_way() {
    let body = archive(&[("a", &"text ".repeat(1000))]);
    let server = Server::new(move |asked, before| match (asked.path.as_str(), before) {
        ("/flaky", 0) => Answer { hang_up: true, ..Answer::default() },
        ("/flaky", 1) => Answer::status(503),
        ("/flaky", 2) => Answer { missing: 10, ..Answer::ok(body.clone()) },
        ("/flaky", _) => Answer::ok(body.clone()),
        ("/short", _) => Answer { missing: 10, ..Answer::ok(body.clone()) },
        ("/garbage", _) => Answer::ok("this is not an archive"),
        ("/encoded", _) => Answer::ok(body.clone()).with("Content-Encoding", "br"),
        ("/stalled", _) => Answer { pause: Some(Duration::from_secs(20)), ..Answer::ok(body.clone()) },
        (path, _) => panic!("{path}"),
    });
    let setup = Setup::with(|settings| {
        settings.stalled_timeout = Duration::from_millis(500);
        settings.attempts = 4;
    });
    setup.tarball(&server.url("/flaky")).unwrap();
    assert_eq!(server.paths().len(), 4);
    assert_eq!(setup.watch.warnings().len(), 3);
    let error = |path: &str| setup.tarball(&server.url(path)).unwrap_err().to_string();
    let short = error("/short");
    assert!(short.contains("unable to download") && !short.contains("panic"), "{short}");
    assert!(error("/garbage").contains("Unrecognized archive format"));
    assert!(error("/encoded").contains("was not asked for"));
    let start = Instant::now();
    assert!(error("/stalled").contains("unable to download"));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    // Nobody there.
    let gone = server.url("/x");
    drop(server);
    assert!(setup.tarball(&gone).unwrap_err().to_string().contains("refused"));
}

#[test]
fn cancelled_at_once() {
    let body = archive(&[("a", "1")]);
    let server = Server::new(move |asked, _| match asked.path.as_str() {
        "/body" => Answer { pause: Some(Duration::from_secs(5)), ..Answer::ok(body.clone()) },
        _ => {
            std::thread::sleep(Duration::from_secs(5));
            Answer::ok("")
        }
    });
    for path in ["/body", "/head"] {
        let setup = Setup::new();
        let url = server.url(path);
        std::thread::scope(|scope| {
            let fetch = scope.spawn(|| setup.tarball(&url).map(|_| Instant::now()).map_err(|error| (error, Instant::now())));
            std::thread::sleep(Duration::from_millis(300));
            let asked = Instant::now();
            setup.watch.cancelled.store(true, Ordering::Relaxed);
            let (error, end) = fetch.join().unwrap().unwrap_err();
            assert!(matches!(error, FetchError::Cancelled), "{error}");
            assert!(end - asked < Duration::from_millis(500), "{:?}", end - asked);
        });
    }
}

#[test]
fn many_at_once() {
    let server = Server::new(|asked, _| Answer::ok(archive(&[("a", &asked.path)])));
    let setup = Setup::with(|settings| settings.connections = 2);
    std::thread::scope(|scope| {
        let fetches: Vec<_> = (0..24)
            .map(|n| {
                let url = server.url(&format!("/{}", n % 3));
                let setup = &setup;
                scope.spawn(move || shown(setup.tarball(&url)))
            })
            .collect();
        for (n, fetch) in fetches.into_iter().enumerate() {
            assert!(fetch.join().unwrap().contains(&format!("/a: /{}", n % 3)));
        }
    });
    // Each once: the others waited.
    assert_eq!(server.paths().len(), 3);
}

#[test]
fn nothing_is_downloaded_that_may_not_be() {
    let server = Server::new(|_, _| Answer::ok(archive(&[("a", "1")])));
    let url = server.url("/x");
    let setup = Setup::new();
    setup.tarball(&url).unwrap();
    let refusing = |ttl: u64| Setup {
        fetcher: nival_fetch::Fetcher::new(nival_fetch::Settings {
            refuse_network: Some("because of '--offline'".to_owned()),
            tarball_ttl: Duration::from_secs(ttl),
            ..setup.fetcher.settings.clone()
        }),
        ..Setup::new()
    };
    // What is there may be old.
    refusing(3600).tarball(&url).unwrap();
    refusing(0).tarball(&url).unwrap();
    let other = server.url("/y");
    let error = refusing(0).tarball(&other).unwrap_err().to_string();
    assert_eq!(error, format!("'{other}' cannot be fetched because of '--offline'"));
    let git = refusing(0).fetch(&[("type", text("git")), ("url", text(&other))]).unwrap_err();
    assert!(matches!(git, FetchError::Refused { .. }), "{git}");
    assert_eq!(server.paths(), ["/x"]);
}

#[test]
fn odd_urls() {
    let setup = Setup::new();
    for url in ["", "x", "http://", "ftp://h/x", "http://h:port/x", "http://127.0.0.1:99999/x", "http:/x", "http://a b/", "http://[::1/x"] {
        let error = setup.tarball(url).unwrap_err().to_string();
        assert!(!error.is_empty(), "{url}");
    }
}
