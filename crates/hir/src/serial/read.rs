//! From bytes to a module.

use std::borrow::Cow;

use nival_syntax::Name;

use super::{Expected, OPERATORS, flag, tag};
use crate::module::*;
use crate::validate::validate_whole;

/// The module that `bytes` are of. Makes the names of its text known to the process, in their order.
///
/// `None` for bytes that no module was written as.
pub fn read(bytes: &[u8]) -> Option<Module> {
    let mut input = Input { bytes, bad: false, names: Cow::default(), expected: Expected::default(), slots: 0 };
    let module = input.module();
    let sound = !input.bad && input.bytes.is_empty() && input.sizes_are_likely(&module, bytes.len());
    (sound && validate_whole(&module).is_ok()).then_some(module)
}

/// The module that `bytes` are of, without its names, which are `names`. Bytes of this process's own memory, that were a sound module's.
pub(super) fn unpack(names: &[Name], bytes: &[u8]) -> Option<Module> {
    let mut input = Input { bytes, bad: false, names: Cow::Borrowed(names), expected: Expected::default(), slots: 0 };
    let module = input.tables();
    (!input.bad && input.bytes.is_empty()).then_some(module)
}

struct Input<'b> {
    /// What is left.
    bytes: &'b [u8],
    /// Something was wrong; numbers are 0 from then on.
    bad: bool,
    names: Cow<'b, [Name]>,
    expected: Expected,
    /// How many slots the module fills.
    slots: usize,
}

/// See the macro of the same name of the writing side.
macro_rules! counted {
    ($self:ident . $field:ident) => {
        counted!($self.$field, 1)
    };
    ($self:ident . $field:ident, $step:expr) => {{
        let number = $self.signed_from($self.expected.$field);
        $self.expected.$field = number.wrapping_add($step);
        number
    }};
}

impl<'b> Input<'b> {
    #[cold]
    #[inline(never)]
    fn fail(&mut self) {
        self.bad = true;
        self.bytes = &[];
    }

