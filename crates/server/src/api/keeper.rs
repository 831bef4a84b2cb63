//! Things that another system keeps here, persons and companies: read with an ETag, said anew, or
//! changed field by field. Writing is a command under the head, so that no change is lost and
//! nothing is made twice.

use std::{fmt::Display, str::FromStr, sync::Arc};

use axum::{
    Extension,
    extract::{Path, State as Shared},
    http::HeaderMap,
    response::Response,
};
use pointsman_domain::{CommandId, IdError, Instant};
use pointsman_store::{
    Command, Declined, Reader, StoreError,
    command::{Keep, Kept, Keyed},
    statements::Statements,
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

use crate::{
    api::{Caller, id, keyed},
    body::JsonBody,
    error::{FieldError, Problem},
    etag::{IfMatch, tagged},
    openapi::Parameter,
    state::State,
};

pub const KEY: Parameter = ("header", "Idempotency-Key", "The same key and body gives the same answer again.", false);
pub const IF_MATCH: Parameter = ("header", "If-Match", "The ETag of what you saw; * for whatever is there.", true);
pub const PAGE: [Parameter; 2] = [
    ("query", "cursor", "'next' of the page before.", false),
    ("query", "limit", "Rows of a page, 1 to 200; 50 if absent.", false),
];
/// What may be wrong with saying how a thing is.
pub const PUT_PROBLEMS: &[&str] =
    &["bad-body", "bad-fields", "media-type", "too-large", "bad-parameter", "key-reused", "refused"];
/// What may be wrong with changing one.
pub const CHANGE_PROBLEMS: &[&str] =
    &["bad-body", "bad-fields", "media-type", "too-large", "bad-parameter", "not-found", "changed", "version-missing"];
/// Tries where somebody else was faster.
const TRIES: u32 = 8;

/// A person or a company.
pub trait Thing: Clone + Send + Sync + 'static {
    type Id: Copy + Display + FromStr<Err = IdError> + Send + Sync + 'static;
    /// What may be said of it; what is not named stays.
    type Body: DeserializeOwned + Clone + Send + Sync + 'static;
    type View: From<Self> + Serialize;
    /// In a sentence.
    const WHAT: &'static str;
    /// By which it is put; idempotency keys are scoped to it.
    const ROUTE: &'static str;

    /// One of which nothing is known yet.
    fn new(now: Instant, chance: u128) -> Self;
    fn id(&self) -> Self::Id;
    fn version(&self) -> u64;
    /// Takes over what the body names.
    fn take_over(&mut self, body: &Self::Body, state: &State) -> Result<(), Problem>;
    /// What is wrong with the thing it refers to.
    fn dangling(&self, reader: &mut dyn Reader) -> Result<Option<FieldError>, StoreError>;
    fn of(statements: &mut dyn Statements, id: Self::Id) -> Result<Option<Self>, StoreError>;
    /// The one that a body speaks of, by what it names; `country` is where numbers are dialled.
    fn known(statements: &mut dyn Statements, body: &Self::Body, country: &str) -> Result<Option<Self>, StoreError>;
    fn kept(self, country: &str, seen: Option<u64>, read_at: u64) -> Kept;
}

/// What a body says of a field that may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field {
    /// The body does not name it.
    #[default]
    Stays,
    /// null.
    Goes,
    Becomes(String),
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Goes, Self::Becomes))
    }
}

impl Field {
    pub fn text(&self) -> Option<&str> {
        if let Self::Becomes(text) = self { Some(text) } else { None }
    }

    /// Puts what it says in its place; `read` makes the value of a text.
    pub fn put<T>(&self, place: &mut Option<T>, read: impl FnOnce(&str) -> Option<T>) {
        match self {
            Self::Stays => {}
            Self::Goes => *place = None,
            Self::Becomes(text) => *place = read(text),
        }
    }
}

/// The value, or nothing and a fault of this field.
pub fn or_told<T>(field: &str, value: Result<T, impl ToString>, faults: &mut Vec<FieldError>) -> Option<T> {
    value.map_err(|problem| faults.push(FieldError::new(field, problem.to_string()))).ok()
}

/// Rows of a page.
pub fn limit(text: Option<&String>) -> Result<u32, Problem> {
    match text {
        None => Ok(50),
        Some(text) => match text.parse() {
            Ok(limit) if (1..=200).contains(&limit) => Ok(limit),
            _ => Err(Problem::Parameter("'limit' is not a number from 1 to 200".into())),
        },
    }
}

