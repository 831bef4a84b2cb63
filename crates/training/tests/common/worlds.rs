//! Small worlds with known truth.

use pointsman_domain::{Rng, math};
use pointsman_scoring::{CategoryColumn, Coded, FeatureTable, NumberColumn, Scope, TimeScale};

/// How leads are won in a world.
#[derive(Debug, Clone, Copy)]
pub struct World {
    pub rows: usize,
    pub reps: usize,
    pub seed: u64,
    /// Standard deviations, in logits: lead features, rep intercepts, rep × industry slopes.
    pub lead: f64,
    pub rep: f64,
    pub slope: f64,
    /// Effect of a number beyond the line.
    pub curve: f64,
    /// Reps are of three kinds; each kind wins this many logits more inside a box of leads of its
    /// own: two industries and one side of the amount.
    pub boxes: f64,
}

impl World {
    pub const SILENT: Self =
        Self { rows: 3000, reps: 12, seed: 1, lead: 0.0, rep: 0.0, slope: 0.0, curve: 0.0, boxes: 0.0 };
}

const INDUSTRIES: [&str; 6] = ["energy", "finance", "health", "media", "retail", "tech"];

/// The table, and the true probabilities of its last `last` rows with every rep (in byte order).
pub fn world(world: World, last: usize) -> (FeatureTable, Vec<f64>) {
    let mut rng = Rng::seeded(world.seed);
    let mut normal = |scale: f64, n: usize| (0..n).map(|_| scale * rng.normal()).collect::<Vec<f64>>();
    let industry = normal(world.lead, INDUSTRIES.len());
    let rep = normal(world.rep, world.reps);
    let slopes = normal(world.slope, world.reps * INDUSTRIES.len());
    let names: Vec<Box<str>> = (0..world.reps).map(|r| format!("rep-{r:03}").into()).collect();
    let mut table = FeatureTable { time_scale: TimeScale::Order, ..FeatureTable::default() };
    let (mut codes, mut amounts, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..world.rows {
        let i = rng.below(INDUSTRIES.len() as u64) as usize;
        let r = rng.below(world.reps as u64) as usize;
        let amount = rng.normal();
        let lead = -0.8 + industry[i] + world.lead * amount + world.curve * (3.0 * amount).sin();
        let boxed = |r: usize| if i / 2 == r % 3 && (amount > 0.0) == (r % 3 != 1) { world.boxes } else { 0.0 };
        let p = |r: usize| math::sigmoid(lead + rep[r] + slopes[r * INDUSTRIES.len() + i] + boxed(r));
        if row + last >= world.rows {
            truth.extend((0..world.reps).map(p));
        }
        table.lead_id.push(row.to_string().into());
        table.ts.push(row as i64);
        table.label_ts.push(row as i64);
        table.y.push(rng.uniform() < p(r));
        table.value.push(f64::NAN);
        table.rep.codes.push(r as u32);
        codes.push(i as u32);
        amounts.push(amount);
    }
    table.rep.names = names;
    let values = Coded { names: INDUSTRIES.map(Into::into).into(), codes };
    table.categories.push(CategoryColumn { name: "industry".into(), values });
    table.numbers.push(NumberColumn { name: "amount".into(), scope: Scope::Lead, values: amounts });
    (table, truth)
}
