//! From the text of an expression to its automaton.

use super::brackets::bracket;
use super::{Ere, EreError, State, StateId, set_contains, set_insert};

/// As many states as the C++ standard library allows.
const MAX_STATES: usize = 100_000;
/// Nesting of groups; an expression of data, not of a person, is deeper.
const MAX_DEPTH: u32 = 250;

/// The syntax tree of an expression.
enum Node {
    Empty,
    Byte(u8),
    Any,
    Class(Box<[u64; 4]>),
    LineStart,
    LineEnd,
    Group(u32, Box<Node>),
    Concat(Vec<Node>),
    Either(Box<Node>, Box<Node>),
    Star(Box<Node>),
    Plus(Box<Node>),
    Optional(Box<Node>),
    Interval { node: Box<Node>, least: u32, most: Option<u32> },
}

impl Ere {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// [`EreError::Invalid`] for what the grammar does not know, [`EreError::TooLarge`] above 100,000 states.
    pub(crate) fn new(pattern: &[u8]) -> Result<Ere, EreError> {
        let mut parser = Parser { pattern, at: 0, groups: 0, depth: 0 };
        let node = parser.disjunction()?;
        if parser.at != pattern.len() {
            return Err(EreError::Invalid);
        }
        let mut compiler = Compiler { states: Vec::new(), counters: 0, used: 0 };
        let accept = compiler.add(State::Accept)?;
        let start = compiler.node(&node, accept)?;
        let mut ere = Ere {
            states: compiler.states,
            start,
            groups: parser.groups,
            counters: compiler.counters,
            literal: literal(&node),
            first: None,
        };
        ere.first = first_set(&ere);
        Ok(ere)
    }
}

fn literal(node: &Node) -> Option<Box<[u8]>> {
    let byte = |node: &Node| if let Node::Byte(byte) = node { Some(*byte) } else { None };
    match node {
        Node::Empty => Some(Box::default()),
        Node::Byte(byte) => Some(Box::new([*byte])),
        Node::Concat(nodes) => nodes.iter().map(byte).collect(),
        _ => None,
    }
}

/// The bytes that `node` matches, if it always matches exactly one.
fn single(node: &Node) -> Option<Box<[u64; 4]>> {
    let mut set = Box::new([0u64; 4]);
    match node {
        Node::Byte(byte) => set_insert(&mut set, *byte),
        Node::Any => (1..=255).for_each(|b| set_insert(&mut set, b)),
        Node::Class(class) => set = class.clone(),
        _ => return None,
    }
    Some(set)
}

/// The bytes a non-empty match begins with, unless the expression can match nothing or look around.
fn first_set(ere: &Ere) -> Option<Box<[u64; 4]>> {
    let mut set = Box::new([0u64; 4]);
    let mut seen = vec![false; ere.states.len()];
    let mut todo = vec![ere.start];
    while let Some(id) = todo.pop() {
        if std::mem::replace(&mut seen[id as usize], true) {
            continue;
        }
        match &ere.states[id as usize] {
            State::Byte(byte, _) => set_insert(&mut set, *byte),
            State::Any(_) => (1..=255).for_each(|b| set_insert(&mut set, b)),
            State::Class(class, _) => (0..=255).filter(|&b| set_contains(class, b)).for_each(|b| set_insert(&mut set, b)),
            State::Run(class, next) => {
                (0..=255).filter(|&b| set_contains(class, b)).for_each(|b| set_insert(&mut set, b));
                todo.push(*next);
            }
            State::Either { first, second } => todo.extend([*first, *second]),
            State::Repeat { again, next, .. } => todo.extend([*again, *next]),
            State::GroupStart(_, next) | State::GroupEnd(_, next) => todo.push(*next),
            State::LineStart(_) | State::LineEnd(_) | State::Accept => return None,
        }
    }
    Some(set)
}

struct Parser<'p> {
    pattern: &'p [u8],
    at: usize,
    groups: u32,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn disjunction(&mut self) -> Result<Node, EreError> {
        let mut node = self.alternative()?;
        // `a|b|c` groups to the left: the first two are compared before the third is tried.
        while self.take(b'|') {
            let right = self.alternative()?;
            node = Node::Either(Box::new(node), Box::new(right));
        }
        Ok(node)
    }

    fn alternative(&mut self) -> Result<Node, EreError> {
        let mut nodes = Vec::new();
        while let Some(node) = self.term()? {
            nodes.push(node);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.pop().unwrap_or(Node::Empty),
            _ => Node::Concat(nodes),
        })
    }

    fn term(&mut self) -> Result<Option<Node>, EreError> {
        let Some(byte) = self.peek() else { return Ok(None) };
        let mut node = match byte {
            // Assertions take no quantifier.
            b'^' => {
                self.at += 1;
                return Ok(Some(Node::LineStart));
            }
            b'$' => {
                self.at += 1;
                return Ok(Some(Node::LineEnd));
            }
            b'|' | b')' => return Ok(None),
            // A quantifier with nothing before it.
            b'*' | b'+' | b'?' | b'{' | 0 => return Err(EreError::Invalid),
            b'.' => {
                self.at += 1;
                Node::Any
            }
            b'[' => {
                let (class, next) = bracket(self.pattern, self.at + 1)?;
                self.at = next;
                Node::Class(class)
            }
            b'(' => self.group()?,
            b'\\' => {
                let escaped = self.pattern.get(self.at + 1).copied().filter(|b| b".[\\()*+?{|^$".contains(b)).ok_or(EreError::Invalid)?;
                self.at += 2;
                Node::Byte(escaped)
            }
            byte => {
                self.at += 1;
                Node::Byte(byte)
            }
        };
        let mut quantifiers = 0;
        while let Some(byte) = self.peek() {
            let inner = Box::new(node);
            self.at += 1;
            node = match byte {
                b'*' => Node::Star(inner),
                b'+' => Node::Plus(inner),
                b'?' => Node::Optional(inner),
                b'{' => self.interval(inner)?,
                _ => {
                    self.at -= 1;
                    node = *inner;
                    break;
                }
            };
            quantifiers += 1;
            if quantifiers > MAX_DEPTH {
                return Err(EreError::TooLarge);
            }
        }
        Ok(Some(node))
    }

    fn group(&mut self) -> Result<Node, EreError> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(EreError::TooLarge);
        }
        let number = self.groups;
        self.groups += 1;
        let inner = self.disjunction()?;
        if !self.take(b')') {
            return Err(EreError::Invalid);
        }
        self.depth -= 1;
        Ok(Node::Group(number, Box::new(inner)))
    }

    fn interval(&mut self, node: Box<Node>) -> Result<Node, EreError> {
        let least = self.count()?.ok_or(EreError::Invalid)?;
        let most = if self.take(b',') { self.count()? } else { Some(least) };
        if !self.take(b'}') || most.is_some_and(|most| most < least) {
            return Err(EreError::Invalid);
        }
        Ok(Node::Interval { node, least, most })
    }

    /// A decimal number, if there is one.
    fn count(&mut self) -> Result<Option<u32>, EreError> {
        let digits = self.pattern[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let text = &self.pattern[self.at..self.at + digits];
        self.at += digits;
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.iter().try_fold(0u32, |n, b| n.checked_mul(10)?.checked_add(u32::from(b - b'0')));
        number.filter(|&n| n <= i32::MAX as u32).map(Some).ok_or(EreError::Invalid)
    }
}

