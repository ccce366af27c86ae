//! Properties over garbage, token soup and edited code.

use nival_syntax::{Element, FlatTree, Parse, SyntaxNode, TextEdit, TextRange, TextSize, TreeNode, TreeToken, flat, parse};
use proptest::prelude::*;

/// Pieces that make interesting mixtures.
const PIECES: &[&str] = &[
    " ",
    " ",
    " ",
    "\n",
    "\t",
    "\r\n",
    "\r",
    "a",
    "b",
    "x",
    "foo",
    "or",
    "if",
    "then",
    "else",
    "let",
    "in",
    "with",
    "assert",
    "rec",
    "inherit",
    "__curPos",
    "{",
    "}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ";",
    "=",
    " = ",
    ":",
    ": ",
    ",",
    "@",
    ".",
    "...",
    "?",
    "++",
    "+",
    "-",
    "*",
    "/",
    "//",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    "->",
    "|>",
    "<|",
    "!",
    "\"",
    "\"",
    "''",
    "''",
    "${",
    "}",
    "$",
    "$$",
    "\\",
    "\\n",
    "'",
    "''$",
    "'''",
    "''\\n",
    "./a",
    "a/b",
    "~/c",
    "/d",
    "/",
    "<e>",
    "http://f",
    "1",
    "0",
    ".5",
    "1.5e3",
    "99999999999999999999",
    "# c\n",
    "/* d */",
    "/*",
    "é",
    "\u{feff}",
    "\0",
    "~",
    "_",
    "a'b",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

/// Code without errors, with all kinds of blocks.
fn code() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["a", "1", "x.y", "./p", "\"s\"", "''\n  t\n''", "{ }", "[ ]", "__curPos", "1.5", "<n>", "f or"])
        .prop_map(String::from);
    leaf.prop_recursive(5, 60, 4, |inner| {
        let many = prop::collection::vec(inner.clone(), 0..4);
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            many.clone().prop_map(|items| format!("[ {} ]", items.iter().map(|i| format!("({i}) ")).collect::<String>())),
            many.clone().prop_map(|items| format!(
                "{{ {} }}",
                items.iter().enumerate().map(|(n, i)| format!("a{n}.b = {i}; ")).collect::<String>()
            )),
            many.prop_map(|items| format!(
                "let {} in x",
                items.iter().enumerate().map(|(n, i)| format!("a{n} = {i};\n")).collect::<String>()
            )),
            two.clone().prop_map(|(a, b)| format!("(x: {a}) ({b})")),
            two.clone().prop_map(|(a, b)| format!("{{ x ? {a}, ... }}@y: {b}")),
            two.clone().prop_map(|(a, b)| format!("({a}) + ({b})")),
            two.clone().prop_map(|(a, b)| format!("if {a} then {b} else x")),
            two.clone().prop_map(|(a, b)| format!("with {a}; {b}")),
            two.prop_map(|(a, b)| format!("{{ inherit ({a}) p q; \"r${{{b}}}\" = 1; }}")),
            inner.clone().prop_map(|a| format!("\"s${{{a}}}t\"")),
            inner.prop_map(|a| format!("''\n  s${{{a}}}\n  t''")),
        ]
    })
}

fn text_of(tree: &FlatTree) -> Vec<u8> {
    (0..tree.token_count() as u32).filter_map(|i| tree.token(i)).flat_map(|t| t.text().to_vec()).collect()
}

/// Nodes and tokens in order, by walking down.
fn walk<N: TreeNode>(node: &N, out: &mut Vec<(nival_syntax::SyntaxKind, TextRange, Option<Vec<u8>>)>) {
    out.push((node.kind(), node.range(), None));
    for element in node.elements() {
        match element {
            Element::Node(child) => walk(&child, out),
            Element::Token(token) => out.push((token.kind(), token.range(), Some(token.text().to_vec()))),
        }
    }
}

fn same_trees(flat: &FlatTree, rowan: &SyntaxNode) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    walk(&flat.root(), &mut left);
    walk(rowan, &mut right);
    assert_eq!(left, right);
    let children: Vec<_> = flat.root().children().map(|n| n.range()).collect();
    assert_eq!(children, rowan.children().map(|n| n.text_range()).collect::<Vec<_>>());
}

fn in_bounds(tree: &FlatTree) {
    for error in tree.errors() {
        assert!(usize::from(error.range.end()) <= tree.text().len());
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn any_bytes_print_back(text in prop::collection::vec(any::<u8>(), 0..120)) {
        let tree = flat::parse(&text);
        prop_assert_eq!(text_of(&tree), text);
        in_bounds(&tree);
    }

    #[test]
    fn soup_prints_back_and_trees_agree(text in soup()) {
        let tree = flat::parse(text.as_bytes());
        prop_assert_eq!(text_of(&tree), text.as_bytes());
        in_bounds(&tree);
        let parsed = parse(&text);
        prop_assert_eq!(parsed.syntax().to_string(), text);
        prop_assert_eq!(parsed.errors(), tree.errors());
        same_trees(&tree, &parsed.syntax());
    }

    #[test]
    fn soup_with_broken_bytes(text in soup(), at in 0usize..200, byte: u8) {
        let mut text = text.into_bytes();
        if let Some(place) = text.get_mut(at) {
            *place = byte;
        }
        let tree = flat::parse(&text);
        prop_assert_eq!(text_of(&tree), text);
        in_bounds(&tree);
    }

    #[test]
    fn generated_code_has_no_errors(text in code()) {
        let tree = flat::parse(text.as_bytes());
        prop_assert_eq!(tree.errors(), &[], "{}", text);
    }

    #[test]
    fn reparse_is_parse(text in prop_oneof![3 => code(), 1 => soup()], edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, soup_piece()), 1..6)) {
        let mut text = text;
        let mut current_flat = flat::parse(text.as_bytes());
        for (at, length, insert) in edits {
            let bounds: Vec<usize> = (0..=text.len()).filter(|&i| text.is_char_boundary(i)).collect();
            let start = at.index(bounds.len());
            let end = (start + length).min(bounds.len() - 1);
            let range = TextRange::new(TextSize::new(bounds[start] as u32), TextSize::new(bounds[end] as u32));
            let edit = TextEdit::replace(range, insert);
            text = edit.apply(&text).unwrap();
            let full = parse(&text);
            current_flat = flat::reparse(&current_flat, text.as_bytes());
            prop_assert!(current_flat == flat::parse(text.as_bytes()), "{:?}\n{:#?}", text, full.syntax());
            let current = Parse::from_flat(&current_flat);
            prop_assert_eq!(current.errors(), full.errors(), "{:?}", text);
            prop_assert!(current == full, "{:?}\n{:#?}\n{:#?}", text, current.syntax(), full.syntax());
        }
    }
}

fn soup_piece() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::collection::vec(prop::sample::select(PIECES), 0..3).prop_map(|pieces| pieces.concat()),
        1 => prop::sample::select(vec!["c = 1;", "(d)", "[ e ]", "{ f = 2; }", "\"g\"", " 3 ", "inherit h;"]).prop_map(String::from),
    ]
}
