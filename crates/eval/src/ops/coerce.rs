//! What can stand for a string or a path.

use crate::ahead::Ahead;
use crate::ctx::{Ctx, What};
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::heap::Few;
use crate::host::{AddPath, HostError};
use crate::ops::path::{base_name, normalise};
use crate::value::{Attrs, Context, ContextElement, ContextSum, List, Str, Value, View};

/// How `Ctx::coerce_to_string` treats what is no string. Strings, paths, and sets with `__toString` or `outPath` always do.
#[derive(Debug, Clone, Copy, Default)]
pub struct CoerceOptions {
    /// `toString`: also null, booleans, numbers and lists.
    pub more: bool,
    /// Paths are copied to the store and give their store path (interpolation); otherwise their own text (`toString`).
    pub copy_to_store: bool,
    /// Paths give their normal form. Path values always have it.
    pub canonicalize_path: bool,
}

impl<'e> Ctx<'e> {
    /// Bytes and context of anything that can stand for a string. See [`CoerceOptions`].
    #[inline]
    pub fn coerce_to_string(&mut self, value: Value, options: CoerceOptions, what: impl What) -> Result<Str> {
        match self.force(value) {
            Ok(value) => match value.as_string() {
                Some(string) => Ok(string),
                None => self.coerce_other(value, options, &what),
            },
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn coerce_other(&mut self, value: Value, options: CoerceOptions, what: &dyn Fn() -> String) -> Result<Str> {
        self.enter_call()?;
        let result = self.coerce_inner(value, options, what);
        self.depth -= 1;
        result
    }

    fn coerce_inner(&mut self, value: Value, options: CoerceOptions, what: &dyn Fn() -> String) -> Result<Str> {
        match value.view() {
            View::String(string) => Ok(string),
            View::Path(path) if options.copy_to_store => self.copy_path_to_store(path.bytes()),
            View::Path(path) => Ok(self.str(path.bytes())),
            View::Attrs(set) => match self.peel(set)? {
                Some(inner) => self.coerce_to_string(inner, options, what),
                None => Err(self.not_a_string(value, what)),
            },
            View::Bool(true) if options.more => Ok(self.str(b"1")),
            View::Bool(false) | View::Null if options.more => Ok(self.str(b"")),
            View::Int(i) if options.more => Ok(self.str(i.to_string().as_bytes())),
            View::Float(f) if options.more => Ok(self.str(crate::print::float::coerced(f).as_bytes())),
            View::List(list) if options.more => self.coerce_list(list, options, what),
            _ => Err(self.not_a_string(value, what)),
        }
    }

    /// The elements with spaces between them, except after an empty list.
    #[inline(never)]
    fn coerce_list(&mut self, list: List, options: CoerceOptions, what: &dyn Fn() -> String) -> Result<Str> {
        let mut parts: Few<&'static [u8], 32> = Few::new(&[]);
        let mut context = ContextSum::default();
        let offer = self.offer(list.elements().iter().copied(), Ahead::Text);
        for (i, &element) in list.elements().iter().enumerate() {
            offer.reached(i);
            let part = self
                .coerce_to_string(element, options, || "while evaluating one element of the list".into())
                .map_err(|e| e.context(Pos::NONE, what()))?;
            context.add(part.context());
            parts.push(part.bytes());
            self.check_output(size_of_val(parts.as_slice()))?;
            let element = self.force(element)?;
            if i + 1 < list.len() && element.as_list().is_none_or(|l| !l.is_empty()) {
                parts.push(b" ");
            }
        }
        let context = context.finish(&mut self.region);
        Ok(Str::from_word(self.string_from_parts(parts.as_slice(), context)?.0))
    }

    /// What a set stands for: the result of its `__toString`, or its `outPath`.
    fn peel(&mut self, set: Attrs) -> Result<Option<Value>> {
        if let Some(to_string) = self.get(set, self.evaluator.names.to_string) {
            return self.call(to_string, &[set.value()]).map(Some);
        }
        Ok(self.get(set, self.evaluator.names.out_path))
    }

    fn str(&mut self, bytes: &[u8]) -> Str {
        Str::from_word(self.string(bytes).0)
    }

    #[cold]
    fn not_a_string(&mut self, value: Value, what: &dyn Fn() -> String) -> Box<EvalError> {
        let shown = self.show_for_error(value);
        EvalError::type_error(format!("cannot coerce {} to a string: {shown}", crate::print::phrase(self, value)))
            .context(Pos::NONE, what())
    }

    /// An absolute path, from a path, a string that begins with `/`, or a set with `outPath`; with the context of the
    /// string. What `readFile`, `import`, `pathExists` take.
    pub fn coerce_to_path(&mut self, value: Value, what: impl What) -> Result<(Vec<u8>, Context)> {
        let mut value = self.force(value)?;
        // Sets may stand for sets; each step costs a call, so that a cycle ends at the depth limit.
        let mut steps = 0;
        while let Some(set) = value.as_attrs() {
            let Some(inner) = self.peel(set)? else { break };
            value = self.force(inner)?;
            steps += 1;
            if steps > self.evaluator.options.max_call_depth {
                return Err(EvalError::new(crate::ErrorKind::StackOverflow, "stack overflow; max-call-depth exceeded"));
            }
        }
        if let View::Path(path) = value.view() {
            return Ok((path.bytes().to_vec(), Context::EMPTY));
        }
        let string = self.coerce_to_string(value, CoerceOptions { more: false, copy_to_store: false, canonicalize_path: true }, &what)?;
        if string.bytes().first() != Some(&b'/') {
            let message = format!("string '{}' doesn't represent an absolute path", string.to_str());
            return Err(EvalError::other(message).context(Pos::NONE, what()));
        }
        Ok((normalise(string.bytes()), string.context()))
    }

    /// As [`Ctx::coerce_to_path`], with what the context names built (import-from-derivation).
    pub fn realise_path(&mut self, value: Value, what: impl What) -> Result<Vec<u8>> {
        let (path, context) = self.coerce_to_path(value, &what)?;
        if context.is_empty() {
            return Ok(path);
        }
        let rewrites = self.realise_context(context).map_err(|e| e.context(Pos::NONE, what()))?;
        Ok(apply_rewrites(path, &rewrites))
    }

    /// Builds the derivation outputs that a context names and makes sure that its paths exist. Gives the placeholders of
    /// outputs with their real paths.
    pub fn realise_context(&mut self, context: Context) -> Result<Vec<(String, String)>> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut builds: Vec<(String, Vec<String>)> = Vec::new();
        for element in self.context_elements(context) {
            match element {
                ContextElement::Opaque(path) | ContextElement::DrvDeep(path) => {
                    self.host().ensure_store_path(&text(path)).map_err(|error| match error {
                        HostError::NotFound(path) => {
                            let name = path.rsplit('/').next().unwrap_or_default();
                            EvalError::new(ErrorKind::InvalidPath, format!("path '{name}' is not valid"))
                        }
                        other => other.into(),
                    })?;
                }
                ContextElement::Built { drv, output } => {
                    let drv = text(drv);
                    match builds.iter_mut().find(|b| b.0 == drv) {
                        Some(build) => build.1.push(text(output)),
                        None => builds.push((drv, vec![text(output)])),
                    }
                }
            }
        }
        if !builds.is_empty() {
            self.in_order()?;
        }
        let mut rewrites = Vec::new();
        for (drv, outputs) in builds {
            for (output, path) in self.host().realise(&drv, &outputs)? {
                // Outputs of input-addressed and fixed derivations are named by their own paths; others by placeholders.
                rewrites.push((crate::builtins::derived::placeholder(self, &drv, &output)?, path));
            }
        }
        Ok(rewrites)
    }

    /// Copies a path into the store, once per evaluator and path; gives the store path with its context.
    pub fn copy_path_to_store(&mut self, path: &[u8]) -> Result<Str> {
        if path.ends_with(b".drv") {
            return Err(EvalError::other("file names are not allowed to end in '.drv'"));
        }
        let evaluator = self.evaluator;
        let known = evaluator.copied.lock().unwrap_or_else(|e| e.into_inner()).get(path).copied();
        if let Some(known) = known {
            return Ok(Str::from_word(known.0));
        }
        let name = String::from_utf8_lossy(base_name(path)).into_owned();
        let resolved = self.resolve_ancestors(path)?;
        if self.host().file_type(&resolved)?.is_none() {
            return Err(HostError::NotFound(String::from_utf8_lossy(path).into_owned()).into());
        }
        let request = AddPath {
            path: &resolved,
            name: &name,
            recursive: true,
            expected_sha256: None,
            filter: None,
            keep_references: false,
            bounds: &self.bounds(),
        };
        let store_path = self.host().add_path(request)?;
        let context = self.context([ContextElement::Opaque(store_path.as_bytes().into())]);
        let value = self.string_with_context(store_path.as_bytes(), context);
        evaluator.copied.lock().unwrap_or_else(|e| e.into_inner()).insert(path.to_vec(), value);
        Ok(Str::from_word(value.0))
    }
}

pub(crate) fn apply_rewrites(path: Vec<u8>, rewrites: &[(String, String)]) -> Vec<u8> {
    let mut text = path;
    for (from, to) in rewrites {
        if let Some(at) = memchr::memmem::find(&text, from.as_bytes()) {
            text.splice(at..at + from.len(), to.bytes());
        }
    }
    text
}
