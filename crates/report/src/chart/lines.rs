//! Lines over days or numbers, with bands; stepped where a value holds until the next one.

use super::{
    Draw, Interval, Role, Width, closed,
    frame::{Plot, spread, thinned, x_axis, y_axis, y_gutter},
    lettering::{MID, STRONG, width_of_strong},
    scale::Scale,
    svg::{Anchor, Path, Svg},
};
use crate::{
    Cx, Table, Unit,
    table::{Column, Row},
    words,
};

/// More points than places would only add bytes.
const MOST_POINTS: usize = 600;
const MOST_HITS: usize = 90;
const MOST_SERIES: usize = 4;

#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    pub x: Unit,
    pub x_title: String,
    pub y: Unit,
    pub y_title: String,
    /// At most four; further ones stand in the table only.
    pub series: Vec<Series>,
    /// A horizontal line, for example "no difference".
    pub reference: Option<f64>,
    /// A value holds until the next point.
    pub stepped: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: String,
    pub role: Role,
    /// In the order of `x`.
    pub points: Vec<Point>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    /// Bounds become the band; [`Interval::point`] for none.
    pub y: Interval,
}

impl Lines {
    fn drawn(&self) -> &[Series] {
        &self.series[..self.series.len().min(MOST_SERIES)]
    }

    pub(super) fn x_scale(&self) -> Scale {
        Scale::covering(self.drawn().iter().flat_map(|s| s.points.iter().map(|p| p.x)), self.x)
    }

    /// All estimates, and the bands of the last two thirds: the first looks of a test are so wide
    /// that they would flatten everything after them.
    pub(super) fn y_scale(&self) -> Scale {
        let values = self.drawn().iter().flat_map(|s| {
            let early = s.points.len() / 3;
            let late = s.points.iter().skip(early).flat_map(|p| p.y.values());
            s.points.iter().map(|p| p.y.est).chain(late)
        });
        Scale::covering(values.chain(self.reference), self.y).padded(0.02).rounded(5)
    }

    pub(super) fn plot_marks(&self, svg: &mut Svg, plot: Plot, x: &Scale, y: &Scale) {
        if let Some(reference) = self.reference {
            svg.line("zero", (plot.left, y.at(reference)), (plot.right, y.at(reference)));
        }
        for series in self.drawn() {
            let kept = thinned(series.points.len(), MOST_POINTS);
            let points: Vec<Point> = kept.into_iter().map(|i| series.points[i]).collect();
            svg.path(&format!("{} band", series.role.class()), &band(&points, self.stepped, x, y));
            svg.path(&format!("{} line", series.role.class()), &line(&points, self.stepped, x, y));
            if let [only] = &points[..]
                && only.y.est.is_finite()
            {
                svg.circle(&format!("{} fill", series.role.class()), x.at(only.x), y.at(only.y.est), 3.5);
            }
        }
    }

    pub(super) fn hits(&self, svg: &mut Svg, plot: Plot, x: &Scale, cx: Cx) {
        let Some(longest) = self.drawn().iter().max_by_key(|s| s.points.len()) else { return };
        let kept = thinned(longest.points.len(), MOST_HITS);
        let places: Vec<f64> = kept.iter().map(|&i| x.at(longest.points[i].x)).collect();
        for (k, &i) in kept.iter().enumerate() {
            let left = if k == 0 { plot.left } else { (places[k - 1] + places[k]) / 2.0 };
            let right = places.get(k + 1).map_or(plot.right, |next| (places[k] + next) / 2.0);
            let at = longest.points[i].x;
            let values: Vec<String> = self
                .drawn()
                .iter()
                .filter_map(|s| {
                    let point = s.points.iter().take_while(|p| p.x <= at).last()?;
                    Some(format!("{} {}", s.name, self.y.interval(cx.locale, point.y)))
                })
                .collect();
            let tip = format!("{}: {}", self.x.show(cx.locale, at), values.join(" · "));
            svg.hit(left, plot.top, right - left, plot.bottom - plot.top, &tip);
        }
    }
}

/// The line of the estimates; a gap where one is missing.
fn line(points: &[Point], stepped: bool, x: &Scale, y: &Scale) -> Path {
    let mut path = Path::new();
    let mut before: Option<f64> = None;
    for point in points {
        if !point.y.est.is_finite() {
            before = None;
            continue;
        }
        let (px, py) = (x.at(point.x), y.at(point.y.est));
        match before {
            None => path.jump(px, py),
            Some(last) if stepped => path.to(px, last).to(px, py),
            Some(_) => path.to(px, py),
        };
        before = Some(py);
    }
    path
}

/// The area between the bounds, with no edge line: where it is cut at the plot's edge nothing
/// pretends to be a bound. Stepped like its line.
fn band(points: &[Point], stepped: bool, x: &Scale, y: &Scale) -> Path {
    let bounded: Vec<&Point> = points.iter().filter(|p| p.y.has_bounds()).collect();
    let mut path = Path::new();
    if bounded.len() < 2 {
        return path;
    }
    let side = |value: fn(&Point) -> f64| {
        let mut places: Vec<(f64, f64)> = Vec::new();
        for point in &bounded {
            let (px, py) = (x.at(point.x), y.at(value(point)));
            if let Some(&(_, last)) = places.last()
                && stepped
            {
                places.push((px, last));
            }
            places.push((px, py));
        }
        places
    };
    for (px, py) in side(|p| p.y.hi).into_iter().chain(side(|p| p.y.lo).into_iter().rev()) {
        path.to(px, py);
    }
    path.close();
    path
}

