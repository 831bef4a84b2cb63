//! A large company: 500 rules of four predicates over twelve attributes, 1,000 reps in pools of
//! 200, three limits, two calendars; a third of its leads match no rule but the last.
//!
//! Shared by the test of heap growth and the example that measures time.

use std::fmt::Write as _;
use std::sync::Arc;

use pointsman_assign::{Binding, Ledger};
use pointsman_decision::{DocumentKind, DocumentSet, Facts, LeadFacts, Snapshot};
use pointsman_domain::{AttributeType, Entity, Instant, LeadId, Micros, Money, Rng, Value, Values};

pub const RULES: usize = 500;
pub const REPS: usize = 1_000;
pub const CANDIDATES: usize = 200;

const KINDS: [(&str, &str); 12] = [
    ("country", "country"),
    ("postcode", "postcode"),
    ("language", "language"),
    ("source", "text"),
    ("channel", "choice"),
    ("industry", "choice"),
    ("product", "choice"),
    ("employees", "integer"),
    ("budget", "money"),
    ("urgency", "integer"),
    ("fit", "number"),
    ("partner", "bool"),
];
const COUNTRIES: [&str; 8] = ["DE", "AT", "CH", "FR", "GB", "US", "NL", "SE"];
const LANGUAGES: [&str; 5] = ["de", "en", "fr", "nl", "sv"];
const SOURCES: [&str; 6] = ["website", "fair", "partner", "phone", "chat", "referral"];

/// Tuesday, 10:00 in Berlin: everybody is open.
pub fn noon() -> Instant {
    "2026-03-03T09:00:00Z".parse().expect("a time")
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.below(from.len() as u64) as usize]
}

/// Four predicates, each on another attribute. The first names a country, so that a lead from
/// elsewhere reaches the last rule.
fn condition(rng: &mut Rng) -> String {
    let country = pick(rng, &COUNTRIES);
    let mut parts = vec![format!("lead.country == '{country}'")];
    let mut at = 1 + rng.below(11);
    for _ in 0..3 {
        parts.push(match at {
            1 => format!("lead.postcode.startsWith('{}')", rng.below(10)),
            2 => format!("lead.language in ['{}', '{}']", pick(rng, &LANGUAGES), pick(rng, &LANGUAGES)),
            3 => format!("lead.source != '{}'", pick(rng, &SOURCES)),
            4 => format!("lead.channel == 'c{}'", rng.below(6)),
            5 => format!("lead.industry in ['i{}', 'i{}', 'i{}']", rng.below(12), rng.below(12), rng.below(12)),
            6 => format!("lead.product == 'p{}'", rng.below(5)),
            7 => format!("lead.employees >= {}", 50 * rng.below(40)),
            8 => format!("lead.budget < {}", 1000 * (1 + rng.below(90))),
            9 => format!("lead.urgency > {}", rng.below(9)),
            10 => format!("lead.fit >= 0.{}", rng.below(10)),
            _ => "lead.partner".to_owned(),
        });
        at = 1 + (at + 2 + rng.below(2)) % 11;
    }
    parts.join(" && ")
}

