//! What the lexer and the parser refuse or frown on.

rules! {
    UNEXPECTED "parse-unexpected" ["parse-unexpected-between", "syntax_error", "parse-syntax"] on Error []
        "A token stands where Nix's grammar has no place for it.", "{ a = 1; } }";
    EXPECTED "parse-expected" ["syntax_error"] on Error []
        "Something is missing: a bracket that closes, a `;` behind a binding, a value. The place is where it is missing at the latest, and where a bracket is open, that bracket is told.", "{ a = 1 }";
    INT_TOO_BIG "parse-int-too-big" ["syntax_error"] on Error []
        "Integers have 64 bits and a sign: `9223372036854775807` is the largest.", "9223372036854775808";
    FLOAT_TOO_BIG "parse-float-too-big" ["syntax_error"] on Error []
        "The number is beyond what a double can hold.", "1.0e400";
    ATTRPATH_EXTRA_DOT "parse-attrpath-extra-dot" ["syntax_error"] on Error []
        "An attribute path ends with a dot: a name is missing behind it, or the dot is one too many.", "{ a. = 1; }";
    SELECT_EXTRA_DOT "parse-select-extra-dot" ["syntax_error"] on Error []
        "A dot without the name of an attribute behind it.", "{ a }: [ a. ]";
    EXTRA_AT "parse-lambda-arg-extra-at" ["syntax_error"] on Error []
        "`@` joins a name and a pattern, as in `args@{ a, ... }`; one of them is missing.", "x@: x";
    NOT_ASSOCIATIVE "parse-operator-noassoc" ["syntax_error"] on Error []
        "`==`, `<` and their like cannot be chained, and `|>` and `<|` not be mixed: say with parentheses what is meant.", "1 == 2 == 3";
    OR_NOT_BINARY "parse-kw-or-isnot-binary-op" ["syntax_error"] on Error []
        "`or` only gives the default of a selection, as in `a.b or c`. The operator is `||`.", "a: b: if a or b then 1 else 2";
    TOO_DEEP "parse-too-deep" [] on Error []
        "More brackets inside each other, or longer chains of operators, than anything reads.", "";
    TOO_LARGE "parse-too-large" [] on Error []
        "Texts of 4 GiB and more are not read.", "";
    BLOCK_COMMENT "lex-unterminated-bcomment" ["syntax_error"] on Error []
        "A comment that begins with `/*` needs a `*/`.", "{ } /* to be continued";
    NUL "lex-nul-byte" [] on Error []
        "Nix's strings cannot hold the byte 0.", "\"\0\"";
    FLOAT_NO_EXP "lex-float-no-exp" [] on Warning []
        "A number ends before the `e`, because no digits follow it: Nix reads `1.5e` as `1.5` applied to `e`.", "e: 1.5e";
    FLOAT_LEADING_ZERO "lex-float-leading-zero" [] on Warning []
        "A float has no zeros in front: Nix reads `01.5` as `01` applied to `.5`.", "01.5";
    PATH_TRAILING_SLASH "path-trailing-slash" ["syntax_error"] on Error []
        "A path does not end with a slash. `./a/.` is the folder itself.", "./a/";
    PATH_DOUBLE_SLASH "path-double-slash" ["syntax_error"] on Error []
        "One slash separates the parts of a path.", "./a//b";
    LET_DYNAMIC "let-dynamic" ["invalid_dynamic", "sema-dynamic-let"] on Error []
        "Names that are worked out are allowed in sets, but not in `let`, whose names must be known before anything runs.", "let ${\"a\" + \"b\"} = 1; in 1";
    DYNAMIC_INHERIT "sema-dynamic-inherit" ["invalid_dynamic"] on Error []
        "`inherit` takes names that are written down.", "a: { inherit ${a}; }";
    EMPTY_FORMAL "sema-empty-formal" ["syntax_error"] on Error []
        "A comma of a pattern without an argument before it.", "{ a, , b }: a";
    FORMAL_MISSING_COMMA "sema-formal-missing-comma" ["parse-missing-sep-formals", "syntax_error"] on Error []
        "The arguments of a pattern are separated by commas.", "{ a, b c }: a";
    EXTRA_ELLIPSIS "sema-formal-extra-ellipsis" ["syntax_error"] on Error []
        "A pattern has one `...`, at its end.", "{ a, ..., b, ... }: a";
    MISPLACED_ELLIPSIS "sema-misplaced-ellipsis" ["syntax_error"] on Error []
        "`...` is the last part of a pattern.", "{ ..., a }: a";
    NOT_UTF8 "source-not-utf8" [] on Information []
        "The file holds bytes that are not UTF-8, which editors cannot show: they appear as U+FFFD.", "";
}
