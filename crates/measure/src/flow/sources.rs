//! Where leads come from, how complete they are, and how often they are won.

use serde::Serialize;

use super::FlowLog;
use crate::Share;

/// One source of leads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceRow {
    pub source: Box<str>,
    /// Of all leads.
    pub leads: Share,
    /// Of its closed leads.
    pub won: Share,
    /// Filled attributes, in the order in which they were counted.
    pub filled: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    pub attribute: Box<str>,
    pub filled: Share,
}

/// Counts of one attribute: by place in [`FlowLog::sources`], leads that have it and all leads.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    pub attribute: Box<str>,
    pub by_source: Vec<Share>,
}

pub(super) fn measure(log: &FlowLog, filled: &[Filled]) -> Vec<SourceRow> {
    let all = log.leads.len() as u64;
    let mut rows: Vec<SourceRow> = log
        .sources
        .iter()
        .enumerate()
        .map(|(source, name)| SourceRow {
            source: name.clone(),
            leads: Share::new(0, all),
            won: Share::default(),
            filled: filled
                .iter()
                .map(|one| Field {
                    attribute: one.attribute.clone(),
                    filled: one.by_source.get(source).copied().unwrap_or_default(),
                })
                .collect(),
        })
        .collect();
    for lead in &log.leads {
        let row = &mut rows[lead.source as usize];
        row.leads.hits += 1;
        if lead.closed.is_some() {
            row.won.count(lead.won());
        }
    }
    rows.sort_by(|a, b| b.leads.hits.cmp(&a.leads.hits).then_with(|| a.source.cmp(&b.source)));
    rows
}
