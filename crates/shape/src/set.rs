//! Attributes of sets: looking one up, all of them, and making sets of sets.

use std::sync::Arc;

use nival_hir::module::Expr;
use nival_hir::queries;
use nival_source::Db;
use nival_syntax::Name;
use rustc_hash::FxHashSet;

use crate::eval::one_of;
use crate::value::*;
use crate::{nixpkgs, options};

/// An attribute that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected<'db> {
    pub value: Thunk<'db>,
    /// Whether it is certainly this one.
    pub sure: bool,
    /// Whether it is certainly this one if what was taken for granted is so.
    pub firm: bool,
    pub place: Option<Place>,
}

/// An answer to the question for an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'db> {
    Found(Selected<'db>),
    /// `sure` if there certainly is no such attribute; else nothing is known of it.
    Missing {
        sure: bool,
    },
}

const UNKNOWN: Lookup<'_> = Lookup::Missing { sure: false };

/// The attribute of a value, if there may be one that is known.
pub fn select<'db>(db: &'db dyn Db, value: &Value<'db>, name: Name) -> Option<Selected<'db>> {
    match lookup(db, value, name) {
        Lookup::Found(found) => Some(found),
        Lookup::Missing { .. } => None,
    }
}

/// The attribute of a value.
pub fn lookup<'db>(db: &'db dyn Db, value: &Value<'db>, name: Name) -> Lookup<'db> {
    let found = match &value.shape {
        Shape::Set(set) => in_set(db, set, name),
        Shape::OneOf(shapes) => {
            let lookups = shapes.iter().map(|shape| match shape {
                Shape::Set(set) => in_set(db, set, name),
                // What is no set has no attribute: an error, or `or` and `?` say so.
                Shape::Unknown | Shape::OneOf(_) => UNKNOWN,
                _ => Lookup::Missing { sure: true },
            });
            either(db, lookups)
        }
        Shape::Unknown | Shape::Never => UNKNOWN,
        _ => Lookup::Missing { sure: true },
    };
    match found {
        Lookup::Found(found) => Lookup::Found(Selected { sure: found.sure && value.sure, ..found }),
        Lookup::Missing { sure } => Lookup::Missing { sure: sure && value.sure },
    }
}

/// The attribute of a name that is worked out: of sets with one for each system any is as good as another.
pub(crate) fn computed<'db>(db: &'db dyn Db, value: &Value<'db>) -> Lookup<'db> {
    if !matches!(value.shape, Shape::Set(_)) {
        return UNKNOWN;
    }
    let name = crate::flakes::systems().find(|name| matches!(lookup(db, value, *name), Lookup::Found(_)));
    match name.map(|name| lookup(db, value, name)) {
        Some(Lookup::Found(found)) => Lookup::Found(Selected { sure: false, ..found }),
        _ => UNKNOWN,
    }
}

