//! Texts and files as Nix's parser sees them: `nix-instantiate --parse`.

use nival_hir::portability::{LiteralLint, doubtful_literals};
use nival_hir::{ParsedOptions, print_parsed};

use crate::ctx::Ctx;
use crate::error::Result;
use crate::linked::{Origin, Unit};

impl Ctx<'_> {
    /// Parses a text and prints what Nix's parser makes of it; `base` and `label` as in [`Ctx::eval_text`].
    ///
    /// # Errors
    /// Nix would refuse the text: syntax, names defined twice or not at all.
    pub fn parsed_text(&mut self, text: &[u8], base: &[u8], label: &str) -> Result<Vec<u8>> {
        let origin = Origin { file: None, label: label.to_owned(), base: base.to_vec() };
        self.parsed(Unit { origin, text: text.into(), on_disk: false })
    }

    /// As [`Ctx::parsed_text`], for a file (a folder's `default.nix`).
    ///
    /// # Errors
    /// It cannot be read, or as above.
    pub fn parsed_file(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        let file = self.resolve_file(path)?;
        let unit = self.read_unit(&file)?;
        self.parsed(unit)
    }

    fn parsed(&mut self, unit: Unit) -> Result<Vec<u8>> {
        let (text, folder) = (unit.text.clone(), unit.origin.base.clone());
        self.load(unit, &[])?;
        let tree = nival_syntax::flat::parse(&text);
        let in_home = doubtful_literals(&tree).into_iter().find(|(_, lint)| *lint == LiteralLint::HomePath);
        let home = match in_home.and_then(|(range, _)| text.get(usize::from(range.start()) + 2..range.end().into())) {
            Some(rest) => self.home_dir(rest)?,
            None => Vec::new(),
        };
        Ok(print_parsed(&tree, ParsedOptions { folder: &folder, home: &home }))
    }
}
