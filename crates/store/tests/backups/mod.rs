//! What a backup must bring back.

use pointsman_domain::{LeadId, record::Stage};
use pointsman_store::{
    Reader, Store,
    audit::verify,
    backend::{Counts, LeadFilter},
    log::Head,
};

use crate::world::{World, lead_of};

/// What a store said before it was copied.
#[derive(Debug, PartialEq)]
pub struct Kept {
    head: Head,
    counts: Counts,
    leads: Vec<LeadId>,
}

/// Read before anything runs on the store: what waits may be decided as soon as something does.
fn told(store: &impl Store) -> Kept {
    let mut reader = store.reader().unwrap();
    let all = LeadFilter { custody: None, before: None, limit: 1000 };
    Kept {
        head: reader.head().unwrap(),
        counts: reader.counts().unwrap(),
        leads: reader.leads(all).unwrap().into_iter().map(|(row, _)| row.id).collect(),
    }
}

/// A store with owned, waiting, parked and closed leads.
pub fn fill<S: Store>(store: S) -> Kept {
    let world = World::with_cap(store, 2);
    for n in 0..40 {
        let done = world.decide(&world.enquiry(["DE", "AT", "CH"][n % 3]), None).unwrap();
        if n % 5 == 0 {
            world.stage(lead_of(&done), Stage::Won).unwrap();
        }
    }
    told(&world.stop())
}

/// Says the same, is unbroken, and decides on.
pub fn same<S: Store>(store: S, kept: &Kept) {
    assert_eq!(told(&store), *kept);
    let world = World::start(store, 77);
    assert_eq!(world.read(|reader| verify(reader, Some(kept.head.hash))).unwrap().fault, None);
    world.ledger();
    for _ in 0..3 {
        let done = world.decide(&world.enquiry("DE"), None).unwrap();
        assert!(done.decided.is_some(), "a new lead is decided");
    }
    assert!(world.read(Reader::head).unwrap().seq > kept.head.seq);
    assert_eq!(world.read(|reader| verify(reader, Some(kept.head.hash))).unwrap().fault, None);
    world.stop();
}
