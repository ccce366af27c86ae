//! `builtin:fetchurl`: copies one file, and may unpack it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{self, BufReader, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nival_store::nar::{self, RestoreOptions};
use nival_store::{Derivation, DerivationType};

use super::{BuiltinError, attribute};
use crate::cancel::Cancel;

pub fn run(drv: &Derivation, outputs: &BTreeMap<String, PathBuf>, cancel: &dyn Cancel) -> Result<(), BuiltinError> {
    if drv.derivation_type() != Ok(DerivationType::Fixed) {
        return Err(BuiltinError::NotFixed("builtin:fetchurl"));
    }
    let out = outputs.get("out").ok_or(BuiltinError::Missing("out"))?;
    let url = attribute(drv, "url").ok_or(BuiltinError::Missing("url"))?;
    let on = |name| attribute(drv, name).as_deref() == Some("1");
    let failed = |reason: String| BuiltinError::Download { url: url.clone(), reason };

    let path = local_path(&url).map_err(failed)?;
    let file = File::open(&path).map_err(|error| failed(format!("cannot open '{}': {error}", path.display())))?;
    if !file.metadata().is_ok_and(|meta| meta.is_file()) {
        return Err(failed(format!("'{}' is not a regular file", path.display())));
    }
    let mut input = BufReader::with_capacity(1 << 16, Cancellable { input: file, cancel });
    if on("unpack") {
        if url.ends_with(".xz") {
            return Err(failed("archives compressed by xz cannot be unpacked yet".to_owned()));
        }
        return nar::restore(&mut input, out, RestoreOptions { canonical: false, fsync: false }).map_err(|error| {
            match cancel.is_cancelled() {
                true => BuiltinError::Cancelled,
                false => BuiltinError::Unpack { url: url.clone(), error },
            }
        });
    }
    write(&mut input, out, on("executable")).map_err(|error| match cancel.is_cancelled() {
        true => BuiltinError::Cancelled,
        false => BuiltinError::Write { path: out.clone(), error },
    })
}

fn write(input: &mut dyn Read, out: &Path, executable: bool) -> io::Result<()> {
    let mut file = File::create_new(out)?;
    io::copy(input, &mut file)?;
    file.set_permissions(Permissions::from_mode(if executable { 0o755 } else { 0o644 }))
}

/// The path of a `file:` URL, with `%` escapes resolved.
fn local_path(url: &str) -> Result<PathBuf, String> {
    let Some(rest) = url.strip_prefix("file:") else {
        return Err("nothing but file:// URLs can be downloaded yet".to_owned());
    };
    let rest = rest.strip_prefix("//").map_or(rest, |rest| rest.strip_prefix("localhost").unwrap_or(rest));
    if !rest.starts_with('/') {
        return Err("the path of a file:// URL must be absolute".to_owned());
    }
    let mut out = Vec::new();
    let mut bytes = rest.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else {
                    return Err("it has a damaged % escape".to_owned());
                };
                out.push((high * 16 + low) as u8);
            }
            b'?' | b'#' => break,
            byte => out.push(byte),
        }
    }
    Ok(OsString::from_vec(out).into())
}

struct Cancellable<'a, R> {
    input: R,
    cancel: &'a dyn Cancel,
}

impl<R: Read> Read for Cancellable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("interrupted by the user"));
        }
        self.input.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_urls() {
        let path = |url| local_path(url).map(|path| path.display().to_string());
        assert_eq!(path("file:///a/b%20c").as_deref(), Ok("/a/b c"));
        assert_eq!(path("file://localhost/a?x").as_deref(), Ok("/a"));
        assert_eq!(path("file:/a").as_deref(), Ok("/a"));
        assert!(path("file://a").is_err() && path("https://x/").is_err() && path("file:///%zz").is_err());
    }
}
