//! What was committed stays: through restarts, beside other writers, in lists.

use std::sync::{Arc, atomic::Ordering};

use pointsman_assign::{LedgerState, Posted, price::PriceBook};
use pointsman_domain::{CommandId, LimitId, Micros, RepId, record::Stage};
use pointsman_store::{
    Command, Declined, Reader, Receipt, Store,
    audit::{verify, verify_ledger},
    backend::LeadFilter,
    command::Post,
    row::{BatchRows, CheckpointRow, CustodyKind},
};

use crate::world::{World, keyed, lead_of};

pub fn a_restart_keeps_everything<S: Store>(store: S) {
    let world = World::with_cap(store, 2);
    let decide = |n: usize| {
        let done = world.decide(&world.enquiry(["DE", "AT"][n % 2]), keyed(&format!("k{n}"), b"b").as_ref());
        lead_of(&done.unwrap())
    };
    let leads: Vec<pointsman_domain::LeadId> = (0..20).map(decide).collect();
    let owners: Vec<_> = leads.iter().map(|&lead| world.owner(lead)).collect();
    let clock = Arc::clone(&world.clock);
    // Read once nobody writes any more: until then the waker may still place a lead.
    let store = world.stop();
    let before = store.reader().unwrap().head().unwrap();
    clock.fetch_sub(Micros::HOUR.0, Ordering::Relaxed);
    let world = World::start_at(store, 2, clock);
    // The waker may go on where it was stopped; that the head of before is in the record is
    // verified at the end.
    let now = world.read(Reader::head).unwrap();
    assert!(
        now.seq >= before.seq && (now.leads, now.snapshot) == (before.leads, before.snapshot),
        "{now:?} {before:?}"
    );
    assert_eq!(leads.iter().map(|&lead| world.owner(lead)).collect::<Vec<_>>(), owners, "nobody lost or gained a lead");
    let live = world.handle.live().expect("live again");
    assert_eq!(Some(live.id), before.snapshot);
    assert!(world.decide(&world.enquiry("DE"), keyed("k3", b"b").as_ref()).unwrap().replayed);
    // Everybody was full before; everybody still is.
    let done = world.decide(&world.enquiry("DE"), None).unwrap();
    assert!(world.owner(lead_of(&done)).is_none());
    let after = world.read(Reader::head).unwrap();
    assert!(after.at >= before.at, "the head's clock never runs backwards, though ours did");
    assert_eq!(world.read(|reader| verify(reader, Some(before.hash))).unwrap().fault, None);
    world.stop();
}

/// A start folds only what came after the last checkpoint, and a wrong one shows.
pub fn checkpoints_of_the_ledger_are_what_the_log_says<S: Store + Clone>(store: S) {
    let beside = store.clone();
    let world = World::with_cap(store, 3);
    for n in 0..24 {
        let done = world.decide(&world.enquiry(["DE", "AT"][n % 2]), None).unwrap();
        if n % 5 == 0 {
            world.stage(lead_of(&done), Stage::Lost).unwrap();
        }
    }
    let world = World::start(world.stop(), 3);
    // As the committer does it now and then: the ledger as of the head, in a batch.
    let checkpoint = |state: &LedgerState, back: u64| {
        let mut backend = beside.backend().unwrap();
        let head = backend.begin().unwrap();
        let row = CheckpointRow { seq: head.seq - back, ..CheckpointRow::of(&head, state) };
        backend.write(&BatchRows { head, checkpoint: Some(row), ..BatchRows::default() }).unwrap();
        backend.commit().unwrap();
        backend.begin().unwrap();
        let kept = backend.checkpoint().unwrap();
        backend.rollback();
        kept
    };
    let state = world.ledger().1.state();
    assert_eq!(checkpoint(&state, 0).expect("kept").state(), Some(state.clone()));
    let report = world.ledger().0;
    assert!(report.holds() && report.checkpoints == 1, "{report:?}");
    let world = World::start(world.stop(), 2);
    world.decide(&world.enquiry("DE"), None).unwrap();
    let (report, ledger) = world.ledger();
    assert!(report.holds(), "{report:?}");
    let (sender, receiver) = std::sync::mpsc::channel();
    world.handle.submit(Command::Look(Box::new(move |ledger| sender.send(ledger.state()).unwrap()))).unwrap();
    assert_eq!(receiver.recv().unwrap(), ledger.state(), "resumed from the checkpoint, it is the whole fold");
    // A checkpoint of another state is found out; one of another history is not even taken.
    let store = world.stop();
    let seq = store.reader().unwrap().head().unwrap().seq;
    checkpoint(&state, 0);
    let mut reader = store.reader().unwrap();
    assert_eq!(verify_ledger(&mut *reader).unwrap().0.wrong_checkpoints, [seq]);
    let taken = checkpoint(&state, 1).expect("an older one");
    assert_ne!(taken.seq, seq - 1);
}

