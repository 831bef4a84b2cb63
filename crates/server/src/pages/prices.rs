//! The page that says what a place of each rep is worth.

use std::sync::Arc;

use axum::{extract::State as Shared, response::Response};
use pointsman_decision::{Member, Snapshot, team::Use};
use pointsman_domain::Instant;
use pointsman_report::{
    Unit,
    table::{Column, Row},
    words::{page::place_prices, team as words},
};

use super::{
    reader::Reader,
    sheet::{Sheet, section, table},
};
use crate::{
    api::{prices::unit, reps},
    error::Problem,
    state::State,
};

pub async fn prices(Shared(state): Shared<Arc<State>>, reader: Reader) -> Result<Response, Problem> {
    let sheet = Sheet::new(&state, reader)?;
    let l = sheet.l();
    let mut reps = reps::now(&state).await?;
    reps.retain(|rep| rep.active && rep.limits.iter().any(|limit| limit.price.is_some()));
    reps.sort_by(|a, b| dearest(b).0.total_cmp(&dearest(a).0).then(a.id.cmp(&b.id)));
    let rows = reps.iter().flat_map(|rep| {
        let capped = rep.limits.iter().filter_map(|limit| Some((limit, limit.cap?)));
        capped.map(|(limit, cap)| row(&sheet, rep, limit, cap))
    });
    let texts = [words::rep, words::places, words::left].map(|word| Column::text(word(l)));
    let numbers = [words::still_owed, words::worth].map(|word| Column::number(word(l)));
    let columns = texts.into_iter().chain(numbers).chain([Column::text(words::until(l))]).collect();
    let mut page = sheet.page(place_prices(l), words::prices_question(l));
    page.sections.push(section("prices", place_prices(l), sentence(&sheet, &reps), table(columns, rows.collect())));
    Ok(sheet.respond("/prices", page, &[]))
}

fn row(sheet: &Sheet, rep: &Member, limit: &Use, cap: u32) -> Row {
    let l = sheet.l();
    let worth = in_words(&sheet.snapshot);
    Row::new(vec![
        rep.id.to_string(),
        words::limit(l, limit.kind),
        words::left_of(l, &sheet.count(cap.saturating_sub(limit.used)), &sheet.count(cap)),
        limit.floor.map_or_else(String::new, |floor| sheet.count(floor.saturating_sub(limit.used))),
        limit.price.map_or_else(|| words::free(l), |price| worth.show(l, price)),
        limit.until.map_or_else(|| words::until_closed(l), |at| sheet.at(at)),
    ])
}

fn sentence(sheet: &Sheet, reps: &[Member]) -> String {
    let l = sheet.l();
    match reps.first().map(|rep| (rep, dearest(rep))) {
        Some((rep, (worth, until))) if worth > 0.0 => {
            let worth = in_words(&sheet.snapshot).show(l, worth);
            match until {
                Some(at) => words::dearest_until(l, &rep.name, &worth, &sheet.at(at)),
                None => words::dearest(l, &rep.name, &worth),
            }
        }
        Some(_) => words::not_scarce(l),
        None => words::no_prices(l),
    }
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
