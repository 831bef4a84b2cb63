//! Exposed leads as the columns that an analysis reads. What a metric means is said once, here:
//! everything is counted within the maturity window after the lead's first exposure, so that an
//! early lead has no longer to win than a late one.

use std::collections::BTreeMap;

use pointsman_domain::{Instant, Micros, Money, VariantId, record::Stage};

use crate::{
    analysis::{Analyzer, Batch, BatchError, Column, ColumnKind},
    randomise::{LocalTime, Phase},
    spec::{Analysis, AnalysisId, ColumnName, DataColumns, Design, ExperimentSpec, Method, MetricKind, Role},
};

use super::Routing;

/// A lead of the experiment with what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposedLead {
    pub lead: Box<str>,
    pub unit: Box<str>,
    pub variant: VariantId,
    pub epoch: u32,
    /// With which its variant was drawn.
    pub propensity: f64,
    /// Of its first exposure.
    pub exposed_at: Instant,
    /// In the workspace's zone.
    pub exposed_local: LocalTime,
    pub arrived: Instant,
    /// Its very first decision, which may lie before the experiment.
    pub first_decided: Instant,
    pub owner: Option<Box<str>>,
    pub owned_at: Option<Instant>,
    pub stages: Vec<StageReached>,
    /// By their names in conditions: `lead.country`.
    pub attributes: BTreeMap<Box<str>, Box<str>>,
}

/// A stage that was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageReached {
    pub at: Instant,
    pub stage: Stage,
    pub value: Option<Money>,
}

/// Numbers that every live experiment has, with what they mean.
const NUMBERS: [(&str, &str); 14] = [
    ("accepted", "1 when a rep owned it"),
    ("contacted", "1 when it was contacted"),
    ("qualified", "1 when it was qualified or came further"),
    ("won", "1 when it was won"),
    ("lost", "1 when it was lost or unqualified"),
    ("value", "revenue of the win in minor units, else 0"),
    ("minutes_to_owner", "from arrival to the first owner; missing without one"),
    ("minutes_to_contact", "from arrival to the first contact, or to the end of watching"),
    ("contact_event", "1 when minutes_to_contact ended with a contact"),
    ("matured", "1 when the maturity window is over"),
    ("counted", "0 in burn-in and burn-out of a switchback"),
    ("propensity", "probability with which its variant was drawn"),
    ("exposed_at", "microseconds since 1970"),
    ("outcome_at", "of the first stage fact; missing without one"),
];

/// Keys that every live experiment has.
const KEYS: [(&str, &str); 7] = [
    ("variant", "its id"),
    ("unit", "what was randomised"),
    ("period", "unit and period of a switchback"),
    ("epoch", "stretch of constant weights"),
    ("rep", "the first owner"),
    ("weekday", "of the exposure, 0 = Monday"),
    ("lead", "its id"),
];

/// The columns of live data, with their meaning; attributes come on top, as `lead.country`.
pub fn live_columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    NUMBERS.into_iter().chain(KEYS)
}

/// A column that live data does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("live leads have no column '{name}': they have {}, and attributes like lead.country", known())]
pub struct LiveColumnError {
    pub name: String,
}

