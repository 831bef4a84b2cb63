//! One lead as a page: the sentence, the ladder, the candidates of every rung with their numbers,
//! and a form that asks why a named rep did not get it. In both languages, without script.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State as Shared},
    response::Response,
};
use pointsman_decision::{ExplainedRung, Explanation, Outcome, Snapshot, Verdict as Rung, explain};
use pointsman_domain::{DecisionId, Instant, LeadId, Reason};
use pointsman_report::{
    Cx, Section, Unit,
    page::{Field, Form},
    part::{Notice, Tone},
    table::{Column, Row},
    words::{self, kpi::stage_of, lead as text, live, why::Teller},
};
use pointsman_store::row::Response as Said;
use serde::Deserialize;

use super::{
    reader::{Asked, Reader},
    rule,
    sheet::{Sheet, section, table},
};
use crate::{
    access::Rights,
    api::{
        decisions::{self, unwalkable, whole},
        id,
        leads::{self, LeadDetail, detail},
    },
    error::Problem,
    state::{State, Whole},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadQuery {
    /// A rep: what would have had to differ for them to get it.
    why_not: Option<String>,
}

/// What is looked at, and in which words.
struct Case<'a> {
    explanation: &'a Explanation,
    snapshot: &'a Snapshot,
    teller: Teller<'a>,
    cx: Cx,
}

pub async fn lead(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(name): Path<String>,
    reader: Reader,
    Asked(query): Asked<LeadQuery>,
) -> Result<Response, Problem> {
    let lead: LeadId = id(&name)?;
    let sheet = Sheet::new(&state, reader)?;
    let (shared, snapshot) = (Arc::clone(&state), Arc::clone(&sheet.snapshot));
    let read = state.read(move |reader| {
        let Some(detail) = detail(reader, lead, &snapshot)? else { return Ok(None) };
        let last = whole(&shared, reader, detail.lead.decision.unwrap_or(DecisionId::NONE))?;
        Ok(Some((detail, last)))
    });
    let found = read.await?.filter(|(detail, _)| leads::may_see(&rights, detail));
    let (detail, last) = found.ok_or_else(|| Problem::NotFound { what: format!("lead {lead}") })?;
    let (l, cx) = (sheet.l(), sheet.cx());
    let mut page = sheet.page(lead.to_string(), text::question(l));
    match last {
        Ok(whole) => {
            let made = tokio::task::spawn_blocking(move || reasons(&whole, lead, &query, cx));
            page.sections = made.await.map_err(|_| Problem::Ours)??;
        }
        // The decision stays when what it was taken on is gone; then the page says so.
        Err(Problem::Gone { what }) => {
            let notices = vec![Notice { tone: Tone::Neutral, text: text::gone(l, what) }];
            page.sections.push(Section { id: "why".into(), heading: text::why(l), notices, ..Section::default() });
        }
        Err(problem) => return Err(problem),
    }
    page.sections.push(history(&sheet, &detail));
    Ok(sheet.respond("/leads", page, &[]))
}

fn reasons(whole: &Whole, lead: LeadId, query: &LeadQuery, cx: Cx) -> Result<Vec<Section>, Problem> {
    let Whole { stored, snapshot, facts, trace } = whole;
    let explanation = explain(snapshot, facts, &stored.decision, trace).map_err(|error| unwalkable(&error))?;
    let teller = Teller { snapshot, cx };
    let case = Case { explanation: &explanation, snapshot, teller, cx };
    let mut sections = vec![ladder(&case)];
    sections.extend(explanation.rungs.iter().enumerate().filter_map(|(at, rung)| candidates(&case, at, rung)));
    let asked = query.why_not.as_deref().filter(|rep| !rep.is_empty());
    let answer = asked.map(|rep| decisions::asked(whole, rep)).transpose()?;
    let (mut notices, mut lines) = (Vec::new(), Vec::new());
    if let Some(answer) = &answer {
        let ways = teller.ways(answer, &stored.decision);
        let obstacles = teller.obstacles(answer, &stored.decision);
        notices.extend(ways.into_iter().map(|text| Notice { tone: Tone::Good, text }));
        lines = obstacles.into_iter().map(|text| Notice { tone: Tone::Neutral, text }).collect();
    }
    notices.append(&mut lines);
    let l = cx.locale;
    sections.push(Section {
        id: "why-not".into(),
        heading: text::why_not(l),
        sentence: text::why_not_sentence(l),
        notices,
        form: Some(question(snapshot, lead, asked, cx)),
        ..Section::default()
    });
    Ok(sections)
}

/// The form: everybody of the roster, and the language kept.
fn question(snapshot: &Snapshot, lead: LeadId, asked: Option<&str>, cx: Cx) -> Form {
    let option = |rep: &pointsman_rules::Rep| (rep.id.to_string(), rep.name.to_string());
    Form {
        action: format!("/leads/{lead}#why-not"),
        hidden: vec![("lang".into(), cx.locale.tag().into())],
        field: Field {
            name: "why_not".into(),
            label: text::rep(cx.locale),
            options: snapshot.roster.reps.iter().map(option).collect(),
            chosen: asked.map(Into::into),
        },
        button: text::ask(cx.locale),
    }
}

