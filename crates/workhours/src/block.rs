//! A stretch of time with its open intervals, and the work before each of them summed up:
//! every question is one binary search.

use crate::{file::Plan, zone::Zone};
use pointsman_domain::Micros;

/// The open intervals within `[from, until)`, in microseconds of UTC; they are half-open,
/// ascending and never touch.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub from: i64,
    pub until: i64,
    starts: Vec<i64>,
    ends: Vec<i64>,
    /// Open time in the block before each interval.
    before: Vec<i64>,
}

impl Block {
    /// An instant is open if its reading on the local clock lies in a span of the plan. So an
    /// hour that the clock skips is no time at all, and one that it repeats counts twice.
    pub fn new(plan: &Plan, zone: &Zone, from: i64, until: i64) -> Self {
        if plan.always_open() {
            return Self { from, until, starts: vec![from], ends: vec![until], before: vec![0] };
        }
        let day_length = Micros::DAY.0;
        let mut open: Vec<(i64, i64)> = Vec::new();
        for (begin, end, offset) in zone.stretches(from, until) {
            let (begin, end) = (begin + offset, end + offset);
            // Spans may reach into the next day, so the day before counts as well.
            for day in begin.div_euclid(day_length) - 1..=(end - 1).div_euclid(day_length) {
                for span in plan.spans(day as i32) {
                    let start = (day * day_length + span.from).max(begin);
                    let stop = (day * day_length + span.until).min(end);
                    if start < stop {
                        open.push((start - offset, stop - offset));
                    }
                }
            }
        }
        open.sort_unstable();
        let mut block = Self { from, until, starts: Vec::new(), ends: Vec::new(), before: Vec::new() };
        for (start, end) in open {
            match block.ends.last_mut() {
                Some(last) if *last >= start => *last = end.max(*last),
                _ => {
                    block.starts.push(start);
                    block.ends.push(end);
                }
            }
        }
        let mut sum = 0;
        for (start, end) in block.starts.iter().zip(&block.ends) {
            block.before.push(sum);
            sum += end - start;
        }
        block
    }

    pub fn is_open(&self, at: i64) -> bool {
        self.interval_at_or_before(at).is_some_and(|i| at < self.ends[i])
    }

    /// The first open instant at or after `at`.
    pub fn next_open(&self, at: i64) -> Option<i64> {
        let i = self.ends.partition_point(|&end| end <= at);
        self.starts.get(i).map(|&start| start.max(at))
    }

    /// The first closed instant at or after `at`; `until` if it is open to the end.
    pub fn next_closed(&self, at: i64) -> i64 {
        match self.interval_at_or_before(at) {
            Some(i) if at < self.ends[i] => self.ends[i],
            _ => at,
        }
    }

    /// Open time from the block's start to `at`.
    pub fn worked_until(&self, at: i64) -> i64 {
        match self.interval_at_or_before(at) {
            Some(i) => self.before[i] + at.min(self.ends[i]) - self.starts[i],
            None => 0,
        }
    }

    /// The first instant by which `work` microseconds of the block were open; `work` is positive.
    /// `None` if the block has less.
    pub fn worked_by(&self, work: i64) -> Option<i64> {
        let i = self.before.partition_point(|&before| before < work).checked_sub(1)?;
        let at = self.starts[i].saturating_add(work - self.before[i]);
        (at <= self.ends[i]).then_some(at)
    }

    fn interval_at_or_before(&self, at: i64) -> Option<usize> {
        self.starts.partition_point(|&start| start <= at).checked_sub(1)
    }
}
