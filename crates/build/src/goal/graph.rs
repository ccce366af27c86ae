//! The graph of derivations that must be built for what is wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nival_store::{Derivation, LocalStore, StoreError, StorePath};

use crate::derived_path::{DerivedPath, OutputsSpec};
use crate::error::{BuildError, BuildFailure};
use crate::result::SuccessStatus;

/// How far a goal is.
#[derive(Debug, Clone)]
pub enum State {
    Waiting,
    Running,
    Done(SuccessStatus),
    Failed(Arc<BuildFailure>),
}

/// One derivation.
#[derive(Debug)]
pub struct Goal {
    pub drv_path: StorePath,
    pub drv: Arc<Derivation>,
    /// What was asked for, by all who need it together.
    pub wanted: OutputsSpec,
    /// All outputs whose path is known.
    pub outputs: BTreeMap<String, StorePath>,
    /// Goals that must be done first, in order; empty when nothing has to be built.
    pub inputs: BTreeSet<StorePath>,
    pub state: State,
}

/// All goals of one run, in an order in which inputs come first.
#[derive(Debug)]
pub struct Graph {
    goals: BTreeMap<StorePath, Goal>,
    order: Vec<StorePath>,
}

impl Graph {
    /// Reads derivations until everything that is needed is either valid or a goal. Fails on cycles, and on inputs that
    /// are neither valid nor buildable.
    pub fn load(store: &LocalStore, wanted: &[DerivedPath]) -> Result<Graph, BuildError> {
        let mut graph = Graph { goals: BTreeMap::new(), order: Vec::new() };
        let mut todo = Vec::new();
        for path in wanted {
            match path {
                DerivedPath::Opaque(path) => {
                    store.add_temp_root(path)?;
                    if !store.is_valid(path)? {
                        return Err(BuildError::MissingPath(store.store_dir().print(path)));
                    }
                }
                DerivedPath::Built { drv, outputs } => todo.push((drv.clone(), outputs.clone(), None)),
            }
        }
        todo.reverse();
        while let Some((drv_path, outputs, needed_by)) = todo.pop() {
            graph.want(store, drv_path, &outputs, needed_by.as_ref(), &mut todo)?;
        }
        let roots = wanted.iter().filter_map(|path| match path {
            DerivedPath::Built { drv, .. } => Some(drv),
            DerivedPath::Opaque(_) => None,
        });
        graph.sort(store, roots)?;
        Ok(graph)
    }

    /// Adds a goal, or more wanted outputs to one.
    fn want(
        &mut self,
        store: &LocalStore,
        drv_path: StorePath,
        outputs: &OutputsSpec,
        needed_by: Option<&StorePath>,
        todo: &mut Vec<(StorePath, OutputsSpec, Option<StorePath>)>,
    ) -> Result<(), BuildError> {
        let goal = match self.goals.get_mut(&drv_path) {
            Some(goal) => {
                goal.wanted.merge(outputs);
                goal
            }
            None => {
                store.add_temp_root(&drv_path)?;
                let goal = read_goal(store, &drv_path, outputs, needed_by)?;
                self.goals.entry(drv_path.clone()).or_insert(goal)
            }
        };
        if let OutputsSpec::Names(names) = outputs
            && let Some(missing) = names.iter().find(|name| !goal.drv.outputs.contains_key(*name))
        {
            return Err(BuildError::NoSuchOutput { drv: store.store_dir().print(&drv_path), output: missing.clone() });
        }
        if matches!(goal.state, State::Waiting) || all_valid(store, goal)? {
            return Ok(());
        }
        // Now it must be built, so its inputs are needed.
        goal.state = State::Waiting;
        goal.inputs = goal.drv.input_drvs.keys().cloned().collect();
        for path in &goal.drv.input_srcs {
            store.add_temp_root(path)?;
            if !store.is_valid(path)? {
                let dir = store.store_dir();
                return Err(BuildError::MissingInput { path: dir.print(path), drv: dir.print(&drv_path) });
            }
        }
        for (input, node) in goal.drv.input_drvs.iter().rev() {
            todo.push((input.clone(), OutputsSpec::Names(node.outputs.clone()), Some(drv_path.clone())));
        }
        Ok(())
    }

