//! What every backend must keep. Generic over the store; each backend's test file runs it all.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use pointsman_assign::{LedgerState, Posted, price::PriceBook};
use pointsman_decision::{Facts, Replay, Snapshot, replay};
use pointsman_domain::{CommandId, ContactId, LeadId, LimitId, Micros, RepId, record::Stage};
use pointsman_store::{
    Accept, Backend, Command, Decline, Declined, Reader, Receipt, Shelf, Store, StoreError,
    audit::{verify, verify_ledger},
    backend::{Courses, Found, Keys, LeadFilter, Visit},
    command::{Post, Transfer},
    enquiry::without,
    load,
    log::Head,
    row::{BatchRows, CheckpointRow, ContactRow, Custody, CustodyKind, Response},
    statements::Statements,
};

use crate::world::{World, keyed, lead_of};

mod figures;
mod history;
mod people;
mod reports;
mod told;
pub use figures::{counts_and_sums_are_what_sql_says, figures_over_exported_rows_are_the_same};
pub use history::{
    a_history_is_loaded_once_whatever_stops_it, a_later_import_takes_in_what_was_learned,
    somebody_from_a_history_is_known_and_still_a_new_enquiry, what_was_loaded_counts_as_work_and_goes_on,
};
pub use people::{a_crowd_makes_one_person_and_one_company, two_processes_make_one_person_and_one_company};
pub use reports::{
    a_loaded_history_is_told_as_its_tables_are, days_of_reps_add_up_to_leads,
    rows_follow_the_record_and_can_be_made_anew, several_may_follow_at_once, views_say_what_the_rows_say,
};
pub use told::{
    a_rep_who_was_told_is_in_the_rows, offers_are_rows_with_their_answers,
    what_is_told_of_experiments_and_returns_is_kept,
};

/// Names every test below to a macro of a backend's test file.
#[macro_export]
macro_rules! for_every_contract_test {
    ($run:ident) => {
        $run! {
            a_decision_is_stored_whole_and_replays,
            one_key_is_decided_once,
            one_person_is_one_lead_even_at_once,
            the_same_source_row_is_the_same_lead,
            caps_hold_at_every_instant,
            a_freed_slot_goes_to_the_first_in_line,
            a_manual_assignment_names_the_owner_it_saw,
            a_restart_keeps_everything,
            checkpoints_of_the_ledger_are_what_the_log_says,
            two_writers_keep_one_sequence,
            an_epoch_of_prices_is_posted_once_and_kept,
            lists_are_paged_newest_first,
            only_the_command_that_fails_alone_fails,
            an_experiments_leads_are_told_with_their_course,
            a_history_is_loaded_once_whatever_stops_it,
            what_was_loaded_counts_as_work_and_goes_on,
            a_later_import_takes_in_what_was_learned,
            somebody_from_a_history_is_known_and_still_a_new_enquiry,
            rows_follow_the_record_and_can_be_made_anew,
            several_may_follow_at_once,
            a_loaded_history_is_told_as_its_tables_are,
            views_say_what_the_rows_say,
            figures_over_exported_rows_are_the_same,
            days_of_reps_add_up_to_leads,
            what_is_to_be_told_is_told_by_one_in_order,
            an_offer_is_accepted_declined_or_over,
            one_answer_to_an_offer_wins,
            a_person_is_told_and_erased_and_the_record_stays_whole,
            companies_and_persons_are_kept_at_the_version_that_was_seen,
            two_processes_make_one_person_and_one_company,
            a_crowd_makes_one_person_and_one_company,
            a_rep_who_was_told_is_in_the_rows,
            offers_are_rows_with_their_answers,
            what_is_told_of_experiments_and_returns_is_kept,
        }
    };
}

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

fn custody<S: Store>(world: &World<S>, lead: pointsman_domain::LeadId) -> Custody {
    world.read(|reader| reader.lead(lead)).unwrap().unwrap().state.custody
}

