use std::time::Duration;

use pointsman_domain::{Instant, Micros, Rng};
use pointsman_rules::{
    Policy,
    lint::{self, Context, Finding, Kind},
};
use pointsman_workhours::{Absences, Calendar, Zone};

use crate::world::World;

const NOW: &str = "2026-11-25T09:00:00Z";

struct Checked<'w> {
    world: &'w World,
    calendar: Calendar,
    absences: Vec<Absences>,
    now: Instant,
}

impl<'w> Checked<'w> {
    fn new(world: &'w World) -> Self {
        let calendar = Calendar::stand_by(Zone::new("Europe/Berlin").expect("a zone"));
        let now = Instant::parse_as_written(NOW).expect("a time");
        Self { world, calendar, absences: vec![Absences::none(); world.roster.reps.len()], now }
    }

    fn away(mut self, rep: &str, from_day: i64, days: i64) -> Self {
        let from = self.now + Micros::DAY.times(from_day);
        let rep = self.world.roster.rep(rep).expect("a rep").0 as usize;
        self.absences[rep] = Absences::new([(from, from + Micros::DAY.times(days))]);
        self
    }

    fn context(&self) -> Context<'_> {
        Context {
            environment: &self.world.environment,
            roster: &self.world.roster,
            territories: &self.world.territories,
            absences: &self.absences,
            calendars: vec![&self.calendar; self.world.roster.reps.len()],
            now: self.now,
            today: self.now.utc_day() as i32,
        }
    }

    /// The findings, each shown by its example.
    fn check(&self, policy: &str) -> Vec<Finding> {
        let policy = self.world.policy(policy).unwrap_or_else(|e| panic!("{e}\n{policy}"));
        let findings = lint::check(&policy, &self.context());
        findings.iter().for_each(|finding| self.shows(&policy, finding));
        findings
    }

    /// Runs the example through the compiled ladder.
    fn shows(&self, policy: &Policy, finding: &Finding) {
        let mut row = self.world.environment.row();
        finding.example.iter().for_each(|(field, value)| row.set(*field, value));
        let matched: Vec<usize> = policy.conditions.matches(&row, &mut policy.conditions.scratch()).collect();
        let rules: Vec<usize> = finding.rules.iter().map(|at| at.place).collect();
        for at in &finding.rules {
            assert_eq!((&policy.rules[at.place].id, policy.rules[at.place].line), (&at.rule, at.line));
        }
        let matches = |rule: &usize| matched.contains(rule);
        let today = self.now.utc_day() as i32;
        let territory = finding.rows.as_ref().map(|rows| {
            self.world.territories.iter().find(|territory| territory.name == rows.territory).expect("a territory")
        });
        let shown = match finding.kind {
            Kind::AlwaysFalse => !matches(&rules[0]),
            Kind::Shadowed => {
                rules.iter().any(|rule| matches(rule) && matched[0] < *rule && rules.contains(&matched[0]))
            }
            Kind::Overlap => matches(&rules[0]) && matches(&rules[1]) && matched[0] == rules[0],
            Kind::TerritoryGap => matches(&rules[0]) && territory.is_some_and(|t| t.find(&row, today).is_none()),
            Kind::TerritoryOverlap => {
                let (table, lines) = (territory.expect("a table"), &finding.rows.as_ref().expect("rows").lines);
                let holding = |line: &u32| {
                    let place = table.rows.iter().position(|row| row.line == *line).expect("a row");
                    table.holds(place, &row, today)
                };
                matches(&rules[0]) && lines.iter().all(holding)
            }
            _ => rules.is_empty() || matches(&rules[0]),
        };
        assert!(shown, "{finding:#?} is not shown by its example: it matches {matched:?}");
    }
}

fn kinds(findings: &[Finding]) -> Vec<Kind> {
    findings.iter().map(|finding| finding.kind).collect()
}

fn policy(rules: &str) -> String {
    format!("format = 1\nname = 'p'\n{rules}\n[[rule]]\nid = 'rest'\npool = 'everybody'\n\n[fallback]\nqueue = 'q'\n")
}

fn check(rules: &str, expected: &[Kind], says: &str) {
    let world = World::new();
    let findings = Checked::new(&world).check(&policy(rules));
    assert_eq!(kinds(&findings), expected, "{rules}\n{findings:#?}");
    let said = findings.iter().any(|finding| finding.particular.to_string().contains(says));
    assert!(said || expected.is_empty(), "expected '{says}' in {findings:#?}");
}

