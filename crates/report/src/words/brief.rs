//! Words of the two pages that leadership reads.

use super::{counted, words};

words! {
    title(quarter) { en: "{quarter} in two pages", de: "{quarter} auf zwei Seiten" }
    question() {
        en: "Seven questions, each with a number and how sure it is.",
        de: "Sieben Fragen, jede mit einer Zahl und ihrer Sicherheit.",
    }
    answers() { en: "Seven answers", de: "Sieben Antworten" }
    ask_speed() { en: "Are we faster, and where not?", de: "Sind wir schneller, und wo nicht?" }
    ask_lost() {
        en: "How many leads did nobody touch, and what were they worth?",
        de: "Wie viele Leads hat niemand bearbeitet, und was waren sie wert?",
    }
    ask_fit() {
        en: "Does work go to the right people, evenly?",
        de: "Kommt die Arbeit zu den richtigen Personen, gleichmäßig?",
    }
    ask_money() {
        en: "What did it bring in money, and how sure is that?",
        de: "Was hat es in Geld gebracht, und wie sicher ist das?",
    }
    ask_cause() { en: "Is it the tool or the market?", de: "Liegt es am Werkzeug oder am Markt?" }
    ask_cost() { en: "What does it cost?", de: "Was kostet es?" }
    ask_next() { en: "What should we change next quarter?", de: "Was sollten wir im nächsten Quartal ändern?" }
    not_told() { en: "not told", de: "nicht zu sagen" }

    speed(median, verdict) {
        en: "Half of all leads are touched within {median}, {verdict}.",
        de: "Die Hälfte aller Leads ist nach {median} bearbeitet, {verdict}.",
    }
    speed_faster(by, before) {
        en: "faster than the {before} of the quarter before ({by})",
        de: "schneller als die {before} im Quartal davor ({by})",
    }
    speed_slower(by, before) {
        en: "slower than the {before} of the quarter before ({by})",
        de: "langsamer als die {before} im Quartal davor ({by})",
    }
    speed_alike(by, before) {
        en: "not distinguishable from the {before} of the quarter before ({by})",
        de: "nicht unterscheidbar von den {before} im Quartal davor ({by})",
    }
    speed_alone() { en: "with nothing before to compare", de: "ohne Vergleich davor" }
    slowest(dimension, name, median) {
        en: "Not so in {dimension} {name}: {median}.",
        de: "Anders bei {dimension} {name}: {median}.",
    }
    slowest_none() {
        en: "No team, source or segment waits clearly longer.",
        de: "Kein Team, keine Quelle und kein Segment wartet klar länger.",
    }
    lost(leads, share) {
        en: "{leads} that had their time were never touched ({share}).",
        de: "{leads}, deren Frist um ist, wurden nie bearbeitet ({share}).",
    }
    lost_worth(total, range, rate) {
        en: "At the {rate} won of touched leads they were worth {total} ({range}) of revenue; observed, not caused.",
        de: "Bei {rate} Abschlüssen bearbeiteter Leads waren sie {total} ({range}) Umsatz wert; beobachtet, nicht verursacht.",
    }
    lost_worth_none() {
        en: "What they were worth is not measured: no wins with a value.",
        de: "Was sie wert waren, ist nicht gemessen: keine Abschlüsse mit Betrag.",
    }
    fit_accuracy(share, range) {
        en: "{share} ({range}) of leads were never called misrouted.",
        de: "{share} ({range}) der Leads wurden nie fehlgeleitet genannt.",
    }
    fit_gini(gini) { en: "Gini of received to due: {gini}.", de: "Gini von erhalten zu zustehend: {gini}." }
    fit_alike() {
        en: "Conversion of reps is not distinguishable.",
        de: "Die Abschlussquoten der Personen sind nicht unterscheidbar.",
    }
    fit_differ(best, worst) {
        en: "Conversion of reps differs by more than chance: {best} against {worst} after drawing to the whole.",
        de: "Die Abschlussquoten der Personen unterscheiden sich mehr als durch Zufall: {best} gegen {worst}, zum Ganzen gezogen.",
    }
    money(claim) { en: "{claim}", de: "{claim}" }
    money_none(how) { en: "Not told yet: {how}.", de: "Noch nicht zu sagen: {how}." }
    money_other(from, until) {
        en: "The ROI file speaks of {from} to {until}.",
        de: "Die ROI-Datei spricht von {from} bis {until}.",
    }
    no_roi() {
        en: "there is no ROI file; freeze a baseline first (pointsman roi baseline)",
        de: "es gibt keine ROI-Datei; zuerst eine Ausgangsbasis einfrieren (pointsman roi baseline)",
    }
    cause_randomised(design) {
        en: "The tool: the comparison was drawn by chance (“{design}”).",
        de: "Am Werkzeug: Der Vergleich wurde ausgelost („{design}“).",
    }
    cause_not(design) {
        en: "Cannot be told: the best comparison is “{design}”, and season and market are not excluded.",
        de: "Nicht zu sagen: Der beste Vergleich ist „{design}“; Saison und Markt sind nicht ausgeschlossen.",
    }
    cause_none() {
        en: "Cannot be told without a comparison: hold out a share of leads at random.",
        de: "Ohne Vergleich nicht zu sagen: einen ausgelosten Teil der Leads zurückhalten.",
    }
    cost(cost, roi, range) {
        en: "{cost} in the period, a return of {roi} ({range}).",
        de: "{cost} im Zeitraum, eine Rendite von {roi} ({range}).",
    }
    cost_only(cost) { en: "{cost} in the period.", de: "{cost} im Zeitraum." }
    cost_customer(value) { en: "Winning a customer costs {value}.", de: "Ein Kunde kostet {value}." }
    next(advice) { en: "{advice}", de: "{advice}" }
    next_none() { en: "Nothing stands out in the figures.", de: "In den Kennzahlen sticht nichts hervor." }

    charts() { en: "In pictures", de: "In Bildern" }
    experiments() { en: "Experiments decided in the quarter", de: "Im Quartal entschiedene Experimente" }
    experiments_unknown() {
        en: "There is no store here, so that nothing is known of experiments.",
        de: "Hier ist kein Speicher, daher ist über Experimente nichts bekannt.",
    }
    experiments_none() {
        en: "No experiment was decided in the quarter.",
        de: "Im Quartal wurde kein Experiment entschieden.",
    }
    experiments_n(n) { en: "{n} decided.", de: "{n} entschieden." }
    experiment() { en: "Experiment", de: "Experiment" }
    decided() { en: "Decided", de: "Entschieden" }
    effect() { en: "Effect (95% interval)", de: "Effekt (95-%-Intervall)" }
    winner() { en: "Winner", de: "Gewinner" }
    roi() { en: "Return", de: "Rendite" }
    recommendations() { en: "Three recommendations", de: "Drei Empfehlungen" }
    rests_on(figure) { en: "rests on: {figure}", de: "beruht auf: {figure}" }
    recommendation() { en: "What to do", de: "Was zu tun ist" }
    figure_behind() { en: "The figure behind it", de: "Die Zahl dahinter" }
    rescue() {
        en: "Give leads that nobody touches to somebody else before their time is over",
        de: "Leads, die niemand bearbeitet, vor Fristablauf anderen geben",
    }
    keep_promises(cause) {
        en: "Go after the most frequent reason of broken promises: {cause}",
        de: "Den häufigsten Grund gebrochener Zusagen angehen: {cause}",
    }
    speed_up(dimension, name) {
        en: "Speed up {dimension} {name}",
        de: "{dimension} {name} beschleunigen",
    }
    route_by_fit() {
        en: "Test routing by fit: reps differ by more than chance",
        de: "Routing nach Eignung testen: Die Personen unterscheiden sich mehr als durch Zufall",
    }
    even_out(rep) {
        en: "Give {rep} the leads that were due",
        de: "{rep} die zustehenden Leads geben",
    }
    connect(feed) { en: "Connect {feed}", de: "{feed} anbinden" }
    connect_figure(n) { en: "{n} not measured for lack of it", de: "{n} dadurch nicht gemessen" }
    hold_out() {
        en: "Hold out a share of leads at random, so that the return can be called caused",
        de: "Einen Teil der Leads auslosen und zurückhalten, damit die Rendite verursacht heißen darf",
    }
    hold_out_figure(design) { en: "best comparison now: “{design}”", de: "bester Vergleich jetzt: „{design}“" }
    speed_figure(group, all) { en: "{group} against {all} over all", de: "{group} gegen insgesamt {all}" }
    fit_figure(best, best_share, worst, worst_share, p) {
        en: "{best} {best_share}, {worst} {worst_share} (drawn to the whole, {p})",
        de: "{best} {best_share}, {worst} {worst_share} (zum Ganzen gezogen, {p})",
    }
    deficit_figure(deficit, gini) { en: "{deficit} leads behind, Gini {gini}", de: "{deficit} Leads zurück, Gini {gini}" }
    untold() { en: "What could not be told, and when it can", de: "Was nicht zu sagen war, und wann es das ist" }
    untold_all() { en: "Every figure could be told.", de: "Jede Kennzahl war zu nennen." }
    untold_what() { en: "What", de: "Was" }
    untold_when() { en: "When", de: "Wann" }
    untold_pending(leads) { en: "{leads} too young to be judged", de: "{leads} zu jung für ein Urteil" }
    untold_on(day) { en: "on {day}", de: "am {day}" }
    untold_feed(feed) { en: "once connected or stated: {feed}", de: "sobald angebunden oder angegeben: {feed}" }
    untold_roi() { en: "what it brought in money", de: "was es in Geld brachte" }
    untold_roi_when() {
        en: "when a frozen baseline and a period in roi.toml are there",
        de: "sobald eine eingefrorene Ausgangsbasis und ein Zeitraum in roi.toml stehen",
    }
    method() {
        en: "Figures are defined in docs/kpi.md; leads belong to the day of their arrival, waiting leads are censored, groups are drawn to the whole.",
        de: "Die Kennzahlen sind in docs/kpi.md definiert; Leads gehören zum Tag ihres Eingangs, wartende sind zensiert, Gruppen zum Ganzen gezogen.",
    }
}

counted! {
    n_experiments { en: "experiment" / "experiments", de: "Experiment" / "Experimente" }
    n_figures { en: "figure" / "figures", de: "Kennzahl" / "Kennzahlen" }
}
