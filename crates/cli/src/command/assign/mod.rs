//! `pointsman assign`: a list of leads, assigned at once.

mod list;
mod write;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use pointsman_decision::{
    DocumentKind, Snapshot,
    plan::{Plan, PlanConfig, Why, most_present, plan},
};
use pointsman_domain::Instant;
use pointsman_store::Reader;
use serde::Serialize;

use crate::args::capacity::Assign;
use crate::{Done, clock, output, settings::Settings, store, workspace};
use list::{List, SetAside};

/// The result as JSON.
#[derive(Debug, Serialize)]
struct Assigned {
    policy: String,
    at: Instant,
    dry_run: bool,
    leads: usize,
    kept: usize,
    moved: usize,
    new: usize,
    unassigned: usize,
    /// Unassigned leads by reason.
    because: BTreeMap<String, usize>,
    /// False where several limits of a rep bound at once and were taken in one by one.
    exact: bool,
    /// Whether a model tells reps apart; else the list is spread by weight, and nothing is expected.
    modelled: bool,
    expected_before: f64,
    expected_after: f64,
    reps: Vec<RepLine>,
    set_aside: Vec<SetAside>,
    ignored_columns: Vec<String>,
    /// Assignments that were written; those that could not be, by lead.
    written: usize,
    failed: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct RepLine {
    rep: String,
    places: u32,
    before: usize,
    after: usize,
    expected: f64,
}

pub fn run(args: &Assign) -> anyhow::Result<Done> {
    let mut reader = opened(args)?;
    if reader.is_none() && !args.dry_run {
        bail!(
            "nothing is live in {}: run  pointsman apply --workspace {}  first, or look with --dry-run",
            args.workspace.display(),
            args.workspace.display()
        );
    }
    let snapshot = live(args, reader.as_mut())?;
    let at = match &args.at {
        Some(text) => text.parse::<Instant>().with_context(|| format!("--at '{text}'"))?,
        None => most_present(&snapshot, clock::now()),
    };
    let ledger = match &mut reader {
        Some(reader) => store::ledger(&mut **reader)?,
        None => {
            let mut ledger = pointsman_assign::Ledger::default();
            snapshot.caps().for_each(|cap| ledger.apply(&cap));
            ledger
        }
    };
    let stored = reader.as_mut();
    let list = list::read(&args.leads, args.mapping.as_deref(), &args.source, &snapshot, stored, at)?;
    if list.rows.is_empty() {
        bail!("no row of {} can be assigned{}", args.leads.display(), first_fault(&list));
    }
    let places = args.capacity.as_deref().map(|path| capacity(path, &snapshot)).transpose()?;
    let config = PlanConfig { keep: args.keep.max(0.0), places };
    let listed: Vec<_> = list.rows.iter().map(|row| row.listed.clone()).collect();
    let spinner = output::spinner("assigning");
    let plan = plan(&snapshot, &ledger, &listed, at, &config)?;
    spinner.finish_and_clear();
    if let Some(path) = &args.out {
        std::fs::write(path, table(&list, &plan, &snapshot))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut result = assigned(args, &snapshot, at, &list, &plan);
    if !args.dry_run {
        let bar = output::bar("recording", list.rows.len() as u64);
        (result.written, result.failed) = write::record(args, &snapshot, &list.rows, &plan, &|| bar.inc(1))?;
        bar.finish_and_clear();
    }
    match args.json {
        true => output::json(&result)?,
        false => output::text(describe(&result))?,
    }
    Ok(if result.failed.is_empty() { Done::Fine } else { Done::Found })
}

/// The store, if anything is live in it.
fn opened(args: &Assign) -> anyhow::Result<Option<Box<dyn Reader>>> {
    if Settings::read(&args.workspace)?.store(&args.workspace)?.is_missing() {
        return Ok(None);
    }
    let mut reader = store::read(&args.workspace)?;
    let live = reader.head()?.snapshot.is_some();
    Ok(live.then_some(reader))
}

/// What decides: the live documents, or the folder's where nothing is live, under `--policy`.
fn live(args: &Assign, reader: Option<&mut Box<dyn Reader>>) -> anyhow::Result<Arc<Snapshot>> {
    let stored = match reader {
        Some(reader) => {
            let id = reader.head()?.snapshot;
            id.map(|id| reader.documents(&id)).transpose()?.flatten()
        }
        None => None,
    };
    let mut documents = match stored {
        Some(documents) => documents,
        None => workspace::documents(&args.workspace)?,
    };
    if let Some(policy) = &args.policy {
        if documents.get(DocumentKind::Policy, policy).is_none() {
            let there: Vec<&str> = documents.of(DocumentKind::Policy).map(|(name, _)| name).collect();
            bail!("there is no policy '{policy}': there are {}", there.join(", "));
        }
        documents = store::ruled_by(&documents, policy)?;
    }
    Ok(Arc::new(workspace::compile(&args.workspace, documents)?))
}

fn first_fault(list: &List) -> String {
    list.set_aside
        .first()
        .map_or_else(String::new, |fault| format!("; line {}, column {}: {}", fault.line, fault.column, fault.problem))
}

/// `rep,capacity`; reps that are not listed have no place.
fn capacity(path: &Path, snapshot: &Snapshot) -> anyhow::Result<Vec<u32>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut places = vec![0; snapshot.roster.reps.len()];
    for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let fault = || format!("{}, line {}: '{line}'", path.display(), number + 1);
        let (rep, places_of) = line.split_once(',').with_context(|| format!("{} is not rep,capacity", fault()))?;
        let rep = snapshot.roster.rep(rep.trim()).with_context(|| format!("{} names nobody of the roster", fault()))?;
        places[rep.0 as usize] =
            places_of.trim().parse().with_context(|| format!("{} has no whole number of places", fault()))?;
    }
    Ok(places)
}

