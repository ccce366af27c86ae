//! Values as XML: `toXML`, `nix-instantiate --xml`.

use nival_hir::module::Param;
use rustc_hash::FxHashSet;

use super::ambiguous::never_a_thunk;
use super::long::Long;
use super::{attr_part, float, item_part, resolve};
use crate::Ctx;
use crate::ahead::{Ahead, Offer};
use crate::bounds::PIECE;
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::heap::{ScratchVec, prefetch};
use crate::value::{Attrs, Closure, Context, ContextSum, Value, View};

/// What to put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct XmlOptions {
    /// Evaluate everything inside; else what is not evaluated is `<unevaluated />`.
    pub strict: bool,
    /// Where attributes and functions were written.
    pub location: bool,
}

/// `value` as an XML document, with the context of all its strings.
pub fn to_xml(ctx: &mut Ctx<'_>, value: Value, options: XmlOptions) -> Result<(Vec<u8>, Context)> {
    let (text, context) = print(ctx, value, options, Long::for_output())?;
    Ok((text.into_bytes(), context))
}

/// The same as a string.
pub(crate) fn xml_string(ctx: &mut Ctx<'_>, value: Value, options: XmlOptions) -> Result<Value> {
    let (text, context) = print(ctx, value, options, Long::for_value())?;
    text.into_string(ctx, context)
}

fn print(ctx: &mut Ctx<'_>, value: Value, options: XmlOptions, out: Long) -> Result<(Long, Context)> {
    let mut printer = Printer { ctx, options, out, indent: 0, context: ContextSum::default(), derivations: FxHashSet::default() };
    printer.out.buffer.extend_from_slice(b"<?xml version='1.0' encoding='utf-8'?>\n");
    printer.open("expr", &[])?;
    printer.value(value, 0)?;
    printer.close("</expr>\n");
    let Printer { ctx, out, context, .. } = printer;
    Ok((out, context.finish(&mut ctx.region)))
}

type Attributes<'a> = [(&'static str, std::borrow::Cow<'a, [u8]>)];

/// What is written for a byte that does not stand for itself.
fn entity(byte: u8) -> &'static [u8] {
    match byte {
        b'"' => b"&quot;",
        b'<' => b"&lt;",
        b'>' => b"&gt;",
        b'&' => b"&amp;",
        // A reader would make a space of it.
        _ => b"&#xA;",
    }
}

#[inline(always)]
fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'<') | (byte == b'>') | (byte == b'&') | (byte == b'\n')
}

/// Where the first byte is that does not stand for itself; many are looked at at once.
#[inline(always)]
fn first_special(text: &[u8]) -> Option<usize> {
    let (chunks, rest) = text.as_chunks::<16>();
    let has_special = |chunk: &[u8; 16]| chunk.iter().fold(false, |any, &byte| any | is_special(byte));
    let (from, part) = match chunks.iter().position(has_special) {
        Some(found) => (16 * found, chunks[found].as_slice()),
        None => (text.len() - rest.len(), rest),
    };
    part.iter().position(|&byte| is_special(byte)).map(|at| from + at)
}

/// What stands between two such bytes is copied at once.
#[inline(always)]
fn escape(out: &mut Vec<u8>, mut text: &[u8]) {
    while let Some(at) = first_special(text) {
        out.extend_from_slice(&text[..at]);
        out.extend_from_slice(entity(text[at]));
        text = &text[at + 1..];
    }
    out.extend_from_slice(text);
}

/// Two for each level of what is usual.
const SPACES: &[u8; 64] = &[b' '; 64];

/// How many attributes of a set, or elements of a list, are fetched before they are needed.
const AHEAD: usize = 8;

/// Has the processor fetch a value that will be needed soon: what is printed is seldom in its cache.
#[inline(always)]
fn fetch(value: Value) {
    prefetch(value.address());
}

struct Printer<'a, 'e> {
    ctx: &'a mut Ctx<'e>,
    options: XmlOptions,
    out: Long,
    indent: usize,
    context: ContextSum,
    /// Each derivation is written out once.
    derivations: FxHashSet<Vec<u8>>,
}

impl Printer<'_, '_> {
    /// A new line up to its first word.
    #[inline(always)]
    fn line(&mut self, word: &str) {
        let out = &mut self.out.buffer;
        match SPACES.get(..2 * self.indent) {
            Some(spaces) => out.extend_from_slice(spaces),
            None => out.resize(out.len() + 2 * self.indent, b' '),
        }
        out.extend_from_slice(word.as_bytes());
    }

