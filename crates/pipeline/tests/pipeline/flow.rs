//! Tables to a log of what happened, through every filter. The figures of the BPI 2012 log were
//! computed by a program of thirty lines that shares nothing with this one.

use std::{fs, path::Path};

use pointsman_domain::Micros;
use pointsman_measure::{
    export,
    flow::{self, Flow, FlowConfig, survey},
};
use pointsman_pipeline::{FlowError, FlowFilter, flow_input, read_answers, write_data_table};
use pointsman_workhours::{Calendar, Zone};

use crate::shared_data::import;

fn analysed(workspace: &Path, filter: &FlowFilter) -> Flow {
    let input = flow_input(workspace, filter).unwrap();
    let config = FlowConfig {
        calendar: Calendar::stand_by(Zone::new("Europe/Amsterdam").unwrap()),
        quiet: FlowConfig::QUIET,
        fast: Micros::MINUTE.times(5),
    };
    flow::analyse(&input.log, &input.filled, &config)
}

#[test]
fn bpi_2012_flows_as_an_independent_program_says() {
    let files = ["events.csv.gz", "cases.csv"];
    let Some((_, workspace, _)) = import("bpi2012.toml", "bpi2012", &files) else { return };
    let at = |text: &str| Some(text.parse().unwrap());
    let words = |words: &[&str]| words.iter().map(|word| (*word).into()).collect();
    let filters = [
        FlowFilter::default(),
        FlowFilter { lifecycles: words(&["COMPLETE"]), ..FlowFilter::default() },
        FlowFilter { steps: words(&["W_"]), ..FlowFilter::default() },
        FlowFilter { people_only: true, ..FlowFilter::default() },
        FlowFilter { condition: Some("lead.amount >= 20000".into()), ..FlowFilter::default() },
        FlowFilter { lifecycles: words(&["START"]), ..FlowFilter::default() },
        FlowFilter { lifecycles: words(&["COMPLETE"]), people_only: true, ..FlowFilter::default() },
        FlowFilter { steps: words(&["A_", "O_"]), ..FlowFilter::default() },
        FlowFilter { from: at("2011-12-01T00:00:00Z"), until: at("2012-01-01T00:00:00Z"), ..FlowFilter::default() },
        FlowFilter {
            condition: Some("lead.amount < 5000".into()),
            lifecycles: words(&["COMPLETE"]),
            steps: words(&["W_"]),
            people_only: true,
            ..FlowFilter::default()
        },
    ];
    // Leads, activities, steps, edges, transitions, variants; the five largest variants; the
    // largest edge with its count and median; leads never touched; median of the touched.
    let expected = [
        ([13_087, 262_200, 24, 125, 249_113, 4_366], [3429, 1872, 271, 209, 160], 38_004, 510.5655, 3_432, 4_500.587),
        (
            [13_087, 164_506, 23, 138, 151_419, 4_336],
            [3429, 1872, 271, 209, 160],
            13_521,
            161_387.735,
            3_432,
            5_055.641,
        ),
        ([13_087, 170_107, 7, 26, 160_449, 2_643], [1872, 316, 277, 271, 196], 39_941, 487.1, 3_817, 5_744.385),
        ([13_087, 198_503, 22, 135, 188_848, 4_562], [1628, 321, 220, 171, 159], 30_368, 278.931, 3_432, 4_500.587),
        ([3_098, 76_623, 24, 120, 73_525, 1_548], [554, 317, 63, 44, 43], 11_515, 299.481, 554, 4_136.976_5),
        ([13_087, 71_376, 6, 19, 61_719, 2_255], [1872, 321, 280, 271, 205], 17_395, 168_467.804, 3_817, 5_744.385),
        ([13_087, 120_335, 21, 149, 110_680, 4_465], [1628, 321, 220, 171, 159], 11_187, 169_441.272, 3_432, 5_055.641),
        ([13_087, 92_093, 17, 54, 79_006, 576], [5719, 1100, 1085, 334, 320], 13_087, 0.273, 3_737, 7_478.096_5),
        ([2_118, 44_833, 24, 119, 42_715, 902], [549, 290, 40, 33, 28], 7_022, 322.790_5, 550, 3_936.878),
        ([1_842, 4_007, 6, 17, 3_065, 211], [356, 47, 37, 37, 27], 1_293, 53_467.025, 900, 5_910.255_5),
    ];
    for (filter, (counts, largest, count, median, never, touched)) in filters.iter().zip(expected) {
        let found = analysed(workspace.path(), filter);
        let process = &found.process;
        let ours =
            [found.leads, found.events, found.step_count, found.edge_count, process.transitions, found.variant_count];
        assert_eq!(ours, counts, "{filter:?}");
        let five: Vec<u64> = process.variants.iter().take(5).map(|way| way.leads).collect();
        assert_eq!(five, largest);
        assert_eq!(process.edges[0].count, count);
        assert!((process.edges[0].median_seconds - median).abs() < 1e-6, "{:?}", process.edges[0]);
        assert_eq!(found.drops.never_touched.hits, never);
        assert!((found.touch.median_of_touched_seconds.unwrap() - touched).abs() < 1e-6);
        // Always open: every second of waiting is one of working hours.
        assert!(process.edges.iter().all(|edge| (edge.working_seconds - edge.total_seconds).abs() < 1e-3));
    }
}

