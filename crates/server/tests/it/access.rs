//! Keys and people: made, used, ended.

use crate::world::{Answer, Door, JSON};
use pointsman_server::access::{
    Role, Scopes,
    keys::{self, NewKey},
    password,
    users::{self, NewUser},
};
use serde_json::{Value, json};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const HERE: (&str, &str) = ("sec-fetch-site", "same-origin");

/// The first key, as the command line makes it beside the server.
fn admin(door: &Door) -> String {
    let new = NewKey { name: "root".into(), scopes: Scopes::all(), rate: None, expires_at: None, by: "test".into() };
    let outside = door.state.outside.clone();
    door.runtime.block_on(door.state.shelf(move |shelf| keys::make(shelf, &outside, &new))).unwrap().key
}

fn user(door: &Door, name: &str, role: Role) {
    person(door, name, role, None);
}

fn person(door: &Door, name: &str, role: Role, rep: Option<&str>) {
    let new = NewUser {
        name: name.into(),
        password_hash: password::hash("correct horse battery", 1),
        role,
        rep: rep.map(|id| id.parse().unwrap()),
        by: "test".into(),
    };
    let now = door.state.now();
    door.runtime.block_on(door.state.shelf(move |shelf| users::add(shelf, new, now))).unwrap().unwrap();
}

fn send(door: &Door, method: &str, path: &str, key: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    door.call(method, path, &[JSON, ("authorization", &bearer)], &body.to_string())
}

#[test]
fn a_key_is_shown_once_does_what_it_may_and_ends() {
    let door = Door::open(5);
    assert_eq!(door.get("/v1/leads").status.as_u16(), 200, "without keys and users this machine may do everything");
    let root = admin(&door);
    assert_eq!(door.get("/v1/leads").status.as_u16(), 401, "with a key everybody needs one");
    let made = send(&door, "POST", "/v1/keys", &root, &json!({ "name": "website", "scopes": ["leads:send"] })).json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap().to_owned());
    assert_eq!(
        (&made["made_by"], &made["scopes"], &made["valid"]),
        (&json!("root"), &json!(["leads:send"]), &json!(true))
    );
    let lead = |key: &str, person: &str| {
        let bearer = format!("Bearer {key}");
        let body = crate::world::lead_body("DE", person);
        door.call("POST", "/v1/leads", &[JSON, ("authorization", &bearer)], &body).status.as_u16()
    };
    assert_eq!(lead(&key, "p1"), 200);
    assert_eq!(send(&door, "GET", "/v1/leads", &key, &json!({})).status.as_u16(), 403);
    assert_eq!(lead(&format!("{key}0"), "p2"), 401);
    let listed = send(&door, "GET", "/v1/keys", &root, &json!({})).text;
    assert!(listed.contains(id) && !listed.contains(&key) && !listed.contains("hash"), "{listed}");
    // The old one counts until the grace is over.
    let rotated = send(&door, "POST", &format!("/v1/keys/{id}/rotation"), &root, &json!({ "grace_hours": 1 })).json();
    let next = rotated["key"].as_str().unwrap().to_owned();
    assert_eq!((lead(&key, "p3"), lead(&next, "p4")), (200, 200));
    assert_eq!(send(&door, "DELETE", &format!("/v1/keys/{id}"), &root, &json!({})).json()["revoked_by"], "root");
    assert_eq!((lead(&key, "p5"), lead(&next, "p6")), (401, 200));
    assert_eq!(send(&door, "DELETE", "/v1/keys/0000", &root, &json!({})).status.as_u16(), 404);
    // At once, without grace.
    let id = rotated["id"].as_str().unwrap();
    send(&door, "POST", &format!("/v1/keys/{id}/rotation"), &root, &json!({ "grace_hours": 0 }));
    assert_eq!(lead(&next, "p7"), 401);
    // Taking the last key away does not open the door.
    let root_id = root.split('_').nth(1).unwrap().to_owned();
    assert_eq!(send(&door, "DELETE", &format!("/v1/keys/{root_id}"), &root, &json!({})).status.as_u16(), 200);
    assert_eq!(door.get("/v1/leads").status.as_u16(), 401);
    // What it did carries the key's name.
    let folder = door.stop();
    let database = std::fs::read(folder.path().join("pointsman.db")).unwrap();
    assert!(!database.windows(key.len()).any(|part| part == key.as_bytes()), "the text is kept nowhere");
}

