//! What is done about a lead raises its stage, and nothing else.

use crate::world::Door;
use serde_json::{Value, json};

#[test]
fn activities_raise_the_stage_in_whatever_order_they_are_told() {
    let door = Door::open(5);
    let lead = door.lead("DE", "p1")["lead"].as_str().unwrap().to_owned();
    let send = |path: &str, body: Value| door.post(path, &body.to_string());
    let stage = || door.get(&format!("/v1/leads/{lead}")).json()["stage"].as_str().unwrap().to_owned();
    let call = json!({ "lead": lead, "kind": "call", "rep": "ada", "activity": "c-1" });
    assert_eq!(send("/v1/activities", call.clone()).json()["stage"], "attempted");
    let met = json!({ "lead": lead, "kind": "meeting", "at": "2020-01-01T10:00:00Z" });
    assert_eq!(send("/v1/activities", met).json()["stage"], "contacted", "a late word of an early meeting");
    assert_eq!(send("/v1/activities", call).json()["stage"], "contacted");
    let rows = door.get(&format!("/v1/leads/{lead}")).json()["stages"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 2, "told twice, it counts once: {rows:?}");
    assert_eq!((&rows[0]["by"], &rows[0]["reason"]), (&json!("ada"), &json!("call")));
    assert_eq!(send("/v1/outcomes", json!({ "lead": lead, "stage": "qualified" })).json()["stage"], "qualified");
    assert_eq!(
        send("/v1/activities", json!({ "lead": lead, "kind": "mail", "reached": true })).json()["stage"],
        "qualified"
    );
    assert_eq!(send("/v1/outcomes", json!({ "lead": lead, "stage": "lost" })).json()["closed"], true);
    let after = send("/v1/activities", json!({ "lead": lead, "kind": "call", "reached": true })).json();
    assert_eq!((&after["stage"], &after["closed"]), (&json!("lost"), &json!(false)), "nothing reopens");
    assert_eq!(stage(), "lost");
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    let check = |body: Value, status: u16, says: &str| {
        let answer = send("/v1/activities", body);
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert!(answer.text.contains(says), "{}", answer.text);
    };
    check(json!({ "lead": lead, "kind": "page_view" }), 400, "unknown variant `page_view`");
    check(json!({ "lead": lead, "kind": "call", "rep": "nobody" }), 422, "not in the roster");
    check(json!({ "kind": "call" }), 422, "name the lead");
    check(json!({ "lead": "lead_01h2xcejqtf2nbrexx3vqjhp41", "kind": "call" }), 404, "no such lead");
    let forged = send("/v1/outcomes", json!({ "lead": lead, "stage": "won", "fact": "activity:x" }));
    assert_eq!((forged.status.as_u16(), forged.str("/errors/0/field").as_str()), (422, "fact"));
    door.stop();
}
