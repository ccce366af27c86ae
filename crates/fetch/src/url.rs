//! The parts of a URL, as far as fetching looks at them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::{FetchError, Result};

/// `scheme://[user[:password]@]host[:port]/path[?query]`; for `file:` the authority may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    pub scheme: String,
    pub user: Option<String>,
    pub password: Option<String>,
    /// With the port, without user and password; empty for most `file:` URLs.
    pub host: String,
    pub path: String,
    pub query: Option<String>,
}

impl Url {
    pub fn parse(text: &str) -> Result<Url> {
        let bad = || FetchError::BadUrl(text.chars().take(200).collect());
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(bad());
        }
        let (scheme, rest) = text.split_once(':').ok_or_else(bad)?;
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(known) {
            return Err(bad());
        }
        let (rest, _fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query.to_owned())));
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        let (login, host) = authority.rsplit_once('@').map_or((None, authority), |(login, host)| (Some(login), host));
        let (user, password) =
            match login.map(|login| login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)))) {
                Some((user, password)) => (Some(decode(user)), password.map(decode)),
                None => (None, None),
            };
        Ok(Url { scheme: scheme.to_ascii_lowercase(), user, password, host: host.to_ascii_lowercase(), path: path.to_owned(), query })
    }

    /// Without user and password, and without a fragment: what is sent and cached.
    pub fn without_login(&self) -> String {
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        if self.scheme == "file" && self.host.is_empty() && !self.path.starts_with('/') {
            return format!("file:{}{query}", self.path);
        }
        let path = if self.path.is_empty() { "/" } else { &self.path };
        format!("{}://{}{path}{query}", self.scheme, self.host)
    }

    /// The host without its port.
    pub fn host_name(&self) -> &str {
        match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &self.host,
        }
    }

    /// Of a `file:` URL.
    pub fn file_path(&self) -> Option<std::path::PathBuf> {
        (self.scheme == "file" && matches!(self.host.as_str(), "" | "localhost")).then(|| decode(&self.path).into())
    }

    /// What a `Location` header means here.
    pub fn join(&self, location: &str) -> Result<Url> {
        if location.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':')) {
            return Url::parse(location);
        }
        let origin = format!("{}://{}", self.scheme, self.host);
        if let Some(rest) = location.strip_prefix("//") {
            return Url::parse(&format!("{}://{rest}", self.scheme));
        }
        if location.starts_with('/') {
            return Url::parse(&format!("{origin}{location}"));
        }
        if location.starts_with('?') {
            return Url::parse(&format!("{origin}{}{location}", self.path));
        }
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Url::parse(&format!("{origin}{folder}/{location}"))
    }
}

/// With `%` escapes resolved; percent signs that are no escapes stay.
pub fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// What may not stand in a segment of a path (RFC 3986, `pchar`).
pub const NOT_IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// As one segment of a path.
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, NOT_IN_SEGMENT).to_string()
}

/// The path of a `file:` URL.
pub fn file_url(path: &std::path::Path) -> String {
    let segments: Vec<String> = path.to_string_lossy().split('/').map(encode_segment).collect();
    format!("file://{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn joined() {
        let base = Url::parse("http://me:secret@h:1/a/b?c").unwrap();
        let check = |location: &str, expected: Expect| {
            expected.assert_eq(&base.join(location).map_or_else(|error| error.to_string(), |url| url.without_login()));
        };
        check("https://x/y", expect!["https://x/y"]);
        check("/y?z", expect!["http://h:1/y?z"]);
        check("y", expect!["http://h:1/a/y"]);
        check("//o/y", expect!["http://o/y"]);
        check("?q", expect!["http://h:1/a/b?q"]);
        check("a b", expect!["'http://h:1/a/a b' is not a valid URL"]);
        assert_eq!((base.user.as_deref(), base.password.as_deref(), base.host_name()), (Some("me"), Some("secret"), "h"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text: String, head in "(http|file|ssh)://?|[a-z@:/]{0,9}") {
            for text in [text.clone(), format!("{head}{text}")] {
                if let Ok(url) = Url::parse(&text) {
                    let _ = (url.without_login(), url.file_path(), url.host_name().len(), url.join(&text));
                }
            }
        }
    }
}
