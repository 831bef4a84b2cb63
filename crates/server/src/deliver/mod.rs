//! Telling other systems, and reps: one task a sink, which reads the record, sends what the sink
//! wants to hear and settles what came of it. [`message`] says what is told, [`outlet`] by which
//! way (a signed call or a letter, which `letter` writes), `round` does one round.
//!
//! A round takes what is due again and what is new, in the order of the record; messages of one
//! lead go one after the other, others beside each other. While a receiver answers nothing, one
//! message a round asks whether it is back, so that an outage costs the record nothing: the sink
//! simply stays where it is.

mod letter;
pub mod message;
pub mod outlet;
mod round;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use pointsman_connect::{Failure, Letter, Line, Mailer, Message, Webhook, mail::MailLine};
use pointsman_domain::Micros;
use pointsman_store::outbox::{Cursor, LEASE};

use crate::{error::Problem, state::State};
pub use letter::{test_letter, without_address};
use message::EventName;
pub use outlet::{Arrival, Outlet};

/// A receiver and what it wants to hear.
#[derive(Debug)]
pub struct Sink {
    pub name: Box<str>,
    pub outlet: Outlet,
    /// Empty: everything.
    pub events: BTreeSet<EventName>,
    /// After so many the message is given up.
    pub attempts: u32,
}

impl Sink {
    pub fn wants(&self, event: EventName) -> bool {
        self.events.is_empty() || self.events.contains(&event)
    }

    /// The name of its lease.
    pub fn job(&self) -> String {
        format!("deliver {}", self.name)
    }
}

/// How often it is looked for something new.
const PACE: Duration = Duration::from_millis(200);
/// What other replicas wrote, and what became due again, is looked for this often.
const SELDOM: Micros = Micros(2 * Micros::SECOND.0);

/// Starts the sinks of the configuration; they end when the set is dropped.
pub fn start(state: &Arc<State>) -> tokio::task::JoinSet<()> {
    if state.config.public_url.is_none() && state.config.sinks.iter().any(|sink| sink.outlet.is_mail()) {
        tracing::warn!("letters to reps hold no links, because server.public_url is not set");
    }
    let mut tasks = tokio::task::JoinSet::new();
    for sink in &state.config.sinks {
        tasks.spawn(run(Arc::clone(state), Arc::clone(sink)));
    }
    tasks
}

/// Lets go of what this process holds, so that another need not wait.
pub async fn release(state: &Arc<State>) {
    for sink in &state.config.sinks {
        let (job, holder) = (sink.job(), state.holder.clone());
        // Whoever comes next waits for the lease's end where this fails.
        let _kept = state.outbox(move |outbox| outbox.release(&job, &holder)).await;
    }
}

/// What is sent to see whether it arrives.
#[derive(Debug)]
pub enum Ping<'a> {
    Message(&'a Webhook, Message),
    Letter(&'a Mailer, Box<Letter>),
}

/// Sends one message and waits for what comes of it. Blocks; not for a thread of a runtime.
pub fn ping(ping: &Ping<'_>) -> std::io::Result<Result<(), Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        match ping {
            Ping::Message(webhook, message) => Line::new(webhook).send(message, None).await.map(drop),
            Ping::Letter(mailer, letter) => {
                let mut line = MailLine::new(mailer);
                let sent = line.send(letter).await;
                line.close().await;
                sent
            }
        }
    }))
}

/// Whether a mail server lets us in. Blocks, as [`ping`] does.
pub fn look(mailer: &Mailer) -> std::io::Result<Result<(), Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(mailer.look()))
}

async fn run(state: Arc<State>, sink: Arc<Sink>) {
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut worker = Worker { state, sink, leased: None, looked: None };
    loop {
        ticks.tick().await;
        while match worker.turn().await {
            Ok(more) => more,
            Err(problem) => {
                tracing::warn!(sink = &*worker.sink.name, ?problem, "a round of deliveries failed");
                worker.leased = None;
                tokio::time::sleep(PACE * 5).await;
                false
            }
        } {}
    }
}

/// One sink at work in this process.
struct Worker {
    state: Arc<State>,
    sink: Arc<Sink>,
    /// When the lease was last taken; none while another process has it.
    leased: Option<pointsman_domain::Instant>,
    /// When it was last looked for work, and how far the record was then.
    looked: Option<(pointsman_domain::Instant, u64)>,
}

impl Worker {
    /// One look for work, and a round where there is some; says whether there may be more.
    async fn turn(&mut self) -> Result<bool, Problem> {
        let now = self.state.now();
        let head = self.state.handle.gauges().seq.load(std::sync::atomic::Ordering::Relaxed);
        if self.looked.is_some_and(|(at, seq)| seq == head && at <= now && now < at + SELDOM) {
            return Ok(false);
        }
        if !self.is_mine(now).await? {
            self.looked = Some((now, head));
            return Ok(false);
        }
        let name = self.sink.name.clone();
        let cursor: Cursor = self.state.outbox(move |outbox| outbox.cursor(&name)).await?;
        let more = now >= cursor.resume_at && round::run(&self.state, &self.sink, cursor).await?;
        if !more {
            self.looked = Some((now, head));
        }
        Ok(more)
    }

    /// Takes the lease, or keeps it in good time.
    async fn is_mine(&mut self, now: pointsman_domain::Instant) -> Result<bool, Problem> {
        let third = Micros(LEASE.0 / 3);
        if self.leased.is_some_and(|at| at <= now && now < at + third) {
            return Ok(true);
        }
        let (job, holder) = (self.sink.job(), self.state.holder.clone());
        let mine = self.state.outbox(move |outbox| outbox.lease(&job, &holder, now)).await?;
        self.leased = mine.then_some(now);
        Ok(mine)
    }
}
