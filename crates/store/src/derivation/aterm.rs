//! Parsing of `.drv` files: `Derive(…)`, and `DrvWithVersion("xp-dyn-drv",…)` for inputs that are outputs of outputs.

use std::borrow::Cow;

use thiserror::Error;

use super::{Derivation, DerivationOutput, InputNode};
use crate::content_address::{ContentAddress, ContentAddressError, ContentAddressMethod};
use crate::hash::{Hash, HashError};
use crate::store_path::{BadStorePath, StoreDir, StorePath, StorePathError};

/// How deep outputs of outputs may nest.
const MAX_DYNAMIC_DEPTH: usize = 64;

/// What is wrong with a `.drv` file. The texts are Nix's own where it has one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AtermError {
    #[error("expected string '{expected}'")]
    Expected {
        expected: &'static str,
        /// Offset in bytes.
        at: usize,
    },
    #[error("unterminated string in derivation")]
    Unterminated,
    #[error("derivation does not start with 'Derive' or 'DrvWithVersion'")]
    Start,
    #[error("Unknown derivation ATerm format version '{0}'")]
    Version(String),
    #[error("unexpected text after the derivation")]
    Trailing,
    #[error("output name or hash is not valid UTF-8: '{0}'")]
    NotUtf8(String),
    #[error("name, path or hash is written with escapes: '{0}'")]
    Escape(String),
    #[error("outputs of outputs are nested too deeply")]
    TooDeep,
    #[error("impure derivation output should not specify output path")]
    ImpurePath,
    #[error("content-addressing derivation output should not specify output path")]
    FloatingPath,
    #[error("derivation output '{output}' has path '{path}', which does not match its content address")]
    FixedPath { output: String, path: String },
    #[error(transparent)]
    BadStorePath(#[from] BadStorePath),
    #[error(transparent)]
    MakePath(#[from] StorePathError),
    #[error(transparent)]
    ContentAddress(#[from] ContentAddressError),
    #[error(transparent)]
    Hash(#[from] HashError),
}

impl Derivation {
    /// Parses the text of a `.drv` file; `name` is that of its store path without `.drv`.
    pub fn parse(dir: &StoreDir, name: &str, text: &[u8]) -> Result<Derivation, AtermError> {
        Parser { dir, name, text, at: 0 }.derivation()
    }
}

struct Parser<'a> {
    dir: &'a StoreDir,
    name: &'a str,
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn derivation(mut self) -> Result<Derivation, AtermError> {
        let dynamic = if self.text.starts_with(b"Derive(") {
            self.at = b"Derive(".len();
            false
        } else if self.text.starts_with(b"DrvWithVersion(") {
            self.at = b"DrvWithVersion(".len();
            let version = self.string()?;
            if version.as_ref() != b"xp-dyn-drv" {
                return Err(AtermError::Version(String::from_utf8_lossy(&version).into_owned()));
            }
            self.expect(",")?;
            true
        } else {
            return Err(AtermError::Start);
        };
        let mut drv = Derivation { name: self.name.to_owned(), ..Derivation::default() };

        self.list(|this| {
            this.expect("(")?;
            let output = this.utf8()?.to_owned();
            let value = this.output(&output)?;
            drv.outputs.insert(output, value);
            this.expect(")")
        })?;
        self.expect(",")?;
        self.list(|this| {
            this.expect("(")?;
            let path = this.store_path()?;
            this.expect(",")?;
            let node = this.input_node(dynamic, 0)?;
            drv.input_drvs.insert(path, node);
            this.expect(")")
        })?;
        self.expect(",")?;
        self.list(|this| {
            drv.input_srcs.insert(this.store_path()?);
            Ok(())
        })?;
        self.expect(",")?;
        // It is printed without escapes, and Nix reads them all the same.
        drv.platform = self.string()?.into_owned();
        self.expect(",")?;
        drv.builder = self.string()?.into_owned();
        self.expect(",")?;
        self.list(|this| {
            drv.args.push(this.string()?.into_owned());
            Ok(())
        })?;
        self.expect(",")?;
        self.list(|this| {
            this.expect("(")?;
            let key = this.string()?.into_owned();
            this.expect(",")?;
            drv.env.insert(key, this.string()?.into_owned());
            this.expect(")")
        })?;
        self.expect(")")?;
        if self.at == self.text.len() { Ok(drv) } else { Err(AtermError::Trailing) }
    }

    fn expect(&mut self, expected: &'static str) -> Result<(), AtermError> {
        if self.rest().starts_with(expected.as_bytes()) {
            self.at += expected.len();
            Ok(())
        } else {
            Err(AtermError::Expected { expected, at: self.at })
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn list(&mut self, mut element: impl FnMut(&mut Self) -> Result<(), AtermError>) -> Result<(), AtermError> {
        self.expect("[")?;
        if self.rest().starts_with(b"]") {
            self.at += 1;
            return Ok(());
        }
        loop {
            element(self)?;
            match self.rest().first() {
                Some(b',') => self.at += 1,
                _ => return self.expect("]"),
            }
        }
    }

    /// A quoted string; borrowed from the text when it has no escapes.
    fn string(&mut self) -> Result<Cow<'a, [u8]>, AtermError> {
        self.expect("\"")?;
        let rest = self.rest();
        let end = memchr::memchr2(b'"', b'\\', rest).ok_or(AtermError::Unterminated)?;
        let (plain, mut rest) = rest.split_at(end);
        if rest.starts_with(b"\"") {
            self.at += end + 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut out = plain.to_vec();
        loop {
            match rest {
                [b'"', ..] => {
                    self.at = self.text.len() - rest.len() + 1;
                    return Ok(Cow::Owned(out));
                }
                [b'\\', escaped, after @ ..] => {
                    out.push(match escaped {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        other => *other,
                    });
                    let end = memchr::memchr2(b'"', b'\\', after).ok_or(AtermError::Unterminated)?;
                    let (plain, after) = after.split_at(end);
                    out.extend_from_slice(plain);
                    rest = after;
                }
                _ => return Err(AtermError::Unterminated),
            }
        }
    }

    /// A string that is printed without escapes: names, paths, hashes. Written with escapes it would not
    /// print back the same.
    fn plain(&mut self) -> Result<&'a [u8], AtermError> {
        match self.string()? {
            Cow::Borrowed(bytes) => Ok(bytes),
            Cow::Owned(bytes) => Err(AtermError::Escape(String::from_utf8_lossy(&bytes).into_owned())),
        }
    }

    fn utf8(&mut self) -> Result<&'a str, AtermError> {
        let bytes = self.plain()?;
        str::from_utf8(bytes).map_err(|_| AtermError::NotUtf8(String::from_utf8_lossy(bytes).into_owned()))
    }

    fn store_path(&mut self) -> Result<StorePath, AtermError> {
        let path = self.utf8()?;
        Ok(self.dir.parse_canonical(path)?)
    }

    fn output(&mut self, output: &str) -> Result<DerivationOutput, AtermError> {
        self.expect(",")?;
        let path = self.utf8()?;
        self.expect(",")?;
        let method_algo = self.utf8()?;
        self.expect(",")?;
        let hash = self.utf8()?;
        if method_algo.is_empty() {
            return match path {
                "" => Ok(DerivationOutput::Deferred),
                path => Ok(DerivationOutput::InputAddressed(self.dir.parse_canonical(path)?)),
            };
        }
        let (method, algo) = ContentAddressMethod::split_prefix(method_algo)?;
        let algo = algo.parse()?;
        match hash {
            "impure" if path.is_empty() => Ok(DerivationOutput::Impure { method, algo }),
            "impure" => Err(AtermError::ImpurePath),
            "" if path.is_empty() => Ok(DerivationOutput::CaFloating { method, algo }),
            "" => Err(AtermError::FloatingPath),
            hash => {
                let stated = self.dir.parse_canonical(path)?;
                let fixed = DerivationOutput::CaFixed(ContentAddress { method, hash: Hash::parse_unprefixed(hash, algo)? });
                // The path follows from the hash; one that does not would be lost when the derivation is printed again.
                if fixed.path(self.dir, self.name, output)? != Some(stated) {
                    return Err(AtermError::FixedPath { output: output.to_owned(), path: path.to_owned() });
                }
                Ok(fixed)
            }
        }
    }

    fn input_node(&mut self, dynamic: bool, depth: usize) -> Result<InputNode, AtermError> {
        if depth > MAX_DYNAMIC_DEPTH {
            return Err(AtermError::TooDeep);
        }
        let mut node = InputNode::default();
        let outputs = |this: &mut Self, node: &mut InputNode| {
            this.list(|this| {
                node.outputs.insert(this.utf8()?.to_owned());
                Ok(())
            })
        };
        if !dynamic || !self.rest().starts_with(b"(") {
            outputs(self, &mut node)?;
            return Ok(node);
        }
        self.expect("(")?;
        outputs(self, &mut node)?;
        self.expect(",")?;
        self.list(|this| {
            this.expect("(")?;
            let output = this.utf8()?.to_owned();
            this.expect(",")?;
            let child = this.input_node(dynamic, depth + 1)?;
            node.dynamic.insert(output, child);
            this.expect(")")
        })?;
        self.expect(")")?;
        Ok(node)
    }
}
