//! Shapes: what is known of values without running code. Which attributes a set has, what a function takes, across files.
//!
//! Expressions are looked at one by one as they are asked about, in the frame of the call they stand in: a library's own text says
//! what its functions give, fixpoints and overlays included. What would take long, and what no text says, is told by small rules
//! ([`models`](self), `builtins`, `params`), and whatever is not found is unknown.
//!
//! # Where to start reading
//! `value` (what is known of a value), `eval` (of an expression), `apply` (of a call), `set` (of an attribute); [`Shapes`] is all that
//! the outside uses, so that an inference of types could take this crate's place.
//!
//! # Architecture invariants
//! - Asking is a query of the incremental database, by expression and frame; no answer holds a position, so that an edit of a
//!   comment leaves them all as they are.
//! - Every question ends: recursion is cut at a depth that does not depend on who asks, each question has a number of steps, and a
//!   value that needs itself is unknown.
//! - [`Value::sure`] is true only of what follows from the text. What is taken for granted (that a parameter called `pkgs` is the package
//!   set) may be shown, and nothing may be reported because of it.
//! - Nothing is evaluated, and files are read through the database alone.

mod apply;
mod builtins;
mod checks;
mod config;
mod configurations;
mod eval;
mod files;
mod flakes;
mod frames;
mod fuel;
mod models;
mod module_lists;
mod modules;
mod nixpkgs;
mod options;
mod overlays;
mod params;
mod places;
mod print;
mod set;
mod shapes;
mod types;
mod users;
mod value;

pub use checks::{Problem, ProblemKind, problem_range, problems};
pub use config::{Flake, FlakeNode, Surroundings};
pub use fuel::{EDITOR, within};
pub use module_lists::ModuleClass;
pub use modules::{ModuleSet, OptionProblem, OptionProblemKind};
pub use options::Kind as OptionKind;
pub use places::place_range;
pub use shapes::{Attribute, Attributes, Formal, Glance, OptionFacts, Parameter, Shapes};
pub use value::{Place, PlaceKind, Shape, Thunk, Value};
