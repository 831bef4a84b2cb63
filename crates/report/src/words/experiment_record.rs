//! Words of the record of an experiment: why the verdict, who did what, which methods.

use pointsman_experiment::{
    analysis::{Because, Invalid, Verdict},
    live::State,
    spec::Method,
};
use pointsman_workhours::Zone;

use super::words;
use crate::{Locale, Unit};

words! {
    why() { en: "Why this verdict", de: "Warum dieses Urteil" }
    better(metric, p) { en: "{metric} improved (p = {p}).", de: "{metric} wurde besser (p = {p})." }
    worse(metric, p) { en: "{metric} got worse (p = {p}).", de: "{metric} wurde schlechter (p = {p})." }
    no_difference(metric, p) {
        en: "{metric}: the data do not tell the variants apart (p = {p}).",
        de: "{metric}: Die Daten unterscheiden die Varianten nicht (p = {p}).",
    }
    not_computable(metric) {
        en: "{metric} cannot be computed: one variant has too few units, or its values do not vary.",
        de: "{metric} lässt sich nicht berechnen: Eine Variante hat zu wenige Einheiten oder ihre Werte sind alle gleich.",
    }
    guardrail_harmed(metric) {
        en: "The guardrail {metric} is worse than its margin.",
        de: "Die Leitplanke {metric} ist schlechter als ihre Marge.",
    }
    guardrail_unclear(metric) {
        en: "The guardrail {metric} is not yet shown to hold.",
        de: "Für die Leitplanke {metric} ist noch nicht gezeigt, dass sie hält.",
    }
    not_there_yet(share) {
        en: "{share} of the planned information is there.",
        de: "{share} der geplanten Information sind da.",
    }
    sample_ratio(p) {
        en: "The split is not the planned one (p = {p}): look for filters after the split, lost events, two assignments for one unit.",
        de: "Die Aufteilung ist nicht die geplante (p = {p}): Filter nach der Aufteilung, verlorene Ereignisse oder zwei Zuordnungen einer Einheit suchen.",
    }
    zero_weight(n) {
        en: "{n} units are in a variant whose weight is 0.",
        de: "{n} Einheiten sind in einer Variante mit Gewicht 0.",
    }
    unknown_variants(n) {
        en: "{n} rows name a variant that the experiment does not have.",
        de: "{n} Zeilen nennen eine Variante, die es im Experiment nicht gibt.",
    }
    outcome_first(n) {
        en: "{n} rows have an outcome before their exposure.",
        de: "{n} Zeilen haben ein Ergebnis vor der Zuteilung.",
    }
    crossing(n) {
        en: "{n} randomised units have leads in both variants: their variants reached into each other.",
        de: "{n} geloste Einheiten haben Leads in beiden Varianten: Die Varianten griffen ineinander.",
    }
    nothing_to_compare() {
        en: "A variant has had no lead yet, so there is nothing to compare: in its first period a switchback gives all leads to one variant.",
        de: "Eine Variante hatte noch keinen Lead, es gibt also nichts zu vergleichen: In seiner ersten Periode gibt ein Switchback alle Leads einer Variante.",
    }
    empty_variant() { en: "A variant has no leads.", de: "Eine Variante hat keine Leads." }
    carry_over(p) {
        en: "Periods still feel the one before (p = {p}): use longer periods or a burn-in.",
        de: "Perioden spüren noch die vorige (p = {p}): längere Perioden oder ein Einschwingen verwenden.",
    }
    verdict_ship() { en: "ship", de: "umstellen" }
    verdict_keep() { en: "do not ship", de: "nicht umstellen" }
    verdict_running() { en: "keep running", de: "weiterlaufen lassen" }
    verdict_open() { en: "cannot tell", de: "nicht zu sagen" }
    verdict_invalid() { en: "invalid", de: "ungültig" }
    looks() { en: "Every look", de: "Jeder Blick" }
    looks_none() { en: "Nobody has looked yet.", de: "Noch niemand hat hingesehen." }
    looks_one() {
        en: "One look was taken; the bounds account for it.",
        de: "Einmal wurde hingesehen; die Grenzen berücksichtigen es.",
    }
    looks_sentence(n) {
        en: "{n} looks were taken; the bounds account for every one of them.",
        de: "{n}-mal wurde hingesehen; die Grenzen berücksichtigen jeden Blick.",
    }
    when() { en: "When", de: "Wann" }
    who() { en: "Who", de: "Wer" }
    variant() { en: "Variant", de: "Variante" }
    matured() { en: "Matured", de: "Reif" }
    effect() { en: "Effect", de: "Effekt" }
    valid_range() { en: "Valid at every look", de: "Gültig bei jedem Blick" }
    verdict() { en: "Verdict", de: "Urteil" }
    weights() { en: "Weights that followed the results", de: "Gewichte, die den Ergebnissen folgten" }
    weights_sentence(times) {
        en: "Weights moved {times} times; every lead is weighed by one over the probability of its variant.",
        de: "Die Gewichte wurden {times}-mal verschoben; jeder Lead zählt mit dem Kehrwert der Wahrscheinlichkeit seiner Variante.",
    }
    epoch() { en: "Epoch", de: "Abschnitt" }
    latched(at) {
        en: "Decided at the look of {at}; later leads do not undo that.",
        de: "Entschieden beim Blick vom {at}; spätere Leads ändern das nicht.",
    }
    history() { en: "Who did what", de: "Wer was tat" }
    history_sentence(state) { en: "The experiment is {state}.", de: "Das Experiment ist {state}." }
    state() { en: "State", de: "Zustand" }
    reason() { en: "Reason", de: "Grund" }
    state_draft() { en: "a draft", de: "ein Entwurf" }
    state_running() { en: "running", de: "am Laufen" }
    state_paused() { en: "paused", de: "angehalten" }
    state_stopped() { en: "stopped", de: "beendet" }
    state_decided() { en: "decided", de: "entschieden" }
    state_promoted() { en: "promoted", de: "übernommen" }
    appendix() { en: "Methods and formulas", de: "Methoden und Formeln" }
    appendix_sentence() {
        en: "What was computed, and when to prefer it.",
        de: "Was gerechnet wurde und wann es vorzuziehen ist.",
    }
    method_difference() {
        en: "Difference of means or rates: d = m₁ − m₀, SE² = s₁²/n₁ + s₀²/n₀, Welch’s degrees of freedom; rates with Newcombe’s interval. The default where units are independent.",
        de: "Differenz von Mittelwerten oder Quoten: d = m₁ − m₀, SE² = s₁²/n₁ + s₀²/n₀, Freiheitsgrade nach Welch; Quoten mit dem Intervall von Newcombe. Der Normalfall bei unabhängigen Einheiten.",
    }
    method_adjusted() {
        en: "Adjusted by what was known before (CUPED): Y − θ(X − X̄), θ = Cov(Y, X)/Var(X). Whenever such a number exists: it costs nothing and narrows the interval.",
        de: "Bereinigt um Vorwissen (CUPED): Y − θ(X − X̄), θ = Cov(Y, X)/Var(X). Wann immer es so eine Zahl gibt: Sie kostet nichts und verengt das Intervall.",
    }
    method_clustered() {
        en: "By randomised unit (CR1): the sandwich variance over units × G/(G − 1), Student’s t with G − 1 degrees of freedom. Where leads of one unit or period are alike; the naive interval beside it pretends they are not.",
        de: "Je geloster Einheit (CR1): Sandwich-Varianz über die Einheiten × G/(G − 1), Student-t mit G − 1 Freiheitsgraden. Wo Leads einer Einheit oder Periode einander ähneln; das naive Intervall daneben tut, als wäre es nicht so.",
    }
    method_stratified() {
        en: "Post-stratified: Σ ν_k d_k over segments, with a test whether segments differ (Cochran’s Q) and segment effects shrunk to the common one. For segments.",
        de: "Nachgeschichtet: Σ ν_k d_k über Segmente, mit einem Test, ob Segmente sich unterscheiden (Cochrans Q), und zum gemeinsamen Wert geschrumpften Segmenteffekten. Für Segmente.",
    }
    method_quantiles() {
        en: "Quantiles with the interval of order statistics and a percentile bootstrap. When the typical or the slow lead matters more than the mean.",
        de: "Quantile mit dem Intervall der Ordnungsstatistiken und Perzentil-Bootstrap. Wenn der typische oder der langsame Lead mehr zählt als der Mittelwert.",
    }
    method_survival() {
        en: "Kaplan–Meier, log-rank, and the mean time up to a limit (RMST). When not every lead has had the event yet: a mean over those that had it would be too fast.",
        de: "Kaplan–Meier, Log-Rank und die mittlere Zeit bis zu einer Grenze (RMST). Wenn noch nicht jeder Lead das Ereignis hatte: Ein Mittelwert nur über jene wäre zu schnell.",
    }
    method_ranks() {
        en: "Mann–Whitney: the chance that a lead of the variant has the larger value. When only “larger” means something.",
        de: "Mann–Whitney: die Chance, dass ein Lead der Variante den größeren Wert hat. Wenn nur „größer“ etwas bedeutet.",
    }
    method_winsorised() {
        en: "Values cut at one cap for all variants. When a few deals decide the mean.",
        de: "Werte an einer gemeinsamen Grenze gekappt. Wenn wenige Abschlüsse den Mittelwert bestimmen.",
    }
    method_periods() {
        en: "One value a period with Bartlett’s standard error, a randomisation test and a test for carry-over. For a switchback of one unit.",
        de: "Ein Wert je Periode mit Bartletts Standardfehler, Randomisierungstest und Test auf Nachwirkung. Für ein Switchback einer Einheit.",
    }
    method_paired() {
        en: "Every rep against themselves: paired t, exact sign flips, jackknife over reps. For a budget split.",
        de: "Jeder Vertriebler gegen sich selbst: gepaarter t-Test, exakte Vorzeichenwechsel, Jackknife über Vertriebler. Für eine Budget-Teilung.",
    }
    method_weighted() {
        en: "Rows weighted by one over the probability of their variant (Hájek), units as clusters, read only by the confidence sequence; weights by top-two Thompson sampling with a floor. Where weights follow the results a plain test is not valid.",
        de: "Zeilen mit dem Kehrwert der Wahrscheinlichkeit ihrer Variante gewichtet (Hájek), Einheiten als Cluster, gelesen nur mit der Konfidenzfolge; Gewichte nach Top-Two-Thompson mit Untergrenze. Folgen Gewichte den Ergebnissen, gilt ein gewöhnlicher Test nicht.",
    }
    method_looks() {
        en: "Planned looks spend the error by Lan and DeMets (O’Brien–Fleming type); looks at guardrails and at open-ended tests use asymptotic confidence sequences: half-width se√N √(2(Nρ²+1)/(N²ρ²) ln(√(Nρ²+1)/α)).",
        de: "Geplante Blicke verbrauchen den Fehler nach Lan und DeMets (O’Brien–Fleming-Typ); Leitplanken und Tests ohne Ende nutzen asymptotische Konfidenzfolgen: halbe Breite se√N √(2(Nρ²+1)/(N²ρ²) ln(√(Nρ²+1)/α)).",
    }
    method_split() {
        en: "Sample ratio: χ² over what was randomised, and a sequential Bayes factor; alarm below p = 0.001.",
        de: "Aufteilung: χ² über das Geloste und ein sequentieller Bayes-Faktor; Alarm unter p = 0,001.",
    }
    frozen(digest) {
        en: "Policies, salt and specification were frozen at the start: {digest}.",
        de: "Regelwerke, Salz und Spezifikation wurden am Start eingefroren: {digest}.",
    }
}

