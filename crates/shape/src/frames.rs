//! What each variable of a file stands for: the slots of its frames.

use std::sync::Arc;

use nival_hir::module::{Expr, ExprId, Module, Param, Slot};
use nival_hir::queries;
use nival_source::{Db, SourceFile};
use rustc_hash::FxHashMap;

/// The slots of the functions of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frames {
    /// The function that each expression is in, plus one; 0 is the file.
    owners: Box<[u32]>,
    /// By function plus one, as above: the function around it in the same way.
    parents: Box<[u32]>,
    slots: FxHashMap<(u32, Slot), SlotDef>,
}

/// What fills a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotDef {
    /// The parameter number i.
    Param(u32),
    /// The formal number i of the pattern.
    Formal(u32),
    /// The whole argument of the pattern.
    Bind,
    /// An expression in the same frame.
    Expr(ExprId),
}

/// The frames of a file.
#[salsa::tracked(returns(ref), lru = 512)]
pub fn frames(db: &dyn Db, file: SourceFile) -> Arc<Frames> {
    Arc::new(Frames::new(queries::module(db, file)))
}

impl Frames {
    pub fn new(module: &Module) -> Frames {
        let mut frames = Frames {
            owners: vec![u32::MAX; module.exprs.len()].into(),
            parents: vec![0; module.lambdas.len() + 1].into(),
            slots: FxHashMap::default(),
        };
        let mut open = vec![(module.root, 0)];
        while let Some((id, owner)) = open.pop() {
            match frames.owners.get_mut(id.0 as usize) {
                // Of an expression that several share the first owner counts; they are in one frame.
                Some(place) if *place == u32::MAX => *place = owner,
                _ => continue,
            }
            let Some(&expr) = module.exprs.get(id.0 as usize) else { continue };
            let mut inner = owner;
            match expr {
                Expr::Lambda(lambda) => {
                    inner = lambda + 1;
                    frames.enter(module, lambda, owner);
                }
                Expr::Let(index) => {
                    let Some(lit) = module.lets.get(index as usize) else { continue };
                    let defs = lit.sources.iter().chain(&lit.defs);
                    frames.slots.extend(defs.map(|&(slot, expr)| ((owner, slot), SlotDef::Expr(expr))));
                }
                Expr::Attrs(index) => {
                    let Some(set) = module.attrsets.get(index as usize) else { continue };
                    frames.slots.extend(set.sources.iter().map(|&(slot, expr)| ((owner, slot), SlotDef::Expr(expr))));
                    let named = set.attrs.iter().filter_map(|attr| Some(((owner, attr.slot?), SlotDef::Expr(attr.value))));
                    frames.slots.extend(named);
                }
                Expr::With { slot, namespace, .. } => drop(frames.slots.insert((owner, slot), SlotDef::Expr(namespace))),
                _ => {}
            }
            module.children(id, |child| open.push((child, inner)));
        }
        frames
    }

    fn enter(&mut self, module: &Module, lambda: u32, owner: u32) {
        if let Some(parent) = self.parents.get_mut(lambda as usize + 1) {
            *parent = owner;
        }
        let Some(lit) = module.lambdas.get(lambda as usize) else { return };
        for (index, param) in lit.params.iter().enumerate() {
            match param {
                Param::Name(_, slot) => drop(self.slots.insert((lambda + 1, *slot), SlotDef::Param(index as u32))),
                Param::Pattern(pattern) => {
                    for (formal, at) in pattern.formals.iter().zip(0..) {
                        self.slots.insert((lambda + 1, formal.slot), SlotDef::Formal(at));
                    }
                    if let Some((_, slot)) = pattern.bind {
                        self.slots.insert((lambda + 1, slot), SlotDef::Bind);
                    }
                }
            }
        }
    }

    /// What fills a slot of the frame of a function, or of the file.
    pub fn slot(&self, lambda: Option<u32>, slot: Slot) -> Option<SlotDef> {
        self.slots.get(&(lambda.map_or(0, |lambda| lambda + 1), slot)).copied()
    }

    /// The function whose frame an expression is evaluated in.
    pub fn owner(&self, expr: ExprId) -> Option<u32> {
        self.owners.get(expr.0 as usize).filter(|&&owner| owner != u32::MAX)?.checked_sub(1)
    }

    /// The function around a function.
    pub fn parent(&self, lambda: u32) -> Option<u32> {
        self.parents.get(lambda as usize + 1)?.checked_sub(1)
    }
}
