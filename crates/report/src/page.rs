//! A page as data, and the two shells around it: live (with places to go) and file.
//!
//! Every section reads sentence → picture → table → method, in that order.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pointsman_domain::Digest;

use crate::{
    Cx, Figure, Locale, Table,
    assets::{self, CHART_JS, CSS},
    part::{self, Answer, BoardTile, Notice, Provenance, Tile, Verdict},
    words,
};

#[derive(Debug, Clone)]
pub struct Page {
    pub title: String,
    /// What this page is about, for whom and when: one quiet line above the title.
    pub kicker: String,
    /// The one question that the page answers.
    pub question: String,
    pub verdict: Option<Verdict>,
    pub tiles: Vec<Tile>,
    pub sections: Vec<Section>,
    pub provenance: Provenance,
    /// The same report in the other language: a relative address.
    pub other_language: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Unique in its page: `[a-z0-9-]`.
    pub id: String,
    pub heading: String,
    /// The finding, with number and interval.
    pub sentence: String,
    /// Questions with a number and a sentence each: a page that has any is laid out to print short.
    pub answers: Vec<Answer>,
    /// Figures side by side, at most eight.
    pub board: Vec<BoardTile>,
    pub notices: Vec<Notice>,
    pub figures: Vec<Figure>,
    pub tables: Vec<Table>,
    /// Where to read on.
    pub links: Vec<Link>,
    /// A question that the reader may ask; live pages only.
    pub form: Option<Form>,
    /// What the reader may do; live pages only.
    pub actions: Vec<Action>,
    /// How it was computed, one paragraph each.
    pub method: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    pub label: String,
}

/// A form that works without script: one choice, asked by `GET`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    pub action: String,
    /// Sent along as they are.
    pub hidden: Vec<(String, String)>,
    pub field: Field,
    pub button: String,
}

/// Something that the reader may do: a button, perhaps with a line to write. Sent by `POST`, without
/// script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Action {
    pub action: String,
    /// Sent along as they are.
    pub hidden: Vec<(String, String)>,
    /// Name and label of a line to write.
    pub line: Option<(String, String)>,
    pub button: String,
    /// Not the one that most readers want.
    pub quiet: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub label: String,
    /// Value and what the reader sees.
    pub options: Vec<(String, String)>,
    pub chosen: Option<String>,
}

/// What surrounds a page.
#[derive(Debug, Clone, Copy)]
pub enum Shell<'a> {
    Live(&'a Live),
    /// Everything inside one file; `data` is the result itself as JSON.
    File {
        data: &'a str,
        digest: Digest,
    },
}

/// The surroundings of a live page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Live {
    pub workspace: String,
    pub places: Vec<Place>,
    /// Addresses under which the server serves [`CSS`] and [`CHART_JS`].
    pub css_href: String,
    pub script_href: String,
    /// `light` or `dark`, where the reader has chosen.
    pub theme: Option<Theme>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub href: String,
    pub label: String,
    pub current: bool,
}

impl Theme {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The whole document.
pub fn render(page: &Page, shell: Shell<'_>, cx: Cx) -> String {
    let theme = match shell {
        Shell::Live(live) => live.theme,
        Shell::File { .. } => None,
    };
    let document = html! {
        (DOCTYPE)
        html lang=(cx.locale.tag()) data-theme=[theme.map(Theme::name)] {
            (head(page, shell))
            body class=[page.sections.iter().any(|s| !s.answers.is_empty()).then_some("brief")] {
                a class="skip" href="#main" { (words::page::skip(cx.locale)) }
                (top(page, shell, cx.locale))
                div class="frame" {
                    (contents(page, cx.locale))
                    main id="main" { (main(page, cx)) }
                }
                (bottom(shell, cx.locale))
                (scripts(shell))
            }
        }
    };
    document.into_string()
}

fn head(page: &Page, shell: Shell<'_>) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            @match shell {
                Shell::Live(live) => { link rel="stylesheet" href=(live.css_href); }
                Shell::File { .. } => {
                    meta http-equiv="Content-Security-Policy" content=(assets::content_policy());
                    style { (PreEscaped(CSS)) }
                }
            }
            title { (page.title) " · Pointsman" }
        }
    }
}

/// The mark of the product: two tracks and the switch between them.
fn mark() -> Markup {
    html! {
        svg class="logo" viewBox="0 0 24 24" aria-hidden="true" {
            path d="M4 21V3M4 15C4 9 19 12 19 3" {}
            circle cx="19" cy="3.5" r="2.5" {}
        }
    }
}

