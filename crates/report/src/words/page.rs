//! Words of the shells and the shared components.

use super::words;
use crate::{Locale, provenance::DocumentKind};

words! {
    show_data() { en: "Show data", de: "Daten zeigen" }
    values() { en: "Values: arrow keys", de: "Werte: Pfeiltasten" }
    skip() { en: "Skip to the content", de: "Zum Inhalt springen" }
    contents() { en: "Contents", de: "Inhalt" }
    method() { en: "How this was computed", de: "Wie das berechnet wurde" }
    provenance() { en: "Where this comes from", de: "Woher das stammt" }
    made_by(engine) { en: "Made by {engine}.", de: "Erstellt von {engine}." }
    make_again() {
        en: "This command makes the same numbers again:",
        de: "Dieser Befehl ergibt dieselben Zahlen noch einmal:",
    }
    documents() { en: "Documents that went in", de: "Eingegangene Dokumente" }
    document() { en: "Document", de: "Dokument" }
    name() { en: "Name", de: "Name" }
    version() { en: "Version", de: "Version" }
    seeds(list) { en: "Random seeds: {list}.", de: "Startwerte des Zufalls: {list}." }
    stands_alone() {
        en: "This file stands alone: it loads nothing and sends nothing.",
        de: "Diese Datei steht für sich: Sie lädt nichts nach und sendet nichts.",
    }
    digest(short) { en: "Result {short}", de: "Ergebnis {short}" }
    other_language() { en: "Deutsch", de: "English" }
    navigation() { en: "Places", de: "Bereiche" }
    place_today() { en: "Today", de: "Heute" }
    place_leads() { en: "Leads", de: "Leads" }
    place_team() { en: "Team", de: "Team" }
    place_figures() { en: "Figures", de: "Kennzahlen" }
    place_flow() { en: "Flow", de: "Ablauf" }
    place_return() { en: "Return", de: "Ertrag" }
    place_prices() { en: "Prices", de: "Preise" }
    place_policy() { en: "Policy", de: "Regelwerk" }
    place_experiments() { en: "Experiments", de: "Experimente" }
    place_connections() { en: "Connections", de: "Verbindungen" }
    place_api() { en: "API", de: "API" }
    place_account() { en: "Account", de: "Konto" }
    kind_policy() { en: "Policy", de: "Regelwerk" }
    kind_model() { en: "Model", de: "Modell" }
    kind_experiment() { en: "Experiment", de: "Experiment" }
    kind_data() { en: "Data", de: "Daten" }
    kind_roster() { en: "Roster", de: "Besetzung" }
    kind_world() { en: "Simulated world", de: "Simulierte Welt" }
    kind_code() { en: "Code", de: "Programm" }
}

pub fn document_kind(locale: Locale, kind: DocumentKind) -> String {
    let word = match kind {
        DocumentKind::Policy => kind_policy,
        DocumentKind::Model => kind_model,
        DocumentKind::Experiment => kind_experiment,
        DocumentKind::Data => kind_data,
        DocumentKind::Roster => kind_roster,
        DocumentKind::World => kind_world,
        DocumentKind::Code => kind_code,
    };
    word(locale)
}
