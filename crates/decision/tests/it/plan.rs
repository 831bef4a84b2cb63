use pointsman_assign::Change;
use pointsman_decision::{
    Facts,
    plan::{Listed, Plan, PlanConfig, Why, most_present, plan},
};
use pointsman_domain::{Micros, Money, ReasonCode, RepIndex};

use crate::fixture::{Company, POLICY, TUESDAY, at};

/// Leads that are worth 1, 2, 3 …
fn valued(company: &mut Company, n: i64) -> Vec<Facts> {
    (1..=n)
        .map(|value| {
            let mut facts = company.lead(None, at(TUESDAY));
            facts.lead.value = Some(Money(value));
            facts
        })
        .collect()
}

fn planned(company: &Company, leads: &[Facts], owner: &dyn Fn(usize) -> Option<RepIndex>, config: &PlanConfig) -> Plan {
    let listed: Vec<Listed> = leads
        .iter()
        .enumerate()
        .map(|(n, facts)| Listed { facts: facts.clone(), owner: owner(n), counted: owner(n).is_some() })
        .collect();
    plan(&company.snapshot, &company.ledger, &listed, at(TUESDAY), config).expect("finite values")
}

fn owners(plan: &Plan) -> Vec<Option<u32>> {
    plan.placed.iter().map(|placed| placed.to.map(|to| to.0)).collect()
}

#[test]
fn the_most_valuable_leads_get_the_places_there_are() {
    let mut company = Company::new(POLICY);
    let leads = valued(&mut company, 7);
    // Anna is away; ben and carla have two open places each.
    let plan = planned(&company, &leads, &|_| None, &PlanConfig::default());
    let placed: Vec<bool> = owners(&plan).iter().map(Option::is_some).collect();
    assert_eq!(placed, [false, false, false, true, true, true, true]);
    assert!(plan.placed[..3].iter().all(|placed| placed.why == Why::Full));
    assert!(plan.placed[3..].iter().all(|placed| placed.why == Why::New));
    assert_eq!(plan.places, [2, 2, 2]);
    // One place of ben's is taken already.
    let first = company.lead(None, at(TUESDAY));
    company.decide(&first, at(TUESDAY));
    let plan = planned(&company, &leads, &|_| None, &PlanConfig::default());
    assert_eq!(owners(&plan).iter().flatten().count(), 3);
}

#[test]
fn whoever_has_a_lead_keeps_it_unless_somebody_gains() {
    let mut company = Company::new(POLICY);
    let leads = valued(&mut company, 2);
    let decided: Vec<_> = leads.iter().map(|facts| company.decide(facts, at(TUESDAY))).collect();
    let has: Vec<RepIndex> = decided
        .iter()
        .map(|d| company.snapshot.roster.rep(d.decision.owner().expect("free").as_str()).expect("known"))
        .collect();
    let plan = planned(&company, &leads, &|n| Some(has[n]), &PlanConfig::default());
    assert_eq!(owners(&plan), has.iter().map(|rep| Some(rep.0)).collect::<Vec<_>>());
    assert!(plan.placed.iter().all(|placed| placed.why == Why::Kept), "ties are no reason to move");
    assert!(plan.exact);
}

#[test]
fn a_quota_beside_open_leads_binds_as_well() {
    let mut company = Company::new(POLICY);
    // The day's three are used up but one, while every open place is free again.
    for rep in ["ben", "carla"] {
        for _ in 0..2 {
            let key = pointsman_assign::CounterKey {
                rep: rep.parse().expect("a slug"),
                limit: "day".parse().expect("a slug"),
                window: company.snapshot.home().window(pointsman_domain::LimitKind::PerDay, at(TUESDAY)),
                partition: pointsman_assign::Partition::default(),
            };
            company.ledger.apply(&Change::Claim { key });
        }
    }
    let leads = valued(&mut company, 5);
    let plan = planned(&company, &leads, &|_| None, &PlanConfig::default());
    let placed: Vec<bool> = owners(&plan).iter().map(Option::is_some).collect();
    assert_eq!(placed, [false, false, false, true, true], "{plan:?}");
}

#[test]
fn named_places_replace_the_limits_and_queues_stay_queues() {
    let mut company = Company::new(POLICY);
    let leads = valued(&mut company, 9);
    let config = PlanConfig { places: Some(vec![9, 0, 5]), ..PlanConfig::default() };
    let plan = planned(&company, &leads, &|_| None, &config);
    assert_eq!(owners(&plan).iter().flatten().collect::<Vec<_>>(), [&2; 5], "anna is away, ben has no place");
    let queue =
        "format = 1\nname = 'default'\n[[rule]]\nid = 'all'\nqueue = 'later'\n[fallback]\nqueue = 'unassigned'\n";
    let queued = Company::new(queue);
    let plan = planned(&queued, &leads, &|_| None, &PlanConfig::default());
    assert!(plan.placed.iter().all(|placed| placed.why == Why::Queue));
    // On Sunday nobody is there; a list is assigned as of when most are.
    let sunday = at("2026-03-01T09:00:00Z");
    let open = most_present(&company.snapshot, sunday);
    assert_eq!(open, at("2026-03-02T08:00:00Z"), "Monday, nine o'clock in Berlin");
    let listed = [Listed { facts: leads[0].clone(), owner: None, counted: false }];
    let none = plan_at(&company, &listed, sunday + Micros::HOUR);
    assert_eq!(none.placed[0].why, Why::Nobody(ReasonCode::OutsideHours));
}

#[test]
fn without_a_model_a_list_is_spread_by_weight() {
    let mut company = Company::new(POLICY);
    let leads = valued(&mut company, 9);
    // Anna is away; ben has twice carla's weight.
    let config = PlanConfig { places: Some(vec![20, 20, 20]), ..PlanConfig::default() };
    let had = |plan: &Plan, rep: u32| owners(plan).iter().filter(|to| **to == Some(rep)).count();
    let plan = planned(&company, &leads, &|_| None, &config);
    assert_eq!((had(&plan, 1), had(&plan, 2)), (6, 3));
    let kept = planned(&company, &leads, &|n| (n < 7).then_some(RepIndex(1)), &config);
    assert_eq!((had(&kept, 1), had(&kept, 2)), (7, 2), "evenness moves nobody's lead");
}

fn plan_at(company: &Company, listed: &[Listed], now: pointsman_domain::Instant) -> Plan {
    plan(&company.snapshot, &company.ledger, listed, now, &PlanConfig::default()).expect("finite values")
}
