//! Values as text: the language's own notation, JSON and XML.

mod ambiguous;
pub(crate) mod float;
mod literal;
mod pretty;

pub use ambiguous::ambiguous;
pub use literal::{attr_name, identifier, string};
pub use pretty::{ErrorStyle, PrintOptions, for_message, pretty};

use crate::value::{Value, View};

/// The value of a thunk that has one.
fn resolve(value: Value) -> Value {
    match value.view() {
        View::Thunk(thunk) => thunk.load().unwrap_or(value),
        _ => value,
    }
}

/// What is known of a value without evaluating anything.
fn known(value: Value) -> View {
    resolve(value).view()
}

