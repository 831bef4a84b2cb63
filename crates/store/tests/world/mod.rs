//! A small company for tests: five reps, a pool, caps that bind, a clock that tests move.

#![allow(dead_code, reason = "every test binary uses its own part of this world")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use pointsman_assign::Ledger;
use pointsman_decision::{DocumentKind, DocumentSet, Scratch, Snapshot, Ticket};
use pointsman_domain::{
    AccountId, CommandId, ContactId, DecisionId, Digest, Instant, LeadId, Micros, RepId, Rng, Values, record::Stage,
};
use pointsman_store::{
    Command, Declined, Done, Enquiry, Handle, Outside, Reader, Reply, Service, ServiceConfig, Store,
    audit::{LedgerReport, verify_ledger},
    command::{Keyed, Staging, Switch},
    enquiry::{Company, Drawn, Person, prepare},
    row::IdempotencyKey,
    stage::StageFact,
};

/// 2026-03-02, a Monday, 08:00 UTC.
pub const START: Instant = Instant::from_unix_micros(1_772_438_400_000_000);

pub fn documents(open_cap: u32) -> DocumentSet {
    let mut documents = DocumentSet::default();
    let mut add = |kind, name: &str, text: String| documents.insert(kind, name, text.into_bytes());
    add(DocumentKind::Routing, "", "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'main'".into());
    let attributes = "format = 1
        lead = [{ name = 'country', type = 'country' }, { name = 'employees', type = 'integer' }]";
    add(DocumentKind::Attributes, "", attributes.into());
    let reps: String = ["ada", "bo", "cy", "di", "eve"].iter().map(|id| format!("[[rep]]\nid = '{id}'\n")).collect();
    let roster = format!(
        "format = 1\n[[limit]]\nid = 'open'\nkind = 'open'\ndefault = {open_cap}\n[[limit]]\nid = 'day'\nkind = 'per-day'\ndefault = 1000\n
        {reps}\n[[pool]]\nid = 'all'\nreps = ['ada', 'bo', 'cy', 'di', 'eve']"
    );
    add(DocumentKind::Roster, "", roster);
    let policy = "format = 1\nname = 'main'
        [[rule]]\nid = 'swiss'\nwhen = \"lead.country == 'CH'\"\nqueue = 'swiss'
        [[rule]]\nid = 'waits'\nwhen = \"lead.country == 'AT'\"\npool = 'all'\npick = 'weighted-round-robin'\non_full = { hold = '2h' }
        [[rule]]\nid = 'asks'\nwhen = \"lead.country == 'IT'\"\npool = 'all'\npick = 'weighted-round-robin'\naccept = '10m'
        [[rule]]\nid = 'rest'\npool = 'all'\npick = 'weighted-round-robin'\nsla = '30m'
        [fallback]\nqueue = 'unassigned'\nalarm = true";
    add(DocumentKind::Policy, "main", policy.into());
    documents
}

pub fn snapshot(open_cap: u32) -> Arc<Snapshot> {
    Arc::new(Snapshot::compile(documents(open_cap)).expect("the test documents compile"))
}

/// The same documents with a running experiment on rule 'rest'.
pub fn with_experiment(open_cap: u32) -> Arc<Snapshot> {
    use pointsman_experiment::{
        live::{LiveExperiment, Start},
        randomise::Salt,
    };
    let mut documents = documents(open_cap);
    let text = "format = 1
        id = 'spread'
        design = { kind = 'lead' }
        variants = [
            { id = 'old', policy = 'main', weight = 1 },
            { id = 'new', policy = 'main', weight = 1, change = [{ rule = 'rest', set = { pick = 'least-loaded' } }] },
        ]
        metrics = [{ id = 'won', kind = 'binary', column = 'won', role = 'decision' }]";
    let main = documents.get(DocumentKind::Policy, "main").expect("there").to_vec();
    let policy = |_: &pointsman_domain::PolicyName| String::from_utf8(main.clone()).ok();
    let start = Start {
        at: START,
        by: "tests",
        reason: "go",
        salt: Salt::new(5),
        local_day: 20_514,
        policy: &policy,
        others: &[],
    };
    let live = LiveExperiment::draft(text, START, "tests", "draft").expect("valid").start(start).expect("starts");
    documents.insert(DocumentKind::Experiment, "spread", live.body());
    Arc::new(Snapshot::compile(documents).expect("the test documents compile"))
}

