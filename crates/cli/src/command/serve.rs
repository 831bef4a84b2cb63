//! `pointsman serve`: the HTTP door of a workspace.

use anyhow::Context;
use pointsman_server::{ServeConfig, daemon};

use crate::args::Serve;
use crate::settings::Settings;
use crate::{Done, store, workspace};

pub fn run(args: &Serve) -> anyhow::Result<Done> {
    daemon::log_to_stderr();
    daemon::run(prepare(args)?).map_err(anyhow::Error::msg)?;
    Ok(Done::Fine)
}

/// Checks the folder, applies it where that was asked for, and says how it differs from what is live.
fn prepare(args: &Serve) -> anyhow::Result<ServeConfig> {
    let settings = Settings::read(&args.workspace)?;
    workspace::check(&args.workspace)?;
    let documents = {
        let opened = store::write(&args.workspace)?;
        let snapshot = store::over_live(&opened.live, workspace::check_over(&args.workspace, &opened.live)?)?;
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
    let mut config = settings.serve_config(&args.workspace)?;
    if let Some(listen) = &args.listen {
        config.listen =
            listen.parse().with_context(|| format!("'{listen}' is no address: write for example 127.0.0.1:7171"))?;
    }
    let keys = daemon::keys_of_environment().map_err(anyhow::Error::msg)?;
    Ok(ServeConfig { keys, documents: Some(documents), ..config })
}
