//! Which past leads stand for those to come, and with which weight.
//!
//! Three things are known about the mix of coming leads, and each is weighed by its evidence:
//!
//! - **Spells.** A campaign or an outage changes the mix at once and often ends as suddenly. Past
//!   leads are cut into blocks; a block whose mean features do not fit the present spell's opens
//!   another (or goes back to one seen before). What has lasted D leads is expected to last as
//!   long again: with Pareto survival (D / (D + x))², its expected share of the coming h leads is
//!   D / (D + h). The rest looks like the usual spell, the longest so far. A spell that is over
//!   is expected again only if it came more than once.
//! - **Age.** Leads of one spell are weighed in chunks: a chunk of n leads whose mean features
//!   differ from the newest chunk's by b² per direction (beyond noise) counts as
//!   1 / (1/n + b²) leads, the precision of a biased estimate.
//! - **History** from before the first lead is one more chunk of the usual spell.
//!
//! Only the past enters, in the order in which it arrived.

use super::basis::{Basis, DIRECTIONS, Features};

/// What the forecaster takes for evidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixConfig {
    /// Leads of a block, the unit in which changes are noticed.
    pub block: usize,
    /// A block opens another spell if its squared distance exceeds this. With eight directions
    /// the distance of a fitting block is χ²(8): mean 8, above 40 once in 300,000 blocks.
    pub distance: f64,
    /// Leads of a chunk whose age is judged as one.
    pub chunk: usize,
    /// Rows that stand for the coming leads, at most, nearly.
    pub rows: usize,
}

impl Default for MixConfig {
    fn default() -> Self {
        Self { block: 100, distance: 40.0, chunk: 1500, rows: 3500 }
    }
}

/// Where a row of the forecast sample stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MixRow {
    /// In the history given at the start.
    History(usize),
    /// The n-th lead pushed.
    Past(usize),
}

/// Sums of features: mergeable, so that any set of blocks has a mean.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: f64,
    sum: Features,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.n += other.n;
        (0..DIRECTIONS).for_each(|k| self.sum[k] += other.sum[k]);
    }

    fn push(&mut self, features: &Features) {
        self.add(&Self { n: 1.0, sum: *features });
    }

    /// |mean − other's mean|².
    fn apart(&self, other: &Self) -> f64 {
        (0..DIRECTIONS).map(|k| (self.sum[k] / self.n - other.sum[k] / other.n).powi(2)).sum()
    }

    /// χ² with as many degrees of freedom as directions if both have the same mean.
    fn distance(&self, other: &Self) -> f64 {
        self.apart(other) / (1.0 / self.n + 1.0 / other.n)
    }
}

/// A stretch of like leads, perhaps with interruptions.
#[derive(Debug, Clone, Default)]
struct Spell {
    /// Indices of its blocks, oldest first.
    blocks: Vec<usize>,
    episodes: u32,
    /// Leads since the present episode began.
    lasted: f64,
}

/// The forecaster: push leads as they come, ask for weights whenever prices are solved.
#[derive(Debug, Clone)]
pub struct MixForecast {
    config: MixConfig,
    basis: Option<Basis>,
    history: Sums,
    history_rows: usize,
    /// Rows pushed before there was a basis; kept until there is one.
    waiting: Vec<Vec<f64>>,
    open: Sums,
    blocks: Vec<Sums>,
    spells: Vec<Spell>,
    present: usize,
    pushed: usize,
}

/// Rows needed before directions are worth finding.
const ENOUGH: usize = 300;
/// Blocks that describe what a spell looks like now.
const RECENT_BLOCKS: usize = 30;

impl MixForecast {
    /// `history`: scores of leads from before, none if there are none; all rows of one length.
    pub fn new(history: &[&[f64]], config: MixConfig) -> Self {
        let mut forecast = Self {
            config: MixConfig { block: config.block.max(2), chunk: config.chunk.max(2), ..config },
            basis: (history.len() >= ENOUGH).then(|| Basis::of(history)),
            history: Sums::default(),
            history_rows: history.len(),
            waiting: vec![],
            open: Sums::default(),
            blocks: vec![],
            spells: vec![],
            present: 0,
            pushed: 0,
        };
        if let Some(basis) = &forecast.basis {
            history.iter().for_each(|row| forecast.history.push(&basis.describe(row)));
        }
        forecast
    }

    /// The next lead's scores.
    pub fn push(&mut self, row: &[f64]) {
        self.pushed += 1;
        match &self.basis {
            Some(basis) => {
                let features = basis.describe(row);
                self.take(&features);
            }
            None => {
                self.waiting.push(row.to_vec());
                if self.waiting.len() >= ENOUGH {
                    let rows: Vec<&[f64]> = self.waiting.iter().map(Vec::as_slice).collect();
                    let basis = Basis::of(&rows);
                    let described: Vec<Features> = rows.iter().map(|row| basis.describe(row)).collect();
                    self.basis = Some(basis);
                    self.waiting.clear();
                    described.iter().for_each(|features| self.take(features));
                }
            }
        }
    }

