//! Accumulators: what is kept of the rows, per variant. All merge.

use crate::moments::{CoMoments, Moments};

use super::{chunk::Chunk, layout::Collector, weighted::WeightedCells};

/// What one collector has kept; outer vectors are per variant.
#[derive(Debug, Clone)]
pub enum Kept {
    One(Vec<Moments>),
    Two(Vec<CoMoments<2>>),
    Cells(Cells),
    Weighted(WeightedCells),
    Values(Vec<Vec<f64>>),
    /// Times; a censored one has its sign bit set, so that a row costs 8 bytes.
    Times(Vec<Vec<f64>>),
}

/// An accumulator and how many rows lacked a finite value.
#[derive(Debug, Clone)]
pub struct Accumulator {
    pub kept: Kept,
    pub missing: Vec<u64>,
}

impl Accumulator {
    pub fn new(collector: &Collector, variants: usize) -> Self {
        let kept = match collector {
            Collector::One(_) => Kept::One(vec![Moments::default(); variants]),
            Collector::Two(..) => Kept::Two(vec![CoMoments::default(); variants]),
            Collector::Cells { .. } => Kept::Cells(Cells { variants, pivot: None, sums: Vec::new() }),
            Collector::Weighted { .. } => Kept::Weighted(WeightedCells::new(variants)),
            Collector::Values(_) => Kept::Values(vec![Vec::new(); variants]),
            Collector::Times { .. } => Kept::Times(vec![Vec::new(); variants]),
        };
        Self { kept, missing: vec![0; variants] }
    }

    /// Takes in a chunk.
    pub fn add(&mut self, collector: &Collector, chunk: &Chunk) {
        for v in 0..self.missing.len() {
            let rows = chunk.starts[v]..chunk.starts[v + 1];
            if rows.is_empty() {
                continue;
            }
            let number = |i: usize| &chunk.numbers[i][rows.clone()];
            let before = rows.len();
            let taken = match (&mut self.kept, collector) {
                (Kept::One(m), Collector::One(x)) => one(&mut m[v], number(*x)),
                (Kept::Two(m), Collector::Two(x, y)) => two(&mut m[v], number(*x), number(*y)),
                (Kept::Cells(cells), Collector::Cells { value, key }) => {
                    cells.add(v, number(*value), &chunk.codes[*key][rows.clone()])
                }
                (Kept::Weighted(cells), Collector::Weighted { value, propensity, key }) => {
                    cells.add(v, number(*value), number(*propensity), &chunk.codes[*key][rows.clone()])
                }
                (Kept::Values(values), Collector::Values(x)) => {
                    let had = values[v].len();
                    values[v].extend(number(*x).iter().filter(|x| x.is_finite()));
                    values[v].len() - had
                }
                (Kept::Times(times), Collector::Times { time, event }) => {
                    let had = times[v].len();
                    let pairs = number(*time).iter().zip(number(*event));
                    times[v].extend(
                        pairs
                            .filter(|(t, e)| t.is_finite() && **t >= 0.0 && !e.is_nan())
                            .map(|(t, e)| signed(*t, *e != 0.0)),
                    );
                    times[v].len() - had
                }
                _ => before,
            };
            self.missing[v] += (before - taken) as u64;
        }
    }

    /// As if the other's rows had come here. `recode` gives this side's number of the other's key.
    pub fn merge(&mut self, other: Self, recode: &[u32]) {
        for (a, b) in self.missing.iter_mut().zip(&other.missing) {
            *a += b;
        }
        match (&mut self.kept, other.kept) {
            (Kept::One(a), Kept::One(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a = a.merge(b)),
            (Kept::Two(a), Kept::Two(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a = a.merge(&b)),
            (Kept::Cells(a), Kept::Cells(b)) => a.merge(&b, recode),
            (Kept::Weighted(a), Kept::Weighted(b)) => a.merge(&b, recode),
            (Kept::Values(a), Kept::Values(b)) | (Kept::Times(a), Kept::Times(b)) => {
                a.iter_mut().zip(b).for_each(|(a, b)| a.extend(b));
            }
            _ => {}
        }
    }
}

fn signed(time: f64, event: bool) -> f64 {
    if event { time.abs() } else { -time.abs() }
}

/// Σ f(x) in eight lanes: a fixed order that the compiler can vectorise.
fn sum_of(x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0; 8];
    let mut blocks = x.chunks_exact(8);
    for block in &mut blocks {
        for (sum, x) in sums.iter_mut().zip(block) {
            *sum += f(*x);
        }
    }
    folded(sums) + blocks.remainder().iter().map(|x| f(*x)).sum::<f64>()
}

/// Σ f(x, y), likewise.
fn sum_of_pairs(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; 8];
    let (mut left, mut right) = (x.chunks_exact(8), y.chunks_exact(8));
    for (a, b) in (&mut left).zip(&mut right) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += f(*a, *b);
        }
    }
    folded(sums) + left.remainder().iter().zip(right.remainder()).map(|(a, b)| f(*a, *b)).sum::<f64>()
}

