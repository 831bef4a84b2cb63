//! The canonical tables as columns: one entry a lead that has an owner, in order of time.

use std::{
    collections::HashMap,
    fs::File,
    hash::{BuildHasherDefault, Hasher},
    io::BufReader,
    path::{Path, PathBuf},
    str::FromStr,
};

use pointsman_domain::{Instant, LeadId, record::Stage};
use pointsman_scoring::{Executor, LocalTime};
use polars::prelude::*;
use polars_parquet::read::{infer_schema, read_metadata};

use super::attributes::{self, Column};
use crate::{FeatureError, History, ReadError, batches::decode, frame, tables::Table};

/// Leads with an owner, in order of time (leads given away at the same microsecond by id).
pub struct Owned {
    pub lead: Vec<LeadId>,
    /// Place in `reps`.
    pub rep: Vec<u32>,
    pub reps: Vec<Box<str>>,
    pub at: Vec<i64>,
    pub known_at: Vec<i64>,
    pub propensity: Option<Vec<f64>>,
    pub ends: Ends,
    /// Category columns in the executor's order.
    pub categories: Vec<Column>,
    /// Number columns in the executor's order; `None` where the number is counted.
    pub numbers: Vec<Option<Vec<f64>>>,
}

/// How leads ended.
pub struct Ends {
    /// The first terminal stage learned.
    pub first: Vec<End>,
    /// The first that is won, lost or unqualified.
    pub closing: Vec<End>,
    /// Minor units of the first.
    pub value: Vec<f64>,
    /// Terminal stages of leads that have no owner.
    pub strays: Vec<(i64, LeadId, Stage)>,
}

#[derive(Clone, Copy, Default)]
pub struct End {
    pub stage: Option<Stage>,
    pub known_at: i64,
    at: i64,
}

impl End {
    fn take_earlier(&mut self, other: Self) -> bool {
        let earlier = self.stage.is_none() || (other.known_at, other.at) < (self.known_at, self.at);
        if earlier {
            *self = other;
        }
        earlier
    }
}

/// Where a lead stands. Ids are hashes or random, so their own bits spread well enough.
pub type Places = HashMap<LeadId, u32, BuildHasherDefault<IdHasher>>;

#[derive(Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            self.0 = (self.0.rotate_left(26) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

impl Owned {
    pub fn read(
        history: &History,
        executor: &Executor,
        local: &dyn Fn(Instant) -> LocalTime,
    ) -> Result<Self, FeatureError> {
        let mut owned = read_assignments(history)?;
        owned.sort();
        let places: Places = owned.lead.iter().zip(0..).map(|(lead, row)| (*lead, row)).collect();
        read_outcomes(history, &places, &mut owned)?;
        let columns = attributes::read(history, executor, &places, &owned)?;
        let counts = read_activities(history, executor, &places, &owned.at)?;
        drop(places);
        attributes::assemble(&mut owned, executor, &columns, counts, local);
        Ok(owned)
    }

    /// Puts rows in order and keeps the first owner of each lead.
    fn sort(&mut self) {
        let mut order: Vec<u32> = (0..self.lead.len() as u32).collect();
        let key = |&row: &u32| (self.at[row as usize], self.lead[row as usize]);
        if !order.is_sorted_by_key(key) {
            order.sort_unstable_by_key(|row| (key(row), self.rep[*row as usize]));
        }
        let mut seen = std::collections::HashSet::<LeadId, BuildHasherDefault<IdHasher>>::default();
        order.retain(|&row| seen.insert(self.lead[row as usize]));
        drop(seen);
        let pick = |from: &[i64]| order.iter().map(|&row| from[row as usize]).collect::<Vec<i64>>();
        (self.at, self.known_at) = (pick(&self.at), pick(&self.known_at));
        self.lead = order.iter().map(|&row| self.lead[row as usize]).collect();
        self.rep = order.iter().map(|&row| self.rep[row as usize]).collect();
        attributes::recode(&mut self.rep, &mut self.reps);
        self.propensity =
            self.propensity.take().map(|p| order.iter().map(|&row| p[row as usize]).collect::<Vec<f64>>());
    }
}

