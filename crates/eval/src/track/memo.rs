//! What is asked for again and again from outside: texts, and calls of functions that files give. Their thunks are kept, so
//! that asking again after an edit evaluates only what it touched.

use std::sync::Mutex;

use nival_syntax::Name;
use rustc_hash::FxHashMap;

use super::lock;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::value::{AttrsBuilder, Value};

/// Values by their word, which is the same only for the same value.
type Arguments = Vec<(Name, u64)>;

/// What it is called, the text, its folder, its scope.
type Text = (String, Vec<u8>, Vec<u8>, Arguments);

#[derive(Debug, Default)]
pub(super) struct Memo {
    texts: Mutex<FxHashMap<Text, Value>>,
    calls: Mutex<FxHashMap<(u64, Arguments), Value>>,
}

/// More are not kept.
const MAX: usize = 1024;

fn arguments(args: &[(Name, Value)]) -> Arguments {
    args.iter().map(|&(name, value)| (name, value.0)).collect()
}

impl Ctx<'_> {
    /// As [`Ctx::eval_text`]. In a tracking evaluator the same text in the same scope is the same value, and `trace` and `warn`
    /// in it tell once.
    pub fn eval_text_once(&mut self, text: &[u8], base: &[u8], label: &str, scope: &[(Name, Value)]) -> Result<Value> {
        let Some(tracker) = &self.evaluator.tracker else { return self.eval_text(text, base, label, scope) };
        let key = (label.to_owned(), text.to_vec(), base.to_vec(), arguments(scope));
        let known = lock(&tracker.memo.texts).get(&key).copied();
        let value = match known {
            Some(value) => value,
            None => {
                let value = self.lazy_text(text, base, label, scope)?;
                let mut texts = lock(&tracker.memo.texts);
                if texts.len() >= MAX {
                    texts.clear();
                }
                *texts.entry(key).or_insert(value)
            }
        };
        self.force(value)
    }

    /// The value of a function applied to a set of `args`. In a tracking evaluator the same call is made once.
    pub fn call_once(&mut self, function: Value, args: &[(Name, Value)]) -> Result<Value> {
        let key = (function.0, arguments(args));
        let known = self.evaluator.tracker.as_ref().and_then(|tracker| lock(&tracker.memo.calls).get(&key).copied());
        if let Some(known) = known {
            return self.force(known);
        }
        let mut set = AttrsBuilder::with_capacity(args.len());
        for &(name, value) in args {
            set.push(name, value);
        }
        let set = self.attrs(set);
        let Some(tracker) = &self.evaluator.tracker else { return self.call(function, &[set]) };
        let value = self.lazy_call(function, &[set]);
        let value = {
            let mut calls = lock(&tracker.memo.calls);
            if calls.len() >= MAX {
                calls.clear();
            }
            *calls.entry(key).or_insert(value)
        };
        self.force(value)
    }
}
