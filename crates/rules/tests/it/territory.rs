use pointsman_domain::{Instant, Rng};
use pointsman_rules::{Destination, Territory};

use crate::world::World;

const TODAY: i32 = 20_000;

fn day(text: &str) -> i32 {
    Instant::parse_as_written(text).expect("a date").utc_day() as i32
}

/// The line and whom it names, of the row that a lead belongs to.
fn found(world: &World, territory: &Territory, lead: &[(&str, &str)], day: i32) -> Option<(u32, String)> {
    let row = &territory.rows[territory.find(&world.lead(lead), day)?];
    let to = match row.to {
        Destination::Pool(pool) => world.roster.pool_at(pool).id.to_string(),
        Destination::Rep(rep) => world.roster.rep_at(rep).id.to_string(),
    };
    Some((row.line, to))
}

#[test]
fn the_most_specific_row_wins() {
    let world = World::new();
    let csv = "country,postcode,city,industry,employees,pool,rep\n\
               DE,,,,,dach,\n\
               DE,80-87,,,,,elif\n\
               DE,80331,,,,,jonas\n\
               DE,,,finance,,enterprise,\n\
               DE,,,,500+,,mara\n\
               DE,,münchen|Bern,,,,luc\n\
               GB,M,,,,,amelia\n\
               ,,,,1000+,enterprise,\n";
    let territory = world.territory("t", csv.as_bytes()).expect("a territory");
    let check = |lead: &[(&str, &str)], expected: Option<(u32, &str)>| {
        let found = found(&world, &territory, lead, TODAY);
        assert_eq!(found.as_ref().map(|(line, to)| (*line, &**to)), expected, "{lead:?}");
    };
    check(&[("country", "DE")], Some((2, "dach")));
    check(&[("country", "de"), ("postcode", "85748")], Some((3, "elif")));
    check(&[("country", "DE"), ("postcode", "80331")], Some((4, "jonas")));
    check(&[("country", "DE"), ("industry", "finance")], Some((5, "enterprise")));
    check(&[("country", "DE"), ("employees", "500")], Some((6, "mara")));
    check(&[("country", "DE"), ("employees", "499")], Some((2, "dach")));
    check(&[("country", "DE"), ("city", "MÜNCHEN ")], Some((7, "luc")));
    check(&[("country", "GB"), ("postcode", "m1 1ae")], Some((8, "amelia")));
    check(&[("country", "GB"), ("postcode", "ME1 1AE")], None);
    check(&[("employees", "2000")], Some((9, "enterprise")));
    check(&[("postcode", "80331")], None);
    check(&[], None);
}

#[test]
fn rows_hold_from_their_first_day_to_the_day_before_their_last() {
    let world = World::new();
    let csv = "country;pool;rep;valid_from;valid_to\nDE;dach;;;2026-07-01\nDE;;mara;2026-07-01;\n";
    let territory = world.territory("t", csv.as_bytes()).expect("semicolons are read");
    let line = |date: &str| found(&world, &territory, &[("country", "DE")], day(date)).map(|(line, _)| line);
    assert_eq!((line("2026-06-30"), line("2026-07-01")), (Some(2), Some(3)));
}

#[test]
fn named_accounts_are_a_territory() {
    let world = World::new();
    let csv = "account.domain,rep\ncontoso.com|contoso.de,mara\nfabrikam.com,luc\n";
    let territory = world.territory("named", csv.as_bytes()).expect("a territory");
    let mut lead = world.lead(&[]);
    lead.set_text(pointsman_expr::Builtin::AccountDomain, "contoso.de");
    assert_eq!(territory.find(&lead, TODAY), Some(0));
}

