//! [`Ctx`]: one thread's view of an evaluator; everything builtins and callers do with values. Further methods are in
//! `expect.rs`, `call.rs`, `import.rs` and `ops/`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nival_store::derivation::InputHash;
use nival_syntax::Name;
use rustc_hash::FxHashMap;

use crate::ahead::Team;
use crate::bounds::{Held, PIECE, out_of_memory};
use crate::code::Compiler;
use crate::collect::Collect;
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::evaluator::Evaluator;
use crate::heap::{Few, Pages, Region, ScratchSet, ScratchVec, Stack};
use crate::host::Host;
use crate::ops::path::normalise;
use crate::ops::update::MergePlan;
use crate::track::Tracking;
use crate::value::attrs::LARGE as LARGE_SET;
use crate::value::{Attr, Attrs, AttrsBuilder, BuiltinId, Context, ContextElement, List, Path, State, Str, Thunk, ThunkKind, Value, View};
use crate::watch::{self, Counters};

/// Limits of an evaluation; past them it ends with [`crate::ErrorKind::Budget`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    /// Of values and of what is kept to make them, over all threads.
    pub bytes: Option<usize>,
    /// Per [`Evaluator::enter`].
    pub time: Option<Duration>,
}

/// See the module documentation. Builtins get `&mut Ctx<'_>`.
pub struct Ctx<'e> {
    pub(crate) evaluator: &'e Evaluator,
    pub(crate) region: Region<'e>,
    pub(crate) stack: Stack,
    /// Number of this context, never 0.
    pub(crate) thread: u32,
    /// What a thunk's state word is while this thread runs it.
    pub(crate) pending: State,
    /// No other thread can be running.
    pub(crate) alone: bool,
    /// The threads that evaluate ahead what this one will need.
    pub(crate) team: Option<&'e Team>,
    /// One of the others of the team.
    pub(crate) follows: bool,
    /// What runs is ahead of its turn.
    pub(crate) quiet: bool,
    /// And has been given up: no thunk may keep what comes of it.
    pub(crate) gave_up: bool,
    /// What was evaluated throughout ahead of its turn.
    pub(crate) seen_deep: ScratchSet<u64>,
    /// How many waits there are on this stack in which something else was begun.
    pub(crate) helping: u32,
    /// Nested calls.
    pub(crate) depth: u32,
    /// Steps until the next look at cancellation and budget.
    pub(crate) fuel: u32,
    /// Lowest stack address that may be used.
    stack_limit: usize,
    pub(crate) cancel: Arc<AtomicBool>,
    deadline: Option<Instant>,
    /// Bytes that the evaluator may use.
    pub(crate) limit: Option<usize>,
    pub(crate) held: Held<'e>,
    pub(crate) call_pos: Pos,
    /// How to merge sets of two shapes, by their numbers.
    pub(crate) merges: FxHashMap<u64, MergePlan>,
    pub(crate) counters: Counters,
    pub(crate) compiler: Compiler,
    pub(crate) watch: Option<Box<watch::Local>>,
    /// What the running thunk rests on, where results may have to be evaluated again.
    pub(crate) tracking: Option<Box<Tracking<'e>>>,
    name_strings: Vec<Value>,
}

/// What is being done, for the trace of an error: evaluated only when there is one.
pub trait What: Fn() -> String {}
impl<F: Fn() -> String> What for F {}

/// Steps between two looks at the clock: about a millisecond.
const FUEL: u32 = 10_000;

/// From how many bytes on an object is checked against the budget before it is made.
const LARGE: usize = 512 << 10;

/// Bytes of stack kept free for what does not check: builtins, the host, unwinding.
const STACK_RESERVE: usize = 512 << 10;

impl<'e> Ctx<'e> {
    /// `bytes` is how many bytes of stack may be used from here on.
    pub(crate) fn new(evaluator: &'e Evaluator, thread: u32, alone: bool, bytes: usize, stack: Stack, cancel: Arc<AtomicBool>) -> Self {
        let mut region = Region::new(&evaluator.heap);
        let watch = evaluator.options.watch.as_ref().map(watch::Local::new);
        if watch.is_some() {
            region.count();
            region.grew = true;
        }
        Ctx {
            evaluator,
            region,
            stack,
            thread,
            pending: State::new(ThunkKind::Pending, thread),
            alone,
            team: None,
            follows: false,
            quiet: false,
            gave_up: false,
            seen_deep: ScratchSet::default(),
            helping: 0,
            depth: 0,
            fuel: FUEL,
            stack_limit: stack_pointer().saturating_sub(bytes).saturating_add(STACK_RESERVE),
            cancel,
            deadline: evaluator.options.budget.time.map(|t| Instant::now() + t),
            limit: evaluator.options.budget.bytes,
            held: Held::new(&evaluator.held),
            call_pos: Pos::NONE,
            merges: FxHashMap::default(),
            counters: Counters::default(),
            compiler: Compiler::default(),
            watch,
            tracking: evaluator.tracker.as_ref().map(|tracker| Box::new(Tracking::new(tracker))),
            name_strings: Vec::new(),
        }
    }
}

