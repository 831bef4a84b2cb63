//! The model card: everything a reader should know, as numbers.

use pointsman_domain::{Instant, RepIndex, math};
use pointsman_scoring::{
    Artifact, FeatureTable, Interval, LayerTrial, LeadRow, Model, ModelCard, Part, TimeScale,
    artifact::{Inputs, Segment},
    card::{Contribution, Interaction, LearningPoint, Limit, RepEffect, Scale},
    metrics, segment,
};

use crate::{chain::HeldOut, encode::Encoded, held_out, quality};

/// Interactions listed, and training rows that contributions are measured on.
const LISTED: usize = 50;
const SAMPLED: usize = 4000;
/// Leads below which a rep's score is mostly the prior.
const THIN: u64 = 20;
const FEW_ROWS: u64 = 1000;

/// What the card is written from.
#[derive(Debug)]
pub struct Sources<'a> {
    pub table: &'a FeatureTable,
    /// The rows trained on, in order of time.
    pub rows: &'a Encoded,
    pub artifact: &'a Artifact,
    pub layers: &'a [LayerTrial],
    pub immature: usize,
    pub held_out: &'a HeldOut,
    pub base: &'a HeldOut,
    pub no_rep: bool,
    pub protected_used: &'a [Box<str>],
}

pub fn card(sources: &Sources<'_>) -> ModelCard {
    let Sources { table, rows, artifact, layers, immature, held_out, base, .. } = sources;
    let wins = rows.won.iter().filter(|y| **y).count() as u64;
    let chained = |h: &HeldOut| (!h.won.is_empty()).then(|| h.mean_loss(0..h.won.len()));
    let columns = quality::columns(table);
    ModelCard {
        format: 1,
        artifact: artifact.digest(),
        spec: artifact.provenance.spec,
        data: artifact.provenance.data,
        engine: artifact.provenance.engine.clone(),
        rows: rows.len() as u64,
        rows_immature: *immature as u64,
        wins,
        base_rate: wins as f64 / rows.len() as f64,
        reps: rows.rep_names.len() as u64,
        span: span(table),
        fallback: artifact.fallback,
        layers: layers.to_vec(),
        chained: held_out::judge(held_out, base, artifact.calibration, artifact.provenance.seed),
        chained_log_loss: chained(held_out),
        chained_base_log_loss: chained(base),
        scales: scales(artifact),
        rep_effects: rep_effects(artifact, rows),
        interactions: interactions(artifact),
        contributions: contributions(artifact, rows),
        learning_curve: learning_curve(held_out, base),
        limits: limits(sources, &columns),
        columns,
        protected_used: sources.protected_used.to_vec(),
    }
}

fn span(table: &FeatureTable) -> Option<[Instant; 2]> {
    let times = || table.ts.iter().copied().filter(|_| table.time_scale == TimeScale::Micros);
    Some([times().min()?, times().max()?].map(Instant::from_unix_micros))
}

fn scales(artifact: &Artifact) -> Vec<Scale> {
    let Some(reps) = &artifact.reps else { return Vec::new() };
    let scale = |segment: Option<&Segment>, variance: f64| Scale {
        segment: segment.cloned(),
        standard_deviation: variance.sqrt(),
    };
    let slopes = reps.slopes.iter().map(|s| scale(Some(&s.segment), s.prior_variance));
    [scale(None, reps.prior_variance)].into_iter().chain(slopes).collect()
}

/// effect ± 1.96 posterior standard deviations.
fn interval(effect: f64, variance: f32) -> Interval {
    let half = 1.959_964 * f64::from(variance).sqrt();
    Interval { estimate: effect, low: effect - half, high: effect + half }
}

