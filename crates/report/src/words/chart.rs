//! Words of charts and the tables behind them.

use super::words;

words! {
    name() { en: "Name", de: "Name" }
    value() { en: "Value", de: "Wert" }
    estimate() { en: "Estimate", de: "Schätzung" }
    interval() { en: "95% interval", de: "95‑%‑Intervall" }
    tried() { en: "Range tried", de: "Versuchte Spanne" }
    series() { en: "Line", de: "Linie" }
    note() { en: "Note", de: "Hinweis" }
    at() { en: "When", de: "Zeitpunkt" }
    from() { en: "From", de: "Von" }
    to() { en: "To", de: "Nach" }
    still_open() { en: "Still open", de: "Noch offen" }
    predicted() { en: "Predicted", de: "Vorhergesagt" }
    observed() { en: "Came true", de: "Eingetroffen" }
    how_many() { en: "Leads", de: "Leads" }
    more_often() { en: "wins more often than predicted", de: "gewinnt öfter als vorhergesagt" }
    less_often() { en: "wins less often than predicted", de: "gewinnt seltener als vorhergesagt" }
    out_of_test() { en: "not in the test", de: "nicht im Test" }
    /// The letter in a square of the control; the variant's is V in both languages.
    control_letter() { en: "C", de: "K" }
    more_rows(n) { en: "{n} more rows are not shown", de: "{n} weitere Zeilen sind nicht gezeigt" }
    bin(predicted, observed, n) {
        en: "Predicted {predicted}: came true {observed}, {n} leads",
        de: "Vorhergesagt {predicted}: eingetroffen {observed}, {n} Leads",
    }
    forest(n) { en: "Estimates with their intervals: {n}.", de: "Schätzungen mit ihren Intervallen: {n}." }
    bars(n) { en: "Groups of bars: {n}.", de: "Gruppen von Balken: {n}." }
    heat(title, rows, columns) {
        en: "{title}: {rows} rows by {columns} columns.",
        de: "{title}: {rows} Zeilen mal {columns} Spalten.",
    }
    lines(title) { en: "Course of: {title}.", de: "Verlauf: {title}." }
    strip(units, periods, control, n_control, variant, n_variant) {
        en: "{units} units over {periods} periods: {control} {n_control} times, {variant} {n_variant} times.",
        de: "{units} Einheiten über {periods} Perioden: {control} {n_control}-mal, {variant} {n_variant}-mal.",
    }
    calibration(n) {
        en: "Predictions against what happened, in {n} bins.",
        de: "Vorhersagen gegen das Eingetroffene, in {n} Klassen.",
    }
    waterfall(n) { en: "Amounts that add up: {n}.", de: "Beträge, die sich summieren: {n}." }
    funnel(n) {
        en: "Groups by size, and how far each lies from what was expected: {n}.",
        de: "Gruppen nach Größe, und wie weit jede vom Erwarteten liegt: {n}.",
    }
    spot(name, observed, expected, n) {
        en: "{name}: {observed}, expected {expected}, {n} leads",
        de: "{name}: {observed}, erwartet {expected}, {n} Leads",
    }
    group() { en: "Group", de: "Gruppe" }
    size() { en: "Leads", de: "Leads" }
    seen() { en: "Observed", de: "Beobachtet" }
    expected() { en: "Expected", de: "Erwartet" }
    above_expected() { en: "Observed − expected", de: "Beobachtet − erwartet" }
    place() { en: "Limits", de: "Grenzen" }
    inside() { en: "inside", de: "innerhalb" }
    beyond_95() { en: "beyond 95%", de: "außerhalb 95 %" }
    beyond_998() { en: "beyond 99.8%", de: "außerhalb 99,8 %" }
    limit_95() { en: "95%", de: "95 %" }
    limit_998() { en: "99.8%", de: "99,8 %" }
    flow(n) { en: "Flows between stages: {n}.", de: "Flüsse zwischen Stufen: {n}." }
}
