//! The analysis of the flow in the running server: of what the store holds, as the CLI makes it of files.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::http::StatusCode;
use pointsman_domain::{Instant, Micros, RepId};
use pointsman_measure::flow::{FlowConfig, FlowEvent, LogBuilder, analyse};
use pointsman_server::{
    ApiKey,
    access::{RepFigures, Role},
};
use pointsman_store::{load::Cell, view::View};
use serde_json::Value;

use crate::{
    kpis::{company, figures_on, rows_of},
    world::{Door, JSON, documents},
};

fn text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Text(Some(text)) => text.to_string(),
        _ => String::new(),
    }
}

fn time(cell: &Cell<'_>) -> Option<Instant> {
    match cell {
        Cell::Int(micros) => micros.map(Instant::from_unix_micros),
        _ => None,
    }
}

/// What anybody can make of the exported views by hand.
fn by_hand(door: &Door) -> Value {
    let column = |view: &str, name: &str| View::find(view).unwrap().column(name).unwrap();
    let mut log = LogBuilder::default();
    for row in rows_of(door, "lead") {
        let cell = |name: &str| &row[column("lead", name)];
        log.lead(text(cell("lead_id")).parse().unwrap(), time(cell("arrived_at")).unwrap(), &text(cell("source")));
    }
    for row in rows_of(door, "outcome") {
        let cell = |name: &str| &row[column("outcome", name)];
        let stage = serde_json::from_value(Value::String(text(cell("stage")))).unwrap();
        let value = time(cell("value")).map(|minor| pointsman_domain::Money(minor.unix_micros()));
        log.outcome(text(cell("lead_id")).parse().unwrap(), time(cell("at")).unwrap(), stage, value);
    }
    for row in rows_of(door, "activity") {
        let cell = |name: &str| &row[column("activity", name)];
        let lead = log.find(&text(cell("lead_id")).parse().unwrap()).unwrap();
        let rep: Option<RepId> = text(cell("rep")).parse().ok();
        let (doer, step) = (log.doer(rep.as_ref(), true), log.step(&text(cell("label"))));
        log.event(lead, FlowEvent { at: time(cell("at")).unwrap(), doer, step });
    }
    let zone = door.state.live().unwrap().home().clone();
    let config =
        FlowConfig { calendar: FlowConfig::office_hours(zone), quiet: FlowConfig::QUIET, fast: FlowConfig::FAST };
    serde_json::to_value(analyse(&log.finish(), &[], &config)).unwrap()
}

#[test]
fn the_server_says_what_the_views_say() {
    let (door, clock) = company();
    let answer = door.get("/v1/flow");
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    let (told, expected) = (&body["flow"], by_hand(&door));
    assert_eq!((&told["leads"], &told["won"]), (&24.into(), &expected["won"]));
    for part in ["events", "from", "until", "lost", "open", "process", "touch", "people", "drops", "proposals"] {
        assert_eq!(told[part], expected[part], "{part}");
    }
    assert!(told["drops"]["never_touched"]["hits"].as_u64() > Some(0), "{told}");
    // Nobody touched them, as the figures have it.
    let lost = door.get("/v1/kpis/lost-leads").json()["detail"]["figure"]["now"]["measured"]["value"]["hits"].clone();
    assert_eq!(told["drops"]["never_touched"]["hits"], lost);
    // A lead that somebody worked without an activity is not one that nobody touched.
    let list = door.get("/v1/kpis/lost-leads/leads?part=hits&limit=1").json();
    let body = serde_json::json!({ "lead": list["leads"][0]["lead"], "stage": "contacted" }).to_string();
    assert_eq!(door.post("/v1/outcomes", &body).status, StatusCode::OK);
    clock.fetch_add(Micros::MINUTE.0, Ordering::Relaxed);
    let after = door.get("/v1/flow").json()["flow"]["drops"]["never_touched"]["hits"].as_u64();
    assert_eq!(after, lost.as_u64().map(|before| before - 1), "and the next answer says so");
    door.stop();
}

#[test]
fn the_page_shows_it_by_period_and_what_it_cannot_be_asked() {
    let (door, _) = company();
    let page = figures_on(&door, "/flow");
    assert!(page.text.contains("How leads move") && page.text.contains("/flow?quarter=2026-Q2"), "{}", page.text);
    assert!(!page.text.contains("questionnaire") && !page.text.contains("--territories"), "words of the command");
    assert!(page.text.contains("<a href=\"/leads/lead_"), "leads that nobody touched can be looked at");
    let none = figures_on(&door, "/flow?quarter=2020-Q1");
    assert!(none.text.contains("No lead arrived in this time") && none.text.contains("href=\"/flow\""));
    let (all, quarter) = (door.get("/v1/flow").json(), door.get("/v1/flow?quarter=2026-Q1").json());
    assert_eq!(all["flow"], quarter["flow"]);
    let day = door.get("/v1/flow?from=2026-03-02&until=2026-03-03").json()["flow"]["leads"].as_u64();
    assert!(Some(0) < day && day < Some(24), "{day:?}");
    for bad in ["/flow?quarter=1", "/flow?rep=ada", "/v1/flow?from=2026-01-01", "/v1/flow?colour=red"] {
        assert_eq!(door.get(bad).status, StatusCode::BAD_REQUEST, "{bad}");
    }
    door.stop();
}

#[test]
fn people_are_named_only_to_who_may_see_their_figures() {
    let keys = [Role::Ops, Role::Viewer].map(|role| ApiKey {
        name: role.as_str().into(),
        hash: pointsman_store::log::digest(format!("secret-of-{}", role.as_str()).as_bytes()),
        scopes: role.scopes(&RepFigures::default()),
    });
    let clock = Arc::new(AtomicI64::new(1_772_438_400_000_000));
    let door = Door::open_at(Arc::new(tempfile::tempdir().unwrap()), &clock, |config| {
        config.documents = Some(documents(50));
        config.keys = keys.to_vec();
    });
    let (ops, viewer) = (("authorization", "Bearer secret-of-ops"), ("authorization", "Bearer secret-of-viewer"));
    let sent = door.call("POST", "/v1/leads", &[JSON, ops], &crate::world::lead_body("DE", "p"));
    let (lead, owner) = (sent.str("/lead"), sent.str("/owner"));
    clock.fetch_add(Micros::MINUTE.0, Ordering::Relaxed);
    let body = serde_json::json!({ "lead": lead, "kind": "call", "rep": owner }).to_string();
    assert_eq!(door.call("POST", "/v1/activities", &[JSON, ops], &body).status, StatusCode::OK);
    let get = |key, path: &str| door.call("GET", path, &[key], "");
    let named = |key| get(key, "/v1/flow").json()["flow"]["people"]["reps"].as_array().unwrap().len();
    assert_eq!((named(ops), named(viewer)), (1, 0));
    let shown: BTreeSet<bool> = [get(ops, "/flow"), get(viewer, "/flow")]
        .into_iter()
        .map(|page| page.status == StatusCode::OK && page.text.contains(&format!(">{owner}<")))
        .collect();
    assert_eq!(shown.len(), 2, "one reader sees a name, the other does not");
    door.stop();
}
