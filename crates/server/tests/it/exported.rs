//! What pages and the API say equals `measure` over the rows that the views hand out, on both stores.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use pointsman_decision::{DocumentKind, DocumentSet};
use pointsman_domain::{Instant, Micros, Money};
use pointsman_experiment::stats::survival::{Observed, Sorted, kaplan_meier};
use pointsman_measure::{
    Share,
    kpi::{Days, Feeds, Kpi, KpiSpec, Kpis, LeadTable, Selection},
    rows::{LocalDay, Millionths, Names, RepDayRow},
};
use pointsman_store::{Location, load::Cell, view::View};
use serde_json::{Value, json};

use crate::{
    kpis::rows_of,
    postgres,
    world::{Door, asking},
};

/// 2026-03-02, a Monday, 09:00 in Berlin.
const START: i64 = 1_772_438_400_000_000;

/// Everybody works long days: load is measured over working time.
fn with_hours(mut set: DocumentSet) -> DocumentSet {
    let days: String =
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| format!("{day} = ['01:00-23:00']\n")).concat();
    let calendar = format!("format = 1\nzone = 'Europe/Berlin'\n[hours]\n{days}");
    set.insert(DocumentKind::Calendar, "office", calendar.into_bytes());
    let roster = String::from_utf8(set.get(DocumentKind::Roster, "").unwrap().to_vec()).unwrap();
    let roster = ["ada", "bo", "cy", "di", "eve"].iter().fold(roster, |roster, rep| {
        roster.replace(&format!("id = '{rep}'\n"), &format!("id = '{rep}'\ncalendar = 'office'\n"))
    });
    set.insert(DocumentKind::Roster, "", roster.into_bytes());
    set
}

/// Two weeks in which leads are offered, taken and declined, called, won and lost, unevenly.
fn lived(store: Location) -> Door {
    let clock = Arc::new(AtomicI64::new(START));
    let door = Door::open_at(Arc::new(tempfile::tempdir().unwrap()), &clock, |config| {
        config.documents = Some(with_hours(asking(20)));
        if !matches!(store, Location::Sqlite(_)) {
            config.store = store;
        }
    });
    let pass = |length: Micros| {
        clock.fetch_add(length.0, Ordering::Relaxed);
    };
    for n in 0..42 {
        let sent = door.lead(["IT", "DE", "IT"][n % 3], &format!("p{n}"));
        let lead = sent["lead"].clone();
        pass(Micros::MINUTE.times(2));
        if sent["state"] == "offered" {
            let answer = |word: &str, body: Value| {
                let answer = door.post(&format!("/v1/leads/{}/{word}", lead.as_str().unwrap()), &body.to_string());
                assert_eq!(answer.status, 200, "{}", answer.text);
                answer.json()
            };
            let mut rep = sent["owner"].clone();
            if n % 4 == 0 {
                // Nothing is left to run out while figures are read: whoever is asked next takes it.
                rep = answer("decline", json!({ "rep": rep, "reason": "too far" }))["owner"].clone();
                pass(Micros::MINUTE);
            }
            answer("accept", json!({ "rep": rep }));
        }
        pass(Micros::MINUTE.times(7 * (n as i64 % 5) + 1));
        if n % 3 > 0 {
            let body = json!({ "lead": lead, "kind": "call", "reached": n % 2 == 0 });
            assert_eq!(door.post("/v1/activities", &body.to_string()).status, 200);
        }
        if n % 4 == 1 {
            let body = json!({ "lead": lead, "stage": if n % 8 == 1 { "won" } else { "lost" } });
            assert_eq!(door.post("/v1/outcomes", &body.to_string()).status, 200);
        }
        pass(Micros::HOUR.times(8));
    }
    door
}

/// A table as it is exported: its rows as columns by name.
struct Table {
    view: &'static View,
    rows: Vec<Vec<Cell<'static>>>,
}

impl Table {
    fn read(door: &Door, name: &str) -> Self {
        let (view, rows) = (View::find(name).unwrap(), rows_of(door, name));
        Self { view, rows }
    }

    fn int(&self, row: usize, column: &str) -> Option<i64> {
        match &self.rows[row][self.view.column(column).unwrap()] {
            Cell::Int(n) => *n,
            other => panic!("{column}: {other:?}"),
        }
    }

