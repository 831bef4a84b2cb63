//! Both at once: the same leads in the same order, compared after every decision.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{LeadId, Rng};

use super::clock::START;
use super::engine::{Engine, Taken};
use super::generate::{self, Company};
use super::hours::MINUTE;
use super::interpret::{Answer, Case, End, Interpreter};

/// How often everything occurred.
pub type Coverage = BTreeMap<String, u64>;

/// Everything that must have occurred.
const NEEDED: [&str; 62] = [
    "operator ==",
    "operator !=",
    "operator <",
    "operator <=",
    "operator >",
    "operator >=",
    "operator in",
    "operator has",
    "operator bare",
    "operator startsWith",
    "operator endsWith",
    "operator contains",
    "operator matches",
    "operator !",
    "operator &&",
    "operator ||",
    "pick weighted-round-robin",
    "pick least-loaded",
    "pick best-skill",
    "pick nearest-territory",
    "pick best-score",
    "pick expected-value",
    "pick draw",
    "on_full next",
    "on_full backup",
    "on_full hold",
    "on_full overflow",
    "on_full queue",
    "target pool",
    "target rep",
    "target queue",
    "target account",
    "target parent-account",
    "target opportunity",
    "target prior-contact",
    "target last-owner",
    "target originator",
    "chosen",
    "inactive",
    "absent",
    "outside_hours",
    "missing_skill",
    "excluded_by_rule",
    "declined_before",
    "limit_reached",
    "older_lead_waits",
    "later_turn",
    "higher_load",
    "lower_skill",
    "farther_territory",
    "lower_score",
    "lower_value",
    "not_drawn",
    "price_too_high",
    "nobody_named",
    "nobody_eligible",
    "nobody_free",
    "queued",
    "priced",
    "parked",
    "woken",
    "without attributes",
];

/// What occurred less than `least` times.
pub fn missing(coverage: &Coverage, least: u64) -> Vec<(&'static str, u64)> {
    let count = |name: &&'static str| (*name, coverage.get(*name).copied().unwrap_or(0));
    NEEDED.iter().map(count).filter(|(_, count)| *count < least).collect()
}

/// Decides `leads` leads in each of `companies` companies; panics where the two differ. `seen` looks
/// at every decision before it is applied.
pub fn run(
    first_seed: u64,
    companies: u64,
    leads: u64,
    seen: &mut dyn FnMut(&mut Engine, &Case, i64, &Taken),
) -> Coverage {
    let mut coverage = Coverage::new();
    for seed in first_seed..first_seed + companies {
        let mut rng = Rng::stream(seed, 1);
        let company = generate::company(&mut rng);
        let mut both = Both::new(seed, company);
        for number in 0..leads {
            both.step(number, &mut rng, seen);
        }
        both.coverage.extend(std::mem::take(&mut both.interpreter.asked));
        for (name, count) in both.coverage {
            *coverage.entry(name).or_default() += count;
        }
    }
    coverage
}

struct Both {
    seed: u64,
    company: Company,
    policy: toml::Table,
    reps: usize,
    engine: Engine,
    interpreter: Interpreter,
    now: i64,
    cases: BTreeMap<u64, Case>,
    owned: BTreeMap<u64, String>,
    coverage: Coverage,
}

type Seen<'s> = &'s mut dyn FnMut(&mut Engine, &Case, i64, &Taken);

impl Both {
    fn new(seed: u64, company: Company) -> Self {
        let policy: toml::Table = company.policy.parse().expect("TOML");
        let engine = Engine::new(&company);
        let reps = engine.snapshot.roster.reps.len();
        let interpreter = Interpreter::new(&company);
        let (cases, owned, coverage) = (BTreeMap::new(), BTreeMap::new(), Coverage::new());
        Self { seed, company, policy, reps, engine, interpreter, now: START, cases, owned, coverage }
    }

    /// A few minutes pass: some leads end or come back, those whose hour has come are decided
    /// again, and a new one arrives.
    fn step(&mut self, number: u64, rng: &mut Rng, seen: Seen<'_>) {
        self.now += rng.below(40) as i64 * MINUTE + rng.below(3) as i64 * 1_234_567;
        if rng.uniform() < 0.8
            && let Some(lead) = self.owned.keys().nth(rng.below(self.owned.len().max(1) as u64) as usize).copied()
        {
            self.end(lead, rng.uniform() < 0.1, seen);
        }
        let due = self.interpreter.due(self.now);
        let ids: BTreeSet<LeadId> = due.iter().map(|lead| Engine::id(&self.cases[lead])).collect();
        assert_eq!(self.engine.due(self.now).into_iter().collect::<BTreeSet<_>>(), ids, "{}", self.place(number));
        for lead in due {
            self.note("woken");
            self.decide(lead, seen);
        }
        let lead = generate::lead(rng, self.reps);
        if lead.attributes.is_empty() {
            self.note("without attributes");
        }
        let (declined, last_owner) = (Vec::new(), None);
        let case = Case { number, lead, arrived: self.now, declined, last_owner, deadline: None, seed: rng.next_u64() };
        self.cases.insert(number, case);
        self.decide(number, seen);
    }

