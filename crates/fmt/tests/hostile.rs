//! Texts that nobody writes: deep, long, and made to take long.

use std::time::{Duration, Instant};

use nival_fmt::{FormatError, Options, format, format_while};

/// Formats on a small stack, within some seconds even in a build without optimisation.
fn check(text: String) -> Result<String, FormatError> {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        let start = Instant::now();
        let result = format(&text, &Options::default());
        assert!(start.elapsed() < Duration::from_secs(60), "took {:?}", start.elapsed());
        result
    });
    thread.expect("a thread starts").join().expect("no panic")
}

#[test]
fn brackets_without_end_are_an_error() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{ a = ", "; }"), ("a: ", ""), ("\"${", "}\""), ("- ", ""), ("if a then b else ", "")] {
        let result = check(format!("{}x{}", open.repeat(100_000), close.repeat(100_000)));
        assert!(matches!(result, Err(FormatError::Syntax(_))), "{open}");
    }
}

#[test]
fn what_parses_is_formatted() {
    for (open, close) in [("[ ", " ]"), ("(", ")"), ("{ a = ", "; }"), ("f (", ")"), ("\"${f ", "}\""), ("f (x: ", " b)")] {
        assert!(check(format!("{}x{}", open.repeat(300), close.repeat(300))).is_ok(), "{open}");
    }
    for link in ["a: ", "{ a }: ", "- ", "! ", "a ++ ", "a // ", "a + ", "if a then b else ", "with a; ", "let a = b; in "] {
        assert!(check(format!("{}x", link.repeat(4000))).is_ok(), "{link}");
    }
    for link in [" a", ".a", " + a", " ++ [ a ]"] {
        assert!(check(format!("f{}", link.repeat(4000))).is_ok(), "{link}");
    }
}

#[test]
fn calls_in_calls_do_not_take_exponential_time() {
    let last = "a".repeat(60);
    let text = (0..120).fold("x".to_owned(), |inner, _| format!("f (g {{ a = 1; b = {inner}; }}) {last} {last}"));
    assert!(check(text).is_ok());
    let text = (0..120).fold("x".to_owned(), |inner, _| format!("f (g {inner} {last}) (h: {last})"));
    assert!(check(text).is_ok());
}

#[test]
fn results_have_a_limit() {
    let deep = format!("{}{}{}", "[ ".repeat(900), "a\n".repeat(100_000), "]".repeat(900));
    assert_eq!(check(deep), Err(FormatError::TooLong));
}

#[test]
fn what_nobody_wants_ends_at_each_step() {
    let asked = std::cell::Cell::new(0);
    let text = "{a=1;}";
    let whole = format_while(text, &Options::default(), &|| {
        asked.set(asked.get() + 1);
        true
    });
    assert_eq!(whole, format(text, &Options::default()));
    let steps = asked.get();
    assert!(steps >= 4, "{steps}");
    for step in 1..=steps {
        asked.set(0);
        let result = format_while(text, &Options::default(), &|| {
            asked.set(asked.get() + 1);
            asked.get() < step
        });
        assert_eq!((result, asked.get()), (Err(FormatError::Cancelled), step));
    }
}
