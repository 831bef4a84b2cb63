//! The reports as files: complete, in both languages, and silent on the network.

use std::collections::BTreeSet;

use pointsman_measure::kpi::Selection;
use pointsman_report::{
    Cx, Locale, assets,
    demo::{self, Evidence},
    experiment::{self, MetricStatus, TestVerdict},
    file, flow,
    kpi::{self, KpiReport},
    model,
    page::{self, Live, Place, Shell, Theme},
    roi, text,
};

use crate::fixture;

fn demo_file(cx: Cx) -> String {
    let report = fixture::demo();
    let page = demo::page(&report, Some("demo.other.html".into()), cx);
    file::stand_alone(&page, &report, cx).expect("the fixture is plain data")
}

fn model_file(cx: Cx) -> String {
    let report = fixture::model();
    let page = model::page(&report, fixture::demo().provenance, None, cx);
    file::stand_alone(&page, &report, cx).expect("the fixture is plain data")
}

fn experiment_file(cx: Cx) -> String {
    let report = fixture::experiment();
    let page = experiment::page(&report, Some("experiment.other.html".into()), cx);
    file::stand_alone(&page, &report, cx).expect("the fixture is plain data")
}

fn flow_file(cx: Cx) -> String {
    let found = fixture::flow::flow();
    let report = fixture::flow::report(&found);
    let page = flow::page(&report, Some("flow.other.html".into()), cx);
    file::stand_alone(&page, &report, cx).expect("the fixture is plain data")
}

fn roi_file(cx: Cx) -> String {
    let found = fixture::roi::roi(&format!("{}{}", fixture::roi::HOLD_OUT, fixture::roi::WEEKS));
    let report = fixture::roi::report(&found);
    let page = roi::page(&report, Some("roi.other.html".into()), cx);
    file::stand_alone(&page, &report, cx).expect("the fixture is plain data")
}

fn kpi_file(cx: Cx) -> String {
    let quarter = fixture::kpi::Quarter::new(true);
    let found = quarter.kpis().overview(&Selection::default(), fixture::kpi::days(), true);
    let report = KpiReport { about: fixture::kpi::about(&quarter, false), overview: &found, spec: &quarter.spec };
    let page = kpi::page(&report, Some("kpi.other.html".into()), cx);
    file::stand_alone(&page, &report, cx).expect("the fixture is plain data")
}

/// Every kind of file in both languages.
pub fn files() -> Vec<(&'static str, String)> {
    let kinds = |cx| {
        [
            ("demo", demo_file(cx)),
            ("model", model_file(cx)),
            ("experiment", experiment_file(cx)),
            ("flow", flow_file(cx)),
            ("roi", roi_file(cx)),
            ("kpi", kpi_file(cx)),
        ]
    };
    [Cx::EN, Cx::DE].into_iter().flat_map(kinds).collect()
}

/// Everything outside tags, styles and scripts, one text a line.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut skipping: Option<&str> = None;
    for piece in html.split('<').skip(1) {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        match skipping {
            Some(end) if tag == end => skipping = None,
            Some(_) => continue,
            None => {}
        }
        skipping = match tag.split(' ').next() {
            Some("style") => Some("/style"),
            Some("script") => Some("/script"),
            Some("svg") => Some("/svg"),
            _ => skipping,
        };
        if skipping.is_none() && !rest.trim().is_empty() {
            text += rest.trim();
            text.push('\n');
        }
    }
    text
}

#[test]
fn the_words_of_the_reports() {
    for (cx, tag) in [(Cx::EN, "en"), (Cx::DE, "de")] {
        insta::assert_snapshot!(format!("demo-text-{tag}"), text_of(&demo_file(cx)));
        insta::assert_snapshot!(format!("model-text-{tag}"), text_of(&model_file(cx)));
        insta::assert_snapshot!(format!("experiment-text-{tag}"), text_of(&experiment_file(cx)));
        insta::assert_snapshot!(format!("flow-text-{tag}"), text_of(&flow_file(cx)));
    }
}

#[test]
fn reports_as_markdown() {
    for (cx, tag) in [(Cx::EN, "en"), (Cx::DE, "de")] {
        let page = demo::page(&fixture::demo(), None, cx);
        insta::assert_snapshot!(format!("demo-markdown-{tag}"), text::markdown(&page, cx));
    }
}

