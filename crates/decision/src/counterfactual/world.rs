//! A world that differs from the recorded one, and the decision taken in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_assign::{Ask, Draw, Load, LoadEntry, LoadHeader};
use pointsman_domain::{AccountId, ContactId, Instant, Pick, ReasonCode, RepId, RepIndex, Value, math};
use pointsman_expr::{Builtin, Field, Row};
use pointsman_rules::OwnerOf;
use pointsman_workhours::{Absences, Calendar};

use super::difference::Difference;
use crate::choose::{Walk, choose};
use crate::facts::{AccountFacts, ContactFacts, Facts};
use crate::qualify::{Qualified, Scratch, qualify, row_of};
use crate::replay::Replayed;
use crate::snapshot::Snapshot;

/// What the record says of load, by rung and rep.
pub(crate) struct Record {
    pub rep: RepIndex,
    pub id: RepId,
    decided_at: Instant,
    header: LoadHeader,
    entries: BTreeMap<(usize, bool, RepIndex), LoadEntry>,
    by_rep: BTreeMap<RepIndex, LoadEntry>,
}

impl Record {
    pub fn new(replayed: &Replayed, rep: RepIndex) -> Self {
        let qualified = &replayed.qualified;
        let (mut entries, mut by_rep) = (BTreeMap::new(), BTreeMap::new());
        for (at, rung) in qualified.rungs.iter().enumerate().take(replayed.load.rungs()) {
            for (ask, entry) in qualified.asks(rung).iter().zip(replayed.load.rung(at).entries) {
                entries.insert((rung.rule, rung.overflow, ask.rep), *entry);
                by_rep.entry(ask.rep).or_insert(*entry);
            }
        }
        Self {
            rep,
            id: qualified.snapshot.roster.rep_at(rep).id.clone(),
            decided_at: qualified.decided_at,
            header: replayed.load.header,
            entries,
            by_rep,
        }
    }

    /// Whether what the rung's pick compares was recorded of the rep. Whoever was full or promised
    /// to a lead ahead stood in no line, so where its turn would have come is not known.
    pub fn knows(&self, rule: usize, overflow: bool, pick: Pick) -> bool {
        self.knows_of(self.rep, rule, overflow, pick)
    }

    /// The same of anybody.
    pub fn knows_of(&self, rep: RepIndex, rule: usize, overflow: bool, pick: Pick) -> bool {
        let entry = self.entries.get(&(rule, overflow, rep));
        entry.is_some_and(|entry| pick != Pick::WeightedRoundRobin || !blocked(entry.reason))
    }

    /// The recorded load of a candidate; that of another rung where this one was not walked; else
    /// that of somebody with room.
    fn entry(&self, rule: usize, overflow: bool, ask: &Ask, pick: Pick) -> LoadEntry {
        if let Some(entry) = self.entries.get(&(rule, overflow, ask.rep)) {
            return *entry;
        }
        let rank = match pick {
            Pick::WeightedRoundRobin => newcomer(ask),
            Pick::LeastLoaded => 0.0,
            Pick::Draw => ask.weight as f32,
            _ => ask.rank,
        };
        match self.by_rep.get(&ask.rep) {
            Some(entry) => {
                let reason = if blocked(entry.reason) { entry.reason } else { ReasonCode::Admitted };
                LoadEntry { reason, rank, ..*entry }
            }
            None => LoadEntry {
                reason: ReasonCode::Admitted,
                limit: LoadEntry::NO_LIMIT,
                free: u16::MAX,
                rank,
                score: math::sigmoid(ask.logit) as f32,
                price: 0.0,
            },
        }
    }
}

fn blocked(reason: ReasonCode) -> bool {
    matches!(reason, ReasonCode::LimitReached | ReasonCode::OlderLeadWaits)
}

/// The deadline of a turn that starts at the pool's clock.
fn newcomer(ask: &Ask) -> f32 {
    (1.0 / ask.weight) as f32
}

