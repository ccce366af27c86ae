//! [`reparse`]: the [`FlatTree`] of a text from that of the text before an edit.
//!
//! The smallest enclosing `{}`, `[]`, `()`, string, `let … in` or binding is parsed alone and put into the old tree, whose rest is
//! copied. That gives what parsing the whole text gives, because
//! - the edit lies between the ends of the block, so that the tokens outside are the same, if those inside leave the
//!   scanner where it was: quotes and braces balanced;
//! - nothing is wrong outside of the block, and nothing in it after the edit. Only recovery from an error
//!   looks at what stands around.
//!
//! An edit in several places far apart is taken for as many edits ([`steps_between`]).
//!
//! A binding keeps its `;`, and is parsed in braces of its own or in a `let`. So are, for an edit between the entries of a big set, those
//! around it with the ones at both ends, which stay what they are. Where this does not hold, the whole text is parsed.

use std::ops::Range;
use std::sync::Arc;

use crate::SyntaxKind;
use crate::flat::{self, FlatTree, Node, NodeData};
use crate::lexer::TokenData;
use crate::origin::Origin;
use crate::steps::steps_between;

/// Deeper blocks are not parsed alone, so that the limits of the parser need not be looked at.
const MAX_BLOCK_DEPTH: usize = 250;

/// Blocks of so many bytes are parsed alone in a text of any size.
const SMALL: usize = if cfg!(test) { 40 } else { 16 << 10 };

/// Parses `text`, given the tree of a text that may be much like it. Equal to a full parse.
pub fn reparse(old: &FlatTree, text: impl Into<Arc<[u8]>>) -> FlatTree {
    let text = text.into();
    reparse_part(old, &text).unwrap_or_else(|| flat::parse_shared(text))
}

/// As [`reparse`], if only a part of the text has to be parsed.
pub fn reparse_part(old: &FlatTree, text: &Arc<[u8]>) -> Option<FlatTree> {
    let edit = Edit::between(&old.text, text)?;
    // What is wrong on the way may be right in the end: a bracket on both sides of something long.
    in_steps(old, text).or_else(|| in_block(old, text, edit))
}

fn in_steps(old: &FlatTree, text: &Arc<[u8]>) -> Option<FlatTree> {
    let mut steps = steps_between(&old.text, text).into_iter();
    let step = |tree: &FlatTree, text: &Arc<[u8]>| in_block(tree, text, Edit::between(&tree.text, text)?);
    let first = step(old, &steps.next()?)?;
    let last = steps.try_fold(first, |tree, text| step(&tree, &text))?;
    step(&last, text)
}

/// What two texts differ in: bytes of the old text, and how many of the new stand in their place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edit {
    pub start: usize,
    pub end: usize,
    insert: usize,
}

impl Edit {
    /// `None` for texts that are too long for a tree.
    pub fn between(old: &[u8], new: &[u8]) -> Option<Edit> {
        u32::try_from(new.len().max(old.len())).ok()?;
        let start = common(old.chunks(CHUNK), new.chunks(CHUNK), |a, b| a.iter().zip(b).take_while(|(a, b)| a == b).count());
        let (old, new) = (&old[start..], &new[start..]);
        let same = |a: &[u8], b: &[u8]| a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
        let end = common(old.rchunks(CHUNK), new.rchunks(CHUNK), same);
        Some(Edit { start, end: start + old.len() - end, insert: new.len() - end })
    }

    /// Whether the texts are the same.
    pub fn is_empty(self) -> bool {
        self.start == self.end && self.insert == 0
    }

    /// Of a block that holds the edit: its new length.
    fn new_len(self, len: usize) -> usize {
        len + self.insert - (self.end - self.start)
    }
}

/// Whole chunks are compared at once.
const CHUNK: usize = 4096;

fn common<'t>(a: impl Iterator<Item = &'t [u8]>, b: impl Iterator<Item = &'t [u8]>, count: impl Fn(&'t [u8], &'t [u8]) -> usize) -> usize {
    let mut same = 0;
    for (a, b) in a.zip(b) {
        if a == b {
            same += a.len();
        } else {
            return same + count(a, b);
        }
    }
    same
}

