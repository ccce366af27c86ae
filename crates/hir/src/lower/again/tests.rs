//! Whatever is typed, what is lowered again is what is lowered anew.

use nival_syntax::flat;
use proptest::prelude::*;

use super::super::lower_for_edits;
use super::*;

/// Texts typed one after the other. How many of them were made of the one before.
fn type_in(texts: impl IntoIterator<Item = Vec<u8>>) -> usize {
    let mut former: Option<(FlatTree, Lowered)> = None;
    let mut again = 0;
    for text in texts {
        let tree = match &former {
            Some((former, _)) => flat::reparse(former, &text[..]),
            None => flat::parse(&text),
        };
        let made = former.as_ref().and_then(|(former, lowered)| lower_again(former, lowered, &tree, &|| ()));
        let fresh = lower_for_edits(&tree, &|| ());
        if let Some(made) = &made {
            again += 1;
            let shown = String::from_utf8_lossy(&text);
            assert_eq!(made.module, fresh.module, "{shown}");
            assert_eq!(made.source_map, fresh.source_map, "{shown}");
            assert_eq!(made.scopes, fresh.scopes, "{shown}");
            assert_eq!(made.errors, fresh.errors, "{shown}");
        }
        // Pieces may be others, for sets that have grown; the next text is made with them.
        former = Some((tree, made.unwrap_or(fresh)));
    }
    again
}

/// Types at `|`, letter by letter, and takes it away again; whether each text was made of the one before.
#[track_caller]
fn check(text: &str, insert: &str, expected: bool) {
    let texts: Vec<Vec<u8>> = (0..=insert.len()).map(|end| text.replacen('|', &insert[..end], 1).into_bytes()).collect();
    let back = texts.iter().rev().skip(1).cloned().collect::<Vec<_>>();
    let all = texts.len() + back.len() - 1;
    let again = type_in(texts.into_iter().chain(back));
    assert_eq!(again == all, expected, "{text}: {again} of {all}");
}

/// Types at `|` at once, and takes it away again.
#[track_caller]
fn check_once(text: &str, insert: &str, expected: bool) {
    let (without, with) = (text.replacen('|', "", 1).into_bytes(), text.replacen('|', insert, 1).into_bytes());
    let again = type_in([without.clone(), with, without]);
    assert_eq!(again == 2, expected, "{text}: {again} of 2");
}

#[test]
fn values_and_comments() {
    check("{ aa = 1|; bb = { cc = dd: [ dd 1 ]; }; }", "23", true);
    check("x: y: { aa = x|; bb = { cc = dd: [ dd y 1 ]; }; }", " y", true);
    check("x: let aa = x; bb = aa|; in { cc = aa: bb; dd = bb aa; }", " aa x", true);
    check("x: rec { aa = x; bb = aa|; cc = aa: bb; dd = bb aa; }", " aa x", true);
    check("{ aa = 1; |bb = { cc = dd: [ dd 1 ]; }; }", "    ", true);
    check("{ aa = 1; #|\nbb = { cc = dd: [ dd 1 ]; }; }", " comment", true);
    check("| { aa = 1; }", "  ", true);
    check("{ aa = 1; } |", "  ", true);
    check("x: { aa.bb = 1; cc = x: x; aa.dd = { ee = x|; ff = 1; }; gg = aa: bb: x; }", " x", true);
    check("{ x ? { y = 1|; z = 2; }, v ? x }: { aa = v: x.y; }", "2 3", true);
    check("x: { aa = [ (y: y) x |]; bb = z: \"a${x z}b${{ c = d: d; }.c 1}\" ; }", "(z: { a, b ? z }@c: [ a b c ])", false);
    check("x: { aa = [ (y: y) x |]; bb = z: \"a${x z}b${{ c = d: d; }.c 1}\" ; }", " x \"a\" ./b x.y", false);
    check("x: { aa = [ (y: y) x |]; bb = z: \"a${x z}b${{ c = d: d; }.c 1}\" ; }", " x 25 y x", true);
}

#[test]
fn names_of_attributes() {
    check("{ aa = 1; bb| = { cc = dd: [ dd 1 ]; }; }", "bc", true);
    check("{ b = 1; aa| = ee: { cc = dd: [ dd 1 ]; }; ab = 3; zz = 5; }", "zx", true);
    // Another attribute of the same name, and a name that others may see.
    check("{ bb = 1; b| = { cc = dd: [ dd 1 ]; }; }", "b", false);
    check("rec { b| = { cc = dd: [ dd bb 1 ]; }; }", "b", false);
}

