//! Connections, and what each of them sets.

use std::{str::FromStr, time::Duration};

use sqlx::{Connection, PgConnection, Row, postgres::PgConnectOptions};
use tokio::runtime::{Builder, Runtime};

use super::fault::{is_lost, unavailable};
use crate::error::StoreError;

/// Longer than the server lets any statement run: whoever waits longer has lost the connection.
const PATIENCE: Duration = Duration::from_secs(15);
/// Statements kept prepared: all of ours.
const STATEMENTS: usize = 256;
/// The oldest server whose behaviour the contract suite has seen.
const OLDEST: i64 = 150_000;

/// Plans are made for what is asked: one that is kept from when a table was empty scans it whole
/// when it has millions of rows. And how a replica that dies, or whose network does, lets go of
/// the head: within seconds.
const SESSION: [(&str, &str); 8] = [
    ("plan_cache_mode", "force_custom_plan"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "5s"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
];

/// A URL as options. `schema=NAME` in its query names the company's schema.
pub fn options(url: &str) -> Result<(PgConnectOptions, Option<String>), StoreError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (schemas, others): (Vec<&str>, Vec<&str>) =
        query.split('&').filter(|part| !part.is_empty()).partition(|part| part.starts_with("schema="));
    let schema = schemas.first().and_then(|part| part.strip_prefix("schema=")).map(str::to_owned);
    let plain = |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if schema.as_ref().is_some_and(|name| !plain(name)) {
        return Err(StoreError::Url);
    }
    let url = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
    let mut options = PgConnectOptions::from_str(&url).map_err(|_| StoreError::Url)?;
    options = options.statement_cache_capacity(STATEMENTS).application_name("pointsman").options(SESSION);
    if let Some(schema) = &schema {
        options = options.options([("search_path", schema)]);
    }
    Ok((options, schema))
}

/// For connections that only ask for rows by their keys, thousands of times a second: a plan is made
/// once and kept, so it must not be one that scans whatever is small now.
const BY_KEYS: [(&str, &str); 6] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];

pub fn by_keys(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options(BY_KEYS)
}

/// One connection with a runtime of its own: whoever has it waits for it. A lost connection is
/// made anew by the next use.
pub struct Line {
    runtime: Runtime,
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl Line {
    pub fn open(options: &PgConnectOptions) -> Result<Self, StoreError> {
        let mut line = Self::unconnected(options).map_err(unavailable("start its connection"))?;
        line.run(async |_| Ok(())).map_err(unavailable("connect"))?;
        Ok(line)
    }

    /// One that is made by its first use.
    pub fn unconnected(options: &PgConnectOptions) -> sqlx::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, options: options.clone(), connection: None })
    }

    /// Runs `work` on the connection.
    pub fn run<T>(&mut self, work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>) -> sqlx::Result<T> {
        let (options, connection) = (&self.options, &mut self.connection);
        let done = self.runtime.block_on(async {
            let work = async {
                let connection = match connection {
                    Some(connection) => connection,
                    None => connection.insert(PgConnection::connect_with(options).await?),
                };
                work(connection).await
            };
            let slow = || sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
            tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(slow()))
        });
        if done.as_ref().is_err_and(is_lost) {
            self.hang_up();
        }
        done
    }

    /// Forgets the connection; the server rolls back what it had open.
    pub fn hang_up(&mut self) {
        self.connection = None;
    }

    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

/// Whether this server keeps what it says it keeps.
pub fn check(line: &mut Line) -> Result<(), StoreError> {
    let settings = line.run(async |connection| {
        let sql = "SELECT name, setting FROM pg_settings
            WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'server_version_num') ORDER BY name";
        let rows = sqlx::query(sql).fetch_all(connection).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<sqlx::Result<Vec<(String, String)>>>()
    });
    for (name, setting) in settings.map_err(unavailable("read the server's settings"))? {
        let holds = match &*name {
            "server_version_num" => setting.parse::<i64>().is_ok_and(|version| version >= OLDEST),
            _ => setting != "off",
        };
        if !holds {
            return Err(StoreError::Setting { name, setting });
        }
    }
    Ok(())
}
