//! `fetchurl` and `fetchTarball`.

use nival_eval::host::{FetchRequest, Fetched};
use nival_fetch::{Attr, FetchError, Input, Place};
use nival_store::{ContentAddressMethod, Hash, HashAlgo};

use super::{Doors, arguments};
use crate::error::FlakeError;

pub fn fetch(doors: Doors<'_>, request: &FetchRequest) -> Result<Fetched, FlakeError> {
    let unpack = request.builtin == "fetchTarball";
    let text = |name: &str| arguments::text(request, name).map(|text| text.into_owned());
    let (url, name) = (text("url").unwrap_or_default(), text("name").unwrap_or_default());
    let url = if unpack { pseudo_url(&url) } else { url };
    doors.check_uri(&url)?;
    let expected = text("sha256").map(|hash| Hash::parse_any(&hash, Some(HashAlgo::Sha256))).transpose();
    let expected = expected.map_err(nival_store::StoreError::from)?;
    if doors.rules.pure && expected.is_none() {
        return Err(FlakeError::NeedsHash { builtin: request.builtin });
    }
    let method = if unpack { ContentAddressMethod::Nar } else { ContentAddressMethod::Flat };
    if let Some(hash) = expected {
        let path = doors.store_path(&name, hash, method)?;
        if doors.has(&path) {
            return Ok(Fetched { store_path: path, attrs: Vec::new(), locked: Vec::new() });
        }
    }
    let mut input = Input::new(if unpack { "tarball" } else { "file" });
    input.set("url", Attr::Text(url.clone()));
    if doors.rules.confined
        && let Some(path) = url.strip_prefix("file://")
    {
        doors.host.file_type(path.as_bytes())?;
    }
    let failed = |error: FetchError| FlakeError::Fetch { input: unpack.then(|| url.clone()), error };
    let (hash, place) = if unpack {
        let fetched = doors.fetcher.fetch(&input, doors.files, doors.unsaved, doors.observer).map_err(failed)?;
        (fetched.nar_hash, fetched.place)
    } else {
        let file = doors.fetcher.download(&url, doors.observer).map_err(failed)?;
        (file.sha256, Place::Cached(file.path))
    };
    if let Some(expected) = expected.filter(|expected| *expected != hash) {
        return Err(FlakeError::FileHash { url, expected: expected.nix32(), got: hash.nix32() });
    }
    let path = doors.store_path(&name, hash, method)?;
    doors.shelf.shelve(&path, &name, &place, unpack)?;
    Ok(Fetched { store_path: path, attrs: Vec::new(), locked: Vec::new() })
}

/// `channel:nixos-24.05` is what the name of a channel leads to.
pub fn pseudo_url(url: &str) -> String {
    match url.strip_prefix("channel:") {
        Some(channel) => format!("https://channels.nixos.org/{channel}/nixexprs.tar.xz"),
        None => url.to_owned(),
    }
}
