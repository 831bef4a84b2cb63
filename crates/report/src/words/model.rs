//! Words of the model card.

use super::{counted, words};
use crate::{
    Locale, Unit,
    model::data::{Layer, Limit, Metric, QualityFact},
};

counted! {
    leads { en: "lead" / "leads", de: "Lead" / "Leads" }
    levels { en: "level" / "levels", de: "Stufe" / "Stufen" }
}

words! {
    title(name, version) { en: "Model {name}, version {version}", de: "Modell {name}, Version {version}" }
    kicker(from, until, n) {
        en: "Trained on {n} leads from {from} to {until}",
        de: "Trainiert mit {n} Leads vom {from} bis {until}",
    }
    question() { en: "May this model route leads?", de: "Darf dieses Modell Leads verteilen?" }
    may_route() { en: "It may route", de: "Es darf verteilen" }
    no_rep_signal_short() { en: "Usable, but without rep signal", de: "Brauchbar, aber ohne Vertriebler-Signal" }
    not_calibrated_short() { en: "Not calibrated: do not promote", de: "Nicht kalibriert: nicht freigeben" }
    base_rate() { en: "Win rate in the test", de: "Gewinnquote im Test" }
    tested_on(n) { en: "{n} leads after training", de: "{n} Leads nach dem Training" }
    measure() { en: "Measure", de: "Maß" }
    model() { en: "Model", de: "Modell" }
    base_model() { en: "Base rate alone", de: "Nur Basisquote" }
    better_is() { en: "Better is", de: "Besser ist" }
    higher() { en: "higher", de: "höher" }
    lower() { en: "lower", de: "niedriger" }
    evaluation() { en: "How well it predicts", de: "Wie gut es vorhersagt" }
    evaluated(n, until, loss, base) {
        en: "On {n} leads that came after training, until {until}, the log-loss is {loss}; always saying the base rate gives {base}.",
        de: "Auf {n} Leads, die nach dem Training kamen (bis {until}), ist der Log-Loss {loss}; immer die Basisquote zu sagen ergibt {base}.",
    }
    tested_until(n, until) {
        en: "Tested on {n} leads that came after training, until {until}.",
        de: "Geprüft an {n} Leads, die nach dem Training kamen (bis {until}).",
    }
    evaluation_method() {
        en: "The test leads lie after the last training lead in time; nothing learned from them went into the model. Intervals are paired 95% bootstrap intervals over leads.",
        de: "Die Testleads liegen zeitlich nach dem letzten Trainingslead; nichts von ihnen ging in das Modell ein. Die Intervalle sind gepaarte 95‑%‑Bootstrap-Intervalle über Leads.",
    }
    chained(n, loss, base) {
        en: "On {n} leads, each predicted by a model that had seen only earlier ones, the log-loss is {loss}; always saying the base rate gives {base}.",
        de: "Auf {n} Leads, jeder von einem Modell vorhergesagt, das nur frühere kannte, ist der Log-Loss {loss}; immer die Basisquote zu sagen ergibt {base}.",
    }
    chained_method() {
        en: "The history is cut into blocks by time. Each block is predicted by a model trained on the blocks before it; the model of this card was then trained on all of them. Intervals are paired 95% bootstrap intervals over leads.",
        de: "Die Historie wird nach der Zeit in Blöcke geteilt. Jeder Block wird von einem Modell vorhergesagt, das mit den Blöcken davor trainiert wurde; das Modell dieser Karte wurde dann mit allen trainiert. Die Intervalle sind gepaarte 95‑%‑Bootstrap-Intervalle über Leads.",
    }
    gain_finding(leads, wins) {
        en: "The best {leads} of leads by score hold {wins} of the wins",
        de: "In den besten {leads} der Leads nach Score liegen {wins} der Gewinne",
    }
    gain_x() { en: "Share of leads, best score first", de: "Anteil der Leads, bester Score zuerst" }
    gain_y() { en: "Share of wins", de: "Anteil der Gewinne" }
    by_chance() { en: "By chance", de: "Zufall" }
    calibration() { en: "Are its probabilities honest?", de: "Sind die Wahrscheinlichkeiten ehrlich?" }
    calibrated(ece, limit) {
        en: "Predicted chances come true: the calibration error is {ece}, and a perfectly calibrated model would stay below {limit} in 95 of 100 draws.",
        de: "Vorhergesagte Chancen treffen ein: Der Kalibrierungsfehler ist {ece}; ein perfekt kalibriertes Modell bliebe in 95 von 100 Ziehungen unter {limit}.",
    }
    not_calibrated(ece, limit) {
        en: "Predicted chances are off: the calibration error is {ece}, where a perfectly calibrated model would stay below {limit} in 95 of 100 draws.",
        de: "Vorhergesagte Chancen stimmen nicht: Der Kalibrierungsfehler ist {ece}; ein perfekt kalibriertes Modell bliebe in 95 von 100 Ziehungen unter {limit}.",
    }
    honest_finding() { en: "What was predicted is what happened", de: "Was vorhergesagt war, trat ein" }
    dishonest_finding() { en: "Predictions and outcomes drift apart", de: "Vorhersage und Ergebnis gehen auseinander" }
    calibration_caption() {
        en: "On the dotted line, as many leads were won as predicted. A filled point's interval misses it. Bars below: how many leads had such a score.",
        de: "Auf der gepunkteten Linie wurden so viele Leads gewonnen wie vorhergesagt. Beim gefüllten Punkt verfehlt das Intervall sie. Balken unten: wie viele Leads diesen Score hatten.",
    }
    calibration_method() {
        en: "Bins of equal size by predicted chance. The error is the mean absolute distance between prediction and outcome, weighted by leads; its limit comes from drawing outcomes from the predictions themselves.",
        de: "Gleich große Klassen nach vorhergesagter Chance. Der Fehler ist der mittlere Abstand von Vorhersage und Ergebnis, gewichtet nach Leads; seine Grenze entsteht, indem Ergebnisse aus den Vorhersagen selbst gezogen werden.",
    }
    gates() { en: "Which layers earned their place", de: "Welche Schichten ihren Platz verdient haben" }
    gates_finding(kept, all) { en: "{kept} of {all} layers stayed in the model", de: "{kept} von {all} Schichten blieben im Modell" }
    gate_axis() { en: "Log-loss saved per lead", de: "Ersparter Log-Loss je Lead" }
    worse() { en: "predicts worse", de: "sagt schlechter vorher" }
    better_word() { en: "predicts better", de: "sagt besser vorher" }
    kept() { en: "kept", de: "behalten" }
    left_out() { en: "left out: gain too small", de: "weggelassen: zu wenig Gewinn" }
    gates_method() {
        en: "Each layer is added on past leads and judged on the leads that follow, block after block. It stays only if what it saves exceeds two standard errors. Effects of reps by attribute are the finer form of differences between reps: where those have earned their place, both may earn it together, as long as the finer form alone does not cost more than one standard error.",
        de: "Jede Schicht wird auf vergangenen Leads hinzugefügt und an den folgenden beurteilt, Block für Block. Sie bleibt nur, wenn die Ersparnis zwei Standardfehler übersteigt. Wirkungen von Vertrieblern je Merkmal sind die feinere Form ihrer Unterschiede: Wo diese bewiesen sind, zählt die Ersparnis beider zusammen, solange die feinere Form allein nicht mehr als einen Standardfehler kostet.",
    }
    layers_kept(kept, all) {
        en: "{kept} of {all} layers stayed, among them one that tells reps apart.",
        de: "{kept} von {all} Schichten blieben, darunter eine, die Vertriebler unterscheidet.",
    }
    no_rep_signal() {
        en: "Nothing in this history tells reps apart reliably, so the model does not claim to: it gives every rep the same chance for a lead. That is a result, not an error.",
        de: "Nichts in dieser Historie unterscheidet die Vertriebler verlässlich; das Modell behauptet es auch nicht: Es gibt jedem dieselbe Chance für einen Lead. Das ist ein Ergebnis, kein Fehler.",
    }
    layer_base() { en: "Base rate", de: "Basisquote" }
    layer_features() { en: "Lead features", de: "Lead-Merkmale" }
    layer_trees() { en: "Boosted trees", de: "Geboostete Bäume" }
    layer_reps() { en: "Rep intercepts", de: "Niveau je Vertriebler" }
    layer_rep_by(attribute) { en: "Rep × {attribute}", de: "Vertriebler × {attribute}" }
    layer_drift() { en: "Effects that move", de: "Wandernde Effekte" }
    layer_record() { en: "Rep's record and load", de: "Bilanz und Auslastung" }
    layer_rep_trees() { en: "Rep × boosted trees", de: "Vertriebler × geboostete Bäume" }
    layer_segments() { en: "Rep × found segment", de: "Vertriebler × gefundenes Segment" }
    layer_covariance() { en: "Slopes that borrow", de: "Verbundene Effekte" }
    layer_recency() { en: "Older leads count less", de: "Ältere Leads zählen weniger" }
    layer_load() { en: "Load of the rep", de: "Auslastung" }
    layer_calibration() { en: "Calibration", de: "Kalibrierung" }
    layer_value() { en: "Value of a win", de: "Wert eines Gewinns" }
    rep_effects() { en: "What a rep adds", de: "Was ein Vertriebler ausmacht" }
    reps_sentence(sure, all) {
        en: "For {sure} of {all} reps the interval excludes the average; for the others the history is too small to say.",
        de: "Bei {sure} von {all} Vertrieblern schließt das Intervall den Durchschnitt aus; bei den anderen ist die Historie zu klein für eine Aussage.",
    }
    reps_finding(n) { en: "The {n} reps at both ends", de: "Die {n} Vertriebler an beiden Enden" }
    rep_axis() { en: "Points of win chance on an average lead", de: "Prozentpunkte Gewinnchance auf einem mittleren Lead" }
    below_average() { en: "below average", de: "unter dem Mittel" }
    above_average() { en: "above average", de: "über dem Mittel" }
    reps_method() {
        en: "Effects are pulled towards zero by as much as the data leave open (partial pooling), so a rep with few leads stands near the average with a wide interval. They describe leads of the past and are no judgement of a person.",
        de: "Effekte werden so weit zur Null gezogen, wie die Daten es offenlassen (partielles Pooling); wer wenige Leads hatte, steht nahe am Mittel mit weitem Intervall. Sie beschreiben vergangene Leads und sind kein Urteil über Personen.",
    }
    interactions() { en: "Who is good at what", de: "Wer was gut kann" }
    interactions_sentence(n, wrong) {
        en: "In {n} cases the data say that a rep does better or worse on a kind of lead than on others. By their own intervals, about {wrong} of them point the wrong way.",
        de: "In {n} Fällen sagen die Daten, dass ein Vertriebler bei einer Art von Leads besser oder schlechter ist als sonst. Nach ihren eigenen Intervallen zeigen etwa {wrong} davon in die falsche Richtung.",
    }
    no_interactions() {
        en: "No rep is reliably better or worse on one kind of lead than on others.",
        de: "Kein Vertriebler ist bei einer Art von Leads verlässlich besser oder schlechter als sonst.",
    }
    interactions_finding(n) { en: "The {n} clearest cases", de: "Die {n} deutlichsten Fälle" }
    interaction_axis() { en: "Points of win chance against the rep's usual", de: "Prozentpunkte Gewinnchance gegenüber dem Üblichen" }
    interactions_method() {
        en: "One effect per rep and level, pulled towards zero by a variance learned for each attribute, so that testing thousands of cells does not turn up winners by chance alone. Listed is what excludes zero.",
        de: "Ein Effekt je Vertriebler und Stufe, zur Null gezogen mit einer je Merkmal gelernten Varianz, damit tausende Zellen nicht schon durch Zufall Sieger hervorbringen. Gezeigt ist, was die Null ausschließt.",
    }
    rep() { en: "Rep", de: "Vertriebler" }
    segment() { en: "On leads with", de: "Bei Leads mit" }
    contributions() { en: "What moves a score", de: "Was den Score bewegt" }
    contributions_sentence() {
        en: "How far each feature moves the log-odds from lead to lead, in this model.",
        de: "Wie weit jedes Merkmal die Log-Odds von Lead zu Lead bewegt, in diesem Modell.",
    }
    no_contributions() { en: "Nothing does: the model gives every lead the base rate.", de: "Nichts: Das Modell gibt jedem Lead die Basisquote." }
    contributions_finding(first) { en: "{first} moves it most", de: "{first} bewegt ihn am meisten" }
    contribution_axis() { en: "Standard deviation, log-odds", de: "Standardabweichung, Log-Odds" }
    contributions_method() {
        en: "Each lead's log-odds are a sum of parts, one a feature; shown is the standard deviation of each part over the training leads. Association, not cause.",
        de: "Die Log-Odds jedes Leads sind eine Summe von Teilen, einer je Merkmal; gezeigt ist die Standardabweichung jedes Teils über die Trainingsleads. Zusammenhang, nicht Ursache.",
    }
    learning() { en: "What more history would bring", de: "Was mehr Historie brächte" }
    learning_sentence(a, n, b, m) {
        en: "The model saved {a} of log-loss per lead after {n} leads, and {b} after {m}.",
        de: "Das Modell sparte {a} Log-Loss je Lead nach {n} Leads und {b} nach {m}.",
    }
    no_learning() { en: "There is too little history for a curve.", de: "Für eine Kurve ist die Historie zu kurz." }
    learning_finding() { en: "Log-loss saved, by leads learned from", de: "Ersparter Log-Loss nach Zahl der Leads" }
    rows_trained_on() { en: "Leads trained on", de: "Trainingsleads" }
    saved() { en: "Log-loss saved per lead", de: "Ersparter Log-Loss je Lead" }
    learning_method() {
        en: "Each point is one block of the chain: trained on all leads before it, judged on the block. Blocks differ, so a single step up or down means little.",
        de: "Jeder Punkt ist ein Block der Kette: trainiert mit allen Leads davor, beurteilt am Block. Blöcke unterscheiden sich; ein einzelner Schritt nach oben oder unten besagt wenig.",
    }
    columns() { en: "Features and whether they moved", de: "Merkmale, und ob sie sich verschoben haben" }
    columns_sentence(n, all) {
        en: "{n} of {all} features moved much between the older and the newer half of the history.",
        de: "{n} von {all} Merkmalen haben sich zwischen älterer und neuerer Hälfte der Historie stark verschoben.",
    }
    columns_method() {
        en: "Population stability index over ten ranges or all levels, less what chance alone gives; 0.1 is a small shift, 0.25 a large one.",
        de: "Stabilitätsindex (PSI) über zehn Bereiche oder alle Stufen, abzüglich dessen, was der Zufall ergibt; 0,1 ist eine kleine, 0,25 eine große Verschiebung.",
    }
    feature() { en: "Feature", de: "Merkmal" }
    coverage() { en: "Filled", de: "Gefüllt" }
    range() { en: "Least … median … most", de: "Kleinster … mittlerer … größter Wert" }
    stability() { en: "PSI", de: "PSI" }
    moved_much() { en: "moved much", de: "stark verschoben" }
    moved() { en: "moved", de: "verschoben" }
    stable() { en: "stable", de: "stabil" }
    no_values() { en: "no value", de: "kein Wert" }
    quality() { en: "Data quality", de: "Datenqualität" }
    quality_sentence() {
        en: "What the history lacked; all of it was counted, none of it guessed.",
        de: "Was der Historie fehlte; alles wurde gezählt, nichts geraten.",
    }
    finding() { en: "Finding", de: "Befund" }
    how_many() { en: "Count", de: "Anzahl" }
    of() { en: "Of", de: "Von" }
    share() { en: "Share", de: "Anteil" }
    fact_set_aside() { en: "Rows set aside", de: "Beiseitegelegte Zeilen" }
    fact_missing(attribute) { en: "Without {attribute}", de: "Ohne {attribute}" }
    fact_immature() { en: "Outcome may still change", de: "Ergebnis kann sich noch ändern" }
    fact_duplicates() { en: "Duplicates", de: "Dubletten" }
    fact_untouched() { en: "Never touched", de: "Nie bearbeitet" }
    fact_without_owner() { en: "Without owner", de: "Ohne Besitzer" }
    fact_without_value() { en: "Won without an amount", de: "Gewonnen ohne Betrag" }
    limits() { en: "What it cannot say", de: "Was es nicht sagen kann" }
    limits_sentence() { en: "Read the numbers with these limits in mind.", de: "Die Zahlen sind mit diesen Grenzen zu lesen." }
    no_limits() { en: "No special limits were found.", de: "Besondere Grenzen wurden nicht gefunden." }
    limit_simulated() {
        en: "The history is simulated: the numbers show what the method does, not what a company would see.",
        de: "Die Historie ist simuliert: Die Zahlen zeigen, was das Verfahren leistet, nicht, was ein Unternehmen sähe.",
    }
    limit_few(n) {
        en: "{n} reps have fewer than 20 leads: too few to judge.",
        de: "{n} Vertriebler haben weniger als 20 Leads: zu wenige für ein Urteil.",
    }
    limit_immature(share) {
        en: "{share} of the newest leads may still be won; they were left out, not counted as lost.",
        de: "{share} der neuesten Leads können noch gewonnen werden; sie wurden weggelassen, nicht als verloren gezählt.",
    }
    limit_not_randomised() {
        en: "Leads were not assigned at random: a rep's effect may partly be the leads that this rep was given.",
        de: "Leads wurden nicht zufällig verteilt: Der Effekt eines Vertrieblers kann zum Teil an den zugeteilten Leads liegen.",
    }
    limit_no_value() {
        en: "No won amounts were found: the model counts wins, not money.",
        de: "Es fanden sich keine gewonnenen Beträge: Das Modell zählt Gewinne, nicht Geld.",
    }
    limit_no_signal() {
        en: "Nothing in these features predicts a win: every lead gets the base rate.",
        de: "Nichts in diesen Merkmalen sagt einen Gewinn vorher: Jeder Lead bekommt die Basisquote.",
    }
    limit_few_rows(n) { en: "Only {n} leads: expect wide intervals.", de: "Nur {n} Leads: mit weiten Intervallen ist zu rechnen." }
    limit_constant(name) { en: "“{name}” has one value only and says nothing.", de: "„{name}“ hat nur einen Wert und sagt nichts." }
    limit_protected(name) {
        en: "The protected attribute “{name}” is used, because the feature specification allows it by name. Have it checked whether that is lawful.",
        de: "Das geschützte Merkmal „{name}“ wird benutzt, weil die Merkmalsdatei es namentlich erlaubt. Lassen Sie prüfen, ob das zulässig ist.",
    }
    metric_log_loss() { en: "Log-loss", de: "Log-Loss" }
    metric_auc() { en: "AUC", de: "AUC" }
    metric_brier() { en: "Brier score", de: "Brier-Score" }
    metric_ece() { en: "Calibration error", de: "Kalibrierungsfehler" }
    metric_rep_ece() { en: "Calibration error by rep", de: "Kalibrierungsfehler je Vertriebler" }
    metric_lift() { en: "Lift, best tenth", de: "Lift, bestes Zehntel" }
}

