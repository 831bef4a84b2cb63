//! From evidence, stated inputs and costs to components and their sum.

use pointsman_domain::Money;
use serde::Serialize;

use super::{
    Claim, Design, Evidence, Input, Split, best,
    tornado::{Swing, tornado},
};
use crate::Estimate;

/// Hours that reps no longer spend on what Pointsman does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TimeSaved {
    /// A rep and week.
    pub hours: Input,
    pub reps: f64,
    /// An hour's full cost, minor units.
    pub rate: Input,
    pub design: Design,
}

/// Wins that come earlier.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cycle {
    pub wins_a_day: f64,
    pub days_shorter: Input,
    pub design: Design,
    /// Who answers for counting it in the headline.
    pub signed_by: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoiInputs {
    /// L₁: leads of the period that Pointsman routed.
    pub leads: u64,
    pub weeks: f64,
    /// Everything known of w₁ − w₀; the strongest design counts.
    pub evidence: Vec<Evidence>,
    /// V: contribution margin of a win, minor units. Not revenue.
    pub margin: Input,
    pub time: Option<TimeSaved>,
    pub cycle: Option<Cycle>,
    /// Everything spent in the period, minor units.
    pub cost: Input,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoiKind {
    /// C₁ + C₂.
    ConversionAndSaved,
    /// C₃.
    Time,
    /// C₄.
    Cycle,
}

/// One component, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Component {
    pub kind: RoiKind,
    /// The interval is that of chance; what is stated moves the tornado, not the interval.
    pub amount: Estimate,
    pub design: Design,
    pub claim: Claim,
    pub in_headline: bool,
}

/// C₁ and C₂ in whole minor units, which add up to their sum exactly, and their intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parts {
    pub conversion: Money,
    pub conversion_interval: Estimate,
    pub saved: Money,
    pub saved_interval: Estimate,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Roi {
    pub components: Vec<Component>,
    /// `None` where the design only knows the sum.
    pub parts: Option<Parts>,
    /// C₁ + C₂ in whole minor units; `None` without evidence.
    pub both: Option<Money>,
    /// What the headline counts, minor units.
    pub benefit: Estimate,
    /// Benefit − cost.
    pub net: Estimate,
    /// Net ÷ cost; `None` without cost.
    pub roi: Option<Estimate>,
    /// Weeks until the benefit, spread evenly, has paid the period's cost; `None` without a benefit.
    pub payback_weeks: Option<f64>,
    /// The weakest design in the headline: no sentence about the sum may say more.
    pub design: Option<Design>,
    pub claim: Claim,
    /// Largest first.
    pub tornado: Vec<Swing>,
}

/// Components, headline, return and what moves it.
pub fn calculate(inputs: &RoiInputs) -> Roi {
    let evidence = best(&inputs.evidence);
    let components: Vec<Component> = [
        evidence.map(|found| conversion_and_saved(inputs, found)),
        inputs.time.map(|time| saved_time(inputs, time)),
        inputs.cycle.as_ref().map(|cycle| shorter_cycle(inputs, cycle)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let counted = || components.iter().filter(|component| component.in_headline);
    let benefit = Estimate::sum(counted().map(|component| component.amount));
    let cost = inputs.cost.value;
    let net = Estimate { value: benefit.value - cost, low: benefit.low - cost, high: benefit.high - cost };
    let design = counted().map(|component| component.design).min();
    let both = evidence.map(|found| rounded(inputs.leads as f64 * found.effect.value * inputs.margin.value));
    Roi {
        parts: evidence.zip(both).and_then(|(found, both)| parts(inputs, found, both)),
        both,
        benefit,
        net,
        roi: (cost > 0.0).then(|| Estimate { value: net.value / cost, low: net.low / cost, high: net.high / cost }),
        payback_weeks: (benefit.value > 0.0).then(|| cost / benefit.value * inputs.weeks),
        claim: design.map_or(Claim::Undecided, |design| Claim::of(design, benefit)),
        design,
        tornado: tornado(inputs, evidence),
        components,
    }
}

fn rounded(amount: f64) -> Money {
    Money(amount.round() as i64)
}

/// C₁ as rounded, C₂ as what is left of the rounded sum: the two add up on every page.
fn parts(inputs: &RoiInputs, evidence: &Evidence, both: Money) -> Option<Parts> {
    let (before, after) = evidence.funnels?;
    let wins = Split::of(&before, &after);
    // The funnels' leads may be an arm's; the period's leads are what the money is counted on.
    let share = Estimate::exact(inputs.leads as f64 / after.leads() as f64);
    let amount = |wins: Estimate| Estimate::product(&[wins, share, inputs.margin.sampled()]);
    let conversion_interval = amount(wins.conversion);
    let conversion = rounded(conversion_interval.value);
    let saved = Money(both.0.saturating_sub(conversion.0));
    Some(Parts { conversion, conversion_interval, saved, saved_interval: amount(wins.saved) })
}

fn conversion_and_saved(inputs: &RoiInputs, evidence: &Evidence) -> Component {
    let leads = Estimate::exact(inputs.leads as f64);
    Component {
        kind: RoiKind::ConversionAndSaved,
        amount: Estimate::product(&[leads, evidence.effect, inputs.margin.sampled()]),
        design: evidence.design,
        claim: evidence.claim(),
        in_headline: true,
    }
}

fn saved_time(inputs: &RoiInputs, time: TimeSaved) -> Component {
    let (times, hours) = (Estimate::exact(time.reps * inputs.weeks), time.hours.sampled());
    Component {
        kind: RoiKind::Time,
        amount: Estimate::product(&[times, hours, time.rate.sampled()]),
        design: time.design,
        claim: Claim::of(time.design, hours),
        in_headline: true,
    }
}

fn shorter_cycle(inputs: &RoiInputs, cycle: &Cycle) -> Component {
    let (wins, days) = (Estimate::exact(cycle.wins_a_day), cycle.days_shorter.sampled());
    Component {
        kind: RoiKind::Cycle,
        amount: Estimate::product(&[wins, days, inputs.margin.sampled()]),
        design: cycle.design,
        claim: Claim::of(cycle.design, days),
        in_headline: cycle.signed_by.is_some(),
    }
}
