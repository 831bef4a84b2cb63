//! Companies and persons at the door, versions of what is edited, and a person erased.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{Answer, Door, JSON};

fn put(door: &Door, path: &str, body: &Value) -> Value {
    let answer = door.post(path, &body.to_string());
    assert_eq!(answer.status, StatusCode::OK, "{path} {body}: {}", answer.text);
    answer.json()
}

fn patch(door: &Door, path: &str, seen: &str, body: &Value) -> Answer {
    door.call("PATCH", path, &[JSON, ("if-match", seen)], &body.to_string())
}

#[test]
fn companies_are_kept_matched_and_changed_by_who_saw_them() {
    let door = Door::open(5);
    let acme = put(
        &door,
        "/v1/accounts",
        &json!({ "name": "Acmé GmbH & Co. KG", "domain": "https://www.Acme.example/x", "external_id": "001" }),
    );
    assert_eq!((&acme["name_key"], &acme["domain"]), (&json!("acme"), &json!("acme.example")));
    let path = format!("/v1/accounts/{}", acme["id"].as_str().unwrap());
    let shown = door.get(&path);
    let tag = shown.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!((shown.json(), tag.clone()), (acme.clone(), format!("\"{}\"", acme["version"])));
    // Known by its external id, else by its domain; what is not named stays.
    let same = put(&door, "/v1/accounts", &json!({ "external_id": "001", "owner": "cy" }));
    assert_eq!((&same["id"], &same["name"], &same["owner"]), (&acme["id"], &acme["name"], &json!("cy")));
    let same = put(&door, "/v1/accounts", &json!({ "domain": "acme.example", "owner": null }));
    assert_eq!((&same["id"], &same["owner"]), (&acme["id"], &Value::Null));
    // Whoever saw an older one is told how it is now.
    let late = patch(&door, &path, &tag, &json!({ "owner": "di" }));
    assert_eq!((late.status, late.str("/type").as_str()), (StatusCode::PRECONDITION_FAILED, "/docs#changed"));
    let (now, present) = (late.headers["etag"].to_str().unwrap().to_owned(), late.json()["present"].clone());
    assert_eq!(present, same);
    assert_eq!(patch(&door, &path, &now, &json!({ "owner": "di" })).json()["owner"], "di");
    assert_eq!(patch(&door, &path, &now, &json!({ "owner": "bo" })).status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(patch(&door, &path, "*", &json!({ "owner": "bo" })).json()["owner"], "bo");
    let without = door.call("PATCH", &path, &[JSON], "{}");
    assert_eq!(without.status, StatusCode::PRECONDITION_REQUIRED);
    // Parents.
    let child = put(&door, "/v1/accounts", &json!({ "name": "Acme France", "parent": acme["id"] }));
    let circle = patch(&door, &path, "*", &json!({ "parent": child["id"] }));
    assert!(circle.status == StatusCode::UNPROCESSABLE_ENTITY && circle.text.contains("leads back"), "{}", circle.text);
    for wrong in [
        json!({}),
        json!({ "name": " " }),
        json!({ "domain": "acme" }),
        json!({ "name": "x", "owner": "zoe" }),
        json!({ "name": "x", "parent": "acme" }),
    ] {
        assert_eq!(door.post("/v1/accounts", &wrong.to_string()).status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    // Pages.
    let first = door.get("/v1/accounts?limit=1").json();
    let next = door.get(&format!("/v1/accounts?limit=1&cursor={}", first["next"].as_str().unwrap())).json();
    assert_eq!((&first["accounts"][0]["id"], &next["accounts"][0]["id"]), (&acme["id"], &child["id"]));
    assert_eq!(door.get("/v1/accounts?name=ACME%20Inc.").json()["accounts"].as_array().unwrap().len(), 1);
    // Why a lead is matched.
    let why = |query: &str| door.get(&format!("/v1/accounts/match?{query}")).json();
    let (by_mail, by_name) = (why("email=mara@acme.example"), why("name=Acme%20AG&email=x@gmail.com"));
    assert_eq!((&by_mail["account"]["id"], &by_mail["by"]), (&acme["id"], &json!("domain")));
    assert_eq!(
        (&by_name["account"]["id"], &by_name["by"], &by_name["domain"]),
        (&acme["id"], &json!("name"), &Value::Null)
    );
    assert!(by_name["steps"][0].as_str().unwrap().contains("mail provider"), "{by_name}");
    let nobody = why("domain=nobody.example");
    assert!(
        nobody["account"].is_null()
            && nobody["steps"].as_array().unwrap().last().unwrap().as_str().unwrap().contains("new one")
    );
    assert_eq!(door.get("/v1/accounts/match").status, StatusCode::BAD_REQUEST);
    // The lead itself goes there.
    let lead = put(
        &door,
        "/v1/leads",
        &json!({ "source": "website", "attributes": { "country": "DE" }, "contact": { "email": "mara@acme.example" } }),
    );
    let detail = door.get(&format!("/v1/decisions/{}", lead["decision"].as_str().unwrap()));
    assert_eq!(detail.status, StatusCode::OK);
    assert_eq!(
        door.get("/v1/accounts?domain=acme.example").json()["accounts"].as_array().unwrap().len(),
        1,
        "no second company"
    );
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    door.stop();
}

#[test]
fn one_company_however_many_say_so_at_once() {
    let door = Door::open(5);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let door = &door;
            scope.spawn(move || {
                put(door, "/v1/accounts", &json!({ "name": format!("Acme {worker}"), "domain": "acme.example" }))
            });
        }
    });
    assert_eq!(door.get("/v1/accounts").json()["accounts"].as_array().unwrap().len(), 1);
    let key = [JSON, ("idempotency-key", "k1")];
    let first = door.call("POST", "/v1/contacts", &key, r#"{"email":"a@acme.example","name":"A"}"#);
    let again = door.call("POST", "/v1/contacts", &key, r#"{"email":"a@acme.example","name":"A"}"#);
    assert_eq!((first.status, first.json()), (again.status, again.json()));
    door.stop();
}

#[test]
fn a_person_is_kept_told_and_erased() {
    let door = Door::open(5);
    let mara = put(
        &door,
        "/v1/contacts",
        &json!({ "name": "Mara Weiss", "email": " Mara@Example.COM", "phone": "030 1234567", "owner": "di" }),
    );
    assert_eq!((&mara["email"], &mara["phone"]), (&json!("mara@example.com"), &json!("+49301234567")));
    let path = format!("/v1/contacts/{}", mara["id"].as_str().unwrap());
    assert_eq!(door.get(&path).headers["etag"].to_str().unwrap(), format!("\"{}\"", mara["version"]));
    let by_phone = door.get("/v1/contacts?phone=%2B49301234567").json();
    assert_eq!(by_phone["contacts"][0]["id"], mara["id"]);
    assert_eq!(door.get("/v1/contacts?email=nobody").json()["contacts"], json!([]));
    let lead = r#"{"source":"website","attributes":{"country":"DE","age":41},"contact":{"email":"mara@example.com"}}"#;
    let lead = door.post("/v1/leads", lead).json();
    let changed = patch(&door, &path, "*", &json!({ "phone": null, "name": "Mara W." })).json();
    assert_eq!(
        (&changed["phone"], &changed["name"], &changed["email"]),
        (&Value::Null, &json!("Mara W."), &mara["email"])
    );
    for wrong in [
        json!({}),
        json!({ "email": "x" }),
        json!({ "phone": "12" }),
        json!({ "email": "a@b.example", "account": "account_01h2xcejqtf2nbrexx3vqjhp41" }),
    ] {
        assert_eq!(door.post("/v1/contacts", &wrong.to_string()).status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let person = format!("/v1/persons/{}", mara["id"].as_str().unwrap());
    let file = door.get(&format!("{person}/export")).json();
    assert_eq!(file["contact"]["email"], "mara@example.com");
    assert_eq!(file["leads"][0]["lead"]["id"], lead["lead"]);
    assert!(file["leads"][0]["decisions"][0]["facts"].is_object());
    let erase = |request: &str| {
        door.post(&format!("{person}/erasure"), &json!({ "request": request, "by": "olga" }).to_string())
    };
    assert_eq!(erase(" ").status, StatusCode::UNPROCESSABLE_ENTITY);
    let erased = erase("GDPR-2026-014").json();
    assert_eq!((&erased["leads"], &erased["closed"]), (&json!(1), &json!(1)));
    let everything = door.get(&format!("{person}/export")).text
        + &door.get(&path).text
        + &door.get(&format!("/v1/leads/{}", lead["lead"].as_str().unwrap())).text;
    for gone in ["mara", "Mara", "+4930", "41"] {
        assert!(!everything.contains(&format!("\"{gone}")) && !everything.contains("mara@"), "{gone} in {everything}");
    }
    let audit = door.get("/v1/audit/verify").json();
    assert_eq!((&audit["holds"], &audit["chain"]["erased"][0][1]), (&json!(true), &json!("GDPR-2026-014")), "{audit}");
    let decision = door.get(&format!("/v1/decisions/{}", lead["decision"].as_str().unwrap()));
    assert_eq!((decision.status, decision.str("/type").as_str()), (StatusCode::GONE, "/docs#gone"));
    let nobody = door.post("/v1/persons/contact_01h2xcejqtf2nbrexx3vqjhp41/erasure", r#"{"request":"x"}"#);
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    // Nothing of it is left in the file either.
    let folder = door.stop();
    for name in ["pointsman.db", "pointsman.db-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
        let found = bytes.windows(16).any(|window| window == b"mara@example.com");
        assert!(!found || name.ends_with("wal"), "the address is still in {name}");
    }
}

#[test]
fn what_is_edited_is_edited_by_who_saw_it() {
    let door = Door::open(5);
    let tag = |path: &str| door.get(path).headers["etag"].to_str().unwrap().to_owned();
    let send =
        |method: &str, path: &str, seen: &str, body: &str| door.call(method, path, &[JSON, ("if-match", seen)], body);
    // Absences.
    let seen = tag("/v1/absences");
    let away = r#"{"rep":"bo","until":"2990-01-01"}"#;
    let first = send("POST", "/v1/absences", &seen, away);
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let late = send("POST", "/v1/absences", &seen, r#"{"rep":"cy","until":"2990-01-01"}"#);
    assert_eq!((late.status, late.str("/present/absences/0/rep").as_str()), (StatusCode::PRECONDITION_FAILED, "bo"));
    let id = first.str("/id");
    assert_eq!(send("DELETE", &format!("/v1/absences/{id}"), &seen, "").status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(send("DELETE", &format!("/v1/absences/{id}"), &tag("/v1/absences"), "").status, StatusCode::OK);
    // Policies.
    let seen = tag("/v1/policies/main");
    let text = door.get("/v1/policies/main").str("/text");
    let publish = |seen: &str, text: &str| {
        send("POST", "/v1/policies", seen, &json!({ "policy": text, "reason": "tests" }).to_string())
    };
    assert_eq!(publish(&seen, &text.replace("'30m'", "'45m'")).status, StatusCode::OK);
    let late = publish(&seen, &text.replace("'30m'", "'50m'"));
    assert!(
        late.status == StatusCode::PRECONDITION_FAILED && late.str("/present/text").contains("45m"),
        "{}",
        late.text
    );
    let second = text.replace("name = 'main'", "name = 'second'");
    assert_eq!(publish("\"none\"", &second).status, StatusCode::OK, "a new one is at no version");
    assert_eq!(publish("\"none\"", &second.replace("'30m'", "'10m'")).status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(publish("main", &text).status, StatusCode::BAD_REQUEST);
    door.stop();
}