fn in_block(old: &FlatTree, text: &Arc<[u8]>, edit: Edit) -> Option<FlatTree> {
    let first = old.tokens.partition_point(|token| (token.end as usize) < edit.start) as u32;
    let last = old.tokens.partition_point(|token| (token.start as usize) <= edit.end) as u32;
    let around = old.nodes_around(first..last.max(first + 1));
    if around.len() >= MAX_BLOCK_DEPTH || around.iter().any(|node| node.kind() == SyntaxKind::DYNAMIC_ATTR) {
        return None;
    }
    for (up, &block) in around.iter().enumerate() {
        let parent = around.get(up + 1).map(|parent| parent.kind());
        let Some((before, after)) = wrapping(block, parent, edit) else { continue };
        let (start, end) = span(block);
        if end - start > SMALL
            && let Some(tree) = in_entries(old, text, block, &around[up..], edit)
        {
            return Some(tree);
        }
        // A block that is most of the text is not worth an attempt.
        if end - start > SMALL.max(old.text.len() / 4) {
            break;
        }
        // Where other blocks begin, recovery from the error that is in them may have decided.
        let firm = matches!(block.kind(), SyntaxKind::LIST | SyntaxKind::PAREN | SyntaxKind::STR | SyntaxKind::INDENTED_STR);
        if !old.errors.iter().all(|error| firm && start < error.range.start().into() && usize::from(error.range.start()) < end) {
            continue;
        }
        let own = text.get(start..start + edit.new_len(end - start))?;
        let parsed = flat::parse(&[before, own, after].concat());
        if let Some(new) = standing_alone(&parsed, block, edit, before.len(), own.len()) {
            return Some(splice(old, text, Run::of(block), &around[up + 1..], new.tree(), Run::of(new)));
        }
    }
    None
}

/// The same for an edit between the entries of a big set or `let`: those from the entry before it to the entry behind it are parsed
/// alone. `around` begins with the set.
fn in_entries(old: &FlatTree, text: &Arc<[u8]>, set: Node<'_>, around: &[Node<'_>], edit: Edit) -> Option<FlatTree> {
    let (before, after): (&[u8], &[u8]) = match set.kind() {
        SyntaxKind::ATTR_SET => (b"{ ", b" }"),
        SyntaxKind::LET_IN => (b"let ", b" in 0"),
        _ => return None,
    };
    if !old.errors.is_empty() {
        return None;
    }
    let is_entry = |node: &Node<'_>| matches!(node.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT);
    let (mut first, mut last) = (None, None);
    for entry in set.children().filter(is_entry) {
        let (start, end) = span(entry);
        if end <= edit.start {
            first = Some(entry);
        } else if start > edit.end {
            last = Some(entry);
            break;
        }
    }
    let (first, last) = (first?, last?);
    let (start, end) = (span(first).0, span(last).1);
    if end - start > SMALL {
        return None;
    }
    let own = text.get(start..start + edit.new_len(end - start))?;
    let parsed = flat::parse(&[before, own, after].concat());
    let mut children = parsed.root().children();
    let block = children.next().filter(|block| block.kind() == set.kind())?;
    if !parsed.errors.is_empty() || children.next().is_some() || !balanced(&parsed) || depth(&parsed) >= MAX_BLOCK_DEPTH {
        return None;
    }
    let (new_first, new_last) = (block.children().next()?, block.children().filter(is_entry).last()?);
    // Those at both ends are what they were.
    let len = |node: Node<'_>| span(node).1 - span(node).0;
    let (from, to) = (before.len(), before.len() + own.len());
    if span(new_first) != (from, from + len(first)) || span(new_last) != (to.checked_sub(len(last))?, to) || new_first == new_last {
        return None;
    }
    Some(splice(old, text, Run::from_to(first, last), around, &parsed, Run::from_to(new_first, new_last)))
}