#[test]
fn rules_that_never_fire_are_found() {
    let two = |first: &str, second: &str| {
        format!(
            "[[rule]]\nid = 'a'\nwhen = \"{first}\"\npool = 'dach'\n[[rule]]\nid = 'b'\nwhen = \"{second}\"\npool = 'international'\n"
        )
    };
    let shadowed = "'b' fires only when nobody of 'a' (line 3) is free";
    check(&two("lead.country == 'DE'", "lead.country == 'DE'"), &[Kind::Shadowed], shadowed);
    check(&two("lead.employees >= 50", "lead.employees > 99 && lead.country == 'DE'"), &[Kind::Shadowed], shadowed);
    check(&two("lead.country in ['DE', 'AT']", "lead.country == 'AT' && has(lead.city)"), &[Kind::Shadowed], shadowed);
    check(
        &two("lead.city.contains('burg')", "lead.city.contains('burg') && lead.budget > 5"),
        &[Kind::Shadowed],
        shadowed,
    );
    check(&two("!(lead.country == 'DE')", "lead.country == 'FR'"), &[Kind::Shadowed], shadowed);
    check(&two("has(lead.postcode)", "lead.postcode.startsWith('80')"), &[Kind::Shadowed], shadowed);
    // Not the other way round, and not where somebody is left.
    check(&two("lead.employees > 99 && lead.country == 'DE'", "lead.employees >= 50"), &[], "");
    check(&two("lead.country == 'DE'", "lead.country != 'FR'"), &[], "");
    check(&two("lead.city.contains('burg')", "lead.city.contains('bur')"), &[], "");
    // A missing value is neither.
    check(&two("lead.employees < 100", "!(lead.employees >= 100)"), &[], "");
    check(
        &two("lead.employees < 100 || !has(lead.employees)", "!(lead.employees >= 100)"),
        &[Kind::Shadowed],
        shadowed,
    );
}

#[test]
fn several_rules_together_shadow_one() {
    let rule = |id: &str, when: &str, more: &str| format!("[[rule]]\nid = '{id}'\nwhen = \"{when}\"\n{more}\n");
    let queue = "queue = 'legal'";
    let rules = [
        rule("other", "lead.country == 'FR'", "pool = 'dach'"),
        rule("small", "lead.employees < 100", queue),
        rule("large", "lead.employees >= 100", queue),
        rule("known", "has(lead.employees) && lead.product == 'start'", "pool = 'dach'"),
    ]
    .concat();
    check(&rules, &[Kind::Shadowed], "'known' never fires: 'small' (line 7) and 'large' (line 11) take every lead");
}

#[test]
fn leads_pass_owners_and_who_is_not_there() {
    // The owner may have left or be away: the second rule is no mistake.
    let owners = "[[rule]]\nid = 'owner'\nwhen = 'account.has_owner'\nowner = 'account'\n[[rule]]\nid = 'named'\nwhen = 'account.has_owner && lead.employees > 500'\npool = 'enterprise'\n";
    check(owners, &[], "");
}

#[test]
fn conditions_that_are_always_or_never_true_are_found() {
    let one = |when: &str| format!("[[rule]]\nid = 'a'\nwhen = \"{when}\"\nowner = 'account'\n");
    check(&one("lead.employees < 10 && lead.employees > 20"), &[Kind::AlwaysFalse], "no lead meets its condition");
    check(
        &one("lead.country == 'DE' && (lead.country == 'FR' || lead.country == 'GB')"),
        &[Kind::AlwaysFalse],
        "no lead",
    );
    check(&one("account.owner == 'mara' && !account.has_owner"), &[Kind::AlwaysFalse], "no lead");
    check(&one("engagement.calls >= 0"), &[Kind::AlwaysTrue], "every lead meets its condition");
    check(&one("has(lead.city) || !has(lead.city)"), &[Kind::AlwaysTrue], "every lead");
    check(&one("account.known || !account.has_owner"), &[Kind::AlwaysTrue], "every lead");
    check(&one("lead.employees >= 0"), &[], "");
}