/// Another thread is at work: looks again until it is done, and fails after a generous while.
fn wait_until(mut done: impl FnMut() -> bool) {
    let started = pointsman_store::stopwatch::start();
    while !done() {
        assert!(started.elapsed().as_secs() < 60, "it never happened");
        std::thread::yield_now();
    }
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

/// A store that refuses every batch with a lead of this source, and whose commits fail now and
/// then after the fact, as a lost connection does.
#[derive(Debug, Clone)]
pub struct Faulty<S>(pub S);

pub struct FaultyBackend {
    inner: Box<dyn Backend>,
    commits: u32,
}

impl<S: Store> Store for Faulty<S> {
    fn backend(&self) -> Result<Box<dyn Backend>, StoreError> {
        Ok(Box::new(FaultyBackend { inner: self.0.backend()?, commits: 0 }))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.0.reader()
    }

    fn shelf(&self) -> Result<Box<dyn Shelf>, StoreError> {
        self.0.shelf()
    }

    fn projection(&self) -> Result<Box<dyn pointsman_store::fact::Projection>, StoreError> {
        self.0.projection()
    }

    fn statements(&self) -> Result<Box<dyn Statements>, StoreError> {
        self.0.statements()
    }
}

impl Backend for FaultyBackend {
    fn begin(&mut self) -> Result<Head, StoreError> {
        self.inner.begin()
    }

    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
        self.inner.log_after(seq, visit)
    }

    fn checkpoint(&mut self) -> Result<Option<CheckpointRow>, StoreError> {
        self.inner.checkpoint()
    }

    fn look_up(&mut self, keys: &Keys) -> Result<Found, StoreError> {
        self.inner.look_up(keys)
    }

    fn write(&mut self, rows: &BatchRows) -> Result<(), StoreError> {
        self.inner.write(rows)?;
        match rows.leads.iter().find(|lead| &*lead.source == "poison") {
            Some(_) => Err(StoreError::Refused { what: "poison".into(), source: None }),
            None => Ok(()),
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.commits += 1;
        let lost = || StoreError::Unavailable { what: "hear the answer to its commit", source: "lost".into() };
        match self.commits % 7 {
            3 => {
                self.inner.rollback();
                Err(lost())
            }
            5 => {
                self.inner.commit()?;
                Err(lost())
            }
            _ => self.inner.commit(),
        }
    }

    fn rollback(&mut self) {
        self.inner.rollback();
    }

    fn documents(
        &mut self,
        snapshot: &pointsman_domain::Digest,
    ) -> Result<Option<pointsman_decision::DocumentSet>, StoreError> {
        self.inner.documents(snapshot)
    }

    fn put(&mut self, table: &load::Table, rows: Vec<Vec<load::Cell<'_>>>) -> Result<u64, StoreError> {
        self.inner.put(table, rows)
    }

    fn past(&mut self, leads: &[LeadId]) -> Result<BTreeMap<LeadId, load::Past>, StoreError> {
        self.inner.past(leads)
    }

    fn people(&mut self, contacts: &[ContactId]) -> Result<BTreeMap<ContactId, ContactRow>, StoreError> {
        self.inner.people(contacts)
    }
}

pub fn only_the_command_that_fails_alone_fails<S: Store>(store: S) {
    let world = World::with_cap(Faulty(store), 20);
    let failed = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (world, failed) = (&world, &failed);
            scope.spawn(move || {
                for n in 0..12 {
                    let mut enquiry = world.enquiry("DE");
                    let poison = n == 5 && worker % 4 == 0;
                    if poison {
                        enquiry.source = "poison".into();
                    }
                    match world.decide(&enquiry, None) {
                        Ok(done) => {
                            assert!(!poison);
                            assert_eq!(lead_of(&done), enquiry.id);
                            assert!(
                                world.read(|reader| reader.lead(enquiry.id)).unwrap().is_some(),
                                "acknowledged, so stored"
                            );
                        }
                        Err(declined) => {
                            assert!(poison, "{declined}");
                            assert_eq!(declined, Declined::Failed);
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 2);
    assert_eq!(world.read(Reader::head).unwrap().leads, 94, "decided once each, whatever commits answered");
    let (report, _) = world.ledger();
    assert!(report.holds(), "{report:?}");
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    world.stop();
}

pub fn an_experiments_leads_are_told_with_their_course<S: Store>(store: S) {
    let world = World::with_cap(store, 50);
    let early = world.decide(&world.enquiry("DE"), None).unwrap();
    world.switch_to(crate::world::with_experiment(50));
    let mut decided = Vec::new();
    for n in 0..12 {
        // Every third lead is of one company: one unit, one variant.
        let enquiry = world.enquiry(["DE", "FR"][n % 2]);
        let enquiry = if n % 3 == 0 { world.company(enquiry, "acme.example") } else { enquiry };
        decided.push(*world.decide(&enquiry, None).unwrap().decided.expect("decided"));
    }
    let won = decided[1].decision.lead;
    world.stage(won, Stage::Won).unwrap();
    let read = |which| {
        let mut courses = Vec::new();
        world.read(|reader| reader.courses(which, &mut |course| courses.push(course))).unwrap();
        courses
    };
    let id = pointsman_domain::ExperimentId::new("spread").unwrap();
    let courses = read(Courses::Of(&id));
    assert_eq!(courses.len(), decided.len());
    for (course, decided) in courses.iter().zip(&decided) {
        let exposure = course.exposure.as_ref().expect("exposed");
        let told = decided.decision.variant.as_ref().expect("in the experiment");
        assert_eq!(
            (course.lead, &exposure.variant, exposure.epoch),
            (decided.decision.lead, &told.variant, told.epoch)
        );
        assert_eq!(exposure.at, decided.decision.decided_at);
        assert_eq!(course.owned.as_ref().map(|(rep, _)| rep), decided.decision.owner());
        assert_eq!(course.stages.iter().any(|fact| fact.stage == Stage::Won), course.lead == won);
    }
    let of_acme: std::collections::BTreeSet<_> =
        courses.iter().step_by(3).map(|c| (c.unit.clone(), c.exposure.clone().unwrap().variant)).collect();
    assert_eq!(of_acme.len(), 1, "{of_acme:?}");
    assert!(courses[0].unit.starts_with("account_"), "{}", courses[0].unit);
    let all = read(Courses::Since(crate::world::START));
    assert_eq!((all.len(), all[0].lead, &all[0].exposure), (13, lead_of(&early), &None));
    assert!(read(Courses::Of(&pointsman_domain::ExperimentId::new("nobody").unwrap())).is_empty());
    world.stop();
}

/// The outbox: a lease for one, a cursor that moves once, messages of a lead behind each other.
pub fn what_is_to_be_told_is_told_by_one_in_order<S: Store + Clone>(store: S) {
    use pointsman_store::{
        Outbox,
        outbox::{Delivery, DeliveryFilter, DeliveryState, LEASE, Settled},
    };
    let mut outbox = Outbox::new(store.statements().unwrap());
    let world = World::with_cap(store, 5);
    let before = world.decide(&world.enquiry("DE"), None).unwrap();
    let found = outbox.cursor("crm").unwrap();
    assert_eq!(found.seq, world.read(Reader::head).unwrap().seq, "what was before is not told");
    assert_eq!(outbox.events(found.seq, 10).unwrap(), []);
    let first = lead_of(&world.decide(&world.enquiry("DE"), None).unwrap());
    world.stage(first, Stage::Won).unwrap();
    let parked = lead_of(&world.decide(&world.enquiry("CH"), None).unwrap());
    let events = outbox.events(found.seq, 10).unwrap();
    let told: Vec<_> = events.iter().map(|event| event.lead.as_ref().unwrap().id).collect();
    assert_eq!(told, [first, first, parked]);
    assert_eq!(events[0].decision.as_ref().unwrap().rep, events[0].assignment.as_ref().map(|a| a.rep.clone()));
    assert_eq!(events[1].stage.as_ref().map(|staged| staged.stage), Some(Stage::Won));
    assert_eq!(events[2].decision.as_ref().unwrap().queue.as_ref().unwrap().as_str(), "swiss");
    assert_eq!(outbox.event(events[1].seq).unwrap().as_ref(), Some(&events[1]));
    let old = outbox.events(0, 100).unwrap();
    assert!(old.iter().any(|event| event.lead.as_ref().is_some_and(|lead| lead.id == lead_of(&before))));
    // One has it; another only after its end, or when it is let go.
    let now = world.outside.now();
    assert!(outbox.lease("deliver crm", "a", now).unwrap() && outbox.lease("deliver crm", "a", now).unwrap());
    assert!(!outbox.lease("deliver crm", "b", now + Micros::SECOND).unwrap());
    // The first two do not arrive: the second waits behind the first.
    let row = |at: usize, attempts| Delivery {
        sink: "crm".into(),
        seq: events[at].seq,
        lead: Some(told[at]),
        event: "lead.owned".into(),
        at: events[at].at,
        state: DeliveryState::Waiting,
        attempts,
        due: now,
        failed_at: None,
        error: Some("ünreachable".into()),
    };
    let left =
        pointsman_store::outbox::Cursor { seq: events[2].seq, delivered: 1, last_at: Some(now), ..found.clone() };
    let settled =
        Settled { found, left: left.clone(), kept: vec![row(0, 1), row(1, 0)], arrived: vec![], told: vec![] };
    assert!(!outbox.settle("deliver crm", "b", &settled).unwrap(), "b has no lease");
    assert_eq!(outbox.deliveries(&DeliveryFilter { limit: 10, ..DeliveryFilter::default() }).unwrap(), []);
    assert!(outbox.settle("deliver crm", "a", &settled).unwrap());
    assert!(!outbox.settle("deliver crm", "a", &settled).unwrap(), "the same round once");
    assert_eq!(outbox.cursor("crm").unwrap(), left);
    assert_eq!(outbox.due("crm", now, 10).unwrap(), [row(0, 1)], "the first of its lead");
    assert_eq!(outbox.due("crm", now - Micros::SECOND, 10).unwrap(), []);
    assert_eq!(outbox.due("erp", now, 10).unwrap(), []);
    assert_eq!(outbox.blocked("crm").unwrap().into_iter().collect::<Vec<_>>(), [first]);
    let standing = outbox.standing().unwrap();
    assert_eq!((standing[0].waiting, standing[0].dead, standing[0].oldest), (2, 0, Some(events[0].at)));
    // The first is given up: the second is next; a retry puts it before it again.
    let dead = Delivery { state: DeliveryState::Dead, attempts: 16, ..row(0, 16) };
    let round =
        Settled { found: left.clone(), left: left.clone(), kept: vec![dead.clone()], arrived: vec![], told: vec![] };
    assert!(outbox.settle("deliver crm", "a", &round).unwrap());
    assert_eq!(outbox.due("crm", now, 10).unwrap(), [row(1, 0)]);
    let list = |outbox: &mut Outbox, state, after| {
        let filter = DeliveryFilter { sink: Some("crm".into()), state, after, limit: 10 };
        outbox.deliveries(&filter).unwrap().into_iter().map(|row| row.seq).collect::<Vec<_>>()
    };
    assert_eq!(list(&mut outbox, Some(DeliveryState::Dead), None), [dead.seq]);
    assert_eq!(list(&mut outbox, None, Some(("crm".into(), dead.seq))), [events[1].seq]);
    assert_eq!(outbox.retry("crm", 1, now).unwrap(), None);
    let again = outbox.retry("crm", dead.seq, now).unwrap().expect("there");
    assert_eq!((again.state, again.attempts), (DeliveryState::Waiting, 0));
    assert_eq!(outbox.due("crm", now, 10).unwrap(), [again]);
    let arrived = vec![events[0].seq, events[1].seq];
    let done = Settled { found: left.clone(), left: left.clone(), kept: vec![], arrived, told: vec![] };
    assert!(outbox.settle("deliver crm", "a", &done).unwrap());
    assert!(outbox.standing().unwrap()[0].oldest.is_none() && outbox.blocked("crm").unwrap().is_empty());
    assert!(outbox.lease("deliver crm", "b", now + LEASE + Micros::SECOND).unwrap(), "a said nothing for too long");
    assert!(!outbox.settle("deliver crm", "a", &done).unwrap());
    outbox.release("deliver crm", "b").unwrap();
    assert!(outbox.lease("deliver crm", "a", now).unwrap());
    world.stop();
}

fn rep(name: &str) -> RepId {
    RepId::new(name).unwrap()
}

fn accept<S: Store>(world: &World<S>, lead: pointsman_domain::LeadId, by: &RepId) -> Result<Receipt, Declined> {
    let command = CommandId::new(world.outside.now(), world.outside.chance());
    let accept = Accept { command, lead, rep: by.clone(), actor: "tests".into(), idempotency: None };
    world.send(Command::Accept(Box::new(accept))).map(|done| done.receipt)
}

/// As the door does it: again whenever something changed meanwhile.
fn decline<S: Store>(world: &World<S>, lead: pointsman_domain::LeadId, by: &RepId) -> Result<Receipt, Declined> {
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

pub fn a_person_is_told_and_erased_and_the_record_stays_whole<S: Store + Clone>(store: S) {
    use pointsman_store::person::{EraseError, Request, erase, export};
    let beside = store.clone();
    let world = World::with_cap(store, 5);
    let mara = "mara@example.com";
    let lost = lead_of(&world.decide(&world.enquiry_of("DE", mara), None).unwrap());
    world.stage(lost, Stage::Lost).unwrap();
    let open = lead_of(&world.decide(&world.enquiry_of("DE", mara), None).unwrap());
    let other = world.decide(&world.enquiry_of("DE", "jonas@example.com"), None).unwrap();
    let contact = world.read(|reader| reader.lead(open)).unwrap().unwrap().row.contact.expect("a person");
    let before = world.read(Reader::head).unwrap();
    let told = |world: &World<S>| {
        let mut statements = beside.statements().unwrap();
        world.read(|reader| export(reader, &mut *statements, contact)).unwrap().expect("known")
    };
    let file = told(&world);
    assert_eq!(file.contact.email.as_deref(), Some(mara));
    assert_eq!(file.leads.iter().map(|file| file.lead.id).collect::<Vec<_>>(), [lost, open]);
    assert!(file.leads.iter().all(|file| file.decisions.iter().all(|decision| decision.facts.is_some())));
    assert!(file.keys.len() == 2 && file.keys.iter().all(|key| &*key.key == "email:mara@example.com"));
    let request = Request { name: "GDPR-7".into(), actor: "olga".into() };
    let run = |contact| {
        let mut statements = beside.statements().unwrap();
        let mut reader = beside.reader().unwrap();
        erase(&mut *reader, &mut *statements, &world.handle, &world.outside, contact, &request)
    };
    let nobody = pointsman_domain::ContactId::from_bytes([1; 16]);
    assert!(matches!(run(nobody), Err(EraseError::Unknown)));
    let erased = run(contact).unwrap();
    assert_eq!((erased.leads, erased.closed, erased.keys), (2, 1, 2));
    let file = told(&world);
    assert_eq!((&file.contact.email, &file.contact.phone, &file.contact.name), (&None, &None, &None));
    assert!(file.keys.is_empty() && file.leads.iter().all(|file| file.decisions.iter().all(|d| d.facts.is_none())));
    assert_eq!(file.erasures.iter().map(|erasure| &*erasure.request).collect::<Vec<_>>(), ["GDPR-7"]);
    // What was decided stays; what was open is closed and its slot is free; what was lost stays lost.
    assert_eq!(custody(&world, open), Custody::Closed);
    let stage = |lead| world.read(|reader| reader.lead(lead)).unwrap().unwrap().state.stage;
    assert_eq!((stage(lost), stage(open)), (Stage::Lost, Stage::Erased));
    assert!(world.read(|reader| reader.decision(other.decided.unwrap().decision.id)).unwrap().unwrap().facts.is_some());
    // Verifying says which request; altering would be found all the same.
    let report = world.read(|reader| verify(reader, Some(before.hash))).unwrap();
    assert_eq!(report.fault, None);
    let decisions = world.read(|reader| reader.decisions_of(open)).unwrap().len()
        + world.read(|reader| reader.decisions_of(lost)).unwrap().len();
    assert_eq!(report.erased.len(), decisions);
    assert!(report.erased.iter().all(|(_, request)| &**request == "GDPR-7"));
    assert!(world.ledger().0.holds());
    // The same address is a new person: nothing of the old one comes back.
    let again = lead_of(&world.decide(&world.enquiry_of("DE", mara), None).unwrap());
    let record = world.read(|reader| reader.lead(again)).unwrap().unwrap();
    assert!(record.row.contact != Some(contact) && !record.state.person_known);
    // Twice is harmless.
    assert_eq!(run(contact).unwrap().closed, 0);
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    // Enquiries of the person that come in meanwhile are erased as well, or are somebody new.
    let contact = record.row.contact.unwrap();
    std::thread::scope(|scope| {
        let arrivals = scope.spawn(|| {
            for _ in 0..20 {
                let lead = lead_of(&world.decide(&world.enquiry_of("CH", mara), None).unwrap());
                world.stage(lead, Stage::Lost).unwrap();
            }
        });
        run(contact).unwrap();
        arrivals.join().unwrap();
    });
    let mut statements = beside.statements().unwrap();
    let file = world.read(|reader| export(reader, &mut *statements, contact)).unwrap().expect("known");
    assert!(
        file.leads.iter().all(|file| file.decisions.iter().all(|decision| decision.facts.is_none())),
        "something was left"
    );
    assert!(file.keys.is_empty());
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    world.stop();
}

pub fn companies_and_persons_are_kept_at_the_version_that_was_seen<S: Store + Clone>(store: S) {
    use pointsman_store::{
        command::{Keep, Kept},
        directory::{Which, account_of, accounts, contacts},
        row::{AccountRow, ContactRow},
    };
    let beside = store.clone();
    let world = World::with_cap(store, 5);
    let seq = || world.read(Reader::head).unwrap().seq;
    let send = |kept: Kept| {
        let command = CommandId::new(world.outside.now(), world.outside.chance());
        let keep = Keep { command, kept, actor: "crm".into(), idempotency: None };
        world.send(Command::Keep(Box::new(keep))).map(|done| done.receipt)
    };
    let id = pointsman_domain::AccountId::new(world.outside.now(), world.outside.chance());
    let row = AccountRow {
        id,
        name: "Acme GmbH".into(),
        name_key: "acme".into(),
        domain: Some("acme.example".into()),
        parent: None,
        owner: Some(rep("cy")),
        version: 0,
    };
    let account = |row: &AccountRow, seen, read_at| Kept::Account {
        row: row.clone(),
        external_id: Some("001".into()),
        seen,
        read_at,
    };
    let Ok(Receipt::Kept { version }) = send(account(&row, None, seq())) else { panic!("kept") };
    // Somebody who saw nothing, or an older version, is sent back.
    assert_eq!(send(account(&row, None, seq())), Err(Declined::Stale));
    let mut twin = row.clone();
    twin.id = pointsman_domain::AccountId::from_bytes([9; 16]);
    assert_eq!(send(account(&twin, None, version - 1)), Err(Declined::Stale), "the domain was just taken");
    let mut changed = row.clone();
    changed.owner = None;
    assert!(matches!(send(account(&changed, Some(version), seq())), Ok(Receipt::Kept { .. })));
    assert_eq!(send(account(&row, Some(version), seq())), Err(Declined::Stale));
    // A lead that read the company before reads it again.
    let mut statements = beside.statements().unwrap();
    let kept = account_of(&mut *statements, id).unwrap().expect("there");
    assert_eq!((kept.row.owner, kept.external_id.as_deref()), (None, Some("001")));
    let found = |statements: &mut dyn pointsman_store::statements::Statements, which| {
        accounts(statements, which, None, 10).unwrap().into_iter().map(|account| account.row.id).collect::<Vec<_>>()
    };
    for which in [Which::All, Which::Key("acme.example"), Which::Name("acme"), Which::External("001")] {
        assert_eq!(found(&mut *statements, which), [id], "{which:?}");
    }
    assert_eq!(found(&mut *statements, Which::Key("other.example")), []);
    assert_eq!(accounts(&mut *statements, Which::All, Some(id), 10).unwrap(), []);
    // A person without a lead is recognised at the first.
    let contact = pointsman_domain::ContactId::new(world.outside.now(), world.outside.chance());
    let row = ContactRow {
        id: contact,
        name: None,
        email: Some("mara@acme.example".into()),
        phone: None,
        account: Some(id),
        owner: Some(rep("di")),
        version: 0,
    };
    let keys = vec!["email:mara@acme.example".into()];
    let kept = Kept::Contact { row, external_id: None, keys, seen: None, read_at: seq() };
    assert!(matches!(send(kept), Ok(Receipt::Kept { .. })));
    let lead = lead_of(&world.decide(&world.enquiry_of("DE", "mara@acme.example"), None).unwrap());
    let record = world.read(|reader| reader.lead(lead)).unwrap().unwrap();
    assert_eq!((record.row.contact, record.state.person_known), (Some(contact), true));
    let known: Vec<_> = contacts(&mut *statements, Which::Key("email:mara@acme.example"), None, 10).unwrap();
    assert_eq!(known.iter().map(|contact| contact.row.id).collect::<Vec<_>>(), [contact]);
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    assert!(world.ledger().0.holds());
    world.stop();
}