fn span(node: Node<'_>) -> (usize, usize) {
    (node.range().start().into(), node.range().end().into())
}

/// What must stand around a block for it to be parsed alone. `None` if the node is no block, or the edit does not lie between its ends.
fn wrapping(node: Node<'_>, parent: Option<SyntaxKind>, edit: Edit) -> Option<(&'static [u8], &'static [u8])> {
    let tokens = node.token_range();
    let find = |kind: SyntaxKind| {
        let direct = node.elements().filter_map(crate::Element::into_token);
        direct.into_iter().find(|token| token.kind() == kind).map(|token| token.index())
    };
    let last = tokens.end.checked_sub(1)?;
    let (first, last, closing) = match node.kind() {
        SyntaxKind::LIST => (tokens.start, last, SyntaxKind::R_BRACKET),
        SyntaxKind::PAREN => (tokens.start, last, SyntaxKind::R_PAREN),
        SyntaxKind::INDENTED_STR => (tokens.start, last, SyntaxKind::INDENTED_CLOSE),
        // Whether an attribute is static, which the parser looks at in `let` and `inherit`, depends on its text.
        SyntaxKind::STR if matches!(parent, Some(SyntaxKind::ATTRPATH | SyntaxKind::INHERIT)) || tokens.start == last => return None,
        SyntaxKind::STR => (tokens.start, last, SyntaxKind::QUOTE),
        SyntaxKind::ATTR_SET | SyntaxKind::LEGACY_LET => (find(SyntaxKind::L_BRACE)?, last, SyntaxKind::R_BRACE),
        SyntaxKind::LET_IN => (tokens.start, find(SyntaxKind::IN_KW)?, SyntaxKind::IN_KW),
        SyntaxKind::BINDING => (tokens.start, last, SyntaxKind::SEMICOLON),
        _ => return None,
    };
    let tree = node.tree();
    let (first, last) = (tree.token(first)?, tree.token(last)?);
    let (first_end, last_start) = (usize::from(first.range().end()), usize::from(last.range().start()));
    let inside = match node.kind() {
        // What touches a keyword can change it.
        SyntaxKind::LET_IN => edit.start > first_end && edit.end < last_start,
        // What stands before the binding sees the same first byte.
        SyntaxKind::BINDING => edit.start > usize::from(first.range().start()) && edit.end <= last_start,
        _ => first_end <= edit.start && edit.end <= last_start,
    };
    if last.kind() != closing || !inside {
        return None;
    }
    match (node.kind(), parent) {
        (SyntaxKind::BINDING, Some(SyntaxKind::ATTR_SET)) => Some((b"{ ", b" }")),
        (SyntaxKind::BINDING, Some(SyntaxKind::LET_IN)) => Some((b"let ", b" in 0")),
        (SyntaxKind::BINDING, _) => None,
        _ => Some((b"", b"")),
    }
}

/// The node of the block in the tree of its text, if any surroundings would see it in the same way.
fn standing_alone<'t>(tree: &'t FlatTree, old: Node<'_>, edit: Edit, start: usize, len: usize) -> Option<Node<'t>> {
    let mut children = tree.root().children();
    let mut block = children.next()?;
    if !tree.errors.is_empty() || children.next().is_some() {
        return None;
    }
    if old.kind() == SyntaxKind::BINDING {
        block = block.children().next()?;
    }
    if block.kind() != old.kind() || span(block) != (start, start + len) {
        return None;
    }
    match block.kind() {
        // What was `{ a = 1; }` and is now `{ }` is a pattern if `:` follows.
        SyntaxKind::ATTR_SET if block.children().next().is_none() => return None,
        SyntaxKind::LET_IN => {
            // The body must be where it was: the `in` is the old one.
            let place = |node: Node<'_>| {
                let keyword = node.elements().filter_map(crate::Element::into_token).find(|token| token.kind() == SyntaxKind::IN_KW);
                keyword.map(|token| usize::from(token.range().start()) - span(node).0)
            };
            if place(block)? != edit.new_len(place(old)?) {
                return None;
            }
        }
        _ => {}
    }
    (balanced(tree) && depth(tree) < MAX_BLOCK_DEPTH).then_some(block)
}

