//! What the door answers when it cannot do what was asked: problem bodies (RFC 9457) with a
//! closed list of slugs. The one place that knows status codes. Every problem says what to do
//! next; a fault of ours never shows the inside, which goes to the log.

use std::sync::Arc;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pointsman_connect::Unsigned;
use pointsman_domain::{CreditReason, Instant, RepId};
use pointsman_experiment::spec::SpecError;
use pointsman_report::{Locale, words::fault as words};
use pointsman_store::{Declined, StoreError, queue::Ended};
use serde::Serialize;

use crate::{
    access::{Scope, origin::Foreign},
    address::Wrong,
    experiment::DeskError,
};

/// Everything that can go wrong at the door.
#[derive(Debug, Clone)]
pub enum Problem {
    /// The body is no JSON of the expected shape.
    Body(String),
    /// Single fields are wrong.
    Fields(Vec<FieldError>),
    /// A part of the address or a header is wrong.
    Parameter(String),
    /// The same of an address that pages have, too.
    Address(Wrong),
    MediaType,
    TooLarge {
        most_bytes: usize,
    },
    Unauthorized,
    /// A message that nobody we know has signed, or not now.
    Unsigned(Unsigned),
    Forbidden {
        needs: Scope,
    },
    /// Sent by another site's page.
    Foreign(Foreign),
    RateLimited,
    NotFound {
        what: String,
    },
    NoRoute,
    Method,
    KeyReused,
    OwnerChanged {
        present: Option<RepId>,
    },
    IfMatchMissing,
    /// Somebody else changed it since it was seen.
    Changed {
        /// The present version, as a header has it.
        tag: String,
        present: Box<serde_json::Value>,
    },
    VersionMissing,
    LeadClosed,
    /// The rep answered after the end of the offer.
    OfferOver {
        until: Instant,
    },
    /// Quota and turn were given back before.
    Credited {
        reason: CreditReason,
    },
    /// The lead took neither quota nor turn.
    NothingTaken,
    /// What was asked does not fit how things stand.
    Refused {
        why: String,
    },
    /// Facts or trace are gone, by age or by erasure.
    Gone {
        what: &'static str,
    },
    /// No documents are live yet.
    NothingLive,
    Busy,
    Slow,
    StoreDown,
    Ours,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Its path in the body, for example `attributes.country`.
    pub field: String,
    pub problem: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// The wire form.
#[derive(Debug, Serialize)]
pub struct ProblemBody {
    r#type: String,
    title: &'static str,
    pub status: u16,
    detail: String,
    /// What to do about it.
    next: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// How the thing is now, where somebody else changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    present: Option<Box<serde_json::Value>>,
}

impl ProblemBody {
    /// In one line: the fields at fault where there are any, else what went wrong.
    pub fn said(&self) -> String {
        if self.errors.is_empty() {
            return self.detail.clone();
        }
        let field = |error: &FieldError| format!("{}: {}", error.field, error.problem);
        self.errors.iter().map(field).collect::<Vec<_>>().join("; ")
    }
}

/// Every slug with its title and status; the documentation lists them.
pub const SLUGS: &[(&str, &str, StatusCode)] = &[
    ("bad-body", "The body cannot be read", StatusCode::BAD_REQUEST),
    ("bad-fields", "Some fields are wrong", StatusCode::UNPROCESSABLE_ENTITY),
    ("bad-parameter", "A parameter is wrong", StatusCode::BAD_REQUEST),
    ("media-type", "The body is of another type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ("too-large", "The body is too large", StatusCode::PAYLOAD_TOO_LARGE),
    ("unauthorized", "A valid API key is needed", StatusCode::UNAUTHORIZED),
    ("unsigned", "The message is not signed as it must be", StatusCode::UNAUTHORIZED),
    ("forbidden", "This key or person may not do that", StatusCode::FORBIDDEN),
    ("foreign", "The request comes from another site's page", StatusCode::FORBIDDEN),
    ("rate-limited", "Too many requests", StatusCode::TOO_MANY_REQUESTS),
    ("not-found", "There is no such thing", StatusCode::NOT_FOUND),
    ("no-route", "There is no such address", StatusCode::NOT_FOUND),
    ("method", "This address takes another method", StatusCode::METHOD_NOT_ALLOWED),
    ("key-reused", "The idempotency key was used before", StatusCode::UNPROCESSABLE_ENTITY),
    ("owner-changed", "Somebody else has the lead by now", StatusCode::PRECONDITION_FAILED),
    ("if-match-missing", "Say whom you saw as owner", StatusCode::PRECONDITION_REQUIRED),
    ("changed", "Somebody else changed it", StatusCode::PRECONDITION_FAILED),
    ("version-missing", "Say which version you saw", StatusCode::PRECONDITION_REQUIRED),
    ("lead-closed", "The lead is closed", StatusCode::CONFLICT),
    ("offer-over", "The offer ended", StatusCode::CONFLICT),
    ("credited", "The lead was credited before", StatusCode::CONFLICT),
    ("nothing-taken", "There is nothing to give back", StatusCode::CONFLICT),
    ("refused", "That does not fit how things stand", StatusCode::CONFLICT),
    ("gone", "This is no longer kept", StatusCode::GONE),
    ("nothing-live", "No policy is live yet", StatusCode::SERVICE_UNAVAILABLE),
    ("busy", "Too much waits already", StatusCode::SERVICE_UNAVAILABLE),
    ("slow", "It took too long", StatusCode::SERVICE_UNAVAILABLE),
    ("store-down", "The store does not answer", StatusCode::SERVICE_UNAVAILABLE),
    ("ours", "Something broke on our side", StatusCode::INTERNAL_SERVER_ERROR),
];

impl Problem {
    fn slug(&self) -> &'static str {
        match self {
            Self::Body(_) => "bad-body",
            Self::Fields(_) => "bad-fields",
            Self::Parameter(_) | Self::Address(_) => "bad-parameter",
            Self::MediaType => "media-type",
            Self::TooLarge { .. } => "too-large",
            Self::Unauthorized => "unauthorized",
            Self::Unsigned(_) => "unsigned",
            Self::Forbidden { .. } => "forbidden",
            Self::Foreign(_) => "foreign",
            Self::RateLimited => "rate-limited",
            Self::NotFound { .. } => "not-found",
            Self::NoRoute => "no-route",
            Self::Method => "method",
            Self::KeyReused => "key-reused",
            Self::OwnerChanged { .. } => "owner-changed",
            Self::IfMatchMissing => "if-match-missing",
            Self::Changed { .. } => "changed",
            Self::VersionMissing => "version-missing",
            Self::LeadClosed => "lead-closed",
            Self::OfferOver { .. } => "offer-over",
            Self::Credited { .. } => "credited",
            Self::NothingTaken => "nothing-taken",
            Self::Refused { .. } => "refused",
            Self::Gone { .. } => "gone",
            Self::NothingLive => "nothing-live",
            Self::Busy => "busy",
            Self::Slow => "slow",
            Self::StoreDown => "store-down",
            Self::Ours => "ours",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Body(why) | Self::Parameter(why) | Self::Refused { why } => why.clone(),
            Self::Fields(errors) => match &errors[..] {
                [one] => format!("{}: {}", one.field, one.problem),
                several => format!("{} fields are wrong", several.len()),
            },
            Self::Unauthorized => "the request carries no key that is valid here".into(),
            Self::Unsigned(why) => why.to_string(),
            Self::Forbidden { needs } => format!("this needs the scope '{needs}'"),
            Self::Foreign(Foreign::Site) => "a browser says that a page of another site sent it".into(),
            Self::Foreign(Foreign::Host) => "without keys only requests to this machine's own name are answered".into(),
            Self::RateLimited => "this key sends more than its requests a second; nothing was done".into(),
            Self::NotFound { what } => format!("there is no {what}"),
            Self::NoRoute => "nothing is served at this address".into(),
            Self::OwnerChanged { present: Some(rep) } => format!("the lead is with '{rep}'"),
            Self::OwnerChanged { present: None } => "the lead is with nobody".into(),
            Self::LeadClosed => "a closed lead is not assigned".into(),
            Self::OfferOver { until } => format!("it could be accepted until {until}"),
            Self::Gone { what } => format!("{what} aged out or were erased on request"),
            Self::NothingLive => "nothing was applied to this workspace's store".into(),
            Self::Busy => "the queue is full; nothing was done".into(),
            Self::Slow => "the answer was not there in time; it may still be done".into(),
            Self::StoreDown => "nothing was done".into(),
            Self::Ours => "the fault is in our log, under this request's id".into(),
            Self::Address(_)
            | Self::MediaType
            | Self::TooLarge { .. }
            | Self::Method
            | Self::KeyReused
            | Self::IfMatchMissing
            | Self::VersionMissing
            | Self::Changed { .. }
            | Self::Credited { .. }
            | Self::NothingTaken => self.in_words(Locale::En).unwrap_or_default(),
        }
    }

    /// The detail where it is told in both languages: what pages show of it.
    pub fn in_words(&self, l: Locale) -> Option<String> {
        Some(match self {
            Self::Address(wrong) => wrong.text(l),
            Self::MediaType => words::media_type(l),
            Self::TooLarge { most_bytes } => words::too_large(l, &most_bytes.to_string()),
            Self::Method => words::method(l),
            Self::KeyReused => words::key_reused(l),
            Self::IfMatchMissing => words::if_match_missing(l),
            Self::VersionMissing => words::version_missing(l),
            Self::Changed { tag, .. } => words::changed(l, tag),
            Self::Credited { reason } => words::credited(l, reason.as_str()),
            Self::NothingTaken => words::nothing_taken(l),
            _ => return None,
        })
    }

    fn next(&self) -> String {
        match self {
            Self::Body(_) => "compare the body with the schema of this call in /openapi.json".into(),
            Self::Fields(_) => "correct the fields listed under 'errors' and send it again".into(),
            Self::Parameter(_) | Self::Address(_) => "correct it and send the request again".into(),
            Self::MediaType => "send JSON with the header Content-Type: application/json".into(),
            Self::TooLarge { .. } => "send less at once".into(),
            Self::Unauthorized => "send the header Authorization: Bearer KEY, or log in at /login".into(),
            Self::Unsigned(_) => {
                "sign the bytes that are sent with the secret of this source, and send them at once".into()
            }
            Self::Forbidden { .. } => "ask whoever manages keys and users for that scope".into(),
            Self::Foreign(Foreign::Site) => "use the pages of this server".into(),
            Self::Foreign(Foreign::Host) => "make a key with 'pointsman keys new', or call 127.0.0.1".into(),
            Self::NotFound { .. } => "look for it with GET /v1/leads".into(),
            Self::NoRoute => "see /docs for what there is".into(),
            Self::Method => "see /docs for the method".into(),
            Self::KeyReused => "use a new key for a new request".into(),
            Self::OwnerChanged { present } => {
                let owner = present.as_ref().map_or("none", |rep| rep.as_str());
                format!("if it should still be moved, send it again with If-Match: \"{owner}\"")
            }
            Self::IfMatchMissing => "add If-Match with the owner's id in quotes, or \"none\"".into(),
            Self::Changed { .. } => {
                "look at 'present', and send the change again with its ETag if it still holds".into()
            }
            Self::VersionMissing => "add If-Match with the ETag of GET".into(),
            Self::LeadClosed => "report a new enquiry with POST /v1/leads instead".into(),
            Self::OfferOver { .. } => "nothing: the lead goes on to somebody else".into(),
            Self::Credited { .. } => "nothing: quota and turn are back already".into(),
            Self::NothingTaken => "see GET /v1/leads/{id} for how it came to its owner".into(),
            Self::Refused { .. } => "look at it with GET, change what the detail names, and send it again".into(),
            Self::Gone { .. } => "the decision itself is still in the lead's history".into(),
            Self::NothingLive => "run 'pointsman apply' in the workspace's folder".into(),
            Self::Busy | Self::RateLimited => "send it again after the time in Retry-After".into(),
            Self::Slow | Self::StoreDown => "send it again with the same Idempotency-Key".into(),
            Self::Ours => "send it again with the same Idempotency-Key; if it stays, report the request id".into(),
        }
    }
}

impl Problem {
    /// Whether it may go away by itself.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Slow | Self::StoreDown | Self::Ours | Self::NothingLive | Self::RateLimited)
    }

