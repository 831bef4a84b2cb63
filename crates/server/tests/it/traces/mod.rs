//! What a collector is told of requests, and that nobody waits for it.

mod collector;

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::trace::v1::Span;
use pointsman_domain::Digest;
use pointsman_server::{
    ApiKey,
    access::Scopes,
    traces::{TraceConfig, client},
};
use serde_json::Value;

use crate::{
    deliveries::{Receiver, begin, clock, folder, sink, wait_until},
    world::{Answer, Door, JSON, documents, lead_body},
};
use collector::{Collector, Mood, attribute, hex};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const CLIENT: i32 = 3;
const SERVER: i32 = 2;
const INTERNAL: i32 = 1;

fn parent(trace: &str, flags: &str) -> String {
    format!("00-{trace}-{CALLER}-{flags}")
}

fn traced(config: TraceConfig) -> Door {
    Door::open_in(folder(), 5_000, |serve| serve.traces = Some(Arc::new(config)))
}

fn lead(door: &Door, traceparent: &str, person: &str) -> Answer {
    let headers = [JSON, ("traceparent", traceparent)];
    let answer = door.call("POST", "/v1/leads", &headers, &lead_body("DE", person));
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer
}

fn says(span: &Span, key: &str) -> Option<String> {
    attribute(&span.attributes, key)
}

