//! Lists.

use super::groups::Groups;
use super::peeksort::peeksort;
use super::support::{While, arg, builtin, frame, known, quoted_arg};
use crate::Ctx;
use crate::ahead::{Ahead, Calls};
use crate::builtin::Builtin;
use crate::error::{EvalError, Result};
use crate::heap::ScratchVec;
use crate::value::{AttrsBuilder, List, Value};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("head", &["list"], head, "The first element of a list; an error for the empty one."),
    builtin("tail", &["list"], tail, "A list without its first element; an error for the empty one."),
    builtin("elemAt", &["list", "index"], elem_at, "The element number `index`, counted from 0; an error outside the list."),
    builtin("length", &["list"], length, "How many elements a list has. None of them is evaluated."),
    builtin("map", &["function", "list"], map, "The list of what `function` gives for each element. Each call is made when its result is needed.\n\n```nix\nmap (x: x * 2) [ 1 2 ]  # [ 2 4 ]\n```"),
    builtin("filter", &["predicate", "list"], filter, "The elements for which `predicate` gives `true`, in their order."),
    builtin("elem", &["value", "list"], elem, "Whether some element of the list equals `value`."),
    builtin("concatLists", &["lists"], concat_lists, "One list with the elements of all the given lists, in order."),
    builtin("foldl'", &["operator", "start", "list"], foldl, "Reduces a list from the left: `operator (operator start x0) x1` and so on. Every intermediate result is evaluated at once, so that long lists need no deep stack; `start` itself only when it is used.\n\n```nix\nfoldl' (sum: x: sum + x) 0 [ 1 2 3 ]  # 6\n```"),
    builtin("any", &["predicate", "list"], |ctx, args| any_or_all(ctx, args, true), "Whether `predicate` gives `true` for at least one element. Stops at the first."),
    builtin("all", &["predicate", "list"], |ctx, args| any_or_all(ctx, args, false), "Whether `predicate` gives `true` for every element. Stops at the first for which it does not."),
    builtin("genList", &["generator", "length"], gen_list, "A list of `length` elements, of which number i is `generator i`, made when it is needed."),
    builtin("sort", &["less", "list"], sort, "Sorts a list. `less a b` says whether `a` must come before `b`; elements of which neither must keep their order. `builtins.lessThan` is the usual one.\n\n```nix\nsort builtins.lessThan [ 3 1 2 ]  # [ 1 2 3 ]\n```"),
    builtin("partition", &["predicate", "list"], partition, "Splits a list in two: `{ right = …; wrong = …; }` with the elements for which `predicate` gives `true`, and the others."),
    builtin("groupBy", &["key", "list"], group_by, "Collects the elements under the name that `key` gives for each: a set of lists.\n\n```nix\ngroupBy (x: if x < 3 then \"low\" else \"high\") [ 1 5 2 ]  # { high = [ 5 ]; low = [ 1 2 ]; }\n```"),
    builtin("concatMap", &["function", "list"], concat_map, "What `function` gives for each element, a list each, put one after the other."),
];

fn head(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[0], quoted_arg("first", "head"))?;
    match list.get(0) {
        Some(first) => ctx.force(first),
        None => Err(EvalError::other("'builtins.head' called on an empty list")),
    }
}

fn tail(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[0], quoted_arg("first", "tail"))?;
    match list.len() {
        0 => Err(EvalError::other("'builtins.tail' called on an empty list")),
        _ => Ok(ctx.list_after(list, 1)),
    }
}

fn elem_at(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let index = ctx.expect_int(args[1], quoted_arg("second", "elemAt"))?;
    let list = ctx.expect_list(args[0], quoted_arg("first", "elemAt"))?;
    match usize::try_from(index).ok().and_then(|i| list.get(i)) {
        Some(element) => ctx.force(element),
        None => Err(EvalError::other(format!("'builtins.elemAt' called with index {index} on a list of size {}", list.len()))),
    }
}

fn length(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[0], arg("first", "length"))?;
    Ok(ctx.int(list.len() as i64))
}

fn map(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[1], arg("second", "map"))?;
    if list.is_empty() {
        return Ok(list.value());
    }
    let function = ctx.expect_function(args[0], arg("first", "map"))?;
    let elements = list.elements();
    ctx.list_with(elements.len(), |ctx, i| Ok(ctx.lazy_call(function, &elements[i..=i])))
}

fn filter(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[1], arg("second", "filter"))?;
    if list.is_empty() {
        return Ok(list.value());
    }
    let predicate = ctx.expect_function(args[0], arg("first", "filter"))?;
    let mut kept = ScratchVec::with_capacity(list.len());
    let mut calls = Calls::new(predicate, list);
    for (i, &element) in list.elements().iter().enumerate() {
        let keep = calls.call(ctx, i)?;
        if ctx.expect_bool(keep, frame("while evaluating the return value of the filtering function passed to builtins.filter"))? {
            kept.push(element);
        }
    }
    if kept.len() == list.len() { Ok(list.value()) } else { ctx.list_from(&kept) }
}

fn elem(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[1], arg("second", "elem"))?;
    let found = ctx.equal_to_any(args[0], list.elements());
    found.map(Value::bool).during(frame("while searching for the presence of the given element in the list"))
}

