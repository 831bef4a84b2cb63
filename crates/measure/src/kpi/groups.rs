//! A figure by group, and what may be said about differences between groups.

use pointsman_domain::math::{exp, ln};
use pointsman_experiment::{special::normal, stats::heterogeneity};

use super::{
    Breakdown, Dimension, FunnelLimits, GroupResult, Kpi, KpiResult, Kpis, Selection, Spread, Value,
    funnel::OUTER,
    judge::judge,
    measure::{expected, observed_to_expected, tallies},
    selection::Groups,
    work,
};
use crate::{
    Estimate,
    estimate::ALPHA,
    rows::{BreachCause, Name},
};

impl Kpis<'_> {
    /// The figure of every group of `dimension`, largest first. Groups that a figure cannot be told
    /// for (days of reps by source, cost by team) are left out.
    pub fn breakdown(&self, kpi: Kpi, selection: &Selection, dimension: Dimension) -> Breakdown {
        let all = self.measure(kpi, selection);
        let mut named = match kpi {
            Kpi::BalanceGini | Kpi::LargestDeficit | Kpi::Utilisation => self.days_by(kpi, selection, dimension),
            Kpi::CostPerLead | Kpi::CostPerOpportunity | Kpi::CostPerCustomer => {
                self.cost_by(kpi, selection, dimension)
            }
            _ => self.leads_by(kpi, selection, dimension),
        };
        named.sort_by(|(a, x), (b, y)| y.n.cmp(&x.n).then_with(|| self.text(*a).cmp(self.text(*b))));
        let (spread, shrunken) = shrink(&named);
        let ratios = self.ratios(kpi, selection, dimension, &named);
        let funnel = self.funnel(&all, selection, dimension, &named);
        let whole = all.value().filter(|value| value.hits.is_some()).map(|value| value.value);
        let rows = named.into_iter().zip(shrunken).zip(ratios);
        let group = |(((name, result), shrunken), observed_to_expected): (((Option<Name>, KpiResult), _), _)| {
            let shrunken: Option<Estimate> = shrunken;
            let outside = |share: f64| shrunken.is_some_and(|e| e.low > share || e.high < share);
            let share = result.value().filter(|value| value.hits.is_some()).map(|value| value.value);
            GroupResult {
                name,
                text: self.text(name).into(),
                limits: whole.zip(share).and_then(|(whole, share)| limits(whole, share, result.n)),
                distinguishable: spread.is_some_and(|s: Spread| s.is_real()) && whole.is_some_and(outside),
                result,
                shrunken,
                observed_to_expected,
            }
        };
        Breakdown { kpi, all, groups: rows.map(group).collect(), spread, funnel }
    }

    /// Breaches by where the lead stood when it was due; their sum is that of [`Kpi::SlaBreaches`].
    pub fn breaches(&self, selection: &Selection) -> Vec<(BreachCause, u64)> {
        let groups = Groups::one(self.table, selection);
        let notified = self.feeds.has(super::Feed::Notifications);
        let mut counts = BreachCause::ALL.map(|cause| (cause, 0));
        for (row, _) in groups.selected() {
            if let Some(cause) = self.table.cause(row, notified) {
                counts[cause as usize].1 += 1;
            }
        }
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// What each rep received and was due, largest deficit first.
    pub fn balance(&self, selection: &Selection) -> Vec<(Name, work::Share)> {
        let days = work::selected(self.rep_days, selection);
        let mut shares: Vec<_> = days.map(|days| work::shares(days).into_iter().collect()).unwrap_or_default();
        shares.sort_by(|(_, a): &(Name, work::Share), (_, b)| b.deficit().total_cmp(&a.deficit()));
        shares
    }

    fn text(&self, name: Option<Name>) -> &str {
        name.map_or("", |name| self.names.text(name))
    }

    fn leads_by(&self, kpi: Kpi, selection: &Selection, dimension: Dimension) -> Vec<(Option<Name>, KpiResult)> {
        let (groups, names) = Groups::by(self.table, selection, dimension);
        names.into_iter().zip(self.of_groups(kpi, selection, &groups)).collect()
    }

    fn days_by(&self, kpi: Kpi, selection: &Selection, dimension: Dimension) -> Vec<(Option<Name>, KpiResult)> {
        if !dimension.is_of_reps() {
            return Vec::new();
        }
        let Ok(days) = work::selected(self.rep_days, selection) else { return Vec::new() };
        let of = |row: &crate::rows::RepDayRow| if dimension == Dimension::Team { row.team } else { Some(row.rep) };
        let mut names: Vec<Option<Name>> = days.map(of).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| (name, self.measure(kpi, &selection.and(dimension, name)))).collect()
    }

    fn cost_by(&self, kpi: Kpi, selection: &Selection, dimension: Dimension) -> Vec<(Option<Name>, KpiResult)> {
        if dimension != Dimension::Source || !selection.filters.is_empty() {
            return Vec::new();
        }
        let (_, names) = Groups::by(self.table, selection, dimension);
        names.into_iter().map(|name| (name, self.measure(kpi, &selection.and(dimension, name)))).collect()
    }

    /// O ÷ E of each group, for conversion where scores are known.
    fn ratios(
        &self,
        kpi: Kpi,
        selection: &Selection,
        dimension: Dimension,
        named: &[(Option<Name>, KpiResult)],
    ) -> Vec<Option<Value>> {
        if kpi != Kpi::Conversion || self.feeds.missing(Kpi::ObservedToExpected.needs()).is_some() {
            return vec![None; named.len()];
        }
        let (groups, names) = Groups::by(self.table, selection, dimension);
        let judge = judge(self.table, self.spec, Kpi::ObservedToExpected);
        let sums = expected(self.table, &judge, &groups);
        let ratios: Vec<Option<Value>> =
            tallies(&judge, &groups).iter().zip(sums).map(|(t, e)| observed_to_expected(*t, e).value()).collect();
        let of = |name: &Option<Name>| names.iter().position(|one| one == name).and_then(|at| ratios[at]);
        named.iter().map(|(name, _)| of(name)).collect()
    }
}

