//! The machine that the rules in [`crate::grammar`] drive: a cursor over tokens, and nodes as they are completed.
//!
//! Nodes are written when they end, children before parents, so that putting a node around what was already parsed (as
//! the left side of an operator needs) is a plain push. [`to_preorder`] then turns the array round in one pass.
//!
//! For texts that are only to be run nodes are written in preorder at once: they take their place where they start, and what was
//! already parsed is moved for a node around it. That is less work, but not for every text (`1 + 1 + 1 + …` moves all of the sum
//! for each term): where more is moved than texts as people write them need, the text is parsed again in the other way.

use std::sync::Arc;

use rowan::{TextRange, TextSize};

use crate::SyntaxKind::{self, *};
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::flat::{Buffers, FlatTree, NodeData, Number};
use crate::lexer::{TokenData, lex, lex_code};
use crate::origin::Origin;
use crate::parents::Parents;

/// Errors of one text that are kept: nobody reads more, and a hostile text has one at each byte.
pub const MAX_ERRORS: usize = 10_000;

/// No tree is deeper than this: more brackets inside each other or longer chains of operators are an error, and the rest of
/// the text goes into one `Error` node. It leaves room for recursive readers (and rowan's recursive drop) on a 2 MiB stack.
pub const MAX_DEPTH: u32 = 8192;

/// How far rules may call each other recursively: brackets, interpolations, conditions. Chains (`a: b: …`, `else if`,
/// operators) do not count. Bounded by what fits a 2 MiB stack in a build without optimisation.
const MAX_NESTING: u32 = 1000;

pub(crate) fn parse(text: Arc<[u8]>) -> FlatTree {
    if u32::try_from(text.len()).is_err() {
        return too_large(text);
    }
    let tokens = lex(&text);
    let mut parser = Parser::new(&text, &tokens, Vec::new());
    crate::grammar::source_file(&mut parser);
    if memchr::memchr(0, &text).is_some() {
        parser.report_nul_in_strings();
    }
    let mut errors = std::mem::take(&mut parser.errors);
    errors.sort_by_key(|error| error.range.start());
    let nodes = to_preorder(&parser.nodes);
    FlatTree { text, nodes, tokens, errors, numbered: false, parents: Parents::default(), origin: Origin::new() }
}

pub(crate) fn parse_code<'t>(text: &'t Arc<[u8]>, buffers: &mut Buffers, mut number: impl FnMut(&'t [u8]) -> u32) -> Option<FlatTree> {
    if u32::try_from(text.len()).is_err() {
        return None;
    }
    let tokens = lex_code(text, std::mem::take(&mut buffers.tokens));
    let mut parser = Parser::new(text, &tokens, std::mem::take(&mut buffers.nodes));
    parser.in_preorder = true;
    parser.numbers = Some(&mut number);
    crate::grammar::source_file(&mut parser);
    if parser.moves == 0 {
        // Everything so far was to no avail, but so are the names that were made: lowering makes them all again, and finds these.
        parser = Parser::new(text, &tokens, std::mem::take(&mut parser.nodes));
        crate::grammar::source_file(&mut parser);
        parser.nodes = to_preorder(&parser.nodes);
    }
    if memchr::memchr(0, text).is_some() {
        parser.report_nul_in_strings();
    }
    let (nodes, numbered, sound) = (std::mem::take(&mut parser.nodes), parser.numbers.is_some(), parser.errors.is_empty());
    let tree = FlatTree {
        text: Arc::clone(text),
        nodes,
        tokens,
        errors: Vec::new(),
        numbered,
        parents: Parents::default(),
        origin: Origin::new(),
    };
    if !sound {
        buffers.recycle(tree);
        return None;
    }
    Some(tree)
}

