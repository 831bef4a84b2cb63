//! A company whose truth is known: who wins which lead, and with what probability.
//!
//! The log-odds of rep r winning lead x, touched at once, are
//!
//! ```text
//! logit(base rate) − mean lead effect + Σ effect(attribute level) + skill_r + Σ way_r(attribute level)
//! ```
//!
//! and the odds fall by 1/e for every `patience_hours` of working time that the lead waits.
//! Everything is drawn from the seed by the pinned generator: the same world on every machine.

use std::fmt::Write as _;

use pointsman_domain::{Absence, Instant, LeadId, Micros, Money, RepId, Rng, math};
use serde::Deserialize;

/// The file as written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldFile {
    pub format: u32,
    pub name: Box<str>,
    pub zone: Box<str>,
    pub currency: Box<str>,
    pub reps: RepsFile,
    pub leads: LeadsFile,
    pub outcomes: OutcomesFile,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepsFile {
    pub teams: Vec<Box<str>>,
    pub per_team: usize,
    pub skill_sd: f64,
    pub hours: Vec<Box<str>>,
    pub per_day: u32,
    pub absent: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadsFile {
    pub per_day: f64,
    pub week: [f64; 7],
    pub daytime: f64,
    pub drift: f64,
    pub attribute: Vec<AttributeFile>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeFile {
    pub name: Box<str>,
    pub values: Vec<Box<str>>,
    pub effect_sd: f64,
    pub skill_sd: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomesFile {
    pub base_rate: f64,
    pub patience_hours: f64,
    pub service_minutes: f64,
    pub days_to_win: f64,
    pub days_to_loss: f64,
    pub value_median: f64,
    pub value_spread: f64,
}

/// What is wrong with a world file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    #[error("the world file cannot be read: {0}")]
    Toml(String),
    #[error("format {0} of the world file is newer than this version reads (1)")]
    Format(u32),
    #[error("{field} is {given}: expected {expected}")]
    Value { field: &'static str, given: String, expected: &'static str },
}

/// A rep with the truth about them.
#[derive(Debug, Clone)]
pub struct WorldRep {
    pub id: RepId,
    pub team: usize,
    pub skill: f64,
    /// Per attribute and level.
    ways: Vec<Vec<f64>>,
}

/// A lead with the truth about it.
#[derive(Debug, Clone)]
pub struct WorldLead {
    pub id: LeadId,
    pub at: Instant,
    /// The team that may take it: the region it comes from.
    pub team: usize,
    /// Per attribute, the level.
    pub levels: Vec<usize>,
    /// Won when the probability exceeds this: the same number under every policy.
    pub luck: f64,
    /// Working time it keeps a rep busy.
    pub service: Micros,
    pub value: Money,
    pub to_win: Micros,
    pub to_loss: Micros,
    /// The seed of its decisions.
    pub seed: u64,
}

/// The world, drawn.
#[derive(Debug, Clone)]
pub struct World {
    pub file: WorldFile,
    pub seed: u64,
    pub reps: Vec<WorldRep>,
    pub absences: Vec<Absence>,
    /// Per attribute and level: effect on the log-odds, log of the share, drift of that per year.
    effects: Vec<Vec<f64>>,
    mix: Vec<Vec<(f64, f64)>>,
    base: f64,
}

/// Every world begins on this day: Wednesday, 2025-01-01T00:00:00Z.
pub const START: Instant = Instant::from_unix_micros(20_089 * Micros::DAY.0);

/// Streams of the seed, so that drawing more of one thing does not change another.
const REPS: u64 = 1;
const ATTRIBUTES: u64 = 2;
const ABSENCES: u64 = 3;
const LEADS: u64 = 1 << 32;

impl World {
    pub fn parse(text: &str, seed: u64) -> Result<Self, WorldError> {
        let file: WorldFile = toml::from_str(text).map_err(|e| WorldError::Toml(e.to_string()))?;
        check(&file)?;
        let mut rng = Rng::stream(seed, ATTRIBUTES);
        let attributes = &file.leads.attribute;
        let effects: Vec<Vec<f64>> =
            attributes.iter().map(|a| a.values.iter().map(|_| rng.normal() * a.effect_sd).collect()).collect();
        let level = |rng: &mut Rng| (rng.normal() * 0.5, rng.normal() * file.leads.drift);
        let mix = attributes.iter().map(|a| a.values.iter().map(|_| level(&mut rng)).collect()).collect();
        let mut rng = Rng::stream(seed, REPS);
        let reps = draw_reps(&file, &mut rng);
        let absences = draw_absences(&file, &reps, &mut Rng::stream(seed, ABSENCES));
        let mut world = Self { file, seed, reps, absences, effects, mix, base: 0.0 };
        world.base = world.centred_base();
        Ok(world)
    }

    /// The base that gives the stated rate at the average lead effect of the starting mix.
    fn centred_base(&self) -> f64 {
        let mean_of = |(effects, mix): (&Vec<f64>, &Vec<(f64, f64)>)| {
            let weights: Vec<f64> = mix.iter().map(|(log, _)| math::exp(*log)).collect();
            let total: f64 = weights.iter().sum();
            effects.iter().zip(&weights).map(|(e, w)| e * w / total).sum::<f64>()
        };
        math::logit(self.file.outcomes.base_rate) - self.effects.iter().zip(&self.mix).map(mean_of).sum::<f64>()
    }

    /// Probability that `rep` wins `lead`, touched after `waited` of working time.
    pub fn probability(&self, lead: &WorldLead, rep: &WorldRep, waited: Micros) -> f64 {
        let mut logit = self.base + rep.skill;
        for (attribute, level) in lead.levels.iter().enumerate() {
            logit += self.effects[attribute][*level] + rep.ways[attribute][*level];
        }
        let patience = self.file.outcomes.patience_hours * Micros::HOUR.0 as f64;
        math::sigmoid(logit - waited.0.max(0) as f64 / patience)
    }

    /// The leads of `days` days from `first_day` (counted from [`START`]). Another `draw` gives
    /// other leads of the same company.
    pub fn leads(&self, first_day: u32, days: u32, draw: u64) -> Vec<WorldLead> {
        let mut rng = Rng::stream(self.seed, LEADS + draw);
        let mut leads = Vec::new();
        let shape = &self.file.leads;
        for day in first_day..first_day + days {
            let midnight = START + Micros::DAY.times(i64::from(day));
            // 1970-01-01 was a Thursday.
            let weekday = (midnight.utc_day() + 3).rem_euclid(7) as usize;
            let mut left = shape.per_day * shape.week[weekday];
            // A Poisson number, one exponential gap at a time.
            loop {
                left -= rng.exponential(1.0);
                if left < 0.0 {
                    break;
                }
                leads.push(self.draw_lead(midnight, f64::from(day) / 365.0, &mut rng));
            }
        }
        leads.sort_by_key(|lead| (lead.at, lead.id));
        leads
    }

    fn draw_lead(&self, midnight: Instant, years: f64, rng: &mut Rng) -> WorldLead {
        let daytime = rng.uniform() < self.file.leads.daytime;
        let hour = if daytime { 8.0 + 10.0 * rng.uniform() } else { (18.0 + 14.0 * rng.uniform()).rem_euclid(24.0) };
        let at = midnight + Micros((hour * Micros::HOUR.0 as f64) as i64);
        let draw_level = |mix: &Vec<(f64, f64)>, u: f64| {
            let weights: Vec<f64> = mix.iter().map(|(log, drift)| math::exp(log + drift * years)).collect();
            let mut left = u * weights.iter().sum::<f64>();
            let fits = |w: &f64| {
                left -= w;
                left < 0.0
            };
            weights.iter().position(fits).unwrap_or(weights.len() - 1)
        };
        let levels = self.mix.iter().map(|mix| draw_level(mix, rng.uniform())).collect();
        let outcomes = &self.file.outcomes;
        let days = |days: f64| Micros((days * Micros::DAY.0 as f64) as i64);
        WorldLead {
            id: LeadId::new(at, u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())),
            at,
            team: rng.below(self.file.reps.teams.len() as u64) as usize,
            levels,
            luck: rng.uniform(),
            service: Micros((rng.exponential(outcomes.service_minutes) * Micros::MINUTE.0 as f64) as i64 + 1),
            value: Money(
                (outcomes.value_median * math::exp(rng.normal() * outcomes.value_spread) * 100.0).round() as i64
            ),
            to_win: days(rng.exponential(outcomes.days_to_win)),
            to_loss: days(rng.exponential(outcomes.days_to_loss)),
            seed: rng.next_u64(),
        }
    }

    /// `attributes.toml` of this company.
    pub fn attributes_document(&self) -> String {
        let mut text = String::from("format = 1\n");
        let teams = quoted(&self.file.reps.teams);
        let _ = write!(text, "\n[[lead]]\nname = \"region\"\ntype = \"choice\"\nvalues = [{teams}]\nrequired = true\n");
        for attribute in &self.file.leads.attribute {
            let (name, values) = (&attribute.name, quoted(&attribute.values));
            let _ = write!(
                text,
                "\n[[lead]]\nname = \"{name}\"\ntype = \"choice\"\nvalues = [{values}]\nrequired = true\n"
            );
        }
        text
    }

    /// `reps.toml`: a team, a pool and a calendar per region, a daily quota for everybody.
    pub fn roster_document(&self) -> String {
        let per_day = self.file.reps.per_day;
        let mut text = format!("format = 1\n\n[[limit]]\nid = \"day\"\nkind = \"per-day\"\ndefault = {per_day}\n");
        for team in &self.file.reps.teams {
            let _ = write!(text, "\n[[team]]\nid = \"{team}\"\n\n[[pool]]\nid = \"{team}\"\nteams = [\"{team}\"]\n");
        }
        for rep in &self.reps {
            let team = &self.file.reps.teams[rep.team];
            let _ = write!(text, "\n[[rep]]\nid = \"{}\"\nteam = \"{team}\"\ncalendar = \"office\"\n", rep.id);
        }
        text
    }

    /// `calendars/office.toml`.
    pub fn calendar_document(&self) -> String {
        let hours = quoted(&self.file.reps.hours);
        let mut text = format!("format = 1\nzone = \"{}\"\n\n[hours]\n", self.file.zone);
        for day in ["mon", "tue", "wed", "thu", "fri"] {
            let _ = writeln!(text, "{day} = [{hours}]");
        }
        text
    }

    /// `absences.toml`.
    pub fn absences_document(&self) -> String {
        let mut text = String::from("format = 1\n");
        for absence in &self.absences {
            let (rep, from, until, known) = (&absence.rep, absence.from, absence.until, absence.known_at);
            let _ = write!(
                text,
                "\n[[absence]]\nrep = \"{rep}\"\nfrom = \"{from}\"\nuntil = \"{until}\"\nknown_at = \"{known}\"\n"
            );
        }
        text
    }

    /// A policy that hands every region's leads to its own team by `pick`, waiting up to three
    /// days for somebody to be free.
    pub fn policy_document(&self, name: &str, pick: &str) -> String {
        let mut text = format!("format = 1\nname = \"{name}\"\n");
        for team in &self.file.reps.teams {
            let _ = write!(
                text,
                "\n[[rule]]\nid = \"{team}\"\nwhen = \"lead.region == '{team}'\"\npool = \"{team}\"\npick = \"{pick}\"\n\
                 sla = \"4h\"\non_full = {{ hold = \"3d\" }}\n"
            );
        }
        text + "\n[fallback]\nqueue = \"unassigned\"\nalarm = true\n"
    }
}

fn quoted(texts: &[Box<str>]) -> String {
    texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", ")
}

