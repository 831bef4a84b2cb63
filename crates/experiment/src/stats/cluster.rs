//! Standard errors when rows come in clusters (units of randomisation, reps, days).

use serde::Serialize;

use super::effect::{self, Interval, Sample};
use crate::{moments::Moments, special::student, undefined::Undefined};

/// What one cluster contributes: its rows in each variant.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cluster {
    pub control: Moments,
    pub treatment: Moments,
}

/// The difference of means with every standard error that clusters give rise to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClusterRobust {
    pub estimate: f64,
    pub clusters: u32,
    /// G − 1.
    pub df: f64,
    pub se_cr0: f64,
    /// CR0 × √(G/(G−1) · (N−1)/(N−2)).
    pub se_cr1: f64,
    /// Bell and McCaffrey's (2002), unbiased under equal variances; none when a cluster is a
    /// whole variant.
    pub se_cr2: Option<f64>,
    pub se_hc1: f64,
    /// As if rows were independent.
    pub se_iid: f64,
    /// Clusters that have rows in both variants.
    pub crossing: u32,
    /// Both variants have at least two clusters: without that no standard error means anything.
    pub enough_clusters: bool,
}

impl ClusterRobust {
    /// t with G − 1 degrees of freedom on CR1.
    pub fn p_value(&self) -> f64 {
        student::two_sided_p(self.estimate / self.se_cr1, self.df)
    }

    pub fn interval(&self, alpha: f64) -> Interval {
        Interval::around(self.estimate, student::two_sided(alpha, self.df) * self.se_cr1)
    }

    /// (CR1/iid)²: how many clustered rows are worth one independent row.
    pub fn design_effect(&self) -> f64 {
        let ratio = self.se_cr1 / self.se_iid;
        ratio * ratio
    }
}

/// OLS of Y on 1 and T with the cluster sandwich (Liang and Zeger 1986). A row's influence on the
/// slope is e(T/n_t − (1−T)/n_c), so a cluster's is E_t/n_t − E_c/n_c with E its summed
/// residuals: two moments a cluster are enough, whatever the number of rows.
///
/// Undefined without rows in both variants, with one cluster, or with two rows.
pub fn difference(clusters: &[Cluster]) -> Result<ClusterRobust, Undefined> {
    let (control, treatment) = arms(clusters);
    let (nc, nt) = (control.n, treatment.n);
    let n = nc + nt;
    let used: Vec<&Cluster> = clusters.iter().filter(|c| c.control.n + c.treatment.n > 0.0).collect();
    let g = used.len() as f64;
    if nc < 1.0 || nt < 1.0 {
        return Err(Undefined::NoUnits);
    }
    if g < 2.0 || n < 3.0 {
        return Err(Undefined::TooFewClusters);
    }
    let (mut cr0, mut cr2) = (0.0, Some(0.0));
    let mut crossing = 0;
    let mut per_arm = [0u32; 2];
    for cluster in &used {
        let (c, t) = influence(cluster, &control, &treatment);
        cr0 += (t - c) * (t - c);
        let (share_c, share_t) = (cluster.control.n / nc, cluster.treatment.n / nt);
        cr2 = match cr2 {
            Some(sum) if share_c < 1.0 && share_t < 1.0 => {
                let u = t / (1.0 - share_t).sqrt() - c / (1.0 - share_c).sqrt();
                Some(sum + u * u)
            }
            _ => None,
        };
        crossing += u32::from(cluster.control.n > 0.0 && cluster.treatment.n > 0.0);
        per_arm[0] += u32::from(cluster.control.n > 0.0);
        per_arm[1] += u32::from(cluster.treatment.n > 0.0);
    }
    let residual = control.ss + treatment.ss;
    let hc0 = control.ss / (nc * nc) + treatment.ss / (nt * nt);
    Ok(ClusterRobust {
        estimate: treatment.mean - control.mean,
        clusters: used.len() as u32,
        df: g - 1.0,
        se_cr0: cr0.sqrt(),
        se_cr1: (cr0 * correction(g, n)).sqrt(),
        se_cr2: cr2.map(f64::sqrt),
        se_hc1: (hc0 * n / (n - 2.0)).sqrt(),
        se_iid: (residual / (n - 2.0) * (1.0 / nc + 1.0 / nt)).sqrt(),
        crossing,
        enough_clusters: per_arm[0] >= 2 && per_arm[1] >= 2,
    })
}

/// Welch's test on the cluster means, one value a cluster: the simplest honest test when no
/// cluster crosses variants.
pub fn means_welch(clusters: &[Cluster]) -> Result<effect::Effect, Undefined> {
    let means = |pick: fn(&Cluster) -> Moments| {
        let values: Vec<f64> = clusters.iter().map(pick).filter(|m| m.n > 0.0).map(|m| m.mean).collect();
        Sample::from(Moments::of(&values))
    };
    effect::welch(&means(|c| c.control), &means(|c| c.treatment))
}

/// The two-way standard error (Cameron, Gelbach and Miller 2011): V_a + V_b − V_ab, each with its
/// own small-sample factor. `both` are the clusters of the pairs (a, b). Undefined when the sum
/// is not positive, which happens with few clusters.
pub fn two_way(a: &[Cluster], b: &[Cluster], both: &[Cluster]) -> Result<(f64, f64), Undefined> {
    let (a, b, both) = (difference(a)?, difference(b)?, difference(both)?);
    let variance = a.se_cr1 * a.se_cr1 + b.se_cr1 * b.se_cr1 - both.se_cr1 * both.se_cr1;
    if variance <= 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    Ok((a.estimate, variance.sqrt()))
}

fn arms(clusters: &[Cluster]) -> (Moments, Moments) {
    clusters.iter().fold((Moments::default(), Moments::default()), |(c, t), cluster| {
        (c.merge(cluster.control), t.merge(cluster.treatment))
    })
}

/// A cluster's summed residuals over the variant's size, in control and treatment.
fn influence(cluster: &Cluster, control: &Moments, treatment: &Moments) -> (f64, f64) {
    let part = |own: &Moments, arm: &Moments| if own.n > 0.0 { own.n * (own.mean - arm.mean) / arm.n } else { 0.0 };
    (part(&cluster.control, control), part(&cluster.treatment, treatment))
}

fn correction(g: f64, n: f64) -> f64 {
    g / (g - 1.0) * (n - 1.0) / (n - 2.0)
}
