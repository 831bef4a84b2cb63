//! One batch: its commands run in order, each on the load its predecessors left, and become rows.
//!
//! `draft` is the rows as they grow; one file a command: `decide`, `respond`, `stage`,
//! `transfer`, `keep`, `credit`, `switch`, `post`.

mod credit;
mod decide;
mod draft;
mod keep;
mod post;
mod respond;
mod stage;
mod switch;
mod transfer;

use std::sync::Arc;

use pointsman_assign::{Binding, Change, CounterKey, Ledger, Load};
use pointsman_decision::Snapshot;
use pointsman_domain::Window;

pub(crate) use draft::{Draft, Entry};
pub(crate) use switch::document_rows;

use crate::{
    backend::{Found, Keys},
    command::{Command, Declined, Done, Kept, Keyed, Occasion},
    receipt::Receipt,
};

/// What commands are run on.
#[derive(Debug)]
pub(crate) struct Bench {
    pub ledger: Ledger,
    /// What decides, and its numbers in this ledger.
    pub live: Option<(Arc<Snapshot>, Binding)>,
    pub load: Load,
}

/// Adds what a command touches; what it touches is what must be looked up for it.
pub(crate) fn keys(command: &Command, keys: &mut Keys) {
    let mut idempotency = |keyed: &Option<Keyed>| keys.idempotency.extend(keyed.iter().map(|keyed| keyed.key.clone()));
    match command {
        Command::Decide(decide) => {
            idempotency(&decide.idempotency);
            keys.leads.push(decide.lead());
            keys.contacts.extend(decide.contact);
            keys.accounts.extend(decide.account);
            if let Occasion::Arrival(arrival) = &decide.occasion {
                keys.duplicates.extend(arrival.duplicate_keys.iter().cloned());
                keys.domains.extend(arrival.domain.clone());
                let new = arrival.new_account.iter().map(|account| account.name_key.clone());
                keys.names.extend(new.filter(|name| !name.is_empty()));
                let external_id = arrival.lead.external_id.clone();
                keys.sources.extend(external_id.map(|id| (arrival.lead.source.clone(), id)));
            }
        }
        Command::Stage(staging) => {
            idempotency(&staging.idempotency);
            keys.leads.push(staging.lead);
            keys.staged.push(staging.lead);
        }
        Command::Transfer(transfer) => {
            idempotency(&transfer.idempotency);
            keys.leads.push(transfer.lead);
        }
        Command::Accept(accept) => {
            idempotency(&accept.idempotency);
            keys.leads.push(accept.lead);
        }
        Command::Credit(credit) => {
            idempotency(&credit.idempotency);
            keys.leads.push(credit.lead);
        }
        Command::Keep(keep) => {
            idempotency(&keep.idempotency);
            match &keep.kept {
                Kept::Account { row, external_id, .. } => {
                    keys.external_accounts.extend(external_id.clone());
                    keys.accounts.push(row.id);
                    keys.domains.extend(row.domain.clone());
                }
                Kept::Contact { row, external_id, keys: known, .. } => {
                    keys.external_contacts.extend(external_id.clone());
                    keys.contacts.push(row.id);
                    keys.duplicates.extend(known.iter().cloned());
                }
            }
        }
        Command::Erase(erase) => {
            idempotency(&erase.idempotency);
            keys.contacts.push(erase.contact);
            keys.duplicates.extend(erase.keys.iter().cloned());
        }
        Command::Switch(_)
        | Command::Post(_)
        | Command::Preview(_)
        | Command::Look(_)
        | Command::Tick
        | Command::Stop => {}
    }
}

type Verdict = Result<Done, Declined>;

fn done(receipt: Receipt) -> Verdict {
    Ok(Done { receipt, replayed: false, decided: None })
}

impl Bench {
    /// Numbers the snapshot's names in the ledger; it decides from now on.
    pub fn bind(&mut self, snapshot: Arc<Snapshot>) {
        let binding = snapshot.bind(&mut self.ledger);
        self.live = Some((snapshot, binding));
    }

    /// Runs one command: what comes of it is applied to the ledger and added to the draft.
    pub fn run(&mut self, command: &Command, found: &Found, draft: &mut Draft) -> Verdict {
        let keyed = match command {
            Command::Decide(decide) => decide.idempotency.as_ref(),
            Command::Stage(staging) => staging.idempotency.as_ref(),
            Command::Transfer(transfer) => transfer.idempotency.as_ref(),
            Command::Accept(accept) => accept.idempotency.as_ref(),
            Command::Credit(credit) => credit.idempotency.as_ref(),
            Command::Keep(keep) => keep.idempotency.as_ref(),
            Command::Erase(erase) => erase.idempotency.as_ref(),
            _ => None,
        };
        if let Some(keyed) = keyed
            && let Some((body, receipt)) = found.idempotency.get(&keyed.key)
        {
            let replayed = Done { receipt: receipt.clone(), replayed: true, decided: None };
            return if *body == keyed.body { Ok(replayed) } else { Err(Declined::KeyReused) };
        }
        let verdict = match command {
            Command::Decide(decide) => self.decide(decide, found, draft),
            Command::Stage(staging) => self.stage(staging, found, draft),
            Command::Transfer(transfer) => self.transfer(transfer, found, draft),
            Command::Accept(accept) => self.accept(accept, found, draft),
            Command::Credit(credit) => self.credit(credit, found, draft),
            Command::Keep(keep) => self.keep(keep, found, draft),
            Command::Erase(erase) => self.erase(erase, found, draft),
            Command::Switch(switch) => self.switch(switch, draft),
            Command::Post(post) => self.post(post, draft),
            Command::Preview(_) | Command::Look(_) | Command::Tick | Command::Stop => {
                unreachable!("these need no batch")
            }
        };
        if let Ok(done) = &verdict {
            draft.remember(keyed, &done.receipt);
        }
        verdict
    }

    fn apply(&mut self, changes: &[Change]) {
        changes.iter().for_each(|change| self.ledger.apply(change));
    }
}

/// Releases the open slots among these claims; quotas stay counted.
fn release(claims: &mut Vec<CounterKey>, changes: &mut Vec<Change>) {
    let is_open = |key: &CounterKey| key.window == Window::Always;
    let (open, quotas): (Vec<_>, Vec<_>) = std::mem::take(claims).into_iter().partition(is_open);
    *claims = quotas;
    changes.extend(open.into_iter().map(|key| Change::Release { key }));
}