fn read_assignments(history: &History) -> Result<Owned, FeatureError> {
    let mut owned = Owned {
        lead: Vec::new(),
        rep: Vec::new(),
        reps: Vec::new(),
        at: Vec::new(),
        known_at: Vec::new(),
        propensity: None,
        ends: Ends { first: Vec::new(), closing: Vec::new(), value: Vec::new(), strays: Vec::new() },
        categories: Vec::new(),
        numbers: Vec::new(),
    };
    let mut reps: HashMap<Box<str>, u32> = HashMap::new();
    let mut propensity = Vec::new();
    let wanted = ["lead_id", "rep", "at", "known_at", "kind", "propensity"].map(str::to_owned);
    for_each_group(history, Table::Assignments, &wanted, |group| {
        let (leads, names, kinds) = (group.texts(0)?, group.texts(1)?, group.texts(4)?);
        let (at, known_at, drawn) = (group.times(2)?, group.times(3)?, group.numbers(5)?);
        for row in 0..leads.len() {
            if kinds.get(row) != Some("first") {
                continue;
            }
            let name = names.get(row).ok_or_else(|| group.fault(1, row, "is missing"))?;
            let next = owned.reps.len() as u32;
            let code = match reps.get(name) {
                Some(code) => *code,
                None => {
                    owned.reps.push(name.into());
                    reps.insert(name.into(), next);
                    next
                }
            };
            owned.lead.push(group.id(leads, 0, row)?);
            owned.rep.push(code);
            owned.at.push(at[row]);
            owned.known_at.push(known_at[row]);
            propensity.push(drawn[row]);
        }
        Ok(())
    })?;
    owned.propensity = propensity.iter().any(|p: &f64| !p.is_nan()).then_some(propensity);
    Ok(owned)
}

fn read_outcomes(history: &History, places: &Places, owned: &mut Owned) -> Result<(), FeatureError> {
    let rows = owned.lead.len();
    let ends = &mut owned.ends;
    ends.first = vec![End::default(); rows];
    ends.closing = vec![End::default(); rows];
    ends.value = vec![f64::NAN; rows];
    let wanted = ["lead_id", "at", "known_at", "stage", "value"].map(str::to_owned);
    for_each_group(history, Table::Outcomes, &wanted, |group| {
        let (leads, stages) = (group.texts(0)?, group.texts(3)?);
        let (at, known_at, values) = (group.times(1)?, group.times(2)?, group.numbers(4)?);
        for row in 0..leads.len() {
            let Some(stage) = stages.get(row).and_then(terminal) else { continue };
            let lead = group.id(leads, 0, row)?;
            let Some(&place) = places.get(&lead) else {
                ends.strays.push((known_at[row], lead, stage));
                continue;
            };
            let end = End { stage: Some(stage), known_at: known_at[row], at: at[row] };
            if ends.first[place as usize].take_earlier(end) {
                ends.value[place as usize] = values[row];
            }
            if !matches!(stage, Stage::Merged | Stage::Erased) {
                ends.closing[place as usize].take_earlier(end);
            }
        }
        Ok(())
    })?;
    Ok(())
}

fn terminal(word: &str) -> Option<Stage> {
    Some(match word {
        "won" => Stage::Won,
        "lost" => Stage::Lost,
        "unqualified" => Stage::Unqualified,
        "merged" => Stage::Merged,
        "erased" => Stage::Erased,
        _ => return None,
    })
}

