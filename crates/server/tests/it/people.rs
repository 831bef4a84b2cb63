//! People at the door: who is away, whose leads go elsewhere, what does not count.

use std::sync::Arc;

use crate::world::{Door, JSON, documents};
use axum::http::StatusCode;
use pointsman_decision::DocumentKind;
use serde_json::{Value, json};

fn post(door: &Door, path: &str, body: &Value) -> Value {
    let answer = door.post(path, &body.to_string());
    assert_eq!(answer.status, StatusCode::OK, "{path} {body}: {}", answer.text);
    answer.json()
}

fn owners(door: &Door, from: usize, leads: usize) -> Vec<String> {
    let owner = |n: usize| door.lead("DE", &format!("p{n}"))["owner"].as_str().unwrap_or("nobody").to_owned();
    (from..from + leads).map(owner).collect()
}

/// A door whose roster is changed first.
fn door_with(roster: impl FnOnce(String) -> String) -> Door {
    Door::open_in(Arc::new(tempfile::tempdir().unwrap()), 50, |config| {
        let mut set = documents(50);
        let kept = String::from_utf8(set.get(DocumentKind::Roster, "").unwrap().to_vec()).unwrap();
        set.insert(DocumentKind::Roster, "", roster(kept).into_bytes());
        config.documents = Some(set);
    })
}

fn rep(door: &Door, id: &str) -> Value {
    let reps = door.get("/v1/reps").json();
    reps["reps"].as_array().unwrap().iter().find(|rep| rep["id"] == id).unwrap().clone()
}

#[test]
fn an_absence_is_in_force_at_once_and_survives_a_restart() {
    let door = Door::open(50);
    assert_eq!(owners(&door, 0, 5), ["ada", "bo", "cy", "di", "eve"]);
    let body = json!({ "rep": "bo", "until": "2090-01-01", "backup": "cy" });
    let first = post(&door, "/v1/absences", &body);
    assert_eq!(first["created"], true);
    assert!(!owners(&door, 10, 8).contains(&"bo".to_owned()));
    let shown = rep(&door, "bo");
    assert_eq!(
        (&shown["available"], &shown["state"], &shown["stand_in"]),
        (&json!(false), &json!("absent"), &json!("cy"))
    );
    assert_eq!(shown["returns_at"], "2089-12-31T23:00:00Z", "on the clock of Berlin");
    let listed = door.get("/v1/absences").json();
    assert_eq!(
        (listed["absences"][0]["rep"].as_str(), listed["absences"][0]["source"].as_str()),
        (Some("bo"), Some("api"))
    );
    // A restart forgets nothing, and the record holds who said it.
    let door = Door::open_in(door.stop(), 50, |config| config.documents = None);
    assert!(!owners(&door, 20, 8).contains(&"bo".to_owned()));
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    // Ended early: back in the line, owed nothing.
    let id = listed["absences"][0]["id"].as_str().unwrap();
    assert_eq!(door.call("DELETE", &format!("/v1/absences/{id}"), &[], "").status, StatusCode::OK);
    assert_eq!(door.call("DELETE", &format!("/v1/absences/{id}"), &[], "").status, StatusCode::NOT_FOUND);
    let back = owners(&door, 30, 10);
    assert_eq!(back.iter().filter(|owner| *owner == "bo").count(), 2, "{back:?}");
    door.stop();
}

#[test]
fn overrides_send_leads_elsewhere_until_they_end() {
    let door = Door::open(50);
    post(&door, "/v1/absences", &json!({ "rep": "ada", "to": "bo", "until": "2999-01-01" }));
    post(&door, "/v1/absences", &json!({ "rep": "cy", "pool": "all", "until": "2999-01-01" }));
    post(&door, "/v1/absences", &json!({ "rep": "di", "pool": "all", "from": "2020-01-01", "until": "2020-02-01" }));
    let owners = owners(&door, 0, 6);
    assert!(!owners.contains(&"ada".into()) && !owners.contains(&"cy".into()), "{owners:?}");
    assert!(owners.contains(&"di".into()), "an override that is over sends nothing: {owners:?}");
    let lead = door.lead("DE", "q1");
    let code =
        |rep: &str| lead["reasons"].as_array().unwrap().iter().find(|r| r["rep"] == rep).unwrap()["code"].clone();
    assert_eq!((code("ada"), code("cy")), (json!("redirected"), json!("out_of_pool")));
    let explained = door.get(&format!("/v1/decisions/{}", lead["decision"].as_str().unwrap())).json();
    let reason = &explained["rungs"][2]["candidates"][0]["reason"];
    assert_eq!((reason["code"].as_str(), reason["to"].as_str()), (Some("redirected"), Some("bo")));
    let replay = door.get(&format!("/v1/decisions/{}/replay", lead["decision"].as_str().unwrap())).json();
    assert_eq!(replay["equal"], true);
    let page = door.get("/team");
    assert_eq!(page.status, StatusCode::OK);
    for text in ["leads go to bo", "takes nothing in pool all", "Pool all", "Still to come"] {
        assert!(page.text.contains(text), "no '{text}'");
    }
    door.stop();
}

