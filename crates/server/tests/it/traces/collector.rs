//! A collector on this machine that takes, refuses or hangs, as a test wants.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, atomic::AtomicBool, atomic::Ordering},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::KeyValue, common::v1::any_value::Value,
    trace::v1::Span,
};
use pointsman_connect::{Peer, Target};
use pointsman_server::traces::TraceConfig;
use prost::Message;

use crate::deliveries::wait_until;

/// What it does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Takes,
    Answers(u16),
    Hangs,
}

/// Everything that came: whole messages with their heads, and the spans in those that were taken.
#[derive(Debug, Default)]
struct Heard {
    bytes: Vec<u8>,
    spans: Vec<Span>,
    resource: Vec<KeyValue>,
    messages: usize,
}

pub struct Collector {
    pub address: String,
    heard: Arc<Mutex<Heard>>,
    mood: Arc<Mutex<Mood>>,
    /// Where those wait whom it lets hang, until the test is over.
    over: Arc<AtomicBool>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

impl Collector {
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (heard, mood) = (Arc::<Mutex<Heard>>::default(), Arc::new(Mutex::new(mood)));
        let over = Arc::new(AtomicBool::new(false));
        let collector = Self { address, heard: Arc::clone(&heard), mood: Arc::clone(&mood), over: Arc::clone(&over) };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (heard, mood, over) = (Arc::clone(&heard), Arc::clone(&mood), Arc::clone(&over));
                std::thread::spawn(move || serve(BufReader::new(stream.unwrap()), &heard, &mood, &over));
            }
        });
        collector
    }

    pub fn config(&self) -> TraceConfig {
        TraceConfig {
            peer: Arc::new(
                Peer::new(Target::parse_plain(&format!("{}/v1/traces", self.address)).unwrap(), None).unwrap(),
            ),
            headers: pointsman_server::traces::config::headers("x-collector=a-secret-of-the-collector").unwrap(),
            ratio: 1.0,
            service: "router".into(),
            patience: Duration::from_secs(30),
            grace: Duration::from_millis(500),
        }
    }

    pub fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn spans(&self) -> Vec<Span> {
        self.heard.lock().unwrap().spans.clone()
    }

    pub fn resource(&self) -> Vec<KeyValue> {
        self.heard.lock().unwrap().resource.clone()
    }

    pub fn messages(&self) -> usize {
        self.heard.lock().unwrap().messages
    }

    /// Whether these bytes came, whatever they belong to.
    pub fn heard(&self, text: &str) -> bool {
        let heard = self.heard.lock().unwrap();
        heard.bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
    }

    /// Waits for the first span that is like this.
    pub fn span(&self, what: &str, like: impl Fn(&Span) -> bool) -> Span {
        let mut found = None;
        wait_until(what, || {
            found = self.spans().into_iter().find(&like);
            found.is_some()
        });
        found.unwrap()
    }

    pub fn children(&self, of: &Span) -> Vec<Span> {
        self.spans().into_iter().filter(|span| span.parent_span_id == of.span_id).collect()
    }
}

fn serve(mut stream: BufReader<TcpStream>, heard: &Mutex<Heard>, mood: &Mutex<Mood>, over: &AtomicBool) {
    while let Some((head, body)) = read(&mut stream) {
        let now = *mood.lock().unwrap();
        {
            let mut heard = heard.lock().unwrap();
            heard.bytes.extend_from_slice(head.as_bytes());
            heard.bytes.extend_from_slice(&body);
            heard.messages += 1;
        }
        let status = match now {
            Mood::Takes => {
                assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
                assert!(head.to_lowercase().contains("content-type: application/x-protobuf"), "{head}");
                let told = ExportTraceServiceRequest::decode(&body[..]).unwrap();
                let mut heard = heard.lock().unwrap();
                for of_resource in told.resource_spans {
                    heard.resource = of_resource.resource.unwrap().attributes;
                    heard.spans.extend(of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
                }
                200
            }
            Mood::Answers(status) => status,
            Mood::Hangs => {
                while !over.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(20));
                }
                return;
            }
        };
        let answer = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n\r\n");
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        stream.read_line(&mut head).ok().filter(|read| *read > 0)?;
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// An attribute as text.
pub fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    Some(match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(flag) => flag.to_string(),
        other => format!("{other:?}"),
    })
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