/// About where the stack is now.
#[inline(always)]
fn stack_pointer() -> usize {
    let here = 0u8;
    &raw const here as usize
}

/// Limits.
impl<'e> Ctx<'e> {
    /// To be called at every step that nests: calls, thunks.
    #[inline(always)]
    pub(crate) fn enter_step(&mut self) -> Result<()> {
        if self.looks() { self.step_slow() } else { Ok(()) }
    }

    /// Counts a step. True where it is time for [`Ctx::step_slow`], which is at every step while somebody watches.
    #[inline(always)]
    pub(crate) fn looks(&mut self) -> bool {
        self.fuel -= 1;
        self.fuel == 0 || self.region.grew || stack_pointer() < self.stack_limit
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn step_slow(&mut self) -> Result<()> {
        self.refuel();
        self.collect_if_due();
        if stack_pointer() < self.stack_limit {
            return Err(EvalError::new(ErrorKind::StackOverflow, "stack overflow (possible infinite recursion)"));
        }
        self.interrupted()
    }

    /// Sets when the next look is due.
    fn refuel(&mut self) {
        self.fuel = match self.evaluator.options.collect {
            // The more rarely the more there is to look at.
            Collect::Stress(steps) => {
                let much = 1 + self.depth / 64 + (self.evaluator.heap.live() >> 18) as u32;
                steps.saturating_mul(much).clamp(1, FUEL)
            }
            _ => FUEL,
        };
        self.region.grew = self.watch.is_some();
    }

    /// An error once the evaluation is cancelled or over budget.
    pub(crate) fn interrupted(&mut self) -> Result<()> {
        #[cfg(test)]
        crate::bounds::tests::look();
        if self.cancel.load(Ordering::Relaxed) {
            return Err(EvalError::new(ErrorKind::Cancelled, "interrupted by the user"));
        }
        if self.team.is_some_and(Team::has_panicked) {
            return Err(EvalError::new(ErrorKind::Cancelled, "another thread of the evaluation has failed"));
        }
        if self.deadline.is_some_and(|d| Instant::now() > d) {
            return Err(EvalError::new(ErrorKind::Budget, "evaluation took longer than allowed"));
        }
        self.count_held();
        self.check_memory(0)
    }

    /// Lets this thread use up to `bytes` more than the evaluator uses now; its own budget stays what it is.
    pub fn allow_bytes(&mut self, bytes: usize) {
        let own = self.evaluator.used_bytes().saturating_add(bytes);
        self.limit = Some(self.limit.map_or(own, |limit| limit.min(own)));
    }

    /// As [`Ctx::interrupted`], where `held` bytes count that are no values yet.
    pub(crate) fn interrupted_with(&mut self, held: usize) -> Result<()> {
        self.interrupted()?;
        self.check_memory(held)
    }

    /// An error where `more` bytes do not fit the budget.
    pub(crate) fn check_memory(&self, more: usize) -> Result<()> {
        match self.limit {
            Some(limit) if self.evaluator.used_bytes().saturating_add(more) > limit => Err(out_of_memory(limit)),
            _ => Ok(()),
        }
    }

    /// To be called at every step of writing a text, which can be exponentially longer than the values it is of: an error
    /// once the evaluation is cancelled or the text, `bytes` long so far, does not fit the budget.
    pub(crate) fn check_output(&mut self, bytes: usize) -> Result<()> {
        self.enter_step()?;
        // What holds the text doubles when it is full.
        if bytes > LARGE { self.check_memory(bytes.saturating_mul(2)) } else { Ok(()) }
    }

    #[inline(always)]
    pub(crate) fn enter_call(&mut self) -> Result<()> {
        self.enter_step()?;
        self.deeper()
    }

    #[inline(always)]
    pub(crate) fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > self.evaluator.options.max_call_depth { self.too_deep() } else { Ok(()) }
    }