/// A running store with a clock of its own.
pub struct World<S: Store> {
    pub store: S,
    pub service: Service,
    pub handle: Handle,
    pub outside: Outside,
    pub clock: Arc<AtomicI64>,
    reader: Mutex<Box<dyn Reader>>,
    counter: AtomicU64,
}

pub fn outside(clock: &Arc<AtomicI64>, seed: u64) -> Outside {
    let clock = Arc::clone(clock);
    let rng = Mutex::new(Rng::seeded(seed));
    let chance = move || {
        let mut rng = rng.lock().unwrap();
        u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())
    };
    // A millisecond passes at every look, so that ids are in the order in which they were made.
    let clock = move || Instant::from_unix_micros(clock.fetch_add(1000, Ordering::Relaxed));
    Outside::new(Arc::new(clock), Arc::new(chance))
}

impl<S: Store> World<S> {
    /// Starts on a store as it is; `seed` tells two processes on one store apart.
    pub fn start(store: S, seed: u64) -> Self {
        let clock = Arc::new(AtomicI64::new(START.unix_micros()));
        Self::start_at(store, seed, clock)
    }

    pub fn start_at(store: S, seed: u64, clock: Arc<AtomicI64>) -> Self {
        let outside = outside(&clock, seed);
        let service = Service::start(&store, ServiceConfig::default(), outside.clone()).expect("starts");
        let reader = Mutex::new(store.reader().expect("readable"));
        let handle = service.handle();
        Self { store, service, handle, outside, clock, reader, counter: AtomicU64::new(seed * 1_000_000) }
    }

    /// Starts with documents under which everybody may hold this many leads.
    pub fn with_cap(store: S, open_cap: u32) -> Self {
        let world = Self::start(store, 1);
        world.switch(open_cap);
        world
    }

    pub fn switch(&self, open_cap: u32) -> Done {
        self.switch_to(snapshot(open_cap))
    }

    pub fn switch_to(&self, snapshot: Arc<Snapshot>) -> Done {
        let command = CommandId::new(self.outside.now(), self.outside.chance());
        let (author, reason) = ("tests".into(), "start".into());
        let switch = Switch { command, snapshot, over: None, author, reason };
        self.send(Command::Switch(Box::new(switch))).expect("switches")
    }

    pub fn send(&self, command: Command) -> Result<Done, Declined> {
        self.handle.submit(command).expect("room in the queue").wait().expect("answered").result
    }

