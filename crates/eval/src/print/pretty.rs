//! The form in which `nix eval`, the REPL, traces and messages print values.

use super::{attr_part, float, item_part, known, literal, resolve};
use crate::error::{ErrorKind, EvalError, Result};
use crate::heap::{ScratchSet, ScratchVec};
use crate::value::{Attr, Attrs, List, ThunkKind, Value, View};
use crate::{Ctx, Pos};

/// What to do with errors of the values inside the printed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorStyle {
    /// Print `«error: …»` in place of the value.
    #[default]
    Print,
    /// End with the error.
    Throw,
    /// End with an error of the outermost value, print those inside.
    ThrowTopLevel,
}

/// How to print. The default evaluates nothing and leaves nothing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintOptions {
    /// Evaluate what is printed.
    pub force: bool,
    /// With `force`: derivations as `«derivation /nix/store/….drv»`.
    pub derivation_paths: bool,
    /// Print a set or list only once.
    pub track_repeated: bool,
    /// Levels that are written out.
    pub max_depth: usize,
    /// Attributes in all, over all sets.
    pub max_attrs: usize,
    /// List items in all.
    pub max_list_items: usize,
    /// Bytes of each string.
    pub max_string_length: usize,
    /// Spaces of each level of indentation; 0 prints on one line.
    pub indent: usize,
    pub errors: ErrorStyle,
    /// Terminal colours.
    pub colors: bool,
}

impl Default for PrintOptions {
    fn default() -> Self {
        PrintOptions {
            force: false,
            derivation_paths: false,
            track_repeated: true,
            max_depth: usize::MAX,
            max_attrs: usize::MAX,
            max_list_items: usize::MAX,
            max_string_length: usize::MAX,
            indent: 0,
            errors: ErrorStyle::Print,
            colors: false,
        }
    }
}

impl PrintOptions {
    /// As error messages show values: never too much of them.
    pub fn message() -> Self {
        PrintOptions { max_depth: 10, max_attrs: 10, max_list_items: 10, max_string_length: 1024, ..PrintOptions::default() }
    }

    /// As `nix eval` prints on one line.
    pub fn eval() -> Self {
        PrintOptions { force: true, derivation_paths: true, errors: ErrorStyle::ThrowTopLevel, ..PrintOptions::default() }
    }

    /// As the REPL prints a result: one level, derivations as paths, errors inside in place.
    pub fn repl() -> Self {
        PrintOptions {
            force: true,
            derivation_paths: true,
            max_depth: 1,
            indent: 2,
            errors: ErrorStyle::ThrowTopLevel,
            ..PrintOptions::default()
        }
    }

    /// As the REPL's `:p` prints: everything.
    pub fn repl_deep() -> Self {
        PrintOptions { max_depth: usize::MAX, ..PrintOptions::repl() }
    }
}

/// `value` as `options` say.
///
/// # Errors
/// Those of evaluating where `options.errors` lets them through, cancelling, and nesting without end.
pub fn pretty(ctx: &mut Ctx<'_>, value: Value, options: PrintOptions) -> Result<Vec<u8>> {
    let mut printer = Printer { ctx, options, out: Vec::new(), seen: ScratchSet::default(), attrs: 0, items: 0, indent: 0 };
    printer.value(value, 0)?;
    Ok(printer.out)
}