struct Compiler {
    states: Vec<State>,
    counters: u32,
    /// States that the reference implementation would have made: it also counts joints.
    used: usize,
}

impl Compiler {
    fn add(&mut self, state: State) -> Result<StateId, EreError> {
        self.count(1)?;
        let id = self.states.len();
        self.states.push(state);
        StateId::try_from(id).map_err(|_| EreError::TooLarge)
    }

    fn count(&mut self, states: usize) -> Result<(), EreError> {
        self.used += states;
        if self.used > MAX_STATES { Err(EreError::TooLarge) } else { Ok(()) }
    }

    fn repeat(&mut self, next: StateId) -> Result<StateId, EreError> {
        let counter = self.counters;
        self.counters += 1;
        self.add(State::Repeat { counter, again: next, next })
    }

    fn set_again(&mut self, repeat: StateId, target: StateId) {
        if let Some(State::Repeat { again, .. }) = self.states.get_mut(repeat as usize) {
            *again = target;
        }
    }

    /// Adds the states of `node`, after which the automaton goes on at `next`; gives where they start.
    fn node(&mut self, node: &Node, next: StateId) -> Result<StateId, EreError> {
        match node {
            Node::Empty => Ok(next),
            Node::Byte(byte) => self.add(State::Byte(*byte, next)),
            Node::Any => self.add(State::Any(next)),
            Node::Class(class) => self.add(State::Class(class.clone(), next)),
            Node::LineStart => self.add(State::LineStart(next)),
            Node::LineEnd => self.add(State::LineEnd(next)),
            Node::Group(number, inner) => {
                let end = self.add(State::GroupEnd(*number, next))?;
                let start = self.node(inner, end)?;
                self.add(State::GroupStart(*number, start))
            }
            Node::Concat(nodes) => nodes.iter().rev().try_fold(next, |next, node| self.node(node, next)),
            Node::Either(left, right) => {
                self.count(1)?;
                let first = self.node(left, next)?;
                let second = self.node(right, next)?;
                self.add(State::Either { first, second })
            }
            Node::Star(inner) if single(inner).is_some() => {
                self.count(1)?;
                self.add(State::Run(single(inner).unwrap_or_default(), next))
            }
            Node::Plus(inner) if single(inner).is_some() => {
                let run = self.add(State::Run(single(inner).unwrap_or_default(), next))?;
                self.node(inner, run)
            }
            Node::Star(inner) => {
                let repeat = self.repeat(next)?;
                let start = self.node(inner, repeat)?;
                self.set_again(repeat, start);
                Ok(repeat)
            }
            Node::Plus(inner) => {
                let repeat = self.repeat(next)?;
                let start = self.node(inner, repeat)?;
                self.set_again(repeat, start);
                Ok(start)
            }
            Node::Optional(inner) => {
                self.count(1)?;
                let start = self.node(inner, next)?;
                let repeat = self.repeat(next)?;
                self.set_again(repeat, start);
                Ok(repeat)
            }
            Node::Interval { node, least, most } => self.interval(node, *least, *most, next),
        }
    }

    fn interval(&mut self, node: &Node, least: u32, most: Option<u32>, next: StateId) -> Result<StateId, EreError> {
        // Each repetition is a copy, so that a huge count is an error before it is made.
        self.count(least.max(most.unwrap_or(0)) as usize)?;
        let mut start = match most {
            None => {
                let repeat = self.repeat(next)?;
                let inner = self.node(node, repeat)?;
                self.set_again(repeat, inner);
                repeat
            }
            Some(most) => {
                let mut rest = next;
                for _ in least..most {
                    let inner = self.node(node, rest)?;
                    let repeat = self.repeat(next)?;
                    self.set_again(repeat, inner);
                    rest = repeat;
                }
                rest
            }
        };
        for _ in 0..least {
            start = self.node(node, start)?;
        }
        Ok(start)
    }
}
