//! A whole experiment of 20,000 leads: every path of the expected file has a partner in our result.

use std::path::Path;

use pointsman_experiment::{
    analysis::{Analyzer, Batch, Column, ColumnKind, UnitRow},
    spec::ExperimentSpec,
};
use serde_json::Value;

use crate::compare::{self, number};

/// The expected file says "rel tol 1e-7".
const RELATIVE: f64 = 1e-7;

fn spec(name: &str) -> ExperimentSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments").join(name).join("experiment.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    ExperimentSpec::from_toml(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The table's columns in the order that the analyzer asks for.
fn columns(path: &Path, analyzer: &Analyzer) -> Vec<Vec<f64>> {
    let mut reader = csv::Reader::from_path(path).expect("the table");
    let headers = reader.headers().expect("a header").clone();
    let places: Vec<usize> = analyzer
        .columns()
        .iter()
        .map(|need| headers.iter().position(|h| h == need.name.as_str()).expect("a column"))
        .collect();
    let mut columns = vec![Vec::new(); places.len()];
    for record in reader.records() {
        let record = record.expect("a row");
        for (column, place) in columns.iter_mut().zip(&places) {
            column.push(record[*place].parse::<f64>().expect("a number"));
        }
    }
    columns
}

/// Whole numbers as a reader of Parquet hands them over: keys as integers.
fn batch_columns<'a>(analyzer: &Analyzer, numbers: &'a [Vec<f64>], keys: &'a [Vec<i64>]) -> Vec<Column<'a>> {
    analyzer
        .columns()
        .iter()
        .enumerate()
        .map(|(i, need)| match need.kind {
            ColumnKind::Number => Column::F64(&numbers[i]),
            ColumnKind::Key => Column::I64(&keys[i]),
        })
        .collect()
}

fn analysed(name: &str, path: &Path) -> Value {
    let mut analyzer = Analyzer::new(&spec(name));
    let numbers = columns(path, &analyzer);
    let keys: Vec<Vec<i64>> = numbers.iter().map(|c| c.iter().map(|x| *x as i64).collect()).collect();
    let columns = batch_columns(&analyzer, &numbers, &keys);
    analyzer.push(&Batch { rows: numbers[0].len(), columns: &columns }).expect("a batch");
    serde_json::to_value(analyzer.finish()).expect("serialises")
}

/// Where an expected leaf lives in our result, as a JSON pointer below the comparison.
fn partner(path: &[&str]) -> Option<String> {
    let (head, rest) = path.split_first()?;
    let finding = |analysis: &str, field: &str| Some(format!("{analysis}/finding/{field}"));
    match (*head, rest) {
        (name, [field]) if name.starts_with("tea_") => {
            let analysis = match name {
                "tea_conv" => "converted-log",
                "tea_revenue_cuped" => "revenue-adjusted-log",
                "tea_minutes" => "minutes-log",
                "tea_touches" => "touches-log",
                "tea_revenue_per_opp" => "revenue-per-opp-log",
                _ => return None,
            };
            let field = match *field {
                "control" | "treatment" => field,
                "effect_size" => "absolute/estimate",
                "effect_size_ci_lower" => "absolute/low",
                "effect_size_ci_upper" => "absolute/high",
                "rel_effect_size" => "relative/estimate",
                "rel_effect_size_ci_lower" => "relative/low",
                "rel_effect_size_ci_upper" => "relative/high",
                "pvalue" => "absolute/p_value",
                "statistic" => "absolute/statistic",
                _ => return None,
            };
            finding(analysis, field)
        }
        ("gb_minutes_post_stratified_by_segment", [field]) => {
            finding("minutes-by-segment", &format!("absolute/{field}"))
        }
        ("gb_revenue_cuped", ["theta"]) => finding("revenue-adjusted", "theta"),
        (name, [scale, field]) if name.starts_with("gb_") => {
            let analysis = match name {
                "gb_minutes" => "minutes",
                "gb_touches" => "touches",
                "gb_converted" => "converted",
                "gb_revenue_per_opp" => "revenue-per-opp",
                "gb_revenue_cuped" => "revenue-adjusted",
                _ => return None,
            };
            let field = match *field {
                "status" | "estimate" | "std_error" | "df" => field,
                "p_two_sided" => "p_value",
                "ci_low" => "low",
                "ci_high" => "high",
                _ => return None,
            };
            finding(analysis, &format!("{scale}/{field}"))
        }
        (name @ ("minutes_p50" | "minutes_p90"), [arm, field]) => {
            let place = if name == "minutes_p50" { 0 } else { 1 };
            let field = match *field {
                "n" | "n_star" | "nu" => field,
                "quantile_hat" => "value",
                "quantile_lower" => "lower",
                "quantile_upper" => "upper",
                _ => return None,
            };
            finding("minutes-quantiles", &format!("quantiles/{place}/{arm}/{field}"))
        }
        ("time_to_contact", rest) => {
            let field = match rest {
                ["logrank_chi2"] => "log_rank/chi2",
                ["p"] => "log_rank/p_value",
                ["rmst60_control"] => "control/restricted_mean/value",
                ["rmst60_treatment"] => "treatment/restricted_mean/value",
                ["rmst60_se", "0"] => "control/restricted_mean/std_error",
                ["rmst60_se", "1"] => "treatment/restricted_mean/std_error",
                _ => return None,
            };
            finding("time-to-contact", field)
        }
        ("converted_clustered_by_rep", ["estimate"]) => finding("converted-by-rep", "absolute/estimate"),
        ("converted_clustered_by_rep", ["se_cr1"]) => finding("converted-by-rep", "details/se_cr1"),
        _ => None,
    }
}

/// Every leaf of a JSON value with its path.
fn leaves<'a>(value: &'a Value, path: &mut Vec<String>, into: &mut Vec<(Vec<String>, &'a Value)>) {
    let mut child = |key: String, inner: &'a Value, path: &mut Vec<String>| {
        path.push(key);
        leaves(inner, path, into);
        path.pop();
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(k, v)| child(k.clone(), v, path)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| child(i.to_string(), v, path)),
        _ => into.push((path.clone(), value)),
    }
}

