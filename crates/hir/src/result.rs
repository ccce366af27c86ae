//! The result of lowering a text, and what Nix would refuse it for.

use std::sync::Arc;

use nival_syntax::{Name, TextRange};

/// A name as Nix writes it in messages and paths: in quotes where it is not an identifier.
pub use nival_syntax::literal::identifier as quoted;

pub use crate::lower::Pieces;
use crate::module::Module;
use crate::scopes::Scopes;
use crate::source_map::SourceMap;

/// What lowering depends on beside the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LowerOptions {
    /// Extra names in the outermost scope (of `scopedImport`, of a REPL). They shadow globals, and the later of two equal names wins.
    /// The number i has slot i of the root frame, which the evaluator fills before it runs the module.
    pub scope: Vec<Name>,
    /// Make the values of bindings, and that of the file, replaceable one by one ([`crate::module::Expr::Patch`]): for a text
    /// that is evaluated while somebody edits it. Bindings to variables in lexical scope stay what they are.
    pub patchable: bool,
}

/// A lowered text. Everything is shared, so that a clone is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lowered {
    /// Free of positions.
    pub module: Arc<Module>,
    /// The positions of what is in `module`.
    pub source_map: Arc<SourceMap>,
    /// Which name is bound and used where.
    pub scopes: Arc<Scopes>,
    /// Why Nix refuses the text, first what it reports first. Empty where it accepts it.
    pub errors: Arc<[LowerError]>,
    /// What [`crate::lower_again`] needs; none where the text was not lowered for it.
    pub pieces: Option<Arc<Pieces>>,
}

/// Why Nix refuses a text. The start of `range` is the position that Nix reports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct LowerError {
    pub range: TextRange,
    pub kind: LowerErrorKind,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerErrorKind {
    #[error("{0}")]
    Syntax(String),
    #[error("undefined variable '{}'", quoted(.0.as_bytes()))]
    UndefinedVariable(Name),
    /// Nix goes on with the position of `previous`: `already defined at FILE:LINE:COLUMN`.
    #[error("attribute '{path}' already defined")]
    DuplicateAttr {
        path: String,
        /// Starts at the position that Nix gives for the first definition.
        previous: TextRange,
    },
    #[error("duplicate formal function argument '{}'", quoted(name.as_bytes()))]
    DuplicateFormal {
        name: Name,
        previous: TextRange,
        /// It is the name at `@` that is a formal's, too; the range then ends behind that name.
        at_name: bool,
    },
    #[error("dynamic attributes not allowed in let")]
    DynamicInLet,
    #[error("dynamic attributes not allowed in inherit")]
    DynamicInInherit,
}