fn assigned(args: &Assign, snapshot: &Snapshot, at: Instant, list: &List, plan: &Plan) -> Assigned {
    let modelled = snapshot.scorer.is_some();
    let count = |why: Why| plan.placed.iter().filter(|placed| placed.why == why).count();
    let mut because = BTreeMap::new();
    plan.placed.iter().filter(|placed| placed.to.is_none()).for_each(|placed| {
        let reason = match placed.why {
            Why::Nobody(reason) => format!("nobody_eligible: {}", word(reason)),
            why => why.as_str().to_owned(),
        };
        *because.entry(reason).or_default() += 1;
    });
    let reps = snapshot.roster.reps.iter().enumerate().map(|(at, rep)| {
        let mine = || plan.placed.iter().filter(|placed| placed.to.is_some_and(|to| to.0 as usize == at));
        let had = list.rows.iter().filter(|row| row.listed.owner.is_some_and(|owner| owner.0 as usize == at));
        let expected =
            mine().filter_map(|placed| placed.score.map(|score| score * placed.value)).fold(0.0, |a, b| a + b);
        RepLine {
            rep: rep.id.to_string(),
            places: plan.places[at],
            before: had.count(),
            after: mine().count(),
            expected,
        }
    });
    let expected = |score: &dyn Fn(&pointsman_decision::plan::Placed) -> Option<f64>| -> f64 {
        // An empty sum is −0.0, which would be printed.
        plan.placed.iter().filter_map(|placed| score(placed).map(|score| score * placed.value)).fold(0.0, |a, b| a + b)
    };
    Assigned {
        policy: snapshot.policy().name.to_string(),
        at,
        dry_run: args.dry_run,
        leads: list.rows.len(),
        kept: count(Why::Kept),
        moved: count(Why::Moved),
        new: count(Why::New),
        unassigned: plan.placed.iter().filter(|placed| placed.to.is_none()).count(),
        because,
        exact: plan.exact,
        modelled,
        expected_before: expected(&|placed| placed.score_before),
        expected_after: expected(&|placed| placed.score),
        reps: reps.collect(),
        set_aside: list.set_aside.clone(),
        ignored_columns: list.ignored.clone(),
        written: 0,
        failed: BTreeMap::new(),
    }
}

fn word(reason: pointsman_domain::ReasonCode) -> String {
    serde_json::to_value(reason)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_else(|| format!("{reason:?}"))
}

/// lead,owner,before,change,chance; a field with a comma or quote is quoted.
fn table(list: &List, plan: &Plan, snapshot: &Snapshot) -> String {
    let mut text = String::from("lead,owner,before,change,chance\n");
    let rep = |rep: Option<pointsman_domain::RepIndex>| {
        rep.map_or_else(String::new, |rep| snapshot.roster.rep_at(rep).id.to_string())
    };
    for (row, placed) in list.rows.iter().zip(&plan.placed) {
        let name = match row.name.contains([',', '"', '\n']) {
            true => format!("\"{}\"", row.name.replace('"', "\"\"")),
            false => row.name.clone(),
        };
        let chance = placed.score.map_or_else(String::new, |score| format!("{score:.6}"));
        let (to, before, change) = (rep(placed.to), rep(row.listed.owner), placed.why.as_str());
        let _ = writeln!(text, "{name},{to},{before},{change},{chance}");
    }
    text
}

fn describe(a: &Assigned) -> String {
    let mut text = format!(
        "{} leads by policy {} as of {}: {} stay, {} move, {} new, {} unassigned\n",
        a.leads, a.policy, a.at, a.kept, a.moved, a.new, a.unassigned
    );
    match a.modelled {
        true => drop(write!(text, "expected {:.1} before, {:.1} after\n\n", a.expected_before, a.expected_after)),
        false => text.push_str("no model is promoted: every rep counts alike, and the list is spread by weight\n\n"),
    }
    let rows: Vec<Vec<String>> = a
        .reps
        .iter()
        .filter(|rep| rep.before > 0 || rep.after > 0)
        .map(|rep| {
            vec![
                rep.rep.clone(),
                rep.places.to_string(),
                rep.before.to_string(),
                rep.after.to_string(),
                format!("{:.1}", rep.expected),
            ]
        })
        .collect();
    text.push_str(&output::table(&["rep", "places", "before", "after", "expected"], &rows));
    for (reason, n) in &a.because {
        let _ = write!(text, "\nunassigned, {reason}: {n}");
    }
    for fault in a.set_aside.iter().take(10) {
        let _ = write!(text, "\nset aside: line {}, column {}: {}", fault.line, fault.column, fault.problem);
    }
    if a.set_aside.len() > 10 {
        let _ = write!(text, "\nset aside: {} more (all with --json)", a.set_aside.len() - 10);
    }
    if !a.ignored_columns.is_empty() {
        let _ = write!(text, "\nignored columns: {}", a.ignored_columns.join(", "));
    }
    if !a.exact {
        text.push_str("\nseveral limits of a rep bound at once: what exceeded the second was placed anew, one by one");
    }
    match a.dry_run {
        true => text.push_str("\nnothing was written (--dry-run)"),
        false => {
            let _ = write!(text, "\n{} assignments were recorded", a.written);
        }
    }
    for (lead, why) in a.failed.iter().take(10) {
        let _ = write!(text, "\nnot recorded: {lead}: {why}");
    }
    text
}
