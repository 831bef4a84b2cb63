//! Words of "What Pointsman brought in".

use pointsman_measure::roi::{Claim, Design, Dial, Given};

use super::{counted, words};
use crate::Locale;

words! {
    page_title() { en: "Return", de: "Ertrag" }
    more() { en: "As a file, and other quarters", de: "Als Datei, und andere Quartale" }
    as_file() { en: "This quarter as one file to send", de: "Dieses Quartal als eine Datei zum Verschicken" }
    nothing_yet() { en: "No quarter has been told yet", de: "Es wurde noch kein Quartal berichtet" }
    nothing_yet_sentence() {
        en: "A return needs a frozen baseline of at least three months and an ROI file, which docs/roi.md describes.",
        de: "Ein Ertrag braucht eine eingefrorene Ausgangslage von mindestens drei Monaten und eine ROI-Datei, die docs/roi.md beschreibt.",
    }
    nothing_yet_next() {
        en: "Then: pointsman roi --spec roi.toml --workspace DIR, or POST /v1/roi. From then on the quarter stands here.",
        de: "Danach: pointsman roi --spec roi.toml --workspace DIR, oder POST /v1/roi. Von da an steht das Quartal hier.",
    }
    title(name) { en: "What Pointsman brought in: {name}", de: "Was Pointsman gebracht hat: {name}" }
    kicker(from, until, leads, start) {
        en: "{from} to {until} · {leads} · Pointsman routes since {start}",
        de: "{from} bis {until} · {leads} · Pointsman verteilt seit {start}",
    }
    question() {
        en: "What did it bring in money, how sure is that, and what should change next quarter?",
        de: "Was hat es in Geld gebracht, wie sicher ist das, und was sollte sich im nächsten Quartal ändern?",
    }
    verdict_more(net) { en: "{net} more than it cost", de: "{net} mehr, als es gekostet hat" }
    verdict_less(net) { en: "{net} less than it cost", de: "{net} weniger, als es gekostet hat" }
    verdict_nothing() { en: "It neither brought nor cost anything", de: "Es hat weder etwas gebracht noch gekostet" }
    verdict_sentence(benefit, range, cost, claim) {
        en: "Counted are {benefit} (95% interval {range}) against {cost} of cost. {claim}",
        de: "Gezählt sind {benefit} (95‑%‑Intervall {range}) gegen {cost} Kosten. {claim}",
    }
    of_the_wins(claim) { en: "What may be said of the wins: {claim}", de: "Was man von den Gewinnen sagen darf: {claim}" }
    tile_benefit() { en: "Benefit", de: "Nutzen" }
    tile_roi() { en: "Return on cost", de: "Rendite auf die Kosten" }
    tile_payback() { en: "Paid back after", de: "Zurückgezahlt nach" }
    tile_payback_detail() { en: "if the benefit comes evenly", de: "wenn der Nutzen gleichmäßig anfällt" }
    tile_effect() { en: "Difference in wins per lead", de: "Unterschied der Gewinne je Lead" }
    weeks(n) { en: "{n} weeks", de: "{n} Wochen" }
    never() { en: "not paid back", de: "nicht zurückgezahlt" }

    not_frozen_in_time(day, start) {
        en: "The baseline was frozen on {day}, after the start on {start}: somebody could have chosen it with results in sight.",
        de: "Die Ausgangslage wurde am {day} eingefroren, nach dem Start am {start}: Man konnte sie mit Blick auf Ergebnisse wählen.",
    }
    not_mature(day) {
        en: "Leads of this period still mature until {day}: figures will change.",
        de: "Leads dieses Zeitraums reifen noch bis {day}: Die Zahlen werden sich ändern.",
    }
    other_season() {
        en: "The baseline lies in another part of the year than the period: season is in the difference.",
        de: "Die Ausgangslage liegt in einer anderen Jahreszeit als der Zeitraum: Die Saison steckt im Unterschied.",
    }

    money() { en: "What did it bring in money, and how sure is that?", de: "Was hat es in Geld gebracht, und wie sicher ist das?" }
    money_sentence(both, range, claim) {
        en: "The difference in wins is worth {both} (95% interval {range}). {claim}",
        de: "Der Unterschied an Gewinnen ist {both} wert (95‑%‑Intervall {range}). {claim}",
    }
    money_finding(net, range) { en: "After cost: {net} ({range})", de: "Nach Kosten: {net} ({range})" }
    money_axis() { en: "In the period", de: "Im Zeitraum" }
    conversion() { en: "Conversion", de: "Abschlussquote" }
    saved() { en: "Saved leads", de: "Gerettete Leads" }
    both() { en: "Wins, both together", de: "Gewinne, beides zusammen" }
    time() { en: "Time of reps", de: "Zeit der Vertriebler" }
    cycle() { en: "Shorter cycle, once", de: "Kürzerer Zyklus, einmalig" }
    cost() { en: "Cost", de: "Kosten" }
    net() { en: "After cost", de: "Nach Kosten" }
    component() { en: "Component", de: "Bestandteil" }
    amount() { en: "Amount", de: "Betrag" }
    interval() { en: "95% interval", de: "95‑%‑Intervall" }
    rests_on() { en: "Rests on", de: "Beruht auf" }
    counted() { en: "Counted", de: "Gezählt" }
    yes() { en: "yes", de: "ja" }
    no() { en: "no", de: "nein" }
    signed_by(who) { en: "yes, signed by {who}", de: "ja, gezeichnet von {who}" }
    unsigned() { en: "no, nobody signed for it", de: "nein, niemand hat gezeichnet" }
    no_parts() {
        en: "This design knows the sum of conversion and saved leads, not the two apart.",
        de: "Dieses Verfahren kennt die Summe aus Abschlussquote und geretteten Leads, nicht die beiden einzeln.",
    }
    money_method_parts() {
        en: "L leads, ℓ the share missed, q the wins per worked lead, V the contribution margin of a win; 0 without and 1 with Pointsman. Conversion is L₁(1 − ℓ₁)(q₁ − q₀)V, saved leads L₁(ℓ₀ − ℓ₁)q₀V; together exactly L₁(w₁ − w₀)V with w = (1 − ℓ)q, so that nothing counts twice. Missed means: not touched within the maturity window, whatever the end.",
        de: "L Leads, ℓ der Anteil der verpassten, q die Gewinne je bearbeitetem Lead, V der Deckungsbeitrag eines Gewinns; 0 ohne und 1 mit Pointsman. Die Abschlussquote bringt L₁(1 − ℓ₁)(q₁ − q₀)V, die geretteten Leads L₁(ℓ₀ − ℓ₁)q₀V; zusammen genau L₁(w₁ − w₀)V mit w = (1 − ℓ)q, so dass nichts doppelt zählt. Verpasst heißt: binnen der Reifezeit nicht angefasst, wie auch immer es endete.",
    }
    money_method_interval() {
        en: "The interval is that of chance in w₁ − w₀ (Wald; Newcombe where nobody won); what is stated moves it as a whole and shows under “What moves the result”. The intervals of the two parts share numbers and must not be added.",
        de: "Das Intervall ist das des Zufalls in w₁ − w₀ (Wald; Newcombe, wo niemand gewann); was angegeben ist, verschiebt es als Ganzes und steht unter „Was das Ergebnis bewegt“. Die Intervalle der beiden Teile haben Zahlen gemeinsam und dürfen nicht addiert werden.",
    }
    money_method_time() {
        en: "Time is hours a rep and week × weeks × reps × rate. A shorter cycle is wins a day × days shorter × V: what comes earlier comes once, so it counts only when somebody signs for it.",
        de: "Zeit ist Stunden je Vertriebler und Woche × Wochen × Vertriebler × Satz. Ein kürzerer Zyklus ist Gewinne je Tag × Tage kürzer × V: Was früher kommt, kommt nur einmal früher; es zählt nur, wenn jemand dafür zeichnet.",
    }

    missed() { en: "How many leads did nobody touch, and what were they worth?", de: "Wie viele Leads hat niemand angefasst, und was waren sie wert?" }
    missed_fewer(before, after, worth) {
        en: "Without Pointsman {before} of the leads are missed, with it {after}; the leads saved are worth {worth}.",
        de: "Ohne Pointsman werden {before} der Leads verpasst, mit ihm {after}; die geretteten sind {worth} wert.",
    }
    missed_before(before, after, worth) {
        en: "Before, {before} of the leads were missed, in the period {after}; the difference is worth {worth}.",
        de: "Vorher wurden {before} der Leads verpasst, im Zeitraum {after}; der Unterschied ist {worth} wert.",
    }
    missed_unknown(before, after) {
        en: "Before, {before} of the leads were missed, in the period {after}; what the difference is worth alone, this design does not tell.",
        de: "Vorher wurden {before} der Leads verpasst, im Zeitraum {after}; was der Unterschied allein wert ist, sagt dieses Verfahren nicht.",
    }
    group() { en: "Leads", de: "Leads" }
    baseline() { en: "Baseline", de: "Ausgangslage" }
    period() { en: "Period", de: "Zeitraum" }
    held() { en: "Held out", de: "Ausgelassen" }
    routed() { en: "Routed by Pointsman", de: "Von Pointsman verteilt" }
    leads() { en: "Number", de: "Anzahl" }
    missed_share() { en: "Missed ℓ", de: "Verpasst ℓ" }
    per_worked() { en: "Wins per worked lead q", de: "Gewinne je bearbeitetem Lead q" }
    per_lead() { en: "Wins per lead w", de: "Gewinne je Lead w" }
    given() { en: "Given", de: "Angabe" }

    cause() { en: "Is it Pointsman, or the market?", de: "Liegt es an Pointsman oder am Markt?" }
    cause_finding(design, effect, range) { en: "{design}: {effect} ({range})", de: "{design}: {effect} ({range})" }
    cause_axis() { en: "Difference in wins per lead", de: "Unterschied der Gewinne je Lead" }
    fewer_wins() { en: "fewer wins", de: "weniger Gewinne" }
    more_wins() { en: "more wins", de: "mehr Gewinne" }
    design() { en: "Comparison", de: "Vergleich" }
    effect() { en: "Difference in wins per lead", de: "Unterschied der Gewinne je Lead" }
    may_say() { en: "What may be said", de: "Was man sagen darf" }
    counts_here() { en: "The money rests on it", de: "Das Geld beruht darauf" }
    rehearsed(rate, runs, drift) {
        en: "How easily before and after are fooled: in {rate} of {runs} rehearsed periods of this size without any effect, whose win rate drifts by {drift} for other reasons, the interval of this comparison excluded zero.",
        de: "Wie leicht Vorher und Nachher täuschen: In {rate} von {runs} durchgespielten Zeiträumen dieser Größe ohne jede Wirkung, deren Gewinnquote aus anderen Gründen um {drift} schwankt, schloss das Intervall dieses Vergleichs die Null aus.",
    }
    covers(share, runs, rate) {
        en: "A random hold-out in the same rehearsal: its interval held the truth in {share} of {runs}, and found an effect that was not there in {rate}.",
        de: "Eine zufällige Auslassung im selben Durchspiel: Ihr Intervall enthielt die Wahrheit in {share} von {runs} und fand in {rate} eine Wirkung, die es nicht gab.",
    }
    series_finding(gap, range) {
        en: "The weeks since the start lie {gap} off the earlier trend ({range})",
        de: "Die Wochen seit dem Start liegen {gap} neben dem früheren Trend ({range})",
    }
    series_x() { en: "Week", de: "Woche" }
    series_y() { en: "Wins per lead", de: "Gewinne je Lead" }
    series_seen() { en: "Observed", de: "Beobachtet" }
    series_trend() { en: "Trend before", de: "Trend vorher" }
    series_method(df, neighbours) {
        en: "Least squares with a level and a slope before and a change of both at the start; Student's t with {df} degrees of freedom. Correlation of neighbouring residuals: {neighbours}; far above 0 the interval is too narrow.",
        de: "Kleinste Quadrate mit Niveau und Steigung vorher und einer Änderung beider am Start; Students t mit {df} Freiheitsgraden. Korrelation benachbarter Residuen: {neighbours}; weit über 0 ist das Intervall zu eng.",
    }
    staggered_method(teams, orders, p) {
        en: "{teams} teams; each started week is compared with the teams that had not started. The interval holds what {orders} permutations of the start dates do not refute; p = {p}.",
        de: "{teams} Teams; jede Woche nach einem Start wird mit den Teams verglichen, die noch nicht gestartet waren. Das Intervall enthält, was {orders} Vertauschungen der Startdaten nicht widerlegen; p = {p}.",
    }
    experiment_method(experiment) { en: "Taken from the experiment “{experiment}”.", de: "Aus dem Experiment „{experiment}“ übernommen." }
    cause_method() {
        en: "The strongest comparison counts, not the one with the largest effect. In order: a hold-out, switchback or budget split drawn at random; teams that started on different dates; weeks against their own trend; before and after. An interval that includes zero claims nothing, whatever the design.",
        de: "Es zählt der stärkste Vergleich, nicht der mit der größten Wirkung. Der Reihe nach: zufällige Auslassung, Switchback oder Budget-Teilung; Teams mit verschiedenen Startdaten; Wochen gegen ihren eigenen Trend; vorher und nachher. Ein Intervall, das die Null enthält, behauptet nichts, gleich bei welchem Verfahren.",
    }

    costs() { en: "What does it cost?", de: "Was kostet es?" }
    costs_sentence(cost, roi, range) {
        en: "{cost} in the period; the return on it is {roi} (95% interval {range}).",
        de: "{cost} im Zeitraum; die Rendite darauf ist {roi} (95‑%‑Intervall {range}).",
    }
    costs_none() { en: "No cost is given, so there is no return on it.", de: "Es sind keine Kosten angegeben, also gibt es keine Rendite darauf." }
    item() { en: "Item", de: "Posten" }
    range() { en: "Range", de: "Spanne" }
    total() { en: "Together", de: "Zusammen" }
    costs_method() {
        en: "Return is (benefit − cost) ÷ cost. Payback is cost ÷ benefit × weeks of the period.",
        de: "Rendite ist (Nutzen − Kosten) ÷ Kosten. Rückzahlung ist Kosten ÷ Nutzen × Wochen des Zeitraums.",
    }

    sensitivity() { en: "What moves the result", de: "Was das Ergebnis bewegt" }
    sensitivity_sentence(dial, low, high) {
        en: "What moves it most: {dial}. The result after cost then lies between {low} and {high}.",
        de: "Was es am meisten bewegt: {dial}. Das Ergebnis nach Kosten liegt dann zwischen {low} und {high}.",
    }
    sensitivity_finding(dial) { en: "Moves it most: {dial}", de: "Bewegt es am meisten: {dial}" }
    sensitivity_axis() { en: "Result after cost", de: "Ergebnis nach Kosten" }
    loses() { en: "costs more than it brings", de: "kostet mehr, als es bringt" }
    pays() { en: "pays", de: "lohnt sich" }
    from_to(low, high) { en: "{low} to {high}", de: "{low} bis {high}" }
    assumed(range) { en: "{range}, assumed", de: "{range}, angenommen" }
    sensitivity_method() {
        en: "One input goes to both ends of its interval or of its stated range while all others stay. Where nobody gave a range, a fifth either way is tried, and the row says so.",
        de: "Eine Größe geht an beide Enden ihres Intervalls oder ihrer angegebenen Spanne, alle anderen bleiben. Wo niemand eine Spanne angab, wird ein Fünftel nach beiden Seiten versucht, und die Zeile sagt es.",
    }
    dial_wins() { en: "Wins per lead", de: "Gewinne je Lead" }
    dial_margin() { en: "Margin a win", de: "Deckungsbeitrag" }
    dial_hours() { en: "Hours saved", de: "Stunden gespart" }
    dial_rate() { en: "Cost an hour", de: "Kosten einer Stunde" }
    dial_days() { en: "Days shorter", de: "Tage kürzer" }
    dial_cost() { en: "Cost", de: "Kosten" }

    next() { en: "What should change next quarter?", de: "Was sollte sich im nächsten Quartal ändern?" }
    next_hold_out(share, quarters, points) {
        en: "Hold {share} of the leads out at random: after {quarters} the difference is known to ±{points}, and before and after are no longer needed.",
        de: "{share} der Leads zufällig auslassen: Nach {quarters} ist der Unterschied auf ±{points} bekannt, und Vorher und Nachher werden nicht mehr gebraucht.",
    }
    next_plan_missing() {
        en: "Hold some leads out at random; a [plan] in the file says how soon that tells.",
        de: "Einige Leads zufällig auslassen; ein [plan] in der Datei sagt, wie bald man damit etwas weiß.",
    }
    next_keep() { en: "Keep the random comparison running: every quarter narrows the interval.", de: "Den zufälligen Vergleich weiterführen: Jedes Quartal verengt das Intervall." }
    next_missed(share, leads) {
        en: "{share} of the leads, {leads}, are still missed.",
        de: "{share} der Leads, {leads}, werden noch immer verpasst.",
    }
    next_measure(dial) {
        en: "Measure instead of stating: {dial}. Nothing else that is stated moves the result as much.",
        de: "Messen statt angeben: {dial}. Nichts anderes Angegebenes bewegt das Ergebnis so sehr.",
    }
    plan_caption(leads, share) {
        en: "With {leads} a quarter and {share} held out",
        de: "Mit {leads} im Quartal und {share} ausgelassen",
    }
    quarters_column() { en: "After quarters", de: "Nach Quartalen" }
    known_to() { en: "Known to", de: "Bekannt auf" }
    detectable() { en: "Found with 80% probability", de: "Mit 80 % Wahrscheinlichkeit gefunden" }
    next_method() {
        en: "Half width: 1.96 √(w(1 − w)(1/n₀ + 1/n₁)) with w the wins per lead of the baseline and n₀, n₁ the leads held out and routed. Found: 2.80 times the same error.",
        de: "Halbe Breite: 1,96 √(w(1 − w)(1/n₀ + 1/n₁)) mit w den Gewinnen je Lead der Ausgangslage und n₀, n₁ den ausgelassenen und verteilten Leads. Gefunden: 2,80-mal derselbe Fehler.",
    }

    inputs() { en: "What went in", de: "Was eingegangen ist" }
    inputs_sentence(stated, all) {
        en: "Of {all} inputs, {stated} are stated and not measured.",
        de: "Von {all} Angaben sind {stated} angegeben und nicht gemessen.",
    }
    input() { en: "Input", de: "Größe" }
    value() { en: "Value", de: "Wert" }
    reps() { en: "Reps", de: "Vertriebler" }
    weeks_of_period() { en: "Weeks", de: "Wochen" }
    wins_a_day() { en: "Wins a day", de: "Gewinne je Tag" }
    measured() { en: "measured", de: "gemessen" }
    stated() { en: "stated", de: "angegeben" }
    frozen(day, hash) {
        en: "The baseline was frozen on {day} with the hash {hash}; the report is refused if either changes.",
        de: "Die Ausgangslage wurde am {day} mit dem Hash {hash} eingefroren; ändert sich eines, wird der Bericht verweigert.",
    }

    notes() { en: "What cannot be counted", de: "Was sich nicht zählen lässt" }
    note() { en: "Observation", de: "Beobachtung" }
    by() { en: "Said by", de: "Gesagt von" }
    notes_sentence() {
        en: "None of this is in the figures above.",
        de: "Nichts davon steckt in den Zahlen oben.",
    }

    elsewhere() { en: "What this page does not answer", de: "Was diese Seite nicht beantwortet" }
    elsewhere_speed() {
        en: "Are we faster, and where not: pointsman flow (time to the first touch, by source and hour).",
        de: "Sind wir schneller, und wo nicht: pointsman flow (Zeit bis zum Erstkontakt, nach Quelle und Stunde).",
    }
    elsewhere_spread() {
        en: "Does work go to the right people, evenly: pointsman flow and pointsman reps --fairness.",
        de: "Geht die Arbeit an die Richtigen, gleichmäßig: pointsman flow und pointsman reps --fairness.",
    }

    design_stated() { en: "Stated", de: "Angabe" }
    design_pre_post() { en: "Before and after", de: "Vorher und nachher" }
    design_series() { en: "Weeks against their trend", de: "Wochen gegen ihren Trend" }
    design_staggered() { en: "Teams that started later", de: "Später gestartete Teams" }
    design_budget() { en: "Budget split", de: "Budget-Teilung" }
    design_switchback() { en: "Switchback", de: "Switchback" }
    design_hold_out() { en: "Random hold-out", de: "Zufällige Auslassung" }

    claim_caused() {
        en: "Pointsman caused it: chance alone decided which leads it routed.",
        de: "Pointsman hat es verursacht: Der Zufall allein entschied, welche Leads es verteilte.",
    }
    claim_elsewhere() {
        en: "Teams that had started differ from those that had not; other reasons why they started when they did are not excluded.",
        de: "Gestartete Teams unterscheiden sich von noch nicht gestarteten; andere Gründe, warum sie dann starteten, sind nicht ausgeschlossen.",
    }
    claim_trend() {
        en: "The weeks since the start leave the trend of those before; whatever else began then is not excluded.",
        de: "Die Wochen seit dem Start verlassen den Trend der früheren; was sonst damals begann, ist nicht ausgeschlossen.",
    }
    claim_before() {
        en: "It differs from before; season and market are not excluded.",
        de: "Es ist anders als vorher; Saison und Markt sind nicht ausgeschlossen.",
    }
    claim_stated() {
        en: "A part of the sum is stated, not measured.",
        de: "Ein Teil der Summe ist angegeben, nicht gemessen.",
    }
    claim_undecided() {
        en: "The interval includes none at all: it cannot be told from chance.",
        de: "Das Intervall enthält auch gar keinen Unterschied: Vom Zufall ist er nicht zu trennen.",
    }
}

