//! What was seen.

use std::time::Duration;

use rustc_hash::FxHashMap;

use super::stack::Step;
use crate::error::Pos;
use crate::evaluator::Evaluator;
use crate::heap::Allocations;
use crate::locate::SourceLocation;

/// Counted always, by each thread for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Attributes selected.
    pub lookups: u64,
    /// Expressions that needed no thunk.
    pub avoided: u64,
    /// `//`.
    pub updates: u64,
    /// Values that `//` copied.
    pub update_values: u64,
    /// `++` and builtins that join lists.
    pub concats: u64,
}

impl Counters {
    fn merge(&mut self, other: &Counters) {
        self.lookups += other.lookups;
        self.avoided += other.avoided;
        self.updates += other.updates;
        self.update_values += other.update_values;
        self.concats += other.concats;
    }
}

/// What a file cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileCost {
    pub reading: Duration,
    /// And lowering.
    pub parsing: Duration,
    /// Of evaluating its own code, not what that called in other files.
    pub ticks: u64,
}

/// As the threads collect it: modules and functions by number.
#[derive(Debug, Default)]
pub struct Found {
    pub(super) counters: Counters,
    pub(super) allocations: Allocations,
    pub(super) forced: u64,
    pub(super) calls: u64,
    pub(super) builtin_calls: u64,
    functions: FxHashMap<(u32, u32), u64>,
    builtins: FxHashMap<u16, u64>,
    files: FxHashMap<u32, FileCost>,
    pub(super) stacks: FxHashMap<Box<[Step]>, u64>,
}

impl Found {
    pub(super) fn file(&mut self, module: u32) -> &mut FileCost {
        self.files.entry(module).or_default()
    }

    pub(super) fn count(&mut self, step: Step) {
        match step {
            Step::File(_) | Step::Thunk(_) => self.forced += 1,
            Step::Lambda { module, index } => {
                self.calls += 1;
                *self.functions.entry((module, index)).or_default() += 1;
            }
            Step::Builtin(builtin) => {
                self.builtin_calls += 1;
                *self.builtins.entry(builtin).or_default() += 1;
            }
        }
    }

    pub(super) fn merge(&mut self, other: Found) {
        self.counters.merge(&other.counters);
        self.allocations.merge(&other.allocations);
        self.forced += other.forced;
        self.calls += other.calls;
        self.builtin_calls += other.builtin_calls;
        for (function, calls) in other.functions {
            *self.functions.entry(function).or_default() += calls;
        }
        for (builtin, calls) in other.builtins {
            *self.builtins.entry(builtin).or_default() += calls;
        }
        for (module, cost) in other.files {
            let own = self.file(module);
            own.reading += cost.reading;
            own.parsing += cost.parsing;
            own.ticks += cost.ticks;
        }
        for (stack, ticks) in other.stacks {
            *self.stacks.entry(stack).or_default() += ticks;
        }
    }
}

/// A function, by what it is called and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSite {
    /// `None` for an anonymous one.
    pub name: Option<String>,
    pub location: Option<SourceLocation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCalls {
    pub function: CallSite,
    pub calls: u64,
}

/// What [`Evaluator::watched`] tells, most first.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    pub counters: Counters,
    pub allocations: Allocations,
    /// Thunks evaluated.
    pub forced: u64,
    pub calls: u64,
    pub builtin_calls: u64,
    pub functions: Vec<FunctionCalls>,
    pub builtins: Vec<(&'static str, u64)>,
    /// Files and other texts, by how messages call them, with their length in bytes.
    pub files: Vec<(String, usize, FileCost)>,
    /// Stacks outermost first, in the form `name:file:line` for functions, and their ticks; sorted.
    pub stacks: Vec<(Vec<String>, u64)>,
    /// Expressions in all texts.
    pub exprs: u64,
    /// Names of this process: how many, and their bytes.
    pub symbols: (u64, u64),
}

impl Evaluator {
    /// What was seen so far by the [`super::Watch`] of the options; nothing without one. Threads add what they saw when they
    /// leave [`Evaluator::enter`].
    pub fn watched(&self) -> Watched {
        let Some(watch) = &self.options.watch else { return Watched::default() };
        let found = watch.found.lock().unwrap_or_else(|e| e.into_inner());
        let mut watched = Watched {
            counters: found.counters,
            allocations: found.allocations,
            forced: found.forced,
            calls: found.calls,
            builtin_calls: found.builtin_calls,
            symbols: nival_syntax::Name::table_size(),
            ..Watched::default()
        };
        for (&(module, index), &calls) in &found.functions {
            watched.functions.push(FunctionCalls { function: self.function(module, index), calls });
        }
        let place = |f: &FunctionCalls| f.function.location.as_ref().map(ToString::to_string);
        watched.functions.sort_by_cached_key(|f| (std::cmp::Reverse(f.calls), place(f)));
        watched.builtins = found.builtins.iter().map(|(&builtin, &calls)| (self.builtin_at(builtin), calls)).collect();
        watched.builtins.sort_unstable_by_key(|&(name, calls)| (std::cmp::Reverse(calls), name));
        let mut files: FxHashMap<String, (usize, FileCost)> = FxHashMap::default();
        for number in 0..self.modules.len() {
            let Some(linked) = self.modules.get(number) else { continue };
            watched.exprs += linked.module().exprs.len() as u64;
            let Some(cost) = found.files.get(&number) else { continue };
            let (bytes, sum) = files.entry(self.module_name(number)).or_default();
            *bytes = linked.source.len();
            sum.reading += cost.reading;
            sum.parsing += cost.parsing;
            sum.ticks += cost.ticks;
        }
        watched.files = files.into_iter().map(|(name, (bytes, cost))| (name, bytes, cost)).collect();
        watched.files.sort_by(|a, b| {
            let key = |f: &(String, usize, FileCost)| (f.2.ticks, f.2.parsing + f.2.reading);
            key(b).cmp(&key(a)).then_with(|| a.0.cmp(&b.0))
        });
        let mut names: FxHashMap<Step, String> = FxHashMap::default();
        for (stack, &ticks) in &found.stacks {
            let shown = stack.iter().map(|&step| names.entry(step).or_insert_with(|| self.step_name(step)).clone()).collect();
            watched.stacks.push((shown, ticks));
        }
        watched.stacks.sort_unstable();
        watched
    }

    fn function(&self, module: u32, index: u32) -> CallSite {
        let name = self.modules.get(module).and_then(|linked| linked.lambdas.get(index as usize)?.name()).map(|name| name.to_string());
        CallSite { name, location: self.locate(Pos::lambda(module, index)) }
    }

    fn builtin_at(&self, index: u16) -> &'static str {
        self.builtins.get(index as usize).map_or("?", |b| b.builtin.name)
    }

    fn module_name(&self, module: u32) -> String {
        match self.modules.get(module).map(|linked| &linked.origin) {
            Some(origin) => origin.name(),
            None => String::new(),
        }
    }

    fn step_name(&self, step: Step) -> String {
        match step {
            Step::File(module) | Step::Thunk(module) => self.module_name(module),
            Step::Builtin(builtin) => format!("builtins.{}", self.builtin_at(builtin)),
            Step::Lambda { module, index } => {
                let function = self.function(module, index);
                let line = function.location.map_or(0, |location| location.line);
                format!("{}:{}:{line}", function.name.as_deref().unwrap_or("(anonymous)"), self.module_name(module))
            }
        }
    }
}
