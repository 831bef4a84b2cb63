//! What a million leads cost: `cargo run --release -p pointsman-measure --example kpi_speed [LEADS]`.
//!
//! Prints milliseconds for columns, for every figure (orders of times included, then with them),
//! for a page of eight tiles with the period before and thirteen weeks, a breakdown and a list.

use std::collections::BTreeMap;

use pointsman_domain::{Currency, Instant, LeadId, Micros, Money, Rng, record::Stage};
use pointsman_measure::{
    kpi::{Days, Dimension, Feeds, Kpi, KpiSpec, Kpis, LeadTable, Part, Selection},
    rows::{Custody, LeadRow, LocalDay, Millionths, Name, Names},
};

const YEAR_DAYS: i64 = 364;

fn main() {
    let leads: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let mut names = Names::default();
    let words: Vec<Name> = (0..200).map(|n| names.intern(&format!("word-{n}"))).collect();
    let now = Instant::from_unix_micros(0) + Micros::DAY.times(YEAR_DAYS + 1);
    let rows = rows(leads, &words, now);
    let mut table = LeadTable::new(now, BTreeMap::new());
    time("columns", || rows.iter().for_each(|row| table.push(row, |name| name == words[0])));
    drop(rows);
    let spec = KpiSpec::default();
    let feeds = Feeds::of(&table, &[], &spec);
    let kpis =
        Kpis { table: &table, rep_days: &[], names: &names, spec: &spec, feeds: &feeds, currency: Currency::EUR };
    let all = Selection::default();
    time("every figure of all leads, cold", || kpis.measure_all(&Kpi::ALL, &all));
    time("every figure of all leads", || kpis.measure_all(&Kpi::ALL, &all));
    for kpi in [Kpi::SpeedToLead, Kpi::TouchedInSla, Kpi::Conversion, Kpi::FirstContactInSla] {
        time(kpi.slug(), || kpis.measure(kpi, &all));
    }
    let year = Days { from: LocalDay(0), until: LocalDay(YEAR_DAYS as i32) };
    let quarter = Days { from: LocalDay(182), until: LocalDay(273) };
    time("eight tiles of the year", || kpis.board(&Kpi::TILES, &all, year));
    time("eight tiles of a quarter", || kpis.board(&Kpi::TILES, &all, quarter));
    time("speed by rep", || kpis.breakdown(Kpi::SpeedToLead, &all, Dimension::Rep));
    time("conversion by rep", || kpis.breakdown(Kpi::Conversion, &all, Dimension::Rep));
    time("list of lost leads", || kpis.behind(Kpi::LostLeads, &all, Part::Hits, 0, 100));
}

fn rows(leads: usize, words: &[Name], now: Instant) -> Vec<LeadRow> {
    let mut rng = Rng::seeded(1);
    let mut below = move |n: u64| rng.below(n) as i64;
    let one = |n: usize| {
        let arrived = Instant::from_unix_micros(below(YEAR_DAYS as u64 * Micros::DAY.0 as u64));
        let mut row = LeadRow::new(LeadId::new(arrived, n as u128), arrived, LocalDay(arrived.utc_day() as i32));
        let after = |at: Instant, seconds: u64, below: &mut dyn FnMut(u64) -> i64| {
            Some(at + Micros(below(seconds * 1_000_000))).filter(|at| *at < now)
        };
        (row.source, row.team) = (Some(words[below(5) as usize]), Some(words[10 + below(8) as usize]));
        (row.rep, row.path) = (Some(words[20 + below(120) as usize]), Some(words[below(3) as usize]));
        row.sla_due_at = Some(arrived + Micros::HOUR);
        row.decided_at = after(arrived, 2, &mut below);
        row.assigned_at = row.decided_at;
        row.offered_at = row.decided_at;
        row.notified_at = row.decided_at.and_then(|at| after(at, 9, &mut below));
        row.accepted_at = row.notified_at.and_then(|at| after(at, 600, &mut below));
        row.touched_at = row.accepted_at.filter(|_| below(5) > 0).and_then(|at| after(at, 20_000, &mut below));
        row.reached_at = row.touched_at.filter(|_| below(2) > 0).and_then(|at| after(at, 90_000, &mut below));
        row.score = Some(Millionths(below(200_000)));
        row.custody = Custody::Owned;
        row.unassigned_since = None;
        if let Some(closed) = row.reached_at.filter(|_| below(3) > 0).and_then(|at| after(at, 2_000_000, &mut below)) {
            let won = below(5) == 0;
            row.stage = if won { Stage::Won } else { Stage::Lost };
            (row.closed_at, row.won_at) = (Some(closed), won.then_some(closed));
            row.value = won.then_some(Money(420_000));
        }
        row
    };
    (0..leads).map(one).collect()
}

#[expect(clippy::disallowed_methods, reason = "this program measures time")]
fn time<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = std::time::Instant::now();
    let result = work();
    println!("{:>8.1} ms  {what}", start.elapsed().as_secs_f64() * 1e3);
    result
}