counted! {
    n_leads { en: "lead" / "leads", de: "Lead" / "Leads" }
    n_quarters { en: "quarter" / "quarters", de: "Quartal" / "Quartalen" }
}

pub fn design_of(locale: Locale, design: Design) -> String {
    match design {
        Design::Stated => design_stated(locale),
        Design::PrePost => design_pre_post(locale),
        Design::InterruptedSeries => design_series(locale),
        Design::StaggeredStart => design_staggered(locale),
        Design::BudgetSplit => design_budget(locale),
        Design::Switchback => design_switchback(locale),
        Design::HoldOut => design_hold_out(locale),
    }
}

/// The only sentence that may be said.
pub fn claim_of(locale: Locale, claim: Claim) -> String {
    match claim {
        Claim::Caused => claim_caused(locale),
        Claim::UnlikeElsewhere => claim_elsewhere(locale),
        Claim::OffTrend => claim_trend(locale),
        Claim::UnlikeBefore => claim_before(locale),
        Claim::AsStated => claim_stated(locale),
        Claim::Undecided => claim_undecided(locale),
    }
}

pub fn dial_of(locale: Locale, dial: Dial) -> String {
    match dial {
        Dial::WinsPerLead => dial_wins(locale),
        Dial::Margin => dial_margin(locale),
        Dial::Hours => dial_hours(locale),
        Dial::Rate => dial_rate(locale),
        Dial::Days => dial_days(locale),
        Dial::Cost => dial_cost(locale),
    }
}

pub fn given_of(locale: Locale, given: Given) -> String {
    match given {
        Given::Measured => measured(locale),
        Given::Stated => stated(locale),
    }
}
