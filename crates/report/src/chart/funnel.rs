//! A funnel plot: how far each group lies from what was expected of it, against its size, between the
//! limits that chance leaves. What lies inside cannot be told apart, however the names are ranked.

use serde::{Deserialize, Serialize};

use super::{
    Draw, Width,
    frame::{Plot, spread, x_axis, y_axis, y_gutter},
    lettering::{MID, fit, width_of},
    scale::Scale,
    sentences,
    svg::{Anchor, Path, Svg},
};
use crate::{
    Cx, Table, Unit,
    table::{Column, Row},
    words::chart as words,
};

const POINTS: Unit = Unit::points(1);
const SHARE: Unit = Unit::percent(1);
const SIZE: Unit = Unit::number(0);
/// Right of the plot, where the limits are named.
const GUTTER: f64 = 52.0;
/// Names beside points: the farthest out.
const MOST_NAMES: usize = 8;

#[derive(Debug, Clone, PartialEq)]
pub struct Funnel {
    pub points: Vec<Spot>,
    /// Where the limits run, by size; at least two.
    pub limits: Vec<Limits>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    pub name: String,
    pub n: u64,
    pub expected: f64,
    pub observed: f64,
    pub place: Where,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    Inside,
    Beyond95,
    Beyond998,
}

/// ± around 0 at one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    pub n: u64,
    pub inner: f64,
    pub outer: f64,
}

impl Spot {
    fn difference(&self) -> f64 {
        self.observed - self.expected
    }
}

impl Draw for Funnel {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let l = cx.locale;
        let most = self.points.iter().map(|spot| spot.n).max().unwrap_or(1) as f64;
        let far =
            self.points.iter().map(|spot| spot.difference().abs()).filter(|far| far.is_finite()).fold(0.0, f64::max);
        // Limits of the smallest groups would leave no room for the points: they are cut at the edge.
        let typical = self.limits.get(self.limits.len() / 2).map_or(0.0, |limit| limit.outer);
        let reach = (far * 1.15).max(typical * 1.1).max(1e-3);
        let x = Scale::covering([0.0, most * 1.02], SIZE);
        let y = Scale::covering([-reach, reach], POINTS);
        let (top, height) = (26.0, width.pick(300.0, 250.0));
        let left = y_gutter(&y, height, l);
        let plot = Plot { left, right: width.units() - GUTTER, top, bottom: top + height };
        let mut svg = Svg::new(width, plot.bottom + 42.0);
        let (x, y) = (x.onto(plot.left, plot.right), y.onto(plot.bottom, plot.top));
        y_axis(&mut svg, plot, &y, (&words::above_expected(l), plot.top - 12.0), l);
        x_axis(&mut svg, plot, &x, &words::size(l), l);
        svg.line("zero", (plot.left, y.at(0.0)), (plot.right, y.at(0.0)));
        for (class, of) in [("ref", Limits::inner as fn(&Limits) -> f64), ("axis curve", Limits::outer)] {
            for sign in [1.0, -1.0] {
                let inside = self.limits.iter().filter(|limit| of(limit) <= reach);
                let mut path = Path::new();
                inside.for_each(|limit| {
                    path.to(x.at(limit.n as f64), y.at(sign * of(limit)));
                });
                svg.path(&format!("{class} open"), &path);
            }
        }
        if let Some(last) = self.limits.last() {
            let places = spread(&[y.at(last.inner), y.at(last.outer)], 14.0, plot.top, plot.bottom);
            for (y, text) in places.into_iter().zip([words::limit_95(l), words::limit_998(l)]) {
                svg.text("t mute", plot.right + 6.0, y + MID, Anchor::Start, &text);
            }
        }
        let at = |spot: &Spot| (x.at(spot.n as f64), y.at(spot.difference()));
        for spot in self.points.iter().filter(|spot| spot.difference().is_finite()) {
            let (px, py) = at(spot);
            svg.circle(if spot.place == Where::Beyond998 { "s1 fill" } else { "s1 hollow" }, px, py, 4.5);
        }
        self.names(&mut svg, plot, &at);
        for spot in self.points.iter().filter(|spot| spot.difference().is_finite()) {
            let (px, py) = at(spot);
            let tip = words::spot(
                l,
                &spot.name,
                &SHARE.show(l, spot.observed),
                &SHARE.show(l, spot.expected),
                &l.count(spot.n),
            );
            svg.hit((px - 12.0).max(0.0), py - 12.0, 24.0, 24.0, &tip);
        }
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let l = cx.locale;
        let columns = vec![
            Column::text(words::group(l)),
            Column::number(words::size(l)),
            Column::number(words::seen(l)),
            Column::number(words::expected(l)),
            Column::number(words::above_expected(l)),
            Column::text(words::place(l)),
        ];
        let rows = self.points.iter().map(|spot| {
            let place = match spot.place {
                Where::Inside => words::inside(l),
                Where::Beyond95 => words::beyond_95(l),
                Where::Beyond998 => words::beyond_998(l),
            };
            Row::new(vec![
                spot.name.clone(),
                l.count(spot.n),
                SHARE.show(l, spot.observed),
                SHARE.show(l, spot.expected),
                POINTS.show(l, spot.difference()),
                place,
            ])
        });
        Table::of(columns, rows, cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let text = words::funnel(cx.locale, &cx.locale.count(self.points.len() as u64));
        format!("{text} {}", sentences(&self.table(cx), 10))
    }
}

impl Limits {
    fn inner(&self) -> f64 {
        self.inner
    }

    fn outer(&self) -> f64 {
        self.outer
    }
}

impl Funnel {
    /// Names of the farthest beyond the limits, beside their points and apart from each other.
    fn names(&self, svg: &mut Svg, plot: Plot, at: &dyn Fn(&Spot) -> (f64, f64)) {
        let mut named: Vec<&Spot> =
            self.points.iter().filter(|spot| spot.place != Where::Inside && spot.difference().is_finite()).collect();
        named.sort_by(|a, b| {
            let rank = |spot: &Spot| (spot.place == Where::Beyond998, spot.difference().abs());
            let ((x, far), (y, further)) = (rank(a), rank(b));
            y.cmp(&x).then(further.total_cmp(&far))
        });
        named.truncate(MOST_NAMES);
        let heights: Vec<f64> = named.iter().map(|spot| at(spot).1).collect();
        let apart = spread(&heights, 15.0, plot.top + 8.0, plot.bottom - 20.0);
        for (spot, y) in named.into_iter().zip(apart) {
            let (x, _) = at(spot);
            let text = fit(&spot.name, 140.0);
            let to_left = x + 9.0 + width_of(&text) > plot.right;
            let (x, anchor) = if to_left { (x - 9.0, Anchor::End) } else { (x + 9.0, Anchor::Start) };
            svg.text("t", x, y + MID, anchor, &text);
        }
    }
}
