//! [`Settings`] of fetching, by the names they have in `nix.conf`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What fetching depends on besides the input.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of our own below the user's cache folder; made when it is first needed.
    pub cache_dir: PathBuf,
    /// `tarball-ttl`: how long the answer for a name that may change is good without asking again.
    pub tarball_ttl: Duration,
    /// `connect-timeout`; `None` where it is 0.
    pub connect_timeout: Option<Duration>,
    /// `stalled-download-timeout`: a download that brings nothing for so long is given up.
    pub stalled_timeout: Duration,
    /// `download-attempts`.
    pub attempts: u32,
    /// `http-connections`: how many downloads of this process run at a time; 0 is no limit.
    pub connections: usize,
    /// `netrc-file`, where it exists.
    pub netrc_file: Option<PathBuf>,
    /// `ssl-cert-file`; where it is unset, the usual places are searched.
    pub ssl_cert_file: Option<PathBuf>,
    /// `access-tokens`: by host, or by host and the beginning of a path.
    pub access_tokens: BTreeMap<String, String>,
    /// `user-agent-suffix`.
    pub user_agent_suffix: String,
    pub allow_dirty: bool,
    pub warn_dirty: bool,
    /// Why nothing may be downloaded, as in "cannot be fetched {because …}"; `None` where it may.
    pub refuse_network: Option<String>,
    /// Instead of `https://<host>`: for tests, and for mirrors of a forge.
    pub base_urls: BTreeMap<String, String>,
    /// Bounds of what an archive may unpack to: bytes and files.
    pub max_unpacked_bytes: u64,
    pub max_unpacked_files: u64,
}

impl Settings {
    /// Nix's defaults.
    pub fn new(cache_dir: PathBuf) -> Settings {
        Settings {
            cache_dir,
            tarball_ttl: Duration::from_secs(3600),
            connect_timeout: Some(Duration::from_secs(15)),
            stalled_timeout: Duration::from_secs(300),
            attempts: 5,
            connections: 25,
            netrc_file: None,
            ssl_cert_file: None,
            access_tokens: BTreeMap::new(),
            user_agent_suffix: String::new(),
            allow_dirty: true,
            warn_dirty: true,
            refuse_network: None,
            base_urls: BTreeMap::new(),
            max_unpacked_bytes: 64 << 30,
            max_unpacked_files: 8_000_000,
        }
    }

    /// Sets what `nix.conf` calls `name`; says whether it is a setting of fetching. Values that make no sense are left out.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let seconds = || value.trim().parse().ok().map(Duration::from_secs);
        let on = || matches!(value, "true" | "yes" | "1");
        match name {
            "tarball-ttl" => self.tarball_ttl = seconds().unwrap_or(self.tarball_ttl),
            "connect-timeout" => self.connect_timeout = seconds().filter(|time| !time.is_zero()),
            "stalled-download-timeout" => self.stalled_timeout = seconds().unwrap_or(self.stalled_timeout),
            "download-attempts" => self.attempts = value.trim().parse().unwrap_or(self.attempts),
            "http-connections" => self.connections = value.trim().parse().unwrap_or(self.connections),
            "netrc-file" => self.netrc_file = Some(PathBuf::from(value)).filter(|path| path.is_absolute()),
            "ssl-cert-file" => self.ssl_cert_file = Some(PathBuf::from(value)).filter(|path| path.is_absolute()),
            "access-tokens" => {
                let pairs = value.split_ascii_whitespace().filter_map(|pair| pair.split_once('='));
                self.access_tokens = pairs.map(|(host, token)| (host.to_owned(), token.to_owned())).collect();
            }
            "user-agent-suffix" => self.user_agent_suffix = value.chars().filter(|c| !c.is_control()).collect(),
            "allow-dirty" => self.allow_dirty = on(),
            "warn-dirty" => self.warn_dirty = on(),
            _ => return false,
        }
        true
    }

    /// The token for `host`, or for the longest beginning of `host/owner/repo` that has one.
    pub(crate) fn token(&self, host: &str, path: &str) -> Option<&str> {
        let matching = self
            .access_tokens
            .iter()
            .filter(|(prefix, _)| path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
        let longest = matching.max_by_key(|(prefix, _)| prefix.len()).map(|(_, token)| token);
        longest.or_else(|| self.access_tokens.get(host)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_the_longest_path() {
        let mut settings = Settings::new("/c".into());
        assert!(settings.set("access-tokens", "github.com=a github.com/me=b github.com/me/x=c"));
        let token = |path| settings.token("github.com", path);
        assert_eq!(token("github.com/you/x"), Some("a"));
        assert_eq!(token("github.com/me/y"), Some("b"));
        assert_eq!(token("github.com/me/x"), Some("c"));
        assert_eq!(token("github.com/me/xy"), Some("b"));
        assert_eq!(settings.token("gitlab.com", "gitlab.com/me/x"), None);
    }
}