pub fn metric(locale: Locale, metric: Metric) -> String {
    let word = match metric {
        Metric::LogLoss => metric_log_loss,
        Metric::Auc => metric_auc,
        Metric::Brier => metric_brier,
        Metric::Ece => metric_ece,
        Metric::RepEce => metric_rep_ece,
        Metric::LiftAtTenth => metric_lift,
    };
    word(locale)
}

pub fn better(locale: Locale, metric: Metric) -> String {
    match metric {
        Metric::Auc | Metric::LiftAtTenth => higher(locale),
        Metric::LogLoss | Metric::Brier | Metric::Ece | Metric::RepEce => lower(locale),
    }
}

pub fn layer(locale: Locale, layer: &Layer) -> String {
    match layer {
        Layer::BaseRate => layer_base(locale),
        Layer::LeadFeatures => layer_features(locale),
        Layer::BoostedTrees => layer_trees(locale),
        Layer::RepIntercepts => layer_reps(locale),
        Layer::RepBy(attribute) => layer_rep_by(locale, attribute),
        Layer::LeadDrift => layer_drift(locale),
        Layer::RepRecord => layer_record(locale),
        Layer::RepTrees => layer_rep_trees(locale),
        Layer::RepSegments => layer_segments(locale),
        Layer::SlopeCovariance => layer_covariance(locale),
        Layer::Recency => layer_recency(locale),
        Layer::Load => layer_load(locale),
        Layer::Calibration => layer_calibration(locale),
        Layer::Value => layer_value(locale),
    }
}

