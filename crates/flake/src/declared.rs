//! What a `flake.nix` says of itself: description and inputs.

use std::collections::BTreeMap;

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_eval::{Attrs, Ctx, Value, View};

use crate::error::FlakeError;

/// Inputs may be declared within inputs, within reason.
const MAX_DEPTH: usize = 32;

/// The declarations of one flake.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    pub description: Option<String>,
    pub inputs: BTreeMap<String, Input>,
}

/// One declared input.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// `None` when only what it follows, or its own inputs, are declared.
    pub reference: Option<FlakeRef>,
    /// Path of inputs from the declaring flake.
    pub follows: Option<Vec<String>>,
    pub is_flake: bool,
    /// Declarations for the input's own inputs.
    pub overrides: BTreeMap<String, Input>,
}

impl Declared {
    /// Evaluates the `flake.nix` in `dir` as far as is needed. `shown` names the flake in messages.
    pub fn read(ctx: &mut Ctx<'_>, dir: &[u8], shown: &str) -> Result<Declared, FlakeError> {
        let mut file = dir.to_vec();
        file.extend(b"/flake.nix");
        if ctx.host().file_type(&file)?.is_none() {
            let folder = String::from_utf8_lossy(dir).split_once("-source").map(|(_, below)| below.to_owned()).unwrap_or_default();
            return Err(FlakeError::NoFlakeNix(shown.to_owned(), folder));
        }
        let value = ctx.import(&file)?;
        let mut reader = Reader { ctx, shown, dir };
        let flake = reader.attrs(value, "flake.nix")?;
        let mut declared = Declared::default();
        if let Some(value) = reader.get(flake, "description") {
            declared.description = Some(reader.string(value, "description")?);
        }
        if let Some(value) = reader.get(flake, "inputs") {
            declared.inputs = reader.inputs(value, 0)?;
        }
        let outputs = reader.get(flake, "outputs").ok_or_else(|| FlakeError::NoOutputs(shown.to_owned()))?;
        let outputs = reader.ctx.force(outputs)?;
        if !outputs.is_function() {
            return Err(reader.type_error("outputs", "a function", outputs));
        }
        // Arguments that are declared nowhere are looked up by their name.
        for (name, _, _) in reader.ctx.function_args(outputs).unwrap_or_default() {
            let name = name.to_str().into_owned();
            if name != "self" && !declared.inputs.contains_key(&name) {
                let reference = Some(FlakeRef::parse(&name)?);
                declared.inputs.insert(name, Input { reference, is_flake: true, ..Input::default() });
            }
        }
        Ok(declared)
    }
}

struct Reader<'c, 'e, 's> {
    ctx: &'c mut Ctx<'e>,
    shown: &'s str,
    dir: &'s [u8],
}

impl Reader<'_, '_, '_> {
    fn get(&mut self, set: Attrs, name: &str) -> Option<Value> {
        let name = self.ctx.name(name.as_bytes());
        self.ctx.get(set, name)
    }

    fn type_error(&self, attr: &str, expected: &'static str, got: Value) -> FlakeError {
        FlakeError::Type { flake: self.shown.to_owned(), attr: attr.to_owned(), expected, got: got.type_phrase().to_owned() }
    }

    fn attrs(&mut self, value: Value, attr: &str) -> Result<Attrs, FlakeError> {
        let value = self.ctx.force(value)?;
        value.as_attrs().ok_or_else(|| self.type_error(attr, "a set", value))
    }

    fn string(&mut self, value: Value, attr: &str) -> Result<String, FlakeError> {
        let value = self.ctx.force(value)?;
        value.as_string().map(|text| text.to_str().into_owned()).ok_or_else(|| self.type_error(attr, "a string", value))
    }

    fn inputs(&mut self, value: Value, depth: usize) -> Result<BTreeMap<String, Input>, FlakeError> {
        if depth > MAX_DEPTH {
            return Err(FlakeError::TooDeep(MAX_DEPTH));
        }
        let set = self.attrs(value, "inputs")?;
        let mut inputs = BTreeMap::new();
        for attr in self.ctx.attrs_sorted(set)? {
            let name = attr.name.to_str().into_owned();
            // Settings of the flake's own tree, not an input.
            if name != "self" {
                let input = self.input(&name, attr.value, depth)?;
                inputs.insert(name, input);
            }
        }
        Ok(inputs)
    }

    fn input(&mut self, name: &str, value: Value, depth: usize) -> Result<Input, FlakeError> {
        let mut input = Input { is_flake: true, ..Input::default() };
        let mut reference = FlakeRef::default();
        let mut url = None;
        let set = self.attrs(value, &format!("inputs.{name}"))?;
        for attr in self.ctx.attrs_sorted(set)? {
            let key = attr.name.to_str().into_owned();
            let place = format!("inputs.{name}.{key}");
            let value = self.ctx.force(attr.value)?;
            match (key.as_str(), value.view()) {
                ("url", View::Path(path)) => url = Some(format!("path:{}", self.relative(path.bytes()))),
                ("url", _) => url = Some(self.string(value, &place)?),
                ("flake", View::Bool(bool)) => input.is_flake = bool,
                ("flake", _) => return Err(self.type_error(&place, "a Boolean", value)),
                ("inputs", _) => input.overrides = self.inputs(value, depth + 1)?,
                ("follows", _) => input.follows = Some(input_path(&self.string(value, &place)?)),
                (_, View::String(text)) => drop(reference.attrs.insert(key, Attr::Text(text.to_str().into_owned()))),
                (_, View::Int(int)) => drop(reference.attrs.insert(key, Attr::Int(int))),
                (_, View::Bool(bool)) => drop(reference.attrs.insert(key, Attr::Bool(bool))),
                _ => return Err(self.type_error(&place, "a string, Boolean or integer", value)),
            }
        }
        if reference.attrs.contains_key("type") {
            reference.attrs.extend(url.map(|url| ("url".to_owned(), Attr::Text(url))));
            input.reference = Some(reference);
        } else if let Some(attr) = reference.attrs.into_keys().next() {
            return Err(FlakeError::UnexpectedInputAttribute { input: name.to_owned(), attr });
        } else if let Some(url) = url {
            input.reference = Some(input_reference(&url)?);
        }
        if input.reference.is_some() && input.follows.is_some() {
            return Err(FlakeError::BothFollowsAndReference(name.to_owned()));
        }
        Ok(input)
    }

    /// A path value in the flake's own tree, as it is written in a URL.
    fn relative(&self, path: &[u8]) -> String {
        let below = path.strip_prefix(self.dir).map(|rest| rest.strip_prefix(b"/").unwrap_or(rest));
        String::from_utf8_lossy(below.unwrap_or(path)).into_owned()
    }
}

/// `a/b` names the input `b` of the input `a`; the empty text is the flake itself.
pub fn input_path(text: &str) -> Vec<String> {
    text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The reference of a declared input, whose path may be relative.
fn input_reference(url: &str) -> Result<FlakeRef, FlakeError> {
    if url.starts_with("./") || url.starts_with("../") || url == "." || url == ".." {
        return Ok(FlakeRef::parse(&format!("path:{url}"))?);
    }
    Ok(FlakeRef::parse(url)?)
}
