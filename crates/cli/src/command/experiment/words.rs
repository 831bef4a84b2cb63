//! Advice and plans in plain words.

use pointsman_experiment::advisor::{Answer, DesignKind};
use pointsman_experiment::plan::Outlook;
use pointsman_experiment::spec::Role;
use pointsman_server::experiment::Advised;

use crate::output;

pub fn design(design: DesignKind) -> &'static str {
    match design {
        DesignKind::Lead => "lead-level",
        DesignKind::Switchback => "switchback",
        DesignKind::BudgetSplit => "budget split",
        DesignKind::Cluster => "cluster",
    }
}

fn answer(answer: Answer) -> String {
    match answer {
        Answer::Recommended => "recommended".into(),
        Answer::Possible => "honest, but another one finds the effect sooner".into(),
        Answer::SharedReps { utilisation } => {
            format!("refused: variants share reps, who are {:.0} % used", 100.0 * utilisation)
        }
        Answer::OverlappingUnits { share } => {
            format!("refused: units have {:.0} % of their candidates in common", 100.0 * share)
        }
        Answer::TooFewGroups { found, needed } => format!("refused: {found} groups, at least {needed} are needed"),
        Answer::TimeIsNotSplit => "refused: the reps' time is scarce, and caps do not divide it".into(),
    }
}

pub fn advice(advised: &Advised) -> String {
    let seen = &advised.observed;
    let percent = |x: Option<f64>| x.map_or_else(|| "not capped".to_owned(), |x| format!("{:.0} %", 100.0 * x));
    let mut lines = vec![format!(
        "{} past leads, {:.1} a day; open slots used: {}, quotas used: {}; '{}' has {} units that share {:.0} % of their candidates",
        seen.leads,
        seen.leads_per_day,
        percent(seen.open_use),
        percent(seen.quota_use),
        advised.unit,
        seen.units,
        100.0 * seen.shared_candidates
    )];
    let rows: Vec<Vec<String>> =
        advised.advice.iter().map(|a| vec![design(a.design).to_owned(), format!("  {}", answer(a.answer))]).collect();
    lines.push(output::table(&["design", "  answer"], &rows));
    lines.push(match (advised.answer.is_refusal(), &advised.signed) {
        (false, _) => format!("the file's design ({}) may start", design(advised.design)),
        (true, Some(name)) => format!(
            "the file's design ({}) answers another question than \"what if everybody got it\"; {name} signed for that",
            design(advised.design)
        ),
        (true, None) => pointsman_server::experiment::advice::refusal(advised),
    });
    lines.join("\n")
}

/// "with 1,900 leads a month you can see a lift of 22 % in won, or of 6 % in accepted, within 8 weeks"
pub fn plan(outlook: &Outlook) -> String {
    let seen: Vec<String> = outlook
        .metrics
        .iter()
        .filter_map(|m| Some((m, *m.detectable.ok()?)))
        .map(|(m, lift)| format!("of {} in {}", percent(lift), m.metric))
        .collect();
    let weeks = (outlook.days / 7.0).round();
    let sentence = match seen.as_slice() {
        [] => format!(
            "with {} leads a month nothing can be said yet: there are no matured past leads to plan on",
            thousands(outlook.leads_per_month)
        ),
        [first, rest @ ..] => {
            let rest: String = rest.iter().map(|s| format!(", or {s}")).collect();
            format!(
                "with {} leads a month you can see a lift {first}{rest}, within {weeks} weeks",
                thousands(outlook.leads_per_month)
            )
        }
    };
    let wait = if outlook.maturity_days > 0.0 {
        format!(" (and {:.0} days until the last leads have matured)", outlook.maturity_days)
    } else {
        String::new()
    };
    let rows: Vec<Vec<String>> = outlook
        .metrics
        .iter()
        .map(|m| {
            let role = match m.role {
                Role::Decision => "decides",
                Role::Guardrail => "guardrail",
                Role::Exploratory => "explains",
            };
            let mut row = vec![
                format!("{} ({role})", m.metric),
                m.level.map_or_else(|| "–".into(), |level| format!("{level:.4}")),
                m.detectable.ok().map_or_else(|| "nothing".into(), |lift| percent(*lift)),
            ];
            row.extend(m.within.iter().map(|time| time.days.ok().map_or_else(|| "–".into(), |days| days_word(*days))));
            row
        })
        .collect();
    let head = ["metric", "now", "detectable", "5 %", "10 %", "20 %", "40 %"];
    format!("{sentence}{wait}\n\n{}", output::table(&head, &rows))
}

fn percent(lift: f64) -> String {
    if lift < 0.1 { format!("{:.1} %", 100.0 * lift) } else { format!("{:.0} %", 100.0 * lift) }
}

fn days_word(days: f64) -> String {
    match days {
        d if d < 1.0 => "a day".into(),
        d if d < 60.0 => format!("{d:.0} days"),
        d if d < 730.0 => format!("{:.0} weeks", d / 7.0),
        d if d < 36_500.0 => format!("{:.0} years", d / 365.25),
        _ => "never".into(),
    }
}

fn thousands(x: f64) -> String {
    let digits = format!("{x:.0}");
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_numbers() {
        assert_eq!(
            (thousands(1900.4), thousands(12.0), thousands(1_234_567.0)),
            ("1,900".into(), "12".into(), "1,234,567".into())
        );
        assert_eq!(
            (percent(0.061), percent(0.22), days_word(90.0)),
            ("6.1 %".into(), "22 %".into(), "13 weeks".into())
        );
    }
}
