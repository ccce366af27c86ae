//! Running an automaton over a subject.

use super::memo::Memo;
use super::{Ere, State, StateId, set_contains};

/// Frames of the search stack, at most: 24 bytes each.
const MAX_FRAMES: usize = 1 << 26;
/// Steps between two looks at whether the evaluation was cancelled; a match that takes more begins to remember.
const POLL: u32 = 1 << 16;
/// What a match may take in steps once nothing more can be remembered, in units of [`POLL`].
const MAX_POLLS: u32 = 1 << 15;

/// Start and end of each group, whole match first; `None` where a group took no part.
pub(crate) type Captures = Vec<Option<(usize, usize)>>;

/// A search that did not end by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Interrupted {
    #[error("cancelled")]
    Cancelled,
    #[error("memory limit exceeded by regular expression")]
    Memory,
}

/// What to do when the way being tried has ended.
enum Frame {
    Start(u32, usize),
    Group(u32, Group),
    /// The second alternative, from this position.
    Second(StateId, usize),
    /// Both alternatives were tried: whether the first one led to a match.
    Either(bool),
    /// The way past a repetition, from this position, after restoring its counter.
    Past(StateId, usize),
    /// A run of single bytes, which can also end sooner: from this position down to that.
    Run(StateId, usize, usize),
    Counter(u32, Counter),
    /// The search from this state and position has ended: its outcome is remembered.
    Searched(StateId, usize),
}

#[derive(Clone, Copy, Default)]
struct Group {
    start: usize,
    end: usize,
    matched: bool,
}

/// Where a repetition was last entered, and how often in a row at that place.
#[derive(Clone, Copy, Default)]
struct Counter {
    at: usize,
    times: u8,
}

#[derive(Clone, Copy)]
struct Mode {
    /// The match must end where the subject ends.
    whole: bool,
    not_empty: bool,
    /// `^` does not match at the beginning.
    after_start: bool,
}

/// Finds the matches of one expression in one subject.
pub(crate) struct Searcher<'a> {
    ere: &'a Ere,
    subject: &'a [u8],
    cancelled: &'a dyn Fn(usize) -> bool,
    stack: Vec<Frame>,
    groups: Vec<Group>,
    counters: Vec<Counter>,
    best: Option<(usize, Vec<Group>)>,
    steps: u32,
    /// Looks at [`Searcher::cancelled`] since this match was begun, and those of them when nothing more could be remembered.
    polls: u32,
    blind_polls: u32,
    memo: Option<Box<Memo>>,
    /// Remember from the first step on.
    eager: bool,
}

impl<'a> Searcher<'a> {
    /// `cancelled` is asked now and then whether to give up, with the bytes that the search holds.
    pub(crate) fn new(ere: &'a Ere, subject: &'a [u8], cancelled: &'a dyn Fn(usize) -> bool) -> Self {
        Searcher {
            ere,
            subject,
            cancelled,
            stack: Vec::new(),
            groups: vec![Group::default(); ere.groups as usize],
            counters: vec![Counter::default(); ere.counters as usize],
            best: None,
            steps: 0,
            polls: 0,
            blind_polls: 0,
            memo: None,
            eager: false,
        }
    }

    #[cfg(test)]
    pub(crate) fn eager(self) -> Self {
        Searcher { eager: true, ..self }
    }

    /// The match of the whole subject.
    pub(crate) fn whole(&mut self) -> Result<Option<Captures>, Interrupted> {
        if self.subject.first().is_some_and(|&b| self.ere.first.as_ref().is_some_and(|set| !set_contains(set, b))) {
            return Ok(None);
        }
        self.run(0, Mode { whole: true, not_empty: false, after_start: false })
    }

    /// All matches, one after the other, handed to `each`. After an empty match a longer one at the same place is
    /// tried before going on one byte further.
    pub(crate) fn each(&mut self, mut each: impl FnMut(&Captures)) -> Result<(), Interrupted> {
        let mut mode = Mode { whole: false, not_empty: false, after_start: false };
        let mut found = self.search(0, mode)?;
        while let Some(captures) = found {
            each(&captures);
            let Some((start, end)) = captures.first().copied().flatten() else { break };
            let mut from = end;
            if start == end {
                if from == self.subject.len() {
                    break;
                }
                let longer = self.run(from, Mode { not_empty: true, ..mode })?;
                if longer.is_some() {
                    found = longer;
                    continue;
                }
                from += 1;
            }
            mode.after_start = true;
            found = self.search(from, mode)?;
        }
        Ok(())
    }

