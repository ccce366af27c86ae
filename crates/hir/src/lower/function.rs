//! Functions.

use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange};

use super::env::{NewBinding, OpenScope};
use super::names::Local;
use super::{Lowerer, only_child, unparen};
use crate::module::*;
use crate::result::LowerErrorKind;
use crate::scopes::{BindingKind, ScopeKind};

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    /// A `LAMBDA` and those it is fused with; `name` is what it is bound to.
    pub fn lambda(&mut self, node: Node<'t>, name: Option<Name>) -> ExprId {
        let index = self.lambdas.len() as u32;
        self.lambdas.push(Lambda { params: Box::default(), body: ExprId(0), frame_size: 0, name });
        if ANALYSIS {
            self.lambda_ranges.push(node.range());
            self.param_runs.push((0, 0));
        }
        self.env.push_frame(Some(index));

        let mut params = Vec::with_capacity(1);
        let mut ranges = Vec::new();
        let mut scopes: Vec<OpenScope> = Vec::new();
        let mut pattern_ranges = Vec::new();
        let mut function = node;
        let body = loop {
            let mut children = function.children();
            let param = children.next();
            let body = children.find(|child| child.kind() != SyntaxKind::ERROR);
            let scope_range = self.range(function);
            match param.map(|param| (param, param.kind())) {
                Some((param, SyntaxKind::NAME_PARAM)) => {
                    let slot = self.env.new_slot();
                    let local = self.local(param.children().next().unwrap_or(param));
                    params.push(Param::Name(self.name(local), slot));
                    if ANALYSIS {
                        ranges.push(param.range());
                    }
                    let binding = NewBinding { local, range: self.range(param), slot, kind: BindingKind::Param, inherited: false };
                    scopes.push(self.env.open(ScopeKind::Lambda, scope_range, [binding]));
                    match body.map(unparen) {
                        Some(body) if body.kind() == SyntaxKind::LAMBDA => function = body,
                        body => break body,
                    }
                }
                Some((param, SyntaxKind::PATTERN_PARAM)) => {
                    if ANALYSIS {
                        ranges.push(param.range());
                    }
                    let (pattern, scope) = self.pattern(param, function, &mut pattern_ranges);
                    params.push(Param::Pattern(Box::new(pattern)));
                    scopes.push(scope);
                    break body.map(unparen);
                }
                _ => {
                    // A function whose parameter makes no sense still is one.
                    let slot = self.env.new_slot();
                    let local = self.env.names.local(b"");
                    params.push(Param::Name(self.name(local), slot));
                    if ANALYSIS {
                        ranges.push(TextRange::empty(scope_range.start()));
                    }
                    scopes.push(self.env.open(ScopeKind::Lambda, scope_range, []));
                    break body.or(param);
                }
            }
        };
        // Nix names the functions that the body of a named function gives, too.
        let body = self.named(body, self.range(node), name);
        while let Some(scope) = scopes.pop() {
            self.env.close(scope);
        }
        let frame_size = self.env.pop_frame();
        if ANALYSIS {
            let start = self.params.len() as u32;
            self.params.append(&mut ranges);
            self.params.append(&mut pattern_ranges);
            if let Some(run) = self.param_runs.get_mut(index as usize) {
                *run = (start, self.params.len() as u32);
            }
        }
        if let Some(lambda) = self.lambdas.get_mut(index as usize) {
            *lambda = Lambda { params: params.into(), body, frame_size, name };
        }
        self.push(Expr::Lambda(index), self.range(node))
    }

    /// An expression that is bound to `name`.
    pub fn named(&mut self, node: Option<Node<'t>>, parent: TextRange, name: Option<Name>) -> ExprId {
        match node.map(unparen) {
            Some(node) if name.is_some() && node.kind() == SyntaxKind::LAMBDA => {
                stacker::maybe_grow(64 << 10, 1 << 20, || self.lambda(node, name))
            }
            node => self.operand(node, parent),
        }
    }

    /// Lowers a pattern, and leaves its scope open for the body. `ranges` gets the range of the `@` name, then those of the formals.
    fn pattern(&mut self, param: Node<'t>, function: Node<'t>, ranges: &mut Vec<TextRange>) -> (Pattern, OpenScope) {
        struct Found<'t> {
            local: Local,
            name: Name,
            range: TextRange,
            slot: Slot,
            default: Option<Node<'t>>,
            /// The default, lowered.
            value: Option<ExprId>,
            /// Its place in the text.
            place: u32,
        }
        let mut formals: Vec<Found<'t>> = Vec::new();
        let mut defaults = 0;
        let mut bind: Option<(Local, TextRange)> = None;
        for child in param.children() {
            match child.kind() {
                SyntaxKind::AT_BINDING => {
                    if let Some(name) = only_child(child).filter(|name| name.kind() == SyntaxKind::NAME) {
                        bind = bind.or(Some((self.local(name), self.range(name))));
                    }
                }
                SyntaxKind::FORMAL => {
                    let mut parts = child.children();
                    let Some(name) = parts.next().filter(|name| name.kind() == SyntaxKind::NAME) else { continue };
                    let local = self.local(name);
                    let default = parts.next();
                    defaults += default.is_some() as usize;
                    let (range, place) = (self.range(name), formals.len() as u32);
                    formals.push(Found { local, name: self.name(local), range, slot: Slot(0), default, value: None, place });
                }
                _ => {}
            }
        }
        // Of equal names the first in the text stays first.
        formals.sort_unstable_by_key(|formal| (formal.name, formal.place));
        let mut duplicates = Vec::new();
        formals.dedup_by(|second, first| {
            let same = first.local == second.local;
            if same {
                duplicates.push((second.local, second.range, first.range));
            }
            same
        });
        for (local, range, previous) in duplicates {
            let kind = LowerErrorKind::DuplicateFormal { name: self.name(local), previous, at_name: false };
            self.error(self.range(function).end(), range, kind);
        }
        if let Some((local, range)) = bind
            && let Some(formal) = formals.iter().find(|formal| formal.local == local)
        {
            let kind = LowerErrorKind::DuplicateFormal { name: self.name(local), previous: formal.range, at_name: true };
            // Nix reports the start of the function; `range` is what to show.
            self.error(self.range(function).end(), TextRange::new(self.range(function).start(), range.end()), kind);
            bind = None;
        }

        let ellipsis = has_ellipsis(param);
        if ANALYSIS {
            ranges.push(bind.map_or(TextRange::empty(param.range().start()), |(_, range)| range));
            ranges.extend(formals.iter().map(|formal| formal.range));
        }
        let bind = bind.map(|(local, range)| (local, range, self.env.new_slot()));
        // In the order of the text, so that the module of a text is the same in each process but for the order of its sorted tables.
        let mut places: Vec<u32> = formals.iter().map(|formal| formal.place).collect();
        places.sort_unstable();
        let first = self.env.new_slots(formals.len());
        for formal in &mut formals {
            let number = places.binary_search(&formal.place).unwrap_or_default();
            formal.slot = Slot(first + number as u32);
        }
        let at = bind.map(|(local, range, slot)| NewBinding { local, range, slot, kind: BindingKind::PatternBind, inherited: false });
        let names = formals.iter().map(|f| NewBinding {
            local: f.local,
            range: f.range,
            slot: f.slot,
            kind: BindingKind::Formal,
            inherited: false,
        });
        let scope = self.env.open(ScopeKind::Lambda, self.range(function), at.into_iter().chain(names));
        if defaults > 0 {
            let mut in_text: Vec<usize> = Vec::with_capacity(defaults);
            in_text.extend((0..formals.len()).filter(|&i| formals[i].default.is_some()));
            in_text.sort_unstable_by_key(|&i| formals[i].place);
            for i in in_text {
                formals[i].value = formals[i].default.map(|default| self.expr(default));
            }
        }
        let formals = formals.iter().map(|f| Formal { name: f.name, slot: f.slot, default: f.value }).collect();
        (Pattern { formals, ellipsis, bind: bind.map(|(local, _, slot)| (self.name(local), slot)) }, scope)
    }
}

pub(super) fn has_ellipsis(param: Node<'_>) -> bool {
    let mut skip_to = 0;
    let mut children = param.children().peekable();
    for index in param.token_range() {
        while let Some(child) = children.next_if(|child| child.token_range().start <= index) {
            skip_to = child.token_range().end;
        }
        if index >= skip_to && param.tree().token(index).is_some_and(|token| token.kind() == SyntaxKind::ELLIPSIS) {
            return true;
        }
    }
    false
}
