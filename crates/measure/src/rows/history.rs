//! Rows of a history: canonical records folded into one row a lead.
//!
//! A history has no decisions: its owners came from somewhere else (`path` = `import`), its clocks
//! begin with the owner. *Touched* is the first activity by a person, or the first fact that the
//! lead is attempted or later and not closed; *reached* the first meeting, or the first fact that
//! it is contacted or later and not closed.

use std::collections::BTreeMap;

use pointsman_domain::{
    Instant, LeadId, Micros, Money, RepId,
    record::{Activity, ActivityKind, Assignment, Feedback, Outcome, Rep, Stage},
};

use super::{Custody, LeadRow, LocalDay, Millionths, Name, Names, Origin};

/// The word of [`LeadRow::path`] for owners that a history brought.
pub const IMPORTED: &str = "import";

/// Takes leads and reps first, then what happened to them in any order.
#[derive(Debug)]
pub struct HistoryRows<'a> {
    names: &'a mut Names,
    path: Name,
    rows: Vec<LeadRow>,
    places: BTreeMap<LeadId, u32>,
    /// Slugs are asked a million times: kept beside the dictionary by their pointer's text.
    reps: BTreeMap<RepId, (Name, Option<Name>)>,
    owners: Vec<(u32, Instant, Name)>,
    facts: Vec<(u32, Fact)>,
    latest: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Fact {
    at: Instant,
    stage: Stage,
    value: Option<Money>,
}

impl<'a> HistoryRows<'a> {
    pub fn new(names: &'a mut Names) -> Self {
        let path = names.intern(IMPORTED);
        let (rows, places, reps) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { names, path, rows, places, reps, owners: Vec::new(), facts: Vec::new(), latest: None }
    }

    pub fn names(&mut self) -> &mut Names {
        self.names
    }

    pub fn rep(&mut self, rep: &Rep) {
        let team = rep.team.as_ref().map(|team| self.names.intern(team.as_str()));
        let name = self.names.intern(rep.id.as_str());
        self.reps.insert(rep.id.clone(), (name, team));
    }

    /// A lead with what it is; the same lead twice counts once.
    pub fn lead(&mut self, mut row: LeadRow) {
        let next = self.rows.len() as u32;
        if *self.places.entry(row.lead).or_insert(next) == next {
            self.seen(row.arrived_at);
            row.origin = Origin::Import;
            self.rows.push(row);
        }
    }

    pub fn assignment(&mut self, assignment: &Assignment) {
        let Some(&place) = self.places.get(&assignment.lead) else { return };
        let (name, _) = self.known(&assignment.rep);
        self.seen(assignment.at);
        self.owners.push((place, assignment.at, name));
    }

    pub fn activity(&mut self, activity: &Activity) {
        let place = self.places.get(&activity.lead).copied();
        self.touch(place, activity.at, activity.human, activity.kind == ActivityKind::Meeting);
    }

    /// The row of a lead that was taken: what [`HistoryRows::touch`] asks for.
    pub fn find(&self, lead: &LeadId) -> Option<u32> {
        self.places.get(lead).copied()
    }

    /// An activity of the lead in row `place`.
    pub fn touch(&mut self, place: Option<u32>, at: Instant, human: bool, meeting: bool) {
        let Some(place) = place else { return };
        self.seen(at);
        if human {
            let row = &mut self.rows[place as usize];
            row.touches += 1;
            row.touched_at = earliest(row.touched_at, at);
            if meeting {
                row.reached_at = earliest(row.reached_at, at);
            }
        }
    }

    pub fn outcome(&mut self, outcome: &Outcome) {
        let Some(&place) = self.places.get(&outcome.lead) else { return };
        self.seen(outcome.at);
        self.facts.push((place, Fact { at: outcome.at, stage: outcome.stage, value: outcome.value }));
    }