pub fn verdict_word(l: Locale, verdict: Verdict) -> String {
    match verdict {
        Verdict::Ship => verdict_ship(l),
        Verdict::DoNotShip => verdict_keep(l),
        Verdict::KeepRunning => verdict_running(l),
        Verdict::CannotTell => verdict_open(l),
        Verdict::Invalid => verdict_invalid(l),
    }
}

pub fn state_word(l: Locale, state: State) -> String {
    match state {
        State::Draft => state_draft(l),
        State::Running => state_running(l),
        State::Paused => state_paused(l),
        State::Stopped => state_stopped(l),
        State::Decided => state_decided(l),
        State::Promoted => state_promoted(l),
    }
}

/// A small p is said to be below what is shown, never to be 0.
pub fn p_value(l: Locale, p: f64) -> String {
    if p < 0.0001 { format!("< {}", l.number(0.0001, 4)) } else { l.number(p, 4) }
}

/// A reason; its moment by the clock of a zone.
pub fn because(l: Locale, because: &Because, zone: &Zone) -> String {
    match because {
        Because::Better { metric, p, .. } => better(l, metric.as_str(), &p_value(l, *p)),
        Because::Worse { metric, p, .. } => worse(l, metric.as_str(), &p_value(l, *p)),
        Because::NoDifference { metric, p, .. } => no_difference(l, metric.as_str(), &p_value(l, *p)),
        Because::NotComputable { metric, .. } => not_computable(l, metric.as_str()),
        Because::GuardrailHarmed { metric } => guardrail_harmed(l, metric.as_str()),
        Because::GuardrailUnclear { metric } => guardrail_unclear(l, metric.as_str()),
        Because::NotThereYet { fraction } => not_there_yet(l, &Unit::percent(0).show(l, *fraction)),
        Because::Latched { at } => latched(l, &l.on_clock(*at, zone)),
        Because::NothingToCompare => nothing_to_compare(l),
        Because::Invalid { why } => invalid(l, *why),
    }
}