/// Of one of several sets.
fn either<'db>(db: &'db dyn Db, lookups: impl Iterator<Item = Lookup<'db>>) -> Lookup<'db> {
    let (mut found, mut all, mut unknown): (Vec<Selected<'db>>, bool, bool) = (Vec::new(), true, false);
    for lookup in lookups {
        match lookup {
            Lookup::Found(one) => found.push(one),
            Lookup::Missing { sure } => {
                all = false;
                unknown |= !sure;
            }
        }
    }
    let Some(&first) = found.first() else { return Lookup::Missing { sure: !unknown } };
    let (sure, firm) = (all && found.iter().all(|one| one.sure), all && found.iter().all(|one| one.firm));
    let mut values: Vec<Thunk<'db>> = Vec::new();
    for one in &found {
        if !values.contains(&one.value) {
            values.push(one.value);
        }
    }
    let value = if values.len() == 1 { first.value } else { Thunk::Made(Made::new(db, MadeKind::OneOf(values.into()))) };
    Lookup::Found(Selected { value, sure, firm, place: first.place })
}

fn in_set<'db>(db: &'db dyn Db, set: &Set<'db>, name: Name) -> Lookup<'db> {
    let mut certain = true;
    for layer in set.layers.iter().rev() {
        match in_layer(db, layer, name) {
            Lookup::Found(found) if found.firm => {
                return Lookup::Found(Selected { sure: found.sure && certain, firm: certain, ..found });
            }
            Lookup::Found(found) => {
                // Maybe there, else the one below.
                let rest = Set { layers: below(set, layer), derivation: false };
                let rest = if rest.layers.is_empty() { Lookup::Missing { sure: true } } else { in_set(db, &rest, name) };
                let Lookup::Found(other) = rest else {
                    return Lookup::Found(Selected { sure: false, firm: false, ..found });
                };
                let value = Thunk::Made(Made::new(db, MadeKind::OneOf([found.value, other.value].into())));
                let (sure, firm) = (other.sure && certain, other.firm && certain);
                return Lookup::Found(Selected { value, sure, firm, place: found.place });
            }
            Lookup::Missing { sure: true } => {}
            Lookup::Missing { sure: false } => certain = false,
        }
    }
    Lookup::Missing { sure: certain }
}

fn below<'db>(set: &Set<'db>, layer: &Layer<'db>) -> Arc<[Layer<'db>]> {
    let index = set.layers.iter().position(|other| std::ptr::eq(other, layer)).unwrap_or(0);
    set.layers.get(..index).unwrap_or_default().into()
}

fn in_layer<'db>(db: &'db dyn Db, layer: &Layer<'db>, name: Name) -> Lookup<'db> {
    let found = |value, place| Lookup::Found(Selected { value, sure: true, firm: true, place });
    match layer {
        Layer::Literal { file, set, env } => {
            let module = queries::module(db, *file);
            let Some(lit) = module.attrsets.get(*set as usize) else { return UNKNOWN };
            match lit.attrs.binary_search_by_key(&name, |attr| attr.name) {
                Ok(index) => {
                    let place = Place { file: *file, kind: PlaceKind::Attr { set: *set, attr: index as u32 } };
                    let value = lit
                        .attrs
                        .get(index)
                        .map_or(Thunk::Unknown, |attr| Thunk::Expr(Closure { file: *file, expr: attr.value, env: *env }));
                    found(value, Some(place))
                }
                Err(_) => Lookup::Missing { sure: true },
            }
        }
        Layer::Attrs(attrs) => match attrs.binary_search_by_key(&name, |attr| attr.name).ok().and_then(|index| attrs.get(index)) {
            Some(attr) => found(attr.value, attr.place),
            None => Lookup::Missing { sure: true },
        },
        Layer::Mapped { of, function } => match in_set(db, of, name) {
            Lookup::Found(one) => {
                let text = Thunk::Made(Made::new(db, MadeKind::Known(Known::Str(Some(name.as_bytes().into())))));
                let named = Thunk::Made(Made::new(db, MadeKind::Apply { function: *function, arg: text }));
                let value = Thunk::Made(Made::new(db, MadeKind::Apply { function: named, arg: one.value }));
                Lookup::Found(Selected { value, ..one })
            }
            missing => missing,
        },
        Layer::Either(sets) => either(db, sets.iter().map(|set| in_set(db, set, name))),
        Layer::Without { of, names } => match names.binary_search(&name) {
            Ok(_) => Lookup::Missing { sure: true },
            Err(_) => in_set(db, of, name),
        },
        Layer::ByName { root, packages } => match nixpkgs::by_name_file(db, root, name) {
            Some(file) => {
                let value = nixpkgs::called(db, *packages, Thunk::Made(Made::new(db, MadeKind::Import(file.path(db).clone()))));
                found(value, Some(Place { file, kind: PlaceKind::File }))
            }
            None => UNKNOWN,
        },
        &Layer::Options { around, ref path, all } => {
            let path: Box<[Name]> = path.iter().copied().chain([name]).collect();
            let trees = options::of(db, around, all);
            if !options::exists(&trees, &path) {
                return UNKNOWN;
            }
            let place = options::place(&trees, &path);
            found(Thunk::Made(Made::new(db, MadeKind::Config { around, path, all })), place)
        }
        Layer::Open => UNKNOWN,
    }
}

