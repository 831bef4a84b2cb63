//! `pointsman deliveries …`: read and written in the store, beside a running server, which looks
//! again within seconds.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_connect::{Message, Secret};
use pointsman_report::Cx;
use pointsman_server::{
    api::deliveries::{DeliveryView, parse_id},
    deliver::{self, Outlet, Ping},
};
use pointsman_store::{
    Outbox,
    outbox::{DeliveryFilter, DeliveryState, SinkStanding},
};
use serde_json::json;

use crate::args::deliveries::{At, Deliveries};
use crate::{Done, clock, output, settings::Settings, store};

/// Rows read at once.
const PAGE: u32 = 500;
/// Rows shown at most; the API pages through all of them.
const SHOWN: usize = 200;

pub fn run(args: &Deliveries) -> anyhow::Result<Done> {
    match args {
        Deliveries::List { state, sink, at } => list(state.as_deref(), sink.as_deref(), at),
        Deliveries::Retry { ids, all, sink, at } => retry(ids, *all, sink.as_deref(), at),
        Deliveries::Ping { name, to, at } => ping(name, to.as_deref(), at),
        Deliveries::Secret => secret(),
    }
}

fn list(state: Option<&str>, sink: Option<&str>, at: &At) -> anyhow::Result<Done> {
    let state = DeliveryState::ALL.into_iter().find(|one| Some(one.as_str()) == state);
    let mut outbox = store::outbox(&at.workspace)?;
    let standing = outbox.standing()?;
    let filter = DeliveryFilter { state, sink: sink.map(Into::into), ..DeliveryFilter::default() };
    let rows = all(&mut outbox, filter, SHOWN)?;
    if at.json {
        let sinks: Vec<_> = standing.iter().map(shown).collect();
        output::json(&json!({ "sinks": sinks, "deliveries": rows }))?;
    } else {
        let head = ["receiver", "delivered", "waiting", "given up", "behind", "last error"];
        let lines: Vec<Vec<String>> = standing.iter().map(line).collect();
        match lines.is_empty() {
            true => output::text("nothing was told to other systems or reps yet (see docs/webhooks.md, docs/mail.md)")?,
            false => output::text(output::table(&head, &lines))?,
        }
        if !rows.is_empty() {
            let head = ["message", "event", "state", "attempts", "next attempt", "why"];
            output::text(format!("\n{}", output::table(&head, &rows.iter().map(told).collect::<Vec<_>>())))?;
        }
    }
    Ok(if standing.iter().any(|sink| sink.dead > 0) { Done::Found } else { Done::Fine })
}

fn all(outbox: &mut Outbox, mut filter: DeliveryFilter, most: usize) -> anyhow::Result<Vec<DeliveryView>> {
    let mut rows = Vec::new();
    filter.limit = PAGE;
    loop {
        let page = outbox.deliveries(&filter)?;
        let full = page.len() == PAGE as usize;
        filter.after = page.last().map(|row| (row.sink.clone(), row.seq));
        rows.extend(page.into_iter().map(DeliveryView::from));
        if !full || rows.len() >= most {
            rows.truncate(most);
            return Ok(rows);
        }
    }
}

fn shown(sink: &SinkStanding) -> serde_json::Value {
    json!({
        "name": sink.cursor.sink, "seq": sink.cursor.seq, "delivered": sink.cursor.delivered, "last_at": sink.cursor.last_at,
        "waiting": sink.waiting, "dead": sink.dead, "lag_seconds": lag(sink), "error": sink.cursor.error,
    })
}

fn lag(sink: &SinkStanding) -> f64 {
    sink.oldest.map_or(0.0, |at| (clock::now() - at).0.max(0) as f64 / 1e6)
}

fn line(sink: &SinkStanding) -> Vec<String> {
    vec![
        sink.cursor.sink.to_string(),
        sink.cursor.delivered.to_string(),
        sink.waiting.to_string(),
        sink.dead.to_string(),
        format!("{:.0} s", lag(sink)),
        sink.cursor.error.as_deref().unwrap_or("-").to_owned(),
    ]
}

