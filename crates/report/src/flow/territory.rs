//! Assignments beside the territory table of their day.

use pointsman_measure::flow::territory::{Contradiction, MissingRow, Territories};

use super::{percent, with_interval, words};
use crate::{
    Chart, Cx, Figure, Section, Table, Unit,
    chart::Heat,
    part::{Notice, Tone},
    table::{Column, Row},
};

/// Names of a matrix at most; the others are in the JSON.
const MOST: usize = 12;
/// Rows of a table at most.
const LISTED: usize = 15;

pub(super) fn section(territories: Option<&Territories>, cx: Cx) -> Section {
    let l = cx.locale;
    let Some(found) = territories else {
        return Section {
            id: "territory".into(),
            heading: words::territory(l),
            notices: vec![Notice { tone: Tone::Neutral, text: words::territory_missing(l) }],
            ..Section::default()
        };
    };
    let without = found.assigned - found.right.n;
    let sentence = words::territory_sentence(
        l,
        &with_interval(l, found.right),
        &words::n_leads(l, found.right.n),
        &words::n_leads(l, without),
    );
    let mut tables = Vec::new();
    if !found.missing.is_empty() {
        tables.push(missing(&found.missing, cx));
    }
    if !found.contradictions.is_empty() {
        tables.push(contradictions(&found.contradictions, cx));
    }
    Section {
        id: "territory".into(),
        heading: words::territory(l),
        sentence,
        notices: vec![Notice { tone: Tone::Neutral, text: wins(found, cx) }],
        figures: (!found.matrix.is_empty()).then(|| matrix(found, cx)).into_iter().collect(),
        tables,
        method: vec![words::territory_method(l)],
        ..Section::default()
    }
}

/// The win rates with the difference: observed, never caused.
fn wins(found: &Territories, cx: Cx) -> String {
    let l = cx.locale;
    let (right, wrong) = (percent(l, found.won_right), percent(l, found.won_wrong));
    match found.difference {
        Some(e) => {
            let unit = Unit::points(1);
            let difference = unit.interval(l, super::interval(e));
            let verdict = if e.excludes_zero() { words::territory_differs(l) } else { words::territory_alike(l) };
            words::territory_wins(l, &right, &wrong, &difference, &verdict)
        }
        None => words::territory_no_wins(l),
    }
}

fn matrix(found: &Territories, cx: Cx) -> Figure {
    let l = cx.locale;
    let names = |of: fn(&pointsman_measure::flow::territory::Crossing) -> &str| {
        let mut names: Vec<&str> = Vec::new();
        for crossing in &found.matrix {
            if !names.contains(&of(crossing)) && names.len() < MOST {
                names.push(of(crossing));
            }
        }
        names
    };
    let (rows, columns) = (names(|crossing| &crossing.expected), names(|crossing| &crossing.actual));
    let cell = |row: &str, column: &str| {
        let crossing = found.matrix.iter().find(|c| &*c.expected == row && &*c.actual == column);
        crossing.map_or(f64::NAN, |crossing| crossing.leads as f64)
    };
    Figure {
        id: "territories".into(),
        finding: words::territory_finding(l, &percent(l, found.right)),
        caption: words::territory_caption(l),
        chart: Chart::Heat(Heat {
            unit: Unit::count(),
            cells: rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect(),
            rows: rows.iter().map(ToString::to_string).collect(),
            columns: columns.iter().map(ToString::to_string).collect(),
            title: words::leads(l),
        }),
    }
}

fn missing(rows: &[MissingRow], cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![Column::text(words::territory_says(l)), Column::number(words::leads(l))];
    let shown: Vec<Row> =
        rows.iter().take(LISTED).map(|row| Row::new(vec![row.says.to_string(), l.count(row.leads)])).collect();
    let mut table = Table::of(columns, shown.into_iter(), cx);
    table.caption = words::territory_lacks(l);
    table
}

fn contradictions(pairs: &[Contradiction], cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::territory_lines(l)),
        Column::number(words::leads(l)),
        Column::number(words::territory_first(l)),
    ];
    let row = |pair: &Contradiction| {
        Row::new(vec![format!("{} / {}", pair.line, pair.against), l.count(pair.leads), l.count(pair.right)])
    };
    let shown: Vec<Row> = pairs.iter().take(LISTED).map(row).collect();
    let mut table = Table::of(columns, shown.into_iter(), cx);
    table.caption = words::territory_contradict(l);
    table
}
