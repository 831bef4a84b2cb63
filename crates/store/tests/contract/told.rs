//! What is told beside the record: who was notified, what was offered, what experiments and quarters
//! showed.

use pointsman_domain::{Instant, LeadId, Micros, record::Stage};
use pointsman_store::{
    Outbox, Projector, Reports, Store,
    load::Cell,
    outbox::Settled,
    reports::{ExperimentFigure, ExperimentStanding, KeptReturn, ReturnFigure},
    view::View,
};

use super::{
    offers::{accept, decline},
    reports::{Row, rows_of},
};
use crate::world::{World, lead_of};

fn view(name: &str) -> &'static View {
    View::find(name).unwrap()
}

fn notified<S: Store>(world: &World<S>, lead: LeadId) -> Option<Instant> {
    let mut found = None;
    world
        .read(|reader| reader.facts_after(0, &mut |row| found = (row.lead == lead).then_some(row).or(found.take())))
        .unwrap();
    found.and_then(|row| row.notified_at)
}

/// The first message that arrived counts, whether the row is there already, comes later, is written
/// again, or is made anew.
pub fn a_rep_who_was_told_is_in_the_rows<S: Store + Clone>(store: S) {
    let mut outbox = Outbox::new(store.statements().unwrap());
    let world = World::with_cap(store, 9);
    let mut projector = Projector::new(&world.store).unwrap();
    let cursor = outbox.cursor("crm").unwrap();
    let leads: Vec<LeadId> = (0..3).map(|_| lead_of(&world.decide(&world.enquiry("DE"), None).unwrap())).collect();
    projector.catch_up().unwrap();
    let later = lead_of(&world.decide(&world.enquiry("DE"), None).unwrap());
    let now = world.outside.now();
    assert!(outbox.lease("deliver crm", "a", now).unwrap());
    let mut arrive = |leads: &[LeadId], at: Instant| {
        let told = leads.iter().map(|lead| (*lead, at)).collect();
        let same = cursor.clone();
        let round = Settled { found: same.clone(), left: same, kept: vec![], arrived: vec![], told };
        assert!(outbox.settle("deliver crm", "a", &round).unwrap());
    };
    let (first, second) = (now + Micros::SECOND, now + Micros::MINUTE);
    arrive(&[leads[0], later], first);
    assert_eq!(notified(&world, leads[0]), None, "nobody looked yet");
    let before = projector.catch_up().unwrap();
    assert_eq!((notified(&world, leads[0]), notified(&world, leads[1])), (Some(first), None));
    assert_eq!(notified(&world, later), Some(first), "whose row came after the message");
    // Told by another system as well: the first time stays.
    arrive(&[leads[0], leads[1]], second);
    projector.catch_up().unwrap();
    assert_eq!((notified(&world, leads[0]), notified(&world, leads[1])), (Some(first), Some(second)));
    // A change of the lead writes its row again; made anew, all of it is the same.
    world.stage(leads[0], Stage::Contacted).unwrap();
    assert!(projector.catch_up().unwrap() > before);
    assert_eq!(notified(&world, leads[0]), Some(first));
    projector.rebuild().unwrap();
    let all = [leads[0], leads[1], leads[2], later].map(|lead| notified(&world, lead));
    assert_eq!(all, [Some(first), Some(second), None, Some(first)]);
    let rows = rows_of(&world, view("lead"));
    let told = rows.iter().filter(|row| row["notified_at"] != Cell::Int(None)).count();
    assert_eq!(told, 3);
    world.stop();
}

/// Each offer is a row with who was asked, until when, the how-manieth it is, and what they said.
pub fn offers_are_rows_with_their_answers<S: Store>(store: S) {
    let world = World::with_cap(store, 3);
    let taken = lead_of(&world.decide(&world.enquiry("IT"), None).unwrap());
    let offered = world.outside.now();
    world.advance(Micros::MINUTE);
    let owner = world.owner(taken).unwrap();
    accept(&world, taken, &owner).unwrap();
    let passed = lead_of(&world.decide(&world.enquiry("IT"), None).unwrap());
    let first = world.owner(passed).unwrap();
    decline(&world, passed, &first).unwrap();
    let second = world.owner(passed).unwrap();
    Projector::new(&world.store).unwrap().catch_up().unwrap();
    let rows = rows_of(&world, view("offer"));
    let of = |lead: LeadId| -> Vec<&Row> {
        rows.iter().filter(|row| row["lead_id"] == Cell::Text(Some(lead.to_string().into()))).collect()
    };
    let text = |row: &Row, column: &str| match &row[column] {
        Cell::Text(text) => text.as_deref().map(str::to_owned),
        other => panic!("{column}: {other:?}"),
    };
    let int = |row: &Row, column: &str| match row[column] {
        Cell::Int(number) => number,
        ref other => panic!("{column}: {other:?}"),
    };
    let [one] = of(taken)[..] else { panic!("{rows:?}") };
    assert_eq!((text(one, "rep"), text(one, "answer")), (Some(owner.to_string()), Some("accepted".into())));
    let (at, until) = (int(one, "at").unwrap(), int(one, "until_at").unwrap());
    assert!(at <= offered.unix_micros() && until - at > Micros::MINUTE.times(9).0, "{at} {until}");
    assert!(int(one, "answered_at").unwrap() > at && int(one, "nth") == Some(1));
    let mut two: Vec<_> = of(passed)
        .into_iter()
        .map(|row| (int(row, "nth").unwrap(), text(row, "rep").unwrap(), text(row, "answer")))
        .collect();
    two.sort();
    assert_eq!(two, [(1, first.to_string(), Some("declined".into())), (2, second.to_string(), None)]);
    // What the views say of each other.
    let lead = rows_of(&world, view("lead"));
    let offered = lead.iter().filter(|row| row["offered_at"] != Cell::Int(None)).count();
    assert_eq!(offered, 2);
    world.stop();
}

