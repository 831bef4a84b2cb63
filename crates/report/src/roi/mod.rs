//! "What Pointsman brought in": money with an interval, and the sentence that the evidence allows.

mod cause;
mod inputs;
pub(crate) mod money;
mod next;

use pointsman_measure::{
    Estimate,
    roi::{Claim, Date, RoiResult},
};
use serde::Serialize;

use crate::{
    Cx, Day, Interval, Locale, Page, Section, Unit,
    page::Link,
    part::{Notice, Provenance, Tile, Tone, Verdict},
    words::roi as words,
};

/// What the page needs besides the result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoiReport<'a> {
    pub result: &'a RoiResult,
    /// Every lead of the period has had its maturity window.
    pub mature: bool,
    pub provenance: Provenance,
}

/// The page in one language; `other` is the address of the other one.
pub fn page(report: &RoiReport<'_>, other: Option<String>, cx: Cx) -> Page {
    let (l, result) = (cx.locale, report.result);
    let mut sections = vec![
        money::missed(result, cx),
        money::section(result, cx),
        cause::section(result, cx),
        money::costs(result, cx),
        next::section(result, cx),
        next::sensitivity(result, cx),
        inputs::section(result, cx),
    ];
    sections.extend(inputs::notes(result, cx));
    sections.push(elsewhere(l));
    sections[0].notices.splice(0..0, notices(report, l));
    let spec = &result.spec;
    Page {
        title: words::title(l, &spec.name),
        kicker: words::kicker(
            l,
            &date(l, spec.period.from),
            &day_before(l, spec.period.until),
            &words::n_leads(l, spec.funnel.leads()),
            &date(l, spec.start),
        ),
        question: words::question(l),
        verdict: Some(verdict(result, l)),
        tiles: tiles(result, l),
        sections,
        provenance: report.provenance.clone(),
        other_language: other,
    }
}

fn notices(report: &RoiReport<'_>, l: Locale) -> Vec<Notice> {
    let (result, spec) = (report.result, &report.result.spec);
    let mut texts = Vec::new();
    if !result.frozen_in_time {
        texts.push(words::not_frozen_in_time(l, &date(l, result.frozen.frozen_on()), &date(l, spec.start)));
    }
    if !report.mature {
        texts.push(words::not_mature(l, &l.date(Day::from_unix_days(spec.mature_on_unix_days()))));
    }
    if result.other_season() && result.counted().is_some_and(|judged| !judged.evidence.design.is_randomised()) {
        texts.push(words::other_season(l));
    }
    texts.into_iter().map(|text| Notice { tone: Tone::Warn, text }).collect()
}

fn verdict(result: &RoiResult, l: Locale) -> Verdict {
    let (roi, unit) = (&result.roi, unit(result));
    let net = unit.show(l, roi.net.value.abs());
    let answer = match roi.net.value {
        net_value if net_value > 0.0 => words::verdict_more(l, &net),
        net_value if net_value < 0.0 => words::verdict_less(l, &net),
        _ => words::verdict_nothing(l),
    };
    let sure = roi.net.low > 0.0 && result.counted().is_some_and(|judged| judged.claim == Claim::Caused);
    let tone = match roi.net {
        net if net.high < 0.0 => Tone::Bad,
        _ if sure => Tone::Good,
        _ => Tone::Warn,
    };
    let (benefit, cost) = (unit.show(l, roi.benefit.value), unit.show(l, result.spec.cost().value));
    let claim = claim(result, l);
    Verdict {
        tone,
        answer,
        sentence: words::verdict_sentence(l, &benefit, &range(l, unit, roi.benefit), &cost, &claim),
    }
}

/// The sentence that the evidence allows.
pub(crate) fn claim(result: &RoiResult, l: Locale) -> String {
    let claim = words::claim_of(l, result.roi.claim);
    match result.counted() {
        // What is stated must not hide what the wins rest on.
        Some(judged) if result.roi.claim == Claim::AsStated => {
            format!("{claim} {}", words::of_the_wins(l, &words::claim_of(l, judged.claim)))
        }
        _ => claim,
    }
}

fn tiles(result: &RoiResult, l: Locale) -> Vec<Tile> {
    let (roi, unit) = (&result.roi, unit(result));
    let points = Unit::points(1);
    let mut tiles = vec![Tile {
        label: words::tile_benefit(l),
        value: unit.show(l, roi.benefit.value),
        detail: range(l, unit, roi.benefit),
    }];
    tiles.extend(result.counted().map(|judged| Tile {
        label: words::tile_effect(l),
        value: points.show(l, judged.evidence.effect.value),
        detail: range(l, points, judged.evidence.effect),
    }));
    tiles.extend(roi.roi.map(|e| Tile {
        label: words::tile_roi(l),
        value: Unit::percent(0).show(l, e.value),
        detail: range(l, Unit::percent(0), e),
    }));
    tiles.push(match roi.payback_weeks {
        Some(weeks) => Tile {
            label: words::tile_payback(l),
            value: words::weeks(l, &l.number(weeks, 1)),
            detail: words::tile_payback_detail(l),
        },
        None => Tile { label: words::tile_payback(l), value: words::never(l), detail: String::new() },
    });
    tiles
}

/// Where a live page goes on: the file, other quarters.
pub fn more(links: Vec<Link>, cx: Cx) -> Section {
    Section { id: "more".into(), heading: words::more(cx.locale), links, ..Section::default() }
}

/// What a live page says before any quarter was told.
pub fn nothing_yet(cx: Cx) -> Section {
    let l = cx.locale;
    Section {
        id: "nothing".into(),
        heading: words::nothing_yet(l),
        sentence: words::nothing_yet_sentence(l),
        notices: vec![Notice { tone: Tone::Neutral, text: words::nothing_yet_next(l) }],
        ..Section::default()
    }
}

/// The two of the seven questions that other reports answer.
fn elsewhere(l: Locale) -> Section {
    let neutral = |text| Notice { tone: Tone::Neutral, text };
    Section {
        id: "elsewhere".into(),
        heading: words::elsewhere(l),
        notices: vec![neutral(words::elsewhere_speed(l)), neutral(words::elsewhere_spread(l))],
        ..Section::default()
    }
}

fn unit(result: &RoiResult) -> Unit {
    Unit::money(result.spec.currency)
}

fn range(l: Locale, unit: Unit, e: Estimate) -> String {
    unit.range(l, e.low, e.high)
}

fn interval(e: Estimate) -> Interval {
    if e.low < e.high { Interval::new(e.value, e.low, e.high) } else { Interval::point(e.value) }
}

/// A cell of a table: nothing where there is no interval.
fn maybe_range(l: Locale, unit: Unit, e: Estimate) -> String {
    if e.low < e.high { range(l, unit, e) } else { String::new() }
}

fn date(l: Locale, date: Date) -> String {
    l.date(Day::from_unix_days(date.unix_days()))
}

/// The last day of what ends before `date`.
fn day_before(l: Locale, date: Date) -> String {
    l.date(Day::from_unix_days(date.unix_days() - 1))
}
