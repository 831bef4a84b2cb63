//! The same person or company, made by two processes at the same instant: there is one of them.

use std::collections::BTreeSet;

use pointsman_domain::{AccountId, CommandId, ContactId};
use pointsman_store::{
    Command, Declined, Reader, Receipt, Store,
    audit::verify,
    command::{Keep, Kept},
    directory::{Account, Contact, Which, accounts, contacts},
    enquiry::Company,
    row::{AccountRow, ContactRow},
};

use crate::world::{World, lead_of};

fn send<S: Store>(world: &World<S>, kept: Kept) -> Result<Receipt, Declined> {
    let command = CommandId::new(world.outside.now(), world.outside.chance());
    let keep = Keep { command, kept, actor: "crm".into(), idempotency: None };
    world.send(Command::Keep(Box::new(keep))).map(|done| done.receipt)
}

fn person<S: Store>(world: &World<S>, email: &str, external_id: Option<&str>, read_at: u64) -> Kept {
    let row = ContactRow {
        id: ContactId::new(world.outside.now(), world.outside.chance()),
        name: None,
        email: Some(email.into()),
        phone: None,
        account: None,
        owner: None,
        version: 0,
    };
    let keys = vec![format!("email:{email}").into()];
    Kept::Contact { row, external_id: external_id.map(Into::into), keys, seen: None, read_at }
}

fn company<S: Store>(world: &World<S>, domain: Option<&str>, external_id: Option<&str>, read_at: u64) -> Kept {
    let row = AccountRow {
        id: AccountId::new(world.outside.now(), world.outside.chance()),
        name: "Acme".into(),
        name_key: "".into(),
        domain: domain.map(Into::into),
        parent: None,
        owner: None,
        version: 0,
    };
    Kept::Account { row, external_id: external_id.map(Into::into), seen: None, read_at }
}

fn persons(store: &impl Store, which: Which<'_>) -> Vec<Contact> {
    contacts(&mut *store.statements().unwrap(), which, None, 100).unwrap()
}

fn companies(store: &impl Store, which: Which<'_>) -> Vec<Account> {
    accounts(&mut *store.statements().unwrap(), which, None, 100).unwrap()
}

pub fn two_processes_make_one_person_and_one_company<S: Store + Clone>(store: S) {
    let beside = store.clone();
    let first = World::with_cap(store.clone(), 200);
    let second = World::start(store, 2);
    let seq = || first.read(Reader::head).unwrap().seq;
    // Both looked before either wrote. The one who comes second is sent back to look again.
    let at = seq();
    assert!(send(&first, person(&first, "mara@acme.example", None, at)).is_ok());
    assert_eq!(send(&second, person(&second, "mara@acme.example", None, at)), Err(Declined::Stale));
    assert_eq!(persons(&beside, Which::Key("email:mara@acme.example")).len(), 1);
    let at = seq();
    assert!(send(&second, person(&second, "one@acme.example", Some("c-1"), at)).is_ok());
    assert_eq!(send(&first, person(&first, "other@acme.example", Some("c-1"), at)), Err(Declined::Stale));
    assert_eq!(persons(&beside, Which::External("c-1")).len(), 1);
    let at = seq();
    assert!(send(&first, company(&first, Some("acme.example"), None, at)).is_ok());
    assert_eq!(send(&second, company(&second, Some("acme.example"), None, at)), Err(Declined::Stale));
    assert_eq!(companies(&beside, Which::Key("acme.example")).len(), 1);
    let at = seq();
    assert!(send(&second, company(&second, None, Some("a-1"), at)).is_ok());
    assert_eq!(send(&first, company(&first, None, Some("a-1"), at)), Err(Declined::Stale));
    assert_eq!(companies(&beside, Which::External("a-1")).len(), 1);
    // A lead brought the person first.
    let at = seq();
    first.decide(&first.enquiry_of("DE", "lead@acme.example"), None).unwrap();
    assert_eq!(send(&second, person(&second, "lead@acme.example", None, at)), Err(Declined::Stale));
    // Whoever looked after that knows better than the record, and is not sent back for ever.
    assert!(send(&second, person(&second, "lead@acme.example", None, seq())).is_ok());
    first.stop();
    second.stop();
}

/// Doors of two processes that look, write, and look again when they are told to.
pub fn a_crowd_makes_one_person_and_one_company<S: Store + Clone>(store: S) {
    const ROUNDS: usize = 12;
    let beside = store.clone();
    let first = World::with_cap(store.clone(), 200);
    let second = World::start(store, 2);
    let worlds = [&first, &second];
    std::thread::scope(|scope| {
        for door in 0..6 {
            let store = &beside;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let (world, email) = (worlds[door % 2], format!("p{round}@acme.example"));
                    match door {
                        0 | 1 => write_down(world, store, &email),
                        // The same person with a lead, and others of the same company by its name alone.
                        2 | 3 => drop(world.decide(&world.enquiry_of("DE", &email), None).unwrap()),
                        _ => {
                            let named = Company {
                                name: format!("Firm {round}").into(),
                                name_key: format!("firm {round}").into(),
                                domain: None,
                            };
                            let mut enquiry = world.enquiry_of("AT", &format!("d{door}-{round}@mail.example"));
                            enquiry.company = Some(named);
                            lead_of(&world.decide(&enquiry, None).unwrap());
                        }
                    }
                }
            });
        }
    });
    for round in 0..ROUNDS {
        let key = format!("email:p{round}@acme.example");
        let found: BTreeSet<ContactId> = persons(&beside, Which::Key(&key)).iter().map(|one| one.row.id).collect();
        assert_eq!(found.len(), 1, "{key}");
        assert_eq!(companies(&beside, Which::Name(&format!("firm {round}"))).len(), 1, "firm {round}");
    }
    assert_eq!(first.read(|reader| verify(reader, None)).unwrap().fault, None);
    assert!(first.ledger().0.holds());
    first.stop();
    second.stop();
}

fn write_down<S: Store>(world: &World<S>, store: &S, email: &str) {
    loop {
        let read_at = world.read(Reader::head).unwrap().seq;
        if !persons(store, Which::Key(&format!("email:{email}"))).is_empty() {
            return;
        }
        match send(world, person(world, email, None, read_at)) {
            Ok(_) => return,
            Err(declined) => assert_eq!(declined, Declined::Stale),
        }
    }
}