    fn search(&mut self, from: usize, mut mode: Mode) -> Result<Option<Captures>, Interrupted> {
        let mut at = from;
        loop {
            if let Some(set) = &self.ere.first {
                match self.subject[at..].iter().position(|&b| set_contains(set, b)) {
                    Some(offset) => at += offset,
                    None => return Ok(None),
                }
                mode.after_start |= at != from;
            }
            let found = self.run(at, mode)?;
            if found.is_some() || at == self.subject.len() {
                return Ok(found);
            }
            at += 1;
            mode.after_start = true;
        }
    }

    /// The match that begins at `begin`, if there is one.
    fn run(&mut self, begin: usize, mode: Mode) -> Result<Option<Captures>, Interrupted> {
        self.stack.clear();
        self.groups.fill(Group::default());
        self.counters.fill(Counter::default());
        self.best = None;
        (self.polls, self.blind_polls) = (0, 0);
        self.memo = self.eager.then(|| Memo::new(self.ere).map(Box::new)).flatten();
        let mut found;
        let mut state = self.ere.start;
        let mut at = begin;
        loop {
            found = self.walk(state, at, begin, mode)?;
            if found && mode.whole {
                break;
            }
            match self.back(&mut found) {
                Some(next) => (state, at) = next,
                None => break,
            }
        }
        let Some((end, groups)) = self.best.take() else { return Ok(None) };
        let groups = groups.iter().map(|g| g.matched.then_some((g.start, g.end)));
        Ok(Some(std::iter::once(Some((begin, end))).chain(groups).collect()))
    }

    /// Goes forward from `state` until the way ends; gives whether it ended in a match.
    fn walk(&mut self, mut state: StateId, mut at: usize, begin: usize, mode: Mode) -> Result<bool, Interrupted> {
        loop {
            self.steps = self.steps.wrapping_add(1);
            if self.steps.is_multiple_of(POLL) {
                self.poll()?;
            }
            if self.memo.is_some()
                && let Some(found) = self.known(state, at)?
            {
                return Ok(found);
            }
            let byte = self.subject.get(at).copied();
            match &self.ere.states[state as usize] {
                State::Byte(want, next) if byte == Some(*want) => (state, at) = (*next, at + 1),
                State::Any(next) if byte.is_some_and(|b| b != 0) => (state, at) = (*next, at + 1),
                State::Class(set, next) if byte.is_some_and(|b| set_contains(set, b)) => (state, at) = (*next, at + 1),
                State::LineStart(next) if at == begin && !mode.after_start => state = *next,
                State::LineEnd(next) if at == self.subject.len() => state = *next,
                State::Byte(..) | State::Any(_) | State::Class(..) | State::LineStart(_) | State::LineEnd(_) => return Ok(false),
                State::Run(set, next) => {
                    let length = self.subject[at..].iter().position(|&b| !set_contains(set, b)).unwrap_or(self.subject.len() - at);
                    self.steps = self.steps.wrapping_add(1);
                    if length > 0 {
                        self.push(Frame::Run(*next, at + length, at))?;
                    }
                    (state, at) = (*next, at + length);
                }
                State::Either { first, second } => {
                    self.push(Frame::Second(*second, at))?;
                    state = *first;
                }
                State::Repeat { counter, again, next } => {
                    let old = self.counters[*counter as usize];
                    let again = *again;
                    if old.times == 0 || old.at != at {
                        self.push(Frame::Past(*next, at))?;
                        self.push(Frame::Counter(*counter, old))?;
                        self.counters[*counter as usize] = Counter { at, times: 1 };
                        state = again;
                    } else if old.times < 2 {
                        self.push(Frame::Past(*next, at))?;
                        self.push(Frame::Counter(*counter, old))?;
                        self.counters[*counter as usize].times += 1;
                        state = again;
                    } else {
                        state = *next;
                    }
                }
                State::GroupStart(group, next) => {
                    let start = std::mem::replace(&mut self.groups[*group as usize].start, at);
                    self.push(Frame::Start(*group, start))?;
                    state = *next;
                }
                State::GroupEnd(group, next) => {
                    let old = self.groups[*group as usize];
                    self.push(Frame::Group(*group, old))?;
                    self.groups[*group as usize] = Group { end: at, matched: true, ..old };
                    state = *next;
                }
                State::Accept => {
                    if (mode.whole && at != self.subject.len()) || (mode.not_empty && at == begin) {
                        return Ok(false);
                    }
                    if self.best.as_ref().is_none_or(|(end, _)| *end < at) {
                        self.best = Some((at, self.groups.clone()));
                    }
                    return Ok(true);
                }
            }
        }
    }

