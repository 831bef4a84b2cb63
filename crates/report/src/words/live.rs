//! Words of the pages that say how things stand now: today, leads, experiments, connections.

use pointsman_decision::{Hold, Outcome};
use pointsman_domain::Instant;
use pointsman_experiment::live::State;

use super::words;
use crate::Locale;

words! {
    kicker(workspace, zone) { en: "{workspace} · times of {zone}", de: "{workspace} · Zeiten in {zone}" }
    today_question() {
        en: "Where do the leads stand, and does anything need a person?",
        de: "Wo stehen die Leads, und wird irgendwo jemand gebraucht?",
    }
    owned() { en: "Owned", de: "Vergeben" }
    owned_detail() { en: "with a rep now", de: "jetzt bei einer Person" }
    offered() { en: "Offered", de: "Angeboten" }
    offered_detail() { en: "somebody is asked", de: "jemand ist gefragt" }
    held() { en: "Waiting", de: "Wartend" }
    held_detail() { en: "for a free place or a better price", de: "auf einen freien Platz oder besseren Preis" }
    parked() { en: "Parked", de: "Abgelegt" }
    parked_detail() { en: "nobody may take them", de: "niemand darf sie nehmen" }
    closed() { en: "Closed", de: "Abgeschlossen" }
    closed_detail() {
        en: "won, lost, unqualified or resting",
        de: "gewonnen, verloren, unqualifiziert oder ruhend",
    }
    queue() { en: "Queue", de: "Ablage" }
    leads() { en: "Leads", de: "Leads" }
    none_parked() { en: "No lead is parked.", de: "Kein Lead ist abgelegt." }
    one_parked() {
        en: "One lead is parked and needs a person, or a policy that places it.",
        de: "Ein Lead ist abgelegt und braucht jemanden, oder ein Regelwerk, das ihn unterbringt.",
    }
    some_parked(n) {
        en: "{n} leads are parked and need a person, or a policy that places them.",
        de: "{n} Leads sind abgelegt und brauchen jemanden, oder ein Regelwerk, das sie unterbringt.",
    }
    lead() { en: "Lead", de: "Lead" }
    decided() { en: "Decided", de: "Entschieden" }
    outcome() { en: "Outcome", de: "Ergebnis" }
    rule() { en: "Rule", de: "Regel" }
    fallback() { en: "fallback", de: "Auffangregel" }
    last_decisions() { en: "Last decisions", de: "Letzte Entscheidungen" }
    last_sentence(n) { en: "The last {n} decisions, newest first.", de: "Die letzten {n} Entscheidungen, die neueste zuerst." }
    no_decision() { en: "Nothing was decided yet.", de: "Noch wurde nichts entschieden." }
    went_to(rep) { en: "went to {rep}", de: "ging an {rep}" }
    is_offered(rep, until) { en: "is offered to {rep} until {until}", de: "ist {rep} angeboten bis {until}" }
    waits_for_place(until) {
        en: "waits for a free place until {until}",
        de: "wartet bis {until} auf einen freien Platz",
    }
    waits_for_price(until) {
        en: "waits for a better price until {until}",
        de: "wartet bis {until} auf einen besseren Preis",
    }
    is_parked(queue) { en: "is parked in {queue}", de: "liegt in der Ablage {queue}" }
    assigned_to(rep) { en: "assigned to {rep}", de: "zugewiesen an {rep}" }
    accepted_by(rep) { en: "accepted by {rep}", de: "angenommen von {rep}" }
    declined_by(rep) { en: "declined by {rep}", de: "abgelehnt von {rep}" }
    expired_at(rep) { en: "offer to {rep} ran out", de: "Angebot an {rep} verfallen" }
    leads_question() { en: "Which leads are there, and who has them?", de: "Welche Leads gibt es, und wer hat sie?" }
    arrived() { en: "Arrived", de: "Eingang" }
    source() { en: "Source", de: "Quelle" }
    custody() { en: "Custody", de: "Verbleib" }
    owner() { en: "Owner", de: "Bei" }
    stage() { en: "Stage", de: "Stand" }
    older() { en: "Older leads", de: "Ältere Leads" }
    none() { en: "There are none.", de: "Es gibt keine." }
    newest_first() { en: "Newest first.", de: "Die neuesten zuerst." }
    tests_question() { en: "What do we test?", de: "Was probieren wir aus?" }
    experiment() { en: "Experiment", de: "Experiment" }
    state() { en: "State", de: "Zustand" }
    hypothesis() { en: "Hypothesis", de: "Vermutung" }
    design() { en: "Design", de: "Plan" }
    started() { en: "Started", de: "Beginn" }
    done() { en: "Done", de: "Fortschritt" }
    winner() { en: "Winner", de: "Gewinner" }
    no_test() {
        en: "No test yet. Write one with: pointsman experiment new ID --workspace DIR",
        de: "Noch kein Experiment. Eines schreiben: pointsman experiment new ID --workspace DIR",
    }
    none_running() { en: "None is running.", de: "Keines läuft." }
    one_running() { en: "One is running.", de: "Eines läuft." }
    some_running(n) { en: "{n} are running.", de: "{n} laufen." }
    state_draft() { en: "draft", de: "Entwurf" }
    state_running() { en: "running", de: "läuft" }
    state_paused() { en: "paused", de: "angehalten" }
    state_stopped() { en: "stopped", de: "beendet" }
    state_decided() { en: "decided", de: "entschieden" }
    state_promoted() { en: "promoted", de: "übernommen" }
    nobody_looked() {
        en: "Nobody has looked yet. A look is counted and written down: pointsman experiment analyze, or POST /v1/experiments/ID/looks. Until then only who did what is shown.",
        de: "Noch hat niemand nachgesehen. Jeder Blick wird gezählt und vermerkt: pointsman experiment analyze, oder POST /v1/experiments/ID/looks. Bis dahin steht hier nur, wer was getan hat.",
    }
    as_one_file() { en: "As one file", de: "Als eine Datei" }
    file() { en: "File", de: "Datei" }
    report_of_look() { en: "Report of the last look", de: "Bericht des letzten Blicks" }
    connections_question() { en: "Does data flow out?", de: "Fließen die Daten ab?" }
    receivers() { en: "Receivers", de: "Empfänger" }
    receiver() { en: "Receiver", de: "Empfänger" }
    address() { en: "Address", de: "Adresse" }
    delivered() { en: "Delivered", de: "Zugestellt" }
    last() { en: "Last", de: "Zuletzt" }
    waiting() { en: "Waiting", de: "Warten" }
    given_up() { en: "Given up", de: "Aufgegeben" }
    behind() { en: "Behind", de: "Rückstand" }
    no_receiver() {
        en: "Nothing is told to other systems yet: a [webhooks.NAME] section in pointsman.toml names a receiver (docs/webhooks.md), a [mail.NAME] section writes to reps (docs/mail.md).",
        de: "Noch erfährt kein anderes System etwas: Ein Abschnitt [webhooks.NAME] in pointsman.toml nennt einen Empfänger (docs/webhooks.md), ein Abschnitt [mail.NAME] schreibt den Personen (docs/mail.md).",
    }
    no_address(n, reps) {
        en: "Active reps without an e-mail address in reps.toml, whom no letter reaches: {n} ({reps}).",
        de: "Aktive Personen ohne E-Mail-Adresse in reps.toml, die keine Mail erreicht: {n} ({reps}).",
    }
    all_told() { en: "Everything that happened was told.", de: "Alles, was geschah, wurde gemeldet." }
    not_all_told(waiting, dead) {
        en: "{waiting} messages wait for another attempt, {dead} were given up.",
        de: "{waiting} Meldungen warten auf einen weiteren Versuch, {dead} wurden aufgegeben.",
    }
    not_in_settings() { en: "not in the settings any more", de: "nicht mehr in den Einstellungen" }
    never() { en: "never", de: "nie" }
    undelivered() { en: "Messages that did not arrive", de: "Meldungen, die nicht ankamen" }
    undelivered_sentence() {
        en: "Oldest first; each is tried again by itself.",
        de: "Die ältesten zuerst; jede wird von selbst noch einmal versucht.",
    }
    message() { en: "Message", de: "Meldung" }
    event() { en: "Event", de: "Ereignis" }
    attempts() { en: "Attempts", de: "Versuche" }
    next_attempt() { en: "Next attempt", de: "Nächster Versuch" }
    why() { en: "Why", de: "Warum" }
    is_given_up() { en: "given up", de: "aufgegeben" }
    waits_behind() {
        en: "waits behind another of its lead",
        de: "wartet hinter einer anderen ihres Leads",
    }
    try_again(id) { en: "Try {id} again now", de: "{id} jetzt noch einmal versuchen" }
}

/// Where a decision left its lead, as a phrase; `at` shows a moment.
pub fn outcome_phrase(l: Locale, outcome: &Outcome, at: impl Fn(Instant) -> String) -> String {
    match outcome {
        Outcome::Owned { rep, .. } => went_to(l, rep.as_str()),
        Outcome::Offered { rep, until, .. } => is_offered(l, rep.as_str(), &at(*until)),
        Outcome::Held { hold: Hold::Queued, until, .. } => waits_for_place(l, &at(*until)),
        Outcome::Held { hold: Hold::Priced, until, .. } => waits_for_price(l, &at(*until)),
        Outcome::Parked { queue, .. } => is_parked(l, queue.as_str()),
    }
}

/// What state an experiment is in.
pub fn state_of(l: Locale, state: State) -> String {
    match state {
        State::Draft => state_draft(l),
        State::Running => state_running(l),
        State::Paused => state_paused(l),
        State::Stopped => state_stopped(l),
        State::Decided => state_decided(l),
        State::Promoted => state_promoted(l),
    }
}
