//! Paths as text: normalising, joining, parts.

/// Without `.`, `..`, doubled slashes or a slash at the end; `..` at the root stays there. `path` is absolute.
pub fn normalise(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    for part in path.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => out.truncate(out.iter().rposition(|&b| b == b'/').unwrap_or(0)),
            _ => {
                out.push(b'/');
                out.extend_from_slice(part);
            }
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
    out
}

/// `base/path`, or `path` where that is absolute.
pub fn join(base: &[u8], path: &[u8]) -> Vec<u8> {
    if path.first() == Some(&b'/') {
        return path.to_vec();
    }
    let mut out = Vec::with_capacity(base.len() + path.len() + 1);
    out.extend_from_slice(base);
    out.push(b'/');
    out.extend_from_slice(path);
    out
}

/// The last part; empty for the root.
pub fn base_name(path: &[u8]) -> &[u8] {
    let start = path.iter().rposition(|&b| b == b'/').map_or(0, |i| i + 1);
    &path[start..]
}

/// All but the last part; `/` for the root and what lies in it.
pub fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&b| b == b'/') {
        None | Some(0) => b"/",
        Some(end) => &path[..end],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |path: &str, expected: &str| assert_eq!(String::from_utf8_lossy(&normalise(path.as_bytes())), expected);
        check("/", "/");
        check("/a/./b//c/", "/a/b/c");
        check("/a/../..", "/");
        check("/a/b/../../c", "/c");
        check("/..", "/");
        assert_eq!(join(b"/a", b"b"), b"/a/b");
        assert_eq!(join(b"/a", b"/b"), b"/b");
        assert_eq!((base_name(b"/a/b"), parent(b"/a/b")), (&b"b"[..], &b"/a"[..]));
        assert_eq!((base_name(b"/a"), parent(b"/a")), (&b"a"[..], &b"/"[..]));
        assert_eq!((base_name(b"/"), parent(b"/")), (&b""[..], &b"/"[..]));
    }
}
