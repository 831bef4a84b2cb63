//! The slow, obvious interpreter: documents as plain tables, load as plain maps, and one lead
//! after the other down the ladder. It shares nothing with the rooms that decide in earnest.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use pointsman_domain::Rng;
use toml::{Table, Value};

use super::cel::{self, Asked, Tree, Values};
use super::generate::{Company, Lead, Plain};
use super::hours::{Hours, MINUTE, local};

/// The lead as it comes, and how it went with it so far.
#[derive(Debug, Clone)]
pub struct Case {
    pub number: u64,
    pub lead: Lead,
    pub arrived: i64,
    pub declined: Vec<String>,
    pub last_owner: Option<String>,
    /// When a hold ends at the latest.
    pub deadline: Option<i64>,
    pub seed: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum End {
    Owned { rep: String, due: Option<i64> },
    Held { priced: bool, until: i64, wake: i64 },
    Parked { queue: String, alarm: bool },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub end: End,
    pub rule: Option<String>,
    pub priority: u8,
    pub propensity: f64,
    pub value: f64,
    /// Every rung that was walked.
    pub rungs: Vec<Rung>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    pub rule: String,
    pub overflow: bool,
    pub verdict: &'static str,
    /// Rep, why not, and the number that says by how much (or until when).
    pub candidates: Vec<(String, &'static str, f64)>,
}

/// A counter: rep, limit, and which day, week or month (empty: always).
type Counter = (String, String, String);
/// Larger priority first, then earlier, then by number.
type Place = (u8, i64, u64);

#[derive(Debug)]
pub struct Interpreter {
    company: Company,
    rules: Vec<(Table, Tree)>,
    fallback: Table,
    reps: BTreeMap<String, Table>,
    limits: Vec<Table>,
    large: Tree,
    pools: BTreeMap<String, Table>,
    absences: Vec<(String, i64, i64)>,
    hours: BTreeMap<String, Hours>,
    always: Hours,
    used: BTreeMap<Counter, u64>,
    /// What each owned lead holds, to give it back.
    held: BTreeMap<u64, Vec<Counter>>,
    /// Who has which open lead.
    owners: BTreeMap<u64, String>,
    clocks: BTreeMap<String, f64>,
    starts: BTreeMap<(String, String), f64>,
    /// Waiting leads: place, deadline, wake time, and who may take them.
    waiting: BTreeMap<u64, (Place, i64, i64, Vec<String>)>,
    pub asked: Asked,
}

/// One candidate of a rung while it is looked at.
struct Candidate {
    rep: String,
    weight: f64,
    /// Empty: admitted.
    against: &'static str,
    until: f64,
    skill: f32,
    /// With load: what blocks, what is compared.
    blocked: &'static str,
    later: bool,
    rank: f32,
    score: f32,
    price: f32,
    start: f64,
}

fn text<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    table.get(name).and_then(Value::as_str)
}

fn list(table: &Table, name: &str) -> Vec<String> {
    let items = table.get(name).and_then(Value::as_array).map_or(&[][..], |list| list);
    items.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

fn number(table: &Table, name: &str) -> Option<f64> {
    let value = table.get(name)?;
    value.as_float().or_else(|| value.as_integer().map(|n| n as f64))
}

fn tables(table: &Table, name: &str) -> Vec<Table> {
    let items = table.get(name).and_then(Value::as_array).map_or(&[][..], |list| list);
    items.iter().filter_map(Value::as_table).cloned().collect()
}

fn by_id(tables: Vec<Table>) -> BTreeMap<String, Table> {
    tables.into_iter().map(|table| (text(&table, "id").expect("an id").to_owned(), table)).collect()
}

/// `90m`, `2h`, `1d`, in microseconds.
fn length(text: &str) -> i64 {
    let (count, unit) = text.split_at(text.len() - 1);
    let minutes = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 1440,
        _ => panic!("{text}"),
    };
    count.parse::<i64>().expect("a number") * minutes * MINUTE
}

fn instant(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("a time").as_microsecond()
}

impl Interpreter {
    pub fn new(company: &Company) -> Self {
        let table = |text: &str| text.parse::<Table>().expect("TOML");
        let (policy, roster, absences) = (table(&company.policy), table(&company.roster), table(&company.absences));
        let rule = |rule: Table| {
            let when = text(&rule, "when").map_or(Tree::True, cel::read);
            (rule, when)
        };
        let absence = |a: Table| {
            let at = |name: &str| instant(text(&a, name).expect("a time"));
            (text(&a, "rep").expect("a rep").to_owned(), at("from"), at("until"))
        };
        let hours = company.calendars.iter().map(|(name, body)| (name.clone(), Hours::of(&table(body))));
        Self {
            rules: tables(&policy, "rule").into_iter().map(rule).collect(),
            fallback: policy["fallback"].as_table().expect("a fallback").clone(),
            reps: by_id(tables(&roster, "rep")),
            limits: tables(&roster, "limit"),
            large: cel::read("lead.employees >= 100"),
            pools: by_id(tables(&roster, "pool")),
            absences: tables(&absences, "absence").into_iter().map(absence).collect(),
            hours: hours.collect(),
            always: Hours::always(company.zone),
            used: BTreeMap::new(),
            held: BTreeMap::new(),
            owners: BTreeMap::new(),
            clocks: BTreeMap::new(),
            starts: BTreeMap::new(),
            waiting: BTreeMap::new(),
            asked: Asked::new(),
            company: company.clone(),
        }
    }

