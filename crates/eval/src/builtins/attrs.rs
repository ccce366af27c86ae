//! Attribute sets.

use nival_hir::module::Param;
use nival_syntax::Name;
use smallvec::SmallVec;

use super::groups::Groups;
use super::support::{arg, builtin, frame, known, required};
use crate::Ctx;
use crate::ahead::Ahead;
use crate::builtin::{Builtin, INTERNAL_ONLY};
use crate::error::{EvalError, Result};
use crate::heap::ScratchVec;
use crate::steps::sort_in_steps;
use crate::value::{AttrsBuilder, Value, View};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("attrNames", &["set"], attr_names, "The names of a set's attributes, sorted. No attribute is evaluated."),
    builtin("attrValues", &["set"], attr_values, "The values of a set's attributes, in the order of their names."),
    builtin("getAttr", &["name", "set"], get_attr, "The attribute called `name`: `set.${name}` as a function. An error where there is none."),
    builtin("hasAttr", &["name", "set"], has_attr, "Whether the set has an attribute called `name`: `set ? ${name}` as a function."),
    builtin("unsafeGetAttrPos", &["name", "set"], get_attr_pos, "Where the attribute was written: `{ file, line, column }`, or `null` where that is not known. It makes a result depend on the layout of the source."),
    builtin("lineOfPosition", &["position"], |ctx, args| position_part(ctx, args[0], |(line, _)| line), "The line of what `unsafeGetAttrPos` gives, which is found when it is needed.").behind(INTERNAL_ONLY),
    builtin("columnOfPosition", &["position"], |ctx, args| position_part(ctx, args[0], |(_, column)| column), "The column of what `unsafeGetAttrPos` gives, which is found when it is needed.").behind(INTERNAL_ONLY),
    builtin("removeAttrs", &["set", "names"], remove_attrs, "The set without the named attributes; names that it does not have are ignored."),
    builtin("listToAttrs", &["list"], list_to_attrs, "A set from a list of `{ name, value }` pairs. Of pairs with the same name the first counts.\n\n```nix\nlistToAttrs [ { name = \"a\"; value = 1; } ]  # { a = 1; }\n```"),
    builtin("intersectAttrs", &["a", "b"], intersect_attrs, "The attributes of `b` whose names `a` has too."),
    builtin("catAttrs", &["name", "sets"], cat_attrs, "The values of the attribute `name` of those sets in a list that have it."),
    builtin("functionArgs", &["function"], function_args, "The named arguments of a function, each with whether it has a default: `functionArgs ({ a, b ? 1 }: a)` is `{ a = false; b = true; }`. Empty for functions that take anything."),
    builtin("mapAttrs", &["function", "set"], map_attrs, "The set with each value replaced by `function name value`, called when it is needed."),
    builtin("zipAttrsWith", &["function", "sets"], zip_attrs_with, "Merges sets: each name that occurs gets `function name values`, with the values from all sets that have it, in order.\n\n```nix\nzipAttrsWith (name: values: values) [ { a = 1; } { a = 2; b = 3; } ]  # { a = [ 1 2 ]; b = [ 3 ]; }\n```"),
];

fn attr_names(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[0], frame("while evaluating the argument passed to builtins.attrNames"))?;
    let sorted = ctx.attrs_sorted(set)?;
    ctx.list_with(sorted.len(), |ctx, i| Ok(ctx.name_string(sorted[i].name)))
}

fn attr_values(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[0], frame("while evaluating the argument passed to builtins.attrValues"))?;
    let sorted = ctx.attrs_sorted(set)?;
    ctx.list_with(sorted.len(), |_, i| Ok(sorted[i].value))
}

fn get_attr(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.expect_string_no_context(args[0], arg("first", "getAttr"))?;
    let set = ctx.expect_attrs(args[1], arg("second", "getAttr"))?;
    let name = ctx.name_of(name);
    let value = required(set, name, || "in the attribute set under consideration".into())?;
    ctx.force(value)
}

fn has_attr(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.expect_string_no_context(args[0], arg("first", "hasAttr"))?;
    let set = ctx.expect_attrs(args[1], arg("second", "hasAttr"))?;
    let name = ctx.name_of(name);
    Ok(Value::bool(set.contains(name)))
}

fn get_attr_pos(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.expect_string_no_context(args[0], arg("first", "unsafeGetAttrPos"))?;
    let set = ctx.expect_attrs(args[1], arg("second", "unsafeGetAttrPos"))?;
    let name = ctx.name_of(name);
    ctx.position_value(set.position(name))
}

fn position_part(ctx: &mut Ctx<'_>, position: Value, part: fn((u32, u32)) -> u32) -> Result<Value> {
    let found = ctx.line_and_column(position)?;
    Ok(ctx.int(part(found).into()))
}

