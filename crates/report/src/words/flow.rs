//! Words of "How leads move today".

use pointsman_measure::flow::survey::Question;

use super::{counted, words};
use crate::Locale;

words! {
    no_leads() { en: "No lead arrived in this time.", de: "In dieser Zeit ist kein Lead eingegangen." }
    other_periods() { en: "The same of other leads", de: "Dasselbe für andere Leads" }
    arrived_in(quarter) { en: "Leads that arrived in {quarter}", de: "Leads, die in {quarter} eingingen" }
    every_lead() { en: "Every lead", de: "Alle Leads" }
    title() { en: "How leads move today", de: "Wie Leads heute laufen" }
    kicker(from, until, leads, events) {
        en: "{from} to {until} · {leads}, {events}",
        de: "{from} bis {until} · {leads}, {events}",
    }
    question() {
        en: "Where do leads wait, who touches them, and whom does nobody touch?",
        de: "Wo warten Leads, wer fasst sie an, und wen fasst niemand an?",
    }
    observed() {
        en: "Everything here is observed. Nothing says what would happen if it were changed: only an experiment does.",
        de: "Alles hier ist beobachtet. Was geschähe, wenn es anders wäre, sagt nur ein Experiment.",
    }
    verdict_answer(median) { en: "Half are touched within {median}", de: "Die Hälfte ist nach {median} angefasst" }
    verdict_slow() { en: "Fewer than half are ever touched", de: "Weniger als die Hälfte wird je angefasst" }
    verdict_unmeasured() { en: "Touches are not measured", de: "Kontakte sind nicht gemessen" }
    verdict_sentence(never, share, lead) {
        en: "Never touched by a person: {never} ({share}). The largest single wait is {lead}.",
        de: "Nie von einem Menschen angefasst: {never} ({share}). Das größte einzelne Warten ist {lead}.",
    }
    verdict_never(never, share) {
        en: "Never touched by a person: {never} ({share}).",
        de: "Nie von einem Menschen angefasst: {never} ({share}).",
    }
    nothing_follows() {
        en: "No lead has two steps: nothing follows anything, so there are no waits between steps.",
        de: "Kein Lead hat zwei Schritte: Nichts folgt auf etwas, also gibt es kein Warten zwischen Schritten.",
    }
    no_activities() {
        en: "Not measured: no activity feed. The steps are assignments and outcomes; who touched a lead, and when, is not known.",
        de: "Nicht gemessen: keine Aktivitäten in den Daten. Die Schritte sind Zuteilungen und Ergebnisse; wer einen Lead wann angefasst hat, ist nicht bekannt.",
    }
    not_measured() { en: "not measured", de: "nicht gemessen" }

    tile_median() { en: "Median to the first touch", de: "Median bis zum Erstkontakt" }
    tile_median_detail(touched) { en: "of touched leads alone {touched}", de: "nur der angefassten {touched}" }
    tile_fast() { en: "Touched within 5 minutes", de: "Binnen 5 Minuten angefasst" }
    tile_never() { en: "Never touched", de: "Nie angefasst" }
    tile_won() { en: "Won, of closed leads", de: "Gewonnen, von geschlossenen" }
    tile_open(n) { en: "{n} open", de: "{n} offen" }

    sources() { en: "Where leads come from", de: "Woher Leads kommen" }
    sources_sentence(source, share, n) {
        en: "{n} in all; the largest, {source}, brings {share} of the leads.",
        de: "{n} insgesamt; die größte, {source}, bringt {share} der Leads.",
    }
    source() { en: "Source", de: "Quelle" }
    leads() { en: "Leads", de: "Leads" }
    share() { en: "Share", de: "Anteil" }
    closed() { en: "Closed", de: "Geschlossen" }
    won() { en: "Won", de: "Gewonnen" }
    filled(attribute) { en: "has {attribute}", de: "hat {attribute}" }
    sources_method() {
        en: "Won is the share of closed leads, with Wilson's 95% interval. A field is filled if the lead has a value that the schema accepts.",
        de: "Gewonnen ist der Anteil an den geschlossenen Leads, mit Wilsons 95‑%‑Intervall. Ein Feld ist gefüllt, wenn der Lead einen Wert hat, den das Schema annimmt.",
    }

    touch() { en: "Time to the first touch by a person", de: "Zeit bis zum ersten Kontakt durch einen Menschen" }
    touch_sentence(median, fast, range, day) {
        en: "Half of all leads are touched within {median}, {fast} (95% interval {range}) within 5 minutes, {day} within a day.",
        de: "Die Hälfte aller Leads ist nach {median} angefasst, {fast} (95‑%‑Intervall {range}) binnen 5 Minuten, {day} binnen eines Tages.",
    }
    touch_never(share) {
        en: "Not even half of the leads are touched while they are watched: {share} are.",
        de: "Nicht einmal die Hälfte der Leads wird angefasst, solange sie beobachtet werden: {share} werden es.",
    }
    curve_finding(day) { en: "After a day {day} are touched", de: "Nach einem Tag sind {day} angefasst" }
    curve_x() { en: "Time since arrival", de: "Zeit seit Eingang" }
    curve_y() { en: "Leads not yet touched", de: "Noch nicht angefasste Leads" }
    everybody() { en: "All leads", de: "Alle Leads" }
    hours_finding() { en: "Median wait by hour of arrival", de: "Medianes Warten nach Stunde des Eingangs" }
    hours_caption(fewest) {
        en: "Hours with fewer than {fewest} leads stay empty.",
        de: "Stunden mit weniger als {fewest} Leads bleiben leer.",
    }
    touch_method() {
        en: "Kaplan–Meier with Greenwood's error on the log-log scale. A lead that nobody touched is watched until it was closed, else until the last thing the data know, and counts as not yet touched: leaving such leads out would make a company look faster the more leads it forgets. Quantiles of touched leads alone are shown beside it because that is what is usually reported.",
        de: "Kaplan–Meier mit Greenwoods Fehler auf der Log‑Log‑Skala. Ein Lead, den niemand angefasst hat, wird bis zu seinem Abschluss beobachtet, sonst bis zum Ende der Daten, und gilt als noch nicht angefasst: Ließe man sie weg, wirkte ein Unternehmen umso schneller, je mehr Leads es vergisst. Die Quantile nur der angefassten stehen daneben, weil meist sie berichtet werden.",
    }
    weekday_0() { en: "Mon", de: "Mo" }
    weekday_1() { en: "Tue", de: "Di" }
    weekday_2() { en: "Wed", de: "Mi" }
    weekday_3() { en: "Thu", de: "Do" }
    weekday_4() { en: "Fri", de: "Fr" }
    weekday_5() { en: "Sat", de: "Sa" }
    weekday_6() { en: "Sun", de: "So" }

    map() { en: "The map: what follows what", de: "Die Karte: Was auf was folgt" }
    map_sentence(edges, steps, transitions, from, to, count) {
        en: "{edges} connect {steps}, {transitions} in all; the most frequent is {from} → {to}, {count} times.",
        de: "{edges} verbinden {steps}, insgesamt {transitions}; am häufigsten ist {from} → {to}, {count}-mal.",
    }
    map_finding(n) {
        en: "What comes next: the {n} busiest steps",
        de: "Was als Nächstes kommt: die {n} häufigsten Schritte",
    }
    map_caption() {
        en: "Of everything that follows the step of a row, the share of the step with the column's number.",
        de: "Von allem, was auf den Schritt einer Zeile folgt, der Anteil des Schritts mit der Nummer der Spalte.",
    }
    waits() { en: "Where leads wait", de: "Wo Leads warten" }
    waits_sentence(from, to, share, inside) {
        en: "{share} of all waiting lies between {from} and {to}; {inside} of it falls into working hours.",
        de: "{share} allen Wartens liegt zwischen {from} und {to}; davon fallen {inside} in die Arbeitszeit.",
    }
    waits_finding() { en: "The transitions with most waiting, in days", de: "Die Übergänge mit dem meisten Warten, in Tagen" }
    waits_axis() { en: "Days of waiting, all leads together", de: "Tage des Wartens, alle Leads zusammen" }
    inside() { en: "in working hours", de: "in der Arbeitszeit" }
    outside() { en: "outside", de: "außerhalb" }
    from() { en: "From", de: "Von" }
    to() { en: "To", de: "Nach" }
    times() { en: "Times", de: "Male" }
    median() { en: "Median", de: "Median" }
    p90() { en: "90% within", de: "90 % binnen" }
    of_waiting() { en: "Of all waiting", de: "Vom ganzen Warten" }
    map_method() {
        en: "Activities of a lead in the order of their time, those of the same instant in the order of the data. A transition is two activities that follow each other; its wait is the time between them. Quantiles are linear between order statistics (type 7).",
        de: "Die Aktivitäten eines Leads nach ihrer Zeit, gleichzeitige in der Reihenfolge der Daten. Ein Übergang sind zwei Aktivitäten, die aufeinander folgen; sein Warten ist die Zeit dazwischen. Quantile sind linear zwischen den Ordnungswerten (Typ 7).",
    }
    hours_method(zone, hours) {
        en: "Working hours are {hours} in zone {zone}.",
        de: "Arbeitszeit ist {hours} in der Zone {zone}.",
    }
    office_hours() { en: "Monday to Friday, 9 to 17 (assumed)", de: "Montag bis Freitag, 9 bis 17 Uhr (angenommen)" }
    calendar(name) { en: "that of the calendar {name}", de: "die des Kalenders {name}" }

    variants() { en: "Ways through", de: "Wege hindurch" }
    variants_sentence(n, five, top) {
        en: "{n}; the five most frequent cover {five} of the leads, the most frequent alone {top}.",
        de: "{n}; die fünf häufigsten decken {five} der Leads, der häufigste allein {top}.",
    }
    variant() { en: "Way", de: "Weg" }
    duration() { en: "Median duration", de: "Mediane Dauer" }
    more_steps(n) { en: "… {n} more", de: "… {n} weitere" }
    repeats_sentence(share, loops, rework) {
        en: "{share} of the leads see a step again: {loops} times directly after itself, {rework} times after something else (rework).",
        de: "{share} der Leads erleben einen Schritt noch einmal: {loops}-mal direkt nach sich selbst, {rework}-mal nach etwas anderem (Nacharbeit).",
    }
    step() { en: "Step", de: "Schritt" }
    by_people() { en: "by people", de: "durch Menschen" }
    loops() { en: "directly again", de: "direkt wieder" }
    rework() { en: "again later", de: "später wieder" }
    steps_caption() { en: "Steps", de: "Schritte" }

    people() { en: "Who does it", de: "Wer es tut" }
    people_sentence(handed, ping, gini) {
        en: "{handed} of the touched leads change hands, {ping} come back to somebody who had them before. Leads per rep: Gini {gini}.",
        de: "{handed} der angefassten Leads wechseln die Hand, {ping} kommen zu jemandem zurück, der sie schon hatte. Leads je Vertriebler: Gini {gini}.",
    }
    reps_finding(n, share) { en: "The busiest {n} touch {share} of what is touched", de: "Die {n} Fleißigsten tun {share} aller Kontakte" }
    reps_axis() { en: "Touches", de: "Kontakte" }
    rep() { en: "Rep", de: "Vertriebler" }
    touched() { en: "Touched", de: "Angefasst" }
    touches() { en: "Touches", de: "Kontakte" }
    first_touches() { en: "First touches", de: "Erstkontakte" }
    reps_caption() { en: "Reps; won of the closed leads they touched first", de: "Vertriebler; gewonnen von den geschlossenen Leads, die sie zuerst anfassten" }
    pairs_caption() { en: "Hand-offs", de: "Übergaben" }
    mean_wait() { en: "Mean wait", de: "Mittleres Warten" }
    single_points(n) {
        en: "{n} with one person who does at least 80% of it:",
        de: "{n} mit einer einzigen Person, die mindestens 80 % davon tut:",
    }
    people_method() {
        en: "A hand-off is two touches in a row by different people; ping-pong is A, then B, then A again. Win rates per rep are observed: who gets which lead was not drawn by lot, and no rep is ranked by them. Gini is 0 when all reps touch equally many leads and nears 1 when one touches all.",
        de: "Eine Übergabe sind zwei aufeinander folgende Kontakte verschiedener Menschen; Pingpong ist A, dann B, dann wieder A. Gewinnquoten je Person sind beobachtet: Wer welchen Lead bekommt, war nicht ausgelost, und niemand wird danach gereiht. Gini ist 0, wenn alle gleich viele Leads anfassen, und nahe 1, wenn eine Person alle anfasst.",
    }

    drops() { en: "Leads that slip through", de: "Leads, die durchrutschen" }
    drops_sentence(never, never_share, once, once_share) {
        en: "Never touched: {never} ({never_share}). Touched once and then dropped: {once} ({once_share}).",
        de: "Nie angefasst: {never} ({never_share}). Einmal angefasst und dann fallen gelassen: {once} ({once_share}).",
    }
    at_stake_money(value, rate) {
        en: "At the win rate of the others ({rate}) and their mean value they would be worth {value}: observed, since leads nobody touched may be worse ones.",
        de: "Mit der Gewinnquote der anderen ({rate}) und deren mittlerem Wert wären sie {value} wert: beobachtet, denn Leads, die niemand anfasst, können schlechter sein.",
    }
    at_stake_wins(value, rate) {
        en: "At the win rate of the others ({rate}) they would be {value} wins: observed, since leads nobody touched may be worse ones.",
        de: "Mit der Gewinnquote der anderen ({rate}) wären das {value} Gewinne: beobachtet, denn Leads, die niemand anfasst, können schlechter sein.",
    }
    fate_finding() { en: "What became of the leads", de: "Was aus den Leads wurde" }
    fate_touched() { en: "touched", de: "angefasst" }
    fate_once() { en: "once, dropped", de: "einmal, fallen gelassen" }
    fate_never() { en: "never touched", de: "nie angefasst" }
    fate_won() { en: "won", de: "gewonnen" }
    fate_lost() { en: "not won", de: "nicht gewonnen" }
    fate_open() { en: "open", de: "offen" }
    oldest_caption() { en: "Open and never touched, the oldest", de: "Offen und nie angefasst, die ältesten" }
    lead() { en: "Lead", de: "Lead" }
    drops_method(days) {
        en: "Dropped after one touch: exactly one activity by a person, not won, and either closed or without any activity for {days}. The list of all of them is in leads.csv.",
        de: "Nach einem Kontakt fallen gelassen: genau eine Aktivität eines Menschen, nicht gewonnen, und entweder geschlossen oder {days} lang ohne Aktivität. Die ganze Liste steht in leads.csv.",
    }

    territory() { en: "Assignments against the territory table", de: "Zuteilungen gegen die Gebietstabelle" }
    territory_missing() {
        en: "Not measured: no territory table was given (--territories FILE.csv).",
        de: "Nicht gemessen: Es wurde keine Gebietstabelle angegeben (--territories DATEI.csv).",
    }
    territory_sentence(right, held, without) {
        en: "{right} of {held} went where the table of their day says; in no row: {without}.",
        de: "{right} von {held} gingen dorthin, wo die Tabelle ihres Tages sagt; in keiner Zeile: {without}.",
    }
    territory_wins(right, wrong, difference, verdict) {
        en: "Observed, not caused: {right} of leads in the right place were won, {wrong} of the others; {difference}, {verdict}.",
        de: "Beobachtet, nicht verursacht: {right} der Leads am richtigen Ort wurden gewonnen, {wrong} der anderen; {difference}, {verdict}.",
    }
    territory_no_wins() {
        en: "Win rates cannot be compared: one side has no closed lead.",
        de: "Abschlussquoten sind nicht vergleichbar: Eine Seite hat keinen geschlossenen Lead.",
    }
    territory_differs() { en: "more than chance explains", de: "mehr, als der Zufall erklärt" }
    territory_alike() { en: "not distinguishable from chance", de: "nicht vom Zufall zu unterscheiden" }
    territory_finding(right) {
        en: "{right} went where the table says",
        de: "{right} gingen dorthin, wo die Tabelle sagt",
    }
    territory_caption() {
        en: "Rows: where the table sends leads. Columns: where they went.",
        de: "Zeilen: wohin die Tabelle schickt. Spalten: wohin die Leads gingen.",
    }
    territory_lacks() { en: "Rows that the table lacks", de: "Zeilen, die der Tabelle fehlen" }
    territory_says() { en: "What these leads say", de: "Was diese Leads angeben" }
    territory_contradict() {
        en: "Rows that contradict each other",
        de: "Zeilen, die sich widersprechen",
    }
    territory_lines() { en: "Lines (the first decides)", de: "Zeilennummern (die erste entscheidet)" }
    territory_first() { en: "Went by the first", de: "Gingen nach der ersten" }
    territory_method() {
        en: "Each lead is looked up in the table as of the local day on which its first owner got it; rows hold from valid_from until valid_to. Two rows contradict each other where both hold a lead, name different people, and neither lies within the other.",
        de: "Jeder Lead wird in der Tabelle mit dem Stand des Tages nachgeschlagen, an dem ihn die erste Person bekam; Zeilen gelten von valid_from bis valid_to. Zwei Zeilen widersprechen sich, wo beide einen Lead halten, Verschiedene nennen und keine in der anderen liegt.",
    }

    proposals() { en: "What to change first", de: "Was zuerst zu ändern ist" }
    proposals_sentence(n, what, saved) {
        en: "{n}, largest first: {what} alone would save {saved} of waiting.",
        de: "{n}, das größte zuerst: {what} allein sparte {saved} Warten.",
    }
    proposal() { en: "Proposal", de: "Vorschlag" }
    rests_on() { en: "Rests on", de: "Beruht auf" }
    goal() { en: "Goal", de: "Ziel" }
    saves() { en: "Would save", de: "Sparte" }
    days(n) { en: "{n} lead-days", de: "{n} Lead-Tage" }
    cases(n, wait) { en: "{n} cases waiting {wait}", de: "{n} Fälle, die {wait} warten" }
    touch_everybody() { en: "Touch every lead", de: "Jeden Lead anfassen" }
    touch_everybody_goal(time) { en: "none untouched for longer than {time}, the median of the others", de: "keiner länger als {time} unberührt, den Median der anderen" }
    touch_sooner() { en: "Touch the slower half sooner", de: "Die langsamere Hälfte früher anfassen" }
    touch_sooner_goal(time) { en: "no first touch later than today's median, {time}", de: "kein Erstkontakt später als der heutige Median, {time}" }
    cover_off_hours() { en: "Cover the time outside working hours", de: "Die Zeit außerhalb der Arbeitszeit abdecken" }
    cover_off_hours_goal() { en: "a stand-by pool, so that no first touch waits for the office to open", de: "ein Bereitschaftspool, damit kein Erstkontakt auf Büroöffnung wartet" }
    shorten_edge(from, to) { en: "Shorten {from} → {to}", de: "{from} → {to} verkürzen" }
    shorten_edge_goal(time) { en: "none slower than today's median, {time}", de: "keiner langsamer als der heutige Median, {time}" }
    hand_off_faster() { en: "Hand over without waiting", de: "Ohne Warten übergeben" }
    hand_off_faster_goal(time) { en: "no longer than between two touches of one person, {time}", de: "nicht länger als zwischen zwei Kontakten einer Person, {time}" }
    repeat_less() { en: "Do steps once", de: "Schritte einmal tun" }
    repeat_less_goal(time) { en: "half of the repeated steps; each is preceded by {time}", de: "die Hälfte der wiederholten Schritte; jedem gehen {time} voraus" }
    proposals_method() {
        en: "Each saving is arithmetic on what was observed: the waiting above the goal, over all cases. Savings overlap and must not be added up.",
        de: "Jede Ersparnis ist Rechnung mit Beobachtetem: das Warten über dem Ziel, über alle Fälle. Ersparnisse überschneiden sich und dürfen nicht addiert werden.",
    }

    survey() { en: "What reps say", de: "Was der Vertrieb sagt" }
    survey_none() {
        en: "Nobody was asked yet: questionnaire.csv lies beside this file; read the answers in with --answers.",
        de: "Noch wurde niemand gefragt: questionnaire.csv liegt neben dieser Datei; die Antworten werden mit --answers eingelesen.",
    }
    survey_sentence(n) { en: "{n} stand beside the figure that asks the same.", de: "{n} stehen neben der Zahl, die dasselbe fragt." }
    statement() { en: "Statement", de: "Aussage" }
    answers() { en: "Answers", de: "Antworten" }
    agreement() { en: "Agreement, 1 to 5", de: "Zustimmung, 1 bis 5" }
    figure() { en: "Figure", de: "Zahl" }
    comments_caption() { en: "Comments", de: "Anmerkungen" }
    comment() { en: "Comment", de: "Anmerkung" }
    ask_fast_enough() { en: "Leads reach me fast enough to win them.", de: "Leads erreichen mich schnell genug, um sie zu gewinnen." }
    ask_nobody_forgotten() { en: "No lead that I know of was forgotten.", de: "Kein Lead, von dem ich weiß, wurde vergessen." }
    ask_right_for_me() { en: "The leads I get are right for me.", de: "Die Leads, die ich bekomme, passen zu mir." }
    ask_comes_once() { en: "Leads come to me once and stay.", de: "Leads kommen einmal zu mir und bleiben." }
    ask_no_rework() { en: "I do each step once.", de: "Ich tue jeden Schritt einmal." }
    ask_fairly_spread() { en: "Work is spread fairly.", de: "Die Arbeit ist fair verteilt." }
    ask_complete() { en: "What I need to know about a lead is there.", de: "Was ich über einen Lead wissen muss, ist da." }
    figure_median(value) { en: "median to the first touch {value}", de: "Median bis zum Erstkontakt {value}" }
    figure_never(value) { en: "{value} never touched", de: "{value} nie angefasst" }
    figure_handed(value) { en: "{value} change hands", de: "{value} wechseln die Hand" }
    figure_ping(value) { en: "{value} come back", de: "{value} kommen zurück" }
    figure_repeat(value) { en: "{value} with a repeated step", de: "{value} mit wiederholtem Schritt" }
    figure_gini(value) { en: "Gini {value}", de: "Gini {value}" }
    figure_filled(value) { en: "{value} of fields filled", de: "{value} der Felder gefüllt" }
}

