//! An experiment over HTTP: draft, advice, start, exposures, looks, a harmed guardrail, the pages.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::{
    kpis::rows_of,
    world::{self, Door},
};
use axum::http::StatusCode;
use pointsman_domain::Instant;
use pointsman_store::{load::Cell, view::View};
use serde_json::{Value, json};

pub fn spec(id: &str, design: &str, more: &str) -> String {
    format!(
        r#"
format = 1
id = "{id}"
hypothesis = "least loaded answers sooner"
owner = "ops"
{more}
[design]
{design}
[[variants]]
id = "old"
policy = "main"
weight = 1
[[variants]]
id = "new"
policy = "main"
weight = 1
change = [{{ rule = "rest", set = {{ pick = "least-loaded" }} }}]
[[metrics]]
id = "qualified"
kind = "binary"
column = "qualified"
role = "decision"
[[metrics]]
id = "lost"
kind = "binary"
column = "lost"
role = "guardrail"
better = "lower"
margin = 0.02
margin_scale = "absolute"
[[metrics]]
id = "time"
kind = "time-to-event"
column = "minutes_to_contact"
event = "contact_event"
better = "lower"
[[analyses]]
id = "qualified"
metric = "qualified"
[[analyses]]
id = "by-country"
metric = "qualified"
stratify = "lead.country"
[[analyses]]
id = "lost"
metric = "lost"
[[analyses]]
id = "time"
metric = "time"
survival = {{ restrict = 60 }}
"#
    )
}

pub const SIGNED: &str = "kind = \"lead\"\nsigned = \"olga\"";

