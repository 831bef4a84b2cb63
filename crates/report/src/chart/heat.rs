//! Heat map: a value for each pair of names, in seven steps, with the number where there is room.

use super::{
    Draw, Width,
    frame::thinned,
    lettering::{MID, fit, width_of},
    scale::Scale,
    sentences,
    svg::{Anchor, Svg},
};
use crate::{
    Cx, Table, Unit,
    table::{Column, Row},
    words,
};

const MOST_ROWS: usize = 40;
const MOST_COLUMNS: usize = 60;
const STEPS: f64 = 7.0;

#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    pub unit: Unit,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// `cells[row][column]`; missing and `NaN` cells are left empty.
    pub cells: Vec<Vec<f64>>,
    pub title: String,
}

impl Heat {
    fn value(&self, row: usize, column: usize) -> Option<f64> {
        self.cells.get(row)?.get(column).copied().filter(|v| v.is_finite())
    }
}

/// The step of the ramp, 1 to 7.
fn step(scale: &Scale, value: f64) -> usize {
    ((scale.at(value) * STEPS) as usize + 1).min(STEPS as usize)
}

impl Draw for Heat {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let units = width.units();
        let rows = self.rows.len().min(MOST_ROWS);
        let columns = self.columns.len().min(MOST_COLUMNS);
        let widest = self.rows.iter().take(rows).map(|r| width_of(r)).fold(0.0, f64::max);
        let left = (widest + 10.0).clamp(30.0, width.pick(180.0, 92.0));
        let cell_width = (units - left) / columns.max(1) as f64;
        let cell_height = 26.0;
        let top = 22.0;
        let bottom = top + rows as f64 * cell_height;
        let mut svg = Svg::new(width, bottom + 34.0);
        let scale =
            Scale::covering((0..rows).flat_map(|r| (0..columns).filter_map(move |c| self.value(r, c))), self.unit);
        // As many column names as stand side by side.
        let name_width = self.columns.iter().take(columns).map(|c| width_of(c)).fold(0.0, f64::max) + 8.0;
        let every = (name_width / cell_width).ceil().max(1.0) as usize;
        for (c, name) in self.columns.iter().take(columns).enumerate().step_by(every) {
            let room = cell_width * every as f64;
            let half = width_of(name).min(room) / 2.0;
            let centre = (left + (c as f64 + 0.5) * cell_width).clamp(half, (units - half).max(half));
            svg.fitted("t mute", centre, top - 8.0, Anchor::Middle, room, name);
        }
        for (r, name) in self.rows.iter().take(rows).enumerate() {
            let y = top + r as f64 * cell_height;
            svg.fitted("t", left - 8.0, y + cell_height / 2.0 + MID, Anchor::End, left - 8.0, name);
            for c in 0..columns {
                let x = left + c as f64 * cell_width;
                let (step, text) = match self.value(r, c) {
                    Some(value) => (step(&scale, value), self.unit.show(cx.locale, value)),
                    None => (0, String::new()),
                };
                svg.rect(&format!("heat h{step}"), x, y, cell_width, cell_height);
                if !text.is_empty() {
                    if width_of(&text) < cell_width - 4.0 {
                        let middle = (x + cell_width / 2.0, y + cell_height / 2.0 + MID);
                        svg.text(&format!("t mid hi{step}"), middle.0, middle.1, Anchor::Middle, &text);
                    }
                    let tip = format!("{}, {}: {text}", name, self.columns[c]);
                    svg.hit(x, y, cell_width, cell_height, &tip);
                }
            }
        }
        legend(&mut svg, bottom + 12.0, left, &scale, self, cx);
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let mut columns = vec![Column::text("")];
        columns.extend(self.columns.iter().take(MOST_COLUMNS).map(|c| Column::number(c.clone())));
        let rows = self.rows.iter().enumerate().map(|(r, name)| {
            let mut cells = vec![name.clone()];
            for c in 0..self.columns.len().min(MOST_COLUMNS) {
                cells.push(self.value(r, c).map_or_else(String::new, |v| self.unit.show(cx.locale, v)));
            }
            Row::new(cells)
        });
        Table::of(columns, rows, cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let l = cx.locale;
        let text =
            words::chart::heat(l, &self.title, &l.count(self.rows.len() as u64), &l.count(self.columns.len() as u64));
        format!("{text} {}", sentences(&self.table(cx), 3))
    }
}

/// The ramp with its two ends, right-aligned under the cells.
fn legend(svg: &mut Svg, y: f64, left: f64, scale: &Scale, heat: &Heat, cx: Cx) {
    let (lo, hi) = (heat.unit.show(cx.locale, scale.lo), heat.unit.show(cx.locale, scale.hi));
    let swatch = 16.0;
    let right = svg.width - width_of(&hi) - 6.0;
    let start = right - STEPS * swatch;
    for k in thinned(STEPS as usize, 7) {
        svg.rect(&format!("heat h{}", k + 1), start + k as f64 * swatch, y, swatch, 12.0);
    }
    svg.text("t mute", svg.width, y + 10.5, Anchor::End, &hi);
    svg.text("t mute", start - 6.0, y + 10.5, Anchor::End, &lo);
    let room = start - 18.0 - width_of(&lo) - left;
    svg.text("t mute", left, y + 10.5, Anchor::Start, &fit(&heat.title, room.max(0.0)));
}
