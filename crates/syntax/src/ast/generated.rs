//! Made from `nix.ungram` by `tests/codegen.rs`; not to be edited.

use super::support::{AstChildren, AstNode, between, child, children, nth};
use crate::SyntaxKind;
use crate::tree::TreeNode;

/// `SourceFile` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceFile<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for SourceFile<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::SOURCE_FILE
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::SOURCE_FILE).then_some(SourceFile { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> SourceFile<N> {
    pub fn expr(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }
}

/// One of the nodes that `nix.ungram` lists under `Expr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expr<N> {
    NameRef(NameRef<N>),
    Literal(Literal<N>),
    Str(Str<N>),
    IndentedStr(IndentedStr<N>),
    Path(Path<N>),
    SearchPath(SearchPath<N>),
    List(List<N>),
    AttrSet(AttrSet<N>),
    LegacyLet(LegacyLet<N>),
    LetIn(LetIn<N>),
    Lambda(Lambda<N>),
    Apply(Apply<N>),
    Select(Select<N>),
    HasAttr(HasAttr<N>),
    BinaryOp(BinaryOp<N>),
    UnaryOp(UnaryOp<N>),
    IfThenElse(IfThenElse<N>),
    With(With<N>),
    Assert(Assert<N>),
    Paren(Paren<N>),
    CurPos(CurPos<N>),
    Error(Error<N>),
}

impl<N: TreeNode> AstNode<N> for Expr<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        matches!(
            kind,
            SyntaxKind::NAME_REF
                | SyntaxKind::LITERAL
                | SyntaxKind::STR
                | SyntaxKind::INDENTED_STR
                | SyntaxKind::PATH
                | SyntaxKind::SEARCH_PATH_EXPR
                | SyntaxKind::LIST
                | SyntaxKind::ATTR_SET
                | SyntaxKind::LEGACY_LET
                | SyntaxKind::LET_IN
                | SyntaxKind::LAMBDA
                | SyntaxKind::APPLY
                | SyntaxKind::SELECT
                | SyntaxKind::HAS_ATTR
                | SyntaxKind::BINARY_OP
                | SyntaxKind::UNARY_OP
                | SyntaxKind::IF_THEN_ELSE
                | SyntaxKind::WITH
                | SyntaxKind::ASSERT
                | SyntaxKind::PAREN
                | SyntaxKind::CUR_POS
                | SyntaxKind::ERROR
        )
    }

    fn cast(syntax: N) -> Option<Self> {
        Some(match syntax.kind() {
            SyntaxKind::NAME_REF => Expr::NameRef(NameRef { syntax }),
            SyntaxKind::LITERAL => Expr::Literal(Literal { syntax }),
            SyntaxKind::STR => Expr::Str(Str { syntax }),
            SyntaxKind::INDENTED_STR => Expr::IndentedStr(IndentedStr { syntax }),
            SyntaxKind::PATH => Expr::Path(Path { syntax }),
            SyntaxKind::SEARCH_PATH_EXPR => Expr::SearchPath(SearchPath { syntax }),
            SyntaxKind::LIST => Expr::List(List { syntax }),
            SyntaxKind::ATTR_SET => Expr::AttrSet(AttrSet { syntax }),
            SyntaxKind::LEGACY_LET => Expr::LegacyLet(LegacyLet { syntax }),
            SyntaxKind::LET_IN => Expr::LetIn(LetIn { syntax }),
            SyntaxKind::LAMBDA => Expr::Lambda(Lambda { syntax }),
            SyntaxKind::APPLY => Expr::Apply(Apply { syntax }),
            SyntaxKind::SELECT => Expr::Select(Select { syntax }),
            SyntaxKind::HAS_ATTR => Expr::HasAttr(HasAttr { syntax }),
            SyntaxKind::BINARY_OP => Expr::BinaryOp(BinaryOp { syntax }),
            SyntaxKind::UNARY_OP => Expr::UnaryOp(UnaryOp { syntax }),
            SyntaxKind::IF_THEN_ELSE => Expr::IfThenElse(IfThenElse { syntax }),
            SyntaxKind::WITH => Expr::With(With { syntax }),
            SyntaxKind::ASSERT => Expr::Assert(Assert { syntax }),
            SyntaxKind::PAREN => Expr::Paren(Paren { syntax }),
            SyntaxKind::CUR_POS => Expr::CurPos(CurPos { syntax }),
            SyntaxKind::ERROR => Expr::Error(Error { syntax }),
            _ => return None,
        })
    }

    fn syntax(&self) -> &N {
        match self {
            Expr::NameRef(it) => &it.syntax,
            Expr::Literal(it) => &it.syntax,
            Expr::Str(it) => &it.syntax,
            Expr::IndentedStr(it) => &it.syntax,
            Expr::Path(it) => &it.syntax,
            Expr::SearchPath(it) => &it.syntax,
            Expr::List(it) => &it.syntax,
            Expr::AttrSet(it) => &it.syntax,
            Expr::LegacyLet(it) => &it.syntax,
            Expr::LetIn(it) => &it.syntax,
            Expr::Lambda(it) => &it.syntax,
            Expr::Apply(it) => &it.syntax,
            Expr::Select(it) => &it.syntax,
            Expr::HasAttr(it) => &it.syntax,
            Expr::BinaryOp(it) => &it.syntax,
            Expr::UnaryOp(it) => &it.syntax,
            Expr::IfThenElse(it) => &it.syntax,
            Expr::With(it) => &it.syntax,
            Expr::Assert(it) => &it.syntax,
            Expr::Paren(it) => &it.syntax,
            Expr::CurPos(it) => &it.syntax,
            Expr::Error(it) => &it.syntax,
        }
    }
}

