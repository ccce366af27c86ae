//! Lenses: which attributes of a file are derivations that can be built.

use std::path::{Path, PathBuf};

use nival_engine::{AutoArgs, Cancellable, Cancelled, Control, EvalSession, EvalValue, Location, Report, ReportKind, Snapshot, ValueKind};
use nival_syntax::TextRange;

/// How to find the derivation again: evaluate the file as [`EvalSession::eval_project_file`] does, call it with its
/// defaults, select the path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LensTarget {
    pub file: PathBuf,
    /// In the syntax of `-A`; empty for the file's own value.
    pub attr_path: String,
}

/// A derivation-valued attribute. A face shows one lens to build it and one to inspect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivationLens {
    /// The name of the binding.
    pub range: TextRange,
    pub target: LensTarget,
    /// The derivation's name, such as `hello-2.12`.
    pub name: String,
    pub drv_path: String,
    pub out_path: Option<String>,
}

/// Lenses of one file at most.
const MAX_LENSES: usize = 300;

/// Attributes that are looked at, of one file: each is a step of the evaluator by itself, and big files of data have no derivations.
const MAX_ATTRIBUTES: usize = 3_000;

/// Sets in sets that are searched.
const MAX_DEPTH: usize = 4;

/// The derivations of a file in the order of its text. Evaluates; run it in the background.
///
/// # Errors
/// Cancelled. A file that does not evaluate has no lenses.
pub fn code_lenses(snapshot: &Snapshot, path: &Path, control: &Control) -> Cancellable<Vec<DerivationLens>> {
    let is_flake = nival_engine::discover::kind_of(path) == Some(nival_engine::discover::ProjectKind::Flake);
    let flake_system = is_flake.then(|| snapshot.config().system.clone());
    let mut search = Search { snapshot, session: snapshot.session(), path, control, found: Vec::new(), looked_at: 0, flake_system };
    match search.file() {
        Err(report) if report.is_cancelled() => return Err(Cancelled),
        _ => {}
    }
    snapshot.check()?;
    search.found.sort_by(|a, b| (a.range.start(), &a.target.attr_path).cmp(&(b.range.start(), &b.target.attr_path)));
    Ok(search.found)
}

struct Search<'a> {
    snapshot: &'a Snapshot,
    session: EvalSession,
    path: &'a Path,
    control: &'a Control,
    found: Vec<DerivationLens>,
    looked_at: usize,
    /// The system whose outputs count, if the file is a flake.
    flake_system: Option<String>,
}

impl Search<'_> {
    fn file(&mut self) -> Result<(), Report> {
        let value = self.session.eval_project_file(self.path, self.control)?;
        if self.session.needs_arguments(&value, self.control)? {
            return Ok(());
        }
        let value = self.session.auto_call(&value, &AutoArgs::default(), self.control)?;
        if self.session.is_derivation(&value, self.control)? {
            let start = first_expression(self.snapshot, self.path);
            return self.add(&value, start, String::new());
        }
        self.set(&value, "", None, 0)
    }

    fn add(&mut self, value: &EvalValue, range: TextRange, attr_path: String) -> Result<(), Report> {
        match self.session.derivation(value, self.control) {
            Ok(Some(info)) => self.found.push(DerivationLens {
                range,
                target: LensTarget { file: self.path.to_owned(), attr_path },
                name: info.name,
                drv_path: info.drv_path,
                out_path: info.out_path,
            }),
            Ok(None) => {}
            Err(report) => return past(report),
        }
        Ok(())
    }

    /// The attributes that this file defines. Those of a flake that come from elsewhere hang on the attribute around them.
    fn set(&mut self, set: &EvalValue, prefix: &str, around: Option<TextRange>, depth: usize) -> Result<(), Report> {
        for attr in self.session.attrs(set, self.control)? {
            if self.flake_system.as_ref().is_some_and(|system| is_other_output(&attr.name, system, depth)) {
                continue;
            }
            let place = attr.position.as_ref().and_then(Location::as_file).filter(|place| *place.path == *self.path);
            let around = around.filter(|_| self.flake_system.is_some());
            let Some(range) = place.map(|place| place.range).or(around) else { continue };
            // An edit that no value rests on stops no evaluation, but lenses stand at places of a text.
            if self.found.len() >= MAX_LENSES || self.looked_at >= MAX_ATTRIBUTES || self.snapshot.check().is_err() {
                break;
            }
            self.looked_at += 1;
            let name = nival_eval::print::identifier(attr.name.as_bytes());
            let attr_path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            if let Err(report) = self.attr(set, &attr.name, range, attr_path, depth) {
                past(report)?;
            }
        }
        Ok(())
    }

    fn attr(&mut self, set: &EvalValue, name: &str, range: TextRange, attr_path: String, depth: usize) -> Result<(), Report> {
        let Some(value) = self.session.attr(set, name, self.control)? else { return Ok(()) };
        match self.session.force(&value, self.control)? {
            ValueKind::Derivation => self.add(&value, range, attr_path),
            ValueKind::Attrs if depth < MAX_DEPTH => self.set(&value, &attr_path, Some(range), depth + 1),
            _ => Ok(()),
        }
    }
}

