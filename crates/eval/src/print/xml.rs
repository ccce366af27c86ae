//! Values as XML: `toXML`, `nix-instantiate --xml`.

use nival_hir::module::Param;
use rustc_hash::FxHashSet;

use super::ambiguous::never_a_thunk;
use super::{attr_part, float, item_part, resolve};
use crate::Ctx;
use crate::ahead::{Ahead, Offer};
use crate::bounds::PIECE;
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::heap::ScratchVec;
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
    let mut printer =
        Printer { ctx, options, out: Vec::new(), indent: 0, context: ContextSum::default(), derivations: FxHashSet::default() };
    printer.out.extend_from_slice(b"<?xml version='1.0' encoding='utf-8'?>\n");
    printer.open("expr", &[])?;
    printer.value(value, 0)?;
    printer.close("expr");
    let Printer { ctx, out, context, .. } = printer;
    Ok((out, context.finish(&mut ctx.region)))
}

type Attributes<'a> = [(&'static str, std::borrow::Cow<'a, [u8]>)];

/// What is written for a byte, unless it is the byte itself.
const ENTITIES: [&[u8]; 256] = {
    let mut entities: [&[u8]; 256] = [b""; 256];
    entities[b'"' as usize] = b"&quot;";
    entities[b'<' as usize] = b"&lt;";
    entities[b'>' as usize] = b"&gt;";
    entities[b'&' as usize] = b"&amp;";
    // A reader would make a space of it.
    entities[b'\n' as usize] = b"&#xA;";
    entities
};

/// What stands between two such bytes is copied at once.
fn escape(out: &mut Vec<u8>, mut text: &[u8]) {
    while let Some(at) = text.iter().position(|&byte| !ENTITIES[usize::from(byte)].is_empty()) {
        out.extend_from_slice(&text[..at]);
        out.extend_from_slice(ENTITIES[usize::from(text[at])]);
        text = &text[at + 1..];
    }
    out.extend_from_slice(text);
}

struct Printer<'a, 'e> {
    ctx: &'a mut Ctx<'e>,
    options: XmlOptions,
    out: Vec<u8>,
    indent: usize,
    context: ContextSum,
    /// Each derivation is written out once.
    derivations: FxHashSet<Vec<u8>>,
}

impl Printer<'_, '_> {
    fn tag(&mut self, name: &str, attributes: &Attributes<'_>, end: &str) -> Result<()> {
        self.out.resize(self.out.len() + 2 * self.indent, b' ');
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        for (name, value) in attributes {
            self.out.push(b' ');
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"=\"");
            for piece in value.chunks(PIECE) {
                escape(&mut self.out, piece);
                super::pause(self.ctx, &self.out, piece)?;
            }
            self.out.push(b'"');
        }
        self.out.extend_from_slice(end.as_bytes());
        Ok(())
    }

    fn open(&mut self, name: &str, attributes: &Attributes<'_>) -> Result<()> {
        self.tag(name, attributes, ">\n")?;
        self.indent += 1;
        Ok(())
    }

    fn close(&mut self, name: &str) {
        self.indent -= 1;
        self.out.resize(self.out.len() + 2 * self.indent, b' ');
        for piece in ["</", name, ">\n"] {
            self.out.extend_from_slice(piece.as_bytes());
        }
    }

    fn empty(&mut self, name: &str, attributes: &Attributes<'_>) -> Result<()> {
        self.tag(name, attributes, " />\n")
    }

    fn simple(&mut self, name: &str, value: &[u8]) -> Result<()> {
        self.empty(name, &[("value", value.into())])
    }

    fn value(&mut self, value: Value, depth: u32) -> Result<()> {
        if depth > self.ctx.max_call_depth() {
            return Err(EvalError::new(ErrorKind::StackOverflow, "stack overflow; max-call-depth exceeded"));
        }
        self.ctx.check_output(self.out.len())?;
        stacker::maybe_grow(64 << 10, 1 << 20, || self.value_inner(value, depth))
    }

    fn value_inner(&mut self, value: Value, depth: u32) -> Result<()> {
        let value = if self.options.strict { self.ctx.force(value)? } else { resolve(value) };
        if !self.options.strict && depth > 0 && never_a_thunk(value) {
            self.empty("unevaluated", &[])?;
            return Ok(());
        }
        match value.view() {
            View::Int(int) => self.simple("int", int.to_string().as_bytes())?,
            View::Bool(bool) => self.simple("bool", if bool { b"true" } else { b"false" })?,
            View::Float(float) => self.simple("float", float::display(float).as_bytes())?,
            View::Null => self.empty("null", &[])?,
            View::Path(path) => self.simple("path", path.bytes())?,
            View::String(string) => {
                self.context.add(string.context());
                self.simple("string", string.bytes())?;
            }
            View::Attrs(attrs) => self.set(attrs, depth)?,
            View::List(list) => {
                self.open("list", &[])?;
                let offer = self.offer(list.elements().iter().copied());
                for (index, &element) in list.elements().iter().enumerate() {
                    offer.reached(index);
                    self.value(element, depth + 1).map_err(|error| item_part(index, error))?;
                }
                self.close("list");
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
            self.close("attrs");
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
        self.close("derivation");
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
        let sorted = self.ctx.attrs_sorted(attrs)?;
        let offer = self.offer(sorted.iter().map(|attr| attr.value));
        for (i, attr) in sorted.into_iter().enumerate() {
            offer.reached(i);
            let name = ("name", attr.name.as_bytes().into());
            if self.options.location {
                let mut place = self.place(attrs.position(attr.name));
                let at = place.iter().position(|(label, _)| *label > "name").unwrap_or(place.len());
                place.insert(at, name);
                self.open("attr", &place)?;
            } else {
                self.open("attr", &[name])?;
            }
            self.value(attr.value, depth + 1).map_err(|error| attr_part(attrs, attr.name, error))?;
            self.close("attr");
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
                self.close("attrspat");
            }
            Some(Param::Name(name, _)) => self.empty("varpat", &[("name", name.as_bytes().into())])?,
            None => {}
        }
        self.close("function");
        Ok(())
    }
}
