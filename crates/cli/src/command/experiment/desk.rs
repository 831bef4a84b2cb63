//! Steps, checks and looks on the workspace's store; through its API while a server runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use pointsman_decision::{DocumentSet, Snapshot};
use pointsman_domain::{Digest, ExperimentId};
use pointsman_experiment::live::{LiveExperiment, State};
use pointsman_experiment::spec::ExperimentSpec;
use pointsman_server::experiment::{self, Past, Step, desk::Stepped};
use pointsman_store::Reader;
use serde_json::json;

use super::{table, words};
use crate::args::experiment::{Decide, List, One, Promote, Reweigh, Step as StepArgs, Where, Who};
use crate::{Done, clock, output, store, workspace};

/// Where a workspace keeps the text of an experiment.
pub fn spec_file(workspace: &Path, id: &ExperimentId) -> PathBuf {
    workspace.join("experiments").join(id.as_str()).join("experiment.toml")
}

fn read_text(workspace: &Path, id: &ExperimentId) -> anyhow::Result<String> {
    let path = spec_file(workspace, id);
    std::fs::read_to_string(&path).with_context(|| {
        format!(
            "there is no experiment '{id}': neither live nor as {} (make one with: pointsman experiment new {id})",
            path.display()
        )
    })
}

/// What is live, to be read beside a running server; the folder's own documents where there is no
/// store yet.
pub struct Live {
    pub snapshot: Arc<Snapshot>,
    pub reader: Option<Box<dyn Reader>>,
}

pub fn live(folder: &Path) -> anyhow::Result<Live> {
    let Ok(mut reader) = store::read(folder) else {
        return Ok(Live { snapshot: Arc::new(workspace::check(folder)?), reader: None });
    };
    let head = reader.head()?;
    let documents = head.snapshot.map(|id| reader.documents(&id)).transpose()?.flatten();
    let snapshot = match documents {
        Some(documents) => compile(documents)?,
        None => workspace::check(folder)?,
    };
    Ok(Live { snapshot: Arc::new(snapshot), reader: Some(reader) })
}

fn compile(documents: DocumentSet) -> anyhow::Result<Snapshot> {
    Snapshot::compile(documents).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow!("what is live does not compile: {}", faults.join("; "))
    })
}

/// The experiment as it is live, or the folder's draft.
fn found(live: &Live, at: &Where, id: &ExperimentId) -> anyhow::Result<(LiveExperiment, ExperimentSpec)> {
    let stored = experiment::find(&live.snapshot.documents, id).ok();
    match stored {
        Some(found) if found.0.state != State::Draft => Ok(found),
        other => match (read_text(&at.workspace, id), other) {
            (Ok(text), _) => {
                let draft = LiveExperiment::draft(&text, clock::now(), "command line", "draft")?;
                if draft.id != *id {
                    bail!("{} says id = \"{}\" inside", spec_file(&at.workspace, id).display(), draft.id);
                }
                let spec = ExperimentSpec::from_toml(&text)?;
                Ok((draft, spec))
            }
            (Err(_), Some(draft)) => Ok(draft),
            (Err(error), None) => Err(error),
        },
    }
}

fn past(live: &mut Live) -> anyhow::Result<Past> {
    let now = clock::now();
    match &mut live.reader {
        Some(reader) => Ok(Past::read(&mut **reader, &live.snapshot, now)?),
        None => Ok(Past { from: now, until: now, leads: Vec::new() }),
    }
}

pub fn plan(args: &One) -> anyhow::Result<Done> {
    let mut live = live(&args.at.workspace)?;
    let (_, spec) = found(&live, &args.at, &args.id)?;
    let outlook = experiment::outlook_of(&past(&mut live)?, &spec);
    match args.at.json {
        true => output::json(&outlook)?,
        false => output::text(words::plan(&outlook))?,
    }
    Ok(Done::Fine)
}

pub fn check(args: &One) -> anyhow::Result<Done> {
    let live = live(&args.at.workspace)?;
    let (draft, spec) = found(&live, &args.at, &args.id)?;
    let findings = experiment::check(&live.snapshot, &spec, &draft.spec);
    if args.at.json {
        output::json(&findings)?;
    } else {
        let errors = findings.errors.iter().map(|e| format!("error    {e}"));
        let lines: Vec<String> = errors.chain(findings.warnings.iter().map(|w| format!("warning  {w}"))).collect();
        output::text(if lines.is_empty() { "nothing to complain about".to_owned() } else { lines.join("\n") })?;
    }
    Ok(if findings.errors.is_empty() { Done::Fine } else { Done::Found })
}

