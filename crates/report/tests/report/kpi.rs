//! Pages of figures and the quarter in two pages: what must stand on them, and what must not.

use pointsman_measure::{
    Estimate,
    kpi::{Dimension, Kpi, Part, Selection},
};
use pointsman_report::{
    Cx, Day, Page,
    brief::{self, Decided},
    kpi::{self, DetailReport, KpiReport, ListReport},
    page::{self, Live, Shell},
    text::markdown,
};

use crate::fixture::{
    self,
    kpi::{Quarter, about, days},
};

fn overview(promises: bool, live: bool, cx: Cx) -> Page {
    let quarter = Quarter::new(promises);
    let found = quarter.kpis().overview(&Selection::default(), days(), true);
    kpi::page(&KpiReport { about: about(&quarter, live), overview: &found, spec: &quarter.spec }, None, cx)
}

fn html(page: &Page, cx: Cx) -> String {
    page::render(page, Shell::Live(&Live::default()), cx).replace(['\u{a0}', '\u{202f}'], " ")
}

fn short(promises: bool, with_roi: bool, cx: Cx) -> Page {
    let quarter = Quarter::new(promises);
    let found = quarter.kpis().brief(&Selection::default(), days(), true);
    let roi = with_roi.then(|| fixture::roi::roi(""));
    let report = fixture::kpi::brief(&quarter, &found, roi.as_ref(), None);
    brief::page(&report, None, cx)
}

#[test]
fn the_words_of_figures() {
    for (cx, tag) in [(Cx::EN, "en"), (Cx::DE, "de")] {
        insta::assert_snapshot!(format!("kpi-markdown-{tag}"), markdown(&overview(true, false, cx), cx));
        insta::assert_snapshot!(format!("brief-html-{tag}"), fixture_text(&short(true, true, cx), cx));
    }
}

/// Sentences of the answers, which Markdown does not show.
fn fixture_text(page: &Page, cx: Cx) -> String {
    let answers = page.sections.iter().flat_map(|section| &section.answers);
    let answers = answers.map(|a| format!("{}\n  {} ({})\n  {}\n", a.question, a.value, a.interval, a.sentence));
    answers.collect::<String>() + &markdown(page, cx)
}

/// What nothing feeds is said with its reason, and no number stands for it.
#[test]
fn what_is_not_measured_is_said() {
    let page = overview(false, false, Cx::EN);
    let board = &page.sections[0].board;
    let tile = |kpi: Kpi| {
        let at = Kpi::TILES.iter().position(|one| *one == kpi).expect("a tile");
        &board[at]
    };
    let accepted = tile(Kpi::FirstAcceptance);
    assert_eq!((accepted.value.as_str(), accepted.details.as_slice()), ("not measured", &["no offers".to_owned()][..]));
    assert!(accepted.trend.iter().all(Option::is_none) && tile(Kpi::Conversion).measured);
    let every = page.sections.iter().find(|section| section.id == "every").expect("the table of all");
    let row = every.tables[0].rows.iter().find(|row| row.cells[0].starts_with("Utilisation")).expect("a row");
    assert_eq!(row.cells[1..], ["–", "", "–", "", ""].map(str::to_owned));
    assert!(row.cells[0].contains("Not measured: no load"), "{:?}", row.cells);
    assert!(!page.sections.iter().any(|section| section.id == "promise" || section.id == "balance"));
    let german = html(&overview(false, false, Cx::DE), Cx::DE);
    assert!(german.contains("nicht gemessen") && german.contains("keine Angebote"));
}

/// The first quarter's leads were touched three times as slowly: the tile says better, by how much.
#[test]
fn a_change_is_said_with_its_interval() {
    let page = overview(true, false, Cx::EN);
    let speed = &page.sections[0].board[0];
    assert!(speed.details.iter().any(|line| line.starts_with("better: −")), "{:?}", speed.details);
    assert!(page.sections[0].sentence.contains("better"), "{}", page.sections[0].sentence);
}

#[test]
fn live_figures_lead_to_their_page_and_their_leads() {
    let live = html(&overview(true, true, Cx::EN), Cx::EN);
    assert!(live.contains("href=\"/kpi/conversion?quarter=2026-Q3\""));
    assert!(!html(&overview(true, false, Cx::EN), Cx::EN).contains("href=\"/kpi"));
    let quarter = Quarter::new(true);
    let found =
        quarter.kpis().detail(Kpi::LostLeads, &Selection::default(), days(), &[Dimension::Team, Dimension::Path]);
    let report = DetailReport { about: about(&quarter, true), detail: &found, spec: &quarter.spec };
    let page = kpi::detail_page(&report, None, Cx::DE);
    let live = html(&page, Cx::DE);
    assert!(live.contains("href=\"/kpi/lost-leads/leads?quarter=2026-Q3&amp;part=hits\""), "links to lists");
    assert!(live.contains("im Reifefenster nicht bearbeitet") && !live.contains("Treffsicherheit"));
    assert_eq!(
        page.sections.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(),
        ["value", "by-team", "by-path", "definition"]
    );
}

