//! `toXML`.

use super::support::builtin;
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::Result;
use crate::print::{XmlOptions, xml_string};
use crate::value::Value;

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("toXML", &["value"], run, "`value` as an XML document, everything inside it evaluated. Functions appear with their parameters only."),
];

fn run(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    xml_string(ctx, args[0], XmlOptions { strict: true, location: false })
}