    #[cold]
    fn too_deep(&mut self) -> Result<()> {
        self.depth -= 1;
        Err(EvalError::new(ErrorKind::StackOverflow, "stack overflow; max-call-depth exceeded"))
    }

    /// To be called in loops that neither call nor force: an error once the evaluation is cancelled or over budget. No step:
    /// nothing is collected, so that who asks may keep values where it likes until it calls or forces.
    #[inline]
    pub fn check_interrupt(&mut self) -> Result<()> {
        if self.looks() { self.check_slow() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn check_slow(&mut self) -> Result<()> {
        self.refuel();
        self.interrupted()
    }
}

/// Making values.
impl<'e> Ctx<'e> {
    #[inline]
    pub fn int(&mut self, i: i64) -> Value {
        Value::int(&mut self.region, i)
    }

    pub fn float(&mut self, f: f64) -> Value {
        Value::float(&mut self.region, f)
    }

    /// A string without context.
    #[inline]
    pub fn string(&mut self, bytes: impl AsRef<[u8]>) -> Value {
        Str::alloc(&mut self.region, &[bytes.as_ref()], Context::EMPTY)
    }

    #[inline]
    pub fn string_with_context(&mut self, bytes: impl AsRef<[u8]>, context: Context) -> Value {
        Str::alloc(&mut self.region, &[bytes.as_ref()], context)
    }

    /// The parts one after the other, without an intermediate copy; an error where they do not fit the budget.
    #[inline]
    pub fn string_from_parts(&mut self, parts: &[&[u8]], context: Context) -> Result<Value> {
        let bytes = parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.len()));
        if bytes > LARGE {
            return self.large_string(bytes, parts, context);
        }
        Ok(Str::alloc(&mut self.region, parts, context))
    }

    /// As [`Ctx::string_with_context`], for what may be large.
    #[inline]
    pub fn string_from(&mut self, bytes: &[u8], context: Context) -> Result<Value> {
        self.string_from_parts(&[bytes], context)
    }

    #[cold]
    fn large_string(&mut self, bytes: usize, parts: &[&[u8]], context: Context) -> Result<Value> {
        self.check_memory(bytes)?;
        let (string, mut rest) = Str::alloc_unwritten(&mut self.region, bytes, context);
        for piece in parts.iter().flat_map(|part| part.chunks(PIECE)) {
            rest.push(piece);
            self.worked(piece.len())?;
        }
        Ok(string)
    }

    /// A string of a text that lies in memory of its own.
    pub(crate) fn string_of_pages(&mut self, pages: Pages, context: Context) -> Value {
        Str::of_pages(&mut self.region, pages, context)
    }

    /// Whether a processor is free for what this thread would do else.
    pub(crate) fn has_a_processor(&self) -> bool {
        self.evaluator.heap.has_a_processor()
    }

    /// `path` must be absolute; it is normalised.
    pub fn path(&mut self, path: &[u8]) -> Value {
        Path::alloc(&mut self.region, &normalise(path))
    }

    pub fn list(&mut self, elements: &[Value]) -> Value {
        if elements.is_empty() {
            return self.evaluator.empty_list();
        }
        List::alloc_with(&mut self.region, elements.len(), |slots| slots.copy_from_slice(elements))
    }

    /// `list` without its first elements; they are not copied.
    pub fn list_after(&mut self, list: List, skipped: usize) -> Value {
        if skipped >= list.len() {
            return self.evaluator.empty_list();
        }
        list.skip(&mut self.region, skipped)
    }

    /// As [`Ctx::list`], for what may be large.
    #[inline]
    pub fn list_from(&mut self, elements: &[Value]) -> Result<Value> {
        if elements.len() > PIECE { self.list_with(elements.len(), |_, i| Ok(elements[i])) } else { Ok(self.list(elements)) }
    }

    /// A list of `len` elements made one after the other; an error where that many do not fit the budget.
    pub fn list_with(&mut self, len: usize, mut element: impl FnMut(&mut Self, usize) -> Result<Value>) -> Result<Value> {
        if len == 0 {
            return Ok(self.evaluator.empty_list());
        }
        self.check_large(len)?;
        let (list, slots) = List::alloc(&mut self.region, len);
        for i in 0..len {
            self.enter_step()?;
            let value = element(self, i)?;
            slots.set(i, value);
        }
        Ok(list)
    }

    /// The set that `builder` collected.
    pub fn attrs(&mut self, builder: AttrsBuilder) -> Value {
        builder.build(&mut self.region, &self.evaluator.shapes)
    }