fn draft(door: &Door, text: &str) -> Value {
    let body = json!({ "spec": text, "by": "olga", "reason": "first" }).to_string();
    let answer = door.post("/v1/experiments", &body);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

fn step(door: &Door, id: &str, body: &Value) -> crate::world::Answer {
    door.post(&format!("/v1/experiments/{id}/steps"), &body.to_string())
}

/// A lead of a person without a company, so that each is a unit of its own.
fn lead(door: &Door, country: &str, person: &str) -> Value {
    let body = json!({
        "source": "website",
        "attributes": { "country": country, "employees": 12 },
        "contact": { "email": format!("{}@gmail.com", person.replace(' ', "-")) },
    });
    let answer = door.post("/v1/leads", &body.to_string());
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

fn stage(door: &Door, lead: &Value, stage: &str) {
    let body = json!({ "lead": lead, "stage": stage }).to_string();
    assert_eq!(door.post("/v1/outcomes", &body).status, StatusCode::OK);
}

#[test]
fn a_biased_design_is_refused_until_somebody_signs() {
    let door = Door::open(50);
    draft(&door, &spec("fast", "kind = \"lead\"", ""));
    for n in 0..12 {
        lead(&door, "DE", &format!("before-{n}"));
    }
    let advice = door.get("/v1/experiments/fast/advice").json();
    assert_eq!(advice["may_start"], false, "{advice:#}");
    assert_eq!(advice["answer"]["answer"], "shared_reps");
    assert_eq!((&advice["advice"][0]["design"], &advice["unit"]), (&json!("switchback"), &json!("all")));
    let start = json!({ "action": "start", "by": "olga", "reason": "go" });
    let refused = step(&door, "fast", &start);
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("use a switchback of 'all'"), "{}", refused.text);
    draft(&door, &spec("fast", SIGNED, ""));
    assert_eq!(step(&door, "fast", &start).status, StatusCode::OK);
    // Frozen: neither edited nor started again.
    let again = door.post("/v1/experiments", &json!({ "spec": spec("fast", SIGNED, "alpha = 0.01") }).to_string());
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    assert_eq!(step(&door, "fast", &start).status, StatusCode::CONFLICT);
    door.stop();
}

#[test]
fn bad_input_is_named() {
    let door = Door::open(50);
    let post = |text: &str| door.post("/v1/experiments", &json!({ "spec": text }).to_string());
    let many = post("format = 1\nid = 'A b'\nalpha = 2\n");
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["id", "alpha", "design", "variants", "metrics"] {
        assert!(many.text.contains(&format!("\"field\":\"{field}\"")), "{field}: {}", many.text);
    }
    assert_eq!(post("= 1").status, StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = draft(&door, &spec("odd", SIGNED, "segment = \"lead.contry == 'DE'\""));
    assert!(unknown["findings"]["errors"][0].as_str().unwrap().contains("country"), "{unknown:#}");
    assert_eq!(door.get("/v1/experiments/nobody").status, StatusCode::NOT_FOUND);
    assert_eq!(step(&door, "odd", &json!({ "action": "fly", "reason": "x" })).status, StatusCode::BAD_REQUEST);
    let silent = step(&door, "odd", &json!({ "action": "start", "reason": " " }));
    assert_eq!(silent.status, StatusCode::CONFLICT, "{}", silent.text);
    door.stop();
}

#[test]
fn a_test_lives_from_draft_to_default_policy() {
    let door = Door::open(100);
    draft(&door, &spec("fast", SIGNED, ""));
    assert_eq!(step(&door, "fast", &json!({ "action": "start", "by": "olga", "reason": "go" })).status, StatusCode::OK);
    // A variant's policy bears its origin's name and is not one of the company's.
    let policies = door.get("/v1/policies").json();
    assert_eq!(policies["policies"].as_array().unwrap().len(), 1, "{policies}");
    let mut exposed = Vec::new();
    for n in 0..60 {
        let answer = lead(&door, ["DE", "FR"][n % 2], &format!("p{n}"));
        let explained = door.get(&format!("/v1/decisions/{}", answer["decision"].as_str().unwrap())).json();
        let told = &explained["experiment"];
        assert_eq!(
            (&told["experiment"], &told["design"], &told["propensity"]),
            (&json!("fast"), &json!("lead"), &json!(0.5))
        );
        let replay = door.get(&format!("/v1/decisions/{}/replay", answer["decision"].as_str().unwrap()));
        assert_eq!(replay.json()["equal"], true);
        exposed.push((answer["lead"].clone(), told["variant"].clone()));
    }
    for (n, (lead, variant)) in exposed.iter().enumerate() {
        // Everybody of the new variant, a few of the old one.
        if variant == "new" || n % 5 == 0 {
            stage(&door, lead, "contacted");
            stage(&door, lead, "qualified");
        }
    }
    // Opening pages shows no effect before somebody looks.
    let page = door.get("/experiments/fast");
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("Nobody has looked yet") && !page.text.contains("Difference"), "{}", page.text);
    assert_eq!(door.get("/experiments/fast/report.html").status, StatusCode::CONFLICT);

    let looked = door.post("/v1/experiments/fast/looks", &json!({ "by": "olga" }).to_string());
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.text);
    let looked = looked.json();
    let accounting = &looked["result"]["accounting"];
    assert_eq!((&accounting["exposed"], &accounting["matured"]), (&json!(60), &json!(60)));
    let counts: Vec<u64> =
        looked["result"]["variants"].as_array().unwrap().iter().map(|v| v["exposed"].as_u64().unwrap()).collect();
    let news = exposed.iter().filter(|(_, v)| v == "new").count() as u64;
    assert_eq!(counts, [60 - news, news]);
    let deciding = &looked["result"]["comparisons"][0]["analyses"][0];
    assert_eq!(
        (&deciding["method"], &deciding["finding"]["treatment"]),
        (&json!("clustered"), &json!(1.0)),
        "{deciding:#}"
    );
    // No end was planned, so the confidence sequence decides, and the effect is large enough for it; but
    // with no lead lost at all nothing is shown yet of the guardrail.
    let verdict = &looked["result"]["verdicts"][0];
    assert_eq!(
        (&verdict["verdict"], &verdict["because"][0]["reason"]),
        (&json!("keep_running"), &json!("better")),
        "{verdict:#}"
    );
    let shown = door.get("/v1/experiments/fast").json();
    assert_eq!((shown["looks_taken"].as_array().unwrap().len(), &shown["state"]), (1, &json!("running")));
    for path in ["/experiments", "/experiments/fast", "/experiments/fast/report.html"] {
        let page = door.get(path);
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.text.contains("fast"), "{path}");
    }
    let file = door.get("/experiments/fast/report.html").text;
    for part in ["Why this verdict", "Every look", "Who did what", "Methods and formulas", "Kaplan–Meier"] {
        assert!(file.contains(part), "{part}");
    }
    assert!(!file.contains("src=\"http") && !file.contains("url("), "a file asks for nothing");

    // What analysts read is what the look said.
    let told = rows_of(&door, "experiment");
    let place = |name: &str| View::find("experiment").unwrap().column(name).unwrap();
    let text = |text: &str| Cell::Text(Some(text.to_owned().into()));
    let metrics: Vec<_> = told.iter().map(|row| row[place("metric")].clone()).collect();
    assert_eq!(metrics, ["lost", "qualified", "time"].map(text), "{told:?}");
    let primary = &told[1];
    let absolute = &deciding["finding"]["absolute"];
    assert_eq!(primary[place("effect")], Cell::Float(absolute["estimate"].as_f64()), "{absolute:#}");
    assert_eq!(primary[place("low")], Cell::Float(absolute["low"].as_f64()));
    assert_eq!(primary[place("is_primary")], Cell::Int(Some(1)));
    assert_eq!(primary[place("n_variant")], Cell::Int(Some(news as i64)));
    assert_eq!((&primary[place("state")], &primary[place("verdict")]), (&text("running"), &text("keep_running")));
    assert_eq!(primary[place("decided_at")], Cell::Int(None));

    for (action, more) in [("stop", json!({})), ("decide", json!({ "winner": "new" }))] {
        let mut body = json!({ "action": action, "by": "olga", "reason": "clear" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(step(&door, "fast", &body).status, StatusCode::OK, "{action}");
    }
    let decided = rows_of(&door, "experiment");
    assert!(
        decided.iter().all(|row| row[place("state")] == text("decided") && row[place("decided_at")] != Cell::Int(None))
    );
    assert_eq!(decided[1][place("effect")], primary[place("effect")], "a step changes no figure");
    let after = lead(&door, "DE", "late");
    let explained = door.get(&format!("/v1/decisions/{}", after["decision"].as_str().unwrap())).json();
    assert!(explained["experiment"].is_null(), "{explained:#}");
    let promote = json!({ "action": "promote", "by": "olga", "reason": "clear" });
    let read = step(&door, "fast", &promote).json();
    assert_eq!((&read["taken"], &read["state"]), (&json!(false), &json!("decided")));
    assert!(read["review"]["diff"].as_str().unwrap().contains("+ pick = \"least-loaded\""), "{read:#}");
    let mut stale = promote.clone();
    stale["reviewed"] = json!("00".repeat(32));
    assert_eq!(step(&door, "fast", &stale).status, StatusCode::CONFLICT);
    let mut reviewed = promote;
    reviewed["reviewed"] = read["review"]["reviewed"].clone();
    assert_eq!(step(&door, "fast", &reviewed).json()["state"], "promoted");
    let now = lead(&door, "DE", "later still");
    assert_eq!(now["policy"], "main");
    let explained = door.get(&format!("/v1/decisions/{}", now["decision"].as_str().unwrap())).json();
    let picks: Vec<&Value> = explained["rungs"].as_array().unwrap().iter().map(|rung| &rung["pick"]).collect();
    assert!(picks.contains(&&json!("least-loaded")), "{explained:#}");
    door.stop();
}

const SWITCHBACK: &str = "kind = \"switchback\"\nunit = \"all\"\nperiod_minutes = 240";

/// In its first period a switchback has leads of one variant only.
#[test]
fn a_first_period_is_no_broken_split() {
    let monday: Instant = "2026-03-02T08:00:00Z".parse().unwrap();
    let clock = Arc::new(AtomicI64::new(monday.unix_micros()));
    let door = Door::open_at(Arc::new(tempfile::tempdir().unwrap()), &clock, |config| {
        config.documents = Some(world::documents(100));
    });
    draft(&door, &spec("turns", SWITCHBACK, ""));
    let start = step(&door, "turns", &json!({ "action": "start", "by": "olga", "reason": "go" }));
    assert_eq!(start.status, StatusCode::OK, "{}", start.text);
    let look = || {
        let looked = door.post("/v1/experiments/turns/looks", "{}");
        assert_eq!(looked.status, StatusCode::OK, "{}", looked.text);
        door.get("/experiments/turns").text
    };
    // Not even a lead yet, then some of one period.
    let empty = look();
    let told = door.get("/v1/experiments/turns").json();
    assert_eq!(told["looks_taken"][0]["verdict"], "keep_running", "{told:#}");
    for n in 0..30 {
        let answer = lead(&door, "DE", &format!("p{n}"));
        stage(&door, &answer["lead"], if n % 3 == 0 { "qualified" } else { "contacted" });
    }
    clock.fetch_add(60_000_000, Ordering::Relaxed);
    for page in [empty, look()] {
        assert!(!page.contains("Split not as planned"), "{page}");
        assert!(page.contains("cannot be told yet") && page.contains("Nothing to compare yet"), "{page}");
        assert!(page.contains("in its first period a switchback gives all leads to one variant"), "{page}");
    }
    // Moments are told by the workspace's clock, in the reader's language.
    let looked = door.post("/v1/experiments/turns/looks", "{}").json();
    let because = &looked["result"]["verdicts"][0]["because"];
    assert_eq!(because, &json!([{ "reason": "nothing_to_compare" }]), "{looked:#}");
    let german = door.call("GET", "/experiments/turns?lang=de", &[], "").text;
    assert!(german.contains("02.03.2026, 09:00") && !german.contains("UTC"), "{german}");
    door.stop();
}

#[test]
fn a_harmed_guardrail_pauses_the_test() {
    let door = Door::open(200);
    draft(&door, &spec("harm", SIGNED, ""));
    assert_eq!(step(&door, "harm", &json!({ "action": "start", "by": "olga", "reason": "go" })).status, StatusCode::OK);
    for n in 0..150 {
        let answer = lead(&door, "DE", &format!("p{n}"));
        let explained = door.get(&format!("/v1/decisions/{}", answer["decision"].as_str().unwrap())).json();
        let new = explained["experiment"]["variant"] == "new";
        stage(&door, &answer["lead"], if new && n % 3 > 0 { "lost" } else { "contacted" });
    }
    let looked = door.post("/v1/experiments/harm/looks", "{}").json();
    assert_eq!(looked["result"]["verdicts"][0]["guardrails"][0]["state"], "harmed", "{looked:#}");
    assert_eq!(looked["state"], "paused");
    let history = door.get("/v1/experiments/harm").json()["history"].clone();
    let last = history.as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["by"], &last["reason"]), (&json!("pointsman"), &json!("guardrail harmed: lost")));
    let after = lead(&door, "DE", "after");
    let explained = door.get(&format!("/v1/decisions/{}", after["decision"].as_str().unwrap())).json();
    assert!(explained["experiment"].is_null());
    assert_eq!(
        step(&door, "harm", &json!({ "action": "resume", "by": "olga", "reason": "understood" })).status,
        StatusCode::OK
    );
    assert_eq!(door.get("/v1/experiments/harm").json()["epochs"].as_array().unwrap().len(), 2);
    door.stop();
}

