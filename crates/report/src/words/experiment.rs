//! Words of experiment reports.

use super::{counted, words};
use crate::{
    Locale,
    experiment::data::{Analysis, Design, Exclusion, MetricRole, MetricStatus},
};

counted! {
    days { en: "day" / "days", de: "Tag" / "Tage" }
    leads { en: "lead" / "leads", de: "Lead" / "Leads" }
}

words! {
    title(name) { en: "Experiment {name}", de: "Experiment {name}" }
    question() { en: "Should we switch over?", de: "Sollen wir umstellen?" }
    kicker(control, variant, from, until) {
        en: "{variant} against {control} · {from} to {until}",
        de: "{variant} gegen {control} · {from} bis {until}",
    }
    ship() { en: "Yes: switch over", de: "Ja: umstellen" }
    keep() { en: "No: keep the old policy", de: "Nein: beim alten Regelwerk bleiben" }
    undecided() { en: "Not decided yet", de: "Noch nicht entschieden" }
    unhealthy() { en: "The test must not be read", de: "Der Test darf nicht gelesen werden" }
    running() { en: "Still running", de: "Läuft noch" }
    too_soon() { en: "Nothing to compare yet", de: "Noch nichts zu vergleichen" }
    too_soon_sentence() {
        en: "So far not every variant has had leads, so there is no effect to read; in a switchback the other variants come with the next periods.",
        de: "Bisher hatte nicht jede Variante Leads; deshalb ist noch keine Wirkung abzulesen. In einem Switchback kommen die anderen Varianten mit den nächsten Perioden.",
    }
    running_sentence(days) {
        en: "The test was planned for one look at its end: {days} left. Reading its numbers earlier would make chance look like an effect, so only its health is shown.",
        de: "Der Test ist für einen einzigen Blick am Ende geplant: noch {days}. Wer vorher hinsieht, hält Zufall für Wirkung; deshalb wird nur gezeigt, ob er gesund ist.",
    }
    tile_control(name) { en: "Win rate, {name}", de: "Gewinnquote {name}" }
    tile_effect() { en: "Difference", de: "Unterschied" }
    tile_exposed() { en: "Leads in the test", de: "Leads im Test" }
    tile_matured(share) { en: "{share} matured", de: "{share} reif" }

    metrics() { en: "What else changed", de: "Was sich sonst änderte" }
    metrics_sentence(better, worse, all) {
        en: "Of {all} metrics, {better} moved for the better and {worse} for the worse; where neither is said, the data leave it open.",
        de: "Von {all} Metriken wurden {better} besser und {worse} schlechter; wo nichts davon steht, lassen die Daten es offen.",
    }
    guardrail_breached(names) {
        en: "Guardrail breached: {names}. A gain elsewhere does not outweigh it.",
        de: "Leitplanke verletzt: {names}. Ein Gewinn anderswo wiegt das nicht auf.",
    }
    guardrails_hold(n) { en: "Guardrails held: {n}.", de: "Eingehaltene Leitplanken: {n}." }
    metrics_finding() { en: "Every metric, relative to the old policy", de: "Jede Metrik, relativ zum alten Regelwerk" }
    relative_axis() { en: "Relative change", de: "Relative Änderung" }
    lower() { en: "lower", de: "niedriger" }
    higher() { en: "higher", de: "höher" }
    metric() { en: "Metric", de: "Metrik" }
    difference() { en: "Difference", de: "Unterschied" }
    relative() { en: "Relative", de: "Relativ" }
    reading() { en: "Reading", de: "Lesart" }
    role_primary() { en: "decides", de: "entscheidet" }
    role_secondary() { en: "explains", de: "erklärt" }
    role_guardrail() { en: "guardrail", de: "Leitplanke" }
    status_better() { en: "better", de: "besser" }
    status_worse() { en: "worse", de: "schlechter" }
    status_unclear() { en: "open", de: "offen" }
    status_within() { en: "within its margin", de: "innerhalb der Marge" }
    status_breached() { en: "breached", de: "verletzt" }
    metrics_method() {
        en: "The first metric decides; the others explain or guard. Several decision metrics share the error by Holm's procedure; guardrails are judged against the worst change that was agreed beforehand.",
        de: "Die erste Metrik entscheidet; die anderen erklären oder sichern. Mehrere entscheidende Metriken teilen sich den Fehler nach Holm; Leitplanken werden an der vorher vereinbarten schlimmsten Änderung gemessen.",
    }
    segments() { en: "For whom", de: "Für wen" }
    segments_sentence(sure, all) {
        en: "In {sure} of {all} segments the interval excludes zero. Segments were not what the test was planned for: take them as hints for the next test.",
        de: "In {sure} von {all} Segmenten schließt das Intervall die Null aus. Für Segmente war der Test nicht geplant: Sie sind Hinweise für den nächsten.",
    }
    segments_finding() { en: "The effect by segment", de: "Der Effekt je Segment" }
    all_leads() { en: "All leads", de: "Alle Leads" }
    contact() { en: "How fast leads are contacted", de: "Wie schnell Leads kontaktiert werden" }
    contact_finding(time, new, old) {
        en: "After {time}, {new} still wait; it was {old}",
        de: "Nach {time} warten noch {new}; vorher waren es {old}",
    }
    contact_sentence() {
        en: "Leads that nobody has contacted yet count as still waiting, not as missing.",
        de: "Leads, die noch niemand kontaktiert hat, zählen als wartend, nicht als fehlend.",
    }
    contact_method() {
        en: "Kaplan–Meier shares with pointwise 95% intervals; a lead that leaves the test uncontacted counts until then.",
        de: "Anteile nach Kaplan–Meier mit punktweisen 95‑%‑Intervallen; ein Lead, der den Test unkontaktiert verlässt, zählt bis dahin mit.",
    }

    test() { en: "What a test finds", de: "Was ein Test findet" }
    ship_sentence(new, rate, base, old, effect, range) {
        en: "{new} wins {rate} of leads, {old} {base}: {effect} (95% interval {range}).",
        de: "{new} gewinnt {rate} der Leads, {old} {base}: {effect} (95‑%‑Intervall {range}).",
    }
    keep_sentence(new, rate, base, old, effect, range) {
        en: "{new} wins {rate} of leads, {old} {base}: {effect} (95% interval {range}). That is no improvement.",
        de: "{new} gewinnt {rate} der Leads, {old} {base}: {effect} (95‑%‑Intervall {range}). Das ist keine Verbesserung.",
    }
    undecided_sentence(new, old, effect, range) {
        en: "The test cannot yet tell {new} from {old}: {effect} (95% interval {range}).",
        de: "Der Test kann {new} und {old} noch nicht unterscheiden: {effect} (95‑%‑Intervall {range}).",
    }
    unhealthy_sentence() {
        en: "The split between the variants is not what was planned, so no number of this test is shown. Look for the cause first: filters after the split, lost events, two assignments for one unit.",
        de: "Die Aufteilung auf die Varianten ist nicht die geplante; deshalb wird keine Zahl dieses Tests gezeigt. Zuerst die Ursache suchen: Filter nach der Aufteilung, verlorene Ereignisse, zwei Zuordnungen einer Einheit.",
    }
    invalid_sentence() {
        en: "A check of this test failed, so no number of it is shown. Which one stands below: look for the cause first.",
        de: "Eine Prüfung dieses Tests ist fehlgeschlagen; deshalb wird keine Zahl von ihm gezeigt. Welche, steht unten: zuerst die Ursache suchen.",
    }
    srm_open(leads, planned) {
        en: "Whether the split came out as planned cannot be told yet: {leads} leads so far, {planned} are planned to see the variant.",
        de: "Ob die Aufteilung wie geplant ausfällt, ist noch nicht zu sagen: bisher {leads} Leads, {planned} sollen die Variante sehen.",
    }
    srm_stray() {
        en: "Split not as planned: leads went to variants that should have none.",
        de: "Aufteilung nicht wie geplant: Leads gingen an Varianten, die keine haben sollten.",
    }
    srm_fine(share, planned, p) {
        en: "Split as planned: {share} of leads saw the variant, {planned} were planned (p = {p}).",
        de: "Aufteilung wie geplant: {share} der Leads sahen die Variante, geplant waren {planned} (p = {p}).",
    }
    srm_failed(share, planned, p) {
        en: "Split not as planned: {share} of leads saw the variant, {planned} were planned (p = {p}).",
        de: "Aufteilung nicht wie geplant: {share} der Leads sahen die Variante, geplant waren {planned} (p = {p}).",
    }
    accounting(exposed, matured, pending, excluded, reasons) {
        en: "Every lead is accounted for: {exposed} exposed = {matured} matured + {pending} pending + {excluded} excluded{reasons}.",
        de: "Jeder Lead ist verbucht: {exposed} im Test = {matured} reif + {pending} offen + {excluded} ausgeschlossen{reasons}.",
    }
    accounting_open(exposed, matured, pending, excluded, reasons, n) {
        en: "Leads are unaccounted for: {exposed} exposed, but {matured} matured + {pending} pending + {excluded} excluded{reasons} differ from that by {n}.",
        de: "Leads sind nicht verbucht: {exposed} im Test, aber {matured} reif + {pending} offen + {excluded} ausgeschlossen{reasons} weichen davon um {n} ab.",
    }
    crossed(n) {
        en: "{n} leads were decided in one period and owned in another.",
        de: "{n} Leads wurden in einer Periode entschieden und in einer anderen übernommen.",
    }
    excluded_burn_in(n) { en: "burn-in {n}", de: "Einschwingen {n}" }
    excluded_duplicate(n) { en: "duplicates {n}", de: "Dubletten {n}" }
    excluded_internal(n) { en: "internal {n}", de: "intern {n}" }
    excluded_erased(n) { en: "erased {n}", de: "gelöscht {n}" }
    excluded_other(n) { en: "other {n}", de: "sonstige {n}" }
    effects_finding() {
        en: "The same question under several analyses: only a design that keeps the variants apart can be trusted",
        de: "Dieselbe Frage, verschieden ausgewertet: Verlass ist nur auf ein Design, das die Varianten trennt",
    }
    truth_caption() {
        en: "The world is simulated, so the true effect is known: the dotted line. Dashed intervals are shown for comparison and are not to be relied on.",
        de: "Die Welt ist simuliert, darum ist der wahre Effekt bekannt: die gepunktete Linie. Gestrichelte Intervalle stehen nur zum Vergleich da; auf sie ist kein Verlass.",
    }
    truth(value) { en: "Truth {value}", de: "Wahrheit {value}" }
    truth_short() { en: "Truth", de: "Wahrheit" }
    effect() { en: "Effect", de: "Effekt" }
    effect_axis() { en: "Difference of win rates, percentage points", de: "Unterschied der Gewinnquoten, Prozentpunkte" }
    better(name) { en: "{name} better", de: "{name} besser" }
    analysis_lead() { en: "Lead-level test", de: "Test je Lead" }
    analysis_lead_note() { en: "variants share reps: biased", de: "Varianten teilen Vertriebler: verzerrt" }
    analysis_naive() { en: "Switchback, per lead", de: "Switchback, je Lead" }
    analysis_naive_note() { en: "interval too narrow", de: "Intervall zu schmal" }
    analysis_clustered() { en: "Switchback, per period", de: "Switchback, je Periode" }
    analysis_clustered_note() { en: "the answer", de: "die Antwort" }
    analysis_valid() { en: "Switchback, always valid", de: "Switchback, immer gültig" }
    analysis_valid_note() { en: "may be read at any time", de: "darf jederzeit gelesen werden" }
    analysis_budget() { en: "Budget split", de: "Budget-Teilung" }
    analysis_budget_note() { en: "capacity divided beforehand", de: "Kapazität vorher geteilt" }
    analysis_off_policy() { en: "From history, no test", de: "Aus der Historie, ohne Test" }
    analysis_off_policy_note() { en: "from logged propensities", de: "aus geloggten Wahrscheinlichkeiten" }
    analysis_any_naive() { en: "Per lead", de: "Je Lead" }
    analysis_by_unit() { en: "Per randomised unit", de: "Je geloster Einheit" }
    analysis_any_valid() { en: "Always valid", de: "Immer gültig" }
    looks_decided(day) {
        en: "Since {day} the interval has excluded “no difference”",
        de: "Seit dem {day} schließt das Intervall „kein Unterschied“ aus",
    }
    looks_open() {
        en: "The interval still includes “no difference”",
        de: "Das Intervall enthält noch „kein Unterschied“",
    }
    looks_caption() {
        en: "Effect and interval day by day. This interval stays valid however often somebody looks.",
        de: "Effekt und Intervall Tag für Tag. Dieses Intervall bleibt gültig, wie oft auch jemand hinsieht.",
    }
    strip_finding(units, periods) {
        en: "Who used which policy when: {units} units, {periods} periods, drawn at random",
        de: "Wer wann welches Regelwerk hatte: {units} Einheiten, {periods} Perioden, ausgelost",
    }
    test_about(name, from, until, design) {
        en: "Test {name}, {from} to {until}. Design: {design}.",
        de: "Test {name}, {from} bis {until}. Design: {design}.",
    }
    hypothesis(text) { en: "Hypothesis: {text}", de: "Hypothese: {text}" }
    design_lead() { en: "by lead", de: "je Lead" }
    design_switchback() { en: "switchback", de: "Switchback" }
    design_budget() { en: "budget split", de: "Budget-Teilung" }
    design_cluster() { en: "by cluster", de: "je Gruppe" }
    method_lead() {
        en: "Each lead is drawn to one variant. Where both variants want the same reps this overstates the effect: what one gains, the other loses.",
        de: "Jeder Lead wird einer Variante zugelost. Wollen beide Varianten dieselben Vertriebler, übertreibt das den Effekt: Was die eine gewinnt, verliert die andere.",
    }
    method_switchback() {
        en: "Each unit switches between the policies from period to period, drawn in balance. At any time a unit has one policy only, so the variants do not take reps from each other. The unit of randomisation is the unit of analysis: a period of a unit, not a lead.",
        de: "Jede Einheit wechselt von Periode zu Periode zwischen den Regelwerken, ausgewogen gelost. Zu jeder Zeit gilt in einer Einheit nur eines, darum nehmen die Varianten einander keine Vertriebler weg. Ausgewertet wird, was gelost wurde: die Periode einer Einheit, nicht der Lead.",
    }
    method_budget() {
        en: "The capacity of every rep is divided between the variants beforehand, so neither can use up what belongs to the other.",
        de: "Die Kapazität jedes Vertrieblers wird vorher auf die Varianten geteilt; keine kann verbrauchen, was der anderen gehört.",
    }
    method_cluster() {
        en: "Whole groups are drawn to one variant; groups share no reps. The group is the unit of analysis.",
        de: "Ganze Gruppen werden einer Variante zugelost; Gruppen teilen keine Vertriebler. Ausgewertet wird die Gruppe.",
    }
    always_valid_method() {
        en: "Always-valid intervals are asymptotic confidence sequences (Waudby-Smith et al.): wider than those of a single look, in exchange for being valid at all looks together.",
        de: "Immer gültige Intervalle sind asymptotische Konfidenzfolgen (Waudby-Smith et al.): weiter als bei einem einzigen Blick, dafür für alle Blicke zusammen gültig.",
    }
}

