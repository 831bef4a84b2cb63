//! The short run of the proof about kills, and that its checker sees what it is there for.

use std::{path::Path, time::Duration};

use pointsman_assign::{Change, CounterKey, Partition};
use pointsman_domain::{CommandId, Digest, LeadId, LimitId, RepId, Window};
use pointsman_store::{
    Sqlite, Store, codec,
    log::{LogKind, LogRow},
    row::BatchRows,
    statements::Step,
};
use pointsman_tests::{
    prove::kills::{COMPANY, Checker, PLACES, Said, kills},
    server::{Client, Server},
};

/// `POINTSMAN_KILLS` sets how many.
#[test]
#[expect(clippy::disallowed_methods, reason = "how many is told by the environment")]
fn nothing_acknowledged_is_lost_by_fifty_kills() {
    let count = std::env::var("POINTSMAN_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tally = kills(folder.path(), count, Duration::from_millis(120), |_| {}).unwrap_or_else(|why| panic!("{why}"));
    // However slow the machine: a round is killed behind its first answer, and in the middle of work.
    assert!(tally.handed > count / 5, "{tally:?}");
    assert!(tally.acknowledged > count && tally.unanswered > count && tally.leads > count, "{tally:?}");
    println!(
        "{} kills, {} answers, none lost; ready again after {:?} at most",
        tally.kills,
        tally.acknowledged,
        tally.ready.last()
    );
}

/// Decides seven leads and ends; gives what was said.
fn record(folder: &Path) -> Vec<Said> {
    COMPANY.write(folder).expect("the company is written");
    let server = Server::start(folder);
    let mut client = Client::connect(server.address()).expect("it listens");
    let said = (0..7).map(|n| {
        let body =
            format!(r#"{{"source":"form","attributes":{{"country":"AT"}},"contact":{{"email":"p{n}@n.example"}}}}"#);
        let (status, body) = client.post("/v1/leads", None, &body).expect("it answers");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(status, 200, "{body}");
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        Said::Decided {
            lead: text("lead").expect("a lead"),
            decision: text("decision").expect("a decision"),
            owner: text("owner"),
        }
    });
    let said = said.collect();
    server.kill();
    said
}

/// A record as it should be, changed by `change`: what the checker finds.
fn found(said: impl FnOnce(Vec<Said>) -> Vec<Said>, change: impl FnOnce(&Sqlite)) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let heard = said(record(folder.path()));
    let path = folder.path().join("pointsman.db");
    let mut checker = Checker::new(&path, PLACES);
    checker.check().expect("as it was left, it holds");
    change(&Sqlite::open(&path).expect("it opens"));
    checker.heard(heard);
    checker.check()
}

/// Writes a decision's row into the record, rightly chained, that claims an open slot of a rep of
/// few places for `lead`: what a store would leave that decides wrongly.
fn claims(store: &Sqlite, rep: &str, lead: LeadId) {
    let mut backend = store.backend().expect("it opens");
    let head = backend.begin().expect("it can be written");
    let rep = RepId::new(rep).expect("a rep");
    let limit = LimitId::new("open").expect("a limit");
    let key = CounterKey { rep, limit, window: Window::Always, partition: Partition(0) };
    let mut changes = Vec::new();
    codec::encode(&[Change::Claim { key }], &mut changes);
    let mut row = LogRow {
        seq: head.seq + 1,
        kind: LogKind::Decision,
        at: head.at,
        command: CommandId::from_bytes([9; 16]),
        lead: Some(lead),
        actor: None,
        changes,
        detail: None,
        facts: None,
        hash: Digest::default(),
    };
    row.hash = row.chained(head.hash, &mut Vec::new());
    let head = pointsman_store::Head { seq: row.seq, hash: row.hash, ..head };
    backend.write(&BatchRows { log: vec![row], head, ..BatchRows::default() }).expect("it is written");
    backend.commit().expect("it is on disk");
}

/// Plain statements behind the store's back, the last of which must change something.
fn sql(statements: &'static [&'static str]) -> impl FnOnce(&Sqlite) {
    move |store| {
        let steps = statements
            .iter()
            .enumerate()
            .map(|(n, sql)| Step { must: n + 1 == statements.len(), ..Step::may(sql, vec![]) });
        let changed = store.statements().expect("it opens").all("be tampered with", steps.collect()).expect("it runs");
        assert!(changed, "{statements:?}");
    }
}

#[track_caller]
fn check(found: Result<(), String>, part: &str) {
    let faults = found.expect_err("it must be seen");
    assert!(faults.contains(part), "expected '{part}' in: {faults}");
}

#[test]
fn the_checker_of_kills_sees_each_thing_that_it_is_there_for() {
    let nothing = |said| said;
    assert_eq!(found(nothing, |_| {}), Ok(()));
    // An answer that the store knows nothing of, and one that says another owner.
    let invented = |mut said: Vec<Said>| {
        said.push(Said::Decided {
            lead: LeadId::from_bytes([7; 16]).to_string(),
            decision: "decision_01h2xcejqtf2nbrexx3vqjhp41".into(),
            owner: None,
        });
        said
    };
    check(found(invented, |_| {}), "lost: Decided");
    let other_owner = |said: Vec<Said>| {
        let another = |said| match said {
            Said::Decided { lead, decision, .. } => Said::Decided { lead, decision, owner: Some("many-0".into()) },
            other => other,
        };
        said.into_iter().map(another).collect()
    };
    check(found(other_owner, |_| {}), "lost: Decided");
    let closed = |mut said: Vec<Said>| {
        if let Some(Said::Decided { lead, .. }) = said.first().cloned() {
            said.push(Said::Closed { lead });
        }
        said
    };
    check(found(closed, |_| {}), "lost: Closed");
    let handed = |mut said: Vec<Said>| {
        if let Some(Said::Decided { lead, .. }) = said.first().cloned() {
            said.push(Said::Handed { lead });
        }
        said
    };
    check(found(handed, |_| {}), "lost: Handed");
    // A decision that is gone, and facts that are.
    let gone = &[
        "DELETE FROM facts WHERE seq = (SELECT max(seq) FROM decisions)",
        "DELETE FROM traces WHERE seq = (SELECT max(seq) FROM decisions)",
        "DELETE FROM decisions WHERE seq = (SELECT max(seq) FROM decisions)",
    ];
    check(found(nothing, sql(gone)), "lost: Decided");
    check(found(nothing, sql(&gone[..1])), "lost: Decided");
    // The record's own faults: a second owner, a claim too many, counters that do not fit.
    let second = |store: &Sqlite| {
        let leads = store.reader().expect("it opens").leads_with(&RepId::new("few-0").expect("a rep"), None, 1);
        let lead = leads.expect("readable").first().expect("few-0 has one").0.id;
        claims(store, "many-0", lead);
    };
    check(found(nothing, second), "two owners");
    // Seven leads for six places: both reps of few are full.
    let too_many = |store: &Sqlite| claims(store, "few-1", LeadId::from_bytes([7; 16]));
    check(found(nothing, too_many), "claimed at a full limit");
    let too_many = |store: &Sqlite| claims(store, "few-1", LeadId::from_bytes([7; 16]));
    check(found(nothing, too_many), "over their caps");
    let state = &["DELETE FROM lead_state WHERE lead = (SELECT min(lead) FROM lead_state)"];
    check(found(nothing, sql(state)), "slots held otherwise than recorded");
}
