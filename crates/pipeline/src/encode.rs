//! A feature table as a Parquet row group: each column encoded by what it is, and compressed, which is
//! most of the work of writing and may be done on any thread.
//!
//! Texts that repeat are written as their dictionary's codes, as they are held; numbers that take few
//! values likewise; times as differences; ids and other numbers plainly.

use pointsman_domain::LeadId;
use pointsman_scoring::{Coded, FeatureTable, TimeScale};
use polars::prelude::PolarsResult;
use polars_arrow::{
    array::{Array, DictionaryArray, PrimitiveArray, Utf8Array},
    bitmap::Bitmap,
    datatypes::{ArrowDataType, ArrowSchema, Field, IntegerType, TimeUnit},
    offset::{Offsets, OffsetsBuffer},
};
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Encoding, StatisticsOptions, Version, WriteOptions, ZstdLevel,
    array_to_columns, compress, to_parquet_schema, to_parquet_type,
};

/// Whose rows they are.
#[derive(Clone, Copy)]
pub(crate) enum Ids<'a> {
    Leads(&'a [LeadId]),
    Texts(&'a [Box<str>]),
}

/// The columns of a file.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub schema: ArrowSchema,
    pub options: WriteOptions,
}

/// Some rows, ready to be written.
pub(crate) struct RowGroup {
    pub rows: usize,
    pub columns: Vec<Vec<CompressedPage>>,
}

/// Distinct values up to which a number is written by codes: few enough for the cache.
const FEW: usize = 1 << 12;

impl Shape {
    /// Of tables that have the columns of `like`.
    pub fn of(like: &FeatureTable) -> PolarsResult<Self> {
        let time = match like.time_scale {
            TimeScale::Micros => ArrowDataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            TimeScale::Order => ArrowDataType::Int64,
        };
        let (text, number) = (ArrowDataType::Utf8View, ArrowDataType::Float64);
        let own = ["lead_id", "ts", "label_ts", "rep", "y", "value"].map(str::to_owned);
        let types = [text.clone(), time.clone(), time, text.clone(), ArrowDataType::Int64, number.clone()];
        let mut columns: Vec<(String, ArrowDataType)> = own.into_iter().zip(types).collect();
        columns.extend(like.categories.iter().map(|c| (format!("c_{}", c.name), text.clone())));
        columns.extend(like.numbers.iter().map(|n| (format!("n_{}", n.name), number.clone())));
        columns.extend(like.weight.iter().map(|_| ("weight".to_owned(), number.clone())));
        columns.extend(like.propensity.iter().map(|_| ("propensity".to_owned(), number.clone())));
        let fields = columns.into_iter().map(|(name, of)| Field::new(name.into(), of, true));
        let schema: ArrowSchema = fields.map(|field| (field.name.clone(), field)).collect();
        to_parquet_schema(&schema)?;
        // The first level is twice as fast as the third, and the files are a few per cent larger.
        let compression = CompressionOptions::Zstd(Some(ZstdLevel::try_new(1)?));
        let statistics = StatisticsOptions::default();
        let options = WriteOptions { statistics, compression, version: Version::V1, data_page_size: None };
        Ok(Self { schema, options })
    }

    /// Encodes a table that has these columns; its `lead_id` is not looked at. Its columns are taken,
    /// because copying them costs as much as counting them did.
    pub fn encode(&self, ids: Ids<'_>, table: FeatureTable) -> PolarsResult<RowGroup> {
        let rows = table.len();
        let won = table.y.iter().map(|won| i64::from(*won)).collect();
        let mut arrays = vec![
            texts(ids),
            times(table.ts),
            times(table.label_ts),
            words(&table.rep),
            (PrimitiveArray::<i64>::from_vec(won).boxed(), Encoding::RleDictionary),
            numbers(table.value),
        ];
        arrays.extend(table.categories.iter().map(|c| words(&c.values)));
        arrays.extend(table.numbers.into_iter().map(|n| numbers(n.values)));
        arrays.extend(table.weight.into_iter().map(numbers));
        arrays.extend(table.propensity.into_iter().map(numbers));
        let columns = self.schema.iter_values().zip(arrays).map(|(field, (array, encoding))| {
            let pages = array_to_columns(array, to_parquet_type(field)?, self.options, &[encoding])?;
            let compressed = |page: PolarsResult<_>| Ok(compress(page?, Vec::new(), self.options.compression)?);
            pages.into_iter().flatten().map(compressed).collect()
        });
        Ok(RowGroup { rows, columns: columns.collect::<PolarsResult<_>>()? })
    }
}

type Encoded = (Box<dyn Array>, Encoding);

