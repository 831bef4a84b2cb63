//! What a page of figures shows: tiles, curve, chain of clocks, groups, and every figure in a row.

use serde::Serialize;

use super::{
    Board, BoardFigure, Breakdown, Days, Dimension, Kpi, KpiResult, Kpis, Selection,
    clock::{self, Clock, Timed},
    selection::Groups,
};
use crate::{estimate::ALPHA, flow::TouchStep, rows::BreachCause};
use pointsman_experiment::stats::survival::survival_interval;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    /// [`Kpi::TILES`].
    pub board: Board,
    /// Arrived → touched, now and before.
    pub curve: TouchedBy,
    pub curve_before: TouchedBy,
    /// Every figure, now and before.
    pub figures: Vec<(KpiResult, KpiResult)>,
    pub breaches: Vec<(BreachCause, u64)>,
    pub conversion_by_path: Breakdown,
    pub speed_by_team: Breakdown,
    pub conversion_by_team: Breakdown,
    /// `None` where the reader may not see single reps.
    pub reps: Option<Reps>,
}

/// What is told of single reps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reps {
    pub conversion: Breakdown,
    pub speed: Breakdown,
    /// Largest deficit first.
    pub balance: Vec<RepBalance>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepBalance {
    pub rep: Box<str>,
    pub received: u64,
    pub entitled: f64,
}

/// The curve of what is still untouched, thinned for drawing.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TouchedBy {
    pub n: u64,
    pub steps: Vec<TouchStep>,
}

/// One figure with everything that a page of its own shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    pub days: Days,
    pub before: Days,
    pub figure: BoardFigure,
    pub by: Vec<(Dimension, Breakdown)>,
}

/// Points of a drawn curve.
const POINTS: usize = 240;
/// The curve is drawn to two days: what is not touched by then is late whatever it is.
const DRAWN_MICROS: f64 = 48.0 * 3600.0 * 1e6;

impl Kpis<'_> {
    /// The whole page of a period. `reps`: whether single reps are shown.
    pub fn overview(&self, selection: &Selection, days: Days, reps: bool) -> Overview {
        let board = self.board(&Kpi::TILES, selection, days);
        let (now, before) = (selection.in_days(days), selection.in_days(board.before));
        let figures = self.measure_all(&Kpi::ALL, &now).into_iter().zip(self.measure_all(&Kpi::ALL, &before));
        Overview {
            curve: self.touched_by(&now),
            curve_before: self.touched_by(&before),
            figures: figures.collect(),
            breaches: self.breaches(&now),
            conversion_by_path: self.breakdown(Kpi::Conversion, &now, Dimension::Path),
            speed_by_team: self.breakdown(Kpi::SpeedToLead, &now, Dimension::Team),
            conversion_by_team: self.breakdown(Kpi::Conversion, &now, Dimension::Team),
            reps: reps.then(|| self.reps(&now)),
            board,
        }
    }

    /// One figure of a period, by `dimensions` that tell at least two groups apart.
    pub fn detail(&self, kpi: Kpi, selection: &Selection, days: Days, dimensions: &[Dimension]) -> Detail {
        let mut board = self.board(&[kpi], selection, days);
        let now = selection.in_days(days);
        let by = dimensions.iter().map(|dimension| (*dimension, self.breakdown(kpi, &now, *dimension)));
        Detail {
            days,
            before: board.before,
            figure: board.figures.remove(0),
            by: by.filter(|(_, breakdown)| breakdown.groups.len() > 1).collect(),
        }
    }

    /// The curve of what nobody has touched yet.
    pub fn touched_by(&self, selection: &Selection) -> TouchedBy {
        let groups = Groups::one(self.table, selection);
        let timed: Timed = clock::curves(self.table, Clock::Touch, &groups).pop().unwrap_or_default();
        let drawn = timed.curve.times.partition_point(|time| *time <= DRAWN_MICROS);
        let chosen =
            (0..drawn.min(POINTS)).map(|at| if drawn <= POINTS { at } else { at * (drawn - 1) / (POINTS - 1) });
        let step = |at: usize| {
            let (time, untouched) = (timed.curve.times[at], timed.curve.survival[at]);
            let (low, high) = survival_interval(&timed.curve, time, ALPHA).unwrap_or((untouched, untouched));
            TouchStep { seconds: time / 1e6, untouched, low, high, at_risk: timed.curve.at_risk[at] as u64 }
        };
        TouchedBy { n: timed.n, steps: chosen.map(step).collect() }
    }

    fn reps(&self, now: &Selection) -> Reps {
        let balance = self.balance(now).into_iter().map(|(rep, share)| RepBalance {
            rep: self.names.text(rep).into(),
            received: share.received,
            entitled: share.entitled.as_f64(),
        });
        Reps {
            conversion: self.breakdown(Kpi::Conversion, now, Dimension::Rep),
            speed: self.breakdown(Kpi::SpeedToLead, now, Dimension::Rep),
            balance: balance.collect(),
        }
    }
}
