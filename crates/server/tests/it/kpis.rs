//! Figures in the running server: the API and the pages say what the views say.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use pointsman_domain::Micros;
use pointsman_server::{
    ApiKey,
    access::{RepFigures, Role},
    kpi::{Measured, keep_days, nothing_kept},
};
use pointsman_store::{Location, Projector, Store, load::Cell, view::View};
use serde_json::Value;

use crate::world::{Door, JSON, documents};

/// 2026-03-02, a Monday, 08:00 UTC.
const START: i64 = 1_772_438_400_000_000;

/// A company that took in leads, called some of them, won and lost some.
pub fn company() -> (Door, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(START));
    let door = Door::open_at(Arc::new(tempfile::tempdir().unwrap()), &clock, |config| {
        config.documents = Some(documents(50));
    });
    let pass = |minutes: i64| {
        clock.fetch_add(Micros::MINUTE.times(minutes).0, Ordering::Relaxed);
    };
    for n in 0..24 {
        let lead = door.lead(["DE", "DE", "FR", "CH"][n % 4], &format!("p{n}"))["lead"].as_str().unwrap().to_owned();
        pass(3);
        if n % 3 == 0 {
            let body = format!(r#"{{"lead":"{lead}","kind":"call","reached":{}}}"#, n % 2 == 0);
            assert_eq!(door.post("/v1/activities", &body).status, 200);
        }
        pass(50);
        let ended = match n % 6 {
            0 => Some(r#""won","value":{"minor_units":70000}"#),
            1 => Some(r#""lost""#),
            _ => None,
        };
        if let Some(stage) = ended {
            assert_eq!(door.post("/v1/outcomes", &format!(r#"{{"lead":"{lead}","stage":{stage}}}"#)).status, 200);
        }
    }
    // Forty days later every lead has had its time.
    clock.fetch_add(Micros::DAY.times(40).0, Ordering::Relaxed);
    (door, clock)
}

fn store(door: &Door) -> Arc<dyn Store> {
    Location::parse("sqlite:pointsman.db", door.folder.path()).unwrap().open().unwrap()
}

fn rows(door: &Door) -> Vec<Vec<Cell<'static>>> {
    rows_of(door, "lead")
}

pub fn rows_of(door: &Door, table: &str) -> Vec<Vec<Cell<'static>>> {
    let mut rows = Vec::new();
    let owned = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => Cell::Text(text.as_ref().map(|text| text.to_string().into())),
        Cell::Int(n) => Cell::Int(*n),
        Cell::Float(x) => Cell::Float(*x),
        Cell::Bytes(bytes) => Cell::Bytes(bytes.clone()),
    };
    let visit = &mut |cells: &[Cell<'_>]| {
        rows.push(cells.iter().map(owned).collect());
        Ok(())
    };
    let store = door.state.config.store.open().unwrap();
    store.reader().unwrap().view(View::find(table).unwrap(), visit).unwrap();
    rows
}

fn figure<'a>(body: &'a Value, slug: &str) -> &'a Value {
    let figures = body["overview"]["figures"].as_array().expect("figures");
    let found = figures.iter().find(|pair| pair[0]["kpi"] == slug);
    &found.unwrap_or_else(|| panic!("no {slug}"))[0]
}

