//! `pointsman backtest`: past leads of a workspace through another policy.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use pointsman_decision::{DocumentKind, DocumentSet, Facts, Market, Outcome, Snapshot, model::ScorerScratch};
use pointsman_domain::{Instant, Micros, RepIndex, math, record::Stage};
use pointsman_sim::backtest::{BacktestResult, Made, PastLead, PastOwner, Replay, backtest};
use pointsman_store::{Reader, backend::LeadFilter, stage::converge};

use crate::args::capacity::Backtest;
use crate::{Done, output, store, workspace};

/// Leads that arrived this long before the first may still hold slots.
const LOOK_BACK: Micros = Micros(180 * Micros::DAY.0);
/// Leads read at once.
const PAGE: u32 = 1000;

pub fn run(args: &Backtest) -> anyhow::Result<Done> {
    let (from, asked) = (time("--from", &args.from)?, time("--to", &args.to)?);
    if from >= asked {
        bail!("--from {from} is not before --to {asked}");
    }
    let mut reader = store::read(&args.workspace)?;
    let head = reader.head()?;
    // What lies after the last record is not known: a clock that still runs is no miss.
    let to = asked.min(head.at + Micros(1));
    let Some(id) = head.snapshot else { bail!("nothing is live in {}", args.workspace.display()) };
    let live = reader.documents(&id)?.ok_or_else(|| anyhow!("the live documents are not stored"))?;
    let snapshot = Arc::new(workspace::compile(&args.workspace, under(&args.policy, &live)?)?);
    let judge = args.judge.as_deref().map(|path| judging(path, &live, &args.workspace)).transpose()?;
    let spinner = output::spinner("reading");
    let leads = past(&mut *reader, from, to)?;
    spinner.finish_and_clear();
    if !leads.iter().any(|lead| lead.at >= from) {
        bail!("no lead of {} was decided between {from} and {to}", args.workspace.display());
    }
    let judged_by = judge.as_ref().unwrap_or(&snapshot);
    let chance = |facts: &Facts, at: Instant, rep: RepIndex| chance(judged_by, facts, at, rep);
    let spinner = output::spinner("replaying");
    let priced = Market::serves(&snapshot);
    let mut result = backtest(&Replay { snapshot: &snapshot, leads: &leads, from, until: to, priced, judge: &chance });
    spinner.finish_and_clear();
    result.notes = notes(&snapshot, judge.is_some(), &leads, &result);
    if let Some(path) = &args.html {
        let page = super::comparison_page::backtest(&result, &snapshot, &command(args));
        let html = pointsman_report::stand_alone(&page, &result, pointsman_report::Cx::EN)?;
        std::fs::write(path, html).with_context(|| format!("cannot write {}", path.display()))?;
    }
    match args.json {
        true => output::json(&result)?,
        false => output::text(describe(&result))?,
    }
    Ok(Done::Fine)
}

fn command(args: &Backtest) -> String {
    format!(
        "pointsman backtest --policy {} --workspace {} --from {} --to {}",
        args.policy.display(),
        args.workspace.display(),
        args.from,
        args.to
    )
}

/// RFC 3339, or a day, which begins at midnight UTC.
fn time(flag: &str, text: &str) -> anyhow::Result<Instant> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse().with_context(|| format!("{flag} '{text}' is no time like 2026-01-31 or 2026-01-31T08:00:00Z"))
}

/// The live documents, ruled by the policy of a file.
fn under(path: &Path, live: &DocumentSet) -> anyhow::Result<DocumentSet> {
    let body = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = std::str::from_utf8(&body).with_context(|| path.display().to_string())?;
    let named: toml::Value = toml::from_str(text).with_context(|| path.display().to_string())?;
    let name = named.get("name").and_then(|name| name.as_str());
    let name = name.with_context(|| format!("{} does not name its policy", path.display()))?.to_owned();
    let mut documents = live.clone();
    documents.insert(DocumentKind::Policy, &name, body);
    store::ruled_by(&documents, &name)
}

/// The live documents with the model that judges.
fn judging(path: &Path, live: &DocumentSet, folder: &Path) -> anyhow::Result<Arc<Snapshot>> {
    let body = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if live.get(DocumentKind::Model, "").is_some_and(|model| **model == *body) {
        bail!("{} is the model that chooses: it cannot judge its own choices", path.display());
    }
    let mut documents = live.clone();
    documents.insert(DocumentKind::Model, "", body);
    Ok(Arc::new(workspace::compile(folder, documents)?))
}

fn chance(snapshot: &Snapshot, facts: &Facts, at: Instant, rep: RepIndex) -> f64 {
    let Some(scorer) = &snapshot.scorer else { return 0.0 };
    let mut scratch = ScorerScratch::default();
    scorer.prepare(facts, at, snapshot.home(), &mut scratch);
    math::sigmoid(scorer.logit(rep, &scratch))
}

/// Leads decided before `to`, oldest first, back to those that may still have held a slot at `from`.
fn past(reader: &mut dyn Reader, from: Instant, to: Instant) -> anyhow::Result<Vec<PastLead>> {
    let mut leads = Vec::new();
    let mut before = None;
    loop {
        let page = reader.leads(LeadFilter { custody: None, before, limit: PAGE })?;
        let Some((last, _)) = page.last() else { break };
        let (done, full) = (last.at < from - LOOK_BACK, page.len() == PAGE as usize);
        before = Some(last.id);
        for (row, state) in page {
            if state.first_decided < to && state.first_decided >= from - LOOK_BACK {
                leads.extend(one(reader, row.id, state.first_decided, state.seed)?);
            }
        }
        if done || !full {
            break;
        }
    }
    leads.sort_by_key(|lead| (lead.at, lead.facts.lead.id));
    Ok(leads)
}