#[test]
fn entries_between_others() {
    check("{ aa = 1; | bb = { cc = dd: [ dd 1 ]; }; }", "ab = x: x; ", false);
    check_once("{ aa = 1; | bb = { cc = dd: [ dd 1 ]; }; }", "ab = x: x;", true);
    check_once("p: { aa = 1; inherit (p) cc dd|; inherit p; bb = { cc = dd: [ dd 1 ]; }; }", " ee \"ff\"", true);
    check("p: { aa = 1; inherit (p) cc dd|; inherit p; bb = { cc = dd: [ dd 1 ]; }; }", "ee", true);
    check("p: { a = p; inherit (p) cc; inherit (p.q p) d| e; f = x: y; inherit (p) g; h = g: g p; }", "dd", true);
    check("p: q: with p; { a = v; inherit (p) cc; inherit q|; f = x: y: [ v w ]; inherit (p) g; h = g: g p; }", "rs v", true);
    check_once("p: with p; { aa.bb = v; cc = v; | dd = x: w v; ee.ff = w; }", "zz = { inherit x y; xx = y: y v; }; az = 1; ", true);
    check_once("p: { a = { b = 1; inherit (p) c d; | e = [ { } ]; }; f = { g = x: { h = 1; }; }; }", "inherit p; i = { }; j = p; ", true);
    // Another of that name, a path, a name that is evaluated, a source more, a set that sees its names.
    check_once("{ aa = 1; | bb = 2; cc = 3; }", "cc = 2; ", false);
    check_once("{ aa = 1; | bb = 2; }", "cc.dd = 2; ", false);
    check_once("p: { aa = 1; | bb = 2; }", "${p} = 2; ", false);
    check_once("p: { aa = 1; inherit (p) q; | bb = 2; }", "inherit (p) r; ", false);
    check_once("p: rec { aa = 1; | bb = 2; }", "cc = 2; ", false);
    check_once("p: let aa = 1; | bb = 2; in { cc = aa; }", "cc = 2; ", false);
    check_once("p: { aa = { b = 1; | c = 2; dd = 3; }; aa.e = 2; }", "z = 2; ", true);
    check_once("p: { aa = { b = 1; | c = 2; dd = 3; }; aa.e = 2; }", "e = 2; ", false);
    check_once("p: { aa = { b = 1; inherit p; c = 2; dd = 3; | ff = 3; }; aa.dd.x = 2; }", "dd.y = 2; ", false);
}

#[test]
fn lookups_in_withs() {
    check("p: with p; { aa = ff 1; bb = ff gg|; cc = gg ff; }", " ff", true);
    // The first use of a name that others use goes, and comes.
    check("p: with p; { aa = 1; bb = ff g|; cc = gg ff; }", "g", false);
    check("p: with p; { aa = ff 1; bb = x: x hh|; cc = x: gg ff; }", " ff gg", true);
    check("p: with p; x: { aa = ff 1; bb = x: hh|; cc = x: gg ff; }", " ff gg", false);
    check("p: with p; { aa = with ff; jj: kk jj; bb = with gg; hh|; cc = with hh; gg; }", " ff (with hh; gg) x", false);
    check("p: with p; { aa = with ff; kk; cc = hh: gg; dd = with jj; kk; }", "x", true);
    check("p: with p; { aa = (with ff; 1) kk|; }", "x", true);
}

#[test]
fn operators_that_are_bound() {
    check("{ __sub, __lessThan }: { aa = 1 - 2|; bb = 3 < 4; cc = <x>; }", " - 3", false);
    check("let __findFile = 1; in { aa = <x>|; bb = <y>; }", " 3", true);
}

#[test]
fn errors() {
    check("{ aa = 1|; bb = { cc = dd: [ dd 1 ]; }; }", " x", true);
    check("{ aa = 1|; bb = { cc = dd: [ dd x ]; }; }", " 2", true);
    check("{ aa = 1|; bb = { cc = dd: [ dd x ]; }; }", " y", false);
    check("{ aa = 1|; bb = { cc = dd: [ dd 1 ]; }; }", " x y", false);
}

