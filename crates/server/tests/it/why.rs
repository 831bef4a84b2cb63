//! Why a lead went where it went, what would have had to differ, and where one would go: the API
//! and the page.

use crate::world::{Door, JSON, lead_body};
use axum::http::StatusCode;
use serde_json::{Value, json};

#[test]
fn a_decision_tells_itself_and_what_would_have_had_to_differ() {
    let door = Door::open(1);
    let first = door.lead("DE", "p1");
    let id = first["decision"].as_str().unwrap();
    let told = door.get(&format!("/v1/decisions/{id}")).json();
    assert_eq!(
        told["sentences"]["en"],
        "Went to ada because rule rest hands to pool all, where ada's turn came first. \
         bo would have been next: level with the chosen one, who comes first by id."
    );
    assert_eq!(
        told["sentences"]["de"],
        "Ging an ada, weil Regel rest an den Pool all gibt, in dem ada als Nächstes an der Reihe war. \
         bo wäre als Nächstes gekommen: Gleichauf mit dem Gewählten, der nach der Kennung vorn steht."
    );
    assert_eq!(told["next"], json!({ "rep": "bo", "rule": "rest", "overflow": false, "assumes_load": false }));
    assert!(told.get("why_not").is_none());
    let asked = door.get(&format!("/v1/decisions/{id}?why_not=cy")).json();
    assert_eq!(asked["why_not"]["stands"][0]["reason"]["code"], "later_turn");
    assert_eq!(asked["why_not"]["ways"][0]["differences"][0]["change"], "sooner_turn");
    let sentence = asked["why_not"]["sentences"]["en"][0].as_str().unwrap();
    assert!(sentence.starts_with("cy would have got it by rule rest if cy's turn had come more than"), "{sentence}");
    let owner = door.get(&format!("/v1/decisions/{id}?why_not=ada")).json();
    assert_eq!((&owner["why_not"]["already"], &owner["why_not"]["ways"]), (&json!(true), &json!([])));
    // A parked lead: the fact that sent it there is what would have had to differ.
    let swiss = door.lead("CH", "p2");
    let id = swiss["decision"].as_str().unwrap();
    let asked = door.get(&format!("/v1/decisions/{id}?why_not=bo")).json();
    assert_eq!(asked["sentences"]["en"], "Is parked in queue swiss because rule swiss says so.");
    let facts: Vec<&Value> = asked["why_not"]["ways"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|w| w["differences"].as_array().unwrap())
        .collect();
    assert!(facts.iter().any(|d| d["field"] == "lead.country" && d["from"] == "\"CH\""), "{facts:?}");
    let wrong = door.get(&format!("/v1/decisions/{id}?why_not=nobody"));
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(door.get(&format!("/v1/decisions/{id}?why_nto=bo")).status, StatusCode::BAD_REQUEST);
    door.stop();
}

#[test]
fn a_preview_decides_under_a_draft_at_a_time_and_writes_nothing() {
    let door = Door::open(1);
    let ask = |body: &Value| door.call("POST", "/v1/preview", &[JSON], &body.to_string());
    let lead: Value = serde_json::from_str(&lead_body("DE", "p1")).unwrap();
    let live = ask(&json!({ "lead": lead })).json();
    assert_eq!((&live["state"], &live["rep"], &live["policy"]), (&json!("owned"), &json!("ada"), &json!("main")));
    assert!(live["sentences"]["en"].as_str().unwrap().starts_with("Went to ada because"));
    // Asking moves no turn, and keeps no lead.
    assert_eq!(ask(&json!({ "lead": lead })).json()["rep"], "ada");
    assert_eq!(door.get("/v1/leads").json()["leads"], json!([]));
    let draft = "format = 1\nname = 'draft'\n[[rule]]\nid = 'eve'\nrep = 'eve'\n[fallback]\nqueue = 'q'\n";
    let drafted = ask(&json!({ "lead": lead, "policy": draft, "at": "2026-12-24T12:00:00Z" })).json();
    assert_eq!(
        (&drafted["rep"], &drafted["rule"], &drafted["policy"]),
        (&json!("eve"), &json!("eve"), &json!("draft"))
    );
    assert_eq!(drafted["at"], "2026-12-24T12:00:00Z");
    assert_eq!(drafted["sentences"]["de"], "Ging an eve, weil Regel eve eve nennt.");
    // What a draft lacks is said with line and column; nothing half-checked is decided.
    let faulty = ask(&json!({ "lead": lead, "policy": draft.replace("rep = 'eve'", "rep = 'evee'") }));
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(faulty.text.contains("unknown rep 'evee'"), "{}", faulty.text);
    for (field, value) in [("policy", json!("no policy")), ("policy_name", json!("other")), ("at", json!("soon"))] {
        let answer = ask(&json!({ "lead": lead, field: value }));
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", answer.text);
        assert!(answer.text.contains(&format!("\"field\":\"{field}\"")), "{}", answer.text);
    }
    door.stop();
}

#[test]
fn the_page_of_a_lead_asks_without_script() {
    let door = Door::open(1);
    let first = door.lead("DE", "p1");
    let lead = first["lead"].as_str().unwrap();
    let page = door.get(&format!("/leads/{lead}")).text;
    assert!(page.contains("Went to ada because rule rest hands to pool all"), "{page}");
    assert!(page.contains("<form class=\"question\" method=\"get\""));
    assert!(page.contains("<option value=\"bo\">bo</option>"));
    let asked = door.get(&format!("/leads/{lead}?why_not=cy&lang=en")).text;
    assert!(asked.contains("<option value=\"cy\" selected>"));
    assert!(asked.contains("cy would have got it by rule rest if"));
    let german = door.get(&format!("/leads/{lead}?lang=de&why_not=cy")).text;
    assert!(german.contains("<html lang=\"de\"") && german.contains("hätte ihn nach Regel rest bekommen, wenn"));
    assert!(german.contains(&format!("href=\"/leads/{lead}?why_not=cy&amp;lang=en\"")));
    assert_eq!(door.get(&format!("/leads/{lead}?why_not=%3Cscript%3E")).status, StatusCode::BAD_REQUEST);
    assert_eq!(door.get(&format!("/leads/{lead}?lang=fr")).status, StatusCode::BAD_REQUEST);
    door.stop();
}
