//! What reps say to offers: through the API, the inbox and one-click links.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::http::StatusCode;
use pointsman_server::{
    ApiKey,
    access::{RepFigures, Role},
};
use serde_json::{Value, json};

use crate::world::{Answer, Door, JSON, asking};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn asking_door() -> Door {
    Door::open_in(Arc::new(tempfile::tempdir().unwrap()), 5, |config| config.documents = Some(asking(5)))
}

fn asked(door: &Door, person: &str) -> (String, String) {
    let lead = door.lead("IT", person);
    assert_eq!(lead["state"], "offered", "{lead}");
    assert!(lead["until"].is_string() && lead["owner"] == lead["rep"]);
    (lead["lead"].as_str().unwrap().to_owned(), lead["owner"].as_str().unwrap().to_owned())
}

fn say(door: &Door, lead: &str, what: &str, body: &Value) -> Answer {
    door.post(&format!("/v1/leads/{lead}/{what}"), &body.to_string())
}

#[test]
fn offers_are_accepted_and_declined() {
    let door = asking_door();
    let (lead, ada) = asked(&door, "p1");
    assert_eq!(ada, "ada");
    let wrong = say(&door, &lead, "accept", &json!({ "rep": "bo" }));
    assert_eq!((wrong.status, wrong.str("/type").as_str()), (StatusCode::PRECONDITION_FAILED, "/docs#owner-changed"));
    assert_eq!(say(&door, &lead, "accept", &json!({})).status, StatusCode::UNPROCESSABLE_ENTITY, "who?");
    assert_eq!(say(&door, &lead, "accept", &json!({ "rep": "zoe" })).status, StatusCode::UNPROCESSABLE_ENTITY);
    let taken = say(&door, &lead, "accept", &json!({ "rep": "ada" })).json();
    assert_eq!(
        (&taken["did"], &taken["custody"], &taken["owner"]),
        (&json!("accepted"), &json!("owned"), &json!("ada"))
    );
    assert_eq!(say(&door, &lead, "accept", &json!({ "rep": "ada" })).json(), taken, "twice is once");
    // Declined, it is with somebody else when the answer comes.
    let (lead, bo) = asked(&door, "p2");
    assert_eq!(
        say(&door, &lead, "decline", &json!({ "rep": bo, "reason": " " })).status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let key = [JSON, ("idempotency-key", "d1")];
    let decline = json!({ "rep": bo, "reason": "on the road" }).to_string();
    let path = format!("/v1/leads/{lead}/decline");
    let first = door.call("POST", &path, &key, &decline);
    let (said, again) = (first.json(), door.call("POST", &path, &key, &decline));
    assert_eq!((&said["did"], &said["custody"], &said["owner"]), (&json!("declined"), &json!("offered"), &json!("cy")));
    assert_eq!((again.json(), again.headers.contains_key("idempotency-replayed")), (said.clone(), true));
    let reused = door.call("POST", &path, &key, &json!({ "rep": bo, "reason": "other" }).to_string());
    assert_eq!(reused.str("/type"), "/docs#key-reused");
    assert_eq!(
        say(&door, &lead, "decline", &json!({ "rep": bo, "reason": "again" })).json()["owner"],
        "cy",
        "said before"
    );
    let explained = door.get(&format!("/v1/decisions/{}", said["decision"].as_str().unwrap())).json();
    let codes: Vec<_> =
        explained["rungs"][2]["candidates"].as_array().unwrap().iter().map(|c| c["reason"]["code"].clone()).collect();
    assert!(codes.contains(&json!("declined_before")), "{codes:?}");
    assert!(explained["sentences"]["en"].as_str().unwrap().starts_with("Offered to"), "{}", explained["sentences"]);
    let detail = door.get(&format!("/v1/leads/{lead}")).json();
    assert_eq!((&detail["custody"], &detail["responses"][0]["reason"]), (&json!("offered"), &json!("on the road")));
    assert_eq!(door.get("/v1/leads?state=offered").json()["leads"].as_array().unwrap().len(), 1);
    assert!(door.get(&format!("/leads/{lead}")).text.contains("declined by bo"));
    // By hand and by the rep at once: whoever is later is told.
    let moved = door.call(
        "POST",
        &format!("/v1/leads/{lead}/assignment"),
        &[JSON, ("if-match", "\"cy\"")],
        &json!({ "rep": "eve", "by": "olga" }).to_string(),
    );
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.text);
    let late = say(&door, &lead, "accept", &json!({ "rep": "cy" }));
    assert!(late.text.contains("with 'eve'"), "{}", late.text);
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    door.stop();
}

