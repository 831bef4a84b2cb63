//! What would have had to differ is not merely said: the documents, the facts and the ledger are
//! changed as it says, the lead is decided anew, and the named rep gets it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::oracle::{
    engine::{Engine, Taken},
    interpret::Case,
    run,
};
use pointsman_assign::{Change, CounterKey, Ledger, Load, Partition};
use pointsman_decision::{
    Difference, DocumentKind, DocumentSet, Facts, Scratch, Snapshot, Ticket, decide, qualify, why_not,
};
use pointsman_domain::{DecisionId, Entity, Instant, Pick, RepId, Value, Window};
use pointsman_rules::OwnerOf;

/// One question in this many decisions: compiling changed documents takes its time.
const EVERY: u64 = 29;

#[derive(Default)]
struct Tally {
    asked: u64,
    answered: u64,
    /// By kind of difference: how often it was part of a way that was carried out and held.
    carried_out: BTreeMap<String, u64>,
    /// The same for every way.
    told: BTreeMap<String, u64>,
}

fn count(differences: &[Difference], in_what: &mut BTreeMap<String, u64>) {
    for difference in differences {
        let kind = serde_json::to_value(difference).expect("JSON")["change"].as_str().expect("a kind").to_owned();
        *in_what.entry(kind).or_default() += 1;
    }
}

#[test]
fn every_way_gives_the_lead_to_the_rep() {
    let mut tally = Tally::default();
    let mut count = 0;
    run(500, 24, 160, &mut |engine, case, now, taken| {
        count += 1;
        if count % EVERY == 0 {
            ask(engine, case, now, taken, &mut tally);
        }
    });
    println!("{} of {} questions have an answer; carried out: {:?}", tally.answered, tally.asked, tally.carried_out);
    assert!(tally.answered * 10 >= tally.asked * 6, "{} of {}", tally.answered, tally.asked);
    for kind in ["fact", "owner", "in_pool", "skill", "back", "at_work", "not_excluded", "free_slot", "nobody_ahead"] {
        assert!(tally.carried_out.get(kind).is_some_and(|n| *n >= 2), "{kind}: {:?}", tally.carried_out);
    }
    // What no document holds was decided anew by the search itself; it must come up all the same.
    for kind in ["sooner_turn", "lower_load", "higher_score", "another_draw"] {
        assert!(tally.told.get(kind).is_some_and(|n| *n >= 1), "{kind}: {:?}", tally.told);
    }
}

fn ask(engine: &Engine, case: &Case, now: i64, taken: &Taken, tally: &mut Tally) {
    let reps = &engine.snapshot.roster.reps;
    let rep = &reps[case.number as usize % reps.len()].id;
    let answer = why_not(&engine.snapshot, &taken.facts, &taken.decided.decision, &taken.decided.trace, rep.as_str());
    let answer = answer.expect("the decision explains itself");
    assert_eq!(answer.already, taken.decided.decision.owner() == Some(rep));
    if answer.already {
        assert!(answer.ways.is_empty());
        return;
    }
    tally.asked += 1;
    tally.answered += u64::from(!answer.ways.is_empty());
    for way in &answer.ways {
        assert!((1..=5).contains(&way.differences.len()), "{way:?}");
        count(&way.differences, &mut tally.told);
        let Some((snapshot, facts, mut ledger)) = carry_out(engine, &taken.facts, rep, now, &way.differences) else {
            continue;
        };
        // Where not all load was recorded the way says so, and what it assumes is made true.
        if way.assumes_load {
            let policy = snapshot.policy();
            let rule = policy.rules.iter().find(|rule| rule.id == way.rule).expect("a rule of the policy");
            // Turns and draws depend on who else was there, of which there is no record.
            if matches!(rule.pick, Pick::WeightedRoundRobin | Pick::Draw) || rule.explore.is_on() {
                continue;
            }
            make_room(&snapshot, &mut ledger, rep);
        }
        let owner = decided_anew(&snapshot, &facts, ledger, case, now);
        assert_eq!(owner.as_ref(), Some(rep), "lead {}: {way:#?}", case.number);
        count(&way.differences, &mut tally.carried_out);
    }
}

fn decided_anew(snapshot: &Arc<Snapshot>, facts: &Facts, mut ledger: Ledger, case: &Case, now: i64) -> Option<RepId> {
    let at = Instant::from_unix_micros(now);
    let binding = snapshot.bind(&mut ledger);
    let qualified = qualify(snapshot, facts, at, &mut Scratch::new(snapshot));
    let ticket = Ticket { decision: DecisionId::new(at, u128::from(case.number)), seed: case.seed };
    decide(&qualified, &ledger, &binding, ticket, &mut Load::default()).decision.owner().cloned()
}

