//! Strings and versions.

use super::support::{Gathered, arg, builtin, frame, known};
use super::version;
use crate::ahead::Ahead;
use crate::bounds::PIECE;
use crate::builtin::Builtin;
use crate::error::{EvalError, Result};
use crate::heap::ScratchVec;
use crate::value::{AttrsBuilder, Str, Value};
use crate::{CoerceOptions, Ctx};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("toString", &["value"], to_string, "`value` as a string. Strings stay as they are, paths give their own text without being copied, numbers their digits, `true` gives `\"1\"`, `false` and `null` give `\"\"`, lists their elements with spaces between. Sets need `__toString` or `outPath`."),
    builtin("substring", &["start", "length", "string"], substring, "The part of a string from byte `start` on, of at most `length` bytes; a negative `length` takes all the rest. Beyond the end there is nothing: the result is shorter or empty. `start` must not be negative."),
    builtin("stringLength", &["string"], string_length, "The length of a string in bytes."),
    builtin("concatStringsSep", &["separator", "strings"], concat_strings_sep, "The strings of a list one after the other with `separator` between them.\n\n```nix\nconcatStringsSep \", \" [ \"a\" \"b\" ]  # \"a, b\"\n```"),
    builtin("replaceStrings", &["from", "to", "string"], replace_strings, "Replaces each occurrence of a string of `from` by the string at the same place in `to`. The text is read once from left to right; where several match, the first in the list is taken, and what was put in is not read again. An empty string in `from` matches before every byte and at the end."),
    builtin("parseDrvName", &["name"], parse_drv_name, "Splits `name-version` at the first dash that no letter follows: `parseDrvName \"nix-0.12pre\"` is `{ name = \"nix\"; version = \"0.12pre\"; }`."),
    builtin("compareVersions", &["a", "b"], compare_versions, "-1, 0 or 1 as version `a` is older than, equal to or newer than `b`. Components compare as numbers where both are; `pre` comes before everything."),
    builtin("splitVersion", &["version"], split_version, "The components of a version as `compareVersions` sees them: `splitVersion \"1.2pre3\"` is `[ \"1\" \"2\" \"pre\" \"3\" ]`."),
];

/// Coercion as in interpolation.
pub(super) const COPYING: CoerceOptions = CoerceOptions { more: false, copy_to_store: true, canonicalize_path: false };
/// Without copying paths.
pub(super) const PLAIN: CoerceOptions = CoerceOptions { more: false, copy_to_store: false, canonicalize_path: false };

fn to_string(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let options = CoerceOptions { more: true, ..PLAIN };
    Ok(ctx.coerce_to_string(args[0], options, arg("first", "toString"))?.value())
}

fn substring(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the first argument (the start offset) passed to builtins.substring");
    let start = ctx.expect_int(args[0], what)?;
    let Ok(start) = usize::try_from(start) else {
        return Err(EvalError::other("negative start position in 'substring'"));
    };
    let what = frame("while evaluating the second argument (the substring length) passed to builtins.substring");
    let length = ctx.expect_int(args[1], what)?;
    let what = frame("while evaluating the third argument (the string) passed to builtins.substring");
    let string = ctx.coerce_to_string(args[2], COPYING, what)?;
    let bytes = string.bytes();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let start = start.min(bytes.len());
    let end = start.saturating_add(length).min(bytes.len());
    if start == 0 && end == bytes.len() {
        return Ok(string.value());
    }
    ctx.string_from(&bytes[start..end], string.context())
}

fn string_length(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the argument passed to builtins.stringLength");
    let string = ctx.coerce_to_string(args[0], COPYING, what)?;
    Ok(ctx.int(string.bytes().len() as i64))
}

fn concat_strings_sep(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the first argument (the separator string) passed to builtins.concatStringsSep");
    let separator = ctx.expect_string(args[0], what)?;
    let what = frame("while evaluating the second argument (the list of strings to concat) passed to builtins.concatStringsSep");
    let list = ctx.expect_list(args[1], what)?;
    let mut context = Gathered::new();
    context.add(separator);
    let mut parts: ScratchVec<&[u8]> = ScratchVec::with_capacity(2 * list.len());
    let offer = ctx.offer(list.elements().iter().copied(), Ahead::Text);
    for (i, &element) in list.elements().iter().enumerate() {
        offer.reached(i);
        ctx.check_interrupt()?;
        let what = frame("while evaluating one element of the list of strings to concat passed to builtins.concatStringsSep");
        let string = ctx.coerce_to_string(element, COPYING, what)?;
        context.add(string);
        if i > 0 {
            parts.push(separator.bytes());
        }
        parts.push(string.bytes());
    }
    {
        let context = context.finish(ctx);
        ctx.string_from_parts(&parts, context)
    }
}

