//! Messages to other systems, through a receiver that answers as a test wants.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use pointsman_connect::{Headers, Secret, Target, Webhook, signature};
use pointsman_domain::Instant;
use pointsman_server::{
    ServeConfig,
    deliver::{self, Outlet, Sink},
};
use pointsman_store::load::Cell;
use serde_json::Value;

use crate::world::{Door, documents};

/// What a receiver says to a message: a status.
type Answers = Arc<dyn Fn(&Value) -> u16 + Send + Sync>;

/// A receiver on this machine.
pub struct Receiver {
    pub url: String,
    /// Everything that came, with the status it was answered.
    got: Arc<Mutex<Vec<(Got, u16)>>>,
    answers: Arc<Mutex<Answers>>,
}

#[derive(Debug, Clone)]
pub struct Got {
    id: String,
    timestamp: String,
    signature: String,
    pub traceparent: Option<String>,
    text: String,
    pub body: Value,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/in?token=secret", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let answers: Arc<Mutex<Answers>> = Arc::new(Mutex::new(Arc::new(|_| 204)));
        let (kept, says) = (Arc::clone(&got), Arc::clone(&answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, says) = (Arc::clone(&kept), Arc::clone(&says));
                std::thread::spawn(move || {
                    let mut stream = BufReader::new(stream.unwrap());
                    while let Some(message) = read(&mut stream) {
                        let answer = Arc::clone(&*says.lock().unwrap());
                        let status = answer(&message.body);
                        kept.lock().unwrap().push((message, status));
                        let text = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 2\r\n\r\nok");
                        if stream.get_mut().write_all(text.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, got, answers }
    }

    pub fn answer(&self, answers: impl Fn(&Value) -> u16 + Send + Sync + 'static) {
        *self.answers.lock().unwrap() = Arc::new(answers);
    }

    pub fn got(&self) -> Vec<(Got, u16)> {
        self.got.lock().unwrap().clone()
    }

    /// Bodies of what was taken, in the order in which they came.
    fn taken(&self) -> Vec<Value> {
        self.got().into_iter().filter(|(_, status)| *status < 300).map(|(got, _)| got.body).collect()
    }
}

fn read(stream: &mut BufReader<std::net::TcpStream>) -> Option<Got> {
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
    assert!(line.starts_with("POST /in?token=secret HTTP/1.1"), "{line}");
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        match line.trim().split_once(": ") {
            Some((name, value)) => drop(headers.insert(name.to_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).ok()?;
    let text = String::from_utf8(body).unwrap();
    let header = |name: &str| headers[name].clone();
    Some(Got {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        traceparent: headers.get("traceparent").cloned(),
        body: serde_json::from_str(&text).unwrap(),
        text,
    })
}

fn secret() -> Secret {
    Secret::parse(&Secret::text_of(&[9; 32])).unwrap()
}

pub fn sink(url: &str, attempts: u32, events: &[&str]) -> Arc<Sink> {
    let webhook = Webhook::new(Target::parse(url).unwrap(), vec![secret()], None, Duration::from_secs(5)).unwrap();
    let events = events.iter().map(|event| event.parse().unwrap()).collect();
    Arc::new(Sink { name: "crm".into(), outlet: Outlet::Webhook(webhook), events, attempts })
}

pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = pointsman_store::stopwatch::start();
    while !done() {
        assert!(started.elapsed().as_secs() < 30, "it never happened: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A door that tells a receiver, under a clock that the test moves.
pub fn open(
    folder: Arc<tempfile::TempDir>,
    clock: &Arc<AtomicI64>,
    sink: &Arc<Sink>,
) -> (Door, tokio::task::JoinSet<()>) {
    let door = Door::open_at(folder, clock, |config: &mut ServeConfig| {
        config.documents = Some(documents(50));
        config.sinks = vec![Arc::clone(sink)];
    });
    begin(door, clock)
}

pub fn begin(door: Door, clock: &AtomicI64) -> (Door, tokio::task::JoinSet<()>) {
    let within = door.runtime.enter();
    let tasks = deliver::start(&door.state);
    drop(within);
    // From now on everything is told.
    wait_until("the sink begins", || {
        clock.fetch_add(100_000, Ordering::Relaxed);
        !door.get("/v1/deliveries").json()["sinks"].as_array().unwrap().is_empty()
    });
    (door, tasks)
}

pub fn folder() -> Arc<tempfile::TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

pub fn clock() -> Arc<AtomicI64> {
    Arc::new(AtomicI64::new(1_772_438_400_000_000))
}

fn crm(door: &Door) -> Value {
    door.get("/v1/deliveries").json()["sinks"][0].clone()
}

#[test]
fn everything_that_happens_is_told_once_signed_and_in_order() {
    let (receiver, clock) = (Receiver::start(), clock());
    let sink = sink(&receiver.url, 16, &[]);
    let (door, tasks) = open(folder(), &clock, &sink);
    let leads: Vec<String> = (0..40)
        .map(|n| door.lead(["DE", "CH"][n % 2], &format!("p{n}"))["lead"].as_str().unwrap().to_owned())
        .collect();
    for lead in leads.iter().step_by(2) {
        let body = format!(r#"{{"lead":"{lead}","stage":"won","value":{{"minor_units":500}}}}"#);
        assert_eq!(door.post("/v1/outcomes", &body).status.as_u16(), 200);
    }
    wait_until("all of it arrives", || receiver.taken().len() >= 60);
    let got = receiver.got();
    let mut ids = std::collections::BTreeSet::new();
    for (message, _) in &got {
        let headers = Headers { id: &message.id, timestamp: &message.timestamp, signature: &message.signature };
        let at = Instant::from_unix_micros(message.timestamp.parse::<i64>().unwrap() * 1_000_000);
        assert_eq!(signature::verify(&[secret()], headers, message.text.as_bytes(), at), Ok(()));
        assert!(ids.insert(message.id.clone()), "told twice: {}", message.id);
        assert!(!message.text.contains("example.com"), "nothing personal: {}", message.text);
    }
    for (n, lead) in leads.iter().enumerate() {
        let of_lead: Vec<_> = receiver.taken().into_iter().filter(|body| body["lead"]["id"] == **lead).collect();
        let events: Vec<_> = of_lead.iter().map(|body| body["event"].as_str().unwrap()).collect();
        let expected: &[&str] = if n % 2 == 0 { &["lead.owned", "lead.staged"] } else { &["lead.parked"] };
        assert_eq!(events, expected, "{of_lead:?}");
        assert_eq!((&of_lead[0]["lead"]["source"], &of_lead[0]["policy"]), (&"website".into(), &"main".into()));
    }
    assert_eq!(receiver.taken().iter().filter(|body| body["value"]["minor_units"] == 500).count(), 20);
    wait_until("it is counted", || crm(&door)["delivered"] == 60);
    let metrics = door.get("/metrics").text;
    assert!(metrics.contains("pointsman_deliveries_total{sink=\"crm\",result=\"arrived\"} 60"), "{metrics}");
    assert!(metrics.contains("pointsman_deliveries_lag_seconds{sink=\"crm\"} 0"), "{metrics}");
    // The clock from the decision to the message that arrived; parked leads are nobody's to be told.
    let notified = door.get("/v1/kpis/clock-notified").json()["detail"]["figure"]["now"].clone();
    assert_eq!((&notified["n"], notified["pending"].as_u64()), (&40.into(), Some(20)), "{notified}");
    let row = |lead: &str| {
        let rows = crate::kpis::rows_of(&door, "lead");
        let place = |name: &str| pointsman_store::view::View::find("lead").unwrap().column(name).unwrap();
        let wanted = Cell::Text(Some(lead.to_owned().into()));
        let row = rows.into_iter().find(|row| row[place("lead_id")] == wanted).unwrap();
        ["decided_at", "notified_at"].map(|name| row[place(name)].clone())
    };
    let [decided, told] = row(&leads[0]);
    assert!(matches!((decided, told), (Cell::Int(Some(decided)), Cell::Int(Some(told))) if told >= decided));
    assert_eq!(row(&leads[1])[1], Cell::Int(None));
    let page = door.get("/connections").text;
    assert!(page.contains("Everything that happened was told.") && !page.contains("token=secret"), "{page}");
    drop(tasks);
    door.stop();
}

/// Whoever is asked gets the link to answer with the message.
#[test]
fn an_offer_is_told_with_its_link_and_what_became_of_it() {
    let (receiver, clock) = (Receiver::start(), clock());
    let sink = sink(&receiver.url, 16, &[]);
    let door = Door::open_at(folder(), &clock, |config: &mut ServeConfig| {
        config.documents = Some(crate::world::asking(50));
        config.sinks = vec![Arc::clone(&sink)];
        config.public_url = Some("https://leads.example".into());
    });
    let (door, tasks) = begin(door, &clock);
    door.lead("IT", "p1");
    wait_until("it is told", || !receiver.taken().is_empty());
    let told = receiver.taken().remove(0);
    assert_eq!((&told["event"], &told["owner"]), (&"lead.offered".into(), &"ada".into()));
    let link = told["respond"].as_str().unwrap().strip_prefix("https://leads.example").unwrap();
    let form = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(door.call("POST", link, &[form], "answer=declined&reason=no").status.as_u16(), 303);
    wait_until("so is the answer, and where it went", || receiver.taken().len() == 3);
    let told = receiver.taken();
    assert_eq!(
        (&told[1]["event"], &told[1]["rep"], &told[1]["reason"]),
        (&"lead.declined".into(), &"ada".into(), &"no".into())
    );
    assert_eq!((&told[2]["event"], &told[2]["owner"]), (&"lead.offered".into(), &"bo".into()));
    drop(tasks);
    door.stop();
}

#[test]
fn a_refused_message_holds_its_lead_is_tried_again_and_given_up() {
    let (receiver, clock) = (Receiver::start(), clock());
    let sink = sink(&receiver.url, 3, &["lead.owned", "lead.staged"]);
    let (door, tasks) = open(folder(), &clock, &sink);
    receiver
        .answer(|body| if body["event"] == "lead.owned" && body["lead"]["external_id"] == "bad" { 422 } else { 200 });
    let body = r#"{"source":"website","external_id":"bad","attributes":{"country":"DE"}}"#;
    let bad = door.post("/v1/leads", body).str("/lead");
    let staged = format!(r#"{{"lead":"{bad}","stage":"contacted"}}"#);
    assert_eq!(door.post("/v1/outcomes", &staged).status.as_u16(), 200);
    let good = door.lead("DE", "p1")["lead"].clone();
    door.lead("CH", "p2");
    wait_until("another lead is not held up", || receiver.taken().iter().any(|body| body["lead"]["id"] == good));
    let listed = |state: &str| door.get(&format!("/v1/deliveries?state={state}")).json()["deliveries"].clone();
    wait_until("both wait", || listed("waiting").as_array().unwrap().len() == 2);
    assert!(receiver.taken().iter().all(|body| body["lead"]["id"] != *bad), "the second would be before the first");
    assert!(receiver.taken().iter().all(|body| body["event"] != "lead.parked"), "it was not asked for");
    let tries = || receiver.got().into_iter().filter(|(got, status)| *status == 422 && got.body["lead"]["id"] == *bad);
    for so_far in 1..=3 {
        wait_until("it is tried", || {
            if tries().count() < so_far {
                clock.fetch_add(3_000_000, Ordering::Relaxed);
            }
            tries().count() >= so_far
        });
    }
    // Given up, it does not hold the lead any more.
    wait_until("the second follows", || {
        clock.fetch_add(500_000, Ordering::Relaxed);
        receiver.taken().iter().any(|body| body["lead"]["id"] == *bad && body["event"] == "lead.staged")
    });
    let dead = listed("dead");
    assert_eq!((dead[0]["attempts"].as_u64(), dead[0]["error"].as_str()), (Some(3), Some("the receiver answered 422")));
    assert_eq!(tries().count(), 3, "three attempts are three");
    assert!(tries().map(|(got, _)| got.id).collect::<std::collections::BTreeSet<_>>().len() == 1, "one id");
    assert!(door.get("/metrics").text.contains("pointsman_deliveries_dead{sink=\"crm\"} 1"));
    let id = dead[0]["id"].as_str().unwrap();
    assert!(door.get("/connections").text.contains(&format!("/connections/{id}/retry")));
    // A person puts it right.
    receiver.answer(|_| 200);
    let again = door.call("POST", &format!("/connections/{id}/retry"), &[], "");
    assert_eq!(again.status.as_u16(), 303, "{}", again.text);
    wait_until("it arrives", || {
        clock.fetch_add(500_000, Ordering::Relaxed);
        listed("dead").as_array().unwrap().is_empty() && listed("waiting").as_array().unwrap().is_empty()
    });
    assert_eq!(door.post(&format!("/v1/deliveries/{id}/retry"), "").str("/type"), "/docs#not-found");
    for wrong in ["crm", "crm.x", ".1", "crm.-1", "crm.99999999999999999999", "c%20rm.1"] {
        assert_eq!(door.post(&format!("/v1/deliveries/{wrong}/retry"), "").status.as_u16(), 400, "{wrong}");
    }
    drop(tasks);
    door.stop();
}

#[test]
fn an_outage_costs_few_rows_and_loses_nothing() {
    let (receiver, clock) = (Receiver::start(), clock());
    let sink = sink(&receiver.url, 16, &[]);
    let (door, tasks) = open(folder(), &clock, &sink);
    receiver.answer(|_| 503);
    for n in 0..100 {
        door.lead("DE", &format!("p{n}"));
    }
    wait_until("some are tried", || receiver.got().len() >= 3);
    // Two minutes of the outage.
    for _ in 0..120 {
        clock.fetch_add(1_000_000, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(5));
    }
    let standing = crm(&door);
    assert!(standing["waiting"].as_u64().unwrap() <= 20, "{standing}");
    assert!(standing["lag_seconds"].as_f64().unwrap() > 60.0 && standing["error"].as_str().unwrap().contains("503"));
    receiver.answer(|_| 200);
    wait_until("all of it arrives", || {
        clock.fetch_add(1_000_000, Ordering::Relaxed);
        let leads: std::collections::BTreeSet<_> =
            receiver.taken().iter().map(|body| body["lead"]["id"].to_string()).collect();
        leads.len() == 100
    });
    let ids: Vec<_> = receiver.got().into_iter().filter(|(_, status)| *status == 200).map(|(got, _)| got.id).collect();
    assert_eq!(ids.len(), ids.iter().collect::<std::collections::BTreeSet<_>>().len(), "each arrives once");
    wait_until("nothing is left", || crm(&door)["waiting"] == 0 && crm(&door)["error"].is_null());
    drop(tasks);
    door.stop();
}

/// Two processes on one store, one of which dies with the lease.
#[test]
fn another_process_goes_on_where_one_died() {
    let (receiver, clock) = (Receiver::start(), clock());
    let sink = sink(&receiver.url, 16, &[]);
    let (first, dying) = open(folder(), &clock, &sink);
    first.lead("DE", "p0");
    wait_until("the first delivers", || receiver.taken().len() == 1);
    wait_until("and knows it", || crm(&first)["delivered"] == 1);
    let second = Door::open_at(Arc::clone(&first.folder), &clock, |config| config.sinks = vec![Arc::clone(&sink)]);
    let within = second.runtime.enter();
    let tasks = deliver::start(&second.state);
    drop(within);
    for n in 1..20 {
        first.lead("DE", &format!("p{n}"));
        clock.fetch_add(100_000, Ordering::Relaxed);
    }
    wait_until("one of them delivers", || receiver.got().len() == 20);
    // It dies without a word: the other one waits for the end of its lease.
    drop(dying);
    first.state.stop();
    second.lead("DE", "p20");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(receiver.got().len(), 20, "the lease is not over");
    wait_until("the other goes on", || {
        clock.fetch_add(5_000_000, Ordering::Relaxed);
        receiver.got().len() == 21
    });
    let ids: std::collections::BTreeSet<_> = receiver.got().into_iter().map(|(got, _)| got.id).collect();
    assert_eq!(ids.len(), 21, "each once");
    drop(tasks);
    second.stop();
}
