//! Everything that is known of one period: the calculation, what each comparison allows, what a
//! year will tell, and how easily before and after are fooled.

use serde::Serialize;

use super::{
    Baseline, BaselineError, Claim, Design, Evidence, Frozen, Funnel, FunnelError, Roi, RoiSpec, best, calculate,
    planner::Outlook,
    rehearsal::{Rehearsed, World},
};

/// Runs of a rehearsal: a rate is known to ± 1 point at its 95 %.
pub const REHEARSALS: u32 = 2_000;

const DAYS_A_YEAR: f64 = 365.25;
const DAYS_A_MONTH: f64 = 31.0;

/// Quarters that the outlook is given for.
const QUARTERS: [u32; 4] = [1, 2, 4, 8];

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoiResult {
    pub spec: RoiSpec,
    pub frozen: Frozen,
    pub before: Funnel,
    pub roi: Roi,
    /// Strongest design first.
    pub judged: Vec<Judged>,
    /// Of the plan; empty without one.
    pub outlooks: Vec<Outlook>,
    pub world: World,
    /// A world like this one, without any effect.
    pub rehearsed: Rehearsed,
    /// The baseline was sealed before anybody could see a result.
    pub frozen_in_time: bool,
}

/// A comparison and what it allows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judged {
    pub evidence: Evidence,
    pub claim: Claim,
    /// The money rests on this one.
    pub counts: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum RoiError {
    #[error("the return cannot be computed")]
    Baseline(#[from] BaselineError),
    #[error("before and after cannot be rehearsed")]
    Rehearsal(#[from] FunnelError),
}

impl RoiResult {
    /// Refuses a frozen baseline that is not the file's. `seed` draws the rehearsal.
    pub fn of(spec: RoiSpec, frozen: Frozen, seed: u64) -> Result<Self, RoiError> {
        frozen.must_be(&spec.baseline)?;
        let Baseline { counts, .. } = frozen.baseline();
        let before = counts.funnel().map_err(BaselineError::Counts)?;
        let inputs = spec.inputs(before);
        let world = world(&spec, before);
        Ok(Self {
            before,
            roi: calculate(&inputs),
            judged: judged(&inputs.evidence),
            outlooks: spec
                .plan
                .map_or_else(Vec::new, |plan| QUARTERS.iter().filter_map(|q| plan.after(*q).ok()).collect()),
            rehearsed: world.rehearse(REHEARSALS, seed)?,
            world,
            frozen_in_time: spec.frozen_in_time(&frozen),
            spec,
            frozen,
        })
    }

    /// The baseline begins more than a month from the period's place in the year, so that season is
    /// in the difference.
    pub fn other_season(&self) -> bool {
        let apart = self.spec.period.from.unix_days() - self.frozen.baseline().period.from.unix_days();
        let of_year = (apart as f64).rem_euclid(DAYS_A_YEAR);
        of_year.min(DAYS_A_YEAR - of_year) > DAYS_A_MONTH
    }

    /// The comparison that the money rests on.
    pub fn counted(&self) -> Option<&Judged> {
        self.judged.iter().find(|judged| judged.counts)
    }
}

fn judged(all: &[Evidence]) -> Vec<Judged> {
    let chosen = best(all);
    let judge = |evidence: &Evidence| Judged {
        evidence: *evidence,
        claim: evidence.claim(),
        counts: chosen.is_some_and(|chosen| std::ptr::eq(chosen, evidence)),
    };
    let mut judged: Vec<Judged> = all.iter().map(judge).collect();
    judged.sort_by(|a, b| b.evidence.design.cmp(&a.evidence.design).then(b.counts.cmp(&a.counts)));
    judged
}

/// As large as this one, without an effect, and with luck that comes and goes by a fifth.
fn world(spec: &RoiSpec, before: Funnel) -> World {
    let share = |(without, with): (Funnel, Funnel)| without.leads() as f64 / (without.leads() + with.leads()) as f64;
    let hold_out = spec.sources.iter().map(|source| &source.evidence).find(|e| e.design == Design::HoldOut);
    let held_out = hold_out.and_then(|evidence| evidence.funnels).map(share);
    let planned = spec.plan.map(|plan| plan.held_out);
    World {
        leads_before: before.leads(),
        leads_after: spec.funnel.leads().max(2),
        held_out: held_out.or(planned).unwrap_or(World::HELD_OUT),
        missed: before.missed(),
        wins_per_worked: before.wins_per_worked(),
        drift: World::DRIFT,
        effect: 0.0,
    }
}