pub fn advise(args: &One) -> anyhow::Result<Done> {
    let mut live = live(&args.at.workspace)?;
    let (_, spec) = found(&live, &args.at, &args.id)?;
    let past = past(&mut live)?;
    let advised = experiment::advise_on(&past, &live.snapshot, &spec);
    match args.at.json {
        true => output::json(&json!({ "may_start": advised.may_start(), "advice": advised }))?,
        false => output::text(words::advice(&advised))?,
    }
    Ok(if advised.may_start() { Done::Fine } else { Done::Found })
}

/// A start takes the folder's file, checks it, asks the advisor, and makes it live in one go.
pub fn start(args: &StepArgs) -> anyhow::Result<Done> {
    let folder = &args.at.workspace;
    let text = read_text(folder, &args.id).ok();
    let opened = store::write(folder)?;
    let first = opened.live.iter().next().is_none();
    let mut documents = if first { workspace::documents(folder)? } else { opened.live.clone() };
    if let Some(text) = text {
        let draft = experiment::draft(&documents, &text, clock::now(), &args.who.by, "from the workspace's file")?;
        if draft.id != args.id {
            bail!("{} says id = \"{}\" inside", spec_file(folder, &args.id).display(), draft.id);
        }
        documents.insert(pointsman_decision::DocumentKind::Experiment, draft.id.as_str(), draft.body());
    }
    let snapshot = Arc::new(compile(documents)?);
    let (_, spec) = experiment::find(&snapshot.documents, &args.id)?;
    let past = Past::read(&mut *opened.store.reader()?, &snapshot, clock::now())?;
    let advised = experiment::advise_on(&past, &snapshot, &spec);
    if !advised.may_start() {
        output::text(words::advice(&advised))?;
        return Ok(Done::Found);
    }
    let step = Step::Start { salt: clock::chance() };
    finish(&opened, &snapshot, &args.id, &step, &args.who, &args.at)
}

pub fn step(id: &ExperimentId, word: &str, who: &Who, at: &Where) -> anyhow::Result<Done> {
    let step = match word {
        "pause" => Step::Pause,
        "resume" => Step::Resume,
        _ => Step::Stop,
    };
    take(id, &step, who, at)
}

pub fn reweigh(args: &Reweigh) -> anyhow::Result<Done> {
    take(&args.id, &Step::Reweigh { weights: args.weights.clone() }, &args.who, &args.at)
}

pub fn decide(args: &Decide) -> anyhow::Result<Done> {
    take(&args.id, &Step::Decide { winner: args.winner.clone() }, &args.who, &args.at)
}

pub fn promote(args: &Promote) -> anyhow::Result<Done> {
    let reviewed = args.reviewed.as_deref().map(str::parse::<Digest>).transpose()?;
    take(&args.id, &Step::Promote { reviewed }, &args.who, &args.at)
}

fn take(id: &ExperimentId, step: &Step, who: &Who, at: &Where) -> anyhow::Result<Done> {
    let opened = store::write(&at.workspace)?;
    let snapshot = compile(opened.live.clone())?;
    finish(&opened, &snapshot, id, step, who, at)
}

