//! `pointsman report`: a quarter in two pages.

use std::path::Path;

use anyhow::Context;
use pointsman_domain::Digest;
use pointsman_experiment::{
    live::{LiveExperiment, State},
    spec::ExperimentSpec,
};
use pointsman_measure::{
    Estimate,
    kpi::{Days, Selection},
    roi::RoiResult,
    rows::LocalDay,
};
use pointsman_report::{
    Cx, Day,
    brief::{self, BriefReport, Decided},
    kpi::About,
    part::{Document, DocumentKind},
};
use pointsman_server::{experiment, roi::Returned};
use pointsman_store::Reports;

use super::kpi::input::{Measuring, quarter_days};
use crate::args::kpi::Report;
use crate::{Done, output, store};

pub fn run(args: &Report) -> anyhow::Result<Done> {
    let days = quarter_days(&args.quarter)?;
    let measuring = Measuring::read(&args.workspace, None, args.imported)?;
    let roi = roi(args)?;
    let found = measuring.kpis().brief(&Selection::default(), days, !args.no_reps);
    let report = BriefReport {
        quarter: args.quarter.clone(),
        about: about(args, &measuring, days, roi.as_ref())?,
        brief: &found,
        spec: &measuring.spec,
        roi: roi.as_ref().map(|(_, result)| result),
        experiments: decided(&args.workspace, &measuring, days)?,
    };
    let default = args.workspace.join("reports").join(format!("{}.html", args.quarter));
    let html = args.html.as_deref().unwrap_or(&default);
    if let Some(folder) = html.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let written = super::kpi::write(Some(html), &report, |other, cx| brief::page(&report, other, cx))?;
    if args.json {
        output::json(&report)?;
    } else {
        output::text(describe(&report))?;
    }
    super::kpi::say(&written);
    Ok(Done::Fine)
}

/// The quarter's return with the digest of its file: of the file that is named, else the workspace's,
/// else as the store has it; `None` where there is none.
fn roi(args: &Report) -> anyhow::Result<Option<(Digest, RoiResult)>> {
    let own = args.workspace.join("roi.toml");
    let Some(path) = args.roi.clone().or_else(|| own.exists().then_some(own)) else { return kept_roi(args) };
    let spec = super::roi::read_spec(&path, args.seed)?;
    let frozen = super::roi::read_frozen(&super::roi::frozen_path(&path, &spec), &path)?;
    let result = RoiResult::of(spec, frozen, args.seed).with_context(|| format!("{}", path.display()))?;
    let digest = pointsman_pipeline::file_digest(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some((digest, result)))
}

fn kept_roi(args: &Report) -> anyhow::Result<Option<(Digest, RoiResult)>> {
    if !has_store(&args.workspace)? {
        return Ok(None);
    }
    let kept = Reports::new(&mut *store::statements(&args.workspace)?).return_of(&args.quarter)?;
    let Some(kept) = kept else { return Ok(None) };
    let returned = Returned::read(&kept).with_context(|| format!("cannot compute the return of {}", args.quarter))?;
    Ok(Some((pointsman_store::log::digest(kept.spec.as_bytes()), returned.result)))
}

fn has_store(folder: &Path) -> anyhow::Result<bool> {
    Ok(folder.join(crate::settings::Settings::FILE).exists() && store::exists(folder)?)
}

/// Experiments decided on a day of the quarter; `None` without a store.
fn decided(folder: &Path, measuring: &Measuring, days: Days) -> anyhow::Result<Option<Vec<Decided>>> {
    if !has_store(folder)? {
        return Ok(None);
    }
    let live = super::experiment::desk::live(folder)?;
    let all = experiment::all(&live.snapshot.documents);
    let one = |(live, spec): &(LiveExperiment, ExperimentSpec)| {
        let event = live.history.iter().find(|event| event.to == State::Decided)?;
        let day = LocalDay(measuring.zone.local_day(event.at));
        days.contains(day).then(|| decision(live, spec, Day::from_unix_days(i64::from(day.0))))
    };
    Ok(Some(all.iter().filter_map(one).collect()))
}

/// With the effect of the winner, or of any variant, at the last look before.
fn decision(live: &LiveExperiment, spec: &ExperimentSpec, on: Day) -> Decided {
    let of_winner = |look: &&pointsman_experiment::live::LookRecord| {
        live.winner.as_ref().is_none_or(|winner| *winner == look.variant)
    };
    let look = live.looks.iter().rev().find(of_winner).or(live.looks.last());
    let effect = |look: &pointsman_experiment::live::LookRecord| {
        Some(Estimate { value: look.estimate?, low: look.low?, high: look.high? })
    };
    Decided {
        id: live.id.to_string(),
        hypothesis: spec.hypothesis.clone(),
        on,
        metric: look.map_or_else(String::new, |look| look.metric.to_string()),
        winner: live.winner.as_ref().map(ToString::to_string),
        effect: look.and_then(effect),
    }
}

fn about(args: &Report, measuring: &Measuring, days: Days, roi: Option<&(Digest, RoiResult)>) -> anyhow::Result<About> {
    let day = |day: i32| Day::from_unix_days(i64::from(day));
    let command = format!("pointsman report --workspace DIR --quarter {} --seed {}", args.quarter, args.seed);
    let mut provenance = super::kpi::provenance(&args.workspace, command)?;
    if let Some((digest, _)) = roi {
        let (kind, name) = (DocumentKind::Data, "roi.toml".to_owned());
        provenance.documents.push(Document { kind, name, version: String::new(), digest: *digest });
    }
    let selection = Selection::default().in_days(days);
    Ok(About {
        from: day(days.from.0),
        until: day(days.until.0 - 1),
        as_of: measuring.day(measuring.table.as_of()),
        leads: measuring.kpis().count(&selection),
        filters: Vec::new(),
        currency: measuring.currency,
        links: None,
        provenance,
    })
}

fn describe(report: &BriefReport<'_>) -> String {
    let page = brief::page(report, None, Cx::EN);
    let mut lines = vec![page.title.clone(), page.kicker.clone()];
    for section in &page.sections {
        lines.push(format!("\n{}", section.heading));
        for answer in &section.answers {
            let interval = if answer.interval.is_empty() { String::new() } else { format!(" ({})", answer.interval) };
            lines.push(format!("  {}\n    {}{interval}\n    {}", answer.question, answer.value, answer.sentence));
        }
        if !section.sentence.is_empty() {
            lines.push(format!("  {}", section.sentence));
        }
        for row in section.tables.iter().flat_map(|table| &table.rows) {
            lines.push(format!("  - {}", row.cells.join(" | ").replace('\n', ": ")));
        }
    }
    lines.join("\n")
}