fn spans_total(door: &Door, result: &str) -> u64 {
    let text = door.get("/metrics").text;
    let name = format!("pointsman_spans_total{{result=\"{result}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap()
}

#[test]
fn a_request_is_a_span_under_its_caller_and_over_its_stages() {
    let collector = Collector::start(Mood::Takes);
    let door = traced(collector.config());
    let headers =
        [JSON, ("traceparent", &*parent(TRACE, "01")), ("tracestate", "vendor=4711"), ("x-request-id", "req-7")];
    let answer = door.call("POST", "/v1/leads", &headers, &lead_body("DE", "p1"));
    let decided = answer.json();
    let request = collector.span("the request", |span| span.kind == SERVER);
    assert_eq!(
        (&*request.name, hex(&request.trace_id), hex(&request.parent_span_id)),
        ("POST /v1/leads", TRACE.into(), CALLER.into())
    );
    assert_eq!(request.trace_state, "vendor=4711");
    let expected = [
        ("http.request.method", "POST"),
        ("http.route", "/v1/leads"),
        ("http.response.status_code", "200"),
        ("url.scheme", "http"),
        ("pointsman.request_id", "req-7"),
        ("pointsman.decision_id", decided["decision"].as_str().unwrap()),
        ("pointsman.lead_id", decided["lead"].as_str().unwrap()),
        ("pointsman.state", decided["state"].as_str().unwrap()),
        ("pointsman.duplicate", "false"),
        ("pointsman.replayed", "false"),
    ];
    for (key, value) in expected {
        assert_eq!(says(&request, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(request.attributes.len(), expected.len(), "nothing else is said: {:?}", request.attributes);
    assert_eq!(request.status.as_ref().map_or(0, |status| status.code), 0);
    wait_until("its stages", || collector.children(&request).len() == 5);
    let mut stages = collector.children(&request);
    stages.sort_by_key(|span| (span.start_time_unix_nano, span.end_time_unix_nano));
    assert_eq!(
        stages.iter().map(|span| &*span.name).collect::<Vec<_>>(),
        ["read facts", "qualify", "queue", "choose", "commit"]
    );
    // Two clocks are read for a stage: they may be off by a little.
    let slack = 5_000_000;
    for stage in &stages {
        assert_eq!((stage.kind, hex(&stage.trace_id)), (INTERNAL, TRACE.into()));
        assert!(stage.start_time_unix_nano + slack >= request.start_time_unix_nano, "{stage:?}");
        assert!(stage.end_time_unix_nano <= request.end_time_unix_nano + slack, "{stage:?}");
        assert!(stage.start_time_unix_nano <= stage.end_time_unix_nano, "{stage:?}");
    }
    let durations = |name: &str| {
        stages
            .iter()
            .filter(|span| span.name == name)
            .map(|span| span.end_time_unix_nano - span.start_time_unix_nano)
            .sum::<u64>()
    };
    assert!(durations("commit") > 0 && durations("read facts") > 0, "{stages:?}");
    let resource = collector.resource();
    let of_resource = |key: &str| attribute(&resource, key);
    assert_eq!(of_resource("service.name").as_deref(), Some("router"));
    assert!(of_resource("service.instance.id").is_some() && of_resource("service.version").is_some());
    // The same again is the same lead, and the span says so.
    door.call("POST", "/v1/leads", &headers, &lead_body("DE", "p1"));
    let again = collector.span("the duplicate", |span| says(span, "pointsman.duplicate").as_deref() == Some("true"));
    assert_eq!(says(&again, "pointsman.lead_id").as_deref(), decided["lead"].as_str());
    door.stop();
}

#[test]
fn a_batch_is_a_span_over_one_of_each_row() {
    let collector = Collector::start(Mood::Takes);
    let door = traced(collector.config());
    let rows: Vec<String> = (0..3).map(|n| lead_body("DE", &format!("p{n}"))).collect();
    let body = format!(r#"{{"leads":[{},{{"wrong":1}}]}}"#, rows.join(","));
    let answer = door.call("POST", "/v1/leads/batch", &[JSON], &body);
    let request = collector.span("the request", |span| span.name == "POST /v1/leads/batch");
    wait_until("its rows", || collector.children(&request).len() == 4);
    let rows = collector.children(&request);
    assert!(rows.iter().all(|row| row.name == "decide" && row.trace_id == request.trace_id), "{rows:?}");
    let failed = rows.iter().filter(|row| row.status.as_ref().is_some_and(|status| status.code == 2)).count();
    assert_eq!(failed, 1);
    for n in 0..3 {
        let lead = answer.str(&format!("/rows/{n}/lead/lead"));
        let row = rows.iter().find(|row| says(row, "pointsman.lead_id").as_deref() == Some(&*lead)).unwrap();
        // Where another row came between, it was read and qualified again.
        let stages = || collector.children(row).into_iter().map(|span| span.name).collect::<BTreeSet<_>>();
        wait_until("the row's stages", || stages().len() == 5);
    }
    door.stop();
}

#[test]
fn callers_decide_what_of_theirs_is_recorded() {
    let collector = Collector::start(Mood::Takes);
    let door = traced(TraceConfig { ratio: 0.0, ..collector.config() });
    let unsampled = "11111111111111111111111111111111";
    lead(&door, &parent(unsampled, "00"), "p1");
    // Nobody's trace is one that begins here, and none of those is recorded.
    lead(&door, "garbage", "p2");
    door.lead("DE", "p3");
    lead(&door, &parent(TRACE, "01"), "p4");
    door.state.stop();
    let traces: BTreeSet<String> = collector.spans().iter().map(|span| hex(&span.trace_id)).collect();
    assert_eq!(traces.into_iter().collect::<Vec<_>>(), [TRACE], "what was asked for, and all of it");
    assert_eq!(collector.spans().len(), 6);
    let all = Collector::start(Mood::Takes);
    let door = traced(all.config());
    lead(&door, &parent(unsampled, "00"), "p1");
    lead(&door, "garbage", "p2");
    door.state.stop();
    let requests: Vec<Span> = all.spans().into_iter().filter(|span| span.kind == SERVER).collect();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].parent_span_id.is_empty() && hex(&requests[0].trace_id) != unsampled);
}

#[test]
fn nothing_personal_leaves_the_house() {
    let collector = Collector::start(Mood::Takes);
    let key = "a-key-of-the-environment-1234";
    let door = Door::open_in(folder(), 50, |serve| {
        serve.traces = Some(Arc::new(collector.config()));
        let hash: Digest = pointsman_store::log::digest(key.as_bytes());
        serve.keys = vec![ApiKey { name: "crm".into(), hash, scopes: Scopes::all() }];
    });
    let bearer = format!("Bearer {key}");
    let headers = [
        JSON,
        ("authorization", &*bearer),
        ("idempotency-key", "secret-token-9"),
        ("user-agent", "zebulon-agent"),
        ("traceparent", &*parent(TRACE, "01")),
    ];
    let body = r#"{"source":"zebulon-form","external_id":"form-4711","attributes":{"country":"DE","age":44},
        "contact":{"name":"Zebulon Quark","email":"zebulon@quark.example","phone":"030 1234567"},"account":{"name":"Quarkwerk GmbH"}}"#;
    let decided = door.call("POST", "/v1/leads", &headers, body);
    let id = decided.str("/lead");
    let send = |method: &str, path: &str, body: &str| door.call(method, path, &headers, body).status.as_u16();
    assert_eq!(send("GET", &format!("/v1/leads/{id}?email=zebulon@quark.example"), ""), 200);
    assert_eq!(send("POST", "/v1/leads", r#"{"source":"zebulon","contact":{"email":"zebulon at quark"}}"#), 422);
    let lost = r#"{"source":"zebulon-form","external_id":"form-4711","stage":"lost","reason":"Zebulon moved"}"#;
    assert_eq!(send("POST", "/v1/outcomes", lost), 200);
    assert_eq!(send("GET", "/zebulon", ""), 404);
    door.state.stop();
    let names: Vec<String> =
        collector.spans().into_iter().filter(|span| span.kind == SERVER).map(|span| span.name).collect();
    assert_eq!(names, ["POST /v1/leads", "GET /v1/leads/{id}", "POST /v1/leads", "POST /v1/outcomes", "GET"]);
    for there in [&*id, "pointsman.lead_id", "a-secret-of-the-collector"] {
        assert!(collector.heard(there), "what was heard holds '{there}'");
    }
    for personal in ["ebulon", "uark", "1234567", "form-4711", "secret-token", key, "moved", "email", "SELECT", "crm"] {
        assert!(!collector.heard(personal), "'{personal}' was told the collector");
    }
}

#[test]
fn our_faults_are_errors_and_theirs_are_not() {
    let collector = Collector::start(Mood::Takes);
    // Nobody answers that fast: what is asked of the store is given up.
    let door = Door::open_in(folder(), 5, |serve| {
        serve.traces = Some(Arc::new(collector.config()));
        serve.timeout = std::time::Duration::ZERO;
    });
    assert_eq!(door.get("/v1/reps/nowhere").status.as_u16() / 100, 4);
    let slow = door.post("/v1/leads", &lead_body("DE", "p1")).status.as_u16();
    assert!(slow >= 500, "{slow}");
    door.state.stop();
    let spans = collector.spans();
    let error = |span: &Span| (says(span, "error.type"), span.status.as_ref().map_or(0, |status| status.code));
    let request = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(error(request("GET")), (None, 0));
    assert_eq!(error(request("POST /v1/leads")), (Some(slow.to_string()), 2));
}

/// Where log lines of this thread go.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_collector_that_hangs_holds_up_nothing() {
    let collector = Collector::start(Mood::Hangs);
    let (plain, door) = (Door::open(5_000), traced(collector.config()));
    let timed = |door: &Door| {
        let started = pointsman_store::stopwatch::start();
        (0..200).for_each(|n| drop(door.lead("DE", &format!("p{n}"))));
        started.elapsed()
    };
    let (without, with) = (timed(&plain), timed(&door));
    wait_until("it hangs", || collector.messages() > 0);
    assert!(with < without * 3 + std::time::Duration::from_secs(1), "{with:?} with a collector, {without:?} without");
    // More than the queue holds: the rest is dropped, and that is said once.
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || (0..4_500).for_each(|_| drop(door.get("/healthz"))));
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.matches("spans are dropped").count(), 1, "{text}");
    let dropped = spans_total(&door, "dropped");
    // 200 leads of six spans and one a question, of which 4,096 find a place.
    assert!((1_600..=1_610).contains(&dropped), "{dropped}");
    assert_eq!(spans_total(&door, "sent"), 0);
    let started = pointsman_store::stopwatch::start();
    door.state.stop();
    let took = started.elapsed();
    assert!(took.as_millis() >= 400 && took.as_secs() < 5, "half a second was given, {took:?} were taken");
    plain.stop();
}

#[test]
fn a_collector_that_refuses_is_told_of_in_metrics_and_may_come_back() {
    let collector = Collector::start(Mood::Answers(500));
    let door = traced(collector.config());
    door.lead("DE", "p1");
    wait_until("it refuses", || spans_total(&door, "failed") >= 6);
    collector.becomes(Mood::Takes);
    let decided = door.lead("DE", "p2");
    let request =
        collector.span("it takes", |span| says(span, "pointsman.lead_id").as_deref() == decided["lead"].as_str());
    assert_eq!(request.kind, SERVER);
    wait_until("and that is counted", || spans_total(&door, "sent") >= 6);
    // One that is gone is worth no more than one that refuses.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut gone = Collector::start(Mood::Hangs);
    gone.address = format!("http://{nobody}");
    door.stop();
    let door = traced(gone.config());
    door.lead("DE", "p1");
    door.stop();
}

#[test]
fn without_a_collector_nothing_is_traced() {
    let (receiver, clock) = (Receiver::start(), clock());
    let sink = sink(&receiver.url, 16, &[]);
    let door = Door::open_at(folder(), &clock, |serve| {
        serve.documents = Some(documents(50));
        serve.sinks = vec![Arc::clone(&sink)];
    });
    assert!(door.state.traces.is_none());
    let (door, tasks) = begin(door, &clock);
    lead(&door, &parent(TRACE, "01"), "p1");
    wait_until("it is told", || receiver.got().len() == 1);
    assert_eq!(receiver.got()[0].0.traceparent, None);
    assert_eq!((spans_total(&door, "sent"), spans_total(&door, "dropped")), (0, 0));
    drop(tasks);
    door.stop();
}

#[test]
fn a_message_to_another_system_goes_on_in_the_trace_of_its_decision() {
    let (receiver, clock, collector) = (Receiver::start(), clock(), Collector::start(Mood::Takes));
    receiver.answer(|body| if body["event"] == "lead.parked" { 503 } else { 204 });
    let sink = sink(&receiver.url, 16, &["lead.owned", "lead.parked", "lead.staged"]);
    let door = Door::open_at(folder(), &clock, |serve| {
        serve.documents = Some(documents(50));
        serve.sinks = vec![Arc::clone(&sink)];
        serve.traces = Some(Arc::new(collector.config()));
    });
    let (door, tasks) = begin(door, &clock);
    let decided = lead(&door, &parent(TRACE, "01"), "p1").json();
    wait_until("it is told", || receiver.got().len() == 1);
    let traceparent = receiver.got()[0].0.traceparent.clone().unwrap();
    let parts: Vec<&str> = traceparent.split('-').collect();
    assert_eq!((parts[0], parts[1], parts[3]), ("00", TRACE, "01"), "the receiver is in the caller's trace");
    let attempt = collector.span("the attempt", |span| span.kind == CLIENT);
    assert_eq!((hex(&attempt.trace_id), hex(&attempt.span_id)), (TRACE.to_owned(), parts[2].to_owned()));
    let request = collector.span("the request", |span| span.kind == SERVER && span.name == "POST /v1/leads");
    assert_eq!(attempt.parent_span_id, request.span_id);
    let expected = [
        ("http.request.method", "POST"),
        ("http.response.status_code", "204"),
        ("server.address", "127.0.0.1"),
        ("pointsman.sink", "crm"),
        ("pointsman.event", "lead.owned"),
        ("pointsman.attempt", "1"),
        ("pointsman.lead_id", decided["lead"].as_str().unwrap()),
        ("pointsman.decision_id", decided["decision"].as_str().unwrap()),
    ];
    for (key, value) in expected {
        assert_eq!(says(&attempt, key).as_deref(), Some(value), "{key}");
    }
    // Refused, it is an error; the next attempt counts.
    door.lead("CH", "p2");
    let failed = collector.span("a refusal", |span| says(span, "error.type").as_deref() == Some("503"));
    assert_eq!((says(&failed, "pointsman.attempt").as_deref(), failed.status.unwrap().code), (Some("1"), 2));
    receiver.answer(|_| 204);
    let mut second = None;
    wait_until("another attempt", || {
        clock.fetch_add(1_000_000, std::sync::atomic::Ordering::Relaxed);
        second = collector.spans().into_iter().find(|span| says(span, "pointsman.attempt").as_deref() == Some("2"));
        second.is_some()
    });
    let second = second.unwrap();
    assert_eq!(says(&second, "http.request.resend_count").as_deref(), Some("1"));
    assert_eq!(second.trace_id, failed.trace_id);
    // What nobody remembers the request of has a trace of its own.
    let staged = format!(r#"{{"lead":{},"stage":"contacted"}}"#, decided["lead"]);
    door.post("/v1/outcomes", &staged);
    let told = collector.span("another event", |span| says(span, "pointsman.event").as_deref() == Some("lead.staged"));
    assert!(told.parent_span_id.is_empty() && hex(&told.trace_id) != TRACE);
    assert!(!collector.heard("token=secret"), "a receiver's address is a secret");
    drop(tasks);
    door.stop();
}

#[test]
fn a_collector_can_be_asked_whether_it_answers() {
    let collector = Collector::start(Mood::Takes);
    assert_eq!(client::probe(&collector.config()), Ok(()));
    assert!(collector.heard("a-secret-of-the-collector"), "with what it asks for");
    collector.becomes(Mood::Answers(401));
    assert_eq!(client::probe(&collector.config()), Err("it answered 401".into()));
    collector.becomes(Mood::Hangs);
    let impatient = TraceConfig { patience: std::time::Duration::from_millis(100), ..collector.config() };
    assert!(client::probe(&impatient).unwrap_err().contains("did not answer within"));
}

#[cfg(unix)]
#[test]
fn log_lines_name_the_trace_and_what_is_left_is_sent_at_the_end() {
    use crate::daemon::{start, workspace};
    let collector = Collector::start(Mood::Takes);
    let folder = workspace();
    let environment = [
        ("POINTSMAN_LOG", "info"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.address),
        ("OTEL_SERVICE_NAME", "router-of-sales"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20key"),
    ];
    let server = start(folder.path(), &environment);
    let answer =
        server.send("POST", "/v1/leads", &format!("traceparent: {}\r\n", parent(TRACE, "01")), &lead_body("DE", "p1"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    // Nothing is waited for: it ended.
    let request = collector.spans().into_iter().find(|span| span.kind == SERVER).expect("sent before the end");
    assert!(collector.heard("x-key: a key") && !log.contains("a key"), "{log}");
    assert_eq!(attribute(&collector.resource(), "service.name").as_deref(), Some("router-of-sales"));
    let lines: Vec<Value> =
        log.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |text: &str| lines.iter().find(|line| line["fields"]["message"] == text).unwrap();
    for ids in [&said("request")["fields"], &said("decided")["span"]] {
        assert_eq!((&ids["trace_id"], &ids["span_id"]), (&TRACE.into(), &hex(&request.span_id).into()), "{log}");
    }
}