#[test]
fn a_list_shows_what_each_lead_counts_with() {
    let quarter = Quarter::new(true);
    let selection = Selection::default().in_days(days());
    let list = quarter.kpis().behind(Kpi::SpeedToLead, &selection, Part::Counted, 0, 3);
    let next = Some("/kpi/speed-to-lead/leads?skip=3".into());
    let report = ListReport { kpi: Kpi::SpeedToLead, part: Part::Counted, next, ..fixture::kpi::list(&quarter, &list) };
    let page = kpi::list_page(&report, None, Cx::EN);
    let section = &page.sections[0];
    assert_eq!((section.tables[0].rows.len(), section.links[0].label.as_str()), (3, "More"));
    assert!(section.sentence.starts_with("3 of "), "{}", section.sentence);
    assert!(section.tables[0].rows.iter().all(|row| row.cells[6].contains("min")), "{:?}", section.tables[0].rows);
}

#[test]
fn seven_answers_three_recommendations_and_what_could_not_be_told() {
    for cx in [Cx::EN, Cx::DE] {
        for (promises, with_roi) in [(true, true), (true, false), (false, false)] {
            let page = short(promises, with_roi, cx);
            let answers = &page.sections[0].answers;
            assert_eq!(answers.len(), 7);
            assert!(answers.iter().all(|answer| !answer.value.is_empty() && answer.sentence.len() > 10), "{answers:?}");
            let advice = page.sections.iter().find(|section| section.id == "advice").expect("advice");
            assert_eq!(advice.tables[0].rows.len(), 3, "{promises} {with_roi}");
            assert!(page.sections.iter().any(|section| section.id == "untold"));
            assert!(html(&page, cx).contains("<body class=\"brief\">"));
        }
    }
}

/// Whatever the figures look like: money that is only compared with before is not caused.
#[test]
fn two_pages_call_nothing_caused_without_chance() {
    let answers: Vec<String> =
        short(true, true, Cx::EN).sections[0].answers.iter().map(|a| a.sentence.clone()).collect();
    assert!(answers[4].contains("cannot be told") || answers[4].contains("Cannot be told"), "{}", answers[4]);
    assert!(!answers[3].contains("caused it"), "{}", answers[3]);
    assert!(answers[1].contains("observed, not caused"), "{}", answers[1]);
}

/// An experiment of the quarter stands in its table with effect and winner.
#[test]
fn decided_experiments_are_listed() {
    let quarter = Quarter::new(true);
    let found = quarter.kpis().brief(&Selection::default(), days(), true);
    let decided = Decided {
        id: "priced".into(),
        hypothesis: "Prices win more".into(),
        on: Day::from_unix_days(20_700),
        metric: "won".into(),
        winner: Some("priced".into()),
        effect: Some(Estimate { value: 0.021, low: 0.004, high: 0.038 }),
    };
    let of = |experiments| brief::page(&fixture::kpi::brief(&quarter, &found, None, experiments), None, Cx::EN);
    let page = of(Some(vec![decided]));
    let section = page.sections.iter().find(|section| section.id == "experiments").expect("experiments");
    let row = &section.tables[0].rows[0].cells;
    assert_eq!(row[2..], ["priced".to_owned(), "won: +0.0210 (+0.0040 to +0.0380)".to_owned()]);
    assert!(row[1].contains("2026") && section.sentence.starts_with('1'), "{row:?}");
    let none = of(Some(Vec::new()));
    let section = none.sections.iter().find(|section| section.id == "experiments").expect("experiments");
    assert_eq!(section.sentence, "No experiment was decided in the quarter.");
}

/// The table of docs/kpi.md is the definitions.
#[test]
fn figures_are_documented() {
    use std::{fs, path::Path};
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kpi.md");
    let kept = fs::read_to_string(&path).expect("docs/kpi.md");
    let (start, end) = ("figures_are_documented -->\n", "<!-- end -->");
    let (before, rest) = kept.split_once(start).expect("where the table begins");
    let (_, after) = rest.split_once(end).expect("where it ends");
    let made = format!("{before}{start}{}{end}{after}", definitions());
    #[expect(clippy::disallowed_methods, reason = "a test that writes documentation when asked")]
    if std::env::var_os("POINTSMAN_WRITE_DOCS").is_some() {
        fs::write(&path, &made).expect("docs/kpi.md can be written");
    }
    let kept = fs::read_to_string(&path).expect("docs/kpi.md");
    assert!(kept == made, "docs/kpi.md is old: POINTSMAN_WRITE_DOCS=1 cargo test -p pointsman-report figures");
}

fn definitions() -> String {
    use pointsman_report::{Locale, words::kpi as words};
    let l = Locale::En;
    let mut text = String::from("| figure | what it is | formula | window | needs |\n|---|---|---|---|---|\n");
    for kpi in Kpi::ALL {
        let needs: Vec<String> = kpi.needs().iter().map(|feed| words::feed_of(l, *feed)).collect();
        let (meaning, formula) = (words::meaning_of(l, kpi), kpi.formula());
        let window = words::window_of(l, kpi.window());
        let (slug, needs) = (kpi.slug(), needs.join(", "));
        text += &format!("| `{slug}` | {meaning} | {formula} | {window} | {needs} |\n");
    }
    text
}
