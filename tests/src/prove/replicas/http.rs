//! One connection that is kept, asked by a client who does not wait for ever.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// A request. Only such as may be asked again: reads, and what carries a key.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    /// Lines of the head, each with its end.
    pub headers: String,
    pub body: String,
}

/// To one server.
#[derive(Debug)]
pub struct Line {
    port: u16,
    stream: Option<BufReader<TcpStream>>,
}

impl Line {
    pub fn new(port: u16) -> Self {
        Self { port, stream: None }
    }

    /// `None`: no answer came, and whether it was done nobody knows.
    pub fn ask(&mut self, request: &Request, patience: Duration) -> Option<Answer> {
        let answer = self.try_ask(request, patience).ok();
        if answer.is_none() {
            self.stream = None;
        }
        answer
    }

    fn try_ask(&mut self, request: &Request, patience: Duration) -> std::io::Result<Answer> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(("127.0.0.1", self.port))?;
                stream.set_nodelay(true)?;
                self.stream.insert(BufReader::new(stream))
            }
        };
        stream.get_ref().set_read_timeout(Some(patience))?;
        let Request { method, path, headers, body } = request;
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream.get_mut().write_all(text.as_bytes())?;
        let ended = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(ended)?;
        let mut length = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Err(ended());
            }
            let head = line.trim_end().to_ascii_lowercase();
            if head.is_empty() {
                break;
            }
            if let Some(bytes) = head.strip_prefix("content-length:") {
                length = bytes.trim().parse().map_err(|_| ended())?;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}