    /// In one line: what programs are told is wrong.
    pub fn said(&self) -> String {
        self.body().said()
    }

    /// The problem as it is told.
    pub fn body(&self) -> ProblemBody {
        let slug = self.slug();
        let listed = SLUGS.iter().find(|(name, ..)| *name == slug);
        let (title, status) =
            listed.map_or(("", StatusCode::INTERNAL_SERVER_ERROR), |(_, title, status)| (*title, *status));
        let (detail, next) = (self.detail(), self.next());
        let (errors, present) = match self {
            Self::Fields(errors) => (errors.clone(), None),
            Self::Changed { present, .. } => (Vec::new(), Some(present.clone())),
            _ => (Vec::new(), None),
        };
        ProblemBody { r#type: format!("/docs#{slug}"), title, status: status.as_u16(), detail, next, errors, present }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let tag = match &self {
            Self::Changed { tag, .. } => HeaderValue::from_str(tag).ok(),
            _ => None,
        };
        let body = self.body();
        let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(tag) = tag {
            headers.insert(header::ETAG, tag);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For whoever makes a page of it.
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotFound(id) => Self::NotFound { what: format!("experiment '{id}'") },
            DeskError::Spec(SpecError::Invalid(problems)) => {
                Self::Fields(problems.into_iter().map(|p| FieldError::new(p.field, p.problem)).collect())
            }
            DeskError::Spec(SpecError::Syntax(error)) => {
                Self::Fields(vec![FieldError::new("spec", error.message().to_owned())])
            }
            DeskError::Store(error) => error.into(),
            DeskError::Rows(error) => {
                tracing::error!(%error, "an experiment cannot be analysed");
                Self::Ours
            }
            other => Self::Refused { why: other.to_string() },
        }
    }
}

