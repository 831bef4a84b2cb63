//! Clients that mean ill, or are merely broken: the server stays up and answers others.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use crate::world::Door;
use pointsman_server::{
    app,
    listen::{Connections, listen},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

struct Listening {
    door: Door,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn listening(limits: Connections) -> Listening {
    let door = Door::open(50);
    let (stop, stopped) = oneshot::channel::<()>();
    let app = app(Arc::clone(&door.state));
    let listener = door.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let task = door.runtime.spawn(async move {
        listen(listener, app, limits, async {
            let _asked = stopped.await;
        })
        .await;
    });
    Listening { door, address, stop, task }
}

impl Listening {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends bytes on a connection of its own and reads until the server closes it.
    fn say(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // A server that has seen enough may close before it has all of it.
        let _sent = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _closed = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn lead(&self, person: &str) -> String {
        let body = crate::world::lead_body("DE", person);
        self.say(&post(&body, body.len(), "close"))
    }

    fn end(self) {
        self.stop.send(()).unwrap();
        self.door.runtime.block_on(self.task).unwrap();
        self.door.stop();
    }
}

fn post(body: &str, length: usize, connection: &str) -> Vec<u8> {
    format!(
        "POST /v1/leads HTTP/1.1\r\nhost: localhost\r\nconnection: {connection}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[test]
fn others_are_answered_beside_slow_silent_and_broken_clients() {
    let server = listening(Connections { head_within: Duration::from_millis(700), ..Connections::default() });
    let mut silent: Vec<TcpStream> = (0..200).map(|_| server.connect()).collect();
    let mut slow: Vec<TcpStream> = (0..50).map(|_| server.connect()).collect();
    slow.iter_mut().for_each(|stream| stream.write_all(b"POST /v1/leads HTTP/1.1\r\nhost: lo").unwrap());
    assert!(server.lead("p1").starts_with("HTTP/1.1 200"));
    // Nonsense is told so, or the connection is closed; nothing panics.
    let long_head = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(1 << 20));
    let many_heads = format!("GET / HTTP/1.1\r\n{}\r\n", "x-a: b\r\n".repeat(5000));
    for nonsense in [
        &b"\x00\x01\x02\x03\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://[::bad HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"POST /v1/leads HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/leads HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        long_head.as_bytes(),
        many_heads.as_bytes(),
    ] {
        let answer = server.say(nonsense);
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(refused, "{} → {answer}", String::from_utf8_lossy(&nonsense[..40.min(nonsense.len())]));
    }
    // Too much is refused before it is all here.
    let huge = server.say(&post(&"x".repeat(1 << 16), 1 << 30, "close"));
    assert!(huge.starts_with("HTTP/1.1 413"), "{}", &huge[..60.min(huge.len())]);
    for body in ["[".repeat(100_000), "{\"a\":".repeat(50_000), "\u{0}".repeat(1000)] {
        let answer = server.say(&post(&body, body.len(), "close"));
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    // Whoever says nothing is let go, and so is whoever does not come to the point.
    for stream in silent.iter_mut().chain(&mut slow).take(5).chain([]) {
        let mut rest = Vec::new();
        let _closed = stream.read_to_end(&mut rest);
    }
    let mut rest = Vec::new();
    let _closed = slow[0].read_to_end(&mut rest);
    let told = String::from_utf8_lossy(&rest);
    assert!(rest.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    assert!(server.lead("p2").starts_with("HTTP/1.1 200"));
    server.end();
}

#[test]
fn at_the_most_connections_the_next_one_waits_for_a_place() {
    let limits = Connections { most: 8, head_within: Duration::from_millis(500), ..Connections::default() };
    let server = listening(limits);
    let idle: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    assert!(server.lead("p1").starts_with("HTTP/1.1 200"), "answered when one that is silent was let go");
    drop(idle);
    server.end();
}

#[test]
fn what_was_begun_is_finished_when_the_server_ends() {
    let server = listening(Connections::default());
    let body = crate::world::lead_body("DE", "p1");
    let (first, rest) = body.split_at(20);
    let mut stream = server.connect();
    stream.write_all(&post(first, body.len(), "keep-alive")).unwrap();
    let idle = server.connect();
    // An answered request on another connection shows that ours was taken before the end came.
    assert!(server.lead("p2").starts_with("HTTP/1.1 200"));
    server.stop.send(()).unwrap();
    // Nobody new is let in.
    while TcpStream::connect(server.address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"state\":\"owned\""), "{answer}");
    server.door.runtime.block_on(server.task).unwrap();
    drop(idle);
    let folder = server.door.stop();
    let door = Door::open_in(folder, 50, |config| config.documents = None);
    assert_eq!(door.get("/v1/leads").json()["leads"].as_array().unwrap().len(), 2, "both are on disk");
    door.stop();
}
