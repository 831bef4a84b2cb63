//! The leads behind a figure.

use pointsman_domain::{Instant, LeadId, record::Stage};
use serde::{Deserialize, Serialize};

use super::{
    Dimension, Kpi, Kpis, Selection,
    judge::{Judged, judge},
    selection::Groups,
};
use crate::rows::{Custody, Name};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All that the figure speaks of, pending ones included.
    #[default]
    All,
    /// Those that count: n.
    Counted,
    /// For shares, those that are in it and those that are not.
    Hits,
    Misses,
    Pending,
}

impl Part {
    pub const ALL: [Self; 5] = [Self::All, Self::Counted, Self::Hits, Self::Misses, Self::Pending];

    pub fn slug(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Counted => "counted",
            Self::Hits => "hits",
            Self::Misses => "misses",
            Self::Pending => "pending",
        }
    }

    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.slug() == slug)
    }

    fn takes(self, judged: Judged) -> bool {
        match (self, judged) {
            (_, Judged::Out) | (Self::Counted | Self::Hits | Self::Misses, Judged::Pending) => false,
            (Self::Pending, judged) => judged == Judged::Pending,
            (Self::Hits, Judged::Counts(value)) => value > 0.0,
            (Self::Misses, Judged::Counts(value)) => value == 0.0,
            (Self::All | Self::Counted, _) => true,
        }
    }
}

/// One lead of a list.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Listed {
    pub lead: LeadId,
    pub arrived_at: Instant,
    pub rep: Option<Name>,
    pub team: Option<Name>,
    pub source: Option<Name>,
    pub stage: Stage,
    pub custody: Custody,
    /// What it counts with, in the figure's unit (1 and 0 for shares); `None`: pending.
    pub value: Option<f64>,
}

/// The leads of a figure, and how many there are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct List {
    pub total: u64,
    pub leads: Vec<Listed>,
}

impl Kpis<'_> {
    /// The leads behind a figure in the order of arrival, `limit` of them from `skip` on. For
    /// figures of rep-days: the leads that found an owner.
    pub fn behind(&self, kpi: Kpi, selection: &Selection, part: Part, skip: usize, limit: usize) -> List {
        let groups = Groups::one(self.table, selection);
        let judge = judge(self.table, self.spec, kpi);
        let of_days = matches!(kpi, Kpi::BalanceGini | Kpi::LargestDeficit | Kpi::Utilisation);
        let reps = self.table.dimension(Dimension::Rep);
        let judged = |row: usize| match of_days {
            true if reps[row] != 0 => Judged::Counts(1.0),
            _ => judge(row),
        };
        let selected = groups.selected().map(|(row, _)| row);
        let mut found: Vec<(i64, usize)> =
            selected.filter(|row| part.takes(judged(*row))).map(|row| (self.table.arrived[row], row)).collect();
        if !found.is_sorted() {
            found.sort_unstable();
        }
        let leads = found.iter().skip(skip).take(limit).map(|(_, row)| self.listed(*row, judged(*row)));
        List { total: found.len() as u64, leads: leads.collect() }
    }

    fn listed(&self, row: usize, judged: Judged) -> Listed {
        let table = self.table;
        let name = |dimension| Name::from_number(table.dimension(dimension)[row]);
        Listed {
            lead: table.id[row],
            arrived_at: Instant::from_unix_micros(table.arrived[row]),
            rep: name(Dimension::Rep),
            team: name(Dimension::Team),
            source: name(Dimension::Source),
            stage: table.stage[row],
            custody: table.custody[row],
            value: match judged {
                Judged::Counts(value) => Some(value),
                Judged::Out | Judged::Pending => None,
            },
        }
    }
}