#[test]
fn an_offer_ends_by_itself() {
    let clock = Arc::new(AtomicI64::new(1_772_438_400_000_000));
    let door =
        Door::open_at(Arc::new(tempfile::tempdir().unwrap()), &clock, |config| config.documents = Some(asking(5)));
    let (lead, _) = asked(&door, "p1");
    clock.fetch_add(600_000_000, Ordering::Relaxed);
    let late = say(&door, &lead, "accept", &json!({ "rep": "ada" }));
    assert!(matches!(late.str("/type").as_str(), "/docs#offer-over" | "/docs#owner-changed"), "{}", late.text);
    let started = pointsman_store::stopwatch::start();
    while door.get(&format!("/v1/leads/{lead}")).json()["owner"] == "ada" {
        assert!(started.elapsed().as_secs() < 30, "the waker ends offers");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(door.get(&format!("/v1/leads/{lead}")).json()["responses"][0]["response"], "expired");
    door.stop();
}

/// A key and a login with the role of a rep: the login is of the rep.
#[test]
fn a_rep_answers_for_themselves_in_the_inbox() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let hash = pointsman_store::log::digest(b"secret-of-admin");
    let scopes = Role::Admin.scopes(&RepFigures::default());
    let door = Door::open_in(folder, 5, |config| {
        config.documents = Some(asking(5));
        config.keys = vec![ApiKey { name: "admin".into(), hash, scopes }];
    });
    let admin = ("authorization", "Bearer secret-of-admin");
    let send = |person: &str| {
        let answer = door.call("POST", "/v1/leads", &[JSON, admin], &crate::world::lead_body("IT", person));
        (answer.str("/lead"), answer.str("/owner"))
    };
    let user = json!({ "name": "ada", "password": "a long sentence is good", "role": "rep", "rep": "ada" }).to_string();
    assert_eq!(door.call("POST", "/v1/users", &[JSON, admin], &user).status, StatusCode::OK);
    let login = door.call("POST", "/login", &[FORM], "name=ada&password=a+long+sentence+is+good");
    let cookie = login.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let session = [("cookie", cookie.as_str()), ("host", "leads.example"), ("origin", "http://leads.example")];
    let me = |method: &str, path: &str, kind: (&str, &str), body: &str| {
        door.call(method, path, &[&session[..], &[kind]].concat(), body)
    };
    let (mine, owner) = send("p1");
    let (theirs, _) = send("p2");
    assert_eq!(owner, "ada");
    let inbox = me("GET", "/me", FORM, "");
    assert!(inbox.text.contains("Offered to you until") && inbox.text.contains("p1@example.com"), "{}", inbox.text);
    assert!(!inbox.text.contains("p2@example.com") && !inbox.text.contains(&theirs));
    let (own, other) =
        (me("GET", &format!("/me/leads/{mine}"), FORM, ""), me("GET", &format!("/me/leads/{theirs}"), FORM, ""));
    assert!(own.status == StatusCode::OK && own.text.contains("p1@example.com"), "{}", own.text);
    // Somebody else's lead looks like one that never was.
    let never = "lead_01h2xcejqtf2nbrexx3vqjhp41";
    let unknown = me("GET", &format!("/me/leads/{never}"), FORM, "");
    assert_eq!((other.status, unknown.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(other.text.replace(&theirs, never), unknown.text);
    // Their own lead only, whatever they say.
    for answer in ["accepted", "declined", "contacted"] {
        let told = |lead: &str| me("POST", &format!("/me/leads/{lead}"), FORM, &format!("answer={answer}"));
        let (other, unknown) = (told(&theirs), told(never));
        assert_eq!((other.status, unknown.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{answer}");
    }
    assert_eq!(
        me("POST", &format!("/me/leads/{mine}"), FORM, "answer=perhaps").status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let other = me("POST", &format!("/v1/leads/{theirs}/accept"), JSON, r#"{"rep":"bo"}"#);
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.text);
    assert_eq!(me("POST", &format!("/me/leads/{mine}"), FORM, "answer=accepted").status, StatusCode::SEE_OTHER);
    assert!(me("GET", "/me", FORM, "").text.contains("Contacted"));
    assert_eq!(me("POST", &format!("/me/leads/{mine}"), FORM, "answer=contacted").status, StatusCode::SEE_OTHER);
    let lead = door.call("GET", &format!("/v1/leads/{mine}"), &[admin], "").json();
    assert_eq!((&lead["custody"], &lead["stage"]), (&json!("owned"), &json!("contacted")));
    let declined = me("POST", &format!("/v1/leads/{mine}/decline"), JSON, r#"{"reason":"moved away"}"#);
    assert!(declined.status == StatusCode::OK && declined.json()["owner"].is_null(), "{}", declined.text);
    assert!(me("GET", "/me", FORM, "").text.contains("Nothing is open"));
    door.stop();
}

#[test]
fn a_link_answers_one_offer_and_only_by_its_button() {
    let door = asking_door();
    let (lead, _) = asked(&door, "p1");
    let decision = door.get(&format!("/v1/leads/{lead}")).str("/decision");
    let until = door.get(&format!("/v1/leads/{lead}")).str("/until");
    let token = door.state.links.token(decision.parse().unwrap(), until.parse().unwrap());
    let path = format!("/a/{token}");
    let page = door.get(&path);
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("Accept") && page.text.contains("Decline") && !page.text.contains("p1@example.com"));
    for _ in 0..3 {
        door.get(&path);
    }
    assert_eq!(door.get(&format!("/v1/leads/{lead}")).json()["custody"], "offered", "opening a link changes nothing");
    let broken = format!("/a/{}0", &token[..token.len() - 1]);
    assert_eq!(door.get(&broken).status, if broken == path { StatusCode::OK } else { StatusCode::NOT_FOUND });
    assert_eq!(door.get("/a/nonsense").status, StatusCode::NOT_FOUND);
    let done = door.call("POST", &path, &[FORM], "answer=accepted");
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let shown = door.get(&path);
    assert!(shown.text.contains("You took it.") && !shown.text.contains("<form"), "{}", shown.text);
    // Used again it only says so.
    assert_eq!(door.call("POST", &path, &[FORM], "answer=declined&reason=no").status, StatusCode::SEE_OTHER);
    assert_eq!(door.get(&format!("/v1/leads/{lead}")).json()["custody"], "owned");
    let detail = door.get(&format!("/v1/leads/{lead}")).json();
    assert_eq!(detail["responses"].as_array().unwrap().len(), 1);
    door.stop();
}
