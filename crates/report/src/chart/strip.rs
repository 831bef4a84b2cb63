//! Switchback strip: which variant each unit had in each period. A letter in the square and
//! filled against hollow say it without colour.

use serde::{Deserialize, Serialize};

use super::{
    Draw, Width,
    lettering::{MID, width_of},
    svg::{Anchor, Svg},
};
use crate::{
    Cx, Table,
    table::{Column, Row},
    words,
};

const MOST_ROWS: usize = 30;
const MOST_COLUMNS: usize = 120;

#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// Names of the units, for example teams.
    pub units: Vec<String>,
    /// Names of the periods, in order of time.
    pub periods: Vec<String>,
    /// `slots[unit][period]`.
    pub slots: Vec<Vec<Slot>>,
    pub control: String,
    pub variant: String,
}

/// What a unit had in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    Control,
    Variant,
    /// Not in the test: a pause, a burn-in, a holiday.
    Out,
}

impl Strip {
    fn slot(&self, unit: usize, period: usize) -> Slot {
        self.slots.get(unit).and_then(|row| row.get(period)).copied().unwrap_or(Slot::Out)
    }

    fn name(&self, slot: Slot, cx: Cx) -> String {
        match slot {
            Slot::Control => self.control.clone(),
            Slot::Variant => self.variant.clone(),
            Slot::Out => words::chart::out_of_test(cx.locale),
        }
    }

    fn square(svg: &mut Svg, slot: Slot, x: f64, y: f64, size: (f64, f64), cx: Cx) {
        let (class, ink) = match slot {
            Slot::Control => ("s2 slot hollow", "t mid ink s2"),
            Slot::Variant => ("s1 slot fill", "t mid paper"),
            Slot::Out => ("slot out", "t mid mute"),
        };
        let (w, h) = size;
        svg.rect(class, x + 1.0, y + 1.0, w - 2.0, h - 2.0);
        if w >= 15.0 && slot != Slot::Out {
            let letter = if slot == Slot::Control { words::chart::control_letter(cx.locale) } else { "V".into() };
            svg.text(ink, x + w / 2.0, y + h / 2.0 + MID, Anchor::Middle, &letter);
        }
    }
}

impl Draw for Strip {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let total = width.units();
        let rows = self.units.len().min(MOST_ROWS);
        let columns = self.periods.len().min(MOST_COLUMNS);
        let widest = self.units.iter().take(rows).map(|u| width_of(u)).fold(0.0, f64::max);
        let left = (widest + 10.0).clamp(30.0, width.pick(160.0, 84.0));
        let size = (((total - left) / columns.max(1) as f64).min(28.0), 24.0);
        let (top, bottom) = (22.0, 22.0 + rows as f64 * size.1);
        let mut svg = Svg::new(width, bottom + width.pick(32.0, 50.0));
        let name_width = self.periods.iter().take(columns).map(|p| width_of(p)).fold(0.0, f64::max) + 10.0;
        let every = (name_width / size.0).ceil().max(1.0) as usize;
        for (c, name) in self.periods.iter().take(columns).enumerate().step_by(every) {
            let x = left + c as f64 * size.0;
            if x + width_of(name) <= total {
                svg.text("t mute", x + 1.0, top - 8.0, Anchor::Start, name);
            }
        }
        for (r, name) in self.units.iter().take(rows).enumerate() {
            let y = top + r as f64 * size.1;
            svg.fitted("t", left - 8.0, y + size.1 / 2.0 + MID, Anchor::End, left - 8.0, name);
            for c in 0..columns {
                let (x, slot) = (left + c as f64 * size.0, self.slot(r, c));
                Self::square(&mut svg, slot, x, y, size, cx);
                svg.hit(x, y, size.0, size.1, &format!("{name}, {}: {}", self.periods[c], self.name(slot, cx)));
            }
        }
        let (mut x, mut y) = (width.pick(left, 0.0), bottom + 8.0);
        for slot in [Slot::Control, Slot::Variant] {
            let name = self.name(slot, cx);
            if x > width.pick(left, 0.0) && x + width_of(&name) + 26.0 > total {
                (x, y) = (0.0, y + 20.0);
            }
            Self::square(&mut svg, slot, x, y, (18.0, 18.0), cx);
            svg.fitted("t", x + 24.0, y + 9.0 + MID, Anchor::Start, total - x - 24.0, &name);
            x += width_of(&name) + 44.0;
        }
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let columns = self.periods.len().min(MOST_COLUMNS);
        let mut heads = vec![Column::text("")];
        heads.extend(self.periods.iter().take(columns).map(|p| Column::text(p.clone())));
        let rows = self.units.iter().enumerate().map(|(r, name)| {
            let mut cells = vec![name.clone()];
            cells.extend((0..columns).map(|c| self.name(self.slot(r, c), cx)));
            Row::new(cells)
        });
        Table::of(heads, rows, cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let l = cx.locale;
        let of = |wanted: Slot| self.slots.iter().flatten().filter(|&&slot| slot == wanted).count() as u64;
        words::chart::strip(
            l,
            &l.count(self.units.len() as u64),
            &l.count(self.periods.len() as u64),
            &self.control,
            &l.count(of(Slot::Control)),
            &self.variant,
            &l.count(of(Slot::Variant)),
        )
    }
}
