//! One round of a sink: what is due and what is new, sent, and what came of it written.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pointsman_connect::{Backoff, Failure};
use pointsman_domain::{DecisionId, Instant, LeadId, Micros};
use pointsman_store::outbox::{Cursor, Delivery, DeliveryState, Event, Settled};

use super::{Sink, message::EventName, outlet::Arrival};
use crate::{
    error::Problem,
    state::State,
    traces::{About, Attempt},
};

/// Messages to be tried again in one round.
const AGAIN: u32 = 64;
/// New rows of the record in one round.
const NEW: u32 = 256;
/// Connections to one receiver.
const LANES: usize = 8;
/// So many failures of the receiver in a row, and the round ends.
const TROUBLE: u32 = 3;
/// An error is kept in this many bytes.
const LONGEST_ERROR: usize = 300;

/// One message to send.
struct Task {
    seq: u64,
    lead: Option<LeadId>,
    decision: Option<DecisionId>,
    event: EventName,
    at: Instant,
    of: Arc<Event>,
    /// The row it has already.
    known: Option<Delivery>,
}

/// What came of one task.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    Sent,
    /// There is nobody to tell: a rep without an address.
    Nobody,
    Failed(Failure),
    /// An earlier message of its lead did not arrive.
    Behind,
    /// The round ended before it.
    Unsent,
}

/// Says whether there may be more to do at once.
pub async fn run(state: &Arc<State>, sink: &Arc<Sink>, cursor: Cursor) -> Result<bool, Problem> {
    let (now, name, seq) = (state.now(), sink.name.clone(), cursor.seq);
    let probing = cursor.failures > 0;
    let read = state.outbox(move |outbox| {
        let mut due = Vec::new();
        for delivery in outbox.due(&name, now, if probing { 1 } else { AGAIN })? {
            if let Some(event) = outbox.event(delivery.seq)? {
                due.push((delivery, event));
            }
        }
        let events = outbox.events(seq, NEW)?;
        let blocked = if events.is_empty() { BTreeSet::new() } else { outbox.blocked(&name)? };
        Ok((due, events, blocked))
    });
    let (due, events, blocked) = read.await?;
    if due.is_empty() && events.is_empty() {
        return Ok(false);
    }
    let full = events.len() == NEW as usize || due.len() == AGAIN as usize;
    let last = events.last().map_or(seq, |event| event.seq);
    let (mut tasks, mut behind) = tasks(sink, due, events, &blocked);
    if probing {
        tasks.truncate(1);
    }
    // Probing, nothing after the one message was looked at.
    let last = if probing && !tasks.is_empty() { tasks[0].seq.max(seq).min(last) } else { last };
    let fates = send(state, sink, &tasks).await;
    let mut settled = settle(state, sink, &cursor, tasks, fates, last);
    behind.retain(|row| row.seq <= settled.left.seq);
    settled.kept.append(&mut behind);
    let went_well = settled.left.failures == 0;
    let (job, holder) = (sink.job(), state.holder.clone());
    let written = state.outbox(move |outbox| outbox.settle(&job, &holder, &settled)).await?;
    if !written {
        tracing::warn!(sink = &*sink.name, "another process delivers for this sink: what was sent is sent again");
    }
    Ok(written && went_well && (full || probing))
}

/// What is to be sent, in order, and what waits behind something else.
fn tasks(
    sink: &Sink,
    due: Vec<(Delivery, Event)>,
    events: Vec<Event>,
    blocked: &BTreeSet<LeadId>,
) -> (Vec<Task>, Vec<Delivery>) {
    let (mut tasks, mut behind) = (Vec::new(), Vec::new());
    for (delivery, event) in due {
        let Some(name) = EventName::of(&event) else { continue };
        tasks.push(task(name, event, Some(delivery)));
    }
    for event in events {
        let Some(name) = EventName::of(&event).filter(|name| sink.wants(*name)) else { continue };
        let lead = event.lead.as_ref().map(|lead| lead.id);
        if lead.is_some_and(|lead| blocked.contains(&lead)) {
            behind.push(row(sink, &task(name, event, None)));
        } else {
            tasks.push(task(name, event, None));
        }
    }
    (tasks, behind)
}

