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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn random_edits(
        text in file(),
        edits in prop::collection::vec((any::<usize>(), 0usize..4, value(), prop::bool::ANY), 1..8),
    ) {
        let mut texts = vec![text.into_bytes()];
        for (place, tokens, insert, blank) in edits {
            let last = texts.last().unwrap();
            let insert = if blank { " # x\n ".to_owned() } else { format!(" {insert} ") };
            let next = edited(last, place, tokens, &insert);
            // Texts with errors are lowered whole.
            if flat::parse(&next).errors().is_empty() {
                texts.push(next);
            }
        }
        type_in(texts);
    }
}
