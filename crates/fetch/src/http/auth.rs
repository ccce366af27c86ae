//! Who is asked, and who asks: certificates, passwords in URLs, the netrc file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_store::base64;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider};

use crate::settings::Settings;
use crate::url::Url;

/// Where systems keep the authorities that they trust.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/nix/var/nix/profiles/default/etc/ssl/certs/ca-bundle.crt",
];

/// Trusts what the system trusts, or what `ssl-cert-file` says.
pub fn tls(settings: &Settings) -> Result<TlsConfig, String> {
    let bundle = match &settings.ssl_cert_file {
        Some(file) => Some(file.clone()),
        None => BUNDLES.iter().map(PathBuf::from).find(|file| file.exists()),
    };
    let Some(bundle) = bundle else {
        return Err("no certificates of authorities were found; name a file of them with 'ssl-cert-file' or NIX_SSL_CERT_FILE".to_owned());
    };
    let text = std::fs::read(&bundle).map_err(|error| format!("cannot read the certificates in '{}': {error}", bundle.display()))?;
    let certificates: Vec<Certificate<'static>> = ureq::tls::parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(format!("there are no certificates in '{}'", bundle.display()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = TlsConfig::builder().provider(TlsProvider::Rustls).unversioned_rustls_crypto_provider(provider);
    Ok(config.root_certs(RootCerts::Specific(Arc::new(certificates))).build())
}

/// The value of an `Authorization` header: from the URL, else from the netrc file.
pub fn login(url: &Url, settings: &Settings) -> Option<String> {
    let (user, password) = match (&url.user, &url.password) {
        (Some(user), password) => (user.clone(), password.clone().unwrap_or_default()),
        _ => netrc(settings.netrc_file.as_deref()?, url.host_name())?,
    };
    Some(format!("Basic {}", base64::encode(format!("{user}:{password}").as_bytes())))
}

fn netrc(file: &Path, host: &str) -> Option<(String, String)> {
    find(&std::fs::read_to_string(file).ok()?, host)
}

/// The entry for a host, or that for every other.
fn find(text: &str, host: &str) -> Option<(String, String)> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut words = lines.flat_map(str::split_ascii_whitespace);
    let (mut matches, mut exact) = (false, false);
    let (mut user, mut password, mut found) = (String::new(), String::new(), None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if matches {
                    found = Some((std::mem::take(&mut user), std::mem::take(&mut password)));
                    if exact {
                        return found;
                    }
                }
                exact = word == "machine";
                matches = if exact { words.next().is_some_and(|name| name.eq_ignore_ascii_case(host)) } else { true };
                (user, password) = (String::new(), String::new());
            }
            "login" => user = words.next().unwrap_or_default().to_owned(),
            "password" => password = words.next().unwrap_or_default().to_owned(),
            "account" => drop(words.next()),
            // Macros end with an empty line, which is gone here; nobody defines any.
            _ => {}
        }
    }
    if matches { Some((user, password)) } else { found }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn netrc_entries() {
        let text =
            "# comment\nmachine a.org login me password secret\nmachine b.org\n  login you\n  password x\ndefault login anon password y";
        let found = |host| find(text, host).map(|(user, password)| format!("{user}:{password}"));
        assert_eq!(found("a.org").as_deref(), Some("me:secret"));
        assert_eq!(found("B.org").as_deref(), Some("you:x"));
        assert_eq!(found("c.org").as_deref(), Some("anon:y"));
        assert_eq!(find("machine a login b", "c"), None);
        assert_eq!(find("machine", "c"), None);
    }
}
