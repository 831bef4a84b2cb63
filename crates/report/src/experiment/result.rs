//! The result of a test: the verdict, the naive interval beside the right one, and whether it was healthy.

use super::{EffectRow, Names, TestResult, TestVerdict, words};
use crate::{
    Chart, Cx, Figure, Interval, Role, Section, Unit,
    chart::{Forest, ForestMark, ForestRow, Lines, Point, RowStyle, Series, Strip},
    part::{Notice, Tone, Verdict},
};

const POINTS: Unit = Unit::points(1);
const RATE: Unit = Unit::percent(1);

/// Verdict, health, effect, course and plan of one test.
pub fn section(test: &TestResult, names: &Names, cx: Cx) -> Section {
    let l = cx.locale;
    let (from, until) = (l.date(test.from), l.date(test.until));
    let mut figures = Vec::new();
    // What must not be read is not drawn: a picture would be believed all the same.
    if test.is_readable() {
        if !test.analyses.is_empty() {
            figures.push(analyses(test, names, cx));
        }
        if test.looks.len() > 1 {
            figures.push(looks(test, cx));
        }
    }
    figures.extend(strip(test, names, cx));
    Section {
        id: "test".into(),
        heading: words::test(l),
        sentence: sentence(test, names, cx),
        notices: vec![health(test, cx), identity(test, cx)],
        figures,
        tables: Vec::new(),
        method: vec![
            words::test_about(l, &test.name, &from, &until, &words::design(l, test.design)),
            words::hypothesis(l, &test.hypothesis),
            words::design_method(l, test.design),
            words::always_valid_method(l),
        ],
        ..Section::default()
    }
}

/// The answer, and the sentence that carries its numbers.
pub fn verdict(test: &TestResult, names: &Names, cx: Cx) -> Verdict {
    let l = cx.locale;
    let (tone, answer) = match test.verdict {
        TestVerdict::ShipVariant => (Tone::Good, words::ship(l)),
        TestVerdict::KeepControl => (Tone::Bad, words::keep(l)),
        TestVerdict::Undecided => (Tone::Neutral, words::undecided(l)),
        TestVerdict::Running { .. } => (Tone::Neutral, words::running(l)),
        TestVerdict::TooSoon => (Tone::Neutral, words::too_soon(l)),
        TestVerdict::Unhealthy => (Tone::Bad, words::unhealthy(l)),
    };
    Verdict { tone, answer, sentence: sentence(test, names, cx) }
}

/// The verdict with its number and interval.
fn sentence(test: &TestResult, names: &Names, cx: Cx) -> String {
    let l = cx.locale;
    let (old, new) = (&names.control, &names.variant);
    let effect = (POINTS.show(l, test.effect.est), POINTS.range(l, test.effect.lo, test.effect.hi));
    let rates = (RATE.show(l, test.variant_rate.est), RATE.show(l, test.control_rate.est));
    match test.verdict {
        TestVerdict::ShipVariant => words::ship_sentence(l, new, &rates.0, &rates.1, old, &effect.0, &effect.1),
        TestVerdict::KeepControl => words::keep_sentence(l, new, &rates.0, &rates.1, old, &effect.0, &effect.1),
        TestVerdict::Undecided => words::undecided_sentence(l, new, old, &effect.0, &effect.1),
        TestVerdict::Running { days_left } => words::running_sentence(l, &words::days(l, days_left)),
        TestVerdict::TooSoon => words::too_soon_sentence(l),
        TestVerdict::Unhealthy if test.srm.healthy => words::invalid_sentence(l),
        TestVerdict::Unhealthy => words::unhealthy_sentence(l),
    }
}

fn health(test: &TestResult, cx: Cx) -> Notice {
    let l = cx.locale;
    let srm = &test.srm;
    let total = srm.control + srm.variant;
    let share = if total == 0 { f64::NAN } else { srm.variant as f64 / total as f64 };
    let numbers = (RATE.show(l, share), RATE.show(l, srm.planned), l.number(srm.p_value, 3));
    let early = total == 0 || srm.p_value.is_nan() || test.verdict == TestVerdict::TooSoon;
    let (tone, text) = match srm.healthy {
        true if early => (Tone::Neutral, words::srm_open(l, &l.count(total), &numbers.1)),
        true => (Tone::Good, words::srm_fine(l, &numbers.0, &numbers.1, &numbers.2)),
        // Leads in a variant that should have none are a fault whatever the rest says.
        false if srm.p_value.is_nan() => (Tone::Bad, words::srm_stray(l)),
        false => (Tone::Bad, words::srm_failed(l, &numbers.0, &numbers.1, &numbers.2)),
    };
    Notice { tone, text }
}

