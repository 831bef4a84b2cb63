//! Hostile text for whatever reads policies: what people write, mutated. Deterministic.

use std::time::{Duration, Instant};

use pointsman_domain::{AttributeSchema, Pick, Rng, TerritoryId};
use pointsman_expr::{Assume, Environment, RuleSet, Space};
use pointsman_rules::{Policy, Roster, Territory};

/// What is mutated: a policy, a table and conditions as people write them.
const POLICY: &str = include_str!("../../../../policies/default.toml");
const TABLE: &str = include_str!("../../../../territories/regions.csv");
const CONDITIONS: [&str; 8] = [
    "lead.country in [\"DE\", \"AT\", \"CH\"] && lead.employees >= 200",
    "account.open_opportunity && account.opportunity_owner != account.owner",
    "lead.postcode.startsWith(\"80\") || !(lead.postcode < '5' && has(lead.city))",
    "contact.email_domain.matches(r\"\\.(edu|ac\\.\\w\\w)$\")",
    "time.date < date(\"2026-12-24\") || time.weekday in ['sat', 'sun']",
    "!(!(!(lead.budget < 99.90 || lead.completeness >= 0.8)))",
    "lead.city.contains('\\u00e9\\n') && lead.source.endsWith(\"x\")",
    "((((((lead.employees == 1 || lead.employees == 0x1F))))))",
];
/// Pieces that readers treat specially.
const WORDS: [&str; 40] = [
    "(",
    ")",
    "((((((((((",
    "[",
    "]",
    "[[rule]]\n",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "\\u{",
    "&&",
    "||",
    "!",
    "!!!!!!!!",
    "==",
    " in ",
    "lead.",
    ".matches(\"",
    "(a*)*$",
    "{999}{999}",
    "has(",
    "-",
    "..",
    "0",
    "99999999999999999999",
    "1e999",
    "\u{0}",
    "\u{feff}",
    "é",
    "\u{10ffff}",
    "=",
    "{ hold = \"",
    "2h",
    "\n",
    "\r\n",
    ",",
    ";",
    "|",
];

/// The readers and what they read against.
pub struct Target {
    environment: Environment,
    roster: Roster,
}

/// How far a run got.
#[derive(Debug, Default)]
pub struct Tally {
    pub inputs: u64,
    /// Inputs that were read without a fault: mutations must not all be nonsense.
    pub accepted: u64,
    pub slowest: Duration,
}

impl Target {
    pub fn new() -> Self {
        let attributes = toml::from_str(include_str!("../../../../attributes.toml")).expect("attributes");
        let environment = Environment::new(&AttributeSchema::new(attributes).expect("a schema"));
        let roster = toml::from_str(include_str!("../../../../reps.toml")).expect("a roster");
        let roster = Roster::new(&roster, &environment).expect("a roster");
        Self { environment, roster }
    }

    /// Reads one mutated input with each reader.
    #[expect(clippy::disallowed_methods, reason = "measures how long reading takes")]
    pub fn once(&self, rng: &mut Rng, tally: &mut Tally) {
        let started = Instant::now();
        match rng.below(4) {
            0 => self.policy(&mutated(POLICY, rng), tally),
            1 => self.table(&mutated(TABLE, rng), tally),
            _ => {
                let seed = CONDITIONS[rng.below(CONDITIONS.len() as u64) as usize];
                self.condition(&mutated(seed, rng), tally);
            }
        }
        tally.inputs += 1;
        tally.slowest = tally.slowest.max(started.elapsed());
    }

    fn condition(&self, text: &str, tally: &mut Tally) {
        let Ok(condition) = self.environment.compile(text) else { return };
        tally.accepted += 1;
        let row = self.environment.row();
        let set = RuleSet::new(std::slice::from_ref(&condition));
        assert_eq!(set.first(&row, &mut set.scratch()).is_some(), condition.eval(&row), "{text}");
        let shown = self.environment.show(condition.tree());
        let again = self.environment.compile(&shown).map(|again| again.eval(&row));
        // What is shown may be longer than what may be written.
        assert!(
            again.as_ref().is_ok_and(|again| *again == condition.eval(&row)) || shown.len() > 2_000,
            "{text} -> {shown}: {again:?}"
        );
        let _any_answer = Space::new(&self.environment, [condition.tree()], Assume::Leads).find(&[0], &[], 100);
    }

    fn policy(&self, text: &str, tally: &mut Tally) {
        let territory = Territory::parse(
            TerritoryId::new("regions").expect("an id"),
            TABLE.as_bytes(),
            &self.roster,
            &self.environment,
        );
        let territories = [territory.expect("the shipped table")];
        let policy = Policy::parse(text, &self.roster, &territories, &self.environment, Pick::WeightedRoundRobin);
        tally.accepted += u64::from(policy.is_ok());
    }

    fn table(&self, text: &str, tally: &mut Tally) {
        let id = TerritoryId::new("t").expect("an id");
        let Ok(table) = Territory::parse(id, text.as_bytes(), &self.roster, &self.environment) else { return };
        tally.accepted += 1;
        let _any_answer = table.find(&self.environment.row(), 20_000);
    }
}

fn mutated(seed: &str, rng: &mut Rng) -> String {
    let mut bytes = seed.as_bytes().to_vec();
    for _ in 0..1 + rng.below(6) {
        let at = rng.below(bytes.len() as u64 + 1) as usize;
        let until = (at + rng.below(40) as usize).min(bytes.len());
        match rng.below(7) {
            0 => drop(bytes.drain(at..until)),
            1 => {
                let slice = bytes[at..until].to_vec();
                let to = rng.below(bytes.len() as u64 + 1) as usize;
                bytes.splice(to..to, slice);
            }
            2 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            // Deep or long: the same again and again.
            3 if rng.below(20) == 0 => {
                let word = WORDS[rng.below(WORDS.len() as u64) as usize].repeat(1 << rng.below(14));
                bytes.splice(at..at, word.into_bytes());
            }
            _ => {
                let word = WORDS[rng.below(WORDS.len() as u64) as usize];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
