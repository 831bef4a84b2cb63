//! Rows of an input file as texts: CSV, gzip (of any number of members) or Parquet, told apart by
//! their first bytes.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use pointsman_intake::{Encoding, Input, RowFault};

use crate::{FileFault, frame};

/// Where a row that cannot be used stands, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aside<'a> {
    pub line: u64,
    pub column: &'a str,
    pub reason: &'a str,
    /// The field as it stands, bytes that are no letters replaced.
    pub raw: &'a str,
}

/// What a file's rows are told to.
pub(crate) trait Sink {
    /// One row's needed texts, in the order of [`Input::columns`]; the fault sets it aside.
    fn row(&mut self, line: u64, fields: &[&str]) -> Result<Result<(), RowFault>, crate::ImportError>;
    fn aside(&mut self, row: &Aside<'_>) -> Result<(), crate::ImportError>;
    /// Called now and then with the bytes of the file read so far.
    fn progress(&mut self, bytes: u64);
}

/// Counts what was read from the disk, for progress.
struct Counted<R> {
    inner: R,
    bytes: std::rc::Rc<std::cell::Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.bytes.set(self.bytes.get() + n as u64);
        Ok(n)
    }
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const PARQUET: &[u8] = b"PAR1";

/// Reads all rows of a file. Faults of the file end it; faults of a row are told to the sink.
pub(crate) fn read(path: &Path, input: &Input, sink: &mut impl Sink) -> Result<(), crate::ImportError> {
    let fault = |fault: FileFault| crate::ImportError::File { path: path.to_owned(), fault };
    let file = File::open(path).map_err(|source| fault(FileFault::Open(source)))?;
    if file.metadata().is_ok_and(|meta| meta.is_dir()) {
        return Err(fault(FileFault::Open(io::ErrorKind::IsADirectory.into())));
    }
    let bytes = std::rc::Rc::new(std::cell::Cell::new(0));
    let mut reader = BufReader::with_capacity(1 << 17, Counted { inner: file, bytes: bytes.clone() });
    let start = reader.fill_buf().map_err(|source| fault(FileFault::Read { line: 0, source }))?;
    let named_gzip = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    let told = || bytes.get();
    match start {
        [] => Err(fault(FileFault::Empty)),
        _ if start.starts_with(GZIP) => {
            let unpacked = BufReader::with_capacity(1 << 17, MultiGzDecoder::new(reader));
            read_csv(path, unpacked, input, &told, sink)
        }
        _ if named_gzip => Err(fault(FileFault::NotGzip)),
        _ if start.starts_with(PARQUET) => {
            drop(reader);
            read_parquet(path, input, sink)
        }
        _ => read_csv(path, reader, input, &told, sink),
    }
}

fn read_csv(
    path: &Path,
    mut reader: impl BufRead,
    input: &Input,
    bytes: &dyn Fn() -> u64,
    sink: &mut impl Sink,
) -> Result<(), crate::ImportError> {
    let fault = |fault: FileFault| crate::ImportError::File { path: path.to_owned(), fault };
    let start = reader.fill_buf().map_err(|source| fault(read_fault(source, 0)))?;
    if start.is_empty() {
        return Err(fault(FileFault::Empty));
    }
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err(fault(FileFault::Utf16));
    }
    if start.starts_with(&[0xef, 0xbb, 0xbf]) {
        reader.consume(3);
    }
    let mut rows = Records::new(reader, input.delimiter);
    let mut record = csv::ByteRecord::new();
    let mut line = 0;
    if !rows.next(&mut record, &mut line).map_err(fault)? {
        return Err(fault(FileFault::Empty));
    }
    let header: Vec<String> = record.iter().map(|field| decode(field, input.encoding).trim().to_owned()).collect();
    let places = bind(&header, input).map_err(fault)?;
    let mut count: u64 = 0;
    while rows.next(&mut record, &mut line).map_err(fault)? {
        count += 1;
        if count.is_multiple_of(1 << 14) {
            sink.progress(bytes());
        }
        if record.as_slice().len() > 4096 && record.as_slice().iter().filter(|b| **b == b'\n').count() > 100 {
            return Err(fault(FileFault::OpenQuote { line }));
        }
        take_record(&record, line, &header, &places, input, sink)?;
    }
    sink.progress(bytes());
    Ok(())
}

