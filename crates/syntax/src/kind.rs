//! [`SyntaxKind`]: what a token or a node is.

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident $(= $text:literal)?,)*) => {
        /// The kind of a token or a node. Tokens come first, then nodes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(non_camel_case_types)]
        pub enum SyntaxKind { $($(#[$meta])* $name,)* }

        /// Every kind, at the place of its number.
        pub(crate) const ALL: &[SyntaxKind] = &[$(SyntaxKind::$name,)*];

        /// How Nix's messages call a kind.
        const NAMES: &[&str] = &[$(kinds!(@text $name $($text)?),)*];
    };
    (@text $name:ident $text:literal) => { $text };
    (@text $name:ident) => { stringify!($name) };
}

kinds! {
    /// Spaces, tabs, line ends.
    WHITESPACE,
    /// `# …`, without the line end.
    COMMENT,
    /// `/* … */`.
    BLOCK_COMMENT,
    /// Bytes that start no token; a comment without an end; a byte order mark.
    INVALID = "invalid token",
    /// No token: behind the last one.
    EOF = "end of file",

    IDENT = "identifier",
    INTEGER = "integer",
    FLOAT = "floating-point literal",
    URI = "URI",
    /// A path up to its end or an interpolation, or what follows one.
    PATH_TEXT = "path",
    /// No token: a path that starts with `~` in messages.
    HOME_PATH = "'~/…' path",
    SEARCH_PATH = "'<…>' path",
    /// A run of a string without escapes.
    STRING_TEXT = "string",
    /// No token: the text of `''…''` in messages.
    INDENTED_TEXT = "indented string",
    /// `\x` in `"…"`; `''$`, `'''`, `''\x` and a lone `$` or `'` in `''…''`.
    STRING_ESCAPE = "string",
    /// `"`, either end.
    QUOTE = "'\"'",
    /// `''` at the start.
    INDENTED_OPEN = "start of an indented string",
    /// `''` at the end.
    INDENTED_CLOSE = "end of an indented string",
    /// `${`.
    DOLLAR_BRACE = "'${'",

    IF_KW = "'if'",
    THEN_KW = "'then'",
    ELSE_KW = "'else'",
    ASSERT_KW = "'assert'",
    WITH_KW = "'with'",
    LET_KW = "'let'",
    IN_KW = "'in'",
    REC_KW = "'rec'",
    INHERIT_KW = "'inherit'",
    OR_KW = "'or'",

    L_BRACE = "'{'",
    R_BRACE = "'}'",
    L_BRACKET = "'['",
    R_BRACKET = "']'",
    L_PAREN = "'('",
    R_PAREN = "')'",
    SEMICOLON = "';'",
    COLON = "':'",
    COMMA = "','",
    AT = "'@'",
    DOT = "'.'",
    ELLIPSIS = "'...'",
    ASSIGN = "'='",
    QUESTION = "'?'",

    CONCAT = "'++'",
    PLUS = "'+'",
    MINUS = "'-'",
    STAR = "'*'",
    SLASH = "'/'",
    UPDATE = "'//'",
    EQUAL = "'=='",
    NOT_EQUAL = "'!='",
    LESS = "'<'",
    LESS_EQUAL = "'<='",
    GREATER = "'>'",
    GREATER_EQUAL = "'>='",
    AND = "'&&'",
    OR = "'||'",
    IMPLIES = "'->'",
    PIPE_INTO = "'|>'",
    PIPE_FROM = "'<|'",
    NOT = "'!'",

    // Nodes, named as in nix.ungram.
    SOURCE_FILE,
    NAME,
    NAME_REF,
    CUR_POS,
    LITERAL,
    STR,
    INDENTED_STR,
    INTERPOLATION,
    PATH,
    SEARCH_PATH_EXPR,
    LIST,
    ATTR_SET,
    LEGACY_LET,
    LET_IN,
    BINDING,
    INHERIT,
    INHERIT_FROM,
    ATTRPATH,
    DYNAMIC_ATTR,
    LAMBDA,
    NAME_PARAM,
    PATTERN_PARAM,
    AT_BINDING,
    FORMAL,
    APPLY,
    SELECT,
    HAS_ATTR,
    UNARY_OP,
    BINARY_OP,
    IF_THEN_ELSE,
    WITH,
    ASSERT,
    PAREN,
    /// Tokens that the grammar has no place for.
    ERROR,
}

impl SyntaxKind {
    /// Whitespace and comments: tokens that the grammar does not see.
    #[inline]
    pub fn is_trivia(self) -> bool {
        (self as u8) <= (SyntaxKind::BLOCK_COMMENT as u8)
    }

    /// Comments of both forms.
    pub fn is_comment(self) -> bool {
        matches!(self, SyntaxKind::COMMENT | SyntaxKind::BLOCK_COMMENT)
    }

    /// `if`, `then`, …, with `or` among them.
    pub fn is_keyword(self) -> bool {
        (SyntaxKind::IF_KW..=SyntaxKind::OR_KW).contains(&self)
    }

    /// Tokens, as opposed to nodes.
    pub fn is_token(self) -> bool {
        self < SyntaxKind::SOURCE_FILE
    }

    /// The name that Nix's own syntax errors give a token, such as `'then'` or `identifier`.
    pub fn describe(self) -> &'static str {
        NAMES.get(self as usize).copied().unwrap_or("invalid token")
    }

    /// The kind with this number.
    #[inline]
    pub fn from_u8(raw: u8) -> SyntaxKind {
        ALL.get(raw as usize).copied().unwrap_or(SyntaxKind::ERROR)
    }
}