/// The documents, facts and load as a way says; `None` where it speaks of a number (a turn, a
/// score, a price, a draw) that no document holds.
fn carry_out(
    engine: &Engine,
    facts: &Facts,
    rep: &RepId,
    now: i64,
    differences: &[Difference],
) -> Option<(Arc<Snapshot>, Facts, Ledger)> {
    let mut documents = engine.snapshot.documents.clone();
    let (mut facts, mut ledger) = (facts.clone(), engine.ledger.clone());
    for difference in differences {
        match difference {
            Difference::Fact { field, value, .. } => set_fact(&engine.snapshot, &mut facts, field, value.as_ref(), rep),
            Difference::Owner { of, .. } => set_owner(&mut facts, *of, rep),
            Difference::NotDeclined => facts.routing.declined.retain(|other| other != rep),
            Difference::FreeSlot { limit } => free(engine, &mut ledger, rep, limit, now),
            Difference::NobodyAhead => {
                let waiting: Vec<_> = ledger.waiting().filter(|w| w.reps.contains(rep)).map(|w| w.lead).collect();
                waiting.into_iter().for_each(|lead| ledger.apply(&Change::Awake { lead }));
            }
            Difference::InPool { .. }
            | Difference::Skill { .. }
            | Difference::Active
            | Difference::Back { .. }
            | Difference::AtWork { .. }
            | Difference::NotExcluded { .. } => rewrite(engine, &mut documents, rep, difference),
            _ => return None,
        }
    }
    let snapshot = match documents == engine.snapshot.documents {
        true => Arc::clone(&engine.snapshot),
        false => Arc::new(Snapshot::compile(documents).expect("it still compiles")),
    };
    Some((snapshot, facts, ledger))
}

/// No limit bounds the rep, nothing is open there, and nobody waits for it.
fn make_room(snapshot: &Snapshot, ledger: &mut Ledger, rep: &RepId) {
    for limit in &snapshot.roster.limits {
        let key = CounterKey {
            rep: rep.clone(),
            limit: limit.id.clone(),
            window: Window::Always,
            partition: Partition::default(),
        };
        while ledger.used(rep, &limit.id, Window::Always).0 > 0 {
            ledger.apply(&Change::Release { key: key.clone() });
        }
        ledger.apply(&Change::Cap { rep: rep.clone(), limit: limit.id.clone(), cap: None });
    }
    let waiting: Vec<_> = ledger.waiting().filter(|w| w.reps.contains(rep)).map(|w| w.lead).collect();
    waiting.into_iter().for_each(|lead| ledger.apply(&Change::Awake { lead }));
}

/// Raises the cap by what is missing. The record names the limit with the fewest free slots;
/// where several are full, all of them have to give.
fn free(engine: &Engine, ledger: &mut Ledger, rep: &RepId, named: &pointsman_domain::LimitId, now: i64) {
    let index = engine.snapshot.roster.rep(rep.as_str()).expect("in the roster");
    let zone = engine.snapshot.calendar(index).zone();
    let mut full = Vec::new();
    for limit in &engine.snapshot.roster.limits {
        let (used, cap) = ledger.used(rep, &limit.id, zone.window(limit.kind, Instant::from_unix_micros(now)));
        if cap.is_some_and(|cap| used >= cap) {
            full.push(limit.id.clone());
            ledger.apply(&Change::Cap { rep: rep.clone(), limit: limit.id.clone(), cap: Some(used + 1) });
        }
    }
    assert!(full.contains(named), "the limit that is named is full: {named} of {full:?}");
}

/// Changes the entry of a list of tables that has this id.
fn entry(document: &mut toml::Table, list: &str, id: &str, edit: &dyn Fn(&mut toml::Table)) {
    let entries = document[list].as_array_mut().expect("a list").iter_mut().filter_map(toml::Value::as_table_mut);
    entries.filter(|table| table["id"].as_str() == Some(id)).for_each(edit);
}

