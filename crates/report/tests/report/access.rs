//! What anybody can read and use: contrast of the tokens, order of headings, labels, table heads, marks
//! beside colours. What only a browser can tell is asked by `prove pages`.

use std::collections::BTreeSet;

use pointsman_report::{
    Cx, Section,
    assets::CSS,
    page::{Action, Field, Form, Live, Page, Shell, render},
    part::{BoardTile, Notice, Provenance, Tone, Verdict},
};

use crate::pages::files;

type Rgb = [f64; 3];

fn rgb(hex: &str) -> Rgb {
    [1, 3, 5].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("a colour")) / 255.0)
}

fn linear(channel: f64) -> f64 {
    if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

fn gamma(channel: f64) -> f64 {
    if channel <= 0.003_130_8 { channel * 12.92 } else { 1.055 * channel.powf(1.0 / 2.4) - 0.055 }
}

/// WCAG 2: (lighter + 0.05) ÷ (darker + 0.05) of the relative luminances.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let luminance = |c: Rgb| 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
    let (x, y) = (luminance(a), luminance(b));
    (x.max(y) + 0.05) / (x.min(y) + 0.05)
}

const TO_LMS: [[f64; 3]; 3] = [
    [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
    [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
    [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
];
const TO_LAB: [[f64; 3]; 3] = [
    [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
    [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
    [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
];
const FROM_LAB: [[f64; 3]; 3] = [
    [1.0, 0.396_337_777_4, 0.215_803_757_3],
    [1.0, -0.105_561_345_8, -0.063_854_172_8],
    [1.0, -0.089_484_177_5, -1.291_485_548_0],
];
const FROM_LMS: [[f64; 3]; 3] = [
    [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
    [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
    [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701_0],
];

fn times(m: &[[f64; 3]; 3], v: Rgb) -> Rgb {
    [0, 1, 2].map(|i| (0..3).map(|j| m[i][j] * v[j]).sum())
}

/// `color-mix(in oklab, a share, b)` (Ottosson 2020).
fn mixed(a: Rgb, b: Rgb, share: f64) -> Rgb {
    let lab = |c: Rgb| times(&TO_LAB, times(&TO_LMS, c.map(linear)).map(f64::cbrt));
    let (a, b) = (lab(a), lab(b));
    let lab = [0, 1, 2].map(|i| a[i] * share + b[i] * (1.0 - share));
    times(&FROM_LMS, times(&FROM_LAB, lab).map(|x| x.powi(3))).map(|c| gamma(c.clamp(0.0, 1.0)))
}

/// A token in light (0) or dark (1).
fn token(name: &str, theme: usize) -> Rgb {
    let start = CSS.find(&format!("--{name}: light-dark(")).unwrap_or_else(|| panic!("no token {name}"));
    let pair = CSS[start..].split(['(', ')']).nth(1).expect("a pair");
    rgb(pair.split(',').nth(theme).expect("two themes").trim())
}

#[test]
fn every_ink_can_be_read_on_every_paper() {
    for theme in 0..2 {
        for paper in ["bg", "surface"] {
            let ratio = |ink: &str| contrast(token(ink, theme), token(paper, theme));
            for ink in ["fg", "mute", "link", "s1", "s2", "s3", "s4", "good", "warn", "bad"] {
                assert!(ratio(ink) >= 4.5, "{ink} on {paper}, theme {theme}: {:.2}", ratio(ink));
            }
            // Lines only.
            assert!(ratio("axis") >= 3.0, "axis on {paper}, theme {theme}: {:.2}", ratio("axis"));
        }
        // Numbers in a heat map: each step with the ink that the sheet gives it.
        let (bg, fg, s1) = (token("bg", theme), token("fg", theme), token("s1", theme));
        for step in 1..=7 {
            let share = CSS.split(&format!(".h{step} {{ fill: color-mix(in oklab, var(--s1) ")).nth(1);
            let share = share.and_then(|rest| rest.split('%').next()?.parse::<f64>().ok()).unwrap_or(100.0);
            let ink = match step {
                1..=4 => fg,
                5 => token("heat-5-ink", theme),
                _ => bg,
            };
            let ratio = contrast(ink, mixed(s1, bg, share / 100.0));
            assert!(ratio >= 4.5, "heat step {step} ({share} %), theme {theme}: {ratio:.2}");
        }
    }
    // Black on white is 21; a mixture of one colour is that colour.
    assert!((contrast(rgb("#000000"), rgb("#ffffff")) - 21.0).abs() < 1e-9);
    let same = mixed(rgb("#0b5fad"), rgb("#0b5fad"), 0.3);
    assert!(same.iter().zip(rgb("#0b5fad")).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn colours_of_meaning_are_used_with_a_mark_or_a_word() {
    // Whatever the sheet colours by tone stands beside a mark: nowhere else is the tone's colour read.
    let coloured =
        CSS.lines().filter(|line| line.contains("var(--tone")).map(|line| line.split('{').next().unwrap_or(line));
    let known: BTreeSet<&str> = coloured.map(str::trim).collect();
    for rule in &known {
        let marked = rule.contains("mark") || rule.contains("answer") || rule.starts_with("border-left");
        assert!(marked, "'{rule}' is coloured by tone alone");
    }
    assert!(!known.is_empty());
}

/// One of everything that a live page can hold.
fn live() -> String {
    let form = Form {
        action: "/a".into(),
        field: Field { name: "why".into(), label: "Why".into(), ..Field::default() },
        button: "Ask".into(),
        ..Form::default()
    };
    let action = |button: &str| Action {
        action: "/b".into(),
        line: Some(("reason".into(), "Reason".into())),
        button: button.into(),
        ..Action::default()
    };
    let tile = BoardTile {
        label: "Speed".into(),
        value: "4 min".into(),
        measured: true,
        details: vec!["better".into()],
        tone: Tone::Good,
        href: None,
        trend: vec![Some(1.0), Some(2.0)],
        trend_text: "from 1 to 2".into(),
    };
    let section = |id: &str| Section {
        id: id.into(),
        heading: "Heading".into(),
        board: vec![tile.clone()],
        notices: vec![Notice { tone: Tone::Bad, text: "Late".into() }],
        form: Some(Form { field: Field { name: format!("{id}-why"), ..form.field.clone() }, ..form.clone() }),
        actions: vec![action("Accept"), action("Decline")],
        ..Section::default()
    };
    let page = Page {
        title: "Title".into(),
        kicker: String::new(),
        question: "Which?".into(),
        verdict: Some(Verdict { tone: Tone::Warn, answer: "Wait".into(), sentence: "Not yet.".into() }),
        tiles: vec![],
        sections: vec![section("one"), section("two")],
        provenance: Provenance { engine: "x".into(), documents: vec![], seeds: vec![], command: String::new() },
        other_language: None,
    };
    render(&page, Shell::Live(&Live::default()), Cx::EN)
}

/// Tags with their attributes, styles and scripts left out.
fn tags(html: &str) -> Vec<&str> {
    let mut tags: Vec<&str> = Vec::new();
    let mut inside = None;
    for piece in html.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        match inside {
            Some(end) if tag == end => inside = None,
            Some(_) => {}
            None if tag.starts_with("style") => inside = Some("/style"),
            None if tag.starts_with("script") => inside = Some("/script"),
            None => tags.push(tag),
        }
    }
    tags
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
}

fn named<'a>(tags: &[&'a str], name: &str) -> Vec<&'a str> {
    tags.iter().copied().filter(|tag| tag.split([' ', '\n']).next() == Some(name)).collect()
}

fn check(html: &str, what: &str) {
    let tags = tags(html);
    assert_eq!(named(&tags, "h1").len(), 1, "{what}: one title");
    let levels: Vec<u8> = tags
        .iter()
        .filter_map(|tag| tag.split([' ', '>']).next()?.strip_prefix('h')?.parse().ok())
        .filter(|level| (1..=6).contains(level))
        .collect();
    assert_eq!(levels.first(), Some(&1), "{what}: the title comes first");
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{what}: a level is left out: {levels:?}");
    let html_tag = named(&tags, "html")[0];
    assert!(attribute(html_tag, "lang").is_some_and(|lang| lang == "en" || lang == "de"), "{what}: {html_tag}");
    assert_eq!(named(&tags, "main").len(), 1, "{what}: one main part");
    assert!(html.contains("href=\"#main\""), "{what}: the keyboard can skip to it");
    for head in named(&tags, "th") {
        let scope = attribute(head, "scope");
        assert!(scope == Some("col") || scope == Some("row"), "{what}: <{head}>");
    }
    let labels: BTreeSet<&str> = named(&tags, "label").iter().filter_map(|label| attribute(label, "for")).collect();
    for kind in ["input", "select", "textarea"] {
        for field in named(&tags, kind).into_iter().filter(|field| attribute(field, "type") != Some("hidden")) {
            let id = attribute(field, "id").unwrap_or_else(|| panic!("{what}: <{field}> has no id"));
            assert!(labels.contains(id), "{what}: nothing labels {id}");
        }
    }
    let ids: BTreeSet<&str> = tags.iter().filter_map(|tag| attribute(tag, "id")).collect();
    for picture in named(&tags, "svg") {
        let told = attribute(picture, "aria-hidden") == Some("true")
            || attribute(picture, "aria-label").is_some_and(|label| !label.is_empty())
            || attribute(picture, "aria-labelledby").is_some_and(|id| ids.contains(id));
        assert!(told, "{what}: nobody who does not see it knows <{picture}>");
    }
    // Nothing is taken out of the keyboard's order, and nothing that scrolls out of its reach.
    let out = tags.iter().filter_map(|tag| attribute(tag, "tabindex")).filter(|at| *at != "0").count();
    assert_eq!(out, 0, "{what}: tabindex");
    assert!(tags.iter().all(|tag| !tag.contains(" onclick")), "{what}: works by script alone");
    let scrollers = tags.iter().filter(|tag| attribute(tag, "class") == Some("scroll"));
    assert!(scrollers.clone().all(|tag| attribute(tag, "tabindex") == Some("0")), "{what}: a table out of reach");
    // A tone is a colour and a mark.
    for (tone, mark) in [("good", "✓"), ("warn", "!"), ("bad", "✕")] {
        let coloured =
            tags.iter().filter(|tag| attribute(tag, "class").is_some_and(|c| c.split(' ').any(|c| c == tone)));
        let marks = html.matches(&format!("aria-hidden=\"true\">{mark}<")).count();
        assert_eq!(coloured.count(), marks, "{what}: {tone}");
    }
}

#[test]
fn pages_have_order_labels_and_heads() {
    for (what, html) in files() {
        check(&html, what);
    }
    check(&live(), "a live page");
}
