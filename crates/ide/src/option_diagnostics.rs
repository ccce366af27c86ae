//! What is certainly wrong with the options that a module sets and declares. Only of sets of modules that are known as a whole.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Cancellable, Snapshot};
use nival_index::{Reach, View};
use nival_lint::rules::elsewhere;
use nival_shape::{ModuleSet, OptionProblem, OptionProblemKind, Shapes, place_range};
use nival_source::{Db, SourceFile};
use nival_syntax::literal::identifier;

use crate::diagnostics::{Diagnostic, Fix, Related, Severity, TextEdit, wanted};
use crate::facts::location;

/// Modules between a module and the configuration that it is part of.
const MAX_STEPS: usize = 1000;
/// The file at which NixOS begins.
const CONFIGURATION: &str = "configuration.nix";

/// Sorted by place. It reads all modules of the set: not for the time between two keys.
///
/// # Errors
/// Cancelled.
pub fn option_diagnostics(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<Diagnostic>> {
    let config = snapshot.config();
    if config.lint.is_excluded(path, &config.roots) || !snapshot.is_file(path) {
        return Ok(Vec::new());
    }
    let configuration = configuration_of(snapshot, path)?;
    let of_tree = path.iter().zip(path.iter().skip(1)).any(|(folder, inner)| folder == "nixos" && inner == "modules");
    // Other files are not worth reading all modules.
    if configuration.is_none() && !of_tree {
        return Ok(Vec::new());
    }
    let found = snapshot.with_db(|db| {
        let file = db.files().get(db, path);
        let shapes = Shapes::new(db);
        if !nival_hir::lowered(db, file).errors.is_empty() {
            return Vec::new();
        }
        let Some(set) = set_of(db, shapes, file, configuration.as_deref()) else { return Vec::new() };
        let mut found: Vec<Diagnostic> = shapes.option_problems(set, file).iter().map(|problem| diagnostic(db, problem)).collect();
        found.sort_by(|a, b| (a.range.start(), &a.code, &a.message).cmp(&(b.range.start(), &b.code, &b.message)));
        found
    })?;
    wanted(snapshot, path, found)
}

/// The set of modules that a file is certainly part of.
fn set_of<'db>(db: &'db dyn Db, shapes: Shapes<'db>, file: SourceFile, configuration: Option<&Path>) -> Option<&'db ModuleSet> {
    let of_tree = shapes.nixos_modules(file, Vec::new())?;
    if of_tree.contains(file) {
        return Some(of_tree);
    }
    let configuration = db.files().get(db, configuration?);
    shapes.nixos_modules(file, vec![configuration]).filter(|set| set.contains(file))
}

/// The one `configuration.nix` that a file is a module of, or is, if the search path says what it is evaluated with: beside it, and above,
/// there is no flake, which would say something else.
fn configuration_of(snapshot: &Snapshot, path: &Path) -> Cancellable<Option<Arc<Path>>> {
    let project = snapshot.project(Duration::ZERO)?;
    if !project.complete {
        return Ok(None);
    }
    let Some(found) = root_of(&project.view, path) else { return Ok(None) };
    let flake = found.ancestors().skip(1).any(|folder| snapshot.is_file(&folder.join("flake.nix")));
    Ok((!flake).then_some(found))
}

fn root_of(view: &View, path: &Path) -> Option<Arc<Path>> {
    let mut open: Vec<Arc<Path>> = vec![path.into()];
    let mut seen = open.clone();
    let mut root: Option<Arc<Path>> = None;
    for _ in 0..MAX_STEPS {
        let Some(at) = open.pop() else { return root };
        let callers = view.callers(&at);
        if callers.is_empty() {
            // A second root may have other modules.
            if at.file_name()? != CONFIGURATION || root.is_some() {
                return None;
            }
            root = Some(at);
            continue;
        }
        for caller in callers {
            // Who uses it otherwise may evaluate it with other modules.
            if caller.edge()?.how != Reach::Module {
                return None;
            }
            if !seen.contains(&caller.path) {
                seen.push(caller.path.clone());
                open.push(caller.path);
            }
        }
    }
    None
}

fn diagnostic(db: &dyn Db, problem: &OptionProblem) -> Diagnostic {
    let range = place_range(db, problem.place);
    let name = problem.path.iter().map(|name| identifier(name.as_bytes())).collect::<Vec<_>>().join(".");
    let (code, mut message) = match &problem.kind {
        OptionProblemKind::Unknown => (elsewhere::UNKNOWN_OPTION.id, format!("no module declares the option `{name}`")),
        OptionProblemKind::Duplicate => (elsewhere::DUPLICATE_OPTION.id, format!("the option `{name}` is declared in another module, too")),
        OptionProblemKind::WrongType(is, wanted) => {
            (elsewhere::OPTION_TYPE.id, format!("the option `{name}` takes {wanted}, and this is {is}"))
        }
    };
    let mut fixes = Vec::new();
    if let Some(suggestion) = problem.suggestion {
        message.push_str(&format!("; did you mean '{suggestion}'?"));
        fixes.push(Fix {
            title: format!("Replace with '{suggestion}'"),
            edits: vec![TextEdit { range, insert: identifier(suggestion.as_bytes()).to_string() }],
            preferred: true,
            safe: false,
        });
    }
    let related = problem.declared.and_then(|place| location(db, place));
    let related = related.map(|(place, _)| Related { place, message: "the option is declared here".to_owned() });
    Diagnostic {
        range,
        // What a condition around it is, is not known.
        severity: Severity::Warning,
        code: code.to_owned(),
        message,
        notes: Vec::new(),
        related: related.into_iter().collect(),
        tags: Vec::new(),
        fixes,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use nival_engine::{Change, EngineConfig, SearchPathEntry};

    use super::*;
    use crate::fixture::Fixture;

    const TREE: &str = r#"
//- /nixpkgs/lib/default.nix
{ }
//- /nixpkgs/lib/trivial.nix
{ }
//- /nixpkgs/pkgs/top-level/all-packages.nix
{ }: res: pkgs: super: { }
//- /nixpkgs/nixos/modules/module-list.nix
[ ./web.nix ./rename.nix ./units.nix ./instances.nix ]
//- /nixpkgs/nixos/modules/profiles/small.nix
{ lib, ... }: { options.small = lib.mkOption { }; }
//- /nixpkgs/nixos/modules/web.nix
{ config, lib, ... }:
with lib;
{
  options.services.web = {
    enable = mkEnableOption "it" // { default = true; };
    port = mkOption { type = types.port; default = 80; description = "Where."; };
    level = mkOption { type = with types; nullOr (enum [ "low" "high" ]); };
    hosts = mkOption { type = types.attrsOf (types.submodule { options.root = mkOption { type = types.path; }; }); };
    root = mkOption { type = types.path; };
    names = mkOption { type = types.either types.str (types.listOf types.str); };
    settings = mkOption { type = settingsFormat.type; };
  };
  options.environment.vars = import ./vars.nix;
  options.assertions = mkOption { type = types.listOf types.unspecified; };
}
//- /nixpkgs/nixos/modules/rename.nix
{ lib, ... }: with lib; {
  imports = [
    (mkRenamedOptionModule [ "services" "old" "enable" ] [ "services" "web" "enable" ])
    (mkRemovedOptionModule [ "services" "gone" ] "")
  ] ++ map (n: mkRemovedOptionModule ([ "services" "many" ] ++ [ n ]) "") [ "a" "b" ];
}
//- /nixpkgs/nixos/modules/units.nix
{ lib, utils, ... }: { options.units = utils.makeUnits { }; }
//- /nixpkgs/nixos/modules/instances.nix
{ lib, ... }: let generic = name: { options.instances.${name}.on = lib.mkEnableOption "x"; }; in { imports = map generic [ "x" "y" ]; }
"#;

    fn told(files: &str) -> String {
        let mut fixture = Fixture::new(&format!("{files}{TREE}"));
        let entry = SearchPathEntry::parse("nixpkgs=/nixpkgs");
        let mut change = Change::new();
        change.set_config(EngineConfig { search_path: vec![entry], ..fixture.snapshot.config().clone() });
        fixture.engine.apply(change);
        let snapshot = fixture.engine.snapshot();
        snapshot.project(Duration::from_secs(30)).unwrap();
        let shown = option_diagnostics(&snapshot, &fixture.path).unwrap().into_iter().map(|found| {
            let related = found.related.first().map(|r| format!(" ({}: {})", r.place.path.display(), r.message)).unwrap_or_default();
            let fix = found.fixes.first().map(|fix| format!(" [{}]", fix.title)).unwrap_or_default();
            format!("{} [{}] {}{related}{fix}\n", found.code, &fixture.text[found.range], found.message)
        });
        shown.collect()
    }

    /// What is told of a module that `configuration.nix` imports.
    #[track_caller]
    fn check(module: &str, expected: Expect) {
        let files = format!("//- /etc/web.nix\n$0{module}\n//- /etc/configuration.nix\n{{ imports = [ ./web.nix ]; }}");
        expected.assert_eq(&told(&files));
    }

    #[test]
    fn options_that_nobody_declares() {
        check(
            "{ lib, ... }: { services.web.enabel = true; services.web.port = 1; servces.web.enable = true; }",
            expect![[r#"
                unknown-option [enabel] no module declares the option `services.web.enabel`; did you mean 'enable'? [Replace with 'enable']
                unknown-option [servces] no module declares the option `servces`; did you mean 'services'? [Replace with 'services']
            "#]],
        );
        check(
            "{ lib, config, ... }: { config = lib.mkIf config.services.web.enable (lib.mkMerge [ { services.wob = { }; } (lib.mkDefault { services.web.potr = 1; }) ]); }",
            expect![[r#"
                unknown-option [wob] no module declares the option `services.wob`; did you mean 'web'? [Replace with 'web']
                unknown-option [potr] no module declares the option `services.web.potr`
            "#]],
        );
        check(
            "{ instances.z.on = true; instances.z.of = true; }",
            expect![[r#"
            unknown-option [of] no module declares the option `instances.z.of`; did you mean 'on'? [Replace with 'on']
        "#]],
        );
        check("{ services.wob = 1; # nival: ignore[unknown-option] of a module that comes later\n}", expect![[""]]);
    }

    #[test]
    fn what_may_be_declared() {
        // Renamed and removed ones, what a function makes, submodules, types that are not known, what is set by a name that is worked out.
        check(
            "{ n, ... }: { services.old.enable = true; services.gone.x.y = 1; services.many.c = 1; units.any.thing = 1; environment.vars.x = 1; services.web.hosts.a.anything = 1; services.web.settings.b = 2; services.${n}.x = 1; _module.args.x = 1; assertions = [ ]; }",
            expect![[""]],
        );
        let silent = |files: &str| assert_eq!(told(files), "", "{files}");
        let wrong = "{ services.wob = 1; }";
        // A module set that is not known as a whole: its own, a flake's, home-manager's, one with a module that is worked out.
        silent(&format!("//- /etc/x.nix\n$0{wrong}\n"));
        silent("//- /etc/configuration.nix\n$0{ imports = [ inputs.x ]; services.wob = 1; }");
        silent(&format!("//- /etc/x.nix\n$0{wrong}\n//- /etc/configuration.nix\n{{ imports = [ ./x.nix ./none.nix ]; }}"));
        silent(&format!("//- /etc/x.nix\n$0{wrong}\n//- /etc/configuration.nix\n{{ imports = [ ./x.nix ] ++ more; }}"));
        silent(&format!("//- /etc/x.nix\n$0{wrong}\n//- /etc/configuration.nix\n{{ imports = [ ./x.nix ]; }}\n//- /etc/flake.nix\n{{ }}"));
        silent(&format!("//- /etc/x.nix\n$0{wrong}\n//- /etc/home.nix\n{{ imports = [ ./x.nix ]; }}"));
        silent(&format!(
            "//- /etc/x.nix\n$0{wrong}\n//- /etc/configuration.nix\n{{ imports = [ ./x.nix ]; home-manager.users.me = import ./x.nix; }}"
        ));
        silent("//- /etc/configuration.nix\n$0{ freeformType = 1; imports = [ ]; wob = 1; }");
        silent("//- /etc/configuration.nix\n$0{ imports = [ ]; config = { _module.freeformType = 1; wob = 1; }; }");
    }

    #[test]
    fn a_configuration_and_its_hardware() {
        let text = "//- /etc/configuration.nix\n$0{ imports = [ ./hardware.nix ]; small = 1; wob = 1; }\n//- /etc/hardware.nix\n{ modulesPath, ... }: { imports = [ (modulesPath + \"/profiles/small.nix\") ]; }";
        expect![[r#"
            unknown-option [wob] no module declares the option `wob`
        "#]]
        .assert_eq(&told(text));
    }

    #[test]
    fn values_that_a_type_does_not_take() {
        check(
            "{ lib, ... }: { services.web = { enable = \"yes\"; port = \"80\"; level = \"middle\"; hosts = [ ]; root = \"www\"; names = 1; }; }",
            expect![[r#"
                option-type [port] the option `services.web.port` takes an integer, and this is a string (/nixpkgs/nixos/modules/web.nix: the option is declared here)
                option-type [level] the option `services.web.level` takes null or one of "low", "high", and this is a string (/nixpkgs/nixos/modules/web.nix: the option is declared here)
                option-type [hosts] the option `services.web.hosts` takes a set, and this is a list (/nixpkgs/nixos/modules/web.nix: the option is declared here)
                option-type [root] the option `services.web.root` takes a path, and this is a string (/nixpkgs/nixos/modules/web.nix: the option is declared here)
                option-type [names] the option `services.web.names` takes a string or a list, and this is an integer (/nixpkgs/nixos/modules/web.nix: the option is declared here)
            "#]],
        );
        check(
            "{ lib, config, ... }: { services.web = { port = lib.mkIf true (lib.mkForce 1); level = if config.x then null else \"low\"; hosts = { }; root = \"/www\"; names = [ ]; }; }",
            expect![[""]],
        );
        check(
            "{ lib, ... }: { services.web.port = lib.mkIf true (lib.mkForce null); }",
            expect![[r#"
                option-type [port] the option `services.web.port` takes an integer, and this is null (/nixpkgs/nixos/modules/web.nix: the option is declared here)
            "#]],
        );
    }

    #[test]
    fn options_that_are_declared_twice() {
        check(
            "{ lib, ... }: { options.services.web.port = lib.mkOption { default = 1; }; options.services.web.level = lib.mkOption { }; options.mine = lib.mkOption { default = 1; }; }",
            expect![[r#"
                duplicate-option [port] the option `services.web.port` is declared in another module, too (/nixpkgs/nixos/modules/web.nix: the option is declared here)
            "#]],
        );
        check(
            "{ lib, ... }: { disabledModules = [ \"web.nix\" ]; options.services.web.port = lib.mkOption { default = 1; }; }",
            expect![[""]],
        );
    }
}