fn invalid(l: Locale, why: Invalid) -> String {
    match why {
        Invalid::SampleRatio { p } => sample_ratio(l, &p_value(l, p)),
        Invalid::UnitsInZeroWeight { units } => zero_weight(l, &l.count(units)),
        Invalid::UnknownVariants { rows } => unknown_variants(l, &l.count(rows)),
        Invalid::OutcomeBeforeExposure { rows } => outcome_first(l, &l.count(rows)),
        Invalid::CrossingClusters { clusters } => crossing(l, &l.count(clusters.into())),
        Invalid::EmptyVariant => empty_variant(l),
        Invalid::CarryOver { p } => carry_over(l, &p_value(l, p)),
    }
}

/// What a method is, and when to prefer it.
pub fn method(l: Locale, method: &Method) -> String {
    match method {
        Method::Difference { .. } => method_difference(l),
        Method::Adjusted { .. } => method_adjusted(l),
        Method::Clustered { .. } => method_clustered(l),
        Method::Stratified { .. } => method_stratified(l),
        Method::Quantiles { .. } => method_quantiles(l),
        Method::Survival { .. } => method_survival(l),
        Method::Ranks => method_ranks(l),
        Method::Winsorised { .. } => method_winsorised(l),
        Method::Periods { .. } => method_periods(l),
        Method::Paired { .. } => method_paired(l),
        Method::Weighted { .. } => method_weighted(l),
    }
}
