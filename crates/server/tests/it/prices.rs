//! Prices in the running server: solved beside the decisions, in force from a batch's border on,
//! the same after a restart, and nothing that replay cannot follow.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use pointsman_decision::{DocumentKind, DocumentSet};
use pointsman_domain::{Digest, Instant, Micros};
use pointsman_scoring::{
    Artifact, Calibration, Fallback,
    artifact::{Inputs, LeadLayer, Provenance, RepLayer},
};
use serde_json::Value;

use crate::world::{Door, documents};

/// Ada wins most leads that she gets, the others few; she has seventy places a day.
fn priced() -> DocumentSet {
    let mut documents = documents(1000);
    let names = ["ada", "bo", "cy", "di", "eve"];
    let reps = RepLayer {
        trees: Vec::new(),
        names: names.map(Into::into).into(),
        intercepts: vec![1.5, -0.5, -0.6, -0.7, -0.8],
        variances: vec![0.04; 5],
        prior_variance: 0.1,
        slopes: vec![],
    };
    let artifact = Artifact {
        format: 1,
        provenance: Provenance {
            engine: "0.1.0".into(),
            spec: None,
            data: Digest::default(),
            rows: 1000,
            trained_until: None,
            seed: 1,
        },
        fallback: Fallback::Layers,
        inputs: Inputs { categories: vec![], numbers: vec![] },
        base: -1.0,
        lead: LeadLayer { numbers: vec![], missing: vec![], categories: vec![], segments: vec![] },
        trees: None,
        reps: Some(reps),
        calibration: Calibration { intercept: 0.0, slope: 1.0 },
        value: None,
    };
    documents.insert(DocumentKind::Model, "", artifact.save());
    documents.insert(DocumentKind::Features, "", b"{\"format\":1}".to_vec());
    let reps: String = names.map(|id| format!("[[rep]]\nid = '{id}'\n")).concat();
    let roster = format!(
        "format = 1\n[[limit]]\nid = 'day'\nkind = 'per-day'\ndefault = 100\n{}\n[[pool]]\nid = 'all'\nreps = ['ada', 'bo', 'cy', 'di', 'eve']",
        reps.replacen("id = 'ada'", "id = 'ada'\nname = 'Ada'\ncaps = { day = 70 }", 1)
    );
    documents.insert(DocumentKind::Roster, "", roster.into_bytes());
    let policy = "format = 1\nname = 'main'\n[[rule]]\nid = 'rest'\npool = 'all'\npick = 'expected-value'\n\
                  [fallback]\nqueue = 'unassigned'\nalarm = true";
    documents.insert(DocumentKind::Policy, "main", policy.as_bytes().to_vec());
    documents
}

/// Asks until the book of this epoch is in force.
fn wait_for(door: &Door, epoch: u64) -> Value {
    for _ in 0..200_000 {
        let prices = door.get("/v1/prices").json();
        if prices["epoch"].as_u64() >= Some(epoch) {
            return prices;
        }
        std::thread::yield_now();
    }
    panic!("no prices of epoch {epoch}: {}", door.get("/v1/prices").text);
}

#[test]
fn prices_are_solved_posted_followed_and_kept() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    // A lead every five minutes from nine on: what is still to come today hangs on the hour.
    let morning: Instant = "2026-11-25T08:00:00Z".parse().unwrap();
    let clock = Arc::new(AtomicI64::new(morning.unix_micros()));
    let passes = || clock.fetch_add(Micros::MINUTE.times(5).0, Ordering::Relaxed);
    let door = Door::open_at(Arc::clone(&folder), &clock, |config| config.documents = Some(priced()));
    assert_eq!(door.get("/v1/prices").json()["epoch"], 0);
    assert!(door.get("/prices").text.contains("No prices were solved yet"));
    let first = door.lead("DE", "p0");
    assert_eq!((first["owner"].as_str(), first["price"].as_f64()), (Some("ada"), Some(0.0)), "free, the best takes it");
    for n in 1..60 {
        passes();
        door.lead("DE", &format!("p{n}"));
    }
    let prices = wait_for(&door, 1);
    let ada = &prices["prices"][0];
    assert_eq!((ada["rep"].as_str(), ada["limit"].as_str()), (Some("ada"), Some("day")));
    assert!(ada["now"].as_f64() > Some(0.05), "ten places for all who come today: {ada}");
    assert!(ada["until"].is_string() && prices["unit"] == "wins");
    let others = prices["prices"].as_array().unwrap().iter().filter(|price| price["rep"] != "ada");
    assert!(others.clone().count() >= 4);
    // What is decided now says so, and replays.
    let next = door.lead("DE", "later");
    let explained = door.get(&format!("/v1/decisions/{}", next["decision"].as_str().unwrap())).json();
    assert!(explained["decision"]["price_epoch"].as_u64() >= Some(1), "{explained}");
    let replay = door.get(&format!("/v1/decisions/{}/replay", next["decision"].as_str().unwrap())).json();
    assert_eq!(replay["equal"], true, "{replay}");
    let rep = door.get("/v1/reps").json()["reps"][0].clone();
    assert!(rep["limits"][0]["price"].as_f64() > Some(0.05) && rep["limits"][0]["until"].is_string(), "{rep}");
    let page = door.get("/prices").text;
    assert!(page.contains("a place of Ada is worth 0."), "{page}");
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    let before = door.get("/v1/prices").json();
    // The book is in the record: whoever starts again has it.
    let folder = door.stop();
    let door = Door::open_at(folder, &clock, |_| {});
    let after = door.get("/v1/prices").json();
    assert_eq!((&after["prices"], &after["solved_from"]), (&before["prices"], &before["solved_from"]));
    door.stop();
}

#[test]
fn what_is_tried_by_posterior_is_logged_with_its_chance_and_replays() {
    let mut documents = priced();
    let policy = "format = 1\nname = 'main'\n[[rule]]\nid = 'rest'\npool = 'all'\npick = 'expected-value'\n\
                  explore = 1.0\nexplore_by = 'posterior'\n[fallback]\nqueue = 'unassigned'\nalarm = true";
    documents.insert(DocumentKind::Policy, "main", policy.as_bytes().to_vec());
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let door = Door::open_in(folder, 1, |config| config.documents = Some(documents));
    // Ada is ahead by far; once her places are used or dear, the others stand close together.
    let leads: Vec<Value> = (0..120).map(|n| door.lead("DE", &format!("p{n}"))).collect();
    let tried: Vec<&Value> = leads.iter().filter(|lead| lead["propensity"].as_f64() < Some(1.0)).collect();
    assert!(tried.len() > 20, "{} of {}", tried.len(), leads.len());
    for lead in tried.iter().take(20) {
        let decision = lead["decision"].as_str().unwrap();
        let explained = door.get(&format!("/v1/decisions/{decision}")).json();
        assert_eq!(explained["decision"]["propensity"], lead["propensity"]);
        let replay = door.get(&format!("/v1/decisions/{decision}/replay")).json();
        assert_eq!(replay["equal"], true, "{replay}");
    }
    assert_eq!(door.get("/v1/audit/verify").json()["holds"], true);
    door.stop();
}
