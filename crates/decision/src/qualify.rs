//! Everything about a decision that does not depend on load.

use std::ops::Range;
use std::sync::Arc;

use pointsman_assign::{Ask, Partition, Place, RungAsk, Windows};
use pointsman_domain::{
    Availability, Exploration, Instant, LimitId, LimitIndex, LimitSet, Pick, PoolIndex, ReasonCode, RepId, RepIndex,
    Window,
};
use pointsman_expr::{Builtin, Row, Scratch as ExprScratch};
use pointsman_rules::{
    Admission, Destination, Known, OnFull, Policy, Roster, Rule, Target,
    admit::{admit, admit_on_full, plain_postcode, steps_on_full},
    territory::TerritoryRow,
};
use pointsman_workhours::Absences;

use crate::facts::{Exposed, Facts};
use crate::model::ScorerScratch;
use crate::record::ValueSource;
use crate::snapshot::Snapshot;
use crate::trial::{self, Drawn};

/// What `choose` needs: the matching rungs with their candidates, before load.
#[derive(Debug, Clone)]
pub struct Qualified {
    pub snapshot: Arc<Snapshot>,
    pub decided_at: Instant,
    /// Which of the snapshot's policies.
    pub policy: usize,
    pub variant: Option<Exposed>,
    /// The experiment that this decision is part of.
    pub drawn: Option<Drawn>,
    pub partition: Partition,
    pub place: Place,
    /// When a hold ends at the latest, from an earlier decision.
    pub deadline: Option<Instant>,
    pub value: f64,
    pub value_source: ValueSource,
    /// In the order of the ladder; a rule that overflows gives a second rung.
    pub rungs: Vec<Rung>,
    /// Per calendar of the snapshot.
    pub windows: Vec<Windows>,
    admissions: Vec<Admission>,
    asks: Vec<Ask>,
}

/// One rung of the ladder that matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    pub rule: usize,
    /// Whom the rule turns to when its own target is full.
    pub overflow: bool,
    /// The earliest instant at which an excluded candidate is back.
    pub back_at: Option<Instant>,
    /// The line of the lead's row, where the rule names a territory.
    pub territory_line: Option<u32>,
    /// Whose turns are taken.
    pub pool: Option<PoolIndex>,
    admissions: Range<u32>,
    asks: Range<u32>,
}

/// Buffers that are kept between decisions on one snapshot: what they remember of it must not meet another.
#[derive(Debug)]
pub struct Scratch {
    row: Row,
    expr: ExprScratch,
    availability: Vec<Availability>,
    /// By calendar: whether it is open, for whoever has no absence.
    open: Vec<Availability>,
    away: NextAway,
    declined: Vec<RepIndex>,
    scorer: ScorerScratch,
    spare: Buffers,
}

/// When each rep is away next, or since when now, as it stands until one of these absences ends.
#[derive(Debug, Default)]
struct NextAway {
    /// [`Instant::MAX`]: not again.
    from: Vec<Instant>,
    since: Option<Instant>,
    until: Instant,
}

impl NextAway {
    fn look(&mut self, snapshot: &Snapshot, now: Instant) {
        if self.since.is_some_and(|since| since <= now && now < self.until) {
            return;
        }
        let next = |absences: &Absences| absences.next(now).unwrap_or((Instant::MAX, Instant::MAX));
        (self.since, self.until) = (Some(now), Instant::MAX);
        self.from.clear();
        for (from, until) in snapshot.absences.iter().map(next) {
            self.from.push(from);
            self.until = self.until.min(until);
        }
    }
}

/// The lists of a [`Qualified`], empty, with the memory that an earlier one gave back.
#[derive(Debug, Default)]
struct Buffers {
    rungs: Vec<Rung>,
    windows: Vec<Windows>,
    admissions: Vec<Admission>,
    asks: Vec<Ask>,
}

impl Scratch {
    pub fn new(snapshot: &Snapshot) -> Self {
        Self {
            row: snapshot.environment.row(),
            expr: ExprScratch::default(),
            availability: Vec::new(),
            open: Vec::new(),
            away: NextAway::default(),
            declined: Vec::new(),
            scorer: ScorerScratch::default(),
            spare: Buffers::default(),
        }
    }

