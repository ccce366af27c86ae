//! `a.b`, `a.b or c`, `a ? b`, and the inline caches behind them.

use std::sync::atomic::Ordering;

use nival_hir::module::{AttrName, Expr, ExprId};
use nival_syntax::Name;

use crate::ctx::Ctx;
use crate::error::{ErrorKind, EvalError, Result};
use crate::linked::Linked;
use crate::value::{Attrs, Frame, NOT_FOUND, Value};

impl<'e> Ctx<'e> {
    /// The value of `name` in `set`, not forced, by the cache of a site: sets of the same names have it at the same place.
    #[inline(always)]
    pub(crate) fn lookup(&mut self, m: &'e Linked, site: u32, set: Attrs, name: Name) -> Option<Value> {
        let Some(shape) = set.shape() else { return self.get(set, name) };
        let cache = &m.caches[site as usize];
        let cached = cache.load(Ordering::Relaxed);
        let key = shape.names_id() as u64 + 1;
        let index = if cached >> 32 == key {
            cached as u32
        } else {
            let index = shape.find(name);
            cache.store(key << 32 | index as u64, Ordering::Relaxed);
            index
        };
        if index == NOT_FOUND { None } else { Some(set.slot(index)) }
    }

    #[inline(never)]
    pub(super) fn eval_get(&mut self, m: &'e Linked, frame: Frame, id: ExprId, expr: &Expr) -> Result<Value> {
        let Expr::Get { base, name, site } = *expr else { unreachable!("a selection") };
        let base = match self.eval(m, frame, base) {
            Ok(value) => value,
            Err(error) => return Err(error.context(m.pos(base), "while selecting an attribute")),
        };
        let Some(set) = base.as_attrs() else { return Err(self.select_failed(m, id, base, name)) };
        self.counters.lookups += 1;
        let Some(value) = self.lookup(m, site, set, name) else { return Err(self.select_failed(m, id, base, name)) };
        if !value.is_thunk() {
            return Ok(value);
        }
        match self.force(value) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.attribute_failed(m, id, set, name, error)),
        }
    }

    #[cold]
    #[inline(never)]
    fn select_failed(&mut self, m: &'e Linked, id: ExprId, base: Value, name: Name) -> Box<EvalError> {
        let error = match base.as_attrs() {
            Some(set) => self.missing_attribute(set, name),
            None => self.type_error(base, "a set").context(m.pos(id), "while selecting an attribute"),
        };
        error.at(m.pos(id)).context(m.pos(id), format!("while evaluating the attribute '{name}'"))
    }

    #[cold]
    #[inline(never)]
    fn attribute_failed(&mut self, m: &'e Linked, id: ExprId, set: Attrs, name: Name, error: Box<EvalError>) -> Box<EvalError> {
        let defined = set.position(name);
        let error = if defined.is_none() { error } else { error.context(defined, format!("from the definition of '{name}'")) };
        error.context(m.pos(id), format!("while evaluating the attribute '{name}'"))
    }

    /// "attribute 'x' missing", with what is close to it.
    #[cold]
    pub(crate) fn missing_attribute(&mut self, set: Attrs, name: Name) -> Box<EvalError> {
        let names: Vec<Name> = self.attrs_unsorted(set).map(|a| a.name).collect();
        let error = EvalError::new(ErrorKind::MissingAttribute, format!("attribute '{name}' missing"));
        crate::error::did_you_mean(error, name, &names)
    }

    /// Only a part whose name is always the same has a cache.
    #[inline]
    fn lookup_part(&mut self, m: &'e Linked, site: u32, set: Attrs, part: AttrName, name: Name) -> Option<Value> {
        match part {
            AttrName::Static(_) => self.lookup(m, site, set, name),
            AttrName::Dynamic(_) => self.get(set, name),
        }
    }

    #[inline]
    fn attr_name(&mut self, m: &'e Linked, frame: Frame, part: AttrName) -> Result<Name> {
        match part {
            AttrName::Static(name) => Ok(name),
            AttrName::Dynamic(id) => {
                let value = self.eval(m, frame, id)?;
                let name = self.expect_string_no_context(value, || "while evaluating an attribute name".into())?;
                Ok(self.name_of(name))
            }
        }
    }

    #[inline(never)]
    pub(super) fn eval_select(&mut self, m: &'e Linked, frame: Frame, id: ExprId, expr: &Expr) -> Result<Value> {
        let Expr::Select { base, path, default } = *expr else { unreachable!("a selection") };
        let mut value = match self.eval(m, frame, base) {
            Ok(value) => value,
            Err(error) => return Err(error.context(m.pos(base), "while selecting an attribute")),
        };
        let path = &m.module().paths[path as usize];
        let mut definition = None;
        for (i, &part) in path.parts.iter().enumerate() {
            let name = self.attr_name(m, frame, part)?;
            value = match self.force(value) {
                Ok(value) => value,
                Err(error) => return Err(self.path_failed(m, id, definition, error)),
            };
            self.counters.lookups += 1;
            let found = match value.as_attrs() {
                Some(set) => self.lookup_part(m, path.site + i as u32, set, part, name),
                None => None,
            };
            match (found, default) {
                (Some(inner), _) => {
                    definition = value.as_attrs().map(|set| (set, name));
                    value = inner;
                }
                (None, Some(default)) => return self.eval(m, frame, default.get()),
                (None, None) => return Err(self.select_failed(m, id, value, name)),
            }
        }
        self.force(value).map_err(|error| self.path_failed(m, id, definition, error))
    }

    #[cold]
    fn path_failed(&mut self, m: &'e Linked, id: ExprId, definition: Option<(Attrs, Name)>, error: Box<EvalError>) -> Box<EvalError> {
        match definition {
            Some((set, name)) => self.attribute_failed(m, id, set, name, error),
            None => error,
        }
    }

    pub(super) fn eval_has_attr(&mut self, m: &'e Linked, frame: Frame, base: ExprId, path: u32) -> Result<Value> {
        let mut value = match self.eval(m, frame, base) {
            Ok(value) => value,
            Err(error) => return Err(error.context(m.pos(base), "in the argument of '?'")),
        };
        let path = &m.module().paths[path as usize];
        for (i, &part) in path.parts.iter().enumerate() {
            value = self.force(value)?;
            let name = self.attr_name(m, frame, part)?;
            let Some(set) = value.as_attrs() else { return Ok(Value::FALSE) };
            match self.lookup_part(m, path.site + i as u32, set, part, name) {
                Some(inner) => value = inner,
                None => return Ok(Value::FALSE),
            }
        }
        Ok(Value::TRUE)
    }
}
