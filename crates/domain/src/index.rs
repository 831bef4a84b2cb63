//! Places in one snapshot: reps, limits and pools as small numbers, so that the decision path
//! compares integers. Reps are in the order of their ids: "ties by rep id" is "ties by index".

use serde::{Deserialize, Serialize};

/// A rep's place in the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepIndex(pub u32);

/// A limit's place in the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LimitIndex(pub u8);

/// A pool's place in the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PoolIndex(pub u16);

/// A territory table's place in the snapshot, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TerritoryIndex(pub u16);

/// A set of limits; a workspace has at most [`LimitSet::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LimitSet(u64);

impl LimitSet {
    pub const MAX: usize = 64;

    pub fn insert(&mut self, limit: LimitIndex) {
        self.0 |= 1 << limit.0;
    }

    pub fn contains(self, limit: LimitIndex) -> bool {
        self.0 >> limit.0 & 1 == 1
    }

    /// The limits in both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// In ascending order.
    pub fn iter(self) -> impl Iterator<Item = LimitIndex> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (next < Self::MAX as u32).then_some(LimitIndex(next as u8))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_list_their_limits_in_order() {
        let mut set = LimitSet::default();
        assert_eq!(set.iter().count(), 0);
        [63, 0, 7].into_iter().map(LimitIndex).for_each(|l| set.insert(l));
        assert_eq!(set.iter().map(|l| l.0).collect::<Vec<_>>(), [0, 7, 63]);
        assert!(set.contains(LimitIndex(7)) && !set.contains(LimitIndex(8)));
    }
}
