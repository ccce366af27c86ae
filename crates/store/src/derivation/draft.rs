//! [`Draft`]: a derivation as evaluation has it at hand, of which only the paths and the text are wanted.
//!
//! The same as [`ModuloHashes::fill_in_outputs`](super::ModuloHashes::fill_in_outputs), [`Derivation::to_aterm`](super::Derivation::to_aterm)
//! and [`make_text_path`](crate::store_path::make_text_path) on a [`Derivation`](super::Derivation), for the common kinds: input-addressed and fixed-output ones
//! whose inputs are outputs with known paths. Nothing is copied but into the text, of which everything after the inputs is printed once for all hashes.

use std::collections::BTreeMap;

use super::HashModulo;
use super::print::{escaped, list, unescaped, unescaped_end};
use crate::base16;
use crate::content_address::ContentAddress;
use crate::hash::{Hash, HashAlgo, Hasher};
use crate::store_path::{
    BadStorePath, StoreDir, StorePathError, StoreReferences, make_output_path, make_path_from_ca, make_text_path_of, output_path_name,
};

/// A derivation before it has outputs.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The store path's name without `.drv`.
    pub name: &'a str,
    pub platform: &'a [u8],
    pub builder: &'a [u8],
    pub args: &'a [&'a [u8]],
    /// Variables in the order of their names, each once. Those named after outputs are replaced by the outputs' paths.
    pub env: &'a [(&'a [u8], &'a [u8])],
    /// Base names of store paths, sorted, each once.
    pub sources: &'a [&'a [u8]],
    /// Sorted by path and output, each once.
    pub inputs: &'a [DraftInput<'a>],
}

/// An output of another derivation that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftInput<'a> {
    /// The base name of a store path.
    pub drv: &'a [u8],
    pub output: &'a [u8],
    /// Only looked at for input-addressed derivations.
    pub hash: Option<&'a InputHash>,
}

/// What stands for an output of an input derivation in the hashes of those that use it: see [`HashModulo`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputHash {
    /// Many outputs are never used: little memory where there is none.
    hash: Box<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    /// A SHA-256.
    hash: [u8; 32],
    /// The one output of fixed derivations is always called `out`.
    fixed: bool,
}

impl InputHash {
    /// `None` where `hash` knows no such output, or outputs are not known before a build.
    pub fn new(hash: &HashModulo, output: &str) -> Option<InputHash> {
        let (hash, fixed) = match hash {
            HashModulo::Regular(hash) => (hash, false),
            HashModulo::Fixed(hashes) => (hashes.get(output)?, true),
            HashModulo::Deferred(_) => return None,
        };
        InputHash::of(hash, fixed)
    }

    fn of(hash: &Hash, fixed: bool) -> Option<InputHash> {
        Some(InputHash { hash: Box::new(Known { hash: hash.as_bytes().try_into().ok()?, fixed }) })
    }

    /// That of the derivation with this output.
    pub fn hash_modulo(&self, output: &str) -> Option<HashModulo> {
        let hash = Hash::from_bytes(HashAlgo::Sha256, &self.hash.hash)?;
        Some(if self.hash.fixed { HashModulo::Fixed(BTreeMap::from([(output.to_owned(), hash)])) } else { HashModulo::Regular(hash) })
    }
}

/// What became of a [`Draft`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Of the `.drv` file.
    pub path: String,
    /// As those that use one of the outputs see it.
    pub hash: InputHash,
    /// In the order of the outputs' names.
    pub outputs: Vec<String>,
}

/// Memory that is used again for each derivation.
#[derive(Debug, Default)]
pub struct DraftBuffers {
    /// The text of the `.drv` file, after [`Draft::input_addressed`] or [`Draft::fixed`].
    pub text: Vec<u8>,
    /// What follows the inputs, with outputs' paths left blank.
    tail: Vec<u8>,
    /// The inputs as hashes.
    modulo: Vec<u8>,
    /// Where in `tail` which output's path is to be put.
    blanks: Vec<(usize, usize)>,
}

