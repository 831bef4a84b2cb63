//! What analysts read: the views `rpt_*_v1` of both stores, column by column. `docs/views.md` says the
//! same in words; tests compare page, list and database.

/// What a column holds, as it is read out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    /// Minor units of the workspace's currency.
    Money,
    Number,
    Flag,
    /// UTC microseconds; beside it the database shows a readable time.
    Time,
    /// A date in the workspace's zone: days since 1970-01-01 when read out.
    Date,
}

/// One of the views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// `rpt_lead_v1`.
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
}

impl View {
    /// `lead` of `rpt_lead_v1`.
    pub fn table(&self) -> &'static str {
        self.name.strip_prefix("rpt_").and_then(|name| name.strip_suffix("_v1")).unwrap_or(self.name)
    }

    /// The view of a table's name, or of its own.
    pub fn find(name: &str) -> Option<&'static Self> {
        VIEWS.iter().find(|view| view.name == name || view.table() == name)
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(column, _)| *column == name)
    }

    /// Every column that the database shows: after each time the same as text.
    pub fn shown(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (name, kind) in self.columns {
            all.push((*name).to_owned());
            if *kind == Kind::Time {
                all.push(readable(name));
            }
        }
        all
    }
}

/// `arrived_utc` of `arrived_at`.
fn readable(time: &str) -> String {
    match time.strip_suffix("_at") {
        Some(name) => format!("{name}_utc"),
        None if time == "at" => "utc".into(),
        None => format!("{time}_utc"),
    }
}

use Kind::{Date, Flag, Integer, Money, Number, Text, Time};

