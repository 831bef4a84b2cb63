//! Policies through the API: read, check, publish, and the page.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::Door;

const DRAFT: &str = "format = 1\nname = 'draft'
[[rule]]\nid = 'north'\nwhen = \"lead.country == 'DE'\"\nrep = 'bo'
[[rule]]\nid = 'never'\nwhen = \"lead.country == 'DE' && lead.employees > 5\"\npool = 'all'
[fallback]\nqueue = 'rest'";

#[test]
fn what_is_live_is_told_with_its_text_and_findings() {
    let door = Door::open(3);
    let list = door.get("/v1/policies").json();
    assert_eq!(list["policies"][0]["name"], "main");
    assert_eq!(list["policies"][0]["ruling"], true);
    let one = door.get("/v1/policies/main").json();
    assert!(one["text"].as_str().unwrap().contains("id = 'swiss'"));
    assert!(one["findings"].is_array());
    assert_eq!(door.get("/v1/policies/none").status, StatusCode::NOT_FOUND);
    door.stop();
}

#[test]
fn a_draft_is_checked_and_nothing_is_written() {
    let door = Door::open(3);
    let check = |text: &str| door.post("/v1/policies/check", &json!({ "policy": text }).to_string());
    let checked = check(DRAFT).json();
    let shadowed: Vec<&Value> =
        checked["findings"].as_array().unwrap().iter().filter(|f| f["kind"] == "shadowed").collect();
    assert_eq!(shadowed.len(), 1, "{checked}");
    assert_eq!(shadowed[0]["rules"][0]["rule"], "north");
    assert_eq!(shadowed[0]["example"]["lead.country"], "\"DE\"");
    for wrong in [
        "name = 7",
        "not toml",
        "format = 1\nname = 'draft'",
        &DRAFT.replace("lead.country == 'DE'\"", "lead.contry == 'DE'\""),
    ] {
        let answer = check(wrong);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert_eq!(answer.json()["errors"][0]["field"], "policy");
    }
    assert_eq!(door.get("/v1/policies").json()["policies"].as_array().unwrap().len(), 1);
    door.stop();
}

#[test]
fn a_published_policy_decides_the_next_lead_when_it_rules() {
    let door = Door::open(3);
    let publish = |text: &str, rule: bool| {
        let body = json!({ "policy": text, "rule": rule, "reason": "north is bo's", "by": "olga" });
        door.post("/v1/policies", &body.to_string())
    };
    assert_eq!(door.lead("DE", "p1")["owner"], "ada");
    let beside = publish(DRAFT, false).json();
    assert_eq!(
        (&beside["name"], &beside["ruling"], &beside["changed"]),
        (&json!("draft"), &json!(false), &json!(true))
    );
    assert_eq!(publish(DRAFT, false).json()["changed"], false);
    let ruling = publish(DRAFT, true).json();
    assert_eq!((&ruling["ruling"], &ruling["changed"]), (&json!(true), &json!(true)));
    let lead = door.lead("DE", "p2");
    assert_eq!(lead["owner"], "bo", "{lead}");
    // What cannot load changes nothing, and says why.
    let broken = publish(&DRAFT.replace("rep = 'bo'", "rep = 'nobody'"), true);
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(door.lead("DE", "p3")["owner"], "bo");
    let unexplained = json!({ "policy": DRAFT, "reason": "  " });
    assert_eq!(door.post("/v1/policies", &unexplained.to_string()).status, StatusCode::UNPROCESSABLE_ENTITY);
    // Both are there to be read, and the change is in the record.
    let page = door.get("/policies").text;
    for told in ["north", "lead.country == &#39;DE&#39;", "rep &#39;bo&#39;", "fallback", "/policies?name=main"] {
        assert!(page.contains(told) || page.contains(&told.replace("&#39;", "'")), "{told}: {page}");
    }
    assert_eq!(door.get("/policies?name=main").status, StatusCode::OK);
    assert_eq!(door.get("/policies?name=none").status, StatusCode::NOT_FOUND);
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    door.stop();
}
