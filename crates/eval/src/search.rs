//! Where a loaded text writes something: for messages that only name it.

use nival_hir::module::{AttrsLit, BinaryOp, Expr, ExprId};
use nival_syntax::Name;

use crate::error::{Place, Pos};
use crate::evaluator::Evaluator;
use crate::linked::Linked;
use crate::locate::SourceLocation;

/// An attribute as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub attr: Pos,
    pub value: Pos,
}

/// Expressions that one search looks at in one text.
const MAX_STEPS: usize = 100_000;

/// Sets, lists and calls inside one another that a search enters.
const MAX_NESTED: usize = 200;

impl Evaluator {
    /// Where loaded texts write the attribute `path`, as modules do: in the set that a text is or that its function gives,
    /// through `let`, `with`, `if`, `//`, lists and the arguments of calls (`mkIf condition { … }`). `file` narrows it to one.
    pub fn find_written(&self, file: Option<&[u8]>, path: &[Name]) -> Vec<Written> {
        let mut found = Vec::new();
        if path.is_empty() {
            return found;
        }
        for number in 0..self.modules.len() {
            let Some(linked) = self.modules.get(number).filter(|linked| linked.is_present()) else { continue };
            if file.is_some() && linked.origin.file.as_deref() != file {
                continue;
            }
            let mut search = Search { m: linked, found: &mut |set, at| found.extend(written(linked, set, at)), steps: MAX_STEPS };
            search.expr(linked.root, path, 0);
        }
        found.sort_unstable_by_key(|w| (w.attr.module(), w.value != w.attr));
        found.dedup();
        found
    }

    /// The names of the attributes that loaded texts write in the set `path`, found in the same way. In no order.
    pub fn find_names(&self, path: &[Name]) -> Vec<Name> {
        let mut found = Vec::new();
        let mut deeper = path.to_vec();
        deeper.push(Name::new(""));
        for number in 0..self.modules.len() {
            let Some(linked) = self.modules.get(number).filter(|linked| linked.is_present()) else { continue };
            let mut search = Search { m: linked, found: &mut |set, _| found.extend(set.1.attrs.iter().map(|a| a.name)), steps: MAX_STEPS };
            search.expr(linked.root, &deeper, 0);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether this file was loaded.
    pub fn has_loaded(&self, file: &[u8]) -> bool {
        self.imports.lock().unwrap_or_else(|e| e.into_inner()).contains_key(file)
    }

    /// The name that the expression at `pos` is bound to, in a set, a `let` or as the default of a parameter, and the place
    /// of that name. As the text has it: `a.b` for `a.b = …`.
    pub fn binding(&self, pos: Pos) -> Option<(String, SourceLocation)> {
        let (linked, place) = self.present(pos)?;
        let Place::Expr(id) = place else { return None };
        let (text, positions) = linked.positions(self.host())?;
        let before = text.get(..usize::from(positions.expr_range(id).start()))?;
        let bound = before.trim_ascii_end();
        let bound = match bound {
            [.., b'=' | b'!' | b'<' | b'>', b'='] => return None,
            [before @ .., b'=' | b'?'] => before.trim_ascii_end(),
            _ => return None,
        };
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'\'' | b'-' | b'.' | b'"');
        let from = bound.iter().rposition(|&b| !is_name(b)).map_or(0, |at| at + 1);
        let name = bound.get(from..).filter(|name| !name.is_empty())?;
        let mut location = self.locate_range(Pos::offset_in(linked.id, from as u32))?;
        location.range = from..from + name.len();
        Some((String::from_utf8_lossy(name).into_owned(), location))
    }
}

/// A set literal by its number, and the literal.
type Literal<'a> = (u32, &'a AttrsLit);

struct Search<'a, 'f> {
    m: &'a Linked,
    /// Told of every set that the path leads to, and which attribute of it is the last one of the path, if it is there.
    found: &'f mut dyn FnMut(Literal<'a>, Option<usize>),
    steps: usize,
}

fn written(m: &Linked, (index, lit): Literal<'_>, at: Option<usize>) -> Option<Written> {
    let at = at?;
    let (def, first) = (lit.attrs.get(at)?, m.set_starts.get(index as usize)?);
    Some(Written { attr: Pos::attr(m.id, first + at as u32), value: m.pos(def.value) })
}

impl<'a> Search<'a, '_> {
    fn expr(&mut self, id: ExprId, path: &[Name], depth: usize) {
        if self.steps == 0 || depth > MAX_NESTED {
            return;
        }
        self.steps -= 1;
        let m = self.m;
        let depth = depth + 1;
        match *m.expr(id) {
            Expr::Patch(index) => {
                if let Some(patch) = m.module().patches.get(index as usize) {
                    self.expr(patch.body, path, depth);
                }
            }
            Expr::Lambda(index) => {
                if let Some(lambda) = m.module().lambdas.get(index as usize) {
                    self.expr(lambda.body, path, depth);
                }
            }
            Expr::Let(index) => {
                if let Some(lit) = m.module().lets.get(index as usize) {
                    self.expr(lit.body, path, depth);
                }
            }
            Expr::With { body, .. } | Expr::Assert { body, .. } => self.expr(body, path, depth),
            Expr::If { then_branch, else_branch, .. } => {
                self.expr(then_branch, path, depth);
                self.expr(else_branch, path, depth);
            }
            Expr::Binary { op: BinaryOp::Update | BinaryOp::Concat, lhs, rhs } => {
                self.expr(lhs, path, depth);
                self.expr(rhs, path, depth);
            }
            Expr::Call { args, .. } => m.list(args).iter().for_each(|&arg| self.expr(arg, path, depth)),
            Expr::List(items) => m.list(items).iter().for_each(|&item| self.expr(item, path, depth)),
            Expr::Attrs(index) => {
                if let Some(lit) = m.module().attrsets.get(index as usize) {
                    self.set(index, lit, path, depth);
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, index: u32, lit: &'a AttrsLit, path: &[Name], depth: usize) {
        let Some((&first, rest)) = path.split_first() else { return };
        let at = lit.attrs.iter().position(|attr| attr.name == first);
        if rest.is_empty() {
            (self.found)((index, lit), at);
        } else if let Some(def) = at.and_then(|at| lit.attrs.get(at)) {
            self.expr(def.value, rest, depth);
        }
        for (at, def) in lit.attrs.iter().enumerate() {
            match dotted(def.name, path) {
                Some(parts) if parts == path.len() => (self.found)((index, lit), Some(at)),
                Some(parts) => self.expr(def.value, path.get(parts..).unwrap_or_default(), depth),
                None => {}
            }
        }
    }
}

/// How many parts of the path one name with dots is, which messages write without quotes: `"a.org"` is two of `hosts.a.org.port`.
fn dotted(name: Name, path: &[Name]) -> Option<usize> {
    let mut parts = 0;
    for part in name.as_bytes().split(|byte| *byte == b'.') {
        if path.get(parts)?.as_bytes() != part {
            return None;
        }
        parts += 1;
    }
    (parts > 1).then_some(parts)
}
