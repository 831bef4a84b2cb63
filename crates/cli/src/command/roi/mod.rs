//! `pointsman roi`: what it brought in money, and how sure that is.

mod baseline;
mod count;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pointsman_domain::{Digest, Micros};
use pointsman_measure::roi::{Frozen, RoiResult, RoiSpec};
use pointsman_pipeline::file_digest;
use pointsman_report::{
    Cx,
    file::stand_alone,
    part::{Document, DocumentKind, Provenance},
    roi::{self as report, RoiReport},
};

use pointsman_server::roi::Returned;
use pointsman_store::Reports;

use crate::args::{Roi, RoiStep};
use crate::{Done, clock, output, settings::Settings, store};

pub fn run(args: &Roi) -> anyhow::Result<Done> {
    match (&args.step, &args.spec) {
        (Some(RoiStep::Baseline { spec, json }), _) => baseline::run(spec, *json),
        (Some(RoiStep::Count { workspace, from, until, maturity_days, condition, json }), _) => {
            let wanted = count::Wanted { from, until, maturity_days: *maturity_days, condition: condition.as_deref() };
            count::run(workspace, &wanted, *json)
        }
        (None, Some(spec)) => calculate(args, spec),
        (None, None) => bail!("say which file: --spec roi.toml"),
    }
}

fn calculate(args: &Roi, path: &Path) -> anyhow::Result<Done> {
    let spec = read_spec(path, args.seed)?;
    let frozen_at = frozen_path(path, &spec);
    let frozen = read_frozen(&frozen_at, path)?;
    let result = RoiResult::of(spec, frozen, args.seed).with_context(|| format!("{}", path.display()))?;
    let report = RoiReport {
        mature: today_unix_days() >= result.spec.mature_on_unix_days(),
        provenance: provenance(args, path, &frozen_at)?,
        result: &result,
    };
    if let Some(workspace) = &args.workspace {
        let quarter = keep(args, path, &frozen_at, workspace)?;
        output::note(format!("{quarter} is kept in {}: /roi and /v1/roi/{quarter} tell it", workspace.display()));
    }
    let written = args.html.as_deref().map(|html| write(html, &report)).transpose()?;
    if args.json {
        output::json(&result)?;
    } else {
        output::text(describe(&report, written.as_deref()))?;
    }
    Ok(Done::Fine)
}

/// Keeps the quarter in a workspace's store, beside a server that runs on it.
fn keep(args: &Roi, spec: &Path, frozen: &Path, workspace: &Path) -> anyhow::Result<Box<str>> {
    let text = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let returned = Returned::of(&text(spec)?, &text(frozen)?, args.seed, &args.by, clock::now())
        .with_context(|| format!("cannot keep {}", spec.display()))?;
    returned.must_be_in(Settings::read(workspace)?.currency)?;
    Reports::new(&mut *store::statements(workspace)?).keep_return(&returned.kept, &returned.figures())?;
    Ok(returned.kept.quarter)
}

pub fn read_spec(path: &Path, seed: u64) -> anyhow::Result<RoiSpec> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    RoiSpec::parse(&text, seed).with_context(|| format!("{}", path.display()))
}

/// Relative to the folder of the file that names it.
pub fn frozen_path(spec_path: &Path, spec: &RoiSpec) -> PathBuf {
    spec_path.parent().unwrap_or(Path::new("")).join(&*spec.frozen)
}

pub fn read_frozen(path: &Path, spec_path: &Path) -> anyhow::Result<Frozen> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "the baseline is not frozen yet ({} is not there): run `pointsman roi baseline --spec {}`",
            path.display(),
            spec_path.display()
        ),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    Frozen::read(&text).with_context(|| format!("{}", path.display()))
}

fn today_unix_days() -> i64 {
    clock::now().unix_micros().div_euclid(Micros::DAY.0)
}

/// English into the named file, German beside it.
fn write(path: &Path, report: &RoiReport<'_>) -> anyhow::Result<Vec<PathBuf>> {
    let german = path.with_extension("de.html");
    if german == path {
        bail!("{} would be written twice: leave out '.de'", path.display());
    }
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    for (cx, file, other) in [(Cx::EN, path, german.as_path()), (Cx::DE, german.as_path(), path)] {
        let page = report::page(report, name(other), cx);
        let html = stand_alone(&page, report, cx)?;
        std::fs::write(file, html).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(vec![path.to_owned(), german])
}

/// Everything that makes the same numbers again.
fn provenance(args: &Roi, spec: &Path, frozen: &Path) -> anyhow::Result<Provenance> {
    let document = |path: &Path, name: &str| -> anyhow::Result<Document> {
        let digest: Digest = file_digest(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Document { kind: DocumentKind::Data, name: name.into(), version: String::new(), digest })
    };
    Ok(Provenance {
        engine: format!("pointsman {}", env!("CARGO_PKG_VERSION")),
        documents: vec![document(spec, "roi.toml")?, document(frozen, "baseline")?],
        seeds: vec![args.seed],
        command: format!("pointsman roi --spec roi.toml --seed {}", args.seed),
    })
}

fn describe(report: &RoiReport<'_>, written: Option<&[PathBuf]>) -> String {
    let page = report::page(report, None, Cx::EN);
    let mut lines = Vec::new();
    if let Some(verdict) = &page.verdict {
        lines.push(format!("{}. {}", verdict.answer, verdict.sentence));
    }
    for section in page.sections.iter().filter(|section| section.id != "elsewhere") {
        lines.push(format!("\n{}", section.heading));
        let notices = section.notices.iter().map(|notice| &notice.text);
        let sentence = Some(&section.sentence).filter(|sentence| !sentence.is_empty());
        lines.extend(sentence.into_iter().chain(notices).map(|text| format!("  {text}")));
    }
    lines.extend(written.into_iter().flatten().enumerate().map(|(i, path)| {
        let gap = if i == 0 { "\n" } else { "" };
        format!("{gap}{}", path.display())
    }));
    lines.join("\n")
}
