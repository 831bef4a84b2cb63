//! Small multiples: the same lines for several groups, all on one scale, so that panels compare.

use super::{
    Draw, Width,
    frame::Plot,
    lettering::MID,
    lines::Lines,
    scale::Scale,
    svg::{Anchor, Svg},
};
use crate::{
    Cx, Table,
    table::{Column, Row},
    words,
};

const MOST_PANELS: usize = 24;

#[derive(Debug, Clone, PartialEq)]
pub struct Multiples {
    pub panels: Vec<Panel>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub title: String,
    pub lines: Lines,
}

impl Draw for Multiples {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let panels = &self.panels[..self.panels.len().min(MOST_PANELS)];
        let across = width.pick(3, 2).min(panels.len().max(1));
        let Some(first) = panels.first() else { return Svg::new(width, 20.0) };
        let all = |of: fn(&Lines) -> Scale| {
            let scales: Vec<Scale> = panels.iter().map(|p| of(&p.lines)).collect();
            scales.into_iter().flat_map(|s| [s.lo, s.hi])
        };
        let x = Scale::covering(all(Lines::x_scale), first.lines.x);
        let y = Scale::covering(all(Lines::y_scale), first.lines.y);
        let gutter = super::frame::y_gutter(&y, 88.0, cx.locale);
        let pitch = (width.units() - gutter) / across as f64;
        let (panel_height, top) = (width.pick(120.0, 100.0), 26.0);
        let row_pitch = panel_height + top + 30.0;
        let rows = panels.len().div_ceil(across);
        let mut svg = Svg::new(width, rows as f64 * row_pitch);
        for (i, panel) in panels.iter().enumerate() {
            let (column, row) = (i % across, i / across);
            let left = gutter + column as f64 * pitch;
            let above = row as f64 * row_pitch + top;
            let plot = Plot { left, right: left + pitch - 14.0, top: above, bottom: above + panel_height };
            let (px, py) = (x.onto(plot.left, plot.right), y.onto(plot.bottom, plot.top));
            for (tick, text) in py.labels(2, cx.locale) {
                let place = py.at(tick);
                svg.line("grid", (plot.left, place), (plot.right, place));
                if column == 0 {
                    svg.fitted("t mute", gutter - 6.0, place + MID, Anchor::End, gutter - 6.0, &text);
                }
            }
            svg.line("axis", (plot.left, plot.bottom), (plot.right, plot.bottom));
            let labels = px.labels(4, cx.locale);
            if let (Some((_, start)), Some((_, end))) = (labels.first(), labels.last()) {
                let room = (plot.right - plot.left) / 2.0 - 4.0;
                svg.fitted("t mute", plot.left, plot.bottom + 16.0, Anchor::Start, room, start);
                svg.fitted("t mute", plot.right, plot.bottom + 16.0, Anchor::End, room, end);
            }
            svg.fitted("t strong", plot.left, plot.top - 9.0, Anchor::Start, pitch - 14.0, &panel.title);
            panel.lines.plot_marks(&mut svg, plot, &px, &py);
            let last: Vec<String> = panel
                .lines
                .series
                .iter()
                .filter_map(|s| Some(format!("{} {}", s.name, panel.lines.y.interval(cx.locale, s.points.last()?.y))))
                .collect();
            let tip = format!("{}: {}", panel.title, last.join(" · "));
            svg.hit(plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top, &tip);
        }
        svg
    }

    /// One row a value: panels need not have the same series.
    fn table(&self, cx: Cx) -> Table {
        let l = cx.locale;
        let columns = vec![
            Column::text(words::chart::name(l)),
            Column::text(words::chart::at(l)),
            Column::text(words::chart::series(l)),
            Column::number(words::chart::value(l)),
        ];
        let mut rows = Vec::new();
        for Panel { title, lines } in &self.panels {
            for series in &lines.series {
                rows.extend(series.points.iter().map(|point| {
                    let (at, value) = (lines.x.show(l, point.x), lines.y.interval(l, point.y));
                    Row::new(vec![title.clone(), at, series.name.clone(), value])
                }));
            }
        }
        Table::of(columns, rows.into_iter(), cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let each = self.panels.iter().take(8).map(|p| format!("{}: {}", p.title, p.lines.describe(cx)));
        each.collect::<Vec<_>>().join(" ")
    }
}
