//! What surrounds the marks: plot area, axes, whiskers, labels that keep out of each other's way.

use super::{
    Interval,
    lettering::{MID, width_of},
    scale::Scale,
    svg::{Anchor, Path, Svg},
};
use crate::Locale;

/// The rectangle of the marks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plot {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// The largest number of steps whose labels leave a gap between each other.
fn about_that_fits(scale: &Scale, most: usize, locale: Locale) -> usize {
    (2..=most)
        .rev()
        .find(|&about| {
            let labels = scale.labels(about, locale);
            let widest = labels.iter().map(|(_, text)| width_of(text)).fold(0.0, f64::max);
            labels.windows(2).all(|w| scale.at(w[1].0) - scale.at(w[0].0) >= widest + 16.0)
        })
        .unwrap_or(1)
}

/// Grid lines and labels below the plot. Returns the height that was used.
pub(crate) fn x_axis(svg: &mut Svg, plot: Plot, scale: &Scale, title: &str, locale: Locale) -> f64 {
    let about = about_that_fits(scale, 7, locale);
    for (tick, text) in scale.labels(about, locale) {
        let x = scale.at(tick);
        svg.line("grid", (x, plot.top), (x, plot.bottom));
        let half = width_of(&text) / 2.0;
        let centre = x.clamp(half.min(svg.width / 2.0), (svg.width - half).max(svg.width / 2.0));
        svg.text("t mute", centre, plot.bottom + 17.0, Anchor::Middle, &text);
    }
    svg.line("axis", (plot.left, plot.bottom), (plot.right, plot.bottom));
    if title.is_empty() {
        return 22.0;
    }
    let room = svg.width - 8.0;
    let half = width_of(title).min(room) / 2.0;
    let centre = ((plot.left + plot.right) / 2.0).clamp(half, (svg.width - half).max(half));
    svg.fitted("t mute", centre, plot.bottom + 35.0, Anchor::Middle, room, title);
    40.0
}

/// Grid lines and labels left of the plot; the title above it, where it can be read without
/// turning the head.
pub(crate) fn y_axis(svg: &mut Svg, plot: Plot, scale: &Scale, (title, title_y): (&str, f64), locale: Locale) {
    let about = y_about(plot.bottom - plot.top);
    for (tick, text) in scale.labels(about, locale) {
        let y = scale.at(tick);
        svg.line("grid", (plot.left, y), (plot.right, y));
        svg.fitted("t mute", plot.left - 8.0, y + MID, Anchor::End, plot.left - 8.0, &text);
    }
    svg.fitted("t mute", 0.0, title_y, Anchor::Start, svg.width, title);
}

fn y_about(height: f64) -> usize {
    ((height / 44.0) as usize).clamp(2, 6)
}

/// The widest tick label of a vertical axis, with its gap.
pub(crate) fn y_gutter(scale: &Scale, height: f64, locale: Locale) -> f64 {
    let about = y_about(height);
    let widest = scale.labels(about, locale).iter().map(|(_, text)| width_of(text)).fold(0.0, f64::max);
    (widest + 10.0).clamp(28.0, 110.0)
}

/// A horizontal interval with end caps; where it leaves the scale, an arrow instead of a cap.
pub(crate) fn whisker(svg: &mut Svg, class: &str, scale: &Scale, y: f64, value: Interval, cap: f64) {
    if !value.has_bounds() {
        return;
    }
    let (from, to) = (scale.at(value.lo), scale.at(value.hi));
    svg.line(class, (from, y), (to, y));
    for (x, inside, way) in [(from, scale.holds(value.lo), -1.0), (to, scale.holds(value.hi), 1.0)] {
        if inside {
            svg.line(class, (x, y - cap), (x, y + cap));
        } else {
            let mut arrow = Path::new();
            // At most back to the other end: a scale may be narrower than the arrow.
            let back = (x - way * cap).clamp(from.min(to), from.max(to));
            arrow.to(back, y - cap).to(x, y).to(back, y + cap);
            svg.path(&format!("{class} open"), &arrow);
        }
    }
}

/// Moves places apart until all have `gap` between them, inside `lo` to `hi` as far as there is
/// room. The order stays.
pub(crate) fn spread(places: &[f64], gap: f64, lo: f64, hi: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&a, &b| places[a].total_cmp(&places[b]).then(a.cmp(&b)));
    let mut moved = places.to_vec();
    let mut least = lo;
    for &i in &order {
        moved[i] = moved[i].max(least);
        least = moved[i] + gap;
    }
    let mut most = hi;
    for &i in order.iter().rev() {
        moved[i] = moved[i].min(most).max(lo);
        most = moved[i] - gap;
    }
    moved
}

/// Evenly chosen indices, first and last included, at most `most`.
pub(crate) fn thinned(len: usize, most: usize) -> Vec<usize> {
    if len <= most {
        return (0..len).collect();
    }
    (0..most).map(|i| i * (len - 1) / (most - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_keeps_order_and_gap() {
        assert_eq!(spread(&[10.0, 11.0, 50.0], 15.0, 0.0, 100.0), [10.0, 25.0, 50.0]);
        assert_eq!(spread(&[99.0, 98.0], 15.0, 0.0, 100.0), [100.0, 85.0]);
    }

    #[test]
    fn thinning_keeps_both_ends() {
        assert_eq!(thinned(3, 5), [0, 1, 2]);
        assert_eq!(thinned(100_000, 5), [0, 24_999, 49_999, 74_999, 99_999]);
    }
}
