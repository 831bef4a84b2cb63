//! The page of the return: which words may stand on it, and that its figures are those by hand.

use pointsman_measure::roi::RoiResult;
use pointsman_report::{
    Cx, Page,
    page::{self, Live, Shell},
    part::Tone,
    roi,
    text::markdown,
};

use crate::fixture::roi::{HOLD_OUT, WEEKS, report, roi as result};

fn page_of(result: &RoiResult, cx: Cx) -> Page {
    roi::page(&report(result), None, cx)
}

fn html_of(result: &RoiResult, cx: Cx) -> String {
    page::render(&page_of(result, cx), Shell::Live(&Live::default()), cx).replace('\u{a0}', " ")
}

#[test]
fn the_words_of_the_return() {
    for (cx, tag) in [(Cx::EN, "en"), (Cx::DE, "de")] {
        let found = result(&format!("{HOLD_OUT}{WEEKS}"));
        insta::assert_snapshot!(format!("roi-markdown-{tag}"), markdown(&page_of(&found, cx), cx));
    }
}

#[test]
fn the_quarter_by_hand_stands_on_the_page() {
    let english = html_of(&result(""), Cx::EN);
    for figure in ["€55,648", "€89,435", "€145,083", "€16,474", "€9,475 to €280,691", "€150,853", "1,409%", "±1.5"]
    {
        assert!(english.contains(figure), "{figure}");
    }
    let german = html_of(&result(""), Cx::DE);
    for figure in ["55.648 €", "89.435 €", "16.474 €", "280.691 €"] {
        assert!(german.contains(figure), "{figure}");
    }
}

/// Whatever the data look like: the word needs chance.
#[test]
fn nothing_is_caused_without_chance() {
    for evidence in ["", WEEKS] {
        for (cx, words) in [(Cx::EN, ["caused", "causes"]), (Cx::DE, ["verursach", "bewirk"])] {
            let html = html_of(&result(evidence), cx).to_lowercase();
            assert!(words.iter().all(|word| !html.contains(word)), "{evidence} {words:?}");
        }
    }
    let held = result(HOLD_OUT);
    assert!(html_of(&held, Cx::EN).contains("Pointsman caused it"));
    assert!(html_of(&held, Cx::DE).contains("Pointsman hat es verursacht"));
}

#[test]
fn a_hold_out_that_cannot_tell_says_so() {
    let even = HOLD_OUT.replace("wins = 130", "wins = 90");
    let html = html_of(&result(&even), Cx::EN);
    assert!(!html.contains("caused it") && html.contains("cannot be told from chance"));
}

#[test]
fn before_and_after_stand_beside_how_easily_they_are_fooled() {
    let found = result("");
    let cause = page_of(&found, Cx::EN).sections.into_iter().find(|s| s.id == "cause").expect("its section");
    let rate = f64::from(found.rehearsed.pre_post_differs) / f64::from(found.rehearsed.runs);
    assert!(rate > 0.2, "a drift of a fifth fools it often: {rate}");
    assert!(cause.notices[0].text.contains(&format!("in {:.1}% of 2,000", rate * 100.0)), "{:?}", cause.notices);
    assert_eq!(cause.sentence, "It differs from before; season and market are not excluded.");
}

#[test]
fn what_is_stated_late_or_unripe_is_said() {
    let mut found = result("");
    found.frozen_in_time = false;
    let mut late = report(&found);
    late.mature = false;
    let page = roi::page(&late, None, Cx::EN);
    let texts: Vec<&str> = page.sections[0].notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(texts[0].contains("after the start") && texts[1].contains("until 31\u{a0}Oct\u{a0}2026"), "{texts:?}");
    let inputs = page.sections.iter().find(|s| s.id == "inputs").expect("its section");
    assert_eq!(inputs.sentence, "Of 12 inputs, 12 are stated and not measured.");
}

#[test]
fn a_loss_is_a_loss() {
    let worse = HOLD_OUT.replace("wins = 20", "wins = 60").replace("wins = 130", "wins = 90");
    let found = result(&worse);
    let verdict = page_of(&found, Cx::EN).verdict.expect("a verdict");
    assert!(verdict.answer.ends_with("less than it cost") && verdict.tone == Tone::Bad, "{verdict:?}");
    assert!(html_of(&found, Cx::EN).contains("The difference in wins is worth −€"));
}
