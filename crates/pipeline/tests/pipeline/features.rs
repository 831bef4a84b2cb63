//! The feature table agrees with the row executor on every row, and knows nothing of the future.

use std::collections::BTreeMap;

use pointsman_domain::{
    Entity, Instant, LeadId, Micros, Rng,
    record::{ActivityKind, AssignmentKind, Stage},
};
use pointsman_pipeline::{History, Wanted, features, for_each_batch, read_features, sql, state_at, write_features};
use pointsman_scoring::{
    Executor, Feature, FeatureKind, FeatureSpec, FeatureState, FeatureTable, LeadFacts, LocalTime, Missing, RateOf,
    Source, row::ACTIVITY_KINDS,
};
use proptest::prelude::*;

use crate::support::{HEADER, Place};

fn spec() -> FeatureSpec {
    let feature = |name: &str, kind: FeatureKind, source: Source| Feature {
        name: name.into(),
        kind,
        source,
        missing: Missing::Own,
        unit: None,
    };
    let attribute = |name: &str| Source::Attribute { entity: Entity::Lead, name: name.into() };
    let rate = |of: RateOf| Source::WinRate { of, shrink: 3.0 };
    let number = FeatureKind::Number;
    FeatureSpec {
        format: 1,
        segments: vec!["country".into(), "industry".into()],
        features: vec![
            feature("country", FeatureKind::Category, attribute("country")),
            feature("size", number, attribute("size")),
            feature(
                "industry",
                FeatureKind::Category,
                Source::Attribute { entity: Entity::Account, name: "industry".into() },
            ),
            feature("all", number, rate(RateOf::Global)),
            feature("rep_rate", number, rate(RateOf::Rep)),
            feature("country_rate", number, rate(RateOf::Segment("country".into()))),
            feature("rep_industry_rate", number, rate(RateOf::RepSegment("industry".into()))),
            feature("recent", number, Source::RecentRate { days: 2, shrink: 1.0 }),
            feature("tenure", number, Source::Tenure),
            feature("hour", FeatureKind::Category, Source::Hour),
            feature("weekday", number, Source::Weekday),
            feature("calls", number, Source::Engagement { kind: ActivityKind::Call }),
            feature("open", number, Source::OpenLeads),
            feature("busy", number, Source::Utilisation { days: 2 }),
            feature("used_to", number, Source::Experience { segment: "country".into() }),
            feature("there", number, Source::HourOf { entity: Entity::Lead, name: "country".into() }),
            feature(
                "day_there",
                FeatureKind::Category,
                Source::WeekdayOf { entity: Entity::Lead, name: "country".into() },
            ),
        ],
        ..FeatureSpec::default()
    }
}

fn utc(at: Instant) -> LocalTime {
    let hour = at.unix_micros().rem_euclid(Micros::DAY.0) / Micros::HOUR.0;
    LocalTime { hour: hour as u8, weekday: ((at.utc_day() + 3).rem_euclid(7) + 1) as u8 }
}

/// Minutes after 2026-03-01 as a time.
fn minute(minutes: u32) -> String {
    (Instant::parse_as_written("2026-03-01").unwrap() + Micros::MINUTE.times(i64::from(minutes))).to_string()
}

