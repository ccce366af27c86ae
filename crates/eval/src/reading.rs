//! [`Reading`]: the files that an evaluation imports, one after the other, kept for the next one that begins with the same file;
//! there a thread reads them before they are asked for.
//!
//! What the thread reads is what the evaluation would read: the same host, the same paths, a little earlier. What it cannot read,
//! what nobody foresaw, and what it has not come to is left to the evaluation. So nothing depends on it but time.

use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::bounds::Bounds;
use crate::code::KeptCode;
use crate::host::{FileType, Host};

/// With fewer files it is not worth starting a thread.
const WORTHWHILE: usize = 16;
/// An evaluation of so many files is a big one.
const LONG: usize = 1000;
/// So many files wait to be asked for, and so many bytes of them.
const WAITING: usize = 64;
const WAITING_BYTES: usize = 4 << 20;
/// So many files ahead of one that was asked for too soon.
const LEAP: usize = 4;
/// A list of more bytes is not kept.
const MAX_LIST: usize = 8 << 20;

/// A file that was read, and what was kept of its code.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub text: Arc<[u8]>,
    /// The file itself is at its path, not a link to it.
    pub regular: bool,
    pub digest: blake3::Hash,
    pub code: Option<Vec<u8>>,
}

/// What one evaluator imports.
#[derive(Debug)]
pub(crate) struct Reading {
    kept: Arc<dyn KeptCode>,
    /// Whether the list of the last evaluation is long.
    long: AtomicBool,
    state: Mutex<State>,
    /// Something was taken, or nothing more is wanted.
    room: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Of the file that the evaluation began with: what its list is kept by.
    key: Option<[u8; 32]>,
    /// What was asked for, each path followed by 0.
    asked: Vec<u8>,
    files: usize,
    /// So many of them nobody had foreseen.
    missed: usize,
    /// What the last evaluation asked for.
    list: Arc<List>,
    /// Places in it by the digests of paths that nobody asked for yet.
    expected: FxHashMap<u64, u32>,
    /// Where in the list the thread goes on at least.
    next: usize,
    ready: FxHashMap<Vec<u8>, Prepared>,
    bytes: usize,
    /// The thread waits for room.
    waiting: bool,
    over: bool,
}

/// Paths, one after the other.
#[derive(Debug, Default)]
struct List {
    bytes: Vec<u8>,
    /// Where each begins; each ends before a 0.
    starts: Vec<u32>,
}

impl List {
    fn new(bytes: Vec<u8>) -> List {
        let mut starts = Vec::new();
        let mut at = 0;
        while let Some(len) = memchr::memchr(0, bytes.get(at..).unwrap_or_default()) {
            starts.extend(u32::try_from(at).ok());
            at += len + 1;
        }
        List { bytes, starts }
    }

    fn path(&self, place: usize) -> Option<&[u8]> {
        let rest = self.bytes.get(*self.starts.get(place)? as usize..)?;
        Some(&rest[..memchr::memchr(0, rest)?])
    }
}

fn digest(path: &[u8]) -> u64 {
    rustc_hash::FxBuildHasher.hash_one(path)
}

impl State {
    /// Where `path` is in the list, if nobody has asked for it yet.
    fn place(&self, path: &[u8]) -> Option<usize> {
        let place = *self.expected.get(&digest(path))? as usize;
        (self.list.path(place)? == path).then_some(place)
    }
}

impl Prepared {
    fn bytes(&self) -> usize {
        self.text.len() + self.code.as_ref().map_or(0, Vec::len)
    }
}

