//! [`Texts`]: what evaluation made for the store and hardly ever reads again, such as the text of each derivation. It lies in a
//! temporary file without a name, which costs less time than memory that nothing used before, and no memory that cannot be taken back.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nival_eval::Aside;

/// So many bytes are written to the file at once.
const CHUNK: usize = 256 << 10;
/// The file never gets longer, in bytes: what comes then stays in memory.
const MAX_FILE: u64 = 1 << 30;

/// Grows only.
#[derive(Debug, Default)]
pub struct Texts(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Made when there is something to be written.
    file: Option<File>,
    /// Bytes in the file.
    written: u64,
    /// What follows them.
    tail: Vec<u8>,
    /// The file took no more: later texts are kept one by one.
    full: bool,
}

/// A text that can be had again. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Text {
    Memory(Arc<[u8]>),
    /// `len` bytes from `at` on.
    File {
        texts: Arc<Texts>,
        at: u64,
        len: u32,
    },
}

impl Text {
    /// # Errors
    /// The temporary file cannot be read.
    pub fn bytes(&self) -> io::Result<Arc<[u8]>> {
        match self {
            Text::Memory(bytes) => Ok(Arc::clone(bytes)),
            Text::File { texts, at, len } => texts.read(*at, *len as usize),
        }
    }
}

impl Aside for Text {
    fn bytes(&self) -> Option<Arc<[u8]>> {
        Text::bytes(self).ok()
    }
}

impl Texts {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn keep(self: &Arc<Self>, bytes: &[u8]) -> Text {
        let place = u32::try_from(bytes.len()).ok().and_then(|len| Some((self.lock().add(bytes)?, len)));
        match place {
            Some((at, len)) => Text::File { texts: Arc::clone(self), at, len },
            None => Text::Memory(bytes.into()),
        }
    }

    fn read(&self, at: u64, len: usize) -> io::Result<Arc<[u8]>> {
        let state = self.lock();
        let mut bytes = vec![0; len];
        match (at.checked_sub(state.written), &state.file) {
            (Some(at), _) => {
                let start = usize::try_from(at).map_err(io::Error::other)?;
                let text = state.tail.get(start..).and_then(|rest| rest.get(..len));
                bytes.copy_from_slice(text.ok_or(io::ErrorKind::UnexpectedEof)?);
            }
            (None, Some(file)) => file.read_exact_at(&mut bytes, at)?,
            (None, None) => return Err(io::ErrorKind::NotFound.into()),
        }
        Ok(bytes.into())
    }
}

impl State {
    /// Where the text is from now on; `None` where there is no place for it.
    fn add(&mut self, bytes: &[u8]) -> Option<u64> {
        if self.full {
            return None;
        }
        if self.tail.len() + bytes.len() > CHUNK {
            let tail = std::mem::take(&mut self.tail);
            if !self.write(&tail) {
                self.tail = tail;
                return None;
            }
            self.tail = tail;
            self.tail.clear();
        }
        let at = self.written + self.tail.len() as u64;
        if bytes.len() <= CHUNK {
            self.tail.extend_from_slice(bytes);
        } else if !self.write(bytes) {
            return None;
        }
        Some(at)
    }

    /// False where that is not possible, and never will be.
    fn write(&mut self, bytes: &[u8]) -> bool {
        let end = self.written + bytes.len() as u64;
        let mut write = || {
            if end > max_file() {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let file = match self.file.take() {
                Some(file) => file,
                None => tempfile::tempfile()?,
            };
            let done = file.write_all_at(bytes, self.written);
            self.file = Some(file);
            done
        };
        self.full = write().is_err();
        if !self.full {
            self.written = end;
        }
        !self.full
    }
}

/// The system ends a process that writes more than it may.
fn max_file() -> u64 {
    let (now, _) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_FSIZE).unwrap_or((0, 0));
    now.min(MAX_FILE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn texts_come_back(lens in prop::collection::vec(prop_oneof![0..100usize, 0..CHUNK / 2, CHUNK - 2..CHUNK + 2, CHUNK..3 * CHUNK], 1..24)) {
            let texts = Arc::new(Texts::default());
            let text = |number: usize, len: usize| -> Vec<u8> { (0..len).map(|i| (i * 31 + number * 7 + i / 251) as u8).collect() };
            let kept: Vec<Text> = lens.iter().enumerate().map(|(number, &len)| texts.keep(&text(number, len))).collect();
            for (number, (kept, &len)) in kept.iter().zip(&lens).enumerate() {
                let in_file = matches!(kept, Text::File { .. });
                prop_assert!(in_file);
                prop_assert!(*kept.bytes().unwrap() == *text(number, len));
            }
        }
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "no file of a workspace")]
    fn what_the_file_does_not_take_stays_in_memory() {
        let texts = Arc::new(Texts::default());
        let first = texts.keep(&[1; 1000]);
        // A file that cannot be written to.
        texts.lock().file = Some(File::open("/dev/null").unwrap());
        let kept: Vec<Text> = (0..=2u8).map(|i| texts.keep(&vec![i; CHUNK])).collect();
        assert!(kept.iter().all(|text| matches!(text, Text::Memory(_))));
        for (text, i) in kept.iter().zip(0u8..) {
            assert_eq!(*text.bytes().unwrap(), vec![i; CHUNK]);
        }
        assert_eq!(*first.bytes().unwrap(), [1; 1000]);
    }
}
