//! Persons and companies: told, changed at the version that was seen, erased on request.

use pointsman_domain::{CommandId, record::Stage};
use pointsman_store::{Command, Declined, Reader, Receipt, Store, audit::verify, row::Custody};

use super::{custody, offers::rep};
use crate::world::{World, lead_of};

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