    /// The waiting leads whose deadline or hour has come.
    pub fn due(&self, now: i64) -> BTreeSet<u64> {
        self.waiting.iter().filter(|(_, (_, until, wake, _))| *until <= now || *wake <= now).map(|(n, _)| *n).collect()
    }

    /// The first waiting lead that this rep may take.
    pub fn first_in_line(&self, rep: &str) -> Option<u64> {
        let may = self.waiting.iter().filter(|(_, (.., reps))| reps.iter().any(|r| r == rep));
        may.min_by_key(|(_, (place, ..))| *place).map(|(number, _)| *number)
    }

    /// A closed or declined lead gives back its open slots; what a day, a week, a month counted stays.
    pub fn release(&mut self, lead: u64) {
        self.owners.remove(&lead);
        for counter in self.held.remove(&lead).unwrap_or_default() {
            if counter.2.is_empty()
                && let Some(used) = self.used.get_mut(&counter)
            {
                *used -= 1;
            }
        }
    }

    pub fn decide(&mut self, case: &Case, now: i64) -> Answer {
        let values = self.values(case, now);
        let matches: Vec<Table> = self
            .rules
            .iter()
            .filter(|(_, when)| cel::holds(when, &values, &mut self.asked))
            .map(|(rule, _)| rule.clone())
            .collect();
        let priority = |rule: &Table| number(rule, "priority").unwrap_or(5.0) as u8;
        let priority = matches.first().map_or(0, priority);
        // Larger first, so counted down.
        let place = (255 - priority, case.arrived, case.number);
        let value = case.lead.value.map_or(1.0, |value| value as f64);
        let large = cel::holds(&self.large, &values, &mut Asked::new());
        let mut answer = Answer {
            end: End::Parked {
                queue: text(&self.fallback, "queue").expect("a queue").to_owned(),
                alarm: self.fallback["alarm"].as_bool() == Some(true),
            },
            rule: None,
            priority,
            propensity: 1.0,
            value,
            rungs: Vec::new(),
        };
        for rule in &matches {
            let steps = match rule.get("on_full") {
                Some(Value::String(word)) if word == "backup" => self.backups(rule, case, now).len().max(1),
                Some(Value::Table(table)) if table.contains_key("overflow") => 1,
                _ => 0,
            };
            for step in std::iter::once(None).chain((0..steps).map(Some)) {
                if self.rung(rule, step, case, now, (place, value, large), &mut answer) {
                    self.settle(case, place, &answer);
                    return answer;
                }
            }
        }
        self.settle(case, place, &answer);
        answer
    }

    /// Waiting begins or ends.
    fn settle(&mut self, case: &Case, place: Place, answer: &Answer) {
        self.waiting.remove(&case.number);
        if let End::Held { priced, until, wake } = answer.end {
            let able = |(_, why, _): &&(String, &'static str, f64)| {
                !matches!(*why, "inactive" | "excluded_by_rule" | "declined_before" | "missing_skill")
            };
            let last = answer.rungs.last().expect("a hold is of a rung");
            let reps =
                if priced { Vec::new() } else { last.candidates.iter().filter(able).map(|c| c.0.clone()).collect() };
            self.waiting.insert(case.number, (place, until, wake, reps));
        }
    }