/// First names, so that reports read like a company.
const NAMES: [&str; 40] = [
    "anna", "ben", "carla", "david", "elena", "felix", "greta", "hugo", "ida", "jonas", "karla", "leo", "mara", "nils",
    "olga", "paul", "romy", "sami", "tara", "uwe", "vera", "wim", "xenia", "yann", "zoe", "arno", "bea", "cem", "dora",
    "emil", "fritz", "gina", "hanno", "ines", "jan", "kim", "lena", "max", "nora", "otto",
];

fn draw_reps(file: &WorldFile, rng: &mut Rng) -> Vec<WorldRep> {
    let attributes = &file.leads.attribute;
    let count = file.reps.teams.len() * file.reps.per_team;
    let mut reps: Vec<WorldRep> = (0..count)
        .map(|i| {
            let name = NAMES[i % NAMES.len()];
            let id = if i < NAMES.len() { name.to_owned() } else { format!("{name}-{}", i / NAMES.len() + 1) };
            WorldRep {
                id: RepId::new(&id).expect("the names are slugs"),
                team: i % file.reps.teams.len(),
                skill: rng.normal() * file.reps.skill_sd,
                ways: attributes.iter().map(|a| a.values.iter().map(|_| rng.normal() * a.skill_sd).collect()).collect(),
            }
        })
        .collect();
    reps.sort_by(|a, b| a.id.cmp(&b.id));
    reps
}

