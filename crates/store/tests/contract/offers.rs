//! Offers: accepted, declined, over, and answered by one of several.

use pointsman_domain::{CommandId, LimitId, Micros, RepId, record::Stage};
use pointsman_store::{
    Accept, Command, Decline, Declined, Reader, Receipt, Store,
    audit::verify,
    command::Transfer,
    enquiry::without,
    row::{Custody, Response},
};

use super::{custody, wait_until};
use crate::world::{World, lead_of};

pub fn an_offer_is_accepted_declined_or_over<S: Store>(store: S) {
    let world = World::with_cap(store, 1);
    let used = |name: &str| {
        world.ledger().1.used(&rep(name), &LimitId::new("open").unwrap(), pointsman_domain::Window::Always).0
    };
    let offer = || lead_of(&world.decide(&world.enquiry("IT"), None).unwrap());
    let first = offer();
    assert!(matches!(custody(&world, first), Custody::Offered { rep: asked, .. } if asked == rep("ada")));
    assert_eq!(
        (used("ada"), world.read(|reader| reader.assignments_of(first)).unwrap().len()),
        (1, 0),
        "asked, not given"
    );
    // Somebody else cannot take it; whoever is asked can, once.
    assert_eq!(accept(&world, first, &rep("bo")), Err(Declined::OwnerChanged { present: Some(rep("ada")) }));
    assert_eq!(accept(&world, first, &rep("ada")), Ok(Receipt::Accepted { lead: first, rep: rep("ada") }));
    let head = world.read(Reader::head).unwrap();
    assert_eq!(accept(&world, first, &rep("ada")), Ok(Receipt::Accepted { lead: first, rep: rep("ada") }));
    assert_eq!(world.read(Reader::head).unwrap(), head, "twice is once");
    assert!(matches!(custody(&world, first), Custody::Owned { .. }));
    let given = world.read(|reader| reader.assignments_of(first)).unwrap();
    assert_eq!(given.iter().map(|row| (&row.rep, row.hop)).collect::<Vec<_>>(), [(&rep("ada"), false)]);
    // Declined, it goes on at once, and the slot is free again.
    let second = offer();
    assert_eq!(world.owner(second), Some(rep("bo")));
    assert!(matches!(decline(&world, second, &rep("bo")), Ok(Receipt::Decided { lead, .. }) if lead == second));
    assert_eq!((world.owner(second), used("bo"), used("cy")), (Some(rep("cy")), 0, 1));
    assert_eq!(decline(&world, second, &rep("bo")), Err(Declined::OwnerChanged { present: Some(rep("cy")) }));
    // Not answered, it goes on by itself, to nobody who had it.
    assert_eq!(world.read(|reader| reader.offers_over(world.outside.now(), 10)).unwrap(), []);
    world.advance(Micros::MINUTE.times(11));
    let late = accept(&world, second, &rep("cy"));
    assert!(matches!(late, Err(Declined::OfferOver { .. } | Declined::OwnerChanged { .. })), "{late:?}");
    wait_until(|| {
        world.handle.tick();
        world.owner(second) != Some(rep("cy"))
    });
    assert_eq!((world.owner(second), used("cy")), (Some(rep("di")), 0));
    let said: Vec<_> = world
        .read(|reader| reader.responses_of(second))
        .unwrap()
        .into_iter()
        .map(|row| (row.rep, row.response))
        .collect();
    assert_eq!(said, [(rep("bo"), Response::Declined), (rep("cy"), Response::Expired)]);
    let decisions = world.read(|reader| reader.decisions_of(second)).unwrap();
    assert!(decisions.len() == 3 && decisions.iter().all(|d| d.seed == decisions[0].seed), "the seed is kept");
    // An owner may give it up as well; when everybody did, it is parked and never lost.
    for name in ["di", "eve", "ada"] {
        assert_eq!(world.owner(second), Some(rep(name)).filter(|_| name != "ada"), "ada's one place is taken");
        if name != "ada" {
            if name == "di" {
                accept(&world, second, &rep(name)).unwrap();
            }
            decline(&world, second, &rep(name)).unwrap();
        }
    }
    assert!(matches!(custody(&world, second), Custody::Parked { .. }));
    // What is closed is not answered.
    world.stage(first, Stage::Won).unwrap();
    assert_eq!(accept(&world, first, &rep("ada")), Err(Declined::Closed));
    assert_eq!(decline(&world, first, &rep("ada")), Err(Declined::Closed));
    let mine = world.read(|reader| reader.leads_with(&rep("di"), None, 10)).unwrap();
    assert!(mine.is_empty(), "{mine:?}");
    let report = world.ledger().0;
    assert!(report.holds(), "{report:?}");
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    // A restart knows who declined.
    let world = World::start(world.stop(), 9);
    let record = world.read(|reader| reader.lead(second)).unwrap().unwrap();
    assert_eq!(record.state.declined, [rep("bo"), rep("cy"), rep("di"), rep("eve")]);
    world.stop();
}

