//! Times at which one rep is away.

use pointsman_domain::Instant;

/// Half-open absences, joined where they overlap or touch; every question is a binary search.
///
/// ```
/// # use pointsman_domain::Instant;
/// # use pointsman_workhours::Absences;
/// let at = Instant::from_unix_micros;
/// let absences = Absences::new([(at(30), at(40)), (at(10), at(20)), (at(20), at(25))]);
/// assert_eq!(absences.end_of(at(12)), Some(at(25)));
/// assert_eq!(absences.end_of(at(25)), None);
/// assert_eq!(absences.next(at(12)), Some((at(10), at(25))));
/// assert_eq!(absences.next(at(25)), Some((at(30), at(40))));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absences {
    spans: Vec<(Instant, Instant)>,
}

impl Absences {
    /// From `(from, until)` pairs in any order; a pair that ends at its start or before is nothing,
    /// and an absence without a known end ends at [`Instant::MAX`].
    pub fn new(pairs: impl IntoIterator<Item = (Instant, Instant)>) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(from, until)| from < until).collect();
        pairs.sort_unstable();
        let mut spans: Vec<(Instant, Instant)> = Vec::new();
        for (from, until) in pairs {
            match spans.last_mut() {
                Some((_, last)) if *last >= from => *last = until.max(*last),
                _ => spans.push((from, until)),
            }
        }
        Self { spans }
    }

    pub fn none() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// If `at` lies in an absence: when it ends.
    pub fn end_of(&self, at: Instant) -> Option<Instant> {
        let place = self.spans.partition_point(|(from, _)| *from <= at).checked_sub(1)?;
        let (_, until) = self.spans[place];
        (at < until).then_some(until)
    }

    /// The absence that `at` lies in, or else the next one.
    pub fn next(&self, at: Instant) -> Option<(Instant, Instant)> {
        self.spans.get(self.spans.partition_point(|(_, until)| *until <= at)).copied()
    }

    /// The joined absences, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Instant, Instant)> {
        self.spans.iter().copied()
    }
}
