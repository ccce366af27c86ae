//! Reads ahead what the first question about a file would wait for: the library and the package set that its names come from.

use std::path::Path;

use nival_engine::{Cancellable, Snapshot};
use nival_shape::Shapes;
use nival_source::Db;

/// What a parameter is called, and words that say that a text has to do with it.
const NEEDS: [(&[u8], &[&str]); 2] = [(b"lib", &["lib"]), (b"pkgs", &["pkgs", "callPackage"])];

/// Makes the shapes that hovers and completions in a file ask for. Run it in the background; an edit ends it.
///
/// # Errors
/// Cancelled.
pub fn warm(snapshot: &Snapshot, path: &Path) -> Cancellable<()> {
    let Some(text) = snapshot.text(path) else { return Ok(()) };
    for (name, words) in NEEDS {
        if !words.iter().any(|word| text.contains(word)) {
            continue;
        }
        snapshot.with_db(|db| {
            let (shapes, file) = (Shapes::new(db), db.files().get(db, path));
            shapes.parameter_called(file, name).map(|thunk| shapes.attributes(thunk).names.len())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    const FILES: &str = "
//- /lib/default.nix
{ id = x: x; }
//- /lib/trivial.nix
{ }
//- /pkgs/top-level/all-packages.nix
{ lib, ... }: self: super: pkgs: { hello = self.callPackage ../hello.nix { }; }
//- /pkgs/top-level/aliases.nix
lib: self: super: { }
";

    #[test]
    fn only_what_the_text_has_to_do_with_is_read() {
        let known = |text: &str| {
            let fixture = Fixture::new(&format!("//- /pkgs/main.nix\n{text}\n{FILES}"));
            warm(&fixture.snapshot, &fixture.path).unwrap();
            let read = |db: &dyn Db| db.files().all().into_iter().map(|file| file.path(db).display().to_string()).collect::<Vec<_>>();
            let read = fixture.snapshot.with_db(|db| read(db)).unwrap();
            ["/lib/default.nix", "/pkgs/top-level/aliases.nix"].map(|path| read.iter().any(|known| known == path))
        };
        assert_eq!(known("{ a = 1; }"), [false, false]);
        assert_eq!(known("{ lib }: lib.id"), [true, false]);
        assert_eq!(known("{ callPackage }: callPackage"), [true, true]);
    }

    #[test]
    fn an_edit_ends_it() {
        let mut fixture = Fixture::new(&format!("//- /pkgs/main.nix\n{{ pkgs }}: pkgs\n{FILES}"));
        let mut change = nival_engine::Change::default();
        change.set_buffer(&*fixture.path, "{ }");
        fixture.engine.apply(change);
        assert!(warm(&fixture.snapshot, &fixture.path).is_err());
    }
}
