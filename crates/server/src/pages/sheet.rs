//! A page in the making: of which documents, for which reader; and the shell around it.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use pointsman_decision::Snapshot;
use pointsman_domain::Instant;
use pointsman_report::{
    Cx, Locale, Page, Section, Shell, Table,
    page::{Live, Place, render},
    part::{Document, DocumentKind, Provenance, Tile},
    table::{Column, Row},
    words::{live, page as words},
};
use pointsman_workhours::Zone;

use super::reader::Reader;
use crate::{error::Problem, state::State};

/// Texts that are alone in their cell, with the address that each becomes a link to.
pub type Links = [(String, String)];

pub struct Sheet {
    pub state: Arc<State>,
    pub snapshot: Arc<Snapshot>,
    pub reader: Reader,
}

impl Sheet {
    pub fn new(state: &Arc<State>, reader: Reader) -> Result<Self, Problem> {
        Ok(Self { state: Arc::clone(state), snapshot: state.live()?, reader })
    }

    pub fn cx(&self) -> Cx {
        self.reader.cx
    }

    pub fn l(&self) -> Locale {
        self.reader.cx.locale
    }

    /// A moment on the workspace's clock, by the minute: seconds say nothing to a reader.
    pub fn at(&self, at: Instant) -> String {
        self.l().on_clock(at, zone(&self.snapshot))
    }

    pub fn count(&self, n: impl TryInto<u64>) -> String {
        self.l().count(n.try_into().unwrap_or(u64::MAX))
    }

    pub fn tile(&self, label: String, value: u64, detail: String) -> Tile {
        Tile { label, value: self.count(value), detail }
    }

    /// A page without content yet.
    pub fn page(&self, title: String, question: String) -> Page {
        Page {
            title,
            kicker: live::kicker(self.l(), &self.state.config.workspace, zone(&self.snapshot).name()),
            question,
            verdict: None,
            tiles: Vec::new(),
            sections: Vec::new(),
            provenance: Provenance {
                engine: format!("Pointsman {}", env!("CARGO_PKG_VERSION")),
                documents: vec![Document {
                    kind: DocumentKind::Policy,
                    name: self.snapshot.policy().name.to_string(),
                    version: self.snapshot.id.short(),
                    digest: self.snapshot.id,
                }],
                seeds: Vec::new(),
                command: String::new(),
            },
            other_language: None,
        }
    }

    /// The page within the shell; `here` is the place that it belongs to.
    pub fn respond(&self, here: &str, page: Page, links: &Links) -> Response {
        respond(&self.state, &self.reader, here, page, links)
    }
}

/// The same for pages that reports make.
pub fn respond(state: &State, reader: &Reader, here: &str, page: Page, links: &Links) -> Response {
    within(state, reader, places(state, reader.cx.locale, here), page, links)
}

/// The page for whoever has a link to it and nothing else.
pub fn respond_alone(state: &State, reader: &Reader, page: Page) -> Response {
    within(state, reader, Vec::new(), page, &[])
}

/// The workspace's.
pub fn zone(snapshot: &Snapshot) -> &Zone {
    snapshot.home()
}

pub fn section(id: &str, heading: String, sentence: String, table: Table) -> Section {
    Section { id: id.into(), heading, sentence, tables: vec![table], ..Section::default() }
}

pub fn table(columns: Vec<Column>, rows: Vec<Row>) -> Table {
    Table { caption: String::new(), columns, rows, note: String::new() }
}

fn places(state: &State, l: Locale, here: &str) -> Vec<Place> {
    let place =
        |href: &str, label: fn(Locale) -> String| Place { href: href.into(), label: label(l), current: href == here };
    let mut places = vec![
        place("/", words::place_today),
        place("/leads", words::place_leads),
        place("/team", words::place_team),
        place("/kpi", words::place_figures),
        place("/flow", words::place_flow),
        place("/roi", words::place_return),
        place("/prices", words::place_prices),
        place("/policies", words::place_policy),
        place("/experiments", words::place_experiments),
        place("/connections", words::place_connections),
        place("/docs", words::place_api),
    ];
    if !state.gate.is_open() {
        places.push(place("/login", words::place_account));
    }
    places
}

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

fn within(state: &State, reader: &Reader, places: Vec<Place>, mut page: Page, links: &Links) -> Response {
    page.other_language = Some(reader.other());
    let live = Live {
        workspace: state.config.workspace.clone(),
        places,
        css_href: "/assets/app.css".into(),
        script_href: "/assets/chart.js".into(),
        theme: None,
    };
    let mut html = render(&page, Shell::Live(&live), reader.cx);
    for (text, href) in links {
        // Ids and these labels need no escaping; a cell's text stands between two tags.
        html = html.replace(&format!(">{text}<"), &format!("><a href=\"{href}\">{text}</a><"));
    }
    let response = ([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))], Html(html)).into_response();
    reader.keep(response, state.config.https)
}
