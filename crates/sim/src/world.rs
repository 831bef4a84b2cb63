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

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pointsman_domain::{Absence, Digest, Entity, Instant, LeadId, Micros, Money, RepId, Rng, math};
use pointsman_scoring::{
    Artifact, Calibration, Fallback, FeatureSpec,
    artifact::{CategoryInput, Inputs, LeadLayer, Provenance, RepLayer, Segment, SlopeBlock},
    spec::{Feature, FeatureKind, Missing, Source},
};
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
    /// Leads that come for a while, on top of the usual ones.
    #[serde(default, rename = "campaign")]
    pub campaigns: Vec<CampaignFile>,
    /// How reps take to a lead that was routed to them.
    #[serde(default)]
    pub reaction: ReactionFile,
    /// How the company hands leads out without a router; what `manual` simulates.
    #[serde(default)]
    pub manual: ManualFile,
    /// How wrong the scores are that policies see.
    #[serde(default)]
    pub scores: ScoresFile,
}

/// More leads, of one kind, for some days.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignFile {
    /// Days after the beginning of the world.
    pub from_day: u32,
    pub days: u32,
    pub per_day: f64,
    /// Attribute = value that all of its leads have.
    #[serde(default)]
    pub levels: BTreeMap<Box<str>, Box<str>>,
    /// What the campaign adds to the log-odds of its leads.
    #[serde(default)]
    pub effect: f64,
}

/// From being routed to being touched, and what never is.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReactionFile {
    /// Working minutes until a free rep turns to the lead (mean of an exponential).
    pub minutes: f64,
    /// Share of offers that the rep declines; the lead is routed again without them.
    pub declines: f64,
    /// Working minutes that a refusal takes (mean of an exponential).
    pub decline_minutes: f64,
    /// Share of owned leads that nobody ever turns to.
    pub overlooked: f64,
    /// A lead that was not touched after so much working time never is.
    pub gives_up_hours: f64,
}

impl Default for ReactionFile {
    fn default() -> Self {
        Self { minutes: 0.0, declines: 0.0, decline_minutes: 0.0, overlooked: 0.0, gives_up_hours: 1e9 }
    }
}

/// A mailbox that somebody goes through.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ManualFile {
    /// Times of the working day at which the box is emptied.
    pub rounds: Vec<Box<str>>,
    /// Share of leads that are never handed to anybody.
    pub forgotten: f64,
    /// Share of leads that go to whoever has them always, not to the one with fewest.
    pub favourites: f64,
    /// Working hours until a rep gets to a lead in their own box (mean of an exponential).
    pub box_hours: f64,
}

impl Default for ManualFile {
    fn default() -> Self {
        Self { rounds: vec!["09:00".into()], forgotten: 0.0, favourites: 0.0, box_hours: 4.0 }
    }
}

/// What a model would get wrong, in log-odds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScoresFile {
    /// Standard deviation of a constant error for each rep.
    pub rep_error: f64,
    /// Standard deviation of the error in each rep's way with each level.
    pub way_error: f64,
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
    /// Added to its log-odds by the campaign that brought it.
    pub extra: f64,
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
const SCORES: u64 = 4;
const CAMPAIGNS: u64 = 5;

