//! Where an expression may stand without parentheses.

use nival_syntax::ast::{AstNode, BinaryOp, BinaryOpKind, Expr, UnaryOp, UnaryOpKind};
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange};

use super::context::Context;

/// How tightly an expression holds together, loosest first; also what a place asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// `x: …`, `let`, `if`, `with`, `assert`: they take all that follows.
    Open,
    Pipe,
    Implies,
    Or,
    And,
    Equal,
    Compare,
    Update,
    Not,
    Add,
    Multiply,
    Concat,
    HasAttr,
    Negate,
    Apply,
    Select,
    /// `a.b`, which a further `.c` may follow.
    Chain,
    Atom,
}

pub(super) fn level_of(expr: &Expr<Node<'_>>) -> Level {
    match expr {
        Expr::NameRef(_) | Expr::Str(_) | Expr::IndentedStr(_) | Expr::List(_) | Expr::AttrSet(_) | Expr::LegacyLet(_) => Level::Atom,
        Expr::Paren(_) | Expr::CurPos(_) => Level::Atom,
        // A dot behind them would be read as part of them.
        Expr::Literal(_) | Expr::Path(_) | Expr::SearchPath(_) => Level::Select,
        Expr::Select(select) if select.or_token().is_some() => Level::Select,
        Expr::Select(_) => Level::Chain,
        Expr::Apply(_) => Level::Apply,
        Expr::HasAttr(_) => Level::HasAttr,
        Expr::UnaryOp(op) => match op.op_kind() {
            Some(UnaryOpKind::Negate) => Level::Negate,
            _ => Level::Not,
        },
        Expr::BinaryOp(op) => op.op_kind().map_or(Level::Open, level_of_operator),
        Expr::LetIn(_) | Expr::Lambda(_) | Expr::IfThenElse(_) | Expr::With(_) | Expr::Assert(_) | Expr::Error(_) => Level::Open,
    }
}

pub(super) fn level_of_operator(op: BinaryOpKind) -> Level {
    match op {
        BinaryOpKind::PipeInto | BinaryOpKind::PipeFrom => Level::Pipe,
        BinaryOpKind::Implies => Level::Implies,
        BinaryOpKind::Or => Level::Or,
        BinaryOpKind::And => Level::And,
        BinaryOpKind::Equal | BinaryOpKind::NotEqual => Level::Equal,
        BinaryOpKind::Less | BinaryOpKind::LessEqual | BinaryOpKind::Greater | BinaryOpKind::GreaterEqual => Level::Compare,
        BinaryOpKind::Update => Level::Update,
        BinaryOpKind::Add | BinaryOpKind::Sub => Level::Add,
        BinaryOpKind::Mul | BinaryOpKind::Div => Level::Multiply,
        BinaryOpKind::Concat => Level::Concat,
    }
}

/// What the place of a child of `parent` asks of an expression that is put there.
pub(super) fn asked_by(parent: Node<'_>, child: Node<'_>) -> Level {
    let first = parent.children().next() == Some(child);
    match parent.kind() {
        SyntaxKind::APPLY if first => Level::Apply,
        SyntaxKind::APPLY | SyntaxKind::LIST => Level::Select,
        SyntaxKind::SELECT if first => Level::Chain,
        SyntaxKind::SELECT => Level::Select,
        SyntaxKind::HAS_ATTR => Level::Apply,
        SyntaxKind::UNARY_OP => match UnaryOp::cast(parent).and_then(|op| op.op_kind()) {
            Some(UnaryOpKind::Not) => Level::HasAttr,
            _ => Level::Apply,
        },
        SyntaxKind::BINARY_OP => match BinaryOp::cast(parent).and_then(|op| op.op_kind()).map(level_of_operator) {
            Some(Level::Pipe) | None => Level::Apply,
            Some(level) => tighter(level),
        },
        _ => Level::Open,
    }
}

/// The next level: what an operand needs, whichever side it is on.
pub(super) fn tighter(level: Level) -> Level {
    match level {
        Level::Open => Level::Pipe,
        Level::Pipe => Level::Implies,
        Level::Implies => Level::Or,
        Level::Or => Level::And,
        Level::And => Level::Equal,
        Level::Equal => Level::Compare,
        Level::Compare => Level::Update,
        Level::Update => Level::Not,
        Level::Not => Level::Add,
        Level::Add => Level::Multiply,
        Level::Multiply => Level::Concat,
        Level::Concat => Level::HasAttr,
        Level::HasAttr => Level::Negate,
        Level::Negate => Level::Apply,
        Level::Apply => Level::Select,
        Level::Select => Level::Chain,
        Level::Chain | Level::Atom => Level::Atom,
    }
}

/// The text of an expression of one level for a place that asks for another.
pub(super) fn wrapped(text: impl Into<String>, level: Level, asked: Level) -> String {
    let text = text.into();
    if level >= asked {
        return text;
    }
    // A comment to the end of the line would swallow the parenthesis.
    let last = text.rsplit('\n').next().unwrap_or_default();
    if last.contains('#') { format!("({text}\n)") } else { format!("({text})") }
}

impl<'a> Context<'a> {
    /// The parent of a node.
    pub fn parent(&self, node: Node<'a>) -> Option<Node<'a>> {
        node.parent()
    }

    /// The nodes around a node, innermost first, without itself.
    pub fn ancestors(&self, node: Node<'a>) -> Vec<Node<'a>> {
        node.ancestors().collect()
    }

    /// The text for `node`'s place that has the tokens of an expression of this level: in parentheses if the place asks for them, and
    /// with blanks where it would run into what stands beside it.
    pub fn fitted(&self, node: Node<'a>, text: impl Into<String>, level: Level) -> String {
        let asked = node.parent().map_or(Level::Open, |parent| asked_by(parent, node));
        self.apart(node.range(), wrapped(text, level, asked))
    }

    /// With blanks where it would run into what stands beside a range that it replaces.
    pub fn apart(&self, range: TextRange, text: String) -> String {
        let bytes = self.view.text.as_bytes();
        let before = usize::from(range.start()).checked_sub(1).and_then(|at| bytes.get(at)).copied();
        let after = bytes.get(usize::from(range.end())).copied();
        let wordy = |byte: u8| !matches!(byte, b'(' | b'[' | b'{' | b')' | b']' | b'}' | b'"' | b';' | b',');
        let free = |byte: Option<u8>, safe: &[u8]| byte.is_none_or(|byte| byte.is_ascii_whitespace() || safe.contains(&byte));
        let start = text.bytes().next().is_some_and(wordy) && !free(before, b"([{;,=@!\"");
        let ident = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let dotted = after == Some(b'.') && text.bytes().last().is_some_and(ident) && !text.bytes().all(|byte| byte.is_ascii_digit());
        let end = text.bytes().last().is_some_and(wordy) && !dotted && !free(after, b")]};,\"");
        format!("{}{text}{}", if start { " " } else { "" }, if end { " " } else { "" })
    }
}
