//! Words of "A year of leads, routed twice".

use super::words;
use crate::{
    Locale,
    demo::data::{Evidence, PartKind},
};

words! {
    title() { en: "A year of leads, routed twice", de: "Ein Jahr Leads, zweimal verteilt" }
    kicker(company, from, until, leads, reps) {
        en: "{company} · {from} to {until} · {leads} leads, {reps} reps",
        de: "{company} · {from} bis {until} · {leads} Leads, {reps} Vertriebler",
    }
    question() { en: "Is it worth routing leads with Pointsman?", de: "Lohnt es sich, Leads mit Pointsman zu verteilen?" }
    tile_wins() { en: "More wins in the year", de: "Mehr Gewinne im Jahr" }
    tile_effect() { en: "Win rate, by test", de: "Gewinnquote laut Test" }
    tile_money() { en: "Worth a quarter", de: "Wert je Quartal" }
    tile_hindsight() { en: "Of perfect hindsight", de: "Von perfekter Rückschau" }
    tile_was(was) { en: "was {was}", de: "vorher {was}" }

    year() { en: "What happened", de: "Was geschah" }
    year_more(new, old, wins, range, leads) {
        en: "The same {leads} leads, routed by {new} instead of {old}, bring {wins} more wins (95% interval {range}).",
        de: "Dieselben {leads} Leads, verteilt durch {new} statt durch {old}, bringen {wins} Gewinne mehr (95‑%‑Intervall {range}).",
    }
    year_fewer(new, old, wins, range, leads) {
        en: "The same {leads} leads, routed by {new} instead of {old}, bring {wins} fewer wins (95% interval {range}).",
        de: "Dieselben {leads} Leads, verteilt durch {new} statt durch {old}, bringen {wins} Gewinne weniger (95‑%‑Intervall {range}).",
    }
    hindsight_sentence(share) {
        en: "That is {share} of what the best assignment would reach that knows the whole year in advance.",
        de: "Das sind {share} dessen, was die beste Zuteilung erreichte, die das ganze Jahr vorher kennt.",
    }
    wins_finding(new, more, old) {
        en: "{new}: {more} wins against {old}",
        de: "{new}: {more} Gewinne gegenüber {old}",
    }
    wins_axis() { en: "Wins in the year", de: "Gewinne im Jahr" }
    hindsight_finding(new, share) {
        en: "{new} reaches {share} of what hindsight could",
        de: "{new} erreicht {share} dessen, was in der Rückschau möglich war",
    }
    hindsight_axis() { en: "Share of the hindsight optimum", de: "Anteil am Optimum der Rückschau" }
    contact_finding(new, after, before) {
        en: "{new}: half of the leads are contacted within {after}; before it took {before}",
        de: "{new}: Die Hälfte der Leads ist nach {after} kontaktiert; vorher dauerte es {before}",
    }
    contact_x() { en: "Time since arrival", de: "Zeit seit Eingang" }
    contact_y() { en: "Leads not yet contacted", de: "Noch nicht kontaktierte Leads" }
    sla(time) { en: "SLA {time}", de: "SLA {time}" }
    comparison() { en: "The year under each policy", de: "Das Jahr unter jedem Regelwerk" }
    measure() { en: "Measure", de: "Maß" }
    wins() { en: "Wins", de: "Gewinne" }
    win_rate() { en: "Win rate", de: "Gewinnquote" }
    of_hindsight() { en: "Of the hindsight optimum", de: "Vom Optimum der Rückschau" }
    contact_median() { en: "First contact, median", de: "Erstkontakt, Median" }
    contact_p90() { en: "First contact, 90% within", de: "Erstkontakt, 90 % binnen" }
    in_sla() { en: "Contacted within the SLA", de: "Innerhalb der SLA kontaktiert" }
    gini() { en: "Imbalance of work (Gini)", de: "Ungleichheit der Arbeit (Gini)" }
    value() { en: "Won value", de: "Gewonnener Wert" }
    year_method() {
        en: "Both policies decide over the same leads, reps, absences and working hours of a simulated world with known chances; a lead keeps its place with a rep for as long as it really stayed open. Intervals come from repeating the year with other random outcomes.",
        de: "Beide Regelwerke entscheiden über dieselben Leads, Vertriebler, Abwesenheiten und Arbeitszeiten einer simulierten Welt mit bekannten Chancen; ein Lead belegt seinen Platz so lange, wie er wirklich offen war. Die Intervalle entstehen, indem das Jahr mit anderen zufälligen Ergebnissen wiederholt wird.",
    }
    hindsight_method() {
        en: "The hindsight optimum is the assignment with the most expected wins among all that respect capacity, computed with full knowledge of every lead of the year. No policy can reach it.",
        de: "Das Optimum der Rückschau ist die Zuteilung mit den meisten erwarteten Gewinnen unter allen, die die Kapazität achten, berechnet in voller Kenntnis aller Leads des Jahres. Kein Regelwerk kann es erreichen.",
    }
    gini_method() {
        en: "Imbalance compares what each rep received with what was due: 0 is equal, 1 is everything to one.",
        de: "Die Ungleichheit vergleicht, was jeder bekam, mit dem, was ihm zustand: 0 ist gleich, 1 ist alles an einen.",
    }

    money() { en: "What it brings", de: "Was es bringt" }
    money_covered() {
        en: "What it is worth rests on that test and is not shown either.",
        de: "Was es wert ist, beruht auf diesem Test und wird auch nicht gezeigt.",
    }
    money_sentence(value, range) {
        en: "That is worth {value} a quarter ({range}).",
        de: "Das ist im Quartal {value} wert ({range}).",
    }
    money_unsure(value, range) {
        en: "In money that is {value} a quarter ({range}): the interval includes zero.",
        de: "In Geld sind das {value} im Quartal ({range}): Das Intervall enthält die Null.",
    }
    wins_sentence(value, range) {
        en: "Without won amounts the gain is counted in wins: {value} a quarter ({range}).",
        de: "Ohne gewonnene Beträge zählt der Zuwachs in Gewinnen: {value} im Quartal ({range}).",
    }
    quarters_finding(sure, all) {
        en: "In {sure} of {all} quarters the whole interval lies above zero",
        de: "In {sure} von {all} Quartalen liegt das ganze Intervall über null",
    }
    money_axis() { en: "Difference a quarter", de: "Unterschied im Quartal" }
    parts_finding() { en: "What the difference consists of", de: "Woraus der Unterschied besteht" }
    part_wins() { en: "More wins", de: "Mehr Gewinne" }
    part_deals() { en: "Larger deals", de: "Größere Abschlüsse" }
    part_contact() { en: "Faster contact", de: "Schnellerer Kontakt" }
    part_hours() { en: "Saved hours", de: "Gesparte Stunden" }
    part_cost() { en: "Running cost", de: "Laufende Kosten" }
    total() { en: "Together", de: "Zusammen" }
    evidence_experiment() {
        en: "Proved by a randomised test; the interval is the test's.",
        de: "Durch einen randomisierten Test belegt; das Intervall ist das des Tests.",
    }
    evidence_simulation() {
        en: "From a simulated world with known truth: it shows what the method does, not what your company would see.",
        de: "Aus einer simulierten Welt mit bekannter Wahrheit: Es zeigt, was das Verfahren leistet, nicht, was Ihr Unternehmen sähe.",
    }
    evidence_before_after() {
        en: "A comparison before and after: anything else that changed meanwhile is in it too.",
        de: "Ein Vorher-nachher-Vergleich: Was sich sonst geändert hat, steckt mit darin.",
    }
    money_method() {
        en: "Difference of win rates × leads of the quarter × mean value of a win. The interval carries the uncertainty of the difference; the mean value is winsorised, so that single large deals do not decide.",
        de: "Unterschied der Gewinnquoten × Leads des Quartals × mittlerer Wert eines Gewinns. Das Intervall trägt die Unsicherheit des Unterschieds; der mittlere Wert ist winsorisiert, damit einzelne große Abschlüsse nicht entscheiden.",
    }

    lead() { en: "Why one lead went where it went", de: "Warum ein Lead dorthin ging" }
    went_by_value(lead, rep, net, n) {
        en: "{lead} went to {rep}: value minus price is {net}, the most among {n} candidates.",
        de: "{lead} ging an {rep}: Wert minus Preis ist {net}, am meisten unter {n} Kandidaten.",
    }
    went(lead, rep, n) { en: "{lead} went to {rep}, out of {n} candidates.", de: "{lead} ging an {rep}, aus {n} Kandidaten." }
    nobody(lead, n) {
        en: "Nobody could take {lead}: all {n} candidates were out, each for the reason given.",
        de: "Niemand konnte {lead} nehmen: Alle {n} Kandidaten schieden aus, jeder aus dem genannten Grund.",
    }
    next_best(rep, by) { en: "The next, {rep}, is {by} behind.", de: "Danach kommt {rep}, {by} dahinter." }
    dearer(rep, score, price, ours) {
        en: "{rep} has the better chance ({score}), but a place there costs {price} instead of {ours}: it is kept for leads that need it more.",
        de: "{rep} hat die bessere Chance ({score}), aber der Platz dort kostet {price} statt {ours}: Er wird für Leads freigehalten, die ihn mehr brauchen.",
    }
    better_score(rep, score, why) {
        en: "{rep} has the best chance ({score}) but did not get it: {why}.",
        de: "{rep} hat die beste Chance ({score}), bekam ihn aber nicht: {why}.",
    }
    known() { en: "What was known", de: "Was bekannt war" }
    fact() { en: "Attribute", de: "Merkmal" }
    fact_value() { en: "Value", de: "Wert" }
    candidates(policy, rule) { en: "Candidates: {policy}, rule {rule}", de: "Kandidaten: {policy}, Regel {rule}" }
    drawn(p) { en: "The choice was drawn with probability {p}.", de: "Die Wahl wurde mit Wahrscheinlichkeit {p} gezogen." }
    rep() { en: "Rep", de: "Vertriebler" }
    score() { en: "Chance", de: "Chance" }
    expected_value() { en: "Expected value", de: "Erwarteter Wert" }
    price() { en: "Price", de: "Preis" }
    net() { en: "Value − price", de: "Wert − Preis" }
    why() { en: "Why, or why not", de: "Warum, oder warum nicht" }
    lead_method() {
        en: "Expected value is the chance of a win times its value. The price is what the rep's place is worth to the leads still to come: a strong rep is dear when better-fitting leads are on their way.",
        de: "Der erwartete Wert ist Gewinnchance mal Wert. Der Preis ist, was der Platz beim Vertriebler den noch kommenden Leads wert ist: Ein starker Vertriebler ist teuer, wenn besser passende Leads unterwegs sind.",
    }

    policy_random() { en: "Random", de: "Zufall" }
    policy_round_robin() { en: "Round robin", de: "Reihum" }
    policy_least_loaded() { en: "Least loaded", de: "Geringste Last" }
    policy_greedy() { en: "Best score", de: "Bester Score" }
    policy_static() { en: "Static prices", de: "Feste Preise" }
    policy_resolved() { en: "Re-solved prices", de: "Nachgelöste Preise" }
}

/// The product's own policies by their names; any other is shown as it is called.
pub fn policy(locale: Locale, name: &str) -> String {
    match name {
        "random" => policy_random(locale),
        "round_robin" => policy_round_robin(locale),
        "least_loaded" => policy_least_loaded(locale),
        "greedy" => policy_greedy(locale),
        "static_prices" => policy_static(locale),
        "resolved_prices" => policy_resolved(locale),
        "prices" => "Pointsman".into(),
        other => other.into(),
    }
}

pub fn part(locale: Locale, part: PartKind) -> String {
    match part {
        PartKind::MoreWins => part_wins(locale),
        PartKind::LargerDeals => part_deals(locale),
        PartKind::FasterContact => part_contact(locale),
        PartKind::SavedHours => part_hours(locale),
        PartKind::RunningCost => part_cost(locale),
    }
}

pub fn evidence(locale: Locale, evidence: Evidence) -> String {
    match evidence {
        Evidence::Experiment => evidence_experiment(locale),
        Evidence::Simulation => evidence_simulation(locale),
        Evidence::BeforeAfter => evidence_before_after(locale),
    }
}
