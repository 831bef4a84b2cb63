//! Which leads: a period of arrival, filters, and by what they are grouped.

use serde::{Deserialize, Serialize};

use super::LeadTable;
use crate::rows::{LeadRow, LocalDay, Name};

/// By what leads are filtered and grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    Source,
    Channel,
    Campaign,
    Country,
    Industry,
    Size,
    Language,
    Product,
    Direction,
    Segment,
    Pool,
    Team,
    Rep,
    Policy,
    PolicyVersion,
    Rule,
    Path,
    Experiment,
    Variant,
}

impl Dimension {
    pub const ALL: [Self; 19] = [
        Self::Source,
        Self::Channel,
        Self::Campaign,
        Self::Country,
        Self::Industry,
        Self::Size,
        Self::Language,
        Self::Product,
        Self::Direction,
        Self::Segment,
        Self::Pool,
        Self::Team,
        Self::Rep,
        Self::Policy,
        Self::PolicyVersion,
        Self::Rule,
        Self::Path,
        Self::Experiment,
        Self::Variant,
    ];

    pub fn slug(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Channel => "channel",
            Self::Campaign => "campaign",
            Self::Country => "country",
            Self::Industry => "industry",
            Self::Size => "size",
            Self::Language => "language",
            Self::Product => "product",
            Self::Direction => "direction",
            Self::Segment => "segment",
            Self::Pool => "pool",
            Self::Team => "team",
            Self::Rep => "rep",
            Self::Policy => "policy",
            Self::PolicyVersion => "policy-version",
            Self::Rule => "rule",
            Self::Path => "path",
            Self::Experiment => "experiment",
            Self::Variant => "variant",
        }
    }

    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.slug() == slug)
    }

    pub fn of(self, row: &LeadRow) -> Option<Name> {
        match self {
            Self::Source => row.source,
            Self::Channel => row.channel,
            Self::Campaign => row.campaign,
            Self::Country => row.country,
            Self::Industry => row.industry,
            Self::Size => row.size,
            Self::Language => row.language,
            Self::Product => row.product,
            Self::Direction => row.direction,
            Self::Segment => row.segment,
            Self::Pool => row.pool,
            Self::Team => row.team,
            Self::Rep => row.rep,
            Self::Policy => row.policy,
            Self::PolicyVersion => row.policy_version,
            Self::Rule => row.rule,
            Self::Path => row.path,
            Self::Experiment => row.experiment,
            Self::Variant => row.variant,
        }
    }

    /// What rows about reps and days have too.
    pub fn is_of_reps(self) -> bool {
        matches!(self, Self::Team | Self::Rep)
    }
}

/// Local days, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Days {
    pub from: LocalDay,
    pub until: LocalDay,
}

impl Days {
    pub fn contains(self, day: LocalDay) -> bool {
        self.from <= day && day < self.until
    }

    /// 0 where it ends before it begins.
    pub fn len(self) -> i32 {
        self.until.0.saturating_sub(self.from.0).max(0)
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// As many days, just before.
    pub fn before(self) -> Self {
        Self { from: LocalDay(self.from.0 - self.len()), until: self.from }
    }
}

/// One of these names; `None` is "not known".
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Filter {
    pub dimension: Dimension,
    pub names: Vec<Option<Name>>,
}

/// Leads that arrived in the period and pass every filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Selection {
    /// `None`: all there are.
    pub days: Option<Days>,
    pub filters: Vec<Filter>,
}

impl Selection {
    pub fn in_days(&self, days: Days) -> Self {
        Self { days: Some(days), filters: self.filters.clone() }
    }

    /// The same with one filter more.
    pub fn and(&self, dimension: Dimension, name: Option<Name>) -> Self {
        let mut wider = self.clone();
        wider.filters.push(Filter { dimension, names: vec![name] });
        wider
    }

    pub fn has(&self, day: LocalDay) -> bool {
        self.days.is_none_or(|days| days.contains(day))
    }
}

/// Rows that are not selected.
pub(super) const OUT: u32 = u32::MAX;

/// Each row's group, [`OUT`] for those that are not selected.
#[derive(Debug)]
pub(super) struct Groups {
    /// Of each row.
    pub of: Vec<u32>,
    /// Selected rows: a quarter of a table of years is a short list.
    rows: Vec<u32>,
    pub count: usize,
}

impl Groups {
    /// Everything selected is one group.
    pub fn one(table: &LeadTable, selection: &Selection) -> Self {
        Self::new(selected(table, selection, |_| 0), 1)
    }

    fn new(of: Vec<u32>, count: usize) -> Self {
        let rows = (0..).zip(&of).filter(|(_, group)| **group != OUT).map(|(row, _)| row).collect();
        Self { of, rows, count }
    }

    /// Selected rows with their groups, in the order of rows.
    pub fn selected(&self) -> impl ExactSizeIterator<Item = (usize, usize)> {
        self.rows.iter().map(|row| (*row as usize, self.of[*row as usize] as usize))
    }

    /// By name, and which name each group is; groups in the order of names' numbers, unknown first.
    pub fn by(table: &LeadTable, selection: &Selection, dimension: Dimension) -> (Self, Vec<Option<Name>>) {
        let column = table.dimension(dimension);
        let largest = column.iter().copied().max().unwrap_or_default() as usize;
        let mut of = selected(table, selection, |row| column[row]);
        let mut seen = vec![false; largest + 1];
        of.iter().filter(|group| **group != OUT).for_each(|group| seen[*group as usize] = true);
        let names: Vec<u32> = (0..=largest as u32).filter(|name| seen[*name as usize]).collect();
        let mut place = vec![OUT; largest + 1];
        (0..).zip(&names).for_each(|(at, name)| place[*name as usize] = at);
        of.iter_mut().filter(|group| **group != OUT).for_each(|group| *group = place[*group as usize]);
        (Self::new(of, names.len()), names.into_iter().map(Name::from_number).collect())
    }

    /// By stretches of `days` from the beginning of the period: a trend.
    pub fn by_stretch(table: &LeadTable, selection: &Selection, period: Days, days: i32) -> Self {
        let count = (period.len() + days - 1) / days.max(1);
        let stretch = |row: usize| ((table.day[row] - period.from.0) / days.max(1)) as u32;
        Self::new(selected(table, &selection.in_days(period), stretch), count.max(0) as usize)
    }
}

fn selected(table: &LeadTable, selection: &Selection, group: impl Fn(usize) -> u32) -> Vec<u32> {
    let within = |row: usize| selection.has(LocalDay(table.day[row])) && table.counts(row);
    let mut of: Vec<u32> = (0..table.len()).map(|row| if within(row) { group(row) } else { OUT }).collect();
    for filter in &selection.filters {
        let column = table.dimension(filter.dimension);
        let mut wanted = vec![false; column.iter().copied().max().unwrap_or_default() as usize + 1];
        for name in &filter.names {
            let number = name.map_or(0, Name::number) as usize;
            wanted.get_mut(number).into_iter().for_each(|flag| *flag = true);
        }
        for (group, name) in of.iter_mut().zip(column) {
            if !wanted[*name as usize] {
                *group = OUT;
            }
        }
    }
    of
}