impl<N> From<NameRef<N>> for Expr<N> {
    fn from(it: NameRef<N>) -> Self {
        Expr::NameRef(it)
    }
}

impl<N> From<Literal<N>> for Expr<N> {
    fn from(it: Literal<N>) -> Self {
        Expr::Literal(it)
    }
}

impl<N> From<Str<N>> for Expr<N> {
    fn from(it: Str<N>) -> Self {
        Expr::Str(it)
    }
}

impl<N> From<IndentedStr<N>> for Expr<N> {
    fn from(it: IndentedStr<N>) -> Self {
        Expr::IndentedStr(it)
    }
}

impl<N> From<Path<N>> for Expr<N> {
    fn from(it: Path<N>) -> Self {
        Expr::Path(it)
    }
}

impl<N> From<SearchPath<N>> for Expr<N> {
    fn from(it: SearchPath<N>) -> Self {
        Expr::SearchPath(it)
    }
}

impl<N> From<List<N>> for Expr<N> {
    fn from(it: List<N>) -> Self {
        Expr::List(it)
    }
}

impl<N> From<AttrSet<N>> for Expr<N> {
    fn from(it: AttrSet<N>) -> Self {
        Expr::AttrSet(it)
    }
}

impl<N> From<LegacyLet<N>> for Expr<N> {
    fn from(it: LegacyLet<N>) -> Self {
        Expr::LegacyLet(it)
    }
}

impl<N> From<LetIn<N>> for Expr<N> {
    fn from(it: LetIn<N>) -> Self {
        Expr::LetIn(it)
    }
}

impl<N> From<Lambda<N>> for Expr<N> {
    fn from(it: Lambda<N>) -> Self {
        Expr::Lambda(it)
    }
}

impl<N> From<Apply<N>> for Expr<N> {
    fn from(it: Apply<N>) -> Self {
        Expr::Apply(it)
    }
}

impl<N> From<Select<N>> for Expr<N> {
    fn from(it: Select<N>) -> Self {
        Expr::Select(it)
    }
}

impl<N> From<HasAttr<N>> for Expr<N> {
    fn from(it: HasAttr<N>) -> Self {
        Expr::HasAttr(it)
    }
}

impl<N> From<BinaryOp<N>> for Expr<N> {
    fn from(it: BinaryOp<N>) -> Self {
        Expr::BinaryOp(it)
    }
}

impl<N> From<UnaryOp<N>> for Expr<N> {
    fn from(it: UnaryOp<N>) -> Self {
        Expr::UnaryOp(it)
    }
}

impl<N> From<IfThenElse<N>> for Expr<N> {
    fn from(it: IfThenElse<N>) -> Self {
        Expr::IfThenElse(it)
    }
}

impl<N> From<With<N>> for Expr<N> {
    fn from(it: With<N>) -> Self {
        Expr::With(it)
    }
}

impl<N> From<Assert<N>> for Expr<N> {
    fn from(it: Assert<N>) -> Self {
        Expr::Assert(it)
    }
}