    fn text(&self, row: usize, column: &str) -> String {
        match &self.rows[row][self.view.column(column).unwrap()] {
            Cell::Text(text) => text.clone().unwrap_or_default().into_owned(),
            other => panic!("{column}: {other:?}"),
        }
    }
}

/// The days of reps by the columns that `docs/views.md` describes.
fn rep_days(door: &Door, names: &mut Names) -> Vec<RepDayRow> {
    let table = Table::read(door, "rep_day");
    let row = |at: usize| {
        let count = |column: &str| table.int(at, column).unwrap() as u32;
        let team = Some(table.text(at, "team")).filter(|team| !team.is_empty());
        RepDayRow {
            rep: names.intern(&table.text(at, "rep")),
            team: team.map(|team| names.intern(&team)),
            day: LocalDay(table.int(at, "day").unwrap() as i32),
            work: Micros(table.int(at, "work").unwrap()),
            absent: Micros(table.int(at, "absent").unwrap()),
            busy: table.int(at, "busy").map(Micros),
            room: table.int(at, "room").map(Micros),
            received: count("received"),
            entitled: table.int(at, "entitled").map(Millionths),
            offered: count("offered"),
            accepted: count("accepted"),
            declined: count("declined"),
            expired: count("expired"),
            touches: count("touches"),
            won: count("won"),
            lost: count("lost"),
            won_value: table.int(at, "won_value").map(Money),
            open: count("open"),
        }
    };
    (0..table.rows.len()).map(row).collect()
}