    /// Finds the order, by depth first search with a stack of its own.
    fn sort<'p>(&mut self, store: &LocalStore, roots: impl Iterator<Item = &'p StorePath>) -> Result<(), BuildError> {
        let mut done: BTreeSet<&StorePath> = BTreeSet::new();
        let mut order = Vec::new();
        for start in roots {
            let mut path: Vec<(&StorePath, Vec<&StorePath>)> = Vec::new();
            let mut on_path: BTreeSet<&StorePath> = BTreeSet::new();
            let mut next = Some(start);
            loop {
                if let Some(drv) = next.take()
                    && !done.contains(drv)
                {
                    if !on_path.insert(drv) {
                        let cycle = path.iter().map(|(drv, _)| *drv).skip_while(|on| *on != drv).chain([drv]);
                        return Err(BuildError::Cycle(cycle.map(|drv| store.store_dir().print(drv)).collect()));
                    }
                    let inputs = self.goals.get(drv).map(|goal| goal.inputs.iter().rev().collect()).unwrap_or_default();
                    path.push((drv, inputs));
                }
                let Some((drv, inputs)) = path.last_mut() else { break };
                match inputs.pop() {
                    Some(input) => next = Some(input),
                    None => {
                        let drv = *drv;
                        path.pop();
                        on_path.remove(drv);
                        done.insert(drv);
                        order.push(drv.clone());
                    }
                }
            }
        }
        self.order = order;
        Ok(())
    }

    pub fn goal(&self, drv: &StorePath) -> Option<&Goal> {
        self.goals.get(drv)
    }

    pub fn goal_mut(&mut self, drv: &StorePath) -> Option<&mut Goal> {
        self.goals.get_mut(drv)
    }

    /// Goals that are not done, inputs first.
    pub fn to_build(&self) -> impl Iterator<Item = &Goal> {
        self.order.iter().filter_map(|drv| self.goals.get(drv)).filter(|goal| matches!(goal.state, State::Waiting))
    }

    /// Failures of `drv` and of what it needs, causes first.
    pub fn failures_below(&self, drv: &StorePath) -> Vec<Arc<BuildFailure>> {
        let mut reached = BTreeSet::new();
        let mut todo = vec![drv];
        while let Some(drv) = todo.pop() {
            if reached.insert(drv)
                && let Some(goal) = self.goals.get(drv)
            {
                todo.extend(&goal.inputs);
            }
        }
        let failure = |drv: &StorePath| match &self.goals.get(drv)?.state {
            State::Failed(failure) => Some(failure.clone()),
            _ => None,
        };
        self.order.iter().filter(|drv| reached.contains(drv)).filter_map(failure).collect()
    }
}

fn read_goal(store: &LocalStore, drv_path: &StorePath, wanted: &OutputsSpec, needed_by: Option<&StorePath>) -> Result<Goal, BuildError> {
    let dir = store.store_dir();
    let drv = match store.read_derivation(drv_path) {
        Err(StoreError::Io { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(match needed_by {
                Some(drv) => BuildError::MissingInput { path: dir.print(drv_path), drv: dir.print(drv) },
                None => BuildError::MissingPath(dir.print(drv_path)),
            });
        }
        other => other?,
    };
    let unsupported = |what| BuildError::Unsupported { drv: dir.print(drv_path), what };
    if drv.has_dynamic_inputs() {
        return Err(unsupported("outputs of derivations that are themselves outputs"));
    }
    let mut outputs = BTreeMap::new();
    for (name, output) in &drv.outputs {
        let path = output.path(dir, &drv.name, name).map_err(StoreError::from)?;
        outputs.insert(name.clone(), path.ok_or_else(|| unsupported("outputs whose paths depend on their contents"))?);
    }
    let state = State::Done(SuccessStatus::AlreadyValid);
    Ok(Goal { drv_path: drv_path.clone(), drv: Arc::new(drv), wanted: wanted.clone(), outputs, inputs: BTreeSet::new(), state })
}

fn all_valid(store: &LocalStore, goal: &Goal) -> Result<bool, BuildError> {
    for path in goal.outputs.iter().filter(|(name, _)| goal.wanted.contains(name)).map(|(_, path)| path) {
        store.add_temp_root(path)?;
        if !store.is_valid(path)? {
            return Ok(false);
        }
    }
    Ok(true)
}
