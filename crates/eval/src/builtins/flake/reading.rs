//! From text to [`FlakeRef`]: an id, a URL, or else a path. What is no URL, also by what its type says of its parts, is read as a
//! path, and then mostly refused as one that is not absolute.

use std::collections::BTreeMap;

use nival_store::{Hash, HashAlgo};

use super::reference::{Attr, FlakeRef, GIT_FLAGS, RefError};
use super::url::{self, Url};

/// Why a URL is no reference.
enum NoRef {
    /// It may still be a path. With Nix's message, which is shown only of ids.
    BadUrl(String),
    Error(RefError),
}

impl From<RefError> for NoRef {
    fn from(error: RefError) -> Self {
        NoRef::Error(error)
    }
}

fn bad<T>(message: impl Into<String>) -> Result<T, NoRef> {
    Err(NoRef::BadUrl(message.into()))
}

fn is_rev(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What Git takes as the name of a branch or tag.
pub(super) fn is_ref(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    !matches!(text, "" | "@")
        && text.split('/').all(part)
        && !text.starts_with('-')
        && !text.ends_with('.')
        && !text.contains("..")
        && !text.contains("@{")
        && !text.bytes().any(|b| b <= b' ' || b == 0x7f || b"~^:?*[\\".contains(&b))
}

pub(super) fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// What a forge may be called.
pub(super) fn is_host(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// What stands behind an id where a reference is only that.
fn looks_like_ref(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '@' | '+' | '-');
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@') && text.chars().all(inner)
}

impl FlakeRef {
    fn of(kind: &str) -> FlakeRef {
        FlakeRef { attrs: BTreeMap::from([("type".to_owned(), Attr::Text(kind.to_owned()))]) }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> FlakeRef {
        self.attrs.insert(name.to_owned(), Attr::Text(value.into()));
        self
    }

    /// Reads a reference. Paths must be absolute: nothing here knows a current folder.
    ///
    /// # Errors
    /// With Nix's messages.
    pub fn parse(text: &str) -> Result<FlakeRef, RefError> {
        let (reference, fragment) = match FlakeRef::parse_id(text)? {
            Some(found) => found,
            None => match Url::parse(text).map(|url| (url.fragment.clone(), of_url(text, url))) {
                Some((fragment, Ok(reference))) => (reference, fragment),
                Some((_, Err(NoRef::Error(error)))) => return Err(error),
                Some((_, Err(NoRef::BadUrl(_)))) | None => FlakeRef::parse_path(text)?,
            },
        };
        if !fragment.is_empty() {
            return Err(RefError::Fragment { fragment, text: text.to_owned() });
        }
        Ok(reference)
    }

    /// `nixpkgs`, `nixpkgs/ref`, `nixpkgs/ref/rev`, and a fragment.
    fn parse_id(text: &str) -> Result<Option<(FlakeRef, String)>, RefError> {
        let (body, fragment) = text.split_once('#').unwrap_or((text, ""));
        let (id, rest) = body.split_once('/').map_or((body, None), |(id, rest)| (id, Some(rest)));
        if !is_id(id) || !rest.is_none_or(looks_like_ref) || !url::is_fragment_of_id(fragment) {
            return Ok(None);
        }
        match indirect(body, &format!("flake:{body}")) {
            Ok(reference) => Ok(Some((reference, url::percent_decode(fragment)))),
            Err(NoRef::BadUrl(message)) => Err(RefError::Id(message)),
            Err(NoRef::Error(error)) => Err(error),
        }
    }

    fn parse_path(text: &str) -> Result<(FlakeRef, String), RefError> {
        let (body, fragment) = text.split_once('#').unwrap_or((text, ""));
        let (path, query) = body.split_once('?').unwrap_or((body, ""));
        let query = url::decode_query(query).ok_or_else(|| RefError::Query(query.to_owned()))?;
        if let Some(what) = url::broken_escape(fragment) {
            return Err(RefError::Escape { text: fragment.to_owned(), what });
        }
        if !path.starts_with('/') {
            return Err(RefError::NotAbsolute(text.to_owned()));
        }
        let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        let shown = || Url {
            scheme: "path".to_owned(),
            authority: Some(String::new()),
            path: url::encode_path(path),
            query: query.clone(),
            ..Url::default()
        };
        let mut reference = of_path(&segments, &query, shown)?;
        reference.add_folder(&query);
        Ok((reference, url::percent_decode(fragment)))
    }

    fn add_folder(&mut self, query: &BTreeMap<String, String>) {
        if let Some(folder) = query.get("dir").filter(|folder| !folder.is_empty()) {
            self.attrs.insert("dir".to_owned(), Attr::Text(folder.clone()));
        }
    }

    fn add_texts(&mut self, query: &BTreeMap<String, String>, names: &[&str]) {
        let found = names.iter().filter_map(|name| query.get_key_value(*name));
        self.attrs.extend(found.map(|(name, value)| (name.clone(), Attr::Text(value.clone()))));
    }

    /// Numbers of a query; what is none is left out.
    fn add_numbers(&mut self, query: &BTreeMap<String, String>) {
        for name in NUMBERS {
            if let Some(number) = query.get(name).and_then(|value| value.parse().ok()) {
                self.attrs.insert(name.to_owned(), Attr::Int(number));
            }
        }
    }
}

/// Attributes that are numbers.
pub(super) const NUMBERS: [&str; 2] = ["lastModified", "revCount"];

fn of_url(text: &str, url: Url) -> Result<FlakeRef, NoRef> {
    let query = url.query.clone();
    let mut reference = match url.scheme.as_str() {
        "github" | "gitlab" | "sourcehut" => of_forge(&url)?,
        "flake" => indirect(&url.decoded_path().join("/"), text)?,
        "path" => {
            if let Some(authority) = url.authority.as_ref().filter(|authority| !authority.is_empty()) {
                return Err(RefError::PathWithAuthority { url: text.to_owned(), authority: authority.clone() }.into());
            }
            let segments = url.decoded_path();
            // An escaped slash or NUL is in no name of a file.
            if segments.iter().any(|segment| segment.contains(['/', '\0'])) {
                return bad("not a path");
            }
            of_path(&segments, &query, || Url { fragment: String::new(), ..url })?
        }
        _ => of_fetched(text, url)?,
    };
    reference.add_folder(&query);
    Ok(reference)
}

/// What `path` names: a file's name is never empty.
fn of_path(segments: &[String], query: &BTreeMap<String, String>, shown: impl FnOnce() -> Url) -> Result<FlakeRef, RefError> {
    let mut path = if segments.first().is_some_and(String::is_empty) { "/".to_owned() } else { String::new() };
    let names: Vec<&str> = segments.iter().map(String::as_str).filter(|segment| !segment.is_empty()).collect();
    path += &names.join("/");
    if segments.len() > 1 && segments.last().is_some_and(String::is_empty) && !path.ends_with('/') {
        path.push('/');
    }
    let mut reference = FlakeRef::of("path").with("path", path);
    let known = |name: &str| NUMBERS.contains(&name) || ["dir", "rev", "narHash"].contains(&name);
    let number = |name: &str, value: &str| !NUMBERS.contains(&name) || value.parse::<u64>().is_ok();
    if let Some((name, _)) = query.iter().find(|(name, value)| !known(name) || !number(name, value)) {
        let what = if known(name) { "invalid" } else { "unsupported" };
        let mut url = shown();
        url.query.remove("dir");
        return Err(RefError::Parameter { url: url.print(), what, name: name.clone() });
    }
    reference.add_texts(query, &["rev", "narHash"]);
    reference.add_numbers(query);
    Ok(reference)
}

/// A name in the registry. `shown` is the URL in messages.
fn indirect(path: &str, shown: &str) -> Result<FlakeRef, NoRef> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let of = |id: &str| match is_id(id) {
        true => Ok(FlakeRef::of("indirect").with("id", id)),
        false => bad(format!("'{id}' is not a valid flake ID")),
    };
    let refused = |part: &str, what: &str| bad(format!("in flake URL '{shown}', '{part}' is not a {what}"));
    match parts[..] {
        [id] => of(id),
        [id, rev] if is_rev(rev) => Ok(of(id)?.with("rev", rev)),
        [id, name] if is_ref(name) => Ok(of(id)?.with("ref", name)),
        [_, other] => refused(other, "commit hash or branch/tag name"),
        [_, name, _] if !is_ref(name) => refused(name, "branch/tag name"),
        [_, _, rev] if !is_rev(rev) => refused(rev, "commit hash"),
        [id, name, rev] => Ok(of(id)?.with("ref", name).with("rev", rev)),
        _ => bad(format!("GitHub URL '{shown}' is invalid")),
    }
}

/// `github:owner/repo[/ref-or-rev]`; a ref may have slashes.
fn of_forge(url: &Url) -> Result<FlakeRef, NoRef> {
    let segments = url.decoded_path();
    let parts: Vec<&str> = segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let [owner, repo, ref rest @ ..] = parts[..] else { return bad("too short") };
    let mut reference = FlakeRef::of(&url.scheme).with("owner", owner).with("repo", repo);
    reference.add_texts(&url.query, &["host", "narHash"]);
    let in_path = rest.join("/");
    let in_query = |name: &str| url.query.get(name).map(String::as_str);
    let (mut name, mut rev) = (in_query("ref"), in_query("rev"));
    match in_path.as_str() {
        "" => {}
        _ if name.is_some() || rev.is_some() => return bad("said twice"),
        text if is_rev(text) => rev = Some(text),
        text => name = Some(text),
    }
    let host_is_one = in_query("host").is_none_or(is_host);
    if (name.is_some() && rev.is_some()) || !name.is_none_or(is_ref) || !host_is_one {
        return bad("a part is invalid");
    }
    if let Some(rev) = rev {
        Hash::parse_any(rev, Some(HashAlgo::Sha1)).map_err(RefError::from)?;
        reference = reference.with("rev", rev);
    }
    Ok(name.into_iter().fold(reference, |reference, name| reference.with("ref", name)))
}

/// Types whose references carry the URL of what is fetched.
fn of_fetched(text: &str, mut url: Url) -> Result<FlakeRef, NoRef> {
    let (application, transport) = match url.scheme.split_once('+') {
        Some((application, transport)) => (Some(application), transport.to_owned()),
        None => (None, url.scheme.clone()),
    };
    let kind = match (application, transport.as_str()) {
        (Some("git"), _) | (None, "git") => "git",
        (Some("hg"), "http" | "https" | "ssh" | "file") => "hg",
        (Some("tarball"), "http" | "https" | "file") | (None, "http" | "https" | "file") => "tarball",
        (Some("file"), "http" | "https" | "file") => "file",
        _ => return Err(RefError::Unsupported(text.to_owned()).into()),
    };
    let mut reference = FlakeRef::of(kind);
    let own: &[&str] = match kind {
        "git" => {
            if url.query.keys().any(|name| ["keytype", "publicKey", "publicKeys"].contains(&name.as_str())) {
                return Err(RefError::VerifiedFetches.into());
            }
            let flags = url.query.iter().filter(|(name, _)| GIT_FLAGS.contains(&name.as_str()));
            reference.attrs.extend(flags.map(|(name, value)| (name.clone(), Attr::Bool(value == "1"))));
            &["dir", "ref", "rev"]
        }
        "hg" => &["dir", "ref", "rev"],
        _ => {
            reference.add_numbers(&url.query);
            &["dir", "url", "narHash", "name", "unpack", "rev", "revCount", "lastModified"]
        }
    };
    let taken: &[&str] = if matches!(kind, "git" | "hg") { &["ref", "rev"] } else { &["narHash", "rev"] };
    reference.add_texts(&url.query, taken);
    let is_local = transport == "file";
    let name_is_one = match reference.attrs.get("ref") {
        Some(Attr::Text(name)) => is_ref(name),
        _ => true,
    };
    if !name_is_one || (kind == "git" && !is_local && url.authority.is_none()) {
        return bad("a part is invalid");
    }
    url.scheme = transport;
    let flags: &[&str] = if kind == "git" { &GIT_FLAGS } else { &[] };
    url.query.retain(|name, _| ![own, flags].iter().any(|taken| taken.contains(&name.as_str())));
    if is_local && url.path.is_empty() {
        url.path = "/".to_owned();
    }
    Ok(reference.with("url", url.normal().print()))
}