/// Whether the scanner is after these tokens in the mode in which it was before.
fn balanced(tree: &FlatTree) -> bool {
    let mut open = 0i64;
    tree.tokens.iter().all(|token| {
        match token.kind {
            SyntaxKind::L_BRACE | SyntaxKind::DOLLAR_BRACE => open += 1,
            SyntaxKind::R_BRACE => open -= 1,
            _ => {}
        }
        open >= 0
    }) && open == 0
}

fn depth(tree: &FlatTree) -> usize {
    let mut open: Vec<u32> = Vec::new();
    let mut deepest = 0;
    for (index, node) in (0..).zip(&tree.nodes) {
        while open.last().is_some_and(|&end| end <= index) {
            open.pop();
        }
        open.push(index + node.size);
        deepest = deepest.max(open.len());
    }
    deepest
}

/// A node, or neighbours and what is between them.
struct Run {
    tokens: Range<u32>,
    nodes: Range<usize>,
    /// Where its text begins.
    start: usize,
}

impl Run {
    fn of(node: Node<'_>) -> Run {
        Run::from_to(node, node)
    }

    fn from_to(first: Node<'_>, last: Node<'_>) -> Run {
        Run {
            tokens: first.token_range().start..last.token_range().end,
            nodes: first.index() as usize..last.subtree_end() as usize,
            start: span(first).0,
        }
    }
}

