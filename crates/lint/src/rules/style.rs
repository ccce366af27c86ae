//! What can be written better.

rules! {
    OR_IDENTIFIER "or-identifier" [] on Hint []
        "`or` is a keyword, and used as a name here. As an attribute it can be quoted; as a variable newer versions of Nix will read it differently in a list or an argument.", "{ or = 1; }";
    DEPRECATED_URL "deprecated-url-literal" ["uri_literal", "W12", "unquoted_uri", "syntax-url-literal"] on Warning [Deprecated]
        "A URL without quotes is a string, which later versions of Nix refuse, and easily confused with a function: `x:x`.", "[ https://example.org/a ]";
    DEPRECATED_LET "deprecated-let" ["let_attrset", "W05", "legacy_let_syntax", "syntax-legacy-let"] on Warning [Deprecated]
        "`let { …; body = e; }` is the old way to write `let … in e`.", "let { a = 1; body = a; }";
    REDUNDANT_PAREN "parse-redundant-paren" ["W08", "useless_parens"] on Hint [Unnecessary]
        "Parentheses around a name, a literal, a list, a set or other parentheses.", "{ a }: [ (a) ]";
    BOOL_COMPARISON "bool_comparison" ["W01"] on Hint []
        "A comparison of what is a boolean with `true` or `false`: the value itself, or `!` before it, says the same. Where something else may stand (`null`, `\"auto\"`), nothing is said.", "a: if a ? b == true then 1 else 2";
    MANUAL_INHERIT "manual_inherit" ["W03"] on Hint []
        "`inherit a;` is the short form of `a = a;`.", "a: { a = a; }";
    MANUAL_INHERIT_FROM "manual_inherit_from" ["W04"] on Hint []
        "`inherit (s) a;` is the short form of `a = s.a;`.", "s: { a = s.a; }";
    COLLAPSIBLE_LET "collapsible_let_in" ["W06"] on Hint []
        "A `let` whose body is another `let` can be one, because no name is bound by both.", "let a = 1; in let b = a; in a + b";
    ETA_REDUCTION "eta_reduction" ["W07"] off Hint []
        "A function that only hands its argument to another is that other one. (Not where it is there to put off an evaluation.)", "f: x: f x";
    EMPTY_PATTERN "empty_pattern" ["W10"] on Hint []
        "`{ ... }:` takes any set and uses nothing of it: `_:` says so. The function that a file is, such as a module, is left alone.", "{ f = { ... }: 1; }";
    REDUNDANT_PATTERN_BIND "redundant_pattern_bind" ["W11"] on Hint []
        "`x@{ ... }:` says no more than `x:`. The function that a file is, such as a module, is left alone.", "{ f = x@{ ... }: x; }";
    DEPRECATED_TO_PATH "deprecated_to_path" ["W17"] on Hint [Deprecated]
        "`builtins.toPath` is deprecated: `/. + x` makes a path of an absolute path in a string, `./. + \"/x\"` of a relative one.", "x: builtins.toPath x";
    BOOL_SIMPLIFICATION "bool_simplification" ["W18"] on Hint []
        "`!(a == b)` is `a != b`.", "a: b: !(a == b)";
    USELESS_HAS_ATTR "useless_has_attr" ["W19"] on Hint []
        "`if s ? a then s.a else d` is `s.a or d`.", "s: if s ? a then s.a else 1";
    REPEATED_KEYS "repeated_keys" ["W20"] off Hint []
        "Three or more attributes of a set begin with the same name: one nested set can hold them.", "{ a.b = 1; a.c = 2; a.d = 3; }";
    EMPTY_LIST_CONCAT "empty_list_concat" ["W23"] on Hint []
        "To append an empty list changes nothing.", "a: a ++ [ ]";
}