/// `lhs // rhs`.
pub(crate) fn update<'db>(lhs: &Value<'db>, rhs: &Value<'db>) -> Value<'db> {
    if lhs.shape == Shape::Never || rhs.shape == Shape::Never {
        return Value::sure(Shape::Never);
    }
    let sure = lhs.sure && rhs.sure;
    if matches!((&lhs.shape, &rhs.shape), (Shape::Unknown, Shape::Unknown)) {
        return Value { shape: Shape::Set(Set::open()), sure };
    }
    let derivation = |shape: &Shape<'db>| matches!(shape, Shape::Set(set) if set.derivation);
    let (low, high) = (layers(&lhs.shape), layers(&rhs.shape));
    let mut all: Vec<Layer<'db>> = Vec::with_capacity(low.len() + high.len());
    for layer in low.iter().chain(high.iter()) {
        // What is open stays so.
        if !(*layer == Layer::Open && all.last() == Some(&Layer::Open)) {
            all.push(layer.clone());
        }
    }
    // Sets that are updated again and again: the lower ones are the less important ones.
    if all.len() > 512 {
        all.drain(..all.len() - 512);
        all.insert(0, Layer::Open);
    }
    let set = Set { layers: all.into(), derivation: derivation(&lhs.shape) || derivation(&rhs.shape) };
    Value { shape: Shape::Set(set), sure }
}

/// The layers of a value that is a set, or whose evaluation fails.
pub(crate) fn layers<'db>(shape: &Shape<'db>) -> Arc<[Layer<'db>]> {
    match shape {
        Shape::Set(set) => set.layers.clone(),
        Shape::OneOf(shapes) => {
            let sets = shapes.iter().map(|shape| match shape {
                Shape::Set(set) => set.clone(),
                _ => Set::open(),
            });
            [Layer::Either(sets.collect())].into()
        }
        _ => [Layer::Open].into(),
    }
}

/// The names of the attributes of a value, unsorted, each once; and whether these are all.
pub fn names<'db>(db: &'db dyn Db, value: &Value<'db>) -> (Vec<(Name, Option<Place>)>, bool) {
    let mut names = Names { seen: FxHashSet::default(), found: Vec::new(), closed: true };
    match &value.shape {
        Shape::Set(set) => names.set(db, set),
        Shape::OneOf(shapes) => {
            for shape in shapes.iter() {
                match shape {
                    Shape::Set(set) => names.set(db, set),
                    Shape::Unknown => names.closed = false,
                    _ => {}
                }
            }
        }
        Shape::Unknown => names.closed = false,
        _ => {}
    }
    (names.found, names.closed)
}

struct Names {
    seen: FxHashSet<Name>,
    found: Vec<(Name, Option<Place>)>,
    closed: bool,
}

impl Names {
    fn set<'db>(&mut self, db: &'db dyn Db, set: &Set<'db>) {
        set.layers.iter().rev().for_each(|layer| self.layer(db, layer));
    }

    fn add(&mut self, name: Name, place: Option<Place>) {
        if self.seen.insert(name) {
            self.found.push((name, place));
        }
    }

    fn layer<'db>(&mut self, db: &'db dyn Db, layer: &Layer<'db>) {
        match layer {
            Layer::Literal { file, set, .. } => {
                let module = queries::module(db, *file);
                for (attr, index) in module.attrsets.get(*set as usize).into_iter().flat_map(|lit| &lit.attrs).zip(0..) {
                    self.add(attr.name, Some(Place { file: *file, kind: PlaceKind::Attr { set: *set, attr: index } }));
                }
            }
            Layer::Attrs(attrs) => attrs.iter().for_each(|attr| self.add(attr.name, attr.place)),
            Layer::Mapped { of, .. } => self.set(db, of),
            Layer::Either(sets) => sets.iter().for_each(|set| self.set(db, set)),
            Layer::Without { of, names } => {
                let mut inner = Names { seen: FxHashSet::default(), found: Vec::new(), closed: self.closed };
                inner.set(db, of);
                self.closed = inner.closed;
                for (name, place) in inner.found {
                    if names.binary_search(&name).is_err() {
                        self.add(name, place);
                    }
                }
            }
            Layer::ByName { root, .. } => {
                for name in nixpkgs::by_name_names(db, root) {
                    self.add(name, None);
                }
            }
            Layer::Options { around, path, all } => {
                for (name, place) in options::names(&options::of(db, *around, *all), path) {
                    self.add(name, place);
                }
            }
            Layer::Open => self.closed = false,
        }
    }
}

