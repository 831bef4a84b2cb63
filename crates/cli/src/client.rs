//! A few calls to the workspace's own running server: HTTP/1.1 over one plain connection a call,
//! which needs no library.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;

/// A server at `http://HOST:PORT`; the key is that of `POINTSMAN_API_KEY`.
#[derive(Debug, Clone)]
pub struct Client {
    host: String,
    key: Option<String>,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Client {
    #[expect(clippy::disallowed_methods, reason = "the command line is an edge: secrets come from its environment")]
    pub fn new(address: &str) -> anyhow::Result<Self> {
        let Some(host) = address.strip_prefix("http://") else {
            bail!("the running server says it listens at '{address}', which is no http://HOST:PORT")
        };
        let key = std::env::var("POINTSMAN_API_KEY").ok().filter(|key| !key.is_empty());
        Ok(Self { host: host.trim_end_matches('/').to_owned(), key })
    }

    /// Sends JSON and reads JSON; an answer that is no success is an error with its detail.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> anyhow::Result<Value> {
        let (status, answer) =
            self.call(path, headers, &body.to_string()).with_context(|| format!("http://{}", self.host))?;
        match status {
            200..300 => Ok(answer),
            _ => bail!("{status}: {}", answer["detail"].as_str().unwrap_or("no detail")),
        }
    }

    fn call(&self, path: &str, headers: &[(&str, &str)], body: &str) -> anyhow::Result<(u16, Value)> {
        let mut stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            self.host,
            body.len()
        );
        let key = self.key.as_ref().map(|key| ("authorization", format!("Bearer {key}")));
        let own = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        for (name, value) in own.chain(key) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        parse(&answer)
    }
}

/// Status and body; a body in chunks is joined.
fn parse(answer: &[u8]) -> anyhow::Result<(u16, Value)> {
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").context("no answer of HTTP")?;
    let head = String::from_utf8_lossy(&answer[..split]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status of HTTP")?;
    let body = &answer[split + 4..];
    let joined = if head.contains("transfer-encoding: chunked") { chunks(body)? } else { body.to_vec() };
    Ok((status, serde_json::from_slice(&joined).unwrap_or(Value::Null)))
}

fn chunks(mut body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut joined = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n").context("a chunk has no length")?;
        let text = std::str::from_utf8(&body[..end])?;
        let length = usize::from_str_radix(text.split(';').next().unwrap_or_default().trim(), 16)?;
        let rest = &body[end + 2..];
        if length == 0 {
            return Ok(joined);
        }
        joined.extend(rest.get(..length).context("a chunk is cut")?);
        body = rest.get(length + 2..).context("a chunk is cut")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_whole_and_in_chunks() {
        let plain = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"a\": 1}";
        assert_eq!(parse(plain).expect("fits"), (200, serde_json::json!({ "a": 1 })));
        let chunked = b"HTTP/1.1 412 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n4\r\n: 1}\r\n0\r\n\r\n";
        assert_eq!(parse(chunked).expect("fits"), (412, serde_json::json!({ "a": 1 })));
        assert!(parse(b"nonsense").is_err());
        assert!(chunks(b"5\r\nab\r\n").is_err());
    }
}
