//! What restricted evaluation may fetch: `allowed-uris`, and files that may be read.

use super::Doors;
use crate::error::FlakeError;

/// Whether `uri` is one of `allowed`, below one, or of a scheme that is (`https:`).
fn is_allowed(uri: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|prefix| {
        let Some(rest) = uri.strip_prefix(prefix.as_str()) else { return false };
        let is_scheme = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        rest.is_empty()
            || !prefix.is_empty() && (prefix.ends_with('/') || rest.starts_with('/') || prefix.strip_suffix(':').is_some_and(is_scheme))
    })
}

impl Doors<'_> {
    /// Refuses what restricted evaluation may not fetch.
    pub(super) fn check_uri(&self, uri: &str) -> Result<(), FlakeError> {
        if !self.rules.restricted || is_allowed(uri, &self.rules.allowed_uris) {
            return Ok(());
        }
        match uri.strip_prefix("file://").or(Some(uri).filter(|uri| uri.starts_with('/'))) {
            // The host refuses what may not be read.
            Some(path) => Ok(self.host.file_type(path.as_bytes()).map(drop)?),
            None => Err(FlakeError::Restricted(uri.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn prefixes() {
        let shown = |uri: &str| {
            let prefixes = ["", "https://a.b", "https://a.b/", "https://a.b/c", "https:", "http", "https://a.b/c/", ":", "4:"];
            prefixes.into_iter().filter(|prefix| is_allowed(uri, &[(*prefix).to_owned()])).collect::<Vec<_>>().join(" ")
        };
        expect_test::expect!["https://a.b https://a.b/ https://a.b/c https:"].assert_eq(&shown("https://a.b/c"));
        expect_test::expect!["https:"].assert_eq(&shown("https://a.bc"));
        expect_test::expect!["https://a.b https://a.b/ https://a.b/c https: https://a.b/c/"].assert_eq(&shown("https://a.b/c/d"));
        expect_test::expect![""].assert_eq(&shown("4:x"));
    }
}
