//! `pointsman export`: the views that analysts read as files, and the candidates of decisions.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, bail};
use pointsman_decision::{Facts, Snapshot, explain};
use pointsman_domain::{Digest, Instant, Reason};
use pointsman_pipeline::{Field, FileFormat, TableFile, tables::Kind as Column};
use pointsman_server::{
    kpi::{Measured, keep_days, nothing_kept},
    settings::figures as figures_spec,
};
use pointsman_store::{
    Projector, Reader, Store, StoreError,
    backend::StoredDecision,
    load::Cell,
    view::{Kind, VIEWS, View},
};
use serde_json::json;

use crate::args::{Export, ExportFormat};
use crate::{Done, clock, output, store, workspace};

/// The table that no view holds: it is decoded from traces.
const CANDIDATE: &str = "candidate";

pub fn run(args: &Export) -> anyhow::Result<Done> {
    let (views, candidates) = wanted(&args.tables)?;
    let format = match args.format {
        ExportFormat::Parquet => FileFormat::Parquet,
        ExportFormat::Csv => FileFormat::Csv,
    };
    let opened = store::open_existing(&args.workspace)?;
    let mut projector = Projector::new(&*opened)?;
    let bar = output::spinner("bringing reports up to date");
    let seq = if args.rebuild { projector.rebuild() } else { projector.catch_up() };
    let seq = seq.and_then(|seq| projector.rep_days(clock::now()).map(|_| seq));
    let seq = seq.context("cannot bring what is reported up to date")?;
    keep_figures(&*opened, &mut projector, args)?;
    bar.finish_and_clear();
    std::fs::create_dir_all(&args.into).with_context(|| format!("cannot make {}", args.into.display()))?;
    let mut reader = opened.reader()?;
    let mut written = Vec::new();
    for view in views {
        let bar = output::spinner(&format!("writing {}", view.table()));
        let rows = write_view(&mut *reader, view, format, &args.into);
        bar.finish_and_clear();
        written.push((view.table(), rows.with_context(|| format!("cannot export {}", view.table()))?));
    }
    if candidates {
        let bar = output::spinner("writing candidate");
        let rows = write_candidates(&*opened, format, &args.into);
        bar.finish_and_clear();
        written.push((CANDIDATE, rows.context("cannot export candidate")?));
    }
    let head = reader.head()?;
    let tables: BTreeMap<_, _> = written.iter().map(|(table, rows)| (*table, rows)).collect();
    let manifest = json!({ "format": 1, "made_at": clock::now(), "seq": seq, "head": head.hash, "tables": tables });
    let path = args.into.join("export.json");
    std::fs::write(&path, serde_json::to_string_pretty(&manifest)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    if args.json {
        output::json(&manifest)?;
        return Ok(Done::Fine);
    }
    let rows: Vec<Vec<String>> =
        written.iter().map(|(table, rows)| vec![format!("{table}.{}", format.ending()), rows.to_string()]).collect();
    output::text(output::table(&["file", "rows"], &rows))?;
    output::text(format!("\nas of row {seq} of the record; docs/views.md describes every column"))?;
    Ok(Done::Fine)
}

/// Figures of days, as a running server keeps them.
fn keep_figures(opened: &dyn Store, projector: &mut Projector, args: &Export) -> anyhow::Result<()> {
    let mut reader = opened.reader()?;
    let Some(live) = reader.head()?.snapshot else { return Ok(()) };
    let documents = reader.documents(&live)?.context("the documents that are live are not stored")?;
    let live = workspace::compile(&args.workspace, documents)?;
    let spec = figures_spec(&args.workspace)?;
    let measured = Measured::read(&mut *reader, &live, spec, clock::now())?;
    let everything = args.rebuild || nothing_kept(&mut *reader)?;
    keep_days(&measured, projector, everything).context("cannot keep figures of days").map(drop)
}

/// The tables that were named; all views where none was.
fn wanted(names: &[String]) -> anyhow::Result<(Vec<&'static View>, bool)> {
    if names.is_empty() {
        return Ok((VIEWS.iter().collect(), false));
    }
    let mut views = Vec::new();
    for name in names.iter().filter(|name| *name != CANDIDATE) {
        let Some(view) = View::find(name) else {
            let known: Vec<&str> = VIEWS.iter().map(View::table).chain([CANDIDATE]).collect();
            bail!("there is no table '{name}': name one of {}", known.join(", "));
        };
        views.push(view);
    }
    Ok((views, names.iter().any(|name| name == CANDIDATE)))
}

fn column(kind: Kind) -> Column {
    match kind {
        Kind::Text => Column::Text,
        Kind::Integer | Kind::Money => Column::Integer,
        Kind::Number => Column::Number,
        Kind::Flag => Column::Flag,
        Kind::Time => Column::Time,
        Kind::Date => Column::Date,
    }
}

fn field<'a>(cell: &'a Cell<'_>, kind: Kind) -> Field<'a> {
    match (cell, kind) {
        (Cell::Text(text), _) => Field::Text(text.as_deref()),
        (Cell::Float(number), _) => Field::Number(*number),
        (Cell::Int(number), Kind::Flag) => Field::Flag(number.map(|flag| flag != 0)),
        (Cell::Int(number), Kind::Time) => Field::Time(number.map(Instant::from_unix_micros)),
        (Cell::Int(number), Kind::Date) => Field::Date(number.and_then(|day| i32::try_from(day).ok())),
        (Cell::Int(number), _) => Field::Integer(*number),
        (Cell::Bytes(_), _) => Field::Text(None),
    }
}

/// A fault of the file while a view is streamed.
fn unwritable(source: std::io::Error, path: &Path) -> StoreError {
    StoreError::File { what: "write into", path: path.to_owned(), source }
}

fn write_view(reader: &mut dyn Reader, view: &View, format: FileFormat, into: &Path) -> anyhow::Result<u64> {
    let columns: Vec<(&str, Column)> = view.columns.iter().map(|(name, kind)| (*name, column(*kind))).collect();
    let mut file = TableFile::create(into, view.table(), format, &columns)?;
    reader.view(view, &mut |cells| {
        let fields = cells.iter().zip(view.columns).map(|(cell, (_, kind))| field(cell, *kind));
        file.row(fields).map_err(|error| unwritable(error, into))
    })?;
    Ok(file.finish()?)
}

/// One row a candidate of a rung that a decision walked: `docs/views.md` has the columns.
pub const CANDIDATES: [(&str, Column); 15] = [
    ("seq", Column::Integer),
    ("lead_id", Column::Text),
    ("decided_at", Column::Time),
    ("rung", Column::Integer),
    ("rule", Column::Text),
    ("overflow", Column::Flag),
    ("verdict", Column::Text),
    ("pick", Column::Text),
    ("rep", Column::Text),
    ("chosen", Column::Flag),
    ("reason", Column::Text),
    ("score", Column::Number),
    ("price", Column::Number),
    ("net", Column::Number),
    ("free", Column::Integer),
];

/// Decisions read at once.
const PAGE: u32 = 512;

fn write_candidates(opened: &dyn Store, format: FileFormat, into: &Path) -> anyhow::Result<u64> {
    let (mut stream, mut documents) = (opened.reader()?, opened.reader()?);
    let mut file = TableFile::create(into, CANDIDATE, format, &CANDIDATES)?;
    let mut snapshots: BTreeMap<Digest, Option<Arc<Snapshot>>> = BTreeMap::new();
    let (mut after, mut gone) = (0, 0);
    loop {
        let page = stream.decisions_after(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for stored in &page {
            let id = stored.decision.snapshot;
            let snapshot = match snapshots.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let set = documents.documents(&id)?;
                    place.insert(set.and_then(|set| Snapshot::compile(set).ok()).map(Arc::new))
                }
            };
            if !write_decision(stored, snapshot.as_ref(), &mut file)? {
                gone += 1;
            }
        }
    }
    if gone > 0 {
        output::note(format!(
            "{gone} decisions have no candidates any more: their facts were erased, or their trace aged out"
        ));
    }
    Ok(file.finish()?)
}

