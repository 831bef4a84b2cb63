//! The sections that look inside: which reps differ on which leads, what moves a score, what more
//! history would bring, and whether the columns stayed what they were.

use super::{ModelReport, words};
use crate::{
    Chart, Cx, Figure, Interval, Role, Section, Table, Unit,
    chart::{Bar, Bars, Forest, ForestRow, Group, Lines, Point, RowStyle, Series},
    table::{Column, Row},
};

/// Interactions and features drawn; all of them stand in the tables.
const DRAWN: usize = 14;
/// A stability index above this is a shift to look at, above the second a large one (Siddiqi 2006).
const SHIFT: [f64; 2] = [0.1, 0.25];

/// Which rep does better or worse than usual on which leads.
pub(super) fn interactions(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let found = &report.interactions;
    let unit = Unit::points(1);
    let rows = found.iter().take(DRAWN).map(|i| ForestRow {
        label: format!("{} · {}", i.rep, i.segment),
        note: String::new(),
        value: i.effect,
        style: RowStyle::Plain,
    });
    let forest = Forest {
        unit,
        axis: words::interaction_axis(l),
        reference: Some(0.0),
        below: words::below_average(l),
        above: words::above_average(l),
        rows: rows.collect(),
        marks: Vec::new(),
    };
    let wrong = found.iter().map(|i| wrong_sign(i.effect)).sum::<f64>();
    let sentence = match found.is_empty() {
        true => words::no_interactions(l),
        false => {
            words::interactions_sentence(l, &l.count(found.len() as u64), &Unit::number(1).show(l, wrong.max(0.05)))
        }
    };
    let shown = l.count(found.len().min(DRAWN) as u64);
    let figure = Figure {
        id: "interaction-ends".into(),
        finding: words::interactions_finding(l, &shown),
        caption: String::new(),
        chart: Chart::Forest(forest),
    };
    let columns =
        vec![Column::text(words::rep(l)), Column::text(words::segment(l)), Column::number(words::interaction_axis(l))];
    let table = Table::of(
        columns,
        found.iter().map(|i| Row::new(vec![i.rep.clone(), i.segment.clone(), unit.interval(l, i.effect)])),
        cx,
    );
    Section {
        id: "interactions".into(),
        heading: words::interactions(l),
        sentence,
        figures: if found.is_empty() { Vec::new() } else { vec![figure] },
        tables: if found.len() > DRAWN { vec![table] } else { Vec::new() },
        method: vec![words::interactions_method(l)],
        ..Section::default()
    }
}

/// Probability that the truth has the other sign, for a normal posterior with this interval.
fn wrong_sign(effect: Interval) -> f64 {
    let sd = (effect.hi - effect.lo) / (2.0 * 1.959_964);
    let z = effect.est.abs() / sd;
    // Φ(−z) by the bound of Chernoff's kind that is within 0.02 of it above z = 1.9 (Karagiannidis 2007).
    if z.is_finite() {
        (1.0 - (-1.4 * z).exp()) * (-z * z / 2.0).exp() / (1.135 * (std::f64::consts::TAU).sqrt() * z)
    } else {
        0.0
    }
}

/// What moves a score.
pub(super) fn contributions(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let unit = Unit::number(3);
    let bar = |value: f64| Bar { name: String::new(), role: Role::Variant, value: Interval::point(value) };
    let groups = report.contributions.iter().take(DRAWN);
    let groups = groups.map(|c| Group { label: c.feature.clone(), bars: vec![bar(c.spread)] }).collect();
    let first = report.contributions.first().map_or_else(String::new, |c| c.feature.clone());
    let figure = Figure {
        id: "contribution-bars".into(),
        finding: words::contributions_finding(l, &first),
        caption: String::new(),
        chart: Chart::Bars(Bars { unit, axis: words::contribution_axis(l), groups }),
    };
    let none = report.contributions.is_empty();
    Section {
        id: "contributions".into(),
        heading: words::contributions(l),
        sentence: if none { words::no_contributions(l) } else { words::contributions_sentence(l) },
        figures: if none { Vec::new() } else { vec![figure] },
        method: vec![words::contributions_method(l)],
        ..Section::default()
    }
}

/// What more history would bring.
pub(super) fn learning(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let line = |name: String, role, of: &dyn Fn(&super::LearningPoint) -> f64| Series {
        name,
        role,
        points: report.learning.iter().map(|p| Point { x: p.rows as f64, y: Interval::point(of(p)) }).collect(),
    };
    let saved = |p: &super::LearningPoint| p.base_log_loss - p.log_loss;
    let chart = Chart::Lines(Lines {
        x: Unit::number(0),
        x_title: words::rows_trained_on(l),
        y: Unit::number(4),
        y_title: words::saved(l),
        series: vec![line(words::model(l), Role::Variant, &saved)],
        reference: Some(0.0),
        stepped: false,
    });
    let ends = report.learning.first().zip(report.learning.last()).filter(|(a, b)| a.rows < b.rows);
    let sentence = ends.map_or_else(
        || words::no_learning(l),
        |(a, b)| {
            let show = |p| Unit::number(4).show(l, saved(p));
            words::learning_sentence(l, &show(a), &l.count(a.rows), &show(b), &l.count(b.rows))
        },
    );
    let figure =
        Figure { id: "learning-curve".into(), finding: words::learning_finding(l), caption: String::new(), chart };
    Section {
        id: "learning".into(),
        heading: words::learning(l),
        sentence,
        figures: if ends.is_some() { vec![figure] } else { Vec::new() },
        method: vec![words::learning_method(l)],
        ..Section::default()
    }
}

/// Every column: coverage, range, drift.
pub(super) fn columns(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let moved = report.columns.iter().filter(|c| c.drift > SHIFT[1]).count() as u64;
    let rows = report.columns.iter().map(|c| {
        let verdict = match c.drift {
            drift if drift > SHIFT[1] => words::moved_much(l),
            drift if drift > SHIFT[0] => words::moved(l),
            _ => words::stable(l),
        };
        Row::new(vec![
            c.name.clone(),
            Unit::percent(1).show(l, c.coverage),
            range(c, cx),
            Unit::number(3).show(l, c.drift),
            verdict,
        ])
    });
    let titles = vec![
        Column::text(words::feature(l)),
        Column::number(words::coverage(l)),
        Column::text(words::range(l)),
        Column::number(words::stability(l)),
        Column::text(words::finding(l)),
    ];
    let tables = if report.columns.is_empty() { Vec::new() } else { vec![Table::of(titles, rows, cx)] };
    Section {
        id: "columns".into(),
        heading: words::columns(l),
        sentence: words::columns_sentence(l, &l.count(moved), &l.count(report.columns.len() as u64)),
        tables,
        method: vec![words::columns_method(l)],
        ..Section::default()
    }
}

fn range(column: &super::ColumnRow, cx: Cx) -> String {
    let l = cx.locale;
    match (column.levels, column.range) {
        (Some(levels), _) => words::levels(l, levels),
        (None, Some(range)) => range.map(|x| Unit::number(2).show(l, x)).join(" … "),
        (None, None) => words::no_values(l),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_of_a_wrong_sign() {
        // Φ(−1.96) = 0.025, Φ(−3) = 0.00135.
        let at = |z: f64| wrong_sign(Interval::new(z, z - 1.959_964, z + 1.959_964));
        assert!((at(1.959_964) - 0.025).abs() < 0.003 && (at(3.0) - 0.001_35).abs() < 2e-4);
    }
}
