//! One record of texts to canonical rows: the same function for a line of a file and for the
//! body of a webhook.

use std::sync::Arc;

use pointsman_domain::{
    Instant, LeadId, Money, RepId, TeamId, Values, id,
    record::{
        Account, Activity, ActivityKind, Assignment, AssignmentKind, Contact, Lead, Opportunity, Outcome, Rep, Stage,
    },
};

use crate::{
    cell::{Cell, Place},
    ids,
    join::{JoinedRow, Known},
    mapping::{
        AccountCells, ActivityCells, AssignmentCells, AttributeCells, Condition, ContactCells, Input, LeadCells,
        Mapping, OpportunityCells, OutcomeCells, RepCells, check,
    },
    normalise,
};

/// Why a row cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column '{column}': {reason}")]
pub struct RowFault {
    pub column: Box<str>,
    pub reason: String,
}

/// What one record says. Most records feed one or two tables.
#[derive(Debug, Default, PartialEq)]
pub struct Rows {
    pub lead: Option<Lead>,
    pub contact: Option<Contact>,
    pub account: Option<Account>,
    pub opportunity: Option<Opportunity>,
    pub rep: Option<Rep>,
    pub assignment: Option<Assignment>,
    pub activity: Option<Activity>,
    pub outcome: Option<Outcome>,
    /// Reps that the row names, with their names in the source system.
    pub mentioned: Vec<(RepId, Box<str>)>,
}

impl Input {
    /// Replaces known wrong spellings; do it once, before the row is joined or read.
    pub fn fix<'a>(&'a self, fields: &mut [&'a str]) {
        for (field, fixes) in fields.iter_mut().zip(&self.fixes) {
            if !fixes.is_empty()
                && let Some(meant) = fixes.get(field.trim())
            {
                *field = meant;
            }
        }
    }

    /// Reads one record. `fields` stand in the order of [`Input::columns`], with spellings
    /// [fixed](Input::fix); `nth` is the row's number in its file, from which activities that
    /// have no id get one.
    pub fn row(&self, mapping: &Mapping, fields: &[&str], known: &Known, nth: u32) -> Result<Rows, RowFault> {
        let joined: Vec<Option<JoinedRow>> = self
            .joins
            .iter()
            .map(|join| {
                known
                    .table(join.input)
                    .and_then(|table| table.find(fields.get(join.on).copied().unwrap_or_default().trim()))
            })
            .collect();
        let mut reader = Reader { mapping, fields, joined: &joined, known, mentioned: Vec::new(), own_lead: None };
        let mut rows = Rows::default();
        let tables = &self.tables;
        if let Some(cells) = reader.when(tables.lead.as_ref(), |t| &t.when)? {
            rows.lead = Some(reader.lead(cells)?);
        }
        if let Some(cells) = reader.when(tables.contact.as_ref(), |t| &t.when)? {
            rows.contact = Some(reader.contact(cells)?);
        }
        if let Some(cells) = reader.when(tables.account.as_ref(), |t| &t.when)? {
            rows.account = Some(reader.account(cells)?);
        }
        if let Some(cells) = reader.when(tables.opportunity.as_ref(), |t| &t.when)? {
            rows.opportunity = Some(reader.opportunity(cells)?);
        }
        if let Some(cells) = reader.when(tables.rep.as_ref(), |t| &t.when)? {
            rows.rep = Some(reader.team_member(cells)?);
        }
        if let Some(cells) = reader.when(tables.assignment.as_ref(), |t| &t.when)? {
            rows.assignment = Some(reader.assignment(cells)?);
        }
        if let Some(cells) = reader.when(tables.activity.as_ref(), |t| &t.when)? {
            rows.activity = Some(reader.activity(cells, nth)?);
        }
        if let Some(cells) = reader.when(tables.outcome.as_ref(), |t| &t.when)? {
            rows.outcome = Some(reader.outcome(cells)?);
        }
        rows.mentioned = reader.mentioned;
        Ok(rows)
    }
}

