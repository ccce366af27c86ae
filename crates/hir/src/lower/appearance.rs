//! Names in the order in which Nix's parser makes them. Nix evaluates the attributes of a set by the age of their names, so
//! that which of several failures comes first, and the order of traces, hang on it. Lowering itself meets names in another
//! order: it looks at all of a set's attributes before their values, and at parameters before the body.
//!
//! Nix's parser makes a name when it has read what the name is part of: an attribute's before its value, a parameter's behind
//! the body, that of a formal with a default behind the default. Formals themselves come before the body.
//!
//! The parser numbers the names of most texts that are only to be run in the same order ([`FlatTree::is_numbered`]).

#[cfg(doc)]
use nival_syntax::FlatTree;
use nival_syntax::SyntaxKind;
use nival_syntax::flat::Node;

use super::Lowerer;
use super::names::Local;

/// A name that is made later, where the scan reaches the node `end`.
#[derive(Clone, Copy)]
pub(super) struct Later {
    end: u32,
    name: u32,
}

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    /// Makes the names of the text.
    pub(super) fn make_names(&mut self) {
        let len = self.tree.len() as u32;
        self.locals.clear();
        self.locals.resize(len as usize, 0);
        self.make_names_of(0..len);
    }

    /// Makes the names of a part of the text, which is whole nodes.
    pub(super) fn make_names_of(&mut self, nodes: std::ops::Range<u32>) {
        let mut later: Vec<Later> = Vec::with_capacity(32);
        let mut index = nodes.start;
        while let Some(node) = self.tree.node(index).filter(|node| node.index() < nodes.end) {
            while let Some(&Later { end, name }) = later.last()
                && end <= index
            {
                later.pop();
                self.make_later(name);
            }
            match node.kind() {
                SyntaxKind::NAME_REF | SyntaxKind::NAME => self.make_name(node),
                SyntaxKind::DYNAMIC_ATTR => drop(self.static_name(node)),
                SyntaxKind::LAMBDA => {
                    let end = node.subtree_end();
                    let param = node.children().next();
                    let bound = param.and_then(|param| match param.kind() {
                        SyntaxKind::NAME_PARAM => param.children().next(),
                        _ => param.children().find(|child| child.kind() == SyntaxKind::AT_BINDING),
                    });
                    later.extend(bound.map(|bound| Later { end, name: bound.index() }));
                }
                // With the function, above.
                SyntaxKind::NAME_PARAM | SyntaxKind::AT_BINDING => {
                    index = node.subtree_end();
                    continue;
                }
                SyntaxKind::FORMAL if node.subtree_end() > index + 2 => {
                    later.push(Later { end: node.subtree_end(), name: index + 1 });
                    index += 2;
                    continue;
                }
                SyntaxKind::ATTRPATH | SyntaxKind::INHERIT => {
                    let from = later.len();
                    let strings = node.children().filter(|child| child.kind() == SyntaxKind::STR);
                    later.extend(strings.map(|child| Later { end: child.subtree_end(), name: child.index() }));
                    if later.len() > from + 1 {
                        later[from..].reverse();
                    }
                }
                _ => {}
            }
            index += 1;
        }
        while let Some(Later { name, .. }) = later.pop() {
            self.make_later(name);
        }
    }

    fn make_later(&mut self, index: u32) {
        let Some(node) = self.tree.node(index) else { return };
        match node.kind() {
            SyntaxKind::STR => drop(self.static_name(node)),
            SyntaxKind::AT_BINDING => {
                node.children().filter(|child| child.kind() == SyntaxKind::NAME).for_each(|name| self.make_name(name))
            }
            _ => self.make_name(node),
        }
    }

    #[inline]
    fn make_name(&mut self, node: Node<'t>) {
        let local = self.env.names.local(node.text());
        if let Some(known) = self.locals.get_mut(node.index() as usize) {
            *known = local.0 + 1;
        }
    }

    /// The name that is the text of a node.
    #[inline]
    pub(super) fn local(&mut self, node: Node<'t>) -> Local {
        if let Some(known) = node.number() {
            return Local(known);
        }
        match self.locals.get(node.index() as usize) {
            Some(&known) if known > 0 => Local(known - 1),
            _ => self.env.names.local(node.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nival_syntax::flat;
    use proptest::prelude::*;

    use super::*;

    /// The parser meets names in the order in which lowering makes them.
    fn check(text: &str) {
        let tree = flat::parse(text.as_bytes());
        let mut lowerer = Lowerer::<true>::new(&tree);
        lowerer.make_names();
        let made: Vec<Vec<u8>> = lowerer.env.names.keys().iter().map(|key| key.to_vec()).collect();
        let (text, mut met) = (Arc::from(text.as_bytes()), Vec::<Vec<u8>>::new());
        let number = |name: &[u8]| {
            let known = met.iter().position(|known| known == name);
            known.unwrap_or_else(|| {
                met.push(name.to_vec());
                met.len() - 1
            }) as u32
        };
        let Some(code) = flat::parse_code(&text, &mut flat::Buffers::default(), number) else {
            assert!(!tree.errors().is_empty());
            return;
        };
        assert_eq!(met, made[..if code.is_numbered() { made.len() } else { met.len() }]);
        for index in 0..code.len() as u32 {
            let (node, whole) = (code.node(index).unwrap(), tree.node(index).unwrap());
            assert_eq!(node.kind(), whole.kind());
            if let Some(number) = node.number() {
                assert_eq!(
                    made[number as usize],
                    whole.text().strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\"")).unwrap_or(whole.text())
                );
            }
        }
    }

    #[test]
    fn the_parser_meets_names_in_the_same_order() {
        check("a@{ b ? c, d, e ? { f ? g }: h }: i: j@{ k }: l { m.\"n\".o = p; inherit q \"r\"; inherit (s) t; ${u} = v; \"\" = w; }");
        check("{ a ? b: { c }@d: e, f }@g: x.\"h\".${i} or j ? k.\"l${m}\" or");
        check("{ a = b; \"c\\n\" = d; e = f: g; }");
        check("{ a = b; ${\"c\"} = d; e = f: g; }");
        check("{ a = b; ${(c)} = d; ${\"${e}\"} = f; ${g + h} = i; \"j${k}\" = l: m; }");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn of_any_text(text in r#"(\{ ([abc](\? [d-f]: [gh])?, )*\}@[ik]: |[l-n]: |\{ [o-q]|\.["$r]|= ([s-u]; )?|\}|[w-y]@\{ [a-f] \? |inherit |"[v]?"|\$\{|[\[\]();,z"] ?){0,24}"#) {
            check(&text);
        }

        #[test]
        fn of_sets(
            names in prop::collection::vec(prop::sample::select(vec!["a", "b.c", "\"d\"", "\"e\".f", "${g}", "${\"h\"}", "\"i${j}\"", "k.\"l\\t\""]), 1..8),
            values in prop::collection::vec(prop::sample::select(vec!["m", "n: o", "{ p ? q: r, s }@t: u", "v@{ w ? { x }: y.\"z\" or A }: B", "\"${C}\"", "D ? \"E\".F"]), 8..9),
        ) {
            let text: String = names.iter().zip(&values).map(|(name, value)| format!("{name} = {value}; ")).collect();
            check(&format!("{{ {text} }}"));
        }
    }
}