    /// What conditions see.
    fn values(&self, case: &Case, now: i64) -> Values {
        let mut values = Values::new();
        let mut set = |name: &str, value: Plain| drop(values.insert(name.to_owned(), value));
        for (name, value) in &case.lead.attributes {
            set(&format!("lead.{name}"), value.clone());
        }
        let words = |text: &str| Plain::Text(text.to_owned());
        set("lead.declines", Plain::Number(case.declined.len() as f64));
        let contact = case.lead.contact.clone().unwrap_or_default();
        set("contact.known", Plain::Bool(contact.known));
        set("contact.has_owner", Plain::Bool(contact.owner.is_some()));
        contact.domain.iter().for_each(|domain| set("contact.email_domain", words(domain)));
        let account = case.lead.account.clone().unwrap_or_default();
        set("account.known", Plain::Bool(case.lead.account.is_some()));
        set("account.has_owner", Plain::Bool(account.owner.is_some()));
        set("account.open_opportunity", Plain::Bool(account.open_opportunity));
        account.owner.iter().for_each(|owner| set("account.owner", words(owner)));
        account.parent_owner.iter().for_each(|owner| set("account.parent_owner", words(owner)));
        let (date, minute) = local(&self.always.zone, now);
        set("time.hour", Plain::Number((minute / 60) as f64));
        let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][date.weekday().to_monday_zero_offset() as usize];
        set("time.weekday", words(day));
        set("time.date", Plain::Date(date.to_string()));
        values
    }

    fn hours_of(&self, rep: &str) -> &Hours {
        text(&self.reps[rep], "calendar").map_or(&self.always, |name| &self.hours[name])
    }

    /// Whom a rule names for this lead, by rep, with the weight each has there; an absent owner or
    /// named rep is followed by whoever stands in.
    fn named(&self, rule: &Table, step: Option<usize>, case: &Case, now: i64) -> Vec<(String, f64)> {
        let weight = |rep: &str| number(&self.reps[rep], "weight").unwrap_or(1.0);
        let members = |pool: &str| {
            let pool = &self.pools[pool];
            let own = pool.get("weights").and_then(Value::as_table);
            let weight = |rep: &str| own.and_then(|w| number(w, rep)).unwrap_or_else(|| weight(rep));
            let reps: BTreeSet<String> = list(pool, "reps").into_iter().collect();
            reps.into_iter().map(|rep| (rep.clone(), weight(&rep))).collect::<Vec<_>>()
        };
        let target = || -> Vec<(String, f64)> {
            if let Some(pool) = text(rule, "pool") {
                return members(pool);
            }
            let (account, contact) = (case.lead.account.clone().unwrap_or_default(), case.lead.contact.clone());
            let rep = match (text(rule, "rep"), text(rule, "owner")) {
                (Some(rep), _) => Some(rep.to_owned()),
                (_, Some("account")) => account.owner,
                (_, Some("parent-account")) => account.parent_owner,
                (_, Some("opportunity")) => account.opportunity_owner,
                (_, Some("prior-contact")) => contact.and_then(|c| c.owner),
                (_, Some("last-owner")) => case.last_owner.clone(),
                (_, Some("originator")) => case.lead.originator.clone(),
                _ => None,
            };
            // An owner whom the roster does not list is nobody.
            let Some(rep) = rep.filter(|rep| self.reps.contains_key(rep)) else { return Vec::new() };
            let mut both = vec![(rep.clone(), 1.0)];
            if self.judge(rule, &rep, 1.0, case, now).against == "absent" {
                both.extend(self.stand_in(&rep, now).map(|other| (other, 1.0)));
            }
            both.sort_by(|a, b| a.0.cmp(&b.0));
            both
        };
        match (step, rule.get("on_full")) {
            (None, _) => target(),
            (Some(_), Some(Value::Table(table))) => members(text(table, "overflow").expect("a pool")),
            (Some(step), _) => {
                let steps = self.backups(rule, case, now);
                let reps = steps.get(step).cloned().unwrap_or_default();
                reps.into_iter().map(|rep| (rep.clone(), weight(&rep))).collect()
            }
        }
    }

