//! Small dense linear algebra on row-major slices. The blocks here have tens of rows, where
//! plain loops beat a library and keep the order of every sum fixed.

/// Σ a·b, four sums side by side so that the processor may overlap them.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    for (x, y) in a4.iter().zip(b4) {
        for k in 0..4 {
            sums[k] += x[k] * y[k];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// into += factor × from.
pub(crate) fn add_scaled(into: &mut [f64], factor: f64, from: &[f64]) {
    into.iter_mut().zip(from).for_each(|(x, y)| *x += factor * y);
}

/// Replaces the lower triangle of a symmetric n × n matrix by its Cholesky factor. A pivot that
/// rounding made non-positive is lifted to a tiny share of its diagonal entry.
pub(crate) fn cholesky(a: &mut [f64], n: usize) {
    for j in 0..n {
        let (row_j, below) = a[j * n..].split_at_mut(n);
        let pivot = row_j[j] - dot(&row_j[..j], &row_j[..j]);
        let floor = 1e-12 * row_j[j].abs().max(1e-12);
        let root = pivot.max(floor).sqrt();
        row_j[j] = root;
        for row_i in below.chunks_exact_mut(n) {
            row_i[j] = (row_i[j] - dot(&row_i[..j], &row_j[..j])) / root;
        }
    }
}

/// Solves L x = b in place.
pub(crate) fn solve_lower(l: &[f64], n: usize, x: &mut [f64]) {
    for i in 0..n {
        let row = &l[i * n..i * n + i + 1];
        x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
    }
}

/// Solves Lᵀ x = b in place.
pub(crate) fn solve_upper(l: &[f64], n: usize, x: &mut [f64]) {
    for i in (0..n).rev() {
        let row = &l[i * n..i * n + i + 1];
        x[i] /= row[i];
        let (before, rest) = x.split_at_mut(i);
        add_scaled(before, -rest[0], &row[..i]);
    }
}

/// Solves L X = B in place for an n × m matrix B.
pub(crate) fn solve_lower_rows(l: &[f64], n: usize, b: &mut [f64], m: usize) {
    for i in 0..n {
        let (done, rest) = b.split_at_mut(i * m);
        let row = &mut rest[..m];
        for k in 0..i {
            let factor = l[i * n + k];
            if factor != 0.0 {
                add_scaled(row, -factor, &done[k * m..(k + 1) * m]);
            }
        }
        let pivot = l[i * n + i];
        row.iter_mut().for_each(|x| *x /= pivot);
    }
}

/// The inverse of L Lᵀ, full and symmetric.
pub(crate) fn inverse(l: &[f64], n: usize) -> Vec<f64> {
    // Rows of L⁻¹ first; its columns are multiplied afterwards.
    let mut root = vec![0.0; n * n];
    for i in 0..n {
        root[i * n + i] = 1.0;
    }
    solve_lower_rows(l, n, &mut root, n);
    let mut inverse = vec![0.0; n * n];
    for row in root.chunks_exact(n.max(1)) {
        for i in 0..n {
            if row[i] != 0.0 {
                add_scaled(&mut inverse[i * n..i * n + i + 1], row[i], &row[..=i]);
            }
        }
    }
    for i in 0..n {
        for j in 0..i {
            inverse[j * n + i] = inverse[i * n + j];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_solve_and_inverse_agree() {
        let n = 5;
        let a: Vec<f64> = (0..n * n)
            .map(|k| {
                let (i, j) = (k / n, k % n);
                if i == j { 4.0 + i as f64 } else { 1.0 / (1.0 + (i + j) as f64) }
            })
            .collect();
        let mut l = a.clone();
        cholesky(&mut l, n);
        let b = [1.0, -2.0, 0.5, 3.0, 1.5];
        let mut x = b;
        solve_lower(&l, n, &mut x);
        solve_upper(&l, n, &mut x);
        let inverse = inverse(&l, n);
        for i in 0..n {
            assert!((dot(&a[i * n..(i + 1) * n], &x) - b[i]).abs() < 1e-12);
            assert!((dot(&inverse[i * n..(i + 1) * n], &b) - x[i]).abs() < 1e-12);
        }
    }
}
