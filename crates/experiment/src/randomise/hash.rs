//! Bucketing: SipHash-2-4 keyed by a 128-bit salt gives each unit a point among 2⁶⁴; each owner
//! (a variant, or an experiment in a layer of exclusive ones) holds stored slices of them.

use std::{fmt, hash::Hasher, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The key of an experiment's (or a layer's) hash, drawn once at the start. Shown as 32
/// hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(u128);

impl Salt {
    pub const fn new(bits: u128) -> Self {
        Self(bits)
    }

    /// The unit's point: SipHash-2-4 (Aumasson and Bernstein 2012) of its key's bytes.
    pub fn point(self, key: &[u8]) -> u64 {
        let mut hasher = siphasher::sip::SipHasher24::new_with_keys(self.0 as u64, (self.0 >> 64) as u64);
        hasher.write(key);
        hasher.finish()
    }

    /// A salt that everybody who knows the name can make again: what tests share (a layer, the
    /// holdout) must not depend on which of them came first.
    pub fn of_name(name: &str) -> Self {
        let half = |salt: u128| u128::from(Self(salt).point(name.as_bytes()));
        Self(half(0) << 64 | half(1))
    }

    /// The point as a number in [0, 1).
    pub fn uniform(self, key: &[u8]) -> f64 {
        (self.point(key) >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl fmt::Display for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Salt {
    type Err = AllocationError;
    fn from_str(text: &str) -> Result<Self, AllocationError> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        match u128::from_str_radix(text, 16) {
            Ok(bits) if digits => Ok(Self(bits)),
            _ => Err(AllocationError::Salt { text: text.chars().take(80).collect() }),
        }
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// Points `first..=last` and whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice<O> {
    pub owner: O,
    #[serde(with = "hex")]
    pub first: u64,
    #[serde(with = "hex")]
    pub last: u64,
}

impl<O> Slice<O> {
    fn size(&self) -> u128 {
        u128::from(self.last) - u128::from(self.first) + 1
    }
}

/// JSON numbers end at 2⁵³, so points are written as 16 hexadecimal digits.
mod hex {
    use super::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `with` passes fields by reference")]
    pub fn serialize<S: Serializer>(point: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{point:016x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        u64::from_str_radix(&String::deserialize(d)?, 16).map_err(de::Error::custom)
    }
}

/// Why shares or a salt cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AllocationError {
    #[error("the shares sum to {sum}, which is more than 1")]
    TooMuch { sum: f64 },
    #[error("{share} is not a share: expected 0 to 1")]
    Share { share: f64 },
    #[error("an owner is listed twice")]
    Twice,
    #[error("'{text}' is not a salt: expected 32 hexadecimal digits")]
    Salt { text: String },
    #[error("slices overlap or are out of order at {at:016x}")]
    Overlap { at: u64 },
}

/// The stored slices, in order of their points. What no slice covers belongs to nobody.
///
/// ```
/// use pointsman_experiment::randomise::{Allocation, Salt};
/// let salt = Salt::new(7);
/// let two = Allocation::new(&[("old", 0.5), ("new", 0.5)]).unwrap();
/// let three = two.reweigh(&[("old", 0.4), ("new", 0.4), ("third", 0.2)]).unwrap();
/// for unit in 0..1000u32 {
///     let point = salt.point(&unit.to_le_bytes());
///     let (before, after) = (two.owner(point), three.owner(point));
///     assert!(after == before || after == Some(&"third"));
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Allocation<O> {
    slices: Vec<Slice<O>>,
}

impl<O: Clone + PartialEq> Allocation<O> {
    /// One slice an owner, in the given order.
    pub fn new(shares: &[(O, f64)]) -> Result<Self, AllocationError> {
        Self { slices: Vec::new() }.reweigh(shares)
    }

    /// Slices as they were stored.
    pub fn from_slices(slices: Vec<Slice<O>>) -> Result<Self, AllocationError> {
        for slice in &slices {
            if slice.last < slice.first {
                return Err(AllocationError::Overlap { at: slice.first });
            }
        }
        for pair in slices.windows(2) {
            if pair[1].first <= pair[0].last {
                return Err(AllocationError::Overlap { at: pair[1].first });
            }
        }
        Ok(Self { slices })
    }

    pub fn slices(&self) -> &[Slice<O>] {
        &self.slices
    }

    /// Whose a point is.
    pub fn owner(&self, point: u64) -> Option<&O> {
        let after = self.slices.partition_point(|s| s.first <= point);
        let slice = self.slices.get(after.checked_sub(1)?)?;
        (point <= slice.last).then_some(&slice.owner)
    }

    /// New shares with the fewest moves: owners that shrink (or are not listed any more) give up
    /// the ends of their slices, owners that grow take from what was given up and from what
    /// belonged to nobody; no point moves between two owners that both keep their share.
    pub fn reweigh(&self, shares: &[(O, f64)]) -> Result<Self, AllocationError> {
        let targets = sizes(shares)?;
        let mut kept = Vec::new();
        let mut free = self.unowned();
        let mut left: Vec<u128> = targets.clone();
        for slice in &self.slices {
            let owner = shares.iter().position(|(o, _)| *o == slice.owner);
            let keep = owner.map_or(0, |i| left[i].min(slice.size()));
            if let Some(i) = owner {
                left[i] -= keep;
            }
            let border = u128::from(slice.first) + keep;
            if keep > 0 {
                kept.push(Slice { last: (border - 1) as u64, ..slice.clone() });
            }
            if keep < slice.size() {
                free.push((border, u128::from(slice.last) + 1));
            }
        }
        free.sort_unstable();
        let mut gaps = free.into_iter();
        let mut gap = gaps.next();
        for ((owner, _), mut need) in shares.iter().zip(left) {
            while let (Some((from, to)), true) = (gap, need > 0) {
                let take = need.min(to - from);
                if take > 0 {
                    kept.push(Slice { owner: owner.clone(), first: from as u64, last: (from + take - 1) as u64 });
                }
                need -= take;
                gap = if from + take < to { Some((from + take, to)) } else { gaps.next() };
            }
        }
        kept.sort_unstable_by_key(|s| s.first);
        Ok(Self { slices: kept })
    }

    /// The half-open gaps between slices.
    fn unowned(&self) -> Vec<(u128, u128)> {
        let mut gaps = Vec::new();
        let mut from = 0u128;
        for slice in &self.slices {
            if u128::from(slice.first) > from {
                gaps.push((from, u128::from(slice.first)));
            }
            from = u128::from(slice.last) + 1;
        }
        if from < POINTS {
            gaps.push((from, POINTS));
        }
        gaps
    }
}

const POINTS: u128 = 1 << 64;

/// Shares as numbers of points: borders are rounded, so that the sizes add up exactly.
fn sizes<O: PartialEq>(shares: &[(O, f64)]) -> Result<Vec<u128>, AllocationError> {
    for (i, (owner, share)) in shares.iter().enumerate() {
        if !(0.0..=1.0).contains(share) {
            return Err(AllocationError::Share { share: *share });
        }
        if shares[..i].iter().any(|(o, _)| o == owner) {
            return Err(AllocationError::Twice);
        }
    }
    let sum: f64 = shares.iter().map(|s| s.1).sum();
    if sum > 1.0 + 1e-9 {
        return Err(AllocationError::TooMuch { sum });
    }
    let (mut before, mut total) = (0u128, 0.0);
    Ok(shares
        .iter()
        .map(|(_, share)| {
            total += share;
            // 1 − 1e-12 is meant as 1: thirds do not add up in binary.
            let border = if total > 1.0 - 1e-12 { POINTS } else { (total * POINTS as f64) as u128 };
            let size = border.saturating_sub(before);
            before = before.max(border);
            size
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_hash_is_the_published_siphash() {
        // Aumasson and Bernstein, appendix A: key 00..0f, message 00..0e.
        let key = u128::from_le_bytes(core::array::from_fn(|i| i as u8));
        let message: Vec<u8> = (0..15).collect();
        assert_eq!(Salt::new(key).point(&message), 0xa129_ca61_49be_45e5);
    }

    #[test]
    fn slices_survive_their_text() {
        let allocation = Allocation::new(&[("a".to_owned(), 0.25), ("b".to_owned(), 0.75)]).expect("valid");
        let text = serde_json::to_string(&allocation).expect("serialises");
        let slices: Vec<Slice<String>> = serde_json::from_str(&text).expect("parses");
        assert_eq!(Allocation::from_slices(slices), Ok(allocation));
        assert_eq!("0f".repeat(16).parse::<Salt>().expect("valid").to_string(), "0f".repeat(16));
        assert!("xyz".parse::<Salt>().is_err());
    }

    fn shares() -> impl Strategy<Value = Vec<(usize, f64)>> {
        prop::collection::vec(0.01..1.0f64, 1..6).prop_map(|w| {
            let sum: f64 = w.iter().sum::<f64>() * 1.0;
            w.iter().map(|x| x / sum).enumerate().collect()
        })
    }

    proptest! {
        #[test]
        fn adding_a_variant_moves_nobody_else(old in shares(), share in 0.01..0.9f64, salt: u128) {
            let before = Allocation::new(&old).expect("valid");
            let mut new: Vec<(usize, f64)> = old.iter().map(|(o, s)| (*o, s * (1.0 - share))).collect();
            new.push((99, share));
            let after = before.reweigh(&new).expect("valid");
            let units = 4000u32;
            let mut counts = vec![0u32; 100];
            for unit in 0..units {
                let point = Salt::new(salt).point(&unit.to_le_bytes());
                let (was, is) = (before.owner(point), after.owner(point));
                prop_assert!(was == is || is == Some(&99), "{:?} became {:?}", was, is);
                counts[*is.expect("all points are owned")] += 1;
            }
            for (owner, share) in new {
                let sd = (share * (1.0 - share) / f64::from(units)).sqrt();
                prop_assert!((f64::from(counts[owner]) / f64::from(units) - share).abs() < 6.0 * sd + 1e-3);
            }
        }

        #[test]
        fn shares_are_kept_to_a_millionth(old in shares(), new in shares()) {
            let after = Allocation::new(&old).expect("valid").reweigh(&new).expect("valid");
            for (owner, share) in &new {
                let size: u128 = after.slices().iter().filter(|s| s.owner == *owner).map(Slice::size).sum();
                prop_assert!((size as f64 / POINTS as f64 - share).abs() < 1e-9);
            }
            prop_assert!(Allocation::from_slices(after.slices().to_vec()).is_ok());
        }
    }
}
