//! Forest: one interval a row against a reference line, with its value written beside it.
//!
//! A marker is filled where the interval excludes the reference, hollow where it does not; a total
//! is a diamond as wide as its interval; a row that is shown but not to be trusted is dashed.

use super::{
    Draw, Interval, Width, closed,
    frame::{Plot, whisker, x_axis},
    lettering::{MID, fit, width_of, width_of_strong},
    scale::Scale,
    sentences,
    svg::{Anchor, Path, Svg},
};
use crate::{
    Cx, Table, Unit,
    table::{Column, Row},
    words,
};

const MOST_ROWS: usize = 60;

#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    pub unit: Unit,
    /// What the horizontal axis measures.
    pub axis: String,
    /// The value of "no difference"; `None` when nothing is compared.
    pub reference: Option<f64>,
    /// What it means to lie below and above the reference.
    pub below: String,
    pub above: String,
    pub rows: Vec<ForestRow>,
    /// Named values across all rows, for example a known truth.
    pub marks: Vec<ForestMark>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForestRow {
    pub label: String,
    /// A second, quieter line; may be empty.
    pub note: String,
    pub value: Interval,
    pub style: RowStyle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStyle {
    Plain,
    /// Shown for comparison, not to be relied on.
    Doubtful,
    /// The bounds are values that were tried, not an interval.
    Tried,
    Total,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForestMark {
    pub at: f64,
    pub label: String,
}

impl Forest {
    fn scale(&self) -> Scale {
        let drawn = self.rows.iter().take(MOST_ROWS);
        let values = drawn.flat_map(|row| row.value.values());
        let marks = self.marks.iter().map(|mark| mark.at);
        Scale::covering(values.chain(marks).chain(self.reference), self.unit).padded(0.06)
    }

    fn direction_words(&self, svg: &mut Svg, plot: Plot, scale: &Scale, y: f64) {
        let Some(reference) = self.reference else { return };
        let x = scale.at(reference);
        let (before, after) = (x - 8.0, svg.width - x - 8.0);
        if !self.below.is_empty() && before > 40.0 {
            svg.text("t mute", x - 8.0, y, Anchor::End, &fit(&format!("← {}", self.below), before));
        }
        if !self.above.is_empty() && after > 40.0 {
            svg.text("t mute", x + 8.0, y, Anchor::Start, &fit(&format!("{} →", self.above), after));
        }
        svg.line("zero", (x, plot.top), (x, plot.bottom));
    }

    fn mark(&self, svg: &mut Svg, scale: &Scale, y: f64, row: &ForestRow) {
        let value = row.value;
        if value.est.is_nan() {
            return;
        }
        let sure = self.reference.is_none_or(|reference| value.excludes(reference));
        let x = scale.at(value.est);
        if row.style == RowStyle::Total && value.has_bounds() {
            let mut diamond = Path::new();
            let (from, to) = (scale.at(value.lo), scale.at(value.hi));
            diamond.to(from, y).to(x, y - 7.0).to(to, y).to(x, y + 7.0).close();
            svg.path(if sure { "s1 fill" } else { "s1 hollow" }, &diamond);
            return;
        }
        let colour = if row.style == RowStyle::Doubtful { "s2" } else { "s1" };
        let dash = if row.style == RowStyle::Doubtful { " dash" } else { "" };
        whisker(svg, &format!("{colour} stroke{dash}"), scale, y, value, 4.0);
        svg.circle(&format!("{colour} {}", if sure { "fill" } else { "hollow" }), x, y, 5.0);
    }
}

impl Draw for Forest {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let rows = &self.rows[..self.rows.len().min(MOST_ROWS)];
        let values: Vec<String> = rows.iter().map(|row| self.unit.interval(cx.locale, row.value)).collect();
        let strong = |row: &ForestRow| row.style == RowStyle::Total;
        let wide = |row: &ForestRow, text: &str| if strong(row) { width_of_strong(text) } else { width_of(text) };
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let label_room = widest(&mut rows.iter().map(|r| wide(r, &r.label).max(width_of(&r.note)))).clamp(80.0, 245.0);
        let value_room = widest(&mut rows.iter().zip(&values).map(|(r, v)| wide(r, v))).clamp(60.0, 250.0);
        let has_notes = rows.iter().any(|row| !row.note.is_empty());
        let row_height = width.pick(if has_notes { 42.0 } else { 30.0 }, if has_notes { 62.0 } else { 46.0 });
        let units = width.units();
        let top = if self.marks.is_empty() { 6.0 } else { 24.0 };
        let plot = Plot {
            left: width.pick(label_room + 12.0, 6.0),
            right: width.pick(units - value_room - 14.0, units - 6.0),
            top,
            bottom: top + rows.len() as f64 * row_height + 4.0,
        };
        let directed = self.reference.is_some() && !(self.below.is_empty() && self.above.is_empty());
        let axis_height = if directed { 60.0 } else { 44.0 };
        let more = if self.rows.len() > MOST_ROWS { 20.0 } else { 0.0 };
        let mut svg = Svg::new(width, plot.bottom + axis_height + more);
        let scale = self.scale().onto(plot.left, plot.right);
        x_axis(&mut svg, plot, &scale, &self.axis, cx.locale);
        self.direction_words(&mut svg, plot, &scale, plot.bottom + 54.0);
        for mark in &self.marks {
            let x = scale.at(mark.at);
            svg.line("ref", (x, plot.top - 4.0), (x, plot.bottom));
            let half = width_of_strong(&mark.label) / 2.0;
            let centre = x.clamp(half.min(units / 2.0), (units - half).max(units / 2.0));
            svg.fitted("t strong", centre, plot.top - 10.0, Anchor::Middle, units, &mark.label);
        }
        for (i, (row, value)) in rows.iter().zip(&values).enumerate() {
            let y0 = plot.top + i as f64 * row_height;
            let class = if strong(row) { "t strong" } else { "t" };
            let y = match width {
                Width::Wide => {
                    let y = y0 + row_height / 2.0;
                    let base = y + MID - if row.note.is_empty() { 0.0 } else { 8.0 };
                    svg.fitted(class, 0.0, base, Anchor::Start, label_room + 4.0, &row.label);
                    svg.fitted("t mute", 0.0, base + 16.0, Anchor::Start, label_room + 4.0, &row.note);
                    svg.text(class, units, y + MID, Anchor::End, &fit(value, value_room + 4.0));
                    y
                }
                Width::Narrow => {
                    // Label and value share a line above the bar; the label gives way.
                    let room = units - wide(row, value) - 12.0;
                    svg.fitted(class, 0.0, y0 + 16.0, Anchor::Start, room.max(60.0), &row.label);
                    svg.fitted("t mute", 0.0, y0 + 32.0, Anchor::Start, units, &row.note);
                    svg.text(class, units, y0 + 16.0, Anchor::End, &fit(value, units - 72.0));
                    y0 + row_height - 14.0
                }
            };
            self.mark(&mut svg, &scale, y, row);
            svg.hit(0.0, y0, units, row_height, &format!("{}: {value}", row.label));
        }
        if more > 0.0 {
            let n = cx.locale.count((self.rows.len() - MOST_ROWS) as u64);
            svg.text("t mute", 0.0, svg.height - 5.0, Anchor::Start, &words::chart::more_rows(cx.locale, &n));
        }
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let l = cx.locale;
        let tried = !self.rows.is_empty() && self.rows.iter().all(|row| row.style == RowStyle::Tried);
        let bounds = if tried { words::chart::tried(l) } else { words::chart::interval(l) };
        let columns = vec![
            Column::text(words::chart::name(l)),
            Column::number(words::chart::estimate(l)),
            Column::number(bounds),
            Column::text(words::chart::note(l)),
        ];
        let rows = self.rows.iter().map(|row| {
            let range =
                if row.value.has_bounds() { self.unit.range(l, row.value.lo, row.value.hi) } else { "–".into() };
            let cells = vec![row.label.clone(), self.unit.show(l, row.value.est), range, row.note.clone()];
            Row { cells, strong: row.style == RowStyle::Total }
        });
        let mut table = Table::of(columns, rows, cx);
        if self.rows.iter().all(|row| row.note.is_empty()) {
            table.columns.pop();
            for row in &mut table.rows {
                row.cells.pop();
            }
        }
        table
    }

    fn describe(&self, cx: Cx) -> String {
        let mut text = words::chart::forest(cx.locale, &cx.locale.count(self.rows.len() as u64));
        for mark in &self.marks {
            let value = self.unit.show(cx.locale, mark.at);
            let said = mark.label.contains(&value);
            let sentence = if said { mark.label.clone() } else { format!("{}: {value}", mark.label) };
            text += &format!(" {}", closed(sentence));
        }
        format!("{text} {}", sentences(&self.table(cx), 6))
    }
}