#[test]
fn the_api_says_what_the_views_say() {
    let (door, _) = company();
    let body = door.get("/v1/kpis").json();
    let rows = rows(&door);
    let column = |name: &str| View::find("lead").unwrap().column(name).unwrap();
    let count = |wanted: &dyn Fn(&[Cell<'_>]) -> bool| rows.iter().filter(|row| wanted(row)).count() as u64;
    let some = |row: &[Cell<'_>], name: &str| !matches!(row[column(name)], Cell::Int(None) | Cell::Text(None));
    assert_eq!(rows.len(), 24);
    assert_eq!(body["about"]["leads"], 24);
    let conversion = figure(&body, "conversion");
    assert_eq!(conversion["n"], 24);
    assert_eq!(conversion["measured"]["value"]["hits"], count(&|row| some(row, "won_at")));
    let lost = figure(&body, "lost-leads");
    assert_eq!(lost["measured"]["value"]["hits"], count(&|row| !some(row, "touched_at")), "{lost}");
    let parked = figure(&body, "parked");
    assert_eq!(parked["measured"]["value"]["hits"], count(&|row| some(row, "parked_at")), "{parked}");
    // What nothing feeds is said, never 0.
    assert_eq!(figure(&body, "feedback-score")["measured"]["not_measured"]["reason"], "no_feed");

    // The leads behind a figure add up to it, page by page.
    let mut seen = Vec::new();
    let mut next = Some("0".to_owned());
    while let Some(cursor) = next {
        let page = door.get(&format!("/v1/kpis/conversion/leads?part=hits&limit=3&cursor={cursor}")).json();
        assert_eq!(page["total"], count(&|row| some(row, "won_at")));
        seen.extend(page["leads"].as_array().unwrap().iter().map(|lead| lead["lead"].clone()));
        assert!(page["leads"].as_array().unwrap().iter().all(|lead| lead["stage"] == "won" && lead["value"] == 1.0));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen.len() as u64, count(&|row| some(row, "won_at")));

    // A filter selects what the view selects.
    let french = door.get("/v1/kpis/conversion?country=FR").json();
    let is_french = |row: &[Cell<'_>]| row[column("country")] == Cell::Text(Some("FR".into()));
    assert_eq!(french["detail"]["figure"]["now"]["n"], count(&is_french));
    assert_eq!(door.get("/v1/kpis/conversion?country=XX").json()["detail"]["figure"]["now"]["n"], 0);
    door.stop();
}

#[test]
fn what_was_just_sent_is_in_the_next_answer() {
    let (door, clock) = company();
    let total = || door.get("/v1/kpis/speed-to-lead/leads").json();
    let (before, at) = (total()["total"].as_u64().unwrap(), total()["seq"].as_u64().unwrap());
    door.lead("DE", "new");
    clock.fetch_add(1_000_000, Ordering::Relaxed);
    let after = total();
    assert_eq!((after["total"].as_u64().unwrap(), after["seq"].as_u64().unwrap()), (before + 1, at + 1));
    door.stop();
}

/// A page of a process that may have started just now: it says so and asks to be loaded again.
pub fn figures_on(door: &Door, path: &str) -> crate::world::Answer {
    loop {
        let page = door.get(path);
        assert_eq!(page.status, 200, "{}", page.text);
        if !page.text.contains("id=\"being-made\"") {
            return page;
        }
        assert_eq!(page.headers["refresh"], "2");
    }
}

#[test]
fn pages_show_figures_and_what_is_behind_them_in_two_languages() {
    let (door, _) = company();
    let page = figures_on(&door, "/kpi");
    assert!(page.text.contains("/kpi/conversion?") && page.text.contains("lang=de"));
    let german = door.get("/kpi?quarter=2026-Q1&lang=de").text;
    assert!(german.contains("<html lang=\"de\"") && german.contains("quarter=2026-Q1"));
    let one = door.get("/kpi/conversion?quarter=2026-Q1");
    assert_eq!(one.status, 200);
    assert!(one.text.contains("/kpi/conversion/leads?quarter=2026-Q1"), "{}", one.text);
    let list = door.get("/kpi/conversion/leads?part=hits&limit=2");
    assert!(list.text.contains("<a href=\"/leads/lead_") && list.text.contains("cursor=2"), "{}", list.text);
    for bad in ["/kpi?quarter=2026", "/kpi?colour=red", "/v1/kpis?from=2026-01-01", "/v1/kpis/conversion?part=x"] {
        assert_eq!(door.get(bad).status, 400, "{bad}");
    }
    assert_eq!(door.get("/v1/kpis/nothing").status, 404);
    assert_eq!(door.get("/kpi/nothing").status, 404);
    door.stop();
}

#[test]
fn figures_of_single_reps_are_for_who_may_see_them() {
    let keys = [Role::Ops, Role::Viewer].map(|role| ApiKey {
        name: role.as_str().into(),
        hash: pointsman_store::log::digest(format!("secret-of-{}", role.as_str()).as_bytes()),
        scopes: role.scopes(&RepFigures::default()),
    });
    let door = Door::open_in(Arc::new(tempfile::tempdir().unwrap()), 50, |config| config.keys = keys.to_vec());
    let (ops, viewer) = (("authorization", "Bearer secret-of-ops"), ("authorization", "Bearer secret-of-viewer"));
    let sent = door.call("POST", "/v1/leads", &[JSON, ops], &crate::world::lead_body("DE", "p"));
    assert_eq!(sent.status, 200);
    let get = |key, path: &str| door.call("GET", path, &[key], "");
    assert!(get(ops, "/v1/kpis").json()["overview"]["reps"].is_object());
    assert!(get(viewer, "/v1/kpis").json()["overview"]["reps"].is_null());
    assert_eq!(get(ops, "/v1/kpis?rep=ada").status, 200);
    assert_eq!(get(viewer, "/v1/kpis?rep=ada").status, 403);
    let by = get(viewer, "/v1/kpis/conversion").text;
    assert!(!by.contains("\"rep\""), "{by}");
    assert_eq!(get(viewer, "/v1/kpis/conversion/leads").status, 403, "lists of leads need their scope");
    door.stop();
}

#[test]
fn figures_of_days_add_up_to_the_figure() {
    let (door, _) = company();
    let whole = door.get("/v1/kpis").json();
    let (store, live) = (store(&door), door.state.live().unwrap());
    let mut reader = store.reader().unwrap();
    let measured = Measured::read(&mut *reader, &live, door.state.config.kpi.clone(), door.state.now()).unwrap();
    assert!(nothing_kept(&mut *reader).unwrap());
    let mut projector = Projector::new(&*store).unwrap();
    assert!(keep_days(&measured, &mut projector, true).unwrap() > 0);
    assert!(!nothing_kept(&mut *reader).unwrap());
    // Again is the same rows.
    let before = rows_of(&door, "kpi_day");
    keep_days(&measured, &mut projector, true).unwrap();
    assert_eq!(rows_of(&door, "kpi_day"), before);
    let place = |name: &str| View::find("kpi_day").unwrap().column(name).unwrap();
    let sum = |kpi: &str, by: &str, column: &str| -> i64 {
        let text = |text: &str| Cell::Text(Some(text.to_owned().into()));
        let wanted = before.iter().filter(|row| row[place("kpi")] == text(kpi) && row[place("by")] == text(by));
        wanted
            .map(|row| match row[place(column)] {
                Cell::Int(number) => number.unwrap_or_default(),
                _ => panic!("{column} is no integer"),
            })
            .sum()
    };
    let conversion = figure(&whole, "conversion");
    for by in ["all", "source"] {
        assert_eq!(sum("conversion", by, "n"), conversion["n"].as_i64().unwrap());
        assert_eq!(sum("conversion", by, "hits"), conversion["measured"]["value"]["hits"].as_i64().unwrap());
    }
    assert_eq!(
        sum("lost-leads", "all", "hits"),
        figure(&whole, "lost-leads")["measured"]["value"]["hits"].as_i64().unwrap()
    );
    // The days of reps came with the columns.
    assert!(!rows_of(&door, "rep_day").is_empty());
    door.stop();
}