pub fn documents() -> DocumentSet {
    let mut rng = Rng::seeded(7);
    let mut attributes = String::from("format = 1\n");
    for (name, kind) in KINDS {
        writeln!(attributes, "[[lead]]\nname = '{name}'\ntype = '{kind}'").expect("text");
        let values = |letter: char, n: usize| (0..n).map(|i| format!("'{letter}{i}'")).collect::<Vec<_>>().join(", ");
        match name {
            "channel" => writeln!(attributes, "values = [{}]", values('c', 6)).expect("text"),
            "industry" => writeln!(attributes, "values = [{}]", values('i', 12)).expect("text"),
            "product" => writeln!(attributes, "values = [{}]", values('p', 5)).expect("text"),
            _ => {}
        }
    }
    let mut roster = String::from(
        "format = 1\nlimit = [{ id = 'open', kind = 'open', default = 4000 }, { id = 'day', kind = 'per-day', default = 3000 }, \
         { id = 'large', kind = 'open', default = 50, when = 'lead.employees >= 1500' }]\n",
    );
    for rep in 0..REPS {
        let calendar = if rep % 2 == 0 { "office" } else { "london" };
        writeln!(
            roster,
            "[[rep]]\nid = 'rep-{rep:04}'\ncalendar = '{calendar}'\nweight = {}\nskills = {{ german = {}, cloud = {} }}",
            1 + rng.below(3),
            1 + rng.below(9),
            1 + rng.below(9)
        )
        .expect("text");
    }
    for pool in 0..20 {
        let members: Vec<String> =
            (0..CANDIDATES).map(|i| format!("'rep-{:04}'", (i * 5 + pool * 37) % REPS)).collect();
        writeln!(roster, "[[pool]]\nid = 'pool-{pool:02}'\nreps = [{}]", members.join(", ")).expect("text");
    }
    let picks = ["weighted-round-robin", "least-loaded", "best-skill", "weighted-round-robin"];
    let mut policy = String::from("format = 1\nname = 'large'\n");
    for rule in 0..RULES {
        let when = if rule + 1 == RULES { "true".to_owned() } else { condition(&mut rng) };
        writeln!(
            policy,
            "[[rule]]\nid = 'rule-{rule:03}'\nwhen = \"{when}\"\npool = 'pool-{:02}'\npick = '{}'\nskills = {{ german = 1 }}\nsla = '1h'\non_full = 'next'",
            rule % 20,
            picks[rule % 4]
        )
        .expect("text");
    }
    policy.push_str("[fallback]\nqueue = 'unassigned'\n");
    let calendar = |zone: &str| {
        let days: String =
            ["mon", "tue", "wed", "thu", "fri"].map(|d| format!("{d} = ['08:00-12:00', '12:30-18:00']\n")).concat();
        format!("format = 1\nzone = '{zone}'\n[hours]\n{days}")
    };
    let absences: String = (0..40)
        .map(|i| {
            let rep = i * 23 % REPS;
            format!("[[absence]]\nrep = 'rep-{rep:04}'\nfrom = '2026-03-02T00:00:00Z'\nuntil = '2026-03-05T00:00:00Z'\nknown_at = '2026-02-01T00:00:00Z'\n")
        })
        .collect();
    let mut set = DocumentSet::default();
    let routing = "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'large'\n";
    set.insert(DocumentKind::Routing, "", routing.as_bytes());
    set.insert(DocumentKind::Attributes, "", attributes.into_bytes());
    set.insert(DocumentKind::Roster, "", roster.into_bytes());
    set.insert(DocumentKind::Calendar, "office", calendar("Europe/Berlin").into_bytes());
    set.insert(DocumentKind::Calendar, "london", calendar("Europe/London").into_bytes());
    set.insert(DocumentKind::Absences, "", format!("format = 1\n{absences}").into_bytes());
    set.insert(DocumentKind::Policy, "large", policy.into_bytes());
    set
}

/// The company with an empty ledger.
pub fn company() -> (Arc<Snapshot>, Ledger, Binding) {
    let snapshot = Arc::new(Snapshot::compile(documents()).expect("compiles"));
    let mut ledger = Ledger::default();
    snapshot.caps().for_each(|cap| ledger.apply(&cap));
    let binding = snapshot.bind(&mut ledger);
    (snapshot, ledger, binding)
}

/// Different leads; a third come from countries that no rule names.
pub fn leads(snapshot: &Snapshot, count: usize) -> Vec<Facts> {
    let mut rng = Rng::seeded(3);
    let schema = &snapshot.schema;
    let one = |n: usize, rng: &mut Rng| {
        let mut values = Values::missing(schema.len());
        for (name, _) in KINDS {
            let index = schema.find(Entity::Lead, name).expect("in the schema");
            let (_, attribute) = schema.get(index).expect("in the schema");
            let value = match attribute.kind {
                AttributeType::Choice => Value::Choice(rng.below(attribute.values.len() as u64) as u16),
                AttributeType::Integer if name == "urgency" => Value::Integer(rng.below(10) as i64),
                AttributeType::Integer => Value::Integer(1 + rng.below(3000) as i64),
                AttributeType::Money => Value::Money(Money(rng.below(10_000_000) as i64)),
                AttributeType::Number => Value::Number(rng.uniform()),
                AttributeType::Bool => Value::Bool(rng.below(2) == 0),
                AttributeType::Postcode => Value::Text(format!("{:05}", rng.below(100_000)).into()),
                AttributeType::Language => Value::Text(pick(rng, &LANGUAGES).into()),
                AttributeType::Country if n.is_multiple_of(3) => Value::Text(pick(rng, &["JP", "BR", "ZA"]).into()),
                AttributeType::Country => Value::Text(pick(rng, &COUNTRIES).into()),
                _ => Value::Text(pick(rng, &SOURCES).into()),
            };
            values.set(index, Some(value));
        }
        let arrived = noon() + Micros(n as i64);
        Facts::of(LeadFacts {
            id: LeadId::new(arrived, n as u128),
            arrived,
            attributes: values,
            value: None,
            originator: None,
        })
    };
    (0..count).map(|n| one(n, &mut rng)).collect()
}