impl Mapping {
    /// Whether what other inputs take from a row of this one can be read, so that a fault is set
    /// aside once, with its own line, rather than with every row that joins it.
    pub fn check_joined(&self, position: usize, fields: &[&str]) -> Result<(), RowFault> {
        for input in &self.inputs {
            let Some(join) = input.joins.iter().position(|join| join.input == position) else { continue };
            let text = |cell: &Cell| match cell.place {
                Place::Joined { join: of, column } if of == join => {
                    fields.get(column).map(|t| t.trim()).filter(|t| !t.is_empty())
                }
                _ => None,
            };
            let lead = input.tables.lead.iter().flat_map(|lead| &lead.attributes);
            let account = input.tables.account.iter().flat_map(|account| &account.attributes);
            let events = input.events.iter().flat_map(|events| &events.attributes);
            for (index, cell) in lead.chain(account).chain(events) {
                if let (Some(text), Some((_, attribute))) = (text(cell), self.schema.get(*index)) {
                    cell.read_attribute(attribute, text, &self.locale).map_err(|reason| own_fault(cell, reason))?;
                }
            }
            let outcome = input.tables.outcome.iter().filter_map(|outcome| outcome.value.as_ref());
            for cell in outcome.chain(input.events.iter().filter_map(|events| events.value.as_ref())) {
                if let Some(text) = text(cell) {
                    cell.read_money(text, &self.locale).map_err(|reason| own_fault(cell, reason))?;
                }
            }
        }
        Ok(())
    }
}

/// `cases.amount` is `amount` in the file of cases.
fn own_fault(cell: &Cell, reason: String) -> RowFault {
    let column = cell.name.split_once('.').map_or(&*cell.name, |(_, column)| column);
    RowFault { column: column.into(), reason }
}

struct Reader<'a> {
    mapping: &'a Mapping,
    fields: &'a [&'a str],
    joined: &'a [Option<JoinedRow<'a>>],
    known: &'a Known,
    mentioned: Vec<(RepId, Box<str>)>,
    /// The lead this very row makes.
    own_lead: Option<(Box<str>, LeadId)>,
}

fn fault(cell: &Cell, reason: impl Into<String>) -> RowFault {
    RowFault { column: cell.name.clone(), reason: reason.into() }
}

impl<'a> Reader<'a> {
    /// The table's cells, if its conditions hold for this row.
    fn when<'t, T>(
        &self,
        table: Option<&'t T>,
        conditions: impl Fn(&'t T) -> &'t [Condition],
    ) -> Result<Option<&'t T>, RowFault>
    where
        'a: 't,
        't: 'a,
    {
        let Some(table) = table else { return Ok(None) };
        for condition in conditions(table) {
            let text = self.text(&condition.cell)?;
            let among =
                condition.among.as_ref().is_none_or(|list| text.is_some_and(|t| list.iter().any(|word| **word == *t)));
            let presence = condition.missing.is_none_or(|missing| missing == text.is_none());
            if !(among && presence) {
                return Ok(None);
            }
        }
        Ok(Some(table))
    }