fn told(row: &DeliveryView) -> Vec<String> {
    vec![
        row.id.clone(),
        row.event.to_string(),
        row.state.to_owned(),
        row.attempts.to_string(),
        row.due.map_or_else(|| "none".into(), |at| at.to_string()),
        row.error.as_deref().unwrap_or("waits behind another of its lead").to_owned(),
    ]
}

fn retry(ids: &[String], every: bool, sink: Option<&str>, at: &At) -> anyhow::Result<Done> {
    let mut outbox = store::outbox(&at.workspace)?;
    let mut ids = ids.to_vec();
    if every {
        let dead = DeliveryFilter {
            state: Some(DeliveryState::Dead),
            sink: sink.map(Into::into),
            ..DeliveryFilter::default()
        };
        ids.extend(all(&mut outbox, dead, usize::MAX)?.into_iter().map(|row| row.id));
    }
    let now = clock::now();
    for id in &ids {
        let wrong = || format!("'{id}' is no delivery's id: they look like 'crm.1234'");
        let (sink, seq) = parse_id(id).ok().with_context(wrong)?;
        if outbox.retry(&sink, seq, now)?.is_none() {
            bail!("there is no delivery '{id}': it arrived, or never was (see: pointsman deliveries list)");
        }
    }
    match at.json {
        true => output::json(&json!({ "again": ids }))?,
        false => output::text(format!("{} messages are tried again by the running server", ids.len()))?,
    }
    Ok(Done::Fine)
}

fn ping(name: &str, to: Option<&str>, at: &At) -> anyhow::Result<Done> {
    let settings = Settings::read(&at.workspace)?;
    let sinks = settings.sinks(&at.workspace)?;
    let known: Vec<&str> = sinks.iter().map(|sink| &*sink.name).collect();
    let sink = sinks.iter().find(|sink| &*sink.name == name);
    let sink = sink.with_context(|| {
        format!("pointsman.toml names no webhook or mail server '{name}' (there are: {})", known.join(", "))
    })?;
    let (now, id) = (clock::now(), format!("msg_{:032x}", clock::chance()));
    let test = match (&sink.outlet, to) {
        (Outlet::Webhook(webhook), None) => {
            let body = json!({ "format": 1, "event": "ping", "at": now }).to_string();
            Ping::Message(webhook, Message { id: id.clone(), body })
        }
        (Outlet::Mail(mailer), Some(to)) => {
            let (workspace, cx) = (workspace_name(&at.workspace), Cx { locale: settings.server.language });
            Ping::Letter(mailer, Box::new(deliver::test_letter(id.clone(), to, &workspace, cx, now)))
        }
        (Outlet::Mail(_), None) => bail!("'{name}' is a mail server: say to whom the test goes, with --to ADDRESS"),
        (Outlet::Webhook(_), Some(_)) => bail!("'{name}' is a webhook: its receiver is its url, leave --to out"),
    };
    let (arrived, says) = match deliver::ping(&test)? {
        Ok(()) if to.is_some() => (true, "the mail server has it".to_owned()),
        Ok(()) => (true, "it arrived".to_owned()),
        Err(failure) => (false, failure.to_string()),
    };
    match at.json {
        true => output::json(&json!({ "id": id, "arrived": arrived, "says": says }))?,
        false => output::text(format!("{name}: {says}"))?,
    }
    Ok(if arrived { Done::Fine } else { Done::Found })
}

/// As the server's pages and letters show it.
fn workspace_name(folder: &Path) -> String {
    let whole = folder.canonicalize();
    let folder = whole.as_deref().unwrap_or(folder);
    folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn secret() -> anyhow::Result<Done> {
    let mut random = [0; 32];
    random[..16].copy_from_slice(&clock::chance().to_le_bytes());
    random[16..].copy_from_slice(&clock::chance().to_le_bytes());
    output::text(Secret::text_of(&random))?;
    Ok(Done::Fine)
}
