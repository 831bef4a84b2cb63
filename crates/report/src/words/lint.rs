//! What exactly is probably a mistake in a policy. English is what the finding itself says, so that
//! pages, API and command line agree; here stands the German, and both where a moment is told.

use pointsman_domain::{Instant, RuleId};
use pointsman_rules::lint::{
    Particular, RuleAt,
    particular::{Holder, SHOWN},
};

use super::words;
use crate::Locale;

words! {
    away(pool, from, until, reps) {
        en: "everybody of pool '{pool}' is away from {from} until {until}: {reps}.",
        de: "Alle aus Pool '{pool}' sind vom {from} bis zum {until} abwesend: {reps}.",
    }
    away_now(pool, until, reps) {
        en: "everybody of pool '{pool}' is away until {until}: {reps}.",
        de: "Alle aus Pool '{pool}' sind bis zum {until} abwesend: {reps}.",
    }
    more(n) { en: "{n} more", de: "{n} weitere" }
}

/// One finding's particulars; `moment` writes moments as the reader's page does.
pub fn particular(l: Locale, of: &Particular, moment: &dyn Fn(Instant) -> String) -> String {
    if let Particular::EverybodyAway { pool, reps, from, until } = of {
        let reps = listed(l, reps);
        return match from {
            Some(from) => away(l, pool.as_str(), &moment(*from), &moment(*until), &reps),
            None => away_now(l, pool.as_str(), &moment(*until), &reps),
        };
    }
    match l {
        Locale::En => of.to_string(),
        Locale::De => german(of),
    }
}

fn german(of: &Particular) -> String {
    let l = Locale::De;
    match of {
        Particular::NeverMet { condition } => {
            format!("Kein Lead erfüllt die Bedingung {condition}. Das Beispiel kommt ihr so nahe, wie ein Lead kann.")
        }
        Particular::AlwaysMet { condition } => {
            format!("Jeder Lead erfüllt die Bedingung {condition}. Ist das gemeint, 'when' weglassen.")
        }
        Particular::NeverFires { rules, takers } => {
            let (apply, are) = verbs(rules);
            let take = if takers.len() == 1 { "nimmt" } else { "nehmen" };
            format!("{} {apply} nie: {} {take} jeden Lead, für den {are}.", listed(l, rules), lines(takers))
        }
        Particular::FiresWhenFull { rules, takers } => {
            let (apply, are) = verbs(rules);
            format!(
                "{} {apply} nur, wenn bei {} niemand frei ist: Jeder Lead, für den {are}, wird dort zuerst genommen. Weiter \
                 nach oben stellen, die frühere Bedingung enger fassen oder einen Pool für den Überlauf nennen.",
                listed(l, rules),
                lines(takers)
            )
        }
        Particular::SharesLeads { rule, with } => format!(
            "'{rule}' und {} teilen Leads nach denselben Feldern auf, haben einige davon gemeinsam und nennen \
             verschiedene Ziele: Die Reihenfolge entscheidet, und '{rule}' bekommt sie.",
            listed(l, with)
        ),
        Particular::NobodyInPool { pool, named: false } => {
            format!("In Pool '{pool}' arbeitet niemand. Keine Regel dieses Regelwerks nennt ihn.")
        }
        Particular::NobodyInPool { pool, named: true } => {
            format!("In Pool '{pool}' arbeitet niemand: Was ihm gegeben wird, geht weiter oder wartet.")
        }
        // Told above, with moments.
        Particular::EverybodyAway { .. } => String::new(),
        Particular::Left { rep } => format!("'{rep}' arbeitet nicht mehr: active = false."),
        Particular::Unskilled { skills } if skills.is_empty() => {
            "Niemand, den sie nennt, darf einen Lead nehmen: Alle, die arbeiten, sind ausgeschlossen.".into()
        }
        Particular::Unskilled { skills } => {
            let skills = skills.iter().map(|(name, least)| format!("{name} {least}"));
            format!(
                "Niemand, den sie nennt, darf einen Lead nehmen: Wer nicht ausgeschlossen ist, hat nicht {}.",
                listed(l, skills)
            )
        }
        Particular::BackupsAddNobody => {
            "Die Vertretungen bringen niemanden dazu: Ist das Ziel voll, sind sie es auch.".into()
        }
        Particular::OverflowAddsNobody => {
            "Der Pool für den Überlauf bringt niemanden dazu: Ist das Ziel voll, ist er es auch.".into()
        }
        Particular::UnnamedReps { reps } => {
            let (are, reach) = if reps.len() == 1 { ("ist", "diese Person") } else { ("sind", "diese Personen") };
            format!(
                "{} {are} in keinem Pool, und keine Regel, kein Gebiet und keine Vertretung nennt {reach}: Nur ein Lead, \
                 der ihnen schon gehört, erreicht sie. Auch die letzte Regel tut es nicht.",
                listed(l, reps)
            )
        }
        Particular::SameLeads { territory, lines: [a, b], to: [first, second] } => format!(
            "Gebiet '{territory}': Die Zeilen {a} und {b} halten dieselben Leads, nennen aber {} und {}.",
            holder(first),
            holder(second)
        ),
        Particular::SharedLeads { territory, lines: [a, b], to: [first, second] } => format!(
            "Gebiet '{territory}': Ein Lead kann in Zeile {a} ({}) und in Zeile {b} ({}) liegen, und keine ist der \
             Sonderfall der anderen. Eine Zeile für das Gemeinsame ergänzen oder eine enger fassen.",
            holder(first),
            holder(second)
        ),
        Particular::NoPostcodes { territory, country, missing, more, some } => {
            let more =
                if *more == 0 { String::new() } else { format!(" und {} weitere Bereiche", l.count(*more as u64)) };
            let for_whom = if *some { " (für Leads wie im Beispiel)" } else { "" };
            format!(
                "Gebiet '{territory}' teilt {country} nach Postleitzahlen auf, aber keine Zeile hält {}{more}{for_whom}: \
                 Solche Leads gehen zur nächsten Regel.",
                missing.join(", ")
            )
        }
        Particular::NoNumbers { territory, column, from, until, lines: [a, b] } => format!(
            "Gebiet '{territory}': Zwischen den Zeilen {a} und {b} hält keine Zeile {column} von {from} bis {until}."
        ),
        Particular::TooManyRules { rules, most } => format!(
            "Das Regelwerk hat {rules} Regeln, mehr als {most}: Gebiete und Fähigkeiten sagen dasselbe kürzer. Die Zahl \
             setzt max_rules in [review]."
        ),
        Particular::TooDeep { depth, most } => format!(
            "Die Bedingung ist {depth}-fach verschachtelt, mehr als {most}-fach: Zwei Regeln lesen sich leichter. Die Zahl \
             setzt max_nesting in [review]."
        ),
        Particular::NotReviewed { days, owner } => {
            let owner = if owner.is_empty() { "Jemand" } else { owner };
            let since = if *days == 1 { "1 Tag".into() } else { format!("{days} Tagen") };
            format!("Seit {since} hat niemand das Regelwerk durchgesehen: {owner} liest es ganz und setzt 'reviewed'.")
        }
    }
}

