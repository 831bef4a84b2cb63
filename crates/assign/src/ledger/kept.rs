//! A ledger as plain data and back: what a store keeps so that a start need not fold everything.
//!
//! The data is canonical: names instead of slots, in their order, empty cells left out. So two
//! ledgers that say the same are equal as data, whatever was bound to them and in which order.

use std::sync::Arc;

use pointsman_domain::{LimitId, RepId, Window};
use serde::{Deserialize, Serialize};

use super::{Cell, Ledger};
use crate::{
    CounterKey,
    change::{Change, Place, Waiting},
    line::{Account, Member},
    price::PriceBook,
    turn::{Clock, LineId, Standing},
};

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerState {
    pub format: u32,
    cells: Vec<CellState>,
    shares: Vec<(CounterKey, u32)>,
    lines: Vec<LineState>,
    waiting: Vec<Waiting>,
    decided: u64,
    price_epoch: u64,
    /// The prices in force; each cell has its own from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    book: Option<Arc<PriceBook>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CellState {
    rep: RepId,
    limit: LimitId,
    cap: Option<u32>,
    counts: Vec<(Window, u32)>,
    claims: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LineState {
    line: LineId,
    clock: f64,
    total: f64,
    turns: u64,
    members: Vec<MemberState>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct MemberState {
    rep: RepId,
    standing: Option<Standing>,
    taken: f64,
    credit: f64,
}

impl LedgerState {
    pub const FORMAT: u32 = 1;
}

impl Ledger {
    /// Everything the ledger holds of the record. What a snapshot brings (its numbering, the
    /// model's load layer) is not part of it.
    pub fn state(&self) -> LedgerState {
        // Without `..`: whoever adds a field decides here whether it is kept.
        let Self {
            reps,
            limits,
            pools,
            cells,
            shares,
            lines,
            waiting,
            places: _,
            last_reps: _,
            queues: _,
            decided,
            price_epoch,
            book,
            load_logits: _,
        } = self;
        let mut kept = LedgerState {
            format: LedgerState::FORMAT,
            cells: Vec::new(),
            shares: shares.iter().map(|(key, count)| (key.clone(), *count)).collect(),
            lines: Vec::with_capacity(lines.len()),
            waiting: waiting.values().map(|queued| queued.waiting.clone()).collect(),
            decided: *decided,
            price_epoch: *price_epoch,
            book: book.clone(),
        };
        for (rep, row) in reps.slots.iter().map(|(rep, slot)| (rep, &cells[*slot as usize])) {
            for (limit, slot) in &limits.slots {
                let Some(cell) = row.get(*slot as usize) else { continue };
                let Cell { cap, counts, claims, posted: _ } = cell.clone();
                if cap.is_some() || claims > 0 || !counts.is_empty() {
                    kept.cells.push(CellState { rep: rep.clone(), limit: limit.clone(), cap, counts, claims });
                }
            }
        }
        for ((pool, partition, measure, window), account) in lines {
            let Account { clock, total, turns, members } = account;
            let member = |(rep, slot): (&RepId, &u32)| {
                let member = members.get(*slot as usize).filter(|member| **member != Member::default())?;
                let Member { standing, taken, credit } = *member;
                Some(MemberState { rep: rep.clone(), standing, taken, credit })
            };
            let pool = pools.names[*pool as usize].clone();
            kept.lines.push(LineState {
                line: LineId { pool, partition: *partition, measure: *measure, window: *window },
                clock: clock.now,
                total: *total,
                turns: *turns,
                members: reps.slots.iter().filter_map(member).collect(),
            });
        }
        kept.lines.sort_by(|a, b| a.line.cmp(&b.line));
        kept
    }

    /// The ledger that said this; nothing is bound to it yet. `None` for a format we do not know.
    pub fn from_state(state: LedgerState) -> Option<Self> {
        let LedgerState { format: LedgerState::FORMAT, cells, shares, lines, waiting, decided, price_epoch, book } =
            state
        else {
            return None;
        };
        let mut ledger = Self { decided, price_epoch, shares: shares.into_iter().collect(), ..Self::default() };
        for CellState { rep, limit, cap, counts, claims } in cells {
            *ledger.cell(&rep, &limit) = Cell { cap, counts, claims, posted: Vec::new() };
        }
        if let Some(book) = &book {
            ledger.post(book);
        }
        for LineState { line, clock, total, turns, members } in lines {
            let mut account = Account { clock: Clock { now: clock }, total, turns, members: Vec::new() };
            for MemberState { rep, standing, taken, credit } in members {
                *account.member(ledger.rep(&rep)) = Member { standing, taken, credit };
            }
            let pool = ledger.pools.slot(&line.pool) as u32;
            ledger.lines.insert((pool, line.partition, line.measure, line.window), account);
        }
        for waiting in waiting {
            ledger.apply(&Change::Wait { waiting });
        }
        Some(ledger)
    }

    /// Whoever is first in line for some rep: what to wake when it is not known who was freed.
    pub fn first_in_lines(&self) -> Vec<pointsman_domain::LeadId> {
        let firsts: std::collections::BTreeSet<_> = self.queues.firsts().collect();
        firsts.into_iter().map(Place::lead).collect()
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{FairnessMeasure, Instant, LeadId, PoolId};
    use proptest::prelude::*;

    use super::*;
    use crate::Partition;

    fn standing(start: f64) -> Standing {
        Standing { start, weight: 1.0, owed: 0.0, paid_on: 0 }
    }

    /// Any change of a small company; it need not make sense.
    fn change() -> impl Strategy<Value = Change> {
        let rep = || prop::sample::select(vec!["ada", "bo", "cy"]).prop_map(|id| RepId::new(id).unwrap());
        let limit = || prop::sample::select(vec!["day", "open"]).prop_map(|id| LimitId::new(id).unwrap());
        let line = || {
            (prop::sample::select(vec!["a", "b"]), 0u8..2, -1i32..4).prop_map(|(pool, partition, day)| LineId {
                pool: PoolId::new(pool).unwrap(),
                partition: Partition(partition),
                measure: FairnessMeasure::Turns,
                window: if day < 0 { Window::Always } else { Window::Day(day) },
            })
        };
        let window = prop_oneof![Just(Window::Always), (0i32..20).prop_map(Window::Day)];
        let key = (rep(), limit(), window, 0u8..3).prop_map(|(rep, limit, window, partition)| CounterKey {
            rep,
            limit,
            window,
            partition: Partition(partition),
        });
        let lead = || (0u8..4).prop_map(|n| LeadId::from_bytes([n; 16]));
        let waiting =
            (lead(), 0u8..3, 0i64..5, prop::collection::vec(rep(), 0..3)).prop_map(|(lead, priority, at, reps)| {
                Waiting {
                    lead,
                    priority,
                    arrived: Instant::from_unix_micros(at),
                    until: Instant::from_unix_micros(9),
                    wake_at: Instant::from_unix_micros(7),
                    reps,
                }
            });
        prop_oneof![
            (rep(), limit(), prop::option::of(0u32..9)).prop_map(|(rep, limit, cap)| Change::Cap { rep, limit, cap }),
            key.clone().prop_map(|key| Change::Claim { key }),
            key.prop_map(|key| Change::Release { key }),
            (line(), 0.0f64..9.0, rep(), 0.0f64..9.0).prop_map(|(line, clock, rep, start)| Change::Turn {
                line,
                clock,
                rep,
                standing: standing(start),
                amount: 1.0
            }),
            (line(), rep(), 0.0f64..9.0).prop_map(|(line, rep, start)| Change::Join {
                line,
                rep,
                standing: standing(start)
            }),
            (line(), rep(), 0.0f64..2.0).prop_map(|(line, rep, time)| Change::Credit { line, rep, time, amount: 1.0 }),
            waiting.prop_map(|waiting| Change::Wait { waiting }),
            lead().prop_map(|lead| Change::Awake { lead }),
            Just(Change::Decided),
        ]
    }

    proptest! {
        #[test]
        fn a_ledger_that_was_kept_on_the_way_ends_where_the_whole_fold_does(
            changes in prop::collection::vec(change(), 0..120),
            kept_after in 0usize..120,
        ) {
            let (before, after) = changes.split_at(kept_after.min(changes.len()));
            let mut whole = Ledger::default();
            before.iter().for_each(|change| whole.apply(change));
            let json = serde_json::to_string(&whole.state()).unwrap();
            let mut resumed = Ledger::from_state(serde_json::from_str(&json).unwrap()).unwrap();
            prop_assert_eq!(resumed.state(), whole.state());
            after.iter().for_each(|change| { whole.apply(change); resumed.apply(change); });
            prop_assert_eq!(resumed.state(), whole.state());
            prop_assert_eq!(resumed.over_cap(), {
                let mut over = whole.over_cap();
                // In the order of slots, which differs.
                over.sort_by_key(|(rep, limit, n, _)| (resumed.reps.slots[rep], resumed.limits.slots[limit], *n));
                let mut mine = resumed.over_cap();
                mine.sort_by_key(|(rep, limit, n, _)| (resumed.reps.slots[rep], resumed.limits.slots[limit], *n));
                prop_assert_eq!(&mine, &over);
                resumed.over_cap()
            });
            let line = |ledger: &Ledger| ["ada", "bo", "cy"].map(|rep| ledger.first_in_line(&RepId::new(rep).unwrap()));
            prop_assert_eq!(line(&resumed), line(&whole));
        }
    }
}
