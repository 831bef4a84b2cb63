//! Many leads at once, and leads as forms.

use crate::world::{Door, JSON};
use serde_json::{Value, json};

fn lead(person: &str) -> Value {
    serde_json::from_str(&crate::world::lead_body("DE", person)).unwrap()
}

#[test]
fn a_bad_row_keeps_no_other_from_its_owner() {
    let door = Door::open(50);
    let mut rows: Vec<Value> = (0..40).map(|n| lead(&format!("p{n}"))).collect();
    rows[3] = json!({ "source": "website", "attributes": { "colour": "red" } });
    rows[4] = json!({ "sauce": 1 });
    rows[5] = json!(7);
    rows[6] = lead("p0");
    let body = json!({ "leads": rows }).to_string();
    let send = |body: &str| door.call("POST", "/v1/leads/batch", &[JSON, ("idempotency-key", "night-1")], body);
    let first = send(&body).json();
    assert_eq!((&first["taken"], &first["refused"]), (&json!(37), &json!(3)), "{first}");
    let statuses: Vec<u64> =
        first["rows"].as_array().unwrap().iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses[..8], [200, 200, 200, 422, 400, 400, 200, 200]);
    assert!(first["rows"].as_array().unwrap().iter().enumerate().all(|(n, row)| row["row"] == n));
    assert_eq!(first["rows"][3]["problem"]["type"], "/docs#bad-fields");
    assert!(first["rows"][4]["problem"]["detail"].as_str().unwrap().contains("unknown field `sauce`"));
    assert_eq!(first["rows"][6]["lead"]["lead"], first["rows"][0]["lead"]["lead"], "the same person is the same lead");
    // Sent again it changes nothing; with another row under the same key only that row is refused.
    let again = send(&body).json();
    let leads = |answer: &Value| -> Vec<Value> {
        answer["rows"].as_array().unwrap().iter().map(|row| row["lead"]["lead"].clone()).collect()
    };
    assert_eq!(leads(&again), leads(&first));
    rows[0] = lead("somebody else");
    let other = send(&json!({ "leads": rows }).to_string()).json();
    assert_eq!(other["rows"][0]["problem"]["type"], "/docs#bad-fields", "{}", other["rows"][0]);
    rows[0] = lead("somebody-else");
    let other = send(&json!({ "leads": rows }).to_string()).json();
    assert_eq!(other["rows"][0]["problem"]["type"], "/docs#key-reused", "{}", other["rows"][0]);
    assert_eq!(other["rows"][1]["lead"]["lead"], first["rows"][1]["lead"]["lead"]);
    assert_eq!(door.get("/v1/leads?limit=200").json()["leads"].as_array().unwrap().len(), 36);
    for (rows, says) in [(0, "0 rows"), (501, "501 rows")] {
        let body = json!({ "leads": vec![json!({}); rows] }).to_string();
        let answer = door.post("/v1/leads/batch", &body);
        assert_eq!(answer.status.as_u16(), 400);
        assert!(answer.text.contains(says), "{}", answer.text);
    }
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    door.stop();
}

#[test]
fn a_form_is_a_lead() {
    let door = Door::open(5);
    let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    let send = |body: &str| door.call("POST", "/v1/leads", &[form], body);
    let body = "source=website&name=Mara+Weiss&email=Mara%40example.com&phone=030+1234567&company=Example+GmbH\
                &country=Deutschland&employees=12&topics=price&topics=demo&started=";
    let answer = send(body).json();
    assert_eq!(answer["state"], "owned", "{answer}");
    let shown = door.get(&format!("/v1/leads/{}", answer["lead"].as_str().unwrap())).json();
    assert_eq!(shown["attributes"]["country"], "DE");
    assert_eq!(shown["attributes"]["topics"], "price, demo", "{}", shown["attributes"]);
    let same = door.post("/v1/leads", r#"{"source":"chat","contact":{"email":"mara@example.com"}}"#).json();
    assert_eq!((&same["lead"], &same["duplicate"]), (&answer["lead"], &json!(true)));
    let wrong = send("source=website&colour=red");
    assert_eq!((wrong.status.as_u16(), wrong.str("/errors/0/field").as_str()), (422, "attributes.colour"));
    assert_eq!(send("source=%ff").status.as_u16(), 400);
    assert_eq!(send("").status.as_u16(), 422);
    door.stop();
}
