//! What is certainly wrong with the options that a module sets and declares. Only of sets of modules that are known as a whole.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Cancellable, Project, Snapshot};
use nival_index::{Edge, FileSummary, Reach, View};
use nival_lint::rules::elsewhere;
use nival_shape::{ModuleClass, ModuleSet, OptionProblem, OptionProblemKind, Shapes, place_range};
use nival_source::{Db, SourceFile};
use nival_syntax::literal::identifier;

use crate::diagnostics::Diagnostic;
use crate::mistakes::{Mistake, are_wanted, told};

/// Modules between a module and the configuration that it is part of.
const MAX_STEPS: usize = 1000;
/// The files at which configurations begin that no flake has.
const BEGINNINGS: [(&str, ModuleClass); 3] =
    [("configuration.nix", ModuleClass::NixOs), ("darwin-configuration.nix", ModuleClass::Darwin), ("home.nix", ModuleClass::Home)];

/// Sorted by place. It reads all modules of the set: not for the time between two keys.
///
/// # Errors
/// Cancelled.
pub fn option_diagnostics(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<Diagnostic>> {
    if !are_wanted(snapshot, path) {
        return Ok(Vec::new());
    }
    let project = snapshot.project(Duration::ZERO)?;
    of_project(snapshot, &project, path)
}

/// All that is to be said of a file.
pub(crate) fn of_project(snapshot: &Snapshot, project: &Project, path: &Path) -> Cancellable<Vec<Diagnostic>> {
    let of_tree = is_of_tree(path);
    let beginning = if project.complete { beginning(snapshot, &project.view, path) } else { None };
    // Other files are not worth reading all modules.
    if beginning.is_none() && !of_tree {
        return Ok(Vec::new());
    }
    told(snapshot, path, |db, file| {
        let shapes = Shapes::new(db);
        let Known { own, written } = sets_of(db, shapes, file, beginning.as_ref());
        let mut problems = in_each(&own, |set| shapes.option_problems(set, file));
        problems.extend(in_each(&written, |set| shapes.written_option_problems(set, file)));
        problems.iter().map(|problem| mistake(db, problem)).collect()
    })
}

/// Of several configurations, what is wrong in each.
fn in_each(sets: &[&ModuleSet], problems: impl Fn(&ModuleSet) -> Vec<OptionProblem>) -> Vec<OptionProblem> {
    let Some((first, others)) = sets.split_first() else { return Vec::new() };
    let mut found = problems(first);
    for set in others {
        let also = problems(set);
        found.retain(|problem| also.iter().any(|other| (&other.path, other.place) == (&problem.path, problem.place)));
    }
    found
}

/// Whether a file may be one of NixOS' own modules, or of home-manager's or nix-darwin's.
fn is_of_tree(path: &Path) -> bool {
    path.iter().any(|folder| folder == "modules")
}

/// Whether what is said of a file may be other things because of what other modules declare now.
pub(crate) fn is_about_options(code: &str) -> bool {
    [elsewhere::UNKNOWN_OPTION.id, elsewhere::DUPLICATE_OPTION.id, elsewhere::OPTION_TYPE.id].contains(&code)
}

/// The known sets of modules that a file is certainly part of.
#[derive(Default)]
struct Known<'db> {
    own: Vec<&'db ModuleSet>,
    /// Those of which a module is written in the file, which is none itself.
    written: Vec<&'db ModuleSet>,
}

fn sets_of<'db>(db: &'db dyn Db, shapes: Shapes<'db>, file: SourceFile, beginning: Option<&Found>) -> Known<'db> {
    let mut sets: Vec<&'db ModuleSet> = Vec::new();
    // Where there is a tree around it, its kind is told by that.
    let of_tree = shapes.tree_class(file);
    match beginning.map(|found| &found.beginning) {
        _ if of_tree.is_some() => sets.extend(of_tree.and_then(|class| shapes.module_set(file, class, Vec::new()))),
        None => {}
        Some(Beginning::File(path, class)) => sets.extend(shapes.module_set(file, *class, vec![db.files().get(db, path)])),
        Some(Beginning::Flake(path)) => sets.extend(shapes.configurations(db.files().get(db, path))),
    }
    sets.retain(|set| set.is_closed());
    let users = if of_tree.is_none() { sets.iter().filter_map(|set| shapes.users(set)).collect() } else { Vec::new() };
    let users: Vec<&ModuleSet> = users.into_iter().filter(|set| set.is_closed()).collect();
    // What a user of home-manager has, and these are not known, may be other modules.
    if beginning.is_some_and(|found| found.of_users) && !users.iter().any(|set| set.contains(file)) {
        return Known::default();
    }
    let written = users.iter().copied().filter(|set| set.has_written(file)).collect();
    Known { own: sets.into_iter().chain(users).filter(|set| set.contains(file)).collect(), written }
}

