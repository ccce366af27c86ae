//! home-manager within a configuration of NixOS or nix-darwin: the modules that `home-manager.users.<name>` is set to.

use std::sync::Arc;

use nival_hir::module::{Const, Expr, ExprId};
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::configurations;
use crate::module_lists::{self, Lists, ModuleClass};
use crate::modules::{self, ModuleSet};
use crate::nixpkgs::{self, Folder};
use crate::options::{MOST, Walk};

/// The modules of all users together: an option that a module of one of them declares is not missed in another's. `None` if home-manager
/// is no part of the configuration, or has modules that are not in sight.
pub(crate) fn of_set<'db>(db: &'db dyn Db, set: &ModuleSet) -> Option<&'db Arc<ModuleSet>> {
    if !set.is_closed() {
        return None;
    }
    let home = set.members().find_map(|file| tree_of(db, file))?;
    let mut files: Vec<SourceFile> = set.members().chain(set.listed()).collect();
    files.sort_by(|a, b| a.path(db).cmp(b.path(db)));
    files.dedup();
    let packages = files.iter().find_map(|file| nixpkgs::root_of(db, *file).filter(|(_, tree)| tree.packages)).map(|(root, _)| root);
    let mut found = Found::default();
    for file in files {
        let path = file.path(db);
        if !path.starts_with(home.path(db)) && !packages.as_ref().is_some_and(|root| path.starts_with(root)) {
            look(&Walk::new(db, file), &mut found);
        }
    }
    let lists = Lists::new(db, ModuleClass::Home, home, packages.map(|root| Folder::new(db, root)));
    (!found.unknown && !found.modules.is_empty()).then(|| modules::of_modules(db, lists, found.modules))
}

/// The tree of home-manager, if a file is its module for other configurations: `nixos/default.nix`.
fn tree_of(db: &dyn Db, file: SourceFile) -> Option<Folder<'_>> {
    let path = file.path(db);
    if !["nixos/default.nix", "nix-darwin/default.nix"].iter().any(|end| path.ends_with(end)) {
        return None;
    }
    let folder = Folder::new(db, Arc::<std::path::Path>::from(path.parent()?.parent()?));
    module_lists::is_tree(db, folder, ModuleClass::Home).then_some(folder)
}

#[derive(Default)]
struct Found {
    modules: Vec<(SourceFile, u32)>,
    /// There may be others.
    unknown: bool,
}

/// What a module sets `home-manager.users` to.
fn look(walk: &Walk<'_>, found: &mut Found) {
    let consts = &walk.module.consts;
    let is_named = |index: usize| matches!(consts.get(index), Some(Const::Str(text)) if *text == *b"home-manager");
    // An option of another name may stand for it: `mkAliasOptionModule [ "hm" ] [ "home-manager" "users" "me" ]`.
    found.unknown |= (0..consts.len()).any(is_named);
    for attr in walk.module.attrsets.iter().flat_map(|set| &set.attrs) {
        match attr.name.as_bytes() {
            b"home-manager" => values(walk, attr.value, found, MOST, &mut |walk, index, found| {
                let Some(set) = walk.module.attrsets.get(index as usize) else { return };
                found.unknown |= !set.dynamic.is_empty();
                for users in set.attrs.iter().filter(|attr| attr.name.as_bytes() == b"users") {
                    values(walk, users.value, found, MOST, &mut of_users);
                }
            }),
            // Modules for every user, also of what is no user here.
            b"sharedModules" => found.unknown = true,
            _ => {}
        }
    }
}

fn of_users(walk: &Walk<'_>, index: u32, found: &mut Found) {
    let Some(set) = walk.module.attrsets.get(index as usize) else { return };
    let values = set.attrs.iter().map(|attr| attr.value).chain(set.dynamic.iter().map(|attr| attr.value));
    found.modules.extend(values.map(|value| (walk.file, value.0)));
}

/// The sets that an expression comes down to, below conditions and merges.
fn values(walk: &Walk<'_>, expr: ExprId, found: &mut Found, most: u32, each: &mut dyn FnMut(&Walk<'_>, u32, &mut Found)) {
    let (module, Some(most)) = (walk.module, most.checked_sub(1)) else { return found.unknown = true };
    match module.exprs.get(expr.0 as usize) {
        Some(&Expr::Attrs(index)) => each(walk, index, found),
        Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => values(walk, body, found, most, each),
        Some(&Expr::Let(index)) => match module.lets.get(index as usize) {
            Some(lit) => values(walk, lit.body, found, most, each),
            None => found.unknown = true,
        },
        Some(&Expr::Call { function, args }) => match (walk.called(function).map(Name::as_bytes), module.list(args)) {
            (Some(b"mkDefault" | b"mkForce" | b"mkBefore" | b"mkAfter"), &[value]) | (Some(b"mkIf" | b"mkOverride"), &[_, value]) => {
                values(walk, value, found, most, each);
            }
            _ => found.unknown = true,
        },
        // The flake itself, handed on: `specialArgs = { inherit home-manager; }`.
        _ => found.unknown |= !configurations::is_from_inputs(walk, expr),
    }
}
