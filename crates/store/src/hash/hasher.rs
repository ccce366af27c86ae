//! Streaming hashes.

use std::io::{self, Read, Write};

use sha2::Digest;

use super::{Hash, HashAlgo};

/// A hash under way, and the number of bytes it has seen.
#[derive(Clone)]
pub struct Hasher {
    state: State,
    bytes: u64,
}

#[derive(Clone)]
enum State {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher {
    pub fn new(algo: HashAlgo) -> Hasher {
        let state = match algo {
            HashAlgo::Md5 => State::Md5(md5::Md5::new()),
            HashAlgo::Sha1 => State::Sha1(sha1::Sha1::new()),
            HashAlgo::Sha256 => State::Sha256(sha2::Sha256::new()),
            HashAlgo::Sha512 => State::Sha512(sha2::Sha512::new()),
        };
        Hasher { state, bytes: 0 }
    }

    #[inline]
    pub fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        match &mut self.state {
            State::Md5(state) => state.update(bytes),
            State::Sha1(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }

    /// Number of bytes hashed so far.
    pub fn bytes_seen(&self) -> u64 {
        self.bytes
    }

    pub fn finish(self) -> Hash {
        fn pack(algo: HashAlgo, digest: &[u8]) -> Hash {
            let mut hash = Hash::zero(algo);
            hash.bytes[..digest.len()].copy_from_slice(digest);
            hash
        }
        match self.state {
            State::Md5(state) => pack(HashAlgo::Md5, &state.finalize()),
            State::Sha1(state) => pack(HashAlgo::Sha1, &state.finalize()),
            State::Sha256(state) => pack(HashAlgo::Sha256, &state.finalize()),
            State::Sha512(state) => pack(HashAlgo::Sha512, &state.finalize()),
        }
    }
}

/// Everything written is hashed and goes nowhere else.
impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Passes bytes through from `inner` and hashes them on the way.
pub struct HashReader<R> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> HashReader<R> {
    pub fn new(algo: HashAlgo, inner: R) -> Self {
        HashReader { inner, hasher: Hasher::new(algo) }
    }

    /// The hash and number of the bytes read so far.
    pub fn finish(self) -> (Hash, u64) {
        let bytes = self.hasher.bytes_seen();
        (self.hasher.finish(), bytes)
    }
}

impl<R: Read> Read for HashReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.hasher.update(buf.get(..n).unwrap_or_default());
        Ok(n)
    }
}

/// Passes bytes on to `inner` and hashes them on the way.
pub struct HashWriter<W> {
    inner: W,
    hasher: Hasher,
}

impl<W: Write> HashWriter<W> {
    pub fn new(algo: HashAlgo, inner: W) -> Self {
        HashWriter { inner, hasher: Hasher::new(algo) }
    }

    /// The inner writer, and the hash and number of the bytes written.
    pub fn finish(self) -> (W, Hash, u64) {
        let bytes = self.hasher.bytes_seen();
        (self.inner, self.hasher.finish(), bytes)
    }
}

impl<W: Write> Write for HashWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
