//! Survival steps (Kaplan–Meier): the share for which something has not happened yet, or has.
//! Shares, bands and the numbers still open arrive computed.

use serde::{Deserialize, Serialize};

use super::{
    Draw, Interval, Role, Width, closed,
    frame::{Plot, x_axis, y_axis, y_gutter},
    lettering::{MID, width_of_strong},
    lines::{Ends, Lines, Point, Series},
    scale::Scale,
    svg::{Anchor, Svg},
};
use crate::{
    Cx, Table, Unit,
    table::{Column, Row},
    words,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Survival {
    /// What passes on the horizontal axis, usually [`Unit::minutes`].
    pub time: Unit,
    pub time_title: String,
    /// "Leads not yet contacted".
    pub share_title: String,
    pub curves: Vec<Curve>,
    /// A promise, for example an SLA, as a vertical line with its name.
    pub promise: Option<(f64, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub name: String,
    pub role: Role,
    /// In the order of time; each share holds until the next step.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub at: f64,
    pub share: Interval,
    /// How many are still watched just before `at`.
    pub open: u64,
}

const SHARE: Unit = Unit::percent(1);

impl Survival {
    fn as_lines(&self) -> Lines {
        let series = self.curves.iter().map(|curve| Series {
            name: curve.name.clone(),
            role: curve.role,
            points: curve.steps.iter().map(|s| Point { x: s.at, y: s.share }).collect(),
        });
        Lines {
            x: self.time,
            x_title: self.time_title.clone(),
            y: SHARE,
            y_title: self.share_title.clone(),
            series: series.collect(),
            reference: None,
            stepped: true,
        }
    }

    /// The numbers still watched, in a column under each tick.
    fn open_counts(&self, svg: &mut Svg, plot: Plot, x: &Scale, y0: f64, cx: Cx) {
        svg.text("t mute", 0.0, y0, Anchor::Start, &words::chart::still_open(cx.locale));
        let ticks = x.ticks(4);
        for (row, curve) in self.curves.iter().take(4).enumerate() {
            let y = y0 + 17.0 * (row + 1) as f64;
            let name_room = plot.left - 14.0;
            let class = format!("t ink {}", curve.role.class());
            if width_of_strong(&curve.name) <= name_room {
                svg.text(&class, 0.0, y, Anchor::Start, &curve.name);
            } else {
                // Too little room for the name: its line sample stands for it.
                svg.line(&format!("{} line", curve.role.class()), (0.0, y - MID), (20.0, y - MID));
            }
            for &tick in &ticks {
                let open = curve.steps.iter().take_while(|s| s.at <= tick).last().map_or(0, |s| s.open);
                let text = cx.locale.count(open);
                let half = width_of_strong(&text) / 2.0;
                let centre = x.at(tick).clamp(plot.left + half - 12.0, (svg.width - half).max(plot.left + half));
                svg.text(&class, centre, y, Anchor::Middle, &text);
            }
        }
    }
}

impl Draw for Survival {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let lines = self.as_lines();
        let ends = |y: &Scale| Ends {
            names: self
                .curves
                .iter()
                .take(4)
                .map(|c| (c.name.as_str(), c.role, c.steps.last().map_or(0.0, |s| y.at(s.share.est))))
                .collect(),
        };
        let y = Scale::covering([0.0, 1.0], SHARE);
        let top = width.pick(44.0, 44.0 + 18.0 * ends(&y).rows() as f64);
        let height = width.pick(240.0, 200.0);
        let gutter = y_gutter(&y, height, cx.locale);
        let plot =
            Plot { left: gutter, right: width.pick(720.0 - ends(&y).gutter(), 352.0), top, bottom: top + height };
        let promise = self.promise.as_ref().map(|(at, _)| *at);
        let times = self.curves.iter().flat_map(|c| c.steps.iter().map(|s| s.at));
        let x = Scale::covering(times.chain([0.0]).chain(promise), self.time).onto(plot.left, plot.right);
        let y = y.onto(plot.bottom, plot.top);
        let counts = 24.0 + 17.0 * self.curves.len().min(4) as f64;
        let mut svg = Svg::new(width, plot.bottom + 44.0 + counts);
        y_axis(&mut svg, plot, &y, (&self.share_title, plot.top - 30.0), cx.locale);
        let used = x_axis(&mut svg, plot, &x, &self.time_title, cx.locale);
        if let Some((at, name)) = &self.promise {
            let px = x.at(*at);
            svg.line("ref", (px, plot.top - 4.0), (px, plot.bottom));
            let half = width_of_strong(name) / 2.0;
            let centre = px.clamp(plot.left.min(half) + half, (svg.width - half).max(half));
            svg.fitted("t strong", centre, plot.top - 8.0, Anchor::Middle, svg.width, name);
        }
        lines.plot_marks(&mut svg, plot, &x, &y);
        match width {
            Width::Wide => ends(&y).right(&mut svg, plot),
            Width::Narrow => ends(&y).above(&mut svg, 0.0),
        }
        self.open_counts(&mut svg, plot, &x, plot.bottom + used + 20.0, cx);
        lines.hits(&mut svg, plot, &x, cx);
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let l = cx.locale;
        let columns = vec![
            Column::text(words::chart::name(l)),
            Column::number(if self.time_title.is_empty() { words::chart::at(l) } else { self.time_title.clone() }),
            Column::number(self.share_title.clone()),
            Column::number(words::chart::still_open(l)),
        ];
        let rows: Vec<Row> = self
            .curves
            .iter()
            .flat_map(|c| {
                c.steps.iter().map(|s| {
                    let share = SHARE.interval(l, s.share);
                    Row::new(vec![c.name.clone(), self.time.show(l, s.at), share, l.count(s.open)])
                })
            })
            .collect();
        Table::of(columns, rows.into_iter(), cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let lines = self.as_lines();
        let mut text = lines.describe(cx);
        if let Some((at, name)) = &self.promise {
            let time = self.time.show(cx.locale, *at);
            text += &format!(" {}", closed(format!("{name}: {time}")));
        }
        text
    }
}
