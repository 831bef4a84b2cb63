//! Counters of the door, and the Prometheus text of everything.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pointsman_domain::Instant;
use pointsman_store::{Handle, backend::Counts, outbox::SinkStanding, row::CustodyKind};

/// Upper bounds in microseconds.
const BOUNDS: [u64; 12] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000];

/// Durations in buckets.
#[derive(Debug, Default)]
pub struct Histogram {
    /// One per bound, and one above.
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum_us: AtomicU64,
}

impl Histogram {
    pub fn record(&self, duration: Duration) {
        let us = duration.as_micros() as u64;
        let bucket = BOUNDS.iter().position(|bound| us <= *bound).unwrap_or(BOUNDS.len());
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    fn write(&self, out: &mut String, name: &str, labels: &str) {
        let mut so_far = 0;
        let comma = if labels.is_empty() { "" } else { "," };
        for (at, count) in self.counts.iter().enumerate() {
            so_far += count.load(Ordering::Relaxed);
            let bound = BOUNDS.get(at).map_or("+Inf".into(), |us| (*us as f64 / 1e6).to_string());
            line(out, &format!("{name}_bucket{{{labels}{comma}le=\"{bound}\"}}"), so_far);
        }
        let sum = self.sum_us.load(Ordering::Relaxed) as f64 / 1e6;
        let braces = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        line(out, &format!("{name}_sum{braces}"), sum);
        line(out, &format!("{name}_count{braces}"), so_far);
    }
}

/// What the door counts.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Reading, building facts, qualifying.
    pub qualify: Histogram,
    /// Waiting for the committer, commit included.
    pub commit: Histogram,
    /// When each source last sent a lead, and when the last decision was taken, since the start.
    arrivals: Mutex<BTreeMap<String, Instant>>,
    /// Whole requests, by route and status.
    requests: Mutex<BTreeMap<(String, u16), (u64, Duration)>>,
    /// Messages since the start, by receiver and what came of an attempt.
    deliveries: Mutex<BTreeMap<(Box<str>, &'static str), u64>>,
}

impl Metrics {
    pub fn request(&self, route: &str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match requests.get_mut(&(route.to_owned(), status)) {
            Some(entry) => entry,
            None => requests.entry((route.to_owned(), status)).or_default(),
        };
        entry.0 += 1;
        entry.1 += took;
    }

    /// A lead of this source was decided.
    pub fn arrived(&self, source: &str, at: Instant) {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = arrivals.get_mut(source) {
            *last = at.max(*last);
            return;
        }
        // Sources are few; whoever makes up new ones shares one line.
        let name = if arrivals.len() < MOST_SOURCES { source } else { "other" };
        arrivals.insert(name.to_owned(), at);
    }

    /// So many messages to this receiver ended like this.
    pub fn delivered(&self, sink: &str, result: &'static str, count: u64) {
        let mut deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        *deliveries.entry((sink.into(), result)).or_default() += count;
    }

    /// What is known of messages to other systems: since the start here, and now in the store.
    pub fn render_deliveries(&self, standing: &[SinkStanding], now: Instant) -> String {
        let mut out = String::new();
        let deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        help(&mut out, "pointsman_deliveries_total", "counter", "Attempts by this process, by receiver and result.");
        for ((sink, result), count) in deliveries.iter() {
            line(&mut out, &format!("pointsman_deliveries_total{{sink=\"{sink}\",result=\"{result}\"}}"), count);
        }
        let mut gauge = |name: &str, text: &str, value: &dyn Fn(&SinkStanding) -> f64| {
            help(&mut out, name, "gauge", text);
            for sink in standing {
                line(&mut out, &format!("{name}{{sink=\"{}\"}}", sink.cursor.sink), value(sink));
            }
        };
        gauge("pointsman_deliveries_waiting", "Messages that wait for another attempt.", &|sink| sink.waiting as f64);
        gauge("pointsman_deliveries_dead", "Messages that were given up.", &|sink| sink.dead as f64);
        gauge("pointsman_deliveries_lag_seconds", "Age of the oldest thing a receiver was not told yet.", &|sink| {
            sink.oldest.map_or(0.0, |at| (now - at).0.max(0) as f64 / 1e6)
        });
        out
    }

    fn write_arrivals(&self, out: &mut String) {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = |at: &Instant| at.unix_micros() as f64 / 1e6;
        let name = "pointsman_lead_arrived_seconds";
        help(out, name, "gauge", "When a source last sent a lead, Unix time.");
        for (source, at) in arrivals.iter() {
            line(out, &format!("{name}{{source=\"{}\"}}", label(source)), seconds(at));
        }
        if let Some(last) = arrivals.values().max() {
            help(out, "pointsman_decided_seconds", "gauge", "When the last decision was taken, Unix time.");
            line(out, "pointsman_decided_seconds", seconds(last));
        }
    }

