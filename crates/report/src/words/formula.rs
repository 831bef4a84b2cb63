//! Formulas of figures: in English as [`Kpi::formula`] defines them, in German beside it.

use pointsman_measure::kpi::Kpi;

use crate::Locale;

pub fn formula(locale: Locale, kpi: Kpi) -> &'static str {
    match locale {
        Locale::En => kpi.formula(),
        Locale::De => german(kpi),
    }
}

fn german(kpi: Kpi) -> &'static str {
    match kpi {
        Kpi::SpeedToLead => "min { t : S(t) ≤ 0,5 },  S: Eingang → bearbeitet, unbearbeitete Leads zensiert",
        Kpi::SpeedToLeadP90 => "min { t : S(t) ≤ 0,1 },  S: Eingang → bearbeitet, unbearbeitete Leads zensiert",
        Kpi::TouchedFast => "1 − S(schnell),  S: Eingang → bearbeitet, unbearbeitete Leads zensiert",
        Kpi::TouchedInSla => "1 − S(1),  S über (t − Eingang) ÷ (Frist − Eingang), unbearbeitete Leads zensiert",
        Kpi::TimeTo48h => "∫ S(t) dt, 0 ≤ t ≤ 48 Std.,  S: Eingang → bearbeitet",
        Kpi::ServiceSpeed => "min { t : S(t) ≤ 0,5 },  S: Eingang → bearbeitet in Servicestunden",
        Kpi::ServiceSpeedP90 => "min { t : S(t) ≤ 0,1 },  S: Eingang → bearbeitet in Servicestunden",
        Kpi::ServiceTouchedFast => "1 − S(schnell),  S: Eingang → bearbeitet in Servicestunden",
        Kpi::ServiceTimeTo48h => "∫ S(t) dt, 0 ≤ t ≤ 48 Servicestunden,  S: Eingang → bearbeitet",
        Kpi::ClockDecided => "min { t : S(t) ≤ 0,5 },  S: Eingang → entschieden",
        Kpi::ClockNotified => "min { t : S(t) ≤ 0,5 },  S: entschieden → benachrichtigt",
        Kpi::ClockAccepted => "min { t : S(t) ≤ 0,5 },  S: (benachrichtigt oder angeboten) → angenommen",
        Kpi::ClockTouched => "min { t : S(t) ≤ 0,5 },  S: (angenommen oder zugewiesen) → bearbeitet",
        Kpi::ClockReached => "min { t : S(t) ≤ 0,5 },  S: bearbeitet → erreicht",
        Kpi::FirstContactInSla => "bearbeitet ≤ Frist ÷ (gehalten + verletzt)",
        Kpi::SlaBreaches => "verletzt ÷ (gehalten + verletzt)",
        Kpi::ReachedRate => "im Reifefenster erreicht ÷ reife Leads",
        Kpi::FirstAcceptance => "erstes Angebot angenommen ÷ erste Angebote beantwortet oder verfallen",
        Kpi::Conversion => "im Reifefenster gewonnen ÷ reife Leads",
        Kpi::ObservedToExpected => "Σ gewonnen ÷ Σ Chance,  reife Leads mit Chance",
        Kpi::BalanceGini => "Gini von erhalten ÷ zustehend über Personen",
        Kpi::LargestDeficit => "max über Personen (zustehend − erhalten)",
        Kpi::Utilisation => "Σ offene Leads × Arbeitszeit ÷ Σ Grenze × Arbeitszeit",
        Kpi::RoutingAccuracyStrict => {
            "blieb bei der ersten Person: kein Wechsel, kein abgelehntes oder verfallenes Angebot ÷ reife vergebene Leads"
        }
        Kpi::RoutingAccuracyLenient => "nie fehlgeleitet genannt ÷ reife vergebene Leads",
        Kpi::FeedbackScore => "Mittel der letzten Noten derer, die den Lead haben, 1 bis 5",
        Kpi::FeedbackAnswers => "benotet ÷ reife vergebene Leads",
        Kpi::ResponseCompleteness => "Mittel von erledigte Schritte ÷ verlangte Schritte",
        Kpi::LeadCompleteness => "Mittel von gefüllte ÷ verlangte Angaben beim Eingang",
        Kpi::UnassignedAge => "Median von (jetzt − ohne Person seit)",
        Kpi::Parked => "je abgelegt ÷ entschiedene Leads",
        Kpi::Hops => "Σ Wechsel ÷ vergebene Leads",
        Kpi::PingPong => "kam zu einer früheren Person zurück ÷ vergebene Leads",
        Kpi::LostLeads => "im Reifefenster nicht bearbeitet ÷ reife Leads",
        Kpi::CostPerLead => "Kosten ÷ Leads",
        Kpi::CostPerOpportunity => "Kosten ÷ Leads, die im Reifefenster zur Verkaufschance wurden",
        Kpi::CostPerCustomer => "Kosten ÷ Leads, die im Reifefenster gewonnen wurden",
        Kpi::HoursSaved => "ohne Person verteilte Leads × Bearbeitungszeit",
    }
}
