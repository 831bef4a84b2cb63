use std::sync::Arc;

use pointsman_decision::{
    AccountFacts, DocumentKind, Hold, Outcome, Replay, ReplayError, Snapshot, Verdict, explain, replay,
};
use pointsman_domain::{AccountId, Micros, Reason, RepId};
use proptest::prelude::*;

use crate::fixture::{Company, POLICY, TUESDAY, at, documents};

fn owner(company: &mut Company, employees: Option<i64>, now: &str) -> Option<String> {
    let facts = company.lead(employees, at(now));
    company.decide(&facts, at(now)).decision.owner().map(ToString::to_string)
}

#[test]
fn turns_follow_weights_and_leave_out_who_is_away_or_full() {
    let mut company = Company::new(POLICY);
    let owners: Vec<_> = (0..5).map(|_| owner(&mut company, None, TUESDAY)).collect();
    // Anna is away; ben has two turns for each of carla's; both stop at two open leads.
    let owners: Vec<&str> = owners.iter().map(|o| o.as_deref().unwrap_or("nobody")).collect();
    assert_eq!(owners, ["ben", "carla", "ben", "carla", "nobody"]);
}

#[test]
fn nobody_free_parks_visibly() {
    let mut company = Company::new(POLICY);
    let facts = company.lead(None, at("2026-03-06T09:00:00Z"));
    let decided = company.decide(&facts, at("2026-03-06T09:00:00Z"));
    // Friday is no working day in this calendar.
    let Outcome::Parked { queue, alarm } = decided.decision.outcome else { panic!("parked") };
    assert_eq!((queue.as_str(), alarm), ("unassigned", true));
}

#[test]
fn a_full_pool_holds_until_a_slot_frees_and_the_first_in_line_gets_it() {
    let mut company = Company::new(POLICY);
    let now = at(TUESDAY);
    let first = company.lead(Some(900), now);
    let first = company.decide(&first, now);
    let second = company.lead(Some(900), now);
    company.decide(&second, now);
    let mut waiting = company.lead(Some(900), now);
    let held = company.decide(&waiting, now);
    let Outcome::Held { hold: Hold::Queued, until, wake_at } = held.decision.outcome else { panic!("held") };
    assert_eq!(until, now + Micros::HOUR.times(2));
    assert_eq!(wake_at, at("2026-03-03T10:00:00Z"), "the next full hour");
    company.release(&first);
    // Somebody new comes first, but the slot is promised.
    let later = company.lead(Some(900), now + Micros::MINUTE);
    let overtaken = company.decide(&later, now + Micros::MINUTE);
    assert!(matches!(overtaken.decision.outcome, Outcome::Held { .. }), "{:?}", overtaken.decision.outcome);
    waiting.routing.deadline = Some(until);
    let woken = company.decide(&waiting, now + Micros::MINUTE);
    assert_eq!(woken.decision.owner().map(RepId::as_str), Some("carla"));
    assert!(!company.ledger.is_waiting(waiting.lead.id));
}

#[test]
fn a_lead_waits_for_a_better_price_but_never_past_its_sla() {
    let dear = |wait: &str, sla: &str| {
        let rule = format!("[[rule]]\nid = 'best'\npool = 'senior'\npick = 'expected-value'\nwait = '{wait}'\n{sla}");
        let mut company =
            Company::new(&format!("format = 1\nname = 'default'\n{rule}\n[fallback]\nqueue = 'unassigned'\n"));
        company.post(3.0);
        let now = at(TUESDAY);
        let mut lead = company.lead(None, now);
        let Outcome::Held { hold: Hold::Priced, until, .. } = company.decide(&lead, now).decision.outcome else {
            panic!("a place costs three wins, the lead is worth half a one")
        };
        lead.routing.deadline = Some(until);
        let early = company.decide(&lead, until - Micros::MINUTE);
        assert!(matches!(early.decision.outcome, Outcome::Held { until: kept, .. } if kept == until));
        let last = company.decide(&lead, until);
        assert_eq!(last.decision.owner().map(RepId::as_str), Some("carla"), "whatever the prices say");
        until - now
    };
    assert_eq!(dear("30m", "sla = '1h'"), Micros::MINUTE.times(30));
    assert_eq!(dear("2d", "sla = '1h'"), Micros::HOUR);
    assert_eq!(dear("5h", ""), Micros::HOUR.times(5));
}

