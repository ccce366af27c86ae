//! Any text is checked, and every fix of any text keeps its promises.

use std::path::{Path, PathBuf};

use nival_lint::check_text;
use nival_syntax::TextRange;
use proptest::prelude::*;

use crate::fixes::judge_all;

/// Nothing panics, and what is found lies in the text.
fn check(text: &[u8]) {
    let whole = TextRange::up_to((text.len() as u32).into());
    for found in check_text(text) {
        assert!(whole.contains_range(found.range));
        assert!(found.related.iter().all(|related| whole.contains_range(related.range)));
        for fix in &found.fixes {
            let mut edits: Vec<_> = fix.edits.iter().map(|edit| edit.range).collect();
            edits.sort_by_key(|range| (range.start(), range.end()));
            assert!(edits.iter().all(|range| whole.contains_range(*range)), "{edits:?}");
            assert!(
                edits.windows(2).all(|two| two[0].end() <= two[1].start()),
                "{} {edits:?} {}",
                found.code,
                String::from_utf8_lossy(text)
            );
        }
    }
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a",
        "b",
        "x",
        "or",
        "map",
        "1",
        "01.5",
        "\"",
        "''",
        "${",
        "}",
        "{",
        "(",
        ")",
        "[",
        "]",
        "let",
        "in",
        "rec",
        "with",
        ";",
        "=",
        ":",
        "@",
        ",",
        "?",
        "...",
        "inherit",
        "if",
        "then",
        "else",
        "assert",
        ".",
        "+",
        "==",
        "++",
        "!",
        "->",
        "|>",
        "./a",
        "./a/",
        "http://a",
        "builtins",
        "true",
        "\n",
        "# nival: ignore[a\n",
        "/* deadnix: skip */",
        "/*",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

/// Texts that Nix takes and that have something of every rule; names are bound outside.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "b",
        "s.a",
        "s.b or 1",
        "(a)",
        "true",
        "[ ]",
        "1",
        "\"s\"",
        "(\"${a}\")",
        "./p",
        "http://a.b",
        "{ }",
        "builtins.map",
        "(/* c */ b)",
        "rec { }",
        "x: f x",
        "a: 1",
        "{ ... }: b",
        "b@{ ... }: 1",
        "let in a",
        "{ inherit; or = 1; }",
    ]);
    let leaf = leaf.prop_map(|text| if text.contains(':') && !text.starts_with("http") { format!("({text})") } else { text.to_owned() });
    let space = || prop::sample::select(vec!["", " ", "\n", " # c\n", "\n  ", "/* c */"]);
    leaf.prop_recursive(5, 60, 4, move |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), space()).prop_map(|(f, x, s)| format!("({s}{f} {x}{s})")),
            (inner.clone(), space()).prop_map(|(a, s)| format!("({s}{a}{s})")),
            (inner.clone(), inner.clone(), space())
                .prop_map(|(a, b, s)| format!("{{{s}a = a;{s}b = {a};{s}c = s.c;{s}d = s.d;{s}e = {b};{s}}}")),
            (inner.clone(), inner.clone(), space()).prop_map(|(a, b, s)| format!("rec {{{s}a = {a};{s}z.y = {b};{s}z.x = a; z.w = 1; }}")),
            (inner.clone(), inner.clone(), space()).prop_map(|(a, b, s)| format!("(let{s} a = {a};{s} q = {b};{s}in {b})")),
            (inner.clone(), inner.clone(), space())
                .prop_map(|(a, b, s)| format!("(let{s} m = {a};{s}in{s} let{s} n = m; inherit (s){s} p o;{s}in {b})")),
            (inner.clone(), space()).prop_map(|(e, s)| format!("(let{s}{{{s}a = 1;{s}body = {e};{s}}})")),
            (inner.clone(), space()).prop_map(|(e, s)| format!("({{ c ?{s} {e},{s}d,{s} ... }}@g:{s}{e})")),
            (inner.clone(), inner.clone(), space()).prop_map(|(a, b, s)| format!("(with{s} {a};{s}{b})")),
            (inner.clone(), inner.clone(), space()).prop_map(|(a, b, s)| format!("(!{s}({a}{s}=={s} {b}) && {a} != true)")),
            (inner.clone(), space()).prop_map(|(a, s)| format!("(if s ? a.b {s}then s.a.b else {a})")),
            (inner.clone(), space()).prop_map(|(a, s)| format!("([ ]{s}++ {a} ++{s}[ ])")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("\"x${{{a}}}y${{{b}}}\"")),
            (inner.clone(), inner, space()).prop_map(|(a, b, s)| format!("[{s}({a}){s}({b}){s}({a}) ]")),
        ]
    })
    .prop_map(|text| format!("a: b: f: s: {text}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

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
        judge_all(&text);
    }

    #[test]
    fn any_cut(text in expression(), from in 0usize..200, to in 0usize..200) {
        let (from, to) = (from.min(text.len()), to.min(text.len()));
        check(&text.as_bytes()[from.min(to)..from.max(to)]);
    }
}

fn nix_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            nix_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "nix") {
            files.push(path);
        }
    }
}

#[test]
fn files_of_this_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["tests/fixtures", "examples", "crates"] {
        nix_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 20, "{}", files.len());
    for file in files {
        if let Ok(text) = std::fs::read_to_string(&file) {
            judge_all(&text);
            // Prefixes of its beginning.
            for end in (0..text.len().min(1000)).step_by(5).filter(|end| text.is_char_boundary(*end)) {
                check(&text.as_bytes()[..end]);
            }
        }
    }
}

#[test]
fn time_is_linear_in_hostile_texts() {
    let many = |text: &str, times: usize| text.repeat(times);
    for text in [
        format!("{{ {} }}", many("a = rec { b = 1; }; ", 3000)),
        format!("{{ {} }}", many("a.b = rec { }; ", 3000)),
        many("let a = b; in ", 3000) + "1",
        many("let { body = ", 400) + "1" + &many("; }", 400),
        many("with { a = 1; }; ", 3000) + "a",
        many("x: y x ", 1),
        many("if a ? b then a.b else ", 3000) + "1",
        many("[ ] ++ ", 3000) + "1",
        many("{ ... }: ", 3000) + "1",
        format!("[ {} ]", many("builtins.nothing ", 20_000)),
        many("(", 900) + "1" + &many(")", 900),
        many("! (a == ", 400) + "1" + &many(")", 400),
        format!("[ {} ]", many("undefined ", 20_000)),
        many("} ", 20_000),
        many("# nival: ignore[a]\n", 3000) + "1",
        format!("let {} in 1", (0..5000).map(|i| format!("a{i} = a{}; ", i + 1)).collect::<String>()),
    ] {
        let start = std::time::Instant::now();
        check(text.as_bytes());
        assert!(start.elapsed().as_secs() < 10, "{}", &text[..60]);
    }
}