    /// As [`Ctx::attrs`], for what may be many attributes.
    pub fn attrs_from(&mut self, mut builder: AttrsBuilder) -> Result<Value> {
        if builder.is_large() {
            self.check_memory(builder.len() * size_of::<Attr>())?;
            builder.sort_in_steps(|moved| self.worked(32 * moved))?;
        }
        Ok(self.attrs(builder))
    }

    /// A set with the names of `of`, without positions, and values that `value` gives: for `mapAttrs` and the like.
    pub fn map_attrs(&mut self, of: Attrs, mut value: impl FnMut(&mut Self, Attr) -> Result<Value>) -> Result<Value> {
        let flat = self.flatten(of);
        let Some(shape) = flat.shape() else { return Ok(of.value()) };
        let plain = self.evaluator.shapes.without_positions(shape);
        let (set, slots) = Attrs::alloc(&mut self.region, plain);
        for (i, (&name, &old)) in shape.names().iter().zip(flat.slots(shape)).enumerate() {
            self.check_interrupt()?;
            let value = value(self, Attr { name, value: old })?;
            slots.set(i, value);
        }
        Ok(set)
    }

    /// The attributes of `of` that `keep` wants, with their positions: for `removeAttrs`, `intersectAttrs`.
    pub fn filter_attrs(&mut self, of: Attrs, mut keep: impl FnMut(Name) -> bool) -> Result<Value> {
        let flat = self.flatten(of);
        let Some(shape) = flat.shape() else { return Ok(of.value()) };
        let mut kept: Few<u32, 64> = Few::new(0);
        for (i, &name) in shape.names().iter().enumerate() {
            self.check_interrupt()?;
            if keep(name) {
                kept.push(i as u32);
            }
        }
        let kept = kept.as_slice();
        if kept.len() == shape.len() {
            // A set of its own all the same, as in Nix: printing tells whether two sets are one.
            let copy = |slots: &mut [Value]| slots.copy_from_slice(flat.slots(shape));
            return Ok(Attrs::alloc_with(&mut self.region, shape, copy));
        }
        let mut names: Few<Name, 64> = Few::new(shape.names()[0]);
        kept.iter().for_each(|&i| names.push(shape.names()[i as usize]));
        let small = self.evaluator.shapes.part(shape, names.as_slice());
        Ok(Attrs::alloc_with(&mut self.region, small, |slots| {
            for (slot, &i) in slots.iter_mut().zip(kept) {
                *slot = flat.slot(i);
            }
        }))
    }

    /// `function arg…`, applied when it is first needed.
    pub fn lazy_call(&mut self, function: Value, args: &[Value]) -> Value {
        Thunk::apply(&mut self.region, function, args)
    }

    /// An object of the host.
    pub fn external(&mut self, id: u64) -> Value {
        Value::external(&mut self.region, id)
    }

    /// The string value of a name, made once per thread.
    pub fn name_string(&mut self, name: Name) -> Value {
        let index = name.index();
        if let Some(&value) = self.name_strings.get(index)
            && !value.is_unset()
        {
            return value;
        }
        let value = self.string(name.as_bytes());
        Str::from_word(value.0).remember_name(name);
        if self.name_strings.len() <= index {
            self.name_strings.resize(index + 1, Value::UNSET);
        }
        self.name_strings[index] = value;
        value
    }

    pub(crate) fn forget_name_strings(&mut self) {
        self.name_strings.clear();
    }

    pub fn name(&mut self, bytes: &[u8]) -> Name {
        Name::new(bytes)
    }

    /// The name with the bytes of a string.
    #[inline]
    pub(crate) fn name_of(&mut self, string: Str) -> Name {
        string.known_name().unwrap_or_else(|| {
            let name = Name::new(string.bytes());
            string.remember_name(name);
            name
        })
    }

    pub fn context(&mut self, elements: impl IntoIterator<Item = ContextElement>) -> Context {
        Context::from_elements(&mut self.region, &self.evaluator.contexts, elements)
    }

    /// The context of an output of a derivation that was just made.
    pub(crate) fn context_of_output(&mut self, element: ContextElement, hash: InputHash) -> Context {
        Context::of_output(&mut self.region, &self.evaluator.contexts, element, hash)
    }

    pub fn context_union(&mut self, a: Context, b: Context) -> Context {
        a.union(b, &mut self.region)
    }

