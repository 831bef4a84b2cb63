//! `pointsman serve`: the HTTP door of a workspace.

use anyhow::{Context, bail};
use pointsman_domain::Micros;
use pointsman_server::{ApiKey, ServeConfig, access::Scopes, asked_to_end, serve};
use tokio::sync::oneshot;

use crate::args::Serve;
use crate::settings::Settings;
use crate::{Done, output, store, workspace};

/// Where the API keys are read from.
const KEYS: &str = "POINTSMAN_API_KEYS";
/// Shorter keys can be guessed.
const SHORTEST_KEY: usize = 24;

pub fn run(args: &Serve) -> anyhow::Result<Done> {
    log_to_stderr();
    let config = prepare(args)?;
    let folder = args.workspace.display().to_string();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(async {
        let (ready, told) = oneshot::channel();
        tokio::spawn(async move {
            if let Ok(address) = told.await {
                output::note(format!(
                    "serving {folder} at http://{address}  (end with Ctrl-C)\n  today  http://{address}/\n  \
                     leads  http://{address}/leads\n  API    http://{address}/docs"
                ));
            }
        });
        serve(config, Some(ready), asked_to_end()).await
    })?;
    Ok(Done::Fine)
}

/// Checks the folder, applies it where that was asked for, and says how it differs from what is live.
fn prepare(args: &Serve) -> anyhow::Result<ServeConfig> {
    let settings = Settings::read(&args.workspace)?;
    let snapshot = workspace::check(&args.workspace)?;
    let documents = {
        let opened = store::write(&args.workspace)?;
        let snapshot = store::over_live(&opened.live, snapshot)?;
        let documents = snapshot.documents.clone();
        let differences = store::differences(&opened.live, &documents);
        let empty = opened.live.iter().next().is_none();
        match (args.apply, empty || differences.is_empty()) {
            (true, false) => store::switch(&*opened.store, snapshot, "serve --apply", "")?,
            (false, false) => {
                eprintln!("the files differ from what is live, which is what is served (make them live with --apply):");
                differences.iter().for_each(|line| eprintln!("  {line}"));
            }
            // An empty store takes the folder as it starts.
            (_, true) => {}
        }
        documents
    };
    let listen = args.listen.as_deref().unwrap_or(&settings.server.listen);
    let listen =
        listen.parse().with_context(|| format!("'{listen}' is no address: write for example 127.0.0.1:7171"))?;
    Ok(ServeConfig {
        store: settings.store(&args.workspace)?,
        listen,
        keys: keys()?,
        documents: Some(documents),
        duplicate_window: Micros::DAY.times(i64::from(settings.server.duplicate_days)),
        ..ServeConfig::of_folder(&args.workspace)
    })
}

/// The keys that may be sent as `Authorization: Bearer KEY`, from `POINTSMAN_API_KEYS`:
/// `NAME:KEY`, several with commas between them. Only their hashes are kept.
#[expect(clippy::disallowed_methods, reason = "the command line is an edge: secrets come from its environment")]
fn keys() -> anyhow::Result<Vec<ApiKey>> {
    let Ok(text) = std::env::var(KEYS) else { return Ok(Vec::new()) };
    text.split(',').filter(|part| !part.trim().is_empty()).map(key).collect()
}

fn key(text: &str) -> anyhow::Result<ApiKey> {
    match text.trim().split_once(':') {
        Some((name, key)) if !name.is_empty() && key.len() >= SHORTEST_KEY => {
            let hash = pointsman_decision::document::digest(key.as_bytes());
            Ok(ApiKey { name: name.to_owned(), hash, scopes: Scopes::all() })
        }
        _ => bail!("{KEYS} holds something that is not NAME:KEY with a key of at least {SHORTEST_KEY} characters"),
    }
}

/// Log lines as JSON on stderr, warnings and worse unless `POINTSMAN_LOG` says otherwise.
fn log_to_stderr() {
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
