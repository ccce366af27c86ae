//! Expressions that bind no names.

use nival_syntax::ast::{self, AstNode};
use nival_syntax::flat::{Node, Token};
use nival_syntax::{SyntaxKind, TextRange};

use super::names::Special;
use super::{Lowerer, only_child, unparen};
use crate::module::*;
use crate::scopes::ScopeKind;

/// Below this much free stack a new stretch is taken; one node needs less than a tenth of it.
pub(super) const RED_ZONE: usize = 64 << 10;
pub(super) const STRETCH: usize = 1 << 20;

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    /// Trees may be as deep as the parser lets them be, on a thread with a stack as small as it likes.
    #[inline]
    pub fn expr(&mut self, node: Node<'t>) -> ExprId {
        // Leaves are half of all nodes and need no stack.
        match node.kind() {
            SyntaxKind::NAME_REF => {
                let local = self.local(node);
                self.variable(local, self.range(node), false)
            }
            SyntaxKind::LITERAL => self.literal(node),
            _ => stacker::maybe_grow(RED_ZONE, STRETCH, || self.inner_expr(node)),
        }
    }

    fn inner_expr(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        match node.kind() {
            SyntaxKind::NAME_REF | SyntaxKind::LITERAL => self.expr(node),
            SyntaxKind::STR => self.string(node),
            SyntaxKind::INDENTED_STR => self.indented_string(node),
            SyntaxKind::PATH => self.path(node),
            SyntaxKind::SEARCH_PATH_EXPR => self.search_path(node),
            SyntaxKind::LIST => {
                let from = self.scratch.len();
                for child in node.children() {
                    let item = self.expr(child);
                    self.scratch.push(item);
                }
                let items = self.list_from(from);
                self.push(Expr::List(items), range)
            }
            SyntaxKind::ATTR_SET => self.attr_set(node),
            SyntaxKind::LEGACY_LET => self.legacy_let(node),
            SyntaxKind::LET_IN => self.let_in(node),
            SyntaxKind::LAMBDA => self.lambda(node, None),
            SyntaxKind::APPLY => self.call(node),
            SyntaxKind::SELECT => self.select(node),
            SyntaxKind::HAS_ATTR => {
                let base = self.first_operand(node);
                let path = self.attr_path(node);
                self.push(Expr::HasAttr { base, path }, range)
            }
            SyntaxKind::UNARY_OP => self.unary(node),
            SyntaxKind::BINARY_OP => self.binary(node),
            SyntaxKind::IF_THEN_ELSE => {
                let [condition, then_branch, else_branch] = operands(node).unwrap_or_else(|| {
                    let node = ast::IfThenElse::cast(node);
                    [node.and_then(|n| n.condition()), node.and_then(|n| n.then_branch()), node.and_then(|n| n.else_branch())].map(syntax)
                });
                let (condition, then_branch, else_branch) =
                    (self.operand(condition, range), self.operand(then_branch, range), self.operand(else_branch, range));
                self.push(Expr::If { condition, then_branch, else_branch }, range)
            }
            SyntaxKind::WITH => self.with(node),
            SyntaxKind::ASSERT => {
                let [condition, body] = operands(node).unwrap_or_else(|| {
                    let node = ast::Assert::cast(node);
                    [node.and_then(|n| n.condition()), node.and_then(|n| n.body())].map(syntax)
                });
                let (condition, body) = (self.operand(condition, range), self.operand(body, range));
                self.push(Expr::Assert { condition, body }, range)
            }
            SyntaxKind::PAREN => self.child_or_missing(node),
            SyntaxKind::CUR_POS => self.push(Expr::CurPos, range),
            _ => {
                self.garbage(node);
                self.missing(range)
            }
        }
    }

    /// Lowers what can be an expression in text that makes no sense, so that its names are known to editors.
    pub fn garbage(&mut self, node: Node<'t>) {
        self.garbage += 1;
        for child in node.children() {
            if ast::Expr::<Node<'t>>::can_cast(child.kind()) {
                self.expr(child);
            } else {
                stacker::maybe_grow(RED_ZONE, STRETCH, || self.garbage(child));
            }
        }
        self.garbage -= 1;
    }

    /// An operand of a node that ends at the end of `parent`, or `Missing` there.
    pub fn operand(&mut self, node: Option<Node<'t>>, parent: TextRange) -> ExprId {
        match node {
            Some(node) => self.expr(node),
            None => self.missing(TextRange::empty(parent.end())),
        }
    }

    fn first_operand(&mut self, node: Node<'t>) -> ExprId {
        let first = node.children().next().filter(|child| child.kind() != SyntaxKind::ATTRPATH);
        self.operand(first, TextRange::empty(self.range(node).start()))
    }

    /// A chain of applications and pipes is one call. Parentheses around the function change nothing.
    fn call(&mut self, node: Node<'t>) -> ExprId {
        let from = self.nodes.len();
        let mut pipe = None;
        let mut function = node;
        loop {
            let inner = unparen(function);
            let (next, argument) = match inner.kind() {
                SyntaxKind::APPLY => match operands(inner) {
                    Some([function, argument]) => (function, argument),
                    None => break,
                },
                SyntaxKind::BINARY_OP => match (operator(inner), operands(inner)) {
                    (Some(at), Some([argument, function])) if at.kind() == SyntaxKind::PIPE_INTO => {
                        pipe = pipe.or(Some(at.range()));
                        (function, argument)
                    }
                    (Some(at), Some([function, argument])) if at.kind() == SyntaxKind::PIPE_FROM => {
                        pipe = pipe.or(Some(at.range()));
                        (function, argument)
                    }
                    _ => break,
                },
                _ => break,
            };
            let (Some(next), Some(argument)) = (next, argument) else { break };
            self.nodes.push(argument);
            function = next;
        }
        if self.nodes.len() == from {
            // The function or the argument is missing.
            self.garbage(node);
            return self.missing(self.range(node));
        }
        let function = self.expr(function);
        let args_from = self.scratch.len();
        while self.nodes.len() > from {
            if let Some(argument) = self.nodes.pop() {
                let argument = self.expr(argument);
                self.scratch.push(argument);
            }
        }
        let args = self.list_from(args_from);
        let id = self.push(Expr::Call { function, args }, self.range(node));
        if let Some(pipe) = pipe {
            self.detail(id, pipe);
        }
        id
    }

    fn select(&mut self, node: Node<'t>) -> ExprId {
        let base = self.first_operand(node);
        let mut rest = node.children().skip_while(|child| child.kind() != SyntaxKind::ATTRPATH);
        let (Some(path), default) = (rest.next(), rest.find(|child| child.kind() != SyntaxKind::ERROR)) else {
            return base;
        };
        let mut names = path.children();
        if default.is_none()
            && let (Some(name), None) = (names.next(), names.next())
            && let Some(local) = self.static_name(name)
        {
            let (name_range, name, site) = (self.range(name), self.name(local), self.new_sites(1));
            let id = self.push(Expr::Get { base, name, site }, self.range(node));
            self.detail(id, name_range);
            return id;
        }
        let path = self.attr_path(node);
        let default = default.map(|default| ExprRef::new(self.expr(default)));
        self.push(Expr::Select { base, path, default }, self.range(node))
    }

    /// The attribute path below a selection.
    fn attr_path(&mut self, node: Node<'t>) -> u32 {
        let mut parts = Vec::new();
        let mut ranges = Vec::new();
        if let Some(path) = node.children().find(|child| child.kind() == SyntaxKind::ATTRPATH) {
            parts.reserve_exact(path.children().count());
            for name in path.children() {
                if ANALYSIS {
                    ranges.push(name.range());
                }
                parts.push(match self.static_name(name) {
                    Some(local) => AttrName::Static(self.name(local)),
                    None => match self.dynamic_name(name) {
                        // `"${"x"}"`; in a definition it stays dynamic, here there is no difference.
                        id if let Some(name) = self.constant_name(id) => AttrName::Static(name),
                        id => AttrName::Dynamic(id),
                    },
                });
            }
        }
        let site = self.new_sites(parts.len());
        if ANALYSIS {
            self.path_starts.push(self.path_parts.len() as u32);
            self.path_parts.append(&mut ranges);
        }
        self.paths.push(AttrPath { parts: parts.into(), site });
        self.paths.len() as u32 - 1
    }

    /// The expression of a name that is not a constant: `${e}`, `"a${e}"`.
    pub fn dynamic_name(&mut self, name: Node<'t>) -> ExprId {
        match name.kind() {
            SyntaxKind::STR => self.string(name),
            SyntaxKind::DYNAMIC_ATTR => self.child_or_missing(name),
            _ => {
                self.garbage(name);
                self.missing(self.range(name))
            }
        }
    }

    fn constant_name(&self, id: ExprId) -> Option<nival_syntax::Name> {
        self.constant_string(id).map(nival_syntax::Name::new)
    }

    fn unary(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        let minus = node.text().first() == Some(&b'-');
        let Some(operand) = only_child(node) else { return self.missing(range) };
        if !minus {
            let operand = self.expr(operand);
            return self.push(Expr::Not(operand), range);
        }
        if let Some(sub) = self.env.names.shadowed(Special::Sub) {
            let function = self.variable(sub, TextRange::empty(range.start()), false);
            let zero = self.constant(Const::Int(0), TextRange::empty(range.start()));
            let operand = self.expr(operand);
            return self.call_of(function, [zero, operand], range);
        }
        let operand = self.expr(operand);
        if let Some(&Expr::Const(index)) = self.exprs.get(operand.0 as usize) {
            match self.consts.get(index as usize) {
                Some(Const::Int(value)) if let Some(value) = 0i64.checked_sub(value) => return self.constant(Const::Int(value), range),
                // -0.0 is 0 - 0.0, which is 0.0.
                Some(Const::Float(bits)) => return self.constant(Const::Float((0.0 - f64::from_bits(bits)).to_bits()), range),
                _ => {}
            }
        }
        self.push(Expr::Negate(operand), range)
    }

    fn call_of(&mut self, function: ExprId, args: [ExprId; 2], range: TextRange) -> ExprId {
        let from = self.scratch.len();
        self.scratch.extend(args);
        let args = self.list_from(from);
        self.push(Expr::Call { function, args }, range)
    }

    fn binary(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        let Some(operator) = operator(node) else {
            self.garbage(node);
            return self.missing(range);
        };
        let at = if ANALYSIS { operator.range() } else { TextRange::default() };
        let op = match operator.kind() {
            SyntaxKind::PIPE_INTO | SyntaxKind::PIPE_FROM => return self.call(node),
            SyntaxKind::CONCAT => BinaryOp::Concat,
            SyntaxKind::PLUS => BinaryOp::Add,
            SyntaxKind::MINUS => BinaryOp::Sub,
            SyntaxKind::STAR => BinaryOp::Mul,
            SyntaxKind::SLASH => BinaryOp::Div,
            SyntaxKind::UPDATE => BinaryOp::Update,
            SyntaxKind::EQUAL => BinaryOp::Equal,
            SyntaxKind::NOT_EQUAL => BinaryOp::NotEqual,
            SyntaxKind::LESS => BinaryOp::Less,
            SyntaxKind::LESS_EQUAL => BinaryOp::LessEqual,
            SyntaxKind::GREATER => BinaryOp::Greater,
            SyntaxKind::GREATER_EQUAL => BinaryOp::GreaterEqual,
            SyntaxKind::AND => BinaryOp::And,
            SyntaxKind::OR => BinaryOp::Or,
            SyntaxKind::IMPLIES => BinaryOp::Implies,
            _ => {
                self.garbage(node);
                return self.missing(range);
            }
        };
        let [lhs, rhs] = operands(node).unwrap_or_else(|| {
            let node = ast::BinaryOp::cast(node);
            [node.and_then(|n| n.lhs()), node.and_then(|n| n.rhs())].map(syntax)
        });
        if let Some((special, swapped, negated)) = special_of(op)
            && let Some(local) = self.env.names.shadowed(special)
        {
            let function = self.variable(local, TextRange::empty(at.start()), false);
            let (lhs, rhs) = (self.operand(lhs, at), self.operand(rhs, range));
            let call = self.call_of(function, if swapped { [rhs, lhs] } else { [lhs, rhs] }, range);
            self.detail(call, at);
            return if negated { self.push(Expr::Not(call), range) } else { call };
        }
        let (lhs, rhs) = (self.operand(lhs, TextRange::empty(at.start())), self.operand(rhs, range));
        let id = self.push(Expr::Binary { op, lhs, rhs }, range);
        self.detail(id, at);
        id
    }

    fn with(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        let [namespace, body] = operands(node).unwrap_or_else(|| {
            let node = ast::With::cast(node);
            [node.and_then(|n| n.namespace()), node.and_then(|n| n.body())].map(syntax)
        });
        let namespace = self.operand(namespace, range);
        let slot = self.env.new_slot();
        let scope = self.env.open(ScopeKind::With { namespace }, range, []);
        self.env.push_with(slot, scope.id);
        let body = self.operand(body, range);
        self.env.pop_with();
        self.env.close(scope);
        self.push(Expr::With { slot, namespace, body }, range)
    }
}

