//! Expressions as messages show them: brackets around everything, operators that are calls as calls.

use nival_hir::module::{AttrName, BinaryOp, Const, Expr, ExprId, ExprRange, Param, PathKind};

use crate::host::Host;
use crate::linked::Linked;
use crate::ops::path::{join, normalise};
use crate::print;

impl Linked {
    /// The expression in the form in which Nix shows the condition of an assertion.
    pub(crate) fn show(&self, id: ExprId, host: &dyn Host) -> String {
        let mut out = Vec::new();
        Shown { linked: self, host }.show_to(&mut out, id);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// A module whose expressions are shown.
struct Shown<'a> {
    linked: &'a Linked,
    host: &'a dyn Host,
}

impl std::ops::Deref for Shown<'_> {
    type Target = Linked;

    fn deref(&self) -> &Linked {
        self.linked
    }
}

impl Shown<'_> {
    /// As it is written.
    fn source(&self, id: ExprId) -> Vec<u8> {
        let Some((text, map)) = self.linked.positions(self.host) else { return b"...".to_vec() };
        let range = map.expr_range(id);
        text.get(usize::from(range.start())..usize::from(range.end())).unwrap_or_default().to_vec()
    }

    fn show_to(&self, out: &mut Vec<u8>, id: ExprId) {
        match *self.expr(id) {
            Expr::Const(index) => match self.module().consts.get(index as usize) {
                // Lowering folds `-1`, which Nix shows as the subtraction that it is.
                Some(Const::Int(i)) if i < 0 => out.extend_from_slice(format!("(__sub 0 {})", i.unsigned_abs()).as_bytes()),
                Some(Const::Int(i)) => out.extend_from_slice(i.to_string().as_bytes()),
                Some(Const::Str(bytes)) => print::string(out, bytes),
                Some(Const::Float(bits)) => out.extend_from_slice(print::float::display(f64::from_bits(bits)).as_bytes()),
                Some(Const::Path(PathKind::Absolute | PathKind::Relative, bytes)) => {
                    out.extend_from_slice(&normalise(&join(&self.origin.base, bytes)));
                }
                _ => out.extend_from_slice(&self.source(id)),
            },
            Expr::Lambda(index) => self.show_lambda(out, id, index),
            Expr::Interpolate(parts) => {
                out.push(b'(');
                self.show_list(out, parts, b" + ");
                out.push(b')');
            }
            Expr::List(items) => {
                out.extend_from_slice(b"[ ");
                for &item in self.list(items) {
                    out.push(b'(');
                    self.show_to(out, item);
                    out.extend_from_slice(b") ");
                }
                out.push(b']');
            }
            Expr::Attrs(index) => self.show_attrs(out, id, index),
            Expr::Call { function, args } => {
                out.push(b'(');
                self.show_to(out, function);
                out.push(b' ');
                self.show_list(out, args, b" ");
                out.push(b')');
            }
            Expr::Get { base, name, .. } => {
                match *self.expr(base) {
                    Expr::Get { .. } => self.show_to(out, base),
                    _ => self.bracketed(out, base),
                }
                out.push(b'.');
                out.extend_from_slice(name.as_bytes());
            }
            Expr::Select { base, path, default } => {
                self.bracketed(out, base);
                out.push(b'.');
                self.show_path(out, path);
                if let Some(default) = default {
                    out.extend_from_slice(b" or ");
                    self.bracketed(out, default.get());
                }
            }
            Expr::HasAttr { base, path } => {
                out.push(b'(');
                self.bracketed(out, base);
                out.extend_from_slice(b" ? ");
                self.show_path(out, path);
                out.push(b')');
            }
            Expr::Patch(index) => {
                if let Some(patch) = self.module().patches.get(index as usize) {
                    self.show_to(out, patch.body);
                }
            }
            Expr::Not(operand) => {
                out.extend_from_slice(b"(! ");
                self.show_to(out, operand);
                out.push(b')');
            }
            Expr::Negate(operand) => self.show_call(out, "__sub 0", &[operand]),
            Expr::If { condition, then_branch, else_branch } => {
                for (word, part) in [("(if ", condition), (" then ", then_branch), (" else ", else_branch)] {
                    out.extend_from_slice(word.as_bytes());
                    self.show_to(out, part);
                }
                out.push(b')');
            }
            Expr::Binary { op, lhs, rhs } => self.show_binary(out, op, lhs, rhs),
            // Variables are their own text; the rest is too long to be worth another form.
            _ => out.extend_from_slice(&self.source(id)),
        }
    }

    fn show_binary(&self, out: &mut Vec<u8>, op: BinaryOp, lhs: ExprId, rhs: ExprId) {
        let sign = match op {
            BinaryOp::Concat => "++",
            BinaryOp::Add => "+",
            BinaryOp::Update => "//",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::And => "&&",
            BinaryOp::Or => "||",
            BinaryOp::Implies => "->",
            BinaryOp::Sub => return self.show_call(out, "__sub", &[lhs, rhs]),
            BinaryOp::Mul => return self.show_call(out, "__mul", &[lhs, rhs]),
            BinaryOp::Div => return self.show_call(out, "__div", &[lhs, rhs]),
            BinaryOp::Less => return self.show_call(out, "__lessThan", &[lhs, rhs]),
            BinaryOp::Greater => return self.show_call(out, "__lessThan", &[rhs, lhs]),
            BinaryOp::LessEqual | BinaryOp::GreaterEqual => {
                out.extend_from_slice(b"(! ");
                self.show_call(out, "__lessThan", &if op == BinaryOp::LessEqual { [rhs, lhs] } else { [lhs, rhs] });
                return out.push(b')');
            }
        };
        out.push(b'(');
        self.show_to(out, lhs);
        out.extend_from_slice(format!(" {sign} ").as_bytes());
        self.show_to(out, rhs);
        out.push(b')');
    }

    fn show_call(&self, out: &mut Vec<u8>, function: &str, args: &[ExprId]) {
        out.push(b'(');
        out.extend_from_slice(function.as_bytes());
        for &arg in args {
            out.push(b' ');
            self.show_to(out, arg);
        }
        out.push(b')');
    }

    fn show_lambda(&self, out: &mut Vec<u8>, id: ExprId, index: u32) {
        let Some(lambda) = self.module().lambdas.get(index as usize) else { return };
        if lambda.params.iter().any(|p| matches!(p, Param::Pattern(_))) {
            return out.extend_from_slice(&self.source(id));
        }
        for param in &lambda.params {
            let Param::Name(name, _) = param else { continue };
            out.push(b'(');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
        }
        self.show_to(out, lambda.body);
        out.extend(lambda.params.iter().map(|_| b')'));
    }

    fn bracketed(&self, out: &mut Vec<u8>, id: ExprId) {
        out.push(b'(');
        self.show_to(out, id);
        out.push(b')');
    }

    fn show_list(&self, out: &mut Vec<u8>, range: ExprRange, between: &[u8]) {
        for (i, &item) in self.list(range).iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(between);
            }
            self.show_to(out, item);
        }
    }

    fn show_path(&self, out: &mut Vec<u8>, path: u32) {
        let Some(path) = self.module().paths.get(path as usize) else { return };
        for (i, part) in path.parts.iter().enumerate() {
            if i > 0 {
                out.push(b'.');
            }
            match part {
                AttrName::Static(name) => out.extend_from_slice(name.as_bytes()),
                AttrName::Dynamic(id) => {
                    out.extend_from_slice(b"\"${");
                    self.show_to(out, *id);
                    out.extend_from_slice(b"}\"");
                }
            }
        }
    }

    fn show_attrs(&self, out: &mut Vec<u8>, id: ExprId, index: u32) {
        let Some(lit) = self.module().attrsets.get(index as usize).filter(|l| l.dynamic.is_empty() && l.sources.is_empty()) else {
            return out.extend_from_slice(&self.source(id));
        };
        out.extend_from_slice(if lit.recursive { b"rec { " } else { b"{ " });
        let mut attrs: Vec<_> = lit.attrs.iter().collect();
        attrs.sort_unstable_by_key(|a| a.name.as_bytes());
        for attr in attrs {
            out.extend_from_slice(attr.name.as_bytes());
            out.extend_from_slice(b" = ");
            self.show_to(out, attr.value);
            out.extend_from_slice(b"; ");
        }
        out.push(b'}');
    }
}