/// Writes a document anew with one thing changed.
fn rewrite(engine: &Engine, documents: &mut DocumentSet, rep: &RepId, difference: &Difference) {
    let mut change = |kind, name: &str, edit: &dyn Fn(&mut toml::Table)| {
        let body = documents.get(kind, name).expect("a document");
        let mut table: toml::Table = std::str::from_utf8(body).expect("UTF-8").parse().expect("TOML");
        edit(&mut table);
        documents.insert(kind, name, table.to_string().into_bytes());
    };
    let id = rep.as_str();
    match difference {
        Difference::InPool { pool } => change(DocumentKind::Roster, "", &|roster| {
            let add = |table: &mut toml::Table| table["reps"].as_array_mut().expect("reps").push(id.into());
            entry(roster, "pool", pool.as_str(), &add);
        }),
        Difference::Skill { skill, to, .. } => change(DocumentKind::Roster, "", &|roster| {
            let level = i64::from(*to);
            let learn = |table: &mut toml::Table| {
                drop(table["skills"].as_table_mut().expect("skills").insert(skill.to_string(), level.into()));
            };
            entry(roster, "rep", id, &learn);
        }),
        Difference::Active => change(DocumentKind::Roster, "", &|roster| {
            entry(roster, "rep", id, &|table| drop(table.insert("active".into(), true.into())));
        }),
        Difference::Back { .. } => change(DocumentKind::Absences, "", &|absences| {
            absences["absence"].as_array_mut().expect("absences").retain(|a| a["rep"].as_str() != Some(id));
        }),
        Difference::AtWork { .. } => {
            let index = engine.snapshot.roster.rep(id).expect("in the roster");
            let zone = engine.snapshot.calendar(index).zone().name().to_owned();
            change(DocumentKind::Roster, "", &|roster| {
                entry(roster, "rep", id, &|table| drop(table.insert("calendar".into(), "always".into())));
            });
            let always = format!("format = 1\nzone = '{zone}'\nstand_by = true\n");
            documents.insert(DocumentKind::Calendar, "always", always.into_bytes());
        }
        Difference::NotExcluded { rule } => change(DocumentKind::Policy, "main", &|policy| {
            entry(policy, "rule", rule.as_str(), &|table| drop(table.remove("exclude")));
        }),
        other => panic!("no document holds {other:?}"),
    }
}

/// Facts built anew from JSON, as the store would read them.
fn edit(facts: &mut Facts, entity: &str, name: &str, value: serde_json::Value) {
    let mut json = serde_json::to_value(&*facts).expect("JSON");
    if json.get(entity).is_none_or(serde_json::Value::is_null) {
        let id = match entity {
            "account" => serde_json::to_value(pointsman_domain::AccountId::new(facts.lead.arrived, 5)),
            _ => serde_json::to_value(pointsman_domain::ContactId::new(facts.lead.arrived, 5)),
        };
        json[entity] = serde_json::json!({ "id": id.expect("JSON"), "name": "", "known": false });
    }
    json[entity][name] = value;
    *facts = serde_json::from_value(json).expect("facts");
}

fn set_owner(facts: &mut Facts, of: OwnerOf, rep: &RepId) {
    let id = serde_json::json!(rep);
    match of {
        OwnerOf::Account => edit(facts, "account", "owner", id),
        OwnerOf::ParentAccount => edit(facts, "account", "parent_owner", id),
        OwnerOf::Subsidiary => edit(facts, "account", "subsidiary_owner", id),
        OwnerOf::Opportunity => {
            edit(facts, "account", "open_opportunity", true.into());
            edit(facts, "account", "opportunity_owner", id);
        }
        OwnerOf::PriorContact => {
            edit(facts, "contact", "known", true.into());
            edit(facts, "contact", "owner", id);
        }
        OwnerOf::LastOwner => facts.routing.last_owner = Some(rep.clone()),
        OwnerOf::Originator => facts.lead.originator = Some(rep.clone()),
    }
}

fn set_fact(snapshot: &Snapshot, facts: &mut Facts, field: &str, value: Option<&Value>, rep: &RepId) {
    let (entity, name) = field.split_once('.').expect("entity.name");
    if let ("lead", Some(index)) = (entity, snapshot.schema.find(Entity::Lead, name)) {
        facts.lead.attributes.set(index, value.cloned());
        return;
    }
    let json = match value {
        None => serde_json::Value::Null,
        Some(Value::Bool(b)) => (*b).into(),
        Some(Value::Integer(n)) => (*n).into(),
        Some(value) => value.to_string().into(),
    };
    match name {
        "known" if entity == "account" && json == false => facts.account = None,
        "known" if entity == "account" => edit(facts, entity, "name", "".into()),
        "has_owner" | "has_parent_owner" => {
            let owner = if json == true { serde_json::json!(rep) } else { serde_json::Value::Null };
            edit(facts, entity, name.strip_prefix("has_").expect("checked"), owner);
        }
        _ => edit(facts, entity, name, json),
    }
}
