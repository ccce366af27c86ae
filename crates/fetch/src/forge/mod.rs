//! The schemes `github`, `gitlab` and `sourcehut`: archives of commits that a forge makes.

mod github;
mod gitlab;
mod sourcehut;

use crate::error::{FetchError, Result};
use crate::fetcher::{Fetched, Job, Place};
use crate::input::{Attr, Input};
use crate::tarball;

/// What differs from forge to forge.
trait Forge: Sync {
    /// Where the forge is unless the input says otherwise.
    fn host(&self) -> &'static str;

    /// The header that shows an access token.
    fn token_header(&self, token: &str) -> (String, String);

    /// The commit that a branch or tag is at.
    fn rev(&self, place: &Repo<'_>, name: &str) -> Result<String>;

    /// Where the archive of a commit is.
    fn archive(&self, place: &Repo<'_>, rev: &str) -> String;
}

/// A repository of a forge.
struct Repo<'a> {
    job: &'a Job<'a>,
    host: &'a str,
    owner: &'a str,
    repo: &'a str,
    headers: Vec<(String, String)>,
}

fn of(scheme: &str) -> Option<&'static dyn Forge> {
    Some(match scheme {
        "github" => &github::GitHub,
        "gitlab" => &gitlab::GitLab,
        "sourcehut" => &sourcehut::SourceHut,
        _ => return None,
    })
}

pub fn fetch(job: &Job<'_>, input: &Input) -> Result<Fetched> {
    let forge = of(input.scheme()).ok_or_else(|| FetchError::UnknownScheme(input.scheme().to_owned()))?;
    let host = input.text("host").unwrap_or(forge.host());
    let (owner, repo) = (input.required("owner")?, input.required("repo")?);
    let token = job.settings().token(host, &format!("{host}/{owner}/{repo}"));
    let headers = token.map(|token| forge.token_header(token)).into_iter().collect();
    let place = Repo { job, host, owner, repo, headers };
    let rev = match input.rev() {
        Some(rev) => rev.to_owned(),
        None => forge.rev(&place, input.text("ref").unwrap_or("HEAD"))?,
    };
    if !super::forge::is_rev(&rev) {
        return Err(FetchError::Forge { url: place.shown(), reason: format!("'{rev}' is no commit hash") });
    }
    let mut input = input.clone();
    input.attrs.remove("ref");
    input.set_text("rev", &rev);
    // A commit's tree never changes, but another server could have said something else of it.
    let key = format!("{} {host}/{owner}/{repo} {rev}", input.scheme());
    let known = job.cache().record("forge", &key).and_then(|record| {
        let hash = record.hash("narHash")?;
        Some((hash, job.cache().tree(&hash)?, record.int("lastModified")?))
    });
    let (nar_hash, path, time) = match known {
        Some(found) => found,
        None => {
            let archive = tarball::unpacked(job, &forge.archive(&place, &rev), &place.headers)?;
            let attrs = [("narHash", archive.nar_hash.sri().into()), ("lastModified", archive.last_modified.into())];
            job.cache().put("forge", &key, &attrs);
            (archive.nar_hash, archive.path, archive.last_modified)
        }
    };
    input.set("lastModified", Attr::Int(time));
    Ok(Fetched { input, nar_hash, place: Place::Cached(path) })
}

fn is_rev(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Repo<'_> {
    /// The forge's own address, or what stands in for it.
    fn base(&self, host: &str) -> String {
        self.job.settings().base_urls.get(host).cloned().unwrap_or_else(|| format!("https://{host}"))
    }

    fn shown(&self) -> String {
        format!("{}/{}/{}", self.host, self.owner, self.repo)
    }

    /// A small file, as text.
    fn text(&self, url: &str) -> Result<String> {
        let file = tarball::download(self.job, url, &self.headers)?;
        let failed = |reason: String| FetchError::Forge { url: url.to_owned(), reason };
        let meta = std::fs::metadata(&file.path).map_err(|error| failed(error.to_string()))?;
        if meta.len() > 16 << 20 {
            return Err(failed("it is too long".to_owned()));
        }
        let bytes = std::fs::read(&file.path).map_err(|error| failed(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn json(&self, url: &str) -> Result<serde_json::Value> {
        let text = self.text(url)?;
        serde_json::from_str(&text).map_err(|error| FetchError::Forge { url: url.to_owned(), reason: error.to_string() })
    }

    /// Owner and repository as parts of a path.
    fn path(&self) -> String {
        format!("{}/{}", crate::url::encode_segment(self.owner), crate::url::encode_segment(self.repo))
    }
}
