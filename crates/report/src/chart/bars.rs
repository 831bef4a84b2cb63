//! Bars from zero, one group a label, with intervals and the value written at the end.

use super::{
    Draw, Interval, Role, Width,
    frame::{Plot, whisker, x_axis},
    lettering::{MID, fit, width_of, width_of_strong},
    scale::Scale,
    sentences,
    svg::{Anchor, Svg},
};
use crate::{
    Cx, Table, Unit,
    table::{Column, Row},
    words,
};

const MOST_GROUPS: usize = 60;
const BAR: f64 = 18.0;
/// Room for names left of the bars; of it, what a bar's own name may take from its group's.
const WIDEST_LABEL: f64 = 290.0;
const WIDEST_NAME: f64 = 120.0;

#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    pub unit: Unit,
    pub axis: String,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What follows a line break stands beside the next bar.
    pub label: String,
    pub bars: Vec<Bar>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Written beside the bar where a group has several; may be empty.
    pub name: String,
    pub role: Role,
    pub value: Interval,
}

impl Bars {
    fn drawn(&self) -> &[Group] {
        &self.groups[..self.groups.len().min(MOST_GROUPS)]
    }

    /// The row's name: the group's, and the bar's where there are several.
    fn title(group: &Group, bar: &Bar) -> String {
        let label = group.label.replace('\n', " ");
        match (label.is_empty(), bar.name.is_empty()) {
            (true, _) => bar.name.clone(),
            (false, true) => label,
            (false, false) => format!("{label}, {}", bar.name),
        }
    }

    /// The title cut to its room: the group's name gives way first, because it is said again.
    fn fitted_title(group: &Group, bar: &Bar, room: f64) -> String {
        let title = Self::title(group, bar);
        if width_of(&title) <= room || bar.name.is_empty() || group.label.is_empty() {
            return title;
        }
        let name = format!(", {}", bar.name);
        format!("{}{name}", fit(&group.label.replace('\n', " "), (room - width_of(&name)).max(60.0)))
    }
}

impl Draw for Bars {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let units = width.units();
        let bars = || self.drawn().iter().flat_map(|g| g.bars.iter().take(4));
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let value_room =
            widest(&mut bars().map(|b| width_of(&self.unit.interval(cx.locale, b.value)))).min(230.0) + 10.0;
        let several = self.drawn().iter().any(|g| g.bars.len() > 1);
        let labels = self.drawn().iter().map(|g| {
            let names = widest(&mut g.bars.iter().map(|b| width_of_strong(&b.name)));
            widest(&mut g.label.lines().map(width_of)) + if several && names > 0.0 { names + 14.0 } else { 0.0 }
        });
        let label_room = widest(&mut labels.into_iter()).clamp(60.0, WIDEST_LABEL);
        // Names above the bars on a phone, and the value after them.
        let lead = width.pick(0.0, 18.0);
        let pitch = BAR + lead + width.pick(8.0, 10.0);
        let top = 4.0;
        let count: usize = self.drawn().iter().map(|g| g.bars.len().min(4)).sum();
        let gaps = self.drawn().len() as f64 * if several { 8.0 } else { 0.0 };
        let plot = Plot {
            left: width.pick(label_room + 12.0, 2.0),
            right: width.pick(units - value_room, units - 8.0),
            top,
            bottom: top + count as f64 * pitch + gaps + 4.0,
        };
        let scale = Scale::covering(bars().flat_map(|b| b.value.values()).chain([0.0]), self.unit)
            .rounded(5)
            .onto(plot.left, plot.right);
        let more = if self.groups.len() > MOST_GROUPS { 20.0 } else { 0.0 };
        let mut svg = Svg::new(width, plot.bottom + if self.axis.is_empty() { 26.0 } else { 42.0 } + more);
        x_axis(&mut svg, plot, &scale, &self.axis, cx.locale);
        let zero = scale.at(0.0);
        svg.line("zero", (zero, plot.top), (zero, plot.bottom));
        let mut y = top + 4.0;
        for group in self.drawn() {
            for (k, bar) in group.bars.iter().take(4).enumerate() {
                let value = self.unit.interval(cx.locale, bar.value);
                let (y0, mid) = (y + lead, y + lead + BAR / 2.0);
                match width {
                    Width::Wide => {
                        let label = group.label.lines().nth(k).unwrap_or_default();
                        let beside = if several { width_of_strong(&bar.name).min(WIDEST_NAME) + 14.0 } else { 0.0 };
                        if !label.is_empty() {
                            svg.fitted("t", 0.0, mid + MID, Anchor::Start, (label_room - beside).max(40.0), label);
                        }
                        if several {
                            let room = (label_room - width_of(label) - 8.0).max(WIDEST_NAME.min(label_room));
                            let class = format!("t ink {}", bar.role.class());
                            svg.fitted(&class, plot.left - 8.0, mid + MID, Anchor::End, room, &bar.name);
                        }
                    }
                    Width::Narrow => {
                        let room = (units - width_of(&value) - 12.0).max(60.0);
                        let title = Self::fitted_title(group, bar, room);
                        svg.fitted("t", 0.0, y + 13.0, Anchor::Start, room, &title);
                        svg.text("t", units, y + 13.0, Anchor::End, &fit(&value, units - 72.0));
                    }
                }
                if !bar.value.est.is_nan() {
                    let x = scale.at(bar.value.est);
                    let fill = if bar.role == Role::Control { "bar hollow" } else { "bar fill" };
                    svg.rect(&format!("{} {fill}", bar.role.class()), zero.min(x), y0, (x - zero).abs(), BAR);
                    whisker(&mut svg, "whisker", &scale, mid, bar.value, 4.0);
                }
                if width == Width::Wide {
                    let ends = bar.value.values().into_iter().filter(|v| v.is_finite()).map(|v| scale.at(v));
                    let end = ends.fold(zero, f64::max);
                    svg.fitted("t", end + 8.0, mid + MID, Anchor::Start, units - end - 8.0, &value);
                }
                svg.hit(0.0, y, units, pitch, &format!("{}: {value}", Self::title(group, bar)));
                y += pitch;
            }
            y += if several { 8.0 } else { 0.0 };
        }
        if more > 0.0 {
            let n = cx.locale.count((self.groups.len() - MOST_GROUPS) as u64);
            svg.text("t mute", 0.0, svg.height - 5.0, Anchor::Start, &words::chart::more_rows(cx.locale, &n));
        }
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let l = cx.locale;
        let columns = vec![
            Column::text(words::chart::name(l)),
            Column::number(if self.axis.is_empty() { words::chart::value(l) } else { self.axis.clone() }),
            Column::number(words::chart::interval(l)),
        ];
        let rows: Vec<Row> = self
            .groups
            .iter()
            .flat_map(|group| {
                group.bars.iter().map(|bar| {
                    let v = bar.value;
                    let range = if v.has_bounds() { self.unit.range(l, v.lo, v.hi) } else { String::new() };
                    Row::new(vec![Self::title(group, bar), self.unit.show(l, v.est), range])
                })
            })
            .collect();
        let mut table = Table::of(columns, rows.into_iter(), cx);
        if table.rows.iter().all(|row| row.cells[2].is_empty()) {
            table.columns.pop();
            for row in &mut table.rows {
                row.cells.pop();
            }
        }
        table
    }

    fn describe(&self, cx: Cx) -> String {
        let text = words::chart::bars(cx.locale, &cx.locale.count(self.groups.len() as u64));
        format!("{text} {}", sentences(&self.table(cx), 8))
    }
}
