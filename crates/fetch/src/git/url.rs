//! What people write for a repository.

use std::path::{Path, PathBuf};

use super::Location;
use crate::error::{FetchError, Result};
use crate::url::{Url, encode_segment, file_url};

/// Transports that `git` has itself.
const SCHEMES: [&str; 4] = ["http", "https", "ssh", "git"];

/// Reads a URL, a path, or `user@host:path`.
pub fn locate(text: &str) -> Result<Location> {
    let text = normal(text)?;
    let url = Url::parse(&text)?;
    if url.scheme == "file" {
        let path = url.file_path().ok_or_else(|| FetchError::BadUrl(text.clone()))?;
        return local(path);
    }
    if !SCHEMES.contains(&url.scheme.as_str()) {
        return Err(FetchError::BadUrl(text));
    }
    // Old lock files have the folder of a flake here, which no server knows.
    let query: Vec<&str> = url.query.as_deref().unwrap_or_default().split('&').filter(|pair| !pair.starts_with("dir=")).collect();
    let query = query.join("&");
    let base = text.split(['?', '#']).next().unwrap_or_default();
    Ok(Location::Remote(if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") }))
}

/// A folder without a `.git` is a bare repository, and fetched from as if it were far away.
fn local(path: PathBuf) -> Result<Location> {
    if !path.is_absolute() {
        return Err(FetchError::RelativePath(path.display().to_string()));
    }
    let path: PathBuf = path.components().collect();
    if path.exists() && std::fs::symlink_metadata(path.join(".git")).is_err() {
        return Ok(Location::Remote(file_url(&path)));
    }
    if path.exists() { Ok(Location::Local(path)) } else { Err(FetchError::NoRepository(path)) }
}

/// As a URL. That of a relative path is relative: `file:a/b`.
///
/// # Errors
/// It has a host and a path as `scp` takes them, and no user.
pub fn normal(text: &str) -> Result<String> {
    let is_url = |text: &str| text.contains("://") || text.starts_with("file:");
    let text = text.strip_prefix("git+").filter(|rest| is_url(rest)).unwrap_or(text);
    if text.starts_with('/') {
        return Ok(file_url(&PathBuf::from(text)));
    }
    if let (Some(at), Some(colon)) = (text.find('@'), text.rfind(':'))
        && at < colon
        && !text.contains("://")
        && !text.get(..at).unwrap_or_default().contains('/')
    {
        let (host, path) = text.split_at(colon);
        return Ok(format!("ssh://{host}/{}", path.get(1..).unwrap_or_default()));
    }
    if is_url(text) {
        return Ok(text.to_owned());
    }
    if text.split('/').next().is_some_and(|first| first.contains(':')) {
        return Err(FetchError::ScpLike(text.to_owned()));
    }
    Ok(format!("file:{}", text.split('/').map(encode_segment).collect::<Vec<_>>().join("/")))
}

/// The path of a URL of a relative path, as it is written, from a folder.
pub fn relative_to(url: &str, folder: &Path) -> Option<PathBuf> {
    let url = Url::parse(url).ok().filter(|url| url.scheme == "file" && url.host.is_empty())?;
    let path = url.file_path().filter(|path| path.is_relative() && !path.as_os_str().is_empty())?;
    Some(folder.join(path))
}

/// The URL of a submodule, which may be relative to that of the repository it is in.
pub fn resolve(base: &str, url: &str) -> String {
    if !(url.starts_with("./") || url.starts_with("../")) {
        return url.to_owned();
    }
    let mut base = base.trim_end_matches('/').to_owned();
    let mut rest = url;
    loop {
        if let Some(tail) = rest.strip_prefix("./") {
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("../") {
            rest = tail;
            let cut = base.rfind('/').or_else(|| base.rfind(':')).unwrap_or(0);
            base.truncate(cut);
        } else {
            break;
        }
    }
    format!("{base}/{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let normal = |text: &str| normal(text).unwrap();
        assert_eq!(normal("/a/b c"), "file:///a/b%20c");
        assert_eq!(normal("git@github.com:me/x"), "ssh://git@github.com/me/x");
        assert_eq!(normal("ssh://git@host:22/x"), "ssh://git@host:22/x");
        assert_eq!(normal("https://h/x"), "https://h/x");
        assert_eq!(normal("git+https://h/x"), "https://h/x");
        assert_eq!(normal("git+file:x"), "file:x");
        assert_eq!(normal("x/y"), "file:x/y");
        assert_eq!(normal("./ü b/c?d"), "file:./%C3%BC%20b/c%3Fd");
        assert_eq!(normal("a/b:c"), "file:a/b:c");
        for scp in ["host:x", "git+ssh:x", "x:"] {
            assert!(matches!(super::normal(scp), Err(FetchError::ScpLike(text)) if text == scp));
        }
        let from = |url: &str| relative_to(&normal(url), Path::new("/w")).map(|path| path.display().to_string());
        assert_eq!(from("./ü b").as_deref(), Some("/w/./ü b"));
        assert_eq!(from("../x").as_deref(), Some("/w/../x"));
        assert_eq!([from("/x"), from("https://h/x"), from("file://h/x"), from("")], [None, None, None, None]);
        assert!(locate("ext::sh -c touch% /tmp/x").is_err() && locate("--upload-pack=x").is_err() && locate("x").is_err());
        assert_eq!(locate("https://h/x?dir=a&b=c").unwrap(), Location::Remote("https://h/x?b=c".into()));
    }

    #[test]
    fn relative_submodules() {
        assert_eq!(resolve("https://h/a/b", "../c"), "https://h/a/c");
        assert_eq!(resolve("https://h/a/b/", "../../c/d"), "https://h/c/d");
        assert_eq!(resolve("/r/main", "./sub"), "/r/main/sub");
        assert_eq!(resolve("https://h/a", "https://x/y"), "https://x/y");
    }
}
