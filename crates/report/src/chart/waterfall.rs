//! Waterfall: how parts add up from a start to a total, one row a part.

use super::{
    Draw, Interval, Width,
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

const MOST_BLOCKS: usize = 40;
const BAR: f64 = 20.0;

#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
    /// How parts are shown; usually signed. Totals are shown the same way.
    pub unit: Unit,
    pub axis: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub label: String,
    pub kind: BlockKind,
    pub value: Interval,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Adds to what stands so far.
    Part,
    /// Stands on zero: a start, a subtotal, the total.
    Total,
}

impl Waterfall {
    /// From and to of each drawn block, and where the next one starts.
    fn spans(&self) -> Vec<(f64, f64)> {
        let mut stand = 0.0;
        self.blocks
            .iter()
            .take(MOST_BLOCKS)
            .map(|block| {
                let value = if block.value.est.is_finite() { block.value.est } else { 0.0 };
                let from = if block.kind == BlockKind::Total { 0.0 } else { stand };
                stand = from + value;
                (from, stand)
            })
            .collect()
    }
}

impl Draw for Waterfall {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let units = width.units();
        let spans = self.spans();
        let blocks = &self.blocks[..spans.len()];
        let values: Vec<String> = blocks.iter().map(|b| self.unit.interval(cx.locale, b.value)).collect();
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let wide = |block: &Block, text: &str| match block.kind {
            BlockKind::Total => width_of_strong(text),
            BlockKind::Part => width_of(text),
        };
        let label_room = widest(&mut blocks.iter().map(|b| wide(b, &b.label))).clamp(60.0, 230.0);
        let value_room = widest(&mut blocks.iter().zip(&values).map(|(b, v)| wide(b, v))).clamp(60.0, 270.0);
        let lead = width.pick(0.0, 18.0);
        let pitch = BAR + lead + 10.0;
        let plot = Plot {
            left: width.pick(label_room + 12.0, 2.0),
            right: width.pick(units - value_room - 12.0, units - 8.0),
            top: 4.0,
            bottom: 8.0 + blocks.len() as f64 * pitch,
        };
        let bounds = blocks.iter().zip(&spans).flat_map(|(b, (from, to))| {
            let offset = to - b.value.est;
            [*from, *to, b.value.lo + offset, b.value.hi + offset]
        });
        let scale = Scale::covering(bounds.chain([0.0]), self.unit).onto(plot.left, plot.right);
        let mut svg = Svg::new(width, plot.bottom + if self.axis.is_empty() { 26.0 } else { 42.0 });
        x_axis(&mut svg, plot, &scale, &self.axis, cx.locale);
        svg.line("zero", (scale.at(0.0), plot.top), (scale.at(0.0), plot.bottom));
        for (i, ((block, value), (from, to))) in blocks.iter().zip(&values).zip(&spans).enumerate() {
            let y0 = plot.top + 4.0 + i as f64 * pitch;
            let (y, mid) = (y0 + lead, y0 + lead + BAR / 2.0);
            let class = if block.kind == BlockKind::Total { "t strong" } else { "t" };
            match width {
                Width::Wide => {
                    svg.fitted(class, 0.0, mid + MID, Anchor::Start, label_room, &block.label);
                    svg.text(class, units, mid + MID, Anchor::End, &fit(value, value_room + 4.0));
                }
                Width::Narrow => {
                    let room = units - wide(block, value) - 12.0;
                    svg.fitted(class, 0.0, y0 + 13.0, Anchor::Start, room.max(60.0), &block.label);
                    svg.text(class, units, y0 + 13.0, Anchor::End, &fit(value, units - 72.0));
                }
            }
            let (a, b) = (scale.at(*from), scale.at(*to));
            let colour = match block.kind {
                BlockKind::Total => "s1 bar fill",
                BlockKind::Part if to < from => "loss bar fill",
                BlockKind::Part => "gain bar fill",
            };
            svg.rect(colour, a.min(b), y, (b - a).abs(), BAR);
            let offset = to - block.value.est;
            let shifted = Interval { est: *to, lo: block.value.lo + offset, hi: block.value.hi + offset };
            whisker(&mut svg, "whisker", &scale, mid, shifted, 4.0);
            if i + 1 < blocks.len() {
                svg.line("joint", (b, y + BAR), (b, (y + pitch).min(plot.bottom)));
            }
            svg.hit(0.0, y0, units, pitch, &format!("{}: {value}", block.label));
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
        let rows = self.blocks.iter().map(|b| {
            let range = if b.value.has_bounds() { self.unit.range(l, b.value.lo, b.value.hi) } else { String::new() };
            let cells = vec![b.label.clone(), self.unit.show(l, b.value.est), range];
            Row { cells, strong: b.kind == BlockKind::Total }
        });
        Table::of(columns, rows, cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let text = words::chart::waterfall(cx.locale, &cx.locale.count(self.blocks.len() as u64));
        format!("{text} {}", sentences(&self.table(cx), 8))
    }
}
