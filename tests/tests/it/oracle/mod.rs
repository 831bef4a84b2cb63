//! The oracle: random companies decide random leads twice, once in earnest and once by the slow,
//! obvious interpreter, and must agree in every decision, every reason and every number.
//!
//! [`generate`] makes documents and leads, [`cel`] reads conditions, [`hours`] lays working time out
//! a minute at a time, [`interpret`] decides from plain tables, [`run`] drives both and compares.

mod agreement;
pub mod cel;
pub mod clock;
pub mod engine;
pub mod generate;
pub mod hours;
pub mod interpret;
pub mod run;

pub use run::run;