fn too_large(text: Arc<[u8]>) -> FlatTree {
    let error = SyntaxError { range: TextRange::default(), kind: SyntaxErrorKind::TooLarge, hint: None };
    let root = NodeData { first_token: 0, end_token: 0, size: 1, kind: SOURCE_FILE, number: Number::NONE };
    FlatTree {
        text,
        nodes: vec![root],
        tokens: Vec::new(),
        errors: vec![error],
        numbered: false,
        parents: Parents::default(),
        origin: Origin::new(),
    }
}

/// A node of size s that is number p in postorder and has d ancestors is number p - s + 1 + d in preorder.
fn to_preorder(finished: &[NodeData]) -> Vec<NodeData> {
    let mut nodes = vec![NodeData { first_token: 0, end_token: 0, size: 0, kind: ERROR, number: Number::NONE }; finished.len()];
    // The first descendant of the innermost ancestor of the node at hand, and those of the ancestors around it.
    let (mut first_inside, mut depth) = (0, 0);
    let mut outer: Vec<u32> = Vec::with_capacity(64);
    for (place, &node) in finished.iter().enumerate().rev() {
        let place = place as u32;
        while place < first_inside {
            first_inside = outer.pop().unwrap_or(0);
            depth -= 1;
        }
        let first = place + 1 - node.size;
        nodes[(first + depth) as usize] = node;
        if node.size > 1 {
            outer.push(first_inside);
            first_inside = first;
            depth += 1;
        }
    }
    nodes
}

/// The bytes of a token; none behind the last one.
#[inline]
fn text_of<'t>(text: &'t [u8], tokens: &[TokenData], index: u32) -> &'t [u8] {
    tokens.get(index as usize).and_then(|token| text.get(token.start as usize..token.end as usize)).unwrap_or_default()
}

/// Where a node may start. Between [`Parser::start`] and [`Parser::end`] any number of nodes can be completed from it, each
/// around the one before.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    node: u32,
    pub token: u32,
    height: u32,
    /// The node has its place already.
    reserved: bool,
}

/// A place to go back to.
pub(crate) struct Checkpoint {
    node: usize,
    pos: u32,
    prev_end: u32,
    height: u32,
}

/// How many brackets of each kind are open, so that a stray closing one is told from one that ends an outer construct.
#[derive(Default)]
pub(crate) struct Open {
    pub braces: u32,
    pub brackets: u32,
    pub parens: u32,
    pub lets: u32,
    pub thens: u32,
    pub elses: u32,
    pub bindings: u32,
}

pub(crate) struct Parser<'t, 'n> {
    pub text: &'t [u8],
    pub tokens: &'n [TokenData],
    /// The current token, never trivia.
    pub pos: u32,
    /// Its kind; `EOF` from `stop` on.
    pub cur: SyntaxKind,
    /// One past the last token taken.
    pub prev_end: u32,
    /// Tokens from here on are not seen.
    stop: u32,
    nodes: Vec<NodeData>,
    in_preorder: bool,
    /// How many nodes may still be moved; 0 once that was not enough.
    moves: u32,
    /// Gives numbers to names, as long as all names can be known here.
    numbers: Option<&'n mut dyn FnMut(&'t [u8]) -> u32>,
    pub errors: Vec<SyntaxError>,
    /// Errors are not reported: this is a second attempt at tokens whose errors are known.
    silent: bool,
    /// Tokens that may still be parsed a second time.
    pub second_tries: u32,
    last_error: u32,
    /// Height of the highest node completed since the last `start`.
    height: u32,
    /// Nodes that are certain to be put around what comes next.
    pub open_nodes: u32,
    nesting: u32,
    too_deep: bool,
    pub open: Open,
    /// Functions, `let … in` and the like whose last part is being parsed.
    pub waiting: Vec<(Mark, SyntaxKind, Parameter)>,
    /// What Nix would expect behind the expression being parsed.
    pub after: &'static [SyntaxKind],
}

/// The node of a function's parameter or `@` name, which Nix makes a name of behind the function's body.
#[derive(Clone, Copy, Default)]
pub(crate) struct Parameter(Option<u32>);

