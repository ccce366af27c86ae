//! Throw-away projects and stores.
