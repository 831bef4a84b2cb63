//! A workspace's store: opened to read beside a running server, or to write when there is none.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use pointsman_decision::{DocumentSet, Snapshot};
use pointsman_domain::CommandId;
use pointsman_store::{
    Command, Location, Outside, Reader, Service, ServiceConfig, Store, WorkspaceLock, command::Switch,
};

use crate::clock;
use crate::settings::Settings;

/// Reads what is stored; works while a server runs.
pub fn read(workspace: &Path) -> anyhow::Result<Box<dyn Reader>> {
    let location = Settings::read(workspace)?.store(workspace)?;
    if location.is_missing() {
        bail!("{} has no store yet (first: pointsman serve --workspace {})", workspace.display(), workspace.display());
    }
    Ok(open(&location)?.reader()?)
}

fn open(location: &Location) -> anyhow::Result<Arc<dyn Store>> {
    location.open().with_context(|| format!("cannot open the store {location}"))
}

/// The store, opened to write, with the lock that keeps a second writer out of a file.
pub struct Opened {
    pub store: Arc<dyn Store>,
    /// Held as long as this is.
    _lock: Option<WorkspaceLock>,
    /// What is live; empty in a new store.
    pub live: DocumentSet,
}

pub fn write(workspace: &Path) -> anyhow::Result<Opened> {
    let location = Settings::read(workspace)?.store(workspace)?;
    let lock = (!location.is_shared()).then(|| WorkspaceLock::take(workspace)).transpose()?;
    let store = open(&location)?;
    let mut reader = store.reader()?;
    let head = reader.head()?;
    let live =
        head.snapshot.as_ref().map(|snapshot| reader.documents(snapshot)).transpose()?.flatten().unwrap_or_default();
    Ok(Opened { store, _lock: lock, live })
}

/// Time and chance for the store.
pub fn outside() -> Outside {
    Outside::new(Arc::new(clock::now), Arc::new(clock::chance))
}

/// Makes a compiled set of documents live.
pub fn switch(store: &dyn Store, snapshot: Snapshot, author: &str, reason: &str) -> anyhow::Result<()> {
    let service = Service::start(store, ServiceConfig::default(), outside())?;
    let switch = Switch {
        command: CommandId::new(clock::now(), clock::chance()),
        snapshot: Arc::new(snapshot),
        author: author.into(),
        reason: reason.into(),
    };
    let reply = service.handle().submit(Command::Switch(Box::new(switch)));
    let done = reply.map_err(anyhow::Error::from).and_then(|pending| Ok(pending.wait()?));
    service.stop();
    match done?.result {
        Ok(_) => Ok(()),
        Err(declined) => Err(anyhow!(declined).context("the documents were not made live")),
    }
}

/// What applying `new` over `live` would change, one line a document.
pub fn differences(live: &DocumentSet, new: &DocumentSet) -> Vec<String> {
    let name = |kind: pointsman_decision::DocumentKind, name: &str| match name {
        "" => kind.as_str().to_owned(),
        name => format!("{} '{name}'", kind.as_str()),
    };
    let mut lines = Vec::new();
    for (kind, document, body) in new.iter() {
        match live.get(kind, document) {
            None => lines.push(format!("new      {}", name(kind, document))),
            Some(old) if old != body => lines.push(format!("changed  {}", name(kind, document))),
            Some(_) => {}
        }
    }
    for (kind, document, _) in live.iter().filter(|(kind, document, _)| new.get(*kind, document).is_none()) {
        lines.push(format!("removed  {}", name(kind, document)));
    }
    lines
}
