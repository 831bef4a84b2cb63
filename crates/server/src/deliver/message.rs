//! What is told of one row of the record. A function of what is stored and never changes, so that
//! every attempt says the same under the same id. Nothing personal is in it: whoever needs the
//! person asks for the lead.

use std::str::FromStr;

use pointsman_connect::Message;
use pointsman_store::{
    log::LogKind,
    outbox::{Event, Subject},
    row::{CustodyKind, Response},
};
use serde_json::{Map, Value, json};

use crate::links::Links;

/// What can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventName {
    Owned,
    Offered,
    Accepted,
    Declined,
    Expired,
    Held,
    Parked,
    Reassigned,
    Staged,
    Credited,
}

impl EventName {
    pub const ALL: [Self; 10] = [
        Self::Owned,
        Self::Offered,
        Self::Accepted,
        Self::Declined,
        Self::Expired,
        Self::Held,
        Self::Parked,
        Self::Reassigned,
        Self::Staged,
        Self::Credited,
    ];

    pub fn as_str(self) -> &'static str {
        self.described().0
    }

    /// Whether it tells a rep of a lead that is theirs, or could be: a notification.
    pub fn tells_a_rep(self) -> bool {
        matches!(self, Self::Owned | Self::Offered | Self::Reassigned)
    }

    /// When it is told, in a phrase.
    pub fn meaning(self) -> &'static str {
        self.described().1
    }

    fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::Owned => ("lead.owned", "a decision gave the lead to a rep"),
            Self::Offered => ("lead.offered", "a decision asks a rep whether they take the lead"),
            Self::Accepted => ("lead.accepted", "the rep takes it"),
            Self::Declined => ("lead.declined", "the rep does not take it; where it goes is told next"),
            Self::Expired => ("lead.expired", "the rep did not answer in time; where it goes is told next"),
            Self::Held => ("lead.held", "the lead waits for a free place or a better price"),
            Self::Parked => ("lead.parked", "nobody may take the lead"),
            Self::Reassigned => ("lead.reassigned", "a person gave the lead to a rep"),
            Self::Staged => ("lead.staged", "somebody said how far the lead is"),
            Self::Credited => ("lead.credited", "quota and turn were given back"),
        }
    }

    /// What a row of the record is told as; `None` is told nobody.
    pub fn of(event: &Event) -> Option<Self> {
        match event.kind {
            LogKind::Decision => match event.decision.as_ref()?.state {
                CustodyKind::Owned => Some(Self::Owned),
                CustodyKind::Offered => Some(Self::Offered),
                CustodyKind::Held => Some(Self::Held),
                CustodyKind::Parked => Some(Self::Parked),
                CustodyKind::Closed => None,
            },
            LogKind::Transfer => Some(Self::Reassigned),
            LogKind::Outcome => Some(Self::Staged),
            LogKind::Credit => Some(Self::Credited),
            LogKind::Response => Some(match event.response.as_ref()?.response {
                Response::Accepted => Self::Accepted,
                Response::Declined => Self::Declined,
                Response::Expired => Self::Expired,
            }),
            LogKind::Switch | LogKind::PriceEpoch | LogKind::Erasure | LogKind::Kept | LogKind::Load => None,
        }
    }
}

impl FromStr for EventName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|event| event.as_str() == text);
        found.ok_or_else(|| format!("'{text}' is no event; there are {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// The message of an event; of an offer with the link to answer it.
pub fn message(name: EventName, event: &Event, links: &Links) -> Message {
    let mut body = json!({
        "format": 1,
        "event": name.as_str(),
        "seq": event.seq,
        "at": event.at,
    });
    let mut add = |key: &str, value: Value| {
        if !value.is_null() {
            body[key] = value;
        }
    };
    add("lead", event.lead.as_ref().map_or(Value::Null, subject));
    if let Some(decision) = &event.decision {
        add("decision", json!(decision.id));
        add("owner", json!(decision.rep));
        add("sla_due", json!(decision.sla_due));
        add("until", json!(decision.until));
        add("queue", json!(decision.queue));
        if let (CustodyKind::Offered, Some(until)) = (decision.state, decision.until) {
            add("respond", json!(links.address(decision.id, until)));
        }
        add("rule", json!(decision.rule));
        add("policy", json!(decision.policy));
    }
    if let Some(assigned) = &event.assignment {
        add("owner", json!(assigned.rep));
        add("previous_owner", json!(assigned.from));
        add("reason", json!(assigned.reason));
    }
    if let Some(staged) = &event.stage {
        add("stage", json!(staged.stage));
        add("value", staged.value.map_or(Value::Null, |value| json!({ "minor_units": value.minor_units() })));
        add("reason", json!(staged.reason));
    }
    if let Some(response) = &event.response {
        add("rep", json!(response.rep));
        add("reason", json!(response.reason));
    }
    add("by", json!(event.actor));
    Message { id: id(event), body: body.to_string() }
}

/// The same however often and by whomever it is sent.
pub fn id(event: &Event) -> String {
    format!("msg_{}", event.command.to_string().rsplit('_').next().unwrap_or_default())
}

fn subject(lead: &Subject) -> Value {
    let mut shown = Map::new();
    shown.insert("id".into(), json!(lead.id));
    shown.insert("source".into(), json!(lead.source));
    if let Some(id) = &lead.external_id {
        shown.insert("external_id".into(), json!(id));
    }
    Value::Object(shown)
}
