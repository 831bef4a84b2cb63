//! The checker: what clients were told against the record, counted with nothing but its own maps.
//! It takes what is new since it looked last, and looks at everything once, at the end.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use pointsman_assign::{Change, CounterKey, Partition};
use pointsman_domain::{DecisionId, Digest, LeadId, LimitId, RepId, Window, record::Stage};
use pointsman_store::{
    Postgres, Reader, Store, audit, codec,
    log::{LogKind, LogRow},
    row::{Custody, CustodyKind},
};

use super::{
    client::Said,
    company::{CAP, TAKERS},
};

/// See the module.
#[derive(Debug, Default)]
pub struct History {
    /// The last row that was looked at, and its hash.
    seq: u64,
    hash: Digest,
    used: BTreeMap<RepId, u32>,
    /// Turns of those who were free since this set of free reps began.
    turns: BTreeMap<RepId, f64>,
    free: Vec<RepId>,
    /// One answer a key.
    answers: HashMap<String, (LeadId, DecisionId, bool)>,
    /// Decided for a key as new.
    decided: BTreeSet<LeadId>,
    summary: Summary,
}

/// What was checked.
#[derive(Debug, Default)]
struct Summary {
    rows: u64,
    looks: u64,
    decided: u64,
    duplicates: u64,
    retries: u64,
    given_up: u64,
    transfers: u64,
    too_late: u64,
    closed: u64,
    /// Rows at which some cap was just reached.
    binding: u64,
    /// Turns compared with entitlement.
    turns: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, looks, decided, duplicates, retries, given_up, transfers, too_late, closed, .. } = self;
        let Self { binding, turns, .. } = self;
        write!(
            f,
            "{rows} rows hold in {looks} looks; {decided} leads decided once, {duplicates} duplicates and {retries} \
             retries told the same, {given_up} requests given up by their client, {closed} leads closed, {transfers} \
             assignments by hand that won and {too_late} that were told who was first, a cap just reached at \
             {binding} rows and never exceeded, {turns} turns within the bound"
        )
    }
}

impl History {
    /// Checks what was said since, and the rows since. Panics where they disagree.
    pub fn take(&mut self, store: &Postgres, said: &[Said]) {
        self.rows(&mut *store.reader().unwrap());
        let new: Vec<&Said> = said.iter().filter(|said| self.is_new(said)).collect();
        each(store, &new, |reader, said| is_stored(reader, said));
        self.summary.looks += 1;
    }

    /// Everything once more, by the product's own means too.
    pub fn finish(mut self, store: &Postgres) -> impl fmt::Display {
        let mut reader = store.reader().unwrap();
        self.rows(&mut *reader);
        let Summary { binding, turns, transfers, too_late, .. } = self.summary;
        assert!(binding > 0 && turns > 0, "caps that never bind prove nothing");
        assert!(transfers > 0 && too_late > 0, "nobody was too late");
        let decided: Vec<LeadId> = self.decided.iter().copied().collect();
        each(store, &decided, |reader, lead| {
            let owners = reader.assignments_of(*lead).unwrap();
            let automatic = owners.iter().filter(|row| row.actor.is_none()).count();
            assert!(automatic <= 1, "{lead} was given away {automatic} times: {owners:?}");
            assert!(reader.lead(*lead).unwrap().is_some(), "{lead} is lost");
        });
        assert_eq!(audit::verify(&mut *reader, None).unwrap().fault, None);
        let (report, _) = audit::verify_ledger(&mut *reader).unwrap();
        assert!(report.holds(), "{report:?}");
        // What is stored as owned is what the rows add up to.
        let owned = reader.counts().unwrap().by_custody.get(&CustodyKind::Owned).copied().unwrap_or(0);
        assert_eq!(owned, self.used.values().map(|n| u64::from(*n)).sum::<u64>(), "{:?}", self.used);
        self.summary
    }

    fn rows(&mut self, reader: &mut dyn Reader) {
        let from = self.seq;
        let visit = &mut |row: LogRow| {
            self.row(&row);
            Ok(())
        };
        reader.log_after(from, visit).unwrap();
    }

    /// No cap is exceeded at any row, turns are fair while the same reps are free, and each row
    /// follows on the one before.
    fn row(&mut self, row: &LogRow) {
        assert_eq!(row.seq, self.seq + 1, "a row is missing");
        assert_eq!(row.chained(self.hash, &mut Vec::new()), row.hash, "row {} does not follow", row.seq);
        (self.seq, self.hash) = (row.seq, row.hash);
        self.summary.rows += 1;
        let is_taker = |rep: &RepId| TAKERS.contains(&rep.as_str());
        let has_room = |(rep, n): (&RepId, &u32)| (is_taker(rep) && *n < CAP).then(|| rep.clone());
        let free: Vec<RepId> = self.used.iter().filter_map(has_room).collect();
        // Those who are there throughout: counted anew whenever that changes.
        if free != self.free {
            self.turns.clear();
            self.free = free;
        }
        codec::decode(&row.changes, |change| self.change(row, change)).unwrap();
    }