counted! {
    n_leads { en: "lead" / "leads", de: "Lead" / "Leads" }
    n_events { en: "activity" / "activities", de: "Aktivität" / "Aktivitäten" }
    n_sources { en: "source" / "sources", de: "Quelle" / "Quellen" }
    n_edges { en: "transition kind" / "transition kinds", de: "Übergangsart" / "Übergangsarten" }
    n_steps { en: "step" / "steps", de: "Schritt" / "Schritte" }
    n_transitions { en: "transition" / "transitions", de: "Übergang" / "Übergänge" }
    n_variants { en: "way" / "ways", de: "Weg" / "Wege" }
    n_proposals { en: "proposal" / "proposals", de: "Vorschlag" / "Vorschläge" }
    n_answers { en: "answer" / "answers", de: "Antwort" / "Antworten" }
}

pub fn weekday(locale: Locale, monday_0: u8) -> String {
    let words = [weekday_0, weekday_1, weekday_2, weekday_3, weekday_4, weekday_5, weekday_6];
    words[usize::from(monday_0) % 7](locale)
}

pub fn ask(locale: Locale, question: Question) -> String {
    let word = match question {
        Question::FastEnough => ask_fast_enough,
        Question::NobodyForgotten => ask_nobody_forgotten,
        Question::RightForMe => ask_right_for_me,
        Question::ComesOnce => ask_comes_once,
        Question::NoRework => ask_no_rework,
        Question::FairlySpread => ask_fairly_spread,
        Question::Complete => ask_complete,
    };
    word(locale)
}
