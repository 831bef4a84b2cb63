use std::sync::Arc;

use pointsman_decision::{End, PastLead, Snapshot, Summary, preview_all};
use pointsman_domain::{Instant, Micros, RepIndex};

use crate::fixture::{Company, POLICY, TUESDAY, at, documents};

fn past(company: &mut Company, employees: Option<i64>, at: Instant, closed: Option<Instant>) -> PastLead {
    let facts = company.lead(employees, at);
    PastLead::anew(facts, at, 1, closed)
}

#[test]
fn past_leads_claim_wait_and_get_the_slot_that_frees() {
    let mut company = Company::new(POLICY);
    let now = at(TUESDAY);
    let minute = |n| now + Micros::MINUTE.times(n);
    // Carla alone may take large leads, and has two places.
    let mut leads = vec![
        past(&mut company, Some(900), now, Some(minute(30))),
        past(&mut company, Some(900), minute(1), None),
        past(&mut company, Some(900), minute(2), None),
        past(&mut company, Some(900), minute(3), None),
    ];
    let routed = preview_all(&company.snapshot, &leads);
    let carla = company.snapshot.roster.rep("carla").expect("a rep");
    assert_eq!((&routed[0].end, &routed[1].end), (&End::Owned(carla), &End::Owned(carla)));
    assert_eq!((&routed[2].end, routed[2].waited), (&End::Owned(carla), Micros::MINUTE.times(28)), "the freed slot");
    // The last one waits its two hours out; then the ladder goes on.
    let ben = company.snapshot.roster.rep("ben").expect("a rep");
    assert_eq!((&routed[3].end, routed[3].waited), (&End::Owned(ben), Micros::HOUR.times(2)));
    assert_eq!(routed[3].rule, Some(2));
    let summary = Summary::of(&company.snapshot, &routed);
    assert_eq!((summary.leads, summary.owned, summary.held, summary.parked), (4, 4, 0, 0));
    assert_eq!((summary.by_rep[0].id.as_str(), summary.by_rep[0].leads), ("carla", 3));
    // The order of the list is no matter, the results keep it.
    leads.reverse();
    let again = preview_all(&company.snapshot, &leads);
    assert_eq!(
        again.iter().rev().map(|r| r.end.clone()).collect::<Vec<_>>(),
        routed.iter().map(|r| r.end.clone()).collect::<Vec<_>>()
    );
}

#[test]
fn a_draft_rules_in_place_of_its_namesake_or_beside_the_others() {
    let mut company = Company::new(POLICY);
    let leads = vec![past(&mut company, None, at(TUESDAY), None)];
    let set = documents(POLICY);
    let draft = "format = 1\nname = 'draft'\n[[rule]]\nid = 'r'\nrep = 'carla'\n[fallback]\nqueue = 'q'\n";
    let under = |text: &str| Arc::new(Snapshot::compile(set.with_policy(text).expect("a name")).expect("compiles"));
    let snapshot = under(draft);
    assert_eq!((snapshot.policy().name.as_str(), snapshot.policies.len()), ("draft", 2));
    assert_eq!(preview_all(&snapshot, &leads)[0].end, End::Owned(RepIndex(2)));
    let namesake = under(&draft.replace("'draft'", "'default'"));
    assert_eq!((namesake.policy().rules.len(), namesake.policies.len()), (1, 1));
    assert!(set.with_policy("rule = 3").is_err());
}