fn holder(of: &Holder) -> String {
    match of {
        Holder::Pool(pool) => format!("Pool '{pool}'"),
        Holder::Rep(rep) => format!("Person '{rep}'"),
    }
}

/// What rules do, and that they are there for leads.
fn verbs(rules: &[RuleId]) -> (&'static str, &'static str) {
    if rules.len() == 1 { ("greift", "sie da ist") } else { ("greifen", "sie da sind") }
}

fn lines(rules: &[RuleAt]) -> String {
    joined(Locale::De, rules.iter().map(|at| format!("'{}' (Zeile {})", at.rule, at.line)).collect())
}

/// `'a', 'b' und 3 weitere`.
fn listed<T: std::fmt::Display>(l: Locale, names: impl IntoIterator<Item = T>) -> String {
    joined(l, names.into_iter().map(|name| format!("'{name}'")).collect())
}

fn joined(l: Locale, mut all: Vec<String>) -> String {
    let hidden = all.len().saturating_sub(SHOWN);
    if hidden > 0 {
        all.truncate(SHOWN);
        all = vec![all.join(", "), more(l, &hidden.to_string())];
    }
    l.list(&all)
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{PoolId, RepId, TerritoryId};

    use super::*;

    fn rule(id: &str) -> RuleId {
        RuleId::new(id).expect("a slug")
    }

    fn at(id: &str, line: u32) -> RuleAt {
        RuleAt { rule: rule(id), line, place: 0 }
    }

    /// One of each kind. Whoever adds a kind is told by [`number`] that one is missing here.
    fn each() -> Vec<Particular> {
        let (pool, territory) = (PoolId::new("dach").expect("a slug"), TerritoryId::new("t").expect("a slug"));
        let reps: Vec<RepId> = ["a", "b", "c", "d", "e", "f", "g"].map(|id| RepId::new(id).expect("a slug")).to_vec();
        let holders = [Holder::Pool(pool.clone()), Holder::Rep(reps[0].clone())];
        let (from, until) = (Instant::from_unix_micros(0), Instant::from_unix_micros(86_400_000_000));
        vec![
            Particular::NeverMet { condition: "lead.employees < 1".into() },
            Particular::AlwaysMet { condition: "lead.employees >= 0".into() },
            Particular::NeverFires { rules: vec![rule("x")], takers: vec![at("y", 3), at("z", 9)] },
            Particular::FiresWhenFull { rules: vec![rule("x"), rule("w")], takers: vec![at("y", 3)] },
            Particular::SharesLeads { rule: rule("x"), with: vec![rule("y")] },
            Particular::NobodyInPool { pool: pool.clone(), named: true },
            Particular::EverybodyAway { pool, reps: reps.clone(), from: Some(from), until },
            Particular::Left { rep: reps[0].clone() },
            Particular::Unskilled { skills: vec![("french".into(), 2)] },
            Particular::BackupsAddNobody,
            Particular::OverflowAddsNobody,
            Particular::UnnamedReps { reps },
            Particular::SameLeads { territory: territory.clone(), lines: [2, 3], to: holders.clone() },
            Particular::SharedLeads { territory: territory.clone(), lines: [2, 3], to: holders },
            Particular::NoPostcodes {
                territory: territory.clone(),
                country: "DE".into(),
                missing: vec!["50000-59999".into()],
                more: 2,
                some: true,
            },
            Particular::NoNumbers {
                territory,
                column: "employees".into(),
                from: "250".into(),
                until: "499".into(),
                lines: [3, 4],
            },
            Particular::TooManyRules { rules: 240, most: 200 },
            Particular::TooDeep { depth: 5, most: 3 },
            Particular::NotReviewed { days: 91, owner: "Kim".into() },
        ]
    }

    fn number(of: &Particular) -> usize {
        match of {
            Particular::NeverMet { .. } => 0,
            Particular::AlwaysMet { .. } => 1,
            Particular::NeverFires { .. } => 2,
            Particular::FiresWhenFull { .. } => 3,
            Particular::SharesLeads { .. } => 4,
            Particular::NobodyInPool { .. } => 5,
            Particular::EverybodyAway { .. } => 6,
            Particular::Left { .. } => 7,
            Particular::Unskilled { .. } => 8,
            Particular::BackupsAddNobody => 9,
            Particular::OverflowAddsNobody => 10,
            Particular::UnnamedReps { .. } => 11,
            Particular::SameLeads { .. } => 12,
            Particular::SharedLeads { .. } => 13,
            Particular::NoPostcodes { .. } => 14,
            Particular::NoNumbers { .. } => 15,
            Particular::TooManyRules { .. } => 16,
            Particular::TooDeep { .. } => 17,
            Particular::NotReviewed { .. } => 18,
        }
    }

    /// Whatever the English sentence names, in quotes or in digits, the German one names, too.
    #[test]
    fn german_says_the_same_of_every_kind() {
        let all = each();
        assert_eq!(all.iter().map(number).collect::<Vec<_>>(), (0..=18).collect::<Vec<_>>());
        let moment = |at: Instant| if at.unix_micros() == 0 { "MON".to_owned() } else { "TUE".to_owned() };
        for one in &all {
            let [en, de] = [Locale::En, Locale::De].map(|l| particular(l, one, &moment));
            let named = |text: &str| {
                let mut parts: Vec<String> = text.split('\'').skip(1).step_by(2).map(Into::into).collect();
                parts.extend(text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).map(Into::into));
                parts.extend(["MON", "TUE", "Kim", "DE"].into_iter().filter(|w| text.contains(w)).map(Into::into));
                parts.sort();
                parts.dedup();
                parts
            };
            assert_eq!(named(&en), named(&de), "{en}\n{de}");
            for word in ["the ", " is ", " and ", " no ", "nobody", " of ", "leads"] {
                assert!(!de.contains(word), "'{word}' in: {de}");
            }
            assert!(de.ends_with('.') && !de.contains("  "), "{de}");
        }
    }

    #[test]
    fn long_lists_are_cut_and_counted() {
        let each = each();
        let away = particular(Locale::De, &each[6], &|_| "X".into());
        assert_eq!(away, "Alle aus Pool 'dach' sind vom X bis zum X abwesend: 'a', 'b', 'c', 'd', 'e' und 2 weitere.");
        assert!(each[6].to_string().ends_with("until 1970-01-02T00:00:00Z: 'a', 'b', 'c', 'd', 'e' and 2 more."));
        let fires = particular(Locale::De, &each[2], &|_| String::new());
        assert_eq!(fires, "'x' greift nie: 'y' (Zeile 3) und 'z' (Zeile 9) nehmen jeden Lead, für den sie da ist.");
    }
}
