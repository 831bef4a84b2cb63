//! Tables of counts.

use serde::Serialize;

use crate::{
    special::{chi_squared, hypergeometric::Hypergeometric},
    undefined::Undefined,
};

/// Pearson's and the likelihood-ratio test of independence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Independence {
    pub df: u32,
    pub pearson: f64,
    pub pearson_p: f64,
    /// G = 2 Σ O ln(O/E).
    pub g: f64,
    pub g_p: f64,
}

/// χ² with (r−1)(c−1) degrees of freedom, without continuity correction. Undefined when a row or
/// a column is empty.
pub fn independence(table: &[Vec<u64>]) -> Result<Independence, Undefined> {
    let columns = table.first().map_or(0, Vec::len);
    let row_sums: Vec<f64> = table.iter().map(|r| r.iter().map(|&k| k as f64).sum()).collect();
    let column_sums: Vec<f64> = (0..columns).map(|j| table.iter().map(|r| r[j] as f64).sum()).collect();
    if table.len() < 2 || columns < 2 || row_sums.iter().chain(&column_sums).any(|&s| s == 0.0) {
        return Err(Undefined::EmptyMargin);
    }
    let total: f64 = row_sums.iter().sum();
    let (mut pearson, mut g) = (0.0, 0.0);
    for (row, row_sum) in table.iter().zip(&row_sums) {
        for (&observed, column_sum) in row.iter().zip(&column_sums) {
            let (o, e) = (observed as f64, row_sum * column_sum / total);
            pearson += (o - e) * (o - e) / e;
            // 2[O ln(O/E) − (O − E)]: the differences sum to 0, and each term is its deviance,
            // so that counts of 1e9 do not cancel.
            g += 2.0 * if o > 0.0 { crate::special::gamma::deviance(o, e) } else { e };
        }
    }
    let df = ((table.len() - 1) * (columns - 1)) as u32;
    Ok(Independence { df, pearson, pearson_p: chi_squared::sf(pearson, df), g, g_p: chi_squared::sf(g, df) })
}

/// Fisher's exact test of a 2 × 2 table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fisher {
    /// Σ of the tables no more likely than the observed one.
    pub two_sided: f64,
    pub greater: f64,
    pub less: f64,
}

/// Given the margins the first cell is hypergeometric (Fisher 1935). Answers for every table; an
/// empty margin leaves one possible table, so p = 1 is then exact.
pub fn fisher(table: [[u64; 2]; 2]) -> Fisher {
    let [[a, b], [c, d]] = table;
    let x = Hypergeometric::new(a + b + c + d, a + c, a + b);
    if a + b + c + d == 0 {
        return Fisher { two_sided: 1.0, greater: 1.0, less: 1.0 };
    }
    Fisher { two_sided: x.as_extreme_as(a), greater: x.at_least(a), less: x.at_most(a) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::ln;

    fn g_directly(table: &[Vec<u64>]) -> f64 {
        let total: f64 = table.iter().flatten().map(|&k| k as f64).sum();
        let mut g = 0.0;
        for row in table {
            for (j, &o) in row.iter().enumerate() {
                let row_sum: f64 = row.iter().map(|&k| k as f64).sum();
                let column_sum: f64 = table.iter().map(|r| r[j] as f64).sum();
                if o > 0 {
                    g += 2.0 * o as f64 * ln(o as f64 * total / (row_sum * column_sum));
                }
            }
        }
        g
    }

    #[test]
    fn the_deviance_form_is_g() {
        let table = vec![vec![12, 5, 0], vec![3, 9, 4]];
        let found = independence(&table).expect("no empty margin");
        assert!((found.g - g_directly(&table)).abs() < 1e-12);
        assert_eq!(found.df, 2);
    }

    #[test]
    fn an_empty_margin_is_named() {
        assert_eq!(independence(&[vec![0, 20], vec![0, 30]]), Err(Undefined::EmptyMargin));
        assert_eq!(fisher([[0, 20], [0, 30]]).two_sided, 1.0);
    }
}
