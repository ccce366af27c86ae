//! [`Writer`]: from a module to bytes.

use nival_syntax::Name;

use super::{Expected, OPERATORS, flag, tag};
use crate::module::*;

/// Memory for one module after the other.
#[derive(Debug, Default)]
pub struct Writer {
    /// By the number of a name: its place among the names of the text. What other texts left behind is told by looking at `names`.
    places: Vec<u32>,
    names: Vec<Name>,
    order: Vec<(u32, u32)>,
}

impl Writer {
    /// Appends `module` to `out`. `names` are those of its text in their order, as `Buffers::names` tells after `compile`.
    ///
    /// `false` where the module cannot be written, and `out` is to be thrown away: it has errors, it is patchable, or more than one of its
    /// names is not among `names`, so that nobody knows in which order lowering made them.
    #[must_use]
    pub fn write(&mut self, module: &Module, names: impl Iterator<Item = Name>, out: &mut Vec<u8>) -> bool {
        self.names.clear();
        for name in names {
            self.add(name);
        }
        if !module.patches.is_empty() {
            return false;
        }
        let start = out.len();
        let mut write = |writer: &mut Self| {
            out.truncate(start);
            Output { writer, out, expected: Expected::default() }.module(module).is_some()
        };
        if write(self) {
            return true;
        }
        // Nearly all names are those of the text.
        let text_names = self.names.len();
        module_names(module, |name| {
            if self.place(name).is_none() {
                self.add(name);
            }
        });
        self.names.len() == text_names + 1 && write(self)
    }

    /// Appends `module` without its names, which it returns, to `out`: see [`Packed`](super::Packed).
    pub(super) fn pack(&mut self, module: &Module, out: &mut Vec<u8>) -> Option<Box<[Name]>> {
        if !module.patches.is_empty() {
            return None;
        }
        let mut names = Vec::new();
        module_names(module, |name| names.push(name));
        // Sets are written in the order of their names, and so read without being sorted.
        names.sort_unstable();
        names.dedup();
        self.names.clear();
        names.iter().for_each(|&name| self.add(name));
        Output { writer: self, out, expected: Expected::default() }.tables(module)?;
        Some(names.into_boxed_slice())
    }

    fn add(&mut self, name: Name) {
        if self.places.len() <= name.index() {
            self.places.resize(name.index() + 1, 0);
        }
        if let Some(place) = self.places.get_mut(name.index()) {
            *place = self.names.len() as u32;
        }
        self.names.push(name);
    }

    #[inline]
    fn place(&self, name: Name) -> Option<u32> {
        let place = *self.places.get(name.index())?;
        (self.names.get(place as usize) == Some(&name)).then_some(place)
    }
}

/// Calls `visit` with every name in a module without errors.
fn module_names(module: &Module, mut visit: impl FnMut(Name)) {
    for expr in &module.exprs {
        if let Expr::Get { name, .. } = expr {
            visit(*name);
        }
    }
    for lambda in &module.lambdas {
        lambda.name.into_iter().for_each(&mut visit);
        for param in &lambda.params {
            match param {
                Param::Name(name, _) => visit(*name),
                Param::Pattern(pattern) => {
                    pattern.bind.iter().for_each(|bind| visit(bind.0));
                    pattern.formals.iter().for_each(|formal| visit(formal.name));
                }
            }
        }
    }
    module.attrsets.iter().flat_map(|set| &set.attrs).for_each(|attr| visit(attr.name));
    let parts = module.paths.iter().flat_map(|path| &path.parts);
    parts.for_each(|part| match part {
        AttrName::Static(name) => visit(*name),
        AttrName::Dynamic(_) => {}
    });
    module.withs.iter().for_each(|var| visit(var.name));
}

struct Output<'w, 'o> {
    writer: &'w mut Writer,
    out: &'o mut Vec<u8>,
    expected: Expected,
}

/// A number that counts up by itself: the distance of `number` from what is expected, which then is `next`.
macro_rules! counted {
    ($self:ident . $field:ident, $number:expr, $next:expr) => {{
        let (number, expected) = ($number, $self.expected.$field);
        $self.signed(i64::from(number) - i64::from(expected));
        $self.expected.$field = $next;
    }};
}