#[test]
fn at_the_deadline_the_ladder_goes_on() {
    let mut company = Company::new(POLICY);
    let now = at(TUESDAY);
    for _ in 0..2 {
        let facts = company.lead(Some(900), now);
        company.decide(&facts, now);
    }
    let mut facts = company.lead(Some(900), now);
    company.decide(&facts, now);
    let deadline = now + Micros::HOUR.times(2);
    facts.routing.deadline = Some(deadline);
    let decided = company.decide(&facts, deadline);
    assert_eq!(decided.decision.owner().map(RepId::as_str), Some("ben"));
    assert_eq!(decided.decision.rule.as_ref().map(ToString::to_string).as_deref(), Some("everybody"));
}

#[test]
fn an_explanation_gives_every_rung_and_the_first_reason_against_each() {
    let mut company = Company::new(POLICY);
    let now = at(TUESDAY);
    let mut facts = company.lead(Some(3), now);
    facts.account = Some(AccountFacts {
        id: AccountId::new(now, 7),
        name: "Contoso".into(),
        domain: None,
        owner: Some(RepId::new("anna").expect("a slug")),
        parent: None,
        parent_owner: None,
        subsidiary_owner: None,
        open_opportunity: false,
        opportunity_owner: None,
    });
    let decided = company.decide(&facts, now);
    let explanation = explain(&company.snapshot, &facts, &decided.decision, &decided.trace).expect("explains");
    let verdicts: Vec<_> = explanation.rungs.iter().map(|r| (r.rule.to_string(), r.verdict)).collect();
    assert_eq!(
        verdicts,
        [
            ("account-owner".to_owned(), Verdict::NobodyEligible),
            ("large".to_owned(), Verdict::NotMatched),
            ("everybody".to_owned(), Verdict::Chosen)
        ]
    );
    let everybody = &explanation.rungs[2].candidates;
    let until = Some(at("2026-03-04T00:00:00Z"));
    assert_eq!(everybody[0].reason, Reason::Absent { until });
    assert_eq!(everybody[1].reason, Reason::Chosen);
    assert!(matches!(everybody[2].reason, Reason::LaterTurn { by } if by > 0.0));
    assert_eq!(everybody[1].free, Some(2));
}

#[test]
fn a_replay_hides_the_outcome_and_finds_any_alteration() {
    let mut company = Company::new(POLICY);
    let now = at(TUESDAY);
    let facts = company.lead(Some(10), now);
    let decided = company.decide(&facts, now);
    let again = |decision| replay(&company.snapshot, &facts, decision, &decided.trace);
    assert_eq!(again(&decided.decision), Ok(Replay::Equal));
    // Another outcome in the record is not believed.
    let mut forged = decided.decision.clone();
    forged.outcome = Outcome::Owned { rep: RepId::new("carla").expect("a slug"), sla_due: None };
    assert!(matches!(again(&forged), Ok(Replay::Different { .. })));
    // One altered load gives another decision or is refused.
    let mut trace = decided.trace.clone();
    let last = trace.len() - 1;
    trace[last] ^= 1;
    assert_eq!(replay(&company.snapshot, &facts, &decided.decision, &trace), Err(ReplayError::TraceAltered));
    let other = Arc::new(Snapshot::compile(documents(&POLICY.replace("2h", "3h"))).expect("compiles"));
    assert!(matches!(
        replay(&other, &facts, &decided.decision, &decided.trace),
        Err(ReplayError::OtherSnapshot { .. })
    ));
}

