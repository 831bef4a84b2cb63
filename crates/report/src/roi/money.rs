//! Components, missed leads, costs.

use pointsman_measure::{
    Estimate,
    roi::{Component, Design, Funnel, Input, RoiKind, RoiResult},
};

use super::{interval, maybe_range, range, unit};
use crate::{
    Chart, Cx, Figure, Locale, Section, Table, Unit,
    chart::{Block, BlockKind, Waterfall},
    part::{Notice, Tone},
    table::{Column, Row},
    words::roi as words,
};

pub(super) fn section(result: &RoiResult, cx: Cx) -> Section {
    let (l, roi, unit) = (cx.locale, &result.roi, unit(result));
    let wins = roi.components.iter().find(|component| component.kind == RoiKind::ConversionAndSaved);
    let sentence = wins.map_or_else(String::new, |component| {
        let claim = words::claim_of(l, component.claim);
        words::money_sentence(l, &unit.show(l, component.amount.value), &range(l, unit, component.amount), &claim)
    });
    let apart = roi.parts.is_none() && wins.is_some();
    let notices = if apart { vec![Notice { tone: Tone::Neutral, text: words::no_parts(l) }] } else { Vec::new() };
    Section {
        id: "money".into(),
        heading: words::money(l),
        sentence,
        notices,
        figures: vec![waterfall(result, l)],
        tables: vec![components(result, cx)],
        method: vec![words::money_method_parts(l), words::money_method_interval(l), words::money_method_time(l)],
        ..Section::default()
    }
}

pub(crate) fn waterfall(result: &RoiResult, l: Locale) -> Figure {
    let (roi, unit) = (&result.roi, unit(result));
    let block = |label: String, kind, e: Estimate| Block { label, kind, value: interval(e) };
    let mut blocks = Vec::new();
    for component in roi.components.iter().filter(|component| component.in_headline) {
        match (component.kind, roi.parts) {
            (RoiKind::ConversionAndSaved, Some(parts)) => blocks.extend([
                block(words::conversion(l), BlockKind::Part, parts.conversion_interval),
                block(words::saved(l), BlockKind::Part, parts.saved_interval),
                block(words::both(l), BlockKind::Total, component.amount),
            ]),
            (kind, _) => blocks.push(block(name(l, kind), BlockKind::Part, component.amount)),
        }
    }
    blocks.push(block(words::cost(l), BlockKind::Part, Estimate::exact(-result.spec.cost().value)));
    blocks.push(block(words::net(l), BlockKind::Total, roi.net));
    Figure {
        id: "components".into(),
        finding: words::money_finding(l, &unit.show(l, roi.net.value), &range(l, unit, roi.net)),
        caption: String::new(),
        chart: Chart::Waterfall(Waterfall { unit, axis: words::money_axis(l), blocks }),
    }
}

fn name(l: Locale, kind: RoiKind) -> String {
    match kind {
        RoiKind::ConversionAndSaved => words::both(l),
        RoiKind::Time => words::time(l),
        RoiKind::Cycle => words::cycle(l),
    }
}

fn components(result: &RoiResult, cx: Cx) -> Table {
    let (l, unit) = (cx.locale, unit(result));
    let columns = vec![
        Column::text(words::component(l)),
        Column::number(words::amount(l)),
        Column::number(words::interval(l)),
        Column::text(words::rests_on(l)),
        Column::text(words::counted(l)),
    ];
    let row = |label, amount: f64, e: Estimate, component: &Component| {
        let counted = counted(result, component, l);
        vec![label, unit.show(l, amount), maybe_range(l, unit, e), words::design_of(l, component.design), counted]
    };
    let mut rows = Vec::new();
    for component in &result.roi.components {
        if let (RoiKind::ConversionAndSaved, Some(parts)) = (component.kind, result.roi.parts) {
            let (one, other) = (parts.conversion_interval, parts.saved_interval);
            rows.push(Row::new(row(words::conversion(l), parts.conversion.0 as f64, one, component)));
            rows.push(Row::new(row(words::saved(l), parts.saved.0 as f64, other, component)));
        }
        let cells = row(name(l, component.kind), component.amount.value, component.amount, component);
        rows.push(if component.kind == RoiKind::ConversionAndSaved { Row::strong(cells) } else { Row::new(cells) });
    }
    Table::of(columns, rows.into_iter(), cx)
}

