//! A client: new enquiries, the same person again, closings, assignments by hand; impatient, and
//! persistent. Everything it was told goes to what is checked.

use std::{sync::atomic::Ordering, time::Duration};

use pointsman_domain::{DecisionId, LeadId, RepId, Rng};
use serde_json::Value;

use super::{
    Shared,
    company::{AWAITED, TAKERS},
    http::{Answer, Line, Request},
};

/// Longer than a server takes that is well.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long the impatient wait at most.
const HURRY_MS: u64 = 12;

/// What one client was told, with status 200 unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Enquiry {
        key: String,
        person: u64,
        lead: LeadId,
        decision: DecisionId,
        owner: Option<RepId>,
        duplicate: bool,
        /// Asked before, and answered or not.
        again: bool,
    },
    Closed {
        lead: LeadId,
        stage: &'static str,
    },
    Transferred {
        lead: LeadId,
        from: Option<RepId>,
        to: RepId,
    },
    /// 412: somebody else, or Pointsman itself, was first.
    TooLate {
        lead: LeadId,
        seen: Option<RepId>,
    },
    /// Given up after a while; asked again under the same key.
    GaveUp,
}

/// A lead that is not closed yet.
#[derive(Debug, Clone)]
struct Open {
    lead: LeadId,
    owner: Option<RepId>,
    waits: bool,
}

pub struct Client<'a> {
    number: u64,
    lines: [Line; 3],
    shared: &'a Shared,
    rng: Rng,
    open: Vec<Open>,
}

impl<'a> Client<'a> {
    pub fn new(number: u64, ports: [u16; 3], shared: &'a Shared) -> Self {
        Self { number, lines: ports.map(Line::new), shared, rng: Rng::seeded(number), open: Vec::new() }
    }

    pub fn until(&mut self, leads: u64) {
        while !self.shared.over.load(Ordering::Relaxed) {
            let n = self.shared.begun.fetch_add(1, Ordering::Relaxed);
            if n >= leads || self.enquiry(n).is_none() {
                break;
            }
        }
    }

    fn say(&self, said: Said) {
        self.shared.said.lock().unwrap().push(said);
    }

    /// `None` when all is over before there was an answer.
    fn enquiry(&mut self, n: u64) -> Option<()> {
        // One in seven is a person that somebody else may be asking for right now.
        let person = if n % 7 == 6 { n / 28 } else { 1_000_000 + n };
        let country = if n.is_multiple_of(8) { "AT" } else { "DE" };
        let body = format!(
            r#"{{"source":"web","attributes":{{"country":"{country}"}},"contact":{{"email":"p{person}@c{person}.example"}}}}"#
        );
        let key = format!("{}-{n}", self.number);
        let request = post("/v1/leads".into(), &key, "", body);
        let told = self.told(&request, &key, person, false)?;
        // One in five asks again, and is told the same.
        if n.is_multiple_of(5) {
            self.told(&request, &key, person, true)?;
        }
        if let Some(open) = told {
            self.open.push(Open { waits: country == "AT" && open.owner.is_none(), ..open });
        }
        if n.is_multiple_of(7) {
            self.two_people_at_once(n)?;
        }
        if let Some(at) = self.open.iter().position(|open| open.waits) {
            self.a_person_and_the_machine_at_once(at, n)?;
        }
        while self.open.len() > 2 {
            let lead = self.open.remove(0).lead;
            self.close(lead, n)?;
        }
        Some(())
    }

    /// Asks until somebody answers, now and then without much patience; anybody may be asked.
    fn ask(&mut self, request: &Request) -> Option<Answer> {
        loop {
            let (replica, hurry) = (self.rng.below(3) as usize, self.rng.below(20) == 0);
            let patience = if hurry { Duration::from_millis(1 + self.rng.below(HURRY_MS)) } else { PATIENCE };
            match self.lines[replica].ask(request, patience) {
                Some(answer) if ![429, 503].contains(&answer.status) => return Some(answer),
                None if hurry => self.say(Said::GaveUp),
                _ => pause(),
            }
            if self.shared.over.load(Ordering::Relaxed) {
                return None;
            }
        }
    }

