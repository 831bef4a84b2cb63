//! `pointsman person …`: one person's data, told or erased.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use pointsman_domain::ContactId;
use pointsman_intake::duplicate_keys;
use pointsman_server::ServeConfig;
use pointsman_store::{
    Service, ServiceConfig, Store, StoreError, WorkspaceLock,
    directory::{Which, contacts},
    person::{self, Request},
    statements::Statements,
};
use serde_json::json;

use crate::args::person::{Person, Who};
use crate::client::Client;
use crate::{Done, output, settings::Settings, store};

pub fn run(args: &Person) -> anyhow::Result<Done> {
    match args {
        Person::Export { who, workspace } => export(who, workspace),
        Person::Erase { who, request, by, workspace, json } => {
            let erased = erase(who, request, by, workspace)?;
            let of = |name: &str| erased[name].as_u64().unwrap_or_default();
            match json {
                true => output::json(&erased)?,
                false => output::text(format!(
                    "erased by request {request}: {} leads ({} of them were open), {} keys; row {} of the record",
                    of("leads"),
                    of("closed"),
                    of("keys"),
                    of("seq")
                ))?,
            }
            Ok(Done::Fine)
        }
    }
}

/// The person that the flags name.
fn find(who: &Who, workspace: &Path, statements: &mut dyn Statements) -> anyhow::Result<ContactId> {
    if let Some(id) = &who.contact {
        return id.parse().with_context(|| format!("'{id}' is no person's id"));
    }
    let country = ServeConfig::of_folder(workspace).country;
    let keys = duplicate_keys(who.email.as_deref(), who.phone.as_deref(), &country);
    let key = keys.first().context("that is neither an e-mail address nor a number that can be dialled")?.to_string();
    let found = contacts(statements, Which::Key(&key), None, 2)?;
    match &found[..] {
        [] => bail!("nobody is known by '{key}'"),
        [one] => Ok(one.row.id),
        _ => bail!("several persons are known by '{key}': name one with --contact (GET /v1/contacts lists them)"),
    }
}

fn export(who: &Who, workspace: &Path) -> anyhow::Result<Done> {
    let mut statements = store::statements(workspace)?;
    let contact = find(who, workspace, &mut *statements)?;
    let file = person::export(&mut *store::read(workspace)?, &mut *statements, contact)?;
    output::json(&file.ok_or_else(|| anyhow!("there is no person {contact}"))?)?;
    Ok(Done::Fine)
}

fn erase(who: &Who, request: &str, by: &str, workspace: &Path) -> anyhow::Result<serde_json::Value> {
    let (request, by) = (request.trim(), by.trim());
    if !(1..=100).contains(&request.len()) || !(1..=200).contains(&by.len()) {
        bail!("--request has 1 to 100 bytes and --by 1 to 200");
    }
    let contact = find(who, workspace, &mut *store::statements(workspace)?)?;
    let location = Settings::read(workspace)?.store(workspace)?;
    let lock = if location.is_shared() { None } else { Some(WorkspaceLock::take(workspace)) };
    match lock {
        Some(Err(StoreError::Locked { address, .. })) => {
            let path = format!("/v1/persons/{contact}/erasure");
            Client::new(&address)?.post(&path, &[], &json!({ "request": request, "by": by }))
        }
        Some(Err(error)) => Err(error.into()),
        lock => {
            drop(lock);
            let opened = store::write(workspace)?;
            let service = Service::start(&*opened.store, ServiceConfig::default(), store::outside())?;
            let (mut reader, mut statements) = (opened.store.reader()?, opened.store.statements()?);
            let request = Request { name: request.into(), actor: by.into() };
            let (handle, outside) = (service.handle(), store::outside());
            let erased = person::erase(&mut *reader, &mut *statements, &handle, &outside, contact, &request);
            service.stop();
            Ok(serde_json::to_value(erased?)?)
        }
    }
}
