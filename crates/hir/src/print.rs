//! A [`Module`] as one line of text, for tests and for looking at what the evaluator runs.
//!
//! `%3` is slot 3 of the current frame, `%3^1` that of the enclosing function, `fn f/4 x=%0: …` a function whose frame has four
//! slots, `%1 = …` what is put into a slot, `x@[%0 %2^1]` a name looked up in the `with`s that these slots hold.

use std::fmt::{self, Write};

use crate::globals::GLOBALS;
use crate::module::*;

/// Displays the whole of a module.
pub struct Printed<'m>(pub &'m Module);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr(f, self.0.root)
    }
}

impl Printed<'_> {
    fn expr(&self, f: &mut dyn Write, id: ExprId) -> fmt::Result {
        stacker::maybe_grow(64 << 10, 1 << 20, || self.one(f, id))
    }

    fn one(&self, f: &mut dyn Write, id: ExprId) -> fmt::Result {
        let module = self.0;
        let Some(&expr) = module.exprs.get(id.0 as usize) else { return f.write_str("?") };
        match expr {
            Expr::Missing => f.write_str("missing"),
            Expr::Const(index) => constant(f, module.consts.get(index as usize)),
            Expr::Local(slot) => write!(f, "%{}", slot.0),
            Expr::Outer { depth, slot } => write!(f, "%{}^{depth}", slot.0),
            Expr::Global(index) => f.write_str(GLOBALS.get(index as usize).copied().unwrap_or("?")),
            Expr::WithVar(index) => self.with_var(f, index),
            Expr::Undefined(name) => write!(f, "undefined:{name}"),
            Expr::Interpolate(parts) => self.run(f, "\"", parts, "\""),
            Expr::PathInterpolate(parts) => self.run(f, "path\"", parts, "\""),
            Expr::List(items) => self.run(f, "[", items, "]"),
            Expr::Attrs(index) => module.attrsets.get(index as usize).map_or(Ok(()), |set| self.attrs(f, set)),
            Expr::Let(index) => module.lets.get(index as usize).map_or(Ok(()), |lets| {
                f.write_str("let ")?;
                for (slot, value) in lets.sources.iter().chain(&lets.defs) {
                    self.slot(f, *slot, *value)?;
                }
                f.write_str("in ")?;
                self.expr(f, lets.body)
            }),
            Expr::With { slot, namespace, body } => {
                f.write_str("with ")?;
                self.slot(f, slot, namespace)?;
                self.expr(f, body)
            }
            Expr::Lambda(index) => module.lambdas.get(index as usize).map_or(Ok(()), |lambda| self.lambda(f, lambda)),
            Expr::Call { function, args } => {
                f.write_char('(')?;
                self.expr(f, function)?;
                self.run(f, " ", args, ")")
            }
            Expr::Get { base, name, .. } => {
                self.expr(f, base)?;
                write!(f, ".{name}")
            }
            Expr::Select { base, path, default } => {
                f.write_char('(')?;
                self.expr(f, base)?;
                f.write_char('.')?;
                self.path(f, path)?;
                if let Some(default) = default {
                    f.write_str(" or ")?;
                    self.expr(f, default.get())?;
                }
                f.write_char(')')
            }
            Expr::HasAttr { base, path } => {
                f.write_char('(')?;
                self.expr(f, base)?;
                f.write_str(" ? ")?;
                self.path(f, path)?;
                f.write_char(')')
            }
            Expr::If { condition, then_branch, else_branch } => {
                self.words(f, &[("(if ", condition), (" then ", then_branch), (" else ", else_branch)])?;
                f.write_char(')')
            }
            Expr::Assert { condition, body } => self.words(f, &[("assert ", condition), ("; ", body)]),
            Expr::Not(operand) => self.words(f, &[("!", operand)]),
            Expr::Negate(operand) => self.words(f, &[("-", operand)]),
            Expr::Binary { op, lhs, rhs } => {
                self.words(f, &[("(", lhs)])?;
                write!(f, " {} ", op.text())?;
                self.expr(f, rhs)?;
                f.write_char(')')
            }
            Expr::CurPos => f.write_str("__curPos"),
            Expr::Patch(index) => module.patches.get(index as usize).map_or(Ok(()), |patch| {
                write!(f, "<patch/{} ", patch.frame_size)?;
                self.expr(f, patch.body)?;
                f.write_char('>')
            }),
        }
    }

    fn words(&self, f: &mut dyn Write, words: &[(&str, ExprId)]) -> fmt::Result {
        words.iter().try_for_each(|&(word, id)| {
            f.write_str(word)?;
            self.expr(f, id)
        })
    }

    fn slot(&self, f: &mut dyn Write, slot: Slot, value: ExprId) -> fmt::Result {
        write!(f, "%{} = ", slot.0)?;
        self.expr(f, value)?;
        f.write_str("; ")
    }

    fn run(&self, f: &mut dyn Write, open: &str, range: ExprRange, close: &str) -> fmt::Result {
        f.write_str(open)?;
        for (i, &id) in self.0.list(range).iter().enumerate() {
            if i > 0 {
                f.write_char(' ')?;
            }
            self.expr(f, id)?;
        }
        f.write_str(close)
    }

    fn path(&self, f: &mut dyn Write, index: u32) -> fmt::Result {
        let parts = self.0.paths.get(index as usize).map_or(&[][..], |path| &path.parts);
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                f.write_char('.')?;
            }
            match part {
                AttrName::Static(name) => write!(f, "{name}")?,
                AttrName::Dynamic(id) => {
                    self.words(f, &[("${", *id)])?;
                    f.write_char('}')?;
                }
            }
        }
        Ok(())
    }

    fn with_var(&self, f: &mut dyn Write, index: u32) -> fmt::Result {
        let Some(var) = self.0.withs.get(index as usize) else { return Ok(()) };
        write!(f, "{}@[", var.name)?;
        for (i, (depth, slot)) in self.0.with_chain(var).enumerate() {
            let space = if i > 0 { " " } else { "" };
            match depth {
                0 => write!(f, "{space}%{}", slot.0)?,
                depth => write!(f, "{space}%{}^{depth}", slot.0)?,
            }
        }
        f.write_char(']')
    }

    /// Attributes alphabetically: the order of `Name`s differs from run to run.
    fn attrs(&self, f: &mut dyn Write, set: &AttrsLit) -> fmt::Result {
        f.write_str(match (set.recursive, set.overrides) {
            (true, true) => "rec+overrides { ",
            (true, false) => "rec { ",
            (false, _) => "{ ",
        })?;
        for (slot, source) in &set.sources {
            self.slot(f, *slot, *source)?;
        }
        let mut attrs: Vec<&AttrDef> = set.attrs.iter().collect();
        attrs.sort_by_key(|attr| attr.name.as_bytes());
        for attr in attrs {
            write!(f, "{}", attr.name)?;
            if let Some(slot) = attr.slot {
                write!(f, "=%{}", slot.0)?;
            }
            self.words(f, &[(" = ", attr.value)])?;
            f.write_str("; ")?;
        }
        for dynamic in &set.dynamic {
            self.words(f, &[("${", dynamic.name), ("} = ", dynamic.value)])?;
            f.write_str("; ")?;
        }
        f.write_char('}')
    }

    fn lambda(&self, f: &mut dyn Write, lambda: &Lambda) -> fmt::Result {
        f.write_str("(fn ")?;
        if let Some(name) = lambda.name {
            write!(f, "{name}")?;
        }
        write!(f, "/{}", lambda.frame_size)?;
        for param in &lambda.params {
            match param {
                Param::Name(name, slot) => write!(f, " {name}=%{}", slot.0)?,
                Param::Pattern(pattern) => self.pattern(f, pattern)?,
            }
        }
        self.words(f, &[(": ", lambda.body)])?;
        f.write_char(')')
    }

    fn pattern(&self, f: &mut dyn Write, pattern: &Pattern) -> fmt::Result {
        f.write_str(" {")?;
        let mut formals: Vec<&Formal> = pattern.formals.iter().collect();
        formals.sort_by_key(|formal| formal.name.as_bytes());
        for formal in formals {
            write!(f, " {}=%{}", formal.name, formal.slot.0)?;
            if let Some(default) = formal.default {
                self.words(f, &[(" ? ", default)])?;
            }
            f.write_char(',')?;
        }
        f.write_str(if pattern.ellipsis { " ... }" } else { " }" })?;
        pattern.bind.map_or(Ok(()), |(name, slot)| write!(f, "@{name}=%{}", slot.0))
    }
}

fn constant(f: &mut dyn Write, constant: Option<Const<'_>>) -> fmt::Result {
    match constant {
        Some(Const::Int(value)) => write!(f, "{value}"),
        Some(Const::Float(bits)) => write!(f, "{:?}", f64::from_bits(bits)),
        Some(Const::Str(text)) => write!(f, "{:?}", String::from_utf8_lossy(text)),
        Some(Const::Path(kind, text)) => {
            let text = String::from_utf8_lossy(text);
            match kind {
                PathKind::Absolute => write!(f, "<{text}>"),
                PathKind::Relative => write!(f, "<folder:{text}>"),
                PathKind::Home => write!(f, "<home:{text}>"),
            }
        }
        None => f.write_str("?"),
    }
}

impl BinaryOp {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Concat => "++",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Update => "//",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::And => "&&",
            BinaryOp::Or => "||",
            BinaryOp::Implies => "->",
        }
    }
}
