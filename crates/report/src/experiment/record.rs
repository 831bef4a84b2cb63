//! The record of an experiment: why this verdict, every look, who did what, methods and formulas.

use pointsman_experiment::{
    analysis::Because,
    live::LiveExperiment,
    spec::{ExperimentSpec, MetricKind},
};
use pointsman_workhours::Zone;

use crate::{
    Cx, Section, Table, Unit,
    part::{Notice, Tone},
    table::{Column, Row},
    words::experiment_record as words,
};

/// What is told besides the numbers.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub because: &'a [Because],
    /// Absent for a table that was made elsewhere.
    pub live: Option<&'a LiveExperiment>,
    pub spec: &'a ExperimentSpec,
    /// Whose clock its moments are told by.
    pub zone: &'a Zone,
}

/// The sections after the result.
pub fn sections(record: Record<'_>, cx: Cx) -> Vec<Section> {
    let mut sections = Vec::new();
    if !record.because.is_empty() {
        sections.push(why(record, cx));
    }
    if let Some(live) = record.live {
        sections.push(looks(live, record, cx));
        if record.spec.adaptive.is_some() {
            sections.push(weights(live, record, cx));
        }
        sections.push(history(live, record.zone, cx));
    }
    sections.push(appendix(record, cx));
    sections
}

fn why(record: Record<'_>, cx: Cx) -> Section {
    let tone = |because: &Because| match because {
        Because::Better { .. } => Tone::Good,
        Because::NotComputable { .. } | Because::GuardrailUnclear { .. } => Tone::Warn,
        Because::Worse { .. } | Because::GuardrailHarmed { .. } | Because::Invalid { .. } => Tone::Bad,
        Because::NoDifference { .. }
        | Because::NotThereYet { .. }
        | Because::NothingToCompare
        | Because::Latched { .. } => Tone::Neutral,
    };
    let notice = |b: &Because| Notice { tone: tone(b), text: words::because(cx.locale, b, record.zone) };
    Section {
        id: "why".into(),
        heading: words::why(cx.locale),
        notices: record.because.iter().map(notice).collect(),
        ..Section::default()
    }
}

fn looks(live: &LiveExperiment, Record { spec, zone, .. }: Record<'_>, cx: Cx) -> Section {
    let l = cx.locale;
    let rate = |look: &pointsman_experiment::live::LookRecord| {
        let metric = spec.metrics.iter().find(|m| m.id == look.metric);
        metric.is_some_and(|m| matches!(m.kind, MetricKind::Binary { .. }))
    };
    let rows = live.looks.iter().map(|look| {
        let unit = if rate(look) { Unit::points(1) } else { Unit::number(2).signed() };
        let range = look.low.zip(look.high).map_or_else(|| "–".into(), |(low, high)| unit.range(l, low, high));
        Row::new(vec![
            l.on_clock(look.at, zone),
            look.by.to_string(),
            look.variant.to_string(),
            l.count(look.matured),
            look.estimate.map_or_else(|| "–".into(), |estimate| unit.show(l, estimate)),
            range,
            words::verdict_word(l, look.verdict),
        ])
    });
    let columns = vec![
        Column::text(words::when(l)),
        Column::text(words::who(l)),
        Column::text(words::variant(l)),
        Column::number(words::matured(l)),
        Column::number(words::effect(l)),
        Column::number(words::valid_range(l)),
        Column::text(words::verdict(l)),
    ];
    let taken = live.looks.iter().map(|look| look.at).collect::<std::collections::BTreeSet<_>>().len() as u64;
    let sentence = match taken {
        0 => words::looks_none(l),
        1 => words::looks_one(l),
        n => words::looks_sentence(l, &l.count(n)),
    };
    let tables = if taken == 0 { Vec::new() } else { vec![Table::of(columns, rows, cx)] };
    Section { id: "every-look".into(), heading: words::looks(l), sentence, tables, ..Section::default() }
}

fn weights(live: &LiveExperiment, Record { spec, zone, .. }: Record<'_>, cx: Cx) -> Section {
    let l = cx.locale;
    let rows = live.epochs.iter().map(|epoch| {
        let total: f64 = epoch.weights.iter().sum();
        let shares = epoch.weights.iter().map(|weight| Unit::percent(1).show(l, weight / total));
        Row::new([epoch.number.to_string(), l.on_clock(epoch.from, zone)].into_iter().chain(shares).collect())
    });
    let variants = spec.variants.iter().map(|variant| Column::number(variant.id.to_string()));
    let columns = [Column::text(words::epoch(l)), Column::text(words::when(l))].into_iter().chain(variants).collect();
    let moved = live.epochs.windows(2).filter(|pair| pair[0].weights != pair[1].weights).count() as u64;
    Section {
        id: "weights".into(),
        heading: words::weights(l),
        sentence: words::weights_sentence(l, &l.count(moved)),
        tables: vec![Table::of(columns, rows, cx)],
        ..Section::default()
    }
}

fn history(live: &LiveExperiment, zone: &Zone, cx: Cx) -> Section {
    let l = cx.locale;
    let rows = live.history.iter().map(|event| {
        Row::new(vec![
            l.on_clock(event.at, zone),
            event.by.to_string(),
            words::state_word(l, event.to),
            event.reason.to_string(),
        ])
    });
    let columns = [words::when(l), words::who(l), words::state(l), words::reason(l)].map(Column::text).to_vec();
    Section {
        id: "history".into(),
        heading: words::history(l),
        sentence: words::history_sentence(l, &words::state_word(l, live.state)),
        tables: vec![Table::of(columns, rows, cx)],
        method: live.frozen.iter().map(|frozen| words::frozen(l, &frozen.digest.to_string())).collect(),
        ..Section::default()
    }
}

fn appendix(record: Record<'_>, cx: Cx) -> Section {
    let l = cx.locale;
    let mut method: Vec<String> = Vec::new();
    for analysis in &record.spec.analyses {
        let text = words::method(l, &analysis.method);
        if !method.contains(&text) {
            method.push(text);
        }
    }
    method.push(words::method_looks(l));
    method.push(words::method_split(l));
    Section {
        id: "appendix".into(),
        heading: words::appendix(l),
        sentence: words::appendix_sentence(l),
        method,
        ..Section::default()
    }
}
