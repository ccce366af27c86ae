//! [`Packed`]: a module put aside inside its process.

use nival_syntax::Name;

use super::{Writer, read};
use crate::module::Module;

/// What is kept of a module beside its bytes, to have it again. The bytes are as [`read`](super::read()) takes them, but for the names,
/// which are here, and are believed: they must be those that [`Packed::new`] made.
#[derive(Debug)]
pub struct Packed {
    names: Box<[Name]>,
}

impl Packed {
    /// Appends the bytes of `module` to `out`. `None` for a module that has errors or is patchable.
    pub fn new(module: &Module, writer: &mut Writer, out: &mut Vec<u8>) -> Option<Packed> {
        Some(Packed { names: writer.pack(module, out)? })
    }

    /// The same module. `None` if these are not its bytes.
    pub fn module(&self, bytes: &[u8]) -> Option<Module> {
        read::unpack(&self.names, bytes)
    }
}