/// `false`: what it was taken on is not kept any more.
fn write_decision(
    stored: &StoredDecision,
    snapshot: Option<&Arc<Snapshot>>,
    file: &mut TableFile,
) -> anyhow::Result<bool> {
    let facts = stored.facts.as_deref().and_then(|facts| serde_json::from_slice::<Facts>(facts).ok());
    let (Some(snapshot), Some(facts), Some(trace)) = (snapshot, facts, &stored.trace) else { return Ok(false) };
    let explanation = explain(snapshot, &facts, &stored.decision, trace)?;
    let lead = stored.decision.lead.to_string();
    for (rung, row) in (0..).zip(&explanation.rungs) {
        let (verdict, pick) = (word(&row.verdict)?, word(&row.pick)?);
        let deciding = row.verdict == pointsman_decision::Verdict::Chosen;
        for candidate in &row.candidates {
            let reason = code(&candidate.reason)?;
            file.row([
                Field::Integer(Some(stored.seq as i64)),
                Field::Text(Some(&lead)),
                Field::Time(Some(stored.decision.decided_at)),
                Field::Integer(Some(rung)),
                Field::Text(Some(row.rule.as_str())),
                Field::Flag(Some(row.overflow)),
                Field::Text(Some(&verdict)),
                Field::Text(Some(&pick)),
                Field::Text(Some(candidate.rep.as_str())),
                Field::Flag(Some(deciding && stored.decision.owner() == Some(&candidate.rep))),
                Field::Text(Some(&reason)),
                Field::Number(candidate.score),
                Field::Number(candidate.price),
                Field::Number(candidate.net),
                Field::Integer(candidate.free.map(i64::from)),
            ])?;
        }
    }
    Ok(true)
}

/// The word that a closed list has in files.
fn word(value: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().to_owned())
}

/// The code of a reason, without its particulars.
fn code(reason: &Reason) -> anyhow::Result<String> {
    let told = serde_json::to_value(reason)?;
    let code = told.as_str().or_else(|| told.get("code").and_then(serde_json::Value::as_str));
    Ok(code.unwrap_or_default().to_owned())
}
