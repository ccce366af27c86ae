//! Warnings of literals that a setting asks for, when a text is loaded.

use nival_hir::portability::{LiteralLint, doubtful_literals};

use crate::ctx::Ctx;
use crate::error::{ErrorKind, EvalError, Pos, Result};

/// What becomes of a literal that Nix can be told to warn of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LintLevel {
    #[default]
    Ignore,
    Warn,
    /// It is an error of the file.
    Fatal,
}

/// A level for each setting `lint-…-literals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LiteralLints {
    pub url: LintLevel,
    pub short_path: LintLevel,
    pub absolute_path: LintLevel,
}

impl LiteralLints {
    /// Whether anything is to be looked for.
    pub(crate) fn any(self) -> bool {
        self != LiteralLints::default()
    }

    fn level(self, lint: LiteralLint) -> LintLevel {
        match lint {
            LiteralLint::Url => self.url,
            LiteralLint::ShortPath => self.short_path,
            LiteralLint::AbsolutePath | LiteralLint::HomePath => self.absolute_path,
        }
    }
}

impl Ctx<'_> {
    /// Warns of the literals of a module's text up to the offset `end`, where its first error is.
    ///
    /// # Errors
    /// One is to be refused.
    pub(crate) fn lint_literals(&mut self, module: u32, text: &[u8], end: usize) -> Result<()> {
        let lints = self.evaluator.options.lints;
        let tree = nival_syntax::flat::parse(text);
        for (range, lint) in doubtful_literals(&tree) {
            let range = usize::from(range.start())..usize::from(range.end());
            if range.end > end {
                break;
            }
            let literal = String::from_utf8_lossy(text.get(range.clone()).unwrap_or_default());
            let pos = Pos::offset_in(module, range.start as u32);
            match lints.level(lint) {
                LintLevel::Ignore => {}
                LintLevel::Warn => {
                    let place = self.evaluator.locate(pos).map(|place| place.quote("         ")).unwrap_or_default();
                    self.notice(&format!("{}\n{place}", lint.message(&literal, false)))?;
                }
                LintLevel::Fatal => return Err(EvalError::new(ErrorKind::Parse, lint.message(&literal, true)).at(pos)),
            }
        }
        Ok(())
    }
}
