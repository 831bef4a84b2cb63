//! Counts as of a border, by rep, segment level and day: arrays where they fit, hash tables where a
//! segment has very many levels. The same as `scoring::FeatureState`, by numbers instead of names.

use std::collections::{BTreeMap, HashMap};

use pointsman_scoring::Tally;

/// Days from a rep's first one that are kept as an array; a date by mistake centuries away must not
/// cost memory.
const NEAR_DAYS: i64 = 20_000;
/// Cells of a rep × level table that is kept as an array (128 MB).
const DENSE: usize = 1 << 23;

pub struct Counters {
    pub global: Tally,
    reps: Vec<Rep>,
    /// Per segment: by level, and by rep and level.
    segments: Vec<(Vec<Tally>, Cells)>,
    by_day: bool,
}

#[derive(Default, Clone)]
struct Rep {
    first_at: Option<i64>,
    total: Tally,
    open: u64,
    /// The day of the first entry of `days`.
    first_day: i64,
    days: Vec<Tally>,
    far_days: BTreeMap<i64, Tally>,
}

enum Cells {
    Array { width: usize, cells: Vec<Tally> },
    Table(HashMap<(u32, u32), Tally>),
}

impl Cells {
    fn get(&self, rep: usize, level: usize) -> Tally {
        match self {
            Self::Array { width, cells } => cells[rep * width + level],
            Self::Table(cells) => cells.get(&(rep as u32, level as u32)).copied().unwrap_or_default(),
        }
    }

    fn at(&mut self, rep: usize, level: usize) -> &mut Tally {
        match self {
            Self::Array { width, cells } => &mut cells[rep * *width + level],
            Self::Table(cells) => cells.entry((rep as u32, level as u32)).or_default(),
        }
    }
}

impl Counters {
    /// For so many reps, and segments with so many levels (missing included). Days are counted only
    /// where somebody asks for them.
    pub fn new(reps: usize, widths: &[usize], by_day: bool) -> Self {
        let cells = |width: usize| match reps * width <= DENSE {
            true => Cells::Array { width, cells: vec![Tally::default(); reps * width] },
            false => Cells::Table(HashMap::new()),
        };
        Self {
            global: Tally::default(),
            reps: vec![Rep::default(); reps],
            segments: widths.iter().map(|&width| (vec![Tally::default(); width], cells(width))).collect(),
            by_day,
        }
    }

    /// A lead was given to the rep.
    pub fn assigned(&mut self, rep: usize, at: i64) {
        let rep = &mut self.reps[rep];
        rep.first_at = Some(rep.first_at.map_or(at, |first| first.min(at)));
        rep.open += 1;
    }

    /// A lead of the rep is open no more, without an outcome that counts.
    pub fn released(&mut self, rep: usize) {
        self.reps[rep].open -= 1;
    }

    /// A lead of the rep was won or lost.
    pub fn closed(&mut self, rep: usize, levels: impl Iterator<Item = usize>, won: bool, day: i64) {
        self.global.add(won);
        for ((by_level, cells), level) in self.segments.iter_mut().zip(levels) {
            by_level[level].add(won);
            cells.at(rep, level).add(won);
        }
        let by_day = self.by_day;
        let rep = &mut self.reps[rep];
        rep.open -= 1;
        rep.total.add(won);
        if by_day {
            rep.on(day).add(won);
        }
    }

    pub fn rep(&self, rep: usize) -> Tally {
        self.reps[rep].total
    }

    pub fn first_at(&self, rep: usize) -> Option<i64> {
        self.reps[rep].first_at
    }

    pub fn open(&self, rep: usize) -> u64 {
        self.reps[rep].open
    }

    pub fn segment(&self, segment: usize, level: usize) -> Tally {
        self.segments[segment].0[level]
    }

    pub fn rep_segment(&self, segment: usize, rep: usize, level: usize) -> Tally {
        self.segments[segment].1.get(rep, level)
    }

    /// Over the last `days` whole days before `today`.
    pub fn recent(&self, rep: usize, today: i64, days: u16) -> Tally {
        let rep = &self.reps[rep];
        let place = |day: i64| (day - rep.first_day).clamp(0, rep.days.len() as i64) as usize;
        let mut sum = Tally::default();
        let from = today - i64::from(days);
        rep.days[place(from)..place(today)].iter().for_each(|day| sum.merge(*day));
        if !rep.far_days.is_empty() {
            rep.far_days.range(from..today).for_each(|(_, day)| sum.merge(*day));
        }
        sum
    }
}

impl Rep {
    fn on(&mut self, day: i64) -> &mut Tally {
        if self.days.is_empty() {
            self.first_day = day;
        }
        if (day - self.first_day).abs() > NEAR_DAYS {
            return self.far_days.entry(day).or_default();
        }
        if day < self.first_day {
            let missing = (self.first_day - day) as usize;
            self.days.splice(0..0, std::iter::repeat_n(Tally::default(), missing));
            self.first_day = day;
        }
        let place = (day - self.first_day) as usize;
        if place >= self.days.len() {
            self.days.resize(place + 1, Tally::default());
        }
        &mut self.days[place]
    }
}
