//! What sending traces needs to be told, resolved and checked.

use std::{fmt, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use pointsman_connect::Peer;

/// Where spans go, and which.
#[derive(Clone)]
pub struct TraceConfig {
    pub peer: Arc<Peer>,
    /// What the collector asks for, besides what the protocol needs: usually a key.
    pub headers: HeaderMap,
    /// Of the traces that begin here, this share is recorded, from 0 to 1. Whoever calls with a
    /// trace of their own has decided.
    pub ratio: f64,
    /// What this server is called among the traced ones.
    pub service: String,
    /// A collector that takes longer did not take the spans.
    pub patience: Duration,
    /// What is left when the server ends has so long to leave.
    pub grace: Duration,
}

/// The usual time for what is left.
pub const GRACE: Duration = Duration::from_secs(5);

impl fmt::Debug for TraceConfig {
    /// Headers by name only: their values are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("TraceConfig")
            .field("target", self.peer.target())
            .field("headers", &headers)
            .field("ratio", &self.ratio)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// `NAME=VALUE`, several with commas or lines between them, what is no plain character of a value
/// as `%XX` (as `OTEL_EXPORTER_OTLP_HEADERS` has it). What is wrong is told by its place: values
/// are secrets.
pub fn headers(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let parts = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
    for (at, part) in parts.enumerate() {
        let header =
            header(part).ok_or_else(|| format!("holds something at place {} that is not NAME=VALUE", at + 1))?;
        headers.insert(header.0, header.1);
    }
    Ok(headers)
}

fn header(part: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = part.split_once('=')?;
    let name = name.trim().parse().ok()?;
    let mut value = HeaderValue::from_bytes(&decoded(value.trim())?).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => out.push((digit(bytes.next())? * 16 + digit(bytes.next())?) as u8),
            _ => out.push(byte),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_never_said() {
        let read = headers("Authorization=Basic%20YTpi==, x-scope-orgid = sales\nX-Other=a%2Cb").unwrap();
        assert_eq!(read["authorization"], "Basic YTpi==");
        assert_eq!(read["x-scope-orgid"], "sales");
        assert_eq!(read["x-other"], "a,b");
        assert!(!format!("{read:?}").contains("YTpi"), "{read:?}");
        for wrong in ["a=1,secret-4711", "a=1,b c=secret-4711", "a=1,b=secret-4711%2", "a=1,b=secret-4711%0a"] {
            let told = headers(wrong).expect_err(wrong);
            assert!(told.contains("place 2") && !told.contains("4711"), "{told}");
        }
        assert!(headers(" \n").unwrap().is_empty());
    }
}
