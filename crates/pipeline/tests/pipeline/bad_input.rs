//! Every kind of bad file is refused with its place, and leaves nothing behind.

use crate::support::{HEADER, Place, deal, deals, full, gzip};

/// Imports one file and expects this complaint, and no trace of the attempt.
fn check(name: &str, bytes: &[u8], expected: &str) {
    let place = Place::new(&[(name, bytes)]);
    let error = full(&place.import().unwrap_err());
    let shown = error.replace(&*place.folder.path().to_string_lossy(), "DIR");
    assert!(shown.contains(expected), "{shown}");
    assert!(!place.workspace().exists(), "nothing is written");
}

#[test]
fn an_empty_file() {
    check("deals.csv", b"", "DIR/deals.csv: is empty");
    check("deals.csv.gz", &gzip(b""), "DIR/deals.csv.gz: is empty");
}

#[test]
fn a_truncated_gzip() {
    let whole = gzip(deals(5000).as_bytes());
    check("deals.csv.gz", &whole[..whole.len() / 2], "ends in the middle of its gzip stream, after line ");
    check("deals.csv.gz", &whole[..whole.len() - 4], "the file is truncated; copy it again");
}

#[test]
fn a_damaged_gzip() {
    let mut damaged = gzip(deals(5000).as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0x55);
    let place = Place::new(&[("deals.csv.gz", &damaged)]);
    let error = full(&place.import().unwrap_err());
    assert!(error.contains("deals.csv.gz: ") && error.contains("line"), "{error}");
}

#[test]
fn gzip_in_name_only() {
    check("deals.csv.gz", deals(3).as_bytes(), "DIR/deals.csv.gz: is named .gz but is no gzip file");
}

#[test]
fn the_wrong_delimiter() {
    let text = deals(3).replace(',', ";");
    check("deals.csv", text.as_bytes(), "seems to be separated by ';', the mapping says ','");
}

#[test]
fn no_header() {
    let expected = "line 1: none of the columns product, id, at, ";
    check("deals.csv", (deal("D1") + &deal("D2")).as_bytes(), expected);
}

#[test]
fn a_missing_column() {
    let text = deals(3).replace("country", "land");
    check(
        "deals.csv",
        text.as_bytes(),
        "line 1: column 'country' is missing; the header has id, at, account, land, size",
    );
}

#[test]
fn a_doubled_column() {
    let text = deals(3).replace("country", "size");
    let text = text.replacen("size", "country", 1).replacen("tags", "country", 1);
    check("deals.csv", text.as_bytes(), "line 1: column 'country' occurs 2 times");
}

#[test]
fn a_header_and_nothing_else() {
    check("deals.csv", HEADER.as_bytes(), "has no usable row: 0 read, 0 set aside");
}

#[test]
fn only_unusable_rows() {
    let text = deals(3).replace("2026-03-01T09:30:00+01:00", "yesterday");
    let expected = "has no usable row: 3 read, 3 set aside; the first: line 2, column 'at': 'yesterday' is not a time written as \
                    2026-03-01T09:30:00+01:00";
    check("deals.csv", text.as_bytes(), expected);
}

#[test]
fn too_many_bad_rows() {
    let text = deals(100) + &deal("X1").replace(",12,", ",many,") + &deal("X2").replace("Germany", "Atlantis");
    let expected =
        "2 of 102 rows cannot be used, more than 1 %; the first: line 102, column 'size': 'many' is not a whole number";
    check("deals.csv", text.as_bytes(), expected);
}

#[test]
fn an_open_quote() {
    let text = deals(10)
        + &deal("X").replace("acme", "\"acme")
        + &(0..300).map(|i| deal(&format!("Y{i}"))).collect::<String>();
    check("deals.csv", text.as_bytes(), "line 12: a quote is opened that is closed more than 100 lines later");
}

#[test]
fn utf_16() {
    check("deals.csv", b"\xff\xfei\x00d\x00", "is UTF-16; save it as UTF-8");
}

#[test]
fn a_file_that_nothing_expects() {
    check(
        "customers.csv",
        deals(3).as_bytes(),
        "customers.csv: belongs to no input of the mapping; it expects files named products*",
    );
}

#[test]
fn a_file_that_is_not_there() {
    let mut place = Place::new(&[]);
    place.files.push(place.folder.path().join("deals.csv"));
    assert!(full(&place.import().unwrap_err()).contains("deals.csv: cannot be opened"));
    let place = Place::new(&[]);
    let error = full(&place.import().unwrap_err());
    assert_eq!(error, "no file was given for input 'deals'; it expects a name like deals*");
    assert!(!place.workspace().exists());
}

#[test]
fn a_damaged_parquet() {
    check("deals.parquet", b"PAR1 and then nothing of the kind", "is no readable Parquet file");
}

#[test]
fn a_failed_import_leaves_the_last_one_as_it_was() {
    let mut place = Place::new(&[("deals.csv", deals(3).as_bytes())]);
    place.import().unwrap();
    let leads = place.workspace().join("data/leads.parquet");
    let before = std::fs::read(&leads).unwrap();
    place.add("deals.csv", b"");
    place.import().unwrap_err();
    assert_eq!(std::fs::read(&leads).unwrap(), before);
    assert!(!place.workspace().join("data/.import").exists());
}