/// What differs of the rep's load.
#[derive(Debug, Clone, Default)]
struct Patch {
    /// The rep cannot take the lead.
    gone: bool,
    free: bool,
    nobody_ahead: bool,
    ranks: BTreeMap<(usize, bool), f32>,
    score: Option<f32>,
    price: Option<f32>,
}

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub snapshot: Arc<Snapshot>,
    pub facts: Facts,
    seed: u64,
    patch: Patch,
}

/// A decision in such a world.
pub(crate) struct Seen {
    pub qualified: Qualified,
    pub load: Load,
    pub walk: Walk,
}

impl Seen {
    /// Whether the walk ended with this rep, and on which rung.
    pub fn taken_by(&self, rep: RepIndex) -> Option<(usize, bool)> {
        let Walk::Taken { rung, position, .. } = self.walk else { return None };
        let rung = &self.qualified.rungs[rung];
        (self.qualified.asks(rung)[position].rep == rep).then_some((rung.rule, rung.overflow))
    }

    /// Where the walk ended; past the last rung for the fallback.
    pub fn end(&self) -> usize {
        self.walk.rung().unwrap_or(self.qualified.rungs.len())
    }
}

impl World {
    pub fn new(snapshot: &Arc<Snapshot>, facts: &Facts, seed: u64) -> Self {
        Self { snapshot: Arc::clone(snapshot), facts: facts.clone(), seed, patch: Patch::default() }
    }

    /// The world in which the rep has no place for the lead.
    #[must_use]
    pub fn without_rep(mut self) -> Self {
        self.patch.gone = true;
        self
    }

    /// Decides through the same `qualify` and `choose` as ever.
    pub fn decide(&self, record: &Record) -> Seen {
        let qualified = qualify(&self.snapshot, &self.facts, record.decided_at, &mut Scratch::new(&self.snapshot));
        let mut load = Load::default();
        load.header = record.header;
        for rung in &qualified.rungs {
            let pick = qualified.rule(rung).pick;
            let entries = qualified.asks(rung).iter().map(|ask| {
                let entry = record.entry(rung.rule, rung.overflow, ask, pick);
                if ask.rep == record.rep {
                    self.patched(entry, record.header, (rung.rule, rung.overflow), ask, pick)
                } else {
                    entry
                }
            });
            load.push_rung(entries.collect::<Vec<_>>());
        }
        let walk = choose(&qualified, &load, Draw { seed: self.seed });
        Seen { qualified, load, walk }
    }

    fn patched(
        &self,
        mut entry: LoadEntry,
        header: LoadHeader,
        rung: (usize, bool),
        ask: &Ask,
        pick: Pick,
    ) -> LoadEntry {
        if self.patch.gone {
            return LoadEntry { reason: ReasonCode::LimitReached, free: 0, ..entry };
        }
        let before = entry.reason;
        let patch = &self.patch;
        if patch.free && entry.reason == ReasonCode::LimitReached {
            // A slot that frees is the first waiting lead's. Whether one that waits ahead may take
            // this rep was not recorded for a rep without a free slot: it is taken to.
            let promised = header.waiting_priority.is_some();
            entry.reason = if promised { ReasonCode::OlderLeadWaits } else { ReasonCode::Admitted };
            entry.free = 1;
        }
        if patch.nobody_ahead && entry.reason == ReasonCode::OlderLeadWaits {
            entry.reason = ReasonCode::Admitted;
        }
        if pick == Pick::WeightedRoundRobin && blocked(before) && entry.reason == ReasonCode::Admitted {
            entry.rank = newcomer(ask);
        }
        if let Some(rank) = patch.ranks.get(&rung) {
            entry.rank = *rank;
            if entry.reason == ReasonCode::LaterTurn {
                entry.reason = ReasonCode::Admitted;
            }
        }
        LoadEntry { score: patch.score.unwrap_or(entry.score), price: patch.price.unwrap_or(entry.price), ..entry }
    }

    /// What conditions see of the lead here.
    pub fn row(&self, record: &Record) -> Row {
        row_of(&self.snapshot, &self.facts, record.decided_at)
    }