#[test]
fn nobody_gives_away_more_than_they_have() {
    let door = Door::open(5);
    let root = admin(&door);
    let body = json!({ "name": "keeper", "scopes": ["access:manage", "leads:read"] });
    let keeper = send(&door, "POST", "/v1/keys", &root, &body).str("/key");
    let check = |method: &str, path: &str, body: Value, status: u16| {
        let answer = send(&door, method, path, &keeper, &body);
        assert_eq!(answer.status.as_u16(), status, "{path} {body}: {}", answer.text);
    };
    check("POST", "/v1/keys", json!({ "name": "more", "scopes": ["admin"] }), 422);
    check("POST", "/v1/keys", json!({ "name": "same", "scopes": ["leads:read"] }), 200);
    check("POST", "/v1/users", json!({ "name": "eve", "password": "correct horse battery", "role": "admin" }), 422);
    let root_id = root.split('_').nth(1).unwrap();
    check("POST", &format!("/v1/keys/{root_id}/rotation"), json!({}), 403);
    check("DELETE", &format!("/v1/keys/{root_id}"), json!({}), 403);
    user(&door, "olga", Role::Ops);
    check("PATCH", "/v1/users/olga", json!({ "password": "correct horse battery" }), 422);
    for (field, body) in [
        ("name", json!({ "name": "a b", "scopes": ["leads:read"] })),
        ("scopes", json!({ "name": "a", "scopes": ["leads:sent"] })),
        ("scopes", json!({ "name": "a", "scopes": [] })),
        ("rate", json!({ "name": "a", "scopes": ["leads:read"], "rate": 0 })),
        ("expires_at", json!({ "name": "a", "scopes": ["leads:read"], "expires_at": "2020-01-01T00:00:00Z" })),
    ] {
        assert_eq!(send(&door, "POST", "/v1/keys", &root, &body).str("/errors/0/field"), field, "{body}");
    }
    door.stop();
}

#[test]
fn somebody_logs_in_works_and_logs_out() {
    let door = Door::open(5);
    user(&door, "olga", Role::Ops);
    // A page leads to the login and back.
    let sent_away = door.call("GET", "/leads?state=held", &[("accept", "text/html")], "");
    assert_eq!(sent_away.status.as_u16(), 303);
    assert_eq!(sent_away.headers["location"], "/login?next=/leads%3Fstate%3Dheld");
    assert!(door.get("/login?next=/leads%3Fstate%3Dheld").text.contains("value=\"/leads?state=held\""));
    let login = |headers: &[(&str, &str)], password: &str| {
        let body = format!("name=olga&password={password}&next=%2Fleads");
        door.call("POST", "/login", &[&[FORM], headers].concat(), &body)
    };
    let wrong = login(&[HERE], "correct+horse+batterz");
    assert_eq!(wrong.status.as_u16(), 401);
    assert!(wrong.text.contains("do not fit together") && !wrong.headers.contains_key("set-cookie"));
    assert_eq!(login(&[("sec-fetch-site", "cross-site")], "correct+horse+battery").status.as_u16(), 403);
    // A cookie that was there before is not the one afterwards.
    let done = login(&[HERE, ("cookie", "pointsman_session=pms_0a_planted")], "correct+horse+battery");
    assert_eq!((done.status.as_u16(), &done.headers["location"]), (303, &"/leads".parse().unwrap()));
    let set = done.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("pointsman_session=pms_") && !cookie.contains("planted"), "{cookie}");
    let with = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        door.call(method, path, &[&[JSON, ("cookie", cookie.as_str())], headers].concat(), body)
    };
    assert_eq!(with("GET", "/leads", &[], "").status.as_u16(), 200);
    assert!(with("GET", "/login", &[], "").text.contains("As olga, with the role ops"));
    // Whatever changes something must come from our own pages.
    let lead = crate::world::lead_body("DE", "p1");
    for headers in [vec![], vec![("sec-fetch-site", "cross-site")], vec![("origin", "https://evil.example")]] {
        let answer = with("POST", "/v1/leads", &headers, &lead);
        assert_eq!((answer.status.as_u16(), answer.str("/type").as_str()), (403, "/docs#foreign"), "{headers:?}");
    }
    assert_eq!(with("POST", "/v1/leads", &[HERE], &lead).status.as_u16(), 200);
    assert_eq!(with("GET", "/v1/keys", &[], "").status.as_u16(), 403, "ops do not manage keys");
    // Out is out, for whoever kept the cookie too.
    let out = with("POST", "/logout", &[HERE], "");
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(with("GET", "/leads", &[], "").status.as_u16(), 401);
    door.stop();
}

