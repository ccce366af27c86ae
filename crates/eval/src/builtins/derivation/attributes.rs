//! Reading the attributes of a derivation, in the order of their names.

use std::borrow::Cow;
use std::sync::LazyLock;

use nival_store::hash::HashError;
use nival_store::{ContentAddressMethod, Derivation, HashAlgo};
use nival_syntax::Name;

use super::{disabled, other};
use crate::ahead::Ahead;
use crate::builtins::support::known;
use crate::error::Result;
use crate::heap::ScratchVec;
use crate::print::json;
use crate::value::{Attr, Attrs, ContextSum, Str, Value};
use crate::{CoerceOptions, Ctx};

/// What the attributes said. Texts are those of the strings themselves.
pub(super) struct Attributes {
    pub platform: &'static [u8],
    pub builder: &'static [u8],
    pub args: ScratchVec<&'static [u8]>,
    /// Variables, sorted by name, each once.
    pub env: ScratchVec<(&'static [u8], &'static [u8])>,
    /// Of all strings used.
    pub context: ContextSum,
    pub content_addressed: bool,
    pub impure: bool,
    pub hash: Option<String>,
    pub algo: Option<HashAlgo>,
    pub mode: Option<ContentAddressMethod>,
    /// Names, sorted, each once.
    pub outputs: ScratchVec<Cow<'static, str>>,
}

impl Attributes {
    /// All but inputs and outputs.
    pub fn copy_to(&self, drv: &mut Derivation) {
        drv.platform = self.platform.to_vec();
        drv.builder = self.builder.to_vec();
        drv.args = self.args.iter().map(|arg| arg.to_vec()).collect();
        drv.env = self.env.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    }

    /// Whether the only output is `out`.
    pub fn only_out(&self) -> bool {
        matches!(self.outputs.as_slice(), [out] if out == "out")
    }
}

/// Attributes whose effect structured attributes turn off.
const CHECKS: [&[u8]; 6] =
    [b"allowedReferences", b"allowedRequisites", b"disallowedReferences", b"disallowedRequisites", b"maxSize", b"maxClosureSize"];

/// The youngest name that says something of a derivation: all of them are among the first that a process makes, so that most names need not
/// be compared with each.
static LAST_SPECIAL: LazyLock<Name> = LazyLock::new(|| {
    let others = [
        "__contentAddressed",
        "__impure",
        "__ignoreNulls",
        "__structuredAttrs",
        "__json",
        "args",
        "builder",
        "system",
        "outputs",
        "outputHash",
        "outputHashAlgo",
        "outputHashMode",
    ];
    let names = others.iter().map(|name| name.as_bytes()).chain(CHECKS.iter().copied());
    names.map(Name::new).max().unwrap_or_else(|| Name::new("name"))
});

const COERCE: CoerceOptions = CoerceOptions { more: true, copy_to_store: true, canonicalize_path: false };

struct Reader<'a, 'e> {
    ctx: &'a mut Ctx<'e>,
    name: &'a str,
    /// The JSON object of structured attributes, so far.
    json: Option<Vec<u8>>,
    found: Attributes,
}

fn flag(ctx: &mut Ctx<'_>, set: Attrs, name: Name) -> Result<bool> {
    let Some(value) = set.get(name) else { return Ok(false) };
    ctx.expect_bool(value, || format!("while evaluating the `{name}` attribute passed to builtins.derivationStrict"))
}

