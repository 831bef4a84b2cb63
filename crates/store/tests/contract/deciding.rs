//! Leads are decided once, within every cap, and freed places go to whoever waited longest.

use std::sync::Arc;

use pointsman_decision::{Facts, Replay, Snapshot, replay};
use pointsman_domain::{CommandId, Micros, RepId, record::Stage};
use pointsman_store::{
    Command, Declined, Reader, Receipt, Store,
    audit::verify,
    command::Transfer,
    row::{Custody, CustodyKind},
};

use super::{custody, wait_until};
use crate::world::{World, keyed, lead_of};

pub fn a_decision_is_stored_whole_and_replays<S: Store>(store: S) {
    let world = World::with_cap(store, 2);
    for n in 0..30 {
        let country = ["DE", "AT", "CH"][n % 3];
        let enquiry = world.enquiry(country);
        let enquiry = if n % 4 == 0 { world.company(enquiry, "acme.example") } else { enquiry };
        let done = world.decide(&enquiry, None).unwrap();
        let decided = done.decided.expect("a new lead is decided");
        let stored = world.read(|reader| reader.decision(decided.decision.id)).unwrap().expect("stored");
        assert_eq!(stored.decision, decided.decision);
        assert_eq!(stored.trace.as_deref(), Some(&decided.trace[..]));
        let facts: Facts = serde_json::from_slice(&stored.facts.expect("kept")).unwrap();
        let documents = world.read(|reader| reader.documents(&stored.decision.snapshot)).unwrap().expect("kept");
        let snapshot = Arc::new(Snapshot::compile(documents).unwrap());
        let trace = stored.trace.unwrap();
        assert_eq!(replay(&snapshot, &facts, &stored.decision, &trace), Ok(Replay::Equal), "{:?}", stored.decision);
        // A replay that could not fail would prove nothing: another seed must show in the record.
        let other = pointsman_decision::Decision { seed: stored.decision.seed ^ 1, value: 7.0, ..stored.decision };
        assert!(matches!(replay(&snapshot, &facts, &other, &trace), Ok(Replay::Different { .. })));
    }
    let counts = world.read(Reader::counts).unwrap();
    // Five reps hold two leads each; what comes later waits two hours (AT) or is parked.
    assert_eq!(counts.by_custody.get(&CustodyKind::Owned), Some(&10));
    assert_eq!(counts.by_custody.values().sum::<u64>(), 30);
    assert_eq!(counts.by_queue.get("swiss"), Some(&10));
    world.stop();
}

pub fn one_key_is_decided_once<S: Store>(store: S) {
    let world = World::with_cap(store, 50);
    let enquiry = world.enquiry("DE");
    let first = world.decide(&enquiry, keyed("k1", b"body").as_ref()).unwrap();
    // The client tries again with a lead id of its own making: the door cannot know.
    let again = world.decide(&world.enquiry("DE"), keyed("k1", b"body").as_ref()).unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!(again.receipt, first.receipt);
    assert_eq!(world.decide(&world.enquiry("DE"), keyed("k1", b"other").as_ref()).unwrap_err(), Declined::KeyReused);
    let head = world.read(Reader::head).unwrap();
    assert_eq!((head.seq, head.leads), (2, 1));
    world.stop();
}

pub fn one_person_is_one_lead_even_at_once<S: Store>(store: S) {
    let world = World::with_cap(store, 50);
    let leads = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for n in 0..10 {
                    let enquiry = world.enquiry_of("DE", &format!("same-{n}@example.com"));
                    let done = world.decide(&enquiry, None).unwrap();
                    leads.lock().unwrap().push((n, lead_of(&done), matches!(done.receipt, Receipt::Decided { .. })));
                }
            });
        }
    });
    let leads = leads.into_inner().unwrap();
    for n in 0..10 {
        let of_person: Vec<_> = leads.iter().filter(|(person, ..)| *person == n).collect();
        assert_eq!(of_person.len(), 8);
        assert!(of_person.iter().all(|(_, lead, _)| *lead == of_person[0].1), "one lead for all");
        assert_eq!(of_person.iter().filter(|(.., decided)| *decided).count(), 1, "decided once");
    }
    // Once it is closed, or the window is over, the same person is a new enquiry, and known.
    world.stage(leads[0].1, Stage::Lost).unwrap();
    let person = format!("same-{}@example.com", leads[0].0);
    let done = world.decide(&world.enquiry_of("DE", &person), None).unwrap();
    assert!(matches!(done.receipt, Receipt::Decided { .. }));
    let decided = done.decided.unwrap().decision;
    let facts = world.read(|reader| reader.decision(decided.id)).unwrap().unwrap().facts.unwrap();
    let facts: Facts = serde_json::from_slice(&facts).unwrap();
    let contact = facts.contact.expect("a person");
    assert!(contact.known && contact.owner.is_some(), "{contact:?}");
    world.stop();
}

pub fn the_same_source_row_is_the_same_lead<S: Store>(store: S) {
    let world = World::with_cap(store, 50);
    let named = |external: &str| {
        let mut enquiry = world.enquiry("DE");
        enquiry.external_id = Some(external.into());
        enquiry
    };
    let first = world.decide(&named("crm-1"), None).unwrap();
    let again = world.decide(&named("crm-1"), None).unwrap();
    let other = world.decide(&named("crm-2"), None).unwrap();
    assert!(matches!(again.receipt, Receipt::Duplicate { lead, .. } if lead == lead_of(&first)));
    assert_ne!(lead_of(&other), lead_of(&first));
    world.stop();
}