/// Our value for an expected path; `None` when there is no partner.
fn found<'a>(result: &'a Value, path: &[&str]) -> Option<&'a Value> {
    match path {
        ["n", variant] => result["variants"].get(variant.parse::<usize>().ok()?)?.get("matured"),
        ["srm", "chi2"] => result.pointer("/sample_ratio/chi2"),
        ["srm", "p"] => result.pointer("/sample_ratio/p_value"),
        ["comparisons", pair, rest @ ..] => {
            let (control, treatment) = pair.split_once("_vs_")?;
            let comparison = result["comparisons"]
                .as_array()?
                .iter()
                .find(|c| c["control"] == control && c["treatment"] == treatment)?;
            let pointer = partner(rest)?;
            let (analysis, field) = pointer.split_once('/')?;
            let analyses = comparison["analyses"].as_array()?;
            analyses.iter().find(|a| a["analysis"] == analysis)?.pointer(&format!("/{field}"))
        }
        _ => None,
    }
}

#[test]
fn every_expected_number_has_a_partner() {
    let (Some(table), Some(expected)) = (
        compare::shared("vectors/experiment_end_to_end.csv"),
        compare::shared("vectors/experiment_end_to_end.expected.json"),
    ) else {
        return;
    };
    let result = analysed("end-to-end", &table);
    let expected = compare::read_json(&expected);
    let mut all = Vec::new();
    leaves(&expected["expected"], &mut Vec::new(), &mut all);
    assert!(all.len() > 100, "{} leaves", all.len());
    let mut problems = Vec::new();
    for (path, value) in &all {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        match (found(&result, &parts), number(value)) {
            (None, _) => problems.push(format!("{}: no partner", path.join("."))),
            (Some(ours), Some(theirs)) => {
                let ours = number(ours).unwrap_or(f64::NAN);
                if (ours - theirs).abs() > RELATIVE * theirs.abs() || ours.is_nan() {
                    problems.push(format!("{}: found {ours}, expected {theirs}", path.join(".")));
                }
            }
            (Some(ours), None) if ours == *value => {}
            (Some(ours), None) => problems.push(format!("{}: found {ours}, expected {value}", path.join("."))),
        }
    }
    println!("{} paths compared", all.len());
    assert!(problems.is_empty(), "{} of {} paths differ:\n{}", problems.len(), all.len(), problems.join("\n"));
    assert_eq!(result["accounting"]["exposed"], expected["rows"]);
}

#[test]
fn halves_rows_and_batches_give_one_result() {
    let Some(table) = compare::shared("vectors/experiment_end_to_end.csv") else { return };
    let spec = spec("end-to-end");
    let whole = analysed("end-to-end", &table);
    let mut first = Analyzer::new(&spec);
    let numbers = columns(&table, &first);
    let keys: Vec<Vec<i64>> = numbers.iter().map(|c| c.iter().map(|x| *x as i64).collect()).collect();
    let mut second = Analyzer::new(&spec);
    let rows = numbers[0].len();
    let half: Vec<Vec<f64>> = numbers.iter().map(|c| c[..rows / 2].to_vec()).collect();
    let half_keys: Vec<Vec<i64>> = keys.iter().map(|c| c[..rows / 2].to_vec()).collect();
    let given = batch_columns(&first, &half, &half_keys);
    first.push(&Batch { rows: rows / 2, columns: &given }).expect("a batch");
    // The other half row by row, from the end.
    for row in (rows / 2..rows).rev() {
        let values: Vec<f64> = numbers.iter().map(|c| c[row]).collect();
        second.push_row(&UnitRow { values: &values }).expect("a row");
    }
    first.merge(second).expect("the same spec");
    let merged = serde_json::to_value(first.finish()).expect("serialises");
    let mut all = Vec::new();
    leaves(&whole, &mut Vec::new(), &mut all);
    for (path, value) in all {
        let pointer = format!("/{}", path.join("/"));
        let other = merged.pointer(&pointer).unwrap_or_else(|| panic!("{pointer} is missing"));
        match (number(value), number(other)) {
            (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-8 * a.abs() + 1e-9, "{pointer}: {a} {b}"),
            _ => assert_eq!(value, other, "{pointer}"),
        }
    }
}

#[test]
fn the_peer_table_reads_the_columns_of_its_generator() {
    let spec = spec("peer-table");
    let analyzer = Analyzer::new(&spec);
    let header = "lead_id,variant,rep,segment,day,pre,converted,opps,revenue,minutes,contacted,touches";
    for need in analyzer.columns() {
        assert!(header.split(',').any(|h| h == need.name.as_str()), "{}", need.name);
    }
    assert_eq!(spec.metrics.len(), 5);
    assert_eq!(spec.variants.len(), 4);
}
