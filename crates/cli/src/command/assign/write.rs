//! Recording the assignment: leads that are new come in by the ordinary door and are decided;
//! whoever is then not where the plan says is handed over by the person named with `--by`.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::anyhow;
use pointsman_decision::{Scratch, Snapshot, Ticket, draws_on, plan::Plan};
use pointsman_domain::{CommandId, DecisionId, LeadId, RepId};
use pointsman_server::{ServeConfig, enquiry::LeadBody};
use pointsman_store::{
    Command, Declined, Reader, Receipt, Service, ServiceConfig, Store, StoreError, WorkspaceLock,
    command::Transfer,
    enquiry::{self, Drawn, prepare},
};
use serde_json::{Map, Value, json};

use super::list::Row;
use crate::args::capacity::Assign;
use crate::client::Client;
use crate::{clock, store};

/// Assignments written, and by lead why one was not.
type Written = (usize, BTreeMap<String, String>);

/// Through the running server, or on the store itself where none runs.
pub fn record(
    args: &Assign,
    snapshot: &Snapshot,
    rows: &[Row],
    plan: &Plan,
    done: &dyn Fn(),
) -> anyhow::Result<Written> {
    match WorkspaceLock::take(&args.workspace) {
        Ok(lock) => {
            drop(lock);
            let mut direct = Direct::open(args)?;
            let written = each(args, snapshot, rows, plan, done, &mut |row, to| direct.place(args, row, to));
            direct.service.stop();
            Ok(written)
        }
        Err(StoreError::Locked { address, .. }) => {
            let client = Client::new(&address)?;
            Ok(each(args, snapshot, rows, plan, done, &mut |row, to| through(&client, args, row, to)))
        }
        Err(error) => Err(error.into()),
    }
}

fn each(
    args: &Assign,
    snapshot: &Snapshot,
    rows: &[Row],
    plan: &Plan,
    done: &dyn Fn(),
    place: &mut dyn FnMut(&Row, &RepId) -> anyhow::Result<bool>,
) -> Written {
    let (mut written, mut failed) = (0, BTreeMap::new());
    debug_assert!(!args.dry_run);
    for (row, placed) in rows.iter().zip(&plan.placed) {
        done();
        let Some(to) = placed.to.map(|to| snapshot.roster.rep_at(to).id.clone()) else { continue };
        match place(row, &to) {
            Ok(moved) => written += usize::from(moved),
            Err(error) => drop(failed.insert(row.name.clone(), format!("{error:#}"))),
        }
    }
    (written, failed)
}

/// The row as a form would send it.
fn body(args: &Assign, row: &Row) -> Value {
    let mut body: Map<String, Value> = row.body.clone();
    body.insert("source".into(), args.source.clone().into());
    if let Some(id) = &row.external_id {
        body.insert("external_id".into(), id.clone().into());
    }
    body.into()
}

/// Over HTTP; says whether anything changed.
fn through(client: &Client, args: &Assign, row: &Row, to: &RepId) -> anyhow::Result<bool> {
    let (lead, seen) = match row.stored {
        Some(lead) => (lead.to_string(), row.owner_id.as_ref().map(ToString::to_string)),
        None => {
            let answer = client.post("/v1/leads", &[], &body(args, row))?;
            let lead = answer["lead"].as_str().ok_or_else(|| anyhow!("the server names no lead"))?.to_owned();
            (lead, answer["owner"].as_str().map(str::to_owned))
        }
    };
    let seen = seen.unwrap_or_else(|| "none".into());
    if seen == to.as_str() {
        return Ok(row.stored.is_none());
    }
    let assignment = json!({ "rep": to, "by": args.by, "reason": args.reason });
    client.post(&format!("/v1/leads/{lead}/assignment"), &[("if-match", &format!("\"{seen}\""))], &assignment)?;
    Ok(true)
}

/// The store without a server.
struct Direct {
    service: Service,
    reader: Box<dyn Reader>,
    _opened: store::Opened,
    config: ServeConfig,
}

impl Direct {
    fn open(args: &Assign) -> anyhow::Result<Self> {
        let opened = store::write(&args.workspace)?;
        let service = Service::start(&*opened.store, ServiceConfig::default(), store::outside())?;
        let reader = opened.store.reader()?;
        Ok(Self { service, reader, _opened: opened, config: ServeConfig::of_folder(&args.workspace) })
    }

    fn place(&mut self, args: &Assign, row: &Row, to: &RepId) -> anyhow::Result<bool> {
        let lead = match row.stored {
            Some(lead) => lead,
            None => self.arrive(args, row)?,
        };
        let snapshot = self.service.handle().live().ok_or_else(|| anyhow!("nothing is live: pointsman apply"))?;
        let record = self.reader.lead(lead)?.ok_or_else(|| anyhow!("the lead is not stored"))?;
        let expected = record.state.custody.owner().cloned();
        if expected.as_ref() == Some(to) {
            return Ok(row.stored.is_none());
        }
        let around = self.reader.around(&enquiry::around_again(&record))?;
        let facts = enquiry::again(&record, None, &around);
        let index = snapshot.roster.rep(to.as_str()).ok_or_else(|| anyhow!("'{to}' is not in the live roster"))?;
        let now = clock::now();
        let claims = draws_on(&snapshot, &facts, index, now, &mut Scratch::new(&snapshot));
        let transfer = Transfer {
            command: CommandId::new(now, clock::chance()),
            lead,
            to: to.clone(),
            expected,
            claims,
            actor: args.by.as_str().into(),
            reason: Some(args.reason.as_str().into()),
            idempotency: None,
        };
        self.service.handle().submit(Command::Transfer(Box::new(transfer)))?.wait()?.result?;
        Ok(true)
    }

    /// By the ordinary door: decided, and then perhaps handed over.
    fn arrive(&mut self, args: &Assign, row: &Row) -> anyhow::Result<LeadId> {
        let body: LeadBody = serde_json::from_value(body(args, row))?;
        let outside = store::outside();
        loop {
            let live = self.service.handle().live().ok_or_else(|| anyhow!("nothing is live: pointsman apply"))?;
            let read = pointsman_server::enquiry::read(&body, &live, &self.config, &outside);
            let enquiry = read.map_err(|problem| anyhow!(problem.body().said()))?.enquiry;
            let (now, chance) = (enquiry.at, clock::chance());
            let drawn = Drawn {
                command: CommandId::new(now, clock::chance()),
                ticket: Ticket { decision: DecisionId::new(now, clock::chance()), seed: chance as u64 },
                salt: chance.to_le_bytes(),
            };
            let decide =
                prepare(&enquiry, &mut *self.reader, &Arc::clone(&live), drawn, now, &mut Scratch::new(&live))?;
            let reply = self.service.handle().submit(Command::Decide(Box::new(decide)))?.wait()?;
            match reply.result {
                Err(Declined::Stale) => {}
                Err(declined) => return Err(declined.into()),
                Ok(done) => match done.receipt {
                    Receipt::Decided { lead, .. } | Receipt::Duplicate { lead, .. } => return Ok(lead),
                    other => return Err(anyhow!("the store answered {other:?}")),
                },
            }
        }
    }
}
