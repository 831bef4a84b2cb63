//! Tables and matrices made elsewhere.

use std::{fs, path::PathBuf};

use pointsman_domain::Probability;
use pointsman_pipeline::{
    BatchColumn, Matrix, ReadError, Wanted, for_each_batch, parse_time, read_npy, read_table, write_npy,
    write_predictions,
};
use pointsman_scoring::{Coded, TimeScale};

use crate::support::{Place, deals, full, gzip};

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

const TABLE: &str = "\
lead_id,ts,label_ts,rep,y,value,c_kind,n_size,extra
7,2011-10-01 10:10:24.780,2011-10-03 14:42:53.820,anna,0,30000,NA,1.5,x
8,2011-10-02T10:00:00+02:00,,bert,1,,,,y
";

#[test]
fn a_table_is_read_as_written() {
    let folder = tempfile::tempdir().unwrap();
    for path in [file(&folder, "t.csv", TABLE.as_bytes()), file(&folder, "t.csv.gz", &gzip(TABLE.as_bytes()))] {
        let table = read_table(&path).unwrap();
        assert_eq!(table.lead_id, ["7".into(), "8".into()] as [Box<str>; 2]);
        assert_eq!(table.time_scale, TimeScale::Micros);
        assert_eq!(table.ts[0], parse_time("2011-10-01 10:10:24.78", TimeScale::Micros).unwrap());
        assert_eq!(table.ts[1], parse_time("2011-10-02 08:00", TimeScale::Micros).unwrap());
        assert_eq!(table.label_ts[1], i64::MAX);
        assert_eq!((table.rep.text(0), table.rep.text(1)), (Some("anna"), Some("bert")));
        assert_eq!(table.y, [false, true]);
        assert!(table.value[0] == 30_000.0 && table.value[1].is_nan());
        assert_eq!(&*table.categories[0].name, "c_kind");
        assert_eq!(table.categories[0].values.codes, [0, Coded::MISSING], "NA is a word, empty is missing");
        assert!(table.numbers[0].values[0] == 1.5 && table.numbers[0].values[1].is_nan());
        assert_eq!((table.categories.len(), table.numbers.len()), (1, 1), "other columns are ignored");
    }
}

#[test]
fn numbers_in_ts_are_an_order() {
    let folder = tempfile::tempdir().unwrap();
    let table = read_table(&file(&folder, "t.csv", b"lead_id,ts,rep,y\na,-1,r,0\nb,0.25,r,1\nc,3,r,1.0\n")).unwrap();
    assert_eq!(table.time_scale, TimeScale::Order);
    assert!(table.ts.is_sorted());
    let split = parse_time("0.25", TimeScale::Order).unwrap();
    assert_eq!(table.ts.iter().map(|ts| *ts < split).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(table.label_ts, table.ts);
}

#[test]
fn a_bad_table_names_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str, expected: &str| {
        let error = full(&read_table(&file(&folder, "t.csv", text.as_bytes())).unwrap_err());
        assert!(error.contains(expected), "{error}");
    };
    check("", "t.csv: is empty");
    check("lead_id,ts,rep\n", "column 'y' is missing; the table has lead_id, ts, rep");
    check("lead_id,ts,rep,y,y\n", "column 'y' occurs twice");
    check("lead_id,ts,rep,y\n", "has no rows");
    check("lead_id,ts,rep,y\na,1,r,2\n", "t.csv, line 2, column 'y': '2' is neither 0 nor 1");
    check(
        "lead_id,ts,rep,y\na,1,r,1\nb,2011-01-01,r,1\n",
        "line 3, column 'ts': '2011-01-01' is not a number as in the rows before",
    );
    check("lead_id,ts,rep,y\na,2011-01-01,r,1\nb,tomorrow,r,1\n", "line 3, column 'ts': 'tomorrow' is not a time like");
    check("lead_id,ts,rep,y,n_x\na,1,r,1,big\n", "line 2, column 'n_x': 'big' is not a number");
    check("lead_id,ts,rep,y\na,1,,1\n", "line 2, column 'rep': is empty");
    check("lead_id,ts,rep,y\na,1,r\n", "line 2 has 3 fields, the header 4");
    assert!(full(&read_table(&folder.path().join("none.csv")).unwrap_err()).contains("cannot open"));
}

#[test]
fn matrices_survive_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let matrix = Matrix { rows: 3, columns: 2, values: vec![0.1, -2.0, f64::MAX, 0.0, 1e-300, 5.0] };
    let path = folder.path().join("m.npy");
    write_npy(&path, &matrix).unwrap();
    assert_eq!(fs::read(&path).unwrap().len() % 64, 48, "the numbers start at a multiple of 64 bytes");
    let read = read_npy(&path).unwrap();
    assert_eq!((&read, read.row(1)), (&matrix, &[f64::MAX, 0.0][..]));
}

