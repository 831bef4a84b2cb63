//! Words of what a rep is written.

use super::words;

words! {
    owned_subject(what) { en: "A lead for you: {what}", de: "Ein Lead für Sie: {what}" }
    offered_subject(what, until) { en: "Do you take it by {until}? {what}", de: "Nehmen Sie ihn bis {until}? {what}" }
    reassigned_subject(what) { en: "Now yours: {what}", de: "Jetzt Ihrer: {what}" }
    enquiry(source) { en: "an enquiry from {source}", de: "eine Anfrage von {source}" }
    hello(name) { en: "Hello {name},", de: "Guten Tag {name}," }
    owned(what) { en: "This lead is yours: {what}.", de: "Dieser Lead ist Ihrer: {what}." }
    offered(what, until) {
        en: "This lead is offered to you until {until}: {what}.",
        de: "Dieser Lead ist Ihnen bis {until} angeboten: {what}.",
    }
    reassigned(what) { en: "This lead was given to you: {what}.", de: "Dieser Lead wurde Ihnen übergeben: {what}." }
    contact_by(due) { en: "Contact it by {due}.", de: "Kontakt bis {due}." }
    else_goes_on() {
        en: "Without an answer by then it goes on to somebody else.",
        de: "Ohne Antwort bis dahin geht er an jemand anderen.",
    }
    source() { en: "Source", de: "Quelle" }
    rule() { en: "Rule", de: "Regel" }
    reason() { en: "Reason", de: "Grund" }
    by() { en: "By", de: "Durch" }
    because(why) { en: "You were chosen because {why}.", de: "Sie wurden gewählt, weil {why}." }
    open() { en: "Open the lead", de: "Lead öffnen" }
    answer() { en: "Accept or decline", de: "Annehmen oder ablehnen" }
    who() {
        en: "Who the person is, is shown to you when you are logged in.",
        de: "Wer die Person ist, sehen Sie, wenn Sie angemeldet sind.",
    }
    times(zone) { en: "Times of {zone}.", de: "Zeiten in {zone}." }
    sent_for(workspace) {
        en: "Written by Pointsman for {workspace}, by itself.",
        de: "Von Pointsman für {workspace} selbsttätig geschrieben.",
    }
    test_subject(workspace) { en: "Test: mail from Pointsman for {workspace}", de: "Test: Mail von Pointsman für {workspace}" }
    test() {
        en: "This is a test. If you read it, letters about leads arrive here.",
        de: "Dies ist ein Test. Wenn Sie ihn lesen, kommen Nachrichten über Leads hier an.",
    }
}
