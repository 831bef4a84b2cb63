//! `pointsman prices`: what every rep's places are worth now.

use pointsman_decision::{Snapshot, pricing::window_end};
use pointsman_domain::{Instant, LimitKind, RepIndex};
use serde::Serialize;

use crate::args::capacity::Prices;
use crate::{Done, clock, output, store};

#[derive(Debug, Serialize)]
struct Place {
    rep: String,
    limit: String,
    kind: LimitKind,
    left: u32,
    cap: u32,
    /// What the next place is worth.
    price: f64,
    until: Option<Instant>,
}

pub fn run(args: &Prices) -> anyhow::Result<Done> {
    let mut reader = store::read(&args.workspace)?;
    let Some(id) = reader.head()?.snapshot else { anyhow::bail!("nothing is live in {}", args.workspace.display()) };
    let documents = reader.documents(&id)?.ok_or_else(|| anyhow::anyhow!("the live documents are not stored"))?;
    let snapshot = crate::workspace::compile(&args.workspace, documents)?;
    let ledger = store::ledger(&mut *reader)?;
    let now = clock::now();
    let mut places = Vec::new();
    for (at, rep) in snapshot.roster.reps.iter().enumerate() {
        let zone = snapshot.calendar(RepIndex(at as u32)).zone();
        for limit in &snapshot.roster.limits {
            let window = zone.window(limit.kind, now);
            let (used, cap) = ledger.used(&rep.id, &limit.id, window);
            let (Some(cap), Some(price)) = (cap, ledger.price(&rep.id, &limit.id, window)) else { continue };
            let until = (limit.kind != LimitKind::Open).then(|| window_end(window, zone, now));
            let (rep, id) = (rep.id.to_string(), limit.id.to_string());
            places.push(Place { rep, limit: id, kind: limit.kind, left: cap.saturating_sub(used), cap, price, until });
        }
    }
    let book = ledger.book();
    if args.json {
        output::json(&serde_json::json!({ "epoch": ledger.price_epoch(), "solved_at": book.map(|b| b.at),
            "solved_from": book.map(|b| &b.solved_from), "unit": unit(&snapshot), "places": places }))?;
        return Ok(Done::Fine);
    }
    let Some(book) = book else {
        output::text(
            "no prices were solved yet: every place is free (a rule with pick = \"expected-value\", a promoted model, a limit and fifty leads are needed)",
        )?;
        return Ok(Done::Fine);
    };
    places.sort_by(|a, b| b.price.total_cmp(&a.price));
    let show = |price: f64| match unit(&snapshot) {
        "wins" => format!("{price:.3} wins"),
        _ => {
            let digits = snapshot.currency.digits();
            format!("{:.*} {}", digits as usize, price / 10f64.powi(digits as i32), snapshot.currency)
        }
    };
    let rows: Vec<Vec<String>> = places
        .iter()
        .map(|p| {
            let until = p.until.map_or_else(|| "closed".to_owned(), |until| until.to_string());
            vec![p.rep.clone(), p.limit.clone(), format!("{} of {}", p.left, p.cap), show(p.price), until]
        })
        .collect();
    output::text(format!(
        "prices of epoch {}, solved at {} on {} leads\n{}",
        book.epoch,
        book.at,
        book.solved_from.rows,
        output::table(&["rep", "limit", "left", "worth of the next", "until"], &rows)
    ))?;
    Ok(Done::Fine)
}

/// Prices are in the unit of values.
fn unit(snapshot: &Snapshot) -> &'static str {
    let values = snapshot.scorer.as_ref().is_some_and(|scorer| scorer.artifact().value.is_some());
    if values { "minor units" } else { "wins" }
}