impl<N> From<Paren<N>> for Expr<N> {
    fn from(it: Paren<N>) -> Self {
        Expr::Paren(it)
    }
}

impl<N> From<CurPos<N>> for Expr<N> {
    fn from(it: CurPos<N>) -> Self {
        Expr::CurPos(it)
    }
}

impl<N> From<Error<N>> for Expr<N> {
    fn from(it: Error<N>) -> Self {
        Expr::Error(it)
    }
}

/// `NameRef` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameRef<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for NameRef<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::NAME_REF
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::NAME_REF).then_some(NameRef { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

/// `Literal` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Literal<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Literal<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::LITERAL
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::LITERAL).then_some(Literal { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

/// `Str` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Str<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Str<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::STR
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::STR).then_some(Str { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Str<N> {
    /// `"`, the first one.
    pub fn quote_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::QUOTE)
    }

    pub fn interpolations(&self) -> AstChildren<N, Interpolation<N>> {
        children(&self.syntax)
    }
}

/// `IndentedStr` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndentedStr<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for IndentedStr<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::INDENTED_STR
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::INDENTED_STR).then_some(IndentedStr { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> IndentedStr<N> {
    /// `''`, the first one.
    pub fn indented_open_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::INDENTED_OPEN)
    }

    pub fn interpolations(&self) -> AstChildren<N, Interpolation<N>> {
        children(&self.syntax)
    }
}

/// `Path` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Path<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::PATH
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::PATH).then_some(Path { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Path<N> {
    pub fn interpolations(&self) -> AstChildren<N, Interpolation<N>> {
        children(&self.syntax)
    }
}

/// `SearchPath` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchPath<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for SearchPath<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::SEARCH_PATH_EXPR
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::SEARCH_PATH_EXPR).then_some(SearchPath { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> SearchPath<N> {
    /// `SEARCH_PATH`, the first one.
    pub fn search_path_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::SEARCH_PATH)
    }
}

/// `List` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for List<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::LIST
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::LIST).then_some(List { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> List<N> {
    /// `[`, the first one.
    pub fn l_bracket_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::L_BRACKET)
    }

    pub fn items(&self) -> AstChildren<N, Expr<N>> {
        children(&self.syntax)
    }

    /// `]`, the first one.
    pub fn r_bracket_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::R_BRACKET)
    }
}

/// `AttrSet` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttrSet<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for AttrSet<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::ATTR_SET
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::ATTR_SET).then_some(AttrSet { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> AttrSet<N> {
    /// `rec`, the first one.
    pub fn rec_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::REC_KW)
    }

    /// `{`, the first one.
    pub fn l_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::L_BRACE)
    }

    pub fn entries(&self) -> AstChildren<N, Entry<N>> {
        children(&self.syntax)
    }

    /// `}`, the first one.
    pub fn r_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::R_BRACE)
    }
}

/// `LegacyLet` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegacyLet<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for LegacyLet<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::LEGACY_LET
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::LEGACY_LET).then_some(LegacyLet { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> LegacyLet<N> {
    /// `let`, the first one.
    pub fn let_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::LET_KW)
    }

    /// `{`, the first one.
    pub fn l_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::L_BRACE)
    }

    pub fn entries(&self) -> AstChildren<N, Entry<N>> {
        children(&self.syntax)
    }

    /// `}`, the first one.
    pub fn r_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::R_BRACE)
    }
}

/// `LetIn` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetIn<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for LetIn<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::LET_IN
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::LET_IN).then_some(LetIn { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> LetIn<N> {
    /// `let`, the first one.
    pub fn let_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::LET_KW)
    }

    pub fn entries(&self) -> AstChildren<N, Entry<N>> {
        children(&self.syntax)
    }

    /// `in`, the first one.
    pub fn in_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::IN_KW)
    }

    pub fn body(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }
}

/// `Lambda` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lambda<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Lambda<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::LAMBDA
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::LAMBDA).then_some(Lambda { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Lambda<N> {
    pub fn param(&self) -> Option<Param<N>> {
        child(&self.syntax)
    }

    /// `:`, the first one.
    pub fn colon_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::COLON)
    }

    pub fn body(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }
}

