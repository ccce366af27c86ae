//! Whatever the layout of a program: formatting keeps the program and its comments, and formatting again changes nothing.

use nival_fmt::{FormatError, Options, edits, format, format_range};
use nival_syntax::{TextRange, TextSize, flat};
use proptest::prelude::*;

/// Programs that between them have every construct.
const PROGRAMS: &[&str] = &[
    "{ a, b ? c, ... }@args: let x = 1; inherit (a) b c; inherit d; in with a; assert b; x",
    "x: y: { z = if a then b else if c then d else e; f.\"g\".${h} = i: j; }",
    "rec { a = b ++ [ c (d e) ] ++ f; g = { h = 1; } // i // { j = 2; }; k = l + m + n; }",
    "f (x: { a = x; }) [ 1 ] [ 2.5 ] { b = c.d or e; } (g h) (let i = 1; in i) ./p /q/${r} <s>",
    "{ a = ''\n  b ${c} d\n    ${e { f = 1; }}\n''; g = \"h${i}j\n${k}\"; l = ''m''; n = http://o/p; q = ''\"''; }",
    "a ? b.c && !d || -e < f -> g == h |> i |> j |> k",
    "let { body = x; x = [ ]; y = { }; z = [ { a = 1; } ]; }",
    "{ a }: b: { c, d }: args@{ e, f ? [ g h ] ++ i, }: j k l",
    "{ a = { ... }: { b = 1; c = 2; }; d = { e, f }: [ g ]; h = i (j: { k = 1; }) ({ ... }: { l = 1; }); }",
    "assert lib.assertMsg (a == b) ''c''; f a.b (c d) (with e; [ f ]) (x: y: ''\n  z\n'') x or",
];

const BETWEEN: &[&str] = &[
    " ",
    "\n",
    "\n\n",
    " # a\n",
    "\n# b\n  # b\n",
    " /* c */ ",
    "\n\n/* d\n   e */\n",
    "\n/** f */\n",
    " # g\n\n\n",
    "\t",
    "\r\n",
    " #\n",
    " /*sh*/ ",
    "\n/* py */ # h\n",
    "\n  ",
    "\n    # i\n",
];

/// A program with other white space and comments between its tokens.
fn scrambled() -> impl Strategy<Value = String> {
    let between = prop_oneof![6 => Just(0usize), 4 => 0..BETWEEN.len()];
    (prop::sample::select(PROGRAMS), prop::collection::vec(between, 0..120)).prop_map(|(program, between)| {
        let tree = flat::parse(program.as_bytes());
        let mut text = String::new();
        let mut between = between.into_iter().map(|index| BETWEEN[index]);
        for index in 0..tree.token_count() as u32 {
            let token = tree.token(index).expect("a token");
            match token.kind() {
                kind if kind.is_trivia() => text.push_str(between.next().unwrap_or(" ")),
                _ => text.push_str(std::str::from_utf8(token.text()).expect("UTF-8")),
            }
        }
        text
    })
}

/// The words of all comments, in the order of the alphabet.
fn comments(text: &str) -> Vec<String> {
    let tree = flat::parse(text.as_bytes());
    let mut words: Vec<String> = (0..tree.token_count() as u32)
        .filter_map(|index| tree.token(index).filter(|token| token.kind().is_comment()))
        .flat_map(|token| {
            let text = String::from_utf8_lossy(token.text()).replace(['#', '*', '/'], " ");
            text.split_whitespace().map(str::to_owned).collect::<Vec<String>>()
        })
        .collect();
    words.sort();
    words
}

/// Widths at which a pattern of two names need not be broken: see the crate's documentation.
fn options() -> impl Strategy<Value = Options> {
    (prop::sample::select(&[100u32, 80, 60, 40][..]), prop::sample::select(&[2u32, 4, 3, 8][..]), any::<bool>())
        .prop_map(|(width, indent, strict)| Options { width, indent, strict })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn programs_and_comments_survive(text in scrambled(), options in options()) {
        match format(&text, &options) {
            Ok(once) => {
                prop_assert_eq!(comments(&once), comments(&text), "comments of {:?}", once);
                let twice = format(&once, &options);
                prop_assert_eq!(Ok(once.clone()), twice, "made of {:?}", text);
                let applied = edits(&text, &once).iter().rev().fold(text.clone(), |text, edit| edit.apply(&text).expect("in the text"));
                prop_assert_eq!(applied, once);
            }
            // What was put between the tokens may have made another text of them, but never a wrong result of it.
            Err(error) => prop_assert!(matches!(error, FormatError::Syntax(_)), "{error}: {text:?}"),
        }
    }

    #[test]
    fn ranges_keep_the_program(text in scrambled(), cut in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(), len in 0usize..40) {
        // Half of a program is broken somewhere.
        let text = &text[..cut.index(text.len() + 1)];
        prop_assume!(text.is_ascii());
        let from = from.index(text.len() + 1);
        let to = (from + len).min(text.len());
        let range = TextRange::new(TextSize::new(from as u32), TextSize::new(to as u32));
        match format_range(text, range, &Options::default()) {
            Ok(edits) => {
                let changed = edits.iter().rev().fold(text.to_owned(), |text, edit| edit.apply(&text).expect("in the text"));
                prop_assert_eq!(comments(&changed), comments(text));
            }
            Err(error) => prop_assert!(matches!(error, FormatError::Syntax(_)), "{error}: {text:?} {range:?}"),
        }
    }

    #[test]
    fn nothing_panics(text in "([\\[\\]{}()=;:,.@?\"'$#/*!+-]|''|\\$\\{| |\n|a|let|in|if|then|else|with|inherit|or|rec|1|\u{e9}|\r|\t){0,40}", at in 0u32..60) {
        let _ = format(&text, &Options::default());
        let range = TextRange::at(TextSize::new(at), TextSize::new(3));
        let _ = format_range(&text, range, &Options::default());
        for typed in ['\n', ';', '}'] {
            for edit in nival_fmt::format_on_type(&text, TextSize::new(at), typed, &Options::default()) {
                prop_assert!(edit.apply(&text).is_some());
            }
        }
    }
}
