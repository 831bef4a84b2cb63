//! Clients that send leads and outcomes, hand leads over, and send again what was not answered.

use std::{
    collections::VecDeque,
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{prove::company::BY_HAND, server::Client};

/// Something that was acknowledged, and must be true from then on.
#[derive(Debug, Clone)]
pub enum Said {
    Decided {
        lead: String,
        decision: String,
        owner: Option<String>,
    },
    /// By a person, to the rep who gets leads in no other way.
    Handed {
        lead: String,
    },
    Closed {
        lead: String,
    },
}

/// Open leads of one client; it closes the oldest of more.
const OPEN: usize = 16;

/// One client with its memory; it outlives servers.
#[derive(Debug)]
pub struct Customer {
    number: u64,
    /// Different people that it asked for; each must have become one lead.
    pub enquiries: u64,
    /// Requests that a kill left without an answer.
    pub unanswered: u64,
    /// Leads with their owners.
    open: VecDeque<(String, Option<String>)>,
    waiting: Option<Request>,
    /// The last enquiry and what was said to it.
    last: Option<(Request, String)>,
    turn: u64,
}

#[derive(Debug, Clone)]
struct Request {
    key: String,
    body: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Enquiry,
    /// The very same request once more: the same answer.
    Again,
    /// The same person under another key: the same lead.
    SamePerson,
    /// The lead goes from the owner it was seen with to another.
    Handing {
        lead: String,
        owner: String,
    },
    Closing {
        lead: String,
    },
}

impl Customer {
    pub fn new(number: u64) -> Self {
        let (open, waiting, last) = (VecDeque::new(), None, None);
        Self { number, enquiries: 0, unanswered: 0, open, waiting, last, turn: 0 }
    }

    /// Asks until the server is gone; says what is wrong with an answer.
    pub fn keep_busy(&mut self, address: &str, answers: &AtomicU64, said: &mut Vec<Said>) -> Result<(), String> {
        let Ok(mut server) = Client::connect(address) else { return Ok(()) };
        loop {
            let request = self.waiting.take().unwrap_or_else(|| self.next());
            match self.ask(&mut server, &request) {
                Ok(body) => {
                    answers.fetch_add(1, Ordering::Relaxed);
                    said.extend(self.heard(&request, &body)?);
                }
                Err(error) if error.kind() == io::ErrorKind::Other => return Err(error.to_string()),
                Err(_) => {
                    self.unanswered += 1;
                    self.waiting = Some(request);
                    return Ok(());
                }
            }
        }
    }

    /// Asks once more what was never answered.
    pub fn settle(&mut self, address: &str) -> Result<Vec<Said>, String> {
        let Some(request) = self.waiting.take() else { return Ok(Vec::new()) };
        let mut server = Client::connect(address).map_err(|e| e.to_string())?;
        let body = self.ask(&mut server, &request).map_err(|e| e.to_string())?;
        Ok(self.heard(&request, &body)?.into_iter().collect())
    }

    fn next(&mut self) -> Request {
        self.turn += 1;
        let key = format!("{}-{}", self.number, self.turn);
        match &self.last {
            Some((last, _)) if self.turn % 10 == 3 => return Request { kind: Kind::Again, ..last.clone() },
            Some((last, _)) if self.turn % 10 == 6 => return Request { key, kind: Kind::SamePerson, ..last.clone() },
            _ => {}
        }
        if self.turn % 10 == 8
            && let Some((lead, owner)) =
                self.open.iter_mut().rev().find_map(|(lead, owner)| Some((lead.clone(), owner.take()?)))
        {
            let body = format!(r#"{{"rep":"{BY_HAND}","by":"Jo Ops","reason":"knows them"}}"#);
            return Request { key, body, kind: Kind::Handing { lead, owner } };
        }
        if self.open.len() > OPEN
            && let Some((lead, _)) = self.open.pop_front()
        {
            let body = format!(r#"{{"lead":"{lead}","stage":"won"}}"#);
            return Request { key, body, kind: Kind::Closing { lead } };
        }
        self.enquiries += 1;
        let (country, number, turn) = (if self.turn.is_multiple_of(5) { "AT" } else { "DE" }, self.number, self.turn);
        let body = format!(
            r#"{{"source":"form","attributes":{{"country":"{country}","employees":{turn}}},"contact":{{"email":"c{number}@n{turn}.example"}}}}"#
        );
        Request { key, body, kind: Kind::Enquiry }
    }

    fn ask(&self, server: &mut Client, request: &Request) -> io::Result<String> {
        let (path, seen) = match &request.kind {
            Kind::Closing { .. } => ("/v1/outcomes".to_owned(), None),
            Kind::Handing { lead, owner } => (format!("/v1/leads/{lead}/assignment"), Some(&**owner)),
            _ => ("/v1/leads".to_owned(), None),
        };
        match server.post_over(&path, Some(&request.key), seen, &request.body)? {
            (200, body) => Ok(body),
            (status, body) => Err(io::Error::other(format!("{path} answered {status}: {body}"))),
        }
    }

    /// What an answer says, and whether it fits what was said before.
    fn heard(&mut self, request: &Request, body: &str) -> Result<Option<Said>, String> {
        match &request.kind {
            Kind::Closing { lead } => return Ok(Some(Said::Closed { lead: lead.clone() })),
            Kind::Handing { lead, .. } => return Ok(Some(Said::Handed { lead: lead.clone() })),
            _ => {}
        }
        let answer: serde_json::Value = serde_json::from_str(body).map_err(|e| format!("{e}: {body}"))?;
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let lead = text("lead").ok_or_else(|| format!("an answer without a lead: {body}"))?;
        let before = self.last.as_ref().map(|(_, body)| body.clone()).unwrap_or_default();
        match request.kind {
            Kind::Again if before != body => Err(format!("one key, two answers: {before} and {body}")),
            Kind::SamePerson if !before.contains(&lead) || answer["duplicate"] != true => {
                Err(format!("one person, two leads: {before} and {body}"))
            }
            Kind::Again | Kind::SamePerson => Ok(None),
            Kind::Enquiry | Kind::Handing { .. } | Kind::Closing { .. } => {
                let decision = text("decision").ok_or_else(|| format!("an answer without a decision: {body}"))?;
                self.open.push_back((lead.clone(), text("owner")));
                self.last = Some((request.clone(), body.to_owned()));
                Ok(Some(Said::Decided { lead, decision, owner: text("owner") }))
            }
        }
    }
}