/// One lead: when it came, whose it was, how it ended how many minutes later.
#[derive(Debug, Clone)]
struct Deal {
    at: u32,
    rep: &'static str,
    country: &'static str,
    account: &'static str,
    end: Option<(u32, &'static str)>,
    calls: Vec<u32>,
}

fn place(deals: &[Deal]) -> Place {
    let mut text = HEADER.to_owned();
    let mut calls = "id,rep,at,kind\n".to_owned();
    for (i, deal) in deals.iter().enumerate() {
        let (closed, stage) = deal.end.map_or((String::new(), ""), |(after, stage)| (minute(deal.at + after), stage));
        let size = if i % 3 == 0 { String::new() } else { i.to_string() };
        let Deal { rep, country, account, .. } = deal;
        text += &format!("D{i},{},{account},{country},{size},,,{rep},{closed},{stage},{i}.5,\n", minute(deal.at));
        calls.extend(deal.calls.iter().map(|at| format!("D{i},{rep},{},call\n", minute(*at))));
    }
    let mut place = Place::new(&[
        ("deals.csv", text.as_bytes()),
        ("accounts.csv", b"account,since,industry\nacme,2026-02-01,retail\nglobex,2026-03-02,technology\n"),
    ]);
    if calls.lines().count() > 1 {
        place.add("activities.csv", calls.as_bytes());
    }
    place.import().unwrap();
    place
}

fn table(place: &Place) -> FeatureTable {
    features(&place.workspace(), &spec(), &utc).unwrap()
}

/// Compares every row with a state folded for that row alone.
fn check_rows(place: &Place) {
    let table = table(place);
    table.check().unwrap();
    let history = History::open(&place.workspace()).unwrap();
    let executor = Executor::new(spec(), &history.schema).unwrap();
    let (leads, assignments, outcomes) =
        (history.leads().unwrap(), history.assignments().unwrap(), history.outcomes().unwrap());
    let accounts = history.accounts().unwrap();
    let mut activities = Vec::new();
    history.for_each_activity(|activity| activities.push(activity)).unwrap();
    let facts_of = |lead_id, at: Instant| {
        let lead = leads.iter().find(|lead| lead.id == lead_id).unwrap();
        let account = accounts.iter().find(|account| Some(account.id) == lead.account && account.known_at <= at);
        let count =
            |kind| activities.iter().filter(|a| a.lead == lead_id && a.known_at < at && a.kind == kind).count() as u32;
        LeadFacts {
            lead: &lead.attributes,
            account: account.map(|account| &account.attributes),
            contact: None,
            at,
            local: utc(at),
            engagement: ACTIVITY_KINDS.map(count),
        }
    };
    let mut owned: Vec<_> = assignments.iter().filter(|a| a.kind == AssignmentKind::First).collect();
    owned.sort_by_key(|a| (a.at, a.lead));
    owned.retain(|a| !outcomes.iter().any(|o| o.lead == a.lead && matches!(o.stage, Stage::Merged)));
    assert_eq!(table.len(), owned.len());
    for (row, assignment) in owned.iter().enumerate() {
        let border = assignment.at.full_hour();
        let mut state = FeatureState::empty(spec().digest(), 2);
        state.advance(border);
        for earlier in assignments.iter().filter(|a| a.known_at < border) {
            let facts = facts_of(earlier.lead, earlier.at);
            let features = executor.row(&facts, &state, None);
            let levels = executor.levels(&features.categories);
            state.assigned(earlier.lead, &earlier.rep, &levels, earlier.at, earlier.known_at).unwrap();
        }
        for outcome in outcomes.iter().filter(|o| o.known_at < border) {
            state.closed(outcome.lead, outcome.stage, outcome.known_at).unwrap();
        }
        let facts = facts_of(assignment.lead, assignment.at);
        let expected = executor.row(&facts, &state, Some(&assignment.rep));
        assert_eq!(&*table.lead_id[row], assignment.lead.to_string());
        assert_eq!(table.rep.text(row), Some(assignment.rep.as_str()));
        for (column, text) in table.categories.iter().zip(&expected.categories) {
            assert_eq!(column.values.text(row), text.as_deref(), "{}", column.name);
        }
        for (column, number) in table.numbers.iter().zip(&expected.numbers) {
            let found = column.values[row];
            assert!(
                found == *number || (found.is_nan() && number.is_nan()) || (found - number).abs() < 1e-12,
                "{}",
                column.name
            );
        }
    }
}

fn number(table: &FeatureTable, name: &str, row: usize) -> f64 {
    table.numbers.iter().find(|column| &*column.name == name).unwrap().values[row]
}

#[test]
fn rates_count_what_was_known_at_the_last_full_hour() {
    let deal = |at, rep, end| Deal { at, rep, country: "DE", account: "acme", end, calls: vec![] };
    let place = place(&[
        deal(0, "anna", Some((59, "won"))),
        deal(10, "anna", Some((50, "lost"))),
        deal(100, "anna", None),
        deal(119, "anna", None),
        deal(120, "anna", None),
    ]);
    let table = table(&place);
    // Without any outcome the rate is the prior of one half.
    assert_eq!(number(&table, "all", 0), 0.5);
    // At 01:40 the border is 01:00: the win at 00:59 is in, the loss at exactly 01:00 is not.
    assert_eq!(number(&table, "all", 2), (1.0 + 3.0 * 0.5) / (1.0 + 3.0));
    assert_eq!(number(&table, "all", 3), number(&table, "all", 2));
    // At 02:00 the border is 02:00, and both are in.
    assert_eq!(number(&table, "all", 4), (1.0 + 3.0 * 0.5) / (2.0 + 3.0));
    assert_eq!(number(&table, "tenure", 4), 120.0 / 1440.0);
    assert!(number(&table, "tenure", 0).is_nan(), "nobody has a tenure before the first lead");
    assert_eq!((table.y[0], table.value[0], table.label_ts[2]), (true, 50.0, i64::MAX));
}

#[test]
fn activities_count_until_the_decision() {
    let calls = vec![0, 29, 30, 31];
    let place = place(&[Deal { at: 30, rep: "anna", country: "DE", account: "", end: None, calls }]);
    assert_eq!(number(&table(&place), "calls", 0), 2.0);
}

#[test]
fn merged_leads_are_no_rows_and_unowned_ones_neither() {
    let deal = |rep, stage| Deal { at: 5, rep, country: "", account: "", end: Some((1, stage)), calls: vec![] };
    let place = place(&[deal("anna", "merged"), deal("", "won"), deal("bert", "unqualified")]);
    let table = table(&place);
    assert_eq!((table.len(), table.rep.text(0), table.y[0]), (1, Some("bert"), false));
}

#[test]
fn the_table_survives_its_file() {
    let deal = |at, rep, country| Deal { at, rep, country, account: "globex", end: Some((60, "won")), calls: vec![at] };
    let place = place(&[deal(0, "anna", "DE"), deal(3000, "bert", ""), deal(3000, "anna", "FR")]);
    let mut table = table(&place);
    let path = place.workspace().join("features/default.parquet");
    write_features(&path, &table, &spec()).unwrap();
    let (read, note) = read_features(&path).unwrap();
    assert_eq!((note.rows, note.spec_digest), (3, spec().digest()));
    // NaN equals nothing, so it is compared as text.
    assert_eq!(format!("{read:?}"), format!("{table:?}"));
    table.propensity = Some(vec![0.5, 1.0, 0.25]);
    table.weight = Some(vec![1.0, 2.0, 3.0]);
    write_features(&path, &table, &spec()).unwrap();
    assert_eq!(read_features(&path).unwrap().0.propensity, table.propensity);
    std::fs::write(path.with_extension("json"), "{}").unwrap();
    assert!(read_features(&path).unwrap_err().to_string().contains("default.json: missing field"));
}

fn any_deal() -> impl Strategy<Value = Deal> {
    let end = prop::option::of((0u32..3000, prop::sample::select(vec!["won", "lost", "unqualified", "merged"])));
    let rep = prop::sample::select(vec!["anna", "bert", "cleo", ""]);
    let country = prop::sample::select(vec!["DE", "FR", ""]);
    let account = prop::sample::select(vec!["acme", "globex", "unknown", ""]);
    let calls = prop::collection::vec(0u32..6000, 0..3);
    // Whole hours happen often, so that facts fall on borders.
    let at = prop_oneof![0u32..6000, (0u32..100).prop_map(|h| h * 60)];
    (at, rep, country, account, end, calls).prop_map(|(at, rep, country, account, end, calls)| Deal {
        at,
        rep,
        country,
        account,
        end,
        calls,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_table_agrees_with_one_lead_at_a_time(deals in prop::collection::vec(any_deal(), 1..40)) {
        check_rows(&place(&deals));
    }

    #[test]
    fn a_change_of_the_future_changes_no_feature(deals in prop::collection::vec(any_deal(), 2..30), now in 60u32..6000) {
        let border = now / 60 * 60;
        let before = table(&place(&deals));
        // What is learned at or after the border becomes something else.
        let changed: Vec<Deal> = deals.iter().map(|deal| {
            let end = deal.end.map(|(after, stage)| if deal.at + after < border { (after, stage) } else {
                (after + 7, if stage == "won" { "lost" } else { "won" })
            });
            let calls = deal.calls.iter().filter(|&&at| at < border).copied().chain([border.max(deal.at) + 1]).collect();
            Deal { end, calls, ..deal.clone() }
        }).collect();
        let after = table(&place(&changed));
        let known = |table: &FeatureTable| -> Vec<String> {
            (0..table.len()).filter(|&row| table.ts[row] < parse(border)).map(|row| {
                let texts = table.categories.iter().map(|c| c.values.text(row).unwrap_or("-").to_owned());
                let numbers = table.numbers.iter().map(|n| n.values[row].to_string());
                texts.chain(numbers).chain([table.lead_id[row].to_string()]).collect::<Vec<_>>().join(" ")
            }).collect()
        };
        let merged = |deal: &Deal| deal.end.is_some_and(|(_, stage)| stage == "merged");
        prop_assume!(!deals.iter().any(merged), "a merged lead is no row, whenever it was merged");
        prop_assert_eq!(known(&before), known(&after));
    }
}

fn parse(minutes: u32) -> i64 {
    Instant::parse_as_written(&minute(minutes)).unwrap().unix_micros()
}

/// Many leads of many reps: whole hours, countries with summer time, labels at the border's very
/// microsecond, leads without country or account, reps without history, merged leads.
fn many(count: usize) -> Place {
    let mut rng = Rng::seeded(7);
    let stages = ["won", "lost", "lost", "unqualified", "merged"];
    let mut text = HEADER.to_owned();
    let mut calls = "id,rep,at,kind\n".to_owned();
    for i in 0..count {
        let mut pick = |n: u64| rng.below(n) as u32;
        // Four weeks around the end of summer time's beginning in both Europe and America.
        let at = if pick(3) == 0 { pick(24 * 40) * 60 } else { pick(60 * 24 * 40) };
        let country = ["DE", "FR", "US", "IN", "", "BR"][pick(6) as usize];
        let account = ["acme", "globex", "unknown", ""][pick(4) as usize];
        let after = if pick(2) == 0 { 60 * (1 + pick(200)) - at % 60 } else { pick(60 * 24 * 9) };
        let closed = pick(10) > 1;
        let (ends, stage) = if closed { (minute(at + after), stages[pick(5) as usize]) } else { (String::new(), "") };
        let size = if pick(4) == 0 { String::new() } else { pick(90).to_string() };
        let rep = format!("rep{}", pick(1 + 60 * (i as u64 + 1) / count as u64));
        text += &format!("D{i},{},{account},{country},{size},,,{rep},{ends},{stage},{i}.5,\n", minute(at));
        (0..pick(3)).for_each(|_| calls += &format!("D{i},{rep},{},call\n", minute(at + pick(3))));
    }
    let accounts = b"account,since,industry\nacme,2026-02-01,retail\nglobex,2026-03-12,technology\n";
    let mut place = Place::new(&[("deals.csv", text.as_bytes()), ("accounts.csv", accounts)]);
    place.add("activities.csv", calls.as_bytes());
    place.import().unwrap();
    place
}

/// Rows of the whole history by the row executor, one lead after the other on one growing state.
fn by_row(place: &Place) -> Vec<(String, Vec<Option<String>>, Vec<f64>)> {
    let history = History::open(&place.workspace()).unwrap();
    let executor = Executor::new(spec(), &history.schema).unwrap();
    let leads: BTreeMap<LeadId, _> = history.leads().unwrap().into_iter().map(|lead| (lead.id, lead)).collect();
    let accounts: BTreeMap<_, _> = history.accounts().unwrap().into_iter().map(|a| (a.id, a)).collect();
    let mut owned = history.assignments().unwrap();
    owned.retain(|a| a.kind == AssignmentKind::First);
    owned.sort_by_key(|a| (a.at, a.lead));
    let times: BTreeMap<LeadId, Instant> = owned.iter().map(|a| (a.lead, a.at)).collect();
    let mut calls: BTreeMap<LeadId, u32> = BTreeMap::new();
    history
        .for_each_activity(|a| {
            if times.get(&a.lead).is_some_and(|at| a.known_at < *at) {
                *calls.entry(a.lead).or_default() += 1;
            }
        })
        .unwrap();
    let mut outcomes = history.outcomes().unwrap();
    outcomes.sort_by_key(|o| (o.known_at, o.at, o.lead));
    let mut first: BTreeMap<LeadId, Stage> = BTreeMap::new();
    outcomes.iter().filter(|o| o.stage.is_terminal()).for_each(|o| {
        first.entry(o.lead).or_insert(o.stage);
    });
    let facts = |lead: LeadId, at: Instant| {
        let lead = &leads[&lead];
        let account = lead.account.and_then(|id| accounts.get(&id)).filter(|a| a.known_at <= at);
        let mut engagement = [0; ACTIVITY_KINDS.len()];
        engagement[0] = calls.get(&lead.id).copied().unwrap_or(0);
        LeadFacts {
            lead: &lead.attributes,
            account: account.map(|a| &a.attributes),
            contact: None,
            at,
            local: utc(at),
            engagement,
        }
    };
    let mut known: Vec<usize> = (0..owned.len()).collect();
    known.sort_by_key(|&i| owned[i].known_at);
    let (mut state, mut told, mut ended) = (FeatureState::empty(spec().digest(), 2), 0, 0);
    let mut rows = Vec::new();
    for assignment in &owned {
        let border = assignment.at.full_hour();
        state.advance(border);
        while let Some(a) = known.get(told).map(|&i| &owned[i]).filter(|a| a.known_at < border) {
            let row = executor.row(&facts(a.lead, a.at), &state, None).categories;
            let levels = executor.levels(&row);
            state.assigned(a.lead, &a.rep, &levels, a.at, a.known_at).unwrap();
            told += 1;
        }
        while let Some(o) = outcomes.get(ended).filter(|o| o.known_at < border) {
            state.closed(o.lead, o.stage, o.known_at).unwrap();
            ended += 1;
        }
        if first.get(&assignment.lead) == Some(&Stage::Merged) {
            continue;
        }
        let facts = facts(assignment.lead, assignment.at);
        let row = executor.row(&facts, &state, Some(&assignment.rep));
        let texts = row.categories.iter().map(|text| text.as_deref().map(str::to_owned)).collect();
        rows.push((assignment.lead.to_string(), texts, row.numbers.clone()));
    }
    rows
}

/// `POINTSMAN_PARITY_ROWS` sets the number of leads.
#[test]
#[expect(clippy::disallowed_methods, reason = "the long proof runs the same test with more leads")]
fn tables_and_rows_agree_on_a_long_history() {
    let count = std::env::var("POINTSMAN_PARITY_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(3000);
    let place = many(count);
    let (table, rows) = (table(&place), by_row(&place));
    assert_eq!(table.len(), rows.len());
    for (row, (lead, texts, numbers)) in rows.iter().enumerate() {
        assert_eq!(*table.lead_id[row], **lead);
        for (column, text) in table.categories.iter().zip(texts) {
            assert_eq!(column.values.text(row), text.as_deref(), "{} of row {row}", column.name);
        }
        for (column, number) in table.numbers.iter().zip(numbers) {
            let found = column.values[row];
            let same = found == *number || (found.is_nan() && number.is_nan());
            assert!(same, "{} of row {row}: {found} and {number}", column.name);
        }
    }
    println!("{} leads agree on {} columns", rows.len(), table.categories.len() + table.numbers.len());
    // The state of the middle, from columns and from records.
    let border = Instant::parse_as_written("2026-03-20").unwrap();
    let state = state_at(&place.workspace(), &spec(), border, &utc).unwrap();
    assert_eq!(state.global.leads, {
        let history = History::open(&place.workspace()).unwrap();
        let owned: Vec<_> = history.assignments().unwrap().into_iter().map(|a| a.lead).collect();
        let owned: std::collections::BTreeSet<_> = owned.into_iter().collect();
        let counted = |o: &&pointsman_domain::record::Outcome| {
            o.known_at < border
                && owned.contains(&o.lead)
                && matches!(o.stage, Stage::Won | Stage::Lost | Stage::Unqualified)
        };
        history.outcomes().unwrap().iter().filter(counted).count() as u64
    });
}

/// What SQL makes of the same specification, by DuckDB where Python has it.
#[test]
#[expect(clippy::disallowed_methods, reason = "says which Python has duckdb")]
fn sql_gives_the_same_table() {
    let python = std::env::var("POINTSMAN_PYTHON").unwrap_or_else(|_| "python3".into());
    let has = std::process::Command::new(&python).args(["-c", "import duckdb"]).output();
    if !has.is_ok_and(|out| out.status.success()) {
        println!("skipped: {python} has no duckdb (pip install duckdb, or name a Python in POINTSMAN_PYTHON)");
        return;
    }
    let place = many(3000);
    let table = table(&place);
    let history = History::open(&place.workspace()).unwrap();
    let zone = pointsman_workhours::Zone::utc();
    let offsets = sql::offsets(&place.workspace(), &spec(), &zone).unwrap();
    let files = sql::lower(&spec(), &history.schema, &offsets).unwrap();
    let folder = place.workspace().join("sql");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("features.sql", &files.features),
        ("suffstats.sql", &files.suffstats),
        ("check.sql", &files.check),
        ("client.py", &files.client),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let run = std::process::Command::new(&python)
        .args([folder.join("client.py"), place.workspace().join("data"), folder.join("out")])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut wanted: Vec<Wanted<'_>> = vec![Wanted::Text("lead_id"), Wanted::Number("y")];
    let names: Vec<(String, bool)> = (table.categories.iter().map(|c| (format!("c_{}", c.name), false)))
        .chain(table.numbers.iter().map(|c| (format!("n_{}", c.name), true)))
        .collect();
    wanted.extend(names.iter().map(|(name, number)| if *number { Wanted::Number(name) } else { Wanted::Text(name) }));
    let mut seen = 0;
    for_each_batch(&folder.join("out/features.parquet"), &wanted, |batch| {
        for row in 0..batch.rows {
            let at = seen + row;
            assert_eq!(batch.text(0, row), &*table.lead_id[at]);
            assert_eq!(batch.numbers(1)[row] == 1.0, table.y[at]);
            for (k, column) in table.categories.iter().enumerate() {
                assert_eq!(batch.text(k + 2, row), column.values.text(at).unwrap_or(""), "{} of row {at}", column.name);
            }
            for (k, column) in table.numbers.iter().enumerate() {
                let (sql, own) = (batch.numbers(k + 2 + table.categories.len())[row], column.values[at]);
                let same = (sql - own).abs() <= 1e-12 * own.abs().max(1.0) || (sql.is_nan() && own.is_nan());
                assert!(same, "{} of row {at}: {sql} in SQL, {own} here", column.name);
            }
        }
        seen += batch.rows;
        Ok::<(), pointsman_pipeline::ReadError>(())
    })
    .unwrap();
    assert_eq!(seen, table.len());
}