    fn text(&self, cell: &'a Cell) -> Result<Option<&'a str>, RowFault> {
        cell.text(self.fields, self.joined).map_err(|reason| fault(cell, reason))
    }

    fn maybe_text(&self, cell: Option<&'a Cell>) -> Result<Option<Box<str>>, RowFault> {
        let Some(cell) = cell else { return Ok(None) };
        Ok(self.text(cell)?.map(Into::into))
    }

    fn required(&self, cell: &'a Cell) -> Result<&'a str, RowFault> {
        self.text(cell)?.ok_or_else(|| fault(cell, "is empty"))
    }

    fn time(&self, cell: &'a Cell) -> Result<Instant, RowFault> {
        cell.read_time(self.required(cell)?, &self.mapping.locale).map_err(|reason| fault(cell, reason))
    }

    /// `known_at`, never before `at`; an import that has none uses `at`.
    fn known_at(&self, cell: Option<&'a Cell>, at: Instant) -> Result<Instant, RowFault> {
        match cell {
            Some(cell) if self.text(cell)?.is_some() => self.time(cell).map(|known| known.max(at)),
            _ => Ok(at),
        }
    }

    fn money(&self, cell: Option<&'a Cell>) -> Result<Option<Money>, RowFault> {
        let Some(cell) = cell else { return Ok(None) };
        let text = self.text(cell)?;
        text.map(|text| cell.read_money(text, &self.mapping.locale)).transpose().map_err(|reason| fault(cell, reason))
    }

    fn word<T: for<'de> serde::Deserialize<'de>>(&self, cell: &'a Cell) -> Result<T, RowFault> {
        check::word(self.required(cell)?).map_err(|reason| fault(cell, reason))
    }

    fn slug(&self, cell: &'a Cell, text: &str) -> Result<RepId, RowFault> {
        rep_id(text).ok_or_else(|| fault(cell, format!("'{text}' has no letter or digit to name a rep by")))
    }

    fn rep(&mut self, cell: &'a Cell) -> Result<Option<RepId>, RowFault> {
        let Some(text) = self.text(cell)? else { return Ok(None) };
        let id = self.slug(cell, text)?;
        self.mentioned.push((id.clone(), text.into()));
        Ok(Some(id))
    }

    fn maybe_rep(&mut self, cell: Option<&'a Cell>) -> Result<Option<RepId>, RowFault> {
        cell.map_or(Ok(None), |cell| self.rep(cell))
    }

    fn account_id(&self, cell: Option<&'a Cell>) -> Result<Option<pointsman_domain::AccountId>, RowFault> {
        Ok(self.maybe_text(cell)?.map(|external| ids::account(&self.mapping.source, &external)))
    }

    fn attributes(&self, cells: &'a AttributeCells) -> Result<Values, RowFault> {
        read_attributes(self.mapping, cells, self.fields, self.joined)
    }

    /// The lead that a cell names: this row's own, or one of an earlier row.
    fn lead_id(&self, cell: &'a Cell) -> Result<LeadId, RowFault> {
        let external = self.required(cell)?;
        match &self.own_lead {
            Some((own, id)) if **own == *external => Ok(*id),
            _ => {
                let earlier = self.known.lead(&self.mapping.source, external);
                earlier.ok_or_else(|| fault(cell, format!("no lead '{external}' was read before")))
            }
        }
    }

    fn lead(&mut self, cells: &'a LeadCells) -> Result<Lead, RowFault> {
        let external = self.required(&cells.id)?;
        let at = self.time(&cells.at)?;
        let source = &self.mapping.source;
        let id = ids::lead(source, external, at);
        if self.known.lead(source, external).is_some() {
            return Err(fault(&cells.id, format!("lead '{external}' was read before")));
        }
        self.own_lead = Some((external.into(), id));
        Ok(Lead {
            id,
            source_system: source.clone(),
            external_id: external.into(),
            at,
            known_at: self.known_at(cells.known_at.as_ref(), at)?,
            contact: self.maybe_text(cells.contact.as_ref())?.map(|external| ids::contact(source, &external)),
            account: self.account_id(cells.account.as_ref())?,
            attributes: self.attributes(&cells.attributes)?,
        })
    }

    fn contact(&self, cells: &'a ContactCells) -> Result<Contact, RowFault> {
        let external = self.required(&cells.id)?;
        Ok(Contact {
            id: ids::contact(&self.mapping.source, external),
            external_id: external.into(),
            known_at: self.time(&cells.known_at)?,
            name: self.maybe_text(cells.name.as_ref())?,
            // What is no address or number is kept out rather than setting the person aside.
            email: self.maybe_text(cells.email.as_ref())?.and_then(|text| normalise::email(&text)).map(Into::into),
            phone: self
                .maybe_text(cells.phone.as_ref())?
                .and_then(|text| normalise::phone(&text, &cells.country))
                .map(Into::into),
            account: self.account_id(cells.account.as_ref())?,
        })
    }

    fn account(&mut self, cells: &'a AccountCells) -> Result<Account, RowFault> {
        let external = self.required(&cells.id)?;
        let domain = self.maybe_text(cells.domain.as_ref())?;
        Ok(Account {
            id: ids::account(&self.mapping.source, external),
            external_id: external.into(),
            known_at: self.time(&cells.known_at)?,
            name: self.maybe_text(cells.name.as_ref())?.unwrap_or_else(|| external.into()),
            domain: domain.map(|text| text.trim_start_matches("www.").to_lowercase().into()),
            parent: self.account_id(cells.parent.as_ref())?,
            owner: self.maybe_rep(cells.owner.as_ref())?,
            attributes: self.attributes(&cells.attributes)?,
        })
    }

    fn opportunity(&mut self, cells: &'a OpportunityCells) -> Result<Opportunity, RowFault> {
        let external = self.required(&cells.id)?;
        let at = self.time(&cells.at)?;
        Ok(Opportunity {
            id: ids::opportunity(&self.mapping.source, external, at),
            external_id: external.into(),
            at,
            known_at: self.known_at(cells.known_at.as_ref(), at)?,
            account: self.account_id(cells.account.as_ref())?,
            owner: self.maybe_rep(cells.owner.as_ref())?,
            stage: self.word::<Stage>(&cells.stage)?,
            amount: self.money(cells.amount.as_ref())?,
        })
    }

    fn team_member(&mut self, cells: &'a RepCells) -> Result<Rep, RowFault> {
        let external = self.required(&cells.id)?;
        let id = self.slug(&cells.id, external)?;
        let team = match &cells.team {
            Some(cell) => self.text(cell)?.and_then(id::slugify).and_then(|slug| TeamId::new(&slug).ok()),
            None => None,
        };
        let active = match &cells.active {
            Some(cell) => match self.text(cell)?.unwrap_or("true").to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => true,
                "false" | "no" | "0" => false,
                other => return Err(fault(cell, format!("'{other}' is not true or false"))),
            },
            None => true,
        };
        let name = self.maybe_text(cells.name.as_ref())?.unwrap_or_else(|| external.into());
        Ok(Rep { id, external_id: external.into(), name, team, active })
    }

    fn assignment(&mut self, cells: &'a AssignmentCells) -> Result<Assignment, RowFault> {
        let at = self.time(&cells.at)?;
        let propensity = match &cells.propensity {
            Some(cell) => match self.text(cell)?.map(str::parse::<f64>) {
                None => None,
                Some(Ok(p)) if p > 0.0 && p <= 1.0 => Some(p),
                Some(_) => return Err(fault(cell, "is not a probability above 0 and at most 1")),
            },
            None => None,
        };
        Ok(Assignment {
            lead: self.lead_id(&cells.lead)?,
            rep: self.rep(&cells.rep)?.ok_or_else(|| fault(&cells.rep, "is empty"))?,
            at,
            known_at: self.known_at(cells.known_at.as_ref(), at)?,
            kind: match &cells.kind {
                Some(cell) => self.word::<AssignmentKind>(cell)?,
                None => AssignmentKind::First,
            },
            propensity,
        })
    }

    fn activity(&mut self, cells: &'a ActivityCells, nth: u32) -> Result<Activity, RowFault> {
        let lead = self.lead_id(&cells.lead)?;
        let at = self.time(&cells.at)?;
        let system = |text: &str| cells.system_reps.iter().any(|system| **system == *text);
        let by = match &cells.rep {
            Some(cell) if self.text(cell)?.is_some_and(|text| !system(text)) => self.rep(cell)?,
            _ => None,
        };
        Ok(Activity {
            id: ids::activity(u128::from_be_bytes(lead.bytes()), nth, at),
            lead,
            human: by.is_some(),
            rep: by,
            at,
            known_at: self.known_at(cells.known_at.as_ref(), at)?,
            kind: self.word::<ActivityKind>(&cells.kind)?,
            label: self.required(&cells.label)?.into(),
            lifecycle: None,
        })
    }

    fn outcome(&self, cells: &'a OutcomeCells) -> Result<Outcome, RowFault> {
        let at = self.time(&cells.at)?;
        let stage = self.word::<Stage>(&cells.stage)?;
        let value = self.money(cells.value.as_ref())?.filter(|_| stage == Stage::Won);
        Ok(Outcome {
            lead: self.lead_id(&cells.lead)?,
            at,
            known_at: self.known_at(cells.known_at.as_ref(), at)?,
            stage,
            value,
        })
    }
}

/// Reads the attributes of a row or of a joined row; shared with the event log.
pub(crate) fn read_attributes<'a>(
    mapping: &Mapping,
    cells: &'a AttributeCells,
    fields: &[&'a str],
    joined: &[Option<JoinedRow<'a>>],
) -> Result<Values, RowFault> {
    let mut values = Values::missing(mapping.schema.len());
    for (index, cell) in cells {
        let text = cell.text(fields, joined).map_err(|reason| fault(cell, reason))?;
        let (Some(text), Some((_, attribute))) = (text, mapping.schema.get(*index)) else { continue };
        let value = cell.read_attribute(attribute, text, &mapping.locale).map_err(|reason| fault(cell, reason))?;
        values.set(*index, value);
    }
    Ok(values)
}

/// The slug of a rep's name in the source system.
pub(crate) fn rep_id(external: &str) -> Option<RepId> {
    id::slugify(external).and_then(|slug| RepId::new(&slug).ok())
}

/// Refuses two names in the source that would become one rep.
#[derive(Debug, Default)]
pub struct RepNames {
    names: std::collections::BTreeMap<RepId, Arc<str>>,
}

impl RepNames {
    /// Remembers that `external` is `id`; the other name, where `id` already has one.
    pub fn claim(&mut self, id: &RepId, external: &str) -> Result<(), Arc<str>> {
        match self.names.get(id) {
            Some(other) if **other != *external => Err(other.clone()),
            Some(_) => Ok(()),
            None => {
                self.names.insert(id.clone(), external.into());
                Ok(())
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&RepId, &str)> {
        self.names.iter().map(|(id, name)| (id, &**name))
    }
}