#[test]
fn the_leads_of_an_absent_owner_go_to_who_stands_in() {
    let policy = "format = 1\nname = 'main'\n[[rule]]\nid = 'ada'\nrep = 'ada'\npick = 'least-loaded'\n[fallback]\nqueue = 'unassigned'";
    let door = Door::open_in(Arc::new(tempfile::tempdir().unwrap()), 2, |config| {
        let mut set = documents(2);
        set.insert(DocumentKind::Policy, "main", policy.as_bytes());
        config.documents = Some(set);
    });
    assert_eq!(owners(&door, 0, 1), ["ada"]);
    post(&door, "/v1/absences", &json!({ "rep": "ada", "until": "2999-01-01", "backup": "di" }));
    // The stand-in's own cap protects them; after that the ladder goes on.
    assert_eq!(owners(&door, 1, 3), ["di", "di", "nobody"]);
    door.stop();
}

#[test]
fn bad_absences_are_refused_with_their_fields() {
    let door = Door::open(5);
    let check = |body: Value, field: &str, part: &str| {
        let answer = door.post("/v1/absences", &body.to_string());
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.text);
        let errors = answer.json()["errors"].clone();
        let found = errors
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["field"] == field && e["problem"].as_str().unwrap().contains(part));
        assert!(found, "{body}: {errors}");
    };
    check(json!({ "rep": "zoe" }), "rep", "not in the roster");
    check(json!({ "rep": "ada", "until": "soon" }), "until", "is no time");
    check(json!({ "rep": "ada", "from": "2027-01-02", "until": "2027-01-01" }), "until", "before it begins");
    check(json!({ "rep": "ada", "backup": "ada" }), "backup", "themselves");
    check(json!({ "rep": "ada", "to": "bo" }), "until", "ends by itself");
    check(json!({ "rep": "ada", "to": "ada", "until": "2999-01-01" }), "to", "elsewhere");
    check(json!({ "rep": "ada", "pool": "alle", "until": "2999-01-01" }), "pool", "no pool");
    assert_eq!(door.post("/v1/absences", r#"{"rep":"ada","reason":"flu"}"#).status, StatusCode::BAD_REQUEST);
    // A circle closes only with the second: it is refused, the first stays.
    post(&door, "/v1/absences", &json!({ "rep": "ada", "to": "bo", "until": "2999-01-01" }));
    check(json!({ "rep": "bo", "to": "ada", "until": "2999-01-01" }), "absences", "lead back to");
    assert_eq!(door.get("/v1/absences").json()["overrides"].as_array().unwrap().len(), 1);
    // Saying the same twice is saying it once.
    let again = post(&door, "/v1/absences", &json!({ "rep": "ada", "to": "bo", "until": "2999-01-01" }));
    assert_eq!(again["created"], false);
    door.stop();
}

#[test]
fn an_hr_export_replaces_the_one_before() {
    let door = Door::open(5);
    let import = |source: &str, body: &str| {
        door.call("POST", &format!("/v1/absences/import?source={source}"), &[("content-type", "text/csv")], body)
    };
    let first = import("hr", "rep,first_day,last_day\nada,2990-01-01,2990-01-05\nbo,2990-02-01,2990-02-05\n");
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!((first.json()["added"].as_u64(), first.json()["removed"].as_u64()), (Some(2), Some(0)));
    post(&door, "/v1/absences", &json!({ "rep": "eve", "from": "2990-05-01", "until": "2990-05-02" }));
    let second = import("hr", "rep,first_day,last_day\nbo,2990-02-01,2990-02-05\ncy,2990-03-01,2990-03-05\n").json();
    assert_eq!((second["added"].as_u64(), second["removed"].as_u64()), (Some(1), Some(1)));
    let listed = door.get("/v1/absences").json();
    let reps: Vec<&str> = listed["absences"].as_array().unwrap().iter().map(|a| a["rep"].as_str().unwrap()).collect();
    assert_eq!(reps, ["bo", "cy", "eve"], "what the API said stays");
    let refused = import("hr", "rep,from,until\nada,2990-01-01,2990-01-05\nzoe,2990-01-01,2990-01-05\n");
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("line 3") && refused.text.contains("zoe"), "{}", refused.text);
    let skipped = import("hr&unknown=skip", "rep,from,until\nada,2990-01-01,2990-01-05\nzoe,2990-01-01,2990-01-05\n");
    assert_eq!(skipped.json()["skipped"].as_array().unwrap().len(), 1, "{}", skipped.text);
    let calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:29900401\r\nSUMMARY:leave\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(import("mine&rep=di", calendar).json()["absences"], 1);
    assert_eq!(import("api", "rep,from,until\n").status, StatusCode::BAD_REQUEST, "the name is taken");
    assert_eq!(import("hr", "").status, StatusCode::BAD_REQUEST);
    door.stop();
}

