//! Where do leads get stuck? The analysis of the flow as it is today, from the store.

use std::sync::Arc;

use axum::{Extension, extract::State as Shared, response::Response, routing::get};
use pointsman_report::{
    Section,
    flow::page as report,
    page::Link,
    part::{Notice, Tone},
    words::flow as words,
};

use super::{
    kpi::being_made,
    lead_link,
    reader::{Asked, Reader},
    sheet::Sheet,
};
use crate::{
    access::{Access, Rights, Scope},
    api::flow::{FROM, QUARTER, UNTIL, period},
    error::Problem,
    openapi::Route,
    router::{Entry, LANG, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![(
        Route {
            path: "/flow",
            id: "flowPage",
            summary: "How leads move today, as a page: where they wait, who touches them, whom nobody touches.",
            parameters: &[QUARTER, FROM, UNTIL, LANG],
            problems: &["bad-parameter"],
            ..PLAIN
        },
        Access::Needs(Scope::ReportsRead),
        get(show),
    )]
}

async fn show(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    reader: Reader,
    Asked(pairs): Asked<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let days = period(&pairs)?;
    let sheet = Sheet::new(&state, reader)?;
    let shared = Arc::clone(&state);
    let found = tokio::task::spawn_blocking(move || shared.flows.soon(&shared, days));
    let (l, names) = (sheet.l(), rights.scopes.has(Scope::RepsRead));
    let bare = || sheet.page(words::title(l), words::question(l));
    let Some(found) = found.await.map_err(|_| Problem::Ours)?? else { return Ok(being_made(&sheet, "/flow", bare())) };
    if found.flow.leads == 0 {
        let mut page = bare();
        let notices = vec![Notice { tone: Tone::Neutral, text: words::no_leads(l) }];
        let links = vec![Link { href: "/flow".into(), label: words::every_lead(l) }];
        let links = if days.is_some() { links } else { Vec::new() };
        let none = Section { id: "none".into(), heading: words::title(l), notices, links, ..Section::default() };
        page.sections.push(none);
        return Ok(sheet.respond("/flow", page, &[]));
    }
    let mut page = report(&found.report(names), None, sheet.cx());
    // What is answered in files, and compared with one, is of the command.
    page.sections.retain(|section| !matches!(section.id.as_str(), "survey" | "territory" | "territories"));
    page.sections.push(periods(&sheet, days.is_some()));
    let leads = &found.flow.drops.oldest_open;
    let may = rights.scopes.has(Scope::DecisionsRead);
    let links: Vec<(String, String)> = leads.iter().filter(|_| may).map(|lead| lead_link(*lead)).collect();
    Ok(sheet.respond("/flow", page, &links))
}

/// The same of other leads: this quarter's, the last one's, all.
fn periods(sheet: &Sheet, narrowed: bool) -> Section {
    let l = sheet.l();
    let quarters = crate::api::flow::quarters(sheet.state.now(), &sheet.snapshot);
    let mut links: Vec<Link> = quarters
        .into_iter()
        .map(|quarter| Link { href: format!("/flow?quarter={quarter}"), label: words::arrived_in(l, &quarter) })
        .collect();
    if narrowed {
        links.push(Link { href: "/flow".into(), label: words::every_lead(l) });
    }
    Section { id: "periods".into(), heading: words::other_periods(l), links, ..Section::default() }
}