impl<'t, 'n> Parser<'t, 'n> {
    fn new(text: &'t [u8], tokens: &'n [TokenData], mut nodes: Vec<NodeData>) -> Self {
        nodes.clear();
        nodes.reserve(tokens.len() + 8);
        let mut parser = Parser {
            text,
            tokens,
            pos: 0,
            cur: EOF,
            prev_end: 0,
            stop: u32::MAX,
            nodes,
            in_preorder: false,
            moves: (tokens.len() as u32).saturating_mul(16).saturating_add(100_000),
            numbers: None,
            errors: Vec::new(),
            silent: false,
            second_tries: (tokens.len() as u32).saturating_mul(2).saturating_add(1000),
            last_error: u32::MAX,
            height: 0,
            open_nodes: 0,
            nesting: 0,
            too_deep: false,
            open: Open::default(),
            waiting: Vec::with_capacity(16),
            after: &[],
        };
        parser.seek(0);
        parser
    }

    /// The kind of the token `index`; `EOF` behind the last.
    #[inline]
    pub fn raw(&self, index: u32) -> SyntaxKind {
        self.tokens.get(index as usize).map_or(EOF, |token| token.kind)
    }

    fn seek(&mut self, mut pos: u32) {
        let mut kind = self.raw(pos);
        while kind.is_trivia() {
            pos += 1;
            kind = self.raw(pos);
        }
        self.pos = pos;
        self.cur = if pos >= self.stop { EOF } else { kind };
    }

    /// The kind of the n-th token from here that is not trivia; 0 is the current one.
    pub fn nth(&self, n: u32) -> SyntaxKind {
        let pos = self.nth_index(n);
        if pos >= self.stop { EOF } else { self.raw(pos) }
    }

    /// Where that token is.
    pub fn nth_index(&self, n: u32) -> u32 {
        let mut pos = self.pos;
        for _ in 0..n {
            pos += 1;
            while self.raw(pos).is_trivia() {
                pos += 1;
            }
        }
        pos
    }

    #[inline]
    pub fn at(&self, kind: SyntaxKind) -> bool {
        self.cur == kind
    }

    /// Whether nothing stands between the last token taken and the current one.
    pub fn adjacent(&self) -> bool {
        // Texts that are only run are lexed without whitespace.
        let end = self.prev_end.checked_sub(1).map(|last| self.token_range(last).end());
        self.pos == self.prev_end && end.is_none_or(|end| end == self.token_range(self.pos).start())
    }

    /// Takes the current token into the node being built.
    #[inline]
    pub fn bump(&mut self) {
        if self.cur != EOF {
            self.prev_end = self.pos + 1;
            self.seek(self.pos + 1);
        }
    }

    #[inline]
    pub fn eat(&mut self, kind: SyntaxKind) -> bool {
        let found = self.cur == kind;
        if found {
            self.bump();
        }
        found
    }

    /// Takes a token of this kind, or reports what was expected.
    pub fn expect(&mut self, kind: SyntaxKind, expected: &'static [SyntaxKind]) -> bool {
        let found = self.eat(kind);
        if !found {
            self.unexpected(expected, None);
        }
        found
    }

    /// Where nodes may start that are put around what comes.
    #[inline]
    pub fn start(&mut self) -> Mark {
        Mark { node: self.nodes.len() as u32, token: self.pos, height: std::mem::take(&mut self.height), reserved: false }
    }

    /// Starts a node.
    #[inline]
    pub fn open(&mut self) -> Mark {
        let mark = self.start();
        if !self.in_preorder {
            return mark;
        }
        self.nodes.push(NodeData { first_token: 0, end_token: 0, size: 1, kind: ERROR, number: Number::NONE });
        Mark { reserved: true, ..mark }
    }

    /// Starts a node around everything since `mark`, which stays what it is.
    #[inline]
    pub fn wrap(&mut self, mark: Mark) -> Mark {
        if !self.in_preorder {
            return mark;
        }
        self.insert(mark, NodeData { first_token: 0, end_token: 0, size: 1, kind: ERROR, number: Number::NONE });
        Mark { reserved: true, ..mark }
    }