    #[inline(always)]
    fn escaped(&mut self, value: &[u8]) -> Result<()> {
        if value.len() < PIECE {
            escape(&mut self.out.buffer, value);
            return Ok(());
        }
        for piece in value.chunks(PIECE) {
            escape(&mut self.out.buffer, piece);
            self.ctx.worked(4 * piece.len())?;
            self.ctx.check_output(self.out.len())?;
            self.out.make_room(self.ctx);
        }
        Ok(())
    }

    fn tag(&mut self, name: &str, attributes: &Attributes<'_>, end: &str) -> Result<()> {
        self.line("<");
        self.out.buffer.extend_from_slice(name.as_bytes());
        for (name, value) in attributes {
            for piece in [" ", name, "=\""] {
                self.out.buffer.extend_from_slice(piece.as_bytes());
            }
            self.escaped(value)?;
            self.out.buffer.push(b'"');
        }
        self.out.buffer.extend_from_slice(end.as_bytes());
        Ok(())
    }

    fn open(&mut self, name: &str, attributes: &Attributes<'_>) -> Result<()> {
        self.tag(name, attributes, ">\n")?;
        self.indent += 1;
        Ok(())
    }

    /// `tag` with its brackets.
    #[inline(always)]
    fn close(&mut self, tag: &str) {
        self.indent -= 1;
        self.line(tag);
    }

    fn empty(&mut self, name: &str, attributes: &Attributes<'_>) -> Result<()> {
        self.tag(name, attributes, " />\n")
    }

    /// A tag that is nearly the only one in long texts; `start` is all of it up to the value.
    #[inline(always)]
    fn simple(&mut self, start: &str, value: &[u8]) -> Result<()> {
        self.line(start);
        self.escaped(value)?;
        self.out.buffer.extend_from_slice(b"\" />\n");
        Ok(())
    }

    fn value(&mut self, value: Value, depth: u32) -> Result<()> {
        if depth > self.ctx.max_call_depth() {
            return Err(EvalError::new(ErrorKind::StackOverflow, "stack overflow; max-call-depth exceeded"));
        }
        self.ctx.check_output(self.out.len())?;
        self.out.make_room(self.ctx);
        stacker::maybe_grow(64 << 10, 1 << 20, || self.value_inner(value, depth))
    }

    fn value_inner(&mut self, value: Value, depth: u32) -> Result<()> {
        let value = if self.options.strict { self.ctx.force(value)? } else { resolve(value) };
        if !self.options.strict && depth > 0 && never_a_thunk(value) {
            self.empty("unevaluated", &[])?;
            return Ok(());
        }
        match value.view() {
            View::Int(int) => self.simple("<int value=\"", int.to_string().as_bytes())?,
            View::Bool(bool) => self.simple("<bool value=\"", if bool { b"true" } else { b"false" })?,
            View::Float(float) => self.simple("<float value=\"", float::display(float).as_bytes())?,
            View::Null => self.empty("null", &[])?,
            View::Path(path) => self.simple("<path value=\"", path.bytes())?,
            View::String(string) => {
                self.context.add(string.context());
                self.simple("<string value=\"", string.bytes())?;
            }
            View::Attrs(attrs) => self.set(attrs, depth)?,
            View::List(list) => {
                self.open("list", &[])?;
                let offer = self.offer(list.elements().iter().copied());
                list.elements().iter().take(AHEAD).for_each(|&element| fetch(element));
                for (index, &element) in list.elements().iter().enumerate() {
                    offer.reached(index);
                    list.elements().get(index + AHEAD).into_iter().for_each(|&later| fetch(later));
                    self.value(element, depth + 1).map_err(|error| item_part(index, error))?;
                }
                self.close("</list>\n");
            }
            View::Closure(_) | View::Partial(_) => match value.as_lambda() {
                Some((closure, given)) => self.function(closure, given)?,
                None => self.empty("unevaluated", &[])?,
            },
            View::Builtin(_) | View::Thunk(_) | View::External(_) => self.empty("unevaluated", &[])?,
        }
        Ok(())
    }

    fn offer(&mut self, values: impl Iterator<Item = Value>) -> Offer {
        let values = values.take(if self.options.strict { usize::MAX } else { 0 });
        self.ctx.offer(values, Ahead::Force)
    }

