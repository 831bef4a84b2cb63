//! Components that pages share: verdict, tiles, notices, tables, figures, provenance.
//! One function each; no logic but what to leave out when there is nothing to show.

use maud::{Markup, PreEscaped, html};
use serde::{Deserialize, Serialize};

pub use crate::provenance::{Document, DocumentKind, Provenance};
use crate::{Cx, Figure, Table, Width, chart, words};

/// How a statement is meant. Shown by a word or a mark as well, never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Good,
    Neutral,
    Warn,
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Neutral => "plain",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Neutral => "•",
            Self::Warn => "!",
            Self::Bad => "✕",
        }
    }
}

/// The answer in one word, and the sentence that carries its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub tone: Tone,
    pub answer: String,
    pub sentence: String,
}

pub fn verdict(verdict: &Verdict) -> Markup {
    html! {
        div class={ "verdict " (verdict.tone.class()) } {
            p class="answer" { span class="mark" aria-hidden="true" { (verdict.tone.mark()) } (verdict.answer) }
            p { (verdict.sentence) }
        }
    }
}

/// One number that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    pub label: String,
    pub value: String,
    /// Its interval, its comparison, its age.
    pub detail: String,
}

pub fn tiles(tiles: &[Tile]) -> Markup {
    html! {
        @if !tiles.is_empty() {
            dl class="tiles" {
                @for tile in tiles {
                    div class="tile" {
                        dt { (tile.label) }
                        dd class="value" { (tile.value) }
                        @if !tile.detail.is_empty() { dd class="detail" { (tile.detail) } }
                    }
                }
            }
        }
    }
}

/// A question, its number with the interval, and the sentence that says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub question: String,
    pub value: String,
    /// May be empty.
    pub interval: String,
    pub sentence: String,
}

pub fn answers(answers: &[Answer]) -> Markup {
    html! {
        @if !answers.is_empty() {
            ol class="answers" {
                @for answer in answers {
                    li {
                        h3 { (answer.question) }
                        p class="number" {
                            span class="value" { (answer.value) }
                            @if !answer.interval.is_empty() { " " span class="detail" { (answer.interval) } }
                        }
                        p { (answer.sentence) }
                    }
                }
            }
        }
    }
}

/// A figure on a board: value, what is said of it, and the way there as a small line.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardTile {
    pub label: String,
    pub value: String,
    /// Otherwise `value` says that there is none.
    pub measured: bool,
    /// One line each: interval, target, change.
    pub details: Vec<String>,
    pub tone: Tone,
    /// The figure's own page.
    pub href: Option<String>,
    /// `None` where it was not measured.
    pub trend: Vec<Option<f64>>,
    /// The same in words.
    pub trend_text: String,
}

pub fn board(tiles: &[BoardTile]) -> Markup {
    html! {
        @if !tiles.is_empty() {
            dl class="tiles board" {
                @for tile in tiles {
                    div class={ "tile " (tile.tone.class()) } {
                        dt {
                            @if let Some(href) = &tile.href { a href=(href) { (tile.label) } } @else { (tile.label) }
                        }
                        dd class=(if tile.measured { "value" } else { "none" }) { (tile.value) }
                        @for (i, detail) in tile.details.iter().enumerate() {
                            @let last = i + 1 == tile.details.len();
                            dd class="detail" {
                                @if last && tile.tone != Tone::Neutral {
                                    span class="mark" aria-hidden="true" { (tile.tone.mark()) }
                                }
                                (detail)
                            }
                        }
                        @if tile.trend.iter().flatten().count() > 1 { dd { (spark(tile)) } }
                    }
                }
            }
        }
    }
}

/// Width and height of a small line.
const SPARK: (f64, f64) = (132.0, 28.0);

/// A line through the points that are measured, broken where one is not; the last one is marked.
fn spark(tile: &BoardTile) -> Markup {
    let known = || tile.trend.iter().enumerate().filter_map(|(i, value)| Some((i, (*value)?)));
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), (_, v)| (lo.min(v), hi.max(v)));
    let step = (SPARK.0 - 6.0) / (tile.trend.len().max(2) - 1) as f64;
    let x = |i: usize| 3.0 + step * i as f64;
    let y = |value: f64| match high > low {
        true => SPARK.1 - 4.0 - (value - low) / (high - low) * (SPARK.1 - 8.0),
        false => SPARK.1 / 2.0,
    };
    let mut path = String::new();
    let mut before = None;
    for (i, value) in known() {
        let letter = if before.is_some_and(|before: usize| before + 1 == i) { 'L' } else { 'M' };
        path += &format!("{letter}{:.1} {:.1}", x(i), y(value));
        before = Some(i);
    }
    html! {
        svg class="spark" viewBox={ "0 0 " (SPARK.0) " " (SPARK.1) } role="img" aria-label=(tile.trend_text) {
            path d=(path) {}
            @if let Some((i, value)) = known().next_back() {
                circle cx=(format!("{:.1}", x(i))) cy=(format!("{:.1}", y(value))) r="2.5" {}
            }
        }
    }
}

