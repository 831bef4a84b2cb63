//! One figure as a tile: value, interval, target, change, the way there.

use pointsman_measure::kpi::{BoardFigure, Measured, Target};

use super::{About, format};
use crate::{
    Locale,
    part::{BoardTile, Tone},
    words::kpi as words,
};

pub(super) fn tile(figure: &BoardFigure, about: &About, l: Locale) -> BoardTile {
    let (now, currency) = (&figure.now, about.currency);
    let show = |value: f64| format::value(l, now.kpi, value, currency);
    let (value, mut details) = match now.measured {
        Measured::Value(value) => (show(value.value), vec![format::range(l, now.kpi, value, currency)]),
        Measured::NotMeasured(why) => (words::not_measured(l), vec![words::why_not(l, why)]),
    };
    let mut tone = Tone::Neutral;
    if now.value().is_some() {
        details.push(target(figure.target, l, &show));
        match (figure.change, figure.before.value()) {
            (Some(change), Some(before)) => {
                let verdict = match change.better {
                    Some(true) => words::better(l),
                    Some(false) => words::worse(l),
                    None => words::unclear(l),
                };
                tone = match change.better {
                    Some(true) => Tone::Good,
                    Some(false) => Tone::Bad,
                    None => Tone::Neutral,
                };
                let difference = format::difference(l, now.kpi, change.difference, currency);
                details.push(words::change(l, &verdict, &difference, &show(before.value)));
            }
            _ => details.push(words::before_not_measured(l)),
        }
    }
    details.retain(|detail| !detail.is_empty());
    let points: Vec<Option<f64>> = figure.trend.iter().map(|point| point.result.value().map(|v| v.value)).collect();
    let shown: Vec<String> = points.iter().map(|point| point.map_or("–".into(), show)).collect();
    let label = words::name_of(l, now.kpi);
    BoardTile {
        tone,
        value,
        measured: now.value().is_some(),
        details,
        href: about.links.as_ref().map(|links| links.figure(now.kpi)),
        trend_text: words::trend(l, &label, &shown.join(", ")),
        trend: points,
        label,
    }
}

fn target(target: Option<Target>, l: Locale, show: &impl Fn(f64) -> String) -> String {
    let Some(target) = target else { return words::target_none(l) };
    let shown = show(target.target);
    match target.met {
        Some(true) => words::target_met(l, &shown),
        Some(false) => words::target_missed(l, &shown),
        None => words::target_open(l, &shown),
    }
}