#[test]
fn a_new_password_or_being_kept_out_ends_sessions_and_guessing_is_slow() {
    let door = Door::open(5);
    let root = admin(&door);
    user(&door, "vera", Role::Viewer);
    let login = |password: &str| {
        door.call("POST", "/login", &[FORM, HERE], &format!("name=vera&password={password}"))
            .headers
            .get("set-cookie")
            .map(|set| set.to_str().unwrap().split(';').next().unwrap().to_owned())
    };
    let today = |cookie: &str| door.call("GET", "/", &[("cookie", cookie)], "").status.as_u16();
    let first = login("correct+horse+battery").unwrap();
    assert_eq!(today(&first), 200);
    let change = |body: Value| send(&door, "PATCH", "/v1/users/vera", &root, &body).status.as_u16();
    assert_eq!(change(json!({ "password": "another long one" })), 200);
    assert_eq!(today(&first), 401);
    let second = login("another+long+one").unwrap();
    assert_eq!(change(json!({ "role": "rep" })), 422, "who is no rep has no leads of their own");
    assert_eq!(change(json!({ "disabled": true })), 200);
    assert_eq!((today(&second), login("another+long+one")), (401, None));
    // Five tries at once, then one every ten seconds, right or wrong.
    let statuses: Vec<u16> =
        (0..6).map(|_| door.call("POST", "/login", &[FORM, HERE], "name=eve&password=x").status.as_u16()).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    door.stop();
}

#[test]
fn a_rep_sees_their_own_leads_and_no_others() {
    let door = Door::open(50);
    let leads: Vec<Value> = (0..15).map(|n| door.lead("DE", &format!("p{n}"))).collect();
    person(&door, "bo.b", Role::Rep, Some("bo"));
    let body = "name=bo.b&password=correct+horse+battery";
    let set = door.call("POST", "/login", &[FORM, HERE], body).headers["set-cookie"].to_str().unwrap().to_owned();
    let cookie = set.split(';').next().unwrap();
    let get = |path: &str| door.call("GET", path, &[("cookie", cookie)], "");
    let listed = get("/v1/leads").json();
    let owners: Vec<&str> =
        listed["leads"].as_array().unwrap().iter().map(|lead| lead["owner"].as_str().unwrap()).collect();
    assert_eq!(owners, ["bo", "bo", "bo"], "three of fifteen");
    assert_eq!(get("/v1/leads?state=parked").json()["leads"], json!([]));
    let (mut path, mut seen) = ("/v1/leads?limit=2".to_owned(), 0);
    loop {
        let page = get(&path).json();
        seen += page["leads"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/leads?limit=2&cursor={next}");
    }
    assert_eq!(seen, 3);
    for lead in &leads {
        let id = lead["lead"].as_str().unwrap();
        let own = lead["owner"] == "bo";
        assert_eq!(get(&format!("/v1/leads/{id}")).status.as_u16(), if own { 200 } else { 404 });
        assert_eq!(get("/leads").text.contains(id), own, "the page shows the same");
    }
    assert_eq!(get("/v1/reps").status.as_u16(), 403);
    door.stop();
}
