//! Words of the pages about people: who is here, how full, whose turn, what a place is worth.

use pointsman_decision::{
    Member, Presence,
    team::{Overridden, Use},
};
use pointsman_domain::{FairnessMeasure, FairnessWindow, LimitKind};

use super::{counted, words};
use crate::Locale;

words! {
    question() { en: "Who is here, how full, and whose turn is it?", de: "Wer ist da, wie ausgelastet, und wer ist dran?" }
    here() { en: "Here", de: "Da" }
    here_detail() { en: "take leads now", de: "nehmen jetzt Leads" }
    outside() { en: "Outside hours", de: "Außerhalb der Zeiten" }
    outside_detail() { en: "back when their calendar opens", de: "zurück, wenn ihr Kalender öffnet" }
    absent() { en: "Absent", de: "Abwesend" }
    absent_detail() { en: "on leave or ill", de: "im Urlaub oder krank" }
    who_is_here() { en: "Who is here", de: "Wer da ist" }
    rep() { en: "Rep", de: "Person" }
    now() { en: "Now", de: "Jetzt" }
    next_here() { en: "Next here", de: "Wieder da" }
    load() { en: "Load", de: "Auslastung" }
    next_back(at) { en: " The next is back at {at}.", de: " Als Nächstes ist jemand zurück: {at}." }
    nobody_here() {
        en: "Nobody takes leads now: what is not placed waits or is parked, as the policy says.",
        de: "Jetzt nimmt niemand Leads: Was nicht unterkommt, wartet oder wird abgelegt, wie es das Regelwerk sagt.",
    }
    some_here(here, of) { en: "{here} of {of} take leads now.", de: "{here} von {of} nehmen jetzt Leads." }
    is_here() { en: "here", de: "da" }
    is_inactive() { en: "inactive", de: "nicht mehr dabei" }
    is_outside() { en: "outside hours", de: "außerhalb der Zeiten" }
    is_absent() { en: "absent, no end known", de: "abwesend, Ende offen" }
    is_absent_until(at) { en: "absent until {at}", de: "abwesend bis {at}" }
    stands_in(rep) { en: "{rep} stands in", de: "{rep} vertritt" }
    used_of(limit, used, cap) { en: "{limit} {used} of {cap}", de: "{limit} {used} von {cap}" }
    owed(n) { en: ", {n} still owed", de: ", noch {n} geschuldet" }
    next_worth(price) { en: ", the next worth {price}", de: ", der nächste wert {price}" }
    overrides() { en: "Dated overrides", de: "Befristete Umleitungen" }
    overrides_sentence() {
        en: "For a while, leads of these reps go elsewhere; each override ends by itself.",
        de: "Für eine Weile gehen Leads dieser Personen anderswohin; jede Umleitung endet von selbst.",
    }
    what() { en: "What", de: "Was" }
    from() { en: "From", de: "Von" }
    until() { en: "Until", de: "Bis" }
    from_now() { en: "now", de: "jetzt" }
    go_to(rep) { en: "leads go to {rep}", de: "Leads gehen an {rep}" }
    pool_goes_to(pool, rep) { en: "leads of pool {pool} go to {rep}", de: "Leads des Pools {pool} gehen an {rep}" }
    takes_nothing(pool) { en: "takes nothing in pool {pool}", de: "nimmt nichts im Pool {pool}" }
    pool(name) { en: "Pool {name}", de: "Pool {name}" }
    weight() { en: "Weight", de: "Gewicht" }
    had() { en: "Had", de: "Erhalten" }
    entitled() { en: "Entitled to", de: "Steht zu" }
    to_come() { en: "Still to come", de: "Noch ausstehend" }
    owed_from_absence() { en: "Owed from absence", de: "Aus Abwesenheit geschuldet" }
    turns_shared() { en: "Turns are shared by weight", de: "Reihum nach Gewicht" }
    work_shared() { en: "Open leads are shared by weight", de: "Offene Leads werden nach Gewicht verteilt" }
    value_shared() { en: "Expected value is shared by weight", de: "Erwarteter Wert wird nach Gewicht verteilt" }
    quota_shared() { en: "Turns are shared by quota", de: "Reihum nach Kontingent" }
    each_day() { en: ", anew every day", de: ", jeden Tag neu" }
    each_week() { en: ", anew every week", de: ", jede Woche neu" }
    each_month() { en: ", anew every month", de: ", jeden Monat neu" }
    work_method() {
        en: "Entitled to: the share of everybody's open leads that the weight gives. Nothing is remembered: the next lead goes to whoever has least by weight.",
        de: "Steht zu: der Anteil an allen offenen Leads, den das Gewicht gibt. Nichts wird nachgetragen: Der nächste Lead geht an die Person, die nach Gewicht am wenigsten hat.",
    }
    turns_method() {
        en: "Still to come is what a rep is entitled to less what it had; negative is had in advance. Who is away is owed nothing, unless the pool's contract says otherwise. Picks that take no turns are not counted.",
        de: "Noch ausstehend ist, was einer Person zusteht, weniger, was sie erhielt; negativ heißt im Voraus erhalten. Wer abwesend ist, dem steht nichts zu, außer die Vereinbarung des Pools sagt es anders. Wahlen, die keine Runde verbrauchen, zählen nicht.",
    }
    prices_question() {
        en: "What is a place worth to the leads still to come?",
        de: "Was ist ein Platz für die kommenden Leads wert?",
    }
    places() { en: "Places", de: "Plätze" }
    left() { en: "Left", de: "Frei" }
    still_owed() { en: "Still owed", de: "Noch geschuldet" }
    worth() { en: "Worth of the next", de: "Wert des nächsten" }
    free() { en: "free", de: "kostenlos" }
    left_of(left, cap) { en: "{left} of {cap}", de: "{left} von {cap}" }
    until_closed() { en: "a lead is closed", de: "ein Lead abgeschlossen wird" }
    dearest(rep, worth) {
        en: "The dearest: a place of {rep} is worth {worth}.",
        de: "Am teuersten: Ein Platz bei {rep} ist {worth} wert.",
    }
    dearest_until(rep, worth, at) {
        en: "The dearest: a place of {rep} is worth {worth} until {at}.",
        de: "Am teuersten: Ein Platz bei {rep} ist {worth} wert, bis {at}.",
    }
    not_scarce() {
        en: "Nobody's places are scarce: everybody can have the leads that suit them.",
        de: "Bei niemandem sind Plätze knapp: Alle können die Leads haben, die zu ihnen passen.",
    }
    no_prices() {
        en: "No prices were solved yet: a rule with pick \"expected-value\", a promoted model, a limit and fifty leads are needed. Until then every place is free.",
        de: "Noch gibt es keine Preise: Nötig sind eine Regel mit pick \"expected-value\", ein freigegebenes Modell, eine Grenze und fünfzig Leads. Bis dahin kostet kein Platz etwas.",
    }
    open_leads() { en: "open leads", de: "offene Leads" }
    per_day() { en: "new leads a day", de: "neue Leads am Tag" }
    per_week() { en: "new leads a week", de: "neue Leads in der Woche" }
    per_month() { en: "new leads a month", de: "neue Leads im Monat" }
}