    /// Takes back the memory of what [`qualify`] made, for the next lead: whoever decides one
    /// lead after another does so without allocating.
    pub fn reuse(&mut self, qualified: Qualified) {
        let Qualified { mut rungs, mut windows, mut admissions, mut asks, .. } = qualified;
        rungs.clear();
        windows.clear();
        admissions.clear();
        asks.clear();
        self.spare = Buffers { rungs, windows, admissions, asks };
    }
}

impl Qualified {
    pub fn policy(&self) -> &Policy {
        &self.snapshot.policies[self.policy]
    }

    pub fn rule(&self, rung: &Rung) -> &Rule {
        &self.policy().rules[rung.rule]
    }

    /// Everybody the rung looked at, by rep.
    pub fn admissions(&self, rung: &Rung) -> &[Admission] {
        &self.admissions[rung.admissions.start as usize..rung.admissions.end as usize]
    }

    /// Those it admitted.
    pub fn asks(&self, rung: &Rung) -> &[Ask] {
        &self.asks[rung.asks.start as usize..rung.asks.end as usize]
    }

    /// What the ledger is asked for this rung.
    pub fn rung_ask(&self, rung: &Rung) -> RungAsk<'_> {
        RungAsk {
            pool: rung.pool,
            pick: self.pick(rung),
            candidates: self.asks(rung),
            windows: &self.windows,
            partition: self.partition,
            contract: rung.pool.map(|pool| self.snapshot.roster.pool_at(pool).contract).unwrap_or_default(),
            value: self.value,
        }
    }

    /// How a budget split divides caps, where this decision is part of one.
    pub fn part(&self, rep: &RepId, limit: &LimitId, window: Window, cap: u32) -> u32 {
        let whole = || cap;
        let drawn = self.drawn.as_ref().filter(|drawn| drawn.partition != Partition::default());
        drawn.map_or_else(whole, |drawn| {
            self.snapshot.trials[drawn.trial].routing.part(drawn.variant, rep, limit, window, cap)
        })
    }

    /// Turns need a pool to take turns in; a single rep or an owner is simply taken.
    fn pick(&self, rung: &Rung) -> Pick {
        self.rule(rung).pick
    }
}

/// What is the same for every candidate of one lead.
struct Seen<'a> {
    limits: LimitSet,
    availability: &'a [Availability],
    scorer: &'a ScorerScratch,
}

impl Qualified {
    /// Makes asks of those that a rung of this rule admitted, from the `from`-th admission on, and
    /// says when the first of the excluded ones is back.
    fn ask(&mut self, from: usize, rule: &Rule, seen: &Seen<'_>) -> Option<Instant> {
        let Self { snapshot, decided_at: now, admissions, asks, .. } = self;
        let mut back_at = None;
        for admission in &admissions[from..] {
            match admission.reason {
                ReasonCode::Admitted => {
                    let scorer = snapshot.scorer.as_ref();
                    let logit = scorer.map_or(0.0, |scorer| scorer.logit(admission.rep, seen.scorer));
                    let mut ask = ask(snapshot, admission, seen.limits, logit);
                    if let (Exploration::Posterior(_), Some(scorer)) = (rule.explore, scorer) {
                        ask.rank = scorer.doubt(admission.rep, seen.scorer) as f32;
                    }
                    asks.push(ask);
                }
                ReasonCode::Absent | ReasonCode::OutsideHours => {
                    back_at = earlier(back_at, back(seen.availability, admission.rep));
                }
                ReasonCode::Redirected | ReasonCode::OutOfPool => {
                    let ends = snapshot.away.overrides_of(admission.rep, *now).map(|o| o.until).min();
                    back_at = earlier(back_at, ends);
                }
                _ => {}
            }
        }
        back_at
    }
}

