//! `pointsman keys …` and `pointsman users …`: written into the store beside a running server,
//! which reads them again within five seconds.

use std::io::BufRead;

use anyhow::{Context, anyhow, bail};
use pointsman_domain::{Micros, RepId};
use pointsman_server::access::{
    Role, Scopes,
    keys::{self, KeyView, NewKey, Shown, check_name},
    password,
    users::{self, Change, NewUser, UserView},
};
use pointsman_store::Shelf;

use crate::args::access::{At, Keys, Users};
use crate::{Done, clock, output, store};

/// Whoever is recorded as the one who did it.
const BY: &str = "command line";

pub fn keys(args: &Keys) -> anyhow::Result<Done> {
    match args {
        Keys::New { name, scopes, days, rate, at } => {
            check_name(name).map_err(anyhow::Error::msg)?;
            let scopes = Scopes::parse(scopes).map_err(|why| anyhow!("--scopes: {why}"))?;
            let lifetime = days.map(|days| Micros::DAY.times(i64::from(days)));
            let new = NewKey {
                name: name.clone(),
                scopes,
                rate: *rate,
                expires_at: lifetime.map(|lifetime| clock::now() + lifetime),
                by: BY.into(),
            };
            show(&keys::make(&mut *shelf(at)?, &store::outside(), &new)?, at)
        }
        Keys::List { at } => list(&keys::list(&mut *shelf(at)?, clock::now())?, at),
        Keys::Revoke { id, at } => {
            let revoked = keys::revoke(&mut *shelf(at)?, id, clock::now(), BY)?;
            let key = revoked.with_context(|| format!("there is no key '{id}' (see: pointsman keys list)"))?;
            list(&[key], at)
        }
        Keys::Rotate { id, grace_hours, at } => {
            let grace = Micros::HOUR.times(i64::from(*grace_hours));
            let shown = keys::rotate(&mut *shelf(at)?, &store::outside(), id, grace, BY)?;
            let shown = shown.with_context(|| format!("there is no valid key '{id}' (see: pointsman keys list)"))?;
            show(&shown, at)
        }
    }
}

fn shelf(at: &At) -> anyhow::Result<Box<dyn Shelf>> {
    store::shelf(&at.workspace)
}

/// The text alone goes to stdout, so that it can be piped into a secret store.
fn show(shown: &Shown, at: &At) -> anyhow::Result<Done> {
    if at.json {
        output::json(shown)?;
    } else {
        let view = &shown.view;
        let until = view.expires_at.map_or("it does not expire".into(), |end| format!("it expires at {end}"));
        output::note(format!(
            "key {} of {} may do {}; {until}. It is shown this once:",
            view.id, view.name, view.scopes
        ));
        output::text(&shown.key)?;
    }
    Ok(Done::Fine)
}

fn list(keys: &[KeyView], at: &At) -> anyhow::Result<Done> {
    if at.json {
        output::json(&serde_json::json!({ "keys": keys }))?;
        return Ok(Done::Fine);
    }
    let rows: Vec<Vec<String>> = keys
        .iter()
        .map(|key| {
            let standing = match (key.valid, key.revoked_at, key.expires_at) {
                (true, _, None) => "valid".to_owned(),
                (true, _, Some(end)) => format!("until {end}"),
                (false, Some(at), _) => format!("revoked {at}"),
                (false, None, _) => "expired".to_owned(),
            };
            vec![key.id.clone(), key.name.clone(), key.scopes.to_string(), standing]
        })
        .collect();
    output::text(output::table(&["id", "name", "scopes", "standing"], &rows))?;
    Ok(Done::Fine)
}

pub fn users(args: &Users) -> anyhow::Result<Done> {
    match args {
        Users::Add { name, role, rep, at } => {
            check_name(name).map_err(anyhow::Error::msg)?;
            let role = Role::parse(role).with_context(|| format!("'{role}' is no role: {}", Role::names()))?;
            let rep = rep.as_deref().map(RepId::new).transpose()?;
            if role == Role::Rep && rep.is_none() {
                bail!("the role rep needs --rep: who of the roster this person is");
            }
            let new = NewUser { name: name.clone(), password_hash: new_password()?, role, rep, by: BY.into() };
            let added = users::add(&mut *shelf(at)?, new, clock::now())?;
            people(&[added.with_context(|| format!("there is a user '{name}' already"))?], at)
        }
        Users::List { at } => people(&users::list(&mut *shelf(at)?)?, at),
        Users::Password { name, at } => {
            change(name, &Change { password_hash: Some(new_password()?), ..Change::default() }, at)
        }
        Users::Disable { name, at } => change(name, &Change { disabled: Some(true), ..Change::default() }, at),
    }
}

fn change(name: &str, change: &Change, at: &At) -> anyhow::Result<Done> {
    let changed = users::change(&mut *shelf(at)?, name, change, clock::now())?;
    people(&[changed.with_context(|| format!("there is no user '{name}' (see: pointsman users list)"))?], at)
}

/// From stdin: what stands in the arguments is seen by everybody on the machine.
fn new_password() -> anyhow::Result<String> {
    output::note("password (first line of stdin):");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read a password from stdin")?;
    let password = line.trim_end_matches(['\n', '\r']);
    password::check(password).map_err(anyhow::Error::msg)?;
    Ok(password::hash(password, clock::chance()))
}

fn people(users: &[UserView], at: &At) -> anyhow::Result<Done> {
    if at.json {
        output::json(&serde_json::json!({ "users": users }))?;
        return Ok(Done::Fine);
    }
    let rows: Vec<Vec<String>> = users
        .iter()
        .map(|user| {
            let rep = user.rep.as_ref().map_or_else(String::new, ToString::to_string);
            let standing = user.disabled_at.map_or("may log in".into(), |at| format!("kept out since {at}"));
            vec![user.name.clone(), user.role.as_str().into(), rep, standing]
        })
        .collect();
    output::text(output::table(&["name", "role", "rep", "standing"], &rows))?;
    Ok(Done::Fine)
}
