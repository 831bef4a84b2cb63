//! Words of figures: their names, their meaning, and the sentences of their pages.

use pointsman_domain::record::Stage;
use pointsman_measure::{
    kpi::{Dimension, Feed, Kpi, NotMeasured, Part, Window},
    rows::BreachCause,
};

use super::{counted, words};
use crate::Locale;

words! {
    title() { en: "Figures", de: "Kennzahlen" }
    question() { en: "Are we getting better, and where not?", de: "Werden wir besser, und wo nicht?" }
    kicker(from, until, leads, as_of) {
        en: "{from} to {until} · {leads} · as of {as_of}",
        de: "{from} bis {until} · {leads} · Stand {as_of}",
    }
    only(filter) { en: "only {filter}", de: "nur {filter}" }
    unknown() { en: "(not known)", de: "(nicht bekannt)" }
    not_measured() { en: "not measured", de: "nicht gemessen" }
    not_measured_because(why) { en: "Not measured: {why}", de: "Nicht gemessen: {why}" }

    better() { en: "better", de: "besser" }
    worse() { en: "worse", de: "schlechter" }
    unclear() { en: "no clear change", de: "kein klarer Unterschied" }
    change(verdict, difference, before) {
        en: "{verdict}: {difference} (before: {before})",
        de: "{verdict}: {difference} (davor: {before})",
    }
    before_not_measured() { en: "before: not measured", de: "davor: nicht gemessen" }
    target_met(target) { en: "target {target}: met", de: "Ziel {target}: erreicht" }
    target_missed(target) { en: "target {target}: missed", de: "Ziel {target}: verfehlt" }
    target_open(target) { en: "target {target}: too close to tell", de: "Ziel {target}: noch nicht zu sagen" }
    target_none() { en: "no target (kpi.toml)", de: "kein Ziel (kpi.toml)" }
    rests_on(n, pending) { en: "{n}, {pending} pending", de: "{n}, {pending} offen" }
    rests_on_all(n) { en: "{n}", de: "{n}" }
    trend(what, points) { en: "{what}: {points}", de: "{what}: {points}" }

    summary() { en: "In short", de: "In Kürze" }
    speed() { en: "Speed to lead", de: "Zeit bis zum ersten Kontaktversuch" }
    speed_sentence(median, range, fast, lost) {
        en: "Half of all leads are touched within {median} ({range}); {fast} within the fast time, and {lost} never within their window.",
        de: "Die Hälfte aller Leads wird binnen {median} ({range}) bearbeitet; {fast} in der schnellen Zeit, und {lost} nie innerhalb der Frist.",
    }
    speed_none(why) {
        en: "How fast leads are touched is not measured: {why}.",
        de: "Wie schnell Leads bearbeitet werden, ist nicht gemessen: {why}.",
    }
    speed_finding(median) {
        en: "Half of the leads are touched within {median}",
        de: "Die Hälfte der Leads ist nach {median} bearbeitet",
    }
    speed_finding_none() {
        en: "Fewer than half of the leads are touched",
        de: "Weniger als die Hälfte der Leads ist bearbeitet",
    }
    speed_x() { en: "time since arrival", de: "Zeit seit dem Eingang" }
    speed_y() { en: "Leads not yet touched", de: "Noch unbearbeitete Leads" }
    now() { en: "this period", de: "dieser Zeitraum" }
    before() { en: "before", de: "davor" }
    chain() { en: "The chain of clocks", de: "Die Kette der Uhren" }
    chain_sentence(longest, time) {
        en: "The longest of its medians is {longest}: {time}.",
        de: "Der längste ihrer Mediane ist {longest}: {time}.",
    }
    chain_finding() { en: "Median of each step that is measured", de: "Median jedes gemessenen Schritts" }
    chain_axis() { en: "median time", de: "Median der Zeit" }
    promise() { en: "What was promised", de: "Was zugesagt war" }
    promise_sentence(share, range, breaches) {
        en: "First contact came in time for {share} ({range}) of the leads whose time is over; {breaches} breached.",
        de: "Der Erstkontakt kam bei {share} ({range}) der Leads, deren Frist um ist, rechtzeitig; {breaches} mit Verletzung.",
    }
    breaches_finding(cause) { en: "Most breaches: {cause}", de: "Die meisten Verletzungen: {cause}" }
    breaches_axis() { en: "breaches", de: "Verletzungen" }
    paths() { en: "Conversion by routing path", de: "Abschlüsse nach Routing-Weg" }
    teams() { en: "Teams", de: "Teams" }
    reps() { en: "People", de: "Personen" }
    groups_differ(p) {
        en: "Groups differ by more than chance explains ({p}).",
        de: "Die Gruppen unterscheiden sich stärker, als der Zufall erklärt ({p}).",
    }
    groups_one() {
        en: "All leads of this period are of one group: there is nothing to compare.",
        de: "Alle Leads dieser Zeit gehören zu einer Gruppe: es gibt nichts zu vergleichen.",
    }
    groups_alike(p) {
        en: "Not distinguishable: the differences are no larger than chance explains ({p}).",
        de: "Nicht unterscheidbar: Die Unterschiede sind nicht größer, als der Zufall erklärt ({p}).",
    }
    group_best(name, share, worst, worst_share) {
        en: "After drawing small groups towards the whole, {name} has {share} and {worst} {worst_share}.",
        de: "Nach dem Heranziehen kleiner Gruppen an das Ganze hat {name} {share} und {worst} {worst_share}.",
    }
    observed_only() {
        en: "Observed, not caused: groups get different leads.",
        de: "Beobachtet, nicht verursacht: Die Gruppen bekommen verschiedene Leads.",
    }
    groups_finding(what, all) { en: "{what}: {all} over all", de: "{what}: insgesamt {all}" }
    board_of(name) { en: "Board of {name}", de: "Tafel von {name}" }
    being_made_heading() { en: "In a moment", de: "Gleich" }
    being_made() {
        en: "The leads are being read, as after a start or a large load. This takes some seconds for a million of them; leads are routed meanwhile, and this page loads again by itself.",
        de: "Die Leads werden eingelesen, wie nach einem Start oder einem großen Import. Bei einer Million dauert das einige Sekunden; Leads werden inzwischen verteilt, und diese Seite lädt von selbst neu.",
    }
    funnel_none(n) {
        en: "None of {n} lies beyond the limits of 99.8%: not distinguishable",
        de: "Keine von {n} liegt außerhalb der Grenzen von 99,8 %: nicht unterscheidbar",
    }
    funnel_some(beyond, n) {
        en: "{beyond} of {n} beyond the limits of 99.8%",
        de: "{beyond} von {n} außerhalb der Grenzen von 99,8 %",
    }
    funnel_by_model(inner, n) {
        en: "Each group against what the model expected of its leads. {inner} of {n} lie beyond the limits of 95%, where one in twenty lies by chance alone. Filled: beyond 99.8%.",
        de: "Jede Gruppe gegen das, was das Modell von ihren Leads erwartet hat. {inner} von {n} liegen außerhalb der Grenzen von 95 %, wo allein durch Zufall jede zwanzigste liegt. Gefüllt: außerhalb 99,8 %.",
    }
    funnel_by_share(inner, n) {
        en: "Each group against the share of all. {inner} of {n} lie beyond the limits of 95%, where one in twenty lies by chance alone. Filled: beyond 99.8%.",
        de: "Jede Gruppe gegen den Anteil aller. {inner} von {n} liegen außerhalb der Grenzen von 95 %, wo allein durch Zufall jede zwanzigste liegt. Gefüllt: außerhalb 99,8 %.",
    }
    funnel_note(outside) {
        en: "Hollow markers cannot be told from the whole. {outside} outside the limits of 99.8%.",
        de: "Hohle Marken sind vom Ganzen nicht zu unterscheiden. {outside} außerhalb der Grenzen von 99,8 %.",
    }
    all_together() { en: "all", de: "alle" }
    balance() { en: "Balance", de: "Ausgewogenheit" }
    balance_sentence(gini, rep, deficit) {
        en: "Gini of received to entitled is {gini}; the largest deficit is {deficit} leads, of {rep}.",
        de: "Der Gini von erhalten zu zustehend ist {gini}; das größte Defizit sind {deficit} Leads, bei {rep}.",
    }
    balance_finding() { en: "Leads received and due", de: "Erhaltene und zustehende Leads" }
    balance_axis() { en: "leads", de: "Leads" }
    received() { en: "received", de: "erhalten" }
    entitled() { en: "due", de: "zustehend" }
    every() { en: "Every figure", de: "Alle Kennzahlen" }
    every_sentence(measured, not) {
        en: "{measured} figures are measured; {not} are not, and the table says why.",
        de: "{measured} Kennzahlen sind gemessen; {not} nicht, und die Tabelle sagt, warum.",
    }
    figure() { en: "Figure", de: "Kennzahl" }
    value() { en: "Value", de: "Wert" }
    interval() { en: "95% interval", de: "95-%-Intervall" }
    rests() { en: "Leads", de: "Leads" }
    pending() { en: "Pending", de: "Offen" }
    definition() { en: "Definition", de: "Definition" }
    definitions() { en: "Definitions", de: "Definitionen" }
    formula() { en: "Formula", de: "Formel" }
    window() { en: "Window", de: "Zeitbezug" }
    needs() { en: "Needs", de: "Braucht" }
    name() { en: "Name", de: "Name" }
    group() { en: "Group", de: "Gruppe" }
    shrunken() { en: "Drawn to the whole", de: "Zum Ganzen gezogen" }
    observed_expected() { en: "Observed ÷ expected", de: "Beobachtet ÷ erwartet" }
    told_apart() { en: "Told apart", de: "Unterscheidbar" }
    yes() { en: "yes", de: "ja" }
    no() { en: "no", de: "nein" }
    trend_title() { en: "Over the period", de: "Im Zeitraum" }
    trend_finding(what, first, last) {
        en: "{what}: {first} at first, {last} at last",
        de: "{what}: zuerst {first}, zuletzt {last}",
    }
    trend_flat(what) { en: "{what} over the period", de: "{what} im Zeitraum" }
    by(dimension) { en: "By {dimension}", de: "Nach {dimension}" }
    leads_behind() { en: "The leads behind this figure", de: "Die Leads hinter dieser Kennzahl" }
    list_title(figure) { en: "Leads behind: {figure}", de: "Leads hinter: {figure}" }
    list_question(part) { en: "Which leads are these ({part})?", de: "Welche Leads sind das ({part})?" }
    list_sentence(shown, total) { en: "{shown} of {total}, oldest first.", de: "{shown} von {total}, die ältesten zuerst." }
    list_empty() { en: "No lead is in this list.", de: "In dieser Liste ist kein Lead." }
    more() { en: "More", de: "Weiter" }
    lead() { en: "Lead", de: "Lead" }
    arrived() { en: "Arrived", de: "Eingang" }
    rep() { en: "Rep", de: "Person" }
    team() { en: "Team", de: "Team" }
    source() { en: "Source", de: "Quelle" }
    stage() { en: "Stage", de: "Stufe" }
    counts_with() { en: "Counts with", de: "Zählt mit" }

    method_owner() {
        en: "A lead belongs to the day on which it arrived, to the rep who got it first and to that rep's team, whoever closed it. Merged and erased leads are in no figure.",
        de: "Ein Lead gehört zum Tag seines Eingangs, zur Person, die ihn zuerst bekam, und zu deren Team, wer auch immer ihn abschloss. Zusammengeführte und gelöschte Leads sind in keiner Kennzahl.",
    }
    method_curve() {
        en: "Times come from Kaplan–Meier curves: a lead that waits is watched until it was closed or until now. Leaving such leads out would make a company look faster the more leads it forgets.",
        de: "Zeiten stammen aus Kaplan-Meier-Kurven: Ein wartender Lead wird beobachtet, bis er geschlossen wurde, oder bis jetzt. Ließe man solche Leads weg, sähe ein Unternehmen umso schneller aus, je mehr Leads es vergisst.",
    }
    method_mature(days) {
        en: "Wins, reach and loss are judged when a lead is {days} days old, by what happened in those days; younger leads are pending.",
        de: "Abschluss, Erreichen und Verlust werden beurteilt, wenn ein Lead {days} Tage alt ist, nach dem, was in diesen Tagen geschah; jüngere sind offen.",
    }
    method_groups() {
        en: "Shares of groups are drawn towards each other on the log-odds by the variance between groups that is left after chance (DerSimonian and Laird). A group is told apart where groups differ at all (Cochran's Q, 5%) and its interval does not hold the whole.",
        de: "Anteile von Gruppen werden auf den Log-Odds zueinander gezogen, nach der Varianz zwischen Gruppen, die nach dem Zufall bleibt (DerSimonian und Laird). Eine Gruppe gilt als unterscheidbar, wenn sich die Gruppen überhaupt unterscheiden (Cochrans Q, 5 %) und ihr Intervall das Ganze nicht enthält.",
    }
    method_change() {
        en: "Changes are against as many days just before: Newcombe's interval for shares, both intervals combined as squares for the rest. Better or worse is said only where the interval leaves out 0 and both sides rest on at least 20 leads.",
        de: "Änderungen gelten gegen ebenso viele Tage davor: Newcombes Intervall für Anteile, sonst beide Intervalle quadratisch verbunden. Besser oder schlechter steht nur da, wo das Intervall die 0 ausschließt und beide Seiten auf mindestens 20 Leads beruhen.",
    }
    balance_method() {
        en: "Entitled is the share of the pools' turns that was due to a rep, by weights and presence.",
        de: "Zustehend ist der Anteil an den Zuteilungen der Pools, der einer Person nach Gewicht und Anwesenheit zukam.",
    }
}

