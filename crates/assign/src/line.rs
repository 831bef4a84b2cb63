//! What a line of turns remembers, and how it stands at one turn.

use pointsman_domain::{Contract, FairnessMeasure, FairnessWindow, RepId, Window};

use crate::{
    Windows,
    turn::{Clock, Standing, Terms},
};

/// What a line remembers, by the ledger's slots of reps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub(crate) clock: Clock,
    /// Everything handed out: turns, or expected value.
    pub(crate) total: f64,
    pub(crate) turns: u64,
    pub(crate) members: Vec<Member>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Member {
    pub standing: Option<Standing>,
    pub taken: f64,
    /// Virtual time given back and not settled yet.
    pub credit: f64,
}

/// A line at one turn.
pub(crate) struct Line {
    pub clock: Clock,
    pub terms: Terms,
    pub present: Vec<Present>,
}

/// One who is present.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Present {
    /// Position in the rung.
    pub at: usize,
    /// The ledger's slot.
    pub rep: usize,
    pub weight: f64,
    pub standing: Standing,
}

/// Where one member of a pool stands, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pub rep: RepId,
    pub weight: f64,
    /// What it got in this window: turns, open leads, or expected value.
    pub taken: f64,
    /// What its weight entitles it to.
    pub entitled: f64,
    /// What it is still to get: `entitled − taken`. Negative: had in advance.
    pub deficit: f64,
    /// Missed while away and paid by the day.
    pub owed: f64,
}

/// The window that a contract's account belongs to.
pub fn window_of(contract: &Contract, windows: &Windows) -> Window {
    match contract.window {
        FairnessWindow::Always => Window::Always,
        FairnessWindow::Day => Window::Day(windows.day),
        FairnessWindow::Week => Window::Week(windows.week),
        FairnessWindow::Month => Window::Month(windows.month),
    }
}

impl Account {
    pub(crate) fn member(&mut self, rep: usize) -> &mut Member {
        if self.members.len() <= rep {
            self.members.resize(rep + 1, Member::default());
        }
        &mut self.members[rep]
    }

    fn kept(&self, rep: usize) -> Member {
        self.members.get(rep).copied().unwrap_or_default()
    }

    pub fn turn(&mut self, clock: f64, rep: usize, standing: Standing, amount: f64) {
        self.clock = Clock { now: clock };
        self.total += amount;
        self.turns += 1;
        self.join(rep, standing);
        self.member(rep).taken += amount;
    }

    pub fn join(&mut self, rep: usize, standing: Standing) {
        let member = self.member(rep);
        member.standing = Some(standing);
        member.credit = 0.0;
    }

    pub fn credit(&mut self, rep: usize, time: f64, amount: f64) {
        self.total -= amount;
        let member = self.member(rep);
        member.credit += time;
        member.taken -= amount;
    }

    pub fn terms(&self, contract: Contract, day: i32) -> Terms {
        let mean = match contract.measure {
            FairnessMeasure::ExpectedValue if self.turns > 0 => self.total.max(0.0) / self.turns as f64,
            _ => 1.0,
        };
        Terms { contract, day, mean }
    }

    /// The line that these form: position, slot, weight.
    pub fn line(&self, terms: Terms, candidates: impl Iterator<Item = (usize, usize, f64)>) -> Line {
        let present: Vec<Present> = candidates
            .map(|(at, rep, weight)| {
                let member = self.kept(rep);
                let standing = Standing::of_present(member.standing, member.credit, self.clock, weight, &terms);
                Present { at, rep, weight, standing }
            })
            .collect();
        let clock = self.clock.before(present.iter().map(|p| (p.standing, p.weight)), &terms);
        Line { clock, terms, present }
    }

    /// Whether a rep's place must be written with the turn: it is new in the line, or back in it.
    pub fn moved(&self, present: &Present) -> bool {
        self.kept(present.rep).standing != Some(present.standing)
    }

    /// What this rep got, what it is still to get, and what is paid by the day; all in the measure.
    pub fn deficit(&self, rep: usize, weight: f64, terms: &Terms) -> (f64, f64, f64) {
        let member = self.kept(rep);
        let settled = Terms { day: Standing::NEVER, ..*terms };
        let standing = Standing::of_present(member.standing, member.credit, self.clock, weight, &settled);
        (member.taken, (self.clock.now - standing.start) * weight, standing.owed * weight)
    }
}

impl Line {
    /// Whether the turn may be taken now, and what the pick compares.
    pub fn rank(&self, present: &Present) -> (bool, f64) {
        match self.terms.by_start() {
            true => (true, present.standing.start - self.clock.now),
            false => present.standing.due(self.clock, present.weight),
        }
    }

    /// The clock and the chosen one's place after its turn of this weight.
    pub fn after(&self, chosen: usize, amount: f64) -> (Clock, Option<Present>) {
        let taken = |p: &Present| match p.at == chosen {
            true => Present { standing: p.standing.taken(amount, p.weight), ..*p },
            false => *p,
        };
        let clock = self.clock.after(self.present.iter().map(taken).map(|p| (p.standing, p.weight)), &self.terms);
        (clock, self.present.iter().find(|p| p.at == chosen).map(taken))
    }
}
