//! Refitting as time goes on, beside a model that is left alone, and what that says about when to
//! refit.
//!
//! The test rows are cut into stretches. Before each, a model is trained on what was known by then
//! and predicts the stretch; the first model predicts all of them. The recommended way of use is the
//! former: on real histories refitting is worth more than the choice of the learner.

use pointsman_domain::Micros;
use pointsman_scoring::{
    FeatureTable, Interval, TimeScale,
    metrics::{self, row_loss},
};
use serde::{Deserialize, Serialize};

use crate::{
    compare::probabilities,
    evaluate::{EvaluateConfig, EvaluateError, Evaluated, Split, conclude, split},
    quality,
    train::{Trained, train},
};

const DRAWS: usize = 1000;
/// Standard errors by which refitting must have gained before it is said to have paid.
const Z: f64 = 2.0;
/// Standard errors by which wins may miss their expectation before that is called a fault.
const MISSED: f64 = 3.0;
/// Above this stability index a feature has moved (Siddiqi 2006).
const SHIFT: f64 = 0.25;

/// How long a model is used before the next refit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// The test rows in this many stretches of equal size.
    Parts(usize),
    /// Only where times are known.
    Time(Micros),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollingReport {
    pub stretches: Vec<Stretch>,
    /// Log-loss of the model left alone − log-loss of the refitted ones, paired bootstrap.
    pub gain: Interval,
    pub advice: Advice,
}

/// One stretch of the test rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// Times as the table has them.
    pub from: i64,
    pub until: i64,
    pub rows: u64,
    pub rows_train: u64,
    pub log_loss: f64,
    /// Of the model that was left alone since the first stretch.
    pub fixed_log_loss: f64,
    pub base_log_loss: f64,
    /// (wins − wins that the model left alone expected) in standard errors.
    pub fixed_missed: f64,
    /// Features that moved since the first training, most first.
    pub moved: Vec<Moved>,
    pub train_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    pub feature: Box<str>,
    pub stability_index: f64,
}

/// When to refit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// After so many stretches refitting had paid beyond chance: refit at least that often.
    RefitEvery { stretches: u64 },
    /// The model left alone is off by more than chance from this stretch on, though refitting does
    /// not mend it beyond chance yet: watch it.
    Watch { stretch: u64 },
    /// Neither: refitting when new data are plenty is enough.
    NoNeed,
}

/// Trains before each stretch; the evaluation is that of the refitted models.
#[expect(clippy::disallowed_methods, reason = "training times are part of the judgement and decide nothing")]
pub fn evaluate_rolling(
    table: &FeatureTable,
    config: &EvaluateConfig,
    every: Every,
) -> Result<(Evaluated, RollingReport), EvaluateError> {
    let (train_rows, mut test_rows) = split(table, config)?;
    if train_rows.is_empty() || test_rows.is_empty() {
        return Err(EvaluateError::Split { train: train_rows.len(), test: test_rows.len() });
    }
    test_rows.sort_by_key(|&row| table.ts[row]);
    let is_first: Vec<bool> = mark(table.len(), &train_rows);
    let mut first: Option<Trained> = None;
    let mut last: Option<Trained> = None;
    let (mut predictions, mut fixed) = (Vec::new(), Vec::new());
    let (mut stretches, mut seconds) = (Vec::new(), 0.0);
    for rows in cut(table, &test_rows, every) {
        let from = table.ts[rows[0]];
        let known: Vec<usize> = match last {
            None => train_rows.clone(),
            Some(_) => {
                let known = |&row: &usize| table.ts[row] < from && (is_first[row] || table.label_ts[row] < from);
                (0..table.len()).filter(known).collect()
            }
        };
        let mut train_config = config.train.clone();
        if config.labels_known
            && let Split::At(at) = config.split
        {
            train_config.known_before = Some(at.max(if last.is_some() { from } else { at }));
        }
        let start = std::time::Instant::now();
        let trained = train(&table.take(&known), &train_config)?;
        let train_seconds = start.elapsed().as_secs_f64();
        seconds += train_seconds;
        let stretch = table.take(&rows);
        let p = probabilities(&stretch, &trained.artifact);
        let alone = probabilities(&stretch, &first.as_ref().unwrap_or(&trained).artifact);
        let base = first.as_ref().unwrap_or(&trained).card.base_rate;
        stretches.push(Stretch {
            from,
            until: table.ts[rows[rows.len() - 1]],
            rows: rows.len() as u64,
            rows_train: trained.encoded.len() as u64,
            log_loss: metrics::log_loss(&p, &stretch.y),
            fixed_log_loss: metrics::log_loss(&alone, &stretch.y),
            base_log_loss: metrics::log_loss(&vec![base; rows.len()], &stretch.y),
            fixed_missed: missed(&alone, &stretch.y),
            moved: moved(table, &train_rows, &rows),
            train_seconds,
        });
        predictions.extend(p);
        fixed.extend(alone);
        first.get_or_insert_with(|| trained.clone());
        last = Some(trained);
    }
    let won: Vec<bool> = test_rows.iter().map(|&row| table.y[row]).collect();
    let saved: Vec<f64> =
        (0..won.len()).map(|i| row_loss(fixed[i], won[i]) - row_loss(predictions[i], won[i])).collect();
    let report = RollingReport {
        gain: metrics::paired_bootstrap(&saved, DRAWS, config.train.seed),
        advice: advice(&stretches, &saved),
        stretches,
    };
    let trained = last.expect("there is at least one stretch");
    let evaluated = conclude(table, &train_rows, test_rows, trained, predictions, seconds, None);
    Ok((evaluated, report))
}

