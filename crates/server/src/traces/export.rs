//! From ended spans to the collector: a queue that drops what it cannot hold, and what became of
//! each span.

use std::{
    fmt::Write,
    io, mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter as Otlp, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor,
    },
};

use super::{Traces, client::Client, config::TraceConfig};

/// Spans that wait or are on their way: some 4 MB.
const MOST: usize = 4096;
/// Spans of one message.
const BATCH: usize = 512;
/// What did not fill a message leaves after this.
const PACE: Duration = Duration::from_secs(1);

pub(super) fn provider(config: &TraceConfig, instance: &str, flow: &Arc<Flow>) -> io::Result<SdkTracerProvider> {
    let exporter = Otlp::builder()
        .with_http()
        .with_http_client(Client::new(config, flow)?)
        .with_endpoint(config.peer.target().to_string())
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(config.patience)
        .with_retry_policy(RetryPolicy::recommended())
        .build()
        .map_err(io::Error::other)?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(MOST)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(PACE)
        .build();
    let counted = Counted { exporter, flow: Arc::clone(flow) };
    let batches = BatchSpanProcessor::builder(counted).with_batch_config(batches).build();
    let resource = Resource::builder().with_service_name(config.service.clone()).with_attributes([
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", instance.to_owned()),
    ]);
    Ok(SdkTracerProvider::builder()
        .with_span_processor(Gate { batches, flow: Arc::clone(flow) })
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.ratio))))
        .with_resource(resource.build())
        .build())
}

/// What became of spans, and what was said of it.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// In the queue or on their way.
    pending: AtomicUsize,
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
    /// Said, and not over.
    dropping: AtomicBool,
    /// What comes of a message that is still under way is not counted any more: it was given up.
    ended: AtomicBool,
    failing: AtomicBool,
    /// Why the last message did not arrive.
    why: Mutex<Option<String>>,
}

impl Flow {
    /// Whether there is room for one more.
    fn admit(&self) -> bool {
        if self.pending.fetch_add(1, Ordering::Relaxed) < MOST {
            return true;
        }
        self.pending.fetch_sub(1, Ordering::Relaxed);
        self.dropped.fetch_add(1, Ordering::Relaxed);
        if !self.dropping.swap(true, Ordering::Relaxed) {
            tracing::warn!(waiting = MOST, "spans are dropped: the collector takes them too slowly, or not at all");
        }
        false
    }

    pub(super) fn note(&self, why: String) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    fn exported(&self, spans: usize, result: &OTelSdkResult) {
        if self.ended.load(Ordering::Relaxed) {
            return;
        }
        let left = self.pending.fetch_sub(spans, Ordering::Relaxed) - spans;
        let noted = mem::take(&mut *self.why.lock().unwrap_or_else(PoisonError::into_inner));
        match result {
            Ok(()) => {
                self.sent.fetch_add(spans as u64, Ordering::Relaxed);
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::warn!(failed = self.failed.load(Ordering::Relaxed), "the collector takes spans again");
                }
                if left == 0 && self.dropping.swap(false, Ordering::Relaxed) {
                    tracing::warn!(dropped = self.dropped.load(Ordering::Relaxed), "spans are dropped no longer");
                }
            }
            Err(error) => {
                self.failed.fetch_add(spans as u64, Ordering::Relaxed);
                if !self.failing.swap(true, Ordering::Relaxed) {
                    let error = noted.unwrap_or_else(|| error.to_string());
                    tracing::warn!(%error, "the collector took no spans; what it does not take is lost");
                }
            }
        }
    }

    /// Nothing is sent any more.
    pub(super) fn end(&self, flushed: bool) {
        if self.ended.swap(true, Ordering::Relaxed) {
            return;
        }
        let left = self.pending.load(Ordering::Relaxed);
        self.dropped.fetch_add(left as u64, Ordering::Relaxed);
        if left > 0 || !flushed {
            tracing::warn!(spans = left, "spans were not sent before the end");
        }
    }
}

/// In front of the batches: lets in what there is room for.
#[derive(Debug)]
struct Gate {
    batches: BatchSpanProcessor,
    flow: Arc<Flow>,
}

impl SpanProcessor for Gate {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.batches.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.flow.admit() {
            self.batches.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

/// Behind the batches: notes what became of each.
#[derive(Debug)]
struct Counted {
    exporter: Otlp,
    flow: Arc<Flow>,
}

impl SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let result = self.exporter.export(batch).await;
        self.flow.exported(spans, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// The lines of the metrics; zeros where nothing is traced.
pub fn render(traces: Option<&Traces>) -> String {
    let name = "pointsman_spans_total";
    let mut out = format!("# HELP {name} Spans by what became of them.\n# TYPE {name} counter\n");
    let flow = traces.map(|traces| &*traces.flow);
    let mut line = |result: &str, counter: Option<&AtomicU64>| {
        let count = counter.map_or(0, |counter| counter.load(Ordering::Relaxed));
        let written = writeln!(out, "{name}{{result=\"{result}\"}} {count}");
        debug_assert!(written.is_ok(), "a String takes what is written to it");
    };
    line("sent", flow.map(|flow| &flow.sent));
    line("failed", flow.map(|flow| &flow.failed));
    line("dropped", flow.map(|flow| &flow.dropped));
    out
}
