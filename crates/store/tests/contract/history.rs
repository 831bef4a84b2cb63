//! A history that another system kept, loaded.

use pointsman_domain::{
    ActivityId, ContactId, Instant, LeadId, Micros, Money, RepId, Values,
    record::{Activity, ActivityKind, Assignment, AssignmentKind, Contact, Outcome, Stage},
};
use pointsman_store::{
    Declined, Loader, Reader, Receipt, Store,
    audit::verify,
    load::{LeadCounts, PastLead},
    row::{Custody, LeadRow},
};

use crate::world::{START, World, outside, snapshot};

pub fn day(n: i64) -> Instant {
    START - Micros::DAY.times(100 - n)
}

pub fn lead(n: u128) -> PastLead {
    let row = LeadRow {
        id: LeadId::new(day(n as i64), n),
        source: "crm".into(),
        external_id: Some(format!("L{n}").into()),
        at: day(n as i64),
        contact: Some(ContactId::new(day(0), n)),
        account: None,
        attributes: Values::missing(2),
        value: None,
        originator: None,
        completeness: 1.0,
    };
    PastLead { known_at: row.at, row, country: "DE".into() }
}

fn contact(n: u128) -> Contact {
    Contact {
        id: ContactId::new(day(0), n),
        external_id: format!("C{n}").into(),
        known_at: day(0),
        name: Some("Somebody".into()),
        email: Some(format!("old-{n}@example.com").into()),
        phone: None,
        account: None,
    }
}

pub fn assigned(n: u128, rep: &str, after: i64) -> Assignment {
    let at = lead(n).row.at + Micros::HOUR.times(after);
    let (rep, kind) = (RepId::new(rep).unwrap(), AssignmentKind::First);
    Assignment { lead: lead(n).row.id, rep, at, known_at: at, kind, propensity: None }
}

pub fn became(n: u128, stage: Stage, after: i64) -> Outcome {
    let at = lead(n).row.at + Micros::HOUR.times(after);
    Outcome { lead: lead(n).row.id, at, known_at: at, stage, value: (stage == Stage::Won).then_some(Money(42_000)) }
}

pub fn called(n: u128, after: i64) -> Activity {
    let at = lead(n).row.at + Micros::HOUR.times(after);
    Activity {
        id: ActivityId::new(at, n),
        lead: lead(n).row.id,
        rep: None,
        at,
        known_at: at,
        kind: ActivityKind::Call,
        label: "call".into(),
        lifecycle: None,
        human: true,
    }
}

pub fn loader<S: Store>(world: &World<S>) -> Loader {
    let keys = |email: Option<&str>, _: Option<&str>, _: &str| {
        email.into_iter().map(|email| format!("email:{email}").into()).collect()
    };
    Loader::new(&world.store, snapshot(2), outside(&world.clock, 9), Box::new(keys)).unwrap()
}

/// Six leads: won, lost, open with ada (called), open with bo, open with nobody, open with somebody
/// who left.
pub fn history(loader: &mut Loader) -> LeadCounts {
    loader.rows(&(1..=6).map(contact).collect::<Vec<_>>()).unwrap();
    let owners = [(1, "ada"), (2, "bo"), (3, "ada"), (4, "bo"), (6, "gone")];
    loader.rows(&owners.map(|(n, rep)| assigned(n, rep, 2))).unwrap();
    loader.rows(&[became(1, Stage::Won, 70), became(2, Stage::Lost, 90)]).unwrap();
    loader.rows(&[called(1, 3), called(3, 5)]).unwrap();
    loader.leads(&(1..=6).map(lead).collect::<Vec<_>>()).unwrap()
}

pub fn a_history_is_loaded_once_whatever_stops_it<S: Store>(store: S) {
    let world = World::with_cap(store, 2);
    let loaded = history(&mut loader(&world));
    assert_eq!(loaded, LeadCounts { new: 6, owned: 3, ..LeadCounts::default() });
    let head = world.read(Reader::head).unwrap();
    let again = history(&mut loader(&world));
    assert_eq!(again, LeadCounts { unchanged: 6, ..LeadCounts::default() });
    assert_eq!(world.read(Reader::head).unwrap(), head, "a second time writes nothing");

    let record = |n: u128| world.read(|reader| reader.lead(lead(n).row.id)).unwrap().expect("loaded");
    let state = |n: u128| record(n).state;
    assert_eq!((state(1).stage, state(1).custody), (Stage::Won, Custody::Closed));
    assert_eq!((state(3).stage, world.owner(lead(3).row.id)), (Stage::Attempted, Some(RepId::new("ada").unwrap())));
    assert_eq!((state(5).stage, state(5).custody), (Stage::Open, Custody::Closed), "nobody's, so never routed");
    assert_eq!(world.owner(lead(6).row.id).unwrap().as_str(), "gone");
    assert_eq!(state(6).claims, [], "who left has no places");
    let assignments = world.read(|reader| reader.assignments_of(lead(3).row.id)).unwrap();
    assert_eq!((assignments.len(), assignments[0].actor.as_deref()), (1, Some("import")));
    assert_eq!(world.read(|reader| reader.stages_of(lead(1).row.id)).unwrap()[0].fact.value, Some(Money(42_000)));
    world.stop();
}

