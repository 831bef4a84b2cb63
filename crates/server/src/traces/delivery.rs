//! What is told other systems: one span an attempt, in the trace of the request that decided,
//! where that is remembered; else in a trace of its own.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use opentelemetry::{
    Context, KeyValue,
    trace::{SpanContext, SpanKind, Status, TraceContextExt, Tracer},
};
use pointsman_connect::Failure;
use pointsman_domain::{DecisionId, LeadId};

use super::Traces;
use crate::deliver::{Arrival, Sink, message::EventName};

/// Decisions whose requests are remembered: those of the last seconds under load, of hours without.
const KEPT: usize = 4096;

/// In which span a decision was taken, of those taken here last.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    spans: BTreeMap<DecisionId, SpanContext>,
    order: VecDeque<DecisionId>,
}

impl Recent {
    fn put(&self, decision: DecisionId, span: SpanContext) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.spans.insert(decision, span).is_none() {
            kept.order.push_back(decision);
        }
        if kept.order.len() > KEPT
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.spans.remove(&oldest);
        }
    }

    fn get(&self, decision: DecisionId) -> Option<SpanContext> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).spans.get(&decision).cloned()
    }
}

/// What a message is about.
#[derive(Debug, Clone, Copy)]
pub struct About {
    pub event: EventName,
    pub lead: Option<LeadId>,
    pub decision: Option<DecisionId>,
    /// From 1.
    pub attempt: u32,
}

/// One attempt that is under way.
#[derive(Debug)]
pub struct Attempt(Context);

impl Traces {
    /// The present span takes this decision. Said before it is on disk: what is told of it is told
    /// by another task, at once.
    pub fn remember(&self, decision: DecisionId) {
        let span = Context::map_current(|context| context.span().span_context().clone());
        if span.is_valid() {
            self.recent.put(decision, span);
        }
    }

    pub fn attempt(&self, sink: &Sink, about: About) -> Attempt {
        let decided = about.decision.and_then(|decision| self.recent.get(decision));
        let parent = decided.map_or_else(Context::new, |span| Context::new().with_remote_span_context(span));
        let (host, port) = sink.outlet.peer();
        let mut attributes = vec![
            KeyValue::new("server.address", host.to_owned()),
            KeyValue::new("server.port", i64::from(port)),
            KeyValue::new("pointsman.sink", sink.name.to_string()),
            KeyValue::new("pointsman.event", about.event.as_str()),
            KeyValue::new("pointsman.attempt", i64::from(about.attempt)),
        ];
        let verb = if sink.outlet.is_mail() { "SMTP" } else { "POST" };
        if !sink.outlet.is_mail() {
            attributes.push(KeyValue::new("http.request.method", verb));
        }
        if about.attempt > 1 && !sink.outlet.is_mail() {
            attributes.push(KeyValue::new("http.request.resend_count", i64::from(about.attempt) - 1));
        }
        attributes.extend(about.lead.map(|lead| KeyValue::new("pointsman.lead_id", lead.to_string())));
        attributes.extend(about.decision.map(|id| KeyValue::new("pointsman.decision_id", id.to_string())));
        let span = self.tracer.span_builder(format!("{verb} {}", sink.name)).with_kind(SpanKind::Client);
        let span = self.tracer.build_with_context(span.with_attributes(attributes), &parent);
        Attempt(parent.with_span(span))
    }
}

impl Attempt {
    /// What the receiver is told, so that it can go on in this trace. What a caller said of their
    /// own systems (`tracestate`) is not passed on to others.
    pub fn traceparent(&self) -> String {
        let span = self.0.span();
        let span = span.span_context();
        format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8())
    }

    pub fn end(&self, sent: &Result<Arrival, Failure>) {
        let span = self.0.span();
        let (status, error) = match sent {
            Ok(Arrival::Answered(status)) => (Some(*status), None),
            Ok(Arrival::Taken | Arrival::Nobody) => (None, None),
            Err(Failure::Status { status, .. }) => (Some(*status), Some(status.to_string())),
            Err(Failure::NoAnswer(_)) => (None, Some("no_answer".to_owned())),
            Err(Failure::NotNow(_)) => (None, Some("not_now".to_owned())),
            Err(Failure::Never(_)) => (None, Some("refused".to_owned())),
        };
        status
            .into_iter()
            .for_each(|code| span.set_attribute(KeyValue::new("http.response.status_code", i64::from(code))));
        if let Some(error) = error {
            span.set_attribute(KeyValue::new("error.type", error));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Instant;

    use super::*;

    #[test]
    fn the_oldest_decisions_are_forgotten() {
        let recent = Recent::default();
        let id = |n: usize| DecisionId::new(Instant::from_unix_micros(n as i64 * 1_000), n as u128);
        for n in 0..KEPT + 2 {
            recent.put(id(n), SpanContext::empty_context());
        }
        let there = |n: usize| recent.get(id(n)).is_some();
        assert!(!there(0) && !there(1) && there(2) && there(KEPT + 1));
        recent.put(id(2), SpanContext::empty_context());
        assert!(there(3), "the same again takes no place");
    }
}
