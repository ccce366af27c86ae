//! The configurations that a flake has, as its text spells them out: `nixpkgs.lib.nixosSystem { modules = [ … ]; }` and its like.

use nival_hir::module::{AttrName, Expr, ExprId};
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::eval::whnf;
use crate::module_lists::{Lists, ModuleClass};
use crate::nixpkgs::{self, Folder};
use crate::options::Walk;
use crate::set;
use crate::value::*;
use crate::{flakes, module_lists};

/// Functions that make a configuration of their argument's `modules`.
const FUNCTIONS: [(&[u8], ModuleClass); 3] =
    [(b"nixosSystem", ModuleClass::NixOs), (b"homeManagerConfiguration", ModuleClass::Home), (b"darwinSystem", ModuleClass::Darwin)];

/// What else the argument may have without another module coming from it.
const HARMLESS: [&[u8]; 9] = [b"check", b"extraSpecialArgs", b"inputs", b"lib", b"minimal", b"modules", b"pkgs", b"specialArgs", b"system"];

/// A configuration whose tree of modules is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Configuration<'db> {
    pub lists: Lists<'db>,
    /// The list of its own modules.
    pub modules: ExprId,
}

/// The configurations in a file of a flake.
pub(crate) fn of_flake<'db>(db: &'db dyn Db, file: SourceFile) -> Vec<Configuration<'db>> {
    let walk = Walk::new(db, file);
    walk.module.exprs.iter().filter_map(|expr| configuration(&walk, *expr)).collect()
}

fn configuration<'db>(walk: &Walk<'db>, call: Expr) -> Option<Configuration<'db>> {
    let module = walk.module;
    let Expr::Call { function, args } = call else { return None };
    let name = walk.called(function)?;
    let (_, class) = FUNCTIONS.iter().find(|(known, _)| name.as_bytes() == *known)?;
    let &[argument] = module.list(args) else { return None };
    let Some(&Expr::Attrs(set)) = module.exprs.get(walk.variable(argument).0 as usize) else { return None };
    let set = module.attrsets.get(set as usize)?;
    let harmless = set.dynamic.is_empty() && set.attrs.iter().all(|attr| HARMLESS.contains(&attr.name.as_bytes()));
    let modules = set.attrs.iter().find(|attr| attr.name.as_bytes() == b"modules")?.value;
    if !harmless {
        return None;
    }
    // `flake.lib.function`
    let flake = whnf(walk.db, flake_of(walk, function)?);
    let found = set::select(walk.db, &flake, Name::new(b"outPath"))?;
    let Shape::Path(Some(folder)) = whnf(walk.db, found.value).shape else { return None };
    let folder = Folder::new(walk.db, folder);
    if !module_lists::is_tree(walk.db, folder, *class) {
        return None;
    }
    let packages = nixpkgs::tree_for(walk.db, walk.file).map(|root| Folder::new(walk.db, root));
    let lists = Lists::new(walk.db, *class, folder, packages.filter(|_| *class == ModuleClass::Home));
    Some(Configuration { lists, modules })
}

/// The value of `flake` in `flake.lib.function`.
fn flake_of<'db>(walk: &Walk<'db>, function: ExprId) -> Option<Thunk<'db>> {
    let (mut at, mut names): (ExprId, Vec<Name>) = (function, Vec::new());
    loop {
        match *walk.module.exprs.get(at.0 as usize)? {
            Expr::Get { base, name, .. } => {
                names.insert(0, name);
                at = base;
            }
            Expr::Select { base, path, default: None, .. } => {
                let parts = walk.module.paths.get(path as usize)?.parts.iter().map(|part| match part {
                    AttrName::Static(name) => Some(*name),
                    AttrName::Dynamic(_) => None,
                });
                names.splice(0..0, parts.collect::<Option<Vec<_>>>()?);
                at = base;
            }
            _ => break,
        }
    }
    let (_, before) = names.split_last()?;
    let (lib, before) = before.split_last()?;
    if lib.as_bytes() != b"lib" || !is_argument_of_outputs(walk, at) {
        return None;
    }
    let attr = |base: Thunk<'db>, name: &Name| Thunk::Made(Made::new(walk.db, MadeKind::Attr { base, name: *name }));
    Some(before.iter().fold(walk.value(at), attr))
}

/// Whether an expression selects from what `outputs` of a flake is given: nothing is guessed of that but that the lock file is right.
pub(crate) fn is_from_inputs(walk: &Walk<'_>, expr: ExprId) -> bool {
    let mut at = expr;
    for _ in 0..16 {
        at = match walk.module.exprs.get(at.0 as usize) {
            Some(&(Expr::Get { base, .. } | Expr::Select { base, default: None, .. })) => base,
            Some(_) => return is_argument_of_outputs(walk, at),
            None => return false,
        };
    }
    false
}

fn is_argument_of_outputs(walk: &Walk<'_>, variable: ExprId) -> bool {
    use crate::frames::{SlotDef, frames};
    let (depth, slot) = match walk.module.exprs.get(variable.0 as usize) {
        Some(&Expr::Local(slot)) => (0, slot),
        Some(&Expr::Outer { depth, slot }) => (depth, slot),
        _ => return false,
    };
    let frames = frames(walk.db, walk.file);
    let mut owner = frames.owner(variable);
    for _ in 0..depth {
        owner = owner.and_then(|owner| frames.parent(owner));
    }
    let is_param = matches!(frames.slot(owner, slot), Some(SlotDef::Param(_) | SlotDef::Formal(_) | SlotDef::Bind));
    is_param && owner.is_some_and(|owner| flakes::is_outputs(walk.db, walk.file, walk.module, owner))
}