/// Names at the line ends (wide) or in a row above (narrow), so that no legend is looked up.
pub(super) struct Ends<'a> {
    pub names: Vec<(&'a str, Role, f64)>,
}

impl Ends<'_> {
    pub fn gutter(&self) -> f64 {
        let widest = self.names.iter().map(|(name, _, _)| width_of_strong(name)).fold(0.0, f64::max);
        (widest + 12.0).clamp(16.0, 160.0)
    }

    /// Rows that [`above`](Self::above) will use.
    pub fn rows(&self) -> usize {
        let mut rows = 1;
        let mut x = 0.0;
        for (name, _, _) in &self.names {
            let need = width_of_strong(name) + 38.0;
            if x > 0.0 && x + need > 360.0 {
                rows += 1;
                x = 0.0;
            }
            x += need;
        }
        rows
    }

    pub fn right(&self, svg: &mut Svg, plot: Plot) {
        let places: Vec<f64> = self.names.iter().map(|(_, _, y)| *y).collect();
        let moved = spread(&places, 16.0, plot.top + 4.0, plot.bottom - 4.0);
        for ((name, role, _), y) in self.names.iter().zip(moved) {
            let room = (svg.width - plot.right - 8.0) / STRONG;
            svg.fitted(&format!("t ink {}", role.class()), plot.right + 8.0, y + MID, Anchor::Start, room, name);
        }
    }

    pub fn above(&self, svg: &mut Svg, top: f64) {
        let (mut x, mut y) = (0.0, top + 12.0);
        for (name, role, _) in &self.names {
            let need = width_of_strong(name) + 38.0;
            if x > 0.0 && x + need > svg.width {
                (x, y) = (0.0, y + 18.0);
            }
            svg.line(&format!("{} line", role.class()), (x, y - MID), (x + 20.0, y - MID));
            let room = (svg.width - x - 25.0) / STRONG;
            svg.fitted(&format!("t ink {}", role.class()), x + 25.0, y, Anchor::Start, room, name);
            x += need;
        }
    }
}

impl Draw for Lines {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let (x, y) = (self.x_scale(), self.y_scale());
        let ends = |y: &Scale| Ends {
            names: self
                .drawn()
                .iter()
                .map(|s| {
                    let last = s.points.iter().rev().find(|p| p.y.est.is_finite());
                    (s.name.as_str(), s.role, last.map_or(0.0, |p| y.at(p.y.est)))
                })
                .collect(),
        };
        let legend = ends(&y);
        let rows = legend.rows() as f64;
        let (top, height) = width.pick((26.0, 240.0), (26.0 + 18.0 * rows, 200.0));
        let plot = Plot {
            left: y_gutter(&y, height, cx.locale),
            right: width.pick(720.0 - legend.gutter(), 352.0),
            top,
            bottom: top + height,
        };
        let (x, y) = (x.onto(plot.left, plot.right), y.onto(plot.bottom, plot.top));
        let mut svg = Svg::new(width, plot.bottom + if self.x_title.is_empty() { 24.0 } else { 42.0 });
        y_axis(&mut svg, plot, &y, (&self.y_title, plot.top - 12.0), cx.locale);
        x_axis(&mut svg, plot, &x, &self.x_title, cx.locale);
        self.plot_marks(&mut svg, plot, &x, &y);
        match width {
            Width::Wide => ends(&y).right(&mut svg, plot),
            Width::Narrow => ends(&y).above(&mut svg, 0.0),
        }
        self.hits(&mut svg, plot, &x, cx);
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let l = cx.locale;
        let mut columns =
            vec![Column::text(if self.x_title.is_empty() { words::chart::at(l) } else { self.x_title.clone() })];
        columns.extend(self.series.iter().map(|s| Column::number(s.name.clone())));
        // One row a place, in order; series may have different places.
        let mut places: Vec<f64> = self.series.iter().flat_map(|s| s.points.iter().map(|p| p.x)).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let mut next = vec![0; self.series.len()];
        let rows: Vec<Row> = places
            .iter()
            .map(|&at| {
                let mut cells = vec![self.x.show(l, at)];
                for (series, next) in self.series.iter().zip(&mut next) {
                    while series.points.get(*next).is_some_and(|p| p.x < at) {
                        *next += 1;
                    }
                    let here = series.points.get(*next).filter(|p| p.x == at);
                    cells.push(here.map_or_else(String::new, |p| self.y.interval(l, p.y)));
                }
                Row::new(cells)
            })
            .collect();
        Table::of(columns, rows.into_iter(), cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let l = cx.locale;
        let mut text = words::chart::lines(l, &self.y_title);
        for series in &self.series {
            if let (Some(first), Some(last)) = (series.points.first(), series.points.last()) {
                let (from, to) = (self.y.interval(l, first.y), self.y.interval(l, last.y));
                let (start, end) = (self.x.show(l, first.x), self.x.show(l, last.x));
                text += &format!(" {}", closed(format!("{}: {start}: {from}; {end}: {to}", series.name)));
            }
        }
        text
    }
}
