//! `pointsman serve`: the HTTP door of a workspace.

use anyhow::Context;
use pointsman_domain::Micros;
use pointsman_server::{ServeConfig, asked_to_end, serve};
use tokio::sync::oneshot;

use crate::args::Serve;
use crate::settings::Settings;
use crate::{Done, store, workspace};

pub fn run(args: &Serve) -> anyhow::Result<Done> {
    log_to_stderr();
    let config = prepare(args)?;
    let folder = args.workspace.display().to_string();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(async {
        let (ready, told) = oneshot::channel();
        tokio::spawn(async move {
            if let Ok(address) = told.await {
                eprintln!("serving {folder} at http://{address}  (API description: /docs, end with Ctrl-C)");
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
    let documents = snapshot.documents.clone();
    {
        let opened = store::write(&args.workspace)?;
        let differences = store::differences(&opened.live, &documents);
        let empty = opened.live.iter().next().is_none();
        match (args.apply, empty || differences.is_empty()) {
            (true, false) => store::switch(&opened.store, snapshot, "serve --apply", "")?,
            (false, false) => {
                eprintln!("the files differ from what is live, which is what is served (make them live with --apply):");
                differences.iter().for_each(|line| eprintln!("  {line}"));
            }
            // An empty store takes the folder as it starts.
            (_, true) => {}
        }
    }
    let listen = args.listen.as_deref().unwrap_or(&settings.server.listen);
    let listen =
        listen.parse().with_context(|| format!("'{listen}' is no address: write for example 127.0.0.1:7171"))?;
    Ok(ServeConfig {
        database: settings.sqlite_file(&args.workspace)?,
        listen,
        documents: Some(documents),
        duplicate_window: Micros::DAY.times(i64::from(settings.server.duplicate_days)),
        ..ServeConfig::of_folder(&args.workspace)
    })
}

/// Log lines as JSON on stderr, warnings and worse unless `POINTSMAN_LOG` says otherwise.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_env_var("POINTSMAN_LOG")
        .with_default_directive(tracing_subscriber::filter::LevelFilter::WARN.into());
    let subscriber =
        tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_env_filter(filter.from_env_lossy());
    // A second call in one process (the demo serves at its end) keeps the first.
    let _kept = subscriber.try_init();
}
