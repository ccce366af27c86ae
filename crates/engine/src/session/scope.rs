//! The names of a session, and texts evaluated among them.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nival_eval::{Ctx, ErrorKind, Root, Value};
use nival_syntax::Name;

use super::{Answer, EvalSession, EvalValue, other_error};
use crate::cancel::Control;
use crate::report::{Report, ReportKind};

impl EvalSession {
    /// Relative paths and `./.` in texts are relative to this folder.
    pub fn set_base(&mut self, folder: &Path) {
        self.base = folder.to_owned();
    }

    /// Binds a name for all later texts.
    ///
    /// # Errors
    /// The value is of an older world.
    pub fn define(&mut self, name: &str, value: &EvalValue) -> Answer<()> {
        self.unwrap(value)?;
        self.scope.insert(Name::new(name), value.value.clone());
        Ok(())
    }

    /// Binds every attribute of a set (`:a`, `with`); says how many.
    ///
    /// # Errors
    /// Evaluation fails or gives no set.
    pub fn define_attrs(&mut self, set: &EvalValue, control: &Control) -> Answer<usize> {
        let set = self.unwrap(set)?;
        let attrs = self.run(control, |ctx| {
            let set = ctx.expect_attrs(set, || "while adding the attributes of a set to the scope".to_owned())?;
            Ok(ctx.attrs_sorted(set)?.into_iter().map(|attr| (attr.name, ctx.root(attr.value))).collect::<Vec<(Name, Root)>>())
        })?;
        let count = attrs.len();
        self.scope.extend(attrs);
        Ok(count)
    }

    /// Defines what a text of bindings says (`x = 1; y.z = 2;`), lazily and recursively as in a `let`. The names defined.
    ///
    /// # Errors
    /// The text does not parse or names something undefined.
    pub fn define_bindings(&mut self, text: &str, control: &Control) -> Answer<Vec<String>> {
        let names = match crate::input::classify(text) {
            crate::input::Input::Bindings(names) => names,
            _ => return Err(Report::new(ReportKind::Syntax, "not a list of bindings")),
        };
        // `rec` gives the bindings to each other, as the lines of one file would have them.
        let end = if text.trim_end().ends_with(';') { "" } else { ";" };
        let set = format!("rec {{ {text}\n{end} }}");
        let value = self.eval_text("«repl»", &set, control)?;
        self.define_attrs(&value, control)?;
        Ok(names)
    }

    /// The names that were defined, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.scope.keys().map(ToString::to_string).collect();
        names.sort();
        names
    }

    /// What a name was defined as.
    pub fn defined(&self, name: &str) -> Option<EvalValue> {
        self.scope.get(&Name::new(name)).map(|value| self.wrap(value.clone()))
    }

    /// Evaluates a text to its outermost constructor. `origin` is what errors call it, such as `«string»`.
    ///
    /// # Errors
    /// The text does not parse, or its evaluation fails.
    pub fn eval_text(&self, origin: &str, text: impl AsRef<[u8]>, control: &Control) -> Answer<EvalValue> {
        let text = text.as_ref();
        self.run_value(control, |ctx| {
            let value = self.text_value(ctx, origin, text)?;
            ctx.force(value)
        })
    }

    /// Parses and checks a text now, evaluates it when the value is needed.
    ///
    /// # Errors
    /// The text does not parse or names something undefined.
    pub fn lazy_text(&self, origin: &str, text: &str, control: &Control) -> Answer<EvalValue> {
        let scope: Vec<(Name, Value)> = self.scope.iter().map(|(&name, value)| (name, value.get())).collect();
        self.run_value(control, |ctx| ctx.lazy_text(text.as_bytes(), self.base.as_os_str().as_bytes(), origin, &scope))
    }

    fn text_value(&self, ctx: &mut Ctx<'_>, origin: &str, text: &[u8]) -> nival_eval::Result<Value> {
        let scope: Vec<(Name, Value)> = self.scope.iter().map(|(&name, value)| (name, value.get())).collect();
        let base = self.base.as_os_str().as_bytes();
        // What a person types is evaluated each time, with its traces.
        match self.pin {
            Some(_) => ctx.eval_text(text, base, origin, &scope),
            None => ctx.eval_text_once(text, base, origin, &scope),
        }
    }

    /// Evaluates a file (a folder's `default.nix`), seeing unsaved buffers. Evaluated once per world.
    ///
    /// # Errors
    /// The file is missing, does not parse, or its evaluation fails.
    pub fn eval_file(&self, path: &Path, control: &Control) -> Answer<EvalValue> {
        let path = self.base.join(path);
        self.run_value(control, |ctx| {
            let value = ctx.import(path.as_os_str().as_bytes())?;
            ctx.force(value)
        })
    }

    /// A text as Nix's parser sees it; see [`EvalSession::eval_text`].
    ///
    /// # Errors
    /// The text does not parse or names something undefined.
    pub fn parsed_text(&self, origin: &str, text: &[u8], control: &Control) -> Answer<Vec<u8>> {
        self.run(control, |ctx| ctx.parsed_text(text, self.base.as_os_str().as_bytes(), origin))
    }

    /// A file as Nix's parser sees it.
    ///
    /// # Errors
    /// It is missing or does not parse.
    pub fn parsed_file(&self, path: &Path, control: &Control) -> Answer<Vec<u8>> {
        let path = self.base.join(path);
        self.run(control, |ctx| ctx.parsed_file(path.as_os_str().as_bytes()))
    }

    /// The file that a search path expression such as `<nixpkgs/lib>` names (without the brackets).
    ///
    /// # Errors
    /// No entry of the search path has it.
    pub fn find_file(&self, name: &str, control: &Control) -> Answer<std::path::PathBuf> {
        self.run(control, |ctx| {
            let found = ctx.find_file(None, name.as_bytes())?;
            let found = ctx.force(found)?;
            match found.view() {
                nival_eval::View::Path(path) => Ok(crate::world::overlay::to_path(path.bytes())),
                _ => Err(other_error(ErrorKind::Type, "the search path entry is no path")),
            }
        })
    }

    /// A string value, for `--argstr`.
    ///
    /// # Errors
    /// Cancelled, or out of memory budget.
    pub fn string(&self, text: impl AsRef<[u8]>, control: &Control) -> Answer<EvalValue> {
        let text = text.as_ref();
        self.run_value(control, |ctx| Ok(ctx.string(text)))
    }
}
