//! From what is known to the facts of a lead: one builder for a lead that arrives and for one
//! that is decided again.

use std::sync::Arc;

use pointsman_decision::{
    AccountFacts, ContactFacts, Engagement, Exposed, Facts, LeadFacts, Routing, Scratch, Snapshot, Ticket, qualify,
};
use pointsman_domain::{AccountId, CommandId, ContactId, DecisionId, Instant, LeadId, Micros, Money, RepId, Values};

use crate::{
    backend::{Around, LeadRecord, Reader, Surroundings},
    command::{Arrival, Decide, Decline, Occasion},
    error::StoreError,
    outside::Outside,
    row::{AccountRow, ContactRow, LeadRow},
};

/// A new enquiry, normalised.
#[derive(Debug, Clone)]
pub struct Enquiry {
    pub id: LeadId,
    pub source: Box<str>,
    pub external_id: Option<Box<str>>,
    pub at: Instant,
    pub attributes: Values,
    pub value: Option<Money>,
    pub originator: Option<RepId>,
    pub completeness: f64,
    pub person: Option<Person>,
    pub company: Option<Company>,
    pub duplicate_keys: Vec<Box<str>>,
    pub duplicate_window: Micros,
    /// The ids of a person and a company that turn out to be new.
    pub contact: ContactId,
    pub account: AccountId,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub name: Option<Box<str>>,
    pub email: Option<Box<str>>,
    /// E.164.
    pub phone: Option<Box<str>>,
}

#[derive(Debug, Clone)]
pub struct Company {
    pub name: Box<str>,
    /// The name without legal form.
    pub name_key: Box<str>,
    pub domain: Option<Box<str>>,
}

impl Enquiry {
    /// What must be read before it can be decided.
    pub fn around(&self) -> Around {
        Around {
            duplicate_keys: self.duplicate_keys.clone(),
            domain: self.company.as_ref().and_then(|company| company.domain.clone()),
            company: self.company.as_ref().map(|company| company.name_key.clone()),
            ..Around::default()
        }
    }

    /// The facts to decide on, and the rows that the decision writes.
    pub fn arrive(&self, around: &Surroundings) -> (Facts, Arrival) {
        let new_account = self.company.as_ref().filter(|_| around.account.is_none()).map(|company| AccountRow {
            id: self.account,
            name: company.name.clone(),
            name_key: company.name_key.clone(),
            domain: company.domain.clone(),
            parent: None,
            owner: None,
            version: 0,
        });
        let account = new_account.as_ref().or(around.account.as_ref());
        let new_contact = self.person.as_ref().filter(|_| around.contact.is_none()).map(|person| ContactRow {
            id: self.contact,
            name: person.name.clone(),
            email: person.email.clone(),
            phone: person.phone.clone(),
            account: account.map(|account| account.id),
            owner: None,
            version: 0,
        });
        let contact = new_contact.as_ref().or(around.contact.as_ref());
        let lead = LeadRow {
            id: self.id,
            source: self.source.clone(),
            external_id: self.external_id.clone(),
            at: self.at,
            contact: contact.map(|contact| contact.id),
            account: account.map(|account| account.id),
            attributes: self.attributes.clone(),
            value: self.value,
            originator: self.originator.clone(),
            completeness: self.completeness,
        };
        let person = contact.map(|contact| person_facts(contact, around.contact.is_some()));
        let facts = build(&lead, person, account, around, Routing::default());
        let arrival = Arrival {
            lead,
            new_contact,
            new_account,
            duplicate_keys: self.duplicate_keys.clone(),
            duplicate_window: self.duplicate_window,
            domain: self.company.as_ref().and_then(|company| company.domain.clone()),
        };
        (facts, arrival)
    }
}

/// What must be read before a stored lead is decided again.
pub fn around_again(record: &LeadRecord) -> Around {
    Around { contact: record.row.contact, account: record.row.account, ..Around::default() }
}

