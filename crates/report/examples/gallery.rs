//! Writes the gallery: every kind of chart, and each report in both languages.
//!
//! `cargo run -p pointsman-report --example gallery -- OUT.html` writes `OUT.html` (charts) and,
//! beside it, `demo.en.html`, `demo.de.html`, `experiment.en.html` and so on, and each chart as SVG.

use std::{error::Error, fs, path::Path};

use pointsman_report::{
    Cx, Figure, Page, Section, Width, chart, demo, experiment, file, flow, model,
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
    }
    println!("{}", out.display());
    Ok(())
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