fn rep_effects(artifact: &Artifact, rows: &Encoded) -> Vec<RepEffect> {
    let Some(reps) = &artifact.reps else { return Vec::new() };
    let counts = rep_rows(rows);
    let each = reps.names.iter().zip(&reps.intercepts).zip(&reps.variances).zip(counts);
    each.map(|(((rep, &effect), &variance), rows)| RepEffect {
        rep: rep.clone(),
        rows,
        effect: interval(effect, variance),
    })
    .collect()
}

fn rep_rows(rows: &Encoded) -> Vec<u64> {
    let mut counts = vec![0; rows.rep_names.len()];
    for &rep in rows.rep.iter() {
        if let Some(count) = counts.get_mut(rep as usize) {
            *count += 1;
        }
    }
    counts
}

fn interactions(artifact: &Artifact) -> Vec<Interaction> {
    let Some(reps) = &artifact.reps else { return Vec::new() };
    let count = reps.names.len();
    let mut found = Vec::new();
    for block in &reps.slopes {
        for (cell, (&effect, &variance)) in block.effects.iter().zip(&block.variances).enumerate() {
            let strength = effect.abs() / f64::from(variance).sqrt();
            if strength > 1.959_964 {
                found.push((strength, cell / count, cell % count, block, interval(effect, variance)));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(LISTED);
    let name =
        |(_, level, rep, block, effect): (f64, usize, usize, &pointsman_scoring::artifact::SlopeBlock, Interval)| {
            Interaction {
                rep: reps.names[rep].clone(),
                segment: label(&artifact.inputs, &block.segment, level).into(),
                effect,
            }
        };
    found.into_iter().map(name).collect()
}

/// What a level of a segment is called: `industry = retail`, `amount ≤ 500`, `amount` (a slope).
pub fn label(inputs: &Inputs, of: &Segment, level: usize) -> String {
    match of {
        Segment::Number { input } => inputs.numbers[*input as usize].name.to_string(),
        Segment::Category { input } => {
            let input = &inputs.categories[*input as usize];
            let level = match input.levels.get(level) {
                Some(text) => text,
                None if level == input.levels.len() && input.other => "(other)",
                None => "(missing)",
            };
            format!("{} = {level}", input.name)
        }
        Segment::Bins { input, edges } => {
            let name = &inputs.numbers[*input as usize].name;
            match (level.checked_sub(1).and_then(|k| edges.get(k)), edges.get(level)) {
                _ if level > edges.len() => format!("{name} missing"),
                (None, Some(high)) => format!("{name} ≤ {high}"),
                (Some(low), Some(high)) => format!("{low} < {name} ≤ {high}"),
                (Some(low), None) => format!("{name} > {low}"),
                (None, None) => name.to_string(),
            }
        }
        Segment::Pair { first, second } => {
            let width = segment::levels(second, inputs).max(1);
            format!("{} & {}", label(inputs, first, level / width), label(inputs, second, level % width))
        }
    }
}

/// Standard deviation of each feature's part of the logit over (a sample of) the training rows.
fn contributions(artifact: &Artifact, rows: &Encoded) -> Vec<Contribution> {
    let model = Model::compile(artifact.clone(), &rows.rep_names);
    let stranger = RepIndex(rows.rep_names.len() as u32);
    let step = rows.len() / SAMPLED + 1;
    let mut sums: std::collections::BTreeMap<Part, (f64, f64)> = std::collections::BTreeMap::new();
    let mut lead = LeadRow::default();
    let mut n = 0.0;
    for row in (0..rows.len()).step_by(step) {
        let rep = rows.load(row, &mut lead).unwrap_or(stranger);
        if rep == stranger && artifact.reps.is_some() {
            continue;
        }
        n += 1.0;
        for part in model.explain(&lead, rep) {
            let (sum, squares) = sums.entry(part.part).or_default();
            *sum += part.logit;
            *squares += part.logit * part.logit;
        }
    }
    let name = |part: Part| match part {
        Part::Base => None,
        Part::Category(input) => Some(artifact.inputs.categories[input as usize].name.clone()),
        Part::Number(input) | Part::RepNumber(input) => Some(artifact.inputs.numbers[input as usize].name.clone()),
        Part::RepIntercept => Some("rep".into()),
        Part::LeadSegment(k) => {
            let of = artifact.lead.segments.get(k as usize);
            of.map(|s| short(&artifact.inputs, &s.segment).into())
        }
        Part::RepTreeCategory(input) => {
            Some(format!("rep × {} (trees)", artifact.inputs.categories[input as usize].name).into())
        }
        Part::RepTreeNumber(input) => {
            Some(format!("rep × {} (trees)", artifact.inputs.numbers[input as usize].name).into())
        }
        Part::RepSlope(block) => {
            let block = artifact.reps.as_ref().and_then(|r| r.slopes.get(block as usize));
            block.map(|b| format!("rep × {}", short(&artifact.inputs, &b.segment)).into())
        }
    };
    let deviation = |(sum, squares): (f64, f64)| (squares / n - (sum / n).powi(2)).max(0.0).sqrt();
    let mut all: Vec<Contribution> = (sums.into_iter())
        .filter_map(|(part, sums)| Some(Contribution { feature: name(part)?, standard_deviation: deviation(sums) }))
        .collect();
    all.sort_by(|a, b| b.standard_deviation.total_cmp(&a.standard_deviation).then(a.feature.cmp(&b.feature)));
    all
}

/// The features of a segment.
fn short(inputs: &Inputs, of: &Segment) -> String {
    match of {
        Segment::Number { input } | Segment::Bins { input, .. } => inputs.numbers[*input as usize].name.to_string(),
        Segment::Category { input } => inputs.categories[*input as usize].name.to_string(),
        Segment::Pair { first, second } => format!("{} × {}", short(inputs, first), short(inputs, second)),
    }
}

fn learning_curve(held_out: &HeldOut, base: &HeldOut) -> Vec<LearningPoint> {
    let mut start = 0;
    let mut points = Vec::new();
    for &(past, next) in &held_out.folds {
        let rows = start..start + next;
        start += next;
        let losses = (held_out.mean_loss(rows.clone()), base.mean_loss(rows));
        points.push(LearningPoint { rows: past as u64, log_loss: losses.0, base_log_loss: losses.1 });
    }
    points
}

fn limits(sources: &Sources<'_>, columns: &[pointsman_scoring::card::ColumnQuality]) -> Vec<Limit> {
    let artifact = sources.artifact;
    let mut limits = Vec::new();
    let mut add = |applies: bool, limit: Limit| {
        if applies {
            limits.push(limit);
        }
    };
    let rows = sources.rows.len() as u64;
    add(artifact.fallback == pointsman_scoring::Fallback::BaseRate, Limit::NoSignal);
    add(artifact.reps.is_none() && !sources.no_rep, Limit::NoRepSignal);
    add(rows < FEW_ROWS, Limit::FewRows { rows });
    add(sources.table.propensity.is_none(), Limit::NoPropensities);
    let thin = rep_rows(sources.rows).iter().filter(|n| **n < THIN).count() as u64;
    add(artifact.reps.is_some() && thin > 0, Limit::ThinReps { reps: thin });
    for column in columns {
        let constant = column.levels == Some(1) || column.range.is_some_and(|r| r[0] == r[2]);
        add(constant, Limit::ConstantColumn { name: column.name.clone() });
        let moved = Limit::Drift { name: column.name.clone(), stability_index: column.drift };
        add(column.drift > 0.25, moved);
    }
    limits
}

impl HeldOut {
    /// Weighted mean log-loss of some of the rows.
    pub fn mean_loss(&self, rows: std::ops::Range<usize>) -> f64 {
        let (mut sum, mut total) = (0.0, 0.0);
        for i in rows {
            sum += self.weight[i] * metrics::row_loss(math::sigmoid(self.logits[i]), self.won[i]);
            total += self.weight[i];
        }
        sum / total
    }
}