    /// The first of the backups, then of theirs, who is there to stay: neither absent nor inactive.
    fn stand_in(&self, rep: &str, now: i64) -> Option<String> {
        let mut line = list(&self.reps[rep], "backup");
        let mut at = 0;
        while at < line.len() {
            let next = line[at].clone();
            let gone = self.reps[&next].get("active").and_then(Value::as_bool) == Some(false);
            if !gone && self.away(&next, now).is_none() {
                return Some(next);
            }
            for more in list(&self.reps[&next], "backup") {
                if !line.contains(&more) {
                    line.push(more);
                }
            }
            at += 1;
        }
        None
    }

    /// Everybody's first backup, everybody's second, then those of the backups; nobody twice.
    fn backups(&self, rule: &Table, case: &Case, now: i64) -> Vec<BTreeSet<String>> {
        let mut known: BTreeSet<String> = self.named(rule, None, case, now).into_iter().map(|(rep, _)| rep).collect();
        let mut level = known.clone();
        let mut steps: Vec<BTreeSet<String>> = Vec::new();
        while !level.is_empty() {
            let mut next = BTreeSet::new();
            for choice in 0..self.reps.len() {
                let chosen = level.iter().filter_map(|rep| list(&self.reps[rep], "backup").get(choice).cloned());
                let fresh: BTreeSet<String> = chosen.filter(|rep| !known.contains(rep)).collect();
                known.extend(fresh.iter().cloned());
                next.extend(fresh.iter().cloned());
                if !fresh.is_empty() {
                    steps.push(fresh);
                }
            }
            level = next;
        }
        steps
    }

    /// When this rep's absence ends; absences that touch or overlap are one.
    fn away(&self, rep: &str, at: i64) -> Option<i64> {
        let mut end: Option<i64> = None;
        while let Some((.., until)) = self
            .absences
            .iter()
            .find(|(r, from, until)| r == rep && *from <= end.unwrap_or(at) && end.unwrap_or(at) < *until)
        {
            end = Some(*until);
        }
        end
    }

    /// The first reason against somebody, whatever the load.
    fn judge(&self, rule: &Table, rep: &str, weight: f64, case: &Case, now: i64) -> Candidate {
        let about = &self.reps[rep];
        let asked = rule.get("skills").and_then(Value::as_table).cloned().unwrap_or_default();
        let level =
            |skill: &str| about.get("skills").and_then(Value::as_table).and_then(|s| number(s, skill)).unwrap_or(0.0);
        let skill: f32 = asked.keys().map(|name| level(name) as f32).sum();
        let skilled =
            asked.iter().all(|(name, least)| level(name) >= (least.as_integer().unwrap_or(0) as f64).max(1.0));
        let hours = self.hours_of(rep);
        let away = |at: i64| self.away(rep, at);
        let back = || {
            let mut at = now;
            loop {
                at = hours.next_open(at);
                match away(at) {
                    Some(until) => at = until,
                    None => return at,
                }
            }
        };
        let (against, until) = match away(now) {
            _ if about.get("active").and_then(Value::as_bool) == Some(false) => ("inactive", 0.0),
            _ if list(rule, "exclude").iter().any(|r| r == rep) => ("excluded_by_rule", 0.0),
            _ if case.declined.iter().any(|r| r == rep) => ("declined_before", 0.0),
            _ if !skilled => ("missing_skill", 0.0),
            Some(until) => ("absent", until as f64),
            None if !hours.is_open(now) => ("outside_hours", back() as f64),
            None => ("", 0.0),
        };
        Candidate {
            rep: rep.to_owned(),
            weight,
            against,
            until,
            skill,
            blocked: "",
            later: false,
            rank: 0.0,
            score: 0.0,
            price: 0.0,
            start: 0.0,
        }
    }

    /// The counters that a lead would raise at this rep: limit, cap, and the counter.
    fn drawn(&self, rep: &str, large: bool, now: i64) -> Vec<(String, u64, bool, Counter)> {
        let mut drawn = Vec::new();
        for limit in &self.limits {
            let id = text(limit, "id").expect("an id");
            let own = self.reps[rep].get("caps").and_then(Value::as_table).and_then(|caps| number(caps, id));
            let Some(cap) = own.or_else(|| number(limit, "default")) else { continue };
            if id == "large" && !large {
                continue;
            }
            let (date, _) = local(&self.hours_of(rep).zone, now);
            let monday = |date: Date| {
                let back = i64::from(date.weekday().to_monday_zero_offset());
                date.checked_sub(jiff::Span::new().days(back)).expect("a date")
            };
            let (open, window) = match text(limit, "kind") {
                Some("per-day") => (false, date.to_string()),
                Some("per-week") => (false, format!("week of {}", monday(date))),
                Some("per-month") => (false, date.strftime("%Y-%m").to_string()),
                _ => (true, String::new()),
            };
            drawn.push((id.to_owned(), cap as u64, open, (rep.to_owned(), id.to_owned(), window)));
        }
        drawn
    }