/// Where it begins, and whether it is reached as a module of a user of home-manager, too.
struct Found {
    beginning: Beginning,
    of_users: bool,
}

/// Where the one configuration begins that a module is part of.
enum Beginning {
    /// At a file that is found by its name, and that the search path says what it is evaluated with: beside it, and above, there is no
    /// flake, which would say something else.
    File(Arc<Path>, ModuleClass),
    /// At lists in a flake.
    Flake(Arc<Path>),
}

fn beginning(snapshot: &Snapshot, view: &View, path: &Path) -> Option<Found> {
    let mut of_users = false;
    let mut open: Vec<Arc<Path>> = vec![path.into()];
    let mut seen = open.clone();
    let mut found: Option<Beginning> = None;
    for _ in 0..MAX_STEPS {
        let Some(at) = open.pop() else { return found.map(|beginning| Found { beginning, of_users }) };
        let callers = view.callers(&at);
        if callers.is_empty() {
            // A second one may have other modules.
            let (_, class) =
                BEGINNINGS.iter().find(|(name, _)| at.file_name().is_some_and(|own| own == *name)).filter(|_| found.is_none())?;
            if at.ancestors().skip(1).any(|folder| snapshot.is_file(&folder.join("flake.nix"))) {
                return None;
            }
            found = Some(Beginning::File(at, *class));
            continue;
        }
        for caller in callers {
            // Who uses it otherwise may evaluate it with other modules.
            let edge = caller.edge()?;
            let of_user = is_of_user(&caller.summary, edge);
            of_users |= of_user;
            if edge.how != Reach::Module && !of_user {
                return None;
            }
            if caller.path.ends_with("flake.nix") {
                match &found {
                    None => found = Some(Beginning::Flake(caller.path)),
                    Some(Beginning::Flake(other)) if *other == caller.path => {}
                    Some(_) => return None,
                }
            } else if !seen.contains(&caller.path) {
                seen.push(caller.path.clone());
                open.push(caller.path);
            }
        }
    }
    None
}

/// `home-manager.users.me = import ./home.nix`, or a path there, or a module in the `imports` of what is written there.
pub(crate) fn is_of_user(summary: &FileSummary, edge: &Edge) -> bool {
    let names = edge.symbol.map(|symbol| summary.attr_path(symbol)).unwrap_or_default();
    let is_there = names.windows(2).any(|names| (names[0].as_bytes(), names[1].as_bytes()) == (b"home-manager", b"users"));
    is_there && matches!(edge.how, Reach::Module | Reach::Import | Reach::Path)
}

fn mistake(db: &dyn Db, problem: &OptionProblem) -> Mistake {
    let name = problem.path.iter().map(|name| identifier(name.as_bytes())).collect::<Vec<_>>().join(".");
    let (code, message) = match &problem.kind {
        OptionProblemKind::Unknown => (elsewhere::UNKNOWN_OPTION.id, format!("no module declares the option `{name}`")),
        OptionProblemKind::Duplicate => (elsewhere::DUPLICATE_OPTION.id, format!("the option `{name}` is declared in another module, too")),
        OptionProblemKind::WrongType(is, wanted) => {
            (elsewhere::OPTION_TYPE.id, format!("the option `{name}` takes {wanted}, and this is {is}"))
        }
    };
    let declared = problem.declared.map(|place| (place, "the option is declared here".to_owned()));
    Mistake { range: place_range(db, problem.place), code, message, suggestion: problem.suggestion, declared }
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
