//! How sure one will be, and when: before anything is started.

use pointsman_experiment::special::normal;
use serde::Serialize;

use crate::estimate::ALPHA;

/// A hold-out as planned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Plan {
    pub leads_a_quarter: f64,
    /// Of the leads, those that Pointsman does not route: above 0, below 1.
    pub held_out: f64,
    /// w₀, wins per lead today: above 0, below 1.
    pub wins_per_lead: f64,
}

/// What is known after some quarters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outlook {
    pub quarters: u32,
    /// The 95 % interval of w₁ − w₀ will be as wide as this on either side.
    pub half_width: f64,
    /// The effect that is found with 80 % probability.
    pub detectable: f64,
}

/// A plan that cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plan needs leads, and shares above 0 and below 1")]
pub struct PlanError;

impl Plan {
    /// z √(w₀ (1 − w₀) (1/n₀ + 1/n₁)) with n₀ + n₁ the leads of all quarters, and
    /// (z₀.₉₇₅ + z₀.₈) times the same error for what is found.
    ///
    /// ```
    /// # use pointsman_measure::roi::planner::Plan;
    /// let plan = Plan { leads_a_quarter: 1_800.0, held_out: 0.2, wins_per_lead: 0.0702 };
    /// // "With 1,800 leads a quarter and a 20 % hold-out you will know ±1.5 points after a year."
    /// assert_eq!((plan.after(4).unwrap().half_width * 1_000.0).round(), 15.0);
    /// ```
    pub fn after(&self, quarters: u32) -> Result<Outlook, PlanError> {
        let inside = |share: f64| share > 0.0 && share < 1.0;
        if !(self.leads_a_quarter > 0.0 && quarters > 0 && inside(self.held_out) && inside(self.wins_per_lead)) {
            return Err(PlanError);
        }
        let leads = self.leads_a_quarter * f64::from(quarters);
        let (held, routed) = (leads * self.held_out, leads * (1.0 - self.held_out));
        let error = (self.wins_per_lead * (1.0 - self.wins_per_lead) * (1.0 / held + 1.0 / routed)).sqrt();
        let z = normal::two_sided(ALPHA);
        Ok(Outlook { quarters, half_width: z * error, detectable: (z + normal::two_sided(0.4)) * error })
    }

    /// The first quarter after which the interval is at most this wide on either side; `None`
    /// within ten years.
    pub fn until(&self, half_width: f64) -> Result<Option<Outlook>, PlanError> {
        for quarters in 1..=40 {
            let outlook = self.after(quarters)?;
            if outlook.half_width <= half_width {
                return Ok(Some(outlook));
            }
        }
        Ok(None)
    }
}