#[test]
fn without_activities_nothing_is_said_of_touches() {
    let files = ["sales_pipeline.csv", "accounts.csv", "products.csv", "sales_teams.csv"];
    let Some((_, workspace, _)) = import("maven-crm.toml", "maven_crm", &files) else { return };
    let input = flow_input(workspace.path(), &FlowFilter::default()).unwrap();
    assert!(!input.has_activities);
    let steps: Vec<&str> = input.log.steps.iter().map(AsRef::as_ref).collect();
    assert_eq!(steps, ["assigned", "won", "lost"]);
}

#[test]
fn filters_that_cannot_be_meant_are_refused() {
    let files = ["events.csv.gz", "cases.csv"];
    let Some((_, workspace, _)) = import("bpi2012.toml", "bpi2012", &files) else { return };
    let refused = |filter: FlowFilter| flow_input(workspace.path(), &filter).unwrap_err();
    let error = refused(FlowFilter { source: Some("colour".into()), ..FlowFilter::default() });
    assert_eq!(error.to_string(), "'colour' is no attribute of leads here; there are amount");
    let error = refused(FlowFilter { condition: Some("lead.amont > 5".into()), ..FlowFilter::default() });
    assert!(matches!(error, FlowError::Condition(_)) && error.to_string().contains("'lead.amount'"), "{error}");
    assert!(flow_input(&workspace.path().join("elsewhere"), &FlowFilter::default()).is_err());
}

#[test]
fn results_are_written_as_csv_and_parquet_alike() {
    let table = export::DataTable {
        name: "small",
        columns: vec![
            ("step".into(), export::Cells::Text(vec![Some("a, \"b\"".into()), None])),
            ("count".into(), export::Cells::Integer(vec![Some(-3), None])),
            ("share".into(), export::Cells::Number(vec![Some(0.25), None])),
            ("at".into(), export::Cells::Time(vec![Some(pointsman_domain::Instant::from_unix_micros(1)), None])),
        ],
    };
    let folder = tempfile::tempdir().unwrap();
    write_data_table(folder.path(), &table).unwrap();
    let csv = fs::read_to_string(folder.path().join("small.csv")).unwrap();
    assert_eq!(csv, "step,count,share,at\n\"a, \"\"b\"\"\",-3,0.25,1970-01-01T00:00:00.000001Z\n,,,\n");
    assert_eq!(&fs::read(folder.path().join("small.parquet")).unwrap()[..4], b"PAR1");
}

#[test]
fn questionnaires_are_read_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.csv");
    let read = |text: &str| {
        fs::write(&path, text).unwrap();
        read_answers(&path)
    };
    let answers = read("question,answer,comment\ncomplete,4,no phone numbers\ncomplete,1,\nright_for_me,,\n").unwrap();
    let tally = survey::tally(&answers);
    let complete = tally.iter().find(|one| one.question == survey::Question::Complete).unwrap();
    assert_eq!((complete.n, complete.mean, complete.scores), (2, Some(2.5), [1, 0, 0, 1, 0]));
    assert_eq!(complete.comments, ["no phone numbers".into()]);
    assert_eq!(tally.iter().map(|one| one.n).sum::<u64>(), 2);
    let fault = |text: &str| read(text).unwrap_err().to_string();
    assert!(fault("question,answer\ncomplete,6\n").contains("'6' is not 1 to 5"));
    assert!(fault("question,answer\nnonsense,3\n").contains("is no question"));
    assert!(fault("question\ncomplete\n").contains("'answer'"));
}