/// A value that may need every table.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "x",
        "y",
        "aa",
        "bb",
        "cc",
        "\"s\"",
        "./p",
        "2.5",
        "<n>",
        "pp.qq",
        "true",
        "\"a${x}b\"",
        "pp.qq.rr or y",
        "pp ? qq.\"r\"",
        "__curPos",
        "1 - 2",
        "-x",
        "{ }",
        "[ ]",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 40, 5, |inner| {
        let name = prop::sample::select(vec!["aa", "bb", "cc", "dd.ee", "dd.ff", "gg.hh.ii", "\"jj\"", "\"k${x}\"", "${y}", "x", "pp"]);
        let entry = prop_oneof![
            6 => (name, inner.clone()).prop_map(|(name, value)| format!("{name} = {value};")),
            1 => Just("inherit x yy;".to_owned()),
            1 => inner.clone().prop_map(|from| format!("inherit ({from}) vv ww;")),
        ];
        let entries = prop::collection::vec(entry, 1..6).prop_map(|entries| entries.join("\n"));
        prop_oneof![
            3 => entries.clone().prop_map(|entries| format!("{{ {entries} }}")),
            1 => entries.clone().prop_map(|entries| format!("rec {{ {entries} }}")),
            1 => (entries, inner.clone()).prop_map(|(entries, body)| format!("(let {entries} in {body})")),
            1 => inner.clone().prop_map(|body| format!("(x: {body})")),
            1 => inner.clone().prop_map(|body| format!("(x: yy: {{ aa, bb ? x, ... }}@pp: {body})")),
            1 => inner.clone().prop_map(|body| format!("(with pp; {body})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("[ {one} {other} ]")),
            1 => (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} {other})")),
            1 => (inner.clone(), inner).prop_map(|(one, other)| format!("(if x then {one} else {other})")),
        ]
    })
}

fn file() -> impl Strategy<Value = String> {
    let head = prop::sample::select(vec!["x: y: pp: ", "{ x, y ? pp, pp }: with pp; ", "x: y: pp: with pp; ", "pp: x: with x; y: ", ""]);
    (head, prop::collection::vec(value(), 1..6), prop::bool::ANY).prop_map(|(head, values, recursive)| {
        let entries: String = values.iter().zip(0..).map(|(value, number)| format!("  a{number} = {value};\n")).collect();
        format!("{head}{}{{\n{entries}}}", if recursive { "rec " } else { "" })
    })
}

/// Takes some tokens of a text out and puts a text in their place.
fn edited(text: &[u8], place: usize, tokens: usize, insert: &str) -> Vec<u8> {
    let tree = flat::parse(text);
    let place = (place % tree.token_count().max(1)) as u32;
    let at = |token: u32| tree.token(token).map_or(text.len(), |token| token.range().start().into());
    [&text[..at(place)], insert.as_bytes(), &text[at(place + tokens as u32)..]].concat()
}

/// Puts a text behind one of the entries of a text, or among the names of one of its `inherit`s.
fn entered(text: &[u8], place: usize, among: bool, insert: &str) -> Vec<u8> {
    let tree = flat::parse(text);
    let nodes = (0..tree.len() as u32).filter_map(|index| tree.node(index));
    let ends: Vec<usize> = nodes
        .filter(|node| node.kind() == SyntaxKind::INHERIT || !among && node.kind() == SyntaxKind::BINDING)
        .map(|node| usize::from(node.range().end()) - usize::from(among))
        .collect();
    match ends.get(place % ends.len().max(1)) {
        Some(&at) => [&text[..at], insert.as_bytes(), &text[at..]].concat(),
        None => text.to_vec(),
    }
}

/// Takes one of the entries of a text out.
fn without_entry(text: &[u8], place: usize) -> Vec<u8> {
    let tree = flat::parse(text);
    let nodes = (0..tree.len() as u32).filter_map(|index| tree.node(index));
    let entries: Vec<_> = nodes.filter(|node| matches!(node.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT)).collect();
    match entries.get(place % entries.len().max(1)) {
        Some(entry) => [&text[..entry.range().start().into()], &text[entry.range().end().into()..]].concat(),
        None => text.to_vec(),
    }
}