    /// Makes the world different; `None` where that is not possible.
    #[must_use]
    pub fn with(&self, difference: &Difference, rung: (usize, bool), record: &Record) -> Option<Self> {
        let mut world = self.clone();
        let rep = record.rep;
        let at = rep.0 as usize;
        match difference {
            Difference::Fact { field, value, .. } => {
                let field = self.snapshot.environment.find(field)?;
                set_fact(&mut world.facts, field, value.as_ref(), record)?;
            }
            Difference::Owner { of, .. } => set_owner(&mut world.facts, *of, &record.id, record.decided_at),
            Difference::InPool { pool } => {
                let pool = self.snapshot.roster.pool(pool.as_str())?;
                let weight = self.snapshot.roster.rep_at(rep).weight;
                let members = &mut world.change().roster.pools[usize::from(pool.0)].members;
                let place = members.binary_search_by_key(&rep, |(rep, _)| *rep).err()?;
                members.insert(place, (rep, weight));
            }
            Difference::Skill { skill, to, .. } => {
                world.change().roster.reps[at].skills.insert(skill.clone(), *to);
            }
            Difference::Active => world.change().roster.reps[at].active = true,
            Difference::Back { .. } => world.change().absences[at] = Absences::none(),
            Difference::AtWork { .. } => {
                let snapshot = world.change();
                let zone = snapshot.calendar(rep).zone().clone();
                snapshot.calendar_of[at] = u8::try_from(snapshot.calendars.len()).ok()?;
                snapshot.calendars.push(Calendar::stand_by(zone));
            }
            Difference::NotExcluded { rule } => {
                let rules = world.change().policies.iter_mut().flat_map(|policy| &mut policy.rules);
                rules.filter(|other| other.id == *rule).for_each(|rule| rule.exclude.retain(|other| *other != rep));
            }
            Difference::NotDeclined => world.facts.routing.declined.retain(|other| *other != record.id),
            Difference::FreeSlot { .. } => world.patch.free = true,
            Difference::NobodyAhead => world.patch.nobody_ahead = true,
            Difference::SoonerTurn { by } | Difference::LowerLoad { by } => world.move_rank(rung, -by, record)?,
            Difference::NearerTerritory { by } => world.move_rank(rung, *by, record)?,
            Difference::HigherScore { to, .. } => world.patch.score = Some(*to as f32),
            Difference::LowerPrice { to, .. } => world.patch.price = Some(*to as f32),
            Difference::AnotherDraw { .. } => {
                let drawn = |seed: u64| Self { seed, ..world.clone() }.decide(record).taken_by(rep).is_some();
                world.seed = (0..DRAWS).map(|n| self.seed.wrapping_add(n)).find(|seed| drawn(*seed))?;
            }
        }
        Some(world)
    }

    fn change(&mut self) -> &mut Snapshot {
        Arc::make_mut(&mut self.snapshot)
    }

    /// Moves what the rung's pick compares; the stored width is kept, so the sum is exact there.
    fn move_rank(&mut self, rung: (usize, bool), by: f64, record: &Record) -> Option<()> {
        let seen = self.decide(record);
        let at = seen.qualified.rungs.iter().position(|r| (r.rule, r.overflow) == rung)?;
        let position = seen.qualified.asks(&seen.qualified.rungs[at]).iter().position(|ask| ask.rep == record.rep)?;
        let now = seen.load.rung(at).entries[position].rank;
        self.patch.ranks.insert(rung, (f64::from(now) + by) as f32);
        Some(())
    }
}

/// Draws tried for one that falls otherwise.
const DRAWS: u64 = 2_000;

fn account(facts: &mut Facts, at: Instant) -> &mut AccountFacts {
    facts.account.get_or_insert_with(|| AccountFacts {
        id: AccountId::new(at, 0),
        name: "".into(),
        domain: None,
        owner: None,
        parent: None,
        parent_owner: None,
        open_opportunity: false,
        subsidiary_owner: None,
        opportunity_owner: None,
    })
}