pub fn design(locale: Locale, design: Design) -> String {
    match design {
        Design::LeadLevel => design_lead(locale),
        Design::Switchback => design_switchback(locale),
        Design::BudgetSplit => design_budget(locale),
        Design::Cluster => design_cluster(locale),
    }
}

pub fn design_method(locale: Locale, design: Design) -> String {
    match design {
        Design::LeadLevel => method_lead(locale),
        Design::Switchback => method_switchback(locale),
        Design::BudgetSplit => method_budget(locale),
        Design::Cluster => method_cluster(locale),
    }
}

pub fn analysis(locale: Locale, analysis: Analysis) -> String {
    match analysis {
        Analysis::LeadLevel => analysis_lead(locale),
        Analysis::SwitchbackNaive => analysis_naive(locale),
        Analysis::SwitchbackClustered => analysis_clustered(locale),
        Analysis::SwitchbackAlwaysValid => analysis_valid(locale),
        Analysis::BudgetSplit => analysis_budget(locale),
        Analysis::OffPolicy => analysis_off_policy(locale),
        Analysis::Naive => analysis_any_naive(locale),
        Analysis::ByUnit => analysis_by_unit(locale),
        Analysis::AlwaysValid => analysis_any_valid(locale),
    }
}

pub fn analysis_note(locale: Locale, analysis: Analysis) -> String {
    match analysis {
        Analysis::LeadLevel => analysis_lead_note(locale),
        Analysis::SwitchbackNaive | Analysis::Naive => analysis_naive_note(locale),
        Analysis::SwitchbackClustered | Analysis::ByUnit => analysis_clustered_note(locale),
        Analysis::SwitchbackAlwaysValid | Analysis::AlwaysValid => analysis_valid_note(locale),
        Analysis::BudgetSplit => analysis_budget_note(locale),
        Analysis::OffPolicy => analysis_off_policy_note(locale),
    }
}

pub fn exclusion(locale: Locale, why: Exclusion, n: &str) -> String {
    match why {
        Exclusion::BurnIn => excluded_burn_in(locale, n),
        Exclusion::Duplicate => excluded_duplicate(locale, n),
        Exclusion::Internal => excluded_internal(locale, n),
        Exclusion::Erased => excluded_erased(locale, n),
        Exclusion::Other => excluded_other(locale, n),
    }
}

pub fn role(locale: Locale, role: MetricRole) -> String {
    match role {
        MetricRole::Primary => role_primary(locale),
        MetricRole::Secondary => role_secondary(locale),
        MetricRole::Guardrail => role_guardrail(locale),
    }
}

pub fn status(locale: Locale, status: MetricStatus) -> String {
    match status {
        MetricStatus::Better => status_better(locale),
        MetricStatus::Worse => status_worse(locale),
        MetricStatus::Unclear => status_unclear(locale),
        MetricStatus::WithinMargin => status_within(locale),
        MetricStatus::Breached => status_breached(locale),
    }
}
