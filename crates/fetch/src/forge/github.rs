//! GitHub, and its enterprise servers.

use super::{Forge, Repo};
use crate::error::{FetchError, Result};
use crate::url::encode_segment;

pub struct GitHub;

const HOST: &str = "github.com";

impl Forge for GitHub {
    fn host(&self) -> &'static str {
        HOST
    }

    fn token_header(&self, token: &str) -> (String, String) {
        ("Authorization".to_owned(), format!("token {token}"))
    }

    fn rev(&self, place: &Repo<'_>, name: &str) -> Result<String> {
        let api = if place.host == HOST { place.base("api.github.com") } else { format!("{}/api/v3", place.base(place.host)) };
        let name: Vec<String> = name.split('/').map(encode_segment).collect();
        let url = format!("{api}/repos/{}/commits/{}", place.path(), name.join("/"));
        let json = place.json(&url)?;
        let rev = json.get("sha").and_then(|sha| sha.as_str()).map(str::to_owned);
        rev.ok_or_else(|| FetchError::Forge { url, reason: "it has no commit".to_owned() })
    }

    fn archive(&self, place: &Repo<'_>, rev: &str) -> String {
        // Without a token the plain archive: the other one counts how often somebody asks.
        match (place.host == HOST, place.headers.is_empty()) {
            (false, _) => format!("{}/api/v3/repos/{}/tarball/{rev}", place.base(place.host), place.path()),
            (true, true) => format!("{}/{}/archive/{rev}.tar.gz", place.base(HOST), place.path()),
            (true, false) => format!("{}/repos/{}/tarball/{rev}", place.base("api.github.com"), place.path()),
        }
    }
}