    #[inline(always)]
    fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((&byte, rest)) => {
                self.bytes = rest;
                byte
            }
            None => {
                self.fail();
                0
            }
        }
    }

    #[inline(always)]
    fn num64(&mut self) -> u64 {
        let byte = self.byte();
        if byte < 0x80 { byte.into() } else { self.long(byte) }
    }

    #[inline(never)]
    fn long(&mut self, first: u8) -> u64 {
        let mut value = u64::from(first & 0x7f);
        let mut shift = 7;
        loop {
            let byte = self.byte();
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return value;
            }
            shift += 7;
            if shift >= 56 {
                self.fail();
                return 0;
            }
        }
    }

    #[inline(always)]
    fn num(&mut self) -> u32 {
        let value = self.num64();
        if value > u64::from(u32::MAX) {
            self.fail();
        }
        value as u32
    }

    /// A length of what takes at least a byte each.
    #[inline(always)]
    fn len(&mut self) -> usize {
        let len = self.num() as usize;
        if len > self.bytes.len() {
            self.fail();
            return 0;
        }
        len
    }

    /// A number near `expected`.
    #[inline(always)]
    fn signed_from(&mut self, expected: u32) -> u32 {
        let value = self.num64();
        let number = i64::from(expected) + ((value >> 1) as i64 ^ -((value & 1) as i64));
        u32::try_from(number).unwrap_or_else(|_| {
            self.fail();
            0
        })
    }

    #[inline(always)]
    fn name(&mut self) -> Name {
        let place = self.num();
        match self.names.get(place as usize) {
            Some(name) => *name,
            None => self.no_name(),
        }
    }

    #[cold]
    fn no_name(&mut self) -> Name {
        self.fail();
        Name::new("")
    }

    #[inline(always)]
    fn child(&mut self, parent: u32) -> ExprId {
        let distance = self.num();
        if distance == 0 || distance > parent {
            self.fail();
            return ExprId(0);
        }
        ExprId(parent - distance)
    }

    #[inline(always)]
    fn near(&mut self, last: &mut u32) -> ExprId {
        *last = self.signed_from(*last);
        ExprId(*last)
    }

    #[inline(always)]
    fn slot(&mut self, last: &mut u32) -> Slot {
        self.slots += 1;
        *last = self.signed_from(*last);
        Slot(*last)
    }

    #[inline(always)]
    fn range(&mut self) -> ExprRange {
        let start = counted!(self.lists, 0);
        let len = self.num();
        self.expected.lists = start.wrapping_add(len);
        ExprRange { start, len }
    }

    /// So many of what `read` reads, each of at least a byte.
    #[inline]
    fn many<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Box<[T]> {
        let len = self.len();
        let mut all = Vec::with_capacity(len);
        for _ in 0..len {
            all.push(read(self));
        }
        all.into_boxed_slice()
    }

    fn module(&mut self) -> Module {
        let count = self.len();
        let mut names = Vec::with_capacity(count);
        for _ in 0..count {
            let len = self.len();
            let (name, rest) = self.bytes.split_at_checked(len).unwrap_or_default();
            self.bytes = rest;
            if !self.bad {
                names.push(Name::new(name));
            }
        }
        self.names = Cow::Owned(names);
        self.tables()
    }

    /// All but the names.
    fn tables(&mut self) -> Module {
        let sites = self.num();
        let frame_size = self.num();
        let root = ExprId(self.num());
        let consts = Consts::read(&mut self.bytes).unwrap_or_else(|| {
            self.fail();
            Consts::default()
        });
        let count = self.len();
        let mut exprs = Vec::with_capacity(count);
        for id in 0..count as u32 {
            exprs.push(self.expr(id));
        }
        let mut last = 0;
        let lists = self.many(|input| input.near(&mut last));
        last = 0;
        let lambdas = self.many(|input| input.lambda(&mut last));
        last = 0;
        let attrsets = self.many(|input| input.attrs(&mut last));
        last = 0;
        let lets = self.many(|input| {
            let (sources, defs) = (input.bound(&mut last), input.bound(&mut last));
            LetLit { sources, defs, body: input.near(&mut last) }
        });
        last = 0;
        let mut site = 0;
        let paths = self.many(|input| {
            site = input.signed_from(site);
            let parts = input.many(|input| match input.byte() {
                0 => AttrName::Static(input.name()),
                _ => AttrName::Dynamic(input.near(&mut last)),
            });
            AttrPath { parts, site }
        });
        site = 0;
        let withs = self.many(|input| {
            let (name, level, innermost) = (input.name(), input.num(), input.num());
            site = input.signed_from(site);
            WithVar { name, level, innermost, site }
        });
        let with_links = self.many(|input| {
            let (level, slot) = (input.num(), Slot(input.num()));
            WithLink { level, slot, next: input.num().checked_sub(1) }
        });
        Module {
            exprs: exprs.into_boxed_slice(),
            lists,
            consts,
            lambdas,
            attrsets,
            lets,
            paths,
            withs,
            with_links,
            patches: Box::default(),
            sites,
            frame_size,
            root,
        }
    }

    #[inline(always)]
    fn expr(&mut self, id: u32) -> Expr {
        match self.byte() {
            tag::CONST => Expr::Const(counted!(self.consts)),
            tag::LOCAL => Expr::Local(Slot(self.num())),
            tag::OUTER => Expr::Outer { depth: self.num(), slot: Slot(self.num()) },
            tag::GLOBAL => match u16::try_from(self.num()) {
                Ok(index) => Expr::Global(index),
                Err(_) => self.no_expr(),
            },
            tag::WITH_VAR => Expr::WithVar(counted!(self.withs)),
            tag::INTERPOLATE => Expr::Interpolate(self.range()),
            tag::PATH_INTERPOLATE => Expr::PathInterpolate(self.range()),
            tag::LIST => Expr::List(self.range()),
            tag::ATTRS => Expr::Attrs(counted!(self.attrs)),
            tag::EMPTY_SET => Expr::Attrs(Module::EMPTY_SET),
            tag::LET => Expr::Let(counted!(self.lets)),
            tag::WITH => {
                self.slots += 1;
                Expr::With { slot: Slot(self.num()), namespace: self.child(id), body: self.child(id) }
            }
            tag::LAMBDA => Expr::Lambda(counted!(self.lambdas)),
            tag::CALL => Expr::Call { function: self.child(id), args: self.range() },
            tag::GET => Expr::Get { base: self.child(id), name: self.name(), site: counted!(self.sites) },
            tag::SELECT => Expr::Select { base: self.child(id), path: counted!(self.paths), default: None },
            tag::SELECT_OR => {
                let (base, path) = (self.child(id), counted!(self.paths));
                Expr::Select { base, path, default: Some(ExprRef::new(self.child(id))) }
            }
            tag::HAS_ATTR => Expr::HasAttr { base: self.child(id), path: counted!(self.paths) },
            tag::IF => Expr::If { condition: self.child(id), then_branch: self.child(id), else_branch: self.child(id) },
            tag::ASSERT => Expr::Assert { condition: self.child(id), body: self.child(id) },
            tag::NOT => Expr::Not(self.child(id)),
            tag::NEGATE => Expr::Negate(self.child(id)),
            tag::CUR_POS => Expr::CurPos,
            tag => match tag.checked_sub(tag::BINARY).and_then(|op| OPERATORS.get(op as usize)) {
                Some(&op) => Expr::Binary { op, lhs: self.child(id), rhs: self.child(id) },
                None => self.no_expr(),
            },
        }
    }

    #[cold]
    fn no_expr(&mut self) -> Expr {
        self.fail();
        Expr::Missing
    }

    fn lambda(&mut self, last: &mut u32) -> Lambda {
        let flags = self.byte();
        let init = self.len();
        let mut params = Vec::with_capacity(init + 1);
        let names = init + usize::from(flags & flag::PATTERN == 0);
        for number in 0..names as u32 {
            self.slots += 1;
            params.push(Param::Name(self.name(), Slot(number)));
        }
        let name = (flags & flag::NAMED != 0).then(|| self.name());
        if flags & flag::PATTERN != 0 {
            self.slots += 1;
            let bind = (flags & flag::BIND != 0).then(|| (self.name(), Slot(self.num())));
            let mut slot = 0;
            let mut formals = self.many(|input| {
                let (name, slot) = (input.name(), input.slot(&mut slot));
                Formal { name, slot, default: (input.byte() != 0).then(|| input.near(last)) }
            });
            if !formals.is_sorted_by_key(|formal| formal.name) {
                formals.sort_unstable_by_key(|formal| formal.name);
            }
            params.push(Param::Pattern(Box::new(Pattern { formals, ellipsis: flags & flag::ELLIPSIS != 0, bind })));
        }
        let frame_size = self.num();
        Lambda { params: params.into_boxed_slice(), body: self.near(last), frame_size, name }
    }

    fn attrs(&mut self, last: &mut u32) -> AttrsLit {
        let flags = self.byte();
        let recursive = flags & flag::RECURSIVE != 0;
        let sources = self.bound(last);
        let mut slot = 0;
        let mut attrs = self.many(|input| {
            let (name, value) = (input.name(), input.near(last));
            AttrDef { name, value, slot: recursive.then(|| input.slot(&mut slot)) }
        });
        if !attrs.is_sorted_by_key(|attr| attr.name) {
            attrs.sort_unstable_by_key(|attr| attr.name);
        }
        let dynamic = self.many(|input| DynamicDef { name: input.near(last), value: input.near(last) });
        AttrsLit { attrs, dynamic, sources, recursive, overrides: flags & flag::OVERRIDES != 0 }
    }

    fn bound(&mut self, last: &mut u32) -> Box<[(Slot, ExprId)]> {
        let mut slot = 0;
        self.many(|input| (input.slot(&mut slot), input.near(last)))
    }

    /// Whether frames and tables of inline caches, which are made as large as the module says, are no larger than it can need.
    fn sizes_are_likely(&self, module: &Module, bytes: usize) -> bool {
        let frames = module.lambdas.iter().map(|lambda| lambda.frame_size as usize).fold(module.frame_size as usize, usize::saturating_add);
        let sites = bytes.saturating_mul(WithVar::SITES as usize);
        frames <= self.slots && module.sites as usize <= sites
    }
}