/// The facts of a stored lead as they are now; variant and seed of its first decision are kept.
pub fn again(record: &LeadRecord, variant: Option<Exposed>, around: &Surroundings) -> Facts {
    let state = &record.state;
    let person = around.contact.as_ref().map(|contact| person_facts(contact, state.person_known));
    let routing = Routing {
        first_decided: Some(state.first_decided),
        seed: Some(state.seed),
        variant,
        deadline: state.deadline,
        declined: state.declined.clone(),
        last_owner: state.last_owner.clone(),
    };
    build(&record.row, person, around.account.as_ref(), around, routing)
}

/// A lead that somebody does not take, decided again without them: facts as they are now, who
/// declined among them.
pub fn without(
    reader: &mut dyn Reader,
    record: &LeadRecord,
    snapshot: &Arc<Snapshot>,
    outside: &Outside,
    decline: Decline,
) -> Result<Decide, StoreError> {
    let variant = reader.decision(record.state.decision)?.and_then(|stored| stored.decision.variant);
    let around = reader.around(&around_again(record))?;
    let mut facts = again(record, variant, &around);
    if !facts.routing.declined.contains(&decline.rep) {
        facts.routing.declined.push(decline.rep.clone());
    }
    let now = outside.now();
    let qualified = qualify(snapshot, &facts, now, &mut Scratch::new(snapshot));
    let ticket = Ticket { decision: DecisionId::new(now, outside.chance()), seed: record.state.seed };
    let command = CommandId::new(now, outside.chance());
    let salt = outside.chance().to_le_bytes();
    Ok(Decide::new(command, ticket, Occasion::Declined(decline), &facts, qualified, salt))
}

fn person_facts(contact: &ContactRow, known: bool) -> ContactFacts {
    let domain = contact.email.as_deref().and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain.into());
    ContactFacts { id: contact.id, known, email_domain: domain, owner: contact.owner.clone() }
}

pub(crate) fn build(
    lead: &LeadRow,
    contact: Option<ContactFacts>,
    account: Option<&AccountRow>,
    around: &Surroundings,
    routing: Routing,
) -> Facts {
    let account = account.map(|account| AccountFacts {
        id: account.id,
        name: account.name.clone(),
        domain: account.domain.clone(),
        owner: account.owner.clone(),
        parent: around.parent_owner.as_ref().map(|(name, _)| name.clone()),
        parent_owner: around.parent_owner.as_ref().map(|(_, owner)| owner.clone()),
        subsidiary_owner: around.subsidiary_owner.clone(),
        open_opportunity: around.opportunity.is_some(),
        opportunity_owner: around.opportunity.clone().flatten(),
    });
    Facts {
        format: 1,
        read_at: around.read_at,
        lead: LeadFacts {
            id: lead.id,
            arrived: lead.at,
            attributes: lead.attributes.clone(),
            value: lead.value,
            originator: lead.originator.clone(),
        },
        contact,
        account,
        routing,
        engagement: Engagement::default(),
        completeness: lead.completeness,
    }
}

/// What is drawn once for a lead and kept however often it must be qualified again.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    pub command: CommandId,
    pub ticket: Ticket,
    pub salt: [u8; 16],
}

/// Reads what is known, builds the facts, qualifies: everything before the queue. Called again
/// when the committer says that something changed meanwhile.
pub fn prepare(
    enquiry: &Enquiry,
    reader: &mut dyn Reader,
    snapshot: &Arc<Snapshot>,
    drawn: Drawn,
    now: Instant,
    scratch: &mut Scratch,
) -> Result<Decide, StoreError> {
    let around = reader.around(&enquiry.around())?;
    Ok(prepare_on(enquiry, &around, snapshot, drawn, now, scratch))
}

/// The same on what was read: for whoever says how long each took.
pub fn prepare_on(
    enquiry: &Enquiry,
    around: &Surroundings,
    snapshot: &Arc<Snapshot>,
    drawn: Drawn,
    now: Instant,
    scratch: &mut Scratch,
) -> Decide {
    let (facts, arrival) = enquiry.arrive(around);
    let qualified = qualify(snapshot, &facts, now, scratch);
    let occasion = Occasion::Arrival(Box::new(arrival));
    Decide::new(drawn.command, drawn.ticket, occasion, &facts, qualified, drawn.salt)
}
