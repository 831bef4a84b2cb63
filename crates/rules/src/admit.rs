//! Which reps a rule admits for one lead, and the first reason against each of the others.

use pointsman_domain::{Availability, Instant, Pick, PoolIndex, ReasonCode, RepIndex};

use crate::{Away, Destination, OnFull, OwnerOf, Roster, Rule, Target, away::Override};

/// What is known of the people around one lead. Indices are of the same roster.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    pub account_owner: Option<RepIndex>,
    pub parent_owner: Option<RepIndex>,
    pub subsidiary_owner: Option<RepIndex>,
    pub opportunity_owner: Option<RepIndex>,
    pub prior_contact: Option<RepIndex>,
    pub last_owner: Option<RepIndex>,
    pub originator: Option<RepIndex>,
    /// Who the lead's row names, in the territory of the rule that is asked.
    pub destination: Option<Destination>,
    /// Reps who declined this lead.
    pub declined: &'a [RepIndex],
    /// By rep index.
    pub availability: &'a [Availability],
    /// Dated overrides and stand-ins, and the instant at which they are looked at.
    pub away: Option<&'a Away>,
    pub now: Instant,
    /// Country (two letters) and plain postcode of the lead.
    pub place: Option<(&'a str, &'a str)>,
}

impl Known<'_> {
    fn is_away(&self, rep: RepIndex) -> bool {
        matches!(self.availability.get(rep.0 as usize), Some(Availability::Absent { .. }))
    }

    fn override_of(&self, rep: RepIndex, pool: Option<PoolIndex>) -> Option<&Override> {
        self.away.and_then(|away| away.override_of(rep, pool, self.now))
    }

    fn owner(&self, of: OwnerOf) -> Option<RepIndex> {
        match of {
            OwnerOf::Account => self.account_owner,
            OwnerOf::ParentAccount => self.parent_owner,
            OwnerOf::Subsidiary => self.subsidiary_owner,
            OwnerOf::Opportunity => self.opportunity_owner,
            OwnerOf::PriorContact => self.prior_contact,
            OwnerOf::LastOwner => self.last_owner,
            OwnerOf::Originator => self.originator,
        }
    }
}

/// One rep the rule looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Admission {
    pub rep: RepIndex,
    /// The rep's weight for turns here.
    pub weight: u32,
    /// `Admitted`, or the first reason against.
    pub reason: ReasonCode,
    /// What the rule's pick compares, before load: how near the rep is, else the sum of the levels
    /// of the skills that the rule asks for.
    pub rank: f32,
}

/// Appends the candidates of a rule's target, in ascending order of reps; whoever stands in for one
/// of them is a candidate as well.
pub fn admit(rule: &Rule, roster: &Roster, known: &Known<'_>, out: &mut Vec<Admission>) {
    let destination = match &rule.target {
        Target::Pool(pool) => Some(Destination::Pool(*pool)),
        Target::Rep(rep) => Some(Destination::Rep(*rep)),
        Target::Territory(_) => known.destination,
        Target::Owner(of) => known.owner(*of).map(Destination::Rep),
        Target::Queue(_) => None,
    };
    match destination {
        Some(Destination::Pool(pool)) => admit_pool(rule, roster, known, pool, out),
        Some(Destination::Rep(rep)) => admit_one(rule, roster, known, rep, out),
        None => {}
    }
}

fn admit_pool(rule: &Rule, roster: &Roster, known: &Known<'_>, pool: PoolIndex, out: &mut Vec<Admission>) {
    let from = out.len();
    let members = &roster.pool_at(pool).members;
    out.extend(members.iter().map(|(rep, weight)| judge(rule, roster, known, *rep, *weight, Some(pool))));
    // Whose leads go elsewhere is replaced, with their weight, unless that one is in the pool anyway.
    for at in from..out.len() {
        let Admission { rep, weight, reason: ReasonCode::Redirected, .. } = out[at] else { continue };
        let Some(stand_in) = stand_in(roster, known, rep, Some(pool)) else { continue };
        if out[from..].iter().all(|a| a.rep != stand_in) {
            out.push(judge(rule, roster, known, stand_in, weight, Some(pool)));
        }
    }
    out[from..].sort_by_key(|admission| admission.rep);
}

/// A named rep or an owner; who is absent or redirected is followed to whoever stands in.
fn admit_one(rule: &Rule, roster: &Roster, known: &Known<'_>, rep: RepIndex, out: &mut Vec<Admission>) {
    let from = out.len();
    let admission = judge(rule, roster, known, rep, 1, None);
    out.push(admission);
    if matches!(admission.reason, ReasonCode::Absent | ReasonCode::Redirected)
        && let Some(stand_in) = stand_in(roster, known, rep, None)
    {
        out.push(judge(rule, roster, known, stand_in, 1, None));
        out[from..].sort_by_key(|admission| admission.rep);
    }
}