fn told(door: &Door, kpi: &str) -> Value {
    let answer = door.get(&format!("/v1/kpis/{kpi}?from=2026-03-02&until=2026-03-21"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["detail"]["figure"]["now"].clone()
}

fn equals(store: Location) {
    let door = lived(store);
    let said: BTreeMap<&str, Value> = [
        "balance-gini",
        "largest-deficit",
        "utilisation",
        "first-acceptance",
        "speed-to-lead",
        "speed-to-lead-p90",
        "conversion",
        "lost-leads",
    ]
    .into_iter()
    .map(|kpi| (kpi, told(&door, kpi)))
    .collect();

    // Figures of the days of reps: the very same functions over the very same rows.
    let mut names = Names::default();
    let days = rep_days(&door, &mut names);
    assert!(days.len() > 40, "{}", days.len());
    let (table, spec) = (LeadTable::new(door.state.now(), BTreeMap::new()), KpiSpec::default());
    let feeds = Feeds::of(&table, &days, &spec);
    let currency = "EUR".parse().unwrap();
    let kpis = Kpis { table: &table, rep_days: &days, names: &names, spec: &spec, feeds: &feeds, currency };
    let day = |text: &str| LocalDay(text.parse::<pointsman_measure::roi::Date>().unwrap().unix_days() as i32);
    let period = Days { from: day("2026-03-02"), until: day("2026-03-21") };
    for kpi in [Kpi::BalanceGini, Kpi::LargestDeficit, Kpi::Utilisation] {
        let found = kpis.detail(kpi, &Selection::default(), period, &[]);
        let found = serde_json::to_value(found.figure.now).unwrap();
        assert_eq!(said[kpi.slug()], found, "{}", kpi.slug());
        assert!(found["measured"]["value"]["value"].is_number(), "{found}");
    }
    // Gini by its definition over the same columns, so that a change of both is seen.
    let mut by_rep: BTreeMap<_, (f64, f64)> = BTreeMap::new();
    for row in days.iter().filter(|row| row.entitled.is_some()) {
        let sum = by_rep.entry(row.rep).or_default();
        (sum.0, sum.1) = (sum.0 + f64::from(row.received), sum.1 + row.entitled.unwrap().as_f64());
    }
    let shares: Vec<f64> = by_rep.values().filter(|(_, due)| *due > 0.0).map(|(got, due)| got / due).collect();
    let apart: f64 = shares.iter().flat_map(|a| shares.iter().map(move |b| (a - b).abs())).sum();
    let gini =
        apart / (2.0 * (shares.len() * shares.len()) as f64 * (shares.iter().sum::<f64>() / shares.len() as f64));
    let value = said["balance-gini"]["measured"]["value"]["value"].as_f64().unwrap();
    assert!((value - gini).abs() < 1e-9 && gini > 0.0, "{value} {gini}");

    // Offers: the first one of each lead, answered or run out.
    let offers = Table::read(&door, "offer");
    let mut taken = Share::default();
    for at in (0..offers.rows.len()).filter(|at| offers.int(*at, "nth") == Some(1)) {
        let answer = offers.text(at, "answer");
        if ["accepted", "declined", "expired"].contains(&answer.as_str()) {
            taken.count(answer == "accepted");
        }
    }
    assert!(taken.hits > 0 && taken.hits < taken.n, "{taken:?}");
    same(&said["first-acceptance"], taken);

    // Speed: Kaplan–Meier over arrivals and first touches, untouched leads watched until now or their end.
    let leads = Table::read(&door, "lead");
    let now = door.state.now();
    let watched = (0..leads.rows.len()).map(|at| {
        let time = |column| leads.int(at, column).map(Instant::from_unix_micros);
        let touched = time("touched_at");
        let end = touched.or(time("closed_at")).unwrap_or(now);
        Observed { time: (end - time("arrived_at").unwrap()).as_secs_f64().max(0.0), event: touched.is_some() }
    });
    let curve = kaplan_meier(&Sorted::new(watched.collect()).unwrap());
    for (kpi, share) in [("speed-to-lead", 0.5), ("speed-to-lead-p90", 0.9)] {
        assert_eq!(said[kpi]["measured"]["value"]["value"].as_f64(), curve.quantile(share), "{kpi}: {}", said[kpi]);
    }
    assert!(curve.quantile(0.5).is_some());

    // What people did and what became of it is what the rows of single facts say.
    let (activities, outcomes, assignments) =
        (Table::read(&door, "activity"), Table::read(&door, "outcome"), Table::read(&door, "assignment"));
    let mut touches: BTreeMap<String, u32> = BTreeMap::new();
    for at in (0..activities.rows.len()).filter(|at| activities.int(*at, "human") == Some(1)) {
        *touches.entry(activities.text(at, "lead_id")).or_default() += 1;
    }
    let won: Vec<String> = (0..outcomes.rows.len())
        .filter(|at| outcomes.text(*at, "stage") == "won")
        .map(|at| outcomes.text(at, "lead_id"))
        .collect();
    let mut first_owner: BTreeMap<String, String> = BTreeMap::new();
    for at in (0..assignments.rows.len()).filter(|at| assignments.int(*at, "first") == Some(1)) {
        first_owner.insert(assignments.text(at, "lead_id"), assignments.text(at, "rep"));
    }
    for at in 0..leads.rows.len() {
        let lead = leads.text(at, "lead_id");
        assert_eq!(leads.int(at, "touches"), Some(i64::from(touches.get(&lead).copied().unwrap_or(0))), "{lead}");
        assert_eq!(leads.int(at, "won_at").is_some(), won.contains(&lead), "{lead}");
        assert_eq!(leads.text(at, "rep"), first_owner.get(&lead).cloned().unwrap_or_default(), "{lead}");
    }
    let received: u32 = days.iter().map(|row| row.received).sum();
    assert_eq!(received as usize, first_owner.len(), "every first owner received it on some day");
    let declined = (0..offers.rows.len()).filter(|at| offers.text(*at, "answer") == "declined").count();
    assert_eq!(days.iter().map(|row| row.declined).sum::<u32>() as usize, declined);

    // The page shows those numbers.
    let page = crate::kpis::figures_on(&door, "/kpi/balance-gini?from=2026-03-02&until=2026-03-21").text;
    assert!(page.contains(&format!("{gini:.2}")), "{gini}");
    door.stop();
}

/// A share with its interval.
fn same(said: &Value, share: Share) {
    let estimate = share.estimate().unwrap();
    let value = &said["measured"]["value"];
    assert_eq!(said["n"], share.n);
    for (name, expected) in [("value", estimate.value), ("low", estimate.low), ("high", estimate.high)] {
        assert_eq!(value[name].as_f64(), Some(expected), "{name}: {said}");
    }
}

#[test]
fn figures_equal_measure_over_exported_rows_on_sqlite() {
    equals(Location::Sqlite("unused".into()));
}

#[test]
fn figures_equal_measure_over_exported_rows_on_postgres() {
    let Some(server) = postgres::shared() else { return };
    equals(Location::parse(&server.url("exported"), std::path::Path::new("")).unwrap());
}