/// Two processes on one database: each decides on what the other wrote.
pub fn two_writers_keep_one_sequence<S: Store + Clone>(store: S) {
    let first = World::with_cap(store.clone(), 4);
    let second = World::start(store, 2);
    std::thread::scope(|scope| {
        for world in [&first, &second] {
            scope.spawn(move || {
                for n in 0..60 {
                    let done = world.decide(&world.enquiry("DE"), None).unwrap();
                    if n % 4 == 3 {
                        world.stage(lead_of(&done), Stage::Lost).unwrap();
                    }
                }
            });
        }
    });
    // A switch by one is followed by the other at its next batch.
    first.switch(9);
    second.decide(&second.enquiry("DE"), None).unwrap();
    assert_eq!(second.handle.live().unwrap().id, first.handle.live().unwrap().id);
    let (report, _) = first.ledger();
    assert!(report.holds(), "{report:?}");
    assert_eq!(first.read(|reader| verify(reader, None)).unwrap().fault, None);
    first.stop();
    second.stop();
}

/// Of several processes that solved the same epoch one posts it; the others follow, and so does a start.
pub fn an_epoch_of_prices_is_posted_once_and_kept<S: Store + Clone>(store: S) {
    let first = World::with_cap(store.clone(), 4);
    let second = World::start(store, 2);
    first.decide(&first.enquiry("DE"), None).unwrap();
    let live = first.handle.live().expect("live").id;
    let post = |world: &World<S>, epoch, price| {
        let (rep, limit) = (RepId::new("ada").unwrap(), LimitId::new("open").unwrap());
        let book = PriceBook::lasting(epoch, world.outside.now(), [(rep, limit, Posted::fixed(price))]);
        let command = CommandId::new(world.outside.now(), world.outside.chance());
        world
            .send(Command::Post(Box::new(Post { command, snapshot: live, book: Arc::new(book) })))
            .map(|done| done.receipt)
    };
    assert_eq!(post(&first, 1, 0.25), Ok(Receipt::Posted { epoch: 1 }));
    assert_eq!(post(&second, 1, 0.75), Err(Declined::Stale), "the other one was first");
    assert_eq!(post(&second, 3, 0.75), Err(Declined::Stale), "no epoch is left out");
    assert_eq!(post(&second, 2, 0.5), Ok(Receipt::Posted { epoch: 2 }));
    first.switch(5);
    assert_eq!(post(&second, 3, 0.75), Err(Declined::Stale), "solved for documents that were replaced");
    let decided = second.decide(&second.enquiry("DE"), None).unwrap().decided.expect("decided");
    assert_eq!(decided.decision.price_epoch, 2);
    second.stop();
    let again = World::start(first.stop(), 3);
    let (report, ledger) = again.ledger();
    assert!(report.holds(), "{report:?}");
    let book = ledger.book().expect("kept");
    assert_eq!((book.epoch, book.prices[0].posted.price), (2, 0.5));
    let decided = again.decide(&again.enquiry("DE"), None).unwrap().decided.expect("decided");
    assert_eq!(decided.decision.price_epoch, 2);
    assert_eq!(again.read(|reader| verify(reader, None)).unwrap().fault, None);
    again.stop();
}

pub fn lists_are_paged_newest_first<S: Store>(store: S) {
    let world = World::with_cap(store, 1);
    let all: Vec<_> = (0..9).map(|_| lead_of(&world.decide(&world.enquiry("DE"), None).unwrap())).collect();
    let mut seen = Vec::new();
    let mut filter = LeadFilter { custody: None, before: None, limit: 4 };
    loop {
        let page = world.read(|reader| reader.leads(filter)).unwrap();
        seen.extend(page.iter().map(|(lead, _)| lead.id));
        match page.last() {
            Some((lead, _)) => filter.before = Some(lead.id),
            None => break,
        }
    }
    assert_eq!(seen, all.iter().rev().copied().collect::<Vec<_>>());
    let parked = LeadFilter { custody: Some(CustodyKind::Parked), before: None, limit: 100 };
    assert_eq!(world.read(|reader| reader.leads(parked)).unwrap().len(), 4);
    world.stop();
}