/// A remark that must not be missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
}

pub fn notice(notice: &Notice) -> Markup {
    html! {
        p class={ "notice " (notice.tone.class()) } {
            span class="mark" aria-hidden="true" { (notice.tone.mark()) }
            span { (notice.text) }
        }
    }
}

/// A table in its own scroller, so that a wide one never widens the page.
pub fn table(table: &Table) -> Markup {
    scroller(table, &table.caption)
}

fn scroller(table: &Table, label: &str) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="group" aria-label=[(!label.is_empty()).then_some(label)] {
            table {
                @if !table.caption.is_empty() { caption { (table.caption) } }
                thead { tr {
                    @for column in &table.columns {
                        @if column.title.is_empty() {
                            td {}
                        } @else {
                            th scope="col" class=[column.numeric.then_some("n")] { (column.title) }
                        }
                    }
                } }
                tbody {
                    @for row in &table.rows {
                        tr class=[row.strong.then_some("strong")] {
                            @for (i, cell) in row.cells.iter().enumerate() {
                                @let numeric = table.columns.get(i).is_some_and(|c| c.numeric);
                                @if i == 0 && !numeric {
                                    th scope="row" { (text(cell)) }
                                } @else {
                                    td class=[numeric.then_some("n")] { (text(cell)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !table.note.is_empty() { p class="note" { (table.note) } }
    }
}

/// A cell's text; what follows a line break stands below it, quieter.
fn text(cell: &str) -> Markup {
    html! {
        @if let Some((main, below)) = cell.split_once('\n') {
            (main) span class="below" { (below) }
        } @else {
            (cell)
        }
    }
}

/// The finding, both drawings (the style sheet shows one), and the numbers behind them.
pub fn figure(figure: &Figure, cx: Cx) -> Markup {
    let data = figure.chart.table(cx);
    // Paper gets the numbers where they fit below their picture; the others stay in the file.
    let drawing = |width| PreEscaped(chart::draw(figure, width, cx));
    html! {
        figure id=(figure.id) {
            figcaption { (figure.finding) }
            @if !figure.caption.is_empty() { p class="note" { (figure.caption) } }
            div class="draw" role="group" aria-label=(words::page::values(cx.locale)) {
                (drawing(Width::Wide))
                (drawing(Width::Narrow))
            }
            details class=(if data.is_long() { "data long" } else { "data" }) {
                summary { (words::page::show_data(cx.locale)) }
                (scroller(&data, &figure.finding))
            }
        }
    }
}

pub fn provenance(from: &Provenance, cx: Cx) -> Markup {
    let l = cx.locale;
    html! {
        section id="provenance" class="provenance" {
            h2 { (words::page::provenance(l)) }
            p { (words::page::made_by(l, &from.engine)) }
            @if !from.command.is_empty() {
                p { (words::page::make_again(l)) }
                pre tabindex="0" { code { (from.command) } }
            }
            @if !from.documents.is_empty() {
                div class="scroll" tabindex="0" role="group" aria-label=(words::page::documents(l)) { table {
                    thead { tr {
                        th scope="col" { (words::page::document(l)) }
                        th scope="col" { (words::page::name(l)) }
                        th scope="col" { (words::page::version(l)) }
                        th scope="col" { "SHA-256" }
                    } }
                    tbody {
                        @for document in &from.documents {
                            tr {
                                th scope="row" { (words::page::document_kind(l, document.kind)) }
                                td { (document.name) }
                                td { (document.version) }
                                td { code title=(document.digest) { (document.digest.short()) } }
                            }
                        }
                    }
                } }
            }
            @if !from.seeds.is_empty() {
                @let seeds = from.seeds.iter().map(u64::to_string).collect::<Vec<_>>();
                p { (words::page::seeds(l, &seeds.join(", "))) }
            }
        }
    }
}