/// `Apply` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apply<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Apply<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::APPLY
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::APPLY).then_some(Apply { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Apply<N> {
    pub fn function(&self) -> Option<Expr<N>> {
        nth(&self.syntax, 0)
    }

    pub fn argument(&self) -> Option<Expr<N>> {
        nth(&self.syntax, 1)
    }
}

/// `Select` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Select<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Select<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::SELECT
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::SELECT).then_some(Select { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Select<N> {
    pub fn base(&self) -> Option<Expr<N>> {
        between(&self.syntax, None, Some(SyntaxKind::DOT))
    }

    /// `.`, the first one.
    pub fn dot_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::DOT)
    }

    pub fn attrpath(&self) -> Option<Attrpath<N>> {
        child(&self.syntax)
    }

    /// `or`, the first one.
    pub fn or_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::OR_KW)
    }

    pub fn default(&self) -> Option<Expr<N>> {
        between(&self.syntax, Some(SyntaxKind::OR_KW), None)
    }
}

/// `HasAttr` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasAttr<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for HasAttr<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::HAS_ATTR
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::HAS_ATTR).then_some(HasAttr { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> HasAttr<N> {
    pub fn base(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }

    /// `?`, the first one.
    pub fn question_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::QUESTION)
    }

    pub fn attrpath(&self) -> Option<Attrpath<N>> {
        child(&self.syntax)
    }
}

/// `BinaryOp` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BinaryOp<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for BinaryOp<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::BINARY_OP
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::BINARY_OP).then_some(BinaryOp { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> BinaryOp<N> {
    pub fn lhs(&self) -> Option<Expr<N>> {
        nth(&self.syntax, 0)
    }

    pub fn rhs(&self) -> Option<Expr<N>> {
        nth(&self.syntax, 1)
    }
}

/// `UnaryOp` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnaryOp<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for UnaryOp<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::UNARY_OP
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::UNARY_OP).then_some(UnaryOp { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> UnaryOp<N> {
    pub fn operand(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }
}

/// `IfThenElse` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfThenElse<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for IfThenElse<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::IF_THEN_ELSE
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::IF_THEN_ELSE).then_some(IfThenElse { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> IfThenElse<N> {
    /// `if`, the first one.
    pub fn if_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::IF_KW)
    }

    pub fn condition(&self) -> Option<Expr<N>> {
        between(&self.syntax, Some(SyntaxKind::IF_KW), Some(SyntaxKind::THEN_KW))
    }

    /// `then`, the first one.
    pub fn then_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::THEN_KW)
    }

    pub fn then_branch(&self) -> Option<Expr<N>> {
        between(&self.syntax, Some(SyntaxKind::THEN_KW), Some(SyntaxKind::ELSE_KW))
    }

    /// `else`, the first one.
    pub fn else_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::ELSE_KW)
    }

    pub fn else_branch(&self) -> Option<Expr<N>> {
        between(&self.syntax, Some(SyntaxKind::ELSE_KW), None)
    }
}

/// `With` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct With<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for With<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::WITH
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::WITH).then_some(With { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> With<N> {
    /// `with`, the first one.
    pub fn with_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::WITH_KW)
    }

    pub fn namespace(&self) -> Option<Expr<N>> {
        between(&self.syntax, Some(SyntaxKind::WITH_KW), Some(SyntaxKind::SEMICOLON))
    }

    /// `;`, the first one.
    pub fn semicolon_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::SEMICOLON)
    }

    pub fn body(&self) -> Option<Expr<N>> {
        between(&self.syntax, Some(SyntaxKind::SEMICOLON), None)
    }
}

/// `Assert` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assert<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Assert<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::ASSERT
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::ASSERT).then_some(Assert { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Assert<N> {
    /// `assert`, the first one.
    pub fn assert_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::ASSERT_KW)
    }

    pub fn condition(&self) -> Option<Expr<N>> {
        between(&self.syntax, Some(SyntaxKind::ASSERT_KW), Some(SyntaxKind::SEMICOLON))
    }

    /// `;`, the first one.
    pub fn semicolon_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::SEMICOLON)
    }

    pub fn body(&self) -> Option<Expr<N>> {
        between(&self.syntax, Some(SyntaxKind::SEMICOLON), None)
    }
}

/// `Paren` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paren<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Paren<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::PAREN
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::PAREN).then_some(Paren { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Paren<N> {
    /// `(`, the first one.
    pub fn l_paren_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::L_PAREN)
    }

    pub fn expr(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }

    /// `)`, the first one.
    pub fn r_paren_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::R_PAREN)
    }
}

