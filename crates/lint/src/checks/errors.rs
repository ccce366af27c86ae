//! What Nix refuses the text for.

use nival_syntax::flat::FlatTree;
use nival_syntax::{SyntaxErrorKind, TextRange};

use super::suggest::similar;
use nival_hir::diagnostic::{Diagnostic, Severity, codes};
use nival_hir::{LowerError, LowerErrorKind, Lowered};

/// Beyond so many undefined names, something else is wrong, and looking for similar ones only costs time.
const MAX_SUGGESTIONS: usize = 50;

pub(super) fn check(tree: &FlatTree, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    for error in tree.errors() {
        let code = match error.kind {
            SyntaxErrorKind::DynamicInLet => codes::DYNAMIC_LET,
            SyntaxErrorKind::DynamicInInherit => codes::DYNAMIC_INHERIT,
            _ => codes::SYNTAX,
        };
        let diagnostic = Diagnostic::new(code, Severity::Error, error.range, error.message());
        found.push(match error.hint {
            Some(hint) => diagnostic.note(hint),
            None => diagnostic,
        });
    }
    let mut suggestions = 0;
    for LowerError { range, kind } in lowered.errors.iter() {
        let error = |code| Diagnostic::new(code, Severity::Error, *range, kind.to_string());
        found.push(match kind {
            LowerErrorKind::UndefinedVariable(name) => {
                suggestions += 1;
                let guess = if suggestions <= MAX_SUGGESTIONS { similar(&lowered.scopes, range.start(), *name) } else { None };
                match guess {
                    Some(guess) => error(codes::UNDEFINED_VARIABLE).note(format!("did you mean '{guess}'?")),
                    None => error(codes::UNDEFINED_VARIABLE),
                }
            }
            LowerErrorKind::DuplicateAttr { previous, .. } => error(codes::DUPLICATED_ATTRNAME).related(*previous, "defined here before"),
            LowerErrorKind::DuplicateFormal { previous, name, at_name } => {
                let code = if *at_name { codes::DUP_FORMAL_ARG } else { codes::DUP_FORMAL };
                Diagnostic { range: end_of(*range, name.as_bytes().len()), ..error(code) }.related(*previous, "defined here before")
            }
            // The parser's own, which stand above.
            LowerErrorKind::Syntax(_) | LowerErrorKind::DynamicInLet | LowerErrorKind::DynamicInInherit => continue,
        });
    }
}

/// The last `len` bytes of a range that begins where Nix's message points.
fn end_of(range: TextRange, len: usize) -> TextRange {
    TextRange::new(range.end() - nival_syntax::TextSize::new(len.min(range.len().into()) as u32), range.end())
}