fn known() -> String {
    live_columns().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

/// The specification as live data is analysed: the data's own columns, and for rates and means
/// that name no cluster the unit that was randomised.
///
/// Rows before `since` (the first epoch with the present weights) are left out, and counted as such:
/// mixed weights mix early and late leads differently into the variants. In an adaptive test every
/// row counts: there each is weighted by its own probability.
pub fn live_spec(spec: &ExperimentSpec, since: Option<Instant>) -> ExperimentSpec {
    let name = |text: &str| ColumnName::new(text).expect("a column of ours has a name");
    let cluster = match spec.design {
        Design::Lead | Design::Cluster { .. } => "unit",
        Design::Switchback { .. } => "period",
        Design::BudgetSplit => "rep",
    };
    let mut spec = spec.clone();
    spec.horizon.start = since.filter(|_| spec.adaptive.is_none()).or(spec.horizon.start);
    spec.data = DataColumns {
        variant: name("variant"),
        unit: Some(name(cluster)),
        matured: Some(name("matured")),
        epoch: None,
        propensity: Some(name("propensity")),
        counted: Some(name("counted")),
        exposed_at: Some(name("exposed_at")),
        outcome_at: None,
    };
    spec.variants.iter_mut().for_each(|v| v.value = v.id.to_string());
    let mut paired = Vec::new();
    for analysis in &mut spec.analyses {
        if let Method::Weighted { propensity, by } = &mut analysis.method {
            (*propensity, *by) = (name("propensity"), name(cluster));
        }
        let plain = matches!(analysis.method, Method::Difference { .. });
        let metric = &spec.metrics[analysis.metric];
        let cellular = matches!(metric.kind, MetricKind::Binary { .. } | MetricKind::Mean { .. });
        if plain && cellular {
            analysis.method = Method::Clustered { by: name(cluster) };
            if spec.design == Design::BudgetSplit && metric.role == Role::Decision {
                let id = AnalysisId::new(&format!("{}-by-rep", analysis.id));
                paired.extend(id.ok().map(|id| (id, analysis.metric)));
            }
        }
    }
    let by = || Method::Paired { by: name("rep") };
    spec.analyses.extend(paired.into_iter().map(|(id, metric)| Analysis { id, metric, method: by() }));
    spec
}

/// Collects leads and hands them to an analyzer by the thousand.
#[derive(Debug)]
pub struct LiveTable<'a> {
    routing: Option<&'a Routing>,
    maturity: Micros,
    now: Instant,
    columns: Vec<Wanted>,
    rows: usize,
}

#[derive(Debug)]
enum Wanted {
    Number { name: Box<str>, values: Vec<f64> },
    Key { name: Box<str>, values: Vec<String> },
}

const ROWS: usize = 4096;

impl<'a> LiveTable<'a> {
    /// `routing` knows a switchback's periods.
    pub fn new(
        analyzer: &Analyzer,
        routing: Option<&'a Routing>,
        maturity: Micros,
        now: Instant,
    ) -> Result<Self, LiveColumnError> {
        let mut columns = Vec::new();
        for need in analyzer.columns() {
            let name: Box<str> = need.name.as_str().into();
            let attribute = name.contains('.');
            let number = attribute || NUMBERS.iter().any(|(known, _)| **known == *name);
            let key = number || KEYS.iter().any(|(known, _)| **known == *name);
            columns.push(match need.kind {
                ColumnKind::Number if number => Wanted::Number { name, values: Vec::new() },
                ColumnKind::Key if key => Wanted::Key { name, values: Vec::new() },
                _ => return Err(LiveColumnError { name: name.into() }),
            });
        }
        Ok(Self { routing, maturity, now, columns, rows: 0 })
    }

    pub fn push(&mut self, lead: &ExposedLead, analyzer: &mut Analyzer) -> Result<(), BatchError> {
        let seen = Seen::new(lead, self.routing, self.maturity, self.now);
        for column in &mut self.columns {
            match column {
                Wanted::Number { name, values } => values.push(seen.number(name)),
                Wanted::Key { name, values } => values.push(seen.key(name)),
            }
        }
        self.rows += 1;
        if self.rows == ROWS { self.flush(analyzer) } else { Ok(()) }
    }

    /// Hands over what waits.
    pub fn flush(&mut self, analyzer: &mut Analyzer) -> Result<(), BatchError> {
        let texts: Vec<Vec<&str>> = self
            .columns
            .iter()
            .map(|column| match column {
                Wanted::Key { values, .. } => values.iter().map(String::as_str).collect(),
                Wanted::Number { .. } => Vec::new(),
            })
            .collect();
        let columns: Vec<Column<'_>> = self
            .columns
            .iter()
            .zip(&texts)
            .map(|(column, texts)| match column {
                Wanted::Number { values, .. } => Column::F64(values),
                Wanted::Key { .. } => Column::Text(texts),
            })
            .collect();
        let pushed = analyzer.push(&Batch { rows: self.rows, columns: &columns });
        for column in &mut self.columns {
            match column {
                Wanted::Number { values, .. } => values.clear(),
                Wanted::Key { values, .. } => values.clear(),
            }
        }
        self.rows = 0;
        pushed
    }
}

