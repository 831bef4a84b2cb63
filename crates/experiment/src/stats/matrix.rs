//! The inverse of a small symmetric positive definite matrix.

use crate::undefined::Undefined;

/// A⁻¹ by Cholesky on the matrix scaled to a unit diagonal. Undefined when a pivot falls below
/// 1e-12: the columns behind it are collinear.
pub fn inverse(a: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, Undefined> {
    let k = a.len();
    let scale: Vec<f64> = (0..k).map(|i| a[i][i].sqrt()).collect();
    if scale.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return Err(Undefined::Collinear);
    }
    let mut l = vec![vec![0.0; k]; k];
    for i in 0..k {
        for j in 0..=i {
            let mut sum = a[i][j] / (scale[i] * scale[j]);
            sum -= l[i][..j].iter().zip(&l[j][..j]).map(|(a, b)| a * b).sum::<f64>();
            if i == j {
                if sum < 1e-12 {
                    return Err(Undefined::Collinear);
                }
                l[i][i] = sum.sqrt();
            } else {
                l[i][j] = sum / l[j][j];
            }
        }
    }
    let mut inverse = vec![vec![0.0; k]; k];
    for column in 0..k {
        let mut x = vec![0.0; k];
        for i in 0..k {
            let right = if i == column { 1.0 } else { 0.0 };
            let known: f64 = (0..i).map(|m| l[i][m] * x[m]).sum();
            x[i] = (right - known) / l[i][i];
        }
        for i in (0..k).rev() {
            let known: f64 = (i + 1..k).map(|m| l[m][i] * x[m]).sum();
            x[i] = (x[i] - known) / l[i][i];
        }
        for i in 0..k {
            inverse[i][column] = x[i] / (scale[i] * scale[column]);
        }
    }
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverts_and_refuses_collinear_columns() {
        let inverse_of = inverse(&[vec![4.0, 2.0], vec![2.0, 3.0]]).expect("positive definite");
        assert!((inverse_of[0][0] - 3.0 / 8.0).abs() < 1e-15 && (inverse_of[0][1] + 0.25).abs() < 1e-15);
        assert_eq!(inverse(&[vec![1.0, 2.0], vec![2.0, 4.0]]), Err(Undefined::Collinear));
    }
}
