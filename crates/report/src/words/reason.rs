//! Why a candidate got a lead, or did not, as a sentence.

use pointsman_domain::{Instant, Reason};

use super::words;
use crate::{Cx, Day, Unit};

words! {
    chosen() { en: "Chosen", de: "Gewählt" }
    inactive() { en: "No longer active", de: "Nicht mehr aktiv" }
    absent() { en: "Absent", de: "Abwesend" }
    absent_until(day) { en: "Absent until {day}", de: "Abwesend bis {day}" }
    outside_hours() { en: "Outside working hours", de: "Außerhalb der Arbeitszeit" }
    outside_hours_until(day) { en: "Outside working hours until {day}", de: "Außerhalb der Arbeitszeit bis {day}" }
    missing_skill(skill) { en: "Lacks the skill {skill}", de: "Fähigkeit {skill} fehlt" }
    excluded(rule) { en: "Excluded by rule {rule}", de: "Durch Regel {rule} ausgeschlossen" }
    declined() { en: "Declined this lead before", de: "Hat diesen Lead schon abgelehnt" }
    redirected(to, day) { en: "Leads go to {to} until {day}", de: "Leads gehen bis {day} an {to}" }
    out_of_pool(day) { en: "Takes nothing in this pool until {day}", de: "Nimmt in diesem Pool nichts bis {day}" }
    limit(limit) { en: "Limit {limit} is used up", de: "Grenze {limit} ist ausgeschöpft" }
    older_waits() { en: "The free place belongs to a lead that waits longer", de: "Der freie Platz gehört einem länger wartenden Lead" }
    level() { en: "Level with the chosen one, who comes first by id", de: "Gleichauf mit dem Gewählten, der nach der Kennung vorn steht" }
    later_turn(by) { en: "Turn comes {by} later", de: "Kommt {by} Runden später dran" }
    higher_load(by) { en: "Load {by} higher", de: "Auslastung {by} höher" }
    lower_skill(by) { en: "Skill {by} lower", de: "Fähigkeit {by} geringer" }
    farther(by) { en: "Territory {by} farther", de: "Gebiet {by} weiter entfernt" }
    lower_score(by) { en: "Chance {by} lower", de: "Chance {by} geringer" }
    lower_value(by) { en: "Value minus price {by} lower", de: "Wert minus Preis {by} niedriger" }
    not_drawn(p) { en: "Not drawn (had a chance of {p})", de: "Nicht gezogen (Chance war {p})" }
    price_too_high(by) { en: "Price {by} above the value: waiting is worth more", de: "Preis {by} über dem Wert: Warten lohnt mehr" }
}

/// The sentence; amounts of money are shown in `value`, the unit of the workspace's values.
pub fn reason(reason: &Reason, value: Unit, cx: Cx) -> String {
    let l = cx.locale;
    let day = |at: &Instant| l.date(Day::utc(*at));
    match reason {
        Reason::Chosen => chosen(l),
        Reason::Inactive => inactive(l),
        Reason::Absent { until } => until.as_ref().map_or_else(|| absent(l), |at| absent_until(l, &day(at))),
        Reason::OutsideHours { until } => {
            until.as_ref().map_or_else(|| outside_hours(l), |at| outside_hours_until(l, &day(at)))
        }
        Reason::MissingSkill { skill } => missing_skill(l, skill),
        Reason::ExcludedByRule { rule } => excluded(l, rule.as_ref()),
        Reason::DeclinedBefore => declined(l),
        Reason::Redirected { to, until } => {
            let (to, until) = (to.as_ref().map_or("–", |to| to.as_str()), until.as_ref().map_or("–".into(), day));
            redirected(l, to, &until)
        }
        Reason::OutOfPool { until } => out_of_pool(l, &until.as_ref().map_or("–".into(), day)),
        Reason::LimitReached { limit: id } => limit(l, id.as_ref()),
        Reason::OlderLeadWaits { .. } => older_waits(l),
        Reason::LaterTurn { by: 0.0 }
        | Reason::HigherLoad { by: 0.0 }
        | Reason::LowerSkill { by: 0.0 }
        | Reason::FartherTerritory { by: 0.0 }
        | Reason::LowerScore { by: 0.0 }
        | Reason::LowerValue { by: 0.0 } => level(l),
        Reason::LaterTurn { by } => later_turn(l, &l.number(*by, 1)),
        Reason::HigherLoad { by } => higher_load(l, &Unit::percent(0).show(l, *by)),
        Reason::LowerSkill { by } => lower_skill(l, &l.number(*by, 2)),
        Reason::FartherTerritory { by } => farther(l, &l.number(*by, 1)),
        Reason::LowerScore { by } => lower_score(l, &l.with_points(&l.number(by * 100.0, 1))),
        Reason::LowerValue { by } => lower_value(l, &value.show(l, *by)),
        Reason::NotDrawn { propensity } => not_drawn(l, &Unit::percent(0).show(l, *propensity)),
        Reason::PriceTooHigh { by } => price_too_high(l, &value.show(l, *by)),
    }
}
