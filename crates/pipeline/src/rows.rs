//! One record to one row of its table. `history` reads them back.

use std::io;

use pointsman_domain::{Entity, Money, RepId, TeamId, record};
use pointsman_intake::Mapping;

use crate::sheet::Sheet;

pub(crate) fn write_lead(sheet: &mut Sheet, mapping: &Mapping, lead: &record::Lead) -> io::Result<()> {
    sheet.shown(Some(lead.id));
    sheet.text(Some(&lead.source_system));
    sheet.text(Some(&lead.external_id));
    sheet.time(lead.at);
    sheet.time(lead.known_at);
    sheet.shown(lead.contact);
    sheet.shown(lead.account);
    sheet.attributes(&mapping.schema, Entity::Lead, &lead.attributes);
    sheet.end_row()
}

pub(crate) fn write_contact(sheet: &mut Sheet, contact: &record::Contact) -> io::Result<()> {
    sheet.shown(Some(contact.id));
    sheet.text(Some(&contact.external_id));
    sheet.time(contact.known_at);
    sheet.text(contact.name.as_deref());
    sheet.text(contact.email.as_deref());
    sheet.text(contact.phone.as_deref());
    sheet.shown(contact.account);
    sheet.end_row()
}

pub(crate) fn write_account(sheet: &mut Sheet, mapping: &Mapping, account: &record::Account) -> io::Result<()> {
    sheet.shown(Some(account.id));
    sheet.text(Some(&account.external_id));
    sheet.time(account.known_at);
    sheet.text(Some(&account.name));
    sheet.text(account.domain.as_deref());
    sheet.shown(account.parent);
    sheet.text(account.owner.as_ref().map(RepId::as_str));
    sheet.attributes(&mapping.schema, Entity::Account, &account.attributes);
    sheet.end_row()
}

pub(crate) fn write_opportunity(sheet: &mut Sheet, opportunity: &record::Opportunity) -> io::Result<()> {
    sheet.shown(Some(opportunity.id));
    sheet.text(Some(&opportunity.external_id));
    sheet.time(opportunity.at);
    sheet.time(opportunity.known_at);
    sheet.shown(opportunity.account);
    sheet.text(opportunity.owner.as_ref().map(RepId::as_str));
    sheet.text(Some(stage_word(opportunity.stage)));
    sheet.integer(opportunity.amount.map(Money::minor_units));
    sheet.end_row()
}

pub(crate) fn write_rep(sheet: &mut Sheet, rep: &record::Rep) -> io::Result<()> {
    sheet.text(Some(rep.id.as_str()));
    sheet.text(Some(&rep.external_id));
    sheet.text(Some(&rep.name));
    sheet.text(rep.team.as_ref().map(TeamId::as_str));
    sheet.flag(Some(rep.active));
    sheet.end_row()
}

pub(crate) fn write_assignment(sheet: &mut Sheet, assignment: &record::Assignment) -> io::Result<()> {
    sheet.shown(Some(assignment.lead));
    sheet.text(Some(assignment.rep.as_str()));
    sheet.time(assignment.at);
    sheet.time(assignment.known_at);
    sheet.text(Some(match assignment.kind {
        record::AssignmentKind::First => "first",
        record::AssignmentKind::Hop => "hop",
    }));
    sheet.number(assignment.propensity);
    sheet.end_row()
}

pub(crate) fn write_activity(sheet: &mut Sheet, activity: &record::Activity) -> io::Result<()> {
    sheet.shown(Some(activity.id));
    sheet.shown(Some(activity.lead));
    sheet.text(activity.rep.as_ref().map(RepId::as_str));
    sheet.time(activity.at);
    sheet.time(activity.known_at);
    sheet.text(Some(activity_word(activity.kind)));
    sheet.text(Some(&activity.label));
    sheet.text(activity.lifecycle.as_deref());
    sheet.flag(Some(activity.human));
    sheet.end_row()
}

pub(crate) fn write_outcome(sheet: &mut Sheet, outcome: &record::Outcome) -> io::Result<()> {
    sheet.shown(Some(outcome.lead));
    sheet.time(outcome.at);
    sheet.time(outcome.known_at);
    sheet.text(Some(stage_word(outcome.stage)));
    sheet.integer(outcome.value.map(Money::minor_units));
    sheet.end_row()
}

/// The words that the records' serde names give; a test keeps them equal.
fn stage_word(stage: record::Stage) -> &'static str {
    use record::Stage;
    match stage {
        Stage::Open => "open",
        Stage::Attempted => "attempted",
        Stage::Contacted => "contacted",
        Stage::Qualified => "qualified",
        Stage::Opportunity => "opportunity",
        Stage::Won => "won",
        Stage::Lost => "lost",
        Stage::Unqualified => "unqualified",
        Stage::Nurture => "nurture",
        Stage::Merged => "merged",
        Stage::Erased => "erased",
    }
}

fn activity_word(kind: record::ActivityKind) -> &'static str {
    use record::ActivityKind;
    match kind {
        ActivityKind::Call => "call",
        ActivityKind::Mail => "mail",
        ActivityKind::Meeting => "meeting",
        ActivityKind::PageView => "page_view",
        ActivityKind::Task => "task",
        ActivityKind::State => "state",
        ActivityKind::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::record::{ActivityKind, Stage};

    use super::*;

    #[test]
    fn words_are_those_that_reading_expects() {
        use Stage::{
            Attempted, Contacted, Erased, Lost, Merged, Nurture, Open, Opportunity, Qualified, Unqualified, Won,
        };
        for stage in
            [Open, Attempted, Contacted, Qualified, Opportunity, Won, Lost, Unqualified, Nurture, Merged, Erased]
        {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage_word(stage));
        }
        for kind in pointsman_scoring::row::ACTIVITY_KINDS {
            assert_eq!(serde_json::to_value::<ActivityKind>(kind).unwrap(), activity_word(kind));
        }
    }
}
