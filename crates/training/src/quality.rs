//! Data quality per column: coverage, range, and whether it moved.

use std::collections::BTreeMap;

use pointsman_scoring::{CategoryColumn, FeatureTable, NumberColumn, card::ColumnQuality, metrics, segment};

use crate::boost::bins::quantile_edges;

/// Every feature column of a table; drift compares the older with the newer half by time.
pub fn columns(table: &FeatureTable) -> Vec<ColumnQuality> {
    let mut order: Vec<usize> = (0..table.len()).collect();
    order.sort_by_key(|&i| table.ts[i]);
    let (older, newer) = order.split_at(order.len() / 2);
    between(table, older, newer)
}

/// The same, with drift from some rows to others.
pub fn between(table: &FeatureTable, older: &[usize], newer: &[usize]) -> Vec<ColumnQuality> {
    let categories = table.categories.iter().map(|c| category(c, older, newer));
    categories.chain(table.numbers.iter().map(|c| number(c, older, newer))).collect()
}

fn category(column: &CategoryColumn, older: &[usize], newer: &[usize]) -> ColumnQuality {
    let mut counts: BTreeMap<Option<&str>, [f64; 2]> = BTreeMap::new();
    for (half, rows) in [older, newer].into_iter().enumerate() {
        rows.iter().for_each(|&row| counts.entry(column.values.text(row)).or_default()[half] += 1.0);
    }
    let missing: f64 = counts.get(&None).map_or(0.0, |c| c[0] + c[1]);
    let levels = counts.keys().filter(|text| text.is_some()).count() as u64;
    let rows = (older.len() + newer.len()) as f64;
    let counts: Vec<[f64; 2]> = counts.into_values().collect();
    ColumnQuality {
        name: column.name.clone(),
        coverage: 1.0 - missing / rows,
        levels: Some(levels),
        range: None,
        drift: stability_index(&counts),
    }
}

fn number(column: &NumberColumn, older: &[usize], newer: &[usize]) -> ColumnQuality {
    let values = |rows: &[usize]| rows.iter().map(|&i| column.values[i]).collect::<Vec<f64>>();
    let (older, newer) = (values(older), values(newer));
    let edges = quantile_edges(&older, 10);
    let mut counts = vec![[0.0; 2]; edges.len() + 2];
    for (half, values) in [&older, &newer].into_iter().enumerate() {
        values.iter().for_each(|&x| counts[segment::bin(&edges, x)][half] += 1.0);
    }
    let mut present: Vec<f64> = older.iter().chain(&newer).copied().filter(|x| x.is_finite()).collect();
    let coverage = present.len() as f64 / (older.len() + newer.len()) as f64;
    let median = metrics::quantile_of(&mut present, 0.5);
    let range = present.first().zip(present.last()).map(|(&low, &high)| [low, median, high]);
    ColumnQuality { name: column.name.clone(), coverage, levels: None, range, drift: stability_index(&counts) }
}

/// Σ (a − b) ln(a / b) over the shares of the two halves (half a row is added to every count);
/// 0.1 is a small shift, 0.25 a large one (Siddiqi 2006, *Credit Risk Scorecards*). What chance
/// alone gives on average, (levels − 1) × (1/n + 1/m), is taken off.
fn stability_index(counts: &[[f64; 2]]) -> f64 {
    let total = |half: usize| counts.iter().map(|c| c[half] + 0.5).sum::<f64>();
    let (older, newer) = (total(0), total(1));
    let term = |c: &[f64; 2]| {
        let (a, b) = ((c[0] + 0.5) / older, (c[1] + 0.5) / newer);
        (a - b) * pointsman_domain::math::ln(a / b)
    };
    let chance = (counts.len() as f64 - 1.0) * (1.0 / older + 1.0 / newer);
    (counts.iter().map(term).sum::<f64>() - chance).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_shows_and_chance_does_not() {
        assert_eq!(stability_index(&[[500.0, 505.0], [500.0, 495.0]]), 0.0);
        // Shares .5/.5 and .8/.2: (.3)(ln 1.6 − ln .4) = 0.416, less chance.
        let shifted = stability_index(&[[500.0, 800.0], [500.0, 200.0]]);
        assert!((shifted - 0.4136).abs() < 2e-3, "{shifted}");
    }
}
