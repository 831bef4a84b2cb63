//! Methods that read cells: clusters, strata, periods, reps.

use crate::{
    moments::Moments,
    spec::MetricKind,
    stats::{
        cluster::{self, Cluster},
        effect::{self, Effect, Sample, Scale},
        heterogeneity,
        lift::LiftMethod,
        multiplicity::{self, Adjustment},
        paired, post_stratification,
        switchback::{self, Period, SmallSample},
    },
    undefined::Undefined,
};

use super::{
    super::{
        accumulate::Cells,
        result::{
            Cell, ClusteredResult, LiftResult, MeansResult, PairedResult, PeriodsResult, StratifiedResult, Tested,
        },
    },
    Context, SEED, relative_to, tested, tested_normal,
};

impl Context<'_> {
    /// The difference within epochs, weighted by their sizes: a change of weights half-way mixes
    /// early and late leads differently into the variants, and only this undoes it.
    pub(super) fn by_epoch(&self, cells: &Cells, lift: LiftMethod) -> MeansResult {
        let codes = self.sorted_codes();
        let [control, treatment] = self.pooled_cells(cells, &codes);
        let mut result = self.difference(control, treatment, lift);
        if codes.len() < 2 {
            return result;
        }
        let pairs = self.sample_pairs(cells, &codes);
        let on = |scale| {
            let within = post_stratification::effect(&pairs, scale);
            within.and_then(|s| tested_normal(s.estimate, s.std_error, self.alpha))
        };
        let (absolute, relative) = (on(Scale::Absolute), on(Scale::Relative));
        let units = control.n + treatment.n;
        let effect = |t: Tested| Effect { estimate: t.estimate, std_error: t.std_error, df: units };
        result.naive = Some(result.absolute);
        result.newcombe = None;
        result.anytime = absolute.map(|t| self.anytime(&effect(t), units)).into();
        result.margin = self.margin(&absolute.map(effect), &relative.map(effect));
        result.absolute = absolute.into();
        result.relative = relative
            .map(|t| LiftResult {
                estimate: t.estimate,
                method: LiftMethod::Delta,
                std_error: Some(t.std_error),
                df: None,
                p_value: Some(t.p_value),
                low: Some(t.low),
                high: Some(t.high),
            })
            .into();
        result
    }

    /// Both variants of each cell, with the binomial variance for rates.
    fn sample_pairs(&self, cells: &Cells, codes: &[usize]) -> Vec<(Sample, Sample)> {
        let binary = matches!(self.metric.kind, MetricKind::Binary { .. });
        let sample = |m: Moments| if binary { Sample::proportion(m.sum(), m.n) } else { m.into() };
        codes
            .iter()
            .map(|code| {
                let [c, t] = self.arms(cells, *code);
                (sample(c), sample(t))
            })
            .collect()
    }

    pub(super) fn clustered(&self, cells: &Cells) -> ClusteredResult {
        let codes = self.sorted_codes();
        let clusters: Vec<Cluster> = codes
            .iter()
            .map(|code| {
                let [control, treatment] = self.arms(cells, *code);
                Cluster { control, treatment }
            })
            .collect();
        let [control, treatment] = self.pooled_cells(cells, &codes);
        let details = cluster::difference(&clusters);
        let robust = details.and_then(|d| {
            if !d.enough_clusters {
                return Err(Undefined::TooFewClusters);
            }
            if d.se_cr1 <= 0.0 {
                return Err(Undefined::ZeroVariance);
            }
            Ok(Effect { estimate: d.estimate, std_error: d.se_cr1, df: d.df })
        });
        let naive = effect::welch(&control.into(), &treatment.into());
        let relative = robust.and_then(|e| relative_to(&e, control.mean));
        let mean = |m: Moments| (m.n > 0.0).then_some(m.mean);
        ClusteredResult {
            control: mean(control),
            treatment: mean(treatment),
            absolute: robust.map(|e| tested(&e, self.alpha)).into(),
            naive: naive.map(|e| tested(&e, self.alpha)).into(),
            anytime: robust.map(|e| self.anytime(&e, e.df + 1.0)).into(),
            design_effect: details.ok().map(|d| d.design_effect()).filter(|d| d.is_finite()),
            details: details.into(),
            margin: self.margin(&robust, &relative),
        }
    }

    pub(super) fn stratified(&self, cells: &Cells) -> StratifiedResult {
        let codes = self.sorted_codes();
        let binary = matches!(self.metric.kind, MetricKind::Binary { .. });
        let sample = |m: Moments| if binary { Sample::proportion(m.sum(), m.n) } else { m.into() };
        let pairs = self.sample_pairs(cells, &codes);
        let on = |scale| post_stratification::effect(&pairs, scale);
        let (absolute, relative) = (on(Scale::Absolute), on(Scale::Relative));
        let [control, treatment] = self.pooled_cells(cells, &codes);
        let naive = effect::welch(&sample(control), &sample(treatment));
        let effects: Vec<Result<Effect, Undefined>> = pairs.iter().map(|(c, t)| effect::welch(c, t)).collect();
        let as_effect = |s: Result<post_stratification::Stratified, Undefined>| {
            s.map(|s| Effect { estimate: s.estimate, std_error: s.std_error, df: control.n + treatment.n })
        };
        StratifiedResult {
            absolute: absolute.into(),
            relative: relative.into(),
            tested: absolute.and_then(|s| tested_normal(s.estimate, s.std_error, self.alpha)).into(),
            naive: naive.map(|e| tested(&e, self.alpha)).into(),
            heterogeneity: heterogeneity_of(&effects).into(),
            cells: self.segment_cells(&codes, &pairs, &effects),
            margin: self.margin(&as_effect(absolute), &as_effect(relative)),
        }
    }

    fn segment_cells(
        &self,
        codes: &[usize],
        pairs: &[(Sample, Sample)],
        effects: &[Result<Effect, Undefined>],
    ) -> Vec<Cell> {
        let p_values: Vec<f64> = effects.iter().flatten().map(Effect::p_two_sided).collect();
        let mut adjusted = multiplicity::adjust(&p_values, Adjustment::BenjaminiHochberg).into_iter();
        let mut shrunken = heterogeneity_of(effects).map(|h| h.shrunken).unwrap_or_default().into_iter();
        let names = self.gathered.names(self.index);
        codes
            .iter()
            .zip(pairs)
            .zip(effects)
            .map(|((code, (c, t)), effect)| Cell {
                cell: names[*code].clone(),
                units: [c.n as u64, t.n as u64],
                effect: effect.map(|e| tested(&e, self.alpha)).into(),
                adjusted_p: effect.ok().and_then(|_| adjusted.next()),
                shrunken: effect.ok().and_then(|_| shrunken.next()),
            })
            .collect()
    }

    pub(super) fn periods(&self, cells: &Cells, lag: usize) -> Result<PeriodsResult, Undefined> {
        let mut periods = Vec::new();
        for code in self.sorted_codes() {
            let [c, t] = self.arms(cells, code);
            match (c.n > 0.0, t.n > 0.0) {
                (true, true) => return Err(Undefined::TooFewClusters),
                (true, false) => periods.push(Period { outcome: c.mean, treated: false }),
                (false, true) => periods.push(Period { outcome: t.mean, treated: true }),
                (false, false) => {}
            }
        }
        let estimate = switchback::difference(&periods)?;
        let std_error = switchback::hac_se(&periods, lag, SmallSample::Corrected)?;
        if std_error <= 0.0 {
            return Err(Undefined::ZeroVariance);
        }
        let effect = Effect { estimate, std_error, df: periods.len() as f64 - 2.0 };
        let share = periods.iter().filter(|p| p.treated).count() as f64 / periods.len() as f64;
        Ok(PeriodsResult {
            periods: periods.len() as u32,
            tested: tested(&effect, self.alpha),
            lag,
            naive_std_error: switchback::hac_se(&periods, 0, SmallSample::Corrected)?,
            randomisation_p: switchback::randomisation_p(&periods, SEED)?,
            carry_over: switchback::carry_over(&periods).map(|e| tested(&e, self.alpha)).into(),
            horvitz_thompson: [0, 1, 2].map(|order| switchback::horvitz_thompson(&periods, order, share).ok()),
        })
    }

    pub(super) fn paired(&self, cells: &Cells) -> Result<PairedResult, Undefined> {
        let weights = self.pair.map(|v| self.gathered.spec.variants[v].weight);
        if weights.iter().any(|w| *w <= 0.0) {
            return Err(Undefined::ParameterOutOfRange);
        }
        let (mut control, mut treatment) = (Vec::new(), Vec::new());
        for code in self.sorted_codes() {
            let [c, t] = self.arms(cells, code);
            if c.n + t.n > 0.0 {
                control.push(c.sum() / weights[0]);
                treatment.push(t.sum() / weights[1]);
            }
        }
        Ok(PairedResult {
            reps: control.len() as u32,
            absolute: paired::paired_t(&control, &treatment).map(|e| tested(&e, self.alpha)).into(),
            naive: paired::unpaired(&control, &treatment).map(|e| tested(&e, self.alpha)).into(),
            sign_flip_p: paired::sign_flip_p(&control, &treatment, SEED)?,
            lift: paired::ratio_lift(&control, &treatment).into(),
        })
    }

    /// Cells in the order of their names, so that sums do not depend on the order of rows.
    fn sorted_codes(&self) -> Vec<usize> {
        let names = self.gathered.names(self.index);
        let mut codes: Vec<usize> = (0..names.len()).collect();
        codes.sort_by(|a, b| names[*a].cmp(&names[*b]));
        codes
    }

    fn arms(&self, cells: &Cells, code: usize) -> [Moments; 2] {
        self.pair.map(|v| cells.moments(code, v))
    }

    fn pooled_cells(&self, cells: &Cells, codes: &[usize]) -> [Moments; 2] {
        codes.iter().fold([Moments::default(); 2], |[c, t], code| {
            let [dc, dt] = self.arms(cells, *code);
            [c.merge(dc), t.merge(dt)]
        })
    }
}

fn heterogeneity_of(effects: &[Result<Effect, Undefined>]) -> Result<heterogeneity::Heterogeneity, Undefined> {
    let known: Vec<&Effect> = effects.iter().flatten().collect();
    let estimates: Vec<f64> = known.iter().map(|e| e.estimate).collect();
    let errors: Vec<f64> = known.iter().map(|e| e.std_error).collect();
    heterogeneity::segments(&estimates, &errors)
}