fn remove_attrs(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[0], arg("first", "removeAttrs"))?;
    let list = ctx.expect_list(args[1], arg("second", "removeAttrs"))?;
    let mut names: SmallVec<[Name; 32]> = SmallVec::new();
    for &element in list.elements() {
        ctx.check_interrupt()?;
        let what = frame("while evaluating the values of the second argument passed to builtins.removeAttrs");
        let name = ctx.expect_string_no_context(element, what)?;
        names.push(ctx.name_of(name));
    }
    names.retain(|name| set.contains(*name));
    names.sort_unstable();
    ctx.filter_attrs(set, |name| names.binary_search(&name).is_err())
}

fn list_to_attrs(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[0], frame("while evaluating the argument passed to builtins.listToAttrs"))?;
    let known = known();
    let pair = || "in a {name=...; value=...;} pair".to_owned();
    let mut pairs = ScratchVec::with_capacity(list.len());
    let offer = ctx.offer(list.elements().iter().copied(), Ahead::Force);
    for (i, &element) in list.elements().iter().enumerate() {
        offer.reached(i);
        ctx.check_interrupt()?;
        let set = ctx.expect_attrs(element, frame("while evaluating an element of the list passed to builtins.listToAttrs"))?;
        let name = required(set, known.name, pair)?;
        let what = frame("while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs");
        let name = ctx.expect_string_no_context(name, what)?;
        pairs.push((ctx.name_of(name), set));
    }
    // A pair that an earlier one hides needs no value.
    let mut order: ScratchVec<(Name, u32)> = (0..).zip(&pairs).map(|(i, pair)| (pair.0, i)).collect();
    sort_in_steps(&mut order, Ord::cmp, |moved| ctx.worked(16 * moved))?;
    order.dedup_by_key(|entry| entry.0);
    let mut result = AttrsBuilder::with_capacity(order.len());
    for &(name, index) in &order {
        ctx.check_interrupt()?;
        let set = pairs[index as usize].1;
        let value = required(set, known.value, pair)?;
        result.push_at(name, value, set.position(known.value));
    }
    ctx.attrs_from(result)
}

fn intersect_attrs(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let left = ctx.expect_attrs(args[0], arg("first", "intersectAttrs"))?;
    let right = ctx.expect_attrs(args[1], arg("second", "intersectAttrs"))?;
    // The bigger set may be all of nixpkgs: it is only asked.
    if left.len() >= right.len() {
        return ctx.filter_attrs(right, |name| left.contains(name));
    }
    let mut result = AttrsBuilder::with_capacity(left.len());
    for attr in ctx.attrs_unsorted(left) {
        ctx.check_interrupt()?;
        if let Some(value) = right.get(attr.name) {
            result.push_at(attr.name, value, right.position(attr.name));
        }
    }
    ctx.attrs_from(result)
}

fn cat_attrs(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.expect_string_no_context(args[0], arg("first", "catAttrs"))?;
    let name = ctx.name_of(name);
    let list = ctx.expect_list(args[1], arg("second", "catAttrs"))?;
    let mut found = ScratchVec::new();
    for &element in list.elements() {
        ctx.check_interrupt()?;
        let what = frame("while evaluating an element in the list passed as second argument to builtins.catAttrs");
        found.extend(ctx.expect_attrs(element, what)?.get(name));
    }
    ctx.list_from(&found)
}

fn function_args(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let function = ctx.force(args[0])?;
    let Some((closure, given)) = function.as_lambda() else {
        return match function.view() {
            View::Builtin(_) | View::Partial(_) => Ok(ctx.attrs(AttrsBuilder::new())),
            _ => Err(EvalError::type_error("'functionArgs' requires a function")),
        };
    };
    let mut set = AttrsBuilder::new();
    if let Some(Param::Pattern(pattern)) = closure.param(given) {
        for (index, formal) in pattern.formals.iter().enumerate() {
            set.push_at(formal.name, Value::bool(formal.default.is_some()), closure.formal_position(index));
        }
    }
    Ok(ctx.attrs(set))
}

fn map_attrs(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[1], arg("second", "mapAttrs"))?;
    let function = args[0];
    ctx.map_attrs(set, |ctx, attr| {
        let name = ctx.name_string(attr.name);
        Ok(ctx.lazy_call(function, &[name, attr.value]))
    })
}

fn zip_attrs_with(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let function = ctx.expect_function(args[0], arg("first", "zipAttrsWith"))?;
    let list = ctx.expect_list(args[1], arg("second", "zipAttrsWith"))?;
    let mut groups = Groups::default();
    for &element in list.elements() {
        let what = frame("while evaluating a value of the list passed as second argument to builtins.zipAttrsWith");
        let set = ctx.expect_attrs(element, what)?;
        for attr in ctx.attrs_unsorted(set) {
            ctx.check_interrupt()?;
            groups.push(attr.name, attr.value);
        }
    }
    groups.finish(ctx, |ctx, name, values| {
        let text = ctx.name_string(name);
        ctx.lazy_call(function, &[text, values])
    })
}