fn top(page: &Page, shell: Shell<'_>, locale: Locale) -> Markup {
    html! {
        header class="top" {
            div class="bar" {
                span class="product" { (mark()) "Pointsman" }
                @if let Shell::Live(live) = shell {
                    span class="workspace" { (live.workspace) }
                    nav aria-label=(words::page::navigation(locale)) {
                        @for place in &live.places {
                            a href=(place.href) aria-current=[place.current.then_some("page")] { (place.label) }
                        }
                    }
                }
                @if let Some(href) = &page.other_language {
                    @let other = match locale { Locale::En => "de", Locale::De => "en" };
                    a class="language" href=(href) hreflang=(other) lang=(other) {
                        (words::page::other_language(locale))
                    }
                }
            }
        }
    }
}

fn contents(page: &Page, locale: Locale) -> Markup {
    html! {
        @if page.sections.len() > 2 {
            nav class="contents" aria-label=(words::page::contents(locale)) {
                ol {
                    @for section in &page.sections {
                        li { a href={ "#" (section.id) } { (section.heading) } }
                    }
                    li { a href="#provenance" { (words::page::provenance(locale)) } }
                }
            }
        }
    }
}

fn main(page: &Page, cx: Cx) -> Markup {
    html! {
        div class="intro" {
            @if !page.kicker.is_empty() { p class="kicker" { (page.kicker) } }
            h1 { (page.title) }
            p class="question" { (page.question) }
        }
        @if let Some(verdict) = &page.verdict { (part::verdict(verdict)) }
        (part::tiles(&page.tiles))
        @for one in &page.sections { (section(one, cx)) }
        (part::provenance(&page.provenance, cx))
    }
}

/// One section; live pages may place several by hand.
pub fn section(section: &Section, cx: Cx) -> Markup {
    html! {
        section id=(section.id) {
            h2 { (section.heading) }
            @if !section.sentence.is_empty() { p class="sentence" { (section.sentence) } }
            @if let Some(form) = &section.form { (question(form)) }
            (part::answers(&section.answers))
            (part::board(&section.board))
            @for notice in &section.notices { (part::notice(notice)) }
            @for figure in &section.figures { (part::figure(figure, cx)) }
            @for table in &section.tables { (part::table(table)) }
            @if !section.links.is_empty() {
                ul class="links" { @for link in &section.links { li { a href=(link.href) { (link.label) } } } }
            }
            @for (at, act) in section.actions.iter().enumerate() { (action(&section.id, at, act)) }
            @if !section.method.is_empty() {
                details class="method" {
                    summary { (words::page::method(cx.locale)) }
                    @for paragraph in &section.method { p { (paragraph) } }
                }
            }
        }
    }
}

fn question(form: &Form) -> Markup {
    let field = &form.field;
    html! {
        form class="question" method="get" action=(form.action) {
            @for (name, value) in &form.hidden { input type="hidden" name=(name) value=(value); }
            label for=(field.name) { (field.label) }
            select id=(field.name) name=(field.name) {
                @for (value, label) in &field.options {
                    option value=(value) selected[field.chosen.as_ref() == Some(value)] { (label) }
                }
            }
            button type="submit" { (form.button) }
        }
    }
}

fn action(section: &str, at: usize, action: &Action) -> Markup {
    html! {
        form class="action" method="post" action=(action.action) {
            @for (name, value) in &action.hidden { input type="hidden" name=(name) value=(value); }
            @if let Some((name, label)) = &action.line {
                @let id = format!("{section}-{name}-{at}");
                label for=(id) { (label) }
                input id=(id) name=(name) maxlength="500";
            }
            button type="submit" class=[action.quiet.then_some("quiet")] { (action.button) }
        }
    }
}

fn bottom(shell: Shell<'_>, locale: Locale) -> Markup {
    html! {
        @if let Shell::File { digest, .. } = shell {
            footer class="bottom" {
                p { (words::page::stands_alone(locale)) " " (words::page::digest(locale, &digest.short())) }
            }
        }
    }
}

fn scripts(shell: Shell<'_>) -> Markup {
    html! {
        @match shell {
            Shell::Live(live) => { script src=(live.script_href) defer {} }
            Shell::File { data, .. } => {
                script type="application/json" id="result" { (PreEscaped(data)) }
                script { (PreEscaped(CHART_JS)) }
            }
        }
    }
}