fn take_record(
    record: &csv::ByteRecord,
    line: u64,
    header: &[String],
    places: &[usize],
    input: &Input,
    sink: &mut impl Sink,
) -> Result<(), crate::ImportError> {
    if record.len() != header.len() {
        let reason = format!("the row has {} fields, the header {}", record.len(), header.len());
        let raw = lossy(record.iter().next_back().unwrap_or_default());
        return sink.aside(&Aside { line, column: "", reason: &reason, raw: &raw });
    }
    let unpacked: Vec<String>;
    let fields: Vec<&str> = match (input.encoding, std::str::from_utf8(record.as_slice())) {
        // A character may not reach over a border between fields, so the fields are asked again.
        (Encoding::Utf8, Ok(_)) => {
            let texts: Result<Vec<&str>, _> = places.iter().map(|&at| std::str::from_utf8(&record[at])).collect();
            match texts {
                Ok(texts) => texts,
                Err(_) => return not_utf8(record, line, header, sink),
            }
        }
        (Encoding::Utf8, Err(_)) => return not_utf8(record, line, header, sink),
        (Encoding::Windows1252, _) => {
            unpacked = places.iter().map(|&at| decode(&record[at], input.encoding)).collect();
            unpacked.iter().map(String::as_str).collect()
        }
    };
    if let Err(fault) = sink.row(line, &fields)? {
        let at = header.iter().position(|name| **name == *fault.column);
        let raw = at.map_or_else(String::new, |at| lossy(&record[at]));
        sink.aside(&Aside { line, column: &fault.column, reason: &fault.reason, raw: &raw })?;
    }
    Ok(())
}

fn not_utf8(
    record: &csv::ByteRecord,
    line: u64,
    header: &[String],
    sink: &mut impl Sink,
) -> Result<(), crate::ImportError> {
    let at = record.iter().position(|field| std::str::from_utf8(field).is_err()).unwrap_or_default();
    let column = header.get(at).map_or("", String::as_str);
    sink.aside(&Aside { line, column, reason: "is not UTF-8", raw: &lossy(&record[at]) })
}

fn lossy(field: &[u8]) -> String {
    String::from_utf8_lossy(field).chars().take(200).collect()
}

/// Records with the line on which each starts. The `csv` crate says where it began to look,
/// which is the blank line before a record, or the end of the line before it where lines end in
/// `\r\n`; so lines are counted backwards from a record's end.
struct Records<R> {
    rows: csv::Reader<LineFeeds<R>>,
}

impl<R: Read> Records<R> {
    fn new(reader: R, delimiter: u8) -> Self {
        let reader = LineFeeds { inner: reader, delivered: 0, last: b'\n', held: false };
        let mut builder = csv::ReaderBuilder::new();
        Self { rows: builder.delimiter(delimiter).flexible(true).has_headers(false).from_reader(reader) }
    }

    /// Reads the next record; `line` becomes where it starts.
    fn next(&mut self, record: &mut csv::ByteRecord, line: &mut u64) -> Result<bool, FileFault> {
        let found = self.rows.read_byte_record(record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(source) => read_fault(source, *line),
            other => FileFault::Read { line: *line, source: io::Error::other(format!("{other:?}")) },
        })?;
        if found {
            let end = self.rows.position();
            let read = self.rows.get_ref();
            // The last line of a file may lack its end, or have it inside a quote never closed.
            let unended = read.last != b'\n' || record.as_slice().ends_with(b"\n");
            let open = end.byte() == read.delivered && unended;
            let inner = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
            *line = end.line() - u64::from(!open) - inner;
        }
        Ok(found)
    }
}

/// Turns `\r\n` into `\n`, and knows the last byte it handed on.
struct LineFeeds<R> {
    inner: R,
    delivered: u64,
    last: u8,
    /// A `\r` whose successor is not read yet.
    held: bool,
}

impl<R: Read> Read for LineFeeds<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.len() < 2 {
            return Err(io::Error::other("lines are read into two bytes or more"));
        }
        let start = usize::from(self.held);
        let read = self.inner.read(&mut into[start..])?;
        if self.held {
            into[0] = b'\r';
        }
        let mut length = start + read;
        self.held = read > 0 && into[length - 1] == b'\r';
        length -= usize::from(self.held);
        if into[..length].contains(&b'\r') {
            length = join_lines(&mut into[..length]);
        }
        if length == 0 && self.held {
            // Nothing but a held `\r`: ask again, for an empty read would be the end.
            return self.read(into);
        }
        if let Some(&last) = into[..length].last() {
            self.last = last;
        }
        self.delivered += length as u64;
        Ok(length)
    }
}

/// Drops each `\r` before a `\n`; the length that is left.
fn join_lines(bytes: &mut [u8]) -> usize {
    let mut kept = 0;
    for at in 0..bytes.len() {
        if !(bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n')) {
            bytes[kept] = bytes[at];
            kept += 1;
        }
    }
    kept
}

fn read_fault(source: io::Error, line: u64) -> FileFault {
    match source.kind() {
        io::ErrorKind::UnexpectedEof => FileFault::Truncated { line },
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => FileFault::Damaged { line },
        _ => FileFault::Read { line, source },
    }
}

