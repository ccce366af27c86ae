//! The settings that Nix 2.34 knows, by their names in `nix.conf`. `tests` compare the table with a real Nix.

use super::SettingError;

/// What a setting's value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    /// A number, perhaps with one of the units K, M, G, T.
    Number,
    /// A number or `auto`.
    Jobs,
    /// `ignore`, `warn` or `fatal`.
    Level,
    /// `true`, `false` or `relaxed`.
    Sandbox,
    /// `disabled` or `flamegraph`.
    Profiler,
    Text,
    /// Words; `extra-NAME` adds to them.
    List,
}

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingInfo {
    pub name: &'static str,
    pub kind: Kind,
    pub aliases: &'static [&'static str],
}

const fn row(name: &'static str, kind: Kind) -> SettingInfo {
    SettingInfo { name, kind, aliases: &[] }
}

const fn alias(name: &'static str, kind: Kind, aliases: &'static [&'static str]) -> SettingInfo {
    SettingInfo { name, kind, aliases }
}

use Kind::*;

/// Sorted by name.
pub const TABLE: &[SettingInfo] = &[
    row("abort-on-warn", Bool),
    row("accept-flake-config", Bool),
    row("access-tokens", List),
    row("allow-dirty", Bool),
    row("allow-dirty-locks", Bool),
    row("allow-import-from-derivation", Bool),
    row("allow-new-privileges", Bool),
    row("allow-symlinked-store", Bool),
    row("allow-unsafe-native-code-during-evaluation", Bool),
    row("allowed-impure-host-deps", List),
    row("allowed-uris", List),
    row("allowed-users", List),
    row("always-allow-substitutes", Bool),
    row("auto-allocate-uids", Bool),
    row("auto-optimise-store", Bool),
    row("bash-prompt", Text),
    row("bash-prompt-prefix", Text),
    row("bash-prompt-suffix", Text),
    row("build-dir", Text),
    row("build-hook", List),
    row("build-poll-interval", Number),
    row("build-users-group", Text),
    row("builders", Text),
    row("builders-use-substitutes", Bool),
    alias("commit-lock-file-summary", Text, &["commit-lockfile-summary"]),
    alias("compress-build-log", Bool, &["build-compress-log"]),
    row("connect-timeout", Number),
    alias("cores", Number, &["build-cores"]),
    row("debugger-on-trace", Bool),
    row("debugger-on-warn", Bool),
    row("diff-hook", Text),
    row("download-attempts", Number),
    row("download-buffer-size", Number),
    row("download-speed", Number),
    row("eval-attrset-update-layer-rhs-threshold", Number),
    row("eval-cache", Bool),
    // Not in Nix itself, but in forks of it.
    row("eval-cores", Number),
    row("eval-profile-file", Text),
    row("eval-profiler", Profiler),
    row("eval-profiler-frequency", Number),
    row("eval-system", Text),
    row("experimental-features", List),
    row("external-builders", Text),
    row("extra-platforms", List),
    alias("fallback", Bool, &["build-fallback"]),
    row("filter-syscalls", Bool),
    row("flake-registry", Text),
    row("fsync-metadata", Bool),
    row("fsync-store-paths", Bool),
    row("gc-reserved-space", Number),
    row("hashed-mirrors", List),
    alias("http-connections", Number, &["binary-caches-parallel-connections"]),
    row("http2", Bool),
    row("id-count", Number),
    row("ignore-try", Bool),
    row("ignored-acls", List),
    alias("impersonate-linux-26", Bool, &["build-impersonate-linux-26"]),
    row("impure-env", List),
    row("json-log-path", Text),
    alias("keep-build-log", Bool, &["build-keep-log"]),
    alias("keep-derivations", Bool, &["gc-keep-derivations"]),
    alias("keep-env-derivations", Bool, &["env-keep-derivations"]),
    row("keep-failed", Bool),
    row("keep-going", Bool),
    alias("keep-outputs", Bool, &["gc-keep-outputs"]),
    row("lint-absolute-path-literals", Level),
    row("lint-short-path-literals", Level),
    row("lint-url-literals", Level),
    row("log-lines", Number),
    alias("max-build-log-size", Number, &["build-max-log-size"]),
    row("max-call-depth", Number),
    row("max-free", Number),
    alias("max-jobs", Jobs, &["build-max-jobs"]),
    alias("max-silent-time", Number, &["build-max-silent-time"]),
    alias("max-substitution-jobs", Number, &["substitution-max-jobs"]),
    row("min-free", Number),
    row("min-free-check-interval", Number),
    row("nar-buffer-size", Number),
    row("narinfo-cache-meta-ttl", Number),
    row("narinfo-cache-negative-ttl", Number),
    row("narinfo-cache-positive-ttl", Number),
    row("netrc-file", Text),
    row("nix-path", List),
    row("nix-shell-always-looks-for-shell-nix", Bool),
    row("nix-shell-shebang-arguments-relative-to-script", Bool),
    row("plugin-files", List),
    row("post-build-hook", Text),
    row("pre-build-hook", Text),
    row("preallocate-contents", Bool),
    row("print-missing", Bool),
    row("pure-eval", Bool),
    row("require-drop-supplementary-groups", Bool),
    row("require-sigs", Bool),
    row("restrict-eval", Bool),
    row("run-diff-hook", Bool),
    alias("sandbox", Sandbox, &["build-use-chroot", "build-use-sandbox"]),
    row("sandbox-build-dir", Text),
    row("sandbox-dev-shm-size", Text),
    row("sandbox-fallback", Bool),
    alias("sandbox-paths", List, &["build-chroot-dirs", "build-sandbox-paths"]),
    row("secret-key-files", List),
    row("show-trace", Bool),
    row("ssl-cert-file", Text),
    row("stalled-download-timeout", Number),
    row("start-id", Number),
    row("store", Text),
    alias("substitute", Bool, &["build-use-substitutes"]),
    alias("substituters", List, &["binary-caches"]),
    row("sync-before-registering", Bool),
    row("system", Text),
    row("system-features", List),
    row("tarball-ttl", Number),
    alias("timeout", Number, &["build-timeout"]),
    row("trace-function-calls", Bool),
    row("trace-import-from-derivation", Bool),
    row("trace-verbose", Bool),
    row("trust-tarballs-from-git-forges", Bool),
    alias("trusted-public-keys", List, &["binary-cache-public-keys"]),
    alias("trusted-substituters", List, &["trusted-binary-caches"]),
    row("trusted-users", List),
    row("upgrade-nix-store-path-url", Text),
    row("use-case-hack", Bool),
    row("use-cgroups", Bool),
    row("use-registries", Bool),
    row("use-sqlite-wal", Bool),
    row("use-xdg-base-directories", Bool),
    row("user-agent-suffix", Text),
    row("warn-dirty", Bool),
    row("warn-large-path-threshold", Number),
    row("warn-short-path-literals", Bool),
];

/// A setting by its name or an alias.
pub fn find(name: &str) -> Option<&'static SettingInfo> {
    match TABLE.binary_search_by_key(&name, |info| info.name) {
        Ok(index) => TABLE.get(index),
        Err(_) => TABLE.iter().find(|info| info.aliases.contains(&name)),
    }
}

