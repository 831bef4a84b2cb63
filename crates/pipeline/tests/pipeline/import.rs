//! Rows are taken or set aside, and what is written reads back as it was.

use std::fs;

use pointsman_domain::{
    AccountId, Entity, Instant, Money, Value,
    record::{ActivityKind, Stage},
};
use pointsman_intake::ids;
use pointsman_pipeline::{History, ImportError, tables::Table};

use crate::support::{HEADER, MAPPING, Place, deal, deals, full, gzip};

#[test]
fn records_survive_their_tables() {
    let place = Place::new(&[
        ("deals.csv", deals(2).as_bytes()),
        ("products.csv", b"product,price\nGTX Pro,4821\n"),
        ("accounts.csv", b"account,since,industry\nacme,2025-12-31,Technology\n"),
        (
            "activities.csv",
            "id,rep,at,kind\nD1,Mara Weiß,2026-03-02T10:00:00Z,call\nD1,robot,2026-03-02T11:00:00Z,mail\n".as_bytes(),
        ),
    ]);
    let report = place.import().unwrap();
    let history = History::open(&place.workspace()).unwrap();
    let lead = &history.leads().unwrap()[1];
    assert_eq!((&*lead.source_system, &*lead.external_id), ("crm", "D1"));
    assert_eq!(lead.at.to_string(), "2026-03-01T08:30:00Z");
    assert_eq!((lead.known_at, lead.id), (lead.at, ids::lead("crm", "D1", lead.at)));
    let acme: AccountId = ids::account("crm", "acme");
    assert_eq!(lead.account, Some(acme));
    let value = |name: &str| history.schema.find(Entity::Lead, name).and_then(|at| lead.attributes.get(at)).cloned();
    assert_eq!(value("country"), Some(Value::Text("DE".into())));
    assert_eq!(value("size"), Some(Value::Integer(12)));
    assert_eq!(value("price"), Some(Value::Money(Money(482_100))));
    assert_eq!(value("tags"), Some(Value::List(["a".into(), "b".into()].into())));
    assert_eq!(value("since"), Some(Value::Date(18_292)));
    let account = &history.accounts().unwrap()[0];
    assert_eq!(
        (account.id, &*account.name, account.known_at.to_string()),
        (acme, "acme", "2026-01-01T00:00:00Z".into())
    );
    assert_eq!(account.attributes.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>(), [Value::Choice(1)]);
    let assignment = &history.assignments().unwrap()[1];
    assert_eq!((assignment.lead, assignment.rep.as_str(), assignment.propensity), (lead.id, "mara-weiss", None));
    let outcome = &history.outcomes().unwrap()[1];
    assert_eq!(
        (outcome.stage, outcome.value, outcome.at.to_string()),
        (Stage::Won, Some(Money(9950)), "2026-03-06T00:00:00Z".into())
    );
    let reps = history.reps().unwrap();
    assert_eq!(reps.iter().map(|r| (&*r.name, r.active)).collect::<Vec<_>>(), [("Mara Weiß", true)]);
    let mut activities = Vec::new();
    history.for_each_activity(|a| activities.push((a.lead, a.human, a.kind, a.rep.is_some()))).unwrap();
    assert_eq!(activities, [(lead.id, true, ActivityKind::Call, true), (lead.id, false, ActivityKind::Mail, false)]);
    assert!(history.contacts().unwrap().is_empty() && history.absences().unwrap().is_empty());
    assert!(history.feedback().unwrap().is_empty() && history.opportunities().unwrap().is_empty());
    let read: u64 = report.files.iter().map(|file| file.rows_read).sum();
    assert_eq!((read, report.rows(Table::Leads), report.rows(Table::Activities)), (6, 2, 2));
    assert!(report.known_at_from_at);
}

