//! Indentation while somebody types. Nothing but the white space at the start of the line is touched, and that only where the
//! brackets before it say what it should be.

use nival_syntax::lexer::{TokenData, lex};
use nival_syntax::{SyntaxKind, TextEdit, TextRange, TextSize};

use crate::Options;

/// Edits after `typed` was typed in front of `at`: a line end, `;`, or a closing bracket.
pub fn format_on_type(text: &str, at: TextSize, typed: char, options: &Options) -> Vec<TextEdit> {
    let Some(before) = text.get(..at.into()) else { return Vec::new() };
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    let content = &line[blank..];
    let applies = match typed {
        '\n' => true,
        // Only a bracket that is all of its line.
        '}' | ']' | ')' => content.trim_end_matches([';', ' ']).len() == 1 && content.starts_with(typed),
        ';' => is_whole_binding(content),
        _ => false,
    };
    if !applies {
        return Vec::new();
    }
    let Some(columns) = Place::of(text, line_start, options.indent).columns(content) else { return Vec::new() };
    if line[..blank] == *" ".repeat(columns as usize) {
        return Vec::new();
    }
    let range = TextRange::at(TextSize::new(line_start as u32), TextSize::new(blank as u32));
    vec![TextEdit::replace(range, " ".repeat(columns as usize))]
}

/// Whether a line is a binding from its start to its end, as far as its brackets say.
fn is_whole_binding(line: &str) -> bool {
    let tokens = lex(line.as_bytes());
    let starts = tokens.first().is_some_and(|token| matches!(token.kind, SyntaxKind::IDENT | SyntaxKind::INHERIT_KW | SyntaxKind::QUOTE));
    let balance = tokens.iter().try_fold(0i32, |depth, token| {
        let depth = depth + i32::from(opens(token.kind)) - i32::from(closes(token.kind));
        (depth >= 0).then_some(depth)
    });
    starts && balance == Some(0) && line.trim_end().ends_with(';')
}

fn opens(kind: SyntaxKind) -> bool {
    use SyntaxKind::*;
    matches!(kind, L_BRACE | L_BRACKET | L_PAREN | DOLLAR_BRACE | INDENTED_OPEN | LET_KW)
}

fn closes(kind: SyntaxKind) -> bool {
    use SyntaxKind::*;
    matches!(kind, R_BRACE | R_BRACKET | R_PAREN | INDENTED_CLOSE | IN_KW)
}

/// What is open where a line starts.
struct Place {
    /// The innermost bracket that is open, and how many columns its line is indented by.
    open: Option<(SyntaxKind, u32)>,
    /// The line starts inside a comment or a `"…"`, which are not touched.
    inside: bool,
    /// The last token before the line that is no white space.
    last: SyntaxKind,
    /// How many columns the last line that is not empty is indented by.
    previous: u32,
    /// Whether that line is one of the string that is open.
    within_string: bool,
    indent: u32,
}

impl Place {
    fn of(text: &str, line_start: usize, indent: u32) -> Place {
        let columns = |at: usize| {
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let line = &text[start..];
            (line.len() - line.trim_start_matches(' ').len()) as u32
        };
        let mut open: Vec<TokenData> = Vec::new();
        let mut place = Place { open: None, inside: false, last: SyntaxKind::EOF, previous: 0, within_string: false, indent };
        let mut in_quotes = Vec::new();
        for token in lex(text.as_bytes()) {
            if token.start as usize >= line_start {
                break;
            }
            place.inside = token.end as usize > line_start
                && !matches!(token.kind, SyntaxKind::WHITESPACE | SyntaxKind::STRING_TEXT | SyntaxKind::STRING_ESCAPE);
            match token.kind {
                SyntaxKind::QUOTE if in_quotes.last() == Some(&open.len()) => {
                    in_quotes.pop();
                }
                SyntaxKind::QUOTE => in_quotes.push(open.len()),
                kind if opens(kind) => open.push(token),
                // `in` closes `let`, and brackets what is open inside of them.
                SyntaxKind::IN_KW => {
                    open.pop_if(|token| token.kind == SyntaxKind::LET_KW);
                }
                kind if closes(kind) => {
                    while open.pop_if(|token| token.kind == SyntaxKind::LET_KW).is_some() {}
                    open.pop();
                }
                _ => {}
            }
            if !token.kind.is_trivia() {
                place.last = token.kind;
            }
        }
        place.inside |= in_quotes.last() == Some(&open.len());
        place.open = open.last().map(|token| (token.kind, columns(token.start as usize)));
        let mut before = text[..line_start].trim_end_matches([' ', '\t', '\n', '\r']).len();
        before = text[..before].rfind('\n').map_or(0, |newline| newline + 1);
        place.previous = columns(before);
        place.within_string = open.last().is_some_and(|token| before > token.start as usize);
        place
    }

