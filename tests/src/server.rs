//! A running `pointsman serve`, and a client of a few lines.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::binary;

/// Killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

impl Server {
    /// Serves a workspace on a free port and waits until it says where.
    pub fn start(workspace: &Path) -> Self {
        let child = Command::new(binary::path())
            .args(["serve", "--listen", "127.0.0.1:0", "--workspace"])
            .arg(workspace)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        // Whatever happens from here on, dropping it ends the process.
        let mut server = Self { child, address: String::new() };
        let stderr = BufReader::new(server.child.stderr.take().expect("stderr is piped"));
        let mut said = Vec::new();
        let mut lines = stderr.lines();
        for line in lines.by_ref() {
            let line = line.expect("stderr is UTF-8");
            if let Some(rest) = line.split("http://").nth(1) {
                server.address = rest.split_whitespace().next().expect("an address").to_owned();
                // Dropping `lines` closes the server's stderr, which it must survive.
                return server;
            }
            said.push(line);
        }
        panic!("the server did not start: {}", said.join("\n"));
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The power is cut: nothing is finished, nothing is said.
    pub fn kill(mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server ends");
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send("POST", path, headers, body)
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        // As curl does: who sends much asks first, and a server that refuses needs none of it.
        if body.len() > 1 << 20 {
            request.push_str("expect: 100-continue\r\n\r\n");
        } else {
            request.push_str("\r\n");
            request.push_str(body);
        }
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("the answer is UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            unchunk(body)
        } else {
            body.to_owned()
        };
        Answer { status, headers: head.to_ascii_lowercase(), body }
    }
}

/// A connection that stays open, for one request after the other.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Client {
    pub fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), host: address.to_owned() })
    }

    /// Status and body of the answer; an error when the server went away before all of it was here.
    pub fn post(&mut self, path: &str, key: Option<&str>, body: &str) -> io::Result<(u16, String)> {
        self.post_over(path, key, None, body)
    }

    /// The same, if what the body speaks of is still as it was `seen`.
    pub fn post_over(
        &mut self,
        path: &str,
        key: Option<&str>,
        seen: Option<&str>,
        body: &str,
    ) -> io::Result<(u16, String)> {
        let key = key.map_or_else(String::new, |key| format!("idempotency-key: {key}\r\n"));
        let seen = seen.map_or_else(String::new, |seen| format!("if-match: \"{seen}\"\r\n"));
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n{key}{seen}content-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let mut line = String::new();
        self.head_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| broken("no status"))?;
        let mut length = 0;
        loop {
            self.head_line(&mut line)?;
            match line.trim_end().split_once(':') {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(|_| broken("no length"))?;
                }
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        String::from_utf8(body).map(|body| (status, body)).map_err(|_| broken("not UTF-8"))
    }

    fn head_line(&mut self, line: &mut String) -> io::Result<()> {
        line.clear();
        match self.stream.read_line(line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}

fn unchunk(body: &str) -> String {
    let mut whole = String::new();
    let mut rest = body;
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        if size == 0 {
            break;
        }
        whole.push_str(&after[..size]);
        rest = after.get(size + 2..).unwrap_or("");
    }
    whole
}
