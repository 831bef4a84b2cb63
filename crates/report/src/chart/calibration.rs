//! Calibration (reliability): what was predicted against what happened, bin by bin, with how
//! many there were in each bin below.

use serde::{Deserialize, Serialize};

use super::{
    Draw, Interval, Width,
    frame::{Plot, thinned, x_axis, y_axis, y_gutter},
    lettering::fit,
    scale::Scale,
    sentences,
    svg::{Anchor, Path, Svg},
};
use crate::{
    Cx, Table, Unit,
    table::{Column, Row},
    words,
};

const SHARE: Unit = Unit::percent(1);
const MOST_BINS: usize = 60;

#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// In the order of the prediction.
    pub bins: Vec<Bin>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The mean prediction.
    pub predicted: f64,
    /// The share that came true.
    pub observed: Interval,
    pub count: u64,
}

impl Draw for Calibration {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let bins: Vec<Bin> = thinned(self.bins.len(), MOST_BINS).into_iter().map(|i| self.bins[i]).collect();
        // One scale for both axes, so that the diagonal is the diagonal. A bound far above every
        // estimate is cut (with an open end) rather than squeezing all points into a corner.
        let top_est =
            bins.iter().flat_map(|b| [b.predicted, b.observed.est]).filter(|v| v.is_finite()).fold(0.0, f64::max);
        let bounds = bins.iter().map(|b| b.observed.hi.min(top_est * 1.35));
        let values = bins.iter().flat_map(|b| [b.predicted, b.observed.est]).chain(bounds);
        let scale = Scale::covering(values.chain([0.0]), SHARE).rounded(5);
        let (top, height) = (26.0, width.pick(300.0, 250.0));
        let left = y_gutter(&scale, height, cx.locale);
        let plot = Plot { left, right: width.units() - 8.0, top, bottom: top + height };
        let count_height = 34.0;
        let base = plot.bottom + count_height + 12.0;
        let mut svg = Svg::new(width, base + 42.0);
        let (x, y) = (scale.onto(plot.left, plot.right), scale.onto(plot.bottom, plot.top));
        y_axis(&mut svg, plot, &y, (&words::chart::observed(cx.locale), plot.top - 12.0), cx.locale);
        x_axis(&mut svg, Plot { bottom: base, ..plot }, &x, &words::chart::predicted(cx.locale), cx.locale);
        svg.line("axis", (plot.left, plot.bottom), (plot.right, plot.bottom));
        svg.line("ref", (x.at(scale.lo), y.at(scale.lo)), (x.at(scale.hi), y.at(scale.hi)));
        let room = (plot.right - plot.left) * 0.5;
        let (above, below) = (words::chart::more_often(cx.locale), words::chart::less_often(cx.locale));
        svg.text("t mute", plot.left + 8.0, plot.top + 16.0, Anchor::Start, &fit(&above, room));
        svg.text("t mute", plot.right - 8.0, plot.bottom - 10.0, Anchor::End, &fit(&below, room));
        let most = bins.iter().map(|b| b.count).max().unwrap_or(0).max(1) as f64;
        let mut joined = Path::new();
        for bin in bins.iter().filter(|b| b.predicted.is_finite()) {
            let px = x.at(bin.predicted);
            let height = count_height * bin.count as f64 / most;
            svg.rect("count", (px - 5.0).max(plot.left), base - height, 10.0, height);
            if !bin.observed.est.is_finite() {
                continue;
            }
            let py = y.at(bin.observed.est);
            joined.to(px, py);
            if bin.observed.has_bounds() {
                let (lo, hi) = (y.at(bin.observed.lo), y.at(bin.observed.hi));
                svg.line("s1 stroke", (px, lo), (px, hi));
                for (bound, place) in [(bin.observed.lo, lo), (bin.observed.hi, hi)] {
                    if scale.holds(bound) {
                        svg.line("s1 stroke", (px - 4.0, place), (px + 4.0, place));
                    }
                }
            }
        }
        svg.path("s1 line thin", &joined);
        for bin in bins.iter().filter(|b| b.predicted.is_finite() && b.observed.est.is_finite()) {
            let (px, py) = (x.at(bin.predicted), y.at(bin.observed.est));
            let honest = bin.observed.lo <= bin.predicted && bin.predicted <= bin.observed.hi;
            svg.circle(if honest { "s1 hollow" } else { "s1 fill" }, px, py, 4.5);
        }
        let step = (plot.right - plot.left) / bins.len().max(1) as f64;
        for bin in &bins {
            let half = (step / 2.0).clamp(4.0, 20.0);
            let tip = words::chart::bin(
                cx.locale,
                &SHARE.show(cx.locale, bin.predicted),
                &SHARE.interval(cx.locale, bin.observed),
                &cx.locale.count(bin.count),
            );
            svg.hit((x.at(bin.predicted) - half).max(0.0), plot.top, 2.0 * half, base - plot.top, &tip);
        }
        let label = words::chart::how_many(cx.locale);
        svg.text("t mute", plot.right - 8.0, base - 14.0, Anchor::End, &label);
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let l = cx.locale;
        let columns = vec![
            Column::number(words::chart::predicted(l)),
            Column::number(words::chart::observed(l)),
            Column::number(words::chart::interval(l)),
            Column::number(words::chart::how_many(l)),
        ];
        let rows = self.bins.iter().map(|bin| {
            let o = bin.observed;
            let range = if o.has_bounds() { SHARE.range(l, o.lo, o.hi) } else { String::new() };
            Row::new(vec![SHARE.show(l, bin.predicted), SHARE.show(l, o.est), range, l.count(bin.count)])
        });
        Table::of(columns, rows, cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let text = words::chart::calibration(cx.locale, &cx.locale.count(self.bins.len() as u64));
        format!("{text} {}", sentences(&self.table(cx), 10))
    }
}