#[test]
fn faults_name_line_and_column() {
    let world = World::new();
    let check = |csv: &str, expected: &str| {
        let errors = world.territory("t", csv.as_bytes()).expect_err(expected);
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(all.iter().any(|error| error.contains(expected)), "{expected}: {all:?}");
    };
    check("", "no head");
    check("country,pool\n", "no row");
    check("contry,pool\nDE,dach\n", "column 'contry' is no attribute of leads; try 'country'");
    check("country,country,pool\nDE,DE,dach\n", "stands twice");
    check("country\nDE\n", "no column pool or rep");
    check("postcode,pool\n80,dach\n", "need the column country");
    check("country,pool\nDE,dahc\n", "line 2, column 'pool': unknown pool 'dahc'; reps.toml has dach");
    check("country,rep\nDE,maria\n", "line 2, column 'rep': unknown rep 'maria'");
    check("country,pool,rep\nDE,dach,mara\n", "line 2: names a pool and a rep");
    check("country,pool\nDE,\n", "names neither");
    check("country,postcode,pool\nDE,80-819,dach\n", "column 'postcode': '80-819' is no postcode area of DE");
    check("country,postcode,pool\n,80,dach\n", "needs its country in the same row");
    check("country,pool\nGermany,dach\n", "'Germany' is no two-letter country code");
    check("industry,pool\nbanks,dach\n", "'banks' is not one of automotive");
    check("employees,pool\n500-50,dach\n", "'500-50' is no range of numbers");
    check("country,pool,valid_from,valid_to\nDE,dach,2026-02-01,2026-02-01\n", "valid_to is not after");
    check("country,pool,valid_from\nDE,dach,1.2.2026\n", "'1.2.2026' is no date");
    check("country,pool\nDE,dach,more\n", "line 2: has 3 cells, the head has 2");
    // Both faults at once.
    let errors = world.territory("t", b"country,pool\nDEU,dach\nDE,x\n").expect_err("two faults");
    assert_eq!(errors.len(), 2);
    assert!(world.territory("t", b"country,pool\n\xff\xfe,dach\n").is_err());
}

/// The look-up through drawers gives the row that trying every row gives.
#[test]
fn the_index_agrees_with_trying_every_row() {
    let world = World::new();
    let mut rng = Rng::seeded(5);
    let mut found = 0;
    for _ in 0..60 {
        let mut csv = String::from("country,postcode,region,industry,employees,pool,rep\n");
        for _ in 0..1 + rng.below(40) {
            csv.push_str(&random_row(&mut rng));
        }
        let territory = world.territory("t", csv.as_bytes()).unwrap_or_else(|e| panic!("{e:?}\n{csv}"));
        for _ in 0..100 {
            let lead = random_lead(&world, &mut rng);
            let place = territory.find(&lead, TODAY);
            let holding: Vec<usize> = (0..territory.rows.len()).filter(|&r| territory.holds(r, &lead, TODAY)).collect();
            assert_eq!(place.is_some(), !holding.is_empty(), "{csv}");
            if let Some(place) = place {
                found += 1;
                assert!(holding.contains(&place));
                let narrower = holding
                    .iter()
                    .find(|&&r| r != place && territory.is_within(r, place) && !territory.is_within(place, r));
                assert_eq!(narrower, None, "row {place} has a narrower one\n{csv}");
            }
        }
    }
    assert!(found > 1000, "{found} look-ups found a row");
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.below(from.len() as u64) as usize]
}

fn random_row(rng: &mut Rng) -> String {
    let country = pick(rng, &["DE", "DE", "AT|CH", "GB", ""]);
    let postcode = match country {
        "DE" => pick(rng, &["", "8", "80", "80-83", "80331", "80331-80339", "8|9"]),
        "AT|CH" => pick(rng, &["", "1", "1000-2999"]),
        "GB" => pick(rng, &["", "M", "M1", "M1-M4", "SW1A", "ME"]),
        _ => "",
    };
    let region = pick(rng, &["", "", "bayern", "Wien|Bern"]);
    let industry = pick(rng, &["", "", "finance", "finance|health"]);
    let employees = pick(rng, &["", "", "1-49", "50-249", "250+", "100+"]);
    let to = pick(rng, &["dach,", "enterprise,", ",mara", ",luc"]);
    format!("{country},{postcode},{region},{industry},{employees},{to}\n")
}

fn random_lead(world: &World, rng: &mut Rng) -> pointsman_expr::Row {
    let all = [
        ("country", pick(rng, &["DE", "DE", "AT", "CH", "GB", "FR"])),
        (
            "postcode",
            pick(rng, &["80331", "80335", "83000", "90000", "1010", "M1 1AE", "M11 2AA", "SW1A 1AA", "ME1 1AA"]),
        ),
        ("region", pick(rng, &["Bayern", "wien", "bern", "x"])),
        ("industry", pick(rng, &["finance", "health", "retail"])),
        ("employees", pick(rng, &["1", "49", "50", "120", "250", "5000"])),
    ];
    let present: Vec<(&str, &str)> = all.into_iter().filter(|_| rng.below(8) > 0).collect();
    world.lead(&present)
}
