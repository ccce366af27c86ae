//! Strings and paths: text with interpolations.

use super::expr::expr;
use super::skip_one;
use crate::SyntaxKind::{self, *};
use crate::error::SyntaxErrorKind;
use crate::parser::Parser;
use crate::{TextRange, TextSize};

pub(super) fn string(p: &mut Parser) {
    if !p.plain_string() {
        quoted(p, STR, QUOTE, &[QUOTE]);
    }
}

pub(super) fn indented(p: &mut Parser) {
    quoted(p, INDENTED_STR, INDENTED_CLOSE, &[INDENTED_TEXT, DOLLAR_BRACE, INDENTED_CLOSE]);
}

fn quoted(p: &mut Parser, kind: SyntaxKind, close: SyntaxKind, expected: &'static [SyntaxKind]) {
    let mark = p.open();
    p.bump();
    loop {
        match p.cur {
            STRING_TEXT | STRING_ESCAPE => p.bump(),
            DOLLAR_BRACE => interpolation(p, INTERPOLATION),
            found => {
                if found == close {
                    p.bump();
                } else {
                    p.unexpected(expected, None);
                }
                break;
            }
        }
    }
    p.finish(mark, kind);
}

/// `${ … }` in a string or a path, or as an attribute.
pub(super) fn interpolation(p: &mut Parser, kind: SyntaxKind) {
    let mark = p.open();
    p.bump();
    // What is open outside cannot end in here: the scanner has already found where the braces end.
    let outer = std::mem::take(&mut p.open);
    p.nested(|p| expr(p, &[R_BRACE]));
    if !p.at(R_BRACE) {
        p.unexpected(&[R_BRACE], None);
        let junk = p.start();
        while !matches!(p.cur, R_BRACE | EOF) {
            skip_one(p);
        }
        p.finish(junk, ERROR);
    }
    p.eat(R_BRACE);
    p.open = outer;
    p.finish(mark, kind);
}

/// `./a${b}/c`. Its parts stand directly behind each other.
pub(super) fn path(p: &mut Parser) {
    let mark = p.open();
    let first = p.pos;
    let mut last = p.pos;
    p.bump();
    let interpolated = p.adjacent() && p.at(DOLLAR_BRACE);
    let doubled = double_slash(p.token_text(first));
    while p.adjacent() && p.at(DOLLAR_BRACE) {
        interpolation(p, INTERPOLATION);
        // `./a${b}~/c` is two paths.
        if p.adjacent() && p.at(PATH_TEXT) && !p.token_text(p.pos).starts_with(b"~") {
            last = p.pos;
            p.bump();
        }
    }
    if last + 1 == p.prev_end && p.token_text(last).ends_with(b"/") {
        let end = p.token_range(last).end();
        let slash = TextRange::new(end - TextSize::of('/'), end);
        p.error_range(slash, SyntaxErrorKind::TrailingSlash, Some("remove the slash, or write `/.` for the folder itself"));
    } else if let Some(at) = doubled {
        let text = double_slash(&p.token_text(first)[at + 1..]).is_some();
        if text || !interpolated {
            let slash = p.token_range(first).start() + TextSize::new(at as u32 + 1);
            p.error_range(TextRange::at(slash, TextSize::of('/')), SyntaxErrorKind::DoubleSlash { text }, Some("one slash is enough"));
        }
    }
    p.finish(mark, PATH);
}

/// Where the first `//` is. Paths are too short for a search by vectors.
fn double_slash(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let mut at = 0;
    while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let other = u64::from_le_bytes(*eight) ^ (ONES * b'/' as u64);
        // The highest bit of each byte that is a slash.
        let slashes = !(((other & (ONES * 0x7f)) + ONES * 0x7f) | other) & (ONES * 0x80);
        if slashes & (slashes >> 8) != 0 {
            break;
        }
        at += 7;
    }
    text.get(at..)?.windows(2).position(|two| two == b"//").map(|found| at + found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn double_slashes_are_found(text in prop::collection::vec(prop::sample::select(b"/a\xaf.".to_vec()), 0..40)) {
            prop_assert_eq!(super::double_slash(&text), text.windows(2).position(|two| two == b"//"));
        }
    }
}
