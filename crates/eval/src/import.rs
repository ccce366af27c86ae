//! From paths and texts to values: `import`, `scopedImport`, the search path.

use std::sync::Arc;

use nival_hir::LowerErrorKind;
use nival_syntax::Name;

use crate::code::{Code, Compiler};
use crate::corepkgs;
use crate::ctx::Ctx;
use crate::error::{ErrorContext, ErrorKind, EvalError, Pos, Result};
use crate::heap::ScratchVec;
use crate::host::{FileType, SearchPathEntry};
use crate::linked::{Linked, Origin, Unit};
use crate::ops::coerce::CoerceOptions;
use crate::ops::path::{base_name, join, normalise, parent};
use crate::source::Source;
use crate::value::{Frame, Thunk, Value};

/// Longer texts take tens of milliseconds to lower.
const LARGE: usize = 1 << 20;
/// Bytes of memory for each byte of a text, about.
const CODE: usize = 24;

/// As many symbolic links are followed one after the other.
const MAX_LINKS: usize = 1024;

impl<'e> Ctx<'e> {
    /// Evaluates `text` as if it were a file of folder `base`; `scope` gives extra variables. `label` names the text in
    /// positions: `«string»`.
    pub fn eval_text(&mut self, text: &[u8], base: &[u8], label: &str, scope: &[(Name, Value)]) -> Result<Value> {
        let value = self.lazy_text(text, base, label, scope)?;
        self.force(value)
    }

    /// As [`Ctx::eval_text`], but only parses: the value is evaluated when it is needed.
    pub fn lazy_text(&mut self, text: &[u8], base: &[u8], label: &str, scope: &[(Name, Value)]) -> Result<Value> {
        let origin = Origin { file: None, label: label.to_owned(), base: base.to_vec() };
        self.load(Unit { origin, text: text.into(), on_disk: false }, scope)
    }

    /// As [`Ctx::eval_text`], for text that stands for the file `path` (an unsaved buffer).
    pub fn eval_file_text(&mut self, text: &[u8], path: &[u8], scope: &[(Name, Value)]) -> Result<Value> {
        let origin = Origin { file: Some(path.to_vec()), label: String::new(), base: parent(path).to_vec() };
        let value = self.load(Unit { origin, text: text.into(), on_disk: false }, scope)?;
        self.force(value)
    }

