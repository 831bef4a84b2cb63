//! Why a lead went where it went, and what would have had to differ, as sentences.

use pointsman_decision::{
    Decision, Difference, ExplainedCandidate, ExplainedRung, ExplainedTarget, Explanation, Hold, Outcome, Snapshot,
    ValueSource, Verdict, WhyNot, why_not::Way,
};
use pointsman_domain::{Instant, Pick, Reason, RepId, RuleId};
use pointsman_rules::OwnerOf;

use super::{reason, words};
use crate::{Cx, Unit};

words! {
    offered(rep, until, why) { en: "Offered to {rep} until {until} because {why}.", de: "Bis {until} {rep} angeboten, weil {why}." }
    went(rep, why) { en: "Went to {rep} because {why}.", de: "Ging an {rep}, weil {why}." }
    waits_queued(until, why) {
        en: "Waits for a free place until {until} because {why}.",
        de: "Wartet bis {until} auf einen freien Platz, weil {why}.",
    }
    waits_priced(until, rule) {
        en: "Waits until {until}: on rule {rule} everybody's next place is worth more than this lead would bring there.",
        de: "Wartet bis {until}: Bei Regel {rule} ist jeder nächste Platz mehr wert, als dieser Lead dort brächte.",
    }
    parked(queue, why) { en: "Is parked in queue {queue} because {why}.", de: "Liegt in der Warteschlange {queue}, weil {why}." }
    rule_parks(rule) { en: "rule {rule} says so", de: "Regel {rule} es so bestimmt" }
    nobody_free(rule) { en: "nobody whom rule {rule} names is free", de: "niemand frei ist, den Regel {rule} nennt" }
    nobody_left() { en: "no rule that applies has anybody who may take it", de: "keine Regel, die zutrifft, jemanden hat, der ihn nehmen darf" }
    account_of(account, rep) { en: "the account {account} belongs to {rep}", de: "der Account {account} zu {rep} gehört" }
    parent_of(account, rep) {
        en: "the parent of {account} belongs to {rep}",
        de: "die Muttergesellschaft von {account} zu {rep} gehört",
    }
    named_parent_of(account, parent, rep) {
        en: "{account}'s parent {parent} belongs to {rep}",
        de: "{parent}, die Muttergesellschaft von {account}, zu {rep} gehört",
    }
    subsidiary_of(account, rep) {
        en: "the subsidiaries of {account} belong to {rep}",
        de: "die Tochtergesellschaften von {account} zu {rep} gehören",
    }
    opportunity_of(account, rep) {
        en: "the open opportunity of {account} belongs to {rep}",
        de: "die offene Verkaufschance von {account} zu {rep} gehört",
    }
    prior_contact(rep) { en: "{rep} dealt with this person before", de: "{rep} mit dieser Person schon zu tun hatte" }
    last_owner(rep) { en: "{rep} had this lead last", de: "{rep} diesen Lead zuletzt hatte" }
    originator(rep) { en: "{rep} created it", de: "{rep} ihn angelegt hat" }
    of_territory(rule, territory, how) {
        en: "rule {rule} hands to whom its row of territory {territory} names, where {how}",
        de: "Regel {rule} dahin gibt, was seine Zeile des Gebiets {territory} nennt, wo {how}",
    }
    names(rule, rep) { en: "rule {rule} names {rep}", de: "Regel {rule} {rep} nennt" }
    of_pool(rule, pool, how) { en: "rule {rule} hands to pool {pool}, where {how}", de: "Regel {rule} an den Pool {pool} gibt, in dem {how}" }
    of_backups(rule, how) {
        en: "nobody whom rule {rule} names was free, and of their backups {how}",
        de: "niemand frei war, den Regel {rule} nennt, und von den Vertretungen {how}",
    }
    of_overflow(rule, pool, how) {
        en: "nobody of rule {rule}'s own was free, and in the overflow pool {pool} {how}",
        de: "bei Regel {rule} sonst niemand frei war und im Überlaufpool {pool} {how}",
    }
    only_one(rep) { en: "{rep} was the only one who could take it", de: "nur {rep} ihn nehmen konnte" }
    turn(rep) { en: "{rep}'s turn came first", de: "{rep} als Nächstes an der Reihe war" }
    least_loaded(rep) { en: "{rep} had the most room", de: "{rep} am wenigsten ausgelastet war" }
    best_skill(rep) { en: "{rep} has the highest skill", de: "{rep} die höchste Fähigkeit hat" }
    nearest(rep) { en: "{rep}'s territory fits best", de: "{rep}s Gebiet am besten passt" }
    best_score(rep, score) { en: "{rep} has the best chance of winning it ({score})", de: "{rep} die beste Gewinnchance hat ({score})" }
    best_value(rep, net) {
        en: "{rep} brings the most after the price of the place ({net})",
        de: "{rep} nach Abzug des Preises für den Platz am meisten bringt ({net})",
    }
    best(rep) { en: "{rep} comes first", de: "{rep} an erster Stelle steht" }
    drawn(rep, p) { en: "{rep} was drawn (chance {p})", de: "{rep} gezogen wurde (Chance {p})" }
    next(rep) { en: "Without that, {rep} would have got it.", de: "Sonst hätte {rep} ihn bekommen." }
    next_but(rep, why) { en: "{rep} would have been next: {why}.", de: "{rep} wäre als Nächstes gekommen: {why}." }
    next_by(rep, rule) { en: "{rep} would have been next, by rule {rule}.", de: "{rep} wäre als Nächstes gekommen, nach Regel {rule}." }
    has_it(rep) { en: "{rep} has this lead.", de: "{rep} hat diesen Lead." }
    would(rep, what, rule) {
        en: "{rep} would have got it by rule {rule} if {what}.",
        de: "{rep} hätte ihn nach Regel {rule} bekommen, wenn {what}.",
    }
    and() { en: " and ", de: " und " }
    assumes() {
        en: "How full people were on that rule was not recorded; this counts as if there had been room.",
        de: "Wie voll die Leute bei dieser Regel waren, ist nicht festgehalten; hier gilt, dass Platz war.",
    }
    nothing(rep) {
        en: "No small change would have given it to {rep}.",
        de: "Keine kleine Änderung hätte ihn {rep} gegeben.",
    }
    stands(rule, why) { en: "On rule {rule}: {why}.", de: "Bei Regel {rule}: {why}." }
    never_named(rep) {
        en: "No rule that was looked at names {rep}.",
        de: "Keine Regel, die geprüft wurde, nennt {rep}.",
    }
    fact(field, to, from) { en: "{field} had been {to} (not {from})", de: "{field} {to} gewesen wäre (statt {from})" }
    missing() { en: "missing", de: "leer" }
    had_account(rep) { en: "the account had belonged to {rep}", de: "der Account {rep} gehört hätte" }
    had_parent(rep) { en: "a parent of the account had belonged to {rep}", de: "eine Muttergesellschaft {rep} gehört hätte" }
    had_subsidiary(rep) { en: "a subsidiary of the account had belonged to {rep}", de: "eine Tochtergesellschaft {rep} gehört hätte" }
    had_opportunity(rep) { en: "an open opportunity had belonged to {rep}", de: "eine offene Verkaufschance {rep} gehört hätte" }
    had_contact(rep) { en: "{rep} had dealt with this person before", de: "{rep} mit dieser Person schon zu tun gehabt hätte" }
    had_last(rep) { en: "{rep} had had this lead last", de: "{rep} diesen Lead zuletzt gehabt hätte" }
    had_created(rep) { en: "{rep} had created it", de: "{rep} ihn angelegt hätte" }
    in_pool(rep, pool) { en: "{rep} had been in pool {pool}", de: "{rep} im Pool {pool} gewesen wäre" }
    skill(rep, skill, to, from) {
        en: "{rep} had had {skill} at level {to} (has {from})",
        de: "{rep} {skill} auf Stufe {to} gehabt hätte (hat {from})",
    }
    active(rep) { en: "{rep} had been active", de: "{rep} aktiv gewesen wäre" }
    back(rep) { en: "{rep} had been back from the absence", de: "{rep} aus der Abwesenheit zurück gewesen wäre" }
    at_work(rep) { en: "{rep} had been at work at that hour", de: "{rep} zu dieser Stunde gearbeitet hätte" }
    not_excluded(rep, rule) { en: "rule {rule} did not exclude {rep}", de: "Regel {rule} {rep} nicht ausschlösse" }
    not_declined(rep) { en: "{rep} had not declined it before", de: "{rep} ihn nicht schon abgelehnt hätte" }
    free_slot(rep, limit) { en: "{rep} had had a free place under limit {limit}", de: "{rep} einen freien Platz unter der Grenze {limit} gehabt hätte" }
    nobody_ahead() { en: "no older lead had been waiting for that place", de: "kein älterer Lead auf diesen Platz gewartet hätte" }
    sooner(rep, by) { en: "{rep}'s turn had come more than {by} turns sooner", de: "{rep} um mehr als {by} Runden früher an der Reihe gewesen wäre" }
    lower_load(rep, by) { en: "{rep}'s load had been {by} lower", de: "{rep}s Auslastung um {by} geringer gewesen wäre" }
    nearer(rep, by) { en: "{rep}'s territory had fitted {by} more narrowly", de: "{rep}s Gebiet um {by} enger gepasst hätte" }
    higher_score(rep, to, from) {
        en: "{rep}'s chance of winning had been {to} (was {from})",
        de: "{rep}s Gewinnchance {to} gewesen wäre (war {from})",
    }
    lower_price(rep, to, from) {
        en: "{rep}'s next place had cost at most {to} (cost {from})",
        de: "{rep}s nächster Platz höchstens {to} gekostet hätte (kostete {from})",
    }
    another_draw(p) { en: "the draw had fallen otherwise (chance {p})", de: "die Ziehung anders ausgefallen wäre (Chance {p})" }
}