    /// Whether to go on, and how.
    fn poll(&mut self) -> Result<(), Interrupted> {
        let memo = self.memo.as_ref().map_or(0, |memo| memo.bytes());
        if (self.cancelled)(self.stack.capacity() * size_of::<Frame>() + memo) {
            return Err(Interrupted::Cancelled);
        }
        self.polls += 1;
        // The first look can come soon after the match was begun.
        if self.polls == 2 && !self.eager {
            self.memo = Memo::new(self.ere).map(Box::new);
        }
        if self.polls > 2 && self.memo.as_ref().is_none_or(|memo| memo.is_full()) {
            self.blind_polls += 1;
            if self.blind_polls > MAX_POLLS {
                return Err(Interrupted::Memory);
            }
        }
        Ok(())
    }

    /// Whether the search from a place where the way forks led to a match before; if it is the first one, its outcome will
    /// be known.
    fn known(&mut self, state: StateId, at: usize) -> Result<Option<bool>, Interrupted> {
        if !matches!(self.ere.states[state as usize], State::Run(..) | State::Either { .. } | State::Repeat { .. }) {
            return Ok(None);
        }
        let counters = self.live_counters(at);
        let known = self.memo.as_ref().and_then(|memo| memo.outcome(state, at, counters));
        if known.is_none() {
            self.push(Frame::Searched(state, at))?;
        }
        Ok(known)
    }

    /// Two bits for each counter: how often its repetition was entered at this position.
    fn live_counters(&self, at: usize) -> u128 {
        let live = |(index, counter): (usize, &Counter)| if counter.at == at { u128::from(counter.times) << (2 * index) } else { 0 };
        self.counters.iter().enumerate().map(live).sum()
    }

    fn push(&mut self, frame: Frame) -> Result<(), Interrupted> {
        if self.stack.len() >= MAX_FRAMES {
            return Err(Interrupted::Memory);
        }
        self.stack.push(frame);
        Ok(())
    }

    /// Undoes up to the next way to try.
    fn back(&mut self, found: &mut bool) -> Option<(StateId, usize)> {
        while let Some(frame) = self.stack.pop() {
            match frame {
                Frame::Start(group, start) => self.groups[group as usize].start = start,
                Frame::Group(group, old) => self.groups[group as usize] = old,
                Frame::Counter(counter, old) => self.counters[counter as usize] = old,
                Frame::Second(second, at) => {
                    self.stack.push(Frame::Either(*found));
                    *found = false;
                    return Some((second, at));
                }
                Frame::Either(first) => *found |= first,
                Frame::Searched(state, at) => {
                    // All that was done since has been undone: the counters are as they were there.
                    let counters = self.live_counters(at);
                    if let Some(memo) = &mut self.memo {
                        memo.remember(state, at, counters, *found);
                    }
                }
                Frame::Past(next, at) if !*found => return Some((next, at)),
                Frame::Run(next, at, least) if !*found => {
                    if at - 1 > least {
                        self.stack.push(Frame::Run(next, at - 1, least));
                    }
                    return Some((next, at - 1));
                }
                Frame::Past(..) | Frame::Run(..) => {}
            }
        }
        None
    }
}
