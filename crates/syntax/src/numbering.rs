//! Names of a text that is only to be run, numbered in the order in which Nix's parser makes them. That is nearly the order in
//! which nodes are completed here: an attribute's name comes before its value, but a parameter's behind the body, and that of a
//! formal with a default behind the default. The rules mark these names ([`Number::MARK`]), and strings that are attributes.

use crate::SyntaxKind::*;
use crate::flat::Number;
use crate::lexer::TokenData;
use crate::parser::Finished;

/// Gives `number` each name, and notes the numbers in the nodes. Stops and gives false at a name that takes more to be known
/// than a look at its tokens; whoever names the text from the start on then gives the same numbers to those up to there.
pub(crate) fn number_names<'t>(nodes: &mut [Finished], tokens: &[TokenData], text: &'t [u8], number: impl FnMut(&'t [u8]) -> u32) -> bool {
    let all = number_known(nodes, tokens, text, number);
    if !all {
        nodes.iter_mut().filter(|node| node.number == Number::MARK).for_each(|node| node.number = Number::NONE);
    }
    all
}

fn number_known<'t>(nodes: &mut [Finished], tokens: &[TokenData], text: &'t [u8], mut number: impl FnMut(&'t [u8]) -> u32) -> bool {
    let token = |index: u32| tokens.get(index as usize);
    let text_of = |index: u32| token(index).and_then(|token| text.get(token.start as usize..token.end as usize)).unwrap_or_default();
    // Names that are made later.
    let mut later: Vec<u32> = Vec::new();
    for index in 0..nodes.len() as u32 {
        let Some(node) = nodes.get_mut(index as usize) else { break };
        match node.kind {
            NAME_REF => node.number = Number::new(number(text_of(node.first_token))),
            NAME if node.number == Number::MARK => {
                node.number = Number::NONE;
                later.push(index);
            }
            NAME => node.number = Number::new(number(text_of(node.first_token))),
            LAMBDA | FORMAL => {
                // What is left of those inside.
                let first = index + 1 - node.size;
                while let Some(name) = later.pop_if(|name| *name >= first) {
                    if let Some(name) = nodes.get_mut(name as usize) {
                        name.number = Number::new(number(text_of(name.first_token)));
                    }
                }
            }
            STR if node.number == Number::MARK => {
                node.number = Number::NONE;
                let inner = node.first_token + 1;
                match node.end_token - node.first_token {
                    // With interpolations it is no name.
                    _ if node.size > 1 => {}
                    2 => node.number = Number::new(number(b"")),
                    3 if token(inner).is_some_and(|token| token.kind == STRING_TEXT) && memchr::memchr(b'\r', text_of(inner)).is_none() => {
                        node.number = Number::new(number(text_of(inner)));
                    }
                    _ => return false,
                }
            }
            DYNAMIC_ATTR => {
                let inside = index.checked_sub(1).and_then(|inside| nodes.get(inside as usize));
                match inside.map(|inside| (inside.kind, inside.size)) {
                    Some((STR, 2..)) => {}
                    // May be a name all the same.
                    Some((STR | INDENTED_STR | PAREN | LITERAL, _)) => return false,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    true
}
