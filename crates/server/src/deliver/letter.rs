//! The letter that tells a rep of a lead. Written anew at each attempt, because an address may have
//! been put right and a person may have been erased meanwhile; its id and thread are the record's,
//! so mail programs show it once however often it is sent.
//!
//! It says of the enquiry what the page behind a one-click link says, and nothing of the person.

use std::sync::Arc;

use pointsman_connect::{
    Failure, Letter,
    mail::{Person, letter::is_address},
};
use pointsman_decision::{Snapshot, explain};
use pointsman_domain::{Instant, LeadId, RepId};
use pointsman_report::{
    Cx,
    mail::{self, LeadMail, News, Written},
    words::why::Teller,
};
use pointsman_store::{Reader, StoreError, backend::LeadRecord, outbox::Event};

use super::message::{EventName, id};
use crate::{
    api::{decisions::whole, leads::LeadView},
    error::Problem,
    state::State,
};

/// What happened, to which rep.
struct Told {
    rep: RepId,
    news: News,
}

fn told(name: EventName, event: &Event) -> Option<Told> {
    let (decision, assignment) = (event.decision.as_ref(), event.assignment.as_ref());
    Some(match name {
        EventName::Owned => {
            let decision = decision?;
            Told { rep: decision.rep.clone()?, news: News::Owned { due: decision.sla_due } }
        }
        EventName::Offered => {
            let decision = decision?;
            Told { rep: decision.rep.clone()?, news: News::Offered { until: decision.until? } }
        }
        EventName::Reassigned => {
            let assigned = assignment?;
            let (reason, by) = (assigned.reason.as_deref().map(Into::into), event.actor.as_deref().map(Into::into));
            Told { rep: assigned.rep.clone(), news: News::Reassigned { reason, by } }
        }
        EventName::Accepted
        | EventName::Declined
        | EventName::Expired
        | EventName::Held
        | EventName::Parked
        | EventName::Staged
        | EventName::Credited => return None,
    })
}

/// The letter of an event; none where it tells no rep, or the rep has no address.
pub(super) async fn letter(state: &Arc<State>, name: EventName, event: &Arc<Event>) -> Result<Option<Letter>, Failure> {
    let Some((told, lead)) = told(name, event).zip(event.lead.as_ref().map(|lead| lead.id)) else { return Ok(None) };
    let ours = |problem: Problem| {
        tracing::warn!(seq = event.seq, ?problem, "a letter cannot be written");
        Failure::NoAnswer("the lead cannot be read just now: the server's log says why".into())
    };
    let snapshot = state.live().map_err(ours)?;
    let Some(to) = person(&snapshot, &told.rep) else {
        tracing::info!(rep = %told.rep, seq = event.seq, "a rep without an address is written nothing");
        return Ok(None);
    };
    let (shared, of) = (Arc::clone(state), Arc::clone(event));
    let read = state.read(move |reader| known(&shared, reader, lead, &of)).await.map_err(ours)?;
    let written = written(state, &snapshot, &to, told, lead, event, read);
    Ok(Some(addressed(state, to, written, event, lead)))
}

fn person(snapshot: &Snapshot, rep: &RepId) -> Option<Person> {
    let roster = &snapshot.roster;
    let rep = roster.rep_at(roster.rep(rep.as_str())?);
    let name = if rep.name.is_empty() { rep.id.as_str() } else { &rep.name };
    Some(Person { name: name.into(), address: rep.email.as_deref()?.into() })
}

/// Active reps whom no letter reaches: without an address, or with one that is none.
pub fn without_address(snapshot: &Snapshot) -> Vec<RepId> {
    let reached = |email: &Option<Box<str>>| email.as_deref().is_some_and(is_address);
    let active = snapshot.roster.reps.iter().filter(|rep| rep.active);
    active.filter(|rep| !reached(&rep.email)).map(|rep| rep.id.clone()).collect()
}

/// The lead as it is now, and why its rep was chosen as far as that is still kept.
struct Known {
    record: Option<LeadRecord>,
    because: Option<String>,
}

fn known(state: &Arc<State>, reader: &mut dyn Reader, lead: LeadId, event: &Event) -> Result<Known, StoreError> {
    let record = reader.lead(lead)?;
    let because = match &event.decision {
        None => None,
        Some(decision) => whole(state, reader, decision.id)?.ok().and_then(|whole| {
            let explained = explain(&whole.snapshot, &whole.facts, &whole.stored.decision, &whole.trace).ok()?;
            Teller { snapshot: &whole.snapshot, cx: cx(state) }.because(&explained)
        }),
    };
    Ok(Known { record, because })
}

/// Reps have no language of their own: it is the workspace's.
fn cx(state: &State) -> Cx {
    Cx { locale: state.config.language }
}

fn written(
    state: &State,
    snapshot: &Snapshot,
    to: &Person,
    told: Told,
    lead: LeadId,
    event: &Event,
    read: Known,
) -> Written {
    let clock = snapshot.roster.rep(told.rep.as_str()).map_or(snapshot.home(), |rep| snapshot.calendar(rep).zone());
    let asked = event.decision.as_ref().filter(|_| matches!(told.news, News::Offered { .. }));
    let respond = asked.and_then(|decision| state.links.address(decision.id, decision.until?));
    // Without logins there is no inbox: the lead's own page says the same.
    let page = if state.gate.is_open() { format!("/leads/{lead}") } else { format!("/me/leads/{lead}") };
    let (company, arrived, known) = enquiry(read.record, snapshot);
    let mail = LeadMail {
        news: told.news,
        rep: to.name.clone(),
        company,
        source: event.lead.as_ref().map_or_else(String::new, |lead| lead.source.to_string()),
        arrived,
        known,
        rule: event.decision.as_ref().and_then(|decision| decision.rule.as_ref()).map(ToString::to_string),
        because: read.because,
        zone: clock,
        page: state.links.page(&page),
        respond,
        workspace: state.config.workspace.clone(),
    };
    mail::lead(&mail, cx(state))
}

/// Company, arrival and attributes, the personal ones left out.
fn enquiry(
    record: Option<LeadRecord>,
    snapshot: &Snapshot,
) -> (Option<String>, Option<Instant>, Vec<(String, String)>) {
    let Some(record) = record else { return (None, None, Vec::new()) };
    let (company, at) = (record.account.as_ref().map(|account| account.name.to_string()), record.row.at);
    let view = LeadView::new(record.row, record.state, &snapshot.schema);
    let known = view.attributes.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    (company, Some(at), known.collect())
}

fn addressed(state: &State, to: Person, written: Written, event: &Event, lead: LeadId) -> Letter {
    let workspace = state.links.workspace();
    Letter {
        id: format!("{}.{workspace}", id(event)),
        thread: Some(format!("{lead}.{workspace}")),
        to,
        subject: written.subject,
        text: written.text,
        html: written.html,
        date: event.at,
    }
}

/// A letter that tells nothing, to see whether it arrives.
pub fn test_letter(id: String, address: &str, workspace: &str, cx: Cx, date: Instant) -> Letter {
    let Written { subject, text, html } = mail::test(workspace, cx);
    let to = Person { name: String::new(), address: address.into() };
    Letter { id, thread: None, to, subject, text, html, date }
}