counted! {
    members { en: "member" / "members", de: "Mitglied" / "Mitglieder" }
}

/// Whether a rep takes leads, and until when not; the second line says who stands in.
pub fn presence(l: Locale, member: &Member, until: Option<&str>) -> String {
    let absent = until.map_or_else(|| is_absent(l), |at| is_absent_until(l, at));
    match (member.state, &member.stand_in) {
        (Presence::Here, _) => is_here(l),
        (Presence::Inactive, _) => is_inactive(l),
        (Presence::Closed, _) => is_outside(l),
        (Presence::Absent, None) => absent,
        (Presence::Absent, Some(rep)) => format!("{absent}\n{}", stands_in(l, rep.as_str())),
    }
}

/// What is used of a limit, what is owed under it, what the next place is worth.
pub fn used(l: Locale, limit: &Use, price: Option<&str>) -> String {
    let name = limit.limit.to_string();
    let used = l.count(limit.used.into());
    let mut text = match limit.cap {
        Some(cap) => used_of(l, &name, &used, &l.count(cap.into())),
        None => format!("{name} {used}"),
    };
    if let Some(more) = limit.floor.map(|floor| floor.saturating_sub(limit.used)).filter(|more| *more > 0) {
        text += &owed(l, &l.count(more.into()));
    }
    text + &price.map_or_else(String::new, |price| next_worth(l, price))
}

/// Where leads of a rep go for a while.
pub fn overridden(l: Locale, o: &Overridden) -> String {
    match (&o.to, &o.pool) {
        (Some(to), None) => go_to(l, to.as_str()),
        (Some(to), Some(pool)) => pool_goes_to(l, pool.as_str(), to.as_str()),
        (None, Some(pool)) => takes_nothing(l, pool.as_str()),
        (None, None) => String::new(),
    }
}

/// What a pool's contract shares, and how long it is remembered.
pub fn contract(l: Locale, measure: FairnessMeasure, window: FairnessWindow, people: usize) -> String {
    let what = match measure {
        FairnessMeasure::Turns => turns_shared(l),
        FairnessMeasure::OpenWork => work_shared(l),
        FairnessMeasure::ExpectedValue => value_shared(l),
        FairnessMeasure::Quota => quota_shared(l),
    };
    let since = match window {
        FairnessWindow::Always => String::new(),
        FairnessWindow::Day => each_day(l),
        FairnessWindow::Week => each_week(l),
        FairnessWindow::Month => each_month(l),
    };
    format!("{what}{since}; {}.", members(l, people as u64))
}

pub fn method(l: Locale, measure: FairnessMeasure) -> String {
    match measure {
        FairnessMeasure::OpenWork => work_method(l),
        FairnessMeasure::Turns | FairnessMeasure::Quota | FairnessMeasure::ExpectedValue => turns_method(l),
    }
}

pub fn limit(l: Locale, kind: LimitKind) -> String {
    match kind {
        LimitKind::Open => open_leads(l),
        LimitKind::PerDay => per_day(l),
        LimitKind::PerWeek => per_week(l),
        LimitKind::PerMonth => per_month(l),
    }
}