impl Reading {
    pub(crate) fn new(kept: Arc<dyn KeptCode>) -> Arc<Reading> {
        Arc::new(Reading { kept, long: AtomicBool::new(false), state: Mutex::default(), room: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last evaluation that began with the same file imported so many that this one will be big, too; as far as is known.
    pub(crate) fn is_long(&self) -> bool {
        self.long.load(Ordering::Relaxed)
    }

    /// Whether the thread found a regular file at `path`, and what it made of it is there.
    pub(crate) fn has_file(&self, path: &[u8]) -> bool {
        self.state().ready.get(path).is_some_and(|prepared| prepared.regular)
    }

    /// What the thread made of `path`, if it came before the caller, who is about to read it.
    pub(crate) fn take(self: &Arc<Self>, host: &Arc<dyn Host>, path: &[u8]) -> Option<Prepared> {
        let mut state = self.state();
        if state.key.is_none() {
            self.begin(&mut state, host, path);
        }
        state.asked.extend_from_slice(path);
        state.asked.push(0);
        state.files += 1;
        let expected = state.place(path);
        if expected.is_some() {
            state.expected.remove(&digest(path));
        }
        let found = state.ready.remove(path);
        match (&found, expected) {
            (Some(found), _) => {
                state.bytes -= found.bytes();
                // Not for each file: to wake a thread takes longer than to read one.
                if state.waiting && state.ready.len() <= WAITING / 2 && state.bytes <= WAITING_BYTES / 2 {
                    state.waiting = false;
                    self.room.notify_one();
                }
            }
            // Who is overtaken goes on further ahead, or both would read the same files.
            (None, Some(place)) => state.next = state.next.max(place + LEAP),
            (None, None) => state.missed += 1,
        }
        found
    }

    /// Looks for the list of the last evaluation that began with `path`.
    fn begin(self: &Arc<Self>, state: &mut State, host: &Arc<dyn Host>, path: &[u8]) {
        // In a domain of its own: texts have their digests as keys.
        let mut key = blake3::Hasher::new_derive_key("nival: files that are imported after this one");
        key.update(path);
        let key = *key.finalize().as_bytes();
        state.key = Some(key);
        let mut list = Vec::new();
        if !self.kept.get(&key, &mut list) {
            return;
        }
        let list = Arc::new(List::new(list));
        state.expected = (0u32..).zip(0..list.starts.len()).filter_map(|(place, at)| Some((digest(list.path(at)?), place))).collect();
        state.list = Arc::clone(&list);
        self.long.store(list.starts.len() >= LONG, Ordering::Relaxed);
        if self.is_long() {
            // They would wait for each other, which two megabytes more are worth here.
            crate::heap::separate_memory_of_threads();
        }
        if list.starts.len() >= WORTHWHILE {
            let (own, host) = (Arc::clone(self), Arc::clone(host));
            // Where there can be no more threads the evaluation reads by itself.
            let _ = std::thread::Builder::new().name("files".into()).stack_size(1 << 20).spawn(move || own.run(&*host, &list));
        }
    }

    fn run(&self, host: &dyn Host, list: &List) {
        let mut at = 0;
        loop {
            {
                let mut state = self.state();
                while !state.over && (state.ready.len() >= WAITING || state.bytes >= WAITING_BYTES) {
                    state.waiting = true;
                    state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                if state.over {
                    return;
                }
                at = at.max(state.next);
                while list.path(at).is_some_and(|path| state.place(path).is_none()) {
                    at += 1;
                }
            }
            let Some(path) = list.path(at) else { return };
            at += 1;
            // The evaluation meets the error itself, if it asks.
            let regular = matches!(host.file_type(path), Ok(Some(FileType::Regular)));
            let Ok(text) = host.read_file(path, &Bounds::default()) else { continue };
            let digest = blake3::hash(&text);
            let mut code = Vec::new();
            let code = self.kept.get(digest.as_bytes(), &mut code).then_some(code);
            let mut state = self.state();
            if state.place(path).is_some() {
                let prepared = Prepared { text, regular, digest, code };
                state.bytes += prepared.bytes();
                state.ready.insert(path.to_vec(), prepared);
            }
        }
    }

    /// Ends the thread, and keeps the list for the next evaluation, unless that would find most of it anyway.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.over = true;
        state.ready = FxHashMap::default();
        self.room.notify_all();
        let surprising = state.missed * 8 > state.files;
        if let Some(key) = state.key
            && surprising
            && state.files >= WORTHWHILE
            && state.asked.len() <= MAX_LIST
            && self.kept.is_writable()
        {
            self.kept.put(&key, &state.asked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemoryHost;
    use crate::{Assistance, CodeCache, Evaluator, Options, builtins};

    /// What was kept, in memory.
    #[derive(Debug, Default)]
    struct Kept(Mutex<FxHashMap<[u8; 32], Vec<u8>>>);

    impl KeptCode for Kept {
        fn get(&self, digest: &[u8; 32], into: &mut Vec<u8>) -> bool {
            let kept = self.0.lock().unwrap();
            kept.get(digest).map(|bytes| into.clone_from(bytes)).is_some()
        }
        fn is_writable(&self) -> bool {
            true
        }
        fn put(&self, digest: &[u8; 32], bytes: &[u8]) {
            self.0.lock().unwrap().insert(*digest, bytes.to_vec());
        }
        fn flush(&self) {}
    }

    /// A text of which code is kept.
    fn long(text: &str) -> String {
        format!("{text}{}", "#".repeat(300))
    }

    fn path(number: usize) -> Vec<u8> {
        format!("/{number}.nix").into_bytes()
    }

    #[test]
    fn files_are_read_ahead_of_the_next_evaluation() {
        let memory = MemoryHost::new("");
        (0..40).for_each(|number| memory.write(&format!("/{number}.nix"), &format!("{number}")));
        let memory = Arc::new(memory);
        let host: Arc<dyn Host> = Arc::clone(&memory) as Arc<dyn Host>;
        let kept = Arc::new(Kept::default());

        let first = Reading::new(Arc::clone(&kept) as Arc<dyn KeptCode>);
        for number in 0..40 {
            assert!(first.take(&host, &path(number)).is_none(), "nothing is known yet");
        }
        first.end();

        memory.write("/7.nix", "changed");
        memory.link("/12.nix", "/13.nix");
        kept.put(blake3::hash(b"9").as_bytes(), b"code");
        let next = Reading::new(Arc::clone(&kept) as Arc<dyn KeptCode>);
        assert!(next.take(&host, &path(0)).is_none(), "the thread begins with it");
        assert!(!next.is_long());
        let took = |number| {
            for _ in 0..1000 {
                if next.state().ready.contains_key(&path(number)) {
                    assert_eq!(next.has_file(&path(number)), number != 12);
                    return next.take(&host, &path(number)).map(|file| (String::from_utf8_lossy(&file.text).into_owned(), file.code));
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            None
        };
        assert_eq!(took(39), Some(("39".into(), None)));
        assert_eq!(took(7), Some(("changed".into(), None)));
        assert_eq!(took(12), Some(("13".into(), None)), "a link to it");
        assert!(!next.has_file(&path(12)), "it was taken");
        assert!(!next.has_file(b"/new.nix"));
        assert_eq!(took(9), Some(("9".into(), Some(b"code".to_vec()))));
        assert!(next.take(&host, &path(9)).is_none(), "once only");
        assert!(next.take(&host, b"/new.nix").is_none());
        next.end();
        assert!(!next.has_file(&path(8)), "what is over has nothing");
        assert_eq!(next.state().missed, 2, "one that was asked for again, and a new one");
    }

    #[test]
    fn that_much_will_be_read_is_known_from_the_first_file_on() {
        let host: Arc<dyn Host> = Arc::new(MemoryHost::new(""));
        let kept = Arc::new(Kept::default());
        for known in [false, true, true] {
            let reading = Reading::new(Arc::clone(&kept) as Arc<dyn KeptCode>);
            assert!(!reading.is_long());
            for number in 0..LONG {
                reading.take(&host, &path(number));
                assert_eq!(reading.is_long(), known);
            }
            reading.end();
        }
    }

    /// The text that `/main.nix` is.
    fn evaluate(memory: &Arc<MemoryHost>, kept: &Arc<Kept>) -> String {
        let code = CodeCache::keeping_nothing().with_kept(Some(Arc::clone(kept) as Arc<dyn KeptCode>));
        let options = Options { code: Arc::new(code), assistance: Assistance::All, ..Options::default() };
        let evaluator = Evaluator::new(Arc::clone(memory) as Arc<dyn Host>, options, builtins::table());
        let text = evaluator.enter(Arc::default(), |ctx| {
            let value = ctx.import(b"/main.nix")?;
            let text = ctx.expect_string(value, String::new)?;
            Ok::<_, Box<crate::EvalError>>(String::from_utf8_lossy(text.bytes()).into_owned())
        });
        evaluator.end();
        text.unwrap()
    }

    #[test]
    fn what_was_read_ahead_is_what_is_there() {
        let numbers = || 0..64;
        let main = long("toString (builtins.genList (n: (import (./. + \"/f/${toString n}.nix\") { }).value) 64)\n");
        let memory = Arc::new(MemoryHost::new(""));
        memory.write("/main.nix", &main);
        let file = |folder: &str, number: usize| {
            let (own, next) = (format!("of{number}"), number + 1);
            let text = format!("{{ {own} ? import ./number.nix + {next}, ... }}: {{ inherit {own}; value = {own}; }}\n");
            memory.write(&format!("{folder}/{number}.nix"), &long(&text));
        };
        numbers().for_each(|number| file("/f", number));
        memory.write("/f/number.nix", "100");
        let kept = Arc::new(Kept::default());
        let expected = |value: &dyn Fn(usize) -> usize| numbers().map(|n| value(n).to_string()).collect::<Vec<_>>().join(" ");
        for _ in 0..10 {
            assert_eq!(evaluate(&memory, &kept), expected(&|n| 101 + n));
        }
        // Links in place of files lead to others, from where paths start; a folder has a `default.nix`.
        for number in numbers().filter(|number| number % 3 == 0) {
            file("/g", number);
            memory.link(&format!("/f/{number}.nix"), &format!("/g/{number}.nix"));
        }
        memory.write("/g/number.nix", "200");
        memory.remove("/f/1.nix");
        memory.write("/f/1.nix/default.nix", "{ }: { value = 7; }");
        let value = |number: usize| match number {
            1 => 7,
            _ if number.is_multiple_of(3) => 201 + number,
            _ => 101 + number,
        };
        for _ in 0..10 {
            assert_eq!(evaluate(&memory, &kept), expected(&value));
        }
    }

    #[test]
    fn no_more_is_read_than_fits() {
        let memory = MemoryHost::new("");
        let large = "x".repeat(WAITING_BYTES / 4);
        (0..40).for_each(|number| memory.write(&format!("/{number}.nix"), &large));
        let host: Arc<dyn Host> = Arc::new(memory);
        let kept = Arc::new(Kept::default());
        for round in 0..2 {
            let reading = Reading::new(Arc::clone(&kept) as Arc<dyn KeptCode>);
            for number in 0..40 {
                reading.take(&host, &path(number));
                let state = reading.state();
                assert!(state.bytes <= WAITING_BYTES + large.len(), "round {round}");
                assert_eq!(state.bytes, state.ready.values().map(Prepared::bytes).sum::<usize>());
            }
            reading.end();
        }
    }
}