/// Shares drawn towards each other on the log-odds, by DerSimonian and Laird's variance between
/// groups; with half a hit and half a miss more in each, so that none and all can be told too
/// (Haldane 1956). `None` for fewer than two groups with counted leads.
fn shrink(named: &[(Option<Name>, KpiResult)]) -> (Option<Spread>, Vec<Option<Estimate>>) {
    let counted: Vec<Option<(f64, f64)>> = named
        .iter()
        .map(|(_, result)| {
            let hits = result.value()?.hits? as f64;
            let (hits, misses) = (hits + 0.5, result.n as f64 - hits + 0.5);
            Some((ln(hits / misses), (1.0 / hits + 1.0 / misses).sqrt()))
        })
        .collect();
    let (effects, errors): (Vec<f64>, Vec<f64>) = counted.iter().copied().flatten().unzip();
    let Ok(found) = heterogeneity::segments(&effects, &errors) else { return (None, vec![None; named.len()]) };
    let z = normal::two_sided(ALPHA);
    let share = |logit: f64| 1.0 / (1.0 + exp(-logit));
    let mut shrunken = found.shrunken.iter();
    let drawn = |one: &Option<(f64, f64)>| {
        let (_, error) = (*one)?;
        let centre = *shrunken.next()?;
        let half = z
            * (found.tau2 * error * error / (found.tau2 + error * error)
                + found.random_se.powi(2) * (error * error / (found.tau2 + error * error)).powi(2))
            .sqrt();
        Some(Estimate { value: share(centre), low: share(centre - half), high: share(centre + half) })
    };
    let spread = Spread { groups: effects.len() as u32, p_value: found.p_value, i2: found.i2 };
    (Some(spread), counted.iter().map(drawn).collect())
}

/// p ± z √(p(1 − p)/n): where Wilson's interval of a group's share no longer holds the whole's.
fn limits(whole: f64, share: f64, n: u64) -> Option<FunnelLimits> {
    let spread = (n > 0).then(|| (whole * (1.0 - whole) / n as f64).sqrt())?;
    let reach = |alpha: f64| normal::two_sided(alpha) * spread;
    let (inner, outer) = (reach(ALPHA), reach(OUTER));
    Some(FunnelLimits {
        low_95: (whole - inner).max(0.0),
        high_95: (whole + inner).min(1.0),
        low_998: (whole - outer).max(0.0),
        high_998: (whole + outer).min(1.0),
        outside: share < whole - outer || share > whole + outer,
    })
}
