//! What nothing uses.

rules! {
    UNUSED_LET "sema-unused-def-let" ["unused_binding"] on Warning [Unnecessary]
        "Nothing uses the name but, at most, other unused ones. Names that begin with `_` are not reported.", "let a = 1; in 2";
    UNUSED_FORMAL "sema-unused-def-lambda-noarg-formal" ["unused_binding"] on Hint [Unnecessary]
        "The function does not use the argument. It is only reported where callers need not know: beside `...`, and for the function that a file is, which `callPackage` or the module system calls.", "{ a, b, ... }: a";
    UNUSED_FORMAL_WITH_ARG "sema-unused-def-lambda-witharg-formal" ["unused_binding"] on Hint [Unnecessary]
        "The function uses neither the argument nor the whole of what it is given, which `@` names.", "args@{ a, b, ... }: a";
    UNUSED_ARG "sema-unused-def-lambda-witharg-arg" ["unused_binding"] on Warning [Unnecessary]
        "The name at `@` is not used.", "args@{ a, ... }: a";
    UNUSED_PARAM "unused-lambda-arg" [] off Hint [Unnecessary]
        "The function does not use its argument: a name that begins with `_` says that this is meant.", "x: 1";
    EXTRA_REC "sema-extra-rec" ["unused_rec"] on Warning [Unnecessary]
        "No attribute of the set uses another by its name, so that `rec` does nothing but hide names.", "rec { a = 1; b = 2; }";
    EXTRA_WITH "sema-extra-with" ["unused_with"] on Warning [Unnecessary]
        "No name can come from this `with`.", "{ lib }: with lib; 1";
    EMPTY_LET "empty_let_in" ["W02", "sema-empty-let"] on Warning [Unnecessary]
        "A `let` that defines nothing.", "let in 1";
    EMPTY_INHERIT "empty-inherit" ["empty_inherit", "W14", "sema-empty-inherit"] on Warning [Unnecessary]
        "An `inherit` that takes over nothing.", "{ inherit; }";
}