impl From<Declined> for Problem {
    fn from(declined: Declined) -> Self {
        match declined {
            // It was tried again often enough; the client may try once more.
            Declined::Stale => Self::Busy,
            Declined::KeyReused => Self::KeyReused,
            Declined::OwnerChanged { present } => Self::OwnerChanged { present },
            Declined::UnknownLead => Self::NotFound { what: "such lead".into() },
            Declined::UnknownPerson => Self::NotFound { what: "such person".into() },
            Declined::Closed | Declined::Moot => Self::LeadClosed,
            Declined::OfferOver { until } => Self::OfferOver { until },
            Declined::Credited { before } => Self::Credited { reason: before },
            Declined::NothingTaken => Self::NothingTaken,
            Declined::Failed => Self::Ours,
            Declined::Unavailable => Self::StoreDown,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let mut causes = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            causes = format!("{causes}: {cause}");
            source = cause.source();
        }
        tracing::error!(error = causes, "the store failed");
        match error {
            StoreError::Unavailable { .. } => Self::StoreDown,
            _ => Self::Ours,
        }
    }
}

impl From<pointsman_store::Full> for Problem {
    fn from(_: pointsman_store::Full) -> Self {
        Self::Busy
    }
}

impl From<Ended> for Problem {
    fn from(_: Ended) -> Self {
        Self::StoreDown
    }
}