/// `CurPos` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurPos<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for CurPos<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::CUR_POS
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::CUR_POS).then_some(CurPos { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> CurPos<N> {
    /// `IDENT`, the first one.
    pub fn ident_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::IDENT)
    }
}

/// `Error` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Error<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::ERROR
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::ERROR).then_some(Error { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Error<N> {
    pub fn exprs(&self) -> AstChildren<N, Expr<N>> {
        children(&self.syntax)
    }
}

/// `Name` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Name<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::NAME
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::NAME).then_some(Name { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

/// `Interpolation` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interpolation<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Interpolation<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::INTERPOLATION
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::INTERPOLATION).then_some(Interpolation { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Interpolation<N> {
    /// `${`, the first one.
    pub fn dollar_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::DOLLAR_BRACE)
    }

    pub fn expr(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }

    /// `}`, the first one.
    pub fn r_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::R_BRACE)
    }
}

/// One of the nodes that `nix.ungram` lists under `Entry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<N> {
    Binding(Binding<N>),
    Inherit(Inherit<N>),
}

impl<N: TreeNode> AstNode<N> for Entry<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        matches!(kind, SyntaxKind::BINDING | SyntaxKind::INHERIT)
    }

    fn cast(syntax: N) -> Option<Self> {
        Some(match syntax.kind() {
            SyntaxKind::BINDING => Entry::Binding(Binding { syntax }),
            SyntaxKind::INHERIT => Entry::Inherit(Inherit { syntax }),
            _ => return None,
        })
    }

    fn syntax(&self) -> &N {
        match self {
            Entry::Binding(it) => &it.syntax,
            Entry::Inherit(it) => &it.syntax,
        }
    }
}

impl<N> From<Binding<N>> for Entry<N> {
    fn from(it: Binding<N>) -> Self {
        Entry::Binding(it)
    }
}

impl<N> From<Inherit<N>> for Entry<N> {
    fn from(it: Inherit<N>) -> Self {
        Entry::Inherit(it)
    }
}

/// `Binding` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Binding<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::BINDING
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::BINDING).then_some(Binding { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Binding<N> {
    pub fn attrpath(&self) -> Option<Attrpath<N>> {
        child(&self.syntax)
    }

    /// `=`, the first one.
    pub fn assign_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::ASSIGN)
    }

    pub fn value(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }

    /// `;`, the first one.
    pub fn semicolon_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::SEMICOLON)
    }
}

/// `Inherit` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inherit<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Inherit<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::INHERIT
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::INHERIT).then_some(Inherit { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Inherit<N> {
    /// `inherit`, the first one.
    pub fn inherit_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::INHERIT_KW)
    }

    pub fn inherit_from(&self) -> Option<InheritFrom<N>> {
        child(&self.syntax)
    }

    pub fn attrs(&self) -> AstChildren<N, Attr<N>> {
        children(&self.syntax)
    }

    /// `;`, the first one.
    pub fn semicolon_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::SEMICOLON)
    }
}

/// `Attrpath` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attrpath<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Attrpath<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::ATTRPATH
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::ATTRPATH).then_some(Attrpath { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Attrpath<N> {
    pub fn attrs(&self) -> AstChildren<N, Attr<N>> {
        children(&self.syntax)
    }
}

/// `InheritFrom` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InheritFrom<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for InheritFrom<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::INHERIT_FROM
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::INHERIT_FROM).then_some(InheritFrom { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> InheritFrom<N> {
    /// `(`, the first one.
    pub fn l_paren_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::L_PAREN)
    }

    pub fn expr(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }

    /// `)`, the first one.
    pub fn r_paren_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::R_PAREN)
    }
}

/// One of the nodes that `nix.ungram` lists under `Attr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attr<N> {
    Name(Name<N>),
    Str(Str<N>),
    DynamicAttr(DynamicAttr<N>),
}

impl<N: TreeNode> AstNode<N> for Attr<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        matches!(kind, SyntaxKind::NAME | SyntaxKind::STR | SyntaxKind::DYNAMIC_ATTR)
    }

    fn cast(syntax: N) -> Option<Self> {
        Some(match syntax.kind() {
            SyntaxKind::NAME => Attr::Name(Name { syntax }),
            SyntaxKind::STR => Attr::Str(Str { syntax }),
            SyntaxKind::DYNAMIC_ATTR => Attr::DynamicAttr(DynamicAttr { syntax }),
            _ => return None,
        })
    }

    fn syntax(&self) -> &N {
        match self {
            Attr::Name(it) => &it.syntax,
            Attr::Str(it) => &it.syntax,
            Attr::DynamicAttr(it) => &it.syntax,
        }
    }
}