/// Does everything that does not depend on load: which rungs match, who may take the lead there
/// and the first reason against each of the others, availability, log-odds, limits drawn on.
pub fn qualify(snapshot: &Arc<Snapshot>, facts: &Facts, now: Instant, scratch: &mut Scratch) -> Qualified {
    let roster = &snapshot.roster;
    fill_row(snapshot, facts, now, &mut scratch.row);
    let drawn = trial::draw(&snapshot.trials, &snapshot.environment, facts, (snapshot.home(), now), &scratch.row);
    let policy = drawn.as_ref().map_or(snapshot.ruling, |drawn| drawn.policy);
    fill_availability(snapshot, now, scratch);
    let find = |id: &Option<RepId>| id.as_ref().and_then(|id| roster.rep(id.as_str()));
    let account = facts.account.as_ref();
    scratch.declined.clear();
    scratch.declined.extend(facts.routing.declined.iter().filter_map(|id| roster.rep(id.as_str())));
    let place = place(snapshot, facts);
    let known = Known {
        account_owner: account.and_then(|a| find(&a.owner)),
        parent_owner: account.and_then(|a| find(&a.parent_owner)),
        subsidiary_owner: account.and_then(|a| find(&a.subsidiary_owner)),
        opportunity_owner: account.and_then(|a| find(&a.opportunity_owner)),
        prior_contact: facts.contact.as_ref().and_then(|c| find(&c.owner)),
        last_owner: find(&facts.routing.last_owner),
        originator: find(&facts.lead.originator),
        destination: None,
        declined: &scratch.declined,
        availability: &scratch.availability,
        away: Some(&snapshot.away),
        now,
        place: place.as_ref().map(|(country, postcode)| (&**country, &**postcode)),
    };
    if let Some(scorer) = &snapshot.scorer {
        scorer.prepare(facts, now, snapshot.home(), &mut scratch.scorer);
    }
    let (value, value_source) = value(snapshot, facts, &scratch.scorer);
    let limits = limits_of_lead(roster, &scratch.row);
    let seen = Seen { limits, availability: &scratch.availability, scorer: &scratch.scorer };
    let Buffers { rungs, windows: mut window_list, admissions, asks } = std::mem::take(&mut scratch.spare);
    window_list.extend(windows(snapshot, now));
    let mut qualified = Qualified {
        snapshot: Arc::clone(snapshot),
        decided_at: now,
        policy,
        variant: drawn.as_ref().map(|drawn| drawn.exposed.clone()),
        partition: drawn.as_ref().map_or_else(Partition::default, |drawn| drawn.partition),
        drawn,
        place: Place::new(0, facts.lead.arrived, facts.lead.id),
        deadline: facts.routing.deadline,
        value,
        value_source,
        rungs,
        windows: window_list,
        admissions,
        asks,
    };
    let rules = &snapshot.policies[policy];
    let mut first_priority = None;
    for rule_index in rules.conditions.matches(&scratch.row, &mut scratch.expr) {
        let rule = &rules.rules[rule_index];
        first_priority.get_or_insert(rule.priority);
        let territory_row = territory_row(snapshot, &rule.target, &scratch.row, now);
        let destination = territory_row.map(|row| row.to);
        let known = Known { destination, ..known };
        let steps = steps_on_full(rule, roster, &known);
        for step in std::iter::once(None).chain((0..steps).map(Some)) {
            let overflow = step.is_some();
            let from = qualified.admissions.len();
            match step {
                None => admit(rule, roster, &known, &mut qualified.admissions),
                Some(step) => admit_on_full(rule, roster, &known, step, &mut qualified.admissions),
            }
            let asks_from = qualified.asks.len() as u32;
            let back_at = qualified.ask(from, rule, &seen);
            qualified.rungs.push(Rung {
                rule: rule_index,
                overflow,
                back_at,
                territory_line: territory_row.map(|row| row.line),
                pool: match (overflow, &rule.target, &rule.on_full) {
                    (true, _, OnFull::Overflow(pool)) | (false, Target::Pool(pool), _) => Some(*pool),
                    (false, Target::Territory(_), _) => pool_of(destination),
                    _ => None,
                },
                admissions: from as u32..qualified.admissions.len() as u32,
                asks: asks_from..qualified.asks.len() as u32,
            });
        }
    }
    qualified.place = Place::new(first_priority.unwrap_or(0), facts.lead.arrived, facts.lead.id);
    qualified
}

