//! Words of what a person sees of their own: inbox, offers behind a link, logging in.

use super::words;

words! {
    inbox() { en: "My leads", de: "Meine Leads" }
    one_lead() { en: "My lead", de: "Mein Lead" }
    question() { en: "What next?", de: "Was als Nächstes?" }
    leads() { en: "Leads", de: "Leads" }
    nothing_open() {
        en: "Nothing is open: new leads appear here as they come.",
        de: "Nichts ist offen: Neue Leads erscheinen hier, sobald sie kommen.",
    }
    person() { en: "Person", de: "Person" }
    email() { en: "E-mail", de: "E-Mail" }
    phone() { en: "Phone", de: "Telefon" }
    company() { en: "Company", de: "Firma" }
    arrived() { en: "Arrived", de: "Eingang" }
    known() { en: "Known", de: "Bekannt" }
    value() { en: "Value", de: "Wert" }
    offered_until(at) { en: "Offered to you until {at}.", de: "Ihnen angeboten bis {at}." }
    contact_by(at) { en: "Yours; contact it by {at}.", de: "Ihrer; Kontakt bis {at}." }
    closed(stage) { en: "Closed; {stage}.", de: "Abgeschlossen; {stage}." }
    yours(stage) { en: "Yours; {stage}.", de: "Ihrer; {stage}." }
    accept() { en: "Accept", de: "Annehmen" }
    decline() { en: "Decline", de: "Ablehnen" }
    why_not() { en: "Why not", de: "Warum nicht" }
    contacted() { en: "Contacted", de: "Kontaktiert" }
    unqualified() { en: "Unqualified", de: "Unqualifiziert" }
    lead_for(name) { en: "A lead for {name}", de: "Ein Lead für {name}" }
    take_it() { en: "Do you take it?", de: "Nehmen Sie ihn?" }
    taken() { en: "You took it.", de: "Sie haben ihn genommen." }
    declined() {
        en: "You declined it; it went on to somebody else. Nothing is lost.",
        de: "Sie haben abgelehnt; er ging an jemand anderen. Nichts ist verloren.",
    }
    expired() {
        en: "The offer ended before an answer; the lead went on. Nothing is lost.",
        de: "Das Angebot endete vor einer Antwort; der Lead ging weiter. Nichts ist verloren.",
    }
    over() {
        en: "This offer is over: the lead was given to somebody else, or closed. Nothing is lost.",
        de: "Dieses Angebot ist vorbei: Der Lead ging an jemand anderen oder wurde abgeschlossen. Nichts ist verloren.",
    }
    log_in() { en: "Log in", de: "Anmelden" }
    name() { en: "Name", de: "Name" }
    password() { en: "Password", de: "Passwort" }
    wrong() { en: "Name and password do not fit together.", de: "Name und Passwort passen nicht zusammen." }
    logged_in() { en: "Logged in", de: "Angemeldet" }
    logged_in_as(name, role) { en: "As {name}, with the role {role}.", de: "Als {name}, in der Rolle {role}." }
    log_out() { en: "Log out", de: "Abmelden" }
}