pub fn caps_hold_at_every_instant<S: Store>(store: S) {
    let world = World::with_cap(store, 3);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let world = &world;
            scope.spawn(move || {
                let mut mine = Vec::new();
                for n in 0..40 {
                    let done = world.decide(&world.enquiry(["DE", "AT"][(n + worker) % 2]), None).unwrap();
                    mine.push(lead_of(&done));
                    if n % 3 == 0 {
                        let lead = mine.remove(0);
                        let stage = [Stage::Won, Stage::Lost, Stage::Nurture][n % 9 / 3];
                        assert!(world.stage(lead, stage).is_ok());
                    }
                }
            });
        }
    });
    let (report, ledger) = world.ledger();
    assert!(report.holds(), "{report:?}");
    assert!(report.rows > 400 && ledger.over_cap().is_empty());
    // The running ledger is the fold of the record.
    let (sender, receiver) = std::sync::mpsc::channel();
    world.handle.submit(Command::Look(Box::new(move |ledger| sender.send(ledger.clone()).unwrap()))).unwrap();
    let running = receiver.recv().unwrap();
    let limit = pointsman_domain::LimitId::new("open").unwrap();
    for rep in ["ada", "bo", "cy", "di", "eve"] {
        let rep = RepId::new(rep).unwrap();
        let window = pointsman_domain::Window::Always;
        assert_eq!(ledger.used(&rep, &limit, window).1, Some(3));
        assert!(running.used(&rep, &limit, window).0 <= 3);
    }
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    world.stop();
}

pub fn a_freed_slot_goes_to_the_first_in_line<S: Store>(store: S) {
    let world = World::with_cap(store, 1);
    let owned: Vec<_> = (0..5).map(|_| lead_of(&world.decide(&world.enquiry("DE"), None).unwrap())).collect();
    let waiting: Vec<_> = (0..2).map(|_| lead_of(&world.decide(&world.enquiry("AT"), None).unwrap())).collect();
    assert!(world.owner(waiting[0]).is_none());
    let freed = world.owner(owned[2]).expect("owned");
    world.stage(owned[2], Stage::Won).unwrap();
    // A new lead must not overtake, whether or not the first in line was woken already.
    let late = lead_of(&world.decide(&world.enquiry("DE"), None).unwrap());
    assert!(world.owner(late).is_none());
    wait_until(|| world.owner(waiting[0]).is_some());
    assert_eq!(world.owner(waiting[0]), Some(freed));
    assert!(world.owner(waiting[1]).is_none());
    // At its deadline a lead that still waits goes where the policy says: nobody is free, so it is parked.
    world.advance(Micros::HOUR.times(3));
    let parked = || matches!(custody(&world, waiting[1]), Custody::Parked { .. });
    wait_until(|| {
        world.handle.tick();
        parked()
    });
    let decisions = world.read(|reader| reader.decisions_of(waiting[1])).unwrap();
    assert!(decisions.len() >= 2 && decisions.iter().all(|d| d.seed == decisions[0].seed), "the seed is kept");
    // A raised cap moves it on: parked leads are looked at again when what decides changes.
    world.switch(2);
    wait_until(|| world.owner(waiting[1]).is_some() && world.owner(late).is_some());
    let report = world.ledger().0;
    assert!(report.holds(), "{report:?}");
    world.stop();
}

pub fn a_manual_assignment_names_the_owner_it_saw<S: Store>(store: S) {
    let world = World::with_cap(store, 1);
    let leads: Vec<_> = (0..5).map(|_| lead_of(&world.decide(&world.enquiry("DE"), None).unwrap())).collect();
    let (lead, from) = (leads[0], world.owner(leads[0]));
    let to = world.owner(leads[1]).unwrap();
    let claims = world.read(|reader| reader.lead(leads[1])).unwrap().unwrap().state.claims;
    let transfer = |expected: Option<RepId>, to: &RepId| {
        let command = CommandId::new(world.outside.now(), world.outside.chance());
        let (to, claims, actor) = (to.clone(), claims.clone(), "olga".into());
        Command::Transfer(Box::new(Transfer {
            command,
            lead,
            to,
            expected,
            claims,
            actor,
            reason: None,
            idempotency: None,
        }))
    };
    let stale = world.send(transfer(Some(to.clone()), &to)).unwrap_err();
    assert_eq!(stale, Declined::OwnerChanged { present: from.clone() });
    let done = world.send(transfer(from.clone(), &to)).unwrap();
    // A person may exceed a cap, and is told.
    let over = vec![pointsman_domain::LimitId::new("open").unwrap()];
    assert_eq!(done.receipt, Receipt::Transferred { lead, from: from.clone(), to: to.clone(), over });
    assert_eq!(world.owner(lead), Some(to.clone()));
    assert_eq!(world.send(transfer(from, &to)).unwrap_err(), Declined::OwnerChanged { present: Some(to) });
    let (report, ledger) = world.ledger();
    assert!(report.holds(), "an override is no breach: {report:?}");
    assert_eq!(ledger.over_cap().len(), 1);
    let history = world.read(|reader| reader.assignments_of(lead)).unwrap();
    assert_eq!(history.iter().map(|row| row.hop).collect::<Vec<_>>(), [false, true]);
    assert_eq!(history[1].actor.as_deref(), Some("olga"));
    // Manual and automatic at once: one wins, the other is told.
    world.stage(lead, Stage::Lost).unwrap();
    assert_eq!(world.send(transfer(None, &world.owner(leads[2]).unwrap())).unwrap_err(), Declined::Closed);
    world.stop();
}
