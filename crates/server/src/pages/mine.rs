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
use pointsman_decision::{Outcome, explain};
use pointsman_domain::{CommandId, DecisionId, LeadId, RepId, record::Stage};
use pointsman_report::{
    Cx, Page, Section,
    page::Action,
    part::{Notice, Tone},
    table::{Column, Row},
    words::{kpi::stage_of, mine as words, why::Teller},
};
use pointsman_store::{
    Command, StoreError,
    backend::LeadRecord,
    command::Staging,
    row::{Custody, CustodyKind, Response as Said},
    stage::StageFact,
};
use serde::Deserialize;

use super::{
    reader::Reader,
    sheet::{Sheet, respond_alone, section, table},
};
use crate::{
    access::{Access, Rights, Scope},
    api::{Caller, decisions::whole, id, leads::LeadView, responses},
    body::FormBody,
    error::{FieldError, Problem},
    openapi::Route,
    router::{Entry, LANG, PLAIN},
    state::State,
};

/// Leads of the inbox.
const SHOWN: u32 = 50;

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    const TOKEN: &[crate::openapi::Parameter] = &[("path", "token", "As the message has it.", true)];
    const LEAD: &[crate::openapi::Parameter] = &[("path", "id", "The lead's id.", true)];
    const LEAD_PAGE: &[crate::openapi::Parameter] = &[LEAD[0], LANG];
    const TOKEN_PAGE: &[crate::openapi::Parameter] = &[TOKEN[0], LANG];
    vec![
        (
            Route {
                path: "/me",
                id: "inboxPage",
                summary: "A rep's own leads, as a page for the phone.",
                parameters: &[LANG],
                problems: &["bad-fields", "bad-parameter"],
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
                parameters: LEAD_PAGE,
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
                parameters: TOKEN_PAGE,
                problems: &["bad-parameter", "not-found"],
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

/// What is wrong with a login that has no inbox.
pub const NO_REP: &str = "this login is no rep's: an inbox belongs to a rep";

fn own(rights: &Rights) -> Result<RepId, Problem> {
    let nobody = || Problem::Fields(vec![FieldError::new("rep", NO_REP)]);
    rights.rep.clone().ok_or_else(nobody)
}

pub async fn inbox(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    reader: Reader,
) -> Result<Response, Problem> {
    let (sheet, rep) = (Sheet::new(&state, reader)?, own(&rights)?);
    let l = sheet.l();
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
    let mut page = sheet.page(words::inbox(l), words::question(l));
    if records.is_empty() {
        let notices = vec![Notice { tone: Tone::Neutral, text: words::nothing_open(l) }];
        page.sections.push(Section { id: "leads".into(), heading: words::leads(l), notices, ..Section::default() });
    }
    page.sections.extend(records.into_iter().map(|record| card(&sheet, record)));
    Ok(sheet.respond("/me", page, &[]))
}

pub async fn one(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(lead): Path<String>,
    reader: Reader,
) -> Result<Response, Problem> {
    let (sheet, lead, rep): (_, LeadId, _) = (Sheet::new(&state, reader)?, id(&lead)?, own(&rights)?);
    let record = state.read(move |reader| reader.lead(lead)).await?;
    let mine = record.filter(|record| match &record.state.custody {
        Custody::Owned { rep: holder, .. } | Custody::Offered { rep: holder, .. } => *holder == rep,
        Custody::Closed => record.state.last_owner.as_ref() == Some(&rep),
        Custody::Held { .. } | Custody::Parked { .. } => false,
    });
    let record = mine.ok_or_else(|| not_yours(lead))?;
    let l = sheet.l();
    let mut page = sheet.page(words::one_lead(l), words::question(l));
    page.sections.push(card(&sheet, record));
    Ok(sheet.respond("/me", page, &[]))
}

/// One lead with what is known and what can be done.
fn card(sheet: &Sheet, record: LeadRecord) -> Section {
    let l = sheet.l();
    let (lead, custody, stage) = (record.row.id, record.state.custody.clone(), record.state.stage);
    let mut rows = Vec::new();
    let mut add = |what: String, text: Option<String>| rows.extend(text.map(|text| Row::new(vec![what, text])));
    if let Some(contact) = &record.contact {
        add(words::person(l), contact.name.as_deref().map(Into::into));
        add(words::email(l), contact.email.as_deref().map(Into::into));
        add(words::phone(l), contact.phone.as_deref().map(Into::into));
    }
    add(words::company(l), record.account.as_ref().map(|account| account.name.to_string()));
    add(words::arrived(l), Some(sheet.at(record.row.at)));
    let view = LeadView::new(record.row, record.state, &sheet.snapshot.schema);
    view.attributes.iter().for_each(|(name, value)| add(name.clone(), value.as_str().map(Into::into)));
    let known = table(vec![Column::text(words::known(l)), Column::text(words::value(l))], rows);
    let said = match &custody {
        Custody::Offered { until, .. } => words::offered_until(l, &sheet.at(*until)),
        Custody::Owned { sla_due: Some(due), .. } if stage == Stage::Open => words::contact_by(l, &sheet.at(*due)),
        Custody::Closed => words::closed(l, &stage_of(l, stage)),
        _ => words::yours(l, &stage_of(l, stage)),
    };
    let action = format!("/me/leads/{lead}");
    let button = |answer: &str, button: String, quiet| Action {
        action: action.clone(),
        hidden: vec![("answer".into(), answer.into())],
        button,
        quiet,
        ..Action::default()
    };
    let [accepted, contacted, unqualified] = [words::accept, words::contacted, words::unqualified].map(|word| word(l));
    let line = Some(("reason".into(), words::why_not(l)));
    let declined = Action { line, ..button("declined", words::decline(l), true) };
    let actions = match custody.kind() {
        CustodyKind::Offered => vec![button("accepted", accepted, false), declined],
        CustodyKind::Closed => Vec::new(),
        _ if stage < Stage::Contacted => {
            vec![button("contacted", contacted, false), button("unqualified", unqualified, true), declined]
        }
        _ => vec![button("unqualified", unqualified, true)],
    };
    Section { actions, ..section(&lead.to_string().replace('_', "-"), view.source.to_string(), said, known) }
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
        _ => {
            had(&state, lead, &rep).await?;
            said(&state, &caller.0, lead, rep, &body.value).await?;
        }
    }
    Ok(Redirect::to("/me").into_response())
}

/// That a lead went elsewhere is told only to whoever had it; to all others it is not there.
async fn had(state: &Arc<State>, lead: LeadId, rep: &RepId) -> Result<(), Problem> {
    let record = state.read(move |reader| reader.lead(lead)).await?;
    let had = record.is_some_and(|LeadRecord { state, .. }| match &state.custody {
        Custody::Owned { rep: holder, .. } | Custody::Offered { rep: holder, .. } if holder == rep => true,
        _ => state.last_owner.as_ref() == Some(rep) || state.declined.contains(rep),
    });
    if had { Ok(()) } else { Err(not_yours(lead)) }
}

fn not_yours(lead: LeadId) -> Problem {
    Problem::NotFound { what: format!("lead {lead} among yours") }
}

async fn staged(state: &Arc<State>, caller: &Caller, lead: LeadId, rep: &RepId, stage: Stage) -> Result<(), Problem> {
    let record = state.read(move |reader| reader.lead(lead)).await?;
    let mine = record.filter(|record| record.state.custody.owner() == Some(rep));
    mine.ok_or_else(|| not_yours(lead))?;
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
    /// Why the rep was chosen, while it is known; in the language that was asked for.
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

async fn read_offer(state: &Arc<State>, token: &str, cx: Cx) -> Result<Offered, Problem> {
    let unknown = || Problem::NotFound { what: "such link: take it whole from the message".into() };
    let decision = state.links.read(token).ok_or_else(unknown)?;
    let shared = Arc::clone(state);
    let read = state.read(move |reader| {
        let Some(stored) = reader.decision(decision)? else { return Ok(None) };
        let Outcome::Offered { rep, .. } = &stored.decision.outcome else { return Ok(None) };
        let Some(record) = reader.lead(stored.decision.lead)? else { return Ok(None) };
        let said = reader.responses_of(stored.decision.lead)?;
        let answered = said.iter().find(|row| row.seq > stored.seq && row.rep == *rep).map(|row| row.response);
        let why = sentence(&shared, reader, decision, cx)?;
        Ok(Some(Offered { decision, rep: rep.clone(), record, why, answered }))
    });
    read.await?.ok_or_else(unknown)
}

fn sentence(
    state: &Arc<State>,
    reader: &mut dyn pointsman_store::Reader,
    decision: DecisionId,
    cx: Cx,
) -> Result<Option<String>, StoreError> {
    let Ok(whole) = whole(state, reader, decision)? else { return Ok(None) };
    let explained = explain(&whole.snapshot, &whole.facts, &whole.stored.decision, &whole.trace);
    Ok(explained.ok().map(|explained| Teller { snapshot: &whole.snapshot, cx }.sentence(&explained)))
}

pub async fn offer(
    Shared(state): Shared<Arc<State>>,
    Path(token): Path<String>,
    reader: Reader,
) -> Result<Response, Problem> {
    let sheet = Sheet::new(&state, reader)?;
    let offered = read_offer(&state, &token, sheet.cx()).await?;
    // Without places to go: whoever has the link need not be logged in.
    Ok(respond_alone(&state, &sheet.reader, offer_page(&sheet, offered, &token)))
}

fn offer_page(sheet: &Sheet, offered: Offered, token: &str) -> Page {
    let l = sheet.l();
    let open = offered.is_open(sheet.state.now());
    let roster = &sheet.snapshot.roster;
    let name = roster.rep(offered.rep.as_str()).map(|index| roster.rep_at(index).name.to_string());
    let title = words::lead_for(l, &name.unwrap_or_else(|| offered.rep.to_string()));
    let mut page = sheet.page(title, words::take_it(l));
    let (why, answered) = (offered.why.clone(), offered.answered);
    let mut record = offered.record;
    // Who it is is shown to who is logged in; a link may be forwarded.
    record.contact = None;
    let mut shown = card(sheet, record);
    shown.notices.extend(why.map(|text| Notice { tone: Tone::Neutral, text }));
    if open {
        for action in &mut shown.actions {
            action.action = format!("/a/{token}");
        }
    } else {
        shown.actions.clear();
        shown.sentence = match answered {
            Some(Said::Accepted) => words::taken(l),
            Some(Said::Declined) => words::declined(l),
            Some(Said::Expired) => words::expired(l),
            None => words::over(l),
        };
    }
    page.sections.push(shown);
    page
}

pub async fn answer_offer(
    Shared(state): Shared<Arc<State>>,
    Path(token): Path<String>,
    body: FormBody<AnswerBody>,
) -> Result<Response, Problem> {
    let offered = read_offer(&state, &token, Cx::EN).await?;
    // The offer may have been answered, and even made again to the same rep: a link is for one.
    if offered.is_open(state.now()) {
        let actor = format!("link of {}", offered.rep);
        said(&state, &actor, offered.record.row.id, offered.rep, &body.value).await?;
    }
    Ok(Redirect::to(&format!("/a/{token}")).into_response())
}
