//! What a rep sees: the inbox `/me`, and the page behind a one-click link `/a/{token}`. Made for a
//! phone: one column, big buttons, no script. A link that is opened changes nothing, because mail
//! scanners open links; its buttons do.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State as Shared},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use pointsman_decision::{Outcome, Snapshot, explain};
use pointsman_domain::{CommandId, DecisionId, LeadId, RepId, record::Stage};
use pointsman_report::{
    Page, Section,
    page::Action,
    part::{Notice, Tone},
    table::{Column, Row},
    words::why::Teller,
};
use pointsman_store::{
    Command, StoreError,
    backend::LeadRecord,
    command::Staging,
    row::{Custody, CustodyKind, Response as Said},
    stage::StageFact,
};
use serde::Deserialize;

use super::{CX, minute, page, respond, section, table};
use crate::{
    access::{Access, Rights, Scope},
    api::{Caller, decisions::whole, id, leads::LeadView, responses},
    body::FormBody,
    error::{FieldError, Problem},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

/// Leads of the inbox.
const SHOWN: u32 = 50;

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    const TOKEN: &[crate::openapi::Parameter] = &[("path", "token", "As the message has it.", true)];
    const LEAD: &[crate::openapi::Parameter] = &[("path", "id", "The lead's id.", true)];
    vec![
        (
            Route {
                path: "/me",
                id: "inboxPage",
                summary: "A rep's own leads, as a page for the phone.",
                problems: &["bad-fields"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRespond),
            get(inbox),
        ),
        (
            Route {
                path: "/me/leads/{id}",
                id: "ownLeadPage",
                summary: "One of a rep's own leads, as a page.",
                text: "Somebody else's lead is as unknown as one that never was.",
                parameters: LEAD,
                problems: &["bad-fields", "bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRespond),
            get(one),
        ),
        (
            Route {
                method: "post",
                path: "/me/leads/{id}",
                id: "answerOnPage",
                summary: "Accept, decline, contacted or unqualified, from the inbox.",
                form: Some("Answer"),
                parameters: LEAD,
                redirects: true,
                problems: &[
                    "bad-body",
                    "bad-fields",
                    "media-type",
                    "too-large",
                    "bad-parameter",
                    "not-found",
                    "owner-changed",
                    "lead-closed",
                    "offer-over",
                ],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRespond),
            post(answer),
        ),
        (
            Route {
                path: "/a/{token}",
                id: "offerPage",
                summary: "The page behind a one-click link: what is offered, and the buttons.",
                text: "Changes nothing: mail scanners follow links.",
                parameters: TOKEN,
                problems: &["not-found"],
                ..PLAIN
            },
            Access::Open,
            get(offer),
        ),
        (
            Route {
                method: "post",
                path: "/a/{token}",
                id: "answerOffer",
                summary: "Answer an offer by its one-click link.",
                text: "Valid for one offer, until it ends or is answered.",
                form: Some("Answer"),
                parameters: TOKEN,
                redirects: true,
                problems: &[
                    "bad-body",
                    "bad-fields",
                    "media-type",
                    "too-large",
                    "not-found",
                    "owner-changed",
                    "lead-closed",
                    "offer-over",
                ],
                ..PLAIN
            },
            Access::Open,
            post(answer_offer),
        ),
    ]
}

#[derive(Debug, Deserialize)]
pub struct AnswerBody {
    pub answer: String,
    #[serde(default)]
    pub reason: String,
}

fn own(rights: &Rights) -> Result<RepId, Problem> {
    let nobody = || Problem::Fields(vec![FieldError::new("rep", "this login is no rep's: an inbox belongs to a rep")]);
    rights.rep.clone().ok_or_else(nobody)
}

pub async fn inbox(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
) -> Result<Response, Problem> {
    let (snapshot, rep) = (state.live()?, own(&rights)?);
    let mine = rep.clone();
    let read = state.read(move |reader| {
        let mut records = Vec::new();
        for (lead, _) in reader.leads_with(&mine, None, SHOWN)? {
            records.extend(reader.lead(lead.id)?);
        }
        Ok(records)
    });
    let mut records = read.await?;
    // What is asked comes first, then what is due first.
    records.sort_by_key(|record| match &record.state.custody {
        Custody::Offered { until, .. } => (0, Some(*until)),
        Custody::Owned { sla_due: Some(due), .. } if record.state.stage == Stage::Open => (1, Some(*due)),
        _ => (2, Some(record.state.since)),
    });
    let mut page = page("My leads", "What next?", &state.config.workspace, &snapshot);
    if records.is_empty() {
        let text = "Nothing is open: new leads appear here as they come.".to_owned();
        let notices = vec![Notice { tone: Tone::Neutral, text }];
        page.sections.push(Section { id: "leads".into(), heading: "Leads".into(), notices, ..Section::default() });
    }
    page.sections.extend(records.into_iter().map(|record| card(record, &snapshot)));
    Ok(respond(&state, "/me", &page, CX, &[]))
}

pub async fn one(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(lead): Path<String>,
) -> Result<Response, Problem> {
    let (snapshot, lead, rep): (_, LeadId, _) = (state.live()?, id(&lead)?, own(&rights)?);
    let record = state.read(move |reader| reader.lead(lead)).await?;
    let mine = record.filter(|record| match &record.state.custody {
        Custody::Owned { rep: holder, .. } | Custody::Offered { rep: holder, .. } => *holder == rep,
        Custody::Closed => record.state.last_owner.as_ref() == Some(&rep),
        Custody::Held { .. } | Custody::Parked { .. } => false,
    });
    let record = mine.ok_or_else(|| Problem::NotFound { what: format!("lead {lead} among yours") })?;
    let mut page = page("My lead", "What next?", &state.config.workspace, &snapshot);
    page.sections.push(card(record, &snapshot));
    Ok(respond(&state, "/me", &page, CX, &[]))
}

/// One lead with what is known and what can be done.
fn card(record: LeadRecord, snapshot: &Snapshot) -> Section {
    let (lead, custody, stage) = (record.row.id, record.state.custody.clone(), record.state.stage);
    let mut rows = Vec::new();
    let mut add = |what: &str, text: Option<String>| rows.extend(text.map(|text| Row::new(vec![what.into(), text])));
    if let Some(contact) = &record.contact {
        add("Person", contact.name.as_deref().map(Into::into));
        add("E-mail", contact.email.as_deref().map(Into::into));
        add("Phone", contact.phone.as_deref().map(Into::into));
    }
    add("Company", record.account.as_ref().map(|account| account.name.to_string()));
    add("Arrived", Some(minute(record.row.at)));
    let view = LeadView::new(record.row, record.state, &snapshot.schema);
    view.attributes.iter().for_each(|(name, value)| add(name, value.as_str().map(Into::into)));
    let known = table(vec![Column::text("Known"), Column::text("")], rows);
    let said = match &custody {
        Custody::Offered { until, .. } => format!("Offered to you until {}.", minute(*until)),
        Custody::Owned { sla_due: Some(due), .. } if stage == Stage::Open => {
            format!("Yours; contact it by {}.", minute(*due))
        }
        Custody::Closed => format!("Closed; {}.", format!("{stage:?}").to_lowercase()),
        _ => format!("Yours; {}.", format!("{stage:?}").to_lowercase()),
    };
    let action = format!("/me/leads/{lead}");
    let button = |answer: &str, button: &str, quiet| Action {
        action: action.clone(),
        hidden: vec![("answer".into(), answer.into())],
        button: button.into(),
        quiet,
        ..Action::default()
    };
    let why_not = Action { line: Some(("reason".into(), "Why not".into())), ..button("declined", "Decline", true) };
    let actions = match custody.kind() {
        CustodyKind::Offered => vec![button("accepted", "Accept", false), why_not],
        CustodyKind::Closed => Vec::new(),
        _ if stage < Stage::Contacted => {
            vec![button("contacted", "Contacted", false), button("unqualified", "Unqualified", true), why_not]
        }
        _ => vec![button("unqualified", "Unqualified", true)],
    };
    Section { actions, ..section(&lead.to_string().replace('_', "-"), &view.source, said, known) }
}

pub async fn answer(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Extension(caller): Extension<Caller>,
    Path(lead): Path<String>,
    body: FormBody<AnswerBody>,
) -> Result<Response, Problem> {
    let (lead, rep): (LeadId, RepId) = (id(&lead)?, own(&rights)?);
    match &*body.value.answer {
        "contacted" => staged(&state, &caller, lead, &rep, Stage::Contacted).await?,
        "unqualified" => staged(&state, &caller, lead, &rep, Stage::Unqualified).await?,
        _ => said(&state, &caller.0, lead, rep, &body.value).await?,
    }
    Ok(Redirect::to("/me").into_response())
}

async fn staged(state: &Arc<State>, caller: &Caller, lead: LeadId, rep: &RepId, stage: Stage) -> Result<(), Problem> {
    let record = state.read(move |reader| reader.lead(lead)).await?;
    let mine = record.filter(|record| record.state.custody.owner() == Some(rep));
    mine.ok_or_else(|| Problem::NotFound { what: format!("lead {lead} among yours") })?;
    let now = state.now();
    let fact = StageFact {
        at: now,
        known_at: now,
        stage,
        source_rank: 0,
        external_id: "".into(),
        reopen: false,
        value: None,
        reason: Some("said by the rep".into()),
    };
    let command = CommandId::new(now, state.outside.chance());
    let staging = Staging { command, lead, fact, actor: Some(caller.0.as_str().into()), idempotency: None };
    state.send(Command::Stage(Box::new(staging))).await?.result?;
    Ok(())
}

/// Accepts or declines.
async fn said(state: &Arc<State>, actor: &str, lead: LeadId, rep: RepId, body: &AnswerBody) -> Result<(), Problem> {
    match &*body.answer {
        "accepted" => responses::taken(state, actor, lead, rep, None).await.map(drop),
        "declined" => {
            let reason = if body.reason.trim().is_empty() { "no reason given" } else { &body.reason };
            responses::refused(state, actor, lead, rep, reason, None).await.map(drop)
        }
        _ => Err(Problem::Fields(vec![FieldError::new(
            "answer",
            "is none of accepted, declined, contacted, unqualified",
        )])),
    }
}

/// The offer that a link names.
struct Offered {
    decision: DecisionId,
    rep: RepId,
    record: LeadRecord,
    /// Why the rep was chosen, while it is known.
    why: Option<String>,
    answered: Option<Said>,
}

impl Offered {
    /// Whether it is still this very offer that the lead waits on.
    fn is_open(&self, now: pointsman_domain::Instant) -> bool {
        let asked = matches!(&self.record.state.custody, Custody::Offered { rep, until, .. } if *rep == self.rep && now < *until);
        asked && self.record.state.decision == self.decision
    }
}

async fn read_offer(state: &Arc<State>, token: &str) -> Result<Offered, Problem> {
    let unknown = || Problem::NotFound { what: "such link: take it whole from the message".into() };
    let decision = state.links.read(token).ok_or_else(unknown)?;
    let shared = Arc::clone(state);
    let read = state.read(move |reader| {
        let Some(stored) = reader.decision(decision)? else { return Ok(None) };
        let Outcome::Offered { rep, .. } = &stored.decision.outcome else { return Ok(None) };
        let Some(record) = reader.lead(stored.decision.lead)? else { return Ok(None) };
        let said = reader.responses_of(stored.decision.lead)?;
        let answered = said.iter().find(|row| row.seq > stored.seq && row.rep == *rep).map(|row| row.response);
        let why = sentence(&shared, reader, decision)?;
        Ok(Some(Offered { decision, rep: rep.clone(), record, why, answered }))
    });
    read.await?.ok_or_else(unknown)
}

fn sentence(
    state: &Arc<State>,
    reader: &mut dyn pointsman_store::Reader,
    decision: DecisionId,
) -> Result<Option<String>, StoreError> {
    let Ok(whole) = whole(state, reader, decision)? else { return Ok(None) };
    let explained = explain(&whole.snapshot, &whole.facts, &whole.stored.decision, &whole.trace);
    Ok(explained.ok().map(|explained| Teller { snapshot: &whole.snapshot, cx: CX }.sentence(&explained)))
}

pub async fn offer(Shared(state): Shared<Arc<State>>, Path(token): Path<String>) -> Result<Response, Problem> {
    let (snapshot, offered) = (state.live()?, read_offer(&state, &token).await?);
    Ok(alone(&state, &offer_page(&state, &snapshot, offered, &token)))
}

fn offer_page(state: &State, snapshot: &Snapshot, offered: Offered, token: &str) -> Page {
    let open = offered.is_open(state.now());
    let name = snapshot.roster.rep(offered.rep.as_str()).map(|index| snapshot.roster.rep_at(index).name.to_string());
    let title = format!("A lead for {}", name.unwrap_or_else(|| offered.rep.to_string()));
    let mut page = page(&title, "Do you take it?", &state.config.workspace, snapshot);
    let (why, answered) = (offered.why.clone(), offered.answered);
    let mut record = offered.record;
    // Who it is is shown to who is logged in; a link may be forwarded.
    record.contact = None;
    let mut shown = card(record, snapshot);
    shown.notices.extend(why.map(|text| Notice { tone: Tone::Neutral, text }));
    if open {
        for action in &mut shown.actions {
            action.action = format!("/a/{token}");
        }
    } else {
        shown.actions.clear();
        shown.sentence = match answered {
            Some(Said::Accepted) => "You took it.".into(),
            Some(Said::Declined) => "You declined it; it went on to somebody else. Nothing is lost.".into(),
            Some(Said::Expired) => "The offer ended before an answer; the lead went on. Nothing is lost.".into(),
            None => "This offer is over: the lead was given to somebody else, or closed. Nothing is lost.".into(),
        };
    }
    page.sections.push(shown);
    page
}

/// The page without places to go: whoever has the link need not be logged in.
fn alone(state: &State, page: &Page) -> Response {
    super::respond_without_places(state, page, CX)
}

pub async fn answer_offer(
    Shared(state): Shared<Arc<State>>,
    Path(token): Path<String>,
    body: FormBody<AnswerBody>,
) -> Result<Response, Problem> {
    let offered = read_offer(&state, &token).await?;
    // The offer may have been answered, and even made again to the same rep: a link is for one.
    if offered.is_open(state.now()) {
        let actor = format!("link of {}", offered.rep);
        said(&state, &actor, offered.record.row.id, offered.rep, &body.value).await?;
    }
    Ok(Redirect::to(&format!("/a/{token}")).into_response())
}
