//! Gauss–Legendre quadrature.

/// Nodes and weights on [−1, 1].
#[derive(Debug, Clone)]
pub struct GaussLegendre(Vec<(f64, f64)>);

impl GaussLegendre {
    /// `points` nodes, by Newton on the Legendre recurrence.
    pub fn new(points: u32) -> Self {
        let n = f64::from(points);
        let nodes = (0..points).map(|i| {
            let mut x = libm::cos(core::f64::consts::PI * (f64::from(i) + 0.75) / (n + 0.5));
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut before, mut value) = (1.0, x);
                for k in 2..=points {
                    let k = f64::from(k);
                    (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
                }
                slope = n * (x * value - before) / (x * x - 1.0);
                let step = value / slope;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        });
        Self(nodes.collect())
    }

    /// The nodes and weights moved to [low, high].
    pub fn on(&self, low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> {
        let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
        self.0.iter().map(move |&(x, w)| (centre + half * x, half * w))
    }

    /// ∫ f over [low, high].
    pub fn integrate(&self, low: f64, high: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
        self.on(low, high).map(|(x, w)| w * f(x)).sum()
    }

    /// ∫ f over [low, high] cut into `pieces` equal parts, for narrow peaks.
    pub fn integrate_pieces(&self, low: f64, high: f64, pieces: u32, mut f: impl FnMut(f64) -> f64) -> f64 {
        let width = (high - low) / f64::from(pieces);
        (0..pieces).map(|i| low + width * f64::from(i)).map(|a| self.integrate(a, a + width, &mut f)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_exact_and_normals_integrate_to_one() {
        let rule = GaussLegendre::new(8);
        assert!((rule.integrate(0.0, 1.0, |x| x.powi(15)) - 1.0 / 16.0).abs() < 1e-15);
        let rule = GaussLegendre::new(64);
        assert!((rule.integrate(-9.0, 9.0, crate::special::normal::pdf) - 1.0).abs() < 1e-13);
    }
}