fn task(event: EventName, of: Event, known: Option<Delivery>) -> Task {
    let lead = of.lead.as_ref().map(|lead| lead.id);
    let decision = of.decision.as_ref().map(|decision| decision.id);
    Task { seq: of.seq, lead, decision, event, at: of.at, of: Arc::new(of), known }
}

impl Task {
    fn about(&self) -> About {
        let attempt = self.known.as_ref().map_or(0, |known| known.attempts) + 1;
        About { event: self.event, lead: self.lead, decision: self.decision, attempt }
    }
}

/// A row for a message that was not tried.
fn row(sink: &Sink, task: &Task) -> Delivery {
    Delivery {
        sink: sink.name.clone(),
        seq: task.seq,
        lead: task.lead,
        event: task.event.as_str().into(),
        at: task.at,
        state: DeliveryState::Waiting,
        attempts: 0,
        due: task.at,
        failed_at: None,
        error: None,
    }
}

/// One message on its way: its seq, what it is about, and the event that it tells.
type Parcel = (u64, About, Arc<Event>);

/// What is still to be sent, and of whom something is on its way or did not arrive.
#[derive(Default)]
struct Queue {
    queue: VecDeque<Parcel>,
    busy: BTreeSet<LeadId>,
    failed: BTreeSet<LeadId>,
    fates: HashMap<u64, Fate>,
    /// Failures of the receiver since something arrived.
    troubles: u32,
}

impl Queue {
    /// The first message of whom nothing is on its way. What follows one that failed waits behind it.
    fn next(&mut self) -> Option<Parcel> {
        if self.troubles >= TROUBLE {
            return None;
        }
        loop {
            let free = |lead: &Option<LeadId>| lead.is_none_or(|lead| !self.busy.contains(&lead));
            let at = self.queue.iter().position(|(_, about, _)| free(&about.lead))?;
            let (seq, about, event) = self.queue.remove(at)?;
            let lead = about.lead;
            if lead.is_some_and(|lead| self.failed.contains(&lead)) {
                self.fates.insert(seq, Fate::Behind);
                continue;
            }
            self.busy.extend(lead);
            return Some((seq, about, event));
        }
    }

    fn done(&mut self, seq: u64, lead: Option<LeadId>, sent: Result<Arrival, Failure>) {
        if let Some(lead) = lead {
            self.busy.remove(&lead);
        }
        let fate = match sent {
            Ok(Arrival::Answered(_) | Arrival::Taken) => {
                self.troubles = 0;
                Fate::Sent
            }
            Ok(Arrival::Nobody) => Fate::Nobody,
            Err(failure) => {
                self.troubles += u32::from(failure.is_of_receiver());
                self.failed.extend(lead);
                Fate::Failed(failure)
            }
        };
        self.fates.insert(seq, fate);
    }
}