    /// A lead is closed, or its owner declines it and it is decided again. Either way the first in
    /// line for the freed slot is looked at.
    fn end(&mut self, lead: u64, declines: bool, seen: Seen<'_>) {
        let owner = self.owned.remove(&lead).expect("an owned lead");
        self.engine.release(lead);
        self.interpreter.release(lead);
        if declines {
            let case = self.cases.get_mut(&lead).expect("a known lead");
            case.declined.push(owner.clone());
            (case.last_owner, case.deadline) = (Some(owner.clone()), None);
            self.decide(lead, seen);
        }
        let first = self.interpreter.first_in_line(&owner);
        let id = first.map(|lead| Engine::id(&self.cases[&lead]));
        assert_eq!(self.engine.first_in_line(&owner), id, "first in line for {owner}, {}", self.place(lead));
        if let Some(first) = first {
            self.decide(first, seen);
        }
    }

    fn decide(&mut self, lead: u64, seen: Seen<'_>) {
        let case = self.cases[&lead].clone();
        let taken = self.engine.decide(&case, self.now);
        seen(&mut self.engine, &case, self.now, &taken);
        let expected = self.interpreter.decide(&case, self.now);
        self.compare(&case, &taken.answer, &expected);
        self.cover(&expected);
        self.engine.apply(&case, taken.decided);
        let case = self.cases.get_mut(&lead).expect("a known lead");
        match expected.end {
            End::Owned { rep, .. } => {
                case.deadline = None;
                self.owned.insert(lead, rep);
            }
            End::Held { until, .. } => case.deadline = Some(until),
            End::Parked { .. } => {}
        }
    }

    fn place(&self, lead: u64) -> String {
        format!("company {}, lead {lead}", self.seed)
    }

    fn compare(&self, case: &Case, found: &Answer, expected: &Answer) {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()));
        let same = found.end == expected.end
            && found.rule == expected.rule
            && found.priority == expected.priority
            && close(found.propensity, expected.propensity)
            && close(found.value, expected.value)
            && found.rungs.len() == expected.rungs.len()
            && found.rungs.iter().zip(&expected.rungs).all(|(a, b)| {
                let alike = |((r1, w1, n1), (r2, w2, n2)): (&(String, &str, f64), &(String, &str, f64))| {
                    r1 == r2 && w1 == w2 && close(*n1, *n2)
                };
                (&a.rule, a.overflow, a.verdict, a.candidates.len())
                    == (&b.rule, b.overflow, b.verdict, b.candidates.len())
                    && a.candidates.iter().zip(&b.candidates).all(alike)
            });
        assert!(
            same,
            "{} at {} differs\nengine {found:#?}\noracle {expected:#?}\n{case:#?}\n{}\n{}\n{}",
            self.place(case.number),
            super::clock::show(self.now),
            self.company.policy,
            self.company.roster,
            self.company.absences,
        );
    }

    fn note(&mut self, what: &str) {
        *self.coverage.entry(what.to_owned()).or_default() += 1;
    }

    fn cover(&mut self, answer: &Answer) {
        for rung in &answer.rungs {
            self.note(rung.verdict);
            rung.candidates.iter().for_each(|(_, why, _)| self.note(why));
            let rules = self.policy["rule"].as_array().expect("rules");
            let rule = rules.iter().find(|rule| rule["id"].as_str() == Some(&rung.rule)).expect("a rule").clone();
            let target = ["owner", "pool", "rep", "queue"].into_iter().find_map(|t| rule.get(t).map(|v| (t, v)));
            let (target, value) = target.expect("a target");
            let name = if target == "owner" { value.as_str().unwrap_or(target) } else { target };
            self.note(&format!("target {name}"));
            if rung.verdict == "chosen" {
                self.note(&format!("pick {}", rule["pick"].as_str().unwrap_or_default()));
            }
            let on_full = match rule.get("on_full") {
                Some(toml::Value::String(word)) => Some(word.clone()),
                Some(toml::Value::Table(table)) => table.keys().next().cloned(),
                _ => None,
            };
            // What happens when nobody is free counts where nobody was.
            if let Some(on_full) = on_full.filter(|_| !matches!(rung.verdict, "chosen" | "priced")) {
                self.note(&format!("on_full {on_full}"));
            }
        }
    }
}