/// Values in the order in which an artifact lists levels, with the index each has in the file.
fn sorted(values: &[Box<str>]) -> Vec<(usize, &str)> {
    let mut order: Vec<(usize, &str)> = values.iter().map(|value| &**value).enumerate().collect();
    order.sort_by(|a, b| a.1.cmp(b.1));
    order
}

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
        let mut logit = self.base + rep.skill + lead.extra;
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
        (0..self.file.campaigns.len()).for_each(|n| self.campaign(n, first_day, days, draw, &mut leads));
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
            extra: 0.0,
        }
    }

    /// The leads of one campaign, as drawn from the stream of its number.
    fn campaign(&self, number: usize, first_day: u32, days: u32, draw: u64, leads: &mut Vec<WorldLead>) {
        let campaign = &self.file.campaigns[number];
        let mut rng = Rng::stream(self.seed, (CAMPAIGNS << 40) + (draw << 8) + number as u64);
        for day in campaign.from_day..campaign.from_day + campaign.days {
            let mut left = campaign.per_day;
            loop {
                left -= rng.exponential(1.0);
                if left < 0.0 {
                    break;
                }
                let midnight = START + Micros::DAY.times(i64::from(day));
                let mut lead = self.draw_lead(midnight, f64::from(day) / 365.0, &mut rng);
                for (at, attribute) in self.file.leads.attribute.iter().enumerate() {
                    let wanted = campaign.levels.get(&attribute.name);
                    if let Some(level) = wanted.and_then(|wanted| attribute.values.iter().position(|v| v == wanted)) {
                        lead.levels[at] = level;
                    }
                }
                lead.extra = campaign.effect;
                // Days outside the stretch are drawn all the same, so that a stretch changes no other.
                if (first_day..first_day + days).contains(&day) {
                    leads.push(lead);
                }
            }
        }
    }

    /// What a model knows that was trained on this world for ever, up to the file's errors: the
    /// artifact and the features that it reads.
    pub fn artifact(&self) -> (Artifact, FeatureSpec) {
        let attributes = &self.file.leads.attribute;
        let feature = |a: &AttributeFile| Feature {
            name: a.name.clone(),
            kind: FeatureKind::Category,
            source: Source::Attribute { entity: Entity::Lead, name: a.name.clone() },
            missing: Missing::Own,
            unit: None,
        };
        let spec =
            FeatureSpec { format: 1, features: attributes.iter().map(feature).collect(), ..FeatureSpec::default() };
        let input = |a: &AttributeFile| CategoryInput {
            name: a.name.clone(),
            levels: sorted(&a.values).into_iter().map(|(_, value)| value.into()).collect(),
            other: true,
            missing: true,
        };
        let mut rng = Rng::stream(self.seed, SCORES);
        let error = self.file.scores;
        let reps = self.reps.len();
        let slope = |at: usize, rng: &mut Rng| {
            let order = sorted(&attributes[at].values);
            let mut effects = vec![0.0; (order.len() + 2) * reps];
            for (cell, (level, _)) in order.iter().enumerate() {
                for (r, rep) in self.reps.iter().enumerate() {
                    effects[cell * reps + r] = rep.ways[at][*level] + error.way_error * rng.normal();
                }
            }
            let cells = effects.len();
            SlopeBlock {
                segment: Segment::Category { input: at as u32 },
                prior_variance: attributes[at].skill_sd.powi(2).max(1e-6),
                effects,
                variances: vec![error.way_error.powi(2) as f32; cells],
                covariances: vec![0.0; cells],
            }
        };
        let lead = |at: usize| {
            let order = sorted(&attributes[at].values);
            let known = order.iter().map(|(level, _)| self.effects[at][*level]);
            known.chain([0.0, 0.0]).collect::<Vec<f64>>()
        };
        let intercepts = self.reps.iter().map(|rep| rep.skill + error.rep_error * rng.normal()).collect();
        let slopes = (0..attributes.len()).map(|at| slope(at, &mut rng)).collect();
        let artifact = Artifact {
            format: 1,
            provenance: Provenance {
                engine: env!("CARGO_PKG_VERSION").into(),
                spec: Some(spec.digest()),
                data: Digest::default(),
                rows: 0,
                trained_until: None,
                seed: self.seed,
            },
            fallback: Fallback::Layers,
            inputs: Inputs { categories: attributes.iter().map(input).collect(), numbers: vec![] },
            base: self.base,
            lead: LeadLayer {
                numbers: vec![],
                missing: vec![],
                categories: (0..attributes.len()).map(lead).collect(),
                segments: vec![],
            },
            trees: None,
            reps: Some(RepLayer {
                trees: Vec::new(),
                names: self.reps.iter().map(|rep| rep.id.as_str().into()).collect(),
                intercepts,
                variances: vec![error.rep_error.powi(2) as f32; reps],
                prior_variance: self.file.reps.skill_sd.powi(2).max(1e-6),
                slopes,
            }),
            calibration: Calibration { intercept: 0.0, slope: 1.0 },
            value: None,
        };
        (artifact, spec)
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
        let sla = SLA.0 / Micros::HOUR.0;
        for team in &self.file.reps.teams {
            let _ = write!(
                text,
                "\n[[rule]]\nid = \"{team}\"\nwhen = \"lead.region == '{team}'\"\npool = \"{team}\"\npick = \"{pick}\"\n\
                 sla = \"{sla}h\"\non_full = {{ hold = \"3d\" }}\n"
            );
        }
        text + "\n[fallback]\nqueue = \"unassigned\"\nalarm = true\n"
    }
}

/// Working time in which a lead ought to be touched, whoever hands it out.
pub(crate) const SLA: Micros = Micros(4 * Micros::HOUR.0);

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

/// `09:30` as minutes after midnight.
pub(crate) fn minutes_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
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
    for (field, x) in [
        ("reaction.declines", file.reaction.declines),
        ("reaction.overlooked", file.reaction.overlooked),
        ("manual.forgotten", file.manual.forgotten),
    ] {
        fraction(field, x)?;
    }
    positive("reaction.gives_up_hours", file.reaction.gives_up_hours)?;
    positive("manual.rounds", file.manual.rounds.len() as f64)?;
    for round in &file.manual.rounds {
        minutes_of_day(round).ok_or_else(|| WorldError::Value {
            field: "manual.rounds",
            given: round.to_string(),
            expected: "times like 09:00",
        })?;
    }
    for (name, value) in file.campaigns.iter().flat_map(|campaign| &campaign.levels) {
        let attribute = file.leads.attribute.iter().find(|attribute| attribute.name == *name);
        if !attribute.is_some_and(|attribute| attribute.values.contains(value)) {
            let given = format!("{name} = {value}");
            return Err(WorldError::Value {
                field: "campaign.levels",
                given,
                expected: "an attribute and one of its values",
            });
        }
    }
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
