//! Flow (Sankey): how many went from stage to stage; a ribbon's thickness is its number.

use super::{
    Draw, Width,
    lettering::{fit, width_of},
    sentences,
    svg::{Anchor, Path, Svg},
};
use crate::{
    Cx, Table, Unit,
    table::{Column, Row},
    words,
};

const MOST_NODES: usize = 40;
const MOST_LINKS: usize = 200;
const NODE: f64 = 10.0;
const GAP: f64 = 30.0;

#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    pub unit: Unit,
    /// At most 40 are drawn; links point at them by place.
    pub nodes: Vec<Node>,
    pub links: Vec<Link>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub label: String,
    /// 0 is leftmost.
    pub column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    pub from: usize,
    pub to: usize,
    /// Not negative.
    pub value: f64,
}

/// A node with its place and its size.
struct Placed {
    x: f64,
    y: f64,
    height: f64,
    value: f64,
}

impl Flow {
    /// Links between drawn nodes, with a usable value.
    fn drawn(&self) -> impl Iterator<Item = Link> {
        let nodes = self.nodes.len().min(MOST_NODES);
        let usable = move |l: &Link| l.from < nodes && l.to < nodes && l.value.is_finite() && l.value > 0.0;
        // Sums stay finite whatever arrives.
        self.links.iter().copied().filter(usable).take(MOST_LINKS).map(|l| Link { value: l.value.min(1e15), ..l })
    }

    fn place(&self, units: f64, height: f64) -> (Vec<Placed>, f64) {
        let nodes = &self.nodes[..self.nodes.len().min(MOST_NODES)];
        let mut into = vec![0.0; nodes.len()];
        let mut out = vec![0.0; nodes.len()];
        for link in self.drawn() {
            out[link.from] += link.value;
            into[link.to] += link.value;
        }
        let values: Vec<f64> = into.iter().zip(&out).map(|(a, b)| f64::max(*a, *b)).collect();
        let last = nodes.iter().map(|n| n.column.min(MOST_NODES)).max().unwrap_or(0);
        // The fullest column decides how thick one unit is.
        let mut per_unit = f64::INFINITY;
        for column in 0..=last {
            let members: Vec<usize> = (0..nodes.len()).filter(|&i| nodes[i].column.min(MOST_NODES) == column).collect();
            let total: f64 = members.iter().map(|&i| values[i]).sum();
            let room = (height - GAP * members.len() as f64).max(height * 0.2);
            if total > 0.0 {
                per_unit = per_unit.min(room / total);
            }
        }
        let per_unit = if per_unit.is_finite() { per_unit } else { 0.0 };
        let mut next = vec![22.0; last + 1];
        let placed = nodes.iter().zip(&values).map(|(node, &value)| {
            let column = node.column.min(MOST_NODES);
            let y = next[column];
            let size = value * per_unit;
            next[column] = y + size + GAP;
            let x = if last == 0 { 0.0 } else { (units - NODE) * column as f64 / last as f64 };
            Placed { x, y, height: size, value }
        });
        (placed.collect(), per_unit)
    }
}

impl Draw for Flow {
    fn draw(&self, width: Width, cx: Cx) -> Svg {
        let units = width.units();
        let (placed, per_unit) = self.place(units, width.pick(320.0, 300.0));
        let bottom = placed.iter().map(|p| p.y + p.height).fold(40.0, f64::max);
        let mut svg = Svg::new(width, bottom + 12.0);
        let mut leaving: Vec<f64> = placed.iter().map(|p| p.y).collect();
        let mut arriving = leaving.clone();
        for link in self.drawn() {
            let (from, to) = (&placed[link.from], &placed[link.to]);
            let thick = link.value * per_unit;
            let (y1, y2) = (leaving[link.from], arriving[link.to]);
            leaving[link.from] += thick;
            arriving[link.to] += thick;
            let (x1, x2) = (from.x + NODE, to.x);
            let middle = (x1 + x2) / 2.0;
            let mut ribbon = Path::new();
            ribbon.to(x1, y1).curve((middle, y1), (middle, y2), (x2, y2));
            ribbon.to(x2, y2 + thick).curve((middle, y2 + thick), (middle, y1 + thick), (x1, y1 + thick)).close();
            svg.path("ribbon", &ribbon);
            let tip = format!(
                "{} → {}: {}",
                self.nodes[link.from].label,
                self.nodes[link.to].label,
                self.unit.show(cx.locale, link.value)
            );
            let (top, low) = (y1.min(y2), (y1.max(y2) + thick).min(bottom));
            svg.hit(middle - 14.0, top.max(0.0), 28.0, (low - top).max(6.0), &tip);
        }
        let columns = self.nodes.iter().map(|n| n.column.min(MOST_NODES)).max().unwrap_or(0);
        let room = units / (columns + 1) as f64 - 8.0;
        for (node, p) in self.nodes.iter().zip(&placed) {
            svg.rect("s1 fill", p.x, p.y, NODE, p.height);
            let value = self.unit.show(cx.locale, p.value);
            let anchor = match node.column.min(MOST_NODES) {
                0 => Anchor::Start,
                c if c == columns => Anchor::End,
                _ => Anchor::Middle,
            };
            let x = match anchor {
                Anchor::Start => p.x,
                Anchor::Middle => p.x + NODE / 2.0,
                Anchor::End => p.x + NODE,
            };
            let name = fit(&node.label, (room - width_of(&value) - 6.0).max(30.0));
            svg.text("t", x, p.y - 6.0, anchor, &format!("{name} {value}"));
        }
        svg
    }

    fn table(&self, cx: Cx) -> Table {
        let l = cx.locale;
        let columns = vec![
            Column::text(words::chart::from(l)),
            Column::text(words::chart::to(l)),
            Column::number(words::chart::how_many(l)),
        ];
        let rows: Vec<Row> = self
            .links
            .iter()
            .filter_map(|link| {
                let (from, to) = (self.nodes.get(link.from)?, self.nodes.get(link.to)?);
                Some(Row::new(vec![from.label.clone(), to.label.clone(), self.unit.show(l, link.value)]))
            })
            .collect();
        Table::of(columns, rows.into_iter(), cx)
    }

    fn describe(&self, cx: Cx) -> String {
        let text = words::chart::flow(cx.locale, &cx.locale.count(self.links.len() as u64));
        format!("{text} {}", sentences(&self.table(cx), 8))
    }
}