    pub(super) fn config(&self) -> MixConfig {
        self.config
    }

    /// Leads pushed so far.
    pub fn pushed(&self) -> usize {
        self.pushed
    }

    fn take(&mut self, features: &Features) {
        self.open.push(features);
        if self.open.n as usize == self.config.block {
            let block = std::mem::take(&mut self.open);
            self.close(block);
        }
    }

    /// Finds the spell of a full block.
    fn close(&mut self, block: Sums) {
        let fits = |spell: &Spell| self.recent(spell).distance(&block);
        let to = match self.spells.get(self.present) {
            None => 0,
            Some(present) if fits(present) <= self.config.distance => self.present,
            Some(_) => {
                let others = self.spells.iter().enumerate().map(|(k, spell)| (fits(spell), k));
                let nearest = others.min_by(|a, b| a.0.total_cmp(&b.0));
                nearest.filter(|(d, _)| *d <= self.config.distance).map_or(self.spells.len(), |(_, k)| k)
            }
        };
        if to == self.spells.len() {
            self.spells.push(Spell::default());
        }
        let spell = &mut self.spells[to];
        if to != self.present || spell.episodes == 0 {
            spell.episodes += 1;
            spell.lasted = 0.0;
        }
        spell.lasted += block.n;
        spell.blocks.push(self.blocks.len());
        self.present = to;
        self.blocks.push(block);
    }

    fn recent(&self, spell: &Spell) -> Sums {
        self.total(spell.blocks.iter().rev().take(RECENT_BLOCKS))
    }

    fn total<'a>(&self, blocks: impl Iterator<Item = &'a usize>) -> Sums {
        let mut sums = Sums::default();
        blocks.for_each(|&b| sums.add(&self.blocks[b]));
        sums
    }

    /// Rows and weights (summing to 1) that stand for the `remaining` leads to come; empty as
    /// long as there is neither history nor a lead.
    pub fn weights(&self, remaining: f64) -> Vec<(MixRow, f64)> {
        let groups = self.groups(remaining.max(1.0));
        let total: f64 = groups.iter().map(|g| g.share).sum();
        let rows: usize = groups.iter().filter(|g| g.share > 0.0).map(|g| g.rows.len()).sum();
        let step = rows.div_ceil(self.config.rows.max(1)).max(1);
        let mut weights = Vec::with_capacity(rows / step + groups.len());
        for group in groups.iter().filter(|g| g.share > 0.0 && !g.rows.is_empty()) {
            // The newest row is always among those kept.
            let kept: Vec<MixRow> = group.rows.iter().rev().step_by(step).copied().collect();
            let each = group.share / total / kept.len() as f64;
            weights.extend(kept.into_iter().rev().map(|row| (row, each)));
        }
        weights
    }

    /// Rows that are weighed alike, with their share of the coming leads.
    fn groups(&self, remaining: f64) -> Vec<Group> {
        let loose_from = self.blocks.len() * self.config.block;
        let loose: Vec<MixRow> = (loose_from..self.pushed).map(MixRow::Past).collect();
        let history: Vec<MixRow> = (0..self.history_rows).map(MixRow::History).collect();
        if self.spells.is_empty() {
            return [history, loose].map(|rows| Group { share: rows.len() as f64, rows }).into();
        }
        let usual = self.usual();
        let mut groups = vec![];
        for (k, share) in self.shares(remaining, usual).into_iter().enumerate().filter(|(_, s)| *s > 0.0) {
            let mut chunks = self.chunks(&self.spells[k], if k == usual { &history } else { &[] });
            if k == self.present && !loose.is_empty() {
                chunks.push(Group { share: loose.len() as f64, rows: loose.clone() });
            }
            let total: f64 = chunks.iter().map(|c| c.share).sum();
            groups.extend(chunks.into_iter().map(|c| Group { share: c.share * share / total, ..c }));
        }
        groups
    }

    /// The spell with the most leads; the earliest of several.
    fn usual(&self) -> usize {
        let longest =
            |a: &usize, b: &usize| self.spells[*a].blocks.len().cmp(&self.spells[*b].blocks.len()).then(b.cmp(a));
        (0..self.spells.len()).max_by(longest).unwrap_or(0)
    }

    /// Each spell's share of the coming leads.
    fn shares(&self, remaining: f64, usual: usize) -> Vec<f64> {
        let present = &self.spells[self.present];
        let lasts = present.lasted / (present.lasted + remaining);
        let returning = |(k, spell): (usize, &Spell)| {
            let leads = spell.blocks.len() as f64;
            if k == usual { leads } else { leads * (1.0 - 1.0 / f64::from(spell.episodes.max(1))) }
        };
        let mut shares: Vec<f64> = self.spells.iter().enumerate().map(returning).collect();
        let total: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|s| *s *= (1.0 - lasts) / total);
        shares[self.present] += lasts;
        shares
    }

    /// A spell's rows in chunks, newest last, each with the leads it counts as.
    fn chunks(&self, spell: &Spell, history: &[MixRow]) -> Vec<Group> {
        let blocks_each = self.config.chunk.div_ceil(self.config.block);
        let mut chunks: Vec<(Sums, Vec<MixRow>)> = spell
            .blocks
            .rchunks(blocks_each)
            .map(|blocks| {
                let rows =
                    blocks.iter().flat_map(|b| b * self.config.block..(b + 1) * self.config.block).map(MixRow::Past);
                (self.total(blocks.iter()), rows.collect())
            })
            .collect();
        if !history.is_empty() {
            let known = if self.history.n > 0.0 { self.history } else { chunks[0].0 };
            chunks.push((Sums { n: history.len() as f64, ..known }, history.to_vec()));
        }
        let newest = chunks[0].0;
        let counts_as = |sums: &Sums| {
            let noise = DIRECTIONS as f64 * (1.0 / sums.n + 1.0 / newest.n);
            let bias = (sums.apart(&newest) - noise).max(0.0) / DIRECTIONS as f64;
            1.0 / (1.0 / sums.n + bias)
        };
        chunks.into_iter().rev().map(|(sums, rows)| Group { share: counts_as(&sums), rows }).collect()
    }
}

