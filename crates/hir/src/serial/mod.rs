//! A [`Module`](crate::Module) as bytes, to be kept on disk between processes.
//!
//! Names are numbered by each process, in the order in which it meets them, and that order shows: Nix evaluates attributes by the age
//! of their names. So bytes hold the names of the *text*, in its order, and reading makes them again in that order: afterwards the
//! process knows the names that it would know from parsing, and the module is the one that lowering the text would give it. Sets are
//! written in the order of their text, which mostly is the order that they need.
//!
//! Numbers are LEB128; what counts up by itself (constants, sets, sites, runs of lists) is written as the distance from what is expected,
//! a child as its distance from its parent. Most expressions take two to five bytes.
//!
//! Bytes are not believed: reading checks each number, and [`validate`](crate::validate()) the whole. What is damaged gives `None`.

mod packed;
mod read;
mod write;

pub use packed::Packed;
pub use read::read;
pub use write::Writer;

use crate::module::BinaryOp;

/// Changes with the sources of this crate and of `nival-syntax`: of modules, of lowering, and of what they are written as.
pub const VERSION: &str = env!("NIVAL_LOWERING");

/// How expressions begin.
mod tag {
    pub const CONST: u8 = 0;
    pub const LOCAL: u8 = 1;
    pub const OUTER: u8 = 2;
    pub const GLOBAL: u8 = 3;
    pub const WITH_VAR: u8 = 4;
    pub const INTERPOLATE: u8 = 5;
    pub const PATH_INTERPOLATE: u8 = 6;
    pub const LIST: u8 = 7;
    pub const ATTRS: u8 = 8;
    pub const LET: u8 = 9;
    pub const WITH: u8 = 10;
    pub const LAMBDA: u8 = 11;
    pub const CALL: u8 = 12;
    pub const GET: u8 = 13;
    pub const SELECT: u8 = 14;
    pub const SELECT_OR: u8 = 15;
    pub const HAS_ATTR: u8 = 16;
    pub const IF: u8 = 17;
    pub const ASSERT: u8 = 18;
    pub const NOT: u8 = 19;
    pub const NEGATE: u8 = 20;
    pub const CUR_POS: u8 = 21;
    pub const EMPTY_SET: u8 = 22;
    /// And the number of the operator in [`super::OPERATORS`].
    pub const BINARY: u8 = 32;
}

const OPERATORS: [BinaryOp; 15] = [
    BinaryOp::Concat,
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Update,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterEqual,
    BinaryOp::And,
    BinaryOp::Or,
    BinaryOp::Implies,
];

/// Bits of a set's, a pattern's or a function's first byte.
mod flag {
    pub const RECURSIVE: u8 = 1;
    pub const OVERRIDES: u8 = 2;
    pub const PATTERN: u8 = 1;
    pub const ELLIPSIS: u8 = 2;
    pub const BIND: u8 = 4;
    pub const NAMED: u8 = 8;
}

/// What the next number of a table is expected to be, on both sides.
#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    consts: u32,
    withs: u32,
    lists: u32,
    attrs: u32,
    lets: u32,
    lambdas: u32,
    paths: u32,
    sites: u32,
}