fn locked(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends the tasks in their order, several at once, of one lead one at a time.
async fn send(state: &Arc<State>, sink: &Arc<Sink>, tasks: &[Task]) -> HashMap<u64, Fate> {
    let queue = tasks.iter().map(|task| (task.seq, task.about(), Arc::clone(&task.of))).collect();
    let shared = Arc::new(Mutex::new(Queue { queue, ..Queue::default() }));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..LANES.min(tasks.len()) {
        let (state, sink, shared) = (Arc::clone(state), Arc::clone(sink), Arc::clone(&shared));
        running.spawn(async move {
            let mut line = sink.outlet.line();
            let mut next = locked(&shared).next();
            // Whoever has a lead's message on its way takes what follows it as well.
            while let Some((seq, about, event)) = next {
                let attempt = state.traces.as_ref().map(|traces| traces.attempt(&sink, about));
                let traceparent = attempt.as_ref().map(Attempt::traceparent);
                let sent = line.send(&state, about.event, &event, traceparent.as_deref()).await;
                if let Some(attempt) = attempt {
                    attempt.end(&sent);
                }
                let mut queue = locked(&shared);
                queue.done(seq, about.lead, sent);
                next = queue.next();
            }
            line.close().await;
        });
    }
    while running.join_next().await.is_some() {}
    let mut queue = locked(&shared);
    std::mem::take(&mut queue.fates)
}

/// What the round leaves behind. The cursor goes to `last`, or, where the round ended early, as far
/// as messages were tried; whatever before that was not is kept as a row.
fn settle(
    state: &State,
    sink: &Sink,
    cursor: &Cursor,
    tasks: Vec<Task>,
    mut fates: HashMap<u64, Fate>,
    last: u64,
) -> Settled {
    let now = state.now();
    let mut fate = |task: &Task| fates.remove(&task.seq).unwrap_or(Fate::Unsent);
    let told: Vec<(Task, Fate)> = tasks.into_iter().map(|task| (fate(&task), task)).map(|(f, t)| (t, f)).collect();
    let is_new = |task: &Task| task.known.is_none();
    let stopped = told.iter().any(|(task, fate)| is_new(task) && *fate == Fate::Unsent);
    let tried = told.iter().filter(|(task, fate)| is_new(task) && *fate != Fate::Unsent).map(|(task, _)| task.seq);
    let seq = if stopped { tried.max().unwrap_or(cursor.seq) } else { last };
    let mut left = Cursor { seq, ..cursor.clone() };
    let nothing_tried = told.is_empty();
    let mut error = if nothing_tried { cursor.error.clone() } else { None };
    let (mut kept, mut arrived, mut told_reps, mut in_trouble) = (Vec::new(), Vec::new(), Vec::new(), false);
    let (mut sent, mut unaddressed) = (0, 0);
    for (task, fate) in told {
        match fate {
            Fate::Sent => {
                sent += 1;
                told_reps.extend(task.lead.filter(|_| task.event.tells_a_rep()).map(|lead| (lead, now)));
                arrived.extend(task.known.map(|known| known.seq));
            }
            Fate::Nobody => {
                unaddressed += 1;
                arrived.extend(task.known.map(|known| known.seq));
            }
            Fate::Failed(failure) => {
                in_trouble |= failure.is_of_receiver();
                let failed = failed(state, sink, &task, &failure, now);
                error.clone_from(&failed.error);
                kept.push(failed);
            }
            Fate::Behind | Fate::Unsent if task.known.is_none() && task.seq <= seq => kept.push(row(sink, &task)),
            Fate::Behind | Fate::Unsent => {}
        }
    }
    state.metrics.delivered(&sink.name, "arrived", sent);
    if unaddressed > 0 {
        state.metrics.delivered(&sink.name, "no_address", unaddressed);
    }
    left.delivered += sent;
    left.error = error;
    if sent > 0 {
        left.last_at = Some(now);
    }
    let down = sent == 0 && in_trouble;
    left.failures = match (down, nothing_tried) {
        (true, _) => cursor.failures.saturating_add(1),
        (false, true) => cursor.failures,
        (false, false) => 0,
    };
    let pause = || Backoff::RECEIVER.pause(left.failures, state.outside.chance() as u64);
    left.resume_at = if down { now + pause() } else { Instant::from_unix_micros(0) };
    Settled { found: cursor.clone(), left, kept, arrived, told: told_reps }
}

/// The row of a message whose attempt failed.
fn failed(state: &State, sink: &Sink, task: &Task, failure: &Failure, now: Instant) -> Delivery {
    let before = task.known.clone().unwrap_or_else(|| row(sink, task));
    let attempts = before.attempts + 1;
    let asked = match failure {
        Failure::Status { retry_after: Some(seconds), .. } => Micros::SECOND.times(i64::from((*seconds).min(3600))),
        _ => Micros(0),
    };
    let pause = Backoff::MESSAGE.pause(attempts, state.outside.chance() as u64).max(asked);
    let dead = attempts >= sink.attempts || failure.is_final();
    let error: String = failure.to_string().chars().take(LONGEST_ERROR).collect();
    state.metrics.delivered(&sink.name, "failed", 1);
    if dead {
        state.metrics.delivered(&sink.name, "given_up", 1);
        tracing::error!(sink = &*sink.name, seq = task.seq, attempts, error, "a message was given up");
    }
    Delivery {
        state: if dead { DeliveryState::Dead } else { DeliveryState::Waiting },
        attempts,
        due: now + pause,
        failed_at: Some(now),
        error: Some(error.into()),
        ..before
    }
}