    /// How many columns a line with this content should be indented by; none if that is not certain.
    fn columns(&self, content: &str) -> Option<u32> {
        if self.inside {
            return None;
        }
        let Some((kind, columns)) = self.open else {
            // Outside of all brackets lines start where they are, but for the first one below `=`, `:` and the like.
            return content.is_empty().then_some(self.previous);
        };
        let deeper = columns + self.indent;
        if kind == SyntaxKind::INDENTED_OPEN {
            if content.starts_with("''") {
                return Some(columns);
            }
            return content.is_empty().then_some(if self.within_string { self.previous.max(deeper) } else { deeper });
        }
        let closes_it = match kind {
            SyntaxKind::L_BRACE | SyntaxKind::DOLLAR_BRACE => content.starts_with('}'),
            SyntaxKind::L_BRACKET => content.starts_with(']'),
            SyntaxKind::L_PAREN => content.starts_with(')'),
            SyntaxKind::LET_KW => content == "in" || content.starts_with("in "),
            _ => false,
        };
        if closes_it {
            return Some(columns);
        }
        use SyntaxKind::*;
        match self.last {
            // A new item.
            SEMICOLON | L_BRACE | L_BRACKET | L_PAREN | LET_KW | DOLLAR_BRACE => Some(deeper),
            COMMA if kind == L_BRACE => Some(deeper),
            // The value is below.
            ASSIGN => Some(self.previous + self.indent),
            _ if kind == L_BRACKET && content.is_empty() => Some(self.previous.max(deeper)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// The text with the cursor at `$0`, behind what was typed.
    fn check(marked: &str, expected: Expect) {
        let (before, after) = marked.split_once("$0").expect("a cursor");
        let text = [before, after].concat();
        let typed = before.trim_end_matches(' ').chars().last().expect("something typed");
        let mut changed = text.clone();
        for edit in format_on_type(&text, TextSize::of(before), typed, &Options::default()) {
            changed = edit.apply(&changed).expect("edits lie in the text");
        }
        expected.assert_eq(&changed.replace(' ', "·"));
    }

    #[test]
    fn lines_in_sets_and_lists() {
        check("{\n  a = {\n$0\n  };\n}", expect!["{\n··a·=·{\n····\n··};\n}"]);
        check("{\n  a = 1;\n$0\n}", expect!["{\n··a·=·1;\n··\n}"]);
        check("[\n  a\n$0\n]", expect!["[\n··a\n··\n]"]);
        check("let\n$0\nin x", expect!["let\n··\nin·x"]);
        check("{\n  a =\n$0\n}", expect!["{\n··a·=\n····\n}"]);
        check("f {\n$0}", expect!["f·{\n}"]);
    }

    #[test]
    fn closing_brackets() {
        check("{\n  a = {\n    b = 1;\n    }$0\n}", expect!["{\n··a·=·{\n····b·=·1;\n··}\n}"]);
        check("{ a = [ 1 ]$0 }", expect!["{·a·=·[·1·]·}"]);
    }

    #[test]
    fn bindings() {
        check("{\n  a = {\n  b = 1;$0\n  };\n}", expect!["{\n··a·=·{\n····b·=·1;\n··};\n}"]);
        check("{\n  a =\n      1;$0\n}", expect!["{\n··a·=\n······1;\n}"]);
    }

    #[test]
    fn strings_and_comments() {
        check("{\n  a = ''\n$0\n  '';\n}", expect!["{\n··a·=·''\n····\n··'';\n}"]);
        check("{\n  a = ''\n      b\n$0\n  '';\n}", expect!["{\n··a·=·''\n······b\n······\n··'';\n}"]);
        check("{\n  a = \"\n$0\";\n}", expect!["{\n··a·=·\"\n\";\n}"]);
        check("{ /*\n$0*/ }", expect!["{·/*\n*/·}"]);
    }
}
