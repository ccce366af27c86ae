//! Sets and `let`s, from their collected entries.

use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange};

use super::bindings::{Def, SetBuilder, Value, source_expr};
use super::env::NewBinding;
use super::names::UNBOUND;
use super::{Lowerer, unparen};
use crate::lexical::is_recursive;
use crate::module::*;
use crate::scopes::{BindingKind, ScopeKind};
use crate::source_map::AttrPlace;

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    pub fn attr_set(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        self.in_set(range.len(), |lowerer| {
            let mut builder = lowerer.new_builder();
            builder.recursive = is_recursive(node);
            lowerer.collect(node, &mut builder);
            let id = lowerer.set(&mut builder, range);
            lowerer.free_builder(builder);
            lowerer.junk(node);
            id
        })
    }

    /// `let { … }` is `(rec { … }).body`.
    pub fn legacy_let(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        let mut builder = self.new_builder();
        builder.recursive = true;
        self.collect(node, &mut builder);
        let base = self.in_set(range.len(), |lowerer| lowerer.set(&mut builder, range));
        self.free_builder(builder);
        self.junk(node);
        let (name, site) = (Name::new("body"), self.new_sites(1));
        self.push(Expr::Get { base, name, site }, range)
    }

    /// What the parser skipped inside of a set or `let`.
    fn junk(&mut self, node: Node<'t>) {
        if self.tree.errors().is_empty() {
            return;
        }
        for child in node.children().filter(|child| child.kind() == SyntaxKind::ERROR) {
            self.garbage(child);
        }
    }

    /// `range` is the set's, or that of the path it comes from.
    fn set(&mut self, builder: &mut SetBuilder<'t>, range: TextRange) -> ExprId {
        let recursive = builder.recursive;
        // One for each of the definitions, in the same order.
        let mut attrs: Vec<AttrDef> = Vec::with_capacity(builder.defs.len());
        let scope = if recursive {
            let kind = BindingKind::Rec;
            let (slots, scope) = self.open_bindings(&builder.defs, kind, ScopeKind::Rec, range, |lowerer, def| lowerer.inherited(def));
            attrs.extend(builder.defs.iter().zip(slots).map(|(def, (slot, value))| {
                let value = value.unwrap_or(ExprId(0));
                AttrDef { name: self.name(def.local), value, slot: Some(slot) }
            }));
            Some(scope)
        } else {
            None
        };
        let sources = self.sources(&builder.sources);
        for (index, def) in builder.defs.iter_mut().enumerate() {
            if recursive {
                if !matches!(def.value, Value::Inherited) {
                    let value = self.value(def, &sources);
                    if let Some(attr) = attrs.get_mut(index) {
                        attr.value = value;
                    }
                }
            } else {
                let value = match self.inherited(def) {
                    Some(value) => value,
                    None => self.value(def, &sources),
                };
                attrs.push(AttrDef { name: self.name(def.local), value, slot: None });
            }
        }
        let mut dynamic = Vec::with_capacity(builder.dynamics.len());
        let mut places = Vec::new();
        for entry in &mut builder.dynamics {
            let name = self.dynamic_name(entry.name);
            let at = self.range(entry.name);
            if ANALYSIS {
                places.push(AttrPlace { position: entry.position, name: at });
            }
            let value = self.entry_value(&mut entry.value, at, None);
            dynamic.push(DynamicDef { name, value });
        }
        self.lower_dropped(builder);
        if let Some(scope) = scope {
            self.env.close(scope);
        }
        if !recursive && attrs.is_empty() && dynamic.is_empty() && sources.is_empty() {
            return self.push(Expr::Attrs(Module::EMPTY_SET), range);
        }
        if ANALYSIS {
            let place = |def: &Def<'t>| AttrPlace { position: def.position, name: def.name };
            let mut defs: Vec<(Name, AttrPlace)> = attrs.iter().zip(&builder.defs).map(|(attr, def)| (attr.name, place(def))).collect();
            defs.sort_unstable_by_key(|def| def.0);
            self.attr_starts.push(self.attrs.len() as u32);
            self.attrs.extend(defs.iter().map(|def| def.1));
            self.dynamic_starts.push(self.dynamics.len() as u32);
            self.dynamics.append(&mut places);
        }
        attrs.sort_unstable_by_key(|attr| attr.name);
        let attrs: Box<[AttrDef]> = attrs.into();
        let overrides = recursive && attrs.iter().any(|attr| attr.name.as_bytes() == b"__overrides");
        self.attrsets.push(AttrsLit { attrs, dynamic: dynamic.into(), sources: sources.into(), recursive, overrides });
        let index = self.attrsets.len() as u32 - 1;
        self.push(Expr::Attrs(index), range)
    }

    pub fn let_in(&mut self, node: Node<'t>) -> ExprId {
        self.in_set(self.range(node).len(), |lowerer| lowerer.let_of(node))
    }

    fn let_of(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        let mut builder = self.new_builder();
        self.collect(node, &mut builder);
        let (slots, scope) =
            self.open_bindings(&builder.defs, BindingKind::Let, ScopeKind::Let, range, |lowerer, def| lowerer.inherited(def));
        let sources = self.sources(&builder.sources);
        let mut defs = Vec::with_capacity(builder.defs.len());
        for (def, (slot, inherited)) in builder.defs.iter_mut().zip(slots) {
            let value = match inherited {
                Some(value) => value,
                None => self.value(def, &sources),
            };
            defs.push((slot, value));
        }
        for entry in &mut builder.dynamics {
            // An error of the file; only its names matter.
            self.dynamic_name(entry.name);
            let at = self.range(entry.name);
            self.entry_value(&mut entry.value, at, None);
        }
        self.lower_dropped(&builder);
        self.free_builder(builder);
        self.junk(node);
        let body = node.children().filter(|child| !is_entry(child.kind())).last();
        let body = self.operand(body, range);
        self.env.close(scope);
        self.lets.push(LetLit { sources: sources.into(), defs: defs.into(), body });
        let index = self.lets.len() as u32 - 1;
        self.push(Expr::Let(index), range)
    }

    /// Gives a slot to each definition and opens their scope. What is inherited is lowered before: it means the names outside.
    #[allow(clippy::type_complexity)]
    fn open_bindings(
        &mut self,
        defs: &[Def<'t>],
        kind: BindingKind,
        scope: ScopeKind,
        range: TextRange,
        mut inherited: impl FnMut(&mut Self, &Def<'t>) -> Option<ExprId>,
    ) -> (Vec<(Slot, Option<ExprId>)>, super::env::OpenScope) {
        let slots: Vec<(Slot, Option<ExprId>)> = defs
            .iter()
            .map(|def| {
                let value = inherited(self, def);
                (self.env.new_slot(), value)
            })
            .collect();
        let new = defs.iter().zip(&slots).map(|(def, &(slot, _))| NewBinding {
            local: def.local,
            range: def.name,
            slot,
            kind,
            inherited: matches!(def.value, Value::Inherited | Value::From(_)),
        });
        let scope = self.env.open(scope, range, new);
        (slots, scope)
    }

    fn lower_dropped(&mut self, builder: &SetBuilder<'t>) {
        for &value in &builder.dropped {
            self.expr(value);
        }
    }

    /// The variable that `inherit x` takes over.
    pub(super) fn inherited(&mut self, def: &Def<'t>) -> Option<ExprId> {
        matches!(def.value, Value::Inherited).then(|| self.variable(def.local, def.name, true))
    }

    fn sources(&mut self, sources: &[Node<'t>]) -> Vec<(Slot, ExprId)> {
        let mut lowered = Vec::with_capacity(sources.len());
        for &source in sources {
            let value = self.operand(source_expr(source), self.range(source));
            lowered.push((self.env.new_slot(), value));
        }
        lowered
    }

    /// The value of a definition that is not inherited from the scope.
    pub(super) fn value(&mut self, def: &mut Def<'t>, sources: &[(Slot, ExprId)]) -> ExprId {
        match def.value {
            Value::From(source) => {
                let Some(&(slot, _)) = sources.get(source as usize) else { return self.missing(def.name) };
                let base = self.push(Expr::Local(slot), TextRange::empty(def.name.start()));
                let (name, site) = (self.name(def.local), self.new_sites(1));
                let id = self.push(Expr::Get { base, name, site }, def.name);
                self.detail(id, def.name);
                id
            }
            _ => {
                if ANALYSIS && let Some(check) = self.check {
                    check();
                }
                let name = self.name(def.local);
                let piece = self.begin_piece(def);
                let value = self.entry_value(&mut def.value, def.name, Some(name));
                self.end_piece(piece, def.name.start());
                value
            }
        }
    }

    pub(super) fn entry_value(&mut self, value: &mut Value<'t>, at: TextRange, name: Option<Name>) -> ExprId {
        match value {
            // A variable stays the thing itself: equality can tell functions apart by that.
            Value::Expr(Some(node)) if self.patchable && !self.is_bound(*node) => {
                let node = *node;
                self.patch(|lowerer| lowerer.named(Some(node), at, name))
            }
            Value::Expr(node) => self.named(*node, at, name),
            Value::Set(builder) => {
                let mut builder = std::mem::take(builder);
                stacker::maybe_grow(64 << 10, 1 << 20, || self.patch(|lowerer| lowerer.set(&mut builder, at)))
            }
            Value::Inherited | Value::From(_) => self.missing(at),
        }
    }
}

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    /// Whether an expression is a name that the text binds.
    fn is_bound(&mut self, node: Node<'t>) -> bool {
        let node = unparen(node);
        if node.kind() != SyntaxKind::NAME_REF {
            return false;
        }
        let local = self.local(node);
        self.env.names.get(local).head != UNBOUND
    }
}

fn is_entry(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::BINDING | SyntaxKind::INHERIT | SyntaxKind::ERROR)
}