fn folded([a, b, c, d, e, f, g, h]: [f64; 8]) -> f64 {
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

/// Adds the finite values; returns how many there were.
fn one(into: &mut Moments, values: &[f64]) -> usize {
    let pivot = values[0];
    let n = values.len() as f64;
    let shift = sum_of(values, |x| x - pivot) / n;
    if !shift.is_finite() {
        let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        *into = into.merge(Moments::of(&finite));
        return finite.len();
    }
    let mean = pivot + shift;
    let (ss, rest) = (sum_of(values, |x| (x - mean) * (x - mean)), sum_of(values, |x| x - mean));
    *into = into.merge(Moments { n, mean, rest: rest / n, ss: (ss - rest * rest / n).max(0.0) });
    values.len()
}

fn two(into: &mut CoMoments<2>, x: &[f64], y: &[f64]) -> usize {
    let n = x.len() as f64;
    let mean_of = |v: &[f64]| v[0] + sum_of(v, |a| a - v[0]) / n;
    let (mx, my) = (mean_of(x), mean_of(y));
    if !(mx.is_finite() && my.is_finite()) {
        let rows: Vec<[f64; 2]> =
            x.iter().zip(y).filter(|(a, b)| a.is_finite() && b.is_finite()).map(|(a, b)| [*a, *b]).collect();
        *into = into.merge(&CoMoments::of(&rows));
        return rows.len();
    }
    let xx = sum_of(x, |a| (a - mx) * (a - mx));
    let yy = sum_of(y, |b| (b - my) * (b - my));
    let xy = sum_of_pairs(x, y, |a, b| (a - mx) * (b - my));
    *into = into.merge(&CoMoments { n, mean: [mx, my], cross: [[xx, xy], [xy, yy]] });
    x.len()
}

/// Count, Σ(x − pivot) and Σ(x − pivot)² in each cell of key × variant, about one pivot near the
/// data, so that the later centring cancels nothing.
#[derive(Debug, Clone)]
pub struct Cells {
    variants: usize,
    pivot: Option<f64>,
    /// At `code × variants + variant`.
    sums: Vec<[f64; 3]>,
}

impl Cells {
    fn add(&mut self, variant: usize, values: &[f64], codes: &[u32]) -> usize {
        let pivot = *self.pivot.get_or_insert_with(|| values.iter().copied().find(|x| x.is_finite()).unwrap_or(0.0));
        let most = codes.iter().max().map_or(0, |c| *c as usize + 1);
        if self.sums.len() < most * self.variants {
            self.sums.resize(most * self.variants, [0.0; 3]);
        }
        let mut taken = 0;
        for (x, code) in values.iter().zip(codes) {
            let d = x - pivot;
            if d.is_finite() {
                let cell = &mut self.sums[*code as usize * self.variants + variant];
                cell[0] += 1.0;
                cell[1] += d;
                cell[2] += d * d;
                taken += 1;
            }
        }
        taken
    }

    fn merge(&mut self, other: &Self, recode: &[u32]) {
        let (Some(theirs), Some(ours)) = (other.pivot, self.pivot.or(other.pivot)) else {
            return;
        };
        self.pivot = Some(ours);
        let move_by = theirs - ours;
        for (at, [n, s, q]) in other.sums.iter().enumerate() {
            let (code, variant) = (recode[at / self.variants] as usize, at % self.variants);
            let place = code * self.variants + variant;
            if self.sums.len() <= place {
                self.sums.resize((code + 1) * self.variants, [0.0; 3]);
            }
            let cell = &mut self.sums[place];
            cell[0] += n;
            cell[1] += s + n * move_by;
            cell[2] += q + 2.0 * move_by * s + n * move_by * move_by;
        }
    }

    /// The moments of a cell.
    pub fn moments(&self, code: usize, variant: usize) -> Moments {
        let Some([n, s, q]) = self.sums.get(code * self.variants + variant).copied() else {
            return Moments::default();
        };
        if n == 0.0 {
            return Moments::default();
        }
        let shift = s / n;
        Moments { n, mean: self.pivot.unwrap_or(0.0) + shift, rest: 0.0, ss: (q - s * shift).max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_merge_like_one_table(rows in prop::collection::vec((-1e3..1e3f64, 0u32..5), 1..60), cut in 0usize..60, offset in -1e6..1e6f64) {
            let values: Vec<f64> = rows.iter().map(|r| r.0 + offset).collect();
            let codes: Vec<u32> = rows.iter().map(|r| r.1).collect();
            let empty = || Cells { variants: 1, pivot: None, sums: Vec::new() };
            let mut whole = empty();
            whole.add(0, &values, &codes);
            let cut = cut.min(rows.len());
            let (mut left, mut right) = (empty(), empty());
            if cut > 0 { left.add(0, &values[..cut], &codes[..cut]); }
            if cut < rows.len() { right.add(0, &values[cut..], &codes[cut..]); }
            left.merge(&right, &[0, 1, 2, 3, 4]);
            for code in 0..5 {
                let (a, b) = (left.moments(code, 0), whole.moments(code, 0));
                prop_assert_eq!(a.n, b.n);
                prop_assert!((a.mean - b.mean).abs() < 1e-8 * (1.0 + b.mean.abs()));
                prop_assert!((a.ss - b.ss).abs() < 1e-6 * (1.0 + b.ss), "{} {}", a.ss, b.ss);
            }
        }

        #[test]
        fn lanes_and_plain_moments_agree(values in prop::collection::vec(-1e3..1e3f64, 1..70), offset in -1e9..1e9f64) {
            let values: Vec<f64> = values.iter().map(|x| x + offset).collect();
            let mut kept = Moments::default();
            one(&mut kept, &values);
            let plain = Moments::of(&values);
            prop_assert!((kept.mean - plain.mean).abs() <= 1e-15 * plain.mean.abs() + 1e-9);
            prop_assert!((kept.ss - plain.ss).abs() <= 1e-6 * (1.0 + plain.ss));
        }
    }
}
