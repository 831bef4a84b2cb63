//! Words of the page of one lead.

use pointsman_decision::Verdict;

use super::words;
use crate::Locale;

words! {
    question() { en: "Why did it go there?", de: "Warum ging er dorthin?" }
    why() { en: "Why", de: "Warum" }
    gone(what) {
        en: "What was decided is kept; {what} aged out or were erased, so the reasons cannot be shown.",
        de: "Was entschieden wurde, bleibt; {what} sind verjährt oder gelöscht, deshalb fehlen die Gründe.",
    }
    rule() { en: "Rule", de: "Regel" }
    outcome() { en: "What came of it", de: "Was daraus wurde" }
    count() { en: "Candidates", de: "Kandidaten" }
    candidates(rule) { en: "Candidates of {rule}", de: "Kandidaten von {rule}" }
    looked_at(pick) {
        en: "Everybody the rule looked at, nearest first; it picks: {pick}.",
        de: "Alle, die die Regel ansah, die nächsten zuerst; sie wählt: {pick}.",
    }
    when_full(rule) { en: "{rule}, when full", de: "{rule}, wenn voll" }
    rep() { en: "Rep", de: "Person" }
    reason() { en: "Why, or why not", de: "Warum, oder warum nicht" }
    chance() { en: "Chance", de: "Chance" }
    price() { en: "Price", de: "Preis" }
    net() { en: "Value − price", de: "Wert − Preis" }
    free() { en: "Free places", de: "Freie Plätze" }
    why_not() { en: "Why not somebody else?", de: "Warum nicht jemand anderes?" }
    why_not_sentence() {
        en: "Choose a rep: what would have had to differ for them to get this lead. Each answer was decided anew before it is shown.",
        de: "Eine Person wählen: was anders gewesen sein müsste, damit sie den Lead bekommt. Jede Antwort wurde neu entschieden, bevor sie hier steht.",
    }
    ask() { en: "Ask", de: "Fragen" }
    history() { en: "History", de: "Verlauf" }
    history_sentence() { en: "What happened to this lead, oldest first.", de: "Was mit diesem Lead geschah, das Älteste zuerst." }
    when() { en: "When", de: "Wann" }
    what() { en: "What", de: "Was" }
    by() { en: "By", de: "Durch" }
    not_matched() { en: "did not apply", de: "traf nicht zu" }
    chosen() { en: "chosen here", de: "hier gewählt" }
    nobody_named() { en: "names nobody for this lead", de: "nennt für diesen Lead niemanden" }
    nobody_eligible() { en: "nobody may take it", de: "niemand darf ihn nehmen" }
    nobody_free() { en: "nobody is free", de: "niemand ist frei" }
    queued() { en: "waits here for a free place", de: "wartet hier auf einen freien Platz" }
    priced() { en: "waits here for a better price", de: "wartet hier auf einen besseren Preis" }
    parked() { en: "parked here", de: "hier abgelegt" }
}

/// What came of a rung.
pub fn verdict(locale: Locale, verdict: Verdict) -> String {
    let word = match verdict {
        Verdict::NotMatched => not_matched,
        Verdict::Chosen => chosen,
        Verdict::NobodyNamed => nobody_named,
        Verdict::NobodyEligible => nobody_eligible,
        Verdict::NobodyFree => nobody_free,
        Verdict::Queued => queued,
        Verdict::Priced => priced,
        Verdict::Parked => parked,
    };
    word(locale)
}
