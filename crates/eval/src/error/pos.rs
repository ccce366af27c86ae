//! [`Pos`]: a place in a linked module, resolved to a path and a range only when somebody looks.

/// 0 for none, else `number << 32 | module << 8 | kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Pos(u64);

/// What a [`Pos`] names inside its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    None,
    Expr(nival_hir::module::ExprId),
    /// An attribute's name, counted over all set literals of the module.
    Attr(u32),
    /// A lambda's parameter list.
    Lambda(u32),
    /// A further parameter of a lambda: that one's number, and how many parameters come before.
    Param(u32, u32),
    /// A formal, counted over all patterns of the module.
    Formal(u32),
    /// A byte of the text.
    Offset(u32),
}

impl Pos {
    pub const NONE: Pos = Pos(0);

    fn new(module: u32, kind: u64, number: u32) -> Pos {
        Pos((number as u64) << 32 | (module as u64) << 8 | kind)
    }

    pub(crate) fn expr(module: u32, expr: nival_hir::module::ExprId) -> Pos {
        Pos::new(module, 1, expr.0)
    }

    pub(crate) fn attr(module: u32, number: u32) -> Pos {
        Pos::new(module, 2, number)
    }

    pub(crate) fn lambda(module: u32, lambda: u32) -> Pos {
        Pos::new(module, 3, lambda)
    }

    pub(crate) fn param(module: u32, lambda: u32, given: usize) -> Pos {
        match u8::try_from(given) {
            Ok(given) if given > 0 && lambda < 1 << 24 => Pos::new(module, 6, lambda << 8 | u32::from(given)),
            _ => Pos::lambda(module, lambda),
        }
    }

    pub(crate) fn formal(module: u32, number: u32) -> Pos {
        Pos::new(module, 4, number)
    }

    pub(crate) fn offset_in(module: u32, offset: u32) -> Pos {
        Pos::new(module, 5, offset)
    }

    /// The same kind of place, `by` further.
    pub(crate) fn offset(self, by: u32) -> Pos {
        Pos(self.0 + ((by as u64) << 32))
    }

    /// For [`Pos::from_word`].
    pub(crate) fn to_word(self) -> i64 {
        self.0.cast_signed()
    }

    pub(crate) fn from_word(word: i64) -> Pos {
        Pos(word.cast_unsigned())
    }

    /// Both halves of the word, for hashing.
    pub(crate) fn halves(self) -> [u32; 2] {
        [(self.0 >> 32) as u32, self.0 as u32]
    }

    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Number of the linked module.
    pub(crate) fn module(self) -> u32 {
        (self.0 >> 8) as u32 & 0xff_ffff
    }

    pub(crate) fn place(self) -> Place {
        let number = (self.0 >> 32) as u32;
        match self.0 & 0xff {
            0 => Place::None,
            1 => Place::Expr(nival_hir::module::ExprId(number)),
            2 => Place::Attr(number),
            3 => Place::Lambda(number),
            4 => Place::Formal(number),
            6 => Place::Param(number >> 8, number & 0xff),
            _ => Place::Offset(number),
        }
    }
}