    /// What load says of an admitted candidate.
    fn weigh(&self, candidate: &mut Candidate, pick: &str, large: bool, now: i64, place: Place) {
        let rep = &candidate.rep;
        let (mut free, mut busy, mut price) = (u64::MAX, 0.0f64, 0.0f64);
        for (limit, cap, open, counter) in self.drawn(rep, large, now) {
            let used = self.used.get(&counter).copied().unwrap_or(0);
            free = free.min(cap.saturating_sub(used));
            if open {
                busy = busy.max(used as f64 / cap.max(1) as f64);
            }
            let posted = self.company.prices.iter().find(|(r, l, _)| r == rep && *l == limit);
            price += posted.map_or(0.0, |(.., price)| *price);
        }
        let ahead =
            self.waiting.values().filter(|(other, _, _, reps)| *other < place && reps.contains(rep)).count() as u64;
        candidate.blocked = match free {
            0 => "limit_reached",
            u64::MAX => "",
            _ if ahead >= free => "older_lead_waits",
            _ => "",
        };
        let logit = self.company.model.as_ref().map_or(0.0, |(base, effects)| {
            base + effects.iter().find(|(r, _)| r == rep).map_or(0.0, |(_, effect)| *effect)
        });
        candidate.score = (1.0 / (1.0 + (-logit).exp())) as f32;
        candidate.price = price as f32;
        candidate.rank = match pick {
            // Turns are lined up later; nobody of these companies says where home is.
            "weighted-round-robin" | "nearest-territory" => 0.0,
            "least-loaded" => busy as f32,
            "draw" => candidate.weight as f32,
            _ => candidate.skill,
        };
    }

