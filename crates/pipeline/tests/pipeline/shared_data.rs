//! The two data sets that the shipped mappings are for. Skipped, and said so, where they are absent.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use pointsman_domain::{
    Entity, Money,
    record::{AssignmentKind, Stage},
};
use pointsman_intake::Mapping;
use pointsman_pipeline::{History, ImportReport, features, read_table, tables::Table};
use pointsman_scoring::{FeatureSpec, LocalTime};

use crate::support::import_files;

/// Imports a shipped mapping's files, if they are there.
pub(crate) fn import(
    mapping: &str,
    folder: &str,
    files: &[&str],
) -> Option<(ImportReport, tempfile::TempDir, PathBuf)> {
    let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(folder);
    if !data.exists() {
        println!("skipped: the data set {folder} is not here");
        return None;
    }
    let mapping = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../mappings")).join(mapping);
    let mapping = Mapping::parse(&fs::read_to_string(mapping).unwrap()).unwrap();
    let workspace = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = files.iter().map(|name| data.join(name)).collect();
    let report = import_files(&mapping, &files, workspace.path()).unwrap();
    Some((report, workspace, data))
}

#[test]
fn bpi_2012_gives_the_reference_leads() {
    let Some((report, workspace, data)) = import("bpi2012.toml", "bpi2012", &["events.csv.gz", "cases.csv"]) else {
        return;
    };
    let rows: Vec<_> =
        report.files.iter().map(|file| (&*file.file, file.rows_read, file.taken, file.set_aside)).collect();
    assert_eq!(rows, [("cases.csv", 13_087, 13_087, 0), ("events.csv.gz", 262_200, 262_200, 0)]);
    assert_eq!((report.rows(Table::Leads), report.rows(Table::Activities)), (13_087, 262_200));
    // 67 people, and the bank's software (resource 112), which is listed and never active.
    let history = History::open(workspace.path()).unwrap();
    let reps = history.reps().unwrap();
    assert_eq!(reps.len(), 68);
    assert_eq!(reps.iter().filter(|rep| !rep.active).map(|rep| rep.id.as_str()).collect::<Vec<_>>(), ["112"]);

    let reference = read_table(&data.join("first_touch_reference.csv")).unwrap();
    let leads: BTreeMap<_, _> = history.leads().unwrap().into_iter().map(|lead| (lead.id, lead)).collect();
    let outcomes: BTreeMap<_, _> = history.outcomes().unwrap().into_iter().map(|o| (o.lead, o)).collect();
    let first: Vec<_> =
        history.assignments().unwrap().into_iter().filter(|a| a.kind == AssignmentKind::First).collect();
    // 7,363 applications were touched by a person after they were pre-accepted; the reference
    // keeps the 6,964 that were closed by the end of the log. On those nothing differs.
    assert_eq!(first.len(), 7363);
    let closed: Vec<_> = first.iter().filter_map(|a| Some((a, outcomes.get(&a.lead)?))).collect();
    assert_eq!((closed.len(), reference.len()), (6964, 6964));
    assert_eq!(closed.iter().map(|(a, _)| a.rep.as_str()).collect::<BTreeSet<_>>().len(), 55);
    let rows: BTreeMap<&str, usize> = reference.lead_id.iter().enumerate().map(|(row, id)| (&**id, row)).collect();
    let zone = |utc: i64, written: i64| matches!(written - utc, 3_600_000_000 | 7_200_000_000);
    for (assignment, outcome) in closed {
        let lead = &leads[&assignment.lead];
        let row = rows[&*lead.external_id];
        assert_eq!(reference.rep.text(row), Some(assignment.rep.as_str()));
        assert_eq!(reference.y[row], outcome.stage == Stage::Won);
        // The reference writes the wall clock of Amsterdam: one or two hours ahead of UTC.
        assert!(zone(assignment.at.unix_micros(), reference.ts[row]));
        assert!(zone(outcome.at.unix_micros(), reference.label_ts[row]));
        let amount = lead.attributes.iter().next().map(|(_, value)| value.to_string());
        assert_eq!(amount, Some(format!("{}", reference.value[row] * 100.0)));
    }
    let spec: FeatureSpec = toml::from_str("format = 1\n[[feature]]\nname = \"amount\"\nkind = \"number\"\nsource = { attribute = { entity = \"lead\", name = \"amount\" } }\n").unwrap();
    let table = features(workspace.path(), &spec, &|_| LocalTime { hour: 0, weekday: 1 }).unwrap();
    let known = table.label_ts.iter().filter(|at| **at != i64::MAX).count();
    assert_eq!((table.len(), known), (7363, 6964));
}

#[test]
fn maven_crm_is_cleaned() {
    let files = ["sales_pipeline.csv", "accounts.csv", "products.csv", "sales_teams.csv"];
    let Some((report, workspace, data)) = import("maven-crm.toml", "maven_crm", &files) else { return };
    assert!(report.files.iter().all(|file| file.set_aside == 0));
    assert_eq!(report.files.iter().map(|file| file.taken).sum::<u64>(), 8800 + 85 + 7 + 35);
    assert_eq!((report.rows(Table::Opportunities), report.rows(Table::Accounts)), (8800, 85));
    let history = History::open(workspace.path()).unwrap();
    let leads = history.leads().unwrap();
    // 500 deals are still in prospecting and have no date: opportunities, but not yet leads.
    assert_eq!(leads.len(), 8300);
    let texts = |name: &str| -> BTreeSet<String> {
        let index = history.schema.find(Entity::Lead, name).unwrap();
        leads
            .iter()
            .filter_map(|lead| lead.attributes.get(index))
            .map(|value| history.schema.show(index, value))
            .collect()
    };
    assert_eq!(texts("product").len(), 7);
    assert!(texts("product").contains("GTX Pro") && texts("industry").contains("technology"));
    assert!(texts("country").contains("PH"), "Philipines");
    assert!(texts("list_price").contains("2676800"), "found by the fixed product");
    // 30 agents own deals, the team file has 35.
    let assignments = history.assignments().unwrap();
    assert_eq!(assignments.iter().map(|a| a.rep.clone()).collect::<BTreeSet<_>>().len(), 30);
    let reps = history.reps().unwrap();
    assert_eq!((reps.len(), reps.iter().filter(|rep| rep.team.is_none()).count()), (35, 0));

    let reference = read_table(&data.join("closed_reference.csv")).unwrap();
    let outcomes: BTreeMap<_, _> = history.outcomes().unwrap().into_iter().map(|o| (o.lead, o)).collect();
    assert_eq!((outcomes.len(), reference.len()), (6711, 6711));
    let by_name: BTreeMap<&str, _> = leads.iter().map(|lead| (&*lead.external_id, lead)).collect();
    let day = pointsman_domain::Micros::DAY;
    for row in 0..reference.len() {
        let lead = by_name[&*reference.lead_id[row]];
        let outcome = &outcomes[&lead.id];
        assert_eq!(lead.at.unix_micros(), reference.ts[row]);
        assert_eq!((outcome.at - day).unix_micros(), reference.label_ts[row], "a day counts at its end");
        assert_eq!(outcome.stage == Stage::Won, reference.y[row]);
        let value = outcome.value.unwrap_or(Money::ZERO).minor_units() as f64;
        assert_eq!(value, reference.value[row] * 100.0);
    }
}
