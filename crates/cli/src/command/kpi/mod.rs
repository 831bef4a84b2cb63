//! `pointsman kpi`: figures of a company in operation.

mod days;
pub mod input;
mod list;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pointsman_measure::kpi::{Breakdown, Days, Dimension, Kpi, KpiResult, Measured, Selection};
use pointsman_pipeline::file_digest;
use pointsman_report::{
    Cx, Day, Page,
    file::stand_alone,
    kpi::{self as report, About, DetailReport, KpiReport},
    part::{Document, DocumentKind, Provenance},
    words::kpi as words,
};
use serde::Serialize;
use serde_json::json;

use crate::args::kpi::KpiArgs;
use crate::{Done, output};
use input::Measuring;

/// What a figure's own page tells it by.
const BY: [Dimension; 7] = [
    Dimension::Team,
    Dimension::Rep,
    Dimension::Source,
    Dimension::Segment,
    Dimension::Path,
    Dimension::Rule,
    Dimension::Variant,
];

pub fn run(args: &KpiArgs) -> anyhow::Result<Done> {
    let measuring = Measuring::read(&args.workspace, args.condition.as_deref(), args.imported)?;
    let (selection, days) = (measuring.selection(&args.filters)?, measuring.days(&args.period)?);
    let about = about(args, &measuring, &selection, days)?;
    match args.kpi.as_slice() {
        [kpi] if args.list => list::run(args, *kpi, &measuring, &selection.in_days(days), about),
        _ if args.list => bail!("--list is of one figure: --kpi lost-leads --list"),
        _ if args.by.is_some() => breakdowns(args, &measuring, &selection.in_days(days)),
        [kpi] => detail(args, *kpi, &measuring, &selection, days, about),
        kpis => overview(args, kpis, &measuring, &selection, days, about),
    }
}

fn overview(
    args: &KpiArgs,
    kpis: &[Kpi],
    measuring: &Measuring,
    selection: &Selection,
    days: Days,
    about: About,
) -> anyhow::Result<Done> {
    let found = measuring.kpis().overview(selection, days, !args.no_reps);
    let report = KpiReport { about, overview: &found, spec: &measuring.spec };
    let written = write(args.html.as_deref(), &report, |other, cx| report::page(&report, other, cx))?;
    if args.json {
        output::json(&report)?;
        return Ok(Done::Fine);
    }
    let wanted = |kpi: Kpi| kpis.is_empty() || kpis.contains(&kpi);
    let rows: Vec<(KpiResult, KpiResult)> = found.figures.iter().copied().filter(|(now, _)| wanted(now.kpi)).collect();
    let page = report::page(&report, None, Cx::EN);
    let sentence = page.sections.first().map(|section| section.sentence.clone()).unwrap_or_default();
    output::text(format!("{}\n{sentence}\n\n{}", page.kicker, table(&rows, measuring)))?;
    say(&written);
    Ok(Done::Fine)
}

fn detail(
    args: &KpiArgs,
    kpi: Kpi,
    measuring: &Measuring,
    selection: &Selection,
    days: Days,
    about: About,
) -> anyhow::Result<Done> {
    let dimensions: Vec<Dimension> =
        BY.into_iter().filter(|dimension| !(args.no_reps && *dimension == Dimension::Rep)).collect();
    let found = measuring.kpis().detail(kpi, selection, days, &dimensions);
    let report = DetailReport { about, detail: &found, spec: &measuring.spec };
    let written = write(args.html.as_deref(), &report, |other, cx| report::detail_page(&report, other, cx))?;
    if args.json {
        output::json(&report)?;
        return Ok(Done::Fine);
    }
    let rows = table(&[(found.figure.now, found.figure.before)], measuring);
    let l = Cx::EN.locale;
    output::text(format!("{}\n{}\n\n{rows}", words::meaning_of(l, kpi), kpi.formula()))?;
    say(&written);
    Ok(Done::Fine)
}

fn breakdowns(args: &KpiArgs, measuring: &Measuring, selection: &Selection) -> anyhow::Result<Done> {
    let Some(dimension) = args.by else { bail!("--by is missing") };
    if args.no_reps && dimension == Dimension::Rep {
        bail!("--no-reps leaves out what --by rep asks for");
    }
    let kpis = if args.kpi.is_empty() { Kpi::TILES.to_vec() } else { args.kpi.clone() };
    let found: Vec<Breakdown> =
        kpis.into_iter().map(|kpi| measuring.kpis().breakdown(kpi, selection, dimension)).collect();
    if args.json {
        output::json(&found)?;
    } else {
        let tables: Vec<String> = found.iter().map(|breakdown| by_group(breakdown, dimension, measuring)).collect();
        output::text(tables.join("\n\n"))?;
    }
    Ok(Done::Fine)
}

fn by_group(breakdown: &Breakdown, dimension: Dimension, measuring: &Measuring) -> String {
    let l = Cx::EN.locale;
    let row = |name: String, result: &KpiResult, last: String| {
        let [value, range] = shown(result, measuring);
        vec![name, value, range, l.count(result.n), l.count(result.pending), last]
    };
    let mut rows = vec![row(words::all_together(l), &breakdown.all, String::new())];
    rows.extend(breakdown.groups.iter().map(|group| {
        let name = if group.text.is_empty() { words::unknown(l) } else { group.text.to_string() };
        let apart = if group.distinguishable { "yes" } else { "no" };
        row(name, &group.result, breakdown.spread.map_or(String::new(), |_| apart.to_owned()))
    }));
    let head = [dimension.slug(), breakdown.kpi.slug(), "95%", "n", "pending", "told apart"];
    output::table(&head, &rows)
}

