//! `pointsman explain` and `pointsman replay`: a decision from its record.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use pointsman_decision::{
    Decision, Explanation, Facts, Outcome, Replay as Replayed, Snapshot, explain, replay as replay_decision,
};
use pointsman_domain::{DecisionId, LeadId};
use pointsman_report::{Cx, Unit, words::reason};
use serde_json::json;

use super::evaluate::word;
use crate::args::{Explain, Replay};
use crate::{Done, output, store};

/// A decision with everything it was taken on.
struct Recorded {
    decision: Decision,
    facts: Facts,
    trace: Vec<u8>,
    snapshot: Arc<Snapshot>,
}

pub fn run(args: &Explain) -> anyhow::Result<Done> {
    let recorded = find(&args.workspace, &args.id)?;
    let explanation = explain(&recorded.snapshot, &recorded.facts, &recorded.decision, &recorded.trace)?;
    match args.json {
        true => output::json(&explanation)?,
        false => output::text(describe(&explanation, &recorded.snapshot))?,
    }
    Ok(Done::Fine)
}

pub fn replay(args: &Replay) -> anyhow::Result<Done> {
    let recorded = find(&args.workspace, &args.id)?;
    let outcome = replay_decision(&recorded.snapshot, &recorded.facts, &recorded.decision, &recorded.trace)?;
    let equal = outcome == Replayed::Equal;
    if args.json {
        let replayed = match &outcome {
            Replayed::Equal => None,
            Replayed::Different { replayed } => Some(replayed),
        };
        output::json(&json!({ "decision": recorded.decision.id, "equal": equal, "replayed": replayed }))?;
    } else {
        let word = if equal { "the same, field by field" } else { "another decision" };
        output::text(format!("{} taken again from its record: {word}", recorded.decision.id))?;
    }
    Ok(if equal { Done::Fine } else { Done::Found })
}

fn find(workspace: &Path, id: &str) -> anyhow::Result<Recorded> {
    let mut reader = store::read(workspace)?;
    let decision = match (id.parse::<DecisionId>(), id.parse::<LeadId>()) {
        (Ok(decision), _) => decision,
        (_, Ok(lead)) => {
            reader.decisions_of(lead)?.last().map(|d| d.id).with_context(|| format!("there is no lead {id}"))?
        }
        _ => bail!("'{id}' is neither a lead id (lead_…) nor a decision id (decision_…)"),
    };
    let stored = reader.decision(decision)?.with_context(|| format!("there is no decision {id}"))?;
    let facts =
        stored.facts.with_context(|| format!("the facts of {decision} were erased: only its numbers are kept"))?;
    let trace = stored.trace.with_context(|| format!("the trace of {decision} has aged out"))?;
    let documents =
        reader.documents(&stored.decision.snapshot)?.context("the documents it was taken on are not stored")?;
    let snapshot = Snapshot::compile(documents).map_err(|faults| {
        anyhow::anyhow!(
            "its documents do not compile any more: {}",
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        )
    })?;
    Ok(Recorded {
        decision: stored.decision,
        facts: serde_json::from_slice(&facts)?,
        trace,
        snapshot: Arc::new(snapshot),
    })
}

fn describe(explanation: &Explanation, snapshot: &Snapshot) -> String {
    let decision = &explanation.decision;
    let rule = decision.rule.as_ref().map_or_else(|| "the fallback".to_owned(), |rule| format!("rule '{rule}'"));
    let mut lines = vec![match &decision.outcome {
        Outcome::Owned { rep, sla_due } => {
            let due = sla_due.map_or_else(String::new, |due| format!(", to be touched by {due}"));
            format!("{} went to {rep} by {rule} of policy '{}'{due}", decision.lead, decision.policy)
        }
        Outcome::Held { until, .. } => {
            format!("{} waits until {until} by {rule} of policy '{}'", decision.lead, decision.policy)
        }
        Outcome::Parked { queue, .. } => {
            format!("{} is parked in queue '{queue}' by {rule} of policy '{}'", decision.lead, decision.policy)
        }
    }];
    let money = Unit::money(snapshot.currency);
    for rung in &explanation.rungs {
        let half = if rung.overflow { " (overflow)" } else { "" };
        let row =
            rung.territory.as_ref().map_or_else(String::new, |t| format!(" (territory '{}', line {})", t.name, t.line));
        lines.push(format!("\n{}{half}: {}{row}", rung.rule, word(&rung.verdict)));
        let rows: Vec<Vec<String>> = rung
            .candidates
            .iter()
            .map(|c| {
                let number = |x: Option<f64>, digits: usize| x.map_or_else(|| "–".into(), |x| format!("{x:.digits$}"));
                let free = c.free.map_or_else(|| "–".into(), |free| free.to_string());
                let why = reason::reason(&c.reason, money, Cx::EN);
                vec![
                    format!("  {}", c.rep),
                    number(c.score, 3),
                    number(c.price, 2),
                    number(c.net, 2),
                    free,
                    format!("  {why}"),
                ]
            })
            .collect();
        if !rows.is_empty() {
            lines.push(output::table(&["  rep", "score", "price", "net", "free", "  why"], &rows));
        }
    }
    lines.join("\n")
}
