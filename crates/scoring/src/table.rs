//! The feature table: what `pipeline` hands to `training`. Plain columns of equal length, no
//! polars and no ndarray type, so that both sides may change their library alone.

use pointsman_domain::Digest;
use serde::{Deserialize, Serialize};

use crate::canonical;

/// What the integers of [`FeatureTable::ts`] mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeScale {
    /// UTC microseconds since 1970 (or as written, for a table without zones).
    #[default]
    Micros,
    /// Only the order means something; durations do not.
    Order,
}

/// Texts as small numbers: `codes[i]` is the place of row i's text in `names`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coded {
    pub names: Vec<Box<str>>,
    pub codes: Vec<u32>,
}

impl Coded {
    /// The code of a missing text.
    pub const MISSING: u32 = u32::MAX;

    /// Codes texts in order of first appearance; `None` is [`Coded::MISSING`].
    ///
    /// ```
    /// use pointsman_scoring::Coded;
    /// let reps = Coded::from_texts([Some("mara"), None, Some("ben"), Some("mara")]);
    /// assert_eq!(reps.codes, [0, Coded::MISSING, 1, 0]);
    /// assert_eq!(reps.text(2), Some("ben"));
    /// ```
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut places = std::collections::BTreeMap::new();
        let mut coded = Self::default();
        for text in texts {
            let code = match text {
                None => Self::MISSING,
                Some(text) => *places.entry(text).or_insert_with(|| {
                    coded.names.push(text.into());
                    (coded.names.len() - 1) as u32
                }),
            };
            coded.codes.push(code);
        }
        coded
    }

    pub fn text(&self, row: usize) -> Option<&str> {
        self.names.get(self.codes[row] as usize).map(AsRef::as_ref)
    }
}

/// One categorical feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryColumn {
    pub name: Box<str>,
    pub values: Coded,
}

/// Of whom a number speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The lead alone: the same for every rep (segment and global rates are of this kind).
    #[default]
    Lead,
    /// The rep alone: tenure, win rate, recent rate.
    Rep,
    /// The rep and the lead's level of one segment.
    RepSegment,
}

/// One numeric feature; NaN is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberColumn {
    pub name: Box<str>,
    #[serde(default)]
    pub scope: Scope,
    pub values: Vec<f64>,
}

/// One row per lead × first owner.
///
/// `lead_id` and rep names are texts because a table may come from anywhere, not only from a
/// workspace with typed ids.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FeatureTable {
    pub lead_id: Vec<Box<str>>,
    pub time_scale: TimeScale,
    /// When the lead was given to the rep.
    pub ts: Vec<i64>,
    /// When the outcome was learned; `i64::MAX` where it never was.
    pub label_ts: Vec<i64>,
    pub rep: Coded,
    /// Won.
    pub y: Vec<bool>,
    /// Money of the win, in the table's own unit; NaN is missing. Never a feature.
    pub value: Vec<f64>,
    pub categories: Vec<CategoryColumn>,
    pub numbers: Vec<NumberColumn>,
    /// Case weights (1 each where absent).
    pub weight: Option<Vec<f64>>,
    /// Probability with which the rep was drawn, where it was logged.
    pub propensity: Option<Vec<f64>>,
}

/// A table whose columns do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("column '{column}' has {found} rows where the table has {expected}")]
    Length { column: Box<str>, expected: usize, found: usize },
    #[error("column '{column}', row {row}: code {code} is outside its {names} names")]
    Code { column: Box<str>, row: usize, code: u32, names: usize },
    #[error("feature '{0}' occurs twice")]
    Twice(Box<str>),
    #[error("column 'weight', row {row}: a weight must be a number of at least 0")]
    Weight { row: usize },
}

impl FeatureTable {
    pub fn len(&self) -> usize {
        self.y.len()
    }

    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }

    /// Columns of equal length, codes inside their names, no feature twice.
    pub fn check(&self) -> Result<(), TableError> {
        let n = self.len();
        let length = |column: &str, found: usize| match found == n {
            true => Ok(()),
            false => Err(TableError::Length { column: column.into(), expected: n, found }),
        };
        length("lead_id", self.lead_id.len())?;
        length("ts", self.ts.len())?;
        length("label_ts", self.label_ts.len())?;
        length("value", self.value.len())?;
        let coded = self.categories.iter().map(|c| (&*c.name, &c.values)).chain([("rep", &self.rep)]);
        for (column, values) in coded {
            length(column, values.codes.len())?;
            let names = values.names.len();
            let outside = |&(_, &code): &(usize, &u32)| code != Coded::MISSING && code as usize >= names;
            if let Some((row, &code)) = values.codes.iter().enumerate().find(outside) {
                return Err(TableError::Code { column: column.into(), row, code, names });
            }
        }
        self.numbers.iter().try_for_each(|c| length(&c.name, c.values.len()))?;
        if let Some(weight) = &self.weight {
            length("weight", weight.len())?;
            if let Some(row) = weight.iter().position(|w| !(*w >= 0.0 && w.is_finite())) {
                return Err(TableError::Weight { row });
            }
        }
        if let Some(propensity) = &self.propensity {
            length("propensity", propensity.len())?;
        }
        let mut names: Vec<&str> = self.categories.iter().map(|c| &*c.name).collect();
        names.extend(self.numbers.iter().map(|c| &*c.name));
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(TableError::Twice(pair[0].into())),
            None => Ok(()),
        }
    }

    /// SHA-256 of the compact JSON form: the table's name in artifacts and cards.
    pub fn digest(&self) -> Digest {
        canonical::digest(self)
    }

    /// The rows at `rows`, in that order; dictionaries stay as they are.
    pub fn take(&self, rows: &[usize]) -> Self {
        fn pick<T: Clone>(from: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&i| from[i].clone()).collect()
        }
        let coded = |c: &Coded| Coded { names: c.names.clone(), codes: pick(&c.codes, rows) };
        Self {
            lead_id: pick(&self.lead_id, rows),
            time_scale: self.time_scale,
            ts: pick(&self.ts, rows),
            label_ts: pick(&self.label_ts, rows),
            rep: coded(&self.rep),
            y: pick(&self.y, rows),
            value: pick(&self.value, rows),
            categories: (self.categories.iter())
                .map(|c| CategoryColumn { name: c.name.clone(), values: coded(&c.values) })
                .collect(),
            numbers: (self.numbers.iter())
                .map(|c| NumberColumn { name: c.name.clone(), scope: c.scope, values: pick(&c.values, rows) })
                .collect(),
            weight: self.weight.as_ref().map(|w| pick(w, rows)),
            propensity: self.propensity.as_ref().map(|p| pick(p, rows)),
        }
    }
}
