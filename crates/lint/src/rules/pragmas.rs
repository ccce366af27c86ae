//! Pragmas themselves.

rules! {
    PRAGMA_UNUSED "pragma-unused" [] on Hint [Unnecessary]
        "The comment tells to ignore a diagnostic that is not there any more.", "# nival: ignore[sema-unused-def-let] nothing here\n1";
    PRAGMA_INVALID "pragma-invalid" [] on Warning []
        "The comment is meant for nival but cannot be read, or names a rule that does not exist.", "# nival: ignore[no-such-rule]\n1";
}