/// Weights move from twenty leads a variant on, every six hours; without the guardrail and the curve.
fn adaptive(id: &str) -> String {
    let text = spec(id, SIGNED, "[adaptive]\nleader_share = 0.9\nfloor = 0.2\nevery_hours = 6\nfirst_units = 20");
    let guardrail = text.find("[[metrics]]\nid = \"lost\"").expect("a guardrail");
    format!("{}[[analyses]]\nid = \"qualified\"\nmetric = \"qualified\"\n", &text[..guardrail])
}

#[test]
fn weights_follow_the_results_until_the_sequence_stops_the_test() {
    let monday: Instant = "2026-03-02T08:00:00Z".parse().unwrap();
    let clock = Arc::new(AtomicI64::new(monday.unix_micros()));
    let hours = |n: i64| clock.fetch_add(n * 3_600_000_000, Ordering::Relaxed);
    let door = Door::open_at(Arc::new(tempfile::tempdir().unwrap()), &clock, |config| {
        config.documents = Some(world::documents(400));
    });
    draft(&door, &adaptive("quick"));
    assert_eq!(
        step(&door, "quick", &json!({ "action": "start", "by": "olga", "reason": "go" })).status,
        StatusCode::OK
    );
    let mut person = 0;
    // Of ten leads of a variant so many are qualified.
    let mut days = |leads: usize, of_ten: [usize; 2]| {
        let mut seen = [0, 0];
        for _ in 0..leads {
            person += 1;
            let answer = lead(&door, "DE", &format!("a{person}"));
            let explained = door.get(&format!("/v1/decisions/{}", answer["decision"].as_str().unwrap())).json();
            let new = usize::from(explained["experiment"]["variant"] == "new");
            seen[new] += 1;
            stage(&door, &answer["lead"], if seen[new] % 10 < of_ten[new] { "qualified" } else { "contacted" });
        }
        seen
    };
    days(100, [3, 5]);
    hours(1);
    let early = door.post("/v1/experiments/quick/looks", "{}").json();
    assert_eq!(door.get("/v1/experiments/quick").json()["epochs"].as_array().unwrap().len(), 1, "{early:#}");
    hours(6);
    let looked = door.post("/v1/experiments/quick/looks", "{}").json();
    let standings = looked["result"]["weighing"]["standings"].clone();
    let next = standings[1]["next_weight"].as_f64().expect("a weight");
    assert!(next > 0.6 && next <= 0.8, "{looked:#}");
    let epochs = door.get("/v1/experiments/quick").json()["epochs"].clone();
    assert_eq!(epochs[1]["weights"][1].as_f64(), Some(next));
    // More go to the better one now, and a propensity is kept for each.
    let seen = days(150, [1, 9]);
    assert!(seen[1] > seen[0], "{seen:?}");
    hours(1);
    let looked = door.post("/v1/experiments/quick/looks", "{}").json();
    assert_eq!((&looked["state"], &looked["result"]["verdicts"][0]["verdict"]), (&json!("stopped"), &json!("ship")));
    let finding = &looked["result"]["comparisons"][0]["analyses"][0]["finding"];
    assert!(finding["anytime"]["low"].as_f64().expect("a bound") > 0.0, "{finding:#}");
    // What comes to light later does not undo it.
    hours(1);
    let again = door.post("/v1/experiments/quick/looks", "{}").json();
    assert_eq!(again["result"]["verdicts"][0]["because"][0]["reason"], "latched", "{again:#}");
    let page = door.get("/experiments/quick");
    assert!(page.status == StatusCode::OK && page.text.contains("Weights that followed the results"));
    door.stop();
}