counted! {
    n_leads { en: "lead" / "leads", de: "Lead" / "Leads" }
    n_rows { en: "row" / "rows", de: "Zeile" / "Zeilen" }
    n_groups { en: "group lies" / "groups lie", de: "Gruppe liegt" / "Gruppen liegen" }
    n_days { en: "rep-day" / "rep-days", de: "Personentag" / "Personentage" }
    n_breaches { en: "lead" / "leads", de: "Lead" / "Leads" }
}

fn pick(locale: Locale, [en, de]: [&'static str; 2]) -> String {
    match locale {
        Locale::En => en.into(),
        Locale::De => de.into(),
    }
}

/// A figure's name.
pub fn name_of(locale: Locale, kpi: Kpi) -> String {
    pick(
        locale,
        match kpi {
            Kpi::SpeedToLead => ["Speed to lead (median)", "Zeit bis zum Kontaktversuch (Median)"],
            Kpi::SpeedToLeadP90 => ["Speed to lead (90%)", "Zeit bis zum Kontaktversuch (90 %)"],
            Kpi::TouchedFast => ["Touched fast", "Schnell bearbeitet"],
            Kpi::TouchedInSla => ["Touched within the SLA (curve)", "In der SLA bearbeitet (Kurve)"],
            Kpi::TimeTo48h => ["Mean time to touch, up to 48 h", "Mittlere Zeit bis 48 Std."],
            Kpi::ServiceSpeed => ["Speed in service hours (median)", "Zeit in Servicestunden (Median)"],
            Kpi::ServiceSpeedP90 => ["Speed in service hours (90%)", "Zeit in Servicestunden (90 %)"],
            Kpi::ServiceTouchedFast => ["Touched fast, service hours", "Schnell bearbeitet, Servicestunden"],
            Kpi::ServiceTimeTo48h => ["Mean service time, up to 48 h", "Mittlere Servicezeit bis 48 Std."],
            Kpi::ClockDecided => ["Captured → decided", "Eingang → entschieden"],
            Kpi::ClockNotified => ["Decided → notified", "Entschieden → benachrichtigt"],
            Kpi::ClockAccepted => ["Notified → accepted", "Benachrichtigt → angenommen"],
            Kpi::ClockTouched => ["Accepted → touched", "Angenommen → bearbeitet"],
            Kpi::ClockReached => ["Touched → reached", "Bearbeitet → erreicht"],
            Kpi::FirstContactInSla => ["First contact within SLA", "Erstkontakt in der SLA"],
            Kpi::SlaBreaches => ["SLA breaches", "SLA-Verletzungen"],
            Kpi::ReachedRate => ["Reached", "Erreicht"],
            Kpi::FirstAcceptance => ["First acceptance", "Erste Annahme"],
            Kpi::Conversion => ["Conversion", "Abschlussquote"],
            Kpi::ObservedToExpected => ["Wins, observed ÷ expected", "Abschlüsse, beobachtet ÷ erwartet"],
            Kpi::BalanceGini => ["Balance (Gini)", "Ausgewogenheit (Gini)"],
            Kpi::LargestDeficit => ["Largest deficit", "Größtes Defizit"],
            Kpi::Utilisation => ["Utilisation", "Auslastung"],
            Kpi::RoutingAccuracyStrict => ["Routing accuracy, strict", "Treffsicherheit, streng"],
            Kpi::RoutingAccuracyLenient => ["Routing accuracy", "Treffsicherheit"],
            Kpi::FeedbackScore => ["Feedback score", "Bewertung der Leads"],
            Kpi::FeedbackAnswers => ["Feedback answered", "Bewertung abgegeben"],
            Kpi::ResponseCompleteness => ["Response completeness", "Vollständigkeit der Bearbeitung"],
            Kpi::LeadCompleteness => ["Lead completeness", "Vollständigkeit der Leads"],
            Kpi::UnassignedAge => ["Age of unassigned leads", "Alter unverteilter Leads"],
            Kpi::Parked => ["Parked", "Geparkt"],
            Kpi::Hops => ["Hops per lead", "Wechsel je Lead"],
            Kpi::PingPong => ["Ping-pong", "Hin und her"],
            Kpi::LostLeads => ["Lost leads (never touched)", "Verlorene Leads (nie bearbeitet)"],
            Kpi::CostPerLead => ["Cost per lead", "Kosten je Lead"],
            Kpi::CostPerOpportunity => ["Cost per opportunity", "Kosten je Verkaufschance"],
            Kpi::CostPerCustomer => ["Cost per customer", "Kosten je Kunde"],
            Kpi::HoursSaved => ["Hours saved", "Gesparte Stunden"],
        },
    )
}

/// What a figure means, in one or two sentences.
pub fn meaning_of(locale: Locale, kpi: Kpi) -> String {
    pick(
        locale,
        match kpi {
            Kpi::SpeedToLead => [
                "The time by which half of all leads have been touched by a person.",
                "Die Zeit, nach der die Hälfte aller Leads von einem Menschen bearbeitet wurde.",
            ],
            Kpi::SpeedToLeadP90 => [
                "The time by which nine of ten leads have been touched.",
                "Die Zeit, nach der neun von zehn Leads bearbeitet wurden.",
            ],
            Kpi::TouchedFast => [
                "Share of leads touched within the fast time, five minutes unless set.",
                "Anteil der Leads, die in der schnellen Zeit bearbeitet wurden; fünf Minuten, wenn nichts anderes gesetzt ist.",
            ],
            Kpi::TouchedInSla => [
                "Share of leads touched by the time promised to each, with those that still wait counted for as long as they were watched.",
                "Anteil der Leads, die in der je zugesagten Zeit bearbeitet wurden; wartende zählen, solange sie beobachtet wurden.",
            ],
            Kpi::TimeTo48h => [
                "Mean time to the touch, where whoever waits longer than two days counts two days.",
                "Mittlere Zeit bis zur Bearbeitung; wer länger als zwei Tage wartet, zählt zwei Tage.",
            ],
            Kpi::ServiceSpeed => {
                ["The same clock, running in working hours only.", "Dieselbe Uhr, die nur in der Arbeitszeit läuft."]
            }
            Kpi::ServiceSpeedP90 => {
                ["Nine of ten leads, in working hours.", "Neun von zehn Leads, in der Arbeitszeit."]
            }
            Kpi::ServiceTouchedFast => [
                "Share of leads touched within the fast time of working hours.",
                "Anteil der Leads, die in der schnellen Zeit bearbeitet wurden, nach Arbeitszeit.",
            ],
            Kpi::ServiceTimeTo48h => [
                "Mean working time to the touch, up to 48 working hours.",
                "Mittlere Arbeitszeit bis zur Bearbeitung, bis 48 Stunden.",
            ],
            Kpi::ClockDecided => ["From arrival to the first decision.", "Vom Eingang bis zur ersten Entscheidung."],
            Kpi::ClockNotified => [
                "From the decision to the delivered notification.",
                "Von der Entscheidung bis zur zugestellten Nachricht.",
            ],
            Kpi::ClockAccepted => [
                "From the notification (or the offer) to the acceptance.",
                "Von der Nachricht (oder dem Angebot) bis zur Annahme.",
            ],
            Kpi::ClockTouched => [
                "From the acceptance (or the assignment) to the first touch.",
                "Von der Annahme (oder Zuteilung) bis zur ersten Bearbeitung.",
            ],
            Kpi::ClockReached => [
                "From the first touch until somebody was spoken to.",
                "Von der ersten Bearbeitung, bis jemand gesprochen wurde.",
            ],
            Kpi::FirstContactInSla => [
                "Of the leads whose promise was kept or broken: the share that was kept.",
                "Von den Leads, deren Zusage gehalten oder gebrochen wurde: der gehaltene Anteil.",
            ],
            Kpi::SlaBreaches => [
                "The other part: the promise was broken, by where the lead stood at that moment.",
                "Der andere Teil: Die Zusage wurde gebrochen, nach dem Stand des Leads in diesem Augenblick.",
            ],
            Kpi::ReachedRate => [
                "Share of matured leads with whom somebody spoke within their window.",
                "Anteil der reifen Leads, mit denen in ihrer Frist gesprochen wurde.",
            ],
            Kpi::FirstAcceptance => [
                "Of first offers that were answered or ran out: the share accepted. Withdrawn offers are in no count.",
                "Von den ersten Angeboten, die beantwortet wurden oder abliefen: der angenommene Anteil. Zurückgezogene zählen nicht.",
            ],
            Kpi::Conversion => [
                "Share of matured leads that were won within their window.",
                "Anteil der reifen Leads, die in ihrer Frist gewonnen wurden.",
            ],
            Kpi::ObservedToExpected => [
                "Wins over what the model expected when it routed. Above 1: more than expected.",
                "Abschlüsse zu dem, was das Modell bei der Zuteilung erwartete. Über 1: mehr als erwartet.",
            ],
            Kpi::BalanceGini => [
                "How unequally reps received what was due to them: 0 is equal, near 1 one rep has all.",
                "Wie ungleich Personen bekamen, was ihnen zustand: 0 ist gleich, nahe 1 hat eine Person alles.",
            ],
            Kpi::LargestDeficit => [
                "Leads that the rep furthest behind was due and did not get.",
                "Leads, die der am weitesten zurückliegenden Person zustanden und fehlen.",
            ],
            Kpi::Utilisation => [
                "Open leads over the cap of open leads, weighted by working time.",
                "Offene Leads zur Grenze offener Leads, gewichtet nach Arbeitszeit.",
            ],
            Kpi::RoutingAccuracyStrict => [
                "The first owner took it and kept it: no declined or expired offer, no change of owner, no credit for a wrong territory.",
                "Die erste Person nahm und behielt ihn: kein abgelehntes oder abgelaufenes Angebot, kein Wechsel, keine Gutschrift wegen falschen Gebiets.",
            ],
            Kpi::RoutingAccuracyLenient => [
                "Nobody said that it should never have gone there: no change of owner as misrouted, no credit for a wrong territory. Absence and overload do not count against routing.",
                "Niemand sagte, dass er nie dorthin gehörte: kein Wechsel wegen Fehlleitung, keine Gutschrift wegen falschen Gebiets. Abwesenheit und Überlast zählen nicht gegen das Routing.",
            ],
            Kpi::FeedbackScore => [
                "Mean of the owners' last ratings, 1 (useless) to 5 (perfect); read it with the share that answered.",
                "Mittel der letzten Bewertungen, 1 (nutzlos) bis 5 (perfekt); mit dem Anteil der Antworten zu lesen.",
            ],
            Kpi::FeedbackAnswers => [
                "Share of matured leads with an owner that were rated.",
                "Anteil der reifen Leads mit Person, die bewertet wurden.",
            ],
            Kpi::ResponseCompleteness => [
                "Share of the demanded steps that were done, over leads that are closed or matured.",
                "Anteil der verlangten Schritte, die getan wurden, über geschlossene oder reife Leads.",
            ],
            Kpi::LeadCompleteness => [
                "Share of the attributes required for routing that a lead came with.",
                "Anteil der für das Routing nötigen Angaben, mit denen ein Lead kam.",
            ],
            Kpi::UnassignedAge => [
                "Median age of leads that are open and belong to nobody now.",
                "Median des Alters offener Leads, die jetzt niemandem gehören.",
            ],
            Kpi::Parked => [
                "Share of decided leads that nobody could take at some time.",
                "Anteil der entschiedenen Leads, die zeitweise niemand nehmen konnte.",
            ],
            Kpi::Hops => ["Changes of owner after the first.", "Wechsel der Person nach der ersten."],
            Kpi::PingPong => [
                "Share of leads that came back to somebody who had had them (A–B–A).",
                "Anteil der Leads, die zu jemandem zurückkamen, der sie schon hatte (A–B–A).",
            ],
            Kpi::LostLeads => [
                "Share of matured leads that nobody touched within their window, whatever became of them.",
                "Anteil der reifen Leads, die in ihrer Frist niemand bearbeitete, was auch aus ihnen wurde.",
            ],
            Kpi::CostPerLead => {
                ["Stated cost over the leads of those days.", "Angegebene Kosten durch die Leads dieser Tage."]
            }
            Kpi::CostPerOpportunity => [
                "Stated cost over leads that became an opportunity, on days whose leads are all matured.",
                "Angegebene Kosten durch Leads, die zur Verkaufschance wurden, an Tagen mit lauter reifen Leads.",
            ],
            Kpi::CostPerCustomer => [
                "Stated cost over leads that were won, on days whose leads are all matured.",
                "Angegebene Kosten durch gewonnene Leads, an Tagen mit lauter reifen Leads.",
            ],
            Kpi::HoursSaved => [
                "Leads that found their owner without a person, times the minutes that routing one by hand takes, as stated.",
                "Leads, die ohne Menschen ihre Person fanden, mal der angegebenen Minuten für das Verteilen von Hand.",
            ],
        },
    )
}

pub fn why_not(locale: Locale, why: NotMeasured) -> String {
    match why {
        NotMeasured::NoFeed(feed) => no_feed(locale, feed),
        NotMeasured::Nothing => {
            pick(locale, ["there is nothing of it in this period", "im Zeitraum gibt es nichts davon"])
        }
        NotMeasured::Pending => {
            pick(locale, ["all leads are too young to be judged", "alle Leads sind noch zu jung für ein Urteil"])
        }
        NotMeasured::NotYetHalf => pick(
            locale,
            [
                "it has happened for too few leads to tell this quantile",
                "bei zu wenigen Leads geschehen, um dieses Quantil zu nennen",
            ],
        ),
        NotMeasured::NotByThis => {
            pick(locale, ["it is not known by this filter", "es ist nach diesem Filter nicht bekannt"])
        }
    }
}

fn no_feed(locale: Locale, feed: Feed) -> String {
    pick(
        locale,
        match feed {
            Feed::Decisions => ["no decisions of Pointsman", "keine Entscheidungen von Pointsman"],
            Feed::Notifications => ["no notification feed", "keine Daten über Benachrichtigungen"],
            Feed::Offers => ["no offers", "keine Angebote"],
            Feed::Activities => ["no activity feed", "keine Daten über Aktivitäten"],
            Feed::Contacts => ["nothing says that somebody was spoken to", "nichts sagt, dass jemand gesprochen wurde"],
            Feed::Outcomes => ["no outcomes", "keine Ergebnisse"],
            Feed::Promises => ["no deadlines of first contact", "keine Fristen für den Erstkontakt"],
            Feed::Owners => ["no owners", "keine Zuständigen"],
            Feed::Hops => ["no change of owner is recorded", "kein Wechsel der Person ist verzeichnet"],
            Feed::Reasons => {
                ["nothing says why leads changed their owner", "nichts sagt, warum Leads die Person wechselten"]
            }
            Feed::Scores => ["no model scores", "keine Modellwerte"],
            Feed::Entitlements => ["no entitlements of reps", "keine Ansprüche der Personen"],
            Feed::Loads => ["no load and caps over working time", "keine Last und Grenzen über die Arbeitszeit"],
            Feed::Feedback => ["nobody has rated a lead", "niemand hat einen Lead bewertet"],
            Feed::Checklists => ["no checklists", "keine Checklisten"],
            Feed::Completeness => [
                "no attribute is marked as required for routing",
                "keine Angabe ist als nötig für das Routing markiert",
            ],
            Feed::Calendars => [
                "no working hours: name a calendar in kpi.toml",
                "keine Arbeitszeiten: einen Kalender in kpi.toml nennen",
            ],
            Feed::Opportunities => ["no opportunities", "keine Verkaufschancen"],
            Feed::Costs => ["no costs: state them in kpi.toml", "keine Kosten: in kpi.toml angeben"],
            Feed::HandlingTime => [
                "nobody has stated what routing by hand takes: kpi.toml",
                "niemand hat angegeben, was das Verteilen von Hand kostet: kpi.toml",
            ],
        },
    )
}

/// What a feed is, where a definition says what it needs.
pub fn feed_of(locale: Locale, feed: Feed) -> String {
    pick(
        locale,
        match feed {
            Feed::Decisions => ["decisions", "Entscheidungen"],
            Feed::Notifications => ["notifications", "Benachrichtigungen"],
            Feed::Offers => ["offers", "Angebote"],
            Feed::Activities => ["activities", "Aktivitäten"],
            Feed::Contacts => ["contacts", "Gespräche"],
            Feed::Outcomes => ["outcomes", "Ergebnisse"],
            Feed::Promises => ["deadlines of first contact", "Fristen des Erstkontakts"],
            Feed::Owners => ["owners", "Zuständige"],
            Feed::Hops => ["changes of owner", "Wechsel der Person"],
            Feed::Reasons => ["reasons of changes", "Gründe der Wechsel"],
            Feed::Scores => ["model scores", "Modellwerte"],
            Feed::Entitlements => ["entitlements", "Ansprüche"],
            Feed::Loads => ["load and caps", "Last und Grenzen"],
            Feed::Feedback => ["ratings", "Bewertungen"],
            Feed::Checklists => ["checklists", "Checklisten"],
            Feed::Completeness => ["required attributes", "nötige Angaben"],
            Feed::Calendars => ["working hours", "Arbeitszeiten"],
            Feed::Opportunities => ["opportunities", "Verkaufschancen"],
            Feed::Costs => ["stated costs", "angegebene Kosten"],
            Feed::HandlingTime => ["stated handling time", "angegebene Bearbeitungszeit"],
        },
    )
}

pub fn window_of(locale: Locale, window: Window) -> String {
    pick(
        locale,
        match window {
            Window::Arrived => ["leads that arrived in the period", "Leads, die im Zeitraum eingingen"],
            Window::Matured => [
                "leads that arrived in the period and have had their window",
                "Leads, die im Zeitraum eingingen und deren Frist um ist",
            ],
            Window::Now => {
                ["leads that arrived in the period, as they are now", "Leads des Zeitraums, wie sie jetzt sind"]
            }
            Window::Days => ["days of the period", "Tage des Zeitraums"],
        },
    )
}

pub fn dimension_of(locale: Locale, dimension: Dimension) -> String {
    pick(
        locale,
        match dimension {
            Dimension::Source => ["source", "Quelle"],
            Dimension::Channel => ["channel", "Kanal"],
            Dimension::Campaign => ["campaign", "Kampagne"],
            Dimension::Country => ["country", "Land"],
            Dimension::Industry => ["industry", "Branche"],
            Dimension::Size => ["size", "Größe"],
            Dimension::Language => ["language", "Sprache"],
            Dimension::Product => ["product", "Produkt"],
            Dimension::Direction => ["direction", "Richtung"],
            Dimension::Segment => ["segment", "Segment"],
            Dimension::Pool => ["pool", "Pool"],
            Dimension::Team => ["team", "Team"],
            Dimension::Rep => ["person", "Person"],
            Dimension::Policy => ["policy", "Regelwerk"],
            Dimension::PolicyVersion => ["policy version", "Regelwerk-Version"],
            Dimension::Rule => ["rule", "Regel"],
            Dimension::Path => ["routing path", "Routing-Weg"],
            Dimension::Experiment => ["experiment", "Experiment"],
            Dimension::Variant => ["variant", "Variante"],
        },
    )
}

pub fn cause_of(locale: Locale, cause: BreachCause) -> String {
    pick(
        locale,
        match cause {
            BreachCause::Unassigned => ["nobody owned it", "gehörte niemandem"],
            BreachCause::NotAccepted => ["offered, not accepted", "angeboten, nicht angenommen"],
            BreachCause::OwnerAbsent => ["its owner was away", "Person war abwesend"],
            BreachCause::NotNotified => ["its owner had not been told", "Person war nicht benachrichtigt"],
            BreachCause::PassedOn => ["it had been passed on", "war weitergegeben worden"],
            BreachCause::NotWorked => ["its owner did nothing", "Person tat nichts"],
        },
    )
}

pub fn part_of(locale: Locale, part: Part) -> String {
    pick(
        locale,
        match part {
            Part::All => ["all", "alle"],
            Part::Counted => ["counted", "gezählte"],
            Part::Hits => ["in the share", "im Anteil"],
            Part::Misses => ["not in the share", "nicht im Anteil"],
            Part::Pending => ["pending", "offene"],
        },
    )
}

pub fn stage_of(locale: Locale, stage: Stage) -> String {
    pick(
        locale,
        match stage {
            Stage::Open => ["open", "offen"],
            Stage::Attempted => ["attempted", "versucht"],
            Stage::Contacted => ["contacted", "kontaktiert"],
            Stage::Qualified => ["qualified", "qualifiziert"],
            Stage::Opportunity => ["opportunity", "Verkaufschance"],
            Stage::Won => ["won", "gewonnen"],
            Stage::Lost => ["lost", "verloren"],
            Stage::Unqualified => ["unqualified", "unqualifiziert"],
            Stage::Nurture => ["nurture", "Pflege"],
            Stage::Merged => ["merged", "zusammengeführt"],
            Stage::Erased => ["erased", "gelöscht"],
        },
    )
}