#[test]
fn a_file_makes_no_request() {
    for html in [
        demo_file(Cx::EN),
        demo_file(Cx::DE),
        model_file(Cx::EN),
        experiment_file(Cx::DE),
        flow_file(Cx::DE),
        roi_file(Cx::DE),
        kpi_file(Cx::EN),
    ] {
        for forbidden in [" src=", "url(", "@import", "<link", "<iframe", "<img", "<object", "<embed", "srcset", "//"] {
            // Comments of the script start with two slashes; no address of ours does.
            let places = html
                .match_indices(forbidden)
                .filter(|(at, _)| forbidden != "//" || !html[*at..].starts_with("// Values of charts"));
            assert_eq!(places.count(), 0, "{forbidden} in a file that must stand alone");
        }
        assert!(html.contains("default-src &#39;none&#39;") || html.contains("default-src 'none'"));
    }
}

#[test]
fn only_the_script_of_the_policy_runs() {
    use sha2::{Digest, Sha256};
    let html = demo_file(Cx::EN);
    let script = html.rsplit_once("<script>").expect("a script").1.split_once("</script>").expect("its end").0;
    assert_eq!(script, assets::CHART_JS);
    let digest: Vec<u8> = Sha256::digest(script.as_bytes()).to_vec();
    let policy = html.split_once("script-src ").expect("a policy").1;
    let named = policy.split_once("sha256-").expect("a hash").1.split_once("'").expect("its end").0;
    assert_eq!(decode(named), digest);
}

/// RFC 4648, the other way round than the crate does it.
fn decode(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits: String = text.bytes().filter(|&c| c != b'=').map(|c| format!("{:06b}", value(c))).collect();
    let whole = bits.len() / 8 * 8;
    bits.as_bytes()[..whole].chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum * 2 + (bit - b'0'))).collect()
}

#[test]
fn the_result_inside_is_the_result() {
    let mut report = fixture::demo();
    report.company = "</script><script>alert(1)</script> & Söhne".into();
    let page = demo::page(&report, None, Cx::DE);
    let html = file::stand_alone(&page, &report, Cx::DE).expect("plain data");
    assert_eq!(html.matches("<script").count(), 2, "the name must not open a script");
    let json = html.split_once("id=\"result\">").expect("the result").1.split_once("</script>").expect("its end").0;
    let back: demo::DemoReport = serde_json::from_str(json).expect("valid JSON");
    assert_eq!(back, report);
}

#[test]
fn ids_are_unique_and_anchors_lead_somewhere() {
    for html in [
        demo_file(Cx::EN),
        model_file(Cx::DE),
        experiment_file(Cx::EN),
        flow_file(Cx::EN),
        roi_file(Cx::EN),
        kpi_file(Cx::DE),
    ] {
        let body = html.split_once("<body>").expect("a body").1;
        let ids: Vec<&str> = body.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "an id occurs twice");
        for anchor in body.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(unique.contains(anchor), "#{anchor} leads nowhere");
        }
        for label in body.split("aria-labelledby=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(unique.contains(label), "{label} names nothing");
        }
        assert_eq!(body.matches("<h1").count(), 1);
    }
}

#[test]
fn a_file_is_written_in_one_language() {
    let (en, de) = (demo_file(Cx::EN), demo_file(Cx::DE));
    assert!(en.contains("<html lang=\"en\"") && de.contains("<html lang=\"de\""));
    // Numbers of the other language would be misread: 1.290 is a thousand to a German reader.
    let text = text_of(&en);
    assert!(text.contains("€1.71M") && text.contains("20,000 leads") && !text.contains("Mio."), "{text}");
    let text = text_of(&de);
    assert!(text.contains("1,71\u{a0}Mio.\u{a0}€") && text.contains("20.000 Leads") && !text.contains("95%"), "{text}");
}