fn replace_strings(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let from = ctx.expect_list(args[0], arg("first", "replaceStrings"))?;
    let to = ctx.expect_list(args[1], arg("second", "replaceStrings"))?;
    if from.len() != to.len() {
        return Err(EvalError::other("'from' and 'to' arguments passed to builtins.replaceStrings have different lengths"));
    }
    let mut patterns: ScratchVec<&'static [u8]> = ScratchVec::with_capacity(from.len());
    for &element in from.elements() {
        ctx.check_interrupt()?;
        let what = frame("while evaluating one of the strings to replace passed to builtins.replaceStrings");
        patterns.push(ctx.expect_string(element, what)?.bytes());
    }
    // Replacements are evaluated when they are first needed.
    let mut replacements: ScratchVec<Option<Str>> = ScratchVec::new();
    replacements.resize(to.len(), None);
    let subject = ctx.expect_string(args[2], arg("third", "replaceStrings"))?;
    let mut context = Gathered::new();
    context.add(subject);
    let bytes = subject.bytes();

    let mut starts = [false; 256];
    let mut has_empty = false;
    for pattern in &patterns {
        match pattern.first() {
            Some(&first) => starts[usize::from(first)] = true,
            None => has_empty = true,
        }
    }
    let mut parts: ScratchVec<&'static [u8]> = ScratchVec::new();
    let (mut at, mut copied) = (0, 0);
    while at <= bytes.len() {
        // What a step costs, where no pattern fits.
        ctx.worked(16 * patterns.len())?;
        if !has_empty {
            let next = &bytes[at..bytes.len().min(at.saturating_add(PIECE))];
            match next.iter().position(|&b| starts[usize::from(b)]) {
                Some(skipped) => at += skipped,
                None if next.is_empty() => break,
                None => {
                    ctx.worked(next.len())?;
                    at += next.len();
                    continue;
                }
            }
        }
        let Some(index) = patterns.iter().position(|pattern| bytes[at..].starts_with(pattern)) else {
            at += 1;
            continue;
        };
        let replacement = match replacements[index] {
            Some(replacement) => replacement,
            None => {
                let what = frame("while evaluating one of the replacement strings passed to builtins.replaceStrings");
                let replacement = ctx.expect_string(to.elements()[index], what)?;
                context.add(replacement);
                *replacements[index].insert(replacement)
            }
        };
        parts.push(&bytes[copied..at]);
        parts.push(replacement.bytes());
        ctx.check_output(size_of_val(&*parts))?;
        let length = patterns[index].len();
        copied = at + length;
        at += length.max(1);
    }
    if parts.is_empty() {
        return Ok(subject.value());
    }
    parts.push(&bytes[copied.min(bytes.len())..]);
    {
        let context = context.finish(ctx);
        ctx.string_from_parts(&parts, context)
    }
}

fn parse_drv_name(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let full = ctx.expect_string_no_context(args[0], arg("first", "parseDrvName"))?;
    let (name, version) = version::split_name(full.bytes());
    let mut set = AttrsBuilder::with_capacity(2);
    set.push(known().name, ctx.string(name));
    set.push(known().version, ctx.string(version));
    Ok(ctx.attrs(set))
}

fn compare_versions(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let a = ctx.expect_string_no_context(args[0], arg("first", "compareVersions"))?;
    let b = ctx.expect_string_no_context(args[1], arg("second", "compareVersions"))?;
    let order = version::compare(a.bytes(), b.bytes(), || ctx.check_interrupt())?;
    Ok(ctx.int(order as i64))
}

fn split_version(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let version = ctx.expect_string_no_context(args[0], arg("first", "splitVersion"))?;
    let mut components: ScratchVec<&[u8]> = ScratchVec::new();
    for component in version::components(version.bytes()) {
        ctx.check_interrupt()?;
        components.push(component);
    }
    ctx.list_with(components.len(), |ctx, i| Ok(ctx.string(components[i])))
}
