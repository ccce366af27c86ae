//! Names: what they stand for, and what hides them.

rules! {
    UNDEFINED_VARIABLE "sema-undefined-variable" ["undefined_name", "E005"] on Error []
        "Nothing binds the name, and no `with` is around that could provide it. Nix refuses the whole file.", "{ lib }: libb";
    PRIMOP_NEEDS_PREFIX "sema-primop-needs-prefix" ["undefined_name", "E005"] on Error []
        "The name is that of a builtin that is only known as an attribute of `builtins`.", "attrNames { }";
    PRIMOP_UNKNOWN "sema-primop-unknown" [] on Warning []
        "No version of Nix that we know has this builtin. Where a newer one may have it, ask with `builtins ? name` or give a default with `or`.", "builtins.mapAttr (n: v: v) { }";
    PRIMOP_REMOVED_PREFIX "sema-primop-removed-prefix" [] on Hint []
        "The builtin is known without `builtins.`, too.", "builtins.map (x: x) [ ]";
    PRIMOP_OVERRIDDEN "sema-primop-overridden" [] on Hint []
        "A binding has the name of a builtin, which it hides: readers expect the builtin.", "let map = f: f 1; in map (x: x)";
    CONSTANT_OVERRIDDEN "sema-constant-overridden" [] on Warning []
        "A binding is called `true`, `false`, `null` or `builtins`: from there on, the name means something else.", "let true = false; in true";
    DUPLICATED_ATTRNAME "sema-duplicated-attrname" ["duplicated_key", "E006"] on Error []
        "An attribute is defined twice. Sets are merged if both are written as sets; nothing else is.", "{ a.b = 1; a = { b = 2; }; }";
    DUP_FORMAL "sema-dup-formal" ["duplicated_param"] on Error []
        "A pattern has the same argument twice.", "{ a, a }: a";
    DUP_FORMAL_ARG "sema-dup-formal-arg" ["duplicated_param"] on Error []
        "The name at `@` is that of an argument of the pattern, too.", "a@{ a }: a";
    MERGE_DIFF_REC "merge-diff-rec" ["merge_plain_rec_attrset"] on Warning []
        "A set is defined in two parts and only the later one is `rec`: Nix merges them and ignores that `rec`.", "{ a = { x = 1; }; a = rec { y = 2; }; }";
    MERGE_REC "merge_rec_attrset" [] on Warning []
        "Attributes are merged into a `rec` set that is written elsewhere: there, too, they see each other's names.", "{ a = rec { x = 1; y = x; }; a.z = 2; }";
    DEPRECATED_LET_MISSING_BODY "deprecated-let-missing-body" [] on Warning []
        "`let { … }` is the attribute `body` of the set, and there is none: to evaluate it fails.", "let { a = 1; }";
    WITH_SHADOWED "with-shadowed" [] on Hint []
        "The set of the innermost `with` has the name, but a binding around the `with` has it, too, and bindings always win over `with`. The name stands for the binding.", "x: with { x = 1; }; x";
}