#[test]
fn an_unhealthy_test_shows_no_effect() {
    let mut report = fixture::demo();
    report.test.verdict = TestVerdict::Unhealthy;
    report.test.srm.healthy = false;
    report.money.evidence = Evidence::Experiment;
    let page = demo::page(&report, None, Cx::EN);
    let test = page.sections.iter().find(|s| s.id == "test").expect("the test's section");
    let ids: Vec<&str> = test.figures.iter().map(|f| f.id.as_str()).collect();
    assert_eq!(ids, ["switchback"], "only the plan may be shown");
    assert!(!test.sentence.contains("3.8"), "{}", test.sentence);
    let shown = page.verdict.as_ref().map(|v| v.sentence.clone()).unwrap_or_default();
    assert!(!shown.contains("3.8") && !shown.contains("1.71"), "{shown}");
    let money = page.sections.iter().find(|s| s.id == "money").expect("the money's section");
    assert!(money.figures.is_empty() && !money.sentence.contains("1.71"), "{}", money.sentence);
    assert!(page.tiles.iter().all(|tile| !tile.value.contains("3.8") && !tile.value.contains("1.71")));
}

#[test]
fn a_running_test_of_fixed_length_shows_health_and_days_only() {
    let mut report = fixture::experiment();
    report.test.verdict = TestVerdict::Running { days_left: 12 };
    let page = experiment::page(&report, None, Cx::EN);
    let html = page::render(&page, Shell::Live(&Live::default()), Cx::EN);
    let text = text_of(&html);
    assert!(text.contains("12\u{a0}days left") && text.contains("Split as planned"), "{text}");
    for number in ["+3.8", "13.2%", "9.4%", "0.0384"] {
        assert!(!html.contains(number), "{number} invites peeking");
    }
}

#[test]
fn a_breached_guardrail_is_said_before_the_numbers() {
    let page = experiment::page(&fixture::experiment(), None, Cx::EN);
    let metrics = page.sections.iter().find(|s| s.id == "metrics").expect("the metrics' section");
    assert!(metrics.notices[0].text.starts_with("Guardrail breached: Imbalance of work"), "{:?}", metrics.notices);
    let mut report = fixture::experiment();
    for metric in &mut report.metrics {
        if metric.status == MetricStatus::Breached {
            metric.status = MetricStatus::WithinMargin;
        }
    }
    let page = experiment::page(&report, None, Cx::DE);
    let metrics = page.sections.iter().find(|s| s.id == "metrics").expect("the metrics' section");
    assert_eq!(metrics.notices[0].text, "Eingehaltene Leitplanken: 2.");
}

#[test]
fn leads_that_are_missing_are_named() {
    let mut report = fixture::demo();
    report.test.accounting.matured -= 8;
    let page = demo::page(&report, None, Cx::EN);
    let test = page.sections.iter().find(|s| s.id == "test").expect("the test's section");
    let text: Vec<&str> = test.notices.iter().map(|n| n.text.as_str()).collect();
    assert!(text.iter().any(|t| t.contains("by 8.")), "{text:?}");
    assert!(!text.iter().any(|t| t.contains("Every lead is accounted for")), "{text:?}");
}

#[test]
fn without_a_rep_signal_the_card_says_so() {
    let mut report = fixture::model();
    report.gates.retain(|gate| !matches!(gate.layer, model::Layer::RepIntercepts | model::Layer::RepBy(_)));
    let page = model::page(&report, fixture::demo().provenance, None, Cx::EN);
    let sentence = page.verdict.expect("a verdict").sentence;
    assert!(sentence.contains("Nothing in this history tells reps apart"), "{sentence}");
}

#[test]
fn nobody_for_a_lead_is_an_answer() {
    let mut report = fixture::demo();
    report.lead.candidates.retain(|c| c.score.is_none());
    let page = demo::page(&report, None, Cx::DE);
    let lead = page.sections.iter().find(|s| s.id == "lead").expect("the lead's section");
    assert!(lead.sentence.starts_with("Niemand konnte"), "{}", lead.sentence);
}