/// What is seen of a page of at most `limit`, and where the next one begins.
pub fn page<T: Thing>(rows: Vec<T>, limit: u32) -> (Vec<T::View>, Option<T::Id>) {
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(T::id);
    (rows.into_iter().map(T::View::from).collect(), next)
}

pub async fn show<T: Thing>(Shared(state): Shared<Arc<State>>, Path(thing): Path<String>) -> Result<Response, Problem> {
    Ok(answer(read::<T>(&state, id(&thing)?).await?.0))
}

/// Says how a thing is: one that is known, or a new one.
pub async fn put<T: Thing>(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<T::Body>,
) -> Result<Response, Problem> {
    let keyed = keyed(&headers, &caller, T::ROUTE, body.hash)?;
    let body = body.value;
    // Two that make the same one at once: the second finds what the first made.
    let _editing = state.editing.lock().await;
    for _ in 0..TRIES {
        let read_at = state.read(|reader| reader.head()).await?.seq;
        let found = known::<T>(&state, &body).await?;
        let seen = found.as_ref().map(T::version);
        let mut thing = found.unwrap_or_else(|| T::new(state.now(), state.outside.chance()));
        thing.take_over(&body, &state)?;
        match keep(&state, &caller, &thing, seen, read_at, keyed.clone()).await? {
            Ok(()) => return answer_put::<T>(&state, thing.id(), &body).await,
            Err(Declined::Stale) => {}
            Err(declined) => return Err(declined.into()),
        }
    }
    Err(Problem::Busy)
}

/// Changes the version of a thing that somebody saw.
pub async fn change<T: Thing>(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(thing): Path<String>,
    headers: HeaderMap,
    body: JsonBody<T::Body>,
) -> Result<Response, Problem> {
    let (thing, seen): (T::Id, _) = (id(&thing)?, IfMatch::needed(&headers)?);
    for _ in 0..TRIES {
        let (mut found, read_at) = read::<T>(&state, thing).await?;
        let version = found.version();
        let present = || serde_json::to_value(T::View::from(found.clone())).unwrap_or_default();
        seen.check(&version.to_string(), present)?;
        found.take_over(&body.value, &state)?;
        match keep(&state, &caller, &found, Some(version), read_at, None).await? {
            Ok(()) => return Ok(answer(read::<T>(&state, thing).await?.0)),
            Err(Declined::Stale) => {}
            Err(declined) => return Err(declined.into()),
        }
    }
    Err(Problem::Busy)
}

fn answer<T: Thing>(thing: T) -> Response {
    let version = thing.version().to_string();
    tagged(&T::View::from(thing), &version)
}

/// What is there now; where the same key was answered before, the thing that it made.
async fn answer_put<T: Thing>(state: &Arc<State>, id: T::Id, body: &T::Body) -> Result<Response, Problem> {
    let now = state.ask(move |statements| T::of(statements, id)).await?;
    let now = if now.is_some() { now } else { known::<T>(state, body).await? };
    let why = format!("the same Idempotency-Key made a {} that is not found by this body any more", T::WHAT);
    Ok(answer(now.ok_or(Problem::Refused { why })?))
}

async fn read<T: Thing>(state: &Arc<State>, id: T::Id) -> Result<(T, u64), Problem> {
    let read = state.read(|reader| reader.head()).await?.seq;
    let found = state.ask(move |statements| T::of(statements, id)).await?;
    Ok((found.ok_or_else(|| Problem::NotFound { what: format!("{} {id}", T::WHAT) })?, read))
}

async fn known<T: Thing>(state: &Arc<State>, body: &T::Body) -> Result<Option<T>, Problem> {
    let (body, country) = (body.clone(), state.config.country.clone());
    state.ask(move |statements| T::known(statements, &body, &country)).await
}

async fn keep<T: Thing>(
    state: &Arc<State>,
    caller: &Caller,
    thing: &T,
    seen: Option<u64>,
    read_at: u64,
    idempotency: Option<Keyed>,
) -> Result<Result<(), Declined>, Problem> {
    let referring = thing.clone();
    if let Some(fault) = state.read(move |reader| referring.dangling(reader)).await? {
        return Err(Problem::Fields(vec![fault]));
    }
    let kept = thing.clone().kept(&state.config.country, seen, read_at);
    let command = CommandId::new(state.now(), state.outside.chance());
    let keep = Keep { command, kept, actor: caller.0.as_str().into(), idempotency };
    Ok(state.send(Command::Keep(Box::new(keep))).await?.result.map(drop))
}