/// A set of these attributes.
pub(crate) fn of_attrs<'db>(mut attrs: Vec<Attr<'db>>) -> Set<'db> {
    attrs.sort_by_key(|attr| attr.name);
    attrs.dedup_by_key(|attr| attr.name);
    Set::new([Layer::Attrs(attrs.into())])
}

/// What an attribute is, followed through `inherit`: the attribute that it is taken from.
pub(crate) fn origin<'db>(db: &'db dyn Db, selected: Selected<'db>) -> Option<Place> {
    let mut at = selected;
    for _ in 0..16 {
        let Some(Place { file, kind: PlaceKind::Attr { set, attr } }) = at.place else { return at.place };
        let Thunk::Expr(closure) = at.value else { return at.place };
        if closure.file != file {
            return at.place;
        }
        let module = queries::module(db, file);
        let map = queries::source_map(db, file);
        let written = map.expr_range(closure.expr);
        let name = map.attr(set, attr).name;
        // `inherit (e) x` and `inherit x`: the name is the expression, too.
        let inherited =
            written == name || matches!(module.exprs.get(closure.expr.0 as usize), Some(Expr::Get { .. })) && written.is_empty();
        if !inherited {
            return at.place;
        }
        match crate::places::next(db, closure) {
            Some(next) if next.place.is_some() => at = next,
            _ => return at.place,
        }
    }
    at.place
}

/// One of several thunks.
pub(crate) fn alternatives<'db>(db: &'db dyn Db, thunks: &[Thunk<'db>]) -> Value<'db> {
    one_of(db, thunks.iter().map(|&thunk| crate::eval::whnf(db, thunk)))
}

/// Everything that provides an attribute, what counts first.
pub(crate) fn providers<'db>(db: &'db dyn Db, value: &Value<'db>, name: Name) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    let mut open: Vec<Layer<'db>> = layers(&value.shape).to_vec();
    for _ in 0..4096 {
        let Some(layer) = open.pop() else { break };
        match layer {
            Layer::Either(sets) => open.extend(sets.iter().rev().flat_map(|set| set.layers.iter().cloned())),
            Layer::Without { of, names } if !names.contains(&name) => open.extend(of.layers.iter().cloned()),
            Layer::Mapped { of, .. } => open.extend(of.layers.iter().cloned()),
            layer => {
                if let Lookup::Found(Selected { place: Some(place), .. }) = in_layer(db, &layer, name)
                    && !found.contains(&place)
                {
                    found.push(place);
                }
            }
        }
    }
    found
}

/// Where a set is written: the first of its attributes in the text. Their own order is that of their names, which is another one in each
/// process.
pub(crate) fn written<'db>(db: &'db dyn Db, value: &Value<'db>) -> Option<Place> {
    let mut open: Vec<Layer<'db>> = layers(&value.shape).to_vec();
    for _ in 0..256 {
        match open.pop()? {
            Layer::Literal { file, set, .. } => {
                let attrs = queries::module(db, file).attrsets.get(set as usize).map_or(&[][..], |literal| &literal.attrs);
                let first = (0..).zip(attrs).min_by_key(|(_, attr)| attr.value).map(|(attr, _)| PlaceKind::Attr { set, attr });
                return Some(Place { file, kind: first.unwrap_or(PlaceKind::File) });
            }
            Layer::Either(sets) => open.extend(sets.iter().rev().flat_map(|set| set.layers.iter().cloned())),
            Layer::Without { of, .. } | Layer::Mapped { of, .. } => open.extend(of.layers.iter().cloned()),
            _ => {}
        }
    }
    None
}
