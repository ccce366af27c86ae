//! What the tree alone tells of names is what lowering tells.

mod compare;

use compare::{Told, compare};
use nival_syntax::flat;
use proptest::prelude::*;

#[track_caller]
fn told(text: &str) -> Told {
    let tree = flat::parse(text.as_bytes());
    compare(&tree, true).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// Of these texts everything is told.
#[test]
fn names_mean_what_lowering_says() {
    for text in [
        "let a = 1; b = a; in a + b",
        "let a.b = 1; a.c = a; in a",
        "{ a, b ? a, ... }@c: d: a b c d e",
        "a: { inherit a; }",
        "a: rec { inherit a; b = a; }",
        "a: let inherit a; inherit (a) b; in b",
        "with a; with b; a c builtins.d map",
        "with with a; b; c",
        "rec { a = b; b.c = a; ${a} = b; d.${b}.e = c; }",
        "let { body = a; a = body; }",
        "let \"a\" = 1; ${\"b\"} = a; in { inherit \"a\" ${\"b\"}; }",
        "a: a.a.a or a ? a.${a}.\"${a}\"",
        "<a> + ./a/${a}/a + a:a + \"a ${a} a\" + ''a ${a} a'' # a\n + /* a */ a",
        "f: { or = [ (f or) or ]; b.or = 1; }",
        "let a-b = 1; a' = a-b; _a = a'; a_ = _a; in a_ - a' -a-b",
        "let a = 1; in { a = { b.a = a; }; b = rec { a = a; }; }",
        "{ a.b = x: x; a.c = x; }",
        "{ a = { b = c; }; d = rec { e = f; f = e; }; }",
        "let a = x: x; in rec { b = a (x: x); inherit (rec { x = y; y = x; }) y; }",
        "x: x: { x }@y: { x ? y }: x",
        "(let a = a; in a) // (rec { a = a; })",
        "let a = 1; a = 2; in a",
        "rec { a = 1; inherit a; b = a; inherit (a) b; }",
        "a@{ a }: a",
        "assert a; if a then let a = b; in a else a",
    ] {
        let told = told(text);
        assert_eq!(told.silent, 0, "{text}");
        assert!(told.names > 0, "{text}");
    }
}

/// Here something else is at work for some of the names, and nothing is said of them.
#[test]
fn what_the_tree_does_not_tell() {
    for text in [
        "{ a = rec { x = 1; }; a.y = x; }",
        "{ a.y = x; a = rec { x = 1; }; }",
        "{ a.b = rec { x = 1; }; a = { b.y = x; }; }",
        "{ a = { b = rec { x = 1; }; }; a.b.y = x; }",
        "let a = (rec { x = 1; }); a = { y = x; }; in a",
        "let x = 1; in { inherit \"\\x\"; }",
        "b: { a, a ? b }: a",
        "x: { a = { inherit x; }; a = { inherit x; }; }",
        "x: { a = { b = 1; }; a = { b.c = x; }; }",
        "x: { a = 1; a.${x}.b = 2; }",
        "let __sub = a: a; in __sub 1",
        "let a = ; in a",
        "let \"a b\" = 1; in { inherit \"a b\"; }",
    ] {
        assert!(told(text).silent > 0, "{text}");
    }
}

/// Expressions with names out of few, so that they hide each other.
fn expr() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(vec!["a", "b", "c", "map"]);
    let attr = move || {
        prop_oneof![
            8 => name().prop_map(str::to_owned),
            1 => name().prop_map(|name| format!("\"{name}\"")),
            1 => name().prop_map(|name| format!("${{\"{name}\"}}")),
            1 => name().prop_map(|name| format!("${{{name}}}")),
            1 => Just("\"${a}\"".to_owned()),
        ]
    };
    let leaf = prop_oneof![8 => name().prop_map(str::to_owned), 1 => Just("1".to_owned()), 1 => Just("<a>".to_owned())];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        let path = prop::collection::vec(attr(), 1..4).prop_map(|names| names.join("."));
        let plain = || prop_oneof![4 => name().prop_map(str::to_owned), 1 => name().prop_map(|name| format!("\"{name}\""))];
        let entry = prop_oneof![
            6 => (path.clone(), inner.clone()).prop_map(|(path, value)| format!("{path} = {value};")),
            1 => prop::collection::vec(plain(), 0..3).prop_map(|names| format!("inherit {};", names.join(" "))),
            1 => (inner.clone(), prop::collection::vec(plain(), 0..3)).prop_map(|(from, names)| format!("inherit ({from}) {};", names.join(" "))),
        ];
        let entries = prop::collection::vec(entry, 0..4).prop_map(|entries| entries.join(" "));
        let formal = (name(), prop::option::of(inner.clone())).prop_map(|(name, default)| match default {
            Some(default) => format!("{name} ? {default}"),
            None => name.to_owned(),
        });
        let pattern = (prop::collection::vec(formal, 0..3), prop::option::of(name()), any::<bool>()).prop_map(|(formals, at, first)| {
            let set = format!("{{ {} }}", formals.join(", "));
            match at {
                Some(at) if first => format!("{at}@{set}"),
                Some(at) => format!("{set}@{at}"),
                None => set,
            }
        });
        prop_oneof![
            2 => entries.clone().prop_map(|entries| format!("{{ {entries} }}")),
            2 => entries.clone().prop_map(|entries| format!("rec {{ {entries} }}")),
            2 => (entries.clone(), inner.clone()).prop_map(|(entries, body)| format!("(let {entries} in {body})")),
            1 => entries.prop_map(|entries| format!("let {{ {entries} }}")),
            1 => (name(), inner.clone()).prop_map(|(name, body)| format!("({name}: {body})")),
            2 => (pattern, inner.clone()).prop_map(|(pattern, body)| format!("({pattern}: {body})")),
            2 => (inner.clone(), inner.clone()).prop_map(|(set, body)| format!("(with {set}; {body})")),
            1 => (inner.clone(), path).prop_map(|(base, path)| format!("({base}).{path}")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} {b})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} - {b})")),
            1 => inner.clone().prop_map(|inner| format!("\"a ${{{inner}}}\"")),
            1 => inner.prop_map(|inner| format!("({inner})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn of_random_programs(text in expr()) {
        let tree = flat::parse(text.as_bytes());
        if let Err(error) = compare(&tree, true) {
            prop_assert!(false, "{text}\n{error}");
        }
    }

    #[test]
    fn of_what_is_left_of_them(text in expr(), cut in any::<prop::sample::Index>()) {
        let text = &text[..cut.index(text.len() + 1)];
        let tree = flat::parse(text.as_bytes());
        if let Err(error) = compare(&tree, true) {
            prop_assert!(false, "{text}\n{error}");
        }
    }
}