impl Output<'_, '_> {
    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    #[inline]
    fn num(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    fn len(&mut self, len: usize) {
        self.num(len as u64);
    }

    #[inline]
    fn signed(&mut self, value: i64) {
        self.num((value << 1 ^ value >> 63) as u64);
    }

    /// `None` for a name that the text has not.
    #[inline]
    fn name(&mut self, name: Name) -> Option<()> {
        let place = self.writer.place(name)?;
        self.num(place.into());
        Some(())
    }

    /// `None` for one that does not come before its parent.
    #[inline]
    fn child(&mut self, parent: u32, child: ExprId) -> Option<()> {
        self.num(parent.checked_sub(child.0)?.into());
        Some(())
    }

    /// An expression in one of the other tables, with the one before it there.
    #[inline]
    fn near(&mut self, id: ExprId, last: &mut u32) {
        self.signed(i64::from(id.0) - i64::from(*last));
        *last = id.0;
    }

    fn module(&mut self, module: &Module) -> Option<()> {
        let names = std::mem::take(&mut self.writer.names);
        self.len(names.len());
        for name in &names {
            let bytes = name.as_bytes();
            self.len(bytes.len());
            self.out.extend_from_slice(bytes);
        }
        self.writer.names = names;
        self.tables(module)
    }

    /// All but the names.
    fn tables(&mut self, module: &Module) -> Option<()> {
        self.num(module.sites.into());
        self.num(module.frame_size.into());
        self.num(module.root.0.into());
        module.consts.write(self.out);
        self.len(module.exprs.len());
        for (id, expr) in (0..).zip(&module.exprs) {
            self.expr(id, *expr)?;
        }
        let mut last = 0;
        self.len(module.lists.len());
        module.lists.iter().for_each(|&id| self.near(id, &mut last));
        last = 0;
        self.len(module.lambdas.len());
        module.lambdas.iter().try_for_each(|lambda| self.lambda(lambda, &mut last))?;
        last = 0;
        self.len(module.attrsets.len());
        module.attrsets.iter().try_for_each(|set| self.attrs(set, &mut last))?;
        last = 0;
        self.len(module.lets.len());
        for lets in &module.lets {
            self.slots(&lets.sources, &mut last);
            self.slots(&lets.defs, &mut last);
            self.near(lets.body, &mut last);
        }
        last = 0;
        self.len(module.paths.len());
        let mut sites = 0;
        for path in &module.paths {
            self.signed(i64::from(path.site) - i64::from(sites));
            sites = path.site;
            self.len(path.parts.len());
            for part in &path.parts {
                match part {
                    AttrName::Static(name) => {
                        self.byte(0);
                        self.name(*name)?;
                    }
                    AttrName::Dynamic(id) => {
                        self.byte(1);
                        self.near(*id, &mut last);
                    }
                }
            }
        }
        self.len(module.withs.len());
        sites = 0;
        for var in &module.withs {
            self.name(var.name)?;
            self.num(var.level.into());
            self.num(var.innermost.into());
            self.signed(i64::from(var.site) - i64::from(sites));
            sites = var.site;
        }
        self.len(module.with_links.len());
        for link in &module.with_links {
            self.num(link.level.into());
            self.num(link.slot.0.into());
            self.num(link.next.map_or(0, |next| u64::from(next) + 1));
        }
        Some(())
    }

    #[inline]
    fn range(&mut self, range: ExprRange) {
        counted!(self.lists, range.start, range.start.wrapping_add(range.len));
        self.num(range.len.into());
    }

    fn expr(&mut self, id: u32, expr: Expr) -> Option<()> {
        match expr {
            Expr::Const(index) => {
                self.byte(tag::CONST);
                counted!(self.consts, index, index.wrapping_add(1));
            }
            Expr::Local(slot) => {
                self.byte(tag::LOCAL);
                self.num(slot.0.into());
            }
            Expr::Outer { depth, slot } => {
                self.byte(tag::OUTER);
                self.num(depth.into());
                self.num(slot.0.into());
            }
            Expr::Global(index) => {
                self.byte(tag::GLOBAL);
                self.num(index.into());
            }
            Expr::WithVar(index) => {
                self.byte(tag::WITH_VAR);
                counted!(self.withs, index, index.wrapping_add(1));
            }
            Expr::Interpolate(range) => {
                self.byte(tag::INTERPOLATE);
                self.range(range);
            }
            Expr::PathInterpolate(range) => {
                self.byte(tag::PATH_INTERPOLATE);
                self.range(range);
            }
            Expr::List(range) => {
                self.byte(tag::LIST);
                self.range(range);
            }
            Expr::Attrs(Module::EMPTY_SET) => self.byte(tag::EMPTY_SET),
            Expr::Attrs(index) => {
                self.byte(tag::ATTRS);
                counted!(self.attrs, index, index.wrapping_add(1));
            }
            Expr::Let(index) => {
                self.byte(tag::LET);
                counted!(self.lets, index, index.wrapping_add(1));
            }
            Expr::With { slot, namespace, body } => {
                self.byte(tag::WITH);
                self.num(slot.0.into());
                self.child(id, namespace)?;
                self.child(id, body)?;
            }
            Expr::Lambda(index) => {
                self.byte(tag::LAMBDA);
                counted!(self.lambdas, index, index.wrapping_add(1));
            }
            Expr::Call { function, args } => {
                self.byte(tag::CALL);
                self.child(id, function)?;
                self.range(args);
            }
            Expr::Get { base, name, site } => {
                self.byte(tag::GET);
                self.child(id, base)?;
                self.name(name)?;
                counted!(self.sites, site, site.wrapping_add(1));
            }
            Expr::Select { base, path, default: None } => {
                self.byte(tag::SELECT);
                self.child(id, base)?;
                counted!(self.paths, path, path.wrapping_add(1));
            }
            Expr::Select { base, path, default: Some(default) } => {
                self.byte(tag::SELECT_OR);
                self.child(id, base)?;
                counted!(self.paths, path, path.wrapping_add(1));
                self.child(id, default.get())?;
            }
            Expr::HasAttr { base, path } => {
                self.byte(tag::HAS_ATTR);
                self.child(id, base)?;
                counted!(self.paths, path, path.wrapping_add(1));
            }
            Expr::If { condition, then_branch, else_branch } => {
                self.byte(tag::IF);
                self.child(id, condition)?;
                self.child(id, then_branch)?;
                self.child(id, else_branch)?;
            }
            Expr::Assert { condition, body } => {
                self.byte(tag::ASSERT);
                self.child(id, condition)?;
                self.child(id, body)?;
            }
            Expr::Not(operand) => {
                self.byte(tag::NOT);
                self.child(id, operand)?;
            }
            Expr::Negate(operand) => {
                self.byte(tag::NEGATE);
                self.child(id, operand)?;
            }
            Expr::CurPos => self.byte(tag::CUR_POS),
            Expr::Binary { op, lhs, rhs } => {
                let number = OPERATORS.iter().position(|known| *known == op)?;
                self.byte(tag::BINARY + number as u8);
                self.child(id, lhs)?;
                self.child(id, rhs)?;
            }
            Expr::Missing | Expr::Undefined(_) | Expr::Patch(_) => return None,
        }
        Some(())
    }

    fn lambda(&mut self, lambda: &Lambda, last: &mut u32) -> Option<()> {
        let (last_param, init) = lambda.params.split_last()?;
        let pattern = match last_param {
            Param::Pattern(pattern) => Some(&**pattern),
            Param::Name(..) => None,
        };
        let mut flags = if lambda.name.is_some() { flag::NAMED } else { 0 };
        if let Some(pattern) = pattern {
            flags |= flag::PATTERN;
            flags |= if pattern.ellipsis { flag::ELLIPSIS } else { 0 };
            flags |= if pattern.bind.is_some() { flag::BIND } else { 0 };
        }
        self.byte(flags);
        self.len(init.len());
        // The slots of names are their numbers.
        for (number, param) in (0..).zip(&lambda.params) {
            match param {
                Param::Name(name, slot) if slot.0 == number => self.name(*name)?,
                Param::Name(..) => return None,
                Param::Pattern(_) if number as usize == init.len() => {}
                Param::Pattern(_) => return None,
            }
        }
        if let Some(name) = lambda.name {
            self.name(name)?;
        }
        if let Some(pattern) = pattern {
            if let Some((name, slot)) = pattern.bind {
                self.name(name)?;
                self.num(slot.0.into());
            }
            self.len(pattern.formals.len());
            self.in_text_order(pattern.formals.iter().map(|formal| formal.name))?;
            let mut slots = 0;
            for at in 0..pattern.formals.len() {
                let &(place, index) = self.writer.order.get(at)?;
                let formal = pattern.formals.get(index as usize)?;
                self.num(place.into());
                self.signed(i64::from(formal.slot.0) - i64::from(slots));
                slots = formal.slot.0;
                match formal.default {
                    None => self.byte(0),
                    Some(default) => {
                        self.byte(1);
                        self.near(default, last);
                    }
                }
            }
        }
        self.num(lambda.frame_size.into());
        self.near(lambda.body, last);
        Some(())
    }

    /// Fills `order` with the places of names in the text, sorted, and their indices.
    fn in_text_order(&mut self, names: impl Iterator<Item = Name>) -> Option<()> {
        let mut order = std::mem::take(&mut self.writer.order);
        order.clear();
        for (index, name) in (0..).zip(names) {
            order.push((self.writer.place(name)?, index));
        }
        order.sort_unstable();
        self.writer.order = order;
        Some(())
    }

    fn attrs(&mut self, set: &AttrsLit, last: &mut u32) -> Option<()> {
        let recursive = if set.recursive { flag::RECURSIVE } else { 0 };
        self.byte(recursive | if set.overrides { flag::OVERRIDES } else { 0 });
        self.slots(&set.sources, last);
        self.len(set.attrs.len());
        self.in_text_order(set.attrs.iter().map(|attr| attr.name))?;
        let mut slots = 0;
        for at in 0..set.attrs.len() {
            let &(place, index) = self.writer.order.get(at)?;
            let attr = set.attrs.get(index as usize)?;
            self.num(place.into());
            self.near(attr.value, last);
            if set.recursive {
                let slot = attr.slot?.0;
                self.signed(i64::from(slot) - i64::from(slots));
                slots = slot;
            } else if attr.slot.is_some() {
                return None;
            }
        }
        self.len(set.dynamic.len());
        for dynamic in &set.dynamic {
            self.near(dynamic.name, last);
            self.near(dynamic.value, last);
        }
        Some(())
    }

    fn slots(&mut self, slots: &[(Slot, ExprId)], last: &mut u32) {
        self.len(slots.len());
        let mut before = 0;
        for &(slot, id) in slots {
            self.signed(i64::from(slot.0) - i64::from(before));
            before = slot.0;
            self.near(id, last);
        }
    }
}
