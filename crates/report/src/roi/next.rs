//! What moves the result, and what to do about what is not known.

use pointsman_measure::roi::{Dial, Given, RoiResult, Swing};

use super::unit;
use crate::{
    Chart, Cx, Figure, Interval, Locale, Section, Table, Unit,
    chart::{Forest, ForestRow, RowStyle},
    part::{Notice, Tone},
    table::{Column, Row},
    words::roi as words,
};

pub(super) fn sensitivity(result: &RoiResult, cx: Cx) -> Section {
    let (l, unit, tornado) = (cx.locale, unit(result), &result.roi.tornado);
    let section = Section { id: "sensitivity".into(), heading: words::sensitivity(l), ..Section::default() };
    let Some(widest) = tornado.first() else { return section };
    let dial = words::dial_of(l, widest.dial);
    let (low, high) = ends(widest);
    let rows = tornado.iter().map(|swing| {
        let (low, high) = ends(swing);
        ForestRow {
            label: words::dial_of(l, swing.dial),
            note: tried(result, swing, l),
            value: Interval::new(result.roi.net.value, low, high),
            style: RowStyle::Tried,
        }
    });
    let figure = Figure {
        id: "tornado".into(),
        finding: words::sensitivity_finding(l, &dial),
        caption: String::new(),
        chart: Chart::Forest(Forest {
            unit,
            axis: words::sensitivity_axis(l),
            reference: Some(0.0),
            below: words::loses(l),
            above: words::pays(l),
            rows: rows.collect(),
            marks: Vec::new(),
        }),
    };
    Section {
        sentence: words::sensitivity_sentence(l, &dial, &unit.show(l, low), &unit.show(l, high)),
        figures: vec![figure],
        method: vec![words::sensitivity_method(l)],
        ..section
    }
}

fn ends(swing: &Swing) -> (f64, f64) {
    (swing.net_at_low.min(swing.net_at_high), swing.net_at_low.max(swing.net_at_high))
}

/// The ends of the input itself.
fn tried(result: &RoiResult, swing: &Swing, l: Locale) -> String {
    let unit = match swing.dial {
        Dial::WinsPerLead => Unit::points(2),
        Dial::Margin | Dial::Rate | Dial::Cost => unit(result),
        Dial::Hours | Dial::Days => Unit::number(1),
    };
    let range = words::from_to(l, &unit.show(l, swing.low), &unit.show(l, swing.high));
    if swing.assumed { words::assumed(l, &range) } else { range }
}

pub(super) fn section(result: &RoiResult, cx: Cx) -> Section {
    let l = cx.locale;
    let advice: Vec<Notice> = advice(result, l).into_iter().map(|text| Notice { tone: Tone::Neutral, text }).collect();
    Section {
        id: "next".into(),
        heading: words::next(l),
        notices: advice,
        tables: outlook(result, cx).into_iter().collect(),
        method: vec![words::next_method(l)],
        ..Section::default()
    }
}

/// At most three, each with the figure that it rests on.
fn advice(result: &RoiResult, l: Locale) -> Vec<String> {
    let randomised = result.counted().is_some_and(|judged| judged.evidence.design.is_randomised());
    let year = result.outlooks.iter().find(|outlook| outlook.quarters == 4);
    let comparison = match (randomised, result.spec.plan, year) {
        (true, ..) => words::next_keep(l),
        (false, Some(plan), Some(year)) => {
            let points = Unit::points(1).show(l, year.half_width);
            let share = Unit::percent(0).show(l, plan.held_out);
            words::next_hold_out(l, &share, &words::n_quarters(l, 4), points.trim_start_matches('+'))
        }
        (false, ..) => words::next_plan_missing(l),
    };
    let funnel = result.spec.funnel;
    let still = (funnel.missed() * funnel.leads() as f64).round() as u64;
    let stated = result.roi.tornado.iter().find(|swing| swing.input.given == Given::Stated);
    let mut advice = vec![comparison];
    if still > 0 {
        advice.push(words::next_missed(l, &Unit::percent(1).show(l, funnel.missed()), &words::n_leads(l, still)));
    }
    advice.extend(stated.map(|swing| words::next_measure(l, &words::dial_of(l, swing.dial))));
    advice
}

fn outlook(result: &RoiResult, cx: Cx) -> Option<Table> {
    let l = cx.locale;
    let (plan, points) = (result.spec.plan?, Unit::points(1));
    let half = |value: f64| format!("±{}", points.show(l, value).trim_start_matches('+'));
    let rows = result.outlooks.iter().map(|outlook| {
        Row::new(vec![
            l.count(u64::from(outlook.quarters)),
            half(outlook.half_width),
            points.show(l, outlook.detectable),
        ])
    });
    let columns = vec![
        Column::number(words::quarters_column(l)),
        Column::number(words::known_to(l)),
        Column::number(words::detectable(l)),
    ];
    let leads = words::n_leads(l, plan.leads_a_quarter.round() as u64);
    let caption = words::plan_caption(l, &leads, &Unit::percent(0).show(l, plan.held_out));
    Some(Table { caption, ..Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx) })
}
