//! Point-in-time features of every lead at the moment it was given to its first owner.
//!
//! Rates and tenure are those of the last full hour before the decision, over facts learned
//! strictly before it; what is known of the lead itself (attributes, activities) is that of the
//! decision. The state that is folded and the executor that reads it are `scoring`'s, the same
//! as the server's: so the table and one lead agree on every number.

use std::{collections::BTreeMap, path::Path};

use pointsman_domain::{
    AccountId, Instant, LeadId, RepId, Values,
    record::{ActivityKind, Assignment, AssignmentKind, Lead, Outcome, Stage},
};
use pointsman_scoring::{
    CategoryColumn, Coded, Executor, FeatureSpec, FeatureState, FeatureTable, LeadFacts, LocalTime, NumberColumn,
    Source, SpecError, StateError, TimeScale, row::ACTIVITY_KINDS,
};

use crate::{History, ReadError};

#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the feature specification does not fit the imported data")]
    Spec(#[from] SpecError),
    #[error("the facts are out of order")]
    State(#[from] StateError),
    #[error("lead {lead} was assigned to '{rep}' but is in no row of leads")]
    NoLead { lead: LeadId, rep: RepId },
}

/// The feature table of a workspace, in order of time (leads given away at the same microsecond
/// by id). Leads that are not closed yet have `label_ts` = [`i64::MAX`]; merged and erased ones
/// are left out. `value` is in minor units.
///
/// `local` tells hour and weekday in the workspace's zone.
pub fn features(
    workspace: &Path,
    spec: &FeatureSpec,
    local: &dyn Fn(Instant) -> LocalTime,
) -> Result<FeatureTable, FeatureError> {
    let history = History::open(workspace)?;
    let executor = Executor::new(spec.clone(), &history.schema)?;
    let facts = Facts::read(&history, spec)?;
    let mut rows = Rows::new(&executor);
    let mut state = FeatureState::empty(spec.digest(), spec.segments.len());
    let mut told = 0;
    for owned in &facts.owned {
        let assignment = &owned.assignment;
        let border = assignment.at.full_hour();
        state.advance(border);
        while let Some(fact) = facts.told.get(told).filter(|fact| fact.known_at < border) {
            facts.fold(fact, &executor, &mut state, local)?;
            told += 1;
        }
        let Some(label) = facts.label(assignment.lead) else { continue };
        let lead_facts = facts.lead_facts(owned, local);
        rows.push(assignment, &executor.row(&lead_facts, &state, Some(&assignment.rep)), label);
    }
    Ok(rows.finish())
}

/// The feature state of a workspace at a border: what a server starts with, folded from the same
/// facts as the table.
pub fn state_at(
    workspace: &Path,
    spec: &FeatureSpec,
    border: Instant,
    local: &dyn Fn(Instant) -> LocalTime,
) -> Result<FeatureState, FeatureError> {
    let history = History::open(workspace)?;
    let executor = Executor::new(spec.clone(), &history.schema)?;
    let facts = Facts::read(&history, spec)?;
    let mut state = FeatureState::empty(spec.digest(), spec.segments.len());
    state.advance(border);
    for fact in facts.told.iter().take_while(|fact| fact.known_at < border) {
        facts.fold(fact, &executor, &mut state, local)?;
    }
    Ok(state)
}

/// What one lead became, as far as it is known.
#[derive(Debug, Clone, Copy)]
struct Label {
    won: bool,
    known_at: i64,
    value: f64,
}

/// A first assignment with what belongs to its decision.
struct Owned {
    assignment: Assignment,
    lead: usize,
    engagement: [u32; ACTIVITY_KINDS.len()],
}

/// A fact that the state counts, at the time it was learned.
struct Told {
    known_at: Instant,
    fact: Fact,
}

enum Fact {
    /// Index into [`Facts::owned`].
    Assigned(usize),
    Closed(LeadId, Stage),
}

struct Facts {
    leads: Vec<Lead>,
    accounts: BTreeMap<AccountId, (Instant, Values)>,
    /// By `at`, then lead.
    owned: Vec<Owned>,
    /// By `known_at`.
    told: Vec<Told>,
    /// The first closing outcome of each lead.
    closed: BTreeMap<LeadId, Outcome>,
}

impl Facts {
    fn read(history: &History, spec: &FeatureSpec) -> Result<Self, FeatureError> {
        let leads = history.leads()?;
        let places: BTreeMap<LeadId, usize> = leads.iter().enumerate().map(|(i, lead)| (lead.id, i)).collect();
        let mut owned = Vec::new();
        for assignment in history.assignments()?.into_iter().filter(|a| a.kind == AssignmentKind::First) {
            let lead = *places
                .get(&assignment.lead)
                .ok_or_else(|| FeatureError::NoLead { lead: assignment.lead, rep: assignment.rep.clone() })?;
            owned.push(Owned { assignment, lead, engagement: [0; ACTIVITY_KINDS.len()] });
        }
        owned.sort_by_key(|owned| (owned.assignment.at, owned.assignment.lead));
        let mut outcomes = history.outcomes()?;
        outcomes.sort_by_key(|outcome| (outcome.known_at, outcome.at, outcome.lead));
        let mut closed = BTreeMap::new();
        for outcome in outcomes.iter().filter(|o| o.stage.is_terminal()) {
            closed.entry(outcome.lead).or_insert_with(|| outcome.clone());
        }
        let assigned =
            owned.iter().enumerate().map(|(i, o)| Told { known_at: o.assignment.known_at, fact: Fact::Assigned(i) });
        let closing = outcomes.iter().map(|o| Told { known_at: o.known_at, fact: Fact::Closed(o.lead, o.stage) });
        let mut told: Vec<Told> = assigned.chain(closing).collect();
        // Stable: among facts learned at once, assignments come first and outcomes keep their order.
        told.sort_by_key(|told| told.known_at);
        let accounts = history.accounts()?.into_iter().map(|a| (a.id, (a.known_at, a.attributes))).collect();
        let mut facts = Self { leads, accounts, owned, told, closed };
        if spec.features.iter().any(|feature| matches!(feature.source, Source::Engagement { .. })) {
            facts.count_activities(history)?;
        }
        Ok(facts)
    }

    /// Activities learned before each decision.
    fn count_activities(&mut self, history: &History) -> Result<(), ReadError> {
        let places: BTreeMap<LeadId, usize> =
            self.owned.iter().enumerate().map(|(i, o)| (o.assignment.lead, i)).collect();
        let owned = &mut self.owned;
        history.for_each_touch(|lead, known_at, kind: ActivityKind| {
            let before = places.get(&lead).filter(|&&i| known_at < owned[i].assignment.at).copied();
            if let (Some(i), Some(k)) = (before, ACTIVITY_KINDS.iter().position(|other| *other == kind)) {
                owned[i].engagement[k] += 1;
            }
        })
    }

    fn fold(
        &self,
        told: &Told,
        executor: &Executor,
        state: &mut FeatureState,
        local: &dyn Fn(Instant) -> LocalTime,
    ) -> Result<(), StateError> {
        match &told.fact {
            Fact::Closed(lead, stage) => state.closed(*lead, *stage, told.known_at),
            Fact::Assigned(i) => {
                let owned = &self.owned[*i];
                let Assignment { lead, rep, at, known_at, .. } = &owned.assignment;
                let facts = self.lead_facts(owned, local);
                let row = executor.row(&facts, state, None);
                let levels: Vec<String> = executor.levels(&row.categories).into_iter().map(str::to_owned).collect();
                let levels: Vec<&str> = levels.iter().map(String::as_str).collect();
                state.assigned(*lead, rep, &levels, *at, *known_at)
            }
        }
    }

    fn lead_facts(&self, owned: &Owned, local: &dyn Fn(Instant) -> LocalTime) -> LeadFacts<'_> {
        let at = owned.assignment.at;
        let lead = &self.leads[owned.lead];
        let account = lead.account.and_then(|id| self.accounts.get(&id)).filter(|(known_at, _)| *known_at <= at);
        LeadFacts {
            lead: &lead.attributes,
            account: account.map(|(_, values)| values),
            contact: None,
            local: local(at),
            engagement: owned.engagement,
        }
    }

    /// `None` for leads that do not count at all.
    fn label(&self, lead: LeadId) -> Option<Label> {
        let Some(outcome) = self.closed.get(&lead) else {
            return Some(Label { won: false, known_at: i64::MAX, value: f64::NAN });
        };
        let won = match outcome.stage {
            Stage::Won => true,
            Stage::Lost | Stage::Unqualified => false,
            _ => return None,
        };
        let value = outcome.value.map_or(f64::NAN, |amount| amount.minor_units() as f64);
        Some(Label { won, known_at: outcome.known_at.unix_micros(), value })
    }
}