    /// Takes one rung; whether the walk ended there.
    fn rung(
        &mut self,
        rule: &Table,
        step: Option<usize>,
        case: &Case,
        now: i64,
        (place, value, large): (Place, f64, bool),
        answer: &mut Answer,
    ) -> bool {
        let overflow = step.is_some();
        let id = text(rule, "id").expect("an id").to_owned();
        if let Some(queue) = text(rule, "queue") {
            answer.rungs.push(Rung { rule: id.clone(), overflow, verdict: "parked", candidates: Vec::new() });
            answer.rule = Some(id);
            answer.end = End::Parked { queue: queue.to_owned(), alarm: false };
            return true;
        }
        let scored = self.company.model.is_some();
        let usual = if scored { "expected-value" } else { "weighted-round-robin" };
        let pick = text(rule, "pick").unwrap_or(usual).to_owned();
        let on_full = rule.get("on_full").cloned();
        let mut candidates: Vec<Candidate> = self
            .named(rule, step, case, now)
            .into_iter()
            .map(|(rep, weight)| self.judge(rule, &rep, weight, case, now))
            .collect();
        for candidate in candidates.iter_mut().filter(|c| c.against.is_empty()) {
            self.weigh(candidate, &pick, large, now, place);
        }
        let capped = |c: &Candidate| self.drawn(&c.rep, large, now).iter().any(|(_, _, open, _)| *open);
        let mut asked = candidates.iter_mut().filter(|c| c.against.is_empty()).collect::<Vec<_>>();
        if pick == "least-loaded" && !asked.iter().all(|c| capped(c)) {
            // Where somebody has no cap, open leads are compared.
            asked.iter_mut().for_each(|c| c.rank = self.owners.values().filter(|rep| **rep == c.rep).count() as f32);
        }
        let pool = match (overflow, &on_full) {
            (true, Some(Value::Table(table))) => text(table, "overflow").map(ToOwned::to_owned),
            (false, _) => text(rule, "pool").map(ToOwned::to_owned),
            _ => None,
        };
        let takes_turns = pick == "weighted-round-robin" && pool.is_some();
        let pool = pool.unwrap_or_default();
        let mut clock = self.clocks.get(&pool).copied().unwrap_or(0.0);
        if takes_turns {
            clock = self.line_up(&pool, clock, &mut candidates);
        }
        let merit = |c: &Candidate| match &*pick {
            "weighted-round-robin" | "least-loaded" => -f64::from(c.rank),
            "best-score" => f64::from(c.score),
            "expected-value" => value * f64::from(c.score) - f64::from(c.price),
            _ => f64::from(c.rank),
        };
        let may_hold = case.deadline.is_none_or(|deadline| now < deadline);
        let until = |longest: &str| case.deadline.unwrap_or_else(|| now + length(longest));
        // Nobody waits for a better price past the SLA, which runs from the arrival.
        let late = text(rule, "sla").and_then(|sla| {
            let admitted = candidates.iter().filter(|c| c.against.is_empty());
            admitted.map(|c| self.hours_of(&c.rep).due(case.arrived, length(sla))).min()
        });
        let priced_until = text(rule, "wait").map(|wait| late.map_or(until(wait), |late| late.min(until(wait))));
        let waits = may_hold && priced_until.is_some_and(|until| now < until);
        let explore = number(rule, "explore").unwrap_or(0.0);
        let chosen = choose(&candidates, &pick, merit, waits, explore, case.seed);
        let reason = |at: usize, c: &Candidate| -> (&'static str, f64) {
            if !c.against.is_empty() {
                return (c.against, c.until);
            }
            if !c.blocked.is_empty() {
                return (c.blocked, 0.0);
            }
            let Chosen::Taken(taken, propensity) = chosen else { return ("price_too_high", -merit(c)) };
            if taken == at {
                return ("chosen", 0.0);
            }
            let by = merit(&candidates[taken]) - merit(c);
            match &*pick {
                "weighted-round-robin" => ("later_turn", by),
                "least-loaded" => ("higher_load", by),
                "best-skill" => ("lower_skill", by),
                "nearest-territory" => ("farther_territory", by),
                "best-score" => ("lower_score", by),
                "expected-value" => ("lower_value", by),
                _ => ("not_drawn", propensity),
            }
        };
        let reasons = candidates.iter().enumerate().map(|(at, c)| {
            let (why, by) = reason(at, c);
            (c.rep.clone(), why, by)
        });
        let mut rung = Rung { rule: id.clone(), overflow, verdict: "nobody_free", candidates: reasons.collect() };
        if candidates.iter().all(|c| !c.against.is_empty()) {
            rung.verdict = if candidates.is_empty() { "nobody_named" } else { "nobody_eligible" };
        }
        let eligible = candidates.iter().any(|c| c.against.is_empty());
        let back =
            candidates.iter().filter(|c| matches!(c.against, "absent" | "outside_hours")).map(|c| c.until as i64).min();
        let wake = |until: i64| {
            let hour = 60 * MINUTE;
            let hourly = eligible.then(|| (now.div_euclid(hour) + 1) * hour);
            [Some(until), back, hourly].into_iter().flatten().min().unwrap_or(until)
        };
        let mut ended = true;
        match (chosen, &on_full) {
            (Chosen::Taken(at, propensity), _) => {
                rung.verdict = "chosen";
                answer.propensity = propensity;
                let rep = candidates[at].rep.clone();
                let due = text(rule, "sla").map(|sla| self.hours_of(&rep).due(now, length(sla)));
                answer.end = End::Owned { rep: rep.clone(), due };
                let counters: Vec<Counter> =
                    self.drawn(&rep, large, now).into_iter().map(|(.., counter)| counter).collect();
                counters.iter().for_each(|counter| *self.used.entry(counter.clone()).or_default() += 1);
                self.held.insert(case.number, counters);
                self.owners.insert(case.number, rep.clone());
                if takes_turns {
                    self.take_turn(&pool, clock, &candidates, at);
                }
            }
            (Chosen::Waits, _) => {
                rung.verdict = "priced";
                let until = priced_until.expect("it may wait");
                answer.end = End::Held { priced: true, until, wake: wake(until) };
            }
            (Chosen::Nobody, Some(Value::Table(table))) if table.contains_key("queue") => {
                answer.end = End::Parked { queue: text(table, "queue").expect("a queue").to_owned(), alarm: false };
            }
            (Chosen::Nobody, Some(Value::Table(table)))
                if table.contains_key("hold") && may_hold && (eligible || back.is_some()) =>
            {
                rung.verdict = "queued";
                let until = until(text(table, "hold").expect("a length"));
                answer.end = End::Held { priced: false, until, wake: wake(until) };
            }
            (Chosen::Nobody, _) => ended = false,
        }
        answer.rungs.push(rung);
        if ended {
            answer.rule = Some(id);
        }
        ended
    }

