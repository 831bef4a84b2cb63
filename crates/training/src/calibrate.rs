//! Calibration on held-out predictions, shrunk to identity.

use pointsman_domain::math;
use pointsman_scoring::Calibration;

use crate::chain::HeldOut;

/// Prior standard deviations of intercept and slope − 1: a model that was fitted with care is
/// near identity, and thousands of rows are needed to say otherwise.
const PRIOR: [f64; 2] = [0.1, 0.1];

/// The posterior mode of (a, b) in sigmoid(a + b z) with a ~ N(0, 0.1²), b ~ N(1, 0.1²): logistic
/// recalibration (Cox 1958) by Newton steps.
pub fn calibrate(held_out: &HeldOut) -> Calibration {
    let (mut a, mut b) = (0.0, 1.0);
    for _ in 0..25 {
        let precision = PRIOR.map(|sd| 1.0 / (sd * sd));
        let mut gradient = [-a * precision[0], -(b - 1.0) * precision[1]];
        let (mut aa, mut ab, mut bb) = (precision[0], 0.0, precision[1]);
        for ((&z, &won), &weight) in held_out.logits.iter().zip(&held_out.won).zip(&held_out.weight) {
            let p = math::sigmoid(a + b * z);
            let residual = weight * (f64::from(u8::from(won)) - p);
            let curvature = weight * p * (1.0 - p);
            gradient[0] += residual;
            gradient[1] += residual * z;
            aa += curvature;
            ab += curvature * z;
            bb += curvature * z * z;
        }
        let determinant = aa * bb - ab * ab;
        let step =
            [(bb * gradient[0] - ab * gradient[1]) / determinant, (aa * gradient[1] - ab * gradient[0]) / determinant];
        a += step[0];
        b += step[1];
        if step[0].abs().max(step[1].abs()) < 1e-10 {
            break;
        }
    }
    Calibration { intercept: a, slope: b }
}