/// Figures now and before; those without a value below, by reason.
fn table(rows: &[(KpiResult, KpiResult)], measuring: &Measuring) -> String {
    let l = Cx::EN.locale;
    let measured = rows.iter().filter(|(now, _)| now.value().is_some()).map(|(now, before)| {
        let [value, range] = shown(now, measuring);
        let earlier = before.value().map_or("–".to_owned(), |_| shown(before, measuring)[0].clone());
        vec![now.kpi.slug().to_owned(), value, range, l.count(now.n), l.count(now.pending), earlier]
    });
    let measured: Vec<Vec<String>> = measured.collect();
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (now, _) in rows.iter().filter(|(now, _)| now.value().is_none()) {
        let [reason, _] = shown(now, measuring);
        reasons.entry(reason).or_default().push(now.kpi.slug());
    }
    let head = ["figure", "value", "95%", "n", "pending", "before"];
    let mut parts = Vec::new();
    if !measured.is_empty() {
        parts.push(output::table(&head, &measured));
    }
    if !reasons.is_empty() {
        let lines = reasons.iter().map(|(reason, kpis)| format!("{reason}: {}", kpis.join(", ")));
        parts.push(lines.collect::<Vec<_>>().join("\n"));
    }
    parts.join("\n\n")
}

fn shown(result: &KpiResult, measuring: &Measuring) -> [String; 2] {
    let l = Cx::EN.locale;
    match result.measured {
        Measured::Value(value) => [
            report::show(l, result.kpi, value.value, measuring.currency),
            report::show_range(l, result.kpi, value, measuring.currency),
        ],
        Measured::NotMeasured(why) => [format!("not measured: {}", words::why_not(l, why)), String::new()],
    }
}

/// English into the named file, German beside it.
pub fn write<T: Serialize>(
    html: Option<&Path>,
    result: &T,
    page: impl Fn(Option<String>, Cx) -> Page,
) -> anyhow::Result<Vec<PathBuf>> {
    let Some(path) = html else { return Ok(Vec::new()) };
    let german = path.with_extension("de.html");
    if german == path {
        bail!("{} would be written twice: leave out '.de'", path.display());
    }
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    for (cx, file, other) in [(Cx::EN, path, german.as_path()), (Cx::DE, german.as_path(), path)] {
        let text = stand_alone(&page(name(other), cx), result, cx)?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(vec![path.to_owned(), german])
}

pub fn say(written: &[PathBuf]) {
    written.iter().for_each(|path| output::note(format!("{}", path.display())));
}

fn about(args: &KpiArgs, measuring: &Measuring, selection: &Selection, days: Days) -> anyhow::Result<About> {
    let day = |day: i32| Day::from_unix_days(i64::from(day));
    let text = |name: &Option<_>| name.map_or("", |name| measuring.names.text(name)).to_owned();
    let filter = |filter: &pointsman_measure::kpi::Filter| {
        (filter.dimension, filter.names.iter().map(text).collect::<Vec<_>>().join(", "))
    };
    Ok(About {
        from: day(days.from.0),
        until: day(days.until.0 - 1),
        as_of: measuring.day(measuring.table.as_of()),
        leads: measuring.kpis().count(&selection.in_days(days)),
        filters: selection.filters.iter().map(filter).collect(),
        currency: measuring.currency,
        links: None,
        provenance: provenance(&args.workspace, command(args))?,
    })
}

fn command(args: &KpiArgs) -> String {
    let mut command = String::from("pointsman kpi --workspace DIR");
    let period = &args.period;
    for (name, value) in
        [("quarter", &period.quarter), ("from", &period.from), ("until", &period.until), ("where", &args.condition)]
    {
        if let Some(value) = value {
            command.push_str(&format!(" --{name} '{value}'"));
        }
    }
    args.filters.iter().for_each(|filter| command.push_str(&format!(" --filter '{filter}'")));
    if !args.kpi.is_empty() {
        let kpis: Vec<&str> = args.kpi.iter().map(|kpi| kpi.slug()).collect();
        command.push_str(&format!(" --kpi {}", kpis.join(",")));
    }
    command
}

/// Everything that makes the same numbers again.
pub fn provenance(folder: &Path, command: String) -> anyhow::Result<Provenance> {
    let mut documents = Vec::new();
    let files = ["leads", "activities", "assignments", "outcomes", "feedback", "reps"];
    let named = files.map(|file| (file.to_owned(), folder.join("data").join(format!("{file}.parquet"))));
    let spec = [("kpi.toml".to_owned(), folder.join("kpi.toml"))];
    for (name, path) in named.into_iter().chain(spec).filter(|(_, path)| path.exists()) {
        let digest = file_digest(&path).with_context(|| format!("cannot read {}", path.display()))?;
        documents.push(Document { kind: DocumentKind::Data, name, version: String::new(), digest });
    }
    let engine = format!("pointsman {}", env!("CARGO_PKG_VERSION"));
    Ok(Provenance { engine, documents, seeds: Vec::new(), command })
}

/// A list as JSON: ids first.
fn listed(list: &pointsman_measure::kpi::List) -> serde_json::Value {
    json!({ "total": list.total, "leads": list.leads })
}
