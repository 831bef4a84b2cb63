//! Sixty-four clients at three replicas: new leads, retries under the same key, the same person
//! again, closings, and two people who assign one lead by hand at the same instant.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use pointsman_domain::{CommandId, LeadId, RepId, Rng, record::Stage};
use pointsman_store::{Command, Declined, Postgres, Receipt, command::Transfer, stopwatch};

use crate::{
    history::{self, Said},
    number,
    server::Postgres as Server,
    world::{World, keyed, lead_of},
};

const CLIENTS: u64 = 64;
/// Slots of each of the five reps: they bind all the time.
pub const CAP: u32 = 12;

pub fn three_replicas_keep_one_sequence(server: &Server) {
    let leads = number("POINTSMAN_LEADS").unwrap_or(1_000);
    let store = Postgres::open(&server.url("crowd")).unwrap();
    let first = World::with_cap(store.clone(), CAP);
    let others = [2, 3].map(|seed| World::start(store.clone(), seed));
    let worlds: Vec<World<Postgres>> = std::iter::once(first).chain(others).collect();
    let said = Mutex::new(Vec::new());
    let next = AtomicU64::new(0);
    let started = stopwatch::start();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (worlds, said, next) = (&worlds, &said, &next);
            scope.spawn(move || {
                let mut client = Client { worlds, rng: Rng::seeded(client), mine: Vec::new(), said: Vec::new() };
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= leads {
                        break;
                    }
                    client.one(n);
                }
                said.lock().unwrap().append(&mut client.said);
            });
        }
    });
    let took = started.elapsed();
    let said = said.into_inner().unwrap();
    let summary = history::check(&store, &said, CAP).unwrap();
    println!("{summary}; {} answers in {took:?}", said.len());
    worlds.into_iter().for_each(|world| drop(world.stop()));
}

struct Client<'a> {
    worlds: &'a [World<Postgres>],
    rng: Rng,
    /// Leads of this client that are not closed yet.
    mine: Vec<LeadId>,
    said: Vec<Said>,
}

impl Client<'_> {
    fn world(&mut self) -> &World<Postgres> {
        &self.worlds[self.rng.below(3) as usize]
    }

    fn one(&mut self, n: u64) {
        // One in ten is a person that somebody else may be asking for right now.
        let person = if n % 10 == 9 { n / 40 } else { 1_000_000 + n };
        let email = format!("p{person}@example.com");
        let world = self.world();
        let enquiry = world.enquiry_of("DE", &email);
        let (name, key) = (format!("k{n}"), keyed(&format!("k{n}"), b"body"));
        let done = world.decide(&enquiry, key.as_ref()).unwrap();
        let first = done.receipt.clone();
        self.said.push(Said::Enquiry { key: name.clone(), person, receipt: first.clone() });
        if matches!(first, Receipt::Decided { .. }) {
            self.mine.push(lead_of(&done));
        }
        // One in five gives up waiting and asks another replica with the same key.
        if n.is_multiple_of(5) {
            let world = self.world();
            let again = world.decide(&world.enquiry_of("DE", &email), key.as_ref()).unwrap();
            assert!(again.replayed, "the key was answered");
            self.said.push(Said::Enquiry { key: name, person, receipt: again.receipt });
        }
        if n.is_multiple_of(7)
            && let Some(lead) = self.mine.last().copied()
        {
            self.two_people_at_once(lead);
        }
        while self.mine.len() > 2 {
            let lead = self.mine.remove(0);
            let stage = [Stage::Won, Stage::Lost][(n % 2) as usize];
            self.world().stage(lead, stage).unwrap();
            self.said.push(Said::Closed { lead, stage });
        }
    }

    /// Both saw the same owner; one wins, the other is told who it is now.
    fn two_people_at_once(&mut self, lead: LeadId) {
        let Some(seen) = self.worlds[0].owner(lead) else { return };
        let others = ["ada", "bo", "cy"].map(|rep| RepId::new(rep).unwrap());
        let mut others = others.into_iter().filter(|rep| *rep != seen);
        let pair = [others.next().unwrap(), others.next().unwrap()];
        let results: Vec<_> = std::thread::scope(|scope| {
            let sent = pair.iter().zip(&self.worlds[1..]).map(|(to, world)| {
                let (to, expected) = (to.clone(), Some(seen.clone()));
                scope.spawn(move || world.send(transfer(world, lead, to, expected)).map(|done| done.receipt))
            });
            sent.collect::<Vec<_>>().into_iter().map(|sent| sent.join().unwrap()).collect()
        });
        let won: Vec<&Receipt> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "one wins: {results:?}");
        for result in &results {
            match result {
                Ok(receipt) => self.said.push(Said::Transferred { receipt: receipt.clone() }),
                Err(Declined::OwnerChanged { present }) => assert!(present.is_some()),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

fn transfer(world: &World<Postgres>, lead: LeadId, to: RepId, expected: Option<RepId>) -> Command {
    let command = CommandId::new(world.outside.now(), world.outside.chance());
    // Without claims: what a person does by hand may exceed a cap, and is not what is checked here.
    let (claims, actor, reason) = (vec![], "olga".into(), Some("requested".into()));
    Command::Transfer(Box::new(Transfer { command, lead, to, expected, claims, actor, reason, idempotency: None }))
}