/// What sentences need besides the explanation: names and units.
#[derive(Clone, Copy)]
pub struct Teller<'a> {
    pub snapshot: &'a Snapshot,
    pub cx: Cx,
}

impl std::fmt::Debug for Teller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Teller({:?})", self.cx)
    }
}

/// Money, or wins where the workspace counts wins.
pub fn value_unit(decision: &Decision, snapshot: &Snapshot) -> Unit {
    match decision.value_source {
        ValueSource::Wins => Unit::number(3),
        ValueSource::Given | ValueSource::Model => Unit::money(snapshot.currency),
    }
}

impl Teller<'_> {
    fn name(&self, rep: &RepId) -> String {
        let roster = &self.snapshot.roster;
        roster.rep(rep.as_str()).map_or_else(|| rep.to_string(), |index| roster.rep_at(index).name.to_string())
    }

    /// Where the lead went and why, and who would have been next.
    pub fn sentence(&self, explanation: &Explanation) -> String {
        let l = self.cx.locale;
        let last = explanation.rungs.last();
        match &explanation.decision.outcome {
            Outcome::Owned { rep, .. } | Outcome::Offered { rep, .. } => {
                let why = last.map_or_else(String::new, |rung| self.chosen(explanation, rung, rep));
                let sentence = match &explanation.decision.outcome {
                    Outcome::Offered { until, .. } => offered(l, &self.name(rep), &minute(*until), &why),
                    _ => went(l, &self.name(rep), &why),
                };
                match self.next(explanation) {
                    Some(next) => format!("{sentence} {next}"),
                    None => sentence,
                }
            }
            Outcome::Held { hold, until, .. } => {
                let rule = last.map_or("", |rung| rung.rule.as_str());
                match hold {
                    Hold::Queued => waits_queued(l, &minute(*until), &nobody_free(l, rule)),
                    Hold::Priced => waits_priced(l, &minute(*until), rule),
                }
            }
            Outcome::Parked { queue, .. } => {
                let why = match (&explanation.decision.rule, last.map(|rung| rung.verdict)) {
                    (Some(rule), Some(Verdict::Parked)) => rule_parks(l, rule.as_str()),
                    (Some(rule), _) => nobody_free(l, rule.as_str()),
                    (None, _) => nobody_left(l),
                };
                parked(l, queue.as_str(), &why)
            }
        }
    }

    /// Why a rep got the lead or is asked: the part of the sentence after its "because"; nothing
    /// where nobody did.
    pub fn because(&self, explanation: &Explanation) -> Option<String> {
        let rep = match &explanation.decision.outcome {
            Outcome::Owned { rep, .. } | Outcome::Offered { rep, .. } => rep,
            Outcome::Held { .. } | Outcome::Parked { .. } => return None,
        };
        explanation.rungs.last().map(|rung| self.chosen(explanation, rung, rep))
    }

    fn chosen(&self, explanation: &Explanation, rung: &ExplainedRung, rep: &RepId) -> String {
        let l = self.cx.locale;
        let (rule, name) = (rung.rule.as_str(), self.name(rep));
        let account = explanation.account.as_deref().unwrap_or("–");
        let how = || self.picked(explanation, rung, rep);
        match &rung.target {
            ExplainedTarget::Owner(OwnerOf::Account) => account_of(l, account, &name),
            ExplainedTarget::Owner(OwnerOf::ParentAccount) => match &explanation.parent {
                Some(parent) => named_parent_of(l, account, parent, &name),
                None => parent_of(l, account, &name),
            },
            ExplainedTarget::Owner(OwnerOf::Subsidiary) => subsidiary_of(l, account, &name),
            ExplainedTarget::Territory(territory) => of_territory(l, rule, territory.as_str(), &how()),
            ExplainedTarget::Owner(OwnerOf::Opportunity) => opportunity_of(l, account, &name),
            ExplainedTarget::Owner(OwnerOf::PriorContact) => prior_contact(l, &name),
            ExplainedTarget::Owner(OwnerOf::LastOwner) => last_owner(l, &name),
            ExplainedTarget::Owner(OwnerOf::Originator) => originator(l, &name),
            ExplainedTarget::Rep(_) | ExplainedTarget::Queue(_) => names(l, rule, &name),
            ExplainedTarget::Backups => of_backups(l, rule, &how()),
            ExplainedTarget::Pool(pool) if rung.overflow => of_overflow(l, rule, pool.as_str(), &how()),
            ExplainedTarget::Pool(pool) => of_pool(l, rule, pool.as_str(), &how()),
        }
    }

    /// The number that decided within a pool.
    fn picked(&self, explanation: &Explanation, rung: &ExplainedRung, rep: &RepId) -> String {
        let l = self.cx.locale;
        let name = self.name(rep);
        let rivals = rung.candidates.iter().filter(|candidate| compared(&candidate.reason)).count();
        let chosen = rung.candidates.iter().find(|candidate| candidate.rep == *rep);
        let percent = |x: f64| Unit::percent(1).show(l, x);
        if rivals == 0 {
            return only_one(l, &name);
        }
        if explanation.decision.propensity < 1.0 {
            return drawn(l, &name, &percent(explanation.decision.propensity));
        }
        match (rung.pick, chosen) {
            (Pick::WeightedRoundRobin, _) => turn(l, &name),
            (Pick::LeastLoaded, _) => least_loaded(l, &name),
            (Pick::BestSkill, _) => best_skill(l, &name),
            (Pick::NearestTerritory, _) => nearest(l, &name),
            (Pick::BestScore, Some(ExplainedCandidate { score: Some(score), .. })) => {
                best_score(l, &name, &percent(*score))
            }
            (Pick::ExpectedValue, Some(ExplainedCandidate { net: Some(net), .. })) => {
                best_value(l, &name, &value_unit(&explanation.decision, self.snapshot).show(l, *net))
            }
            _ => best(l, &name),
        }
    }

    fn next(&self, explanation: &Explanation) -> Option<String> {
        let l = self.cx.locale;
        let next_one = explanation.next.as_ref()?;
        let (rep, last) = (self.name(&next_one.rep), explanation.rungs.last()?);
        if last.rule != next_one.rule || last.overflow != next_one.overflow {
            return Some(next_by(l, &rep, next_one.rule.as_str()));
        }
        let candidate = last.candidates.iter().find(|candidate| candidate.rep == next_one.rep);
        Some(match candidate {
            Some(candidate) => next_but(l, &rep, &self.reason(&candidate.reason, &explanation.decision)),
            None => next(l, &rep),
        })
    }

    /// The reason within a sentence.
    fn reason(&self, why: &Reason, decision: &Decision) -> String {
        let text = reason::reason(why, value_unit(decision, self.snapshot), self.cx);
        match self.cx.locale {
            // German reasons begin with nouns as often as not: they stay as they are.
            crate::Locale::De => text,
            crate::Locale::En => {
                let mut letters = text.chars();
                letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
            }
        }
    }

    /// The ways in which the rep would have got it, one sentence each.
    pub fn ways(&self, answer: &WhyNot, decision: &Decision) -> Vec<String> {
        answer.ways.iter().map(|way| self.way(answer, way, decision)).collect()
    }

    fn way(&self, answer: &WhyNot, way: &Way, decision: &Decision) -> String {
        let l = self.cx.locale;
        let rep = self.name(&answer.rep);
        let what: Vec<String> = way.differences.iter().map(|d| self.difference(d, &rep, decision)).collect();
        let sentence = would(l, &rep, &what.join(&and(l)), way.rule.as_str());
        if way.assumes_load { format!("{sentence} {}", assumes(l)) } else { sentence }
    }

    /// What stood between the rep and the lead; first what a reader should know.
    pub fn obstacles(&self, answer: &WhyNot, decision: &Decision) -> Vec<String> {
        let l = self.cx.locale;
        let rep = self.name(&answer.rep);
        if answer.already {
            return vec![has_it(l, &rep)];
        }
        let mut lines = Vec::new();
        if answer.ways.is_empty() {
            lines.push(nothing(l, &rep));
        }
        if answer.stands.is_empty() {
            lines.push(never_named(l, &rep));
        }
        let on = |rule: &RuleId, why: &Reason| stands(l, rule.as_str(), &self.reason(why, decision));
        lines.extend(answer.stands.iter().map(|obstacle| on(&obstacle.rule, &obstacle.reason)));
        lines
    }

    fn difference(&self, difference: &Difference, rep: &str, decision: &Decision) -> String {
        let l = self.cx.locale;
        let unit = value_unit(decision, self.snapshot);
        let percent = |x: f64| Unit::percent(1).show(l, x);
        let or_missing = |value: &Option<String>| value.clone().unwrap_or_else(|| missing(l));
        match difference {
            Difference::Fact { field, from, to, .. } => fact(l, field, &or_missing(to), &or_missing(from)),
            Difference::Owner { of: OwnerOf::Account, .. } => had_account(l, rep),
            Difference::Owner { of: OwnerOf::ParentAccount, .. } => had_parent(l, rep),
            Difference::Owner { of: OwnerOf::Subsidiary, .. } => had_subsidiary(l, rep),
            Difference::Owner { of: OwnerOf::Opportunity, .. } => had_opportunity(l, rep),
            Difference::Owner { of: OwnerOf::PriorContact, .. } => had_contact(l, rep),
            Difference::Owner { of: OwnerOf::LastOwner, .. } => had_last(l, rep),
            Difference::Owner { of: OwnerOf::Originator, .. } => had_created(l, rep),
            Difference::InPool { pool } => in_pool(l, rep, pool.as_str()),
            Difference::Skill { skill: name, from, to } => skill(l, rep, name, &to.to_string(), &from.to_string()),
            Difference::Active => active(l, rep),
            Difference::Back { .. } => back(l, rep),
            Difference::AtWork { .. } => at_work(l, rep),
            Difference::NotExcluded { rule } => not_excluded(l, rep, rule.as_str()),
            Difference::NotDeclined => not_declined(l, rep),
            Difference::FreeSlot { limit } => free_slot(l, rep, limit.as_str()),
            Difference::NobodyAhead => nobody_ahead(l),
            Difference::SoonerTurn { by } => sooner(l, rep, &l.number(*by, 2)),
            Difference::LowerLoad { by } => lower_load(l, rep, &percent(*by)),
            Difference::NearerTerritory { by } => nearer(l, rep, &l.number(*by, 1)),
            Difference::HigherScore { from, to } => higher_score(l, rep, &percent(*to), &percent(*from)),
            Difference::LowerPrice { from, to } => lower_price(l, rep, &unit.show(l, *to), &unit.show(l, *from)),
            Difference::AnotherDraw { propensity } => another_draw(l, &percent(*propensity)),
        }
    }
}

/// The candidate could have taken the lead, and was behind.
fn compared(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::LaterTurn { .. }
            | Reason::HigherLoad { .. }
            | Reason::LowerSkill { .. }
            | Reason::FartherTerritory { .. }
            | Reason::LowerScore { .. }
            | Reason::LowerValue { .. }
            | Reason::NotDrawn { .. }
    )
}

fn minute(at: Instant) -> String {
    at.to_string().replacen('T', " ", 1).chars().take(16).collect::<String>() + " UTC"
}