/// Every exposed unit is accounted for, or the difference is named.
fn identity(test: &TestResult, cx: Cx) -> Notice {
    let l = cx.locale;
    let sums = &test.accounting;
    let excluded: u64 = sums.excluded.iter().map(|(_, n)| n).sum();
    let reasons: Vec<String> =
        sums.excluded.iter().filter(|(_, n)| *n > 0).map(|(why, n)| words::exclusion(l, *why, &l.count(*n))).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let accounted = sums.matured + sums.pending + excluded;
    let closed = accounted == sums.exposed;
    let [exposed, matured, pending, excluded] =
        [sums.exposed, sums.matured, sums.pending, excluded].map(|n| l.count(n));
    let mut text = if closed {
        words::accounting(l, &exposed, &matured, &pending, &excluded, &reasons)
    } else {
        let gap = l.count(accounted.abs_diff(sums.exposed));
        words::accounting_open(l, &exposed, &matured, &pending, &excluded, &reasons, &gap)
    };
    if let Some(crossed) = test.crossed_periods {
        text += &format!(" {}", words::crossed(l, &l.count(crossed)));
    }
    Notice { tone: if closed { Tone::Good } else { Tone::Bad }, text }
}

fn analyses(test: &TestResult, names: &Names, cx: Cx) -> Figure {
    let l = cx.locale;
    let row = |row: &EffectRow| ForestRow {
        label: words::analysis(l, row.analysis),
        note: words::analysis_note(l, row.analysis),
        value: row.effect,
        style: if row.trusted { RowStyle::Plain } else { RowStyle::Doubtful },
    };
    let truth = test.truth.map(|at| ForestMark { at, label: words::truth(l, &POINTS.show(l, at)) });
    let caption = if truth.is_some() { words::truth_caption(l) } else { String::new() };
    Figure {
        id: "effects".into(),
        finding: words::effects_finding(l),
        caption,
        chart: Chart::Forest(Forest {
            unit: POINTS,
            axis: words::effect_axis(l),
            reference: Some(0.0),
            below: words::better(l, &names.control),
            above: words::better(l, &names.variant),
            rows: test.analyses.iter().map(row).collect(),
            marks: truth.into_iter().collect(),
        }),
    }
}

fn looks(test: &TestResult, cx: Cx) -> Figure {
    let l = cx.locale;
    let points = test.looks.iter().map(|look| Point { x: look.unix_day as f64, y: look.effect });
    // The first look from which on every later one excludes zero as well.
    let open = test.looks.iter().rposition(|look| !look.effect.excludes(0.0));
    let decided = test.looks.get(open.map_or(0, |at| at + 1));
    let finding = decided.map_or_else(
        || words::looks_open(l),
        |look| words::looks_decided(l, &Unit::day().show(l, look.unix_day as f64)),
    );
    let mut series = vec![Series { name: words::effect(l), role: Role::Variant, points: points.collect() }];
    if let (Some(truth), Some(first), Some(last)) = (test.truth, test.looks.first(), test.looks.last()) {
        let ends = [first, last].map(|look| Point { x: look.unix_day as f64, y: Interval::point(truth) });
        series.push(Series { name: words::truth_short(l), role: Role::Third, points: ends.to_vec() });
    }
    Figure {
        id: "looks".into(),
        finding,
        caption: words::looks_caption(l),
        chart: Chart::Lines(Lines {
            x: Unit::day(),
            x_title: String::new(),
            y: POINTS,
            y_title: words::effect_axis(l),
            series,
            reference: Some(0.0),
            stepped: true,
        }),
    }
}

fn strip(test: &TestResult, names: &Names, cx: Cx) -> Option<Figure> {
    let l = cx.locale;
    let plan = test.switchback.as_ref()?;
    Some(Figure {
        id: "switchback".into(),
        finding: words::strip_finding(l, &l.count(plan.units.len() as u64), &l.count(plan.periods.len() as u64)),
        caption: String::new(),
        chart: Chart::Strip(Strip {
            units: plan.units.clone(),
            periods: plan.periods.clone(),
            slots: plan.slots.clone(),
            control: names.control.clone(),
            variant: names.variant.clone(),
        }),
    })
}
