//! A number, or why there is none.

use serde::Serialize;

use crate::undefined::Undefined;

/// A number, or the name of why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome<T> {
    Ok(T),
    Undefined { reason: Undefined },
}

impl<T> Outcome<T> {
    pub fn ok(&self) -> Option<&T> {
        match self {
            Self::Ok(value) => Some(value),
            Self::Undefined { .. } => None,
        }
    }
}

impl<T> From<Result<T, Undefined>> for Outcome<T> {
    fn from(result: Result<T, Undefined>) -> Self {
        match result {
            Ok(value) => Self::Ok(value),
            Err(reason) => Self::Undefined { reason },
        }
    }
}