/// The row that the lead belongs to, if the rule names a territory.
fn territory_row<'s>(snapshot: &'s Snapshot, target: &Target, row: &Row, now: Instant) -> Option<&'s TerritoryRow> {
    let Target::Territory(territory) = target else { return None };
    let territory = &snapshot.territories[usize::from(territory.0)];
    territory.find(row, snapshot.home().local_day(now)).map(|row| &territory.rows[row])
}

fn pool_of(destination: Option<Destination>) -> Option<PoolIndex> {
    match destination {
        Some(Destination::Pool(pool)) => Some(pool),
        Some(Destination::Rep(_)) | None => None,
    }
}

fn ask(snapshot: &Snapshot, admission: &Admission, limits: LimitSet, logit: f64) -> Ask {
    Ask {
        rep: admission.rep,
        weight: f64::from(admission.weight),
        limits: snapshot.roster.rep_at(admission.rep).limits.and(limits),
        zone: snapshot.calendar_of[admission.rep.0 as usize],
        logit,
        rank: admission.rank,
    }
}

/// Country and plain postcode, where a rule asks who is nearest.
fn place(snapshot: &Snapshot, facts: &Facts) -> Option<(Box<str>, String)> {
    let (country, postcode) = snapshot.place?;
    let text = |at| match facts.lead.attributes.get(at) {
        Some(pointsman_domain::Value::Text(text)) => Some(text),
        _ => None,
    };
    Some((text(country)?.clone(), text(postcode).map(|text| plain_postcode(text)).unwrap_or_default()))
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

fn back(availability: &[Availability], rep: RepIndex) -> Option<Instant> {
    match availability.get(rep.0 as usize)? {
        Availability::Absent { until } | Availability::Closed { until } => *until,
        Availability::Here => None,
    }
}

/// The limits whose condition this lead meets.
fn limits_of_lead(roster: &Roster, row: &Row) -> LimitSet {
    let mut set = LimitSet::default();
    for (index, limit) in roster.limits.iter().enumerate() {
        if limit.when.as_ref().is_none_or(|when| when.eval(row)) {
            set.insert(LimitIndex(index as u8));
        }
    }
    set
}

/// Per calendar of the snapshot.
fn windows(snapshot: &Snapshot, now: Instant) -> impl Iterator<Item = Windows> + '_ {
    snapshot.calendars.iter().map(move |calendar| {
        let zone = calendar.zone();
        Windows { day: zone.local_day(now), week: zone.local_week_monday(now), month: zone.local_month(now) }
    })
}

/// What a win of this lead is worth.
fn value(snapshot: &Snapshot, facts: &Facts, scored: &ScorerScratch) -> (f64, ValueSource) {
    if let Some(given) = facts.lead.value {
        return (given.minor_units() as f64, ValueSource::Given);
    }
    match snapshot.scorer.as_ref().and_then(|scorer| scorer.value(scored)) {
        Some(value) => (value, ValueSource::Model),
        None => (1.0, ValueSource::Wins),
    }
}

fn fill_availability(snapshot: &Snapshot, now: Instant, scratch: &mut Scratch) {
    let Scratch { open, away, availability, .. } = scratch;
    let nobody_away = Absences::none();
    open.clear();
    open.extend(snapshot.calendars.iter().map(|c| c.availability(now, &nobody_away)));
    away.look(snapshot, now);
    // Most reps are not away: their calendar's answer is shared. Who is away, now or when it opens,
    // needs their own.
    let of = |(rep, from): (usize, &Instant)| {
        let shared = open[usize::from(snapshot.calendar_of[rep])];
        let here_then = match shared {
            Availability::Closed { until: Some(until) } => until < *from,
            Availability::Closed { until: None } => *from == Instant::MAX,
            Availability::Here | Availability::Absent { .. } => true,
        };
        match here_then && now < *from {
            true => shared,
            false => availability_of(snapshot, RepIndex(rep as u32), now),
        }
    };
    availability.clear();
    availability.extend(away.from.iter().enumerate().map(of));
}