#[test]
fn many_changes_at_once_lose_nothing() {
    let door = Door::open(5);
    let reps = ["ada", "bo", "cy", "di", "eve"];
    std::thread::scope(|scope| {
        for (n, rep) in reps.iter().enumerate() {
            let door = &door;
            scope.spawn(move || {
                let from = format!("29{n}0-01-01");
                let body = json!({ "rep": rep, "from": from, "until": "2999-01-01" }).to_string();
                // Overtaken too often is told as such; the client tries again.
                while door.post("/v1/absences", &body).status != StatusCode::OK {}
            });
        }
    });
    assert_eq!(door.get("/v1/absences").json()["absences"].as_array().unwrap().len(), 5);
    door.stop();
}

#[test]
fn a_credit_gives_quota_and_turn_back_once() {
    let quota = "\n[[limit]]\nid = 'day'\nkind = 'per-day'\ndefault = 3\n[[rep]]";
    let door = door_with(|roster| roster.replacen("\n[[rep]]", quota, 1));
    let leads: Vec<Value> = (0..5).map(|n| door.lead("DE", &format!("p{n}"))).collect();
    let lead = &leads[1];
    assert_eq!(lead["owner"], "bo");
    let used = |rep_id: &str| rep(&door, rep_id)["limits"][1]["used"].clone();
    let taken = |rep_id: &str| rep(&door, rep_id)["turns"][0]["taken"].clone();
    assert_eq!((used("bo"), taken("bo")), (json!(1), json!(1.0)));
    let path = format!("/v1/leads/{}/credit", lead["lead"].as_str().unwrap());
    let credit = |reason: &str, key: &str| {
        door.call(
            "POST",
            &path,
            &[JSON, ("idempotency-key", key)],
            &json!({ "reason": reason, "by": "olga" }).to_string(),
        )
    };
    assert_eq!(credit("whim", "k0").status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = credit("no-show", "k1");
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!((&done.json()["quotas"], &done.json()["pools"]), (&json!(["day"]), &json!(["all"])));
    assert_eq!(credit("no-show", "k1").text, done.text, "the same key, the same answer");
    let twice = credit("spam", "k2");
    assert_eq!((twice.status, twice.str("/type").as_str()), (StatusCode::CONFLICT, "/docs#credited"));
    assert_eq!((used("bo"), taken("bo")), (json!(0), json!(0.0)));
    assert_eq!(rep(&door, "bo")["limits"][0]["used"], 1, "the lead is still open");
    assert!(rep(&door, "bo")["turns"][0]["deficit"].as_f64().unwrap() > 0.9);
    // The turn comes back: in the next round bo goes twice.
    let next = owners(&door, 20, 6);
    assert_eq!(next.iter().filter(|owner| *owner == "bo").count(), 2, "{next:?}");
    let swiss = door.lead("CH", "s1");
    let nothing = door.post(&format!("/v1/leads/{}/credit", swiss["lead"].as_str().unwrap()), r#"{"reason":"spam"}"#);
    assert_eq!(nothing.str("/type"), "/docs#nothing-taken");
    let audit = door.get("/v1/audit/verify").json();
    assert_eq!(audit["holds"], true, "{audit}");
    let door = Door::open_in(door.stop(), 50, |config| config.documents = None);
    assert_eq!(door.call("POST", &path, &[JSON], r#"{"reason":"spam"}"#).str("/type"), "/docs#credited");
    door.stop();
}

#[test]
fn assignments_by_hand_count_where_the_pool_says_so() {
    let run = |counts: bool| {
        let fairness = format!("\nfairness = {{ count_manual = {counts} }}\n");
        let door = door_with(|roster| roster + &fairness);
        let lead = door.lead("DE", "p0");
        assert_eq!(lead["owner"], "ada");
        let path = format!("/v1/leads/{}/assignment", lead["lead"].as_str().unwrap());
        let body = json!({ "rep": "eve", "by": "olga" }).to_string();
        let moved = door.call("POST", &path, &[JSON, ("if-match", "\"ada\"")], &body);
        assert_eq!(moved.status, StatusCode::OK, "{}", moved.text);
        let taken = ["ada", "eve"].map(|id| rep(&door, id)["turns"][0]["taken"].as_f64().unwrap());
        let next = owners(&door, 1, 5);
        assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
        door.stop();
        (taken, next)
    };
    let (taken, next) = run(false);
    assert_eq!((taken, next.join(" ").as_str()), ([1.0, 0.0], "bo cy di eve ada"));
    let (taken, next) = run(true);
    assert_eq!(taken, [0.0, 1.0]);
    assert!(!next[..4].contains(&"eve".to_owned()), "eve had hers by hand: {next:?}");
}
