//! The format of `nix-store --export` and `--import`: archives, each followed by its path, references and deriver.

use std::io::{self, Read, Write};

use thiserror::Error;

use super::LocalStore;
use crate::error::{StoreError, StoreResult};
use crate::hash::{Hash, HashAlgo, HashWriter};
use crate::nar::{self, NarError};
use crate::path_info::PathInfo;
use crate::store_path::{StorePath, StorePathSet};

/// Follows each archive.
const MAGIC: u64 = 0x4558_494e;
/// Longest store path, with room for any store directory.
const MAX_PATH: u64 = 4096;

#[derive(Debug, Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot read or write the export: {0}")]
    Stream(#[from] io::Error),
    #[error("input doesn't look like something created by 'nix-store --export'")]
    NotAnExport,
    #[error("Nix archive cannot be imported; wrong format")]
    WrongFormat,
    #[error("hash of path '{path}' has changed from '{from}' to '{to}'!")]
    Changed { path: String, from: String, to: String },
}

impl From<NarError> for ExportError {
    fn from(error: NarError) -> ExportError {
        ExportError::Store(error.into())
    }
}

impl LocalStore {
    /// Writes valid paths in an order in which they can be imported.
    pub fn export(&self, paths: &StorePathSet, out: &mut dyn Write) -> Result<(), ExportError> {
        for path in self.topo_sort(paths)? {
            out.write_all(&1u64.to_le_bytes())?;
            let info = self.require_path_info(&path)?;
            let mut hashed = HashWriter::new(HashAlgo::Sha256, &mut *out);
            self.nar_from_path(&path, &mut hashed)?;
            let (_, hash, _) = hashed.finish();
            if hash != info.nar_hash && info.nar_hash != Hash::zero(HashAlgo::Sha256) {
                let (from, to) = (info.nar_hash.to_string(), hash.to_string());
                return Err(ExportError::Changed { path: self.store_dir().print(&path), from, to });
            }
            out.write_all(&MAGIC.to_le_bytes())?;
            write_string(out, &self.store_dir().print(&path))?;
            out.write_all(&(info.references.len() as u64).to_le_bytes())?;
            for reference in &info.references {
                write_string(out, &self.store_dir().print(reference))?;
            }
            write_string(out, &info.deriver.as_ref().map(|path| self.store_dir().print(path)).unwrap_or_default())?;
            // No legacy signature.
            out.write_all(&0u64.to_le_bytes())?;
        }
        out.write_all(&0u64.to_le_bytes())?;
        Ok(out.flush()?)
    }

    /// Adds the paths of an export, trusting it about references and derivers. Gives them in the order they came.
    pub fn import(&self, input: &mut dyn Read) -> Result<Vec<StorePath>, ExportError> {
        let mut imported = Vec::new();
        loop {
            match read_number(input)? {
                0 => return Ok(imported),
                1 => imported.push(self.import_one(input)?),
                _ => return Err(ExportError::NotAnExport),
            }
        }
    }

    fn import_one(&self, input: &mut dyn Read) -> Result<StorePath, ExportError> {
        // The path comes after its archive, so the archive goes to a file first.
        let dir = &self.config.real_store_dir;
        let mut saved = tempfile::tempfile_in(dir).map_err(StoreError::io("cannot create a file in", dir))?;
        let mut hashed = HashWriter::new(HashAlgo::Sha256, io::BufWriter::new(&mut saved));
        nar::copy_nar(input, &mut hashed)?;
        let (file, hash, size) = hashed.finish();
        file.into_inner().map_err(io::IntoInnerError::into_error)?;
        if read_number(input)? != MAGIC {
            return Err(ExportError::WrongFormat);
        }
        let parse = |text: &str| self.store_dir().parse(text).map_err(StoreError::from);
        let path = parse(&read_string(input)?)?;
        let mut info = PathInfo::new(path.clone(), hash, size);
        for _ in 0..read_number(input)? {
            info.references.insert(parse(&read_string(input)?)?);
        }
        let deriver = read_string(input)?;
        if !deriver.is_empty() {
            info.deriver = Some(parse(&deriver)?);
        }
        if read_number(input)? == 1 {
            read_string(input)?;
        }
        self.add_saved(&info, saved)?;
        Ok(path)
    }

    fn add_saved(&self, info: &PathInfo, mut saved: std::fs::File) -> StoreResult<()> {
        let rewound = io::Seek::rewind(&mut saved);
        rewound.map_err(StoreError::io("cannot read back", &self.config.real_store_dir))?;
        self.add_nar(info, &mut io::BufReader::new(saved))
    }
}

fn write_string(out: &mut dyn Write, text: &str) -> io::Result<()> {
    out.write_all(&(text.len() as u64).to_le_bytes())?;
    out.write_all(text.as_bytes())?;
    out.write_all(&[0; 8][..text.len().wrapping_neg() % 8])
}

fn read_number(input: &mut dyn Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn read_string(input: &mut dyn Read) -> Result<String, ExportError> {
    let len = read_number(input)?;
    if len > MAX_PATH {
        return Err(ExportError::WrongFormat);
    }
    let mut bytes = vec![0; len.next_multiple_of(8) as usize];
    input.read_exact(&mut bytes)?;
    bytes.truncate(len as usize);
    String::from_utf8(bytes).map_err(|_| ExportError::WrongFormat)
}