fn contact(facts: &mut Facts, at: Instant) -> &mut ContactFacts {
    let fresh = || ContactFacts { id: ContactId::new(at, 0), known: false, email_domain: None, owner: None };
    facts.contact.get_or_insert_with(fresh)
}

fn set_owner(facts: &mut Facts, of: OwnerOf, rep: &RepId, at: Instant) {
    let owner = Some(rep.clone());
    match of {
        OwnerOf::Account => account(facts, at).owner = owner,
        OwnerOf::ParentAccount => account(facts, at).parent_owner = owner,
        OwnerOf::Opportunity => {
            let account = account(facts, at);
            (account.open_opportunity, account.opportunity_owner) = (true, owner);
        }
        OwnerOf::PriorContact => {
            let contact = contact(facts, at);
            (contact.known, contact.owner) = (true, owner);
        }
        OwnerOf::LastOwner => facts.routing.last_owner = owner,
        OwnerOf::Originator => facts.lead.originator = owner,
        OwnerOf::Subsidiary => account(facts, at).subsidiary_owner = owner,
    }
}

/// The fields of a lead that can be told to have been different: what a form or the company's own
/// records say. Time, completeness and the lead's own way through routing are not.
pub(crate) fn may_change(field: Field) -> bool {
    use Builtin as B;
    match field {
        Field::Attribute(_) => true,
        Field::Builtin(builtin) => matches!(
            builtin,
            B::ContactKnown
                | B::ContactHasOwner
                | B::ContactOwner
                | B::ContactEmailDomain
                | B::AccountKnown
                | B::AccountName
                | B::AccountDomain
                | B::AccountOwner
                | B::AccountHasOwner
                | B::AccountParentOwner
                | B::AccountHasParentOwner
                | B::AccountOpenOpportunity
                | B::AccountOpportunityOwner
                | B::EngagementPageViews
                | B::EngagementMailsOpened
                | B::EngagementForms
                | B::EngagementMeetings
                | B::EngagementCalls
        ),
    }
}

fn set_fact(facts: &mut Facts, field: Field, value: Option<&Value>, record: &Record) -> Option<()> {
    use Builtin as B;
    let at = record.decided_at;
    let text = || match value {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let rep = || text().and_then(|text| RepId::new(&text).ok());
    let yes = matches!(value, Some(Value::Bool(true)));
    // Whoever asks for an owner where there is none asks on this rep's behalf.
    let owner = || yes.then(|| record.id.clone());
    let count = || match value {
        Some(Value::Integer(n)) => u32::try_from(*n).ok(),
        _ => None,
    };
    let builtin = match field {
        Field::Attribute(index) => {
            facts.lead.attributes.set(index, value.cloned());
            return Some(());
        }
        Field::Builtin(builtin) => builtin,
    };
    match builtin {
        B::ContactKnown => contact(facts, at).known = yes,
        B::ContactHasOwner => contact(facts, at).owner = owner(),
        B::ContactOwner => contact(facts, at).owner = rep(),
        B::ContactEmailDomain => contact(facts, at).email_domain = text(),
        B::AccountKnown if !yes => facts.account = None,
        B::AccountKnown => {
            account(facts, at);
        }
        B::AccountName => account(facts, at).name = text()?,
        B::AccountDomain => account(facts, at).domain = text(),
        B::AccountOwner => account(facts, at).owner = rep(),
        B::AccountHasOwner => account(facts, at).owner = owner(),
        B::AccountParentOwner => account(facts, at).parent_owner = rep(),
        B::AccountHasParentOwner => account(facts, at).parent_owner = owner(),
        B::AccountOpenOpportunity => account(facts, at).open_opportunity = yes,
        B::AccountOpportunityOwner => account(facts, at).opportunity_owner = rep(),
        B::EngagementPageViews => facts.engagement.page_views = count()?,
        B::EngagementMailsOpened => facts.engagement.mails_opened = count()?,
        B::EngagementForms => facts.engagement.forms = count()?,
        B::EngagementMeetings => facts.engagement.meetings = count()?,
        B::EngagementCalls => facts.engagement.calls = count()?,
        _ => return None,
    }
    Some(())
}
