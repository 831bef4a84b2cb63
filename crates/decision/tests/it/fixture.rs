//! A small company: two pools, three reps, quotas, a calendar, an absence.

use std::sync::Arc;

use pointsman_assign::{
    Binding, Change, Ledger, Load, Posted,
    price::{LimitPrice, PriceBook, SolvedFrom},
};
use pointsman_decision::{
    Decided, DocumentKind, DocumentSet, Facts, LeadFacts, Scratch, Snapshot, Ticket, decide, qualify,
};
use pointsman_domain::{AttributeIndex, DecisionId, Entity, Instant, LeadId, Value, Values, Window};

pub const POLICY: &str = r#"
format = 1
name = "default"

[[rule]]
id = "account-owner"
when = "account.has_owner"
owner = "account"
pick = "least-loaded"

[[rule]]
id = "large"
when = "lead.employees >= 500"
pool = "senior"
pick = "weighted-round-robin"
sla = "1h"
priority = 8
on_full = { hold = "2h" }

[[rule]]
id = "everybody"
pool = "all"
pick = "weighted-round-robin"
on_full = "next"

[fallback]
queue = "unassigned"
alarm = true
"#;

const ROSTER: &str = r#"
format = 1
limit = [{ id = "open", kind = "open", default = 2 }, { id = "day", kind = "per-day", default = 3 }]
rep = [
    { id = "anna", calendar = "office" },
    { id = "ben", calendar = "office", weight = 2 },
    { id = "carla", calendar = "office" },
]
pool = [{ id = "senior", reps = ["carla"] }, { id = "all", reps = ["anna", "ben", "carla"] }]
"#;

/// Tuesday, 10:00 in Berlin.
pub const TUESDAY: &str = "2026-03-03T09:00:00Z";

pub fn at(text: &str) -> Instant {
    text.parse().expect("a time")
}

pub fn documents(policy: &str) -> DocumentSet {
    let mut set = DocumentSet::default();
    let attributes = "format = 1\n[[lead]]\nname = 'employees'\ntype = 'integer'\n";
    let calendar = "format = 1\nzone = 'Europe/Berlin'\n[hours]\nmon = ['09:00-17:00']\ntue = ['09:00-17:00']\nwed = ['09:00-17:00']\n";
    let absences = "format = 1\n[[absence]]\nrep = 'anna'\nfrom = '2026-03-02T00:00:00Z'\nuntil = '2026-03-04T00:00:00Z'\nknown_at = '2026-02-01T00:00:00Z'\n";
    let routing = "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'default'\n";
    set.insert(DocumentKind::Routing, "", routing.as_bytes());
    set.insert(DocumentKind::Attributes, "", attributes.as_bytes());
    set.insert(DocumentKind::Roster, "", ROSTER.as_bytes());
    set.insert(DocumentKind::Calendar, "office", calendar.as_bytes());
    set.insert(DocumentKind::Absences, "", absences.as_bytes());
    set.insert(DocumentKind::Policy, "default", policy.as_bytes());
    set
}

/// A company that decides.
pub struct Company {
    pub snapshot: Arc<Snapshot>,
    pub ledger: Ledger,
    binding: Binding,
    leads: u128,
}

impl Company {
    pub fn new(policy: &str) -> Self {
        Self::of(Snapshot::compile(documents(policy)).expect("compiles"))
    }

    pub fn of(snapshot: Snapshot) -> Self {
        let snapshot = Arc::new(snapshot);
        let mut ledger = Ledger::default();
        snapshot.caps().for_each(|cap| ledger.apply(&cap));
        let binding = snapshot.bind(&mut ledger);
        Self { snapshot, ledger, binding, leads: 0 }
    }

    pub fn lead(&mut self, employees: Option<i64>, now: Instant) -> Facts {
        self.leads += 1;
        let mut attributes = Values::missing(1);
        let index = self.snapshot.schema.find(Entity::Lead, "employees").expect("in the schema");
        assert_eq!(index, AttributeIndex::new(0));
        attributes.set(index, employees.map(Value::Integer));
        let id = LeadId::new(now, self.leads);
        Facts::of(LeadFacts { id, arrived: now, attributes, value: None, originator: None })
    }

    /// Decides and applies.
    pub fn decide(&mut self, facts: &Facts, now: Instant) -> Decided {
        let qualified = qualify(&self.snapshot, facts, now, &mut Scratch::new(&self.snapshot));
        let ticket = Ticket { decision: DecisionId::new(now, self.leads), seed: self.leads as u64 };
        let decided = decide(&qualified, &self.ledger, &self.binding, ticket, &mut Load::default());
        decided.changes.iter().for_each(|change| self.ledger.apply(change));
        decided
    }

    /// A new company day: nothing is counted.
    pub fn renew(&mut self) {
        self.ledger = Ledger::default();
        self.snapshot.caps().for_each(|cap| self.ledger.apply(&cap));
        self.binding = self.snapshot.bind(&mut self.ledger);
    }

    /// Every place under every limit costs this.
    pub fn post(&mut self, price: f64) {
        let roster = &self.snapshot.roster;
        let pairs = roster.reps.iter().flat_map(|rep| roster.limits.iter().map(move |limit| (rep, limit)));
        let prices = pairs.map(|(rep, limit)| LimitPrice {
            rep: rep.id.clone(),
            limit: limit.id.clone(),
            window: Window::Always,
            posted: Posted::fixed(price / 2.0),
        });
        let solved_from = SolvedFrom { rows: 0, leads: 0, today: 0.0, value: 0.0, residual: 0.0 };
        let (prices, at) = (prices.collect(), at(TUESDAY));
        let book = PriceBook { format: PriceBook::FORMAT, epoch: 1, at, solved_from, prices };
        self.ledger.apply(&Change::Prices { book: Arc::new(book) });
    }

    pub fn release(&mut self, decided: &Decided) {
        for key in decided.decision.claims.iter().filter(|key| key.limit.as_str() == "open") {
            self.ledger.apply(&Change::Release { key: key.clone() });
        }
    }
}
