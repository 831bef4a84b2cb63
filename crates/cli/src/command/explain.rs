//! `pointsman explain` and `pointsman replay`: a decision from its record.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use pointsman_decision::{
    Decision, ExplainedCandidate, Explanation, Facts, Replay as Replayed, Snapshot, explain, replay as replay_decision,
    why_not,
};
use pointsman_domain::{DecisionId, LeadId};
use pointsman_report::{
    Cx, words,
    words::why::{Teller, value_unit},
};
use serde_json::json;

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
    let Recorded { decision, facts, trace, snapshot } = &recorded;
    let explanation = explain(snapshot, facts, decision, trace)?;
    let teller = Teller { snapshot, cx: if args.german { Cx::DE } else { Cx::EN } };
    let sentence = teller.sentence(&explanation);
    let answer = args.why_not.as_ref().map(|rep| why_not(snapshot, facts, decision, trace, rep)).transpose()?;
    if args.json {
        output::json(&json!({ "sentence": sentence, "explanation": explanation, "why_not": answer }))?;
        return Ok(Done::Fine);
    }
    let mut lines = vec![format!("{}\n{sentence}", decision.lead)];
    if let Some(answer) = &answer {
        lines.extend(teller.ways(answer, decision).into_iter().map(|way| format!("+ {way}")));
        lines.extend(teller.obstacles(answer, decision).into_iter().map(|obstacle| format!("- {obstacle}")));
    }
    lines.push(ladder(&explanation, snapshot, teller.cx));
    output::text(lines.join("\n"))?;
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

/// The ladder with the candidates of every rung, as tables.
pub fn ladder(explanation: &Explanation, snapshot: &Snapshot, cx: Cx) -> String {
    let unit = value_unit(&explanation.decision, snapshot);
    let mut lines = Vec::new();
    for rung in &explanation.rungs {
        let name = match rung.overflow {
            true => words::lead::when_full(cx.locale, rung.rule.as_str()),
            false => rung.rule.to_string(),
        };
        let row =
            rung.territory.as_ref().map_or_else(String::new, |t| format!(" (territory '{}', line {})", t.name, t.line));
        lines.push(format!("\n{name}: {}{row}", words::lead::verdict(cx.locale, rung.verdict)));
        let number = |x: Option<f64>, digits: usize| x.map_or_else(|| "–".into(), |x| format!("{x:.digits$}"));
        let row = |c: &ExplainedCandidate| {
            let free = c.free.map_or_else(|| "–".into(), |free| free.to_string());
            let why = words::reason::reason(&c.reason, unit, cx);
            vec![
                format!("  {}", c.rep),
                number(c.score, 3),
                number(c.price, 2),
                number(c.net, 2),
                free,
                format!("  {why}"),
            ]
        };
        let rows: Vec<Vec<String>> = rung.candidates.iter().map(row).collect();
        if !rows.is_empty() {
            lines.push(output::table(&["  rep", "score", "price", "net", "free", "  why"], &rows));
        }
    }
    lines.join("\n")
}
