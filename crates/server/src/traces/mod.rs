//! Traces of what the server does, for a collector (OTLP over HTTP): where the time of one request
//! went, and how it hangs together with what called and what was called.
//!
//! A span is made where its work is done, by name, with ids, statuses and durations and nothing
//! else: whatever a library logs stays here. Nothing waits for the collector: spans go into a
//! bounded queue and are dropped, and counted, when it is full. Without a collector's address
//! there is no [`Traces`], and nothing is recorded.
//!
//! Reading order: [`config`] (what it needs to be told), `request` (one span a request), `decision`
//! (its stages), `delivery` (what is told others), `export` (the queue), [`client`] (the way out).

pub mod client;
pub mod config;
mod decision;
mod delivery;
mod export;
mod request;

use std::{future::Future, io, sync::Arc, time::Duration};

use opentelemetry::{
    Context, InstrumentationScope, KeyValue,
    trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

pub use config::TraceConfig;
pub use decision::{Stages, about_lead, decided};
pub use delivery::{About, Attempt};
pub use export::render;
pub use request::Served;

use delivery::Recent;
use export::Flow;

/// What makes spans, and what sends them.
#[derive(Debug)]
pub struct Traces {
    tracer: SdkTracer,
    provider: SdkTracerProvider,
    flow: Arc<Flow>,
    recent: Recent,
    /// People reach the server over TLS.
    https: bool,
    grace: Duration,
}

impl Traces {
    /// Starts a thread of its own that sends. `instance` tells this process from others.
    pub fn start(config: &TraceConfig, instance: &str, https: bool) -> io::Result<Self> {
        let flow = Arc::new(Flow::default());
        let provider = export::provider(config, instance, &flow)?;
        let scope = InstrumentationScope::builder("pointsman").with_version(env!("CARGO_PKG_VERSION")).build();
        let tracer = provider.tracer_with_scope(scope);
        Ok(Self { tracer, provider, flow, recent: Recent::default(), https, grace: config.grace })
    }

    /// Sends what is left, within the grace; what did not leave by then is counted as dropped.
    /// Blocks. Spans that end later are forgotten.
    pub fn end(&self) {
        let ended = self.provider.shutdown_with_timeout(self.grace);
        self.flow.end(ended.is_ok());
    }

    /// A span of its own for work that nobody asked for, or part of the present one.
    pub fn part(&self, name: &'static str, attributes: Vec<KeyValue>) -> Context {
        let parent = Context::current();
        let span = self.tracer.span_builder(name).with_kind(SpanKind::Internal).with_attributes(attributes);
        let span = self.tracer.build_with_context(span, &parent);
        parent.with_span(span)
    }
}

/// Runs `work` inside the span of `context`, where there is one.
pub async fn within<T>(context: Option<Context>, work: impl Future<Output = T>) -> T {
    match context {
        Some(context) => work.with_context(context).await,
        None => work.await,
    }
}

/// The same, and ends the span when `work` is done.
pub async fn whole<T, E>(context: Option<Context>, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let done = within(context.clone(), work).await;
    if let Some(context) = context {
        if done.is_err() {
            context.span().set_status(Status::error(""));
        }
        context.span().end();
    }
    done
}
