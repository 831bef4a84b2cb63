//! Bodies, JSON or forms: read once, checked for size, depth and shape, with a message that says where.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::header,
};
use pointsman_domain::Digest;
use serde::de::DeserializeOwned;

use crate::error::Problem;

/// Bytes of a body at most.
pub const MOST_BYTES: usize = 1 << 20;
/// Brackets within brackets at most; no body of ours needs more than four.
const MOST_DEPTH: usize = 16;

/// A body of type `T`, with the hash of its bytes.
#[derive(Debug)]
pub struct JsonBody<T> {
    pub value: T,
    pub hash: Digest,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let sent = Sent::from_request(request, state).await?;
        match sent.kind {
            Kind::Json => Ok(Self { value: parse(&sent.bytes)?, hash: sent.hash() }),
            Kind::Form => Err(Problem::MediaType),
        }
    }
}

/// A form as browsers send it.
#[derive(Debug)]
pub struct FormBody<T> {
    pub value: T,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for FormBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let sent = Sent::from_request(request, state).await?;
        match sent.kind {
            Kind::Form => Ok(Self { value: parse_form(&sent.bytes)? }),
            Kind::Json => Err(Problem::MediaType),
        }
    }
}

/// What a body says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Json,
    Form,
}

/// A whole body, not yet read.
#[derive(Debug)]
pub struct Sent {
    pub kind: Kind,
    pub bytes: Bytes,
}

impl Sent {
    pub fn hash(&self) -> Digest {
        pointsman_store::log::digest(&self.bytes)
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let plain = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
        let kind = match &*plain {
            "application/x-www-form-urlencoded" => Kind::Form,
            kind if kind == "application/json" || kind.ends_with("+json") => Kind::Json,
            _ => return Err(Problem::MediaType),
        };
        // What says that it is too large need not be read to know it.
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > MOST_BYTES as u64) {
            return Err(Problem::TooLarge { most_bytes: MOST_BYTES });
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|rejection| match rejection.status().as_u16() {
            413 => Problem::TooLarge { most_bytes: MOST_BYTES },
            _ => Problem::Body("the body ended before it was whole".into()),
        })?;
        Ok(Self { kind, bytes })
    }
}

/// Reads a form.
pub fn parse_form<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_urlencoded::from_bytes(bytes).map_err(|e| Problem::Body(format!("the form cannot be read: {e}")))
}

/// Reads JSON; the message names line and column.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        return Err(Problem::Body("the body is empty".into()));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|e| Problem::Body(format!("the body is not UTF-8 from byte {}", e.valid_up_to())))?;
    if depth(text) > MOST_DEPTH {
        return Err(Problem::Body(format!("the body nests more than {MOST_DEPTH} levels")));
    }
    serde_json::from_str(text).map_err(|e| Problem::Body(e.to_string()))
}

/// The deepest nesting of brackets outside texts.
fn depth(text: &str) -> usize {
    let (mut now, mut most, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_texts() {
        assert_eq!(depth(r#"{"a": "[[[\"[", "b": [1, {}]}"#), 3);
        assert_eq!(depth("]]]]["), 1);
        assert_eq!(depth("12"), 0);
    }
}