/// All elements of `lists`; where only one list has any, that list itself.
fn concat(ctx: &mut Ctx<'_>, lists: &[List]) -> Result<Value> {
    let mut filled = lists.iter().filter(|list| !list.is_empty());
    if let (Some(only), None) = (filled.next(), filled.next()) {
        return Ok(only.value());
    }
    let length = lists.iter().fold(0, |sum: usize, list| sum.saturating_add(list.len()));
    let mut elements = lists.iter().flat_map(|list| list.elements());
    ctx.list_with(length, |_, _| Ok(elements.next().copied().unwrap_or(Value::NULL)))
}

fn concat_lists(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[0], arg("first", "concatLists"))?;
    let mut lists = ScratchVec::with_capacity(list.len());
    let offer = ctx.offer(list.elements().iter().copied(), Ahead::Force);
    for (i, &element) in list.elements().iter().enumerate() {
        offer.reached(i);
        ctx.check_interrupt()?;
        lists.push(ctx.expect_list(element, frame("while evaluating a value of the list passed to builtins.concatLists"))?);
    }
    concat(ctx, &lists)
}

fn foldl(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let operator = ctx.expect_function(args[0], arg("first", "foldlStrict"))?;
    let list = ctx.expect_list(args[2], arg("third", "foldlStrict"))?;
    let mut current = args[1];
    for &element in list.elements() {
        current = ctx.call(operator, &[current, element])?;
    }
    ctx.force(current)
}

fn any_or_all(ctx: &mut Ctx<'_>, args: &[Value], any: bool) -> Result<Value> {
    let name = if any { "any" } else { "all" };
    let predicate = ctx.expect_function(args[0], arg("first", name))?;
    let list = ctx.expect_list(args[1], arg("second", name))?;
    for &element in list.elements() {
        let result = ctx.call(predicate, &[element])?;
        let what = || format!("while evaluating the return value of the function passed to builtins.{name}");
        if ctx.expect_bool(result, what)? == any {
            return Ok(Value::bool(any));
        }
    }
    Ok(Value::bool(!any))
}

fn gen_list(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let length = ctx.expect_int(args[1], arg("second", "genList"))?;
    let Ok(length_usize) = usize::try_from(length) else {
        return Err(EvalError::other(format!("cannot create list of size {length}")));
    };
    let generator = ctx.expect_function(args[0], arg("first", "genList"))?;
    ctx.list_with(length_usize, |ctx, i| {
        let index = ctx.int(i as i64);
        Ok(ctx.lazy_call(generator, &[index]))
    })
}

fn sort(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let list = ctx.expect_list(args[1], arg("second", "sort"))?;
    if list.is_empty() {
        return Ok(list.value());
    }
    let less = ctx.expect_function(args[0], arg("first", "sort"))?;
    let mut elements = ScratchVec::with_capacity(list.len());
    let offer = ctx.offer(list.elements().iter().copied(), Ahead::Force);
    for (i, &element) in list.elements().iter().enumerate() {
        offer.reached(i);
        ctx.check_interrupt()?;
        elements.push(ctx.force(element)?);
    }
    let natural = ctx.builtin("lessThan").is_some_and(|builtin| builtin.same(less));
    peeksort(&mut elements, &mut |a, b| {
        if natural {
            ctx.check_interrupt()?;
            return Ok(ctx.compare(a, b).during(frame("while evaluating the ordering function passed to builtins.sort"))?.is_lt());
        }
        let result = ctx.call(less, &[a, b])?;
        ctx.expect_bool(result, frame("while evaluating the return value of the sorting function passed to builtins.sort"))
    })?;
    ctx.list_from(&elements)
}

fn partition(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let predicate = ctx.expect_function(args[0], arg("first", "partition"))?;
    let list = ctx.expect_list(args[1], arg("second", "partition"))?;
    let (mut right, mut wrong) = (ScratchVec::with_capacity(list.len()), ScratchVec::new());
    let mut calls = Calls::new(predicate, list);
    for (i, &element) in list.elements().iter().enumerate() {
        ctx.force(element)?;
        let result = calls.call(ctx, i)?;
        let side =
            ctx.expect_bool(result, frame("while evaluating the return value of the partition function passed to builtins.partition"))?;
        if side { right.push(element) } else { wrong.push(element) }
    }
    let mut set = AttrsBuilder::with_capacity(2);
    set.push(known().right, ctx.list_from(&right)?);
    set.push(known().wrong, ctx.list_from(&wrong)?);
    Ok(ctx.attrs(set))
}

fn group_by(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let key = ctx.expect_function(args[0], arg("first", "groupBy"))?;
    let list = ctx.expect_list(args[1], arg("second", "groupBy"))?;
    let mut groups = Groups::default();
    let mut calls = Calls::new(key, list);
    for (i, &element) in list.elements().iter().enumerate() {
        let result = calls.call(ctx, i)?;
        let what = frame("while evaluating the return value of the grouping function passed to builtins.groupBy");
        let name = ctx.expect_string_no_context(result, what)?;
        groups.push(ctx.name_of(name), element);
    }
    groups.finish(ctx, |_, _, members| members)
}

fn concat_map(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let function = ctx.expect_function(args[0], arg("first", "concatMap"))?;
    let list = ctx.expect_list(args[1], arg("second", "concatMap"))?;
    let mut lists = ScratchVec::with_capacity(list.len());
    let mut calls = Calls::new(function, list);
    for i in 0..list.len() {
        let result = calls.call(ctx, i)?;
        lists.push(ctx.expect_list(result, frame("while evaluating the return value of the function passed to builtins.concatMap"))?);
    }
    concat(ctx, &lists)
}