pub(super) fn read(ctx: &mut Ctx<'_>, name: &str, set: Attrs) -> Result<Attributes> {
    let structured = flag(ctx, set, known().structured_attrs)?;
    let ignore_nulls = flag(ctx, set, known().ignore_nulls)?;
    let attrs = ctx.attrs_in_order(set)?;
    let mut reader = Reader {
        ctx,
        name,
        json: structured.then(|| b"{".to_vec()),
        found: Attributes {
            platform: b"",
            builder: b"",
            args: ScratchVec::new(),
            env: ScratchVec::new(),
            context: ContextSum::default(),
            content_addressed: false,
            impure: false,
            hash: None,
            algo: None,
            mode: None,
            outputs: ScratchVec::from_iter([Cow::Borrowed("out")]),
        },
    };
    if !structured {
        // Room for some outputs, too.
        reader.found.env.reserve(attrs.len() + 4);
    }
    let work = if structured { Ahead::Json } else { Ahead::Text };
    let offer = reader.ctx.offer(attrs.clone().map(|attr| attr.value), work);
    for (i, attr) in attrs.enumerate() {
        offer.reached(i);
        if attr.name == known().ignore_nulls {
            continue;
        }
        reader.attribute(attr, ignore_nulls).map_err(|error| {
            error.context(set.position(attr.name), format!("while evaluating attribute '{}' of derivation '{name}'", attr.name))
        })?;
    }
    let Reader { ctx, json, mut found, .. } = reader;
    if let Some(mut json) = json {
        json.push(b'}');
        found.env.push((b"__json", kept(ctx, &json)));
    }
    Ok(found)
}

