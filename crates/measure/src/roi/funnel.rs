//! Leads, the share missed, and the wins of the others.

use pointsman_experiment::{
    special::normal,
    stats::proportion::{Count, newcombe, wald},
};
use serde::Serialize;

use super::Given;
use crate::{Estimate, estimate::ALPHA};

/// The leads of one period, or of one arm of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Funnel {
    leads: u64,
    missed: f64,
    wins_per_worked: f64,
    given: Given,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FunnelError {
    #[error("there are no leads")]
    NoLeads,
    #[error("missed and won leads together are more than there are leads")]
    MoreThanAll,
    #[error("a share is outside 0 to 1")]
    Share,
}

impl Funnel {
    /// `missed` of `leads` were not touched within the maturity window, `wins` of the others won.
    pub fn counted(leads: u64, missed: u64, wins: u64) -> Result<Self, FunnelError> {
        if leads == 0 {
            return Err(FunnelError::NoLeads);
        }
        let worked = leads.checked_sub(missed).filter(|worked| wins <= *worked).ok_or(FunnelError::MoreThanAll)?;
        let wins_per_worked = if worked == 0 { 0.0 } else { wins as f64 / worked as f64 };
        Ok(Self { leads, missed: missed as f64 / leads as f64, wins_per_worked, given: Given::Measured })
    }

    /// From shares as somebody states them: ℓ, and wins per worked lead.
    pub fn stated(leads: u64, missed: f64, wins_per_worked: f64) -> Result<Self, FunnelError> {
        if leads == 0 {
            return Err(FunnelError::NoLeads);
        }
        if ![missed, wins_per_worked].iter().all(|share| (0.0..=1.0).contains(share)) {
            return Err(FunnelError::Share);
        }
        Ok(Self { leads, missed, wins_per_worked, given: Given::Stated })
    }

    /// L.
    pub fn leads(&self) -> u64 {
        self.leads
    }

    /// ℓ, 0 to 1.
    pub fn missed(&self) -> f64 {
        self.missed
    }

    /// q, 0 to 1; 0 where no lead was worked.
    pub fn wins_per_worked(&self) -> f64 {
        self.wins_per_worked
    }

    /// w = (1 − ℓ) q.
    pub fn wins_per_lead(&self) -> f64 {
        (1.0 - self.missed) * self.wins_per_worked
    }

    pub fn given(&self) -> Given {
        self.given
    }

    fn count(&self) -> Count {
        let leads = self.leads as f64;
        Count { successes: self.wins_per_lead() * leads, trials: leads }
    }

    /// ℓ (1 − ℓ) / L.
    fn variance_of_missed(&self) -> f64 {
        self.missed * (1.0 - self.missed) / self.leads as f64
    }

    /// q (1 − q) / (L (1 − ℓ)); 0 where no lead was worked, whose q is no estimate.
    fn variance_of_wins(&self) -> f64 {
        let worked = self.leads as f64 * (1.0 - self.missed);
        if worked > 0.0 { self.wins_per_worked * (1.0 - self.wins_per_worked) / worked } else { 0.0 }
    }

    /// w₁ − w₀ with Wald's 95 % interval; Newcombe's where no lead or every lead of a side is won,
    /// because Wald's would claim certainty there.
    pub fn difference(without: &Self, with: &Self) -> Estimate {
        let (control, treatment) = (without.count(), with.count());
        let certain = |funnel: &Self| funnel.wins_per_lead() <= 0.0 || funnel.wins_per_lead() >= 1.0;
        let of = if certain(without) || certain(with) { newcombe } else { wald };
        let interval = of(control, treatment, ALPHA);
        let value = with.wins_per_lead() - without.wins_per_lead();
        Estimate { value, low: interval.low, high: interval.high }
    }
}

/// C₁ and C₂ in wins of the leads with Pointsman.
///
/// Intervals by the delta method, with ℓ and q of each side independent (q is estimated among
/// worked leads): Var C₁ = L₁² ((1 − ℓ₁)² (Var q₁ + Var q₀) + (q₁ − q₀)² Var ℓ₁) and
/// Var C₂ = L₁² (q₀² (Var ℓ₀ + Var ℓ₁) + (ℓ₀ − ℓ₁)² Var q₀). The two share q₀ and ℓ₁, so that their
/// intervals must not be added; that of the sum is [`Funnel::difference`]'s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Split {
    pub conversion: Estimate,
    pub saved: Estimate,
}

impl Split {
    /// ```
    /// # use pointsman_measure::roi::{Funnel, Split};
    /// let before = Funnel::stated(1_750, 0.22, 0.09).unwrap();
    /// let after = Funnel::stated(1_820, 0.09, 0.098).unwrap();
    /// let wins = Split::of(&before, &after);
    /// assert_eq!((wins.conversion.value * 4_200.0).round(), 55_648.0);
    /// assert_eq!((wins.saved.value * 4_200.0).round(), 89_435.0);
    /// ```
    pub fn of(before: &Funnel, after: &Funnel) -> Self {
        let leads = after.leads as f64;
        let (worked, more_won) = (1.0 - after.missed, after.wins_per_worked - before.wins_per_worked);
        let (q0, fewer_missed) = (before.wins_per_worked, before.missed - after.missed);
        let conversion = worked.powi(2) * (after.variance_of_wins() + before.variance_of_wins())
            + more_won.powi(2) * after.variance_of_missed();
        let saved = q0.powi(2) * (before.variance_of_missed() + after.variance_of_missed())
            + fewer_missed.powi(2) * before.variance_of_wins();
        let z = normal::two_sided(ALPHA);
        let around = |value: f64, variance: f64| Estimate::around(leads * value, z * leads * variance.sqrt());
        Self { conversion: around(worked * more_won, conversion), saved: around(fewer_missed * q0, saved) }
    }
}
