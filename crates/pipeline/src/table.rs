//! A feature table made elsewhere, for `evaluate`: columns `lead_id`, `ts`, `label_ts`, `rep`,
//! `y`, `value`, `c_*` (categories) and `n_*` (numbers), as CSV (gzip allowed) or Parquet. Other
//! columns are ignored.
//!
//! A time without zone counts as written; a number in `ts` is an order. An empty category is
//! missing and no other word is (`NA` is a word), an empty number is missing.

use std::{collections::BTreeMap, fs::File, path::Path};

use pointsman_domain::Instant;
use pointsman_scoring::{CategoryColumn, Coded, FeatureTable, NumberColumn, Scope, TimeScale};

use crate::{
    ReadError,
    csv_file::{csv_fault, csv_reader},
    frame,
};

/// Reads a table; names of features keep their `c_` and `n_`.
pub fn read_table(path: &Path) -> Result<FeatureTable, ReadError> {
    read(path, None)
}

/// A point on the table's time scale: what `ts` is compared with.
pub fn parse_time(text: &str, scale: TimeScale) -> Option<i64> {
    match scale {
        TimeScale::Micros => Instant::parse_as_written(text.trim()).ok().map(Instant::unix_micros),
        TimeScale::Order => text.trim().parse().ok().filter(|x: &f64| x.is_finite()).map(order),
    }
}

/// An integer that is ordered like the number: its bits, those of negative numbers turned round.
fn order(x: f64) -> i64 {
    // −0 and 0 are one number.
    let bits = (x + 0.0).to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// Reads a table; `own` is the time scale of one that Pointsman wrote, whose orders stand as
/// integers and which may have weights and propensities.
pub(crate) fn read(path: &Path, own: Option<TimeScale>) -> Result<FeatureTable, ReadError> {
    let mut start = [0; 4];
    let opened = File::open(path).and_then(|mut file| std::io::Read::read(&mut file, &mut start));
    opened.map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    if &start == b"PAR1" { read_parquet(path, own) } else { read_csv(path, own) }
}

fn read_csv(path: &Path, own: Option<TimeScale>) -> Result<FeatureTable, ReadError> {
    let mut rows = csv_reader(path)?;
    let header = rows.headers().map_err(|e| csv_fault(path, e))?.clone();
    let mut builder = Builder::new(path, header.iter(), own)?;
    let mut record = csv::StringRecord::new();
    while rows.read_record(&mut record).map_err(|e| csv_fault(path, e))? {
        let line = record.position().map_or(0, csv::Position::line);
        for (column, text) in record.iter().enumerate() {
            builder.text(column, line, text)?;
        }
    }
    builder.finish()
}

fn read_parquet(path: &Path, own: Option<TimeScale>) -> Result<FeatureTable, ReadError> {
    let format = |problem: String| ReadError::Format { path: path.to_owned(), problem };
    let header = frame::column_names(path).map_err(format)?;
    let mut builder = Builder::new(path, header.iter().map(String::as_str), own)?;
    let wanted: Vec<usize> = (0..header.len()).filter(|&i| builder.reads(i)).collect();
    let names: Vec<String> = wanted.iter().map(|&i| header[i].clone()).collect();
    let rows = frame::row_count(path).map_err(format)?;
    for start in (0..rows).step_by(1 << 17) {
        let slice = frame::read_slice(path, Some(&names), start, 1 << 17).map_err(format)?;
        for (&column, values) in wanted.iter().zip(slice.columns()) {
            if let (true, Some(numbers)) = (builder.is_number(column), frame::numbers(values)) {
                builder.numbers(column, &numbers);
                continue;
            }
            for (row, text) in frame::texts_of(values).map_err(format)?.iter().enumerate() {
                builder.text(column, (start + row) as u64 + 1, text)?;
            }
        }
    }
    builder.finish()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    LeadId,
    Ts,
    LabelTs,
    Rep,
    Y,
    Value,
    Category(usize),
    Number(usize),
    Weight,
    Propensity,
    Ignored,
}

struct Builder<'a> {
    path: &'a Path,
    roles: Vec<Role>,
    own: Option<TimeScale>,
    scale: Option<TimeScale>,
    table: FeatureTable,
    reps: BTreeMap<Box<str>, u32>,
    levels: Vec<BTreeMap<Box<str>, u32>>,
    weight: Vec<f64>,
    propensity: Vec<f64>,
}