fn mark(rows: usize, chosen: &[usize]) -> Vec<bool> {
    let mut marks = vec![false; rows];
    chosen.iter().for_each(|&row| marks[row] = true);
    marks
}

/// Stretches of rows in order of time; rows of one instant stay together.
fn cut(table: &FeatureTable, rows: &[usize], every: Every) -> Vec<Vec<usize>> {
    let (start, mut stretches): (i64, Vec<Vec<usize>>) = (table.ts[rows[0]], Vec::new());
    let mut current = 0;
    for (place, &row) in rows.iter().enumerate() {
        let wanted = match every {
            Every::Time(length) if table.time_scale == TimeScale::Micros => {
                (table.ts[row].saturating_sub(start) / length.0.max(1)) as usize
            }
            Every::Time(_) => 0,
            Every::Parts(parts) => place * parts.max(1) / rows.len(),
        };
        let together = place > 0 && table.ts[rows[place - 1]] == table.ts[row];
        if stretches.is_empty() || (wanted != current && !together) {
            stretches.push(Vec::new());
            current = wanted;
        }
        stretches.last_mut().expect("pushed above").push(row);
    }
    stretches
}

fn missed(p: &[f64], won: &[bool]) -> f64 {
    let excess: f64 = p.iter().zip(won).map(|(p, &y)| f64::from(u8::from(y)) - p).sum();
    let variance: f64 = p.iter().map(|p| p * (1.0 - p)).sum();
    excess / variance.max(f64::MIN_POSITIVE).sqrt()
}

fn moved(table: &FeatureTable, before: &[usize], now: &[usize]) -> Vec<Moved> {
    let columns = quality::between(table, before, now).into_iter().filter(|column| column.drift > SHIFT);
    let mut moved: Vec<Moved> =
        columns.map(|column| Moved { feature: column.name, stability_index: column.drift }).collect();
    moved.sort_by(|a, b| b.stability_index.total_cmp(&a.stability_index));
    moved
}

/// The first stretch by whose end refitting had saved more than [`Z`] standard errors.
fn advice(stretches: &[Stretch], saved: &[f64]) -> Advice {
    let first = stretches.first().map_or(0, |s| s.rows as usize);
    let mut end = first;
    for (age, stretch) in stretches.iter().enumerate().skip(1) {
        end += stretch.rows as usize;
        let gains = &saved[first..end];
        let n = gains.len() as f64;
        let mean = gains.iter().sum::<f64>() / n;
        let error = gains.iter().map(|g| (g - mean).powi(2)).sum::<f64>().sqrt() / n;
        if mean > Z * error {
            return Advice::RefitEvery { stretches: age as u64 };
        }
    }
    let off = stretches.iter().position(|s| s.fixed_missed.abs() > MISSED);
    off.map_or(Advice::NoNeed, |stretch| Advice::Watch { stretch: stretch as u64 + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(rows: u64, fixed_missed: f64) -> Stretch {
        Stretch {
            from: 0,
            until: 0,
            rows,
            rows_train: 0,
            log_loss: 0.0,
            fixed_log_loss: 0.0,
            base_log_loss: 0.0,
            fixed_missed,
            moved: Vec::new(),
            train_seconds: 0.0,
        }
    }

    #[test]
    fn advice_waits_for_evidence() {
        let stretches = [stretch(100, 0.0), stretch(100, 0.0), stretch(100, 4.0)];
        let noise: Vec<f64> = (0..300).map(|i| if i % 2 == 0 { 0.1 } else { -0.1 }).collect();
        assert_eq!(advice(&stretches, &noise), Advice::Watch { stretch: 3 });
        assert_eq!(advice(&stretches[..2], &noise[..200]), Advice::NoNeed);
        let gain: Vec<f64> = noise.iter().enumerate().map(|(i, x)| x + if i < 200 { 0.0 } else { 0.2 }).collect();
        assert_eq!(advice(&stretches, &gain), Advice::RefitEvery { stretches: 2 });
    }

    #[test]
    fn stretches_keep_an_instant_together() {
        let mut table = FeatureTable { ts: vec![1, 2, 2, 2, 3, 9], ..FeatureTable::default() };
        let rows: Vec<usize> = (0..6).collect();
        assert_eq!(cut(&table, &rows, Every::Parts(3)), [vec![0, 1, 2, 3], vec![4, 5]]);
        assert_eq!(cut(&table, &rows, Every::Time(Micros(4))), [vec![0, 1, 2, 3, 4], vec![5]]);
        table.time_scale = TimeScale::Order;
        assert_eq!(cut(&table, &rows, Every::Time(Micros(4))).len(), 1);
    }
}
