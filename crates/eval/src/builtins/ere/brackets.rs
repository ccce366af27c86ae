//! Bracket expressions: `[a-z[:digit:]]`.

use super::{EreError, set_insert};

/// What the last item of a bracket expression was: a `-` after it means different things.
enum Last {
    Nothing,
    Char(u8),
    Class,
}

/// Items of a bracket expression.
enum Item {
    End,
    Dash,
    Char(u8),
    Class(Vec<u8>),
    Collating(Vec<u8>),
    Equivalence(Vec<u8>),
}

/// Reads the bracket expression whose `[` ends right before `at`; gives its bytes and the position after its `]`.
pub(super) fn bracket(pattern: &[u8], mut at: usize) -> Result<(Box<[u64; 4]>, usize), EreError> {
    let negated = pattern.get(at) == Some(&b'^');
    at += usize::from(negated);
    let start = at;
    let mut set = Box::new([0u64; 4]);
    let mut last = Last::Nothing;
    loop {
        let (item, next) = item(pattern, at, at == start)?;
        let first = at == start;
        at = next;
        match item {
            Item::End => break,
            Item::Char(byte) => {
                flush(&mut set, &last);
                last = Last::Char(byte);
            }
            Item::Dash if first => last = Last::Char(b'-'),
            Item::Dash => {
                let (end, next) = self::item(pattern, at, false)?;
                match (&last, end) {
                    // A dash before the closing bracket is a dash.
                    (Last::Char(_) | Last::Class, Item::End) | (Last::Nothing, Item::End) => {
                        flush(&mut set, &last);
                        set_insert(&mut set, b'-');
                        last = Last::Nothing;
                        at = next;
                        break;
                    }
                    (&Last::Char(low), Item::Char(high)) => range(&mut set, low, high)?,
                    (&Last::Char(low), Item::Dash) => range(&mut set, low, b'-')?,
                    _ => return Err(EreError::Invalid),
                }
                last = Last::Nothing;
                at = next;
            }
            Item::Collating(name) => {
                let byte = collating_element(&name).ok_or(EreError::Invalid)?;
                flush(&mut set, &last);
                last = Last::Char(byte);
            }
            Item::Equivalence(name) => {
                flush(&mut set, &last);
                last = Last::Class;
                let byte = collating_element(&name).ok_or(EreError::Invalid)?;
                set_insert(&mut set, byte.to_ascii_lowercase());
                set_insert(&mut set, byte.to_ascii_uppercase());
            }
            Item::Class(name) => {
                flush(&mut set, &last);
                last = Last::Class;
                let class = class(&name).ok_or(EreError::Invalid)?;
                (0..=255u8).filter(|&b| class(b)).for_each(|b| set_insert(&mut set, b));
            }
        }
    }
    flush(&mut set, &last);
    if negated {
        set.iter_mut().for_each(|word| *word = !*word);
    }
    Ok((set, at))
}

fn flush(set: &mut [u64; 4], last: &Last) {
    if let Last::Char(byte) = *last {
        set_insert(set, byte);
    }
}

/// Ranges compare as signed characters do.
fn range(set: &mut [u64; 4], low: u8, high: u8) -> Result<(), EreError> {
    if low as i8 > high as i8 {
        return Err(EreError::Invalid);
    }
    (low as i8..=high as i8).for_each(|c| set_insert(set, c as u8));
    Ok(())
}

fn item(pattern: &[u8], at: usize, first: bool) -> Result<(Item, usize), EreError> {
    let &byte = pattern.get(at).ok_or(EreError::Invalid)?;
    match byte {
        b'-' => Ok((Item::Dash, at + 1)),
        b']' if !first => Ok((Item::End, at + 1)),
        b'[' => match pattern.get(at + 1) {
            None => Err(EreError::Invalid),
            Some(&kind @ (b'.' | b':' | b'=')) => {
                let rest = pattern.get(at + 2..).unwrap_or_default();
                let end = memchr::memchr(kind, rest).ok_or(EreError::Invalid)?;
                if rest.get(end + 1) != Some(&b']') {
                    return Err(EreError::Invalid);
                }
                let name = rest[..end].to_vec();
                let item = match kind {
                    b'.' => Item::Collating(name),
                    b':' => Item::Class(name),
                    _ => Item::Equivalence(name),
                };
                Ok((item, at + 2 + end + 2))
            }
            Some(_) => Ok((Item::Char(b'['), at + 1)),
        },
        _ => Ok((Item::Char(byte), at + 1)),
    }
}

/// Class names are looked up without regard to case.
fn class(name: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match name.to_ascii_lowercase().as_slice() {
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"blank" => |b| b == b' ' || b == b'\t',
        b"cntrl" => |b| b.is_ascii_control(),
        b"d" | b"digit" => |b| b.is_ascii_digit(),
        b"graph" => |b| b.is_ascii_graphic(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"print" => |b| b.is_ascii_graphic() || b == b' ',
        b"punct" => |b| b.is_ascii_punctuation(),
        b"s" | b"space" => |b| b == b' ' || (b'\t'..=b'\r').contains(&b),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"w" => |b| b.is_ascii_alphanumeric() || b == b'_',
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        _ => return None,
    })
}

/// POSIX names of the ASCII characters; letters are their own names.
fn collating_element(name: &[u8]) -> Option<u8> {
    if let [letter] = name
        && letter.is_ascii_alphabetic()
    {
        return Some(*letter);
    }
    NAMED.iter().find(|(text, _)| text.as_bytes() == name).map(|&(_, byte)| byte)
}

#[rustfmt::skip]
const NAMED: &[(&str, u8)] = &[
    ("NUL", 0), ("SOH", 1), ("STX", 2), ("ETX", 3), ("EOT", 4), ("ENQ", 5), ("ACK", 6), ("alert", 7), ("backspace", 8),
    ("tab", 9), ("newline", 10), ("vertical-tab", 11), ("form-feed", 12), ("carriage-return", 13), ("SO", 14), ("SI", 15),
    ("DLE", 16), ("DC1", 17), ("DC2", 18), ("DC3", 19), ("DC4", 20), ("NAK", 21), ("SYN", 22), ("ETB", 23), ("CAN", 24),
    ("EM", 25), ("SUB", 26), ("ESC", 27), ("IS4", 28), ("IS3", 29), ("IS2", 30), ("IS1", 31), ("space", b' '),
    ("exclamation-mark", b'!'), ("quotation-mark", b'"'), ("number-sign", b'#'), ("dollar-sign", b'$'), ("percent-sign", b'%'),
    ("ampersand", b'&'), ("apostrophe", b'\''), ("left-parenthesis", b'('), ("right-parenthesis", b')'), ("asterisk", b'*'),
    ("plus-sign", b'+'), ("comma", b','), ("hyphen", b'-'), ("period", b'.'), ("slash", b'/'), ("zero", b'0'), ("one", b'1'),
    ("two", b'2'), ("three", b'3'), ("four", b'4'), ("five", b'5'), ("six", b'6'), ("seven", b'7'), ("eight", b'8'), ("nine", b'9'),
    ("colon", b':'), ("semicolon", b';'), ("less-than-sign", b'<'), ("equals-sign", b'='), ("greater-than-sign", b'>'),
    ("question-mark", b'?'), ("commercial-at", b'@'), ("left-square-bracket", b'['), ("backslash", b'\\'),
    ("right-square-bracket", b']'), ("circumflex", b'^'), ("underscore", b'_'), ("grave-accent", b'`'), ("left-curly-bracket", b'{'),
    ("vertical-line", b'|'), ("right-curly-bracket", b'}'), ("tilde", b'~'), ("DEL", 127),
];
