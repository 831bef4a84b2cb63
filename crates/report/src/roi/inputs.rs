//! What went in, stated or measured, and what cannot be counted.

use pointsman_measure::roi::{Given, Input, RoiResult};

use super::{date, unit};
use crate::{
    Cx, Locale, Section, Table, Unit,
    part::{Notice, Tone},
    table::{Column, Row},
    words::roi as words,
};

pub(super) fn section(result: &RoiResult, cx: Cx) -> Section {
    let l = cx.locale;
    let all = inputs(result, l);
    let stated = all.iter().filter(|(_, _, input)| input.given == Given::Stated).count() as u64;
    let sentence = words::inputs_sentence(l, &l.count(stated), &l.count(all.len() as u64));
    let columns = vec![
        Column::text(words::input(l)),
        Column::number(words::value(l)),
        Column::number(words::range(l)),
        Column::text(words::given(l)),
    ];
    let row = |(name, unit, input): (String, Unit, Input)| {
        let range = if input.low < input.high { unit.range(l, input.low, input.high) } else { String::new() };
        Row::new(vec![name, unit.show(l, input.value), range, words::given_of(l, input.given)])
    };
    let rows: Vec<Row> = all.into_iter().map(row).collect();
    let frozen = words::frozen(l, &date(l, result.frozen.frozen_on()), &result.frozen.sha256().to_string());
    Section {
        id: "inputs".into(),
        heading: words::inputs(l),
        sentence,
        notices: vec![Notice { tone: Tone::Neutral, text: frozen }],
        tables: vec![Table::of(columns, rows.into_iter(), cx)],
        ..Section::default()
    }
}

fn inputs(result: &RoiResult, l: Locale) -> Vec<(String, Unit, Input)> {
    let (spec, money) = (&result.spec, unit(result));
    let mut all = Vec::new();
    for (name, funnel) in [(words::baseline(l), result.before), (words::period(l), spec.funnel)] {
        let input = |value| Input { given: funnel.given(), ..Input::stated(value) };
        let label = |of: String| format!("{name}: {of}");
        all.extend([
            (label(words::leads(l)), Unit::count(), input(funnel.leads() as f64)),
            (label(words::missed_share(l)), Unit::percent(1), input(funnel.missed())),
            (label(words::per_worked(l)), Unit::percent(1), input(funnel.wins_per_worked())),
        ]);
    }
    all.push((words::dial_margin(l), money, spec.margin));
    if let Some(time) = spec.time {
        all.extend([
            (words::dial_hours(l), Unit::number(1), time.hours),
            (words::reps(l), Unit::number(0), Input::stated(time.reps)),
            (words::weeks_of_period(l), Unit::number(1), Input::stated(spec.weeks)),
            (words::dial_rate(l), money, time.rate),
        ]);
    }
    if let Some(cycle) = &spec.cycle {
        all.extend([
            (words::wins_a_day(l), Unit::number(1), Input::stated(cycle.wins_a_day)),
            (words::dial_days(l), Unit::number(1), cycle.days_shorter),
        ]);
    }
    all.push((words::dial_cost(l), money, spec.cost()));
    all
}

pub(super) fn notes(result: &RoiResult, cx: Cx) -> Option<Section> {
    let l = cx.locale;
    if result.spec.notes.is_empty() {
        return None;
    }
    let columns = vec![Column::text(words::note(l)), Column::text(words::by(l))];
    let rows = result.spec.notes.iter().map(|note| Row::new(vec![note.text.to_string(), note.by.to_string()]));
    Some(Section {
        id: "notes".into(),
        heading: words::notes(l),
        sentence: words::notes_sentence(l),
        tables: vec![Table::of(columns, rows, cx)],
        ..Section::default()
    })
}
