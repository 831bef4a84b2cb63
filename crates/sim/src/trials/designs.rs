//! The designs of [`super::interference`], analysed as an experiment is: bias, coverage, advice.

use pointsman_domain::{Instant, Micros};
use pointsman_experiment::{
    advisor::{Advice, Caps, Observed, Observer, PastLead, advise},
    moments::Moments,
    special::student,
    stats::cluster::{Cluster, difference},
    undefined::Undefined,
};

use super::interference::{Design, Row, World};

/// A design over many tests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Mean estimate less the truth, as a share of the truth.
    pub bias: f64,
    /// Monte-Carlo error of the bias, on the same scale.
    pub bias_error: f64,
    /// Share of 95 % intervals (by team and day, CR1, t) that hold the truth.
    pub covered: f64,
    pub runs: u32,
}

/// Runs a design again and again and compares with the truth.
pub fn judge(
    world: &World,
    design: Design,
    truth: f64,
    days: usize,
    runs: u32,
    seed: u64,
) -> Result<Judged, Undefined> {
    let mut estimates = Vec::new();
    let mut covered = 0u32;
    for run in 0..runs {
        let rows = world.test(design, days, seed.wrapping_mul(1_000_003).wrapping_add(u64::from(run)));
        let found = difference(&clusters(world, &rows, days))?;
        let half = student::two_sided(0.05, found.df) * found.se_cr1;
        covered += u32::from((found.estimate - truth).abs() <= half);
        estimates.push(found.estimate);
    }
    let all = Moments::of(&estimates);
    let sd = (all.ss / (all.n - 1.0)).sqrt();
    Ok(Judged {
        bias: (all.mean - truth) / truth.abs(),
        bias_error: sd / all.n.sqrt() / truth.abs(),
        covered: f64::from(covered) / f64::from(runs),
        runs,
    })
}

/// Won or not, by team and day.
fn clusters(world: &World, rows: &[Row], days: usize) -> Vec<Cluster> {
    let mut sums = vec![[[0.0f64; 2]; 2]; world.teams() * days];
    for row in rows {
        let cell = &mut sums[row.team * days + row.day][row.variant];
        cell[0] += 1.0;
        cell[1] += f64::from(u8::from(row.won));
    }
    let moments = |[n, won]: [f64; 2]| {
        let mean = if n > 0.0 { won / n } else { 0.0 };
        Moments { n, mean, rest: 0.0, ss: n * mean * (1.0 - mean) }
    };
    sums.into_iter().map(|[c, t]| Cluster { control: moments(c), treatment: moments(t) }).collect()
}

/// What the advisor measures on a fortnight of the control, and what it says of the change.
pub fn advised(world: &World, days: usize, seed: u64) -> (Observed, Vec<Advice>) {
    let mut observer = Observer::default();
    let start = Instant::from_unix_micros(0);
    let minute = |m: f64| start + Micros((m * Micros::MINUTE.0 as f64) as i64);
    let reps = world.reps() as u32;
    let rows = world.test(Design::Lead, days, seed);
    for row in &rows {
        let team = row.team.to_string();
        let first = row.team as u32 * reps;
        let candidates: Vec<u32> = (first..first + reps).collect();
        observer.push(&PastLead {
            unit: Some(&team),
            candidates: &candidates,
            owned: Some((row.rep as u32, minute(row.from))),
            closed_at: Some(minute(row.until)),
        });
    }
    // A rep works on one lead at a time: that is the slot. Eight hours of each day are worked.
    let caps = vec![Caps { open: Some(1), daily: None }; world.teams() * world.reps()];
    let mut observed = observer.finish(&caps, start, minute(days as f64 * 24.0 * 60.0));
    observed.open_use = observed.open_use.map(|used| used * 3.0);
    let advice = advise(&observed.situation(true, days as u32));
    (observed, advice)
}