/// The old tree with `new`, of the tree `source`, in the place of `block`, which `ancestors` are around.
fn splice(old: &FlatTree, text: &Arc<[u8]>, block: Run, ancestors: &[Node<'_>], source: &FlatTree, new: Run) -> FlatTree {
    let (gone, come) = (block.tokens, new.tokens);
    let (nodes_gone, nodes_come) = (block.nodes, new.nodes);
    // All of it wraps around: the sums are right.
    let bytes = (text.len() as u32).wrapping_sub(old.text.len() as u32);
    let tokens_by = (come.len() as u32).wrapping_sub(gone.len() as u32);
    let nodes_by = (nodes_come.len() as u32).wrapping_sub(nodes_gone.len() as u32);

    let inner = (block.start as u32).wrapping_sub(new.start as u32);
    let moved = |token: &TokenData, by: u32| TokenData { start: token.start.wrapping_add(by), end: token.end.wrapping_add(by), ..*token };
    let mut tokens: Vec<TokenData> = Vec::with_capacity(old.tokens.len() + come.len() - gone.len().min(come.len()));
    tokens.extend_from_slice(&old.tokens[..gone.start as usize]);
    tokens.extend(source.tokens[come.start as usize..come.end as usize].iter().map(|token| moved(token, inner)));
    tokens.extend(old.tokens[gone.end as usize..].iter().map(|token| moved(token, bytes)));

    let shifted = |node: &NodeData, tokens: u32| NodeData {
        first_token: node.first_token.wrapping_add(tokens),
        end_token: node.end_token.wrapping_add(tokens),
        ..*node
    };
    let mut nodes: Vec<NodeData> = Vec::with_capacity(old.nodes.len() + nodes_come.len() - nodes_gone.len().min(nodes_come.len()));
    nodes.extend_from_slice(&old.nodes[..nodes_gone.start]);
    for ancestor in ancestors {
        if let Some(node) = nodes.get_mut(ancestor.index() as usize) {
            node.end_token = node.end_token.wrapping_add(tokens_by);
            node.size = node.size.wrapping_add(nodes_by);
        }
    }
    let block_nodes = nodes_come.len();
    nodes.extend(source.nodes[nodes_come].iter().map(|node| shifted(node, gone.start.wrapping_sub(come.start))));
    nodes.extend(old.nodes[nodes_gone.end..].iter().map(|node| shifted(node, tokens_by)));
    let origin = Origin::spliced(&old.origin, nodes_gone.start as u32..nodes_gone.end as u32, gone);
    let parents = old.parents.spliced(&nodes, nodes_gone, block_nodes, nodes_by);
    FlatTree { text: Arc::clone(text), nodes, tokens, errors: Vec::new(), numbered: false, parents, origin }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edits `text` at `|` (which is taken out); whether a part of it was parsed alone.
    fn check(text: &str, insert: &str) -> bool {
        let old = flat::parse(text.replacen('|', "", 1).as_bytes());
        let new = text.replacen('|', insert, 1);
        assert_eq!(reparse(&old, new.as_bytes()), flat::parse(new.as_bytes()), "{text}");
        assert_eq!(reparse(&flat::parse(new.as_bytes()), old.text.clone()), old, "{text} back");
        reparse_part(&old, &new.as_bytes().into()).is_some()
    }

    #[test]
    fn small_blocks_are_parsed_alone() {
        for (text, insert) in [
            ("{ a = [ 1 | ]; b = 2; }", "3"),
            ("{ a = (1 | ); b = 2; }", "+ 2"),
            ("{ a = 1; | } // b", "c = 2;"),
            ("f { a = \"x|\"; }", "y"),
            ("f { a = ''\n  x|\n''; }", "${y}"),
            ("let a = 1; | in a", "b = 2;"),
            ("{ \"a|\" = 1; }", "${b}"),
            ("x: rec { a = b.c| d; e = 1; }", "x"),
            ("x: rec { a = |b; }", "y: "),
            ("{ a|b = 1; c = 2; }", "x"),
            ("{ ab.c = 1|; c = 2; }", "x"),
            ("let a = 1; b = c|; in a", "d"),
            ("let a = 1; b = c; in { a = b|; c = d; }", "x"),
            ("{ a = b; # com|ment\n c = d; }", "x"),
        ] {
            assert!(check(text, insert), "{text}");
        }
    }

    /// Sets are big from some bytes on, here.
    #[test]
    fn between_the_entries_of_a_big_set() {
        let around = |text: &str| format!("x: with y; {{ zz = {{ a = 1; }}; first = 1;\n{text}\n last = \"2\"; inherit v; }}");
        for (text, insert) in [
            ("|", "# comment\n"),
            ("|", "new = 1;"),
            ("|", " inherit x; new = { }; \"a\".b = x: y;"),
            ("mid = 1; |", "\n\n"),
            ("| mid = 1; other = 2;", "/* x */"),
            ("# co|mment", "ol "),
            ("# comment|\n mid = 1;", "\n"),
        ] {
            assert!(check(&around(text), insert), "{text}");
            let in_let = format!("let zz = {{ a = 1; }}; first = 1;\n{text}\n last = 2; inherit v; in {{ }}");
            assert!(check(&in_let, insert), "{text}");
        }
        for (text, insert) in
            [("|", "new = 1"), ("|", "/*"), ("|", "\""), ("|", "}"), ("|", "} // {"), ("|", "new = ''"), ("|", ";"), ("|", "in")]
        {
            assert!(!check(&around(text), insert), "{text} {insert}");
        }
    }

    mod random {
        use proptest::prelude::*;

        use super::*;
        use crate::Difference;

        fn shown(difference: &Difference<'_, '_>) -> String {
            match difference {
                Difference::None => "none".to_owned(),
                Difference::Within { old, new } => format!("{old:?} {new:?}"),
                Difference::Between { old, new } => format!("{:?} {:?} {:?} {:?}", old.first, old.last, new.first, new.last),
                Difference::Trivia { old, new } => format!("{old:?} {new:?}"),
                Difference::Unknown => "unknown".to_owned(),
            }
        }

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(2000))]

            /// What is typed into a big set is parsed as all of it would be.
            #[test]
            fn edits_of_big_sets(
                head in prop::sample::select(vec!["x: with y; {", "rec {", "let", "[ ({", "f {", "{ a = {", "{ ${x} = {"]),
                entries in prop::collection::vec(prop::sample::select(vec![
                    "a = 1;", "b.c = { d = 2; };", "# e\n", "inherit f;", "inherit (g) h \"i\";", "\"j${k}\" = l;", "${m} = ''\n n ${o}\n'';",
                    "p = q: r;", "/* s */", "\n", "t = let u = 1; in u;", "v = \"w\";",
                ]), 4..14),
                edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, prop::bool::weighted(0.3), prop::sample::select(vec![
                    "", "", " ", "\n", "# x\n", "y = 1;", "inherit z;", "}", "{", ";", "\"", "''", "${", "/*", "*/", "in", "=", "rec", "a", "b = { }; c = 2;",
                ])), 1..9),
            ) {
                let tail = match head {
                    "let" => "in 1",
                    "[ ({" => "}) ]",
                    "{ a = {" | "{ ${x} = {" => "}; }",
                    _ => "}",
                };
                let mut text = format!("{head}\n{}\n{tail}", entries.join(" "));
                let mut tree = flat::parse(text.as_bytes());
                for (place, len, and_more, insert) in edits {
                    let start = place.index(text.len() + 1);
                    let end = (start + len).min(text.len());
                    text.replace_range(start..end, insert);
                    if and_more {
                        continue;
                    }
                    let next = reparse(&tree, text.as_bytes());
                    let whole = flat::parse(text.as_bytes());
                    prop_assert_eq!(&next, &whole, "{}", text);
                    // What differs is told alike, whether the trees are known to be made of each other or not.
                    for accepted in [&[][..], &[SyntaxKind::ATTR_SET], &[SyntaxKind::ATTR_SET, SyntaxKind::LET_IN]] {
                        let accept = |old: Node<'_>, _: Node<'_>| old.parent().is_some_and(|around| accepted.contains(&around.kind()));
                        let told = |of: &FlatTree| shown(&Difference::between(&tree, of, accept));
                        prop_assert_eq!(told(&next), told(&whole), "{}", text);
                    }
                    tree = next;
                }
            }
        }
    }

    #[test]
    fn edits_far_apart_are_taken_one_by_one() {
        let far = "far = [ 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 ]; ";
        let text = |first: &str, last: &str| format!("f (g {{ {far} a = {first}; {far}{far} b = {last}; {far} }})");
        let (old, new) = (flat::parse(text("1", "[ 2 ]").as_bytes()), text("x y", "[ ]"));
        let part = reparse_part(&old, &new.as_bytes().into()).unwrap();
        assert_eq!(part, flat::parse(new.as_bytes()));
        // Nothing is right in between.
        let (old, new) = (flat::parse(format!("[ a {far} b ]").as_bytes()), format!("[ ({{ {far} }}) ]"));
        assert_eq!(reparse(&old, new.as_bytes()), flat::parse(new.as_bytes()));
    }

    #[test]
    fn what_reaches_outside_is_parsed_whole() {
        for (text, insert) in [
            // Recovery from the error may have decided where the set begins.
            ("x: rec { a = |; }", "1"),
            ("{ a = [ 1 | ]; }", "] b"),
            ("{ a = \"x|\"; }", "\""),
            ("{ a = \"x|\"; }", "${"),
            ("{ a = x|; b = \"\"; }", "\""),
            ("{ a = x|; b = 1; }", "# "),
            ("{ a = x|; /* */ b = 1; }", "/*"),
            ("[ { a = 1; | } ]", "}"),
            ("let| a = 1; in a", "b"),
            ("let a = 1; |in a", "b"),
            ("let a = 1; | in a", "in b; let c = 1;"),
            ("let ${a|} = 1; in a", "b"),
            ("{ a = [ 1 | ]; b c; }", "2"),
            ("{ a = 1|; }", ";"),
            ("1|", "2"),
        ] {
            assert!(!check(text, insert), "{text}");
        }
    }
}