impl<'a> Builder<'a> {
    fn new<'h>(
        path: &'a Path,
        header: impl Iterator<Item = &'h str>,
        own: Option<TimeScale>,
    ) -> Result<Self, ReadError> {
        let mut table = FeatureTable::default();
        let mut roles: Vec<Role> = Vec::new();
        let header: Vec<&str> = header.collect();
        for name in &header {
            roles.push(match *name {
                "lead_id" => Role::LeadId,
                "ts" => Role::Ts,
                "label_ts" => Role::LabelTs,
                "rep" => Role::Rep,
                "y" => Role::Y,
                "value" => Role::Value,
                "weight" if own.is_some() => Role::Weight,
                "propensity" if own.is_some() => Role::Propensity,
                name if name.starts_with("c_") => {
                    table.categories.push(CategoryColumn { name: name.into(), values: Coded::default() });
                    Role::Category(table.categories.len() - 1)
                }
                name if name.starts_with("n_") => {
                    let column = NumberColumn { name: name.into(), scope: Scope::Lead, values: Vec::new() };
                    table.numbers.push(column);
                    Role::Number(table.numbers.len() - 1)
                }
                _ => Role::Ignored,
            });
        }
        let fault =
            |column: &str, problem: String| ReadError::Column { path: path.to_owned(), column: column.into(), problem };
        for (name, role) in [("lead_id", Role::LeadId), ("ts", Role::Ts), ("rep", Role::Rep), ("y", Role::Y)] {
            if !roles.contains(&role) {
                return Err(fault(name, format!("is missing; the table has {}", header.join(", "))));
            }
        }
        for (i, name) in header.iter().enumerate() {
            if roles[i] != Role::Ignored && header[..i].contains(name) {
                return Err(fault(name, "occurs twice".into()));
            }
        }
        let levels = vec![BTreeMap::new(); table.categories.len()];
        let (reps, weight, propensity) = (BTreeMap::new(), Vec::new(), Vec::new());
        Ok(Self { path, roles, own, scale: own, table, reps, levels, weight, propensity })
    }

    fn reads(&self, column: usize) -> bool {
        self.roles[column] != Role::Ignored
    }

    fn is_number(&self, column: usize) -> bool {
        matches!(self.roles[column], Role::Value | Role::Number(_) | Role::Weight | Role::Propensity)
    }

    fn column_numbers(&mut self, role: Role) -> Option<&mut Vec<f64>> {
        match role {
            Role::Value => Some(&mut self.table.value),
            Role::Weight => Some(&mut self.weight),
            Role::Propensity => Some(&mut self.propensity),
            Role::Number(i) => self.table.numbers.get_mut(i).map(|column| &mut column.values),
            _ => None,
        }
    }

    fn numbers(&mut self, column: usize, numbers: &[f64]) {
        if let Some(values) = self.column_numbers(self.roles[column]) {
            values.extend_from_slice(numbers);
        }
    }

    fn text(&mut self, column: usize, line: u64, text: &str) -> Result<(), ReadError> {
        let role = self.roles.get(column).copied().unwrap_or(Role::Ignored);
        let read = match role {
            Role::LeadId => {
                self.table.lead_id.push(text.into());
                Ok(())
            }
            Role::Ts => self.time(text).map(|at| self.table.ts.push(at)),
            Role::LabelTs if text.trim().is_empty() => {
                self.table.label_ts.push(i64::MAX);
                Ok(())
            }
            Role::LabelTs => self.time(text).map(|at| self.table.label_ts.push(at)),
            Role::Rep if text.is_empty() => Err("is empty".into()),
            Role::Rep => {
                code(&mut self.table.rep, &mut self.reps, Some(text));
                Ok(())
            }
            Role::Y => match text.trim() {
                "1" | "true" | "True" | "1.0" => Ok(true),
                "0" | "false" | "False" | "0.0" => Ok(false),
                other => Err(format!("'{other}' is neither 0 nor 1")),
            }
            .map(|won| self.table.y.push(won)),
            Role::Category(i) => {
                let text = Some(text).filter(|text| !text.is_empty());
                code(&mut self.table.categories[i].values, &mut self.levels[i], text);
                Ok(())
            }
            Role::Value | Role::Number(_) | Role::Weight | Role::Propensity => {
                let number = number(text);
                number.map(|x| self.column_numbers(role).into_iter().for_each(|values| values.push(x)))
            }
            Role::Ignored => Ok(()),
        };
        read.map_err(|problem| self.fault(role, column, line, problem))
    }

    fn fault(&self, role: Role, column: usize, line: u64, problem: String) -> ReadError {
        let name = match role {
            Role::LeadId => "lead_id".into(),
            Role::Ts => "ts".into(),
            Role::LabelTs => "label_ts".into(),
            Role::Rep => "rep".into(),
            Role::Y => "y".into(),
            Role::Value => "value".into(),
            Role::Weight => "weight".into(),
            Role::Propensity => "propensity".into(),
            Role::Category(i) => self.table.categories[i].name.clone(),
            Role::Number(i) => self.table.numbers[i].name.clone(),
            Role::Ignored => column.to_string().into(),
        };
        ReadError::Cell { path: self.path.to_owned(), line, column: name, problem }
    }

    fn time(&mut self, text: &str) -> Result<i64, String> {
        if self.own == Some(TimeScale::Order) {
            return text.parse().map_err(|_| format!("'{text}' is not a whole number"));
        }
        // The first time of the table decides what all are.
        let numeric = || if text.trim().parse::<f64>().is_ok() { TimeScale::Order } else { TimeScale::Micros };
        let scale = *self.scale.get_or_insert_with(numeric);
        parse_time(text, scale).ok_or_else(|| match scale {
            TimeScale::Micros => format!("'{text}' is not a time like 2026-03-01 09:30:00"),
            TimeScale::Order => format!("'{text}' is not a number as in the rows before"),
        })
    }

    fn finish(mut self) -> Result<FeatureTable, ReadError> {
        let rows = self.table.y.len();
        if rows == 0 {
            return Err(ReadError::Format { path: self.path.to_owned(), problem: "has no rows".into() });
        }
        self.table.time_scale = self.scale.unwrap_or_default();
        if !self.roles.contains(&Role::LabelTs) {
            self.table.label_ts.clone_from(&self.table.ts);
        }
        if !self.roles.contains(&Role::Value) {
            self.table.value = vec![f64::NAN; rows];
        }
        self.table.weight = Some(self.weight).filter(|weight| !weight.is_empty());
        self.table.propensity = Some(self.propensity).filter(|propensity| !propensity.is_empty());
        let checked = self.table.check();
        checked.map_err(|e| ReadError::Format { path: self.path.to_owned(), problem: e.to_string() })?;
        Ok(self.table)
    }
}

fn number(text: &str) -> Result<f64, String> {
    match text.trim() {
        "" => Ok(f64::NAN),
        text => match text.parse::<f64>() {
            Ok(x) if !x.is_infinite() => Ok(x),
            _ => Err(format!("'{text}' is not a number")),
        },
    }
}

/// Appends a text to a coded column.
fn code(column: &mut Coded, codes: &mut BTreeMap<Box<str>, u32>, text: Option<&str>) {
    let code = match text {
        None => Coded::MISSING,
        Some(text) => match codes.get(text) {
            Some(code) => *code,
            None => {
                let code = column.names.len() as u32;
                column.names.push(text.into());
                codes.insert(text.into(), code);
                code
            }
        },
    };
    column.codes.push(code);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn orders_are_ordered_like_their_numbers(a in -1e18..1e18f64, b in -1e18..1e18f64, c in -3i32..3) {
            prop_assert_eq!(order(a).cmp(&order(b)), a.total_cmp(&b));
            prop_assert_eq!(order(f64::from(c)).cmp(&order(0.5)), f64::from(c).total_cmp(&0.5));
            prop_assert_eq!(order(-0.0), order(0.0));
        }
    }
}