    /// Sends an enquiry; what is new is open now.
    fn told(&mut self, request: &Request, key: &str, person: u64, again: bool) -> Option<Option<Open>> {
        let answer = self.ask(request)?;
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = |name: &str| answer.body[name].as_str().unwrap_or_default();
        let (lead, owner) = (text("lead").parse().unwrap(), rep(&answer.body["owner"]));
        let duplicate = answer.body["duplicate"] == true;
        let decision = text("decision").parse().unwrap();
        let key = key.to_owned();
        self.say(Said::Enquiry { key, person, lead, decision, owner: owner.clone(), duplicate, again });
        Some((!duplicate).then_some(Open { lead, owner, waits: false }))
    }

    fn close(&mut self, lead: LeadId, n: u64) -> Option<()> {
        let stage = ["won", "lost"][(n % 2) as usize];
        let body = format!(r#"{{"lead":"{lead}","stage":"{stage}"}}"#);
        let answer = self.ask(&post("/v1/outcomes".into(), &format!("close-{lead}"), "", body))?;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.say(Said::Closed { lead, stage });
        Some(())
    }

    /// Both saw the same owner; one wins, the other is told who it is now.
    fn two_people_at_once(&mut self, n: u64) -> Option<()> {
        let owned = self.open.iter().find_map(|open| Some((open.lead, open.owner.clone()?)));
        let Some((lead, owner)) = owned else { return Some(()) };
        // The owner's own pool, so that turns of the other are not touched.
        let pool: &[&str] = if TAKERS.contains(&owner.as_str()) { &TAKERS } else { &AWAITED };
        let others: Vec<&str> = pool.iter().copied().filter(|other| *other != owner.as_str()).collect();
        let [first, second, third] = &mut self.lines;
        let lines = [first, if n.is_multiple_of(2) { second } else { third }];
        let results: Vec<Option<Answer>> = std::thread::scope(|scope| {
            let sent = lines.into_iter().zip(&others).map(|(line, to)| {
                let request = assignment(lead, to, Some(&owner));
                scope.spawn(move || line.ask(&request, PATIENCE))
            });
            sent.collect::<Vec<_>>().into_iter().map(|sent| sent.join().unwrap()).collect()
        });
        let mut won = 0;
        for (result, to) in results.into_iter().zip(others) {
            // Without an answer the same key is asked again: what was done is told, once.
            let request = assignment(lead, to, Some(&owner));
            let answer = match result.filter(|answer| ![429, 503].contains(&answer.status)) {
                Some(answer) => answer,
                None => self.ask(&request)?,
            };
            won += u32::from(answer.status == 200);
            self.assigned(lead, Some(&owner), to, &answer);
        }
        assert_eq!(won, 1, "one wins {lead}");
        self.open.retain(|open| open.lead != lead);
        self.close(lead, n)
    }

    /// Somebody frees a slot for whoever waits, and somebody gives a lead that waits away by hand.
    fn a_person_and_the_machine_at_once(&mut self, at: usize, n: u64) -> Option<()> {
        let waits = self.open.remove(at);
        let held =
            self.open.iter().position(|open| open.owner.as_ref().is_some_and(|rep| AWAITED.contains(&rep.as_str())));
        if let Some(held) = held {
            let lead = self.open.remove(held).lead;
            self.close(lead, n)?;
        }
        let to = AWAITED[(n % 3) as usize];
        let answer = self.ask(&assignment(waits.lead, to, None))?;
        self.assigned(waits.lead, None, to, &answer);
        self.close(waits.lead, n)
    }

    fn assigned(&self, lead: LeadId, seen: Option<&RepId>, to: &str, answer: &Answer) {
        let seen = seen.cloned();
        self.say(match answer.status {
            200 => Said::Transferred { lead, from: seen, to: to.parse().unwrap() },
            412 => Said::TooLate { lead, seen },
            _ => panic!("{answer:?}"),
        });
    }
}

fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

fn rep(value: &Value) -> Option<RepId> {
    value.as_str().map(|text| text.parse().unwrap())
}

fn post(path: String, key: &str, headers: &str, body: String) -> Request {
    Request { method: "POST", path, headers: format!("idempotency-key: {key}\r\n{headers}"), body }
}

fn assignment(lead: LeadId, to: &str, seen: Option<&RepId>) -> Request {
    let seen = seen.map_or("none", RepId::as_str);
    let body = format!(r#"{{"rep":"{to}","by":"olga","reason":"requested"}}"#);
    post(
        format!("/v1/leads/{lead}/assignment"),
        &format!("assign-{lead}-{to}"),
        &format!("if-match: \"{seen}\"\r\n"),
        body,
    )
}
