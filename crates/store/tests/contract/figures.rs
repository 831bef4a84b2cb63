//! Figures over what is exported are the figures of the store; counts and sums are what SQL says.

use std::collections::BTreeMap;

use pointsman_domain::{Currency, Instant, Micros, record::Stage};
use pointsman_measure::{
    kpi::{Dimension, Feeds, Kpi, KpiResult, KpiSpec, Kpis, LeadTable, Part, Selection},
    rows::{LeadRow, Name, Names},
};
use pointsman_store::{
    Projector, Reader, Store,
    load::Cell,
    view::{Kind, View},
};
use serde_json::{Value, json};

use super::reports::{Row, company, rows_of};
use crate::world::World;

/// A row of `rpt_lead_v1` as the struct that figures read, its words numbered anew.
fn exported(row: &Row, names: &mut Names) -> LeadRow {
    let mut fields = serde_json::Map::new();
    for (column, kind) in View::find("lead").unwrap().columns {
        let plain = matches!(*column, "lead_id" | "origin" | "custody" | "stage");
        let value = match (&row[column], kind) {
            (_, _) if *column == "currency" => continue,
            (Cell::Text(Some(text)), _) if plain => json!(text),
            (Cell::Text(text), _) => json!(text.as_ref().map(|text| names.intern(text))),
            (Cell::Int(number), Kind::Time) => json!(number.map(Instant::from_unix_micros)),
            (Cell::Int(number), Kind::Flag) => json!(number.map(|flag| flag != 0)),
            (Cell::Int(number), _) => json!(number),
            (other, _) => panic!("{column}: {other:?}"),
        };
        fields.insert(if *column == "lead_id" { "lead".into() } else { (*column).into() }, value);
    }
    serde_json::from_value(Value::Object(fields)).unwrap()
}

struct Told {
    all: Vec<KpiResult>,
    by_rep: Vec<(String, KpiResult)>,
    lost: u64,
}

fn told(rows: &[LeadRow], names: &Names, now: Instant) -> Told {
    let mut table = LeadTable::new(now, BTreeMap::new());
    let by_hand = |name: Name| ["named", "crm", "import"].contains(&names.text(name));
    rows.iter().for_each(|row| table.push(row, by_hand));
    let spec = KpiSpec::default();
    let feeds = Feeds::of(&table, &[], &spec);
    let kpis = Kpis { table: &table, rep_days: &[], names, spec: &spec, feeds: &feeds, currency: Currency::EUR };
    let all = Selection::default();
    let groups = kpis.breakdown(Kpi::Conversion, &all, Dimension::Rep).groups;
    Told {
        all: kpis.measure_all(&Kpi::ALL, &all),
        by_rep: groups.into_iter().map(|group| (group.text.to_string(), group.result)).collect(),
        lost: kpis.behind(Kpi::LostLeads, &all, Part::Hits, 0, 0).total,
    }
}

pub fn figures_over_exported_rows_are_the_same<S: Store>(store: S) {
    let world = World::with_cap(store, 9);
    company(&world);
    Projector::new(&world.store).unwrap().catch_up().unwrap();
    let now = world.outside.now() + Micros::DAY.times(60);
    let mut rows = Vec::new();
    world.read(|reader| reader.facts_after(0, &mut |row| rows.push(row))).unwrap();
    let live = told(&rows, &world.read(Reader::names).unwrap(), now);
    let mut names = Names::default();
    let rows: Vec<LeadRow> =
        rows_of(&world, View::find("lead").unwrap()).iter().map(|row| exported(row, &mut names)).collect();
    let exported = told(&rows, &names, now);
    assert_eq!(live.all, exported.all);
    assert_eq!(live.by_rep, exported.by_rep);
    assert_eq!(live.lost, exported.lost);
    let measured = live.all.iter().filter(|result| result.value().is_some()).count();
    assert!(measured >= 12, "only {measured} figures are measured here: the comparison says little");
    world.stop();
}

/// `sql` asks the database itself for one number.
pub fn counts_and_sums_are_what_sql_says<S: Store>(store: S, sql: &dyn Fn(&str) -> i64) {
    let world = World::with_cap(store, 9);
    let leads = company(&world);
    world.stage(leads[4], Stage::Won).unwrap();
    Projector::new(&world.store).unwrap().catch_up().unwrap();
    let now = world.outside.now() + Micros::DAY.times(60);
    let mut rows = Vec::new();
    world.read(|reader| reader.facts_after(0, &mut |row| rows.push(row))).unwrap();
    let live = told(&rows, &world.read(Reader::names).unwrap(), now);
    let figure = |kpi: Kpi| *live.all.iter().find(|result| result.kpi == kpi).unwrap();
    let hits = |kpi: Kpi| figure(kpi).value().and_then(|value| value.hits).unwrap_or_else(|| panic!("{kpi:?}")) as i64;

    // Everything is older than thirty days: every lead counts, and what was won by then was won in time.
    let month = Micros::DAY.times(30).0;
    let all = sql("SELECT count(*) FROM rpt_lead_v1");
    assert_eq!(all, leads.len() as i64 + 6);
    assert_eq!(figure(Kpi::Conversion).n as i64, all);
    let won = format!("SELECT count(*) FROM rpt_lead_v1 WHERE won_at IS NOT NULL AND won_at - arrived_at <= {month}");
    assert_eq!(hits(Kpi::Conversion), sql(&won));
    let untouched =
        format!("SELECT count(*) FROM rpt_lead_v1 WHERE touched_at IS NULL OR touched_at - arrived_at > {month}");
    assert_eq!(live.lost as i64, sql(&untouched));
    assert_eq!(hits(Kpi::Parked), sql("SELECT count(*) FROM rpt_lead_v1 WHERE parked_at IS NOT NULL"));
    for (rep, result) in &live.by_rep {
        let name = if rep.is_empty() { "rep IS NULL".into() } else { format!("rep = '{rep}'") };
        assert_eq!(result.n as i64, sql(&format!("SELECT count(*) FROM rpt_lead_v1 WHERE {name}")), "{rep}");
    }
    let value: i64 = rows.iter().filter_map(|row| row.value).map(pointsman_domain::Money::minor_units).sum();
    assert_eq!(value, sql("SELECT CAST(coalesce(sum(value), 0) AS BIGINT) FROM rpt_lead_v1"));
    assert!(value > 0);
    // The views agree with each other.
    let owned = sql("SELECT count(*) FROM rpt_assignment_v1 WHERE from_rep IS NULL");
    assert_eq!(owned, sql("SELECT count(*) FROM rpt_lead_v1 WHERE rep IS NOT NULL"));
    let decided = sql("SELECT count(DISTINCT lead_id) FROM rpt_decision_v1");
    assert_eq!(decided, sql("SELECT count(*) FROM rpt_lead_v1 WHERE decided_at IS NOT NULL"));
    let hops = sql("SELECT CAST(sum(hops) AS BIGINT) FROM rpt_lead_v1");
    assert_eq!(hops, sql("SELECT count(*) FROM rpt_assignment_v1 WHERE from_rep IS NOT NULL AND from_rep <> rep"));
    world.stop();
}
