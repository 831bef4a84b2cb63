//! The page that says what a place of each rep is worth.

use std::sync::Arc;

use axum::{extract::State as Shared, response::Response};
use pointsman_decision::{Member, Snapshot, team::Use};
use pointsman_domain::{Instant, LimitKind};
use pointsman_report::{
    Unit,
    table::{Column, Row},
};

use super::{CX, minute, page, respond, section, table};
use crate::{
    api::{prices::unit, reps},
    error::Problem,
    state::State,
};

pub async fn prices(Shared(state): Shared<Arc<State>>) -> Result<Response, Problem> {
    let snapshot = state.live()?;
    let mut reps = reps::now(&state).await?;
    reps.retain(|rep| rep.active && rep.limits.iter().any(|limit| limit.price.is_some()));
    let shown = in_words(&snapshot);
    let price = |limit: &Use| limit.price.map_or_else(|| "free".into(), |price| shown.show(CX.locale, price));
    reps.sort_by(|a, b| dearest(b).0.total_cmp(&dearest(a).0).then(a.id.cmp(&b.id)));
    let rows = reps.iter().flat_map(|rep| {
        rep.limits.iter().filter(|limit| limit.cap.is_some()).map(|limit| {
            let cap = limit.cap.unwrap_or_default();
            Row::new(vec![
                rep.id.to_string(),
                named(limit.kind).to_owned(),
                format!("{} of {cap}", cap.saturating_sub(limit.used)),
                limit.floor.map_or_else(String::new, |floor| floor.saturating_sub(limit.used).to_string()),
                price(limit),
                limit.until.map_or_else(|| "a lead is closed".into(), minute),
            ])
        })
    });
    let rows = rows.collect();
    let sentence = match reps.first().map(|rep| (rep, dearest(rep))) {
        Some((rep, (worth, until))) if worth > 0.0 => {
            let until = until.map_or_else(String::new, |until| format!(" until {}", minute(until)));
            format!("The dearest: a place of {} is worth {}{until}.", rep.name, shown.show(CX.locale, worth))
        }
        Some(_) => "Nobody's places are scarce: everybody can have the leads that suit them.".into(),
        None => "No prices were solved yet: a rule with pick \"expected-value\", a promoted model, a limit and \
                 fifty leads are needed. Until then every place is free."
            .into(),
    };
    let title = "What is a place worth to the leads still to come?";
    let mut shown = page("Prices", title, &state.config.workspace, &snapshot);
    let columns = vec![
        Column::text("Rep"),
        Column::text("Places"),
        Column::text("Left"),
        Column::number("Still owed"),
        Column::number("Worth of the next"),
        Column::text("Until"),
    ];
    shown.sections.push(section("prices", "Prices", sentence, table(columns, rows)));
    Ok(respond(&state, "/prices", &shown, CX, &[]))
}

/// The rep's highest price, and when that window ends.
fn dearest(rep: &Member) -> (f64, Option<Instant>) {
    let priced = rep.limits.iter().filter_map(|limit| limit.price.map(|price| (price, limit.until)));
    priced.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, None))
}

/// The unit of prices: money, or wins.
pub(super) fn in_words(snapshot: &Snapshot) -> Unit {
    match unit(snapshot) {
        "wins" => Unit::number(3),
        _ => Unit::money(snapshot.currency),
    }
}

fn named(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Open => "open leads",
        LimitKind::PerDay => "new leads a day",
        LimitKind::PerWeek => "new leads a week",
        LimitKind::PerMonth => "new leads a month",
    }
}
