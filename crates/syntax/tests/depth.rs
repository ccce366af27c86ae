//! Depth: nothing overflows a stack of 2 MiB (that of a test's thread), long chains work, too much nesting is one error.

use nival_syntax::{MAX_DEPTH, SyntaxErrorKind, flat};

/// Parses into both trees, drops them, and checks the depth. Gives whether there was no error.
fn parses(text: &str) -> bool {
    let tree = flat::parse(text.as_bytes());
    let mut open: Vec<u32> = Vec::new();
    let mut deepest = 0;
    for index in 0..tree.len() as u32 {
        while open.last().is_some_and(|&end| end <= index) {
            open.pop();
        }
        open.push(tree.node(index).unwrap().subtree_end());
        deepest = deepest.max(open.len());
    }
    assert!(deepest as u32 <= MAX_DEPTH + 8, "{deepest} levels");
    let parse = nival_syntax::parse(text);
    assert_eq!(parse.syntax().to_string(), text);
    assert_eq!(parse.errors(), tree.errors());
    tree.errors().is_empty()
}

fn too_deep(text: &str) {
    let tree = flat::parse(text.as_bytes());
    drop(nival_syntax::Parse::from_flat(&tree));
    assert_eq!(tree.errors().iter().filter(|e| e.kind == SyntaxErrorKind::TooDeep).count(), 1);
}

const MANY: usize = 100_000;

#[test]
fn nested_brackets() {
    for (open, middle, close) in [
        ("[", "", "]"),
        ("(", "1", ")"),
        ("{a=", "1", ";}"),
        ("\"${", "1", "}\""),
        ("''${", "1", "}''"),
        ("./a${", "1", "}"),
        ("{x?", "1", "}:1"),
    ] {
        assert!(parses(&format!("{}{middle}{}", open.repeat(900), close.repeat(900))), "{open}");
        too_deep(&format!("{}{middle}{}", open.repeat(MANY), close.repeat(MANY)));
        drop(flat::parse(close.repeat(MANY).as_bytes()));
    }
    for open in ["let a = ", "if ", "with ", "assert ", "rec{a=[", "f {a=x:", "[(", "{inherit (", "a.${", "let {a=", "1 + if ", "[ a: "] {
        too_deep(&open.repeat(MANY));
    }
}

#[test]
fn chains() {
    for (prefix, end) in [
        ("a: ", "1"),
        ("{a}: ", "1"),
        ("with a; ", "1"),
        ("assert a; ", "1"),
        ("let a = 1; in ", "1"),
        ("if a then b else ", "1"),
        ("!", "1"),
        ("-", "1"),
        ("a ++ ", "1"),
        ("a // ", "1"),
        ("a -> ", "1"),
        ("a + ", "1"),
        ("a - ", "1"),
        ("a && ", "1"),
        ("f ", "1"),
        ("a.b or ", "1"),
        ("f <| ", "1"),
        ("f |> ", "1"),
    ] {
        assert!(parses(&format!("{}{end}", prefix.repeat(5000))), "{prefix}");
        too_deep(&format!("{}{end}", prefix.repeat(MANY)));
    }
    assert!(parses(&format!("a{}", " ? b".repeat(5000))));
    too_deep(&format!("a{}", " ? b".repeat(MANY)));
    assert!(parses(&format!("a{}", ".b".repeat(MANY))));
    assert!(parses(&format!("[{}]", " a".repeat(MANY))));
    assert!(parses(&format!("{{{}}}", " a.b.c = 1;".repeat(MANY))));
    assert!(!parses(&"then ".repeat(MANY)));
    assert!(!parses(&"= ".repeat(MANY)));
    assert!(!parses(&"a = ".repeat(MANY)));
    assert!(!parses(&format!("{{{}", "a = b ".repeat(MANY))));
    assert!(!parses(&format!("{{{}", "a = { b ".repeat(500))));
}

#[test]
fn depths_add_up() {
    // Chains within brackets within chains.
    let text = format!("{}1{}", format!("({}(", "1 ++ ".repeat(200)).repeat(100), "))".repeat(100));
    too_deep(&text);
}