    /// Where everybody present stands in a pool's line: virtual starts, and the clock they see.
    fn line_up(&self, pool: &str, kept: f64, candidates: &mut [Candidate]) -> f64 {
        let present = |c: &Candidate| c.against.is_empty() && c.blocked.is_empty();
        let mut clock = kept;
        for c in candidates.iter_mut().filter(|c| present(c)) {
            let start = self.starts.get(&(pool.to_owned(), c.rep.clone())).copied();
            // Whoever is behind its deadline was away, and starts at the clock again.
            c.start = start.filter(|start| start + 1.0 / c.weight >= kept - 1e-7).unwrap_or(kept);
        }
        let first = candidates.iter().filter(|c| present(c)).map(|c| c.start).fold(f64::INFINITY, f64::min);
        if first.is_finite() {
            clock = clock.max(first);
        }
        for c in candidates.iter_mut().filter(|c| present(c)) {
            c.rank = (c.start + 1.0 / c.weight - clock) as f32;
            c.later = c.start > clock + 1e-7;
        }
        clock
    }

    /// One moves to its deadline, the clock moves by the share of everybody present.
    fn take_turn(&mut self, pool: &str, clock: f64, candidates: &[Candidate], chosen: usize) {
        let (mut total, mut earliest) = (0.0, f64::INFINITY);
        for (at, c) in candidates.iter().enumerate().filter(|(_, c)| c.against.is_empty() && c.blocked.is_empty()) {
            let start = if at == chosen { c.start + 1.0 / c.weight } else { c.start };
            total += c.weight;
            earliest = earliest.min(start + 1.0 / c.weight);
            self.starts.insert((pool.to_owned(), c.rep.clone()), start);
        }
        self.clocks.insert(pool.to_owned(), (clock + 1.0 / total).min(earliest));
    }
}

#[derive(Clone, Copy)]
enum Chosen {
    Taken(usize, f64),
    Waits,
    Nobody,
}

fn choose(
    candidates: &[Candidate],
    pick: &str,
    merit: impl Fn(&Candidate) -> f64,
    waits: bool,
    explore: f64,
    seed: u64,
) -> Chosen {
    let free = |later: bool| {
        let all = candidates.iter().enumerate();
        all.filter(|(_, c)| c.against.is_empty() && c.blocked.is_empty() && c.later == later)
            .map(|(at, _)| at)
            .collect::<Vec<_>>()
    };
    // Whose turn has come goes first; when nobody's has, the next in line.
    let free = [free(false), free(true)].into_iter().find(|free| !free.is_empty());
    let Some(free) = free else { return Chosen::Nobody };
    if pick == "draw" {
        return drawn(&free.iter().map(|at| (*at, f64::from(candidates[*at].rank))).collect::<Vec<_>>(), seed);
    }
    let mut best = free[0];
    for at in &free {
        if merit(&candidates[*at]) > merit(&candidates[best]) {
            best = *at;
        }
    }
    if pick == "expected-value" && waits && merit(&candidates[best]) < 0.0 {
        return Chosen::Waits;
    }
    if explore > 0.0 {
        let mut near = free;
        near.sort_by(|a, b| merit(&candidates[*b]).total_cmp(&merit(&candidates[*a])).then(a.cmp(b)));
        near.truncate(16);
        let share = explore / near.len() as f64;
        let table: Vec<(usize, f64)> =
            near.iter().map(|at| (*at, if *at == best { 1.0 - explore + share } else { share })).collect();
        return drawn(&table, seed);
    }
    Chosen::Taken(best, 1.0)
}

fn drawn(weighted: &[(usize, f64)], seed: u64) -> Chosen {
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    let mut left = Rng::seeded(seed).uniform() * total;
    let mut last = Chosen::Nobody;
    for (at, weight) in weighted.iter().filter(|(_, weight)| *weight > 0.0) {
        last = Chosen::Taken(*at, weight / total);
        if left < *weight {
            return last;
        }
        left -= weight;
    }
    last
}