fn fill_row(snapshot: &Snapshot, facts: &Facts, now: Instant, row: &mut Row) {
    row.clear();
    row.take(&facts.lead.attributes);
    let completeness = pointsman_domain::Value::Number(facts.completeness);
    row.set(pointsman_expr::Field::Builtin(Builtin::LeadCompleteness), &completeness);
    row.set_integer(Builtin::LeadDeclines, facts.routing.declined.len() as i64);
    let mut rep = |builtin, id: &Option<RepId>| id.iter().for_each(|id| row.set_text(builtin, id.as_str()));
    rep(Builtin::LeadLastOwner, &facts.routing.last_owner);
    if let Some(contact) = &facts.contact {
        rep(Builtin::ContactOwner, &contact.owner);
    }
    if let Some(account) = &facts.account {
        rep(Builtin::AccountOwner, &account.owner);
        rep(Builtin::AccountParentOwner, &account.parent_owner);
        rep(Builtin::AccountSubsidiaryOwner, &account.subsidiary_owner);
        rep(Builtin::AccountOpportunityOwner, &account.opportunity_owner);
    }
    let contact = facts.contact.as_ref();
    row.set_bool(Builtin::ContactKnown, contact.is_some_and(|c| c.known));
    row.set_bool(Builtin::ContactHasOwner, contact.is_some_and(|c| c.owner.is_some()));
    contact.iter().filter_map(|c| c.email_domain.as_ref()).for_each(|d| row.set_text(Builtin::ContactEmailDomain, d));
    let account = facts.account.as_ref();
    row.set_bool(Builtin::AccountKnown, account.is_some());
    row.set_bool(Builtin::AccountHasOwner, account.is_some_and(|a| a.owner.is_some()));
    row.set_bool(Builtin::AccountHasParentOwner, account.is_some_and(|a| a.parent_owner.is_some()));
    row.set_bool(Builtin::AccountOpenOpportunity, account.is_some_and(|a| a.open_opportunity));
    if let Some(account) = account {
        row.set_text(Builtin::AccountName, &account.name);
        account.domain.iter().for_each(|d| row.set_text(Builtin::AccountDomain, d));
    }
    let engagement = &facts.engagement;
    row.set_integer(Builtin::EngagementPageViews, engagement.page_views.into());
    row.set_integer(Builtin::EngagementMailsOpened, engagement.mails_opened.into());
    row.set_integer(Builtin::EngagementForms, engagement.forms.into());
    row.set_integer(Builtin::EngagementMeetings, engagement.meetings.into());
    row.set_integer(Builtin::EngagementCalls, engagement.calls.into());
    let zone = snapshot.home();
    row.set_time(zone.local_hour(now), zone.local_weekday(now), zone.local_day(now));
}

/// What conditions see of a lead.
pub fn row_of(snapshot: &Snapshot, facts: &Facts, now: Instant) -> Row {
    let mut row = snapshot.environment.row();
    fill_row(snapshot, facts, now, &mut row);
    row
}

/// The counters that this rep would raise by taking this lead, in partition 0: one per limit that
/// bounds the rep and counts the lead. What an assignment by a named person claims.
pub fn draws_on(
    snapshot: &Snapshot,
    facts: &Facts,
    rep: RepIndex,
    now: Instant,
    scratch: &mut Scratch,
) -> Vec<pointsman_assign::CounterKey> {
    fill_row(snapshot, facts, now, &mut scratch.row);
    let calendar = usize::from(snapshot.calendar_of[rep.0 as usize]);
    let windows = windows(snapshot, now).nth(calendar).expect("a rep's calendar is in its snapshot");
    let owner = snapshot.roster.rep_at(rep);
    let drawn = owner.limits.and(limits_of_lead(&snapshot.roster, &scratch.row));
    let key = |index: LimitIndex| {
        let limit = &snapshot.roster.limits[usize::from(index.0)];
        pointsman_assign::CounterKey {
            rep: owner.id.clone(),
            limit: limit.id.clone(),
            window: windows.of(limit.kind),
            partition: Partition::default(),
        }
    };
    drawn.iter().map(key).collect()
}

/// Whether one rep takes leads at an instant.
pub fn availability_of(snapshot: &Snapshot, rep: RepIndex, now: Instant) -> Availability {
    snapshot.calendar(rep).availability(now, &snapshot.absences[rep.0 as usize])
}
