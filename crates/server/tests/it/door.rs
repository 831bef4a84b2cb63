//! The door from outside: what it answers, what it refuses, what it keeps.

use std::{collections::BTreeSet, sync::Arc};

use crate::world::{Door, JSON, call, lead_body};
use axum::http::StatusCode;
use pointsman_server::{ApiKey, access::Scopes, router::routes};
use serde_json::{Value, json};

#[test]
fn a_lead_gets_an_owner_and_says_why() {
    let door = Door::open(1);
    let first = door.lead("DE", "p1");
    assert_eq!(first["state"], "owned");
    assert_eq!(first["owner"], "ada", "the first turn is the first rep's");
    assert_eq!((first["rule"].as_str(), first["policy"].as_str()), (Some("rest"), Some("main")));
    assert_eq!(first["propensity"], 1.0);
    assert!(first["sla_due"].is_string());
    assert_eq!(first["reasons"][0], json!({ "rep": "ada", "code": "chosen", "free": 1 }));
    assert_eq!(first["reasons"].as_array().unwrap().len(), 5);
    let swiss = door.lead("CH", "p2");
    assert_eq!((swiss["state"].as_str(), swiss["queue"].as_str()), (Some("parked"), Some("swiss")));
    let full: Vec<Value> = (3..8).map(|n| door.lead("DE", &format!("p{n}"))).collect();
    assert_eq!(full[4]["queue"], "unassigned");
    assert_eq!(full[4]["reasons"][0]["code"], "limit_reached");
    let held = door.lead("AT", "p9");
    assert_eq!(held["state"], "held");
    assert!(held["until"].as_str() > held["decided_at"].as_str());
    // What the decision says of itself, and whether it would be taken again.
    let id = first["decision"].as_str().unwrap();
    let explained = door.get(&format!("/v1/decisions/{id}")).json();
    let verdicts: Vec<&str> =
        explained["rungs"].as_array().unwrap().iter().map(|r| r["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["not_matched", "not_matched", "chosen"]);
    assert_eq!(explained["rungs"][2]["candidates"][0]["reason"]["code"], "chosen");
    assert_eq!(explained["rungs"][2]["candidates"][1]["reason"]["code"], "later_turn");
    for answer in [&first, &swiss, &full[4], &held] {
        let replay = door.get(&format!("/v1/decisions/{}/replay", answer["decision"].as_str().unwrap())).json();
        assert_eq!(replay["equal"], true, "{replay}");
    }
    door.stop();
}

#[test]
fn the_same_key_is_answered_the_same_way() {
    let door = Door::open(5);
    let body = lead_body("DE", "p1");
    let send = |body: &str| door.call("POST", "/v1/leads", &[JSON, ("idempotency-key", "k-1")], body);
    let first = send(&body);
    let again = send(&body);
    assert_eq!((first.status, again.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(first.text, again.text);
    assert!(first.headers.get("idempotency-replayed").is_none());
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = send(&lead_body("DE", "p2"));
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.str("/type"), "/docs#key-reused");
    // The same person without a key is the same lead.
    let duplicate = door.post("/v1/leads", &body).json();
    assert_eq!((duplicate["duplicate"].as_bool(), &duplicate["lead"]), (Some(true), &first.json()["lead"]));
    // A restart forgets nothing.
    let folder = door.stop();
    let door = Door::open_in(folder, 5, |config| config.documents = None);
    let later = door.call("POST", "/v1/leads", &[JSON, ("idempotency-key", "k-1")], &body);
    assert_eq!(later.text, first.text);
    let lead = first.str("/lead");
    assert_eq!(door.get(&format!("/v1/leads/{lead}")).json()["owner"], first.json()["owner"]);
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    door.stop();
}

#[test]
fn outcomes_free_slots_and_lists_follow() {
    let door = Door::open(1);
    let mut owned: Vec<Value> = (0..5).map(|n| door.lead("DE", &format!("p{n}"))).collect();
    assert_eq!(door.get("/v1/leads?state=owned").json()["leads"].as_array().unwrap().len(), 5);
    let lead = owned.remove(2);
    let id = lead["lead"].as_str().unwrap();
    let body =
        json!({ "lead": id, "stage": "won", "value": { "amount": "1200.50", "currency": "EUR" }, "reason": "signed" });
    let answer = door.post("/v1/outcomes", &body.to_string()).json();
    assert_eq!(answer, json!({ "did": "staged", "lead": id, "stage": "won", "closed": true }));
    let shown = door.get(&format!("/v1/leads/{id}")).json();
    assert_eq!((&shown["custody"], &shown["stage"]), (&json!("closed"), &json!("won")));
    assert_eq!(shown["stages"][0]["reason"], "signed");
    let next = door.lead("DE", "p9");
    assert_eq!(next["owner"], lead["owner"], "the freed slot is taken");
    let reps = door.get("/v1/reps").json();
    let reps = reps["reps"].as_array().unwrap();
    assert!(
        reps.iter()
            .all(|rep| rep["limits"][0]["used"] == 1 && rep["limits"][0]["cap"] == 1 && rep["available"] == true)
    );
    assert!(reps.iter().all(|rep| rep["turns"][0]["deficit"].as_f64().unwrap().abs() <= 1.0));
    // Pages of a list.
    let mut seen = BTreeSet::new();
    let mut path = "/v1/leads?limit=2".to_owned();
    loop {
        let page = door.get(&path).json();
        let rows = page["leads"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/leads?limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), 6);
    door.stop();
}

#[test]
fn an_assignment_by_hand_must_have_seen_the_owner() {
    let door = Door::open(1);
    let (a, b) = (door.lead("DE", "p1"), door.lead("DE", "p2"));
    let path = format!("/v1/leads/{}/assignment", a["lead"].as_str().unwrap());
    let body = json!({ "rep": b["owner"], "by": "olga", "reason": "asked for" }).to_string();
    let send = |headers: &[(&str, &str)]| door.call("POST", &path, &[&[JSON], headers].concat(), &body);
    assert_eq!(send(&[]).status, StatusCode::PRECONDITION_REQUIRED);
    let stale = send(&[("if-match", "\"none\"")]);
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.str("/next").contains("If-Match: \"ada\""), "{}", stale.text);
    let done = send(&[("if-match", "\"ada\"")]).json();
    assert_eq!((&done["from"], &done["to"], &done["over"]), (&json!("ada"), &b["owner"], &json!(["open"])));
    let shown = door.get(&format!("/v1/leads/{}", a["lead"].as_str().unwrap()));
    assert_eq!(shown.headers["etag"], "\"bo\"");
    assert_eq!(shown.json()["assignments"][1]["by"], "olga");
    door.stop();
}

#[test]
fn scores_write_nothing() {
    let door = Door::open(1);
    let score = door.post("/v1/scores", &lead_body("DE", "p1")).json();
    assert_eq!(score["would"]["rep"], "ada");
    assert_eq!(score["candidates"].as_array().unwrap().len(), 5);
    assert_eq!(score["completeness"], 1.0);
    assert_eq!(door.get("/v1/leads").json()["leads"], json!([]));
    assert_eq!(door.lead("DE", "p1")["owner"], "ada");
    door.stop();
}

#[test]
fn bad_bodies_are_told_what_is_wrong() {
    let door = Door::open(5);
    let check = |path: &str, body: &str, status: u16, slug: &str, says: &str| {
        let answer = door.post(path, body);
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.str("/type"), format!("/docs#{slug}"), "{body}");
        assert!(answer.text.contains(says), "{body} should say {says:?}: {}", answer.text);
        assert!(!answer.str("/next").is_empty());
    };
    let lead = |inside: &str| format!(r#"{{"source":"website",{inside}}}"#);
    let leads = "/v1/leads";
    check(leads, "", 400, "bad-body", "the body is empty");
    check(leads, "{", 400, "bad-body", "line 1 column 1");
    check(leads, "[]", 400, "bad-body", "expected struct LeadBody");
    check(leads, "{}", 400, "bad-body", "missing field `source`");
    check(leads, &lead(r#""sauce":1"#), 400, "bad-body", "unknown field `sauce`");
    check(leads, r#"{"source":7}"#, 400, "bad-body", "expected a string");
    check(leads, r#"{"source":" "}"#, 422, "bad-fields", "name the system");
    check(
        leads,
        &lead(r#""attributes":{"colour":"red"}"#),
        422,
        "bad-fields",
        "is no attribute of this workspace; there are country",
    );
    check(leads, &lead(r#""attributes":{"country":"Atlantis"}"#), 422, "bad-fields", "two-letter country code");
    check(leads, &lead(r#""attributes":{"employees":"many"}"#), 422, "bad-fields", "'many' is not a whole number");
    check(leads, &lead(r#""attributes":{"employees":1.5}"#), 422, "bad-fields", "'1.5' is not a whole number");
    check(leads, &lead(r#""attributes":{"employees":[1]}"#), 422, "bad-fields", "is a list");
    check(leads, &lead(r#""attributes":{"employees":{"n":1}}"#), 422, "bad-fields", "is an object");
    check(leads, &lead(r#""attributes":{"topics":[1]}"#), 422, "bad-fields", "is not a list of texts");
    check(leads, &lead(r#""attributes":{"sector":"mining"}"#), 422, "bad-fields", "one of technology, retail");
    check(leads, &lead(r#""attributes":{"started":"yesterday"}"#), 422, "bad-fields", "a date like 2026-03-01");
    check(leads, &lead(r#""contact":{"email":"mara at example"}"#), 422, "bad-fields", "is not an e-mail address");
    check(leads, &lead(r#""account":{"domain":"not a domain"}"#), 422, "bad-fields", "is not a domain");
    check(
        leads,
        &lead(r#""value":{"amount":"12","currency":"USD"}"#),
        422,
        "bad-fields",
        "not the workspace's currency, EUR",
    );
    check(leads, &lead(r#""value":{"amount":"12.345","currency":"EUR"}"#), 422, "bad-fields", "not an amount like");
    check(leads, &lead(r#""value":{"minor_units":-1}"#), 422, "bad-fields", "negative");
    check(leads, &lead(r#""value":12"#), 400, "bad-body", "minor_units");
    check(leads, &lead(r#""originator":"nobody"}"#.trim_end_matches('}')), 422, "bad-fields", "not in the roster");
    check(leads, &"[".repeat(5000), 400, "bad-body", "nests more than 16 levels");
    check("/v1/outcomes", r#"{"stage":"won"}"#, 422, "bad-fields", "name the lead");
    check("/v1/outcomes", r#"{"lead":"lead_x","stage":"won"}"#, 422, "bad-fields", "is not a lead id");
    check(
        "/v1/outcomes",
        r#"{"source":"a","external_id":"b","stage":"won"}"#,
        404,
        "not-found",
        "source and external id",
    );
    check(
        "/v1/outcomes",
        r#"{"lead":"lead_01h2xcejqtf2nbrexx3vqjhp41","stage":"won"}"#,
        404,
        "not-found",
        "no such lead",
    );
    check(
        "/v1/outcomes",
        r#"{"lead":"lead_01h2xcejqtf2nbrexx3vqjhp41","stage":"sold"}"#,
        400,
        "bad-body",
        "unknown variant `sold`",
    );
    check(
        "/v1/outcomes",
        r#"{"lead":"lead_01h2xcejqtf2nbrexx3vqjhp41","stage":"won","at":"2999-01-01T00:00:00Z"}"#,
        422,
        "bad-fields",
        "future",
    );
    let several =
        door.post(leads, &lead(r#""attributes":{"colour":1,"employees":"x"},"contact":{"email":"y"}"#)).json();
    assert_eq!(several["errors"].as_array().unwrap().len(), 3, "all faults at once: {several}");
    let plain = door.call("POST", leads, &[("content-type", "text/plain")], "{}");
    assert_eq!((plain.status.as_u16(), plain.str("/type").as_str()), (415, "/docs#media-type"));
    let huge = door.post(leads, &lead(&format!(r#""external_id":"{}""#, "x".repeat(2 << 20))));
    assert_eq!((huge.status.as_u16(), huge.str("/type").as_str()), (413, "/docs#too-large"));
    let utf8 = door.runtime.block_on(call(&door.router, "POST", leads, &[JSON], b"{\"source\":\"\xff\"}"));
    assert!(utf8.text.contains("not UTF-8 from byte 11"), "{}", utf8.text);
    assert_eq!(door.get("/v1/leads/lead_x").status, StatusCode::BAD_REQUEST);
    assert_eq!(door.get("/v1/leads?limit=0").status, StatusCode::BAD_REQUEST);
    assert_eq!(door.get("/v1/leads?state=lost").status, StatusCode::BAD_REQUEST);
    assert_eq!(door.get("/v1/nothing").str("/type"), "/docs#no-route");
    assert_eq!(door.call("DELETE", leads, &[], "").str("/type"), "/docs#method");
    // A phone number that cannot be read is no reason to lose a lead.
    let warned = door.post(leads, &lead(r#""contact":{"email":"a@example.com","phone":"call me"}"#)).json();
    assert!(warned["warnings"][0]["problem"].as_str().unwrap().contains("it is ignored"), "{warned}");
    assert_eq!(door.get("/v1/leads").json()["leads"].as_array().unwrap().len(), 1, "nothing bad was stored");
    door.stop();
}

#[test]
fn sixty_four_at_once_keep_caps_keys_and_people_apart() {
    let door = Door::open(20);
    let tasks = 64;
    door.runtime.block_on(async {
        let mut running = Vec::new();
        for task in 0..tasks {
            let router = door.router.clone();
            running.push(tokio::spawn(async move {
                let mut answers = Vec::new();
                for n in 0..6 {
                    // A third are retries with the same key, a third the same people from elsewhere.
                    let (person, key) = match n % 3 {
                        0 => (format!("own-{task}-{n}"), format!("own-{task}-{n}")),
                        1 => (format!("shared-{}", task % 16), format!("try-{task}")),
                        _ => (format!("retry-{}", task / 2), format!("retry-{}", task / 2)),
                    };
                    let headers = [JSON, ("idempotency-key", key.as_str())];
                    let body = lead_body("DE", &person);
                    let answer = call(&router, "POST", "/v1/leads", &headers, body.as_bytes()).await;
                    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
                    answers.push((person, key, answer.json()));
                }
                answers
            }));
        }
        let (mut by_person, mut by_key) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
        for task in running {
            for (person, key, answer) in task.await.unwrap() {
                let lead = answer["lead"].as_str().unwrap().to_owned();
                assert_eq!(*by_person.entry(person).or_insert_with(|| lead.clone()), lead, "one lead a person");
                assert_eq!(*by_key.entry(key).or_insert_with(|| answer.clone()), answer, "one answer a key");
            }
        }
        assert_eq!(by_person.len(), 64 * 2 + 16 + 32);
    });
    let owned = door.get("/v1/leads?state=owned&limit=200").json()["leads"].as_array().unwrap().len();
    assert_eq!(owned, 100, "five reps with twenty slots");
    let audit = door.get("/v1/audit/verify").json();
    assert_eq!(audit["holds"], true, "{audit}");
    let metrics = door.get("/metrics").text;
    assert!(metrics.contains("pointsman_decisions_total{state=\"owned\"} 100"), "{metrics}");
    assert!(metrics.contains("pointsman_stage_seconds_count{stage=\"commit\"}"), "{metrics}");
    door.stop();
}

#[test]
fn keys_are_needed_where_there_are_keys() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let hash = pointsman_store::log::digest(b"secret-1");
    let door = Door::open_in(folder, 5, |config| {
        config.keys = vec![ApiKey { name: "crm".into(), hash, scopes: Scopes::all() }];
    });
    let body = lead_body("DE", "p1");
    let with = |key: &str| door.call("POST", "/v1/leads", &[JSON, ("authorization", key)], &body);
    assert_eq!(door.post("/v1/leads", &body).status, StatusCode::UNAUTHORIZED);
    for wrong in ["Bearer secret-2", "Bearer ", "secret-1", "Basic secret-1"] {
        assert_eq!(with(wrong).status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    assert_eq!(with("Bearer secret-1").status, StatusCode::OK);
    assert_eq!(door.get("/healthz").status, StatusCode::OK);
    assert_eq!(door.get("/readyz").json()["status"], "ready");
    for closed in ["/", "/leads", "/metrics", "/v1/leads", "/v1/audit/verify", "/no-such-route"] {
        assert_eq!(door.get(closed).status, StatusCode::UNAUTHORIZED, "{closed}");
    }
    door.stop();
}

#[test]
fn router_and_description_agree() {
    let door = Door::open(5);
    let lead = door.lead("DE", "p1");
    let document = door.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let described: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(described, routes().len());
    let docs = door.get("/docs");
    // Its styles are inside: under the policy of the API a browser would drop them.
    let policy = docs.headers["content-security-policy"].to_str().unwrap();
    assert!(docs.text.contains("<style>") && policy.contains("style-src 'unsafe-inline'"), "{policy}");
    let docs = docs.text;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let id = if path.contains("decisions") { &lead["decision"] } else { &lead["lead"] };
            let answer = door.call(&method.to_uppercase(), &path.replace("{id}", id.as_str().unwrap()), &[JSON], "{}");
            let status = answer.status.as_str().to_owned();
            assert!(
                operation["responses"].get(&status).is_some(),
                "{method} {path} answers {status}, undescribed: {}",
                answer.text
            );
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
            assert!(docs.contains(path), "{path} is not in /docs");
        }
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for name in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document["components"]["schemas"].get(name).is_some(), "no schema {name}");
    }
    door.stop();
}

#[test]
fn pages_tell_where_a_lead_went_and_why() {
    let door = Door::open(1);
    let lead = door.lead("DE", "p1");
    let id = lead["lead"].as_str().unwrap();
    door.lead("CH", "p2");
    let today = door.get("/").text;
    assert!(today.contains(&format!("<a href=\"/leads/{id}\">")), "{today}");
    assert!(today.contains("One lead is parked"), "{today}");
    assert!(door.get("/leads?state=owned").text.contains(id));
    let page = door.get(&format!("/leads/{id}"));
    assert!(
        page.text.contains("Went to ada because rule rest hands to pool all, where ada's turn came first."),
        "{}",
        page.text
    );
    assert!(page.text.contains("Chosen") && page.text.contains("Level with the chosen one"), "{}", page.text);
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(door.get("/assets/app.css").headers["content-type"].to_str().unwrap().starts_with("text/css"));
    assert_eq!(door.get("/leads/lead_01h2xcejqtf2nbrexx3vqjhp41").status, StatusCode::NOT_FOUND);
    door.stop();
}

#[test]
fn an_empty_store_is_not_ready_and_requests_have_ids() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let door = Door::open_in(folder, 5, |config| config.documents = None);
    let answer = door.get("/readyz");
    assert_eq!((answer.status.as_u16(), answer.str("/type").as_str()), (503, "/docs#nothing-live"));
    assert_eq!(
        door.post("/v1/leads", &lead_body("DE", "p1")).str("/next"),
        "run 'pointsman apply' in the workspace's folder"
    );
    assert!(answer.headers["x-request-id"].to_str().unwrap().starts_with("command_"));
    let given = door.call("GET", "/healthz", &[("x-request-id", "abc-1")], "");
    assert_eq!(given.headers["x-request-id"], "abc-1");
    door.stop();
}
