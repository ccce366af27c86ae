//! The narinfo format: one path of a binary cache.

use std::fmt::Write;

use thiserror::Error;

use super::PathInfo;
use crate::hash::Hash;
use crate::store_path::{StoreDir, StorePath};

/// A path and where its archive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NarInfo {
    pub info: PathInfo,
    /// Relative to the cache.
    pub url: String,
    /// `none`, `xz`, `zstd`, … ; `bzip2` where the file says nothing.
    pub compression: String,
    /// Of the compressed archive.
    pub file_hash: Option<Hash>,
    pub file_size: Option<u64>,
}

/// The file is not a narinfo; texts are Nix's own.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("NAR info file '{whence}' is corrupt: {reason}{}", if *line > 0 { format!(" at line {line}") } else { String::new() })]
pub struct NarInfoError {
    pub whence: String,
    pub reason: &'static str,
    /// From 1; 0 when the file as a whole is wrong.
    pub line: usize,
}

impl NarInfo {
    /// `whence` is the file's name for messages.
    pub fn parse(dir: &StoreDir, text: &str, whence: &str) -> Result<NarInfo, NarInfoError> {
        let corrupt = |reason, line| NarInfoError { whence: whence.to_owned(), reason, line };
        let (mut path, mut nar_hash, mut references_seen, mut ca) = (None, None, false, None);
        let placeholder = StorePath::from_digest(&[0; 20], "x").map_err(|_| corrupt("StorePath missing", 0))?;
        let mut out = NarInfo {
            info: PathInfo::new(placeholder, Hash::zero(crate::HashAlgo::Sha256), 0),
            url: String::new(),
            compression: "bzip2".to_owned(),
            file_hash: None,
            file_size: None,
        };
        let mut rest = text;
        let mut line = 0;
        while !rest.is_empty() {
            line += 1;
            let bad = |reason| corrupt(reason, line);
            let (text, after) = rest.split_once('\n').ok_or_else(|| bad("expecting '\\n'"))?;
            rest = after;
            let (name, value) = text.split_once(':').ok_or_else(|| bad("expecting ':'"))?;
            let value = value.strip_prefix(' ').unwrap_or(value);
            let hash = || Hash::parse_any_prefixed(value).map_err(|_| bad("bad hash"));
            match name {
                "StorePath" => path = Some(dir.parse(value).map_err(|_| bad("bad store path"))?),
                "URL" => out.url = value.to_owned(),
                "Compression" if !value.is_empty() => out.compression = value.to_owned(),
                "FileHash" => out.file_hash = Some(hash()?),
                "FileSize" => out.file_size = Some(value.parse().map_err(|_| bad("invalid FileSize"))?),
                "NarHash" => nar_hash = Some(hash()?),
                "NarSize" => out.info.nar_size = value.parse().map_err(|_| bad("invalid NarSize"))?,
                "References" if references_seen => return Err(bad("extra References")),
                "References" => {
                    for reference in value.split_whitespace() {
                        out.info.references.insert(StorePath::from_base_name(reference).map_err(|_| bad("bad reference"))?);
                    }
                    references_seen = !out.info.references.is_empty();
                }
                "Deriver" if value != "unknown-deriver" => {
                    out.info.deriver = Some(StorePath::from_base_name(value).map_err(|_| bad("bad deriver"))?);
                }
                "Sig" => {
                    out.info.signatures.insert(value.to_owned());
                }
                "CA" if ca.is_some() => return Err(bad("extra CA")),
                "CA" if !value.is_empty() => ca = Some(value.parse().map_err(|_| bad("bad content address"))?),
                _ => {}
            }
        }
        out.info.ca = ca;
        out.info.path = path.ok_or_else(|| corrupt("StorePath missing", 0))?;
        out.info.nar_hash = nar_hash.ok_or_else(|| corrupt("NarHash missing", 0))?;
        if out.url.is_empty() {
            return Err(corrupt("URL missing", 0));
        }
        if out.info.nar_size == 0 {
            return Err(corrupt("NarSize missing or zero", 0));
        }
        Ok(out)
    }

