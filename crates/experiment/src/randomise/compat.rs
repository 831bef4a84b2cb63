//! Other tools' hashes, for companies that migrate with running tests. New experiments use
//! the crate's own hash: a GrowthBook bucket is 0.01 % wide, an Unleash one 1 % or 0.1 %.

use crate::undefined::Undefined;

/// GrowthBook (sdk-js).
pub mod growthbook {
    use super::Undefined;

    /// FNV-1a, 32 bits, over the UTF-16 code units, as JavaScript's `charCodeAt` gives them:
    /// beyond ASCII a hash over UTF-8 bytes would put people into other buckets.
    fn fnv(text: &str) -> u32 {
        text.encode_utf16().fold(0x811c_9dc5, |hash: u32, unit| (hash ^ u32::from(unit)).wrapping_mul(16_777_619))
    }

    /// A number in 0..1. Version 2: fnv(str(fnv(seed + value))) mod 10,000; version 1 (biased, only
    /// for running tests): fnv(value + seed) mod 1,000.
    pub fn hash(seed: &str, value: &str, version: u32) -> Result<f64, Undefined> {
        match version {
            1 => Ok(f64::from(fnv(&format!("{value}{seed}")) % 1000) / 1000.0),
            2 => Ok(f64::from(fnv(&fnv(&format!("{seed}{value}")).to_string()) % 10_000) / 10_000.0),
            _ => Err(Undefined::UnknownHashVersion),
        }
    }

    /// Cumulative weights, each range cut to `coverage` of its weight from its left end. Missing,
    /// miscounted, or badly summed weights (outside 0.99..1.01) become equal ones.
    pub fn bucket_ranges(variations: usize, coverage: f64, weights: Option<&[f64]>) -> Vec<[f64; 2]> {
        let coverage = coverage.clamp(0.0, 1.0);
        let equal = vec![1.0 / variations.max(1) as f64; variations];
        let weights = match weights {
            Some(w) if w.len() == variations && (0.99..=1.01).contains(&w.iter().sum::<f64>()) => w,
            _ => &equal,
        };
        let mut start = 0.0;
        weights
            .iter()
            .map(|w| {
                let range = [start, start + coverage * w];
                start += w;
                range
            })
            .collect()
    }

    /// The first range with low ≤ n < high; none when the unit is not in the experiment.
    pub fn choose_variation(n: f64, ranges: &[[f64; 2]]) -> Option<usize> {
        ranges.iter().position(|[low, high]| *low <= n && n < *high)
    }

    /// Whether a unit lies in a namespace's range; hash version 1 on "__" + name.
    pub fn in_namespace(unit: &str, name: &str, low: f64, high: f64) -> bool {
        hash(&format!("__{name}"), unit, 1).is_ok_and(|n| low <= n && n < high)
    }

    /// Hash version 2 with the experiment's key as seed, then the ranges.
    pub fn assign(key: &str, unit: &str, variations: usize, coverage: f64, weights: Option<&[f64]>) -> Option<usize> {
        let n = hash(key, unit, 2).ok()?;
        choose_variation(n, &bucket_ranges(variations, coverage, weights))
    }
}

/// MurmurHash3, x86, 32 bits (Appleby 2011).
pub fn murmur3_x86_32(bytes: &[u8], seed: u32) -> u32 {
    const C1: u32 = 0xcc9e_2d51;
    const C2: u32 = 0x1b87_3593;
    let scramble = |k: u32| k.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
    let mut hash = seed;
    let mut blocks = bytes.chunks_exact(4);
    for block in &mut blocks {
        let k = u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
        hash = (hash ^ scramble(k)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let tail = blocks.remainder().iter().rev().fold(0, |k: u32, b| k << 8 | u32::from(*b));
    hash ^= scramble(tail) ^ bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

/// Unleash's seed for variants; rollouts use 0.
pub const UNLEASH_VARIANT_SEED: u32 = 86_028_157;

/// Unleash: murmur3("group:id") mod normalizer + 1. Undefined for a normalizer of 0.
pub fn unleash_normalised(id: &str, group: &str, normalizer: u32, seed: u32) -> Result<u32, Undefined> {
    if normalizer == 0 {
        return Err(Undefined::ParameterOutOfRange);
    }
    Ok(murmur3_x86_32(format!("{group}:{id}").as_bytes(), seed) % normalizer + 1)
}
