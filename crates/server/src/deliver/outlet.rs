//! By which way a sink tells: the one place where webhooks and mail differ.

use std::sync::Arc;

use pointsman_connect::{Failure, Line, Mailer, Webhook, mail::MailLine};
use pointsman_store::outbox::Event;

use super::{
    letter::letter,
    message::{EventName, message},
};
use crate::state::State;

/// A way out.
#[derive(Debug)]
pub enum Outlet {
    Webhook(Webhook),
    Mail(Mailer),
}

/// What came of a message that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// A webhook's receiver answered so, a 2xx.
    Answered(u16),
    /// The mail server took the letter.
    Taken,
    /// There is nobody to tell, and another attempt would find nobody either.
    Nobody,
}

impl Outlet {
    /// Where it goes, as lists and pages show it.
    pub fn address(&self) -> String {
        match self {
            Self::Webhook(webhook) => webhook.target().to_string(),
            Self::Mail(mailer) => mailer.server().to_string(),
        }
    }

    /// Host and port.
    pub fn peer(&self) -> (&str, u16) {
        match self {
            Self::Webhook(webhook) => (webhook.target().host(), webhook.target().port()),
            Self::Mail(mailer) => (mailer.server().host(), mailer.server().port()),
        }
    }

    pub fn is_mail(&self) -> bool {
        matches!(self, Self::Mail(_))
    }

    pub(super) fn line(&self) -> Way<'_> {
        match self {
            Self::Webhook(webhook) => Way::Webhook(Line::new(webhook)),
            Self::Mail(mailer) => Way::Mail(MailLine::new(mailer)),
        }
    }
}

/// One connection of an outlet, kept between messages.
pub(super) enum Way<'a> {
    Webhook(Line<'a>),
    Mail(MailLine<'a>),
}

impl Way<'_> {
    /// Tells one thing and waits until it arrived. A webhook's receiver is told the trace.
    pub async fn send(
        &mut self,
        state: &Arc<State>,
        name: EventName,
        event: &Arc<Event>,
        traceparent: Option<&str>,
    ) -> Result<Arrival, Failure> {
        match self {
            Self::Webhook(line) => {
                line.send(&message(name, event, &state.links), traceparent).await.map(Arrival::Answered)
            }
            Self::Mail(line) => match letter(state, name, event).await? {
                Some(letter) => line.send(&letter).await.map(|()| Arrival::Taken),
                None => Ok(Arrival::Nobody),
            },
        }
    }

    pub async fn close(&mut self) {
        match self {
            Self::Webhook(_) => {}
            Self::Mail(line) => line.close().await,
        }
    }
}
