//! What leadership reads in a quarter: worth of lost leads, where it is slowest, what to change,
//! and what could not be told.

use std::collections::BTreeMap;

use pointsman_domain::record::Stage;
use pointsman_experiment::{special::student, stats::proportion::Count};
use serde::Serialize;

use super::{
    Days, Dimension, Feed, Kpi, KpiResult, Kpis, Measured, NotMeasured, Overview, Selection,
    judge::{Judged, judge},
    selection::Groups,
    table::NEVER,
};
use crate::{
    Estimate,
    estimate::ALPHA,
    rows::{BreachCause, LocalDay},
};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Brief {
    pub overview: Overview,
    pub worth: Option<Worth>,
    pub slowest: Option<Slowest>,
    /// Most pressing first.
    pub advice: Vec<Advice>,
    pub untold: Vec<Untold>,
}

/// What matured leads that nobody touched would have brought at the rate of those that somebody
/// touched: observed, because nobody chose by chance which are touched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Worth {
    pub lost: u64,
    pub wins_per_touched: Estimate,
    /// Revenue of a win in minor units.
    pub value_of_win: Estimate,
    pub total: Estimate,
}

/// The group that waits longest, by more than its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slowest {
    pub dimension: Dimension,
    pub text: Box<str>,
    pub group: KpiResult,
    pub all: KpiResult,
}

/// What to change, with the figure that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "advice")]
pub enum Advice {
    /// Give untouched leads to somebody else in time.
    RescueLost {
        lost: KpiResult,
        worth: Option<Worth>,
    },
    /// Go after the most frequent cause of broken promises.
    KeepPromises {
        breaches: KpiResult,
        cause: BreachCause,
        count: u64,
    },
    SpeedUp {
        slowest: Slowest,
    },
    /// Reps differ by more than chance: let a model say who gets what, as a test.
    RouteByFit {
        best: Box<str>,
        best_share: f64,
        worst: Box<str>,
        worst_share: f64,
        p_value: f64,
    },
    /// Somebody is far behind what was due.
    EvenOut {
        gini: KpiResult,
        rep: Box<str>,
        deficit: f64,
    },
    /// What is connected next tells the most.
    Connect {
        feed: Feed,
        figures: Vec<Kpi>,
    },
}

/// What could not be told, and when it can.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "untold")]
pub enum Untold {
    /// As soon as this is fed.
    Feed { feed: Feed, figures: Vec<Kpi> },
    /// When the youngest lead has had its window: on this day.
    Pending { figures: Vec<Kpi>, leads: u64, on: LocalDay },
}

/// Lost leads below this share are no advice.
const FEW_LOST: f64 = 0.01;
const FEW_BREACHES: f64 = 0.05;
/// A Gini that weights and absences explain.
const EVEN: f64 = 0.10;
/// A median of fewer leads is noise.
const FEWEST: u64 = 30;
/// Pieces of advice that are given.
const ADVICE: usize = 3;

