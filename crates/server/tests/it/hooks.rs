//! What other systems send by themselves: signed, fresh, in their own words, as often as they like.

use std::sync::Arc;

use axum::http::StatusCode;
use pointsman_connect::{Secret, signature::sign};
use pointsman_intake::Mapping;
use pointsman_server::api::hooks::Hook;
use serde_json::{Value, json};

use crate::world::{Answer, Door};

const MAPPING: &str = r#"
format = 1
source = "hubspot"
currency = "EUR"

[[attributes.lead]]
name = "country"
type = "country"

[[attributes.lead]]
name = "hobby"
type = "text"

[[input]]
name = "deals"
file = "deals.csv"
[input.lead]
id = "id"
at = "created"
attributes.country = "properties.country"
attributes.hobby = "properties.hobby"
[input.contact]
id = "properties.email"
email = "properties.email"
name = "properties.name"
known_at = "created"
[input.outcome]
when = [{ column = "stage", in = ["won", "lost"] }]
lead = "id"
at = "changed"
stage = { column = "stage", map = { won = "won", lost = "lost" } }
"#;

fn secret(fill: u8) -> Secret {
    Secret::parse(&Secret::text_of(&[fill; 32])).unwrap()
}

fn door() -> Door {
    let mapping = Mapping::parse(MAPPING).unwrap();
    let hook = Hook { name: "hubspot".into(), secrets: vec![secret(1), secret(2)], mapping, input: 0 };
    Door::open_in(Arc::new(tempfile::tempdir().unwrap()), 5, |config| config.hooks = vec![Arc::new(hook)])
}

fn seconds(door: &Door) -> i64 {
    door.state.now().unix_micros() / 1_000_000
}

fn send(door: &Door, source: &str, by: &Secret, id: &str, at: i64, body: &str) -> Answer {
    let signature = sign(by, id, at, body.as_bytes());
    let at = at.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &at),
        ("webhook-signature", &signature),
    ];
    door.call("POST", &format!("/v1/hooks/{source}"), &headers, body)
}

fn deal(id: &str) -> Value {
    json!({
        "id": id, "created": "2026-03-02T08:00:00Z", "changed": "2026-03-02T09:00:00Z", "stage": "open",
        "properties": { "country": "Germany", "hobby": "trains", "email": format!("{id}@example.com"), "name": "Mara" },
    })
}

#[test]
fn a_signed_record_becomes_a_lead_once() {
    let door = door();
    let (now, body) = (seconds(&door), deal("d1").to_string());
    let first = send(&door, "hubspot", &secret(1), "msg_1", now, &body);
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let row = first.json()["rows"][0].clone();
    assert_eq!((&row["answer"]["state"], &row["answer"]["owner"]), (&json!("owned"), &json!("ada")));
    let lead = door.get(&format!("/v1/leads/{}", row["lead"].as_str().unwrap())).json();
    assert_eq!(
        (&lead["source"], &lead["external_id"], &lead["attributes"]["country"]),
        (&json!("hubspot"), &json!("d1"), &json!("DE"))
    );
    // The same message, the same record under another, at the same time: one lead.
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (door, body, lead) = (&door, &body, &row["lead"]);
            scope.spawn(move || {
                let again = send(door, "hubspot", &secret(2), &format!("msg_{}", n % 3), seconds(door), body);
                assert_eq!((again.status, &again.json()["rows"][0]["lead"]), (StatusCode::OK, lead), "{}", again.text);
            });
        }
    });
    assert_eq!(door.get("/v1/leads").json()["leads"].as_array().unwrap().len(), 1);
    // It is won: the slot is free. Told twice, it is told once.
    let mut won = deal("d1");
    won["stage"] = json!("won");
    for _ in 0..2 {
        assert_eq!(send(&door, "hubspot", &secret(1), "msg_9", now, &won.to_string()).status, StatusCode::OK);
    }
    let lead = door.get(&format!("/v1/leads/{}", row["lead"].as_str().unwrap())).json();
    assert_eq!(
        (&lead["stage"], &lead["custody"], lead["stages"].as_array().unwrap().len()),
        (&json!("won"), &json!("closed"), 1)
    );
    // What is over before we hear of it is not decided.
    let mut over = deal("d2");
    over["stage"] = json!("lost");
    assert_eq!(send(&door, "hubspot", &secret(1), "msg_10", now, &over.to_string()).status, StatusCode::NOT_FOUND);
    door.stop();
}

#[test]
fn what_is_not_signed_or_cannot_be_read_is_refused() {
    let door = door();
    let (now, body) = (seconds(&door), deal("d1").to_string());
    let unsigned =
        |answer: &Answer| (answer.status, answer.str("/type")) == (StatusCode::UNAUTHORIZED, "/docs#unsigned".into());
    assert!(unsigned(&send(&door, "hubspot", &secret(3), "m", now, &body)), "another secret");
    assert!(unsigned(&send(&door, "nobody", &secret(1), "m", now, &body)), "a source that is none looks the same");
    assert!(unsigned(&send(&door, "hubspot", &secret(1), "m", now - 301, &body)), "too old");
    assert!(unsigned(&send(&door, "hubspot", &secret(1), "m", now + 301, &body)), "from the future");
    assert!(unsigned(&door.call("POST", "/v1/hooks/hubspot", &[], &body)));
    let read = |body: &str| send(&door, "hubspot", &secret(1), "m", seconds(&door), body);
    for wrong in ["", "{", "1", "[]", "null", "[1]", "\u{feff}{}"] {
        assert_eq!(read(wrong).status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let bad = read(r#"{"id":"d1","created":"soon"}"#);
    assert!(bad.status == StatusCode::UNPROCESSABLE_ENTITY && bad.text.contains("created"), "{}", bad.text);
    // Of several, each has its own answer.
    let several = read(&json!([deal("a"), { "id": "b" }, deal("c")]).to_string()).json();
    let statuses: Vec<_> = several["rows"].as_array().unwrap().iter().map(|row| row["status"].clone()).collect();
    assert_eq!((statuses, &several["taken"]), (vec![json!(200), json!(422), json!(200)], &json!(2)));
    assert_eq!(door.get("/v1/leads").json()["leads"].as_array().unwrap().len(), 2);
    door.stop();
}