/// The first who is neither away nor redirected, from whom the override names, else who stands in
/// during the absence, else the roster's backups in their order, and theirs after them.
fn stand_in(roster: &Roster, known: &Known<'_>, of: RepIndex, pool: Option<PoolIndex>) -> Option<RepIndex> {
    let mut line = vec![of];
    let mut next = 0;
    while let Some(&rep) = line.get(next) {
        let redirected = known.override_of(rep, pool);
        let passes_on = next == 0 || known.is_away(rep) || redirected.is_some() || !roster.rep_at(rep).active;
        if !passes_on {
            return Some(rep);
        }
        let named = match redirected {
            Some(redirected) => redirected.to,
            None => known.away.and_then(|away| away.stand_in_of(rep, known.now)),
        };
        let backups = if redirected.is_some() { &[][..] } else { &roster.rep_at(rep).backups[..] };
        for follower in named.into_iter().chain(backups.iter().copied()) {
            if !line.contains(&follower) {
                line.push(follower);
            }
        }
        next += 1;
    }
    None
}

/// Backups of backups of backups … are asked so many times at most.
const MOST_STEPS: usize = 16;

/// Whom a rule turns to when its target is full, step by step: its overflow pool is one step; of
/// backups everybody's first choice is the first, their second the next, then the backups of those.
pub fn steps_on_full(rule: &Rule, roster: &Roster, known: &Known<'_>) -> usize {
    match &rule.on_full {
        OnFull::Overflow(_) => 1,
        OnFull::Backup => backups(rule, roster, known).len().max(1),
        OnFull::Next | OnFull::Hold(_) | OnFull::Park(_) => 0,
    }
}

/// Appends the candidates of one step.
pub fn admit_on_full(rule: &Rule, roster: &Roster, known: &Known<'_>, step: usize, out: &mut Vec<Admission>) {
    match &rule.on_full {
        OnFull::Overflow(pool) => admit_pool(rule, roster, known, *pool, out),
        OnFull::Backup => {
            let steps = backups(rule, roster, known);
            let reps = steps.get(step).into_iter().flatten().copied();
            out.extend(reps.map(|rep| judge(rule, roster, known, rep, roster.rep_at(rep).weight, None)));
        }
        OnFull::Next | OnFull::Hold(_) | OnFull::Park(_) => {}
    }
}

/// The backups of everybody the target names, in steps; each rep once, ascending within a step.
fn backups(rule: &Rule, roster: &Roster, known: &Known<'_>) -> Vec<Vec<RepIndex>> {
    let mut target = Vec::new();
    admit(rule, roster, known, &mut target);
    let mut seen: Vec<RepIndex> = target.iter().map(|admission| admission.rep).collect();
    let mut asked = seen.clone();
    let mut steps: Vec<Vec<RepIndex>> = Vec::new();
    while !asked.is_empty() && steps.len() < MOST_STEPS {
        let from = steps.len();
        let choices = asked.iter().map(|rep| roster.rep_at(*rep).backups.len()).max().unwrap_or(0);
        for choice in 0..choices {
            let mut step: Vec<RepIndex> =
                asked.iter().filter_map(|rep| roster.rep_at(*rep).backups.get(choice).copied()).collect();
            step.sort_unstable();
            step.dedup();
            step.retain(|rep| !seen.contains(rep));
            seen.extend(&step);
            if !step.is_empty() {
                steps.push(step);
            }
        }
        asked = steps[from..].concat();
    }
    steps.truncate(MOST_STEPS);
    steps
}

fn judge(
    rule: &Rule,
    roster: &Roster,
    known: &Known<'_>,
    index: RepIndex,
    weight: u32,
    pool: Option<PoolIndex>,
) -> Admission {
    let rep = roster.rep_at(index);
    let mut skill = 0.0;
    let mut skilled = true;
    for (name, least) in &rule.skills {
        let level = rep.skills.get(name).copied().unwrap_or(0);
        skilled &= level >= (*least).max(1);
        skill += f32::from(level);
    }
    let availability = known.availability.get(index.0 as usize).copied().unwrap_or(Availability::Here);
    let stands_by = pool.is_some_and(|pool| roster.pool_at(pool).stand_by);
    let redirected = known.override_of(index, pool);
    let reason = match availability {
        _ if !rep.active => ReasonCode::Inactive,
        _ if rule.exclude.contains(&index) => ReasonCode::ExcludedByRule,
        _ if known.declined.contains(&index) => ReasonCode::DeclinedBefore,
        _ if redirected.is_some_and(|o| o.to.is_some()) => ReasonCode::Redirected,
        _ if redirected.is_some() => ReasonCode::OutOfPool,
        _ if !skilled => ReasonCode::MissingSkill,
        Availability::Absent { .. } => ReasonCode::Absent,
        Availability::Closed { .. } if !stands_by => ReasonCode::OutsideHours,
        Availability::Closed { .. } | Availability::Here => ReasonCode::Admitted,
    };
    let rank = match rule.pick {
        Pick::NearestTerritory => nearness(rep.home.as_ref(), known.place),
        _ => skill,
    };
    Admission { rep: index, weight, reason, rank }
}

