//! What the heavier methods cost: `cargo run --release -p pointsman-experiment --example timing`.
//! Medians of five runs, one thread.

#![expect(clippy::disallowed_methods, reason = "this program measures how long things take")]

use std::{hint::black_box, time::Instant};

use pointsman_domain::Rng;
use pointsman_experiment::{
    analysis::{Analyzer, Batch, Column},
    spec::ExperimentSpec,
    stats::{
        bootstrap,
        survival::{Observed, RankWeight, Sorted, rank_test},
    },
};

const ROWS: usize = 1_000_000;
const METRICS: [&str; 5] = ["won", "qualified", "contacted", "value", "minutes"];

fn main() {
    let spec = segments();
    let table = Table::drawn(&mut Rng::seeded(1));
    let start = Instant::now();
    let mut analyzer = Analyzer::new(&spec);
    analyzer.push(&Batch { rows: ROWS, columns: &table.columns(&analyzer) }).expect("a batch");
    println!("{ROWS} rows into 20 segments × 5 metrics × 4 variants: {:.1} ms", millis(start));
    let tests: usize = analyzer.clone().finish().comparisons.iter().map(|c| 20 * c.analyses.len()).sum();
    let finishing = median(|| analyzer.clone(), |analyzer| drop(black_box(analyzer.finish())));
    println!("{tests} segment tests, with the rest of the result, after aggregation: {finishing:.2} ms (bar 5)");

    let mut rng = Rng::seeded(2);
    let mut sorted = |n: usize| {
        let mut values: Vec<f64> = (0..n).map(|_| rng.exponential(1.0)).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let (control, treatment) = (sorted(250_000), sorted(250_000));
    let bootstrapped =
        median(|| (), |()| drop(black_box(bootstrap::quantile_difference(&control, &treatment, 0.9, 10_000, 0.95, 1))));
    println!("10,000 bootstrap draws of the 90 % quantile on 500,000 rows: {bootstrapped:.1} ms (bar 10,000)");

    let mut rng = Rng::seeded(3);
    let mut arm = || -> Vec<Observed> {
        (0..ROWS / 2)
            .map(|_| Observed { time: (rng.exponential(1.0) * 1440.0).round(), event: rng.uniform() < 0.8 })
            .collect()
    };
    let arms = (arm(), arm());
    let ranked = median(
        || arms.clone(),
        |(control, treatment)| {
            let sorted = |rows| Sorted::new(rows).expect("finite times");
            black_box(rank_test(&sorted(control), &sorted(treatment), RankWeight::LogRank)).expect("events");
        },
    );
    println!("log-rank on {ROWS} rows, sorting included: {ranked:.1} ms (bar 300)");
}

fn segments() -> ExperimentSpec {
    let mut text = "format = 1\nid = \"segments\"\ndesign = { kind = \"lead\" }\n".to_owned();
    for (i, variant) in ["a", "b", "c", "d"].iter().enumerate() {
        text += &format!("[[variants]]\nid = \"{variant}\"\npolicy = \"p{i}\"\nweight = 1\n");
    }
    for (i, metric) in METRICS.iter().enumerate() {
        let kind = if i < 3 { "binary" } else { "mean" };
        let role = if i == 0 { "decision" } else { "exploratory" };
        text += &format!(
            "[[metrics]]\nid = \"{metric}\"\nkind = \"{kind}\"\ncolumn = \"{metric}\"\nrole = \"{role}\"\n[[analyses]]\nid = \"{metric}\"\nmetric = \"{metric}\"\nstratify = \"segment\"\n"
        );
    }
    ExperimentSpec::from_toml(&text).unwrap_or_else(|e| panic!("{e}"))
}

struct Table {
    segment: Vec<i64>,
    values: Vec<Vec<f64>>,
    names: Vec<&'static str>,
}

impl Table {
    fn drawn(rng: &mut Rng) -> Self {
        let variant: Vec<i64> = (0..ROWS).map(|_| rng.below(4) as i64).collect();
        let segment: Vec<i64> = (0..ROWS).map(|_| rng.below(20) as i64).collect();
        let values = (0..METRICS.len())
            .map(|i| {
                let draw = |rng: &mut Rng| if i < 3 { f64::from(u8::from(rng.uniform() < 0.1)) } else { rng.normal() };
                (0..ROWS).map(|_| draw(rng)).collect()
            })
            .collect();
        let names = variant.iter().map(|v| ["a", "b", "c", "d"][*v as usize]).collect();
        Self { segment, values, names }
    }

    fn columns<'a>(&'a self, analyzer: &Analyzer) -> Vec<Column<'a>> {
        let of = |name: &str| match name {
            "variant" => Column::Text(&self.names),
            "segment" => Column::I64(&self.segment),
            metric => Column::F64(&self.values[METRICS.iter().position(|m| *m == metric).unwrap_or(0)]),
        };
        analyzer.columns().iter().map(|need| of(need.name.as_str())).collect()
    }
}

fn median<T>(before: impl Fn() -> T, run: impl Fn(T)) -> f64 {
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let given = before();
            let start = Instant::now();
            run(given);
            millis(start)
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[2]
}

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
