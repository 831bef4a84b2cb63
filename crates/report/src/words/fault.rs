//! Words of the page that says why something did not work, and what to do.

use super::words;

words! {
    question() { en: "What happened, and what now?", de: "Was ist geschehen, und was nun?" }
    what_now() { en: "What to do", de: "Was zu tun ist" }
    back() { en: "Back to today", de: "Zurück zu heute" }
    in_detail(detail) { en: "In detail: {detail}.", de: "Im Einzelnen: {detail}." }
    technical(detail) { en: "In detail: {detail}.", de: "Technisch, auf Englisch: {detail}." }
    bad_request() { en: "The address or the form cannot be read", de: "Adresse oder Formular sind nicht lesbar" }
    bad_request_next() {
        en: "Go back and choose anew; what was sent changed nothing.",
        de: "Zurückgehen und neu wählen; das Gesendete hat nichts verändert.",
    }
    no_inbox() { en: "This login is no rep's", de: "Dieses Konto gehört keiner Verkaufsperson" }
    no_inbox_next() {
        en: "An inbox belongs to a rep: log in as one, or ask whoever manages users.",
        de: "Ein Eingang gehört einer Person des Verkaufs: als solche anmelden, oder wer die Konten verwaltet fragen.",
    }
    log_in() { en: "Log in first", de: "Erst anmelden" }
    log_in_next() { en: "Log in, then this page opens.", de: "Nach dem Anmelden öffnet sich diese Seite." }
    forbidden() { en: "You may not see or do that", de: "Das dürfen Sie nicht sehen oder tun" }
    forbidden_next() {
        en: "Ask whoever manages keys and users.",
        de: "Fragen Sie, wer Schlüssel und Konten verwaltet.",
    }
    foreign() { en: "This came from another site's page", de: "Das kam von der Seite einer anderen Website" }
    foreign_next() { en: "Use the pages of this server.", de: "Die Seiten dieses Servers verwenden." }
    too_often() { en: "Too often at once", de: "Zu oft auf einmal" }
    too_often_next() { en: "Wait a moment, then try again.", de: "Einen Augenblick warten, dann noch einmal versuchen." }
    not_found() { en: "There is no such thing", de: "Das gibt es hier nicht" }
    not_found_next() {
        en: "The address may be incomplete, or it was removed since. Nothing is lost.",
        de: "Die Adresse ist vielleicht unvollständig, oder es wurde seither entfernt. Nichts ist verloren.",
    }
    moved() { en: "Somebody else has the lead by now", de: "Der Lead ist inzwischen bei jemand anderem" }
    moved_next() { en: "Nothing: your answer came after that.", de: "Nichts: Ihre Antwort kam danach." }
    closed() { en: "The lead is closed", de: "Der Lead ist abgeschlossen" }
    closed_next() { en: "Nothing: it needs no answer any more.", de: "Nichts: Er braucht keine Antwort mehr." }
    offer_over() { en: "The offer ended", de: "Das Angebot ist abgelaufen" }
    offer_over_next() {
        en: "Nothing: the lead goes on to somebody else.",
        de: "Nichts: Der Lead geht an jemand anderen.",
    }
    refused() { en: "That does not fit how things stand", de: "Das passt nicht zum Stand der Dinge" }
    refused_next() { en: "Open the page again and look.", de: "Die Seite neu öffnen und nachsehen." }
    gone() { en: "This is no longer kept", de: "Das wird nicht mehr aufbewahrt" }
    gone_next() {
        en: "It aged out or was erased on request; the decision itself stays in the lead's history.",
        de: "Es ist verjährt oder auf Wunsch gelöscht; die Entscheidung selbst bleibt im Verlauf des Leads.",
    }
    nothing_live() { en: "No policy is live yet", de: "Noch gilt kein Regelwerk" }
    nothing_live_next() {
        en: "Run 'pointsman apply' in the workspace's folder.",
        de: "Im Ordner des Arbeitsbereichs 'pointsman apply' ausführen.",
    }
    busy() { en: "It does not answer right now", de: "Es antwortet gerade nicht" }
    busy_next() { en: "Try again in a moment.", de: "Gleich noch einmal versuchen." }
    ours() { en: "Something broke on our side", de: "Auf unserer Seite ist etwas kaputtgegangen" }
    ours_next() {
        en: "Try again; if it stays, report the request's id below.",
        de: "Noch einmal versuchen; bleibt es dabei, die Kennung der Anfrage unten melden.",
    }
    request(id) { en: "Request {id}", de: "Anfrage {id}" }
    media_type() {
        en: "the content type of the body is none that this call takes",
        de: "der Inhaltstyp des Gesendeten ist keiner, der hier genommen wird",
    }
    too_large(bytes) { en: "the body has more than {bytes} bytes", de: "das Gesendete hat mehr als {bytes} Byte" }
    method() { en: "the address is right, the method is not", de: "die Adresse stimmt, die Methode nicht" }
    key_reused() {
        en: "the same Idempotency-Key came with another body before",
        de: "derselbe Idempotency-Key kam schon mit anderem Inhalt",
    }
    if_match_missing() {
        en: "an assignment by hand must name the owner it replaces",
        de: "eine Zuteilung von Hand muss nennen, wen sie ablöst",
    }
    version_missing() {
        en: "a change must name the version it is made to",
        de: "eine Änderung muss die Fassung nennen, die sie ändert",
    }
    changed(tag) { en: "it is at {tag} by now", de: "es steht inzwischen bei {tag}" }
    credited(reason) { en: "it was credited because of {reason}", de: "es wurde schon gutgeschrieben, Grund: {reason}" }
    nothing_taken() {
        en: "the lead took neither a turn nor a quota of anybody",
        de: "der Lead hat niemandem eine Runde oder ein Kontingent genommen",
    }
    language(given) { en: "'lang': '{given}' is neither en nor de", de: "'lang': '{given}' ist weder en noch de" }
    not_one_of(name, known) { en: "'{name}' is not one of {known}", de: "'{name}' ist keins von {known}" }
    not_a_number(name, most) {
        en: "'{name}' is not a number from 1 to {most}",
        de: "'{name}' ist keine Zahl von 1 bis {most}",
    }
    not_a_date(name) { en: "'{name}' is no date like 2026-07-01", de: "'{name}' ist kein Datum wie 2026-07-01" }
    not_a_quarter() { en: "'quarter' is no quarter like 2026-Q3", de: "'quarter' ist kein Quartal wie 2026-Q3" }
    until_before_from() { en: "'until' must come after 'from'", de: "'until' muss nach 'from' liegen" }
    period() {
        en: "a period is 'quarter', or 'from' and 'until' together",
        de: "ein Zeitraum ist 'quarter', oder 'from' und 'until' zusammen",
    }
    cursor() { en: "'cursor' is no 'next' of a page", de: "'cursor' ist kein 'next' einer Seite" }
    unknown_figure(name) { en: "'{name}' is no parameter of figures", de: "'{name}' ist keine Angabe zu Kennzahlen" }
    unknown_flow(name) { en: "'{name}' is no parameter of the flow", de: "'{name}' ist keine Angabe zum Ablauf" }
    unknown_rep(name) {
        en: "'why_not': there is no rep '{name}'",
        de: "'why_not': es gibt niemanden mit der Kennung '{name}'",
    }
}
