//! `/v1/keys` and `/v1/users`: who may do what. Nobody gives away more than they have.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
    routing::{delete, get, patch, post},
};
use pointsman_domain::Micros;
use serde::{Deserialize, Serialize};

use crate::{
    access::{
        Access, Rights, Role, Scope, Scopes,
        keys::{self, KeyView, NewKey, check_name},
        password,
        users::{self, Change, NewUser, UserView},
    },
    body::JsonBody,
    enquiry,
    error::{FieldError, Problem},
    openapi::Route,
    router::{BODY, Entry, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    let key = Route { parameters: &[("path", "id", "The key's id.", true)], answer: Some("Key"), ..PLAIN };
    let user = Route { parameters: &[("path", "id", "The user's name.", true)], answer: Some("User"), ..PLAIN };
    let routes = [
        (
            Route {
                path: "/v1/keys",
                id: "listKeys",
                summary: "Every key that ever was.",
                text: "Without its text, which is shown once, when it is made.",
                answer: Some("Keys"),
                ..PLAIN
            },
            get(list_keys),
        ),
        (
            Route {
                method: "post",
                path: "/v1/keys",
                id: "createKey",
                summary: "Make a key.",
                text: "The answer shows its text this once. Nobody gives a scope that they do not have.",
                body: Some("NewKey"),
                answer: Some("KeyShown"),
                problems: &BODY,
                ..PLAIN
            },
            post(create_key),
        ),
        (
            Route {
                method: "delete",
                path: "/v1/keys/{id}",
                id: "revokeKey",
                summary: "Revoke a key.",
                text: "At once here, within five seconds on other replicas. Its row stays.",
                problems: &["not-found"],
                ..key
            },
            delete(revoke_key),
        ),
        (
            Route {
                method: "post",
                path: "/v1/keys/{id}/rotation",
                id: "rotateKey",
                summary: "Make a new key for an old one.",
                text: "Of the same name, scopes and lifetime; the old one counts until the grace is over.",
                body: Some("Rotation"),
                answer: Some("KeyShown"),
                problems: &["bad-body", "bad-fields", "media-type", "too-large", "not-found"],
                ..key
            },
            post(rotate_key),
        ),
        (
            Route {
                path: "/v1/users",
                id: "listUsers",
                summary: "Everybody who may log in.",
                answer: Some("Users"),
                ..PLAIN
            },
            get(list_users),
        ),
        (
            Route {
                method: "post",
                path: "/v1/users",
                id: "createUser",
                summary: "Let somebody log in.",
                text: "With a role; whoever has the role rep is a rep of the roster.",
                body: Some("NewUser"),
                answer: Some("User"),
                problems: &BODY,
                ..PLAIN
            },
            post(create_user),
        ),
        (
            Route {
                method: "patch",
                path: "/v1/users/{id}",
                id: "changeUser",
                summary: "Change a user's password or role, or keep them out.",
                text: "A new password, or being kept out, ends all their sessions.",
                body: Some("UserChange"),
                problems: &["bad-body", "bad-fields", "media-type", "too-large", "not-found"],
                ..user
            },
            patch(change_user),
        ),
    ];
    routes.into_iter().map(|(route, handler)| (route, Access::Needs(Scope::AccessManage), handler)).collect()
}

#[derive(Debug, Serialize)]
pub struct KeysBody {
    pub keys: Vec<KeyView>,
}

pub async fn list_keys(Shared(state): Shared<Arc<State>>) -> Result<Json<KeysBody>, Problem> {
    let now = state.now();
    Ok(Json(KeysBody { keys: state.shelf(move |shelf| keys::list(shelf, now)).await? }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    pub name: String,
    /// Scopes, or names of roles for theirs.
    pub scopes: Vec<String>,
    pub rate: Option<u32>,
    pub expires_at: Option<String>,
}

pub async fn create_key(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    body: JsonBody<KeyBody>,
) -> Result<Response, Problem> {
    let (body, now) = (body.value, state.now());
    let mut faults = Vec::new();
    check_name(&body.name).unwrap_or_else(|why| faults.push(FieldError::new("name", why)));
    let scopes = match Scopes::parse(&body.scopes.join(",")) {
        Ok(scopes) if !scopes.within(rights.scopes) => {
            faults.push(FieldError::new("scopes", "names a scope that you do not have yourself"));
            Scopes::default()
        }
        Ok(scopes) => scopes,
        Err(why) => {
            faults.push(FieldError::new("scopes", why));
            Scopes::default()
        }
    };
    if body.rate == Some(0) {
        faults.push(FieldError::new("rate", "is at least one request a second"));
    }
    let expires_at = body.expires_at.as_ref().and_then(|text| match text.parse() {
        Ok(at) if at > now => Some(at),
        Ok(_) => {
            faults.push(FieldError::new("expires_at", "is over already"));
            None
        }
        Err(error) => {
            faults.push(FieldError::new("expires_at", pointsman_domain::time::InstantError::to_string(&error)));
            None
        }
    });
    if !faults.is_empty() {
        return Err(Problem::Fields(faults));
    }
    let new = NewKey { name: body.name, scopes, rate: body.rate, expires_at, by: rights.name };
    let outside = state.outside.clone();
    let shown = state.shelf(move |shelf| keys::make(shelf, &outside, &new)).await?;
    Ok(Json(shown).into_response())
}

/// The key itself may not be the one that speaks; whoever takes more than they have is refused.
async fn within(state: &Arc<State>, id: &str, rights: &Rights) -> Result<(), Problem> {
    let now = state.now();
    let keys = state.shelf(move |shelf| keys::list(shelf, now)).await?;
    let key = keys.into_iter().find(|key| key.id == id);
    let key = key.ok_or_else(|| Problem::NotFound { what: format!("key '{id}'") })?;
    let more = key.scopes.iter().find(|scope| !rights.scopes.has(*scope));
    more.map_or(Ok(()), |needs| Err(Problem::Forbidden { needs }))
}

pub async fn revoke_key(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(id): Path<String>,
) -> Result<Json<KeyView>, Problem> {
    within(&state, &id, &rights).await?;
    let (now, key) = (state.now(), id.clone());
    let revoked = state.shelf(move |shelf| keys::revoke(shelf, &key, now, &rights.name)).await?;
    revoked.map(Json).ok_or_else(|| Problem::NotFound { what: format!("key '{id}'") })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateBody {
    /// Hours for which the old key still counts.
    #[serde(default = "a_day")]
    pub grace_hours: u16,
}

fn a_day() -> u16 {
    24
}

pub async fn rotate_key(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(id): Path<String>,
    body: JsonBody<RotateBody>,
) -> Result<Response, Problem> {
    within(&state, &id, &rights).await?;
    let grace = Micros::HOUR.times(i64::from(body.value.grace_hours));
    let (outside, key) = (state.outside.clone(), id.clone());
    let shown = state.shelf(move |shelf| keys::rotate(shelf, &outside, &key, grace, &rights.name)).await?;
    let shown = shown.ok_or_else(|| Problem::NotFound { what: format!("valid key '{id}'") })?;
    Ok(Json(shown).into_response())
}

#[derive(Debug, Serialize)]
pub struct UsersBody {
    pub users: Vec<UserView>,
}

pub async fn list_users(Shared(state): Shared<Arc<State>>) -> Result<Json<UsersBody>, Problem> {
    Ok(Json(UsersBody { users: state.shelf(users::list).await? }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserBody {
    pub name: String,
    pub password: String,
    pub role: Role,
    /// The rep that this person is; needed for the role rep.
    pub rep: Option<String>,
}

pub async fn create_user(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    body: JsonBody<UserBody>,
) -> Result<Response, Problem> {
    let body = body.value;
    let mut faults = Vec::new();
    check_name(&body.name).unwrap_or_else(|why| faults.push(FieldError::new("name", why)));
    password::check(&body.password).unwrap_or_else(|why| faults.push(FieldError::new("password", why)));
    may_give(&rights, &state, body.role, &mut faults);
    let rep = match &body.rep {
        Some(id) => enquiry::rep("rep", id, &*state.live()?, &mut faults),
        None => None,
    };
    if body.role == Role::Rep && body.rep.is_none() {
        faults.push(FieldError::new("rep", "is needed for the role rep"));
    }
    if !faults.is_empty() {
        return Err(Problem::Fields(faults));
    }
    let password_hash = hashed(&state, body.password).await?;
    let (now, name) = (state.now(), body.name.clone());
    let new = NewUser { name: body.name, password_hash, role: body.role, rep, by: rights.name };
    let added = state.shelf(move |shelf| users::add(shelf, new, now)).await?;
    let taken = || Problem::Fields(vec![FieldError::new("name", format!("'{name}' is taken"))]);
    Ok(Json(added.ok_or_else(taken)?).into_response())
}

fn may_give(rights: &Rights, state: &State, role: Role, faults: &mut Vec<FieldError>) {
    if !role.scopes(&state.config.figures).within(rights.scopes) {
        faults.push(FieldError::new("role", "has a scope that you do not have yourself"));
    }
}

async fn hashed(state: &Arc<State>, password: String) -> Result<String, Problem> {
    let salt = state.outside.chance();
    state.slowly(move || password::hash(&password, salt)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserChangeBody {
    pub password: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

pub async fn change_user(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(name): Path<String>,
    body: JsonBody<UserChangeBody>,
) -> Result<Json<UserView>, Problem> {
    let body = body.value;
    let mut faults = Vec::new();
    if let Some(password) = &body.password {
        password::check(password).unwrap_or_else(|why| faults.push(FieldError::new("password", why)));
    }
    let users = state.shelf(users::list).await?;
    let unknown = || Problem::NotFound { what: format!("user '{name}'") };
    let present = users.iter().find(|user| user.name == name).ok_or_else(unknown)?;
    may_give(&rights, &state, present.role, &mut faults);
    if let Some(role) = body.role {
        may_give(&rights, &state, role, &mut faults);
        if role == Role::Rep && present.rep.is_none() {
            faults.push(FieldError::new("role", "the role rep needs a user who is a rep"));
        }
    }
    if !faults.is_empty() {
        return Err(Problem::Fields(faults));
    }
    let password_hash = match body.password {
        Some(password) => Some(hashed(&state, password).await?),
        None => None,
    };
    let change = Change { password_hash, role: body.role, disabled: body.disabled };
    let (now, user) = (state.now(), name.clone());
    let changed = state.shelf(move |shelf| users::change(shelf, &user, &change, now)).await?;
    changed.map(Json).ok_or_else(unknown)
}
