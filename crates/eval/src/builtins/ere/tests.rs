use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Ere, EreError, Searcher};

fn text(subject: &[u8], span: Option<(usize, usize)>) -> String {
    span.map_or("null".into(), |(start, end)| format!("{:?}", String::from_utf8_lossy(&subject[start..end])))
}

/// What `builtins.match` and `builtins.split` make of it: groups of the whole match, then each match with its groups.
fn check(pattern: &str, subject: &str, expected: Expect) {
    let found = match Ere::new(pattern.as_bytes()) {
        Err(error) => error.to_string(),
        Ok(ere) => {
            let subject = subject.as_bytes();
            let groups = |c: &super::Captures| c[1..].iter().map(|&s| text(subject, s)).collect::<Vec<_>>().join(" ");
            let whole = Searcher::new(&ere, subject, &|_| false).whole().unwrap();
            let mut all = Vec::new();
            Searcher::new(&ere, subject, &|_| false).each(|c| all.push(format!("{}({})", text(subject, c[0]), groups(c)))).unwrap();
            format!("{} | {}", whole.map_or("null".into(), |c| format!("[{}]", groups(&c))), all.join(" "))
        }
    };
    expected.assert_eq(&found);
}

#[test]
fn groups_follow_the_reference() {
    check("(a|b*)*", "aab", expect![[r#"[""] | "aab"("") ""("")"#]]);
    check("(a*)+", "aa", expect![[r#"[""] | "aa"("") ""("")"#]]);
    check("(a|ab)(c|bcd)(d*)", "abcd", expect![[r#"["a" "bcd" ""] | "abcd"("a" "bcd" "")"#]]);
    check("a?(ab)?", "ab", expect![[r#"["ab"] | "a"(null) ""(null) ""(null)"#]]);
    check("((a)|b)*", "ab", expect![[r#"["b" "a"] | "ab"("b" "a") ""(null null)"#]]);
    check("(a)?(b)?", "b", expect![[r#"[null "b"] | "b"(null "b") ""(null null)"#]]);
    check("(a|b|)*", "xabx", expect![[r#"null | ""("") "ab"("") ""("") ""("")"#]]);
}

#[test]
fn anchors_hold_at_the_ends_only() {
    check("^", "abc", expect![[r#"null | ""()"#]]);
    check("$", "abc", expect![[r#"null | ""()"#]]);
    check("(^|b)", "bab", expect![[r#"null | "b"("b") "b"("b")"#]]);
    check("^x", "xxb", expect![[r#"null | "x"()"#]]);
    check("(^a|b)*", "ab", expect![[r#"["b"] | "ab"("b") ""(null)"#]]);
}

#[test]
fn brackets() {
    check("[a-z-]+", "a-b", expect![[r#"[] | "a-b"()"#]]);
    check("[[:alnum:]-]", "-", expect![[r#"[] | "-"()"#]]);
    check("[]a]", "]", expect![[r#"[] | "]"()"#]]);
    check("[^]a]", "]", expect![["null | "]]);
    check("[[=a=]]*", "aA", expect![[r#"[] | "aA"() ""()"#]]);
    check("[[.hyphen.]]", "-", expect![[r#"[] | "-"()"#]]);
    check("[--0]", "/", expect![[r#"[] | "/"()"#]]);
    check(r"[a\]", r"\", expect![[r#"[] | "\\"()"#]]);
}

#[test]
fn what_the_grammar_refuses() {
    for pattern in [
        r"\n",
        r"\}",
        r"\]",
        r"\-",
        "[a-z--0]",
        "[[:alnum:]-z]",
        "[]",
        "*a",
        "^*",
        "(",
        ")",
        "a{2",
        "a{,2}",
        "a{2,1}",
        "{2}",
        "a|*b",
        "[[.-.]]",
        "[[:foo:]]",
        "[b-a]",
        r"\",
        "a{1a}",
        "(?:a)",
        "[a-",
        "[a",
        "a{",
        "a{1,",
    ] {
        assert_eq!(Ere::new(pattern.as_bytes()).err(), Some(EreError::Invalid), "{pattern}");
    }
    assert_eq!(Ere::new(b"a{99999}").err(), Some(EreError::TooLarge));
    assert_eq!(Ere::new("(".repeat(5000).as_bytes()).err(), Some(EreError::TooLarge));
    for pattern in ["a**", "a]", "a}", "[[]", "()", "(|a)", "a{1}{2}", r"\(\{\|\^\$"] {
        assert!(Ere::new(pattern.as_bytes()).is_ok(), "{pattern}");
    }
}

#[test]
fn long_subjects_and_cancelling() {
    let subject = "ab".repeat(200_000);
    let ere = Ere::new(b"((a)|b)*").unwrap();
    let whole = Searcher::new(&ere, subject.as_bytes(), &|_| false).whole().unwrap();
    assert_eq!(whole.unwrap()[1], Some((399_999, 400_000)));
    let slow = Ere::new(b"(a|a)*c").unwrap();
    let long = "a".repeat(100_000);
    assert!(Searcher::new(&slow, long.as_bytes(), &|_| true).whole().is_err());
}

/// Each of these would go on for ages if it tried every way.
#[test]
fn what_was_tried_is_not_tried_again() {
    for pattern in ["(a|a)*c", "(a*)*(a*)*(a*)*b", "((a*)*)*b", "(a+)+$b", "(a?){20}(a*)*b", "(a|aa|aaa)+b", "((a|b)*|(a|c)*)*d"] {
        let ere = Ere::new(pattern.as_bytes()).unwrap();
        let subject = "a".repeat(64);
        let whole = Searcher::new(&ere, subject.as_bytes(), &|_| false).whole().unwrap();
        assert_eq!(whole, None, "{pattern}");
        Searcher::new(&ere, subject.as_bytes(), &|_| false).each(|_| panic!("{pattern}")).unwrap();
    }
}

/// Expressions on which all engines agree: groups, classes, and repetitions of what cannot be empty.
fn pattern() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("a"), Just("b"), Just("."), Just("[ab]"), Just("[^a]"), Just("\\.")].prop_map(String::from);
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}|{b})")),
            inner.clone().prop_map(|a| format!("({a})")),
            (inner, prop_oneof![Just("*"), Just("+"), Just("?"), Just("{1,3}"), Just("{2}")]).prop_map(|(a, q)| format!("(x{a}){q}")),
        ]
    })
}

/// Groups that can be empty, repeated, and alternatives of which several match.
fn nested() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("a"), Just("b"), Just("ab"), Just("()"), Just("a*"), Just("[ab]*"), Just("$")].prop_map(String::from);
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}|{b})")),
            (inner, prop_oneof![Just("*"), Just("+"), Just("?"), Just("{0,2}")]).prop_map(|(a, q)| format!("({a}){q}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// A whole match is where Perl's rules find one, with the same groups.
    #[test]
    fn whole_matches_agree_with_another_engine(pattern in pattern(), subject in "[abx.]{0,12}") {
        let ere = Ere::new(pattern.as_bytes()).unwrap();
        let other = regex::bytes::Regex::new(&format!("(?s-u)^(?:{pattern})$")).unwrap();
        let ours = Searcher::new(&ere, subject.as_bytes(), &|_| false).whole().unwrap();
        let theirs = other.captures(subject.as_bytes()).map(|c| c.iter().map(|m| m.map(|m| (m.start(), m.end()))).collect::<Vec<_>>());
        prop_assert_eq!(ours, theirs);
    }

    /// What is remembered changes no result, whether groups are empty or alternatives of several lengths.
    #[test]
    fn a_search_that_remembers_finds_the_same(pattern in nested(), subject in "[ab]{0,8}") {
        if let Ok(ere) = Ere::new(pattern.as_bytes()) {
            let tired = |steps: u32| { let left = std::cell::Cell::new(steps); move |_| { left.set(left.get() - 1); left.get() == 0 } };
            let (once, again) = (tired(40), tired(80));
            let plain = Searcher::new(&ere, subject.as_bytes(), &once).whole();
            let eager = Searcher::new(&ere, subject.as_bytes(), &again).eager().whole();
            prop_assert!(plain.is_err() || plain == eager, "{plain:?} {eager:?}");
            let (once, again) = (tired(40), tired(80));
            let (mut plain, mut eager) = (Vec::new(), Vec::new());
            if Searcher::new(&ere, subject.as_bytes(), &once).each(|c| plain.push(c.clone())).is_ok() {
                Searcher::new(&ere, subject.as_bytes(), &again).eager().each(|c| eager.push(c.clone())).unwrap();
                prop_assert_eq!(plain, eager);
            }
        }
    }

    #[test]
    fn any_text_is_refused_or_compiled(pattern in "[-\\[\\](){}|^$.*+?:=a-c0-3,\\\\]{0,24}", subject in "[a-c-]{0,8}") {
        if let Ok(ere) = Ere::new(pattern.as_bytes()) {
            let steps = std::cell::Cell::new(0);
            let tired = |_| { steps.set(steps.get() + 1); steps.get() > 8 };
            let _ = Searcher::new(&ere, subject.as_bytes(), &tired).whole();
            let _ = Searcher::new(&ere, subject.as_bytes(), &tired).each(|_| {});
        }
    }
}
