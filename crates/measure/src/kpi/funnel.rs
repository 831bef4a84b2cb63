//! A funnel plot (Spiegelhalter 2005): how far each group lies from what was expected of it, against
//! its size, with the limits that chance alone leaves 95 and 99.8 % of the time. Small groups may lie
//! far off and mean nothing; a league table would say the opposite.

use pointsman_experiment::special::normal;
use serde::Serialize;

use super::{
    Dimension, Kpi, KpiResult, Kpis, Selection,
    judge::{Judged, judge},
    selection::Groups,
};
use crate::{estimate::ALPHA, rows::Name};

/// Two-sided error of the outer limits.
pub(super) const OUTER: f64 = 0.002;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelPlot {
    /// Expected is what the model said of each lead; otherwise the share of all.
    pub by_model: bool,
    /// Mean of e (1 − e) over the leads: the variance of one.
    pub variance: f64,
    /// In the order of the groups.
    pub points: Vec<FunnelPoint>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelPoint {
    pub text: Box<str>,
    pub n: u64,
    pub observed: f64,
    pub expected: f64,
    pub place: Place,
}

/// Where a group lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Inside,
    /// Beyond the limits of 95 %: one in twenty is, by chance.
    Beyond95,
    /// Beyond those of 99.8 %: worth a question.
    Beyond998,
}

impl FunnelPoint {
    pub fn difference(&self) -> f64 {
        self.observed - self.expected
    }
}

impl FunnelPlot {
    /// ± z √(variance ÷ n): the limits of 95 and of 99.8 % around 0, for a group of `n` leads.
    pub fn limits(&self, n: u64) -> [f64; 2] {
        let spread = (self.variance / n.max(1) as f64).sqrt();
        [ALPHA, OUTER].map(|alpha| normal::two_sided(alpha) * spread)
    }

    /// How many lie at `place` or farther out.
    pub fn beyond(&self, place: Place) -> usize {
        let far = |point: &&FunnelPoint| match place {
            Place::Inside => true,
            Place::Beyond95 => point.place != Place::Inside,
            Place::Beyond998 => point.place == Place::Beyond998,
        };
        self.points.iter().filter(far).count()
    }

    fn of(by_model: bool, groups: Vec<(Box<str>, Sum)>) -> Option<Self> {
        let (n, spread) = groups.iter().fold((0, 0.0), |(n, spread), (_, sum)| (n + sum.n, spread + sum.spread));
        let counted: Vec<_> = groups.into_iter().filter(|(_, sum)| sum.n > 0).collect();
        if counted.len() < 2 || spread <= 0.0 {
            return None;
        }
        let mut plot = Self { by_model, variance: spread / n as f64, points: Vec::new() };
        let point = |(text, sum): (Box<str>, Sum)| {
            let of = |total: f64| total / sum.n as f64;
            let (observed, expected) = (of(sum.hits as f64), of(sum.expected));
            let [inner, outer] = plot.limits(sum.n);
            let place = match (observed - expected).abs() {
                far if far > outer => Place::Beyond998,
                far if far > inner => Place::Beyond95,
                _ => Place::Inside,
            };
            FunnelPoint { text, n: sum.n, observed, expected, place }
        };
        let points = counted.into_iter().map(point).collect();
        plot.points = points;
        Some(plot)
    }
}

/// Over the leads of a group: hits, Σ e and Σ e (1 − e).
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    n: u64,
    hits: u64,
    expected: f64,
    spread: f64,
}

impl Kpis<'_> {
    /// For shares. Conversion is held against the model's scores where they are known.
    pub(super) fn funnel(
        &self,
        all: &KpiResult,
        selection: &Selection,
        dimension: Dimension,
        named: &[(Option<Name>, KpiResult)],
    ) -> Option<FunnelPlot> {
        let whole = all.value()?;
        whole.hits?;
        let text = |name: Option<Name>| name.map_or("", |name| self.names.text(name)).into();
        if all.kpi == Kpi::Conversion && self.feeds.missing(Kpi::ObservedToExpected.needs()).is_none() {
            let sums = self.by_scores(selection, dimension);
            let of = |name: Option<Name>| sums.iter().find(|(one, _)| *one == name).map_or(Sum::default(), |(_, s)| *s);
            let scored = named.iter().map(|(name, _)| (text(*name), of(*name))).collect();
            if let Some(plot) = FunnelPlot::of(true, scored) {
                return Some(plot);
            }
        }
        let share = whole.value;
        let sum = |result: &KpiResult| {
            let n = result.n as f64;
            let hits = result.value().and_then(|value| value.hits);
            hits.map_or(Sum::default(), |hits| Sum {
                n: result.n,
                hits,
                expected: share * n,
                spread: share * (1.0 - share) * n,
            })
        };
        FunnelPlot::of(false, named.iter().map(|(name, result)| (text(*name), sum(result))).collect())
    }

    fn by_scores(&self, selection: &Selection, dimension: Dimension) -> Vec<(Option<Name>, Sum)> {
        let (groups, names) = Groups::by(self.table, selection, dimension);
        let judge = judge(self.table, self.spec, Kpi::ObservedToExpected);
        let mut sums = vec![Sum::default(); groups.count];
        for (row, group) in groups.selected() {
            if let Judged::Counts(won) = judge(row) {
                let score = f64::from(self.table.score[row]) / 1e6;
                let sum = &mut sums[group];
                sum.n += 1;
                sum.hits += won as u64;
                sum.expected += score;
                sum.spread += score * (1.0 - score);
            }
        }
        names.into_iter().zip(sums).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(text: &str, n: u64, hits: u64, share: f64) -> (Box<str>, Sum) {
        let leads = n as f64;
        (text.into(), Sum { n, hits, expected: share * leads, spread: share * (1.0 - share) * leads })
    }

    #[test]
    fn limits_are_those_of_the_binomial_and_narrow_with_size() {
        let plot = FunnelPlot::of(false, vec![group("a", 100, 20, 0.2), group("b", 400, 80, 0.2)]).expect("two groups");
        // 1.96 √(0.2 · 0.8 ÷ 100) = 0.0784 and 3.0902 · 0.04 = 0.1236; half of it at four times the size.
        let [inner, outer] = plot.limits(100);
        assert!((inner - 0.0784).abs() < 5e-5 && (outer - 0.12361).abs() < 5e-5, "{inner} {outer}");
        assert!((plot.limits(400)[0] * 2.0 - inner).abs() < 1e-12);
        assert_eq!(plot.beyond(Place::Beyond95), 0);
    }

    #[test]
    fn a_small_group_far_off_is_inside_where_a_large_one_is_not() {
        // Ten points above 20 % each; 40 leads say nothing, 4,000 do.
        let groups = vec![group("small", 40, 12, 0.2), group("large", 4_000, 1_200, 0.2), group("none", 0, 0, 0.2)];
        let plot = FunnelPlot::of(false, groups).expect("two groups with leads");
        let places: Vec<_> = plot.points.iter().map(|point| (&*point.text, point.place)).collect();
        assert_eq!(places, [("small", Place::Inside), ("large", Place::Beyond998)]);
        assert_eq!(FunnelPlot::of(false, vec![group("one", 9, 3, 0.2)]), None);
        assert_eq!(FunnelPlot::of(false, vec![group("all", 9, 9, 1.0), group("too", 9, 9, 1.0)]), None);
    }
}
