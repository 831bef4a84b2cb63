//! The table of roles: as documented, and as every route behaves for every role.

#![expect(clippy::disallowed_methods, reason = "whether the page is written or compared is said by the environment")]

use std::{path::Path, sync::Arc};

use crate::world::{Door, JSON};
use pointsman_server::{
    ApiKey,
    access::{Access, RepFigures, Role, table},
    router::routes,
};

fn key(role: Role) -> String {
    format!("secret-of-{}", role.as_str())
}

fn door_with_a_key_per_role() -> Door {
    let keys = Role::ALL.map(|role| ApiKey {
        name: role.as_str().into(),
        hash: pointsman_store::log::digest(key(role).as_bytes()),
        scopes: role.scopes(&RepFigures::default()),
    });
    Door::open_in(Arc::new(tempfile::tempdir().unwrap()), 5, |config| config.keys = keys.to_vec())
}

#[test]
fn the_pages_are_what_the_routes_say() {
    compare("roles.md", &table::markdown());
    compare("settings.md", &pointsman_server::settings::markdown());
    let document = serde_json::to_string_pretty(&pointsman_server::openapi::document()).unwrap();
    compare("openapi.json", &(document + "\n"));
}

fn compare(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("POINTSMAN_WRITE_DOCS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/{name} is old: POINTSMAN_WRITE_DOCS=1 cargo test -p pointsman-server -- roles promise");
}

#[test]
fn every_route_asks_every_role() {
    let door = door_with_a_key_per_role();
    let mut checked = 0;
    for (route, access, _) in routes() {
        let path = route.path.replace("{id}", "lead_01h2xcejqtf2nbrexx3vqjhp41");
        let call = |headers: &[(&str, &str)]| {
            door.call(&route.method.to_uppercase(), &path, &[&[JSON], headers].concat(), "{}").status.as_u16()
        };
        let (anybody, wrong) = (call(&[]), call(&[("authorization", "Bearer secret-of-nobody")]));
        // A message that is signed is believed for its signature: no key helps, none is needed.
        if route.problems.contains(&"unsigned") {
            assert_eq!((access, anybody), (Access::Open, 401), "{path}");
            assert!(Role::ALL.iter().all(|role| call(&[("authorization", &format!("Bearer {}", key(*role)))]) == 401));
            continue;
        }
        match access {
            Access::Open => assert!(![401, 403].contains(&anybody), "{} {path}: {anybody}", route.method),
            Access::Needs(_) => assert_eq!((anybody, wrong), (401, 401), "{} {path}", route.method),
        }
        for role in Role::ALL {
            let bearer = format!("Bearer {}", key(role));
            let status = call(&[("authorization", &bearer)]);
            let may = match access {
                Access::Open => true,
                Access::Needs(scope) => role.scopes(&RepFigures::default()).has(scope),
            };
            assert_ne!(status, 401, "{} {path} as {}", route.method, role.as_str());
            assert_eq!(status != 403, may, "{} {path} as {} answers {status}", route.method, role.as_str());
            checked += 1;
        }
    }
    assert!(checked >= 100, "{checked} cells of the table");
    door.stop();
}

#[test]
fn a_page_of_another_site_changes_nothing_on_this_machine() {
    let door = Door::open(5);
    let body = crate::world::lead_body("DE", "p1");
    let send = |headers: &[(&str, &str)]| door.call("POST", "/v1/leads", &[&[JSON], headers].concat(), &body);
    let foreign = send(&[("host", "localhost:7171"), ("origin", "http://evil.example")]);
    assert_eq!((foreign.status.as_u16(), foreign.str("/type").as_str()), (403, "/docs#foreign"));
    let rebound = send(&[("host", "evil.example")]);
    assert_eq!((rebound.status.as_u16(), rebound.str("/type").as_str()), (403, "/docs#foreign"));
    assert_eq!(door.call("GET", "/v1/leads", &[("host", "evil.example")], "").status.as_u16(), 403);
    assert_eq!(door.get("/v1/leads").json()["leads"].as_array().unwrap().len(), 0);
    assert_eq!(send(&[("host", "127.0.0.1:7171")]).status.as_u16(), 200);
    // A wrong key is told, even where none is needed.
    assert_eq!(send(&[("authorization", "Bearer old")]).status.as_u16(), 401);
    door.stop();
}

#[test]
fn a_key_that_sends_too_much_waits() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let hash = pointsman_store::log::digest(b"secret-1");
    let scopes = Role::Admin.scopes(&RepFigures::default());
    let door = Door::open_in(folder, 5, |config| {
        config.keys = vec![ApiKey { name: "crm".into(), hash, scopes }];
        config.rate = 3;
    });
    let bearer = ("authorization", "Bearer secret-1");
    let statuses: Vec<u16> = (0..8).map(|_| door.call("GET", "/v1/leads", &[bearer], "").status.as_u16()).collect();
    assert!(statuses.starts_with(&[200, 200, 200]) && statuses.contains(&429), "{statuses:?}");
    assert_eq!(door.get("/healthz").status.as_u16(), 200);
    door.stop();
}
