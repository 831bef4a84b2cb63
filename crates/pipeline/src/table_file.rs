//! One table written row by row, as Parquet or CSV; it appears under its name only when it is whole.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use pointsman_domain::{Instant, Value};

use crate::{sheet::Sheet, tables::Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// zstd; times are datetime\[µs, UTC\], dates are dates.
    Parquet,
    /// UTF-8 with a header; times are RFC 3339 in UTC, missing is empty.
    Csv,
}

impl FileFormat {
    pub fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }
}

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a> {
    Text(Option<&'a str>),
    Integer(Option<i64>),
    Number(Option<f64>),
    Flag(Option<bool>),
    Time(Option<Instant>),
    /// Days since 1970-01-01.
    Date(Option<i32>),
}

enum Writer {
    Parquet(Box<Sheet>),
    Csv(Box<csv::Writer<File>>),
}

/// A file being written; dropped without [`TableFile::finish`] it leaves nothing under its name.
pub struct TableFile {
    writer: Writer,
    path: PathBuf,
    aside: PathBuf,
    rows: u64,
}

impl std::fmt::Debug for TableFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl TableFile {
    /// `FOLDER/NAME.parquet` or `FOLDER/NAME.csv`.
    pub fn create(folder: &Path, name: &str, format: FileFormat, columns: &[(&str, Kind)]) -> io::Result<Self> {
        let path = folder.join(format!("{name}.{}", format.ending()));
        let aside = folder.join(format!(".{name}.{}.part", format.ending()));
        let file = File::create(&aside)?;
        let writer = match format {
            FileFormat::Parquet => {
                let columns = columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
                Writer::Parquet(Box::new(Sheet::new(file, columns)?))
            }
            FileFormat::Csv => {
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(columns.iter().map(|(name, _)| name))?;
                Writer::Csv(Box::new(writer))
            }
        };
        Ok(Self { writer, path, aside, rows: 0 })
    }

    /// One row: a field a column, each of its column's kind.
    pub fn row<'a>(&mut self, fields: impl IntoIterator<Item = Field<'a>>) -> io::Result<()> {
        self.rows += 1;
        match &mut self.writer {
            Writer::Parquet(sheet) => {
                for field in fields {
                    match field {
                        Field::Text(text) => sheet.text(text),
                        Field::Integer(number) => sheet.integer(number),
                        Field::Number(number) => sheet.number(number),
                        Field::Flag(flag) => sheet.flag(flag),
                        Field::Time(at) => sheet.maybe_time(at),
                        Field::Date(day) => sheet.date(day),
                    }
                }
                sheet.end_row()
            }
            Writer::Csv(writer) => {
                for field in fields {
                    writer.write_field(shown(field))?;
                }
                Ok(writer.write_record(None::<&[u8]>)?)
            }
        }
    }

    /// The file under its name; how many rows it has.
    pub fn finish(self) -> io::Result<u64> {
        match self.writer {
            Writer::Parquet(sheet) => drop(sheet.finish()?),
            Writer::Csv(mut writer) => writer.flush()?,
        }
        std::fs::rename(&self.aside, &self.path)?;
        Ok(self.rows)
    }
}

fn shown(field: Field<'_>) -> String {
    match field {
        Field::Text(text) => text.unwrap_or_default().to_owned(),
        Field::Integer(number) => number.map(|n| n.to_string()).unwrap_or_default(),
        Field::Number(number) => number.map(|n| n.to_string()).unwrap_or_default(),
        Field::Flag(flag) => flag.map(|flag| flag.to_string()).unwrap_or_default(),
        Field::Time(at) => at.map(|at| at.to_string()).unwrap_or_default(),
        Field::Date(day) => day.map(|day| Value::Date(day).to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{AnyValue, ParquetReader, SerReader, TimeUnit, TimeZone};

    use super::*;

    #[test]
    fn a_table_appears_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let columns = [
            ("a", Kind::Text),
            ("b", Kind::Time),
            ("c", Kind::Date),
            ("d", Kind::Flag),
            ("e", Kind::Integer),
            ("f", Kind::Number),
        ];
        let at = Instant::from_unix_micros(1_772_438_400_000_000);
        let row = [
            Field::Text(Some("x, y")),
            Field::Time(Some(at)),
            Field::Date(Some(20_514)),
            Field::Flag(None),
            Field::Integer(Some(i64::MAX)),
            Field::Number(Some(0.1)),
        ];
        for format in [FileFormat::Csv, FileFormat::Parquet] {
            let path = folder.path().join(format!("t.{}", format.ending()));
            let mut file = TableFile::create(folder.path(), "t", format, &columns).unwrap();
            file.row(row).unwrap();
            assert!(!path.exists());
            assert_eq!(file.finish().unwrap(), 1);
            assert!(path.exists());
        }
        let text = std::fs::read_to_string(folder.path().join("t.csv")).unwrap();
        assert_eq!(text, "a,b,c,d,e,f\n\"x, y\",2026-03-02T08:00:00Z,2026-03-02,,9223372036854775807,0.1\n");
        let path = folder.path().join("t.parquet");
        assert_eq!(crate::column_names(&path).unwrap(), ["a", "b", "c", "d", "e", "f"]);
        let read = ParquetReader::new(File::open(path).unwrap()).finish().unwrap();
        let read: Vec<_> = read.get_row(0).unwrap().0;
        let expected = [
            AnyValue::String("x, y"),
            AnyValue::Datetime(1_772_438_400_000_000, TimeUnit::Microseconds, Some(&TimeZone::UTC)),
            AnyValue::Date(20_514),
            AnyValue::Null,
            AnyValue::Int64(i64::MAX),
            AnyValue::Float64(0.1),
        ];
        assert_eq!(read, expected);
    }
}
