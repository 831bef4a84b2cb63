//! Reps, teams, and what each rep's days held.

use pointsman_domain::{Micros, Money};
use serde::{Deserialize, Serialize};

use super::{LocalDay, Millionths, Name};

/// A rep (`rpt_rep_v1`). The slug is the name; people's names are not here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepRow {
    pub rep: Name,
    pub team: Option<Name>,
    pub active: bool,
    pub zone: Option<Name>,
    pub calendar: Option<Name>,
    /// The first and the last day on which it could take leads.
    pub from_day: Option<LocalDay>,
    pub until_day: Option<LocalDay>,
}

/// A team (`rpt_team_v1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamRow {
    pub team: Name,
    /// Active reps.
    pub reps: u32,
}

/// One rep on one local day (`rpt_rep_day_v1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepDayRow {
    pub rep: Name,
    pub team: Option<Name>,
    pub day: LocalDay,
    /// Working time of the calendar less absences.
    pub work: Micros,
    /// Working time of the calendar in which the rep was absent.
    pub absent: Micros,
    /// Open leads × time, over `work` only; `None`: not measured.
    pub busy: Option<Micros>,
    /// Cap of open leads × time, over `work` only; `None`: no such cap.
    pub room: Option<Micros>,
    /// Leads whose first owner the rep became.
    pub received: u32,
    /// The share of the pools' turns that was due to the rep, in millionths of a lead.
    pub entitled: Option<Millionths>,
    pub offered: u32,
    pub accepted: u32,
    pub declined: u32,
    pub expired: u32,
    /// Activities by the rep.
    pub touches: u32,
    /// Leads that were won or lost on that day while the rep owned them.
    pub won: u32,
    pub lost: u32,
    pub won_value: Option<Money>,
    /// Open leads at the day's end.
    pub open: u32,
}