    fn set(&mut self, attrs: Attrs, depth: u32) -> Result<()> {
        if !self.is_derivation(attrs)? {
            self.open("attrs", &[])?;
            self.attributes(attrs, depth)?;
            self.close("</attrs>\n");
            return Ok(());
        }
        let known = crate::builtins::known();
        let mut found: Vec<(&'static str, std::borrow::Cow<'_, [u8]>)> = Vec::new();
        for (label, name) in [("drvPath", known.drv_path), ("outPath", known.out_path)] {
            if let Some(value) = attrs.get(name) {
                let value = if self.options.strict { self.ctx.force(value)? } else { resolve(value) };
                if let Some(string) = value.as_string() {
                    found.push((label, string.bytes().into()));
                }
            }
        }
        self.open("derivation", &found)?;
        let drv = found.iter().find(|(label, _)| *label == "drvPath").map(|(_, path)| path.to_vec()).filter(|path| !path.is_empty());
        match drv {
            Some(drv) if self.derivations.insert(drv.clone()) => self.attributes(attrs, depth)?,
            _ => self.empty("repeated", &[])?,
        }
        self.close("</derivation>\n");
        Ok(())
    }

    fn is_derivation(&mut self, attrs: Attrs) -> Result<bool> {
        match attrs.get(crate::builtins::known().kind) {
            Some(kind) => Ok(self.ctx.force(kind)?.as_string().is_some_and(|s| s.bytes() == b"derivation")),
            None => Ok(false),
        }
    }

    /// `column`, `line` and, where there is a file, its `path`.
    fn place(&self, pos: Pos) -> Vec<(&'static str, std::borrow::Cow<'static, [u8]>)> {
        let Some(place) = Some(pos).filter(|_| self.options.location).and_then(|pos| self.ctx.evaluator().locate(pos)) else {
            return Vec::new();
        };
        let mut found =
            vec![("column", place.column.to_string().into_bytes().into()), ("line", place.line.to_string().into_bytes().into())];
        if let Some(file) = place.told_file() {
            found.push(("path", file.to_vec().into()));
        }
        found
    }

    fn attributes(&mut self, attrs: Attrs, depth: u32) -> Result<()> {
        // The set is the caller's, and lives on.
        let sorted = self.ctx.attrs_in_order(attrs)?;
        let offer = self.offer(sorted.clone().map(|attr| attr.value));
        let mut later = sorted.clone();
        later.by_ref().take(AHEAD).for_each(|attr| fetch(attr.value));
        for (i, attr) in sorted.enumerate() {
            offer.reached(i);
            later.next().into_iter().for_each(|attr| fetch(attr.value));
            if self.options.location {
                let name = ("name", attr.name.as_bytes().into());
                let mut place = self.place(attrs.position(attr.name));
                let at = place.iter().position(|(label, _)| *label > "name").unwrap_or(place.len());
                place.insert(at, name);
                self.open("attr", &place)?;
            } else {
                self.line("<attr name=\"");
                self.escaped(attr.name.as_bytes())?;
                self.out.buffer.extend_from_slice(b"\">\n");
                self.indent += 1;
            }
            self.value(attr.value, depth + 1).map_err(|error| attr_part(attrs, attr.name, error))?;
            self.close("</attr>\n");
        }
        Ok(())
    }

    fn function(&mut self, closure: Closure, given: usize) -> Result<()> {
        let place = self.place(closure.position_after(given));
        self.open("function", &place)?;
        match closure.param(given) {
            Some(Param::Pattern(pattern)) => {
                let mut described: Vec<(&'static str, std::borrow::Cow<'_, [u8]>)> = Vec::new();
                if pattern.ellipsis {
                    described.push(("ellipsis", b"1".as_slice().into()));
                }
                if let Some((name, _)) = pattern.bind {
                    described.push(("name", name.as_bytes().into()));
                }
                self.open("attrspat", &described)?;
                let mut names: ScratchVec<&[u8]> = pattern.formals.iter().map(|formal| formal.name.as_bytes()).collect();
                names.sort_unstable();
                for name in names {
                    self.empty("attr", &[("name", name.into())])?;
                }
                self.close("</attrspat>\n");
            }
            Some(Param::Name(name, _)) => self.empty("varpat", &[("name", name.as_bytes().into())])?,
            None => {}
        }
        self.close("</function>\n");
        Ok(())
    }
}
