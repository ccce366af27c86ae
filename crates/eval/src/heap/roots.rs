//! [`Root`]: a value that somebody keeps outside of evaluation.

use std::sync::{Arc, Mutex, MutexGuard};

use super::Marker;
use crate::value::Value;

/// The roots of an evaluator.
#[derive(Debug, Default, Clone)]
pub(crate) struct Roots(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    values: Vec<Value>,
    /// Indices of values that nobody keeps any more.
    unused: Vec<u32>,
}

impl Roots {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn add(&self, value: Value) -> Root {
        let mut table = self.table();
        let index = match table.unused.pop() {
            Some(index) => index,
            None => {
                table.values.push(Value::UNSET);
                table.values.len() as u32 - 1
            }
        };
        table.values[index as usize] = value;
        drop(table);
        Root { roots: self.clone(), index, value }
    }

    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        self.table().values.iter().for_each(|&value| marker.root(value));
    }
}

/// Keeps a value alive between one [`crate::Evaluator::enter`] and another. Made by `Ctx::root`. The evaluator must live
/// as long as the value is used, which its owner sees to.
#[derive(Debug)]
pub struct Root {
    roots: Roots,
    index: u32,
    value: Value,
}

impl Root {
    #[inline]
    pub fn get(&self) -> Value {
        self.value
    }
}

/// Of the same value: the same word.
impl PartialEq for Root {
    fn eq(&self, other: &Root) -> bool {
        self.value.same(other.value)
    }
}

impl Clone for Root {
    fn clone(&self) -> Self {
        self.roots.add(self.value)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let mut table = self.roots.table();
        table.values[self.index as usize] = Value::UNSET;
        table.unused.push(self.index);
    }
}