struct Group {
    share: f64,
    rows: Vec<MixRow>,
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;

    /// Leads around one of several kinds, 12 scores each.
    fn leads(rng: &mut Rng, kind: f64, n: usize) -> Vec<Vec<f64>> {
        let lead = |rng: &mut Rng| -> Vec<f64> {
            let (a, b) = (rng.normal(), rng.normal());
            (0..12).map(|c| 0.4 + 0.1 * if c < 6 { a + kind } else { b - kind } + 0.01 * rng.normal()).collect()
        };
        (0..n).map(|_| lead(rng)).collect()
    }

    fn forecast(history: &[Vec<f64>], past: &[Vec<f64>]) -> MixForecast {
        let history: Vec<&[f64]> = history.iter().map(Vec::as_slice).collect();
        let mut forecast = MixForecast::new(&history, MixConfig::default());
        past.iter().for_each(|row| forecast.push(row));
        forecast
    }

    /// Weight on the past leads of this range.
    fn weight(forecast: &MixForecast, remaining: f64, from: usize, to: usize) -> f64 {
        let inside = |row: &MixRow| matches!(row, MixRow::Past(at) if (from..to).contains(at));
        forecast.weights(remaining).iter().filter(|(row, _)| inside(row)).map(|(_, w)| w).sum()
    }

    #[test]
    fn weights_sum_to_one_and_respect_the_number_of_rows() {
        let mut rng = Rng::seeded(1);
        let (history, past) = (leads(&mut rng, 0.0, 900), leads(&mut rng, 0.0, 6050));
        let weights = forecast(&history, &past).weights(1000.0);
        assert!((weights.iter().map(|(_, w)| w).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(weights.len() <= MixConfig::default().rows + 10 && weights.len() > 2000, "{}", weights.len());
        assert!(weights.iter().any(|(row, _)| *row == MixRow::Past(6049)), "the newest lead counts");
        assert!(forecast(&[], &[]).weights(10.0).is_empty());
        assert_eq!(forecast(&history, &[]).weights(10.0).len(), 900);
    }

    #[test]
    fn a_like_history_counts_fully_and_an_unlike_one_hardly() {
        let mut rng = Rng::seeded(2);
        let past = leads(&mut rng, 0.0, 1500);
        let like = forecast(&leads(&mut rng, 0.0, 1500), &past);
        let unlike = forecast(&leads(&mut rng, 1.0, 1500), &past);
        assert!(weight(&like, 5000.0, 0, 1500) < 0.6);
        assert!(weight(&unlike, 5000.0, 0, 1500) > 0.95);
    }

    #[test]
    fn a_campaign_is_expected_to_last_as_long_again() {
        let mut rng = Rng::seeded(3);
        let mut past = leads(&mut rng, 0.0, 4000);
        past.extend(leads(&mut rng, 1.5, 1000));
        let during = forecast(&[], &past);
        // D / (D + h): 1,000 of 10,000 more, 1,000 of 1,000 more.
        assert!((weight(&during, 10_000.0, 4000, 5000) - 1.0 / 11.0).abs() < 0.01);
        assert!((weight(&during, 1000.0, 4000, 5000) - 0.5).abs() < 0.01);
        past.extend(leads(&mut rng, 0.0, 600));
        let over = forecast(&[], &past);
        assert_eq!(weight(&over, 10_000.0, 4000, 5000), 0.0, "what came once may not come again");
        past.extend(leads(&mut rng, 1.5, 1000));
        past.extend(leads(&mut rng, 0.0, 600));
        assert!(weight(&forecast(&[], &past), 10_000.0, 4000, 5000) > 0.05, "what came twice may");
    }

    #[test]
    fn only_what_was_pushed_matters_and_always_alike() {
        let mut rng = Rng::seeded(4);
        let past = leads(&mut rng, 0.3, 2345);
        assert_eq!(forecast(&[], &past).weights(777.0), forecast(&[], &past).weights(777.0));
    }
}