impl Draft<'_> {
    /// Its paths, where outputs' paths depend on the inputs. `outputs` are names, sorted, each once. `None` where the hash of an
    /// input is missing.
    pub fn input_addressed(
        &self,
        dir: &StoreDir,
        outputs: &[&str],
        buffers: &mut DraftBuffers,
    ) -> Result<Option<Finished>, StorePathError> {
        let DraftBuffers { text, tail, modulo, blanks } = buffers;
        modulo.clear();
        modulo.push(b',');
        if !self.print_input_hashes(modulo) {
            return Ok(None);
        }
        tail.clear();
        blanks.clear();
        self.print_tail(dir, outputs, tail, blanks);

        text.clear();
        print_outputs(text, outputs.iter().map(|output| (*output, [""; 3])));
        let masked = hash(&[text, modulo, tail]);
        let mut paths = Vec::with_capacity(outputs.len());
        for output in outputs {
            paths.push(dir.print(&make_output_path(dir, output, &masked, self.name)?));
        }

        text.clear();
        print_outputs(text, outputs.iter().zip(&paths).map(|(output, path)| (*output, [path, "", ""])));
        let (head_end, inputs_end) = self.finish_text(dir, text, tail, blanks, &paths);
        let Some(hash) = InputHash::of(&hash(&[&text[..head_end], modulo, &text[inputs_end..]]), false) else { return Ok(None) };
        Ok(Some(Finished { path: self.path(dir, text)?, hash, outputs: paths }))
    }

    /// Its paths, where the contents of its one output are known. Never `None`.
    pub fn fixed(&self, dir: &StoreDir, address: &ContentAddress, buffers: &mut DraftBuffers) -> Result<Option<Finished>, StorePathError> {
        let DraftBuffers { text, tail, blanks, .. } = buffers;
        tail.clear();
        blanks.clear();
        self.print_tail(dir, &["out"], tail, blanks);
        let output = dir.print(&make_path_from_ca(dir, &output_path_name(self.name, "out"), address, &StoreReferences::default())?);
        let (method_algo, base16) = (address.method_algo(), address.hash.base16());
        text.clear();
        print_outputs(text, [("out", [&*output, &*method_algo, &*base16])]);
        let parts = ["fixed:out:", &*method_algo, ":", &*base16, ":", &*output];
        let Some(hash) = InputHash::of(&hash(&parts.map(str::as_bytes)), true) else { return Ok(None) };
        let outputs = vec![output];
        self.finish_text(dir, text, tail, blanks, &outputs);
        Ok(Some(Finished { path: self.path(dir, text)?, hash, outputs }))
    }

    /// Adds the inputs and the tail with `paths` in its blanks; gives where the inputs begin and end.
    fn finish_text(&self, dir: &StoreDir, text: &mut Vec<u8>, tail: &[u8], blanks: &[(usize, usize)], paths: &[String]) -> (usize, usize) {
        let head_end = text.len();
        text.push(b',');
        list(text, self.inputs.chunk_by(|a, b| a.drv == b.drv), |out, outputs| {
            out.extend_from_slice(b"(\"");
            out.extend_from_slice(dir.as_str().as_bytes());
            out.push(b'/');
            unescaped_end(out, outputs.first().map_or(b"", |input| input.drv));
            out.push(b',');
            list(out, outputs, |out, input| unescaped(out, input.output));
            out.push(b')');
        });
        let inputs_end = text.len();
        let mut copied = 0;
        for &(at, output) in blanks {
            text.extend_from_slice(&tail[copied..at]);
            text.extend_from_slice(paths.get(output).map_or(b"".as_slice(), |path| path.as_bytes()));
            copied = at;
        }
        text.extend_from_slice(&tail[copied..]);
        (head_end, inputs_end)
    }

    /// False where one is missing.
    fn print_input_hashes(&self, out: &mut Vec<u8>) -> bool {
        let mut hashes = Vec::with_capacity(self.inputs.len());
        for input in self.inputs {
            let Some(InputHash { hash }) = input.hash else { return false };
            hashes.push((&hash.hash, if hash.fixed { b"out" } else { input.output }));
        }
        hashes.sort_unstable();
        hashes.dedup();
        list(out, hashes.chunk_by(|a, b| a.0 == b.0), |out, outputs| {
            out.extend_from_slice(b"(\"");
            if let Some((hash, _)) = outputs.first() {
                base16::encode_to_bytes(hash.as_slice(), out);
            }
            out.extend_from_slice(b"\",");
            list(out, outputs, |out, (_, output)| unescaped(out, output));
            out.push(b')');
        });
        true
    }

    /// Everything after the input derivations. The values of variables named after `outputs` are left blank; where they go is
    /// noted in `blanks`.
    fn print_tail(&self, dir: &StoreDir, outputs: &[&str], out: &mut Vec<u8>, blanks: &mut Vec<(usize, usize)>) {
        out.push(b',');
        list(out, self.sources, |out, path| {
            out.push(b'"');
            out.extend_from_slice(dir.as_str().as_bytes());
            out.push(b'/');
            unescaped_end(out, path);
        });
        out.extend_from_slice(b",\"");
        out.extend_from_slice(self.platform);
        out.extend_from_slice(b"\",");
        escaped(out, self.builder);
        out.push(b',');
        list(out, self.args, |out, arg| escaped(out, arg));
        out.push(b',');
        let mut next = 0;
        let mut env = self.env.iter().peekable();
        // Both are sorted.
        let variables = std::iter::from_fn(|| {
            let output = outputs.get(next).map(|output| output.as_bytes());
            match (env.peek(), output) {
                (Some((name, _)), Some(output)) if *name < output => {}
                (Some(_), None) => {}
                (None, None) => return None,
                (variable, Some(output)) => {
                    if variable.is_some_and(|(name, _)| *name == output) {
                        env.next();
                    }
                    next += 1;
                    return Some((output, Err(next - 1)));
                }
            }
            env.next().map(|(name, value)| (*name, Ok(*value)))
        });
        list(out, variables, |out, (name, value)| {
            out.push(b'(');
            escaped(out, name);
            out.push(b',');
            match value {
                Ok(value) => escaped(out, value),
                Err(output) => {
                    out.push(b'"');
                    blanks.push((out.len(), output));
                    out.push(b'"');
                }
            }
            out.push(b')');
        });
        out.push(b')');
    }

    fn path(&self, dir: &StoreDir, text: &[u8]) -> Result<String, BadStorePath> {
        let hash = HashAlgo::Sha256.hash(text);
        let (mut sources, mut inputs) = (self.sources.iter().copied().peekable(), self.inputs.iter().map(|input| input.drv).peekable());
        let mut last = None;
        let references = std::iter::from_fn(|| {
            loop {
                let path = match (sources.peek(), inputs.peek()) {
                    (Some(source), Some(input)) if source > input => inputs.next(),
                    (None, _) => inputs.next(),
                    _ => sources.next(),
                };
                if path.is_none() || path != last {
                    last = path;
                    return path;
                }
            }
        });
        Ok(dir.print(&make_text_path_of(dir, &[self.name, ".drv"].concat(), &hash, references)?))
    }
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Hasher::new(HashAlgo::Sha256);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finish()
}

/// The beginning of the text, up to the outputs: names, and path, method and hash of each.
fn print_outputs<'a>(out: &mut Vec<u8>, outputs: impl IntoIterator<Item = (&'a str, [&'a str; 3])>) {
    out.extend_from_slice(b"Derive(");
    list(out, outputs, |out, (name, parts)| {
        out.push(b'(');
        unescaped(out, name.as_bytes());
        for part in parts {
            out.push(b',');
            unescaped(out, part.as_bytes());
        }
        out.push(b')');
    });
}
