//! The text of `nix-store --dump-db`, `--load-db` and `--register-validity`: per path a line each for the path, hash, size,
//! deriver, number of references, and the references.

use std::fmt::Write;

use thiserror::Error;

use super::PathInfo;
use crate::hash::{Hash, HashAlgo};
use crate::store_path::{BadStorePath, StoreDir, StorePathSet};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistrationError {
    #[error("bad registration: it ends in the middle of a path's lines")]
    Truncated,
    #[error("bad registration: invalid hash, size or number of references '{0}'")]
    BadField(String),
    #[error(transparent)]
    BadStorePath(#[from] BadStorePath),
}

impl PathInfo {
    /// The lines of one path.
    pub fn to_registration(&self, dir: &StoreDir) -> String {
        let deriver = self.deriver.as_ref().map(|path| dir.print(path)).unwrap_or_default();
        let mut out =
            format!("{}\n{}\n{}\n{deriver}\n{}\n", dir.display(&self.path), self.nar_hash.base16(), self.nar_size, self.references.len());
        for reference in &self.references {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{}", dir.display(reference));
        }
        out
    }

    /// Parses the lines of any number of paths.
    pub fn parse_registration(dir: &StoreDir, text: &str) -> Result<Vec<PathInfo>, RegistrationError> {
        let mut lines = text.lines();
        let mut infos = Vec::new();
        while let Some(path) = lines.next() {
            let path = dir.parse_canonical(path)?;
            let mut next = || lines.next().ok_or(RegistrationError::Truncated);
            let bad = |field: &str| RegistrationError::BadField(field.to_owned());
            let hash = next()?;
            let hash = Hash::parse_any(hash, Some(HashAlgo::Sha256)).map_err(|_| bad(hash))?;
            let size = next()?;
            let size = size.parse().map_err(|_| bad(size))?;
            let deriver = next()?;
            let count = next()?;
            // Read one by one, so a false number costs nothing.
            let count: u64 = count.parse().map_err(|_| bad(count))?;
            let mut references = StorePathSet::new();
            for _ in 0..count {
                references.insert(dir.parse_canonical(next()?)?);
            }
            let deriver = (!deriver.is_empty()).then(|| dir.parse_canonical(deriver)).transpose()?;
            infos.push(PathInfo { references, deriver, ..PathInfo::new(path, hash, size) });
        }
        Ok(infos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As `nix-store --dump-db` printed it.
    const SAMPLE: &str = "\
/s/5xmil7q2kak4d4n47pahqi7hqadd08kd-t
ffdfbfe79b6cd648e8939bff6390ccc54c2a63ec9dc3d143eae6beb0085c2730
168

1
/s/dx6l583kzw0rrfr9h109smzxajpz0gla-u
/s/dx6l583kzw0rrfr9h109smzxajpz0gla-u
2ca0b8ce996f865db37619bfe91023559305aad8158042fc6ddb0ef1d43c5b67
120

0
";

    #[test]
    fn parse_and_print_are_inverse() {
        let dir = StoreDir::new("/s").unwrap();
        let infos = PathInfo::parse_registration(&dir, SAMPLE).unwrap();
        assert_eq!(infos.iter().map(|info| info.to_registration(&dir)).collect::<String>(), SAMPLE);
        let huge = SAMPLE.replace("\n1\n", "\n18446744073709551615\n");
        assert!(PathInfo::parse_registration(&dir, &huge).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String, cut in any::<prop::sample::Index>()) {
            let dir = StoreDir::new("/s").unwrap();
            let cut = cut.index(SAMPLE.len());
            let _ = PathInfo::parse_registration(&dir, &format!("{}{text}{}", &SAMPLE[..cut], &SAMPLE[cut..]));
        }
    }
}
