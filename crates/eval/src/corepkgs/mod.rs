//! Files that come with Nix itself: `<nix/…>`.
//!
//! Their paths lie in a folder that no disk can have, since its name holds a zero byte.

/// The folder of these files.
pub(crate) const FOLDER: &[u8] = b"/\0nix";

const FILES: &[(&[u8], &str)] = &[(b"fetchurl.nix", include_str!("fetchurl.nix"))];

/// Name and text of the file at `path`, where it is one of these.
pub(crate) fn file(path: &[u8]) -> Option<(&'static [u8], &'static str)> {
    let name = path.strip_prefix(FOLDER)?.strip_prefix(b"/")?;
    FILES.iter().copied().find(|f| f.0 == name)
}
