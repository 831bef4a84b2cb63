//! The condition language of policies: the part of CEL that asks about one lead.
//!
//! `lead.country in ["DE", "AT"] && lead.employees >= 200 && !account.has_owner` is read,
//! checked against the workspace's attribute schema (unknown field, wrong type, impossible value:
//! an error with line, column and a suggestion) and compiled. One sentence rules missing values:
//! *a test that reads a missing value is false, `!=` and `in` included; `!` negates as written;
//! `has(x)` asks.* What a rule does when its condition holds is left to `rules`.
//!
//! Reading order: [`field`] (what can be asked), [`environment`] (names), `compile` through
//! `lex`, `parse`, `check` and `constant` (text to tree), [`tree`] (the checked tree, open to whoever
//! reasons about policies), [`row`] (the facts of one lead), [`condition`] (one condition),
//! [`ruleset`] (thousands at once, through `terms`, `classes` and `index`), [`space`] (can they
//! hold together, and for whom), `blame` and [`amend`] (what would have to differ), `show` (trees as
//! text again),
//! [`error`]. The language as its users read it: `LANGUAGE.md`.

pub mod amend;
mod blame;
mod check;
mod classes;
mod compile;
pub mod condition;
mod constant;
pub mod environment;
pub mod error;
pub mod field;
mod index;
mod lex;
mod parse;
pub mod row;
pub mod ruleset;
mod show;
pub mod space;
mod suggest;
mod terms;
pub mod tree;
mod values;

pub use condition::Condition;
pub use environment::{Environment, FieldInfo};
pub use error::{ExprError, Fault};
pub use field::{Builtin, Field, FieldKind};
pub use parse::{MAX_DEPTH, MAX_LIST_ITEMS, MAX_SOURCE_BYTES};
pub use row::Row;
pub use ruleset::{Matches, RuleSet, Scratch};
pub use space::{Assume, Possible, Space, Span};
pub use tree::{Negated, Node, Order, Pattern, Question, Test};
