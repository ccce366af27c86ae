//! How a file is reached: who imports it, calls it, lists it as a module.

use std::path::Path;
use std::time::Duration;

use nival_engine::{Cancellable, FileRange, Snapshot};
use nival_index::Reach;
use nival_syntax::literal::identifier;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The path in the file that reaches it.
    pub place: FileRange,
    pub how: Reach,
    /// What is defined as it there, such as `pkgs.hello`; empty where nothing is.
    pub attr_path: String,
}

/// How long one waits for an index that is being made.
const PATIENCE: Duration = Duration::from_secs(5);

/// The places that name a file, by path. Those where it is run come first.
///
/// # Errors
/// Cancelled.
pub fn reached_by(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<Reached>> {
    let project = snapshot.project(PATIENCE)?;
    let mut found: Vec<Reached> = project.view.callers(path).iter().filter_map(reached).collect();
    // What reads a folder finds the files in it by their names.
    let read = |folder: &Path| project.view.callers(folder).iter().filter_map(reached).filter(|found| found.how == Reach::Folder).collect();
    let folders = path.ancestors().skip(1).take_while(|folder| project.view.roots().iter().any(|root| folder.starts_with(root)));
    found.extend(folders.flat_map(|folder| -> Vec<Reached> { read(folder) }));
    found.sort_by_key(|found| !found.how.runs());
    Ok(found)
}

pub(crate) fn reached(caller: &nival_index::Caller) -> Option<Reached> {
    let edge = caller.edge()?;
    let names = edge.symbol.map(|symbol| caller.summary.attr_path(symbol)).unwrap_or_default();
    let attr_path = names.iter().map(|name| identifier(name.as_bytes())).collect::<Vec<_>>().join(".");
    Some(Reached { place: FileRange { path: caller.path.clone(), range: edge.range }, how: edge.how, attr_path })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::fixture::Fixture;

    #[test]
    fn every_way_to_a_file() {
        let fixture = Fixture::new(
            "//- /d/default.nix\n{ }: 1\n//- /a.nix\n{ src = ./d; x.y = callPackage ./d { }; }\n//- /b.nix\nimport ./d/default.nix\n//- /c.nix\n{ imports = [ ./d ]; }\n",
        );
        let mut shown = String::new();
        for found in reached_by(&fixture.snapshot, &fixture.path).unwrap() {
            shown.push_str(&format!("{:?} {} {}\n", found.how, found.place.path.display(), found.attr_path));
        }
        expect![[r#"
            CallPackage /a.nix x.y
            Import /b.nix 
            Module /c.nix imports
            Path /a.nix src
        "#]]
        .assert_eq(&shown);
    }
}
