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
            unescaped_end(out, path.base_name().as_bytes());
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
            unescaped(out, hash.as_bytes());
            out.push(b',');
            list(out, outputs, |out, output| unescaped(out, output.as_bytes()));
            out.push(b')');
        });
        self.print_from_sources(dir, masked, &mut out);
        Ok(out)
    }

    fn print_outputs(&self, dir: &StoreDir, masked: bool, out: &mut Vec<u8>) -> Result<(), StorePathError> {
        let mut failed = None;
        list(out, &self.outputs, |out, (name, output)| {
            out.push(b'(');
            unescaped(out, name.as_bytes());
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
                unescaped(out, part.as_bytes());
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
            unescaped_end(out, path.base_name().as_bytes());
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
        return list(out, &node.outputs, |out, output| unescaped(out, output.as_bytes()));
    }
    out.push(b'(');
    list(out, &node.outputs, |out, output| unescaped(out, output.as_bytes()));
    out.push(b',');
    list(out, &node.dynamic, |out, (output, child)| {
        out.push(b'(');
        unescaped(out, output.as_bytes());
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
pub(super) fn unescaped(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    unescaped_end(out, text);
}

pub(super) fn unescaped_end(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(text);
    out.push(b'"');
}

/// The texts of evaluation, quoted.
pub(super) fn escaped(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    // Nearly all that is printed passes here, and nearly all of it is plain: it is copied from one special byte to the next.
    let mut copied = 0;
    match text.last_chunk() {
        Some(last) => {
            let (chunks, rest) = text.as_chunks();
            for (number, chunk) in chunks.iter().enumerate() {
                copied = escaped_part(out, text, copied, number * WIDTH, specials(chunk));
            }
            // The end, which begins inside of the last chunk.
            let seen = WIDTH - rest.len();
            if seen < WIDTH {
                copied = escaped_part(out, text, copied, text.len() - rest.len(), specials(last) >> (8 * seen));
            }
        }
        None if has_special(&both_ends(text)) => {
            for (at, _) in text.iter().enumerate().filter(|(_, byte)| is_special(**byte)) {
                copied = escaped_specials(out, text, copied, at, 1);
            }
        }
        None => {}
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    out.push(b'"');
}

/// So many bytes are looked at at once.
const WIDTH: usize = 16;

/// The highest bit of each special byte's place.
#[inline(always)]
fn specials(chunk: &[u8; WIDTH]) -> u128 {
    // Seldom are there any, and whether there are is told quickly.
    if has_special(chunk) { special_places(u128::from_le_bytes(*chunk)) } else { 0 }
}

#[inline(always)]
fn has_special(chunk: &[u8; WIDTH]) -> bool {
    chunk.iter().fold(false, |any, &byte| any | is_special(byte))
}

/// All bytes of a shorter text, some of them twice.
#[inline(always)]
fn both_ends(text: &[u8]) -> [u8; WIDTH] {
    let word = |half: &[u8; 8]| u128::from(u64::from_le_bytes(*half));
    let half = |quarter: &[u8; 4]| u128::from(u32::from_le_bytes(*quarter));
    let ends = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => word(first) | word(last) << 64,
        _ => match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => half(first) | half(last) << 64,
            _ => text.iter().fold(0, |ends, &byte| ends << 8 | u128::from(byte)),
        },
    };
    ends.to_le_bytes()
}

#[inline(never)]
fn special_places(chunk: u128) -> u128 {
    const LOW: u128 = u128::from_le_bytes([0x7f; WIDTH]);
    SPECIAL.iter().fold(0, |places, &special| {
        // Bytes that are equal are zero here, and only those have no bit left.
        let other = chunk ^ u128::from_le_bytes([special; WIDTH]);
        places | !(((other & LOW) + LOW) | other | LOW)
    })
}

/// What of `text` is not copied yet, up to the last of the `specials` from `from` on; up to where.
#[inline(always)]
fn escaped_part(out: &mut Vec<u8>, text: &[u8], copied: usize, from: usize, specials: u128) -> usize {
    if specials == 0 { copied } else { escaped_specials(out, text, copied, from, specials) }
}

#[inline(never)]
fn escaped_specials(out: &mut Vec<u8>, text: &[u8], mut copied: usize, from: usize, mut specials: u128) -> usize {
    while specials != 0 {
        let at = from + specials.trailing_zeros() as usize / 8;
        out.extend_from_slice(text.get(copied..at).unwrap_or_default());
        out.extend_from_slice(&[b'\\', text.get(at).map_or(0, |&byte| escape(byte))]);
        copied = at + 1;
        specials &= specials - 1;
    }
    copied
}

const SPECIAL: [u8; 5] = *b"\"\\\n\r\t";

#[inline(always)]
fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte == b'\n') | (byte == b'\r') | (byte == b'\t')
}

/// What stands for a special byte, behind a backslash.
fn escape(byte: u8) -> u8 {
    match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        other => other,
    }
}