/// A boolean as settings write it.
pub fn boolean(value: &str) -> Option<bool> {
    match value {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// A number, perhaps with a unit.
pub fn number(value: &str) -> Option<u64> {
    let unit = match value.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => 10,
        b'M' => 20,
        b'G' => 30,
        b'T' => 40,
        _ => return value.parse().ok(),
    };
    value.get(..value.len() - 1)?.parse::<u64>().ok()?.checked_mul(1 << unit)
}

impl SettingInfo {
    /// Checks a value.
    ///
    /// # Errors
    /// It is not of the setting's kind. Nix's words.
    pub fn check(&self, value: &str) -> Result<(), SettingError> {
        let name = self.name.to_owned();
        let value = value.to_owned();
        match self.kind {
            Kind::Bool if boolean(&value).is_none() => Err(SettingError::Boolean { name, value }),
            Kind::Number if number(&value).is_none() => Err(SettingError::Number { name, value }),
            Kind::Jobs if value != "auto" && number(&value).is_none() => Err(SettingError::Number { name, value }),
            Kind::Level if !matches!(&*value, "ignore" | "warn" | "fatal") => Err(SettingError::Level { name, value }),
            Kind::Sandbox if value != "relaxed" && boolean(&value).is_none() => Err(SettingError::Other { name, value }),
            Kind::Profiler if !matches!(&*value, "disabled" | "flamegraph") => Err(SettingError::Other { name, value }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by_key(|info| info.name));
        assert_eq!(find("build-cores").map(|info| info.name), Some("cores"));
        assert_eq!((number("3K"), number("x"), number(""), number("99999999999T")), (Some(3072), None, None, None));
    }
}