/// The table being built.
struct Rows {
    table: FeatureTable,
    /// Texts and their codes: of the reps, then of each category.
    reps: BTreeMap<Box<str>, u32>,
    levels: Vec<BTreeMap<Box<str>, u32>>,
    propensity: Vec<f64>,
}

impl Rows {
    fn new(executor: &Executor) -> Self {
        let categories = executor.category_names();
        let numbers = executor.number_names();
        let table = FeatureTable {
            time_scale: TimeScale::Micros,
            categories: categories.map(|name| CategoryColumn { name: name.into(), values: Coded::default() }).collect(),
            numbers: numbers
                .map(|(name, scope)| NumberColumn { name: name.into(), scope, values: Vec::new() })
                .collect(),
            ..FeatureTable::default()
        };
        let levels = vec![BTreeMap::new(); table.categories.len()];
        Self { table, reps: BTreeMap::new(), levels, propensity: Vec::new() }
    }

    fn push(&mut self, assignment: &Assignment, row: &pointsman_scoring::FeatureRow<'_>, label: Label) {
        let table = &mut self.table;
        table.lead_id.push(assignment.lead.to_string().into());
        table.ts.push(assignment.at.unix_micros());
        table.label_ts.push(label.known_at);
        table.y.push(label.won);
        table.value.push(label.value);
        code(&mut table.rep, &mut self.reps, Some(assignment.rep.as_str()));
        for ((column, levels), text) in table.categories.iter_mut().zip(&mut self.levels).zip(&row.categories) {
            code(&mut column.values, levels, text.as_deref());
        }
        for (column, number) in table.numbers.iter_mut().zip(&row.numbers) {
            column.values.push(*number);
        }
        self.propensity.push(assignment.propensity.unwrap_or(f64::NAN));
    }

    fn finish(mut self) -> FeatureTable {
        if self.propensity.iter().any(|p| !p.is_nan()) {
            self.table.propensity = Some(self.propensity);
        }
        self.table
    }
}

/// Appends a text to a coded column.
pub(crate) fn code(column: &mut Coded, codes: &mut BTreeMap<Box<str>, u32>, text: Option<&str>) {
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
