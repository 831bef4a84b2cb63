//! The stages of a decision, and what it was: told afterwards, when it is known how long each took
//! on whichever thread.

use std::time::Instant;

use opentelemetry::{
    Context, KeyValue,
    trace::{Span, SpanKind, TraceContextExt, Tracer},
};
use opentelemetry_sdk::trace::SdkTracer;
use pointsman_domain::LeadId;
use pointsman_store::{command::Pace, row::Custody, stopwatch};

use super::Traces;
use crate::answer::LeadAnswer;

/// The stages of the present span.
#[derive(Debug)]
pub struct Stages<'a> {
    tracer: &'a SdkTracer,
    parent: Context,
}

impl Traces {
    /// `None` where nothing is recorded.
    pub fn stages(&self) -> Option<Stages<'_>> {
        let parent = Context::current();
        let recorded = parent.span().is_recording();
        recorded.then_some(Stages { tracer: &self.tracer, parent })
    }
}

impl Stages<'_> {
    /// Everything before the queue: `begun`, then read, then qualified. What lies before it was
    /// waiting for a thread that reads.
    pub fn prepared(&self, begun: Instant, read: Instant, qualified: Instant) {
        self.add("read facts", begun, read, Vec::new());
        self.add("qualify", read, qualified, Vec::new());
    }

    /// From the queue, entered at `queued`, to the disk. Without a pace nothing more is known than
    /// when the answer came.
    pub fn committed(&self, queued: Instant, pace: Option<Pace>) {
        let Some(pace) = pace else {
            self.add("commit", queued, stopwatch::start(), Vec::new());
            return;
        };
        let batch = || vec![KeyValue::new("pointsman.batch_size", pace.commands as i64)];
        self.add("queue", queued, pace.taken, Vec::new());
        self.add("choose", pace.taken, pace.chosen, batch());
        self.add("commit", pace.chosen, pace.written, batch());
    }

    fn add(&self, name: &'static str, from: Instant, to: Instant, attributes: Vec<KeyValue>) {
        let (clock, now) = (opentelemetry::time::now(), stopwatch::start());
        let at = |then: Instant| clock - now.saturating_duration_since(then);
        let span = self.tracer.span_builder(name).with_kind(SpanKind::Internal);
        let span = span.with_start_time(at(from)).with_attributes(attributes);
        self.tracer.build_with_context(span, &self.parent).end_with_timestamp(at(to.max(from)));
    }
}

/// What the present span decided.
pub fn decided(answer: &LeadAnswer, replayed: bool) {
    Context::map_current(|context| {
        if !context.span().is_recording() {
            return;
        }
        context.span().set_attributes([
            KeyValue::new("pointsman.decision_id", answer.decision.to_string()),
            KeyValue::new("pointsman.lead_id", answer.lead.to_string()),
            KeyValue::new("pointsman.state", Custody::of(&answer.outcome).kind().as_str()),
            KeyValue::new("pointsman.duplicate", answer.duplicate),
            KeyValue::new("pointsman.replayed", replayed),
        ]);
    });
}

/// Which lead the present span is about.
pub fn about_lead(lead: LeadId) {
    Context::map_current(|context| {
        if context.span().is_recording() {
            context.span().set_attribute(KeyValue::new("pointsman.lead_id", lead.to_string()));
        }
    });
}
