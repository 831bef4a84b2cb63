//! Reading tables for tests and measurements.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::path::Path;

use pointsman_scoring::{CategoryColumn, Coded, FeatureTable, NumberColumn, Scope, TimeScale};

pub mod worlds;

/// Reads a table with columns lead_id, ts, label_ts, rep, y, value, c_*, n_*.
pub fn read_csv(path: impl AsRef<Path>) -> FeatureTable {
    let mut reader = csv::Reader::from_path(path).expect("the table opens");
    let header: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
    let column = |name: &str| {
        let place = header.iter().position(|h| h == name).expect(name);
        rows.iter().map(|r| r.get(place).expect("a field")).collect::<Vec<_>>()
    };
    let coded = |texts: Vec<&str>| Coded::from_texts(texts.into_iter().map(|t| (!t.is_empty()).then_some(t)));
    let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
    let (time_scale, ts) = times(&column("ts"));
    FeatureTable {
        lead_id: column("lead_id").into_iter().map(Into::into).collect(),
        time_scale,
        ts,
        label_ts: times(&column("label_ts")).1,
        rep: coded(column("rep")),
        y: column("y").iter().map(|y| *y == "1").collect(),
        value: column("value").into_iter().map(number).collect(),
        categories: (header.iter().filter(|h| h.starts_with("c_")))
            .map(|h| CategoryColumn { name: h.as_str().into(), values: coded(column(h)) })
            .collect(),
        numbers: (header.iter().filter(|h| h.starts_with("n_")))
            .map(|h| NumberColumn {
                name: h.as_str().into(),
                scope: Scope::Lead,
                values: column(h).into_iter().map(number).collect(),
            })
            .collect(),
        weight: None,
        propensity: None,
    }
}

/// Times as microseconds; numbers as their rank-keeping bits.
fn times(texts: &[&str]) -> (TimeScale, Vec<i64>) {
    let order = |x: f64| {
        let bits = x.to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    if texts.iter().all(|t| t.parse::<f64>().is_ok()) {
        return (TimeScale::Order, texts.iter().map(|t| order(t.parse().expect("checked"))).collect());
    }
    let parse = |t: &&str| {
        pointsman_domain::Instant::parse_as_written(t).map_or(i64::MAX, pointsman_domain::Instant::unix_micros)
    };
    (TimeScale::Micros, texts.iter().map(parse).collect())
}

/// A little-endian f32 `.npy` matrix, row by row whichever way it was written.
pub fn read_npy_f32(path: impl AsRef<Path>) -> Vec<f64> {
    let bytes = std::fs::read(path).expect("the matrix opens");
    let length = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let header = std::str::from_utf8(&bytes[10..10 + length]).expect("a text header");
    let values: Vec<f64> =
        bytes[10 + length..].chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect();
    if header.contains("'fortran_order': False") {
        return values;
    }
    let shape = header.split(['(', ')']).nth(1).expect("a shape");
    let rows: usize = shape.split(',').next().and_then(|n| n.trim().parse().ok()).expect("a number of rows");
    let columns = values.len() / rows;
    (0..values.len()).map(|k| values[k % columns * rows + k / columns]).collect()
}