pub fn fact(locale: Locale, fact: &QualityFact) -> String {
    match fact {
        QualityFact::RowsSetAside => fact_set_aside(locale),
        QualityFact::Missing(attribute) => fact_missing(locale, attribute),
        QualityFact::Immature => fact_immature(locale),
        QualityFact::Duplicates => fact_duplicates(locale),
        QualityFact::Untouched => fact_untouched(locale),
        QualityFact::WithoutOwner => fact_without_owner(locale),
        QualityFact::WonWithoutValue => fact_without_value(locale),
    }
}

pub fn limit(locale: Locale, limit: &Limit) -> String {
    match limit {
        Limit::Simulated => limit_simulated(locale),
        Limit::FewOutcomes(n) => limit_few(locale, &locale.count(*n)),
        Limit::Immature(share) => limit_immature(locale, &Unit::percent(1).show(locale, *share)),
        Limit::NoRepSignal => no_rep_signal(locale),
        Limit::NotRandomised => limit_not_randomised(locale),
        Limit::NoWonValue => limit_no_value(locale),
        Limit::NoSignal => limit_no_signal(locale),
        Limit::FewRows(n) => limit_few_rows(locale, &locale.count(*n)),
        Limit::Constant(name) => limit_constant(locale, name),
        Limit::Protected(name) => limit_protected(locale, name),
    }
}