/// `None` where the facts of its first decision are gone.
fn one(
    reader: &mut dyn Reader,
    lead: pointsman_domain::LeadId,
    at: Instant,
    seed: u64,
) -> anyhow::Result<Option<PastLead>> {
    let decisions = reader.decisions_of(lead)?;
    let Some(first) = decisions.first() else { return Ok(None) };
    let facts = reader.decision(first.id)?.and_then(|stored| stored.facts);
    let Some(facts) = facts.and_then(|facts| serde_json::from_slice::<Facts>(&facts).ok()) else { return Ok(None) };
    let stages: Vec<_> = reader.stages_of(lead)?.into_iter().map(|row| row.fact).collect();
    let first_of = |wanted: &dyn Fn(Stage) -> bool| {
        stages.iter().filter(|fact| wanted(fact.stage)).map(pointsman_store::stage::StageFact::happened).min()
    };
    let assignment = reader.assignments_of(lead)?.into_iter().min_by_key(|row| row.seq);
    let owned = assignment.map(|row| {
        let sla_due = decisions.iter().find_map(|decision| match &decision.outcome {
            Outcome::Owned { sla_due, .. } | Outcome::Offered { sla_due, .. } => *sla_due,
            _ => None,
        });
        let touched_at = first_of(&|stage| stage >= Stage::Attempted).map(|touched| touched.max(row.at));
        PastOwner { rep: row.rep, at: row.at, sla_due, touched_at, propensity: row.propensity.unwrap_or(1.0) }
    });
    let now = converge(&stages).map(|fact| fact.stage);
    let won = now.filter(|stage| stage.is_terminal()).map(|stage| stage == Stage::Won);
    let held = decisions.iter().any(|decision| matches!(decision.outcome, Outcome::Held { .. }));
    Ok(Some(PastLead { facts, at, seed, owned, held, closed_at: first_of(&Stage::closes), won }))
}

fn notes(snapshot: &Snapshot, judged: bool, leads: &[PastLead], result: &BacktestResult) -> Vec<String> {
    let mut notes = Vec::new();
    match (snapshot.scorer.is_some(), judged) {
        (false, false) => notes.push("there is no model: expected wins are not known, and read 0".to_owned()),
        (true, false) => notes.push(
            "optimistic: expected wins come from the model that also chooses, which flatters every policy that follows it; \
             name one that was trained on other leads with --judge"
                .to_owned(),
        ),
        (_, true) => {}
    }
    match &result.off_policy {
        None => notes.push(
            "no decision was drawn with a known probability below 1 and has an outcome: the past proves nothing of this \
             policy's wins (let a rule explore to change that)"
                .to_owned(),
        ),
        Some(off) => notes.extend(off.warning.clone()),
    }
    if leads.iter().all(|lead| lead.closed_at.is_none()) {
        notes.push("no lead was ever closed: every slot stays taken to the end".to_owned());
    }
    notes.push(
        "a lead is taken to stay open, and to wait for its first touch, as long as it really did, whoever gets it"
            .to_owned(),
    );
    notes
}

fn describe(r: &BacktestResult) -> String {
    let line =
        |name: &str, read: &dyn Fn(&Made) -> String| vec![name.to_owned(), read(&r.as_it_was), read(&r.replayed)];
    let rows = vec![
        line("with an owner", &|m| m.owned.to_string()),
        line("still waiting", &|m| m.waiting.to_string()),
        line("parked", &|m| m.parked.to_string()),
        line("waited at least once", &|m| m.held.to_string()),
        line("SLA missed", &|m| format!("{} of {}", m.sla_missed, m.sla_known)),
        line("median minutes to an owner", &|m| format!("{:.1}", m.minutes_to_owner)),
        line("Gini of leads received", &|m| format!("{:.3}", m.gini)),
        line("expected wins", &|m| format!("{:.1}", m.expected_wins)),
    ];
    let mut text = format!(
        "{} leads from {} to {}; under policy {} {} would have gone to somebody else\n\n{}",
        r.leads,
        r.from,
        r.to,
        r.policy,
        r.elsewhere,
        output::table(&["", "as it was", "replayed"], &rows)
    );
    if !r.moves.is_empty() {
        text.push_str("\n\nmost frequent moves");
    }
    for (from, to, n) in r.moves.iter().take(8) {
        let _ = write!(text, "\n  {from} → {to}: {n}");
    }
    if let Some(off) = &r.off_policy {
        let _ = write!(
            text,
            "\n\nproved by {} drawn decisions (effective sample {:.0}): {:.4} wins a lead as it was",
            off.support.decisions, off.support.effective_sample, off.as_it_was
        );
        let mut say = |name: &str, value: &Option<pointsman_experiment::off_policy::PolicyValue>| {
            if let Some(v) = value {
                let _ = write!(text, "\n  {name}: {:.4} ({:.4} to {:.4})", v.value, v.interval.low, v.interval.high);
            }
        };
        say("importance weights, normalised", &off.snips);
        say("doubly robust", &off.doubly_robust);
    }
    for note in &r.notes {
        let _ = write!(text, "\nnote: {note}");
    }
    text
}
