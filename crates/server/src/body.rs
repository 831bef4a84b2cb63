//! JSON bodies: read once, checked for size, depth and shape, with a message that says where.

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
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let json = kind.is_some_and(|kind| {
            let plain = kind.split(';').next().unwrap_or_default().trim();
            plain.eq_ignore_ascii_case("application/json") || plain.to_ascii_lowercase().ends_with("+json")
        });
        if !json {
            return Err(Problem::MediaType);
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status().as_u16() {
                413 => Problem::TooLarge { most_bytes: MOST_BYTES },
                _ => Problem::Body("the body ended before it was whole".into()),
            })?;
        Ok(Self { value: parse(&bytes)?, hash: pointsman_store::log::digest(&bytes) })
    }
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
