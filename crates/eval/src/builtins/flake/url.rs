//! The parts of a URL, as far as flake references have them.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};

/// `scheme:[//authority]path?query#fragment`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Url {
    pub scheme: String,
    /// With the user, where there is one.
    pub authority: Option<String>,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub fragment: String,
}

/// What Nix writes as escapes: all but the unreserved characters,
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// and what may stand in a segment of a path
const NOT_IN_SEGMENT: &AsciiSet = &RESERVED.remove(b':').remove(b'@');
/// and in the whole of a path
const NOT_IN_PATH: &AsciiSet = &NOT_IN_SEGMENT.remove(b'/');
/// and in a query.
const NOT_IN_QUERY: &AsciiSet = &NOT_IN_PATH.remove(b'?');

/// What RFC 3986 lets stand unescaped, beside letters and digits: in every part, and in some.
const UNRESERVED: &[u8] = b"-._~";
const SUB_DELIMS: &[u8] = b"!$&'()*+,;=";
const IN_LOGIN: &[u8] = b":";
const IN_PATH: &[u8] = b":@/";
/// Blanks and quotes, and a caret in a fragment, stand there against the standard: old references have them.
const IN_QUERY: &[u8] = b":@/?[] \"";
const IN_FRAGMENT: &[u8] = b":@/?# \"^";

/// Whether every escape in `text` is whole and every other byte may stand in a part that also has `more`.
fn well_formed(text: &str, more: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => hex(at + 1) && hex(at + 2),
        byte => byte.is_ascii_alphanumeric() || [UNRESERVED, SUB_DELIMS, more].iter().any(|set| set.contains(byte)),
    })
}

/// Whether this may stand behind the `#` of a reference that is an id.
pub fn is_fragment_of_id(text: &str) -> bool {
    well_formed(text, b":@/? \"^")
}

/// `[login@]host[:port]`, without an empty port. `None` where it is none.
fn authority(text: &str) -> Option<String> {
    let (login, place) = text.split_once('@').map_or((None, text), |(login, place)| (Some(login), place));
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_is_one = match literal {
        Some(address) => !address.is_empty() && well_formed(address, b":"),
        None => well_formed(host, b""),
    };
    let port_is_one = port.is_none_or(|port| port.is_empty() || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()));
    if !login.is_none_or(|login| well_formed(login, IN_LOGIN)) || !host_is_one || !port_is_one {
        return None;
    }
    Some(if port == Some("") { text.trim_end_matches(':').to_owned() } else { text.to_owned() })
}

impl Url {
    /// `None` for what has no scheme, and for what RFC 3986 does not allow but in a query or fragment that Nix takes.
    pub fn parse(text: &str) -> Option<Url> {
        let (scheme, rest) = text.split_once(':')?;
        let starts = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
            return None;
        }
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority(place)?), path)
            }
            None => (None, rest),
        };
        let of_file = scheme.split_once('+').map_or(scheme, |(_, transport)| transport) == "file";
        if (of_file && authority.as_ref().is_some_and(|authority| !authority.is_empty()))
            || !well_formed(path, IN_PATH)
            || !well_formed(fragment, IN_FRAGMENT)
        {
            return None;
        }
        Some(Url {
            scheme: scheme.to_owned(),
            authority,
            path: path.to_owned(),
            query: decode_query(query)?,
            fragment: percent_decode(fragment),
        })
    }

    /// The segments of the path, without escapes.
    pub fn decoded_path(&self) -> Vec<String> {
        self.path.split('/').map(percent_decode).collect()
    }

    /// With only those escapes in the path and the authority that Nix writes.
    pub fn normal(mut self) -> Url {
        let segments: Vec<String> = self.path.split('/').map(|segment| encode_again(segment, NOT_IN_SEGMENT)).collect();
        self.path = segments.join("/");
        if let Some(authority) = self.authority.take() {
            let (login, place) = authority.split_once('@').map_or((None, authority.as_str()), |(login, place)| (Some(login), place));
            let again = |text: &str| encode_again(text, RESERVED);
            let login = login.map(|login| match login.split_once(':') {
                Some((user, password)) => format!("{}:{}@", again(user), again(password)),
                None => format!("{}@", again(login)),
            });
            let place = match place.split_once(':') {
                _ if place.starts_with('[') => place.to_owned(),
                Some((host, port)) => format!("{}:{port}", again(host)),
                None => again(place),
            };
            self.authority = Some(login.unwrap_or_default() + &place);
        }
        self
    }

    /// Without query and fragment.
    pub fn base(&self) -> String {
        let authority = self.authority.as_ref().map(|authority| format!("//{authority}")).unwrap_or_default();
        format!("{}:{authority}{}", self.scheme, self.path)
    }

    /// All but the fragment.
    pub fn print(&self) -> String {
        let base = self.base();
        if self.query.is_empty() { base } else { format!("{base}?{}", encode_query(&self.query)) }
    }
}

/// The first of each name; names without a value are nothing. `None` for what may not stand in a query.
pub fn decode_query(query: &str) -> Option<BTreeMap<String, String>> {
    if !well_formed(query, IN_QUERY) {
        return None;
    }
    let mut found = BTreeMap::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        found.entry(percent_decode(name)).or_insert_with(|| percent_decode(value));
    }
    Some(found)
}

/// What is wrong with the first escape that is none.
pub fn broken_escape(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let at = (0..bytes.len())
        .find(|&at| bytes[at] == b'%' && !(at + 3 <= bytes.len() && bytes[at + 1..at + 3].iter().all(u8::is_ascii_hexdigit)))?;
    Some(if at + 3 > bytes.len() { "incomplete pct-encoding" } else { "bad hexdig in pct-encoding" })
}

fn encode_query(query: &BTreeMap<String, String>) -> String {
    let escaped = |text: &str| utf8_percent_encode(text, NOT_IN_QUERY).to_string();
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    pairs.join("&")
}

/// Percent signs that are no escapes stay.
pub fn percent_decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A name as a segment of the path of a URL.
pub fn encode_segment(name: &str) -> String {
    utf8_percent_encode(name, NOT_IN_SEGMENT).to_string()
}

/// The path of a file as one of a URL.
pub fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, NOT_IN_PATH).to_string()
}

/// The same text with escapes for all but what `escaped` leaves.
fn encode_again(text: &str, escaped: &'static AsciiSet) -> String {
    percent_encode(&percent_decode_str(text).collect::<Vec<u8>>(), escaped).to_string()
}