    pub fn feedback(&mut self, feedback: &Feedback) {
        let Some(&place) = self.places.get(&feedback.lead) else { return };
        self.seen(feedback.at);
        let row = &mut self.rows[place as usize];
        if (1..=5).contains(&feedback.score) && row.feedback_at.is_none_or(|at| at <= feedback.at) {
            row.feedback = Some(feedback.score);
            row.feedback_at = Some(feedback.at);
        }
    }

    /// The last thing known: what "now" is for a history that ended.
    pub fn latest(&self) -> Option<Instant> {
        self.latest
    }

    /// One row a lead, in the order in which they were taken.
    pub fn finish(mut self) -> Vec<LeadRow> {
        // Stable: what happened in the same microsecond keeps its order.
        self.owners.sort_by_key(|(place, at, _)| (*place, *at));
        self.facts.sort_by_key(|(place, fact)| (*place, fact.at, fact.stage.is_terminal()));
        let teams: BTreeMap<Name, Option<Name>> = self.reps.values().copied().collect();
        for owners in self.owners.chunk_by(|a, b| a.0 == b.0) {
            let row = &mut self.rows[owners[0].0 as usize];
            let (first_at, first) = (owners[0].1, owners[0].2);
            row.rep = Some(first);
            row.team = teams.get(&first).copied().flatten();
            row.path = Some(self.path);
            row.assigned_at = Some(first_at);
            own(row, owners.iter().map(|(_, at, rep)| (*at, *rep)));
        }
        for facts in self.facts.chunk_by(|a, b| a.0 == b.0) {
            let row = &mut self.rows[facts[0].0 as usize];
            facts.iter().for_each(|(_, fact)| learn(row, *fact));
        }
        self.rows.iter_mut().for_each(rest);
        self.rows
    }

    fn seen(&mut self, at: Instant) {
        self.latest = self.latest.max(Some(at));
    }

    fn known(&mut self, rep: &RepId) -> (Name, Option<Name>) {
        if let Some(known) = self.reps.get(rep) {
            return *known;
        }
        let name = self.names.intern(rep.as_str());
        self.reps.insert(rep.clone(), (name, None));
        (name, None)
    }
}

fn earliest(known: Option<Instant>, at: Instant) -> Option<Instant> {
    Some(known.map_or(at, |known| known.min(at)))
}

/// Owners in the order of time: hops, and whether it came back to somebody who had it before.
fn own(row: &mut LeadRow, owners: impl Iterator<Item = (Instant, Name)>) {
    let mut had: Vec<Name> = Vec::new();
    for (at, rep) in owners {
        match had.last() {
            Some(last) if *last == rep => continue,
            Some(_) => {
                row.hops += 1;
                row.first_hop_at = row.first_hop_at.or(Some(at));
                row.ping_pong |= had.contains(&rep);
            }
            None => {}
        }
        had.push(rep);
        row.owner = Some(rep);
        row.custody = Custody::Owned;
        row.custody_since = at;
        row.unassigned_since = None;
    }
}

/// A fact that closes nothing does not leave a stage that is terminal.
fn learn(row: &mut LeadRow, fact: Fact) {
    if (Stage::Attempted..=Stage::Opportunity).contains(&fact.stage) {
        row.touched_at = earliest(row.touched_at, fact.at);
    }
    if (Stage::Contacted..=Stage::Opportunity).contains(&fact.stage) {
        row.reached_at = earliest(row.reached_at, fact.at);
    }
    let first =
        |known: Option<Instant>, stage: Stage| if fact.stage == stage { known.or(Some(fact.at)) } else { known };
    row.qualified_at = first(row.qualified_at, Stage::Qualified);
    row.opportunity_at = first(row.opportunity_at, Stage::Opportunity);
    if row.stage.is_terminal() && !fact.stage.is_terminal() {
        return;
    }
    row.reopened += u32::from(row.stage.closes() && !fact.stage.closes());
    row.stage = fact.stage;
    row.value = fact.value.filter(|_| fact.stage == Stage::Won);
    row.won_at = (fact.stage == Stage::Won).then_some(fact.at);
    row.lost_at = (fact.stage == Stage::Lost).then_some(fact.at);
    row.closed_at = fact.stage.closes().then_some(fact.at);
}