    fn insert(&mut self, mark: Mark, node: NodeData) {
        let at = (mark.node as usize).min(self.nodes.len());
        self.moves = self.moves.saturating_sub((self.nodes.len() - at) as u32);
        if self.moves == 0 {
            self.give_up();
        }
        self.nodes.insert(at, node);
    }

    /// Puts a node around everything since `mark`; nothing, if that is no token.
    // Without optimisation it would only make the frames of the rules larger, which recursion counts on.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn complete(&mut self, mark: Mark, kind: SyntaxKind) {
        if self.prev_end <= mark.token && kind != SOURCE_FILE {
            if mark.reserved {
                self.nodes.truncate(mark.node as usize);
            }
            return;
        }
        let size = self.nodes.len() as u32 - mark.node + !mark.reserved as u32;
        let node = NodeData { first_token: mark.token, end_token: self.prev_end, size, kind, number: Number::NONE };
        if !self.in_preorder {
            self.nodes.push(node);
        } else if !mark.reserved {
            self.insert(mark, node);
        } else if let Some(place) = self.nodes.get_mut(mark.node as usize) {
            *place = node;
        }
        self.height += 1;
        if self.height + self.open_nodes > MAX_DEPTH {
            self.give_up();
        }
    }

    /// Ends the scope of `mark`. Marks end in the reverse order of their starts.
    #[inline]
    pub fn end(&mut self, mark: Mark) {
        self.height = self.height.max(mark.height);
    }

    #[inline]
    pub fn finish(&mut self, mark: Mark, kind: SyntaxKind) {
        self.complete(mark, kind);
        self.end(mark);
    }

    /// The current token as a node of its own.
    #[inline]
    pub fn leaf(&mut self, kind: SyntaxKind) {
        if self.cur == EOF {
            return;
        }
        self.leaf_of(1, kind, Number::NONE);
    }

    /// The next `count` tokens, none of which is trivia, as a node.
    #[inline]
    fn leaf_of(&mut self, count: u32, kind: SyntaxKind, number: Number) {
        let (first_token, end_token) = (self.pos, self.pos + count);
        self.prev_end = end_token;
        self.seek(end_token);
        self.nodes.push(NodeData { first_token, end_token, size: 1, kind, number });
        self.height = self.height.max(1);
        if 1 + self.open_nodes > MAX_DEPTH {
            self.give_up();
        }
    }

    /// A string of nothing but text, if one starts here.
    #[inline]
    pub fn plain_string(&mut self) -> bool {
        let plain = self.raw(self.pos + 1) == STRING_TEXT && self.raw(self.pos + 2) == QUOTE && self.pos + 3 <= self.stop;
        if plain {
            self.leaf_of(3, STR, Number::NONE);
        }
        plain
    }

    /// The number of the next node, for [`Parser::name`] and the like.
    pub fn next_node(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// The current token, which is there, as a name or the use of one.
    #[inline]
    pub fn name_leaf(&mut self, kind: SyntaxKind) {
        let number = match &mut self.numbers {
            Some(number) => Number::new(number(text_of(self.text, self.tokens, self.pos))),
            None => Number::NONE,
        };
        self.leaf_of(1, kind, number);
    }

    /// Nix's parser makes a name of the text of a leaf now.
    #[inline]
    pub fn name(&mut self, node: u32) {
        if self.numbers.is_some()
            && let Some(&NodeData { first_token, .. }) = self.nodes.get(node as usize)
        {
            self.number(node, self.token_text(first_token));
        }
    }

    fn number(&mut self, node: u32, name: &'t [u8]) {
        if let Some(number) = &mut self.numbers
            && let Some(node) = self.nodes.get_mut(node as usize)
        {
            node.number = Number::new(number(name));
        }
    }

    /// A function's parameter, to be given to [`Parser::name_parameter`] behind the body.
    pub fn parameter(&self, node: u32) -> Parameter {
        Parameter(Some(node))
    }

    pub fn name_parameter(&mut self, parameter: Parameter) {
        if let Some(node) = parameter.0 {
            self.name(node);
        }
    }

    /// Nix's parser makes a name of a string that is an attribute, if it has no interpolations. What takes more to be known than a
    /// look at the tokens ends all numbering.
    pub fn name_string(&mut self, node: u32) {
        let Some(&NodeData { first_token, end_token, size, .. }) = self.nodes.get(node as usize) else { return };
        if self.numbers.is_none() || size > 1 {
            return;
        }
        let text = self.token_text(first_token + 1);
        match end_token - first_token {
            2 => self.number(node, b""),
            3 if self.raw(first_token + 1) == STRING_TEXT && memchr::memchr(b'\r', text).is_none() => self.number(node, text),
            _ => self.numbers = None,
        }
    }

    /// As [`Parser::name_string`], for `${…}`.
    pub fn name_dynamic(&mut self, node: u32) {
        match self.nodes.get(node as usize + 1).map(|inside| (inside.kind, inside.size)) {
            Some((STR, 2..)) => {}
            Some((STR | INDENTED_STR | PAREN | LITERAL, _)) => self.numbers = None,
            _ => {}
        }
    }

    /// The current token as an `Error` node.
    pub fn bump_error(&mut self) {
        self.leaf(ERROR);
    }

    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { node: self.nodes.len(), pos: self.pos, prev_end: self.prev_end, height: self.height }
    }

    pub fn go_back(&mut self, to: &Checkpoint) {
        self.nodes.truncate(to.node);
        self.prev_end = to.prev_end;
        self.height = to.height;
        self.seek(to.pos);
    }

    /// Goes back to the token `pos`, giving up the last node, which is a leaf that starts there.
    pub fn give_back_leaf(&mut self, prev_end: u32) {
        if let Some(leaf) = self.nodes.pop() {
            self.prev_end = prev_end;
            self.seek(leaf.first_token);
        }
    }

    /// Runs `rule` with the text ending before the token `stop`, without reporting errors.
    pub fn until(&mut self, stop: u32, rule: impl FnOnce(&mut Self)) {
        let (outer_stop, outer_silent) = (self.stop, self.silent);
        self.stop = self.stop.min(stop);
        self.silent = true;
        self.seek(self.pos);
        rule(self);
        if !self.too_deep {
            self.stop = outer_stop;
            self.silent = outer_silent;
            self.seek(self.pos);
        }
    }

    /// Counts a node that is certain to be put around what comes next; whoever completes it takes it off `open_nodes`.
    #[inline]
    pub fn open_node(&mut self) {
        self.open_nodes += 1;
        if self.height + self.open_nodes > MAX_DEPTH {
            self.give_up();
        }
    }

    /// Runs a rule that calls others recursively, unless that goes too deep.
    #[inline]
    pub fn nested(&mut self, rule: impl FnOnce(&mut Self)) {
        self.nesting += 1;
        self.open_nodes += 3;
        if self.nesting > MAX_NESTING {
            self.give_up();
        }
        rule(self);
        self.nesting -= 1;
        self.open_nodes -= 3;
    }

    /// Sees no more tokens: the rules end one after the other.
    #[cold]
    fn give_up(&mut self) {
        if !self.too_deep {
            self.silent = false;
            self.last_error = u32::MAX;
            self.error(SyntaxErrorKind::TooDeep, None);
            self.too_deep = true;
            self.silent = true;
            self.stop = 0;
            self.cur = EOF;
        }
    }

    /// An `Error` node of all tokens that are left after giving up.
    pub fn take_rest(&mut self) {
        let mark = self.start();
        let end = self.tokens.len() as u32;
        if mark.token < end {
            // Trivia at the end belongs to the file.
            let mut last = end;
            while last > mark.token && self.raw(last - 1).is_trivia() {
                last -= 1;
            }
            self.prev_end = last;
            self.height = 0;
            self.complete(mark, ERROR);
        }
        self.pos = end;
        self.end(mark);
    }

    pub fn token_range(&self, index: u32) -> TextRange {
        let end = self.text.len() as u32;
        let (start, end) = self.tokens.get(index as usize).map_or((end, end), |token| (token.start, token.end));
        TextRange::new(TextSize::new(start), TextSize::new(end))
    }

    #[inline]
    pub fn token_text(&self, index: u32) -> &'t [u8] {
        text_of(self.text, self.tokens, index)
    }

    /// Whether there is a line end between two tokens.
    pub fn line_ends_between(&self, first: u32, second: u32) -> bool {
        (first + 1..second).any(|index| memchr::memchr2(b'\n', b'\r', self.token_text(index)).is_some())
    }

    /// Reports an error at the current token; one only per token.
    #[cold]
    pub fn error(&mut self, kind: SyntaxErrorKind, hint: Option<&'static str>) {
        self.error_at(self.pos, kind, hint);
    }

    #[cold]
    pub fn error_at(&mut self, token: u32, kind: SyntaxErrorKind, hint: Option<&'static str>) {
        if self.silent || self.last_error == token {
            return;
        }
        self.last_error = token;
        let mut range = self.token_range(token);
        if self.raw(token) == EOF {
            range = TextRange::empty(TextSize::new(self.text.len() as u32));
        }
        self.error_range(range, kind, hint);
    }

    #[cold]
    pub fn error_range(&mut self, range: TextRange, kind: SyntaxErrorKind, hint: Option<&'static str>) {
        if !self.silent && self.errors.len() < MAX_ERRORS {
            self.errors.push(SyntaxError { range, kind, hint });
        }
    }

    #[cold]
    pub fn unexpected(&mut self, expected: &'static [SyntaxKind], hint: Option<&'static str>) {
        let hint = hint.or_else(|| self.hint());
        let found = if self.cur == PATH_TEXT && self.token_text(self.pos).starts_with(b"~") { HOME_PATH } else { self.cur };
        self.error(SyntaxErrorKind::Unexpected { found, expected }, hint);
    }

    /// What is probably wrong with the current token, wherever it stands.
    fn hint(&self) -> Option<&'static str> {
        if self.cur != INVALID {
            return None;
        }
        let text = self.token_text(self.pos);
        if text.starts_with(b"/*") {
            Some("this comment has no end; `*/` ends it")
        } else if text.starts_with(b"\xef\xbb\xbf") {
            Some("remove the byte order mark")
        } else {
            None
        }
    }

    fn report_nul_in_strings(&mut self) {
        for index in 0..self.tokens.len() as u32 {
            if matches!(self.raw(index), STRING_TEXT | STRING_ESCAPE) && memchr::memchr(0, self.token_text(index)).is_some() {
                let range = self.token_range(index);
                let mut text = self.token_text(index);
                // What follows the opening quotes of an indented string on their line is no part of it.
                if index > 0
                    && self.token_text(index - 1) == b"''"
                    && let Some(end) = text.iter().position(|&b| b != b' ')
                    && text[end] == b'\n'
                {
                    text = &text[end + 1..];
                }
                let text = String::from_utf8_lossy(text).replace('\0', "␀");
                self.errors.push(SyntaxError { range, kind: SyntaxErrorKind::NulInString(text.into()), hint: None });
            }
        }
    }

    /// Drops the errors reported since there were `count`, as far as they are at or behind the token `from`.
    pub fn drop_errors(&mut self, count: usize, from: u32) {
        let start = self.token_range(from).start();
        let late = self.errors.split_off(count.min(self.errors.len()));
        self.errors.extend(late.into_iter().filter(|error| error.range.start() < start));
        self.last_error = u32::MAX;
    }
}