/// Outputs of a flake that nobody builds from its file: those for other systems, and whole package sets.
fn is_other_output(name: &str, system: &str, depth: usize) -> bool {
    match depth {
        0 => name == "legacyPackages",
        1 => name != system && (name.ends_with("-linux") || name.ends_with("-darwin")),
        _ => false,
    }
}

/// An attribute that fails has no lens; a limit or a cancellation ends the search.
fn past(report: Report) -> Result<(), Report> {
    match report.kind {
        ReportKind::Cancelled | ReportKind::Budget if report.message != OVERFLOW => Err(report),
        _ => Ok(()),
    }
}

/// The words of a limit that one attribute can meet without the next one meeting it.
const OVERFLOW: &str = "stack overflow; max-call-depth exceeded";

/// The first token of the file that is no comment.
fn first_expression(snapshot: &Snapshot, path: &Path) -> TextRange {
    let Ok(Some(tree)) = snapshot.flat_tree(path) else { return TextRange::default() };
    let mut tokens = (0..tree.token_count() as u32).filter_map(|index| tree.token(index));
    tokens.find(|token| !token.kind().is_trivia()).map_or_else(TextRange::default, |token| token.range())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let lenses = code_lenses(&fixture.snapshot, &fixture.path, &Fixture::control()).unwrap();
        let line = |l: &DerivationLens| format!("[{}] {} {}\n", &fixture.text[l.range], l.target.attr_path, l.name);
        expected.assert_eq(&lenses.iter().map(line).collect::<String>());
    }

    const MK: &str = "mk = name: derivation { inherit name; system = \"x\"; builder = \"y\"; };";

    #[test]
    fn attributes_and_sets_in_them() {
        let text = format!(
            "{{ system ? \"x\" }}: let {MK} in rec {{ a = mk \"a-1\"; bad = throw \"no\"; n = 1; sub.\"b c\" = mk \"b\"; inherit (import ./more.nix) d; }}\n"
        );
        check(
            &format!("//- /main.nix\n{text}//- /more.nix\n{{ d = derivation {{ name = \"d\"; system = \"x\"; builder = \"y\"; }}; }}\n"),
            expect![[r#"
            [a] a a-1
            [sub."b c"] sub."b c" b
            [d] d d
        "#]],
        );
    }

    #[test]
    fn a_file_that_is_a_derivation() {
        check(
            "# my package\nderivation { name = \"d\"; system = \"x\"; builder = \"y\"; }",
            expect![[r#"
            [derivation]  d
        "#]],
        );
    }

    #[test]
    fn flakes() {
        check(
            "//- /f/flake.nix\n{ outputs = { self }: { packages = builtins.listToAttrs (map (system: { name = system; value = import ./pkgs.nix system; }) [ \"x86_64-linux\" \"riscv64-linux\" ]); }; }\n//- /f/pkgs.nix\nsystem: { hello = derivation { name = \"hello\"; inherit system; builder = \"y\"; }; }\n",
            expect![[r#"
                [value] packages.x86_64-linux.hello hello
            "#]],
        );
    }

    #[test]
    fn files_without_derivations() {
        check("{ stdenv }: stdenv.mkDerivation { }", expect![[""]]);
        check("1 + ", expect![[""]]);
        check("let a = { inherit a; }; in a", expect![[""]]);
    }
}