/// Two years of absences: whole days, in stretches of one to ten.
fn draw_absences(file: &WorldFile, reps: &[WorldRep], rng: &mut Rng) -> Vec<Absence> {
    let mean_stretch = 5.5;
    let mut absences = Vec::new();
    for rep in reps {
        let mut day = 0.0;
        loop {
            day += rng.exponential(mean_stretch * (1.0 - file.reps.absent) / file.reps.absent.max(1e-6));
            if day > 730.0 {
                break;
            }
            let length = 1 + rng.below(10) as i64;
            let from = START + Micros::DAY.times(day as i64);
            let until = from + Micros::DAY.times(length);
            let known_at = from - Micros::DAY.times(14);
            absences.push(Absence { rep: rep.id.clone(), from, until, known_at, backup: None });
            day += length as f64;
        }
    }
    absences
}

fn check(file: &WorldFile) -> Result<(), WorldError> {
    if file.format != 1 {
        return Err(WorldError::Format(file.format));
    }
    let fraction = |field, x: f64| match (0.0..1.0).contains(&x) {
        true => Ok(()),
        false => Err(WorldError::Value { field, given: x.to_string(), expected: "0 or more and below 1" }),
    };
    let positive = |field, x: f64| match x > 0.0 && x.is_finite() {
        true => Ok(()),
        false => Err(WorldError::Value { field, given: x.to_string(), expected: "a number above 0" }),
    };
    fraction("reps.absent", file.reps.absent)?;
    fraction("leads.daytime", file.leads.daytime)?;
    fraction("outcomes.base_rate", file.outcomes.base_rate)?;
    positive("outcomes.base_rate", file.outcomes.base_rate)?;
    positive("outcomes.patience_hours", file.outcomes.patience_hours)?;
    positive("outcomes.service_minutes", file.outcomes.service_minutes)?;
    positive("outcomes.value_median", file.outcomes.value_median)?;
    positive("reps.per_team", file.reps.per_team as f64)?;
    positive("reps.teams", file.reps.teams.len() as f64)?;
    positive("leads.per_day", file.leads.per_day)?;
    match file.leads.attribute.iter().find(|a| a.values.is_empty()) {
        Some(empty) => {
            Err(WorldError::Value { field: "leads.attribute", given: empty.name.to_string(), expected: "some values" })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) const DEMO: &str = include_str!("../worlds/demo.toml");

    #[test]
    fn the_same_seed_gives_the_same_world() {
        let leads = |seed| {
            World::parse(DEMO, seed).expect("valid").leads(0, 20, 0).iter().map(|l| (l.id, l.luck)).collect::<Vec<_>>()
        };
        assert_eq!(leads(1).first(), leads(1).first());
        assert_eq!(leads(1), leads(1));
        assert_ne!(leads(1), leads(2));
    }

    #[test]
    fn the_base_rate_is_what_an_average_rep_wins() {
        let world = World::parse(DEMO, 3).expect("valid");
        let average = WorldRep {
            skill: 0.0,
            ways: world.effects.iter().map(|e| vec![0.0; e.len()]).collect(),
            ..world.reps[0].clone()
        };
        let leads = world.leads(0, 60, 0);
        let mean = leads.iter().map(|l| world.probability(l, &average, Micros(0))).sum::<f64>() / leads.len() as f64;
        assert!((mean - 0.13).abs() < 0.03, "{mean}");
        let later = leads.iter().map(|l| world.probability(l, &average, Micros::HOUR.times(40))).sum::<f64>()
            / leads.len() as f64;
        assert!(later < 0.6 * mean, "waiting costs");
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let error =
            World::parse(&DEMO.replace("base_rate = 0.13", "base_rate = 1.3"), 1).expect_err("no rate").to_string();
        assert_eq!(error, "outcomes.base_rate is 1.3: expected 0 or more and below 1");
    }
}
