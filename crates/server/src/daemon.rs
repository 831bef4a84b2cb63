//! A process that serves, from its settings to its exit code.

use std::{io::Write, path::Path, process::ExitCode};

use pointsman_domain::Digest;
use tokio::sync::oneshot;

use crate::{ApiKey, ServeConfig, access::Scopes, asked_to_end, listen::raise_file_limit, serve, settings::Settings};

/// Where further keys are read from.
const KEYS: &str = "POINTSMAN_API_KEYS";
/// Shorter keys can be guessed.
const SHORTEST_KEY: usize = 24;

/// Serves the store of a workspace until the process is asked to end.
pub fn daemon(folder: &Path) -> ExitCode {
    log_to_stderr();
    let config = Settings::read(folder).map_err(|error| error.to_string());
    let config = config.and_then(|settings| settings.serve_config(folder).map_err(|error| error.to_string()));
    let served = config.and_then(|config| run(ServeConfig { keys: keys_of_environment()?, ..config }));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("pointsmand: {error}"));
            ExitCode::from(2)
        }
    }
}

/// Runs a server in this process and says where it listens.
pub fn run(config: ServeConfig) -> Result<(), String> {
    let folder = config.folder.display().to_string();
    let files = raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start threads: {error}"))?;
    runtime.block_on(async {
        let (ready, told) = oneshot::channel();
        tokio::spawn(async move {
            if let Ok(address) = told.await {
                let files = files.map_or_else(String::new, |files| format!("\n  files  {files} may be open"));
                say(&format!(
                    "serving {folder} at http://{address}  (end with Ctrl-C)\n  today  http://{address}/\n  \
                     leads  http://{address}/leads\n  API    http://{address}/docs{files}"
                ));
            }
        });
        serve(config, Some(ready), asked_to_end()).await.map_err(|error| chain(&error))
    })
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Nobody reading there any more is no reason to stop serving.
fn say(text: &str) {
    let _nobody_listens = writeln!(std::io::stderr(), "{text}");
}

/// The keys that may be sent as `Authorization: Bearer KEY`, from `POINTSMAN_API_KEYS`:
/// `NAME:KEY`, several with commas between them. They may do everything; only their hashes are kept.
#[expect(clippy::disallowed_methods, reason = "a process is an edge: secrets come from its environment")]
pub fn keys_of_environment() -> Result<Vec<ApiKey>, String> {
    let Ok(text) = std::env::var(KEYS) else { return Ok(Vec::new()) };
    text.split(',').filter(|part| !part.trim().is_empty()).map(key).collect()
}

fn key(text: &str) -> Result<ApiKey, String> {
    match text.trim().split_once(':') {
        Some((name, key)) if !name.is_empty() && key.len() >= SHORTEST_KEY => {
            let hash: Digest = pointsman_store::log::digest(key.as_bytes());
            Ok(ApiKey { name: name.to_owned(), hash, scopes: Scopes::all() })
        }
        _ => {
            Err(format!("{KEYS} holds something that is not NAME:KEY with a key of at least {SHORTEST_KEY} characters"))
        }
    }
}

/// Log lines as JSON on stderr, warnings and worse unless `POINTSMAN_LOG` says otherwise.
pub fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_env_var("POINTSMAN_LOG")
        .with_default_directive(tracing_subscriber::filter::LevelFilter::WARN.into());
    let subscriber = tracing_subscriber::fmt()
        .log_internal_errors(false)
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(filter.from_env_lossy());
    // A second call in one process (the demo serves at its end) keeps the first.
    let _kept = subscriber.try_init();
}
