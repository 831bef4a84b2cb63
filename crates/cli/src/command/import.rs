//! `pointsman import`: history in.

use anyhow::Context;
use pointsman_intake::Mapping;
use pointsman_pipeline::{ImportReport, ImportRequest, Progress, import};

use crate::args::Import;
use crate::{Done, output};

pub fn run(args: &Import) -> anyhow::Result<Done> {
    let report = import_files(args)?;
    if args.json {
        output::json(&report)?;
    } else {
        output::text(describe(&report))?;
    }
    Ok(Done::Fine)
}

/// Reads the mapping and imports, with a bar on stderr.
pub fn import_files(args: &Import) -> anyhow::Result<ImportReport> {
    let text = std::fs::read_to_string(&args.mapping);
    let text = text.with_context(|| format!("cannot read the mapping {}", args.mapping.display()))?;
    let mapping = Mapping::parse(&text).with_context(|| format!("mapping {}", args.mapping.display()))?;
    import_with_bar(&mapping, args)
}

fn import_with_bar(mapping: &Mapping, args: &Import) -> anyhow::Result<ImportReport> {
    let bar = output::bar("reading", 0);
    let mut progress = |now: Progress<'_>| {
        bar.set_length(now.bytes_total);
        bar.set_position(now.bytes_read);
    };
    let request = ImportRequest {
        mapping,
        inputs: &args.inputs,
        into_dir: &args.into,
        max_set_aside: args.max_set_aside,
        progress: &mut progress,
    };
    let report = import(request);
    bar.finish_and_clear();
    Ok(report?)
}

/// What was read and what was written, so that the counts can be added up.
pub fn describe(report: &ImportReport) -> String {
    let files: Vec<Vec<String>> = report
        .files
        .iter()
        .map(|f| vec![f.file.to_string(), f.rows_read.to_string(), f.taken.to_string(), f.set_aside.to_string()])
        .collect();
    let tables: Vec<Vec<String>> = report.tables.iter().map(|t| vec![t.table.to_owned(), t.rows.to_string()]).collect();
    let mut text = output::table(&["file", "rows read", "taken", "set aside"], &files);
    text.push_str("\n\n");
    text.push_str(&output::table(&["table", "rows written"], &tables));
    if report.files.iter().any(|f| f.set_aside > 0) {
        text.push_str("\n\nrows set aside are listed with line, column and reason in data/set-aside.csv");
    }
    if report.known_at_from_at {
        text.push_str("\nthe source does not say when facts became known: the time they happened is used");
    }
    text
}
