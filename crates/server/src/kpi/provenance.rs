//! What an answer is about and rests on.

use pointsman_decision::Snapshot;
use pointsman_measure::kpi::{Days, Filter, Selection};
use pointsman_report::{
    Day,
    kpi::{About, Links},
    part::{Document, DocumentKind, Provenance},
};

use super::{Measured, Question};

/// The head of every page and answer.
pub fn about(measured: &Measured, question: &Question, selection: &Selection, days: Days, live: &Snapshot) -> About {
    let day = |day: i32| Day::from_unix_days(i64::from(day));
    let text = |name: &Option<_>| name.map_or("", |name| measured.names.text(name)).to_owned();
    let filter = |filter: &Filter| (filter.dimension, filter.names.iter().map(text).collect::<Vec<_>>().join(", "));
    About {
        from: day(days.from.0),
        until: day(days.until.0 - 1),
        as_of: day(measured.zone.local_day(measured.table.as_of())),
        leads: measured.kpis().count(&selection.in_days(days)),
        filters: selection.filters.iter().map(filter).collect(),
        currency: measured.currency,
        links: Some(Links { base: "/kpi".into(), query: question.kept.clone() }),
        provenance: Provenance {
            engine: format!("Pointsman {}", env!("CARGO_PKG_VERSION")),
            documents: vec![Document {
                kind: DocumentKind::Policy,
                name: live.policy().name.to_string(),
                version: live.id.short(),
                digest: live.id,
            }],
            seeds: Vec::new(),
            command: format!("record up to row {}, as of {}", measured.seq, measured.table.as_of()),
        },
    }
}