/// Sentence and ladder: why a lead went where it went.
fn ladder(case: &Case<'_>) -> Section {
    let l = case.cx.locale;
    let rungs = case.explanation.rungs.iter().map(|rung| {
        let cells = vec![named(rung, case.cx), text::verdict(l, rung.verdict), rung.candidates.len().to_string()];
        if ended_here(rung) { Row::strong(cells) } else { Row::new(cells) }
    });
    let columns = vec![Column::text(text::rule(l)), Column::text(text::outcome(l)), Column::number(text::count(l))];
    let sentence = case.teller.sentence(case.explanation);
    section("why", text::why(l), sentence, table(columns, rungs.collect()))
}

fn ended_here(rung: &ExplainedRung) -> bool {
    matches!(rung.verdict, Rung::Chosen | Rung::Queued | Rung::Priced | Rung::Parked)
}

/// One rung's candidates: the chosen first, then the nearest to it, then whoever was out.
fn candidates(case: &Case<'_>, at: usize, rung: &ExplainedRung) -> Option<Section> {
    if rung.candidates.is_empty() {
        return None;
    }
    let l = case.cx.locale;
    let value = words::why::value_unit(&case.explanation.decision, case.snapshot);
    let scored = rung.candidates.iter().any(|candidate| candidate.score.is_some());
    let mut listed: Vec<_> = rung.candidates.iter().collect();
    listed.sort_by(|a, b| distance(&a.reason).total_cmp(&distance(&b.reason)));
    let rows = listed.into_iter().map(|candidate| {
        let show = |unit: Unit, x: Option<f64>| x.map_or_else(String::new, |x| unit.show(l, x));
        let mut cells = vec![candidate.rep.to_string(), words::reason::reason(&candidate.reason, value, case.cx)];
        if scored {
            cells.push(show(Unit::percent(1), candidate.score));
            cells.push(show(value, candidate.price));
            cells.push(show(value, candidate.net));
        }
        cells.push(candidate.free.map_or_else(String::new, |free| free.to_string()));
        if candidate.reason == Reason::Chosen { Row::strong(cells) } else { Row::new(cells) }
    });
    let mut columns = vec![Column::text(text::rep(l)), Column::text(text::reason(l))];
    if scored {
        columns.extend([text::chance(l), text::price(l), text::net(l)].map(Column::number));
    }
    columns.push(Column::number(text::free(l)));
    let heading = text::candidates(l, &named(rung, case.cx));
    let sentence = text::looked_at(l, &words::policy::pick(l, rung.pick));
    Some(section(&format!("rung-{}", at + 1), heading, sentence, table(columns, rows.collect())))
}

/// How far a candidate was from getting it, for the order of the table.
fn distance(reason: &Reason) -> f64 {
    match reason {
        Reason::Chosen => f64::NEG_INFINITY,
        Reason::LaterTurn { by }
        | Reason::HigherLoad { by }
        | Reason::LowerSkill { by }
        | Reason::FartherTerritory { by }
        | Reason::LowerScore { by }
        | Reason::LowerValue { by }
        | Reason::PriceTooHigh { by } => *by,
        Reason::NotDrawn { .. } => 0.0,
        _ => f64::INFINITY,
    }
}

fn named(rung: &ExplainedRung, cx: Cx) -> String {
    if rung.overflow { text::when_full(cx.locale, rung.rule.as_str()) } else { rung.rule.to_string() }
}

/// What happened to the lead, oldest first.
fn history(sheet: &Sheet, detail: &LeadDetail) -> Section {
    let l = sheet.l();
    let mut history: Vec<(Instant, String, String)> = Vec::new();
    let outcome = |outcome: &Outcome| live::outcome_phrase(l, outcome, |at| sheet.at(at));
    history.extend(detail.decisions.iter().map(|d| (d.decided_at, outcome(&d.outcome), rule(l, d))));
    let by = |by: &Option<Box<str>>| by.as_deref().unwrap_or_default().to_owned();
    let by_hand = detail.assignments.iter().filter(|row| row.by.is_some());
    history.extend(by_hand.map(|row| (row.at, live::assigned_to(l, row.rep.as_str()), by(&row.by))));
    history.extend(detail.responses.iter().map(|row| {
        let said = match row.response {
            Said::Accepted => live::accepted_by,
            Said::Declined => live::declined_by,
            Said::Expired => live::expired_at,
        };
        (row.at, said(l, row.rep.as_str()), row.reason.as_deref().unwrap_or_default().to_owned())
    }));
    history.extend(detail.stages.iter().map(|row| (row.at, stage_of(l, row.stage), by(&row.by))));
    history.sort();
    let rows = history.into_iter().map(|(at, what, by)| Row::new(vec![sheet.at(at), what, by])).collect();
    let columns = [text::when, text::what, text::by].map(|word| Column::text(word(l)));
    section("history", text::history(l), text::history_sentence(l), table(columns.into(), rows))
}
