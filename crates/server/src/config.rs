//! What serving needs to be told.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use pointsman_decision::DocumentSet;
use pointsman_domain::{Digest, Micros};
use pointsman_measure::kpi::KpiSpec;
use pointsman_report::Locale;
use pointsman_store::Location;

use crate::{
    access::{RepFigures, Scopes},
    api::hooks::Hook,
    deliver::Sink,
    listen::Connections,
    traces::TraceConfig,
};

/// Settings of one server, resolved.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// The workspace's name, as pages show it.
    pub workspace: String,
    /// Its folder: holds the lock and, by default, the store.
    pub folder: PathBuf,
    pub store: Location,
    pub listen: SocketAddr,
    /// Keys of the environment, besides those that the store keeps. Without any key or user the
    /// server listens on loopback only.
    pub keys: Vec<ApiKey>,
    /// Requests a second of one key, unless the key says otherwise.
    pub rate: u32,
    /// Which roles see figures of single reps.
    pub figures: RepFigures,
    /// People reach the server over TLS: cookies are sent over nothing else.
    pub https: bool,
    /// What figures mean here: `kpi.toml`.
    pub kpi: KpiSpec,
    /// Applied to a store to which nothing was applied yet.
    pub documents: Option<DocumentSet>,
    /// An open lead of the same person this far back is the same enquiry.
    pub duplicate_window: Micros,
    /// Whose phone numbers are written without a country.
    pub country: String,
    /// A request that takes longer is given up; what it asked for may still be done.
    pub timeout: Duration,
    pub connections: Connections,
    /// Commands that may wait before new ones are refused.
    pub queue: usize,
    /// Where people reach the server: for links in messages.
    pub public_url: Option<String>,
    /// Of pages, where neither the reader nor their browser says one.
    pub language: Locale,
    /// Threads that read, each with a connection, at most; 0 is the usual number.
    pub readers: usize,
    /// Systems that send by themselves.
    pub hooks: Vec<Arc<Hook>>,
    /// Systems that are told what happens.
    pub sinks: Vec<Arc<Sink>>,
    /// Where traces go; nowhere, if absent.
    pub traces: Option<Arc<TraceConfig>>,
}

impl ServeConfig {
    /// The usual settings for a workspace folder.
    pub fn of_folder(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            workspace: folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            store: Location::Sqlite(folder.join("pointsman.db")),
            folder,
            listen: SocketAddr::from(([127, 0, 0, 1], 7300)),
            keys: Vec::new(),
            rate: 20_000,
            figures: RepFigures::default(),
            https: false,
            kpi: KpiSpec::default(),
            documents: None,
            duplicate_window: Micros::DAY.times(14),
            country: "DE".into(),
            timeout: Duration::from_secs(10),
            connections: Connections::default(),
            queue: 4096,
            readers: 0,
            public_url: None,
            language: Locale::En,
            hooks: Vec::new(),
            sinks: Vec::new(),
            traces: None,
        }
    }
}

/// A key that may be sent as `Authorization: Bearer …`. Only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Who uses it; the actor of what it does.
    pub name: String,
    /// SHA-256 of the key's text.
    pub hash: Digest,
    pub scopes: Scopes,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "refusing to listen on {0} without an API key: make one with 'pointsman keys new', set POINTSMAN_API_KEYS=NAME:KEY, or listen on 127.0.0.1"
    )]
    OpenWithoutKey(SocketAddr),
    #[error("cannot listen on {address}: is another program using it?")]
    Listen {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] pointsman_store::StoreError),
    #[error("the documents do not compile:\n{0}")]
    Documents(String),
    #[error("the documents were not applied: {0}")]
    Declined(#[from] pointsman_store::Declined),
    #[error("cannot start what sends traces")]
    Traces(#[source] std::io::Error),
    #[error("serving failed")]
    Serve(#[source] std::io::Error),
}

/// Whether this address may be served with or without keys.
pub fn check_exposure(listen: SocketAddr, open: bool) -> Result<(), StartError> {
    if open && !listen.ip().is_loopback() { Err(StartError::OpenWithoutKey(listen)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_let_in_from_outside_without_a_key() {
        let here = SocketAddr::from(([127, 0, 0, 1], 80));
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 80));
        assert!(check_exposure(here, true).is_ok() && check_exposure(everywhere, false).is_ok());
        let error = check_exposure(everywhere, true).expect_err("open to all").to_string();
        assert!(error.contains("0.0.0.0:80") && error.contains("pointsman keys new"), "{error}");
    }
}