/// What `a op b` calls: the function, whether it is given `b a`, and whether the result is negated.
fn special_of(op: BinaryOp) -> Option<(Special, bool, bool)> {
    Some(match op {
        BinaryOp::Sub => (Special::Sub, false, false),
        BinaryOp::Mul => (Special::Mul, false, false),
        BinaryOp::Div => (Special::Div, false, false),
        BinaryOp::Less => (Special::LessThan, false, false),
        BinaryOp::Greater => (Special::LessThan, true, false),
        BinaryOp::LessEqual => (Special::LessThan, true, true),
        BinaryOp::GreaterEqual => (Special::LessThan, false, true),
        _ => return None,
    })
}

/// The children of a node that has exactly `N`, none of them garbage.
pub(super) fn operands<const N: usize>(node: Node<'_>) -> Option<[Option<Node<'_>>; N]> {
    let mut found = [None; N];
    let mut children = node.children();
    for operand in &mut found {
        *operand = Some(children.next().filter(|child| child.kind() != SyntaxKind::ERROR)?);
    }
    children.next().is_none().then_some(found)
}

pub(super) fn syntax<'t>(expr: Option<ast::Expr<Node<'t>>>) -> Option<Node<'t>> {
    expr.map(|expr| *expr.syntax())
}

/// The operator of a `BINARY_OP`: the first token that is not trivia between its operands.
pub(super) fn operator(node: Node<'_>) -> Option<Token<'_>> {
    let tokens = node.token_range();
    let start = node.children().next().map_or(tokens.start, |lhs| lhs.token_range().end);
    (start..tokens.end).filter_map(|index| node.tree().token(index)).find(|token| !token.kind().is_trivia())
}