#[test]
fn rules_that_divide_uncleanly_are_found() {
    let two = |first: &str, second: &str| {
        format!(
            "[[rule]]\nid = 'a'\nwhen = \"{first}\"\npool = 'dach'\n[[rule]]\nid = 'b'\nwhen = \"{second}\"\npool = 'international'\n"
        )
    };
    let says = "'a' and 'b' divide leads by the same fields";
    check(&two("lead.country in ['DE', 'AT']", "lead.country in ['AT', 'CH']"), &[Kind::Overlap], says);
    check(&two("lead.employees >= 50 && lead.employees < 250", "lead.employees >= 200"), &[Kind::Overlap], says);
    check(&two("lead.employees < 250", "lead.employees >= 200 && lead.country == 'DE'"), &[Kind::Overlap], says);
    // The usual ladder: different fields, special before general, clean borders.
    check(&two("lead.country == 'DE'", "lead.industry == 'finance'"), &[], "");
    check(&two("lead.employees >= 200 && lead.country == 'DE'", "lead.employees >= 50"), &[], "");
    check(&two("lead.employees < 250", "lead.employees >= 250"), &[], "");
    let allowed =
        two("lead.country in ['DE', 'AT']", "lead.country in ['AT', 'CH']\"\nallow = [\"overlap\"]\nsla = \"1h");
    check(&allowed, &[], "");
}

#[test]
fn people_who_are_not_there_are_found() {
    let roster = "format = 1
rep = [{ id = 'a', skills = { french = 2 } }, { id = 'b' }, { id = 'c' }, { id = 'gone', active = false }, { id = 'idle' }]
pool = [{ id = 'everybody', reps = ['a', 'b'] }, { id = 'left', reps = ['gone'] }, { id = 'one', reps = ['c'] }]";
    let world = World::with_roster(roster);
    let rule = |more: &str| policy(&format!("[[rule]]\nid = 'r'\nwhen = \"lead.country == 'DE'\"\n{more}\n"));
    let check = |checked: &Checked<'_>, more: &str, kind: Kind, says: &str| {
        let findings = checked.check(&rule(more));
        let found =
            findings.iter().find(|finding| finding.kind == kind).unwrap_or_else(|| panic!("{kind:?}: {findings:#?}"));
        assert!(found.particular.to_string().contains(says), "{found:#?}");
    };
    let here = Checked::new(&world);
    check(&here, "pool = 'left'", Kind::EmptyPool, "pool 'left' has nobody who works: whatever");
    check(&here, "pool = 'one'\non_full = { overflow = 'left' }", Kind::EmptyPool, "pool 'left'");
    check(&here, "pool = 'one'", Kind::UnreachableRep, "'idle' is in no pool");
    check(&here, "rep = 'gone'", Kind::NobodyQualifies, "'gone' no longer works");
    check(&here, "pool = 'one'\nskills = { french = 1 }", Kind::NobodyQualifies, "none has 'french 1'");
    check(&here, "pool = 'everybody'\non_full = 'backup'", Kind::UselessOverflow, "its backups add nobody");
    let away = Checked::new(&world).away("c", 10, 5);
    check(&away, "pool = 'one'", Kind::AbsentPool, "is away from 2026-12-05T09:00:00Z until 2026-12-10T09:00:00Z: 'c'");
    // One of two is here; far ahead is far ahead.
    let one_of_two = Checked::new(&world).away("a", 10, 5);
    assert!(!kinds(&one_of_two.check(&rule("rep = 'idle'"))).contains(&Kind::AbsentPool));
    let later = Checked::new(&world).away("c", 31, 5);
    assert!(!kinds(&later.check(&rule("pool = 'one'"))).contains(&Kind::AbsentPool));
}

#[test]
fn size_depth_and_age_are_found() {
    check(
        "[review]\nmax_rules = 1\n[[rule]]\nid = 'a'\nwhen = \"lead.country == 'DE'\"\npool = 'dach'\n",
        &[Kind::TooManyRules],
        "the policy has 2 rules, more than 1",
    );
    let deep =
        "lead.country == 'DE' && (lead.employees > 5 || (lead.city == 'a' && (lead.city == 'b' || lead.budget > 1)))";
    check(&format!("[[rule]]\nid = 'a'\nwhen = \"{deep}\"\nowner = 'account'\n"), &[Kind::TooDeep], "nests 4 deep");
    let world = World::new();
    let reviewed = |date: &str| {
        let text = policy("").replace("name = 'p'", &format!("name = 'p'\nowner = 'Kim'\nreviewed = {date}"));
        Checked::new(&world).check(&text)
    };
    assert_eq!(kinds(&reviewed("2026-08-26")), [Kind::NotReviewed]);
    assert!(reviewed("2026-08-26")[0].particular.to_string().contains("for 91 days: Kim reads it"));
    assert_eq!(kinds(&reviewed("2026-08-27")), []);
}

fn territory(csv: &str) -> Vec<Finding> {
    let world = World::new().with_territory("t", csv);
    Checked::new(&world).check(&policy("[[rule]]\nid = 'by-place'\nterritory = 't'\n"))
}

