//! How a database's tables came to be: plain SQL files, run in order, each once.
//!
//! A change of the tables is two migrations. *Expand* adds what the new version needs and leaves
//! the version before working, so that replicas may be replaced one by one; *contract* removes
//! what only older versions used, and from then on they are refused. A database's format is the
//! number of the last migration that ran; it needs a program that knows its last contraction.

use crate::error::StoreError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Expand,
    Contract,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        }
    }
}

/// One file of SQL. Its number is its place in the list, from 1; the list is only appended to.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub name: &'static str,
    pub step: Step,
    pub(crate) sql: &'static str,
}

/// How far a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Format {
    /// The last migration that ran; 0 is an empty database.
    pub found: i64,
    /// The last contraction that ran: who knows fewer migrations must not touch it.
    pub needs: i64,
}

/// Whether one migration ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub number: i64,
    pub name: &'static str,
    pub step: Step,
    pub applied: bool,
}

/// The migrations that are still to be run, with their numbers.
pub(crate) fn pending(
    all: &'static [Migration],
    format: Format,
) -> Result<impl Iterator<Item = (i64, &'static Migration)>, StoreError> {
    let known = all.len() as i64;
    if format.needs > known || format.found < 0 {
        return Err(StoreError::Newer { found: format.found, known });
    }
    Ok((1..).zip(all).filter(move |(number, _)| *number > format.found))
}

pub(crate) fn standings(all: &'static [Migration], format: Format) -> Vec<Standing> {
    let standing = |(number, migration): (i64, &Migration)| Standing {
        number,
        name: migration.name,
        step: migration.step,
        applied: number <= format.found,
    };
    (1..).zip(all).map(standing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    static TWO: [Migration; 2] = [
        Migration { name: "one", step: Step::Expand, sql: "" },
        Migration { name: "two", step: Step::Contract, sql: "" },
    ];

    #[test]
    fn a_database_that_only_grew_is_still_usable_and_one_that_lost_something_is_not() {
        let left =
            |found, needs| pending(&TWO, Format { found, needs }).map(|left| left.map(|(n, _)| n).collect::<Vec<_>>());
        assert_eq!(left(0, 0).unwrap(), [1, 2]);
        assert_eq!(left(1, 0).unwrap(), [2]);
        assert_eq!(left(5, 2).unwrap(), Vec::<i64>::new(), "newer, but it only grew since");
        let refused = left(5, 3).expect_err("it lost something").to_string();
        assert!(refused.contains("format 5") && refused.contains("newer pointsman"), "{refused}");
    }
}
