//! SourceHut.

use super::{Forge, Repo};
use crate::error::{FetchError, Result};

pub struct SourceHut;

impl Forge for SourceHut {
    fn host(&self) -> &'static str {
        "git.sr.ht"
    }

    fn token_header(&self, token: &str) -> (String, String) {
        ("Authorization".to_owned(), format!("Bearer {token}"))
    }

    fn rev(&self, place: &Repo<'_>, name: &str) -> Result<String> {
        let base = format!("{}/{}", place.base(place.host), place.path());
        let wanted = if name == "HEAD" {
            let url = format!("{base}/HEAD");
            let head = place.text(&url)?;
            let target = head.lines().next().and_then(|line| line.strip_prefix("ref:")).map(|target| target.trim().to_owned());
            vec![target.ok_or_else(|| FetchError::Forge { url, reason: "couldn't resolve HEAD ref".to_owned() })?]
        } else {
            vec![format!("refs/heads/{name}"), format!("refs/tags/{name}")]
        };
        let url = format!("{base}/info/refs");
        let refs = place.text(&url)?;
        let found = refs.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| wanted.iter().any(|wanted| wanted == name));
        found.map(|(id, _)| id.to_owned()).ok_or_else(|| FetchError::Forge { url, reason: format!("couldn't find ref '{name}'") })
    }

    fn archive(&self, place: &Repo<'_>, rev: &str) -> String {
        format!("{}/{}/archive/{rev}.tar.gz", place.base(place.host), place.path())
    }
}
