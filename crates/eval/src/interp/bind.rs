//! `let`, attribute sets, variables of `with`.

use nival_hir::module::{AttrDef, AttrsLit, ExprId, LetLit, Slot};
use nival_syntax::Name;

use crate::ctx::Ctx;
use crate::error::{ErrorContext, ErrorKind, EvalError, Pos, Result};
use crate::linked::Linked;
use crate::value::{Attrs, AttrsBuilder, Frame, Thunk, Value};

impl<'e> Ctx<'e> {
    /// `frame` may be old: a thunk that is evaluated long after it was made binds in the frame of the function around it.
    fn bind_sources(&mut self, m: &'e Linked, frame: Frame, sources: &[(Slot, ExprId)]) {
        if !sources.is_empty() {
            self.region.wrote(frame.0);
        }
        for &(slot, source) in sources {
            let value = self.delay(m, frame, source);
            frame.set(slot.0, value);
        }
    }

    pub(crate) fn bind_let(&mut self, m: &'e Linked, frame: Frame, lit: &LetLit) {
        self.bind_sources(m, frame, &lit.sources);
        self.region.wrote(frame.0);
        for &(slot, def) in &lit.defs {
            let value = self.delay(m, frame, def);
            frame.set(slot.0, value);
        }
    }

    #[inline(never)]
    pub(crate) fn eval_attrs(&mut self, m: &'e Linked, frame: Frame, index: u32) -> Result<Value> {
        if let Some(value) = self.constant_set(m, index) {
            return Ok(self.copy_of_constant(value));
        }
        let lit = &m.module().attrsets[index as usize];
        self.bind_sources(m, frame, &lit.sources);
        let shape = self.literal_shape(m, index);
        let (value, slots) = Attrs::alloc(&mut self.region, shape);
        if lit.recursive {
            self.region.wrote(frame.0);
            // With `__overrides` even atoms are delayed: what they name may be replaced.
            for (i, def) in lit.attrs.iter().enumerate() {
                let value = self.rec_slot(m, frame, def, lit.overrides);
                if let Some(slot) = def.slot {
                    frame.set(slot.0, value);
                }
                slots.set(i, value);
            }
        } else {
            for (i, def) in lit.attrs.iter().enumerate() {
                let value = self.delay(m, frame, def.value);
                slots.set(i, value);
            }
        }
        if lit.overrides || !lit.dynamic.is_empty() { self.finish_attrs(m, frame, index, lit, value) } else { Ok(value) }
    }

    /// Every evaluation of a literal makes a set of its own: printing tells whether two sets are one.
    #[inline]
    fn copy_of_constant(&mut self, constant: Value) -> Value {
        let constant = Attrs::from_word(constant.0);
        match constant.shape() {
            Some(shape) if !constant.is_empty() => {
                Attrs::alloc_with(&mut self.region, shape, |slots| slots.copy_from_slice(constant.slots(shape)))
            }
            _ => constant.value(),
        }
    }

    #[inline]
    fn rec_slot(&mut self, m: &'e Linked, frame: Frame, def: &AttrDef, overrides: bool) -> Value {
        if overrides { Thunk::suspend(&mut self.region, m.id, def.value.0, frame) } else { self.delay(m, frame, def.value) }
    }

    /// `__overrides` and dynamic attributes, which apply after the others are in place.
    #[inline(never)]
    fn finish_attrs(&mut self, m: &'e Linked, frame: Frame, index: u32, lit: &AttrsLit, base: Value) -> Result<Value> {
        let mut base = Attrs::from_word(base.0);
        if lit.overrides {
            let overrides = base.get(self.evaluator.names.overrides).unwrap_or(Value::UNSET);
            let overrides = self.expect_attrs(overrides, || "while evaluating the `__overrides` attribute".into())?;
            self.region.wrote(frame.0);
            for attr in self.attrs_unsorted(overrides) {
                let slot = lit.attrs.binary_search_by_key(&attr.name, |a| a.name).ok().and_then(|i| lit.attrs.get(i)?.slot);
                if let Some(slot) = slot {
                    frame.set(slot.0, attr.value);
                }
            }
            base = Attrs::from_word(self.update(base, overrides).0);
        }
        let mut dynamic = AttrsBuilder::with_capacity(lit.dynamic.len());
        let mut seen: Vec<(Name, Pos)> = Vec::with_capacity(lit.dynamic.len());
        for (i, def) in lit.dynamic.iter().enumerate() {
            let pos = Pos::attr(m.id, m.set_starts[index as usize] + (lit.attrs.len() + i) as u32);
            let name = self.eval(m, frame, def.name)?;
            if name.is_null() {
                continue;
            }
            let name = self.expect_string_no_context(name, || "while evaluating the name of a dynamic attribute".into())?;
            let name = self.name_of(name);
            let earlier = seen.iter().find(|s| s.0 == name).map(|s| s.1);
            if earlier.is_some() || base.contains(name) {
                let earlier = earlier.unwrap_or_else(|| base.position(name));
                self.depend_on_position(earlier);
                let place = self.evaluator.locate(earlier).map_or_else(String::new, |l| l.to_string());
                return Err(EvalError::other(format!("dynamic attribute '{name}' already defined at {place}")).at(pos));
            }
            seen.push((name, pos));
            let value = self.delay(m, frame, def.value);
            dynamic.push_at(name, value, pos);
        }
        if dynamic.is_empty() {
            return Ok(base.value());
        }
        let dynamic = self.attrs(dynamic);
        Ok(self.update_flat(base, Attrs::from_word(dynamic.0)))
    }

    pub(crate) fn eval_with_var(&mut self, m: &'e Linked, frame: Frame, id: ExprId, index: u32) -> Result<Value> {
        let var = &m.module().withs[index as usize];
        for (i, (depth, slot)) in m.module().with_chain(var).enumerate() {
            let namespace = self.read(frame.up(depth), slot.0);
            let namespace = match namespace {
                Ok(value) => match value.as_attrs() {
                    Some(attrs) => attrs,
                    None => {
                        return Err(self
                            .type_error(value, "a set")
                            .context(m.pos(id), "while evaluating the first subexpression of a with expression"));
                    }
                },
                Err(e) => return Err(e).context(m.pos(id), || "while evaluating the first subexpression of a with expression".into()),
            };
            if let Some(value) = self.lookup(m, var.site_of(i as u32), namespace, var.name) {
                return self.force(value);
            }
        }
        Err(EvalError::new(ErrorKind::UndefinedVariable, format!("undefined variable '{}'", var.name)).at(m.pos(id)))
    }
}