#[test]
fn all_faults_of_a_workspace_are_told_at_once() {
    let mut set = documents("format = 1\nname = 'default'\n");
    set.insert(
        DocumentKind::Policy,
        "other",
        "format = 1\nname = 'wrong'\n[[rule]]\nid = 'r'\nqueue = 'q'\n[fallback]\nqueue = 'q'\n".as_bytes(),
    );
    set.insert(DocumentKind::Calendar, "night", "format = 1\nzone = 'Europe/Berlyn'\n".as_bytes());
    let faults: Vec<String> = Snapshot::compile(set).expect_err("faulty").iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 3, "{faults:#?}");
    assert!(faults[0].starts_with("calendar 'night': "), "{faults:#?}");
    assert!(faults[1].contains("policy 'default': no fallback"), "{faults:#?}");
    assert!(faults[2].contains("policy 'other': says name = 'wrong' inside"), "{faults:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever comes, nobody is above a cap, every decision replays, and the same inputs give
    /// the same decision.
    #[test]
    fn caps_hold_and_decisions_replay(steps in prop::collection::vec((prop::option::of(1i64..2000), 0i64..200, any::<bool>()), 1..60)) {
        let mut company = Company::new(POLICY);
        let mut twin = Company::new(POLICY);
        let mut now = at("2026-03-02T08:00:00Z");
        let mut owned = Vec::new();
        for (employees, minutes, close) in steps {
            now = now + Micros::MINUTE.times(minutes);
            let facts = company.lead(employees, now);
            let decided = company.decide(&facts, now);
            prop_assert_eq!(&twin.lead(employees, now), &facts);
            prop_assert_eq!(&twin.decide(&facts, now), &decided);
            prop_assert!(company.ledger.over_cap().is_empty());
            prop_assert_eq!(replay(&company.snapshot, &facts, &decided.decision, &decided.trace), Ok(Replay::Equal));
            prop_assert!(explain(&company.snapshot, &facts, &decided.decision, &decided.trace).is_ok());
            if decided.decision.owner().is_some() {
                owned.push(decided);
            }
            if close && let Some(done) = owned.pop() {
                company.release(&done);
                twin.release(&done);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever prices are posted in between (subsidies as well), and with exploration on: nobody
    /// is above a cap, every decision replays, and what was paid is what was posted.
    #[test]
    fn caps_hold_under_any_prices(steps in prop::collection::vec((-30i8..60, 0i64..200, any::<bool>()), 1..50), explore in 0usize..3) {
        let line = ["", "explore = 0.4", "explore = 1.0\nexplore_by = 'posterior'"][explore];
        let policy = POLICY.replace("pick = \"weighted-round-robin\"", &format!("pick = \"expected-value\"\n{line}"));
        let mut company = Company::new(&policy);
        let mut now = at("2026-03-02T08:00:00Z");
        for (price, minutes, close) in steps {
            now = now + Micros::MINUTE.times(minutes);
            company.post(f64::from(price) / 100.0);
            let facts = company.lead(Some(700), now);
            let decided = company.decide(&facts, now);
            prop_assert!(company.ledger.over_cap().is_empty());
            prop_assert_eq!(replay(&company.snapshot, &facts, &decided.decision, &decided.trace), Ok(Replay::Equal));
            let (decision, p) = (&decided.decision, decided.decision.propensity);
            prop_assert!(p > 0.0 && p <= 1.0 && (p == 1.0 || explore > 0), "{p}");
            if decision.owner().is_some() {
                let paid = decision.price.expect("an owner has a price");
                prop_assert!((paid - f64::from(price) / 100.0).abs() < 1e-6, "{paid} of {price}");
                if close {
                    company.release(&decided);
                }
            }
        }
    }
}

#[test]
fn a_territory_names_a_pool_or_a_rep_and_the_explanation_names_its_row() {
    let policy = POLICY.replace("pool = \"senior\"", "territory = \"sizes\"");
    let mut set = documents(&policy);
    let sizes = "employees,pool,rep\n500-999,senior,\n1000+,,ben\n";
    set.insert(DocumentKind::Territory, "sizes", sizes.as_bytes());
    let mut company = Company::of(Snapshot::compile(set).expect("compiles"));
    for (employees, expected, line) in [(600, "carla", 2), (5000, "ben", 3)] {
        let facts = company.lead(Some(employees), at(TUESDAY));
        let decided = company.decide(&facts, at(TUESDAY));
        assert_eq!(decided.decision.owner().map(RepId::as_str), Some(expected));
        let explained = explain(&company.snapshot, &facts, &decided.decision, &decided.trace).expect("explained");
        let row = explained.rungs.iter().find_map(|rung| rung.territory.clone()).expect("a row");
        assert_eq!((row.name.as_str(), row.line), ("sizes", line));
        assert_eq!(replay(&company.snapshot, &facts, &decided.decision, &decided.trace), Ok(Replay::Equal));
    }
}