/// One number of a lead, as it stands at `now`: for baselines of a plan.
pub fn live_number(lead: &ExposedLead, column: &str, maturity: Micros, now: Instant) -> f64 {
    Seen::new(lead, None, maturity, now).number(column)
}

/// One lead within its window.
struct Seen<'a> {
    lead: &'a ExposedLead,
    period: Option<(i64, Phase)>,
    until: Instant,
    matured: bool,
    now: Instant,
}

impl<'a> Seen<'a> {
    fn new(lead: &'a ExposedLead, routing: Option<&Routing>, maturity: Micros, now: Instant) -> Self {
        let period = routing.and_then(|r| r.period(lead.exposed_local)).map(|(period, phase)| (period.0, phase));
        // Without a window a lead counts at once, with whatever became of it so far.
        let until = if maturity.0 == 0 { now.max(lead.exposed_at) } else { lead.exposed_at + maturity };
        // Not "or it is closed": losses close sooner than wins, so early closers are no fair sample.
        Self { lead, period, until, matured: now >= until, now }
    }

    /// The first stage fact within the window that fits.
    fn first(&self, fits: impl Fn(Stage) -> bool) -> Option<&StageReached> {
        let within = self.lead.stages.iter().filter(|s| s.at <= self.until && fits(s.stage));
        within.min_by_key(|s| s.at)
    }

    fn contact(&self) -> Option<Instant> {
        self.first(|s| (Stage::Contacted..=Stage::Won).contains(&s)).map(|s| s.at)
    }

    fn number(&self, name: &str) -> f64 {
        let lead = self.lead;
        let one = |is: bool| f64::from(u8::from(is));
        let minutes = |until: Instant| (until - lead.arrived).0.max(0) as f64 / Micros::MINUTE.0 as f64;
        match name {
            "accepted" => one(lead.owned_at.is_some_and(|at| at <= self.until)),
            "contacted" | "contact_event" => one(self.contact().is_some()),
            "qualified" => one(self.first(|s| (Stage::Qualified..=Stage::Won).contains(&s)).is_some()),
            "won" => one(self.first(|s| s == Stage::Won).is_some()),
            "lost" => one(self.first(|s| matches!(s, Stage::Lost | Stage::Unqualified)).is_some()),
            "value" => {
                let won = self.first(|s| s == Stage::Won).and_then(|s| s.value);
                won.map_or(0.0, |value| value.minor_units() as f64)
            }
            "minutes_to_owner" => lead.owned_at.map_or(f64::NAN, minutes),
            "minutes_to_contact" => minutes(self.contact().unwrap_or(self.until.min(self.now))),
            "matured" => one(self.matured),
            "counted" => one(self.period.is_none_or(|(_, phase)| phase == Phase::Counted)),
            "propensity" => lead.propensity,
            // A lead that was decided before the experiment began is no lead of the experiment.
            "exposed_at" => lead.exposed_at.min(lead.first_decided).unix_micros() as f64,
            "outcome_at" => self.first(|_| true).map_or(f64::NAN, |s| s.at.unix_micros() as f64),
            attribute => lead.attributes.get(attribute).and_then(|text| text.parse().ok()).unwrap_or(f64::NAN),
        }
    }

    fn key(&self, name: &str) -> String {
        let lead = self.lead;
        match name {
            "variant" => lead.variant.to_string(),
            "unit" => lead.unit.to_string(),
            "period" => match self.period {
                Some((period, _)) => format!("{}\u{1f}{period}", lead.unit),
                None => lead.unit.to_string(),
            },
            "epoch" => lead.epoch.to_string(),
            "rep" => lead.owner.as_deref().unwrap_or("(nobody)").to_owned(),
            // 1970-01-01 was a Thursday.
            "weekday" => (lead.exposed_local.day + 3).rem_euclid(7).to_string(),
            "lead" => lead.lead.to_string(),
            attribute => lead.attributes.get(attribute).map_or_else(|| "(missing)".to_owned(), ToString::to_string),
        }
    }
}
