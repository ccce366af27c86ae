//! Printing of `.drv` files, byte for byte as Nix does, because paths are hashes of this text.

use std::collections::{BTreeMap, BTreeSet};

use super::{Derivation, DerivationOutput, InputNode};
use crate::store_path::{StoreDir, StorePathError};

impl Derivation {
    /// The text of the `.drv` file. Fails only when a fixed output cannot have a path.
    pub fn to_aterm(&self, dir: &StoreDir) -> Result<Vec<u8>, StorePathError> {
        let mut out = Vec::with_capacity(4096);
        out.extend_from_slice(self.head());
        self.print_outputs(dir, false, &mut out)?;
        out.push(b',');
        list(&mut out, &self.input_drvs, |out, (path, node)| {
            out.extend_from_slice(b"(\"");
            out.extend_from_slice(dir.as_str().as_bytes());
            out.push(b'/');
            unescaped_end(out, path.base_name());
            out.push(b',');
            print_node(out, node);
            out.push(b')');
        });
        self.print_from_sources(dir, false, &mut out);
        Ok(out)
    }

    fn head(&self) -> &'static [u8] {
        if self.has_dynamic_inputs() { b"DrvWithVersion(\"xp-dyn-drv\"," } else { b"Derive(" }
    }

    /// The text that is hashed for output paths: input derivations are replaced by hashes, and with `masked` the
    /// derivation's own outputs are left blank.
    pub(super) fn to_aterm_modulo(
        &self,
        dir: &StoreDir,
        inputs: &BTreeMap<String, BTreeSet<String>>,
        masked: bool,
    ) -> Result<Vec<u8>, StorePathError> {
        let mut out = Vec::with_capacity(4096);
        out.extend_from_slice(self.head());
        self.print_outputs(dir, masked, &mut out)?;
        out.push(b',');
        list(&mut out, inputs, |out, (hash, outputs)| {
            out.push(b'(');
            unescaped(out, hash);
            out.push(b',');
            list(out, outputs, |out, output| unescaped(out, output));
            out.push(b')');
        });
        self.print_from_sources(dir, masked, &mut out);
        Ok(out)
    }

    fn print_outputs(&self, dir: &StoreDir, masked: bool, out: &mut Vec<u8>) -> Result<(), StorePathError> {
        let mut failed = None;
        list(out, &self.outputs, |out, (name, output)| {
            out.push(b'(');
            unescaped(out, name);
            let path = match output.path(dir, &self.name, name) {
                Ok(path) => path.filter(|_| !masked).map(|path| dir.print(&path)).unwrap_or_default(),
                Err(error) => {
                    failed = Some(error);
                    String::new()
                }
            };
            let (method_algo, hash) = match output {
                DerivationOutput::InputAddressed(_) | DerivationOutput::Deferred => (String::new(), String::new()),
                DerivationOutput::CaFixed(ca) => (ca.method_algo(), ca.hash.base16()),
                DerivationOutput::CaFloating { method, algo } => (format!("{}{algo}", method.prefix()), String::new()),
                DerivationOutput::Impure { method, algo } => (format!("{}{algo}", method.prefix()), "impure".to_owned()),
            };
            for part in [path, method_algo, hash] {
                out.push(b',');
                unescaped(out, &part);
            }
            out.push(b')');
        });
        failed.map_or(Ok(()), Err)
    }

    /// Everything after the input derivations.
    fn print_from_sources(&self, dir: &StoreDir, masked: bool, out: &mut Vec<u8>) {
        out.push(b',');
        list(out, &self.input_srcs, |out, path| {
            out.push(b'"');
            out.extend_from_slice(dir.as_str().as_bytes());
            out.push(b'/');
            unescaped_end(out, path.base_name());
        });
        out.extend_from_slice(b",\"");
        out.extend_from_slice(&self.platform);
        out.extend_from_slice(b"\",");
        escaped(out, &self.builder);
        out.push(b',');
        list(out, &self.args, |out, arg| escaped(out, arg));
        out.push(b',');
        let is_output = |key: &[u8]| str::from_utf8(key).is_ok_and(|key| self.outputs.contains_key(key));
        list(out, &self.env, |out, (key, value)| {
            out.push(b'(');
            escaped(out, key);
            out.push(b',');
            escaped(out, if masked && is_output(key) { b"" } else { value });
            out.push(b')');
        });
        out.push(b')');
    }
}

fn print_node(out: &mut Vec<u8>, node: &InputNode) {
    if node.dynamic.is_empty() {
        return list(out, &node.outputs, |out, output| unescaped(out, output));
    }
    out.push(b'(');
    list(out, &node.outputs, |out, output| unescaped(out, output));
    out.push(b',');
    list(out, &node.dynamic, |out, (output, child)| {
        out.push(b'(');
        unescaped(out, output);
        out.push(b',');
        print_node(out, child);
        out.push(b')');
    });
    out.push(b')');
}

pub(super) fn list<T>(out: &mut Vec<u8>, elements: impl IntoIterator<Item = T>, mut print: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (i, element) in elements.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        print(out, element);
    }
    out.push(b']');
}

/// Names, paths and hashes, which need no escapes.
pub(super) fn unescaped(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    unescaped_end(out, text);
}

pub(super) fn unescaped_end(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// The texts of evaluation, quoted.
pub(super) fn escaped(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    // Nearly all that is printed passes here, and nearly all of it is plain: it is copied from one special byte to the next.
    let (chunks, rest) = text.as_chunks::<16>();
    let mut copied = 0;
    for (number, chunk) in chunks.iter().enumerate() {
        if chunk.iter().fold(false, |any, &byte| any | is_special(byte)) {
            copied = escaped_part(out, text, copied, number * 16, chunk);
        }
    }
    copied = escaped_part(out, text, copied, chunks.len() * 16, rest);
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    out.push(b'"');
}

/// What of `text` is not copied yet, up to the last special byte of `part`, which begins at `from`; up to where.
fn escaped_part(out: &mut Vec<u8>, text: &[u8], mut copied: usize, from: usize, part: &[u8]) -> usize {
    for (at, &byte) in (from..).zip(part) {
        if is_special(byte) {
            out.extend_from_slice(text.get(copied..at).unwrap_or_default());
            escape(out, byte);
            copied = at + 1;
        }
    }
    copied
}

fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte == b'\n') | (byte == b'\r') | (byte == b'\t')
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        plain => out.push(plain),
    }
}
