//! `pointsman roi count`: a period's leads from a workspace's history.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_domain::{Instant, Micros};
use pointsman_measure::roi::{Date, Period, count};
use pointsman_pipeline::{FlowFilter, flow_input};
use serde_json::json;

use crate::{Done, output, workspace::history};

#[derive(Debug)]
pub struct Wanted<'a> {
    pub from: &'a str,
    pub until: &'a str,
    pub maturity_days: u16,
    pub condition: Option<&'a str>,
}

pub fn run(workspace: &Path, wanted: &Wanted<'_>, json: bool) -> anyhow::Result<Done> {
    let day = |text: &str| text.parse::<Date>().with_context(|| "cannot count".to_owned());
    let period = Period { from: day(wanted.from)?, until: day(wanted.until)? };
    if period.days() <= 0 {
        bail!("--until must come after --from");
    }
    let start = |date: Date| Instant::from_unix_micros(date.unix_days() * Micros::DAY.0);
    history(workspace)?;
    let mut input = flow_input(workspace, &FlowFilter::default())?;
    // What the data know ends with their last row, whichever leads are asked for.
    let known_until = input.log.end().context("the history is empty")?;
    if wanted.condition.is_some() {
        let filter = FlowFilter { condition: wanted.condition.map(Into::into), ..FlowFilter::default() };
        input = flow_input(workspace, &filter)?;
    }
    if !input.has_activities {
        bail!("not measured: no activity feed, so that nobody knows which leads were missed");
    }
    let (days, maturity) =
        (start(period.from)..start(period.until), Micros::DAY.times(i64::from(wanted.maturity_days)));
    let Some(found) = count(&input.log, &days, maturity, known_until) else {
        bail!("no lead of {} to {} has had its {} days yet", period.from, period.until, wanted.maturity_days);
    };
    let counts = found.counts;
    if json {
        output::json(&json!({
            "from": period.from, "until": period.until, "maturity_days": wanted.maturity_days,
            "leads": counts.leads, "missed": counts.missed, "wins": counts.wins, "pending": found.pending,
        }))?;
    } else {
        output::text(format!(
            "from = \"{}\"\nuntil = \"{}\"\nleads = {}\nmissed = {}\nwins = {}",
            period.from,
            period.until,
            counts.leads,
            counts.missed.unwrap_or_default(),
            counts.wins.unwrap_or_default(),
        ))?;
    }
    if found.pending > 0 {
        output::note(format!(
            "{} leads are not counted: their {} days are not over",
            found.pending, wanted.maturity_days
        ));
    }
    Ok(Done::Fine)
}
