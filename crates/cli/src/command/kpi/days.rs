//! What each rep's days held, from the imported tables and the workspace's roster, calendars and
//! absences: balance and utilisation of a history that lies in no store.

use std::{collections::BTreeMap, path::Path};

use pointsman_domain::{Instant, LeadId, record::Assignment};
use pointsman_measure::rows::{LeadRow, Names, RepDayRow};
use pointsman_pipeline::History;
use pointsman_store::fact::RepDays;

use crate::workspace;

/// Nothing where the folder is no workspace with a roster: then nobody knows who worked when.
pub fn of_history(
    folder: &Path,
    leads: &[LeadRow],
    names: &mut Names,
    as_of: Instant,
) -> anyhow::Result<Vec<RepDayRow>> {
    let Ok(live) = workspace::check(folder) else { return Ok(Vec::new()) };
    let history = History::open(folder)?;
    let mut days = RepDays::new(&live, as_of);
    let passed_on: BTreeMap<LeadId, Option<Instant>> =
        leads.iter().filter(|row| row.hops > 0).map(|row| (row.lead, row.closed_at)).collect();
    leads.iter().for_each(|row| days.lead(row, names));
    let mut owners: BTreeMap<LeadId, Vec<Assignment>> = BTreeMap::new();
    for assignment in history.assignments()? {
        if passed_on.contains_key(&assignment.lead) {
            owners.entry(assignment.lead).or_default().push(assignment);
        }
    }
    for (lead, mut owners) in owners {
        owners.sort_by_key(|owner| owner.at);
        let ends = owners.iter().skip(1).map(|next| Some(next.at)).chain([passed_on[&lead]]);
        for (owner, until) in owners.iter().zip(ends) {
            days.held(live.roster.rep(owner.rep.as_str()), owner.at, until);
        }
    }
    history.for_each_activity(|activity| {
        if let Some(rep) = activity.rep.as_ref().filter(|_| activity.human) {
            days.touched(rep.as_str(), activity.at);
        }
    })?;
    Ok(days.rows(names))
}
