//! One Parquet table being written: rows in, row groups out.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, BufWriter},
};

use pointsman_domain::{Attribute, AttributeSchema, Entity, Instant, Value, Values};
use polars::prelude::*;

use crate::tables::Kind;

/// Rows in a row group: some ten megabytes of a table of activities.
const ROW_GROUP: usize = 1 << 17;

enum Builder {
    Text(StringChunkedBuilder),
    Time(Vec<Option<i64>>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Flag(Vec<Option<bool>>),
    Date(Vec<Option<i32>>),
}

impl Builder {
    fn new(name: &str, kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringChunkedBuilder::new(name.into(), 1024)),
            Kind::Time => Self::Time(Vec::new()),
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Number => Self::Number(Vec::new()),
            Kind::Flag => Self::Flag(Vec::new()),
            Kind::Date => Self::Date(Vec::new()),
        }
    }

    fn finish(self, name: &str) -> Column {
        let name: PlSmallStr = name.into();
        match self {
            Self::Text(texts) => texts.finish().into_column(),
            Self::Time(times) => {
                Int64Chunked::new(name, times).into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
            }
            Self::Integer(numbers) => Int64Chunked::new(name, numbers).into_column(),
            Self::Number(numbers) => Float64Chunked::new(name, numbers).into_column(),
            Self::Flag(flags) => BooleanChunked::new(name, flags).into_column(),
            Self::Date(days) => Int32Chunked::new(name, days).into_date().into_column(),
        }
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::String,
        Kind::Time => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        Kind::Flag => DataType::Boolean,
        Kind::Date => DataType::Date,
    }
}

/// Writes one table. A row is written cell by cell, in the order of the columns, and ended by
/// [`Sheet::end_row`].
pub(crate) struct Sheet {
    columns: Vec<(String, Kind)>,
    builders: Vec<Builder>,
    next: usize,
    in_group: usize,
    rows: u64,
    writer: polars::io::parquet::write::BatchedWriter<BufWriter<File>>,
    scratch: String,
}

impl Sheet {
    pub fn new(file: File, columns: Vec<(String, Kind)>) -> io::Result<Self> {
        let fields = columns.iter().map(|(name, kind)| Field::new(name.as_str().into(), data_type(*kind)));
        let schema: Schema = fields.collect();
        let writer = ParquetWriter::new(BufWriter::new(file)).with_compression(ParquetCompression::Zstd(None));
        let writer = writer.batched(&schema).map_err(io::Error::other)?;
        let builders = builders(&columns);
        Ok(Self { columns, builders, next: 0, in_group: 0, rows: 0, writer, scratch: String::new() })
    }

    fn builder(&mut self) -> Option<&mut Builder> {
        self.next += 1;
        self.builders.get_mut(self.next - 1)
    }

    pub fn text(&mut self, text: Option<&str>) {
        if let Some(Builder::Text(texts)) = self.builder() {
            texts.append_option(text);
        }
    }

    /// A value in its text form: ids and the words of closed lists.
    pub fn shown(&mut self, value: Option<impl std::fmt::Display>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let shown = value.is_some_and(|value| write!(scratch, "{value}").is_ok());
        self.text(shown.then_some(scratch.as_str()));
        self.scratch = scratch;
    }

    pub fn maybe_time(&mut self, at: Option<Instant>) {
        if let Some(Builder::Time(times)) = self.builder() {
            times.push(at.map(Instant::unix_micros));
        }
    }

    pub fn time(&mut self, at: Instant) {
        if let Some(Builder::Time(times)) = self.builder() {
            times.push(Some(at.unix_micros()));
        }
    }

    pub fn integer(&mut self, number: Option<i64>) {
        if let Some(Builder::Integer(numbers)) = self.builder() {
            numbers.push(number);
        }
    }

    pub fn number(&mut self, number: Option<f64>) {
        if let Some(Builder::Number(numbers)) = self.builder() {
            numbers.push(number);
        }
    }

    pub fn flag(&mut self, flag: Option<bool>) {
        if let Some(Builder::Flag(flags)) = self.builder() {
            flags.push(flag);
        }
    }

    pub fn date(&mut self, days: Option<i32>) {
        if let Some(Builder::Date(dates)) = self.builder() {
            dates.push(days);
        }
    }

    /// The attribute columns of one entity.
    pub fn attributes(&mut self, schema: &AttributeSchema, of: Entity, values: &Values) {
        for (index, _, attribute) in schema.iter().filter(|(_, entity, _)| *entity == of) {
            self.attribute(attribute, values.get(index));
        }
    }

    fn attribute(&mut self, attribute: &Attribute, value: Option<&Value>) {
        match crate::tables::kind_of(attribute.kind) {
            Kind::Integer => self.integer(match value {
                Some(Value::Integer(n)) => Some(*n),
                Some(Value::Money(amount)) => Some(amount.minor_units()),
                _ => None,
            }),
            Kind::Number => self.number(match value {
                Some(Value::Number(x)) => Some(*x),
                _ => None,
            }),
            Kind::Flag => self.flag(match value {
                Some(Value::Bool(b)) => Some(*b),
                _ => None,
            }),
            Kind::Date => self.date(match value {
                Some(Value::Date(days)) => Some(*days),
                _ => None,
            }),
            Kind::Text | Kind::Time => match value {
                Some(Value::Choice(i)) => self.text(attribute.values.get(usize::from(*i)).map(AsRef::as_ref)),
                Some(Value::Text(text)) => self.text(Some(text)),
                Some(Value::List(items)) => self.text(Some(&items.join(";"))),
                _ => self.text(None),
            },
        }
    }

    pub fn end_row(&mut self) -> io::Result<()> {
        debug_assert_eq!(self.next, self.columns.len(), "every column of the row is written");
        self.next = 0;
        self.in_group += 1;
        self.rows += 1;
        if self.in_group == ROW_GROUP { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let full = std::mem::replace(&mut self.builders, builders(&self.columns));
        let columns = self.columns.iter().zip(full).map(|((name, _), builder)| builder.finish(name)).collect();
        let frame = DataFrame::new(self.in_group, columns).map_err(io::Error::other)?;
        self.in_group = 0;
        self.writer.write_batch(&frame).map_err(io::Error::other)
    }

    /// Writes the last row group and the footer.
    pub fn finish(mut self) -> io::Result<u64> {
        if self.in_group > 0 {
            self.flush()?;
        }
        self.writer.finish().map_err(io::Error::other)?;
        Ok(self.rows)
    }
}

fn builders(columns: &[(String, Kind)]) -> Vec<Builder> {
    columns.iter().map(|(name, kind)| Builder::new(name, *kind)).collect()
}
