//! Which design recovers the effect of a routing rule when variants share reps? A world with a
//! known answer: teams of reps who work one lead after the other, leads that cool while they wait.
//!
//! The control takes turns; the treatment gives each lead to the rep with the largest
//! skill × e^(−wait/45 min). Both run alone over many days for the truth, then together under each
//! design. Rates follow `Utilisation` = service time over working time.

use pointsman_domain::{Rng, math};

/// Minutes in which a lead's chance falls to 37 %.
const COOLING: f64 = 45.0;
/// Mean minutes a rep works on a lead.
const SERVICE: f64 = 22.0;
/// Minutes of a working day.
const DAY: f64 = 480.0;
/// Kinds of leads.
const KINDS: usize = 3;

/// The company.
#[derive(Debug, Clone)]
pub struct World {
    /// `skill[team][rep][kind]`.
    skill: Vec<Vec<[f64; KINDS]>>,
    /// Leads a minute and team.
    rate: f64,
}

/// How variants share the reps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// Every lead drawn for itself; one queue a rep.
    Lead,
    /// A team's whole day runs one variant, drawn in balance.
    Switchback,
    /// Every lead drawn for itself; alternate blocks of each rep's time belong to the variants, so
    /// that each variant sees every rep at half speed and nobody waits for the other's leads.
    BudgetSplit,
}

/// One lead of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    pub variant: usize,
    pub team: usize,
    pub day: usize,
    pub won: bool,
    /// Its rep, numbered over all teams, and when it was worked on, in minutes of the test.
    pub rep: usize,
    pub from: f64,
    pub until: f64,
}

impl World {
    /// Teams of equal size; the same seed is the same company.
    pub fn new(teams: usize, reps: usize, utilisation: f64, seed: u64) -> Self {
        let mut skill = Vec::new();
        for team in 0..teams {
            let mut rng = Rng::stream(seed, team as u64);
            let mut rep = || core::array::from_fn(|_| math::exp(0.35 * rng.normal()));
            skill.push((0..reps).map(|_| rep()).collect());
        }
        Self { skill, rate: utilisation * reps as f64 / SERVICE }
    }

    pub fn teams(&self) -> usize {
        self.skill.len()
    }

    pub fn reps(&self) -> usize {
        self.skill.first().map_or(0, Vec::len)
    }

    /// Win rates when everything is routed by one rule, over `days` days of every team: the same
    /// leads for both.
    pub fn truth(&self, days: usize, seed: u64) -> [f64; 2] {
        [0, 1].map(|variant| {
            let (mut won, mut leads) = (0usize, 0usize);
            for team in 0..self.teams() {
                for day in 0..days {
                    let mut rng = Rng::stream(seed, (team * 100_000 + day) as u64);
                    let rows = self.day(team, day, Design::Switchback, &mut rng, |_| variant);
                    won += rows.iter().filter(|row| row.won).count();
                    leads += rows.len();
                }
            }
            won as f64 / leads as f64
        })
    }

    /// One test of so many days.
    pub fn test(&self, design: Design, days: usize, seed: u64) -> Vec<Row> {
        let mut draw = Rng::stream(seed, u64::MAX);
        // Exactly half of all team-days, in any order.
        let mut plan: Vec<usize> = (0..self.teams() * days).map(|i| i % 2).collect();
        draw.shuffle(&mut plan);
        let mut rows = Vec::new();
        for team in 0..self.teams() {
            for day in 0..days {
                let mut rng = Rng::stream(seed, (team * 100_000 + day) as u64);
                let of_day = plan[team * days + day];
                rows.extend(self.day(team, day, design, &mut rng, |u| match design {
                    Design::Switchback => of_day,
                    Design::Lead | Design::BudgetSplit => usize::from(u < 0.5),
                }));
            }
        }
        rows
    }

    /// One team's day; queues are empty in the morning.
    fn day(&self, team: usize, day: usize, design: Design, rng: &mut Rng, variant: impl Fn(f64) -> usize) -> Vec<Row> {
        let skill = &self.skill[team];
        let reps = skill.len();
        let (queues, slow) = if design == Design::BudgetSplit { (2, 2.0) } else { (1, 1.0) };
        let mut free = vec![vec![0.0f64; reps]; queues];
        let mut turn = 0usize;
        let mut turns = [0usize; 2];
        let mut rows = Vec::new();
        let mut at = rng.exponential(1.0 / self.rate);
        while at < DAY {
            let kind = rng.below(KINDS as u64) as usize;
            let base = 0.04 + 0.26 * beta_2_5(rng);
            let (luck, service, draw) = (rng.uniform(), rng.exponential(SERVICE), rng.uniform());
            let variant = variant(draw);
            let queue = variant.min(queues - 1);
            let wait = |rep: usize| (free[queue][rep] - at).max(0.0);
            let rep = if variant == 0 {
                let next = if queues == 2 { &mut turns[0] } else { &mut turn };
                *next += 1;
                (*next - 1) % reps
            } else {
                let merit = |rep: usize| skill[rep][kind] * math::exp(-wait(rep) / COOLING);
                (1..reps).fold(0, |best, rep| if merit(rep) > merit(best) { rep } else { best })
            };
            let waited = wait(rep);
            let from = at + waited;
            free[queue][rep] = from + service * slow;
            let chance = (base * skill[rep][kind] * math::exp(-waited / COOLING)).min(0.95);
            let offset = day as f64 * 24.0 * 60.0;
            rows.push(Row {
                variant,
                team,
                day,
                won: luck < chance,
                rep: team * reps + rep,
                from: offset + from,
                until: offset + from + service,
            });
            at += rng.exponential(1.0 / self.rate);
        }
        rows
    }
}

/// Beta(2, 5): the second smallest of six uniforms.
fn beta_2_5(rng: &mut Rng) -> f64 {
    let mut drawn: [f64; 6] = core::array::from_fn(|_| rng.uniform());
    drawn.sort_unstable_by(f64::total_cmp);
    drawn[1]
}