#[test]
fn every_postcode_of_a_divided_country_is_held_once() {
    let check = |csv: &str, kind: Option<Kind>, says: &str| {
        let findings = territory(csv);
        assert_eq!(kinds(&findings), kind.into_iter().collect::<Vec<_>>(), "{csv}\n{findings:#?}");
        assert!(kind.is_none() || findings[0].particular.to_string().contains(says), "{says}: {findings:#?}");
    };
    let gap = Some(Kind::TerritoryGap);
    let overlap = Some(Kind::TerritoryOverlap);
    check("country,postcode,rep\nDE,00000-49999,mara\nDE,50000-99999,jonas\n", None, "");
    check("country,postcode,rep\nDE,0|1|2|3|4,mara\nDE,6|7|8|9,jonas\n", gap, "no row holds 50000-59999");
    check("country,postcode,rep\nDE,00000-49999,mara\nDE,50500-99999,jonas\n", gap, "50000-50499");
    check(
        "country,postcode,rep\nDE,00000-49999,mara\nDE,49000-99999,jonas\n",
        overlap,
        "line 2 (rep 'mara') and in line 3",
    );
    check("country,postcode,rep\nDE,,mara\nDE,80-85,jonas\nDE,80331,elif\n", None, "");
    check(
        "country,postcode,rep\nDE,,mara\nDE,,jonas\n",
        overlap,
        "lines 2 and 3 hold the same leads, but name rep 'mara' and rep 'jonas'",
    );
    check("country,postcode,rep\nDE,,mara\nDE,,mara\n", None, "");
    // 43 and 62 are not in use.
    check("country,postcode,rep\nDE,01-04|06-42|44-61|63-99,mara\n", None, "");
    // Nobody divides France here, and single postcodes are those in use.
    check("country,postcode,rep\nFR,,luc\nDE,01-99,mara\n", None, "");
    check("country,postcode,rep\nAT,1-8,luc\n", gap, "9000-9999");
    let areas = "AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK|FY|G|GL|GU|HA|HD|HG|HP|HR|HS|HU|HX|IG|IP|IV|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE";
    check(&format!("country,postcode,rep\nGB,{areas},amelia\n"), gap, "no row holds M:");
    check(&format!("country,postcode,rep\nGB,{areas},amelia\nGB,M1,luc\n"), None, "");
    // By industry: the gap is one of finance only.
    check("country,postcode,industry,rep\nDE,,,mara\nDE,0-9,finance,luc\n", None, "");
    check(
        "country,postcode,industry,rep\nDE,0-9,retail,mara\nDE,0-8,finance,luc\n",
        gap,
        "90000-99999 (for the kind of lead in the example)",
    );
    check(
        "country,postcode,industry,rep\nDE,80,,mara\nDE,,finance,luc\nDE,,,elif\n",
        overlap,
        "neither is the special case",
    );
    check("country,postcode,industry,rep\nDE,80,,mara\nDE,,finance,luc\nDE,80,finance,elif\nDE,,,jonas\n", None, "");
    check(
        "employees,pool\n1-49,dach\n50-249,international\n500+,enterprise\n",
        gap,
        "no row holds employees 250 to 499, between lines 3 and 4",
    );
    check("employees,pool\n1-49,dach\n40-249,international\n", overlap, "neither");
    // What held last year bothers nobody.
    check("country,rep,valid_from,valid_to\nDE,mara,,2026-01-01\nDE,jonas,2026-01-01,\n", None, "");
}

/// A ladder of 200 rules as companies have them: owners, named accounts, then country × product ×
/// size with clean borders, then the rest.
fn clean(rng: &mut Rng) -> Vec<String> {
    let mut rules = vec![
        rule("account-owner", "account.has_owner", "owner = 'account'"),
        rule("opportunity", "account.open_opportunity", "owner = 'opportunity'"),
        rule("prior-contact", "contact.has_owner", "owner = 'prior-contact'"),
    ];
    let mut countries: Vec<String> =
        (b'A'..=b'Z').flat_map(|a| (b'A'..=b'Z').map(move |b| format!("{}{}", a as char, b as char))).collect();
    rng.shuffle(&mut countries);
    let pools = ["dach", "international", "enterprise"];
    let products = ["start", "business", "enterprise"];
    let sizes = ["lead.employees < 50", "lead.employees >= 50 && lead.employees < 500", "lead.employees >= 500"];
    let mut number = 0;
    'all: for pair in countries.chunks(2) {
        for product in products {
            for size in sizes {
                let pool = pools[rng.below(3) as usize];
                let when =
                    format!("lead.country in ['{}', '{}'] && lead.product == '{product}' && {size}", pair[0], pair[1]);
                rules.push(rule(
                    &format!("r{number}"),
                    &when,
                    &format!("pool = '{pool}'\nsla = '2h'\non_full = {{ hold = '4h' }}"),
                ));
                number += 1;
                if rules.len() == 198 {
                    break 'all;
                }
            }
        }
    }
    rules.push(rule("talkative", "engagement.page_views > 20 && lead.city.contains('burg')", "pool = 'enterprise'"));
    rules.push("[[rule]]\nid = 'rest'\npool = 'everybody'\n".into());
    rules
}

