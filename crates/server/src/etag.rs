//! ETags of editable things: a thing has a version, `GET` says it, and whoever changes the thing may
//! say (or must) which version they saw. Somebody else was faster: 412 with how it is now.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::error::Problem;

/// The header of a change that may say which version it is made to.
pub const IF_MATCH: crate::openapi::Parameter =
    ("header", "If-Match", "The ETag of what you saw; absent: whatever is there.", false);

/// The header's text: the version in quotes.
pub fn text(version: &str) -> String {
    format!("\"{version}\"")
}

/// The answer with its ETag.
pub fn tagged(body: &impl Serialize, version: &str) -> Response {
    let mut response = Json(body).into_response();
    if let Ok(tag) = HeaderValue::from_str(&text(version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// What `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Whatever is there.
    pub const ANY: Self = Self(None);

    /// One version, several, or `*` for whatever is there.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let wrong = || Problem::Parameter("If-Match is no ETag: send the one of GET, in quotes".into());
        let text = value.to_str().map_err(|_| wrong())?.trim();
        if text == "*" {
            return Ok(Self(Some(vec!["*".into()])));
        }
        let tag = |tag: &str| {
            let inner = tag.trim().strip_prefix('"')?.strip_suffix('"')?;
            (!inner.contains('"')).then(|| inner.to_owned())
        };
        let tags: Option<Vec<String>> = text.split(',').map(tag).collect();
        tags.map(|tags| Self(Some(tags))).ok_or_else(wrong)
    }

    /// The same, where the change may not be made without it.
    pub fn needed(headers: &HeaderMap) -> Result<Self, Problem> {
        let found = Self::of(headers)?;
        if found.0.is_none() { Err(Problem::VersionMissing) } else { Ok(found) }
    }

    /// Refuses where the thing is at another version; `present` is how it is now.
    pub fn check(&self, version: &str, present: impl FnOnce() -> serde_json::Value) -> Result<(), Problem> {
        let fits = self.0.as_ref().is_none_or(|tags| tags.iter().any(|tag| tag == "*" || tag == version));
        if fits { Ok(()) } else { Err(Problem::Changed { tag: text(version), present: Box::new(present()) }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_they_are_written() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::from_static(value));
            IfMatch::of(&headers)
        };
        let fits =
            |value: &'static str, version: &str| of(value).unwrap().check(version, || serde_json::Value::Null).is_ok();
        assert!(fits("\"7\"", "7") && fits("\"6\", \"7\"", "7") && fits("*", "7"));
        assert!(!fits("\"7\"", "8") && !fits("\"6\",\"7\"", "8"));
        for wrong in ["7", "\"7", "W/\"7\"", "\"7\" \"8\"", ""] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(IfMatch::of(&HeaderMap::new()).unwrap().check("7", || serde_json::Value::Null).is_ok());
        assert!(IfMatch::needed(&HeaderMap::new()).is_err());
    }
}