pub fn what_was_loaded_counts_as_work_and_goes_on<S: Store>(store: S) {
    let world = World::with_cap(store, 2);
    history(&mut loader(&world));
    // Ada and bo hold one loaded lead each: one place is left for each of them.
    for _ in 0..8 {
        world.decide(&world.enquiry("DE"), None).unwrap();
    }
    let (report, ledger) = world.ledger();
    assert!(report.holds(), "{report:?}");
    let used = |rep: &str| {
        let limit = pointsman_domain::LimitId::new("open").unwrap();
        ledger.used(&RepId::new(rep).unwrap(), &limit, pointsman_domain::Window::Always).0
    };
    assert_eq!((used("ada"), used("bo"), used("cy")), (2, 2, 2));
    let parked = world.decide(&world.enquiry("DE"), None).unwrap();
    assert!(parked.decided.unwrap().decision.owner().is_none(), "everybody is full");

    // It closes like any other lead, and its place is free again.
    world.stage(lead(3).row.id, Stage::Lost).unwrap();
    assert_eq!(world.read(|reader| reader.lead(lead(3).row.id)).unwrap().unwrap().state.stage, Stage::Lost);
    // What was loaded says won; a later fact that is not terminal does not leave that.
    world.stage(lead(1).row.id, Stage::Contacted).unwrap();
    assert_eq!(world.read(|reader| reader.lead(lead(1).row.id)).unwrap().unwrap().state.stage, Stage::Won);
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    world.stop();
}

pub fn a_later_import_takes_in_what_was_learned<S: Store>(store: S) {
    let world = World::with_cap(store, 5);
    history(&mut loader(&world));
    world.stage(lead(4).row.id, Stage::Contacted).unwrap();
    let mut later = loader(&world);
    later.rows(&[became(3, Stage::Won, 60), became(4, Stage::Lost, 60)]).unwrap();
    later.rows(&[assigned(5, "cy", 80)]).unwrap();
    let counts = later.leads(&(1..=6).map(lead).collect::<Vec<_>>()).unwrap();
    assert_eq!(counts, LeadCounts { changed: 2, unchanged: 3, own: 1, owned: 1, ..LeadCounts::default() });
    let state = |n: u128| world.read(|reader| reader.lead(lead(n).row.id)).unwrap().unwrap().state;
    assert_eq!((state(3).stage, state(3).claims.len()), (Stage::Won, 0));
    assert_eq!(state(4).stage, Stage::Contacted, "dealt with here since: left alone");
    assert_eq!(world.owner(lead(5).row.id).unwrap().as_str(), "cy");
    let (report, _) = world.ledger();
    assert!(report.holds(), "{report:?}");
    world.stop();
}

pub fn somebody_from_a_history_is_known_and_still_a_new_enquiry<S: Store>(store: S) {
    let world = World::with_cap(store, 5);
    history(&mut loader(&world));
    let enquiry = world.enquiry_of("DE", "old-3@example.com");
    let enquiry = pointsman_store::Enquiry { duplicate_window: Micros::DAY.times(1_000), ..enquiry };
    let done = world.decide(&enquiry, None).unwrap();
    assert!(matches!(done.receipt, Receipt::Decided { .. }), "{:?}", done.receipt);
    let record = world.read(|reader| reader.lead(enquiry.id)).unwrap().unwrap();
    assert_eq!(record.row.contact, lead(3).row.contact);
    // The same row of the same source is the lead that was loaded.
    let same = pointsman_store::Enquiry { source: "crm".into(), external_id: Some("L4".into()), ..world.enquiry("DE") };
    let done = world.decide(&same, None).unwrap();
    assert!(matches!(done.receipt, Receipt::Duplicate { lead: told, .. } if told == lead(4).row.id));
    let unknown: Result<_, Declined> = world.stage(LeadId::new(day(1), 77), Stage::Won);
    assert!(unknown.is_err());
    world.stop();
}