/// `value` as it stands in an error message.
pub fn for_message(ctx: &mut Ctx<'_>, value: Value) -> String {
    let text = pretty(ctx, value, PrintOptions::message()).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

const FAINT: &str = "\x1b[2m";
const RED: &str = "\x1b[31;1m";
const GREEN: &str = "\x1b[32;1m";
const BLUE: &str = "\x1b[34;1m";
const MAGENTA: &str = "\x1b[35;1m";
const CYAN: &str = "\x1b[36;1m";
const NORMAL: &str = "\x1b[0m";

struct Printer<'a, 'e> {
    ctx: &'a mut Ctx<'e>,
    options: PrintOptions,
    out: Vec<u8>,
    seen: ScratchSet<u64>,
    attrs: usize,
    items: usize,
    indent: usize,
}

impl Printer<'_, '_> {
    fn write(&mut self, text: impl AsRef<[u8]>) {
        self.out.extend_from_slice(text.as_ref());
    }

    fn colored(&mut self, color: &str, text: impl AsRef<[u8]>) {
        if self.options.colors {
            self.write(color);
        }
        self.write(text);
        if self.options.colors {
            self.write(NORMAL);
        }
    }

    fn space(&mut self, pretty: bool) {
        if pretty {
            self.write("\n");
            self.out.resize(self.out.len() + self.indent, b' ');
        } else {
            self.write(" ");
        }
    }

    fn elided(&mut self, count: usize, singular: &str, plural: &str) {
        let noun = if count == 1 { singular } else { plural };
        self.colored(FAINT, format!("«{count} {noun} elided»"));
    }

    fn value(&mut self, value: Value, depth: usize) -> Result<()> {
        if depth > self.ctx.max_call_depth() as usize {
            return Err(EvalError::new(ErrorKind::StackOverflow, "stack overflow; max-call-depth exceeded"));
        }
        self.ctx.check_output(self.out.len())?;
        let result = stacker::maybe_grow(64 << 10, 1 << 20, || self.evaluated(value, depth));
        let Err(error) = result else { return Ok(()) };
        let fatal = matches!(error.kind, ErrorKind::StackOverflow | ErrorKind::Cancelled | ErrorKind::Budget);
        match self.options.errors {
            ErrorStyle::Throw => Err(error),
            ErrorStyle::ThrowTopLevel if depth == 0 => Err(error),
            _ if fatal => Err(error),
            _ => {
                self.colored(RED, format!("«error: {}»", error.message));
                Ok(())
            }
        }
    }

    fn evaluated(&mut self, place: Value, depth: usize) -> Result<()> {
        let value = if self.options.force { self.ctx.force(place)? } else { place };
        let value = self.ctx.peek(value);
        self.ctx.depend_on_known(value);
        match known(value) {
            View::Int(int) => self.colored(CYAN, int.to_string()),
            View::Float(float) => self.colored(CYAN, float::display(float)),
            View::Bool(bool) => self.colored(CYAN, if bool { "true" } else { "false" }),
            View::Null => self.colored(CYAN, "null"),
            View::String(string) => self.string(string.bytes())?,
            View::Path(path) => self.colored(GREEN, path.bytes()),
            View::Attrs(attrs) => self.attrs(attrs, depth)?,
            View::List(list) => self.list(place, list, depth)?,
            View::Closure(_) | View::Builtin(_) | View::Partial(_) => {
                let text = self.function(resolve(value));
                self.colored(BLUE, text);
            }
            View::External(_) => self.write("«external»"),
            View::Thunk(thunk) => match thunk.load().err().map(|state| state.kind()) {
                Some(ThunkKind::Pending | ThunkKind::Awaited) => self.colored(RED, "«potential infinite recursion»"),
                _ => self.colored(MAGENTA, "«thunk»"),
            },
        }
        Ok(())
    }

    fn string(&mut self, bytes: &[u8]) -> Result<()> {
        let shown = bytes.len().min(self.options.max_string_length);
        if self.options.colors {
            self.write(MAGENTA);
        }
        self.write("\"");
        super::escape(self.ctx, &mut self.out, &bytes[..shown], bytes.get(shown).copied())?;
        self.write("\"");
        if shown < bytes.len() {
            self.write(" ");
            self.elided(bytes.len() - shown, "byte", "bytes");
        } else if self.options.colors {
            self.write(NORMAL);
        }
        Ok(())
    }

    fn function(&mut self, value: Value) -> String {
        let what = match (value.as_lambda(), value.view()) {
            (Some((closure, given)), _) => {
                let name = closure.name().map(|name| format!(" {}", literal::identifier(name.as_bytes())));
                format!("lambda{}{}", name.unwrap_or_default(), position(self.ctx, closure.position_after(given)))
            }
            (None, View::Builtin(id)) => format!("primop {}", self.ctx.builtin_name(id)),
            (None, View::Partial(partial)) => match partial.function().view() {
                View::Builtin(id) => format!("partially applied primop {}", self.ctx.builtin_name(id)),
                _ => "partially applied primop".into(),
            },
            _ => "primop".into(),
        };
        format!("«{what}»")
    }

    fn derivation(&mut self, attrs: Attrs) -> Result<()> {
        let mut text = "«derivation".to_owned();
        if let Some(path) = attrs.get(nival_syntax::Name::new("drvPath")) {
            let path = self
                .ctx
                .coerce_to_string(path, crate::CoerceOptions::default(), || "while evaluating the drvPath of a derivation".into())?;
            text += &format!(" {}", path.to_str());
        }
        self.colored(GREEN, text + "»");
        Ok(())
    }

    fn is_derivation(&mut self, attrs: Attrs) -> Result<bool> {
        match attrs.get(nival_syntax::Name::new("type")) {
            Some(kind) => Ok(self.ctx.force(kind)?.as_string().is_some_and(|s| s.bytes() == b"derivation")),
            None => Ok(false),
        }
    }

    /// Whether the items go on lines of their own: more than one, or one that has structure itself.
    fn on_lines(&mut self, count: usize, only: Option<Value>) -> Result<bool> {
        match (self.options.indent, count, only) {
            (0, ..) | (_, 0, _) => Ok(false),
            (_, 1, Some(value)) => {
                let value = self.ctx.force(value)?;
                Ok(matches!(value.view(), View::List(_) | View::Attrs(_)))
            }
            _ => Ok(true),
        }
    }

    fn attrs(&mut self, attrs: Attrs, depth: usize) -> Result<()> {
        // All empty sets are one.
        let id = if attrs.is_empty() { 0 } else { attrs.value().0 };
        if self.options.track_repeated && !self.seen.insert(id) {
            self.colored(MAGENTA, "«repeated»");
            return Ok(());
        }
        if self.options.force && self.options.derivation_paths && self.is_derivation(attrs)? {
            return self.derivation(attrs);
        }
        if depth >= self.options.max_depth {
            self.write("{ ... }");
            return Ok(());
        }
        let mut sorted: ScratchVec<Attr> = self.ctx.attrs_sorted(attrs)?;
        if self.options.max_attrs != usize::MAX {
            sorted.sort_by_key(|attr| !matches!(attr.name.as_bytes(), b"type" | b"_type"));
        }
        self.indent += self.options.indent;
        self.write("{");
        let lines = self.on_lines(sorted.len(), sorted.first().map(|a| a.value))?;
        for (printed, attr) in sorted.iter().enumerate() {
            self.space(lines);
            if self.attrs >= self.options.max_attrs {
                self.elided(sorted.len() - printed, "attribute", "attributes");
                break;
            }
            literal::name(&mut self.out, attr.name.as_bytes());
            self.write(" = ");
            self.value(attr.value, depth + 1).map_err(|error| attr_part(attrs, attr.name, error))?;
            self.write(";");
            self.attrs += 1;
        }
        self.indent -= self.options.indent;
        self.space(lines);
        self.write("}");
        Ok(())
    }

    fn list(&mut self, place: Value, list: List, depth: usize) -> Result<()> {
        if self.options.track_repeated && !list.is_empty() && !self.seen.insert(place.0) {
            self.colored(MAGENTA, "«repeated»");
            return Ok(());
        }
        if depth >= self.options.max_depth {
            self.write("[ ... ]");
            return Ok(());
        }
        self.indent += self.options.indent;
        self.write("[");
        let lines = self.on_lines(list.len(), list.get(0))?;
        for (printed, &element) in list.elements().iter().enumerate() {
            self.space(lines);
            if self.items >= self.options.max_list_items {
                self.elided(list.len() - printed, "item", "items");
                break;
            }
            self.value(element, depth + 1).map_err(|error| item_part(printed, error))?;
            self.items += 1;
        }
        self.indent -= self.options.indent;
        self.space(lines);
        self.write("]");
        Ok(())
    }
}

/// ` @ file:line:column`, or nothing where it is not known.
fn position(ctx: &mut Ctx<'_>, pos: Pos) -> String {
    ctx.depend_on_position(pos);
    ctx.evaluator().locate(pos).map_or_else(String::new, |place| format!(" @ {place}"))
}
