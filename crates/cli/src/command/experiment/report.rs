//! `experiment report`: one HTML file a language, of the last look.

use anyhow::{Context, bail};
use pointsman_domain::Instant;
use pointsman_report::{Cx, file::stand_alone};
use pointsman_server::experiment::{self, report::of_last_look};

use super::desk;
use crate::args::experiment::Report;
use crate::{Done, clock, output};

pub fn run(args: &Report) -> anyhow::Result<Done> {
    let mut live = desk::live(&args.at.workspace)?;
    let (mut one, spec) = experiment::find(&live.snapshot.documents, &args.id)?;
    if let Some(text) = &args.as_of {
        let at: Instant = text.parse().with_context(|| format!("--as-of '{text}'"))?;
        one.looks.retain(|look| look.at <= at);
    }
    if one.looks.is_empty() {
        bail!(
            "nobody has looked at '{0}' yet: pointsman experiment analyze {0} --workspace {1}",
            args.id,
            args.at.workspace.display()
        );
    }
    let Some(reader) = &mut live.reader else { bail!("{} has no store yet", args.at.workspace.display()) };
    let reported = of_last_look(&mut **reader, &live.snapshot, &one, &spec, clock::now())?;
    let english = args
        .output
        .clone()
        .unwrap_or_else(|| args.at.workspace.join("reports").join(format!("experiment-{}.html", args.id)));
    let german = english.with_extension("de.html");
    let cannot = || format!("cannot write {}", english.display());
    if let Some(folder) = english.parent() {
        std::fs::create_dir_all(folder).with_context(cannot)?;
    }
    let name = |path: &std::path::Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    for (cx, path, other) in [(Cx::EN, &english, &german), (Cx::DE, &german, &english)] {
        let page = reported.page(name(other), cx);
        std::fs::write(path, stand_alone(&page, &reported.result, cx)?).with_context(cannot)?;
    }
    match args.at.json {
        true => output::json(&serde_json::json!({ "files": [english, german], "result": reported.result }))?,
        false => output::text(format!("wrote {} and {}", english.display(), german.display()))?,
    }
    Ok(Done::Fine)
}