    pub fn read<T>(&self, read: impl FnOnce(&mut (dyn Reader + 'static)) -> T) -> T {
        read(&mut **self.reader.lock().unwrap())
    }

    /// The record folded and counted.
    pub fn ledger(&self) -> (LedgerReport, Ledger) {
        verify_ledger(&mut **self.reader.lock().unwrap()).expect("readable")
    }

    pub fn advance(&self, by: Micros) {
        self.clock.fetch_add(by.0, Ordering::Relaxed);
    }

    /// An enquiry of a person of its own.
    pub fn enquiry(&self, country: &str) -> Enquiry {
        let n = self.counter.fetch_add(1, Ordering::Relaxed);
        self.enquiry_of(country, &format!("person-{n}@example.com"))
    }

    pub fn enquiry_of(&self, country: &str, email: &str) -> Enquiry {
        let now = self.outside.now();
        let mut attributes = Values::missing(2);
        let country = pointsman_domain::Value::Text(country.into());
        attributes.set(pointsman_domain::AttributeIndex::new(0), Some(country));
        Enquiry {
            id: LeadId::new(now, self.outside.chance()),
            source: "form".into(),
            external_id: None,
            at: now,
            attributes,
            value: None,
            originator: None,
            completeness: 1.0,
            person: Some(Person { name: None, email: Some(email.into()), phone: None }),
            company: None,
            duplicate_keys: vec![format!("email:{email}").into()],
            duplicate_window: Micros::DAY,
            contact: ContactId::new(now, self.outside.chance()),
            account: AccountId::new(now, self.outside.chance()),
        }
    }

    pub fn company(&self, enquiry: Enquiry, domain: &str) -> Enquiry {
        let company = Company { name: domain.into(), name_key: domain.into(), domain: Some(domain.into()) };
        Enquiry { company: Some(company), ..enquiry }
    }

    /// Decides an enquiry as the door does: again whenever something changed meanwhile.
    pub fn decide(&self, enquiry: &Enquiry, keyed: Option<&Keyed>) -> Result<Done, Declined> {
        self.decide_whole(enquiry, keyed).result
    }

    pub fn decide_whole(&self, enquiry: &Enquiry, keyed: Option<&Keyed>) -> Reply {
        let now = self.outside.now();
        let chance = self.outside.chance();
        let drawn = Drawn {
            command: CommandId::new(now, chance),
            ticket: Ticket { decision: DecisionId::new(now, self.outside.chance()), seed: chance as u64 },
            salt: chance.to_le_bytes(),
        };
        loop {
            let live = self.handle.live().expect("documents are live");
            let scratch = &mut Scratch::new(&live);
            let now = self.outside.now();
            let decide = self.read(|reader| prepare(enquiry, reader, &live, drawn, now, scratch));
            let mut decide = decide.expect("prepared");
            decide.idempotency = keyed.cloned();
            let command = Command::Decide(Box::new(decide));
            let reply = self.handle.submit(command).expect("room in the queue").wait().expect("answered");
            if !matches!(reply.result, Err(Declined::Stale)) {
                return reply;
            }
        }
    }

    /// The same where the store may be away for a while.
    pub fn try_decide(&self, enquiry: &Enquiry, keyed: Option<&Keyed>) -> Result<Done, Declined> {
        let (now, chance) = (self.outside.now(), self.outside.chance());
        let drawn = Drawn {
            command: CommandId::new(now, chance),
            ticket: Ticket { decision: DecisionId::new(now, self.outside.chance()), seed: chance as u64 },
            salt: chance.to_le_bytes(),
        };
        let live = self.handle.live().ok_or(Declined::Unavailable)?;
        let scratch = &mut Scratch::new(&live);
        let prepared = self.read(|reader| prepare(enquiry, reader, &live, drawn, self.outside.now(), scratch));
        let mut decide = prepared.map_err(|_| Declined::Unavailable)?;
        decide.idempotency = keyed.cloned();
        match self.send(Command::Decide(Box::new(decide))) {
            Err(Declined::Stale) => Err(Declined::Unavailable),
            result => result,
        }
    }

    pub fn stage(&self, lead: LeadId, stage: Stage) -> Result<Done, Declined> {
        let now = self.outside.now();
        let fact = StageFact {
            at: now,
            known_at: now,
            stage,
            source_rank: 0,
            external_id: "".into(),
            reopen: false,
            value: None,
            reason: None,
        };
        let command = CommandId::new(now, self.outside.chance());
        let staging = Staging { command, lead, fact, actor: None, idempotency: None };
        self.send(Command::Stage(Box::new(staging)))
    }

    pub fn owner(&self, lead: LeadId) -> Option<RepId> {
        let record = self.read(|reader| reader.lead(lead)).expect("readable").expect("known");
        record.state.custody.owner().cloned()
    }

    pub fn stop(self) -> S {
        self.service.stop();
        self.store
    }
}

pub fn keyed(key: &str, body: &[u8]) -> Option<Keyed> {
    let key = IdempotencyKey { scope: "tests POST /v1/leads".into(), key: key.into() };
    Some(Keyed { key, body: pointsman_store::log::digest(body) })
}

pub fn lead_of(done: &Done) -> LeadId {
    match &done.receipt {
        pointsman_store::Receipt::Decided { lead, .. } | pointsman_store::Receipt::Duplicate { lead, .. } => *lead,
        other => panic!("{other:?} is about no decided lead"),
    }
}

pub fn hash(text: &str) -> Digest {
    pointsman_store::log::digest(text.as_bytes())
}
