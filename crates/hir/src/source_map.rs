//! [`SourceMap`]: where in the text the parts of a [`Module`](crate::module::Module) stand.

use std::cmp::Reverse;

use nival_syntax::{TextRange, TextSize};

use crate::module::ExprId;

/// Positions of a module, parallel to its tables. Every accessor answers an empty range at 0 for an index out of bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    pub(crate) exprs: Box<[TextRange]>,
    /// Sorted by expression.
    pub(crate) details: Box<[(ExprId, TextRange)]>,
    pub(crate) attr_starts: Box<[u32]>,
    pub(crate) attrs: Box<[AttrPlace]>,
    pub(crate) dynamic_starts: Box<[u32]>,
    pub(crate) dynamics: Box<[AttrPlace]>,
    pub(crate) param_starts: Box<[u32]>,
    pub(crate) params: Box<[TextRange]>,
    pub(crate) lambdas: Box<[TextRange]>,
    pub(crate) path_starts: Box<[u32]>,
    pub(crate) path_parts: Box<[TextRange]>,
}

/// Where an attribute is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttrPlace {
    /// What `builtins.unsafeGetAttrPos` answers: the start of the whole attribute path, or of the name in an `inherit`.
    pub position: TextSize,
    /// The name itself, with its quotes.
    pub name: TextRange,
}

impl SourceMap {
    /// The text of an expression, without parentheses around it.
    pub fn expr_range(&self, id: ExprId) -> TextRange {
        self.exprs.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// The operator of a binary operation or pipe; the name of a plain selection `base.name`.
    pub fn detail_range(&self, id: ExprId) -> Option<TextRange> {
        self.details.binary_search_by_key(&id, |d| d.0).ok().and_then(|i| self.details.get(i)).map(|d| d.1)
    }

    /// Every range that [`SourceMap::detail_range`] gives, by expression.
    pub fn details(&self) -> impl Iterator<Item = (ExprId, TextRange)> + '_ {
        self.details.iter().copied()
    }

    /// The position that Nix gives for the expression in messages: the operator of a binary operation, else the start.
    pub fn position(&self, id: ExprId, module: &crate::module::Module) -> TextSize {
        match module.exprs.get(id.0 as usize) {
            Some(crate::module::Expr::Get { .. }) => self.expr_range(id).start(),
            _ => self.detail_range(id).unwrap_or_else(|| self.expr_range(id)).start(),
        }
    }

    /// Of the attribute `attr` in `Module::attrsets[attrs].attrs`.
    pub fn attr(&self, attrs: u32, attr: u32) -> AttrPlace {
        part(&self.attr_starts, &self.attrs, attrs, attr).unwrap_or(NOWHERE)
    }

    /// Of the attribute `attr` in `Module::attrsets[attrs].dynamic`.
    pub fn dynamic_attr(&self, attrs: u32, attr: u32) -> AttrPlace {
        part(&self.dynamic_starts, &self.dynamics, attrs, attr).unwrap_or(NOWHERE)
    }

    /// The whole of `Module::lambdas[lambda]`, from its first parameter to the end of its body.
    pub fn lambda_range(&self, lambda: u32) -> TextRange {
        self.lambdas.get(lambda as usize).copied().unwrap_or_default()
    }

    /// The parameter number `param` of a lambda: the name, or the whole pattern.
    pub fn param_range(&self, lambda: u32, param: u32) -> TextRange {
        part(&self.param_starts, &self.params, lambda, param).unwrap_or_default()
    }

    /// The name of formal number `formal` (as in `Pattern::formals`) of a lambda that has `params` parameters.
    pub fn formal_range(&self, lambda: u32, params: usize, formal: u32) -> TextRange {
        part(&self.param_starts, &self.params, lambda, params as u32 + 1 + formal).unwrap_or_default()
    }

    /// The name before or after `@` in the pattern of a lambda that has `params` parameters; empty where there is none.
    pub fn bind_range(&self, lambda: u32, params: usize) -> TextRange {
        part(&self.param_starts, &self.params, lambda, params as u32).unwrap_or_default()
    }

    /// The part number `part` of `Module::paths[path]`.
    pub fn path_part_range(&self, path: u32, index: u32) -> TextRange {
        part(&self.path_starts, &self.path_parts, path, index).unwrap_or_default()
    }

    /// The smallest expression whose text holds `offset` or ends there. Linear in the number of expressions.
    pub fn expr_at(&self, offset: TextSize) -> Option<ExprId> {
        let holding = self.exprs.iter().enumerate().filter(|(_, range)| !range.is_empty() && range.contains_inclusive(offset));
        // Of equal ranges the outer one comes later (children are lowered first), of touching ones the one that begins here wins.
        holding.min_by_key(|&(i, range)| (range.end() == offset, range.len(), Reverse(i))).map(|(i, _)| ExprId(i as u32))
    }

    /// The smallest expression whose text holds the whole of `range`.
    pub fn expr_covering(&self, range: TextRange) -> Option<ExprId> {
        let holding = self.exprs.iter().enumerate().filter(|(_, expr)| expr.contains_range(range));
        holding.min_by_key(|&(i, expr)| (expr.len(), Reverse(i))).map(|(i, _)| ExprId(i as u32))
    }
}

const NOWHERE: AttrPlace = AttrPlace { position: TextSize::new(0), name: TextRange::empty(TextSize::new(0)) };

/// Item `index` of the run that begins at `starts[owner]` and ends where the next run begins.
fn part<T: Copy>(starts: &[u32], items: &[T], owner: u32, index: u32) -> Option<T> {
    let start = *starts.get(owner as usize)? as usize;
    let end = starts.get(owner as usize + 1).map_or(items.len(), |&end| end as usize);
    items.get(start..end)?.get(index as usize).copied()
}
