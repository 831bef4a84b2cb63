//! What experiments and receivers read of the record: in order, whole, once.

use pointsman_domain::{Micros, record::Stage};
use pointsman_store::{Reader, Store, backend::Courses};

use crate::world::{World, lead_of};

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