/// Activities learned before each decision, for each engagement feature of the specification.
fn read_activities(
    history: &History,
    executor: &Executor,
    places: &Places,
    at: &[i64],
) -> Result<Vec<Vec<u32>>, FeatureError> {
    let kinds = attributes::engagement_kinds(executor.spec());
    let mut counts = vec![vec![0u32; at.len()]; kinds.len()];
    if kinds.is_empty() {
        return Ok(counts);
    }
    let wanted = ["lead_id", "known_at", "kind"].map(str::to_owned);
    for_each_group(history, Table::Activities, &wanted, |group| {
        let (leads, known_at, words) = (group.texts(0)?, group.times(1)?, group.texts(2)?);
        for (row, &known_at) in known_at.iter().enumerate() {
            let Some(kind) = kinds.iter().position(|kind| words.get(row) == Some(*kind)) else { continue };
            let place = places.get(&group.id(leads, 0, row)?).map(|&place| place as usize);
            if let Some(place) = place.filter(|&place| known_at < at[place]) {
                counts[kind][place] += 1;
            }
        }
        Ok(())
    })?;
    Ok(counts)
}

/// The wanted columns of some rows.
pub struct Group<'a> {
    path: &'a Path,
    columns: Vec<polars::prelude::Column>,
    names: &'a [String],
    /// Rows before these.
    start: u64,
}

impl Group<'_> {
    pub fn column(&self, at: usize) -> &polars::prelude::Column {
        &self.columns[at]
    }

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, polars::prelude::Column::len)
    }

    pub fn fault(&self, column: usize, row: usize, problem: impl Into<String>) -> ReadError {
        let column = self.names[column].as_str().into();
        ReadError::Cell {
            path: self.path.to_owned(),
            line: self.start + row as u64 + 1,
            column,
            problem: problem.into(),
        }
    }

    pub fn texts(&self, at: usize) -> Result<&StringChunked, ReadError> {
        self.columns[at].str().map_err(|e| self.fault(at, 0, e.to_string()))
    }

    pub fn times(&self, at: usize) -> Result<Vec<i64>, ReadError> {
        let times = self.columns[at].datetime().map_err(|e| self.fault(at, 0, e.to_string()))?;
        let unit = times.time_unit();
        let missing = times.physical().iter().position(|at| at.is_none());
        if let Some(row) = missing {
            return Err(self.fault(at, row, "is missing"));
        }
        Ok(times.physical().iter().flatten().map(|at| frame::micros(at, unit)).collect())
    }

    /// Missing is NaN.
    pub fn numbers(&self, at: usize) -> Result<Vec<f64>, ReadError> {
        let physical = self.columns[at].to_physical_repr();
        frame::numbers(&physical).ok_or_else(|| self.fault(at, 0, "holds no numbers"))
    }

    pub fn id<T: FromStr<Err: std::fmt::Display>>(
        &self,
        texts: &StringChunked,
        column: usize,
        row: usize,
    ) -> Result<T, ReadError> {
        let text = texts.get(row).ok_or_else(|| self.fault(column, row, "is missing"))?;
        text.parse().map_err(|e: T::Err| self.fault(column, row, e.to_string()))
    }
}

/// Hands each row group's wanted columns to `each`, in order.
pub fn for_each_group(
    history: &History,
    table: Table,
    wanted: &[String],
    mut each: impl FnMut(&Group<'_>) -> Result<(), FeatureError>,
) -> Result<(), FeatureError> {
    let path: PathBuf = history.path(table);
    let format = |problem: String| ReadError::Format { path: path.clone(), problem };
    let file = File::open(&path).map_err(|source| ReadError::Open { path: path.clone(), source })?;
    let mut file = BufReader::with_capacity(1 << 16, file);
    let metadata = read_metadata(&mut file).map_err(|e| format(e.to_string()))?;
    let schema = infer_schema(&metadata).map_err(|e| format(e.to_string()))?;
    let mut start = 0;
    for rows in &metadata.row_groups {
        let mut columns = Vec::with_capacity(wanted.len());
        for name in wanted {
            let field = schema.get(name).ok_or_else(|| ReadError::Column {
                path: path.clone(),
                column: name.as_str().into(),
                problem: "is missing; import the data again".into(),
            })?;
            let series = decode(file.get_mut(), rows, field).map_err(format)?;
            columns.push(series.rechunk().into_column());
        }
        each(&Group { path: &path, columns, names: wanted, start })?;
        start += rows.num_rows() as u64;
    }
    Ok(())
}