    /// Links a text that was lowered, whatever is wrong with it.
    pub(crate) fn link_module(&mut self, unit: Unit, scope: &[(Name, Value)], lowered: &Code) -> &'e Linked {
        let names: Vec<Name> = scope.iter().map(|s| s.0).collect();
        let evaluator = self.evaluator;
        let on_disk = unit.on_disk && !evaluator.options.code.keeps_texts();
        let source = Source::new(unit.text, on_disk, names.into(), lowered.positions.clone());
        let (_, linked) = evaluator.modules.push_with(|id| Box::new(self.link(id, lowered.module.clone(), unit.origin, source)));
        linked.settle();
        crate::held::loaded(evaluator, linked);
        linked
    }

    fn lower(&mut self, unit: &Unit, scope: &[(Name, Value)]) -> Result<Code> {
        let (text, on_disk) = (&unit.text, unit.on_disk);
        let names: Vec<Name> = scope.iter().map(|s| s.0).collect();
        let code = &self.evaluator.options.code;
        if text.len() <= LARGE {
            return Ok(code.lower(text, &names, on_disk, &mut self.compiler));
        }
        let (code, own) = (Arc::clone(code), Arc::clone(text));
        self.apart(text.len().saturating_mul(CODE), move || code.lower(&own, &names, on_disk, &mut Compiler::default()))
    }

    /// Sees to it that the cache of code has a text that is being edited.
    pub(crate) fn lower_patchable(&mut self, text: &Arc<[u8]>) -> Result<()> {
        if text.len() > LARGE {
            let (code, own) = (Arc::clone(&self.evaluator.options.code), Arc::clone(text));
            self.apart(text.len().saturating_mul(CODE), move || drop(code.lower_patchable(&own)))?;
        }
        Ok(())
    }

    /// Parses and links a text; gives a thunk of its value.
    pub(crate) fn load(&mut self, unit: Unit, scope: &[(Name, Value)]) -> Result<Value> {
        let linted = self.evaluator.options.lints.any().then(|| unit.text.clone());
        let started = self.watch_start();
        let lowered = self.lower(&unit, scope)?;
        let linked = self.link_module(unit, scope, &lowered);
        self.watch_loaded(linked.id, started);
        let id = linked.id;
        if let Some(text) = linted {
            // Nix's parser meets literals before it looks at names.
            let first_error = lowered.errors.first().filter(|error| !matches!(error.kind, LowerErrorKind::UndefinedVariable(_)));
            self.lint_literals(id, &text, first_error.map_or(usize::MAX, |error| error.range.start().into()))?;
        }
        if let Some(error) = self.refusal(&lowered, id) {
            return Err(error);
        }
        let frame = Frame::alloc(&mut self.region, Frame::NONE, linked.module().frame_size as usize);
        for (slot, &(_, value)) in (0..).zip(scope) {
            frame.set(slot, value);
        }
        Ok(Thunk::suspend(&mut self.region, id, linked.root.0, frame))
    }

    /// Why module number `id`, whose code this is, has no value.
    pub(crate) fn refusal(&self, lowered: &Code, id: u32) -> Option<Box<EvalError>> {
        let error = lowered.errors.first()?;
        let kind = match error.kind {
            LowerErrorKind::UndefinedVariable(_) => ErrorKind::UndefinedVariable,
            _ => ErrorKind::Parse,
        };
        let message = match &error.kind {
            LowerErrorKind::DuplicateAttr { previous, .. } => {
                let place = self.evaluator.locate(Pos::offset_in(id, previous.start().into()));
                format!("{error} at {}", place.map_or_else(String::new, |l| l.to_string()))
            }
            _ => error.to_string(),
        };
        Some(EvalError::new(kind, message).at(Pos::offset_in(id, error.range.start().into())))
    }

    /// The value of a file, as `import path` gives it (folders: their `default.nix`), evaluated once per evaluator.
    pub fn import(&mut self, path: &[u8]) -> Result<Value> {
        let value = self.import_lazy(path)?;
        if !value.is_thunk() {
            return Ok(value);
        }
        self.force(value).context(Pos::NONE, || format!("while evaluating the file '{}':", String::from_utf8_lossy(path)))
    }

    fn import_lazy(&mut self, path: &[u8]) -> Result<Value> {
        let evaluator = self.evaluator;
        let cached = |path: &[u8]| evaluator.imports.lock().unwrap_or_else(|e| e.into_inner()).get(path).copied();
        if let Some(value) = cached(path) {
            return Ok(value);
        }
        let is_file = || evaluator.reading.as_ref().is_some_and(|reading| reading.has_file(path));
        let file = if path.starts_with(corepkgs::FOLDER) || is_file() { path.to_vec() } else { self.resolve_file(path)? };
        let value = match cached(&file) {
            Some(value) => value,
            None => match self.read_tracked(&file)? {
                Some(text) => self.load_tracked(&file, text)?,
                None => {
                    let unit = self.read_unit(&file)?;
                    self.load(unit, &[])?
                }
            },
        };
        let mut imports = evaluator.imports.lock().unwrap_or_else(|e| e.into_inner());
        // Of two threads that were here at once the first one's value counts for both.
        let value = *imports.entry(file).or_insert(value);
        imports.insert(path.to_vec(), value);
        Ok(value)
    }

    /// `scopedImport`: evaluated each time, with the attributes of `scope` as variables.
    pub fn scoped_import(&mut self, scope: Value, path: &[u8]) -> Result<Value> {
        let scope = self.expect_attrs(scope, || "while evaluating the first argument passed to builtins.scopedImport".into())?;
        let file = self.resolve_file(path)?;
        let unit = self.read_unit(&file)?;
        let scope: ScratchVec<(Name, Value)> = self.attrs_unsorted(scope).map(|a| (a.name, a.value)).collect();
        let value = self.load(unit, &scope)?;
        // It may import itself: nothing that was evaluated stands in its way.
        self.enter_call()?;
        let result = self.force(value);
        self.depth -= 1;
        result
    }

    fn read_tracked(&mut self, file: &[u8]) -> Result<Option<Arc<[u8]>>> {
        Ok(if self.tracking.is_some() { self.host().read_tracked(file, &self.bounds())? } else { None })
    }

    pub(crate) fn read_unit(&mut self, file: &[u8]) -> Result<Unit> {
        if let Some((name, text)) = corepkgs::file(file) {
            let label = format!("«nix»/{}", String::from_utf8_lossy(name));
            let origin = Origin { file: None, label, base: corepkgs::FOLDER.to_vec() };
            return Ok(Unit { origin, text: text.as_bytes().into(), on_disk: false });
        }
        let started = self.watch_start();
        let evaluator = self.evaluator;
        let text = match evaluator.reading.as_ref().and_then(|reading| reading.take(&evaluator.host, file)) {
            Some(prepared) => Arc::clone(&self.compiler.prepared.insert(prepared).text),
            None => self.host().read_file(file, &self.bounds())?,
        };
        self.watch_read(started);
        let origin = Origin { file: Some(file.to_vec()), label: String::new(), base: parent(file).to_vec() };
        Ok(Unit { origin, text, on_disk: true })
    }

    /// The file that `import path` reads: symbolic links at its end followed, so that relative paths in it start from
    /// where it really is; `default.nix` of a folder.
    pub fn resolve_file(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        let mut path = path.to_vec();
        for _ in 0..MAX_LINKS {
            match self.host().file_type(&path)? {
                Some(FileType::Symlink) => path = normalise(&join(parent(&path), &self.host().read_link(&path)?)),
                Some(FileType::Directory) => {
                    path.extend_from_slice(if path == b"/" { b"default.nix" } else { b"/default.nix" });
                    return Ok(path);
                }
                _ => return Ok(path),
            }
        }
        Err(EvalError::other(format!("too many symbolic links encountered while traversing the path '{}'", String::from_utf8_lossy(&path))))
    }

    /// The path with the symbolic links above its last part resolved.
    pub(crate) fn resolve_ancestors(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        let folder = parent(path);
        if folder == b"/" {
            return Ok(path.to_vec());
        }
        let folder = self.resolve_symlinks(folder)?;
        Ok(join(if folder == b"/" { b"" } else { &folder }, base_name(path)))
    }

    /// The path without any symbolic link in it. What does not exist stays as it is.
    pub fn resolve_symlinks(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        let mut done: Vec<u8> = Vec::new();
        let mut rest: Vec<Vec<u8>> = path.split(|&b| b == b'/').filter(|p| !p.is_empty()).rev().map(<[u8]>::to_vec).collect();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            let next = [&done[..], b"/", &part].concat();
            if self.host().file_type(&next)? != Some(FileType::Symlink) {
                done = next;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                let shown = String::from_utf8_lossy(path).into_owned();
                return Err(EvalError::other(format!("too many symbolic links encountered while traversing the path '{shown}'")));
            }
            let target = normalise(&join(if done.is_empty() { b"/" } else { &done }, &self.host().read_link(&next)?));
            done.clear();
            rest.extend(target.split(|&b| b == b'/').filter(|p| !p.is_empty()).rev().map(<[u8]>::to_vec));
        }
        Ok(if done.is_empty() { b"/".to_vec() } else { done })
    }

    /// `__findFile`: looks `name` up on the list of `{ prefix, path }` sets in `entries`, or on the host's search path.
    pub fn find_file(&mut self, entries: Option<Value>, name: &[u8]) -> Result<Value> {
        let entries = match entries {
            Some(entries) => self.search_path_of(entries)?,
            None => self.host().search_path(),
        };
        self.find_file_in(&entries, name)
    }

    pub(crate) fn find_file_in(&mut self, entries: &[SearchPathEntry], name: &[u8]) -> Result<Value> {
        for entry in entries {
            let Some(suffix) = suffix_after(name, &entry.prefix) else { continue };
            let Some(base) = self.host().resolve_search_path(entry)? else { continue };
            // What follows the prefix stays below the entry's path, also where it begins with a slash or leads upwards.
            let path = if suffix.is_empty() { base } else { normalise(&[&base, &*normalise(&[b"/", suffix].concat())].concat()) };
            // A link that leads nowhere is not found.
            let path = self.resolve_symlinks(&path)?;
            if self.host().file_type(&path)?.is_some() {
                return Ok(self.path(&path));
            }
        }
        if let Some(own) = name.strip_prefix(b"nix/") {
            return Ok(self.path(&join(corepkgs::FOLDER, own)));
        }
        let shown = String::from_utf8_lossy(name);
        let message = match self.host().is_pure() {
            true => format!("cannot look up '<{shown}>' in pure evaluation mode (use '--impure' to override)"),
            false => format!("file '{shown}' was not found in the Nix search path (add it using $NIX_PATH or -I)"),
        };
        Err(EvalError::new(ErrorKind::Throw, message).at(self.call_pos))
    }

    pub(crate) fn search_path_of(&mut self, entries: Value) -> Result<Vec<SearchPathEntry>> {
        let what = || "while evaluating the first argument passed to builtins.findFile".to_owned();
        let list = self.expect_list(entries, what)?;
        let (prefix_name, path_name) = (self.evaluator.names.prefix, self.evaluator.names.path);
        let mut found = Vec::with_capacity(list.len());
        for &element in list.elements() {
            let set = self.expect_attrs(element, || "while evaluating an element of the list passed to builtins.findFile".into())?;
            let prefix = match self.get(set, prefix_name) {
                Some(prefix) => {
                    let what = || "while evaluating the `prefix` attribute of an element of the list passed to builtins.findFile".into();
                    self.expect_string_no_context(prefix, what)?.bytes().to_vec()
                }
                None => Vec::new(),
            };
            let path = self.attr(set, path_name)?;
            let options = CoerceOptions { more: false, copy_to_store: false, canonicalize_path: true };
            let what = || "while evaluating the `path` attribute of an element of the list passed to builtins.findFile".into();
            let path = self.coerce_to_string(path, options, what)?;
            self.realise_context(path.context())?;
            found.push(SearchPathEntry { prefix, path: path.bytes().to_vec() });
        }
        Ok(found)
    }
}

/// What is left of `name` below `prefix`.
fn suffix_after<'n>(name: &'n [u8], prefix: &[u8]) -> Option<&'n [u8]> {
    if prefix.is_empty() {
        return Some(name);
    }
    match name.strip_prefix(prefix)? {
        [] => Some(&[]),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}