fn rest(row: &mut LeadRow) {
    if let Some(closed) = row.closed_at {
        row.custody = Custody::Closed;
        row.custody_since = closed;
        row.unassigned_since = None;
    }
}

/// The attributes that tell a lead's size: the first that the schema has.
pub const SIZED_BY: [&str; 2] = ["employees", "size"];

/// `1-9`, `10-49`, `50-249`, `250-999`, `1000+`: the bands of [`LeadRow::size`].
pub fn size_band(employees: i64) -> Option<&'static str> {
    Some(match employees {
        1..=9 => "1-9",
        10..=49 => "10-49",
        50..=249 => "50-249",
        250..=999 => "250-999",
        1000.. => "1000+",
        _ => return None,
    })
}

/// Filled ÷ all; `None` where nothing is asked for.
pub fn completeness(filled: usize, of: usize) -> Option<Millionths> {
    (of > 0).then(|| Millionths((filled.min(of) as i64 * Millionths::ONE.0) / of as i64))
}

/// The local day of an instant where local time is `offset` ahead of UTC.
pub fn local_day(at: Instant, offset: Micros) -> LocalDay {
    LocalDay((at + offset).utc_day() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Instant {
        Instant::from_unix_micros(0) + Micros::MINUTE.times(minutes)
    }

    fn fold(owners: &[(i64, &str)], facts: &[(i64, Stage)]) -> LeadRow {
        let mut names = Names::default();
        let mut rows = HistoryRows::new(&mut names);
        let lead = LeadId::new(at(0), 1);
        rows.lead(LeadRow::new(lead, at(0), LocalDay(0)));
        for (minute, rep) in owners {
            let rep = rep.parse().expect("a slug");
            let kind = pointsman_domain::record::AssignmentKind::First;
            rows.assignment(&Assignment { lead, rep, at: at(*minute), known_at: at(*minute), kind, propensity: None });
        }
        for (minute, stage) in facts {
            rows.outcome(&Outcome {
                lead,
                at: at(*minute),
                known_at: at(*minute),
                stage: *stage,
                value: Some(Money(7)),
            });
        }
        rows.finish().remove(0)
    }

    #[test]
    fn owners_become_hops_and_ping_pong() {
        let row = fold(&[(9, "b"), (1, "a"), (12, "b"), (20, "a")], &[]);
        assert_eq!((row.hops, row.ping_pong, row.first_hop_at, row.custody), (2, true, Some(at(9)), Custody::Owned));
        assert_eq!((row.rep == row.owner, row.assigned_at), (true, Some(at(1))));
        let row = fold(&[(1, "a"), (2, "b"), (3, "c")], &[]);
        assert_eq!((row.hops, row.ping_pong), (2, false));
    }

    #[test]
    fn facts_converge_whatever_their_order() {
        let row = fold(&[(1, "a")], &[(30, Stage::Won), (9, Stage::Contacted), (5, Stage::Attempted)]);
        assert_eq!((row.touched_at, row.reached_at, row.won_at), (Some(at(5)), Some(at(9)), Some(at(30))));
        assert_eq!((row.stage, row.value, row.custody), (Stage::Won, Some(Money(7)), Custody::Closed));
        let row = fold(&[], &[(5, Stage::Lost), (9, Stage::Contacted)]);
        assert_eq!(
            (row.stage, row.closed_at, row.won_at, row.reached_at),
            (Stage::Lost, Some(at(5)), None, Some(at(9)))
        );
        let row = fold(&[], &[(5, Stage::Nurture), (9, Stage::Qualified)]);
        assert_eq!((row.stage, row.closed_at, row.reopened), (Stage::Qualified, None, 1));
    }
}
