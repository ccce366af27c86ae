//! Signatures of path metadata: Ed25519 over [`PathInfo::fingerprint`], by keys that the user trusts.

use std::collections::BTreeMap;

use ring::signature::{ED25519, UnparsedPublicKey};
use thiserror::Error;

use crate::base64;
use crate::path_info::PathInfo;
use crate::store_path::StoreDir;

/// A text that is no public key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("public key '{0}' is not valid: it has to be '<name>:<base 64 of 32 bytes>'")]
pub struct BadPublicKey(pub String);

/// Public keys by their names, as `trusted-public-keys` lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicKeys(BTreeMap<String, [u8; 32]>);

impl PublicKeys {
    /// Reads `<name>:<base 64>` of each.
    pub fn parse<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<PublicKeys, BadPublicKey> {
        let mut parsed = BTreeMap::new();
        for text in keys {
            let bad = || BadPublicKey(text.to_owned());
            let (name, key) = text.split_once(':').ok_or_else(bad)?;
            let key = base64::decode(key.as_bytes()).map_err(|_| bad())?;
            parsed.insert(name.to_owned(), key.try_into().map_err(|_| bad())?);
        }
        Ok(PublicKeys(parsed))
    }

    /// Whether one of the path's signatures is by one of these keys, and of what the path says of itself.
    pub fn vouch_for(&self, dir: &StoreDir, info: &PathInfo) -> bool {
        let Some(fingerprint) = info.fingerprint(dir) else { return false };
        info.signatures.iter().any(|signature| {
            let Some((name, signature)) = signature.split_once(':') else { return false };
            let (Some(key), Ok(signature)) = (self.0.get(name), base64::decode(signature.as_bytes())) else { return false };
            UnparsedPublicKey::new(&ED25519, key).verify(fingerprint.as_bytes(), &signature).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::path_info::NarInfo;

    /// As `nix copy --to file://…` wrote and signed it, and the key that it was signed with.
    const SIGNED: &str = "\
StorePath: /tmp/w/nix/store/q2ydz5lmkgswvjy1nk1nhcmyw1cdv9bi-n
URL: nar/0dqqwr4fq3mkkxd6wm1x8y4pkaqjy9jza1i0hy1bfw5m1b1hmvpn.nar.xz
Compression: xz
NarHash: sha256:0lxjvvpr59c2mdram7ympy5ay741f180kv3349hvfc3f8nrmbqf6
NarSize: 120
References: \n";

    #[test]
    fn hostile_keys() {
        for text in ["", "a", ":", "a:", "a:AAAA", "a:!", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
            assert!(PublicKeys::parse([text]).is_err(), "{text}");
        }
        assert!(PublicKeys::parse(["cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="]).is_ok());
    }

    #[test]
    fn only_what_was_signed_is_vouched_for() {
        use ring::signature::{Ed25519KeyPair, KeyPair};
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let keys = PublicKeys::parse([format!("k:{}", base64::encode(pair.public_key().as_ref())).as_str()]).unwrap();
        let dir = StoreDir::new("/tmp/w/nix/store").unwrap();
        let mut info = NarInfo::parse(&dir, SIGNED, "x").unwrap().info;
        let signature = base64::encode(pair.sign(info.fingerprint(&dir).unwrap().as_bytes()).as_ref());
        assert!(!keys.vouch_for(&dir, &info));
        info.signatures.insert(format!("other:{signature}"));
        assert!(!keys.vouch_for(&dir, &info));
        info.signatures.insert(format!("k:{signature}"));
        assert!(keys.vouch_for(&dir, &info));
        info.nar_size += 1;
        assert!(!keys.vouch_for(&dir, &info));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String, signature: String) {
            let keys = PublicKeys::parse([text.as_str()]).unwrap_or_default();
            let dir = StoreDir::new("/tmp/w/nix/store").unwrap();
            let mut info = NarInfo::parse(&dir, SIGNED, "x").unwrap().info;
            info.signatures.insert(signature);
            prop_assert!(!keys.vouch_for(&dir, &info));
        }
    }
}