impl<N> From<Name<N>> for Attr<N> {
    fn from(it: Name<N>) -> Self {
        Attr::Name(it)
    }
}

impl<N> From<Str<N>> for Attr<N> {
    fn from(it: Str<N>) -> Self {
        Attr::Str(it)
    }
}

impl<N> From<DynamicAttr<N>> for Attr<N> {
    fn from(it: DynamicAttr<N>) -> Self {
        Attr::DynamicAttr(it)
    }
}

/// `DynamicAttr` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DynamicAttr<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for DynamicAttr<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::DYNAMIC_ATTR
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::DYNAMIC_ATTR).then_some(DynamicAttr { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> DynamicAttr<N> {
    /// `${`, the first one.
    pub fn dollar_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::DOLLAR_BRACE)
    }

    pub fn expr(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }

    /// `}`, the first one.
    pub fn r_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::R_BRACE)
    }
}

/// One of the nodes that `nix.ungram` lists under `Param`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param<N> {
    NameParam(NameParam<N>),
    PatternParam(PatternParam<N>),
}

impl<N: TreeNode> AstNode<N> for Param<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        matches!(kind, SyntaxKind::NAME_PARAM | SyntaxKind::PATTERN_PARAM)
    }

    fn cast(syntax: N) -> Option<Self> {
        Some(match syntax.kind() {
            SyntaxKind::NAME_PARAM => Param::NameParam(NameParam { syntax }),
            SyntaxKind::PATTERN_PARAM => Param::PatternParam(PatternParam { syntax }),
            _ => return None,
        })
    }

    fn syntax(&self) -> &N {
        match self {
            Param::NameParam(it) => &it.syntax,
            Param::PatternParam(it) => &it.syntax,
        }
    }
}

impl<N> From<NameParam<N>> for Param<N> {
    fn from(it: NameParam<N>) -> Self {
        Param::NameParam(it)
    }
}

impl<N> From<PatternParam<N>> for Param<N> {
    fn from(it: PatternParam<N>) -> Self {
        Param::PatternParam(it)
    }
}

/// `NameParam` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameParam<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for NameParam<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::NAME_PARAM
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::NAME_PARAM).then_some(NameParam { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> NameParam<N> {
    pub fn name(&self) -> Option<Name<N>> {
        child(&self.syntax)
    }
}

/// `PatternParam` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternParam<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for PatternParam<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::PATTERN_PARAM
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::PATTERN_PARAM).then_some(PatternParam { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> PatternParam<N> {
    pub fn at_binding(&self) -> Option<AtBinding<N>> {
        child(&self.syntax)
    }

    /// `{`, the first one.
    pub fn l_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::L_BRACE)
    }

    pub fn formals(&self) -> AstChildren<N, Formal<N>> {
        children(&self.syntax)
    }

    /// `...`, the first one.
    pub fn ellipsis_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::ELLIPSIS)
    }

    /// `}`, the first one.
    pub fn r_brace_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::R_BRACE)
    }
}

/// `AtBinding` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtBinding<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for AtBinding<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::AT_BINDING
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::AT_BINDING).then_some(AtBinding { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> AtBinding<N> {
    pub fn name(&self) -> Option<Name<N>> {
        child(&self.syntax)
    }

    /// `@`, the first one.
    pub fn at_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::AT)
    }
}

/// `Formal` of `nix.ungram`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formal<N> {
    pub(crate) syntax: N,
}

impl<N: TreeNode> AstNode<N> for Formal<N> {
    fn can_cast(kind: SyntaxKind) -> bool {
        kind == SyntaxKind::FORMAL
    }

    fn cast(syntax: N) -> Option<Self> {
        (syntax.kind() == SyntaxKind::FORMAL).then_some(Formal { syntax })
    }

    fn syntax(&self) -> &N {
        &self.syntax
    }
}

impl<N: TreeNode> Formal<N> {
    pub fn name(&self) -> Option<Name<N>> {
        child(&self.syntax)
    }

    /// `?`, the first one.
    pub fn question_token(&self) -> Option<N::Token> {
        self.syntax.token(SyntaxKind::QUESTION)
    }

    pub fn default(&self) -> Option<Expr<N>> {
        child(&self.syntax)
    }
}