#[derive(Debug, Clone)]
enum Edit {
    Tokens { place: usize, count: usize, insert: String },
    Entry { place: usize, among: bool, insert: String },
    Removal(usize),
    Undo,
}

/// A set in which most entries can come and go.
fn set() -> impl Strategy<Value = String> {
    let head =
        prop::sample::select(vec!["x: y: pp: ", "x: y: pp: with pp; ", "pp: x: with x; y: ", "x: pp: { y }: rec { s = { aa = 1; }; r = "]);
    let entry = prop_oneof![
        4 => value().prop_map(|value| format!("= {value};")),
        1 => Just("inherit (pp)".to_owned()),
        1 => Just("inherit (x.y z)".to_owned()),
        1 => Just("inherit".to_owned()),
    ];
    (head, prop::collection::vec(entry, 3..10)).prop_map(|(head, entries)| {
        let entries: String = (0..)
            .zip(entries)
            .map(|(number, entry)| match entry.strip_prefix('=') {
                Some(value) => format!("  a{number} ={value}\n"),
                None => format!("  {entry} b{number} c{number};\n"),
            })
            .collect();
        format!("{head}{{\n{entries}}}{}", if head.contains("rec") { "; t = y; }" } else { "" })
    })
}

fn small_edit() -> impl Strategy<Value = Edit> {
    let name = || (1..9u8).prop_map(|number| format!("n{number}"));
    let value = prop::sample::select(vec!["1", "x y", "z: z y zz", "[ pp.q ]", "{ u = 1; v = zz; }", "zz"]);
    let entry = prop_oneof![
        2 => (name(), value.clone()).prop_map(|(name, value)| format!(" {name} = {value};")),
        1 => (name(), name(), value).prop_map(|(name, other, value)| format!("{name} = {value};\n inherit {other};")),
        1 => name().prop_map(|name| format!("inherit {name};")),
    ];
    prop_oneof![
        2 => (any::<usize>(), entry).prop_map(|(place, insert)| Edit::Entry { place, among: false, insert }),
        3 => (any::<usize>(), name()).prop_map(|(place, name)| Edit::Entry { place, among: true, insert: format!(" {name}") }),
        1 => any::<usize>().prop_map(Edit::Removal),
        2 => Just(Edit::Undo),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let name = || prop::sample::select(vec!["n1", "n2", "a1", "aa", "x", "pp", "\"n3\"", "n4.n5", "${x}"]);
    let entry = prop_oneof![
        3 => (name(), value()).prop_map(|(name, value)| format!(" {name} = {value};")),
        1 => name().prop_map(|name| format!("inherit {name};")),
        1 => (name(), name()).prop_map(|(from, name)| format!("\n inherit ({from}) {name};")),
    ];
    prop_oneof![
        3 => (any::<usize>(), 0usize..4, value(), prop::bool::ANY).prop_map(|(place, count, insert, blank)| Edit::Tokens {
            place,
            count,
            insert: if blank { " # x\n ".to_owned() } else { format!(" {insert} ") },
        }),
        2 => (any::<usize>(), entry).prop_map(|(place, insert)| Edit::Entry { place, among: false, insert }),
        2 => (any::<usize>(), name()).prop_map(|(place, name)| Edit::Entry { place, among: true, insert: format!(" {name}") }),
        1 => any::<usize>().prop_map(Edit::Removal),
        1 => Just(Edit::Undo),
    ]
}

fn make(text: &str, edits: Vec<Edit>) {
    let mut texts = vec![text.as_bytes().to_vec()];
    for edit in edits {
        let last = texts.last().unwrap();
        let next = match edit {
            Edit::Tokens { place, count, insert } => edited(last, place, count, &insert),
            Edit::Entry { place, among, insert } => entered(last, place, among, &insert),
            Edit::Removal(place) => without_entry(last, place),
            Edit::Undo => texts[texts.len().saturating_sub(2)].clone(),
        };
        // Texts with errors are lowered whole.
        if flat::parse(&next).errors().is_empty() {
            texts.push(next);
        }
    }
    type_in(texts);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn random_edits(text in file(), edits in prop::collection::vec(edit(), 1..8)) {
        make(&text, edits);
    }

    #[test]
    fn random_entries(text in set(), edits in prop::collection::vec(small_edit(), 1..8)) {
        make(&text, edits);
    }
}
