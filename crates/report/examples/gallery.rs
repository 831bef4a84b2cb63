//! Writes the gallery: every kind of chart, and each report in both languages.
//!
//! `cargo run -p pointsman-report --example gallery -- OUT.html` writes `OUT.html` (charts) and,
//! beside it, `demo.en.html`, `demo.de.html`, `experiment.en.html` and so on, and each chart as SVG.

use std::{error::Error, fs, path::Path};

use fixture::kpi::Quarter;
use pointsman_measure::kpi::{Dimension, Kpi, Part, Selection};
use pointsman_report::{
    Cx, Figure, Page, Section, Width, brief, chart, demo, experiment, file, flow,
    kpi::{self, DetailReport, KpiReport},
    model,
    part::{Provenance, Verdict},
    roi,
};

#[path = "../tests/report/fixture/mod.rs"]
mod fixture;

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args().nth(1).ok_or("usage: gallery OUT.html")?;
    let out = Path::new(&out);
    let beside = |name: &str| out.with_file_name(name);
    let report = fixture::demo();
    fs::write(out, file::stand_alone(&gallery(report.provenance.clone()), &(), Cx::EN)?)?;
    for (name, finding, chart) in fixture::charts() {
        let figure = Figure { id: name.into(), finding: finding.into(), caption: String::new(), chart };
        fs::write(beside(&format!("{name}.svg")), chart::picture(&figure, Width::Wide, Cx::EN))?;
    }
    for (cx, tag, other) in [(Cx::EN, "en", "de"), (Cx::DE, "de", "en")] {
        let page = demo::page(&report, Some(format!("demo.{other}.html")), cx);
        fs::write(beside(&format!("demo.{tag}.html")), file::stand_alone(&page, &report, cx)?)?;
        let test = fixture::experiment();
        let page = experiment::page(&test, Some(format!("experiment.{other}.html")), cx);
        fs::write(beside(&format!("experiment.{tag}.html")), file::stand_alone(&page, &test, cx)?)?;
        let card = fixture::model();
        let page = model::page(&card, report.provenance.clone(), Some(format!("model.{other}.html")), cx);
        fs::write(beside(&format!("model.{tag}.html")), file::stand_alone(&page, &card, cx)?)?;
        let found = fixture::flow::with_answers(fixture::flow::flow());
        let moved = fixture::flow::report(&found);
        let page = flow::page(&moved, Some(format!("flow.{other}.html")), cx);
        fs::write(beside(&format!("flow.{tag}.html")), file::stand_alone(&page, &moved, cx)?)?;
        let brought = fixture::roi::roi(&format!("{}{}", fixture::roi::HOLD_OUT, fixture::roi::WEEKS));
        let money = fixture::roi::report(&brought);
        let page = roi::page(&money, Some(format!("roi.{other}.html")), cx);
        fs::write(beside(&format!("roi.{tag}.html")), file::stand_alone(&page, &money, cx)?)?;
        figures(out, cx, tag, other)?;
    }
    println!("{}", out.display());
    Ok(())
}

/// Figures: the page, one figure, the leads behind it, and the quarter in two pages.
fn figures(out: &Path, cx: Cx, tag: &str, other: &str) -> Result<(), Box<dyn Error>> {
    let quarter = Quarter::new(true);
    let (kpis, all, about) = (quarter.kpis(), Selection::default(), fixture::kpi::about(&quarter, false));
    let days = fixture::kpi::days();
    let write = |name: &str, page: &Page| -> Result<(), Box<dyn Error>> {
        let path = out.with_file_name(format!("{name}.{tag}.html"));
        Ok(fs::write(path, file::stand_alone(page, &(), cx)?)?)
    };
    let address = |name: &str| Some(format!("{name}.{other}.html"));
    let overview = kpis.overview(&all, days, true);
    let report = KpiReport { about: about.clone(), overview: &overview, spec: &quarter.spec };
    write("kpi", &kpi::page(&report, address("kpi"), cx))?;
    let detail = kpis.detail(Kpi::Conversion, &all, days, &[Dimension::Team, Dimension::Rep, Dimension::Path]);
    let report = DetailReport { about: about.clone(), detail: &detail, spec: &quarter.spec };
    write("conversion", &kpi::detail_page(&report, address("conversion"), cx))?;
    let list = kpis.behind(Kpi::LostLeads, &all.in_days(days), Part::Hits, 0, 25);
    let report = fixture::kpi::list(&quarter, &list);
    write("lost", &kpi::list_page(&report, address("lost"), cx))?;
    let (brief, roi) = (kpis.brief(&all, days, true), fixture::roi::roi(fixture::roi::HOLD_OUT));
    let report = fixture::kpi::brief(&quarter, &brief, Some(&roi), None);
    write("quarter", &brief::page(&report, address("quarter"), cx))
}

fn gallery(provenance: Provenance) -> Page {
    let sections = fixture::charts().into_iter().map(|(name, finding, chart)| {
        let figure = Figure { id: format!("chart-{name}"), finding: finding.into(), caption: String::new(), chart };
        Section { id: name.into(), heading: name.into(), figures: vec![figure], ..Section::default() }
    });
    Page {
        title: "Gallery".into(),
        kicker: "Every kind of chart with invented data".into(),
        question: "Does it look right?".into(),
        verdict: None::<Verdict>,
        tiles: Vec::new(),
        sections: sections.collect(),
        provenance,
        other_language: None,
    }
}
