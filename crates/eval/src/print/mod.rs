//! Values as text: the language's own notation, JSON and XML.

pub(crate) mod float;