pub const VIEWS: &[View] = &[
    // One row a lead.
    View {
        name: "rpt_lead_v1",
        columns: &[
            ("lead_id", Text),
            ("origin", Text),
            ("source", Text),
            ("channel", Text),
            ("campaign", Text),
            ("country", Text),
            ("industry", Text),
            ("size", Text),
            ("language", Text),
            ("product", Text),
            ("direction", Text),
            ("segment", Text),
            ("completeness", Integer),
            ("policy", Text),
            ("policy_version", Text),
            ("rule", Text),
            ("path", Text),
            ("pool", Text),
            ("experiment", Text),
            ("variant", Text),
            ("rep", Text),
            ("team", Text),
            ("owner", Text),
            ("score", Integer),
            ("expected_value", Money),
            ("arrived_at", Time),
            ("arrived_day", Date),
            ("decided_at", Time),
            ("assigned_at", Time),
            ("notified_at", Time),
            ("offered_at", Time),
            ("accepted_at", Time),
            ("touched_at", Time),
            ("reached_at", Time),
            ("qualified_at", Time),
            ("opportunity_at", Time),
            ("won_at", Time),
            ("lost_at", Time),
            ("closed_at", Time),
            ("calendar", Text),
            ("accept_service", Integer),
            ("touch_service", Integer),
            ("reach_service", Integer),
            ("close_service", Integer),
            ("sla_due_at", Time),
            ("owner_absent_at_due", Flag),
            ("touches", Integer),
            ("hops", Integer),
            ("first_hop_at", Time),
            ("ping_pong", Flag),
            ("misrouted", Integer),
            ("requested", Integer),
            ("declined", Integer),
            ("expired", Integer),
            ("reopened", Integer),
            ("parked_at", Time),
            ("parked_time", Integer),
            ("checklist_done", Integer),
            ("checklist_of", Integer),
            ("custody", Text),
            ("custody_since", Time),
            ("unassigned_since", Time),
            ("stage", Text),
            ("value", Money),
            ("feedback", Integer),
            ("feedback_at", Time),
            ("currency", Text),
        ],
    },
    // One row a decision.
    View {
        name: "rpt_decision_v1",
        columns: &[
            ("seq", Integer),
            ("lead_id", Text),
            ("decision_uuid", Text),
            ("decided_at", Time),
            ("decided_day", Date),
            ("committed_at", Time),
            ("first", Flag),
            ("state", Text),
            ("rep", Text),
            ("policy", Text),
            ("policy_version", Text),
            ("rule", Text),
            ("path", Text),
            ("pool", Text),
            ("queue", Text),
            ("priority", Integer),
            ("experiment", Text),
            ("variant", Text),
            ("epoch", Integer),
            ("variant_propensity", Number),
            ("choice_propensity", Number),
            ("score", Integer),
            ("value", Money),
            ("price", Money),
            ("hold_until", Time),
            ("sla_due_at", Time),
            ("model_version", Text),
            ("currency", Text),
        ],
    },
    // One row an owner of a lead.
    View {
        name: "rpt_assignment_v1",
        columns: &[
            ("seq", Integer),
            ("lead_id", Text),
            ("rep", Text),
            ("team", Text),
            ("at", Time),
            ("known_at", Time),
            ("day", Date),
            ("first", Flag),
            ("from_rep", Text),
            ("reason", Text),
            ("by", Text),
            ("until_at", Time),
            ("choice_propensity", Number),
        ],
    },
    // One row an offer.
    View {
        name: "rpt_offer_v1",
        columns: &[
            ("seq", Integer),
            ("lead_id", Text),
            ("rep", Text),
            ("team", Text),
            ("at", Time),
            ("day", Date),
            ("until_at", Time),
            ("nth", Integer),
            ("answered_at", Time),
            ("answer", Text),
        ],
    },
    // One row a thing that somebody did.
    View {
        name: "rpt_activity_v1",
        columns: &[
            ("lead_id", Text),
            ("rep", Text),
            ("team", Text),
            ("at", Time),
            ("known_at", Time),
            ("day", Date),
            ("kind", Text),
            ("label", Text),
            ("human", Flag),
        ],
    },
    // One row a fact about a lead's stage.
    View {
        name: "rpt_outcome_v1",
        columns: &[
            ("seq", Integer),
            ("lead_id", Text),
            ("rep", Text),
            ("team", Text),
            ("at", Time),
            ("known_at", Time),
            ("day", Date),
            ("stage", Text),
            ("value", Money),
            ("currency", Text),
        ],
    },
    // One row a rating.
    View {
        name: "rpt_feedback_v1",
        columns: &[
            ("lead_id", Text),
            ("rep", Text),
            ("team", Text),
            ("at", Time),
            ("known_at", Time),
            ("day", Date),
            ("score", Integer),
        ],
    },
    // One row a step that was done.
    View {
        name: "rpt_checklist_v1",
        columns: &[("lead_id", Text), ("step", Text), ("at", Time), ("known_at", Time), ("day", Date)],
    },
    // One row a rep and day.
    View {
        name: "rpt_rep_day_v1",
        columns: &[
            ("rep", Text),
            ("team", Text),
            ("day", Date),
            ("work", Integer),
            ("absent", Integer),
            ("busy", Integer),
            ("room", Integer),
            ("received", Integer),
            ("entitled", Integer),
            ("offered", Integer),
            ("accepted", Integer),
            ("declined", Integer),
            ("expired", Integer),
            ("touches", Integer),
            ("won", Integer),
            ("lost", Integer),
            ("won_value", Money),
            ("open", Integer),
            ("currency", Text),
        ],
    },
    // One row a figure, day and group.
    View {
        name: "rpt_kpi_day_v1",
        columns: &[
            ("day", Date),
            ("kpi", Text),
            ("by", Text),
            ("group", Text),
            ("n", Integer),
            ("pending", Integer),
            ("hits", Integer),
            ("value", Number),
            ("low", Number),
            ("high", Number),
            ("not_measured", Text),
        ],
    },
    // One row a metric of an experiment.
    View {
        name: "rpt_experiment_v1",
        columns: &[
            ("experiment", Text),
            ("metric", Text),
            ("is_primary", Flag),
            ("control", Text),
            ("variant", Text),
            ("design", Text),
            ("state", Text),
            ("started_at", Time),
            ("decided_at", Time),
            ("verdict", Text),
            ("n_control", Integer),
            ("n_variant", Integer),
            ("effect", Number),
            ("low", Number),
            ("high", Number),
        ],
    },
    // One row a component of a quarter's return.
    View {
        name: "rpt_roi_quarter_v1",
        columns: &[
            ("quarter", Text),
            ("component", Text),
            ("value", Money),
            ("low", Money),
            ("high", Money),
            ("design", Text),
            ("baseline", Text),
            ("currency", Text),
        ],
    },
    // One row a rep.
    View {
        name: "rpt_rep_v1",
        columns: &[("rep", Text), ("team", Text), ("active", Flag), ("zone", Text), ("calendar", Text)],
    },
    // One row a team.
    View { name: "rpt_team_v1", columns: &[("team", Text), ("reps", Integer)] },
    // One row a word.
    View { name: "rpt_name_v1", columns: &[("name", Integer), ("text", Text)] },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn word(kind: Kind) -> &'static str {
        match kind {
            Kind::Text => "text",
            Kind::Integer => "integer",
            Kind::Money => "money",
            Kind::Number => "number",
            Kind::Flag => "flag",
            Kind::Time => "time",
            Kind::Date => "date",
        }
    }

    #[test]
    fn the_page_describes_every_column_in_its_order() {
        let page = include_str!("../../../docs/views.md");
        for view in VIEWS {
            let start = page.find(&format!("## {}:", view.name)).unwrap_or_else(|| panic!("no {}", view.name));
            let section = page[start + 3..].split("\n## ").next().unwrap_or_default();
            let told = section.lines().filter(|line| line.starts_with("| ")).skip(1);
            let told: Vec<(String, String)> = told
                .map(|line| {
                    let mut cells = line.trim_matches('|').split('|').map(str::trim);
                    (cells.next().unwrap_or_default().to_owned(), cells.next().unwrap_or_default().to_owned())
                })
                .collect();
            let real: Vec<(String, String)> =
                view.columns.iter().map(|(name, kind)| ((*name).to_owned(), word(*kind).to_owned())).collect();
            assert_eq!(told, real, "{}", view.name);
        }
        assert_eq!(View::find("rpt_lead_v1"), View::find("lead"));
    }
}