fn counted(result: &RoiResult, component: &Component, l: Locale) -> String {
    let signed = result.spec.cycle.as_ref().and_then(|cycle| cycle.signed_by.as_deref());
    match (component.kind, component.in_headline, signed) {
        (RoiKind::Cycle, true, Some(who)) => words::signed_by(l, who),
        (RoiKind::Cycle, false, _) => words::unsigned(l),
        (_, true, _) => words::yes(l),
        (_, false, _) => words::no(l),
    }
}

/// Leads that nobody touched, before and with.
pub(super) fn missed(result: &RoiResult, cx: Cx) -> Section {
    let l = cx.locale;
    let percent = Unit::percent(1);
    let pair =
        result.counted().and_then(|judged| judged.evidence.funnels).unwrap_or((result.before, result.spec.funnel));
    let [before, after] = [pair.0, pair.1].map(|funnel| percent.show(l, funnel.missed()));
    let randomised = result.counted().is_some_and(|judged| judged.evidence.design.is_randomised());
    let worth = result.roi.parts.map(|parts| unit(result).show(l, parts.saved.0 as f64));
    let sentence = match worth {
        Some(worth) if randomised => words::missed_fewer(l, &before, &after, &worth),
        Some(worth) => words::missed_before(l, &before, &after, &worth),
        None => words::missed_unknown(l, &before, &after),
    };
    let columns = vec![
        Column::text(words::group(l)),
        Column::number(words::leads(l)),
        Column::number(words::missed_share(l)),
        Column::number(words::per_worked(l)),
        Column::number(words::per_lead(l)),
        Column::text(words::given(l)),
    ];
    let row = |(label, funnel): (String, Funnel)| {
        Row::new(vec![
            label,
            l.count(funnel.leads()),
            percent.show(l, funnel.missed()),
            percent.show(l, funnel.wins_per_worked()),
            Unit::percent(2).show(l, funnel.wins_per_lead()),
            words::given_of(l, funnel.given()),
        ])
    };
    let rows: Vec<Row> = groups(result, l).into_iter().map(row).collect();
    Section {
        id: "missed".into(),
        heading: words::missed(l),
        sentence,
        tables: vec![Table::of(columns, rows.into_iter(), cx)],
        ..Section::default()
    }
}

fn groups(result: &RoiResult, l: Locale) -> Vec<(String, Funnel)> {
    let mut groups = vec![(words::baseline(l), result.before), (words::period(l), result.spec.funnel)];
    let arms = result.judged.iter().filter(|judged| judged.evidence.design == Design::HoldOut);
    for (held, routed) in arms.filter_map(|judged| judged.evidence.funnels) {
        groups.extend([(words::held(l), held), (words::routed(l), routed)]);
    }
    groups
}

pub(super) fn costs(result: &RoiResult, cx: Cx) -> Section {
    let (l, unit, spec) = (cx.locale, unit(result), &result.spec);
    let percent = Unit::percent(0);
    let sentence = result.roi.roi.map_or_else(
        || words::costs_none(l),
        |e| {
            let cost = unit.show(l, spec.cost().value);
            words::costs_sentence(l, &cost, &percent.show(l, e.value), &range(l, percent, e))
        },
    );
    let columns = vec![
        Column::text(words::item(l)),
        Column::number(words::amount(l)),
        Column::number(words::range(l)),
        Column::text(words::given(l)),
    ];
    let cells = |name: String, input: Input| {
        let range = if input.low < input.high { unit.range(l, input.low, input.high) } else { String::new() };
        vec![name, unit.show(l, input.value), range, words::given_of(l, input.given)]
    };
    let mut rows: Vec<Row> =
        spec.costs.iter().map(|cost| Row::new(cells(cost.name.to_string(), cost.amount))).collect();
    if rows.len() > 1 {
        rows.push(Row::strong(cells(words::total(l), spec.cost())));
    }
    let tables = if rows.is_empty() { Vec::new() } else { vec![Table::of(columns, rows.into_iter(), cx)] };
    Section {
        id: "cost".into(),
        heading: words::costs(l),
        sentence,
        tables,
        method: vec![words::costs_method(l)],
        ..Section::default()
    }
}
