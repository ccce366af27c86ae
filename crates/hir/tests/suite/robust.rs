//! Any text gives a valid module.

use nival_hir::{Buffers, LowerOptions, compile, lower, validate};
use nival_syntax::Name;
use nival_syntax::flat::{self, FlatTree};
use proptest::prelude::*;

fn check(text: &[u8]) {
    let tree = flat::parse(text);
    check_module(&tree, &LowerOptions::default());
    check_module(&tree, &LowerOptions { scope: ["a", "b", "c", "x", "f"].map(Name::new).to_vec(), patchable: true });
    check_tree(&tree);
}

/// Lowering for evaluation, of a tree without whitespace, gives the same module, and none exactly where there are errors.
fn check_module(tree: &FlatTree, options: &LowerOptions) {
    let lowered = lower(tree, options);
    match compile(tree.text().into(), options, &mut Buffers::default()) {
        Some(module) => {
            assert_eq!(lowered.errors.first(), None);
            assert_eq!(module, *lowered.module);
        }
        None => assert_ne!(lowered.errors.first(), None),
    }
}

fn check_tree(tree: &FlatTree) {
    let text = tree.text();
    let lowered = lower(tree, &LowerOptions::default());
    validate(&lowered.module).unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(text)));
    let patchable = lower(tree, &LowerOptions { patchable: true, ..LowerOptions::default() }).module;
    validate(&patchable).unwrap_or_else(|error| panic!("patchable: {error} in {:?}", String::from_utf8_lossy(text)));
    let unchanged = nival_hir::compare::compare(&patchable, &patchable.clone()).unwrap();
    assert!(unchanged.changed.is_empty());
    let module = &lowered.module;
    for id in 0..module.exprs.len() as u32 {
        let range = lowered.source_map.expr_range(nival_hir::module::ExprId(id));
        assert!(usize::from(range.end()) <= text.len());
    }
    for (index, set) in module.attrsets.iter().enumerate() {
        for attr in 0..set.attrs.len() as u32 {
            assert!(!lowered.source_map.attr(index as u32, attr).name.is_empty());
        }
    }
    for (index, lambda) in module.lambdas.iter().enumerate() {
        if let Some(nival_hir::module::Param::Pattern(pattern)) = lambda.params.last() {
            for (formal, of) in pattern.formals.iter().enumerate() {
                let range = lowered.source_map.formal_range(index as u32, lambda.params.len(), formal as u32);
                assert_eq!(&text[usize::from(range.start())..usize::from(range.end())], of.name.as_bytes());
            }
        }
    }
    for reference in lowered.scopes.references() {
        let written = &text[usize::from(reference.range.start())..usize::from(reference.range.end())];
        if matches!(written.first(), Some(b'a'..=b'z')) {
            assert_eq!(written, reference.name.as_bytes());
        }
    }
}

/// Words of the language in any order.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a", "b", "x", "or", "map", "1", "2.5", "\"", "''", "${", "}", "{", "(", ")", "[", "]", "let", "in", "rec", "with", ";", "=", ":",
        "@", ",", "?", "...", "inherit", "if", "then", "else", "assert", ".", "+", "-", "//", "<", "->", "|>", "./a", "<b>", "http://a",
        "__sub", "\n", "#", "!",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

/// Texts of correct form.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["a", "b", "c", "1", "\"s\"", "map", "./p", "{ }", "__curPos"]).prop_map(str::to_owned);
    leaf.prop_recursive(6, 80, 5, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(f, x)| format!("({f} {x})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{ a.b = {a}; a.c = {b}; inherit a; }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("rec {{ a = {a}; b = {{ c = {b}; }}; b.d = a; ${{{a}}} = b; }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("let a = {a}; inherit ({b}) b; inherit c; in {b}")),
            inner.clone().prop_map(|e| format!("a: b: {{ c ? {e}, ... }}@d: {e}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("with {a}; {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}).a.${{{b}}} or ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("\"x${{{a}}}y${{{b}}}\"")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} - {b})")),
            inner.clone().prop_map(|e| format!("let __sub = {e}; in - a")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("[ ({a}) ({b}) <x> ]")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes(text in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&text);
    }

    #[test]
    fn any_words(text in words()) {
        check(text.as_bytes());
    }

    #[test]
    fn any_expression(text in expression()) {
        check(text.as_bytes());
    }

    #[test]
    fn any_cut(text in expression(), from in 0usize..200, to in 0usize..200) {
        let (from, to) = (from.min(text.len()), to.min(text.len()));
        check(&text.as_bytes()[from.min(to)..from.max(to)]);
    }
}

#[test]
fn deep_texts_on_a_small_stack() {
    let small = |text: String| {
        // Lowering is what is tested here; the parser may need more.
        let on = |bytes: usize| std::thread::Builder::new().stack_size(bytes);
        let parse = move || {
            let tree = flat::parse(text.as_bytes());
            check_module(&tree, &LowerOptions::default());
            tree
        };
        let tree = on(32 << 20).spawn(parse).unwrap().join().unwrap();
        on(160 << 10).spawn(move || check_tree(&tree)).unwrap().join().unwrap();
    };
    for open in
        ["(", "[", "{ a = ", "x: ", "- ", "! ", "a.b or ", "with a; ", "let a = ", "\"${", "a.${", "{ a ? ", "{ inherit (", "1 + ", "f <| "]
    {
        small(open.repeat(20_000));
        small(open.repeat(400) + "1");
    }
    small("a ".repeat(50_000));
    small("1".to_owned() + &" + 1".repeat(50_000));
    small("x".to_owned() + &" |> f".repeat(5_000));
    small(format!("{{ {} = 1; {} = 2; }}", vec!["a"; 5_000].join("."), vec!["a"; 5_000].join(".")));
    small((0..200).fold(String::from("1"), |text, _| format!("{{ a = {text}; a.b = 2; }}")));
}
