//! A lead's row as integers, and back: what `lead_fact` holds.

use pointsman_domain::{Instant, LeadId, Micros, Money, record::Stage};
use pointsman_measure::rows::{Custody, LeadRow, LocalDay, Millionths, Name, Origin};

use crate::{
    cell::Cell,
    loaded::Table,
    number::{stage, stage_number},
};

/// A value that is one integer, or missing.
trait Narrow: Sized {
    fn number(&self) -> Option<i64>;
    fn of(number: Option<i64>) -> Option<Self>;
}

impl<T: Narrow> Narrow for Option<T> {
    fn number(&self) -> Option<i64> {
        self.as_ref().and_then(Narrow::number)
    }

    fn of(number: Option<i64>) -> Option<Self> {
        match number {
            None => Some(None),
            some => T::of(some).map(Some),
        }
    }
}

macro_rules! narrow {
    ($($kind:ty: $value:ident => $number:expr, $stored:ident => $made:expr;)+) => {$(
        impl Narrow for $kind {
            fn number(&self) -> Option<i64> {
                let $value = *self;
                Some($number)
            }

            fn of(number: Option<i64>) -> Option<Self> {
                let $stored = number?;
                $made
            }
        }
    )+};
}

narrow! {
    Instant: at => at.unix_micros(), n => Some(Self::from_unix_micros(n));
    Micros: length => length.0, n => Some(Self(n));
    Money: money => money.minor_units(), n => Some(Self(n));
    Millionths: part => part.0, n => Some(Self(n));
    LocalDay: day => day.0.into(), n => i32::try_from(n).ok().map(Self);
    Name: name => name.number().into(), n => u32::try_from(n).ok().and_then(Self::from_number);
    u32: n => n.into(), stored => Self::try_from(stored).ok();
    u8: n => n.into(), stored => Self::try_from(stored).ok();
    bool: flag => flag.into(), n => Some(n != 0);
    Stage: at => stage_number(at), n => stage(n);
    Origin: origin => origin as i64, n => [Self::Door, Self::Import].into_iter().find(|origin| *origin as i64 == n);
    Custody: custody => custody as i64, n => {
        let all = [Self::Held, Self::Parked, Self::Offered, Self::Owned, Self::Closed];
        all.into_iter().find(|custody| *custody as i64 == n)
    };
}

macro_rules! columns {
    ($($field:ident),+; $kept:ident; $($after:ident),+) => {
        /// The columns after `lead`, `seq` and `lead_id`.
        pub const COLUMNS: &[&str] =
            &[$(stringify!($field),)+ stringify!($kept), $(stringify!($after)),+];

        const ALL: &[&str] =
            &["lead", "seq", "lead_id", $(stringify!($field),)+ stringify!($kept), $(stringify!($after)),+];

        /// A row that is there is replaced; but that a rep was told is never forgotten, because it
        /// may have come between reading the lead and writing this.
        const CONFLICT: &str = concat!(
            "ON CONFLICT (lead) DO UPDATE SET seq = excluded.seq",
            $(", ", stringify!($field), " = excluded.", stringify!($field),)+
            ", ", stringify!($kept), " = coalesce(excluded.", stringify!($kept), ", lead_fact.", stringify!($kept), ")",
            $(", ", stringify!($after), " = excluded.", stringify!($after)),+
        );

        /// The row as cells of [`TABLE`].
        pub fn cells(row: &LeadRow, seq: u64) -> Vec<Cell<'static>> {
            vec![
                row.lead.bytes().into(),
                seq.into(),
                row.lead.to_string().into(),
                $(Cell::Int(row.$field.number()),)+
                Cell::Int(row.$kept.number()),
                $(Cell::Int(row.$after.number())),+
            ]
        }

        /// The row back; `None` where a number is none of its column.
        pub fn row(lead: LeadId, numbers: &[Option<i64>]) -> Option<LeadRow> {
            let mut numbers = numbers.iter().copied();
            Some(LeadRow {
                lead,
                $($field: Narrow::of(numbers.next()?)?,)+
                $kept: Narrow::of(numbers.next()?)?,
                $($after: Narrow::of(numbers.next()?)?),+
            })
        }
    };
}

columns! {
    origin, source, channel, campaign, country, industry, size, language, product, direction, segment,
    completeness, policy, policy_version, rule, path, pool, experiment, variant, rep, team, owner, score,
    expected_value, arrived_at, arrived_day, decided_at, assigned_at;
    notified_at;
    offered_at, accepted_at, touched_at, reached_at, qualified_at, opportunity_at, won_at, lost_at, closed_at, calendar,
    accept_service, touch_service, reach_service, close_service, sla_due_at, owner_absent_at_due, touches,
    hops, first_hop_at, ping_pong, misrouted, requested, declined, expired, reopened, parked_at, parked_time,
    checklist_done, checklist_of, custody, custody_since, unassigned_since, stage, value, feedback,
    feedback_at
}

pub const TABLE: Table = Table { name: "lead_fact", columns: ALL, conflict: CONFLICT };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_survives_its_columns() {
        let at = Instant::from_unix_micros(1_772_438_400_000_000);
        let lead = LeadId::new(at, 7);
        let row = LeadRow {
            source: Name::from_number(3),
            won_at: Some(at),
            owner_absent_at_due: Some(false),
            value: Some(Money(-5)),
            custody: Custody::Closed,
            stage: Stage::Won,
            feedback: Some(5),
            ..LeadRow::new(lead, at, LocalDay(-3))
        };
        let cells = cells(&row, 9);
        assert_eq!(cells.len(), TABLE.columns.len());
        let number = |cell: &Cell<'_>| match cell {
            Cell::Int(n) => *n,
            other => panic!("{other:?}"),
        };
        let numbers: Vec<_> = cells[3..].iter().map(number).collect();
        assert_eq!(super::row(lead, &numbers), Some(row));
        let beyond: Vec<_> = numbers.iter().map(|_| Some(i64::MAX)).collect();
        assert_eq!(super::row(lead, &beyond), None);
    }
}
