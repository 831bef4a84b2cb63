//! One lead: who got it, and for every other candidate why not.

use pointsman_domain::Reason;

use super::{CandidateRow, DemoReport, words};
use crate::{
    Cx, Section, Table, Unit,
    table::{Column, Row},
    words::reason,
};

const SCORE: Unit = Unit::percent(1);

pub(super) fn section(report: &DemoReport, cx: Cx) -> Section {
    let l = cx.locale;
    let mut tables = Vec::new();
    if !report.lead.facts.is_empty() {
        tables.push(facts(report, cx));
    }
    tables.push(candidates(report, cx));
    Section {
        id: "lead".into(),
        heading: words::lead(l),
        sentence: sentence(report, cx),
        tables,
        method: vec![words::lead_method(l)],
        ..Section::default()
    }
}

fn net(row: &CandidateRow) -> Option<f64> {
    Some(row.value? - row.price?)
}

fn sentence(report: &DemoReport, cx: Cx) -> String {
    let l = cx.locale;
    let lead = &report.lead;
    let money = report.value_unit();
    let Some(chosen) = lead.candidates.iter().find(|c| c.reason == Reason::Chosen) else {
        return words::nobody(l, &lead.lead, &l.count(lead.candidates.len() as u64));
    };
    let count = l.count(lead.candidates.len() as u64);
    let mut text = match net(chosen) {
        Some(net) => words::went_by_value(l, &lead.lead, &chosen.rep, &money.show(l, net), &count),
        None => words::went(l, &lead.lead, &chosen.rep, &count),
    };
    let behind = |row: &CandidateRow| match row.reason {
        Reason::LowerValue { by } if by.is_finite() => Some((by, row.rep.clone())),
        _ => None,
    };
    let next = lead.candidates.iter().filter_map(behind).min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((by, rep)) = next {
        text += &format!(" {}", words::next_best(l, &rep, &money.show(l, by)));
    }
    // The best score that did not win is what a reader asks about first.
    let score = |row: &CandidateRow| row.score.unwrap_or(f64::NEG_INFINITY);
    let best = lead.candidates.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    if let Some(best) = best
        && score(best) > score(chosen)
        && chosen.score.is_some()
    {
        let chance = SCORE.show(l, score(best));
        let sentence = match (&best.reason, best.price, chosen.price) {
            (Reason::LowerValue { .. }, Some(price), Some(ours)) if price > ours => {
                words::dearer(l, &best.rep, &chance, &money.show(l, price), &money.show(l, ours))
            }
            (why, _, _) => words::better_score(l, &best.rep, &chance, &reason::reason(why, money, cx)),
        };
        text += &format!(" {sentence}");
    }
    text
}

fn facts(report: &DemoReport, cx: Cx) -> Table {
    let l = cx.locale;
    let rows = report.lead.facts.iter().map(|(name, value)| Row::new(vec![name.clone(), value.clone()]));
    let mut table = Table::of(vec![Column::text(words::fact(l)), Column::text(words::fact_value(l))], rows, cx);
    table.caption = words::known(l);
    table
}

fn candidates(report: &DemoReport, cx: Cx) -> Table {
    let l = cx.locale;
    let money = report.value_unit();
    let show = |unit: Unit, value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| unit.show(l, v));
    let rows = report.lead.candidates.iter().map(|c| {
        let cells = vec![
            c.rep.clone(),
            show(SCORE, c.score),
            show(money, c.value),
            show(money, c.price),
            show(money, net(c)),
            reason::reason(&c.reason, money, cx),
        ];
        Row { cells, strong: c.reason == Reason::Chosen }
    });
    let columns = vec![
        Column::text(words::rep(l)),
        Column::number(words::score(l)),
        Column::number(words::expected_value(l)),
        Column::number(words::price(l)),
        Column::number(words::net(l)),
        Column::text(words::why(l)),
    ];
    let mut table = Table::of(columns, rows, cx);
    table.caption = words::candidates(l, &words::policy(l, &report.lead.policy), &report.lead.rule);
    if report.lead.propensity < 1.0 {
        table.note = words::drawn(l, &Unit::percent(1).show(l, report.lead.propensity));
    }
    table
}