fn texts(ids: Ids<'_>) -> Encoded {
    let (mut all, mut offsets) = (Vec::new(), Offsets::<i64>::new());
    let mut end = |text: &Vec<u8>, start: usize| {
        offsets.try_push(text.len() - start).expect("fewer than 2^63 bytes");
    };
    match ids {
        Ids::Leads(leads) => leads.iter().for_each(|lead| {
            let start = all.len();
            lead.append_to(&mut all);
            end(&all, start);
        }),
        Ids::Texts(texts) => texts.iter().for_each(|text| {
            let start = all.len();
            all.extend_from_slice(text.as_bytes());
            end(&all, start);
        }),
    }
    let array = Utf8Array::<i64>::new(ArrowDataType::LargeUtf8, OffsetsBuffer::from(offsets), all.into(), None);
    (array.boxed(), Encoding::Plain)
}

/// `None` where everything is known.
fn validity<T: Copy>(values: &[T], known: impl Fn(T) -> bool) -> Option<Bitmap> {
    let some_missing = values.iter().any(|x| !known(*x));
    some_missing.then(|| values.iter().map(|x| known(*x)).collect())
}

/// [`i64::MAX`] is missing.
fn times(values: Vec<i64>) -> Encoded {
    let validity = validity(&values, |at| at != i64::MAX);
    let array = PrimitiveArray::<i64>::new(ArrowDataType::Int64, values.into(), validity);
    (array.boxed(), Encoding::DeltaBinaryPacked)
}

/// Only the names that occur are written, in the order in which they do.
fn words(coded: &Coded) -> Encoded {
    let mut places = vec![u32::MAX; coded.names.len()];
    let mut names = Vec::new();
    for code in &coded.codes {
        if let Some(place) = places.get_mut(*code as usize).filter(|place| **place == u32::MAX) {
            *place = names.len() as u32;
            names.push(Some(&*coded.names[*code as usize]));
        }
    }
    let validity = validity(&coded.codes, |code| (code as usize) < coded.names.len());
    let keys = coded.codes.iter().map(|code| places.get(*code as usize).copied().unwrap_or_default()).collect();
    let names: Utf8Array<i64> = names.into_iter().collect();
    by_codes(keys, validity, names.boxed())
}

fn by_codes(keys: Vec<u32>, validity: Option<Bitmap>, values: Box<dyn Array>) -> Encoded {
    let of = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(values.dtype().clone()), false);
    let keys = PrimitiveArray::new(ArrowDataType::UInt32, keys.into(), validity);
    let array = DictionaryArray::<u32>::try_new(of, keys, values).expect("keys are places of the values");
    (array.boxed(), Encoding::RleDictionary)
}

/// NaN is missing.
fn numbers(values: Vec<f64>) -> Encoded {
    let validity = validity(&values, |x| !x.is_nan());
    match few(&values) {
        Some((keys, distinct)) => by_codes(keys, validity, PrimitiveArray::<f64>::from_vec(distinct).boxed()),
        None => {
            let array = PrimitiveArray::<f64>::new(ArrowDataType::Float64, values.into(), validity);
            (array.boxed(), Encoding::Plain)
        }
    }
}

/// The distinct values and each value's place among them, if there are few and they come often.
fn few(values: &[f64]) -> Option<(Vec<u32>, Vec<f64>)> {
    const FREE: u32 = u32::MAX;
    let most = FEW.min(values.len() / 4);
    let mut slots = vec![FREE; 4 * FEW];
    let (mut keys, mut distinct) = (Vec::with_capacity(values.len()), Vec::<f64>::new());
    for &value in values {
        let bits = value.to_bits();
        let mut slot = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - (4 * FEW).ilog2())) as usize;
        while slots[slot] != FREE && distinct[slots[slot] as usize].to_bits() != bits {
            slot = (slot + 1) % slots.len();
        }
        if slots[slot] == FREE {
            if distinct.len() == most {
                return None;
            }
            slots[slot] = distinct.len() as u32;
            distinct.push(value);
        }
        keys.push(slots[slot]);
    }
    Some((keys, distinct))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_few_values_become_codes_and_others_do_not() {
        let values: Vec<f64> = (0..60_000).map(|i| f64::from(i % FEW as i32)).chain([-0.0, f64::NAN]).collect();
        assert_eq!(few(&values), None, "two too many");
        let (keys, distinct) = few(&values[..60_000]).expect("few enough");
        assert!(keys.iter().zip(&values).all(|(key, x)| distinct[*key as usize].to_bits() == x.to_bits()));
        let rare: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(few(&rare), None, "each once");
        assert_eq!(few(&[]), Some((vec![], vec![])));
    }
}