    /// The exposition text.
    pub fn render(&self, handle: &Handle, counts: &Counts) -> String {
        let mut out = String::new();
        let gauges = handle.gauges();
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        help(&mut out, "pointsman_decisions_total", "counter", "Decisions taken since the start, by state.");
        for kind in [CustodyKind::Owned, CustodyKind::Offered, CustodyKind::Held, CustodyKind::Parked] {
            line(
                &mut out,
                &format!("pointsman_decisions_total{{state=\"{}\"}}", kind.as_str()),
                gauges.decisions(kind),
            );
        }
        help(&mut out, "pointsman_leads", "gauge", "Leads by custody now.");
        for kind in CustodyKind::ALL {
            let count = counts.by_custody.get(&kind).copied().unwrap_or(0);
            line(&mut out, &format!("pointsman_leads{{custody=\"{}\"}}", kind.as_str()), count);
        }
        help(&mut out, "pointsman_parked", "gauge", "Parked leads by queue now.");
        for (queue, count) in &counts.by_queue {
            line(&mut out, &format!("pointsman_parked{{queue=\"{queue}\"}}"), count);
        }
        let mut plain = |name: &str, kind: &str, text: &str, value: f64| {
            help(&mut out, name, kind, text);
            line(&mut out, name, value);
        };
        plain("pointsman_queue_depth", "gauge", "Commands that wait.", handle.depth() as f64);
        plain("pointsman_waiting", "gauge", "Leads that wait for a slot or a price.", load(&gauges.waiting) as f64);
        plain("pointsman_price_epoch", "gauge", "Epoch of the price book.", load(&gauges.price_epoch) as f64);
        plain("pointsman_log_seq", "gauge", "Rows of the record.", load(&gauges.seq) as f64);
        plain("pointsman_batches_total", "counter", "Batches committed.", load(&gauges.batches) as f64);
        plain("pointsman_commands_total", "counter", "Commands in those batches.", load(&gauges.commands) as f64);
        plain("pointsman_last_batch_size", "gauge", "Commands of the last batch.", load(&gauges.last_batch) as f64);
        plain("pointsman_stale_total", "counter", "Commands read and qualified again.", load(&gauges.stale) as f64);
        plain(
            "pointsman_batch_failures_total",
            "counter",
            "Batches that did not commit.",
            load(&gauges.failures) as f64,
        );
        plain(
            "pointsman_choose_seconds_total",
            "counter",
            "Time spent choosing.",
            load(&gauges.choose_us) as f64 / 1e6,
        );
        plain(
            "pointsman_commit_seconds_total",
            "counter",
            "Time spent writing and flushing.",
            load(&gauges.commit_us) as f64 / 1e6,
        );
        help(&mut out, "pointsman_stage_seconds", "histogram", "Latency by stage of a decision.");
        self.qualify.write(&mut out, "pointsman_stage_seconds", "stage=\"qualify\"");
        self.commit.write(&mut out, "pointsman_stage_seconds", "stage=\"commit\"");
        self.write_arrivals(&mut out);
        if let Some(live) = handle.live() {
            help(&mut out, "pointsman_snapshot_info", "gauge", "What is live: 1.");
            line(&mut out, &format!("pointsman_snapshot_info{{snapshot=\"{}\"}}", live.id.short()), 1);
        }
        help(&mut out, "pointsman_requests_total", "counter", "Requests by route and status.");
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, status), (count, _)) in requests.iter() {
            line(&mut out, &format!("pointsman_requests_total{{route=\"{route}\",status=\"{status}\"}}"), count);
        }
        help(&mut out, "pointsman_request_seconds_total", "counter", "Time in requests by route and status.");
        for ((route, status), (_, took)) in requests.iter() {
            let name = format!("pointsman_request_seconds_total{{route=\"{route}\",status=\"{status}\"}}");
            line(&mut out, &name, took.as_secs_f64());
        }
        out
    }
}

/// Sources that have a line of their own.
const MOST_SOURCES: usize = 64;

/// A text within the quotes of a label; sources are sent by clients.
fn label(text: &str) -> String {
    let plain = |c: char| if c.is_control() || c == '\\' || c == '"' { '_' } else { c };
    text.chars().take(80).map(plain).collect()
}

fn help(out: &mut String, name: &str, kind: &str, text: &str) {
    out.push_str(&format!("# HELP {name} {text}\n# TYPE {name} {kind}\n"));
}

fn line(out: &mut String, name: &str, value: impl std::fmt::Display) {
    let written = writeln!(out, "{name} {value}");
    debug_assert!(written.is_ok(), "a String takes what is written to it");
}