/// An `.npy` file with this header and these bytes.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// What `numpy.save` makes of a transposed array.
#[test]
fn a_matrix_in_fortran_order_is_read_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n";
    let columns: Vec<u8> = [1.0f64, 4.0, 2.0, 5.0, 3.0, 6.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let path = folder.path().join("f.npy");
    fs::write(&path, npy(header, &columns)).unwrap();
    let read = read_npy(&path).unwrap();
    assert_eq!((read.row(0), read.row(1)), (&[1.0, 2.0, 3.0][..], &[4.0, 5.0, 6.0][..]));
}

#[test]
fn a_bad_matrix_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
    let good = npy(header, &[1.5f32.to_le_bytes(), 2.0f32.to_le_bytes()].concat());
    let read = read_npy(&file(&folder, "m.npy", &good)).unwrap();
    assert_eq!(read, Matrix { rows: 2, columns: 1, values: vec![1.5, 2.0] });
    let check = |bytes: &[u8], expected: &str| {
        let error = full(&read_npy(&file(&folder, "m.npy", bytes)).unwrap_err());
        assert!(error.contains(expected), "{error}");
    };
    check(b"lead_id,p\n", "m.npy: is no .npy file: it does not start with NumPy's mark");
    check(&good[..9], "it ends within its header");
    check(&good[..good.len() - 1], "the file is truncated");
    check(&[&good[..], b"x"].concat(), "has more bytes than its 2 × 1 numbers");
    check(&npy(&header.replace("<f4", "<i8"), &[0; 16]), "holds '<i8'; save it as float64 or float32");
    check(
        &npy(&header.replace("(2,)", "(1, 1, 2)"), &[0; 8]),
        "has the shape (1, 1, 2); a matrix or a vector is needed",
    );
    check(&npy(&header.replace("(2,)", "(99999999999, 99999999999)"), &[0; 8]), "the file is truncated");
    check(&npy(&header.replace("(2,)", "()"), &[0; 4]), "has the shape ()");
}

#[test]
fn predictions_are_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    let p = |p: f64| Probability::new(p).unwrap();
    write_predictions(&path, [("a,b", p(0.1)), ("c", p(1.0))]).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "lead_id,p\n\"a,b\",0.1\nc,1\n");
    assert!(write_predictions(&folder.path().join("no/p.csv"), []).is_err());
}

/// Reads two columns of a table in batches, as text.
fn batches(path: &std::path::Path, wanted: &[Wanted<'_>]) -> Result<(u64, Vec<String>), ReadError> {
    let mut rows = Vec::new();
    let count = for_each_batch(path, wanted, |batch| {
        for row in 0..batch.rows {
            let shown = batch.columns.iter().map(|column| match column {
                BatchColumn::Numbers(numbers) => numbers[row].to_string(),
                BatchColumn::Texts(texts) => texts.get(row).to_owned(),
            });
            rows.push(shown.collect::<Vec<_>>().join("|"));
        }
        Ok::<_, ReadError>(())
    })?;
    Ok((count, rows))
}

#[test]
fn a_large_table_is_read_in_slices() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "id,variant,money,flag\n".to_owned();
    let mut expected = Vec::new();
    for i in 0..40_000 {
        text += &format!("{i},v{},{}.25,{}\n", i % 3, i, i % 2 == 0);
        expected.push(format!("{i}.25|v{}|{}", i % 3, u8::from(i % 2 == 0)));
    }
    let path = file(&folder, "t.csv", text.as_bytes());
    let wanted = [Wanted::Number("money"), Wanted::Text("variant"), Wanted::Number("flag")];
    assert_eq!(batches(&path, &wanted).unwrap(), (40_000, expected));
    let error = full(&batches(&path, &[Wanted::Number("variant")]).unwrap_err());
    assert!(error.contains("t.csv, line 2, column 'variant': 'v0' is not a number"), "{error}");
    let error = full(&batches(&path, &[Wanted::Text("none")]).unwrap_err());
    assert!(error.contains("column 'none' is missing; the table has id, variant, money, flag"), "{error}");
}

#[test]
fn parquet_gives_the_same_slices() {
    let place = Place::new(&[("deals.csv", deals(40_000).as_bytes())]);
    place.import().unwrap();
    let leads = place.workspace().join("data/leads.parquet");
    let wanted = [Wanted::Number("a_size"), Wanted::Text("external_id"), Wanted::Text("at"), Wanted::Number("a_price")];
    let (count, rows) = batches(&leads, &wanted).unwrap();
    assert_eq!(count, 40_000);
    assert!(rows.iter().enumerate().all(|(i, row)| *row == format!("12|D{i}|2026-03-01T08:30:00Z|NaN")));
    let error = full(&batches(&leads, &[Wanted::Number("external_id")]).unwrap_err());
    assert!(error.contains("column 'external_id' holds str, a number is needed"), "{error}");
    let bytes = fs::read(&leads).unwrap();
    let cut = place.folder.path().join("cut.parquet");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert!(batches(&cut, &wanted).is_err());
}
