//! GitLab.

use super::{Forge, Repo};
use crate::error::{FetchError, Result};
use crate::url::encode_segment;

pub struct GitLab;

impl Forge for GitLab {
    fn host(&self) -> &'static str {
        "gitlab.com"
    }

    /// A token says of what kind it is: `OAuth2:…`, `PAT:…`, or the name of a header.
    fn token_header(&self, token: &str) -> (String, String) {
        match token.split_once(':') {
            Some(("OAuth2", token)) => ("Authorization".to_owned(), format!("Bearer {token}")),
            Some(("PAT", token)) => ("Private-token".to_owned(), token.to_owned()),
            Some((header, value)) => (header.to_owned(), value.to_owned()),
            None => ("Private-token".to_owned(), token.to_owned()),
        }
    }

    fn rev(&self, place: &Repo<'_>, name: &str) -> Result<String> {
        let url = format!("{}/repository/commits?ref_name={}", project(place), encode_segment(name));
        let json = place.json(&url)?;
        let reason = match json.as_array().map(Vec::as_slice) {
            Some([first, ..]) => match first.get("id").and_then(|id| id.as_str()) {
                Some(id) => return Ok(id.to_owned()),
                None => "it has no commit",
            },
            Some([]) => "No commits returned by GitLab API -- does the git ref really exist?",
            None => "it is no list of commits",
        };
        Err(FetchError::Forge { url, reason: reason.to_owned() })
    }

    fn archive(&self, place: &Repo<'_>, rev: &str) -> String {
        format!("{}/repository/archive.tar.gz?sha={rev}", project(place))
    }
}

/// Groups in groups are written with `%2F` already.
fn project(place: &Repo<'_>) -> String {
    format!("{}/api/v4/projects/{}%2F{}", place.base(place.host), place.owner, place.repo)
}
