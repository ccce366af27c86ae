//! What the generator knows of an expression's value.

use std::rc::Rc;

/// The type of a value, as far as it matters for making programs that mostly succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    Int,
    Float,
    Bool,
    Str,
    Null,
    Path,
    Any,
    List(Rc<Ty>),
    /// Any names, values of one type.
    Set(Rc<Ty>),
    /// Known names.
    Record(Rc<Vec<(String, Ty)>>),
    Fun(Rc<Ty>, Rc<Ty>),
    /// In rows only: whatever is wanted (`T`), or any one type (`U`).
    Var(char),
    /// In rows only: a piece of text of a special kind; see `gen/leaves.rs`.
    Special(char),
}

impl Ty {
    /// Reads the notation of the rows: `i f b s n p a`, `[T` list, `{T` set, `\AB` function, other capitals special leaves.
    ///
    /// # Panics
    /// On anything else: rows are constants of this program.
    pub fn parse(text: &str) -> Ty {
        let mut chars = text.chars();
        let ty = Ty::read(&mut chars);
        assert!(chars.next().is_none(), "type '{text}' has a rest");
        ty
    }

    fn read(chars: &mut std::str::Chars<'_>) -> Ty {
        match chars.next().expect("a type") {
            'i' => Ty::Int,
            'f' => Ty::Float,
            'b' => Ty::Bool,
            's' => Ty::Str,
            'n' => Ty::Null,
            'p' => Ty::Path,
            'a' => Ty::Any,
            '[' => Ty::List(Rc::new(Ty::read(chars))),
            '{' => Ty::Set(Rc::new(Ty::read(chars))),
            '\\' => {
                let from = Ty::read(chars);
                Ty::Fun(Rc::new(from), Rc::new(Ty::read(chars)))
            }
            var @ ('T' | 'U') => Ty::Var(var),
            special => Ty::Special(special),
        }
    }

    /// Whether `wanted` has the form of this type; binds `T`.
    pub fn matches(&self, wanted: &Ty, t: &mut Option<Ty>) -> bool {
        match (self, wanted) {
            (Ty::Var('T'), _) => {
                *t = Some(wanted.clone());
                true
            }
            (Ty::List(a), Ty::List(b)) | (Ty::Set(a), Ty::Set(b)) => a.matches(b, t),
            (Ty::Fun(a, b), Ty::Fun(c, d)) => a.matches(c, t) && b.matches(d, t),
            (a, b) => a == b,
        }
    }

    /// With `T` and `U` replaced.
    pub fn bind(&self, t: Option<&Ty>, u: &Ty) -> Ty {
        match self {
            Ty::Var('T') => t.cloned().unwrap_or(Ty::Any),
            Ty::Var(_) => u.clone(),
            Ty::List(a) => Ty::List(Rc::new(a.bind(t, u))),
            Ty::Set(a) => Ty::Set(Rc::new(a.bind(t, u))),
            Ty::Fun(a, b) => Ty::Fun(Rc::new(a.bind(t, u)), Rc::new(b.bind(t, u))),
            other => other.clone(),
        }
    }
}