#[test]
fn bad_rows_are_set_aside_with_their_place() {
    let mut text = deals(1000).into_bytes();
    text.extend(deal("A").replace("2026-03-01T", "2026-02-30T").into_bytes());
    text.extend(b"B,too,few\n");
    text.extend(b"C,2026-03-01T09:30:00Z,acm\xe9,Germany,12,,,,,,,\n");
    text.extend(deal("D5").into_bytes());
    text.extend(b"E,2026-03-01T09:30:00Z,\"a\nb\",Germany,12,,,Mara Weiss,,,,\n");
    text.extend(deal("F").into_bytes());
    let place = Place::new(&[("deals.csv", &text)]);
    let report = place.import().unwrap();
    assert_eq!((report.files[0].rows_read, report.files[0].taken, report.files[0].set_aside), (1006, 1001, 5));
    assert_eq!(report.rows(Table::Leads), 1001);
    assert_eq!(place.set_aside(), "\
file,line,column,reason,raw
deals.csv,1002,at,'2026-02-30T09:30:00+01:00' is not a time written as 2026-03-01T09:30:00+01:00,2026-02-30T09:30:00+01:00
deals.csv,1003,,\"the row has 3 fields, the header 12\",few
deals.csv,1004,account,is not UTF-8,acm\u{fffd}
deals.csv,1005,id,lead 'D5' was read before,D5
deals.csv,1006,,reps 'Mara Weiss' and 'Mara Weiß' would both be called 'mara-weiss'; tell them apart with fixes,
");
}

#[test]
fn a_bad_row_of_a_joined_file_is_set_aside_once() {
    let products = (0..100).fold("product,price\n".to_owned(), |text, i| format!("{text}P{i},{i}\n"));
    let place =
        Place::new(&[("deals.csv", deals(3).as_bytes()), ("products.csv", (products + "GTX Pro,cheap\n").as_bytes())]);
    let report = place.import().unwrap();
    let asides: Vec<_> = report.files.iter().map(|file| (&*file.file, file.set_aside)).collect();
    assert_eq!(asides, [("products.csv", 1), ("deals.csv", 0)]);
    assert!(place.set_aside().contains("products.csv,102,price,'cheap' is not an amount in EUR,cheap"));
}

#[test]
fn gzip_is_seen_by_its_bytes_and_may_have_many_members() {
    let text = deals(50);
    let (first, second) = text.as_bytes().split_at(text.len() / 2);
    let packed = [gzip(first), gzip(second)].concat();
    for name in ["deals.csv.gz", "deals.csv"] {
        let place = Place::new(&[(name, &packed)]);
        assert_eq!(place.import().unwrap().files[0].taken, 50);
    }
}

#[test]
fn other_spellings_of_csv_are_read() {
    let mapping =
        MAPPING.replace("file = \"deals*\"", "file = \"deals*\"\ndelimiter = \";\"\nencoding = \"windows-1252\"");
    let mut bytes = vec![];
    for c in deals(2).replace("a;b", "a").replace(',', ";").replace('\n', "\r\n").chars() {
        bytes.push(u8::try_from(u32::from(c)).unwrap());
    }
    let place = Place::new(&[("deals.csv", &bytes)]);
    place.import_with(&mapping).unwrap();
    let reps = History::open(&place.workspace()).unwrap().reps().unwrap();
    assert_eq!(&*reps[0].name, "Mara Weiß");
    let place = Place::new(&[("deals.csv", ["\u{feff}", &deals(2)].concat().as_bytes())]);
    assert_eq!(
        place.import().unwrap().rows(Table::Leads),
        2,
        "a byte order mark is no part of the first column's name"
    );
}

#[test]
fn parquet_is_an_input_like_any_other() {
    let first = Place::new(&[("deals.csv", deals(3).as_bytes())]);
    first.import().unwrap();
    let table = fs::read(first.workspace().join("data/leads.parquet")).unwrap();
    let mapping = r#"
        format = 1
        source = "again"
        [[attributes.lead]]
        name = "size"
        type = "integer"
        [[attributes.lead]]
        name = "since"
        type = "date"
        [[input]]
        name = "leads"
        file = "*.parquet"
        [input.lead]
        id = "external_id"
        at = "at"
        attributes.size = "a_size"
        attributes.since = "a_since"
    "#;
    let second = Place::new(&[("leads.parquet", &table)]);
    let report = second.import_with(mapping).unwrap();
    assert_eq!(report.files[0].taken, 3);
    let leads = |place: &Place| History::open(&place.workspace()).unwrap().leads().unwrap();
    assert_eq!(leads(&second)[2].at, leads(&first)[2].at);
    let shown: Vec<String> = leads(&second)[0].attributes.iter().map(|(_, value)| value.to_string()).collect();
    assert_eq!(shown, ["12", "2020-01-31"]);
    let missing = full(&second.import_with(&mapping.replace("a_size", "b_size")).unwrap_err());
    assert!(missing.contains("column 'b_size' is missing; the header has id, source_system"), "{missing}");
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let bytes = || {
        let place = Place::new(&[("deals.csv", deals(300).as_bytes())]);
        place.import().unwrap();
        let tables = Table::ALL.map(|table| fs::read(place.workspace().join("data").join(table.file_name())).unwrap());
        (tables, fs::read(place.workspace().join("data/import.json")).unwrap())
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn what_a_killed_import_left_is_cleared_away() {
    let place = Place::new(&[("deals.csv", deals(3).as_bytes())]);
    let stage = place.workspace().join("data/.import");
    fs::create_dir_all(&stage).unwrap();
    fs::write(stage.join("leads.parquet"), b"half a table").unwrap();
    fs::write(stage.join("lock"), b"").unwrap();
    place.import().unwrap();
    assert!(!stage.exists());
    let mut names: Vec<String> = fs::read_dir(place.workspace().join("data"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected: Vec<String> = Table::ALL.iter().map(|table| table.file_name()).collect();
    expected.extend(["attributes.toml", "import.json", "set-aside.csv"].map(str::to_owned));
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn two_imports_into_one_workspace_do_not_mix() {
    let place = Place::new(&[("deals.csv", deals(3).as_bytes())]);
    let stage = place.workspace().join("data/.import");
    fs::create_dir_all(&stage).unwrap();
    let lock = fs::File::create(stage.join("lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(place.import(), Err(ImportError::Busy { .. })));
    drop(lock);
    place.import().unwrap();
}

#[test]
fn progress_ends_at_the_whole_file() {
    let place = Place::new(&[("deals.csv", deals(40_000).as_bytes())]);
    let mapping = pointsman_intake::Mapping::parse(MAPPING).unwrap();
    let mut seen = Vec::new();
    let into_dir = place.workspace();
    pointsman_pipeline::import(pointsman_pipeline::ImportRequest {
        mapping: &mapping,
        inputs: &place.files,
        into_dir: &into_dir,
        max_set_aside: 0.0,
        progress: &mut |p| seen.push((p.bytes_read, p.bytes_total, p.rows)),
    })
    .unwrap();
    assert!(seen.len() > 2 && seen.is_sorted());
    let (read, total, rows) = seen[seen.len() - 1];
    assert_eq!((read, rows), (total, 40_000));
}

#[test]
fn an_activity_of_an_unknown_lead_is_set_aside() {
    let many = (0..200).fold("id,rep,at,kind\n".to_owned(), |text, _| text + "D1,robot,2026-03-02T10:00:00Z,call\n");
    let place = Place::new(&[
        ("activities.csv", (many + "D9,robot,2026-03-02T10:00:00Z,call\n").as_bytes()),
        ("deals.csv", (HEADER.to_owned() + &deal("D1")).as_bytes()),
    ]);
    let report = place.import().unwrap();
    assert_eq!(report.rows(Table::Activities), 200);
    assert!(
        place.set_aside().contains("activities.csv,202,id,no lead 'D9' was read before,D9"),
        "{}",
        place.set_aside()
    );
    let history = History::open(&place.workspace()).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    history
        .for_each_activity(|activity| assert!(ids.insert(activity.id), "every activity has an id of its own"))
        .unwrap();
    assert_eq!(history.leads().unwrap()[0].at, Instant::parse_as_written("2026-03-01T09:30:00+01:00").unwrap());
}