/// Accepting, declining and handing over at the same instant: one wins, the others are told.
pub fn one_answer_to_an_offer_wins<S: Store>(store: S) {
    let world = World::with_cap(store, 50);
    for _ in 0..15 {
        let lead = lead_of(&world.decide(&world.enquiry("IT"), None).unwrap());
        let asked = world.owner(lead).expect("asked");
        let other = rep(if asked == rep("eve") { "ada" } else { "eve" });
        let (accepted, declined, moved) = std::thread::scope(|scope| {
            let accepted = scope.spawn(|| accept(&world, lead, &asked));
            let declined = scope.spawn(|| decline(&world, lead, &asked));
            let moved = scope.spawn(|| hand_over(&world, lead, &asked, &other));
            (accepted.join().unwrap(), declined.join().unwrap(), moved.join().unwrap())
        });
        // Whoever accepted may still be relieved of it; nobody answers what is not theirs any more.
        assert!(accepted.is_ok() || declined.is_ok() || moved.is_ok());
        assert!(!(declined.is_ok() && moved.is_ok()), "both took it from {asked}");
        for refused in [&accepted, &declined, &moved].into_iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(refused, Declined::OwnerChanged { .. }), "{refused:?}");
        }
        let owner = world.owner(lead);
        match (&declined, &moved) {
            (Ok(_), _) => assert_ne!(owner, Some(asked)),
            (_, Ok(_)) => assert_eq!(owner, Some(other)),
            _ => assert_eq!(owner, Some(asked)),
        }
    }
    let report = world.ledger().0;
    assert!(report.holds(), "{report:?}");
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    world.stop();
}

pub(super) fn rep(name: &str) -> RepId {
    RepId::new(name).unwrap()
}

pub(super) fn accept<S: Store>(
    world: &World<S>,
    lead: pointsman_domain::LeadId,
    by: &RepId,
) -> Result<Receipt, Declined> {
    let command = CommandId::new(world.outside.now(), world.outside.chance());
    let accept = Accept { command, lead, rep: by.clone(), actor: "tests".into(), idempotency: None };
    world.send(Command::Accept(Box::new(accept))).map(|done| done.receipt)
}

/// As the door does it: again whenever something changed meanwhile.
pub(super) fn decline<S: Store>(
    world: &World<S>,
    lead: pointsman_domain::LeadId,
    by: &RepId,
) -> Result<Receipt, Declined> {
    loop {
        let command = CommandId::new(world.outside.now(), world.outside.chance());
        let (rep, response, reason) = (by.clone(), Response::Declined, Some("busy".into()));
        let decline = Decline { rep, response, reason, command };
        let live = world.handle.live().unwrap();
        let decide = world.read(|reader| {
            let record = reader.lead(lead).unwrap().unwrap();
            without(reader, &record, &live, &world.outside, decline).unwrap()
        });
        match world.send(Command::Decide(Box::new(decide))) {
            Err(Declined::Stale) => {}
            result => return result.map(|done| done.receipt),
        }
    }
}

fn hand_over<S: Store>(
    world: &World<S>,
    lead: pointsman_domain::LeadId,
    from: &RepId,
    to: &RepId,
) -> Result<Receipt, Declined> {
    let command = CommandId::new(world.outside.now(), world.outside.chance());
    let (expected, to, actor) = (Some(from.clone()), to.clone(), "olga".into());
    let transfer = Transfer { command, lead, to, expected, claims: vec![], actor, reason: None, idempotency: None };
    world.send(Command::Transfer(Box::new(transfer))).map(|done| done.receipt)
}