/// Told again, it is replaced whole; a step of an experiment changes where it stands and no figure.
pub fn what_is_told_of_experiments_and_returns_is_kept<S: Store>(store: S) {
    let world = World::with_cap(store, 3);
    // The views name a currency once something was decided.
    world.decide(&world.enquiry("DE"), None).unwrap();
    Projector::new(&world.store).unwrap().catch_up().unwrap();
    let now = world.outside.now();
    let mut statements = world.store.statements().unwrap();
    let mut reports = Reports::new(&mut *statements);
    let standing = |state, decided_at| ExperimentStanding {
        id: "spread".parse().unwrap(),
        design: "switchback",
        state,
        started_at: Some(now),
        decided_at,
    };
    let figure = |metric: &str, effect| ExperimentFigure {
        metric: metric.into(),
        variant: "new".parse().unwrap(),
        control: "old".parse().unwrap(),
        is_primary: metric == "won",
        verdict: Some("keep_running"),
        n_control: 90,
        n_variant: 110,
        effect,
        low: effect.map(|effect| effect - 0.01),
        high: effect.map(|effect| effect + 0.01),
    };
    reports.keep_experiment(&standing("running", None), &[figure("won", Some(0.02)), figure("hours", None)]).unwrap();
    reports.keep_experiment(&standing("running", None), &[figure("won", Some(0.03))]).unwrap();
    reports.experiment_stands(&standing("decided", Some(now + Micros::DAY))).unwrap();
    let rows = rows_of(&world, view("experiment"));
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["effect"], Cell::Float(Some(0.03)));
    assert_eq!((&rows[0]["is_primary"], &rows[0]["n_variant"]), (&Cell::Int(Some(1)), &Cell::Int(Some(110))));
    assert_eq!(rows[0]["state"], Cell::Text(Some("decided".into())));
    assert_eq!(rows[0]["decided_at"], Cell::Int(Some((now + Micros::DAY).unix_micros())));

    let kept = |quarter: &str, seed| KeptReturn {
        quarter: quarter.into(),
        at: now,
        by: "olga".into(),
        seed,
        spec: "format = 1 # Größe".into(),
        frozen: "{}".into(),
    };
    let amount = |component, value| ReturnFigure {
        component,
        value,
        low: Some(value - 5),
        high: None,
        design: Some("pre_post".into()),
        baseline: "0123456789ab".into(),
    };
    reports.keep_return(&kept("2026-Q2", 1), &[amount("saved", 7)]).unwrap();
    reports.keep_return(&kept("2026-Q3", 1), &[amount("saved", 1), amount("cost", -3)]).unwrap();
    reports.keep_return(&kept("2026-Q3", 2), &[amount("net", 9)]).unwrap();
    assert_eq!(reports.return_of("2026-Q3").unwrap(), Some(kept("2026-Q3", 2)));
    assert_eq!(reports.return_of("2026-Q4").unwrap(), None);
    let quarters: Vec<_> = reports.returns().unwrap().into_iter().map(|kept| kept.quarter).collect();
    assert_eq!(quarters, ["2026-Q3".into(), "2026-Q2".into()]);
    let rows = rows_of(&world, view("roi_quarter"));
    let told: Vec<_> = rows.iter().map(|row| (row["component"].clone(), row["value"].clone())).collect();
    let expected =
        [("saved", 7), ("net", 9)].map(|(name, value)| (Cell::Text(Some(name.into())), Cell::Int(Some(value))));
    assert_eq!(told, expected);
    assert_eq!((&rows[1]["high"], &rows[1]["currency"]), (&Cell::Int(None), &Cell::Text(Some("EUR".into()))));
    world.stop();
}