fn finish(
    opened: &store::Opened,
    snapshot: &Snapshot,
    id: &ExperimentId,
    step: &Step,
    who: &Who,
    at: &Where,
) -> anyhow::Result<Done> {
    let Stepped { live, snapshot, diff } = experiment::step(snapshot, id, step, clock::now(), &who.by, &who.reason)?;
    let done = snapshot.is_some();
    if let Some(next) = snapshot {
        let reason = format!("experiment {id}: {} ({})", live.state, who.reason.trim());
        store::switch(&*opened.store, next, &who.by, &reason)?;
        let spec = ExperimentSpec::from_toml(&live.spec)?;
        experiment::figures::stands(&mut *opened.store.statements()?, &live, &spec)?;
    }
    if let Some(review) = diff.as_ref().filter(|_| done) {
        // The folder's file follows, so that applying it later does not take the winner back.
        let path = at.workspace.join("policies").join(format!("{}.toml", review.policy));
        std::fs::write(&path, &review.text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if at.json {
        let frozen = live.frozen.as_ref().map(|f| f.digest);
        output::json(&json!({ "id": id, "state": live.state, "done": done, "frozen": frozen, "review": diff }))?;
    } else if let Some(review) = diff {
        let next = match done {
            true => format!("policy '{}' is live like this; '{id}' is {}", review.policy, live.state),
            false => {
                format!("this would become of policy '{}'; make it with --reviewed {}", review.policy, review.reviewed)
            }
        };
        output::text(format!("{}\n{next}", review.diff.trim_end()))?;
    } else {
        output::text(format!("'{id}' is {}", live.state))?;
    }
    Ok(if done { Done::Fine } else { Done::Found })
}

pub fn look(id: &ExperimentId, folder: &Path, by: &str, json: bool) -> anyhow::Result<Done> {
    let opened = store::write(folder)?;
    let snapshot = compile(opened.live.clone())?;
    let (live, spec) = experiment::find(&snapshot.documents, id)?;
    let now = clock::now();
    let (result, next) = experiment::looked(&mut *opened.store.reader()?, &snapshot, &live, &spec, now, by)?;
    let documents = experiment::with(&snapshot.documents, &next)?;
    store::switch(&*opened.store, documents, by, &format!("experiment {id}: look"))?;
    experiment::figures::keep(&mut *opened.store.statements()?, &next, &spec, &result)?;
    if json {
        output::json(&result)?;
    } else {
        let paused = if next.state == live.state { String::new() } else { format!("\n'{id}' is {} now", next.state) };
        let looks = next.looks.iter().map(|l| l.at).collect::<std::collections::BTreeSet<_>>().len();
        output::text(format!("{}\nthis was look {looks}{paused}", table::describe(&result)))?;
    }
    let invalid = result.verdicts.iter().any(|v| v.verdict == pointsman_experiment::analysis::Verdict::Invalid);
    Ok(if invalid || next.state != live.state { Done::Found } else { Done::Fine })
}

pub fn status(args: &One) -> anyhow::Result<Done> {
    let live = live(&args.at.workspace)?;
    let (one, spec) = found(&live, &args.at, &args.id)?;
    if args.at.json {
        output::json(&json!({
            "id": one.id, "state": one.state, "started_at": one.started_at(),
            "done": experiment::look::fraction(&one, &spec, clock::now()),
            "epochs": one.epochs, "history": one.history, "looks": one.looks, "winner": one.winner,
            "frozen": one.frozen.as_ref().map(|f| f.digest),
        }))?;
        return Ok(Done::Fine);
    }
    let done = experiment::look::fraction(&one, &spec, clock::now());
    let done = done.map_or_else(String::new, |done| format!(", {:.0} % of the planned time", 100.0 * done));
    let mut lines = vec![format!("'{}' is {}{done}: {}", one.id, one.state, spec.hypothesis)];
    let rows: Vec<Vec<String>> = one
        .history
        .iter()
        .map(|e| vec![e.at.to_string(), format!("  {}", e.to), format!("  {}", e.by), format!("  {}", e.reason)])
        .collect();
    lines.push(output::table(&["when", "  state", "  by", "  reason"], &rows));
    let looks: Vec<Vec<String>> = one
        .looks
        .iter()
        .map(|l| {
            let number = |x: Option<f64>| x.map_or_else(|| "–".into(), |x| format!("{x:.4}"));
            let word = crate::output::word(&l.verdict);
            vec![
                l.at.to_string(),
                format!("  {}", l.by),
                format!("  {}", l.variant),
                number(l.estimate),
                number(l.low),
                number(l.high),
                word,
            ]
        })
        .collect();
    if !looks.is_empty() {
        lines.push(output::table(&["look", "  by", "  variant", "effect", "low", "high", "verdict"], &looks));
    }
    output::text(lines.join("\n\n"))?;
    Ok(Done::Fine)
}

pub fn list(args: &List) -> anyhow::Result<Done> {
    let live = live(&args.at.workspace)?;
    let mut all = experiment::all(&live.snapshot.documents);
    for id in folders(&args.at.workspace) {
        if !all.iter().any(|(live, _)| live.id == id) {
            all.extend(found(&live, &args.at, &id).ok());
        }
    }
    all.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let now = clock::now();
    let views: Vec<_> = all
        .iter()
        .map(|(live, spec)| pointsman_server::api::experiments::ExperimentView::new(live, spec, now))
        .collect();
    if args.at.json {
        output::json(&json!({ "experiments": views }))?;
    } else if views.is_empty() {
        output::text("no experiment yet (write one with: pointsman experiment new ID)")?;
    } else {
        let rows: Vec<Vec<String>> = views
            .iter()
            .map(|v| {
                vec![
                    v.id.to_string(),
                    format!("  {}", v.state),
                    format!("  {}", v.design),
                    format!("  {}", v.hypothesis),
                ]
            })
            .collect();
        output::text(output::table(&["experiment", "  state", "  design", "  hypothesis"], &rows))?;
    }
    Ok(Done::Fine)
}

/// Drafts that lie in the folder and were never live.
fn folders(workspace: &Path) -> Vec<ExperimentId> {
    let entries = std::fs::read_dir(workspace.join("experiments")).into_iter().flatten().flatten();
    let names = entries.filter(|e| e.path().join("experiment.toml").exists());
    names.filter_map(|e| e.file_name().to_str().and_then(|name| ExperimentId::new(name).ok())).collect()
}