/// Where each needed column stands in the header.
fn bind(header: &[String], input: &Input) -> Result<Vec<usize>, FileFault> {
    let count = |column: &str| header.iter().filter(|name| *name == column).count();
    if !input.columns.iter().any(|column| count(column) > 0) {
        let joined = header.join(&char::from(input.delimiter).to_string());
        let shown: String = joined.chars().take(120).collect();
        let others = [',', ';', '\t', '|'].into_iter().filter(|c| *c != char::from(input.delimiter));
        let named = |c: &char| joined.split(*c).any(|name| input.columns.iter().any(|column| **column == *name.trim()));
        return Err(match others.filter(|c| joined.contains(*c)).find(named) {
            Some(found) => FileFault::Delimiter { header: shown, found, expected: char::from(input.delimiter) },
            None => FileFault::NoHeader { expected: input.columns.join(", "), line: shown },
        });
    }
    let place = |column: &str| match count(column) {
        0 => Err(FileFault::MissingColumn { column: column.into(), header: header.join(", ") }),
        1 => Ok(header.iter().position(|name| name == column).unwrap_or_default()),
        times => Err(FileFault::DoubledColumn { column: column.into(), times }),
    };
    input.columns.iter().map(|column| place(column)).collect()
}

/// The upper half of Windows-1252 where it differs from ISO 8859-1; 0 is unassigned.
const WINDOWS_1252: [u32; 32] = [
    0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0, 0,
    0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178,
];

fn decode(field: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(field).into_owned(),
        Encoding::Windows1252 => field.iter().map(|&byte| letter(byte)).collect(),
    }
}

fn letter(byte: u8) -> char {
    match byte {
        0x80..=0x9f => match WINDOWS_1252[usize::from(byte) - 0x80] {
            0 => char::REPLACEMENT_CHARACTER,
            code => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
        },
        byte => char::from(byte),
    }
}

/// A Parquet file's rows as texts, its "line" the number of the row.
fn read_parquet(path: &Path, input: &Input, sink: &mut impl Sink) -> Result<(), crate::ImportError> {
    let fault = |fault: FileFault| crate::ImportError::File { path: path.to_owned(), fault };
    let parquet = |problem: String| fault(FileFault::Parquet(problem));
    let header = frame::column_names(path).map_err(parquet)?;
    bind(&header, input).map_err(fault)?;
    let columns: Vec<String> = input.columns.iter().map(ToString::to_string).collect();
    let rows = frame::row_count(path).map_err(parquet)?;
    let mut line = 0;
    let mut start = 0;
    while start < rows {
        let frame = frame::read_slice(path, Some(&columns), start, 1 << 16).map_err(parquet)?;
        start += 1 << 16;
        let texts = frame::texts(&frame).map_err(parquet)?;
        for row in 0..frame.height() {
            line += 1;
            let fields: Vec<&str> = texts.iter().map(|column| column[row].as_str()).collect();
            if let Err(fault) = sink.row(line, &fields)? {
                let at = input.columns.iter().position(|name| *name == fault.column);
                let raw = at.and_then(|at| fields.get(at)).copied().unwrap_or_default();
                sink.aside(&Aside { line, column: &fault.column, reason: &fault.reason, raw })?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_know_their_line() {
        let check = |text: &str, expected: &[(u64, &str)]| {
            // Read in pieces of one byte as well, so that every border is met.
            for piece in [1, 2, 3, 4096] {
                let reader = Pieces(text.as_bytes(), piece);
                let mut rows = Records::new(reader, b',');
                let (mut record, mut line) = (csv::ByteRecord::new(), 0);
                let mut found = Vec::new();
                while rows.next(&mut record, &mut line).unwrap() {
                    found.push((line, String::from_utf8_lossy(&record[0]).into_owned()));
                }
                let found: Vec<(u64, &str)> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
                assert_eq!(found, expected, "{text:?} in pieces of {piece}");
            }
        };
        check("a,1\nb,2\n\n\nc,3\n\"d\ne\",4\nf", &[(1, "a"), (2, "b"), (5, "c"), (6, "d\ne"), (8, "f")]);
        check("a,1\r\nb,2\r\n\r\nc,3\r\n\"d\r\ne\",4\r\nf\r\n", &[(1, "a"), (2, "b"), (4, "c"), (5, "d\ne"), (7, "f")]);
        check("a\r", &[(1, "a")]);
        check("", &[]);
    }

    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(into.len()).min(self.0.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn windows_letters_are_read() {
        assert_eq!(decode(b"M\xfcller \x80 \x93", Encoding::Windows1252), "Müller € “");
    }
}
