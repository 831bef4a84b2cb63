//! The server as a process: what it logs, how it ends, what it refuses.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::JoinHandle,
};

use crate::world::Door;
use serde_json::Value;

const SETTINGS: &str = "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'main'\n";

/// A workspace whose store was filled before.
pub fn workspace() -> Arc<tempfile::TempDir> {
    let folder = Door::open(50).stop();
    fs::write(folder.path().join("pointsman.toml"), SETTINGS).unwrap();
    folder
}

fn daemon(folder: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pointsmand"));
    command.arg(folder).env("POINTSMAN_SERVER_LISTEN", "127.0.0.1:0").stderr(Stdio::piped());
    command.envs(environment.iter().copied());
    command
}

pub struct Running {
    child: Child,
    address: String,
    stderr: JoinHandle<String>,
}

pub fn start(folder: &Path, environment: &[(&str, &str)]) -> Running {
    let mut child = daemon(folder, environment).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    let address = loop {
        let mut line = String::new();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it did not start: {text}");
        text.push_str(&line);
        if let Some((_, rest)) = line.split_once(" at http://") {
            break rest.split_whitespace().next().unwrap().to_owned();
        }
    };
    let stderr = std::thread::spawn(move || {
        let _end = stderr.read_to_string(&mut text);
        text
    });
    Running { child, address, stderr }
}

impl Running {
    pub fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// SIGTERM; gives the exit code and all that was said.
    pub fn end(mut self) -> (Option<i32>, String) {
        let kill = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap();
        assert!(kill.success());
        (self.child.wait().unwrap().code(), self.stderr.join().unwrap())
    }
}

#[test]
fn logs_name_requests_and_decisions_and_nobody() {
    let folder = workspace();
    let key = "a-key-of-the-environment-1234";
    let keys = format!("crm:{key}");
    let server = start(folder.path(), &[("POINTSMAN_LOG", "info"), ("POINTSMAN_API_KEYS", &keys)]);
    let auth =
        format!("authorization: Bearer {key}\r\nx-request-id: request-77\r\nidempotency-key: secret-token-9\r\n");
    let body = r#"{"source":"website","external_id":"form-4711","attributes":{"country":"DE","age":44},
        "contact":{"name":"Zebulon Quark","email":"zebulon@quark.example","phone":"030 1234567"},"account":{"name":"Quarkwerk GmbH"}}"#;
    let answer = server.send("POST", "/v1/leads", &auth, body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let decided: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let (lead, decision) = (decided["lead"].as_str().unwrap(), decided["decision"].as_str().unwrap());
    server.send("GET", &format!("/v1/leads/{lead}?x=zebulon@quark.example"), &auth, "");
    server.send(
        "POST",
        "/v1/leads",
        &auth,
        r#"{"source":"zebulon@quark.example","contact":{"email":"zebulon at quark"}}"#,
    );
    server.send(
        "POST",
        "/v1/outcomes",
        &auth,
        r#"{"source":"website","external_id":"form-4711","stage":"lost","reason":"Zebulon moved"}"#,
    );
    server.send("GET", "/zebulon", "", "");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    let lines: Vec<Value> =
        log.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |text: &str| lines.iter().find(|line| line["fields"]["message"] == text).unwrap();
    assert_eq!(said("request")["fields"]["request_id"], "request-77");
    assert_eq!(
        (&said("request")["fields"]["route"], &said("request")["fields"]["status"]),
        (&"/v1/leads".into(), &200.into())
    );
    assert_eq!(
        (&said("decided")["fields"]["decision_id"], &said("decided")["span"]["request_id"]),
        (&decision.into(), &"request-77".into())
    );
    for personal in ["ebulon", "uark", "1234567", "form-4711", "secret-token", key, "moved", "44,", "SELECT"] {
        assert!(!log.contains(personal), "'{personal}' is in the log: {log}");
    }
    assert!(lines.len() >= 6, "{log}");
}

#[test]
fn it_ends_in_good_order_and_forgets_nothing() {
    let folder = workspace();
    let server = start(folder.path(), &[]);
    let body = crate::world::lead_body("DE", "p1");
    assert!(server.send("POST", "/v1/leads", "", &body).starts_with("HTTP/1.1 200"));
    // A request is on its way when the end is asked for.
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let second = crate::world::lead_body("DE", "p2");
    let (first, rest) = second.split_at(30);
    let head = format!(
        "POST /v1/leads HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{first}",
        second.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert!(server.send("GET", "/readyz", "", "").contains("\"ready\""));
    let address = server.address.clone();
    let ending = std::thread::spawn(move || server.end());
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (code, said) = ending.join().unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("files  "), "it says how many files it may open: {said}");
    let again = start(folder.path(), &[]);
    assert!(again.send("GET", "/v1/leads", "", "").matches("\"custody\":\"owned\"").count() == 2);
    again.end();
}

#[test]
fn what_is_wrong_is_said_at_once_and_nothing_is_served() {
    let refused = |folder: &Path, environment: &[(&str, &str)]| {
        let output = daemon(folder, environment).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let folder = workspace();
    let open = refused(folder.path(), &[("POINTSMAN_SERVER_LISTEN", "0.0.0.0:0")]);
    assert!(open.contains("without an API key") && open.contains("pointsman keys new"), "{open}");
    let wrong = [
        ("POINTSMAN_SERVER_LISTEN", "here"),
        ("POINTSMAN_SERVER_RATE", "many"),
        ("POINTSMAN_TRACES_ENDPOINT", "collector:4318"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
    ];
    let wrong = refused(folder.path(), &wrong);
    assert!(wrong.contains("server.listen is \"here\"") && wrong.contains("POINTSMAN_SERVER_RATE is no"), "{wrong}");
    assert!(
        wrong.contains("traces.endpoint is no address") && wrong.contains("OTEL_TRACES_SAMPLER_ARG is no"),
        "{wrong}"
    );
    let short = refused(folder.path(), &[("POINTSMAN_API_KEYS", "crm:short")]);
    assert!(short.contains("at least 24 characters") && !short.contains("short\n"), "{short}");
    let nowhere = refused(Path::new("/nowhere"), &[]);
    assert!(nowhere.contains("'/nowhere' is no workspace"), "{nowhere}");
}