    pub fn context_elements(&self, context: Context) -> impl Iterator<Item = &'e ContextElement> + use<'e> {
        let evaluator = self.evaluator;
        context.ids().iter().filter_map(move |&id| evaluator.contexts.get(id as u32))
    }

    /// The value of a builtin, by its name without `__`.
    pub fn builtin(&self, name: &str) -> Option<Value> {
        let index = self.evaluator.builtins.iter().position(|b| b.builtin.name == name)?;
        Some(Value::builtin(BuiltinId(index as u16)))
    }
}

/// Attributes.
impl<'e> Ctx<'e> {
    /// The value of `name`, not forced.
    #[inline]
    pub fn get(&mut self, set: Attrs, name: Name) -> Option<Value> {
        set.get(name)
    }

    /// The attribute `name`, forced; an error in Nix's words where it is missing.
    pub fn attr(&mut self, set: Attrs, name: Name) -> Result<Value> {
        match self.get(set, name) {
            Some(value) => self.force(value),
            None => Err(self.missing_attribute(set, name)),
        }
    }

    /// Attributes in the order of their names' bytes: the order of `attrNames`, printing and JSON.
    pub fn attrs_sorted(&mut self, set: Attrs) -> Result<ScratchVec<Attr>> {
        if set.len() > LARGE_SET {
            self.check_memory(set.len() * size_of::<Attr>())?;
        }
        Ok(self.attrs_in_order(set)?.collect())
    }

    /// As [`Ctx::attrs_sorted`], without a copy: for who sees to it that the set lives on.
    pub(crate) fn attrs_in_order(&mut self, set: Attrs) -> Result<impl ExactSizeIterator<Item = Attr> + Clone + use<'e>> {
        let flat = self.flatten(set);
        let (order, names, slots): (&'static [u32], &'static [Name], &'static [Value]) = match flat.shape() {
            Some(shape) => {
                if shape.len() > LARGE_SET {
                    // Comparing names looks at memory all over the place.
                    shape.sort_in_steps(|moved| self.worked(128 * moved))?;
                }
                (shape.alphabetical(), shape.names(), flat.slots(shape))
            }
            None => (&[], &[], &[]),
        };
        Ok(order.iter().map(|&i| Attr { name: names[i as usize], value: slots[i as usize] }))
    }

    /// Attributes in the order of [`Name`], which is cheaper.
    pub fn attrs_unsorted(&mut self, set: Attrs) -> impl ExactSizeIterator<Item = Attr> + use<'e> {
        let flat = self.flatten(set);
        let (names, slots): (&'static [Name], &'static [Value]) = match flat.shape() {
            Some(shape) => (shape.names(), flat.slots(shape)),
            None => (&[], &[]),
        };
        names.iter().zip(slots).map(|(&name, &value)| Attr { name, value })
    }

    /// Attributes in the order in which they are evaluated where all are: that of [`Name`], as in Nix; where several threads
    /// make names, that of their bytes, which is always the same.
    pub(crate) fn attrs_in_turn(&mut self, set: Attrs) -> Result<ScratchVec<Attr>> {
        if self.team.is_some() { self.attrs_sorted(set) } else { Ok(self.attrs_unsorted(set).collect()) }
    }

    pub(crate) fn flatten(&mut self, set: Attrs) -> Attrs {
        set.flatten(&mut self.region, &self.evaluator.shapes)
    }
}

/// Forcing.
impl<'e> Ctx<'e> {
    /// Weak head normal form.
    #[inline(always)]
    pub fn force(&mut self, value: Value) -> Result<Value> {
        if !value.is_thunk() {
            return Ok(value);
        }
        self.force_slow(value)
    }

    #[inline(always)]
    fn force_slow(&mut self, value: Value) -> Result<Value> {
        debug_assert!(!value.is_unset(), "a slot was read before it was written");
        if value.is_unset() {
            return Err(EvalError::other("internal error: a variable was used before it was set"));
        }
        let thunk = Thunk::from_word(value.0);
        match thunk.load() {
            Ok(value) => Ok(value),
            Err(_) => self.force_thunk(thunk),
        }
    }

    pub fn view(&mut self, value: Value) -> Result<View> {
        Ok(self.force(value)?.view())
    }
}

/// The surroundings.
impl<'e> Ctx<'e> {
    pub fn evaluator(&self) -> &'e Evaluator {
        self.evaluator
    }

    pub fn host(&self) -> &'e dyn Host {
        self.evaluator.host()
    }

    /// Where the call of the running builtin was written.
    pub fn call_pos(&self) -> Pos {
        self.call_pos
    }
}