fn rule(id: &str, when: &str, more: &str) -> String {
    format!("[[rule]]\nid = '{id}'\nwhen = \"{when}\"\n{more}\n")
}

fn file(rules: &[String]) -> String {
    format!("format = 1\nname = 'p'\nreviewed = 2026-11-01\n{}\n[fallback]\nqueue = 'q'\n", rules.concat())
}

#[test]
fn a_clean_policy_of_200_rules_is_left_in_peace() {
    let world = World::new();
    for seed in 0..3 {
        let rules = clean(&mut Rng::seeded(seed));
        assert_eq!(rules.len(), 200);
        let findings = Checked::new(&world).check(&file(&rules));
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

#[test]
fn a_planted_defect_is_found_among_200_rules_and_nothing_else() {
    let world = World::new();
    let plants: [(Kind, &str); 6] = [
        (Kind::Shadowed, "when = \"SAME && has(lead.postcode)\"\npool = 'PLANTED'"),
        (Kind::AlwaysFalse, "when = \"lead.employees < 10 && lead.employees > 20\"\npool = 'dach'"),
        (Kind::AlwaysTrue, "when = \"engagement.forms >= 0\"\nowner = 'originator'"),
        (
            Kind::Overlap,
            "when = \"COUNTRIES && lead.product in ['start', 'business'] && lead.employees >= 40 && lead.employees < 60\"\nrep = 'luc'",
        ),
        (
            Kind::NobodyQualifies,
            "when = \"lead.country == 'DE' && lead.city == 'Bonn'\"\npool = 'international'\nskills = { german = 5 }",
        ),
        (
            Kind::UselessOverflow,
            "when = \"lead.country == 'DE' && lead.city == 'Bonn'\"\npool = 'dach'\non_full = { overflow = 'dach-again' }",
        ),
    ];
    let roster = format!("{}\n[[pool]]\nid = 'dach-again'\nteams = ['dach']\n", include_str!("../../../../reps.toml"));
    let wide = World::with_roster(&roster);
    for (seed, (kind, plant)) in plants.iter().enumerate() {
        let mut rng = Rng::seeded(seed as u64);
        let mut rules = clean(&mut rng);
        let at = 100 + rng.below(90) as usize;
        let earlier = &rules[at - 9];
        let when = earlier.split('"').nth(1).expect("a condition").to_owned();
        let countries = when.split(" && ").next().expect("a part").to_owned();
        let other = if earlier.contains("pool = 'dach'") { "international" } else { "dach" };
        let plant = plant.replace("SAME", &when).replace("COUNTRIES", &countries).replace("PLANTED", other);
        let planted_at = if *kind == Kind::Overlap { 3 } else { at };
        rules.insert(planted_at, format!("[[rule]]\nid = 'planted'\n{plant}\n"));
        let world = if *kind == Kind::UselessOverflow { &wide } else { &world };
        let checked = Checked::new(world);
        let findings = checked.check(&file(&rules));
        assert_eq!(kinds(&findings), [*kind], "{plant}\n{findings:#?}");
        assert!(findings[0].rules.iter().any(|at| at.rule.as_str() == "planted"), "{findings:#?}");
    }
}

/// The bar is one second; the machine of a test may be slow, so the median of three counts.
#[test]
#[expect(clippy::disallowed_methods, reason = "measures how long a check takes")]
fn checking_200_rules_takes_less_than_a_second() {
    let world = World::new();
    let mut rules = clean(&mut Rng::seeded(9));
    rules.insert(150, rule("planted", "lead.employees < 10 && lead.employees > 20", "pool = 'dach'"));
    let policy = world.policy(&file(&rules)).expect("loads");
    let checked = Checked::new(&world);
    let mut times: Vec<Duration> = (0..3)
        .map(|_| {
            let started = std::time::Instant::now();
            assert_eq!(lint::check(&policy, &checked.context()).len(), 1);
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    eprintln!("checking 201 rules: {:?}", times[1]);
    assert!(times[1] < Duration::from_secs(4), "{times:?}: four times the bar, for builds without optimisation");
}
