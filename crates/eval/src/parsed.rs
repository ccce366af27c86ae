//! Texts and files as Nix's parser sees them: `nix-instantiate --parse`.

use nival_hir::{ParsedOptions, print_parsed};

use crate::ctx::Ctx;
use crate::error::Result;
use crate::linked::Origin;

impl Ctx<'_> {
    /// Parses a text and prints what Nix's parser makes of it; `base` and `label` as in [`Ctx::eval_text`].
    ///
    /// # Errors
    /// Nix would refuse the text: syntax, names defined twice or not at all.
    pub fn parsed_text(&mut self, text: &[u8], base: &[u8], label: &str) -> Result<Vec<u8>> {
        self.parsed(Origin { file: None, label: label.to_owned(), text: text.into(), base: base.to_vec() })
    }

    /// As [`Ctx::parsed_text`], for a file (a folder's `default.nix`).
    ///
    /// # Errors
    /// It cannot be read, or as above.
    pub fn parsed_file(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        let file = self.resolve_file(path)?;
        let origin = self.read_origin(&file)?;
        self.parsed(origin)
    }

    fn parsed(&mut self, origin: Origin) -> Result<Vec<u8>> {
        let (text, folder) = (origin.text.clone(), origin.base.clone());
        self.load(origin, &[])?;
        let tree = nival_syntax::flat::parse(&text);
        let home = if text.contains(&b'~') { self.host().home_dir()? } else { Vec::new() };
        Ok(print_parsed(&tree, ParsedOptions { folder: &folder, home: &home }))
    }
}