    pub fn print(&self, dir: &StoreDir) -> String {
        let info = &self.info;
        let mut out = String::new();
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{name}: {value}");
        };
        line("StorePath", &dir.display(&info.path));
        line("URL", &self.url);
        line("Compression", &self.compression);
        if let Some(hash) = &self.file_hash {
            line("FileHash", hash);
        }
        if let Some(size) = self.file_size {
            line("FileSize", &size);
        }
        line("NarHash", &info.nar_hash);
        line("NarSize", &info.nar_size);
        let references: Vec<&str> = info.references.iter().map(StorePath::base_name).collect();
        line("References", &references.join(" "));
        if let Some(deriver) = &info.deriver {
            line("Deriver", deriver);
        }
        for signature in &info.signatures {
            line("Sig", signature);
        }
        if let Some(ca) = &info.ca {
            line("CA", ca);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    /// As `nix copy --to file://…` wrote it.
    const SAMPLE: &str = "\
StorePath: /s/5xmil7q2kak4d4n47pahqi7hqadd08kd-t
URL: nar/0c17bh4b1gp6x91x3hwxxiijlk65rj867zwvjgl4imkckgkvzpzz.nar
Compression: none
FileHash: sha256:0c17bh4b1gp6x91x3hwxxiijlk65rj867zwvjgl4imkckgkvzpzz
FileSize: 168
NarHash: sha256:0c17bh4b1gp6x91x3hwxxiijlk65rj867zwvjgl4imkckgkvzpzz
NarSize: 168
References: dx6l583kzw0rrfr9h109smzxajpz0gla-u
Sig: k-1:XkyM+be8SSkeZKx3In/MF6dhxGuEPlpcA7TdWtIkGQYpd8PiGR1/c6CxtICdRL99ya0naDuarpWiFRQ72eeMAg==
CA: text:sha256:1cqb73q4ikgblvs951bhvy0v28pja9y04z258yfz90qsvl5ly1w1
";

    fn dir() -> StoreDir {
        StoreDir::new("/s").unwrap()
    }

    #[test]
    fn parse_and_print_are_inverse() {
        assert_eq!(NarInfo::parse(&dir(), SAMPLE, "x").unwrap().print(&dir()), SAMPLE);
        let bare = SAMPLE.replace("References: dx6l583kzw0rrfr9h109smzxajpz0gla-u", "References: ").replace("Sig: ", "Unknown: ");
        let parsed = NarInfo::parse(&dir(), &bare, "x").unwrap();
        assert!(parsed.info.references.is_empty() && parsed.print(&dir()).contains("\nReferences: \n"));
    }

    fn check(from: &str, to: &str, expected: Expect) {
        expected.assert_eq(&NarInfo::parse(&dir(), &SAMPLE.replace(from, to), "x.narinfo").unwrap_err().to_string());
    }

    #[test]
    fn errors_are_those_of_nix() {
        check("URL: ", "Url: ", expect!["NAR info file 'x.narinfo' is corrupt: URL missing"]);
        check("NarSize: 168", "NarSize: 0", expect!["NAR info file 'x.narinfo' is corrupt: NarSize missing or zero"]);
        check("NarSize: 168", "NarSize: -1", expect!["NAR info file 'x.narinfo' is corrupt: invalid NarSize at line 7"]);
        check("FileHash: sha256:", "FileHash: ", expect!["NAR info file 'x.narinfo' is corrupt: bad hash at line 4"]);
        check("URL: ", "URL", expect!["NAR info file 'x.narinfo' is corrupt: expecting ':' at line 2"]);
        check("ly1w1\n", "ly1w1", expect!["NAR info file 'x.narinfo' is corrupt: expecting '\\n' at line 10"]);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String, cut in any::<prop::sample::Index>()) {
            let _ = NarInfo::parse(&dir(), &text, "x");
            let cut = cut.index(SAMPLE.len());
            let _ = NarInfo::parse(&dir(), &format!("{}{text}{}", &SAMPLE[..cut], &SAMPLE[cut..]), "x");
        }
    }
}
