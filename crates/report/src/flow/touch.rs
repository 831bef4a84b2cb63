//! Time to the first touch: the curve, and the hours of the week.

use pointsman_measure::flow::{Flow, TouchCurve};

use super::{maybe_time, percent, time, words};
use crate::{
    Chart, Cx, Figure, Interval, Role, Section, Table, Unit,
    chart::{Curve, Heat, Step, Survival},
    table::{Column, Row},
};

/// The curve is drawn to two days: what is not touched by then is late whatever it is.
const DRAWN_SECONDS: f64 = 48.0 * 3600.0;
/// A median of fewer leads is noise.
const FEWEST: u64 = 5;

pub(super) fn section(flow: &Flow, cx: Cx) -> Section {
    let (l, touch) = (cx.locale, &flow.touch);
    let share = |e: Option<pointsman_measure::Estimate>| e.map_or("–".into(), |e| Unit::percent(1).show(l, e.value));
    let range = touch.all.fast.map_or("–".into(), |e| Unit::percent(1).range(l, e.low, e.high));
    let day = share(touch.all.within_day);
    let sentence = match touch.all.median_seconds {
        Some(median) => words::touch_sentence(l, &time(l, median), &share(touch.all.fast), &range, &day),
        None => words::touch_never(l, &percent(l, touch.touched)),
    };
    Section {
        id: "touch".into(),
        heading: words::touch(l),
        sentence,
        figures: std::iter::once(curves(flow, &day, cx)).chain(hours(flow, cx)).collect(),
        tables: vec![table(flow, cx)],
        method: vec![words::touch_method(l)],
        ..Section::default()
    }
}

fn curves(flow: &Flow, day: &str, cx: Cx) -> Figure {
    let l = cx.locale;
    let all = std::iter::once((words::everybody(l), Role::Variant, &flow.touch.all));
    let roles = [Role::Control, Role::Third, Role::Fourth];
    let by_source = flow.touch.by_source.iter().zip(roles).map(|(curve, role)| (curve.source.to_string(), role, curve));
    let drawn = |(name, role, curve): (String, Role, &TouchCurve)| Curve { name, role, steps: steps(curve) };
    Figure {
        id: "first-touch".into(),
        finding: words::curve_finding(l, day),
        caption: String::new(),
        chart: Chart::Survival(Survival {
            time: Unit::minutes(),
            time_title: words::curve_x(l),
            share_title: words::curve_y(l),
            curves: all.chain(by_source).map(drawn).collect(),
            promise: None,
        }),
    }
}

fn steps(curve: &TouchCurve) -> Vec<Step> {
    let inside = curve.steps.iter().filter(|step| step.seconds <= DRAWN_SECONDS);
    let step = |step: &pointsman_measure::flow::TouchStep| Step {
        at: step.seconds / 60.0,
        share: Interval::new(step.untouched, step.low, step.high),
        open: step.at_risk,
    };
    let start = Step { at: 0.0, share: Interval::point(1.0), open: curve.touched.n };
    std::iter::once(start).chain(inside.map(step)).collect()
}

/// `None` where no hour of the week has enough leads.
fn hours(flow: &Flow, cx: Cx) -> Option<Figure> {
    let l = cx.locale;
    flow.touch.by_hour.iter().find(|cell| cell.leads >= FEWEST)?;
    let cell = |weekday: u8, hour: u8| {
        let found = flow.touch.by_hour.iter().find(|cell| cell.weekday == weekday && cell.hour == hour);
        let median = found.filter(|cell| cell.leads >= FEWEST).and_then(|cell| cell.median_seconds);
        median.map_or(f64::NAN, |seconds| seconds / 60.0)
    };
    Some(Figure {
        id: "hours".into(),
        finding: words::hours_finding(l),
        caption: words::hours_caption(l, &l.count(FEWEST)),
        chart: Chart::Heat(Heat {
            unit: Unit::minutes(),
            rows: (0..7).map(|weekday| words::weekday(l, weekday)).collect(),
            columns: (0..24).map(|hour| format!("{hour:02}")).collect(),
            cells: (0..7).map(|weekday| (0..24).map(|hour| cell(weekday, hour)).collect()).collect(),
            title: words::median(l),
        }),
    })
}

fn table(flow: &Flow, cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::source(l)),
        Column::number(words::leads(l)),
        Column::number(words::touched(l)),
        Column::number(words::median(l)),
        Column::number(words::p90(l)),
        Column::number(words::tile_fast(l)),
    ];
    let row = |name: String, curve: &TouchCurve| {
        vec![
            name,
            l.count(curve.touched.n),
            percent(l, curve.touched),
            maybe_time(l, curve.median_seconds),
            maybe_time(l, curve.p90_seconds),
            curve.fast.map_or("–".into(), |e| Unit::percent(1).interval(l, super::interval(e))),
        ]
    };
    let mut rows = vec![Row::strong(row(words::everybody(l), &flow.touch.all))];
    rows.extend(flow.touch.by_source.iter().map(|curve| Row::new(row(curve.source.to_string(), curve))));
    Table::of(columns, rows.into_iter(), cx)
}