/// A text among those that the evaluation keeps.
fn kept(ctx: &mut Ctx<'_>, text: &[u8]) -> &'static [u8] {
    Str::from_word(ctx.string(text).0).bytes()
}

impl Reader<'_, '_> {
    fn add_context(&mut self, string: Str) {
        self.found.context.add(string.context());
    }

    fn warn(&mut self, message: &str) -> Result<()> {
        self.ctx.notice(message)
    }

    fn attribute(&mut self, attr: Attr, ignore_nulls: bool) -> Result<()> {
        if ignore_nulls && self.ctx.force(attr.value)?.is_null() {
            return Ok(());
        }
        if attr.name > *LAST_SPECIAL {
            return if self.json.is_some() { self.structured(attr) } else { self.variable(attr) };
        }
        match attr.name.as_bytes() {
            b"__contentAddressed" => self.found.content_addressed |= self.bool(attr.value)?,
            b"__impure" => {
                if self.bool(attr.value)? {
                    if !self.ctx.host().experimental_feature("impure-derivations") {
                        return Err(disabled("impure-derivations"));
                    }
                    self.found.impure = true;
                }
            }
            b"args" => {
                let list = self.ctx.expect_list_bare(attr.value)?;
                for &element in list.elements() {
                    let what = || "while evaluating an element of the argument list".to_owned();
                    let string = self.ctx.coerce_to_string(element, COERCE, what)?;
                    self.add_context(string);
                    self.found.args.push(string.bytes());
                }
            }
            _ if self.json.is_some() => self.structured(attr)?,
            _ => self.variable(attr)?,
        }
        Ok(())
    }

    fn bool(&mut self, value: Value) -> Result<bool> {
        self.ctx.expect_bool_bare(value)
    }

    /// An attribute that becomes an environment variable.
    fn variable(&mut self, attr: Attr) -> Result<()> {
        let string = self.ctx.coerce_to_string_bare(attr.value, COERCE)?;
        self.add_context(string);
        let name = attr.name.as_bytes();
        if attr.name > *LAST_SPECIAL || !self.special_variable(name, string)? {
            self.found.env.push((name, string.bytes()));
        }
        Ok(())
    }

    /// What a variable says of the derivation. True where another text than its own becomes the variable.
    fn special_variable(&mut self, name: &'static [u8], string: Str) -> Result<bool> {
        let bytes = string.bytes();
        match name {
            b"__json" => {
                self.warn(&format!(
                    "In derivation '{}': setting structured attributes via '__json' is deprecated, and may be disallowed in future versions of Nix. Set '__structuredAttrs = true' instead.",
                    self.name
                ))?;
                let json =
                    crate::builtins::json::normalise(bytes).map_err(|error| other(format!("cannot process __json attribute: {error}")))?;
                if let Some(found) = not_an_object(&json) {
                    let problem = format!("[json.exception.type_error.302] type must be object, but is {found}");
                    return Err(other(format!("cannot process __json attribute: {problem}")));
                }
                let json = kept(self.ctx, &json);
                self.found.env.push((name, json));
                return Ok(true);
            }
            b"builder" => self.found.builder = bytes,
            b"system" => self.found.platform = bytes,
            b"outputHash" => self.found.hash = Some(string.to_str().into_owned()),
            b"outputHashAlgo" => self.found.algo = algorithm(&string.to_str())?,
            b"outputHashMode" => self.mode(&string.to_str())?,
            b"outputs" => {
                let names = bytes.split(|byte| b" \t\n\r".contains(byte));
                self.outputs(names.filter(|output| !output.is_empty()).map(String::from_utf8_lossy))?;
            }
            _ => {}
        }
        Ok(false)
    }

    /// An attribute of a derivation with structured attributes.
    fn structured(&mut self, attr: Attr) -> Result<()> {
        if attr.name == known().structured_attrs {
            return Ok(());
        }
        let (text, context) = json::to_json(self.ctx, attr.value)?;
        self.found.context.add(context);
        if let Some(json) = &mut self.json {
            if json.len() > 1 {
                json.push(b',');
            }
            json::json_string(json, attr.name.as_bytes())?;
            json.push(b':');
            json.extend_from_slice(&text);
        }
        match attr.name.as_bytes() {
            b"builder" => {
                let string = self.ctx.expect_string_bare(attr.value)?;
                self.add_context(string);
                self.found.builder = string.bytes();
            }
            b"system" => self.found.platform = self.plain(attr.value)?.bytes(),
            b"outputHash" => self.found.hash = Some(self.plain(attr.value)?.to_str().into_owned()),
            b"outputHashAlgo" => self.found.algo = algorithm(&self.plain(attr.value)?.to_str())?,
            b"outputHashMode" => {
                let mode = self.plain(attr.value)?;
                self.mode(&mode.to_str())?;
            }
            b"outputs" => {
                let list = self.ctx.expect_list_bare(attr.value)?;
                let mut outputs = ScratchVec::with_capacity(list.len());
                for &element in list.elements() {
                    outputs.push(self.plain(element)?.to_str());
                }
                self.outputs(outputs.into_iter())?;
            }
            check if CHECKS.contains(&check) => {
                let (name, check) = (self.name, attr.name);
                self.warn(&format!(
                    "In a derivation named '{name}', 'structuredAttrs' disables the effect of the derivation attribute '{check}'; use 'outputChecks.<output>.{check}' instead"
                ))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn plain(&mut self, value: Value) -> Result<Str> {
        self.ctx.expect_string_no_context_bare(value)
    }

    fn mode(&mut self, mode: &str) -> Result<()> {
        self.found.mode = Some(match mode {
            "recursive" | "nar" => ContentAddressMethod::Nar,
            "flat" => ContentAddressMethod::Flat,
            "text" => ContentAddressMethod::Text,
            "git" => return Err(disabled("git-hashing")),
            _ => return Err(other(format!("invalid value '{mode}' for 'outputHashMode' attribute"))),
        });
        Ok(())
    }

    fn outputs(&mut self, names: impl Iterator<Item = Cow<'static, str>>) -> Result<()> {
        let outputs = &mut self.found.outputs;
        outputs.clear();
        for name in names {
            if name == "drvPath" {
                return Err(other("invalid derivation output name 'drvPath'"));
            }
            match outputs.binary_search(&name) {
                Ok(_) => return Err(other(format!("duplicate derivation output '{name}'"))),
                Err(at) => outputs.insert(at, name),
            }
        }
        if self.found.outputs.is_empty() {
            return Err(other("derivation cannot have an empty set of outputs"));
        }
        Ok(())
    }
}

/// `None` for a name that is no algorithm's: whether one is needed shows later.
fn algorithm(name: &str) -> Result<Option<HashAlgo>> {
    match name.parse() {
        Ok(algo) => Ok(Some(algo)),
        Err(HashError::UnknownAlgorithm(_)) => Ok(None),
        Err(error) => Err(other(error)),
    }
}

/// What a JSON text without space before it is, where it is no object.
fn not_an_object(json: &[u8]) -> Option<&'static str> {
    match json.first()? {
        b'{' => None,
        b'[' => Some("array"),
        b'"' => Some("string"),
        b'n' => Some("null"),
        b't' | b'f' => Some("boolean"),
        _ => Some("number"),
    }
}
