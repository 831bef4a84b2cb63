//! `pointsman absences`: what is known, and what an HR system says.

use anyhow::{Context, bail};
use pointsman_decision::document::{LIVE_ABSENCES, away_files};
use pointsman_decision::{DocumentSet, Snapshot};
use pointsman_domain::RepIndex;
use pointsman_rules::{
    AwayFile,
    hr::{self, HrFault, HrFile, HrReading},
    roll::find_rep,
};
use pointsman_server::api::absences::views;
use pointsman_workhours::Zone;
use serde_json::json;

use super::reps::{local, standing};
use crate::args::{Absences, AbsencesImport};
use crate::{Done, clock, output, store, workspace};

pub fn run(args: &Absences) -> anyhow::Result<Done> {
    match args {
        Absences::List { workspace, json } => list(workspace, *json),
        Absences::Import(args) => import(args),
    }
}

fn list(folder: &std::path::Path, json: bool) -> anyhow::Result<Done> {
    let (snapshot, _) = standing(folder)?;
    let known = views(&snapshot, clock::now());
    if json {
        output::json(&known)?;
        return Ok(Done::Fine);
    }
    let zone = Zone::new(&snapshot.zone)?;
    let minute = |at| local(at, &zone);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for absence in known.absences {
        let what = absence.backup.map_or_else(|| "absent".into(), |backup| format!("absent, {backup} stands in"));
        let until = absence.until.map_or_else(|| "not known".into(), minute);
        rows.push(vec![absence.rep.to_string(), what, minute(absence.from), until, absence.source.into(), absence.id]);
    }
    for o in known.overrides {
        let place = o.pool.map_or_else(String::new, |pool| format!(" in {pool}"));
        let what = o.to.map_or_else(|| format!("takes nothing{place}"), |to| format!("leads{place} go to {to}"));
        let from = o.from.map_or_else(String::new, minute);
        rows.push(vec![o.rep.to_string(), what, from, minute(o.until), o.source.into(), o.id]);
    }
    match rows.is_empty() {
        true => output::text("nobody is away, and nobody will be")?,
        false => {
            let table = output::table(&["rep", "what", "from", "until", "source", "id"], &rows);
            output::text(format!("{table}\ntimes in {}", zone.name()))?;
        }
    }
    Ok(Done::Fine)
}

fn import(args: &AbsencesImport) -> anyhow::Result<Done> {
    let text = std::fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let text = String::from_utf8(text).with_context(|| format!("{} is not UTF-8", args.file.display()))?;
    let stem = args.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("import");
    let source = args.source.as_deref().unwrap_or(stem);
    if ["file", "api"].contains(&source) {
        bail!("--source '{source}' is taken: it means absences.toml or what is posted one by one");
    }
    let opened = store::write(&args.workspace).with_context(|| {
        format!(
            "absences are not imported; beside a running server send the file to it: curl --data-binary @{} \
             'http://ADDRESS/v1/absences/import?source={source}'",
            args.file.display()
        )
    })?;
    let base = match opened.live.iter().next() {
        Some(_) => opened.live.clone(),
        None => workspace::documents(&args.workspace)?,
    };
    let snapshot = compiled(base)?;
    let read = read(args, &text, source, &snapshot)?;
    let found = (read.absences.len(), read.unknown);
    let mut file = live(&snapshot.documents);
    let (added, removed) = file.replace(source, read.absences);
    let mut documents = snapshot.documents.clone();
    documents.keep_away(LIVE_ABSENCES, &file);
    let changed = documents != opened.live;
    let after = compiled(documents)?;
    let id = after.id;
    if changed && !args.dry_run {
        store::switch(&*opened.store, after, "command line", &format!("absences from {source}"))?;
    }
    let skipped: Vec<String> = found.1.iter().map(ToString::to_string).collect();
    if args.json {
        let absences = found.0;
        output::json(&json!({
            "source": source, "absences": absences, "added": added, "removed": removed, "skipped": skipped,
            "applied": changed && !args.dry_run, "snapshot": id,
        }))?;
    } else {
        skipped.iter().for_each(|row| output::note(format!("skipped {row}")));
        let verb = if args.dry_run { "would be" } else { "are" };
        output::text(format!(
            "{} absences of {source} {verb} live: {added} new, {removed} gone, {} skipped",
            found.0,
            skipped.len()
        ))?;
    }
    Ok(Done::Fine)
}

fn live(documents: &DocumentSet) -> AwayFile {
    let files = away_files(documents).into_iter();
    files.filter(|(name, _)| &**name == LIVE_ABSENCES).map(|(_, file)| file).next().unwrap_or_else(AwayFile::empty)
}

fn compiled(documents: DocumentSet) -> anyhow::Result<Snapshot> {
    Snapshot::compile(documents).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
        anyhow::anyhow!("this does not go live:\n{}", lines.join("\n"))
    })
}

/// Rows shown of a file that is refused.
const SHOWN: usize = 10;

fn read(args: &AbsencesImport, text: &str, source: &str, snapshot: &Snapshot) -> anyhow::Result<HrFile> {
    let whose =
        |text: &String| find_rep(&snapshot.roster, text).with_context(|| format!("--rep: nobody is called '{text}'"));
    let rep = args.rep.as_ref().map(whose).transpose()?;
    let zone_of = |rep: RepIndex| snapshot.calendar(rep).zone().clone();
    let reading = HrReading { roster: &snapshot.roster, zone_of: &zone_of, source, known_at: clock::now(), rep };
    let file = hr::read(text, reading).with_context(|| format!("{} is refused", args.file.display()))?;
    let unknown = if args.skip_unknown { &[][..] } else { &file.unknown[..] };
    let faults: Vec<&HrFault> = unknown.iter().chain(&file.faults).collect();
    if !faults.is_empty() {
        let lines: Vec<String> = faults.iter().take(SHOWN).map(|fault| format!("  {fault}")).collect();
        let hint = if unknown.is_empty() {
            ""
        } else {
            "\n  (--skip-unknown leaves out people whom the roster does not list)"
        };
        bail!("{}: {} rows cannot be taken\n{}{hint}", args.file.display(), faults.len(), lines.join("\n"));
    }
    Ok(file)
}