    fn change(&mut self, row: &LogRow, change: Change) {
        match change {
            Change::Claim { key } if is_open(&key) => {
                let n = self.used.entry(key.rep.clone()).or_default();
                *n += 1;
                // Only a person may exceed a cap.
                assert!(*n <= CAP || row.kind == LogKind::Transfer, "row {}: {} holds {n}", row.seq, key.rep);
                self.summary.binding += u64::from(*n == CAP);
            }
            Change::Release { key } if is_open(&key) => {
                let n = self.used.get_mut(&key.rep).expect("nobody gives back what they do not hold");
                *n = n.checked_sub(1).expect("nobody gives back more than they hold");
            }
            Change::Turn { rep, amount, .. } if TAKERS.contains(&rep.as_str()) => {
                *self.turns.entry(rep).or_default() += amount;
                let counts = || self.free.iter().map(|rep| self.turns.get(rep).copied().unwrap_or(0.0));
                let (most, least) =
                    (counts().fold(f64::NEG_INFINITY, f64::max), counts().fold(f64::INFINITY, f64::min));
                // Equal weights: within one of half of what two took together.
                assert!(self.free.is_empty() || most - least <= 2.0, "row {}: {:?}", row.seq, self.turns);
                self.summary.turns += 1;
            }
            // What a person gives away counts as a turn.
            Change::Credit { rep, amount, .. } if TAKERS.contains(&rep.as_str()) => {
                *self.turns.entry(rep).or_default() -= amount;
            }
            _ => {}
        }
    }

    /// Counts it; `false` for what needs no look at the store: an answer that was told before is
    /// compared with that.
    fn is_new(&mut self, said: &Said) -> bool {
        match said {
            Said::Enquiry { key, person, lead, decision, duplicate, again, .. } => {
                let answer = (*lead, *decision, *duplicate);
                if let Some(before) = self.answers.get(key) {
                    assert_eq!(before, &answer, "{key} of person {person} was answered in two ways");
                    self.summary.retries += u64::from(*again);
                    return false;
                }
                self.answers.insert(key.clone(), answer);
                self.summary.duplicates += u64::from(*duplicate);
                self.summary.decided += u64::from(!*duplicate);
                assert!(*duplicate || self.decided.insert(*lead), "{lead} was decided for two keys");
            }
            Said::Closed { .. } => self.summary.closed += 1,
            Said::Transferred { .. } => self.summary.transfers += 1,
            Said::TooLate { .. } => self.summary.too_late += 1,
            Said::GaveUp => {
                self.summary.given_up += 1;
                return false;
            }
        }
        true
    }
}

/// Looks at each of them, eight at a time.
fn each<T: Sync>(store: &Postgres, items: &[T], look: impl Fn(&mut dyn Reader, &T) + Sync) {
    std::thread::scope(|scope| {
        for some in items.chunks(items.len() / 8 + 1) {
            let look = &look;
            scope.spawn(move || {
                let mut reader = store.reader().unwrap();
                some.iter().for_each(|item| look(&mut *reader, item));
            });
        }
    });
}

/// Panics where the store does not hold what was said.
fn is_stored(reader: &mut dyn Reader, said: &Said) {
    match said {
        Said::Enquiry { lead, duplicate: true, .. } => assert!(reader.lead(*lead).unwrap().is_some(), "lost: {said:?}"),
        Said::Enquiry { lead, decision, owner, .. } => {
            let stored = reader.decision(*decision).unwrap().unwrap_or_else(|| panic!("lost: {said:?}"));
            assert_eq!((stored.decision.lead, stored.decision.owner()), (*lead, owner.as_ref()), "{said:?}");
            assert!(stored.facts.is_some() && stored.trace.is_some(), "{said:?} is there in part");
        }
        Said::Closed { lead, stage } => {
            let state = reader.lead(*lead).unwrap().unwrap_or_else(|| panic!("lost: {said:?}")).state;
            let wanted = if *stage == "won" { Stage::Won } else { Stage::Lost };
            assert_eq!((state.custody, state.stage), (Custody::Closed, wanted), "{lead}");
        }
        Said::Transferred { lead, from, to } => {
            let history = reader.assignments_of(*lead).unwrap();
            let at = history.iter().position(|row| row.rep == *to && row.actor.is_some());
            let at = at.unwrap_or_else(|| panic!("lost: {said:?}, {history:?}"));
            let before = at.checked_sub(1).map(|before| &history[before].rep);
            assert_eq!(before, from.as_ref(), "{said:?}, {history:?}");
        }
        // Somebody was first indeed: whoever was seen did not keep it.
        Said::TooLate { lead, seen } => {
            let history = reader.assignments_of(*lead).unwrap();
            let other = history.iter().any(|row| Some(&row.rep) != seen.as_ref());
            assert!(other, "{said:?}, {history:?}");
        }
        Said::GaveUp => {}
    }
}

/// Whether a counter is the one of leads that a rep has open.
fn is_open(key: &CounterKey) -> bool {
    key.limit == LimitId::new("open").expect("a name")
        && key.window == Window::Always
        && key.partition == Partition::default()
}
