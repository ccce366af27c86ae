use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{JsonError, Members, Sink, normalise, parse};
use crate::heap::ScratchVec;

fn text_of(json: &[u8]) -> Result<String, JsonError> {
    normalise(json).map(|text| String::from_utf8(text).unwrap())
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&text_of(text.as_bytes()).unwrap_or_else(|error| error.to_string()));
}

#[test]
fn values() {
    check(
        " { \"a\" : [1, -2, 3.5, 1e2, true, false, null, \"x\\u00e9\\ud83d\\ude00\\n\"], \"b\": {}, \"c\": [] } ",
        expect![[r#"{"a":[1,-2,3.5,100.0,true,false,null,"xé😀\n"],"b":{},"c":[]}"#]],
    );
    check("-9223372036854775809", expect!["-9.223372036854776e+18"]);
    check("-9223372036854775808", expect!["-9223372036854775808"]);
    // What is only printed again may be larger than an integer of Nix.
    check("9223372036854775808", expect!["9223372036854775808"]);
    check("-0", expect!["0"]);
}

#[test]
fn errors_are_worded_as_in_nix() {
    check(
        "[1,",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal"
        ],
    );
    check(
        "",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 1: attempting to parse an empty input; check that your input string or stream contains the expected JSON"
        ],
    );
    check(
        "nul",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing value - invalid literal; last read: 'nul'"
        ],
    );
    check(
        "1 2",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - unexpected number literal; expected end of input"
        ],
    );
    check(
        "01",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected number literal; expected end of input"
        ],
    );
    check(
        "\"a\nb\"",
        expect![
            "[json.exception.parse_error.101] parse error at line 2, column 0: syntax error while parsing value - invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n; last read: '\"a<U+000A>'"
        ],
    );
    check(
        "\"\\ud800\"",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 8: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud800\"'"
        ],
    );
    check("1e400", expect!["[json.exception.out_of_range.406] number overflow parsing '1e400'"]);
    check(
        "{",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing object key - unexpected end of input; expected string literal"
        ],
    );
    check(
        "{\"a\" 1}",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 6: syntax error while parsing object separator - unexpected number literal; expected ':'"
        ],
    );
    check(
        "[1 2]",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 4: syntax error while parsing array - unexpected number literal; expected ']'"
        ],
    );
    check(
        "-",
        expect![
            "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-'"
        ],
    );
}

#[test]
fn any_depth_is_read() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    struct Count;
    impl Sink for Count {
        type Value = usize;
        type Name = ();
        fn name(&mut self, _: &[u8]) {}
        fn null(&mut self) -> usize {
            0
        }
        fn bool(&mut self, _: bool) -> usize {
            0
        }
        fn int(&mut self, _: i64) -> usize {
            0
        }
        fn float(&mut self, _: f64) -> usize {
            0
        }
        fn string(&mut self, _: &[u8]) -> Option<usize> {
            Some(0)
        }
        fn list(&mut self, elements: ScratchVec<usize>) -> Option<usize> {
            Some(1 + elements.iter().sum::<usize>())
        }
        fn object(&mut self, _: Members<(), usize>) -> Option<usize> {
            Some(0)
        }
    }
    assert_eq!(parse(deep.as_bytes(), &mut Count), Ok(100_000));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        // Short ones: the other library rounds long ones when it reads.
        any::<i32>().prop_map(|i| (f64::from(i) / 64.0).into()),
        "[^\u{0}]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map("[^\u{0}]{0,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_another_library_writes_is_read(value in json()) {
        let ours = text_of(value.to_string().as_bytes()).unwrap();
        let back: serde_json::Value = serde_json::from_str(&ours).unwrap();
        prop_assert_eq!(back, value);
    }

    #[test]
    fn any_text_gives_a_value_or_an_error(text in "[-\\[\\]{}:,\"\\\\0-9a-fueE. \n+tr]{0,24}") {
        let ours = text_of(text.as_bytes());
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        // The other library rounds huge integers where this one has an error.
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours, theirs);
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..32)) {
        let _ = normalise(&bytes);
    }
}

#[test]
fn long_texts_are_read_with_pauses() {
    struct Impatient(usize);
    impl Sink for Impatient {
        type Value = usize;
        type Name = ();
        fn stop(&mut self, _: usize, _: usize) -> bool {
            self.0 -= 1;
            self.0 == 0
        }
        fn name(&mut self, _: &[u8]) {}
        fn null(&mut self) -> usize {
            0
        }
        fn bool(&mut self, _: bool) -> usize {
            0
        }
        fn int(&mut self, _: i64) -> usize {
            0
        }
        fn float(&mut self, _: f64) -> usize {
            0
        }
        fn string(&mut self, bytes: &[u8]) -> Option<usize> {
            Some(bytes.len())
        }
        fn list(&mut self, _: ScratchVec<usize>) -> Option<usize> {
            Some(0)
        }
        fn object(&mut self, _: Members<(), usize>) -> Option<usize> {
            Some(0)
        }
    }
    for (text, len) in [(format!("\"{}\"", "é\\n".repeat(200_000)), 600_000), (" \n".repeat(500_000) + "\"x\"", 1)] {
        assert_eq!(parse(text.as_bytes(), &mut Impatient(9)), Err(JsonError::Stopped));
        assert_eq!(parse(text.as_bytes(), &mut Impatient(1000)), Ok(len));
    }
}