/// How near a rep's home is to the lead: 0 in another country or unknown, 1 in the same country,
/// and 1 more for each leading character that the postcodes share. Postcodes are given out by
/// region, so a longer common beginning is a smaller region; it is no distance.
pub fn nearness(home: Option<&(Box<str>, Box<str>)>, place: Option<(&str, &str)>) -> f32 {
    let (Some((country, postcode)), Some((lead_country, lead_postcode))) = (home, place) else { return 0.0 };
    if **country != *lead_country {
        return 0.0;
    }
    let shared = postcode.bytes().zip(lead_postcode.bytes()).take_while(|(a, b)| a == b).count();
    1.0 + shared as f32
}

/// A postcode as it is compared: letters and digits, capital.
pub fn plain_postcode(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use pointsman_domain::AttributeSchema;
    use pointsman_expr::Environment;

    use super::*;
    use crate::Policy;

    #[test]
    fn the_first_reason_against_is_given() {
        let environment = Environment::new(&AttributeSchema::default());
        let roster = r#"
            format = 1
            rep = [
                { id = "a", skills = { german = 2 } }, { id = "b", skills = { german = 1 } }, { id = "c", active = false },
                { id = "d", skills = { german = 3 }, backup = ["e"] }, { id = "e", skills = { german = 5 } },
                { id = "f", skills = { german = 9 } },
            ]
            pool = [{ id = "all", reps = ["a", "b", "c", "d", "f"] }]
        "#;
        let roster = Roster::new(&toml::from_str(roster).expect("toml"), &environment).expect("valid");
        let policy = r#"
            format = 1
            name = "p"
            rule = [{ id = "r", pool = "all", skills = { german = 2 }, exclude = ["f"], on_full = "backup" }]
            fallback = { queue = "q" }
        "#;
        let policy = Policy::parse(policy, &roster, &[], &environment, Pick::BestSkill).expect("valid");
        let mut availability = [Availability::Here; 6];
        availability[0] = Availability::Absent { until: None };
        let known = Known { availability: &availability, ..Known::default() };
        let (mut target, mut backups) = (Vec::new(), Vec::new());
        admit(&policy.rules[0], &roster, &known, &mut target);
        admit_on_full(&policy.rules[0], &roster, &known, 0, &mut backups);
        let reasons: Vec<ReasonCode> = target.iter().map(|a| a.reason).collect();
        use ReasonCode::{Absent, Admitted, ExcludedByRule, Inactive, MissingSkill};
        assert_eq!(reasons, [Absent, MissingSkill, Inactive, Admitted, ExcludedByRule]);
        assert_eq!(target[3].rank, 3.0);
        assert_eq!(backups.iter().map(|a| a.rep.0).collect::<Vec<_>>(), [4]);
    }

    /// Who a rule looks at, with the reason; and the steps when nobody of them is free.
    fn look(away: &str, absent: &[usize], rule: &str) -> (Vec<(u32, ReasonCode)>, Vec<Vec<u32>>) {
        let environment = Environment::new(&AttributeSchema::default());
        let roster = r#"
            format = 1
            rep = [
                { id = "a", backup = ["b", "c"] }, { id = "b", backup = ["d"] }, { id = "c", backup = ["d", "e"] },
                { id = "d" }, { id = "e" }, { id = "f", active = false },
            ]
            pool = [{ id = "few", reps = ["a", "b"] }, { id = "night", reps = ["a", "e"], stand_by = true }]
        "#;
        let roster = Roster::new(&toml::from_str(roster).expect("toml"), &environment).expect("valid");
        let policy = format!("format = 1\nname = 'p'\nrule = [{rule}]\nfallback = {{ queue = 'q' }}");
        let policy = Policy::parse(&policy, &roster, &[], &environment, Pick::LeastLoaded).expect("valid");
        let file: crate::AwayFile = toml::from_str(&format!("format = 1\n{away}")).expect("toml");
        let (away, faults) = Away::new([&file], &roster, |_| pointsman_workhours::Zone::utc());
        assert_eq!(faults, []);
        let mut availability = [Availability::Here; 6];
        absent.iter().for_each(|&rep| availability[rep] = Availability::Absent { until: None });
        availability[4] = Availability::Closed { until: None };
        let now = "2026-06-01T12:00:00Z".parse().expect("a time");
        let known = Known {
            availability: &availability,
            away: Some(&away),
            now,
            account_owner: roster.rep("a"),
            ..Known::default()
        };
        let rule = &policy.rules[0];
        let mut target = Vec::new();
        admit(rule, &roster, &known, &mut target);
        let steps = (0..steps_on_full(rule, &roster, &known)).map(|step| {
            let mut out = Vec::new();
            admit_on_full(rule, &roster, &known, step, &mut out);
            out.iter().map(|admission| admission.rep.0).collect()
        });
        (target.iter().map(|a| (a.rep.0, a.reason)).collect(), steps.collect())
    }

    use ReasonCode::{Absent, Admitted, OutOfPool, OutsideHours, Redirected};

    #[test]
    fn the_leads_of_an_absent_owner_go_to_who_stands_in() {
        let rule = "{ id = 'r', owner = 'account', on_full = 'backup' }";
        let check = |away: &str, absent: &[usize], expected: &[(u32, ReasonCode)]| {
            assert_eq!(look(away, absent, rule).0, expected, "{away} {absent:?}");
        };
        check("", &[], &[(0, Admitted)]);
        check("", &[0], &[(0, Absent), (1, Admitted)]);
        check("", &[0, 1], &[(0, Absent), (2, Admitted)]);
        check("", &[0, 1, 2], &[(0, Absent), (3, Admitted)]);
        // Elsewhere, whoever is outside hours is still the one who stands in.
        check("", &[0, 1, 2, 3], &[(0, Absent), (4, OutsideHours)]);
        let named = "absence = [{ rep = 'a', from = 2026-05-30, until = 2026-06-30, backup = 'd' }]";
        check(named, &[0], &[(0, Absent), (3, Admitted)]);
        check(named, &[0, 3], &[(0, Absent), (1, Admitted)]);
        let sent = "override = [{ rep = 'a', to = 'd', until = 2026-06-02 }]";
        check(sent, &[], &[(0, Redirected), (3, Admitted)]);
        check(sent, &[3], &[(0, Redirected)]);
        check(&sent.replace("06-02", "06-01"), &[], &[(0, Admitted)]);
        let twice =
            "override = [{ rep = 'a', to = 'b', until = 2026-06-02 }, { rep = 'b', to = 'e', until = 2026-06-02 }]";
        check(twice, &[], &[(0, Redirected), (4, OutsideHours)]);
    }

    #[test]
    fn backups_are_asked_in_their_order_and_each_once() {
        let rule = "{ id = 'r', owner = 'account', on_full = 'backup' }";
        assert_eq!(look("", &[], rule).1, [vec![1], vec![2], vec![3], vec![4]]);
        let rule = "{ id = 'r', pool = 'few', on_full = 'backup' }";
        assert_eq!(look("", &[], rule).1, [vec![3], vec![2], vec![4]]);
    }

    #[test]
    fn pools_know_overrides_and_stand_by() {
        let rule = "{ id = 'r', pool = 'few' }";
        let out = "override = [{ rep = 'a', pool = 'few', until = 2026-06-02 }]";
        assert_eq!(look(out, &[], rule).0, [(0, OutOfPool), (1, Admitted)]);
        assert_eq!(look(&out.replace("few", "night"), &[], rule).0, [(0, Admitted), (1, Admitted)]);
        let sent = "override = [{ rep = 'a', to = 'd', until = 2026-06-02 }]";
        assert_eq!(look(sent, &[], rule).0, [(0, Redirected), (1, Admitted), (3, Admitted)]);
        assert_eq!(look(&sent.replace("'d'", "'b'"), &[], rule).0, [(0, Redirected), (1, Admitted)]);
        // In a pool, an absent member is simply left out.
        assert_eq!(look("", &[0], rule).0, [(0, Absent), (1, Admitted)]);
        let rule = "{ id = 'r', pool = 'night' }";
        assert_eq!(look("", &[], rule).0, [(0, Admitted), (4, Admitted)], "stand-by, around the clock");
    }

    #[test]
    fn nearness_is_the_common_beginning_of_postcodes() {
        let home = |country: &str, postcode: &str| (country.into(), plain_postcode(postcode).into());
        let near = |home: &(Box<str>, Box<str>), country, postcode| nearness(Some(home), Some((country, postcode)));
        assert_eq!(near(&home("DE", "80331"), "DE", "80939"), 3.0);
        assert_eq!(near(&home("DE", "80331"), "AT", "80331"), 0.0);
        assert_eq!(near(&home("GB", "sw1a 2aa"), "GB", "SW1A0AA"), 5.0);
        assert_eq!(near(&home("DE", ""), "DE", "80331"), 1.0);
        assert_eq!(nearness(None, Some(("DE", "1"))), 0.0);
    }
}
