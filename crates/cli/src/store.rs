//! A workspace's store: opened to read beside a running server, or to write when there is none.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use pointsman_assign::Ledger;
use pointsman_decision::{
    DocumentKind, DocumentSet, RoutingSettings, Snapshot,
    document::{LIVE_ABSENCES, away_files},
};
use pointsman_domain::CommandId;
use pointsman_store::{
    Location, Outbox, Outside, Reader, Service, ServiceConfig, Shelf, Store, WorkspaceLock, codec, command::Switch,
    go_live, log::LogRow, statements::Statements,
};

use crate::settings::Settings;
use crate::{clock, output};

/// Reads what is stored; works while a server runs.
pub fn read(workspace: &Path) -> anyhow::Result<Box<dyn Reader>> {
    Ok(open_existing(workspace)?.reader()?)
}

/// The store of a workspace that has one.
pub fn open_existing(workspace: &Path) -> anyhow::Result<Arc<dyn Store>> {
    let location = Settings::read(workspace)?.store(workspace)?;
    if location.is_missing() {
        bail!("{} has no store yet (first: pointsman serve --workspace {})", workspace.display(), workspace.display());
    }
    open(&location)
}

/// Whether the workspace has a store.
pub fn exists(workspace: &Path) -> anyhow::Result<bool> {
    Ok(!Settings::read(workspace)?.store(workspace)?.is_missing())
}

fn open(location: &Location) -> anyhow::Result<Arc<dyn Store>> {
    location.open().with_context(|| format!("cannot open the store {location}"))
}

/// What is live, with the load that the record folds to; `None` where nothing is live yet.
pub fn standing(workspace: &Path) -> anyhow::Result<Option<(Snapshot, Ledger)>> {
    let location = Settings::read(workspace)?.store(workspace)?;
    if location.is_missing() {
        return Ok(None);
    }
    let mut reader = open(&location)?.reader()?;
    let Some(live) = reader.head()?.snapshot else { return Ok(None) };
    let documents = reader.documents(&live)?.context("the documents that are live are not stored")?;
    let snapshot = Snapshot::compile(documents).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow!("the documents that are live do not compile: {}", faults.join("; "))
    })?;
    let mut ledger = Ledger::default();
    let fold = &mut |row: LogRow| Ok(codec::decode(&row.changes, |change| ledger.apply(&change))?);
    reader.log_after(0, fold)?;
    Ok(Some((snapshot, ledger)))
}

/// What of a folder goes live over what is live: its own documents, and the absences that came in
/// while serving, less those of people who left the roster.
pub fn over_live(live: &DocumentSet, snapshot: Snapshot) -> anyhow::Result<Snapshot> {
    let came_in = away_files(live).into_iter().find(|(name, _)| &**name == LIVE_ABSENCES);
    let Some((_, mut file)) = came_in else { return Ok(snapshot) };
    let gone = file.keep_known(&snapshot.roster);
    if gone > 0 {
        output::note(format!("{gone} absences name reps or pools that the roster does not list any more: they end"));
    }
    let mut documents = snapshot.documents;
    documents.keep_away(LIVE_ABSENCES, &file);
    Snapshot::compile(documents).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow!("the files do not go with the absences that are live: {}", faults.join("; "))
    })
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

/// What is kept beside the record; written while a server runs, too.
pub fn shelf(workspace: &Path) -> anyhow::Result<Box<dyn Shelf>> {
    Ok(open(&Settings::read(workspace)?.store(workspace)?)?.shelf()?)
}

/// What is still to be told to other systems; written while a server runs, too.
pub fn outbox(workspace: &Path) -> anyhow::Result<Outbox> {
    Ok(Outbox::new(statements(workspace)?))
}

/// Plain statements on the store; they work while a server runs.
pub fn statements(workspace: &Path) -> anyhow::Result<Box<dyn Statements>> {
    if !exists(workspace)? {
        bail!("{} has no store yet (first: pointsman serve --workspace {})", workspace.display(), workspace.display());
    }
    Ok(open(&Settings::read(workspace)?.store(workspace)?)?.statements()?)
}

/// Time and chance for the store.
pub fn outside() -> Outside {
    Outside::system(Arc::new(clock::chance))
}

/// Makes a compiled set of documents live.
pub fn switch(store: &dyn Store, snapshot: Snapshot, author: &str, reason: &str) -> anyhow::Result<()> {
    let service = Service::start(store, ServiceConfig::default(), outside())?;
    let switch = Switch {
        command: CommandId::new(clock::now(), clock::chance()),
        snapshot: Arc::new(snapshot),
        over: None,
        author: author.into(),
        reason: reason.into(),
    };
    let done = go_live(store, &service.handle(), switch);
    service.stop();
    match done? {
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

/// The record folded: load, caps, turns and prices as the last committed batch left them.
pub fn ledger(reader: &mut dyn Reader) -> anyhow::Result<Ledger> {
    let mut ledger = Ledger::default();
    reader.log_after(0, &mut |row| {
        codec::decode(&row.changes, |change| ledger.apply(&change))?;
        Ok(())
    })?;
    Ok(ledger)
}

/// The same documents under another of their policies.
pub fn ruled_by(documents: &DocumentSet, policy: &str) -> anyhow::Result<DocumentSet> {
    let body = documents.get(DocumentKind::Routing, "").context("there are no routing settings")?;
    let mut routing: RoutingSettings = toml::from_str(std::str::from_utf8(body)?)?;
    routing.policy = policy.parse()?;
    let mut ruled = documents.clone();
    ruled.insert(DocumentKind::Routing, "", toml::to_string(&routing)?.into_bytes());
    Ok(ruled)
}