#[test]
fn a_live_page_has_places_and_the_chosen_theme() {
    let live = Live {
        workspace: "nordlicht".into(),
        places: vec![
            Place { href: "/leads".into(), label: "Leads".into(), current: false },
            Place { href: "/models".into(), label: "Models".into(), current: true },
        ],
        css_href: "/assets/app.css".into(),
        script_href: "/assets/chart.js".into(),
        theme: Some(Theme::Dark),
    };
    let card = model::page(&fixture::model(), fixture::demo().provenance, None, Cx::EN);
    let html = page::render(&card, Shell::Live(&live), Cx::EN);
    assert!(html.contains("data-theme=\"dark\""));
    assert!(html.contains("<a href=\"/models\" aria-current=\"page\">Models</a>"));
    assert!(html.contains("href=\"/assets/app.css\"") && html.contains("src=\"/assets/chart.js\""));
    assert!(!html.contains("Content-Security-Policy"), "the server's header rules a live page");
}

#[test]
fn the_style_sheet_stays_readable() {
    assert!(assets::CSS.lines().count() <= 600);
    assert!(assets::CHART_JS.len() <= 2_000);
    assert_eq!(Locale::En.tag(), "en");
}

#[test]
fn without_activities_a_flow_says_what_it_cannot_know() {
    let mut found = fixture::flow::flow();
    found.has_activities = false;
    let page = flow::page(&fixture::flow::report(&found), None, Cx::EN);
    let ids: Vec<&str> = page.sections.iter().map(|section| section.id.as_str()).collect();
    assert_eq!(ids, ["sources", "map", "ways", "territory", "proposals"]);
    let html = page::render(&page, Shell::Live(&Live::default()), Cx::EN);
    let text = text_of(&html);
    assert!(text.contains("no activity feed") && !text.contains("never touched"), "{text}");
}

#[test]
fn answers_of_reps_stand_beside_the_numbers() {
    let found = fixture::flow::with_answers(fixture::flow::flow());
    let page = flow::page(&fixture::flow::report(&found), None, Cx::DE);
    let survey = page.sections.iter().find(|section| section.id == "survey").expect("the survey's section");
    let complete = survey.tables[0].rows.iter().find(|row| row.cells[1] == "2").expect("two answers");
    assert_eq!(complete.cells[2..], ["2,5".to_owned(), "43,3\u{202f}% der Felder gefüllt".to_owned()]);
    assert_eq!(survey.tables[1].rows.len(), 1);
    let asked = flow::questionnaire();
    assert!(asked.lines().all(|line| line.matches('"').count() % 2 == 0) && asked.lines().count() == 8, "{asked}");
}

/// Assignments beside a table: what share went right, which rows are missing or contradict each
/// other, and a win-rate difference that is observed and never caused.
#[test]
fn assignments_beside_the_territory_table_are_observed() {
    use pointsman_domain::{Instant, LeadId};
    use pointsman_measure::flow::territory::{Expected, Placed, measure};
    let placed = |n: u128| {
        let expected = match n % 10 {
            0 => Expected::Nowhere { says: "PL, –".into() },
            1..=3 => Expected::Row { line: 4, to: "mara".into(), against: Some(7) },
            _ => Expected::Row { line: 2, to: "dach".into(), against: None },
        };
        let actual = if n.is_multiple_of(3) {
            "luc"
        } else if n % 10 < 4 {
            "mara"
        } else {
            "dach"
        };
        let lead = LeadId::new(Instant::from_unix_micros(0), n);
        Placed { lead, expected, actual: actual.into(), won: Some(n.is_multiple_of(4)) }
    };
    let mut found = fixture::flow::flow();
    found.territories = Some(measure(&(0..200).map(placed).collect::<Vec<_>>()));
    for (cx, observed, caused) in
        [(Cx::EN, "Observed, not caused", "is caused"), (Cx::DE, "Beobachtet, nicht verursacht", "ist verursacht")]
    {
        let page = flow::page(&fixture::flow::report(&found), None, cx);
        let section = page.sections.iter().find(|section| section.id == "territory").expect("the section");
        assert!(section.notices[0].text.starts_with(observed) && !section.notices[0].text.contains(caused));
        assert_eq!((section.tables.len(), section.figures.len()), (2, 1));
        assert_eq!(section.tables[0].rows[0].cells, ["PL, –", "20"]);
        assert_eq!(section.tables[1].rows[0].cells, ["4 / 7", "60", "40"]);
        assert!(section.sentence.contains("20"), "{}", section.sentence);
    }
}
