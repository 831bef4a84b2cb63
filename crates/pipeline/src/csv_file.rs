//! CSV files as they come: packed or plain, with a byte order mark or without.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use crate::ReadError;

/// A CSV file with a header, unpacked if it is gzip, without a byte order mark.
pub(crate) fn csv_reader(path: &Path) -> Result<csv::Reader<Box<dyn BufRead>>, ReadError> {
    let failed = |source| ReadError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    let mut plain = BufReader::with_capacity(1 << 18, file);
    let packed = plain.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let mut reader: Box<dyn BufRead> = match packed {
        true => Box::new(BufReader::with_capacity(1 << 18, flate2::bufread::MultiGzDecoder::new(plain))),
        false => Box::new(plain),
    };
    let start = reader.fill_buf().map_err(failed)?;
    if start.is_empty() {
        return Err(ReadError::Format { path: path.to_owned(), problem: "is empty".into() });
    }
    if start.starts_with(&[0xef, 0xbb, 0xbf]) {
        reader.consume(3);
    }
    Ok(csv::ReaderBuilder::new().from_reader(reader))
}

pub(crate) fn csv_fault(path: &Path, error: csv::Error) -> ReadError {
    let path = path.to_owned();
    let line = error.position().map_or(0, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => ReadError::Read { path, source },
        csv::ErrorKind::Utf8 { .. } => ReadError::Format { path, problem: format!("line {line} is not UTF-8") },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let problem = format!("line {line} has {len} fields, the header {expected_len}");
            ReadError::Format { path, problem }
        }
        other => ReadError::Format { path, problem: format!("{other:?}") },
    }
}