impl Kpis<'_> {
    pub fn brief(&self, selection: &Selection, days: Days, reps: bool) -> Brief {
        let overview = self.overview(selection, days, reps);
        let now = selection.in_days(days);
        let worth = self.worth(&now);
        let slowest = self.slowest(&now);
        Brief {
            advice: self.advice(&overview, worth, slowest.as_ref()),
            untold: self.untold(&overview, days),
            overview,
            worth,
            slowest,
        }
    }

    /// `None` without lost leads, wins of touched ones, or values of wins.
    pub fn worth(&self, selection: &Selection) -> Option<Worth> {
        self.feeds.missing(&[Feed::Activities, Feed::Outcomes]).is_none().then_some(())?;
        let (lost, won) = (judge(self.table, self.spec, Kpi::LostLeads), judge(self.table, self.spec, Kpi::Conversion));
        let (mut missed, mut touched, mut wins) = (0u64, 0u64, 0u64);
        let mut values: Vec<f64> = Vec::new();
        for (row, _) in Groups::one(self.table, selection).selected() {
            match lost(row) {
                Judged::Counts(1.0) => missed += 1,
                Judged::Counts(_) => {
                    touched += 1;
                    wins += u64::from(won(row) == Judged::Counts(1.0));
                }
                Judged::Out | Judged::Pending => continue,
            }
            if self.table.stage[row] == Stage::Won && self.table.value[row] != NEVER {
                values.push(self.table.value[row] as f64);
            }
        }
        let count = Count::new(wins, touched).ok()?;
        let interval = count.wilson(ALPHA);
        let wins_per_touched = Estimate { value: count.rate(), low: interval.low, high: interval.high };
        let value_of_win = mean(&values)?;
        let total = Estimate::product(&[Estimate::exact(missed as f64), wins_per_touched, value_of_win]);
        (missed > 0).then_some(Worth { lost: missed, wins_per_touched, value_of_win, total })
    }

    /// Among teams, sources and segments.
    fn slowest(&self, selection: &Selection) -> Option<Slowest> {
        let mut found: Vec<(f64, Slowest)> = Vec::new();
        for dimension in [Dimension::Team, Dimension::Source, Dimension::Segment] {
            let breakdown = self.breakdown(Kpi::SpeedToLead, selection, dimension);
            let all = breakdown.all.value()?.value;
            for group in breakdown.groups.iter().filter(|group| group.name.is_some() && group.result.n >= FEWEST) {
                if let Some(value) = group.result.value().filter(|value| value.low.is_some_and(|low| low > all)) {
                    let (text, group) = (group.text.clone(), group.result);
                    found.push((value.value, Slowest { dimension, text, group, all: breakdown.all }));
                }
            }
        }
        found.into_iter().max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, slowest)| slowest)
    }

    fn advice(&self, overview: &Overview, worth: Option<Worth>, slowest: Option<&Slowest>) -> Vec<Advice> {
        let figure = |kpi: Kpi| overview.figures.iter().find(|(now, _)| now.kpi == kpi).map(|(now, _)| *now);
        let over = |kpi: Kpi, least: f64| figure(kpi).filter(|r| r.value().is_some_and(|value| value.value >= least));
        let mut advice = Vec::new();
        advice.extend(over(Kpi::LostLeads, FEW_LOST).map(|lost| Advice::RescueLost { lost, worth }));
        let most = overview.breaches.iter().max_by_key(|(_, count)| *count);
        if let (Some(breaches), Some((cause, count))) = (over(Kpi::SlaBreaches, FEW_BREACHES), most) {
            advice.push(Advice::KeepPromises { breaches, cause: *cause, count: *count });
        }
        advice.extend(slowest.map(|slowest| Advice::SpeedUp { slowest: slowest.clone() }));
        advice.extend(overview.reps.as_ref().and_then(|reps| route_by_fit(&reps.conversion)));
        let furthest = overview.reps.as_ref().and_then(|reps| reps.balance.first());
        if let (Some(gini), Some(rep)) = (over(Kpi::BalanceGini, EVEN), furthest) {
            let deficit = rep.entitled - rep.received as f64;
            advice.push(Advice::EvenOut { gini, rep: rep.rep.clone(), deficit });
        }
        let mut feeds: Vec<(Feed, Vec<Kpi>)> = unfed(overview).into_iter().collect();
        feeds.sort_by_key(|(feed, figures)| (std::cmp::Reverse(figures.len()), *feed));
        advice.extend(feeds.into_iter().map(|(feed, figures)| Advice::Connect { feed, figures }));
        advice.truncate(ADVICE);
        advice
    }

    fn untold(&self, overview: &Overview, days: Days) -> Vec<Untold> {
        let pending = overview.figures.iter().map(|(now, _)| now);
        let pending = pending.filter(|now| now.pending > 0 && now.kpi.window() == super::Window::Matured);
        let waiting: Vec<&KpiResult> = pending.collect();
        let figures: Vec<Kpi> = waiting.iter().map(|now| now.kpi).collect();
        let leads = waiting.iter().map(|now| now.pending).max();
        let on = LocalDay(days.until.0 - 1 + i32::from(self.spec.maturity_days));
        let young = leads.map(|leads| Untold::Pending { figures, leads, on });
        let fed = unfed(overview).into_iter().map(|(feed, figures)| Untold::Feed { feed, figures });
        young.into_iter().chain(fed).collect()
    }
}

/// Figures by the feed that they lack.
fn unfed(overview: &Overview) -> BTreeMap<Feed, Vec<Kpi>> {
    let mut by_feed: BTreeMap<Feed, Vec<Kpi>> = BTreeMap::new();
    for (now, _) in &overview.figures {
        if let Measured::NotMeasured(NotMeasured::NoFeed(feed)) = now.measured {
            by_feed.entry(feed).or_default().push(now.kpi);
        }
    }
    by_feed
}

fn route_by_fit(by_rep: &super::Breakdown) -> Option<Advice> {
    let spread = by_rep.spread.filter(super::Spread::is_real)?;
    let drawn =
        || by_rep.groups.iter().filter(|group| group.name.is_some()).filter_map(|g| Some((g, g.shrunken?.value)));
    let (best, best_share) = drawn().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let (worst, worst_share) = drawn().min_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let (best, worst) = (best.text.clone(), worst.text.clone());
    Some(Advice::RouteByFit { best, best_share, worst, worst_share, p_value: spread.p_value })
}

/// With Student's interval; `None` for fewer than two.
fn mean(values: &[f64]) -> Option<Estimate> {
    let n = values.len() as f64;
    (values.len() > 1).then_some(())?;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Some(Estimate::around(mean, student::two_sided(ALPHA, n - 1.0) * (variance / n).sqrt()))
}
